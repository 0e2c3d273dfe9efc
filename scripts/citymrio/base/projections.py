"""Closed forms, such as the capped proportional projection, and what they divide by."""

import numpy as np

from .errors import InfeasibleError

#: Share by which a total may exceed the sum of its caps: round-off of adding them up.
ROOM = 1e-14
#: Steps of Newton's method, the change of a logarithm at which they have settled, and the largest
#: factor by which a column changes with its row (:func:`resize_rows`).
MAX_STEPS, SETTLED, RESIZED = 40, 1e-13, 30.0


def capped_proportional(
    prior: np.ndarray, total: float, cap: np.ndarray | float = np.inf
) -> tuple[np.ndarray, float, np.ndarray]:
    """min KL(z|z0) subject to sum z = T, 0 <= z <= cap: z = min(lambda z0, cap) (method, section
    1).

    lambda is exact: cells reach their cap in the order of cap / z0, so the number of capped cells
    is found by sorting.

    Parameters
    ----------
    prior, cap
        Arrays (R), >= 0; a cap may be infinite.
    total
        T >= 0.

    Returns
    -------
    values, lambda, capped
        Values (R), the common factor, and which cells with a positive prior stand at their cap.

    Raises
    ------
    InfeasibleError
        T is negative or exceeds the sum of caps over cells with a positive prior.

    Examples
    --------
    >>> values, factor, capped = capped_proportional(np.array([1.0, 2.0, 3.0]), 12.0, np.array([9.0, 3.0, 9.0]))
    >>> values, factor, capped
    (array([2.25, 3.  , 6.75]), 2.25, array([False,  True, False]))
    """  # noqa: E501
    prior = np.asarray(prior, dtype=float)
    cap = np.broadcast_to(np.asarray(cap, dtype=float), prior.shape)
    if (
        np.any(~np.isfinite(prior))
        or np.any(prior < 0)
        or np.any(np.isnan(cap))
        or np.any(cap < 0)
        or not np.isfinite(total)
    ):
        raise ValueError("prior and total must be finite, prior and cap >= 0")
    support = prior > 0
    if total == 0:
        return np.zeros_like(prior), 0.0, np.zeros(prior.shape, dtype=bool)
    room = float(np.sum(np.sort(cap[support])))
    if total < 0 or total > room * (1 + ROOM):
        short = total - room if total > 0 else total
        what = (
            "the prior is 0 everywhere" if not support.any() else f"the caps add up to {room:.10g}"
        )
        raise InfeasibleError(
            f"total {total:.10g} cannot be reached: {what} (short of {abs(short):.6g})",
            fix="raise the caps, lower the total, or give the missing cells a prior.",
        )
    with np.errstate(divide="ignore"):
        reach = np.where(support, cap / np.where(support, prior, 1.0), np.inf)
    flat, caps, ratios = prior[support], cap[support], reach[support]
    order = np.lexsort((flat, caps, ratios))
    sorted_cap, sorted_prior, sorted_ratio = caps[order], flat[order], ratios[order]
    filled = np.concatenate(([0.0], np.cumsum(np.where(np.isfinite(sorted_cap), sorted_cap, 0.0))))[
        :-1
    ]
    factor = (total - filled) / np.cumsum(sorted_prior[::-1])[::-1]
    fits = factor <= sorted_ratio
    if not fits.any():
        return np.where(support, cap, 0.0), float(sorted_ratio[-1]), support
    lam = float(factor[np.argmax(fits)])
    return np.where(support, np.minimum(lam * prior, cap), 0.0), lam, support & (lam * prior >= cap)


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Quotients, 0 where the divisor is 0."""
    return above / np.where(below > 0, below, np.inf)


def value_added_rates(value_added: np.ndarray, output: np.ndarray) -> np.ndarray:
    """Value added per output (sector,); that of all sectors where one makes or earns nothing."""
    earns = (value_added > 0) & (output > 0)
    mean = value_added[earns].sum() / output[earns].sum() if earns.any() else 1.0
    return np.where(earns, ratio(value_added, output), mean)


def log_or_zero(values: np.ndarray) -> np.ndarray:
    """Logarithms, 0 where the value is 0."""
    return np.log(np.where(values > 0, values, 1.0))


def relative_loadings(values: np.ndarray, loading: np.ndarray) -> np.ndarray:
    """Loadings of columns over the largest in their row (row, column), 0 where the value is 0; 1 in
    rows where no loading is above 0.
    """
    power = np.where(values > 0, loading, 0.0)
    most = power.max(axis=1, keepdims=True)
    return np.where(most > 0, ratio(power, most), 1.0)


def resize_rows(values: np.ndarray, loading: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Values (row, column) times exp(s loading), with the s that brings a row to its sum, or as
    near to it as a change of columns by the factor `RESIZED` does.

    Parameters
    ----------
    loading
        How far a column grows with its row (column,), 0 to 1; only proportions within a row count.
    """
    power = relative_loadings(values, loading)
    place, found, wanted = np.zeros((len(values), 1)), values, log_or_zero(rows)
    for _ in range(MAX_STEPS):
        whole = found.sum(axis=1)
        gap = wanted - log_or_zero(whole)
        if np.abs(gap).max(initial=0.0) <= SETTLED:
            break
        step = gap * ratio(whole, (found * power).sum(axis=1))
        place = np.clip(place + step[:, None], -np.log(RESIZED), np.log(RESIZED))
        found = values * np.exp(place * power)
    return found
