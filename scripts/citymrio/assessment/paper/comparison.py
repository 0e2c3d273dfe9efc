"""The paper's printed numbers beside a run's (paper_comparison.csv): for comparing, never for
tuning.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...base.errors import DataError
from .results import COMPUTED, NOT_COMPUTED, Missing, Results

#: Columns of paper_comparison.csv.
COLUMNS = (
    "id",
    "place",
    "quantity",
    "unit",
    "kind",
    "counts_as",
    "paper",
    "ours",
    "ratio",
    "tolerance",
    "within",
    "comparable",
    "weight",
    "note",
)

#: Relative difference up to which two numbers are equal: the round-off of sums.
EQUAL = 1e-9


def compare(
    targets: pd.DataFrame, tables: Mapping[str, pd.DataFrame], info: Mapping
) -> pd.DataFrame:
    """Every target beside what the run gives.

    Parameters
    ----------
    targets
        Rows of config/paper_targets.csv: id, place, quantity, value, unit, kind, counts_as,
        tolerance, note.
    tables
        Tables of the run by name: regions, quintiles, flows_groups, va_per_emission, va_dependence,
        intercity_cities, clusters, parameters, scenarios, quota, deficits, intensities, and of the
        dataset: sectors, fuels, inventory_sectors.
    info
        dataset.json: `name`, `synthetic`, `year`.

    Returns
    -------
    pandas.DataFrame
        One row per target, in order. `ours` is blank where a run cannot give the number, and `note`
        says why. `comparable` is true only for a number of a run on real data of the paper's
        country and year; `within` says whether it lies within the target's tolerance (blank without
        one). `weight` is low for numbers read off a figure.

    Raises
    ------
    DataError
        A target that is neither computed nor has a reason not to be.
    """
    results = Results(tables=tables, info=info)
    rows = []
    for target in targets.itertuples():
        ours, note = _value(target, results)
        paper = float(target.value)
        known = np.isfinite(ours)
        if known:
            note = _join(results.other_case, note)
        own_note = target.note if isinstance(target.note, str) else ""
        rows.append(
            {
                "id": target.id,
                "place": target.place,
                "quantity": target.quantity,
                "unit": target.unit,
                "kind": target.kind,
                "counts_as": target.counts_as,
                "paper": paper,
                "ours": ours,
                "ratio": ours / paper if known and paper != 0 else np.nan,
                "tolerance": target.tolerance if isinstance(target.tolerance, str) else "",
                "within": within(ours, paper, target.tolerance) if known else "",
                "comparable": bool(known and not results.other_case),
                "weight": "low" if target.kind == "figure" else "normal",
                "note": _join(note, own_note),
            }
        )
    return pd.DataFrame(rows, columns=[*COLUMNS])


def _value(target: Any, results: Results) -> tuple[float, str]:
    if target.id in NOT_COMPUTED:
        return np.nan, f"not computed: {NOT_COMPUTED[target.id]}"
    if target.id not in COMPUTED:
        raise DataError(
            f"target {target.id} ({target.quantity}) is neither computed nor explained",
            where="config/paper_targets.csv",
            fix="add it to COMPUTED or NOT_COMPUTED in citymrio/assessment/paper/results.py.",
        )
    function, note = COMPUTED[target.id]
    try:
        value = float(function(results))
    except Missing as reason:
        return np.nan, f"not computed: {reason}"
    if not np.isfinite(value):
        return np.nan, _join("not computed: no number in this run (empty group or no flow)", note)
    return value, note


def within(ours: float, paper: float, tolerance: object) -> str:
    """Whether a value lies within the tolerance of the paper's: ``true`` or ``false``; blank
    without a tolerance.

    "2%" is relative, "exact" equal, a bare number in the target's unit.
    """
    if not isinstance(tolerance, str) or not tolerance:
        return ""
    if tolerance == "exact":
        return str(bool(np.isclose(ours, paper, rtol=EQUAL, atol=0))).lower()
    if tolerance.endswith("%"):
        return str(bool(abs(ours - paper) <= float(tolerance[:-1]) / 100 * abs(paper))).lower()
    return str(bool(abs(ours - paper) <= float(tolerance))).lower()


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
