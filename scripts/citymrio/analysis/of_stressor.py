"""The groups, super-emitters and demand scenarios of the run for another stressor than CO2, in its
own unit (tables/stressor_<table>.csv).

Quintiles and structures are those of the run: they are made of demand and value added. What is
defined for CO2 alone is left out: key sectors and better technology, quota, the paper's numbers.
"""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import xarray as xr

from ..base.errors import warn
from ..base.units import MT, TONNES_PER_MT
from ..config.models import Emissions, Groups, Scenarios
from ..footprints.footprint import footprints
from ..nested import NestedMRIO
from ..nested.flows import Flows
from .affluence import affluence_column, is_city
from .features import SHARE
from .scenarios import demand
from .scenarios.deficits import deficit_targets, deficits
from .scenarios.measure import Inputs
from .scenarios.possible import has_target
from .scenarios.run import run_scenarios
from .super_emitters import households_count, national_emissions, super_emitters, super_share
from .tables import (
    BALANCES,
    account_columns,
    balances,
    carbon_ledger,
    group_flows,
    intercity_table,
    quintile_table,
    roles_by_balance,
    structure_names,
    structure_table,
)

#: Columns of regions.csv that say which region it is, and in which groups.
KEPT = (
    "region",
    "name",
    "province",
    "province_name",
    "kind",
    "population",
    "quintile",
    "structure",
)
#: Names that are not of emissions.
CALLED = {
    "mt": "amount",
    "per_capita_t": "per_capita",
    "super_emitter": "threshold_type",
    "super_margin": "threshold_margin",
}
#: What is left out, in words.
LEFT_OUT = "technology scenarios and key sectors, quota and peak, the paper's numbers, intervals"
NO_TARGET = "; demand scenarios, since nothing says to which share capital falls"


def inventory_of(accounts: xr.Dataset, stressor: str) -> xr.Dataset:
    """The amounts of a stressor of footprint/stressors.nc in the form of footprint/emissions.nc."""
    one = accounts.sel(stressor=stressor, drop=True)
    parts = xr.concat([one["pba"], one["household"]], dim="inventory_sector")
    inventory = one[["orphan", "status", "split_status", "basis"]].assign(
        emissions=one["amount"], household_emissions=one["household"], emissions_inventory=parts
    )
    inventory["emissions"].attrs["units"] = str(one["unit"].values)
    return inventory


def stressor_inputs(
    nested: NestedMRIO,
    inventory: xr.Dataset,
    regions: pd.DataFrame,
    lists: Mapping[str, pd.DataFrame],
    config: Emissions,
) -> Inputs:
    """What scenarios are computed from, for a stressor: without intensities of key sectors."""
    return Inputs(
        nested=nested,
        footprints=footprints(nested, inventory, config),
        inventory=inventory,
        intensities=pd.DataFrame(),
        regions=regions,
        **{name: lists[name] for name in ("bridge", "inventory_sectors", "benchmarks")},
    )


def stressor_groups(
    stressor: str, inputs: Inputs, sectors: pd.DataFrame, groups: Groups, scenarios: Scenarios
) -> dict[str, pd.DataFrame]:
    """The tables by name: regions, quintiles, structures, flows_groups, intercity, scenarios,
    deficits, each with the columns stressor and unit in front.

    Parameters
    ----------
    inputs
        What scenarios are computed from, with footprints and inventory of the stressor, and the
        regions.csv of the run.
    sectors
        sectors.csv.
    """
    f, unit = inputs.footprints, inputs.inventory["emissions"].attrs["units"]
    table = region_columns(inputs, groups)
    cities = table[is_city(table)]
    names = structure_names(sectors, cities, groups.cluster_map)
    flows, _ = group_flows(f, cities, names)
    acting = scenarios.run and has_target(scenarios, inputs.benchmarks)
    settings = scenarios.model_copy(update={"run": acting})
    of_scenarios, _ = run_scenarios(replace(inputs, regions=table), settings, {"demand": demand})
    warn(
        where="stressor_scenarios.csv",
        what=f"what is defined for CO2 alone is left out for {stressor} (analysis.stressor)",
        value=LEFT_OUT + (NO_TARGET if scenarios.run and not acting else ""),
        expectation="nothing else",
        effect="The tables stressor_*.csv are without it; all others are of CO2, as ever.",
    )
    apart = [*table.filter(regex=f"^{SHARE}"), affluence_column(groups), "gdp"]
    made = {
        "regions": table.drop(columns=apart),
        "quintiles": quintile_table(cities, names, groups),
        "structures": structure_table(cities, names),
        "flows_groups": flows,
        "intercity": intercity_table(f, table),
        "scenarios": of_scenarios.drop(columns="interaction_mt"),  # of one measure, there is none
        "deficits": deficits(
            cities, affluence_column(groups), deficit_targets(inputs.benchmarks, scenarios)
        ),
    }
    return {name: in_unit(part, stressor, unit) for name, part in made.items()}


def region_columns(inputs: Inputs, groups: Groups) -> pd.DataFrame:
    """Regions with their groups of the run, and with accounts, balances and types of the stressor
    in the columns of regions.csv.
    """
    f, regions = inputs.footprints, inputs.regions
    codes = [*regions["region"]]
    chosen = [*KEPT, "gdp", affluence_column(groups), *regions.filter(regex=f"^{SHARE}")]
    table = regions[chosen].reset_index(drop=True)
    population = regions["population"].to_numpy(float)
    table = table.assign(**account_columns(f.sel(region=codes), inputs.nested.roles, population))
    values = table[is_city(table)].set_index("region")
    national = national_emissions(inputs.inventory, households_count(f)) * MT
    types = super_emitters(
        values["pba_mt"],
        values["cba_mt"],
        national,
        super_share(inputs.benchmarks, groups, len(values)),
        groups.super_base,
    )
    table = table.join(types[["super_emitter", "super_margin"]], on="region")
    table["super_emitter"] = table["super_emitter"].fillna("none")
    flows = Flows.of(f, "flows", codes)
    table = table.assign(
        **balances(f, regions), **carbon_ledger(flows, is_city(regions).to_numpy())
    )
    known = inputs.inventory[["status", "split_status", "basis"]].sel(region=codes)
    return table.assign(
        role=roles_by_balance(table[BALANCES[groups.net_balance]]),
        **{str(name): values.values.astype(str) for name, values in known.items()},
    )


def in_unit(table: pd.DataFrame, stressor: str, unit: str) -> pd.DataFrame:
    """A table with amounts in the unit of the stressor, and names that say nothing of tonnes."""
    amounts = [name for name in table if name == "mt" or name.endswith("_mt")]
    table = table.assign(**{name: table[name] * TONNES_PER_MT for name in amounts})
    table = table.rename(columns=lambda name: CALLED.get(name, name.removesuffix("_mt")))
    table.insert(0, "stressor", stressor)
    table.insert(1, "unit", unit)
    return table
