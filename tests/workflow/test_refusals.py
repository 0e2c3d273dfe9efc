"""What must stop a run, stops it with one message that names rule, place and amounts (method, appendix C)."""

from __future__ import annotations

import numpy as np
import pytest

from citymrio.base.labels import read_dataset, read_table, write_dataset, write_table

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


def test_a_cell_that_is_not_a_number(own_country):
    def change(dataset):
        dataset["total_use"].loc[{"sector": "02", "use": "03"}] = np.nan

    edit_dataset(own_country.folder / "country/provinces/P03.nc", change)
    text = message(refused(own_country), "dataset")
    assert "provinces/P03.nc: total_use is nan at sector 02, use 03" in text


def test_a_row_that_does_not_add_up(own_country):
    def change(dataset):
        dataset["exports"].loc[{"sector": "04"}] += 12345.0

    edit_dataset(own_country.folder / "country/provinces/P04.nc", change)
    text = message(refused(own_country), "dataset")
    assert "provinces/P04.nc: the row of sector 04 adds up to" in text
    assert "its output is" in text


def test_a_city_that_stands_there_twice(own_country):
    def change(table):
        table.loc[3, "region"] = table.loc[2, "region"]
        return table

    edit_table(own_country.folder / "country/regions.csv", change)
    text = message(refused(own_country), "dataset")
    assert "regions.csv: rows 4, 5 (2 rows), region 'P0202' appears twice" in text


def test_a_sector_that_is_not_known(own_country):
    path = own_country.folder / "country/observations/P02.csv"
    first = int(read_table(path).query("quantity == 'value_added'").index[0])

    def change(table):
        table.loc[first, "sectors"] = "99"
        return table

    edit_table(path, change)
    text = message(refused(own_country), "dataset")
    assert f"observations/P02.csv: row {first + 2}, column 'sectors' is '99'; expected a code of sectors" in text


def test_a_column_that_is_missing(own_country):
    edit_table(own_country.folder / "country/regions.csv", lambda table: table.drop(columns="gdp"))
    assert "regions.csv: column 'gdp' is missing" in message(refused(own_country), "dataset")


def test_a_table_that_is_missing(own_country):
    (own_country.folder / "country/provinces/P05.nc").unlink()
    assert "provinces/P05.nc" in message(refused(own_country), "dataset")


def test_exports_above_output(own_country):
    def change(dataset):
        amount = 10 * float(dataset["output"].sel(sector="02"))
        dataset["exports"].loc[{"sector": "02"}] += amount
        dataset["error"].loc[{"sector": "02"}] -= amount

    edit_dataset(own_country.folder / "country/national.nc", change)
    text = message(refused(own_country), "balance_provinces")
    assert "exports" in text
    assert "02" in text


def test_value_added_above_what_the_cap_leaves(own_country):
    text = refused(own_country, "--config", "cities={va_delta: 0.9}")
    line = next(line for line in text.splitlines() if line.startswith("  rule cities, province P01"))
    assert "sector" in line
    assert "value added" in line


def test_tables_that_do_not_balance_within_the_tolerance(own_country):
    text = message(refused(own_country, "--config", "provinces={calibrate: none, err_tol: 0.0001}"), "balance_provinces")
    assert "err_tol" in text
    assert "province P0" in text
    assert "sector" in text


def test_a_failing_province_does_not_stop_the_others(own_country):
    script = own_country.folder / "scripts/cities/cities.py"
    fault = 'if snakemake.wildcards.province == "P04":\n        raise DataError("value is -5", where="observations/P04.csv")\n'
    head, body = script.read_text(encoding="utf-8").split("with adapter(snakemake):\n")
    text = f"{head}from citymrio.base.errors import DataError\n\nwith adapter(snakemake):\n    {fault}{body}"
    script.write_text(text, encoding="utf-8")
    text = refused(own_country)
    error = next(line for line in text.splitlines() if line.startswith("  rule cities, province P04: "))
    summary = text[text.index("1 job has failed:") :].splitlines()
    assert summary[1] == error
    assert summary[2] == "    log: results/mine/logs/cities/P04.log"
    assert summary[3] == "1 job was not run."  # nest
    done = {path.parent.name for path in own_country.results("mine").glob("cities/*/linked.nc")}
    assert done == {"P01", "P02", "P03", "P05"}


def test_a_typing_error_in_the_configuration_before_any_job(own_country):
    text = refused(own_country, "--config", "cities={spilt: joint}")
    assert "unknown key 'cities.spilt': did you mean 'split'?" in text
    assert not own_country.results("mine").exists()


def test_raw_files_that_are_missing_are_named_with_address_and_checksum(own_country):
    (own_country.folder / "empty").mkdir()
    text = refused(own_country, "--config", "dataset={kind: china, raw_dir: empty}", target="results/mine/raw.csv")
    line = message(text, "retrieve")
    assert "is missing" in line
    assert "sha256" in line
    assert "https://" in line
