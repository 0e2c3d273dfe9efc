"""Extra observations (docs/contracts.md, extras/<p>.csv): kept apart, and used where
`cities.extras` names them.
"""

from collections.abc import Iterable, Sequence

import pandas as pd

from ..base.errors import DataError


def with_extras(
    observations: pd.DataFrame, extras: pd.DataFrame | None, names: Sequence[str]
) -> pd.DataFrame:
    """Observations of a province and those of its extra observations that an estimate uses.

    Parameters
    ----------
    observations
        observations/<p>.csv.
    extras
        extras/<p>.csv; None where the province has none.
    names
        `cities.extras`.
    """
    if extras is None or not names:
        return observations
    used = extras[extras["extra"].isin(names)].drop(columns="extra")
    return (
        pd.concat([observations, used], ignore_index=True)
        .reindex(columns=used.columns)
        .fillna({"measure": ""})
    )


def check_names(names: Sequence[str], tables: Iterable[pd.DataFrame], where: str) -> None:
    """Refuse names of extra observations that a dataset does not have.

    Raises
    ------
    DataError
        The first such name, and those the dataset has.
    """
    known = sorted({name for table in tables for name in table["extra"]})
    if lacking := [name for name in names if name not in known]:
        raise DataError(
            f"'cities.extras' names '{lacking[0]}'; the dataset has "
            f"{', '.join(known) or 'no extra observations'}",
            where=where,
            fix="correct the name, or add its rows to extras.",
        )
