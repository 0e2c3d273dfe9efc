"""Rewrites every page that is generated from the code: ``citymrio documents``, or ``make config``.

Tests fail when one of them is out of date.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from ..analysis.scenarios.registry import MEASURES
from ..assessment.ensemble import kinds
from ..base import solvers
from ..base.labels import write_atomic
from ..config.documents import tables, with_generated
from ..config.models import json_schema
from ..dataset.contract.document import rewritten
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

#: Page -> its text from what it is now.
GENERATED: dict[str, Callable[[str], str]] = {
    "config/schema.json": lambda text: json_schema(),
    "config/README.md": lambda text: with_generated(text, tables()),
    "docs/contracts.md": rewritten,
    "docs/entropy.md": lambda text: with_generated(text, solvers.table()),
    "docs/value-of-data.md": lambda text: with_generated(text, kinds.markdown()),
    "docs/tables.md": lambda text: document(),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Rewrite the generated pages of the clone that the library is in."""
    argparse.ArgumentParser(prog="citymrio documents", description=main.__doc__).parse_args(arguments)
    root = Path(__file__).parents[3]
    if lacking := [name for name in GENERATED if not (root / name).is_file()]:
        print(f"{root / lacking[0]}: is not there; pages belong to a clone. Fix: run it in a clone.", file=sys.stderr)
        return 1
    for name, made in GENERATED.items():
        text = made((root / name).read_text(encoding="utf-8"))
        write_atomic(root / name, lambda target, text=text: Path(target).write_text(text, encoding="utf-8"))
    return 0


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
