"""Trade as tables print it: totals, one column of a pair, re-exports, known amounts, a country of
one province.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from citymrio.base.errors import DataError, collect_notices
from citymrio.dataset.printed_trade import complete_trade, settle

SECTORS = ["a", "b"]
NATION = xr.Dataset(
    {"exports": ("sector", [6.0, 0.0]), "imports": ("sector", [3.0, 10.0])},
    coords={"sector": SECTORS},
)


def table(**columns: list[float]) -> xr.Dataset:
    values = {"output": [100.0, 100.0], **columns}
    return xr.Dataset(
        {name: ("sector", np.array(v, dtype=float)) for name, v in values.items()},
        coords={"sector": SECTORS},
    )


def complete(tables, national=NATION, known=None):
    return complete_trade(tables, national, known, {code: f"table {code}" for code in tables})


def known(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["province", "sector", "exports", "imports"])


TOTALS = {
    "1": table(outflow_total=[20, 8], inflow_total=[10, 30]),
    "2": table(outflow_total=[10, -2], inflow_total=[20, 20]),
}


def test_totals_are_split_by_the_nations_shares_and_add_up_to_it():
    done = complete(TOTALS)
    assert done.faults == []
    assert [done.tables[p].exports.values.tolist() for p in "12"] == [[4.0, 0.0], [2.0, 0.0]]
    assert [done.tables[p].outflow.values.tolist() for p in "12"] == [
        [16.0, 8.0],
        [8.0, -2.0],
    ]  # what is below 0 stays at home
    assert sum(done.tables[p].imports.values for p in "12").tolist() == pytest.approx([3.0, 10.0])
    assert not any(name.endswith("_total") for name in done.tables["1"])
    assert "outflow_total" in TOTALS["1"]  # what was given is not changed


def test_what_the_nation_trades_beyond_the_provinces_columns_is_named():
    nation = NATION.assign(exports=("sector", [40.0, 0.0]))
    with collect_notices() as notices:
        done = complete(TOTALS, nation)
    assert sum(done.tables[p].exports.values for p in "12").tolist() == [30.0, 0.0]
    assert any("by 10, in sectors a" in note for note in done.notes)
    assert any(notice.value == "10 in sectors a" for notice in notices)


def test_known_amounts_come_before_the_nations_shares():
    done = complete(TOTALS, known=known(("1", "", 18.0, np.nan), ("2", "a", 7.0, 5.0)))
    one, two = done.tables["1"], done.tables["2"]
    assert one.exports.values.tolist() == [
        18.0,
        0.0,
    ]  # nothing of what the nation does not export, as long as there is room
    assert two.exports.values.tolist() == [7.0, 0.0] and two.imports.values.tolist() == [5.0, 0.0]
    assert one.imports.values.tolist() == pytest.approx([1.0, 6.0])
    done = complete(TOTALS, known=known(("1", "", 25.0, np.nan)))
    assert done.tables["1"].exports.values.sum() == pytest.approx(25.0)
    assert (done.tables["1"].outflow >= 0).all()


@pytest.mark.parametrize(
    "rows, message",
    [
        ([("1", "", 29.0, np.nan)], "exports of 29 exceed the column of both, 28"),
        ([("1", "a", 21.0, np.nan)], "exports of 21 in sector a exceed the column of both, 20"),
        (
            [("1", "a", 1.0, np.nan), ("1", "", 2.0, np.nan)],
            "rows by product and a row for all products",
        ),
    ],
)
def test_known_amounts_that_do_not_fit_are_refused(rows, message):
    (fault,) = complete(TOTALS, known=known(*rows)).faults
    assert message in str(fault)


def test_without_a_nation_every_province_needs_its_amounts():
    faults = complete(TOTALS, None).faults
    assert [fault.where for fault in faults] == ["table 1", "table 2"] * 2
    done = complete(TOTALS, None, known(("1", "", 5.0, 5.0), ("2", "", 5.0, 5.0)))
    assert done.faults == [] and done.tables["2"].imports.sum() == pytest.approx(5.0)


def test_a_total_beside_one_of_its_parts_gives_the_other():
    nan = [np.nan, np.nan]
    tables = {
        "1": table(
            outflow_total=[20, 8], exports=[5, 8], outflow=nan, imports=[1, 1], inflow=[2, 2]
        ),
        "2": TOTALS["2"],
    }
    done = complete(tables)
    assert done.tables["1"].outflow.values.tolist() == [15.0, 0.0]
    assert "status" not in done.tables["1"].outflow.attrs
    tables["1"] = tables["1"].assign(exports=("sector", [21.0, 0.0]))
    assert "exports is above outflow_total by 1 in sector a" in str(complete(tables).faults[0])


def test_a_pair_that_no_province_prints_makes_the_other_the_total_and_one_that_some_print_stays_blank():
    nan = [np.nan, np.nan]
    blank = {
        p: table(exports=t.outflow_total, imports=t.inflow_total, outflow=nan, inflow=nan)
        for p, t in TOTALS.items()
    }
    done = complete(blank)
    assert done.tables["1"].exports.values.tolist() == [4.0, 0.0]
    blank["2"] = table(exports=[1, 1], imports=[1, 1], outflow=[2, 2], inflow=[2, 2])
    assert np.isnan(
        complete(blank).tables["1"].outflow
    ).all()  # the balance takes its neighbours' shares


def test_a_country_of_one_province_trades_with_abroad_only():
    nan = [np.nan, np.nan]
    for given in (
        {"exports": [5, 6], "imports": [7, 8], "outflow": nan, "inflow": nan},
        TOTALS["1"].drop_vars("output").data_vars,
    ):
        done = complete(
            {"1": table(**{name: np.asarray(values) for name, values in given.items()})}, None
        )
        assert (
            done.faults == []
            and (done.tables["1"].outflow == 0).all()
            and (done.tables["1"].inflow == 0).all()
        )
    (one, _) = complete(
        {"1": table(exports=nan, imports=nan, outflow=[1, 1], inflow=[1, 1])}, None
    ).faults
    assert "call the column exports" in one.fix


def test_where_no_table_prints_any_trade_it_is_0():
    nan = [np.nan, np.nan]
    blank = table(exports=nan, imports=nan, outflow=nan, inflow=nan)
    done = complete({"1": blank, "2": blank}, None)
    assert done.faults == []
    for flow in ("exports", "imports", "outflow", "inflow"):
        assert done.tables["2"][flow].values.tolist() == [0.0, 0.0]
        assert done.tables["2"][flow].attrs["note"] == "printed nowhere: 0"


USE = np.array([90.0, 100.0])


def test_one_column_of_a_pair_is_the_net_or_implies_the_other():
    columns = {"output": np.array([100.0, 95.0]), "exports": np.array([10.0, -5.0])}
    found, notes = settle(USE, columns, SECTORS, 1e-9, "t")
    assert found["exports"].tolist() == [10.0, 0.0] and found["imports"].tolist() == [0.0, 5.0]
    assert "net" in notes["imports"]
    found, notes = settle(USE, {**columns, "exports": np.array([14.0, 1.0])}, SECTORS, 1e-9, "t")
    assert found["imports"].tolist() == [4.0, 6.0] and "cannot be checked" in notes["imports"]
    found, _ = settle(
        USE, {"output": columns["output"], "inflow": np.array([2.0, 8.0])}, SECTORS, 1e-9, "t"
    )
    assert found["outflow"].tolist() == [12.0, 3.0]


def test_re_exports_are_taken_out_on_both_sides_whether_exports_include_them_or_not():
    output, again = np.array([100.0, 100.0]), np.array([3.0, 0.0])
    apart = {
        "output": output,
        "exports": np.array([12.0, 4.0]),
        "imports": np.array([5.0, 4.0]),
        "re_exports": again,
    }
    inside = {**apart, "exports": apart["exports"] + again}
    for columns in (apart, inside):
        found, notes = settle(USE, columns, SECTORS, 1e-9, "t")
        assert found["exports"].tolist() == [12.0, 4.0] and found["imports"].tolist() == [2.0, 4.0]
        assert "re_exports" not in found and "re-exports of 3" in notes["exports"]
        np.testing.assert_allclose(USE + found["exports"] - found["imports"], output)
    with pytest.raises(DataError, match="re-exports are 6 in sector a"):
        settle(USE, {**apart, "re_exports": np.array([6.0, 0.0])}, SECTORS, 1e-9, "t")
    beyond = {**apart, "re_exports": np.array([6.0, 0.0]), "inflow": np.array([3.0, 0.0])}
    found, _ = settle(USE, beyond, SECTORS, 1e-9, "t")
    assert found["imports"].tolist() == [0.0, 4.0] and found["inflow"].tolist() == [2.0, 0.0]
