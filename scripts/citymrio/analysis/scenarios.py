"""Mitigation scenarios, quota and deficits (method section 11).

Technology lowers the intensity of key sectors to a benchmark, demand lowers the share of capital in final demand to a target;
both are computed for a set of super-emitters, apart, added up, and together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import ConfigError, DataError
from ..base.notices import warn
from ..base.units import MT
from ..config.models import Scenarios
from ..dataset.benchmarks import PEAK, megacity_shares
from ..dataset.benchmarks import peak_emissions as given_peak
from ..emissions.key_sectors import emissions_after
from ..footprints.footprint import cba_with, cut_weights, shift_weights
from ..nested import NestedMRIO

DEPTHS = ("light", "deep")
MODES = ("shift", "cut")
#: The structure whose cities of the first quintile the study adds to deep demand measures.
STUDY_STRUCTURE = "high_tech"
LIFTED = {"to_q3": ("Q3", ("Q4", "Q5")), "to_q2": ("Q2", ("Q3", "Q4", "Q5"))}


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
            fix="add it (t per 10^4 of the currency) with its source, or leave the sector out of scenarios.key_sectors.",
        )
    return rows[["global", "national"]].min(axis=1) if config.deep_benchmark == "min_global_national" else rows["global"]


def capital_share(demand: xr.DataArray, roles: Mapping[str, str]) -> pd.Series:
    """Share of capital in household, government and capital demand, by region.

    Parameters
    ----------
    demand
        (region, category), 10^4 of the currency, imports included.
    roles
        category -> role.
    """
    by_role = {role: _of_role(demand, roles, role) for role in ("household", "government", "capital")}
    total = sum(by_role.values())
    return (by_role["capital"] / total.where(total > 0)).to_series().rename("capital_share")


def _categories(roles: Mapping[str, str], role: str) -> list[str]:
    return [category for category, its in roles.items() if its == role]


def _of_role(demand: xr.DataArray, roles: Mapping[str, str], role: str) -> xr.DataArray:
    return demand.sel(category=_categories(roles, role)).sum("category")


def capital_target(benchmarks: pd.DataFrame, config: Scenarios) -> float:
    """Target share c*: the configured one, or the mean of the benchmark megacities (``megacity_capital_share.*``).

    Raises
    ------
    DataError
        Neither is given, or the target is not below 1.
    """
    if config.capital_target is not None:
        target = float(config.capital_target)
    else:
        shares = megacity_shares(benchmarks)
        if shares.empty:
            raise DataError(
                "no parameter 'megacity_capital_share.<city>'",
                where="benchmarks.csv",
                fix="add some, or set scenarios.capital_target.",
            )
        target = float(shares.mean())
    if not 0 <= target < 1:
        raise DataError(f"target share of capital is {target}", where="scenarios", fix="expected a share in [0, 1).")
    return target


def peak_emissions(benchmarks: pd.DataFrame, config: Scenarios) -> float:
    """Emissions at the carbon peak, Mt: the configured ones, or those of benchmarks.csv; NaN where neither gives any."""
    peak = config.peak_emissions_gt if config.peak_emissions_gt is not None else given_peak(benchmarks)
    return float("nan") if peak is None else 1000 * peak


def demand_weights(
    demand: xr.DataArray, roles: Mapping[str, str], regions: Iterable[str], target: float, mode: str
) -> xr.DataArray:
    """Factors on final demand that bring capital down to its target share in the given cities.

    With h, g, c = household, government, capital demand and ``c > target (h + g + c)``:
    `shift` moves ``c - target (h + g + c)`` to households, with their product mix (the total stays);
    `cut` removes ``c - target / (1 - target) (h + g)`` (the share after the cut is the target).

    Parameters
    ----------
    demand
        (region, category), 10^4 of the currency, imports included.

    Returns
    -------
    xarray.DataArray
        (region, category), 1 where nothing changes.
    """
    household, government, capital = (_of_role(demand, roles, role) for role in ("household", "government", "capital"))
    kept = target * (household + government + capital) if mode == "shift" else target / (1 - target) * (household + government)
    chosen = demand["region"].isin([*regions])
    amount = xr.where(chosen, (capital - kept).clip(min=0.0), 0.0)
    source = _categories(roles, "capital")
    if mode == "shift":
        return shift_weights(demand, amount, source, _categories(roles, "household"))
    return cut_weights(demand, amount, source)


def deep_structure(regions: pd.DataFrame, config: Scenarios) -> str | None:
    """The structure whose cities deep demand measures add: `scenarios.deep_structure`, or the study's, where the country has it.

    Structures are the groups of sectors.csv; regions.csv has a column ``va_share_<group>`` for each.

    Raises
    ------
    ConfigError
        The configured structure is none of the country's.
    """
    prefix = "va_share_"
    groups = [name.removeprefix(prefix) for name in regions.columns if name.startswith(prefix)]
    wanted = config.deep_structure or STUDY_STRUCTURE
    if wanted in groups:
        return wanted
    if config.deep_structure is not None:
        raise ConfigError(
            f"'scenarios.deep_structure' is '{wanted}'; expected one of {', '.join(groups)}",
            fix="name a group of sectors.csv (of the map that groups.cluster_map names).",
        )
    warn(
        where="sectors.csv",
        what=f"no group of sectors is called '{wanted}'",
        value=", ".join(groups),
        expectation="scenarios.deep_structure, the structure whose richest cities deep demand measures add",
        effect="The deep demand scenarios touch the super-emitters alone and equal the light ones.",
    )
    return None


@dataclass(frozen=True)
class Sets:
    """Cities that a scenario touches, by side and depth."""

    technology: list[str]
    demand: Mapping[str, list[str]]

    @classmethod
    def from_regions(cls, regions: pd.DataFrame, config: Scenarios) -> Sets:
        """From the columns super_emitter, quintile and structure of regions.csv.

        Technology: types technology and hybrid. Demand light: types demand and hybrid; deep: these and all cities of the first
        quintile whose structure is that of the measure (:func:`deep_structure`).
        """
        kind = regions["super_emitter"]
        light = kind.isin(["demand", "hybrid"])
        structure = deep_structure(regions, config)
        # further clusters of a structure are called <structure>_2, ...
        belongs = regions["structure"].str.fullmatch(re.escape(structure) + r"(_\d+)?") if structure else False
        deep = light | (regions["quintile"].eq("Q1") & belongs)
        return cls(
            technology=[*regions.loc[kind.isin(["technology", "hybrid"]), "region"]],
            demand={"light": [*regions.loc[light, "region"]], "deep": [*regions.loc[deep, "region"]]},
        )


def run_scenarios(
    *,
    nested: NestedMRIO,
    footprints: xr.Dataset,
    inventory: xr.Dataset,
    intensities: pd.DataFrame,
    bridge: pd.DataFrame,
    inventory_sectors: pd.DataFrame,
    regions: pd.DataFrame,
    final_demand: pd.DataFrame,
    benchmarks: pd.DataFrame,
    config: Scenarios,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All technology, demand and joint scenarios.

    Savings are tonnes of the whole country's emissions avoided: technology ``sum (e - e') x`` in the changed cities (exports
    included), demand ``sum_s CBA^s(e, F) - CBA^s(e, F')``, both together ``sum (e - e') x + sum_s CBA^s(e', F) - CBA^s(e', F')``,
    hence interaction = sum - joint = the demand saving at old minus that at new intensities.

    Parameters
    ----------
    regions
        Rows of regions.csv (super_emitter, quintile, structure, va_share_<group>).
    intensities
        Of all regions, from :func:`citymrio.emissions.key_sectors.key_intensities`.

    Returns
    -------
    scenarios
        scenarios.csv; shares refer to the footprint of all cities. `saving_cba_mt` is the fall of the cities' footprints,
        `interaction_mt` (joint rows) the part of the plain sum that does not exist.
    scenario_cities
        scenario, region, saving_mt.
    """
    roles = dict(zip(final_demand["category"], final_demand["role"], strict=True))
    cities = [*regions.loc[regions["kind"].ne("province"), "region"]]
    sets, target = Sets.from_regions(regions, config), capital_target(benchmarks, config)
    demand, cba = footprints["final_demand_total"], footprints["cba"]
    total, national = _sum(cba, cities) * MT, float(inventory["emissions_inventory"].sum()) * MT
    rows, parts = [], []

    def add(side: str, depth: str, mode: str, chosen: Sequence[str], saving: pd.Series, fall: float, **more) -> None:
        name = "_".join(part for part in (side, depth, mode) if part)
        amount = float(saving.sum()) * MT
        rows.append(
            {
                "scenario": name,
                "side": side,
                "depth": depth,
                "mode": mode,
                "cities": len(chosen),
                "saving_mt": amount,
                "saving_share_percent": 100 * amount / total if total else np.nan,
                "saving_share_national_percent": 100 * amount / national,
                "saving_cba_mt": fall * MT,
                "interaction_mt": np.nan,
                "basis": {"technology": "production", "demand": "consumption"}.get(side, "both"),
                "headline": mode in ("", config.demand_mode),
                "note": "",
                **more,
            }
        )
        parts.append(pd.DataFrame({"scenario": name, "region": saving.index, "saving_mt": saving.to_numpy() * MT}))

    for depth in DEPTHS:
        technology = technology_savings(intensities, sets.technology, depth, config)
        saved = technology.groupby("region", sort=False)["saving_t"].sum().reindex(sets.technology)
        changed = emissions_after(inventory["emissions"], technology, footprints["output"], bridge, inventory_sectors)
        after = cba_with(nested, intensity=nested.intensity(changed)).sel(region=cba["region"], category=cba["category"])
        add("technology", depth, "", sets.technology, saved, _sum(cba - after, cities), note=_benchmark_note(intensities, depth))
        for mode in MODES:
            chosen = sets.demand[depth]
            weights = demand_weights(demand, roles, chosen, target, mode)
            alone, joint = _by_region(cba * (1 - weights), chosen), _by_region(after * (1 - weights), chosen)
            both = [region for region in cities if region in {*sets.technology, *chosen}]
            plain, true = (saved.reindex(both, fill_value=0.0) + part.reindex(both, fill_value=0.0) for part in (alone, joint))
            add("demand", depth, mode, chosen, alone, float(alone.sum()), note=f"capital share to {target:.4g}")
            add("sum", depth, mode, both, plain, _sum(cba - after, cities) + float(alone.sum()))
            fall = _sum(cba - after * weights, cities)
            add("joint", depth, mode, both, true, fall, interaction_mt=float(plain.sum() - true.sum()) * MT)
    return pd.DataFrame(rows), pd.concat(parts, ignore_index=True)


