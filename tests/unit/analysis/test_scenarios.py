from types import SimpleNamespace
from typing import get_args

import analysis_world
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from analysis_world import BENCHMARKS, BRIDGE, FINAL_DEMAND, INVENTORY_SECTORS, SCENARIOS

from citymrio.analysis.demand_shares import capital_share, capital_target
from citymrio.analysis.scenarios.deficits import deficits, lifting_factors
from citymrio.analysis.scenarios.demand import BASIS, MODES, demand_weights
from citymrio.analysis.scenarios.demand import cities as demand_cities
from citymrio.analysis.scenarios.measure import Inputs, Measure
from citymrio.analysis.scenarios.quota import quota
from citymrio.analysis.scenarios.registry import MEASURES
from citymrio.analysis.scenarios.run import run_scenarios
from citymrio.analysis.scenarios.technology import cities as technology_cities
from citymrio.analysis.scenarios.technology import technology_savings
from citymrio.base.errors import DataError
from citymrio.base.notices import collecting
from citymrio.config.models import Figures, Scenarios
from citymrio.emissions.key_sectors import emissions_after, intensity_table, key_intensities
from citymrio.footprints.footprint import cba_with
from citymrio.report.figures.registry import draw

ROLES = dict(zip(FINAL_DEMAND["category"], FINAL_DEMAND["role"], strict=True))


@pytest.fixture(scope="module")
def world():
    return analysis_world.make()


def run(world, **changes):
    inputs = Inputs(
        nested=world.nested,
        footprints=changes.pop("footprints", world.footprints),
        inventory=world.inventory,
        intensities=changes.pop("intensities", world.intensities),
        regions=changes.pop("regions", world.tables["regions"]),
        bridge=BRIDGE,
        inventory_sectors=INVENTORY_SECTORS,
        final_demand=changes.pop("final_demand", FINAL_DEMAND),
        benchmarks=BENCHMARKS,
    )
    return run_scenarios(inputs, changes.pop("config", SCENARIOS))


@pytest.fixture(scope="module")
def result(world):
    return run(world)


def dense_emissions(world, intensity, weights):
    """Emissions of the whole country with given intensities and factors on final demand, from the dense table."""
    tables, n = world.nested.to_dense(), world.footprints["output"].size
    x = world.footprints["output"].to_numpy().ravel()
    a = np.divide(tables["Z"].to_numpy().reshape(n, n), x[None], out=np.zeros((n, n)), where=x[None] > 0)
    y = (tables["Y"].to_numpy().reshape(n, *weights.shape) * weights.to_numpy()[None]).sum(axis=(1, 2))
    other = world.nested.dataset["exports"].to_numpy().ravel() + world.nested.dataset["error"].to_numpy().ravel()
    return float(intensity.to_numpy().ravel() @ np.linalg.solve(np.eye(n) - a, y + other))


def test_the_world_has_cities_for_every_scenario(world):
    regions = world.tables["regions"]
    light, deep = (demand_cities(regions, depth, SCENARIOS) for depth in ("light", "deep"))
    assert light and set(light) <= set(deep)
    assert set(technology_cities(regions)) & set(light)


def test_unsplit_provinces_are_in_no_scenario(world, result):
    provinces = set(world.regions.loc[world.regions["kind"].eq("province"), "region"])
    assert provinces and not provinces & set(result[1]["region"])


def test_key_intensity_is_inventory_emissions_over_output(world):
    row = world.intensities[world.intensities["key_sector"].eq("iron_steel")].iloc[3]
    emissions = world.inventory["emissions_inventory"].sel(region=row["region"], inventory_sector="4")
    assert row["intensity"] == pytest.approx(float(emissions / world.footprints["output"].sel(region=row["region"], sector="04")))


def test_national_intensity_is_the_ratio_of_sums(world):
    rows = world.intensities[world.intensities["key_sector"].eq("electricity")]
    rows = rows[rows["output"] > 0]
    assert rows["national"].iloc[0] == pytest.approx(rows["emissions_t"].sum() / rows["output"].sum())


