"""The page shows what the tables of the run hold: scenarios, deficits, flows and where their arrows
point.
"""

from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd
import pytest

from citymrio.base.labels import read_dataset, read_table
from citymrio.base.units import MT
from citymrio.report.explorer.blocks import LOG_ERROR

EXACT = 1e-9
NEAR = 14.0  # pixels


def same(rows: list[dict], table: pd.DataFrame, name: str) -> None:
    """Rows of the page are those of a table: every number to 1e-9, every text as it is."""
    assert len(rows) == len(table) > 0, name
    for column in table.columns:
        if column == "note":
            continue
        ours = [row[column] for row in rows]
        if pd.api.types.is_numeric_dtype(table[column]) and not pd.api.types.is_bool_dtype(
            table[column]
        ):
            got = np.array([np.nan if value is None else value for value in ours], float)
            np.testing.assert_allclose(
                got, table[column].to_numpy(float), rtol=EXACT, atol=0, err_msg=f"{name}.{column}"
            )
        else:
            expected = [
                None if pd.isna(value) or value == "" else value
                for value in table[column].astype(object)
            ]
            assert [value if value != "" else None for value in ours] == expected, (name, column)


def test_scenarios_and_deficits_that_the_page_computes_are_those_of_the_tables(explorer, results):
    found = explorer.page.evaluate("explorer.scenario({})")
    for name in ("scenarios", "deficits"):
        table = read_table(results / f"tables/{name}.csv")
        if not len(table):
            assert found[name] == []
            continue
        same(found[name], table, name)


def test_scenarios_and_groups_are_by_the_method_in_sight(explorer, results):
    """What the page computes, and shows, is what the analysis of the estimate by that method has."""
    start, analysed = (
        explorer.state(),
        explorer.page.evaluate("Object.keys(explorer.data.analysed ?? {})"),
    )
    if not analysed:
        pytest.skip("a run of one method")
    (view,) = analysed
    made = results / f"variants/{view}/analysis"
    tables = {
        name: read_table(made / f"{name}.csv")
        for name in ("regions", "scenarios", "scenario_cities", "flows_groups")
    }
    found = explorer.page.evaluate("view => explorer.scenario({}, view)", view)
    cities = tables["regions"][tables["regions"]["kind"] != "province"]
    types = ["region", "quintile", "super_emitter", "super_margin"]
    same(found["regions"], cities[types], "regions")
    assert found["regions"] != explorer.page.evaluate("explorer.scenario({})")["regions"]
    for name in ("scenarios", "scenario_cities"):
        if len(tables[name]):
            same(found[name], tables[name], name)
    explorer.set(tab="groups", method=view, groups_unit="mt")
    button = explorer.panel().get_by_role("button", name="CSV: flows groups", exact=True)
    same(saved(explorer, button).to_dict("records"), tables["flows_groups"], "flows_groups")
    key = ["producer_quintile", "producer_structure", "consumer_quintile"]
    if explorer.page.evaluate("view => explorer.data.intervals?.method === view", view):
        drawn = read_table(results / "uncertainty/cells.csv").query(
            "table == 'flows_groups' and column == 'mt'"
        )
        drawn = drawn.set_index("row").loc[
            ["/".join(row) for row in tables["flows_groups"][key].values]
        ]
        value = tables["flows_groups"]["mt"].to_numpy()
        outside = ((value < drawn["low"]) | (value > drawn["high"])).sum()
        assert explorer.page.locator(".matrix .aside", has_text="†").count() == outside
        assert ("Those with † lie outside" in explorer.text()) == bool(outside)
    pairs = explorer.page.locator("#cell-pairs tbody tr").count()
    assert pairs > 0 and "by another method" not in explorer.text()
    explorer.set(method="main")
    own = read_table(results / "tables/flows_groups.csv")
    same(saved(explorer, button).to_dict("records"), own, "flows_groups")
    # the cell that is chosen at first is the largest by the method that is in sight at first
    first = own if start["method"] == "main" else tables["flows_groups"]
    assert start["cell"] == ".".join(first.set_index(key)["mt"].idxmax())


