"""Technology: intensities of key sectors in super-emitters with high production fall to a
benchmark.
"""

from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from ...base import roundoff
from ...base.errors import DataError, warn
from ...base.units import MT
from ...config.models import Scenarios
from ...emissions.key_sectors import emissions_after, rows_of_key
from .measure import Inputs, Measure

BASIS = "production"
#: The mode that counts intensities as no higher than what is plausible, where benchmarks.csv says
#: what is.
CAPPED = "capped"
#: `scenarios.light_benchmark` in words.
LIGHT = {
    "national": "national mean intensity",
    "cities": "mean intensity of the cities, unweighted",
    "provinces": "mean intensity of the provinces, unweighted",
    "national_inventory": "national inventory over national output",
}
#: `scenarios.deep_benchmark` in words.
DEEP = {
    "global": "global mean intensity",
    "min_global_national": "the lower of global and national mean intensity",
}
#: How far the global intensities are moved, up and down, to show how much the deep saving depends
#: on them.
SPREAD = 0.2


def measures(inputs: Inputs, depth: str, config: Scenarios) -> dict[str, Measure]:
    """Cities: super-emitters of the types technology and hybrid. Modes: all it saves, and what of
    plausible intensities.
    """
    chosen = cities(inputs.regions)
    mark = benchmark(inputs, depth, config)
    savings = technology_savings(inputs.intensities, chosen, mark)
    note = (
        f"benchmark: {LIGHT[config.light_benchmark]}"
        if depth == "light"
        else _of_deep(inputs, savings, chosen, config)
    )
    found = {"": _measure(inputs, chosen, savings, note)}
    bounds = inputs.means["plausible"].dropna()
    if len(bounds):
        intensity, highest = (inputs.intensities[name] for name in ("intensity", "plausible"))
        lowered = inputs.intensities.assign(
            intensity=intensity.where(~(intensity > highest), highest)
        )
        capped, keys = technology_savings(lowered, chosen, mark), ", ".join(bounds.index)
        found[CAPPED] = _measure(
            inputs, chosen, capped, f"intensities capped at what is plausible ({keys})"
        )
        _warn_of_implausible(bounds, savings, capped, depth)
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


def _warn_of_implausible(
    bounds: pd.Series, savings: pd.DataFrame, capped: pd.DataFrame, depth: str
) -> None:
    """Say how much of a saving is a saving of intensities that no plant can have."""
    all_of_it, plausible = savings["saving_t"].sum() * MT, capped["saving_t"].sum() * MT
    if plausible < all_of_it:
        beyond = sorted(
            savings.loc[
                savings["saving_t"].to_numpy() > capped["saving_t"].to_numpy(), "key_sector"
            ].unique()
        )
        warn(
            where=f"scenarios.csv, technology_{depth}",
            what="a part of the saving lies above plausible intensities",
            value=f"{all_of_it - plausible:.4g} of {all_of_it:.4g} Mt ({', '.join(beyond)})",
            expectation="; ".join(f"intensities of {key} up to {bounds[key]:.4g}" for key in beyond)
            + " (benchmarks.csv)",
            effect=f"It is in the headline; technology_{depth}_{CAPPED} leaves it out. Output "
            "of these cities is too small "
            "there, or emissions too large. Fix: observe output or value added of these sectors "
            "(power plants, firms).",
        )


def cities(regions: pd.DataFrame) -> list[str]:
    """Codes of the super-emitters of the types technology and hybrid."""
    return [*regions.loc[regions["super_emitter"].isin(["technology", "hybrid"]), "region"]]


def technology_savings(
    intensities: pd.DataFrame, regions: Iterable[str], benchmark: pd.Series
) -> pd.DataFrame:
    """Emissions saved when intensities above the benchmark fall to it: ``sum_j (e_j - min(e_j,
    b_j)) x_j``.

    Parameters
    ----------
    intensities
        Rows of :func:`citymrio.emissions.key_sectors.key_intensities`.
    regions
        The cities that apply technology.
    benchmark
        Key sector -> b, t per unit of money (:func:`benchmark`).

    Returns
    -------
    pandas.DataFrame
        region, key_sector, saving_t (0 where the city is below the benchmark).
    """
    chosen = intensities["region"].isin(set(regions)).to_numpy()
    region, key = (intensities[name].array[chosen] for name in ("region", "key_sector"))
    intensity, output = (
        intensities[name].to_numpy(float)[chosen] for name in ("intensity", "output")
    )
    mark = benchmark.reindex(key).to_numpy(float)
    # a city at the benchmark saves nothing, whatever round-off its intensity has
    above = np.maximum(roundoff.difference(intensity - mark, intensity), 0.0)
    # without output there is no intensity to lower, and perhaps no mean of any
    saving = np.where(output > 0, above * output, 0.0)
    return pd.DataFrame({"region": region, "key_sector": key, "saving_t": saving})


