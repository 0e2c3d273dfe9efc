"""One consistent set of readings for all of the paper's numbers, beside the union of readings, each
for its own number.

A joint reading takes one value of every setting, and adopts or leaves every definition, for all
numbers alike: a definition that is adopted holds for every number that has it, and no number takes
two. The union counts a number that any reading meets, so that it may take one measure of affluence
for quintiles and another one for deficits.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ..results import COMPUTED, Missing, within
from . import emitters, flows, groups, scenarios
from .chains import with_settings
from .entry import ALONE, HOUSEHOLDS, OWN_INVENTORY, Case, Number
from .evaluate import Run, readings
from .flows import OTHER_QUINTILES
from .scenarios import FALL, LARGEST
from .table import COLUMNS, JOINT, RESULT

NUMBERS: tuple[Number, ...] = tuple(
    sorted(
        (n for part in (groups, flows, emitters, scenarios) for n in part.NUMBERS),
        key=lambda number: number.target,
    )
)

#: The joint reading that brings most results of China 2012 within tolerance, of the ends of the
#: ascents of tests/benchmarks/joint_reading.py: no change of one setting brings more.
SETTINGS: dict[str, Any] = {
    "groups.affluence": "private_demand",
    "cities.emissions_enter": "output",
    "scenarios.light_benchmark": "national_inventory",
    "scenarios.consumption": "households_government",
    "scenarios.capital_target": 0.19,
}
DEFINITIONS: tuple[str, ...] = (
    "weighted by people",
    OTHER_QUINTILES,
    "of households' and capital demand",
    FALL,
    LARGEST,
    OWN_INVENTORY,
)


def all_readings(run: Run, numbers: Iterable[Number] = NUMBERS) -> pd.DataFrame:
    """readings.csv: the readings of every number, and what the joint reading makes of every result
    with a tolerance.

    Returns
    -------
    pandas.DataFrame
        :func:`.evaluate.readings` and one row for every result; there, `reading` and `needs` are
        :data:`.table.JOINT`, and `words` are the choices. No such rows where the run is not the
        paper's case, or lacks the estimate.
    """
    known = {number.target: number for number in numbers}
    table = readings(run, known.values())
    rows = joint_rows(run, known)
    return (
        pd.concat([table, pd.DataFrame(rows, columns=[*COLUMNS])], ignore_index=True)
        if rows
        else table
    )


def joint_rows(run: Run, numbers: Mapping[str, Number]) -> list[dict[str, Any]]:
    """Rows of readings.csv with the value of every judged result under the joint reading."""
    words = "; ".join([*(f"{key}: {value}" for key, value in SETTINGS.items()), *DEFINITIONS])
    targets, rows = judged(run), []
    for target, value in taken(values_under(run, numbers, SETTINGS), DEFINITIONS).items():
        told = targets.loc[target]
        paper = float(told["value"])
        row = {
            "number": target,
            "quantity": told["quantity"],
            "unit": told["unit"],
            "paper": paper,
            "reading": JOINT,
        }
        row |= {"words": words, "value": value, "ratio": value / paper if paper else np.nan}
        rows.append(
            row | {"within": within(value, paper, told["tolerance"]), "used": False, "needs": JOINT}
        )
    return rows


def judged(run: Run) -> pd.DataFrame:
    """Targets that are results with a tolerance and can be computed, by id."""
    targets = run.targets.set_index("id")
    return targets[
        targets["counts_as"].eq(RESULT)
        & targets["tolerance"].notna()
        & targets.index.isin([*COMPUTED])
    ]


def values_under(
    run: Run, numbers: Mapping[str, Number], settings: Mapping[str, Any]
) -> dict[str, dict[str, float]]:
    """Every judged number under settings, by definition ("": that of the comparison with the
    paper).

    Nothing where the run is not the paper's case, where no estimate of it has the settings, or
    where they exclude each other.
    """
    try:
        case = run.case(settings)
    except (Missing, ValueError):
        return {}
    if case.results.other_case:
        return {}
    counted = with_settings(run.config, settings).emissions.include_households
    found: dict[str, dict[str, float]] = {}
    for target in judged(run).index:
        functions: dict[str, Callable[[Case], float]] = {
            "": partial(lambda target, case: COMPUTED[target][0](case.results), target)
        }
        for reading in numbers[target].readings if target in numbers else ():
            if reading.definition == HOUSEHOLDS and reading.value and counted:
                functions[""] = reading.value
            elif reading.definition not in (*functions, HOUSEHOLDS, ALONE) and reading.value:
                functions[reading.definition] = reading.value
        for definition, function in functions.items():
            try:
                value = float(function(case))
            except Missing:
                continue
            if np.isfinite(value):
                found.setdefault(target, {})[definition] = value
    return found


def taken(values: Mapping[str, Mapping[str, float]], adopted: Sequence[str]) -> dict[str, float]:
    """The value of every number: by the definition that is adopted, else by that of the comparison
    with the paper.
    """
    chosen = {
        target: [own[name] for name in (*adopted, "") if name in own]
        for target, own in values.items()
    }
    return {target: own[0] for target, own in chosen.items() if own}
