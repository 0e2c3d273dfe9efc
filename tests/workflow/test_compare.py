"""`make compare` on the tiny country: against its truth, against its truth as a bare MATLAB file,
the language of its figures and of those of `make change`, and what it refuses.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from given_files import struct_of, write_lists, write_matlab73
from PIL import Image

from citymrio.base.labels import read_dataset, read_table, write_table
from citymrio.nested import NestedMRIO

pytestmark = pytest.mark.slow
#: A run that begins and stays.
HOLD = (
    "import time; from citymrio.workflow.lock import take_run; take_run('results/tiny'); "
    "print('begun', flush=True); time.sleep(600)"
)
#: A font with Chinese letters, by Debian's package fonts-noto-cjk.
NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


def with_make(run):
    """The folder of a checkout, with what make needs."""
    shutil.copy2(ROOT / "Makefile", run.folder)
    shutil.copytree(ROOT / "make", run.folder / "make", dirs_exist_ok=True)
    return run.folder


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    return with_make(finished.copy(tmp_path_factory.mktemp("compare") / "checkout"))


def make(folder, *arguments: str, target: str = "compare") -> subprocess.CompletedProcess:
    command = [
        "make",
        target,
        "STAMP=",
        f"BIN={sys.executable.rsplit('/', 1)[0]}",
        "A=results/tiny",
        *arguments,
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def number(tables, quantity, group):
    table = read_table(tables / "comparison.csv").set_index(["quantity", "group"])
    return float(table.loc[(quantity, group), "value"])


def test_a_run_beside_its_truth(folder):
    done = make(folder, "B=truth")
    assert done.returncode == 0, done.stdout + done.stderr
    results = folder / "results/compare/tiny-truth"
    assert (results / "summary.txt").read_text(encoding="utf-8") in done.stdout
    accuracy = read_table(folder / "results/tiny/tables/accuracy.csv")
    known = accuracy[accuracy["variant"] == "main"].set_index(["quantity", "group"])["value"]
    tables = results / "tables"
    assert number(tables, "cells, same_city", "intermediate") == pytest.approx(
        known["Z wape", "same_city"], rel=1e-9
    )
    assert number(tables, "footprint wape", "regions") == pytest.approx(
        known["CBA wape", "cities"], rel=1e-9
    )
    assert number(tables, "footprint median error", "regions") == pytest.approx(
        known["CBA median", "cities"], rel=1e-9
    )
    assert number(tables, "home share", "all") == pytest.approx(
        known["home share bias", "all"], abs=0.05
    )  # stock changes apart
    for name in ("compare_scatter", "compare_map"):
        assert (results / f"figures/{name}.png").stat().st_size > 20_000


def test_a_run_beside_a_bare_table(folder):
    truth = NestedMRIO.from_dataset(read_dataset(folder / "results/tiny/dataset/truth/truth.nc"))
    write_matlab73(folder / "published.mat", struct_of(truth))
    write_lists(folder / "results/tiny", folder / "lists")
    done = make(folder, "B=published.mat", "LISTS=lists")
    assert done.returncode == 0, done.stdout + done.stderr
    results = folder / "results/compare/tiny-published"
    about = json.loads((results / "compare.json").read_text(encoding="utf-8"))
    assert "intensities" in about["footprints_of_b"]
    for quantity in ("cells, all", "cells, other_province"):
        beside_truth = folder / "results/compare/tiny-truth/tables"
        assert number(results / "tables", quantity, "all") == pytest.approx(
            number(beside_truth, quantity, "all"), rel=1e-9
        )


@pytest.mark.parametrize(
    ("target", "arguments"),
    [("compare", ["B=truth"]), ("change", ["FROM=results/tiny", "TO=results/tiny"])],
)
def test_a_run_that_was_altered_is_not_compared(folder, target, arguments):
    table = folder / "results/tiny/nested/mrio.nc"
    whole = table.read_bytes()
    table.write_bytes(whole + b"0")
    done = make(folder, *arguments, target=target)
    table.write_bytes(whole)
    assert done.returncode != 0
    assert "results/tiny: nested/mrio.nc: is not what its job wrote (" in done.stderr


@pytest.fixture(scope="module")
def half(finished, tmp_path_factory):
    """A run that has made another dataset and nothing behind it, as one that was killed."""
    run = finished.copy(tmp_path_factory.mktemp("half") / "checkout")
    code, text = run.run("results/tiny/dataset", "--config", "dataset={seed: 5}")
    assert code == 0, text
    return with_make(run)


@pytest.mark.parametrize(
    ("target", "arguments", "word"),
    [
        ("compare", ["B=truth"], "A"),
        ("change", ["FROM=results/tiny", "TO=results/tiny"], "earlier"),
    ],
)
def test_a_run_that_is_not_of_one_state_or_at_work_is_not_read(half, target, arguments, word):
    done = make(half, *arguments, target=target)
    assert done.returncode != 0
    said = f"{word}: results/tiny is not finished: dataset/"
    assert said in done.stderr and " Fix: run the command that makes it" in done.stderr
    around = {**os.environ, "PYTHONPATH": str(half / "scripts")}
    program = [sys.executable, "-c", HOLD]
    with subprocess.Popen(program, cwd=half, env=around, stdout=-1, text=True) as other:
        assert other.stdout.readline() == "begun\n"
        done = make(half, *arguments, target=target)
        other.kill()
    assert done.returncode != 0
    assert f"{word}: a run is at work in results/tiny (process {other.pid} on " in done.stderr


def test_figures_speak_the_language_that_the_run_records(folder):
    record, other = folder / "results/tiny/provenance.json", folder / "results/later"
    shutil.copytree(folder / "results/tiny", other)
    about = json.loads(record.read_text(encoding="utf-8"))
    about["config"]["report"]["language"] = "zh"
    record.write_text(json.dumps(about), encoding="utf-8")
    done = make(folder, "B=results/later")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("pictures of figures stay in English") == 1
    results = folder / "results/compare/tiny-later"
    saved = json.loads((results / "compare.json").read_text(encoding="utf-8"))
    assert saved["captions"]["compare_map"].startswith("Footprint of every city")
    if not NOTO.is_file():
        return
    about["config"]["figures"]["font"] = [str(NOTO), "gone.otf"]
    record.write_text(json.dumps(about), encoding="utf-8")
    done = make(folder, "B=results/later")
    assert done.returncode == 0, done.stdout + done.stderr
    saved = json.loads((results / "compare.json").read_text(encoding="utf-8"))
    assert saved["captions"]["compare_map"].startswith("各城市在 A 中的碳足迹")
    with Image.open(results / "figures/compare_map.png") as image:
        assert image.text["Description"].startswith("地图（")
    record.rename(other / "provenance.json")
    for run in (folder / "results/tiny", other):
        regions = read_table(run / "tables/regions.csv")
        write_table(regions.assign(name_local="甲市"), run / "tables/regions.csv")
        shutil.rmtree(run / "manifest")  # whose records know no other names
    described = json.loads((other / "dataset/dataset.json").read_text(encoding="utf-8"))
    described["year"] += 5
    (other / "dataset/dataset.json").write_text(json.dumps(described), encoding="utf-8")
    done = make(folder, "FROM=results/tiny", "TO=results/later", target="change")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no job of this run has a record of it (earlier). It is used as it is" in done.stderr
    saved = json.loads((folder / "results/change/tiny-later/change.json").read_text("utf-8"))
    assert saved["captions"]["change_cities"].startswith("碳足迹上升最多的 12 个城市")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["B=nowhere"], "there is no run in 'nowhere' (B)"),
        (["B=lists"], "is not finished: dataset/dataset.json is missing (B)"),
        (["B=published.mat"], "there is no regions.csv"),
        (["B=nothing.mat", "LISTS=lists"], "there is no file nothing.mat (B)"),
        (["B=truth", "LISTS=lists"], "describes a bare table"),
        (["B=truth", "NAMES=none.csv"], "NAMES: there is no file none.csv"),
    ],
)
def test_what_is_wrong_is_said(folder, arguments, message):
    (folder / "lists").mkdir(exist_ok=True)
    (folder / "published.mat").touch()
    done = make(folder, *arguments)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
