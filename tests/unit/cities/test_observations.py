"""Every observation counts: the finest value added, weights by reliability, shares, sources,
accounts that move together.
"""

import numpy as np
import pandas as pd
import pytest
from province_worlds import MONEY, SECTORS, balanced_world, province_of

from citymrio.base.errors import collect_notices
from citymrio.cities.chain import estimate_province
from citymrio.cities.totals import weight

CITIES = {"11": 1, "12": 2, "13": 4, "14": 6}
INDUSTRIES = ("01", "02;03", "04;05")
TOWNS = [f"140{n}" for n in range(1, 7)]


@pytest.fixture(scope="module")
def world():
    return balanced_world(CITIES)


def table(*data):
    """Observations from (region, quantity, sectors, value) and more columns by name."""
    usual = {
        "category": "",
        "unit": MONEY,
        "source": "yearbook",
        "status": "observed",
        "reliability": 0.9,
        "measure": "",
    }
    rows = []
    for *first, more in (d if isinstance(d[-1], dict) else (*d, {}) for d in data):
        rows.append(
            usual | dict(zip(("region", "quantity", "sectors", "value"), first, strict=True)) | more
        )
    columns = [
        "region",
        "quantity",
        "sectors",
        "category",
        "value",
        "unit",
        "source",
        "status",
        "reliability",
        "measure",
    ]
    return pd.DataFrame(rows, columns=columns)


def estimate(world, known, **options):
    with collect_notices() as notices:
        result = estimate_province(province_of(world, "14", known, **options))
    return result, [notice for notice in notices if "level of the observed" not in notice.what]


@pytest.fixture(scope="module")
def truth(world):
    """Accounts of cities that differ in everything, and keep the province: the data below are taken
    from them.
    """
    rng = np.random.default_rng(8)
    mrio = world["mrio"].sel(province="14")
    data = []
    for town in TOWNS:
        for j in SECTORS:
            for quantity in ("value_added", "exports"):
                value = float(mrio[quantity].sel(sector=j)) / 6 * rng.lognormal(0, 0.5)
                data.append((town, quantity, j, value, {"reliability": 0.99}))
        for category in ("households", "capital"):
            value = (
                float(world["mrio"]["table"].sel(destination="14", use=category).sum())
                / 6
                * rng.lognormal(0, 0.5)
            )
            data.append((town, "final_demand", "", value, {"category": category}))
        data.append((town, "imports", "", float(mrio["imports"].sum()) / 6 * rng.lognormal(0, 0.3)))
    return estimate(world, table(*data))[0]


def industries(truth, towns=TOWNS):
    added = truth.accounts["value_added"]
    return [
        (r, "value_added", s, float(added.sel(region=r, sector=s.split(";")).sum()))
        for r in towns
        for s in INDUSTRIES
    ]


def error(result, truth, name):
    """Error of an account, as a share of it."""
    found, true = result.accounts[name], truth.accounts[name]
    return float(abs(found - true).sum() / abs(true).sum())


# --- outputs from the finest value added
# ---------------------------------------------------------------------------------


def test_with_three_industries_outputs_follow_their_shares(world, truth):
    result, _ = estimate(world, table(*industries(truth)))
    for group in INDUSTRIES:
        added = truth.accounts["value_added"].sel(sector=group.split(";")).sum("sector")
        for j in group.split(";"):
            made = result.accounts["output"].sel(sector=j)
            np.testing.assert_allclose(made / made.sum(), added / added.sum(), rtol=1e-12)


def test_value_added_by_sector_makes_the_shares_of_outputs(world, truth):
    added = truth.accounts["value_added"]
    fine = [
        (r, "value_added", j, float(added.sel(region=r, sector=j))) for r in TOWNS for j in SECTORS
    ]
    for known in (fine, industries(truth) + fine):
        result, _ = estimate(world, table(*known))
        made = result.accounts["output"]
        np.testing.assert_allclose(
            made / made.sum("region"), added / added.sum("region"), rtol=1e-12
        )


def test_cities_with_coarser_data_are_combined_with_those_that_have_finer(world, truth):
    added, made = truth.accounts["value_added"], truth.accounts["output"]
    fine = [(r, "value_added", "02", float(added.sel(region=r, sector="02"))) for r in TOWNS[:3]]
    coarse, _ = estimate(world, table(*industries(truth)))
    finer, _ = estimate(world, table(*industries(truth), *fine))
    total = world["mrio"]["output"].sel(province="14")
    np.testing.assert_allclose(finer.accounts["output"].sum("region"), total, rtol=1e-12)
    for j in ("02", "03"):  # what the finer set leaves of the industry is the other sector's
        gap = [
            abs(
                x.accounts["output"].sel(sector=j, region=TOWNS[:3])
                - made.sel(sector=j, region=TOWNS[:3])
            ).sum()
            for x in (coarse, finer)
        ]
        assert float(gap[1]) < 0.5 * float(gap[0])
    np.testing.assert_allclose(
        finer.accounts["output"].sel(sector="05"),
        coarse.accounts["output"].sel(sector="05"),
        rtol=1e-12,
    )


