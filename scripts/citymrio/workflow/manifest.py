"""What every job read and wrote, by content: `manifest/` in the folder of a run, one small file for
each job (docs/rebuild.md).

A job writes its record when its outputs are whole (`Job`). It refuses an input that is not what the
job behind it wrote. At the start of a run, `find_faults` compares all records with what is there:
what was altered, cut off or removed, or was made from other inputs, is made again. Dates decide
nothing. Records hold no time and no machine: the same work gives the same bytes.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass as checked

from .. import __version__
from ..base.errors import DataError, first_names
from ..base.files import sha256_of, write_small
from ..base.software import kernel
from . import loaded, versions

#: Folder of the records in the folder of a run.
FOLDER = "manifest"
#: What a run leaves that nobody reads as a result.
NOT_RESULTS = (FOLDER, "logs", "benchmarks", "report.html")
#: Where a folder of the workflow keeps the records of jobs that it ran itself: results may be made
#: again from another one.
OWN = Path(".snakemake/citymrio")
#: How folders of a run are called that hold what was set aside: files of the user, and what is left
#: over.
ASIDE = "set_aside_"


def job_name(rule: Any, wildcards: Mapping[str, Any]) -> str:
    """The rule and its wildcards in plain words, such as ``rule city_tables, province 13``."""
    named = ", ".join(f"{name} {value}" for name, value in wildcards.items())
    return f"rule {rule}, {named}" if named else f"rule {rule}"


def params_digest(params: Iterable[str]) -> str:
    """SHA-256 of params as Snakemake writes them down (the `repr` of each, sorted)."""
    return hashlib.sha256(json.dumps(sorted(params)).encode()).hexdigest()


def files_below(folder: str | Path, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Files below a folder, relative to it, those of linked folders included; hidden ones and what
    cannot be read apart.
    """
    here = os.path.realpath(folder)
    try:
        entries = [] if here in above else list(os.scandir(folder))
    except OSError:
        return  # what its jobs wrote there is missing then
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from (f"{entry.name}/{name}" for name in files_below(entry.path, (*above, here)))
        else:
            yield entry.name


@checked(frozen=True, config={"extra": "forbid"})
class Record:
    """What one job read and wrote.

    Attributes
    ----------
    job
        Rule and wildcards as in the path of its log, such as `cities/P04`.
    rule, wildcards
        Of the job.
    run
        Folder of the run, as it was called when the job ran.
    made
        Outputs as the rule declares them, relative to the folder of the run.
    outputs
        File -> SHA-256, relative to the folder of the run; files of an output that is a folder one
        by one.
    inputs
        File of the same run -> SHA-256, relative to its folder.
    external
        Any other input (code, versions of packages, data from outside) -> SHA-256, as the rule
        names it.
    params
        Digest of the params.
    version
        Of citymrio.
    kernel
        Of the linear algebra that the job computed with (`software.kernel`): last digits depend on
        it.
    """

    job: str
    rule: str
    wildcards: Mapping[str, str]
    run: str
    made: tuple[str, ...]
    outputs: Mapping[str, str]
    inputs: Mapping[str, str]
    external: Mapping[str, str]
    params: str
    version: str
    kernel: str = ""

    def __str__(self) -> str:
        return job_name(self.rule, self.wildcards)

    @classmethod
    def read(cls, path: Path, run: Path) -> Self | None:
        """A record, None where the file is not a whole one, or names files outside of the run (its
        job then has none).
        """
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            job = path.relative_to(run / FOLDER).as_posix().removesuffix(".json")
            record = cls(**{**found, "job": job})
        except (OSError, ValueError, TypeError):
            return None
        inside = all(
            not os.path.isabs(name) and ".." not in Path(name).parts
            for name in (*record.made, *record.outputs)
        )
        return record if inside else None

    def drop(self, names: Iterable[str], run: Path) -> None:
        """The job no longer answers for some of its outputs: its record has them no more, or goes
        with the last of them.
        """
        gone = set(names)
        left = replace(
            self,
            outputs={name: digest for name, digest in self.outputs.items() if name not in gone},
            made=tuple(name for name in self.made if name not in gone),
        )
        left.write(run) if left.outputs else (run / FOLDER / f"{self.job}.json").unlink(
            missing_ok=True
        )

    def write(self, run: Path) -> None:
        """Write the record whole or not at all."""
        path = run / FOLDER / f"{self.job}.json"
        value = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "job"}
        write_small(path, json.dumps(value, sort_keys=True, ensure_ascii=False, indent=0) + "\n")


