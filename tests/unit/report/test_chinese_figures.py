"""Figures in Chinese: every word of theirs is in the catalogue, and only the run's own are left."""

from __future__ import annotations

import ast
import re
from importlib.resources import files
from pathlib import Path
from string import Formatter

import figure_tables
import pandas as pd
import pytest
from matplotlib.text import Text

from citymrio.analysis.affluence import AFFLUENCE, PRODUCTS
from citymrio.analysis.change_tables import LEFT
from citymrio.config.models import Figures
from citymrio.report import palette, plain
from citymrio.report.figures import alt, change, compare, ensemble, fonts, registry, style
from citymrio.report.language import catalogue, word

PREFIX = "figure."
SAID = {key.removeprefix(PREFIX): said for key, said in catalogue().items() if key[:7] == PREFIX}
MODULES = [
    path
    for path in files("citymrio.report").joinpath("figures").iterdir()
    if path.name.endswith(".py")
]
#: Words of datasets that have a message (final demand, megacities of the benchmarks, targets), and
#: those that are put together.
OF_DATA = {
    *("Rural households", "Urban households", "Government consumption", "Changes in inventories"),
    *("Gross capital formation", "Gross fixed capital formation", "Fixed capital formation"),
    *("London", "New York", "Osaka", "Seoul", "Tokyo", "mean of Q2", "mean of Q3"),
    *(f"{where} provinces: {{:.2f}} of the known, WAPE {{:.2f}}" for where in ("inside", "across")),
    *(f"{words} per capita{more}" for words in AFFLUENCE.values() for _, more in PRODUCTS.values()),
    *(f"All sides{more}" for more in (" at once", ", added up")),
}
#: What stands in every language as it is.
AS_IT_IS = {"XTS", "ARI", "MRIO", "GDP", "WAPE", "csv", "USD", "kg", "TWh"}


