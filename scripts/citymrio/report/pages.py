"""Tables as pages: what the report of a run shows of its tables, and one table as a page of HTML for reading."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

    from .columns import Column


class Shown(NamedTuple):
    """A table in the report; its text is captions/tables/<table>.rst."""

    group: str
    title: str


#: Tables that the report shows, if the run has them.
SHOWN: dict[str, Shown] = {
    "regions": Shown("Cities and groups", "Regions"),
    "quintiles": Shown("Cities and groups", "Quintiles of affluence"),
    "structures": Shown("Cities and groups", "Industrial structures"),
    "clusters": Shown("Cities and groups", "Clusters behind the structures"),
    "emissions_trends": Shown("Cities and groups", "Emissions after the year of the run"),
    "flows_groups": Shown("Flows", "Flows between groups"),
    "va_per_emission": Shown("Flows", "Value added per emission"),
    "va_dependence": Shown("Flows", "Dependence of value added"),
    "intercity": Shown("Flows", "Where footprints are emitted"),
    "supply_chains": Shown("Flows", "Supply chains"),
    "intensities": Shown("Scenarios", "Intensities of key sectors"),
    "scenarios": Shown("Scenarios", "Savings"),
    "quota": Shown("Scenarios", "Quota"),
    "deficits": Shown("Scenarios", "Deficits"),
    "audit": Shown("Checks", "Balances"),
    "warnings": Shown("Checks", "Warnings"),
    "read": Shown("Checks", "What was read"),
    "observations_use": Shown("Checks", "What observations did"),
    "identified": Shown("Checks", "What the data identify"),
    "accuracy": Shown("Checks", "Accuracy against the truth"),
    "known_trade": Shown("Checks", "Beside a known table"),
    "paper_comparison": Shown("Checks", "Beside the paper"),
    "readings": Shown("Checks", "Readings of the paper"),
    "methods": Shown("Checks", "Both methods"),
    "variants": Shown("Checks", "Variants of the method"),
    "sensitivity": Shown("Checks", "Other groups and scenarios"),
    "parameters": Shown("Checks", "Parameters"),
}

STYLE = """
body { font: 14px/1.4 "DejaVu Sans", Verdana, sans-serif; color: #222; margin: 1.5rem; }
h1 { font-size: 1.2rem; margin: 0; }
p { color: #666; margin: 0.2rem 0 1rem; }
table { border-collapse: collapse; font-size: 12px; }
th { position: sticky; top: 0; background: #f1f1ee; text-align: left; vertical-align: bottom; }
th, td { padding: 0.25rem 0.6rem; border-bottom: 1px solid #ddd; vertical-align: top; }
th .unit { font-weight: normal; color: #666; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.text { max-width: 28rem; }
tr:hover td { background: #f8f7f0; }
"""

DIGITS = 4


#: Unit of a column that holds years, whose thousands are not parted.
YEAR = "year"


def number(value: float, decimals: int | None = None) -> str:
    """A number as people read it: thousands parted, NaN blank; a number that is not 0 is never shown as 0.

    With so many decimals, or (without, or where they would leave 0) four significant digits or all before the point.
    """
    if math.isnan(value):
        return ""
    size = abs(float(f"{value:.{DIGITS}g}"))
    if decimals is not None and math.isfinite(value) and (value == 0 or round(value, decimals) != 0):
        text = f"{value:,.{decimals}f}"
    elif math.isinf(size):
        text = str(value)
    elif size >= 10 ** (DIGITS - 1) or float(value).is_integer():
        text = f"{value:,.0f}" if size < 1e15 else f"{value:.{DIGITS}g}"
    elif size >= 1e-3:
        text = f"{value:.{DIGITS}g}"
    else:
        mantissa, power = f"{value:.{DIGITS - 1}e}".split("e")
        text = f"{float(mantissa):g}e{int(power)}"
    return text.replace("-", "\N{MINUS SIGN}")


def _is_number(column: pd.Series) -> bool:
    return column.dtype.kind in "fiu"


def caption(table: str) -> str:
    """The caption of a table, on one line."""
    return " ".join((Path(__file__).parent / f"captions/tables/{table}.rst").read_text(encoding="utf-8").split())


def table_page(table: pd.DataFrame, title: str, about: str, columns: Mapping[str, Column] | None = None) -> str:
    """A table as a page of its own, without links to anything else.

    Written by hand and not by ``DataFrame.to_html``: that gives a column no class, so that numbers could not stand to the right,
    and a heading neither a unit nor a place where it may break.

    Parameters
    ----------
    table
        Any table of a run; the page rounds, the file keeps all digits.
    title, about
        Heading, and the line below it.
    columns
        What is known of its columns (:func:`citymrio.report.columns.described`).
    """
    columns = columns or {}
    head, cells = [], []
    for name, values in table.items():
        column = columns.get(name)
        kind = "number" if _is_number(values) else "text"
        unit = f'<br><span class="unit">{html.escape(column.unit)}</span>' if column and column.unit else ""
        tip = f' title="{html.escape(column.meaning)}"' if column else ""
        head.append(f'<th class="{kind}"{tip}>{html.escape(str(name)).replace("_", "_<wbr>")}{unit}</th>')
        shown = (
            ["" if value != value else f"{value:.0f}" for value in values]
            if kind == "number" and column and column.unit == YEAR
            else [number(value, column.decimals if column else None) for value in values]
            if kind == "number"
            else ["" if value != value or value is None else html.escape(str(value)) for value in values]
        )
        cells.append([f'<td class="{kind}">{text}</td>' for text in shown])
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in zip(*cells, strict=True))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{html.escape(title)}</h1>\n<p>{html.escape(about)}</p>\n"
        f"<table>\n<thead><tr>{''.join(head)}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</body>\n</html>\n"
    )