def saved(explorer, button) -> pd.DataFrame:
    """The rows of a CSV that a button saves, without what the file says of itself."""
    _, content = explorer.download(button)
    return pd.read_csv(io.StringIO(re.sub("(?m)^#.*\n", "", content.decode())))


def test_scenarios_are_medians_with_their_intervals_where_an_ensemble_ran(toy_explorer):
    """Every row of the table, and the tiles above it. While a setting is changed nothing is by the
    draws: no interval stands beside a number that is not its own.
    """
    page = toy_explorer.page
    count = page.evaluate(
        """() => { const { data } = explorer; data.intervals = { level: 0.9, method: "calibrated" };
            data.scenario.settings.peak_mt = 9000;
            const { scenarios } = explorer.scenario({}, "calibrated");
            data.rows.cells = scenarios.map(({ scenario }, i) => ({ table: "scenarios", row: scenario,
                column: "saving_mt", value: i + 100, low: i + 1, high: i + 200 }));
            data.rows.cells.push({ table: "quota", row: "existing", column: "new_mt",
                value: 7000, median: 7000, low: 6000, high: 8000 });
            const at = scenarios.findIndex(({ side, depth, headline }) =>
                headline && side === "joint" && depth === "deep");
            const drawn = { low: at + 1, high: at + 200, median: at + 100 };
            data.rows.headline = [{ quantity: "both sides at once, deep", ...drawn },
                { quantity: "of any type", low: 2, high: 5, median: 4 }];
            return scenarios.length; }"""
    )
    toy_explorer.go("scenarios")
    rows = page.locator("#scenarios-table tbody tr")
    assert rows.count() == count > 4
    for i, row in enumerate(rows.all()):
        shown = re.split(r"[\t\n]+", row.inner_text().replace("\xa0", " "))
        assert [f"{i + 100}", f"{i + 1} to {i + 200}"] == shown[2:4], shown
    tile = page.locator('[data-number="joint-deep"]').inner_text()
    value, low, high = map(float, re.findall(r"[\d.]+(?= Mt| to)", tile.replace("90%", "")))
    assert "90% interval: " in tile and low < value == low + 99 < high, tile
    assert "4 cities" in page.locator('[data-number="super"]').inner_text()
    quota = page.locator('[data-number="quota"]').inner_text()
    assert "7,000 Mt" in quota and "90% interval: 6,000 to 8,000 Mt" in quota, quota
    today = re.split(r"[\t\n]+", page.locator("#quota-table tbody tr").first.inner_text())
    today = [text.replace("\xa0", " ") for text in today]
    assert today[:4] == ["Today", "0", "7,000", "6,000 to 8,000"], today
    assert "need not add up to that of the quota then" in toy_explorer.text()
    assert "medians of the draws" in toy_explorer.text()
    assert toy_explorer.set(light_scale=120) == []
    text = toy_explorer.text()
    assert "numbers are without draws" in text and "The run without draws: " in text
    assert "interval" not in text and "medians" not in text
    central = page.evaluate("explorer.scenario({ light_scale: 1.2 }, 'calibrated').scenarios")
    first = re.split(r"[\t\n]+", rows.first.inner_text())
    assert float(first[2]) == pytest.approx(central[0]["saving_mt"], abs=5e-3)
    assert toy_explorer.set(light_scale=100) == []
    assert re.split(r"[\t\n]+", rows.first.inner_text())[2] == "100"


