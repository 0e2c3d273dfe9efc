"""What a process really loads and opens: the code of the library as it was read, and every file
that is opened for reading.

An import records the SHA-256 of the very bytes that it compiles. Compiled files (``__pycache__``)
are not used for the library: Python trusts them by date and size, so they may be those of another
text. Files are seen by an audit hook on ``open``; what compiled libraries open (netCDF, GDAL) is
not seen.

By hand: Python's own loader keeps no digest, and no public list says which files were opened.
"""

import os
import sys
import sysconfig
from collections.abc import Iterable
from hashlib import sha256
from importlib.machinery import FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

#: The folder from which the library is imported, and that of the library itself, which may be
#: linked there.
ROOT = Path(__file__).absolute().parents[2]
LIBRARY = Path(__file__).resolve().parents[1]
#: File of the library -> SHA-256 of what this process has loaded from it.
LOADED: dict[str, str] = {}
#: Those of them that a fork has from the interpreter it comes from (`forks`): other jobs may have
#: needed them.
INHERITED: set[str] = set()
#: Files that this process has opened for reading since :func:`record_loading`, and those that it
#: has made or overwritten.
OPENED: set[str] = set()
WRITTEN: set[str] = set()


def _installed() -> tuple[str, ...]:
    """Where Python, the packages and the system are: what is read there is known by versions
    (`versions`), or is no data.

    A prefix that the whole system shares holds more than Python: its fonts, for instance, are not
    known by a version.
    """
    prefixes = {sys.prefix, sys.base_prefix} - {"/", "/usr", "/usr/local"}
    # Wherever packages are imported from (`pip install --target`, a cluster's modules), but no
    # folder that holds the project.
    project = (os.path.realpath(ROOT), os.path.realpath(os.getcwd()))
    places = {os.path.realpath(path) for path in sys.path if path}
    packages = {
        one
        for one in places
        if not any(f"{own}{os.sep}".startswith(f"{one}{os.sep}") for own in project)
    }
    python = {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}
    system = {
        "/proc",
        "/sys",
        "/dev",
        "/etc",
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/local/lib",
        "/usr/share/zoneinfo",
    }
    return tuple(
        f"{os.path.realpath(path)}{os.sep}" for path in prefixes | packages | python | system
    )


class Loader(SourceFileLoader):
    """Compiles what it reads, and records its digest."""

    def get_code(self, fullname: str) -> CodeType:
        """The code of a module, never from a compiled file."""
        path = self.get_filename(fullname)
        content = self.get_data(path)
        LOADED[os.path.realpath(path)] = sha256(content).hexdigest()
        return self.source_to_code(content, path)


def _finder(path: str) -> FileFinder:
    if os.path.isfile(path) or not Path(path).resolve().is_relative_to(
        LIBRARY
    ):  # a file is what `runpy` asks for
        raise ImportError(path)
    return FileFinder(path, (Loader, [".py"]))


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    path, flags = os.path.abspath(os.fsdecode(arguments[0])), arguments[2] or 0
    (WRITTEN if flags & (os.O_CREAT | os.O_TRUNC) else OPENED).add(path)


def record_loading() -> None:
    """From now on record what this process loads and opens; modules that are there already count as
    their files are now.
    """
    if _finder in sys.path_hooks:
        return
    sys.path_hooks.insert(0, _finder)
    for path in [
        path for path in sys.path_importer_cache if Path(path).resolve().is_relative_to(LIBRARY)
    ]:
        del sys.path_importer_cache[path]
    for module in list(sys.modules.values()):
        path = os.path.realpath(getattr(module, "__file__", None) or "")
        if path.startswith(f"{LIBRARY}{os.sep}") and os.path.isfile(path):
            LOADED[path] = sha256(Path(path).read_bytes()).hexdigest()
    sys.addaudithook(_hook)


def find_undeclared(declared: Iterable[str]) -> list[str]:
    """Files that were opened for reading and are neither declared nor made by this process nor
    installed, sorted.

    Parameters
    ----------
    declared
        Files that may be read, and folders below which every file may be.
    """
    may = {os.path.realpath(path) for path in declared}
    roots = (*_installed(), *(f"{path}{os.sep}" for path in may))
    found = {os.path.realpath(path) for path in OPENED - WRITTEN} - may
    return sorted(path for path in found if not path.startswith(roots) and os.path.isfile(path))
