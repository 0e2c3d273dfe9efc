"""``NestedMRIO``: the nested table as a labelled, immutable object on which every footprint is computed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.sparse.linalg import LinearOperator

from ..base.errors import DataError
from ..base.threads import one_blas_thread
from . import build, dense
from .columns import Columns
from .leontief import Leontief


class NestedMRIO:
    """City tables nested in the provincial MRIO, in factored form (docs/contracts.md, nested/mrio.nc).

    Sizes: R regions, n sectors, K final-demand categories, N = R n rows. Flat vectors run region by region, sectors inside.
    All money in the unit of the dataset (10^4 of the currency). Labelled arguments are aligned by label, never by position.

    Parameters
    ----------
    dataset
        The variables of ``nested/mrio.nc``.
    tolerance
        Largest relative gap of the row and column identities; a table that misses it is refused.
    threads
        Provinces factored and solved at the same time (worth it from a thousand regions on); results do not depend on it.

    Raises
    ------
    DataError
        A missing variable, a value that is not finite (with its place), labels that disagree.
    BalanceError
        Output that does not fit the table, or a table that is not productive (spectral radius of A at least 1).
    """

    @one_blas_thread
    def __init__(self, dataset: xr.Dataset, tolerance: float = 1e-6, threads: int = 1):
        self.threads = threads
        build.check_layout(dataset)
        sectors = dataset["sector"].values.astype(str)
        categories = [str(use) for use in dataset["use"].values if str(use) not in set(sectors)]
        dataset = dataset.sel(use=np.array([*sectors, *categories])).sel(origin_province=dataset["province"].values)
        self.dataset = dataset.assign({name: dataset[name].transpose(*dims) for name, dims in build.VARIABLES.items()})
        for variable in self.dataset.variables.values():
            if variable.dtype.kind == "f":
                variable.values.flags.writeable = False
        self.regions, self.sectors = dataset["region"].values.astype(str), sectors
        self.provinces, self.categories = dataset["province"].values.astype(str), np.array(categories, dtype=str)
        self.roles = build.roles_of(None, dataset)
        self.inventory = build.inventory_category(self.roles, categories)
        position = {code: k for k, code in enumerate(self.provinces)}
        self.province_of = np.array([position[code] for code in dataset["region_province"].values.astype(str)])
        self.members = tuple(np.flatnonzero(self.province_of == p) for p in range(self.provinces.size))
        empty = [code for code, index in zip(self.provinces, self.members, strict=True) if not index.size]
        if empty:
            raise DataError(f"provinces without a region: {empty}", where="nested table")
        trade, share = build.trade_shares(self), [build.destination_share(self, q) for q in range(self.provinces.size)]
        n, stocks = sectors.size, np.array([category == self.inventory for category in categories], dtype=bool)
        #: kind of columns -> (their positions along dim `use`, the factored columns)
        self.parts: dict[str, tuple[np.ndarray, Columns]] = {
            kind: (positions, self._columns(positions, origin, trade, share))
            for kind, positions, origin in (
                ("industry", np.arange(n), "out_share"),
                ("final", n + np.flatnonzero(~stocks), "out_share"),
                ("inventory", n + np.flatnonzero(stocks), "inventory_share"),
            )
            if positions.size
        }
        build.check_balance(self, tolerance)
        x = self.dataset["output"].values
        self.coefficients = self.parts["industry"][1].scaled(np.divide(1.0, x, out=np.zeros_like(x), where=x > 0))
        self.productivity = build.check_productive(self)

    # --- making and saving -------------------------------------------------------------------------------------------

    @classmethod
    def from_parts(
        cls,
        province_mrio: xr.Dataset,
        linked: Mapping[str, xr.Dataset],
        final_demand: pd.DataFrame | Mapping[str, str] | None = None,
        tolerance: float = 1e-6,
    ) -> NestedMRIO:
        """Nest the linked tables of every province in the provincial MRIO; `final_demand` gives the roles of categories."""
        return cls(build.nest(province_mrio, linked, final_demand), tolerance)

    @classmethod
    def from_dataset(cls, dataset: xr.Dataset, tolerance: float = 1e-6, threads: int = 1) -> NestedMRIO:
        """The table saved by :meth:`to_dataset`."""
        return cls(dataset, tolerance, threads)

    def to_dataset(self) -> xr.Dataset:
        """The factored table as a labelled dataset (what nested/mrio.nc holds)."""
        return self.dataset.copy(deep=True)

    def _columns(self, columns: np.ndarray, origin: str, trade: tuple, share: list) -> Columns:
        table, own, intra = (self.dataset[name].values for name in ("province_table", "use_self", "use_intra"))
        source = []
        for q in range(self.provinces.size):
            arriving = table[:, :, q][:, :, columns].transpose(1, 0, 2).copy()
            arriving[:, q] = 0.0
            source.append(arriving)
        return Columns(
            regions=self.members,
            tau=trade,
            own=tuple(own[index][:, :, columns] for index in self.members),
            intra=tuple(intra[index][:, :, columns] for index in self.members),
            share=tuple(np.ascontiguousarray(part[:, :, columns].transpose(2, 1, 0)) for part in share),
            source=tuple(source),
            origin=self.dataset[origin].values,
        )

    # --- accounts ----------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, int]:
        """(N, N), N = regions x sectors."""
        return (self.regions.size * self.sectors.size,) * 2

    def place(self, values: np.ndarray, flat: Any) -> str:
        """Region and sector of a flat position in an array (R, n, ...)."""
        r, i = np.unravel_index(int(flat), values.shape)[:2]
        return f"region {self.regions[r]}, sector {self.sectors[i]}"

    def _label(self, values: np.ndarray, *extra: str, units: str = "", **coords) -> xr.DataArray:
        labels = {"region": self.regions, "sector": self.sectors, **coords}
        return xr.DataArray(values, dims=("region", "sector", *extra), coords=labels, attrs={"units": units})

    @one_blas_thread
    def purchases(self) -> xr.DataArray:
        """What every column buys at home, over all origins: (region, use), computed from the cells, not from use_rest."""
        one = np.ones((self.regions.size, self.sectors.size, 1))
        parts = [self.parts["industry"][1].rmatmat(one)[:, :, 0], self._over_categories(lambda part: part.rmatmat(one)[:, :, 0])]
        return xr.DataArray(
            np.concatenate(parts, axis=1),
            dims=("region", "use"),
            coords={"region": self.regions, "use": self.dataset["use"].values},
        )

    @one_blas_thread
    def deliveries(self) -> xr.DataArray:
        """What every row delivers to all domestic columns: (region, sector)."""
        total = self.parts["industry"][1].matmat(np.ones((self.regions.size, self.sectors.size, 1)))
        total += self.demand_array(np.ones((self.regions.size, self.categories.size, 1)))
        return self._label(total[:, :, 0])

    def column_magnitude(self) -> np.ndarray:
        """Sum of absolute recorded purchases of every industry column (R, n)."""
        n = self.sectors.size
        return sum(np.abs(self.dataset[name].values[:, :, :n]).sum(axis=1) for name in ("use_self", "use_intra", "use_rest"))

    def _final_parts(self) -> list[tuple[np.ndarray, Columns]]:
        """The final-demand columns by kind: positions among the categories, factored columns."""
        n = self.sectors.size
        return [(positions - n, part) for kind, (positions, part) in self.parts.items() if kind != "industry"]

    def _over_categories(self, function) -> np.ndarray:
        """Run `function` on every kind of final columns and put the results in category order (last axis)."""
        parts = self._final_parts()
        order = np.argsort(np.concatenate([positions for positions, _ in parts]))
        return np.concatenate([function(part) for _, part in parts], axis=-1)[..., order]

    # --- operators and solves ----------------------------------------------------------------------------------------

    @cached_property
    def A(self) -> LinearOperator:
        """Technical coefficients (N x N) as a linear operator: matvec, rmatvec, matmat, rmatmat."""
        shape = (self.regions.size, self.sectors.size)
        return _operator(self.shape, self.coefficients.matmat, self.coefficients.rmatmat, shape, shape)

    @cached_property
    def final_demand(self) -> LinearOperator:
        """Final demand (N x R K), columns region by region, categories inside, as a linear operator (exports not included)."""
        rows, columns = (self.regions.size, self.sectors.size), (self.regions.size, self.categories.size)
        return _operator((self.shape[0], columns[0] * columns[1]), self.demand_array, self.demand_array_transposed, columns, rows)

    @one_blas_thread
    def demand_array(self, weights: np.ndarray) -> np.ndarray:
        """Products demanded (R, n, k) by categories weighted with (R, K, k)."""
        return sum(part.matmat(weights[:, positions]) for positions, part in self._final_parts())

    @one_blas_thread
    def demand_array_transposed(self, prices: np.ndarray) -> np.ndarray:
        """Value of each category's demand (R, K, k) at prices (R, n, k)."""
        return np.moveaxis(self._over_categories(lambda part: np.moveaxis(part.rmatmat(prices), 1, 2)), 2, 1)

    @cached_property
    def leontief(self) -> Leontief:
        """The factorisation of I - A, made once and shared by all stressors and scenarios."""
        return Leontief(self.coefficients, threads=self.threads)

    def solve(self, right: xr.DataArray | np.ndarray) -> xr.DataArray | np.ndarray:
        """(I - A)^-1 b: the output that a demand b needs. b labelled (region, sector[, more]), or flat (N,) or (N, k).

        A labelled result carries the solve's relative residual as attribute ``residual``; a residual above 1e-10 raises
        CertificateError. The largest so far is ``leontief.residual``.
        """
        return self._solve(right, "solve")

    def solve_transposed(self, right: xr.DataArray | np.ndarray) -> xr.DataArray | np.ndarray:
        """(I - A)^-T b: multipliers of intensities b; arguments and result as in :meth:`solve`."""
        return self._solve(right, "solve_transposed")

    def _solve(self, right, kind: str):
        function = getattr(self.leontief, kind)
        shape = (self.regions.size, self.sectors.size, -1)
        if not isinstance(right, xr.DataArray):
            flat = np.asarray(right, dtype=float)
            if flat.shape[0] != self.shape[0] or not np.isfinite(flat).all():
                raise DataError(
                    f"a right-hand side of shape {flat.shape} must be finite with {self.shape[0]} rows", where="nested table"
                )
            return function(np.ascontiguousarray(flat).reshape(shape)).reshape(flat.shape)
        values = self.align(right)
        solved = function(values.values.reshape(shape))
        result = values.copy(data=solved.reshape(values.shape))
        result.attrs["residual"] = self.leontief.last
        return result

    def align(
        self, values: xr.DataArray, name: str = "right-hand side", dims: tuple[str, ...] = ("region", "sector")
    ) -> xr.DataArray:
        """`values` with `dims` first, in the table's order; labels must be the table's, values finite."""
        coords = {"region": self.regions, "sector": self.sectors, "category": self.categories}
        for dim in dims:
            given = values[dim].values.astype(str) if dim in values.coords else np.array([], dtype=str)
            if set(given) != set(coords[dim]) or given.size != coords[dim].size:
                missing = sorted(set(coords[dim]) - set(given))[:5]
                raise DataError(
                    f"labels of '{dim}' differ from the table's (missing: {missing}, given: {given.size})", where=name
                )
        values = values.sel({dim: coords[dim] for dim in dims}).transpose(*dims, ...).astype(float)
        bad = ~np.isfinite(values.values)
        if bad.any():
            labels = [f"{dim} {values[dim].values[k]}" for dim, k in zip(values.dims, np.argwhere(bad)[0], strict=True)]
            raise DataError(
                f"value is {values.values[bad][0]} ({int(bad.sum())} such values)", where=f"{name}, {', '.join(labels)}"
            )
        return values

    # --- footprints --------------------------------------------------------------------------------------------------

    def intensity(self, stressor: xr.DataArray) -> xr.DataArray:
        """Stressor per unit of output (region, sector); 0 where output is 0.

        Raises
        ------
        DataError
            A stressor where output is 0 has no carrier: keep it in the orphan account (footprint/inventory.nc).
        """
        values, x = self.align(stressor, "stressor"), self.dataset["output"].values
        orphan = (x == 0) & (values.values != 0)
        if orphan.any():
            raise DataError(
                f"stressor of {values.values[orphan][0]:.6g} in a sector without output ({int(orphan.sum())} such sectors)",
                where=self.place(x, np.argmax(orphan)),
                fix="book it in the account 'orphan'; it cannot be passed on to consumers.",
            )
        return values.copy(data=np.divide(values.values, x, out=np.zeros_like(x), where=x > 0))

    def multipliers(self, stressor: xr.DataArray | None = None, *, intensity: xr.DataArray | None = None) -> xr.DataArray:
        """m' = e'(I - A)^-1 (region, sector): stressor embodied in a unit of each product. Give a stressor or intensities."""
        if (stressor is None) == (intensity is None):
            raise ValueError("give either stressor or intensity")
        return self.solve_transposed(self.intensity(stressor) if intensity is None else self.align(intensity, "intensity"))

    @one_blas_thread
    def product_footprints(self, multiplier: xr.DataArray) -> xr.DataArray:
        """Footprint by user, product and category (region, sector, category): m F before the products are added up.

        Everything that changes final demand but not technology is a reweighting of this array.
        """
        prices = self.align(multiplier, "multiplier").values
        values = self._over_categories(lambda part: part.by_product(prices))
        return self._label(values, "category", category=self.categories)

    def demand(self, weights: xr.DataArray | None = None) -> xr.DataArray:
        """Products demanded for final use (region of origin, sector), added up with `weights` (region of use, category)."""
        shape = (self.regions.size, self.categories.size, 1)
        values = (
            np.ones(shape) if weights is None else self.align(weights, "weights", ("region", "category")).values.reshape(shape)
        )
        return self._label(self.demand_array(values)[:, :, 0])

    @one_blas_thread
    def trace(self, stressor: xr.DataArray, *, keep_category: bool = True) -> xr.Dataset:
        """Origin x destination flows of a stressor: G^{rs} = sum_i e_i^r [(I - A)^-1 F^s]_i^r, by category, and what leaves.

        Variables: ``flows_category`` (origin, destination, category) [or ``flows`` (origin, destination)], ``exports`` and
        ``error`` (origin), ``multiplier`` (region, sector); attribute ``residual``. One transposed solve with R right-hand
        sides, each non-zero in one province, taken province by province.
        """
        leontief, e = self.leontief, self.intensity(stressor).values
        prices = leontief.origin_prices(e)
        count, categories = self.regions.size, self.categories.size
        flows = np.zeros((count, categories if keep_category else 1, count))
        stocks = np.zeros_like(prices)
        abroad, error, multiplier = np.zeros(count), np.zeros(count), np.empty_like(e)
        given = {name: self.dataset[name].values for name in ("exports", "error", "inventory_share")}
        stock = self.parts["inventory"][1] if "inventory" in self.parts else None

        def add(index: np.ndarray, positions: np.ndarray, values: np.ndarray) -> None:
            if keep_category:
                flows[np.ix_(index, positions)] += values
            else:
                flows[index, 0] += values.sum(axis=1)

        for q, block in leontief.origin_multipliers(e, prices):
            index = self.members[q]
            for positions, part in self._final_parts():
                add(index, positions, part.within_transposed(q, block))
            abroad += np.einsum("ri,rio->o", given["exports"][index], block)
            error += np.einsum("ri,rio->o", given["error"][index], block)
            stocks[:, q] = np.einsum("ri,rio->io", given["inventory_share"][index], block)
            multiplier[index] = block.sum(axis=2)
        for q, index in enumerate(self.members):
            for positions, part in self._final_parts():
                add(index, positions, part.inflow_transposed(q, stocks if part is stock else prices))
        return dense.trace_dataset(self, flows, abroad, error, multiplier, stressor.attrs.get("units", ""), keep_category)

    def flows(self, stressor: xr.DataArray, by: str = "region") -> xr.DataArray:
        """Flows of a stressor from emitting to consuming regions, exports and error not included.

        by: ``region`` (origin, destination); ``category`` (origin, destination, category); ``sector`` (origin, sector,
        destination), the emitting sector.
        """
        if by == "sector":
            return dense.flows_by_sector(self, stressor)
        if by == "region":
            return self.trace(stressor, keep_category=False)["flows"]
        if by == "category":
            return self.trace(stressor)["flows_category"]
        raise ValueError(f"by={by!r}: expected region, category or sector")

    # --- blocks, dense tables, aggregation ---------------------------------------------------------------------------

    def block(self, origin: str, destination: str) -> xr.DataArray:
        """Cells delivered by region `origin` to the columns of region `destination`: (sector, use)."""
        return dense.block(self, origin, destination)

    def to_dense(self) -> xr.Dataset:
        """The whole table: ``Z`` (N x N) and ``Y`` (N x R K) as (origin, sector, destination, ...). Needs N^2 numbers."""
        return dense.to_dense(self)

    @one_blas_thread
    def aggregate(self, regions: Mapping[str, str] | None = None, sectors: Mapping[str, str] | None = None) -> xr.Dataset:
        """The table with regions and sectors added up to groups, exact, block by block (labels: group names)."""
        return dense.aggregate(self, regions, sectors)


def _operator(shape, matmat, rmatmat, columns, rows) -> LinearOperator:
    def apply(function, size):
        def product(values):
            flat = np.asarray(values, dtype=float)
            return function(np.ascontiguousarray(flat).reshape(*size, -1)).reshape(-1, *flat.shape[1:])

        return product

    forward, backward = apply(matmat, columns), apply(rmatmat, rows)
    return LinearOperator(shape, matvec=forward, rmatvec=backward, matmat=forward, rmatmat=backward, dtype=float)
