import itertools
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from citymrio.base.errors import CityMRIOError, DataError, InfeasibleError, collect_notices
from citymrio.cities.observations import Datum, city_totals
from citymrio.config.models import Emissions, Solver
from citymrio.emissions.activity import (
    city_emissions,
    provincial_emissions,
    row_emissions,
)
from citymrio.emissions.bridge import bridge_matrix, bridge_shares
from citymrio.emissions.intensities import households_of_cities
from citymrio.emissions.inventory import EmissionTables, InventoryDraw, calc_inventory

SECTORS = pd.DataFrame(
    {
        "sector": ["01", "02", "03", "04"],
        "industry": ["primary", "secondary", "tertiary", "tertiary"],
    }
)
INVENTORY_SECTORS = pd.DataFrame(
    {
        "inventory_sector": ["1", "2", "3", "4", "5", "6"],
        "name": ["farms", "power", "steel", "services", "urban", "rural"],
        "kind": ["production"] * 4 + ["household"] * 2,
        "residence": ["", "", "", "", "urban", "rural"],
        "key": ["", "electricity", "iron_steel", "", "", ""],
    }
)
BRIDGE = pd.DataFrame(
    {"inventory_sector": ["1", "2", "3", "4", "4"], "sector": ["01", "02", "02", "03", "04"]}
)
FUELS = pd.DataFrame(
    {"fuel": ["coal", "gas"], "unit": ["t", "10^4 m3"], "emission_factor": [2.0, 21.0]}
)
REGIONS = pd.DataFrame(
    {
        "region": ["1101", "1102", "1103", "1200", "1300"],
        "name": ["A", "B", "C", "D", "E"],
        "province": ["11", "11", "11", "12", "13"],
        "kind": ["city", "city", "city", "municipality", "province"],
        "population": [100.0, 200.0, 300.0, 400.0, 50.0],
        "population_rural": [50.0, 20.0, 200.0, 40.0, 40.0],
    }
)
OUTPUT = xr.DataArray(
    [
        [10.0, 20.0, 5.0, 5.0],
        [20.0, 60.0, 30.0, 10.0],
        [30.0, 0.0, 10.0, 40.0],
        [5.0, 50.0, 60.0, 20.0],
        [9.0, 1.0, 2.0, 0.0],
    ],
    {"region": REGIONS["region"].to_numpy(), "sector": SECTORS["sector"].to_numpy()},
    ("region", "sector"),
)


def inventory_rows(values):
    rows = [
        {"inventory_sector": str(j + 1), "fuel": "", "activity": np.nan, "emissions": v}
        for j, v in enumerate(values)
    ]
    return pd.DataFrame(rows)


PROVINCIAL = {
    "11": inventory_rows([100.0, 900.0, 600.0, 200.0, 80.0, 120.0]),
    "12": inventory_rows([10.0, 400.0, 300.0, 150.0, 60.0, 5.0]),
    "13": inventory_rows([5.0, 20.0, 0.0, 6.0, 2.0, 3.0]),
}


def build(**changes):
    tables = EmissionTables(REGIONS, SECTORS, INVENTORY_SECTORS, BRIDGE, FUELS, PROVINCIAL)
    known = {
        field.name: changes.pop(field.name)
        for field in fields(EmissionTables)
        if field.name in changes
    }
    arguments = {
        "output": OUTPUT,
        "value_added": OUTPUT / 2,
        "config": Emissions(),
        "solver": Solver(),
        **changes,
    }
    return calc_inventory(replace(tables, **known), **arguments)


def observed(**totals):
    return pd.DataFrame(
        [
            {
                "region": code[1:],
                "quantity": "emissions",
                "sectors": "",
                "value": value,
                "status": "observed",
                "reliability": 0.7,
            }
            for code, value in totals.items()
        ]
    )


def province_sums(dataset, province):
    regions = [
        r for r, p in zip(REGIONS["region"], REGIONS["province"], strict=True) if p == province
    ]
    return dataset["emissions_inventory"].sel(region=regions).sum("region").to_numpy()


def assert_conserved(dataset):
    """Per region, what the bridge makes of the inventory adds up to it."""
    after = (dataset["emissions"] + dataset["orphan"]).sum("sector") + dataset[
        "household_emissions"
    ]
    np.testing.assert_allclose(
        after, dataset["emissions_inventory"].sum("inventory_sector"), rtol=1e-14
    )


def test_moved_intensities_are_the_prior_of_the_totals():
    """Power and steel share a sector's output with nothing else: their intensities move as it
    does, those of services by the mean over output; totals of cities and of rows hold.
    """
    moved = xr.ones_like(OUTPUT)
    moved.loc["1101"] = [1.0, 3.0, 2.0, 4.0]
    plain, _ = build(observations=observed(r1101=700.0, r1102=900.0))
    found, _ = build(observations=observed(r1101=700.0, r1102=900.0), moved=moved)
    prior = found["emissions_prior"] / plain["emissions_prior"]
    odds = (prior.sel(region="1101") / prior.sel(region="1102")).values
    np.testing.assert_allclose(odds, [1, 3, 3, (5 * 2 + 5 * 4) / 10, 1, 1], rtol=1e-12)
    np.testing.assert_allclose(province_sums(found, "11"), province_sums(plain, "11"), rtol=1e-9)
    share = found["emissions_inventory"].sel(region="1101") / found["emissions_inventory"].sel(
        region="1102"
    )
    before = plain["emissions_inventory"].sel(region="1101") / plain["emissions_inventory"].sel(
        region="1102"
    )
    assert (
        (share / before).sel(inventory_sector="2") > 1 > (share / before).sel(inventory_sector="1")
    )
    assert_conserved(found)


