from types import SimpleNamespace
from typing import get_args

import analysis_world
import figure_tables
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from analysis_world import BENCHMARKS, BRIDGE, FINAL_DEMAND, INVENTORY_SECTORS, SCENARIOS

from citymrio.analysis.demand_shares import CONSUMERS, capital_share, capital_target
from citymrio.analysis.scenarios.deficits import (
    deficit_targets,
    deficits,
    lifting_factors,
    quintile_mean,
    quota,
)
from citymrio.analysis.scenarios.demand import BASIS, MODES, demand_weights
from citymrio.analysis.scenarios.demand import cities as demand_cities
from citymrio.analysis.scenarios.measure import Inputs, Measure
from citymrio.analysis.scenarios.registry import MEASURES
from citymrio.analysis.scenarios.run import run_scenarios
from citymrio.analysis.scenarios.technology import DEEP, LIGHT, benchmark, technology_savings
from citymrio.analysis.scenarios.technology import cities as technology_cities
from citymrio.base import errors
from citymrio.base.errors import DataError
from citymrio.config.models import Emissions, Figures, Scenarios
from citymrio.emissions.key_sectors import emissions_after, intensity_table, key_intensities
from citymrio.footprints.footprint import cba_with

ROLES = dict(zip(FINAL_DEMAND["category"], FINAL_DEMAND["role"], strict=True))


def names_of(role):
    return [name for name, its in ROLES.items() if its == role]


@pytest.fixture(scope="module")
def world():
    return analysis_world.make()


def inputs_of(world, **changes):
    given = {
        "nested": world.nested,
        "footprints": world.footprints,
        "inventory": world.inventory,
        "intensities": world.intensities,
        "regions": world.tables["regions"],
        "bridge": BRIDGE,
        "inventory_sectors": INVENTORY_SECTORS,
        "benchmarks": BENCHMARKS,
    }
    return Inputs(**(given | changes))


def run(world, config=SCENARIOS, **changes):
    return run_scenarios(inputs_of(world, **changes), config)


def settings(**keys):
    return Scenarios(key_sectors=SCENARIOS.key_sectors, **keys)


def saved(world, regions, depth, config=SCENARIOS, **changes):
    """Savings of a technology scenario in these regions."""
    inputs = inputs_of(world, **changes)
    return technology_savings(inputs.intensities, regions, benchmark(inputs, depth, config))


@pytest.fixture(scope="module")
def result(world):
    return run(world)


def dense_emissions(world, intensity, weights):
    """Emissions of the whole country with given intensities and factors on final demand, from the
    dense table.
    """
    tables, n = world.nested.to_dense(), world.footprints["output"].size
    x = world.footprints["output"].to_numpy().ravel()
    a = np.divide(
        tables["Z"].to_numpy().reshape(n, n), x[None], out=np.zeros((n, n)), where=x[None] > 0
    )
    y = (tables["Y"].to_numpy().reshape(n, *weights.shape) * weights.to_numpy()[None]).sum(
        axis=(1, 2)
    )
    other = (
        world.nested.dataset["exports"].to_numpy().ravel()
        + world.nested.dataset["error"].to_numpy().ravel()
    )
    return float(intensity.to_numpy().ravel() @ np.linalg.solve(np.eye(n) - a, y + other))


def test_the_world_has_cities_for_every_scenario(world):
    regions = world.tables["regions"]
    light, deep = (demand_cities(regions, depth, SCENARIOS) for depth in ("light", "deep"))
    assert light and set(light) <= set(deep)
    assert set(technology_cities(regions)) & set(light)


def test_a_city_at_the_benchmark_saves_nothing_whatever_its_round_off():
    mark = pd.Series({"power": 0.3})
    rows = pd.DataFrame(
        {
            "region": ["A", "B"],
            "key_sector": "power",
            "intensity": [0.3 * (1 + 4e-16), 0.3 * 1.001],
            "output": 1e9,
        }
    )
    assert rows["intensity"].iloc[0] > mark["power"]
    nothing, something = technology_savings(rows, ["A", "B"], mark)["saving_t"]
    assert nothing == 0
    assert something == pytest.approx(3e5)


def test_unsplit_provinces_are_in_no_scenario(world, result):
    provinces = set(world.regions.loc[world.regions["kind"].eq("province"), "region"])
    assert provinces and not provinces & set(result[1]["region"])


