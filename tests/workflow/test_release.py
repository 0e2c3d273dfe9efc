"""A release of the tiny country: its tables and pages, what is refused, and what the look at it
finds.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import publish
import pytest

import citymrio as cm
from citymrio import __version__

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture
def about():
    return publish.About("0" * 40, 1_700_000_000, "CC-BY-4.0")


@pytest.fixture
def run(finished, tmp_path, monkeypatch) -> Path:
    """The tiny run in a copy of its project, which is the working folder."""
    copy = finished.copy(tmp_path / "copy")
    monkeypatch.chdir(copy.folder)
    return Path("results/tiny")


def with_ensemble(run: Path) -> None:
    """The files of a small ensemble beside the run."""
    regions = pd.read_csv(run / "tables/regions.csv", dtype=str)["region"]
    tables = {
        "regions": {
            "region": regions,
            "name": "",
            "cba_mt": 2.0,
            "cba_mt_low": 1,
            "cba_mt_high": 3,
        },
        "cells": {
            "table": ["quintiles"],
            "row": ["Q1"],
            "column": ["cba_mt"],
            "value": [5.0],
            "low": [4.0],
            "high": [6.0],
        },
        "numbers": {"quantity": ["cba"], "value": [5.0], "low": [4.0], "high": [6.0]},
        "suppliers": {
            "region": [regions[0]],
            "name": [""],
            "supplier": [regions[1]],
            "supplier_name": [""],
            "mt": [0.5],
            "mt_low": [0.4],
            "mt_high": [0.6],
        },
    }
    for name, columns in tables.items():
        (run / "uncertainty").mkdir(exist_ok=True)
        pd.DataFrame(columns).to_csv(run / f"uncertainty/{name}.csv", index=False)


def data(about, run: Path, folder: Path) -> dict[str, bytes]:
    folder.mkdir(parents=True)
    publish.write_data(run, folder, about)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_tables_are_those_of_the_run_described_and_the_same_every_time(about, run, tmp_path):
    first, second = (
        data(about, run, tmp_path / name / "data/tiny") for name in ("first", "second")
    )
    assert first == second
    opened = cm.open_release(tmp_path / "first")
    assert {"flows", *(path.stem for path in (run / "tables").glob("*.csv"))} == {*opened.tables}
    for resource in opened.package["resources"]:
        assert all(part.get("description") for part in resource["schema"]["fields"]), resource[
            "name"
        ]
        table = pd.read_parquet(opened.path / f"{resource['name']}.parquet")
        assert [*table] == [part["name"] for part in resource["schema"]["fields"]]
        assert len(table) == len(opened.table(resource["name"]))
    whole = cm.open_run(run)
    regions = opened.table("regions")
    assert regions["cba_mt"].tolist() == whole.table("regions")["cba_mt"].tolist()
    assert regions.attrs["units"]["cba_mt"] == "Mt CO2" and regions.attrs["meanings"]["cba_mt"]
    flows = opened.table("flows")["mt"].unstack()
    assert flows.to_numpy() == pytest.approx(whole.flows().to_numpy() / 1e6, rel=1e-9, abs=1e-12)
    assert opened.package["licenses"] == [{"name": "CC-BY-4.0"}]
    with pytest.raises(cm.CityMRIOError, match=r"there is no table 'cities'.*Fix: one of: "):
        opened.table("cities")


def test_a_crate_holds_every_file_and_what_it_points_to(about, run, tmp_path):
    files = data(about, run, tmp_path / "data")
    graph = {part["@id"]: part for part in json.loads(files["ro-crate-metadata.json"])["@graph"]}
    listed = {part["@id"] for part in graph["./"]["hasPart"]}
    assert listed == files.keys() - {"ro-crate-metadata.json"}
    named = re.findall(r'"@id": "([^"]+)"', files["ro-crate-metadata.json"].decode())
    assert {name for name in named if "://" not in name} <= graph.keys()
    assert graph["#citymrio"]["version"] == __version__


def test_intervals_stand_beside_their_numbers(about, run, tmp_path):
    with_ensemble(run)
    data(about, run, tmp_path / "data")
    opened = cm.open_release(tmp_path / "data")
    regions = opened.table("regions")
    assert (regions["cba_mt_low"].eq(1) & regions["cba_mt_high"].eq(3)).all()
    assert opened.table("quintiles").loc["Q1", ["cba_mt_low", "cba_mt_high"]].tolist() == [4, 6]
    flows, pair = opened.table("flows"), tuple(regions.index[[1, 0]])
    assert flows.loc[pair, ["ensemble_mt", "mt_low", "mt_high"]].tolist() == [0.5, 0.4, 0.6]
    assert flows["mt_low"].notna().sum() == 1 and len(opened.table("suppliers")) == 1


def test_real_runs_leave_out_what_repeats_statistics_of_others(about, run, tmp_path):
    described = json.loads((run / "dataset/dataset.json").read_text(encoding="utf-8"))
    publish.write_pages(run, tmp_path / "invented/runs/tiny")
    (run / "dataset/dataset.json").write_text(json.dumps(described | {"synthetic": False}))
    publish.write_pages(run, tmp_path / "real/runs/tiny")
    invented, real = (
        {name: (tmp_path / kind / name).read_bytes() for name in publish.files_of(tmp_path / kind)}
        for kind in ("invented", "real")
    )
    gone = {Path(name).stem for name in invented.keys() - real.keys()}
    assert gone == {"emissions_trends", "observations_use"}
    for word in (b'id="block-table-emissions_trends"', b'href="emissions_trends.html"'):
        assert any(word in page for page in invented.values())
        assert not any(word in page for page in real.values())
    assert publish.astray(tmp_path / "invented") == publish.astray(tmp_path / "real") == []
    assert (
        not {"emissions_trends.csv", "observations_use.csv"}
        & data(about, run, tmp_path / "data").keys()
    )
    (tmp_path / "real/runs/tiny/report/regions.html").unlink()
    assert any("links to regions.html" in line for line in publish.astray(tmp_path / "real"))


def unfinished(run: Path) -> None:
    (run / "explorer/index.html").unlink()


def unbalanced(run: Path) -> None:
    table = pd.read_csv(run / "tables/audit.csv")
    table.assign(passed=False).to_csv(run / "tables/audit.csv", index=False)


def altered(run: Path) -> None:
    with (run / "tables/regions.csv").open("a") as file:
        file.write("\n")


def of_two_states(run: Path) -> None:
    """As a run leaves it that was killed when it had made another dataset."""
    record = run / "manifest/dataset.json"
    about = json.loads(record.read_text(encoding="utf-8"))
    about["outputs"]["dataset/regions.csv"] = "0" * 64
    record.write_text(json.dumps(about), encoding="utf-8")


def other_code(run: Path) -> None:
    with Path("scripts/citymrio/base/units.py").open("a") as file:
        file.write("\n")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (unfinished, r"is unfinished: no explorer/index\.html\."),
        (of_two_states, r"is not finished: dataset/regions\.csv: new, or gone, since"),
        (unbalanced, r"its audit failed: "),
        (altered, r"tables/regions\.csv: it is not what rule \w+ wrote\."),
    ],
)
def test_a_run_that_is_not_whole_is_refused_with_one_message(run, damage, said):
    assert publish.faults_of(run) == []
    damage(run)
    with pytest.raises(cm.CityMRIOError, match=rf"tiny.*{said}.* Fix: ") as refused:
        publish.faults_of(run)
    assert str(refused.value).count("Fix:") == 1


def test_a_run_of_other_code_is_refused_but_for_a_preview(run, tmp_path, capsys, monkeypatch):
    other_code(run)
    (fault,) = publish.faults_of(run)
    assert "read another version of scripts/citymrio/base/units.py" in fault
    written = []
    monkeypatch.setattr(publish, "write", lambda *words: written.append(words))
    assert publish.main([str(run), "--folder", str(tmp_path / "release")]) == 1
    said = capsys.readouterr().err
    assert fault in said and said.count("Fix:") == 1 and not written
    assert publish.main([str(run), "--folder", str(tmp_path / "release"), "--preview"]) == 0
    assert fault in written[0][2].faults
    assert "A preview, not to be published" in publish.readme([run], written[0][2])


def test_runs_are_named_by_folder_or_configuration_or_are_the_finished_ones_of_china(run):
    assert publish.chosen(["config/tiny.yaml", "results/tiny"]) == [run, run]
    with pytest.raises(
        cm.CityMRIOError, match=r"no run of China is finished\. Fix: make china2012"
    ):
        publish.chosen([])
    for name in ("china2012", "china2017"):
        Path("results", name).mkdir()
    shutil.copy(run / "provenance.json", "results/china2017")
    assert publish.chosen([]) == [Path("results/china2017")]


def test_the_look_at_a_release_finds_what_is_wrong(about, run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(publish, "opened", lambda folder: [])  # .ci/nightly opens its pages
    folder = tmp_path / "release"
    data(about, run, folder / "data/tiny")
    publish.write_pages(run, folder / "site/runs/tiny")
    (folder / "README.md").write_text(publish.readme([run], about), encoding="utf-8")
    publish.write_sums(folder)
    assert publish.check(folder) == 0
    assert "data/tiny in Python: " in capsys.readouterr().out
    regions = folder / "data/tiny/regions.csv"
    table = pd.read_csv(regions)
    table.assign(cba_mt=table["cba_mt"] + 1).to_csv(regions, index=False)
    (folder / "more.txt").touch()
    (folder / "data/tiny/flows.csv").unlink()
    assert publish.check(folder) == 1
    said = capsys.readouterr().err
    for line in ("regions.csv is altered", "more.txt is not listed", "flows.csv is missing"):
        assert line in said
    assert "data/tiny in Python: " in said
    with pytest.raises(cm.CityMRIOError, match=r"no release is here\. Fix: make release"):
        publish.check(tmp_path)


def test_the_lines_that_its_readme_shows_run_where_it_lies(
    about, run, tmp_path, capsys, monkeypatch
):
    with_ensemble(run)
    data(about, run, tmp_path / "data/tiny")
    text = publish.readme([run], about)
    expected = pd.read_csv(run / "tables/regions.csv")["cba_mt"].sum()
    monkeypatch.chdir(tmp_path)
    for code in re.findall(r"```python\n(.*?)```", text, flags=re.S):
        exec(compile(code, "README.md", "exec"), {})
    said = capsys.readouterr().out
    assert float(said.splitlines()[0]) == pytest.approx(expected, rel=1e-12)
    assert said.split()[1:5] == ["cba_mt", "ensemble_cba_mt", "cba_mt_low", "cba_mt_high"]


def test_several_runs_or_none_are_not_opened_as_one(about, run, tmp_path):
    with pytest.raises(cm.CityMRIOError, match=r"no release is here.*Fix: give the folder"):
        cm.open_release(tmp_path)
    for name in ("a", "b"):
        data(about, run, tmp_path / "data" / name)
    with pytest.raises(cm.CityMRIOError, match=r"several runs are here.*Fix: one of: .*data/a, "):
        cm.open_release(tmp_path)
    assert cm.open_release(tmp_path / "data/b").package["run"] == "tiny"


def test_citation_and_notes_are_of_this_version(about):
    cited = publish.citation(about)
    assert (
        f"\nversion: {__version__}\ncommit: {about.commit}\ndate-released: '2023-11-14'\n" in cited
    )
    notes = publish.notes()
    assert notes.startswith(f"# citymrio {__version__}\n\n## {__version__}")
    assert len(re.findall(r"^## ", notes, flags=re.M)) == 1


def test_wheel_and_sdist_are_the_same_every_time(tmp_path):
    about = publish.About(str(publish.commit(ROOT)["commit"]), 1_700_000_000)
    made = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        publish.write_software(tmp_path / name, about)
        made.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert made[0] == made[1] and len(made[0]) == 2
