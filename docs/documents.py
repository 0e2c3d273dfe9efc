"""Rewrites every page that is generated from the code (`make config`); tests fail when one of them
is out of date.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import get_args, get_origin

import pandera.pandas as pa
from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from citymrio.analysis.scenarios.registry import MEASURES
from citymrio.assessment.ensemble import kinds
from citymrio.base import units
from citymrio.base.errors import WARNING_COLUMNS
from citymrio.base.labels import write_atomic
from citymrio.base.money import PRINTED, PRINTED_RELATIVE, PRINTED_SHARE
from citymrio.base.solvers import SOLVERS, TABLES
from citymrio.config.models import Config, Variant
from citymrio.config.spreads import SPREADS
from citymrio.dataset.contract.folder import DEFAULTS, KEYS, OPTIONAL_KEYS
from citymrio.dataset.contract.io_tables import IDENTITIES, VARIABLES
from citymrio.dataset.contract.levels import BANDS, NEVER
from citymrio.dataset.contract.tables import (
    BY_NAME,
    BY_PROVINCE,
    MONEY,
    OF_GIVEN,
    OPTIONAL,
    OPTIONAL_OF_GIVEN,
)
from citymrio.dataset.printed_trade import PAIRS
from citymrio.dataset.sources.template import described_column
from citymrio.dataset.sums import SAID
from citymrio.report.columns import Column, dictionary
from citymrio.report.glossary import sections
from citymrio.report.pages import ENDINGS, SHOWN, caption

CONTRACT_BEGIN = "<!-- dataset: written by `make config` from the schemas -->"
CONTRACT_END = "<!-- end of dataset -->"

#: Files of a dataset beside the tables, and what they hold.
OTHERS = {
    "boundaries.geojson": "optional: a FeatureCollection of polygons in longitude and latitude, "
    "property `region`, null for land that the run does not cover; without it there are no maps",
    "warnings.csv": f"{', '.join(WARNING_COLUMNS)}: what looks wrong in the dataset and is used; "
    "always there",
    "read.csv": "table, file, rows, note: what became of every file of a user's folder and of every "
    "table; without a file: absent (optional); `no data`: not opened, and why",
    "truth/truth.nc": "synthetic countries only: the true nested table, as nested/mrio.nc",
    "truth/emissions.csv": "synthetic countries only: region, sector, emissions (t CO2)",
}
#: Tables that repeat columns of another one.
ALIKE = {
    "extras": "observations",
    "inventory_city": "inventory",
    "inventory_national": "inventory",
}
TERMS = f"""\
Columns with an asterisk are the key: no two rows are alike in all of them. Columns that may be absent may be blank, too. A code is text
without blanks, quotes, slashes, commas, semicolons or any of `: * ? [ ] < > |`, at most 64 characters; that of a province names files and
is made of letters a-z and digits. *{MONEY}* is the `unit` of dataset.json. A given table (kind `mrio`) needs less:
[given-tables.md](given-tables.md)."""
UNITS = """\
An amount with a column `unit` is converted from another unit of the same dimension; any other unit is refused. The attribute `units` of a
netCDF file, the unit of a given table and that of a workbook of the bureaus or of CEADs must be the expected one, in any spelling."""
IO_TABLES = """\
Input-output tables. `sector`: the codes of sectors.csv in their order; `use`: sectors, then the categories of final_demand.csv;
`item`: items of value added, the same in every table. Every variable is *money*, finite, and has the attribute `units`; it may be
negative unless its line says otherwise. Those with an asterisk are in national.nc, which `provinces.calibrate: national` needs."""

APART = """\
Factors between two amounts from which a difference is a warning, and a fault. Ranges without a source are of Chinese statistics of 2012."""


def _units() -> list[tuple[str, str]]:
    """Dimensions and the forms in which their units may be written."""
    forms = [
        (kind, ", ".join(f"`{symbol}`" for symbol in symbols))
        for kind, symbols in units.SYMBOLS.items()
    ]
    names = ", ".join(f"`{name}` ({code})" for name, code in units.CURRENCIES.items())
    return [
        *forms,
        (
            "mass of CO2",
            "a mass with CO2 behind it: `t CO2`, `Mt CO2`, `tCO2`; a mass alone where only CO2 "
            "can be meant",
        ),
        (
            "money",
            f"the code of a currency in three capitals (`EUR`, `kEUR`, `MEUR`, `M.EUR`); {names}",
        ),
        (
            "any of these",
            f"a power of ten before it, at most 10^{units.LARGEST}: `10^4 m3`, `10000 m3`, "
            + ", ".join(f"`{word} EUR`" for word in units.WORDS)
            + ", `millions of EUR`, `EUR million`",
        ),
        (
            "one per another",
            "`t CO2 per 10^6 EUR`, `kg CO2/EUR`, `USD per capita`; `and year`, `per year` may "
            "follow",
        ),
    ]


def described() -> str:
    """The description of the dataset in Markdown."""
    parts = [
        TERMS,
        "### Units\n\n" + UNITS + "\n\n" + _table(("unit of", "what is understood"), _units()),
    ]
    parts += [
        "### dataset.json\n\nA spreadsheet needs the keys with an asterisk.\n\n"
        + _table(("key", "meaning"), _keys())
    ]
    for name, schema in {**BY_NAME, **BY_PROVINCE, **OF_GIVEN}.items():
        file = f"{name}/<p>.csv" if name in BY_PROVINCE else f"{name}.csv"
        optional = (
            " Optional."
            if name in OPTIONAL
            else " A province may lack it."
            if name == "inventory"
            else ""
        )
        if name in OF_GIVEN:
            file, optional = (
                f"{file} (kind `mrio` only)",
                " Optional." if name in OPTIONAL_OF_GIVEN else "",
            )
        base = BY_PROVINCE[ALIKE[name]] if name in ALIKE else pa.DataFrameSchema()
        key = [one for one, column in schema.columns.items() if column.unique] or schema.unique
        rows = [
            _shown(column, schema.columns[column], column in (key or ()))
            for column in own(name, schema)
        ]
        said = {str(check.error) for check in base.checks}
        rules = [str(check.error) for check in schema.checks if str(check.error) not in said]
        sentences = [f"In every row: {'; '.join(rules)}."] if rules else []
        if name in ALIKE:
            sentences.insert(0, f"All else as in {ALIKE[name]}/<p>.csv.")
        table = _table(("column", "values", "meaning"), rows) if rows else ""
        texts = (f"### {_code(file)}", f"{schema.description}{optional}", table)
        parts.append("\n\n".join(filter(None, (*texts, _code(" ".join(sentences))))))
    rows = [
        (
            f"`{name}`" + "*" * v.nation,
            ", ".join(v.dims),
            f"{v.meaning}; {v.low}" if v.low.startswith("at least") else v.meaning,
        )
        for name, v in VARIABLES.items()
    ]
    pairs = " or ".join(f"`{one}` and `{other}`" for one, other in PAIRS)
    parts.append(
        f"### `provinces/<p>.nc`, national.nc\n\n{IO_TABLES}\n\n"
        + _table(("variable", "dims", "meaning"), rows)
        + f"\n\nA pair that the source does not report ({pairs}) is NaN throughout; the net is in "
        "the other pair then.\n\n"
        "Sums hold to half a unit of the last printed digit of deliveries for each number of the "
        f"sum, {PRINTED:g} of the unit (at most {PRINTED_SHARE:g} of the mean output) or "
        f"{PRINTED_RELATIVE:g} of output, whichever is largest. Smaller gaps of a row or column, from "
        f"{SAID:g} of its output on, are booked with a warning, rows in `error`, columns in their largest item of value added:\n\n"
        + "\n".join(f"- {identity}" for identity in IDENTITIES)
    )
    parts.append(
        f"### How far amounts may be apart\n\n{APART}\n\n"
        + _table(("compared", "warned of", "refused", "why"), _bands())
    )
    parts.append(
        "### Other files\n\n"
        + _table(("file", "content"), [(f"`{name}`", text) for name, text in OTHERS.items()])
    )
    return "\n\n".join(part.strip() for part in parts)


def own(name: str, schema: pa.DataFrameSchema) -> list[str]:
    """Columns of a table that the one it is like does not have, or has with another meaning."""
    base = BY_PROVINCE[ALIKE[name]].columns if name in ALIKE else {}
    alike = {described_column(column, about) for column, about in base.items()}
    return [
        column
        for column, about in schema.columns.items()
        if described_column(column, about) not in alike
    ]


def _shown(name: str, column: pa.Column, key: bool) -> tuple[str, ...]:
    """A column of a table, without its type: its unit, its values, whether it may be blank."""
    shown, kind, unit, values, lack, meaning = described_column(name, column)
    said = values.removeprefix("one of ").removeprefix("a ")
    parts = [unit, kind if kind == "true or false" else said, LACKS[lack]]
    if "blank" in said:
        parts[2] = parts[2].replace("may be blank", "-")
    return shown + "*" * key, "; ".join(part for part in parts if part != "-"), meaning


#: What a column may lack -> how the page says it.
LACKS = {"-": "-", "cell": "may be blank", "column": "may be absent"}


def _code(text: str) -> str:
    """`text` with its words that have a placeholder, ``inventory/<p>.csv`` say, as code: Markdown
    would take them for tags.
    """
    return re.sub(r"[\w./]*<[a-z][\w ]*>[\w.]*(?<!\.)", r"`\g<0>`", text)


def _bands() -> list[tuple[str, ...]]:
    """Two amounts that are compared, and the factors from which they are warned of and refused."""
    factors = [
        [f"{factor:g}" if factor < NEVER else "-" for factor in (band.warn, band.refuse)]
        for band in BANDS.values()
    ]
    return [
        (band.compared, *pair, band.why) for band, pair in zip(BANDS.values(), factors, strict=True)
    ]


def _keys() -> list[tuple[str, ...]]:
    keys = {**KEYS, **OPTIONAL_KEYS}
    return [
        (f"`{key}`" + "*" * (key in KEYS and key not in DEFAULTS), meaning)
        for key, meaning in keys.items()
    ]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; a bar inside a cell is escaped."""
    first, *others = (
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
        for line in (header, *rows)
    )
    return "\n".join((first, "|---" * len(header) + "|", *others))


