"""Which versions of which packages a script computes with, as small files that can be inputs of a
rule.

Content decides what runs anew: a job whose packages are of other versions than at its last run is
done again, others are not.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..base.errors import DataError
from ..base.software import MISSING, installed, required, version
from ..base.solvers import SOLVERS

#: What works behind a package without being required by it: what pandas and xarray take where it is
#: there.
BEHIND = {
    "openpyxl": ("pillow",),
    "pandas": ("pyarrow",),
    "xarray": ("netCDF4",),
}
#: Engines of cvxpy: none computes anything unless the configuration names it, whether it is
#: installed or not.
ENGINES = {*filter(None, (backend.package for backend in SOLVERS.values())), "sparsediffpy"}
#: Folder of the stamps, from the working folder.
FOLDER = ".snakemake/software"
#: The stamp of an environment made by conda.
CONDA = "conda"


def with_those_behind(packages: Iterable[str]) -> list[str]:
    """These packages, all that they require or that works behind them, as far as installed, and
    Python, sorted; no `ENGINES`.

    What is named and not installed counts too: its installation is a change.
    """
    found, todo = {"python"}, list(packages)
    while todo:
        package = todo.pop()
        if package not in found:
            found.add(package)
            behind = {*required(package), *BEHIND.get(package, ())}
            todo.extend(name for name in behind if name not in ENGINES and version(name) != MISSING)
    return sorted(found)


def _stamp(name: str, text: str) -> Path:
    """A stamp, written only where it says something else."""
    path = Path(FOLDER) / name
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path


def stamps(packages: Iterable[str], config: Mapping[str, Any] | None = None) -> list[Path]:
    """One file for each package in `FOLDER`, holding its version.

    Parameters
    ----------
    packages
        Names that are imported (`code.packages`).
    config
        The configuration of the run: where it names a solver of another package, that package
        counts behind cvxpy.
    """
    packages, named = list(packages), str(config)
    if "cvxpy" in packages:
        packages += [
            backend.package
            for name, backend in SOLVERS.items()
            if backend.package and f"'{name}'" in named
        ]
    return [_stamp(package, f"{version(package)}\n") for package in with_those_behind(packages)]


def stamp_of_conda(prefix: str | Path, file: str | Path) -> Path:
    """One file for everything that is installed in the environment that conda has made of `file`
    below `prefix`.

    Where jobs have an environment of their own, what is installed beside Snakemake says nothing.
    Before that environment is there, the stamp says so; it is written again before the first job.
    """
    made = [
        copy.with_suffix("")
        for copy in sorted(Path(prefix).glob("*.yaml"))
        if copy.read_bytes() == Path(file).read_bytes()
    ]
    return _stamp(
        CONDA, "".join(f"{name}\n" for one in made for name in installed(one)) or "not made yet\n"
    )


def stamped(paths: Iterable[str]) -> dict[str, str]:
    """Package -> its stamp, of those paths that are stamps."""
    return {
        Path(path).name: path for path in paths if Path(path).parts[-3:-1] == Path(FOLDER).parts
    }


def refuse_changes(paths: Iterable[str]) -> None:
    """Stop if what is installed here is not what the stamps among `paths` say: it was installed
    since the run began.

    Raises
    ------
    DataError
        With both versions.
    """
    for name, path in stamped(paths).items():
        said = Path(path).read_text(encoding="utf-8").split("\n")
        here = [*(installed(sys.prefix) if name == CONDA else [version(name)]), ""]
        if said != here:
            was, now = (
                ", ".join(sorted({*one} - {*other})) or "nothing"
                for one, other in ((said, here), (here, said))
            )
            raise DataError(
                f"the run began with {was}, and this job has {now}: it was installed since",
                where=path,
                fix="run the same command again.",
            )
