"""The sides of a comparison, and what they have in common: regions, sectors and categories by
label, and the unit of money.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ...analysis.change_tables import Run
from ...base.concordance import Pairs, version_of
from ...base.errors import DataError
from ...base.labels import read_dataset, read_json, read_table
from ...base.money import parsed
from ...base.printed_names import own_codes
from ...dataset.contract.corrections import NAME, Corrections
from ...dataset.raw_table import Lists
from ...dataset.sources.mrio.given import read_given
from ...nested import NestedMRIO
from ...nested.given import given_nested
from ..true_footprints import true_footprints

#: Files of a synthetic run that hold its truth.
TRUTH_FILES = ("dataset/truth/truth.nc", "dataset/truth/emissions.csv")
#: Lists that a bare table needs, and those that it may have.
LISTS, MORE_LISTS = (
    ("regions.csv", "sectors.csv", "final_demand.csv"),
    ("accounts.csv", "dataset.json", "dataset.csv", NAME),
)

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


def labels_of(pairs: Pairs, a: pd.DataFrame, b: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Labels of A -> labels of B by kind, for those that differ: as they are listed, and the codes
    of sectors whose names tell that they mean something else.

    Parameters
    ----------
    pairs
        A list (kind, a, b): one to one.
    a, b
        sectors.csv of either table.

    Raises
    ------
    DataError
        A label stands twice.
    """
    found: dict[str, dict[str, str]] = {}
    for kind, listed in pairs.items():
        for place, side in enumerate("ab"):
            labels = pd.Series([pair[place] for pair in listed], dtype=str)
            if labels.duplicated().any():
                raise DataError(
                    f"{kind} '{labels[labels.duplicated()].iloc[0]}' stands twice in column {side}",
                    where="list of labels",
                    fix="match one to one.",
                )
        found[kind] = dict(listed)
    if version_of(a) != version_of(b):
        printed = {str(code): [str(name)] for code, name in b[["sector", "name"]].to_numpy(object)}
        taken = {*found["sector"].values()}
        mine = {own: code for code, own in own_codes(printed, a).items() if code not in taken}
        by_name = {str(code): mine.get(str(code), "") for code in a["sector"]}
        found["sector"] = by_name | found["sector"]
    return found


def matched(
    a: NestedMRIO, b: NestedMRIO, labels: Mapping[str, Mapping[str, str]]
) -> dict[str, Matched]:
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
                fix=f"name the {name} that are the same in a list with the columns kind, a, b.",
            )
        other = [wanted[label] for label in common]
        at = {label: k for k, label in enumerate(mine)}
        only = {"a": _without(mine, common), "b": _without(theirs, other)}
        result[name] = Matched(
            common,
            np.array([at[label] for label in common]),
            np.array([place[label] for label in other]),
            only,
        )
    return result


def _without(labels: Sequence[str], common: Sequence[str]) -> list[str]:
    known = set(common)
    return [label for label in labels if label not in known]


def _refuse_unknown(
    listed: Mapping[str, str], mine: Sequence[str], theirs: Sequence[str], kind: str
) -> None:
    for side, names, there in (
        ("A", listed.keys(), set(mine)),
        ("B", filter(None, listed.values()), set(theirs)),
    ):
        unknown = [name for name in names if name not in there]
        if unknown:
            raise DataError(
                f"{side} has no {kind} '{unknown[0]}'",
                where="list of labels",
                fix="correct the row.",
            )


def money_factor(a: str, b: str) -> float:
    """What an amount of B is multiplied by to be in the unit of A; powers of ten of one currency
    only.

    Raises
    ------
    DataError
        The currencies differ, or a text names no unit of money.

    Examples
    --------
    >>> money_factor("10^4 CNY", "10^6 CNY")
    100.0
    """
    mine, other = parsed(a), parsed(b)
    if mine is None or other is None:
        raise DataError(
            f"'{a if mine is None else b}' is no unit of money",
            where="compare",
            fix="give it as 10^6 EUR or million EUR.",
        )
    if mine.currency != other.currency:
        raise DataError(
            f"A is in {mine}, B in {other}",
            where="compare",
            fix="compare tables of one currency: nothing is converted but 10^n.",
        )
    return float(10.0 ** (other.power - mine.power))


def left_out(common: Mapping[str, Matched], sides: Mapping[str, NestedMRIO]) -> pd.DataFrame:
    """kind, table, label of everything that only one of the tables has, and its part of the
    output of that table (blank for a category of final demand).
    """
    rows = []
    for name, found in common.items():
        for side, labels in found.only.items():
            output = sides[side].dataset["output"]
            axis = {KINDS[name]} & {*output.dims}
            part = 100 * output.sum({*output.dims} - axis) / output.sum()
            rows += [
                (KINDS[name], side.upper(), label, part.sel(dict.fromkeys(axis, label)).item())
                if axis
                else (KINDS[name], side.upper(), label, np.nan)
                for label in labels
            ]
    return pd.DataFrame(rows, columns=["kind", "table", "label", "output_percent"])


def true_side(folder: str | Path) -> Run:
    """The true table of a synthetic run as a run of its own: its footprints are those of the true
    emissions.
    """
    folder, run = Path(folder), Run.read(folder)
    truth = NestedMRIO.from_dataset(read_dataset(folder / TRUTH_FILES[0]))
    prints = true_footprints(truth, read_table(folder / TRUTH_FILES[1]))
    return replace(
        run,
        info={**run.info, "name": f"truth of {run.info['name']}"},
        nested=truth,
        footprints=prints,
    )


@dataclass(frozen=True)
class Bare:
    """A bare table: a run without an inventory and without footprints."""

    info: Mapping[str, str]
    sectors: pd.DataFrame
    nested: NestedMRIO
    footprints: None = None


def given_side(path: str | Path, lists: str | Path, unit: str, tolerance: float) -> Bare:
    """A bare table: a pymrio folder or a MATLAB file.

    Parameters
    ----------
    lists
        Folder with regions.csv, sectors.csv, final_demand.csv as for `dataset.kind: mrio`;
        accounts.csv and the unit of dataset.json or dataset.csv where they are there.
    unit
        Unit of money where the lists name none.
    tolerance
        Largest gap of a row or column that is booked, as a share of its output.
    """
    folder = Path(lists)
    regions, sectors, final_demand = (read_table(folder / name) for name in LISTS)
    accounts = read_table(folder / MORE_LISTS[0]) if (folder / MORE_LISTS[0]).is_file() else None
    named = _info(folder)
    unit = str(named.get("unit") or unit)
    order = Lists.of(regions, sectors, final_demand, accounts)
    table = read_given(path, order, unit, tolerance, Corrections.of_lists(folder / NAME, folder))
    labels = {"regions": order.regions, "sectors": order.sectors}
    roles = dict(zip(order.categories, final_demand["role"], strict=True))
    nested = NestedMRIO.from_dataset(
        given_nested(table.cells, table.accounts, **labels, roles=roles, unit=unit)
    )
    info = {"name": str(named.get("name") or Path(path).name), "unit": unit}
    return Bare(info, sectors, nested)


def _info(folder: Path) -> dict:
    """What the lists say of the table: its name and its unit of money."""
    if (folder / MORE_LISTS[1]).is_file():
        return read_json(folder / MORE_LISTS[1])
    if (folder / MORE_LISTS[2]).is_file():
        rows = read_table(folder / MORE_LISTS[2], text=("key", "value"))
        return dict(zip(rows["key"], rows["value"], strict=True))
    return {}
