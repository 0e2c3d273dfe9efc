"""What a reading is; the paper's numbers and all readings of them (data/numbers.csv,
data/readings.csv), and the functions that these name.

A row of readings.csv is a definition in words, the passage that supports it (data/passages.csv),
the settings that it changes, the function of a case that gives its value where the comparison with
the paper does not, with its options, what it decides (:attr:`Reading.option`), and the
numbers that it is a reading of. Readings of a number stand in the order of readings.csv.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from typing import Any

import pandas as pd
import yaml

from ....analysis.affluence import affluence_column
from ....analysis.scenarios import demand, technology
from ....analysis.scenarios.measure import Inputs
from ....base.money import billions_per_unit, unit_in
from ....base.units import MT, TONNES_PER_MT
from ....config.models import Config
from ....dataset.dataset import DatasetFolder
from ....nested.flows import pairs
from ...analysed import Estimated, intensities_of, scenario_inputs
from ..results import COMPUTED, Missing, Results
from .table import is_true

#: Definitions that several numbers share in other words (:attr:`Reading.option`).
HOUSEHOLDS = "emissions.include_households"
OWN_INVENTORY = "national emissions are those of the nation's own inventory"
#: A definition that no joint reading can take: it contradicts that of another number, or takes a
#: printed result as given.
ALONE = "for this number alone"


@dataclass(frozen=True, kw_only=True)
class Case(Estimated):
    """One estimate analysed under one configuration, as functions of readings see it.

    Attributes
    ----------
    results
        The tables and the sums of the paper's comparison.
    dataset, config
        The dataset, and the configuration of this case.
    targets
        config/paper_targets.csv.
    """

    results: Results
    dataset: DatasetFolder
    config: Config
    targets: pd.DataFrame

    @property
    def cities(self) -> pd.DataFrame:
        """Rows of regions.csv that are cities."""
        return self.results.cities

    def printed(self, target: str) -> float:
        """The paper's value of a target."""
        return float(self.targets.set_index("id").at[target, "value"])

    def ours(self, target: str) -> float:
        """The value of a target in the tables of this case."""
        return float(COMPUTED[target][0](self.results))

    @property
    def national_inventory(self) -> float:
        """Emissions of the nation's own inventory, Mt."""
        if self.dataset.inventory_national is None:
            raise Missing("the dataset has no inventory of the nation")
        return float(self.dataset.inventory_national["emissions"].sum()) * MT


@dataclass(frozen=True)
class Reading:
    """One definition of a number.

    Attributes
    ----------
    text
        The definition in words.
    words
        The passage that supports it, with its section.
    settings
        Dotted keys of the configuration that differ from :attr:`Number.base`.
    value
        A function of the case; without one, the function of the comparison with the paper.
    option
        What `value` decides, where another number decides the same in other words; its text where
        it is blank; :data:`HOUSEHOLDS`, where it does for this number what this setting does for
        others; or :data:`ALONE`.
    """

    text: str
    words: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    value: Callable[[Case], float] | None = None
    option: str = ""

    @property
    def definition(self) -> str:
        """Name of the definition that `value` is; blank without one."""
        return (self.option or self.text) if self.value else ""


@dataclass(frozen=True)
class Number:
    """A printed number and its readings.

    Attributes
    ----------
    target
        Its id in config/paper_targets.csv.
    readings
        All definitions that the text allows.
    datum
        The datum that would decide it, if no reading does.
    base
        Settings of a reading that says nothing else, for every key that some reading changes.
    """

    target: str
    readings: tuple[Reading, ...]
    datum: str
    base: Mapping[str, Any] = field(default_factory=dict)

    def settings(self, reading: Reading) -> dict[str, Any]:
        """All settings that a reading fixes."""
        return {**self.base, **reading.settings}


