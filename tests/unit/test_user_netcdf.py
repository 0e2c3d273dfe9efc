"""netCDF files of a country of one's own: notes that nothing reads go where they can, and stop nothing."""

import shutil

import netCDF4
import pytest

from citymrio.config import Dataset
from citymrio.datasets import template, user
from citymrio.labels import read_dataset


@pytest.fixture
def country(tmp_path):
    """The toy country in the form of the contract, with netCDF tables."""
    template.write_template(tmp_path / "template")
    user.build(Dataset(kind="user", raw_dir=str(tmp_path / "template/example"), year=2020), tmp_path / "toy")
    return tmp_path / "toy"


def test_attributes_of_a_file_that_netcdf_cannot_copy_stop_nothing(country, tmp_path):
    table = next(iter(sorted((country / "provinces").glob("*.nc"))))
    with netCDF4.Dataset(table, "a") as data:
        data.setncattr("_FillValue", "10^4 EUR")
        data.setncattr("note", "from the yearbook")
    shutil.rmtree(tmp_path / "again", ignore_errors=True)
    user.build(Dataset(kind="user", raw_dir=str(country), year=2020), tmp_path / "again")
    made = read_dataset(tmp_path / "again/provinces" / table.name)
    assert made.attrs["note"] == "from the yearbook" and "_FillValue" not in made.attrs
