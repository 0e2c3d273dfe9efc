# Around the jobs of a run: one run at a time in a results folder (the profile sets nolock: Snakemake's own lock outlives a
# killed run), and on the terminal one line a job; at the end of a run with failed jobs what failed, why, and where its log is.

import time

from citymrio.errors import CityMRIOError
from citymrio.failures import Failed, failures
from citymrio.running import begin, join
from citymrio.workflow import job_name

PARSED = TERMINAL.began if TERMINAL else time.time()


def begin_run():
    """Take the results folder for this run, or stop with one message."""
    try:
        begin(RESULTS, f".snakemake/runs/{'-'.join(Path(RESULTS).parts)}.lock")
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


if workflow.remote_exec:
    join_run()


def failed_jobs():
    """Jobs that failed, those of a group one by one."""
    jobs = [job for failed in workflow.scheduler.failed for job in (failed if failed.is_group() else [failed])]
    causes = TERMINAL.causes if TERMINAL else {}
    known = [{"cause": str(causes[job.jobid])} if job.jobid in causes else {} for job in jobs]
    return [Failed(job_name(job), job.log[0] if job.log else None, **cause) for job, cause in zip(jobs, known)]


def start_run():
    """Take the results folder; say what runs, and where to."""
    begin_run()
    if TERMINAL:
        more = any(job.is_checkpoint for job in workflow.dag.needrun_jobs())
        TERMINAL.begin(RESULTS, workflow.configfiles, workflow.cores, ", more when the dataset is there" if more else "")


def end_run():
    """Say what failed; after an interruption all has been said."""
    if TERMINAL and TERMINAL.interrupted:
        raise SystemExit(TERMINAL.interrupted)
    text = failures(failed_jobs(), PARSED, len(workflow.scheduler.remaining_jobs))
    TERMINAL.say(text) if TERMINAL else print(text, file=sys.stderr)


onstart:
    start_run()


onsuccess:
    if TERMINAL:
        TERMINAL.end(RESULTS)


onerror:
    end_run()
