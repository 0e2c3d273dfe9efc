"""Change of footprints between two runs: structural decomposition on common sectors and regions.

Footprint of a region s in one run, with everything on the common classification (R regions, n
sectors):

    CBA^s = m . u^s l^s P^s ,    m' = e'(I - A)^-1 ,    u^s = F^s / y^s ,    l^s = y^s / P^s ,

e emissions per unit of output, A technical coefficients of all regions (technology and trade), F^s
the domestic products in final demand, y^s all final demand, imports included (so that sum u^s is
the part that is not imported), P^s people. The five factors are exchanged one after the other in
the order e, A, u, l, P and in the reverse order, and the two polar forms averaged:

    dCBA = 1/2 [de L1 u1 y1 + de L0 u0 y0]
         + 1/2 [e0 dL u1 y1 + e1 dL u0 y0]
         + 1/2 [e0 L0 du y1 + e1 L1 du y0]
         + 1/2 [e0 L0 u0 dl P1 + e1 L1 u1 dl P0]
         + 1/2 [e0 L0 u0 l0 dP + e1 L1 u1 l1 dP] ,     L = (I - A)^-1, y = l P.

Source: Dietzenbacher and Los (1998), Structural decomposition techniques, Economic Systems Research
10(4), 307-323. Four transposed solves on the factored tables give all of it: m of e0 and e1 on A0
and A1. Merging sectors before the solve changes a footprint a little (aggregation); that difference
is the account `classification`, so that the parts sum to the published change. Emissions of regions
and sectors that one run alone has are traced in that run, as the account `coverage`: no factor of
theirs can change. A region of one run alone has nothing but coverage.

Prices are those of each run's own year: inflation raises the level and lowers intensities. With
price indices d_i (later over earlier), the later table is expressed in earlier prices: e_i d_i,
A_ij d_j / d_i, F_i / d_i.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import BalanceError, DataError
from ..base.labels import EMISSIONS
from ..base.tolerances import TINY
from ..dataset.cells import number_of
from ..nested import NestedMRIO
from ..nested.columns import MergedColumns
from ..nested.leontief import Leontief

#: The five factors in the order of the first polar form.
EFFECTS = ("intensity", "technology", "structure", "level", "population")
#: Largest gap of an identity, relative to the quantity it is about.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Side:
    """One run on the common classification.

    Attributes
    ----------
    nested
        The run's nested table, own sectors and regions.
    emissions
        (region, sector), t, own labels, orphan emissions not included.
    demand
        (region,) all final demand, imports included, money, own labels.
    people
        (region,) own labels.
    sector_of, region_of
        Own code -> common label.
    sectors, regions
        Common labels in the order of both runs.
    prices
        (sector,) price index of the common sectors, 1 for the earlier run.
    """

    nested: NestedMRIO
    emissions: xr.DataArray
    demand: xr.DataArray
    people: xr.DataArray
    sector_of: Mapping[str, str]
    region_of: Mapping[str, str]
    sectors: list[str]
    regions: list[str]
    prices: np.ndarray

    @cached_property
    def column(self) -> np.ndarray:
        """(n,) position of every own sector among the common ones."""
        return np.array([self.sectors.index(self.sector_of[code]) for code in self.nested.sectors])

    @cached_property
    def row(self) -> np.ndarray:
        """(R,) position of every own region among the common ones."""
        return np.array([self.regions.index(self.region_of[code]) for code in self.nested.regions])

    def merged(self, values: np.ndarray) -> np.ndarray:
        """(R, n) own labels added up to (common regions, common sectors)."""
        result = np.zeros((len(self.regions), len(self.sectors)))
        np.add.at(result, (self.row[:, None], self.column[None, :]), values)
        return result

    def by_region(self, values: np.ndarray) -> np.ndarray:
        """(R,) own regions added up to common regions."""
        return np.bincount(self.row, weights=values, minlength=len(self.regions))

    def spread(self, values: np.ndarray) -> np.ndarray:
        """(common regions, common sectors) written to every member (R, n)."""
        return np.ascontiguousarray(values[self.row[:, None], self.column[None, :]])

    def labelled(self, values: np.ndarray) -> xr.DataArray:
        """(R, n) with the table's own labels."""
        coords = {"region": self.nested.regions, "sector": self.nested.sectors}
        return xr.DataArray(values, coords, ("region", "sector"))

    @cached_property
    def there(self) -> np.ndarray:
        """(common regions, common sectors) whether the run has them."""
        return self.merged(np.ones(self.nested.dataset["output"].shape)) > 0

    @cached_property
    def intensity(self) -> np.ndarray:
        """e on common labels, in prices of the earlier run; 0 where there is no output."""
        emissions = self.merged(self.nested.align(self.emissions, "emissions").values)
        output = self.merged(self.nested.dataset["output"].values)
        lost = (output == 0) & (emissions != 0)
        if lost.any():
            r, i = np.argwhere(lost)[0]
            raise DataError(
                f"{emissions[r, i]:.6g} t in a sector without output",
                where=f"region {self.regions[r]}, {self.sectors[i]}",
                fix="book it in the account 'orphan'.",
            )
        return (
            np.divide(emissions, output, out=np.zeros_like(output), where=output > 0) * self.prices
        )

    @cached_property
    def leontief(self) -> Leontief:
        """Factors of I - A on common labels (held in own labels, see nested.columns)."""
        groups = self.row[:, None] * len(self.sectors) + self.column[None, :]
        return Leontief(
            MergedColumns.of(self.nested.coefficients, groups, self.nested.dataset["output"].values)
        )

    def multiplier(self, intensity: np.ndarray) -> np.ndarray:
        """m' = e'(I - A)^-1 on common labels, earlier prices; e on common labels, earlier
        prices.
        """
        right = self.spread(intensity / self.prices)
        own = self.leontief.solve_transposed(right[:, :, None])[:, :, 0]
        values = np.zeros((len(self.regions), len(self.sectors)))
        values[self.row[:, None], self.column[None, :]] = own
        gap = np.abs(self.spread(values) - own).max(initial=0.0)
        if gap > TOLERANCE * np.abs(own).max(initial=1.0):
            raise BalanceError(
                f"multipliers of merged sectors differ by {gap:.3g}",
                where="change",
                fix="report this as a fault of the program.",
            )
        return values * self.prices

    def footprint(self, multiplier: np.ndarray) -> np.ndarray:
        """m F^s by common region, t."""
        own = self.nested.product_footprints(self.labelled(self.spread(multiplier / self.prices)))
        return self.by_region(own.sum(("sector", "category")).values)

    @cached_property
    def final_demand(self) -> np.ndarray:
        """y^s by common region in earlier prices, money; imports follow the region's domestic
        products.
        """
        prices = np.tile(self.prices, (len(self.regions), 1))
        domestic, constant = (self.footprint(values) for values in (prices, np.ones_like(prices)))
        total = self.by_region(self.nested.align(self.demand, "final demand", ("region",)).values)
        there = self.there.any(axis=1)
        none = there & ((domestic <= 0) | (total <= 0))
        if none.any():
            place = self.regions[int(np.argmax(none))]
            raise DataError(
                "final demand is not positive",
                where=f"region {place}",
                fix="merge the region with another.",
            )
        return np.divide(total * constant, domestic, out=np.zeros_like(total), where=there)

    @cached_property
    def population(self) -> np.ndarray:
        """P^s by common region, persons."""
        return self.by_region(self.nested.align(self.people, "population", ("region",)).values)

    def check(self, multiplier: np.ndarray) -> float:
        """Emissions against the footprints of all final demand, exports and error: relative gap of
        sum e x = m (F + EX + ERR).

        Raises
        ------
        BalanceError
            The gap exceeds TOLERANCE.
        """
        abroad = self.merged(
            self.nested.dataset["exports"].values + self.nested.dataset["error"].values
        )
        traced = self.footprint(multiplier).sum() + (multiplier / self.prices * abroad).sum()
        emitted = float(self.emissions.sum())
        gap = float(abs(traced - emitted) / emitted)
        if not gap <= TOLERANCE:
            raise BalanceError(
                f"emissions of {emitted:.9g} t, footprints and exports of {traced:.9g} t",
                where="change",
                fix="see audit.csv.",
            )
        return gap


