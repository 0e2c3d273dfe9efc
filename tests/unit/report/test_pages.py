"""Tables as pages: numbers as people read them, text that cannot break the page, captions for all
that is shown.
"""

from __future__ import annotations

import ast
import html
import re
from pathlib import Path

import figure_tables
import pandas as pd
import pytest
from warning_texts import warning_texts

import citymrio
from citymrio.assessment.paper.readings.table import JOINT, RESULT
from citymrio.base.labels import read_table
from citymrio.report.columns import Column, codes, described, dictionary
from citymrio.report.language import catalogue
from citymrio.report.look import hashed
from citymrio.report.pages import (
    LONG,
    SHOWN,
    agreement,
    caption,
    caption_file,
    cell_html,
    format_number,
    local_names,
    notes_in,
    page_name,
    plain_name,
    table_page,
    word_of,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (3.0, "3"),
        (-2.0, "\u22122"),
        (1234567.0, "1,234,567"),
        (1234567.8, "1,234,568"),
        (1234.56, "1,235"),
        (999.98, "1,000"),
        (12.3456, "12.35"),
        (0.00123456, "0.001235"),
        (1e-8, "1e\u22128"),
        (1.23456e-12, "1.235e\u221212"),
        (9999.9, "10,000"),
        (float("nan"), ""),
        (float("inf"), "inf"),
        (7, "7"),
    ],
)
def test_a_number_is_shown_with_four_significant_digits(value, text):
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (12.345, 1, "12.3"),
        (1234567.8, 0, "1,234,568"),
        (0.0, 2, "0.00"),
        (0.004, 2, "0.004"),
        (-0.26, 1, "\u22120.3"),
    ],
)
def test_numbers_have_the_decimals_that_are_asked_for_unless_that_leaves_nothing(
    value, decimals, text
):
    assert format_number(value, decimals) == text
    assert (
        format_number(float("nan"), decimals) == ""
        and format_number(float("inf"), decimals) == "inf"
    )


def test_a_page_holds_every_cell_and_text_is_escaped():
    table = pd.DataFrame(
        {
            "region": ["01", "02"],
            "name": ["<b>A&B</b>", "C"],
            "x": [1.5, float("nan")],
            "ok": [True, False],
        }
    )
    page = table_page(table, "A <title>", "made & shown", synthetic=True)
    assert "<tr><th scope=row>01<th scope=row>&lt;b&gt;A&amp;B&lt;/b&gt;<td>1.5<td>True\n" in page
    assert "<tr><th scope=row>02<th scope=row>C<td><td>False\n" in page
    assert "<b>" not in page
    assert '<h1 id="heading">A &lt;title&gt;</h1>' in page and "Synthetic data" in page


def test_a_table_without_rows_is_a_page_with_its_columns():
    page = table_page(
        pd.DataFrame({"case": pd.Series(dtype=str), "mt": pd.Series(dtype=float)}),
        "Deficits",
        "none",
    )
    assert page.count("<tr>") == 1 and "; 0 rows" not in page and "0 rows." in page
    assert ">Case</button></th>" in page


#: Calls that warn.
COLUMNS = {
    "region": Column("t", "region", "", "Code of the region", code=True),
    "year": Column("t", "year", "year", "The year"),
    "cba_mt": Column("t", "cba_mt", "Mt CO2", "Its `footprint`"),
}


def test_codes_are_codes_years_are_years_and_numbers_have_their_unit():
    table = pd.DataFrame(
        {"region": [130200], "year": [2012], "cba_mt": [1234567.0], "more": [2012]}
    )
    page = table_page(table, "T", "", COLUMNS)
    assert "<tr><th scope=row>130200<td>2012<td>1,234,567<td>2,012\n" in page
    assert '<tr class="units"><td></td><td>year</td><td>Mt CO2</td><td></td></tr>' in page
    assert ".rows tr > :is(:nth-child(2), :nth-child(3), :nth-child(4)) { text-align: right" in page


def test_what_a_column_means_belongs_to_its_head_and_stands_below_the_table():
    page = table_page(pd.DataFrame({"cba_mt": [1.0], "x": [1.0]}), "T", "", COLUMNS)
    head = "Caused by its consumption (CBA)"
    assert f'<button type="button" aria-describedby="c0">{head}</button>' in page
    meaning = '<dd id="c0">Its <code>footprint</code></dd>'
    assert f"<dt>{head} (<code>cba_mt</code>, Mt CO2)</dt>{meaning}" in page
    assert '<button type="button">X</button>' in page


def test_only_columns_of_long_texts_wrap():
    page = table_page(pd.DataFrame({"a": ["x" * (LONG + 1)], "b": ["x" * LONG]}), "T", "")
    assert ":is(:nth-child(1)) { white-space: normal" in page