def test_emissions_are_activity_times_factor():
    rows = pd.DataFrame(
        {
            "inventory_sector": ["1", "1"],
            "fuel": ["coal", "gas"],
            "activity": [3.0, 2.0],
            "emissions": [np.nan] * 2,
        }
    )
    assert [*row_emissions(rows, FUELS)["emissions"]] == [6.0, 42.0]


def test_process_emissions_add_to_fuel_emissions():
    rows = pd.DataFrame(
        {
            "inventory_sector": ["3", "3"],
            "fuel": ["coal", "process"],
            "activity": [3.0, np.nan],
            "emissions": [np.nan, 5.0],
        }
    )
    found = provincial_emissions({"11": rows}, INVENTORY_SECTORS, FUELS)
    assert float(found.sel(province="11", inventory_sector="3").sum("fuel")) == 11.0
    assert float(found.sel(province="11", inventory_sector="3", fuel="process")) == 5.0


def test_bridge_shares_sum_to_one_for_production_and_zero_for_households():
    shares = bridge_shares(bridge_matrix(BRIDGE, INVENTORY_SECTORS, SECTORS), OUTPUT.to_numpy())
    np.testing.assert_allclose(
        shares.sum(axis=2), np.broadcast_to([1, 1, 1, 1, 0, 0], (5, 6)), rtol=1e-15
    )


def test_bridge_with_several_targets_splits_by_the_regions_own_output():
    shares = bridge_shares(bridge_matrix(BRIDGE, INVENTORY_SECTORS, SECTORS), OUTPUT.to_numpy())
    np.testing.assert_allclose(shares[1, 3], [0, 0, 0.75, 0.25])


def test_an_observed_total_says_nothing_of_its_split_by_sector():
    dataset, report = build(observations=observed(c1101=500.0, c1102=1300.0, c1103=200.0))
    assert [*dataset["status"].values] == ["observed"] * 4 + ["province"]
    assert (
        [*dataset["split_status"].values]
        == ["modelled"] * 3 + ["observed"] * 2
        == [*report["split_status"]]
    )
    part = pd.DataFrame(
        [
            {
                "region": "1101",
                "quantity": "emissions",
                "sectors": "2",
                "value": 300.0,
                "status": "observed",
            }
        ]
    )
    dataset, _ = build(observations=part.assign(reliability=0.7))
    assert [*dataset["sector_status"].sel(region="1101").values] == [
        "modelled",
        "observed",
        *["modelled"] * 4,
    ]
    assert dataset["split_status"].sel(region="1101") == "modelled"


def test_an_inventory_that_was_filled_in_is_not_observed():
    filled = PROVINCIAL | {code: PROVINCIAL[code].assign(status="imputed") for code in ("12", "13")}
    dataset, _ = build(provincial=filled)
    assert (
        [*dataset["status"].values]
        == ["modelled"] * 3 + ["imputed"] * 2
        == [*dataset["split_status"].values]
    )
    dataset, _ = build(provincial=filled, observations=observed(c1200=900.0))
    assert [*dataset["status"].values][3:] == ["observed", "imputed"] and dataset[
        "split_status"
    ].sel(region="1200") == "imputed"


def test_an_observed_total_that_was_spread_over_sectors_is_not_observed_by_sector():
    rows = PROVINCIAL["13"]
    first = rows["inventory_sector"].iloc[0]
    known = rows["inventory_sector"].eq(first).map({True: "observed", False: "spread"})
    dataset, _ = build(provincial=PROVINCIAL | {"13": rows.assign(status=known)})
    plain, _ = build()
    whole = dataset["region"].values[-1]
    assert dataset["status"].sel(region=whole) == plain["status"].sel(region=whole) == "province"
    assert dataset["split_status"].sel(region=whole) == "modelled"
    by_sector = dataset["sector_status"].sel(region=whole).to_series()
    assert by_sector[first] == "observed"
    assert set(by_sector[[*set(rows["inventory_sector"]) - {first}]]) == {"modelled"}
    xr.testing.assert_equal(dataset["emissions"], plain["emissions"])


def test_without_city_data_every_city_has_the_provincial_intensity():
    dataset, _ = build()
    intensity = dataset["emissions"] / OUTPUT.where(OUTPUT > 0)
    for sector in SECTORS["sector"]:
        values = (
            intensity.sel(region=["1101", "1102", "1103"], sector=sector)
            .dropna("region")
            .to_numpy()
        )
        np.testing.assert_allclose(values, values[0], rtol=1e-14)
    assert_conserved(dataset)


def test_households_follow_rural_and_urban_people():
    dataset, _ = build()
    np.testing.assert_allclose(
        dataset["household_emissions"].sel(region="1102"),
        80 * 180 / 330 + 120 * 20 / 270,
        rtol=1e-14,
    )


