"""The tables of the dataset contract as pandera schemas, and every fault of a table at once
(docs/contracts.md).

A schema states every rule that one table can keep by itself, and what its columns mean: `document`
writes docs/contracts.md from it. What compares tables with one another is in `checks` (forms) and
`levels` (amounts).

A fault names file, row (as an editor counts it), column, value and what was expected.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from ...base.errors import CityMRIOError, DataError, raise_faults
from ...base.units import conversion_factor, parse_unit
from ...base.vocabulary import CO2, HOUSEHOLDS, KINDS, MEASURES, QUANTITIES, ROLES
from ..benchmarks import DEFICIT_TARGET, PEAK, PLAUSIBLE, unit_of
from ..cells import (
    FALSE,
    TRUE,
    Cells,
    difference,
    nearest,
    number_of,
    odd_letter,
    read_csv,
    text_fault,
    text_of,
)

#: Most t CO2 that a fuel can give, per t (pure carbon, 44/12), per GJ and per m3.
EMISSION_FACTORS = {"mass": 3.7, "energy": 0.5, "volume": 4.0}
#: Words for where the emissions of a given table are from, the surest first.
EMISSION_STATUS = ("observed", "imputed", "modelled")
#: How figures begin, and no formula does: -5, - (nothing), -1 272.
SIGN = re.compile(r"^[+-]+(?![A-Za-z(])")
#: What `unit` of a column says of money: the unit of the dataset (dataset.json, `unit`).
MONEY = "money"


def _column(
    kind: type, meaning: str, checks: Sequence[pa.Check] = (), *, unit: str = "-", **options: Any
) -> pa.Column:
    """A column with what docs/contracts.md says of it. `read_table_cells` gives its values their
    kind, so that pandera, which takes half as long then, need not.

    `refers`: the table whose codes it holds; `instead`: (column, value, another table) of some
    rows; `required=False`: it may be left out.
    """
    about: dict[str, Any] = {"kind": kind.__name__, "unit": unit} | {
        key: options.pop(key)
        for key in ("refers", "many", "also", "instead", "numbers")
        if key in options
    }
    return pa.Column(None, [*checks], description=meaning, metadata=about, **options)


def text_column(meaning: str, *checks: pa.Check, blank: bool = False, **options: Any) -> pa.Column:
    """Text, and not blank unless `blank`; `refers`: a code of that table, with `many` several
    joined by ";".
    """
    first = [] if blank else [pa.Check(lambda s: s.str.strip() != "", error="text, not blank")]
    return _column(str, meaning, [*first, *checks], nullable=blank, **options)


def choice_column(values: Iterable[str], meaning: str, **options: Any) -> pa.Column:
    """One of some words, "" among them where it may be blank."""
    values = list(values)
    error = f"one of {', '.join(v or 'blank' for v in values)}"
    return _column(
        str, meaning, [pa.Check.isin(values, error=error)], nullable="" in values, **options
    )


def number_column(
    meaning: str,
    unit: str,
    low: float | None = None,
    high: float | None = None,
    *more: pa.Check,
    above: float | None = None,
    blank: bool = False,
    required: bool = True,
) -> pa.Column:
    """A finite number from `low` to `high`, `above` another."""
    bounds = ((low, pa.Check.ge, "at least"), (high, pa.Check.le, "at most"))
    checks = [
        pa.Check(lambda s: np.isfinite(s) | s.isna(), error="a finite number"),
        *(
            check(bound, error=f"{words} {bound:g}")
            for bound, check, words in (*bounds, (above, pa.Check.gt, "above"))
            if bound is not None
        ),
        *more,
    ]
    return _column(float, meaning, checks, unit=unit, nullable=blank, required=required)


def rule(holds: Callable[[pd.DataFrame], Any], words: str) -> pa.Check:
    """A rule about the columns of one row; a fault shows those that its words name."""
    return pa.Check(holds, error=words)


def _once_in_any_order(table: pd.DataFrame) -> pd.Series:
    """Whether no row above has the same datum with its sectors in another order (the same order:
    the key of the table).
    """
    key = [*OBSERVATIONS.unique]
    codes = table["sectors"].map(lambda text: sorted(filter(None, text.split(";"))))
    in_order = table.assign(sectors=codes.map(";".join))
    return ~in_order.duplicated(key) | table.duplicated(key, keep=False)


def measures(table: pd.DataFrame) -> pd.Series:
    """Measure of every observation, "amount" where the column is blank or absent."""
    if "measure" not in table.columns:
        return pd.Series("amount", table.index)
    return table["measure"].fillna("").replace("", "amount")


def _most_emissions(unit: str) -> float:
    """The most t CO2 that one unit of a fuel can give; NaN where the unit is none of fuels."""
    of = parse_unit(unit)
    return (
        float(of.size) * EMISSION_FACTORS.get(of.dimension, np.nan) if of and not of.per else np.nan
    )


REGIONS = pa.DataFrameSchema(
    {
        "region": text_column("code of the region", unique=True),
        "name": text_column("name in the script that figures can draw"),
        "name_local": text_column("name in any script", blank=True),
        "province": text_column("code of its province; it names files"),
        "province_name": text_column("name of its province"),
        "kind": choice_column(
            ("city", "municipality", "province"),
            "municipality: a province of one city; province: one that is not split",
        ),
        "population": number_column("people", "persons", above=0),
        "population_rural": number_column("people of rural places", "persons", 0),
        "gdp": number_column("gross domestic product", MONEY, above=0),
        "lon": number_column("longitude of the centre", "degrees", -180, 180),
        "lat": number_column("latitude of the centre", "degrees", -90, 90),
        "area_km2": number_column("area", "km2", above=0),
    },
    checks=[
        rule(
            lambda t: ~(t["population_rural"] > t["population"]),
            "population_rural at most population",
        )
    ],
    description="Sorted by province and region. A province that is not split into cities is one "
    "region.",
)
SECTORS = pa.DataFrameSchema(
    {
        "sector": text_column("code of the sector", unique=True),
        "name": text_column("name"),
        "name_local": text_column("name in any script", blank=True, required=False),
        "industry": choice_column(
            ("primary", "secondary", "tertiary"), "industry of the national accounts"
        ),
        "kind": choice_column(KINDS, "what it makes"),
        "group_a": text_column(
            "structure group of map a, any names (the study's: agriculture, energy, light, heavy, "
            "high_tech)"
        ),
        "group_b": text_column("the same of map b (the study's: services apart from high_tech)"),
        "key": _column(
            bool,
            "key sector of the technology scenario: a note for readers, inventory_sectors decides "
            "(a warning where they differ)",
        ),
    },
    description="In the order of the input-output tables.",
)
FINAL_DEMAND = pa.DataFrameSchema(
    {
        "category": text_column("code of the category", unique=True),
        "name": text_column("name"),
        "role": choice_column(
            ROLES,
            "what the model takes it for; only `stock_changes` is signed",
        ),
        "residence": choice_column(("rural", "urban", "all"), "whose demand it is"),
    },
    description="In the order of the input-output tables. Exactly one has the role "
    "`stock_changes`, at least one each `household` and `capital`.",
)
INVENTORY_SECTORS = pa.DataFrameSchema(
    {
        "inventory_sector": text_column(
            "code of the sector of the emission inventory", unique=True
        ),
        "name": text_column("name"),
        "kind": choice_column(("production", "household"), "who emits"),
        "residence": choice_column(
            ("rural", "urban", ""), "of households: whose emissions they are"
        ),
        "key": text_column(
            "key sector of the technology scenario: electricity, iron_steel, petroleum_coking, "
            "coal, non_metal, chemicals, or others; `scenarios.key_sectors` chooses among them",
            blank=True,
        ),
    },
    description="Sectors of the emission inventory.",
)
BRIDGE = pa.DataFrameSchema(
    {
        "inventory_sector": text_column("sector of kind production", refers="inventory_sectors"),
        "sector": text_column("a sector it belongs to", refers="sectors"),
    },
    unique=["inventory_sector", "sector"],
    description="Sectors that an inventory sector belongs to; among several it is split by "
    "output. Every one of kind production has a row, households have none.",
)
FUELS = pa.DataFrameSchema(
    {
        "fuel": text_column(
            "code of the fuel",
            pa.Check(
                lambda s: s != "process",
                error="a code other than process (process emissions need no row)",
            ),
            unique=True,
        ),
        "name": text_column("name"),
        "unit": text_column(
            "unit of the activity and of its emission factor",
            pa.Check(
                lambda s: s.map(_most_emissions).notna(),
                error="a unit of mass, energy or volume such as t, TJ or 10^4 m3",
            ),
        ),
        "emission_factor": number_column("emissions of one unit", "t CO2 per unit", 0),
    },
    checks=[
        rule(
            lambda t: ~(t["emission_factor"] > 1.000001 * t["unit"].map(_most_emissions)),
            "emission_factor in t CO2 per unit, which is at most "
            + ", ".join(
                f"{most:g} per {of}"
                for most, of in zip(EMISSION_FACTORS.values(), ("t", "GJ", "m3"), strict=True)
            ),
        )
    ],
    description="Fuels whose activity an inventory gives; emissions in t CO2 need none.",
)
OBSERVATIONS = pa.DataFrameSchema(
    {
        "region": text_column("the region", refers="regions"),
        "quantity": choice_column(QUANTITIES, "what is observed"),
        "sectors": text_column(
            "sectors (final demand, imports: products) in its sum; blank = all, of emissions with "
            "households",
            blank=True,
            refers="sectors",
            many=True,
            instead=("quantity", "emissions", "inventory_sectors"),
        ),
        "category": text_column(
            "blank = all but stock changes",
            blank=True,
            refers="final_demand",
        ),
        "value": number_column("the amount, or what a share is a share in", "see `unit`", 0),
        "unit": text_column(
            "money or t CO2; other units of these are converted; of shares any, such as MWh, the "
            "same in every row of a sum"
        ),
        "source": text_column("where it is from; several sources may tell the same"),
        "status": choice_column(
            ("observed", "imputed"), "an imputed CO2 total does not enter the inventory (a warning)"
        ),
        "reliability": number_column(
            "how far it is trusted: 0 = not used (a warning), 0.9 = weight `cities.rho_gdp`, 1 = "
            "exact",
            "share",
            0,
            1,
        ),
        "measure": choice_column(
            MEASURES,
            "`share`: the value counts as a share of the sum over the province's cities with the "
            "same quantity, sectors, category and source",
            required=False,
        ),
    },
    checks=[
        rule(
            lambda t: t["sectors"].map(
                lambda text: len(set(codes := [*filter(None, text.split(";"))])) == len(codes)
            ),
            "every code of sectors once",
        ),
        rule(
            _once_in_any_order,
            "region, quantity, sectors (in any order), category and source once in the table",
        ),
        rule(
            lambda t: t["quantity"].isin(["final_demand", ""]) | (t["category"] == ""),
            "category blank unless quantity is final_demand",
        ),
        rule(
            lambda t: (t["quantity"] != "emissions") | (measures(t) == "amount"),
            "measure amount where quantity is emissions",
        ),
    ],
    unique=["region", "quantity", "sectors", "category", "source"],
    description="What is known about the cities of a province, one datum a row: a sum over "
    "sectors. How data count: docs/method.md, section 1-2. Rows of other years, in a column "
    "`year`: docs/bring-your-own-data.md, step 6. tables/observations_use.csv has what becomes of "
    "each.",
)
EXTRAS = pa.DataFrameSchema(
    {**OBSERVATIONS.columns, "extra": text_column("name by which `cities.extras` asks for it")},
    checks=[
        *OBSERVATIONS.checks,
        rule(
            lambda t: t["quantity"] != "emissions",
            "quantity other than emissions (CO2 totals belong in observations)",
        ),
    ],
    unique=OBSERVATIONS.unique,
    description="Observations that an estimate, main or variant, uses where its `cities.extras` "
    "names them.",
)
_AMOUNTS = {
    "activity": number_column(
        "energy or material used", "its fuel's unit", 0, blank=True, required=False
    ),
    "emissions": number_column(
        "emissions; activity x emission factor where it is blank", "t CO2", 0, blank=True
    ),
}
#: How a row of an inventory is known: `spread` is a part of an observed total that was spread over
#: the sectors, whatever its total is.
KNOWN_AS = ("observed", "imputed", "modelled", "spread")
_AMOUNTS["status"] = choice_column(
    ("", *KNOWN_AS),
    "how it is known; blank = observed; `spread`: the total is observed, its split over sectors "
    "is not. A province whose rows are all imputed or modelled is `imputed`",
    required=False,
)
_AMOUNT_RULES = [
    rule(
        lambda t: t["activity"].notna() | t["emissions"].notna(), "activity or emissions, or both"
    ),
    rule(
        lambda t: t["emissions"].notna() | t["activity"].isna() | ~t["fuel"].isin(["", "process"]),
        "emissions, or a fuel with an emission factor for activity",
    ),
]
INVENTORY = pa.DataFrameSchema(
    {
        "inventory_sector": text_column("sector of the inventory", refers="inventory_sectors"),
        "fuel": text_column(
            "blank = all fuels, `process` = process emissions",
            blank=True,
            refers="fuels",
            also=("process",),
            required=False,
        ),
        **_AMOUNTS,
    },
    checks=_AMOUNT_RULES,
    unique=["inventory_sector", "fuel"],
    description="Emissions of the province. One without an inventory takes part in what the "
    "national inventory leaves, by output and people; without that it gets the mean intensities "
    "of the others. It is `modelled` then.",
)
#: The same with all provinces in one table.
INVENTORY_ALL = pa.DataFrameSchema(
    {"province": text_column("the province", refers="regions"), **INVENTORY.columns},
    checks=_AMOUNT_RULES,
    unique=["province", "inventory_sector", "fuel"],
    name="inventory",
    description="Emission inventories of all provinces, inventory sector by fuel.",
)
INVENTORY_CITY = pa.DataFrameSchema(
    {
        "region": text_column("the region", refers="regions"),
        "inventory_sector": text_column(
            "sector of the inventory; blank = all (case 3)", blank=True, refers="inventory_sectors"
        ),
        "fuel": INVENTORY.columns["fuel"],
        **_AMOUNTS,
        "case": _column(
            float,
            "1: sectors and fuels are known; 2: they are not, the province's are scaled down and "
            "amounts not read; 3: totals only",
            [pa.Check.isin((1.0, 2.0, 3.0), error="one of 1, 2, 3")],
        ),
    },
    checks=[
        *_AMOUNT_RULES,
        rule(
            lambda t: t.groupby("region")["case"].transform("nunique") <= 1,
            "the same case in every row of a region",
        ),
    ],
    unique=["region", "inventory_sector", "fuel"],
    description="Cities' own inventories.",
)
INVENTORY_NATIONAL = pa.DataFrameSchema(
    INVENTORY.columns,
    checks=_AMOUNT_RULES,
    unique=["inventory_sector", "fuel"],
    description="A control total (`emissions.control_total`) where every province has an "
    "inventory; else what provinces without one are given, with a row for every inventory sector.",
)
BENCHMARKS = pa.DataFrameSchema(
    {
        "parameter": text_column(
            "`global_intensity.<key sector>` (t CO2 per money), `plausible_intensity.<key "
            "sector>` (the same; what no region can well exceed), `megacity_capital_share.<city>` "
            "(share), `per_capita.global`, `.us`, `.eu` (t CO2 per person), `peak_emissions` (Gt "
            "CO2), `super_share` (share of footprints or emissions that makes a super-emitter), "
            "`deficit_target.to_q3`, `.to_q2` (USD per capita and year, for "
            "`scenarios.deficit_targets: benchmarks`); any other is refused",
            unique=True,
        ),
        "value": number_column("its value", "see `unit`", 0),
        "unit": text_column("unit of the value, which is converted to that of the parameter"),
        "source": text_column("where it is from, or assumed"),
        "year": number_column(
            "its year; another than the dataset's is a warning",
            "year",
            1900,
            2100,
            blank=True,
            required=False,
        ),
    },
    checks=[
        rule(
            lambda t: ~t["parameter"].str.contains(r"^[^.]*share") | (t["value"] <= 1),
            "value from 0 to 1 where parameter is a share (0.25, not 25%)",
        ),
        rule(
            lambda t: (t["parameter"] != PEAK) | (t["value"] != 0),
            f"value above 0 where parameter is {PEAK}",
        ),
        rule(
            lambda t: ~t["parameter"].str.startswith(PLAUSIBLE) | (t["value"] != 0),
            f"value above 0 where parameter is {PLAUSIBLE}<key sector>",
        ),
        rule(
            lambda t: ~t["parameter"].str.startswith(DEFICIT_TARGET) | (t["value"] != 0),
            f"value above 0 where parameter is {DEFICIT_TARGET}<case>",
        ),
    ],
    description="Parameters of scenarios, and what is shown beside the results. "
    "`scenarios.capital_target` and `scenarios.peak_emissions_gt` come before them.",
)

EMISSIONS_HISTORY = pa.DataFrameSchema(
    {
        "region": text_column("the region", refers="regions"),
        "year": number_column(
            "year of the total",
            "year",
            1900,
            2100,
            pa.Check(lambda s: (s % 1 == 0) | s.isna(), error="a whole year such as 2015"),
        ),
        "emissions": number_column(
            "CO2 of the whole region as printed, households included", "t CO2", above=0
        ),
        "source": text_column("where it is from"),
    },
    unique=["region", "year"],
    description="CO2 totals of regions in several years, the dataset's among them, for "
    "tables/emissions_trends.csv. No estimate reads them. Years without a total have no row.",
)
FOREIGN_TRADE = pa.DataFrameSchema(
    {
        "province": text_column("the province", refers="regions"),
        "sector": text_column("the product; blank = all products", blank=True, refers="sectors"),
        "exports": number_column("sales to other countries", MONEY, 0, blank=True),
        "imports": number_column("purchases from other countries", MONEY, 0, blank=True),
    },
    checks=[
        rule(lambda t: t["exports"].notna() | t["imports"].notna(), "exports or imports, or both")
    ],
    unique=["province", "sector"],
    description="Foreign trade of provinces whose tables print it with domestic trade, or leave a "
    "pair blank: by product (none for those not listed), or one row for all. The nation's shares "
    "split the columns of other provinces.",
)
CORRECTIONS = pa.DataFrameSchema(
    {
        "file": text_column(
            "file of the sources list (`file!sheet` for a sheet without codes), table or province"
        ),
        "row": text_column("its code in an input-output table, else its number in the spreadsheet"),
        "column": text_column(
            "its code in an input-output table, its name, or its letters in a spreadsheet"
        ),
        "printed": text_column("what the cell holds", blank=True, numbers=True),
        "used": number_column("the number that counts instead", "of the file"),
        "source": text_column("where it is from"),
        "reason": text_column("why the printed one is not used"),
    },
    unique=["file", "row", "column"],
    description="Cells corrected on reading; `printed` must be what the file holds. In a dataset "
    "that a run wrote: what was applied.",
)


def _blank_in(table: pd.DataFrame, name: str) -> pd.Series:
    return table[name].fillna("").eq("")


STRESSORS = pa.DataFrameSchema(
    {
        "stressor": text_column(
            "code of the stressor, such as water, employment or CH4",
            pa.Check(
                lambda s: s.str.upper() != CO2,
                error=f"another code than {CO2}, whose emissions are in the inventories",
            ),
        ),
        "unit": text_column("unit of the value, any: m3, persons, t CH4"),
        "region": text_column("the region", blank=True, refers="regions", required=False),
        "province": text_column("the province", blank=True, refers="regions", required=False),
        "sector": text_column(
            "a sector, or `households`: their direct use",
            blank=True,
            refers="sectors",
            also=(HOUSEHOLDS,),
            required=False,
        ),
        "inventory_sector": text_column(
            "taken through the bridge",
            blank=True,
            refers="inventory_sectors",
            required=False,
        ),
        "value": number_column("the amount", "see `unit`", 0),
        "status": choice_column(
            ("", *EMISSION_STATUS), "where the number is from; blank = observed", required=False
        ),
    },
    checks=[
        rule(
            lambda t: t["unit"].eq(t.groupby("stressor")["unit"].transform("first")),
            "the same unit in every row of a stressor",
        ),
        rule(
            lambda t: _blank_in(t, "region") | _blank_in(t, "province"),
            "region or province, not both",
        ),
        rule(
            lambda t: (
                _blank_in(t, "inventory_sector")
                | _blank_in(t, "sector").groupby(t["stressor"]).transform("all")
            ),
            "either sector or inventory_sector in all rows of a stressor",
        ),
        rule(
            lambda t: (
                ~_blank_in(t, "region")
                | ~_blank_in(t, "sector")
                | ~_blank_in(t, "inventory_sector")
            ),
            "sector or inventory_sector, unless it is the total of a region",
        ),
    ],
    unique=["stressor", "region", "province", "sector", "inventory_sector"],
    description="What regions emit, use or employ beside CO2: amounts by region, by province "
    "(region blank) or of the country (both blank), and by sector or inventory sector; a row of a "
    "region without a sector is its total, households included. Every region needs rows of its "
    "own, of its province or of the country, at one level; a sector without a row has none. "
    "Provinces and the country are split by output (households by people), then regions are "
    "scaled to their totals.",
)

#: Tables by province, as they are in ``<table>/<province>.csv``.
BY_PROVINCE = {
    "observations": OBSERVATIONS,
    "extras": EXTRAS,
    "inventory": INVENTORY,
    "inventory_city": INVENTORY_CITY,
}
#: Tables as people write them: those of all provinces in one.
BY_NAME = {
    "regions": REGIONS,
    "sectors": SECTORS,
    "final_demand": FINAL_DEMAND,
    "inventory_sectors": INVENTORY_SECTORS,
    "bridge": BRIDGE,
    "fuels": FUELS,
    "benchmarks": BENCHMARKS,
    "observations": OBSERVATIONS,
    "extras": EXTRAS,
    "inventory": INVENTORY_ALL,
    "inventory_city": INVENTORY_CITY,
    "inventory_national": INVENTORY_NATIONAL,
    "emissions_history": EMISSIONS_HISTORY,
    "foreign_trade": FOREIGN_TRADE,
    "corrections": CORRECTIONS,
    "stressors": STRESSORS,
}
#: Tables that a dataset may lack (an inventory: of some provinces, or of all where there is a
#: national one).
OPTIONAL = (
    "extras",
    "fuels",
    "inventory_city",
    "inventory_national",
    "emissions_history",
    "foreign_trade",
    "corrections",
    "stressors",
)

EMISSIONS = pa.DataFrameSchema(
    {
        "region": text_column("the region", refers="regions"),
        "sector": text_column(
            "or of sectors.csv without that list; there `households`: their direct emissions",
            refers="inventory_sectors",
        ),
        "emissions": number_column("its emissions", "t CO2", 0),
        "status": choice_column(
            ("", *EMISSION_STATUS), "where the number is from; blank = observed", required=False
        ),
    },
    unique=["region", "sector"],
    description="Every region has a row; a sector without one has no emissions.",
)
ACCOUNTS = pa.DataFrameSchema(
    {
        "name": text_column(
            "label of a row of factor inputs, or of a category of final demand",
            unique=True,
        ),
        "role": choice_column(
            ("value_added", "imports", "unused", "exports", "error"),
            "what the row is (unused: not read), or the column (exports to outside of the table, "
            "its statistical error)",
        ),
    },
    description="Rows and columns that are accounts of their own. Without the list a row "
    "`imports` is imports, every other row value added, and a category `exports` or `error` that "
    "is not in final_demand.csv is that.",
)

#: Tables of a given multi-regional table (kind `mrio`) beside those of every dataset.
OF_GIVEN = {"emissions": EMISSIONS, "accounts": ACCOUNTS}
#: Tables that it makes needless: they are there to estimate it.
NOT_OF_GIVEN = (*BY_PROVINCE, "inventory_national", "foreign_trade")
#: Tables that the dataset of a given table may lack; without a list of inventory sectors, the
#: sectors of the table are that.
OPTIONAL_OF_GIVEN = (
    "accounts",
    "benchmarks",
    "bridge",
    "corrections",
    "emissions_history",
    "fuels",
    "inventory_sectors",
    "stressors",
)

#: Columns for remarks, which nothing reads.
REMARKS = (
    "note",
    "notes",
    "remark",
    "remarks",
    "comment",
    "status",
    "source",
    "name",
    "name_local",
)


@dataclass(frozen=True)
class Table:
    """A table of the contract and the place of each of its rows.

    Attributes
    ----------
    frame
        Columns of the schema with their types, rows counted from 0.
    places
        File (or sheet) and row number of every row.
    whole
        Whether every row and column of the source is there, with its codes.
    """

    frame: pd.DataFrame
    places: list[tuple[str, int]]
    whole: bool = True

    @property
    def where(self) -> str:
        """The file (or sheet) of its first row; "" without a row."""
        return self.places[0][0] if self.places else ""

    def fault(self, row: int, message: str, fix: str) -> DataError:
        """A fault of the row at position `row`."""
        where, number = self.places[row]
        return DataError(f"row {number}, {message}", where=where, fix=fix)

    def faults(
        self, wrong: Iterable[object], message: str, fix: str, **beside: Any
    ) -> list[DataError]:
        """A fault of every row that is wrong; {column} in the message is the row's own value, of
        the frame or of the columns `beside` it.
        """
        rows = self.frame.assign(**beside)
        return [
            self.fault(row, message.format_map(rows.iloc[row]), fix)
            for row, bad in enumerate(wrong)
            if bad
        ]

    def place(self, row: int) -> str:
        """What a warning calls the row at position `row`."""
        where, number = self.places[row]
        return f"{where}, row {number}"


def read_table_cells(
    parts: Sequence[tuple[Cells, dict[str, str]]],
    schema: pa.DataFrameSchema,
    convert: Callable[[Table], list[DataError]] | None = None,
) -> tuple[Table, list[CityMRIOError]]:
    """One table from the cells of one file or several, and all its faults; the schema's title is
    the page that explains it, where that is not docs/contracts.md.

    Parameters
    ----------
    parts
        Cells, and columns that every row of them has (a table of one province: its code).
    convert
        Changes the frame of the table before its values are judged, and returns the faults of what
        it cannot.
    """
    faults: list[CityMRIOError] = []
    kinds = {name: _kind(column) for name, column in schema.columns.items()}
    records: dict[str, list] = {name: [] for name in schema.columns}
    places: list[tuple[str, int]] = []
    spoilt: set[tuple[int, str]] = set()
    page = schema.title or "docs/contracts.md"
    for cells, given in parts:
        faults += cells.faults
        faults += _header_faults(cells, given, schema, page)
        for row, number in zip(cells.rows, cells.numbers, strict=True):
            filled = dict(zip(reversed(cells.header), reversed(row), strict=True)) | given
            for name, (_, value, read) in kinds.items():
                try:
                    value = read(filled[name]) if name in filled else value
                except ValueError as fault:
                    faults.append(
                        DataError(
                            f"row {number}, column '{name}' {fault}",
                            where=cells.where,
                            fix=f"correct the cell; see {page}.",
                        )
                    )
                    spoilt.add((len(places), name))
                if name not in filled and schema.columns[name].required:
                    spoilt.add((len(places), name))  # it is missing, which is a fault of the header
                records[name].append(value)
            places.append((cells.where, number))
    frame = pd.DataFrame(
        {name: pd.Series(records[name], dtype=kind) for name, (kind, _, _) in kinds.items()}
    )
    key = next(iter(schema.columns))
    whole = not any(cells.faults for cells, _ in parts) and len(places) == sum(
        len(cells.rows) for cells, _ in parts
    )
    table = Table(frame, places, whole and not any(name == key for _, name in spoilt))
    if convert is not None:
        faults += convert(table)
    return table, faults + _schema_faults(table, schema, spoilt, page)


def read_list(path: str | Path, schema: pa.DataFrameSchema) -> Table:
    """One table from a CSV file.

    Raises
    ------
    DataError
        Every fault of it.
    """
    table, faults = read_table_cells([(read_csv(path), {})], schema)
    raise_faults(faults)
    return table


Read = Callable[[object], float | bool | str]


def _kind(column: pa.Column) -> tuple[str, float | bool | str, Read]:
    """The dtype of a column, what stands in it for a blank, and what reads a cell."""
    about = column.metadata or {}
    kinds: dict[str, tuple[str, float | bool | str, Read]] = {
        "float": ("float64", np.nan, number_of),
        "bool": ("bool", False, _truth),
        "str": ("str", "", partial(_text_of, numbers=bool(about.get("numbers")))),
    }
    return kinds[about["kind"]]


def _truth(cell: object) -> bool:
    text = text_of(cell)
    if text.strip().lower() in TRUE | FALSE:
        return text.strip().lower() in TRUE
    raise ValueError(f"is {text!r}; expected true or false")


def _text_of(cell: object, numbers: bool) -> str:
    text = text_of(cell)
    checked = SIGN.sub("0", text) if numbers else text
    if problem := text_fault(checked) if text else None:
        raise ValueError(f"is {text!r}, which {problem}")
    return text


def _header_faults(
    cells: Cells, given: dict[str, str], schema: pa.DataFrameSchema, page: str
) -> Iterator[DataError]:
    unknown = [
        name
        for name in cells.header
        if name and name not in schema.columns and name.lower() not in REMARKS
    ]
    for name, column in schema.columns.items():
        if name not in cells.header and name not in given and column.required:
            near = difflib.get_close_matches(name, unknown, n=1, cutoff=0.6)
            if near:
                unknown.remove(near[0])
            seen = (
                f"there is '{near[0]}'"
                if near
                else f"there are: {', '.join(filter(None, cells.header))}"
            )
            yield DataError(
                f"column '{name}' is missing ({seen})",
                where=cells.where,
                fix=f"see {page} for the columns of each table.",
            )
    amounts = {name: (column.metadata or {})["unit"] for name, column in schema.columns.items()}
    read = {name: unit for name, unit in amounts.items() if unit not in ("-", "year")}
    for name in unknown:
        in_unit = name == "unit" and bool(read)
        expected = [f"{column} in {unit}" for column, unit in read.items()]
        yield DataError(
            f"column 'unit' is not read here; expected {', '.join(expected)}"
            if in_unit
            else f"column '{name}' is unknown; expected {', '.join(schema.columns)}",
            where=cells.where,
            fix="convert the amounts where they are in another unit, then remove the column."
            if in_unit
            else "remove the column, or call it 'note'.",
        )


def _schema_faults(
    table: Table, schema: pa.DataFrameSchema, spoilt: set[tuple[int, str]], page: str
) -> list[DataError]:
    try:
        schema.validate(table.frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        found = dict[tuple[int, str], None]()
        for case in error.failure_cases.itertuples():
            row = None if pd.isna(case.index) else int(case.index)
            column = (
                case.column
                if case.column in schema.columns and case.schema_context == "Column"
                else None
            )
            if (
                row is None
                or (row, column) in spoilt
                or (column is None and any(place == row for place, _ in spoilt))
            ):
                continue
            found[row, _fault(case, table.frame, schema, row, column)] = None
        fix = f"correct the row; see {page}."
        return [table.fault(row, text, fix) for row, text in sorted(found, key=itemgetter(0))]
    return []


def _fault(
    case: Any, frame: pd.DataFrame, schema: pa.DataFrameSchema, row: int, column: str | None
) -> str:
    if str(case.check) in ("field_uniqueness", "multiple_fields_uniqueness"):
        key = [column] if str(case.check) == "field_uniqueness" else list(schema.unique)
        value = ", ".join(f"{name} '{frame[name].iloc[row]}'" for name in key)
        return f"{value} appears twice; expected once"
    if str(case.check) == "not_nullable":
        return f"column '{column}' is empty; expected a value"
    expected = str(case.check)
    if column is not None:
        shown = _shown(frame[column].iloc[row])
        return (
            f"column '{column}' {shown}; expected "
            f"{'text' if expected == 'text, not blank' else expected}"
        )
    named = [name for name in schema.columns if re.search(rf"\b{name}\b", expected)]
    return (
        f"{', '.join(f'{name} {_shown(frame[name].iloc[row])}' for name in named)}; expected "
        f"{expected}"
    )


def _shown(value: Any) -> str:
    if value == "" or value != value:
        return "is empty"
    return f"is {value:.10g}" if isinstance(value, float) else f"is {value!r}"


def code_faults(
    table: Table,
    column: str,
    known: Iterable[str],
    *,
    listed_in: str,
    many: bool = False,
    rows: pd.Series | None = None,
) -> list[DataError]:
    """Codes of `column` (several, joined by ";", with `many`) in the chosen `rows` that are not in
    `known`; blanks pass.
    """
    known = list(dict.fromkeys(known))
    names, faults = set(known), []
    values = table.frame[column]
    for row, value in enumerate((values if rows is None else values.where(rows, "")).tolist()):
        for code in [part for part in value.split(";") if part] if many else [value]:
            if code and code not in names:
                near = nearest(code, known)
                odd = odd_letter(code) or (difference(code, near) if near else "")
                hint = f" (did you mean '{near}'?{f' {odd}' if odd else ''})" if near or odd else ""
                if near and " " in near:  # refused in its own list
                    hint = f" (there is '{near}', but codes have no blanks)"
                faults.append(
                    table.fault(
                        row,
                        f"column '{column}' is '{code}'; expected a code of {listed_in}{hint}",
                        f"correct the code, or add it to {listed_in}.",
                    )
                )
    return faults


def _expected_units(name: str, table: Table, unit: str) -> Iterator[str]:
    """The unit that every row of a table should have; "" where any may stand (shares of a physical
    measure).
    """
    if name == "benchmarks":
        yield from (unit_of(parameter, unit) for parameter in table.frame["parameter"])
    else:
        for quantity, measure in zip(table.frame["quantity"], measures(table.frame), strict=True):
            yield "" if measure != "amount" else "t CO2" if quantity == "emissions" else unit


def in_expected_units(name: str, table: Table, unit: str, *, own: bool = False) -> list[DataError]:
    """Convert the column `value` of a table in place; faults are units of another dimension, or
    that are not understood.

    Parameters
    ----------
    name
        benchmarks, observations or extras.
    unit
        Unit of money of the dataset, in the standard spelling.
    own
        The table was written by this program: its values are read elsewhere as they are, so that
        none is converted.
    """
    faults, frame = [], table.frame
    for row, expected in enumerate(_expected_units(name, table, unit)):
        given = frame.at[row, "unit"]
        times = conversion_factor(given, expected) if expected else 1.0
        if not given.strip() or times == 1.0 and not (unit and unit in expected):
            continue
        if times is None or (own and times != 1.0):
            also = "" if own else " (or another unit of it, which is converted)"
            faults.append(
                table.fault(
                    row,
                    f"column 'unit' is '{given}'; expected {expected}{also}",
                    "convert the value; docs/contracts.md, Units, lists what is understood.",
                )
            )
            continue
        frame.at[row, "value"] *= times
        frame.at[row, "unit"] = expected
    return faults