def _by_region(values: xr.DataArray, regions: Sequence[str]) -> pd.Series:
    return values.sel(region=[*regions]).sum("category").to_series().reindex([*regions])


def _sum(values: xr.DataArray, regions: Sequence[str]) -> float:
    return float(values.sel(region=[*regions]).sum())


def _benchmark_note(intensities: pd.DataFrame, depth: str) -> str:
    if depth == "light":
        return "benchmark: national mean intensity"
    means = intensities.drop_duplicates("key_sector")
    above = [*means.loc[means["global"] > means["national"], "key_sector"]]
    return "benchmark: global mean intensity" + (f"; above the national one in {', '.join(above)}" if above else "")


def quota(scenarios: pd.DataFrame, emissions_mt: float, peak_mt: float) -> pd.DataFrame:
    """Carbon quota up to the peak, and what the headline scenarios add to it (quota.csv).

    ``existing = peak - emissions``, ``new = existing + saving``; the increase is given on both bases, existing and new (blank
    where the base is not above 0). Without a peak there is no quota: its columns are blank, with a warning.

    Parameters
    ----------
    emissions_mt, peak_mt
        Emissions of the year and at the carbon peak, Mt; NaN for a peak that is not known (:func:`peak_emissions`).
    """
    existing = peak_mt - emissions_mt
    if np.isnan(peak_mt):
        warn(
            where="benchmarks.csv",
            what=f"no parameter '{PEAK}'",
            value="none",
            expectation="the country's emissions at its carbon peak, in Gt CO2 (or scenarios.peak_emissions_gt)",
            effect="No quota is computed: its columns of quota.csv are blank, and figure 4a says so.",
        )
    elif existing <= 0:
        warn(
            where="quota.csv",
            what="the emissions of the year are not below those at the carbon peak",
            value=f"{emissions_mt:.6g} Mt, at the peak {peak_mt:.6g} Mt",
            expectation="a peak above the emissions of the year",
            effect="There is no quota left: increases in percent of it are blank.",
        )
    chosen = scenarios.loc[scenarios["headline"], ["scenario", "saving_mt"]]
    table = pd.concat([pd.DataFrame({"scenario": ["existing"], "saving_mt": [0.0]}), chosen], ignore_index=True)
    table.insert(1, "existing_mt", existing)
    table["new_mt"] = existing + table["saving_mt"]
    for base in ("existing", "new"):
        left = table[f"{base}_mt"]
        table[f"increase_of_{base}_percent"] = 100 * table["saving_mt"] / left.where(left > 0)
    return table


