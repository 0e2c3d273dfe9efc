"""Readings of affluence, quintiles, people, footprints per capita and deficits."""

from functools import partial

import numpy as np

from ....analysis.affluence import affluence_column
from ....base.units import TONNES_PER_MT
from .. import PAPER_SIZES, PAPER_USD
from .entry import HOUSEHOLDS, Case, Number, Reading
from .entry import PASSAGES as p

ACCOUNTS_BY_CITY = (
    "final demand and emissions by city and sector: the published table and "
    "inventories of the paper"
)
#: Affluence: value of the setting, words, passage.
AFFLUENCE = (
    ({"groups.affluence": "final_demand"}, "all final demand, imports included", p.DEMANDS),
    ({"groups.affluence": "private_demand"}, "final demand without government", p.ACTIVITIES),
    (
        {"groups.affluence": "household_capital"},
        "households' consumption and capital formation",
        p.SCOPE,
    ),
    ({"groups.affluence": "gdp"}, "GDP", p.QUINTILE),
    (
        {"groups.affluence": "private_demand", "groups.affluence_products": "domestic"},
        "final demand of domestic products without government",
        p.ACTIVITIES,
    ),
)
#: Quintiles by the paper's amounts.
ABOVE = {"groups.thresholds_usd": PAPER_USD}
NO_GOVERNMENT = "footprint without government"
ALL_DEMAND = {"groups.affluence": "final_demand", "groups.affluence_products": "all"}


def affluent(prefix: str = "", settings: dict | None = None) -> tuple[Reading, ...]:
    """A reading for each measure of affluence, under further settings."""
    return tuple(
        Reading(prefix + words, passage, own | (settings or {}))
        for own, words, passage in AFFLUENCE
    )


#: Quintiles by rank under each measure of affluence, of the paper's sizes, and by its lowest amount
#: in the first.
RANKED = (
    *affluent("ranked by "),
    Reading(
        "ranked, the paper's 63 cities first", p.SIXTY_THREE, {"groups.quintile_sizes": PAPER_SIZES}
    ),
    Reading("all cities above 7,000 USD are first", p.RICHEST, ABOVE),
)


BY_RANK = ALL_DEMAND | {"groups.quintile_sizes": (1.0,) * 5, "groups.thresholds_usd": ()}
#: Estimates that change who is rich and who emits.
ESTIMATES = (
    Reading(
        "with power plants as observations", p.CALIBRATED, {"cities.extras": ("power_plants",)}
    ),
    Reading("final demand of cities by proxies", p.DEMAND_RULE, {"cities.demand": "proxy"}),
    Reading("calibrated trade", p.ENTROPY, {"method": "calibrated"}),
)
AS_PAPER = {"cities.extras": (), "cities.demand": "ratio", "method": "paper"}


def _below(case: Case, column: str, target: str | None) -> float:
    """Share in `column` of the cities below a demand per capita, percent: the printed one, or the
    mean of the second quintile.
    """
    limit = case.printed(target) if target else case.results.quintile("Q2", "affluence_mean_usd")
    chosen = case.cities[affluence_column(case.config.groups)] < limit
    return 100 * case.cities.loc[chosen, column].sum() / case.cities[column].sum()


def _per_head(case: Case, government: bool) -> np.ndarray:
    """Footprints per capita of cities, t, with households' direct emissions; or without those for
    the government.
    """
    cities, amount = case.cities, case.cities["cba_demand_mt"]
    counted = (
        amount + cities["household_direct_mt"]
        if government
        else amount - cities["cba_government_mt"]
    )
    return (counted * TONNES_PER_MT / cities["population"]).to_numpy()


def _count(case: Case, limit: str | float, below: bool) -> float:
    """Cities above (below) a footprint per capita without the government's."""
    amount = case.printed(limit) if isinstance(limit, str) else limit
    per_capita = _per_head(case, government=False)
    return float((per_capita < amount).sum() if below else (per_capita > amount).sum())


def _mean(case: Case, quintile: str, government: bool = True) -> float:
    """Unweighted mean footprint per capita of a quintile."""
    chosen = case.cities["quintile"].eq(quintile).to_numpy()
    return float(_per_head(case, government)[chosen].mean())


def _means(target: str, quintile: str, passage: str) -> Number:
    weighted = Reading(
        "mean weighted by people",
        passage,
        value=lambda case: case.results.quintile(quintile, "affluence_weighted_usd"),
    )
    return Number(
        target, (*affluent("unweighted mean of "), weighted), ACCOUNTS_BY_CITY, ALL_DEMAND
    )


def _quintile(target: str) -> Number:
    return Number(target, (*RANKED, *ESTIMATES), ACCOUNTS_BY_CITY, BY_RANK | AS_PAPER)


def _counts(target: str, limit: str | float, *, below: bool = False) -> Number:
    """A count of cities beyond a footprint per capita."""
    readings = (
        Reading("footprint of final demand", p.PER_CAPITA, {"emissions.include_households": False}),
        Reading(
            "and households' direct emissions", p.TERRITORY, {"emissions.include_households": True}
        ),
        Reading(
            NO_GOVERNMENT,
            p.ACTIVITIES,
            value=partial(_count, limit=limit, below=below),
        ),
        Reading("national control total", p.ACCOUNTS, {"emissions.control_total": "national"}),
        Reading("final demand of cities by proxies", p.DEMAND_RULE, {"cities.demand": "proxy"}),
    )
    base = {
        "emissions.include_households": False,
        "emissions.control_total": "provinces",
        "cities.demand": "ratio",
    }
    return Number(target, readings, ACCOUNTS_BY_CITY, base)


