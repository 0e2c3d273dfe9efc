"""A known table as a dataset whose cities are told what those of a country are: every method meets
it, and the ensemble of a run.

A city is told what its case says (:data:`CASES`): the value added of its three industries
and, five cities of six, its emissions in all, both with errors as wide as the ensemble takes them
to be. What is known of its province is exact: its table, and its emissions by sector. People are
not known.

A known table has no emissions of its own. What its sectors buy of energy products, of all regions,
stands in for them: like emissions it is concentrated in few sectors, follows their technology, and
differs between the cities of a province in every sector, by as much as the authors of the table
found, not as a model of ours would draw it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd
import xarray as xr

from citymrio.assessment.ensemble.member import spreads_of
from citymrio.assessment.known_table import ROLES
from citymrio.base.errors import warn
from citymrio.base.labels import EMISSIONS, array
from citymrio.base.vocabulary import OBSERVATION
from citymrio.config.models import Config, Uncertainty
from citymrio.dataset.dataset import DatasetFolder
from citymrio.emissions.activity import ALL_FUELS, PROCESS

from .table import KnownTable

MONEY = "money of the file"


def parent_mrio(table: KnownTable) -> xr.Dataset:
    """provinces/mrio.nc of the experiment: cities added up by province, every outside region a
    province of its own.
    """
    provinces = list(dict.fromkeys(table.regions["province"]))
    group = np.zeros((len(provinces), len(table.regions)))
    group[
        [provinces.index(p) for p in table.regions["province"]], np.arange(len(table.regions))
    ] = 1.0
    cells = np.concatenate([table.z, table.f], axis=3)
    cells = np.einsum("pr,qs,risc->piqc", group, group, cells, optimize=True)
    sectors = table.sectors["sector"].tolist()
    uses = [*sectors, *table.categories]
    imports = np.concatenate(
        [group @ table.imports, np.zeros((len(provinces), len(table.categories)))], axis=1
    )
    dims = ("province", "sector")
    parts = {
        "exports": table.exports,
        "error": table.error,
        "output": table.output,
        "value_added": table.value_added,
    }
    return xr.Dataset(
        {
            "table": array(
                cells, ("origin", "sector", "destination", "use"), MONEY, "domestic cells"
            ),
            "imports": array(imports, ("province", "use"), MONEY, "inputs from outside the table"),
            **{name: array(group @ value, dims, MONEY, name) for name, value in parts.items()},
        },
        coords={
            "origin": provinces,
            "destination": provinces,
            "province": provinces,
            "sector": sectors,
            "use": uses,
        },
    )


def regions_table(table: KnownTable) -> pd.DataFrame:
    """regions.csv of the experiment.

    Where people are not known (every table but those of runs) value added stands in: demand then
    follows value added, whatever the elasticity of a consumption function.
    """
    total = np.maximum(table.value_added.sum(axis=1), 0.0)
    return table.regions.assign(
        kind=np.where(table.is_city, "city", "province"),
        name=table.regions["region"],
        population=table.regions.get("population", total),
        population_rural=0.0,
        gdp=total,
    )


def final_demand_table(table: KnownTable) -> pd.DataFrame:
    """final_demand.csv of the experiment."""
    return pd.DataFrame(
        {
            "category": list(table.categories),
            "name": list(table.categories),
            "role": [ROLES[c] for c in table.categories],
            "residence": "all",
        }
    )


COLUMNS = (*OBSERVATION, "measure")

#: One datum: position of the city, quantity, sectors (";"-joined codes), category, value.
Row = tuple[int, str, str, str, float]


#: A kind of observation: every true datum of it in a known table.
Kind: TypeAlias = Callable[[KnownTable], Iterator[Row]]


def account(quantity: str, by: str) -> Kind:
    """Data of an account (region, sector) by single sector, by set (those of an industry), or of
    all sectors.
    """

    def rows(table: KnownTable) -> Iterator[Row]:
        values, codes = getattr(table, quantity), table.sectors["sector"]
        sets: dict[str, list[Any]] = {
            "sector": [[j] for j in range(len(codes))],
            "set": [
                np.flatnonzero(table.sectors["industry"].eq(i))
                for i in table.sectors["industry"].unique()
            ],
            "all": [np.arange(len(codes))],
        }
        for r in np.flatnonzero(table.is_city):
            for members in sets[by]:
                yield (
                    int(r),
                    quantity,
                    "" if by == "all" else ";".join(codes.iloc[members]),
                    "",
                    float(values[r, members].sum()),
                )

    return rows


def told(
    table: KnownTable, kinds: Sequence[Kind], noise: float = 0.0, trust: float = 1.0, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """Observations of the cities by province: the last of `kinds` with noise and the reliability
    `trust`, others exact.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for kind in kinds:
        last = kind is kinds[-1]
        for r, quantity, sectors, category, value in kind(table):
            drawn = value * float(np.exp(rng.normal(0, noise))) if last and noise else value
            if drawn >= 0:  # what is negative is not observed
                head = (table.regions["region"][r], quantity, sectors, category, drawn, MONEY)
                rows.append((*head, table.name, "observed", trust if last else 1.0, ""))
    whole = pd.DataFrame(rows, columns=list(COLUMNS))
    province = table.regions.set_index("region")["province"]
    groups = dict(list(whole.groupby(whole["region"].map(province)))) if len(whole) else {}
    return {
        p: groups.get(p, whole.iloc[:0]).reset_index(drop=True)
        for p in dict.fromkeys(table.regions["province"])
    }


