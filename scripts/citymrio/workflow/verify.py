"""Whether the folder of a run holds what its configuration makes, byte by byte: ``citymrio verify CONFIG``.

Everything is named that was altered, is missing, was made from other inputs or by other code, comes from a run of another name,
or is made by no rule of this configuration. Nothing is changed.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import __version__
from ..base.errors import CityMRIOError, DataError
from ..base.software import kernel
from ..config.loading import read_config
from .manifest import KINDS, Digests, Fault, Record, inspect, listing, read_records
from .versions import CONDA, stamped

#: Kinds of faults, with what they mean; those of the records first.
ALL_KINDS = KINDS | {
    "unmade": "the configuration asks for it, but it has not been made yet",
    "outdated": "its code, parameters or inputs, or those of a file before it, have changed; it would be made again",
    "left over": "no rule of this configuration makes it",
    "version": "another version of citymrio made it",
}
FIX = (
    "the same command as before makes everything again, except files that are left over or unknown to every rule; remove "
    "those yourself if you do not need them."
)


def planned(
    config: str | Path, folders: Mapping[str, str | None], targets: Iterable[str], *, conda: bool = False
) -> dict[str, bool]:
    """Every output of the targets under a configuration -> whether it would be made again, as Snakemake sees it.

    With `conda`, jobs run in the environment that conda makes for them.

    Raises
    ------
    DataError
        Snakemake refuses the configuration.
    """
    named = {key: folder for key, folder in folders.items() if folder}
    given = ["--config", f"dataset={json.dumps(named, ensure_ascii=False)}"] if named else []
    words = ["snakemake", *targets, "--summary", "--cores", "1", "--configfile", str(config), *given]
    command = [sys.executable, "-P", "-m", *words, *(["--sdm", "conda"] if conda else [])]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise DataError(f"the workflow cannot be read: {done.stderr.strip()}", where=str(config), fix="see the message.")
    rows = csv.DictReader(done.stdout[done.stdout.index("output_file\t") :].splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row["output_file"]: row["plan"] != "no update" for row in rows}


def beside_the_plan(run: Path, records: Mapping[str, Record], plan: Mapping[str, bool]) -> list[Fault]:
    """Faults that show only beside what the configuration makes.

    Parameters
    ----------
    run
        Folder of the run.
    records
        Of its jobs.
    plan
        Of :func:`planned`.
    """
    made = {name for record in records.values() for name in record.made}
    ours = {Path(path).relative_to(run).as_posix(): again for path, again in plan.items() if Path(path).is_relative_to(run)}
    faults = [Fault("unmade", name, "") for name in ours if name not in made and not (run / name).exists()]
    faults += [Fault("outdated", name, "") for name, again in ours.items() if again and (run / name).exists()]
    dataset_again = ours.get("dataset", False)  # then the plan ends there: what provinces there will be is not known yet
    for record in records.values():
        if not (dataset_again and "province" in record.wildcards):
            faults += [Fault("left over", name, f"of {record}") for name in record.made if name not in ours]
        if record.version != __version__:
            faults.append(Fault("version", record.job, f"citymrio {record.version}; this is {__version__}"))
    return faults


def verify(config: str | Path, **folders: str | None) -> tuple[Path, list[Fault]]:
    """The folder of the run of a configuration, and everything that is wrong with it, sorted.

    `folders` are those of the raw files that the run was started with: raw_dir, extras_dir.

    Raises
    ------
    CityMRIOError
        The configuration is at fault, or there is no such run.
    """
    run = Path("results") / read_config(config).run
    if not run.is_dir():
        raise DataError("there is no such run", where=str(run), fix="run it first.")
    records = read_records(run)
    # what is made on request counts once it was made; the files of the dataset have no rule of their own
    targets = ["all", f"{run.as_posix()}/dataset", *(["mrio_table"] if "mrio_table" in records else [])]
    conda = any(CONDA in stamped(record.external) for record in records.values())
    plan = planned(
        config, folders, targets, conda=conda
    )  # first: it also writes down the versions of packages that are installed
    faults = [*inspect(run, Digests()), *beside_the_plan(run, records, plan)]
    order = list(ALL_KINDS)
    return run, sorted(faults, key=lambda fault: (order.index(fault.kind), fault))


def kernel_note(records: Iterable[Record], here: str) -> str:
    """Why checksums may differ where nothing else does: the jobs computed with another linear algebra than this machine."""
    found = sorted({record.kernel for record in records} - {""})
    if {*found} <= {here}:
        return ""
    return (
        f"Note: the jobs computed with {' and '.join(found)}; this machine computes with {here}. Last digits depend on it, "
        "and so does the checksum of a file that is made again. Compare numbers between such machines, not checksums."
    )


def text(run: Path, faults: Iterable[Fault]) -> str:
    """What is wrong, one line for each kind and reason."""
    groups: dict[tuple[str, str], list[str]] = {}
    for fault in faults:
        groups.setdefault((fault.kind, fault.why), []).append(fault.path)
    if not groups:
        return f"{run}: every file is what its job wrote, from the present inputs, code and configuration."
    lines = [f"{run} is not what its configuration makes:"]
    for (kind, why), paths in groups.items():
        lines.append(f"  {kind:<10}{listing(paths, 6)}: {why or ALL_KINDS[kind]}")
    return "\n".join([*lines, f"Fix: {FIX}"])


def main(arguments: list[str] | None = None) -> int:
    """Print what is wrong with a run; exit code 1 if anything is."""
    parser = argparse.ArgumentParser(prog="citymrio verify", description=__doc__.split("\n\n")[0])
    parser.add_argument("config", help="the configuration of the run")
    parser.add_argument("--raw-dir", help="where the raw files are, if the run was started with RAW_DIR")
    parser.add_argument("--extras-dir", help="where the files of extra observations are, if it was started with EXTRAS_DIR")
    given = parser.parse_args(arguments)
    try:
        run, faults = verify(given.config, raw_dir=given.raw_dir, extras_dir=given.extras_dir)
    except CityMRIOError as error:
        print(error, file=sys.stderr)
        return 1
    print(text(run, faults))
    if note := kernel_note(read_records(run).values(), kernel()):
        print(note)
    return 1 if faults else 0
