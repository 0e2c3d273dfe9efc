"""Distances between regions, and of every region to itself, from places and areas or as given; the
reference of trade by them.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from ..base.errors import BalanceError, DataError, warn
from ..base.geography import distances_km, own_distance_km, province_centres
from ..base.labels import keyed_values, needs_columns, read_table


def kernel(
    regions: pd.DataFrame,
    *,
    prior: str,
    theta: float,
    distances: str | pd.DataFrame | None = None,
) -> np.ndarray:
    """Reference measure q_rs of trade, shape (regions, regions), with the own distance on the
    diagonal.

    ``uniform``: 1; ``power``: d^-theta (Wilson 1970), relative to the geometric mean, so that a
    change of the length unit changes nothing. `distances`: a table of distances.
    """
    if prior == "uniform":
        return np.ones((len(regions), len(regions)))
    distance = region_distances(regions, distances)
    log = -theta * np.log(distance)
    with np.errstate(over="ignore"):
        values = np.exp(log - log.mean())
    if not (np.isfinite(values) & (values > 0)).all():
        raise BalanceError(
            f"trade with the reference '{prior}' differs by e^{np.ptp(log):.6g} between near "
            "and far, beyond all numbers",
            where="trade",
            fix="lower theta.",
        )
    return values


COLUMNS = ("origin", "destination", "value")


def region_distances(
    regions: pd.DataFrame,
    distances: str | pd.DataFrame | None = None,
    where: str = "dataset/regions.csv",
) -> np.ndarray:
    """Distances (region, region), own ones on the diagonal: what a border effect is relative to.

    Parameters
    ----------
    regions
        region, lon, lat, area_km2. Without `distances`: great-circle distances in km; a region's
        own is the mean distance inside a disc of its area (method section 3).
    distances
        A table origin, destination, value of all pairs of these regions, in any unit: road km,
        travel times; its file, or what :func:`distance_matrix` makes of it.

    Raises
    ------
    DataError
        Two regions at one place, a region without an area, a pair that the table does not have.
    """
    codes = regions["region"].tolist()
    if distances is not None:
        distance = _matrix(distances).reindex(index=codes, columns=codes).to_numpy(float)
        fix = (
            "give every pair of regions of a province in both directions, each region's own "
            "distance included."
        )
        where, unit = (distances if isinstance(distances, str) else "table of distances"), ""
    else:
        unit = " km"
        distance = distances_km(regions["lon"].to_numpy(float), regions["lat"].to_numpy(float))
        np.fill_diagonal(distance, own_distance_km(regions["area_km2"].to_numpy(float)))
        fix = (
            "give every region its own lon and lat and a positive area_km2, or a table of "
            "distances."
        )
    if not (distance > 0).all():
        r, s = np.argwhere(~(distance > 0))[0]
        known = "not known" if np.isnan(distance[r, s]) else f"{distance[r, s]:g}{unit}"
        raise DataError(
            f"the distance from {codes[r]} to {codes[s]} is {known}", where=where, fix=fix
        )
    return distance


def province_distances(
    regions: pd.DataFrame, distances: str | pd.DataFrame | None = None
) -> tuple[list[str], np.ndarray]:
    """Codes of all provinces, and distances between and inside them (province, province).

    A table that holds every pair of regions gives harmonic means over pairs, weighted by the people
    of both (Head and Mayer 2002): trade goes where it is near. Otherwise they are km between the
    provinces' centres, and a notice says so.
    """
    centres = province_centres(regions)
    codes = centres["province"].tolist()
    if distances is not None:
        matrix = _matrix(distances).reindex(index=regions["region"], columns=regions["region"])
        if (lost := int(matrix.isna().to_numpy().sum())) == 0:
            people = (regions["province"].to_numpy() == np.array(codes)[:, None]) * regions[
                "population"
            ].to_numpy(float)
            share = people / people.sum(axis=1, keepdims=True)
            return codes, 1 / (share @ (1 / matrix.to_numpy(float)) @ share.T)
        warn(
            where=distances if isinstance(distances, str) else "table of distances",
            what="border and distance are fitted between provinces with distances in km between "
            "their centres",
            value=f"{lost} of {matrix.size} pairs of regions of the nation are not in the table",
            expectation="every pair of regions, of different provinces too",
            effect="The table counts inside provinces alone. If it is not in km (travel times, "
            "say), give every pair of regions.",
        )
    return codes, region_distances(centres)


def _matrix(distances: str | pd.DataFrame) -> pd.DataFrame:
    return _read(distances) if isinstance(distances, str) else distances


@lru_cache(maxsize=4)
def _read(path: str) -> pd.DataFrame:
    """Read once in a job: every province, and every member of an ensemble, asks for it."""
    return distance_matrix(read_table(path), path)


def distance_matrix(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """A table origin, destination, value as a matrix (origin, destination), NaN where a pair is not
    in it.

    Raises
    ------
    DataError
        A missing column, a value that is not a number above 0, a pair given twice.
    """
    needs_columns(table, COLUMNS, where)
    table = table.assign(**{name: table[name].astype(str) for name in COLUMNS[:2]})
    name = "the distance from {origin} to {destination}"
    fix = (
        "one number above 0 for every pair; a region's own distance is a mean over trips inside it."
    )
    value = keyed_values(table, COLUMNS[:2], zero=False, name=name, where=where, fix=fix)
    return table.assign(value=value).pivot(index="origin", columns="destination", values="value")