def rewritten(text: str) -> str:
    """A document with the description between its marks.

    Raises
    ------
    ValueError
        The marks are not there once each.
    """
    if text.count(CONTRACT_BEGIN) != 1 or text.count(CONTRACT_END) != 1:
        raise ValueError(f"expected the lines '{CONTRACT_BEGIN}' and '{CONTRACT_END}' once each")
    return re.sub(
        f"{re.escape(CONTRACT_BEGIN)}.*{re.escape(CONTRACT_END)}",
        lambda _: f"{CONTRACT_BEGIN}\n\n{described()}\n\n{CONTRACT_END}",
        text,
        flags=re.DOTALL,
    )


BEGIN, END = "<!-- generated: begin -->", "<!-- generated: end -->"

#: Units of the keys that have one; all other numbers have no unit. Spreads are of logarithms, as the
#: section says.
UNITS_OF_KEYS = {
    "dataset.size": "`full`, `tiny`, numbers",
    "dataset.year": "year",
    "provinces.err_tol": "share of output",
    "provinces.va_cap": "share of output",
    "provinces.trade_cap": "share of output, of use",
    "provinces.stock_cap": "share of other use",
    "cities.va_delta": "share of output",
    "cities.border_change": "log ratio",
    "cities.border_barrier": "share",
    "solver.tol_inner": "relative",
    "solver.tol_outer": "relative",
    "audit.tolerance": "relative",
    "groups.thresholds_usd": "USD per capita and year",
    "groups.super_share": "share",
    "scenarios.capital_target": "share of final demand",
    "scenarios.peak_emissions_gt": "Gt CO2",
    "uncertainty.level": "probability",
    **{f"uncertainty.{s.name}": s.unit for s in SPREADS if s.name.endswith("_range")},
    "emissions.control_total_sd": "log ratio",
    "figures.dpi": "dots per inch",
}


