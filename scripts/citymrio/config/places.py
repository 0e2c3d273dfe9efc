"""Where a run reads and where it writes: outputs can never be inputs, since Snakemake removes
outputs before it makes them.
"""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from ..base.errors import CityMRIOError, ConfigError, raise_faults
from ..base.files import UNFIT
from .kinds import reads
from .models import Config

#: Snakemake's own folder: what lies there is its bookkeeping.
STATE = ".snakemake"
#: Sections and their keys that name a file where they are given.
OPTIONAL = (
    ("dataset", "mrio"),
    ("provinces", "trade_known"),
    ("provinces", "concordance"),
    ("cities", "priors"),
    ("cities", "distances"),
    ("assessment", "known_table"),
    ("assessment", "known_labels"),
)


def find_shipped(path: str, base: str | Path) -> str:
    """A file named in the configuration: in the working folder, else beside the Snakefile (the
    folder `base`).
    """
    return path if Path(path).exists() else str(Path(base) / path)


def inputs(config: Config, base: str | Path = ".") -> Iterator[tuple[str, Path]]:
    """Key and path of everything that the configuration names and the run reads; `downloads` only
    where it is used.
    """
    dataset, found = config.dataset, dict[str, str | Path | None]()
    if reads(dataset.kind, "raw_dir"):
        found["dataset.raw_dir"] = dataset.raw_dir
    if reads(dataset.kind, "sources"):
        found |= {
            "dataset.sources": find_shipped(dataset.sources, base),
            "dataset.classification": find_shipped(dataset.classification, base),
            "dataset.downloads": dataset.raw_folder if dataset.raw_dir is None else None,
        }
    if dataset.extras and reads(dataset.kind, "extras"):
        found |= {
            "dataset.extras_sources": find_shipped(dataset.extras_sources, base),
            "dataset.extras_dir": dataset.extras_dir,
        }
    for section, name in OPTIONAL:
        found[f"{section}.{name}"] = getattr(getattr(config, section), name)
        for variant in config.variants:
            if name in getattr(config.variants[variant], section, ()):
                path = getattr(getattr(config.with_variant(variant), section), name)
                found[f"variants.{variant}.{section}.{name}"] = path or None
    yield from ((key, Path(path)) for key, path in found.items() if path is not None)
    yield from (("figures.font", Path(path)) for path in config.figures.font)


def faults(
    config: Config, base: str | Path = ".", results: str | Path | None = None
) -> list[CityMRIOError]:
    """What is wrong with the places of a run: an input that is not there, or that is, holds or lies
    in an output.

    Parameters
    ----------
    base
        Folder of the Snakefile, where shipped files are found.
    results
        Folder of the run's results; ``results/<run>`` in the working folder when not given.
    """
    results = Path(results or Path("results") / config.run)
    written = [
        (results, f"the results of this run ({results})"),
        (Path(STATE), f"Snakemake's own folder ({STATE})"),
    ]
    links = [(link, f"the results of this run (by the link {link})") for link in _links(results)]
    found: list[CityMRIOError] = []
    for key, path in inputs(config, base):
        direct = (clash(path, *place) for place in [*written, *links])
        by_link = (  # a link inside an input folder may lead elsewhere, but not to outputs
            f"leads to {words} by the link {link.relative_to(path)}"
            for link in _links(path)
            for output, words in written
            if clash(link, output, words)
        )
        how = next(filter(None, chain(direct, by_link)), "")  # links are looked for last
        if fault := path_fault(f"'{key}'", path):
            found.append(fault)
        elif how:
            found.append(refusal(f"'{key}'", path, how))
        elif not path.exists() and key != "dataset.downloads":
            what = (
                "folder"
                if key in ("dataset.raw_dir", "dataset.classification", "dataset.extras_dir")
                else "file"
            )
            found.append(
                ConfigError(
                    f"'{key}' is {path}: there is no such {what}.",
                    where="configuration",
                    fix="correct the path.",
                )
            )
    return found


def path_fault(name: str, path: str | Path) -> ConfigError | None:
    """The error of a path that Snakemake and the libraries of files do not take as it is; None for
    others.
    """
    if not UNFIT.search(str(path)):
        return None
    expected = (
        "expected a path without braces, backslashes and line breaks, which Snakemake "
        "and HDF5 do not take as they are."
    )
    return ConfigError(
        f"{name} is {str(path)!r}; {expected}",
        where="configuration",
        fix="rename the file or folder.",
    )


def refusal(name: str, path: str | Path, how: str) -> ConfigError:
    """The error of an input that is an output."""
    reason = "Outputs cannot be inputs: Snakemake removes them before it makes them again."
    fix = "put your files into a folder of their own, outside of results."
    return ConfigError(f"{name} is {path}, which {how}. {reason}", where="configuration", fix=fix)


def check(config: Config, base: str | Path = ".", results: str | Path | None = None) -> None:
    """Refuse a run whose places are not sound.

    Raises
    ------
    CityMRIOError
        All faults at once.
    """
    raise_faults(faults(config, base, results))


def clash(path: Path, output: Path, words: str) -> str:
    """How an input stands to an output ("" where they have nothing in common)."""
    if _same(path, output):
        return f"is {words}"
    if any(_same(folder, output) for folder in _real(path).parents):
        return f"lies in {words}"
    if any(_same(path, folder) for folder in _real(output).parents):
        return f"holds {words}"
    return ""


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _same(one: Path, other: Path) -> bool:
    """Whether two paths are one place, whatever links, upper and lower case or mounts call it."""
    if _real(one) == _real(other):
        return True
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _links(folder: Path) -> Iterator[Path]:
    """Symbolic links below a folder, and below the folders that they lead to: a dataset is read
    through its links.
    """
    todo, seen = [folder], set()
    while todo:
        top = todo.pop()
        if _real(top) in seen:
            continue
        seen.add(_real(top))
        for place, folders, files in os.walk(top):
            for path in (Path(place) / name for name in [*folders, *files]):
                if path.is_symlink():
                    yield path
                    if path.is_dir():
                        todo.append(path)