def _first(call: ast.Call) -> list[str]:
    """Texts that a call says, where they are written in it."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    place = {"word": 0, "note": 1, "noted": 1, "patch": 0, "dot": 1, "panel": 2}.get(name)
    given = [] if place is None else call.args[place : place + 1]
    return [
        one.value
        for one in given
        if isinstance(one, ast.Constant) and re.search("[A-Za-z]{2}", str(one.value))
    ]


def test_what_a_figure_says_in_a_call_is_in_the_catalogue():
    written = {
        text
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for text in _first(node)
    }
    assert len(written) > 150
    assert written - set(SAID) == {"GDP"} & written


def test_every_name_that_figures_share_is_in_the_catalogue():
    palettes = [
        *(palette.QUINTILE_NAMES, palette.STRUCTURE_NAMES, palette.TYPE_NAMES, palette.KEY_NAMES),
        *(
            plain.SIDES,
            ensemble.NOTES,
            alt.ALT,
            *(change.NAMES, change.GROUPS, change.CAPTIONS, compare.CAPTIONS),
            {name: words for name, (words, _) in ensemble.PARTS.items()},
        ),
        {name: words for name, words in plain.MODES.items() if name},
    ]
    assert {words for names in palettes for words in names.values()} - set(SAID) == set()


def test_every_message_is_said_and_takes_the_same_values():
    library = Path(str(files("citymrio")))
    constants = {
        node.value
        for path in library.glob("**/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(SAID) - constants - OF_DATA == set()
    for key, said in SAID.items():
        assert said["en"] == key
        count = {
            language: [
                (name, spec) for _, name, spec, _ in Formatter().parse(text) if name is not None
            ]
            for language, text in said.items()
        }
        assert len(count["en"]) == len(count["zh"]), key
        places = {name for name, _ in count["zh"]} - {""}
        assert not places or len(places) == len(count["zh"]), key
        assert sorted(spec for _, spec in count["en"]) == sorted(s for _, s in count["zh"]), key


def test_a_message_has_its_values_in_the_order_of_the_language():
    said = [
        word("{} of {} cities are super-emitters{}{}.", lang, 2, 9, "", "") for lang in ("en", "zh")
    ]
    assert said == ["2 of 9 cities are super-emitters.", "9 个城市中有 2 个超级排放城市。"]


def _shown(figure) -> list[str]:
    """Texts of a figure, without those of axes that are switched off."""
    off = [axes for axes in figure.axes if not axes.axison]
    hidden = {
        id(t) for axes in off for axis in (axes.xaxis, axes.yaxis) for t in axis.findobj(Text)
    }
    return [text.get_text() for text in figure.findobj(Text) if id(text) not in hidden]


@pytest.fixture(scope="module")
def made():
    return figure_tables.make(seed=7, cities=40, unsplit=1)


@pytest.fixture
def any_font(monkeypatch):
    """Letters are looked at as texts here: no machine needs a Chinese font, nor a text its place."""
    monkeypatch.setattr(fonts, "used", lambda figure: {})
    monkeypatch.setattr(style, "settle", lambda figure: None)


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("name", [*registry.FIGURES])
def test_a_chinese_figure_and_what_it_says_of_itself_hold_no_english(name, made, any_font):
    regions, sectors = (made.tables[table] for table in ("regions", "sectors"))
    run = style.speaking(made.run | {"name": "中国", "level": 0.9}, "zh")
    figure = figure_tables.draw(
        name, made.tables, made.boundaries, Figures(), synthetic=True, run=run
    )
    own = [*regions["name"], *sectors["name"], *made.tables["final_demand"]["name"], "Paris"]
    said = _without(own, figure)
    assert {*re.findall(r"[A-Za-z]{3,}", said)} - AS_IT_IS == set()
    assert "虚构数据" in said and "数据：中国" in said


def _without(own, figure) -> str:
    """What a figure shows and says of itself, without the data's `own` words."""
    said = "\n".join([*_shown(figure), figure.citymrio_alt])
    for mine in sorted(map(str, own), key=len, reverse=True):
        said = said.replace(mine, "")
    return re.sub(r"\$.*?\$|[\w/]+\.(?:csv|geojson)|\w+\.run|\w+\.super_emitters", "", said)


def _changed(regions):
    """Tables of a change between two runs (change.csv, change_groups.csv): every part has a value."""
    parts = {f"{part}_mt": regions["cba_mt"] * k / 20 for k, part in enumerate(change.PARTS, -2)}
    table = regions.assign(**parts, cba_earlier_mt=regions["cba_mt"])
    table["change_mt"] = sum(parts.values()) * (regions["population"] / 3e6 - 1)
    table["cba_later_mt"] = table["cba_mt"] + table["change_mt"]
    groups = table.select_dtypes("number").groupby(regions["quintile"]).sum()
    groups.loc["all"] = groups.loc["cities"] = groups.sum()
    percent = {f"{part}_percent": groups[f"{part}_mt"] for part in (*change.PARTS, "change")}
    groups = groups.assign(regions=1, **percent).rename_axis("group").reset_index()
    return {"change": table, "change_groups": groups}


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("prices", ["current prices of each year", "prices of 2012"])
@pytest.mark.parametrize("name", change.CAPTIONS)
def test_a_chinese_figure_of_change_holds_no_english(name, prices, made, any_font):
    regions = made.tables["regions"].assign(name_local="甲市")
    runs = {"earlier": {"name": "中国", "year": 2012}, "later": {"name": "中华", "year": 2017}}
    run = style.speaking(made.run, "zh", regions) | runs | {"prices": prices}
    tables = _changed(regions.drop(columns="name_local"))
    rows = tables["change"]
    most = rows.loc[rows["kind"].eq("city"), "change_mt"].idxmax()
    rows.loc[most, "region"], rows.loc[most, "name"] = map(LEFT.format, ("9", "乙省"))
    figure = change.draw(name, tables, Figures(), synthetic=True, run=run)
    said = _without([], figure)
    assert {*re.findall(r"[A-Za-z]{3,}", said)} == set()
    assert (
        "中国 和 中华（现价）" if "current" in prices else "中国 和 中华（2012 年价格）"
    ) in said
    assert name != "change_cities" or ("甲市" in said and "乙省：仅一次计算中有的地区" in said)


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize("name", compare.CAPTIONS)
def test_a_chinese_figure_of_a_comparison_holds_no_english(name, mapped, made, any_font):
    regions = made.tables["regions"].assign(name_local="甲市", cba_ratio=1.2)
    for stem in ("cba_{}_mt", "pba_{}_mt", "home_share_{}"):
        regions[stem.format("a")] = regions["cba_mt"]
        regions[stem.format("b")] = regions["pba_mt"]
    numbers = [
        (f"{what} {score}", "regions", 0.5)
        for what in ("footprint", "production emissions")
        for score in ("rank correlation", "median error")
    ]
    comparison = pd.DataFrame(numbers, columns=["quantity", "group", "value"])
    tables = {"cities": regions, "comparison": comparison}
    about = {"a": {"name": "中国"}, "b": {"name": "truth of 中国"}, "synthetic": True}
    run = style.speaking(made.run, "zh", regions) | about
    figure = compare.draw(name, tables, made.boundaries if mapped else None, Figures(), run=run)
    said = _without([], figure)
    assert {*re.findall(r"[A-Za-z]{3,}", said)} == set()
    assert "A：中国。B：中国 的真值" in said
    assert name != "compare_scatter" or "甲市" in said


