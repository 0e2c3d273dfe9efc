"""A given table as files: the forms in which kind `mrio` takes it, with the lists that describe it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import scipy.io

from citymrio.base.labels import read_dataset, read_table, write_json, write_table
from citymrio.nested import NestedMRIO

#: First bytes of a MATLAB 7.3 file, in 512 bytes before the HDF5 part.
HEADER = b"MATLAB 7.3 MAT-file, written by a test".ljust(512, b"\0")


def write_matlab5(path: Path, fields: dict[str, Any], beside: dict[str, Any] | None = None) -> Path:
    """The struct MRIO as scipy writes it, and variables `beside` it."""
    scipy.io.savemat(path, {"MRIO": cell_arrays(fields)} | cell_arrays(beside or {}))
    return path


def write_matlab73(
    path: Path, fields: dict[str, Any], beside: dict[str, Any] | None = None
) -> Path:
    """The struct MRIO as MATLAB 7.3 does: HDF5 behind a header of its own, a group, axes in the
    other order; a list of texts is a cell array.
    """
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file.create_group("MRIO")
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        _write73(file, group, fields)
        _write73(file, file, beside or {})
    with path.open("r+b") as file:
        file.write(HEADER)
    return path


def _write73(file: h5py.File, group: h5py.Group, variables: dict[str, Any]) -> None:
    for name, values in variables.items():
        if isinstance(values, list):
            write_cells73(file, group, name, values)
            continue
        data = group.create_dataset(name, data=np.ascontiguousarray(np.atleast_2d(values).T))
        data.attrs["MATLAB_class"] = np.bytes_("double")


def struct_of(nested: NestedMRIO) -> dict[str, np.ndarray]:
    """The fields of the struct: Z, F, VA, IM (of all uses), EX, X; what rows leave is their error."""
    dense, data = nested.to_dense(), nested.dataset
    n, rows = nested.sectors.size, nested.shape[0]
    imports = data["imports"].values
    return {
        "Z": dense["Z"].values.reshape(rows, rows),
        "F": dense["Y"].values.reshape(rows, -1),
        "VA": data["value_added"].values.reshape(1, -1),
        "IM": np.concatenate([imports[:, :n].ravel(), imports[:, n:].ravel()])[None],
        "EX": data["exports"].values.reshape(-1, 1),
        "X": data["output"].values.reshape(-1, 1),
    }


def write_lists(results: Path, folder: Path) -> Path:
    """The lists of the nested table of a finished run, with its emissions by inventory sector."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("regions", "sectors", "final_demand", "inventory_sectors", "bridge", "benchmarks"):
        shutil.copy(results / f"dataset/{name}.csv", folder / f"{name}.csv")
    info = json.loads((results / "dataset/dataset.json").read_text(encoding="utf-8"))
    write_json({**info, "has_truth": False, "counts": {}}, folder / "dataset.json")
    inventory = read_dataset(results / "footprint/emissions.nc")
    emissions = inventory["emissions_inventory"].to_series().rename("emissions").reset_index()
    status = inventory["status"].to_series().replace("province", "observed")
    emissions = emissions.rename(columns={"inventory_sector": "sector"}).assign(
        status=emissions["region"].map(status)
    )
    write_table(emissions, folder / "emissions.csv")
    return folder


