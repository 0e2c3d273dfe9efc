"""For whom a region emits, where its footprint is emitted, and whether it emits more than it
causes.
"""

import numpy as np
import pandas as pd
import xarray as xr

from ..base.labels import values_of
from ..base.units import MT
from ..nested.flows import Flows
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
    flows = Flows.of(f, "flows", codes)
    made, caused, *apart = (
        values_of(f[name], region=codes) * MT
        for name in ("pba_total", "cba_total", "exports", "error", "orphan")
    )
    within = flows.by_origin(cities) - flows.by_destination(cities)
    inland = made - apart[0] - apart[1] - apart[2] - caused
    return {
        BALANCES["regions"]: inland,
        BALANCES["exports"]: made - caused,
        BALANCES["cities"]: within * MT,
    }


def roles_by(balance: pd.Series) -> np.ndarray:
    """Net producer where a balance is above 0, else net consumer."""
    return np.where(balance > 0, "net producer", "net consumer")


def ledger(flows: Flows, cities: np.ndarray) -> dict[str, np.ndarray]:
    """For whom a region emits in the country, and where its footprint is emitted (region,), Mt CO2.

        pba_mt = own_mt + for_cities_mt + for_provinces_mt + exports_mt + error_mt + orphan_mt (+
        household_direct_mt) cba_mt = own_mt + from_cities_mt + from_provinces_mt (+
        household_direct_mt)

    with households' direct emissions where the configuration counts them; provinces are those that
    are not split.

    Parameters
    ----------
    flows
        Flows, t CO2.
    cities
        Which regions are cities.
    """
    names = ("for_cities_mt", "for_provinces_mt", "from_cities_mt", "from_provinces_mt")
    found = {name: np.zeros(flows.count) for name in ("own_mt", *names)}
    found["own_mt"] += flows.own * MT
    for index, values in flows.to_others():
        others = values * MT
        for kind, to, from_ in ((cities, *names[::2]), (~cities, *names[1::2])):
            found[to] += others[:, kind[index]].sum(axis=1)
            found[from_][index] = others[kind].sum(axis=0)
    return found
