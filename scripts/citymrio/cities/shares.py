"""Shares of cities in the output of their province, from the finest value added that covers a
sector (method 1a, 16 R5).
"""

from collections.abc import Sequence

import numpy as np

from ..base.tolerances import SUMS
from .observations import Datum, grouped
from .province import Province, Step
from .totals import NEARLY_ZERO, USUAL, weight


def finest_shares(
    province: Province, data: Sequence[Datum], step: Step
) -> tuple[np.ndarray, np.ndarray]:
    """Share of every city in the value added of every sector, by the smallest observed set of
    sectors that holds it.

    Without any datum a city has its share of GDP. Sets are taken from the largest to the smallest,
    and the data of a set scale the city's part of it. What they leave of a larger set is left to
    the other sectors of that. Several sources of a set are averaged by reliability; a datum less
    reliable than `USUAL` meets what was there before it, by its weight. At the end all cities are
    closed to the sector. Where all cities report the three industries and nothing else, the share
    is that in the value added of the industry.

    Returns
    -------
    shares
        Shape (region, sector), columns sum to 1.
    finest
        Number of the set that decides (region, sector); -1 where no datum does.
    """
    shares = np.repeat(province.gdp_shares[:, None], len(province.names), axis=1)
    finest = np.full(shares.shape, -1)
    value_added = np.where(province.block.value_added > 0, province.block.value_added, 0.0)
    keys = [datum.key for datum in data]
    sets = {key: datum.weights > 0 for key, datum in zip(keys, data, strict=True)}
    order = sorted(sets, key=lambda key: (-int(sets[key].sum()), [*np.flatnonzero(sets[key])]))
    held: list[list[tuple[int, np.ndarray, float]]] = [[] for _ in province.codes]
    for number, key in enumerate(order):
        members = sets[key]
        size = members * value_added if value_added[members].any() else members.astype(float)
        before = shares @ size
        told = [datum for datum, own in zip(data, keys, strict=True) if own == key]
        holds = any((members & sets[finer]).any() for finer in order[number + 1 :])
        for city, goal in _goals(told, before, float(size.sum()), province.config.rho_gdp).items():
            shares[city, members] = (
                shares[city, members] * (goal / before[city])
                if before[city] > 0
                else goal / size.sum()
            )
            finest[city, members] = number
            if holds:
                held[city].append((number, members, goal))
    for city, sums in enumerate(held):
        for number, members, goal in sums:
            rest = members & (finest[city] == number)
            left = goal - float(shares[city] @ (value_added * (members & ~rest)))
            now = float(shares[city] @ (value_added * rest))
            if (members & ~rest).any() and now > 0 and left > SUMS * goal:
                shares[city, rest] *= left / now
    shares[:, shares.sum(axis=0) <= 0] = province.gdp_shares[:, None]
    shares = shares / shares.sum(axis=0)
    _report_imputed(province, shares * value_added, finest, step)
    return shares, finest


def _goals(told: Sequence[Datum], before: np.ndarray, whole: float, rho: float) -> dict[int, float]:
    """Value added of a set by city, at the level of the province, all sources of it together."""
    found: dict[int, list[tuple[float, float]]] = {}
    for group in grouped(told):
        values, _ = group.levels(before[group.cities], whole, len(before))
        if values is None:  # said where value added is estimated
            continue
        for datum, value in zip(group.data, values, strict=True):
            if group.share and value == 0:  # no plant of a kind is not no output
                value = NEARLY_ZERO * before[datum.city]
            found.setdefault(datum.city, []).append(
                (float(value), float(weight(datum.reliability, rho)))
            )
    result = {}
    usual = weight(USUAL, rho)
    for city, pairs in found.items():
        values, weights = np.array(pairs).T
        if len(values) == 1:
            value = float(values[0])
        elif (values > 0).all():
            value = float(np.exp(np.average(np.log(values), weights=weights)))
        else:
            value = float(np.average(values, weights=weights))
        told_by = weights.sum() / (1 + weights.sum())
        trust = min(1.0, float(told_by / (usual / (1 + usual))))
        if (
            trust < 1 and before[city] > 0
        ):  # a datum less sure than a yearbook meets what was there before it
            value = (
                float(before[city] ** (1 - trust) * value**trust)
                if value > 0
                else (1 - trust) * float(before[city])
            )
        result[city] = value
    return result


def _report_imputed(province: Province, added: np.ndarray, finest: np.ndarray, step: Step) -> None:
    """Say which cities have value added by their GDP, of which industries."""
    of_industry = np.array(province.sectors["industry"].tolist())
    for industry in np.unique(of_industry):
        members = of_industry == industry
        for city in np.flatnonzero((finest[:, members] < 0).any(axis=1)):
            step.report.add(
                f"value added of {industry} industry",
                float(added[city, members & (finest[city] < 0)].sum()),
                region=province.codes[city],
                flag="imputed",
                note="no observation; proportional to GDP or population",
            )
