"""Alternative estimates of the chain in memory and what they say: the band around the main estimate (method 16 R8, R12)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import xarray as xr

from .cities.chain import estimate_province
from .config import Config
from .dataset import DatasetFolder
from .footprint import footprints, intercity
from .groups import is_city
from .inequality import gini
from .intensities import provincial_intensities
from .inventory import build_inventory
from .labels import read_table
from .nested import NestedMRIO
from .priors import check_priors, fit_provinces
from .priors.fit import TRADE_GIVEN
from .provinces import balance, province_centres, province_mrio, province_trade

MT = 1e-6


@dataclass(frozen=True)
class Estimate:
    """One estimate of the whole chain: the provincial MRIO, the nested table, the inventory, the footprints.

    `accounts` are the cities' accounts by province; `system` is the balanced provincial system, None where the MRIO was given.
    """

    mrio: xr.Dataset
    nested: NestedMRIO
    inventory: xr.Dataset
    footprints: xr.Dataset
    accounts: dict[str, xr.Dataset]
    system: xr.Dataset | None


def estimate(
    dataset: DatasetFolder,
    config: Config,
    mrio: xr.Dataset | None = None,
    *,
    priors: pd.DataFrame | None = None,
    factors: xr.Dataset | None = None,
    intensity_factors: xr.DataArray | None = None,
    provincial: xr.DataArray | None = None,
) -> Estimate:
    """Run the chain in memory.

    Parameters
    ----------
    mrio
        provinces/mrio.nc, when the provincial step is the same as in the main estimate.
    priors
        priors.csv; fitted here when the method needs it and none is given.
    factors, intensity_factors
        One draw of the ensemble: factors on outputs and exports (region, sector), on intensities (region, inventory_sector).
    provincial
        The provincial inventories as an array, when they are at hand (they are the same for every member of an ensemble).
    """
    tables = dataset.tables
    system = None
    if mrio is None:
        system, _ = balance(
            dataset.provinces, dataset.national, tables["regions"], tables["final_demand"], config.provinces, config.solver,
            config.dataset.neighbours,
        )  # fmt: skip
        trade, _ = province_trade(system, tables["regions"], config.provinces, config.solver)
        mrio = province_mrio(system, trade)
    intensity = None
    if config.cities.emissions_enter == "output":
        intensity = provincial_intensities(
            mrio["output"], dataset.inventory, tables["inventory_sectors"], tables["bridge"], tables["fuels"], tables["sectors"]
        )
    if priors is None and config.cities.needs_priors:
        priors = run_priors(mrio, tables, config)
    linked, accounts = {}, {}
    for p in dataset.codes:
        e = intensity.sel(province=p) if intensity is not None and p in intensity["province"].values else None
        known = dataset.observations[p]
        linked[p], accounts[p], _ = estimate_province(mrio, p, tables, known, config.cities, config.solver, e, priors, factors)
    nested = NestedMRIO.from_parts(mrio, linked, tables["final_demand"])
    inventory, _ = build_inventory(
        regions=tables["regions"], sectors=tables["sectors"], inventory_sectors=tables["inventory_sectors"],
        bridge=tables["bridge"], fuels=tables["fuels"], provincial=dataset.inventory if provincial is None else provincial,
        output=nested.dataset["output"], value_added=nested.dataset["value_added"], config=config.inventory,
        city=dataset.inventory_city, national=dataset.inventory_national,
        observations=pd.concat(dataset.observations.values(), ignore_index=True), solver=config.solver,
        factors=intensity_factors,
    )  # fmt: skip
    return Estimate(mrio, nested, inventory, footprints(nested, inventory, config.inventory), accounts, system)


def run_priors(mrio: xr.Dataset, tables: dict[str, pd.DataFrame], config: Config) -> pd.DataFrame:
    """priors/priors.csv of a run: the table named by `cities.priors`, else fitted on the provinces.

    On a provincial MRIO that was given (``dataset.mrio``) the fit reads its trade; trade estimated here is never fitted.
    """
    names = tables["sectors"]["sector"].tolist()
    if config.cities.priors is not None:
        return check_priors(read_table(config.cities.priors), names, config.cities.priors)
    centres = province_centres(tables["regions"])
    given = mrio.attrs.get("trade") == TRADE_GIVEN
    return check_priors(fit_provinces(mrio, centres, tables["sectors"], config.cities.theta, trade_known=given), names)


def headline(result: xr.Dataset, regions: pd.DataFrame, roles: dict[str, str]) -> pd.DataFrame:
    """Headline numbers of one estimate: quantity, value, unit. Cities only (unsplit provinces are regions, not cities).

    Parameters
    ----------
    result
        footprints.nc.
    roles
        Final-demand category -> role.
    """
    city = is_city(regions).to_numpy()
    codes = regions["region"].to_numpy()[city]
    population = regions["population"].to_numpy(float)[city]
    if not codes.size:
        return pd.DataFrame(columns=["quantity", "value", "unit"])
    cba = result["cba"].sel(region=codes)
    total = cba.sum("category").values
    share = {
        role: float(cba.sel(category=[k for k in cba["category"].values if roles[k] == role]).sum()) / total.sum()
        for role in sorted(set(roles.values()))
    }
    rows = [("sum of city footprints (CBA)", total.sum() * MT, "Mt CO2")]
    rows += [(f"share of {role} in city footprints", value * 100, "%") for role, value in share.items()]
    parts = intercity(result, regions).set_index("component")["share"]
    rows += [(f"embodied flows: {name.replace('_', ' ')}", float(value) * 100, "%") for name, value in parts.items()]
    per_head = total / population
    rows += [
        ("Gini of footprints per head", gini(per_head, population), "1"),
        ("highest footprint per head", float(per_head.max()), "t CO2"),
        ("lowest footprint per head", float(per_head.min()), "t CO2"),
        ("cities above 1% of the sum of footprints", float((total > 0.01 * total.sum()).sum()), "cities"),
        ("sum of city production emissions (PBA)", float(result["pba"].sel(region=codes).sum()) * MT, "Mt CO2"),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value", "unit"])


def city_table(result: xr.Dataset, regions: pd.DataFrame) -> pd.DataFrame:
    """Footprint and production emissions of every region of one estimate, Mt CO2: region, cba_mt, pba_mt."""
    codes = regions["region"].tolist()
    cba = result["cba"].sum("category").sel(region=codes).values * MT
    return pd.DataFrame({"region": codes, "cba_mt": cba, "pba_mt": result["pba"].sel(region=codes).values * MT})


def combine(parts: dict[str, tuple[pd.DataFrame, pd.DataFrame]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """tables/variants.csv and tables/variants_regions.csv from the headline and city tables of every variant.

    Adds, per variant, the rank correlation (Spearman) of footprints with the main estimate and the median relative
    difference of a city's footprint.
    """
    main = parts["main"][1].set_index("region")["cba_mt"]
    headlines, cities = [], []
    for name, (numbers, table) in parts.items():
        cba = table.set_index("region")["cba_mt"].loc[main.index]
        extra = pd.DataFrame(
            [
                ("rank correlation of footprints with the main estimate", float(cba.corr(main, method="spearman")), "1"),
                (
                    "median difference of a footprint from the main estimate",
                    float(((cba - main).abs() / main).median() * 100),
                    "%",
                ),
            ],
            columns=["quantity", "value", "unit"],
        )
        headlines.append(pd.concat([numbers, extra], ignore_index=True).assign(variant=name))
        cities.append(table.assign(variant=name))
    order = ["variant", "quantity", "value", "unit"]
    return pd.concat(headlines, ignore_index=True)[order], pd.concat(cities, ignore_index=True)[
        ["variant", "region", "cba_mt", "pba_mt"]
    ]
