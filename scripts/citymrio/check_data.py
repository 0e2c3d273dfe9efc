"""Check a configuration and its dataset without running anything: every fault at once, grouped by file.

python -m citymrio.check_data config/mine.yaml
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from .config import Config
from .config_file import read_config
from .errors import CityMRIOError, ConfigError, DataErrors
from .folder import read_folder
from .groups import city_faults
from .schemas import faults_of


def faults_of_run(path: str | Path) -> tuple[list[CityMRIOError], str]:
    """Every fault of a configuration file and of the dataset it names, and what was checked in words."""
    try:
        config = read_config(path)
    except DataErrors as error:
        return error.faults, str(path)
    except CityMRIOError as error:
        return [error], str(path)
    kind, where = config.dataset.kind, f"{path} and the dataset of kind '{config.dataset.kind}'"
    if kind == "user":
        return _faults(config.dataset.raw_dir, config, year=config.dataset.year), f"{path} and {config.dataset.raw_dir}"
    return _made(config), where


def _faults(folder: str | Path, config: Config, year: int | None = None) -> list[CityMRIOError]:
    """Faults of a dataset folder; of a sound one, whether it has the cities that the analysis of the configuration needs."""
    data = read_folder(folder)
    return faults_of(data, year=year) or city_faults(data.tables["regions"].frame, config.groups)


def _made(config: Config) -> list[CityMRIOError]:
    """Faults of a dataset that has to be made first: it is made in a folder that goes away."""
    if config.dataset.kind == "china" and config.dataset.raw_dir is None:
        return [ConfigError("dataset.raw_dir is not given, so the raw files would have to be downloaded", where="dataset",
                            fix="name the folder of the raw files, or start the run.")]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        try:
            import_module(f"citymrio.datasets.{config.dataset.kind}").build(config.dataset, folder)
        except DataErrors as error:
            return list(error.faults)
        except CityMRIOError as error:
            return [error]
        return _faults(folder, config)


def report(faults: Sequence[CityMRIOError]) -> str:
    """All faults, grouped by file in the order in which files were first named."""
    groups: dict[str, list[CityMRIOError]] = {}
    for fault in faults:
        groups.setdefault(fault.where or "dataset", []).append(fault)
    lines = []
    for where, members in groups.items():
        lines.append(f"{where}: {len(members)} {'fault' if len(members) == 1 else 'faults'}")
        for fault in members:
            lines.append(f"  - {fault.message}")
            if fault.fix:
                lines.append(f"    fix: {fault.fix}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; exit status 1 where there is a fault."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if len(arguments) != 1:
        print("usage: python -m citymrio.check_data <configuration file> (make check-data CONFIG=...)", file=sys.stderr)
        return 2
    faults, checked = faults_of_run(arguments[0])
    if faults:
        print(report(faults))
        print(f"\n{len(faults)} {'fault' if len(faults) == 1 else 'faults'} in {checked}.")
        return 1
    print(f"{checked}: no fault.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
