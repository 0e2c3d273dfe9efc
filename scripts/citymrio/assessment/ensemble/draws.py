"""What is drawn for one member of the ensemble.

Every input has a stream of its own, default_rng([seed, stream, member]), and a value per region, in the order of regions.csv:
the same member has the same draws under every method and every scenario (common random numbers), whichever job runs it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from ...base.methods import METHODS
from ...config.models import Config, Uncertainty
from ...dataset.dataset import DatasetFolder

STREAMS = (
    "scalars",
    "observations",
    "output",
    "exports",
    "intensity",
    "intensity_sector",
    "emissions",
    "population",
    "border",
    "demand",
    "demand_product",
    "theta",
)

#: Inputs that have one value per member, as in the table of draws.
SCALARS = ("theta", "border_discount", "border_discount_services", "demand_weight", "kappa", "border", "theta_error")


@dataclass(frozen=True)
class Draw:
    """One member.

    Attributes
    ----------
    scalars
        Values of `SCALARS`: theta and discounts and weight as used, kappa, border and theta_error in standard errors.
    statistics, output, exports, intensity, emissions, population
        Standard normal numbers by region: city statistics (one per datum behind it), mean over sectors of the output and
        exports draws, level of intensities, CO2 total, population. What variance is attributed to.
    """

    member: int
    scalars: dict[str, float]
    dataset: DatasetFolder
    factors: xr.Dataset
    intensity_factors: xr.DataArray
    by_region: pd.DataFrame


def stream(config: Uncertainty, name: str, member: int) -> np.random.Generator:
    """The random numbers of one input of one member."""
    return np.random.default_rng([config.seed, STREAMS.index(name), member])


def lognormal(z: np.ndarray, sd: float | np.ndarray) -> np.ndarray:
    """exp(sd z - sd^2 / 2): factors with mean 1."""
    return np.exp(sd * z - np.square(sd) / 2)


def draw(dataset: DatasetFolder, config: Uncertainty, member: int) -> Draw:
    """Draw the inputs of a member: perturbed observations and population, factors on what is not observed, parameters."""
    regions = dataset.tables["regions"]
    codes, sectors = regions["region"].tolist(), dataset.tables["sectors"]["sector"].tolist()
    inventory_sectors = dataset.tables["inventory_sectors"]["inventory_sector"].tolist()
    count = len(codes)
    u = stream(config, "scalars", member).random(4)
    ranges = (config.theta_range, config.border_discount_range, config.border_discount_services_range, config.demand_weight_range)
    scalars = {name: low + (high - low) * value for name, (low, high), value in zip(SCALARS[:4], ranges, u, strict=True)}
    errors = stream(config, "border", member).standard_normal(2)
    scalars["kappa"], scalars["border"] = float(errors[0]), float(errors[1])
    scalars["theta_error"] = float(stream(config, "theta", member).standard_normal())

    z = {name: stream(config, name, member).standard_normal((count, len(sectors))) for name in ("output", "exports")}
    level = stream(config, "intensity", member).standard_normal(count)
    sector = stream(config, "intensity_sector", member).standard_normal((count, len(inventory_sectors)))
    total = stream(config, "emissions", member).standard_normal(count)
    people = stream(config, "population", member).standard_normal(count)
    wish = stream(config, "demand", member).standard_normal(count)
    product = stream(config, "demand_product", member).standard_normal((count, len(sectors)))
    demand = lognormal(wish, config.demand_sd)[:, None] * lognormal(product, config.demand_product_sd)
    seen, statistics = _observations(dataset, config, member, total)
    known = _with_total(dataset)
    own = np.array([code not in known for code in codes])
    intensity = lognormal(level, np.where(own, config.intensity_sd, 0.0))[:, None] * lognormal(sector, config.intensity_sector_sd)
    dims = ("region", "sector")
    drawn = {
        "output": lognormal(z["output"], config.output_sd),
        "exports": lognormal(z["exports"], config.exports_sd),
        "demand": demand,
    }
    coords = {"region": codes, "sector": sectors}
    factors = xr.Dataset({name: (dims, value) for name, value in drawn.items()}, coords=coords)
    tables = dict(dataset.tables)
    scale = lognormal(people, config.population_sd)
    tables["regions"] = regions.assign(
        population=regions["population"] * scale, population_rural=regions["population_rural"] * scale
    )
    by_region = pd.DataFrame(
        {
            "member": member,
            "region": codes,
            "statistics": statistics,
            "intensity": np.where(own, level, total),
            "population": people,
            "demand": wish,
        }
    )
    intensities = xr.DataArray(
        intensity, {"region": codes, "inventory_sector": inventory_sectors}, ("region", "inventory_sector")
    )
    return Draw(member, scalars, replace(dataset, tables=tables, observations=seen), factors, intensities, by_region)


def _with_total(dataset: DatasetFolder) -> set[str]:
    """Regions whose CO2 total is observed, by themselves or through their own inventory."""
    known = {r for table in dataset.observations.values() for r in table.loc[table["quantity"].eq("emissions"), "region"]}
    return known | (set() if dataset.inventory_city is None else set(dataset.inventory_city["region"]))


def _observations(dataset: DatasetFolder, config: Uncertainty, member: int, emissions: np.ndarray):
    """Observations with errors by status, and the mean draw of a region's statistics."""
    codes = dataset.tables["regions"]["region"].tolist()
    generator = stream(config, "observations", member)
    result, drawn = {}, {code: [] for code in codes}
    position = {code: n for n, code in enumerate(codes)}
    for province in dataset.codes:
        table = dataset.observations[province].copy()
        z = generator.standard_normal(len(table))
        total = table["quantity"].eq("emissions").to_numpy()
        z[total] = emissions[[position[code] for code in table.loc[total, "region"]]]
        sd = np.where(table["status"].eq("imputed"), config.imputed_sd, config.observed_sd)
        sd = np.where(total, config.emissions_sd, sd)
        table["value"] = table["value"] * lognormal(z, sd)
        result[province] = table
        for code, value, weight in zip(table["region"], z, np.where(total, 0.0, sd), strict=True):
            if weight > 0:
                drawn[code].append(value)
    return result, np.array([np.mean(drawn[code]) * np.sqrt(len(drawn[code])) if drawn[code] else 0.0 for code in codes])


