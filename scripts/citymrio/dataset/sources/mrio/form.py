"""A given table in memory, before it is balanced: what every reader of a form fills in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ....base.errors import DataError

#: Roles of accounts.csv that are columns of final demand.
OUTSIDE = ("exports", "error")


@dataclass(frozen=True)
class Lists:
    """What the dataset says of the table: the order in which it is kept, and the names that its
    labels may have.

    Attributes
    ----------
    regions, sectors, categories
        Codes, in the order of the lists.
    names
        Name of a list (`regions`, `sectors`, `categories`) -> code -> name.
    roles
        Label of a row of the factor inputs or of a column of final demand -> its role
        (accounts.csv); None without the list.
    """

    regions: list[str]
    sectors: list[str]
    categories: list[str]
    names: dict[str, dict[str, str]]
    roles: dict[str, str] | None = None

    @classmethod
    def of(
        cls,
        regions: pd.DataFrame,
        sectors: pd.DataFrame,
        final_demand: pd.DataFrame,
        accounts: pd.DataFrame | None = None,
    ) -> Lists:
        """The lists of a dataset; `accounts` is accounts.csv."""
        tables = {
            "regions": (regions, "region"),
            "sectors": (sectors, "sector"),
            "categories": (final_demand, "category"),
        }
        codes = {name: table[key].astype(str).tolist() for name, (table, key) in tables.items()}
        names = {
            name: dict(zip(codes[name], table["name"].astype(str), strict=True))
            for name, (table, _) in tables.items()
        }
        roles = (
            None
            if accounts is None or accounts.empty
            else dict(zip(accounts["name"], accounts["role"], strict=True))
        )
        return cls(**codes, names=names, roles=roles)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(R, n, R, n + K) of the cells."""
        count, n = len(self.regions), len(self.sectors)
        return count, n, count, n + len(self.categories)

    def positions(self, labels: Sequence[str], kind: str, where: str) -> np.ndarray:
        """Positions of the table's labels in a list, by code or by name; -1 for a label that is in
        neither.

        Raises
        ------
        DataError
            Two codes of the list have the label as their name.
        """
        codes = getattr(self, kind)
        place = {code: k for k, code in enumerate(codes)}
        named: dict[str, list[int]] = {}
        for code, name in self.names[kind].items():
            named.setdefault(name, []).append(place[code])
        found = []
        for label in map(str, labels):
            at = [place[label]] if label in place else named.get(label, [])
            if len(at) > 1:
                both = ", ".join(codes[k] for k in at)
                raise DataError(
                    f"the label '{label}' is the name of {both}",
                    where=where,
                    fix="use the codes as labels, or names that differ.",
                )
            found.append(at[0] if at else -1)
        return np.array(found, dtype=int)

    def factor_role(self, label: str, where: str) -> str:
        """Role of a row of the factor inputs: value_added, imports or unused."""
        if self.roles is None:
            return {"imports": "imports", "column error": "unused"}.get(
                label.strip().lower(), "value_added"
            )
        role = self.roles.get(label)
        if role in (None, *OUTSIDE):
            known = (
                ", ".join(name for name, its in self.roles.items() if its not in OUTSIDE) or "none"
            )
            raise DataError(
                f"the factor input '{label}' is not in accounts.csv (rows there: {known})",
                where=where,
                fix="add it with the role value_added, imports or unused.",
            )
        return role

    def outside_role(self, label: str) -> str:
        """Role of a column of final demand that is none of a region: exports, error, or "" where
        the label is neither.
        """
        if self.roles is None:
            return label if label in OUTSIDE else ""
        role = self.roles.get(label, "")
        return role if role in OUTSIDE else ""


@dataclass
class RawTable:
    """What a file says, in the order of the lists; R regions, n sectors, C = n + K columns of a
    region, money.

    Attributes
    ----------
    cells
        (R, n, R, C): what sector i of region r delivers to column c of region s.
    exports, error
        (R, n).
    imports
        (R, C); 0 where the file has none.
    output, value_added
        (R, n), None where the file has none.
    where
        The file or folder.
    """

    cells: np.ndarray
    exports: np.ndarray
    error: np.ndarray
    imports: np.ndarray
    where: str
    output: np.ndarray | None = None
    value_added: np.ndarray | None = None

    @classmethod
    def empty(cls, lists: Lists, where: str) -> RawTable:
        """A table without a number."""
        shape = lists.shape
        return cls(
            np.zeros(shape),
            np.zeros(shape[:2]),
            np.zeros(shape[:2]),
            np.zeros((shape[0], shape[3])),
            where,
        )