#: What a reading holds that says nothing else, for the settings that its number names: those that
#: one of its readings changes.
BASE: dict[str, Any] = {
    "groups.affluence": "final_demand",
    "groups.affluence_products": "all",
    "groups.super_base": "sum_cba",
    "groups.quintile_sizes": (1.0,) * 5,
    "groups.thresholds_usd": (),
    "groups.net_balance": "cities",
    "scenarios.deficit_targets": "quintile_means",
    "scenarios.light_benchmark": "national",
    "scenarios.deep_benchmark": "global",
    "scenarios.consumption": "households",
    "scenarios.demand_mode": "shift",
    "scenarios.capital_target": None,
    "cities.emissions_enter": "intensity",
    "emissions.include_households": False,
    "emissions.control_total": "provinces",
    "cities.extras": (),
    "cities.demand": "ratio",
    "method": "paper",
}
#: Roles of final demand that a share of capital is of.
PARTS_OF_DEMAND = {
    "consumption": ("household", "government", "capital"),
    "all": ("household", "government", "capital", "stock_changes"),
    "private": ("household", "capital"),
}


# Super-emitters, key sectors, shares of capital and carbon intensities of demand.


def eighteen(case: Case, of: str) -> float:
    """Emissions of the cities with technology measures, percent of the cities' or of the nation's
    own inventory.
    """
    amount = case.results.of_type("technology", "hybrid")["pba_mt"].sum()
    whole = case.cities["pba_mt"].sum() if of == "cities" else case.national_inventory
    return 100 * amount / whole


def by_sector(case: Case, kind: str) -> float:
    """Share of the sectors of the input-output table that hold key sectors, in the production
    emissions of a type, percent.
    """
    cities, sectors = case.results.of_type(kind), case.dataset.tables["sectors"]
    emitted = case.inventory["emissions"].sel(region=[*cities["region"]])
    keys = emitted.sel(sector=[*sectors.loc[is_true(sectors["key"]), "sector"]])
    return float(100 * keys.sum() / emitted.sum()) if len(cities) else float("nan")


def with_households(case: Case, kind: str) -> float:
    """Share of key sectors in the emissions of a type with households' direct ones, percent."""
    cities, table = case.results.of_type(kind), case.results.tables["intensities"]
    produced = case.footprints["pba"].sel(region=[*cities["region"]]).sum().item() * MT
    whole = produced + cities["household_direct_mt"].sum()
    amount = table.loc[table["super_emitter"].eq(kind), "emissions_mt"].sum()
    return 100 * amount / whole if whole else float("nan")


def intensity(case: Case, roles: Sequence[str], domestic: bool) -> float:
    """Footprint over demand of some roles, t per unit of money of the tables of the paper
    (10^4).
    """
    cities = case.cities
    amount = sum(cities[f"cba_{role}_mt"].sum() for role in roles) * TONNES_PER_MT
    if not domestic:
        return amount / sum(cities[f"demand_{role}"].sum() for role in roles)
    categories = [k for k, role in case.nested.roles.items() if role in roles]
    bought = case.footprints["final_demand"].sel(region=[*cities["region"]], category=categories)
    return amount / float(bought.sum())


def capital_share(
    case: Case,
    of: str,
    city: str = "",
    quintile: str = "",
    types: Sequence[str] = (),
    weighted: bool = True,
) -> float:
    """Share of capital in the demand (`PARTS_OF_DEMAND`) of a city, of a quintile, or of
    super-emitters, percent.
    """
    chosen = case.results.in_quintiles(quintile) if quintile else case.results.of_type(*types)
    cities = case.results.city(city) if city else chosen
    capital = cities["demand_capital"]
    whole = sum(cities[f"demand_{role}"] for role in PARTS_OF_DEMAND[of])
    return 100 * float(capital.sum() / whole.sum() if weighted else (capital / whole).mean())


# Totals, flows between cities, value added through them, and net producers.


def without_government(case: Case) -> float:
    """Footprint of cities but for the government's, Mt."""
    return case.cities["cba_demand_mt"].sum() - case.cities["cba_government_mt"].sum()


def production(case: Case, target: str, city: str) -> float:
    """Production emissions of a city without households' direct ones, Mt."""
    return case.ours(target) - case.results.of_city(city, "household_direct_mt")