def price_index(sectors: list[str], deflator: float | pd.DataFrame | None) -> np.ndarray:
    """(sector,) later over earlier price of the common sectors.

    Parameters
    ----------
    deflator
        One number for all, a table (sector, deflator) with the common names, or None: 1, current
        prices.

    Raises
    ------
    DataError
        A sector without an index, or an index that is not positive.
    """
    if deflator is None:
        return np.ones(len(sectors))
    if isinstance(deflator, pd.DataFrame):
        known = {}
        for sector, cell in zip(deflator["sector"].astype(str), deflator["deflator"], strict=True):
            try:
                known[sector] = number_of(cell)
            except ValueError as fault:
                raise DataError(
                    f"the price index of {sector} {fault}",
                    where="deflator",
                    fix="correct the cell.",
                ) from None
        lacking = [name for name in sectors if name not in known]
        if lacking:
            raise DataError(
                f"no price index for {', '.join(lacking[:5])}",
                where="deflator",
                fix="give one per common sector.",
            )
        values = np.array([known[name] for name in sectors])
    else:
        values = np.full(len(sectors), float(deflator))
    if not (np.isfinite(values) & (values > 0)).all():
        raise DataError(
            f"a price index is {values[~(values > 0)][:1]}",
            where="deflator",
            fix="give positive numbers.",
        )
    return values