def test_key_intensity_is_inventory_emissions_over_output(world):
    row = world.intensities[world.intensities["key_sector"].eq("iron_steel")].iloc[3]
    emissions = world.inventory["emissions_inventory"].sel(
        region=row["region"], inventory_sector="4"
    )
    assert row["intensity"] == pytest.approx(
        float(emissions / world.footprints["output"].sel(region=row["region"], sector="04"))
    )


def test_national_intensity_is_the_ratio_of_sums(world):
    rows = world.intensities[world.intensities["key_sector"].eq("electricity")]
    rows = rows[rows["output"] > 0]
    assert rows["national"].iloc[0] == pytest.approx(
        rows["emissions_t"].sum() / rows["output"].sum()
    )


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
    savings = saved(world, everyone, depth)
    merged = world.intensities.merge(savings, on=["region", "key_sector"])
    bench = merged["national" if depth == "light" else "global"]
    below = merged["intensity"].isna() | (merged["intensity"] <= bench)
    assert below.any() and (~below).any()
    assert (merged.loc[below, "saving_t"] == 0).all()
    excess = merged["emissions_t"] - bench * merged["output"]
    np.testing.assert_allclose(merged.loc[~below, "saving_t"], excess[~below], rtol=1e-12)


def test_the_light_benchmark_is_the_mean_that_the_setting_names(world):
    power = world.intensities[world.intensities["key_sector"].eq("electricity")].set_index("region")
    regions = world.tables["regions"].set_index("region")
    nation = pd.Series({"2": 5e6, "4": 3e6})
    power = power[power["output"] > 0]
    sums = power.groupby(regions["province"])[["emissions_t", "output"]].sum()
    expected = {
        "national": power["emissions_t"].sum() / power["output"].sum(),
        "cities": power["intensity"][regions["kind"].ne("province")].mean(),
        "provinces": (sums["emissions_t"] / sums["output"]).mean(),
        "national_inventory": 5e6 / power["output"].sum(),
    }
    inputs = inputs_of(world, national_inventory=nation)
    for name, value in expected.items():
        assert benchmark(inputs, "light", settings(light_benchmark=name))[
            "electricity"
        ] == pytest.approx(value, rel=1e-12), name
    assert len({round(value, 6) for value in expected.values()}) == len(expected)
    chosen = technology_cities(world.tables["regions"])
    for name in expected:
        config = settings(light_benchmark=name)
        row = (
            run(world, config, national_inventory=nation)[0]
            .set_index("scenario")
            .loc["technology_light"]
        )
        saving = saved(world, chosen, "light", config, national_inventory=nation)["saving_t"].sum()
        assert row["saving_mt"] == pytest.approx(saving / 1e6)
        assert row["note"] == f"benchmark: {LIGHT[name]}"


def test_a_key_sector_that_nobody_has_saves_nothing(world):
    idle = world.intensities["key_sector"].eq("iron_steel")
    rows = world.intensities.assign(output=world.intensities["output"].mask(idle, 0.0))
    rows.loc[idle, ["intensity", "national"]] = np.nan
    for name in ("national", "cities", "provinces"):
        found = saved(
            world,
            [*world.regions["region"]],
            "light",
            settings(light_benchmark=name),
            intensities=rows,
        )
        assert (found.loc[found["key_sector"].eq("iron_steel"), "saving_t"] == 0).all(), name


def test_the_national_inventory_as_benchmark_must_be_there(world):
    config = settings(light_benchmark="national_inventory")
    with pytest.raises(DataError, match="no national inventory"):
        run(world, config)
    with pytest.raises(DataError, match="inventory sector 4 is missing"):
        run(world, config, national_inventory=pd.Series({"2": 5e6}))


def test_a_deep_benchmark_weaker_than_the_light_one_is_said_in_the_note_and_as_a_warning(world):
    def noted(benchmarks, emitted=1.0):
        rows = world.intensities.assign(
            **{"global": world.intensities["key_sector"].map(benchmarks)},
            intensity=emitted * world.intensities["intensity"],
        )
        with errors.collect_notices() as found:
            scenarios, _ = run(world, intensities=rows)
        text = scenarios.set_index("scenario").loc["technology_deep", "note"]
        return text, [n.value for n in found if "deep mitigation is weaker" in n.what]

    national = world.intensities.drop_duplicates("key_sector").set_index("key_sector")["national"]
    text, warned = noted(national * 0.5)
    assert "weaker" not in text and not warned
    text, warned = noted(national * pd.Series({"electricity": 1.2, "iron_steel": 0.5}))
    assert "weaker than the light one in electricity (" in text and "iron_steel" not in text
    assert len(warned) == 1 and warned[0].startswith("electricity")
    assert noted(national * 1.2, emitted=0.0)[1], "no city saves anything by either"


