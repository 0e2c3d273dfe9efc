"""Jobs in an environment that conda makes for them: what is installed there is what a change of
versions is held against.

No channel of conda can be reached from everywhere: a command of that name makes an environment of
Python's own, with the packages of this one, and writes down what conda writes.
"""

from __future__ import annotations

import os
import site
import sys
from pathlib import Path

import pytest
from checkout import Checkout

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="a shell script stands in for conda"),
]

CONDA = """#!{python}
import json, pathlib, subprocess, sys
words = sys.argv[1:]
if words[:1] == ["info"]:
    print(json.dumps({{"conda_prefix": {base!r}, "platform": "linux-64"}}))
elif words[:1] == ["--version"]:
    print("conda 24.9.2")
elif words[:1] == ["config"]:
    print(json.dumps({{"get": {{"channel_priority": "strict"}}}}))
elif words[:2] == ["env", "create"]:
    prefix = pathlib.Path(words[words.index("--prefix") + 1])
    subprocess.run([{python!r}, "-m", "venv", "--without-pip", prefix], check=True)
    (next(prefix.glob("lib/python3*/site-packages")) / "base.pth").write_text({packages!r})
    (prefix / "conda-meta").mkdir()
    (prefix / "conda-meta/numpy-2.3.1-0.json").write_text("{{}}")
elif words[:1] != ["clean"]:
    sys.exit(f"not expected: conda {{words}}")
"""


@pytest.fixture
def conda(tmp_path, monkeypatch) -> Path:
    """The folder that holds the environments of a checkout."""
    base = tmp_path / "base"
    (base / "bin").mkdir(parents=True)
    command = CONDA.format(
        python=sys.executable, base=str(base), packages=site.getsitepackages()[0]
    )
    (base / "bin/conda").write_text(command)
    (base / "bin/conda").chmod(0o755)
    (base / "bin/activate").write_text('export PATH="$1/bin:$PATH"\n')
    monkeypatch.setenv("PATH", f"{base}/bin{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "checkout/.snakemake/conda"


def test_another_version_in_the_environment_of_the_jobs_runs_them_again(conda, tmp_path):
    checkout = Checkout.make(tmp_path / "checkout")
    target = ("results/tiny/provinces/mrio.nc", "--sdm", "conda")
    expected = {"dataset", "balance_provinces", "province_trade", "province_mrio"}
    assert checkout.jobs(*target) == expected
    stamp = checkout.folder / ".snakemake/software/conda"
    assert "numpy-2.3.1-0\n" in stamp.read_text()
    assert checkout.jobs(*target) == set()
    (installed,) = conda.glob("*/conda-meta/numpy-2.3.1-0.json")
    installed.rename(installed.with_name("numpy-2.3.2-0.json"))
    assert checkout.jobs(*target) == expected
    assert checkout.jobs(*target) == set()
    assert "numpy-2.3.2-0\n" in stamp.read_text()
