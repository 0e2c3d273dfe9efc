"""``NestedMRIO``: the nested table as a labelled, immutable object on which every footprint is
computed, and the identities that it must keep before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import xarray as xr
from scipy.sparse.linalg import LinearOperator

from ..base.errors import BalanceError, DataError
from ..base.labels import array
from ..base.money import unit_in
from ..base.threads import one_blas_thread, ordered_map
from . import dense
from .columns import Columns, GivenColumns, Product
from .factored import FactoredTable
from .leontief import DirectLeontief, Leontief
from .nest import nest

#: Largest relative gap of a row or column where none is given: printed inputs are rounded (R2).
TOLERANCE = 1e-6


def check_balance(table: FactoredTable, tolerance: float) -> None:
    """Stop when output does not fit the table: the row and column identities (I1, I2), or a zero
    output with purchases.

    Raises
    ------
    BalanceError
        With region, sector, both sides and the gap. Peers accept such an x and return footprints
        that do not add up.
    """
    x = table.dataset["output"].values
    if (x < 0).any():
        raise BalanceError(
            f"output is {x.min():.6g}",
            where=table.place(x, np.argmin(x)),
            fix="output cannot be negative.",
        )
    purchases = table.purchases().values[:, : table.sectors.size]
    idle = np.abs(table.column_magnitude()) * (x == 0)
    if idle.any():
        where = table.place(idle, np.argmax(idle))
        raise BalanceError(
            f"output is 0 but purchases of {idle.max():.6g} are recorded",
            where=where,
            fix="zero output needs a zero column.",
        )
    sides = {
        "row": table.deliveries().values
        + table.dataset["exports"].values
        + table.dataset["error"].values,
        "column": purchases
        + table.dataset["imports"].values[:, : table.sectors.size]
        + table.dataset["value_added"].values
        + table.column_error.values,
    }
    for side, total in sides.items():
        gap = np.abs(total - x) / np.maximum(x, np.finfo(float).tiny)
        gap[(x == 0)] = np.where(
            np.abs(total[x == 0]) > tolerance * x.max(initial=0.0), np.inf, 0.0
        )
        if gap.max() > tolerance:
            worst = np.unravel_index(np.argmax(gap), gap.shape)
            raise BalanceError(
                f"the {side} adds up to {total[worst]:.10g}, output is {x[worst]:.10g} "
                f"(relative gap {gap[worst]:.1e}, "
                f"allowed {tolerance:.1e})",
                where=table.place(x, np.argmax(gap)),
                fix="Z, Y and x must belong to one table: rebuild it from its parts.",
            )


def check_productive(table: FactoredTable) -> dict[str, Any]:
    """Largest column sum of A and, when it is not below 1, the spectral radius, which must be.

    Raises
    ------
    BalanceError
        The table is not productive: no output could serve a positive demand (Hawkins and Simon
        1949).
    """
    sums = table.coefficients.rmatmat(np.ones((table.regions.size, table.sectors.size, 1)))[:, :, 0]
    place = table.place(sums, np.argmax(sums))
    report: dict[str, Any] = {
        "max_column_sum": float(sums.max()),
        "where": place,
        "spectral_radius": None,
    }
    if sums.max() >= 1:
        report["spectral_radius"] = radius = _spectral_radius(table)
        if not radius < 1:
            raise BalanceError(
                f"the table is not productive: spectral radius of A {radius:.6f}, largest "
                f"column sum {sums.max():.6f}",
                where=place,
                fix="inputs exceed output there: value added plus imports must be positive.",
            )
    return report


def _spectral_radius(
    table: FactoredTable, iterations: int = 2000, tolerance: float = 1e-12
) -> float:
    """Power iteration on A + I (A >= 0): the shift keeps cyclic tables from oscillating."""
    vector, radius = np.ones((table.regions.size, table.sectors.size, 1)), np.inf
    for _ in range(iterations):
        product = table.coefficients.matmat(vector) + vector
        last, radius = radius, np.abs(product).sum() / np.abs(vector).sum() - 1
        vector = product / np.abs(product).max()
        if abs(radius - last) <= tolerance:
            break
    return float(radius)


#: A right-hand side and its solution: both labelled, or both plain arrays.
Right = TypeVar("Right", xr.DataArray, np.ndarray)


class NestedMRIO(FactoredTable):
    """City tables nested in the provincial MRIO, in factored form (docs/contracts.md,
    nested/mrio.nc).

    Sizes: R regions, n sectors, K final-demand categories, N = R n rows. Flat vectors run region by
    region, sectors inside. All money in the unit of the dataset. Labelled arguments are aligned by
    label, never by position.

    Parameters
    ----------
    dataset
        The variables of ``nested/mrio.nc``.
    tolerance
        Largest relative gap of the row and column identities; a table that misses it is refused.
    threads
        Provinces factored and solved at the same time (worth it from a thousand regions on);
        results do not depend on it.

    Raises
    ------
    DataError
        A missing variable, a value that is not finite (with its place), labels that disagree.
    BalanceError
        Output that does not fit the table, or a table that is not productive (spectral radius of A
        at least 1).

    Examples
    --------
    One province with the cities a and b and one sector s; a sells 3 of its output of 10 to the
    industry of b:

    >>> from citymrio.nested.nest import VARIABLES
    >>> labels = {"region": ["a", "b"], "sector": ["s"], "use": ["s", "households"], "province": ["P"], "origin_province": ["P"]}
    >>> sizes = {**{dim: len(names) for dim, names in labels.items()}, "pair": 2}
    >>> cells = {
    ...     "use_self": [[[2, 5]], [[1, 7]]], "use_intra": [[[0, 0]], [[3, 0]]], "output": [[10], [8]], "value_added": [[8], [4]],
    ...     "intra_share": [[1], [1]], "region_province": ["P", "P"],
    ... }
    >>> empty = {name: np.zeros([sizes[dim] for dim in dims]) for name, dims in VARIABLES.items()}
    >>> dataset = xr.Dataset(
    ...     {name: (dims, np.array(cells.get(name, empty[name]))) for name, dims in VARIABLES.items()},
    ...     {**labels, "pair_origin": ("pair", ["a", "b"]), "pair_destination": ("pair", ["b", "a"])},
    ...     {"final_demand": '{"households": "household"}'},
    ... )
    >>> dataset["output"].attrs["units"] = "10^4 EUR"
    >>> table = NestedMRIO(dataset)
    >>> emissions = xr.DataArray([[10.0], [4.0]], {"region": ["a", "b"], "sector": ["s"]}, attrs={"units": "t CO2"})
    >>> table.flows(emissions).values.round(2)  # from the emitting to the consuming city
    array([[6.25, 3.75],
           [0.  , 4.  ]])
    """  # noqa: E501

    @one_blas_thread
    def __init__(self, dataset: xr.Dataset, tolerance: float = TOLERANCE, threads: int = 1):
        super().__init__(dataset)
        self.threads = threads
        check_balance(self, tolerance)
        self.productivity = check_productive(self)

    # --- making and saving
    # -------------------------------------------------------------------------------------------

    @classmethod
    def from_parts(
        cls,
        province_mrio: xr.Dataset,
        linked: Mapping[str, xr.Dataset],
        final_demand: pd.DataFrame | Mapping[str, str] | None = None,
        tolerance: float = TOLERANCE,
    ) -> NestedMRIO:
        """Nest the linked tables of every province in the provincial MRIO; `final_demand` gives the
        roles of categories.
        """
        return cls(nest(province_mrio, linked, final_demand), tolerance)

    @classmethod
    def from_dataset(
        cls, dataset: xr.Dataset, tolerance: float = TOLERANCE, threads: int = 1
    ) -> NestedMRIO:
        """The table saved by :meth:`to_dataset`."""
        return cls(dataset, tolerance, threads)

    def to_dataset(self) -> xr.Dataset:
        """The factored table as a labelled dataset (what nested/mrio.nc holds)."""
        return self.dataset.copy(deep=True)

    # --- operators and solves
    # ----------------------------------------------------------------------------------------

    @cached_property
    def A(self) -> LinearOperator:
        """Technical coefficients (N x N) as a linear operator: matvec, rmatvec, matmat, rmatmat."""
        shape = (self.regions.size, self.sectors.size)
        return _operator(
            self.shape, self.coefficients.matmat, self.coefficients.rmatmat, shape, shape
        )

    @cached_property
    def L(self) -> LinearOperator:
        """The Leontief inverse (N x N) as a linear operator, by :meth:`solve` and
        :meth:`solve_transposed`.
        """
        forward, backward = self.solve, self.solve_transposed
        return LinearOperator(
            self.shape,
            matvec=forward,
            rmatvec=backward,
            matmat=forward,
            rmatmat=backward,
            dtype=float,
        )

    @cached_property
    def final_demand(self) -> LinearOperator:
        """Final demand (N x R K), columns region by region, categories inside, as a linear operator
        (exports not included).
        """
        rows, columns = (
            (self.regions.size, self.sectors.size),
            (self.regions.size, self.categories.size),
        )
        return _operator(
            (self.shape[0], columns[0] * columns[1]),
            self.demand_array,
            self.demand_array_transposed,
            columns,
            rows,
        )

    @cached_property
    def leontief(self) -> Leontief:
        """The factorisation of I - A, made once and shared by all stressors and scenarios."""
        if isinstance(self.coefficients, GivenColumns):
            return DirectLeontief(self.coefficients)
        return Leontief(self.coefficients, threads=self.threads)

    def solve(self, right: Right) -> Right:
        """(I - A)^-1 b: the output that a demand b needs. b labelled (region, sector[, more]), or
        flat (N,) or (N, k).

        A labelled result carries the solve's relative residual as attribute ``residual``; a
        residual above `leontief.tolerance` raises CertificateError. The largest so far is
        ``leontief.residual``.
        """
        return self._solve(right, "solve")

    def solve_transposed(self, right: Right) -> Right:
        """(I - A)^-T b: multipliers of intensities b; arguments and result as in :meth:`solve`."""
        return self._solve(right, "solve_transposed")

    def _solve(self, right: Right, kind: str) -> Right:
        function = getattr(self.leontief, kind)
        shape = (self.regions.size, self.sectors.size, -1)
        if not isinstance(right, xr.DataArray):
            flat = np.asarray(right, dtype=float)
            if flat.shape[0] != self.shape[0] or not np.isfinite(flat).all():
                raise DataError(
                    f"a right-hand side of shape {flat.shape} must be finite with "
                    f"{self.shape[0]} rows",
                    where="nested table",
                    fix="give a finite number for every region and sector.",
                )
            return function(np.ascontiguousarray(flat).reshape(shape)).reshape(flat.shape)
        values = self.align(right)
        solved = function(values.values.reshape(shape))
        result = values.copy(data=solved.reshape(values.shape))
        result.attrs["residual"] = self.leontief.last
        return result

    # --- footprints
    # --------------------------------------------------------------------------------------------------  # noqa: E501

    def multipliers(
        self, stressor: xr.DataArray | None = None, *, intensity: xr.DataArray | None = None
    ) -> xr.DataArray:
        """m' = e'(I - A)^-1 (region, sector): stressor embodied in a unit of each product. Give a
        stressor or intensities.
        """
        if stressor is not None and intensity is None:
            return self.solve_transposed(self.intensity(stressor))
        if intensity is not None and stressor is None:
            return self.solve_transposed(self.align(intensity, "intensity"))
        raise ValueError("give either stressor or intensity")

    @one_blas_thread
    def product_footprints(self, multiplier: xr.DataArray) -> xr.DataArray:
        """Footprint by user, product and category (region, sector, category): m F before the
        products are added up.

        Everything that changes final demand but not technology is a reweighting of this array.
        """
        prices = self.align(multiplier, "multiplier").values
        values = self.over_categories(lambda part: part.by_product(prices))
        return self.label(values, "category", category=self.categories)

    def demand(self, weights: xr.DataArray | None = None) -> xr.DataArray:
        """Products demanded for final use (region of origin, sector), added up with `weights`
        (region of use, category).
        """
        shape = (self.regions.size, self.categories.size, 1)
        values = (
            np.ones(shape)
            if weights is None
            else self.align(weights, "weights", ("region", "category")).values.reshape(shape)
        )
        return self.label(self.demand_array(values)[:, :, 0])

    def trace(self, stressor: xr.DataArray, *, keep_category: bool = True) -> xr.Dataset:
        """Origin x destination flows of a stressor: G^{rs} = sum_i e_i^r [(I - A)^-1 F^s]_i^r, by
        category, and what leaves.

        Variables: ``flows_category`` (origin, destination, category) [or ``flows`` (origin,
        destination)], ``exports`` and ``error`` (origin), ``multiplier`` (region, sector);
        attribute ``residual``.
        """
        return self.traces([(stressor, keep_category)])[0]

    @one_blas_thread
    def traces(self, stressors: Sequence[tuple[xr.DataArray, bool]]) -> list[xr.Dataset]:
        """:meth:`trace` of several stressors, each with its `keep_category`, by the same solves.

        What final demand needs of its own province is solved for once, province by province,
        whatever the stressor; its categories together, where none keeps them
        (:meth:`by_delivery`).
        """
        intensities, kept = (
            [self.intensity(stressor).values for stressor, _ in stressors],
            [keep for _, keep in stressors],
        )
        traced = (
            map(self._traced_directly, intensities, kept)
            if self.is_dense
            else self._traced(intensities, kept)
        )
        return [
            self._trace_of(*stressor, *found)
            for stressor, found in zip(stressors, traced, strict=True)
        ]

    def _trace_of(
        self, stressor: xr.DataArray, keep_category: bool, flows: np.ndarray, *found: Any
    ) -> xr.Dataset:
        """What :meth:`_traced` found of a stressor, labelled."""
        abroad, error, multiplier, residual = found
        units = stressor.attrs.get("units", "")
        per_money = f"{units} per {unit_in(self.dataset)}"
        data = {
            "exports": array(abroad, ("origin",), units, "embodied in exports, by emitting region"),
            "error": array(
                error, ("origin",), units, "embodied in the statistical error, by emitting region"
            ),
            "multiplier": array(
                multiplier, ("region", "sector"), per_money, "embodied in a unit of final demand"
            ),
        }
        coords = {
            "origin": self.regions,
            "destination": self.regions,
            "region": self.regions,
            "sector": self.sectors,
        }
        text = "embodied in final demand, by origin"
        if keep_category:
            coords["category"] = self.categories
            dims = ("origin", "destination", "category")
            data["flows_category"] = array(flows.transpose(2, 0, 1), dims, units, text)
        else:
            data["flows"] = array(flows[:, 0].T, ("origin", "destination"), units, text)
        return xr.Dataset(data, coords, {"residual": residual})

    def _traced(
        self, intensities: Sequence[np.ndarray], kept: Sequence[bool]
    ) -> Iterator[tuple[Any, ...]]:
        """Of each stressor flows (destination, category or 1, origin), exports, error (origin),
        multipliers (R, n), residual.
        """
        within, rates, leaving, deliveries = self.by_delivery(intensities, by_category=any(kept))
        leontief, count = self.leontief, self.regions.size
        flows = np.zeros((len(kept), deliveries.shape[2], count))
        for q, index in enumerate(self.members):
            columns = _columns(index, deliveries.shape[2] // count)
            flows[:, :, index] = (rates[:, index] @ deliveries[:, q]).transpose(0, 2, 1)
            flows[:, columns[:, None], index] += within[:, columns, : index.size]
        residual = leontief.last
        scale = np.array([np.abs(e).max(initial=0.0) or 1.0 for e in intensities])
        multipliers = leontief.solve_transposed(np.stack(intensities, axis=2) / scale) * scale
        residual = leontief.last = max(residual, leontief.last)
        for k, own in enumerate(flows.reshape(len(kept), count, -1, count)):
            found = own if kept[k] else own.sum(axis=1, keepdims=True)
            yield found, *leaving[k], multipliers[:, :, k], residual

    def by_delivery(
        self, intensities: Sequence[np.ndarray], *, by_category: bool = False
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Flows of stressors in factors (:mod:`.flows`), by what final demand needs of every
        province: a column for each region, or for each of its categories.

        Returns
        -------
        within, rates, leaving
            Of each stressor the flows from the regions of the own province, in order (stressor,
            column, place), what a region emits for a unit that its province delivers (stressor,
            origin, 2 n; nothing for stock changes that no other province takes), and what it emits
            for exports and error (stressor, 2, origin).
        deliveries
            What the columns need of the deliveries of other provinces (2 n, P, column), money.
        """
        leontief, n, width = self.leontief, self.sectors.size, max(map(len, self.members))
        uses = self.categories.size if by_category else 1
        emitted, count = np.stack(intensities, axis=1), self.regions.size * uses
        abroad = np.stack([self.dataset[name].values for name in ("exports", "error")], axis=2)
        shares = self.dataset["stock_changes_share"].values

        def solved(q: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
            """What is emitted in q (R_q, stressor, k) and drawn by it (n, P, k) for its columns,
            exports, error and units of stock changes; and the stock changes that it draws.
            """
            index, sold = self.members[q], np.flatnonzero(self._sold_stocks[:, q])
            own, direct, stocks = self._bought(q, uses)
            units = np.zeros((index.size, n, sold.size))
            units[:, sold, np.arange(sold.size)] = shares[index][:, sold]
            right = np.concatenate([own, abroad[index], units], axis=2)
            needed, residual = leontief.solve_province(q, right)
            drawn = leontief.coefficients.inflow(q, needed)
            drawn[..., : direct.shape[2]] += direct
            return emitted[index] @ needed, drawn, stocks, residual

        drawn, stocks = np.zeros((2, n, self.provinces.size, count + 2))
        within = np.zeros((len(intensities), count, width))
        rates = np.zeros((len(intensities), self.regions.size, 2 * n))
        leaving = np.zeros((len(intensities), 2, self.regions.size))
        moved, worst = [], 0.0
        solutions = ordered_map(solved, range(self.provinces.size), self.threads)
        for q, (found, needed, taken, residual) in enumerate(solutions):
            index, sold = self.members[q], np.flatnonzero(self._sold_stocks[:, q])
            columns, worst = _columns(index, uses), max(worst, residual)
            drawn[..., columns], stocks[..., columns] = needed[..., : columns.size], taken
            drawn[..., count:] += needed[..., columns.size : columns.size + 2]
            moved.append(needed[..., columns.size + 2 :])
            parts = np.split(found.transpose(1, 2, 0), [columns.size, columns.size + 2], axis=1)
            within[:, columns, : index.size], leaving[:, :, index] = parts[:2]
            rates[:, index, :n] = leontief.emitted_for_deliveries(q, emitted).transpose(1, 0, 2)
            rates[:, index[:, None], n + sold] = parts[2].transpose(0, 2, 1)
        carried = np.concatenate(moved, axis=2).reshape(n * self.provinces.size, -1)
        drawn += (carried @ stocks.transpose(1, 0, 2)[self._sold_stocks.T]).reshape(drawn.shape)
        deliveries = np.concatenate([leontief.solve_between(drawn, worst), stocks])
        for q, index in enumerate(self.members):
            columns = _columns(index, uses)
            made = np.concatenate([deliveries[:, q, columns], deliveries[:, q, count:]], axis=1)
            inside = (rates[:, index] @ made).transpose(0, 2, 1)
            within[:, columns, : index.size] += inside[:, :-2]
            leaving[:, :, index] += inside[:, -2:]
            deliveries[:, q, columns] = 0.0
        return within, rates, leaving, deliveries[..., :count]

    def _bought(self, q: int, uses: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Final demand of province q: of its own products (R_q, n, columns), of those of other
        provinces, and stock changes of these (n, P, columns), by category or (`uses` 1) together.
        """
        size, n = self.members[q].size, self.sectors.size
        own = np.zeros((size, uses, size, n))
        direct, stocks = np.zeros((2, n, self.provinces.size, size, uses))
        for positions, part in self.final_parts():
            outside, where = stocks if part is self.stocks else direct, [0]
            if uses > 1:
                where = [*positions]
                within, drawn = part.dense_within(q), part.from_outside(q)
            else:
                within, drawn = part.sum_columns(q)
            own[:, where] += within.reshape(size, -1, size, n)
            outside[..., where] += drawn.reshape(*outside.shape[:3], -1)
        shape = (n, self.provinces.size, -1)
        columns = own.reshape(-1, size, n).transpose(1, 2, 0)
        return columns, direct.reshape(shape), stocks.reshape(shape)

    @property
    def stocks(self) -> Columns | None:
        """The columns of stock changes, one a region; the last of :meth:`final_parts`."""
        return self.parts["stock_changes"][1] if "stock_changes" in self.parts else None

    @cached_property
    def _sold_stocks(self) -> np.ndarray:
        """Which products of a province stock changes of other provinces take (n, P)."""
        if self.stocks is None:
            return np.zeros((self.sectors.size, self.provinces.size), dtype=bool)
        return np.any([source.any(axis=2) for source in self.stocks.source], axis=0)

    def _traced_directly(self, e: np.ndarray, keep_category: bool) -> tuple[Any, ...]:
        """The same from the multipliers of all regions at once."""
        emitted, place = np.zeros((*e.shape, e.shape[0])), np.arange(e.shape[0])
        emitted[place, :, place] = e
        by_origin = self.leontief.solve_transposed(emitted)
        flows = self.demand_array_transposed(by_origin)
        if not keep_category:
            flows = flows.sum(axis=1, keepdims=True)
        leaving = (
            np.einsum("ri,rio->o", self.dataset[name].values, by_origin)
            for name in ("exports", "error")
        )
        return flows, *leaving, by_origin.sum(axis=2), self.leontief.last

    def flows(self, stressor: xr.DataArray, by: str = "region") -> xr.DataArray:
        """Flows of a stressor from emitting to consuming regions, exports and error not included.

        by: ``region`` (origin, destination); ``category`` (origin, destination, category);
        ``sector`` (origin, sector, destination), the emitting sector.
        """
        if by == "sector":
            return self._flows_by_sector(stressor)
        if by == "region":
            return self.trace(stressor, keep_category=False)["flows"]
        if by == "category":
            return self.trace(stressor)["flows_category"]
        raise ValueError(f"by={by!r}: expected region, category or sector")

    def _flows_by_sector(self, stressor: xr.DataArray) -> xr.DataArray:
        """e_i^r [(I - A)^-1 F^s]_i^r, (origin, sector, destination); one forward solve with R
        columns.
        """
        weights = np.repeat(np.eye(self.regions.size)[:, None, :], self.categories.size, axis=1)
        needed = self.leontief.solve(self.demand_array(weights))
        values = self.intensity(stressor).values[:, :, None] * needed
        coords = {"origin": self.regions, "sector": self.sectors, "destination": self.regions}
        units = {"units": stressor.attrs.get("units", "")}
        return xr.DataArray(values, coords, ("origin", "sector", "destination"), attrs=units)

    # --- blocks, dense tables, aggregation
    # ---------------------------------------------------------------------------

    def block(self, origin: str, destination: str) -> xr.DataArray:
        """Cells delivered by region `origin` to the columns of region `destination`: (sector,
        use).
        """
        return dense.block(self, origin, destination)

    def to_dense(self) -> xr.Dataset:
        """The whole table: ``Z`` (N x N) and ``Y`` (N x R K) as (origin, sector, destination, ...).
        Needs N^2 numbers.
        """
        return dense.to_dense(self)

    @one_blas_thread
    def aggregate(
        self, regions: Mapping[str, str] | None = None, sectors: Mapping[str, str] | None = None
    ) -> xr.Dataset:
        """The table with regions and sectors added up to groups, exact, block by block (labels:
        group names).
        """
        return dense.aggregate(self, regions, sectors)


def _columns(index: np.ndarray, uses: int) -> np.ndarray:
    """Positions of the columns of regions, each with so many."""
    return (index[:, None] * uses + np.arange(uses)).ravel()


def _operator(
    shape: tuple[int, int],
    matmat: Product,
    rmatmat: Product,
    columns: tuple[int, int],
    rows: tuple[int, int],
) -> LinearOperator:
    def apply(function: Product, size: tuple[int, int]) -> Product:
        def product(values: np.ndarray) -> np.ndarray:
            flat = np.asarray(values, dtype=float)
            return function(np.ascontiguousarray(flat).reshape(*size, -1)).reshape(
                -1, *flat.shape[1:]
            )

        return product

    forward, backward = apply(matmat, columns), apply(rmatmat, rows)
    return LinearOperator(
        shape, matvec=forward, rmatvec=backward, matmat=forward, rmatmat=backward, dtype=float
    )