def test_city_total_and_provincial_sector_totals_hold_together():
    dataset, report = build(observations=observed(_1101=500.0, _1102=1100.0, _1103=400.0))
    np.testing.assert_allclose(
        province_sums(dataset, "11"), [100, 900, 600, 200, 80, 120], rtol=1e-13
    )
    np.testing.assert_allclose(report["total_mt"][:3] * 1e6, [500, 1100, 400], rtol=1e-10)
    assert_conserved(dataset)


def test_city_totals_are_scaled_to_the_province_by_one_factor():
    dataset, report = build(observations=observed(_1101=1000.0, _1102=2200.0, _1103=800.0))
    np.testing.assert_allclose(report["target_scale"][:3], 0.5, rtol=1e-12)
    np.testing.assert_allclose(report["total_mt"][:3] * 1e6, [500, 1100, 400], rtol=1e-10)


def test_with_one_city_unknown_the_known_total_is_scaled_and_sector_totals_hold():
    dataset, report = build(observations=observed(_1101=700.0, _1102=1500.0))
    np.testing.assert_allclose(
        province_sums(dataset, "11"), [100, 900, 600, 200, 80, 120], rtol=1e-13
    )
    ratio = report["total_mt"][:2].to_numpy() * 1e6 / np.array([700.0, 1500.0])
    np.testing.assert_allclose(ratio, report["target_scale"][:2], rtol=1e-10)
    unknown = report.loc[2, ["total_mt", "prior_mt"]].to_numpy(float)
    assert unknown[0] == pytest.approx(
        unknown[1], rel=1e-10
    )  # the known ones take exactly what is left
    assert [*report["status"]] == ["observed", "observed", "modelled", "observed", "province"]


def test_a_draw_of_high_intensities_leaves_room_for_the_totals_that_are_known():
    """Drawn factors move emissions between regions and rows of a pool; its sums stay, whatever
    cities without a total draw.
    """
    drawn = member_of()
    drawn.intensity.loc["1103"] = (
        20.0  # nothing is known of the city; its prior alone would be more than the province has
    )
    dataset, report = build(observations=observed(_1101=700.0, _1102=1500.0), drawn=drawn)
    np.testing.assert_allclose(
        province_sums(dataset, "11"), [100, 900, 600, 200, 80, 120], rtol=1e-13
    )
    plain = build(observations=observed(_1101=700.0, _1102=1500.0))[1]
    assert (
        plain["total_mt"][2] < report["total_mt"][2] < 2000e-6
        and (report["total_mt"][:2] > 0).all()
    )


def test_one_total_alone_counts_as_it_stands_and_the_others_share_what_it_leaves():
    dataset, report = build(observations=observed(_1101=700.0))
    assert (
        report["total_mt"][0] * 1e6 == pytest.approx(700.0, rel=1e-10)
        and report["target_scale"][0] == 1
    )
    np.testing.assert_allclose(
        province_sums(dataset, "11"), [100, 900, 600, 200, 80, 120], rtol=1e-13
    )
    alone = build()[1]
    assert (
        report["total_mt"][0] > alone["total_mt"][0]
        and (report["total_mt"][1:3] < alone["total_mt"][1:3]).all()
    )


def test_one_total_that_leaves_the_others_next_to_nothing_is_warned_of():
    with collect_notices() as said:
        build(observations=observed(_1101=700.0))
        assert [*said] == []
        build(observations=observed(_1101=2000.0 - 1e-3))
    (notice,) = said
    assert notice.what.startswith("the only CO2 total leaves the other cities far")
    assert notice.value == "0.001 t of 1554 t"


def test_one_total_that_joint_outputs_have_met_leaves_the_others_what_these_say():
    """It had counted as it stands there, too: the others were left a millionth of what they emit."""
    almost_all = observed(_1101=2000.0 - 1e-3)
    moved = xr.ones_like(OUTPUT)
    moved.loc["1101"] = 2.0
    report = build(observations=almost_all, moved=moved)[1]
    assert report["total_mt"][:3].sum() == pytest.approx(2000e-6)
    np.testing.assert_allclose(report["total_mt"][:3], report["prior_mt"][:3], rtol=1e-9)
    assert (report["total_mt"][1:3] > 100e-6).all()
    assert build(observations=almost_all)[1]["total_mt"][1:3].sum() < 1e-8


def test_calibration_is_the_biproportional_fit_of_provincial_intensities():
    dataset, _ = build(observations=observed(_1101=500.0, _1102=1100.0, _1103=400.0))
    table = dataset["emissions_inventory"].sel(region=["1101", "1102", "1103"]).to_numpy()[:, :4]
    size = np.array([[10, 20, 20, 10], [20, 60, 60, 40], [30, 0, 0, 50]], float)
    logs = np.log(np.divide(table, size, out=np.ones_like(table), where=size > 0))
    for (r, s), (i, j) in itertools.product(
        itertools.combinations(range(3), 2), itertools.combinations(range(4), 2)
    ):
        if size[np.ix_([r, s], [i, j])].all():
            assert logs[r, i] - logs[r, j] == pytest.approx(logs[s, i] - logs[s, j], abs=1e-9)


