"""The bridge between the rows of an emission inventory and the sectors of the table (method section
8).
"""

import numpy as np
import pandas as pd


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
    """The bridge as a 0/1 matrix (inventory_sector, sector)."""
    rows, columns = inventory_sectors["inventory_sector"].tolist(), sectors["sector"].tolist()
    matrix = np.zeros((len(rows), len(columns)))
    for source, target in zip(bridge["inventory_sector"], bridge["sector"], strict=True):
        matrix[rows.index(source), columns.index(target)] = 1.0
    return matrix
