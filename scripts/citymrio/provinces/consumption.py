"""Consumption functions fitted between the provinces: how final demand follows GDP per head, by
category (method 2b and 17).

    log(F_pk / n_pk) = a_k + e_k log(G_p / N_p) + u_pk,    u_pk ~ N(0, s_k^2)

with final demand F (products of all origins), the people n whose demand it is (rural ones of rural
households), GDP G and all people N. The posterior of the elasticity e and of log s is that of a
weak prior and the provinces, a by a flat prior, on a grid of log s, given which everything is
Gaussian. Few provinces, or provinces that are all alike per head, leave the prior.
"""

import numpy as np
import pandas as pd
import xarray as xr

from ..base.geography import people_of
from ..trade.priors.table import COLUMNS, DEMAND
from .dispersion import DEMAND_AVERAGED, effective_cities

#: Prior of the elasticity, mean and standard deviation. Taxes, transfers, profits and commuters
#: even out what GDP per head differs by, so that demand per head varies less: four fifths, from a
#: fifth to somewhat more than in proportion (95%).
ELASTICITY, ELASTICITY_SD = 0.8, 0.3
#: Prior of the spread s, scaled inverse chi-square: a quarter, worth seven provinces (90%: .18 to
#: .45). Measured: the spreads of four categories between provinces in two Chinese tables, 2012 and
#: 2017, .15 to .35, and how far they differ beyond chance.
SPREAD, SPREAD_WORTH = 0.25, 7.0
#: Standard deviation of the logarithm of the step from provinces to cities (`DEMAND_AVERAGED`):
#: twice what one nation shows. Declared.
SCALE_SD = 0.2
#: The grid of log s: far beyond what is plausible on either side.
GRID = np.linspace(np.log(0.005), np.log(4.0), 800)


def posterior(
    demand: np.ndarray, income: np.ndarray, expected: float = ELASTICITY
) -> tuple[float, float, float, float]:
    """Elasticity and spread of one category, or of another amount per head.

    Parameters
    ----------
    demand, income
        log(F / n) and log(G / N) of the provinces, any number of them.
    expected
        Prior mean of the elasticity.

    Returns
    -------
    mean and standard deviation of e, of log s
    """
    x, y = (values - values.mean() if len(values) else values for values in (income, demand))
    r, tau, s2 = y - expected * x, ELASTICITY_SD**2, np.exp(2 * GRID)
    xx, xr_, rr = float(x @ x), float(x @ r), float(r @ r)
    wide = s2 + tau * xx
    # the likelihood of what is left after the mean and the prior's elasticity, whose covariance is
    # s^2 I + tau x x'
    log = (
        -max(len(x) - 1, 0) * GRID - 0.5 * np.log(wide / s2) - 0.5 * (rr - tau * xr_**2 / wide) / s2
    )
    log -= SPREAD_WORTH * GRID + 0.5 * SPREAD_WORTH * SPREAD**2 / s2
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    mean, variance = expected + tau * xr_ / wide, tau * s2 / wide
    e, spread = float(weight @ mean), float(weight @ GRID)
    e_sd = np.sqrt(weight @ (variance + (mean - e) ** 2))
    return e, float(e_sd), spread, float(np.sqrt(weight @ (GRID - spread) ** 2))


def consumption_rows(
    demand: np.ndarray,
    gdp: np.ndarray,
    people: pd.DataFrame,
    final_demand: pd.DataFrame,
    source: str,
    step: float = 1.0,
) -> pd.DataFrame:
    """Rows `elasticity` and `demand_sd` of priors.csv, one a category of final demand but stock
    changes.

    Parameters
    ----------
    demand, gdp
        Final demand (province, category), products of all origins, and GDP (province,) in the same
        money.
    people
        `population` and `population_rural`, one row a province.
    final_demand
        category, role, residence, without stock changes.
    step
        Spread of cities over that of provinces.
    """
    everyone, rows = people["population"].to_numpy(float), []
    for k, row in enumerate(final_demand.itertuples()):
        own = people_of(people, row.role, row.residence)
        some = (demand[:, k] > 0) & (own > 0) & (gdp > 0)
        y, x = np.log(demand[some, k] / own[some]), np.log(gdp[some] / everyone[some])
        e, e_sd, spread, spread_sd = posterior(y, x)
        tells = len(x) > 2 and np.ptp(x) > 0
        line = np.polyfit(x - x.mean(), y, 1) if tells else np.array([np.nan, np.nan])
        left = (
            np.sqrt(np.square(y - np.polyval(line, x - x.mean())).sum() / (len(x) - 2))
            if tells
            else np.nan
        )
        about = "log final demand on log GDP, both per head"
        rows += [
            (
                row.category,
                DEMAND,
                "elasticity",
                line[0],
                e_sd,
                len(x),
                e,
                source,
                f"{about}; prior: posterior mean",
            ),
            (
                row.category,
                DEMAND,
                "demand_sd",
                left,
                float(np.hypot(spread_sd, SCALE_SD)),
                len(x),
                step * float(np.exp(spread)),
                source,
                f"spread of that fit; prior: times {step:.3g} for cities; se: of its logarithm, "
                f"and of that step ({SCALE_SD:g})",
            ),
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def fit_consumption(
    mrio: xr.Dataset,
    regions: pd.DataFrame,
    final_demand: pd.DataFrame,
    source: str = "provinces of the nation",
) -> pd.DataFrame:
    """Rows `elasticity` and `demand_sd` of priors.csv from the provincial MRIO: nothing of a city
    enters but its people.

    Parameters
    ----------
    mrio
        provinces/mrio.nc.
    regions, final_demand
        Tables of the dataset.
    """
    chosen = final_demand[final_demand["role"] != "stock_changes"]
    people = regions.groupby("province")[["population", "population_rural"]].sum()
    codes, categories = people.index.tolist(), chosen["category"].tolist()
    home = (
        mrio["table"]
        .sum(["origin", "sector"])
        .transpose("destination", "use")
        .sel(destination=codes, use=categories)
    )
    demand = (
        home.values
        + mrio["imports"].transpose("province", "use").sel(province=codes, use=categories).values
    )
    gdp = (
        mrio["value_added"].transpose("province", "sector").sel(province=codes).sum("sector").values
    )
    return consumption_rows(
        demand, gdp, people, chosen, source, effective_cities(regions) ** DEMAND_AVERAGED
    )