def _choices(annotation: object) -> list[str]:
    """The values of a Literal."""
    if str(get_origin(annotation)) == "typing.Literal":
        return [f"`{value}`" for value in get_args(annotation)]
    return []


def _default(value: object) -> str:
    if isinstance(value, BaseModel):
        return "see below"
    if value is None:
        return "none"
    if isinstance(value, tuple):
        value = list(value)
    return f"`{json.dumps(value)}`" if value != {} else "none"


def _row(*cells: str) -> str:
    """One row of a Markdown table: each cell on one line, bars escaped."""
    return "| " + " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells) + " |"


def _rows(model: type[BaseModel], prefix: str) -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            continue
        key = f"{prefix}{name}"
        choices, said = _choices(field.annotation), str(field.description)
        told = all(choice in said for choice in choices)  # the effect names each of them
        kind = UNITS_OF_KEYS.get(key, "") if told else ", ".join(choices)
        rows.append(_row(f"`{key}`", _default(default), kind, said))
    return rows


def tables() -> str:
    """One table per section: key, default, unit or choices, effect."""
    head = [_row("key", "default", "values", "effect"), "|---|---|---|---|"]
    parts = [["## The run", "", *head, *_rows(Config, "")]]
    for name, field in Config.model_fields.items():
        if isinstance(field.default, BaseModel):
            parts.append(
                [
                    f"## `{name}`",
                    "",
                    str(field.description),
                    "",
                    *head,
                    *_rows(type(field.default), f"{name}."),
                ]
            )
    parts.append(
        [
            "## `variants.<name>`",
            "",
            str(Variant.__doc__),
            "",
            *head,
            *_rows(Variant, "variants.<name>."),
        ]
    )
    return "\n\n".join("\n".join(part) for part in parts)


