"""Stamps: what a file was made from, inside the file, without time, machine or commit; altered
files are found out.
"""

from __future__ import annotations

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from PIL import Image, PngImagePlugin

from citymrio import __version__
from citymrio.__main__ import main
from citymrio.base.errors import DataError
from citymrio.base.labels import array, read_dataset, write_dataset, write_json
from citymrio.base.stamp import content_digest, digest_of, figure_stamp
from citymrio.report.figures import fonts
from citymrio.report.figures.style import save
from citymrio.workflow.provenance import origin, provenance, read_stamp


@pytest.fixture
def dataset() -> xr.Dataset:
    rng = np.random.default_rng(3)
    data = {
        "flows": array(rng.lognormal(size=(2, 3)), ("region", "sector"), "t CO2", "flows"),
        "known": array(np.array([True, False]), ("region",), ""),
        "status": array(np.array(["observed", "é"]), ("region",), ""),
        "rank": array(np.arange(3), ("sector",), "1"),
        "residual": array(1.5e-13, (), "1"),
        "none": array(np.zeros((0, 2)), ("empty", "region"), "t CO2"),
    }
    attributes = {
        "year": 2012,
        "share": 0.1,
        "name": "toy",
        "one": ["a"],
        "several": [1, 2],
        "array": np.array([0.5]),
    }
    return xr.Dataset(data, {"region": ["01", "02a"], "sector": [*"xyz"]}, attributes)


def test_the_digest_of_a_dataset_survives_the_file(dataset, tmp_path):
    write_dataset(dataset, tmp_path / "a.nc")
    stamp = read_stamp(tmp_path / "a.nc")
    assert (
        stamp["digest"]
        == content_digest(dataset)
        == content_digest(read_dataset(tmp_path / "a.nc"))
    )
    assert stamp["citymrio"] == __version__
    assert f"numpy {np.__version__}" in stamp["packages"]


def test_a_dataset_read_back_carries_no_stamp_and_is_written_to_the_same_bytes(dataset, tmp_path):
    write_dataset(dataset, tmp_path / "a.nc")
    again = read_dataset(tmp_path / "a.nc")
    assert not [name for name in again.attrs if name.startswith("citymrio")]
    assert not [name for name in dataset.attrs if name.startswith("citymrio")]
    write_dataset(again, tmp_path / "b.nc")
    write_dataset(read_dataset(tmp_path / "b.nc"), tmp_path / "c.nc")
    assert (tmp_path / "b.nc").read_bytes() == (tmp_path / "c.nc").read_bytes()
    assert read_stamp(tmp_path / "b.nc") == read_stamp(tmp_path / "a.nc")


def _value(dataset):
    values = dataset["flows"].values.copy()
    values[1, 2] = np.nextafter(values[1, 2], np.inf)
    return dataset.assign(flows=(dataset["flows"].dims, values, dataset["flows"].attrs))


