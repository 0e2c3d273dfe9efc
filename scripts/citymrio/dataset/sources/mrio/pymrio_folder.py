"""A given table in pymrio's folder layout, as its ``save_all`` and the rule mrio_table write it:
text or parquet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from ....base.errors import DataError, raise_faults, reason
from ....base.labels import read_json
from ....base.units import conversion_factor
from ...raw_table import Lists, RawTable

#: The list of a folder's files.
PARAMETERS = "file_parameters.json"
#: Folders of the extension that holds value added and imports; the first that is there.
FACTORS = ("factor_inputs", "value_added", "va", "primary_inputs")
#: Columns read at a time: a wide table is never held twice.
BATCH = 512
FIX = "write the folder with pymrio's save_all, as text or parquet."


@dataclass(frozen=True)
class Wide:
    """One table of the folder: its labels, and its cells a few columns at a time.

    Attributes
    ----------
    path
        Its file.
    rows, columns
        Labels, each a tuple of the levels.
    frame
        The whole table where the file is text, None where it is parquet.
    """

    path: Path
    rows: list[tuple[str, ...]]
    columns: list[tuple[str, ...]]
    frame: pd.DataFrame | None

    @classmethod
    def open(cls, folder: Path, name: str) -> Wide | None:
        """The table `name` of a folder, None where it has no list or its list no such file."""
        files = folder / PARAMETERS
        listed = read_json(files).get("files", {}).get(name) if files.is_file() else None
        if listed is None:
            return None
        path = folder / listed["name"]
        index, header = [*range(int(listed["nr_index_col"]))], [*range(int(listed["nr_header"]))]
        try:
            if path.suffix == ".parquet":
                file = pq.ParquetFile(path)
                empty = file.schema_arrow.empty_table().to_pandas()
                rows = file.read(columns=[*empty.index.names]).to_pandas().index
                return cls(path, _labels(rows), _labels(empty.columns), None)
            frame = pd.read_csv(
                path,
                sep="\t",
                index_col=index,
                header=header,
                float_precision="round_trip",
                keep_default_na=True,
            )
        except (OSError, ValueError, KeyError, pd.errors.ParserError) as error:
            raise DataError(
                f"cannot be read ({reason(error)})", where=str(path), fix=FIX
            ) from error
        return cls(path, _labels(frame.index), _labels(frame.columns), frame)

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Positions of some columns and their cells (rows, columns), until all have been read."""
        file: Any = None if self.frame is not None else pq.ParquetFile(self.path)
        names = [] if file is None else file.schema_arrow.names
        for start in range(0, len(self.columns), BATCH):
            chosen = slice(start, min(start + BATCH, len(self.columns)))
            try:
                if self.frame is not None:
                    yield chosen, self.frame.iloc[:, chosen].to_numpy(float)
                else:
                    part = file.read(columns=names[chosen])
                    yield (
                        chosen,
                        np.column_stack(
                            [np.asarray(part.column(name), dtype=float) for name in names[chosen]]
                        ),
                    )
            except ValueError as error:
                raise DataError(
                    f"holds a cell that is no number ({error})", where=str(self.path), fix=FIX
                ) from error

    def whole(self) -> np.ndarray:
        """All cells of a table that is small."""
        return np.concatenate([cells for _, cells in self.blocks()], axis=1)

    def texts(self) -> dict[tuple[str, ...], str]:
        """What its first column says of every row, such as units."""
        frame = pd.read_parquet(self.path) if self.frame is None else self.frame
        return dict(zip(self.rows, map(str, frame.iloc[:, 0]), strict=True))


def _labels(index: pd.Index) -> list[tuple[str, ...]]:
    """Labels as tuples of text, whatever the number of levels."""
    return [
        tuple(map(str, label)) if isinstance(label, tuple) else (str(label),) for label in index
    ]


def factors_of(folder: Path) -> Path:
    """The folder of the extension that holds value added and imports, in any case of letters."""
    there = {path.parent.name.lower(): path.parent for path in folder.glob(f"*/{PARAMETERS}")}
    return next((there[name] for name in FACTORS if name in there), folder / FACTORS[0])


