"""Figures and netCDF files of a run carry a digest that its provenance.json lists, and lead back to
data and configuration.
"""

from __future__ import annotations

import json

import pytest

from citymrio.__main__ import main
from citymrio.base.labels import read_json
from citymrio.report.figures.registry import FIGURES
from citymrio.workflow.provenance import read_stamp

MAIN = (
    "provinces/mrio.nc",
    "nested/mrio.nc",
    "footprint/emissions.nc",
    "footprint/footprints.nc",
    "cities/P04/linked.nc",
)
EXPLORER = "explorer/index.html"


@pytest.fixture(scope="module")
def record(finished):
    return read_json(finished.results() / "provenance.json")


def test_every_figure_main_netcdf_file_and_the_explorer_carries_the_digest_of_the_record(
    finished, record
):
    names = [f"figures/{figure}.{kind}" for figure in FIGURES for kind in ("png", "pdf")]
    for name in [*names, *MAIN, EXPLORER]:
        assert (
            record["stamped"][f"results/tiny/{name}"]
            == read_stamp(finished.results() / name)["digest"]
        ), name


def test_every_netcdf_file_of_a_run_holds_what_its_stamp_says(finished):
    paths = sorted(finished.results().rglob("*.nc"))
    assert len(paths) > 30
    for path in paths:
        assert len(read_stamp(path)["digest"]) == 64, path


def test_the_inputs_of_every_figure_are_tables_and_data_of_the_record(finished, record):
    known = {**record["tables"], **record["dataset"]}
    for figure in FIGURES:
        stamp = read_stamp(finished.results() / f"figures/{figure}.png")
        assert stamp["figure"] == figure
        assert "dataset/dataset.json" in stamp["inputs"]
        for name, digest in stamp["inputs"].items():
            assert known[f"results/tiny/{name}"] == digest, (figure, name)
        settings = record["config"]["figures"]  # fonts are named apart, by their digests
        assert stamp["settings"] == {
            name: value for name, value in settings.items() if name != "font"
        }


def test_no_file_of_a_run_but_the_record_could_depend_on_the_commit_or_the_folder(finished):
    for name in ("figures/fig1.png", "figures/fig1.pdf", *MAIN, EXPLORER):
        data = (finished.results() / name).read_bytes()
        assert str(finished.folder).encode() not in data, name
        assert b"commit" not in json.dumps(read_stamp(finished.results() / name)).encode(), name


def test_a_file_is_read_back_with_the_name_of_its_run(finished, capsys):
    for name in (
        "figures/fig2.png",
        EXPLORER,
        "nested/mrio.nc",
        "tables/regions.csv",
        "dataset/provinces/P01.nc",
    ):
        assert main(["provenance", str(finished.results() / name)]) == 0
        found = json.loads(capsys.readouterr().out)
        assert f"results/tiny/{name}" in found["recorded_as"]
        assert found["run"] == "tiny"


@pytest.mark.parametrize("text", ["[1]", '{"dataset": 3, "tables": {}, "stamped": {}}', "{}"])
def test_a_record_that_is_none_is_one_message(finished, tmp_path, capsys, text):
    record = tmp_path / "provenance.json"
    record.write_text(text)
    file = finished.results() / "nested/mrio.nc"
    assert main(["provenance", str(file), "--record", str(record)]) == 1
    assert f"{record}: is no record of a run. Fix: " in capsys.readouterr().err


@pytest.mark.parametrize("at", [200, 1000, 5000])
def test_a_damaged_netcdf_file_is_one_message(finished, tmp_path, capsys, at):
    """Which error the library has depends on the place of the damage."""
    damaged = tmp_path / "mrio.nc"
    data = bytearray((finished.results() / "nested/mrio.nc").read_bytes())
    data[at : at + 100] = bytes(byte ^ 0x5A for byte in data[at : at + 100])
    damaged.write_bytes(data)
    assert main(["provenance", str(damaged)]) == 1
    assert f"{damaged}: cannot be read (NetCDF: HDF error). Fix: " in capsys.readouterr().err
