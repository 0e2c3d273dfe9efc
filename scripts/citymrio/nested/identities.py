"""What a nested table must keep before anything is computed on it: its row and column identities,
and that it is productive.
"""

from typing import Any

import numpy as np

from ..base.errors import BalanceError
from .factored import FactoredTable

#: Largest relative gap of a row or column where none is given: printed inputs are rounded (R2).
TOLERANCE = 1e-6


def check_balance(table: FactoredTable, tolerance: float) -> None:
    """Stop when output does not fit the table: the row and column identities (I1, I2), or a zero
    output with purchases.

    Raises
    ------
    BalanceError
        With region, sector, both sides and the gap. Peers accept such an x and return footprints
        that do not add up.
    """
    x = table.dataset["output"].values
    if (x < 0).any():
        raise BalanceError(
            f"output is {x.min():.6g}",
            where=table.place(x, np.argmin(x)),
            fix="output cannot be negative.",
        )
    purchases = table.purchases().values[:, : table.sectors.size]
    idle = np.abs(table.column_magnitude()) * (x == 0)
    if idle.any():
        where = table.place(idle, np.argmax(idle))
        raise BalanceError(
            f"output is 0 but purchases of {idle.max():.6g} are recorded",
            where=where,
            fix="zero output needs a zero column.",
        )
    sides = {
        "row": table.deliveries().values
        + table.dataset["exports"].values
        + table.dataset["error"].values,
        "column": purchases
        + table.dataset["imports"].values[:, : table.sectors.size]
        + table.dataset["value_added"].values
        + table.column_error.values,
    }
    for side, total in sides.items():
        gap = np.abs(total - x) / np.maximum(x, np.finfo(float).tiny)
        gap[(x == 0)] = np.where(
            np.abs(total[x == 0]) > tolerance * x.max(initial=0.0), np.inf, 0.0
        )
        if gap.max() > tolerance:
            worst = np.unravel_index(np.argmax(gap), gap.shape)
            raise BalanceError(
                f"the {side} adds up to {total[worst]:.10g}, output is {x[worst]:.10g} "
                f"(relative gap {gap[worst]:.1e}, "
                f"allowed {tolerance:.1e})",
                where=table.place(x, np.argmax(gap)),
                fix="Z, Y and x must belong to one table: rebuild it from its parts.",
            )


def check_productive(table: FactoredTable) -> dict[str, Any]:
    """Largest column sum of A and, when it is not below 1, the spectral radius, which must be.

    Raises
    ------
    BalanceError
        The table is not productive: no output could serve a positive demand (Hawkins and Simon
        1949).
    """
    sums = table.coefficients.rmatmat(np.ones((table.regions.size, table.sectors.size, 1)))[:, :, 0]
    place = table.place(sums, np.argmax(sums))
    report: dict[str, Any] = {
        "max_column_sum": float(sums.max()),
        "where": place,
        "spectral_radius": None,
    }
    if sums.max() >= 1:
        report["spectral_radius"] = radius = _spectral_radius(table)
        if not radius < 1:
            raise BalanceError(
                f"the table is not productive: spectral radius of A {radius:.6f}, largest "
                f"column sum {sums.max():.6f}",
                where=place,
                fix="inputs exceed output there: value added plus imports must be positive.",
            )
    return report


def _spectral_radius(
    table: FactoredTable, iterations: int = 2000, tolerance: float = 1e-12
) -> float:
    """Power iteration on A + I (A >= 0): the shift keeps cyclic tables from oscillating."""
    vector, radius = np.ones((table.regions.size, table.sectors.size, 1)), np.inf
    for _ in range(iterations):
        product = table.coefficients.matmat(vector) + vector
        last, radius = radius, np.abs(product).sum() / np.abs(vector).sum() - 1
        vector = product / np.abs(product).max()
        if abs(radius - last) <= tolerance:
            break
    return float(radius)
