"""Extra observations of Chinese cities: electricity by power plants, capital formation by fixed
investment.

What a source gives is compared between the cities of a province only: it enters as shares
(`measure: share`). A source is a reader of its format and a `Meaning`, which says what its numbers
speak of.

What each speaks of in a year's classification is its row of `extras.csv`: extra, quantity, sectors,
category, unit, reliability, reliability_imputed, source.

Plants have the layout of the World Resources Institute's raw tables. What one would generate is its
capacity times full-load hours of the fuel (a table: fuel, technology, hours, source); the plants'
own figures are design values of a few dams and are not used.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ....base.errors import CityMRIOError, DataError, first_names, raise_faults, warn
from ....config.models import Dataset
from ...cells import read_text
from ..raw_files import RawFiles, as_listed
from ..retrieve import FIX_EXTRAS, read_sources, verify

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
DEGREES = (("lat", 90), ("lon", 180))


def read_plants(
    path: str | Path, hours: pd.DataFrame, *, year: int, hours_from: str
) -> pd.DataFrame:
    """Plants of a year: name, lon, lat (degrees, NaN where blank), value (MWh a year).

    A plant counts when its commissioning year is not after `year`, or not known; of a span of years
    the first counts. One that is shut down or under construction does not count, nor one without a
    capacity (a warning).

    Parameters
    ----------
    hours
        fuel, technology (text that the plant's technology contains; blank: all others), hours (0 to
        8,784 at full load a year).
    hours_from
        File of `hours`, for messages.

    Raises
    ------
    DataError
        A column is missing; `DataErrors` with every capacity that is not above 0, coordinate off
        the globe, year that cannot be read and fuel without full-load hours.
    """
    plants = read_columns(path, HEADINGS, ("capacity", "lat", "lon"))
    years = pd.to_numeric(plants["commissioned"].str.extract(r"^(\d{4})(?:\D|$)")[0])
    plants["value"] = plants["capacity"] * _full_load(plants, hours)
    unlisted = plants["value"].isna() & plants["capacity"].gt(0)
    checks = {
        "capacity": (plants["capacity"] <= 0, "a capacity above 0 MW"),
        **{name: (plants[name].abs() > most, f"-{most} to {most}") for name, most in DEGREES},
        "commissioned": (plants["commissioned"].ne("") & years.isna(), "a year, or blank"),
        "fuel": (unlisted, f"a fuel with full-load hours in {hours_from}"),
    }
    raise_faults(
        [
            cell_fault(path, row, HEADINGS[name], text, expected)
            for name, (bad, expected) in checks.items()
            for row, text in plants.loc[bad, ["row", name]].itertuples(index=False)
        ]
    )
    counts = ~plants["state"].str.lower().isin(NOT_RUNNING) & ~(years > year)
    unknown = counts & plants["capacity"].isna()
    if unknown.any():
        warn(
            where=str(path),
            what="power plants without a capacity",
            value=f"{int(unknown.sum())} of {int(counts.sum())}: "
            f"{first_names(list(plants.loc[unknown, 'name']))}",
            expectation="a capacity in MW",
            effect="They are left out.",
        )
    return plants.loc[counts & ~unknown, ["name", "lon", "lat", "value"]].reset_index(drop=True)


def _full_load(plants: pd.DataFrame, hours: pd.DataFrame) -> pd.Series:
    """Full-load hours of every plant, NaN where its fuel has none; the longest technology that fits
    counts.
    """
    result = pd.Series(np.nan, index=plants.index)
    for row in hours.sort_values(
        "technology", key=lambda column: -column.str.len(), kind="stable"
    ).itertuples(index=False):
        fits = plants["fuel"].str.lower().eq(row.fuel.lower()) & plants[
            "technology"
        ].str.lower().str.contains(row.technology.lower(), regex=False)
        result = result.where(result.notna() | ~fits, row.hours)
    return result


#: Columns of the city panel of fixed investment (10^8 yuan).
PANEL = {
    "year": "year",
    "region": "city_code",
    "name": "city",
    "value": "fai_100m",
    "imputed": "fai_imputed",
}
#: Columns of extras/<p>.csv.
COLUMNS = (
    "region",
    "quantity",
    "sectors",
    "category",
    "measure",
    "value",
    "unit",
    "source",
    "status",
    "reliability",
    "extra",
)


def extra_observations(
    dataset: Dataset, lists: Any, regions: pd.DataFrame, shapes: gpd.GeoSeries
) -> dict[str, pd.DataFrame]:
    """Rows of extras/<p>.csv by province, of everything that `dataset.extras` names.

    Parameters
    ----------
    lists
        The classification.
    regions
        region, province, kind.
    shapes
        Polygons of the regions in full detail.

    Raises
    ------
    DataError
        A file is missing or altered, or does not keep its layout; the classification says nothing
        of an extra.
    """
    if not dataset.extras:
        return {}
    of_extras = dataset.of_extras
    sources = read_sources(of_extras.sources, dataset.extras)
    raw = RawFiles(sources, verify(sources, of_extras.raw_folder, FIX_EXTRAS))
    meanings = {row["extra"]: row for row in lists["extras"].to_dict("records")}
    raise_faults(
        [
            DataError(
                f"there is no row '{extra}'",
                where=str(lists.path("extras")),
                fix="say what it speaks of; see docs/china.md.",
            )
            for extra in dataset.extras
            if extra not in meanings
        ]
    )
    parts: dict[str, list[pd.DataFrame]] = {
        province: [] for province in sorted(set(regions["province"]))
    }
    for extra in dataset.extras:
        values = READERS[extra](raw.path(extra), dataset.year, lists, regions, shapes)
        for province, rows in observed_shares(values, meanings[extra], regions).items():
            parts[province].append(rows)
    return {
        province: pd.concat(tables, ignore_index=True)
        for province, tables in parts.items()
        if tables
    }


def info_with_extras(info: dict, dataset: Dataset, extras: dict[str, pd.DataFrame]) -> dict:
    """dataset.json with the counts, the note and the sources of the extra observations."""
    rows = pd.concat(extras.values(), ignore_index=True)
    cities = {name: rows[rows["extra"] == name] for name in dataset.extras}
    counts = {f"extras_{name}": len(table) for name, table in cities.items()}
    counts |= {
        f"extras_{name}_imputed": int((table["status"] == "imputed").sum())
        for name, table in cities.items()
    }
    said = "; ".join(f"{name} ({len(table)} cities)" for name, table in cities.items())
    note = (
        "Extra observations, used where cities.extras names them, as shares of a city in "
        f"its province: {said}."
    )
    sources = read_sources(dataset.of_extras.sources, dataset.extras)
    return {
        **info,
        "counts": info["counts"] | counts,
        "notes": [*info["notes"], note],
        "sources": info["sources"] + as_listed(sources),
    }


def _power_plants(
    path: Path, year: int, lists: Any, regions: pd.DataFrame, shapes: gpd.GeoSeries
) -> pd.DataFrame:
    """Electricity that the plants of every region would generate, MWh a year."""
    plants = read_plants(
        path, lists["full_load_hours"], year=year, hours_from=str(lists.path("full_load_hours"))
    )
    made = add_up_by_region(plants, shapes, where=str(path), what="power plants", unit="MWh")
    return pd.DataFrame({"region": made.index, "value": made.to_numpy(), "status": "observed"})


def _investment(
    path: Path, year: int, lists: Any, regions: pd.DataFrame, shapes: gpd.GeoSeries
) -> pd.DataFrame:
    """Fixed investment of cities in a year, 10^8 yuan; codes outside the split provinces are left
    out.

    Raises
    ------
    DataError
        The panel says nothing of the year, a code appears twice, a value is below 0.
    """
    panel = read_columns(path, PANEL, ("year", "value"))
    panel = panel[(panel["year"] == year) & panel["value"].notna()]
    if panel.empty:
        raise DataError(
            f"there is nothing for {year}",
            where=str(path),
            fix="choose a year of the panel, or leave the extra out.",
        )
    status = panel["imputed"].str.lower().map({"false": "observed", "true": "imputed"})
    raise_faults(
        [
            cell_fault(path, row, PANEL[name], text, expected)
            for name, bad, expected in (
                ("value", panel["value"] < 0, "an amount of 0 or more"),
                ("region", panel["region"].duplicated(), f"every code once in {year}"),
                ("imputed", status.isna(), "True or False"),
            )
            for row, text in panel.loc[bad, ["row", name]].itertuples(index=False)
        ]
    )
    split = set(regions.loc[regions["kind"] != "province", "province"])
    outside = panel["region"].str[:2].isin(split) & ~panel["region"].isin(regions["region"])
    if outside.any():
        names = [f"{row.name} ({row.region})" for row in panel[outside].itertuples(index=False)]
        warn(
            where=str(path),
            what="codes of cities that are no region of the year",
            value=f"{len(names)} of {len(panel)}: {first_names(names)}",
            expectation="codes of regions.csv",
            effect="Their investment is left out.",
        )
    if (status == "imputed").any():
        warn(
            where=str(path),
            what="fixed investment that its source has filled in",
            value=f"{int((status == 'imputed').sum())} of {len(panel)} cities",
            expectation="observed values",
            effect="It counts as imputed, with the lower reliability of extras.csv.",
        )
    return panel.assign(status=status).loc[
        panel["region"].isin(regions["region"]), ["region", "value", "status"]
    ]


#: Extra -> values by region: region, value, status.
READERS: dict[str, Callable[..., pd.DataFrame]] = {
    "power_plants": _power_plants,
    "investment": _investment,
}


FIX = "use the file of the sources list, or correct the cell."
#: Degrees (about 2 km) within which a point belongs to the nearest region: coasts, and coordinates
#: of two decimals.
NEAR = 0.02


def observed_shares(
    values: pd.DataFrame, meaning: Mapping[str, Any], regions: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Rows of extras/<p>.csv by province, for provinces of two regions or more in which two at
    least report.

    Parameters
    ----------
    values
        region, value, status (observed or imputed), one row per region.
    meaning
        What they speak of, a row of extras.csv.
    regions
        region, province.
    """
    table = values.merge(regions[["region", "province"]], on="region").sort_values(
        ["province", "region"], kind="stable"
    )
    told = ("quantity", "sectors", "category", "unit", "source", "extra")
    trust = {"observed": meaning["reliability"], "imputed": meaning["reliability_imputed"]}
    rows = table.assign(
        measure="share",
        reliability=table["status"].map(trust),
        **{name: meaning[name] for name in told},
    )[list(COLUMNS)]
    return {
        str(province): part.reset_index(drop=True)
        for province, part in rows.groupby(table["province"], sort=True)
        if len(part) > 1 and part["value"].sum() > 0
    }


