"""How long the workflow takes to see that there is nothing to do: rows of the table of `make
test-rebuild`.

Seconds depend on the machine and are printed, not asserted; what makes a parse slow (numerical
libraries) is.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

import pytest
from checkout import ROOT

pytestmark = pytest.mark.slow

#: Reads the Snakefile as `snakemake` does, after Snakemake itself is imported.
PARSE = """
import json, sys, time
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings

before, wall, cpu = set(sys.modules), time.perf_counter(), time.process_time()
with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
    config = ConfigSettings(configfiles=[Path("config/tiny.yaml")])
    workflow = api.workflow(resource_settings=ResourceSettings(cores=1), config_settings=config, snakefile=Path("Snakefile"))
    workflow.list_rules()
loaded = sorted({name.partition(".")[0] for name in set(sys.modules) - before})
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "loaded": loaded}), file=sys.stderr)
"""
HEAVY = {
    "cvxpy",
    "geopandas",
    "matplotlib",
    "netCDF4",
    "pandas",
    "pandera",
    "pyarrow",
    "pymrio",
    "scipy",
    "sklearn",
    "xarray",
}


def environment():
    return {
        key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "CITYMRIO_RUN")
    }


def test_the_parse_imports_no_numerical_library(rebuilds):
    command = [sys.executable, "-c", PARSE]
    done = [
        subprocess.run(
            command,
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    assert [run.returncode for run in done] == [0, 0, 0], done[0].stderr
    found = [json.loads(run.stderr.splitlines()[-1]) for run in done]
    best = min(found, key=lambda run: run["wall"])
    rebuilds.remark(
        "parse of the Snakefile, best of 3",
        f"{best['wall']:.2f} s ({best['cpu']:.2f} s of CPU); wanted: below 1.5 s",
    )
    assert "citymrio" in found[0]["loaded"]
    assert HEAVY & set(found[0]["loaded"]) == set()


def test_the_default_run_without_a_change_has_nothing_to_do(rebuilds):
    """The real default run, where `make` has made it; a dry-run, so that it is never started from
    here.
    """
    if not (ROOT / "results/synthetic/summary.txt").is_file():
        rebuilds.remark(
            "default run without a change",
            "not measured: there is no results/synthetic; run `make` first",
        )
        pytest.skip("needs the results of `make`")
    begin, cpu = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--configfile", "config/config.yaml"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
    )
    took, cpu = (
        time.monotonic() - begin,
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - cpu,
    )
    if "Nothing to be done" not in done.stdout + done.stderr:
        rebuilds.remark(
            "default run without a change",
            "not measured: results/synthetic is of other code; run `make` first",
        )
        pytest.skip("results/synthetic is of other code")
    rebuilds.add(
        "default run without a change",
        set(),
        set(),
        f"{took:.1f} s ({cpu:.1f} s of CPU); wanted: below 5 s",
    )
