"""Readings of the scenarios' savings, of their shares, and of the quota they add."""

from functools import partial

import pandas as pd

from ....analysis.scenarios import demand, technology
from ....analysis.scenarios.measure import Inputs
from ....base.units import MT
from ...analysed import intensities_of, scenario_inputs
from .entry import OWN_INVENTORY, Case, Number, Reading
from .entry import PASSAGES as p

BENCHMARK, DEEP = "scenarios.light_benchmark", "scenarios.deep_benchmark"
CONSUMPTION = "scenarios.consumption"
CONTROL = "emissions.control_total"
NATIONAL = {CONTROL: "national"}
GOVERNMENT = {CONSUMPTION: "households_government"}
INTENSITIES = "outputs and emissions of the 18 cities by sector in the paper's table"
GLOBAL = "the global intensities of the six sectors, which the paper does not print"
SHARES = (
    "the capital shares of the three megacities that the paper does not name, and the 23 "
    "cities' demand by category"
)
FALL = "fall of the cities' footprints"
LARGEST = "the 23 cities with the largest footprints"


def _inputs(case: Case, regions: pd.DataFrame) -> Inputs:
    """What scenarios of a case are computed from, with other regions.csv."""
    about = case.dataset, case.config
    return scenario_inputs(case, *about, regions, intensities_of(case, *about))


def _scaled_benchmarks(case: Case, factor: float) -> float:
    """Deep technology saving with all global intensities multiplied, Mt."""
    inputs = _inputs(case, case.results.regions)
    mark = technology.benchmark(inputs, "deep", case.config.scenarios, factor)
    saved = technology.technology_savings(
        inputs.intensities, technology.cities(inputs.regions), mark
    )
    return float(saved["saving_t"].sum() * MT)


def _largest(case: Case) -> float:
    """Light demand saving in as many cities as the paper names, those with the largest footprints,
    Mt.
    """
    regions = case.results.regions.copy()
    largest = case.cities.nlargest(int(case.printed("T160")), "cba_mt")["region"]
    regions["super_emitter"] = regions["region"].isin(largest).map({True: "demand", False: "none"})
    measure = demand.measures(_inputs(case, regions), "light", case.config.scenarios)[
        case.config.scenarios.demand_mode
    ]
    return float((case.footprints["cba"] * (1 - measure.weights)).sum() * MT)


#: What moves a technology saving whatever its benchmark.
ESTIMATES = (
    Reading(
        "CO2 totals change outputs instead of intensities",
        p.OUTPUTS,
        {"cities.emissions_enter": "output"},
    ),
    Reading("raw city totals", p.TERRITORY, {CONTROL: "cities_raw"}),
    Reading("national control total", p.ACCOUNTS, NATIONAL),
)
#: Depth -> what a benchmark may be, the first as the run has it; and the datum that would decide.
MARKS = {
    "light": (
        (
            Reading(
                "national mean, emissions over output of all regions",
                p.NATIONAL_AVERAGE,
                {BENCHMARK: "national"},
            ),
            Reading("unweighted mean of the cities", p.NATIONAL_AVERAGE, {BENCHMARK: "cities"}),
            Reading(
                "unweighted mean of the provinces", p.NATIONAL_AVERAGE, {BENCHMARK: "provinces"}
            ),
            Reading(
                "the nation's own inventory over national output",
                p.ACCOUNTS,
                {BENCHMARK: "national_inventory"},
            ),
        ),
        INTENSITIES,
    ),
    "deep": (
        (
            Reading("global mean as assumed", p.GLOBAL_AVERAGE, {DEEP: "global"}),
            Reading(
                "the lower of global and national mean", p.ABOVE, {DEEP: "min_global_national"}
            ),
        ),
        GLOBAL,
    ),
}
#: Of the deep saving, Mt.
SCALED = tuple(
    Reading(
        f"all benchmarks {words}",
        p.GLOBAL_AVERAGE,
        value=partial(_scaled_benchmarks, factor=factor),
    )
    for words, factor in (("a fifth higher", 1.2), ("a fifth lower", 0.8))
)


def _technology(target: str, depth: str, column: str) -> Number:
    marks, datum = MARKS[depth]
    scaled = SCALED if (depth, column) == ("deep", "saving_mt") else ()
    return Number(
        target,
        (*marks, *scaled, *ESTIMATES, *_consumed(depth, column)),
        datum,
        {**marks[0].settings, "cities.emissions_enter": "intensity", CONTROL: "provinces"},
    )


def _consumed(depth: str, column: str) -> tuple[Reading, ...]:
    """The consumption side of a technology saving; of a share also the nation as the
    denominator.
    """
    if column == "saving_mt":
        return (
            Reading(
                FALL,
                p.SAVED,
                value=lambda case: case.results.scenario("technology", depth, "saving_cba_mt"),
            ),
        )
    return (
        Reading(
            FALL,
            p.SAVED,
            value=lambda case: (
                100
                * case.results.scenario("technology", depth, "saving_cba_mt")
                / case.cities["cba_demand_mt"].sum()
            ),
        ),
        _of_nation("technology", depth),
    )


def _of_nation(side: str, depth: str) -> Reading:
    return Reading(
        "of national emissions",
        p.NATIONAL,
        value=lambda case: case.results.scenario(side, depth, "saving_share_national_percent"),
    )


