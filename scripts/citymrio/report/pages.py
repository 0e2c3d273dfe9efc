"""Tables as pages: what the report of a run shows of its tables, and one table as a page of HTML
for reading.
"""

import html
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import east_asian_width

import pandas as pd

from ..assessment.paper.readings.table import count_met
from .columns import JOINED, Column
from .language import catalogue, in_country_words, known, say
from .look import document, marked, rendered


class Shown(NamedTuple):
    """A table in the report; its text is captions/tables/<table>.rst."""

    group: str
    title: str


#: Tables that the report shows, if the run has them.
SHOWN: dict[str, Shown] = {
    "regions": Shown("Cities and groups", "Regions"),
    "headline": Shown("Cities and groups", "Headline numbers"),
    "quintiles": Shown("Cities and groups", "Quintiles of affluence"),
    "structures": Shown("Cities and groups", "Industrial structures"),
    "clusters": Shown("Cities and groups", "Clusters behind the structures"),
    "emissions_trends": Shown("Cities and groups", "Emissions after the year of the run"),
    "flows_groups": Shown("Flows", "Flows between groups"),
    "va_per_emission": Shown("Flows", "Value added per emission"),
    "va_dependence": Shown("Flows", "Dependence of value added"),
    "intercity": Shown("Flows", "Where footprints of all regions are emitted"),
    "supply_chains": Shown("Flows", "Supply chains"),
    "stressors": Shown("Flows", "Accounts of all stressors"),
    "intensities": Shown("Scenarios", "Intensities of key sectors"),
    "scenarios": Shown("Scenarios", "Savings"),
    "quota": Shown("Scenarios", "Quota"),
    "deficits": Shown("Scenarios", "Deficits"),
    "audit": Shown("Checks", "Balances"),
    "warnings": Shown("Checks", "Warnings"),
    "read": Shown("Checks", "What was read"),
    "observations_use": Shown("Checks", "What observations did"),
    "identified": Shown("Checks", "What the data identify"),
    "accuracy": Shown("Checks", "Accuracy against the truth"),
    "known_trade": Shown("Checks", "Beside a known table"),
    "paper_comparison": Shown("Checks", "Beside the paper"),
    "readings": Shown("Checks", "Readings of the paper"),
    "methods": Shown("Checks", "Both methods"),
    "variants": Shown("Checks", "Variants of the method"),
    "parameters": Shown("Checks", "Parameters"),
    **{
        f"stressor_{table}": Shown("Another stressor", title)
        for table, title in {
            "regions": "Regions",
            "quintiles": "Quintiles of affluence",
            "structures": "Industrial structures",
            "flows_groups": "Flows between groups",
            "intercity": "Where footprints arise",
            "scenarios": "Savings by demand",
            "deficits": "Deficits",
        }.items()
    },
}

DIGITS = 4


#: Unit of a column that holds years, whose thousands are not parted.
YEAR = "year"


def format_number(value: float, decimals: int | None = None) -> str:
    """A number as people read it: thousands parted, NaN blank; a number that is not 0 is never
    shown as 0.

    With so many decimals, or (without, or where they would leave 0) four significant digits or all
    before the point.
    """
    if math.isnan(value):
        return ""
    size = abs(float(f"{value:.{DIGITS}g}"))
    if (
        decimals is not None
        and math.isfinite(value)
        and (value == 0 or round(value, decimals) != 0)
    ):
        text = f"{value:,.{decimals}f}"
    elif math.isinf(size):
        text = str(value)
    elif size >= 10 ** (DIGITS - 1) or float(value).is_integer():
        text = f"{value:,.0f}" if size < 1e15 else f"{value:.{DIGITS}g}"
    elif size >= 1e-3:
        text = f"{value:.{DIGITS}g}"
    else:
        mantissa, power = f"{value:.{DIGITS - 1}e}".split("e")
        text = f"{float(mantissa):g}e{int(power)}"
    return text.replace("-", "\N{MINUS SIGN}")


def caption_file(table: str, language: str = "en") -> Path:
    """The file of a table's caption."""
    ending = "" if language == "en" else f".{language}"
    return Path(__file__).parent / f"captions/tables/{table}{ending}.rst"


def caption(
    table: str,
    stressor: str = "the stressor",
    language: str = "en",
) -> str:
    """The caption of a table, on one line, with the name of its stressor."""
    text = " ".join(caption_file(table, language).read_text(encoding="utf-8").split())
    return in_country_words(text, language).replace("{{ snakemake.params.stressor }}", stressor)


