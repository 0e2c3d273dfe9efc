"""The row of the audit that says which printed cells were corrected, and whether the tables that
hold them still add up.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from ..base.money import PRINTED_RELATIVE, printed_gaps

INVARIANT = "C1"


def corrected_row(lines: pd.DataFrame | None, tables: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """One row of audit.csv, none without corrections.

    Parameters
    ----------
    lines
        corrections.csv of the dataset.
    tables
        Input-output tables of the dataset by province; their rows and columns are added up anew.

    Returns
    -------
    pandas.DataFrame
        As `audit.audit`. The tolerance is that of printed tables (rule R2).
    """
    if lines is None or lines.empty or not tables:  # a given table is closed cell by cell
        return pd.DataFrame()
    printed = pd.to_numeric(lines["printed"], errors="coerce").fillna(0.0)
    size = float((lines["used"] - printed).abs().sum())
    worst = (0.0, 0.0, "nothing to compare")
    for province, table in tables.items():
        output = table["output"].values
        for what, gap in zip(("row", "column"), _gaps(table), strict=True):
            relative = np.abs(gap) / printed_gaps(output) * PRINTED_RELATIVE
            k = int(np.argmax(relative))
            place = f"province {province}, {what} {table['sector'].values[k]}"
            worst = max(worst, (float(relative[k]), float(np.abs(gap).max()), place))
    files = lines["file"].nunique()
    corrected = (
        f"{len(lines)} corrected cells in {files} {'file' if files == 1 else 'files'}, "
        f"{size:.6g} in sum without sign"
    )
    return pd.DataFrame(
        [
            {
                "invariant": INVARIANT,
                "description": f"{corrected} (dataset/corrections.csv): every provincial table "
                "adds up (relative to output)",
                "max_abs": worst[1],
                "max_rel": worst[0],
                "where": worst[2],
                "tolerance": PRINTED_RELATIVE,
                "passed": worst[0] <= PRINTED_RELATIVE,
            }
        ]
    )


def _gaps(table: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """What rows and columns of a provincial table miss of output, by sector; trade that is not
    reported counts as 0.
    """
    zero = xr.zeros_like(table["output"])
    out, into = (table.get(name, zero).fillna(0.0) for name in ("exports", "imports"))
    sold, bought = (table.get(name, zero).fillna(0.0) for name in ("outflow", "inflow"))
    rows = (
        table["total_use"].sum("use")
        + out
        - into
        + sold
        - bought
        + table["error"]
        - table["output"]
    )
    inputs = table["total_use"].sel(use=table["sector"].values).sum("sector").values
    columns = inputs + table["value_added"].sum("item").values - table["output"].values
    return rows.transpose("sector").values, columns
