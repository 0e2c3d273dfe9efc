"""A dataset from input-output tables of regions: the raw files, read as the lists of the
classification folder say.

The classification folder holds `files`, `layout` and `regions` (docs/tables-of-regions.md) and, in
the form of kind `user`, all tables of the contract that are not made from the raw files: dataset,
sectors, final_demand, inventories, bridge, fuels, benchmarks.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa
import xarray as xr

from ....base.errors import DataError, raise_faults, reason, warn
from ....base.labels import array
from ....config.models import Dataset
from ...cells import Cells
from ...contract.boundaries import areas
from ...contract.checks import faults_of
from ...contract.corrections import NAME, Corrections
from ...contract.folder import InputFolder
from ...contract.io_tables import closed_table, with_signs_in_stocks
from ...contract.tables import OBSERVATIONS, REGIONS, Table, read_list, read_table_cells
from ..polygons import measures, simplify, write_geojson
from ..raw_files import RawFiles, as_listed
from ..retrieve import read_sources, verify
from ..user import write_contract
from .accounts import Accounts, accounts, provincial
from .blocks import Blocks, read_blocks
from .lists import BOUNDARIES, FIX, LISTS, PLACES, Layout, read_lists

#: How far an account of a region is to be trusted, 0 to 1, as it is printed or with a part that was
#: estimated: declared.
RELIABILITY = {"imputed": 0.6, "observed": 0.9}
#: Share of an account from which a part that was estimated makes it imputed.
IMPUTED_FROM = 0.01


def build(config: Dataset, out_dir: str | Path) -> None:
    """Write the dataset (docs/contracts.md, `dataset/`) from raw tables of regions.

    Raises
    ------
    DataError
        A raw file is missing or altered, a list is not sound, a table does not keep its layout, or
        the dataset made from them breaks the contract: every fault with its place.
    """
    folder, out = Path(config.classification), Path(out_dir)
    sources = read_sources(config.sources)
    paths = verify(sources, config.raw_folder)
    data = read_lists(folder)
    raise_faults(list(data.faults))
    listed, files, entries = (
        read_list(folder / f"{name}.csv", LISTS[name]) for name in ("regions", "files", "layout")
    )
    frame = listed.frame.sort_values(["province", "region"], kind="stable")
    regions = Table(frame.reset_index(drop=True), [listed.places[k] for k in frame.index])
    categories = data.column("final_demand", "category")
    layout = Layout.of(entries, data.column("sectors", "sector"), categories)
    corrections = Corrections.from_table(folder / NAME, data.tables.get("corrections"))
    raw = RawFiles(sources, paths, corrections)
    blocks = read_blocks(raw, files, layout, regions, categories, config.year)
    raise_faults(corrections.unused("a file of the sources list, or `file!region`"))
    places = _places(raw, files, regions, out)
    given = _table(
        REGIONS,
        _regions(regions, places, blocks),
        regions.where,
        [number for _, number in regions.places],
    )
    found = accounts(
        blocks,
        given.frame,
        str(paths[sources.file[sources.role == next(iter(blocks.uses))].iloc[0]]),
    )
    data.tables["regions"] = given
    rows = _observations(blocks, found, data, config)
    data.tables["observations"] = _table(OBSERVATIONS, rows, "observations (from the raw tables)")
    stock = data.stocks[0]
    for code, members in given.frame.groupby("province").indices.items():
        place = f"province {code} (sum of its regions)"
        table = _province(blocks, provincial(found, members), members, data.info["unit"])
        data.io[code] = closed_table(with_signs_in_stocks(table, stock, place), place, blocks.step)
        data.io_places[code] = place
    path = out / "boundaries.geojson"
    data.boundaries = path if path.exists() else None
    data.info["sources"] = as_listed(sources)
    data.info["notes"] = [
        *data.info["notes"],
        *_notes(blocks, found, data, config),
        *corrections.say(),
    ]
    raise_faults(faults_of(data, year=config.year))
    write_contract(data, out)


def _places(raw: RawFiles, files: Table, regions: Table, out: Path) -> pd.DataFrame | None:
    """lon, lat, area of every region from its polygons, which are written to `out`; None where
    there are no polygons.
    """
    path = raw.optional(BOUNDARIES)
    if path is None:
        return None
    described = files.frame[files.frame["role"] == BOUNDARIES]
    if len(described) != 1:
        raise DataError(
            f"{len(described)} rows have the role '{BOUNDARIES}'; expected one",
            where=files.where,
            fix=FIX,
        )
    entry = described.iloc[0]
    try:
        table = gpd.read_file(path, **({"layer": entry["row"]} if entry["row"] else {}))
    except Exception as error:  # the driver's own words
        raise DataError(
            f"its polygons cannot be read ({reason(error)})", where=str(path), fix=FIX
        ) from error
    name = entry["region"]
    if name not in table:
        there = ", ".join(column for column in table.columns if column != "geometry")
        raise DataError(
            f"no property '{name}' (there are: {there})",
            where=str(path),
            fix="correct 'region' in files.csv.",
        )
    table = (table.set_crs("EPSG:4326") if table.crs is None else table.to_crs("EPSG:4326")).assign(
        known=table[name].map(str)
    )
    shapes = {}
    for row, region in enumerate(regions.frame.to_dict("records")):
        wanted = [part.strip() for part in (region["polygon"] or region["printed"]).split(";")]
        for part in wanted:
            if part not in set(table["known"]):
                raise regions.fault(row, f"there is no polygon '{part}' in {path.name}", FIX)
        shapes[region["region"]] = areas(
            table.loc[table["known"].isin(wanted), "geometry"].make_valid().union_all()
        )
    shapes = gpd.GeoSeries(shapes, crs="EPSG:4326").rename_axis("region")
    write_geojson(simplify(shapes), out / "boundaries.geojson")
    return measures(shapes).loc[regions.frame["region"]].reset_index(drop=True)


def _regions(regions: Table, places: pd.DataFrame | None, blocks: Blocks) -> pd.DataFrame:
    """regions.csv of the contract: GDP is the value added of the tables, places are those of the
    polygons or of the list.
    """
    frame = regions.frame.copy()
    for name in PLACES:
        if places is not None:
            frame[name] = places[name]
        elif frame[name].isna().all():
            raise DataError(
                f"column '{name}' is missing, and there are no polygons",
                where=regions.where,
                fix=f"add the columns {', '.join(PLACES)}, or a file of role {BOUNDARIES}.",
            )
    alone = ~frame["province"].duplicated(keep=False)
    frame["kind"] = frame["kind"].mask(frame["kind"] == "", np.where(alone, "municipality", "city"))
    frame["gdp"] = blocks.value_added.sum(axis=(1, 2))
    return frame[[*REGIONS.columns]]


def _table(
    schema: pa.DataFrameSchema, frame: pd.DataFrame, where: str, numbers: list[int] | None = None
) -> Table:
    """A table made here as one that was read.

    Raises
    ------
    DataError
        Every fault of its form.
    """
    rows = [[None if cell == "" else cell for cell in row] for row in frame.itertuples(index=False)]
    cells = Cells(where, [*frame.columns], rows, numbers or [*range(2, len(rows) + 2)])
    table, faults = read_table_cells([(cells, {})], schema)
    raise_faults(faults)
    return table


def _observations(
    blocks: Blocks, found: Accounts, data: InputFolder, config: Dataset
) -> pd.DataFrame:
    """What `dataset.observations` names of every region, one datum a row; negative amounts are left
    out with a warning.
    """
    unit = data.info["unit"]
    values = {
        "output": blocks.output,
        "value_added": blocks.value_added.sum(axis=1),
        "exports": found.exports,
        "imports": found.imports,
    }
    count, n = blocks.output.shape
    filled = np.repeat(np.isin(blocks.regions, [*blocks.filled])[:, None], n, axis=1)

    def rows(
        quantity: str, amounts: np.ndarray, category: str = "", guessed: np.ndarray | None = None
    ) -> pd.DataFrame:
        status = np.where(filled if guessed is None else filled | guessed, *RELIABILITY)
        return pd.DataFrame(
            {
                "region": np.repeat(blocks.regions, n),
                "quantity": quantity,
                "sectors": np.tile(blocks.sectors, count),
                "category": category,
                "value": amounts.ravel(),
                "status": status.ravel(),
            }
        )

    moved = {"exports": found.moved > IMPUTED_FROM * found.exports}
    asked = [name for name in values if name in config.observations]
    demand = data.tables["final_demand"].frame
    parts = [rows(name, values[name], guessed=moved.get(name)) for name in asked]
    parts += [
        rows("final_demand", found.total_use[:, :, n + k], category)
        for k, category in enumerate(demand["category"])
        if "final_demand" in config.observations and demand["role"].iloc[k] != "stock_changes"
    ]
    columns = ["region", "quantity", "sectors", "category", "value", "status"]
    frame = pd.concat(parts or [pd.DataFrame(columns=columns)], ignore_index=True)
    left_out = (frame["value"] < 0) & frame["quantity"].ne("final_demand")
    negative, frame = frame[left_out], frame[~left_out]
    frame = frame.assign(unit=unit, source="tables of the region")
    if len(negative):
        lowest = negative.loc[negative["value"].idxmin()]
        warn(
            where="observations (from the raw tables)",
            what="negative accounts are not told as observations",
            value=f"{len(negative)}, the lowest {lowest['value']:.6g} ({lowest['quantity']} of "
            f"{lowest['sectors']} in {lowest['region']})",
            expectation="amounts of at least 0",
            effect="The estimate does not know them; its own are those of the other data.",
        )
    frame["reliability"] = frame["status"].map(RELIABILITY)
    return frame[[name for name in OBSERVATIONS.columns if name in frame]]


def _province(
    blocks: Blocks, parts: dict[str, np.ndarray], members: np.ndarray, unit: str
) -> xr.Dataset:
    """The table of a province (docs/contracts.md, provinces/<p>.nc)."""
    return xr.Dataset(
        {
            "value_added": array(
                blocks.value_added[members].sum(axis=0), ("item", "sector"), unit, "value added"
            ),
            "output": array(blocks.output[members].sum(axis=0), ("sector",), unit, "output"),
            **{
                name: array(values, ("sector", "use")[: values.ndim], unit, name.replace("_", " "))
                for name, values in parts.items()
            },
        },
        coords={
            "sector": blocks.sectors,
            "use": [*blocks.sectors, *blocks.categories],
            "item": blocks.items,
        },
    )


def _notes(blocks: Blocks, found: Accounts, data: InputFolder, config: Dataset) -> list[str]:
    """What is printed, netted and estimated, in plain words."""
    unit, regions = data.info["unit"], data.tables["regions"].frame
    told = ", ".join(name.replace("_", " ") for name in config.observations) or "nothing"
    several = int(regions["province"].duplicated(keep=False).sum())
    notes = (
        (True, f"Of every region the estimate is told: {told} (dataset.observations)."),
        (
            found.reexports,
            f"Re-exports, {found.reexports:.6g} {unit}, are in neither exports nor imports: "
            "foreign products that are sold abroad again without being used.",
        ),
        (
            found.transit,
            f"Modelled: products of other regions that a region exports, {found.transit:.6g} "
            f"{unit}, are exports of the regions that made them, by estimated trade between "
            "regions.",
        ),
        (
            several,
            f"Modelled: the trade of {several} regions with others of their own province, which "
            "is left out of the province's outflow and inflow. The tables print what a region "
            "sells to and buys from all others, not to and from whom: trade between regions is "
            "estimated from these sums with a gravity reference.",
        ),
        (
            found.gap > 0,
            f"What regions sell to one another differs from what they buy by {found.gap:.6g} "
            f"{unit} over all products: sales are brought to purchases, the error account takes "
            "the difference.",
        ),
        *(
            (
                True,
                f"Item '{item}' below final demand, {value:.6g} {unit}, is in no account: uses "
                "are without it.",
            )
            for item, value in blocks.set_aside.items()
        ),
    )
    return [note for holds, note in notes if holds]