def _per(amount: np.ndarray, size: np.ndarray) -> np.ndarray:
    """0 in a region that the run does not have."""
    return np.divide(amount, size, out=np.zeros_like(amount), where=size > 0)


def decompose(earlier: Side, later: Side) -> tuple[xr.Dataset, dict[str, float]]:
    """Structural decomposition of the change of every region's footprint (module docstring).

    Returns
    -------
    result
        (region): `earlier`, `later` footprints on the common classification, the five `EFFECTS`,
        and `coverage`, t; effects and coverage sum to later - earlier.
    checks
        Relative gaps: of the emissions of both runs against what is traced, and of the sum of
        effects (largest over regions, relative to the change).

    Raises
    ------
    BalanceError
        A gap above TOLERANCE.
    """
    sides = (earlier, later)
    both = earlier.there & later.there
    whole = (earlier.there.any(axis=1) & later.there.any(axis=1)).astype(float)
    m = {
        (a, b): side.multiplier(np.where(both, e.intensity, 0.0))
        for b, side in enumerate(sides)
        for a, e in enumerate(sides)
    }
    alone = [
        np.zeros_like(both, float)
        if both[side.there].all()
        else side.multiplier(np.where(both, 0.0, side.intensity))
        for side in sides
    ]
    checks = {
        f"emissions_{name}": sides[k].check(m[k, k] + alone[k])
        for k, name in enumerate(("earlier", "later"))
    }
    y, people = [side.final_demand for side in sides], [side.population for side in sides]
    level = [_per(y[k], people[k]) for k in (0, 1)]
    q = {
        (a, b, c): _per(sides[c].footprint(m[a, b]), y[c])
        for a, b, c in ((0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 0, 0), (1, 1, 0))
    }
    first = {
        "intensity": (q[1, 1, 1] - q[0, 1, 1]) * y[1],
        "technology": (q[0, 1, 1] - q[0, 0, 1]) * y[1],
        "structure": (q[0, 0, 1] - q[0, 0, 0]) * y[1],
        "level": q[0, 0, 0] * (level[1] - level[0]) * people[1],
        "population": q[0, 0, 0] * level[0] * (people[1] - people[0]),
    }
    second = {
        "intensity": (q[1, 0, 0] - q[0, 0, 0]) * y[0],
        "technology": (q[1, 1, 0] - q[1, 0, 0]) * y[0],
        "structure": (q[1, 1, 1] - q[1, 1, 0]) * y[0],
        "level": q[1, 1, 1] * (level[1] - level[0]) * people[0],
        "population": q[1, 1, 1] * level[1] * (people[1] - people[0]),
    }
    effects = {name: whole * (first[name] + second[name]) / 2 for name in EFFECTS}
    before, after = (q[k, k, k] * y[k] for k in (0, 1))
    change = after - before
    gap = np.abs(sum(effects.values()) - whole * change)
    allowed = TOLERANCE * np.maximum(np.abs(change), 1e-6 * np.maximum(before, after))
    checks["sum_of_effects"] = float((gap / np.maximum(np.abs(change), TINY)).max())
    if (gap > allowed).any():
        place = earlier.regions[int(np.argmax(gap - allowed))]
        raise BalanceError(
            f"effects miss the change by {gap.max():.3g} t",
            where=f"region {place}",
            fix="report this as a fault of the program.",
        )
    traced = [sides[k].footprint(alone[k]) for k in (0, 1)]
    coverage = traced[1] - traced[0] + (1 - whole) * change
    values = {
        "earlier": before + traced[0],
        "later": after + traced[1],
        **effects,
        "coverage": coverage,
    }
    data = {name: (("region",), value, {"units": EMISSIONS}) for name, value in values.items()}
    return xr.Dataset(data, {"region": earlier.regions}), checks
