"""A provincial MRIO of the user in place of the estimated one."""

import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from province_worlds import (
    MONEY,
    country,
    final_demand,
    observations,
    province_of,
    regions,
    sectors,
)

from citymrio.base.concordance import CLASSIFICATION, version_of
from citymrio.base.errors import DataError, collect_notices
from citymrio.base.labels import read_dataset, with_carried, write_dataset
from citymrio.base.printed_names import with_classification
from citymrio.cities.chain import estimate_province
from citymrio.config.models import Config, Provinces, Solver
from citymrio.dataset.cells import Cells
from citymrio.dataset.contract.corrections import Corrections
from citymrio.dataset.contract.tables import CORRECTIONS, read_table_cells
from citymrio.provinces.balance import balance
from citymrio.provinces.mrio import province_mrio
from citymrio.provinces.priors import run_priors
from citymrio.provinces.supplied import supplied_mrio, system_of, trade_of
from citymrio.provinces.trade import province_trade

CITIES = {"11": 1, "12": 2, "13": 4}


@pytest.fixture
def file(tmp_path):
    raw, national = country(CITIES)
    system, _ = balance(raw, national, regions(CITIES), final_demand(), Provinces(), Solver())
    trade, _ = province_trade(system, regions(CITIES), Provinces(), Solver())
    path = tmp_path / "mrio.nc"
    write_dataset(province_mrio(system, trade), path)
    return path


def read(path):
    return supplied_mrio(path, regions(CITIES), sectors(), final_demand(), 0.05, MONEY)


def test_its_cells_are_used_as_they_are_and_its_margins_make_the_system(file):
    given, mrio = read_dataset(file), read(file)
    np.testing.assert_array_equal(mrio["table"], given["table"])
    system = system_of(mrio)
    row = system["total_use"].sum("use") + system["exports"] + system["outflow"] + system["error"]
    np.testing.assert_allclose(
        row, system["output"] + system["imports"] + system["inflow"], rtol=1e-9
    )
    trade, _ = trade_of(mrio)
    np.testing.assert_allclose(
        trade["trade"].sum("destination").transpose("origin", "sector"),
        system["outflow"].values,
        rtol=1e-9,
        atol=1e-9,
    )


@pytest.mark.parametrize("mode", ["by_use", "by_product"])
def test_cities_are_estimated_from_it(file, mode):
    mrio, table = read(file), regions(CITIES)
    data = {"regions": table, "sectors": sectors(), "final_demand": final_demand()}
    world = {"mrio": mrio, "dataset": data, "observations": observations(table)}
    linked = estimate_province(province_of(world, "13", import_mode=mode)).linked
    local = linked["table"].sel(layer=["self", "intra"]).sum(["layer", "region"])
    np.testing.assert_allclose(
        local, mrio["table"].sel(origin="13", destination="13"), rtol=1e-8, atol=1e-9
    )


def test_a_table_that_does_not_balance_is_refused_with_its_place(file):
    mrio = read_dataset(file)
    mrio["table"][0, 1, 1, 2] += mrio["output"][0, 1]
    write_dataset(mrio, file)
    with pytest.raises(DataError, match=r"region 11, sector 02: the row adds up to"):
        read(file)


def test_a_small_gap_of_a_table_is_booked_and_said_and_a_cell_of_it_is_corrected(file):
    sound = read_dataset(file)
    mrio = sound.copy(deep=True)
    gap = 0.01 * float(mrio["output"][0, 1])
    mrio["exports"][0, 1] += gap
    write_dataset(mrio, file)
    with collect_notices() as notices:
        booked = read(file)
    assert float(booked["error"][0, 1]) == pytest.approx(float(sound["error"][0, 1]) - gap)
    assert [notice.what for notice in notices] == ["rows that do not add up"]
    printed, used = float(mrio["exports"][0, 1]), float(sound["exports"][0, 1])
    row = ["mrio.nc", "11/02", "exports", repr(printed), used, "yearbook", "a slip"]
    table, _ = read_table_cells(
        [(Cells("lines", [*CORRECTIONS.columns], [row], [2]), {})], CORRECTIONS
    )
    lines = Corrections.from_table("corrections.csv", table)
    tables = regions(CITIES), sectors(), final_demand()
    found = supplied_mrio(file, *tables, 1e-9, MONEY, lines)
    assert float(found["exports"][0, 1]) == used
    assert lines.unused() == []


