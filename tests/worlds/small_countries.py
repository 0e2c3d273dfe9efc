"""The toy and the tiny country in memory, and the chain on them up to the audit."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import xarray as xr

from citymrio.assessment.audit import audit
from citymrio.chain.estimate import Estimate, estimate
from citymrio.config.models import Config, Dataset, load_config
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources import template, user
from citymrio.dataset.sources.synthetic import build as synthetic


@cache
def toy() -> DatasetFolder:
    """Two provinces, five cities, four sectors (`make dataset-template`)."""
    with tempfile.TemporaryDirectory() as folder:
        template.write_template(Path(folder, "template"))
        user.build(
            Dataset(kind="user", raw_dir=str(Path(folder, "template/example")), year=2020),
            Path(folder, "toy"),
        )
        return DatasetFolder.read(Path(folder, "toy"))


@cache
def tiny() -> DatasetFolder:
    """The synthetic country of `config/tiny.yaml`: five provinces, 14 cities, eight sectors."""
    with tempfile.TemporaryDirectory() as folder:
        synthetic.build(Dataset(size="tiny"), folder)
        return DatasetFolder.read(folder)


def audited(dataset: DatasetFolder, **values) -> tuple[Estimate, pd.DataFrame]:
    """One estimate with these keys of the configuration, and its audit."""
    config = load_config(values)
    result = estimate(dataset, config)
    return result, audit_of(result, config)


def audit_of(result: Estimate, config: Config) -> pd.DataFrame:
    """The audit of an estimate."""
    return audit(
        result.nested,
        result.mrio,
        result.system,
        result.accounts,
        result.footprints,
        config.audit.tolerance,
    )


def failed(table: pd.DataFrame) -> list[str]:
    """Invariants that fail, in words."""
    return [
        f"{row.invariant}: {row.max_rel:.2g} at {row.where}"
        for row in table[~table["passed"]].itertuples()
    ]


def with_employers(dataset: DatasetFolder, sector: str) -> DatasetFolder:
    """The country with a sector without inputs: value added is all of its output, its inputs go to
    households.
    """

    def changed(table: xr.Dataset) -> xr.Dataset:
        table = table.copy(deep=True)
        use, added = table["total_use"], table["value_added"]
        use.loc[{"use": "households"}] = use.sel(use="households") + use.sel(use=sector)
        use.loc[{"use": sector}] = 0.0
        items = added.sel(sector=sector)
        added.loc[{"sector": sector}] = items * (
            table["output"].sel(sector=sector) / items.sum("item")
        )
        return table

    provinces = {code: changed(table) for code, table in dataset.provinces.items()}
    return replace(dataset, provinces=provinces, national=changed(dataset.national))
