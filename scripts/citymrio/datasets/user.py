"""A country that somebody brings: a folder that already keeps the dataset contract is taken over file by file."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..config import Dataset
from ..errors import DataError
from ..labels import write_atomic

#: What a dataset may hold (docs/contracts.md); other files in the folder are left where they are.
FILES = (
    "*.csv", "dataset.json", "*.nc", "boundaries.geojson", "provinces/*.nc", "observations/*.csv", "inventory/*.csv",
    "inventory_city/*.csv", "truth/*",
)  # fmt: skip


def files(folder: str | Path) -> list[Path]:
    """The files of the contract that are in `folder`, sorted."""
    folder = Path(folder)
    return sorted(path for pattern in FILES for path in folder.glob(pattern) if path.is_file())


def build(config: Dataset, out_dir: str | Path) -> None:
    """Copy the dataset folder `config.raw_dir` to `out_dir`.

    Raises
    ------
    DataError
        No folder is named, or it has no dataset.json.
    """
    if config.raw_dir is None:
        raise DataError("dataset.raw_dir is not given", where="config", mend="name the folder that keeps docs/contracts.md.")
    source = Path(config.raw_dir)
    if not (source / "dataset.json").is_file():
        raise DataError("there is no dataset.json", where=str(source), mend="see docs/contracts.md for the files of a dataset.")
    for path in files(source):
        write_atomic(Path(out_dir) / path.relative_to(source), lambda target, path=path: shutil.copyfile(path, target))