def test_the_note_of_deep_technology_gives_the_saving_with_other_global_intensities(world):
    note = run(world)[0].set_index("scenario").loc["technology_deep", "note"]
    for factor, word in ((0.8, "lower"), (1.2, "higher")):
        rows = world.intensities.assign(**{"global": factor * world.intensities["global"]})
        amount = (
            run(world, intensities=rows)[0]
            .set_index("scenario")
            .loc["technology_deep", "saving_mt"]
        )
        assert f"{amount:.4g} Mt with" in note and f"20% {word}" in note


def test_deep_technology_saves_at_least_as_much_where_the_benchmark_is_lower(world):
    everyone = [*world.regions["region"]]
    light, deep = (saved(world, everyone, d) for d in ("light", "deep"))
    lower = (
        world.intensities.set_index(["region", "key_sector"])
        .eval("`global` <= national")
        .to_numpy()
    )
    assert lower.any()
    gain = (
        deep.set_index(["region", "key_sector"])["saving_t"]
        - light.set_index(["region", "key_sector"])["saving_t"]
    )
    order = world.intensities.set_index(["region", "key_sector"]).index
    assert (gain.loc[order].to_numpy()[lower] >= 0).all()


def test_the_lower_of_both_benchmarks_never_saves_less_than_either(world):
    everyone = [*world.regions["region"]]
    both = settings(deep_benchmark="min_global_national")
    least = saved(world, everyone, "deep", both)["saving_t"]
    for depth in ("light", "deep"):
        assert (least >= saved(world, everyone, depth)["saving_t"]).all()


def test_savings_of_plausible_intensities_are_a_mode_beside_the_headline(world):
    """Electricity is bounded at the mean of the nation's intensity and the highest of a city that
    saves.
    """
    cities = technology_cities(world.tables["regions"])
    power = world.intensities[
        world.intensities["key_sector"].eq("electricity") & world.intensities["region"].isin(cities)
    ]
    bound = (power["national"].iloc[0] + power["intensity"].max()) / 2
    assert bound > power["national"].iloc[0]
    bounded = world.intensities.assign(
        plausible=np.where(world.intensities["key_sector"].eq("electricity"), bound, np.nan)
    )
    with errors.collect_notices() as kept:
        rows = run(world, intensities=bounded)[0].set_index("scenario")
    excess = ((power["intensity"] - bound).clip(lower=0) * power["output"]).sum() / 1e6
    saving = rows["saving_mt"]
    assert saving["technology_light_capped"] == pytest.approx(
        saving["technology_light"] - excess, rel=1e-12
    )
    assert (
        rows.at["technology_light", "headline"]
        and not rows.at["technology_light_capped", "headline"]
    )
    assert not [
        name for name in rows.index if name.startswith(("sum", "joint")) and "capped" in name
    ]
    pd.testing.assert_frame_equal(
        rows.drop(["technology_light_capped", "technology_deep_capped"]),
        run(world)[0].set_index("scenario"),
    )
    assert [notice.where for notice in kept if "plausible" in notice.what] == [
        "scenarios.csv, technology_light",
        "scenarios.csv, technology_deep",
    ]
    assert kept[-1].value.startswith(f"{excess:.4g} of ") and "Fix: " in kept[-1].effect


def test_missing_global_benchmark_is_refused_with_its_name(world):
    rows = world.intensities.assign(**{"global": np.nan})
    with pytest.raises(DataError, match="global_intensity.electricity"):
        saved(world, [*world.regions["region"]], "deep", intensities=rows)


def test_emissions_after_fall_by_exactly_the_savings(world):
    savings = saved(world, [*world.regions["region"]], "deep")
    before = world.inventory["emissions"]
    after = emissions_after(before, savings, world.footprints["output"], BRIDGE, INVENTORY_SECTORS)
    fall = (before - after).sum("sector").to_series()
    np.testing.assert_allclose(
        fall,
        savings.groupby("region")["saving_t"].sum().reindex(fall.index),
        rtol=1e-12,
        atol=1e-12,
    )
    assert float((before - after).sel(sector=["01", "03", "05"]).max()) == 0.0


