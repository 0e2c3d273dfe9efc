"""Trade between provinces of another year or source as reference measure of the trade that is estimated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..base.errors import DataError
from ..base.labels import keyed_values


def known_reference(
    known: pd.DataFrame,
    gravity: np.ndarray,
    outflow: np.ndarray,
    inflow: np.ndarray,
    codes: list[str],
    sectors: list[str],
    weight: float,
    where: str,
) -> np.ndarray:
    """Reference measure from known trade, shape (sector, province, province), > 0 off the diagonal.

    q_i^pq = w K_i^pq / sum K_i + (1 - w) G_i^pq / sum G_i with the known trade K and G_i^pq = OUT_i^p INF_i^q times the
    gravity kernel; a sector without known trade has G alone. Only proportions of K count: any unit, any year.

    Parameters
    ----------
    known
        origin, destination, sector, value.
    gravity
        Kernel (province, province); outflow, inflow (province, sector).

    Raises
    ------
    DataError
        A missing column, a pair given twice, a province or sector that is not the dataset's, a value that is not >= 0.
    """
    missing = [c for c in ("origin", "destination", "sector", "value") if c not in known]
    if missing:
        raise DataError(f"column {missing[0]} is missing", where=where, fix="origin, destination, sector, value.")
    table = known.reset_index(drop=True)
    for column, labels in (("origin", codes), ("destination", codes), ("sector", sectors)):
        other = table.loc[~table[column].isin(labels), column]
        if len(other):
            raise DataError(
                f"{column} '{other.iloc[0]}' is unknown",
                where=f"{where}, row {other.index[0] + 2}",
                fix="use the codes of the dataset; bring trade of another classification to its sectors first.",
            )
    name, fix = "trade {origin} -> {destination} of {sector}", "one number >= 0 for every pair and sector."
    value = keyed_values(table, ("origin", "destination", "sector"), zero=True, name=name, where=where, fix=fix)
    place = {code: n for n, code in enumerate(codes)}
    row, column = (table[name].map(place).to_numpy(int) for name in ("origin", "destination"))
    sector = table["sector"].map({name: n for n, name in enumerate(sectors)}).to_numpy(int)
    k = np.zeros((len(sectors), len(codes), len(codes)))
    k[sector, row, column] = value
    # a margin of 0 has no trade whatever the reference says: 1 stands in, so that the reference stays positive
    size = [np.where(margin.T > 0, margin.T, 1.0) for margin in (outflow, inflow)]
    g = gravity * size[0][:, :, None] * size[1][:, None, :]
    home = np.arange(len(codes))
    k[:, home, home] = g[:, home, home] = 0.0
    total = k.sum(axis=(1, 2), keepdims=True)
    share = np.where(total > 0, weight, 0.0)
    return share * k / np.where(total > 0, total, 1.0) + (1 - share) * g / g.sum(axis=(1, 2), keepdims=True)
