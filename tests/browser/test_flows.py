"""Flows in the page are those of the run: in whole, and of a run of many regions the largest with
the sum of all others.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from chromium import Opened
from figure_tables import make

from citymrio.base.labels import read_dataset
from citymrio.report.explorer.blocks import LOG_ERROR
from citymrio.report.explorer.page import explorer as page
from citymrio.report.explorer.payload import LARGEST, WHOLE, Material

MANY = 700
RUN = {
    "name": "Many",
    "year": 2012,
    "unit": "10^4 CNY",
    "currency": "CNY",
    "synthetic": True,
    "counts": {},
}


@pytest.fixture(scope="module")
def many(browser, tmp_path_factory):
    """A page of many regions, and its flows (origin, destination)."""
    import xarray as xr

    world = make(seed=1, cities=MANY - 4, unsplit=4)
    codes = world.tables["regions"]["region"].tolist()
    assert len(codes) == MANY > WHOLE
    flows = np.exp(np.random.default_rng(3).normal(8, 3, (MANY, MANY)))
    labels = {"origin": codes, "destination": codes}
    footprints = xr.Dataset({"flows": (("origin", "destination"), flows)}, labels)
    path: Path = tmp_path_factory.mktemp("many") / "index.html"
    tables = {
        name: world.tables[name]
        for name in ("regions", "quintiles", "structures", "flows_groups", "parameters")
    }
    path.write_text(
        page(Material(tables, footprints, {**world.run, **RUN}), {"inputs": {}}, {}),
        encoding="utf-8",
    )
    opened = Opened.open(browser, path)
    yield opened, codes, flows
    opened.close()


def test_a_run_of_many_regions_holds_the_largest_flows_and_the_sum_of_all_others(many):
    opened, codes, flows = many
    for region in (0, 17, MANY - 1):
        for function, column in (("flowsInto", flows[:, region]), ("flowsOutOf", flows[region])):
            found = opened.page.evaluate(f"code => explorer.{function}(code)", codes[region])
            order = np.argsort(-column)
            assert [entry["code"] for entry in found] == [codes[i] for i in order[:LARGEST]] + [
                None
            ]
            values = [entry["value"] for entry in found]
            assert values[:-1] == pytest.approx(column[order[:LARGEST]], rel=LOG_ERROR)
            assert values[-1] == pytest.approx(column[order[LARGEST:]].sum(), rel=LOG_ERROR)
            assert found[-1]["label"] == "others"


def test_a_flow_of_many_regions_is_known_where_it_is_among_the_largest_of_either_side(many):
    opened, codes, flows = many
    origin = int(np.argmax(flows[:, 5]))
    known = opened.page.evaluate("([a, b]) => explorer.flow(a, b)", [codes[origin], codes[5]])
    assert known == pytest.approx(flows[origin, 5], rel=LOG_ERROR)
    least = int(np.argmin(flows[:, 5]))
    assert np.argsort(-flows[least]).tolist().index(5) >= LARGEST
    assert opened.page.evaluate("([a, b]) => explorer.flow(a, b)", [codes[least], codes[5]]) is None
    assert opened.page.evaluate("code => explorer.flow(code, 'nowhere')", codes[0]) is None


def test_every_screen_of_a_run_of_many_regions_opens_without_an_error(many):
    opened, codes, _ = many
    for tab in opened.tabs():
        opened.go(tab)
        assert opened.text().strip()
    assert [line for line in opened.said if line.startswith("error")] == []


def test_flows_of_a_run_are_those_of_its_footprints(explorer, results):
    flows = read_dataset(results / "footprint/footprints.nc")["flows"]
    codes = flows["origin"].values.tolist()
    if len(codes) > WHOLE:
        pytest.skip("more regions than flows are held of in whole")
    for code in codes[:: max(1, len(codes) // 5)]:
        for function, column in (
            ("flowsInto", flows.sel(destination=code)),
            ("flowsOutOf", flows.sel(origin=code)),
        ):
            found = explorer.page.evaluate(f"code => explorer.{function}(code)", code)
            values = dict(zip(codes, column.values, strict=True))
            assert len(found) == len(codes)
            for entry in found:
                assert entry["value"] == pytest.approx(values[entry["code"]], rel=LOG_ERROR)


def test_no_column_of_the_flows_is_blank(toy_explorer):
    """Draws are of one method and of flows into a city: elsewhere their column is not there, and no
    range below an amount.
    """
    toy_explorer.page.evaluate(
        """() => {
          const { data } = explorer;
          const [region, supplier] = data.codes;
          const drawn = { p_supplier: 0.95, p_largest: 0.2, mt: 1, mt_low: 0.5, mt_high: 2 };
          data.intervals = { level: 0.9, members: 40, suppliers: 10, method: "calibrated" };
          data.rows.suppliers = [{ region, supplier, ...drawn }];
        }"""
    )
    city = toy_explorer.page.evaluate("explorer.data.codes[0]")

    def heads(**choices: str) -> list[str]:
        toy_explorer.set(tab="city", city=city, **choices)
        found = toy_explorer.page.locator("#flows-table thead th:visible .sort")
        blank = toy_explorer.page.evaluate(
            """() => {
              const rows = [...document.querySelectorAll("#flows-table tr")];
              return rows.map((row) => row.querySelectorAll(":is(td, th):not([hidden])").length);
            }"""
        )
        assert len(set(blank)) == 1
        return found.all_inner_texts()

    amounts = toy_explorer.page.locator("#flows-table tbody td:nth-child(2)")
    assert heads(direction="in") == ["City", "Amount", "Share", "Among the 10 largest", "Province"]
    assert any("to 2.00" in text for text in amounts.all_inner_texts())
    assert heads(direction="out") == ["City", "Amount", "Share", "Province"]
    assert not any("to 2.00" in text for text in amounts.all_inner_texts())
