"""Use by source: read from spreadsheets or netCDF, checked against total use and trade, carried
into the dataset.
"""

from __future__ import annotations

import numpy as np
import pytest
import toy
import toy_blocks
import toy_run
import xarray as xr

from citymrio.base.labels import read_dataset, write_dataset
from citymrio.config.models import Dataset
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.reading import what_was_read
from citymrio.dataset.sources import user


def folder(path, change):
    return toy_run.write_folder(path, change)


def faults(path, change) -> list[str]:
    return [str(fault) for fault in faults_of(read_folder(folder(path, change)))]


def made(path, change):
    raw = folder(path / "raw", change)
    user.build(Dataset(kind="user", raw_dir=str(raw), year=2020), path / "dataset")
    return path / "dataset"


def test_blocks_are_carried_into_the_dataset_as_they_are(tmp_path):
    out = made(tmp_path, toy_blocks.add_blocks)
    for p in toy.PROVINCES:
        table, expected = (
            read_dataset(out / f"provinces/{p}.nc"),
            toy_blocks.blocks(toy.example_tables()[f"provinces/{p}"]),
        )
        for kind, variable in (("imports", "imports_use"), ("inflow", "inflow_use")):
            assert np.array_equal(table[variable].transpose("sector", "use").values, expected[kind])
            assert table[variable].attrs["units"] == "10^4 XTS"
    assert not faults_of(read_folder(out))
    read = what_was_read(read_folder(out))
    assert set(read.loc[read["table"].str.startswith("provinces"), "note"]) == {
        "imports by use; inflow by use"
    }


def test_tables_of_home_products_give_the_same_dataset(tmp_path):
    total = made(tmp_path / "total", toy_blocks.add_blocks)
    home = made(tmp_path / "home", toy_blocks.to_home_products)
    for p in toy.PROVINCES:
        one, other = (read_dataset(out / f"provinces/{p}.nc") for out in (total, home))
        xr.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-8)
    nation = read_dataset(home / "national.nc")
    xr.testing.assert_allclose(
        nation.drop_vars("imports_use"), read_dataset(total / "national.nc"), rtol=1e-13, atol=1e-8
    )
    assert (home / "dataset.json").read_text() == (total / "dataset.json").read_text()


def test_what_passes_on_is_in_trade_and_in_no_use(tmp_path):
    """Re-exports: 5,000 of the imports of MAN are sold abroad again, in a column of the block."""

    def change(tables):
        toy_blocks.to_home_products(tables)
        rows = tables["provinces/NO.imports"]
        rows[0].append("exports")
        for row in rows[1:]:
            row.append(5_000 if row[0] == "MAN" else "")

    table = read_dataset(made(tmp_path, change) / "provinces/NO.nc").sel(sector="MAN")
    plain = toy.example_tables()["provinces/NO"]
    row = dict(zip(plain[0], plain[3], strict=True))
    assert float(table["imports"]) == pytest.approx(row["imports"] + 5_000)
    assert float(table["exports"]) == pytest.approx(row["exports"] + 5_000)
    assert float(table["imports"] - table["imports_use"].sum()) == pytest.approx(5_000)


def test_netcdf_tables_may_have_them_in_any_spelling_of_the_unit(tmp_path):
    out = made(tmp_path, toy_blocks.add_blocks)
    table = read_dataset(out / "provinces/NO.nc")
    for variable in table.data_vars.values():
        variable.attrs["units"] = "10000 XTS"
    write_dataset(table, out / "provinces/NO.nc")
    data = read_folder(out)
    assert faults_of(data) == []
    assert data.provinces["NO"]["inflow_use"].attrs["units"] == "10^4 XTS"


def times(path, kind, row, column, factor, province="NO"):
    def change(tables):
        toy_blocks.add_blocks(tables)
        rows = tables[f"provinces/{province}.{kind}"]
        line = next(line for line in rows[1:] if line[0] == row)
        line[rows[0].index(column)] = float(line[rows[0].index(column)]) * factor

    return change


@pytest.mark.parametrize(
    ("kind", "row", "column", "factor", "expected"),
    [
        ("imports", "MAN", "MAN", 3.0, "imports_use of product MAN adds up to"),
        ("imports", "MAN", "capital", -1.0, "imports_use is -"),
        ("inflow", "AGR", "households", 50.0, "imports_use and inflow_use is"),
    ],
)
def test_blocks_that_cannot_be_are_refused(tmp_path, kind, row, column, factor, expected):
    found = faults(tmp_path, times(tmp_path, kind, row, column, factor))
    assert any(expected in fault and "NO" in fault for fault in found), found


def test_more_onward_trade_than_exports_and_outflow_is_refused(tmp_path):
    def change(tables):
        toy_blocks.add_blocks(tables, kinds=["imports"])
        for row in tables["provinces/NO.imports"][1:]:
            row[1:] = [0] * (len(row) - 1)
        head, rows = tables["provinces/NO"][0], tables["provinces/NO"][1:5]
        row = rows[1]  # energy: neither exports nor outflow
        row[head.index("outflow")], row[head.index("inflow")] = (
            0,
            row[head.index("inflow")] - row[head.index("outflow")],
        )

    found = faults(tmp_path, change)
    assert any(
        "imports of product ENE exceed their use by 60000, exports and outflow are 0" in fault
        for fault in found
    ), found


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda tables: tables["provinces/NO.imports"].pop(2),
            "the row of sector 'ENE' is missing",
        ),
        (
            lambda tables: tables["provinces/NO.imports"][0].__setitem__(3, "MAM"),
            "column 'MAN' is missing (there is 'MAM')",
        ),
        (
            lambda tables: tables["provinces/NO.imports"].append(["wages", 1]),
            "row 'wages' is not a product of the table",
        ),
        (
            lambda tables: tables["provinces/NO.inflow"][1].__setitem__(1, "1,000"),
            "with thousands separators",
        ),
        (
            lambda tables: tables.update({"provinces/XX.inflow": tables["provinces/NO.inflow"]}),
            "table of province 'XX'",
        ),
        (
            lambda tables: tables.update({"provinces/NO.import": tables["provinces/NO.inflow"]}),
            "nothing reads this file (did you mean provinces/NO.imports.csv?)",
        ),
        (
            lambda tables: tables["dataset"].append(["import_mode", "homely"]),
            "'import_mode' is 'homely'",
        ),
    ],
)
def test_forms_that_are_no_blocks_are_refused(tmp_path, change, expected):
    def both(tables):
        toy_blocks.add_blocks(tables)
        change(tables)

    found = faults(tmp_path, both)
    assert any(expected in fault for fault in found), found


def test_home_products_need_both_blocks(tmp_path):
    def change(tables):
        toy_blocks.to_home_products(tables)
        del tables["provinces/NO.inflow"], tables["national.imports"]

    found = faults(tmp_path, change)
    assert any(
        "NO.csv: the table gives home products (import_mode: home), but there is no table of "
        "its inflow" in f
        for f in found
    )
    assert any("national.csv" in fault and "no table of its imports" in fault for fault in found)


def test_the_nation_s_block_is_no_file_that_nothing_reads(tmp_path):
    assert not read_folder(folder(tmp_path, toy_blocks.to_home_products)).faults
