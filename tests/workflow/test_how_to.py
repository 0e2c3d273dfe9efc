"""What docs/how-to.md shows, done on the tiny country: an observation added, a threshold
changed.
"""

from __future__ import annotations

import re

import pandas as pd
import pymrio
import pytest
import yaml
from checkout import ROOT, Checkout

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs/how-to.md").read_text(encoding="utf-8")
#: Rules that estimate something.
ESTIMATING = {
    "dataset",
    "balance_provinces",
    "province_trade",
    "province_mrio",
    "cities",
    "nest",
    "emissions",
    "footprint",
    "variant",
}


def block(kind: str, begins: str) -> str:
    """The block of a kind that begins with these words."""
    return next(
        text
        for text in re.findall(rf"^```{kind}\n(.*?)^```", PAGE, flags=re.M | re.S)
        if text.startswith(begins)
    )


def rules_of(jobs: set[str]) -> set[str]:
    return {job.partition("/")[0] for job in jobs}


@pytest.mark.night
def test_an_observation_is_added_to_the_dataset_of_a_run(own_country):
    """The row of the page, for a city and a sector of the tiny country; it is used and moves the
    account.
    """
    row = block("csv", "130100,").strip()
    assert row.count(",") == 9 and row.startswith("130100,output,25,")  # one comma in the source
    file = own_country.folder / "country/observations/P04.csv"
    file.write_text(
        file.read_text()
        + row.replace("130100,output,25,,9000000", "P0401,output,06,,1500000")
        + "\n"
    )
    settings = yaml.safe_load(block("yaml", "# mychina.yaml"))
    settings["dataset"]["raw_dir"] = "country"
    (own_country.folder / "mine.yaml").write_text(yaml.safe_dump(settings))
    code, text = own_country.run("results/mychina/tables/observations_use.csv", config="mine.yaml")
    assert code == 0, text
    used = pd.read_csv(
        own_country.folder / "results/mychina/tables/observations_use.csv", dtype={"sectors": str}
    )
    added = used[used["source"].eq("statistical yearbook 2013, table 9-1")].squeeze()
    assert (added["region"], added["sectors"], added["observed"], added["use"]) == (
        "P0401",
        "06",
        1_500_000,
        "used",
    )
    assert added["prior"] < added["estimate"] == added["prior"] + added["moved"]


def test_a_threshold_estimates_nothing(finished, tmp_path):
    checkout = finished.copy(tmp_path / "checkout")
    command = re.search(r"snakemake tables --dry-run .* --config '(.*)'", PAGE)[1]
    ran = rules_of(checkout.jobs("tables", "--config", command))
    assert {"groups", "scenarios", "super_emitters"} <= ran and not ran & ESTIMATING


def test_water_and_jobs_go_from_the_table_to_groups_and_to_pymrio(finished, tmp_path):
    """The configuration and the commands of the page: CO2 is as without other stressors, every
    account closes, and pymrio finds the same footprints.
    """
    checkout = Checkout.make(tmp_path / "checkout")
    (checkout.folder / "config/three.yaml").write_text(block("yaml", "# config/three.yaml"))
    named = re.search(r"snakemake tables .*three.yaml --config '(.*)'", PAGE)[1]
    code, text = checkout.run("tables", "mrio_table", "--config", named, config="config/three.yaml")
    assert code == 0, text
    results = checkout.folder / "results/three"
    table = pd.read_csv(results / "tables/stressors.csv").set_index(["stressor", "region"])
    without, regions = (path / "tables/regions.csv" for path in (finished.results(), results))
    assert regions.read_bytes() == without.read_bytes()
    assert 1e-6 * table.loc["CO2", "cba"].to_numpy() == pytest.approx(
        pd.read_csv(regions)["cba_mt"].to_numpy()
    )
    sums = table.groupby("stressor").sum(numeric_only=True)
    leaving = sums["exports"] + sums["error"] + sums["orphan"]
    assert sums["pba"].to_numpy() == pytest.approx((sums["cba"] + leaving).to_numpy())
    system = pymrio.load_all(results / "mrio").calc_all()
    for name in ("water", "employment"):
        own = table.loc[name, "cba"]
        theirs = system.stressors.D_cba_reg.loc[name, own.index].to_numpy()
        assert theirs == pytest.approx(own.to_numpy())
    quintiles = pd.read_csv(results / "tables/stressor_quintiles.csv")
    assert quintiles["unit"].unique().tolist() == ["m3"]
    assert quintiles["cba"].sum() == pytest.approx(table.loc["water", "cba"].sum())
    assert "CO2 alone" in (results / "tables/warnings.csv").read_text(encoding="utf-8")