def test_savings_above_the_emissions_are_refused(world):
    region = str(world.nested.regions[1])
    savings = pd.DataFrame({"region": [region], "key_sector": ["electricity"], "saving_t": [1e12]})
    with pytest.raises(DataError, match=region):
        emissions_after(
            world.inventory["emissions"],
            savings,
            world.footprints["output"],
            BRIDGE,
            INVENTORY_SECTORS,
        )


def test_capital_target_is_the_mean_of_the_megacities_unless_configured():
    assert capital_target(BENCHMARKS, Scenarios()) == pytest.approx(0.15)
    assert capital_target(BENCHMARKS, Scenarios(capital_target=0.3)) == 0.3


def test_capital_target_without_benchmarks_is_refused():
    with pytest.raises(DataError, match="megacity_capital_share"):
        capital_target(BENCHMARKS[:2], Scenarios())


@pytest.mark.parametrize("mode", ["shift", "cut"])
def test_a_city_at_the_target_share_changes_nothing_whatever_its_round_off(mode):
    demand = xr.DataArray(
        [[60.0, 40.0 * (1 + 4e-16)], [60.0, 40.1]],
        {"region": ["A", "B"], "category": ["homes", "works"]},
        ("region", "category"),
    )
    roles = {"homes": "household", "works": "capital"}
    same, less = demand_weights(demand, roles, ["A", "B"], 0.4, mode).sel(category="works").values
    assert same == 1
    assert less < 1


def test_shift_keeps_the_total_of_demand_and_reaches_the_target(world):
    demand, everyone = world.footprints["final_demand_total"], [*world.regions["region"]]
    target = float(capital_share(demand, ROLES).median())
    after = demand * demand_weights(demand, ROLES, everyone, target, "shift")
    np.testing.assert_allclose(after.sum("category"), demand.sum("category"), rtol=1e-12)
    expected = capital_share(demand, ROLES).clip(upper=target)
    np.testing.assert_allclose(capital_share(after, ROLES), expected, rtol=1e-12)


def test_consumption_of_households_alone_or_with_government(world):
    demand, everyone = world.footprints["final_demand_total"], [*world.regions["region"]]
    target = float(capital_share(demand, ROLES).median())
    for setting, (consumers, words) in CONSUMERS.items():
        weights = demand_weights(demand, ROLES, everyone, target, "shift", consumers)
        after = demand * weights
        np.testing.assert_allclose(after.sum("category"), demand.sum("category"), rtol=1e-12)
        np.testing.assert_allclose(
            capital_share(after, ROLES), capital_share(demand, ROLES).clip(upper=target), rtol=1e-12
        )
        gained = {
            role
            for role in ("household", "government")
            if float(weights.sel(category=names_of(role)).max()) > 1
        }
        assert gained == set(consumers)
        rows = run(world, settings(consumption=setting))[0].set_index("scenario")
        assert rows.loc["demand_light_shift", "note"] == (
            "capital share of household, government and capital demand to 0.15; the rest goes "
            f"to {words}"
        )
        chosen = demand_cities(world.tables["regions"], "light", SCENARIOS)
        fall = world.footprints["cba"] * (
            1 - demand_weights(demand, ROLES, chosen, 0.15, "shift", consumers)
        )
        assert rows.loc["demand_light_shift", "saving_mt"] == pytest.approx(
            float(fall.sum()) / 1e6, rel=1e-9
        )


def test_a_role_that_the_vocabulary_lacks_counts_in_the_share_of_capital(world):
    demand, others = world.footprints["final_demand_total"], ROLES | {"government": "charities"}
    pd.testing.assert_series_equal(
        capital_share(demand, others), capital_share(demand, ROLES), rtol=1e-12
    )
    everyone, target = [*world.regions["region"]], float(capital_share(demand, ROLES).median())
    for mode in MODES:
        weights = [
            demand_weights(demand, roles, everyone, target, mode) for roles in (ROLES, others)
        ]
        np.testing.assert_allclose(*weights, rtol=1e-12)


