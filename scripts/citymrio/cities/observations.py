"""Observations about the cities of a province, gathered by quantity (docs/contracts.md,
observations/<p>.csv).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..base.errors import warn
from ..base.reliability import combine_sources
from ..base.vocabulary import QUANTITIES
from .province import CityStep, Province


class Datum(NamedTuple):
    """One observation: the weighted sum over the columns of a city's row.

    Attributes
    ----------
    city
        Position of the city.
    weights
        Share of every column that belongs to it, shape (column,); of final demand (product x
        category,).
    value
        What was observed, in the unit of the table; of a share, in any unit.
    name
        What it sums ("all sectors", "capital, sectors 01-27").
    reliability
        From 0 (not used) to 1 (exact).
    source, measure
        As in observations/<p>.csv.
    row
        Its row in observations/<p>.csv, -1 without one.
    """

    city: int
    weights: np.ndarray
    value: float
    name: str
    reliability: float = 1.0
    source: str = ""
    measure: str = "amount"
    row: int = -1

    @property
    def key(self) -> bytes:
        """What it sums, to compare with other data."""
        return self.weights.tobytes()

    def minus(self, part: float) -> Datum:
        """An observed amount without a part that is known; shares stay."""
        return self if self.measure == "share" else self._replace(value=max(0.0, self.value - part))


def gather_observations(province: Province, step: CityStep) -> dict[str, list[Datum]]:
    """The observations of a province by quantity, over columns that are sectors (final demand:
    products x categories).

    Those of reliability 0 are left out, with a warning. The rows keep the schema `OBSERVATIONS` of
    the dataset contract: they are not checked again (a dataset is, as a whole, before anything
    reads it).
    """
    table, sectors = province.observations, province.names
    categories = province.final_categories
    place = {code: n for n, code in enumerate(province.codes)}
    result: dict[str, list[Datum]] = {quantity: [] for quantity in QUANTITIES}
    sets: dict[str, tuple[np.ndarray, str]] = {}
    columns = [
        "region",
        "quantity",
        "sectors",
        "category",
        "value",
        "reliability",
        "source",
        "status",
    ]
    rows = zip(*(table[name].tolist() for name in columns), province.measures, strict=True)
    for row, values in enumerate(rows):
        region, quantity, codes, category, value, reliability, source, status, measure = values
        if quantity == "emissions" and (codes or status != "observed"):
            continue  # parts of a city's emissions enter its inventory alone, filled-in totals not even that  # noqa: E501
        if codes not in sets:
            members = [part for part in codes.split(";") if part] or sectors
            held = {*members}
            sets[codes] = (
                np.array([float(sector in held) for sector in sectors]),
                set_name(members, sectors),
            )
        weights, name = sets[codes]
        if quantity == "final_demand":
            chosen = (
                np.isin(categories, category.split(";")) if category else np.ones(len(categories))
            )
            weights = np.outer(weights, chosen).ravel()
            name = f"{category or 'all categories'}, {name}"
        datum = Datum(
            place[region],
            weights,
            float(value),
            name,
            float(reliability),
            str(source),
            measure,
            row,
        )
        if reliability > 0:
            result[quantity].append(datum)
        else:
            not_used(step, quantity.replace("_", " "), datum, "its reliability is 0")
    return result


def set_name(members: Sequence[str], sectors: Sequence[str]) -> str:
    """A set of sectors in words."""
    if len(members) == len(sectors):
        return "all sectors"
    ordered = sorted(members)
    return (
        f"sector {ordered[0]}"
        if len(members) == 1
        else f"sectors {ordered[0]}-{ordered[-1]} ({len(members)})"
    )


def not_used(step: CityStep, what: str, datum: Datum, why: str) -> None:
    """Say that a datum has no effect, and why."""
    code = step.codes[datum.city]
    step.note(datum.row, use="not used", why=why)
    step.report.add(
        f"{what} not used", datum.value, region=code, flag="softened", note=f"{datum.name}: {why}"
    )
    warn(
        where=f"{step.place}, city {code}",
        what=f"the observed {what} of {datum.name} is not used",
        value=f"{datum.value:.6g}",
        expectation="a datum that can be met",
        effect=f"The city's account is what it is without it: {why}.",
    )


@dataclass(frozen=True)
class Group:
    """Data of several cities that tell of the same: they have one level."""

    data: list[Datum]

    @property
    def cities(self) -> list[int]:
        """Positions of the cities."""
        return [datum.city for datum in self.data]

    @property
    def values(self) -> np.ndarray:
        """What was observed (datum,)."""
        return np.array([datum.value for datum in self.data])

    @property
    def share(self) -> bool:
        """Whether the data are shares in what their cities have."""
        return self.data[0].measure == "share"

    def levels(self, prior: np.ndarray, whole: float, count: int) -> tuple[np.ndarray | None, str]:
        """The data at the level at which they are used; None and the reason where they are not.

        What all cities report is scaled to the total of the province, since the sources differ in
        level (method 1a). What some report is scaled by the power c^2 of the factor that leads to
        their prior, c the part of the province that they have; of reliability 1, it counts as it
        stands. Shares are shares in the prior of the cities that report.

        Parameters
        ----------
        prior
            What the cities of the data have without them (datum,).
        whole
            What the province has.
        count
            Number of cities of the province.
        """
        mine, reported, everyone = (
            float(prior.sum()),
            float(self.values.sum()),
            len(self.data) == count,
        )
        if mine <= 0 or whole <= 0:
            return None, "the province, or the city, has none"
        if reported <= 0 and (self.share or everyone):
            return None, f"the cities that report it have 0 in all, the province {whole:.6g}"
        if self.share and len(self.data) == 1 < count:
            return None, "it is the only share of its kind in the province"
        if reported <= 0:
            return self.values, ""
        level = (whole if everyone else mine) / reported
        if self.share or everyone:
            return self.values * level, ""
        exact = np.array([datum.reliability == 1 for datum in self.data])
        return self.values * np.where(exact, 1.0, level ** ((mine / whole) ** 2)), ""


def group_data(data: Sequence[Datum]) -> list[Group]:
    """Data of the same sum and measure; by source where shares, or where a city is told of by
    several sources.
    """
    groups: dict[tuple[bytes, str], list[Datum]] = {}
    for datum in data:
        groups.setdefault((datum.key, datum.measure), []).append(datum)
    result = []
    for (_, measure), members in groups.items():
        if measure == "amount" and len({datum.city for datum in members}) == len(members):
            result.append(Group(members))
            continue
        by_source: dict[str, list[Datum]] = {}
        for datum in members:
            by_source.setdefault(datum.source, []).append(datum)
        result += [Group(part) for part in by_source.values()]
    return result


def city_totals(data: Sequence[Datum], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Totals of cities, all sources :func:`~citymrio.base.reliability.combine_sources`, and their
    reliability (region,); NaN and 0 without any.
    """
    found: dict[int, list[Datum]] = {}
    for datum in data:
        found.setdefault(datum.city, []).append(datum)
    values, trust = np.full(count, np.nan), np.zeros(count)
    for city, told in found.items():
        values[city], trust[city] = combine_sources(
            [datum.value for datum in told], [datum.reliability for datum in told]
        )
    return values, trust
