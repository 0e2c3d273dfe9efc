"""A small provincial MRIO in the layout of CEADs' workbooks."""

from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd

from citymrio.provinces.supplied import supplied_mrio

PROVINCES = {"11": "Beijing", "12": "Tianjin", "13": "Hebei"}
CATEGORIES = {"households": "household", "capital": "capital"}


def lists(provinces=PROVINCES, sectors=("S0", "S1")):
    """The lists of a dataset of such a workbook: names of the provinces and of the sectors."""
    return {
        "regions": pd.DataFrame({"province": [*provinces], "province_name": provinces.values()}),
        "sectors": pd.DataFrame({"sector": ["01", "02"], "name": sectors}),
        "final_demand": pd.DataFrame(
            {"category": [*CATEGORIES], "name": [*CATEGORIES], "role": CATEGORIES.values()}
        ),
    }


def read(path, err_tol=0.05, corrections=None, **names):
    """The MRIO of a workbook."""
    return supplied_mrio(
        path, **lists(**names), err_tol=err_tol, unit="10^4 CNY", corrections=corrections
    )


def mrio(
    path,
    change=lambda sheet: None,
    items=("Compensation of employees", "Net taxes on production", "Operating surplus"),
):
    """A balanced MRIO of whole numbers in CEADs' layout: labels left and above, accounts around the
    block.
    """
    rng = np.random.default_rng(3)
    n, k = 6, 6
    cells = rng.integers(5, 60, (n, n + k)).astype(float)
    exports, imports = (
        rng.integers(1, 30, n).astype(float),
        rng.integers(1, 20, n + k).astype(float),
    )
    output = cells.sum(axis=1) + exports + 700.0
    exports = exports + 700.0
    added = output - cells[:, :n].sum(axis=0) - imports[:n]
    book = openpyxl.Workbook()
    book.active.title = "NOTE"
    book.active.append(["made by a test"])
    sheet = book.create_sheet("MRIO 2012")
    users = [[p] + [None] * (size - 1) for size in (2, 2) for p in ("Beijing", "Tianjin", "Hebei")]
    sheet.append(
        [
            None,
            None,
            None,
            *[cell for user in users for cell in user],
            "Export",
            "Others",
            "Total Output",
        ]
    )
    sheet.append(
        [
            None,
            None,
            None,
            *["Farming", "Mining"] * 3,
            *["Households", "GFCF"] * 3,
            None,
            None,
            None,
        ]
    )
    for r in range(n):
        province = ("Beijing", "Tianjin", "Hebei")[r // 2] if r % 2 == 0 else None
        sheet.append([province, "Farming", f"S{r % 2}", *cells[r], exports[r], 0, output[r]])
    sheet.append([None, "Import", None, *imports])
    for share, item in zip((0.5, 0.2, 0.3), items, strict=False):
        sheet.append([None, item, None, *(added * share)])
    sheet.append([None, "Total Input", None, *output])
    change(sheet)
    book.save(path)
    return cells, imports, added, exports, output
