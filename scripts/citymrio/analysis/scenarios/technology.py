"""Technology: intensities of key sectors in super-emitters with high production fall to a benchmark."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pandas as pd

from ...base.errors import DataError
from ...base.notices import warn
from ...base.units import MT
from ...config.models import Scenarios
from ...emissions.key_sectors import emissions_after
from .measure import Inputs, Measure

BASIS = "production"
#: The mode that counts intensities as no higher than what is plausible, where benchmarks.csv says what is.
CAPPED = "capped"


def measures(inputs: Inputs, depth: str, config: Scenarios) -> dict[str, Measure]:
    """Cities: super-emitters of the types technology and hybrid. Modes: all it saves, and what of plausible intensities."""
    chosen = cities(inputs.regions)
    savings = technology_savings(inputs.intensities, chosen, depth, config)
    note = _note(inputs.intensities, depth)
    found = {"": _measure(inputs, chosen, savings, note)}
    bounded = inputs.intensities.loc[inputs.intensities["plausible"].notna(), "key_sector"].unique()
    if len(bounded):
        capped = technology_savings(inputs.intensities, chosen, depth, config, capped=True)
        found[CAPPED] = _measure(inputs, chosen, capped, f"{note}; intensities capped at what is plausible: {', '.join(bounded)}")
        _warn_of_implausible(inputs.intensities, savings, capped, depth)
    return found


def _measure(inputs: Inputs, chosen: list[str], savings: pd.DataFrame, note: str) -> Measure:
    after = partial(
        emissions_after,
        savings=savings,
        output=inputs.footprints["output"],
        bridge=inputs.bridge,
        inventory_sectors=inputs.inventory_sectors,
    )
    saved = savings.groupby("region", sort=False)["saving_t"].sum().reindex(chosen)
    return Measure(chosen, emissions=after, saved=saved, note=note)


def _warn_of_implausible(intensities: pd.DataFrame, savings: pd.DataFrame, capped: pd.DataFrame, depth: str) -> None:
    """Say how much of a saving is a saving of intensities that no plant can have."""
    all_of_it, plausible = savings["saving_t"].sum() * MT, capped["saving_t"].sum() * MT
    if plausible < all_of_it:
        beyond = sorted(savings.loc[savings["saving_t"].to_numpy() > capped["saving_t"].to_numpy(), "key_sector"].unique())
        bounds = intensities.drop_duplicates("key_sector").set_index("key_sector")["plausible"]
        warn(
            where=f"scenarios.csv, technology_{depth}",
            what="a part of the saving lies above plausible intensities",
            value=f"{all_of_it - plausible:.4g} of {all_of_it:.4g} Mt ({', '.join(beyond)})",
            expectation=f"intensities up to {', '.join(f'{bounds[key]:.4g} in {key}' for key in beyond)} (benchmarks.csv)",
            effect=f"It is in the headline; technology_{depth}_{CAPPED} leaves it out. Output of these cities is too small "
            "there, or emissions too large. Fix: observe output or value added of these sectors (power plants, firms).",
        )


def cities(regions: pd.DataFrame) -> list[str]:
    """Codes of the super-emitters of the types technology and hybrid."""
    return [*regions.loc[regions["super_emitter"].isin(["technology", "hybrid"]), "region"]]


def technology_savings(
    intensities: pd.DataFrame, regions: Iterable[str], depth: str, config: Scenarios, *, capped: bool = False
) -> pd.DataFrame:
    """Emissions saved when intensities above the benchmark fall to it: ``sum_j (e_j - min(e_j, b_j)) x_j``.

    Parameters
    ----------
    intensities
        Rows of :func:`citymrio.emissions.key_sectors.key_intensities`.
    regions
        The cities that apply technology.
    depth
        ``light``: national mean intensity; ``deep``: global mean (or the lower of the two, `deep_benchmark`).
    capped
        Whether intensities count as no higher than column `plausible`, where it has a value.

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
    intensity = rows["intensity"].fillna(0.0)
    if capped:
        intensity = intensity.where(~(intensity > rows["plausible"]), rows["plausible"])
    saving = (intensity - benchmark).clip(lower=0.0) * rows["output"]
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