def read_records(run: str | Path, unread: list[str] | None = None) -> dict[str, Record]:
    """Every record of the run in a folder, by job; names of those that cannot be read are added to
    `unread`.
    """
    run, found = Path(run), {}
    for name in sorted(files_below(run / FOLDER)):
        if name.endswith(".json"):
            record = Record.read(run / FOLDER / name, run)
            if record:
                found[record.job] = record
            elif unread is not None:
                unread.append(f"{FOLDER}/{name}")
    return found


def producers(records: Iterable[Record]) -> dict[str, Record]:
    """Output file -> the record of the job that wrote it."""
    return {path: record for record in records for path in record.outputs}


def run_folder(log: str | Path) -> Path:
    """The folder of the run that a log lies in: above `logs`, or that of the log."""
    log = Path(log)
    return next((folder.parent for folder in log.parents if folder.name == "logs"), log.parent)


class Job:
    """The record of a job that is about to run.

    Parameters
    ----------
    job
        The object `snakemake` of a script.

    Raises
    ------
    DataError
        An input is not what the job wrote that made it: it has been altered or truncated since.
    """

    def __init__(self, job: Any):
        log = Path(job.log[0])
        self.run = run_folder(log)
        inside = log.relative_to(self.run).with_suffix("").as_posix().removeprefix("logs/")
        self.records = read_records(self.run)
        written = producers(self.records.values())
        inputs, external = {}, {}
        self.known: dict[str, tuple[list[int], str]] = {}
        for path in sorted({str(path) for path in job.input if os.path.isfile(path)}):
            before, digest = file_mark(os.stat(path)), sha256_of(path)
            self.known[path] = before, digest
            if not Path(path).is_relative_to(self.run):
                external[path] = digest
                continue
            name = Path(path).relative_to(self.run).as_posix()
            inputs[name] = digest
            if name in written and written[name].outputs[name] != digest:
                raise DataError(
                    f"is not what {written[name]} wrote: it has been altered or truncated since",
                    where=path,
                    fix="run the same command again; it makes the file again.",
                )
        self.outputs = [str(path) for path in job.output]
        self.about: dict[str, Any] = {
            "job": inside,
            "rule": str(job.rule),
            "wildcards": dict(sorted((name, str(value)) for name, value in job.wildcards.items())),
            "run": self.run.as_posix(),
            "inputs": inputs,
            "external": external,
            "params": params_digest(map(repr, job.params)),
            "version": __version__,
            "kernel": kernel()
            if {"numpy", versions.CONDA} & versions.stamped(external).keys()
            else "",
        }

    def refuse_changes(self) -> None:
        """Stop if an input has changed since the job began, or if it is code and not what was
        loaded.

        Snakemake would note its new content beside a result of the old one.

        Raises
        ------
        DataError
            With the file; the next run makes the job again.
        """
        for path, (before, digest) in self.known.items():
            same = os.path.exists(path) and (
                file_mark(os.stat(path)) == before or sha256_of(path) == digest
            )
            if not same or loaded.LOADED.get(os.path.realpath(path), digest) != digest:
                raise DataError(
                    "was changed while the job ran",
                    where=path,
                    fix="run the same command again: it makes the outputs of this job again.",
                )
        versions.refuse_changes(self.about["external"])

    def forget(self) -> None:
        """Take the record of an earlier run of this job away: its outputs are about to be
        replaced.
        """
        (self.run / FOLDER / f"{self.about['job']}.json").unlink(missing_ok=True)

    def write(self) -> None:
        """Write the record. Another job that once wrote one of these files no longer answers for
        it.
        """
        outputs: dict[str, str] = {}
        for path in self.outputs:
            names = (
                [f"{path}/{name}" for name in files_below(path)] if os.path.isdir(path) else [path]
            )
            outputs |= {
                Path(name).relative_to(self.run).as_posix(): sha256_of(name) for name in names
            }
        made = tuple(Path(path).relative_to(self.run).as_posix() for path in self.outputs)
        for other in self.records.values():
            if other.job != self.about["job"] and not outputs.keys().isdisjoint(other.outputs):
                other.drop(outputs, self.run)
        record = Record(made=made, outputs=outputs, **self.about)
        for folder in (self.run, OWN / self.run):
            record.write(folder)


