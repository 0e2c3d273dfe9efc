"""Kind `tables` from raw files to figures: the invented country through the workflow, and Finland
2014 beside its own trade.
"""

from __future__ import annotations

import pandas as pd
import pytest
import yaml
from checkout import ROOT, Checkout
from tables_world import write_world

from citymrio.base.labels import read_table, write_table

pytestmark = pytest.mark.slow


@pytest.mark.night
def test_an_invented_country_runs_to_its_figures(tmp_path):
    checkout = Checkout.make(tmp_path / "checkout")
    given = write_world(checkout.folder / "country")
    section = {
        name: getattr(given, name)
        for name in ("kind", "year", "raw_dir", "sources", "classification")
    }
    config = {
        "run": "tablia",
        "dataset": section,
        "provinces": {"calibrate": "none"},
        "scenarios": {"key_sectors": ["electricity"]},
        "groups": {"clusters": 2},
    }
    rows = (checkout.folder / "country/lists/benchmarks.csv").read_text(encoding="utf-8")
    (checkout.folder / "country/lists/benchmarks.csv").write_text(
        f"{rows}global_intensity.electricity,1,t CO2 per 10^4 EUR,invented\n", "utf-8"
    )
    (checkout.folder / "mine.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    code, text = checkout.run(config="mine.yaml")
    assert code == 0, text
    results = checkout.results("tablia")
    assert read_table(results / "tables/audit.csv")["passed"].all()
    assert (results / "figures/fig1.png").is_file()
    assert not (results / "tables/known_trade.csv").exists()


def test_finland_stands_beside_its_own_trade():
    """In results/, where .ci/run makes it; `make finland2014 TRUTH=file` does."""
    results = ROOT / "results/finland2014"
    if not (results / "tables/known_trade.csv").is_file():
        pytest.skip("results/finland2014 is not there beside its own trade")
    assert read_table(results / "tables/audit.csv")["passed"].all()
    assert len(read_table(results / "tables/regions.csv")) == 19
    table = read_table(results / "tables/known_trade.csv").set_index(["quantity", "group"])
    summary = table[table["region"].isna() | table["region"].eq("")]
    assert summary.loc[("output", "all"), "estimate"] == pytest.approx(
        summary.loc[("output", "all"), "known"], rel=1e-3
    )
    error = summary["value"]
    assert (
        error[("footprint wape", "regions")] < error[("footprint wape, CBA = PBA", "regions")] / 3
    )
    assert (results / "figures/known_table.png").is_file()


def test_a_folder_of_raw_files_that_is_named_no_more_is_asked_for_before_anything_runs(tmp_path):
    """The download was tried, and where it failed the results had lost raw.csv and their pages."""
    checkout = Checkout.make(tmp_path / "checkout")
    given = write_world(checkout.folder / "country")
    section = {name: getattr(given, name) for name in ("kind", "year", "sources", "classification")}
    config = {"run": "tablia", "dataset": section, "provinces": {"calibrate": "none"}}
    (checkout.folder / "mine.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    table, file = checkout.results("tablia") / "raw.csv", checkout.folder / "taken.csv"
    file.touch()
    rows = pd.DataFrame({"path": [str(file)], "sha256": ["0"]})
    write_table(rows, table)
    code, text = checkout.run("all", "--dry-run", config="mine.yaml")
    assert code != 0 and f"was made from raw files such as {file}; without raw_dir" in text, text
    file.unlink()  # it cannot be taken from there any more: downloaded
    code, text = checkout.run("all", "--dry-run", config="mine.yaml")
    assert code == 0, text
    table.write_bytes(b"sha256\n\xff\n")  # a damaged list names no file, and is made again
    code, text = checkout.run("all", "--dry-run", config="mine.yaml")
    assert code == 0, text
