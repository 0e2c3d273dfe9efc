"""One province as the chain of its cities meets it: its part of the MRIO, its tables and data,
options and solver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..base.diagnostics import Diagnostics
from ..base.errors import DataError
from ..base.labels import values_of
from ..base.money import unit_in
from ..base.tolerances import SOLVED
from ..config.models import Cities, Solver
from ..entropy import EntropyModel, Solution
from ..trade.distances import kernel, region_distances
from ..trade.priors.kernel import border_kernel
from ..trade.priors.table import by_parameter, carried_border, prior_values

_ACCOUNTS = ("imports", "output", "exports", "error", "value_added")


@dataclass(frozen=True)
class Block:
    """The province's own part of the provincial MRIO, in money.

    Attributes
    ----------
    local, rest, outgoing
        Use of own products at home, of other provinces' products, and of own products in other
        provinces (sector, use).
    imports
        Imports by user (use,).
    import_table
        Imports by product and user (sector, use), where they are known.
    output, exports, error, value_added
        Accounts (sector,).
    """

    local: np.ndarray
    rest: np.ndarray
    outgoing: np.ndarray
    imports: np.ndarray
    import_table: np.ndarray | None
    output: np.ndarray
    exports: np.ndarray
    error: np.ndarray
    value_added: np.ndarray

    @classmethod
    def of(cls, mrio: xr.Dataset, province: str) -> Block:
        """Cut the province out of provinces/mrio.nc."""
        table = mrio.variables["table"].transpose("origin", "destination", "sector", "use").values
        origin, destination, at = (
            mrio.indexes[dim].get_loc(province) for dim in ("origin", "destination", "province")
        )
        accounts = {
            name: np.take(
                mrio.variables[name].values, at, mrio.variables[name].dims.index("province")
            )
            for name in (*_ACCOUNTS, "import_table")
            if name in mrio
        }
        return cls(
            local=table[origin, destination],
            rest=np.delete(table[:, destination], origin, axis=0).sum(axis=0),
            outgoing=np.delete(table[origin], destination, axis=0).sum(axis=0),
            **{"import_table": None, **accounts},
        )


@dataclass(frozen=True)
class CityStep:
    """One step of the chain: its place in messages, the cities it is about, how it solves, what it
    reports.

    `uses` gathers what becomes of every observation: by its row in observations/<p>.csv, columns of
    tables/observations_use.csv.
    """

    place: str
    codes: list[str]
    config: Cities
    solver: Solver
    report: Diagnostics
    uses: dict[int, dict[str, Any]] = field(default_factory=dict)

    def note(self, row: int, **columns: Any) -> None:
        """Keep what becomes of the observation in this row."""
        self.uses.setdefault(row, {}).update(columns)

    def solve(self, model: EntropyModel) -> Solution:
        """Solve to the tolerance of all steps but the tables."""
        return model.solve(
            solver=self.solver.name,
            tol=self.solver.tol_inner,
            max_iterations=self.solver.max_iterations,
        )


#: Flag of what the model made and what was told contradicts.
GAVE_WAY = "gave way"


def report_given_way(
    step: CityStep, what: str, before: np.ndarray, after: np.ndarray, sectors: Sequence[str]
) -> None:
    """Say of every city and sector how far a modelled amount (region, sector) gave way to what was
    told.
    """
    before, after = before.T, after.T
    moved = np.abs(after - before) > SOLVED * np.maximum(np.abs(before), np.abs(after))

    def rows() -> Iterator[dict[str, Any]]:
        amounts = (of[moved].tolist() for of in (before, after))
        for (i, r), old, new in zip(np.argwhere(moved).tolist(), *amounts, strict=True):
            yield {
                "quantity": what,
                "value": new - old,
                "region": step.codes[r],
                "sector": sectors[i],
                "flag": GAVE_WAY,
                "note": f"{old:.6g} modelled, {new:.6g} kept",
            }

    step.report.add_all(rows)


@cache
def _template(
    variables: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, Any], ...]], ...],
    attrs: tuple[tuple[str, Any], ...],
    **labels: tuple[str, ...],
) -> xr.Dataset:
    """A dataset of a province without values, the same in every member of an ensemble: to be
    copied. `variables`: name, dims and attributes of each.
    """
    data = {
        name: xr.Variable(dims, np.broadcast_to(0.0, [len(labels[d]) for d in dims]), dict(words))
        for name, dims, words in variables
    }
    return xr.Dataset(data, {name: list(of) for name, of in labels.items()}, dict(attrs))


@dataclass(frozen=True)
class Province:
    """What travels together through the chain of a province; made once, by :meth:`of`.

    Attributes
    ----------
    code
        Code of the province.
    cities
        Its rows of regions.csv.
    sectors, final_demand
        Tables of the dataset.
    observations
        observations/<p>.csv.
    block, uses, unit
        Its part of the MRIO, the labels of the columns, the unit of money.
    emissions
        provinces/intensities.nc, where CO2 totals change outputs (``cities.emissions_enter``):
        `intensity` (province, inventory_sector, sector), t CO2 per unit of money, `emitted`
        (region, sector), t CO2, NaN without an inventory of its own, and `household` (region,
        inventory_sector), t CO2.
    priors
        provinces/priors.csv, where ``config.needs_priors``.
    factors
        One draw of the ensemble: factors `output`, `productivity`, `exports`, `demand` (region,
        sector), `demand_level` (region, category), `trade` (region, partner) and `intensity`
        (region, inventory_sector) on what is not observed; `border` (province, sector), added to
        the border effect; attribute `emissions_sd`, the log standard deviation of CO2 totals.
    distances
        Distances between the cities (region, region), own ones on the diagonal, in place of what
        ``config.distances`` names.
    """

    code: str
    cities: pd.DataFrame
    sectors: pd.DataFrame
    final_demand: pd.DataFrame
    observations: pd.DataFrame
    block: Block
    uses: list[str]
    unit: str
    config: Cities
    solver: Solver
    emissions: xr.Dataset | None = None
    priors: pd.DataFrame | None = None
    factors: xr.Dataset | None = None
    distances: pd.DataFrame | None = None

    @classmethod
    def of(
        cls,
        mrio: xr.Dataset,
        code: str,
        tables: Mapping[str, pd.DataFrame],
        observations: pd.DataFrame,
        config: Cities,
        solver: Solver,
        emissions: xr.Dataset | None = None,
        priors: pd.DataFrame | None = None,
        factors: xr.Dataset | None = None,
    ) -> Province:
        """Gather what belongs to one province.

        Parameters
        ----------
        mrio
            provinces/mrio.nc.
        tables
            Tables `regions`, `sectors` and `final_demand` of the dataset.
        observations
            Observations of this province.
        """
        regions = tables["regions"]
        return cls(
            code=code,
            cities=regions.take(np.flatnonzero(regions["province"].to_numpy(object) == code)),
            sectors=tables["sectors"],
            final_demand=tables["final_demand"],
            observations=observations,
            block=Block.of(mrio, code),
            uses=mrio.indexes["use"].tolist(),
            unit=unit_in(mrio),
            config=config,
            solver=solver,
            emissions=emissions,
            priors=priors,
            factors=factors,
        )

    def place(self, step: str) -> str:
        """A step of this province, for messages."""
        return f"{step}, province {self.code}"

    def step(self, function: str, title: str) -> CityStep:
        """A step with no rows of diagnostics yet; `title` is its name in diagnostics.csv."""
        return CityStep(
            self.place(function), self.codes, self.config, self.solver, Diagnostics(title)
        )

    @cached_property
    def codes(self) -> list[str]:
        """Codes of the cities."""
        return self.cities["region"].tolist()

    @cached_property
    def names(self) -> list[str]:
        """Codes of the sectors."""
        return self.sectors["sector"].tolist()

    @cached_property
    def measures(self) -> list[str]:
        """Measure of every observation, "amount" where none is named."""
        named = self.observations.get("measure", [""] * len(self.observations))
        return [of if isinstance(of, str) and of else "amount" for of in named]

    @cached_property
    def people(self) -> dict[str, np.ndarray]:
        """`population` and `population_rural` of the cities (region,)."""
        names = ("population", "population_rural")
        return {name: self.cities[name].to_numpy(float) for name in names}

    @cached_property
    def gdp_shares(self) -> np.ndarray:
        """Shares of cities in the GDP of their province (region,), in its people where a city has
        no GDP; equal without people.
        """
        gdp, people = (self.cities[name].to_numpy(float) for name in ("gdp", "population"))
        base = gdp if (gdp > 0).all() else people if people.sum() > 0 else np.ones(len(people))
        return base / base.sum()

    @cached_property
    def category(self) -> list[str]:
        """Categories of final demand, stock changes included, in the order of the columns."""
        sectors = set(self.names)
        return [c for c in self.uses if c not in sectors]

    @cached_property
    def roles(self) -> dict[str, tuple[str, str]]:
        """Role and residence of every category of final demand."""
        names, *kinds = (self.final_demand[c].tolist() for c in ("category", "role", "residence"))
        return dict(zip(names, zip(*kinds, strict=True), strict=True))

    @cached_property
    def stock_changes(self) -> list[str]:
        """Categories of stock changes: exogenous columns, which follow output."""
        return [category for category, (role, _) in self.roles.items() if role == "stock_changes"]

    @cached_property
    def industry(self) -> np.ndarray:
        """Positions of the industries among the columns."""
        return self._places(self.names)

    @cached_property
    def final(self) -> np.ndarray:
        """Positions of final demand without stock changes among the columns."""
        return self._places([c for c in self.category if c not in self.stock_changes])

    @cached_property
    def final_places(self) -> list[int]:
        """Positions of final demand without stock changes among the categories."""
        return [self.category.index(name) for name in self.final_categories]

    @cached_property
    def final_categories(self) -> list[str]:
        """Categories of final demand without stock changes, in the order of the columns."""
        return [self.uses[k] for k in self.final]

    @cached_property
    def stocks(self) -> np.ndarray:
        """Positions of stock changes among the columns."""
        return self._places(self.stock_changes)

    def _places(self, labels: Sequence[str]) -> np.ndarray:
        """Positions of columns."""
        return np.array([self.uses.index(label) for label in labels], dtype=np.intp)

    @cached_property
    def kept(self) -> np.ndarray:
        """Positions of all columns but stock changes."""
        return np.setdiff1d(np.arange(len(self.uses)), self.stocks)

    @cached_property
    def attributes(self) -> dict[str, str]:
        """Attributes of every netCDF file of the province that later steps read: its code, its
        categories of stock changes.
        """
        return {"province": self.code, "stock_changes": ";".join(self.stock_changes)}

    def dataset(
        self, data: Mapping[str, xr.Variable], *names: str, layers: Sequence[str] = (), **attrs: Any
    ) -> xr.Dataset:
        """A dataset of the province with the coordinates `names`: layer, region, origin,
        destination, sector, use, category.
        """
        made = {"layer": layers, "sector": self.names, "use": self.uses, "category": self.category}
        words = tuple((name, of.dims, tuple(of.attrs.items())) for name, of in data.items())
        labels = {name: tuple(made.get(name, self.codes)) for name in names}
        template = _template(words, tuple(attrs.items()), **labels)
        return template.copy(data={name: of.values for name, of in data.items()})

    @property
    def gives_way(self) -> bool:
        """Whether imports and stock changes of cities, which are modelled, give way to what is told
        (`split: joint`).
        """
        return self.config.split == "joint"

    @property
    def by_product(self) -> bool:
        """Whether imports are a layer of their own, by product (mode A)."""
        return self.config.import_mode == "by_product"

    @property
    def import_table(self) -> np.ndarray:
        """Imports by product and user (sector, use), which mode A needs.

        Raises
        ------
        DataError
            The provincial MRIO has none.
        """
        if self.block.import_table is None:
            raise DataError(
                "cities.import_mode is 'by_product', but the provincial MRIO has no imports by "
                "product",
                where=self.place("city_accounts"),
                fix="set cities.import_mode: by_use.",
            )
        return self.block.import_table

    @cached_property
    def import_share(self) -> np.ndarray:
        """Imports of an industry per unit of its output (sector,): every column imports in
        proportion to its size (mode B).
        """
        total = self.block.output
        return np.divide(
            self.block.imports[self.industry], total, out=np.zeros_like(total), where=total > 0
        )

    @cached_property
    def stored(self) -> np.ndarray:
        """Stock changes of own products (sector,)."""
        return self.block.local[:, self.stocks].sum(axis=1) + self.block.outgoing[
            :, self.stocks
        ].sum(axis=1)

    @cached_property
    def bare(self) -> np.ndarray:
        """Sectors that buy nothing (households as employers), boolean (sector,): value added is
        output.
        """
        inputs = (self.block.local + self.block.rest)[:, self.industry]
        return (
            (self.block.output > 0)
            & (inputs == 0).all(axis=0)
            & (self.block.imports[self.industry] == 0)
        )

    @cached_property
    def domestic(self) -> np.ndarray:
        """Use of products of the nation, in mode `by_product` of imported ones as well (sector,
        use).
        """
        return self.block.local + self.block.rest + (self.import_table if self.by_product else 0.0)

    @cached_property
    def coefficients(self) -> np.ndarray:
        """Input coefficients of the province (sector, industry)."""
        total, shape = self.block.output, (len(self.names), len(self.names))
        return np.divide(
            self.domestic[:, self.industry], total, out=np.zeros(shape), where=total > 0
        )

    @cached_property
    def parameters(self) -> dict[str, dict[str, float]] | None:
        """Values of priors.csv by parameter, and by sector or category."""
        return by_parameter(self.priors)

    def _drawn(self, name: str, **labels: list[str]) -> np.ndarray:
        """Drawn factors of its cities by labels; 1 where nothing is drawn."""
        if self.factors is None:
            return np.ones([len(of) for of in labels.values()])
        return values_of(self.factors, name, **labels)

    def factor(self, name: str, column: str = "sector") -> np.ndarray:
        """Drawn factors (region, sector), or by category of final demand without stock changes; 1
        where nothing is drawn.
        """
        wanted = self.names if column == "sector" else self.final_categories
        return self._drawn(name, region=self.codes, **{column: wanted})

    @cached_property
    def intensity(self) -> np.ndarray | None:
        """Provincial t CO2 per unit of money (inventory_sector, sector), where the province has an
        inventory and CO2 totals change outputs.
        """
        if self.emissions is None or self.code not in self.emissions.indexes["province"]:
            return None
        labels = {"inventory_sector": self.inventory_sectors, "sector": self.names}
        return values_of(self.emissions, "intensity", province=[self.code], **labels)[0]

    @cached_property
    def inventory_sectors(self) -> list[str]:
        """Rows of the inventories, where CO2 totals change outputs."""
        return [] if self.emissions is None else self.emissions.indexes["inventory_sector"].tolist()

    @cached_property
    def drawn_intensity(self) -> np.ndarray:
        """Factors on emissions of the cities per activity (region, inventory_sector); 1 where
        nothing is drawn.
        """
        return self._drawn("intensity", region=self.codes, inventory_sector=self.inventory_sectors)

    @cached_property
    def household_emissions(self) -> np.ndarray:
        """Direct emissions of the households of the cities (region,), t CO2, times what is
        drawn.
        """
        if self.emissions is None:
            return np.zeros(len(self.codes))
        labels = {"region": self.codes, "inventory_sector": self.inventory_sectors}
        return (values_of(self.emissions, "household", **labels) * self.drawn_intensity).sum(axis=1)

    @cached_property
    def own_emissions(self) -> np.ndarray:
        """Emissions of the cities by sector where an inventory of their own has them (region,
        sector), t CO2; NaN elsewhere.
        """
        if self.emissions is None:
            return np.full((len(self.codes), len(self.names)), np.nan)
        return values_of(self.emissions, "emitted", region=self.codes, sector=self.names)

    @cached_property
    def reference(self) -> np.ndarray:
        """Reference measure of trade among the cities, (sector, region, region), the diagonal a
        city with itself.

        What split, trade and demand tilt start from.
        """
        config, sectors = self.config, self.names
        given = config.distances if self.distances is None else self.distances
        if len(self.codes) == 1:
            return np.ones((len(sectors), 1, 1))
        factor = self._drawn("trade", region=self.codes, partner=self.codes)
        if config.trade_prior == "border":
            place = self.place("reference measure of trade")
            distance = region_distances(self.cities, given)
            border = carried_border(self.priors, sectors, config, place)
            if self.factors is not None:
                border = border + self._drawn("border", province=[self.code], sector=sectors)[0]
            return (
                border_kernel(
                    distance, prior_values(self.parameters, "theta", sectors, place), border
                )
                * factor
            )
        q = kernel(
            self.cities,
            prior=config.trade_prior,
            theta=config.theta,
            distances=given,
        )
        return np.broadcast_to(q * factor, (len(sectors), *q.shape))