def test_a_page_that_would_be_too_long_for_a_browser_says_which_rows_it_lacks(monkeypatch):
    table = pd.DataFrame({"name": ["long" * 10] * 500})
    monkeypatch.setattr("citymrio.report.pages.MOST_BYTES", 10_000)
    page = table_page(table, "T", "")
    kept = int(re.search(r"the first (\d+) of 500 rows; the file has all", page)[1])
    assert page.count("<tr><th scope=row>") == kept and 0 < kept < 500


def test_a_page_allows_its_own_script_and_style_alone():
    page = table_page(pd.DataFrame({"a": [1]}), "T", "")
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1])
    (style,), (script,) = (
        re.findall(rf"<{name}>(.*?)</{name}>", page, flags=re.S) for name in ("style", "script")
    )
    assert hashed(style) in policy and hashed(script) in policy
    assert "unsafe" not in policy and "eval(" not in script and "innerHTML" not in script


def test_every_code_of_the_dictionary_is_read_as_text(tmp_path):
    path = tmp_path / "supply_chains.csv"
    path.write_text(
        "region,origin,product_sector,path\n130200,011000,06,130200/06\n", encoding="utf-8"
    )
    assert read_table(path, text=codes("supply_chains")).iloc[0].tolist() == [
        "130200",
        "011000",
        "06",
        "130200/06",
    ]


def test_every_table_shown_has_a_caption_and_every_caption_a_table():
    folder = Path(citymrio.__file__).parent / "report/captions" / "tables"
    both = {f"{name}{ending}" for name in SHOWN for ending in ("", ".zh")}
    assert {path.stem for path in folder.glob("*.rst")} == both
    for path in folder.glob("*.rst"):
        assert path.read_text(encoding="utf-8").rstrip().endswith((".", "。")), path.name


@pytest.mark.parametrize(
    ("within", "joint", "said"),
    [
        (["true", "false", "true"], ["true", "true", "true"], "**3 of 3 results"),
        (["true", "false", ""], ["false", "true", "true"], "**1 of 2 results"),
        (["true", "false", "true"], [], "**Of 3 results of the paper, none was computed under"),
        (["", "", ""], [], ""),
    ],
)
def test_the_page_of_the_paper_opens_with_what_one_consistent_reading_meets(within, joint, said):
    ids = ["T1", "T2", "T3"]
    comparison = pd.DataFrame(
        {"id": ids, "comparable": "true", "counts_as": RESULT, "within": within}
    )
    readings = pd.DataFrame(
        {"number": ids[: len(joint)], "within": joint, "needs": JOINT, "words": "w"}
    )
    text = agreement(comparison, readings)
    assert text.startswith(said) and bool(text) == bool(said)
    used = within.count("true")
    assert not said or f"{used} under the reading of the main tables" in text


#: What a page in Chinese says in Latin letters of its own: names of methods and accounts, codes.
LATIN = {"GDP", "CBA", "PBA", "WAPE", "CNY", "means", "csv", "per"}


def in_chinese(table: pd.DataFrame, name: str, **more: object) -> str:
    """A table of a run as its page in Chinese."""
    columns = described(name, table.columns, {"unit": "10^4 CNY", "currency": "CNY"})
    about = caption(name, "water", "zh")
    return table_page(
        table,
        page_name(SHOWN[name].title, "zh"),
        about,
        columns,
        source="2012",
        language="zh",
        **more,
    )


def english_of(text: str) -> set[str]:
    """Words in Latin letters of a page, but for what it marks as English, codes, scripts, styles."""
    for part in ("script", "style", "code"):
        text = re.sub(rf"<{part}\b.*?</{part}>", " ", text, flags=re.S)
    text = re.sub(r'<(\w+)[^>]* lang="en"[^>]*>.*?</\1>', " ", text, flags=re.S)
    return set(re.findall(r"[A-Za-z]{3,}", html.unescape(re.sub("<[^>]+>", " ", text))))


@pytest.mark.parametrize("name", sorted({*figure_tables.make().tables} & {*SHOWN}))
def test_a_page_in_chinese_says_nothing_in_english_but_what_it_marks(name):
    table = figure_tables.make().tables[name].head(20)
    text = in_chinese(table, name)
    held = set(re.findall(r"<code>(.*?)</code>", text))
    codes_ = set(re.findall("[A-Za-z]{3,}", " ".join(held)))
    places = set(
        re.findall("[A-Za-z]{3,}", " ".join(map(str, table.filter(regex="region$").stack())))
    )
    assert '<html lang="zh">' in text and "只显示包含此文字的行" in text
    assert english_of(text) - codes_ - places <= LATIN


