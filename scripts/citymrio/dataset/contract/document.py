"""The part of docs/contracts.md that describes the dataset, written from the schemas (`citymrio documents`)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

import pandera.pandas as pa

from ...base.money import PRINTED, PRINTED_RELATIVE, PRINTED_SHARE
from ...base.notices import COLUMNS
from ...base.units import understood
from .folder import DEFAULTS, KEYS, MADE, OF_SHEETS, OPTIONAL_KEYS
from .io_tables import IDENTITIES, OPTIONAL_PAIRS, VARIABLES
from .levels import BANDS, NEVER
from .tables import BY_NAME, BY_PROVINCE, MONEY, OF_GIVEN, OPTIONAL, OPTIONAL_OF_GIVEN

BEGIN = "<!-- dataset: written by `citymrio documents` from the schemas -->"
END = "<!-- end of dataset -->"
#: Columns whose codes other tables refer to.
CODES = ("region", "province", "sector", "category", "inventory_sector", "fuel")
#: Files of a dataset beside the tables, and what they hold.
OTHERS = {
    "boundaries.geojson": "optional: a FeatureCollection of polygons in longitude and latitude, property `region`, null for "
    "land that the run does not cover and the maps show as such; without the file there are no maps",
    "warnings.csv": f"{', '.join(COLUMNS)}: what looks wrong in the dataset and is used; always there, perhaps without a row",
    "read.csv": "table, file, rows, note: what became of every file of the folder that a user gives, and of every table; a table "
    "without a file is absent (optional), notes name what is imputed, not reported or unused; `no data`: a file that was not "
    "opened, and why",
    "truth/truth.nc": "synthetic countries only: the true nested table, variables as in nested/mrio.nc",
    "truth/emissions.csv": "synthetic countries only: region, sector, emissions (t CO2)",
}
TERMS = f"""\
Columns of a table are all there, but those that the table below lets be absent; a cell may be blank where it says so. A code is
text without blanks, quotes, slashes, commas, semicolons or any of `: * ? [ ] < > |`, at most 64 characters; one that names a file
(province) is made of letters a-z and digits. *{MONEY}* is the `unit` of dataset.json, a power of ten of its currency. Regions are
sorted by province and region: that is their order everywhere. What a table that somebody else made (kind `mrio`) needs of all
this, and what more: [given-tables.md](given-tables.md)."""
UNITS = """\
A column `unit` is read: an amount in another unit of the same dimension is converted, any other unit is refused. Columns without
one beside them are in the unit that the tables below name. The attribute `units` of a netCDF file, the unit of a given table and
the unit that a workbook of the bureaus or of CEADs prints must be the expected one, in any spelling; they are not converted."""
IO_TABLES = """\
Input-output tables. `sector`: the codes of sectors.csv in their order; `use`: sectors, then the categories of final_demand.csv;
`item`: items of value added, the same in every table. Every variable has the attribute `units`, the `unit` of dataset.json. The
national table is optional; `provinces.calibrate: national` needs it."""

APART = """\
Two amounts that tell of the same thing: the factor from which a difference is worth a warning, and from which it is a fault."""


def described() -> str:
    """The description of the dataset in Markdown."""
    parts = [TERMS, "### Units\n\n" + UNITS + "\n\n" + _table(("unit of", "what is understood"), understood())]
    parts += ["### dataset.json\n\n" + _table(("key", "may be left out of a spreadsheet", "meaning"), _keys())]
    for name, schema in {**BY_NAME, **BY_PROVINCE, **OF_GIVEN}.items():
        file = f"{name}/<p>.csv" if name in BY_PROVINCE else f"{name}.csv"
        optional = " Optional." if name in OPTIONAL else " A province may lack it." if name == "inventory" else ""
        if name in OF_GIVEN:
            file, optional = f"{file} (kind `mrio` only)", " Optional." if name in OPTIONAL_OF_GIVEN else ""
        rows = [_column(name, column) for name, column in schema.columns.items()]
        rules = [str(check.error) for check in schema.checks]
        key = [name for name, column in schema.columns.items() if column.unique] or [*(schema.unique or [])]
        sentences = [f"One row for each {', '.join(key)}."] if key else []
        sentences += [f"In every row: {'; '.join(rules)}."] if rules else []
        header = ("column", "type", "unit", "values", "blank", "meaning")
        parts.append(
            f"### {_code(file)}\n\n{schema.description}{optional}\n\n{_table(header, rows)}\n\n{_code(' '.join(sentences))}"
        )
    rows = [
        (f"`{name}`", ", ".join(v.dims), MONEY, f"a finite number; {v.low}", "yes" if v.nation else "no", v.meaning)
        for name, v in VARIABLES.items()
    ]
    pairs = " or ".join(f"`{one}` and `{other}`" for one, other in OPTIONAL_PAIRS)
    parts.append(
        f"### `provinces/<p>.nc`, national.nc\n\n{IO_TABLES}\n\n"
        + _table(("variable", "dims", "unit", "values", "in national.nc", "meaning"), rows)
        + f"\n\nA source that does not report {pairs} leaves both NaN throughout; the net is in the other pair then.\n\n"
        + f"To {PRINTED:g} of the unit (at most {PRINTED_SHARE:g} of the mean output) or {PRINTED_RELATIVE:g} of output, "
        + "whichever is larger (rounding of printed tables):\n\n"
        + "\n".join(f"- {identity}" for identity in IDENTITIES)
    )
    parts.append(
        f"### How far amounts may be apart\n\n{APART}\n\n" + _table(("compared", "warned of", "refused", "why"), _bands())
    )
    parts.append("### Other files\n\n" + _table(("file", "content"), [(f"`{name}`", text) for name, text in OTHERS.items()]))
    return "\n\n".join(part.strip() for part in parts)


def notes(table: str) -> list[str]:
    """What a table holds in lines of at most 120 characters, for the comments of an empty one."""
    if table == "dataset":
        texts = ["About the dataset, one key a row; several sources or notes with ; between. Keys that may be left out have (*)."]
        keys = {key: meaning for key, meaning in {**KEYS, **OPTIONAL_KEYS, **OF_SHEETS}.items() if key not in MADE}
        texts += [f"{key}{' (*)' if key in DEFAULTS or key not in KEYS else ''}: {meaning}" for key, meaning in keys.items()]
    else:
        schema = BY_NAME[table]
        optional = " Optional: remove this table if you have none." if table in OPTIONAL else ""
        texts = [f"{schema.description}{optional}"]
        for name, _, unit, values, _, meaning in (_column(name, column) for name, column in schema.columns.items()):
            of = "" if unit == "-" else f" ({MONEY})" if unit == MONEY else f" ({unit})"
            texts.append(f"{name}{of}: {meaning}{'' if values == '-' else f'; {values}'}")
    return [line for text in texts for line in textwrap.wrap(text.replace("`", ""), 120, subsequent_indent="  ")]


def _code(text: str) -> str:
    """`text` with its words that have a placeholder, ``inventory/<p>.csv`` say, as code: Markdown would take them for tags."""
    return re.sub(r"[\w./]*<[a-z][\w ]*>[\w.]*(?<!\.)", r"`\g<0>`", text)


def _bands() -> list[tuple[str, ...]]:
    """Two amounts that are compared, and the factors from which they are warned of and refused."""
    factors = [[f"{factor:g}" if factor < NEVER else "-" for factor in (band.warn, band.refuse)] for band in BANDS.values()]
    return [(band.compared, *pair, band.why) for band, pair in zip(BANDS.values(), factors, strict=True)]


def _keys() -> list[tuple[str, ...]]:
    keys = {**KEYS, **OPTIONAL_KEYS}
    return [(f"`{key}`", "yes" if key in DEFAULTS or key not in KEYS else "no", meaning) for key, meaning in keys.items()]


def _column(name: str, column: pa.Column) -> tuple[str, ...]:
    """Name, type, unit, values, whether it may be blank, and meaning of a column."""
    about = column.metadata or {}
    refers = about.get("refers")
    text = "code" if refers or name in CODES else "text"
    kind = {"float64": "number", "bool": "true or false"}.get(str(column.dtype), text)
    values = [str(check.error) for check in column.checks if str(check.error) not in ("text, not blank", "a finite number")]
    if refers:
        also = "".join(f" or `{code}`" for code in about.get("also", ()))
        values.append(f"codes of {refers}.csv, joined by ;" if about.get("many") else f"a code of {refers}.csv{also}")
        values += ["of {2}.csv where {0} is {1}".format(*about["instead"])] if "instead" in about else []
    blank = "yes, or no column" if not column.required else "yes" if column.nullable else "no"
    return f"`{name}`", kind, about.get("unit", ""), "; ".join(values) or "-", blank, column.description or ""


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; a bar inside a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def rewritten(text: str) -> str:
    """A document with the description between its marks.

    Raises
    ------
    ValueError
        The marks are not there once each.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"expected the lines '{BEGIN}' and '{END}' once each")
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: f"{BEGIN}\n\n{described()}\n\n{END}", text, flags=re.DOTALL)
