"""Columns `unit` of what users give: converted where the dimension is the expected one, refused by
name otherwise.
"""

from __future__ import annotations

import pandas as pd
import pytest
import toy_run

from citymrio.base.labels import read_json, read_table
from citymrio.base.money import scale_of
from citymrio.config.models import Dataset
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.sources import user


def benchmark(name: str, value: float, unit: str):
    def change(tables: toy_run.Tables) -> None:
        tables["benchmarks"] = [row for row in tables["benchmarks"] if row[0] != name] + [
            [name, value, unit, "assumed"]
        ]

    return change


def observation(k: int, value: float, unit: str):
    def change(tables: toy_run.Tables) -> None:
        tables["observations"][k][4:6] = [value, unit]

    return change


def fuel(unit: str, factor: float):
    def change(tables: toy_run.Tables) -> None:
        tables["fuels"][1][2:4] = [unit, factor]

    return change


def faults(folder, change) -> list[str]:
    return [str(fault) for fault in faults_of(read_folder(toy_run.write_folder(folder, change)))]


@pytest.mark.parametrize(
    ("name", "value", "unit", "used"),
    [
        ("peak_emissions", 60.0, "Mt CO2", 0.06),
        ("peak_emissions", 0.1, "Mt", 1e-4),
        ("per_capita.eu", 7500.0, "kg CO2 per capita and year", 7.5),
        ("megacity_capital_share.Elsewhere", 20.0, "%", 0.2),
        ("super_share", 5.0, "percent", 0.05),
        ("deficit_target.to_q3", 3.6, "thousand USD per capita", 3600.0),
        ("global_intensity.coal", 90.0, "kg CO2 per 1000 XTS", 0.9),
    ],
)
def test_a_benchmark_in_another_unit_is_converted(tmp_path, name, value, unit, used):
    data = read_folder(toy_run.write_folder(tmp_path, benchmark(name, value, unit)))
    assert data.faults == []
    assert data.tables["benchmarks"].frame.set_index("parameter").at[
        name, "value"
    ] == pytest.approx(used, rel=1e-15)


@pytest.mark.parametrize(
    ("name", "unit", "expected"),
    [
        ("peak_emissions", "banana", "Gt CO2"),
        ("peak_emissions", "1", "Gt CO2"),
        ("per_capita.eu", "t CO2", "t CO2 per person"),
        ("super_share", "t CO2", "1"),
        ("deficit_target.to_q3", "EUR per capita", "USD per person"),
        ("global_intensity.coal", "t CO2 per 10^4 USD", "t CO2 per 10^4 XTS"),
    ],
)
def test_a_benchmark_in_no_such_unit_is_refused(tmp_path, name, unit, expected):
    (found,) = faults(tmp_path, benchmark(name, 0.1, unit))
    assert f"column 'unit' is '{unit}'; expected {expected} (or another unit of it" in found
    assert "benchmarks.csv: row " in found and "Fix: convert the value" in found


def test_a_share_is_judged_after_it_is_converted(tmp_path):
    (found,) = faults(tmp_path, benchmark("super_share", 500.0, "%"))
    assert "value is 5; expected value from 0 to 1" in found


def test_observations_are_converted_and_written_as_they_are_used(tmp_path):
    rows = read_folder(toy_run.write_folder(tmp_path / "a")).tables["observations"].frame
    k = int(rows["quantity"].eq("emissions").idxmax())
    tonnes, money = rows["value"][k], rows["value"][0]

    def change(tables: toy_run.Tables) -> None:
        observation(k + 1, tonnes / 1e6, "Mt CO2")(tables)
        observation(1, money / 100, "million XTS")(tables)

    toy_run.write_folder(tmp_path / "b", change)
    for source, out in (("a", "out_a"), ("b", "out_b")):
        user.build(Dataset(kind="user", raw_dir=str(tmp_path / source), year=2020), tmp_path / out)
    for province in ("NO", "SO"):
        name = f"observations/{province}.csv"
        pd.testing.assert_frame_equal(
            read_table(tmp_path / "out_b" / name),
            read_table(tmp_path / "out_a" / name),
            rtol=1e-15,
            check_dtype=False,
        )