def test_unknown_key_sector_is_refused(world):
    with pytest.raises(DataError, match="cement"):
        key_intensities(
            inventory=world.inventory,
            output=world.footprints["output"],
            bridge=BRIDGE,
            inventory_sectors=INVENTORY_SECTORS,
            benchmarks=BENCHMARKS,
            key_sectors=["cement"],
        )


@pytest.mark.parametrize("depth", ["light", "deep"])
def test_technology_saves_nothing_below_the_benchmark_and_exactly_the_excess_above(world, depth):
    everyone = [*world.regions["region"]]
    savings = technology_savings(world.intensities, everyone, depth, SCENARIOS)
    merged = world.intensities.merge(savings, on=["region", "key_sector"])
    bench = merged["national" if depth == "light" else "global"]
    below = merged["intensity"].isna() | (merged["intensity"] <= bench)
    assert below.any() and (~below).any()
    assert (merged.loc[below, "saving_t"] == 0).all()
    excess = merged["emissions_t"] - bench * merged["output"]
    np.testing.assert_allclose(merged.loc[~below, "saving_t"], excess[~below], rtol=1e-12)


def test_deep_technology_saves_at_least_as_much_where_the_benchmark_is_lower(world):
    everyone = [*world.regions["region"]]
    light, deep = (technology_savings(world.intensities, everyone, d, SCENARIOS) for d in ("light", "deep"))
    lower = world.intensities.set_index(["region", "key_sector"]).eval("`global` <= national").to_numpy()
    assert lower.any()
    gain = deep.set_index(["region", "key_sector"])["saving_t"] - light.set_index(["region", "key_sector"])["saving_t"]
    order = world.intensities.set_index(["region", "key_sector"]).index
    assert (gain.loc[order].to_numpy()[lower] >= 0).all()


def test_the_lower_of_both_benchmarks_never_saves_less_than_either(world):
    everyone = [*world.regions["region"]]
    both = Scenarios(key_sectors=SCENARIOS.key_sectors, deep_benchmark="min_global_national")
    least = technology_savings(world.intensities, everyone, "deep", both)["saving_t"]
    for depth in ("light", "deep"):
        assert (least >= technology_savings(world.intensities, everyone, depth, SCENARIOS)["saving_t"]).all()


def test_savings_of_plausible_intensities_are_a_mode_beside_the_headline(world):
    """Electricity is bounded at the mean of the nation's intensity and the highest of a city that saves."""
    cities = technology_cities(world.tables["regions"])
    power = world.intensities[world.intensities["key_sector"].eq("electricity") & world.intensities["region"].isin(cities)]
    bound = (power["national"].iloc[0] + power["intensity"].max()) / 2
    assert bound > power["national"].iloc[0]
    bounded = world.intensities.assign(plausible=np.where(world.intensities["key_sector"].eq("electricity"), bound, np.nan))
    with collecting() as notices:
        rows = run(world, intensities=bounded)[0].set_index("scenario")
    excess = ((power["intensity"] - bound).clip(lower=0) * power["output"]).sum() / 1e6
    saving = rows["saving_mt"]
    assert saving["technology_light_capped"] == pytest.approx(saving["technology_light"] - excess, rel=1e-12)
    assert rows.at["technology_light", "headline"] and not rows.at["technology_light_capped", "headline"]
    assert not [name for name in rows.index if name.startswith(("sum", "joint")) and "capped" in name]
    pd.testing.assert_frame_equal(
        rows.drop(["technology_light_capped", "technology_deep_capped"]), run(world)[0].set_index("scenario")
    )
    assert [notice.where for notice in notices if "plausible" in notice.what] == [
        "scenarios.csv, technology_light",
        "scenarios.csv, technology_deep",
    ]
    assert notices[-1].value.startswith(f"{excess:.4g} of ") and "Fix: " in notices[-1].effect


def test_missing_global_benchmark_is_refused_with_its_name(world):
    rows = world.intensities.assign(**{"global": np.nan})
    with pytest.raises(DataError, match="global_intensity.electricity"):
        technology_savings(rows, [*world.regions["region"]], "deep", SCENARIOS)


