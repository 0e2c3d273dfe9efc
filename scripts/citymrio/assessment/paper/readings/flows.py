"""Readings of totals, flows between cities, value added through them, and net producers."""

from functools import partial
from typing import Any

from ....base.money import billions_per_unit, unit_in
from ....base.units import MT
from ....nested.flows import pairs
from ..results import TRENDS, Missing
from .entry import ALONE, HOUSEHOLDS, OWN_INVENTORY, SINGLE, Case, Number, Reading
from .entry import PASSAGES as p

TABLE = "the cells of the published table"
OTHER_QUINTILES = "of what it earns through other quintiles"
PEAK, QUOTA, FOOTPRINT, SHARE = "T190", "T191", "T022", "T023"


def _households(case: Case) -> float:
    """Inter-city footprint with households' direct emissions in the whole, percent."""
    whole = (case.cities["cba_demand_mt"] + case.cities["household_direct_mt"]).sum()
    return 100 * case.ours("T062") / whole


def _of_households_demand(case: Case) -> float:
    """Inter-city share of the footprint of households' consumption, percent."""
    if "flows_category" not in case.footprints:
        raise Missing("a run of so many regions does not keep flows by category of final demand")
    flows, codes = case.footprints["flows_category"], [*case.cities["region"]]
    chosen = flows.sel(
        destination=codes,
        category=[k for k, role in case.nested.roles.items() if role == "household"],
    ).sum("category")
    own = sum(float(chosen.sel(origin=code, destination=code)) for code in codes)
    return 100 * (1 - own / float(chosen.sum()))


def _denominator(case: Case, name: str) -> float:
    """National emissions, Mt: the run's total, of the nation's own inventory, or implied by the
    paper.
    """
    if name == "inventory":
        return case.national_inventory
    if name == "quota":
        return 1000 * (case.printed(PEAK) - case.printed(QUOTA))
    return float(case.inventory["emissions_inventory"].sum()) * MT


def _national_share(case: Case, name: str) -> float:
    return 100 * case.cities["cba_demand_mt"].sum() / _denominator(case, name)


def _largest(case: Case, name: str) -> float:
    """Share of the ten largest in a national footprint, percent: of all regions, or of national
    emissions.
    """
    largest = case.cities["cba_mt"].nlargest(10).sum()
    return (
        100
        * largest
        / (case.results.regions["cba_mt"].sum() if name == "regions" else _denominator(case, name))
    )


def _quota(case: Case, name: str) -> float:
    """Quota up to the peak, Gt."""
    if name == "footprint":
        return (
            case.results.parameter("peak_emissions") / 1000
            - case.printed(FOOTPRINT) / case.printed(SHARE) / 10
        )
    return (case.results.parameter("peak_emissions") - _denominator(case, name)) / 1000


def _capital(case: Case, *, quintile: str = "", share: bool = False, stocks: bool = True) -> float:
    """Footprint of capital formation with stock changes, Mt or percent of the footprint."""
    cities = case.results.in_quintiles(quintile) if quintile else case.cities
    amount = cities["cba_capital_mt"].sum() + (
        cities["cba_stock_changes_mt"].sum() if stocks else 0.0
    )
    if not share:
        return amount
    whole = cities["cba_demand_mt"].sum() - (
        0.0 if stocks else cities["cba_stock_changes_mt"].sum()
    )
    return 100 * amount / whole


def _outsourced(case: Case, of: str, others: bool = False) -> float:
    """Flows from other cities into Q1, percent: of its footprint or of all flows between cities; or
    only from other quintiles.
    """
    r = case.results
    amount = r.flow(None, "Q1", "mt") - (r.flow("Q1", "Q1", "mt") if others else 0.0)
    return (
        100
        * amount
        / (
            r.quintile("Q1", "cba_mt")
            if of == "footprint"
            else r.tables["flows_groups"]["mt"].sum()
        )
    )


def _codes(case: Case, quintile: str) -> list[str]:
    """Cities of a quintile, at least one."""
    codes = [*case.results.in_quintiles(quintile)["region"]]
    if not codes:
        raise Missing(f"no city in {quintile}")
    return codes


