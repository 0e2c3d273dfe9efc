"""`make compare` on the tiny country: against its truth, against its truth as a bare MATLAB file,
and what it refuses.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from checkout import ROOT
from given_files import struct_of, write_lists, write_matlab73

from citymrio.base.labels import read_dataset, read_table
from citymrio.nested import NestedMRIO

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    folder = finished.copy(tmp_path_factory.mktemp("compare") / "checkout").folder
    shutil.copy2(ROOT / "Makefile", folder)
    shutil.copytree(ROOT / "make", folder / "make", dirs_exist_ok=True)
    return folder


def make(folder, *arguments: str) -> subprocess.CompletedProcess:
    command = [
        "make",
        "compare",
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
