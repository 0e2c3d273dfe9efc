# Around the jobs of a run: one run at a time in a results folder (the profile sets nolock: Snakemake's own lock outlives a
# killed run); what is damaged or was made from other inputs is made again; on the terminal one line a job; at the end of a run
# with failed jobs what failed, why, and where its log is.

import json
import re
import time

from citymrio.workflow import manifest
from citymrio.workflow.answers import answer
from citymrio.base.errors import CityMRIOError
from citymrio.workflow.failures import Failed, failures
from citymrio.workflow.lock import begin, join
from citymrio.workflow.verify import set_aside as move_aside

# When this run began, by the clock that dates its files: that of the file system, from the first of them.
BEGAN = [time.time()]


def begin_run():
    """Take the results folder for this run, or stop with one message."""
    try:
        BEGAN[:] = [begin(RESULTS)]
    except CityMRIOError as fault:
        raise WorkflowError(str(fault)) from None


def join_run():
    """On a node of a cluster: belong to the run that submitted this job, or stop before any file is touched.

    A submission that waited in the queue while its run was killed would otherwise take away what the next run has made.
    """
    try:
        join()
    except CityMRIOError as fault:
        raise WorkflowError(str(fault)) from None


with inside("a submission of an earlier run is not stopped"):
    if workflow.remote_exec:
        join_run()


def recorded_params(path):
    """Digest of the params in Snakemake's own record of an output, None where the record is damaged."""
    with open(path, encoding="utf-8") as record:
        try:
            return manifest.params_digest(json.load(record)["params"])
        except (ValueError, KeyError, TypeError):
            return None


# The folder of this run, with the prefix of a module that uses this workflow.
RUN = Path(RESULTS)
with inside("a prefix of a module is not known"):
    RUN = Path(workflow.modifier.path_modifier.replace_prefix(RESULTS))


def damage():
    """Faults in the folder of this run (`manifest.inspect`)."""
    digests = manifest.Digests(f".snakemake/citymrio/{'-'.join(RUN.parts)}.json")
    persistence, settings = workflow.persistence, workflow.execution_settings
    in_files = hasattr(persistence, "_record_path") and (settings is None or settings.keep_metadata)

    def params(path):
        record = persistence._record_path(persistence._metadata_path, path)
        return digests.of(record, recorded_params) if Path(record).exists() else manifest.LOST

    faults = manifest.inspect(RUN, digests, params if in_files else None)
    digests.save()
    return faults


# Names of the tables and variants that the configuration makes: publish.smk fills it in, workflows without them leave it empty.
MADE = {}


def left_over(record):
    """Whether a job is of an earlier state of the configuration: a variant that is gone, a table that is no longer made."""
    tables = [name for name in record.outputs if name.startswith("tables/")]
    gone = {*record.wildcards.get("variant", "").split()} - set(MADE.get("variants", ()))
    return bool(MADE) and (bool(gone) or any(Path(name).stem not in MADE["tables"] for name in tables))


def foreign(jobs):
    """Files that no job wrote in folders that these jobs make: with the folder, Snakemake would remove them."""
    folders = {str(path) for job in jobs for path in job.output if path.is_directory}
    records = [record for record in manifest.read_records(RUN).values() if {str(RUN / name) for name in record.made} & folders]
    written = {RUN / name for record in records for name in record.outputs}
    held = [path for record in records for name in record.made for path in sorted((RUN / name).rglob("*"))]
    written |= {path for path in held if path.name == ".snakemake_timestamp"}
    return [path for path in held if path not in written and (path.is_symlink() or not path.is_dir())]


def set_aside():
    """Move files of the user out of folders that are about to be made again."""
    files = foreign(workflow.dag.needrun_jobs())
    if not files:
        return
    names = [str(path.relative_to(RUN)) for path in files]
    text = f"moved to {move_aside(RUN, names)}: the folder is made again, and no job wrote that."
    print(f"{RUN}: {manifest.listing(names)}: {text}", file=sys.stderr)


# A report shows what is there: Snakemake would also pack what is altered or out of date.
REPORT_ONLY = any(re.match(r"--report(er)?(=|$)", word) for word in sys.argv) and "--report-after-run" not in sys.argv


