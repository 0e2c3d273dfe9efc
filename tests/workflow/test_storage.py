"""A run whose jobs share no file system, only a storage (docs/cloud.md).

Every job is in a folder of its own with a copy of the workflow, which stands for a pod of
Kubernetes; the storage plugin fs stands for that of a cloud. Skips where the plugins are not
installed.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from checkout import PARTS, whole_outputs

pytestmark = pytest.mark.slow

#: In place of profiles/generic/submit.sh, whose way of starting and of noting the end it keeps.
SUBMIT = """#!/bin/sh
pod={pods}/pod-$$ states=$PWD/.snakemake/generic
mkdir -p "$pod" "$states"
cp -r {parts} "$pod"
cd "$pod"
PATH={python}:$PATH setsid sh -c 'sh "$0" > '"$states"'/$$.log 2>&1; echo $? > '"$states"'/$$.status' "$4" > /dev/null 2>&1 &
echo $!
"""


@pytest.fixture
def pods(checkout, tmp_path):
    """A checkout, and the words that submit its jobs to folders of their own beside it."""
    plugins = ("snakemake_storage_plugin_fs", "snakemake_executor_plugin_cluster_generic")
    lacking = [name for name in plugins if find_spec(name) is None]
    if lacking or not shutil.which("rsync"):
        pytest.skip(
            f"needs {', '.join(lacking)} (pip install snakemake-storage-plugin-fs) and rsync"
        )
    workflow = checkout(tmp_path / "submitting")
    submit = tmp_path / "submit.sh"
    text = SUBMIT.format(
        pods=tmp_path, parts=" ".join(PARTS), python=os.path.dirname(sys.executable)
    )
    submit.write_text(text, encoding="utf-8")
    submit.chmod(0o755)
    storage = [
        "--default-storage-provider",
        "fs",
        "--default-storage-prefix",
        str(tmp_path / "storage"),
    ]
    command = f"{submit} {{threads}} {{resources.mem_mb}} {{resources.runtime}}"
    return workflow, [
        "--profile",
        "profiles/generic",
        "--cluster-generic-submit-cmd",
        command,
        *storage,
        "--shared-fs-usage",
        "none",
    ]


def test_jobs_that_share_only_a_storage_make_the_estimate_of_a_local_run(pods, finished, tmp_path):
    workflow, words = pods
    code, text = workflow.run("estimate", *words)
    assert code == 0, text
    ours, whole = (
        whole_outputs(tmp_path / "storage/results/tiny"),
        whole_outputs(finished.results()),
    )
    assert "nested/mrio.nc" in ours
    assert [name for name in ours if ours[name] != whole[name]] == []
    assert len(list(tmp_path.glob("pod-*"))) == 6  # none of the submissions ran where Snakemake did
    assert whole_outputs(Path(workflow.folder / "results")) == {}
    code, text = workflow.run("estimate", *words)
    assert code == 0 and "Nothing to be done" in text, text
