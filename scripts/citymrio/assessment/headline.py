"""The headline numbers of a run (tables/headline.csv): what its summary, its first page and its
explorer begin with.

What adds up (footprints, flows, accounts, shares of sums) is reported from the central table, whose
balances hold; what does not (savings, counts, ranks, what is made of quintiles or structures, flows
between these included) as the median over the draws where there are any, since the count or the
positive part of a mean is not the mean of counts or positive parts. :func:`adds_up` is the one
place that says which is which.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..base.methods import METHODS
from ..base.units import TONNES_PER_MT
from .paper.results import COMPUTED, Results

MT, PERSON, PERCENT, CITIES, REGIONS = "Mt CO2", "t CO2", "%", "cities", "regions"
#: Columns of headline.csv.
COLUMNS = (
    *(
        "group",
        "quantity",
        "unit",
        "value",
        "other_method",
        "interval_of",
        "reported",
        "low",
        "high",
        "central",
        "median",
    ),
    *("printed", "number", "ensemble", "warnings"),
)
#: How a number is reported.
CENTRAL, MEDIAN = "central", "median"


class Headline(NamedTuple):
    """A headline number.

    Attributes
    ----------
    number
        Id of config/paper_targets.csv, where the paper prints it.
    variant
        Quantity of variants.csv that says the same (`SAME_CITY`: what is left to 100).
    topic
        What its warnings are about (`TOPICS`).
    needs
        Table, column and value of the row that a run lacks which cannot give it.
    compute
        Its value, where the paper prints no such number.
    adds
        Whether it adds up over cities, or is a ratio of sums (:func:`adds_up`).
    """

    group: str
    quantity: str
    unit: str
    number: str = ""
    variant: str = ""
    topic: str = ""
    needs: tuple[str, str, str] | None = None
    compute: Callable[[Results], float] | None = None
    adds: bool = False

    @property
    def ensemble(self) -> str:
        """Its quantity in uncertainty/numbers.csv."""
        return f"{self.group}: {self.quantity}"


def _in_all(r: Results, column: str) -> float:
    return r.regions[column].sum()


FOOTPRINTS, BALANCE, EMITTERS = "Footprints", "Trade in carbon", "Super-emitters"
SAVINGS, DEFICITS, KNOWN = "Savings", "Deficits", "How it is known"
#: What the intervals are made of: members with an estimate, and what an interval of so many is
#: worth (also a quantity of uncertainty/numbers.csv).
SPREAD, MEMBERS = "Intervals", "members of the ensemble"
INSIDE = "a further draw inside its interval"
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


#: Of every run: what tables that do not add up leave in the account of their errors, in no
#: footprint.
ERRORS = (
    Headline(
        BALANCE,
        "in the error account, all regions",
        MT,
        "",
        "",
        "error",
        None,
        lambda r: _in_all(r, "error_mt"),
        True,
    ),
    Headline(
        *(BALANCE, "in the error account, of all emissions", PERCENT, "", "", "error", None),
        compute=lambda r: 100 * _in_all(r, "error_mt") / _in_all(r, "pba_mt"),
        adds=True,
    ),
)
#: Of a run that has cities, in their order.
OF_CITIES = (
    Headline(FOOTPRINTS, "footprints of the cities", MT, "T022", CBA, adds=True),
    Headline(
        FOOTPRINTS,
        "their production emissions",
        MT,
        "",
        PBA,
        "emissions",
        None,
        lambda r: r.cities["pba_mt"].sum(),
        True,
    ),
    Headline(
        *(FOOTPRINTS, "footprint per person", PERSON),
        compute=lambda r: r.footprint * TONNES_PER_MT / r.cities["population"].sum(),
        adds=True,
    ),
    Headline(
        FOOTPRINTS,
        "capital formation in footprints",
        PERCENT,
        "T037",
        "share of capital in city footprints",
        adds=True,
    ),
    Headline(FOOTPRINTS, "share of the ten largest cities", PERCENT, "T025"),
    Headline(FOOTPRINTS, "share of the first quintile", PERCENT, "T028", needs=quintile("Q1")),
    Headline(FOOTPRINTS, "share of the last quintile", PERCENT, "T035", needs=quintile("Q5")),
    Headline(FOOTPRINTS, "per person, first quintile", PERSON, "T046", needs=quintile("Q1")),
    Headline(FOOTPRINTS, "per person, second quintile", PERSON, "T047", needs=quintile("Q2")),
    Headline(FOOTPRINTS, "per person, last quintile", PERSON, "T048", needs=quintile("Q5")),
    Headline(
        BALANCE,
        "emitted outside the consuming city",
        PERCENT,
        "T061",
        SAME_CITY,
        "trade",
        adds=True,
    ),
    Headline(BALANCE, "net producers", CITIES, "T146", "", "emissions"),
    Headline(BALANCE, "net consumers", CITIES, "T147", "", "emissions"),
    *ERRORS,
    Headline(EMITTERS, "of any type", CITIES, "T149", "", "emitters"),
    Headline(EMITTERS, "by demand", CITIES, "T156", "", "emitters"),
    Headline(EMITTERS, "by technology", CITIES, "T157", "", "emitters"),
    Headline(EMITTERS, "by both (hybrid)", CITIES, "T158", "", "emitters"),
    *(
        entry
        for depth, numbers in {
            "light": ("T176", "T180", "T184"),
            "deep": ("T178", "T182", "T185"),
        }.items()
        for entry in (
            saving("technology", depth, "technology side", numbers[0]),
            saving("demand", depth, "demand side", numbers[1]),
            saving("sum", depth, "both sides added up", numbers[2]),
            saving("joint", depth, "both sides at once", ""),
        )
    ),
    Headline(
        DEFICITS,
        "lifting Q4 and Q5 to Q3",
        MT,
        "T193",
        "",
        "deficits",
        ("deficits", "case", "to_q3"),
    ),
    Headline(
        DEFICITS,
        "lifting Q3, Q4 and Q5 to Q2",
        MT,
        "T197",
        "",
        "deficits",
        ("deficits", "case", "to_q2"),
    ),
)
#: How many regions' numbers are observed: columns of regions.csv with the statuses that count, and
#: words.
STATUSES = {
    ("emissions_status", "observed", "province"): "total emissions observed",
    ("emissions_status", "imputed"): "total emissions filled in",
    ("emissions_status", "modelled"): "total emissions modelled",
    ("emissions_split_status", "observed"): "emissions by sector observed",
    ("emissions_split_status", "imputed"): "emissions by sector filled in",
    ("emissions_split_status", "modelled"): "emissions by sector modelled",
    ("value_added_status", "observed"): "value added observed",
    ("value_added_status", "imputed"): "value added filled in",
    ("output_status", "observed"): "output by sector observed",
    ("demand_status", "observed"): "final demand observed",
}
#: Of a run that has none.
OF_REGIONS = (
    Headline(
        FOOTPRINTS,
        "footprints of the regions",
        MT,
        compute=lambda r: _in_all(r, "cba_mt"),
        adds=True,
    ),
    Headline(
        FOOTPRINTS,
        "their production emissions",
        MT,
        "",
        "",
        "emissions",
        None,
        lambda r: _in_all(r, "pba_mt"),
        True,
    ),
    Headline(
        *(FOOTPRINTS, "footprint per person", PERSON),
        compute=lambda r: _in_all(r, "cba_mt") * TONNES_PER_MT / _in_all(r, "population"),
        adds=True,
    ),
    Headline(
        BALANCE,
        "emitted outside the consuming region",
        PERCENT,
        "",
        "",
        "trade",
        None,
        lambda r: 100 * (1 - r.tables["intercity"].set_index("component").at["same_city", "share"]),
        True,
    ),
    *ERRORS,
)

#: Of every run.
OF_DATA = tuple(
    Headline(
        KNOWN,
        words,
        REGIONS,
        compute=partial(
            lambda column, known, r: r.regions[column].isin(known).sum(), column, known
        ),
    )
    for (column, *known), words in STATUSES.items()
)

#: What else adds up of numbers.csv: headline numbers and parts of quantities, as patterns.
SUMS = re.compile(
    "|".join(
        (
            *(re.escape(entry.ensemble) for entry in (*OF_CITIES, *OF_REGIONS) if entry.adds),
            *map(re.escape, (CBA, PBA)),
            r"share of \w+ in city footprints",
            r"embodied flows: .*",
            r"intercity(?:_cities)?: .*",
            *(f"paper: {entry.number}" for entry in OF_CITIES if entry.adds and entry.number),
        )
    )
)

#: Topic of a warning -> the place of the warning, as warnings.csv has it. What none of them holds
#: bears on every number.
TOPICS = {
    **{
        f"{side}_{depth}": rf"scenarios\.csv, {side}_{depth}"
        for side in ("technology", "demand", "sum", "joint")
        for depth in ("light", "deep")
    },
    "technology": r"key_intensities\.csv|intensities\.csv|global_intensity|plausible_intensity",
    "savings": r"scenarios(?!\.csv, (technology|demand|sum|joint)_)|benchmarks\.csv(?!, peak)",
    "deficits": r"deficits",
    "emissions": r"^inventory|footprint/emissions",
    "emitters": r"super_emitter",
    "error": r"regions\.csv, column error_mt",
    "structures": r"clusters\.csv|centroids\.csv",
}
#: Topics that a number has beside its own: emissions make emitters, whom scenarios act on;
#: structures choose the cities of the deep demand scenario.
ALSO = {
    "emitters": ("emissions",),
    **{
        f"technology_{depth}": ("technology", "savings", "emissions", "emitters")
        for depth in ("light", "deep")
    },
    "demand_light": ("savings", "emitters"),
    "demand_deep": ("savings", "emitters", "structures"),
    **{
        f"{side}_{depth}": (
            f"technology_{depth}",
            f"demand_{depth}",
            "technology",
            "savings",
            "emissions",
            "emitters",
        )
        for side in ("sum", "joint")
        for depth in ("light", "deep")
    },
}


def adds_up(quantity: str) -> bool:
    """Whether a quantity of uncertainty/numbers.csv adds up, and is reported from the central
    table.
    """
    return SUMS.fullmatch(quantity) is not None


def entries(results: Results) -> tuple[Headline, ...]:
    """The headline numbers of a run that an estimate gives."""
    return OF_REGIONS if results.cities.empty else OF_CITIES


def estimated(results: Results) -> pd.DataFrame:
    """Headline numbers as an ensemble keeps them of a member: quantity (:attr:`Headline.ensemble`),
    value, unit.
    """
    rows = [(entry.ensemble, _value(entry, results), entry.unit) for entry in entries(results)]
    return pd.DataFrame(rows, columns=["quantity", "value", "unit"]).dropna(subset="value")


def headline(
    tables: Mapping[str, pd.DataFrame],
    info: Mapping,
    warnings: pd.DataFrame,
    method: str,
    other: str = "",
    drawn_by: str = "",
) -> pd.DataFrame:
    """headline.csv: one row for each headline number.

    Parameters
    ----------
    tables
        regions, quintiles, intercity, intercity_cities, scenarios and deficits of the run; where it
        has them paper_comparison, methods and variants, and `numbers`: uncertainty/numbers.csv.
    info
        dataset.json.
    warnings
        warnings.csv.
    method
        Method of the run.
    other
        Variant that is the estimate by the other method ("": none).
    drawn_by
        Method of the ensemble.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: group; quantity and unit; value of the run, and by the other method;
        whose interval follows (method of the ensemble), how the number by this method is reported
        (`CENTRAL` or `MEDIAN`), the ends of the interval, the number without draws and the median
        of the draws; the paper's printed number and its id; the quantity of uncertainty/numbers.csv
        with the same meaning; rows of warnings.csv (from 1) that bear on it and not on every
        number, with blanks between. Blank where the run has no such value. With an ensemble the
        last rows say how many members it has and what an interval of so many is worth.
    """
    results = Results(tables=tables, info=info)
    alone = len(results.cities) == len(results.regions)
    found = [
        {topic for topic, places in TOPICS.items() if re.search(places, str(where))}
        for where in warnings["where"]
    ]
    known = tables["numbers"].set_index("quantity") if "numbers" in tables else pd.DataFrame()
    rows = []
    for entry in (*entries(results), *OF_DATA):
        about = {entry.topic, *ALSO.get(entry.topic, ())}
        # variants tell where all regions' footprints were emitted, not the cities'
        same = "" if entry.variant == SAME_CITY and not alone else entry.variant
        row = {
            **{name: getattr(entry, name) for name in ("group", "quantity", "unit", "number")},
            "value": _value(entry, results),
            "other_method": _other(entry.number, same, tables, method, other),
            "printed": _printed(entry.number, tables),
            "warnings": " ".join(str(n) for n, own in enumerate(found, 1) if own & about),
        }
        if entry.ensemble in known.index:
            row |= _drawn(
                row, known.loc[entry.ensemble], "value" if drawn_by == method else "other_method"
            )
            row |= {"interval_of": drawn_by, "ensemble": entry.ensemble}
        rows.append(row)
    if INSIDE in known.index:
        worth, blank = known.loc[INSIDE], {"number": "", "warnings": "", "group": SPREAD}
        rows += [
            {"quantity": quantity, "unit": unit, "value": value, "interval_of": drawn_by, **blank}
            for quantity, unit, value in (
                (MEMBERS, "members", worth["members"]),
                (INSIDE, PERCENT, worth["mean"]),
            )
        ]
    table = pd.DataFrame(rows, columns=[*COLUMNS])
    return table.fillna(dict.fromkeys(("interval_of", "reported", "ensemble"), ""))


def _drawn(row: Mapping, number: pd.Series, column: str) -> dict[str, object]:
    """What an ensemble says of a headline number, and the number itself in the column of its
    method.
    """
    central = (
        row["value"] if column == "value" else number["estimate"]
    )  # the table of the run adds up to the last digit
    shown = {CENTRAL: central, MEDIAN: number["median"]}
    return {
        "central": central,
        column: shown[number["reported"]],
        **number[["reported", "low", "high", "median"]],
    }


def _value(entry: Headline, results: Results) -> float:
    if entry.needs:
        table, column, value = entry.needs
        if value not in results.tables[table][column].tolist():
            return np.nan
    return float(entry.compute(results) if entry.compute else COMPUTED[entry.number][0](results))


def _printed(number: str, tables: Mapping[str, pd.DataFrame]) -> float:
    if not number or "paper_comparison" not in tables:
        return np.nan
    return float(tables["paper_comparison"].set_index("id").at[number, "paper"])


def _other(
    number: str, quantity: str, tables: Mapping[str, pd.DataFrame], method: str, variant: str
) -> float:
    """The number by the method that the run does not use: of methods.csv, else of a variant."""
    if "methods" in tables and number in set(tables["methods"]["number"]):
        (name,) = {*METHODS} - {method}
        return float(tables["methods"].set_index("number").at[number, name])
    if not (variant and quantity and "variants" in tables):
        return np.nan
    own = (
        tables["variants"]
        .loc[tables["variants"]["variant"].eq(variant)]
        .set_index("quantity")["value"]
    )
    if quantity not in own.index:
        return np.nan
    return float(100 - own[quantity] if quantity == SAME_CITY else own[quantity])
