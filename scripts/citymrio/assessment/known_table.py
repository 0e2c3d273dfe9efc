"""A known multi-regional table as its file prints it, and what it embodies.

File: ``.npz`` with Z (N, N), F (N, R K), x (N), va (N), N = regions x sectors, region by region;
`countries` (or `regions`), R names; `sectors`, names; optional `categories` (K names; households,
government, capital, stock_changes when K = 4), `codes` of the sectors, and `kinds` (goods or
services by sector). What does not add up, within the limits below, is booked where it belongs, and
`notes` say so.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..base.errors import DataError, raise_faults, reason
from ..base.files import CORRECTIONS
from ..dataset.contract.corrections import Corrections
from ..dataset.raw_table import Lists, RawTable

#: Final-demand categories of a known table -> role.
ROLES = {
    "households": "household",
    "government": "government",
    "capital": "capital",
    "stock_changes": "stock_changes",
}
CATEGORIES = tuple(ROLES)
#: Negative intermediate flows of a published table, as a share of all flows; a gap of a row or
#: column that is booked whatever the table is printed to, as a share of its output.
NEGATIVE_SHARE, TOLERANCE = 1e-3, 0.05
#: Share of a total up to which a difference needs no note: round-off of the file.
UNSAID = 1e-9


@dataclass(frozen=True)
class Cells:
    """Cells and accounts of a known table.

    Attributes
    ----------
    z, f
        (region, sector, region, sector) and (region, sector, region, category), money of the file.
    output, value_added, exports, error
        (region, sector); value added is output less intermediate inputs (taxes less subsidies on
        products included).
    imports
        (region, sector): inputs that are neither products of the regions nor value added.
    notes
        What was done to the file, in words.
    """

    name: str
    categories: tuple[str, ...]
    z: np.ndarray
    f: np.ndarray
    output: np.ndarray
    value_added: np.ndarray
    imports: np.ndarray
    exports: np.ndarray
    error: np.ndarray
    notes: tuple[str, ...]

    @property
    def final(self) -> np.ndarray:
        """Which final-demand categories are not stock changes."""
        return np.array([name != "stock_changes" for name in self.categories])

    def trade(self) -> np.ndarray:
        """Deliveries T_i^rs to all uses but stock changes, shape (sector, origin, destination)."""
        return (self.z.sum(axis=3) + self.f[..., self.final].sum(axis=3)).transpose(1, 0, 2)


def read_cells(path: str | Path) -> tuple[Cells, dict[str, np.ndarray]]:
    """Read and check a known table.

    Returns
    -------
    tuple
        The table, and the arrays of its file, with the names of `regions` under that name.

    Raises
    ------
    DataError
        A missing array, shapes that do not fit, values that are not finite, negative intermediate
        flows or outputs, rows or columns that do not add up.
    """
    path = Path(path)
    arrays = arrays_of(path)
    names, titles = ([*map(str, arrays[key])] for key in (names_of(arrays), "sectors"))
    count, width = len(names), len(titles)
    k = _shapes(arrays, count, width, path)
    z = np.asarray(arrays["Z"], float).reshape(count, width, count, width)
    f = np.asarray(arrays["F"], float).reshape(count, width, count, k).copy()
    x = np.array(arrays["x"], float).reshape(count, width)
    va = np.array(arrays["va"], float).reshape(count, width)
    for what, found in (("region", names), ("sector", titles)):
        if double := [name for name in found if found.count(name) > 1]:
            raise DataError(
                f"{what} {double[0]} occurs twice",
                where=str(path),
                fix=f"every {what} needs a name of its own.",
            )
    notes: list[str] = []
    categories = _categories(arrays, k, path)
    lists = Lists(names, titles, list(categories), {}, stocks=("stock_changes",))
    lines = Corrections.read(path.with_suffix(CORRECTIONS)).of(path.name, "table")
    if lines.lines:
        none = np.zeros_like(x)
        printed = RawTable(np.concatenate([z, f], axis=3), none, none, none, str(path), x, va)
        absent = [line for line in lines.lines if line.column in ("exports", "error", "imports")]
        raise_faults([line.fault(f"{path.name} has no {line.column}") for line in absent])
        raise_faults([*printed.correct(lists, lines), *lines.whole.unused(f"{path.name} or table")])
        z, f = (np.ascontiguousarray(part) for part in np.split(printed.cells, [width], axis=3))
        lines.whole.say()
        notes.append(f"{len(lines.lines)} cells are corrected ({lines.whole.path.name})")
    z = _without_negatives(z, f[..., categories.index("stock_changes")], names, titles, path, notes)
    _move_negatives(f, categories, notes)
    rests = x - z.sum(axis=(0, 1)) - va, x - z.sum(axis=(2, 3)) - f.sum(axis=(2, 3))
    imports, exports = _beyond(rests, (va, x), notes)
    raw = RawTable(
        np.concatenate([z, f], axis=3),
        exports,
        np.zeros_like(x),
        np.concatenate([imports, np.zeros((count, k))], axis=1),
        str(path),
        x,
        va,
    )
    table = raw.closed(lists, TOLERANCE, lines).accounts
    z, f = (np.ascontiguousarray(part) for part in np.split(raw.cells, [width], axis=3))
    x, value_added = table["output"], table["value_added"] + table["column_error"]
    notes += [
        f"what does not add up ({np.abs(gap).sum():.6g} in all) is booked in {account}"
        for account, gap, whole in (
            ("value added", table["column_error"], np.abs(va).sum()),
            ("the error account", table["error"], x.sum()),
        )
        if np.abs(gap).sum() > UNSAID * whole
    ]
    cells = Cells(
        path.stem, categories, z, f, x, value_added, imports, exports, table["error"], tuple(notes)
    )
    return cells, arrays | {"regions": np.array(names)}


def names_of(arrays: Collection[str]) -> str:
    """The array that names the regions."""
    return "countries" if "countries" in arrays else "regions"


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file, those that a known table needs sound in form.

    Raises
    ------
    DataError
        It cannot be read, an array is missing, names are no list, numbers are none.
    """
    try:
        with np.load(path, allow_pickle=False) as source:
            arrays = {key: source[key] for key in source.files}
    except (OSError, ValueError, EOFError, BadZipFile, AttributeError, TypeError) as error:
        text = (
            "save names as text (dtype str), not as Python objects."
            if "Object arrays" in str(error)
            else "write it with numpy.savez; see docs/accuracy.md for the layout."
        )
        state = (
            "is empty"
            if path.is_file() and not path.stat().st_size
            else f"cannot be read as .npz ({reason(error)})"
        )
        raise DataError(state, where=str(path), fix=text) from error
    missing = [key for key in ("Z", "F", "x", "va", "sectors") if key not in arrays]
    if names_of(arrays) not in arrays:
        missing.append("countries")
    if missing:
        there = f"there are: {', '.join(arrays)}" if arrays else "the file holds no array"
        raise DataError(
            f"array {', '.join(missing)} is missing ({there})",
            where=str(path),
            fix="see docs/accuracy.md for the layout.",
        )
    for key in (names_of(arrays), "sectors"):
        if arrays[key].ndim != 1 or not arrays[key].size:
            raise DataError(
                f"shape {arrays[key].shape}, expected a list of names",
                where=f"{path}, {key}",
                fix="give the names.",
            )
    for key in ("Z", "F", "x", "va"):
        if arrays[key].dtype.kind not in "fiu":
            raise DataError(
                f"holds {arrays[key].dtype}, expected numbers",
                where=f"{path}, {key}",
                fix="save numbers.",
            )
    return arrays


