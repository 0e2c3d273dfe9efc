"""benchmarks.csv: every parameter is read or refused, and no country is given another's numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import toy_run
from matplotlib.text import Text

from citymrio.analysis.scenarios.deficits import peak_emissions, quota
from citymrio.base import errors
from citymrio.base.labels import read_table
from citymrio.config.models import Dataset, Scenarios
from citymrio.dataset import benchmarks
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.sources.synthetic.build import build as build_synthetic
from citymrio.dataset.unusual import warn_of_unusual

SAVINGS = pd.DataFrame({"scenario": ["a", "b"], "saving_mt": [5.0, 7.0], "headline": [True, False]})


def without(*names: str):
    def change(tables: toy_run.Tables) -> None:
        tables["benchmarks"] = [row for row in tables["benchmarks"] if row[0] not in names]

    return change


def with_row(*row):
    return lambda tables: tables["benchmarks"].append([*row])


def faults(folder, change) -> list[str]:
    return [str(fault) for fault in faults_of(read_folder(toy_run.write_folder(folder, change)))]


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return toy_run.run(tmp_path_factory.mktemp("toy"))


def test_the_quota_is_that_of_the_country(toy):
    """It was 12.2 Gt less the emissions, whatever the country."""
    parameters = toy.tables["parameters"].set_index("parameter")
    assert parameters.loc["peak_emissions", ["value", "source"]].tolist() == [
        60.0,
        "benchmarks.csv",
    ]
    existing = toy.tables["quota"]["existing_mt"].iloc[0]
    assert existing == pytest.approx(
        60 - float(toy.estimate.inventory["emissions_inventory"].sum()) / 1e6
    )
    assert 0 < existing < 60


def test_the_configuration_comes_before_the_dataset():
    table = pd.DataFrame({"parameter": ["peak_emissions"], "value": [0.06]})
    assert peak_emissions(table, Scenarios()) == 60.0
    assert peak_emissions(table, Scenarios(peak_emissions_gt=0.07)) == 70.0
    assert np.isnan(peak_emissions(table[:0], Scenarios()))


def test_a_country_without_a_peak_has_no_quota_and_is_told(tmp_path):
    with errors.collect_notices() as kept:
        run = toy_run.run(tmp_path, without("peak_emissions"))
    table = run.tables["quota"]
    assert (
        table[["existing_mt", "new_mt", "increase_of_existing_percent", "increase_of_new_percent"]]
        .isna()
        .all(axis=None)
    )
    assert (table["saving_mt"].iloc[1:] > 0).any()
    parameters = run.tables["parameters"].set_index("parameter")
    assert (
        np.isnan(parameters.at["peak_emissions", "value"])
        and "no quota" in parameters.at["peak_emissions", "source"]
    )
    (notice,) = [notice for notice in kept if "peak_emissions" in notice.what]
    assert (
        notice.where == "benchmarks.csv, peak_emissions" and "No quota is computed" in notice.effect
    )
    left, right = run.figure("fig4").axes
    assert any("No quota" in text.get_text() for text in left.findobj(Text)) and right.patches


def test_a_peak_below_the_emissions_of_the_year_is_told_and_gives_no_percentages():
    with errors.collect_notices() as kept:
        table = quota(SAVINGS, 100.0, 94.0).set_index("scenario")
    assert [notice.where for notice in kept] == ["quota.csv"]
    assert table.loc["a", ["existing_mt", "new_mt"]].tolist() == [-6.0, -1.0]
    assert table.loc["a", ["increase_of_existing_percent", "increase_of_new_percent"]].isna().all()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("peak_emission", "did you mean 'peak_emissions'"),
        ("global_intensity.cement", "global_intensity.electricity"),
        ("global_intensity.iron_stel", "did you mean 'global_intensity.iron_steel'"),
        ("plausible_intensity.stell", "plausible_intensity.coal"),
        ("deficit_target.q3", "did you mean 'deficit_target.to_q3'"),
        ("per_capita.uk", "did you mean 'per_capita.us'"),
        ("megacity_capital_share.", "did you mean 'megacity_capital_share.<city>'"),
        ("population_cut", "known: peak_emissions, super_share, per_capita.us"),
    ],
)
def test_a_parameter_that_nothing_reads_is_refused_by_name(tmp_path, name, hint):
    found = faults(
        tmp_path, with_row(name, 1.0, benchmarks.unit_of(name, "10^4 XTS") or "1", "assumed")
    )
    assert (
        len(found) == 1 and f"nothing reads the parameter '{name}'" in found[0] and hint in found[0]
    )
    assert "Fix: correct or remove the row." in found[0]


def test_a_plausible_intensity_is_converted_and_bounds_the_key_sector(tmp_path):
    folder = toy_run.write_folder(
        tmp_path / "30", with_row("plausible_intensity.coal", 30.0, "t CO2 per 10^6 XTS", "x")
    )
    given = read_folder(folder).tables["benchmarks"].frame
    assert benchmarks.of_kind(given, benchmarks.PLAUSIBLE).to_dict() == {"coal": pytest.approx(0.3)}
    found = faults(
        tmp_path / "0", with_row("plausible_intensity.coal", 0, "t CO2 per 10^4 XTS", "assumed")
    )
    assert (
        len(found) == 1
        and "expected value above 0 where parameter is plausible_intensity.<key sector>" in found[0]
    )


def test_a_target_of_no_demand_is_refused(tmp_path):
    found = faults(tmp_path, with_row("deficit_target.to_q3", 0, "USD per capita", "assumed"))
    assert (
        len(found) == 1
        and "expected value above 0 where parameter is deficit_target.<case>" in found[0]
    )
    assert not faults(
        tmp_path / "given", with_row("deficit_target.to_q3", 3600, "USD per capita", "assumed")
    )


def test_a_peak_that_is_none_is_refused(tmp_path):
    def change(tables):
        without("peak_emissions")(tables)
        with_row("peak_emissions", 0, "Gt CO2", "assumed")(tables)

    (found,) = faults(tmp_path, change)
    assert "parameter is 'peak_emissions', value is 0; expected value above 0" in found


def test_every_known_parameter_is_read(toy):
    """The functions of the module read all that it lists, and nothing of the toy country is left."""
    table = toy.dataset.tables["benchmarks"]
    keys = ["electricity", "coal", "iron_steel"]
    assert not [name for name in table["parameter"] if benchmarks.nearest_parameters(name, keys)]
    read = [
        *(
            benchmarks.INTENSITY + key
            for key in benchmarks.of_kind(table, benchmarks.INTENSITY).index
        ),
        benchmarks.PEAK,
    ]
    read += [
        benchmarks.MEGACITY + city for city in benchmarks.of_kind(table, benchmarks.MEGACITY).index
    ]
    ends = {name: end for end, name in benchmarks.REFERENCES.items()}
    read += [benchmarks.PER_CAPITA + ends[name] for name in benchmarks.per_capita(table)]
    assert (
        sorted(read) == sorted(table["parameter"])
        and benchmarks.value_of(table, benchmarks.PEAK) == 0.06
    )


def test_the_synthetic_country_has_a_peak_of_its_own_size(tmp_path):
    build_synthetic(Dataset(size="tiny"), tmp_path)
    assert benchmarks.value_of(read_table(tmp_path / "benchmarks.csv"), benchmarks.PEAK) == 0.45


@pytest.mark.parametrize("year", [2012, 2017])
def test_the_benchmarks_of_china_are_all_read(root, year):
    folder = root / f"config/classification/china{year}"
    table, rows = (
        read_table(folder / "benchmarks.csv"),
        read_table(folder / "inventory_sectors.csv"),
    )
    assert not [
        name
        for name in table["parameter"]
        if benchmarks.nearest_parameters(name, set(rows["key"].dropna()) - {""})
    ]
    assert benchmarks.value_of(table, benchmarks.PEAK) == 12.2


def test_a_benchmark_of_another_year_is_said(tmp_path):
    def dated(tables: toy_run.Tables) -> None:
        head, *rows = tables["benchmarks"]
        years = [2020, 2012, *[""] * (len(rows) - 2)]
        tables["benchmarks"] = [
            [*head, "year"],
            *([*r, y] for r, y in zip(rows, years, strict=True)),
        ]

    folder = read_folder(toy_run.write_folder(tmp_path, dated))
    assert faults_of(folder) == []
    with errors.collect_notices() as said:
        warn_of_unusual(folder)
    (notice,) = (one for one in said if one.what == "benchmarks of another year")
    parameter = folder.tables["benchmarks"].frame["parameter"][1]
    assert notice.value == f"{parameter} (2012)" and "benchmarks of 2020" in notice.expectation
