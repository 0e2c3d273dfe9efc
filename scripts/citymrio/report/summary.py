"""What a run says at its end: headline numbers, what was made and where, and whether every balance
holds (template look/data/summary.txt).
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from ..analysis.affluence import is_city
from ..assessment.headline import INSIDE, MEMBERS, SPREAD
from ..assessment.paper.readings.table import count_met
from ..base.methods import METHODS
from ..base.words import title_of
from .language import in_country_words, span
from .look import rendered
from .pages import format_amount
from .plain import few

WIDTH = 78
#: Probability of intervals where nobody says another one.
LEVEL = 0.9
#: Letters of a column of headline numbers, and of one of intervals.
COLUMN, SPAN = 11, 26
#: Warnings that the summary prints; the others are in warnings.csv.
PRINTED_WARNINGS = 5


#: A warning in lines.
_warning = textwrap.TextWrapper(
    WIDTH,
    initial_indent="  - ",
    subsequent_indent="    ",
    break_long_words=False,
    break_on_hyphens=False,
).wrap


def _line(label: str, value: str) -> str:
    return f"  {in_country_words(label):<46}{value:>{WIDTH - 48}}"


def summary(
    *,
    run: Mapping,
    regions: pd.DataFrame,
    headline: pd.DataFrame,
    method: str,
    verdict: Mapping,
    accuracy: pd.DataFrame | None,
    warnings: pd.DataFrame,
    outputs: Mapping[str, Sequence[str]],
    paper: Mapping[str, pd.DataFrame] | None = None,
) -> str:
    """The text printed at the end of a run.

    Parameters
    ----------
    run
        dataset.json, and perhaps `made_by`: the method with what differs from it
        (:func:`.method.heading`), and `level`: the probability of the intervals.
    regions, headline, accuracy
        Tables of the run (accuracy: only where the truth is known).
    method
        Of the estimate; "" where the table was given.
    verdict
        Of :func:`audit_verdict`.
    warnings
        warnings.csv: the first are printed, and how many there are.
    outputs
        Kind of output -> paths; a page to open is named in full.
    paper
        paper_comparison and readings by name, where the run stands beside the paper.
    """
    level, money = run.get("level", LEVEL), f"{run['unit']}, {run['price_basis']}"
    first = warnings.head(PRINTED_WARNINGS).itertuples()
    named = {
        kind: [path for path in paths if path.endswith(".html")]
        or [f"{Path(paths[0]).parent}/: {_names(paths)}"]
        for kind, paths in outputs.items()
    }
    return rendered(
        "summary.txt",
        width=WIDTH,
        line=_line,
        title=title_of(run),
        synthetic=run["synthetic"],
        cities=int(is_city(regions).sum()),
        regions=len(regions),
        money=money if len(money) <= WIDTH - 49 else run["unit"],
        method=method,
        changed=textwrap.wrap(str(run.get("made_by", "")).partition(", ")[2], WIDTH - 4),
        headlines=headline_lines(headline, method, level),
        few=textwrap.wrap(_few(headline, level), WIDTH - 2),
        printed=headline["printed"].notna().any(),
        verdict=verdict,
        accuracy=accuracy,
        paper=paper_lines(paper["paper_comparison"], paper["readings"]) if paper else [],
        warnings=warnings,
        said=[text for row in first for text in _warning(f"{row.where}: {row.what}: {row.value}")],
        said_of=PRINTED_WARNINGS,
        outputs=[(kind, path) for kind, paths in named.items() for path in paths],
    )


def paper_lines(comparison: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """How many of the paper's results the run meets, by the readings of its text; nothing where
    they cannot be compared.
    """
    found = count_met(comparison, table)
    if not found.judged:
        return []
    met = {
        "the paper's results within tolerance, as used": found.used,
        "... in one joint reading of its text": found.joint,
        "... each in some reading of its own": found.union,
    }
    return [
        _line(what, "not computed" if number is None else f"{number} of {found.judged}")
        for what, number in met.items()
    ]


def _few(headline: pd.DataFrame, level: float) -> str:
    """What to know of intervals of few members."""
    worth = headline[headline["group"].eq(SPREAD)].set_index("quantity")["value"]
    said = few(worth[MEMBERS], worth[INSIDE], level, "en") if len(worth) else ""
    return said and f"{said} `make uncertainty MEMBERS=200` adds members to these."


def headline_lines(table: pd.DataFrame, method: str, level: float = LEVEL) -> list[str]:
    """Headline numbers by group: of the run, by the other method and as the paper prints them,
    where there are such numbers.

    An interval stands behind the number by its method, in lines that are longer by its width.
    """
    table = table[table["value"].notna()]
    other = next(name for name in METHODS if name != method)
    heads = {"value": "this run", "other_method": other, "printed": "printed"}
    heads = {name: head for name, head in heads.items() if table[name].notna().any()}
    room, spread = WIDTH - 2 - COLUMN * len(heads), table["low"].notna().any()
    own = "value" if table["interval_of"].eq(method).any() else "other_method"
    lines: list[str] = []

    def cells(numbers: Iterable[str], interval: str) -> str:
        return "".join(
            f"{number:>{COLUMN}}" + (f"{interval:>{SPAN}}" if spread and name == own else "")
            for name, number in zip(heads, numbers, strict=True)
        )

    for group, rows in table.groupby("group", sort=False):
        first = "" if lines else cells(heads.values(), f"{level:.0%} interval")
        lines.append(f"  {in_country_words(group):<{room}}{first}")
        for row in rows.itertuples():
            ends = (
                ""
                if pd.isna(row.low)
                else span(format_amount(row.low, row.unit), format_amount(row.high, row.unit), "en")
            )
            label = in_country_words(f"  {row.quantity}, {row.unit}")
            numbers = (format_amount(getattr(row, name), row.unit) for name in heads)
            lines.append(f"  {label:<{room}}{cells(numbers, ends)}")
    return [line.rstrip() for line in lines]


def _names(paths: Sequence[str]) -> str:
    names = sorted({Path(path).stem for path in paths})
    return f"{', '.join(names[:6])}{f' and {len(names) - 6} more' if len(names) > 6 else ''}"