def agreement(comparison: pd.DataFrame, readings: pd.DataFrame, language: str = "en") -> str:
    """How many of the paper's results a run meets, under one consistent reading first; "" where
    none can be judged.

    Parameters
    ----------
    comparison, readings
        paper_comparison.csv and readings.csv.
    """
    met = count_met(comparison, readings)
    if not met.judged:
        return ""
    head = "apart" if met.joint is None else "joint"
    said = say(f"page.agreement.{head}", language, joint=met.joint, judged=met.judged)
    return f"**{said}**" + say("page.agreement", language, used=met.used, union=met.union)


#: Endings of names that say the unit, which stands below the name.
ENDINGS = ("_mt", "_t", "_usd", "_percent")


def plain_name(
    name: str, unit: str = "", column: Column | None = None, language: str = "en"
) -> str:
    """What a column is called: in words, without its unit. A column that no message names is called
    by its own name, in Chinese by the first clause of its meaning.

    Examples
    --------
    >>> plain_name("saving_mt", "Mt CO2")
    'Saving'
    >>> plain_name("cba_mt_low", "Mt CO2")
    'Caused by its consumption (CBA), low end'
    >>> plain_name("demand_household", "10^4 CNY")
    'Demand of households'
    """
    if name.startswith(JOINED):
        own = plain_name(name.removeprefix(JOINED), unit, column, language)
        return say("page.name.ensemble", language, name=own)
    for end in ("low", "high"):
        if name.endswith(f"_{end}"):
            own = plain_name(name.removesuffix(f"_{end}"), unit, column, language)
            return say(f"page.name.{end}", language, name=own)
    if name == "name":  # of whatever the table is about
        return say("page.name", language)
    ending = next((one for one in ENDINGS if unit and name.endswith(one)), "")
    words = in_country_words(name.removesuffix(ending).replace("_", " "))
    if language != "en" and column is not None:
        words = _first_clause(column, name, language)
    head = known(f"head.{name}", language, known(f"page.head.{name}", language, words))
    return head[:1].upper() + head[1:]


def _first_clause(column: Column, name: str, language: str) -> str:
    """The first clause of what a column means, and what stands in its name for a part that stands
    for anything.
    """
    clause = re.split("[（：，；]", column.said(language))[0]
    form = re.sub(r"<\w+>", r"(\\w+)", column.name.removesuffix("_<end>"))
    found = re.fullmatch(form, name)
    parts = [word_of(part, language) or part for part in found.groups()] if found else []
    return clause + (f"（{'、'.join(parts)}）" if parts else "")


#: Families of messages that hold words of tables: those of columns by the end or the beginning of
#: their names, and those of all.
FAMILIES_OF = {
    "status": "observed",
    "kind": "kind",
    "super_emitter": "type",
    "threshold_type": "type",
    "depth": "depth",
    "main_input": "cause",
}
FAMILIES = (
    *("page.word", "class", "key", "role", "demand", "depth", "variant", "unit"),
    *("start.row", "start.group", "start.identified"),
)
#: Columns that hold sentences of ours, without names.
PROSE = {("audit", "description"), ("audit", "where"), ("parameters", "source")}
#: A Chinese letter.
HAN = "[\u4e00-\u9fff]"
#: What stands between parts of a text -> the message that says so in the language of a page.
MARKS = {". ": "page.then", "; ": "page.after", ": ": "page.of", ", ": "page.and"}
#: Where a value stands in a message, and values that still are English: several words, or a number
#: of something.
PLACE, ENGLISH = re.compile("{(?::s)?}"), re.compile("[A-Za-z] +[A-Za-z]|[0-9] +[A-Za-z]{3}")
#: Codes, paths and names of columns, which are the same in every language.
CODES = re.compile(r"\S*[\d/_.]\S+|\S*\d")


@cache
def _forms() -> dict[re.Pattern[str], dict[str, str]]:
    """Messages `page.word.` in which values stand ({}, and {:s} for names, which stay as they are),
    by what they look like in English, those of most words first.
    """
    said = [one for key, one in catalogue().items() if key.startswith("page.word.")]
    return {
        re.compile("(.+?)".join(map(re.escape, PLACE.split(one["en"])))): one
        for one in sorted(said, key=lambda one: -len(PLACE.sub("", one["en"])))
        if PLACE.search(one["en"])
    }