def test_two_sources_of_value_added_are_averaged_by_reliability(world, truth):
    known = industries(truth)
    other = [
        (r, q, s, v * (3.0 if r == "1402" else 1.0), {"source": "other", "reliability": 0.3})
        for r, q, s, v in known
    ]
    one, _ = estimate(world, table(*known))
    both, notices = estimate(world, table(*known, *other))
    alone, _ = estimate(world, table(*other))
    share = [
        x.accounts["output"].sel(region="1402").sum() / x.accounts["output"].sum()
        for x in (one, both, alone)
    ]
    assert share[0] < share[1] < share[2] and share[1] - share[0] < 0.2 * (share[2] - share[0])
    assert any(
        "sources contradict each other on value added" in notice.what and "1402" in notice.where
        for notice in notices
    )


# --- weights, shares, sources
# --------------------------------------------------------------------------------------------


def test_a_weight_is_rho_times_the_odds_of_the_reliability():
    np.testing.assert_allclose(weight(np.array([0.9, 0.5, 0.3]), 9.0), [9.0, 1.0, 3 / 7])
    assert weight(1.0, 9.0) == weight(0.999, 9.0)


def test_the_more_a_datum_is_trusted_the_nearer_the_account_is_to_it(world):
    base, _ = estimate(world, table())
    value = 2 * float(base.accounts["exports"].sel(region="1402").sum())
    reached = []
    for trust in (0.1, 0.3, 0.6, 0.9, 0.99, 1.0):
        result, _ = estimate(world, table(("1402", "exports", "", value, {"reliability": trust})))
        reached.append(float(result.accounts["exports"].sel(region="1402").sum()) / value)
    assert reached == sorted(reached) and 0.5 < reached[0] < 0.6 and reached[3] > 0.85
    assert reached[-1] == pytest.approx(1, rel=1e-10)


@pytest.mark.parametrize(
    "quantity", ["output", "value_added", "exports", "imports", "final_demand"]
)
def test_a_datum_without_reliability_is_not_used_and_said(world, quantity):
    base, _ = estimate(world, table())
    result, notices = estimate(world, table(("1402", quantity, "", 1.0, {"reliability": 0.0})))
    for name in ("output", "value_added", "exports", "imports", "demand"):
        np.testing.assert_array_equal(result.accounts[name], base.accounts[name])
    assert [notice.what for notice in notices if "1402" in notice.where][0].endswith("is not used")
    assert list(result.used["use"]) == ["not used"] and "reliability is 0" in result.used["why"][0]


@pytest.mark.parametrize("unit", [1.0, 1e-6])
def test_shares_in_a_physical_measure_place_an_output_among_the_cities_that_report(world, unit):
    share = {"measure": "share", "unit": "MWh", "reliability": 1.0}
    base, _ = estimate(world, table())
    before = base.accounts["output"].sel(sector="02")
    known = table(
        *(
            (r, "output", "02", v * unit, share)
            for r, v in zip(TOWNS[:3], (1.0, 3.0, 4.0), strict=True)
        )
    )
    after = estimate(world, known)[0].accounts["output"].sel(sector="02")
    mine = float(before.sel(region=TOWNS[:3]).sum())
    np.testing.assert_allclose(
        after.sel(region=TOWNS[:3]), np.array([1, 3, 4]) / 8 * mine, rtol=1e-9
    )
    np.testing.assert_allclose(after.sel(region=TOWNS[3:]), before.sel(region=TOWNS[3:]), rtol=1e-9)


def test_outputs_of_a_city_without_value_added_there_do_not_depend_on_the_order_of_rows(world):
    mrio = world["mrio"].sel(province="14", sector=["02", "03"])["output"] / 6
    whole, part = float(mrio.sum()), float(mrio.sel(sector="02")) / 4
    nothing = ("1401", "value_added", "02;03", 0.0)
    told = [("1401", "output", "02;03", whole), ("1401", "output", "02", part)]
    made = [
        estimate(world, table(nothing, *data))[0].accounts["output"].sel(region="1401")
        for data in (told, told[::-1])
    ]
    np.testing.assert_allclose(*made, rtol=1e-9)
    assert float(made[0].sel(sector="02")) == pytest.approx(part, rel=0.2)
    assert float(made[0].sel(sector=["02", "03"]).sum()) == pytest.approx(whole, rel=0.2)


