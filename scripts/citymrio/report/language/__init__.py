"""The words of pages, from one catalogue of messages in the languages of `report.language`.

Messages, captions and meanings are written of cities in provinces of a country. A dataset whose
regions are called otherwise says so (`words` of dataset.json): :func:`of_run` has its words, and
:func:`told` puts them into every text of ours; names in the data stay. Nothing heavy is imported.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Any

#: Beginnings of the keys of messages that only Python says, so that the explorer does not carry
#: them.
WRITTEN = ("without.", "start.", "ran.", "page.", "results.", "glossary.", "figure.", "report.")

#: What a text calls a region, a group of them and the whole in Chinese, where a dataset has words
#: of its own, but none in Chinese.
CHINESE = {"region": "地区", "group": "大区", "country": "国家"}
#: Words of countries: "a" before them in spite of their first letter.
A_BEFORE = ("uni", "eu", "one")
#: The words of the country in whose run pages are made, by language: what a text says -> what is
#: said instead.
_words: ContextVar[Mapping[str, dict[str, str]] | None] = ContextVar("words", default=None)


def of_run(run: Mapping[str, Any], names: Collection[str] = ()) -> Mapping[str, Any]:
    """The run (dataset.json) with its notes, but for `names`, in the words of its country, which
    all that is said from now on has, too.
    """
    _words.set(_instead(run["words"]) if run.get("words") else None)
    notes = [told(note, names=names) for note in run.get("notes", ())]
    return {**run, "notes": notes} if notes else run


def names_in(*lists: Mapping[str, Iterable[str]]) -> set[str]:
    """Names in tables of a dataset: what stays as it is in texts of a run."""
    columns = ("name", "province_name")
    return {str(name) for one in lists for column in columns for name in one.get(column, ())}


def _instead(words: Mapping[str, list[str]]) -> dict[str, dict[str, str]]:
    """What is said instead of the words of our texts, by language.

    Parameters
    ----------
    words
        region, group, country -> singular, plural, and perhaps a word in Chinese.
    """
    region, regions, *_ = words.get("region", ["city", "cities"])
    group, groups, *_ = words.get("group", ["province", "provinces"])
    whole, wholes, *_ = words.get("country", ["country", "countries"])
    alone = f"{group} of one {region}"
    english = {
        "city": region,
        "cities": regions,
        "megacities": "benchmarks",
        "municipality": alone,
        "municipalities": alone.replace(group, groups, 1),
        "province": group,
        "provincial": group,
        "provinces": groups,
        "country": whole,
        "nation": whole,
        "national": "national" if whole in ("country", "nation") else whole,
        "countries": wholes,
    }
    region, group, whole = (
        words[level][2] if len(words.get(level, ())) > 2 else CHINESE[level]
        for level in ("region", "group", "country")
    )
    chinese = {
        "特大城市": "基准",
        "城市": region,
        "直辖市": f"仅有一个{region}的{group}",
        **{f"{which}市": which + region for which in "本各该全两一"},
        "省份": group,
        "省": group,
        "全国": "全国" if "国" in whole else f"全{whole}",
    }
    return {"en": english, "zh": chinese}


@cache
def _sought(language: str) -> re.Pattern[str]:
    """The words of our texts that a country may call otherwise; paths, keys, codes and places for
    values are none.
    """
    if language == "zh":
        return re.compile("()(特大城市|城市|直辖市|[本各该全两一]市|(?<!节)省份?(?!略)|全国)")
    words = "|".join(sorted(_instead({})["en"], key=len, reverse=True))
    return re.compile(rf"(?<![\w.`/{{])(an?\s)?({words})(?![\w`/}}]|\.\w|: ?{{\w)", re.IGNORECASE)


def told(text: str, language: str = "en", names: Collection[str] = ()) -> str:
    """A text of ours in the words of the country; `names` that stand in it stay.

    Examples
    --------
    >>> _ = of_run({"words": {"region": ["area", "areas"], "group": ["district", "districts"]}})
    >>> told("A city lies in a province. Cities of provinces/21.csv: {cities}, `cities.priors`.")
    'An area lies in a district. Areas of provinces/21.csv: {cities}, `cities.priors`.'
    >>> told("no data of city Kansas City", names=["Kansas City"])
    'no data of area Kansas City'
    >>> told("各省的城市", "zh")
    '各大区的地区'
    >>> _ = of_run({})
    >>> told("A city lies in a province.")
    'A city lies in a province.'
    """
    if not (words := _words.get()):
        return text
    instead = words[language]

    def said(found: re.Match[str]) -> str:
        article, word = found.groups()
        new = instead[word.lower()]
        if word[:1].isupper():
            new = new[:1].upper() + new[1:]
        if not article:
            return new
        vowel = new[:1].lower() in "aeiou" and not new.lower().startswith(A_BEFORE)
        return f"{article[0]}{'n' * vowel}{article[-1]}{new}"

    kept = "|".join(re.escape(name) for name in names if _sought(language).search(name))
    parts = re.split(f"({kept})", text) if kept else [text]
    return "".join(
        part if n % 2 else _sought(language).sub(said, part) for n, part in enumerate(parts)
    )


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key -> language -> message (data/messages.json)."""
    text = files(__name__).joinpath("data/messages.json").read_text(encoding="utf-8")
    return json.loads(text)


def messages(language: str) -> dict[str, str]:
    """What the explorer's scripts say, in one language: key -> message."""
    return {
        key: told(said[language], language)
        for key, said in catalogue().items()
        if not key.startswith(WRITTEN)
    }


def say(key: str, language: str, **values: object) -> str:
    """A message with its values filled in, without the asterisks that set parts of it off.

    Examples
    --------
    >>> say("from.to", "zh", low=3, high=4)
    '3 至 4'
    """
    return told(catalogue()[key][language], language).replace("*", "").format(**values)


def known(key: str, language: str, word: str) -> str:
    """A message where the catalogue has one, else the word of the data itself."""
    said = catalogue().get(key)
    return told(said[language], language) if said else word


def word(text: str, language: str, *values: object) -> str:
    """What figures say, with its values filled in: the key of a message is its English, and what
    has none is the data's own.

    Examples
    --------
    >>> word("{} of {} cities", "en", 2, 9)
    '2 of 9 cities'
    >>> word("All cities", "zh"), word("Ordos", "zh")
    ('全部城市', 'Ordos')
    """
    said = known(f"figure.{text}", language, text)
    return said.format(*values) if values else said


def spoken(language: str) -> list[str]:
    """All that figures may say in a language."""
    return [said[language] for key, said in catalogue().items() if key.startswith("figure.")]


def listed(parts: Iterable[str], language: str) -> str:
    """Words as a list: "A, B and C"."""
    *first, last = [*parts] or [""]
    if not first:
        return last
    return say("list.comma", language).join(first) + say("list.and", language) + last


def gap(language: str) -> str:
    """What stands between two sentences."""
    return "" if language == "zh" else " "
