"""The first page: what it shows is what stands in the tables, and it asks nothing of any host."""

from __future__ import annotations

import base64
import html
import io
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from citymrio.assessment.headline import COLUMNS, INSIDE, MEMBERS, SPREAD, adds_up, headline
from citymrio.report.figures import style
from citymrio.report.figures.registry import CHOICE, ENSEMBLE, FIGURES
from citymrio.report.pages import format_amount
from citymrio.report.start import FINDINGS, MOST, WIDTHS, Run, inlined, start_page

INFO = {
    "name": "Nowhere",
    "year": 2012,
    "unit": "10^4 CNY",
    "price_basis": "current",
    "synthetic": False,
    "notes": ["A <note>."],
}
WARNINGS = pd.DataFrame(
    [
        ("tables/x.csv, province P1", "of all", "3", "2", "Nothing."),
        ("scenarios.csv, demand_light_shift", "a part lies <above>", "7 Mt", "0", "It is used."),
    ],
    columns=["where", "what", "value", "expectation", "effect"],
)


def a_headline(**changes):
    """headline.csv of two rows: a footprint and a saving."""
    row = dict.fromkeys(COLUMNS, "") | dict.fromkeys(
        ("other_method", "printed", "low", "high", "central"), np.nan
    )
    rows = [
        row
        | {
            "group": "Footprints",
            "quantity": "footprints of the cities",
            "unit": "Mt CO2",
            "value": 7241.9,
            "number": "T022",
        },
        row
        | {
            "group": "Savings",
            "quantity": "demand, light",
            "unit": "Mt CO2",
            "value": 5.3,
            "warnings": "2",
        },
        row
        | {
            "group": "How it is known",
            "quantity": "total emissions observed",
            "unit": "regions",
            "value": 260.0,
        },
    ]
    return pd.DataFrame([values | changes for values in rows])


def page(figures, *, headlines=None, info=None, members=0, members_by="paper", **of_run):
    tables = {
        "headline": a_headline() if headlines is None else headlines,
        "identified": pd.DataFrame(
            [("output", 42.0, 4.1, 0.0, 3)],
            columns=["quantity", "numbers", "data_observed", "data_imputed", "cities"],
        ),
        "read": pd.DataFrame(
            [
                ("regions", np.nan),
                ("provinces/11", "exports: modelled by the nation's shares; imports_use by use"),
                ("provinces/12", "exports: modelled by the nation's shares"),
                ("provinces/13", "outflow and inflow not reported (the net is <there>)"),
            ],
            columns=["table", "note"],
        ),
        "benchmarks": pd.DataFrame(
            [
                ("global_intensity.coal", 0.49, "t", "assumed: a guess"),
                ("per_capita.us", 18.0, "t", "the paper"),
            ],
            columns=["parameter", "value", "unit", "source"],
        ),
        "regions": pd.DataFrame(columns=["name", "name_local", "province", "province_name"]),
    }
    run = Run(
        INFO | (info or {}),
        of_run.get("method", "paper"),
        members,
        members_by,
        0.9,
        "abc123",
        ["regions", "headline", "warnings"],
        "The method",
        ["It <ran>."],
        of_run.get("language", "en"),
    )
    return start_page(run, tables, WARNINGS, figures)


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """A picture under every name that the page may choose, inlined once for all pages."""
    picture = tmp_path_factory.mktemp("figures") / "picture.png"
    Image.new("RGB", (1800, 600), "#0072b2").save(picture)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("citymrio.report.start.inlined", cache(inlined))
        yield dict.fromkeys(CHOICE, picture)


class Reader(HTMLParser):
    """What a page says in its own language: without parts in another, scripts and styles."""

    def __init__(self):
        super().__init__()
        self.open, self.said = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("img", "br", "meta"):
            self.open.append((tag, dict(attrs).get("lang", "zh")))

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        tags, languages = {tag for tag, _ in self.open}, {lang for _, lang in self.open}
        if not tags & {"style", "script"} and "en" not in languages:
            self.said.append(data)

    @classmethod
    def of(cls, text):
        reader = cls()
        reader.feed(text)
        return " ".join(reader.said)