def test_outputs_and_inventory_start_from_the_same_emissions_of_households():
    """What is taken off a CO2 total where it tells outputs is what the inventory starts from."""
    inventory = provincial_emissions(PROVINCIAL, INVENTORY_SECTORS, FUELS).sum("fuel")
    regions = REGIONS.assign(gdp=[4.0, 6.0, 3.0, 9.0, 0.0])
    found = households_of_cities(inventory, INVENTORY_SECTORS, regions)
    prior = build(persons=found["persons"])[0]["emissions_prior"].sel(inventory_sector=["5", "6"])
    assert prior.to_numpy() == pytest.approx(found["household"].to_numpy()[:, 4:])
    assert not found["household"].to_numpy()[:, :4].any()
    urban = regions.assign(population_rural=0.0)
    everyone = households_of_cities(inventory, INVENTORY_SECTORS, urban)
    prior = build(regions=urban, persons=everyone["persons"])[0]["emissions_prior"]
    assert prior.sel(inventory_sector=["5", "6"]).to_numpy() == pytest.approx(
        everyone["household"].to_numpy()[:, 4:]
    )
    assert everyone["household"].sum() == pytest.approx(found["household"].sum())
    poor = households_of_cities(inventory, INVENTORY_SECTORS, regions.assign(gdp=0.0))
    assert poor["household"].sum() == pytest.approx(found["household"].sum())
    none = households_of_cities(inventory.isel(province=[]), INVENTORY_SECTORS, urban)
    assert not none["persons"].sel(inventory_sector="6").any()  # of the nation's, those who live so
    alone = households_of_cities(inventory.sel(province=["12"]), INVENTORY_SECTORS, regions)
    assert alone["household"].sum("inventory_sector").to_numpy() == pytest.approx([0, 0, 0, 65, 0])


@pytest.mark.parametrize("rises", [0.0, 0.4, 1.0])
def test_emissions_of_households_rise_inside_provinces_as_between_them(rises):
    """Thirty provinces of three cities, emissions per person by a power of GDP per head."""
    rng = np.random.default_rng(1)
    regions = pd.DataFrame(
        {
            "region": [f"{k:04d}" for k in range(90)],
            "province": [f"{k // 3:02d}" for k in range(90)],
            "population": rng.uniform(1.0, 9.0, 90),
            "population_rural": 0.5,
        }
    )
    income = np.repeat(np.exp(rng.normal(0, 0.6, 30)), 3) * np.exp(rng.normal(0, 0.3, 90))
    regions["gdp"] = regions["population"] * income
    own = regions.groupby("province")[["gdp", "population", "population_rural"]].sum()
    rate = (own["gdp"] / own["population"]) ** rises
    emitted = np.zeros((30, 6))
    emitted[:, 4] = (own["population"] - own["population_rural"]) * rate
    inventory = xr.DataArray(
        emitted,
        {"province": own.index, "inventory_sector": INVENTORY_SECTORS["inventory_sector"]},
        ("province", "inventory_sector"),
    )
    found = households_of_cities(inventory, INVENTORY_SECTORS, regions)["household"].to_numpy()
    per_person = found[:, 4] / (regions["population"] - regions["population_rural"])
    slopes = [
        np.polyfit(np.log(income[rows]), np.log(per_person[rows]), 1)[0]
        for rows in (slice(0, 3), slice(30, 33))
    ]
    assert slopes == pytest.approx([rises, rises], abs=0.03)
    assert found.reshape(30, 3, 6).sum(axis=1) == pytest.approx(emitted)


def test_households_move_less_than_production_when_the_total_is_off():
    free, _ = build()
    tied, _ = build(observations=observed(_1101=200.0, _1102=1200.0))
    names = ["household_emissions", "emissions"]
    change = {
        name: float(tied[name].sel(region="1101").sum() / free[name].sel(region="1101").sum())
        for name in names
    }
    assert change["emissions"] < 0.7 * change["household_emissions"] < 0.7


def test_cities_raw_keeps_the_printed_totals():
    dataset, report = build(
        observations=observed(_1101=700.0, _1200=2000.0),
        config=Emissions(control_total="cities_raw"),
    )
    totals = dataset["emissions_inventory"].sum("inventory_sector")
    np.testing.assert_allclose(totals.sel(region=["1101", "1200"]), [700, 2000], rtol=1e-14)
    np.testing.assert_allclose(report.loc[1, "total_mt"], report.loc[1, "prior_mt"], rtol=1e-14)
    assert_conserved(dataset)


def test_national_control_total_holds_row_by_row():
    national = pd.DataFrame(
        {
            "inventory_sector": ["1", "2", "3", "4", "5", "6"],
            "emissions": [50.0, 2000.0, 700.0, 100.0, 0.0, 99.0],
        }
    )
    dataset, _ = build(
        national=national,
        config=Emissions(control_total="national"),
        observations=observed(_1102=900.0),
    )
    np.testing.assert_allclose(
        dataset["emissions_inventory"].sum("region"), national["emissions"], rtol=1e-13
    )
    assert_conserved(dataset)


def test_national_control_total_without_a_national_inventory_is_refused():
    with pytest.raises(DataError, match="no national inventory"):
        build(config=Emissions(control_total="national"))


