# Around the jobs of a run: one run at a time in a results folder (the profile sets nolock: Snakemake's own lock outlives a
# killed run); what is damaged or was made from other inputs is made again; on the terminal one line a job; at the end of a run
# with failed jobs what failed, why, and where its log is.

import re

from citymrio.base.errors import CityMRIOError
from citymrio.workflow import interrupt, manifest, verify
from citymrio.workflow.last_words import last_words, seconds_of_rules
from citymrio.workflow.lock import follow_run, take_run

# When this run began, by the clock that dates its files: that of the file system. Empty until it has its folder.
BEGAN = []


def begin_run():
    """Take the results folder for this run, or stop with one message."""
    try:
        if not BEGAN:
            BEGAN.append(take_run(RESULTS, say=logger.warning))
    except CityMRIOError as fault:
        raise WorkflowError(str(fault)) from None


def refuse_nothing_to_run_on():
    """Stop a run without cores or jobs: Snakemake would wait for ever."""
    given = workflow.resource_settings
    for option, number in (("--cores", given.cores), ("--jobs", given.nodes)):
        if number is not None and number < 1:
            raise WorkflowError(
                f"{option} is {number}: no job could ever start. Fix: give a number from 1 on{', or all' * (option == '--cores')}."
            )


def join_run():
    """On a node of a cluster: belong to the run that submitted this job, or stop before any file is touched.

    A submission that waited in the queue while its run was killed would otherwise take away what the next run has made.
    """
    try:
        follow_run()
    except CityMRIOError as fault:
        raise WorkflowError(str(fault)) from None


with inside("a submission of an earlier run is not stopped"):
    if workflow.remote_exec:
        join_run()


# The folder of this run, with the prefix of a module that uses this workflow.
RUN = Path(RESULTS)
with inside("a prefix of a module is not known"):
    RUN = Path(workflow.modifier.path_modifier.replace_prefix(RESULTS))


def damage():
    """Faults in the folder of this run (`manifest.find_faults`)."""
    digests = manifest.Digests(f".snakemake/citymrio/{'-'.join(RUN.parts)}.json")
    faults = manifest.find_faults(RUN, digests, manifest.read_records(manifest.OWN / RUN))
    digests.save()
    return faults


# Names of the tables and variants that the configuration makes: publish.smk fills it in, workflows without them leave it empty.
MADE = {}


def left_over(record):
    """Whether a job is of an earlier state of the configuration: a variant that is gone, a table that is no longer made."""
    tables = [name for name in record.outputs if name.startswith("tables/")]
    gone = {*record.wildcards.get("variant", "").split()} - set(MADE.get("variants", ()))
    return bool(MADE) and (
        bool(gone) or any(Path(name).stem not in MADE["tables"] for name in tables)
    )


def foreign(jobs):
    """Files that no job wrote in folders that these jobs make: with the folder, Snakemake would remove them."""
    folders = {str(path) for job in jobs for path in job.output if path.is_directory}
    records = [
        record
        for record in manifest.read_records(RUN).values()
        if {str(RUN / name) for name in record.made} & folders
    ]
    written = {RUN / name for record in records for name in record.outputs}
    held = [
        path
        for record in records
        for name in record.made
        for path in sorted((RUN / name).rglob("*"))
    ]
    written |= {path for path in held if path.name == ".snakemake_timestamp"}
    return [
        path for path in held if path not in written and (path.is_symlink() or not path.is_dir())
    ]


def set_aside():
    """Move files of the user out of folders that are about to be made again."""
    files = foreign(workflow.dag.needrun_jobs())
    if not files:
        return
    names = [str(path.relative_to(RUN)) for path in files]
    text = (
        f"moved to {verify.set_aside(RUN, names)}: the folder is made again, and no job wrote that."
    )
    logger.warning(f"{RUN}: {manifest.list_some(names)}: {text}")


# A report shows what is there: Snakemake would also pack what is altered or of another configuration.
REPORT_ONLY = (
    any(re.match(r"--report(er)?(=|$)", word) for word in sys.argv)
    and "--report-after-run" not in sys.argv
)


def refuse_old_results(faults):
    """Stop a report of files that are damaged, or were made from other inputs or by another configuration."""
    names = [
        name
        for fault in faults
        if fault.kind not in ("unknown", "elsewhere")
        for name in fault.made
    ]
    made_by = verify.made_by(RUN)
    if "CONFIG" in globals() and made_by and made_by != CONFIG.model_dump(mode="json"):
        names.append("provenance.json")
    if names:
        text = f"{RUN} is not what its configuration makes ({manifest.list_some(sorted(names))}): no report is made of it."
        raise WorkflowError(
            f"{text} Fix: run the same command without --report first, or `make report`, which does both."
        )


