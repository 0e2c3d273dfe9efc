# Change between two finished runs (docs/change.md). A workflow of its own:
#   make change [FROM=results/china2012] [TO=results/china2017] [DEFLATOR=1.09 | DEFLATOR=file.csv]

import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

BASE = Path(workflow.basedir).parent
SCRIPTS = BASE / "scripts"
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))
os.environ["PYTHONPATH"] = os.pathsep.join([str(SCRIPTS), *filter(None, [os.environ.get("PYTHONPATH")])])

from citymrio.config import places
from citymrio.dataset.cells import number_of
from citymrio.analysis.change_tables import Run
from citymrio.workflow.code import closure
from citymrio.workflow.terminal import take_over
from citymrio.workflow.job import environment

TERMINAL = take_over(workflow)
os.environ.update(environment())
sys.executable = shlex.quote(sys.executable)  # see rules/common.smk

USAGE = "make change FROM=results/<earlier run> TO=results/<later run> [DEFLATOR=number or file.csv]"
KEYS = {"earlier", "later", "sectors", "regions", "deflator", "figures"}
unknown = sorted(set(config) - KEYS)
if unknown:
    raise WorkflowError(f"unknown key '{unknown[0]}': known keys are {', '.join(sorted(KEYS))}. Usage: {USAGE}")
FOLDERS = {}
for key in ("earlier", "later"):
    folder = Path(str(config.get(key) or ""))
    if not config.get(key) or not folder.is_dir():
        raise WorkflowError(f"there is no run in '{config.get(key) or ''}' ({key}): run it first. Usage: {USAGE}")
    lacking = [name for name in Run.FILES if not (folder / name).is_file()]
    if lacking:
        raise WorkflowError(f"the run in {folder} is not finished: {lacking[0]} is missing ({key}). Usage: {USAGE}")
    FOLDERS[key] = str(folder)
DEFLATOR = config.get("deflator") or None
if isinstance(DEFLATOR, str) and not Path(DEFLATOR).is_file():
    try:
        DEFLATOR = number_of(DEFLATOR)
    except ValueError:
        raise WorkflowError(f"DEFLATOR={DEFLATOR} is neither a number nor a file. Usage: {USAGE}") from None
CONCORDANCES = {}
for key in ("sectors", "regions"):
    given = config.get(key)
    if given and not Path(str(given)).is_file():
        raise WorkflowError(f"{key}: there is no file {given}. Usage: {USAGE}")
    CONCORDANCES[key] = str(given or BASE / "config" / "concordance" / f"{key}.csv")


def code(script):
    """A script and every library module it imports."""
    return [str(path) for path in closure(SCRIPTS / script, SCRIPTS)]


RESULTS = f"results/change/{Path(FOLDERS['earlier']).name}-{Path(FOLDERS['later']).name}"
for key in ("earlier", "later", "sectors", "regions", "deflator"):
    given = Path(str(config.get(key) or "."))
    if given.exists() and config.get(key) and (how := places.clash(given, Path(RESULTS), f"the results of this run ({RESULTS})")):
        raise WorkflowError(str(places.refusal(f"'{key}'", given, how)))


include: "run.smk"


rule change:
    input:
        code=code("change.py"),
        runs=[f"{folder}/{name}" for folder in FOLDERS.values() for name in Run.FILES],
        concordances=list(CONCORDANCES.values()),
        deflator=DEFLATOR if isinstance(DEFLATOR, str) else [],
    output:
        change=f"{RESULTS}/tables/change.csv",
        change_groups=f"{RESULTS}/tables/change_groups.csv",
        inequality=f"{RESULTS}/tables/inequality.csv",
        about=f"{RESULTS}/change.json",
        change_groups_pdf=f"{RESULTS}/figures/change_groups.pdf",
        change_groups_png=f"{RESULTS}/figures/change_groups.png",
        change_cities_pdf=f"{RESULTS}/figures/change_cities.pdf",
        change_cities_png=f"{RESULTS}/figures/change_cities.png",
    log:
        f"{RESULTS}/change.log",
    benchmark:
        f"{RESULTS}/change.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        **CONCORDANCES,
        earlier=FOLDERS["earlier"],
        later=FOLDERS["later"],
        deflator=DEFLATOR,
        figures=config.get("figures") or {},
    message:
        f"Change from {FOLDERS['earlier']} to {FOLDERS['later']}"
    script:
        "../scripts/change.py"
