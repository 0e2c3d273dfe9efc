"""Priors of a run: the table that is named, else fitted on the provinces (method section 17)."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from ..base.geography import province_centres
from ..base.labels import read_table
from ..base.printed_names import check_sector_names
from ..config.models import Config
from ..trade.priors.fit import fit_provinces
from ..trade.priors.table import DEMAND, check_priors
from .consumption import fit_consumption
from .mrio import TRADE_GIVEN


def run_priors(mrio: xr.Dataset, tables: dict[str, pd.DataFrame], config: Config) -> pd.DataFrame:
    """priors/priors.csv of a run: the table named by `cities.priors`, else fitted on the provinces.

    On a provincial MRIO that was given (``dataset.mrio``) the fit reads its trade; trade estimated here is never fitted.
    """
    names, final = tables["sectors"]["sector"].tolist(), tables["final_demand"]
    categories = final.loc[final["role"] != "inventory", "category"].tolist() if config.cities.demand == "consumption" else []
    if config.cities.priors is not None:
        priors = check_priors(read_table(config.cities.priors), names, config.cities.priors, categories)
        check_sector_names(priors[priors["kind"] != DEMAND], tables["sectors"], config.cities.priors)
        return priors
    centres = province_centres(tables["regions"])
    given = mrio.attrs.get("trade") == TRADE_GIVEN
    trade = fit_provinces(mrio, centres, tables["sectors"], config.cities.theta, trade_known=given)
    demand = fit_consumption(mrio, tables["regions"], final)
    return check_priors(pd.concat([trade, demand], ignore_index=True), names, categories=categories)
