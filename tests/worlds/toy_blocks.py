"""The toy country with use by source: products from abroad and from the other province, in shares
that differ by column.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import toy

from citymrio.entropy import capped_proportional

Tables = dict[str, list[list]]
#: How much a column prefers products from abroad, and from the other province (sectors, then
#: categories; stock changes: none).
ABROAD = (1.0, 6.0, 3.0, 0.5, 2.0, 0.0, 4.0, 0.0)
ELSEWHERE = (3.0, 1.0, 0.5, 2.0, 1.0, 0.4, 2.0, 0.0)
USES = [*toy.CODES, *toy.CATEGORIES]


def blocks(rows: list[list]) -> dict[str, np.ndarray]:
    """Use of products from abroad and from elsewhere (product, use) that fits a provincial table of
    the toy country.
    """
    column = {name: k for k, name in enumerate(rows[0])}
    result: dict[str, list[np.ndarray]] = {"imports": [], "inflow": []}
    for row in rows[1 : 1 + len(toy.CODES)]:
        free = np.array(
            [
                max(float(row[column[c]]), 0.0) if taste else 0.0
                for c, taste in zip(USES, ABROAD, strict=True)
            ]
        )
        free[column["government"] - 1] = max(float(row[column["government"]]), 0.0)
        for name, taste in (("imports", ABROAD), ("inflow", ELSEWHERE)):
            if name not in column:
                continue
            taken, _, _ = capped_proportional(free * taste, float(row[column[name]]), 0.9 * free)
            result[name].append(taken)
            free = free - taken
    return {name: np.array(values) for name, values in result.items() if values}


def add_blocks(
    tables: Tables,
    provinces: Sequence[str] = ("NO", "SO"),
    kinds: Sequence[str] = ("imports", "inflow"),
) -> None:
    """Add the blocks of some provinces to the tables, as files beside those of the provinces."""
    for p in provinces:
        for kind, values in blocks(tables[f"provinces/{p}"]).items():
            if kind in kinds:
                tables[f"provinces/{p}.{kind}"] = sheet(values)


def sheet(values: np.ndarray) -> list[list]:
    """A block as rows of a spreadsheet."""
    return [
        ["sector", *USES],
        *([code, *map(repr, line)] for code, line in zip(toy.CODES, values.tolist(), strict=True)),
    ]


def to_home_products(tables: Tables) -> None:
    """Tables that hold home products only, with both blocks beside them; the nation with its
    imports.
    """
    nation = np.zeros((len(toy.CODES), len(USES)))
    for name in ("provinces/NO", "provinces/SO", "national"):
        rows, parts = (
            tables[name],
            blocks(tables[name]) if name != "national" else {"imports": nation},
        )
        nation = nation + (parts["imports"] if name != "national" else 0.0)
        for kind, values in parts.items():
            tables[f"{name}.{kind}"] = sheet(values)
        column = {label: k for k, label in enumerate(rows[0])}
        for i, row in enumerate(rows[1 : 1 + len(toy.CODES)]):
            for k, c in enumerate(USES):
                row[column[c]] = float(row[column[c]]) - sum(
                    values[i, k] for values in parts.values()
                )
        dropped = sorted((column[kind] for kind in parts), reverse=True)
        tables[name] = [[cell for k, cell in enumerate(row) if k not in dropped] for row in rows]
    for row in tables["dataset"]:
        if row[0] == "import_mode":
            row[1] = "home"
            return
    tables["dataset"].append(["import_mode", "home"])