@dataclass(frozen=True)
class Case:
    """What is told about every city.

    Attributes
    ----------
    kinds
        Kinds of observation.
    surveyed
        Whether these come from statistics: with errors as wide as the ensemble takes them to be,
        and a CO2 total of five cities of six. Otherwise everything is exact, emissions by sector
        included, so that trade alone is judged.
    words
        The same, for people.
    """

    kinds: tuple[Kind, ...]
    surveyed: bool
    words: str


#: What methods are told, by name of the case; the first is what cities of the study's country have.
CASES = {
    "three_industries": Case(
        (account("value_added", "set"),),
        True,
        "value added of three industries and a CO2 total of five cities of six, with errors as "
        "the ensemble takes them to be",
    ),
    "all_sectors": Case(
        (account("value_added", "sector"), account("output", "sector")),
        False,
        "output, value added and emissions by sector",
    ),
}


#: One city of so many is told no CO2 total (in the study's country and year: 49 of 309).
SILENT = 6
#: Reliability of value added and of CO2 totals, as the study's data have it.
RELIABILITY = {"value_added": 0.9, "emissions": 0.7}


@dataclass(frozen=True)
class System:
    """A known table as a run would meet it.

    Attributes
    ----------
    table
        The truth; its sectors with the three industries.
    stressor
        True emissions, (region, sector).
    words
        What they are.
    dataset
        What is told.
    mrio, provincial
        The provinces' table, and their emissions as an array; both exact.
    priors
        Of the calibrated method.
    config
        Sections of a run.
    has_total
        (region,): whether a city is told its emissions in all.
    case
        What is told.
    """

    table: KnownTable
    stressor: np.ndarray
    words: str
    dataset: DatasetFolder
    mrio: xr.Dataset
    provincial: xr.DataArray
    priors: pd.DataFrame | None
    config: Config
    has_total: np.ndarray
    case: Case

    @classmethod
    def of(
        cls,
        table: KnownTable,
        priors: pd.DataFrame | None,
        config: Config,
        seed: int = 1,
        case: Case = CASES["three_industries"],
    ) -> Self:
        """Tell the cities of a known table what cities are told.

        Parameters
        ----------
        seed
            Of the errors of what is told.
        case
            What is told.
        """
        industry = table.sectors["industry"].where(~table.sectors["primary"], "primary")
        table = replace(table, sectors=table.sectors.assign(industry=industry))
        stressor, words = stressor_of(table)
        has_total, known = np.zeros(len(table.regions), bool), told(table, case.kinds)
        if case.surveyed:
            rows, has_total = _totals(table, stressor, config.uncertainty, seed)
            known = told(
                table, case.kinds, config.uncertainty.observed_sd, RELIABILITY["value_added"], seed
            )
            place = rows["region"].map(table.regions.set_index("region")["province"])
            known = {
                province: pd.concat([own, rows[place.eq(province)]], ignore_index=True)
                for province, own in known.items()
            }
        emissions = _provincial(table, stressor)
        codes = emissions["province"].values.tolist()
        tables = _tables(table, pd.concat(known.values()))
        dataset = DatasetFolder(
            tables, dict.fromkeys(codes, xr.Dataset()), None, known, {}, None, None, {}
        )
        return cls(
            table,
            stressor,
            words,
            dataset,
            parent_mrio(table),
            emissions,
            priors,
            config,
            has_total,
            case,
        )

    @cached_property
    def uncertainty(self) -> Uncertainty:
        """What is drawn, and how widely: nothing of a city's own table enters."""
        return spreads_of(
            self.dataset,
            self.config.in_memory,
            self.mrio,
            adopted=self.priors,
            provincial=self.provincial,
        )


