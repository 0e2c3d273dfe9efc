"""`provinces.calibrate: none`: tables that do not close over the nation are carried, their gaps in
named accounts.
"""

from dataclasses import replace

import numpy as np
import pytest
from small_countries import audit_of, audited, failed, tiny, toy

from citymrio.base.errors import BalanceError, collect_notices
from citymrio.chain.estimate import estimate
from citymrio.config.models import load_config
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.china import build as china

NONE = {"calibrate": "none", "err_tol": 1.0}


def with_tables(country, change):
    """The country with its provincial tables changed in place by `change(code, table)`; rows of the
    tables stay closed.
    """
    provinces = {code: table.copy(deep=True) for code, table in country.provinces.items()}
    for code, table in provinces.items():
        change(code, table)
    return replace(country, provinces=provinces)


def move(table, sector, amounts):
    """Add amounts to accounts of one sector."""
    for name, amount in amounts.items():
        table[name].loc[{"sector": sector}] = table[name].sel(sector=sector) + amount


def rows_close(system):
    left = system["total_use"].sum("use") + system["exports"] + system["outflow"] + system["error"]
    right = system["output"] + system["imports"] + system["inflow"]
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(
        system["outflow"].sum("province"), system["inflow"].sum("province"), rtol=1e-9, atol=1e-6
    )


@pytest.mark.parametrize("country", [toy, tiny])
def test_printed_tables_are_carried_to_the_audit(country):
    result, table = audited(country(), provinces=NONE)
    assert not failed(table)
    rows_close(result.system)
    printed = np.stack([country().provinces[code]["output"] for code in country().codes])
    np.testing.assert_array_equal(result.system["output"], printed)


def test_sales_that_nobody_buys_are_error_and_said():
    """The north sends out ten times what the south takes in."""
    amount = float(toy().provinces["NO"]["outflow"].sel(sector="MAN")) * 9
    room = float(toy().provinces["NO"]["total_use"].sel(sector="MAN", use="capital"))
    amount = min(amount, 0.9 * room)

    def change(code, table):
        if code == "NO":
            move(table, "MAN", {"outflow": amount})
            table["total_use"].loc[{"sector": "MAN", "use": "capital"}] -= amount

    country = with_tables(toy(), change)
    with collect_notices() as notices:
        result, table = audited(country, provinces=NONE)
    assert not failed(table)
    rows_close(result.system)
    assert float(result.system["error"].sel(sector="MAN").sum()) == pytest.approx(amount, rel=1e-6)
    assert [notice.what for notice in notices] == [
        "the provinces' trade does not close over the nation"
    ]
    with pytest.raises(
        BalanceError,
        match="miss balance by more than err_tol 0.05 .*demand for the product is 0.* times its "
        "supply",
    ):
        audited(country, provinces={"calibrate": "none"})


def test_exports_beyond_output_pass_through():
    """A harbour exports what it does not make: what comes in for it and goes out abroad is transit,
    no supply of its own.
    """
    extra = float(toy().provinces["NO"]["output"].sel(sector="MAN"))
    country = with_tables(
        toy(),
        lambda code, table: (
            move(table, "MAN", {"exports": extra, "inflow": extra}) if code == "NO" else None
        ),
    )
    result, table = audited(country, provinces=NONE)
    assert not failed(table)
    rows_close(result.system)
    harbour, printed = (
        result.system.sel(province="NO", sector="MAN"),
        country.provinces["NO"].sel(sector="MAN"),
    )
    beyond = float(printed["exports"] - printed["output"])
    assert beyond > 0
    assert float(harbour["transit"]) >= beyond * (1 - 1e-9)  # and what it was printed to send on
    assert float(harbour["exports"]) == pytest.approx(float(printed["exports"]) - beyond)


def test_imports_beyond_use_pass_through():
    extra = 1.1 * float(toy().provinces["SO"]["total_use"].sel(sector="ENE").sum())
    country = with_tables(
        toy(),
        lambda code, table: (
            move(table, "ENE", {"imports": extra, "outflow": extra}) if code == "SO" else None
        ),
    )
    result, table = audited(country, provinces=NONE)
    assert not failed(table)
    rows_close(result.system)
    assert float(result.system["transit"].sel(province="SO", sector="ENE")) > 0
    assert float(result.system["imports"].min()) >= 0


def test_a_printed_column_that_is_rounded_leaves_the_rounding_to_value_added():
    def change(code, table):
        table["value_added"].loc[{"sector": "MAN", "item": "wages"}] += 0.9

    result, table = audited(with_tables(toy(), change), provinces=NONE)
    assert not failed(table)


def test_a_product_that_nobody_has_to_sell_is_refused_in_one_message():
    def change(code, table):
        table["total_use"].loc[{"use": "ENE"}] = 0.0
        freed = table["output"].sel(sector="ENE")
        move(
            table,
            "ENE",
            {"inflow": freed, "output": -freed, "exports": -table["exports"].sel(sector="ENE")},
        )
        table["value_added"].loc[{"sector": "ENE"}] = 0.0
        rest = (
            table["output"]
            + table["imports"]
            + table["inflow"]
            - table["total_use"].sum("use")
            - table["exports"]
            - table["outflow"]
        )
        table["total_use"].loc[{"use": "households"}] += rest

    with pytest.raises(
        BalanceError,
        match="sector ENE: the provinces use .* none has any to sell .*as printed it cannot be "
        "balanced",
    ):
        audited(with_tables(toy(), change), provinces=NONE)


def test_china_as_printed_is_carried_to_the_audit(shared, tmp_path):
    """133 of its 1302 rows miss balance by more than their output; exports exceed output in 43."""
    config = load_config(
        {
            "dataset": {"kind": "china", "raw_dir": str(shared / "data/china2012/raw")},
            "provinces": NONE,
        }
    )
    china.build(config.dataset, tmp_path)
    result = estimate(DatasetFolder.read(tmp_path), config)
    assert not failed(audit_of(result, config))
    rows_close(result.system)
    assert float(
        abs(result.system["error"]).sum() / result.system["output"].sum()
    ) == pytest.approx(0.12, abs=0.005)
