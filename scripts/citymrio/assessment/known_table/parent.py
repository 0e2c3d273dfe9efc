"""The known table one level up: its cities added up to provinces, as the estimation meets them."""

import numpy as np
import pandas as pd
import xarray as xr

from ...base.labels import array
from .table import ROLES, KnownTable

MONEY = "money of the file"


def parent_mrio(table: KnownTable) -> xr.Dataset:
    """provinces/mrio.nc of the experiment: cities added up by province, every outside region a
    province of its own.
    """
    provinces = list(dict.fromkeys(table.regions["province"]))
    group = np.zeros((len(provinces), len(table.regions)))
    group[
        [provinces.index(p) for p in table.regions["province"]], np.arange(len(table.regions))
    ] = 1.0
    cells = np.concatenate([table.z, table.f], axis=3)
    cells = np.einsum("pr,qs,risc->piqc", group, group, cells, optimize=True)
    sectors = table.sectors["sector"].tolist()
    uses = [*sectors, *table.categories]
    imports = np.concatenate(
        [group @ table.imports, np.zeros((len(provinces), len(table.categories)))], axis=1
    )
    dims = ("province", "sector")
    parts = {
        "exports": table.exports,
        "error": table.error,
        "output": table.output,
        "value_added": table.value_added,
    }
    return xr.Dataset(
        {
            "table": array(
                cells, ("origin", "sector", "destination", "use"), MONEY, "domestic cells"
            ),
            "imports": array(imports, ("province", "use"), MONEY, "inputs from outside the table"),
            **{name: array(group @ value, dims, MONEY, name) for name, value in parts.items()},
        },
        coords={
            "origin": provinces,
            "destination": provinces,
            "province": provinces,
            "sector": sectors,
            "use": uses,
        },
    )


def regions_table(table: KnownTable) -> pd.DataFrame:
    """regions.csv of the experiment.

    Where people are not known (every table but those of runs) value added stands in: demand then
    follows value added, whatever the elasticity of a consumption function.
    """
    regions = table.regions.copy()
    total = np.maximum(table.value_added.sum(axis=1), 0.0)
    regions["kind"] = np.where(table.is_city, "city", "province")
    regions["name"] = regions["region"]
    regions["population"], regions["population_rural"], regions["gdp"] = (
        regions.get("population", total),
        0.0,
        total,
    )
    return regions


def final_demand_table(table: KnownTable) -> pd.DataFrame:
    """final_demand.csv of the experiment."""
    return pd.DataFrame(
        {
            "category": list(table.categories),
            "name": list(table.categories),
            "role": [ROLES[c] for c in table.categories],
            "residence": "all",
        }
    )
