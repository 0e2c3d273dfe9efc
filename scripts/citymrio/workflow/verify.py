"""Whether the folder of a run holds what its configuration makes, byte by byte: ``citymrio verify
CONFIG``.

Everything is named that was altered, is missing, was made from other inputs or by other code, comes
from a run of another name, or is made by no rule of this configuration. Nothing is changed, unless
what is left over is to be set aside.
"""

import argparse
import csv
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from .. import __version__
from ..base.errors import DataError
from ..base.software import kernel
from ..config.loading import read_configs
from .lock import RunError, at_work, take_run
from .manifest import (
    ASIDE,
    KINDS,
    OWN,
    Digests,
    Fault,
    Record,
    find_faults,
    list_some,
    read_records,
    unfinished,
)
from .versions import CONDA, stamped

#: Kinds of faults, with what they mean; those of the records first.
ALL_KINDS = KINDS | {
    "unmade": "the configuration asks for it, but it has not been made yet",
    "outdated": "its code, parameters or inputs, or those of a file before it, have changed; it "
    "would be made again",
    "left over": "no rule of this configuration makes it",
    "version": "another version of citymrio made it",
}
FIX = (
    "the same command as before makes everything again, except files that are left over or "
    "unknown to every rule. "
    "`make verify CONFIG=... SET_ASIDE=yes` moves what is left over to a folder of its own; "
    "remove what is unknown yourself."
)
#: What a run makes on request counts once it was made; the value of data takes an ensemble, which
#: keeps blocks of members beyond those that are asked for.
ON_REQUEST, OF_AN_ENSEMBLE = ("mrio_table", "validation"), ("value_of_data", "value_of_data_report")
KEPT = "uncertainty_members"
#: One file of everything, which `make report` makes and no job.
REPORT = "report.html"


def beside_the_plan(
    run: Path, records: Mapping[str, Record], plan: Mapping[str, bool]
) -> list[Fault]:
    """Faults that show only beside what the configuration makes.

    Parameters
    ----------
    run
        Folder of the run.
    records
        Of its jobs.
    plan
        Of :meth:`Asked.planned`.
    """
    made = {name for record in records.values() for name in record.made}
    ours = {
        Path(path).relative_to(run).as_posix(): again
        for path, again in plan.items()
        if Path(path).is_relative_to(run)
    }
    faults = [
        Fault("unmade", name, "") for name in ours if name not in made and not (run / name).exists()
    ]
    faults += [
        Fault("outdated", name, "")
        for name, again in ours.items()
        if again and (run / name).exists()
    ]
    dataset_again = ours.get(
        "dataset", False
    )  # then the plan ends there: what provinces there will be is not known yet
    for record in records.values():
        if not (dataset_again and "province" in record.wildcards):
            faults += [
                Fault("left over", name, f"of {record}") for name in record.made if name not in ours
            ]
        if record.version != __version__:
            faults.append(
                Fault("version", record.job, f"citymrio {record.version}; this is {__version__}")
            )
    return faults