def _among_others(case: Case) -> float:
    """What Q5 earns through Q1, of what it earns through other quintiles, percent."""
    _codes(case, "Q5")
    earned = case.results.dependence["value_added"].loc["Q5"]
    return float(100 * earned["Q1"] / earned.drop("Q5").sum())


def _of_exports_too(case: Case) -> float:
    """What Q5 earns through Q1, of all value added but what its own cities' demand gives,
    percent.
    """
    codes = _codes(case, "Q5")
    total = float(case.footprints["value_added"].sel(region=codes).sum())
    own = sum(
        float(pairs(case.footprints, "va_flows").sel(origin=code, destination=code))
        for code in codes
    )
    rich = [*case.results.in_quintiles("Q1")["region"]]
    return (
        100
        * float(pairs(case.footprints, "va_flows").sel(origin=codes, destination=rich).sum())
        / (total - own)
    )


def _scaled(case: Case, producers: bool) -> float:
    """Net producers (or consumers) after the production emissions of all cities are scaled to their
    footprints.
    """
    pba, cba = case.cities["pba_mt"], case.cities["cba_mt"]
    above = int((pba * cba.sum() / pba.sum() > cba).sum())
    return float(above if producers else len(cba) - above)


def _extreme(case: Case, largest: bool) -> float:
    """Lowest or highest value added per emission of single cities of Q5 that deliver to Q1, 10^9 of
    the currency per Mt.
    """
    codes, rich = _codes(case, "Q5"), _codes(case, "Q1")
    money, carbon = (
        pairs(case.footprints, name).sel(origin=codes, destination=rich).sum("destination")
        for name in ("va_flows", "flows")
    )
    ratio = money * billions_per_unit(unit_in(case.footprints)) / (carbon.where(carbon > 0) * MT)
    return float(ratio.max() if largest else ratio.min())


def _net(target: str) -> Number:
    producers = target == "T146"
    readings = (
        Reading("flows among the cities", p.AMONG, {"groups.net_balance": "cities"}),
        Reading(
            "flows among all regions, foreign exports left out",
            p.BALANCE,
            {"groups.net_balance": "regions"},
        ),
        Reading(
            "production against footprint, foreign exports included",
            p.BALANCE,
            {"groups.net_balance": "exports"},
        ),
        Reading(
            "production scaled to the footprints' total",
            p.CALIBRATED,
            value=partial(_scaled, producers=producers),
        ),
        Reading(
            "raw city totals, flows among the cities",
            p.TERRITORY,
            {"emissions.control_total": "cities_raw"},
        ),
        Reading(
            "national control total, flows among the cities",
            p.ACCOUNTS,
            {"emissions.control_total": "national"},
        ),
    )
    return Number(
        target,
        readings,
        TABLE,
        {"groups.net_balance": "cities", "emissions.control_total": "provinces"},
    )


def _of_city(target: str, name: str) -> Number:
    """Production emissions of a named city."""
    readings = (
        Reading(
            "as brought to the province's level, households included",
            p.NAMED,
            {"emissions.control_total": "provinces"},
        ),
        Reading(
            "production alone",
            p.NAMED,
            value=lambda case: (
                case.ours(target) - case.results.of_city(name, "household_direct_mt")
            ),
        ),
        Reading("raw city totals", p.TERRITORY, {"emissions.control_total": "cities_raw"}),
        Reading("national control total", p.ACCOUNTS, {"emissions.control_total": "national"}),
    )
    return Number(
        target,
        readings,
        "how the paper brings totals of cities to those of provinces",
        {"emissions.control_total": "provinces"},
    )


CONTROL = {"emissions.control_total": "provinces", "method": "paper"}
TRADE = (
    Reading("calibrated trade", p.ENTROPY, {"method": "calibrated"}),
    Reading("national control total", p.ACCOUNTS, {"emissions.control_total": "national"}),
)


def _traded(target: str, *readings: Reading) -> Number:
    return Number(target, (*readings, *TRADE), TABLE, CONTROL)


