"""Further stressors of the synthetic country: water, which statistics tell by province, with totals
of some cities, and employment, which they tell by city.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from citymrio.base.vocabulary import HOUSEHOLDS

from .blueprint import Blueprint
from .country import Country

#: Unit, and amount per unit of output by industry (10^4 CNY) and per person of households; all
#: invented.
INTENSITIES = {
    "water": ("m3", {"primary": 400.0, "secondary": 20.0, "tertiary": 6.0}, 45.0),
    "employment": ("persons", {"primary": 0.4, "secondary": 0.05, "tertiary": 0.09}, 0.0),
}
#: Standard deviations (log) of intensities between provinces and between their cities, and the
#: share of cities whose total of water is known.
BETWEEN, INSIDE, KNOWN = 0.3, 0.2, 0.5


def draw(
    names: Sequence[str],
    blueprint: Blueprint,
    land: Country,
    output: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Rows of stressors.csv from the true outputs (region, sector)."""
    return pd.concat(
        [_of_one(name, blueprint, land, output, rng) for name in names], ignore_index=True
    )


def _of_one(
    name: str, blueprint: Blueprint, land: Country, output: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    unit, by_industry, by_person = INTENSITIES[name]
    owner, sectors = land.province_index, [*blueprint.sector]
    base = blueprint.sectors["industry"].map(by_industry).to_numpy(float)
    spread = rng.normal(0, BETWEEN, (len(land.provinces), len(sectors)))[owner]
    amounts = output * base * np.exp(spread + rng.normal(0, INSIDE, output.shape))
    people = land.regions["population"].to_numpy(float)
    table = pd.DataFrame(
        np.column_stack([amounts, people * by_person]), columns=[*sectors, HOUSEHOLDS]
    )
    regions = land.regions["region"]
    if name == "employment":
        rows = _long(table.set_index(regions), "region")
    else:
        codes = land.provinces["province"].to_numpy()[owner]
        totals = pd.DataFrame({"region": regions, "value": table.sum(axis=1)})
        known = rng.random(len(regions)) < KNOWN
        rows = pd.concat([_long(table.groupby(codes).sum(), "province"), totals[known]])
    every = {"stressor": name, "unit": unit, "region": "", "province": "", "sector": ""}
    filled = rows.reindex(columns=[*every, "value"])
    return filled.fillna(every)


def _long(table: pd.DataFrame, place: str) -> pd.DataFrame:
    long = table.rename_axis(index=place, columns="sector").stack()
    return long.rename("value").reset_index()
