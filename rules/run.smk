# Around the jobs of a run: one run at a time in a results folder (the profile sets nolock: Snakemake's own lock outlives a
# killed run), and at the end of a run with failed jobs what failed, why, and where its log is.

import time

from citymrio.errors import CityMRIOError
from citymrio.failures import Failed, failures
from citymrio.running import begin, join
from citymrio.workflow import job_name

PARSED = time.time()


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
    return [Failed(job_name(job), job.log[0] if job.log else None) for job in jobs]


onstart:
    begin_run()


onerror:
    print(failures(failed_jobs(), PARSED, len(workflow.scheduler.remaining_jobs)), file=sys.stderr)
