"""A known table as a dataset whose cities are told what those of a country are: every method meets
it, and the ensemble of a run.

A city is told what its case says (:data:`.told.CASES`): the value added of its three industries
and, five cities of six, its emissions in all, both with errors as wide as the ensemble takes them
to be. What is known of its province is exact: its table, and its emissions by sector. People are
not known.

A known table has no emissions of its own. What its sectors buy of energy products, of all regions,
stands in for them: like emissions it is concentrated in few sectors, follows their technology, and
differs between the cities of a province in every sector, by as much as the authors of the table
found, not as a model of ours would draw it.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
import xarray as xr

from ...base.labels import EMISSIONS
from ...base.notices import warn
from ...config.models import Config, Uncertainty
from ...dataset.dataset import DatasetFolder
from ...emissions.activity import ALL_FUELS, PROCESS
from ..ensemble.spreads import spreads_of
from .parent import final_demand_table, parent_mrio, regions_table
from .table import KnownTable
from .told import CASES, COLUMNS, Case, told

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
    given = city[np.arange(len(city)) % SILENT != SILENT - 1]
    draws = np.random.default_rng([seed, len(city)]).normal(0, config.emissions_sd, len(given))
    values = stressor[given].sum(axis=1) * np.exp(draws)
    tail = (EMISSIONS, table.name, "observed", RELIABILITY["emissions"], "")
    names = table.regions["region"].to_numpy()
    rows = [
        (names[r], "emissions", "", "", value, *tail)
        for r, value in zip(given, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)), np.isin(np.arange(len(names)), given)


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
