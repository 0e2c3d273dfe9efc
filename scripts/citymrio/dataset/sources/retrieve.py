"""Raw files of a run: taken from a folder that holds them, or downloaded; always checked, never
half-written.

The sources list (`config/sources/<name>.csv`) has one row per file: file (path below the raw
folder), role (what the adapter reads it as), province, bytes, sha256, content, url, terms, and
optionally `mirrors`, other addresses of the same file, separated by blanks and tried in turn when
`url` fails, and `found_at`, other places where the same file may lie, as seen from the raw folder
and separated by ";" (`../china2012/...`: what another year's list has brought already). Any other
column is refused, but for remarks.
"""

import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pandera.pandas as pa

from ...base.errors import DataError
from ...base.files import file_fault, keep_aside, sha256_of
from ...base.labels import write_atomic
from ...config.models import Dataset
from ..contract.tables import read_list, text_column

#: Raw files that a message names; the rest are counted.
SHOWN = 3
#: Bytes of the name of a file or a folder (file systems take 255; a file that is being written has
#: a longer name).
LONGEST = 200
FIX = "put the files there under these names, or leave dataset.raw_dir out to download them."
FIX_EXTRAS = (
    "put the files there under these names, or name their folder as dataset.extras_dir "
    "(leave both out to download)."
)


def _is_plain_path(text: str) -> bool:
    path = Path(text)
    sound = (
        path.name
        and text == path.as_posix()
        and not path.is_absolute()
        and ".." not in path.parts
        and text.isprintable()
    )
    return bool(sound) and all(len(part.encode()) <= LONGEST for part in path.parts)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an unclosed bracket, a port that is no number
        return False


def _text(holds: Callable[[str], Any], expected: str, *, required: bool = True) -> pa.Column:
    """A column of text whose cells are as expected."""
    check = pa.Check(lambda cells: cells.map(holds).astype(bool), error=expected)
    return text_column("", check, blank=True, required=required)


#: The columns of a sources list; what they mean is on the page.
SOURCES = pa.DataFrameSchema(
    {
        "file": _text(
            _is_plain_path,
            f"a path below the raw folder, plainly written, no name longer than {LONGEST} bytes",
        ),
        "role": text_column(""),
        "province": text_column("", blank=True),
        "bytes": _text(re.compile("[1-9][0-9]{0,14}").fullmatch, "a number of bytes"),
        "sha256": _text(re.compile("[0-9a-f]{64}").fullmatch, "64 hexadecimal digits"),
        "content": text_column("", blank=True),
        "url": _text(lambda url: _is_address(url) and " " not in url, "an http(s) address"),
        "terms": text_column("", blank=True),
        "mirrors": _text(
            lambda urls: all(map(_is_address, urls.split())),
            "http(s) addresses, separated by blanks",
            required=False,
        ),
        "found_at": text_column("", blank=True, required=False),
    },
    unique=["file"],
    title="docs/china.md",
)


def read_sources(path: str | Path, roles: Sequence[str] | None = None) -> pd.DataFrame:
    """The sources list, checked: columns, one row per file, paths inside the folder, checksums and
    addresses well formed.

    Parameters
    ----------
    roles
        The rows that are asked for; all of them when not given.

    Raises
    ------
    DataError
        With row, column, value and expectation.
    """
    table = read_list(path, SOURCES).frame
    folders = {str(folder) for name in table.file for folder in Path(name).parents}
    if len(both := table.file[table.file.isin(folders)]):
        raise DataError(
            f"'{both.iloc[0]}' is a file and the folder of others",
            where=str(path),
            fix="correct one of them.",
        )
    table = table.sort_values("file", kind="stable", ignore_index=True)
    return table if roles is None else table[table.role.isin(roles)].reset_index(drop=True)


def fault(path: Path, size: int, checksum: str) -> str:
    """What is wrong with a file ("" if nothing): missing, empty, truncated, of another size,
    altered.
    """
    if not os.path.lexists(path):
        return "is missing"
    if (broken := file_fault(path)) is not None:
        return broken.message
    found = path.stat().st_size
    if found == 0:
        return "is empty"
    if found != size:
        return f"has {found} bytes{' (truncated)' if found < size else ''}; expected {size}"
    return "" if sha256_of(path) == checksum else "has been altered (its sha256 differs)"


