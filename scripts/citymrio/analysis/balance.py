"""For whom a region emits, where its footprint is emitted, and whether it emits more than it
causes.
"""

import numpy as np
import pandas as pd
import xarray as xr

from ..base.labels import values_of
from ..base.units import MT
from .affluence import is_city

#: `groups.net_balance` -> the column of regions.csv whose sign makes a net producer.
BALANCES = {
    "cities": "net_balance_cities_mt",
    "regions": "net_balance_mt",
    "exports": "net_balance_with_exports_mt",
}


def balances(f: xr.Dataset, regions: pd.DataFrame) -> dict[str, np.ndarray]:
    """The columns of `BALANCES` (region,), Mt CO2, of any estimate `f` (footprints.nc)."""
    codes, cities = [*regions["region"]], is_city(regions).to_numpy()
    emitted = values_of(f["flows"], origin=codes, destination=codes)
    made, caused, *apart = (
        values_of(f[name], region=codes) * MT
        for name in ("pba_total", "cba_total", "exports", "error", "orphan")
    )
    within = np.compress(cities, emitted, axis=1).sum(axis=1) - emitted[cities].sum(axis=0)
    inland = made - apart[0] - apart[1] - apart[2] - caused
    return {
        BALANCES["regions"]: inland,
        BALANCES["exports"]: made - caused,
        BALANCES["cities"]: within * MT,
    }


def roles_by(balance: pd.Series) -> np.ndarray:
    """Net producer where a balance is above 0, else net consumer."""
    return np.where(balance > 0, "net producer", "net consumer")


def ledger(emitted: np.ndarray, cities: np.ndarray) -> dict[str, np.ndarray]:
    """For whom a region emits in the country, and where its footprint is emitted (region,), in the
    unit of the flows.

        pba_mt = own_mt + for_cities_mt + for_provinces_mt + exports_mt + error_mt + orphan_mt (+
        household_direct_mt) cba_mt = own_mt + from_cities_mt + from_provinces_mt (+
        household_direct_mt)

    with households' direct emissions where the configuration counts them; provinces are those that
    are not split.

    Parameters
    ----------
    emitted
        Flows (origin, destination).
    cities
        Which regions are cities.
    """
    own = np.diagonal(emitted)
    others = emitted - np.diag(own)
    return {
        "own_mt": own,
        "for_cities_mt": others[:, cities].sum(axis=1),
        "for_provinces_mt": others[:, ~cities].sum(axis=1),
        "from_cities_mt": others[cities].sum(axis=0),
        "from_provinces_mt": others[~cities].sum(axis=0),
    }