def test_residual_gives_unknown_cities_what_the_known_leave():
    dataset, report = build(
        observations=observed(_1101=700.0, _1102=900.0), config=Emissions(missing="residual")
    )
    np.testing.assert_allclose(report["total_mt"][:3] * 1e6, [700, 900, 400], rtol=1e-9)
    np.testing.assert_allclose(
        province_sums(dataset, "11"), [100, 900, 600, 200, 80, 120], rtol=1e-13
    )


def test_residual_of_nothing_leaves_unknown_cities_at_zero_and_scales_the_known():
    dataset, report = build(
        observations=observed(_1101=3000.0, _1102=1000.0), config=Emissions(missing="residual")
    )
    np.testing.assert_allclose(report["total_mt"][:3] * 1e6, [1500, 500, 0], rtol=1e-9)
    assert_conserved(dataset)


def test_emissions_of_a_sector_without_output_are_orphans_and_counted():
    output = OUTPUT.copy()
    output.loc[{"region": "1200", "sector": "02"}] = 0.0
    dataset, _ = build(output=output)
    assert float(dataset["orphan"].sel(region="1200", sector="02")) == 700.0
    assert float(dataset["emissions"].sel(region="1200", sector="02")) == 0.0
    assert_conserved(dataset)


def test_emissions_of_a_sector_nobody_in_the_province_has_are_kept_as_orphans():
    output = OUTPUT.copy()
    output.loc[{"region": ["1101", "1102", "1103"], "sector": "01"}] = 0.0
    dataset, _ = build(output=output, observations=observed(_1101=600.0))
    assert float(
        dataset["orphan"].sel(region=["1101", "1102", "1103"], sector="01").sum()
    ) == pytest.approx(100.0, rel=1e-12)
    np.testing.assert_allclose(
        province_sums(dataset, "11"), [100, 900, 600, 200, 80, 120], rtol=1e-13
    )


def test_province_without_inventory_gets_the_mean_intensity_of_the_others():
    dataset, _ = build(provincial={p: PROVINCIAL[p] for p in ("11", "12")})
    expected = (100 + 10) / (60 + 5) * 9
    assert float(dataset["emissions"].sel(region="1300", sector="01")) == pytest.approx(
        expected, rel=1e-14
    )
    assert str(dataset["status"].sel(region="1300").values) == "modelled"
    assert str(dataset["basis"].sel(region="1300").values) == "intensities"


def own(region, case, rows):
    return pd.DataFrame(
        [
            {
                "region": region,
                "case": case,
                "inventory_sector": "",
                "fuel": "",
                "activity": np.nan,
                "emissions": np.nan,
                **row,
            }
            for row in rows
        ]
    )


def test_case_1_keeps_the_citys_own_sectors_when_they_fit_the_province():
    every = [
        [40.0, 300.0, 200.0, 50.0, 10.0, 30.0],
        [30.0, 600.0, 400.0, 90.0, 50.0, 20.0],
        [30.0, 0.0, 0.0, 60.0, 20.0, 70.0],
    ]
    city = pd.concat(
        own(
            region,
            1,
            [{"inventory_sector": str(j + 1), "emissions": v} for j, v in enumerate(values)],
        )
        for region, values in zip(["1101", "1102", "1103"], every, strict=True)
    )
    dataset, _ = build(city=city)
    np.testing.assert_allclose(
        dataset["emissions_inventory"].sel(region=["1101", "1102", "1103"]),
        every,
        rtol=1e-9,
        atol=1e-12,
    )
    assert [*dataset["case"].values] == [1, 1, 1, 0, 0]


def proxies():
    share = np.array([[0.1, 0.2, 0.2, 0.3, 0.5, 0.4]])
    return xr.DataArray(
        share, {"region": ["1101"], "inventory_sector": [*"123456"]}, ("region", "inventory_sector")
    )


def scaled_down(case, rows):
    provincial = pd.DataFrame(
        {
            "inventory_sector": ["1", "2", "2", "3", "5"],
            "fuel": ["gas", "coal", "gas", "coal", "coal"],
            "activity": [2.0, 100.0, 10.0, 50.0, 20.0],
            "emissions": [np.nan] * 5,
        }
    )
    return city_emissions(
        own("1101", case, rows),
        emissions=provincial_emissions({"11": provincial}, INVENTORY_SECTORS, FUELS),
        proxy=proxies(),
        province_of={"1101": "11"},
        fuels=FUELS,
        household=["5", "6"],
    )


def test_case_2_scales_provincial_activity_down_by_proxies_and_fixes_no_total():
    inventories, totals, cases = scaled_down(2, [{}])
    np.testing.assert_allclose(
        inventories["1101"], [42 * 0.1, (200 + 210) * 0.2, 100 * 0.2, 0, 40 * 0.5, 0], rtol=1e-14
    )
    assert totals == {} and cases == {"1101": 2}


def test_case_3_spreads_a_fuel_total_by_the_provincial_pattern():
    inventories, totals, _ = scaled_down(3, [{"fuel": "coal", "activity": 60.0}])
    pattern = np.array([0, 200 * 0.2, 100 * 0.2, 0, 40 * 0.5, 0])
    np.testing.assert_allclose(inventories["1101"], 120 * pattern / pattern.sum(), rtol=1e-14)
    assert totals["1101"] == pytest.approx(120.0)


