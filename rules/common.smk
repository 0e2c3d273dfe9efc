# Helpers only: the typed configuration, paths, the code a script depends on, files of the dataset.

import csv
import os
import sys
from pathlib import Path

SCRIPTS = Path(workflow.basedir) / "scripts"
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))
# Jobs import the library from here, whatever else is installed.
os.environ["PYTHONPATH"] = os.pathsep.join([str(SCRIPTS), *filter(None, [os.environ.get("PYTHONPATH")])])

from snakemake.exceptions import WorkflowError

from citymrio.closure import closure
from citymrio.config import load_config
from citymrio.errors import ConfigError
from citymrio.workflow import THREAD_VARIABLES

os.environ.update({name: "1" for name in THREAD_VARIABLES})

try:
    CONFIG = load_config(config, source=", ".join(map(str, workflow.configfiles)) or "config")
except ConfigError as fault:
    raise WorkflowError(str(fault)) from None

RESULTS = f"results/{CONFIG.run}"
DATASET = f"{RESULTS}/dataset"
TABLES = f"{RESULTS}/tables"


def code(script, *also):
    """The script of a rule and every library module it imports, however indirectly: an edit of one of them reruns the rule.

    `config.py` is left out: it turns the configuration file into values, and these values are the rule's params.
    """
    files = closure(SCRIPTS / script, SCRIPTS, also=also, leave_out=("citymrio.config",))
    base = Path.cwd()
    return [str(path.relative_to(base)) if path.is_relative_to(base) else str(path) for path in files]


def section(name):
    """One section of the configuration with every default filled in: the only part of it that a rule sees."""
    return dict(sorted(getattr(CONFIG, name).model_dump(mode="json").items()))


def shipped(path):
    """A file named in the configuration: in the working folder, else beside the Snakefile."""
    return path if Path(path).exists() else str(Path(workflow.basedir) / path)


def dataset(name, optional=False):
    """Input function: a file of the dataset, known once the checkpoint has run. Content decides whether a rule reruns."""

    def path(wildcards):
        folder = Path(checkpoints.dataset.get().output.folder)
        file = folder / name.format(**wildcards)
        return str(file) if file.exists() or not optional else []

    return path


def province_codes():
    """Codes of the provinces, in the order of regions.csv."""
    with open(Path(checkpoints.dataset.get().output.folder) / "regions.csv", encoding="utf-8", newline="") as table:
        return list(dict.fromkeys(row["province"] for row in csv.DictReader(table)))


def per_province(pattern):
    """Input function: `pattern` for every province."""

    def paths(wildcards):
        return [pattern.format(province=province) for province in province_codes()]

    return paths


def each_province(name):
    """Input function: a file of the dataset for every province that has it."""

    def paths(wildcards):
        folder = Path(checkpoints.dataset.get().output.folder)
        files = [folder / name.format(province=province) for province in province_codes()]
        return [str(file) for file in files if file.exists()]

    return paths
