"""Observed outputs, exports and imports of cities are constraints: exact where they can be,
softened and reported where not.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from province_worlds import SECTORS, balanced_world, province_of

from citymrio.base.diagnostics import Diagnostics
from citymrio.base.errors import DataError
from citymrio.cities.accounts import (
    accounts_step,
    city_accounts,
    industry_imports,
    intermediate_demand,
)
from citymrio.cities.chain import estimate_province
from citymrio.cities.observations import Datum
from citymrio.cities.province import CityStep
from citymrio.cities.totals import (
    Account,
    bring_to_level,
    report_data,
    solve_account,
    solve_exactly,
)
from citymrio.config.models import Cities, Solver

CITIES = {"11": 1, "12": 2, "13": 4, "14": 6}
GOODS = "01;02;03"


@pytest.fixture(scope="module")
def world():
    return balanced_world(CITIES)


def observed(world, province, *data):
    known = world["observations"][province]
    rows = [
        known.iloc[0].to_dict()
        | dict(zip(("region", "quantity", "sectors", "value"), row, strict=True))
        for row in data
    ]
    return pd.concat([known, pd.DataFrame(rows)], ignore_index=True)


def estimate(world, province, *data, **options):
    known = observed(world, province, *data) if data else world["observations"][province]
    result = estimate_province(province_of(world, province, known, **options))
    return result.linked, result.accounts, result.diagnostics


def step_of(codes, solver=None):
    """A step that is about cities of these names."""
    return CityStep("p", list(codes), Cities(), solver or Solver(), Diagnostics("accounts"))


def meet_data(step, prior, totals, data, columns, cap=None):
    """Exports that meet the data, and what the step says of them."""
    account = Account(
        "exports",
        prior,
        totals,
        bring_to_level(step, "exports", prior, totals, data),
        columns,
        cap=cap,
    )
    result = solve_account(step, account)
    report_data(step, account, result)
    return result


def balanced(world, province, linked):
    """Sums over the cities and columns of the province hold, whatever was observed."""
    mrio, table = world["mrio"], linked["table"]
    local = table.sel(layer=["self", "intra"]).sum(["layer", "region"])
    np.testing.assert_allclose(
        local, mrio["table"].sel(origin=province, destination=province), rtol=1e-8
    )
    for name in ("output", "exports", "value_added"):
        np.testing.assert_allclose(
            linked[name].sum("region"), mrio[name].sel(province=province), rtol=1e-9
        )
    np.testing.assert_allclose(
        linked["imports"].sum("region"), mrio["imports"].sel(province=province), rtol=1e-9
    )
    inputs = (
        (table.sum(["layer", "sector"]) + linked["imports"]).sel(use=SECTORS).rename(use="sector")
    )
    np.testing.assert_allclose(inputs + linked["value_added"], linked["output"], rtol=1e-8)


def deviations(report, what):
    return report[(report["quantity"] == f"softened {what}") & (report["flag"] == "softened")]


@pytest.mark.parametrize(
    ("quantity", "codes"),
    [
        ("exports", ["01", "02", "03"]),
        ("exports", SECTORS),
        ("exports", ["02"]),
        ("output", ["02", "03"]),
        ("output", SECTORS),
    ],
)
@pytest.mark.parametrize("factor", [0.6, 1.0, 1.5])
def test_an_observed_sum_over_sectors_is_met_exactly(world, quantity, codes, factor):
    base = estimate(world, "14")[0]
    city = "1403"
    value = factor * float(base[quantity].sel(region=city, sector=codes).sum())
    linked, _, report = estimate(
        world, "14", (city, quantity, "" if codes == SECTORS else ";".join(codes), value)
    )
    assert float(linked[quantity].sel(region=city, sector=codes).sum()) == pytest.approx(
        value, rel=1e-10
    )
    assert deviations(report, quantity).empty
    assert (report["quantity"] == f"observed {quantity}: largest deviation").any()
    balanced(world, "14", linked)


@pytest.mark.parametrize(("mode", "codes"), [("by_use", ""), ("by_use", GOODS), ("by_product", "")])
@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_observed_imports_of_a_city_are_met_exactly(world, mode, codes, factor):
    base = estimate(world, "13", import_mode=mode)[0]
    city, mrio = "1302", world["mrio"].sel(province="13")
    mix = (
        1.0
        if not codes
        else (
            mrio["import_table"].sel(sector=codes.split(";")).sum("sector") / mrio["imports"]
        ).fillna(0.0)
    )

    def imports(linked):
        return float((linked["imports"].sel(region=city) * mix).sum())

    value = factor * imports(base)
    linked, _, report = estimate(world, "13", (city, "imports", codes, value), import_mode=mode)
    assert imports(linked) == pytest.approx(value, rel=1e-10)
    assert deviations(report, "imports").empty
    balanced(world, "13", linked)


def test_observed_imports_of_some_products_are_met_by_product(world):
    base, accounts, _ = estimate(world, "13", import_mode="by_product")
    goods, city = GOODS.split(";"), "1304"
    size = float(base["output"].sel(region=city).sum() / base["output"].sum())
    stored = size * float(
        world["mrio"]["import_table"].sel(province="13", sector=goods, use="stock_changes").sum()
    )
    value = 1.4 * float(accounts["imports_product"].sel(region=city, sector=goods).sum()) + stored
    linked, changed, report = estimate(
        world, "13", (city, "imports", GOODS, value), import_mode="by_product"
    )
    assert float(
        changed["imports_product"].sel(region=city, sector=goods).sum()
    ) + stored == pytest.approx(value, rel=1e-10)
    assert deviations(report, "imports").empty
    balanced(world, "13", linked)


def test_a_city_that_imports_more_buys_less_at_home(world):
    base, _, _ = estimate(world, "13")
    value = 1.5 * float(base["imports"].sel(region="1301").sum())
    linked, _, _ = estimate(world, "13", ("1301", "imports", "", value))

    def home(result):
        return float(result["table"].sel(region="1301", use=SECTORS).sum())

    assert home(linked) < home(base)


def test_exports_above_what_a_city_can_supply_are_softened_and_reported(world):
    base = estimate(world, "13")[0]
    value = 3.0 * float(base["output"].sel(region="1302", sector=GOODS.split(";")).sum())
    linked, _, report = estimate(world, "13", ("1302", "exports", GOODS, value))
    row = deviations(report, "exports")
    kept = float(linked["exports"].sel(region="1302", sector=GOODS.split(";")).sum())
    assert list(row["region"]) == ["1302"]
    assert float(row["value"].iloc[0]) == pytest.approx(kept - value)
    assert "observed" in row["note"].iloc[0]
    assert float(base["exports"].sel(region="1302", sector=GOODS.split(";")).sum()) < kept < value
    balanced(world, "13", linked)


def gave_way(report, what):
    return report[(report["quantity"] == what) & (report["flag"] == "gave way")]


def test_stock_changes_by_output_give_way_to_exports_that_are_told(world):
    """A city exports nearly all that it makes: what it was to add to its stocks is modelled, and
    went before its exports.
    """
    base = estimate(world, "13", split="joint")[0]
    stored = province_of(world, "13").stored + world["mrio"]["error"].sel(province="13").values
    sector = SECTORS[int(np.argmax(stored / base["output"].sum("region").values))]
    made = 0.5 * float(base["exports"].sel(sector=sector).sum())
    data = [("1302", "output", sector, made), ("1302", "exports", sector, 0.999 * made)]
    assert not deviations(
        estimate(world, "13", *data)[2], "exports"
    ).empty  # `split: paper` stays literal
    linked, _, report = estimate(world, "13", *data, split="joint")
    assert float(linked["output"].sel(region="1302", sector=sector)) == pytest.approx(
        made, rel=1e-10
    )
    assert float(linked["exports"].sel(region="1302", sector=sector)) == pytest.approx(
        0.999 * made, rel=1e-10
    )
    rows = gave_way(report, "modelled stock changes")
    assert (
        set(rows["sector"]) == {sector}
        and rows.set_index("region")["value"]["1302"] < 0 < rows["value"].max()
    )
    assert float(linked["stock_changes_share"].sel(sector=sector).sum()) == pytest.approx(1)
    assert deviations(report, "exports").empty
    balanced(world, "13", linked)


def test_imports_in_proportion_give_way_to_value_added_that_is_told(world):
    """A city earns more than imports in proportion leave of its output: it imports less, and the
    others import the rest.
    """
    base = estimate(world, "13", split="joint")[0]
    imported = float(base["imports"].sel(use="02").sum() / base["output"].sel(sector="02").sum())
    made = 0.2 * float(base["value_added"].sel(sector="02").sum())
    told = (1 - 0.3 * imported) * made
    data = [("1302", "output", "02", made), ("1302", "value_added", "02", told)]
    kept = float(estimate(world, "13", *data)[0]["value_added"].sel(region="1302", sector="02"))
    assert kept <= (1 - imported) * made * (1 + 1e-9)  # `split: paper` stays literal
    linked, _, report = estimate(world, "13", *data, split="joint")
    assert float(linked["output"].sel(region="1302", sector="02")) == pytest.approx(made, rel=1e-10)
    assert float(linked["value_added"].sel(region="1302", sector="02")) == pytest.approx(
        told, rel=1e-3
    )
    rows = gave_way(report, "modelled imports")
    assert (
        set(rows["sector"]) == {"02"}
        and rows.set_index("region")["value"]["1302"] < 0 < rows["value"].max()
    )
    balanced(world, "13", linked)


def test_what_industries_buy_adds_up_to_the_province_where_imports_give_way(world):
    """Inputs were cut at 0 where imports in proportion exceed what value added leaves: the split
    then found too much demand.
    """
    province = province_of(world, "13", split="joint")
    accounts, _ = city_accounts(province)
    output, added = accounts["output"].values, accounts["value_added"].values.copy()
    imported = province.import_share[1]
    total, added[0, 1] = added[:, 1].sum(), (1 - 0.3 * imported) * output[0, 1]
    added[1:, 1] *= (total - added[0, 1]) / added[1:, 1].sum()
    assert (added[0, 1] + imported * output[0, 1]) > output[0, 1]
    whole = province.domestic[:, province.industry].sum(axis=1)
    imports = industry_imports(province, output, added, accounts_step(province))
    np.testing.assert_allclose(
        intermediate_demand(province, output, added, imports).sum(axis=0), whole, rtol=1e-10
    )


@pytest.mark.parametrize("quantity", ["exports", "imports", "output"])
def test_two_data_that_contradict_each_other_are_softened_and_both_reported(world, quantity):
    base = estimate(world, "13")[0]
    whole = float(base[quantity].sel(region="1301").sum())
    data = [("1301", quantity, "", whole), ("1301", quantity, GOODS, 1.2 * whole)]
    linked, _, report = estimate(world, "13", *data)
    assert len(deviations(report, quantity)) == 2
    balanced(world, "13", linked)


def test_data_of_all_cities_are_brought_to_the_level_of_the_province(world):
    shares = {"1301": 1.0, "1302": 2.0, "1303": 3.0, "1304": 4.0}
    linked, _, report = estimate(
        world, "13", *[(city, "exports", GOODS, 1e6 * part) for city, part in shares.items()]
    )
    exports = linked["exports"].sel(sector=GOODS.split(";")).sum("sector")
    np.testing.assert_allclose(
        exports / exports.sum(), np.array(list(shares.values())) / 10, rtol=1e-10
    )
    gap = report[report["quantity"] == "exports level gap"]
    assert float(gap["value"].iloc[0]) == pytest.approx(1e7 / float(exports.sum()))
    assert deviations(report, "exports").empty


def test_a_city_that_exports_nothing_exports_nothing(world):
    linked, _, report = estimate(world, "13", ("1302", "exports", "", 0.0))
    assert float(np.abs(linked["exports"].sel(region="1302")).max()) == 0.0
    assert deviations(report, "exports").empty
    balanced(world, "13", linked)


def test_the_only_city_of_a_province_keeps_the_provinces_account_and_says_so(world):
    given = float(world["mrio"]["exports"].sel(province="11").sum())
    linked, _, report = estimate(world, "11", ("1101", "exports", "", 2 * given))
    assert float(linked["exports"].sum()) == pytest.approx(given)
    assert report.set_index("quantity").loc["exports level gap", "value"] == pytest.approx(2.0)


def test_imports_of_some_products_need_imports_by_product(world):
    bare = {**world, "mrio": world["mrio"].drop_vars("import_table")}
    with pytest.raises(DataError, match="imports are not known by product"):
        estimate(bare, "13", ("1301", "imports", GOODS, 1.0))
    estimate(
        bare,
        "13",
        ("1301", "imports", "", float(estimate(bare, "13")[0]["imports"].sel(region="1301").sum())),
    )


def test_without_data_the_prior_is_kept_to_the_last_bit():
    prior, step = np.array([[0.1, 2.0], [0.3, 6.0]]), step_of("ab")
    assert meet_data(step, prior, prior.sum(axis=0), [], ["01", "02"]) is prior
    assert step.report.rows == []


def test_a_datum_without_cells_is_reported_and_not_used():
    step = step_of("ab")
    prior, totals = np.array([[0.0, 2.0], [0.0, 6.0]]), np.array([0.0, 8.0])
    data = [Datum(0, np.array([1.0, 0.0]), 5.0, "sector 01")]
    kept = meet_data(step, prior, totals, data, ["01", "02"])
    np.testing.assert_array_equal(kept, prior)
    assert step.report.rows[0]["quantity"] == "exports not used"


def test_totals_agree_with_another_solver():
    rng = np.random.default_rng(4)
    prior = rng.lognormal(0, 1, (4, 5))
    totals = prior.sum(axis=0)
    data = [
        Datum(0, np.array([1.0, 1, 1, 0, 0]), 1.4 * prior[0, :3].sum(), "x"),
        Datum(2, np.ones(5), 0.7 * prior[2].sum(), "y"),
    ]
    cap = 2.5 * prior
    results = [
        meet_data(step_of("abcd", solver), prior, totals, data, list("vwxyz"), cap=cap)
        for solver in (Solver(), Solver(name="CLARABEL", tol_inner=1e-5, tol_outer=1e-3))
    ]
    np.testing.assert_allclose(results[0], results[1], rtol=1e-3)


def test_final_demand_or_value_added_that_one_city_alone_reports_counts_as_it_stands(world):
    base, accounts, _ = estimate(world, "14")
    mrio = world["mrio"].sel(province="14")
    capital = float(
        base["table"].sel(region="1402", use="capital").sum()
        + base["imports"].sel(region="1402", use="capital")
    )
    known = observed(world, "14", ("1402", "final_demand", "", 1.2 * capital))
    known.loc[known.index[-1], "category"] = "capital"
    result = estimate_province(province_of(world, "14", known, rho_gdp=1e3))
    linked, changed, report = result.linked, result.accounts, result.diagnostics
    domestic = float(world["mrio"]["table"].sel(destination="14", use="capital").sum())
    share = domestic / (domestic + float(mrio["imports"].sel(use="capital")))
    kept = float(changed["final_total"].sel(region="1402", category="capital"))
    assert kept == pytest.approx(1.2 * capital * share, rel=1e-3)
    slack = report.set_index("quantity").loc["softened final demand"]
    assert slack["region"] == "1402" and 1.2 * capital * share + slack["value"] == pytest.approx(
        kept, rel=1e-12
    )
    found = float(linked["table"].sel(region="1402", use="capital").sum())
    assert found == pytest.approx(1.2 * capital * share, rel=0.01)
    balanced(world, "14", linked)
    before = float(accounts["value_added"].sel(region="1402", sector="02"))
    linked, changed, _ = estimate(
        world, "14", ("1402", "value_added", "02", 0.5 * before), rho_gdp=1e3
    )
    assert float(changed["value_added"].sel(region="1402", sector="02")) == pytest.approx(
        0.5 * before, rel=0.1
    )
    balanced(world, "14", linked)


def test_industries_buy_what_value_added_and_imports_that_gave_way_leave():
    """A city that earns 30 of 50 imports 20 and not its proportional 25: nothing is cut off, and
    purchases add up.
    """
    province = SimpleNamespace(
        import_share=np.array([0.5]), gives_way=True, by_product=False, names=["01"]
    )
    step = CityStep(
        "accounts", ["a", "b"], SimpleNamespace(va_delta=0.0), None, Diagnostics("accounts")
    )
    province.domestic, province.industry = np.array([[20.0]]), np.array([0])
    output, value_added = np.array([[50.0], [50.0]]), np.array([[30.0], [0.0]])
    imports = industry_imports(province, output, value_added, step)
    assert imports == pytest.approx(np.array([[20.0], [30.0]]))
    assert intermediate_demand(province, output, value_added, imports) == pytest.approx(
        np.array([[0.0], [20.0]])
    )


@pytest.mark.parametrize("cap", [10.0, 8.0, 7.0])
def test_an_account_alone_is_the_solution_with_its_caps_where_none_binds(cap):
    prior = np.array([[4.0, 6.0], [6.0, 4.0]])
    datum = Datum(0, np.ones(2), 14.0, "all sectors")
    account = Account("exports", prior, prior.sum(axis=0), [datum], ["1", "2"])
    free = solve_account(step_of("ab"), account)
    account = replace(account, cap=np.full((2, 2), cap))
    alone = solve_exactly(step_of("ab"), account)
    assert (alone is None) == (free.max() > cap)
    if alone is not None:
        np.testing.assert_allclose(alone, solve_account(step_of("ab"), account), rtol=1e-11)
