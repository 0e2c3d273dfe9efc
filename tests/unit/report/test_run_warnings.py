"""Warnings of a run: those that were given, and what the reports of the steps show; one per kind
and place.
"""

from __future__ import annotations

import pandas as pd
import pytest

from citymrio.assessment.headline import COLUMNS as HEADLINE
from citymrio.base.diagnostics import Diagnostics
from citymrio.base.errors import WARNING_COLUMNS
from citymrio.report.run_warnings import run_reading, run_warnings
from citymrio.report.summary import PRINTED_WARNINGS, summary

NONE = pd.DataFrame(columns=list(WARNING_COLUMNS))
GIVEN = pd.DataFrame(
    [["regions.csv, row 3", "population", "12", "some 10^5", "It is used."]],
    columns=list(WARNING_COLUMNS),
)


def balance(*changes):
    """A report of two provinces with outputs of 1000 each, and rows (province, sector, item, raw,
    balanced).
    """
    rows = [("A", "01", "output", 1000.0, 1000.0), ("B", "01", "output", 1000.0, 1000.0), *changes]
    return pd.DataFrame(rows, columns=["province", "sector", "item", "raw", "balanced"]).assign(
        factor=None, note=""
    )


def inventory(**changes):
    """Two cities of a province, as they should be but for `changes` of the second."""
    row = {
        "region": "A1",
        "province": "A",
        "total_mt": 10.0,
        "orphan_mt": 0.0,
        "target_scale": 0.9,
        "factor": 1.1,
        "status": "observed",
        "split_status": "modelled",
    }
    return pd.DataFrame([row, row | {"region": "A2"} | changes])


def intensities(value: float = 1.0, plausible: float = float("nan")):
    row = {
        "region": "A1",
        "key_sector": "coal",
        "emissions_t": 2e6,
        "intensity": 1.0,
        "national": 1.0,
        "global": 0.9,
    }
    row |= {"output": 2e6, "plausible": plausible}
    return pd.DataFrame([row, row | {"region": "A2", "intensity": value}])


def collected(**parts):
    sound = {
        "given": [NONE],
        "diagnostics": {
            "A": Diagnostics("accounts", [{"quantity": "iterations", "value": 3.0}]).table()
        },
        "trade": Diagnostics("province_trade", [{"quantity": "iterations", "value": 3.0}]).table(),
        "balance": balance(),
        "inventory": inventory(),
        "intensities": intensities(),
    }
    return run_warnings(**sound | parts)


def test_a_run_in_which_nothing_looks_wrong_has_an_empty_table_with_its_columns():
    table = collected()
    assert list(table.columns) == list(WARNING_COLUMNS)
    assert table.empty


def test_warnings_that_were_given_stand_first_and_once():
    table = collected(given=[GIVEN, NONE, GIVEN], inventory=inventory(orphan_mt=2.0))
    assert len(table) == 2
    assert table.iloc[0].tolist() == GIVEN.iloc[0].tolist()


def test_the_same_said_of_many_places_is_one_row_and_of_few_places_a_row_each():
    level = pd.DataFrame(
        [
            [f"province {k}", "another level", f"1.{k} times", "the same", "It is scaled."]
            for k in range(8)
        ],
        columns=list(WARNING_COLUMNS),
    )
    table = collected(given=[GIVEN, level, GIVEN.assign(where="regions.csv, row 9")])
    assert len(table) == 3
    assert table["where"][1] == "provinces 0, 1, 2, 3, 4 and 3 more"
    assert (
        table["value"][1]
        == "8 places: 1.0 times, 1.1 times, 1.2 times, 1.3 times, 1.4 times and 3 more"
    )
    assert len(collected(given=[level.head(5)])) == 5
    level.loc[7, "where"] = "regions.csv, row 9"
    assert (
        collected(given=[level])["where"][0]
        == "province 0, province 1, province 2, province 3, province 4 and 3 more"
    )


