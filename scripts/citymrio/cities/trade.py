"""Step 5: trade among the cities of a province by maximum entropy (method section 5)."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from ..base.labels import array
from ..base.money import unit_in
from ..config.models import Cities, Solver
from ..trade.flows import diagnostics, zero_diagonal_trade
from .reference import reference


def city_trade(
    split: xr.Dataset, regions: pd.DataFrame, config: Cities, solver: Solver, priors: pd.DataFrame | None = None
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Trade T_rs (r != s) with row sums O and column sums I; in mode ``joint`` it is known from the split.

    Returns
    -------
    trade
        cities/<p>/trade.nc: trade(sector, origin, destination), zero diagonal.
    report
        Diagnostics: certificate, stars, effective partners.
    """
    codes, names = split["region"].values.tolist(), split["sector"].values.tolist()
    rows: list[dict] = []
    if "trade" in split:
        values = split["trade"].transpose("sector", "origin", "destination").values
    else:
        cities = regions.set_index("region").loc[codes].reset_index()
        values, rows = zero_diagonal_trade(
            split["out_intra"].values,
            split["in_intra"].values,
            reference(cities, names, config, priors, f"city_trade, province {split.attrs['province']}"),
            regions=codes,
            sectors=names,
            name=f"trade among cities, province {split.attrs['province']}",
            solver=solver.name,
            tol=solver.tol_inner,
            max_iterations=solver.max_iterations,
        )
    unit = unit_in(split, "self")
    trade = xr.Dataset(
        {"trade": array(values, ("sector", "origin", "destination"), unit, "trade among cities of the province")},
        coords={"sector": names, "origin": codes, "destination": codes},
        attrs={"province": split.attrs["province"]},
    )
    return trade, diagnostics("trade", rows)