def member_config(config: Config, scalars: dict[str, float]) -> Config:
    """The configuration of a member: the ensemble's method with the drawn parameters in place."""
    keys = config.cities.model_dump()
    if config.uncertainty.method != "main":
        keys |= METHODS[config.uncertainty.method]
    keys["theta"] = scalars["theta"]
    keys["border_discount"] = scalars["border_discount"]
    keys["border_discount_services"] = scalars["border_discount_services"]
    if keys["demand"] in ("ratio", "blend"):
        keys |= {"demand": "blend", "demand_weight": scalars["demand_weight"]}
    return _fast(config.model_copy(update={"cities": type(config.cities).model_validate(keys)}))


def central_config(config: Config) -> Config:
    """The configuration of member 0: the ensemble's method, nothing drawn."""
    keys = config.cities.model_dump()
    if config.uncertainty.method != "main":
        keys |= METHODS[config.uncertainty.method]
    return _fast(config.model_copy(update={"cities": type(config.cities).model_validate(keys)}))


def _fast(config: Config) -> Config:
    """The same solver without cvxpy's compilation, which takes longer than the solve and gives the same arrays."""
    if config.solver.name != "ENTROPY_DUAL":
        return config
    return config.model_copy(update={"solver": config.solver.model_copy(update={"name": "ENTROPY_DIRECT"})})


def member_priors(priors: pd.DataFrame, scalars: dict[str, float]) -> pd.DataFrame:
    """Priors of a member: border and kappa moved by their standard errors, theta too where it was fitted."""
    moved = priors.copy()
    shift = moved["parameter"].map({"border": scalars["border"], "kappa": scalars["kappa"], "theta": scalars["theta_error"]})
    moved["prior"] = moved["prior"] + (shift * moved["se"]).fillna(0.0)
    positive = moved["parameter"].isin(["theta", "kappa"])
    moved.loc[positive, "prior"] = moved.loc[positive, "prior"].where(moved.loc[positive, "prior"] > 0, 0.0)
    return moved