def test_cut_reaches_the_target_and_touches_capital_only(world):
    demand, everyone = world.footprints["final_demand_total"], [*world.regions["region"]]
    target = float(capital_share(demand, ROLES).median())
    weights = demand_weights(demand, ROLES, everyone, target, "cut")
    np.testing.assert_allclose(
        capital_share(demand * weights, ROLES),
        capital_share(demand, ROLES).clip(upper=target),
        rtol=1e-12,
    )
    assert (weights.sel(category=["households", "government", "stock_changes"]) == 1).all()
    assert float(weights.min()) < 1


@pytest.mark.parametrize("mode", ["shift", "cut"])
def test_cities_below_the_target_and_cities_not_chosen_keep_their_demand(world, mode):
    demand, everyone = world.footprints["final_demand_total"], [*world.regions["region"]]
    target = float(capital_share(demand, ROLES).median())
    weights = demand_weights(demand, ROLES, everyone[:6], target, mode)
    kept = (
        ~(capital_share(demand, ROLES) > target) | ~demand["region"].isin(everyone[:6]).to_series()
    )
    assert 0 < kept.sum() < len(everyone)
    assert (weights.sel(region=kept.index[kept]) == 1).all()


def test_sum_minus_joint_is_the_interaction(result):
    rows = result[0].set_index("scenario")
    for depth in ("light", "deep"):
        for mode in ("shift", "cut"):
            plain, joint = rows.loc[f"sum_{depth}_{mode}"], rows.loc[f"joint_{depth}_{mode}"]
            assert plain["saving_mt"] - joint["saving_mt"] == pytest.approx(
                joint["interaction_mt"], rel=1e-9, abs=1e-15
            )
            parts = (
                rows.loc[f"technology_{depth}", "saving_mt"]
                + rows.loc[f"demand_{depth}_{mode}", "saving_mt"]
            )
            assert plain["saving_mt"] == pytest.approx(parts, rel=1e-12)


@pytest.mark.parametrize("mode", ["shift", "cut"])
@pytest.mark.parametrize("depth", ["light", "deep"])
def test_joint_saving_is_the_fall_of_national_emissions_in_a_full_computation(
    world, result, depth, mode
):
    regions, f = world.tables["regions"], world.footprints
    weights = demand_weights(
        f["final_demand_total"], ROLES, demand_cities(regions, depth, SCENARIOS), 0.15, mode
    )
    savings = saved(world, technology_cities(regions), depth)
    changed = emissions_after(
        world.inventory["emissions"], savings, f["output"], BRIDGE, INVENTORY_SECTORS
    )
    before = dense_emissions(
        world, world.nested.intensity(world.inventory["emissions"]), xr.ones_like(weights)
    )
    after = dense_emissions(world, world.nested.intensity(changed), weights)
    rows = result[0].set_index("scenario")["saving_mt"] * 1e6
    assert rows[f"joint_{depth}_{mode}"] == pytest.approx(before - after, rel=1e-9)
    old = dense_emissions(world, world.nested.intensity(world.inventory["emissions"]), weights)
    assert rows[f"demand_{depth}_{mode}"] == pytest.approx(before - old, rel=1e-9)


