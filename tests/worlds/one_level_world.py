"""An invented table of one level: regions on a plain, states with borders, a technology that varies from place to place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from citymrio.trade.one_level import border_reference

#: Of a currency that is none.
MONEY = "10^6 XTS"
CATEGORIES = ["households", "government", "capital"]
#: The plain in km, states along its sides, and what a border leaves of trade.
PLAIN, STATES, BORDER = np.array([4500.0, 2500.0]), np.array([10, 5]), 0.2


@dataclass
class OneLevelWorld:
    """Accounts that keep every identity once trade has its margins `outflow` and `inflow` (R, n)."""

    regions: list[str]
    sectors: list[str]
    place: np.ndarray
    use: xr.DataArray
    output: xr.DataArray
    exports: xr.DataArray
    emissions: xr.DataArray

    @property
    def outflow(self) -> np.ndarray:
        """What every region sells to the regions together, itself included."""
        return (self.output - self.exports).values

    @property
    def inflow(self) -> np.ndarray:
        """What every region buys of the regions together, itself included."""
        return self.use.sum("use").values

    def reference(self, theta: float) -> np.ndarray:
        """Distance decay with borders between states (R, R)."""
        distance = np.hypot(*(self.place[:, None] - self.place[None]).transpose(2, 0, 1))
        np.fill_diagonal(distance, 20.0)
        states = (self.place * STATES / PLAIN).astype(int)
        return border_reference(np.maximum(distance, 5.0) ** -theta, states[:, 0] * STATES[1] + states[:, 1], BORDER)


def make_one_level(seed: int, regions: int, sectors: int) -> OneLevelWorld:
    """Draw a world; seven tenths of inputs are domestic at most."""
    rng, n, names = np.random.default_rng(seed), sectors, [f"{i + 1:02d}" for i in range(sectors)]
    codes = [f"r{k:05d}" for k in range(regions)]
    national = rng.gamma(0.5, 1, (n, n))
    national *= rng.uniform(0.3, 0.7, n) / national.sum(axis=0)
    final = rng.lognormal(0, 1, (n, len(CATEGORIES)))
    abroad = 0.3 * final.sum(axis=1) * rng.random(n)
    total = np.linalg.solve(np.eye(n) - national, final.sum(axis=1) + abroad)
    size = rng.lognormal(0, 1.3, regions)
    share = size[:, None] * rng.lognormal(0, 0.8, (regions, n))
    share /= share.sum(axis=0)
    output, exports = share * total, share * abroad
    technology = rng.gamma(4, 0.25, (regions, n, n))
    inputs = technology * output[:, None, :]
    inputs *= (national * total) / inputs.sum(axis=0)
    demand = size[:, None, None] * rng.gamma(4, 0.25, (regions, *final.shape))
    demand *= final / demand.sum(axis=0)
    labels = {"region": codes, "sector": names}
    use = np.concatenate([inputs, demand], axis=2)

    def labelled(values: np.ndarray, units: str = MONEY) -> xr.DataArray:
        return xr.DataArray(values, labels, ("region", "sector"), attrs={"units": units})

    return OneLevelWorld(
        codes,
        names,
        rng.random((regions, 2)) * PLAIN,
        xr.DataArray(use, {**labels, "use": [*names, *CATEGORIES]}, ("region", "sector", "use"), attrs={"units": MONEY}),
        labelled(output),
        labelled(exports),
        labelled(rng.lognormal(0, 1, (regions, n)) * output, "t CO2"),
    )