CHANGES = {
    "a value by its last bit": _value,
    "a unit": lambda d: d.assign(rank=d["rank"].assign_attrs(units="2")),
    "an attribute": lambda d: d.assign_attrs(year=2017),
    "a label": lambda d: d.assign_coords(region=["01", "02b"]),
    "a text": lambda d: d.assign(status=("region", ["observed", "e"], d["status"].attrs)),
    "a name": lambda d: d.rename(rank="order"),
    "a type": lambda d: d.assign(rank=d["rank"].astype("int32")),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_any_change_gives_another_digest(dataset, change):
    assert content_digest(CHANGES[change](dataset)) != content_digest(dataset)


def test_the_digest_does_not_depend_on_the_order_of_variables(dataset):
    assert content_digest(dataset[list(dataset.data_vars)[::-1]]) == content_digest(dataset)


def test_a_netcdf_file_that_was_altered_by_hand_is_found_out(dataset, tmp_path):
    write_dataset(dataset, tmp_path / "a.nc")
    with xr.open_dataset(tmp_path / "a.nc") as source:
        altered = source.load()
    altered["flows"][0, 0] = 1.0
    altered.to_netcdf(tmp_path / "b.nc")
    with pytest.raises(DataError, match="content does not match its stamp"):
        read_stamp(tmp_path / "b.nc")


@pytest.fixture
def drawn(tmp_path):
    """A figure with its stamp in a run's folder: (stem, stamp)."""
    folder = tmp_path / "results" / "toy"
    (folder / "tables").mkdir(parents=True)
    (folder / "tables/regions.csv").write_text("region,x\n01,1\n")
    stamp = figure_stamp(
        "fig1", [folder / "tables/regions.csv"], {"dpi": 50, "note": "(a) \\ back, é"}, folder
    )
    figure, axes = plt.subplots(figsize=(1, 1))
    axes.plot([0, 1])
    (folder / "figures").mkdir()
    figure.suptitle("CO₂")
    save(figure, folder / "figures/fig1", stamp, ("pdf", "png", "svg"))
    plt.close(figure)
    return folder / "figures/fig1", stamp | {"fonts": fonts.used(figure)}


@pytest.mark.parametrize("kind", [".png", ".pdf", ".svg"])
def test_a_figure_says_what_it_was_drawn_from(drawn, kind):
    stem, stamp = drawn
    found = read_stamp(stem.with_suffix(kind))
    assert found == {"digest": digest_of(stamp), **stamp}
    assert list(found["inputs"]) == ["tables/regions.csv"]
    assert found["settings"]["note"] == "(a) \\ back, é"
    assert {"matplotlib", "numpy"} <= set(found["packages"])
    assert (
        list(found["fonts"]) == ["DejaVuSans.ttf"] and len(found["fonts"]["DejaVuSans.ttf"]) == 64
    )


def test_a_stamp_names_no_folder_of_the_machine(drawn, tmp_path):
    stem, stamp = drawn
    assert str(tmp_path) not in json.dumps(stamp)
    for kind in (".png", ".pdf", ".svg"):
        assert str(tmp_path).encode() not in stem.with_suffix(kind).read_bytes()


def test_an_input_that_changed_gives_another_digest(drawn):
    stem, stamp = drawn
    folder = stem.parents[1]
    (folder / "tables/regions.csv").write_text("region,x\n01,2\n")
    again = figure_stamp("fig1", [folder / "tables/regions.csv"], stamp["settings"], folder)
    assert digest_of(again) != digest_of(stamp)


def test_a_stamp_that_was_altered_is_found_out(drawn):
    stem, stamp = drawn
    text = PngImagePlugin.PngInfo()
    text.add_text("citymrio", json.dumps({"digest": digest_of(stamp), **stamp, "figure": "fig2"}))
    with Image.open(stem.with_suffix(".png")) as image:
        image.save(stem.with_suffix(".png"), pnginfo=text)
    with pytest.raises(DataError, match="stamp was altered"):
        read_stamp(stem.with_suffix(".png"))
    svg = stem.with_suffix(".svg")
    svg.write_text(
        svg.read_text(encoding="utf-8").replace('"figure": "fig1"', '"figure": "fig2"'),
        encoding="utf-8",
    )
    with pytest.raises(DataError, match="stamp was altered"):
        read_stamp(svg)


@pytest.mark.parametrize("kind", [".png", ".pdf", ".svg", ".nc", ".txt"])
def test_a_file_without_a_stamp_is_one_message(tmp_path, kind):
    path = tmp_path / f"a{kind}"
    if kind == ".nc":
        xr.Dataset({"x": 1.0}).to_netcdf(path)
    else:
        figure = plt.figure(figsize=(1, 1))
        figure.savefig(path, format=kind[1:] if kind != ".txt" else "png")
        plt.close(figure)
    with pytest.raises(DataError, match="stamp"):
        read_stamp(path)


@pytest.fixture
def recorded(drawn, dataset):
    """A run with its record: (folder, record)."""
    stem, _ = drawn
    folder = stem.parents[1]
    write_dataset(dataset, folder / "nested/mrio.nc")
    files = [stem.with_suffix(".png"), stem.with_suffix(".pdf"), folder / "nested/mrio.nc"]
    record = provenance(
        {"run": "toy"}, {"sources": []}, [], [folder / "tables/regions.csv"], files, folder
    )
    write_json(record, folder / "provenance.json")
    return folder, record


def test_a_file_leads_to_the_record_of_its_run(recorded):
    folder, record = recorded
    for name in ("figures/fig1.png", "figures/fig1.pdf", "nested/mrio.nc", "tables/regions.csv"):
        found = origin(folder / name)
        assert str(folder / name) in found["recorded_as"]
        assert found["workflow"] == record["workflow"]
    assert found["record"] == str(folder / "provenance.json")


def test_the_figures_inputs_are_the_checksums_of_the_record(recorded):
    folder, record = recorded
    inputs = read_stamp(folder / "figures/fig1.png")["inputs"]
    assert {str(folder / name): value for name, value in inputs.items()} == record["tables"]


def test_a_file_that_the_record_does_not_know_is_exit_code_1_with_one_message(recorded, capsys):
    folder, _ = recorded
    (folder / "tables/regions.csv").write_text("region,x\n01,3\n")
    assert main(["provenance", str(folder / "tables/regions.csv")]) == 1
    assert "it was changed, or belongs to another run" in capsys.readouterr().err
    assert main(["provenance", str(folder / "figures/fig1.png")]) == 0
    assert json.loads(capsys.readouterr().out)["stamp"]["figure"] == "fig1"


def test_a_file_outside_a_run_asks_for_the_record(drawn, tmp_path, capsys):
    stem, _ = drawn
    assert main(["provenance", str(stem.with_suffix(".png"))]) == 1
    assert "--record FILE" in capsys.readouterr().err
    assert main(["provenance", str(tmp_path / "nothing.png")]) == 1
    assert "there is no such file" in capsys.readouterr().err