def lifting_factors(affluence: pd.Series, quintile: pd.Series, case: str, population: pd.Series | None = None) -> pd.Series:
    """Factors ``g_s = y* / y_s`` on the demand of the cities that are lifted; 1 for all others.

    Parameters
    ----------
    affluence
        USD per capita by city.
    quintile
        Q1..Q5 by city.
    case
        ``to_q3`` lifts Q4 and Q5 to the mean of Q3, ``to_q2`` lifts Q3 to Q5 to the mean of Q2. A city above the mean stays.
    population
        Weights of the mean; unweighted without (as the paper's means are).
    """
    reference, lifted = LIFTED[case]
    group = quintile.eq(reference)
    if not group.any():
        return pd.Series(np.nan, index=affluence.index)
    weights = None if population is None else population[group].to_numpy(float)
    target = float(np.average(affluence[group].to_numpy(float), weights=weights))
    raised = quintile.isin(lifted) & (affluence < target)
    return pd.Series(np.where(raised, target / affluence, 1.0), index=affluence.index, name="factor")


def deficits(regions: pd.DataFrame, affluence_column: str) -> pd.DataFrame:
    """Additional emissions of lifting poorer cities' demand, structure and intensities unchanged (deficits.csv).

    ``deficit = sum_s (g_s - 1) CBA^s``: the footprint is linear in the final demand of a city, so this equals a full
    computation with all of F^s scaled by g_s.

    Parameters
    ----------
    regions
        Cities of regions.csv: the affluence column, quintile, population, cba_demand_mt (footprint without households' direct
        emissions).

    Returns
    -------
    pandas.DataFrame
        case, cities, population, target_usd, deficit_mt, and both with the population-weighted mean as target.
    """
    cities = regions.set_index("region")
    y, cba = cities[affluence_column], cities["cba_demand_mt"]
    rows = []
    for case, (reference, _) in LIFTED.items():
        group = cities["quintile"].eq(reference)
        row: dict[str, object] = {"case": case}
        for suffix, weights in (("", None), ("_weighted", cities["population"])):
            factors = lifting_factors(y, cities["quintile"], case, weights)
            raised = factors > 1
            if not suffix:
                row |= {"cities": int(raised.sum()), "population": float(cities.loc[raised, "population"].sum())}
            lift = {"weights": cities.loc[group, "population"]} if suffix else {}
            row[f"target{suffix}_usd"] = float(np.average(y[group], **lift)) if group.any() else np.nan
            row[f"deficit{suffix}_mt"] = float(((factors - 1) * cba).sum(skipna=False))
        rows.append(row)
    return pd.DataFrame(rows)