def test_case_1_without_household_rows_takes_them_from_the_province():
    inventories, _, _ = scaled_down(1, [{"inventory_sector": "2", "fuel": "coal", "activity": 7.0}])
    np.testing.assert_allclose(inventories["1101"], [0, 14, 0, 0, 20, 0], rtol=1e-14)


def test_totals_of_zero_for_all_cities_of_an_emitting_province_are_refused():
    with pytest.raises(CityMRIOError):
        build(observations=observed(_1101=0.0, _1102=0.0, _1103=0.0))


def parts(*rows):
    columns = ["region", "sectors", "value", "reliability"]
    return pd.DataFrame(rows, columns=columns).assign(quantity="emissions", status="observed")


def power(dataset, region="1102"):
    return float(dataset["emissions_inventory"].sel(region=region, inventory_sector="2"))


def test_a_part_of_a_citys_emissions_lies_between_prior_and_datum_by_its_reliability():
    """Power of city 1102: 900 x 60 / 80 = 675 t a priori; the other city that has power gives way."""
    free, _ = build()
    assert power(free) == pytest.approx(675)
    found = [
        power(build(observations=parts(("1102", "2", 500.0, r)))[0]) for r in (0.1, 0.5, 0.9, 1.0)
    ]
    assert 675 > found[0] > found[1] > found[2] > found[3] == pytest.approx(500, rel=2e-3)
    dataset, report = build(observations=parts(("1102", "2", 500.0, 0.9)))
    np.testing.assert_allclose(
        province_sums(dataset, "11"), [100, 900, 600, 200, 80, 120], rtol=1e-13
    )
    assert report.loc[1, "status"] == "modelled"  # a part is not the whole
    assert_conserved(dataset)


def test_a_part_alone_moves_nothing_but_its_sectors_and_a_set_keeps_its_mix():
    free, _ = build()
    dataset, _ = build(observations=parts(("1101", "2;3", 300.0, 0.9)))
    before, after = (
        d["emissions_inventory"].sel(region="1101").to_series() for d in (free, dataset)
    )
    np.testing.assert_allclose(after[["1", "4", "5", "6"]], before[["1", "4", "5", "6"]], rtol=1e-9)
    assert before[["2", "3"]].sum() == pytest.approx(375) and 300 < after[["2", "3"]].sum() < 310
    assert after["2"] / after["3"] == pytest.approx(before["2"] / before["3"], rel=1e-2)


def test_households_can_be_the_part():
    dataset, _ = build(observations=parts(("1103", "5;6", 60.0, 1.0)))
    cells = dataset["emissions_inventory"].sel(region="1103", inventory_sector=["5", "6"])
    assert float(cells.sum()) == pytest.approx(60, rel=0.03)


def test_sources_that_differ_meet_by_their_reliabilities():
    one, _ = build(observations=parts(("1102", "2", 500.0, 0.9), ("1102", "2", 800.0, 0.2)))
    other, _ = build(observations=parts(("1102", "2", 500.0, 0.2), ("1102", "2", 800.0, 0.9)))
    assert 500 < power(one) < 600 < 700 < power(other) < 800


def test_sources_of_one_total_count_as_one_in_outputs_as_in_inventories():
    """Outputs (1a) had weighted them by reliability, inventories (8) by odds."""
    told = (("1102", "", 500.0, 0.9), ("1102", "", 800.0, 0.5))
    _, report = build(observations=parts(*told))
    assert report["target_mt"][1] * 1e6 == pytest.approx(530.0, rel=1e-12)  # odds of 9 and 1
    data = [Datum(1, np.ones(2), value, "", reliability) for *_, value, reliability in told]
    totals, trust = city_totals(data, 2)
    assert totals[1] == pytest.approx(530.0, rel=1e-12)
    assert trust[1] == pytest.approx(10 / 11, rel=1e-12)


def test_a_part_and_a_total_of_the_same_city_are_both_kept():
    rows = pd.concat(
        [observed(_1101=500.0, _1102=1100.0, _1103=400.0), parts(("1102", "2", 600.0, 0.99))]
    )
    dataset, report = build(observations=rows.fillna({"reliability": 0.7, "sectors": ""}))
    np.testing.assert_allclose(report["total_mt"][:3] * 1e6, [500, 1100, 400], rtol=1e-10)
    assert power(dataset) == pytest.approx(600, rel=0.01)


def test_less_reliable_totals_give_way_first():
    """The province has 2,000 t, the cities report 2,200 t: alike they give way by one factor,
    otherwise the doubtful one does.
    """
    alike, report = build(
        observations=parts(
            ("1101", "", 550.0, 0.7), ("1102", "", 1210.0, 0.7), ("1103", "", 440.0, 0.7)
        )
    )
    np.testing.assert_allclose(report["target_scale"][:3], 1 / 1.1, rtol=1e-13)
    _, report = build(
        observations=parts(
            ("1101", "", 550.0, 0.7), ("1102", "", 1210.0, 0.95), ("1103", "", 440.0, 0.95)
        )
    )
    scale = report["target_scale"][:3].to_numpy()
    assert (scale * [550, 1210, 440]).sum() == pytest.approx(2000, rel=1e-13)
    assert np.log(scale[0]) / np.log(scale[1]) == pytest.approx(
        (0.95 / 0.05) / (0.7 / 0.3), rel=1e-9
    )