def test_words_of_the_run_in_a_page_in_chinese_are_translated_or_marked():
    table = pd.DataFrame(
        {
            "region": ["P01", "P02"],
            "name": ["Alpha", "Beta"],
            "super_emitter": ["hybrid", "none"],
            "depth": ["light", "deep"],
            "structure": ["light", "heavy"],
            "note": ["a note of the run", "not computed: a setting; rounding"],
        }
    )
    columns = described("regions", table.columns, {"unit": "10^4 CNY", "currency": "CNY"})
    places = table.assign(name_local=["阿市", None], province="P", province_name="Pi")
    names_of = local_names(places, {"P": "丙省"})
    assert names_of == {"Alpha": "阿市", "Pi": "丙省"}
    text = table_page(table, "表", "说明", columns, language="zh", names_of=names_of)
    rows = [
        re.sub("<td>|<th scope=row>", "|", row)
        for row in text.split("<tbody>")[1].split("<tr>")[1:]
    ]
    assert rows[0].split("|")[1:6] == ["P01", "阿市", "混合型", "轻度", "轻工业"]
    assert rows[1].split("|")[1:6] == ["P02", '<span lang="en">Beta</span>', "否", "深度", "重工业"]
    assert '|<span lang="en">a note of the run</span>' in rows[0]
    assert "|未计算：设定；四舍五入" in rows[1]


def test_words_around_values_are_said_in_chinese_where_all_of_a_text_is_known():
    said = {
        "It is in the headline; technology_light_capped leaves it out.": (
            "主要结果包含这部分；技术（轻度），仅合理强度不含。"
        ),
        "analysis/key_intensities.csv, regions P0301, P0304": (
            "analysis/key_intensities.csv，地区 P0301，P0304"
        ),
        "It is ignored. Fix: set what it needs, or remove it.": (
            "不起作用。处理办法：设定它所需的内容，或将其删除。"
        ),
        "{0} in iron_steel": "",
        "about two thirds of it": "",  # nothing is half in English
        "t CO2 per 10^4 CNY": "吨 CO2/万元",
    }
    known = word_of("technology_light_capped", "zh")
    assert known and known in word_of([*said][0], "zh")
    for text, words in [*said.items()][1:]:
        assert word_of(text, "zh") == words, text
    for key, words in catalogue().items():
        if key.startswith("page.word."):
            places = {
                language: len(re.findall(r"{\d*(?::s)?}", text)) for language, text in words.items()
            }
            assert places["en"] == places["zh"], key


def texts_of(node: ast.expr) -> list[str]:
    """The texts that an expression may be, values as {}; none where it is no text of its own."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
        return ["".join(map(str, parts))]
    if isinstance(node, ast.IfExp):
        return texts_of(node.body) + texts_of(node.orelse)
    return []


def test_every_warning_is_said_in_chinese():
    """What is unusual, its value, what would be usual and what follows, of every warning of the
    library.
    """
    left, seen = [], 0
    for file in Path(citymrio.__file__).parent.rglob("*.py"):
        for text in warning_texts(file.read_text(encoding="utf-8")):
            seen += 1
            # a value is a sentence of its own at an end, else a number
            sentence = re.sub("^{}(?= Fix)|{}$", "It is used.", text)
            filled = [one.replace("{}", "9") for one in (text, sentence)]
            if not any(map(word_of, filled, ["zh", "zh"])):
                left.append(f"{file.name}: {text}")
    assert seen > 400 and left == []


def test_texts_of_warnings_are_found_where_they_are_written():
    program = """
TEXTS = {"a": "one of a table"}
def gives(rows, name):
    note = "a note" if rows else f"{rows} notes"
    for flow, whole in (("exports", "output"), ("imports", "use")):
        warn(where="no", what=f"{flow} above {whole}", value=name, expectation=TEXTS[name])
    warn(value=", ".join(f"{k} of it" for k in rows), effect=note + (" more" if rows else ""))
