"""What the run made of every observation of a city (tables/observations_use.csv)."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr


def observations_use(
    parts: Iterable[pd.DataFrame], inventory: xr.Dataset, report: pd.DataFrame
) -> pd.DataFrame:
    """All provinces in one table, emissions with what the inventory made of them.

    Parameters
    ----------
    parts
        cities/<p>/observations.csv of every province.
    inventory, report
        footprint/emissions.nc and footprint/emissions.csv.
    """
    table = pd.concat(parts, ignore_index=True)
    for name in ("sectors", "use", "why"):  # a column without any text is read as numbers
        table[name] = table[name].astype(object).where(table[name].notna(), "")
    scale = report.set_index("region")["target_scale"]
    for row in table.index[table["quantity"] == "emissions"]:
        region, codes, trust = (
            table.at[row, name] for name in ("region", "sectors", "reliability")
        )
        named = sorted(filter(None, str(codes or "").split(";")))
        cells = {"region": region} | ({"inventory_sector": named} if named else {})
        prior, estimate = (
            float(inventory[name].sel(cells).sum())
            for name in ("emissions_prior", "emissions_inventory")
        )
        level = float(table.at[row, "observed"]) * (1.0 if named else float(scale[region]))
        why = (
            ""
            if table.at[row, "status"] == "observed" and trust > 0
            else "its status is imputed, or its reliability 0"
        )
        if not why and np.isnan(level):
            why = "the inventory of the province is that of its only region"
        made = {
            "prior": prior,
            "estimate": estimate,
            "moved": estimate - prior,
            "use": "not used" if why else "used",
            "why": why,
        }
        if not why:
            made |= {"level": level, "slack": estimate - level}
        for name, value in made.items():
            table.at[row, name] = value
    return table
