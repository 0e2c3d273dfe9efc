"""The dataset contract as pandera schemas: every table is checked on the way in, whatever country it describes.

A message names file, row (as an editor counts it, the header is row 1), column, value and what was expected. `check_dataset`
is the door: nothing after it meets a dataset that breaks docs/contracts.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
import xarray as xr

from .errors import DataError
from .labels import read_dataset, read_json, read_table

ROLES = ("household", "government", "capital", "inventory")
QUANTITIES = (
    "value_added", "output", "output_level", "exports", "imports", "final_demand", "emissions", "households",
)  # fmt: skip
#: Trade columns of a provincial table that a source may leave out as a whole (all NaN).
OPTIONAL_PAIRS = ("exports", "imports", "outflow", "inflow")
#: Rounding of printed tables (rule R2): absolute, in the table's unit, and relative to output.
PRINTED, PRINTED_RELATIVE = 2.0, 1e-6
SHOWN = 5


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
    checks=[pa.Check(lambda t: t["population_rural"] <= t["population"], error="population_rural at most population")],
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
DATASET_KEYS = ("name", "year", "currency", "unit", "emission_unit", "price_basis", "usd_rate", "synthetic", "import_mode",
                "sources", "notes", "counts", "has_truth")  # fmt: skip


def check_table(table: pd.DataFrame, schema: pa.DataFrameSchema, where: str) -> pd.DataFrame:
    """The table with the types of its schema.

    Raises
    ------
    DataError
        Up to five faults: row, column, value, expectation.
    """
    missing = [name for name in schema.columns if name not in table]
    if missing:
        raise DataError(
            f"column '{missing[0]}' is missing (there are: {', '.join(map(str, table.columns))})",
            where=where,
            mend="see docs/contracts.md for the columns of each table.",
        )
    try:
        return schema.validate(table, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases.sort_values("schema_context", kind="stable")  # columns before whole rows
        faults = list(dict.fromkeys(_fault(case, table, schema) for case in cases.itertuples()))
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise DataError("; ".join(faults[:SHOWN]) + more, where=where, mend="correct the rows; see docs/contracts.md.") from None


def _fault(case, table: pd.DataFrame, schema: pa.DataFrameSchema) -> str:
    row = "" if pd.isna(case.index) else f"row {int(case.index) + 2}, "
    column = case.column if case.column in schema.columns else None
    if str(case.check) == "field_uniqueness" or str(case.check) == "multiple_fields_uniqueness":
        key = [column] if column else list(schema.unique)
        value = ", ".join(f"{name} '{table[name].iloc[int(case.index)]}'" for name in key)
        return f"{row}{value} stands there twice; expected once"
    if str(case.check) == "not_nullable":
        return f"{row}column '{column}' is empty; expected a value"
    expected = str(case.check)
    if case.schema_context == "DataFrameSchema":
        return f"{row}expected {expected}"
    if expected.startswith(("dtype(", "coerce_dtype(")):
        expected = "a number" if "float" in expected else expected.split("(")[1].rstrip(")")
    place = f"column '{column}' is" if column else "row is"
    return f"{row}{place} {case.failure_case!r}; expected {expected}"


def check_codes(
    table: pd.DataFrame, column: str, known: Iterable[str], where: str, *, listed_in: str, many: bool = False
) -> None:
    """Every code of `column` (several, joined by ";", with `many`) is one of `known`; blanks pass with `many`.

    Raises
    ------
    DataError
        At the first unknown code.
    """
    known = set(known)
    for row, value in enumerate(table[column].astype(str)):
        for code in [part for part in value.split(";") if part] if many else [value]:
            if code not in known:
                raise DataError(
                    f"row {row + 2}, column '{column}' is '{code}'; expected a code of {listed_in}",
                    where=where,
                    mend=f"correct the code, or add it to {listed_in}.",
                )


def check_province_table(table: xr.Dataset, sectors: list[str], uses: list[str], where: str, *, nation: bool = False) -> None:
    """A provincial (or the national) table: labels, units, finite cells, rows and columns that add up.

    Row: sum_c use_ic + exports - imports + outflow - inflow + error = output; column: sum_i use_ij + sum value added = output,
    to the rounding of printed tables (rule R2).

    Raises
    ------
    DataError
        With sector, sum and output of the first row or column that does not add up.
    """
    needed = ["total_use", "value_added", "output", "exports", "imports", "error"] + ([] if nation else ["outflow", "inflow"])
    for name in needed:
        if name not in table:
            raise DataError(f"variable '{name}' is missing", where=where, mend="see docs/contracts.md.")
        if "units" not in table[name].attrs:
            raise DataError(f"variable '{name}' has no attribute 'units'", where=where, mend="state the unit of every variable.")
    for dim, expected in (("sector", sectors), ("use", uses)):
        labels = [*map(str, table[dim].values)]
        if labels != expected:
            wrong = next((a for a, b in zip(labels, expected, strict=False) if a != b), f"{len(labels)} labels")
            raise DataError(
                f"dimension '{dim}' has {wrong} where the dataset has its {len(expected)} {dim}s in order",
                where=where,
                mend="sectors.csv and final_demand.csv give labels and order.",
            )
    parts = {}
    for name in needed:
        values = table[name].values
        if name in OPTIONAL_PAIRS and np.isnan(values).all():
            parts[name] = np.zeros(values.shape)
            continue
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            labels = ", ".join(f"{dim} {table[dim].values[i]}" for dim, i in zip(table[name].dims, bad[0], strict=True))
            raise DataError(
                f"{name} is {values[tuple(bad[0])]} at {labels}; expected a finite number", where=where, mend="fill it in."
            )
        parts[name] = table[name].transpose(..., "sector").values if name == "value_added" else values
    use, output = table["total_use"].transpose("sector", "use").values, parts["output"]
    rows = use.sum(axis=1) + parts["exports"] - parts["imports"] + parts["error"]
    if not nation:
        rows = rows + parts["outflow"] - parts["inflow"]
    columns = use[:, : len(sectors)].sum(axis=0) + parts["value_added"].sum(axis=0)
    limit = np.maximum(PRINTED, PRINTED_RELATIVE * np.abs(output))
    for what, total in (("row", rows), ("column", columns)):
        worst = int(np.argmax(np.abs(total - output) - limit))
        if abs(total[worst] - output[worst]) > limit[worst]:
            raise DataError(
                f"the {what} of sector {sectors[worst]} adds up to {total[worst]:.6g}, its output is {output[worst]:.6g}",
                where=where,
                mend="rows and columns must add up to output; book what is unexplained in `error`.",
            )


def _table(folder: Path, name: str, schema: pa.DataFrameSchema) -> pd.DataFrame:
    return check_table(read_table(folder / name), schema, str(folder / name))


def check_dataset(folder: str | Path) -> None:
    """Check a whole dataset folder against the contract (docs/contracts.md).

    Raises
    ------
    DataError
        At the first file that breaks it.
    """
    folder = Path(folder)
    run = read_json(folder / "dataset.json")
    for key in DATASET_KEYS:
        if key not in run:
            raise DataError(f"key '{key}' is missing", where=str(folder / "dataset.json"), mend="see docs/contracts.md.")
    tables = {name: _table(folder, name, schema) for name, schema in TABLES.items()}
    regions, sectors = tables["regions.csv"], [*tables["sectors.csv"]["sector"]]
    uses = [*sectors, *tables["final_demand.csv"]["category"]]
    _check_regions(regions, str(folder / "regions.csv"))
    _check_final_demand(tables["final_demand.csv"], sectors, str(folder / "final_demand.csv"))
    _check_bridge(tables, folder)
    for province, members in regions.groupby("province", sort=True):
        check_province_table(
            read_dataset(folder / f"provinces/{province}.nc"), sectors, uses, str(folder / f"provinces/{province}.nc")
        )
        _check_observations(folder, f"observations/{province}.csv", [*members["region"]], sectors, tables)
        _check_inventory(folder, f"inventory/{province}.csv", INVENTORY, tables)
        city = _check_inventory(folder, f"inventory_city/{province}.csv", INVENTORY_CITY, tables)
        if city is not None:
            check_codes(
                city, "region", members["region"], str(folder / f"inventory_city/{province}.csv"), listed_in="regions.csv"
            )
    if (folder / "national.nc").exists():
        check_province_table(read_dataset(folder / "national.nc"), sectors, uses, str(folder / "national.nc"), nation=True)
    _check_inventory(folder, "inventory_national.csv", INVENTORY_NATIONAL, tables)
    _check_boundaries(folder / "boundaries.geojson", regions)


def _check_regions(regions: pd.DataFrame, where: str) -> None:
    order = regions.sort_values(["province", "region"], kind="stable")
    if not order.index.equals(regions.index):
        row = int(np.argmax(order.index != regions.index))
        raise DataError(
            f"row {row + 2} ({regions['region'].iloc[row]}) is out of order", where=where, mend="sort by province, region."
        )
    for province, members in regions.groupby("province"):
        whole = members["kind"].ne("city")
        if whole.any() and len(members) > 1:
            raise DataError(
                f"province {province} has {len(members)} regions, one of kind '{members['kind'][whole].iloc[0]}'",
                where=where,
                mend="a municipality or an unsplit province is the only region of its province.",
            )


def _check_final_demand(final_demand: pd.DataFrame, sectors: list[str], where: str) -> None:
    for role in ROLES:
        count = int(final_demand["role"].eq(role).sum())
        if role == "inventory" and count != 1:
            raise DataError(f"{count} categories have the role 'inventory'; expected exactly one", where=where, mend="name one.")
    both = sorted(set(sectors) & set(final_demand["category"]))
    if both:
        raise DataError(f"'{both[0]}' is a sector and a category", where=where, mend="rename the category.")


def _check_bridge(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    where, rows = str(folder / "bridge.csv"), tables["inventory_sectors.csv"]
    check_codes(tables["bridge.csv"], "inventory_sector", rows["inventory_sector"], where, listed_in="inventory_sectors.csv")
    check_codes(tables["bridge.csv"], "sector", tables["sectors.csv"]["sector"], where, listed_in="sectors.csv")
    targets = set(tables["bridge.csv"]["inventory_sector"])
    for code, kind in zip(rows["inventory_sector"], rows["kind"], strict=True):
        if (code in targets) != (kind == "production"):
            state = "has no sector" if kind == "production" else "is a household row with a sector"
            raise DataError(
                f"inventory sector {code} {state}", where=where, mend="production rows have targets, households none."
            )


def _check_observations(folder: Path, name: str, members: list[str], sectors: list[str], tables: dict[str, pd.DataFrame]) -> None:
    where = str(folder / name)
    observations = _table(folder, name, OBSERVATIONS)
    check_codes(observations, "region", members, where, listed_in="regions.csv (of this province)")
    check_codes(observations, "sectors", sectors, where, listed_in="sectors.csv", many=True)
    check_codes(observations, "category", tables["final_demand.csv"]["category"], where, listed_in="final_demand.csv", many=True)


def _check_inventory(folder: Path, name: str, schema: pa.DataFrameSchema, tables: dict[str, pd.DataFrame]) -> pd.DataFrame | None:
    if not (folder / name).exists():
        return None
    where, table = str(folder / name), _table(folder, name, schema)
    known = tables["inventory_sectors.csv"]["inventory_sector"]
    check_codes(table, "inventory_sector", known, where, listed_in="inventory_sectors.csv", many=schema is INVENTORY_CITY)
    if "fuel" in table:
        fuels = [*tables["fuels.csv"]["fuel"], "process"]
        check_codes(table, "fuel", fuels, where, listed_in="fuels.csv (or 'process', or blank)", many=True)
    return table


def _check_boundaries(path: Path, regions: pd.DataFrame) -> None:
    if not path.exists():
        return
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        codes = [str(feature["properties"]["region"]) for feature in features]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"no GeoJSON with a property 'region' ({error})", where=str(path), mend="see docs/contracts.md."
        ) from None
    unknown = sorted(set(codes) - set(regions["region"]))
    if unknown:
        raise DataError(
            f"polygon of '{unknown[0]}', which is no region", where=str(path), mend="remove it, or add it to regions.csv."
        )