def _per_capita(target: str, quintile: str) -> Number:
    households = partial(_mean, quintile=quintile)
    readings = (
        *RANKED,
        Reading(
            "weighted by people",
            p.MEAN,
            value=lambda case: case.results.quintile(quintile, "per_capita_weighted"),
        ),
        Reading(
            NO_GOVERNMENT, p.ACTIVITIES, value=partial(_mean, quintile=quintile, government=False)
        ),
        Reading(
            "and households' direct emissions", p.TERRITORY, value=households, option=HOUSEHOLDS
        ),
    )
    return Number(target, readings, ACCOUNTS_BY_CITY, BY_RANK)


def _city_number(target: str, name: str) -> Number:
    readings = (
        Reading("footprint of final demand", p.DEMANDS, {"emissions.include_households": False}),
        Reading(
            "and households' direct emissions", p.TERRITORY, {"emissions.include_households": True}
        ),
        Reading("final demand of cities by proxies", p.DEMAND_RULE, {"cities.demand": "proxy"}),
    )
    base = {"emissions.include_households": False, "cities.demand": "ratio"}
    return Number(target, readings, f"final demand of {name} by product", base)


def _deficit(target: str, passage: str) -> Number:
    dollars = "to the printed dollars, "
    means = {"scenarios.deficit_targets": "quintile_means"}
    printed = {"scenarios.deficit_targets": "benchmarks"}
    readings = (
        *affluent("to the mean of the quintile, ", means),
        *(Reading(dollars + words, passage, own | printed) for own, words, _ in AFFLUENCE[:3]),
        Reading(
            "to the mean, final demand of cities by proxies",
            p.DEMAND_RULE,
            {"cities.demand": "proxy"},
        ),
    )
    return Number(
        target, readings, ACCOUNTS_BY_CITY, ALL_DEMAND | means | {"cities.demand": "ratio"}
    )


def _people(target: str, column: str, *quintiles: str) -> Number:
    shares = (
        *RANKED,
        Reading(
            "of the whole country",
            p.POPULATION,
            value=lambda case: (
                100
                * case.results.in_quintiles(*quintiles)[column].sum()
                / case.results.regions[column].sum()
            ),
        ),
    )
    return Number(target, shares, "the paper's list of cities by quintile", BY_RANK)


def _poorer(target: str, column: str) -> Number:
    below = "cities below 5,300 USD"
    readings = (
        Reading("Q3 to Q5", p.POORER),
        Reading(below, p.POORER, value=partial(_below, column=column, target="T033")),
        Reading(
            "cities below the mean of Q2",
            p.POORER,
            value=partial(_below, column=column, target=None),
        ),
        *(
            Reading(
                f"cities below 5,300 USD of {words}",
                passage,
                own,
                partial(_below, column=column, target="T033"),
                below,
            )
            for own, words, passage in AFFLUENCE[1:3]
        ),
    )
    return Number(target, readings, ACCOUNTS_BY_CITY, ALL_DEMAND)


NUMBERS = (
    Number("T013", (*affluent("lowest in Q1 by rank, "),), ACCOUNTS_BY_CITY, ALL_DEMAND),
    Number(
        "T026",
        (
            Reading("a fifth of the cities, by rank", p.QUINTILE),
            *affluent("above 7,000 USD of ", ABOVE),
        ),
        ACCOUNTS_BY_CITY,
        BY_RANK,
    ),
    _quintile("T027"),
    _quintile("T028"),
    _people("T029", "population", "Q1"),
    _people("T030", "gdp", "Q1"),
    _poorer("T031", "population"),
    _poorer("T032", "cba_mt"),
    _means("T033", "Q2", p.LIFTED_TWO),
    _people("T034", "population", "Q5"),
    _quintile("T035"),
    _counts("T041", "T040"),
    _counts("T043", "T042"),
    _counts("T045", "T044"),
    _per_capita("T046", "Q1"),
    _per_capita("T047", "Q2"),
    _per_capita("T048", "Q5"),
    _counts("T050", 2.0, below=True),
    *(
        _city_number(target, name)
        for target, name in (
            ("T051", "Ordos"),
            ("T055", "Beijing"),
            ("T056", "Shanghai"),
            ("T057", "Shenzhen"),
            ("T058", "Bazhong"),
        )
    ),
    _deficit("T193", p.LIFTED),
    Number("T195", RANKED, "the paper's list of cities by quintile", BY_RANK),
    _means("T196", "Q3", p.LIFTED),
    _deficit("T197", p.LIFTED_TWO),
    Number("T199", RANKED, "the paper's list of cities by quintile", BY_RANK),
    *(_quintile(f"T{n}") for n in range(212, 219)),
    _means("T200", "Q2", p.LIFTED_TWO),
)
