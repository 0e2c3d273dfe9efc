"""Further stressors (stressors.csv): water, employment, other gases, by region and sector of the
table, households and sectors without output apart, as emissions are.

Amounts of a province, or of the country, are split by output, which is the intensity per unit of
output that they have there; those of households by people. A region whose total is given is scaled
to it.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError, warn
from ..base.labels import array
from ..base.vocabulary import HOUSEHOLDS
from .calibration import Frame
from .inventory import (
    SUREST_FIRST,
    EmissionTables,
    frame_of,
    mark_status,
    to_sectors,
    warn_of_missing,
)

TABLE, COUNTRY = "stressors.csv", "nation"
#: Columns of the table that are text whatever they look like.
TEXT = ("stressor", "unit", "status")
#: Share by which scaling regions to their totals may change what their province, or the country, is
#: said to have without a warning.
KEPT = 0.01
#: Columns that say what a row speaks of; the first two are blank in rows of the country.
PLACES, SECTORS = ("region", "province"), ("sector", "inventory_sector")


def stressor_inventories(
    rows: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    accounts: Mapping[str, xr.DataArray],
) -> dict[str, xr.Dataset]:
    """Every stressor of a dataset by region and sector.

    Parameters
    ----------
    rows
        stressors.csv.
    tables
        Tables regions, sectors, inventory_sectors, bridge and fuels.
    accounts
        `output` (region, sector), money: the nested table.

    Returns
    -------
    dict
        Stressor -> `emissions` and `orphan` (region, sector), `household_emissions` (region) in its
        unit, `status`, `split_status` and `basis` (region): the form of footprint/emissions.nc.

    Raises
    ------
    DataError
        A total of a region that has nothing to be scaled.
    """
    text = (*PLACES, *SECTORS, "status")
    blank = pd.Series("", rows.index)
    rows = rows.assign(**{name: rows.get(name, blank).fillna("") for name in text})
    frame = frame_of(EmissionTables(**tables, provincial={}), accounts["output"])
    regions = tables["regions"].set_index("region")["province"].loc[frame.codes]
    return {
        str(stressor): _inventory(str(stressor), own, frame, regions)
        for stressor, own in rows.groupby("stressor", sort=False)
    }


def _by_sector(frame: Frame) -> Frame:
    """The frame of rows that name sectors of the table, or households."""
    names = [*frame.sectors, HOUSEHOLDS]
    return replace(
        frame,
        names=names,
        sectors_of=np.eye(len(names), len(frame.sectors)),
        people={HOUSEHOLDS: frame.population},
    )


def _inventory(stressor: str, rows: pd.DataFrame, frame: Frame, regions: pd.Series) -> xr.Dataset:
    """One stressor; `regions` holds the province of each region."""
    by_sector = rows["inventory_sector"].eq("").all()
    frame = _by_sector(frame) if by_sector else frame
    column = SECTORS[0] if by_sector else SECTORS[1]
    totals = rows[rows["sector"].eq("") & rows["inventory_sector"].eq("")].set_index("region")
    parts = rows.drop(index=rows.index[rows[column].eq("")])
    level = np.where(
        parts["region"] != "", "region ", np.where(parts["province"] != "", "province ", COUNTRY)
    )
    parts = parts.assign(pool=level + parts["region"] + parts["province"])
    own, of_province = (
        [f"{name} {code}" for code in codes]
        for name, codes in (("region", regions.index), ("province", regions))
    )
    known = set(parts["pool"])
    pool = np.array(
        [
            mine if mine in known else its if its in known else COUNTRY
            for mine, its in zip(own, of_province, strict=True)
        ]
    )
    frame = replace(frame, pool=pool)
    wide = parts.pivot(index="pool", columns=column, values="value")
    wide = wide.reindex(index=pool, columns=frame.names)
    warn_of_missing(wide, frame, f"{TABLE}, stressor {stressor}", "there is none", "have none")
    table = wide.fillna(0.0).to_numpy(float) * frame.shares
    scaled = _scale_to_totals(stressor, table, totals["value"], frame)
    dataset = to_sectors(scaled, frame, str(rows["unit"].iloc[0]))
    whole = pd.Series(pool).map(pd.Series(pool).value_counts()).eq(1).to_numpy()
    told = parts.pivot(index="pool", columns=column, values="status").reindex(
        index=pool, columns=frame.names
    )
    told = told.replace("", SUREST_FIRST[0]).where(wide > 0, SUREST_FIRST[0])
    split = np.where(whole[:, None], told.to_numpy(object), SUREST_FIRST[-1])
    worst = [SUREST_FIRST[max(map(SUREST_FIRST.index, row))] for row in split]
    of_total = totals["status"].replace("", SUREST_FIRST[0]).reindex(frame.codes)
    mark_status(
        dataset,
        of_total.fillna(pd.Series(worst, frame.codes)).tolist(),
        split,
        [name not in frame.people for name in frame.names],
    )
    basis = ["own" if one.startswith("region ") else one.split(" ")[0] for one in pool]
    basis = [
        f"{one}, scaled to its total" if code in totals.index else one
        for one, code in zip(basis, frame.codes, strict=True)
    ]
    dataset["basis"] = array(basis, ("region",), "", "whose data the amounts are from")
    return dataset


def _scale_to_totals(
    stressor: str, table: np.ndarray, totals: pd.Series, frame: Frame
) -> np.ndarray:
    """The amounts (region, inventory_sector) of every region that has a total, scaled to it."""
    sums, given = table.sum(axis=1), totals.reindex(frame.codes).to_numpy(float)
    where = f"{TABLE}, stressor {stressor}"
    for code in np.array(frame.codes)[(given > 0) & (sums == 0)][:1]:
        raise DataError(
            f"region {code} has a total and no amount in any sector",
            where=where,
            fix="give its rows by sector, or those of its province.",
        )
    factor = np.divide(given, sums, out=np.ones_like(sums), where=~np.isnan(given) & (sums > 0))
    scaled = table * factor[:, None]
    before, after = frame.over_pool(sums), frame.over_pool(scaled.sum(axis=1))
    for label in dict.fromkeys(frame.pool[abs(after - before) > KEPT * before]):
        k = int(np.argmax(frame.pool == label))
        warn(
            where=where,
            what="totals of regions change what their level is said to have",
            value=f"{label}: {after[k]:.6g} for {before[k]:.6g}",
            expectation=f"the same within {KEPT:.0%}",
            effect="The totals of the regions are kept.",
        )
    return scaled
