"""Trade between provinces (method section 0.2; rules R1-R4)."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from ..base.diagnostics import Diagnostics
from ..base.geography import province_centres
from ..base.labels import array, read_table
from ..base.money import unit_in
from ..base.printed_names import check_sector_names
from ..config.models import Provinces, Solver
from ..trade.flows import zero_diagonal_trade
from ..trade.kernel import kernel
from ..trade.known import known_reference


def province_trade(
    system: xr.Dataset,
    regions: pd.DataFrame,
    config: Provinces,
    solver: Solver,
    names: pd.DataFrame | None = None,
    factors: xr.DataArray | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Trade between provinces by doubly constrained entropy with a gravity (or uniform) reference, or one from known trade.

    min KL(T | q), sum_q T_i^pq = OUT_i^p, sum_p T_i^pq = INF_i^q, T^pp = 0 (Wilson 1970), all sectors at once.

    Parameters
    ----------
    names
        sectors.csv: the names that those of a known trade are compared with; None where the run has compared them.
    factors
        Factors (sector, origin, destination) on the reference: one draw of the ensemble.

    Returns
    -------
    trade
        provinces/trade.nc: trade(sector, origin, destination).
    report
        Diagnostics: iterations, residual, effective partners.

    Raises
    ------
    DataError
        The known trade is malformed, or its sector codes mean other sectors.
    """
    codes, sectors = system["province"].values.tolist(), system["sector"].values.tolist()
    q = kernel(province_centres(regions, codes), prior=config.prior, theta=config.theta, scale=1.0)
    outflow, inflow = (system[name].transpose("province", "sector").values for name in ("outflow", "inflow"))
    if config.trade_known is not None:
        known = read_table(config.trade_known)
        if names is not None and "sector" in known:
            check_sector_names(known, names, config.trade_known)
        q = known_reference(known, q, outflow, inflow, codes, sectors, config.trade_known_weight, config.trade_known)
    if factors is not None:
        q = q * factors.sel(sector=sectors, origin=codes, destination=codes).transpose("sector", "origin", "destination").values
    report = Diagnostics("province_trade")
    values = zero_diagonal_trade(
        outflow,
        inflow,
        q,
        regions=codes,
        sectors=sectors,
        name="trade between provinces",
        solver=solver,
        report=report,
    )
    unit = unit_in(system)
    trade = xr.Dataset(
        {"trade": array(values, ("sector", "origin", "destination"), unit, "trade between provinces")},
        coords={"sector": sectors, "origin": codes, "destination": codes},
    )
    return trade, report.table()