def with_direct(case: Case) -> float:
    """Inter-city footprint with households' direct emissions in the whole, percent."""
    whole = (case.cities["cba_demand_mt"] + case.cities["household_direct_mt"]).sum()
    return 100 * case.ours("T062") / whole


def of_households_demand(case: Case) -> float:
    """Inter-city share of the footprint of households' consumption, percent."""
    if "flows_category" not in case.footprints:
        raise Missing("a run of so many regions does not keep flows by category of final demand")
    flows, codes = case.footprints["flows_category"], [*case.cities["region"]]
    bought = [k for k, role in case.nested.roles.items() if role == "household"]
    chosen = flows.sel(destination=codes, category=bought).sum("category")
    own = sum(float(chosen.sel(origin=code, destination=code)) for code in codes)
    return 100 * (1 - own / float(chosen.sum()))


def national(case: Case, name: str) -> float:
    """National emissions, Mt: the run's total, of the nation's own inventory, or implied by the
    paper's peak and quota.
    """
    if name == "inventory":
        return case.national_inventory
    if name == "quota":
        return 1000 * (case.printed("T190") - case.printed("T191"))
    return float(case.inventory["emissions_inventory"].sum()) * MT


def national_share(case: Case, name: str) -> float:
    """Footprint of the cities, percent of national emissions."""
    return 100 * case.cities["cba_demand_mt"].sum() / national(case, name)


def ten_largest(case: Case, name: str) -> float:
    """Share of the ten largest in a national footprint, percent: of all regions, or of national
    emissions.
    """
    regions = case.results.regions["cba_mt"]
    whole = regions.sum() if name == "regions" else national(case, name)
    return 100 * case.cities["cba_mt"].nlargest(10).sum() / whole


def existing_quota(case: Case, name: str) -> float:
    """Quota up to the peak, Gt; of `footprint`, with the emissions that the paper's footprint and
    its share give.
    """
    peak = case.results.parameter("peak_emissions")
    if name == "footprint":
        return peak / 1000 - case.printed("T022") / case.printed("T023") / 10
    return (peak - national(case, name)) / 1000


def capital(case: Case, quintile: str = "", share: bool = False, stocks: bool = True) -> float:
    """Footprint of capital formation with stock changes, Mt or percent of the footprint."""
    cities = case.results.in_quintiles(quintile) if quintile else case.cities
    changes = cities["cba_stock_changes_mt"].sum()
    amount = cities["cba_capital_mt"].sum() + (changes if stocks else 0.0)
    if not share:
        return amount
    return 100 * amount / (cities["cba_demand_mt"].sum() - (0.0 if stocks else changes))


def capital_of(case: Case, quintile: str) -> float:
    """Part of a quintile in that of all cities, percent."""
    return 100 * capital(case, quintile) / capital(case)


def between_cities(case: Case) -> float:
    """Flows between cities, Mt."""
    return case.results.tables["flows_groups"]["mt"].sum()


def ratio(case: Case, part: str, whole: str) -> float:
    """A number over another one, percent."""
    return 100 * case.ours(part) / case.ours(whole)


def outsourced(case: Case, of: str = "", others: bool = False) -> float:
    """Flows from other cities into Q1, or only from other quintiles: Mt; percent of its footprint
    or of all flows between cities.
    """
    r = case.results
    amount = r.flow(None, "Q1", "mt") - (r.flow("Q1", "Q1", "mt") if others else 0.0)
    if not of:
        return amount
    return (
        100 * amount / (r.quintile("Q1", "cba_mt") if of == "footprint" else between_cities(case))
    )


def _codes(case: Case, quintile: str) -> list[str]:
    """Cities of a quintile, at least one."""
    codes = [*case.results.in_quintiles(quintile)["region"]]
    if not codes:
        raise Missing(f"no city in {quintile}")
    return codes


def among_others(case: Case) -> float:
    """What Q5 earns through Q1, of what it earns through other quintiles, percent."""
    _codes(case, "Q5")
    earned = case.results.dependence["value_added"].loc["Q5"]
    return float(100 * earned["Q1"] / earned.drop("Q5").sum())


