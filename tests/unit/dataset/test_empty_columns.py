"""Tables without a row: columns of names stay names in newer versions of pandas, whatever they are
mapped to.
"""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from citymrio.base.errors import collect_notices
from citymrio.config.models import Figures
from citymrio.dataset.contract.inventories import tonnes
from citymrio.emissions.activity import row_emissions
from citymrio.report import run_warnings
from citymrio.report.figures.ensemble import value_of_data

FUELS = pd.DataFrame({"fuel": ["coal"], "emission_factor": [2.0]})


@pytest.fixture(autouse=True)
def newer_pandas(monkeypatch):
    """`Series.map` of pandas 3.1, which does not look at what an empty column of names is mapped
    to.
    """
    plain = pd.Series.map

    def mapped(self, *given, **more):
        return (
            self.copy()
            if self.empty and isinstance(self.dtype, pd.StringDtype)
            else plain(self, *given, **more)
        )

    monkeypatch.setattr(pd.Series, "map", mapped)


def empty(names, numbers):
    columns = {name: pd.Series([], dtype="str") for name in names} | {
        name: pd.Series([], dtype=float) for name in numbers
    }
    return pd.DataFrame(columns)


def test_an_inventory_without_rows_has_no_emissions():
    rows = row_emissions(empty(["inventory_sector", "fuel"], ["activity", "emissions"]), FUELS)
    assert rows["emissions"].dtype == float and rows.empty


def test_activity_times_factor_where_fuels_are_blank_or_known():
    table = pd.DataFrame(
        {
            "fuel": pd.Series(["", "coal"], dtype="str"),
            "activity": [None, 3.0],
            "emissions": [5.0, None],
        }
    )
    assert row_emissions(table, FUELS)["emissions"].tolist() == [5.0, 6.0]
    assert row_emissions(table.iloc[:1], FUELS)["emissions"].tolist() == [5.0]


def test_a_table_of_inventories_without_rows_adds_up_to_nothing():
    frame = empty(["province", "inventory_sector", "fuel"], ["activity", "emissions"])
    tables = {"fuels": SimpleNamespace(frame=FUELS), "inventory": SimpleNamespace(frame=frame)}
    assert tonnes(SimpleNamespace(tables=tables), "inventory").sum() == 0.0


def test_provincial_tables_that_balancing_left_alone_warn_of_nothing():
    with collect_notices() as notices:
        run_warnings._of_balance(empty(["province", "item", "sector"], ["raw", "balanced"]))
    assert notices == []


def test_the_figure_of_the_value_of_data_stands_without_a_single_datum():
    columns = ["target", "region", "sectors", "category", "kind", "words", "lacking", "name"]
    table = empty(columns, ["width", "fall_pct", "se_pct", "expected"])
    run = {"name": "made-up country", "year": 2012}
    figure = value_of_data({"value_of_data": table}, None, Figures(dpi=72), synthetic=True, run=run)
    assert len(figure.axes) == 2
