"""Readings of super-emitters, key sectors, shares of capital and carbon intensities of demand."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from ....base.units import MT, TONNES_PER_MT
from .entry import DOMESTIC, HOUSEHOLDS, OWN_INVENTORY, Case, Number, Reading
from .entry import PASSAGES as p
from .table import is_true

CITIES = "the paper's list of 32 super-emitters with their emissions"
INVENTORIES = "the paper's inventories of cities by sector"
DEMAND = "final demand of these cities by category"

EMITTERS = (
    Reading("above 1% of the cities' footprints", p.ONE_PERCENT, {"groups.super_base": "sum_cba"}),
    Reading("above 1% of national emissions", p.ONE_PERCENT, {"groups.super_base": "national"}),
    Reading(
        "and households' direct emissions", p.TERRITORY, {"emissions.include_households": True}
    ),
    Reading("raw city totals", p.TERRITORY, {"emissions.control_total": "cities_raw"}),
    Reading("national control total", p.ACCOUNTS, {"emissions.control_total": "national"}),
    Reading("calibrated trade", p.ENTROPY, {"method": "calibrated"}),
    Reading(
        "with power plants as observations", p.CALIBRATED, {"cities.extras": ("power_plants",)}
    ),
)
BASE = {
    "groups.super_base": "sum_cba",
    "emissions.include_households": False,
    "emissions.control_total": "provinces",
    "method": "paper",
    "cities.extras": (),
}


def _eighteen(case: Case, of: str) -> float:
    """Emissions of the cities with technology measures, percent of the cities' or of the nation's
    own inventory.
    """
    amount = case.results.of_type("technology", "hybrid")["pba_mt"].sum()
    return (
        100 * amount / (case.cities["pba_mt"].sum() if of == "cities" else case.national_inventory)
    )


def _by_sector(case: Case, kind: str) -> float:
    """Share of the sectors of the input-output table that hold key sectors, in the production
    emissions of a type, percent.
    """
    cities = case.results.of_type(kind)
    keys = case.dataset.tables["sectors"]
    chosen = [*keys.loc[is_true(keys["key"]), "sector"]]
    emitted = case.inventory["emissions"].sel(region=[*cities["region"]])
    return (
        float(100 * emitted.sel(sector=chosen).sum() / emitted.sum())
        if len(cities)
        else float("nan")
    )


def _with_households(case: Case, kind: str) -> float:
    cities, table = case.results.of_type(kind), case.results.tables["intensities"]
    whole = (
        case.footprints["pba"].sel(region=[*cities["region"]]).sum().item() * MT
        + cities["household_direct_mt"].sum()
    )
    return (
        100 * table.loc[table["super_emitter"].eq(kind), "emissions_mt"].sum() / whole
        if whole
        else float("nan")
    )


def _type_number(target: str, kind: str) -> Number:
    readings = (
        Reading(
            "rows of the inventory, of production emissions",
            p.SIX,
            {"emissions.control_total": "provinces"},
        ),
        Reading("sectors of the input-output table", p.SIX, value=partial(_by_sector, kind=kind)),
        Reading(
            "of emissions with households' direct ones",
            p.TERRITORY,
            value=partial(_with_households, kind=kind),
            option=HOUSEHOLDS,
        ),
        Reading("raw city totals", p.TERRITORY, {"emissions.control_total": "cities_raw"}),
    )
    return Number(target, readings, INVENTORIES, {"emissions.control_total": "provinces"})


def _intensity(case: Case, roles: tuple[str, ...], domestic: bool) -> float:
    """Footprint over demand of some roles, t per unit of money of the tables of the paper
    (10^4).
    """
    cities = case.cities
    amount = sum(cities[f"cba_{role}_mt"].sum() for role in roles) * TONNES_PER_MT
    if not domestic:
        return amount / sum(cities[f"demand_{role}"].sum() for role in roles)
    categories = [k for k, role in case.nested.roles.items() if role in roles]
    return amount / float(
        case.footprints["final_demand"].sel(region=[*cities["region"]], category=categories).sum()
    )


def _intensity_number(target: str, role: str, further: str, words: str) -> Number:
    both = (role, further)
    readings = (
        Reading("imports in the demand", p.MULTIPLIER),
        Reading(
            "domestic products alone",
            p.MULTIPLIER,
            value=partial(_intensity, roles=(role,), domestic=True),
            option=DOMESTIC,
        ),
        Reading(f"with {words}", p.DEMANDS, value=partial(_intensity, roles=both, domestic=False)),
        Reading(
            f"with {words}, domestic products",
            p.DEMANDS,
            value=partial(_intensity, roles=both, domestic=True),
        ),
        Reading("national control total", p.ACCOUNTS, {"emissions.control_total": "national"}),
        Reading(
            "national control total, domestic products",
            p.ACCOUNTS,
            {"emissions.control_total": "national"},
            partial(_intensity, roles=(role,), domestic=True),
            DOMESTIC,
        ),
    )
    return Number(
        target,
        readings,
        "imports in the final demand of the paper's table",
        {"emissions.control_total": "provinces"},
    )


def _capital_share(
    case: Case, chosen: Callable[[Case], pd.DataFrame], of: str, weighted: bool = True
) -> float:
    """Share of capital in the demand of cities, percent: of all but stock changes, of everything,
    or without government.
    """
    parts = {
        "consumption": ("household", "government", "capital"),
        "all": ("household", "government", "capital", "stock_changes"),
    }
    roles = parts.get(of, ("household", "capital"))
    cities = chosen(case)
    capital, whole = cities["demand_capital"], sum(cities[f"demand_{role}"] for role in roles)
    return 100 * float(capital.sum() / whole.sum() if weighted else (capital / whole).mean())


def _city_share(target: str, name: str) -> Number:
    readings = (
        Reading("of households', government's and capital demand", p.MEGACITIES),
        Reading(
            "of all final demand, stock changes included",
            p.DEMANDS,
            value=partial(_capital_share, chosen=lambda case: case.results.city(name), of="all"),
        ),
        Reading(
            "of households' and capital demand",
            p.SCOPE,
            value=partial(
                _capital_share, chosen=lambda case: case.results.city(name), of="private"
            ),
        ),
        Reading("final demand of cities by proxies", p.DEMAND_RULE, {"cities.demand": "proxy"}),
    )
    return Number(
        target, readings, f"final demand of {name} by category", {"cities.demand": "ratio"}
    )


def _megacities() -> Number:
    groups = (
        ("demand and hybrid super-emitters", lambda case: case.results.of_type("demand", "hybrid")),
        ("all super-emitters", lambda case: case.results.of_type()),
        ("cities of the first quintile", lambda case: case.results.in_quintiles("Q1")),
    )
    ways = (
        ("without stock changes", "consumption"),
        ("of all final demand", "all"),
        ("without government", "private"),
    )
    readings = tuple(
        Reading(
            f"{cities}, {words}", p.MEGACITIES, value=partial(_capital_share, chosen=chosen, of=of)
        )
        for cities, chosen in groups
        for words, of in ways
    )
    means = tuple(
        Reading(
            f"{cities}, mean of cities",
            p.MEGACITIES,
            value=partial(_capital_share, chosen=chosen, of="consumption", weighted=False),
        )
        for cities, chosen in groups
    )
    return Number(
        "T167", readings + means, "which cities the paper's Chinese megacities are, and " + DEMAND
    )


NUMBERS = (
    *(
        Number(target, EMITTERS, CITIES, BASE)
        for target in ("T149", "T150", "T154", "T155", "T156", "T157", "T158")
    ),
    Number(
        "T161",
        (
            Reading(
                "of national production emissions",
                p.EIGHTEEN,
                {"emissions.include_households": False},
            ),
            Reading(
                "households' direct emissions in both",
                p.TERRITORY,
                {"emissions.include_households": True},
            ),
            Reading(
                "of the cities' production emissions",
                p.EIGHTEEN,
                value=partial(_eighteen, of="cities"),
            ),
            Reading(
                "of the nation's own inventory",
                p.ACCOUNTS,
                value=partial(_eighteen, of="inventory"),
                option=OWN_INVENTORY,
            ),
            Reading("raw city totals", p.TERRITORY, {"emissions.control_total": "cities_raw"}),
            Reading(
                "raw city totals, of the nation's own inventory",
                p.TERRITORY,
                {"emissions.control_total": "cities_raw"},
                partial(_eighteen, of="inventory"),
                OWN_INVENTORY,
            ),
        ),
        CITIES,
        {"emissions.control_total": "provinces", "emissions.include_households": False},
    ),
    _type_number("T163", "technology"),
    _type_number("T164", "hybrid"),
    _intensity_number("T165", "capital", "stock_changes", "stock changes"),
    _intensity_number("T166", "household", "government", "government"),
    _megacities(),
    _city_share("T168", "Beijing"),
    _city_share("T169", "Shanghai"),
    _city_share("T170", "Shenzhen"),
    _city_share("T171", "Guangzhou"),
)
