"""A country that somebody brings: a folder in the form of the contract or as spreadsheets (CSV,
.xlsx) becomes the dataset (kind `user`). The lists of a given multi-regional table do, too (kind
`mrio`); the table itself is read by the rule given_table.
"""

import shutil
from functools import partial
from numbers import Real
from pathlib import Path

import xarray as xr

from ...base.errors import raise_faults
from ...base.labels import write_atomic, write_files, write_json, write_table
from ...config.kinds import GIVEN
from ...config.models import Dataset
from ..contract.boundaries import write_boundaries
from ..contract.checks import faults_of
from ..contract.folder import DEFAULTS, InputFolder, read_folder
from ..contract.tables import BY_PROVINCE


def build(config: Dataset, out_dir: str | Path) -> InputFolder:
    """Turn the folder `config.raw_dir` into the dataset contract in `out_dir`; nothing is written
    unless all of it is sound. What was read is returned.

    Raises
    ------
    DataError
        Every fault of its files at once.
    """
    data = read_folder(config.raw_folder, given=config.kind == GIVEN, others=[config.mrio])
    raise_faults(faults_of(data, year=config.year))
    write_contract(data, out_dir)
    return data


def write_contract(data: InputFolder, out_dir: str | Path) -> None:
    """Write a sound folder in the form of docs/contracts.md."""
    out = Path(out_dir)
    for name, table in data.tables.items():
        frame = table.frame
        if name not in BY_PROVINCE:
            write_table(frame, out / f"{name}.csv")
            continue
        province = frame["province"] if name == "inventory" else frame["region"].map(data.owner)
        for code in data.codes:
            mine = frame.loc[(province == code).to_numpy()].drop(
                columns="province", errors="ignore"
            )
            if name == "observations" or len(mine):
                write_table(mine, out / name / f"{code}.csv")
    io = {f"provinces/{code}" if code else "national": table for code, table in data.io.items()}
    write_files({name: _as_the_contract(table) for name, table in io.items()}, out)
    for path in [data.folder / "boundaries.geojson", *sorted((data.folder / "truth").glob("*"))]:
        if path.is_file():
            write = write_boundaries if path.suffix == ".geojson" else shutil.copyfile
            write_atomic(out / path.relative_to(data.folder), partial(write, path))
    kinds = data.tables["regions"].frame["kind"]
    counts = {
        "provinces": len(data.codes),
        "regions": len(kinds),
        "cities": int((kinds != "province").sum()),
        "unsplit_provinces": int((kinds == "province").sum()),
        **(
            {"observations": len(data.tables["observations"].frame)}
            if "observations" in data.tables
            else {}
        ),
    }
    write_json(
        {**DEFAULTS, **data.info, "counts": counts | data.info.get("counts", {})},
        out / "dataset.json",
    )


def _as_the_contract(table: xr.Dataset) -> xr.Dataset:
    """The table in float64, with the attributes of its own that are text or numbers: netCDF cannot
    copy others.
    """
    notes = {
        name: note
        for name, note in table.attrs.items()
        if isinstance(note, str | Real) and not str(name).startswith("_")
    }
    numbers = {name: v for name, v in table.data_vars.items() if v.dtype.kind in "iuf"}
    made = table.assign({name: v.astype("float64") for name, v in numbers.items()})
    made.attrs = notes
    return made
