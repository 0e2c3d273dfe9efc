"""Shares of cities in the output of their province, from the finest value added that covers a
sector (method 1a, 16 R5).
"""

from collections.abc import Sequence

import numpy as np

from ..base.reliability import USUAL
from ..base.tolerances import SUMS
from .observations import Datum, group_data
from .province import CityStep, Province
from .totals import NEARLY_ZERO, weight


def finest_shares(
    province: Province, data: Sequence[Datum], step: CityStep
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
        goals = _goals(told, before, float(size.sum()), province.config.rho_gdp)
        for city, goal in goals.items():
            if before[city] > 0:
                shares[city] *= np.where(members, goal / before[city], 1.0)
            else:
                shares[city, members] = goal / size.sum()
            if holds:
                held[city].append((number, members, goal))
        finest[np.ix_(np.array([*goals], int), members)] = number
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
    found: dict[int, list[list[float]]] = {}
    for group in group_data(told):
        values, _ = group.levels(before[group.cities], whole, len(before))
        if values is None:  # said where value added is estimated
            continue
        weights = weight(np.array([datum.reliability for datum in group.data]), rho)
        for city, *pair in zip(group.cities, values.tolist(), weights.tolist(), strict=True):
            if group.share and pair[0] == 0:  # no plant of a kind is not no output
                pair[0] = NEARLY_ZERO * float(before[city])
            found.setdefault(city, []).append(pair)
    result = {}
    usual = weight(USUAL, rho)
    for city, pairs in found.items():
        data, sure = zip(*pairs, strict=True)
        if len(data) == 1:
            value = data[0]
        elif min(data) > 0:
            value = float(np.exp(np.average(np.log(data), weights=sure)))
        else:
            value = float(np.average(data, weights=sure))
        told_by = sum(sure) / (1 + sum(sure))
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


def _report_imputed(
    province: Province, added: np.ndarray, finest: np.ndarray, step: CityStep
) -> None:
    """Say which cities have value added by their GDP, of which industries; one that is alone in its
    province has what the province's table prints.
    """
    if len(province.codes) == 1:
        return
    of_industry = province.sectors["industry"].to_numpy(object)
    for industry in sorted({*of_industry}):
        members = of_industry == industry
        for city in np.flatnonzero((finest[:, members] < 0).any(axis=1)):
            step.report.add(
                f"value added of {industry} industry",
                float(added[city, members & (finest[city] < 0)].sum()),
                region=province.codes[city],
                flag="imputed",
                note="no observation; proportional to GDP or population",
            )
