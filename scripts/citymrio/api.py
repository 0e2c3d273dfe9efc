"""What ``import citymrio as cm`` gives: runs and tables as pandas, and the cities of a province
from a few frames.

The names are the field's and pymrio's: Z, Y, x, A, L. Everything is computed by the parts of the
library that a run uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import ValidationError
from scipy.sparse.linalg import LinearOperator

from .base.errors import DataError, first_names, optional_packages
from .base.labels import EMISSIONS, array, read_dataset, read_json, read_table
from .base.methods import METHODS
from .base.money import unit_in
from .base.units import conversion_factor
from .base.vocabulary import CO2, QUANTITIES, ROLES
from .cities import chain
from .config.models import Cities, Config, Solver
from .config.unused import CONDITIONS
from .dataset.signs import signs_in_stocks
from .dataset.sums import cell_faults
from .footprints.supply_chains import supply_paths
from .nested import NestedMRIO
from .nested.nest import stock_category
from .report.columns import codes
from .trade.distances import region_distances
from .trade.priors.table import FOLLOWS, by_parameter, check_priors, prior_values
from .workflow.verify import refuse_unfinished

#: A stressor or a final demand by region and sector; a stressor of a run also by its name.
Labelled: TypeAlias = pd.Series | pd.DataFrame | xr.DataArray
Stressor: TypeAlias = Labelled | str
#: Code of the province where cities are estimated alone, and of the sum over all sectors in a frame
#: of data.
PROVINCE, ALL = "province", "all"
#: Columns of `places` that are numbers; without `distances` it needs the first three.
NUMBERS = ("lon", "lat", "area_km2", "gdp", "population")
COORDINATES = NUMBERS[:3]
#: Ends of those in degrees.
DEGREES = {"lon": (-180, 180), "lat": (-90, 90)}
#: Options that need what a province alone does not have: further observations, emissions, imports
#: by product.
OF_DATASETS = ("extras", "emissions_enter", "import_mode")


@dataclass(frozen=True)
class MRIO:
    """A multi-regional input-output table as pandas. Regions and sectors are labels; money is in
    the unit of the table.

    Attributes
    ----------
    nested
        The table in factored form, with everything as xarray
        (:class:`~citymrio.nested.NestedMRIO`).
    stressor
        What footprints are of where no other is given (region, sector).
    estimate
        The accounts, shares and diagnostics behind it, where :func:`estimate_cities` made it.
    """

    nested: NestedMRIO
    stressor: xr.DataArray | None = None
    estimate: chain.ProvinceEstimate | None = None

    def __post_init__(self) -> None:
        """Refuse what is no table."""
        if not isinstance(self.nested, NestedMRIO):
            raise DataError(
                f"is a {type(self.nested).__name__}; expected a NestedMRIO",
                where="nested",
                fix="of a run that is cm.open_run(folder).nested.",
            )

    @cached_property
    def x(self) -> pd.Series:
        """Total output (region, sector)."""
        return _series(self.nested.dataset["output"]).rename("x")

    @property
    def Z(self) -> pd.DataFrame:
        """Intermediate flows (N x N), N = regions x sectors: 8 N^2 bytes. `A` and `L` need no such
        table.
        """
        return self._frame("Z", "use_sector", "sector")

    @property
    def Y(self) -> pd.DataFrame:
        """Final demand for products of the regions (N x regions and categories), exports not
        included.
        """
        return self._frame("Y", "category", "category")

    @property
    def A(self) -> Matrix:
        """Technical coefficients (N x N): ``A @ x`` are the inputs that an output needs."""
        return Matrix(self, self.nested.A)

    @property
    def L(self) -> Matrix:
        """Leontief inverse (N x N), factored: ``L @ y`` is the output that y needs, ``L.T @ e`` are
        the multipliers of e.
        """
        return Matrix(self, self.nested.L)

    def flows(self, city: str | None = None, stressor: Stressor | None = None) -> pd.DataFrame:
        """What is embodied in final demand, from emitting regions (rows) to consuming ones
        (columns).

        Parameters
        ----------
        city
            Only what flows to and from this region: columns `inflow`, for its consumption, and
            `outflow`, for that of others.
        stressor
            By region and sector, 0 where it has no row; that of the run where none is given.
        """
        flows = self.nested.flows(self._stressor(stressor)).to_pandas()
        if city is None:
            return flows
        self._known(city)
        return pd.DataFrame({"inflow": flows[city], "outflow": flows.loc[city]}).rename_axis(
            "region"
        )

    def footprint(self, final_demand: Labelled, stressor: Stressor | None = None) -> pd.Series:
        """What a final demand embodies of a stressor, by the region and sector that emit it: e (I -
        A)^-1 y.

        Parameters
        ----------
        final_demand, stressor
            By region and sector, 0 where they have no row. The sum of the result is the footprint.
            A demand whose attribute `units` is another power of ten of the currency is converted.

        Raises
        ------
        DataError
            A region or sector that the table does not have, a value that is not finite, a demand in
            another unit.
        """
        demand = _in_unit(final_demand, unit_in(self.nested.dataset), "final demand")
        demand, stressor = self._aligned(demand, "final demand"), self._stressor(stressor)
        embodied = self.nested.intensity(stressor) * self.nested.solve(demand)
        return _series(embodied).rename(stressor.attrs.get("units") or None)

    def supply_chains(
        self,
        city: str,
        category: str | None = None,
        count: int = 10,
        stressor: Stressor | None = None,
    ) -> pd.DataFrame:
        """The `count` largest supply chains behind the footprint of a region (all categories of
        final demand, or one).

        Raises
        ------
        DataError
            A region that the table does not have, a count that is none.
        """
        self._known(city)
        if not isinstance(count, int | np.integer) or count < 1:
            raise DataError(
                f"count is {count}; expected a whole number of 1 or more",
                where="chains",
                fix="give one.",
            )
        intensity = self.nested.intensity(self._stressor(stressor))
        return supply_paths(self.nested, intensity, [city], (category,), count)[0].drop(
            columns=["region", "category"]
        )

    def to_pymrio(self, folder: str | Path, **meta: Any) -> None:
        """Write the table for ``pymrio.load_all(folder)``; `meta` are name and year. Needs the
        extra ``mrio``.
        """
        with optional_packages("mrio"):
            from .nested.export import write_pymrio
        write_pymrio(self.nested, folder, **meta)

    def _frame(self, name: str, use: str, label: str) -> pd.DataFrame:
        dense = self.nested.to_dense()[name]  # (origin, sector, destination, use)
        columns = pd.MultiIndex.from_product(
            [dense["destination"].values, dense[use].values], names=["region", label]
        )
        return pd.DataFrame(dense.values.reshape(len(self.x), -1), self.x.index, columns)

    def _stressor(self, given: Stressor | None) -> xr.DataArray:
        if isinstance(given, str):
            raise DataError(
                f"there is no stressor '{given}'",
                where="footprint",
                fix="give its amounts by region and sector.",
            )
        if given is not None:
            return self._aligned(given, "stressor")
        if self.stressor is None:
            raise DataError(
                "the table has no stressor of its own",
                where="footprint",
                fix="give one, by region and sector.",
            )
        return self.stressor

    def _aligned(self, values: Labelled, name: str) -> xr.DataArray:
        """A pandas object or a labelled array by the labels of the table, 0 where it has none.
        Levels called region and sector stand in any order, others are a region, then a sector.
        """
        attrs: Mapping[Any, Any] = {}
        if isinstance(values, xr.DataArray) and values.ndim:
            values, attrs = values.to_series(), values.attrs
        if not isinstance(values, pd.Series | pd.DataFrame):
            raise DataError(
                f"is a {type(values).__name__}; expected a series or a frame by region and sector",
                where=name,
                fix="give it labels: pd.Series(values, index=table.x.index).",
            )
        series = values.stack() if isinstance(values, pd.DataFrame) else values
        if {*series.index.names} == {*self.x.index.names}:  # in either order
            series = series.reorder_levels(self.x.index.names)
        known = set(self.x.index)  # of pairs: a MultiIndex would also hold a region alone
        unknown = [label for label in series.index if label not in known]
        if unknown or not series.index.is_unique:
            what = f"{unknown[0]} is no" if unknown else "a label stands twice; expected one"
            fix = (
                "index it by the codes of a region and a sector (as `x` is), each pair once; of "
                "columns by category take the sum, `.sum(axis=1)`."
            )
            raise DataError(f"{what} region and sector of the table", where=name, fix=fix)
        # what is no number is refused by its label with what is not finite
        numbers = pd.to_numeric(series, errors="coerce").astype(float)
        every = numbers.reindex(self.x.index, fill_value=0.0).to_numpy()
        table = self.nested.label(every.reshape(self.nested.regions.size, -1))
        return table.assign_attrs(attrs)

    def _known(self, city: str) -> None:
        if city not in [*self.nested.regions]:  # of anything, a list too
            raise DataError(
                f"unknown region {city!r}", where="flows", fix="the codes are those of `x`."
            )


@dataclass(frozen=True)
class Matrix:
    """A matrix (N x N) of a table that is applied, with ``@``, and never formed.

    Series, and the columns of frames, are matched by region and sector (0 where they have no row),
    and so is what comes. An array has no labels: its rows are those of `x`, in order.
    """

    table: MRIO
    operator: LinearOperator

    @property
    def shape(self) -> tuple[int, int]:
        """N rows and columns."""
        return self.operator.shape

    @property
    def T(self) -> Matrix:
        """Its transpose."""
        return Matrix(self.table, self.operator.T)

    def __matmul__(self, values: Labelled | np.ndarray) -> Any:
        index, name = self.table.x.index, "what a matrix is multiplied with"
        if isinstance(values, pd.DataFrame):
            columns = enumerate(column for _, column in values.items())  # names may stand twice
            made = pd.DataFrame({k: self @ column for k, column in columns}, index)
            return made.set_axis(values.columns, axis=1)
        if isinstance(values, np.ndarray):
            if values.shape[:1] == index.shape and values.ndim < 3 and values.dtype.kind in "biuf":
                return self.operator @ values
            raise DataError(
                f"is an array of shape {values.shape} of {values.dtype}; expected numbers by "
                f"region and sector, {len(index)} rows",
                where=name,
                fix="give a row for every label of `x`, in its order.",
            )
        aligned = self.table.nested.align(self.table._aligned(values, name), name)
        return pd.Series(self.operator @ aligned.values.ravel(), index)

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        """Refused, for numpy and pandas that would take it for a single object: also left of ``@``
        they cannot multiply with it.
        """
        raise DataError(
            "is applied, and never formed",
            where="a matrix of a table",
            fix="multiply from the left: e A is `A.T @ e`.",
        )


@dataclass(frozen=True)
class Run(MRIO):
    """A finished run: its nested table, and the tables that people read.

    Attributes
    ----------
    path
        Folder of the run.
    inventory
        footprint/emissions.nc: emissions by region and sector, of sectors without output, of
        households (t CO2).
    accounts
        footprint/stressors.nc: the same of further stressors, with their accounts; None where the
        dataset has none. Flows, footprints and chains take the name of one of them.
    """

    path: Path = Path()
    inventory: xr.Dataset = field(default_factory=xr.Dataset)
    accounts: xr.Dataset | None = None

    @property
    def stressors(self) -> pd.Series:
        """Unit of every stressor of the run, CO2 first."""
        units = {CO2: EMISSIONS}
        if self.accounts is not None:
            units |= self.accounts["unit"].to_series().to_dict()
        return pd.Series(units, name="unit").rename_axis("stressor")

    @property
    def tables(self) -> list[str]:
        """Names of the tables in tables/ (docs/tables.md)."""
        return sorted(path.stem for path in (self.path / "tables").glob("*.csv"))

    def table(self, name: str) -> pd.DataFrame:
        """A table of tables/ by its name, such as ``regions``; codes stay text.

        Raises
        ------
        CityMRIOError
            There is no such table, or it is of another state of the run than what it was made from.
        """
        _refuse_unknown("there is no table", [name], self.tables, str(self.path))
        refuse_unfinished(self.path, [f"tables/{name}.csv"])
        return read_table(self.path / "tables" / f"{name}.csv", text=codes(name))

    def to_pymrio(self, folder: str | Path, **meta: Any) -> None:
        """Write the table, its emissions and people for ``pymrio.load_all(folder)``. Needs the
        extra ``mrio``.
        """
        about = read_json(self.path / "dataset/dataset.json")
        population = self.table("regions").set_index("region")["population"].to_xarray()
        super().to_pymrio(
            folder,
            **{
                "inventory": self.inventory,
                "population": population,
                "stressors": self.accounts,
                "name": about["name"],
                "year": about["year"],
            }
            | meta,
        )

    def _stressor(self, given: Stressor | None) -> xr.DataArray:
        if not isinstance(given, str) or given == CO2:
            return super()._stressor(None if isinstance(given, str) else given)
        if given not in self.stressors.index or self.accounts is None:
            raise DataError(
                f"there is no stressor '{given}'",
                where=str(self.path),
                fix=f"one of: {', '.join(self.stressors.index)}.",
            )
        one = self.accounts.sel(stressor=given, drop=True)
        return one["amount"].assign_attrs(units=str(one["unit"].values))


def open_run(path: str | Path) -> Run:
    """Open a finished run, such as ``results/synthetic``.

    Raises
    ------
    CityMRIOError
        The folder holds no nested table, a run is at work there, or was stopped before all files
        were of one state.
    """
    path = Path(path)
    read = [f"footprint/{name}.nc" for name in ("emissions", "stressors")]
    refuse_unfinished(path, ["nested/mrio.nc", *read])
    if not (path / "nested/mrio.nc").is_file():
        raise DataError(
            "no finished run is here",
            where=str(path),
            fix="give the folder of a run, such as results/synthetic.",
        )
    inventory = read_dataset(path / "footprint/emissions.nc")
    nested = NestedMRIO.from_dataset(read_dataset(path / "nested/mrio.nc"))
    further = path / "footprint/stressors.nc"
    accounts = read_dataset(further) if further.is_file() else None
    return Run(nested, inventory["emissions"], path=path, inventory=inventory, accounts=accounts)


@dataclass(frozen=True)
class Release:
    """The tables of a run as they were released, with their intervals.

    Attributes
    ----------
    path
        Folder of the tables.
    package
        Its datapackage.json: title, version, commit, sources, columns of every table.
    """

    path: Path
    package: Mapping[str, Any]

    @property
    def tables(self) -> list[str]:
        """Names of the tables."""
        return [resource["name"] for resource in self.package["resources"]]

    def table(self, name: str) -> pd.DataFrame:
        """A table by its name, such as ``regions``, indexed by what names its rows; codes stay
        text.

        Where the run has an ensemble, ``ensemble_<column>`` is a number by its method, and
        ``<column>_low`` and ``<column>_high`` are the ends of the interval of that. `attrs` has
        ``units`` and ``meanings`` of columns.
        """
        _refuse_unknown("there is no table", [name], self.tables, str(self.path))
        resource = self.package["resources"][self.tables.index(name)]
        fields, key = resource["schema"]["fields"], resource["schema"].get("primaryKey")
        text = [field["name"] for field in fields if field["type"] == "string"]
        table = read_table(self.path / resource["path"], text=text)
        table = table.set_index(key) if key else table
        for attribute, said in (("units", "unit"), ("meanings", "description")):
            table.attrs[attribute] = {part["name"]: part[said] for part in fields if said in part}
        return table


def open_release(path: str | Path) -> Release:
    """Open the tables of a run in a release (`make release`), such as ``release/data/synthetic``;
    a release of one run also by its own folder.

    Raises
    ------
    DataError
        There are none, or those of several runs.
    """
    found = [*Path(path).glob("datapackage.json"), *Path(path).glob("data/*/datapackage.json")]
    if len(found) != 1:
        there = ", ".join(sorted(str(package.parent) for package in found))
        raise DataError(
            "the tables of several runs are here" if found else "no release is here",
            where=str(path),
            fix=f"one of: {there}." if found else "give the folder of a run in it.",
        )
    return Release(found[0].parent, read_json(found[0]))


@dataclass(frozen=True)
class ProvinceTable:
    """The input-output table of one province. All that is outside it is abroad: its sales are
    exports, its products imports.

    Attributes
    ----------
    Z
        Own products by industry (sectors x sectors), a frame or an array; at least 0.
    Y
        Own products by category of final demand (sectors x categories), 0 for sectors without a
        row. Below 0 only with a category of stock changes, which carries it through the estimate.
    exports
        By sector; 0 where none are given.
    imports
        By industry and category of final demand, 0 where none are given; value added is output less
        inputs and imports.
    roles
        Category of `Y` -> household (where not given), government, capital or (at most one)
        stock_changes.
    industry
        Sector -> industry, for what is known of industries only; every sector is one of its own
        where it is not given.
    unit
        Unit of money. Arrays of xarray with an attribute `units`, those of data too, are converted
        to it.
    """

    Z: Any
    Y: Any
    exports: Any = 0.0
    imports: Any = 0.0
    roles: Mapping[str, str] = field(default_factory=dict)
    industry: Mapping[str, str] = field(default_factory=dict)
    unit: str = "money"

    @cached_property
    def _parts(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.Series]:
        """Z, Y, exports and imports with the same labels, as text."""
        place = "table of the province"
        z, y, sold, bought = (
            _in_unit(getattr(self, name), self.unit, f"{place}, {name}")
            for name in ("Z", "Y", "exports", "imports")
        )
        inputs, final = _frame(z, f"{place}, Z"), _frame(y, f"{place}, Y")
        sectors, uses = inputs.index, [*inputs.index, *final.columns]
        if odd := [
            *inputs.columns.symmetric_difference(sectors),
            *final.index.difference(sectors),
            *final.columns.intersection(sectors),
        ]:
            raise DataError(
                f"the labels of Z and Y differ, or are not unique: {first_names(odd)}",
                where=place,
                fix="every sector is a row and a column of Z; rows of Y are sectors, its columns "
                "are none.",
            )
        if meant := [use for use in uses if use == ALL or ";" in use]:
            raise DataError(
                f"a sector or category is called {meant[0]!r}",
                where=place,
                fix=f"{ALL!r} and ';' name several of them in data: take another name.",
            )
        inputs, final = inputs[sectors], final.reindex(sectors, fill_value=0.0)
        for name in ("roles", "industry"):
            if not isinstance(getattr(self, name), Mapping):
                kind = f"is a {type(getattr(self, name)).__name__}; expected a mapping"
                fix = "give a dict by label, empty where there is nothing to say."
                raise DataError(kind, where=f"{place}, {name}", fix=fix)
        for name, given, allowed in (
            ("roles", self.roles, final.columns),
            ("roles", self.roles.values(), ROLES),
            ("industry", self.industry, sectors),
        ):
            _refuse_unknown("unknown label", given, list(allowed), f"{place}, {name}")
        exports, imports = (
            _by_label(part, list(labels), f"{place}, {name}")
            for name, part, labels in (
                ("exports", sold, sectors),
                ("imports", bought, uses),
            )
        )
        by_sector = ("sector", sectors)
        for name, part, least, *axes in (
            ("Z", inputs, 0.0, by_sector, ("use", sectors)),
            ("Y", final, -np.inf, by_sector, ("category", final.columns)),
            ("exports", exports, 0.0, by_sector),
            ("imports", imports, 0.0, ("use", uses)),
        ):
            cells, kind = part.to_numpy(), "a number" + " of 0 or more" * (least == 0)
            bad = ~((cells >= least) & (cells < np.inf))
            for fault in cell_faults(name, axes, cells, bad, kind, place, "correct it."):
                raise fault
        return inputs, final, exports, imports

    @property
    def inputs(self) -> pd.DataFrame:
        """`Z` with labels."""
        return self._parts[0]

    @property
    def sectors(self) -> pd.DataFrame:
        """Its sectors in the form of sectors.csv."""
        names = self.inputs.index
        return pd.DataFrame(
            {
                "sector": names,
                "name": names,
                "industry": [self.industry.get(name, name) for name in names],
            }
        )

    @property
    def final_demand(self) -> pd.DataFrame:
        """Its categories in the form of final_demand.csv."""
        names = self._parts[1].columns
        roles = [self.roles.get(name, "household") for name in names]
        return pd.DataFrame({"category": names, "name": names, "role": roles, "residence": "all"})

    @property
    def mrio(self) -> xr.Dataset:
        """The provincial MRIO of a nation that is this province alone (docs/contracts.md,
        provinces/mrio.nc).

        Raises
        ------
        DataError
            A sector whose inputs and imports exceed its output, a value that is none, final demand
            below 0 without a category of stock changes.
        """
        inputs, final, exports, imports = self._parts
        cells = np.concatenate([inputs.to_numpy(), final.to_numpy()], axis=1)
        output = cells.sum(axis=1) + exports.to_numpy()
        added = output - inputs.to_numpy().sum(axis=0) - imports.to_numpy()[: len(inputs)]
        if (added < 0).any():
            wrong = int(np.argmin(added))
            raise DataError(
                f"value added is {added[wrong]:.6g} (output {output[wrong]:.6g})",
                where=f"table of the province, sector {inputs.index[wrong]}",
                fix="output (row of Z, Y, exports) must cover inputs and imports (column of Z, "
                "imports).",
            )
        by_sector = {
            "output": output,
            "exports": exports,
            "error": np.zeros(len(output)),
            "value_added": added,
        }
        data = {
            **{
                name: array(np.asarray(values)[None], ("province", "sector"), self.unit)
                for name, values in by_sector.items()
            },
            "table": array(
                cells[None, :, None], ("origin", "sector", "destination", "use"), self.unit
            ),
            "imports": array(imports.to_numpy()[None], ("province", "use"), self.unit),
        }
        labels = {name: [PROVINCE] for name in ("origin", "destination", "province")}
        table = xr.Dataset(data, {**labels, "sector": inputs.index, "use": imports.index})
        kinds = self.final_demand
        roles = kinds.set_index("category")["role"].to_dict()
        stock = stock_category(roles, [*roles], "table of the province, roles")
        return signs_in_stocks(table, [stock] if stock else [], "table of the province")


def estimate_cities(
    table: ProvinceTable,
    data: Mapping[str, pd.DataFrame],
    *,
    places: pd.DataFrame | None = None,
    distances: pd.DataFrame | None = None,
    method: str | None = None,
    priors: pd.DataFrame | None = None,
    reliability: float = 1.0,
    **options: Any,
) -> MRIO:
    """Estimate the linked tables of the cities of one province: outputs, use by source, trade
    (docs/method.md, 1 to 6).

    Parameters
    ----------
    table
        The province.
    data
        What is known of the cities: value_added, output, exports, imports or final_demand -> a
        frame of cities by sectors (or ``all``, or several joined by ``;``), NaN where it is not
        known; of final demand by its categories. Their rows are the cities. Totals of the province
        are kept: data that all cities have are brought to its level.
    places
        City -> lon, lat, area_km2 (without `distances`); gdp; population, for a ``demand`` other
        than ratio, and for products that no industry buys; name.
    distances
        Cities by cities, in any unit (travel times, km by road), a city's own distance on the
        diagonal.
    method
        ``paper`` or ``calibrated``, the two sets of options of a run. Without one: `split` joint,
        and trade by distance^-theta where places or distances are given.
    priors
        The table of priors that ``calibrated`` needs (provinces/priors.csv of a run of that method).
    reliability
        Of the data, 0 to 1.
    options
        Options `cities` of the configuration: trade_prior (uniform, power, border), theta,
        split, demand ... but extras, emissions_enter and import_mode. One without effect is refused.

    Returns
    -------
    MRIO
        The table of the cities. What is behind it is its attribute `estimate`.

    Raises
    ------
    CityMRIOError
        Unknown or repeated labels, amounts below 0, options that are unknown or have no effect, data
        that contradict the province, with the place and the fix.

    Examples
    --------
    >>> import citymrio as cm
    >>> import pandas as pd
    >>> goods = ["food", "steel"]
    >>> province = cm.ProvinceTable(
    ...     Z=pd.DataFrame([[10, 5], [5, 30]], goods, goods), Y=pd.DataFrame({"households": [40, 15]}, goods), exports=[5, 30]
    ... )
    >>> added = pd.DataFrame({"food": [30, 10, 5], "steel": [5, 10, 30]}, ["a", "b", "c"])
    >>> hours = pd.DataFrame([[0.5, 1, 3], [1, 0.5, 2], [3, 2, 0.5]], added.index, added.index)
    >>> cities = cm.estimate_cities(province, {"value_added": added}, distances=hours)
    >>> cities.x.unstack().loc["a"].round(1).to_dict()  # of 60 and 80
    {'food': 40.0, 'steel': 8.9}
    >>> tons = pd.Series({("a", "food"): 4.0, ("c", "steel"): 100.0})
    >>> cities.flows("c", tons).loc["a"].round(1).to_dict()  # from a to c, and from c to a
    {'inflow': 0.8, 'outflow': 6.1}
    >>> cities.footprint(pd.Series({("b", "food"): 10.0}), tons).groupby("region").sum().round(2).to_dict()
    {'a': 0.13, 'b': 0.0, 'c': 1.36}
    >>> (cities.L @ cities.Y["b"].sum(axis=1)).round(1).to_numpy()  # output for the final demand of b, as `x` is ordered
    array([6.7, 1. , 4. , 2.8, 0.4, 3.1])
    """  # noqa: E501
    for where, given, kind, fix in (
        ("table of the province", table, ProvinceTable, "make it by cm.ProvinceTable(Z, Y)."),
        ("data", data, Mapping, 'give frames by quantity, such as {"value_added": frame}.'),
        (
            "priors",
            priors,
            pd.DataFrame | None,
            "read it: pd.read_csv(path, dtype={'sector': str}).",
        ),
        (
            "places",
            places,
            pd.DataFrame | xr.DataArray | Mapping | None,
            "give a frame of cities with columns such as lon, lat and area_km2.",
        ),
    ):
        if not isinstance(given, kind):
            raise DataError(f"is a {type(given).__name__}", where=where, fix=fix)
    if not (isinstance(reliability, int | float | np.number) and 0 <= reliability <= 1):
        raise DataError(f"is {reliability!r}", where="reliability", fix="give a number, 0 to 1.")
    data = {
        name: _frame(_in_unit(frame, table.unit, f"data, {name}"), f"data, {name}")
        for name, frame in data.items()
    }
    if not any(frame.notna().any(axis=None) for frame in data.values()):
        fix = "give value_added or output of cities by sector."
        raise DataError("nothing is known of the cities", where="data", fix=fix)
    near = None if distances is None else _frame(distances, "distances")
    if places is not None:
        places = pd.DataFrame(_pandas(places)).rename(index=str, columns=str)
        _refuse_unknown("unknown column", places, ["name", *NUMBERS], "places")
        numbers = [name for name in NUMBERS if name in places]
        places = places.assign(**_frame(places[numbers], "places"))
    tied = {"distances": distances, "priors": priors}
    config = _options(method, places, [k for k in tied if tied[k] is not None], options)
    cities = _codes(data, near, places)
    mrio = table.mrio
    people = _of_people(mrio, table.final_demand, config) if len(cities) > 1 else []
    tables = {
        "regions": _cities(cities, places, people),
        "sectors": table.sectors,
        "final_demand": table.final_demand,
    }
    if config.trade_prior != "uniform":
        region_distances(tables["regions"], near, "places")
    if priors is not None:
        _check_priors(priors, config, tables)
    observed = pd.concat(
        [_observations(*one, tables, table.unit, reliability) for one in data.items()],
        ignore_index=True,
    )
    estimate = chain.estimate_cities(
        mrio, PROVINCE, tables, observed, config, Solver().direct, None, priors, distances=near
    )
    nested = NestedMRIO.from_parts(mrio, {PROVINCE: estimate.linked}, table.final_demand)
    return MRIO(nested, estimate=estimate)


def _series(values: xr.DataArray) -> pd.Series:
    return values.transpose("region", "sector").to_series()


def _pandas(values: Any) -> Any:
    """A labelled array with its labels: pandas would take it by position."""
    return values.to_pandas() if isinstance(values, xr.DataArray) else values


def _in_unit(values: Any, unit: str, where: str) -> Any:
    """Amounts of money in `unit`, where they are a labelled array with an attribute `units`; others
    as they are.
    """
    given = str(values.attrs.get("units") or "") if isinstance(values, xr.DataArray) else ""
    if given in ("", unit):
        return values
    if (size := conversion_factor(given, unit)) is None:
        raise DataError(
            f"is in '{given}'; expected '{unit}' or another power of ten of its currency",
            where=where,
            fix="convert it; `unit` of a ProvinceTable names the unit of its amounts.",
        )
    return (values * size).assign_attrs(units=unit)


def _frame(values: Any, where: str) -> pd.DataFrame:
    """A frame of numbers, its labels as text, none of them twice."""
    try:
        frame = pd.DataFrame(_pandas(values)).rename(index=str, columns=str).astype(float)
        for wrong, why in (
            (frame.empty, "it is empty"),
            (any({"", "nan", "None"} & {*axis} for axis in frame.axes), "a label is blank"),
            (max(axis.nlevels for axis in frame.axes) > 1, "its labels have several levels"),
            (not all(axis.is_unique for axis in frame.axes), "a label stands twice"),
            (np.isinf(frame.to_numpy()).any(), "it has an infinite one"),
        ):
            if wrong:
                raise ValueError(why)
        return frame.rename_axis(index=None, columns=None)
    except (TypeError, ValueError) as error:
        fix = "give a frame with a label for each row and column, and numbers in it."
        raise DataError(f"is no table of numbers: {error}", where=where, fix=fix) from error


def _refuse_unknown(what: str, given: Iterable[str], allowed: Sequence[str], where: str) -> None:
    """Raise where something given is not among what is allowed; `what` is said of it."""
    if unknown := [name for name in given if name not in allowed]:
        fix = f"one of: {', '.join(allowed)}."
        raise DataError(f"{what} '{unknown[0]}'", where=where, fix=fix)


def _by_label(values: Any, labels: list[str], where: str) -> pd.Series:
    """Numbers by label: a series by its labels, an array in their order, or one number for all."""
    if isinstance(values := _pandas(values), pd.Series):
        values = values.rename(index=str)
        _refuse_unknown("unknown label", values.index, labels, where)
        if not values.index.is_unique:
            raise DataError("a label stands twice", where=where, fix="give each label once.")
    try:
        if isinstance(values, pd.Series):
            values = values.reindex(labels, fill_value=0.0)
        return pd.Series(np.broadcast_to(np.asarray(values, float), len(labels)), labels)
    except (TypeError, ValueError) as error:
        fix = f"give a number for each of: {', '.join(labels)}; or a series with these labels."
        raise DataError(
            f"needs {len(labels)} numbers, not {values!r:.60}", where=where, fix=fix
        ) from error


def _options(
    method: str | None,
    places: pd.DataFrame | None,
    tied: list[str],
    options: Mapping[str, Any],
) -> Cities:
    """The options of `cities`, checked as those of a configuration are, and against what else is
    given: the columns of `places`, and `tied`, other arguments that only some options read.
    """
    found = [name for name in COORDINATES if places is not None and name in places]
    located = "distances" in tied or len(found) == len(COORDINATES)
    usual = {"split": "joint", "trade_prior": "power" if located else "uniform"}
    fields = [name for name in Cities.model_fields if name not in OF_DATASETS]
    for what, names, known in (
        ("method", [method] if method else [], [*METHODS]),
        ("option", options, fields),
    ):
        _refuse_unknown(f"unknown {what}", names, known, "estimate_cities")
    try:
        config = Cities(**((usual if method is None else METHODS[method]) | dict(options)))
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            f"{first['loc'][0]}: {first['msg']}",
            where="estimate_cities",
            fix="give such a value.",
        ) from error
    prior, whole, section = config.trade_prior, Config(cities=config), "cities."
    near = "trade_prior: power or border"
    reads = {
        key.removeprefix(section): (used(whole), words.replace(section, ""))
        for key, (used, words) in CONDITIONS.items()
        if key.startswith(section)
    } | {
        "theta": (prior == "power", "trade_prior: power"),  # `border` has that of the priors
        "distances": (prior != "uniform", near),
        **dict.fromkeys(
            COORDINATES,
            (
                prior != "uniform" and "distances" not in tied,
                f"{near}, with lon, lat and area_km2 and no distances",
            ),
        ),
    }
    for name in (*options, *tied, *found):
        if name in reads and not reads[name][0]:
            raise DataError(
                f"{name} has no effect",
                where="estimate_cities",
                fix=f"leave it out, or set {reads[name][1]}.",
            )
    if prior != "uniform" and not located:
        fix = "give distances, or places with lon, lat and area_km2."
        raise DataError(
            f"trade_prior {prior} needs distances between the cities",
            where="estimate_cities",
            fix=fix,
        )
    return config


def _of_people(mrio: xr.Dataset, final_demand: pd.DataFrame, config: Cities) -> list[str]:
    """Products whose final demand in the cities follows their people: none of capital formation
    but by consumption functions; by the ratio rule alone those that no industry buys.
    """
    inputs, final = np.split(mrio["table"].values[0, :, 0], [mrio.sizes["sector"]], axis=1)
    others = ["stock_changes"] if config.demand == "consumption" else ["stock_changes", "capital"]
    follows = (final[:, ~final_demand["role"].isin(others)] > 0).any(axis=1)
    if config.demand == "ratio" or (config.demand == "blend" and config.demand_weight == 1):
        follows &= ~inputs.any(axis=1)
    return mrio.indexes["sector"][follows].tolist()


def _check_priors(priors: pd.DataFrame, config: Cities, tables: Mapping[str, pd.DataFrame]) -> None:
    """Raise where priors lack what the options read, or are told twice."""
    names, final = tables["sectors"]["sector"].tolist(), tables["final_demand"]
    consumption = config.demand == "consumption"
    modelled = final["role"].ne("stock_changes") & consumption
    check_priors(priors, names, "priors", final.loc[modelled, "category"].tolist())
    if consumption and config.totals_enter_outputs:
        prior_values(by_parameter(priors), FOLLOWS, names, "priors")


def _codes(
    data: Mapping[str, pd.DataFrame], near: pd.DataFrame | None, places: pd.DataFrame | None
) -> list[str]:
    """The cities: the rows of data.

    Raises
    ------
    DataError
        A row of no data, a column of `near` that is no city, or a city of which no size is known
        where sizes of others are: it would take output that it does not have.
    """
    frames = {"distances": near, "places": places}
    frames |= {f"data, {quantity}": frame for quantity, frame in data.items()}
    rows = {name: frame.index for name, frame in frames.items() if frame is not None}
    codes = list(dict.fromkeys(city for index in rows.values() for city in index))
    known = {city for frame in data.values() for city in frame.index}
    sizes = [data[name].dropna(how="all") for name in ("value_added", "output") if name in data]
    if places is not None:
        sizes.append(
            places[[name for name in ("gdp", "population") if name in places]].dropna(how="all")
        )
    sized = {city for frame in sizes for city in frame.index} or known
    for city in codes:
        if city not in known & sized:
            what = "nothing else is known of" if city not in known else "nothing tells the size of"
            raise DataError(
                f"{what} city {city}",
                where="; ".join(name for name, index in rows.items() if city in index),
                fix="give it value_added or output (or, in places, gdp or population), or take its "
                "row away.",
            )
    _refuse_unknown("unknown city", [] if near is None else near.columns, codes, "distances")
    return codes


def _cities(codes: list[str], places: pd.DataFrame | None, people: list[str]) -> pd.DataFrame:
    """The cities in the form of regions.csv, as far as the estimate reads it; `people`: products
    whose demand follows their population.
    """
    usual = {
        "name": codes,
        "province": PROVINCE,
        "gdp": 0.0,
        "population": 0.0,
        "population_rural": 0.0,
    }
    given = pd.DataFrame(index=codes) if places is None else places.reindex(codes)
    if (missing := given.isna()).any(axis=None):
        where = missing.stack()
        city, column = where.index[where.to_numpy().argmax()]
        raise DataError(
            f"{column} of {city} is not known",
            where="places",
            fix="give a row for every city, without blanks.",
        )
    for column in (name for name in NUMBERS if name in given):
        low, high = DEGREES.get(column, (np.nextafter(0.0, 1.0), np.inf))
        if not (inside := given[column].between(low, high)).all():
            city = inside.index[inside.to_numpy().argmin()]
            numbers = f"from {low} to {high}" if column in DEGREES else "above 0"
            raise DataError(
                f"{column} of {city} is {given.at[city, column]:g}",
                where="places",
                fix=f"give numbers {numbers}.",
            )
    if people and "population" not in given:
        raise DataError(
            f"demand for {first_names(people)} follows the people of the cities, who are not known",
            where="places",
            fix="give population.",
        )
    return (
        given.assign(**{name: value for name, value in usual.items() if name not in given})
        .rename_axis("region")
        .reset_index()
    )


def _observations(
    quantity: str,
    frame: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    unit: str,
    reliability: float,
) -> pd.DataFrame:
    """A frame of cities by what is known of them as rows of observations/<p>.csv."""
    quantities = [name for name in QUANTITIES if name != "emissions"]
    _refuse_unknown("unknown quantity", [quantity], quantities, "data")
    of_category = quantity == "final_demand"
    labels = tables["final_demand"]["category"] if of_category else tables["sectors"]["sector"]
    where, every = f"data, {quantity}", sorted(labels)
    sums = {text: every if text == ALL else sorted(text.split(";")) for text in frame}
    _refuse_unknown(
        "unknown item", [part for parts in sums.values() for part in parts], every, where
    )
    for text, parts in sums.items():
        if len({*parts}) < len(parts) or [*sums.values()].count(parts) > 1:
            raise DataError(
                f"a code stands twice in '{text}', or two columns are of the same",
                where=where,
                fix="give every sum once, and every code once in it.",
            )
    known = frame.rename_axis(index="region", columns="item").stack().dropna()
    long = known.rename("value").reset_index()
    if not (long["value"] >= 0).all():
        row = long[~(long["value"] >= 0)].iloc[0]
        raise DataError(
            f"the value is {row['value']:g}",
            where=f"{where} of {row['region']}",
            fix="give numbers of 0 or more.",
        )
    item = long["item"].where(long["item"] != ALL, "")
    return pd.DataFrame(
        {
            "region": long["region"],
            "quantity": quantity,
            "sectors": "" if of_category else item,
            "category": item if of_category else "",
            "value": long["value"],
            "unit": unit,
            "source": "given",
            "status": "observed",
            "reliability": reliability,
        }
    )
