"""Priors of a run: the table that is named, else fitted on the provinces (method section 17)."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from ..base.labels import read_table
from ..base.printed_names import check_sector_names
from ..config.models import Config
from ..trade.distances import province_distances
from ..trade.priors.fit import fit_provinces
from ..trade.priors.table import check_priors
from .mrio import TRADE_GIVEN


def run_priors(mrio: xr.Dataset, tables: dict[str, pd.DataFrame], config: Config) -> pd.DataFrame:
    """priors/priors.csv of a run: the table named by `cities.priors`, else fitted on the provinces.

    On a provincial MRIO that was given (``dataset.mrio``) the fit reads its trade; trade estimated here is never fitted.
    """
    names = tables["sectors"]["sector"].tolist()
    if config.cities.priors is not None:
        priors = check_priors(read_table(config.cities.priors), names, config.cities.priors)
        check_sector_names(priors, tables["sectors"], config.cities.priors)
        return priors
    codes, distance = province_distances(tables["regions"], config.cities.distances)
    given = mrio.attrs.get("trade") == TRADE_GIVEN
    return check_priors(fit_provinces(mrio, codes, distance, tables["sectors"], config.cities.theta, trade_known=given), names)
