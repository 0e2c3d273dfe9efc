"""The uncertain inputs of the ensemble: one entry each, from which everything else follows.

An entry of :data:`INPUTS` says what is drawn, where it enters and which keys of the configuration
set its spread. Its name seeds its stream of random numbers: adding, removing or moving an entry
leaves the draws of all others as they are. The draws of a member, the columns kept of it, the
causes in variance.csv and the table in docs/accuracy.md follow from the entries.

The same member has the same draws under every method and every scenario (common random numbers),
whichever job runs it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from ...base.errors import ConfigError
from ...base.vocabulary import KINDS, NATION
from ...config.spreads import SPREADS
from ...dataset.benchmarks import INTENSITY, MEGACITY, PEAK
from ...emissions.calibration import HOUSEHOLD_WEIGHT
from ...emissions.inventory import InventoryDraw
from ...trade.priors.table import BORDER as BORDER_EFFECT
from ...trade.priors.table import FOLLOWS
from ...trade.priors.table import SPREAD_PARAMETERS as FITTED

if TYPE_CHECKING:
    from ...config.models import Uncertainty
    from ...dataset.dataset import DatasetFolder


@dataclass(frozen=True)
class Draw:
    """One member.

    Attributes
    ----------
    dataset
        The dataset with its drawn observations and population.
    factors
        Factors on what is not observed: ``output``, ``productivity``, ``exports``, ``demand``
        (region, sector), ``demand_level`` (region, category; to the power of the spread in
        priors.csv), ``trade`` (region, partner), ``intensity`` (region, inventory_sector); of
        provinces ``inventory`` (place, inventory_sector: a province, or blank for those that only
        the national inventory speaks for), ``inventory_row`` (inventory_sector),
        ``hauling`` (province, sector), ``province_demand`` (province, use), ``flows`` (sector,
        origin, destination); and, added to the border effect between the cities of a province,
        ``border`` (province, sector). Attribute ``emissions_sd``.
    cities, errors, numbers
        Drawn keys of `cities`; parameter of priors.csv -> shift in standard errors, one or by its
        column `sector`; both by the name of their input.
    provinces, scenarios
        Drawn keys of `provinces`; factors on keys of `scenarios` that stand in for a benchmark.
    common, control_total
        Of :class:`~citymrio.emissions.inventory.InventoryDraw`.
    scales
        Factors on the spreads of outputs and of intensities.
    by_region
        Codes of the regions, and what was drawn for them, by
        :attr:`Input.column`: standard normal numbers.
    observed
        All observations, province by province.
    rows
        Shares of inventory rows in the sector they share
        (:func:`~citymrio.provinces.dispersion.share_in_sector`).
    """

    dataset: DatasetFolder
    factors: xr.Dataset
    cities: dict[str, float]
    errors: dict[str, float | dict[str, float]]
    numbers: dict[str, float]
    by_region: dict[str, Any]
    observed: pd.DataFrame
    rows: np.ndarray
    provinces: dict[str, float] = field(default_factory=dict)
    scenarios: dict[str, float] = field(default_factory=dict)
    common: float = 1.0
    control_total: float = 0.0
    scales: dict[str, float] = field(default_factory=lambda: {"output": 1.0, "intensity": 1.0})

    @cached_property
    def has_total(self) -> np.ndarray:
        """(region,) whether the CO2 total is observed, by itself or through an inventory of the
        region's own.
        """
        table, own = self.observed, self.dataset.inventory_city
        whole = table["quantity"].eq("emissions") & table["sectors"].eq("")
        whole &= table["status"].eq("observed") & table["reliability"].gt(
            0
        )  # as emissions.inventory uses them
        known = {*table.loc[whole, "region"], *(() if own is None else own["region"])}
        return np.array([code in known for code in self.by_region["region"]])

    @property
    def inventories(self) -> InventoryDraw:
        """What the member changes of the inventories."""
        return InventoryDraw(
            intensity=self.factors["intensity"],
            level=self.factors["inventory"],
            row=self.factors["inventory_row"],
            common=self.common,
            control_total=self.control_total,
        )

    def with_values(self, factor: np.ndarray) -> Draw:
        """Every value of `observed` times its factor."""
        return replace(self, observed=self.observed.assign(value=self.observed["value"] * factor))

    def times(self, target: str, factor: np.ndarray | float) -> Draw:
        """One of `factors` times another factor; in place, since a draw has arrays of its own."""
        self.factors.variables[target].values[...] *= factor
        return self

    def noted(self, column: str, values: np.ndarray) -> Draw:
        """Draws by region, added to those in the same column."""
        noted = {column: self.by_region.get(column, 0.0) + values}
        return replace(self, by_region=self.by_region | noted)

    def noted_of_all(self, column: str, z: np.ndarray) -> Draw:
        """One number for every region: the sum of draws over the root of their count."""
        number = z.sum() / np.sqrt(len(z))
        return self.noted(column, np.full(len(self.by_region["region"]), number))

    def of_province(self, values: np.ndarray) -> np.ndarray:
        """Numbers by province as numbers by region."""
        provinces = self.dataset.tables["regions"]["province"]
        return values[pd.Index(self.dataset.codes).get_indexer(provinces)]

    def benchmarks(self, prefix: str, factor: float) -> Draw:
        """All benchmarks whose names begin so, times a factor."""
        table = self.dataset.tables["benchmarks"]
        mine = table["parameter"].str.startswith(prefix)
        scaled = table.assign(value=table["value"].astype(float) * np.where(mine, factor, 1.0))
        return replace(
            self, dataset=replace(self.dataset, tables=self.dataset.tables | {"benchmarks": scaled})
        )


@dataclass(frozen=True)
class Input:
    """One uncertain input.

    Attributes
    ----------
    name
        Seeds its stream, names its draws in members/*.
    cause
        Row of variance.csv that its draws are counted in.
    what
        What is drawn, in words.
    keys
        Keys of `uncertainty` that set its spread; none: the standard errors of priors.csv.
    dims
        Shape of the draws: none (one number), region, sector, inventory_sector, datum (one for each
        observation), industry, partner (another region), direction, province, category, place,
        origin, destination.
    enter
        (draw, random numbers of this input, configuration) -> draw.
    target, weight, centred
        By sector: the factor that is drawn (:meth:`Draw.times`). A region's one number is the mean
        of its log over sectors, weighted by ``emissions`` of the sector, the ``carbon`` its
        products carry, or emissions of the ``inventory`` row; less the plain mean where the level
        is an input of its own (`centred`). Of provinces: by the ``rows`` of its province's
        inventory, by its province's ``demand`` by category, by what its province ``buys`` of
        others.
    shared
        Column by region, where it is another input's: of the two a region draws one, or both draw
        the same of it.
    uniform
        Uniform numbers in [0, 1) instead of standard normal ones.
    """

    name: str
    cause: str
    what: str
    keys: tuple[str, ...]
    dims: tuple[str, ...]
    enter: Callable[[Draw, Any, Uncertainty], Draw]
    target: str = ""
    weight: str = ""
    centred: bool = True
    shared: str = ""
    uniform: bool = False

    @property
    def column(self) -> str:
        """Its draws by region, one number each."""
        return self.shared or self.name

    @property
    def variable(self) -> str:
        """Where its draws stand: a quantity of members/*.csv, or a variable of members/*.nc."""
        return f"draw_{self.column}" if self.dims else f"draw: {self.name}"

    def sample(self, seed: int, member: int, sizes: dict[str, int]) -> Any:
        """Its random numbers for a member: seeded by its name, whatever its place in the
        registry.
        """
        entropy = int.from_bytes(hashlib.sha256(f"{seed} {self.name}".encode()).digest())
        generator = np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(member,)))
        return (generator.random if self.uniform else generator.standard_normal)(
            [sizes[dim] for dim in self.dims] or None
        )


#: Correlation of what a city sells and buys outside its province, both around their priors: who is
#: open is so both ways (.83 for states of the United States, .57 for their zones, .88 between EU
#: members).
OPEN_BOTH_WAYS = 0.76


def lognormal(z: float | np.ndarray, sd: float | np.ndarray) -> np.ndarray:
    """exp(sd z - sd^2 / 2): factors with mean 1."""
    return np.exp(sd * z - np.square(sd) / 2)


def _parameter(
    name: str,
    cause: str,
    what: str,
    section: Literal["cities", "provinces"] = "cities",
    key: str | None = None,
) -> Input:
    """A key of the configuration (called as the input, if not given), uniform in its range."""
    key = key or name

    def enter(drawn: Draw, u: float, config: Uncertainty) -> Draw:
        low, high = getattr(config, f"{name}_range")
        value = low + (high - low) * u
        changed = {section: getattr(drawn, section) | {key: value}}
        return replace(drawn, numbers=drawn.numbers | {name: value}, **changed)

    return Input(name, cause, what, (f"{name}_range",), (), enter, uniform=True)


def _prior(name: str, parameter: str, cause: str, what: str) -> Input:
    """A fitted parameter of priors.csv, moved by its standard error."""

    def enter(drawn: Draw, z: float, _: Uncertainty) -> Draw:
        return replace(
            drawn, errors=drawn.errors | {parameter: z}, numbers=drawn.numbers | {name: z}
        )

    return Input(name, cause, what, (), (), enter)


def _prior_by(dim: str, parameter: str, cause: str, what: str) -> Input:
    """A fitted parameter of priors.csv by sector or category, each moved by its own standard error;
    common to all regions, each of which has the sum of the draws over the root of their count.
    """

    def enter(drawn: Draw, z: np.ndarray, _: Uncertainty) -> Draw:
        errors = dict(zip(drawn.factors[dim].values.tolist(), z.tolist(), strict=True))
        found = replace(drawn, errors=drawn.errors | {parameter: errors})
        return found.noted_of_all(parameter, z)

    return Input(parameter, cause, what, (), (dim,), enter)


def _by_region(name: str, cause: str, what: str, enter: Callable, shared: str = "") -> Input:
    """Lognormal factors of a region."""
    return Input(name, cause, what, (f"{name}_sd",), ("region",), enter, shared=shared)


def _weighted(
    name: str,
    cause: str,
    what: str,
    dims: tuple[str, ...],
    target: str,
    weight: str,
    *,
    key: str = "",
    centred: bool = False,
) -> Input:
    """Lognormal factors of cells; the key of their spread is called as the input, if not given."""
    key = key or f"{name}_sd"

    def enter(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
        return drawn.times(target, lognormal(z, getattr(config, key)))

    return Input(name, cause, what, (key,), dims, enter, target, weight, centred)


def _common(name: str, cause: str, what: str, enter: Callable) -> Input:
    """One lognormal factor; `enter` takes the draw and the factor."""

    def entering(drawn: Draw, z: float, config: Uncertainty) -> Draw:
        factor = float(lognormal(z, getattr(config, f"{name}_sd")))
        return replace(enter(drawn, factor), numbers=drawn.numbers | {name: z})

    return Input(name, cause, what, (f"{name}_sd",), (), entering)


def _of_provinces(name: str, cause: str, what: str, dim: str, target: str) -> Input:
    """Lognormal factors of provinces; a region's number is its province's draw."""

    def enter(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
        factor = lognormal(z, getattr(config, f"{name}_sd"))
        found = drawn.times(target, factor[:, None])
        return found.noted(name, drawn.of_province(z[: len(drawn.dataset.codes)]))

    return Input(name, cause, what, (f"{name}_sd",), (dim,), enter, centred=False)


def _statistics(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """Every datum but CO2 totals, by its status; a region's number is the sum of its draws over the
    root of their count.
    """
    table = drawn.observed
    sd = np.where(table["status"].eq("imputed"), config.imputed_sd, config.observed_sd)
    sd = np.where(table["quantity"].eq("emissions"), 0.0, sd)
    told, own = z[sd > 0], table[sd > 0].groupby("region").indices
    means = [
        told[own[code]].mean() * np.sqrt(len(own[code])) if code in own else 0.0
        for code in drawn.by_region["region"]
    ]
    return drawn.with_values(lognormal(z, sd)).noted("statistics", np.array(means))


def _totals(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """Observed CO2 totals, one draw a region."""
    table = drawn.observed
    of_region = dict(zip(drawn.by_region["region"], z, strict=True))
    sd = np.where(table["quantity"].eq("emissions"), config.emissions_sd, 0.0)
    factor = lognormal(np.array([of_region[code] for code in table["region"]]), sd)
    return drawn.with_values(factor).noted("intensity", np.where(drawn.has_total, z, 0.0))


def _scale(drawn: Draw, z: float, config: Uncertainty) -> Draw:
    """How much more outputs and intensities differ between cities than between provinces, against
    the best estimate of it.
    """
    scales = {
        name: scale * float(np.exp(config.scale_sd * z)) for name, scale in drawn.scales.items()
    }
    return replace(drawn, scales=scales, numbers=drawn.numbers | {"scale": z})


def _scale_of_outputs(drawn: Draw, z: float, config: Uncertainty) -> Draw:
    """How much of that is in outputs: CO2 totals show both together, so that one goes up where the
    other goes down.
    """
    factor = float(np.exp(config.split_sd * z))
    scales = {
        "output": drawn.scales["output"] * factor,
        "intensity": drawn.scales["intensity"] / factor,
    }
    return replace(drawn, scales=scales, numbers=drawn.numbers | {"split": z})


def _intensity(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """The level of all intensities of a region; a CO2 total then moves it, and outputs, by their
    variances.
    """
    factor = np.exp(drawn.scales["intensity"] * config.intensity_sd * z)
    return drawn.times("intensity", factor[:, None]).noted(
        "intensity", np.where(drawn.has_total, 0.0, z)
    )


def _intensity_mix(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """Rows of a city's inventory: the intensity of the sector they share, and how they differ
    around it, which leaves the sector's as it is. Rows of households vary by as much less as they
    weigh more where a CO2 total is met.

    The draws of the rows, weighted by their share, make that of the sector, as they would if rows
    differed independently.
    """
    household = drawn.dataset.tables["inventory_sectors"]["kind"].eq("household")
    weight = np.where(household, HOUSEHOLD_WEIGHT, 1.0)
    common = z @ drawn.rows.T / np.sqrt((drawn.rows**2).sum(axis=1) * weight)
    around = drawn.scales["intensity"] * config.intensity_row_sd * z
    around = around - np.log(np.exp(around) @ drawn.rows.T)
    sd = drawn.scales["intensity"] * config.intensity_sector_sd
    return drawn.times("intensity", np.exp(sd * common + around))


def _inventory_row(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """Rows of the inventories of all provinces alike."""
    found = drawn.times("inventory_row", lognormal(z, config.inventory_row_sd))
    return found.noted_of_all("inventory_row", z)


def _demand(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """The level of a region's final demand."""
    return drawn.times("demand", lognormal(z, config.demand_sd)[:, None]).noted("demand", z)


def _demand_level(drawn: Draw, z: np.ndarray, _: Uncertainty) -> Draw:
    """A region's categories around consumption functions; its number is the sum of its draws over
    the root of their count.

    The spread is in priors.csv: what enters is exp(z), which the accounts take to the power of it.
    """
    return drawn.times("demand_level", np.exp(z)).noted(
        "demand_level", z.sum(axis=1) / np.sqrt(z.shape[1])
    )


def _transit(drawn: Draw, u: np.ndarray, config: Uncertainty) -> Draw:
    """Goods that only pass through a province are in its printed outflow and inflow. The balance
    finds what exceeds its output, and no more.
    """
    low, high = config.transit_range
    kept = 1 - low - (high - low) * u
    # in units of the other draw of these odds, where there is one
    beside = (kept - 1 + (low + high) / 2) / (config.province_hauling_sd or 1.0)
    return drawn.times("hauling", kept[:, None]).noted(
        "province_hauling", drawn.of_province(beside)
    )


def _population(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """People of a region, rural and all alike."""
    tables, scale = drawn.dataset.tables, lognormal(z, config.population_sd)
    scaled = {name: tables["regions"][name] * scale for name in ("population", "population_rural")}
    tables = tables | {"regions": tables["regions"].assign(**scaled)}
    return replace(drawn, dataset=replace(drawn.dataset, tables=tables)).noted("population", z)


def _sector_mix(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """Outputs within an industry; some key sectors have a spread of their own."""
    return drawn.times(
        "output", lognormal(z, drawn.scales["output"] * output_sds(drawn.dataset, config))
    )


def output_sds(dataset: DatasetFolder, config: Uncertainty) -> np.ndarray:
    """(sector,) `output_sd`, or what `output_sd_sectors` says for a kind of sectors.csv, then for a
    sector, then for a key of inventory_sectors.csv.

    Raises
    ------
    ConfigError
        A word is neither.
    """
    sectors, inventory, config = (
        dataset.tables["sectors"],
        dataset.tables["inventory_sectors"],
        with_spreads(config),
    )
    sd, own = np.full(len(sectors), config.output_sd), dict(config.output_sd_sectors)
    if not own:
        return sd
    keys = sorted({*inventory["key"].dropna()} - {""})
    if unknown := sorted({*own} - {*KINDS, *keys, *sectors["sector"]}):
        raise ConfigError(
            f"'uncertainty.output_sd_sectors' names '{unknown[0]}'; expected a kind of sectors.csv "
            f"({', '.join(KINDS)}), one of its codes, or a key of inventory_sectors.csv "
            f"({', '.join(keys) or 'it has none'})",
            fix="correct the word, or leave it out.",
        )
    for column in ("kind", "sector"):
        said = sectors[column].map(own).to_numpy(float)
        sd = np.where(np.isnan(said), sd, said)
    bridge = dataset.tables["bridge"]
    for key in [key for key in keys if key in own]:
        rows = bridge["inventory_sector"].isin(
            inventory.loc[inventory["key"].eq(key), "inventory_sector"]
        )
        sd[sectors["sector"].isin(bridge.loc[rows, "sector"]).to_numpy()] = own[key]
    return sd


def _productivity(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """Output of every industry of a region; the region's number is the sum of its draws over the
    root of their count.
    """
    industry = pd.factorize(drawn.dataset.tables["sectors"]["industry"])[0]
    found = drawn.times(
        "productivity", lognormal(z, drawn.scales["output"] * config.productivity_sd)[:, industry]
    )
    return found.noted("productivity", z.sum(axis=1) / np.sqrt(z.shape[1]))


def _city_trade(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """Trade with every partner, and with itself; the region's number is its draw of what it buys
    from itself.
    """
    # balancing gives back part of a factor on own use: with a median of 1 it keeps trade in all
    own = np.exp(config.own_trade_sd * np.diag(z))
    factor = np.where(np.eye(len(z), dtype=bool), own, lognormal(z, config.city_trade_sd))
    return drawn.times("trade", factor).noted("city_trade", np.diag(z))


def _openness(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """Sales (first) and purchases of a region outside its province.

    Scaling a row or a column of the reference of trade changes nothing but its part with the rest
    of the nation: what is drawn of that part enters the other cells, by its inverse.
    """
    common = np.column_stack(
        [z[:, 0], OPEN_BOTH_WAYS * z[:, 0] + np.sqrt(1 - OPEN_BOTH_WAYS**2) * z[:, 1]]
    )
    sold, bought = lognormal(common, config.openness_sd).T
    return drawn.times("trade", 1 / (sold[:, None] * bought[None])).noted(
        "openness", common.mean(axis=1)
    )


def _border_change(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """What is added to the border effect between the cities of a province."""
    sd = config.border_change_sd
    # trade between cities against own use has mean 1
    drawn.factors.variables["border"].values[...] += (sd * z + sd**2 / 2)[:, None]
    return drawn.noted("border_change", drawn.of_province(z))


def _border_product(drawn: Draw, z: np.ndarray, config: Uncertainty) -> Draw:
    """The same of a product around all of its province; the province's number is the sum of its
    draws over the root of their count.
    """
    # of single products mean changes are measured in logs
    drawn.factors.variables["border"].values[...] += config.border_product_sd * z
    mean = z.sum(axis=1) / np.sqrt(z.shape[1])
    return drawn.noted("border_product", drawn.of_province(mean))


def _control_total(drawn: Draw, z: float, _: Uncertainty) -> Draw:
    """The level of all inventories as the sum of the provinces, the nation or both observe it,
    where there is a national one.
    """
    if drawn.dataset.inventory_national is None:
        return drawn
    return replace(
        drawn, control_total=float(z), numbers=drawn.numbers | {"control_total": float(z)}
    )


def _benchmark(drawn: Draw, factor: float, *, prefix: str, key: str) -> Draw:
    """Benchmarks, and the key of `scenarios` that stands in for them."""
    found = drawn.benchmarks(prefix, factor)
    return replace(found, scenarios=found.scenarios | {key: factor})


#: Spreads that are fitted, where neither the configuration nor priors.csv has them: declared.
DECLARED = {
    spread.name: float(spread.without_priors) for spread in SPREADS if spread.without_priors
}
#: Log standard deviation of the factor by which spreads of outputs exceed their scale, and those of
#: intensities fall short of it. Declared: no datum of a city tells the two apart, and what
#: provinces share does not vary between their cities.
SPLIT = 0.3
SERVICES = 0.3


def with_spreads(
    config: Uncertainty, priors: pd.DataFrame | None = None, scale: tuple[float, float] = (1.0, 0.0)
) -> Uncertainty:
    """The configuration with every spread of outputs and intensities that it leaves open: of
    priors.csv, else `DECLARED`.

    Parameters
    ----------
    scale
        From the spread between provinces to that between cities, and its log standard deviation
        (:mod:`.member`).
    """
    found, own = dict(DECLARED), {"services": SERVICES}
    if priors is not None and priors["parameter"].eq("output_sd").any():
        rows = priors[priors["parameter"].isin([*FITTED])]
        scaled = rows["parameter"].map(FITTED).ne("demand")
        rows = rows.assign(prior=rows["prior"] * np.where(scaled, scale[0], 1.0))
        of_services = rows["kind"].eq("services")
        goods = rows[~of_services | of_services.all()].groupby("parameter")["prior"].mean()
        found |= {**goods.to_dict(), "scale_sd": scale[1], "split_sd": SPLIT}
        open_kinds = ~rows["kind"].isin(config.output_sd_sectors)
        own = rows[rows["parameter"].eq("output_sd") & open_kinds]
        own = own.set_index("sector")["prior"].to_dict()
    open_keys = {name: value for name, value in found.items() if getattr(config, name) is None}
    if config.output_sd is not None:
        own = {}
    return config.model_copy(
        update=open_keys | {"output_sd_sectors": own | config.output_sd_sectors}
    )


LEVEL, DISTANCE = "level of intensities", "distance exponent"
BORDER, RULE = "border", "demand rule"
CITY_TRADE, LEVEL_OF_DEMAND = "trade of cities", "level of final demand"
INVENTORIES = "provincial inventories"
TRADE, BENCHMARKS = "trade between provinces", "benchmarks"

INPUTS: tuple[Input, ...] = (
    Input(
        "scale",
        "sector mix of outputs",
        "how much more outputs and intensities differ between cities than between provinces",
        ("scale_sd",),
        (),
        _scale,
    ),
    Input(
        "split",
        "sector mix of outputs",
        "how far they differ in outputs, and how far in intensities",
        ("split_sd",),
        (),
        _scale_of_outputs,
    ),
    Input(
        "statistics",
        cause="city statistics",
        what="every city statistic but CO2 totals, by status",
        keys=("observed_sd", "imputed_sd"),
        dims=("datum",),
        enter=_statistics,
    ),
    _by_region(
        "emissions", LEVEL, "CO2 total of a city, where observed", _totals, shared="intensity"
    ),
    _by_region("intensity", LEVEL, "level of intensities of a city", _intensity),
    Input(
        "intensity_mix",
        "intensities by sector",
        "intensities around the level of the city",
        ("intensity_sector_sd", "intensity_row_sd"),
        ("region", "inventory_sector"),
        _intensity_mix,
        "intensity",
        "inventory",
    ),
    Input(
        "sector_mix",
        "sector mix of outputs",
        "outputs within an industry, where not observed",
        ("output_sd", "output_sd_sectors"),
        ("region", "sector"),
        _sector_mix,
        "output",
        "emissions",
    ),
    _prior_by("sector", FOLLOWS, "sector mix of outputs", "how far outputs follow use"),
    _by_region(
        "demand",
        LEVEL_OF_DEMAND,
        "final demand of a city around the ratio rule or proxies",
        _demand,
    ),
    Input(
        "demand_level",
        LEVEL_OF_DEMAND,
        "final demand of a city by category around a consumption function",
        (),
        ("region", "category"),
        _demand_level,
    ),
    _prior(
        "demand_spread",
        "demand_sd",
        LEVEL_OF_DEMAND,
        "the spread around consumption functions, all categories",
    ),
    _weighted(
        "demand_mix",
        "product mix of final demand",
        "final demand by product around its level",
        ("region", "sector"),
        "demand",
        "carbon",
        key="demand_product_sd",
        centred=True,
    ),
    _weighted(
        "exports",
        "exports",
        "exports by sector, where not observed",
        ("region", "sector"),
        "exports",
        "carbon",
    ),
    Input(
        "productivity",
        "output for value added",
        "output of an industry, given its value added",
        ("productivity_sd",),
        ("region", "industry"),
        _productivity,
    ),
    Input(
        "city_trade",
        CITY_TRADE,
        "trade between two cities of a province, and of a city with itself, around its prior",
        ("city_trade_sd", "own_trade_sd"),
        ("region", "partner"),
        _city_trade,
    ),
    Input(
        "openness",
        CITY_TRADE,
        "what a city sells and buys outside its province",
        ("openness_sd",),
        ("region", "direction"),
        _openness,
    ),
    _by_region("population", "population", "population of a city", _population),
    _parameter("theta", DISTANCE, "distance exponent where it is not fitted"),
    _prior("theta_error", "theta", DISTANCE, "distance exponent where it is fitted"),
    _prior("border", BORDER_EFFECT, BORDER, "border effect between provinces"),
    Input(
        "border_change",
        cause=BORDER,
        what="its change from provinces to cities, by province, all products alike",
        keys=("border_change_sd",),
        dims=("province",),
        enter=_border_change,
    ),
    Input(
        "border_product",
        cause=BORDER,
        what="the same of a product, around that of all products",
        keys=("border_product_sd",),
        dims=("province", "sector"),
        enter=_border_product,
    ),
    _parameter(
        "border_barrier",
        BORDER,
        "part of it, beyond that of observed trade, that cities of one province do not face",
    ),
    _parameter("demand_weight", RULE, "weight of the ratio rule against the proxies"),
    _prior_by("category", "elasticity", RULE, "elasticities of consumption functions"),
    _prior("kappa", "kappa", RULE, "tilt of demand towards own supply"),
    _common(
        "inventory",
        INVENTORIES,
        "level of all inventories together (emission factors, energy statistics)",
        lambda drawn, factor: replace(drawn, common=factor),
    ),
    _of_provinces(
        "province_inventory", INVENTORIES, "inventory of a province", "place", "inventory"
    ),
    _weighted(
        "province_row",
        INVENTORIES,
        "rows of a province's inventory",
        ("place", "inventory_sector"),
        "inventory",
        "rows",
    ),
    Input(
        "inventory_row",
        INVENTORIES,
        "rows of all inventories together",
        ("inventory_row_sd",),
        ("inventory_sector",),
        _inventory_row,
    ),
    Input(
        "control_total",
        "control total",
        "error of the level of emissions, of which provinces and nation are two observations",
        ("emissions.control_total_sd",),
        (),
        _control_total,
    ),
    _common(
        "cross_hauling",
        TRADE,
        "odds of cross-hauling, all provinces",
        lambda drawn, factor: drawn.times("hauling", factor),
    ),
    _of_provinces(
        "province_hauling",
        TRADE,
        "odds of cross-hauling by province",
        "province",
        "hauling",
    ),
    Input(
        "transit",
        TRADE,
        "what only passes through a province, of its printed odds of cross-hauling",
        ("transit_range",),
        ("province",),
        _transit,
        shared="province_hauling",
        uniform=True,
    ),
    _weighted(
        "flows",
        TRADE,
        "flows between provinces around gravity",
        ("sector", "origin", "destination"),
        "flows",
        "buys",
    ),
    _parameter(
        "province_theta", TRADE, "distance exponent between provinces", "provinces", "theta"
    ),
    _weighted(
        "province_demand",
        "final demand of provinces",
        "final demand of a province by category, the nation's of a product kept",
        ("province", "use"),
        "province_demand",
        "demand",
    ),
    _common(
        "global_intensity",
        BENCHMARKS,
        "global intensities, all key sectors",
        lambda drawn, factor: drawn.benchmarks(INTENSITY, factor),
    ),
    _common(
        "capital_target",
        BENCHMARKS,
        "target share of capital",
        partial(_benchmark, prefix=MEGACITY, key="capital_target"),
    ),
    _common(
        "peak",
        BENCHMARKS,
        "emissions at the carbon peak",
        partial(_benchmark, prefix=PEAK, key="peak_emissions_gt"),
    ),
)


def draw(
    dataset: DatasetFolder, config: Uncertainty, member: int, rows: np.ndarray | None = None
) -> Draw:
    """Draw the inputs of a member: perturbed observations and population, factors on what is not
    observed, parameters. Without `rows` (:class:`Draw`) every inventory row is a sector of its own.
    """
    coords = {
        name: dataset.tables[f"{name}s"][name].tolist()
        for name in ("region", "sector", "inventory_sector")
    }
    final = dataset.tables["final_demand"]
    coords |= {
        "category": final.loc[final["role"] != "stock_changes", "category"].tolist(),
        "use": final["category"].tolist(),
        "partner": coords["region"],
        **dict.fromkeys(("province", "origin", "destination"), dataset.codes),
        "place": [*dataset.codes, NATION],
    }
    sizes = {name: len(labels) for name, labels in coords.items()} | {
        "datum": sum(len(dataset.observations[province]) for province in dataset.codes),
        "industry": dataset.tables["sectors"]["industry"].nunique(),
        "direction": 2,
    }
    shapes = {
        **dict.fromkeys(("output", "productivity", "exports", "demand"), ("region", "sector")),
        "demand_level": ("region", "category"),
        "trade": ("region", "partner"),
        "intensity": ("region", "inventory_sector"),
        "inventory": ("place", "inventory_sector"),
        "inventory_row": ("inventory_sector",),
        "hauling": ("province", "sector"),
        "province_demand": ("province", "use"),
        "flows": ("sector", "origin", "destination"),
    }
    ones = {name: (dims, np.ones([sizes[dim] for dim in dims])) for name, dims in shapes.items()}
    config = with_spreads(config)
    none = np.zeros((sizes["province"], sizes["sector"]))
    factors = xr.Dataset(ones | {"border": (("province", "sector"), none)}, coords)
    factors.attrs["emissions_sd"] = config.emissions_sd
    spreads = config.cross_hauling_sd, config.province_hauling_sd
    # what a table errs in is the logarithm of odds: their median stays, not their mean
    factors["hauling"] *= np.exp(np.square(spreads).sum() / 2)
    printed = {province: dataset.observations[province] for province in dataset.codes}
    rows = np.eye(sizes["inventory_sector"]) if rows is None else rows
    by_region = {"region": coords["region"]}
    drawn = Draw(dataset, factors, {}, {}, {}, by_region, dataset.observed, rows)
    for entry in INPUTS:
        drawn = entry.enter(drawn, entry.sample(config.seed, member, sizes), config)
    ends = np.cumsum([len(table) for table in printed.values()])
    values = np.split(drawn.observed["value"].to_numpy(float), ends[:-1])
    pairs = zip(printed.items(), values, strict=True)
    own = {province: table.assign(value=value) for (province, table), value in pairs}
    return replace(drawn, dataset=replace(drawn.dataset, observations=own))


def causes() -> dict[str, tuple[str, ...]]:
    """Rows of variance.csv -> variables of members/* that hold their draws."""
    names = dict.fromkeys(entry.cause for entry in INPUTS)
    return {
        name: tuple(dict.fromkeys(e.variable for e in INPUTS if e.cause == name)) for name in names
    }


def region_columns() -> tuple[str, ...]:
    """Draws by region that are kept of every member."""
    return tuple(dict.fromkeys(entry.column for entry in INPUTS if entry.dims))


def markdown() -> str:
    """The table of inputs in docs/accuracy.md: by cause, keys, or what is drawn without one."""
    drawn: dict[str, list[str]] = {}
    for e in INPUTS:
        drawn.setdefault(e.cause, []).extend([f"`{key}`" for key in e.keys] or [e.what])
    rows = [f"| {cause} | {', '.join(named)} |" for cause, named in drawn.items()]
    head = "| cause in variance.csv | keys of `uncertainty`; what priors.csv has the spread of |"
    return "\n".join((head, "|---|---|", *rows))
