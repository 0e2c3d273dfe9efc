"""Technology: intensities of key sectors in super-emitters with high production fall to a benchmark."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pandas as pd

from ...base.errors import DataError
from ...config.models import Scenarios
from ...emissions.key_sectors import emissions_after
from .measure import Inputs, Measure

BASIS = "production"


def measures(inputs: Inputs, depth: str, config: Scenarios) -> dict[str, Measure]:
    """The measure has one mode; cities: super-emitters of the types technology and hybrid."""
    chosen = cities(inputs.regions)
    savings = technology_savings(inputs.intensities, chosen, depth, config)
    after = partial(
        emissions_after,
        savings=savings,
        output=inputs.footprints["output"],
        bridge=inputs.bridge,
        inventory_sectors=inputs.inventory_sectors,
    )
    saved = savings.groupby("region", sort=False)["saving_t"].sum().reindex(chosen)
    return {"": Measure(chosen, emissions=after, saved=saved, note=_note(inputs.intensities, depth))}


def cities(regions: pd.DataFrame) -> list[str]:
    """Codes of the super-emitters of the types technology and hybrid."""
    return [*regions.loc[regions["super_emitter"].isin(["technology", "hybrid"]), "region"]]


def technology_savings(intensities: pd.DataFrame, regions: Iterable[str], depth: str, config: Scenarios) -> pd.DataFrame:
    """Emissions saved when intensities above the benchmark fall to it: ``sum_j (e_j - min(e_j, b_j)) x_j``.

    Parameters
    ----------
    intensities
        Rows of :func:`citymrio.emissions.key_sectors.key_intensities`.
    regions
        The cities that apply technology.
    depth
        ``light``: national mean intensity; ``deep``: global mean (or the lower of the two, `deep_benchmark`).

    Returns
    -------
    pandas.DataFrame
        region, key_sector, saving_t (0 where the city is below the benchmark).

    Raises
    ------
    DataError
        A global benchmark is missing.
    """
    rows = intensities[intensities["region"].isin(set(regions))]
    benchmark = rows["national"] if depth == "light" else _deep_benchmark(rows, config)
    saving = (rows["intensity"].fillna(0.0) - benchmark).clip(lower=0.0) * rows["output"]
    return rows[["region", "key_sector"]].assign(saving_t=saving).reset_index(drop=True)


def _deep_benchmark(rows: pd.DataFrame, config: Scenarios) -> pd.Series:
    missing = rows.loc[rows["global"].isna(), "key_sector"]
    if len(missing):
        raise DataError(
            f"no parameter 'global_intensity.{missing.iloc[0]}'",
            where="benchmarks.csv",
            fix="add it (t CO2 per unit of money) with its source, or leave the sector out of scenarios.key_sectors.",
        )
    return rows[["global", "national"]].min(axis=1) if config.deep_benchmark == "min_global_national" else rows["global"]


def _note(intensities: pd.DataFrame, depth: str) -> str:
    if depth == "light":
        return "benchmark: national mean intensity"
    means = intensities.drop_duplicates("key_sector")
    above = [*means.loc[means["global"] > means["national"], "key_sector"]]
    return "benchmark: global mean intensity" + (f"; above the national one in {', '.join(above)}" if above else "")