def test_captions_of_standalone_workflows_are_of_the_figures():
    assert change.CAPTIONS["change_cities"].count(f" {change.SHOWN} ") == 2
    for caption in (*change.CAPTIONS.values(), *compare.CAPTIONS.values()):
        assert not re.search("[A-Za-z]{3,}", word(caption, "zh"))
        assert re.findall(r"\d+", word(caption, "zh")) == re.findall(r"\d+", caption)


@pytest.mark.filterwarnings("ignore:Glyph")
def test_local_names_stand_in_figures_of_another_language_only(made, any_font):
    regions = made.tables["regions"].assign(name_local="甲市")
    tables = {name: table for name, table in made.tables.items() if name != "regions"}
    named = {}
    for language in ("en", "zh"):
        run = style.speaking(made.run, language, regions)
        figure = figure_tables.draw("figS7", tables, None, Figures(), synthetic=False, run=run)
        named[language] = "\n".join(_shown(figure))
    assert not re.search("甲市", named["en"])
    assert re.search("甲市", named["zh"])


def test_every_figure_has_a_caption_in_chinese():
    english = {path.name for path in Path(registry.__file__).parent.glob("*.rst")}
    names = {name[:-4] for name in english if not name.endswith(".zh.rst")}
    assert names >= {*registry.FIGURES, *registry.ENSEMBLE, *registry.VALUE, *registry.VALIDATION}
    for name in names:
        said = registry.caption(name, "zh")
        left = re.sub(r"``.*?``|\w+\.\w+|Maritz|Jarrett|MRIO|GDP|ARI|note|role", "", said)
        assert said.endswith("。") and not re.search("[A-Za-z]{4,}", left), name
        panels = {
            language: re.findall(r"\([a-d]\)", registry.caption(name, language))
            for language in ("en", "zh")
        }
        assert {*panels["en"]} == {*panels["zh"]}, name


def test_letters_that_no_font_has_are_known_before_a_figure_is_drawn(tmp_path):
    assert fonts.lacking((), "en") == ""
    assert {*"碳足迹"} <= {*fonts.lacking((), "zh")}
    no_font = tmp_path / "text.ttf"
    no_font.write_text("no font")
    assert fonts.lacking((str(no_font),), "zh") == fonts.lacking((), "zh")