class Asked:
    """What is asked of Snakemake: a configuration, the words of --config, and the targets that its
    run has.

    `members` (of the ensemble) and `folders` (raw_dir, extras_dir) are those that the run was
    started with, if others than the configuration has.

    Raises
    ------
    CityMRIOError
        The configuration is at fault, or there is no such run.
    """

    def __init__(self, file: str | Path, *, members: int | None = None, **folders: str | None):
        named = {key: folder for key, folder in folders.items() if folder}
        words = [f"dataset={json.dumps(named, ensure_ascii=False)}"] if named else []
        words += [] if members is None else [f"uncertainty={{members: {members}}}"]
        self.config = read_configs([file], words)
        self.run = Path("results") / self.config.run
        if not self.run.is_dir():
            raise DataError("there is no such run", where=str(self.run), fix="run it first.")
        records = read_records(self.run)
        drawn = bool(self.config.uncertainty.members)
        requested = [*ON_REQUEST, *(OF_AN_ENSEMBLE if drawn else ())]
        blocks = [record for record in records.values() if drawn and record.rule == KEPT]
        # the files of the dataset have no rule of their own
        self.targets = [
            "all",
            f"{self.run.as_posix()}/dataset",
            *(name for name in requested if name in records),
            *((self.run / record.made[0]).as_posix() for record in blocks),
        ]
        self.words = ["--configfile", str(file), *(["--config", *words] if words else [])]
        if any(CONDA in stamped(record.external) for record in records.values()):
            self.words += ["--sdm", "conda"]

    def snakemake(self, *arguments: str) -> str:
        """What Snakemake prints when it is called with these arguments.

        Raises
        ------
        DataError
            It fails.
        """
        command = [
            sys.executable,
            "-P",
            "-m",
            "snakemake",
            *self.targets,
            *arguments,
            "--cores",
            "1",
            *self.words,
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise DataError(
                f"Snakemake stops: {done.stderr.strip()}",
                where=self.words[1],
                fix="see the message.",
            )
        return done.stdout

    def planned(self) -> dict[str, bool]:
        """Every output of the targets -> whether it would be made again, as Snakemake sees it."""
        said = self.snakemake("--summary")
        rows = csv.DictReader(
            said[said.index("output_file\t") :].splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        return {row["output_file"]: row["plan"] != "no update" for row in rows}

    def faults(self) -> list[Fault]:
        """Everything that is wrong with the run, sorted."""
        plan = (
            self.planned()
        )  # first: it also writes down the versions of packages that are installed
        faults = [
            *find_faults(self.run, Digests()),
            *beside_the_plan(self.run, read_records(self.run), plan),
        ]
        order = list(ALL_KINDS)
        return sorted(faults, key=lambda fault: (order.index(fault.kind), fault))

    def take_over(self) -> None:
        """Take finished results for this folder's own: Snakemake gets records of them, as if it had
        made them here.

        Raises
        ------
        DataError
            They are not what this configuration makes.
        """
        bad = [
            fault
            for fault in self.faults()
            if fault.kind not in ("outdated", "unknown", "left over")
        ]
        if bad or made_by(self.run) != self.config.model_dump(mode="json"):
            named = describe_faults(self.run, bad).rpartition("\nFix: ")[0]
            problem = (
                f"is not taken over: {named}"
                if bad
                else "is unfinished, or of another configuration"
            )
            raise DataError(
                problem,
                where=str(self.run),
                fix="finish it where it was made, and take its configuration along.",
            )
        self.snakemake("--touch")
        for of_job in read_records(self.run).values():
            of_job.write(OWN / self.run)


def made_by(run: Path) -> dict[str, Any] | None:
    """The configuration that made a finished run, of its `provenance.json`; None without one."""
    try:
        return json.loads((run / "provenance.json").read_text(encoding="utf-8"))["config"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refuse_unfinished(run: str | Path, names: Iterable[str]) -> None:
    """Stop before files of a run are read that do not belong together.

    Parameters
    ----------
    run
        Folder of the run; one without records (released, say) is taken as it is.
    names
        The files, relative to it.

    Raises
    ------
    RunError
        A run is at work there.
    DataError
        The files, or what they were made from, are of two states of the run.
    """
    if process := at_work(run):
        raise RunError(f"a run is at work in {run} ({process}).", fix="wait until it has ended.")
    if other := unfinished(run, names):
        raise DataError(
            f"{run} is not finished: {list_some(other)}: new, or gone, since results were made "
            "from it.",
            fix="run the command that makes it first.",
        )


def drop_old_pages(run: str | Path, since: float) -> list[str]:
    """Remove pages that show other results than are there: what a run has not made again that
    failed, was interrupted, or made only a part anew; and a report from before other pages were
    made.

    Parameters
    ----------
    run
        Folder of the run, which this process holds.
    since
        When the run began (:func:`.lock.take_run`).

    Returns
    -------
    list
        Names of these pages, relative to the folder.
    """
    run, records = Path(run), read_records(run)
    of_pages = [record for record in records.values() if any(map(_is_page, record.outputs))]
    gone = list[str]()
    for record in of_pages:
        if unfinished(run, record.outputs, records):
            gone += record.outputs
            record.drop(record.outputs, run)
    made = (run / name for record in of_pages for name in record.outputs)
    if gone or any(page.is_file() and page.stat().st_mtime >= since for page in made):
        gone += [REPORT] if (run / REPORT).is_file() else []
    for name in gone:
        (run / name).unlink(missing_ok=True)
    return gone


def _is_page(name: str) -> bool:
    """Whether a file is one that people open first, not a table or figure."""
    return name.endswith(".html") or name == "summary.txt"


def set_aside(run: Path, names: Iterable[str]) -> Path:
    """Move files in the folder of a run to a folder `set_aside_<n>` in it; no record answers for
    them any more.
    """
    aside, moved = (
        next(path for n in count(1) if not (path := run / f"{ASIDE}{n}").exists()),
        set(names),
    )
    for name in sorted(moved):
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).rename(aside / name)
    for record in read_records(run).values():
        if not moved.isdisjoint(record.made):
            inside = [
                name for name in record.outputs if moved & {name, *map(str, Path(name).parents)}
            ]
            record.drop([*inside, *moved], run)
    return aside


def kernel_note(records: Iterable[Record], here: str) -> str:
    """Why checksums may differ where nothing else does: the jobs computed with another linear
    algebra than this machine.
    """
    found = sorted({record.kernel for record in records} - {""})
    if {*found} <= {here}:
        return ""
    return (
        f"Note: the jobs computed with {' and '.join(found)}; this machine computes with "
        f"{here}. Last digits depend on it, "
        "and so does the checksum of a file that is made again. Compare numbers between such "
        "machines, not checksums."
    )


def describe_faults(run: Path, faults: Iterable[Fault]) -> str:
    """What is wrong, one line for each kind and reason."""
    groups: dict[tuple[str, str], list[str]] = {}
    for fault in faults:
        groups.setdefault((fault.kind, fault.why), []).append(fault.path)
    if not groups:
        return (
            f"{run}: every file is what its job wrote, from the present inputs, code and "
            "configuration."
        )
    lines = [
        f"  {kind:<10}{list_some(paths, 6)}: {why or ALL_KINDS[kind]}"
        for (kind, why), paths in groups.items()
    ]
    return "\n".join([f"{run} is not what its configuration makes:", *lines, f"Fix: {FIX}"])


def main(arguments: list[str] | None = None) -> int:
    """Print what is wrong with a run; exit code 1 if anything is."""
    parser = argparse.ArgumentParser(prog="citymrio verify", description=__doc__.split("\n\n")[0])
    parser.add_argument("config", help="the configuration of the run")
    parser.add_argument(
        "--raw-dir", help="where the raw files are, if the run was started with RAW_DIR"
    )
    parser.add_argument(
        "--extras-dir",
        help="where the files of extra observations are, if it was started with EXTRAS_DIR",
    )
    parser.add_argument(
        "--members", type=int, help="members of the ensemble, if the run was started with MEMBERS"
    )
    parser.add_argument(
        "--set-aside",
        action="store_true",
        help=f"move what is left over to a folder {ASIDE}1 in that of the run",
    )
    parser.add_argument(
        "--take-over",
        action="store_true",
        help="take finished results that were brought here for ours: nothing is made again",
    )
    options = parser.parse_args(arguments)
    asked = Asked(
        options.config,
        members=options.members,
        raw_dir=options.raw_dir,
        extras_dir=options.extras_dir,
    )
    run = asked.run
    if options.take_over:
        asked.take_over()
    faults = asked.faults()
    left = [
        fault.path for fault in faults if fault.kind == "left over" and (run / fault.path).exists()
    ]
    if options.set_aside and left:
        take_run(run)  # not while a run is writing there
        print(f"{run}: {list_some(left)}: moved to {set_aside(run, left)}")
        faults = asked.faults()
    print(describe_faults(run, faults))
    if note := kernel_note(read_records(run).values(), kernel()):
        print(note)
    return 1 if faults else 0