def test_other_labels_than_the_dataset_s_are_refused(file):
    mrio = read_dataset(file).isel(sector=[1, 0, 2, 3, 4])
    write_dataset(mrio, file)
    with pytest.raises(DataError, match="dimension 'sector' has '02' where the lists have '01'"):
        read(file)


def test_a_table_of_another_classification_is_refused_though_its_codes_are_the_same(file):
    mrio = read_dataset(file)
    for said, right in ((f"mine@{version_of(sectors())}", True), ("nace2@12345678", False)):
        write_dataset(mrio.assign_attrs({CLASSIFICATION: said}), file)
        if right:
            np.testing.assert_array_equal(read(file)["output"], mrio["output"])
        else:
            with pytest.raises(DataError, match="sectors are of the classification nace2@12345678"):
                read(file)


def test_final_demand_below_0_is_carried_by_stock_changes_and_added_back(file):
    mrio = read_dataset(file)
    printed = mrio["table"].copy(deep=True)
    place = {"origin": "11", "destination": "11", "sector": "02"}
    own, other = {**place, "use": "capital"}, {**place, "destination": "12", "use": "capital"}
    for cell in (own, other):
        whole = float(printed.loc[cell])
        printed.loc[cell] = -7.0
        printed.loc[{**cell, "use": "households"}] += whole + 7.0
    write_dataset(mrio.assign(table=printed), file)
    with collect_notices() as notices:
        found = read(file)
    assert [notice.value for notice in notices if notice.what == "final demand below 0"] == [
        "2 cells, -14 in sum; the largest: -7 of 02 of 11 in capital; -7 of products from elsewhere"
    ]
    again = with_carried(found)
    assert float(again.loc[own]) == -7 and float(found["table"].loc[own]) == 0
    # what 12 buys of 11 is shared out as all stock changes are, by output
    assert float(again.loc[other]) == 0
    moved = (
        again.loc[{**other, "use": "stock_changes"}]
        - printed.loc[{**other, "use": "stock_changes"}]
    )
    assert float(moved) == pytest.approx(-7)
    xr.testing.assert_allclose(
        again.sum("use"), printed.sum("use").transpose(*again.sum("use").dims)
    )
    write_dataset(found, file)  # read again, it says the same
    xr.testing.assert_allclose(with_carried(read(file)), again)


@pytest.mark.parametrize("split", ["paper", "joint"])
def test_a_negative_use_of_an_industry_that_several_cities_share_is_refused(file, split):
    """It ended in a ValueError about a prior."""
    mrio = read(file)
    cell = {"origin": "13", "destination": "13", "sector": "02"}
    taken = float(mrio["table"].sel(destination="13", sector="02", use="03").sum()) + 7.0
    for use, more in (("03", -taken), ("04", taken)):  # every row and column adds up
        mrio["table"].loc[{**cell, "use": use}] += more
        mrio["value_added"].loc[{"province": "13", "sector": use}] -= more
    table = regions(CITIES)
    data = {"regions": table, "sectors": sectors(), "final_demand": final_demand()}
    world = {"mrio": mrio, "dataset": data, "observations": observations(table)}
    with pytest.raises(DataError, match="uses -7 of product 02 in column 03; expected at least"):
        estimate_province(province_of(world, "13", split=split))


@pytest.mark.parametrize("roles", [("capital", "capital"), ("stock_changes", "stock_changes")])
def test_final_demand_below_0_without_one_category_to_carry_it_is_refused(file, roles):
    """It became 0, and a category of another role was said to carry it."""
    mrio = read_dataset(file)
    cell = {"origin": "11", "destination": "11", "sector": "02", "use": "households"}
    mrio["table"].loc[{**cell, "use": "capital"}] += float(mrio["table"].loc[cell]) + 7.0
    mrio["table"].loc[cell] = -7.0
    write_dataset(mrio, file)
    demand = final_demand()
    demand.loc[demand["category"] != "households", "role"] = roles
    with pytest.raises(DataError) as refused:
        supplied_mrio(file, regions(CITIES), sectors(), demand, 0.05, MONEY)
    assert re.search(
        "final demand is .*-7 at origin 11, sector 02, destination 11, use households.*"
        "expected at least 0.*Fix: give one category the role stock_changes",
        str(refused.value),
    )


