"""The headline numbers of a run (tables/headline.csv): what its summary, its first page and its explorer begin with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..base.methods import METHODS
from ..base.units import TONNES_PER_MT
from .paper.results import COMPUTED, Results

MT, PERSON, PERCENT, CITIES, REGIONS = "Mt CO2", "t CO2", "%", "cities", "regions"
#: Columns of headline.csv.
COLUMNS = ("group", "quantity", "unit", "value", "other_method", "printed", "number", "ensemble", "warnings")


class Headline(NamedTuple):
    """A headline number."""

    group: str
    quantity: str
    unit: str
    number: str = ""
    """Id of config/paper_targets.csv, where the paper prints it."""
    ensemble: str = ""
    """Quantity of variants.csv and of uncertainty/numbers.csv that says the same."""
    topic: str = ""
    """What its warnings are about (`TOPICS`)."""
    needs: tuple[str, str, str] | None = None
    """Table, column and value of the row that a run lacks which cannot give it."""
    compute: Callable[[Results], float] | None = None
    """Its value, where the paper prints no such number."""


def _in_all(r: Results, column: str) -> float:
    return r.regions[column].sum()


def _elsewhere(r: Results) -> float:
    return 100 * (1 - r.tables["intercity"].set_index("component").at["same_city", "share"])


FOOTPRINTS, BALANCE, EMITTERS = "Footprints", "Trade in carbon", "Super-emitters"
SAVINGS, DEFICITS, KNOWN = "Savings", "Deficits", "How it is known"
SAME_CITY = "embodied flows: same city"
PBA, CBA = "sum of city production emissions (PBA)", "sum of city footprints (CBA)"


def quintile(name: str) -> tuple[str, str, str]:
    """The row that a number of a quintile needs."""
    return "quintiles", "quintile", name


def saving(side: str, depth: str, words: str, number: str) -> Headline:
    """The saving of a measure, of all added up (`sum`), or of all at once (`joint`)."""
    return Headline(
        *(SAVINGS, f"{words}, {depth}", MT, number, "", f"{side}_{depth}"),
        needs=("scenarios", "side", side),
        compute=lambda r: r.scenario(side, depth, "saving_mt"),
    )


#: Of every run: what tables that do not add up leave in the account of their errors, in no footprint.
ERRORS = (
    Headline(BALANCE, "in the error account, all regions", MT, "", "", "error", None, lambda r: _in_all(r, "error_mt")),
    Headline(
        *(BALANCE, "in the error account, of all emissions", PERCENT, "", "", "error", None),
        compute=lambda r: 100 * _in_all(r, "error_mt") / _in_all(r, "pba_mt"),
    ),
)
#: Of a run that has cities, in their order.
OF_CITIES = (
    Headline(FOOTPRINTS, "footprints of the cities", MT, "T022", CBA),
    Headline(FOOTPRINTS, "their production emissions", MT, "", PBA, "emissions", None, lambda r: r.cities["pba_mt"].sum()),
    Headline(
        *(FOOTPRINTS, "footprint per person", PERSON),
        compute=lambda r: r.footprint * TONNES_PER_MT / r.cities["population"].sum(),
    ),
    Headline(FOOTPRINTS, "capital formation in footprints", PERCENT, "T037", "share of capital in city footprints"),
    Headline(FOOTPRINTS, "share of the ten largest cities", PERCENT, "T025"),
    Headline(FOOTPRINTS, "share of the first quintile", PERCENT, "T028", needs=quintile("Q1")),
    Headline(FOOTPRINTS, "share of the last quintile", PERCENT, "T035", needs=quintile("Q5")),
    Headline(FOOTPRINTS, "per person, first quintile", PERSON, "T046", "per capita: Q1", needs=quintile("Q1")),
    Headline(FOOTPRINTS, "per person, second quintile", PERSON, "T047", "per capita: Q2", needs=quintile("Q2")),
    Headline(FOOTPRINTS, "per person, last quintile", PERSON, "T048", "per capita: Q5", needs=quintile("Q5")),
    Headline(BALANCE, "emitted outside the consuming city", PERCENT, "T061", SAME_CITY, "trade"),
    Headline(BALANCE, "net producers", CITIES, "T146", "", "emissions"),
    Headline(BALANCE, "net consumers", CITIES, "T147", "", "emissions"),
    *ERRORS,
    Headline(EMITTERS, "by demand", CITIES, "T156", "super-emitters: demand", "emitters"),
    Headline(EMITTERS, "by technology", CITIES, "T157", "super-emitters: technology", "emitters"),
    Headline(EMITTERS, "by both (hybrid)", CITIES, "T158", "super-emitters: hybrid", "emitters"),
    *(
        entry
        for depth, numbers in {"light": ("T176", "T180", "T184"), "deep": ("T178", "T182", "T185")}.items()
        for entry in (
            saving("technology", depth, "technology side", numbers[0]),
            saving("demand", depth, "demand side", numbers[1]),
            saving("sum", depth, "both sides added up", numbers[2]),
            saving("joint", depth, "both sides at once", ""),
        )
    ),
    Headline(DEFICITS, "lifting Q4 and Q5 to Q3", MT, "T193", "", "deficits", ("deficits", "case", "to_q3")),
    Headline(DEFICITS, "lifting Q3, Q4 and Q5 to Q2", MT, "T197", "", "deficits", ("deficits", "case", "to_q2")),
)
#: How many regions' numbers are observed: columns of regions.csv with the statuses that count, and words.
STATUSES = {
    ("inventory_status", "observed", "province"): "total emissions observed",
    ("inventory_status", "imputed"): "total emissions filled in",
    ("inventory_status", "modelled"): "total emissions modelled",
    ("inventory_split_status", "observed"): "emissions by sector observed",
    ("inventory_split_status", "imputed"): "emissions by sector filled in",
    ("inventory_split_status", "modelled"): "emissions by sector modelled",
    ("value_added_status", "observed"): "value added observed",
    ("value_added_status", "imputed"): "value added filled in",
    ("output_status", "observed"): "output by sector observed",
    ("demand_status", "observed"): "final demand observed",
}
#: Of a run that has none.
OF_REGIONS = (
    Headline(FOOTPRINTS, "footprints of the regions", MT, compute=lambda r: _in_all(r, "cba_mt")),
    Headline(FOOTPRINTS, "their production emissions", MT, "", "", "emissions", None, lambda r: _in_all(r, "pba_mt")),
    Headline(
        *(FOOTPRINTS, "footprint per person", PERSON),
        compute=lambda r: _in_all(r, "cba_mt") * TONNES_PER_MT / _in_all(r, "population"),
    ),
    Headline(BALANCE, "emitted outside the consuming region", PERCENT, "", "", "trade", None, _elsewhere),
    *ERRORS,
)

#: Of every run.
OF_DATA = tuple(
    Headline(KNOWN, words, REGIONS, compute=lambda r, column=column, known=known: r.regions[column].isin(known).sum())
    for (column, *known), words in STATUSES.items()
)

#: Topic of a warning -> the place of the warning, as warnings.csv has it. What none of them holds bears on every number.
TOPICS = {
    **{
        f"{side}_{depth}": rf"scenarios\.csv, {side}_{depth}"
        for side in ("technology", "demand", "sum", "joint")
        for depth in ("light", "deep")
    },
    "technology": r"key_intensities\.csv|intensities\.csv|global_intensity|plausible_intensity",
    "savings": r"scenarios(?!\.csv, (technology|demand|sum|joint)_)|benchmarks\.csv",
    "deficits": r"deficits",
    "emissions": r"^inventory|footprint/inventory",
    "emitters": r"super_emitter",
    "error": r"regions\.csv, column error_mt",
    "structures": r"clusters\.csv|centroids\.csv",
}
#: Topics that a number has beside its own: emissions make emitters, structures choose the cities of the deep demand scenario.
ALSO = {
    "emitters": ("emissions",),
    **{f"technology_{depth}": ("technology", "savings", "emissions") for depth in ("light", "deep")},
    "demand_light": ("savings",),
    "demand_deep": ("savings", "structures"),
    **{
        f"{side}_{depth}": (f"technology_{depth}", f"demand_{depth}", "technology", "savings", "emissions")
        for side in ("sum", "joint")
        for depth in ("light", "deep")
    },
}


def topics(warning: pd.Series) -> set[str]:
    """What a warning is about; nothing in particular: the data behind every number."""
    return {topic for topic, places in TOPICS.items() if re.search(places, str(warning["where"]))}


def headline(
    tables: Mapping[str, pd.DataFrame], info: Mapping, warnings: pd.DataFrame, method: str, other: str = ""
) -> pd.DataFrame:
    """headline.csv: one row for each headline number.

    Parameters
    ----------
    tables
        regions, quintiles, intercity, intercity_cities, scenarios and deficits of the run; where it has them paper_comparison,
        methods and variants.
    info
        dataset.json.
    warnings
        warnings.csv.
    method
        Method of the run.
    other
        Variant that is the estimate by the other method ("": none).

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: group; quantity and unit; value of the run, and by the other method; the paper's printed number and its
        id; the quantity of uncertainty/numbers.csv with the same meaning; rows of warnings.csv (from 1) that bear on it and not
        on every number, with blanks between. Blank where the run has no such value.
    """
    results = Results(tables=tables, info=info)
    entries = (*(OF_REGIONS if results.cities.empty else OF_CITIES), *OF_DATA)
    alone = len(results.cities) == len(results.regions)
    found = [topics(row) for _, row in warnings.iterrows()]
    rows = []
    for entry in entries:
        about = {entry.topic, *ALSO.get(entry.topic, ())}
        # variants and ensemble tell where all regions' footprints were emitted, not the cities'
        same = "" if entry.ensemble == SAME_CITY and not alone else entry.ensemble or _saving(entry, results)
        rows.append(
            {
                **{name: getattr(entry, name) for name in ("group", "quantity", "unit", "number")},
                "value": _value(entry, results),
                "other_method": _other(entry.number, same, tables, method, other),
                "printed": _printed(entry.number, tables),
                "ensemble": same,
                "warnings": " ".join(str(n) for n, own in enumerate(found, 1) if own & about),
            }
        )
    return pd.DataFrame(rows, columns=[*COLUMNS])


def _saving(entry: Headline, results: Results) -> str:
    """What an ensemble calls a saving: by the scenario that the headline is, one of several ways to carry out a measure."""
    if entry.group != SAVINGS:
        return ""
    side, depth = entry.topic.split("_")
    table = results.tables["scenarios"]
    own = table[table["headline"].astype(bool) & table["side"].eq(side) & table["depth"].eq(depth)]
    return f"saving: {own['scenario'].iloc[0]}" if len(own) else ""


def _value(entry: Headline, results: Results) -> float:
    if entry.needs:
        table, column, value = entry.needs
        if not results.tables[table][column].eq(value).any():
            return np.nan
    return float(entry.compute(results) if entry.compute else COMPUTED[entry.number][0](results))


def _printed(number: str, tables: Mapping[str, pd.DataFrame]) -> float:
    if not number or "paper_comparison" not in tables:
        return np.nan
    return float(tables["paper_comparison"].set_index("id").at[number, "paper"])


def _other(number: str, quantity: str, tables: Mapping[str, pd.DataFrame], method: str, variant: str) -> float:
    """The number by the method that the run does not use: of methods.csv, else of a variant."""
    if "methods" in tables and number in set(tables["methods"]["number"]):
        (name,) = {*METHODS} - {method}
        return float(tables["methods"].set_index("number").at[number, name])
    if not (variant and quantity and "variants" in tables):
        return np.nan
    own = tables["variants"].loc[tables["variants"]["variant"].eq(variant)].set_index("quantity")["value"]
    if quantity not in own.index:
        return np.nan
    return float(100 - own[quantity] if quantity == SAME_CITY else own[quantity])


def interval(row: pd.Series, numbers: pd.DataFrame) -> tuple[float, float]:
    """Ends of the ensemble's interval of a headline number (NaN: none); `numbers`: uncertainty/numbers.csv by quantity."""
    for name in (f"paper: {row['number']}", row["ensemble"]):
        if name in numbers.index and np.isfinite(numbers.at[name, "low"]):
            low, high = float(numbers.at[name, "low"]), float(numbers.at[name, "high"])
            return (100 - high, 100 - low) if name == SAME_CITY else (low, high)
    return np.nan, np.nan