def _demand(target: str, depth: str, column: str) -> Number:
    readings: tuple[Reading, ...] = (
        Reading("capital to households' consumption", p.SHIFT, {CONSUMPTION: "households"}),
        Reading("capital to households and government", p.DEMANDS, GOVERNMENT),
        Reading("capital above the target is cut", p.REDUCED, {"scenarios.demand_mode": "cut"}),
        Reading(
            "target 17%, the lowest of the megacities", p.RANGE, {"scenarios.capital_target": 0.17}
        ),
        Reading(
            "target 19%, the lowest mean that five such cities can have",
            p.RANGE,
            {"scenarios.capital_target": 0.19},
        ),
        Reading(
            "target 25%, the highest mean they can have",
            p.RANGE,
            {"scenarios.capital_target": 0.25},
        ),
        Reading("national control total", p.ACCOUNTS, NATIONAL),
        Reading(
            "national control total, households and government", p.ACCOUNTS, NATIONAL | GOVERNMENT
        ),
        Reading("final demand of cities by proxies", p.DEMAND_RULE, {"cities.demand": "proxy"}),
    )
    if column != "saving_mt":
        readings += (_of_nation("demand", depth),)
    elif depth == "light":
        readings += (
            Reading(LARGEST, p.TWENTY_THREE, value=_largest),
            Reading(
                "these, and households and government",
                p.TWENTY_THREE,
                GOVERNMENT,
                _largest,
                LARGEST,
            ),
        )
    base = {
        CONSUMPTION: "households",
        "scenarios.demand_mode": "shift",
        "scenarios.capital_target": None,
        CONTROL: "provinces",
        "cities.demand": "ratio",
    }
    return Number(target, readings, SHARES, base)


def _joint_saving(target: str, depth: str) -> Number:
    readings = (
        Reading("plain sum of both", p.SAVED),
        Reading(
            "both at once",
            p.ABSTRACT_INCREASE,
            value=lambda case: case.results.scenario("joint", depth, "saving_mt"),
        ),
        Reading("sum, households and government", p.DEMANDS, GOVERNMENT),
        Reading("sum, national control total", p.ACCOUNTS, NATIONAL),
        Reading("sum, raw city totals", p.TERRITORY, {CONTROL: "cities_raw"}),
    )
    return Number(
        target,
        readings,
        GLOBAL if depth == "deep" else INTENSITIES,
        {CONSUMPTION: "households", CONTROL: "provinces"},
    )


def _own_inventory(case: Case, what: str) -> float:
    """The quota with the nation's own inventory: the new one in Gt, or its increase in percent of
    the old or new one.
    """
    existing = case.results.parameter("peak_emissions") - case.national_inventory
    saving = case.results.quota("sum_deep", "saving_mt")
    if what == "new_gt":
        return (existing + saving) / 1000
    return 100 * saving / (existing if what == "existing" else existing + saving)


def _people(case: Case, country: bool) -> float:
    regions = case.results.regions if country else case.cities
    raised = case.results.in_quintiles("Q3", "Q4", "Q5")["population"].sum()
    return (
        100
        * (case.results.deficit("to_q2", "population") if country else raised)
        / regions["population"].sum()
    )


NUMBERS = (
    _technology("T176", "light", "saving_mt"),
    _technology("T177", "light", "saving_share_percent"),
    _technology("T178", "deep", "saving_mt"),
    _technology("T179", "deep", "saving_share_percent"),
    _demand("T180", "light", "saving_mt"),
    _demand("T181", "light", "saving_share_percent"),
    _demand("T182", "deep", "saving_mt"),
    _demand("T183", "deep", "saving_share_percent"),
    _joint_saving("T184", "light"),
    _joint_saving("T185", "deep"),
    Number(
        "T189",
        (
            Reading("of the new quota", p.ABSTRACT_INCREASE),
            Reading(
                "of the existing quota",
                p.INCREASE,
                value=lambda case: case.results.quota("sum_deep", "increase_of_existing_percent"),
            ),
            Reading(
                "of the new quota, the nation's own inventory",
                p.ACCOUNTS,
                value=partial(_own_inventory, what="new"),
                option=OWN_INVENTORY,
            ),
            Reading(
                "of the existing quota, the nation's own inventory",
                p.ACCOUNTS,
                value=partial(_own_inventory, what="existing"),
                option=OWN_INVENTORY,
            ),
        ),
        "the national emissions of 2012 that the paper uses",
    ),
    Number(
        "T192",
        (
            Reading("existing quota and the deep saving", p.INCREASE, {CONTROL: "provinces"}),
            Reading(
                "the nation's own inventory",
                p.ACCOUNTS,
                value=partial(_own_inventory, what="new_gt"),
                option=OWN_INVENTORY,
            ),
            Reading("national control total", p.ACCOUNTS, NATIONAL),
        ),
        "the national emissions of 2012 that the paper uses",
        {CONTROL: "provinces"},
    ),
    Number(
        "T201",
        (
            Reading("people lifted, of those in all cities", p.ABSTRACT_INCREASE),
            Reading(
                "people lifted, of the whole country",
                p.POORER,
                value=partial(_people, country=True),
            ),
            Reading(
                "people of Q3 to Q5, of those in all cities",
                p.POORER,
                value=partial(_people, country=False),
            ),
        ),
        "the paper's list of cities by quintile",
    ),
)
