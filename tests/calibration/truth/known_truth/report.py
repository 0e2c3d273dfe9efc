"""The experiment from files to tables: accuracy.csv, priors.csv, and what they rest on."""

from pathlib import Path

import pandas as pd

from citymrio.base.errors import DataError, warn
from citymrio.base.files import sha256_of
from citymrio.base.labels import read_table
from citymrio.trade.priors.table import COLUMNS, LEAST

from .as_dataset import CASES, stressor_of
from .observed_trade import trade_experiment
from .run import accuracy, adopt_priors, outside_priors
from .systems import FILES, TRUTHS, System
from .table import BASES, KnownTable, in_groups, known_run, read_known_table, true_tables


def priors_for(table: KnownTable, fit: str = "") -> tuple[pd.DataFrame | None, str]:
    """Priors of the calibrated method and, in words, what they are fitted on: a table of priors
    (`fit`, priors.csv of another system), else the outside regions of the table itself; None, with
    a warning, where nothing is at hand.

    Raises
    ------
    DataError
        `fit` is a known table, or no table of priors.
    """
    if not fit:
        codes = table.regions.loc[~table.is_city & table.regions["mapped"], "region"]
        if len(codes) < LEAST:
            warn(
                where=table.name,
                what="the method `calibrated` is left out: its priors cannot be fitted on this "
                "table",
                value=f"{len(codes)} outside regions with coordinates",
                expectation=f"at least {LEAST}, or FIT=file",
                effect="Only methods that need no priors from elsewhere are scored.",
            )
            return (
                None,
                f"nothing: {len(codes)} outside regions with coordinates; the method is left out",
            )
        return outside_priors(
            table
        ), f"the outside regions of the same table ({', '.join(codes)}); no city enters"
    if fit.endswith(".npz"):
        raise DataError(
            "is a known table; expected a table of priors",
            where=Path(fit).name,
            fix="run make truth on it, and give FIT=results/truth/<its name>/priors.csv.",
        )
    return adopt_priors(
        read_table(fit), table, Path(fit).name
    ), f"the table of priors {Path(fit).name}"


def read_system(system: System) -> KnownTable:
    """The known table of a system, from its file or from the folder of a run, its cities in random
    provinces where it says so.
    """
    if system.is_run:
        table = known_run(system.truth, system.provinces)
    else:
        sectors = read_table(system.sectors) if system.sectors else None
        table = read_known_table(system.truth, read_table(system.regions), sectors)
    return in_groups(table, int(system.groups), int(system.seed or 1)) if system.groups else table


def truth_files(system: System) -> list[str]:
    """Every file that an experiment on a system reads."""
    return [*true_tables(system), *filter(None, (getattr(system, name) for name in FILES))]


def experiment(system: System) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Run all methods on one system of known truth.

    Returns
    -------
    accuracy
        case, method, quantity, group, value, skill, difference, low, high.
    priors
        The priors of the calibrated method.
    about
        What the numbers rest on: files with sha256, what was fitted on what, notes on the table,
        meaning of the quantities.
    """
    if system.is_trade:
        return trade_experiment(system)
    table = read_system(system)
    priors, source = priors_for(table, system.fit)
    result, deltas = accuracy(table, priors)
    about = {
        "table": table.name,
        "title": system.title or table.name,
        "truth": f"{BASES[table.basis]}; {TRUTHS[system.trade]}",
        "trade": system.trade,
        "basis": table.basis,
        "cities": table.regions.loc[table.is_city, "region"].tolist(),
        "outside": table.regions.loc[~table.is_city, "region"].tolist(),
        "provinces": sorted(set(table.regions.loc[table.is_city, "province"])),
        "sectors": {
            kind: int((table.sectors["kind"] == kind).sum()) for kind in ("goods", "services")
        },
        "calibrated_is_fitted_on": source,
        "told": {
            name: f"{case.words}; the provinces' table; coordinates" for name, case in CASES.items()
        },
        "flq_delta": deltas,
        "stressor": stressor_of(table)[1],
        "skill": "1 - error / smallest error of the competitors; a level has none",
        "blank": "the method says nothing about this quantity",
        "notes": list(table.notes),
        "sha256": {Path(f).name: sha256_of(f) for f in truth_files(system)},
    }
    return result, pd.DataFrame(columns=COLUMNS) if priors is None else priors, about
