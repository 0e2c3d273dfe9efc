"""The tiny country through every rule: complete, balanced, done once; in two checkouts the same
bytes.
"""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pandas as pd
import pymrio
import pytest
from checkout import ROOT, whole_outputs

from citymrio.base.labels import read_dataset, read_table

#: Rules that the tiny country does not need: raw files of China; city totals that enter as outputs
#: (test below); the ensemble, the priors of `calibrated` and its analysis; a table that was given; what is left
#: out and predicted; a provincial MRIO that is supplied; stressors beside CO2; workflows of their own
#: (change, compare).
ELSEWHERE = {"retrieve", "province_intensities", "fit_priors"}
ELSEWHERE |= {
    "uncertainty_members",
    "uncertainty",
    "uncertainty_report",
    "interval_coverage",
    "change",
    "compare",
}
ELSEWHERE |= {
    "known_trade",
    "value_of_data",
    "value_of_data_report",
    "variant_analysis",
    "validation",
    "left_out",
    "left_out_draws",
    "given_table",
    "supplied_mrio",
    "stressors",
    "stressor_groups",
}


def test_every_rule_ran(finished, root):
    rules = set()
    for path in (root / "rules").rglob("*.smk"):
        rules |= set(re.findall(r"^ *(?:rule|checkpoint) (\w+):", path.read_text(), flags=re.M))
    ran = {job.split("/")[0] for job in finished.logs()}
    assert rules - ran == ELSEWHERE
    assert {f"fig{n}" for n in (1, 2, 3, 4)} | {f"figS{n}" for n in range(1, 9)} <= ran


def test_the_page_of_results_names_what_a_run_leaves(finished, root):
    named = re.findall(r"^\| `([\w.]+/?)` \|", (root / "results/README.md").read_text(), flags=re.M)
    left = {
        f"{path.name}/" if path.is_dir() else path.name for path in finished.results().iterdir()
    }
    assert len(named) == len(set(named))
    assert set(named) - left == {"uncertainty/", "raw.csv", "report.html"}
    assert left <= set(named)


@pytest.mark.slow
@pytest.mark.night
def test_two_checkouts_give_the_same_bytes_on_one_core_and_on_two(two_runs):
    first, second = (whole_outputs(checkout.results()) for checkout in two_runs)
    assert len(first) > 100
    assert first.keys() == second.keys()
    # provenance.json names the folder's commit; all else is equal to the last byte
    assert [name for name in first if first[name] != second[name]] == []


def test_every_invariant_of_the_audit_holds(finished):
    audit = read_table(finished.results() / "tables/audit.csv")
    assert {f"I{n}" for n in range(1, 16)} <= set(audit["invariant"])
    assert audit["passed"].all()
    assert (audit["max_rel"] <= 1e-8).all()


def test_the_comparison_with_the_paper_is_filled_and_never_claims_comparability(finished, root):
    table = read_table(finished.results() / "tables/paper_comparison.csv")
    targets = pd.read_csv(root / "config/paper_targets.csv")
    assert len(table) == len(targets)
    assert not table["comparable"].any()
    assert table["ours"].notna().sum() > 30
    assert table.loc[table["ours"].isna(), "note"].str.len().gt(0).all()


def test_accuracy_against_the_truth_covers_the_main_estimate_and_every_variant(finished):
    table = read_table(finished.results() / "tables/accuracy.csv")
    assert set(table["variant"]) == {"main", "joint_gravity", "demand_proxy"}
    counts = table.groupby("variant").size()
    assert counts.nunique() == 1


def test_provenance_holds_versions_and_checksums(finished):
    record = json.loads((finished.results() / "provenance.json").read_text())
    assert record["config"]["run"] == "tiny"
    assert record["versions"]["numpy"] == np.__version__
    assert "results/tiny/dataset/regions.csv" in record["dataset"]


