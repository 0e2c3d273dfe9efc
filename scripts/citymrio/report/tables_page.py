"""The text of docs/tables.md, from the dictionary of columns and the captions of tables (`citymrio documents`)."""

from __future__ import annotations

from itertools import groupby

from ..analysis.scenarios.registry import MEASURES
from .columns import dictionary
from .pages import SHOWN, caption

HEAD = """# Tables

What a run writes into `results/<run>/tables/`, column by column. How to read them, and what adds up to what:
[read the results](read-results.md); terms: [glossary](glossary.md). This page is generated (`citymrio documents`) from
`scripts/citymrio/report/columns/data/columns.csv`, where the pages of the report have their headings from as well.
Those from `left_out` on are in `results/<run>/validation/` (`make validation`), the last ones in `results/<run>/uncertainty/`
(runs with `uncertainty.members`).
A name in angle brackets stands for each role of final demand, group of sectors, structure, year, level or tenth. Text, counts and
values whose unit is in the same row have no unit here.
"""


def document() -> str:
    """The text of docs/tables.md."""
    parts = [HEAD]
    for table, columns in groupby(dictionary(), key=lambda column: column.table):
        parts.append(f"\n## {table}.csv\n")
        if table in SHOWN:
            parts.append(f"\n{caption(table)}\n")
        parts.append("\n| column | unit | meaning |\n|---|---|---|\n")
        for column in columns:
            unit = column.unit.format(unit="unit of money", currency="of the currency")
            cells = [f"`{column.name}`", unit, column.meaning]
            parts.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n")
        if table == "scenarios":
            parts.append("\nMeasures (column `side`):\n\n")
            parts.extend(f"- `{side}` ({module.BASIS}): {module.__doc__}\n" for side, module in MEASURES.items())
    return "".join(parts)