def test_an_inventory_of_a_citys_own_is_as_sure_as_a_usual_total():
    city = own("1101", 1, [{"inventory_sector": "2", "emissions": 550.0}])
    totals = parts(("1102", "", 1210.0, 0.9), ("1103", "", 440.0, 0.9))
    _, report = build(city=city, observations=totals)
    own_scale, *others = report["target_scale"][:3]
    assert others[0] == pytest.approx(own_scale, rel=1e-9) and own_scale < 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("1103", "2", 10.0, 0.9), "are not used"),  # the city has no output there
        (("1102", "2", 500.0, 0.0), "reliability 0 do not enter"),
        (
            ("1200", "2", 300.0, 0.9),
            "met in part only",
        ),  # a municipality has the province's inventory
    ],
)
def test_a_part_that_does_not_count_is_said(row, words):
    with collect_notices() as notices:
        dataset, _ = build(observations=parts(row))
    assert [words in notice.what for notice in notices] == [True]
    np.testing.assert_allclose(
        dataset["emissions_inventory"], build()[0]["emissions_inventory"], rtol=1e-9
    )


def test_fuel_factors_scale_a_province_proportionally():
    rows = pd.DataFrame(
        {
            "inventory_sector": [*"123456"],
            "fuel": "coal",
            "activity": [1.0, 5, 3, 2, 1, 1],
            "emissions": np.nan,
        }
    )
    one, _ = build(provincial={"11": rows, "12": rows, "13": rows})
    two, _ = build(
        provincial={"11": rows, "12": rows, "13": rows},
        fuels=FUELS.assign(emission_factor=FUELS["emission_factor"] * 2),
    )
    np.testing.assert_allclose(two["emissions"], 2 * one["emissions"], rtol=1e-14)


def test_the_order_of_regions_does_not_change_the_result():
    turned = REGIONS.iloc[[2, 0, 1, 4, 3]].reset_index(drop=True)
    observations = observed(_1101=700.0, _1102=1500.0)
    one, _ = build(observations=observations)
    two, _ = build(observations=observations, regions=turned)
    np.testing.assert_allclose(
        two["emissions"].sel(region=one["region"].values), one["emissions"], rtol=1e-9
    )


def test_a_total_no_sector_of_the_city_can_reach_is_infeasible_and_named():
    with pytest.raises(InfeasibleError, match="emissions of cities, province 11"):
        build(observations=observed(_1101=10.0, _1102=10.0, _1103=1980.0))


def test_a_municipality_keeps_the_provincial_inventory_and_reports_the_gap_to_its_own_total():
    dataset, report = build(observations=observed(_1200=1850.0))
    np.testing.assert_allclose(
        dataset["emissions_inventory"].sel(region="1200"), [10, 400, 300, 150, 60, 5], rtol=1e-15
    )
    assert report.loc[3, "target_scale"] == pytest.approx(0.5)


def member_of(level=None, control_total=0.0, row=None):
    """A draw of the ensemble: intensities as they are, factors on the level of places, on rows."""
    codes, names = REGIONS["region"].tolist(), INVENTORY_SECTORS["inventory_sector"].tolist()
    places = ["11", "12", "13", ""]
    factors = np.ones((4, 6)) if level is None else np.asarray(level, float)
    return InventoryDraw(
        xr.DataArray(
            np.ones((5, 6)),
            {"region": codes, "inventory_sector": names},
            ("region", "inventory_sector"),
        ),
        xr.DataArray(
            factors, {"place": places, "inventory_sector": names}, ("place", "inventory_sector")
        ),
        xr.DataArray(
            np.ones(6) if row is None else row, {"inventory_sector": names}, ("inventory_sector",)
        ),
        control_total=control_total,
    )


@pytest.mark.parametrize(
    ("settings", "weighed"),
    [({}, True), ({"missing": "residual"}, False), ({"control_total": "cities_raw"}, False)],
    ids=["scaled", "residual", "as printed"],
)
def test_a_draw_meets_the_totals_that_outputs_and_intensities_have_not_weighed(settings, weighed):
    """Those of cities with an inventory of their own, and every one that is kept as printed."""
    rows = [{"inventory_sector": str(j + 1), "emissions": 100.0} for j in range(6)]
    drawn = member_of()
    drawn.intensity.loc["1101"] = 3.0
    given = {"city": own("1101", 1, rows), "observations": observed(_1103=300.0)}
    given |= {"moved": xr.ones_like(OUTPUT), "config": Emissions(**settings)}
    after = build(**given, drawn=drawn)[1].set_index("region")["total_mt"]
    del given["moved"]
    met = build(**given, drawn=drawn)[1].set_index("region")["total_mt"]
    assert after["1101"] == pytest.approx(met["1101"], rel=1e-6)
    assert (after["1103"] == pytest.approx(met["1103"], rel=1e-6)) == (not weighed)


