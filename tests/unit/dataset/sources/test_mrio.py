"""A given table (kind `mrio`): its forms say the same, what does not add up is booked and said,
what cannot be is refused.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from given_files import regions_of, toy, write_matlab5, write_matlab73, write_toy_lists
from nested_worlds import output_footprints

from citymrio.assessment import audit as module
from citymrio.assessment.audit import audit
from citymrio.base.errors import CityMRIOError, DataError, collect_notices
from citymrio.base.labels import read_json, read_table
from citymrio.config.models import load_config
from citymrio.dataset.contract.corrections import Corrections
from citymrio.dataset.raw_table import Lists
from citymrio.dataset.reading import make_dataset
from citymrio.dataset.sources.mrio.given import read_given
from citymrio.nested import NestedMRIO
from citymrio.nested.export import write_pymrio
from citymrio.nested.nest import given_nested

UNIT = "10^6 EUR"
HEAD = "file,row,column,printed,used,source,reason"
ROLES = {"people": "household", "capital": "capital", "stocks": "stock_changes"}


@pytest.fixture
def fields():
    return toy()[0]


@pytest.fixture
def lists():
    tables = toy()[1]
    return Lists.of(tables["regions"], tables["sectors"], tables["final_demand"])


def nested_of(table, lists):
    """The nested table of a given one."""
    labels = {"regions": lists.regions, "sectors": lists.sectors}
    return NestedMRIO.from_dataset(
        given_nested(table.cells, table.accounts, **labels, roles=ROLES, unit=UNIT)
    )


def given(path, lists, tolerance=0.05):
    """A table and what is said of it."""
    with collect_notices() as notices:
        table = read_given(path, lists, UNIT, tolerance)
    return table, notices


def test_both_versions_of_matlab_and_pymrio_hold_the_same_table(tmp_path, fields, lists):
    five, said = given(write_matlab5(tmp_path / "five.mat", fields), lists)
    seven, _ = given(write_matlab73(tmp_path / "seven.mat", fields), lists)
    write_pymrio(nested_of(five, lists), tmp_path / "folder")
    folder, _ = given(tmp_path / "folder", lists)
    assert said == []
    for other in (seven, folder):
        np.testing.assert_array_equal(other.cells, five.cells)
        for name, values in five.accounts.items():
            np.testing.assert_allclose(
                other.accounts[name], values, rtol=1e-12, atol=1e-12, err_msg=name
            )
    # sectors are fastest: row 2 is the first sector of the second region
    assert (
        five.cells[1, 0, 0, 1] == fields["Z"][2, 1] and five.cells[0, 1, 1, 2] == fields["F"][1, 3]
    )
    assert five.accounts["imports"][1, 2] == fields["IM"][0, 4 + 3]
    assert five.accounts["output"].ravel() == pytest.approx(
        fields["Z"].sum(1) + fields["F"].sum(1) + fields["EX"][:, 0]
    )


def test_labels_of_a_folder_come_in_any_order_and_may_be_names(tmp_path, fields, lists):
    write_pymrio(
        nested_of(given(write_matlab5(tmp_path / "t.mat", fields), lists)[0], lists),
        tmp_path / "folder",
    )
    turned = Lists(lists.regions[::-1], lists.sectors[::-1], lists.categories, lists.names)
    table, _ = given(tmp_path / "folder", turned)
    assert table.cells[0, 1, 1, 0] == fields["Z"][2, 1]  # A's farms to B's plants
    renamed = {**lists.names, "regions": {"x": "B", "y": "A"}}
    table, _ = given(
        tmp_path / "folder", Lists(["x", "y"], lists.sectors, lists.categories, renamed)
    )
    assert table.cells[1, 0, 0, 1] == fields["Z"][2, 1]


def test_rows_and_columns_that_do_not_add_up_are_booked_and_said(tmp_path, fields, lists):
    output = fields["Z"].sum(1) + fields["F"].sum(1) + fields["EX"][:, 0]
    output[2] += 0.5
    table, said = given(write_matlab5(tmp_path / "t.mat", {**fields, "X": output[:, None]}), lists)
    assert table.accounts["error"].ravel() == pytest.approx([0, 0, 0.5, 0], abs=1e-12)
    assert table.accounts["column_error"].ravel() == pytest.approx([0, 0, 0.5, 0], abs=1e-12)
    assert table.accounts["value_added"].ravel() == pytest.approx(
        fields["VA"][0]
    )  # as it is printed
    assert [notice.what.split()[0] for notice in said] == ["rows", "columns"]
    assert all("region A, sector farms: " in notice.value for notice in said)
    assert all("0.5 of" in notice.value for notice in said)
    nested = nested_of(table, lists)  # which refuses a table that does not close
    assert float(nested.column_error.sel(region="A", sector="farms")) == pytest.approx(0.5)
    with pytest.raises(
        DataError, match=r"region A, sector farms: the row adds up to .* \(gap 0\.5, allowed"
    ):
        given(tmp_path / "t.mat", lists, tolerance=0.001)


def in_whole_numbers(fields):
    """The table as a world table prints it: whole numbers, and a ghost in each region."""
    whole = {name: np.rint(100 * values) for name, values in fields.items()}
    whole["Z"][[0, 3]], whole["Z"][:, [0, 3]] = 0.0, 0.0
    whole["F"][[0, 3]], whole["EX"][[0, 3]], whole["IM"][:, [0, 3]] = 0.0, 0.0, 0.0
    whole["F"][0, 2] = whole["F"][3, 5] = -1.0
    whole["X"] = whole["Z"].sum(1) + whole["F"].sum(1) + whole["EX"][:, 0]
    whole["X"] = whole["X"][:, None]
    whole["VA"] = (whole["X"][:, 0] - whole["Z"].sum(0) - whole["IM"][0, :4])[None]
    whole["VA"][0, [0, 3]] = -1.0
    return whole


def test_a_table_in_whole_numbers_with_ghosts_loads(tmp_path, fields, lists):
    """It was refused row by row by shares of small outputs, and for two outputs of -1."""
    whole = in_whole_numbers(fields)
    whole["X"][1, 0] -= 3.0  # within half a unit for each of the 12 numbers of the row
    table, said = given(write_matlab5(tmp_path / "t.mat", whole), lists, tolerance=1e-6)
    assert table.accounts["output"].ravel().tolist() == [0, *whole["X"][1:3, 0], 0]
    assert table.accounts["value_added"][0, 0] == table.accounts["value_added"][1, 1] == 0
    assert table.cells[0, 0, 0, 4] == table.cells[1, 1, 1, 4] == -1  # the stock still falls
    assert table.accounts["error"].ravel().tolist() == [1, -3, 0, 1]
    assert table.accounts["column_error"].ravel().tolist() == [0, -3, 0, 0]
    assert [notice.what for notice in said] == [
        "outputs below 0 from stock changes alone",
        "rows that do not add up",
        "columns that do not add up",
    ]
    assert "output is -1" in said[0].value and "printed to 1" in said[1].expectation
    nested = nested_of(table, lists)
    carbon, output = np.array([0.0, 3.0, 5.0, 0.0]), table.accounts["output"].ravel()
    per = np.divide(1.0, output, out=np.zeros(4), where=output > 0)
    inverse = np.linalg.inv(np.eye(4) - table.cells[..., :2].reshape(4, 4) * per)
    demand = table.cells[..., 2:].sum(axis=3).reshape(4, 2)
    flows = (carbon * per)[:, None] * (inverse @ demand)
    stressor = xr.DataArray(
        carbon.reshape(2, 2),
        {"region": lists.regions, "sector": lists.sectors},
        attrs={"units": "t"},
    )
    traced = nested.trace(stressor, keep_category=False)["flows"]
    np.testing.assert_allclose(traced, flows.reshape(2, 2, 2).sum(axis=1), rtol=1e-12)


def test_everything_that_does_not_add_up_is_refused_at_once_with_the_lines_that_mend_it(
    tmp_path, fields, lists
):
    whole = in_whole_numbers(fields)
    whole["X"][1, 0] -= 400.0
    whole["X"][2, 0] += 300.0
    path = write_matlab5(tmp_path / "t.mat", whole)
    with pytest.raises(DataError) as caught:
        given(path, lists, tolerance=0.05)
    faults = caught.value.faults
    assert len(faults) == 4
    assert all(
        "t.mat,A/farms," in str(fault) or "t.mat,B/plants," in str(fault) for fault in faults
    )
    rows = [str(fault).splitlines()[-1] for fault in faults]
    (tmp_path / "corrections.csv").write_text("\n".join([HEAD, *rows]) + "\n")
    lines = Corrections.read(tmp_path / "corrections.csv")
    with collect_notices() as said:
        table = read_given(path, lists, UNIT, 1e-6, lines)
    assert table.accounts["error"].ravel().tolist() == [1, -400, 300, 1]
    assert [notice.what for notice in said][-1] == "corrected cells (4)"


def test_without_value_added_it_is_what_closes_the_columns(tmp_path, fields, lists):
    del fields["VA"]
    table, said = given(write_matlab73(tmp_path / "t.mat", fields), lists)
    assert table.accounts["value_added"].ravel() == pytest.approx(toy()[0]["VA"][0])
    assert [notice.what for notice in said] == ["value added is not given"]


def test_negative_deliveries_are_used_and_said(tmp_path, fields, lists):
    fields["Z"][0, 3] -= 5.0
    fields["F"][0, 0] += 5.0
    fields["VA"][0, 3] += 5.0
    table, said = given(write_matlab5(tmp_path / "t.mat", fields), lists)
    assert table.cells.min() == fields["Z"].min() < 0
    assert [notice.what for notice in said] == ["negative deliveries between sectors"]
    assert "B/farms to A/plants" in said[0].value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda f: f.update(Z=f["Z"][:3]),
            r"Z is 3 x 4; expected 4 x 4 \(2 regions x 2 sectors, 3 categories",
        ),
        (lambda f: f.update(F=f["F"][:, :4]), "F is 4 x 4; expected 4 x 6"),
        (lambda f: f.pop("F"), "field F is missing"),
        (
            lambda f: f.update(VA=np.ones((1, 5))),
            "the field of value added is 1 x 5; expected 4 rows or columns",
        ),
        (lambda f: f.update(Import=f["IM"]), "has both Import and IM"),
        (
            lambda f: f["Z"].__setitem__((1, 2), np.nan),
            "delivery is nan at region B, sector plants, to region A, use farms; expected a finite",
        ),
        (
            lambda f: f.update(X=np.array([[9], [9], [-9], [9.0]])),
            "region A, sector farms: output is -9",
        ),
    ],
)
@pytest.mark.parametrize("write", [write_matlab5, write_matlab73])
def test_what_is_no_table_of_these_lists_is_refused(tmp_path, fields, lists, change, words, write):
    change(fields)
    with pytest.raises(CityMRIOError, match=words):
        given(write(tmp_path / "t.mat", fields), lists)


def test_files_that_are_none_are_refused(tmp_path, lists):
    (tmp_path / "t.mat").write_bytes(b"no table")
    with pytest.raises(DataError, match="cannot be read as MATLAB 5"):
        given(tmp_path / "t.mat", lists)
    with pytest.raises(DataError, match=r"neither a pymrio folder .* nor a \.mat file"):
        given(tmp_path, lists)


def test_a_unit_is_read_in_every_spelling_and_refused_where_it_is_not_understood(
    tmp_path, fields, lists
):
    """A unit that was not understood was taken for the dataset's."""
    write_pymrio(
        nested_of(given(write_matlab5(tmp_path / "t.mat", fields), lists)[0], lists),
        tmp_path / "folder",
    )
    unit = tmp_path / "folder/unit.parquet"
    table = pd.read_parquet(unit)
    for text in ("M.EUR", "Mill EUR", "million euro"):
        table.assign(**{table.columns[0]: text}).to_parquet(unit)
        read_given(tmp_path / "folder", lists, "10^6 EUR", 0.05)
    table.assign(**{table.columns[0]: "banana"}).to_parquet(unit)
    with pytest.raises(DataError, match="the unit is 'banana'; expected '10\\^6 EUR'"):
        read_given(tmp_path / "folder", lists, "10^6 EUR", 0.05)