def plain(text):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_it_shows_numbers_of_the_table_with_what_the_run_has_beside_them(figures):
    text = plain(page(figures))
    assert "footprints of the cities Mt CO2 7,242" in text and "demand, light Mt CO2 5.30 2" in text
    numbers = text.partition("Headline numbers")[2].partition("Warnings that bear")[0]
    assert "interval" not in numbers and "calibrated" not in numbers
    assert "Printed in the paper" not in numbers and "This run (paper method)" in numbers
    assert text.count("no interval of these numbers is known") == 1
    beside = plain(page(figures, headlines=a_headline(printed=7324.0, other_method=7237.0)))
    assert "footprints of the cities Mt CO2 7,237 7,242 7,324" in beside
    assert (
        "For statements about cities (calibrated method) To set beside the paper (paper method) "
        "Printed in the paper" in beside
    )
    calibrated = plain(
        page(
            figures, headlines=a_headline(printed=7324.0, other_method=7237.0), method="calibrated"
        )
    )
    assert "footprints of the cities Mt CO2 7,242 7,237 7,324" in calibrated


def test_an_ensemble_brings_intervals_of_the_numbers_by_its_method(figures):
    spread = {"low": 7000.0, "high": 7400.0, "reported": "median"}
    made = page(figures, headlines=a_headline(interval_of="paper", **spread), members=200)
    text = plain(made)
    assert (
        "This run (paper method) 90% interval (paper method)" in text
        and "7,242 7,000 to 7,400" in text
        and "200 members" in text
    )
    assert (
        "uncertainty/results.html" in made
        and "as the median over the draws" in text
        and "no interval" not in text
    )
    drawn = a_headline(other_method=7237.0, interval_of="calibrated", **spread)
    by_the_other = plain(page(figures, headlines=drawn, members=200, members_by="calibrated"))
    assert "7,237 7,000 to 7,400 7,242" in by_the_other
    # nothing is printed here to set beside it
    assert (
        "90% interval (calibrated method) By the published procedure (paper method)" in by_the_other
    )
    assert "To set beside" not in by_the_other


def test_the_draws_that_are_counted_are_those_that_intervals_are_over(figures):
    table = a_headline(interval_of="paper", low=7000.0, high=7400.0)
    known = [
        table.tail(1).assign(group=SPREAD, quantity=name, value=value)
        for name, value in ((MEMBERS, 19.0), (INSIDE, 81.0))
    ]
    text = plain(page(figures, headlines=pd.concat([table, *known]), members=20))
    assert "(19 draws)" in text and "20 draws" not in text and "20 members" not in text


def test_warnings_that_bear_on_a_number_are_said_and_those_on_all_counted(figures):
    text = page(figures)
    assert 'href="#w2"' in text and '<li id="w2" value="2">' in text and 'id="w1"' not in text
    assert (
        "a part lies &lt;above&gt;: 7 Mt" in text
        and "1 more concern the data behind every number" in text
    )


def test_warnings_beside_each_other_are_a_range(figures):
    text = plain(page(figures, headlines=a_headline(warnings="1 2 3 7 9 10")))
    assert "7,242 1 to 3, 7 , 9 to 10" in text


def test_assumed_benchmarks_and_they_alone_are_listed_as_assumed(figures):
    text = plain(page(figures)).partition("Assumed")[2].partition("Modelled")[0]
    assert "global_intensity.coal" in text and "a guess" in text and "per_capita.us" not in text


def findings(text):
    return re.findall(r'<p class="finding">(.*?)</p>', text)