def test_cells_of_groups_have_their_intervals_where_an_ensemble_ran(toy_explorer):
    """In sight, for readers of the screen and in the file: beside the cell that the sums are of.
    The run's own method, which the ensemble is not by, has none.
    """
    page = toy_explorer.page
    before = page.evaluate(
        """() => { const { data } = explorer; data.intervals = { level: 0.9, method: "calibrated" };
            const { rows } = data.analysed.calibrated;
            data.rows.cells = rows.flows_groups.flatMap((row, i) => ["percent", "mt"].map((column) => ({
                table: "flows_groups", column, value: i + 2, median: i + 2, low: i + 1, high: i + 3,
                row: [row.producer_quintile, row.producer_structure, row.consumer_quintile].join("/") })));
            return rows.flows_groups; }"""
    )
    toy_explorer.set(tab="groups", method="calibrated", groups_unit="mt")
    order = [i for i, row in enumerate(before) if row["mt"] > 0]
    named = page.locator(".matrix .cell button").evaluate_all(
        "all => all.map((one) => [one.ariaLabel, one.innerText])"
    )
    assert len(named) == len(order) > 3
    for label, text in named:
        value, low, high = re.split(r"\s+to\s+|\n+", text.removesuffix(" †"))
        assert text.endswith("†") == (not float(low) <= float(value) <= float(high))
        assert f"{value} Mt CO2 ({low} to {high} in 90 of 100 draws). List" in label
        assert float(high) - float(low) == pytest.approx(2, abs=0.01)
    assert sum(float(low) for _, text in named for low in [re.split(r"\n|\s+to", text)[1]]) == (
        pytest.approx(sum(i + 1 for i in order))
    )
    table = saved(
        toy_explorer, toy_explorer.panel().get_by_role("button", name="CSV: flows groups")
    )
    assert table["mt_low"].tolist() == [i + 1 for i in range(len(before))]
    assert table["ensemble_mt"].tolist() == [i + 2 for i in range(len(before))]
    assert table["mt"].to_numpy() == pytest.approx([row["mt"] for row in before])
    toy_explorer.set(method="main")
    assert page.locator(".matrix .aside").count() == 0
    assert "Over the draws, calibrated method, in which" in toy_explorer.text()


def test_flows_are_those_of_the_estimate(explorer, results):
    flows = read_dataset(results / "footprint/footprints.nc")["flows"].transpose(
        "origin", "destination"
    )
    codes = explorer.page.evaluate("explorer.data.codes")
    assert (
        codes
        == [str(code) for code in flows["origin"].values]
        == [str(code) for code in flows["destination"].values]
    )
    if explorer.page.evaluate("explorer.data.flows?.length ?? 0") != flows.size:
        pytest.skip("a page of the largest flows only")
    shown = np.array(explorer.page.evaluate("[...explorer.data.flows]")).reshape(flows.shape)
    values = flows.to_numpy()
    ratio = np.abs(shown - values) / np.where(values == 0, 1, np.abs(values))
    small = (
        np.abs(values) < 1e-12 * np.abs(values).max()
    )  # held as the smallest that the block holds
    assert ratio[~small].max() <= LOG_ERROR


def largest(
    flows: np.ndarray, codes: list[str], city: str, side: str
) -> dict[tuple[str, str], float]:
    """The ten largest flows of a city from (in) or to (out) others: (emitter, consumer) -> t CO2."""
    at = codes.index(city)
    values = flows[:, at] if side == "in" else flows[at]
    order = [i for i in np.argsort(-values, kind="stable") if i != at and values[i] > 0][:10]
    return {((codes[i], city) if side == "in" else (city, codes[i])): values[i] for i in order}