def _shapes(arrays: Mapping[str, np.ndarray], count: int, width: int, path: Path) -> int:
    size = count * width
    for name, shape in (("Z", (size, size)), ("x", (size,)), ("va", (size,))):
        if arrays[name].shape != shape:
            raise DataError(
                f"shape {arrays[name].shape}, expected {shape} for {count} regions and {width} "
                "sectors",
                where=f"{path}, {name}",
                fix="rows go region by region, sectors inside.",
            )
    rows, columns = arrays["F"].shape if arrays["F"].ndim == 2 else (0, 0)
    if rows != size or columns == 0 or columns % count:
        raise DataError(
            f"shape {arrays['F'].shape}, expected ({size}, {count} times the categories)",
            where=f"{path}, F",
            fix="columns go region by region, categories inside.",
        )
    if not (np.asarray(arrays["x"]) > 0).any():
        raise DataError("no sector has an output", where=f"{path}, x", fix="correct the file.")
    return columns // count


def _categories(arrays: Mapping[str, np.ndarray], k: int, path: Path) -> tuple[str, ...]:
    usual = CATEGORIES if k == len(CATEGORIES) else ()
    found = tuple(map(str, arrays.get("categories", usual)))
    if not found:
        raise DataError(
            f"{k} final-demand categories without names",
            where=f"{path}, F",
            fix="add the array `categories` (households, government, capital, stock_changes).",
        )
    if len(found) != k or found.count("stock_changes") != 1 or not set(found) <= set(ROLES):
        raise DataError(
            f"categories are {found}",
            where=f"{path}, categories",
            fix=f"{k} names out of {', '.join(ROLES)}, stock_changes exactly once.",
        )
    return found


