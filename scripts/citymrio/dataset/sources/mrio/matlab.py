"""A given table in a MATLAB file with the struct `MRIO` (CEADs' layout of 2012, 2015 and 2017):
versions 5 and 7.3.

Fields: Z (N x N), F (N x R K, categories of a region side by side), VA, imports (`Import` or `IM`),
exports (`Export` or `EX`), output (`X`, optional); N = regions x sectors, sectors fastest. The file
has no labels: regions, sectors and categories are those of the lists, in their order.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io
import scipy.sparse

from ....base.errors import DataError, reason
from ...raw_table import Lists, RawTable

STRUCT = "MRIO"
#: What a field may be called.
FIELDS = {
    "Z": ("Z",),
    "F": ("F",),
    "value_added": ("VA",),
    "imports": ("Import", "IM"),
    "exports": ("Export", "EX"),
    "output": ("X",),
}
#: All of these.
OWN = {spelling for spellings in FIELDS.values() for spelling in spellings}
#: Bytes of columns read at a time.
BLOCK = 64_000_000


class Fields:
    """The fields of the struct as matrices, a few columns at a time. They are turned: columns are
    the first axis, as version 7.3 has them on disk.
    """

    def __init__(self, path: Path, fields: Mapping[str, Any]):
        self.path, self.found = path, {}
        for name, spellings in FIELDS.items():
            there = [spelling for spelling in spellings if spelling in fields]
            if len(there) > 1:
                raise DataError(
                    f"has both {' and '.join(there)}", where=str(path), fix="keep one of them."
                )
            if there:
                self.found[name] = fields[there[0]]
                if isinstance(self.found[name], h5py.Group):
                    raise DataError(
                        f"field {there[0]} is no full matrix",
                        where=str(path),
                        fix="save it as full(...).",
                    )

    def shape(self, name: str) -> tuple[int, int]:
        """Rows and columns."""
        shape = self.found[name].shape
        if len(shape) != 2:
            raise DataError(
                f"field {name} has {len(shape)} dimensions; expected 2",
                where=str(self.path),
                fix="save a matrix.",
            )
        return shape[::-1]

    def columns(self, name: str, start: int, stop: int) -> np.ndarray:
        """Some columns, as rows of an array (columns, rows)."""
        try:
            part = self.found[name][start:stop, :]
            return np.asarray(part.toarray() if scipy.sparse.issparse(part) else part, dtype=float)
        except (TypeError, ValueError, OSError) as error:
            raise DataError(
                f"field {name} cannot be read as numbers ({reason(error)})", where=str(self.path)
            ) from error

    def whole(self, name: str) -> np.ndarray:
        """A small field, (rows, columns)."""
        return self.columns(name, 0, self.shape(name)[1]).T


def read_matlab(path: str | Path, lists: Lists) -> RawTable:
    """Read a file.

    Raises
    ------
    DataError
        No such struct, a field is missing, or its shape is not that of the lists.
    """
    count, n, _, uses = lists.shape
    rows = count * n
    with opened(Path(path)) as fields:
        table = RawTable.empty(lists, str(fields.path))
        for name, width in (("Z", n), ("F", uses - n)):
            _cells(fields, name, width, table, lists)
        for name in [n for n in ("value_added", "output", "exports") if n in fields.found]:
            setattr(table, name, _summed(fields, name, (rows,)).reshape(count, n))
        if "imports" in fields.found:
            bought = _summed(fields, "imports", (rows, count * uses))
            table.imports[:, :n] = bought[:rows].reshape(count, n)
            if bought.size > rows:
                table.imports[:, n:] = bought[rows:].reshape(count, uses - n)
    return table


@contextmanager
def opened(path: Path) -> Iterator[Fields]:
    """The fields of the struct of a file."""
    with _file(path, lambda name: name == STRUCT) as (found, names, on_disk):
        struct = found.get(STRUCT)
        if on_disk and isinstance(struct, h5py.Group):
            yield Fields(path, struct)
        elif not on_disk and struct is not None and struct.dtype.names and struct.size == 1:
            one = found.pop(STRUCT)[0, 0]
            yield Fields(path, {name: one[name].T for name in struct.dtype.names})
        else:
            raise no_struct(path, names)


def variables_of(path: Path) -> list[str]:
    """Names of the variables of a file; `STRUCT` is among those of a table."""
    with _file(path, lambda name: False) as (_, names, _):
        return names


def read_variables(path: Path) -> tuple[dict[str, np.ndarray], dict[str, list[tuple[str, ...]]]]:
    """The matrices of numbers of a file, and its lists of texts (cell arrays, rows of letters);
    nothing that is neither. Of the struct they are the fields that are no part of the table.
    """
    matrices, texts = dict[str, np.ndarray](), dict[str, list[tuple[str, ...]]]()
    with _file(path, lambda name: True) as (file, names, on_disk):
        found = {name: file[name] for name in names if name in file}
        if (struct := found.pop(STRUCT, None)) is not None:
            one = struct if on_disk else struct[0, 0]
            fields = one if on_disk else one.dtype.names
            found |= {name: one[name] for name in fields if name not in OWN}
        for name, data in found.items():
            cells: Any = _cells_of(data, file) if on_disk else data
            cells = cells.toarray() if scipy.sparse.issparse(cells) else cells
            if cells is None or cells.ndim > 2 or cells.dtype.names:
                continue
            if cells.dtype.kind in "fiu":
                matrices[name] = np.atleast_2d(cells).astype(float)
            elif cells.dtype.kind in "UO":
                table = cells[:, None] if cells.ndim == 1 else cells
                table = table.T if table.shape[0] == 1 else table
                texts[name] = [tuple(map(_text, row)) for row in table]
    return matrices, texts


def _cells_of(data: Any, file: Any) -> np.ndarray | None:
    """A variable of version 7.3, axes in the order of MATLAB; letters and cells as texts."""
    kind = data.attrs.get("MATLAB_class", b"double")
    if not isinstance(data, h5py.Dataset):
        return None
    cells = np.asarray(data).T
    if kind == b"char":
        return np.array(["".join(map(chr, row)) for row in np.atleast_2d(cells)], dtype=object)
    if kind != b"cell":
        return cells
    out = np.empty(cells.shape, dtype=object)
    for place, one in np.ndenumerate(cells):
        out[place] = _cells_of(file[one], file)
    return out


def _text(cell: Any) -> str:
    """The text in a cell of a cell array; a number as text."""
    return ", ".join(str(one).strip() for one in np.ravel(np.asarray(cell, dtype=object)))


@contextmanager
def _file(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[Any, list[str], bool]]:
    """The variables of a file, the names of all, and whether they are still on disk (7.3); of
    version 5 those that are `wanted`.
    """
    if h5py.is_hdf5(path):
        try:
            with h5py.File(path, "r") as file:
                yield file, [name for name in file if not name.startswith("#")], True
        except OSError as error:
            raise DataError(
                f"cannot be read as MATLAB 7.3 ({reason(error)})",
                where=str(path),
                fix="save it anew.",
            ) from error
        return
    try:
        names = [name for name, _, _ in scipy.io.whosmat(path)]
        found = scipy.io.loadmat(path, variable_names=[name for name in names if wanted(name)])
    except (
        OSError,
        ValueError,
        TypeError,
        NotImplementedError,
        scipy.io.matlab.MatReadError,
    ) as error:
        raise DataError(
            f"cannot be read as MATLAB 5 ({reason(error)})", where=str(path), fix="save it anew."
        ) from error
    yield found, names, False


def no_struct(path: Path, names: list[str], more: str = "") -> DataError:
    """What is wrong with a file that is no table; `more`: what else could be done."""
    there = ", ".join(names) or "none"
    return DataError(
        f"there is no struct {STRUCT} (variables: {there})",
        where=str(path),
        fix=f"save the table as a struct {STRUCT}{more or '.'}",
    )


def _size(shape: tuple[int, int]) -> str:
    return " x ".join(map(str, shape))


def _cells(fields: Fields, name: str, width: int, table: RawTable, lists: Lists) -> None:
    """Fill in the columns of Z (width n) or F (width K), region by region."""
    count, n, _, uses = lists.shape
    expected = (count * n, count * width)
    if name not in fields.found:
        raise DataError(
            f"field {name} is missing",
            where=str(fields.path),
            fix=f"a struct {STRUCT} has Z, F, VA.",
        )
    if fields.shape(name) != expected:
        raise DataError(
            f"{name} is {_size(fields.shape(name))}; expected {_size(expected)} ({count} "
            f"regions x {n} sectors, {uses - n} "
            "categories of final demand)",
            where=str(fields.path),
            fix="give regions.csv, sectors.csv and final_demand.csv the rows of the table, in "
            "its order.",
        )
    first = 0 if name == "Z" else n
    step = max(1, BLOCK // (8 * count * n * width))
    for start in range(0, count, step):
        users = range(start, min(start + step, count))
        part = fields.columns(name, users.start * width, users.stop * width)
        table.cells[:, :, users.start : users.stop, first : first + width] = part.reshape(
            len(users), width, count, n
        ).transpose(2, 3, 0, 1)


def _summed(fields: Fields, name: str, sizes: tuple[int, ...]) -> np.ndarray:
    """A field with one number for each row or column of the table (several of them are added up),
    as a vector.
    """
    shape = fields.shape(name)
    for axis in (1, 0):
        if shape[axis] in sizes:
            return fields.whole(name).sum(axis=1 - axis)
    raise DataError(
        f"the field of {name.replace('_', ' ')} is {_size(shape)}; expected "
        f"{' or '.join(map(str, sizes))} rows or columns",
        where=str(fields.path),
        fix="give it one number for each sector of each region.",
    )