def test_emissions_after_fall_by_exactly_the_savings(world):
    savings = technology_savings(world.intensities, [*world.regions["region"]], "deep", SCENARIOS)
    before = world.inventory["emissions"]
    after = emissions_after(before, savings, world.footprints["output"], BRIDGE, INVENTORY_SECTORS)
    fall = (before - after).sum("sector").to_series()
    np.testing.assert_allclose(fall, savings.groupby("region")["saving_t"].sum().reindex(fall.index), rtol=1e-12, atol=1e-12)
    assert float((before - after).sel(sector=["01", "03", "05"]).max()) == 0.0


def test_savings_above_the_emissions_are_refused(world):
    region = str(world.nested.regions[1])
    savings = pd.DataFrame({"region": [region], "key_sector": ["electricity"], "saving_t": [1e12]})
    with pytest.raises(DataError, match=region):
        emissions_after(world.inventory["emissions"], savings, world.footprints["output"], BRIDGE, INVENTORY_SECTORS)


def test_capital_target_is_the_mean_of_the_megacities_unless_configured():
    assert capital_target(BENCHMARKS, Scenarios()) == pytest.approx(0.15)
    assert capital_target(BENCHMARKS, Scenarios(capital_target=0.3)) == 0.3


def test_capital_target_without_benchmarks_is_refused():
    with pytest.raises(DataError, match="megacity_capital_share"):
        capital_target(BENCHMARKS[:2], Scenarios())


def test_shift_keeps_the_total_of_demand_and_reaches_the_target(world):
    demand, everyone = world.footprints["final_demand_total"], [*world.regions["region"]]
    target = float(capital_share(demand, ROLES).median())
    after = demand * demand_weights(demand, ROLES, everyone, target, "shift")
    np.testing.assert_allclose(after.sum("category"), demand.sum("category"), rtol=1e-12)
    expected = capital_share(demand, ROLES).clip(upper=target)
    np.testing.assert_allclose(capital_share(after, ROLES), expected, rtol=1e-12)


def test_a_role_that_the_vocabulary_lacks_counts_in_the_share_of_capital(world):
    demand, others = world.footprints["final_demand_total"], ROLES | {"government": "charities"}
    pd.testing.assert_series_equal(capital_share(demand, others), capital_share(demand, ROLES), rtol=1e-12)
    everyone, target = [*world.regions["region"]], float(capital_share(demand, ROLES).median())
    for mode in MODES:
        weights = [demand_weights(demand, roles, everyone, target, mode) for roles in (ROLES, others)]
        np.testing.assert_allclose(*weights, rtol=1e-12)


def test_cut_reaches_the_target_and_touches_capital_only(world):
    demand, everyone = world.footprints["final_demand_total"], [*world.regions["region"]]
    target = float(capital_share(demand, ROLES).median())
    weights = demand_weights(demand, ROLES, everyone, target, "cut")
    np.testing.assert_allclose(
        capital_share(demand * weights, ROLES), capital_share(demand, ROLES).clip(upper=target), rtol=1e-12
    )
    assert (weights.sel(category=["households", "government", "inventory"]) == 1).all()
    assert float(weights.min()) < 1


@pytest.mark.parametrize("mode", ["shift", "cut"])
def test_cities_below_the_target_and_cities_not_chosen_keep_their_demand(world, mode):
    demand, everyone = world.footprints["final_demand_total"], [*world.regions["region"]]
    target = float(capital_share(demand, ROLES).median())
    weights = demand_weights(demand, ROLES, everyone[:6], target, mode)
    kept = ~(capital_share(demand, ROLES) > target) | ~demand["region"].isin(everyone[:6]).to_series()
    assert 0 < kept.sum() < len(everyone)
    assert (weights.sel(region=kept.index[kept]) == 1).all()


def test_sum_minus_joint_is_the_interaction(result):
    rows = result[0].set_index("scenario")
    for depth in ("light", "deep"):
        for mode in ("shift", "cut"):
            plain, joint = rows.loc[f"sum_{depth}_{mode}"], rows.loc[f"joint_{depth}_{mode}"]
            assert plain["saving_mt"] - joint["saving_mt"] == pytest.approx(joint["interaction_mt"], rel=1e-9, abs=1e-15)
            parts = rows.loc[f"technology_{depth}", "saving_mt"] + rows.loc[f"demand_{depth}_{mode}", "saving_mt"]
            assert plain["saving_mt"] == pytest.approx(parts, rel=1e-12)


