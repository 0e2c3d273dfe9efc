"""What two tables have in common: regions, sectors and categories by label, and the unit of money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ...base.errors import DataError
from ...base.labels import read_table
from ...base.money import parsed
from ...nested import NestedMRIO

#: Columns of a list of labels that differ.
LABELS = ("kind", "a", "b")
#: Kinds of labels: the attribute of a table that holds them, and the name of one.
KINDS = {"regions": "region", "sectors": "sector", "categories": "category"}


@dataclass(frozen=True)
class Matched:
    """Labels of one kind.

    Attributes
    ----------
    labels
        Common labels, as A has them and in its order.
    a, b
        Their positions in either table.
    only
        Name of a table ("a", "b") -> labels that the other does not have.
    """

    labels: list[str]
    a: np.ndarray
    b: np.ndarray
    only: dict[str, list[str]] = field(default_factory=dict)


def read_labels(path: str | Path | None) -> dict[str, dict[str, str]]:
    """Labels of A -> labels of B by kind (region, sector, category), from a list with the columns kind, a, b.

    Raises
    ------
    DataError
        A column is missing, a kind is unknown, or a label stands twice.
    """
    found: dict[str, dict[str, str]] = {kind: {} for kind in KINDS.values()}
    if path is None:
        return found
    table = read_table(path, text=LABELS)
    lacking = [column for column in LABELS if column not in table]
    if lacking:
        raise DataError(f"column '{lacking[0]}' is missing", where=str(path), fix=f"columns are {', '.join(LABELS)}.")
    for row, (kind, mine, other) in enumerate(table[list(LABELS)].itertuples(index=False), start=2):
        if kind not in found:
            raise DataError(f"row {row}: kind '{kind}'", where=str(path), fix=f"kinds are {', '.join(found)}.")
        if mine in found[kind] or other in found[kind].values():
            raise DataError(f"row {row}: {kind} '{mine}' or '{other}' stands twice", where=str(path), fix="match one to one.")
        found[kind][mine] = other
    return found


def matched(a: NestedMRIO, b: NestedMRIO, labels: Mapping[str, Mapping[str, str]]) -> dict[str, Matched]:
    """Common regions, sectors and categories (keys of :data:`KINDS`).

    Raises
    ------
    DataError
        The list names a label that a table does not have, or nothing is common.
    """
    result = {}
    for name, kind in KINDS.items():
        mine, theirs = (getattr(table, name).astype(str).tolist() for table in (a, b))
        _refuse_unknown(labels[kind], mine, theirs, kind)
        wanted = {label: labels[kind].get(label, label) for label in mine}
        place = {label: k for k, label in enumerate(theirs)}
        common = [label for label in mine if wanted[label] in place]
        if not common:
            raise DataError(
                f"no common {kind}: A has {', '.join(mine[:4])}; B has {', '.join(theirs[:4])}",
                where="compare",
                fix=f"name the {name} that are the same in a list with the columns {', '.join(LABELS)}.",
            )
        other = [wanted[label] for label in common]
        at = {label: k for k, label in enumerate(mine)}
        only = {"a": _without(mine, common), "b": _without(theirs, other)}
        result[name] = Matched(common, *(np.array([d[k] for k in v]) for d, v in ((at, common), (place, other))), only)
    return result


def _without(labels: Sequence[str], common: Sequence[str]) -> list[str]:
    known = set(common)
    return [label for label in labels if label not in known]


def _refuse_unknown(listed: Mapping[str, str], mine: Sequence[str], theirs: Sequence[str], kind: str) -> None:
    for side, names, there in (("A", listed.keys(), set(mine)), ("B", listed.values(), set(theirs))):
        unknown = [name for name in names if name not in there]
        if unknown:
            raise DataError(f"{side} has no {kind} '{unknown[0]}'", where="list of labels", fix="correct the row.")


def money_factor(a: str, b: str) -> float:
    """What an amount of B is multiplied by to be in the unit of A; powers of ten of one currency only.

    Raises
    ------
    DataError
        The currencies differ, or a text names no unit of money.

    Examples
    --------
    >>> money_factor("10^4 CNY", "10^6 CNY")
    100.0
    """
    units = [parsed(text) for text in (a, b)]
    for text, unit in zip((a, b), units, strict=True):
        if unit is None:
            raise DataError(f"'{text}' is no unit of money", where="compare", fix="give it as 10^6 EUR or million EUR.")
    mine, other = units
    if mine.currency != other.currency:
        raise DataError(
            f"A is in {mine}, B in {other}", where="compare", fix="compare tables of one currency: nothing is converted but 10^n."
        )
    return float(10.0 ** (other.power - mine.power))


def left_out(common: Mapping[str, Matched]) -> pd.DataFrame:
    """kind, table, label of everything that only one of the tables has."""
    rows = [
        (KINDS[name], side.upper(), label)
        for name, found in common.items()
        for side, labels in found.only.items()
        for label in labels
    ]
    return pd.DataFrame(rows, columns=["kind", "table", "label"])