def test_a_missing_account_is_refused(file):
    write_dataset(read_dataset(file).drop_vars("exports"), file)
    with pytest.raises(DataError, match="variable 'exports' is missing"):
        read(file)


def test_priors_are_fitted_on_the_trade_of_a_given_table_only(tmp_path):
    """Trade estimated here would return its own prior: theta is then taken as given; a given
    table's trade is evidence.
    """
    many = {str(code): 1 for code in range(11, 18)}
    raw, national = country(many)
    system, _ = balance(raw, national, regions(many), final_demand(), Provinces(), Solver())
    trade, _ = province_trade(system, regions(many), Provinces(), Solver())
    estimate = province_mrio(system, trade)
    write_dataset(estimate, tmp_path / "mrio.nc")
    given = supplied_mrio(
        tmp_path / "mrio.nc", regions(many), sectors(), final_demand(), 0.05, MONEY
    )
    write_dataset(given, tmp_path / "given.nc")
    tables = {"regions": regions(many), "sectors": sectors(), "final_demand": final_demand()}
    theta = {}
    for name, mrio in (("estimated", estimate), ("given", read_dataset(tmp_path / "given.nc"))):
        priors = run_priors(mrio, tables, Config())
        theta[name] = priors[priors["parameter"] == "theta"]
    assert (
        theta["estimated"]["se"].isna().all()
        and theta["estimated"]["prior"].eq(Config().cities.theta).all()
    )
    assert (
        theta["given"]["se"].notna().any()
        and theta["given"]["note"].str.contains("flows of 7 regions").all()
    )


def test_a_table_of_priors_from_elsewhere_replaces_the_fit(file, tmp_path):
    mrio, tables = (
        read(file),
        {"regions": regions(CITIES), "sectors": sectors(), "final_demand": final_demand()},
    )
    rows = [
        (row.sector, row.kind, name, value)
        for row in sectors().itertuples()
        for name, value in (("theta", 0.7), ("border_effect", 2.5), ("kappa", 1.5))
    ]
    categories = [
        category for category in final_demand()["category"] if category != "stock_changes"
    ]
    demand = [
        (category, "demand", *row)
        for category in categories
        for row in (("elasticity", 0.8), ("demand_sd", 0.2))
    ]
    table = pd.DataFrame(demand + rows, columns=["sector", "kind", "parameter", "prior"])
    table = with_classification(table, sectors())
    table.to_csv(tmp_path / "priors.csv", index=False)
    config = Config.model_validate(
        {"cities": {"priors": str(tmp_path / "priors.csv")}, "method": "calibrated"}
    )
    priors = run_priors(mrio, tables, config)
    assert priors["prior"].tolist() == table["prior"].tolist()
    table.drop(columns=["sector_name", "classification"]).to_csv(
        tmp_path / "priors.csv", index=False
    )
    with pytest.raises(DataError, match="add the column sector_name"):
        run_priors(mrio, tables, config)
    table.iloc[:-1].to_csv(tmp_path / "priors.csv", index=False)
    with pytest.raises(DataError, match="no value of kappa"):
        run_priors(mrio, tables, config)
    table.iloc[1:].to_csv(tmp_path / "priors.csv", index=False)
    with pytest.raises(
        DataError, match=rf"category {categories[0]}: no value of elasticity.*kind `demand`"
    ):
        run_priors(mrio, tables, config)
    ratio = Config.model_validate(
        {
            "cities": {"priors": str(tmp_path / "priors.csv"), "demand": "ratio"},
            "method": "calibrated",
        }
    )
    assert len(run_priors(mrio, tables, ratio)) == len(table) - 1
