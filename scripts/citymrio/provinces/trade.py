"""Trade between provinces (method section 0.2; rules R1-R4)."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from ..base.labels import array, read_table
from ..base.money import unit_in
from ..config.models import Provinces, Solver
from ..trade.flows import diagnostics, kernel, zero_diagonal_trade
from ..trade.known import known_reference


def province_centres(regions: pd.DataFrame) -> pd.DataFrame:
    """One row per province: population-weighted centre, area, population, gdp; sorted by province."""

    def centre(group: pd.DataFrame) -> pd.Series:
        weight = group["population"] / group["population"].sum()
        return pd.Series(
            {
                "lon": (group["lon"] * weight).sum(),
                "lat": (group["lat"] * weight).sum(),
                "area_km2": group["area_km2"].sum(),
                "population": group["population"].sum(),
                "gdp": group["gdp"].sum(),
            }
        )

    columns = ["lon", "lat", "area_km2", "population", "gdp"]
    centres = regions.groupby("province", sort=True)[columns].apply(centre).reset_index()
    centres["region"] = centres["province"]
    return centres


def province_trade(
    system: xr.Dataset, regions: pd.DataFrame, config: Provinces, solver: Solver
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Trade between provinces by doubly constrained entropy with a gravity (or uniform) reference, or one from known trade.

    min KL(T | q), sum_q T_i^pq = OUT_i^p, sum_p T_i^pq = INF_i^q, T^pp = 0 (Wilson 1970), all sectors at once.

    Returns
    -------
    trade
        provinces/trade.nc: trade(sector, origin, destination).
    report
        Diagnostics: iterations, residual, effective partners.
    """
    codes, sectors = system["province"].values.tolist(), system["sector"].values.tolist()
    centres = province_centres(regions).set_index("province").loc[codes].reset_index()
    q = kernel(centres, prior=config.prior, theta=config.theta, scale=1.0)
    outflow, inflow = (system[name].transpose("province", "sector").values for name in ("outflow", "inflow"))
    if config.trade_known is not None:
        known = read_table(config.trade_known)
        q = known_reference(known, q, outflow, inflow, codes, sectors, config.trade_known_weight, config.trade_known)
    values, rows = zero_diagonal_trade(
        outflow,
        inflow,
        q,
        regions=codes,
        sectors=sectors,
        name="trade between provinces",
        solver=solver.name,
        tol=solver.tol_inner,
        max_iterations=solver.max_iterations,
    )
    unit = unit_in(system)
    trade = xr.Dataset(
        {"trade": array(values, ("sector", "origin", "destination"), unit, "trade between provinces")},
        coords={"sector": sectors, "origin": codes, "destination": codes},
    )
    return trade, diagnostics("province_trade", rows)
