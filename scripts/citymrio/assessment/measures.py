"""How far an estimate is from the truth, in one number."""

from __future__ import annotations

import numpy as np


def wape(estimate: np.ndarray, truth: np.ndarray) -> float:
    """sum |estimate - truth| / sum |truth|: 0 is exact, 1 is what writing zeros gives; NaN where the truth is 0 throughout."""
    total = np.abs(truth).sum()
    return float(np.abs(estimate - truth).sum() / total) if total > 0 else float("nan")