def make_again(prepare):
    """Snakemake's `_prepare_dag`, after which every job that must make something good is forced, where the targets need it.

    A run of our own takes its folder first: what another run is still writing is neither judged nor called finished. Nothing
    is removed or written in results: a dry-run shows what a run would do.
    """

    def prepared(*arguments, **options):
        with inside("neither a run without cores nor a second one with nothing to do is refused"):
            if OURS and workflow.executor_plugin is not None and not workflow.dryrun:
                refuse_nothing_to_run_on()
                begin_run()
        prepare(*arguments, **options)
        with inside(
            "results that were altered or lost are not made again (make verify names them)"
        ):
            force_damaged()

    def force_damaged():
        faults = damage()
        workflow.dag.forcefiles.update(str(RUN / name) for fault in faults for name in fault.made)
        outputs = [output for rule in workflow.rules for output in rule.output]
        ours = lambda fault: any(
            output.match(str(RUN / name)) for name in fault.made for output in outputs
        )
        if REPORT_ONLY:
            refuse_old_results([fault for fault in faults if ours(fault)])
        records = manifest.read_records(RUN)
        written = manifest.producers(records.values())
        for kind in ("altered", "missing", "unknown", "unread", "unsure", "elsewhere", "moved"):
            names = [
                fault.path
                for fault in faults
                if fault.kind == kind and (ours(fault) or kind == "unread")
            ]
            if kind == "altered" and (added := [name for name in names if name not in written]):
                again = "no job wrote that. It is set aside, and the folder is made again, where a target needs it."
                logger.warning(f"{RUN}: {manifest.list_some(added)}: {again}")
                names = [name for name in names if name in written]
            if names:
                logger.warning(
                    f"{RUN}: {manifest.list_some(names)}: {manifest.KINDS[kind]}. Made again where a target needs it."
                )
        if earlier := [
            path for record in records.values() if left_over(record) for path in record.outputs
        ]:
            text = "of an earlier state of the configuration; this one makes no such file. Fix: `make verify CONFIG=... "
            logger.warning(
                f"{RUN}: {manifest.list_some(earlier)}: {text}SET_ASIDE=yes` moves such files to a folder of their own."
            )
        if records and not (manifest.OWN / RUN).is_dir():
            text = "finished results, of which this folder has no records: they are made again. To keep them, "
            logger.warning(
                f"{RUN}: {text}`make verify CONFIG=... TAKE_OVER=yes` first (docs/rebuild.md)."
            )

    prepared.runs = {RUN, *getattr(prepare, "runs", ())}
    return prepared


# Once, however often a module is read for its rules.
with inside("results that were altered or lost are not made again (make verify names them)"):
    if workflow.is_main_process and RUN not in getattr(workflow._prepare_dag, "runs", ()):
        workflow._prepare_dag = make_again(workflow._prepare_dag)


def start_run(logs):
    """Say what runs, and where to; a workflow that imports this one takes the results folder here."""
    begin_run()
    if OWN_RUN:
        interrupt.handle_interrupts(
            interrupted
        )  # Snakemake has put a handler of its own for SIGTERM
    if CONDA:
        stamp_of_environment()  # conda has made it by now
    set_aside()
    by = (
        f" ({', '.join(os.path.relpath(path) for path in workflow.configfiles)})"
        if workflow.configfiles
        else ""
    )
    about = {"citymrio": "begin", "since": BEGAN[0], "weights": seconds_of_rules(RUN)}
    logger.info(f"Run {Path(RESULTS).name}{by}", extra=about)
    own = f", Snakemake's own log in {os.path.relpath(logs[0])}" if logs else ""
    logger.info(f"Results and the log of every job go to {RESULTS}{own}")


onstart:
    start_run(log)


def say_what_is_not_of_now():
    """At the end: what does not follow from the files as they are now, since some were edited while the run was at work."""
    made = {str(path) for job in workflow.dag.jobs for path in job.output}
    names = [fault.path for fault in damage() if made & {str(RUN / name) for name in fault.made}]
    if names:
        logger.warning(
            f"{RUN}: {manifest.list_some(names)}: not what the present files make; some were edited, altered or removed while "
            "the run was at work. Fix: run the same command again (`make verify` says what changed)."
        )


def drop_old_pages():
    """At the end, however it came: no page stands beside results that it does not show."""
    if BEGAN and (names := verify.drop_old_pages(RUN, BEGAN[0])):
        logger.warning(
            f"{RUN}: {manifest.list_some(names)}: removed, since it shows other results than are there now. Fix: the command that "
            "made it makes it again."
        )


onsuccess:
    drop_old_pages()
    with inside(
        "files that were edited during the run are not looked for (make verify names what they made)"
    ):
        say_what_is_not_of_now()
    first, *others = last_words(RESULTS, BEGAN[0])
    logger.info(first, extra={"citymrio": "end"})
    for line in others:
        logger.info(line)


onerror:
    drop_old_pages()
    if interrupt.STATUS:
        raise SystemExit(interrupt.STATUS[0])