def word_of(text: str, language: str, column: str = "") -> str:
    """A word of a table's vocabularies in another language; "" where the catalogue has none."""
    if not re.search("[A-Za-z]", text):
        return text
    own = [
        family
        for part, family in FAMILIES_OF.items()
        if column.endswith(part) or column.startswith(part)
    ]
    for family in (*own, *FAMILIES):
        if said := known(f"{family}.{text}", language, ""):
            return said
    if CODES.fullmatch(text):
        return text
    if text.endswith(".") and (said := word_of(text[:-1], language)):
        return said + say("page.stop", language)
    for mark, key in MARKS.items():
        first, _, rest = text.partition(mark)
        if rest and (one := word_of(first, language)) and (other := word_of(rest, language)):
            return one + say(key, language) + other
    for form, said_as in _forms().items():
        if found := form.fullmatch(text):
            values = [word_of(value, language) or value for value in found.groups()]
            places = zip(PLACE.findall(said_as["en"]), values, strict=True)
            if not any(place == "{}" and ENGLISH.search(value) for place, value in places):
                return in_country_words(said_as[language], language).format(*values)
    return ""


def table_page(
    table: pd.DataFrame,
    title: str,
    about: str,
    columns: Mapping[str, Column] | None = None,
    *,
    source: str = "",
    synthetic: bool = False,
    language: str = "en",
    names_of: Mapping[str, str] | None = None,
) -> str:
    """A table as a page of its own: units, meanings of columns, and a script that sorts and
    filters.

    Written by hand and not by ``DataFrame.to_html``, which knows neither units nor meanings. Ends
    of cells and rows are left out, as HTML allows: a page inside the report is one address, which
    browsers cut off at two million characters. What does not fit is not shown, and the page says
    so.

    Parameters
    ----------
    table
        Any table of a run; the page rounds, the file keeps all digits.
    title, about
        Heading, and what the table is (with the marks of a caption).
    columns
        What is known of its columns (:func:`citymrio.report.columns.described`).
    source
        Where it is from: run, file.
    synthetic
        Whether its numbers are invented.
    language
        Of its words; texts of the run that have none in it are marked as English.
    names_of
        What places are called in the page, where not as in the table.
    """
    columns = columns or {}
    names = [str(name) for name in table]
    heads = 2 if names[1:2] == ["name"] else 1
    shown = [
        _texts(values, columns.get(name), language, names_of or {})
        for name, values in zip(names, (table[name] for name in table), strict=True)
    ]
    cells = [
        [f"<th scope=row>{t}" if n < heads else f"<td>{t}" for t in texts]
        for n, (_, texts) in enumerate(shown)
    ]
    rows = [f"<tr>{''.join(row)}" for row in zip(*cells, strict=True)]
    kept = _within(rows)
    note = say("page.rows.one" if len(rows) == 1 else "page.rows", language, count=len(rows))
    if kept < len(rows):
        note = say("page.rows.first", language, kept=kept, count=len(rows))
    said = (say("page.after", language) if source else "") + say("page.end", language, note=note)
    body = rendered(
        "table.html",
        title=title,
        about=marked(about),
        source=source,
        said=said,
        named=heads == 2,
        columns=[(name, columns.get(name)) for name in names],
        with_units=any(columns[name].unit for name in names if name in columns),
        described=not columns.keys().isdisjoint(names),
        rows=rows[:kept],
        language=language,
        say=say,
        called=lambda name, column: plain_name(
            name, column.unit if column else "", column, language
        ),
        unit_of=lambda unit: word_of(unit, language) or unit,
        meaning=_meaning,
    )
    return document(
        title,
        body,
        synthetic=synthetic,
        style=_style(shown),
        scripts=("table.js",),
        language=language,
    )


def _meaning(column: Column, language: str) -> str:
    """What a column means, as HTML; words that stand in cells as English."""
    if language == "en":
        return marked(column.meaning.replace("`", "``"))
    text = html.escape(column.said(language), quote=False)
    return re.sub(r"[A-Za-z][\w.,*() -]*[A-Za-z\d*)]", r'<span lang="en">\g<0></span>', text)


#: Letters of a cell above which a column wraps; columns that a sheet of A4 has room for.
LONG, ON_A4 = 40, 24


def _length(text: str) -> int:
    """Letters of a text that is HTML; a Chinese one is as wide as two."""
    letters = html.unescape(re.sub("<[^>]*>", "", text))
    return sum(1 + (east_asian_width(letter) in "WF") for letter in letters)