def file_mark(stat: os.stat_result) -> list[int]:
    """What changes with the content of a file: size, time of change, inode, time of the inode."""
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_ctime_ns]


class Digests:
    """Digests of files, read anew only where size, time of change, inode or time of the inode
    differ.

    Parameters
    ----------
    store
        A file that keeps them; None keeps nothing.
    """

    #: Seconds within which a file may change without a change of its time.
    TICK = 2.0

    def __init__(self, store: str | Path | None = None):
        self.store = Path(store) if store else None
        self.known: Mapping[str, Sequence] = {}
        self.seen: dict[str, Sequence] = {}
        if self.store:
            with contextlib.suppress(OSError, ValueError):
                self.known = TypeAdapter(
                    dict[str, tuple[int, int, int, int, str | None]]
                ).validate_json(self.store.read_bytes())

    def of(self, path: str | Path, make: Callable[[str], str | None] = sha256_of) -> str | None:
        """What `make` says about a file, None where there is no file that can be read."""
        path = str(path)
        try:
            stat = os.stat(path)
            if not os.path.isfile(path):
                return None
            found = self.seen.get(path) or self.known.get(path)
            if found and list(found[:4]) == file_mark(stat):
                self.seen[path] = found
                return found[4]
            digest = make(path)
        except OSError:
            return None
        if time.time() - max(stat.st_mtime, stat.st_ctime) > self.TICK:
            self.seen[path] = [*file_mark(stat), digest]
        return digest

    def save(self) -> None:
        """Keep what was looked at, if anything is new."""
        if self.store and self.seen != self.known:
            write_small(self.store, json.dumps(self.seen))


@dataclass(frozen=True, order=True)
class Fault:
    """Something in the folder of a run that is not as its jobs left it.

    Attributes
    ----------
    kind
        One of `KINDS`.
    path
        Relative to the folder of the run.
    why
        In a few words.
    made
        Declared outputs whose job makes it good.
    """

    kind: str
    path: str
    why: str
    made: tuple[str, ...] = field(default=(), compare=False)


#: Kinds of faults, with what they mean.
KINDS = {
    "altered": "is not what its job wrote",
    "missing": "was written and is now missing",
    "unknown": "no job of this run has a record of it",
    "stale": "was made from inputs other than the present ones",
    "moved": "was made under another name and copied or moved here",
    "unread": "is a record that cannot be read: its job counts as one without a record",
    "unsure": "was made from another folder of the workflow, with other parameters",
    "elsewhere": "was made from another folder of the workflow, of which this one has no record",
}


