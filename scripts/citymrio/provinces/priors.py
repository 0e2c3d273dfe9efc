"""Priors of a run: the table that is named, else fitted on the provinces (method section 17)."""

import numpy as np
import pandas as pd
import xarray as xr

from ..base.concordance import read_pairs
from ..base.labels import needs_columns, read_table
from ..base.printed_names import to_own_sectors, with_classification
from ..base.vocabulary import ADOPTED, GIVEN
from ..config.models import Config
from ..trade.distances import province_distances
from ..trade.priors.fit import fit_provinces
from ..trade.priors.table import (
    DEMAND,
    LEAST,
    NEEDED,
    by_parameter,
    check_priors,
    learned_priors,
)
from .consumption import fit_consumption
from .dispersion import fit_spreads


def run_priors(
    mrio: xr.Dataset,
    tables: dict[str, pd.DataFrame],
    config: Config,
    intensities: xr.Dataset | None = None,
    adopted: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """provinces/priors.csv of a run: the table that `cities.priors` names, or fitted on provinces.

    Spreads of outputs and intensities between the provinces are added where `intensities`
    (provinces/intensities.nc) are given and the table does not have them. On a provincial MRIO that
    was given (``dataset.mrio``) the fit reads its trade; trade estimated here is never fitted.
    Fewer provinces than `LEAST` get what was learned on other systems. In memory, priors of another
    system can be `adopted`.
    """
    if adopted is not None:
        return with_spreads(adopted, mrio, tables, intensities)
    names, final = tables["sectors"]["sector"].tolist(), tables["final_demand"]
    categories = (
        final.loc[final["role"] != "stock_changes", "category"].tolist()
        if config.cities.demand == "consumption"
        else []
    )
    if config.cities.priors is not None:
        table, place = read_table(config.cities.priors), config.cities.priors
        needs_columns(table, NEEDED, place)
        of_sectors, pairs = table["kind"] != DEMAND, read_pairs(config.provinces.concordance)
        own = to_own_sectors(table[of_sectors], tables["sectors"], place, pairs["sector"])
        if pairs["sector"]:  # of several that are one here, the mean
            mean = own.groupby(["sector", "parameter"])["prior"].transform("mean")
            own = own.assign(prior=mean).drop_duplicates(["sector", "parameter"])
        priors = check_priors(
            pd.concat([table[~of_sectors], own]).sort_index(kind="stable"), names, place, categories
        )
        told = priors["source"].fillna("") if "source" in priors else [""] * len(priors)
        source = [": ".join(filter(None, (ADOPTED, text))) for text in told]
        priors = priors.assign(source=source, n=priors.get("n", np.nan))
        return with_spreads(priors, mrio, tables, intensities)
    codes, distance = province_distances(tables["regions"], config.cities.distances)
    given, theta = mrio.attrs.get("trade") == GIVEN, config.cities.theta
    trade = (
        learned_priors(tables["sectors"], theta)
        if len(codes) < LEAST
        else fit_provinces(mrio, codes, distance, tables["sectors"], theta, trade_known=given)
    )
    demand = fit_consumption(mrio, tables["regions"], final)
    priors = with_spreads(pd.concat([trade, demand], ignore_index=True), mrio, tables, intensities)
    return check_priors(priors, names, categories=categories)


def with_spreads(
    priors: pd.DataFrame,
    mrio: xr.Dataset,
    tables: dict[str, pd.DataFrame],
    intensities: xr.Dataset | None,
) -> pd.DataFrame:
    """Priors with the spreads between provinces that they lack, where the intensities of the
    provinces are known, and with the classification of their sectors.

    Parameters
    ----------
    intensities
        provinces/intensities.nc.
    """
    if intensities is not None:
        tilt = (by_parameter(priors) or {}).get("tilt")
        fit = fit_spreads(mrio, intensities["intensity"], tables, tilt)
        fit = fit[~fit["parameter"].isin(priors["parameter"])]
        priors = pd.concat([priors, fit], ignore_index=True)
    return with_classification(priors, tables["sectors"])