@pytest.mark.parametrize("mode", ["shift", "cut"])
@pytest.mark.parametrize("depth", ["light", "deep"])
def test_joint_saving_is_the_fall_of_national_emissions_in_a_full_computation(world, result, depth, mode):
    regions, f = world.tables["regions"], world.footprints
    weights = demand_weights(f["final_demand_total"], ROLES, demand_cities(regions, depth, SCENARIOS), 0.15, mode)
    savings = technology_savings(world.intensities, technology_cities(regions), depth, SCENARIOS)
    changed = emissions_after(world.inventory["emissions"], savings, f["output"], BRIDGE, INVENTORY_SECTORS)
    before = dense_emissions(world, world.nested.intensity(world.inventory["emissions"]), xr.ones_like(weights))
    after = dense_emissions(world, world.nested.intensity(changed), weights)
    rows = result[0].set_index("scenario")["saving_mt"] * 1e6
    assert rows[f"joint_{depth}_{mode}"] == pytest.approx(before - after, rel=1e-9)
    old = dense_emissions(world, world.nested.intensity(world.inventory["emissions"]), weights)
    assert rows[f"demand_{depth}_{mode}"] == pytest.approx(before - old, rel=1e-9)


def test_a_further_measure_is_one_entry(world, monkeypatch):
    """All final demand of the first quintile falls by a tenth: a row of its own, part of sum and joint, a step in figure 4."""
    regions, f = world.tables["regions"], world.footprints
    first = [*regions.loc[regions["quintile"].eq("Q1"), "region"]]
    less = xr.where(f["final_demand_total"]["region"].isin(first), 0.9, 1.0) * xr.ones_like(f["final_demand_total"])
    sufficiency = SimpleNamespace(BASIS=BASIS, measures=lambda inputs, depth, config: {"": Measure(first, weights=less)})
    monkeypatch.setitem(MEASURES, "sufficiency", sufficiency)
    scenarios, cities = run(world)
    rows = scenarios.set_index("scenario")
    names = ["technology_light", "sufficiency_light", "demand_light_shift", "sum_light_shift", "joint_light_shift"]
    assert [*scenarios["scenario"][:5]] == names
    saved = rows["saving_mt"] * 1e6
    assert saved["sum_light_shift"] == pytest.approx(saved[names[:3]].sum(), rel=1e-12)
    assert set(cities.loc[cities["scenario"].eq("sufficiency_light"), "region"]) == set(first)
    target = capital_target(BENCHMARKS, SCENARIOS)
    weights = less * demand_weights(f["final_demand_total"], ROLES, demand_cities(regions, "light", SCENARIOS), target, "shift")
    savings = technology_savings(world.intensities, technology_cities(regions), "light", SCENARIOS)
    changed = emissions_after(world.inventory["emissions"], savings, f["output"], BRIDGE, INVENTORY_SECTORS)
    before = dense_emissions(world, world.nested.intensity(world.inventory["emissions"]), xr.ones_like(weights))
    after = dense_emissions(world, world.nested.intensity(changed), weights)
    assert saved["joint_light_shift"] == pytest.approx(before - after, rel=1e-9)
    poor = deficits(regions[regions["kind"].ne("province")], "affluence_usd")
    tables = {"scenarios": scenarios, "quota": quota(scenarios, 9000.0, 12200.0), "deficits": poor}
    figure = draw("fig4", tables, None, Figures(dpi=72), synthetic=True, run={"name": "here", "year": 2020})
    steps = [label.get_text().strip() for label in figure.axes[0].get_xticklabels()]
    assert steps == ["Existing\nquota", *["Technology", "Sufficiency", "Demand", "Sum"] * 2]
    assert "Sufficiency side" in {text.get_text() for text in figure.axes[1].get_legend().get_texts()}


def test_the_configuration_offers_the_modes_of_the_demand_measure():
    assert get_args(Scenarios.model_fields["demand_mode"].annotation) == MODES