def of_value_added(case: Case) -> float:
    """What Q5 earns through Q1, of all its value added, percent."""
    return case.results.dependence.at[("Q5", "Q1"), "percent_of_value_added"]


def of_exports_too(case: Case) -> float:
    """What Q5 earns through Q1, of all value added but what its own cities' demand gives,
    percent.
    """
    codes, flows = _codes(case, "Q5"), pairs(case.footprints, "va_flows")
    total = float(case.footprints["value_added"].sel(region=codes).sum())
    own = sum(float(flows.sel(origin=code, destination=code)) for code in codes)
    rich = [*case.results.in_quintiles("Q1")["region"]]
    return 100 * float(flows.sel(origin=codes, destination=rich).sum()) / (total - own)


def benefit(case: Case, consumer: str, structure: str) -> float:
    """Value added per emission of cities of Q1 with a structure that deliver to a quintile."""
    return case.results.benefit("Q1", consumer, structure)[0]


def scaled(case: Case, producers: bool) -> float:
    """Net producers (or consumers) after the production emissions of all cities are scaled to their
    footprints.
    """
    pba, cba = case.cities["pba_mt"], case.cities["cba_mt"]
    above = int((pba * cba.sum() / pba.sum() > cba).sum())
    return float(above if producers else len(cba) - above)


def extreme(case: Case, largest: bool) -> float:
    """Lowest or highest value added per emission of single cities of Q5 that deliver to Q1, 10^9 of
    the currency per Mt.
    """
    codes, rich = _codes(case, "Q5"), _codes(case, "Q1")
    money, carbon = (
        pairs(case.footprints, name).sel(origin=codes, destination=rich).sum("destination")
        for name in ("va_flows", "flows")
    )
    found = money * billions_per_unit(unit_in(case.footprints)) / (carbon.where(carbon > 0) * MT)
    return float(found.max() if largest else found.min())


# Affluence, quintiles, people, footprints per capita and deficits.


def below(case: Case, column: str, target: str = "") -> float:
    """Share in `column` of the cities below a demand per capita, percent: the printed one, or the
    mean of the second quintile.
    """
    limit = case.printed(target) if target else case.results.quintile("Q2", "affluence_mean_usd")
    chosen = case.cities[affluence_column(case.config.groups)] < limit
    return 100 * case.cities.loc[chosen, column].sum() / case.cities[column].sum()


def _per_head(case: Case, government: bool) -> pd.Series:
    """Footprints per capita of cities, t, with households' direct emissions; or without those for
    the government.
    """
    cities, amount = case.cities, case.cities["cba_demand_mt"]
    with_all = amount + cities["household_direct_mt"]
    counted = with_all if government else amount - cities["cba_government_mt"]
    return counted * TONNES_PER_MT / cities["population"]


def above(case: Case, target: str) -> float:
    """Cities above a printed footprint per capita without the government's."""
    return float((_per_head(case, government=False) > case.printed(target)).sum())


def under(case: Case, limit: float) -> float:
    """Cities below a footprint per capita without the government's."""
    return float((_per_head(case, government=False) < limit).sum())


def mean(case: Case, quintile: str, government: bool = True) -> float:
    """Unweighted mean footprint per capita of a quintile."""
    return float(
        _per_head(case, government)[case.cities["quintile"].eq(quintile)].to_numpy().mean()
    )


def of_quintile(case: Case, quintile: str, column: str) -> float:
    """A value of quintiles.csv."""
    return case.results.quintile(quintile, column)


def of_country(case: Case, column: str, quintile: str) -> float:
    """Part of a quintile in a column of all regions, percent."""
    mine, regions = case.results.in_quintiles(quintile), case.results.regions
    return 100 * mine[column].sum() / regions[column].sum()


# Savings of the scenarios, their shares, and the quota they add.