def locate(source: Any, raw_dir: Path) -> tuple[Path | None, str]:
    """The intact file of a source in `raw_dir` or at one of its `found_at` places; None and the
    fault when there is none.
    """
    first = ""
    for name in [source.file, *filter(None, source.found_at.split(";"))]:
        path = raw_dir / name
        problem = fault(path, int(source.bytes), source.sha256)
        if not problem:
            return path, ""
        first = first if first and problem == "is missing" else f"{path} {problem}"
    return None, first


def everything(dataset: Dataset) -> list[tuple[Path, str]]:
    """Path and sha256 of every file that a run reads: the raw files, and those of the extra
    observations it asks for.
    """
    wanted: list[tuple[Dataset, tuple[str, ...] | None]] = [(dataset, None)]
    wanted += [(dataset.of_extras, dataset.extras)] if dataset.extras else []
    return [
        pair
        for part, roles in wanted
        for pair in zip(
            retrieve(part, roles), read_sources(part.sources, roles)["sha256"], strict=True
        )
    ]


def retrieve(dataset: Dataset, roles: Sequence[str] | None = None) -> list[Path]:
    """The raw files of a run (those of some `roles`), every one checked against its sha256.

    With `dataset.raw_dir` they are used where they lie. Without it they are downloaded into
    `dataset.raw_folder`, each said in a line. Files that are there and intact are kept; what is
    there and is another file (edited by hand, say) is kept under a name of its own. A file appears
    whole or not at all.

    Returns
    -------
    list of Path
        The files in the order of the list.

    Raises
    ------
    DataError
        Files missing, truncated or altered: the first ones with address and expected checksum, and
        how many there are.
    """
    sources, fix = read_sources(dataset.sources, roles), FIX if roles is None else FIX_EXTRAS
    folder = dataset.raw_folder
    if dataset.raw_dir is not None:
        return [*verify(sources, folder, fix).values()]
    faults, failed = [], Counter[str]()
    for source in sources.itertuples(index=False):
        target = folder / source.file
        if not fault(target, int(source.bytes), source.sha256):
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise DataError(
                "is not a folder", where=str(error.filename), fix="move away the file in its place."
            ) from None
        if (held := locate(source, folder)[0]) is not None:
            keep_aside(target)
            write_atomic(target, partial(shutil.copyfile, held))
        elif problem := _download(source, target, failed):
            faults.append(_named(problem, source))
    _refuse(faults, len(sources), dataset.sources, fix)
    return [folder / name for name in sources.file]


def verify(sources: pd.DataFrame, raw_dir: str | Path, fix: str = FIX) -> dict[str, Path]:
    """The intact raw files by their name in the list; `fix` is what a message advises.

    Raises
    ------
    DataError
        Files missing, truncated or altered: the first ones with address and expected checksum, and
        how many there are.
    """
    if not Path(raw_dir).is_dir():
        raise DataError(
            "there is no such folder", where=str(raw_dir), fix="name the folder of the raw files."
        )
    paths, faults = {}, []
    for source in sources.itertuples(index=False):
        path, problem = locate(source, Path(raw_dir))
        if path is None:
            faults.append(_named(problem, source))
        else:
            paths[source.file] = path
    _refuse(faults, len(sources), str(raw_dir), fix)
    return paths


def _named(problem: str, source: Any) -> str:
    return f"{problem} [sha256 {source.sha256}, from {source.url}]"


def _refuse(faults: list[str], count: int, where: str, fix: str) -> None:
    if faults:
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise DataError(
            f"{len(faults)} of {count} raw files cannot be used: "
            f"{'; '.join(faults[:SHOWN])}{more}.",
            where=where,
            fix=fix,
        )


def _download(source: Any, target: Path, failed: Counter) -> str:
    """Download one file; "" or what went wrong at its addresses."""
    from .download import download

    addresses = [source.url, *source.mirrors.split()]
    if problems := download(addresses, target, int(source.bytes), source.sha256, failed):
        return f"{source.file} could not be downloaded ({'; '.join(problems)})"
    print(f"downloaded {source.file} ({int(source.bytes) / 1e6:.1f} MB)", file=sys.stderr)
    return ""
