"""The dataset contract as one object: what the whole chain in memory needs (docs/contracts.md,
dataset/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import xarray as xr

from ..base.errors import CityMRIOError
from ..base.labels import read_dataset, read_json, read_table
from ..config.models import Config
from .extras import check_names, with_extras

TABLES = (
    "regions",
    "sectors",
    "final_demand",
    "inventory_sectors",
    "bridge",
    "fuels",
    "benchmarks",
)


@dataclass(frozen=True)
class DatasetFolder:
    """A dataset folder read whole.

    Attributes
    ----------
    tables
        regions, sectors, final_demand, inventory_sectors, bridge, fuels, benchmarks.
    provinces, national
        Provincial tables by code, and the national one where there is one.
    observations, inventory
        By province; observations with the extra ones that were asked for.
    inventory_city, inventory_national
        Where the dataset has them, else None.
    info
        dataset.json.
    folder
        Where it lies; None for one that was made in memory.
    """

    tables: dict[str, pd.DataFrame]
    provinces: dict[str, xr.Dataset]
    national: xr.Dataset | None
    observations: dict[str, pd.DataFrame]
    inventory: dict[str, pd.DataFrame]
    inventory_city: pd.DataFrame | None
    inventory_national: pd.DataFrame | None
    info: dict
    folder: Path | None = None

    @classmethod
    def read(cls, folder: str | Path, extras: Sequence[str] = ()) -> DatasetFolder:
        """Read every file of the contract that is there, and the extra observations named in
        `extras`.

        Raises
        ------
        DataError
            The dataset has no extra observations of a name.
        """
        folder = Path(folder)
        tables = {name: read_table(folder / f"{name}.csv") for name in TABLES}
        codes = sorted(tables["regions"]["province"].unique())
        cities = [read_table(path) for path in sorted(folder.glob("inventory_city/*.csv"))]
        further = (
            {path.stem: read_table(path) for path in sorted(folder.glob("extras/*.csv"))}
            if extras
            else {}
        )
        check_names(extras, further.values(), str(folder))
        national, emissions = folder / "national.nc", folder / "inventory_national.csv"
        return cls(
            tables=tables,
            provinces={p: read_dataset(folder / f"provinces/{p}.nc") for p in codes},
            national=read_dataset(national) if national.exists() else None,
            observations={
                p: with_extras(read_table(folder / f"observations/{p}.csv"), further.get(p), extras)
                for p in codes
            },
            inventory={
                p: read_table(path)
                for p in codes
                if (path := folder / f"inventory/{p}.csv").exists()
            },
            inventory_city=pd.concat(cities, ignore_index=True) if cities else None,
            inventory_national=read_table(emissions) if emissions.exists() else None,
            info=read_json(folder / "dataset.json"),
            folder=folder,
        )

    @cached_property
    def observed(self) -> pd.DataFrame:
        """All observations, province by province."""
        return pd.concat([self.observations[code] for code in self.codes], ignore_index=True)

    @property
    def codes(self) -> list[str]:
        """Province codes, sorted."""
        return sorted(self.provinces)


def check_read(dataset: object, config: object) -> None:
    """Refuse paths and dicts where a dataset and a configuration that were read are expected."""
    for name, value, kind, reader in (
        ("dataset", dataset, DatasetFolder, "DatasetFolder.read(folder)"),
        ("config", config, Config, "read_config(file)"),
    ):
        if not isinstance(value, kind):
            raise CityMRIOError(
                f"{value!r:.60} is of type {type(value).__name__}; expected {kind.__name__}",
                where=name,
                fix=f"read it by cm.{reader}",
            )
