"""The tables of the dataset contract as pandera schemas, and every fault of a table at once (docs/contracts.md).

A fault names file, row (as an editor counts it), column, value and what was expected.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa

from ...base.errors import DataError
from ...base.vocabulary import QUANTITIES, ROLES
from ..cells import FALSE, TRUE, Cells, looks, number_of, odd_letter, text_fault, text_of


def _text(**options) -> pa.Column:
    checks = [pa.Check(lambda s: s.str.strip() != "", error="text, not blank")]
    return pa.Column(str, checks, **options)


def _maybe(**options) -> pa.Column:
    return pa.Column(str, coerce=True, nullable=True, **options)


def _one_of(values: Iterable[str], **options) -> pa.Column:
    values = list(values)
    return pa.Column(
        str, pa.Check.isin(values, error=f"one of {', '.join(v or 'blank' for v in values)}"), coerce=True, **options
    )


def _number(
    low: float | None = None, high: float | None = None, *, above: float | None = None, nullable: bool = False
) -> pa.Column:
    checks = [pa.Check(lambda s: np.isfinite(s) | s.isna(), error="a finite number")]
    if low is not None:
        checks.append(pa.Check.ge(low, error=f"at least {low:g}"))
    if high is not None:
        checks.append(pa.Check.le(high, error=f"at most {high:g}"))
    if above is not None:
        checks.append(pa.Check.gt(above, error=f"above {above:g}"))
    return pa.Column(float, checks, coerce=True, nullable=nullable)


REGIONS = pa.DataFrameSchema(
    {
        "region": _text(unique=True),
        "name": _text(),
        "name_local": _maybe(),
        "province": _text(),
        "province_name": _text(),
        "kind": _one_of(("city", "municipality", "province")),
        "population": _number(above=0),
        "population_rural": _number(0),
        "gdp": _number(above=0),
        "lon": _number(-180, 180),
        "lat": _number(-90, 90),
        "area_km2": _number(above=0),
    },
    checks=[pa.Check(lambda t: ~(t["population_rural"] > t["population"]), error="population_rural at most population")],
)
SECTORS = pa.DataFrameSchema(
    {
        "sector": _text(unique=True),
        "name": _text(),
        "industry": _one_of(("primary", "secondary", "tertiary")),
        "kind": _one_of(("goods", "services")),
        "group_a": _text(),
        "group_b": _text(),
        "key": pa.Column(bool, coerce=True),
    }
)
FINAL_DEMAND = pa.DataFrameSchema(
    {
        "category": _text(unique=True),
        "name": _text(),
        "role": _one_of(ROLES),
        "residence": _one_of(("rural", "urban", "all")),
    }
)
INVENTORY_SECTORS = pa.DataFrameSchema(
    {
        "inventory_sector": _text(unique=True),
        "name": _text(),
        "kind": _one_of(("production", "household")),
        "residence": _one_of(("rural", "urban", ""), nullable=True),
        "key": _maybe(),
    }
)
BRIDGE = pa.DataFrameSchema({"inventory_sector": _text(), "sector": _text()}, unique=["inventory_sector", "sector"])
FUELS = pa.DataFrameSchema({"fuel": _text(unique=True), "name": _text(), "unit": _text(), "emission_factor": _number(0)})
OBSERVATIONS = pa.DataFrameSchema(
    {
        "region": _text(),
        "quantity": _one_of(QUANTITIES),
        "sectors": _maybe(),
        "category": _maybe(),
        "value": _number(),
        "unit": _text(),
        "source": _text(),
        "status": _one_of(("observed", "imputed")),
        "reliability": _number(0, 1),
    },
    unique=["region", "quantity", "sectors", "category"],
)
INVENTORY = pa.DataFrameSchema(
    {
        "inventory_sector": _text(),
        "fuel": _maybe(),
        "activity": _number(nullable=True),
        "emissions": _number(nullable=True),
    },
    unique=["inventory_sector", "fuel"],
)
#: The same with all provinces in one table.
INVENTORY_ALL = pa.DataFrameSchema(
    {"province": _text(), **INVENTORY.columns}, unique=["province", "inventory_sector", "fuel"], name="inventory"
)
INVENTORY_CITY = pa.DataFrameSchema(
    {
        "region": _text(),
        "inventory_sector": _maybe(),
        "fuel": _maybe(),
        "activity": _number(nullable=True),
        "emissions": _number(nullable=True),
        "case": _number(1, 3),
    },
    unique=["region", "inventory_sector", "fuel"],
)
INVENTORY_NATIONAL = pa.DataFrameSchema({"inventory_sector": _text(unique=True), "emissions": _number()})
BENCHMARKS = pa.DataFrameSchema({"parameter": _text(unique=True), "value": _number(), "unit": _text(), "source": _text()})

TABLES = {
    "regions.csv": REGIONS,
    "sectors.csv": SECTORS,
    "final_demand.csv": FINAL_DEMAND,
    "inventory_sectors.csv": INVENTORY_SECTORS,
    "bridge.csv": BRIDGE,
    "fuels.csv": FUELS,
    "benchmarks.csv": BENCHMARKS,
}
#: Tables as people write them: those of all provinces in one.
BY_NAME = {name.removesuffix(".csv"): schema for name, schema in TABLES.items()} | {
    "observations": OBSERVATIONS,
    "inventory": INVENTORY_ALL,
    "inventory_city": INVENTORY_CITY,
    "inventory_national": INVENTORY_NATIONAL,
}

#: Columns for remarks, which nothing reads.
REMARKS = ("note", "notes", "remark", "remarks", "comment", "status", "source", "name", "name_local")


@dataclass(frozen=True)
class Table:
    """A table of the contract and where each of its rows stands.

    Attributes
    ----------
    frame
        Columns of the schema with their types, rows counted from 0.
    places
        File (or sheet) and row number of every row.
    spoilt
        Cells (row, column) that could not be read; they are blank in `frame`.
    whole
        Whether every row and column of the source is there, with its codes.
    """

    frame: pd.DataFrame
    places: list[tuple[str, int]]
    spoilt: frozenset[tuple[int, str]] = frozenset()
    whole: bool = True

    def fault(self, row: int, message: str, fix: str) -> DataError:
        """A fault of the row at position `row`."""
        where, number = self.places[row]
        return DataError(f"row {number}, {message}", where=where, fix=fix)


def read_table_cells(parts: Sequence[tuple[Cells, dict[str, str]]], schema: pa.DataFrameSchema) -> tuple[Table, list[DataError]]:
    """One table of the contract from the cells of one file or several, and all its faults.

    Parameters
    ----------
    parts
        Cells, and columns that every row of them has (a table of one province: its code).
    """
    faults: list[DataError] = []
    records: dict[str, list] = {name: [] for name in schema.columns}
    places: list[tuple[str, int]] = []
    spoilt: set[tuple[int, str]] = set()
    for cells, given in parts:
        faults += cells.faults
        header = _header_faults(cells, given, schema)
        faults += header
        position = {name: cells.header.index(name) for name in schema.columns if name in cells.header and name not in given}
        for row, number in zip(cells.rows, cells.numbers, strict=True):
            for name, column in schema.columns.items():
                if name not in position and name not in given:  # the column is missing, which is a fault of the header
                    spoilt.add((len(places), name))
                    records[name].append(_blank(column))
                    continue
                cell = given[name] if name in given else row[position[name]]
                try:
                    value = _value(cell, column)
                except ValueError as fault:
                    faults.append(DataError(f"row {number}, column '{name}' {fault}", where=cells.where, fix=FIX))
                    spoilt.add((len(places), name))
                    value = _blank(column)
                records[name].append(value)
            places.append((cells.where, number))
    frame = pd.DataFrame({name: pd.Series(records[name], dtype=_dtype(column)) for name, column in schema.columns.items()})
    key = next(iter(schema.columns))
    whole = not any(cells.faults for cells, _ in parts) and len(places) == sum(len(cells.rows) for cells, _ in parts)
    table = Table(frame, places, frozenset(spoilt), whole and not any(name == key for _, name in spoilt))
    return table, faults + _schema_faults(table, schema, spoilt)


FIX = "correct the cell; see docs/contracts.md."


def _dtype(column: pa.Column) -> str:
    return {"float64": "float64", "bool": "bool"}.get(str(column.dtype), "str")


def _blank(column: pa.Column):
    return {"float64": np.nan, "bool": False}.get(str(column.dtype), "")


def _value(cell, column: pa.Column):
    kind = _dtype(column)
    if kind == "float64":
        return number_of(cell)
    text = text_of(cell)
    if kind == "bool":
        if text.strip().lower() in TRUE | FALSE:
            return text.strip().lower() in TRUE
        raise ValueError(f"is {text!r}; expected true or false")
    problem = text_fault(text) if text else None
    if problem:
        raise ValueError(f"is {text!r}, which {problem}")
    return text


def _header_faults(cells: Cells, given: dict[str, str], schema: pa.DataFrameSchema) -> list[DataError]:
    faults = []
    unknown = [name for name in cells.header if name and name not in schema.columns and name.lower() not in REMARKS]
    for name in schema.columns:
        if name not in cells.header and name not in given:
            near = difflib.get_close_matches(name, unknown, n=1, cutoff=0.6)
            if near:
                unknown.remove(near[0])
            seen = f"there is '{near[0]}'" if near else f"there are: {', '.join(filter(None, cells.header))}"
            faults.append(
                DataError(
                    f"column '{name}' is missing ({seen})",
                    where=cells.where,
                    fix="see docs/contracts.md for the columns of each table.",
                )
            )
    for name in unknown:
        faults.append(
            DataError(
                f"column '{name}' is unknown; expected {', '.join(schema.columns)}",
                where=cells.where,
                fix="remove the column, or call it 'note'.",
            )
        )
    return faults


def _schema_faults(table: Table, schema: pa.DataFrameSchema, spoilt: set[tuple[int, str]]) -> list[DataError]:
    try:
        schema.validate(table.frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        seen, faults = set(), []
        for case in error.failure_cases.itertuples():
            row = None if pd.isna(case.index) else int(case.index)
            column = case.column if case.column in schema.columns and case.schema_context == "Column" else None
            if row is None or (row, column) in spoilt or (column is None and any(place == row for place, _ in spoilt)):
                continue
            text = _fault(case, table.frame, schema, row, column)
            if (row, text) not in seen:
                seen.add((row, text))
                faults.append((row, table.fault(row, text, "correct the row; see docs/contracts.md.")))
        return [fault for _, fault in sorted(faults, key=lambda item: item[0])]
    return []


def _fault(case, frame: pd.DataFrame, schema: pa.DataFrameSchema, row: int, column: str | None) -> str:
    if str(case.check) in ("field_uniqueness", "multiple_fields_uniqueness"):
        key = [column] if str(case.check) == "field_uniqueness" else list(schema.unique)
        value = ", ".join(f"{name} '{frame[name].iloc[row]}'" for name in key)
        return f"{value} stands there twice; expected once"
    if str(case.check) == "not_nullable":
        return f"column '{column}' is empty; expected a value"
    shown = "" if column is None else frame[column].iloc[row]
    shown = f"{shown:.10g}" if isinstance(shown, float) else repr(shown)
    expected = str(case.check)
    if expected == "text, not blank":
        return f"column '{column}' is empty; expected text"
    if column is None:
        amounts = [name for name in schema.columns if re.search(rf"\b{name}\b", expected) and name in frame]
        shown = ", ".join(f"{name} is {frame[name].iloc[row]:.10g}" for name in amounts)
        return f"{shown}; expected {expected}"
    return f"column '{column}' is {shown}; expected {expected}"


def code_faults(
    table: Table, column: str, known: Iterable[str], *, listed_in: str, many: bool = False, rows: Iterable[int] | None = None
) -> list[DataError]:
    """Codes of `column` (several, joined by ";", with `many`) that are none of `known`; blanks pass with `many`.

    Parameters
    ----------
    rows
        Positions to look at; all without it.
    """
    known = list(dict.fromkeys(known))
    names, faults = set(known), []
    values = table.frame[column].tolist()
    for row in range(len(values)) if rows is None else rows:
        value = values[row]
        for code in [part for part in value.split(";") if part] if many else [value]:
            if code and code not in names:
                near = next((name for name in known if looks(name) == looks(code)), None) or _nearest(code, known)
                odd = odd_letter(code) or ("its letters only look like Latin ones" if near and looks(near) == looks(code) else "")
                hint = f" (did you mean '{near}'?{f' {odd}' if odd else ''})" if near or odd else ""
                faults.append(
                    table.fault(
                        row,
                        f"column '{column}' is '{code}'; expected a code of {listed_in}{hint}",
                        f"correct the code, or add it to {listed_in}.",
                    )
                )
    return faults


def _nearest(code: str, known: list[str]) -> str | None:
    same = [name for name in known if name.lstrip("0").lower() == code.strip().lstrip("0").lower()]
    return same[0] if same else next(iter(difflib.get_close_matches(code, known, n=1, cutoff=0.6)), None)
