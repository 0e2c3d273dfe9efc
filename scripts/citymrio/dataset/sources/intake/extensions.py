"""Stressors beside a multi-regional table: extensions of a pymrio folder, or matrices of MATLAB
files, become emissions.csv and stressors.csv.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from ....base.errors import CityMRIOError, DataError, gather_faults, raise_faults
from ....base.units import conversion_factor, parse_unit
from ....base.vocabulary import HOUSEHOLDS
from ...raw_table import Lists
from ...sums import cell_faults
from ..mrio.matlab import read_variables
from ..mrio.pymrio_folder import PARAMETERS, Wide, factors_of, flat_places, known_places
from . import guesses
from .found import Asked, Found

EMISSIONS = ("region", "sector", "emissions", "status", "note")
STRESSORS = ("stressor", "unit", "region", "sector", "value", "status", "note")
#: Rows of an extension that all become stressors; of more, those that are named.
MOST = 12
#: Why rows of an extension are left out.
UNNAMED = f"at most {MOST} become stressors, or those that --stressor names"
#: Longest code of a stressor (`contract.checks`).
LONGEST = 64


@dataclass(frozen=True)
class Extension:
    """Stressors beside a table.

    Attributes
    ----------
    name, where
        What it is called, and its file or folder.
    rows, units
        Names of its rows, and the unit of each ("": it has none).
    cells
        (row, region, sector or, at the end, households).
    """

    name: str
    where: str
    rows: list[str]
    units: list[str]
    cells: np.ndarray


def of_pymrio(folder: Path, lists: Lists, found: Found) -> Iterator[Extension]:
    """The extensions of a pymrio folder."""
    parts = {path.parent for path in folder.glob(f"*/{PARAMETERS}")}
    for part in sorted(parts - {factors_of(folder)}):
        made, final = Wide.open(part, "F"), Wide.open(part, "F_Y")
        if made is None:
            found.said.append(f"extension {part.name}: has no F, not read")
            continue
        count, n = lists.shape[:2]
        cells = np.zeros((len(made.rows), count, n + 1))
        places = flat_places(made.columns, lists, "sectors", f"{made.path}, columns")
        cells[:, places // n, places % n] = made.whole()
        if final is not None:
            labels = [label[0] for label in final.columns]
            regions = known_places(labels, lists, "regions", f"{final.path}, columns")
            directly = dict(zip(final.rows, final.whole(), strict=True))
            for k in [k for k, label in enumerate(made.rows) if label in directly]:
                np.add.at(cells[k, :, n], regions, directly[made.rows[k]])
        names, of = [", ".join(filter(None, label)) for label in made.rows], units_of(part)
        yield Extension(
            part.name, str(part), names, [of.get(label, "") for label in made.rows], cells
        )


def _listed(amounts: np.ndarray, lists: Lists) -> list[tuple[str, str, float]]:
    """Region, sector or households, amount."""
    sectors = [*lists.sectors, HOUSEHOLDS]
    return [(lists.regions[r], sectors[s], float(v)) for (r, s), v in np.ndenumerate(amounts)]


def take_extensions(
    extensions: Iterable[Extension], lists: Lists, path: Path, asked: Asked, found: Found
) -> None:
    """List the extensions by name; emissions.csv from the rows that are CO2, stressors.csv from
    those that are named, else from the others of a short one.
    """
    total = np.zeros((len(lists.regions), len(lists.sectors) + 1))
    rows_of_co2: list[str] = []
    known: list[tuple[str, str]] = []
    stressors: list[tuple] = []
    for of in extensions:
        known += [(of.name, name) for name in of.rows]
        kinds = ", ".join(dict.fromkeys(filter(None, of.units))) or "no unit"
        found.said.append(f"extension {of.name}: {len(of.rows)} rows ({kinds})")
        co2 = [k for k, name in enumerate(of.rows) if _is_co2(of.name, name, asked.co2)]
        others = [k for k in range(len(of.rows)) if k not in co2]
        chosen = [
            k
            for k in others
            if _named(of.name, of.rows[k], asked.stressors)
            or (len(others) <= MOST and not asked.stressors)
        ]
        if left := len(others) - len(chosen):
            found.said.append(f"  {left} rows are left out: {UNNAMED}")
        named = ("row", [of.rows[k] for k in (*co2, *chosen)]), ("region", lists.regions)
        axes, cells = (*named, ("sector", [*lists.sectors, HOUSEHOLDS])), of.cells[[*co2, *chosen]]
        raise_faults([*cell_faults(of.name, axes, cells, ~np.isfinite(cells), "numbers", of.where)])
        for k in co2:
            times = conversion_factor(of.units[k].replace("Gg", "kt").replace("Tg", "Mt"), "t CO2")
            if times is None:
                no_mass = f"'{of.rows[k]}' is in '{of.units[k]}', which is no mass"
                found.said.append(f"  {no_mass}: not taken as CO2")
                continue
            rows_of_co2.append(f"{of.name}: {of.rows[k]} ({of.units[k]})")
            total += of.cells[k] * times
        for k in chosen:
            rows = _listed(of.cells[k], lists)
            stressors += _stressor(of.name, of.rows[k], of.units[k] or "1", rows, found)
    refuse_unknown_rows((*asked.co2, *asked.stressors), known, path)
    found.said += [f"  taken as CO2 (confirm): {row}" for row in rows_of_co2]
    found.guesses += [(str(path), row, "extension", "CO2, emissions.csv") for row in rows_of_co2]
    if not rows_of_co2:
        found.said.append(
            "no row of an extension says CO2: name it with --co2 'EXTENSION: ROW', or fill in "
            "emissions.csv"
            if known
            else "the file has no emissions: fill in emissions.csv"
        )
    note = f"{guesses.CONFIRM}: {'; '.join(rows_of_co2)}"[:200]
    told = _listed(total, lists) if rows_of_co2 else []
    found.tables["emissions"] = pd.DataFrame(
        [(*row, "observed", note) for row in told if row[2] or row[1] != HOUSEHOLDS],
        columns=list(EMISSIONS),
    )
    if stressors:
        found.tables["stressors"] = pd.DataFrame(stressors, columns=list(STRESSORS))


def _stressor(
    extension: str, name: str, unit: str, rows: list[tuple[str, str, float]], found: Found
) -> list[tuple]:
    """Rows of stressors.csv of a row of an extension, none where it goes below 0."""
    if min(row[2] for row in rows) < 0:
        found.said.append(f"  '{name}' has amounts below 0: left out")
        return []
    found.said.append(f"  taken as a stressor: {name} ({unit})")
    code = re.sub(r"\W+", "_", name).strip("_")[:LONGEST]
    note = f"{guesses.CONFIRM}: {extension}: {name}"
    return [(code, unit, *row, "observed", note) for row in rows if row[2]]


def _is_co2(extension: str, name: str, asked: Sequence[str]) -> bool:
    if asked:
        return _named(extension, name, asked)
    return bool(guesses.CO2.search(name) and not guesses.NOT_CO2.search(name))


def _named(extension: str, name: str, asked: Sequence[str]) -> bool:
    """Whether a row of an extension is asked for: by its name, the first part of it, or with all of
    its extension.
    """
    return any(
        one in (name, f"{extension}: {name}", extension)
        or name.startswith(f"{one},")
        or f"{extension}: {name}".startswith(f"{one},")
        for one in asked
    )


def refuse_unknown_rows(
    asked: Sequence[str], known: Sequence[tuple[str, str]], folder: Path
) -> None:
    """Refuse rows that are asked for and that no extension has, all at once."""
    names = [f"{extension}: {name}" for extension, name in known]
    lost = [one for one in asked if not any(_named(*row, [one]) for row in known)]
    raise_faults(
        [
            DataError(
                f"no row of an extension is called '{one}'",
                where=str(folder),
                fix=f"write EXTENSION: ROW, such as '{get_close_matches(one, names, 1, 0)[0]}'."
                if names
                else "leave it out: no extension has a row.",
            )
            for one in lost
        ]
    )


def units_of(part: Path) -> dict[tuple[str, ...], str]:
    """Units of the rows of a part of a pymrio folder."""
    unit = Wide.open(part, "unit")
    return unit.texts() if unit else {}


#: Layout of stressors in a MATLAB file.
FIX_MATLAB = (
    "save a matrix with a row a stressor and a column a sector of a region, in the order of the "
    "table, perhaps one with a column a category of a region, and a cell array with the names of "
    "the rows, such as 'CO2 (kt)'; where there are several matrices, begin the names of these with "
    "the name of theirs (E, E_Y, E_rows)"
)
#: The unit at the end of a name.
UNIT = re.compile(r"[(\[]([^()\[\]]+)[)\]]\s*$")
Matrices = dict[str, np.ndarray]
Texts = dict[str, list[tuple[str, ...]]]


def of_matlab(path: Path, lists: Lists, found: Found) -> Iterator[Extension]:
    """The stressors of a MATLAB file, beside the table or with it in one file: matrices with a
    column a sector of a region. To one of several belongs what begins with its name. What the file
    of the table has in another layout is said.

    Raises
    ------
    DataError
        A file beside the table has another layout.
    """
    matrices, texts = read_variables(path)
    wide, inside = len(lists.regions) * len(lists.sectors), path == found.mrio
    matrices = {name: m.T if m.shape == (wide, 1) else m for name, m in matrices.items()}
    made = [name for name, m in matrices.items() if m.shape[1] == wide]
    groups = made if len(lists.sectors) != len(lists.categories) else made[:1]
    left = {*matrices, *texts}
    owner = {
        name: max((k for k in groups if name.startswith(k)), key=len, default="".join(groups[:1]))
        for name in (*matrices, *texts)
    }
    for group in groups or [""] * (not inside):
        own = {k: m for k, m in matrices.items() if owner[k] == group}
        named = {k: of for k, of in texts.items() if owner[k] == group or len(of) == wide}
        problems = list[CityMRIOError]()
        with gather_faults(problems):
            used, extension = _of_matrix(path, own, named, lists, strict=not inside)
            left -= used
            yield extension
        found.said += [f"not read: {problem}" for problem in problems if inside]
        raise_faults([] if inside else problems)
    if left and inside:
        found.said.append(f"not read: {path.name}: {', '.join(sorted(left))}")


def _of_matrix(
    path: Path, matrices: Matrices, texts: Texts, lists: Lists, *, strict: bool
) -> tuple[set[str], Extension]:
    """The stressors of one matrix: a row a stressor; perhaps a matrix of as many rows with a column
    a category of a region; texts that name the rows (a row alone may be called as its matrix),
    perhaps their units, perhaps region and sector of the columns, which have the order of the table
    otherwise. Also what was read; `strict`: other matrices are refused.
    """
    count, n, _, uses = lists.shape
    wide, categories = count * n, uses - n
    made = [name for name, m in matrices.items() if m.shape[1] == wide]
    height = len(matrices[made[0]]) if made else 0
    final = [k for k, m in matrices.items() if m.shape == (height, count * categories)]
    final = [name for name in final if name not in made]
    units = [k for k, of in texts.items() if len(of) == height and re.search("unit", k, re.I)]
    named = [k for k, of in texts.items() if len(of) == height and k not in units]
    if height == 1 and len(named) != 1:
        named, texts = made[:1], texts | {made[0]: [(made[0],)]}
    other = [k for k, m in matrices.items() if m.size > 1 and k not in {*made, *final}]
    labels = [k for k, of in texts.items() if len(of) == wide != height]
    for variables, most, what in (
        (made, 1, f"matrix of {wide} columns"),
        (named, 1, f"list of {height} texts that names its rows"),
        (final, len(final) > 0, f"matrix of {height} x {count * categories}"),
        (units, len(units) > 0, f"list of {height} units"),
        (other, 0 if strict else len(other), "matrix of another size"),
    ):
        if len(variables) != most:
            sizes = [f"{k} {' x '.join(map(str, m.shape))}" for k, m in matrices.items()]
            sizes += [f"{k} of {len(of)} texts" for k, of in texts.items()]
            raise DataError(
                f"has {', '.join(variables) or 'nothing'} for its {what}; expected {int(most)} "
                f"(variables: {'; '.join(sizes) or 'none'})",
                where=str(path),
                fix=f"{FIX_MATLAB}{', or leave the file out with --without' if strict else ''}.",
            )
    rows = [", ".join(filter(None, label)) for label in texts[named[0]]]
    told = [of[0] for of in texts[units[0]]] if units else [*map(_unit, rows)]
    columns, regions = _order(texts[labels[0]] if labels else None, lists, path)
    cells = matrices[made[0]][:, columns].reshape(height, count, n)
    directly = np.zeros((height, count, 1))
    if final:
        by_region = matrices[final[0]].reshape(height, count, categories)
        directly = by_region.sum(axis=2, keepdims=True)[:, regions]
    cells = np.concatenate([cells, directly], axis=2)
    used = {*made, *final, *units, *named, *labels[:1]}
    return used, Extension(path.stem, str(path), rows, told, cells)


def _unit(name: str) -> str:
    """The unit in brackets at the end of a name, or behind the last `_` of a variable's."""
    last = name.rpartition("_")[2]
    return "".join(UNIT.findall(name)) or (last if last != name and parse_unit(last) else "")


def _order(
    labels: Sequence[tuple[str, ...]] | None, lists: Lists, path: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Where the sectors of regions, and the regions, of the table are in a matrix that has labels
    of its own; in their order without.
    """
    count, n = len(lists.regions), len(lists.sectors)
    if labels is None:
        return np.arange(count * n), np.arange(count)
    try:
        places = flat_places(labels, lists, "sectors", f"{path}, labels of its columns")
    except DataError as error:
        raise DataError(
            error.message,
            where=error.where,
            fix="save them as a cell array of two columns, region and sector, with the names of "
            "the table, or leave them out where the columns have its order.",
        ) from error
    return np.argsort(places), np.argsort([*dict.fromkeys((places // n).tolist())])