def of_a_nation():
    """headline.csv with what the findings say, by both methods, with ranges of the calibrated."""
    head = a_headline().iloc[0]
    names = [name for needed in FINDINGS.values() for names in needed.values() for name in names]
    rows = [
        head.to_dict()
        | {"quantity": name, "group": "Footprints", "unit": unit, "value": 10.0 + k}
        | {"other_method": 20.0 + k, "low": 5.0 + k, "high": 40.0 + k, "interval_of": "calibrated"}
        for k, name in enumerate(dict.fromkeys(names))
        for unit in ["cities" if "net" in name or "by " in name else "%"]
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3.9412, "Mt CO2", "3.94"),
        (0.03941, "Mt CO2", "0.0394"),
        (45.67, "Mt CO2", "45.7"),
        (1234.5, "Mt CO2", "1,234"),
        (-0.5, "Mt CO2", "\N{MINUS SIGN}0.500"),
        (0.0, "Mt CO2", "0"),
        (3.96, "%", "4.0"),
        (12.0, "cities", "12"),
    ],
)
def test_an_amount_of_carbon_has_the_three_digits_that_the_explorer_gives_it(value, unit, text):
    assert format_amount(value, unit) == text


def test_the_page_begins_with_five_findings_whose_numbers_are_those_of_the_table(figures):
    table = of_a_nation()
    text = page(figures, headlines=table, members=40, members_by="calibrated")
    said = [plain(one) for one in findings(text)]
    assert len(said) == 5 and text.index("finding") < text.index("<figure") < text.index("<table>")
    values = table.set_index("quantity")
    told = ["footprint", "demand", "trade", "types", "savings"]
    for sentence, needed in zip(said, map(FINDINGS.get, told), strict=True):
        for names in needed.values():
            row = values.loc[names[0]]
            of = [format_amount(row[name], row["unit"]) for name in ("other_method", "low", "high")]
            unit = "%" if row["unit"] == "%" else ""
            assert f"{of[0]}{unit} ({of[1]} to {of[2]}{unit})" in sentence, sentence
    before = text.partition("<figure")[0]
    assert "Numbers by the calibrated method" in plain(before) and "<code>" not in before
    assert "In 2012 what the cities consumed and invested" in said[0]
    assert "in the country" in said[0] and "abroad is not counted" in said[0]
    assert "less certain than its range" in said[2]
    assert "less certain" not in page(figures, headlines=table)  # no range is there


def test_an_estimate_outside_the_range_of_its_draws_is_said_beside_it(figures):
    rows = of_a_nation().assign(central=30.0)
    light = rows["quantity"].eq("technology side, light")
    outside = rows.assign(central=rows["central"].mask(light, 0.0))
    said = [
        findings(page(figures, headlines=each, members=40, members_by="calibrated"))[-1]
        for each in (rows, outside)
    ]
    assert "without draws" not in said[0]
    assert plain(said[1]).count("; 0.0% by the estimate without draws)") == 1


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "14 in almost all draws"), ("zh", "几乎所有抽样均为 14")],
)
def test_ends_that_are_one_number_are_said_once(figures, language, said):
    table = of_a_nation().assign(low=14.0, high=14.0)
    text = page(figures, headlines=table, members=40, members_by="calibrated", language=language)
    assert said in plain(" ".join(findings(text))) and f">{said}<" in text
    assert not re.search("14(%)? (to|至) ", plain(text))


def test_a_run_that_lacks_numbers_says_what_it_has(figures):
    lacking = of_a_nation()
    lacking = lacking[~lacking["quantity"].isin(["share of the last quintile", "net producers"])]
    said = [plain(one) for one in findings(page(figures, headlines=lacking))]
    assert len(said) == 5 and "fifth" not in " ".join(said)
    assert any("Capital formation causes" in one for one in said)
    assert len(findings(page(figures))) == 0  # headline.csv of two rows has no sentence


def test_a_page_in_chinese_says_nothing_of_its_own_in_english(figures):
    text = page(figures, headlines=of_a_nation(), members=40, language="zh")
    assert '<a href="glossary.html">术语表' in text and "（英文）" not in text
    assert "glossary.html" not in page(figures)
    assert '<html lang="zh">' in text and len(findings(text)) == 5
    english = set(re.findall(r"[A-Za-z]{3,}", Reader.of(text)))
    names = {"Nowhere", "CNY", "SHA", "tables", "figures", "provenance", "json", "abc123"}
    captions = "ARI CSV csv benchmarks regions scenarios groups net balance role note MRIO"
    names |= {*captions.split()}
    assert english <= names | {"The", "method", "ran", "current", "abc", "output"}, english