@pytest.mark.parametrize("side", ["in", "out"])
def test_arrows_point_from_the_emitter_to_the_consumer_as_the_estimate_says(
    explorer, results, side
):
    """By their marks, and as drawn: the line begins at the emitter, the head's point lies at the
    consumer and points to it.
    """
    flows = (
        read_dataset(results / "footprint/footprints.nc")["flows"]
        .transpose("origin", "destination")
        .to_numpy()
    )
    codes = explorer.page.evaluate("explorer.data.codes")
    by_size = np.argsort(-flows.sum(axis=0))
    for city in (codes[by_size[0]], codes[by_size[len(codes) // 2]], codes[by_size[-1]]):
        explorer.set(city=city, tab="city", direction=side, method="main")
        expected = largest(flows, codes, city, side)
        lines = explorer.page.locator(
            "#flows-table tbody tr[data-origin]:not([data-kind])"
        ).evaluate_all(
            "rows => rows.map(({ dataset }) => [dataset.origin, dataset.destination, "
            "Number(dataset.value)])"
        )
        listed = {
            (origin, destination): value
            for origin, destination, value in lines
            if origin != destination
        }
        assert set(listed) == set(expected), city
        assert listed == pytest.approx(expected, rel=2 * LOG_ERROR)
        if not explorer.page.evaluate("Boolean(explorer.data.map)"):
            continue
        arcs = explorer.page.locator("#flows-map .arc").evaluate_all(DRAWN)
        assert {(arc["origin"], arc["destination"]) for arc in arcs} == set(expected), city
        for arc in arcs:
            assert arc["tail"] < NEAR and arc["tip"] < NEAR, arc
            assert arc["tip"] < arc["base"], arc
            assert arc["other"] > 2 * arc["tip"] or arc["other"] < NEAR, (
                arc
            )  # the latter: neighbours on a small map
        widths = [arc["width"] for arc in sorted(arcs, key=lambda arc: -arc["value"])]
        assert widths == sorted(widths, reverse=True)
        assert len(set(widths)) > 1 or len({arc["value"] for arc in arcs}) == 1 or max(widths) < 2


#: Of every arc: its marks and width, and how far (pixels) its line begins from the place of the
#: emitter, and its head's point and base lie from that of the consumer. A head stops a little short
#: of its place, so that marks there stay in sight.
DRAWN = """arcs => arcs.map((arc) => {
    const svg = arc.ownerSVGElement;
    const place = (code) => {
        const shape = svg.querySelector(`[data-region="${CSS.escape(code)}"]`);
        return new DOMPoint(...explorer.data.map.points[code]).matrixTransform(shape.getScreenCTM());
    };
    const far = (path, at, code) => {
        const to = place(code);
        const point = path.getPointAtLength(at).matrixTransform(path.getScreenCTM());
        return Math.hypot(point.x - to.x, point.y - to.y);
    };
    const [shaft, head] = [arc.querySelector(".shaft"), arc.querySelector(".head")];
    const { origin, destination, value } = arc.dataset;
    return {
        origin, destination, value: Number(value), width: Number(shaft.getAttribute("stroke-width")),
        tail: far(shaft, 0, origin), tip: far(head, 0, destination), base: far(head, head.getTotalLength() / 2, destination),
        other: far(head, 0, origin),
    };
})"""


def test_the_map_colours_a_region_by_the_class_that_its_number_is_in(explorer):
    """A class of the legend says how many regions it has; so many are drawn in its colour, of those
    that have a shape.
    """
    if not explorer.page.evaluate("Boolean(explorer.data.map)"):
        pytest.skip("a run without boundaries")
    drawn = (
        explorer.panel()
        .locator("svg.map")
        .first.evaluate(
            "svg => [...svg.querySelectorAll('[data-region]')].map((shape) => "
            "[shape.dataset.region, shape.getAttribute('fill')])"
        )
    )
    assert len({code for code, _ in drawn}) >= 0.9 * explorer.page.evaluate(
        "explorer.data.codes.length"
    )
    assert 2 <= len({colour for _, colour in drawn}) <= 9


def test_the_headline_and_the_cards_say_what_the_tables_say(explorer, results):
    regions = read_table(results / "tables/regions.csv").set_index("region")
    city = str(regions["cba_mt"].idxmax())
    explorer.set(city=city, tab="city", method="main")
    row = explorer.page.evaluate(
        "code => explorer.data.rows.regions.find((row) => row.region === code)", city
    )
    for column in ("cba_mt", "pba_mt", "per_capita_t"):
        assert row[column] == regions.loc[city, column]
        amount = explorer.page.evaluate(
            "value => { const d = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))); "
            "return value.toLocaleString('en', "
            "{ maximumFractionDigits: d }); }",
            float(regions.loc[city, column]),
        )
        assert amount.rstrip("0").rstrip(".") in explorer.text(), (column, amount)
    assert regions["cba_mt"].sum() > 0 and MT == 1e-6
