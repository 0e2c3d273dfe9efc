"""Emissions of a given table: as they are given by region and sector, taken through the bridge;
nothing is estimated.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from ..base.labels import EMISSIONS, array
from ..base.notices import warn
from ..base.vocabulary import GIVEN
from .calibration import Frame
from .inventory import EmissionTables, frame_of, inventory_report, mark, to_sectors

#: Status of a region: the least sure of its rows with emissions.
SUREST_FIRST = ("observed", "imputed", "modelled")
#: Regions and sectors that a warning names.
NAMED = 5


def given_emissions(
    tables: Mapping[str, pd.DataFrame], accounts: Mapping[str, xr.DataArray], given: pd.DataFrame
) -> tuple[xr.Dataset, pd.DataFrame]:
    """What :func:`given_inventory` makes of a run's files: its tables, the nested table and
    emissions.csv.
    """
    frame = frame_of(EmissionTables(**tables, provincial={}), accounts["output"])
    return given_inventory(given, frame, tables["regions"])


def given_inventory(
    given: pd.DataFrame, frame: Frame, regions: pd.DataFrame
) -> tuple[xr.Dataset, pd.DataFrame]:
    """footprint/emissions.nc and inventory.csv of emissions that are given.

    Parameters
    ----------
    given
        emissions.csv: region, sector (a code of inventory_sectors.csv), emissions (t CO2), status.
    frame
        Regions, sectors, the bridge between them and the outputs that split an inventory sector
        with several sectors.
    regions
        regions.csv.

    Returns
    -------
    inventory, report
        As :func:`~citymrio.emissions.inventory.calc_inventory` returns them. Emissions of sectors
        without output are orphans.
    """
    wide = given.pivot(index="region", columns="sector", values="emissions")
    wide = wide.reindex(index=frame.codes, columns=frame.names)
    say_missing(wide, frame)
    table = wide.fillna(0.0).to_numpy(float)
    dataset = to_sectors(table, frame)
    dataset["emissions_prior"] = array(
        table, ("region", "inventory_sector"), EMISSIONS, "emissions as they are given"
    )
    rows = given[given["emissions"] > 0]
    worst = (
        rows["status"]
        .map(SUREST_FIRST.index)
        .groupby(rows["region"])
        .max()
        .reindex(frame.codes, fill_value=0)
    )
    told = given.pivot(index="region", columns="sector", values="status").reindex(
        index=frame.codes, columns=frame.names
    )
    split = told.where(wide > 0, "observed").to_numpy(object)
    mark(
        dataset,
        [SUREST_FIRST[k] for k in worst],
        split,
        [name not in frame.people for name in frame.names],
    )
    dataset["basis"] = array(
        ["own"] * len(frame.codes), ("region",), "", "whose data the emissions are from"
    )
    dataset["case"] = array(
        [2] * len(frame.codes), ("region",), "1", "case of the region's own data: by sector"
    )
    provinces = sorted(set(regions["province"]))
    owner = regions.set_index("region")["province"].reindex(frame.codes).to_numpy()
    totals = pd.Series(table.sum(axis=1)).groupby(owner).sum().reindex(provinces).to_numpy()
    dataset = dataset.assign_coords(province=provinces, fuel=["all"])
    dataset["province_emissions"] = array(
        totals[:, None], ("province", "fuel"), EMISSIONS, "emissions of the provinces"
    )
    dataset.attrs = {"control_total": GIVEN, "missing": GIVEN}
    return dataset, inventory_report(dataset, regions, {}, np.full(len(frame.codes), np.nan))


def say_missing(
    wide: pd.DataFrame,
    frame: Frame,
    where: str = "emissions.csv",
    none: str = "nothing is emitted",
    taken: str = "emit nothing",
) -> None:
    """Warn of sectors with output of which no row says anything.

    `wide` holds the amounts (region, inventory_sector), NaN without a row.
    """
    reached = (frame.output @ frame.sectors_of.T) > 0
    silent = np.argwhere(wide.isna().to_numpy() & reached)
    if len(silent):
        places = ", ".join(f"{frame.codes[r]}/{frame.names[j]}" for r, j in silent[:NAMED])
        warn(
            where=where,
            what="sectors with output that have no row",
            value=f"{len(silent)}: {places}{' ...' if len(silent) > NAMED else ''}",
            expectation=f"a row for every region and sector, 0 where {none}",
            effect=f"They are taken to {taken}.",
        )
