"""What a dataset calls its regions, groups of them and the whole, in every text of ours.

Messages, captions and meanings are written of cities in provinces of a country. A dataset whose
regions are called otherwise says so (`words` of dataset.json): :func:`set_words` has its words, and
:func:`in_country_words` puts them into a text, once, where it is shown; names in the data stay.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from contextvars import ContextVar
from typing import Any

#: What a text calls a region, a group of them and the whole in Chinese, where a dataset has words
#: of its own, but none in Chinese.
CHINESE = {"region": "地区", "group": "大区", "country": "国家"}
#: What of an English text stays: code, quotations, paths, settings (no file ends in so many
#: letters), lists of codes.
KEPT = (
    r"`[^`\n]+`|(?<!\w)'[^'\n]*'(?!\w)|(?<!\S)/\w[^:,\n]*|\w+\.[a-z_]{9,}: \w+"
    r"|(?:one of|expected|there are:|it needs) \w+(?:, \w+)+"
)
#: The words of the country that is spoken of, by language: what is looked for in a text, and what
#: it says -> what is said instead.
_words: ContextVar[dict[str, tuple[re.Pattern[str], dict[str, str]]]] = ContextVar("words")


def title_of(run: Mapping[str, Any]) -> str:
    """Name and year of a run (dataset.json), the year once.

    Examples
    --------
    >>> title_of({"name": "Finland", "year": 2012})
    'Finland, 2012'
    >>> title_of({"name": "Finland 2012", "year": 2012})
    'Finland 2012'
    """
    name, year = str(run.get("name", "")), str(run.get("year", ""))
    return name if year in re.findall(r"\w+", name) else f"{name}, {year}".strip(", ")


def set_words(run: Mapping[str, Any], names: Collection[str] = ()) -> None:
    """From now on say everything in the words of a dataset (dataset.json), but for `names`."""
    instead = _instead(run["words"]) if run.get("words") else {}
    _words.set({language: (_sought(language, names), said) for language, said in instead.items()})


def of_run(run: Mapping[str, Any], names: Collection[str] = ()) -> Mapping[str, Any]:
    """The run (dataset.json) with its notes in its own words, in which all is said from now on."""
    set_words(run, names)
    notes = [in_country_words(note) for note in run.get("notes", ())]
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


def _sought(language: str, names: Collection[str]) -> re.Pattern[str]:
    """The words of our texts that a country may call otherwise; names, paths, keys, codes and
    places for values are none.
    """
    if language == "zh":
        kept = []
        words = "(?P<a>)(?P<word>特大城市|城市|直辖市|[本各该全两一]市|(?<!节)省份?(?!略)|全国)"
    else:
        one_of = "|".join(sorted(_instead({})["en"], key=len, reverse=True))
        kept = [KEPT]
        words = rf"(?<![\w.`/{{])(?P<a>an?\s)?(?P<word>{one_of})(?![\w`/}}]|\.\w|: ?{{\w)"
    ours = re.compile(words, re.IGNORECASE)
    names = sorted((name for name in names if ours.search(name)), key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, names), *kept, words]), re.IGNORECASE)


def in_country_words(text: str, language: str = "en") -> str:
    """A text of ours in the words of the country.

    Examples
    --------
    >>> words = {"region": ["area", "areas"], "group": ["district", "districts"]}
    >>> set_words({"words": words}, names=["Kansas City"])
    >>> in_country_words("A city lies in a province. Cities of p/21.csv: {cities}, `cities.x`.")
    'An area lies in a district. Areas of p/21.csv: {cities}, `cities.x`.'
    >>> in_country_words("no city Kansas City; column 'kind' is 'x'; expected city, province")
    "no area Kansas City; column 'kind' is 'x'; expected city, province"
    >>> in_country_words("各省的城市", "zh")
    '各大区的地区'
    >>> set_words({})
    >>> in_country_words("A city lies in a province.")
    'A city lies in a province.'
    """
    if language not in (words := _words.get({})):
        return text
    sought, instead = words[language]

    def said(found: re.Match[str]) -> str:
        article, word = found["a"], found["word"]
        if word is None:
            return found[0]
        new = instead[word.lower()]
        if word[:1].isupper():
            new = new[:1].upper() + new[1:]
        if not article:
            return new
        # some words take "a" in spite of their first letter
        vowel = new[:1].lower() in "aeiou" and not new.lower().startswith(("uni", "eu", "one"))
        return f"{article[0]}{'n' * vowel}{article[-1]}{new}"

    return sought.sub(said, text)