def test_labels_that_no_list_has_units_and_roles_are_refused(tmp_path, fields, lists):
    write_pymrio(
        nested_of(given(write_matlab5(tmp_path / "t.mat", fields), lists)[0], lists),
        tmp_path / "folder",
    )
    few = Lists(["B"], lists.sectors, lists.categories, {**lists.names, "regions": {"B": "Beta"}})
    with pytest.raises(
        DataError,
        match=r"Z\.parquet, rows: the label 'A' is neither a code nor a name of regions\.csv",
    ):
        given(tmp_path / "folder", few)
    more = Lists([*lists.regions, "C"], lists.sectors, lists.categories, lists.names)
    with pytest.raises(DataError, match=r"\(C, farms\) is missing"):
        given(tmp_path / "folder", more)
    with pytest.raises(DataError, match="the unit is '10\\^6 EUR'; expected '10\\^3 EUR'"):
        read_given(tmp_path / "folder", lists, "10^3 EUR", 0.05)
    roles = {"imports": "imports", "exports": "exports"}
    known = Lists(lists.regions, lists.sectors, lists.categories, lists.names, roles)
    with pytest.raises(
        DataError,
        match=r"'error' is neither .* of final_demand\.csv .*, or to accounts\.csv as exports "
        r"or error",
    ):
        given(tmp_path / "folder", known)
    known = Lists(
        lists.regions, lists.sectors, lists.categories, lists.names, {**roles, "error": "error"}
    )
    with pytest.raises(DataError, match=r"the factor input 'value added' is not in accounts\.csv"):
        given(tmp_path / "folder", known)