SOFT = [
    {
        "quantity": "softened exports",
        "region": f"A{k}",
        "value": 0.1 * k,
        "flag": "softened",
        "note": "two data disagree",
    }
    for k in range(1, 8)
]
IMPUTED = {"quantity": "value added", "value": 5.0, "flag": "imputed"}
KNOWN = {"quantity": "known trade", "value": 0.2, "flag": "softened", "note": "n"}
CASES = {
    "softened cells, in one row": (
        {"diagnostics": {"A": Diagnostics("accounts", SOFT).table()}},
        (
            "cities/A/diagnostics.csv, regions A1, A2, A3, A4, A5 and 2 more",
            "softened exports",
            "7 of them",
        ),
    ),
    "a capped amount": (
        {
            "diagnostics": {
                "A": Diagnostics(
                    "accounts", [{"quantity": "capped value added", "value": 12.0}]
                ).table()
            }
        },
        ("cities/A/diagnostics.csv", "capped value added", "12"),
    ),
    "imputed totals of two provinces, in one row": (
        {
            "diagnostics": {
                p: Diagnostics("accounts", [IMPUTED | {"region": f"{p}1"}]).table() for p in "AB"
            }
        },
        ("cities/*/diagnostics.csv, regions A1, B1", "imputed: value added", "2 of them"),
    ),
    "softened trade between provinces": (
        {"trade": Diagnostics("province_trade", [KNOWN]).table()},
        ("provinces/trade.csv", "softened: known trade", "0.2"),
    ),
    "a cell of a provincial table changed by balancing": (
        {"balance": balance(("A", "01", "imports", 500.0, 20.0), ("B", "01", "imports", 1.0, 5.0))},
        (
            "provinces/balance.csv, provinces A",
            "imports of provincial tables changed",
            "1 cells; the largest: province A",
        ),
    ),
    "trade that was not reported": (
        {"balance": balance(("B", "01", "exports: foreign share of trade", None, 0.4))},
        (
            "provinces/balance.csv, provinces B",
            "imputed: exports: foreign share of trade",
            "1 sectors of 1 provinces",
        ),
    ),
    "totals scaled far to the province": (
        {"inventory": inventory(target_scale=0.4)},
        (
            "footprint/emissions.csv, province A",
            "scaled to the inventory of their province",
            "by 0.4 (1 region)",
        ),
    ),
    "an inventory far from its prior": (
        {"inventory": inventory(factor=30.0)},
        (
            "footprint/emissions.csv, regions A2",
            "against its own inventory",
            "1 region; the largest in region A2: 30",
        ),
    ),
    "emissions without output": (
        {"inventory": inventory(orphan_mt=2.0)},
        (
            "footprint/emissions.csv, regions A2",
            "emissions of sectors without output",
            "region A2: 2",
        ),
    ),
    "an intensity beyond the nation's and the benchmark": (
        {"intensities": intensities(15.0)},
        (
            "analysis/key_intensities.csv, regions A2",
            "emission intensity of coal more than ten times the national one",
            "1 region; most in region A2: 15 t",
        ),
    ),
    "an intensity beyond what is plausible": (
        {"intensities": intensities(4.0, plausible=2.5)},
        (
            "analysis/key_intensities.csv, regions A2",
            "emission intensity of coal above what is plausible",
            "1 of 2 regions, 3 Mt above it; most in region A2: 4 t",
        ),
    ),
    "an intensity beyond the benchmark alone": (
        {"intensities": intensities(9.5)},
        (
            "analysis/key_intensities.csv, regions A2",
            "emission intensity of coal more than ten times the benchmark",
            "9.5 t",
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_the_reports_of_the_steps_show_is_said_once(name):
    parts, (where, what, value) = CASES[name]
    table = collected(**parts)
    fitting = table[table["where"].eq(where) & table["what"].str.contains(what, regex=False)]
    assert len(fitting) == 1, table
    assert value in fitting["value"].iloc[0]
    assert (table != "").all(axis=None)


def test_what_was_read_ends_with_what_was_softened_capped_and_imputed():
    read = pd.DataFrame(
        [("regions", "dataset/regions.csv", 5, ""), ("national", "", 0, "not there")],
        columns=["table", "file", "rows", "note"],
    )
    table = run_reading(
        read,
        {"A": Diagnostics("accounts", SOFT).table(), "B": Diagnostics("accounts", []).table()},
        inventory(),
    )
    rows = table.set_index("table")["rows"]
    assert (rows["regions"], rows["data softened"], rows["data capped"], rows["data imputed"]) == (
        5,
        7,
        0,
        0,
    )
    assert table.iloc[-2:].to_numpy().tolist() == [
        ["inventories of regions, totals", "footprint/emissions.csv", 2, "observed"],
        ["inventories of regions, split by sector", "footprint/emissions.csv", 2, "modelled"],
    ]


def test_the_summary_says_how_many_warnings_there_are_and_the_first():
    numbers = dict.fromkeys(
        ["cba_mt", "pba_mt", "cba_capital_mt", "cba_demand_mt", "population"], 1.0
    )
    words = {
        "region": "A1",
        "kind": "city",
        "quintile": "Q1",
        "super_emitter": "none",
        "emissions_status": "observed",
    }
    regions = pd.DataFrame([numbers | words])
    text = summary(
        run={
            "name": "Toy",
            "year": 2020,
            "synthetic": False,
            "unit": "10^6 EUR",
            "price_basis": "basic prices",
        },
        regions=regions,
        headline=pd.DataFrame(columns=HEADLINE),
        method="",
        verdict={"invariants": 16, "largest_relative_error": 1e-12},
        accuracy=None,
        warnings=pd.concat([GIVEN.assign(where=f"row {k}") for k in range(9)]),
        outputs={},
    )
    assert (
        "  warnings                                                   9 in warnings.csv\n  - "
        "row 0: population: 12\n" in text
    )
    assert f"row {PRINTED_WARNINGS}" not in text
    assert "... and 4 more: tables/warnings.csv" in text
