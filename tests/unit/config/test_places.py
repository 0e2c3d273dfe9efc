"""What a run reads can never be what it writes, however the place is called."""

from __future__ import annotations

import pytest

from citymrio.base.errors import CityMRIOError
from citymrio.config import places
from citymrio.config.models import load_config
from citymrio.dataset.check import check_run


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with a country, finished results of this run and of another, and links of
    all kinds.
    """
    folder = tmp_path / "project"
    for name in (
        "country/provinces",
        "results/mine/dataset/provinces",
        "results/other/dataset",
        "results/mine2",
        ".snakemake/log",
    ):
        (folder / name).mkdir(parents=True)
    for name in (
        "country/regions.csv",
        "results/mine/tables.csv",
        "results/other/priors.csv",
        "results/mine/dataset/regions.csv",
    ):
        (folder / name).write_text("a\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def found(raw_dir: str, run: str = "mine") -> str:
    config = load_config({"run": run, "dataset": {"kind": "user", "raw_dir": raw_dir}})
    return "\n".join(map(str, places.faults(config)))


@pytest.mark.parametrize(
    ("raw_dir", "how"),
    [
        ("results/mine", "is the results of this run"),
        ("results/mine/", "is the results of this run"),
        ("./results/../results/./mine", "is the results of this run"),
        ("results/mine/dataset", "lies in the results of this run"),
        ("results/mine/dataset/provinces", "lies in the results of this run"),
        ("results/mine/not/there/yet", "lies in the results of this run"),
        ("results", "holds the results of this run"),
        (".", "holds the results of this run"),
        ("..", "holds the results of this run"),
        ("/", "holds the results of this run"),
        (".snakemake", "is Snakemake's own folder"),
        (".snakemake/log", "lies in Snakemake's own folder"),
    ],
)
def test_a_folder_at_above_or_below_the_results_is_refused_by_every_name(here, raw_dir, how):
    for name in (raw_dir, str(here / raw_dir)):
        text = found(name)
        assert how in text
        assert "Outputs cannot be inputs" in text
        assert "Fix: put your files into a folder of their own" in text


def test_results_that_are_not_there_yet_count_as_well(here):
    for raw_dir in ("results/new", "results/new/deep", "results", "."):
        assert "the results of this run" in found(raw_dir, run="new")


def test_links_are_followed_from_both_sides(here):
    (here / "linked").symlink_to("results/mine/dataset")
    assert "lies in the results of this run" in found("linked")
    (here / "country/inventory").symlink_to("../results/mine/dataset")
    assert "leads to the results of this run (results/mine) by the link inventory" in found(
        "country"
    )
    (here / "country/inventory").unlink()
    (here / "country/provinces/A.csv").symlink_to(here / "results/mine/tables.csv")
    assert "by the link provinces/A.csv" in found("country")
    (here / "country/provinces/A.csv").unlink()
    assert found("country") == ""
    (here / "elsewhere").mkdir()
    (here / "elsewhere/deep").symlink_to(here / "results/mine/dataset")
    (here / "country/elsewhere").symlink_to(here / "elsewhere")
    assert "leads to the results of this run (results/mine) by the link elsewhere/deep" in found(
        "country"
    )
    (here / "country/elsewhere").unlink()
    (here / "results/mine/nested").symlink_to(here / "country")
    assert "is the results of this run (by the link results/mine/nested)" in found("country")
    (here / "results/mine/nested").unlink()
    (here / "results/linked").symlink_to(here / "country")
    assert "is the results of this run" in found("country", run="linked")
    assert "holds the results of this run" in found(str(here), run="linked")


def test_results_on_another_disk_by_a_link_are_found(here, tmp_path):
    (here / "results").rename(tmp_path / "scratch")
    (here / "results").symlink_to(tmp_path / "scratch")
    assert "lies in" in found(str(tmp_path / "scratch/mine/dataset"))
    assert "holds" in found(str(tmp_path / "scratch"))


@pytest.mark.parametrize(
    "raw_dir",
    ["country", "results/other/dataset", "results/other", "results/mine2", "country/../country"],
)
def test_a_folder_of_its_own_and_results_of_another_run_are_welcome(here, raw_dir):
    assert found(raw_dir) == ""
    (here / "country/elsewhere").symlink_to(here / "results/other")
    assert found("country") == ""


@pytest.mark.parametrize(
    ("values", "key"),
    [
        (
            {
                "dataset": {
                    "kind": "china",
                    "raw_dir": "country",
                    "sources": "results/mine/tables.csv",
                }
            },
            "dataset.sources",
        ),
        (
            {"dataset": {"kind": "china", "raw_dir": "country", "classification": "results"}},
            "dataset.classification",
        ),
        ({"dataset": {"kind": "china", "downloads": "results/mine"}}, "dataset.downloads"),
        (
            {"dataset": {"kind": "china", "downloads": "results", "sources": "lists/mine.csv"}},
            "dataset.downloads",
        ),
        ({"dataset": {"mrio": "results/mine/tables.csv"}}, "dataset.mrio"),
        ({"provinces": {"trade_known": "results/mine/tables.csv"}}, "provinces.trade_known"),
        ({"cities": {"priors": "results/mine/tables.csv"}}, "cities.priors"),
        (
            {"variants": {"a": {"cities": {"priors": "results/mine/tables.csv"}}}},
            "variants.a.cities.priors",
        ),
        (
            {"variants": {"a": {"provinces": {"trade_known": "results/mine/x"}}}},
            "variants.a.provinces.trade_known",
        ),
    ],
)
def test_every_path_of_the_configuration_is_looked_at(here, root, values, key):
    config = load_config({"run": "mine", **values})
    with pytest.raises(CityMRIOError, match=f"'{key}' is .*Outputs cannot be inputs"):
        places.check(config, root)


def test_what_is_not_there_is_said_once_and_short(here, root):
    assert (
        found("nowhere")
        == "configuration: 'dataset.raw_dir' is nowhere: there is no such folder. Fix: correct "
        "the path."
    )
    config = load_config(
        {"cities": {"priors": "results/other/priors.csv"}, "provinces": {"trade_known": "gone.csv"}}
    )
    assert [str(fault) for fault in places.faults(config, root)] == [
        "configuration: 'provinces.trade_known' is gone.csv: there is no such file. Fix: "
        "correct the path."
    ]


def test_shipped_configurations_have_sound_places_wherever_they_are_run(here, root):
    from citymrio.config.loading import read_config

    for path in sorted((root / "config").glob("*.yaml")):
        assert places.faults(read_config(path), root) == [], path


def test_check_data_says_the_same_and_reads_nothing(here):
    (here / "mine.yaml").write_text(
        "run: mine\ndataset: {kind: user, raw_dir: results/mine/dataset}\n", encoding="utf-8"
    )
    faults = check_run("mine.yaml").faults
    assert [str(fault) for fault in faults] == [found("results/mine/dataset")]
