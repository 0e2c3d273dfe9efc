"""netCDF files of a country of one's own: notes that nothing reads go where they can, and stop
nothing.
"""

import shutil
from pathlib import Path

import netCDF4
import pytest

from citymrio.base import files
from citymrio.base.errors import DataError
from citymrio.base.files import netcdf_faults
from citymrio.base.labels import read_dataset, write_dataset
from citymrio.config.models import Dataset
from citymrio.dataset.sources import template, user


@pytest.fixture
def country(tmp_path):
    """The toy country in the form of the contract, with netCDF tables."""
    template.write_template(tmp_path / "template")
    user.build(
        Dataset(kind="user", raw_dir=str(tmp_path / "template/example"), year=2020),
        tmp_path / "toy",
    )
    return tmp_path / "toy"


@pytest.mark.slow
def test_attributes_of_a_file_that_netcdf_cannot_copy_stop_nothing(country, tmp_path):
    table = next(iter(sorted((country / "provinces").glob("*.nc"))))
    with netCDF4.Dataset(table, "a") as data:
        data.setncattr("_FillValue", "10^4 EUR")
        data.setncattr("note", "from the yearbook")
    shutil.rmtree(tmp_path / "again", ignore_errors=True)
    user.build(Dataset(kind="user", raw_dir=str(country), year=2020), tmp_path / "again")
    made = read_dataset(tmp_path / "again/provinces" / table.name)
    assert made.attrs["note"] == "from the yearbook" and "_FillValue" not in made.attrs


@pytest.mark.slow
def test_a_table_of_whole_numbers_is_read_as_one_of_others_signed_demand_included(
    country, tmp_path
):
    """Demand below 0 is moved to stock changes in place, which an array of integers refused."""
    path = country / "provinces/SO.nc"
    table = read_dataset(path)
    use, uses = table["total_use"].transpose("sector", "use").values, [*table["use"].values]
    use[0, uses.index("government")] -= 10
    use[0, uses.index("households")] += 10
    assert use[0, uses.index("government")] < 0
    for name, kind in (("float", float), ("int", int)):
        write_dataset(table.assign(total_use=table["total_use"].astype(kind)), path)
        user.build(Dataset(kind="user", raw_dir=str(country), year=2020), tmp_path / name)
    one, other = (read_dataset(tmp_path / name / "provinces/SO.nc") for name in ("float", "int"))
    assert one.identical(other)


@pytest.mark.parametrize("damage", ["other words", "doubled", "another order"])
def test_labels_of_uses_that_are_not_those_of_the_lists_are_named(country, tmp_path, damage):
    """Before anything is done with a column that its label picks."""
    path = country / "provinces/NO.nc"
    table = read_dataset(path)
    count, uses = table.sizes["use"], [*table["use"].values]
    changed = {
        "other words": lambda: table.assign_coords(use=[use.upper() for use in uses]),
        "doubled": lambda: table.isel(use=[*range(count), count - 1]),
        "another order": lambda: table.isel(use=[*range(count)][::-1]),
    }
    write_dataset(changed[damage](), path)
    with pytest.raises(DataError, match="dimension 'use' has .* codes of the lists in order"):
        user.build(Dataset(kind="user", raw_dir=str(country), year=2020), tmp_path / "again")


#: In place of the netCDF library on damaged files, which must not depend on its version.
STUBBORN = """
import os, signal, sys, time
for path in sys.argv[1:]:
    print(path, flush=True)
    if "endless" in path:
        time.sleep(60)
    if "crash" in path:
        os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.mark.slow
def test_a_file_that_holds_up_or_ends_the_reading_process_is_named_and_the_others_are_tried(
    tmp_path, monkeypatch
):
    paths = [tmp_path / name for name in ("a.nc", "endless.nc", "b.nc", "crash.nc", "c.nc")]
    for path in paths:
        path.write_bytes(b"x")
    monkeypatch.setattr(files, "READ_WHOLE", STUBBORN)
    faults = netcdf_faults([*paths, tmp_path / "absent.nc"], patience=1.0)
    assert {Path(path).name: fault.message for path, fault in faults.items()} == {
        "endless.nc": "is damaged: it is not read within 1 s",
        "crash.nc": "is damaged: it crashes the process that reads it (signal 11)",
    }


def test_sound_files_have_no_fault_and_a_damaged_one_refuses_the_country(
    country, tmp_path, monkeypatch
):
    tables = sorted((country / "provinces").glob("*.nc"))
    assert tables and netcdf_faults(tables) == {}
    monkeypatch.setattr(files, "READ_WHOLE", STUBBORN.replace("crash", tables[0].name))
    with pytest.raises(
        DataError, match=f"{tables[0].name}: is damaged: it crashes the process"
    ) as refused:
        user.build(Dataset(kind="user", raw_dir=str(country), year=2020), tmp_path / "again")
    assert "Fix: write the file anew." in str(refused.value)
    assert not (tmp_path / "again").exists()


@pytest.mark.slow
def test_whole_numbers_are_amounts_as_well(country, tmp_path):
    path = country / "national.nc"
    table = read_dataset(path)
    whole = table.assign(total_use=table["total_use"].round().astype("int64"))
    assert (whole["total_use"] == table["total_use"]).all()
    whole.to_netcdf(path)
    user.build(Dataset(kind="user", raw_dir=str(country), year=2020), tmp_path / "again")
    made = read_dataset(tmp_path / "again/national.nc")["total_use"]
    assert made.dtype == "float64" and (made == table["total_use"]).all()
