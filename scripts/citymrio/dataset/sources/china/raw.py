"""The raw files of a Chinese year read whole: every fault of all of them at once, cells corrected
by `corrections.csv`.

A national table that prints home products and imports apart (non-competitive) is brought to the
common layout. It has two rows of every sector: what is made at home, with output at its end, and
what is imported, with imports at its end. The sum of both is total use. Where it prints one column
for several categories of final demand (all consumption), the column is split in the proportions of
the provincial tables, product by product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ....base.errors import CityMRIOError, DataError, DataErrors, raise_faults
from ....config.models import Dataset
from ...cells import read_csv
from ...contract.corrections import Corrections, FileCorrections
from ...contract.io_tables import closed_table
from ...contract.tables import FOREIGN_TRADE, read_table_cells
from ...printed_trade import Completed, complete_trade
from ...sums import printed_step, reconcile
from ..retrieve import by_role
from .cities import read_census, read_value_added
from .coded import MONEY, CodedSheet, locate_table
from .emissions import read_city_emissions, read_national_inventory, read_provincial_inventories
from .tables import io_table, negative_use, printed_sums, read_io_table

BLOCKS = ("output", "imports")


def is_split(layout: pd.DataFrame) -> bool:
    """Whether a layout describes a table of two blocks: its last column is named
    `output;imports`.
    """
    return bool((layout.name == ";".join(BLOCKS)).any())


def read_split_table(
    path: str | Path,
    *,
    sectors: list[str],
    categories: list[str],
    layout: pd.DataFrame,
    year: int,
    shares: pd.DataFrame,
    names: Mapping[str, Sequence[str]] | None = None,
    corrections: FileCorrections | None = None,
) -> xr.Dataset:
    """Read a table of two blocks; variables as `read_io_table` without outflow, inflow; `error` is
    what the table leaves open.

    Identities, each within 1 unit: in both blocks, use + exports = last column; over both, use +
    value added = total input.

    Parameters
    ----------
    layout
        As for `read_io_table`; a `final_demand` column may name several categories joined by ";",
        the column named `output;imports` ends the rows of both blocks.
    shares
        (sector, category): proportions in which joint columns are split, any positive scale.
    names
        Names of every sector, to be compared with those beside the codes.
    corrections
        Lines of corrections.csv for the file: what they leave open in a row is part of `error`,
        columns must add up.

    Raises
    ------
    DataError
        No sheet with the codes, the wrong year; every cell that is not a number or below 0, every
        sum that does not hold.
    """
    coded = locate_table(
        path, sectors, layout, year=year, blocks=len(BLOCKS), names=names, corrections=corrections
    )
    columns = layout[(layout.axis == "column") & (layout.role != "sector")]
    demand = [
        (c, name.split(";"))
        for c, name, role in zip(columns.code, columns.name, columns.role, strict=True)
        if role == "final_demand"
    ]
    given = [name for _, parts in demand for name in parts]
    if sorted(given) != sorted(categories):
        raise DataError(
            f"the layout gives {', '.join(given)}; expected {', '.join(categories)}",
            where="io_layout.csv",
            fix="name every category once, joint columns with ';'.",
        )
    of_name = dict(zip(layout.name, layout.code, strict=True))
    items = sorted(layout.code[(layout.axis == "row") & (layout.role == "value_added")])
    rows = {0: sectors, 1: [f"{sector}#2" for sector in sectors]}
    blocks = {k: _block(coded, rows[k], sectors, [c for c, _ in demand], of_name) for k in rows}
    value_added = coded.block(items, sectors)
    raise_faults(coded.faults)
    printed = {
        k: _block(coded.printed or coded, rows[k], sectors, [c for c, _ in demand], of_name)
        for k in rows
    }
    _check_sums(coded, of_name, rows, (blocks, printed), value_added, items)
    use, final, exports, ends = (
        {k: block[part] for k, block in blocks.items()} for part in range(4)
    )
    total, final_total = use[0] + use[1], final[0] + final[1]
    split = np.column_stack(
        [
            final_total[:, j] * _proportions(shares, parts, sectors)[name]
            for j, (_, parts) in enumerate(demand)
            for name in parts
        ]
    )
    ordered = split[:, [given.index(category) for category in categories]]
    every = np.hstack([total, ordered])
    ex = exports[0] + exports[1]
    flows = {
        "exports": ex,
        "imports": ends[1],
        "error": ends[0] - (every.sum(axis=1) + ex - ends[1]),
        "output": ends[0],
    }
    called = dict(zip(layout.code, layout.name, strict=True))
    labels = {
        "sector": sectors,
        "use": [*sectors, *categories],
        "item": [called[item] for item in items],
    }
    table = io_table(every, value_added, flows, labels, "total use, imports included")
    return closed_table(table, coded.sheet.where(), printed_step(printed[0][0]))


Block = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _block(
    coded: CodedSheet,
    rows: list[str],
    sectors: list[str],
    demand: list[str],
    of_name: Mapping[str, str],
) -> Block:
    """Inputs (sector, sector), final demand (sector, column), exports and the last column (sector,)
    of one block.
    """
    exports, ends = (
        coded.block(rows, [of_name[name]])[:, 0] for name in ("exports", ";".join(BLOCKS))
    )
    return coded.block(rows, sectors), coded.block(rows, demand), exports, ends


def _check_sums(
    coded: CodedSheet,
    of_name: Mapping[str, str],
    rows: Mapping[int, list[str]],
    blocks: tuple[Mapping[int, Block], Mapping[int, Block]],
    value_added: np.ndarray,
    items: list[str],
) -> None:
    """Signs and identities of a printed table, all at once.

    `blocks`: those of home products (0) and imports (1), as corrected and as printed.
    """
    sectors = rows[0]
    count, width = len(sectors), len(sectors) + blocks[0][0][1].shape[1] + 1
    total = [part[0][0] + part[1][0] for part in blocks]
    added, output = value_added.sum(axis=0), blocks[0][0][3]
    faults: list[CityMRIOError] = []
    sums = []
    for k, block in rows.items():
        faults += negative_use(coded, sectors, blocks[0][k][0], items, block)
        inputs = [part[k][0].sum(axis=1) for part in blocks]
        ends = [part[k][0].sum(axis=1) + part[k][1].sum(axis=1) + part[k][2] for part in blocks]
        for what, name, sides, numbers in (
            ("intermediate use in total", "intermediate_use", inputs, count),
            (BLOCKS[k], ";".join(BLOCKS), ends, width),
        ):
            cells = [(row, of_name[name]) for row in block]
            sums.append(printed_sums(coded, what, cells, sides, numbers))
    inputs = [part.sum(axis=0) for part in total]
    for what, name, sides, numbers in (
        ("intermediate input in total", "intermediate_input", inputs, 2 * count),
        ("total input", "input", [inputs[0] + added], 2 * count + len(value_added)),
        ("total input", "input", [output], 1),
    ):
        cells = [(of_name[name], sector) for sector in sectors]
        sums.append(printed_sums(coded, what, cells, sides, numbers))
    reconcile(sums, printed_step(blocks[1][0][0]), coded.sheet.where(), faults)


def _proportions(shares: pd.DataFrame, names: list[str], sectors: list[str]) -> pd.DataFrame:
    """Shares of categories in their sum by sector; those of all sectors together where a sector has
    none.
    """
    if len(names) == 1:
        return pd.DataFrame({names[0]: np.ones(len(sectors))})
    part = shares.loc[sectors, names]
    if (part < 0).any(axis=None):
        sector = (part < 0).any(axis=1).idxmax()
        raise DataError(
            f"the provinces' {' or '.join(names)} is negative in sector {sector}",
            where="provincial tables",
            fix="a joint column cannot be split in negative proportions: give its categories "
            "apart.",
        )
    total = part.sum(axis=1)
    share = part.div(total.where(total > 0), axis=0).fillna(part.sum() / part.sum().sum())
    return share.reset_index(drop=True)


def category_totals(tables: dict[str, xr.Dataset], categories: list[str]) -> pd.DataFrame:
    """Final demand of all provinces by product and category (sector, category)."""
    return sum(
        table.total_use.sel(use=categories).to_pandas() for _, table in sorted(tables.items())
    )


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
        CO2 by province; of the nation; totals of cities by printed name and year. The last two may
        be absent.
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
        optional[role] = (
            None if path is None else faults.of(read, path, corrections=raw.of(role), **options)
        )
    raise_faults(faults or corrections.unused())
    known, unsound = _foreign_trade(lists.folder / "foreign_trade.csv")
    places = {code: str(raw.path("provincial_io", code)) for code in tables}
    done = (
        complete_trade(tables, national, known, places)
        if not unsound
        else Completed(tables, faults=unsound)
    )
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
    """The input-output table of every province by code, and the nation's, if the sources list has
    one.
    """
    layout = lists["io_layout"]
    options: dict[str, Any] = {
        "sectors": list(lists["sectors"].sector),
        "categories": list(lists["final_demand"].category),
        "year": dataset.year,
        "names": _sector_names(lists["sectors"]),
    }
    names = {
        row.province: (row.name_local, row.name)
        for row in lists.country("provinces").itertuples(index=False)
    }
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
    if any(
        table is None for table in tables.values()
    ):  # joint columns are split as the provinces split them
        return tables, None
    return tables, faults.of(
        read_split_table, path, shares=category_totals(tables, options["categories"]), **options
    )


def _sector_names(sectors: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Names of every sector in the languages there are."""
    columns = [sectors[column].fillna("") for column in ("name", "name_local") if column in sectors]
    return {
        sector: tuple(filter(None, found))
        for sector, *found in zip(sectors.sector, *columns, strict=True)
    }
