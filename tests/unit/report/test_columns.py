"""The dictionary of columns holds every column of the tables, and docs/tables.md and the headings
of pages say what it says.
"""

from __future__ import annotations

from collections.abc import Iterable

import analysis_world
import pandas as pd
import pytest
from documents import _kind, columns_of_tables, of_carbon

from citymrio.analysis.scenarios import registry
from citymrio.base.vocabulary import ROLES
from citymrio.report.columns import described, dictionary, joined
from citymrio.report.pages import SHOWN, table_page

RUN = {"unit": "10^4 EUR", "currency": "EUR"}


def of(table: str) -> list:
    return [column for column in dictionary() if column.table == table]


def compare(table: str, names: Iterable[str]) -> None:
    """Every column is in the dictionary, and every entry of it is a column."""
    names, known = list(names), of(table)
    assert not [name for name in names if not any(column.holds(name) for column in known)], table
    assert not [column.name for column in known if not any(column.holds(name) for name in names)], (
        table
    )


@pytest.mark.parametrize("name", analysis_world.make().tables)
def test_tables_of_groups_have_the_columns_of_the_dictionary(name):
    compare(name, analysis_world.make().tables[name].columns)


def test_every_column_is_listed_once_and_says_what_it_means():
    listed = [(column.table, column.name) for column in dictionary()]
    assert len(set(listed)) == len(listed)
    assert all(column.meaning for column in dictionary())
    assert set(SHOWN) <= {table for table, _ in listed}


def test_units_are_those_of_the_dataset():
    names = ["gdp", "cba_mt", "region", "not a column"]
    found = described("regions", names, RUN)
    assert [*found] == names[:3]
    assert [column.unit for column in found.values()] == ["10^4 EUR", "Mt CO2", ""]


def test_a_column_known_by_its_name_is_not_taken_for_one_of_a_pattern():
    names = [f"cba_{role}_mt" for role in (*ROLES, "charity")]
    found = described("regions", ["cba_demand_mt", *names], RUN)
    assert "this role" not in found["cba_demand_mt"].meaning
    assert (
        len({found[name].meaning for name in names}) == 1
        and "this role" in found[names[-1]].meaning
    )


def test_a_page_has_units_and_meanings_in_its_headings():
    table = pd.DataFrame({"region": ["1"], "gdp": [1234.5], "lon": [1e-5]})
    page = table_page(table, "Regions", "here", described("regions", table.columns, RUN))
    assert (
        "<dt>GDP (<code>gdp</code>, 10^4 EUR)</dt>" in page
        and "Gross domestic product</dd>" in page
    )
    assert '<tr class="units"><td></td><td>10^4 EUR</td><td>degrees</td></tr>' in page
    assert "<td>1,234<td>1e\u22125\n" in page  # no decimals; nothing but 0 is shown as 0


def test_columns_that_an_ensemble_joins_have_units_and_meanings_too():
    names = [
        "region",
        "cba_mt",
        "ensemble_cba_mt",
        "cba_mt_low",
        "p_q1",
        "p_structure",
        "not a column",
    ]
    found = joined("regions", names, RUN)
    assert [*found] == names[:-1]
    assert [found[name].unit for name in names[1:-1]] == ["Mt CO2"] * 3 + ["1"] * 2
    assert (
        "without draws" in found["ensemble_cba_mt"].meaning
        and "without draws" not in found["cba_mt"].meaning
    )
    spread = joined(
        "quintiles", ["quintile", "cba_mt", "ensemble_cba_mt", "cba_mt_low", "cba_mt_high"], RUN
    )
    assert [column.unit for column in spread.values()] == ["", *["Mt CO2"] * 4]
    assert spread["cba_mt_low"].meaning == f"{spread['cba_mt'].meaning}: low end of its interval"
    assert "without draws" in joined("numbers", ["estimate"], RUN)["estimate"].meaning
    assert "quintile" in found["p_q1"].meaning and "structure" in found["p_structure"].meaning


def test_the_page_of_tables_is_what_the_dictionary_says(root):
    """A column is described in its table, or named there and described in the one that it names."""
    text = (root / "docs/tables.md").read_text(encoding="utf-8")
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")}
    for column in dictionary():
        if column.name.endswith("_<end>"):  # what the head of the page says of all
            continue
        carbon = column.table.removeprefix("stressor_")
        alike = carbon != column.table and of_carbon(carbon, _kind(column))
        section = sections[f"{column.table}.csv"]
        assert (f"[{carbon}]" if alike else f"`{column.name}`") in section, column
        if carbon == column.table:
            assert f"| `{column.name}` | {column.meaning}" in text, column
    assert all(f"- `{side}` (" in text for side in registry.MEASURES)


def test_what_a_column_means_in_several_tables_is_said_once():
    text = columns_of_tables()
    assert text.count(" | Code of the region |") == 1
    several, _, tables = text.partition("\n## regions.csv\n")
    assert "| `region` | Code of the region |\n" in several
    assert "| `gdp` | Gross domestic product [unit of money] |\n" in several
    assert "| `cba_mt` | Consumption-based" in tables  # it means more there


def test_a_further_measure_is_in_the_page_of_tables(monkeypatch):
    class Measure:
        """Cities eat less meat."""

        BASIS = "consumption"

    monkeypatch.setitem(registry.MEASURES, "diet", Measure)
    assert "- `diet` (consumption): Cities eat less meat.\n" in columns_of_tables()