def benchmark(inputs: Inputs, depth: str, config: Scenarios, of_world: float = 1.0) -> pd.Series:
    """Key sector -> the intensity that a scenario's cities fall to, t per unit of money.

    ``light``: as `light_benchmark` says; ``deep``: global mean, times `of_world` (or the lower of
    this and the national one, `deep_benchmark`).

    Raises
    ------
    DataError
        A benchmark is missing, of the national inventory or a global one, or there is no key
        sector.
    """
    means = inputs.means
    if means.empty:
        raise DataError(
            "column 'key' is blank throughout; expected the key sectors of technology scenarios",
            where="inventory_sectors.csv",
            fix="name them there, or set scenarios: {run: false}.",
        )
    if depth == "deep":
        world = of_world * means["global"]
        if lacking := [*means.index[world.isna()]]:
            raise DataError(
                f"no parameter 'global_intensity.{lacking[0]}'",
                where="benchmarks.csv",
                fix="add it (t CO2 per unit of money) with its source, or leave the sector out "
                "of scenarios.key_sectors.",
            )
        return (
            world.where(~(means["national"] < world), means["national"])
            if config.deep_benchmark == "min_global_national"
            else world
        )
    if config.light_benchmark == "national":
        return means["national"]
    rows = inputs.intensities[inputs.intensities["output"] > 0]
    if config.light_benchmark == "cities":
        return rows[rows["region"].isin(inputs.cities)].groupby("key_sector")["intensity"].mean()
    if config.light_benchmark == "provinces":
        province = rows["region"].map(inputs.regions.set_index("region")["province"])
        sums = rows.groupby(["key_sector", province])[["emissions_t", "output"]].sum()
        return (sums["emissions_t"] / sums["output"]).groupby(level="key_sector").mean()
    output = rows.groupby("key_sector")["output"].sum()
    return (
        national_emissions_of(output.index, inputs.national_inventory, inputs.inventory_sectors)
        / output
    )


def national_emissions_of(
    keys: Iterable[str], national: pd.Series | None, inventory_sectors: pd.DataFrame
) -> pd.Series:
    """Emissions of key sectors in the national inventory, t.

    Raises
    ------
    DataError
        There is no national inventory, or it lacks a row of a key sector.
    """
    if national is None:
        raise DataError(
            "scenarios.light_benchmark is 'national_inventory' but the dataset has no national "
            "inventory",
            where="inventory_national.csv",
            fix="add the file, or choose 'national', 'cities' or 'provinces'.",
        )
    needed = {key: rows_of_key(inventory_sectors, key) for key in keys}
    if lacking := [row for rows in needed.values() for row in rows if row not in national.index]:
        raise DataError(
            f"inventory sector {lacking[0]} is missing",
            where="inventory_national.csv",
            fix="give all rows of key sectors.",
        )
    return pd.Series({key: national[rows].sum() for key, rows in needed.items()})


def _of_deep(inputs: Inputs, savings: pd.DataFrame, chosen: list[str], config: Scenarios) -> str:
    """Note of the deep scenario, and a warning: where its benchmark asks for less than the light
    one, and how it would move.
    """
    marks = {depth: benchmark(inputs, depth, config) for depth in ("light", "deep")}
    light = technology_savings(inputs.intensities, chosen, marks["light"])
    saved = {
        depth: table.groupby("key_sector")["saving_t"].sum() * MT
        for depth, table in (("light", light), ("deep", savings))
    }
    # by the benchmarks: what no city saves in the estimate, cities may save in draws
    weaker = [
        key for key in marks["deep"].index if chosen and marks["deep"][key] > marks["light"][key]
    ]
    note = f"benchmark: {DEEP[config.deep_benchmark]}"
    if weaker:
        parts = [
            f"{key} ({saved['deep'][key]:.3g} against {saved['light'][key]:.3g} Mt)"
            for key in weaker
        ]
        note += f"; weaker than the light one in {', '.join(parts)}"
        warn(
            where="scenarios.csv, technology_deep",
            what="the benchmark of deep mitigation is weaker than that of light mitigation in "
            "some key sectors",
            value="; ".join(
                f"{key} {marks['deep'][key]:.3g} against {marks['light'][key]:.3g} t per unit "
                "of money"
                for key in weaker
            ),
            expectation="a deep benchmark at most as high as the light one",
            effect=f"There, deep mitigation saves no more than light: {'; '.join(parts)}. Fix: "
            "check global_intensity.* of "
            "benchmarks.csv, or set scenarios.deep_benchmark: min_global_national.",
        )
    marked = (benchmark(inputs, "deep", config, factor) for factor in (1 - SPREAD, 1 + SPREAD))
    ends = [
        technology_savings(inputs.intensities, chosen, mark)["saving_t"].sum() * MT
        for mark in marked
    ]
    return (
        f"{note}; {ends[0]:.4g} Mt with global intensities {SPREAD:.0%} lower, {ends[1]:.4g} "
        f"Mt with {SPREAD:.0%} higher"
    )
