"""Value added of cities: provincial ratios that meet what is observed (method 1b)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..base.errors import BalanceError
from ..base.tolerances import SUMS
from .observations import Datum
from .province import Province, Step
from .shares import gdp_shares
from .totals import Account, levelled


def value_added_account(province: Province, output: np.ndarray, data: Sequence[Datum], step: Step) -> Account:
    """Value added v (region, sector): provincial ratios, and what is observed (method 1b).

    v_j^r = x_j^r in sectors without any inputs (`province.bare`). Imports enter a column in proportion to its size (mode B): the
    ceiling of value added is what they leave, unless they give way (:func:`.imports.import_rows`).

    Raises
    ------
    BalanceError
        Value added of the province exceeds (1 - va_delta) of its output, and ``cities.repair`` is ``stop``.
    """
    provincial, total, bare = province.block.value_added, province.block.output, province.bare
    delta = step.config.va_delta if step.config.repair == "stop" else 0.0
    over = ~bare & (provincial > (1 - delta) * total * (1 + SUMS))
    if over.any():
        j = int(np.argmax(np.where(over, provincial - (1 - delta) * total, -np.inf)))
        raise BalanceError(
            f"value added {provincial[j]:.6g} exceeds (1 - va_delta) of output {total[j]:.6g}",
            where=f"{step.place}, sector {province.names[j]}",
            fix="correct value added or output of the province, or set cities.repair: relax_cap.",
        )
    ratio = np.divide(provincial, total, out=np.zeros_like(total), where=total > 0)
    prior = output * np.where(bare, 1.0, ratio)
    known = levelled(step, "value added", prior, provincial, data)
    # every city keeps at least va_delta of the province's share of domestic inputs, so that its column can be filled
    moves = ~bare & (ratio > 0)
    inputs = np.where(moves, 1 - province.import_share - ratio, 0.0)
    imported = 0.0 if province.gives_way else province.import_share
    ceiling = np.where(moves, 1 - imported - delta * inputs, 0.0)
    return Account("value added", prior, provincial, known, province.names, ceiling, output * ceiling, fixed=~moves, exact=False)


def without_data(province: Province) -> np.ndarray:
    """Value added (region, sector) of cities of which nothing is observed: by their GDP."""
    return gdp_shares(province)[:, None] * province.block.value_added