def test_a_drawn_provincial_inventory_reaches_municipalities_and_unsplit_provinces():
    level = np.outer([1.1, 0.9, 1.2, 1.0], [1.0, 2.0, 1.0, 1.0, 1.0, 1.0])
    dataset, _ = build(drawn=member_of(level))
    for k, province in enumerate(PROVINCIAL):
        np.testing.assert_allclose(
            province_sums(dataset, province),
            PROVINCIAL[province]["emissions"] * level[k],
            rtol=1e-12,
        )
    assert_conserved(dataset)


def two_observations():
    """Sums of the provinces by inventory sector, and a national inventory that differs from them."""
    sums = sum(table["emissions"].to_numpy() for table in PROVINCIAL.values())
    return sums, inventory_rows(sums * [0.5, 0.8, 1.3, 1.0, 1.0, 2.0])


@pytest.mark.parametrize(
    ("sds", "weight"), [((0.1, 0.1), 0.5), ((0.1, 0.2), 0.2), ((0.3, 0.0), 1.0), ((0.0, 0.0), 0.5)]
)
def test_both_control_totals_are_weighed_by_their_variances(sds, weight):
    sums, national = two_observations()
    dataset, _ = build(
        national=national, config=Emissions(control_total="both", control_total_sd=sds)
    )
    expected = sums ** (1 - weight) * national["emissions"].to_numpy() ** weight
    np.testing.assert_allclose(dataset["emissions_inventory"].sum("region"), expected, rtol=1e-12)
    assert_conserved(dataset)


@pytest.mark.parametrize("control_total", ["provinces", "national", "both"])
def test_the_level_is_drawn_around_the_control_total_by_the_error_of_both_observations(
    control_total,
):
    """It was drawn between the two by a uniform weight, so that the estimate was an end of its
    interval.
    """
    sd = 0.1 * 0.2 / (0.1**2 + 0.2**2) ** 0.5
    _, national = two_observations()
    config = Emissions(control_total=control_total, control_total_sd=(0.1, 0.2))
    plain = build(national=national, config=config)[0]["emissions_inventory"].sum("region")
    for z in (-1.5, 0.0, 1.0):
        dataset, _ = build(national=national, config=config, drawn=member_of(control_total=z))
        np.testing.assert_allclose(
            dataset["emissions_inventory"].sum("region"), plain * np.exp(sd * z), rtol=1e-12
        )
        assert_conserved(dataset)


@pytest.mark.parametrize("control_total", ["provinces", "national", "both"])
def test_rows_of_all_inventories_are_drawn_under_every_control_total(control_total):
    """They change the shares of rows; the level of all is no part of them."""
    config, row = Emissions(control_total=control_total), np.array([1.0, 2, 1, 1, 1, 1])
    _, national = two_observations()
    plain = build(national=national, config=config)[0]["emissions_inventory"].sum("region")
    drawn = build(national=national, config=config, drawn=member_of(row=row))[0]
    found = drawn["emissions_inventory"].sum("region")
    np.testing.assert_allclose(found / found.sum(), plain * row / (plain * row).sum(), rtol=1e-12)
    assert float(found.sum()) == pytest.approx(float(plain.sum()), rel=1e-12)


@pytest.mark.parametrize("control_total", ["provinces", "national", "both"])
def test_errors_of_provinces_are_part_of_that_of_their_sum(control_total):
    """They moved the nation's emissions beside the error that the sum of the provinces has."""
    _, national = two_observations()
    config = Emissions(control_total=control_total)
    level = np.outer([1.1, 1.3, 1.2, 1.0], [1.0, 2.0, 1.0, 1.0, 1.0, 1.0])
    plain = build(national=national, config=config)[0]["emissions_inventory"]
    drawn = build(national=national, config=config, drawn=replace(member_of(level), common=1.5))[0]
    found = drawn["emissions_inventory"]
    assert float(found.sum()) == pytest.approx(1.5 * float(plain.sum()), rel=1e-12)
    assert float(found.sel(region="1200").sum() / plain.sel(region="1200").sum()) != pytest.approx(
        1.5, rel=0.01
    )
    assert_conserved(drawn)


def test_the_error_of_a_control_total_needs_a_second_observation():
    plain, drawn = build()[0], build(drawn=member_of(control_total=2.0))[0]
    xr.testing.assert_allclose(drawn["emissions_inventory"], plain["emissions_inventory"])
    with pytest.raises(DataError, match="'national' or 'both', but there is no national inventory"):
        build(config=Emissions(control_total="both"))


def test_provinces_that_only_the_nation_speaks_for_are_drawn_together():
    provincial = {"11": PROVINCIAL["11"]}
    national = inventory_rows(
        PROVINCIAL["11"]["emissions"].to_numpy() + [30.0, 400.0, 300.0, 160.0, 60.0, 9.0]
    )
    dataset, _ = build(
        provincial=provincial,
        national=national,
        drawn=member_of(np.outer([1.5, 9, 9, 0.5], np.ones(6))),
    )
    np.testing.assert_allclose(
        province_sums(dataset, "11"), 1.5 * PROVINCIAL["11"]["emissions"], rtol=1e-12
    )
    rest = province_sums(dataset, "12") + province_sums(dataset, "13")
    np.testing.assert_allclose(rest, [15.0, 200.0, 150.0, 80.0, 30.0, 4.5], rtol=1e-12)