def read_columns(
    path: str | Path, headings: Mapping[str, str], numbers: Sequence[str] = ()
) -> pd.DataFrame:
    """Columns of a CSV file under other names, and the row of each (`row`, as an editor counts);
    blank numbers are NaN.

    Parameters
    ----------
    headings
        Our name -> heading in the file.
    numbers
        Our names of the columns that hold numbers.

    Raises
    ------
    DataError
        The file is no CSV or lacks a column; `DataErrors` with every cell that should be a number
        and is none.
    """
    table = read_text(path, [*headings.values()], FIX)[list(headings.values())]
    table = table.set_axis(list(headings), axis=1).apply(lambda column: column.str.strip())
    table["row"] = np.arange(len(table)) + 2
    faults: list[CityMRIOError] = []
    for name in numbers:
        text = table[name]
        table[name] = pd.to_numeric(text.replace("", np.nan), errors="coerce")
        bad = text[~np.isfinite(table[name]) & (text != "")]
        faults += [
            cell_fault(path, row + 2, headings[name], cell, "a number") for row, cell in bad.items()
        ]
    raise_faults(faults)
    return table


def cell_fault(path: str | Path, row: int, heading: str, cell: object, expected: str) -> DataError:
    """The fault of a cell."""
    text = f"{cell:g}" if isinstance(cell, float) else cell
    return DataError(
        f"row {row}, column '{heading}' is '{text}'; expected {expected}", where=str(path), fix=FIX
    )


