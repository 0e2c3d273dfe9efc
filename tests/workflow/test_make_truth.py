"""`make truth` scores every method on a table with known cities; priors come from it, from a table
of priors or another table.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from checkout import ROOT, Checkout
from known_world import invented, write
from thorough import sampled

from citymrio.base.labels import read_table
from known_truth.run import ORDER
from known_truth.scores import QUANTITIES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkout with its Makefile, a known table and another year of it with four more regions
    outside.
    """
    folder = Checkout.make(tmp_path_factory.mktemp("truth")).folder
    shutil.copy2(ROOT / "Makefile", folder)
    for part in ("make", "tests/calibration"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for seed, name in ((0, "world"), (1, "elsewhere")):
        arrays, regions = invented(seed)
        if seed:
            arrays["countries"] = np.array([f"E{n}" for n in range(len(regions))])
            regions["region"] = arrays["countries"]
        write(folder, arrays, f"{name}.npz")
        regions.to_csv(folder / f"{name}.csv", index=False)
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [
        "make",
        "truth",
        "STAMP=",
        f"BIN={Path(sys.executable).parent}",
        "TRUTH=world.npz",
        "REGIONS=world.csv",
        *arguments,
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def outcome(folder: Path):
    results = folder / "results/truth/world"
    about = json.loads((results / "accuracy.json").read_text(encoding="utf-8"))
    return (
        read_table(results / "accuracy.csv"),
        read_table(results / "priors.csv"),
        about["calibrated_is_fitted_on"],
    )


@pytest.mark.night
def test_fits_come_from_where_the_command_says(folder):
    done = make(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        "three_industries,calibrated,flows_inside_wape,all," in done.stdout
        and "all_sectors," not in done.stdout
    )
    own, priors, source = outcome(folder)
    assert set(own["method"]) == set(ORDER) and set(own["quantity"]) == set(QUANTITIES)
    assert set(own["group"]) == {"all", "goods", "services"}
    assert source.startswith("the outside regions of the same table (O0")
    shutil.copy2(folder / "results/truth/world/priors.csv", folder / "priors.csv")

    assert make(folder, "TRUTH=elsewhere.npz", "REGIONS=elsewhere.csv").returncode == 0
    shutil.copy2(folder / "results/truth/elsewhere/priors.csv", folder / "elsewhere_priors.csv")
    assert make(folder, "FIT=elsewhere_priors.csv").returncode == 0
    other, fitted, source = outcome(folder)
    assert source == "the table of priors elsewhere_priors.csv"
    assert not fitted["estimate"].equals(priors["estimate"])
    changed = (own["value"] - other["value"]).abs() > 0
    assert set(own["method"][changed]) == {"calibrated", "gravity_ras"}, (
        "a fit from elsewhere moves nothing else"
    )

    assert make(folder, "FIT=priors.csv").returncode == 0
    given, _, source = outcome(folder)
    assert source == "the table of priors priors.csv"
    np.testing.assert_allclose(given["value"], own["value"], rtol=1e-6)


@pytest.mark.night
def test_what_was_guessed_is_said_and_a_table_of_sectors_settles_it(folder):
    arrays, regions = invented()
    codes = [f"S{n}" for n in range(6)]
    write(folder, arrays | {"sectors": np.array(codes)}, "codes.npz")
    regions.to_csv(folder / "codes.csv", index=False)
    (folder / "sectors.csv").write_text(
        "sector,kind\n" + "".join(f"{c},{'goods' if c < 'S3' else 'services'}\n" for c in codes)
    )
    done = make(folder, "TRUTH=codes.npz", "REGIONS=codes.csv")
    assert done.returncode == 0 and "the sectors are of no known classification" in done.stdout, (
        done.stdout + done.stderr
    )
    warnings = read_table(folder / "results/truth/codes/warnings.csv")
    expected = [
        "no sector is marked as one of energy products",
        "the sectors are of no known classification",
    ]
    assert sorted(set(warnings["what"]) & set(expected)) == expected
    done = make(folder, "TRUTH=codes.npz", "REGIONS=codes.csv", "SECTORS=sectors.csv")
    assert done.returncode == 0 and "no known classification" not in done.stdout
    about = json.loads((folder / "results/truth/codes/accuracy.json").read_text(encoding="utf-8"))
    assert about["sectors"] == {"goods": 3, "services": 3} and "sectors.csv" in about["sha256"]
    assert "the sectors are of no known classification" not in set(
        read_table(folder / "results/truth/codes/warnings.csv")["what"]
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    sampled(
        [
            (
                ["FIT=nothing.npz"],
                "FIT=nothing.npz: there is no such file. Usage: make truth TRUTH=file.npz",
            ),
            (["REGIONS="], "REGIONS=file is missing. Usage: make truth"),
            (["FIT=world.csv"], "world.csv: columns sector, kind, parameter, prior are missing"),
            (["SECTORS=nothing.csv"], "SECTORS=nothing.csv: there is no such file"),
            (["GROUPS=some"], "groups is 'some'; expected a whole number from 1 on"),
            (["GROUPS=4"], "4 groups of 5 cities"),
        ],
        3,
    ),
)
def test_what_cannot_be_used_is_said_and_leaves_nothing(folder, arguments, message):
    shutil.rmtree(folder / "results", ignore_errors=True)
    done = make(folder, *arguments)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(folder.glob("results/truth/*/*.csv"))


@pytest.mark.night
def test_a_list_of_systems_is_one_table_and_one_figure(folder):
    listed = (
        "system,truth,regions,groups,fit,title\nworld,world.npz,world.csv,,,Cities of a world\n"
        "other,elsewhere.npz,elsewhere.csv,2,world,\n"
    )
    (folder / "list.csv").write_text(listed, encoding="utf-8")
    command = [
        "make",
        "systems",
        "STAMP=",
        "CORES=1",
        f"BIN={Path(sys.executable).parent}",
        "SYSTEMS=list.csv",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    results = folder / "results/truth/list"
    table = read_table(results / "systems.csv")
    assert table.groupby("system").size().to_dict() == {
        "world": 2 * len(ORDER),
        "other": 2 * len(ORDER),
    }
    assert table.groupby("system")["provinces"].first().to_dict() == {"world": 1, "other": 2}
    assert {"world", "other", "all systems"} == set(
        read_table(results / "differences.csv")["system"]
    )
    assert set(table["title"]) == {"Cities of a world", "other"} and set(table["fit"]) == {
        "own outside regions",
        "world",
    }
    assert (results / "systems.png").stat().st_size > 10_000
    own = read_table(results / "other/accuracy.csv").query(
        "group == 'all' and case == 'three_industries'"
    )
    own, shown = (
        own.set_index(["method", "quantity"])["value"],
        table.set_index(["system", "case", "method"])["flows_wape"],
    )
    assert shown["other", "three_industries", "calibrated"] == own["calibrated", "flows_wape"]
    assert read_table(results / "other/priors.csv")["source"].eq("priors.csv").all()
    (folder / "list.csv").write_text(listed.replace("world.csv", "nothing.csv"), encoding="utf-8")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (
        done.returncode != 0
        and "list.csv: row 2, regions is 'nothing.csv': there is no such file"
        in done.stdout + done.stderr
    )
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.night
def test_coverage_of_intervals_on_a_list_of_systems_is_one_table_and_one_figure(folder):
    (folder / "few.csv").write_text(
        "system,truth,regions,title\nworld,world.npz,world.csv,Cities of a world\n",
        encoding="utf-8",
    )
    command = [
        "make",
        "interval-coverage",
        "STAMP=",
        "CORES=1",
        f"BIN={Path(sys.executable).parent}",
        "SYSTEMS=few.csv",
    ]
    done = subprocess.run([*command, "MEMBERS=3"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    results = folder / "results/truth/few"
    table = read_table(results / "coverage.csv")
    assert set(table["method"]) == {"paper", "calibrated", "calibrated_own"} and set(
        table["level"]
    ) == {
        0.5,
        0.8,
        0.9,
    }
    assert (
        table["title"].eq("Cities of a world").all()
        and (table["members"] + table["left_out"]).eq(3).all()
    )
    assert table["inside"].between(0, 1).all() and table["stressor"].eq("value added").all()
    assert (
        "world,calibrated,footprint of a city,0.9," in done.stdout
        and ",footprint of a city,0.5," not in done.stdout
    )
    assert (results / "coverage.png").stat().st_size > 10_000
    said = read_table(results / "world/warnings_coverage.csv")
    assert "no sector is marked as one of energy products" in set(said["what"])
    for number, said in (
        (1, "members is 1: an interval needs at least 2"),
        (0, "MEMBERS=0: no interval is without members"),
    ):
        done = subprocess.run(
            [*command, f"MEMBERS={number}"], cwd=folder, capture_output=True, text=True
        )
        assert done.returncode != 0 and said in done.stderr
        assert "Traceback" not in done.stdout + done.stderr
