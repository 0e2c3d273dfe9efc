"""Footprints of the true table of an invented country."""

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError
from ..base.labels import EMISSIONS, array
from ..footprints.footprint import footprints
from ..nested import NestedMRIO


def true_footprints(truth: NestedMRIO, emissions: pd.DataFrame) -> xr.Dataset:
    """Footprints of the true table (variables of footprints.nc) from truth/emissions.csv.

    Parameters
    ----------
    emissions
        region, sector, emissions (t); emissions of a sector without output are its orphans.
        Households' direct emissions are not part of the file, and so not of the result.

    Raises
    ------
    DataError
        A region and sector of the truth has no row.
    """
    table = emissions.pivot(index="region", columns="sector", values="emissions")
    table = table.reindex(index=truth.regions, columns=truth.sectors)
    if table.isna().to_numpy().any():
        region, sector = np.argwhere(table.isna().to_numpy())[0]
        raise DataError(
            f"no emissions for region {truth.regions[region]}, sector {truth.sectors[sector]}",
            where="truth/emissions.csv",
            fix="give one row per region and sector, 0 where nothing is emitted.",
        )
    values, active = table.to_numpy(), truth.dataset["output"].values > 0
    dims = ("region", "sector")
    inventory = xr.Dataset(
        {
            "emissions": array(np.where(active, values, 0.0), dims, EMISSIONS, "emissions"),
            "orphan": array(
                np.where(active, 0.0, values),
                dims,
                EMISSIONS,
                "emissions of sectors without output",
            ),
            "household_emissions": array(
                np.zeros(truth.regions.size), ("region",), EMISSIONS, "not in the truth"
            ),
        },
        coords={"region": truth.regions, "sector": truth.sectors},
    )
    return footprints(truth, inventory)