def test_city_rows_add_up_to_the_scenarios(result):
    scenarios, cities = result
    totals = cities.groupby("scenario")["saving_mt"].sum()
    np.testing.assert_allclose(totals.loc[scenarios["scenario"]], scenarios["saving_mt"], rtol=1e-12)
    counts = cities.groupby("scenario").size()
    assert (counts.loc[scenarios["scenario"]].to_numpy() == scenarios["cities"].to_numpy()).all()


def test_one_headline_row_per_side_and_depth(result):
    chosen = result[0][result[0]["headline"]]
    assert len(chosen) == 8 and not chosen.duplicated(["side", "depth"]).any()
    assert set(chosen["mode"]) == {"", "shift"}


def test_without_super_emitters_light_measures_save_nothing(world):
    regions = world.tables["regions"].assign(super_emitter="none", structure="light")
    scenarios, _ = run(world, regions=regions)
    assert (scenarios["saving_mt"] == 0).all() and (scenarios["cities"] == 0).all()


def test_a_target_above_every_capital_share_saves_nothing(world):
    scenarios, _ = run(world, config=Scenarios(key_sectors=SCENARIOS.key_sectors, capital_target=0.99))
    assert (scenarios.loc[scenarios["side"].eq("demand"), "saving_mt"] == 0).all()
    assert (scenarios.loc[scenarios["side"].eq("technology"), "saving_mt"] > 0).any()


def test_quota_on_both_bases(result):
    table = quota(result[0], 9000.0, 12200.0).set_index("scenario")
    assert [*table.columns[:3]] == ["existing_mt", "saving_mt", "new_mt"]
    assert table.loc["existing", "new_mt"] == pytest.approx(3200.0)
    row = table.loc["sum_deep_shift"]
    assert row["increase_of_existing_percent"] == pytest.approx(100 * row["saving_mt"] / 3200)
    assert row["increase_of_new_percent"] == pytest.approx(100 * row["saving_mt"] / (3200 + row["saving_mt"]))


def test_deficit_equals_a_full_computation_with_scaled_final_demand(world):
    cities = world.tables["regions"].query("kind != 'province'").set_index("region")
    f = world.footprints
    table = deficits(cities.reset_index(), "affluence_usd").set_index("case")
    for case in ("to_q3", "to_q2"):
        factors = lifting_factors(cities["affluence_usd"], cities["quintile"], case)
        assert (factors > 1).any()
        weights = xr.ones_like(f["cba"])
        weights.loc[{"region": [*factors.index]}] = factors.to_numpy()[:, None]
        lifted = cba_with(world.nested, multiplier=f["multiplier"], weights=weights).sum() - f["cba"].sum()
        assert table.loc[case, "deficit_mt"] * 1e6 == pytest.approx(float(lifted), rel=1e-9)
        intensity = world.nested.intensity(world.inventory["emissions"])
        dense = dense_emissions(world, intensity, weights) - dense_emissions(world, intensity, xr.ones_like(weights))
        assert table.loc[case, "deficit_mt"] * 1e6 == pytest.approx(dense, rel=1e-9)


def test_lifting_raises_only_cities_below_the_target():
    affluence = pd.Series([9.0, 6.0, 4.0, 2.0, 1.0, 5.0])
    quintile = pd.Series(["Q1", "Q2", "Q3", "Q4", "Q5", "Q4"])
    assert [*lifting_factors(affluence, quintile, "to_q3")] == [1, 1, 1, 2, 4, 1]
    assert [*lifting_factors(affluence, quintile, "to_q2")] == [1, 1, 1.5, 3, 6, 1.2]


def test_lifting_to_an_empty_quintile_has_no_number():
    affluence, quintile = pd.Series([9.0, 1.0]), pd.Series(["Q1", "Q5"])
    assert lifting_factors(affluence, quintile, "to_q3").isna().all()


def test_intensity_table_lists_super_emitters_with_their_share_of_production(world):
    table = intensity_table(world.intensities, world.tables["regions"])
    kinds = world.tables["regions"].set_index("region")["super_emitter"]
    assert len(table) == 2 * (kinds != "none").sum()
    pba = world.tables["regions"].set_index("region")["pba_mt"]
    np.testing.assert_allclose(table["percent"], 100 * table["emissions_mt"] / pba[table["region"]].to_numpy())
    assert (table.groupby("region")["percent"].sum() <= 100 + 1e-9).all()
