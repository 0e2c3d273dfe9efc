"""What regions use of their own products and send to the rest of the country, as known truth where no partner is known.

Austria's Laender have both by product, services included, and what they take in of all products together. The nine zones are the
whole country: nothing is outside. A zone takes in its part of what flows out of a product, the part that it has in all inflow.
Distance exponent and border effect are means over goods of another system of observed trade on the same level (states of a
nation), for goods and services alike: whether services are more home-bound is what is judged.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...base.errors import DataError
from ...base.labels import read_table
from ...config.models import Cities, Solver
from ...trade.distances import region_distances
from ...trade.flows import constrained_flows
from ...trade.priors.kernel import border_kernel
from ...trade.priors.table import BORDER, carried_border
from .systems import System

#: Columns of the two tables.
FLOWS = ("zone", "product", "own_use", "outflow_rest_of_country")
ZONES = ("zone", "lon", "lat", "area_km2", "inflow_rest_of_country_all_products")


def is_own_use(system: System) -> bool:
    """Whether a table of flows has no partners."""
    return "own_use" in pd.read_csv(system.truth, nrows=0).columns


def read_own_use(system: System) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Zones (region, lon, lat, area_km2), products (sector, kind), own use, outflow and inflow (product, zone).

    Raises
    ------
    DataError
        A missing column, a product without a kind.
    """
    tables = [read_table(path, text=("zone", "product")) for path in (system.truth, system.regions, system.sectors)]
    for table, columns, where in zip(
        tables, (FLOWS, ZONES, ("product", "kind")), (system.truth, system.regions, system.sectors), strict=True
    ):
        if missing := [name for name in columns if name not in table]:
            raise DataError(f"column {missing[0]} is missing", where=where, fix=f"it needs {', '.join(columns)}.")
    flows, zones, kinds = tables
    own, out = (flows.pivot(index="product", columns="zone", values=name)[zones["zone"].tolist()] for name in FLOWS[2:])
    if lost := sorted(set(own.index) - set(kinds["product"])):
        raise DataError(f"product '{lost[0]}' has no kind", where=system.sectors, fix="goods or services for every product.")
    sectors = kinds.set_index("product").loc[own.index].rename_axis("sector").reset_index()
    share = zones["inflow_rest_of_country_all_products"].to_numpy(float)
    outflow = out.to_numpy(float)
    inflow = outflow.sum(axis=1, keepdims=True) * share / share.sum()
    return zones.rename(columns={"zone": "region"}), sectors, own.to_numpy(float), outflow, inflow


def own_use_estimates(system: System, rules: dict[str, dict]) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, tuple]]:
    """Zones, products, and by rule estimated own use and outflow beside the true ones, each (product, zone)."""
    zones, sectors, own, outflow, inflow = read_own_use(system)
    priors = read_table(system.fit)
    goods = priors[priors["kind"].eq("goods")].groupby("parameter")["prior"].mean()
    names, every = sectors["sector"].tolist(), np.ones(len(sectors))
    table = pd.DataFrame({"sector": names, "kind": "goods", "parameter": BORDER, "prior": goods[BORDER]})
    found = {}
    for rule, keys in rules.items():
        config = Cities(split="joint", **{"trade_prior": "border", **keys})
        reference = np.ones((len(names), len(zones), len(zones)))
        if config.trade_prior == "border":
            border = carried_border(table, names, config, system.system)
            reference = border_kernel(region_distances(zones), goods["theta"] * every, border)
        supply, use = own + outflow, own + inflow
        guess = constrained_flows(reference, supply, use, system.title, Solver().direct)["trade"]
        home = np.einsum("iss->is", guess)
        found[rule] = (home, supply - home)
    return zones, sectors, {"true": (own, outflow), **found}
