"""What a comparison of two tables says, in a page of plain text: the template
look/data/compared.txt.
"""

from collections.abc import Iterator, Mapping
from functools import partial

import pandas as pd

from .language import in_country_words, span
from .look import rendered

#: Cities and cells that the page names.
NAMED = 20
BLOCKS = {
    "same_city": "inside a city",
    "same_province": "other cities of the province",
    "other_province": "other provinces",
    "all": "all",
}


def page(tables: Mapping[str, pd.DataFrame], about: Mapping) -> str:
    """The page, from the tables of :func:`citymrio.assessment.comparison.compare.compare`."""
    rows = tables["comparison"].set_index(["quantity", "group"])
    return rendered(
        "compared.txt",
        about=about,
        told=in_country_words,
        span=span,
        rows=rows,
        value=rows["value"],
        left_out=_left_out(tables["left_out"]),
        blocks=BLOCKS,
        cell=partial(_cell, rows),
        cities=tables["cities"].head(NAMED).itertuples(),
        cells=tables["cells"].head(NAMED).itertuples(),
    )


def _left_out(table: pd.DataFrame) -> Iterator[str]:
    """A line for every kind of label that only one of the tables has."""
    for (kind, side), group in table.groupby(["kind", "table"], sort=False):
        named = ", ".join(group["label"].head(6)) + (", ..." if len(group) > 6 else "")
        part = group["output_percent"].sum()
        size = f", {part:.2g}% of its output" if kind != "category" else ""
        yield f"Left out, only in {side}: {len(group)} of kind {kind} ({named}){size}"


def _cell(rows: pd.DataFrame, scope: str, group: str) -> str:
    row, whole = rows.loc[(f"cells, {scope}", group)], rows.loc[("cells, all", group)]
    return f"{row['value']:.1%} ({row['b'] / whole['b']:.0%})" if row["b"] else "none in B"