def test_an_observation_in_no_such_unit_is_refused(tmp_path):
    (found,) = faults(tmp_path, observation(1, 5.0, "10^4 USD"))
    assert "observations.csv: row 2, column 'unit' is '10^4 USD'; expected 10^4 XTS" in found


def test_shares_of_one_sum_are_in_one_unit(tmp_path):
    def change(tables: toy_run.Tables) -> None:
        tables["observations"][0] = [*tables["observations"][0], "measure"]
        for region, unit in (("N1", "MWh"), ("N2", "GWh")):
            tables["observations"].append(
                [region, "output", "ENE", "", 3.0, unit, "plants", "observed", 0.9, "share"]
            )

    (found,) = faults(tmp_path, change)
    assert "column 'unit' is 'GWh'; expected 'MWh', as in the first row of this sum" in found


@pytest.mark.parametrize(
    ("unit", "factor"), [("t", 3.6), ("kt", 3600.0), ("GJ", 0.1), ("TJ", 96.0), ("10^4 m3", 21.6)]
)
def test_a_fuel_is_in_any_unit_of_mass_energy_or_volume(tmp_path, unit, factor):
    assert not [text for text in faults(tmp_path, fuel(unit, factor)) if "fuels.csv" in text]


@pytest.mark.parametrize(
    ("unit", "factor", "expected"),
    [
        ("banana", 1.0, "column 'unit' is 'banana'; expected a unit of mass, energy or volume"),
        ("10^4 XTS", 1.0, "column 'unit' is '10^4 XTS'; expected a unit of mass, energy or volume"),
        (
            "t",
            1620.0,
            "emission_factor is 1620; expected emission_factor in t CO2 per unit, which is at "
            "most 3.7 per t",
        ),
        (
            "kg",
            1.62,
            "unit is 'kg', emission_factor is 1.62; expected emission_factor in t CO2 per unit",
        ),
        ("MJ", 0.096, "at most 3.7 per t, 0.5 per GJ, 4 per m3"),
    ],
)
def test_a_fuel_cannot_give_more_co2_than_its_carbon(tmp_path, unit, factor, expected):
    assert any(expected in text for text in faults(tmp_path, fuel(unit, factor)))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("inventory", "expected activity in its fuel's unit, emissions in t CO2. Fix: convert the"),
        ("regions", "gdp in money, lon in degrees, lat in degrees, area_km2 in km2. Fix: convert"),
        ("sectors", "column 'unit' is unknown; expected sector, name"),
    ],
)
def test_a_column_of_units_that_is_not_read_is_refused_with_the_units_expected(
    tmp_path, table, expected
):
    """The advice was to remove it: amounts in kt CO2 were a thousand times too small then."""

    def change(tables: toy_run.Tables) -> None:
        head, *rows = tables[table]
        tables[table] = [[*head, "unit"], *([*row, "kt CO2"] for row in rows)]

    (found,) = faults(tmp_path, change)
    assert f"{table}.csv: column 'unit' is" in found and expected in found


def test_a_unit_of_money_that_is_none_is_one_fault(tmp_path):
    def change(tables: toy_run.Tables) -> None:
        tables["dataset"] = [
            [key, "heap of XTS" if key == "unit" else value] for key, value in tables["dataset"]
        ]

    (found,) = faults(tmp_path, change)
    assert "key 'unit' is 'heap of XTS'; expected a power of ten of the currency" in found


@pytest.mark.parametrize(
    ("unit", "used"),
    [("Mio EUR", 1e6), ("Mio. EUR", 1e6), ("mln EUR", 1e6), ("Mrd. EUR", 1e9), ("bn EUR", 1e9)],
)
def test_abbreviated_millions_and_billions_are_understood(unit, used):
    assert scale_of(unit) == used


def test_the_unit_of_emissions_may_be_spelt_in_every_way_but_is_tonnes(tmp_path):
    def of(unit):
        return lambda tables: tables["dataset"].append(["emission_unit", unit])

    toy_run.write_folder(tmp_path / "a", of("tCO2"))
    user.build(Dataset(kind="user", raw_dir=str(tmp_path / "a"), year=2020), tmp_path / "out")
    assert read_json(tmp_path / "out/dataset.json")["emission_unit"] == "t CO2"
    (found,) = faults(tmp_path / "b", of("kt CO2"))
    assert "key 'emission_unit' is 'kt CO2'; expected 't CO2'" in found
