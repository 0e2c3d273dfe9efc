"""Labels of two classifications that mean the same: by a concordance, which belongs to the pair,
else by the label itself.

A concordance is a list of pairs (kind, a, b): a label of one side and one of the other that have
something in common. Labels that hang together by pairs are one group; a label that both sides have
and that no pair names is a group of its own. What is in no group is in one side only.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
from scipy.cluster.hierarchy import DisjointSet

from .errors import DataError
from .labels import needs_columns, read_table

#: Kinds of labels: sectors by name, regions and categories by code.
KINDS = ("region", "sector", "category")

Pairs = Mapping[str, Sequence[tuple[str, str]]]

#: Attribute of a labelled table, and column of a table from elsewhere: the classification of its
#: sectors, as a name, @ and the version (the name may lack in a column).
CLASSIFICATION = "classification"


def version_of(sectors: pd.DataFrame) -> str:
    """The version of a classification: eight digits that the codes and names of its sectors
    determine.

    Examples
    --------
    >>> version_of(pd.DataFrame({"sector": ["01"], "name": ["Farming"]}))
    '9d33de8c'
    """
    text = "\n".join(
        f"{code}\t{name}" for code, name in zip(sectors["sector"], sectors["name"], strict=True)
    )
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def classification_of(info: Mapping[str, Any], sectors: pd.DataFrame) -> str:
    """The classification of a dataset (dataset.json, sectors.csv): the name that it gives, @ and
    the version. One that nobody named is the dataset's own, and has its name.

    Examples
    --------
    >>> farms = pd.DataFrame({"sector": ["01"], "name": ["Farming"]})
    >>> classification_of({"name": "Toyland", "classification": "nace2"}, farms)
    'nace2@9d33de8c'
    """
    named = str(info.get(CLASSIFICATION) or info.get("name", ""))
    return f"{named.partition('@')[0]}@{version_of(sectors)}"


def classification_attribute(table: xr.Dataset | xr.DataArray) -> dict[str, str]:
    """The attribute that says of which classification the sectors of a table are, where it is
    there: for a table that is made of it.
    """
    return {name: text for name, text in table.attrs.items() if name == CLASSIFICATION}


def mark_classification(table: xr.Dataset, said: Mapping[str, str]) -> xr.Dataset:
    """The table with the attribute that `classification_attribute` gives, its variables by sector
    as well.
    """
    found = table.assign_attrs(said)
    for name in found.data_vars:
        if "sector" in found.variables[name].dims:
            found.variables[name].attrs.update(said)
    return found


def refuse_other(table: xr.DataArray, other: xr.Dataset, where: str) -> None:
    """Stop where two tables say that their sectors are of different classifications, although
    their codes may be the same.

    Raises
    ------
    DataError
        With both.
    """
    both = [str(part.attrs.get(CLASSIFICATION, "")).rpartition("@")[2] for part in (table, other)]
    if all(both) and len({*both}) > 1:
        raise DataError(
            f"its sectors are of the classification {table.attrs[CLASSIFICATION]}, those of the "
            f"table of {other.attrs[CLASSIFICATION]}: the same codes may mean other sectors",
            where=where,
            fix="bring both to one classification; or, where all codes mean the same, remove the "
            f"attribute {CLASSIFICATION}.",
        )


def classification_faults(table: xr.Dataset, sectors: pd.DataFrame, where: str) -> list[DataError]:
    """What is wrong where the sectors of a labelled table are of another classification than the
    list (sector, name) whose codes they have.
    """
    said, version = str(table.attrs.get(CLASSIFICATION, "")), version_of(sectors)
    if said.rpartition("@")[2] in ("", version):
        return []
    return [
        DataError(
            f"its sectors are of the classification {said}, those of sectors.csv of @{version}: "
            "the same codes may mean other sectors",
            where=where,
            fix="bring the sectors.csv of that table; or, where all codes mean the same, remove "
            f"the file's attribute {CLASSIFICATION}.",
        )
    ]


def unnamed_sectors(sectors: pd.DataFrame) -> set[str]:
    """Names of sectors that are their codes: of another classification, they say nothing."""
    return set(sectors.loc[sectors["name"].astype(str) == sectors["sector"].astype(str), "name"])


def read_pairs(path: str | Path | None, sides: tuple[str, str] = ("a", "b")) -> dict[str, list]:
    """Pairs of labels by kind from a list with the columns kind and `sides`; none without a file.

    Raises
    ------
    DataError
        A missing column, an unknown kind, a row that stands twice.
    """
    found: dict[str, list] = {kind: [] for kind in KINDS}
    if path is None:
        return found
    columns = ("kind", *sides)
    table = read_table(path, text=columns)
    needs_columns(table, columns, path)
    for row, (kind, a, b) in enumerate(table[[*columns]].itertuples(index=False), start=2):
        if kind not in found:
            raise DataError(
                f"row {row}: kind '{kind}'", where=str(path), fix=f"kinds are {', '.join(KINDS)}."
            )
        if (a, b) in found[kind]:
            raise DataError(
                f"row {row}: {kind} '{a}' and '{b}' stand twice",
                where=str(path),
                fix="keep one of the rows.",
            )
        found[kind].append((a, b))
    return found


@dataclass(frozen=True)
class Common:
    """What two lists of labels have in common.

    Attributes
    ----------
    a, b
        Label of either side -> common label: the one label that a side has in the group (b before
        a), else those of b joined by " + ". Labels of one side only are not there.
    only
        Labels of one side only: of a, of b.
    """

    a: dict[str, str]
    b: dict[str, str]
    only: tuple[list[str], list[str]]


def common_labels(
    a: Sequence[str],
    b: Sequence[str],
    pairs: Sequence[tuple[str, str]] = (),
    silent: Collection[str] = (),
) -> Common:
    """The common labels of two lists; a pair of which either label is not there says nothing, and
    labels that are `silent` have something in common by pairs alone.

    Examples
    --------
    >>> found = common_labels(["x", "other", "waste"], ["x", "rest"], [("other", "rest"),
    ... ("waste", "rest")])
    >>> found.a, found.b
    ({'x': 'x', 'other': 'rest', 'waste': 'rest'}, {'x': 'x', 'rest': 'rest'})
    """
    known = set(a), set(b)
    pairs = [(mine, other) for mine, other in pairs if mine in known[0] and other in known[1]]
    named = {mine for mine, _ in pairs}
    links = [*pairs, *((label, label) for label in a if label in known[1] - named - {*silent})]
    keys = [(side, label) for side, labels in enumerate((a, b)) for label in labels]
    groups = DisjointSet(keys)
    for mine, other in links:
        groups.merge((0, mine), (1, other))
    members: dict[tuple[int, str], tuple[list[str], list[str]]] = {}
    for side, label in keys:
        members.setdefault(groups[side, label], ([], []))[side].append(label)
    maps: tuple[dict[str, str], dict[str, str]] = {}, {}
    only: tuple[list[str], list[str]] = [], []
    for both in members.values():
        if all(both):
            one = next((labels[0] for labels in both[::-1] if len(labels) == 1), None)
            called = " + ".join(both[1]) if one is None else one
            for own, labels in zip(maps, both, strict=True):
                own.update(dict.fromkeys(labels, called))
        else:
            for alone, labels in zip(only, both, strict=True):
                alone.extend(labels)
    return Common(*maps, only)
