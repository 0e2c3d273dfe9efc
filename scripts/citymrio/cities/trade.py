"""Step 5: trade among the cities of a province by maximum entropy (method section 5)."""

from __future__ import annotations

import xarray as xr

from ..base.diagnostics import Diagnostics
from ..base.labels import array
from ..trade.flows import zero_diagonal_trade
from .province import Province


def city_trade(province: Province, split: xr.Dataset) -> tuple[xr.Dataset, Diagnostics]:
    """Trade T_rs (r != s) with row sums O and column sums I; in mode ``joint`` it is known from the split.

    Returns
    -------
    trade
        cities/<p>/trade.nc: trade(sector, origin, destination), zero diagonal.
    report
        Diagnostics: certificate, stars, effective partners.
    """
    step, codes, names = province.step("city_trade", "trade"), province.codes, province.names
    if "trade" in split:
        values = split["trade"].transpose("sector", "origin", "destination").values
    else:
        values = zero_diagonal_trade(
            split["out_intra"].values,
            split["in_intra"].values,
            province.reference,
            regions=codes,
            sectors=names,
            name=province.place("trade among cities"),
            solver=province.solver,
            report=step.report,
        )
    trade = xr.Dataset(
        {"trade": array(values, ("sector", "origin", "destination"), province.unit, "trade among cities of the province")},
        coords=province.labels("sector", "origin", "destination"),
        attrs={"province": province.code},
    )
    return trade, step.report