def refuse_old_results(update):
    """The last step of Snakemake's building of the jobs, after which a report of files that a run would make again is refused."""

    async def updated(*arguments, **options):
        changed = await update(*arguments, **options)
        if jobs := [manifest.job_name(job.rule, job.wildcards) for job in workflow.dag.needrun_jobs() if job.output]:
            text = f"{RUN} is not what its configuration makes ({manifest.listing(sorted(jobs))}): no report is made of it."
            raise WorkflowError(f"{text} Fix: run the same command without --report first, or `make report`, which does both.")
        return changed

    return updated


def make_again(prepare):
    """Snakemake's `_prepare_dag`, after which every job that must make something good is forced, where the targets need it.

    Nothing is removed or written in results: a dry-run shows what a run would do.
    """

    def prepared(*arguments, **options):
        prepare(*arguments, **options)
        with inside("where its records are lost, jobs run again"):
            answer(workflow.persistence, RUN)
        with inside("results that were altered or lost are not made again (make verify names them)"):
            force_damaged()

    def force_damaged():
        faults = damage()
        if REPORT_ONLY:
            workflow.dag.update_checkpoint_dependencies = refuse_old_results(workflow.dag.update_checkpoint_dependencies)
        workflow.dag.forcefiles.update(str(RUN / name) for fault in faults for name in fault.made)
        outputs = [output for rule in workflow.rules for output in rule.output]
        ours = lambda fault: any(output.match(str(RUN / name)) for name in fault.made for output in outputs)
        records = manifest.read_records(RUN)
        written = manifest.producers(records.values())
        for kind in ("altered", "missing", "unknown", "unread", "unsure", "moved"):
            names = [fault.path for fault in faults if fault.kind == kind and (ours(fault) or kind == "unread")]
            if kind == "altered" and (added := [name for name in names if name not in written]):
                again = "no job wrote that. It is set aside, and the folder is made again, where a target needs it."
                print(f"{RUN}: {manifest.listing(added)}: {again}", file=sys.stderr)
                names = [name for name in names if name in written]
            if names:
                text = f"{RUN}: {manifest.listing(names)}: {manifest.KINDS[kind]}. Made again where a target needs it."
                print(text, file=sys.stderr)
        earlier = [path for record in records.values() if left_over(record) for path in record.outputs]
        if earlier:
            text = "of an earlier state of the configuration; this one makes no such file. Fix: `make verify CONFIG=... "
            text += "SET_ASIDE=yes` moves such files to a folder of their own."
            print(f"{RUN}: {manifest.listing(earlier)}: {text}", file=sys.stderr)

    prepared.runs = {RUN, *getattr(prepare, "runs", ())}
    return prepared


# Once, however often a module is read for its rules.
with inside("results that were altered or lost are not made again (make verify names them)"):
    if workflow.is_main_process and RUN not in getattr(workflow._prepare_dag, "runs", ()):
        workflow._prepare_dag = make_again(workflow._prepare_dag)


def failed_jobs():
    """Jobs that failed, those of a group one by one."""
    jobs = [job for failed in workflow.scheduler.failed for job in (failed if failed.is_group() else [failed])]
    causes = TERMINAL.causes if TERMINAL else {}
    known = [{"cause": str(causes[job.jobid])} if job.jobid in causes else {} for job in jobs]
    return [
        Failed(manifest.job_name(job.rule, job.wildcards), job.log[0] if job.log else None, **cause)
        for job, cause in zip(jobs, known)
    ]


def start_run():
    """Take the results folder; say what runs, and where to."""
    begin_run()
    if CONDA:
        stamp_of_environment()  # conda has made it by now
    set_aside()
    with inside("what runs is not said beforehand"):
        if TERMINAL:
            TERMINAL.since = BEGAN[0]
            more = any(job.is_checkpoint for job in workflow.dag.needrun_jobs())
            TERMINAL.begin(RESULTS, workflow.configfiles, workflow.cores, ", more when the dataset is there" if more else "")


def end_run():
    """Say what failed; after an interruption all has been said."""
    if TERMINAL and TERMINAL.interrupted:
        raise SystemExit(TERMINAL.interrupted)
    with inside("its log names what failed"):
        text = failures(failed_jobs(), BEGAN[0], len(workflow.scheduler.remaining_jobs))
        TERMINAL.say(text) if TERMINAL else print(text, file=sys.stderr)


onstart:
    start_run()


onsuccess:
    if TERMINAL:
        TERMINAL.end(RESULTS)


onerror:
    end_run()
