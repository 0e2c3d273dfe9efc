"""The glossary: terms of the field in both languages, from one list.

The list is language/data/glossary.csv; docs/glossary.md has its English, the report of a run in
another language a page of it.
"""

import csv
import html
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import NamedTuple

from . import language as languages
from .language import say, told
from .look import document, marked


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

    heads = "".join(
        f'<th scope="col">{said(key)}</th>' for key in ("term", "english", "meaning", "where")
    )
    parts = []
    for section, part in sections():
        rows = "".join(
            f'<tr><th scope="row">{_html(told(one.term_zh, "zh"))}</th>'
            f'<td lang="en">{_html(told(one.term))}</td>'
            f"<td>{_html(told(one.meaning_zh, 'zh'))}</td>"
            f'<td lang="en">{_html(one.where)}</td></tr>\n'
            for one in part
        )
        name = html.escape(said(section))
        parts.append(
            f'<h2>{name}</h2>\n<div class="scroll" tabindex="0" role="region" '
            f'aria-label="{name}">\n<table>\n<thead><tr>{heads}</tr></thead>\n'
            f"<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
        )
    about = f'<p>{said("about")}</p>\n<p><a href="start.html">{said("back")}</a></p>\n'
    return document(said("title"), about + "".join(parts), language=language)
