"""Why a problem has no solution: the constraints in conflict, by name and label, and the amount."""

from __future__ import annotations

import numpy as np

from ..errors import InfeasibleError
from .kernel import structural_zeros


def refuse_contradictions(title: str, arrays) -> None:
    """Stop at rows that no variable can satisfy (a positive target over an all-zero prior, a negative total).

    Raises
    ------
    InfeasibleError
        With every such row.
    """
    _, wrong, _ = structural_zeros(arrays.matrix, arrays.target, arrays.equality, arrays.prior > 0)
    if len(wrong):
        rows = [
            f"'{name}' at {label} (target {arrays.target[i]:.10g})" for i in wrong[:5] for name, label in [arrays.describe(i)]
        ]
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise InfeasibleError(
            f"no variable can reach the target: {'; '.join(rows)}{more}. All cells of such a row have prior 0, are forced to 0 by "
            "other rows with target 0, or have the other sign",
            where=title,
            mend="give the cells a prior, or correct the target.",
        )


def refuse(title: str, arrays, result) -> None:
    """Raise InfeasibleError if a conflict can be shown; return if the problem is only hard."""
