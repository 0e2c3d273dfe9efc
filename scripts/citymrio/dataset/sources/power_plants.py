"""Power plants in the layout of the World Resources Institute's raw tables: what each would generate in a year.

Generation is capacity times full-load hours of the fuel (a table: fuel, technology, hours, source); the plants' own figures are
design values of a few dams and are not used.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ...base.errors import CityMRIOError, DataError, raise_faults
from ...base.notices import warn
from .extras import cell_fault, listed, read_columns

HEADINGS = {
    "name": "Name",
    "fuel": "Fuel",
    "technology": "Generator Technology",
    "capacity": "Capacity (MW)",
    "commissioned": "Commissioning Date",
    "state": "Operational Status",
    "lat": "Latitude",
    "lon": "Longitude",
}
#: States of plants that are left out: when they ran, or will run, is not said.
NOT_RUNNING = ("shutdown", "under construction")
DEGREES = {"lat": 90, "lon": 180}


def read_plants(path: str | Path, hours: pd.DataFrame, *, year: int, hours_from: str) -> pd.DataFrame:
    """Plants of a year: name, lon, lat (degrees, NaN where blank), value (MWh a year).

    A plant counts when its commissioning year is not after `year`, or not known; of a span of years the first counts. One that
    is shut down or under construction does not count, nor one without a capacity (a warning).

    Parameters
    ----------
    hours
        fuel, technology (text that the plant's technology contains; blank: all others), hours (0 to 8,784 at full load a year).
    hours_from
        File of `hours`, for messages.

    Raises
    ------
    DataError
        A column is missing; `DataErrors` with every capacity that is not above 0, coordinate off the globe, year that cannot be
        read and fuel without full-load hours.
    """
    plants = read_columns(path, HEADINGS, ("capacity", "lat", "lon"))
    years = pd.to_numeric(plants["commissioned"].str.extract(r"^(\d{4})(?:\D|$)")[0])
    plants["value"] = plants["capacity"] * _full_load(plants, hours)
    faults: list[CityMRIOError] = []
    for plant in plants.assign(year=years).itertuples(index=False):
        if plant.capacity <= 0:
            faults.append(cell_fault(path, plant.row, HEADINGS["capacity"], f"{plant.capacity:g}", "a capacity above 0 MW"))
        for name, most in DEGREES.items():
            if abs(getattr(plant, name)) > most:
                faults.append(cell_fault(path, plant.row, HEADINGS[name], f"{getattr(plant, name):g}", f"-{most} to {most}"))
        if plant.commissioned and np.isnan(plant.year):
            faults.append(cell_fault(path, plant.row, HEADINGS["commissioned"], plant.commissioned, "a year, or blank"))
        if np.isnan(plant.value) and plant.capacity > 0:
            text = f"row {plant.row}, fuel '{plant.fuel}' of '{plant.name}' has no full-load hours in {hours_from}"
            faults.append(DataError(text, where=str(path), fix=f"add the fuel to {hours_from}, with its source."))
    raise_faults(faults)
    counts = ~plants["state"].str.lower().isin(NOT_RUNNING) & ~(years > year)
    unknown = counts & plants["capacity"].isna()
    if unknown.any():
        warn(
            where=str(path),
            what="power plants without a capacity",
            value=f"{int(unknown.sum())} of {int(counts.sum())}: {listed(list(plants.loc[unknown, 'name']))}",
            expectation="a capacity in MW",
            effect="They are left out.",
        )
    return plants.loc[counts & ~unknown, ["name", "lon", "lat", "value"]].reset_index(drop=True)


def _full_load(plants: pd.DataFrame, hours: pd.DataFrame) -> pd.Series:
    """Full-load hours of every plant, NaN where its fuel has none; the longest technology that fits counts."""
    result = pd.Series(np.nan, index=plants.index)
    for row in hours.sort_values("technology", key=lambda column: -column.str.len(), kind="stable").itertuples(index=False):
        fits = plants["fuel"].str.lower().eq(row.fuel.lower()) & plants["technology"].str.lower().str.contains(
            row.technology.lower(), regex=False
        )
        result = result.where(result.notna() | ~fits, row.hours)
    return result