def _style(shown: Sequence[tuple[bool, list[str]]]) -> str:
    """Rules for columns of numbers and of long texts, which are shorter than a class at every
    cell.
    """
    right = [n for n, (numeric, _) in enumerate(shown, 1) if numeric]
    wide = [
        n for n, (_, texts) in enumerate(shown, 1) if max(map(_length, texts), default=0) > LONG
    ]
    rems = max(8, min(16, 52 // (len(wide) or 1)))  # a few long columns are in sight at once
    rules = {
        "text-align: right; font-variant-numeric: tabular-nums": right,
        f"white-space: normal; min-width: {rems}rem; max-width: 28rem": wide,
    }
    paper = "@media print { @page { size: A3 landscape; } }\n" if len(shown) > ON_A4 else ""
    chosen = {
        rule: ", ".join(f":nth-child({n})" for n in places)
        for rule, places in rules.items()
        if places
    }
    return paper + "".join(
        f".rows tr > :is({places}) {{ {rule}; }}\n" for rule, places in chosen.items()
    )


#: Bytes of all rows of a page: with the rest of it, and as an address, below the limit of browsers
#: (2,097,152 characters).
MOST_BYTES = 1_500_000


def _within(rows: Sequence[str]) -> int:
    """How many of the rows fit."""
    sizes = itertools.accumulate(len(row.encode()) + 1 for row in rows)
    return sum(1 for size in sizes if size <= MOST_BYTES)


def _texts(
    values: pd.Series, column: Column | None, language: str, names_of: Mapping[str, str]
) -> tuple[bool, list[str]]:
    """Whether a column holds numbers, and its cells as HTML."""
    code = bool(column and column.code)
    if values.dtype.kind not in "fiu" or code:
        texts = ["" if value != value or value is None else str(value) for value in values]
        if code:
            return False, [html.escape(text, quote=False) for text in texts]
        ours = column is not None and (column.table, column.name) in PROSE
        cells = {
            text: cell_html(text, language, str(values.name), names_of, ours) for text in {*texts}
        }
        return False, [cells[text] for text in texts]
    if column and column.unit == YEAR:
        return True, ["" if value != value else f"{value:.0f}" for value in values]
    return True, [format_number(value, column.decimals if column else None) for value in values]


def table_in_words(table: pd.DataFrame, name: str, language: str = "en") -> pd.DataFrame:
    """A table whose sentences of ours (`PROSE`) are in the words of the country; where a page says
    them in another language, they are looked up as they are.
    """
    prose = [column for column in table if (name, column) in PROSE and language == "en"]
    return table.assign(**{column: table[column].map(in_country_words) for column in prose})


def word_cell(
    text: str, language: str, column: str = "", names_of: Mapping[str, str] | None = None
) -> str:
    """A cell in the words of the page: of the country in English, else of the language; "" where
    there are none.
    """
    said = word_of(text, language, column)
    return (
        in_country_words(text) if said and language == "en" else (names_of or {}).get(text) or said
    )


def cell_html(
    text: str,
    language: str,
    column: str = "",
    names_of: Mapping[str, str] | None = None,
    ours: bool = False,
) -> str:
    """A cell in the words of the page, as HTML; marked where it stays in English."""
    if said := word_cell(text, language, column, names_of):
        return html.escape(said, quote=False)
    left = html.escape(in_country_words(text) if ours else text, quote=False)
    mark = language != "en" and re.search("[A-Za-z]{2}", text) and not re.search(HAN, text)
    return f'<span lang="en">{left}</span>' if mark else left


def page_name(title: str, language: str) -> str:
    """What the page of a table is called."""
    return known(f"start.page.{title}", language, title)


def local_names(regions: pd.DataFrame, provinces: Mapping[str, str]) -> dict[str, str]:
    """What places are called in their own country, where the dataset says so.

    Parameters
    ----------
    regions
        regions.csv.
    provinces
        Code of a province -> its name there (`provinces_local` of dataset.json).
    """
    named = regions.dropna(subset=["name_local"])
    above = {
        row.province_name: provinces[row.province]
        for row in regions.itertuples()
        if row.province in provinces
    }
    return above | dict(zip(named["name"], named["name_local"], strict=True))


def notes_in(run: Mapping[str, Any], regions: pd.DataFrame, language: str) -> list[str]:
    """What a dataset says of itself (`notes` of dataset.json), in the words of the page and with
    the places' own names; as it is where the catalogue has no words.
    """
    notes = [(note, word_cell(note, language)) for note in run.get("notes", ())]
    if language == "en":
        return [said or note for note, said in notes]
    names = local_names(regions, run.get("provinces_local", {}))
    listed = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return [
        re.sub(rf"\b({listed})\b", lambda found: names.get(found[0], ""), said).replace(
            ", ", say("list.comma", language)
        )
        or note
        for note, said in notes
    ]


def format_amount(value: float, unit: str) -> str:
    """A headline number: counts are whole, Mt have three digits (as in the explorer), the rest one
    decimal.
    """
    decimals = 0 if unit in ("cities", "regions", "members", "Mt CO2") else 1
    if unit == "Mt CO2" and value and math.isfinite(value):
        decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return format_number(value, decimals)
