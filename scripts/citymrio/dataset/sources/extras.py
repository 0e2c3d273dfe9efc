"""Observations from sources that know neither the country's regions nor its money: points with a quantity, and tables by code.

What such a source gives is compared between the cities of a province only: it enters as shares (`measure: share`). A source is
a reader of its format, here or beside the country that uses it, and a `Datum`, which says what its numbers speak of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...base.errors import CityMRIOError, DataError, raise_faults, reason
from ...base.notices import warn

FIX = "use the file of the sources list, or correct the cell."
#: Degrees (about 2 km) within which a point belongs to the nearest region: coasts, and coordinates of two decimals.
NEAR = 0.02
#: Names that a message shows; the rest are counted.
SHOWN = 5


@dataclass(frozen=True)
class Datum:
    """What the numbers of a source speak of, as in a row of observations.

    Attributes
    ----------
    extra
        Name by which `cities.extras` asks for it.
    quantity, sectors, category, unit, source
        As in observations/<p>.csv.
    reliability
        By status of a number: observed, imputed.
    """

    extra: str
    quantity: str
    sectors: str
    category: str
    unit: str
    source: str
    reliability: Mapping[str, float]


def observed_shares(values: pd.DataFrame, datum: Datum, regions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows of extras/<p>.csv by province, for provinces of two regions or more in which two at least report.

    Parameters
    ----------
    values
        region, value, status (observed or imputed), one row per region.
    regions
        region, province.
    """
    table = values.merge(regions[["region", "province"]], on="region").sort_values(["province", "region"], kind="stable")
    rows = pd.DataFrame(
        {
            "region": table["region"],
            "quantity": datum.quantity,
            "sectors": datum.sectors,
            "category": datum.category,
            "measure": "share",
            "value": table["value"],
            "unit": datum.unit,
            "source": datum.source,
            "status": table["status"],
            "reliability": table["status"].map(dict(datum.reliability)),
            "extra": datum.extra,
        }
    )
    return {
        str(province): part.reset_index(drop=True)
        for province, part in rows.groupby(table["province"], sort=True)
        if len(part) > 1 and part["value"].sum() > 0
    }


def read_columns(path: str | Path, headings: Mapping[str, str], numbers: Sequence[str] = ()) -> pd.DataFrame:
    """Columns of a CSV file under other names, and the row of each (`row`, as an editor counts); blank numbers are NaN.

    Parameters
    ----------
    headings
        Our name -> heading in the file.
    numbers
        Our names of the columns that hold numbers.

    Raises
    ------
    DataError
        The file is no CSV or lacks a column; `DataErrors` with every cell that should be a number and is none.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read as CSV ({reason(error)})", where=str(path), fix=FIX) from error
    lacking = [heading for heading in headings.values() if heading not in table]
    if lacking:
        raise DataError(f"column '{lacking[0]}' is missing (there are: {', '.join(table)})", where=str(path), fix=FIX)
    table = table[list(headings.values())].set_axis(list(headings), axis=1).apply(lambda column: column.str.strip())
    table["row"] = np.arange(len(table)) + 2
    faults: list[CityMRIOError] = []
    for name in numbers:
        values = pd.to_numeric(table[name].replace("", np.nan), errors="coerce")
        for row, text in table.loc[~np.isfinite(values) & (table[name] != ""), ["row", name]].itertuples(index=False):
            faults.append(cell_fault(path, row, headings[name], text, "a number"))
        table[name] = values
    raise_faults(faults)
    return table


def cell_fault(path: str | Path, row: int, heading: str, text: object, expected: str) -> DataError:
    """The fault of a cell."""
    return DataError(f"row {row}, column '{heading}' is '{text}'; expected {expected}", where=str(path), fix=FIX)


def listed(names: Sequence[str]) -> str:
    """Some names, and how many more."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def add_up_by_region(points: pd.DataFrame, shapes: gpd.GeoSeries, *, where: str, what: str, unit: str) -> pd.Series:
    """Sum of points by region, 0 for a region without any; points in no region are left out, with a warning.

    A point within `NEAR` of a region belongs to the nearest one.

    Parameters
    ----------
    points
        name, lon, lat (degrees), value (in `unit`), one row per point; NaN where a coordinate is not known.
    shapes
        Polygons by region, longitude and latitude.
    where, what
        The file, and what a point is, for messages.
    """
    known = np.isfinite(points[["lon", "lat"]].to_numpy(float)).all(axis=1)
    found = np.full(len(points), -1)
    places = shapely.points(points.loc[known, ["lon", "lat"]].to_numpy(float))
    point, shape = shapely.STRtree(shapes.to_numpy()).query_nearest(places, max_distance=NEAR, all_matches=False)
    found[np.flatnonzero(known)[point]] = shape
    for left, why in ((~known, "without coordinates"), (known & (found < 0), "in no region")):
        if left.any():
            most = points[left].sort_values("value", ascending=False, kind="stable")
            warn(
                where=where,
                what=f"{what} {why}",
                value=f"{int(left.sum())} of {len(points)}, {most['value'].sum():.6g} of {points['value'].sum():.6g} {unit}: "
                f"{listed(list(most['name']))}",
                expectation="every one inside the polygon of a region",
                effect="They are left out of the sums of the cities.",
            )
    inside = points[found >= 0].groupby(shapes.index.to_numpy()[found[found >= 0]])["value"].sum()
    return inside.reindex(shapes.index, fill_value=0.0)