gives([], "its name")
"""
    assert set(warning_texts(program)) == {
        *("exports above output", "exports above use", "imports above output", "imports above use"),
        *("its name", "one of a table", "{} of it"),
        *("a note more", "a note", "{} notes more", "{} notes"),
    }


def texts_in(node: ast.AST) -> list[str]:
    """The sentences in a part of a program, those in f-strings whole."""
    if found := texts_of(node) if isinstance(node, ast.expr) else []:
        return [text for text in found if text.endswith(".")]
    return [text for child in ast.iter_child_nodes(node) for text in texts_in(child)]


def notes_of_ours() -> set[str]:
    """Notes that the sources of the library write into dataset.json, values as {}, and those of
    the configurations of this repository.
    """
    found = set()
    for file in (Path(citymrio.__file__).parent / "dataset").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.FunctionDef(name="_notes" | "_re_exported"):
                    found.update(text for part in node.body[1:] for text in texts_in(part))
                case ast.Call(func=ast.Attribute(attr="append", value=ast.Attribute(attr="notes"))):
                    found.update(texts_in(node))
                case ast.Assign(targets=[ast.Name(id="NOTES" | "note" | "detail")]):
                    found.update(texts_in(node.value))
                case ast.FunctionDef(name="say", returns=ast.Subscript()):
                    found.update(texts_in(node.body[-1]))
    for file in (Path(__file__).parents[3] / "config/classification").glob("*/notes.csv"):
        found.update(pd.read_csv(file)["note"])
    return found


def test_every_note_of_a_dataset_of_ours_is_said_in_chinese():
    notes = notes_of_ours()
    assert len(notes) > 30
    assert [one for one in notes if not word_of(one.replace("{}", "9"), "zh")] == []


def test_notes_are_said_with_the_places_own_names_and_stay_as_they_are_where_nobody_has_words():
    places = pd.DataFrame({"name": ["Alpha", "Al"], "name_local": ["阿市", "艾市"]})
    places = places.assign(province=["P", "Q"], province_name=["Pi", "Qi"])
    notes = ["Without an input-output table and therefore not part of the country: Alpha, Al, Be."]
    run = {"notes": [*notes, "Benchmarks are assumed values.", "A guess at Alpha."]}
    chinese = notes_in(run, places, "zh")
    assert chinese[0] == "没有投入产出表，因此不在本国范围之内：阿市、艾市、Be。"
    assert chinese[1:] == ["基准均为假定值。", "A guess at Alpha."]
    assert notes_in(run, places, "en") == run["notes"]
    nameless = notes_in(run, places.assign(name_local=None), "zh")
    assert nameless[0].endswith("Alpha、Al、Be。")
    assert cell_html(chinese[0], "zh") == chinese[0]
    assert cell_html(chinese[2], "zh") == '<span lang="en">A guess at Alpha.</span>'


def test_a_chinese_letter_is_as_wide_as_two():
    narrow = table_page(pd.DataFrame({"a": ["长" * (LONG // 2)]}), "T", "", language="zh")
    assert ":is(:nth-child(1)) { white-space: normal" not in narrow
    page = table_page(pd.DataFrame({"a": ["长" * (LONG // 2 + 1)]}), "T", "", language="zh")
    assert ":is(:nth-child(1)) { white-space: normal" in page


def test_every_column_table_and_number_of_the_paper_has_words_in_chinese():
    shown = {*SHOWN, *(f"uncertainty/{name}" for name in SHOWN)}
    columns = [column for column in dictionary() if column.table in shown]
    assert [(one.table, one.name) for one in columns if not one.meaning_zh] == []
    for name in SHOWN:
        assert caption_file(name, "zh").is_file(), name
        assert page_name(SHOWN[name].title, "zh") != SHOWN[name].title, name
    file = Path(__file__).parents[3] / "config/paper_targets.csv"
    quantities = pd.read_csv(file)["quantity"].unique()
    assert [one for one in quantities if not word_of(one, "zh")] == []
    assert word_of("VA per emission, Q1 energy producers, Q2 consumers", "zh") == (
        "单位排放增加值，Q1能源生产者，Q2 消费者"
    )


def test_names_of_columns_in_the_catalogue_are_those_of_columns_and_plain_in_english():
    known = {key.removeprefix("page.head.") for key in catalogue() if key.startswith("page.head.")}
    columns = dictionary()
    stale = [name for name in known if not any(column.holds(name) for column in columns)]
    assert len(known) > 50 and stale == []
    heads = [plain_name(one.name, one.unit) for one in columns if one.meaning_zh]
    codes_left = r"_|\b(cba|pba|mt|usd|gdp|ari|se|k|p|max)\b"
    assert [head for head in heads if re.search(codes_left, head) and "<" not in head] == []
    assert [head for head in heads if not head[0].isupper() and "<" not in head] == []


def test_a_column_in_chinese_is_called_by_a_message_or_by_what_it_means():
    def head(table: str, name: str) -> str:
        return plain_name(
            name, "", described(table, [name], {"unit": "", "currency": ""})[name], "zh"
        )

    assert head("regions", "kind") == "类别"
    assert head("audit", "max_rel") == "最大相对误差"
    assert head("emissions_trends", "emissions_2015_mt") == "该年印出的 CO2 总量（2015）"
    assert head("regions", "va_share_heavy") == "该部门组占增加值的份额（重工业）"


def test_scripts_of_a_page_speak_its_language_and_run_under_its_policy():
    for language, said in (("en", "Show rows that contain "), ("zh", "只显示包含此文字的行 ")):
        text = table_page(pd.DataFrame({"a": ["b"]}), "T", "", language=language)
        script = re.search("<script>(.*?)</script>", text, re.S)[1]
        assert f'"{said}"' in script and "{{" not in script and "${count}" in script
        assert html.escape(hashed(script)) in text
