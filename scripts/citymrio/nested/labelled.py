"""What tables of regions and sectors share: labels, places in messages, alignment by label, intensities."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..base.errors import DataError


class LabelledTable:
    """A table of R regions, n sectors and K final-demand categories.

    Attributes
    ----------
    regions, sectors, categories, uses
        Labels, in the table's order.
    dataset
        At least ``output`` (region, sector).
    """

    regions: np.ndarray
    sectors: np.ndarray
    categories: np.ndarray
    uses: np.ndarray
    dataset: xr.Dataset

    @property
    def shape(self) -> tuple[int, int]:
        """(N, N), N = regions x sectors."""
        return (self.regions.size * self.sectors.size,) * 2

    def place(self, values: np.ndarray, flat: int | np.integer) -> str:
        """Region and sector of a flat position in an array (R, n, ...)."""
        r, i = np.unravel_index(int(flat), values.shape)[:2]
        return f"region {self.regions[r]}, sector {self.sectors[i]}"

    def label(self, values: np.ndarray, *extra: str, units: str = "", **coords: np.ndarray) -> xr.DataArray:
        """An array (R, n, ...) with the table's labels; `extra` names further dims, `coords` their labels."""
        labels = {"region": self.regions, "sector": self.sectors, **coords}
        return xr.DataArray(values, dims=("region", "sector", *extra), coords=labels, attrs={"units": units})

    def align(
        self, values: xr.DataArray, name: str = "right-hand side", dims: tuple[str, ...] = ("region", "sector")
    ) -> xr.DataArray:
        """`values` with `dims` first, in the table's order; labels must be the table's, values finite."""
        coords = {"region": self.regions, "sector": self.sectors, "category": self.categories, "use": self.uses}
        moved = {}
        for dim in dims:
            given = values[dim].values.astype(str) if dim in values.coords else np.array([], dtype=str)
            if np.array_equal(given, coords[dim]):
                continue
            moved[dim] = coords[dim]
            if set(given) != set(coords[dim]) or given.size != coords[dim].size:
                missing = sorted(set(coords[dim]) - set(given))[:5]
                raise DataError(
                    f"labels of '{dim}' differ from the table's (missing: {missing}, given: {given.size})", where=name
                )
        values = values.sel(moved).transpose(*dims, ...).astype(float)
        bad = ~np.isfinite(values.values)
        if bad.any():
            labels = [f"{dim} {values[dim].values[k]}" for dim, k in zip(values.dims, np.argwhere(bad)[0], strict=True)]
            raise DataError(
                f"value is {values.values[bad][0]} ({int(bad.sum())} such values)", where=f"{name}, {', '.join(labels)}"
            )
        return values

    def intensity(self, stressor: xr.DataArray) -> xr.DataArray:
        """Stressor (region, sector[, more]) per unit of output; 0 where output is 0.

        Raises
        ------
        DataError
            A stressor where output is 0 has no carrier: keep it in the orphan account (footprint/inventory.nc).
        """
        values, x = self.align(stressor, "stressor"), self.dataset["output"].values
        x = x.reshape(*x.shape, *(1,) * (values.ndim - 2))
        orphan = (x == 0) & (values.values != 0)
        if orphan.any():
            raise DataError(
                f"stressor of {values.values[orphan][0]:.6g} in a sector without output ({int(orphan.sum())} such sectors)",
                where=self.place(orphan, np.argmax(orphan)),
                fix="book it in the account 'orphan'; it cannot be passed on to consumers.",
            )
        return values.copy(data=np.divide(values.values, x, out=np.zeros_like(values.values), where=x > 0))
