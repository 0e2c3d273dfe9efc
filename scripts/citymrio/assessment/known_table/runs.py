"""A run as a known table: the true table of an invented country, or the provinces of a nation.

The folder of a run (``results/<run>``) holds a truth in one of two forms:

- ``dataset/truth/truth.nc``: the table that an invented country was made from. Its cities are
  judged in their provinces; a province of one region, and every province that is not named, is one
  outside region.
- ``provinces/mrio.nc``, where there is no such table: its provinces are judged as the cities of the
  nation; nothing is outside. What a province makes, uses and sells out of itself is printed; who
  sells to whom is an estimate of the run, unless the run was given the MRIO. That truth is itself
  an estimate (`BASES`).

Final demand is added up to households, government, capital and stock changes.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ...base.errors import DataError
from ...base.geography import province_centres
from ...base.labels import read_dataset, read_table
from ...base.tolerances import SOLVED
from ...nested import NestedMRIO
from ...provinces.mrio import TRADE_GIVEN
from .systems import System, corrections_beside
from .table import BASES, ROLES, KnownTable

TRUTH = Path("dataset/truth/truth.nc")
MRIO = Path("provinces/mrio.nc")
TABLES = ("regions", "sectors", "final_demand")
NATION = "nation"
ACCOUNTS = ("output", "value_added", "exports", "error")


def run_files(folder: str | Path) -> list[Path]:
    """The files of a run that make its known table.

    Raises
    ------
    DataError
        The run has not made them.
    """
    folder = Path(folder)
    truth = TRUTH if (folder / TRUTH).is_file() else MRIO
    files = [folder / truth, *(folder / f"dataset/{name}.csv" for name in TABLES)]
    absent = [str(path.relative_to(folder)) for path in files if not path.is_file()]
    if absent:
        raise DataError(
            f"the run has no {', '.join(absent)}",
            where=str(folder),
            fix="run it first (as far as its dataset, or its provincial MRIO), or name a .npz.",
        )
    return files


def known_run(folder: str | Path, provinces: str = "") -> KnownTable:
    """Read a run as a known table.

    Parameters
    ----------
    folder
        results/<run>.
    provinces
        Codes of the provinces whose cities are judged, joined by ";" (a run with a true table
        only); blank: all.

    Raises
    ------
    DataError
        A file is missing, a province is unknown or has no cities, a role of final demand is
        unknown.
    """
    truth, *tables = run_files(folder)
    regions, sectors, final_demand = (read_table(path) for path in tables)
    wanted = [code for code in provinces.split(";") if code]
    data = read_dataset(truth)
    if truth.name == MRIO.name:
        if wanted:
            raise DataError(
                f"provinces are named ({provinces}), but the run has no true table of its cities",
                where=str(folder),
                fix="leave them out: all provinces are judged as cities of the nation.",
            )
        places = province_centres(regions, data["province"].values.tolist()).assign(
            role="city", province=f"province {NATION}"
        )
        basis = "published" if data.attrs.get("trade") == TRADE_GIVEN else "estimated"
        data = data.rename(province="region")
    else:
        data, places = _cities(data, regions, wanted, folder)
        basis = "invented"
    return _labelled(
        Path(folder).name, data, places.assign(mapped=True), sectors, final_demand, basis
    )


def _cities(
    truth: xr.Dataset, regions: pd.DataFrame, wanted: list[str], folder: str | Path
) -> tuple[xr.Dataset, pd.DataFrame]:
    """The true table with every province that is not judged added up to one region; and the places
    of its regions.
    """
    several = regions["province"].map(regions["province"].value_counts()) > 1
    known = dict.fromkeys(regions.loc[several, "province"])
    if lost := [code for code in wanted if code not in known]:
        raise DataError(
            f"province {', '.join(lost)} has no cities to judge",
            where=str(folder),
            fix=f"name provinces of several cities: {', '.join(list(known)[:10])}.",
        )
    city = several & (regions["province"].isin(wanted) if wanted else True)
    label = regions["region"].where(city, "province " + regions["province"])
    table = NestedMRIO.from_dataset(truth).aggregate(
        regions=dict(zip(regions["region"], label, strict=True)), sectors=None
    )
    inside = regions.loc[city, ["region", "province", "lon", "lat", "area_km2", "population"]]
    inside = inside.assign(province="province " + inside["province"], role="city")
    columns = ["province", "lon", "lat", "area_km2", "population"]
    outside = province_centres(regions[~city])[columns] if (~city).any() else inside.iloc[:0]
    outside = outside.assign(
        region="province " + outside["province"],
        province="outside " + outside["province"],
        role="outside",
    )
    places = (
        pd.concat([inside, outside]).set_index("region").loc[table["region"].values].reset_index()
    )
    return table, places


def _labelled(
    name: str,
    data: xr.Dataset,
    places: pd.DataFrame,
    sectors: pd.DataFrame,
    final_demand: pd.DataFrame,
    basis: str,
) -> KnownTable:
    """The known table of a labelled one: `table` (origin, sector, destination, use), accounts
    (region, sector), imports.
    """
    codes, order = sectors["sector"].tolist(), places["region"].tolist()
    cells = (
        data["table"]
        .transpose("origin", "sector", "destination", "use")
        .sel(origin=order, destination=order, sector=codes)
    )
    roles = final_demand.groupby("role", sort=False)["category"].agg(list)
    held = [category for category in ROLES if ROLES[category] in roles]
    final = np.stack(
        [cells.sel(use=roles[ROLES[category]]).sum("use").values for category in held], axis=-1
    )
    z = cells.sel(use=codes).values
    account = {
        n: data[n].transpose("region", "sector").sel(region=order, sector=codes).values
        for n in ACCOUNTS
    }
    imports = data["imports"].transpose("region", "use").sel(region=order, use=codes).values
    columns = z.sum(axis=(0, 1)) + imports + account["value_added"]
    rows = z.sum(axis=(2, 3)) + final.sum(axis=(2, 3)) + account["exports"] + account["error"]
    for what, total in (("columns", columns), ("rows", rows)):
        gap = float(np.abs(total - account["output"]).max() / account["output"].mean())
        if gap > SOLVED:
            raise DataError(
                f"{what} miss output by up to {gap:.2g} of its mean",
                where=name,
                fix="make the run anew.",
            )
    merged = [f"{' and '.join(roles[ROLES[c]])} are {c}" for c in held if len(roles[ROLES[c]]) > 1]
    notes = [BASES[basis], *(f"final demand: {text}" for text in merged)]
    marks = {
        "primary": sectors["industry"].eq("primary"),
        "energy": sectors["group_a"].eq("energy"),
    }
    return KnownTable(
        name,
        places[["region", "lon", "lat", "role", "province", "mapped", "area_km2", "population"]],
        sectors[["sector", "name", "kind", "industry"]].assign(**marks).reset_index(drop=True),
        tuple(held),
        z,
        final,
        account["output"],
        account["value_added"],
        imports,
        account["exports"],
        account["error"],
        tuple(notes),
        basis,
    )


def true_tables(system: System) -> list[str]:
    """The files of the truth: those of a run, or a known table with its corrections."""
    if system.is_run:
        return [str(path) for path in run_files(system.truth)]
    return [system.truth, *map(str, corrections_beside(system.truth))]
