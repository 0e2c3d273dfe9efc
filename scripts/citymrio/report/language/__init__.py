"""The words of pages, from one catalogue of messages in the languages of `report.language`.

All is said in the words of the dataset (:mod:`citymrio.base.words`). Nothing heavy is imported.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from ...base.words import in_country_words as in_country_words
from ...base.words import of_run as of_run  # pages and figures take them from here

#: Beginnings of the keys of messages that only Python says, so that the explorer does not carry
#: them.
WRITTEN = ("without.", "start.", "ran.", "page.", "results.", "glossary.", "figure.", "report.")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Key -> language -> message (data/messages.json)."""
    return json.loads(files(__name__).joinpath("data/messages.json").read_text(encoding="utf-8"))


def messages(language: str) -> dict[str, str]:
    """What the explorer's scripts say, in one language: key -> message."""
    return {
        key: in_country_words(said[language], language)
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
    return in_country_words(catalogue()[key][language], language).replace("*", "").format(**values)


def span(low: str, high: str, language: str, form: str = "{}") -> str:
    """Both ends of an interval as they are written, the second in a form with its unit; where they
    are one number, that almost all draws have it.

    Examples
    --------
    >>> span("12", "16", "en", "{} cities"), span("14", "14", "en", "{} cities")
    ('12 to 16 cities', '14 cities in almost all draws')
    """
    return say("from.same" if low == high else "from.to", language, low=low, high=form.format(high))


def known(key: str, language: str, word: str) -> str:
    """A message where the catalogue has one, else the word of the data itself."""
    said = catalogue().get(key)
    return in_country_words(said[language], language) if said else word


def word(text: str, language: str, *values: object) -> str:
    """What figures say, with its values filled in: the key of a message is its English; else a word
    of tables, and what has none is the data's own.

    Examples
    --------
    >>> word("{} of {} cities", "en", 2, 9)
    '2 of 9 cities'
    >>> word("All cities", "zh"), word("Ordos", "zh")
    ('全部城市', 'Ordos')
    """
    said = known(f"figure.{text}", language, known(f"page.word.{text}", language, text))
    return said.format(*values) if values else said


def spoken(language: str) -> list[str]:
    """All that figures may say in a language."""
    return [
        said[language]
        for key, said in catalogue().items()
        if key.startswith(("figure.", "page.word."))
    ]


def named(run: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The run (dataset.json) as a language calls it: by `name_local` outside English."""
    local = run.get("name_local") if language != "en" else ""
    return {**run, "name": local or run["name"]}


def listed(parts: Iterable[str], language: str) -> str:
    """Words as a list: "A, B and C"."""
    *first, last = [*parts] or [""]
    if not first:
        return last
    return say("list.comma", language).join(first) + say("list.and", language) + last


def gap(language: str) -> str:
    """What stands between two sentences."""
    return "" if language == "zh" else " "
