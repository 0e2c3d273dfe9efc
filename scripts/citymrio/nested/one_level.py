"""A multi-regional table of many regions that no province groups (counties, NUTS 3), with trade proportional over uses.

Every sector i has one matrix of trade shares T_i, and every region its own technology and demand:

    Z_ij^{rs} = T_i^{rs} U_ij^s ,    Y_ik^{rs} = T_i^{rs} U_ik^s ,    sum_r T_i^{rs} = 1        (Chenery 1953; Moses 1955).

A = T B (B_s = U_s per unit of output) is kept as these factors: n R^2 + R n^2 numbers instead of (R n)^2. Multipliers solve
(I - A)'m = e by iteration (`regional`), one right-hand side per stressor; that is all that footprints by region need. Flows
from region to region need one right-hand side per emitting region, and are made for the origins that are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
import xarray as xr

from ..base.errors import CertificateError, DataError
from ..base.labels import array
from ..base.money import unit_in
from ..base.threads import one_blas_thread
from .identities import TOLERANCE, check_balance, check_productive
from .labelled import LabelledTable
from .leontief import TOLERANCE as SOLVED
from .regional import DIRECTIONS, RegionalSystem

#: Largest gap between 1 and the sum of a region's shares of one product.
SHARES = 1e-9


def memory_gib(regions: int, sectors: int, columns: int = 1) -> float:
    """Memory of a table with dense shares and of a solve with `columns` right-hand sides at once, in GiB (float64).

    Examples
    --------
    >>> round(memory_gib(3000, 42), 1), round(memory_gib(3000, 42, columns=64), 1)
    (3.0, 3.8)
    """
    shares, technology = sectors * regions**2, 4 * regions * sectors**2
    return 8 * (shares + technology + (2 * DIRECTIONS + 6) * columns * regions * sectors) / 2**30


class OneLevelMRIO(LabelledTable):
    """Regions, sectors and categories of one level, in factored form: R regions, n sectors, K categories.

    Parameters
    ----------
    use
        (region, sector = product, use), money: what each region buys of each domestic product, over all origins. Uses are the
        sectors and the final-demand categories. It gives regions and sectors their order.
    trade
        Shares T, (sector, origin, destination), columns with sum 1 where something is bought; or sector -> sparse matrix (R, R)
        in the order of the regions of `use`. They are not copied.
    output, exports, error, value_added
        (region, sector), money. Exports and error are 0 where not given; value added is what closes the columns.
    imports
        (region, use), money; 0 where not given.
    tolerance
        Largest relative gap of a row or a column.
    threads
        Sectors traded at the same time; results do not depend on it.

    Attributes
    ----------
    dataset
        The accounts above with the table's labels.
    coefficients
        A, as :class:`~citymrio.nested.regional.RegionalSystem`.
    productivity
        A bound below 1 of the spectral radius of A, or what :func:`~citymrio.nested.identities.check_productive` reports.
    residual
        Largest residual of all solves so far, relative to the largest entry of each right-hand side.

    Raises
    ------
    DataError
        Labels that disagree, values that are not finite, shares that are negative or do not add up to 1.
    BalanceError
        A row or a column that is not its output; a table that is not productive.

    Examples
    --------
    Two regions, one sector; b buys half of its inputs and of its demand from a:

    >>> use = xr.DataArray([[[2.0, 8.0]], [[4.0, 6.0]]], {"region": ["a", "b"], "sector": ["s"], "use": ["s", "demand"]})
    >>> trade = xr.DataArray([[[1, 0.5], [0, 0.5]]], {"sector": ["s"], "origin": ["a", "b"], "destination": ["a", "b"]})
    >>> output = xr.DataArray([[15.0], [5.0]], {"region": ["a", "b"], "sector": ["s"]})
    >>> table = OneLevelMRIO(use.assign_attrs(units="10^6 EUR"), trade, output)
    >>> emissions = xr.DataArray([[30.0], [5.0]], {"region": ["a", "b"], "sector": ["s"]}, attrs={"units": "t CO2"})
    >>> table.footprints(emissions)["cba"].values[:, 0].round(2)
    array([18.46, 16.54])
    >>> table.flows(emissions, origins=["a"]).values.round(2)
    array([[18.46, 11.54]])
    """

    @one_blas_thread
    def __init__(
        self,
        use: xr.DataArray,
        trade: xr.DataArray | Mapping[str, sp.sparray],
        output: xr.DataArray,
        exports: xr.DataArray | None = None,
        error: xr.DataArray | None = None,
        value_added: xr.DataArray | None = None,
        imports: xr.DataArray | None = None,
        tolerance: float = TOLERANCE,
        threads: int = 1,
    ):
        self.regions, self.sectors = use["region"].values.astype(str), use["sector"].values.astype(str)
        self.uses = np.array([*self.sectors, *(c for c in use["use"].values.astype(str) if c not in set(self.sectors))])
        self.categories, self.residual, n = self.uses[self.sectors.size :], 0.0, self.sectors.size
        bought, x = self.align(use, "use", ("region", "sector", "use")).values, self.align(output, "output").values
        shares, sums = self._shares(trade, bought)
        cells = np.divide(bought[:, :, :n], x[:, None], out=np.zeros_like(bought[:, :, :n]), where=x[:, None] > 0)
        self.coefficients = RegionalSystem(np.zeros_like(cells), cells, shares, threads)
        self._demand, self._magnitude = np.ascontiguousarray(bought[:, :, n:]), np.abs(bought[:, :, :n]).sum(axis=1)
        self._purchases = (sums.T[:, :, None] * bought).sum(axis=1)
        given = {"output": output, "exports": exports, "error": error, "value_added": value_added}
        dims, unit = ("region", "sector"), use.attrs.get("units", "")
        data = {
            name: array(np.zeros_like(x) if values is None else self.align(values, name).values, dims, unit, name)
            for name, values in given.items()
        }
        abroad = np.zeros_like(self._purchases) if imports is None else self.align(imports, "imports", ("region", "use")).values
        data["imports"] = array(abroad, ("region", "use"), unit, "imports")
        if value_added is None:
            data["value_added"] = array(
                x - self._purchases[:, :n] - abroad[:, :n], dims, unit, "value added: what closes the columns"
            )
        self.dataset = xr.Dataset(data, {"region": self.regions, "sector": self.sectors, "use": self.uses})
        check_balance(self, tolerance)
        self.productivity = self._check_productive()

    def _shares(
        self, trade: xr.DataArray | Mapping[str, sp.sparray], bought: np.ndarray
    ) -> tuple[np.ndarray | list[sp.sparray], np.ndarray]:
        """The shares in the table's order, and their sums by sector and destination (n, R)."""
        count = self.regions.size
        shares: np.ndarray | list[sp.sparray]
        if isinstance(trade, xr.DataArray):
            labels = {"sector": self.sectors, "origin": self.regions, "destination": self.regions}
            for dim, names in labels.items():
                if set(trade[dim].values.astype(str)) != set(names) or trade[dim].size != names.size:
                    raise DataError(f"labels of '{dim}' differ from those of the use table", where="trade shares")
            moved = {dim: names for dim, names in labels.items() if list(trade[dim].values.astype(str)) != list(names)}
            shares = trade.sel(moved).transpose(*labels).values.astype(float, copy=False)
        else:
            missing = [str(sector) for sector in self.sectors if sector not in trade]
            if missing:
                raise DataError(f"sectors without a matrix: {missing[:5]}", where="trade shares")
            shares = [sp.csr_array(trade[sector], dtype=float) for sector in self.sectors]
        sums = np.empty((self.sectors.size, count))
        for i, matrix in enumerate(shares):
            where = f"trade shares, sector {self.sectors[i]}"
            if matrix.shape != (count, count):
                raise DataError(f"a matrix of shape {matrix.shape}, expected {(count, count)}", where=where)
            sums[i] = matrix.sum(axis=0)
            if not matrix.min() >= 0 or not np.isfinite(sums[i]).all():
                raise DataError("a share is negative or not a number", where=where, fix="shares are from 0 to 1.")
            gap = np.abs(sums[i] - 1) * bought[:, i].any(axis=1)
            if gap.max() > SHARES:
                s = int(np.argmax(gap))
                raise DataError(
                    f"the shares of what {self.regions[s]} buys add up to {sums[i, s]:.10g}, expected 1",
                    where=where,
                    fix="divide every column of the trade matrix by its sum.",
                )
        return shares, sums

    @one_blas_thread
    def _check_productive(self) -> dict[str, Any]:
        """max (A x)_i / x_i bounds the spectral radius of A >= 0 (Collatz 1942): below 1 where every product has final uses."""
        x = self.dataset["output"].values
        inputs = np.einsum("sij,sj->is", self.coefficients.intra, x)
        delivered = self.coefficients.traded(inputs[:, :, None])[:, :, 0].T
        bound = float(np.max(np.divide(delivered, x, out=np.zeros_like(x), where=x > 0)))
        if bound < 1 and self.coefficients.intra.min() >= 0:
            return {"spectral_radius_at_most": bound}
        return check_productive(self)

    # --- what the checks of a table ask ------------------------------------------------------------------------------

    def purchases(self) -> xr.DataArray:
        """What every column buys at home, over all origins: (region, use)."""
        return xr.DataArray(self._purchases, {"region": self.regions, "use": self.uses})

    @one_blas_thread
    def deliveries(self) -> xr.DataArray:
        """What every row delivers to all domestic columns: (region, sector)."""
        x = self.dataset["output"].values
        total = np.einsum("sij,sj->is", self.coefficients.intra, x) + self._demand.sum(axis=2).T
        return self.label(self.coefficients.traded(total[:, :, None])[:, :, 0].T)

    def column_magnitude(self) -> np.ndarray:
        """Sum of absolute purchases of every industry column (R, n)."""
        return self._magnitude

    @property
    def column_error(self) -> xr.DataArray:
        """What the columns leave unexplained: nothing."""
        return xr.zeros_like(self.dataset["output"])

    # --- solves ------------------------------------------------------------------------------------------------------

    @one_blas_thread
    def _multipliers(self, right: np.ndarray) -> np.ndarray:
        """(I - A)^-T b for b (R, n, k), with the residual measured on the factors."""
        found = self.coefficients.solve(right, transposed=True)
        rest = right - found
        rest += self.coefficients.rmatmat(found)
        scale = np.abs(right).max(axis=(0, 1))
        residual = float((np.abs(rest).max(axis=(0, 1)) / np.where(scale > 0, scale, 1.0)).max(initial=0.0))
        self.residual = max(self.residual, residual)
        if not residual <= SOLVED:
            raise CertificateError(
                f"the Leontief system was solved with a relative residual of {residual:.1e}, allowed {SOLVED:.1e}",
                where="table of regions",
                fix="look for columns whose inputs nearly use up their output (value added and imports close to 0).",
            )
        return found

    @one_blas_thread
    def _embodied(self, multipliers: np.ndarray) -> np.ndarray:
        """Value of every region's final demand at multipliers (R, n, k): (R, K, k)."""
        prices = self.coefficients.traded(multipliers.transpose(1, 0, 2), transposed=True)
        return np.matmul(self._demand.transpose(0, 2, 1), prices.transpose(1, 0, 2))

    def footprints(self, stressor: xr.DataArray) -> xr.Dataset:
        """Production- and consumption-based accounts of every region.

        Parameters
        ----------
        stressor
            (region, sector), or several at once (region, sector, another dim): emissions, energy, jobs, value added.

        Returns
        -------
        xr.Dataset
            ``pba`` (region), ``cba`` (region, category), ``exports`` and ``error`` (region that delivers; embodied in what
            leaves the table), ``multiplier`` (region, sector), each with the stressors' dim behind; sum of pba = sum of cba,
            exports and error. Attribute ``residual``.
        """
        intensity = self.intensity(stressor)
        extra = tuple(str(dim) for dim in intensity.dims[2:])
        right = intensity.values.reshape(*intensity.shape[:2], -1)
        multiplier = self._multipliers(right)
        units = stressor.attrs.get("units", "")
        shape = intensity.shape[2:]
        leaving = {
            name: np.einsum("ri,rik->rk", self.dataset[name].values, multiplier).reshape(-1, *shape)
            for name in ("exports", "error")
        }
        per_money, region = f"{units} per {unit_in(self.dataset)}", ("region", *extra)
        values = self.align(stressor, "stressor").values
        cba = self._embodied(multiplier).reshape(self.regions.size, -1, *shape)
        data = {
            "pba": array(values.sum(axis=1), region, units, "production-based"),
            "cba": array(cba, ("region", "category", *extra), units, "consumption-based, by final-demand category"),
            "exports": array(leaving["exports"], region, units, "embodied in exports of the region"),
            "error": array(leaving["error"], region, units, "embodied in the statistical error of the region"),
            "multiplier": array(
                multiplier.reshape(intensity.shape), ("region", "sector", *extra), per_money, "embodied in a unit of final demand"
            ),
        }
        coords = {"region": self.regions, "sector": self.sectors, "category": self.categories}
        return xr.Dataset(data, coords, {"residual": self.residual})

    def flows(self, stressor: xr.DataArray, origins: Sequence[str] | None = None) -> xr.DataArray:
        """Flows of a stressor (region, sector) from emitting to consuming regions (origin, destination), exports not included.

        Parameters
        ----------
        origins
            Emitting regions, one right-hand side each; all where not given: R x R numbers, and R / 64 solves.
        """
        names = self.regions if origins is None else np.array(origins, dtype=str)
        place = {region: r for r, region in enumerate(self.regions)}
        unknown = [str(name) for name in names if name not in place]
        if unknown:
            raise DataError(f"unknown regions: {unknown[:5]}", where="origins")
        intensity, rows = self.intensity(stressor).values, np.array([place[name] for name in names], dtype=int)
        values, step = np.empty((rows.size, self.regions.size)), self.coefficients.columns
        for start in range(0, rows.size, step):
            block = rows[start : start + step]
            right = np.zeros((*intensity.shape, block.size))
            right[block, :, np.arange(block.size)] = intensity[block]
            values[start : start + step] = self._embodied(self._multipliers(right)).sum(axis=1).T
        attrs = {"units": stressor.attrs.get("units", ""), "residual": self.residual}
        return xr.DataArray(values, {"origin": names, "destination": self.regions}, ("origin", "destination"), attrs=attrs)
