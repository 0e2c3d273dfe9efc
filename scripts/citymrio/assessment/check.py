"""The check before a run: the dataset's own checks, then the run tried in memory
(docs/bring-your-own-data.md, section 4).

``citymrio check config/mine.yaml``, or ``make check-data CONFIG=config/mine.yaml``.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..analysis.affluence import is_city
from ..config.kinds import GIVEN
from ..config.models import Config
from ..dataset import check as dataset_check
from ..dataset.check import Checked
from ..dataset.dataset import DatasetFolder
from .trial import trial, trial_of_given


def check_run(path: str | Path) -> Checked:
    """Check a configuration file, the dataset it names, and the run that it describes."""
    return dataset_check.check_run(path, _try)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; exit status 1 where there is a fault."""
    return dataset_check.main(arguments, _try)


def _try(folder: str, config: Config, checked: Checked) -> None:
    """Try the run on the dataset in `folder`."""
    if config.dataset.kind == GIVEN:
        tried = trial_of_given(folder, config)
    else:
        dataset = DatasetFolder.read(folder)
        checked.modelled = list(modelled(dataset, config))
        tried = trial(dataset, config)
    checked.faults += tried.faults
    checked.warnings += [notice for notice in tried.warnings if notice not in checked.warnings]
    checked.untried = tried.untried


def modelled(dataset: DatasetFolder, config: Config) -> Iterator[str]:
    """What the run estimates for want of data, one line each."""
    regions, known = (
        dataset.tables["regions"],
        pd.concat(dataset.observations.values(), ignore_index=True),
    )
    cities = set(regions.loc[is_city(regions), "region"])
    if dataset.national is None:
        yield "national totals: those of the provinces, for want of a national table"
    if config.dataset.mrio is None and len(dataset.codes) > 1:
        given = (
            "as `provinces.trade_known` has it where it is known"
            if config.provinces.trade_known
            else "by entropy"
        )
        yield f"trade between provinces: who sells to whom, {given}"
        for names in (("exports", "imports"), ("outflow", "inflow")):
            lacking = [
                code
                for code in dataset.codes
                if any(np.isnan(dataset.provinces[code][name]).all() for name in names)
            ]
            if lacking:
                yield (
                    f"{' and '.join(names)} of {_listed(lacking)}: the net of the other pair, "
                    "split as neighbours split it"
                )
    several = (
        set(regions.loc[regions["province"].map(regions["province"].value_counts()) > 1, "region"])
        & cities
    )
    for quantity, rule in (
        ("output", "shares in value added"),
        ("value_added", "the province's ratios to output"),
        ("exports", "the supply of cities"),
        ("imports", "the use of cities"),
        ("final_demand", f"the rule `{config.cities.demand}`"),
        ("emissions", "the province's intensities"),
    ):
        told = (
            set(
                known.loc[known["quantity"].eq(quantity) & known["status"].eq("observed"), "region"]
            )
            & several
        )
        if several - told:
            yield (
                f"{quantity.replace('_', ' ')} of {_counted(len(several - told))} of "
                f"{len(several)}: by {rule}"
            )
    own = dataset.inventory_city
    by_sector = set() if own is None else set(own.loc[own["case"].eq(1), "region"])
    if several - by_sector:
        yield (
            f"emissions by sector of {_counted(len(several - by_sector))} of {len(several)}: "
            "by output, whatever the total"
        )
    imputed = known[known["status"].ne("observed")]
    for quantity, rows in imputed.groupby("quantity"):
        yield (
            f"{quantity.replace('_', ' ')}: {len(rows)} data are imputed or modelled already "
            "in the dataset"
        )
    if several:
        yield "tables of cities, and trade between cities: by entropy"


def _listed(codes: Sequence[str], most: int = 5) -> str:
    return ", ".join(codes[:most]) + (
        f" and {len(codes) - most} more provinces" if len(codes) > most else ""
    )


def _counted(count: int) -> str:
    return f"{count} {'city' if count == 1 else 'cities'}"
