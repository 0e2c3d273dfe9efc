"""What readers see first: numbers of the run's tables, sums that close, places that are found,
files that say what they are.
"""

from __future__ import annotations

import csv
import io
import json
import re

import numpy as np
import pytest
from test_downloads import buttons

from citymrio.base.labels import read_json, read_table

#: Height of an A4 sheet between margins of 10 mm, and its width, in pixels of CSS.
SHEET = {"width": 718, "height": 1047}


def tiles(explorer) -> dict[str, str]:
    """Words and number of every headline tile in sight."""
    return dict(
        explorer.page.locator("#headline > div").evaluate_all(
            "all => all.map((one) => ['dt', '.figure-number'].map((part) => "
            "one.querySelector(part).textContent))"
        )
    )


def test_the_headline_is_that_of_the_table_by_the_method_that_is_chosen(explorer, results):
    """The share emitted outside the consuming city: that of cities, not of all regions, and another
    by another method.
    """
    explorer.set(method="main")
    table = read_table(results / "tables/headline.csv").set_index("quantity")
    name = next(name for name in table.index if name.startswith("emitted outside"))
    words = name[0].upper() + name[1:]
    assert tiles(explorer)[words] == f"{table.at[name, 'value']:.1f}%"
    whole = [
        key
        for key, one in explorer.page.evaluate("explorer.data.methods.others").items()
        if one["method"]
    ]
    held = [one for one in whole if explorer.set(method=one) == []]
    if not held:
        return
    assert table["other_method"].notna().any()
    other = table.at[name, "other_method"]
    assert tiles(explorer)[words] == f"{table.at[name, 'value'] if np.isnan(other) else other:.1f}%"
    if not np.isnan(other):
        assert tiles(explorer)[words] != f"{table.at[name, 'value']:.1f}%"


def test_the_net_balance_follows_the_method(explorer, results):
    methods = explorer.page.evaluate("Object.keys(explorer.data.methods.others)")
    held = [name for name in methods if explorer.set(method=name) == []]
    if not held:
        pytest.skip("a run of one method")
    own = read_table(results / "tables/regions.csv").set_index("region")[
        explorer.page.evaluate("explorer.data.balance")
    ]
    table = read_table(results / "tables/variants_regions.csv")
    other = table[table["variant"].eq(held[0])].set_index("region")
    city = (own - other["balance_mt"]).abs().idxmax()
    for method, value in (("main", own[city]), (held[0], other.at[city, "balance_mt"])):
        explorer.set(city=city, tab="city", method=method)
        shown = explorer.page.locator(
            "#facts > div", has_text=re.compile("balance|less footprint")
        ).inner_text()
        assert f"{float(f'{value:.3g}'):,g}".replace("-", "\u2212") in shown, (method, shown)
    assert other.at[city, "role"] in shown


#: For whom a region emits, and where its footprint is emitted.
MADE = ("own_mt", "for_cities_mt", "for_provinces_mt", "exports_mt", "error_mt", "orphan_mt")
USED = ("own_mt", "from_cities_mt", "from_provinces_mt")


def test_the_ledger_of_every_region_closes_in_the_table(results):
    table = read_table(results / "tables/regions.csv")
    households = table["cba_mt"] - table["cba_demand_mt"]
    size = table[["pba_mt", "cba_mt"]].max().max()
    for total, parts in (("pba_mt", MADE), ("cba_mt", USED)):
        np.testing.assert_allclose(
            table[[*parts]].sum(axis=1) + households, table[total], rtol=1e-9, atol=1e-12 * size
        )
    cities = table["kind"].ne("province")
    for own, groups in (
        ("net_balance_cities_mt", ["cities"]),
        ("net_balance_mt", ["cities", "provinces"]),
    ):
        apart = sum(table[f"for_{name}_mt"] - table[f"from_{name}_mt"] for name in groups)
        np.testing.assert_allclose(apart[cities], table.loc[cities, own], atol=1e-12 * size)


def ledger(explorer) -> list[list[float | None]]:
    """What is emitted here and what is used, by partner, and the sums."""
    return explorer.page.locator("#ledger-table tr[data-made]").evaluate_all(
        "rows => rows.map(({ dataset }) => [dataset.made, dataset.used].map((text) => (text "
        "=== '' ? null : Number(text))))"
    )


def test_the_ledger_closes_by_every_method(explorer, results):
    """Both sums are those of the table of variants."""
    methods = explorer.page.evaluate("Object.keys(explorer.data.methods.others)")
    held = [name for name in methods if explorer.set(method=name) == []]
    if not held:
        pytest.skip("a run of one method")
    table = read_table(results / "tables/variants_regions.csv")
    other = table[table["variant"].eq(held[0])].set_index("region")
    for city in (other.index[0], other.index[-1]):
        explorer.set(city=city, tab="city", method=held[0])
        *parts, total = ledger(explorer)
        for side, column in enumerate(("pba_mt", "cba_mt")):
            assert total[side] == other.at[city, column]
            assert sum(row[side] or 0 for row in parts) == pytest.approx(total[side], rel=1e-9)
        assert parts[0][0] == parts[0][1] > 0