def test_variants_keep_their_footprints(finished):
    for folder in (finished.results() / "variants").iterdir():
        flows, regions = (
            read_dataset(folder / "footprints.nc")["flows"],
            read_table(folder / "regions.csv"),
        )
        caused = flows.sum("origin").sel(destination=regions["region"].tolist())
        np.testing.assert_allclose(caused / 1e6, regions["cba_mt"], rtol=1e-9)


def test_the_explorer_holds_chains_and_layers_of_every_region(finished):
    regions = read_table(finished.results() / "tables/regions.csv").set_index("region")
    layers = read_table(finished.results() / "analysis/region_layers.csv")
    chains = read_table(finished.results() / "analysis/region_chains.csv")
    np.testing.assert_allclose(
        layers.groupby("region")["value"].sum()[regions.index] / 1e6,
        regions["cba_demand_mt"],
        rtol=1e-9,
    )
    assert set(chains["region"]) == set(regions.index)
    page = (finished.results() / "explorer/index.html").read_text(encoding="utf-8")
    assert all(
        f'id="block-{name}"' in page
        for name in ("flows", "flows-joint_gravity", "map", "paths", "scenario")
    )


def test_the_summary_names_what_was_made(finished):
    text = (finished.results() / "summary.txt").read_text()
    assert "synthetic data" in text
    listed = text[text.index("  start here ") :].splitlines()
    assert [line.split()[-1] for line in listed[:2]] == [
        "results/tiny/report/start.html",
        "results/tiny/explorer/index.html",
    ]
    assert "results/tiny/tables/" in listed[2]
    assert all((finished.folder / line.split()[-1]).is_file() for line in listed[:2])


def test_pymrio_gets_the_same_footprints_from_the_exported_table(finished):
    system = pymrio.load_all(finished.results() / "mrio").calc_all()
    ours = read_dataset(finished.results() / "footprint/footprints.nc")
    theirs = system.emissions.D_cba.loc["CO2"].groupby("region").sum()
    expected = ours["cba"].sum("category").to_series()
    np.testing.assert_allclose(theirs[expected.index], expected, rtol=1e-9)


def test_a_second_run_makes_nothing(finished, tmp_path):
    assert finished.copy(tmp_path / "checkout").jobs("all", "mrio_table") == set()


@pytest.mark.slow
def test_the_numbers_of_jobs_in_the_tutorial_are_those_of_snakemake(finished, tmp_path):
    with (ROOT / "docs/facts.csv").open(encoding="utf-8", newline="") as file:
        said = {fact["name"]: fact["value"] for fact in csv.DictReader(file)}
    made = [
        path
        for path in (finished.results() / "benchmarks").rglob("*.tsv")
        if path.stem != "mrio_table"
    ]
    copy = finished.copy(tmp_path / "checkout")
    code, text = copy.run("--dry-run", "--quiet", "rules", "--config", "groups={super_share: 0.1}")
    assert code == 0, text
    total = re.search(r"^total +(\d+)", text, flags=re.M)[1]
    found = {"tiny.jobs": str(len([*made, "all"])), "tiny.jobs_of_a_threshold": total}
    assert found == {name: said[name] for name in found}, (
        "Fix: correct docs/facts.csv, then make config"
    )


@pytest.mark.slow
def test_a_city_total_can_enter_as_an_observation_of_output(finished, tmp_path):
    copy = finished.copy(tmp_path / "checkout")
    run = ["--config", "run=outputs", "cities={emissions_enter: output}"]
    jobs = copy.jobs("results/outputs/cities/P04/linked.nc", *run, run="outputs")
    assert {"province_intensities", "cities/P04"} <= jobs
    main = read_dataset(finished.results() / "cities/P04/accounts.nc")["output"]
    other = read_dataset(copy.results("outputs") / "cities/P04/accounts.nc")["output"]
    assert float(abs(main - other).max()) > 0
    np.testing.assert_allclose(main.sum("region"), other.sum("region"), rtol=1e-9)
