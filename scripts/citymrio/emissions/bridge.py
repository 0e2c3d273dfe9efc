"""The bridge between the rows of an emission inventory and the sectors of the table (method section
8).
"""

import numpy as np
import pandas as pd

from ..base.errors import DataError


def bridge_shares(sectors_of: np.ndarray, output: np.ndarray) -> np.ndarray:
    """Shares of inventory rows in the sectors of the table, per region: several targets are split
    by the region's output.

    Parameters
    ----------
    sectors_of
        (inventory_sector, sector), 0/1.
    output
        (region, sector). Regions without output in any target split evenly (such emissions end up
        in `orphan`).

    Returns
    -------
    numpy.ndarray
        (region, inventory_sector, sector); sums to 1 over sectors for production rows, 0 for
        households.
    """
    weights = sectors_of[None] * output[:, None, :]
    total = weights.sum(axis=2, keepdims=True)
    count = sectors_of.sum(axis=1)[None, :, None]
    even = np.divide(sectors_of[None], count, out=np.zeros((1, *sectors_of.shape)), where=count > 0)
    return np.where(
        total > 0, np.divide(weights, total, out=np.zeros_like(weights), where=total > 0), even
    )


def bridge_matrix(
    bridge: pd.DataFrame, inventory_sectors: pd.DataFrame, sectors: pd.DataFrame
) -> np.ndarray:
    """The bridge as a 0/1 matrix (inventory_sector, sector).

    Raises
    ------
    DataError
        An unknown code, a production row without target, a household row with one.
    """
    rows, columns = inventory_sectors["inventory_sector"].tolist(), sectors["sector"].tolist()
    pairs = {name: bridge[name].tolist() for name in ("inventory_sector", "sector")}
    for name, known in (("inventory_sector", rows), ("sector", columns)):
        unknown = sorted(set(pairs[name]) - set(known))
        if unknown:
            raise DataError(
                f"{name} '{unknown[0]}' is unknown",
                where="bridge.csv",
                fix="use the codes of the dataset.",
            )
    matrix = np.zeros((len(rows), len(columns)))
    for source, target in zip(*pairs.values(), strict=True):
        matrix[rows.index(source), columns.index(target)] = 1.0
    for name, kind, count in zip(
        rows, inventory_sectors["kind"].tolist(), matrix.sum(axis=1), strict=True
    ):
        if (kind == "household") != (count == 0):
            raise DataError(
                f"inventory sector {name} of kind {kind} has {int(count)} target sectors",
                where="bridge.csv",
                fix="production rows need at least one target, household rows have none.",
            )
    return matrix