def read_pymrio(folder: str | Path, lists: Lists, unit: str) -> RawTable:
    """Read a folder; its labels are codes or names of the lists, in any order.

    Parameters
    ----------
    unit
        Unit of money of the dataset, which that of the folder must be where it names one.

    Raises
    ------
    DataError
        A file is missing or no table, a label is in no list, occurs twice or is missing, units
        differ.
    """
    folder = Path(folder)
    table = RawTable.empty(lists, str(folder))
    n = len(lists.sectors)
    deliveries, demand = needed(folder, "Z"), needed(folder, "Y")
    _check_unit(folder, unit)
    rows = flat_places(deliveries.rows, lists, "sectors", f"{deliveries.path}, rows")
    columns = flat_places(deliveries.columns, lists, "sectors", f"{deliveries.path}, columns")
    flat = table.cells.reshape(len(rows), lists.shape[2], lists.shape[3])
    for part, cells in deliveries.blocks():
        flat[rows[:, None], columns[part] // n, columns[part] % n] = cells
    _final_demand(table, demand, lists, flat)
    output = Wide.open(folder, "x")
    if output is not None:
        table.output = np.zeros(lists.shape[:2])
        table.output.ravel()[flat_places(output.rows, lists, "sectors", f"{output.path}, rows")] = (
            output.whole()[:, 0]
        )
    _factors(table, folder, lists)
    return table


def needed(folder: Path, name: str) -> Wide:
    """The table `name` of a folder, which must be there."""
    if (found := Wide.open(folder, name)) is None:
        raise DataError(f"names no table {name}", where=str(folder / PARAMETERS), fix=FIX)
    return found


def flat_places(
    labels: Sequence[tuple[str, ...]], lists: Lists, kind: str, where: str
) -> np.ndarray:
    """Flat positions (region x `kind`) of labels that must be all of them, once each."""
    if bad := next((label for label in labels if len(label) != 2), None):
        raise DataError(f"a label is {bad}; expected a region and one more", where=where, fix=FIX)
    other = known_places([label[1] for label in labels], lists, kind, where)
    region = known_places([label[0] for label in labels], lists, "regions", where)
    size = len(getattr(lists, kind))
    flat = region * size + other
    counts = np.bincount(flat, minlength=len(lists.regions) * size)
    for wrong, words in (
        (counts > 1, "occurs {} times; expected once"),
        (counts == 0, "is missing"),
    ):
        if wrong.any():
            k = int(np.argmax(wrong))
            label = f"({lists.regions[k // size]}, {getattr(lists, kind)[k % size]})"
            raise DataError(
                f"{label} {words.format(counts[k])}",
                where=where,
                fix="give every region every label once.",
            )
    return flat


def known_places(labels: Sequence[str], lists: Lists, kind: str, where: str) -> np.ndarray:
    """Positions of labels in a list.

    Raises
    ------
    DataError
        One of them is neither a code nor a name of the list.
    """
    different = list(dict.fromkeys(labels))
    found = lists.positions(different, kind, where)
    if (found < 0).any():
        unknown = [label for label, place in zip(different, found, strict=True) if place < 0]
        file = {"categories": "final_demand"}.get(kind, kind)
        raise DataError(
            f"the label '{unknown[0]}' is neither a code nor a name of {file}.csv "
            f"({len(unknown)} such labels)",
            where=where,
            fix=f"add it to {file}.csv"
            + (", or to accounts.csv as exports or error." if kind == "categories" else "."),
        )
    place = dict(zip(different, found, strict=True))
    return np.array([place[label] for label in labels], dtype=int)


def _final_demand(table: RawTable, demand: Wide, lists: Lists, flat: np.ndarray) -> None:
    """Y: categories of the regions into the cells, columns of places outside of the table into
    their accounts.
    """
    n, count = len(lists.sectors), len(lists.categories)
    rows = flat_places(demand.rows, lists, "sectors", f"{demand.path}, rows")
    known = (
        lists.positions([label[-1] for label in demand.columns], "categories", str(demand.path))
        >= 0
    )
    outside = [
        lists.outside_role(label[-1]) if not own else ""
        for label, own in zip(demand.columns, known, strict=True)
    ]
    inner = np.array([k for k, role in enumerate(outside) if not role], dtype=int)
    places = np.full(len(outside), -1)
    places[inner] = flat_places(
        [demand.columns[k] for k in inner], lists, "categories", f"{demand.path}, columns"
    )
    for part, cells in demand.blocks():
        here = places[part] >= 0
        at = places[part][here]
        flat[rows[:, None], at // count, n + at % count] = cells[:, here]
        for account in ("exports", "error"):
            chosen = np.array([role == account for role in outside[part]])
            if chosen.any():
                getattr(table, account).ravel()[rows] += cells[:, chosen].sum(axis=1)


def _factors(table: RawTable, folder: Path, lists: Lists) -> None:
    """Value added and imports from the extension of factor inputs; None of value added where no row
    is any.
    """
    production, final = (Wide.open(factors_of(folder), name) for name in ("F", "F_Y"))
    if production is None:
        return
    n, count = len(lists.sectors), len(lists.categories)
    columns = flat_places(production.columns, lists, "sectors", f"{production.path}, columns")
    for label, values in zip(production.rows, production.whole(), strict=True):
        role = lists.factor_role(", ".join(label), str(production.path))
        placed = np.zeros(lists.shape[:2])
        placed.ravel()[columns] = values
        if role == "value_added":
            table.value_added = placed if table.value_added is None else table.value_added + placed
        elif role == "imports":
            table.imports[:, :n] += placed
    if final is None:
        return
    inner = (
        lists.positions([label[-1] for label in final.columns], "categories", str(final.path)) >= 0
    )
    places = flat_places(
        [final.columns[k] for k in np.flatnonzero(inner)],
        lists,
        "categories",
        f"{final.path}, columns",
    )
    for label, values in zip(final.rows, final.whole(), strict=True):
        role = lists.factor_role(", ".join(label), str(final.path))
        if (
            role != "unused"
            and (values[~inner] != 0).any()
            or (role == "value_added" and (values != 0).any())
        ):
            raise DataError(
                f"'{', '.join(label)}' has an amount of {np.abs(values).max():.6g} in a column "
                "that cannot have it",
                where=str(final.path),
                fix="imports belong to categories of final_demand.csv; value added belongs to "
                "industries.",
            )
        if role == "imports":
            table.imports[places // count, n + places % count] += values[inner]


def _check_unit(folder: Path, unit: str) -> None:
    """Refuse a folder whose unit of money is another one, or is not understood."""
    if (given := Wide.open(folder, "unit")) is None:
        return
    raise_faults(
        [
            DataError(
                f"the unit is '{name}'; expected '{unit}'",
                where=str(given.path),
                fix="convert the table, set unit in the table dataset, or write the unit as "
                "docs/contracts.md, Units, lists it.",
            )
            for name in dict.fromkeys(given.texts().values())
            if conversion_factor(name, unit) != 1
        ]
    )
