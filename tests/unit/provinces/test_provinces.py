"""Balancing of the provincial system and the provincial MRIO (method 0.2, 16 R1-R4)."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from province_worlds import COUNTRY as CITIES
from province_worlds import assert_identities, balanced, country, mrio_of, regions

from citymrio.base.concordance import version_of
from citymrio.base.diagnostics import Diagnostics
from citymrio.base.errors import BalanceError, DataError, collect_notices
from citymrio.config.models import Provinces, Solver
from citymrio.provinces import steps, trade
from citymrio.provinces.steps import gras_scale
from citymrio.provinces.trade import province_trade
from citymrio.trade.flows import zero_diagonal_trade


def test_a_balanced_country_that_sums_to_the_nation_is_left_unchanged():
    raw, national = country(CITIES)
    system, _ = balanced(raw, national)
    for p, table in raw.items():
        for name in ("output", "exports", "imports", "outflow", "inflow", "error"):
            np.testing.assert_allclose(system[name].sel(province=p), table[name], rtol=1e-9)
        np.testing.assert_allclose(
            system["total_use"].sel(province=p), table["total_use"], rtol=1e-9, atol=1e-9
        )


def test_calibration_reaches_every_national_cell_and_closes_trade():
    raw, national = country(CITIES)
    scaled = {
        p: table.map(lambda v, f=f: v * f)
        for f, (p, table) in zip((1.1, 0.9, 1.3, 1.05, 0.8), raw.items(), strict=True)
    }
    system, _ = balanced(scaled, national)
    np.testing.assert_allclose(
        system["total_use"].sum("province"), national["total_use"], rtol=1e-10
    )
    np.testing.assert_allclose(
        system["outflow"].sum("province"), system["inflow"].sum("province"), rtol=1e-12
    )
    assert_identities(mrio_of(system))


def test_the_mrio_satisfies_b1_and_b2_and_reproduces_use():
    raw, national = country(CITIES)
    system, _ = balanced(raw, national)
    mrio = mrio_of(system)
    assert_identities(mrio)
    drawn = mrio["table"].sum("origin").rename(destination="province") + mrio["import_table"]
    np.testing.assert_allclose(
        drawn.transpose("province", "sector", "use"), system["total_use"], rtol=1e-9, atol=1e-9
    )


def test_variant_none_keeps_output_and_closes_trade_in_the_error_account():
    raw, national = country(CITIES)
    raw["13"]["outflow"] = raw["13"]["outflow"] * 1.01
    raw["13"]["error"] = raw["13"]["error"] - raw["13"]["outflow"] / 1.01 * 0.01
    system, _ = balanced(raw, None, calibrate="none")
    np.testing.assert_array_equal(system["output"].sel(province="13"), raw["13"]["output"])
    np.testing.assert_allclose(
        system["outflow"].sum("province"), system["inflow"].sum("province"), rtol=1e-12
    )
    assert_identities(mrio_of(system))


def test_variant_none_stops_above_err_tol_and_names_the_place():
    raw, _ = country(CITIES)
    raw["13"]["outflow"] = raw["13"]["outflow"] * 3
    raw["13"]["error"] = raw["13"]["error"] - raw["13"]["outflow"] * (2 / 3)
    with pytest.raises(BalanceError, match=r"province 1\d, sector 0\d.*err_tol"):
        balanced(raw, None, calibrate="none", err_tol=0.02)


def with_sums_of_trade(table):
    total = table["exports"] + table["outflow"]
    return table.assign(
        exports=total.assign_attrs(table["exports"].attrs),
        imports=(table["imports"] + table["inflow"]).assign_attrs(table["imports"].attrs),
        outflow=xr.full_like(total, np.nan),
        inflow=xr.full_like(total, np.nan),
    )


@pytest.mark.parametrize("calibrate", ["national", "none"])
def test_trade_that_no_province_reports_apart_is_refused(calibrate):
    raw, national = country(CITIES)
    raw = {code: with_sums_of_trade(table) for code, table in raw.items()}
    with pytest.raises(DataError, match=r"province 11.*exports and outflow.*Fix: print"):
        balanced(raw, national, calibrate=calibrate)


def test_a_province_without_outflow_takes_its_neighbours_foreign_share():
    raw, national = country(CITIES)
    raw["12"] = with_sums_of_trade(raw["12"])
    system, report = balanced(raw, national)
    assert (system["outflow"].sel(province="12") > 0).all()
    assert report.loc[report["province"] == "12", "note"].str.contains("neighbours").any()
    assert_identities(mrio_of(system))


def test_outflow_beyond_own_output_is_transit_and_leaves_a_home_share():
    raw, national = country(CITIES)
    table = raw["11"]
    extra = table["output"]
    raw["11"] = table.assign(outflow=table["outflow"] + extra, inflow=table["inflow"] + extra)
    system, _ = balanced(raw, national)
    assert (system["transit"].sel(province="11") > 0).any()
    assert (system["local"].sel(province="11") > 0).all()
    assert_identities(mrio_of(system))


def test_value_added_above_the_cap_is_refused():
    raw, national = country(CITIES)
    with pytest.raises(BalanceError, match="value added"):
        balanced(raw, national, va_cap=0.2)


def test_exports_above_national_output_are_refused():
    raw, national = country(CITIES)
    national["exports"][1] = float(national["output"][1]) * 1.5
    with pytest.raises(BalanceError, match=r"exports.*sector|sector 02.*exports"):
        balanced(raw, national)


@pytest.mark.parametrize(
    ("row", "total"),
    [
        ([4.0, -1.0, 2.0], 3.0),
        ([4.0, -1.0, 2.0], -2.0),
        ([-3.0, -1.0, 0.0], -8.0),
        ([2.0, 1.0, 0.0], 9.0),
    ],
)
def test_gras_reaches_the_total_and_keeps_signs(row, total):
    result = gras_scale(np.array(row), total, np.full(3, 1 / 3))
    assert result.sum() == pytest.approx(total, rel=1e-12)
    assert (np.sign(result) == np.sign(row)).all()


def test_closing_net_trade_gives_the_net_and_keeps_the_product():
    out, inf = np.array([5.0, 2.0, 0.0, 3.0]), np.array([1.0, 4.0, 2.0, 0.0])
    net = np.array([1.5, 3.0, 2.0, -1.0])
    new_out, new_inf = steps.close_net_trade(out, inf, net)
    np.testing.assert_allclose(new_out - new_inf, net, rtol=1e-14)
    np.testing.assert_allclose(new_out * new_inf, out * inf, rtol=1e-12)
    assert (new_out >= 0).all() and (new_inf >= 0).all()


def as_known(trade, factor=1.0):
    """The table of a known trade: origin, destination, sector, value, as a file of another source
    would hold it.
    """
    table = (trade["trade"] * factor).to_series().rename("value").reset_index()
    return table[table["value"] > 0]


def other_trade(system):
    """A trade with the margins of `system` that gravity would never give: estimated from a random
    reference.
    """
    codes, sectors = system["province"].values.tolist(), system["sector"].values.tolist()
    margins = [
        system[name].transpose("province", "sector").values for name in ("outflow", "inflow")
    ]
    q = np.exp(np.random.default_rng(3).normal(0, 2, (len(codes), len(codes))))
    values = zero_diagonal_trade(
        *margins,
        q,
        regions=codes,
        sectors=sectors,
        name="t",
        solver=Solver(),
        report=Diagnostics("province_trade"),
    )
    return xr.Dataset(
        {"trade": (("sector", "origin", "destination"), values)},
        {"sector": sectors, "origin": codes, "destination": codes},
    )


def test_sums_that_differ_by_round_off_are_no_contradiction():
    """Outflow and inflow of a drawn country differed by 1.5e-12 of their sums: the solver found its
    constraints to contradict.
    """
    outflow, inflow = np.array([[3.0], [2.0], [4.0]]), np.array([[2.5], [3.5], [3.0]])
    labels = {"regions": ["a", "b", "c"], "sectors": ["1"], "name": "t", "solver": Solver()}
    plain, shifted = (
        zero_diagonal_trade(
            outflow, inflow * (1 + gap), np.ones((3, 3)), report=Diagnostics("trade"), **labels
        )
        for gap in (0.0, 4e-12)
    )
    np.testing.assert_allclose(shifted, plain, rtol=1e-9)
    np.testing.assert_allclose(shifted.sum(axis=2).T, outflow, rtol=1e-11)


def estimated(system, path=None, **options):
    trade, _ = province_trade(
        system, regions(CITIES), Provinces(trade_known=path and str(path), **options), Solver()
    )
    return trade["trade"].transpose("sector", "origin", "destination").values


def test_trade_is_exact_when_the_true_trade_is_the_known_one_in_any_unit(tmp_path, monkeypatch):
    system, _ = balanced(*country(CITIES))
    truth = other_trade(system)
    as_known(truth, factor=0.014).to_csv(tmp_path / "known.csv", index=False)
    true = truth["trade"].values

    def gap(*known):
        return np.abs(estimated(system, *known) - true).sum() / true.sum()

    assert gap() > 0.2 and gap(tmp_path / "known.csv") < 0.05
    monkeypatch.setattr(trade, "KNOWN_WEIGHT", 1 - 1e-9)
    assert gap(tmp_path / "known.csv") < 1e-7


def test_a_sector_without_known_trade_keeps_the_gravity_reference(tmp_path):
    system, _ = balanced(*country(CITIES))
    table = as_known(other_trade(system))
    table[table["sector"] != table["sector"].iloc[0]].to_csv(tmp_path / "known.csv", index=False)
    found, plain = estimated(system, tmp_path / "known.csv"), estimated(system)
    np.testing.assert_allclose(found[0], plain[0], rtol=1e-7, atol=1e-9 * plain[0].max())
    assert np.abs(found[1:] - plain[1:]).sum() > 0.1 * plain[1:].sum()


def test_a_known_trade_of_another_classification_is_joined_by_name_or_refused(tmp_path):
    system, _ = balanced(*country(CITIES))
    codes = system["sector"].values.tolist()
    words = ["Agriculture", "Coal mining", "Steel works", "Electricity supply", "Trade"]
    sectors = pd.DataFrame({"sector": codes, "name": words[: len(codes)]})
    names = dict(zip(codes, words, strict=False))
    table, path = as_known(other_trade(system)), tmp_path / "known.csv"
    config = Provinces(trade_known=str(path))

    def joined(shown):
        shown.to_csv(path, index=False)
        with collect_notices() as notices:
            made, _ = province_trade(system, regions(CITIES), config, Solver(), names=sectors)
        return [notice.what for notice in notices], made["trade"].values

    named = table.assign(sector_name=table["sector"].map(names))
    said, plain = joined(named)
    assert said == []
    with pytest.raises(DataError, match="no named classification.*Fix: add the column sector_name"):
        joined(table)
    with pytest.raises(DataError, match="is of china2012@12345678 classification"):
        joined(table.assign(classification="china2012@12345678"))
    said, own = joined(table.assign(classification=f"mine@{version_of(sectors)}"))
    assert said == [] and (own == plain).all()
    # the same trade under the codes of a classification that begins with the second sector
    turned = dict(zip(codes, [*codes[1:], codes[0]], strict=True))
    said, moved = joined(named.assign(sector=named["sector"].map(turned)))
    assert said == ["sectors are joined by name"]
    np.testing.assert_allclose(moved, plain, rtol=1e-9)
    # one sector here that is two there: their trade is added up
    halves = [named.assign(value=named["value"] / 2), named.assign(value=named["value"] / 2)]
    halves[1] = halves[1].assign(sector="x" + named["sector"].astype(str))
    said, summed = joined(pd.concat(halves))
    np.testing.assert_allclose(summed, plain, rtol=1e-9)
    other = named.assign(sector_name=named["sector_name"].replace("Coal mining", "Zoo"))
    with pytest.raises(DataError, match=f"has the name of {codes[1]} 'Zoo'.*provinces.concordance"):
        joined(other)
    listed = tmp_path / "names.csv"
    listed.write_text("kind,a,b\nsector,Zoo,Coal mining\n")
    config = Provinces(trade_known=str(path), concordance=str(listed))
    np.testing.assert_allclose(joined(other)[1], plain, rtol=1e-9)
    # one sector there that is two here
    one = other[other["sector_name"].ne("Agriculture")]
    listed.write_text("kind,a,b\nsector,Zoo,Coal mining\nsector,Zoo,Agriculture\n")
    made = joined(one)[1]
    reference = joined(
        pd.concat(
            [
                one,
                one[one["sector_name"].eq("Zoo")].assign(
                    sector=codes[0], sector_name="Agriculture"
                ),
            ]
        )
    )[1]
    np.testing.assert_allclose(made, reference, rtol=1e-9)
    listed.write_text("kind,a,b\nsector,Zoo,Animals\n")
    with pytest.raises(DataError, match="the dataset has no sector 'Animals'"):
        joined(other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="value"), "column value is missing"),
        (lambda t: t.assign(origin="99"), "origin '99' is unknown"),
        (lambda t: t.assign(value=-1.0), "is not a number >= 0"),
        (lambda t: t.iloc[[0, 0]], "is given twice"),
    ],
)
def test_a_known_trade_that_cannot_be_read_is_refused_with_its_row(tmp_path, change, message):
    system, _ = balanced(*country(CITIES))
    change(as_known(other_trade(system))).to_csv(tmp_path / "known.csv", index=False)
    with pytest.raises(DataError, match=message):
        estimated(system, tmp_path / "known.csv")


@pytest.mark.parametrize("calibrate", ["national", "none"])
@pytest.mark.parametrize(
    ("name", "sign"), [("exports", 1), ("imports", -1), ("outflow", 1), ("inflow", -1)]
)
def test_negative_trade_is_said_and_balanced_away(name, sign, calibrate):
    raw, national = country(CITIES)
    with collect_notices() as none:
        balanced(raw, national, calibrate=calibrate, err_tol=1.0)
    assert not [notice for notice in none if "negative" in notice.what]
    table = raw["13"].copy(deep=True)
    size = float(table[name][0])
    table[name][0] -= 2 * size
    table["error"][0] += sign * 2 * size
    with collect_notices() as notices:
        system, _ = balanced(raw | {"13": table}, national, calibrate=calibrate, err_tol=1.0)
    said = [notice for notice in notices if "negative" in notice.what]
    assert [notice.what for notice in said] == [
        f"negative {name} (amounts below 0 in all provinces: 1)"
    ]
    assert said[0].where.startswith("province 13, sector")
    assert float(said[0].value) == pytest.approx(-size, rel=1e-5)
    assert (system[name] >= 0).all()
