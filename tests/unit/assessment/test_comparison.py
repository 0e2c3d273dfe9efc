"""Two tables side by side: a table meets itself, another one by what was changed, and what cannot
be compared is refused.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from given_world import given
from nested_worlds import inventory_of, make_world

from citymrio.analysis.change_tables import Run
from citymrio.assessment.comparison.compare import compare
from citymrio.base.concordance import read_pairs
from citymrio.base.errors import DataError, collect_notices
from citymrio.base.units import MT
from citymrio.config.models import Figures
from citymrio.footprints.footprint import footprints
from citymrio.nested import NestedMRIO
from citymrio.report.compared import page
from citymrio.report.figures.compare import CAPTIONS, draw

NONE = read_pairs(None)


@pytest.fixture(scope="module")
def run():
    world = make_world(seed=3)
    nested, inventory = world.nested, inventory_of(world)
    regions = pd.DataFrame(
        {
            "region": nested.regions,
            "name": [f"City {code}" for code in nested.regions],
            "province": nested.provinces[nested.province_of],
            "kind": "city",
            "population": 1.0,
        }
    )
    names = ["Farming", "Coal mining", "Steel", "Power stations", "Trade", "Education"]
    sectors = pd.DataFrame(
        {"sector": nested.sectors, "name": names[: nested.sectors.size], "kind": "goods"}
    )
    info = {"name": "world", "unit": "10^4 CNY", "synthetic": True}
    return Run(info, regions, sectors, nested, inventory, footprints(nested, inventory))


def changed(run, **info):
    """The run with its table cell by cell, in which the first region's households buy 40 more of a
    product of the last region.
    """
    data = given(run.nested)
    people = run.nested.sectors.size + list(run.nested.categories).index("households")
    data["province_table"][-1, 0, 0, people] += 40.0
    data["use_rest"][0, 0, people] += 40.0
    data["error"][-1, 0] -= 40.0
    return replace(run, nested=NestedMRIO(data), info={**run.info, "name": "changed", **info})


def value(tables, quantity, group="all"):
    table = tables["comparison"]
    rows = table[(table["quantity"] == quantity) & (table["group"] == group)]
    assert len(rows) == 1
    return rows["value"].iloc[0]


def test_a_run_meets_itself(run):
    tables, about = compare(run, run, NONE)
    numbers = tables["comparison"]
    wapes = numbers[numbers["note"].str.startswith("WAPE")]
    assert (wapes["value"].dropna() == 0).all()
    assert len(wapes) > 20
    assert value(tables, "footprint wape", "regions") == 0
    for quantity, group in (
        ("footprint rank correlation", "regions"),
        ("trade between pairs, correlation", "all"),
    ):
        assert value(tables, quantity, group) == pytest.approx(1)
    assert (tables["cities"]["cba_ratio"] == 1).all()
    assert tables["cells"].empty
    assert tables["left_out"].empty
    assert about["footprints_of_b"] == "its own"


def test_a_change_shows_where_it_was_made(run):
    tables, _ = compare(run, changed(run), NONE)
    regions, sectors = run.nested.regions, run.nested.sectors
    first = tables["cells"].iloc[0]
    assert [*first[["origin", "sector", "destination", "use"]]] == [
        regions[-1],
        sectors[0],
        regions[0],
        "households",
    ]
    assert first["difference"] == pytest.approx(-40)
    rest = tables["cells"]["difference"].iloc[1:].abs()
    assert rest.empty
    numbers = tables["comparison"].set_index(["quantity", "group"])
    row = numbers.loc[("cells, other_province", "households")]
    assert row["b"] - row["a"] == pytest.approx(40)
    assert row["value"] == pytest.approx(40 / row["b"])
    assert numbers.loc[("cells, same_city", "households"), "value"] == pytest.approx(0, abs=1e-12)
    assert value(tables, "trade between pairs", "other_province") == pytest.approx(
        40 / numbers.loc[("trade between pairs", "other_province"), "b"]
    )


def test_a_bare_table_carries_the_intensities_of_a(run):
    bare = replace(changed(run), inventory=None, footprints=None)
    tables, about = compare(run, bare, NONE)
    assert "intensities" in about["footprints_of_b"]
    first = tables["cities"].iloc[0]
    carbon = run.nested.multipliers(run.inventory["emissions"])
    assert first["region"] == run.nested.regions[0]
    np.testing.assert_allclose(
        -first["cba_difference_mt"] * 1e6, 40 * float(carbon[-1, 0]), rtol=1e-6
    )


def test_powers_of_ten_are_converted_and_other_currencies_refused(run):
    data = given(run.nested)
    for variable in data.data_vars.values():
        if variable.attrs["units"] != "1":
            variable.values[...] *= 1e-2
    small = replace(run, nested=NestedMRIO(data), info={**run.info, "unit": "10^6 CNY"})
    assert value(compare(run, small, NONE)[0], "cells, all", "all") == pytest.approx(0, abs=1e-12)
    with pytest.raises(DataError, match="A is in 10\\^4 CNY, B in 10\\^4 EUR"):
        compare(run, replace(run, info={**run.info, "unit": "10^4 EUR"}), NONE)
    with pytest.raises(DataError, match="output of the common regions"):
        compare(run, replace(run, info={**run.info, "unit": "10^6 CNY"}), NONE)


def renamed(run, names):
    data = given(run.nested)
    codes = [names.get(code, code) for code in run.nested.regions]
    data = data.assign_coords(region=codes, province=codes, origin_province=codes)
    data["region_province"] = data["region_province"].copy(data=np.array(codes))
    return replace(run, nested=NestedMRIO(data), inventory=None, footprints=None)


def test_labels_that_differ_are_left_out_or_named(run, tmp_path):
    code = run.nested.regions[2]
    other = renamed(run, {code: "elsewhere"})
    tables, about = compare(run, other, NONE)
    assert tables["left_out"][["kind", "table", "label"]].to_numpy().tolist() == [
        ["region", "A", code],
        ["region", "B", "elsewhere"],
    ]
    output = run.nested.dataset["output"]
    part = float(100 * output.sel(region=code).sum() / output.sum())
    assert tables["left_out"]["output_percent"].tolist() == pytest.approx([part, part])
    assert about["common"]["regions"] == run.nested.regions.size - 1
    assert code not in set(tables["cities"]["region"])
    assert 0 < about["emissions_without_intensity"] < 1
    assert "Left out, only in B: 1 of kind region (elsewhere), " in page(tables, about)
    path = tmp_path / "names.csv"
    path.write_text(f"kind,a,b\nregion,{code},elsewhere\n", encoding="utf-8")
    tables, about = compare(run, other, read_pairs(path))
    assert tables["left_out"].empty
    assert value(tables, "footprint wape", "regions") < 1e-9


def test_nothing_in_common_and_wrong_lists_are_refused(run, tmp_path):
    other = renamed(run, {code: f"x{code}" for code in run.nested.regions})
    with pytest.raises(DataError, match="no common region"):
        compare(run, other, NONE)
    path = tmp_path / "names.csv"
    for text, message in (
        ("kind,a\nregion,1\n", "column b is missing"),
        ("kind,a,b\nplace,1,2\n", "kind 'place'"),
        ("kind,a,b\nregion,1,2\nregion,1,2\n", "stand twice"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=message):
            read_pairs(path)
    with pytest.raises(DataError, match="B has no region 'nowhere'"):
        compare(run, run, {**NONE, "region": [(run.nested.regions[0], "nowhere")]})
    twice = [(run.nested.regions[0], "x"), (run.nested.regions[1], "x")]
    with pytest.raises(DataError, match="region 'x' stands twice in column b"):
        compare(run, run, {**NONE, "region": twice})


def test_sectors_of_two_classifications_are_matched_by_name_whatever_their_codes(run):
    codes = [*run.nested.sectors]
    names = [*run.sectors["name"]]
    turned = [*codes[1:], codes[0]]  # the same table under the codes of its neighbours
    data, new = given(run.nested), dict(zip(codes, turned, strict=True))
    data = data.assign_coords(sector=turned, use=[new.get(use, use) for use in data["use"].values])
    other = replace(
        run,
        nested=NestedMRIO(data),
        sectors=pd.DataFrame({"sector": turned, "name": names, "kind": "goods"}),
    )
    tables, _ = compare(run, other, NONE)
    assert tables["left_out"].empty
    assert value(tables, "cells, all", "all") == pytest.approx(0, abs=1e-12)
    unlike = replace(other, sectors=other.sectors.assign(name=["Zoo", *names[1:]]))
    tables, _ = compare(run, unlike, NONE)
    left = tables["left_out"].set_index("table")["label"]
    assert left.to_dict() == {"A": codes[0], "B": turned[0]}


def test_codes_that_two_classifications_share_join_nothing_by_themselves(run):
    codes = [*run.nested.sectors]
    elsewhere = {**run.info, "name": "elsewhere"}
    bare = replace(run, sectors=run.sectors.assign(name=codes))
    # the same codes without names: of one dataset they are the same sectors, of two nothing tells
    assert compare(bare, bare, NONE)[0]["left_out"].empty
    with pytest.raises(DataError, match="no common sector"):
        compare(bare, replace(bare, info=elsewhere), NONE)
    listed = {**NONE, "sector": [(code, code) for code in codes]}
    assert compare(bare, replace(bare, info=elsewhere), listed)[0]["left_out"].empty
    said = [{**info, "classification": "nace2"} for info in (run.info, elsewhere)]
    named = replace(bare, info=said[0]), replace(bare, info=said[1])
    tables, about = compare(*named, NONE)
    assert tables["left_out"].empty
    assert about["a"]["classification"] == about["b"]["classification"]
    # a few letters that two names share are no meaning that they share
    unlike = ["Hotels", "Zoo", "Museums", "Cement", "Fishing", "Ships"]
    other = run.sectors.assign(name=unlike[: len(codes)])
    with pytest.raises(DataError, match="no common sector"):
        compare(run, replace(run, info=elsewhere, sectors=other), NONE)


def test_intervals_of_a_stand_beside_its_numbers_and_say_how_often_they_hold_b(run):
    cba = run.footprints["cba"].sum("category").values * MT
    pba = run.footprints["pba"].values * MT
    a = replace(run, regions=run.regions.assign(pba_mt=pba))
    first = np.arange(len(cba)) == 0
    ends = {"cba_mt_low": np.where(first, 2, 0.9) * cba, "cba_mt_high": 3 * cba}
    spread = pd.DataFrame(
        {"region": run.nested.regions, **ends, "pba_mt_low": 0.9 * pba, "pba_mt_high": 1.1 * pba}
    )
    tables, about = compare(a, a, NONE, spread)
    assert value(tables, "footprint inside", "regions") == pytest.approx(1 - 1 / len(cba))
    assert value(tables, "production emissions inside", "regions") == 1.0
    cities = tables["cities"].set_index("region")
    city = run.nested.regions[0]
    assert cities.at[city, "cba_a_low_mt"] == pytest.approx(2 * cities.at[city, "cba_a_mt"])
    said = about | {"intervals_of_a": {"level": 0.9, "method": "calibrated"}}
    text = page(tables, said)
    assert "B lies in A's 90% interval (method calibrated)" in text and "interval of A" in text
    # footprints with households' direct emissions have other intervals than what is compared
    households = replace(run, regions=run.regions.assign(pba_mt=pba + 1.0))
    tables, about = compare(households, a, NONE, spread)
    assert "cba_a_low_mt" not in tables["cities"]
    assert "interval" not in page(tables, about | {"intervals_of_a": {}})


def test_both_tables_are_named_by_folder_and_year_and_two_years_are_warned_of(run):
    a = replace(run, folder="results/one", info={**run.info, "year": 2012})
    b = replace(changed(run, year=2017), folder="results/two")
    with collect_notices() as notices:
        tables, about = compare(a, b, NONE)
    assert [(about[side]["folder"], about[side]["year"]) for side in "ab"] == [
        ("results/one", 2012),
        ("results/two", 2017),
    ]
    first, second, *_ = page(tables, about).splitlines()
    assert first.startswith("A: results/one, world, 2012 (") and "2017 (" in second
    (notice,) = notices
    assert (notice.what, notice.value) == ("A and B are of two years", "2012 and 2017")
    with collect_notices() as notices:  # one year, or one that B does not say
        compare(a, a, NONE)
        about = compare(a, changed(run), NONE)[1]
    assert notices == [] and about["b"]["year"] is None
    tables, about = compare(a, replace(a, folder="results/two"), NONE)
    figure = draw("compare_map", tables, None, Figures(), run=about)
    texts = [text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text"))]
    assert any("A: results/one. B: results/two" in text for text in texts)


def test_figures_and_page_say_both_values(run):
    tables, about = compare(run, changed(run), NONE)
    for name in CAPTIONS:
        figure = draw(name, tables, None, Figures(), run=about)
        texts = [text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text"))]
        assert any("A: world. B: changed" in text for text in texts)
    text = page(tables, about)
    assert (
        f"{run.nested.regions[-1]}/{run.nested.sectors[0]} to {run.nested.regions[0]}/households"
        in text
    )