def add_up_by_region(
    points: pd.DataFrame, shapes: gpd.GeoSeries, *, where: str, what: str, unit: str
) -> pd.Series:
    """Sum of points by region, 0 for a region without any; points in no region are left out, with a
    warning.

    A point within `NEAR` of a region belongs to the nearest one.

    Parameters
    ----------
    points
        name, lon, lat (degrees), value (in `unit`), one row per point; NaN where a coordinate is
        not known.
    shapes
        Polygons by region, longitude and latitude.
    where, what
        The file, and what a point is, for messages.
    """
    known = np.isfinite(points[["lon", "lat"]].to_numpy(float)).all(axis=1)
    found = np.full(len(points), -1)
    places = shapely.points(points.loc[known, ["lon", "lat"]].to_numpy(float))
    point, shape = shapely.STRtree(shapes.to_numpy()).query_nearest(
        places, max_distance=NEAR, all_matches=False
    )
    found[np.flatnonzero(known)[point]] = shape
    for left, why in ((~known, "without coordinates"), (known & (found < 0), "in no region")):
        if left.any():
            most = points[left].sort_values("value", ascending=False, kind="stable")
            warn(
                where=where,
                what=f"{what} {why}",
                value=f"{int(left.sum())} of {len(points)}, {most['value'].sum():.6g} of "
                f"{points['value'].sum():.6g} {unit}: "
                f"{first_names(list(most['name']))}",
                expectation="every one inside the polygon of a region",
                effect="They are left out of the sums of the cities.",
            )
    inside = points[found >= 0].groupby(shapes.index.to_numpy()[found[found >= 0]])["value"].sum()
    return inside.reindex(shapes.index, fill_value=0.0)
