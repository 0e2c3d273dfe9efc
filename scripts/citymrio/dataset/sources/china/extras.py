"""Extra observations of Chinese cities: electricity by power plants, capital formation by fixed investment.

What each speaks of in a year's classification is its row of `extras.csv`: extra, quantity, sectors, category, unit, reliability,
reliability_imputed, source.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from ....base.errors import DataError
from ....base.notices import warn
from ....config.models import Dataset
from ..extras import Datum, add_up_by_region, cell_fault, listed, observed_shares, read_columns
from ..power_plants import read_plants
from ..retrieve import FIX_EXTRAS, by_role, raw_folder, read_sources, verify

#: Columns of the city panel of fixed investment (10^8 yuan).
PANEL = {"year": "year", "region": "city_code", "name": "city", "value": "fai_100m", "imputed": "fai_imputed"}
STATUS = {"false": "observed", "true": "imputed"}


def extra_observations(dataset: Dataset, lists: Any, regions: pd.DataFrame, shapes: gpd.GeoSeries) -> dict[str, pd.DataFrame]:
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
        A file is missing or altered, or does not keep its layout; the classification says nothing of an extra.
    """
    if not dataset.extras:
        return {}
    of_extras = dataset.of_extras
    sources = read_sources(of_extras.sources, dataset.extras)
    places = verify(sources, raw_folder(of_extras), FIX_EXTRAS)
    parts: dict[str, list[pd.DataFrame]] = {province: [] for province in sorted(set(regions["province"]))}
    for extra in dataset.extras:
        values = READERS[extra](by_role(sources, places, extra), dataset.year, lists, regions, shapes)
        for province, rows in observed_shares(values, datum_of(extra, lists), regions).items():
            parts[province].append(rows)
    return {province: pd.concat(tables, ignore_index=True) for province, tables in parts.items() if tables}


def info_with_extras(info: dict, dataset: Dataset, extras: dict[str, pd.DataFrame]) -> dict:
    """dataset.json with the counts, the note and the sources of the extra observations."""
    rows = pd.concat(extras.values(), ignore_index=True)
    cities = {name: rows[rows["extra"] == name] for name in dataset.extras}
    counts = {f"extras_{name}": len(table) for name, table in cities.items()}
    counts |= {f"extras_{name}_imputed": int((table["status"] == "imputed").sum()) for name, table in cities.items()}
    said = "; ".join(f"{name} of {len(table)} cities" for name, table in cities.items())
    note = f"Extra observations, used where cities.extras names them, as shares of a city in its province: {said}."
    sources = read_sources(dataset.of_extras.sources, dataset.extras)
    used = [{"file": s.file, "sha256": s.sha256, "url": s.url, "terms": s.terms} for s in sources.itertuples()]
    return {**info, "counts": info["counts"] | counts, "notes": [*info["notes"], note], "sources": info["sources"] + used}


def datum_of(extra: str, lists: Any) -> Datum:
    """What an extra speaks of, from the classification.

    Raises
    ------
    DataError
        There is no row for it.
    """
    table = lists["extras"].set_index("extra")
    if extra not in table.index:
        raise DataError(
            f"there is no row '{extra}'", where=str(lists.path("extras")), fix="say what it speaks of; see docs/china.md."
        )
    row = table.loc[extra]
    return Datum(
        extra=extra,
        **{name: row[name] for name in ("quantity", "sectors", "category", "unit", "source")},
        reliability={"observed": row["reliability"], "imputed": row["reliability_imputed"]},
    )


def _power_plants(path: Path, year: int, lists: Any, regions: pd.DataFrame, shapes: gpd.GeoSeries) -> pd.DataFrame:
    """Electricity that the plants of every region would generate, MWh a year."""
    plants = read_plants(path, lists["full_load_hours"], year=year, hours_from=str(lists.path("full_load_hours")))
    made = add_up_by_region(plants, shapes, where=str(path), what="power plants", unit="MWh")
    return pd.DataFrame({"region": made.index, "value": made.to_numpy(), "status": "observed"})


def _investment(path: Path, year: int, lists: Any, regions: pd.DataFrame, shapes: gpd.GeoSeries) -> pd.DataFrame:
    """Fixed investment of cities in a year, 10^8 yuan; codes outside the split provinces are left out.

    Raises
    ------
    DataError
        The panel says nothing of the year, a code appears twice, a value is below 0.
    """
    panel = read_columns(path, PANEL, ("year", "value"))
    panel = panel[(panel["year"] == year) & panel["value"].notna()]
    if panel.empty:
        raise DataError(
            f"there is nothing for {year}", where=str(path), fix="choose a year of the panel, or leave the extra out."
        )
    for row in panel[(panel["value"] < 0) | panel["region"].duplicated()].itertuples(index=False):
        if row.value < 0:
            raise cell_fault(path, row.row, PANEL["value"], f"{row.value:g}", "an amount of 0 or more")
        raise cell_fault(path, row.row, PANEL["region"], row.region, f"every code once in {year}")
    status = panel["imputed"].str.lower().map(STATUS)
    for row in panel[status.isna()].itertuples(index=False):
        raise cell_fault(path, row.row, PANEL["imputed"], row.imputed, "True or False")
    split = set(regions.loc[regions["kind"] != "province", "province"])
    outside = panel["region"].str[:2].isin(split) & ~panel["region"].isin(regions["region"])
    if outside.any():
        names = [f"{row.name} ({row.region})" for row in panel[outside].itertuples(index=False)]
        warn(
            where=str(path),
            what="codes of cities that are no region of the year",
            value=f"{len(names)} of {len(panel)}: {listed(names)}",
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
    return panel.assign(status=status).loc[panel["region"].isin(regions["region"]), ["region", "value", "status"]]


#: Extra -> values by region: region, value, status.
READERS: dict[str, Callable[..., pd.DataFrame]] = {"power_plants": _power_plants, "investment": _investment}