def _without_negatives(
    z: np.ndarray,
    stock: np.ndarray,
    names: list[str],
    titles: list[str],
    path: Path,
    notes: list[str],
) -> np.ndarray:
    """Intermediate flows >= 0: a few negative ones are sales from the user's stock, booked in its
    column of stock changes (`stock`).
    """
    negative = z < 0
    if not negative.any():
        return z
    amount = -float(z[negative].sum())
    r, i, s, j = np.argwhere(negative)[0]
    if amount > NEGATIVE_SHARE * z.sum():
        raise DataError(
            f"a flow is {z[r, i, s, j]:.6g} ({int(negative.sum())} negative ones, "
            f"{amount / z.sum():.2%} of all flows)",
            where=f"{path}, Z, {titles[i]} of {names[r]} to {titles[j]} of {names[s]}",
            fix=f"intermediate flows must be >= 0; up to {NEGATIVE_SHARE:.1%} in all is booked "
            "in the column of stock changes.",
        )
    stock += np.where(negative, z, 0.0).sum(axis=3)
    notes.append(
        f"{int(negative.sum())} negative intermediate flows ({amount:.6g}) are booked in the "
        "column of stock changes"
    )
    return np.where(negative, 0.0, z)


def _move_negatives(f: np.ndarray, categories: tuple[str, ...], notes: list[str]) -> None:
    """Negative cells of household, government and capital demand are sales from stock: booked in
    the column of stock changes.
    """
    stock = categories.index("stock_changes")
    moved, amount = 0, 0.0
    for k in (k for k in range(len(categories)) if k != stock):
        negative = f[..., k] < 0
        moved, amount = moved + int(negative.sum()), amount - float(f[..., k][negative].sum())
        f[..., stock] += np.where(negative, f[..., k], 0.0)
        f[..., k] = np.where(negative, 0.0, f[..., k])
    if moved:
        notes.append(
            f"{moved} negative cells of final demand ({amount:.6g}) are booked in the "
            "column of stock changes"
        )


def _beyond(
    rests: tuple[np.ndarray, np.ndarray], wholes: tuple[np.ndarray, np.ndarray], notes: list[str]
) -> list[np.ndarray]:
    """Imports and exports out of the table (region, sector), which the file does not have: what
    columns and rows leave, where that is more than a file's own round-off.
    """
    found = []
    for rest, whole, share, words in (
        (rests[0], wholes[0], 0.02, "inputs beyond products and value added"),
        (rests[1], wholes[1], 2e-3, "sales beyond the regions"),
    ):
        there = np.abs(rest).sum() > share * np.abs(whole).sum()
        found.append(np.where(there & (rest > 0), rest, 0.0))
        if there:
            place = "imports from" if whole is wholes[0] else "exports to"
            notes.append(f"{words} ({found[-1].sum():.6g}) are {place} outside of the table")
    return found


def embodied_flows(
    output: np.ndarray, z: np.ndarray, f: np.ndarray, stressor: np.ndarray
) -> np.ndarray:
    """What final demand embodies of a stressor (region, sector), shape (sector of origin, origin,
    destination): v_i^r [L F^s]_i^r.
    """
    count, width = output.shape
    size = count * width
    x = output.reshape(size)
    inverse = np.divide(1.0, x, out=np.zeros(size), where=x > 0)
    a = z.reshape(size, size) * inverse
    produced = np.linalg.solve(np.eye(size) - a, f.sum(axis=3).reshape(size, count))
    v = stressor.reshape(size) * inverse
    return (v[:, None] * produced).reshape(count, width, count).transpose(1, 0, 2)
