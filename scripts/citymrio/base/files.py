"""Files that a user gives: links are followed, and what cannot be read is named instead of taken
for absent.
"""

import errno
import hashlib
import mmap
import os
import re
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from .errors import DataError

#: Endings of the files of a dataset, and its folders: one must not stand in place of the other.
FILES = (".csv", ".nc", ".json", ".geojson", ".xlsx", ".xls")
FOLDERS = ("provinces", "observations", "extras", "inventory", "inventory_city", "truth")
#: Beginnings of the names of files, folders and sheets that are declared to be no data, and of what
#: programs leave behind.
NOTES = ("#", "note", "read me", "readme")
LITTER = ("~$", "thumbs.db", "desktop.ini", "__macosx")
#: Files that a dataset may have.
MOST = 20_000
KINDS = (
    (stat.S_ISDIR, "folder"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)


#: What no path of a run may have: braces are wildcards to Snakemake, line breaks end its names,
#: backslashes are lost in HDF5.
UNFIT = re.compile(r"[{}\n\r\\]")

#: How the names of files begin that are still being written (`labels.write_atomic`).
PART = ".part-"

#: Ending of the corrections of a known table, beside it.
CORRECTIONS = ".corrections.csv"


#: Memory that a limit (`ulimit -v`) must leave, in bytes: below it libraries fail in words of their
#: own.
SPARE = 1 << 28


def short_of_memory() -> bool:
    """Whether the system grants this process hardly more memory: what has failed may have failed
    for that.
    """
    try:
        mmap.mmap(-1, SPARE).close()
    except OSError:
        return True
    return False


def sha256_of(path: str | Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_small(path: Path, text: str) -> None:
    """Write a small file whole or not at all; nothing waits for the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{PART}{path.stem}.{uuid.uuid4().hex}{path.suffix}")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def by_stem(paths: Iterable[str | Path] | str) -> dict[str, Path]:
    """Files by the name of what they hold: ``provinces/13.nc`` is ``{"13": ...}``, in sorted
    order.
    """
    return {path.stem: path for path in _in_order(paths)}


def by_folder(paths: Iterable[str | Path] | str) -> dict[str, Path]:
    """Files by their folder: ``cities/13/linked.nc`` is ``{"13": ...}``, in sorted order."""
    return {path.parent.name: path for path in _in_order(paths)}


def _in_order(paths: Iterable[str | Path] | str) -> list[Path]:
    return sorted(map(Path, [paths] if isinstance(paths, str) else paths))


def common_folder(paths: Iterable[str | Path]) -> Path:
    """The folder that holds all of these files, at whatever depth."""
    return Path(os.path.commonpath([Path(path).parent for path in paths]))


def corrections_beside(table: str | Path) -> list[Path]:
    """The corrections of a known table, where there are any."""
    path = Path(table).with_suffix(CORRECTIONS)
    return [path] if path.is_file() else []


def file_fault(path: str | Path) -> DataError | None:
    """Why this is no file that can be read, None if it is one.

    Only a regular file, or a link to one, has an end: a pipe may wait for ever, a device may give
    bytes for ever.
    """
    path = Path(path)
    link = f"a link to {os.readlink(path)}" if path.is_symlink() else ""
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            with path.open("rb"):
                return None
    except OSError as error:
        return _unread(path, error)
    kind = next((name for test, name in KINDS if test(mode)), "special file")
    what = f"{link}, a {kind}" if link else f"a {kind}"
    return DataError(
        f"is {what}; expected a file", where=str(path), fix="put a regular file in its place."
    )


def refuse_no_file(path: str | Path) -> None:
    """Stop where this is no file that can be read.

    Raises
    ------
    DataError
        The fault that :func:`file_fault` finds.
    """
    if (fault := file_fault(path)) is not None:
        raise fault


def keep_aside(target: Path) -> None:
    """Move what lies in the place of a file, and is another one, to a name of its own beside it,
    and say so.
    """
    if os.path.lexists(target):
        kept = next(
            place
            for n in count(1)
            if not os.path.lexists(place := target.with_name(f"{target.name}.{n}"))
        )
        target.rename(kept)
        print(
            f"{target} was not the file of the list (edited?): it is kept as {kept.name}",
            file=sys.stderr,
        )


def _unread(path: Path, error: OSError) -> DataError:
    if not path.is_symlink():
        fix = (
            "see docs/contracts.md for the files."
            if error.errno == errno.ENOENT
            else "make it readable, or remove it."
        )
        return DataError(f"cannot be read ({error.strerror})", where=str(path), fix=fix)
    state = {errno.ENOENT: "which does not exist", errno.ELOOP: "which leads back to itself"}
    problem = state.get(error.errno or 0, f"which cannot be read ({error.strerror})")
    return DataError(
        f"is a link to {os.readlink(path)}, {problem}",
        where=str(path),
        fix="correct or remove the link.",
    )


def why_no_data(name: str) -> str:
    """Why a file or folder of this name is no data, in words; "" where it may be."""
    beginnings: dict[str, str | tuple[str, ...]] = {
        "hidden: its name begins with a dot": ".",
        "left behind by a program": LITTER,
        "declared to be no data by its name": NOTES,
    }
    return next((why for why, first in beginnings.items() if name.lower().startswith(first)), "")


def files_below(folder: str | Path) -> tuple[list[Path], list[DataError], dict[Path, str]]:
    """Files of a dataset's folder, those of linked folders included.

    Returns
    -------
    files
        Sorted.
    faults
        Everything that cannot be read.
    aside
        Files and whole folders that are no data (`why_no_data`), and why; nothing opens them.
    """
    files: list[Path] = []
    faults: list[DataError] = []
    aside: dict[Path, str] = {}

    def walk(place: Path, above: tuple[str, ...]) -> None:
        try:
            names = sorted(os.listdir(place))
            here = os.path.realpath(place)
        except OSError as error:
            faults.append(_unread(place, error))
            return
        if here in above:
            link = next(
                path for path in (place, *place.parents) if path.is_symlink()
            )  # the place itself, or a folder above it
            faults.append(
                DataError(
                    f"is a link to {os.readlink(link)}, which contains it",
                    where=str(link),
                    fix="remove the link.",
                )
            )
            return
        for name in names:
            path = place / name
            if why := why_no_data(name):
                aside[path] = why
                continue
            if UNFIT.search(name):
                what = f"{name!r} has a brace, a backslash or a line break in its name"
                faults.append(DataError(what, where=str(place), fix="rename it."))
                continue
            if len(files) + len(faults) >= MOST:
                return
            if path.is_dir() and path.suffix not in FILES:
                walk(path, (*above, here))
            elif path.is_file() and name in FOLDERS:
                faults.append(
                    DataError(
                        "is a file; expected a folder", where=str(path), fix="remove or rename it."
                    )
                )
            elif (fault := file_fault(path)) is not None:
                faults.append(fault)
            else:
                files.append(path)

    folder = Path(folder)
    if not folder.exists():
        return [], [], {}
    walk(folder, ())
    if len(files) + len(faults) >= MOST:
        faults = [
            DataError(
                f"holds {MOST} files or more, the last seen is {files[-1] if files else '?'}; "
                "expected a dataset",
                where=str(folder),
                fix="name only the folder of the dataset, without links to other folders.",
            )
        ]
    return sorted(files), faults, aside


def stray_file_fault(path: Path, hint: str = "", what: str = "file") -> DataError:
    """The fault of a file, or of a folder of files, in a closed folder that nothing reads."""
    fix = (
        "give it the name and the ending of a table (docs/contracts.md), begin its name with "
        "# or note if it is no data, "
    )
    return DataError(
        f"nothing reads this {what}{hint}", where=str(path), fix=f"{fix}or keep it elsewhere."
    )


#: Reads netCDF files whole, naming each first; what it raises is left to the reader that knows the
#: words for it.
READ_WHOLE = """
import sys
import netCDF4
for path in sys.argv[1:]:
    print(path, flush=True)
    try:
        with netCDF4.Dataset(path) as data:
            for variable in data.variables.values():
                variable[...]
    except Exception:
        pass
"""
#: Seconds within which the netCDF files of a dataset (some MB) are read many times over.
PATIENCE = 60.0


def netcdf_faults(paths: Iterable[str | Path], patience: float = PATIENCE) -> dict[str, DataError]:
    """Files that keep the netCDF library busy for ever, or end its process: a few damaged bytes can
    do that.

    They are tried in another process, since nothing stops the library in this one.
    """
    left = [str(path) for path in paths if Path(path).is_file()]
    faults: dict[str, DataError] = {}
    while left:
        try:
            command = [sys.executable, "-P", "-c", READ_WHOLE, *left]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=patience)
            if done.returncode >= 0:
                return faults
            said, state = (
                done.stdout,
                f"crashes the process that reads it (signal {-done.returncode})",
            )
        except subprocess.TimeoutExpired as error:
            said, state = (error.stdout or b"").decode(), f"is not read within {patience:g} s"
        begun = said.splitlines()
        if not begun:  # not even Python came up: nothing is known of the files
            return faults
        faults[begun[-1]] = DataError(
            f"is damaged: it {state}", where=begun[-1], fix="write the file anew."
        )
        left = left[left.index(begun[-1]) + 1 :]
    return faults