def test_a_further_measure_is_one_entry(world, monkeypatch):
    """All final demand of the first quintile falls by a tenth: a row of its own, part of sum and
    joint, a step in figure 4.
    """
    regions, f = world.tables["regions"], world.footprints
    first = [*regions.loc[regions["quintile"].eq("Q1"), "region"]]
    less = xr.where(f["final_demand_total"]["region"].isin(first), 0.9, 1.0) * xr.ones_like(
        f["final_demand_total"]
    )
    sufficiency = SimpleNamespace(
        BASIS=BASIS, measures=lambda inputs, depth, config: {"": Measure(first, weights=less)}
    )
    monkeypatch.setitem(MEASURES, "sufficiency", sufficiency)
    scenarios, cities = run(world)
    rows = scenarios.set_index("scenario")
    names = [
        "technology_light",
        "sufficiency_light",
        "demand_light_shift",
        "sum_light_shift",
        "joint_light_shift",
    ]
    assert [*scenarios["scenario"][:5]] == names
    amounts = rows["saving_mt"] * 1e6
    assert amounts["sum_light_shift"] == pytest.approx(amounts[names[:3]].sum(), rel=1e-12)
    assert set(cities.loc[cities["scenario"].eq("sufficiency_light"), "region"]) == set(first)
    target = capital_target(BENCHMARKS, SCENARIOS)
    weights = less * demand_weights(
        f["final_demand_total"], ROLES, demand_cities(regions, "light", SCENARIOS), target, "shift"
    )
    savings = saved(world, technology_cities(regions), "light")
    changed = emissions_after(
        world.inventory["emissions"], savings, f["output"], BRIDGE, INVENTORY_SECTORS
    )
    before = dense_emissions(
        world, world.nested.intensity(world.inventory["emissions"]), xr.ones_like(weights)
    )
    after = dense_emissions(world, world.nested.intensity(changed), weights)
    assert amounts["joint_light_shift"] == pytest.approx(before - after, rel=1e-9)
    poor = deficits(regions[regions["kind"].ne("province")], "affluence_usd")
    sourced = BENCHMARKS.assign(source="printed")
    tables = {
        "scenarios": scenarios,
        "quota": quota(scenarios, 9000.0, 12200.0),
        "deficits": poor,
        "benchmarks": sourced,
    }
    figure = figure_tables.draw(
        "fig4", tables, None, Figures(dpi=72), synthetic=True, run={"name": "here", "year": 2020}
    )
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    steps = [
        "Technology side",
        "Sufficiency side",
        "Demand side",
        "Overlap, counted once",
        "New quota",
    ]
    assert names == ["Existing quota", "Light mitigation", *steps, "Deep mitigation", *steps]
    assert "All sides at once" in {label.get_text() for label in figure.axes[1].get_yticklabels()}


def test_the_configuration_offers_what_the_measures_know():
    for name, known in (
        ("demand_mode", MODES),
        ("consumption", CONSUMERS),
        ("light_benchmark", LIGHT),
        ("deep_benchmark", DEEP),
    ):
        assert get_args(Scenarios.model_fields[name].annotation) == tuple(known), name


def test_city_rows_add_up_to_the_scenarios(result):
    scenarios, cities = result
    totals = cities.groupby("scenario")["saving_mt"].sum()
    np.testing.assert_allclose(
        totals.loc[scenarios["scenario"]], scenarios["saving_mt"], rtol=1e-12
    )
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
    scenarios, _ = run(
        world, config=Scenarios(key_sectors=SCENARIOS.key_sectors, capital_target=0.99)
    )
    assert (scenarios.loc[scenarios["side"].eq("demand"), "saving_mt"] == 0).all()
    assert (scenarios.loc[scenarios["side"].eq("technology"), "saving_mt"] > 0).any()


def test_quota_on_both_bases(result):
    table = quota(result[0], 9000.0, 12200.0).set_index("scenario")
    assert [*table.columns[:3]] == ["existing_mt", "saving_mt", "new_mt"]
    assert table.loc["existing", "new_mt"] == pytest.approx(3200.0)
    row = table.loc["sum_deep_shift"]
    assert row["increase_of_existing_percent"] == pytest.approx(100 * row["saving_mt"] / 3200)
    assert row["increase_of_new_percent"] == pytest.approx(
        100 * row["saving_mt"] / (3200 + row["saving_mt"])
    )


def test_deficit_equals_a_full_computation_with_scaled_final_demand(world):
    cities = world.tables["regions"].query("kind != 'province'").set_index("region")
    f = world.footprints
    table = deficits(cities.reset_index(), "affluence_usd").set_index("case")
    for case in ("to_q3", "to_q2"):
        factors = lifting_factors(
            cities["affluence_usd"], cities["quintile"], case, table.loc[case, "target_usd"]
        )
        assert (factors > 1).any()
        weights = xr.ones_like(f["cba"])
        weights.loc[{"region": [*factors.index]}] = factors.to_numpy()[:, None]
        lifted = (
            cba_with(world.nested, multiplier=f["multiplier"], weights=weights).sum()
            - f["cba"].sum()
        )
        assert table.loc[case, "deficit_mt"] * 1e6 == pytest.approx(float(lifted), rel=1e-9)
        intensity = world.nested.intensity(world.inventory["emissions"])
        dense = dense_emissions(world, intensity, weights) - dense_emissions(
            world, intensity, xr.ones_like(weights)
        )
        assert table.loc[case, "deficit_mt"] * 1e6 == pytest.approx(dense, rel=1e-9)


