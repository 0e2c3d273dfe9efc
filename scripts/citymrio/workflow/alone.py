"""One job of a run once more: alone, in a debugger or a notebook, outside of the run's results
(CONTRIBUTING.md).

The first line of a job's log says what its script was given (`job.job_arguments`). By hand:
Snakemake hands a script its object in the script's own text and offers no other way to it.
"""

import argparse
import json
import os
import runpy
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from ..base.errors import DataError
from .forks import environment
from .job import GIVEN
from .manifest import run_folder


class Named(list):
    """Files or parameters, by place and by name, as `snakemake.input` has them; as text they stand
    in a row.
    """

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """From name -> a value, or a list of them."""
        named = {
            name: cls(value) if isinstance(value, list) else value for name, value in given.items()
        }
        found = cls(
            one
            for value in named.values()
            for one in (value if isinstance(value, list) else [value])
        )
        vars(found).update(named)
        return found

    def __getitem__(self, key: Any) -> Any:
        """The value of a name, or at a place."""
        return vars(self)[key] if isinstance(key, str) else super().__getitem__(key)

    def __str__(self) -> str:
        return " ".join(map(str, self))


def job_of(log: str | Path) -> SimpleNamespace:
    """The object `snakemake` of a job that has run or failed, with its `script`; outputs lead to a
    new temporary `folder`.

    Parameters
    ----------
    log
        The log of the job, such as ``results/tiny/logs/cities/P01.log``.

    Raises
    ------
    DataError
        The file is no log of a job, or inputs are not where the job found them.
    """
    text = Path(log).read_text(encoding="utf-8") if Path(log).is_file() else ""
    _, found, line = text.partition("\n")[0].partition(GIVEN)
    if not found:
        raise DataError(
            "does not begin with what a job was given",
            where=str(log),
            fix="name the log of a job of a run, such as results/tiny/logs/nest.log; of an older "
            "run: run it again.",
        )
    given = json.loads(line)
    parts = {name: Named.of(given[name]) for name in ("input", "params", "wildcards")}
    if lacking := [path for path in parts["input"] if not Path(path).exists()]:
        raise DataError(
            "is an input of the job and not there",
            where=lacking[0],
            fix="start in the folder of that run.",
        )
    run, folder = run_folder(given["log"]), Path(tempfile.mkdtemp(prefix="citymrio-"))

    def moved(path: Any) -> Any:
        if isinstance(path, list):
            return [moved(one) for one in path]
        there = folder / Path(path).relative_to(run)
        there.parent.mkdir(parents=True, exist_ok=True)
        return str(there)

    return SimpleNamespace(
        rule=given["rule"],
        script=parts["input"]["code"][0],
        folder=folder,
        alone=True,
        output=Named.of({name: moved(path) for name, path in given["output"].items()}),
        **parts,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the adapter of one job."""
    parser = argparse.ArgumentParser(prog="citymrio adapter", description=__doc__.split("\n\n")[0])
    parser.add_argument("log", help="the log of the job, such as results/tiny/logs/cities/P01.log")
    job = job_of(parser.parse_args(arguments).log)
    os.environ.update(environment())
    print(f"{job.script} writes to {job.folder}", flush=True)
    runpy.run_path(job.script, {"snakemake": job}, "__main__")
    return 0