def test_the_lists_become_a_dataset_in_the_order_of_the_table(tmp_path):
    folder = write_toy_lists(tmp_path / "lists", toy()[1])
    section = {"kind": "mrio", "mrio": "t.mat", "raw_dir": str(folder), "year": 2020}
    out = tmp_path / "out"
    out.mkdir()
    read, _ = make_dataset(load_config({"dataset": section}).dataset, out)
    assert regions_of(out) == ["B", "A"]
    listed = read_table(out / "inventory_sectors.csv").set_index("inventory_sector")
    assert listed["kind"].to_dict() == {
        "farms": "production",
        "plants": "production",
        "households": "household",
    }
    assert listed.loc["plants", "key"] == "plants"
    assert read_table(out / "emissions.csv")["status"].tolist() == [
        "observed",
        "modelled",
        "observed",
        "observed",
        "imputed",
    ]
    assert read.set_index("table").loc["emissions", "note"] == "1 imputed; 1 modelled; 3 observed"
    assert read_json(out / "dataset.json")["counts"]["regions"] == 2


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("regions", lambda t: t.assign(region="A"), "region 'A' appears twice"),
        (
            "emissions",
            lambda t: t[t["region"] != "A"],
            "region 'A' has no row; expected its emissions",
        ),
        (
            "emissions",
            lambda t: t.replace("plants", "mills"),
            "column 'sector' is 'mills'; expected a code of inventory_sectors",
        ),
        (
            "emissions",
            lambda t: t.assign(emissions=-1.0),
            "column 'emissions' is -1; expected at least 0",
        ),
        (
            "sectors",
            lambda t: t.replace("farms", "households"),
            "stands for the direct emissions and use of households",
        ),
        (
            "final_demand",
            lambda t: t.replace("capital", "stock_changes"),
            "2 categories have the role 'stock_changes'; expected at most one",
        ),
    ],
)
def test_lists_with_a_fault_are_refused(tmp_path, name, change, words):
    tables = toy()[1]
    folder = write_toy_lists(tmp_path / "lists", {**tables, name: change(tables[name])})
    section = {"kind": "mrio", "mrio": "t.mat", "raw_dir": str(folder), "year": 2020}
    with pytest.raises(DataError, match=words):
        make_dataset(load_config({"dataset": section}).dataset, tmp_path / "out")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"dataset": {"kind": "mrio"}}, "kind 'mrio' needs mrio and raw_dir"),
        (
            {"uncertainty": {"members": 5}},
            "uncertainty.members cannot stand beside dataset.kind: mrio",
        ),
        ({"variants": {"other": {}}, "method": "paper"}, "method, variants cannot stand beside"),
        ({"assessment": {"known_table": "t.npz"}}, "assessment.known_table cannot stand beside"),
    ],
)
def test_what_an_estimate_is_asked_for_is_refused(more, words):
    section = {"dataset": {"kind": "mrio", "mrio": "t.mat", "raw_dir": "lists"}}
    with pytest.raises(CityMRIOError, match=words):
        load_config({**section, **json.loads(json.dumps(more))})


def audited(nested: NestedMRIO) -> pd.DataFrame:
    """Audit of a given table, with output as its stressor."""
    return audit(nested, None, None, {}, output_footprints(nested))


def test_the_audit_of_a_given_table_has_the_invariants_that_apply(
    tmp_path, fields, lists, monkeypatch
):
    fields["VA"][0, 1] -= 0.25  # what the column leaves is an account of its own
    nested = nested_of(given(write_matlab5(tmp_path / "t.mat", fields), lists)[0], lists)
    table = audited(nested)
    assert (
        table["passed"].all()
        and {"I3", "I4", "I10"}.isdisjoint(table["invariant"])
        and len(table) == 13
    )
    assert float(abs(nested.column_error).max()) == pytest.approx(0.25)
    monkeypatch.setattr(module, "LARGE", 0)
    assert {"I8", "I9"}.isdisjoint(audited(nested)["invariant"])
    fields["Z"][0, 3] -= 5.0
    fields["F"][0, 0] += 5.0
    fields["VA"][0, 3] += 5.0
    negative = audited(nested_of(given(write_matlab5(tmp_path / "t.mat", fields), lists)[0], lists))
    assert negative["passed"].all() and "I13" not in set(negative["invariant"])