def test_a_share_of_nothing_leaves_a_little_and_a_single_share_says_nothing(world):
    share = {"measure": "share", "unit": "MWh"}
    base, _ = estimate(world, table())
    known = table(
        *(
            (r, "output", "02", v, share)
            for r, v in zip(TOWNS, (0.0, 3.0, 4.0, 1, 1, 1), strict=True)
        )
    )
    result, _ = estimate(world, known)
    ratio = result.accounts["output"].sel(sector="02", region="1401") / base.accounts["output"].sel(
        sector="02", region="1401"
    )
    assert 0 < float(ratio) < 0.01
    alone, notices = estimate(world, table(("1401", "output", "02", 3.0, share)))
    np.testing.assert_array_equal(alone.accounts["output"], base.accounts["output"])
    assert any("only share of its kind" in notice.effect for notice in notices)


@pytest.mark.parametrize("quantity", ["value_added", "exports", "imports", "final_demand"])
def test_shares_of_every_quantity_move_it(world, quantity):
    share = {
        "measure": "share",
        "unit": "cars",
        "category": "capital" if quantity == "final_demand" else "",
    }
    known = table(
        *((r, quantity, "", v, share) for r, v in zip(TOWNS, (6.0, 1, 1, 1, 1, 1), strict=True))
    )
    result, _ = estimate(world, known)
    if quantity == "final_demand":
        found = result.accounts["final_total"].sel(category="capital")
    else:
        found = result.accounts[quantity].sum(["use" if quantity == "imports" else "sector"])
    assert float(found.sel(region="1401") / found.sum()) == pytest.approx(6 / 11, abs=0.09)


# --- accounts that move together
# -----------------------------------------------------------------------------------------


def test_exports_above_what_a_city_makes_move_its_output(world):
    base, _ = estimate(world, table())
    mrio = world["mrio"].sel(province="14")
    sector = (mrio["exports"] / mrio["output"]).idxmax().item()
    before = base.accounts["output"].sel(sector=sector)
    town = before.idxmin().item()
    made, value = float(before.min()), 0.9 * float(mrio["exports"].sel(sector=sector))
    assert value > 1.2 * made, "the datum is above all that the city makes"
    result, _ = estimate(world, table((town, "exports", sector, value)))
    after = result.accounts.sel(region=town, sector=sector)
    assert float(after["output"]) > 1.2 * made and float(after["exports"]) > made
    assert float(after["exports"]) <= 1.05 * float(after["output"]), (
        "stock changes are negative here: they are sold as well"
    )
    np.testing.assert_allclose(result.accounts["output"].sum("region"), mrio["output"], rtol=1e-9)
    assert (result.diagnostics["quantity"] == "outputs moved by value added or exports").any()


def test_value_added_above_the_ceiling_of_a_city_moves_its_output(world):
    known = table(("1402", "output", "02", 1.0, {"reliability": 0.3}))
    low, _ = estimate(world, known)
    made = float(low.accounts["output"].sel(region="1402", sector="02"))
    result, _ = estimate(
        world,
        pd.concat([known, table(("1402", "value_added", "02", 3.0 * made))], ignore_index=True),
    )
    after = result.accounts.sel(region="1402", sector="02")
    assert float(after["output"]) > 2 * made and float(after["value_added"]) < float(
        after["output"]
    )
    total = world["mrio"].sel(province="14")
    for name in ("output", "value_added"):
        np.testing.assert_allclose(result.accounts[name].sum("region"), total[name], rtol=1e-9)


def test_accounts_that_no_datum_presses_stay_at_the_last_bit(world):
    base, _ = estimate(world, table())
    value = 1.1 * float(base.accounts["exports"].sel(region="1402").sum())
    result, _ = estimate(world, table(("1402", "exports", "01;02", value / 2)))
    for name in ("output", "value_added"):
        np.testing.assert_array_equal(result.accounts[name], base.accounts[name])
    np.testing.assert_array_equal(
        result.accounts["exports"].sel(sector="05"), base.accounts["exports"].sel(sector="05")
    )


# --- final demand of any products and categories
# --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{}, {"demand": "proxy"}, {"demand": "blend", "demand_weight": 0.5}], ids=str
)
@pytest.mark.parametrize(
    ("sectors", "category"), [("", "capital"), ("", ""), ("01;02", "households"), ("03", "")]
)
def test_observed_final_demand_moves_the_demand_of_its_products(world, options, sectors, category):
    base, _ = estimate(world, table(), **options)
    chosen = {
        "sector": sectors.split(";") if sectors else SECTORS,
        "category": [category] if category else ["households", "capital"],
    }
    before = base.accounts["final_prior"].sel(region="1402", **chosen)
    value = 2 * float(before.sum())
    result, _ = estimate(
        world, table(("1402", "final_demand", sectors, value, {"category": category})), **options
    )
    after = result.accounts["final_prior"].sel(region="1402", **chosen)
    assert (after / before > 1.5).all()
    demand = result.accounts["demand"] - base.accounts["demand"]
    gained = demand.sel(region="1402", sector=chosen["sector"])
    assert (gained > 0).all() and float(gained.sum()) == pytest.approx(
        float((after - before).sum()), rel=1e-9
    )
    np.testing.assert_allclose(
        result.accounts["demand"].sum("region"), base.accounts["demand"].sum("region"), rtol=1e-9
    )
    bought = (
        result.linked["table"]
        .sum(["layer", "sector"])
        .sel(region="1402", use=chosen["category"])
        .sum()
    )
    assert float(bought) > float(
        base.linked["table"]
        .sum(["layer", "sector"])
        .sel(region="1402", use=chosen["category"])
        .sum()
    )


