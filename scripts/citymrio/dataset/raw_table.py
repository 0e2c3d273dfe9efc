"""A multi-regional table as a file prints it: what every reader of a form fills in, and how it is
closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..base.errors import CityMRIOError, DataError, first_names, gather_faults, raise_faults, warn
from .sums import NAMED, both_sides, cell_faults, printed_step, reconcile

if TYPE_CHECKING:
    from .contract.corrections import Correction, FileCorrections

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
    stocks
        Categories of stock changes.
    """

    regions: list[str]
    sectors: list[str]
    categories: list[str]
    names: dict[str, dict[str, str]]
    roles: dict[str, str] | None = None
    stocks: tuple[str, ...] = ()

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
        stocks = tuple(final_demand.loc[final_demand["role"] == "stock_changes", "category"])
        return cls(**codes, names=names, roles=roles, stocks=stocks)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(R, n, R, n + K) of the cells."""
        count, n = len(self.regions), len(self.sectors)
        return count, n, count, n + len(self.categories)

    def place(self, flat: int) -> str:
        """What a message calls a sector of a region, by its flat position."""
        region, sector = divmod(flat, len(self.sectors))
        return f"region {self.regions[region]}, sector {self.sectors[sector]}"

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
        role = label if self.roles is None else self.roles.get(label, "")
        return role if role in OUTSIDE else ""


#: What a sector that makes nothing may buy and sell, as a share of the mean output: round-off.
GHOST = 1e-6
#: Accounts of a table, as columns of corrections.csv call them.
ACCOUNTS = ("exports", "error", "output", "value_added", "imports")


@dataclass(frozen=True)
class GivenTable:
    """A table whose rows and columns close; R regions, n sectors, C = n + K columns of a region,
    money.

    Rows: cells + exports + error = output. Columns: inputs + imports + value added + column error =
    output.

    Attributes
    ----------
    cells
        (R, n, R, C): what sector i of region r delivers to column c of region s.
    accounts
        exports, error, output, value_added, column_error (R, n), imports (R, C).
    """

    cells: np.ndarray
    accounts: dict[str, np.ndarray]

    def labelled(self, lists: Lists, final_demand: pd.DataFrame, unit: str) -> dict[str, Any]:
        """The table with its labels, as :func:`citymrio.nested.nest.given_nested` takes it."""
        return {
            "cells": self.cells,
            "accounts": self.accounts,
            "regions": lists.regions,
            "sectors": lists.sectors,
            "roles": dict(zip(lists.categories, final_demand["role"], strict=True)),
            "unit": unit,
        }


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
    where
        The file or folder.
    output, value_added
        (R, n), None where the file has none.
    address
        `row` or `column`, and the flat position of a sector -> its place in the file; None where
        the file has labels alone.
    """

    cells: np.ndarray
    exports: np.ndarray
    error: np.ndarray
    imports: np.ndarray
    where: str
    output: np.ndarray | None = None
    value_added: np.ndarray | None = None
    address: Callable[[str, int], str] | None = None

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

    @property
    def step(self) -> float:
        """Unit of the last digit that the table is printed to; 0 where it is not rounded."""
        return printed_step(*self.cells[..., : self.cells.shape[1]])

    def closed(
        self,
        lists: Lists,
        tolerance: float,
        corrections: FileCorrections | None = None,
        *,
        column_account: str = "the account column_error",
    ) -> GivenTable:
        """The table with its cells corrected, ghosts carried as stock changes, and what its sums
        miss in `error` (rows) and `column_error` (columns).

        A ghost is a sector with an output below 0 that buys nothing and sells nothing, to the last
        digit: the fall of a stock alone, or round-off. Its output and value added are 0, the fall
        stays in stock changes.

        Parameters
        ----------
        tolerance
            A gap of up to this share of an output is booked, whatever the table is printed to
            (`provinces.err_tol`).
        column_account
            What a warning calls the place of what columns miss.

        Raises
        ------
        DataError
            A correction that fits no cell, a value that is not finite; every output below 0 and
            every sum that misses by more.
        """
        if corrections:
            raise_faults(self.correct(lists, corrections))
        raise_faults([*self._not_finite(lists)])
        step, n = self.step, len(lists.sectors)
        delivered = self.cells.sum(axis=(2, 3)) + self.exports + self.error
        output = delivered.copy() if self.output is None else self.output.copy()
        bought = self.imports[:, :n].copy()
        for cells in self.cells:  # one origin at a time: no copy of the cells
            bought += cells[:, :, :n].sum(axis=0)
        faults, ghosts = self._ghosts(lists, output, bought, step, corrections)
        carried = np.where(ghosts, -output, 0.0)
        delivered, output = delivered + carried, output + carried
        if self.value_added is not None:
            value_added = np.where(ghosts, 0.0, self.value_added)
        else:
            value_added = output - bought
            warn(
                where=self.where,
                what="value added is not given",
                value="no row of factor inputs is value added",
                expectation="value added by sector and region",
                effect="It is what closes the columns: output less inputs less imports.",
            )
        sums = both_sides(
            (delivered, self.cells[0, 0].size + 2),
            (bought + value_added, output.size + 2),
            output,
            lambda side, k: (
                f"{self.address(side, k) if self.address else lists.place(k)}: the {side}"
            ),
            lambda side, k, gap: self._line(
                lists, corrections, k, {"row": "error", "column": "value_added"}[side], gap
            ),
            booked=("the account error", column_account),
            shares=(tolerance, tolerance),
        )
        reconcile(sums, step, self.where, faults)
        self._say_negative(lists)
        accounts = {
            "exports": self.exports,
            "error": self.error + carried + (output - delivered),
            "output": output,
            "value_added": value_added,
            "column_error": output - bought - value_added,
            "imports": self.imports,
        }
        return GivenTable(self.cells, accounts)

    def _line(
        self, lists: Lists, lines: FileCorrections | None, flat: int, name: str, change: float
    ) -> str:
        """The line of corrections.csv that adds an amount to the account of a sector."""
        if lines is None or not lines.names:
            return "correct the table."
        region, sector = divmod(flat, len(lists.sectors))
        values = getattr(self, name)
        printed = 0.0 if values is None else values[region, sector]
        label = f"{lists.regions[region]}/{lists.sectors[sector]}"
        why = "does not add up" if name != "output" else "an output below 0"
        return lines.proposal([(label, name, f"{printed:.15g}", f"{printed + change:.15g}", why)])

    def correct(self, lists: Lists, lines: FileCorrections) -> list[CityMRIOError]:
        """Put corrected numbers in their cells (`region/sector` or `region/category`, and for the
        accounts their name as column); a fault for every line that fits none. Lines that were
        applied already are left alone.
        """
        uses = [*lists.sectors, *lists.categories]

        def at(line: Correction, label: str, codes: list[str]) -> tuple[int, int]:
            region, _, other = label.partition("/")
            if region not in lists.regions or other not in codes:
                raise line.fault(f"'{label}' is no region/sector of {self.where}")
            return lists.regions.index(region), codes.index(other)

        faults: list[CityMRIOError] = []
        for line in [line for line in lines.lines if line not in lines.whole.applied]:
            account = line.column in ACCOUNTS
            with gather_faults(faults):
                codes = uses if line.column == "imports" else lists.sectors
                place: tuple[int, ...] = at(line, line.row, codes)
                if not account:
                    place = (*place, *at(line, line.column, uses))
                values = getattr(self, line.column) if account else self.cells
                if values is None:
                    raise line.fault(f"{self.where} has no {line.column}")
                values[place] = lines.use(line, float(values[place]), f"{line.row}, {line.column}")
        return faults

    def _not_finite(self, lists: Lists) -> Iterator[DataError]:
        """A fault for every region with values that are no finite number."""
        regions, sectors = ("region", lists.regions), ("sector", lists.sectors)
        uses = ("use", [*lists.sectors, *lists.categories])
        axes = {
            "delivery": [regions, sectors, ("to region", lists.regions), uses],
            **dict.fromkeys(ACCOUNTS, [regions, sectors]),
            "imports": [regions, uses],
        }
        for name, its in axes.items():
            values = self.cells if name == "delivery" else getattr(self, name)
            if values is not None:
                called, bad = name.replace("_", " "), ~np.isfinite(values)
                yield from cell_faults(called, its, values, bad, "a finite number", self.where)

    def _ghosts(
        self,
        lists: Lists,
        output: np.ndarray,
        bought: np.ndarray,
        step: float,
        lines: FileCorrections | None,
    ) -> tuple[list[CityMRIOError], np.ndarray]:
        """A fault for every output below 0 that is no ghost, and which sectors are ghosts: what
        they `bought` goes to stock changes.
        """
        stocks = [len(lists.sectors) + lists.categories.index(name) for name in lists.stocks]
        faults: list[CityMRIOError] = []
        ghosts, said, size = np.zeros(output.shape, dtype=bool), [], np.abs(output).mean()
        for r, i in np.argwhere(output < 0).tolist():
            sold = np.delete(self.cells[r, i], stocks, axis=1)
            near = max(step / 2, 1e-9 * abs(output[r, i]), GHOST * size)
            flat = r * len(lists.sectors) + i
            text = f"{lists.place(flat)}: output is {output[r, i]:.6g}"
            others = max(np.abs(sold).max(), abs(self.exports[r, i]), abs(bought[r, i]))
            if stocks and others <= near:
                ghosts[r, i] = True
                for part in (self.cells[:, :, r], self.imports[r]):  # what it bought, in stock
                    part[..., stocks[0]] += part[..., i]
                    part[..., i] = 0.0
                bought[r, i] = 0.0
                said.append(text)
            else:
                faults.append(
                    DataError(
                        f"{text}; expected at least 0",
                        where=self.where,
                        fix=self._line(lists, lines, flat, "output", -output[r, i]),
                    )
                )
        if said:
            warn(
                where=self.where,
                what="outputs below 0 from stock changes alone",
                value=first_names(said, NAMED, "; "),
                expectation="outputs of at least 0",
                effect="The sector makes nothing: its output and value added are 0, the fall of "
                "the stock stays in stock changes, and the account error closes the row.",
            )
        return faults, ghosts

    def _say_negative(self, lists: Lists) -> None:
        """Say that deliveries between sectors are below 0 (final demand may be)."""
        made = self.cells[..., : len(lists.sectors)]
        negative = made < 0
        if not negative.any():
            return
        below = made[negative]
        r, i, s, c = np.argwhere(negative)[below.argmin()]
        warn(
            where=self.where,
            what="negative deliveries between sectors",
            value=f"{below.size} cells, {below.sum():.6g} in sum; the largest, "
            f"{lists.regions[r]}/{lists.sectors[i]} to {lists.regions[s]}/{lists.sectors[c]}: "
            f"{below.min():.6g}",
            expectation="deliveries of at least 0",
            effect="They are used as they are: flows of emissions may be negative; the audit of a "
            "given table leaves out its invariant I13.",
        )
