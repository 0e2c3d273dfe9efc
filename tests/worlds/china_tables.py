"""Real input-output tables of China, read from the shared data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import xarray as xr

from citymrio.dataset.sources.china.tables import read_io_table

CLASSIFICATION = Path(__file__).parents[2] / "config/classification"


def real_table(path: Path, year: int, kind: str, *title: str) -> xr.Dataset:
    """A table in the layout of 2012 (`kind`: province or nation)."""
    lists = CLASSIFICATION / "china2012"
    layout = pd.read_csv(lists / "io_layout.csv", dtype=str)
    sectors, categories = (
        pd.read_csv(lists / f"{name}.csv", dtype=str).iloc[:, 0].tolist()
        for name in ("sectors", "final_demand")
    )
    return read_io_table(
        path,
        sectors=dict.fromkeys(sectors, ()),
        categories=categories,
        year=year,
        title=title,
        layout=layout[layout["table"].eq(kind)],
    )


def provincial_tables(folder: Path, year: int) -> Iterator[tuple[str, xr.Dataset]]:
    """Code and table of every province."""
    names = pd.read_csv(
        CLASSIFICATION / "china/provinces.csv", dtype=str, keep_default_na=False
    ).set_index("province")["name_local"]
    for province, name in names.items():
        yield province, real_table(folder / f"{province}0000.xls", year, "province", name)