def stressor_of(table: KnownTable) -> tuple[np.ndarray, str]:
    """What stands in for emissions (region, sector), and what it is in words."""
    energy = table.sectors["energy"].to_numpy(bool)
    if energy.any():
        return table.z[:, energy].sum(axis=(0, 1)), "purchases of energy products"
    warn(
        where=table.name,
        what="no sector is marked as one of energy products",
        value="value added stands in for emissions",
        expectation="a column `energy` in the table of sectors",
        effect="The intervals of emissions and footprints are judged by value added, which "
        "cities are told by industry.",
    )
    return np.maximum(table.value_added, 0.0), "value added"


def _totals(
    table: KnownTable, stressor: np.ndarray, config: Uncertainty, seed: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Emissions in all of the cities that are told them, as observations; and of which regions."""
    city = np.flatnonzero(table.is_city)
    told = city[np.arange(len(city)) % SILENT != SILENT - 1]
    draws = np.random.default_rng([seed, len(city)]).normal(0, config.emissions_sd, len(told))
    values = stressor[told].sum(axis=1) * np.exp(draws)
    tail = (EMISSIONS, table.name, "observed", RELIABILITY["emissions"], "")
    names = table.regions["region"].to_numpy()
    rows = [
        (names[r], "emissions", "", "", value, *tail) for r, value in zip(told, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)), np.isin(np.arange(len(names)), told)


def _provincial(table: KnownTable, stressor: np.ndarray) -> xr.DataArray:
    """Emissions of the provinces by sector (province, inventory_sector, fuel)."""
    places = table.regions["province"].to_numpy()
    provinces = sorted(set(places))
    values = np.stack([stressor[places == province].sum(axis=0) for province in provinces])
    coords = {
        "province": provinces,
        "inventory_sector": table.sectors["sector"].tolist(),
        "fuel": [PROCESS, ALL_FUELS],
    }
    cells = np.stack([np.zeros_like(values), values], axis=2)
    return xr.DataArray(
        cells, coords, ("province", "inventory_sector", "fuel"), attrs={"units": EMISSIONS}
    )


def _tables(table: KnownTable, known: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables of the dataset contract: every sector is an inventory sector of its own, a city's GDP
    the value added told.
    """
    regions, added = (
        regions_table(table),
        known[known["quantity"].eq("value_added")].groupby("region")["value"].sum(),
    )
    regions["gdp"] = regions["region"].map(added).fillna(regions["gdp"])
    if "population" not in table.regions:
        regions["population"] = regions["gdp"]
    codes = table.sectors["sector"]
    rows = pd.DataFrame(
        {
            "inventory_sector": codes,
            "name": table.sectors["name"],
            "kind": "production",
            "residence": "",
            "key": "",
        }
    )
    return {
        "regions": regions,
        "sectors": table.sectors,
        "final_demand": final_demand_table(table),
        "inventory_sectors": rows,
        "bridge": pd.DataFrame({"inventory_sector": codes, "sector": codes}),
        "fuels": pd.DataFrame({"fuel": pd.Series([], dtype=str)}),
        "benchmarks": pd.DataFrame(
            {"parameter": pd.Series([], dtype=str), "value": pd.Series([], dtype=float)}
        ),
    }
