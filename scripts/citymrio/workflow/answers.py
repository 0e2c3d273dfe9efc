"""Results that were copied without Snakemake's records of them: ours answer in their place (docs/rebuild.md).

Snakemake keeps what it knows of an output (rule, inputs, parameters, times) in `.snakemake`, outside the results. Without it
Snakemake would make everything again, and its report, which lists only outputs with a record, would be empty. The record of a job
in the results (:mod:`.manifest`) says the same: the inputs by content, and the parameters by their digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from .inside import or_else
from .manifest import Record, params_digest, read_records


def answer(persistence: Any, run: Path) -> None:
    """Let our records stand in for lost ones of Snakemake, in memory: nothing is written.

    Parameters
    ----------
    persistence
        Snakemake's, which reads its records.
    run
        Folder of the run.
    """
    ours = {str(run / name): record for record in read_records(run).values() for name in record.made}
    own, params_changed, input_changed = persistence._read_record, persistence.params_changed, persistence._input_changed
    record_of = _format()

    def lost(path: Any) -> bool:
        return str(path) in ours and own(str(path)) is None

    def read(key: str) -> Any:
        return record_of(_told(ours[key], run, Path(key))) if lost(key) and Path(key).exists() else own(key)

    def params(job: Any, file: Any = None) -> Any:
        change = params_changed(job, file)
        for path in [file] if file is not None else job.output:
            if lost(path) and params_digest(persistence._params(job)) != ours[str(path)].params:
                change |= type(change)(only_new=set(persistence._params(job)), files={path})
        return change

    def inputs(job: Any, file: Any = None) -> bool:
        if not lost(file):
            return input_changed(job, file=file)
        return {*map(str, persistence._input(job))} != _inputs(ours[str(file)], run).keys()  # a rule may name one twice

    replaced = (own, read), (params_changed, params), (input_changed, inputs)
    ours_or_its = [or_else(mine, its, "where its records are lost, jobs run again") for its, mine in replaced]
    persistence._read_record, persistence.params_changed, persistence._input_changed = ours_or_its


def _inputs(record: Record, run: Path) -> dict[str, str]:
    """Path of every input -> its SHA-256."""
    return {**{str(run / name): digest for name, digest in record.inputs.items()}, **record.external}


def _format() -> Any:
    """Makes a record of Snakemake from its fields."""
    from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord

    return lambda fields: MetadataRecord(record_format_version=RECORD_FORMAT_VERSION, **fields)


def _told(record: Record, run: Path, path: Path) -> Mapping[str, Any]:
    """What our record says of an output, as Snakemake's would."""
    end = path.stat().st_mtime
    return {
        "rule": record.rule,
        "log": [str(run / "logs" / f"{record.job}.log")],
        "job_hash": int(sha256(record.job.encode()).hexdigest()[:15], 16),
        "starttime": end - seconds(run / "benchmarks" / f"{record.job}.tsv"),
        "endtime": end,
        "input_checksums": {name: f"sha256:{digest}" for name, digest in _inputs(record, run).items()},
    }


def seconds(benchmark: Path) -> float:
    """How long a job took, of its benchmark; 0 where there is none."""
    try:
        head, first = benchmark.read_text(encoding="utf-8").splitlines()[:2]
        return float(dict(zip(head.split("\t"), first.split("\t"), strict=True))["s"])
    except (OSError, ValueError, KeyError):
        return 0.0