def test_synthetic_data_are_called_so_in_sight(figures):
    assert "Synthetic data" not in plain(page(figures))
    assert (
        "Synthetic data"
        in plain(page(figures, info={"synthetic": True})).partition("Headline numbers")[0]
    )


def test_a_given_table_is_no_estimate(figures):
    text = plain(page(figures, method=""))
    assert "estimates no trade" in text and "method" not in text.partition("Figures")[0].lower()


def test_figures_have_captions_in_sight_and_texts_in_their_place(figures):
    text = page(figures)
    found = re.findall(
        r'<figure id="(\w+)">\n<img src="data:image/png;base64,[^"]+" alt="([^"]+)" '
        r'width="(\d+)" height="(\d+)">',
        text,
    )
    assert [name for name, *_ in found] == [*CHOICE][:MOST]
    assert all(len(alt.split()) > 8 for _, alt, *_ in found)
    assert text.count("<figcaption>") == MOST
    few = page({name: figures[name] for name in ("fig1", "figS7")})
    assert re.findall(r'<figure id="(\w+)"', few) == ["fig1", "figS7"]
    assert {*CHOICE} <= {*FIGURES, *ENSEMBLE, "readings", "known_table"}


def test_captions_name_no_file_column_or_key():
    """A reader has not asked for the words of files."""
    folder = Path(style.__file__).parent
    captions = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.rst")}
    words = re.compile(r"\w+\.(?:csv|json|nc)\b|\b[a-z]+\.[a-z_]{4,}|(?<!`)\b[a-z]+_[a-z_]+")
    found = {name: words.findall(re.sub("``.*?``", "", text)) for name, text in captions.items()}
    assert len(found) > 30 and not any(found.values()), found


def test_an_inlined_figure_is_the_picture_in_fewer_pixels(figures):
    data, width, height = inlined(figures["fig1"], 900)
    assert (width, height) == (900, 300) and len(data) < 20_000
    assert inlined(figures["fig1"], 5000)[1:] == (1800, 600)


def test_an_inlined_figure_keeps_the_colours_of_a_legend(tmp_path):
    """Few pixels of two colours beside many shades of a map."""
    rng, own = np.random.default_rng(1), [(52, 157, 110), (26, 105, 171)]
    pixels = np.full((400, 600, 3), 255, np.uint8)
    pixels[50:, :, :] = rng.integers((120, 90, 60), (255, 200, 120), (350, 600, 3))
    for k, colour in enumerate(own):
        pixels[10:16, 10 + 20 * k : 22 + 20 * k] = colour
    Image.fromarray(pixels).save(tmp_path / "map.png")
    data = inlined(tmp_path / "map.png", 600)[0].partition(",")[2]
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))
    for k, colour in enumerate(own):
        assert np.abs(shown[12, 15 + 20 * k].astype(int) - colour).max() < 12


def test_figures_get_smaller_where_the_page_would_be_too_long_for_a_browser(figures, monkeypatch):
    assert f'width="{WIDTHS[0]}"' in page(figures)
    monkeypatch.setattr("citymrio.report.start.MOST_BYTES", 1)
    assert f'width="{WIDTHS[-1]}"' in page(figures)


def test_it_asks_nothing_of_any_host_and_allows_no_other_script(figures):
    text = page(figures)
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1])
    assert (
        "default-src 'none'" in policy
        and "unsafe" not in policy
        and "script-src 'sha256-" in policy
    )
    assert (
        not re.search(r'(?:src|href)="(?:\w+:)?//', text)
        and " style=" not in text
        and not re.search(r" on\w+=", text)
    )