# --- what became of every datum
# -------------------------------------------------------------------------------------------


def test_what_became_of_every_observation_stands_in_a_table(world, truth):
    base, _ = estimate(world, table(*industries(truth)))
    exports = float(base.accounts["exports"].sel(region="1402").sum())
    made = 0.5 * float(base.accounts["output"].sel(region="1403", sector="03"))
    more = [
        ("1402", "exports", "", 2 * exports),
        ("1403", "output", "03", made, {"reliability": 1.0}),
        ("1404", "emissions", "", 5e6, {"unit": "t CO2"}),
        ("1405", "imports", "", 3.0, {"reliability": 0.0}),
    ]
    result, _ = estimate(world, table(*industries(truth), *more))
    used = result.used
    assert len(used) == len(industries(truth)) + 4 and used["province"].eq("14").all()
    rows = used.set_index("quantity")
    sold = rows.loc["exports"]
    assert sold["prior"] == pytest.approx(exports, rel=0.05)
    assert sold["level"] == pytest.approx(sold["observed"], rel=0.05) and sold[
        "weight"
    ] == pytest.approx(10)
    assert (
        sold["slack"]
        == sold["estimate"] - sold["level"]
        < 0
        < sold["moved"]
        == sold["estimate"] - sold["prior"]
    )
    assert rows.loc["output", "estimate"] == pytest.approx(made, rel=1e-10) and np.isinf(
        rows.loc["output", "weight"]
    )
    assert rows.loc["imports", "use"] == "not used" and rows.loc["emissions", "use"] == ""
    assert (
        rows.loc["value_added", "use"].eq("used").all()
        and (rows.loc["value_added", "moved"].abs() > 0).all()
    )


# --- monotone: what is added never makes it worse
# -------------------------------------------------------------------------


def data_of(truth, world, quantity):
    """Everything of a quantity of every city, as a datum each."""
    accounts, rows = truth.accounts, []
    for r in TOWNS:
        if quantity == "final_demand":
            for k in ("households", "capital"):
                value = accounts["final_prior"].sel(region=r, category=k).sum() + accounts[
                    "imports"
                ].sel(region=r, use=k)
                rows.append((r, quantity, "", float(value), {"category": k}))
        elif quantity == "imports":
            rows.append((r, quantity, "", float(accounts["imports"].sel(region=r).sum())))
        else:
            rows += [
                (r, quantity, j, float(accounts[quantity].sel(region=r, sector=j))) for j in SECTORS
            ]
    return rows


@pytest.mark.parametrize(("noise", "tolerance"), [(0.0, 1e-6), (0.1, 0.01)], ids=["exact", "noisy"])
@pytest.mark.parametrize("towns", [TOWNS, TOWNS[1:4]], ids=["all cities", "some cities"])
@pytest.mark.parametrize(
    ("quantity", "speaks_of"),
    [
        ("value_added", ("value_added", "output")),
        ("output", ("output", "value_added")),
        ("exports", ("exports",)),
        ("imports", ("imports",)),
        ("final_demand", ("final_prior",)),
    ],
)
def test_more_data_never_raise_the_error_of_what_they_speak_of(
    world, truth, quantity, speaks_of, towns, noise, tolerance
):
    """Nor do noisy data, whose error is below that of the estimate without them."""
    rng = np.random.default_rng(3)
    known = industries(truth)
    added = [
        (r, q, s, v * rng.lognormal(0, noise), more)
        for r, q, s, v, more in (
            (*row, {}) if len(row) == 4 else row for row in data_of(truth, world, quantity)
        )
        if r in towns
    ]
    before, _ = estimate(world, table(*known))
    kinds = {(r, q, s) for r, q, s, *_ in added}
    after, _ = estimate(world, table(*(row for row in known if row[:3] not in kinds), *added))
    for name in speaks_of:
        assert error(after, truth, name) <= error(before, truth, name) + tolerance, name
    first = speaks_of[0]
    assert error(after, truth, first) < (0.75 if noise == 0 and towns == TOWNS else 0.97) * error(
        before, truth, first
    )