def _capital_number(target: str, **options: Any) -> Number:
    readings: tuple[Reading, ...] = (
        Reading("gross fixed capital formation", p.CAPITAL),
        Reading("and stock changes", p.ACTIVITIES, value=partial(_capital, **options)),
        Reading(
            "of the footprint without stock changes",
            p.SCOPE,
            value=partial(_capital, stocks=False, **options),
        ),
        Reading("national control total", p.ACCOUNTS, {"emissions.control_total": "national"}),
        Reading(
            "national control total, and stock changes",
            p.ACCOUNTS,
            {"emissions.control_total": "national"},
            partial(_capital, **options),
            "and stock changes",
        ),
    )
    if not options.get("share"):
        readings = tuple(r for r in readings if "without" not in r.text)
    return Number(
        target,
        readings,
        "capital formation by city and product",
        {"emissions.control_total": "provinces"},
    )


NUMBERS = (
    Number(
        "T022",
        (
            Reading(
                "footprint of final demand", p.DEMANDS, {"emissions.include_households": False}
            ),
            Reading(
                "and households' direct emissions",
                p.TERRITORY,
                {"emissions.include_households": True},
            ),
            Reading(
                "footprint without government",
                p.ACTIVITIES,
                value=lambda case: (
                    case.cities["cba_demand_mt"].sum() - case.cities["cba_government_mt"].sum()
                ),
            ),
            Reading("raw city totals", p.TERRITORY, {"emissions.control_total": "cities_raw"}),
            Reading("national control total", p.ACCOUNTS, {"emissions.control_total": "national"}),
        ),
        "the inventories of the 244 cities, before they were calibrated",
        {"emissions.include_households": False, "emissions.control_total": "provinces"},
    ),
    Number(
        "T023",
        (
            Reading("of production emissions", p.NATIONAL, {"emissions.include_households": False}),
            Reading(
                "households' direct emissions in both",
                p.TERRITORY,
                {"emissions.include_households": True},
            ),
            Reading(
                "households' direct emissions in the denominator only",
                p.TERRITORY,
                value=partial(_national_share, name="all"),
            ),
            Reading(
                "of the nation's own inventory",
                p.ACCOUNTS,
                value=partial(_national_share, name="inventory"),
                option=OWN_INVENTORY,
            ),
            Reading(
                "of the peak less the printed quota",
                p.EXISTING,
                value=partial(_national_share, name="quota"),
                option=ALONE,
            ),
        ),
        "the national emissions that the paper divides by",
        {"emissions.include_households": False},
    ),
    Number(
        "T025",
        (
            Reading("of the cities' footprint", p.TEN),
            Reading(
                "of the footprint of all regions", p.TEN, value=partial(_largest, name="regions")
            ),
            Reading("of national emissions", p.NATIONAL, value=partial(_largest, name="all")),
        ),
        "footprints of the ten largest cities",
    ),
    _capital_number("T036"),
    _capital_number("T037", share=True),
    _capital_number("T038", quintile="Q1"),
    Number(
        "T039",
        (
            Reading("of the capital footprint of all cities", p.HALF),
            Reading(
                "and stock changes",
                p.ACTIVITIES,
                value=lambda case: 100 * _capital(case, quintile="Q1") / _capital(case),
            ),
            Reading(
                "capital in the first quintile's own footprint",
                p.HALF,
                value=partial(_capital, quintile="Q1", share=True),
            ),
        ),
        "capital formation by city and product",
    ),
    _traded(
        "T061",
        Reading("flows from other cities and regions, of final demand's footprint", p.INTERCITY),
        Reading(
            "of the footprint with households' direct emissions",
            p.TERRITORY,
            value=_households,
            option=HOUSEHOLDS,
        ),
        Reading(
            "the same, national control total",
            p.ACCOUNTS,
            {"emissions.control_total": "national"},
            _households,
            HOUSEHOLDS,
        ),
        Reading(
            "of households' consumption alone",
            p.MULTIPLIER,
            value=_of_households_demand,
            option=ALONE,
        ),
    ),
    _traded(
        "T062",
        Reading("from other cities and unsplit provinces", p.INTERCITY),
        Reading(
            "from other cities alone",
            p.LARGEST_FLOWS,
            value=lambda case: case.results.tables["flows_groups"]["mt"].sum(),
        ),
    ),
    _traded("T063", Reading("between different cities of Q1", p.LARGEST_FLOWS)),
    _traded(
        "T064",
        Reading("of flows between cities", p.LARGEST_FLOWS),
        Reading(
            "of what cities draw from all regions",
            p.INTERCITY,
            value=lambda case: 100 * case.ours("T063") / case.ours("T062"),
        ),
    ),
    _traded("T065", Reading("from cities of Q2 to Q1", p.LARGEST_FLOWS)),
    _traded(
        "T066",
        Reading("of flows between cities", p.LARGEST_FLOWS),
        Reading(
            "of what cities draw from all regions",
            p.INTERCITY,
            value=lambda case: 100 * case.ours("T065") / case.ours("T062"),
        ),
    ),
    _traded(
        "T067",
        Reading("from other cities, those of Q1 included", p.OUTSOURCED),
        Reading(
            "from other quintiles",
            p.OUTSOURCED,
            value=lambda case: (
                case.results.flow(None, "Q1", "mt") - case.results.flow("Q1", "Q1", "mt")
            ),
        ),
    ),
    _traded(
        "T068",
        Reading("from other cities, of the footprint of Q1", p.OUTSOURCED),
        Reading(
            "from other cities, of all flows between cities",
            p.OUTSOURCED,
            value=partial(_outsourced, of="flows"),
        ),
        Reading(
            "from other quintiles, of the footprint of Q1",
            p.OUTSOURCED,
            value=partial(_outsourced, of="footprint", others=True),
        ),
    ),
    _traded(
        "T069",
        Reading("of what Q5 earns through other cities", p.MARKET),
        Reading(OTHER_QUINTILES, p.MARKET, value=_among_others),
        Reading(
            "of all its value added",
            p.MARKET,
            value=lambda case: case.results.dependence.at[("Q5", "Q1"), "percent_of_value_added"],
        ),
        Reading("of all but what its cities earn at home", p.MARKET, value=_of_exports_too),
        Reading(
            "of other quintiles, calibrated trade",
            p.ENTROPY,
            {"method": "calibrated"},
            _among_others,
            OTHER_QUINTILES,
        ),
    ),
    _traded(
        "T070",
        Reading("lowest structure", p.BENEFIT),
        Reading(
            "lowest of single cities",
            p.MARKET,
            value=partial(_extreme, largest=False),
            option=SINGLE,
        ),
    ),
    _traded(
        "T071",
        Reading("highest structure", p.BENEFIT),
        Reading(
            "highest of single cities",
            p.MARKET,
            value=partial(_extreme, largest=True),
            option=SINGLE,
        ),
    ),
    *(
        _traded(
            target,
            Reading("high technology", p.BENEFIT),
            Reading(
                "light manufacturing, where figure 2b prints it",
                p.BENEFIT,
                value=partial(lambda q, case: case.results.benefit("Q1", q, "light")[0], q),
            ),
        )
        for target, q in (("T073", "Q5"), ("T074", "Q4"))
    ),
    *(_of_city(f"T{first}", name) for name, (first, _) in TRENDS.items()),
    _net("T146"),
    _net("T147"),
    Number(
        "T191",
        (
            Reading("peak less the provinces' emissions", p.EXISTING),
            Reading(
                "peak less the nation's own inventory",
                p.ACCOUNTS,
                value=partial(_quota, name="inventory"),
                option=OWN_INVENTORY,
            ),
            Reading(
                "peak less the emissions of which the footprint is 81%",
                p.NATIONAL,
                value=partial(_quota, name="footprint"),
                option=ALONE,
            ),
            Reading("national control total", p.ACCOUNTS, {"emissions.control_total": "national"}),
        ),
        "the national emissions of 2012 that the paper uses",
        {"emissions.control_total": "provinces"},
    ),
)
