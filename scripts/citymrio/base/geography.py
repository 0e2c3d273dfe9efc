"""Where regions lie and who lives there: great-circle distances, centres of provinces, neighbours,
people.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

EARTH_RADIUS_KM = 6371.0088


def distances_km(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Great-circle distances (haversine), shape (n, n), km; the diagonal is 0."""
    lam, phi = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    half = (
        np.sin((phi[:, None] - phi) / 2) ** 2
        + np.cos(phi[:, None]) * np.cos(phi) * np.sin((lam[:, None] - lam) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


def own_distance_km(area_km2: np.ndarray) -> np.ndarray:
    """Mean distance inside a disc of the region's area, 2/3 sqrt(area / pi) (method section 3)."""
    return 2 / 3 * np.sqrt(np.asarray(area_km2, float) / np.pi)


def province_centres(regions: pd.DataFrame, codes: Sequence[str] | None = None) -> pd.DataFrame:
    """One row per province: population-weighted centre, area, population (rural, too), gdp.

    Parameters
    ----------
    regions
        regions.csv.
    codes
        Provinces in the order that is wanted; all, sorted, where it is not given.
    """
    of, sums = (
        regions["province"].to_numpy(object),
        ["area_km2", "population", "population_rural", "gdp"],
    )
    values = {name: regions[name].to_numpy(float) for name in ("lon", "lat", *sums)}
    rows = []
    for code in sorted(set(of)) if codes is None else codes:
        here = of == code
        weight = values["population"][here] / np.nansum(values["population"][here])
        centre = [float(np.nansum(values[name][here] * weight)) for name in ("lon", "lat")]
        rows.append((code, *centre, *(float(np.nansum(values[name][here])) for name in sums), code))
    return pd.DataFrame(rows, columns=["province", "lon", "lat", *sums, "region"])


def neighbours(
    centres: pd.DataFrame, among: Collection[str], count: int = 3
) -> dict[str, list[str]]:
    """For each province the nearest `count` of those `among` which to choose."""
    distance = distances_km(centres["lon"].to_numpy(), centres["lat"].to_numpy())
    codes = centres["province"].tolist()
    order = np.argsort(distance, kind="stable")
    return {
        p: [codes[k] for k in order[n] if k != n and codes[k] in among][:count]
        for n, p in enumerate(codes)
    }


def people_of(
    table: pd.DataFrame | Mapping[str, np.ndarray], role: str, residence: str
) -> np.ndarray:
    """People whose demand a category of final demand is: the rural or urban ones for households of
    a residence, else all.

    Parameters
    ----------
    table
        `population` and `population_rural` of regions or provinces, in any order.
    role, residence
        Of the category, as in final_demand.csv.
    """
    everyone, rural = (np.asarray(table[n], float) for n in ("population", "population_rural"))
    if role != "household":
        return everyone
    return {"rural": rural, "urban": everyone - rural}.get(residence, everyone)
