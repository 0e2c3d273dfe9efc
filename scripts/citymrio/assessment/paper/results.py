"""How each of the paper's numbers is computed from the tables of a run, or why it is not: one
mapping, id -> function.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from operator import methodcaller
from typing import Any

import numpy as np
import pandas as pd

from ...analysis.super_emitters import TYPES
from ...base.errors import DataError
from ...base.units import TONNES_PER_MT
from . import PAPER_YEAR


class Missing(Exception):
    """A number this run cannot give; the text says why."""


@dataclass(frozen=True)
class Results:
    """The tables of a run, with the sums the mapping uses."""

    tables: Mapping[str, pd.DataFrame]
    info: Mapping

    @property
    def other_case(self) -> str:
        """Why the run is not the paper's case (China 2012, real data); blank if it is."""
        if self.info["synthetic"]:
            return "synthetic data, not the paper's country"
        if "china" not in str(self.info["name"]).lower():
            return f"{self.info['name']} is not the paper's country"
        return (
            ""
            if int(self.info["year"]) == PAPER_YEAR
            else f"the year {self.info['year']} is not the paper's"
        )

    @property
    def regions(self) -> pd.DataFrame:
        """All regions."""
        return self.tables["regions"]

    @cached_property
    def cities(self) -> pd.DataFrame:
        """Regions that are cities (unsplit provinces are not)."""
        return self.regions[self.regions["kind"].ne("province")]

    @cached_property
    def footprint(self) -> float:
        """Footprint of all cities, Mt."""
        return self.cities["cba_mt"].sum()

    def parameter(self, name: str) -> float:
        """A value of parameters.csv."""
        known = self.tables["parameters"].set_index("parameter")["value"]
        if name not in known:
            raise Missing(f"parameters.csv has no {name}")
        return float(known[name])

    def _place(self, name: str) -> int:
        places = np.flatnonzero(self.cities["name"].eq(name))
        if self.info["synthetic"] or len(places) != 1:
            raise Missing(f"no city named {name} in this run")
        return int(places[0])

    def city(self, name: str) -> pd.DataFrame:
        """The one row of a real city, by its English name."""
        return self.cities.iloc[[self._place(name)]]

    def of_city(self, name: str, column: str) -> Any:
        """A value of a real city."""
        return self.cities[column].iloc[self._place(name)]

    def in_quintiles(self, *quintiles: str) -> pd.DataFrame:
        """Cities of some quintiles."""
        return self.cities[self.cities["quintile"].isin(quintiles)]

    def of_type(self, *kinds: str) -> pd.DataFrame:
        """Super-emitters of some types (all without argument)."""
        return self.cities[self.cities["super_emitter"].isin(kinds or TYPES[1:])]

    @cached_property
    def _quintiles(self) -> dict[Hashable, dict[Hashable, float]]:
        """Column of quintiles.csv -> quintile -> value; the paper has many numbers by quintile."""
        return self.tables["quintiles"].set_index("quintile").to_dict()

    def quintile(self, quintile: str, column: str) -> float:
        """A value of quintiles.csv."""
        return float(self._quintiles[column][quintile])

    def flow(self, producer: str | None, consumer: str, column: str) -> float:
        """Sum of flows_groups.csv between quintiles (any producer with None)."""
        table = self.tables["flows_groups"]
        producers, consumers = (
            table[f"{side}_quintile"].to_numpy(object) for side in ("producer", "consumer")
        )
        chosen = consumers == consumer
        if producer is not None:
            chosen &= producers == producer
        return table[column].to_numpy()[chosen].sum()

    @property
    def dependence(self) -> pd.DataFrame:
        """va_dependence.csv by the quintiles of producers and consumers."""
        return self.tables["va_dependence"].set_index(["producer_quintile", "consumer_quintile"])

    @cached_property
    def _benefits(self) -> dict[tuple[str, str], dict[str, float]]:
        """Producer and consumer -> ratio by structure of the producer, of groups with a flow."""
        table = self.tables["va_per_emission"].dropna(subset="ratio")
        pairs = table.groupby(["producer_quintile", "consumer_quintile"])
        return {
            pair: dict(zip(of["producer_structure"], of["ratio"], strict=True))
            for pair, of in pairs
        }

    def benefit(self, producer: str, consumer: str, structure: str | None = None) -> list[float]:
        """Ratios of va_per_emission.csv, 10^9 of the currency per Mt, of groups with a flow."""
        of = self._benefits.get((producer, consumer), {})
        ratios = [ratio for name, ratio in of.items() if structure in (None, name)]
        if not ratios:
            raise Missing(
                f"no {structure or ''} cities in {producer} that deliver to {consumer}".replace(
                    "  ", " "
                )
            )
        return ratios

    @cached_property
    def _headlines(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Side and depth -> headline row of scenarios.csv."""
        table = self.tables["scenarios"]
        rows = table[table["headline"].astype(bool)].to_dict("records")
        return {
            (row["side"], row["depth"]): row for row in reversed(rows)
        }  # the first where there are several

    def scenario(self, side: str, depth: str, column: str) -> float:
        """A value of the headline row of a side and depth."""
        if (side, depth) not in self._headlines:
            raise Missing(f"scenarios.csv has no headline of {depth} {side} mitigation")
        return float(self._headlines[side, depth][column])

    def quota(self, prefix: str, column: str) -> float:
        """A value of quota.csv, by the beginning of the scenario's name."""
        table = self.tables["quota"]
        found = table.loc[table["scenario"].str.startswith(prefix), column]
        if found.empty:
            raise Missing(f"quota.csv has no scenario {prefix}")
        return float(found.iloc[0])

    def deficit(self, case: str, column: str) -> float:
        """A value of deficits.csv."""
        return float(self.tables["deficits"].set_index("case").at[case, column])

    def key_share(self, kind: str) -> float:
        """Key sectors' share in the production emissions of a type of super-emitters, percent."""
        cities = self.of_type(kind)
        if cities.empty:
            raise Missing(f"no super-emitters of type {kind}")
        table = self.tables["intensities"]
        return (
            100
            * table.loc[table["super_emitter"].eq(kind), "emissions_mt"].sum()
            / cities["pba_mt"].sum()
        )

    def printed(self, name: str, year: int) -> float:
        """The CO2 total of a city in a year as its source prints it, Mt (households included,
        nothing scaled).
        """
        region = self.of_city(name, "region")
        table = self.tables.get("emissions_trends")
        column = f"emissions_{year}_mt"
        found = (
            []
            if table is None or column not in table
            else table.loc[table["region"].eq(region), column].dropna().tolist()
        )
        if not found:
            raise Missing(f"no printed total of {name} in {year}")
        return float(found[0])


Entry = tuple[Callable[[Results], float], str]
MEGACITIES = ("Beijing", "Shanghai", "Shenzhen")
POORER, CASE_TWO = ("Q3", "Q4", "Q5"), "Q3 to Q5 taken as the cities below the cut"
ALIKE = "households' direct emissions in both or in neither"
GLOBAL = (
    "production side; global intensities are assumed, and scenarios.csv says how the "
    "saving moves with them"
)
SHIFTED = "target share of capital as assumed, shifted to what scenarios.consumption names"
BALANCE = "by groups.net_balance; the text has net producers and consumers reversed"
OCR = "read off a figure by character recognition: low weight"


def _benefit(r: Results, producer: str, structure: str, consumer: str) -> float:
    return r.benefit(producer, consumer, structure)[0]


def _count(r: Results, column: str, value: str) -> float:
    return r.cities[column].eq(value).sum()


def _intensity(r: Results, role: str) -> float:
    return r.cities[f"cba_{role}_mt"].sum() * TONNES_PER_MT / r.cities[f"demand_{role}"].sum()


def _production(r: Results, name: str) -> float:
    """Production emissions of a city with households' direct ones, which the inventories of cities
    include.
    """
    counted = r.of_city(name, "cba_mt") - r.of_city(name, "cba_demand_mt")
    return r.of_city(name, "pba_mt") - counted + r.of_city(name, "household_direct_mt")


def _quintile(r: Results, name: str) -> float:
    return int(r.of_city(name, "quintile").removeprefix("Q"))


def _poorest_rank(r: Results, name: str) -> float:
    """Place of a city among those of its province, from the lowest final demand per capita."""
    own = r.cities[r.cities["province"].eq(r.of_city(name, "province"))]
    return int((own["affluence_usd"] <= r.of_city(name, "affluence_usd")).sum())


def _among(r: Results, column: str, values: tuple[str, ...], names: tuple[str, ...]) -> float:
    """How many of some cities have one of the values."""
    return sum(r.of_city(name, column) in values for name in names)


def _share(r: Results, amount: float) -> float:
    return 100 * amount / r.footprint


COMPUTED: dict[str, Entry] = {
    "T001": (lambda r: len(r.cities), ""),
    "T002": (lambda r: len(r.regions), ""),
    "T003": (lambda r: r.regions["kind"].eq("province").sum(), ""),
    "T004": (lambda r: r.regions.loc[r.regions["kind"].eq("city"), "province"].nunique(), ""),
    "T005": (lambda r: r.regions["province"].nunique(), ""),
    "T006": (lambda r: len(r.tables["sectors"]), ""),
    "T007": (lambda r: len(r.regions) * len(r.tables["sectors"]), ""),
    "T010": (lambda r: r.info["year"], ""),
    "T011": (lambda r: r.tables["clusters"]["k"].iloc[0], "a setting"),
    "T012": (lambda r: r.cities["quintile"].nunique(), ""),
    "T013": (lambda r: r.parameter("affluence_cut.Q1"), "lowest affluence in Q1"),
    "T014": (lambda r: len(r.tables["fuels"]), ""),
    "T015": (lambda r: len(r.tables["inventory_sectors"]), ""),
    "T016": (
        partial(_count, column="emissions_status", value="observed"),
        "cities with a total or an inventory of their own",
    ),
    "T017": (partial(_count, column="emissions_status", value="modelled"), ""),
    "T018": (lambda r: 100 * r.parameter("super_threshold.sum_cba") / r.footprint, "a setting"),
    "T022": (lambda r: r.footprint, ""),
    "T023": (
        lambda r: 100 * r.footprint / r.parameter("emissions_counted"),
        f"of the run's national emissions, {ALIKE}",
    ),
    "T024": (lambda r: r.cities["cba_mt"].nlargest(10).sum(), ""),
    "T025": (
        lambda r: (
            _share(r, r.cities["cba_mt"].nlargest(10).sum()) if len(r.cities) > 10 else np.nan
        ),
        "of the cities' footprint",
    ),
    "T026": (lambda r: r.quintile("Q1", "cities"), ""),
    "T027": (lambda r: r.quintile("Q1", "cba_mt"), ""),
    "T028": (lambda r: r.quintile("Q1", "cba_percent"), ""),
    "T029": (lambda r: r.quintile("Q1", "population_percent"), "of the people in all cities"),
    "T030": (lambda r: r.quintile("Q1", "gdp_percent"), "of the GDP of all cities"),
    "T031": (
        lambda r: 100 * r.in_quintiles(*POORER)["population"].sum() / r.cities["population"].sum(),
        CASE_TWO,
    ),
    "T032": (lambda r: _share(r, r.in_quintiles(*POORER)["cba_mt"].sum()), CASE_TWO),
    "T033": (lambda r: r.quintile("Q2", "affluence_mean_usd"), "unweighted mean of Q2"),
    "T034": (lambda r: r.quintile("Q5", "population_percent"), ""),
    "T035": (lambda r: r.quintile("Q5", "cba_percent"), ""),
    "T036": (
        lambda r: r.cities["cba_capital_mt"].sum(),
        "gross fixed capital formation, without inventories",
    ),
    "T037": (lambda r: _share(r, r.cities["cba_capital_mt"].sum()), ""),
    "T038": (lambda r: r.quintile("Q1", "cba_capital_mt"), ""),
    "T039": (lambda r: r.quintile("Q1", "cba_capital_percent"), ""),
    "T041": (lambda r: (r.cities["per_capita_t"] > 4.4).sum(), "above the paper's 4.4 t"),
    "T043": (lambda r: (r.cities["per_capita_t"] > 18.0).sum(), "above the paper's 18.0 t"),
    "T045": (lambda r: (r.cities["per_capita_t"] > 8.3).sum(), "above the paper's 8.3 t"),
    "T046": (lambda r: r.quintile("Q1", "per_capita_unweighted"), "unweighted mean"),
    "T047": (lambda r: r.quintile("Q2", "per_capita_unweighted"), "unweighted mean"),
    "T048": (lambda r: r.quintile("Q5", "per_capita_unweighted"), "unweighted mean"),
    "T049": (
        lambda r: (
            r.quintile("Q1", "per_capita_unweighted") / r.quintile("Q5", "per_capita_unweighted")
        ),
        "unweighted means",
    ),
    "T050": (lambda r: (r.cities["per_capita_t"] < 2.0).sum(), ""),
    "T051": (lambda r: r.of_city("Ordos", "per_capita_t"), ""),
    "T055": (lambda r: r.of_city("Beijing", "per_capita_t"), ""),
    "T056": (lambda r: r.of_city("Shanghai", "per_capita_t"), ""),
    "T057": (lambda r: r.of_city("Shenzhen", "per_capita_t"), ""),
    "T058": (lambda r: r.of_city("Bazhong", "per_capita_t"), ""),
    "T061": (
        lambda r: (
            100 * (1 - r.tables["intercity_cities"].set_index("component").at["same_city", "share"])
        ),
        "exposed to the trade prior, see variants.csv",
    ),
    "T062": (
        lambda r: (
            r.tables["intercity_cities"]
            .set_index("component")
            .loc[["same_province", "other_province"], "mt"]
            .sum()
        ),
        "exposed to the trade prior, see variants.csv",
    ),
    "T063": (lambda r: r.flow("Q1", "Q1", "mt"), ""),
    "T064": (lambda r: r.flow("Q1", "Q1", "percent"), "of flows between cities"),
    "T065": (lambda r: r.flow("Q2", "Q1", "mt"), ""),
    "T066": (lambda r: r.flow("Q2", "Q1", "percent"), "of flows between cities"),
    "T067": (lambda r: r.flow(None, "Q1", "mt"), "from other cities"),
    "T068": (
        lambda r: 100 * r.flow(None, "Q1", "mt") / r.quintile("Q1", "cba_mt"),
        "of the footprint of Q1",
    ),
    "T069": (
        lambda r: r.dependence.at[("Q5", "Q1"), "percent_of_trade"],
        "of what Q5 earns through other cities; on all its value added see va_dependence.csv",
    ),
    "T070": (lambda r: min(r.benefit("Q5", "Q1")), "lowest structure"),
    "T071": (lambda r: max(r.benefit("Q5", "Q1")), "highest structure"),
    "T072": (partial(_benefit, producer="Q5", structure="agriculture", consumer="Q1"), ""),
    "T073": (partial(_benefit, producer="Q1", structure="high_tech", consumer="Q5"), ""),
    "T074": (partial(_benefit, producer="Q1", structure="high_tech", consumer="Q4"), ""),
    "T075": (lambda r: max(r.benefit("Q4", "Q1")), "highest structure"),
    "T076": (lambda r: r.tables["flows_groups"]["percent"].sum(), ""),
    "T146": (partial(_count, column="role", value="net producer"), BALANCE),
    "T147": (partial(_count, column="role", value="net consumer"), BALANCE),
    "T148": (lambda r: r.cities["role"].isin(["net producer", "net consumer"]).sum(), ""),
    "T149": (lambda r: len(r.of_type()), ""),
    **{
        f"T{150 + k}": (partial(lambda q, r: r.of_type()["quintile"].eq(q).sum(), f"Q{k + 1}"), "")
        for k in range(4)
    },
    "T154": (lambda r: r.of_type()["cba_mt"].sum(), ""),
    "T155": (lambda r: _share(r, r.of_type()["cba_mt"].sum()), ""),
    "T156": (lambda r: len(r.of_type("demand")), ""),
    "T157": (lambda r: len(r.of_type("technology")), ""),
    "T158": (lambda r: len(r.of_type("hybrid")), ""),
    "T159": (lambda r: len(r.of_type("technology", "hybrid")), ""),
    "T160": (lambda r: len(r.of_type("demand", "hybrid")), ""),
    "T161": (
        lambda r: (
            100
            * r.of_type("technology", "hybrid")["pba_mt"].sum()
            / r.parameter("emissions_counted")
        ),
        f"PBA, of the run's national emissions, {ALIKE}",
    ),
    "T162": (
        lambda r: r.tables["inventory_sectors"]["key"].replace("", pd.NA).dropna().nunique(),
        "",
    ),
    "T163": (lambda r: r.key_share("technology"), ""),
    "T164": (lambda r: r.key_share("hybrid"), ""),
    "T165": (partial(_intensity, role="capital"), "footprint over demand, imports included"),
    "T166": (partial(_intensity, role="household"), "footprint over demand, imports included"),
    **{
        f"T{168 + k}": (
            partial(lambda name, r: 100 * r.of_city(name, "capital_share"), name),
            "of household, government and capital demand",
        )
        for k, name in enumerate(("Beijing", "Shanghai", "Shenzhen", "Guangzhou"))
    },
    "T176": (lambda r: r.scenario("technology", "light", "saving_mt"), "production side"),
    "T177": (
        lambda r: r.scenario("technology", "light", "saving_share_percent"),
        "production saving over the footprint",
    ),
    "T178": (lambda r: r.scenario("technology", "deep", "saving_mt"), GLOBAL),
    "T179": (
        lambda r: r.scenario("technology", "deep", "saving_share_percent"),
        "production saving over the footprint",
    ),
    "T180": (lambda r: r.scenario("demand", "light", "saving_mt"), SHIFTED),
    "T181": (lambda r: r.scenario("demand", "light", "saving_share_percent"), ""),
    "T182": (lambda r: r.scenario("demand", "deep", "saving_mt"), SHIFTED),
    "T183": (lambda r: r.scenario("demand", "deep", "saving_share_percent"), ""),
    "T184": (
        lambda r: r.scenario("sum", "light", "saving_mt"),
        "plain sum; with interaction see scenarios.csv",
    ),
    "T185": (
        lambda r: r.scenario("sum", "deep", "saving_mt"),
        "plain sum; with interaction see scenarios.csv",
    ),
    "T186": (lambda r: r.scenario("sum", "light", "saving_mt") / 1000, "plain sum"),
    "T187": (lambda r: r.scenario("sum", "deep", "saving_mt") / 1000, "plain sum"),
    "T188": (lambda r: r.quota("sum_deep", "saving_mt") / 1000, "plain sum"),
    "T189": (
        lambda r: r.quota("sum_deep", "increase_of_new_percent"),
        "of the new quota; of the existing one see quota.csv",
    ),
    "T191": (
        lambda r: r.quota("existing", "existing_mt") / 1000,
        "peak less the run's national emissions",
    ),
    "T192": (lambda r: r.quota("sum_deep", "new_mt") / 1000, ""),
    "T193": (lambda r: r.deficit("to_q3", "deficit_mt"), ""),
    "T194": (lambda r: r.deficit("to_q3", "cities"), ""),
    "T195": (lambda r: r.deficit("to_q3", "population") / 1e6, ""),
    "T196": (lambda r: r.deficit("to_q3", "target_usd"), "unweighted mean"),
    "T197": (lambda r: r.deficit("to_q2", "deficit_mt"), ""),
    "T198": (lambda r: r.deficit("to_q2", "cities"), ""),
    "T199": (lambda r: r.deficit("to_q2", "population") / 1e6, ""),
    "T200": (lambda r: r.deficit("to_q2", "target_usd"), "unweighted mean"),
    "T201": (
        lambda r: 100 * r.deficit("to_q2", "population") / r.cities["population"].sum(),
        "of the people in all cities",
    ),
    **{
        f"T{212 + k}": (partial(_quintile, name=name), "")
        for k, name in enumerate(
            ("Shanghai", "Tangshan", "Wenzhou", "Xuzhou", "Xuancheng", "Anshun", "Bazhong")
        )
    },
    "T219": (partial(_poorest_rank, name="Bazhong"), "by final demand per capita"),
    "T220": (
        partial(_among, column="super_emitter", values=("demand", "hybrid"), names=MEGACITIES),
        "",
    ),
    "T221": (partial(_among, column="structure", values=("high_tech",), names=MEGACITIES), ""),
    "T222": (
        partial(
            _among,
            column="super_emitter",
            values=("technology", "hybrid"),
            names=("Tangshan", "Ordos"),
        ),
        "",
    ),
    "T210": (
        lambda r: 100 * (r.printed("Shanghai", 2019) / r.printed("Shanghai", PAPER_YEAR) - 1),
        "raw totals",
    ),
}

#: Cities whose totals the paper prints for its year, where the run has its own, and for a later
#: one: first id, the later year.
TRENDS = {
    "Tangshan": (202, 2019),
    "Wenzhou": (204, 2018),
    "Xuzhou": (206, 2017),
    "Xuancheng": (208, 2019),
}
COMPUTED |= {
    f"T{number}": entry
    for name, (first, later) in TRENDS.items()
    for number, entry in (
        (
            first,
            (
                partial(_production, name=name),
                "of the run, households included; truncated in print",
            ),
        ),
        (first + 1, (methodcaller("printed", name, later), "raw total, truncated in print")),
    )
}

#: Cells of figure 2b that could be read: producer quintile and structure -> first id; consumers
#: Q1..Q5 follow.
FIGURE_2B = {
    ("Q1", "energy"): 77,
    ("Q1", "heavy"): 82,
    ("Q1", "high_tech"): 87,
    ("Q2", "agriculture"): 92,
    ("Q2", "energy"): 97,
    ("Q2", "heavy"): 102,
    ("Q3", "agriculture"): 107,
    ("Q3", "energy"): 112,
    ("Q3", "heavy"): 117,
    ("Q4", "high_tech"): 126,
    ("Q5", "agriculture"): 131,
    ("Q5", "energy"): 136,
    ("Q5", "heavy"): 141,
}
COMPUTED |= {
    f"T{first + k:03d}": (
        partial(_benefit, producer=producer, structure=structure, consumer=f"Q{k + 1}"),
        OCR,
    )
    for (producer, structure), first in FIGURE_2B.items()
    for k in range(5)
} | {
    f"T{122 + k}": (partial(_benefit, producer="Q4", structure="heavy", consumer=consumer), OCR)
    for k, consumer in enumerate(("Q1", "Q2", "Q3", "Q5"))  # the cell of Q4 could not be read
}


NOT_COMPUTED: dict[str, str] = {
    "T008": "the number of all Chinese cities is background",
    "T009": "the number of all Chinese cities is background",
    **dict.fromkeys(
        ["T019", "T020", "T021", "T052", "T053", "T054", "T059", "T060"],
        "background of the paper, no result of the model",
    ),
    **dict.fromkeys(
        ["T040", "T042", "T044", "T172", "T173", "T174", "T175", "T190"],
        "an input of the run (benchmarks.csv or config), not a result",
    ),
    "T167": "the paper does not say which cities its Chinese megacities are, nor the denominator",
    "T211": "a count of cities named in the text",
}


#: Columns of paper_comparison.csv.
COLUMNS = (
    "id",
    "place",
    "quantity",
    "unit",
    "kind",
    "counts_as",
    "paper",
    "ours",
    "ratio",
    "tolerance",
    "within",
    "comparable",
    "weight",
    "note",
)

#: Relative difference up to which two numbers are equal: the round-off of sums.
EQUAL = 1e-9


def compare(targets: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Every target beside what the run gives.

    Parameters
    ----------
    targets
        Rows of config/paper_targets.csv: id, place, quantity, value, unit, kind, counts_as,
        tolerance, note.
    results
        With the tables regions, quintiles, flows_groups, va_per_emission, va_dependence,
        intercity_cities, clusters, parameters, scenarios, quota, deficits, intensities, and of the
        dataset: sectors, fuels, inventory_sectors.

    Returns
    -------
    pandas.DataFrame
        One row per target, in order. `ours` is blank where a run cannot give the number, and `note`
        says why. `comparable` is true only for a number of a run on real data of the paper's
        country and year; `within` says whether it lies within the target's tolerance (blank without
        one). `weight` is low for numbers read off a figure.

    Raises
    ------
    DataError
        A target that is neither computed nor has a reason not to be.
    """
    rows = []
    for target in targets.itertuples():
        ours, note = _value(target, results)
        paper = float(target.value)
        known = np.isfinite(ours)
        if known:
            note = _join(results.other_case, note)
        own_note = target.note if isinstance(target.note, str) else ""
        rows.append(
            {
                "id": target.id,
                "place": target.place,
                "quantity": target.quantity,
                "unit": target.unit,
                "kind": target.kind,
                "counts_as": target.counts_as,
                "paper": paper,
                "ours": ours,
                "ratio": ours / paper if known and paper != 0 else np.nan,
                "tolerance": target.tolerance if isinstance(target.tolerance, str) else "",
                "within": is_within_tolerance(ours, paper, target.tolerance) if known else "",
                "comparable": bool(known and not results.other_case),
                "weight": "low" if target.kind == "figure" else "normal",
                "note": _join(note, own_note),
            }
        )
    return pd.DataFrame(rows, columns=[*COLUMNS])


def target_values(targets: pd.DataFrame, results: Results) -> list[tuple[str, float, str]]:
    """Id, our value and unit of the targets that a run gives."""
    found = [
        (target.id, _value(target, results)[0], target.unit) for target in targets.itertuples()
    ]
    return [row for row in found if np.isfinite(row[1])]


def _value(target: Any, results: Results) -> tuple[float, str]:
    if target.id in NOT_COMPUTED:
        return np.nan, f"not computed: {NOT_COMPUTED[target.id]}"
    if target.id not in COMPUTED:
        raise DataError(
            f"target {target.id} ({target.quantity}) is neither computed nor explained",
            where="config/paper_targets.csv",
            fix="add it to COMPUTED or NOT_COMPUTED in citymrio/assessment/paper/results.py.",
        )
    function, note = COMPUTED[target.id]
    try:
        value = float(function(results))
    except Missing as reason:
        return np.nan, f"not computed: {reason}"
    if not np.isfinite(value):
        return np.nan, _join("not computed: no number in this run (empty group or no flow)", note)
    return value, note


def is_within_tolerance(ours: float, paper: float, tolerance: object) -> str:
    """Whether a value lies within the tolerance of the paper's: ``true`` or ``false``; blank
    without a tolerance.

    "2%" is relative, "exact" equal, a bare number in the target's unit.
    """
    if not isinstance(tolerance, str) or not tolerance:
        return ""
    if tolerance == "exact":
        margin = EQUAL * abs(paper)
    elif tolerance.endswith("%"):
        margin = float(tolerance[:-1]) / 100 * abs(paper)
    else:
        margin = float(tolerance)
    return str(bool(abs(ours - paper) <= margin)).lower()


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
