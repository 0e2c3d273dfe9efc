"""Headline numbers of a run under both methods (tables/methods.csv): what each method says, beside
the printed number.
"""

import numpy as np
import pandas as pd

from ...base.methods import METHODS
from .readings.evaluate import Run
from .results import COMPUTED, Missing

#: Number of the paper -> what a run calls it.
HEADLINES: dict[str, str] = {
    "T022": "footprints of the cities",
    "T037": "capital formation in footprints",
    "T025": "the ten largest cities in footprints",
    "T028": "the first quintile in footprints",
    "T035": "the last quintile in footprints",
    "T046": "per capita, first quintile",
    "T047": "per capita, second quintile",
    "T048": "per capita, last quintile",
    "T061": "footprints emitted in other cities",
    "T146": "net producers",
    "T147": "net consumers",
    "T149": "super-emitters, of any type",
    "T156": "super-emitters, demand",
    "T157": "super-emitters, technology",
    "T158": "super-emitters, hybrid",
    "T176": "saving, technology, light",
    "T178": "saving, technology, deep",
    "T180": "saving, demand, light",
    "T182": "saving, demand, deep",
    "T184": "saving, both sides added up, light",
    "T185": "saving, both sides added up, deep",
    "T193": "deficit, poorest two quintiles",
    "T197": "deficit, poorest three quintiles",
}
#: Columns of methods.csv.
COLUMNS = ("number", "quantity", "unit", "printed", *METHODS)


def methods(run: Run) -> pd.DataFrame:
    """methods.csv: every headline number under every method.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: number (id of config/paper_targets.csv), quantity, unit, printed (the
        paper's), and one a method. Blank where the run has no estimate by the method (neither the
        main one nor a variant), or no such number.
    """
    targets = run.targets.set_index("id")
    rows = []
    for number, words in HEADLINES.items():
        target = targets.loc[number]
        row = {
            "number": number,
            "quantity": words,
            "unit": target["unit"],
            "printed": float(target["value"]),
        }
        rows.append(row | {method: _value(run, method, number) for method in METHODS})
    return pd.DataFrame(rows, columns=[*COLUMNS])


def _value(run: Run, method: str, number: str) -> float:
    try:
        return float(COMPUTED[number][0](run.case({"method": method}).results))
    except Missing:
        return float(np.nan)
