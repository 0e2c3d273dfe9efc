"""Reading and writing labelled arrays and tables: whole or absent, the same bytes every time,
nothing lost.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from citymrio.base.errors import DataError
from citymrio.base.labels import (
    array,
    read_dataset,
    read_json,
    read_table,
    refuse_nan,
    values_of,
    write_dataset,
    write_json,
    write_table,
)


@pytest.fixture
def dataset() -> xr.Dataset:
    values = np.random.default_rng(1).lognormal(size=(2, 3))
    return xr.Dataset(
        {"output": array(values, ("region", "sector"), "10^4 EUR", "output")},
        {"region": ["01a", "02"], "sector": [*"xyz"]},
    )


def test_a_dataset_comes_back_to_the_last_bit_with_labels_and_units(dataset, tmp_path):
    write_dataset(dataset, tmp_path / "a.nc")
    back = read_dataset(tmp_path / "a.nc")
    assert (back["output"].values == dataset["output"].values).all()
    assert back["region"].values.tolist() == ["01a", "02"]
    assert back["output"].attrs == {"units": "10^4 EUR", "long_name": "output"}


def test_the_same_dataset_gives_the_same_bytes(dataset, tmp_path):
    for name in ("a.nc", "b.nc"):
        write_dataset(dataset, tmp_path / name)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_a_variable_without_units_is_refused(dataset, tmp_path):
    del dataset["output"].attrs["units"]
    with pytest.raises(ValueError, match="'output' has no units"):
        write_dataset(dataset, tmp_path / "a.nc")
    assert not list(tmp_path.iterdir())


def test_codes_keep_leading_zeros_and_blanks_stay_text(tmp_path):
    table = pd.DataFrame(
        {"province": ["01", "13"], "sectors": ["01;02", ""], "value": [1.5, np.nan]}
    )
    write_table(table, tmp_path / "t.csv")
    back = read_table(tmp_path / "t.csv")
    assert back["province"].tolist() == ["01", "13"]
    assert back["sectors"].tolist() == ["01;02", ""]
    assert np.isnan(back["value"].iloc[1])


def test_numbers_in_a_table_come_back_to_the_last_bit(tmp_path):
    values = np.random.default_rng(2).lognormal(sigma=20, size=100)
    write_table(pd.DataFrame({"value": values}), tmp_path / "t.csv")
    assert (read_table(tmp_path / "t.csv")["value"].values == values).all()


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "t.csv"
    write_table(pd.DataFrame({"value": [1]}), path)
    before = path.read_bytes()

    class Broken(pd.DataFrame):
        def to_csv(self, target, **options):
            with open(target, "w") as half:
                half.write("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_table(Broken({"value": [2]}), path)
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("text", [None, "", 'a,b\n"open'])
def test_a_table_that_is_missing_empty_or_broken_is_named(tmp_path, text):
    path = tmp_path / "broken.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match=r"broken\.csv.*cannot be read"):
        read_table(path)


def test_a_file_that_is_no_netcdf_is_named(tmp_path):
    (tmp_path / "broken.nc").write_text("no netCDF")
    with pytest.raises(DataError, match=r"broken\.nc.*cannot be read as netCDF"):
        read_dataset(tmp_path / "broken.nc")


def test_json_is_sorted_and_comes_back(tmp_path):
    write_json({"b": 1, "a": "é"}, tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text(encoding="utf-8").index('"a"') < (
        tmp_path / "a.json"
    ).read_text().index('"b"')
    assert read_json(tmp_path / "a.json") == {"a": "é", "b": 1}


def test_a_value_that_is_not_finite_is_named_with_its_labels(dataset):
    dataset["output"].values[1, 2] = np.nan
    with pytest.raises(
        DataError, match=r"here: output is nan at region 02, sector z \(1 such values\)"
    ):
        refuse_nan(dataset, "here")


@pytest.mark.parametrize("wanted", [["a", "b", "c"], ["c", "a"], ["b"]])
def test_values_are_those_that_xarray_selects(wanted):
    values = xr.DataArray(
        np.arange(6.0).reshape(2, 3),
        {"sector": ["1", "2"], "region": ["a", "b", "c"]},
        ("sector", "region"),
    )
    found = values_of(values, region=wanted, sector=["1", "2"])
    assert (found == values.sel(region=wanted).transpose("region", "sector").values).all()
    assert found.flags["C_CONTIGUOUS"]
    with pytest.raises(KeyError, match="x"):
        values_of(values, region=[*wanted, "x"], sector=["1", "2"])
