"""The raw files of a Chinese year read whole: every fault of all of them at once, cells corrected
by `corrections.csv`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ....base.errors import CityMRIOError, gather_faults, raise_faults
from ....config.models import Dataset
from ...contract.corrections import NAME, Corrections
from ...printed_trade import complete_trade
from ..raw_files import RawFiles
from .cities import read_census, read_value_added
from .coded import MONEY
from .emissions import read_city_emissions, read_inventories
from .tables import is_split, read_io_table


@dataclass(frozen=True)
class RawData:
    """What the raw files hold.

    Attributes
    ----------
    tables, national
        Input-output tables of the provinces by code, and of the nation.
    panel, census
        Value added of cities; population.
    inventories, national_inventory, city_totals
        CO2 by province; of the nation; totals of cities by printed name and year. The last two may
        be absent.
    notes
        What dataset.json is to say of corrections and of trade.
    corrections
        The lines that were applied.
    """

    tables: dict[str, xr.Dataset]
    national: xr.Dataset | None
    panel: pd.DataFrame
    census: pd.DataFrame
    inventories: dict[str, pd.DataFrame]
    national_inventory: pd.DataFrame | None
    city_totals: pd.DataFrame | None
    notes: list[str]
    corrections: pd.DataFrame


def read_raw(
    dataset: Dataset,
    sources: pd.DataFrame,
    paths: dict[str, Path],
    lists: Any,
    provinces: pd.DataFrame,
) -> RawData:
    """Read the raw files of a year.

    Parameters
    ----------
    sources, paths
        The sources list, and where its files lie, checked.
    lists
        The classification.
    provinces
        Its provinces, sorted.

    Raises
    ------
    DataError
        Every fault of every file.
    """
    faults, year = list[CityMRIOError](), dataset.year
    corrections = Corrections(lists.folder / NAME)
    with gather_faults(faults):
        corrections = Corrections.read(lists.folder / NAME)
    raw = RawFiles(sources, paths, corrections)
    coded = {"sectors": lists["inventory_sectors"], "fuels": lists["fuels"]}
    tables, national = _io_tables(dataset, raw, lists, provinces, faults)
    with gather_faults(faults):
        panel = read_value_added(
            raw.path("value_added_cities"),
            year=year,
            nested_units=lists["nested_units"],
            corrections=raw.of("value_added_cities"),
        )
    with gather_faults(faults):
        census = read_census(raw.path("population_cities"))
    with gather_faults(faults):
        named = zip(provinces.province, provinces.inventory_sheet, strict=True)
        inventories = read_inventories(
            raw.path("inventory_provinces"),
            {province: f"{name}{year}" for province, name in named if name},
            corrections=raw.of("inventory_provinces"),
            **coded,
        )
    nation = totals = None
    if (path := raw.optional("inventory_nation")) is not None:
        with gather_faults(faults):
            lines = raw.of("inventory_nation")
            table = read_inventories(path, {"": str(year)}, corrections=lines, **coded)[""]
            nation = table.groupby("inventory_sector", sort=False, as_index=False)[
                "emissions"
            ].sum()
    if (path := raw.optional("emissions_cities")) is not None:
        with gather_faults(faults):
            totals = read_city_emissions(path, year=year, corrections=raw.of("emissions_cities"))
    raise_faults(faults or corrections.unused())
    places = {code: str(raw.path("provincial_io", code)) for code in tables}
    done = complete_trade(tables, national, lists.optional("foreign_trade"), places)
    raise_faults(done.faults)
    for table in done.tables.values():
        for flow in ("exports", "imports", "outflow", "inflow"):
            if flow not in table:
                table[flow] = xr.full_like(table["output"], np.nan).assign_attrs(
                    units=MONEY, long_name=flow
                )
    return RawData(
        done.tables,
        national,
        panel,
        census,
        inventories,
        nation,
        totals,
        [*corrections.say(), *done.notes],
        corrections.table(),
    )


def _io_tables(
    dataset: Dataset,
    raw: RawFiles,
    lists: Any,
    provinces: pd.DataFrame,
    faults: list[CityMRIOError],
) -> tuple[dict[str, xr.Dataset], xr.Dataset | None]:
    """The input-output table of every province by code, and the nation's, if the sources list has
    one.
    """
    layout, categories = lists["io_layout"], list(lists["final_demand"].category)
    options: dict[str, Any] = {
        "sectors": _sector_names(lists["sectors"]), "categories": categories, "year": dataset.year
    }  # fmt: skip
    known = pd.concat([lists.country("provinces"), provinces])
    names = dict(zip(known.province, zip(known.name_local, known.name, strict=True), strict=True))
    tables = dict[str, xr.Dataset]()
    for province in provinces.province:
        own = layout[layout.table == province]  # a table that is laid out in its own way
        with gather_faults(faults):
            tables[province] = read_io_table(
                raw.path("provincial_io", province),
                layout=own if len(own) else layout[layout.table == "province"],
                title=names[province],
                others=tuple(n for code, own in names.items() if code != province for n in own),
                corrections=raw.of("provincial_io", province),
                **options,
            )
    path, layout = raw.optional("national_io"), layout[layout.table == "nation"]
    # joint columns are split as the provinces split them
    if path is None or (is_split(layout) and len(tables) < len(provinces)):
        return tables, None
    national = None
    with gather_faults(faults):
        use = (table.total_use.sel(use=categories) for _, table in sorted(tables.items()))
        shares = sum(part.to_pandas() for part in use) if is_split(layout) else None
        options |= {"layout": layout, "corrections": raw.of("national_io"), "shares": shares}
        national = read_io_table(path, **options)
    return tables, national


def _sector_names(sectors: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Names of every sector in the languages there are."""
    columns = [sectors[column].fillna("") for column in ("name", "name_local") if column in sectors]
    return {
        sector: tuple(filter(None, found))
        for sector, *found in zip(sectors.sector, *columns, strict=True)
    }