def _inputs(case: Case, regions: pd.DataFrame) -> Inputs:
    """What scenarios of a case are computed from, with other regions.csv."""
    about = case.dataset, case.config
    return scenario_inputs(case, *about, regions, intensities_of(case, *about))


def scaled_benchmarks(case: Case, factor: float) -> float:
    """Deep technology saving with all global intensities multiplied, Mt."""
    inputs = _inputs(case, case.results.regions)
    mark = technology.benchmark(inputs, "deep", case.config.scenarios, factor)
    cities = technology.cities(inputs.regions)
    saved = technology.technology_savings(inputs.intensities, cities, mark)
    return float(saved["saving_t"].sum() * MT)


def largest_footprints(case: Case) -> float:
    """Light demand saving in as many cities as the paper names, those with the largest footprints,
    Mt.
    """
    regions, scenarios = case.results.regions.copy(), case.config.scenarios
    largest = case.cities.nlargest(int(case.printed("T160")), "cba_mt")["region"]
    regions["super_emitter"] = regions["region"].isin(largest).map({True: "demand", False: "none"})
    measures = demand.measures(_inputs(case, regions), "light", scenarios)
    weights = measures[scenarios.demand_mode].weights
    return float((case.footprints["cba"] * (1 - weights)).sum() * MT)


def scenario(case: Case, side: str, depth: str, column: str) -> float:
    """A value of the headline row of a side and depth in scenarios.csv."""
    return case.results.scenario(side, depth, column)


def fall(case: Case, depth: str) -> float:
    """Fall of the cities' footprints by the technology side, percent."""
    saved = case.results.scenario("technology", depth, "saving_cba_mt")
    return 100 * saved / case.cities["cba_demand_mt"].sum()


def increase(case: Case) -> float:
    """Increase of the existing quota by both sides added up, percent."""
    return case.results.quota("sum_deep", "increase_of_existing_percent")


def own_inventory(case: Case, what: str) -> float:
    """The quota with the nation's own inventory: the new one in Gt, or its increase in percent of
    the old or new one.
    """
    existing = case.results.parameter("peak_emissions") - case.national_inventory
    saving = case.results.quota("sum_deep", "saving_mt")
    if what == "new_gt":
        return (existing + saving) / 1000
    return 100 * saving / (existing if what == "existing" else existing + saving)


def lifted(case: Case) -> float:
    """People that are lifted to the second quintile, percent of the whole country."""
    regions = case.results.regions
    return 100 * case.results.deficit("to_q2", "population") / regions["population"].sum()


def poorer(case: Case) -> float:
    """People of Q3 to Q5, percent of those in all cities."""
    raised = case.results.in_quintiles("Q3", "Q4", "Q5")["population"].sum()
    return 100 * raised / case.cities["population"].sum()


def _table(name: str) -> Iterator[dict[str, str]]:
    text = files(__package__).joinpath(f"data/{name}.csv").read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())


def _options(text: str) -> dict[str, Any]:
    """Options as they are written in a cell, a mapping of YAML."""
    options: dict[str, Any] = yaml.safe_load(f"{{{text}}}")
    return {key: tuple(one) if isinstance(one, list) else one for key, one in options.items()}


def _value(text: str) -> Callable[[Case], float] | None:
    """The function of a cell with its options; none: that of the comparison with the paper."""
    name, _, options = text.partition(" ")
    return partial(globals()[name], **_options(options)) if name else None


def _numbers() -> Iterator[Number]:
    """Every number with its readings, in the order of the files."""
    passages = {row["passage"]: row["words"] for row in _table("passages")}
    found: dict[str, list[Reading]] = {}
    for row in _table("readings"):
        about = row["reading"], passages[row["passage"]], _options(row["settings"])
        reading = Reading(*about, _value(row["value"]), row["option"])
        for number in row["numbers"].split():
            found.setdefault(number, []).append(reading)
    for row in _table("numbers"):
        base = {key: BASE[key] for key in row["settings"].split()}
        yield Number(row["number"], tuple(found[row["number"]]), row["datum"], base)


NUMBERS = tuple(_numbers())
