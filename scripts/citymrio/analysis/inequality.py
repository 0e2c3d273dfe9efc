"""Inequality of per-capita values between cities: Gini, Palma, Theil, and what of it lies between
and within provinces.

Every person has the mean of their city, so that inequality inside a city is not seen: all measures
are lower bounds.
"""

import numpy as np
import pandas as pd

from ..base.errors import DataError


def lorenz(values: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lorenz curve: cumulated shares of people and of the amount, poorest first, from (0, 0) to (1,
    1).
    """
    order = np.argsort(values, kind="stable")
    persons = np.concatenate([[0.0], np.cumsum(people[order])])
    amount = np.concatenate([[0.0], np.cumsum((values * people)[order])])
    return persons / persons[-1], amount / amount[-1]


def gini(values: np.ndarray, people: np.ndarray) -> float:
    """Gini coefficient: 1 - 2 x area under the Lorenz curve (trapezoids)."""
    persons, amount = lorenz(values, people)
    return float(1 - np.sum(np.diff(persons) * (amount[1:] + amount[:-1])))


def palma(values: np.ndarray, people: np.ndarray) -> float:
    """Palma ratio: what the upper 10% of people have over what the lower 40% have (Lorenz curve,
    linear inside a city).
    """
    persons, amount = lorenz(values, people)
    low, high = np.interp([0.4, 0.9], persons, amount)
    return float((1 - high) / low)


def theil(values: np.ndarray, people: np.ndarray) -> float:
    """Theil's T = sum_i s_i ln(v_i / mean), s_i the share of the amount; 0 ln 0 = 0."""
    share = values * people / np.sum(values * people)
    ratio = values * people.sum() / np.sum(values * people)
    return float(np.sum(share * np.log(np.where(share > 0, ratio, 1.0))))


def inequality(values: pd.Series, people: pd.Series, province: pd.Series) -> pd.DataFrame:
    """Measures of one quantity per capita.

    Parameters
    ----------
    values
        Per capita, by city.
    people, province
        Persons and province, same index.

    Returns
    -------
    pandas.DataFrame
        measure (gini, palma, theil), component (total, between, within, overlap), value. Theil:
        total = between + within (Theil 1967). Gini: total = between + within + overlap (Dagum
        1997), `within` = sum of each province's Gini times its shares of people and of the amount.
        Palma: total, and between with every city at its province's mean.

    Raises
    ------
    DataError
        A negative value, or nobody.
    """
    wrong = (values < 0) | ~np.isfinite(values) | (people <= 0)
    if wrong.any():
        place = values.index[wrong][0]
        raise DataError(
            f"value per capita is {values[place]:.6g}, people {people[place]:.6g}",
            where=f"inequality, region {place}",
            fix="inequality needs values of 0 or more and people.",
        )
    v, p = values.to_numpy(float), people.to_numpy(float)
    amount = v * p
    groups = pd.factorize(province)[0]
    persons, sums = np.bincount(groups, p), np.bincount(groups, amount)
    mean = sums / persons
    members = [groups == g for g in range(len(mean))]
    share, weight = sums / sums.sum(), persons / persons.sum()
    inside = sum(s * theil(v[k], p[k]) for s, k in zip(share, members, strict=True) if s > 0)
    gini_inside = sum(
        s * w * gini(v[k], p[k]) for s, w, k in zip(share, weight, members, strict=True) if s > 0
    )
    gini_total, gini_between = gini(v, p), gini(mean, persons)
    rows = [
        ("gini", "total", gini_total),
        ("gini", "between", gini_between),
        ("gini", "within", gini_inside),
        ("gini", "overlap", gini_total - gini_between - gini_inside),
        ("palma", "total", palma(v, p)),
        ("palma", "between", palma(mean, persons)),
        ("theil", "total", theil(v, p)),
        ("theil", "between", theil(mean, persons)),
        ("theil", "within", float(inside)),
    ]
    return pd.DataFrame(rows, columns=["measure", "component", "value"])
