"""What must stop a run, stops it with one message that names rule, place and amounts (method,
appendix C).
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from forked import snakemake

from citymrio.base.errors import CityMRIOError
from citymrio.base.labels import read_dataset, read_table, whole_folder, write_dataset, write_table
from citymrio.config.models import Dataset, Provinces, Solver
from citymrio.dataset.reading import make_dataset
from citymrio.provinces.balance import balance

pytestmark = pytest.mark.slow


def refused(checkout, *arguments, target="results/mine/nested/mrio.nc"):
    """Output of a run that must fail."""
    code, text = checkout.run(target, *arguments, config="mine.yaml")
    assert code != 0, text
    return text


def message(text, rule):
    """The one message of the rule, on a line of its own, without a traceback anywhere."""
    assert "Traceback" not in text
    lines = [line for line in text.splitlines() if line.startswith(f"  rule {rule}")]
    assert len(lines) == 1, text
    return lines[0]


def edit_dataset(path, change):
    dataset = read_dataset(path)
    change(dataset)
    write_dataset(dataset, path)


def edit_table(path, change):
    table = read_table(path)
    write_table(change(table), path)


@pytest.fixture
def country(finished, tmp_path) -> Path:
    """The dataset of the tiny country as a user's, to be damaged; what jobs refuse, the functions
    that they call refuse here.
    """
    return Path(shutil.copytree(finished.results() / "dataset", tmp_path / "country"))


def faults_of(country: Path) -> str:
    """The faults with which the job `dataset` stops; nothing may have been written."""
    out = country.parent / "out"
    with pytest.raises(CityMRIOError) as error, whole_folder(out) as folder:
        make_dataset(Dataset(kind="user", raw_dir=str(country)), folder)
    assert not out.exists()
    faults = getattr(error.value, "faults", [error.value])
    assert all(fault.where and fault.fix for fault in faults)
    return str(error.value)


def not_a_number(country: Path) -> None:
    def change(dataset):
        dataset["total_use"].loc[{"sector": "02", "use": "03"}] = np.nan

    edit_dataset(country / "provinces/P03.nc", change)


def not_adding_up(country: Path) -> None:
    def change(dataset):
        dataset["exports"].loc[{"sector": "04"}] += 12345.0

    edit_dataset(country / "provinces/P04.nc", change)


def twice(country: Path) -> None:
    edit_table(
        country / "regions.csv",
        lambda table: table.assign(
            region=table["region"].replace(table.loc[3, "region"], table.loc[2, "region"])
        ),
    )


def unknown_sector(country: Path) -> None:
    def change(table):
        table.loc[table["quantity"].eq("value_added").idxmax(), "sectors"] = "99"
        return table

    edit_table(country / "observations/P02.csv", change)


REFUSED = [
    (not_a_number, r"provinces/P03.nc: total_use is nan at sector 02, use 03"),
    (not_adding_up, r"provinces/P04.nc: the row of sector 04 adds up to .* its output is"),
    (twice, r"regions.csv: rows 4, 5 \(2 rows\), region 'P0202' appears twice"),
    (
        unknown_sector,
        r"observations/P02.csv: row \d+, column 'sectors' is '99'; expected a code of sectors",
    ),
    (
        lambda country: edit_table(
            country / "regions.csv", lambda table: table.drop(columns="gdp")
        ),
        "regions.csv: column 'gdp' is missing",
    ),
    (lambda country: (country / "provinces/P05.nc").unlink(), r"provinces/P05.nc"),
]


@pytest.mark.parametrize(("damage", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_a_damaged_country_is_refused_with_its_place(country, damage, words):
    damage(country)
    assert re.search(words, faults_of(country), flags=re.S)


def test_exports_above_output(country):
    def change(dataset):
        amount = 10 * float(dataset["output"].sel(sector="02"))
        dataset["exports"].loc[{"sector": "02"}] += amount
        dataset["error"].loc[{"sector": "02"}] -= amount

    edit_dataset(country / "national.nc", change)
    provinces = {path.stem: read_dataset(path) for path in (country / "provinces").glob("*.nc")}
    tables = [read_table(country / f"{name}.csv") for name in ("regions", "final_demand")]
    with pytest.raises(CityMRIOError, match=r"(?s)02.*exports|exports.*02"):
        balance(provinces, read_dataset(country / "national.nc"), *tables, Provinces(), Solver())


def test_value_added_above_what_the_cap_leaves(own_country):
    text = refused(own_country, "--config", "cities={va_delta: 0.9}")
    line = next(
        line for line in text.splitlines() if line.startswith("  rule cities, province P01")
    )
    assert "sector" in line
    assert "value added" in line


def test_tables_that_do_not_balance_within_the_tolerance(own_country):
    text = message(
        refused(own_country, "--config", "provinces={calibrate: none, err_tol: 0.0001}"),
        "balance_provinces",
    )
    assert "err_tol" in text
    assert "province P0" in text
    assert "sector" in text


def test_a_failing_province_does_not_stop_the_others(own_country):
    script = own_country.folder / "scripts/cities/cities.py"
    fault = (
        'if snakemake.wildcards.province == "P04":\n        raise DataError("value is -5", '
        'where="observations/P04.csv")\n'
    )
    head, body = script.read_text(encoding="utf-8").split("with adapter(snakemake)")
    first, rest = body.split("\n", 1)
    text = (
        f"{head}from citymrio.base.errors import DataError\n\nwith adapter(snakemake){first}\n    "
        f"{fault}{rest}"
    )
    script.write_text(text, encoding="utf-8")
    text = refused(own_country)
    error = next(
        line for line in text.splitlines() if line.startswith("  rule cities, province P04: ")
    )
    summary = text[text.index("1 job has failed:") :].splitlines()
    assert summary[1] == error
    assert summary[2] == "    log: results/mine/logs/cities/P04.log"
    assert summary[3] == "1 job was not run."  # nest
    done = {path.parent.name for path in own_country.results("mine").glob("cities/*/linked.nc")}
    assert done == {"P01", "P02", "P03", "P05"}


def test_raw_files_that_are_missing_are_named_with_address_and_checksum(own_country):
    (own_country.folder / "empty").mkdir()
    text = refused(
        own_country,
        "--config",
        "dataset={kind: china, raw_dir: empty}",
        target="results/mine/raw.csv",
    )
    line = message(text, "retrieve")
    assert "is missing" in line
    assert "sha256" in line
    assert "https://" in line


def test_a_run_whose_audit_fails_has_no_pages_but_of_tables_and_is_no_finished_run(
    finished, tmp_path
):
    run = finished.copy(tmp_path / "run")
    config = run.folder / "config/strict.yaml"
    text = (run.folder / "config/tiny.yaml").read_text(encoding="utf-8")
    config.write_text(f"{text}\naudit: {{tolerance: 1.0e-300}}\n", encoding="utf-8")
    (run.results() / "report.html").touch()
    code, text = run.run("--keep-going", config="config/strict.yaml")
    assert code != 0 and "audit" in text, text
    left = {path.relative_to(run.results()).as_posix() for path in run.results().rglob("*.html")}
    assert "report/audit.html" in left, text
    assert left.isdisjoint({"report/start.html", "explorer/index.html", "report.html"}), text
    assert not (run.results() / "summary.txt").exists()
    assert "removed, since it shows other results than are there now" in text
    words = ["--cores", "1", "-n", "--snakefile", "rules/standalone/change.smk", "--config"]
    words += ["earlier=results/tiny", "later=results/tiny"]
    code, text = snakemake(words, str(run.folder), {**os.environ})
    assert code != 0 and "earlier: results/tiny is not finished: " in text, text