def test_the_ledger_closes_on_the_screen_and_says_what_is_not_counted(explorer, results):
    table = read_table(results / "tables/regions.csv").set_index("region")
    by_exports = table["exports_mt"].sort_values().index
    for city in {by_exports[0], by_exports[len(by_exports) // 2], by_exports[-1]}:
        explorer.set(city=city, tab="city", method="main")
        rows = ledger(explorer)
        *parts, total = rows
        for side, column in enumerate(("pba_mt", "cba_mt")):
            assert total[side] == table.at[city, column]
            assert sum(row[side] or 0 for row in parts) == pytest.approx(
                total[side], rel=1e-9, abs=1e-9
            )
        text = explorer.page.locator("#ledger-table").inner_text()
        assert "Abroad" in text and "not counted" in text
        said = explorer.page.locator("#ledger-sentence").inner_text()
        assert table.at[city, "role"] in said or "holds both" in said
        assert "What is emitted abroad for its imports is in no footprint of this page." in said
    assert "for exports abroad" in said or table.at[city, "exports_mt"] == 0
    opposed = table[
        (
            (table["pba_mt"] - table["cba_mt"])
            * table[explorer.page.evaluate("explorer.data.balance")]
            < 0
        )
    ]
    for city in opposed.index[:1]:
        explorer.set(city=city)
        assert "than its footprint" in explorer.page.locator("#ledger-sentence").inner_text()


#: The two places that are compared, as their fields call them.
NAMED = "['first', 'other'].map((one) => document.getElementById(`find-${one}`).placeholder)"


def test_compare_opens_with_two_places_and_keeps_two(explorer):
    if "compare" not in explorer.tabs():
        pytest.skip("a run of one region")
    codes = explorer.page.evaluate("explorer.data.codes")
    for code in (None, codes[0], codes[-1]):
        explorer.set(tab="compare", **({"city": code} if code else {}))
        heads = explorer.page.locator("#compare-table thead .sort").all_inner_texts()
        assert heads[1:3] == explorer.page.evaluate(NAMED) and heads[1] != heads[2], heads
    first, second = explorer.page.evaluate(
        "[explorer.state.get().city, document.querySelector('#find-other').placeholder]"
    )
    explorer.page.fill("#find-first", second)
    explorer.page.press("#find-first", "Enter")
    assert explorer.state()["other"] == first or explorer.state()["city"] != first
    heads = explorer.page.locator("#compare-table thead .sort").all_inner_texts()
    assert heads[1:3] == explorer.page.evaluate(NAMED) and heads[1] != heads[2], heads


def test_tables_of_the_method_in_the_words_of_files_wait_until_a_reader_asks(toy_explorer):
    toy_explorer.go("method")
    panel = toy_explorer.panel()
    for name in ("audit", "warnings", "dictionary"):
        table = toy_explorer.page.locator(f"#{name}-table")
        assert not table.is_visible(), name
        panel.locator("details", has=table).locator("summary").first.click()
        assert table.is_visible(), name


@pytest.mark.parametrize(
    "address", ["city=999999", "city=999999&tab=city", "tab=compare&other=999999"]
)
def test_a_link_to_a_place_that_is_not_there_says_so_in_sight(opened, results, address):
    explorer = opened(results, address)
    notice = explorer.page.locator("#notice")
    assert 'no place with the code "999999"' in notice.inner_text()
    box = notice.bounding_box()
    assert 0 <= box["y"] < 500, box
    if address == "city=999999":
        assert explorer.state()["tab"] == explorer.tabs()[0]
    explorer.go("method")
    assert notice.inner_text() == ""


def test_the_title_of_the_window_names_the_city(explorer):
    code, name = explorer.page.evaluate(
        "(({ region, name }) => [region, name])(explorer.data.rows.regions.at(-1))"
    )
    explorer.set(city=code, tab="city")
    assert explorer.page.title().startswith(name)
    explorer.go("method")
    assert not explorer.page.title().startswith(name)


def found(explorer, text: str) -> list[str]:
    """What the list of the search offers, line by line."""
    explorer.page.fill("#find", text)
    return explorer.page.locator("#find-list [role=option]").evaluate_all(
        "all => all.map((one) => one.innerText)"
    )


#: Names of an invented search: (other names of the first city, a place inside the second region).
TYPED = {"Old-Käp'stad": 0, "old kapstad": 0, "OLDKAPSTAD": 0, "oldkapstda": 0, "odlkapsta": 0}


def test_names_are_found_as_people_type_them(toy_explorer):
    """Whatever the case, accents, blanks and hyphens, and with wrong letters; the exact name before
    those that begin with it.
    """
    codes = toy_explorer.page.evaluate("explorer.data.codes")
    names = [
        {"region": codes[0], "names": ["Old-Käp'stad"]},
        {"region": codes[1], "names": ["Old Kap"]},
        {"region": codes[2], "names": ["New Old Kap"]},
        {"region": codes[3], "place": "Innerville", "names": ["內城"]},
    ]
    toy_explorer.page.evaluate("names => { explorer.data.run.other_names = names; }", names)
    for text in TYPED:
        assert codes[0] in found(toy_explorer, text)[0], text
    offered = found(toy_explorer, "old kap")
    assert [codes[i] in line for i, line in zip((1, 0, 2), offered, strict=False)] == [True] * 3, (
        offered
    )
    for text in ("innerville", "Inerville", "內城"):
        assert found(toy_explorer, text)[0].startswith("Innerville")
        toy_explorer.page.press("#find", "Enter")
        assert toy_explorer.state()["city"] == codes[3]
        assert "Innerville lies in" in toy_explorer.page.locator("#notice").inner_text()
    assert "Innerville" in toy_explorer.page.locator("#inside").inner_text()
    assert found(toy_explorer, "zzzzzzzz") == []


#: What people type -> the place they mean.
CHINESE = {
    "Xian": "Xi'an",
    "xi an": "Xi'an",
    "XI'AN": "Xi'an",
    "Shenzen": "Shenzhen",
    "Peking": "Beijing",
    "Canton": "Guangzhou",
    "huhehaote": "Hohhot",
    "wulumuqi": "Urumqi",
    "Suzhou": "Suzhou (Jiangsu)",
    "Shanghia": "Shanghai",
    "Chonqing": "Chongqing",
    "西安": "Xi'an",
    "Kunming": "Yunnan",
    "Lhasa": "Xizang",
    "Tibet": "Xizang",
    "Haikou": "Hainan",
}


@pytest.mark.parametrize("text", CHINESE)
def test_chinese_places_are_found_as_people_type_them(explorer, results, text):
    if results.name != "china2012":
        pytest.skip("names of China")
    assert found(explorer, text)
    explorer.page.press("#find", "Enter")
    assert explorer.page.locator("#city-name").inner_text().startswith(CHINESE[text])
    if text in ("Kunming", "Lhasa", "Haikou"):
        assert (
            f"{text} lies in {CHINESE[text]}, which is not split into cities"
            in explorer.page.locator("#notice").inner_text()
        )


def test_a_file_says_what_it_is(explorer, results):
    """Title, city, year, method, source and licence, and that data are invented, in every form;
    rows as before below it.
    """
    run = read_json(results / "dataset/dataset.json")
    code, name = explorer.page.evaluate(
        "(({ region, name }) => [region, name])(explorer.data.rows.regions[0])"
    )
    explorer.set(city=code, tab="city", method="main")
    method = explorer.page.evaluate("explorer.data.methods.label")
    wanted = [name, str(run["year"]), "Source: citymrio", "Licence", method[1:]]
    seen = set()
    for form in ("CSV", "JSON", "SVG"):
        for button in buttons(explorer, form):
            file, content = explorer.download(button)
            text = content.decode("utf-8")
            if form == "CSV":
                said = "\n".join(line for line in text.splitlines() if line.startswith("# "))
                assert len(list(csv.DictReader(io.StringIO(text[len(said) + 1 :])))) > 0
            elif form == "JSON":
                said = "\n".join(json.loads(text)["about"])
            else:
                said = re.search(
                    r"<title>(.*?)</title>.*?<desc>(.*?)</desc>", text, flags=re.S
                ).group(0)
                said = explorer.page.evaluate(
                    "text => new DOMParser().parseFromString(text, 'text/html').body.innerText "
                    "+ text",
                    said,
                )
                assert len(re.findall(r"<text[^>]*>Source: citymrio", text)) == 1
            said = said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            assert [part for part in wanted if part not in said] == [], (file, said)
            assert ("Invented data" in said) is bool(run["synthetic"]), file
            assert ("invented_data" in file) is bool(run["synthetic"]), file
            assert str(run["year"]) in file
            seen.add(form)
    assert seen == {"CSV", "JSON", "SVG"}


def test_the_file_of_flows_holds_every_partner(explorer, results):
    codes = explorer.page.evaluate("explorer.data.codes")
    explorer.set(city=codes[0], tab="city", method="main")
    button = explorer.panel().get_by_role("button", name="CSV: flows", exact=True)
    _, content = explorer.download(button)
    rows = list(
        csv.DictReader(
            line for line in content.decode("utf-8").splitlines() if not line.startswith("# ")
        )
    )
    if explorer.page.evaluate("explorer.data.flows instanceof Float64Array"):
        assert {row["region"] for row in rows} == set(codes)
    else:
        assert rows[-1]["name"] == "all others"
    total = explorer.page.evaluate(
        "code => explorer.flowsInto(code).reduce((sum, flow) => sum + flow.value, 0)", codes[0]
    )
    assert sum(float(row["t_co2"]) for row in rows) == pytest.approx(total, rel=1e-12)


def test_numbers_of_the_scenario_chart_stand_apart_from_the_paper_s_marks(opened, results):
    explorer = opened(results, "tab=scenarios")
    if not explorer.page.locator("#savings svg").count():
        pytest.skip("a run without scenarios")
    ends = explorer.page.locator("#savings svg").evaluate(
        """svg => {
            const right = (all) => Math.max(0, ...all.map((one) => one.getBoundingClientRect().right));
            const marks = [...svg.querySelectorAll("g rect, g[stroke-width] path[transform]")];
            const number = (one) => /^[\\u2212\\d.,]+( \\(run\\))?$/.test(one.textContent);
            const axis = svg.getBoundingClientRect().bottom - 45;
            const boxes = [...svg.querySelectorAll("text")].filter(number).map((one) => one.getBoundingClientRect());
            return { plot: right(marks), numbers: boxes.filter((box) => box.top < axis).map((box) => box.left) };
        }"""
    )
    assert ends["numbers"] and min(ends["numbers"]) > ends["plot"], ends


def test_a_printed_page_begins_with_what_it_is_about(opened, results):
    """The first figure stands on the first sheet, tables are not cut at the height of the screen,
    their heads are repeated.
    """
    explorer = opened(results)
    explorer.page.emulate_media(media="print")
    explorer.page.set_viewport_size(SHEET)
    if explorer.page.evaluate("Boolean(explorer.data.map)"):
        box = explorer.panel().locator("figure").first.bounding_box()
        assert box["y"] + box["height"] <= SHEET["height"], box
    for label, method in {
        one["label"]: name
        for name, one in explorer.page.evaluate("explorer.data.methods.others").items()
    }.items():
        if explorer.set(method=method) == []:
            assert f"Method: {label}" in explorer.page.locator("header").inner_text()
    for tab in explorer.tabs():
        explorer.set(tab=tab)
        cut = explorer.page.locator(".scroll:visible").evaluate_all(
            "all => all.filter((one) => one.scrollHeight > one.clientHeight + 2).map((one) => "
            "one.getAttribute('aria-label'))"
        )
        assert cut == [], tab
    assert explorer.page.locator("table .sort:visible").evaluate_all(
        "all => all.every((one) => getComputedStyle(one).display === 'contents')"
    )


def test_explanations_speak_of_what_is_shown_not_of_the_configuration(explorer):
    for tab in explorer.tabs():
        explorer.go(tab)
        words = explorer.panel().evaluate(
            """panel => { const copy = panel.cloneNode(true);
                copy.querySelectorAll("pre, table, details:not(.meanings)").forEach((one) => one.remove());
                return copy.textContent; }"""
        )
        assert not re.search(
            r"\b(groups|scenarios|uncertainty|emissions|cities)\.[a-z_]+\b|benchmarks\.csv|`", words
        ), tab
        assert not re.search(r"\blevers?\b|To what the paper prints", words, flags=re.I), tab


def test_a_file_names_the_method_by_which_its_numbers_are(explorer):
    """Flows and the ledger follow the method that is chosen, all else where the page has the analysis
    by that method; else it is by the run's own, and says so.
    """
    methods = explorer.page.evaluate("explorer.data.methods")
    held = [name for name in methods["others"] if explorer.set(method=name) == []]
    if not held:
        pytest.skip("a run of one method")
    own, other = methods["label"][1:], methods["others"][held[0]]["label"][1:]
    by_the_run = f"This part is by another method: {methods['label']}."
    analysed = explorer.page.evaluate("Object.keys(explorer.data.analysed ?? {})")
    made = other if held[0] in analysed else own
    for tab, name, label in (
        ("city", "CSV: ledger", other),
        ("city", "CSV: flows", other),
        ("city", "CSV: footprint by category", made),
        ("city", "CSV: supply chains", made),
        ("groups", "CSV: flows groups", made),
        ("scenarios", "CSV: scenarios now", made),
        ("scenarios", "CSV: deficits now", made),
    ):
        explorer.set(method=held[0], tab=tab)
        if tab == "scenarios":
            assert (by_the_run in explorer.text()) == (made == own)
        _, content = explorer.download(
            explorer.panel().get_by_role("button", name=name, exact=True)
        )
        assert (
            f"Method: {label}"[8:] in content.decode("utf-8").split("Method: ")[1].splitlines()[0]
        ), name
