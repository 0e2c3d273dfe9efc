# Known truth: a real multi-regional table whose regions play the cities of a province (docs/accuracy.md). A workflow of its own:
#   make truth TRUTH=file.npz REGIONS=file.csv [SECTORS=file.csv] [FIT=priors.csv | FIT=other.npz FIT_REGIONS=other.csv]

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
from citymrio.workflow.code import closure
from citymrio.workflow.terminal import take_over
from citymrio.workflow.job import environment

TERMINAL = take_over(workflow)
os.environ.update(environment())
sys.executable = shlex.quote(sys.executable)  # see rules/common.smk

USAGE = "make truth TRUTH=file.npz REGIONS=file.csv [SECTORS=file.csv] [FIT=file [FIT_REGIONS=file.csv] [FIT_SECTORS=file.csv]]"
OPTIONAL = ("sectors", "fit", "fit_regions", "fit_sectors")
for key in ("truth", "regions"):
    if not config.get(key):
        raise WorkflowError(f"{key.upper()}=file is missing. Usage: {USAGE}")
for key in ("truth", "regions", *OPTIONAL):
    if config.get(key) and not Path(str(config[key])).is_file():
        raise WorkflowError(f"{key.upper()}={config[key]}: there is no such file. Usage: {USAGE}")

NAME = Path(str(config["truth"])).stem
RESULTS = f"results/truth/{NAME}"
for key in ("truth", "regions", *OPTIONAL):
    if config.get(key) and (how := places.clash(Path(str(config[key])), Path(RESULTS), f"the results of this run ({RESULTS})")):
        raise WorkflowError(str(places.refusal(key.upper(), config[key], how)))


include: "run.smk"


rule truth:
    input:
        code=[str(path) for path in closure(SCRIPTS / "truth.py", SCRIPTS)],
        truth=config["truth"],
        regions=config["regions"],
        others=[config[key] for key in OPTIONAL if config.get(key)],
    output:
        accuracy=f"{RESULTS}/accuracy.csv",
        priors=f"{RESULTS}/priors.csv",
        about=f"{RESULTS}/accuracy.json",
        warnings=f"{RESULTS}/warnings.csv",
    log:
        f"{RESULTS}/truth.log",
    benchmark:
        f"{RESULTS}/truth.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        **{key: config.get(key) or None for key in OPTIONAL},
    message:
        f"Known truth: every method on {NAME}"
    script:
        "../scripts/truth.py"