def find_faults(
    run: str | Path, digests: Digests, own: Mapping[str, Record] | None = None
) -> list[Fault]:
    """Everything in the folder of a run that is not as its jobs left it, sorted.

    Parameters
    ----------
    run
        Folder of the run, from the working folder.
    digests
        Digests of files.
    own
        Records of the jobs that this folder of the workflow ran, by job (`OWN`): Snakemake believes
        its own records of them, also where another folder has made the results since, and takes
        what it has no record of for made with its own parameters.
    """
    run = Path(run)
    unread: list[str] = []
    records = read_records(run, unread)
    written = producers(records.values())
    present = {
        name
        for name in (files_below(run) if run.is_dir() else ())
        if name.partition("/")[0] not in NOT_RESULTS and not name.startswith(ASIDE)
    }
    faults = [
        Fault("unread", name, "it is misshapen, or names files outside of the run")
        for name in unread
    ]
    for record in records.values():
        for name, digest in record.outputs.items():
            if name not in present:
                faults.append(Fault("missing", name, f"{record} wrote it", record.made))
            elif digests.of(run / name) != digest:
                faults.append(Fault("altered", name, f"it is not what {record} wrote", record.made))
        if record.run != run.as_posix():
            faults.append(Fault("moved", record.job, f"made as {record.run}", record.made))
        if others := _other_inputs(record, written, digests):
            faults.append(
                Fault(
                    "stale", record.job, f"read another version of {list_some(others)}", record.made
                )
            )
        if own is not None and record.job not in own:
            faults.append(Fault("elsewhere", record.job, f"of {record}", record.made))
        elif own is not None and own[record.job].params != record.params:
            faults.append(Fault("unsure", record.job, f"of {record}", record.made))
    faults += _lost_inputs(run, records.values())
    folders = {name for record in records.values() for name in record.made if name not in written}
    for name in present - written.keys():
        owner = next((folder for folder in folders if name.startswith(f"{folder}/")), None)
        if owner:
            faults.append(
                Fault(
                    "altered",
                    name,
                    f"it was not in the folder {owner} when that was made",
                    (owner,),
                )
            )
        else:
            faults.append(
                Fault(
                    "unknown",
                    name,
                    "no job has a record of it",
                    _with_folders(name),
                )
            )
    return sorted(faults)


def unlike_records(run: str | Path, names: Iterable[str]) -> dict[str, list[str]]:
    """Kind of `KINDS`, altered or unknown -> those of the named files in the folder of a run that
    are so; kinds without any are not there.
    """
    run, digests, found = Path(run), Digests(), dict[str, list[str]]()
    written = producers(read_records(run).values())
    for name in names:
        if name not in written:
            found.setdefault("unknown", []).append(name)
        elif written[name].outputs[name] != digests.of(run / name):
            found.setdefault("altered", []).append(name)
    return found


def unfinished(
    run: str | Path, names: Iterable[str], records: Mapping[str, Record] | None = None
) -> list[str]:
    """Files of a run that a job behind the named files, or behind what that job read, has read in
    another version than is there: a run that was stopped, failed or made only a part anew.

    Parameters
    ----------
    names
        Relative to the folder of the run; one without a record has nothing behind it.
    records
        Of the run, read where they are not given.
    """
    run, digests, found = Path(run), Digests(), set[str]()
    written = producers((read_records(run) if records is None else records).values())
    todo, seen = [*names], set[str]()
    while todo:
        record = written.get(todo.pop())
        if record is None or record.job in seen:
            continue
        seen.add(record.job)
        for name, digest in record.inputs.items():
            maker = written.get(name)
            now = maker.outputs[name] if maker else digests.of(run / name)
            (todo.append if now == digest else found.add)(name)
    return sorted(found)


def _with_folders(name: str) -> tuple[str, ...]:
    """A file and the folders that hold it: what a rule may declare that makes it."""
    return (name, *map(str, [*Path(name).parents][:-1]))


def _lost_inputs(run: Path, records: Iterable[Record]) -> list[Fault]:
    """Files that a job has read and that are gone with the record of the job that wrote them, as a
    killed run leaves them: Snakemake misses no file whose descendants are there.
    """
    readers = {name: record for record in records for name in record.inputs}
    made = {name for record in records for name in record.made}
    return [
        Fault("missing", name, f"{reader} read it", _with_folders(name))
        for name, reader in readers.items()
        if made.isdisjoint(_with_folders(name)) and not (run / name).exists()
    ]


def _other_inputs(record: Record, written: Mapping[str, Record], digests: Digests) -> list[str]:
    """Names of inputs that are not what the job read. A damaged file of the run counts as what it
    will be made to.
    """
    return [
        *(
            name
            for name, digest in record.inputs.items()
            if name in written and written[name].outputs[name] != digest
        ),
        *(name for name, digest in record.external.items() if digests.of(name) != digest),
    ]


def list_some(names: Iterable[str], most: int = 3) -> str:
    """A few names, and how many more there are."""
    return first_names(list(dict.fromkeys(names)), most)
