"""A nested table in factored form: its labels, its accounts, and products with its columns (no
solve).
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import xarray as xr

from ..base.concordance import refuse_other
from ..base.errors import DataError
from ..base.threads import one_blas_thread
from .columns import Columns, GivenColumns, run_of
from .nest import COLUMN_ERROR, VARIABLES, check_layout, reorder, roles_of, stock_category


class FactoredTable:
    """City tables nested in the provincial MRIO: R regions, n sectors, K final-demand categories, C
    = n + K columns a region.

    Parameters
    ----------
    dataset
        The variables of ``nested/mrio.nc``.

    Attributes
    ----------
    regions, sectors, provinces, categories
        Labels, in the table's order.
    roles
        Final-demand category -> role.
    stock_changes
        The category of stock changes, None where the table has none.
    province_of, members
        The province of every region as a position (R), and the positions of every province's
        regions.
    parts
        Kind of columns -> (their positions along dim `use`, the factored columns).
    coefficients
        Technical coefficients: the industry columns per unit of output (0 where output is 0).

    Raises
    ------
    DataError
        A missing variable, a value that is not finite (with its place), labels that disagree.
    """

    def __init__(self, dataset: xr.Dataset):
        check_layout(dataset)
        sectors = dataset["sector"].values.astype(str)
        categories = [str(use) for use in dataset["use"].values if str(use) not in set(sectors)]
        dataset = reorder(
            dataset,
            use=np.array([*sectors, *categories]),
            origin_province=dataset["province"].values.astype(str),
        )
        self.dataset = dataset.assign(
            {
                name: _amounts(dataset.variables[name].transpose(*dims))
                for name, dims in VARIABLES.items()
            }
        )
        self.regions, self.sectors = dataset["region"].values.astype(str), sectors
        self.provinces, self.categories = (
            dataset["province"].values.astype(str),
            np.array(categories, dtype=str),
        )
        self.uses = self.dataset["use"].values.astype(str)
        self.roles = roles_of(None, dataset)
        self.stock_changes = stock_category(self.roles, categories)
        position = {code: k for k, code in enumerate(self.provinces)}
        self.province_of = np.array(
            [position[code] for code in dataset["region_province"].values.astype(str)]
        )
        self.members = tuple(
            np.flatnonzero(self.province_of == p) for p in range(self.provinces.size)
        )
        empty = [
            code for code, index in zip(self.provinces, self.members, strict=True) if not index.size
        ]
        if empty:
            raise DataError(f"provinces without a region: {empty}", where="nested table")
        trade = self._trade_shares()
        share = (
            []
            if self.is_dense
            else [self._destination_share(q) for q in range(self.provinces.size)]
        )
        n, stocks = (
            sectors.size,
            np.array([category == self.stock_changes for category in categories], dtype=bool),
        )
        self.parts: dict[str, tuple[np.ndarray, Columns]] = {
            kind: (
                positions,
                GivenColumns.of(self.dataset["province_table"].values, positions, trade)
                if self.is_dense
                else self._columns(positions, origin, trade, share),
            )
            for kind, positions, origin in (
                ("industry", np.arange(n), "out_share"),
                ("final", n + np.flatnonzero(~stocks), "out_share"),
                ("stock_changes", n + np.flatnonzero(stocks), "stock_changes_share"),
            )
            if positions.size
        }
        x = self.dataset["output"].values
        self.coefficients = self.parts["industry"][1].scaled(
            np.divide(1.0, x, out=np.zeros_like(x), where=x > 0)
        )

    def __getitem__(self, name: str) -> xr.DataArray:
        """A variable of nested/mrio.nc, such as `output` (region, sector)."""
        return self.dataset[name]

    def _trade_shares(self) -> tuple[np.ndarray, ...]:
        """tau_i^rs of every province as (n, R_q, R_q), from the pairs of the dataset."""
        place = {code: k for k, code in enumerate(self.regions.tolist())}
        try:
            origin = np.array(
                [place[code] for code in self.dataset["pair_origin"].values.tolist()], dtype=int
            )
            target = np.array(
                [place[code] for code in self.dataset["pair_destination"].values.tolist()],
                dtype=int,
            )
        except KeyError as error:
            raise DataError(
                f"a pair names the unknown region {error}", where="nested table"
            ) from None
        wrong = (origin == target) | (self.province_of[origin] != self.province_of[target])
        if wrong.any():
            k = int(np.argmax(wrong))
            raise DataError(
                f"pair {self.regions[origin[k]]} -> {self.regions[target[k]]} is not two "
                "regions of one province",
                where="nested table",
            )
        shares, local = self.dataset["intra_share"].values, np.empty(self.regions.size, dtype=int)
        result = []
        for index in self.members:
            local[index] = np.arange(index.size)
            result.append(np.zeros((self.sectors.size, index.size, index.size)))
        for p in range(self.provinces.size):
            mine = self.province_of[origin] == p
            result[p][:, local[origin[mine]], local[target[mine]]] = shares[mine].T
        return tuple(result)

    def _destination_share(self, q: int) -> np.ndarray:
        """m_ic^s of province q, (R_q, n, C): share of s in the province's purchases from other
        provinces.

        Where the province buys nothing on balance, its use share inside the province, else its
        share of the column's total.
        """
        index = run_of(self.members[q])
        own, intra, rest = (
            self.dataset.variables[name].values[index]
            for name in ("use_self", "use_intra", "use_rest")
        )
        total = rest.sum(axis=0)
        share = np.divide(rest, total, out=np.zeros_like(rest), where=total != 0)
        open_ = total == 0
        whole = [layer.sum(axis=1) for layer in (own, intra, rest)]
        for base in ([own, intra], [np.broadcast_to(part[:, None], rest.shape) for part in whole]):
            i, c = np.nonzero(open_)
            left = sum((part[:, i, c] for part in base), np.zeros(()))
            total = left.sum(axis=0)
            share[:, i, c] = np.divide(left, total, out=np.zeros_like(left), where=total != 0)
            open_[i, c] = total == 0
        if self.stock_changes is not None:
            column = self.sectors.size + list(self.categories).index(self.stock_changes)
            share[:, :, column] = self.dataset.variables["stock_changes_share"].values[index]
            open_[:, column] = share[:, :, column].sum(axis=0) == 0
        others = self.dataset.variables["province_table"].values[:, :, q][
            :, open_
        ]  # a copy of the cells that no region takes
        others[q] = 0.0
        lost = np.abs(others).sum(axis=0)
        if lost.any():
            (i, c), amount = np.argwhere(open_)[np.argmax(lost > 0)], lost[np.argmax(lost > 0)]
            raise DataError(
                f"other provinces deliver {amount:.6g} to column "
                f"{self.dataset['use'].values[c]}, which no region uses",
                where=f"province {self.provinces[q]}, sector {self.sectors[i]}",
            )
        return share

    @cached_property
    def is_dense(self) -> bool:
        """Whether the table is given cell by cell.

        Then every region is a province of its own, in the same order, its own block stands in the
        provincial table as it is, and it makes all that its province delivers.
        """
        table, own, x = (
            self.dataset[name].values for name in ("province_table", "use_self", "output")
        )
        if not np.array_equal(self.province_of, np.arange(self.regions.size)):
            return False
        whole = [
            (self.dataset[name].values == 1) | (x == 0)
            for name in ("out_share", "stock_changes_share")
        ]
        bare = not self.dataset["use_intra"].values.any()
        return (
            bool(np.all(whole))
            and bare
            and all(np.array_equal(table[r, :, r], own[r]) for r in range(x.shape[0]))
        )

    def _columns(
        self,
        columns: np.ndarray,
        origin: str,
        trade: tuple[np.ndarray, ...],
        share: list[np.ndarray],
    ) -> Columns:
        table, own, intra = (
            self.dataset.variables[name].values
            for name in ("province_table", "use_self", "use_intra")
        )
        where, rows, source = run_of(columns), [run_of(index) for index in self.members], []
        for q in range(self.provinces.size):
            arriving = table[:, :, q][:, :, where].transpose(1, 0, 2).copy()
            arriving[:, q] = 0.0
            source.append(arriving)
        return Columns(
            regions=self.members,
            tau=trade,
            own=tuple(own[index][:, :, where] for index in rows),
            intra=tuple(intra[index][:, :, where] for index in rows),
            share=tuple(
                np.ascontiguousarray(part[:, :, where].transpose(2, 1, 0)) for part in share
            ),
            source=tuple(source),
            origin=self.dataset[origin].values,
        )

    @property
    def column_error(self) -> xr.DataArray:
        """What the columns of a given table leave unexplained (region, sector); 0 in tables of
        estimates.
        """
        found = self.dataset.get(COLUMN_ERROR)
        return xr.zeros_like(self.dataset["output"]) if found is None else found

    @one_blas_thread
    def purchases(self) -> xr.DataArray:
        """What every column buys at home, over all origins: (region, use), computed from the cells,
        not from use_rest.
        """
        one = np.ones((self.regions.size, self.sectors.size, 1))
        parts = [
            self.parts["industry"][1].rmatmat(one)[:, :, 0],
            self.over_categories(lambda part: part.rmatmat(one)[:, :, 0]),
        ]
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
        return self.label(total[:, :, 0])

    def column_magnitude(self) -> np.ndarray:
        """Sum of absolute recorded purchases of every industry column (R, n)."""
        n = self.sectors.size
        layers = (
            self.dataset[name].values[:, :, :n] for name in ("use_self", "use_intra", "use_rest")
        )
        return sum((np.abs(layer).sum(axis=1) for layer in layers), np.zeros(()))

    def final_parts(self) -> list[tuple[np.ndarray, Columns]]:
        """The final-demand columns by kind: positions among the categories, factored columns."""
        n = self.sectors.size
        return [
            (positions - n, part)
            for kind, (positions, part) in self.parts.items()
            if kind != "industry"
        ]

    def over_categories(self, function: Callable[[Columns], np.ndarray]) -> np.ndarray:
        """Run `function` on every kind of final columns and put the results in category order (last
        axis).
        """
        parts = self.final_parts()
        order = np.argsort(np.concatenate([positions for positions, _ in parts]))
        return np.concatenate([function(part) for _, part in parts], axis=-1)[..., order]

    @one_blas_thread
    def demand_array(self, weights: np.ndarray) -> np.ndarray:
        """Products demanded (R, n, k) by categories weighted with (R, K, k)."""
        return sum(
            (part.matmat(weights[:, positions]) for positions, part in self.final_parts()),
            np.zeros(()),
        )

    @one_blas_thread
    def demand_array_transposed(self, prices: np.ndarray) -> np.ndarray:
        """Value of each category's demand (R, K, k) at prices (R, n, k)."""
        return np.moveaxis(
            self.over_categories(lambda part: np.moveaxis(part.rmatmat(prices), 1, 2)), 2, 1
        )

    @property
    def shape(self) -> tuple[int, int]:
        """(N, N), N = regions x sectors."""
        return (self.regions.size * self.sectors.size,) * 2

    def place(self, values: np.ndarray, flat: int | np.integer) -> str:
        """Region and sector of a flat position in an array (R, n, ...)."""
        r, i = np.unravel_index(int(flat), values.shape)[:2]
        return f"region {self.regions[r]}, sector {self.sectors[i]}"

    def label(
        self, values: np.ndarray, *extra: str, units: str = "", **coords: np.ndarray
    ) -> xr.DataArray:
        """An array (R, n, ...) with the table's labels; `extra` names further dims, `coords` their
        labels.
        """
        labels = {"region": self.regions, "sector": self.sectors, **coords}
        return xr.DataArray(
            values, dims=("region", "sector", *extra), coords=labels, attrs={"units": units}
        )

    def align(
        self,
        values: xr.DataArray,
        name: str = "right-hand side",
        dims: tuple[str, ...] = ("region", "sector"),
    ) -> xr.DataArray:
        """`values` with `dims` first, in the table's order; labels must be the table's, values
        finite.
        """
        if not isinstance(values, xr.DataArray):
            raise DataError(
                f"is a {type(values).__name__}; expected a labelled array ({', '.join(dims)})",
                where=name,
                fix="of a series with these levels make one by `.to_xarray()`.",
            )
        coords = {
            "region": self.regions,
            "sector": self.sectors,
            "category": self.categories,
            "use": self.uses,
        }
        moved = {}
        for dim in dims:
            own = (
                values[dim].values.astype(str) if dim in values.coords else np.array([], dtype=str)
            )
            if np.array_equal(own, coords[dim]):
                continue
            moved[dim] = coords[dim]
            if set(own) != set(coords[dim]) or own.size != coords[dim].size:
                missing = sorted(set(coords[dim]) - set(own))[:5]
                raise DataError(
                    f"labels of '{dim}' differ from the table's (missing: {missing}, given: "
                    f"{own.size})",
                    where=name,
                )
        refuse_other(values, self.dataset, name)
        values = (values.sel(moved) if moved else values).transpose(*dims, ...)
        values = values.copy(data=values.values.astype(float))
        bad = ~np.isfinite(values.values)
        if bad.any():
            labels = [
                f"{dim} {values[dim].values[k]}"
                for dim, k in zip(values.dims, np.argwhere(bad)[0], strict=True)
            ]
            raise DataError(
                f"value is {values.values[bad][0]} ({int(bad.sum())} such values)",
                where=f"{name}, {', '.join(labels)}",
                fix="give a finite number for every label.",
            )
        return values

    def intensity(self, stressor: xr.DataArray) -> xr.DataArray:
        """Stressor (region, sector[, more]) per unit of output; 0 where output is 0.

        Raises
        ------
        DataError
            A stressor where output is 0 has no carrier: keep it in the orphan account
            (footprint/emissions.nc).
        """
        values, x = self.align(stressor, "stressor"), self.dataset["output"].values
        x = x.reshape(*x.shape, *(1,) * (values.ndim - 2))
        orphan = (x == 0) & (values.values != 0)
        if orphan.any():
            raise DataError(
                f"stressor of {values.values[orphan][0]:.6g} in a sector without output "
                f"({int(orphan.sum())} such sectors)",
                where=self.place(orphan, np.argmax(orphan)),
                fix="keep it apart: it cannot be passed on to consumers.",
            )
        return values.copy(
            data=np.divide(values.values, x, out=np.zeros_like(values.values), where=x > 0)
        )


def _amounts(values: xr.Variable) -> xr.Variable:
    """Whole numbers are amounts as well: all numbers are float64, and cannot be changed."""
    if values.dtype.kind not in "iuf":
        return values
    amounts = values.values.astype(float, copy=False).view()
    amounts.flags.writeable = False
    return values.copy(data=amounts)