def toy() -> tuple[dict[str, np.ndarray], dict[str, pd.DataFrame]]:
    """A table of two regions, two sectors and three categories that adds up, as fields of the
    struct, and its lists.
    """
    rng = np.random.default_rng(5)
    deliveries, demand = rng.uniform(1, 3, (4, 4)), rng.uniform(5, 9, (4, 6))
    demand[:, [2, 5]] = rng.uniform(-0.2, 0.2, (4, 2))
    exports = rng.uniform(0.5, 1, 4)
    output = deliveries.sum(axis=1) + demand.sum(axis=1) + exports
    imports = np.concatenate([rng.uniform(0.1, 0.2, 4), rng.uniform(0.1, 0.2, 6)])
    fields = {
        "Z": deliveries,
        "F": demand,
        "VA": (output - deliveries.sum(axis=0) - imports[:4])[None],
        "IM": imports[None],
        "EX": exports[:, None],
    }
    place = {
        "population": 1000,
        "population_rural": 400,
        "gdp": 50,
        "lon": 10,
        "lat": 50,
        "area_km2": 100,
    }
    regions = [
        ("B", "Beta", "two"),
        ("A", "Alpha", "one"),
    ]  # the order of the table, not of the alphabet
    lists = {
        "regions": pd.DataFrame(
            [
                {
                    "region": code,
                    "name": name,
                    "name_local": "",
                    "province": land,
                    "province_name": land,
                    "kind": "city",
                    **place,
                }
                for code, name, land in regions
            ]
        ),
        "sectors": pd.DataFrame(
            {
                "sector": ["farms", "plants"],
                "name": ["Farms and food", "Plants, all of them"],
                "industry": ["primary", "secondary"],
                "kind": "goods",
                "group_a": ["agriculture", "heavy"],
                "group_b": ["agriculture", "heavy"],
                "key": [False, True],
            }
        ),
        "final_demand": pd.DataFrame(
            {
                "category": ["people", "capital", "stocks"],
                "name": ["People", "Capital", "Stocks"],
                "role": ["household", "capital", "stock_changes"],
                "residence": "all",
            }
        ),
        "emissions": pd.DataFrame(
            {
                "region": ["B", "B", "A", "A", "A"],
                "sector": ["farms", "plants", "farms", "plants", "households"],
                "emissions": [1.0, 20.0, 3.0, 40.0, 5.0],
                "status": ["observed", "modelled", "observed", "observed", "imputed"],
            }
        ),
        "dataset": pd.DataFrame(
            [
                ("name", "Toy"),
                ("year", 2020),
                ("currency", "EUR"),
                ("unit", "10^6 EUR"),
                ("usd_rate", 0.9),
            ],
            columns=["key", "value"],
        ),
    }
    return fields, lists


def write_toy_lists(folder: Path, lists: dict[str, pd.DataFrame]) -> Path:
    """Lists as a user's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in lists.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def regions_of(folder: Path) -> list[str]:
    """Codes of the regions of a folder, in their order."""
    return read_table(folder / "regions.csv")["region"].tolist()


def write_cells73(
    file: h5py.File, group: h5py.Group, name: str, rows: list[tuple[str, ...]]
) -> None:
    """A cell array of texts as MATLAB 7.3 writes it: references to letters, axes in the other
    order.
    """
    letters = file.require_group("#refs#")
    cells = np.empty((len(rows[0]), len(rows)), dtype=h5py.ref_dtype)
    for (k, j), text in np.ndenumerate(np.array(rows, dtype=object)):
        codes = np.array([*map(ord, text)], dtype=np.uint16)[:, None]
        one = letters.create_dataset(f"{name}{k}_{j}", data=codes)
        one.attrs["MATLAB_class"] = np.bytes_("char")
        cells[j, k] = one.ref
    group.create_dataset(name, data=cells).attrs["MATLAB_class"] = np.bytes_("cell")


def write_emissions(
    path: Path, matrices: dict[str, np.ndarray], texts: dict[str, list[tuple[str, ...]]]
) -> Path:
    """Stressors by sector as variables of a MATLAB file; version 7.3 where its name says so."""
    if "73" not in path.name:
        scipy.io.savemat(path, matrices | cell_arrays(texts))
        return path
    with h5py.File(path, "w", userblock_size=512) as file:
        _write73(file, file, matrices | texts)
    with path.open("r+b") as file:
        file.write(HEADER)
    return path


def cell_arrays(variables: dict[str, Any]) -> dict[str, Any]:
    """Lists of texts as scipy writes cell arrays."""
    return {
        name: np.array(of, dtype=object) if isinstance(of, list) else of
        for name, of in variables.items()
    }
