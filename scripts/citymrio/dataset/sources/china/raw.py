"""The raw files of a Chinese year read whole: every fault of all of them at once, cells corrected by `corrections.csv`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ....base.errors import CityMRIOError, DataErrors, raise_faults
from ....config.models import Dataset
from ...cells import read_csv
from ...contract.corrections import Corrections, FileCorrections
from ...contract.tables import FOREIGN_TRADE, read_table_cells
from ...printed_trade import Completed, complete_trade
from ..retrieve import by_role
from .cities import read_census, read_value_added
from .coded import MONEY
from .emissions import read_city_emissions, read_national_inventory, read_provincial_inventories
from .split_tables import category_totals, is_split, read_split_table
from .tables import read_io_table


@dataclass(frozen=True)
class RawFiles:
    """The files of a sources list: where they lie, and the corrections of their cells."""

    sources: pd.DataFrame
    paths: dict[str, Path]
    corrections: Corrections

    def path(self, role: str, province: str = "", *, optional: bool = False) -> Path | None:
        """The one file of a role (and province); see `retrieve.by_role`."""
        return by_role(self.sources, self.paths, role, province=province, optional=optional)

    def of(self, role: str, province: str = "") -> FileCorrections:
        """Corrections of that file, under its name or the code of its province."""
        row = (self.sources.role == role) & (self.sources.province == province)
        return self.corrections.of(*filter(None, [province, *self.sources.file[row]]))


@dataclass(frozen=True)
class RawData:
    """What the raw files hold.

    Attributes
    ----------
    tables, national
        Input-output tables of the provinces by code, and of the nation.
    foreign_trade
        The table of that name in the classification folder, if there is one.
    panel, census
        Value added of cities; population.
    inventories, national_inventory, city_totals
        CO2 by province; of the nation; totals of cities by printed name and year. The last two may be absent.
    notes
        What dataset.json is to say of corrections and of trade.
    corrections
        The lines that were applied.
    """

    tables: dict[str, xr.Dataset]
    national: xr.Dataset | None
    foreign_trade: pd.DataFrame | None
    panel: pd.DataFrame
    census: pd.DataFrame
    inventories: dict[str, pd.DataFrame]
    national_inventory: pd.DataFrame | None
    city_totals: pd.DataFrame | None
    notes: list[str]
    corrections: pd.DataFrame


class _Faults(list[CityMRIOError]):
    """Faults of several readers."""

    def of(self, read: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """What a reader returns; None where it fails, and its faults are kept."""
        try:
            return read(*arguments, **options)
        except DataErrors as error:
            self.extend(error.faults)
        except CityMRIOError as error:
            self.append(error)
        return None


def read_raw(dataset: Dataset, sources: pd.DataFrame, paths: dict[str, Path], lists: Any, provinces: pd.DataFrame) -> RawData:
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
    faults, year = _Faults(), dataset.year
    corrections, problems = Corrections.read(lists.folder / "corrections.csv")
    faults.extend(problems)
    raw = RawFiles(sources, paths, corrections)
    coded = {"year": year, "sectors": lists["inventory_sectors"], "fuels": lists["fuels"]}
    tables, national = _io_tables(dataset, raw, lists, provinces, faults)
    panel = faults.of(
        read_value_added,
        raw.path("value_added_cities"),
        year=year,
        nested_units=lists["nested_units"],
        corrections=raw.of("value_added_cities"),
    )
    census = faults.of(read_census, raw.path("population_cities"))
    inventories = faults.of(
        read_provincial_inventories,
        raw.path("inventory_provinces"),
        provinces=provinces,
        corrections=raw.of("inventory_provinces"),
        **coded,
    )
    optional: dict[str, pd.DataFrame | None] = {}
    for role, read, options in (
        ("inventory_nation", read_national_inventory, coded),
        ("emissions_cities", read_city_emissions, {"year": year}),
    ):
        path = raw.path(role, optional=True)
        optional[role] = None if path is None else faults.of(read, path, corrections=raw.of(role), **options)
    raise_faults(faults or corrections.unused())
    known, problems = _foreign_trade(lists.folder / "foreign_trade.csv")
    places = {code: str(raw.path("provincial_io", code)) for code in tables}
    done = complete_trade(tables, national, known, places) if not problems else Completed(tables, faults=problems)
    raise_faults(done.faults)
    for table in done.tables.values():
        for flow in ("exports", "imports", "outflow", "inflow"):
            if flow not in table:
                table[flow] = xr.full_like(table["output"], np.nan).assign_attrs(units=MONEY, long_name=flow)
    return RawData(
        done.tables,
        national,
        known,
        panel,
        census,
        inventories,
        optional["inventory_nation"],
        optional["emissions_cities"],
        [*corrections.say(), *done.notes],
        corrections.table(),
    )


def _foreign_trade(path: Path) -> tuple[pd.DataFrame | None, list[CityMRIOError]]:
    """The table of provinces' exports and imports, None without one, and its faults."""
    if not path.exists():
        return None, []
    table, faults = read_table_cells([(read_csv(path), {})], FOREIGN_TRADE)
    return table.frame, [*faults]


def _io_tables(
    dataset: Dataset, raw: RawFiles, lists: Any, provinces: pd.DataFrame, faults: _Faults
) -> tuple[dict[str, xr.Dataset], xr.Dataset | None]:
    """The input-output table of every province by code, and the nation's, if the sources list has one."""
    layout = lists["io_layout"]
    options = {
        "sectors": list(lists["sectors"].sector),
        "categories": list(lists["final_demand"].category),
        "year": dataset.year,
        "names": _sector_names(lists["sectors"]),
    }
    names = {row.province: (row.name_local, row.name) for row in lists.country("provinces").itertuples(index=False)}
    names |= {row.province: (row.name_local, row.name) for row in provinces.itertuples(index=False)}
    tables = {}
    for province in provinces.province:
        own = layout[layout.table == province]  # a table that is laid out in its own way
        others = tuple(name for code, both in names.items() if code != province for name in both)
        tables[province] = faults.of(
            read_io_table,
            raw.path("provincial_io", province),
            layout=own if len(own) else layout[layout.table == "province"],
            title=names[province],
            others=others,
            corrections=raw.of("provincial_io", province),
            **options,
        )
    path, layout = raw.path("national_io", optional=True), layout[layout.table == "nation"]
    if path is None:
        return tables, None
    options |= {"layout": layout, "corrections": raw.of("national_io")}
    if not is_split(layout):
        return tables, faults.of(read_io_table, path, **options)
    if any(table is None for table in tables.values()):  # joint columns are split as the provinces split them
        return tables, None
    return tables, faults.of(read_split_table, path, shares=category_totals(tables, options["categories"]), **options)


def _sector_names(sectors: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Names of every sector in the languages there are."""
    columns = [sectors[column].fillna("") for column in ("name", "name_local") if column in sectors]
    return {sector: tuple(filter(None, found)) for sector, *found in zip(sectors.sector, *columns, strict=True)}