def with_generated(text: str, generated: str) -> str:
    """`text` with its generated part replaced."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{generated}\n\n{END}{rest.split(END)[1]}"


def solver_table() -> str:
    """The registry as the Markdown table of docs/entropy.md: solver, reach, least tolerances of a
    run, package, options.
    """
    rows = [
        "| solver | reaches | `tol_inner`, `tol_outer` at least | package | options it gets |",
        "|---|---|---|---|---|",
    ]
    for name, backend in SOLVERS.items():
        reach, tables = _short(backend.reach), _short(backend.reach / TABLES)
        options = ", ".join(f"`{option}`" for option in backend.options(backend.reach, 1))
        rows.append(
            f"| `{name}` | {reach} | {reach}, {tables} | {backend.package or 'this project'} | "
            f"{options} |"
        )
    return "\n".join(rows)


def _short(number: float) -> str:
    return f"{number:.0e}".replace("e-0", "e-")


HEAD = """# Tables

Columns of the tables in `results/<run>/tables/`; from `left_out` on in `results/<run>/validation/` (`make validation`), of
`uncertainty/...` in `results/<run>/uncertainty/`, there by the ensemble's method. [What adds up to
what](read-results.md#what-adds-up-to-what); [terms](glossary.md).

A name in angle brackets stands for each role of final demand (`household`, `government`, `capital`, `stock_changes`), group of sectors,
structure, year, level or tenth; `<column>_low` and `<column>_high` are the ends of an interval. Names that end in `_mt` are in Mt CO2,
`_t` in t CO2, `_usd` in USD, `_percent` in %; amounts of the stressor (`analysis.stressor`) lack these endings. Other units stand in
brackets. Blank: there is no such number.

## Columns of several tables

Below, tables only name these ("Also").

"""
#: From how many tables on a column that means the same in all of them is described once, above them.
SEVERAL = 3
#: Table -> the one whose columns it has besides its own.
WIDER = {"uncertainty/paper_comparison": "paper_comparison"}
#: What stands in units of columns instead of those of a dataset.
MONEY_OF_TABLES = {"unit": "unit of money", "currency": "of the currency"}


def columns_of_tables() -> str:
    """The text of docs/tables.md."""
    kinds = Counter(map(_kind, dictionary()))
    most = {kind[0]: kind for kind, _ in reversed(kinds.most_common())}  # of a name
    several = [kind for kind in kinds if kinds[kind] >= SEVERAL and most[kind[0]] == kind]
    parts = [HEAD, _described(several)]
    first = dict.fromkeys(several, "")
    for table, columns in groupby(dictionary(), key=lambda column: column.table):
        parts.append(f"\n## {table}.csv\n")
        if table in SHOWN:
            parts.append(f"\n{caption(table)}\n")
        if place := WIDER.get(table):
            parts.append(f"\nAll columns of [{place}](#{place}csv), and:\n")
        rows, named = [], dict[str, list[str]]()
        carbon = table.removeprefix("stressor_")
        if carbon != table:
            parts.append(f"\nOther columns are as in [{carbon}](#{carbon}csv), of the stressor.\n")
        for kind in map(_kind, columns):
            place = first.setdefault(kind, table)
            if carbon != table and of_carbon(carbon, kind):
                continue
            if place != table:
                text = f"as in [{place}](#{place.replace('/', '')}csv): " if place else ""
            elif kind[0].endswith("_<end>"):
                continue
            else:
                rows.append(kind)
                continue
            named.setdefault(text, []).append(f"`{kind[0]}`")
        if rows:
            parts.append("\n" + _described(rows))
        if named:
            also = "; ".join(text + ", ".join(named[text]) for text in sorted(named))
            parts.append(f"\nAlso {also}.\n")
        if table == "scenarios":
            parts.append("\nMeasures (column `side`):\n\n")
            parts.extend(
                f"- `{side}` ({module.BASIS}): {' '.join(str(module.__doc__).split())}\n"
                for side, module in MEASURES.items()
            )
    return "".join(parts)


def _kind(column: Column) -> tuple[str, str, str]:
    return column.name, column.unit, column.meaning


def _described(kinds: Iterable[tuple[str, str, str]]) -> str:
    """Columns as a table of Markdown: name, meaning, and the unit unless the name says it."""
    rows = [
        (
            f"`{name}`",
            meaning
            if unit in ("", "1", "see meaning") or name.endswith(ENDINGS)
            else f"{meaning} [{unit.format_map(MONEY_OF_TABLES)}]",
        )
        for name, unit, meaning in kinds
    ]
    return _table(("column", "meaning"), rows) + "\n"


def of_carbon(table: str, kind: tuple[str, str, str]) -> bool:
    """Whether a table of CO2 has a column, or an amount of its name but for the unit."""
    name = kind[0]
    return any(
        _kind(column) == kind
        or ("CO2" in column.unit and column.name in (name, f"{name}_mt", f"{name}_t"))
        for column in dictionary()
        if column.table == table
    )


def with_terms(text: str) -> str:
    """The text of docs/glossary.md: its head as it is, and the terms."""
    tables = (
        f"## {section}\n\n| term | meaning | in the results |\n|---|---|---|\n"
        + "".join(f"| {one.term} | {one.meaning} | {one.where} |\n" for one in part)
        for section, part in sections()
    )
    return text.partition("## ")[0] + "\n".join(tables)


def schema() -> str:
    """The JSON Schema of a configuration file, as text."""
    found = Config.model_json_schema()
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


#: Page -> its text from what it is now.
GENERATED: dict[str, Callable[[str], str]] = {
    "config/schema.json": lambda text: schema(),
    "config/README.md": lambda text: with_generated(text, tables()),
    "docs/contracts.md": rewritten,
    "docs/entropy.md": lambda text: with_generated(text, solver_table()),
    "docs/value-of-data.md": lambda text: with_generated(text, kinds.markdown()),
    "docs/tables.md": lambda text: columns_of_tables(),
    "docs/glossary.md": with_terms,
}


def main() -> None:
    """Rewrite the generated pages of this clone."""
    for name, made in GENERATED.items():
        text = made((ROOT / name).read_text(encoding="utf-8"))
        write_atomic(
            ROOT / name, lambda target, text=text: Path(target).write_text(text, encoding="utf-8")
        )


if __name__ == "__main__":
    main()
