"""The glossary: terms of the field in both languages, from one list.

The list is language/data/glossary.csv; docs/glossary.md has its English, the report of a run in
another language a page of it.
"""

import csv
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import NamedTuple

from . import language as languages
from .language import in_country_words, say
from .look import document, marked, rendered


class Term(NamedTuple):
    """A term: section, what it is called, what it means and where a run has it, in English; its
    name and its meaning in Chinese. Texts are Markdown.
    """

    section: str
    term: str
    meaning: str
    where: str
    term_zh: str
    meaning_zh: str


@cache
def terms() -> tuple[Term, ...]:
    """All terms, by section and in their order."""
    text = files(languages).joinpath("data/glossary.csv").read_text(encoding="utf-8")
    return tuple(Term(*row) for row in list(csv.reader(text.splitlines()))[1:])


def sections() -> Iterator[tuple[str, Iterator[Term]]]:
    """Terms by section."""
    return groupby(terms(), key=lambda term: term.section)


def _html(text: str) -> str:
    return marked(re.sub(r"\[(.*?)\]\(.*?\)", r"\1", text).replace("`", "``"))


def glossary_page(language: str) -> str:
    """The page of HTML: terms in a language, with their English, meanings, and where a run has
    them.
    """

    def said(key: str) -> str:
        return say(f"glossary.{key}", language)

    body = rendered(
        "glossary.html", said=said, sections=sections(), text=_html, told=in_country_words
    )
    return document(said("title"), body, language=language)
