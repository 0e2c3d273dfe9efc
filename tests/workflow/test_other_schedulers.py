"""The profiles of other schedulers (docs/other-schedulers.md), where their plugins are installed.

The generic one runs for real, on processes of this machine. The commands of PBS and LSF are
stand-ins that do the same: what the profiles say to them is tried, not the schedulers themselves.
"""

from __future__ import annotations

import os
import re
import subprocess
from importlib.util import find_spec

import pytest
import yaml
from checkout import ROOT, whole_outputs

pytestmark = pytest.mark.slow

PLUGINS = {
    "pbs": "cluster_generic",
    "generic": "cluster_generic",
    "lsf": "lsf",
    "htcondor": "htcondor",
}

#: Stand-ins, in the folder of a checkout. A submission has a number, and a file of its options in
#: submitted/.
STAND_INS = {
    "qsub": """
        for script; do :; done
        number=$(profiles/generic/submit.sh 1 1 1 "$script")
        mkdir -p submitted; echo "$@" > submitted/$number; echo $number.server""",
    "qstat": """
        number=${3%.server}
        case $(profiles/generic/status.sh $number) in
            running) echo "    job_state = R" ;;
            success) echo "    job_state = F"; echo "    Exit_status = 0" ;;
            *) echo "    job_state = F"; echo "    Exit_status = 137" ;;
        esac""",
    "bsub": """
        for command; do :; done
        mkdir -p submitted; echo "$command" > submitted/script
        number=$(profiles/generic/submit.sh 1 1 1 submitted/script)
        echo "$@" > submitted/$number; echo "Job <$number> is submitted to default queue <normal>."; sleep 1""",
    "bjobs": """
        for file in submitted/[0-9]*; do
            number=${file#submitted/}
            case $(profiles/generic/status.sh $number) in
                running) echo "$number RUN" ;; success) echo "$number DONE" ;; *) echo "$number EXIT" ;;
            esac
        done""",
    "bparams": 'echo "Default Queues: normal"',
    "badmin": """
        echo "MBD Configuration at now"
        echo "LSB_SHAREDIR = $PWD"; echo "LSF_CONFDIR = $PWD/lsf"; echo "LSF_UNIT_FOR_LIMITS = MB"
        mkdir -p lsf/lsbatch/here/configdir; echo "DEFAULT_QUEUE = normal" > lsf/lsbatch/here/configdir/lsb.params""",
    "lsclusters": 'echo "CLUSTER_NAME STATUS"; echo "here ok"',
}


def profile(name: str) -> dict:
    return yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text(encoding="utf-8"))


def needs(name: str) -> None:
    if find_spec(f"snakemake_executor_plugin_{PLUGINS[name]}") is None:
        pytest.skip(f"needs snakemake-executor-plugin-{PLUGINS[name].replace('_', '-')}")


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    """Commands of PBS and LSF that run submissions as processes of this machine."""
    for name, text in STAND_INS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def test_all_profiles_put_the_same_jobs_together():
    sizes = {name: profile(name)["group-components"] for name in (*PLUGINS, "slurm")}
    assert sizes == dict.fromkeys(sizes, sizes["slurm"])


@pytest.mark.parametrize("name", PLUGINS)
def test_a_dry_run_reads_the_profile(checkout, tmp_path, name):
    needs(name)
    code, text = checkout(tmp_path / "checkout").run("--dry-run", "--profile", f"profiles/{name}")
    assert code == 0, text
    assert re.search(r"^cities |^balance_provinces +1$", text, flags=re.M), text


def test_the_estimate_through_any_command_is_that_of_a_local_run(checkout, finished, tmp_path):
    needs("generic")
    workflow = checkout(tmp_path / "checkout")
    code, text = workflow.run("estimate", "--profile", "profiles/generic")
    assert code == 0, text
    ours, whole = whole_outputs(workflow.results()), whole_outputs(finished.results())
    assert "nested/mrio.nc" in ours
    assert [name for name in ours if ours[name] != whole[name]] == []
    states = [
        path.read_text().strip()
        for path in (workflow.folder / ".snakemake/generic").glob("*.status")
    ]
    assert states == ["0"] * 6  # the dataset, three of provinces, five provinces at once, nesting


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("pbs", r"-l select=1:ncpus=1:mem=1000mb -l walltime=20:00 "),
        ("lsf", r"-W 20 -n 1 -R rusage\[mem=1000\.0\] "),
    ],
)
def test_what_a_job_requests_reaches_the_scheduler_and_its_end_is_seen(
    checkout, finished, stand_ins, tmp_path, name, asked
):
    needs(name)
    workflow = checkout(tmp_path / "checkout")
    code, text = workflow.run("results/tiny/dataset", "--profile", f"profiles/{name}")
    assert code == 0, text
    (submission,) = [
        path for path in (workflow.folder / "submitted").iterdir() if path.name.isdigit()
    ]
    assert re.search(asked, submission.read_text(encoding="utf-8"))
    ours, whole = whole_outputs(workflow.results()), whole_outputs(finished.results())
    assert "dataset/regions.csv" in ours
    assert [name for name in ours if ours[name] != whole[name]] == []


@pytest.mark.parametrize(
    ("answer", "code", "state"),
    [
        ("    job_state = Q", 0, "running"),
        ("    job_state = F\n    Exit_status = 0", 0, "success"),
        ("    job_state = F\n    Exit_status = 271", 0, "failed"),
        ("qstat: Unknown Job Id 12.server", 153, "failed"),
        ("qstat: cannot connect to server", 111, "running"),
    ],
)
def test_the_state_of_a_job_as_pbs_says_it(tmp_path, answer, code, state):
    qstat = tmp_path / "qstat"
    qstat.write_text(f"#!/bin/sh\necho '{answer}'\nexit {code}\n", encoding="utf-8")
    qstat.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    said = subprocess.run(
        [ROOT / "profiles/pbs/status.sh", "12.server"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert said.stdout.strip() == state