def test_a_run_without_cities_and_scenarios_has_the_numbers_of_its_regions():
    regions = pd.DataFrame(
        {
            "kind": ["province", "province"],
            "cba_mt": [3.0, 5.0],
            "pba_mt": [4.0, 4.0],
            "error_mt": [-0.3, 0.1],
            "population": [1e6, 3e6],
            "emissions_split_status": "modelled",
            **dict.fromkeys(
                ["emissions_status", "value_added_status", "output_status", "demand_status"],
                "observed",
            ),
        }
    )
    parts = pd.DataFrame({"component": ["same_city"], "share": [0.25]})
    tables = {
        "regions": regions,
        "intercity": parts,
        "scenarios": pd.DataFrame(columns=["side", "headline", "depth", "scenario"]),
    }
    table = headline(tables, INFO, WARNINGS, "paper").set_index("quantity")
    assert (
        table.at["footprints of the regions", "value"] == 8.0
        and table.at["footprint per person", "value"] == 2.0
    )
    assert table.at["emitted outside the consuming region", "value"] == 75.0
    assert table.at["in the error account, all regions", "value"] == pytest.approx(-0.2)
    assert table.at["in the error account, of all emissions", "value"] == pytest.approx(-2.5)
    assert (
        table.at["emissions by sector modelled", "value"]
        == 2
        == table.at["total emissions observed", "value"]
    )
    assert (
        not table["printed"].notna().any()
        and not table["low"].notna().any()
        and table["interval_of"].eq("").all()
    )
    names = ("Footprints: footprints of the regions", "Footprints: footprint per person")
    numbers = pd.DataFrame(
        {
            "quantity": names,
            "reported": "central",
            "low": 1.0,
            "high": 9.0,
            "estimate": [8.5, 2.1],
            "median": 8.0,
        }
    )
    drawn = headline(
        tables | {"numbers": numbers}, INFO, WARNINGS, "paper", "", "calibrated"
    ).set_index("quantity")
    assert drawn.loc[
        "footprints of the regions", ["value", "other_method", "central", "median"]
    ].tolist() == [8.0, 8.5, 8.5, 8.0]
    own = headline(tables | {"numbers": numbers}, INFO, WARNINGS, "paper", "", "paper").set_index(
        "quantity"
    )
    assert own.loc[
        "footprints of the regions", ["value", "central", "low", "interval_of"]
    ].tolist() == [8.0, 8.0, 1.0, "paper"]
    counted = headline(
        tables | {"numbers": numbers.assign(reported="median")},
        INFO,
        WARNINGS,
        "paper",
        "",
        "paper",
    )
    assert counted.set_index("quantity").at["footprint per person", "value"] == 8.0
    assert drawn.loc["total emissions observed", ["ensemble", "reported"]].tolist() == ["", ""]


def test_one_place_says_what_adds_up():
    sums = (
        "Footprints: footprints of the cities",
        "Trade in carbon: emitted outside the consuming city",
        "paper: T022",
    )
    assert all(
        map(adds_up, (*sums, "embodied flows: same city", "intercity_cities: same_city, mt"))
    )
    others = (
        "Trade in carbon: net producers",
        "Savings: technology side, light",
        "saving: technology_light",
        "paper: T176",
    )
    assert not any(
        map(
            adds_up,
            (
                *others,
                "Footprints: share of the first quintile",
                "quintiles: Q1, cba_mt",
                "flows_groups: Q1/energy/Q2, mt",
                "paper: T0220",
            ),
        )
    )


def test_trade_of_provinces_that_no_table_reports_is_listed(figures):
    listed = plain(page(figures)).partition("Modelled and filled in")[2]
    assert (
        "trade between provinces, exports: modelled by the nation's shares: 2 of 3 provinces (11, 12)"
        in listed
    )
    assert "outflow and inflow not reported (the net is <there>): 1 of 3 provinces (13)" in listed
    assert "by use" not in listed.partition("Where to go on")[0]
    chinese = page(figures, language="zh")
    assert '省际贸易：<span lang="en">exports: modelled by' in chinese