def test_lifting_raises_only_cities_below_the_target():
    affluence = pd.Series([9.0, 6.0, 4.0, 2.0, 1.0, 5.0])
    quintile = pd.Series(["Q1", "Q2", "Q3", "Q4", "Q5", "Q4"])
    for case, name, factors in (
        ("to_q3", "Q3", [1, 1, 1, 2, 4, 1]),
        ("to_q2", "Q2", [1, 1, 1.5, 3, 6, 1.2]),
    ):
        assert [
            *lifting_factors(affluence, quintile, case, quintile_mean(affluence, quintile, name))
        ] == factors


def test_lifting_to_an_empty_quintile_has_no_number():
    affluence, quintile = pd.Series([9.0, 1.0]), pd.Series(["Q1", "Q5"])
    assert (
        lifting_factors(affluence, quintile, "to_q3", quintile_mean(affluence, quintile, "Q3"))
        .isna()
        .all()
    )


def test_deficits_to_targets_of_the_benchmarks(world):
    cities = world.tables["regions"].query("kind != 'province'")
    given = pd.DataFrame(
        {"parameter": ["deficit_target.to_q3", "deficit_target.to_q2"], "value": [1.0, 1.0]}
    )
    given["value"] = cities["affluence_usd"].quantile([0.35, 0.7]).to_numpy()
    benchmarks = pd.concat([BENCHMARKS, given], ignore_index=True)
    assert deficit_targets(benchmarks, SCENARIOS) is None
    targets = deficit_targets(benchmarks, settings(deficit_targets="benchmarks"))
    table = deficits(cities, "affluence_usd", targets).set_index("case")
    for case, lifted in (("to_q3", ("Q4", "Q5")), ("to_q2", ("Q3", "Q4", "Q5"))):
        target = given.set_index("parameter")["value"][f"deficit_target.{case}"]
        poor = cities[cities["quintile"].isin(lifted) & (cities["affluence_usd"] < target)]
        expected = ((target / poor["affluence_usd"] - 1) * poor["cba_demand_mt"]).sum()
        row = table.loc[case]
        assert (
            len(poor)
            and row["deficit_mt"] == pytest.approx(expected)
            and row["deficit_weighted_mt"] == row["deficit_mt"]
        )
        assert (row["cities"], row["target_usd"], row["target"]) == (
            len(poor),
            target,
            f"deficit_target.{case}",
        )
    assert [*deficits(cities, "affluence_usd")["target"]] == ["mean of Q3", "mean of Q2"]


@pytest.mark.parametrize(
    ("given", "said"), [([], "to_q3' is not there"), ([2.0], "to_q2' is not there")]
)
def test_deficit_targets_that_are_asked_for_must_be_there(given, said):
    names = ["deficit_target.to_q3", "deficit_target.to_q2"][: len(given)]
    benchmarks = pd.concat(
        [BENCHMARKS, pd.DataFrame({"parameter": names, "value": given})], ignore_index=True
    )
    with pytest.raises(DataError, match=said):
        deficit_targets(benchmarks, settings(deficit_targets="benchmarks"))


@pytest.mark.parametrize("counted", [False, True])
def test_shares_of_savings_count_households_in_numerator_and_denominator_alike(counted):
    world = analysis_world.make(inventory=Emissions(include_households=True) if counted else None)
    regions = world.tables["regions"]
    scenarios, _ = run(world)
    row = scenarios.set_index("scenario").loc["technology_light"]
    footprint = regions.loc[regions["kind"].ne("province"), "cba_mt"].sum()
    national = regions["pba_mt"].sum()
    assert row["saving_share_percent"] == pytest.approx(100 * row["saving_mt"] / footprint)
    assert row["saving_share_national_percent"] == pytest.approx(100 * row["saving_mt"] / national)


def test_intensity_table_lists_super_emitters_with_their_share_of_production(world):
    table = intensity_table(world.intensities, world.tables["regions"])
    kinds = world.tables["regions"].set_index("region")["super_emitter"]
    assert len(table) == 2 * (kinds != "none").sum()
    pba = world.tables["regions"].set_index("region")["pba_mt"]
    np.testing.assert_allclose(
        table["percent"], 100 * table["emissions_mt"] / pba[table["region"]].to_numpy()
    )
    assert (table.groupby("region")["percent"].sum() <= 100 + 1e-9).all()
