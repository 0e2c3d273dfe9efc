"""The stressor that a configuration names, and those that a dataset has."""

import csv
from pathlib import Path

from ..base.errors import DataError
from ..base.vocabulary import CO2


def check_stressor(name: str, folder: str | Path) -> None:
    """Refuse a stressor (`analysis.stressor`) that the dataset in a folder does not have.

    Raises
    ------
    DataError
        With those it has.
    """
    path, known = Path(folder) / "stressors.csv", {CO2: None}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as table:
            known |= {row["stressor"]: None for row in csv.DictReader(table)}
    if name not in known:
        raise DataError(
            f"'analysis.stressor' names '{name}'; the dataset has {', '.join(known)}",
            where="configuration",
            fix="correct the name, or add its rows to the table stressors.",
        )
