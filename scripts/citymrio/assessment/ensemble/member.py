"""One member of the ensemble: the whole chain with the drawn inputs, and what is kept of it.

Spreads between cities have a scale, as CO2 totals show it (method section 17). A city's CO2 total
differs from what its province's intensities give its outputs by as much as both vary, and its own
error. The spreads of priors.csv say how much that is; the gaps of all totals say by which factor
cities differ more, or less:

    scale^2 | gaps ~ (F s0^2 + sum gap^2 / variance) / chi^2(F + n),

n the totals less one for each province.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import betaincinv, ndtr

from ...analysis.affluence import affluence_column, is_city
from ...analysis.structures import at_basic_prices
from ...analysis.tables import structures
from ...base.errors import BalanceError, CertificateError, InfeasibleError
from ...base.labels import (
    EMISSIONS,
    array,
    join_regions,
    plain_text,
    stack_named,
    values_of,
)
from ...base.threads import one_blas_thread
from ...base.tolerances import TINY
from ...base.units import MT
from ...base.vocabulary import GIVEN
from ...chain.estimate import Estimate, estimate
from ...chain.steps import TO_GAPS, known_of, run_steps
from ...config.models import Config, Uncertainty
from ...dataset.dataset import DatasetFolder
from ...emissions.activity import (
    national_inventory,
    provincial_emissions,
    provincial_intensities,
)
from ...emissions.intensities import households_of_cities, without_households
from ...footprints.footprint import intercity
from ...nested.flows import pairs
from ...provinces.dispersion import share_in_sector, shrink_inventories, spread_of_rows
from ...provinces.drawn import drawn_system, shrink_hauling
from ...trade.priors.table import FOLLOWS, SPREAD_PARAMETERS
from ..analysed import Estimated, analysis_tables, group_inputs
from ..headline import estimated
from ..paper.results import Results, target_values
from ..variants import headline
from . import inputs
from .inputs import Draw, draw, with_spreads
from .intervals import cells
from .layout import (
    CODES,
    MAIN_SUPPLIER,
    REASON,
    REGION,
    REJECTED,
    SAME_STRUCTURE,
    SAVINGS,
    SUPPLIED,
    SUPPLIER,
    SUPPLIERS,
)

#: Prior of the scale: s0 and its degrees of freedom (log standard deviation 0.29): the spreads of
#: priors.csv are those of cities, as far as is known. Declared.
PRIOR_SCALE, PRIOR_FREEDOM = 1.0, 6.0


def scale_between_cities(gaps: pd.DataFrame) -> tuple[float, float]:
    """The scale and its log standard deviation.

    Parameters
    ----------
    gaps
        province, value (log gap of a total, less the mean of its province), limit (its standard
        deviation by the priors).
    """
    freedom = len(gaps) - gaps["province"].nunique()
    squares = float(((gaps["value"] / gaps["limit"]) ** 2).sum())
    whole = PRIOR_FREEDOM + freedom
    return ((PRIOR_FREEDOM * PRIOR_SCALE**2 + squares) / whole) ** 0.5, (2 * whole) ** -0.5


def spreads_of(
    dataset: DatasetFolder,
    config: Config,
    mrio: xr.Dataset,
    **given: Any,
) -> Uncertainty:
    """The ensemble's configuration with all spreads of outputs and intensities: given, fitted, or
    declared.

    Parameters
    ----------
    config
        With the keys of `cities` of the ensemble's method.
    mrio
        provinces/mrio.nc.
    given
        Of :func:`~citymrio.chain.steps.known_of`.
    """
    if config.cities.emissions_enter != "both":
        return with_spreads(config.uncertainty)
    made = run_steps(known_of(dataset, config, mrio=mrio, **given), "priors", "gaps", steps=TO_GAPS)
    gaps = stack_named(made["gaps"], "province")
    return with_spreads(
        config.uncertainty,
        made["priors"],
        scale_between_cities(gaps.astype({"value": float, "limit": float})),
    )


def shares_of_rows(
    dataset: DatasetFolder, mrio: xr.Dataset, provincial: xr.DataArray | None = None
) -> np.ndarray:
    """:func:`share_in_sector` of the nation, from the inventories of the provinces (`provincial`,
    or those of the dataset) and their outputs (provinces/mrio.nc).
    """
    names = ("inventory_sectors", "bridge", "fuels", "sectors")
    lists = {name: dataset.tables[name] for name in names}
    inventory = dataset.inventory if provincial is None else provincial
    rates = provincial_intensities(mrio["output"], inventory, **lists)
    return share_in_sector((rates * mrio["output"]).sum("province").to_numpy())


def member_priors(
    priors: pd.DataFrame,
    errors: Mapping[str, float | Mapping[str, float]],
    scales: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Priors of a member: parameters moved by `errors` of their standard errors (theta has one only
    where it was fitted).

    The spread of demand has the standard error of its logarithm; kappa is drawn by
    :func:`_drawn_kappa`. `scales`: factors on the spreads of outputs and of intensities.
    """
    moved, label = priors.copy(), priors["sector"]
    scale = {parameter: (scales or {}).get(of, 1.0) for parameter, of in SPREAD_PARAMETERS.items()}
    moved["prior"] *= moved["parameter"].map(scale).fillna(1.0)
    shift = pd.Series(0.0, priors.index)
    for parameter, z in errors.items():
        rows = priors["parameter"].eq(parameter)
        se = priors.loc[rows, "se"].astype(float)
        if isinstance(z, Mapping):
            shift[rows] = label[rows].map(z) * se
        elif parameter == "kappa":
            fitted = zip(moved.loc[rows, "prior"].astype(float), se, strict=True)
            moved.loc[rows, "prior"] = [_drawn_kappa(*each, z) for each in fitted]
        else:
            shift[rows] = z * se
    shift, spread = shift.fillna(0.0), priors["parameter"].eq("demand_sd")
    moved["prior"] = (moved["prior"] + shift).where(
        ~spread, moved["prior"] * np.exp(shift.where(spread, 0.0))
    )
    positive = moved["parameter"].isin(["theta", "elasticity"])
    moved.loc[positive, "prior"] = moved.loc[positive, "prior"].where(
        moved.loc[positive, "prior"] > 0, 0.0
    )
    following = moved["parameter"].eq(FOLLOWS)
    moved.loc[following, "prior"] = moved.loc[following, "prior"].clip(0.0, 1.0)
    return moved


def _drawn_kappa(kappa: float, se: float, z: float) -> float:
    """kappa moved by its standard error: the tilt of demand for what is bought at home by half,
    2^-kappa, is drawn from a beta distribution of its mean and standard error.

    A tilt is between 0 and 1. Were kappa itself moved, that of demand which does not lean would
    more often be large than it is.
    """
    tilt = 0.5**kappa
    if not (se > 0 and np.finfo(float).eps < tilt < 1):
        return kappa  # without an error, or at an end
    strength = (1 - tilt) / (tilt * (np.log(2) * se) ** 2)
    drawn = betaincinv(tilt * strength, (1 - tilt) * strength, ndtr(-z))
    return float(-np.log2(max(drawn, TINY)))


LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Context:
    """What all members share: the dataset, the configuration, the provincial MRIO and its system,
    results of the main estimate.

    These are the structure types, what sectors weigh: value added, output, multipliers, emissions
    by sector and by inventory row, and the largest suppliers (:func:`_suppliers`).
    """

    dataset: DatasetFolder
    config: Config
    mrio: xr.Dataset
    system: xr.Dataset | None
    footprints: xr.Dataset
    inventory: xr.Dataset
    suppliers: np.ndarray
    targets: pd.DataFrame | None = None

    @classmethod
    def of(
        cls,
        dataset: DatasetFolder,
        config: Config,
        mrio: xr.Dataset,
        system: xr.Dataset | None,
        footprints: xr.Dataset,
        inventory: xr.Dataset,
        targets: pd.DataFrame | None = None,
        suppliers: xr.Dataset | None = None,
    ) -> Context:
        """From the results of the run; `targets`: rows of config/paper_targets.csv; `suppliers`:
        footprints by the ensemble's method, whose largest flows members follow.
        """
        return cls(
            dataset,
            config,
            mrio,
            system,
            footprints[["value_added", "output", "multiplier"]],
            inventory[["emissions", "emissions_inventory"]],
            _suppliers(
                footprints if suppliers is None else suppliers,
                dataset.tables["regions"]["region"].tolist(),
            ),
            targets,
        )

    def indices(self, drawn: Draw) -> dict[str, np.ndarray]:
        """What a region drew by sector, as one number each (region,), for the shares of the
        variance (:class:`.inputs.Input`).
        """
        codes, result = drawn.by_region["region"], {}
        provinces = self.dataset.tables["regions"]["province"]
        for entry in inputs.INPUTS:
            if entry.weight:
                place, share = self.shares[entry.name]
                labels = {str(dim): index for dim, index in share.indexes.items()}
                log = np.log(values_of(drawn.factors[entry.target], **labels))
                over = tuple(axis for axis, dim in enumerate(labels) if dim != place)
                log = log - log.mean(over, keepdims=True) if entry.centred else log
                mean = (values_of(share, **labels) * log).sum(over)
                found = dict(zip(labels[place], mean.tolist(), strict=True))
                wanted = codes if place == "region" else provinces
                result[entry.column] = np.array([found[code] for code in wanted])
        return result

    @cached_property
    def shares(self) -> dict[str, tuple[str, xr.DataArray]]:
        """Input with a weight -> dim of the places that it is drawn for, and what its draws weigh
        there, summing to 1.
        """
        weights = {
            "emissions": self.inventory["emissions"],
            "carbon": self.footprints["multiplier"] * self.footprints["output"],
            "inventory": self.inventory["emissions_inventory"],
        }
        weights |= self.of_provinces
        found: dict[str, tuple[str, xr.DataArray]] = {}
        for entry in inputs.INPUTS:
            if entry.weight:
                place = next(
                    d for d in ("region", "place", "province", "destination") if d in entry.dims
                )
                weight = weights[entry.weight]
                total = weight.sum([d for d in entry.dims if d != place])
                found[entry.name] = place, weight / total.where(total > 0, 1.0)
        return found

    @cached_property
    def of_provinces(self) -> dict[str, xr.DataArray]:
        """What draws by province weigh: emissions by `rows`, `demand` by category, carbon that a
        province `buys` of others.
        """
        regions, final = self.dataset.tables["regions"], self.dataset.tables["final_demand"]
        province = xr.DataArray(
            regions["province"].to_numpy(), {"region": regions["region"].to_numpy()}, name="place"
        )
        by_row, output = self.inventory["emissions_inventory"], self.footprints["output"]
        rows = by_row.groupby(province.sel(region=by_row["region"])).sum()
        of = province.sel(region=output["region"])
        carried = (self.footprints["multiplier"] * output).groupby(of).sum()
        output = output.groupby(of).sum()
        multiplier = (carried / output.where(output > 0, 1.0)).rename(place="origin")
        trade = self.mrio["table"].sum("use") * multiplier
        cells = self.mrio["table"].sel(use=final["category"].tolist()).sum("origin")
        demand = cells.where(cells > 0, 0.0).sum("sector").rename(destination="province")
        return {
            "rows": rows,
            "demand": demand,
            "buys": trade.where(trade["origin"] != trade["destination"], 0.0).clip(min=0),
        }

    @cached_property
    def uncertainty(self) -> Uncertainty:
        """What is drawn, and how widely."""
        found = spreads_of(
            self.dataset, member_config(self.config, {}), self.mrio, provincial=self.provincial
        )
        left = self._expected[1] | {"province_hauling_sd": self.hauling[1]}
        if self.config.uncertainty.inventory_row_sd is None:
            # what the nation has beyond provinces without an inventory is theirs, no error
            every = self.provincial.sizes["province"] == len(self.dataset.codes)
            table = self.dataset.inventory_national if every else None
            nation = national_inventory(table, self.dataset.tables["fuels"])
            rows = self.provincial.sum("fuel")
            left["inventory_row_sd"] = spread_of_rows(rows, nation, left["province_row_sd"])
        return found.model_copy(update=left)

    @cached_property
    def hauling(self) -> tuple[xr.DataArray, float]:
        """:func:`shrink_hauling` of the provinces' system, where there is one."""
        sd = self.config.uncertainty.province_hauling_sd
        return (xr.DataArray(1.0), sd) if self.system is None else shrink_hauling(self.system, sd)

    @property
    def expected(self) -> xr.DataArray:
        """Emissions of the provinces that draws lie around: what is expected of the true ones."""
        return self.provincial * self._expected[0]

    @cached_property
    def _expected(self) -> tuple[xr.DataArray, dict[str, float]]:
        keys = ("province_inventory_sd", "province_row_sd")
        factors, *left = shrink_inventories(
            self.intensities(self.provincial)["intensity"],
            self.mrio["output"],
            *(getattr(self.config.uncertainty, key) for key in keys),
        )
        return factors, dict(zip(keys, left, strict=True))

    @cached_property
    def rows(self) -> np.ndarray:
        """:func:`shares_of_rows` of the nation."""
        return shares_of_rows(self.dataset, self.mrio, self.provincial)

    def intensities(self, emissions: xr.DataArray) -> xr.Dataset:
        """:func:`without_households` with these emissions of provinces; no member changes it, since
        draws leave outputs of provinces as they are.
        """
        own = self.dataset.tables
        lists = {name: own[name] for name in ("inventory_sectors", "bridge", "fuels", "sectors")}
        city = self.dataset.inventory_city
        return without_households(self.mrio["output"], emissions, city, lists, own["regions"])

    @cached_property
    def rates(self) -> tuple[xr.Dataset, xr.Dataset]:
        """:meth:`intensities` of the printed emissions and of the expected ones."""
        return self.intensities(self.provincial), self.intensities(self.expected)

    @cached_property
    def provincial(self) -> xr.DataArray:
        """Emissions of the provinces, which no member changes."""
        own = self.dataset.tables
        return provincial_emissions(self.dataset.inventory, own["inventory_sectors"], own["fuels"])

    @cached_property
    def structure(self) -> pd.Series:
        """Region -> structure of the main estimate; a member's are found anew from its accounts,
        and named by the same rule.
        """
        own = self.dataset.tables
        made = at_basic_prices(self.footprints["value_added"], self.mrio, own["regions"])
        found = structures(made, own["regions"], own["sectors"], self.config.groups, beside=False)
        return next(iter(found.values())).labels


def member_config(
    config: Config, drawn: Mapping[str, float], scenarios: Mapping[str, float] | None = None
) -> Config:
    """The ensemble's method with the drawn keys of `cities` in place (none for member 0), and the
    fast solver.

    `scenarios`: factors on keys of `scenarios` that are given (where they are not, benchmarks.csv
    has the drawn value).
    """
    keys = {**config.of_ensemble.cities.model_dump(), **drawn}
    if "demand_weight" in drawn and keys["demand"] == "ratio":
        keys["demand"] = "blend"
    changed: dict[str, Any] = {"cities": type(config.cities).model_validate(keys)}
    changed["scenarios"] = config.scenarios.model_copy(
        update={
            key: target_values * factor
            for key, factor in (scenarios or {}).items()
            if (target_values := getattr(config.scenarios, key)) is not None
        }
    )
    return config.in_memory.model_copy(update=changed)


def kept(
    result: Estimate | Estimated,
    dataset: DatasetFolder,
    config: Config,
    structure: pd.Series,
    targets: pd.DataFrame | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Regions' and headline numbers of an estimate; `structure`: that of the main estimate by
    region.

    Returns
    -------
    regions
        region, the columns `REGION`, quintile, super_emitter, `SAME_STRUCTURE` (1 or 0), and in
        columns 0, 1, ... the `SUPPLIERS` regions that emit most for its consumption.
    numbers
        quantity, value, unit: the numbers of headline.csv by the same functions, those of
        variants.csv, parts of the inter-city share, scenario savings, means of quintiles, cells of
        tables (:mod:`.intervals`), and our value of every number the paper prints (`paper: <id>`).
    """
    own = dataset.tables
    made = group_inputs(result, dataset).value_added
    clusters = structures(made, own["regions"], own["sectors"], config.groups, beside=False)
    tables = analysis_tables(result, dataset, config, clusters)
    regions = tables["regions"]
    tables["intercity"] = intercity(result.footprints, dataset.tables["regions"])
    results = Results(tables, dataset.info)
    numbers = [
        estimated(results),
        headline(result.footprints, own["regions"], result.nested.roles, tables["intercity"]),
    ]
    parts = tables["intercity"].set_index("component")["share"]
    cities = regions[is_city(regions)]
    means = {
        "per capita": ("per_capita_t", "t CO2"),
        "affluence": (affluence_column(config.groups), "USD"),
    }
    quintile, emitters = cities["quintile"].to_numpy(object), [*cities["super_emitter"]]
    extra = [
        ("embodied flows: inter-city share", float(1 - parts["same_city"]) * 100, "%"),
        *(
            (f"saving: {scenario}", amount, "Mt CO2")
            for scenario, amount in zip(
                *(tables["scenarios"][name] for name in ("scenario", "saving_mt")), strict=True
            )
        ),
        *(
            (f"{name}: {q}", float(cities[column].to_numpy()[quintile == q].mean()), unit)
            for name, (column, unit) in means.items()
            for q in sorted(set(quintile))
        ),
        *(
            (f"super-emitters: {name}", float(emitters.count(name)), "cities")
            for name in CODES["super_emitter"][2:]
        ),
    ]
    if targets is not None:
        extra += [
            (f"paper: {name}", value, unit) for name, value, unit in target_values(targets, results)
        ]
    numbers = pd.concat(
        [*numbers, pd.DataFrame(extra, columns=["quantity", "value", "unit"]), cells(tables)],
        ignore_index=True,
    )
    same = regions["structure"].eq(regions["region"].map(structure)).astype(float)
    columns = {SAME_STRUCTURE: same, **_savings(tables, regions["region"].tolist())}
    named = ["region", *REGION, "quintile", "super_emitter", SAME_STRUCTURE]
    kept_suppliers = pd.DataFrame(_suppliers(result.footprints, regions["region"].tolist()))
    return regions.assign(**columns)[named].join(kept_suppliers), numbers


def _savings(tables: Mapping[str, pd.DataFrame], codes: list[str]) -> dict[str, np.ndarray]:
    """Columns `SAVINGS` by region, of the quoted scenarios; 0 where a city does nothing, blank
    where there is no such scenario.
    """
    quoted, cities = (
        tables["scenarios"][tables["scenarios"]["headline"].astype(bool)],
        tables["scenario_cities"],
    )
    kinds = zip(quoted["side"], quoted["depth"], strict=True)
    names = dict(zip(kinds, quoted["scenario"], strict=True))
    own = dict(
        zip(
            zip(cities["scenario"], cities["region"], strict=True),
            cities["saving_mt"],
            strict=True,
        )
    )
    # a scenario in which no city does anything has no rows here
    return {
        column: np.array(
            [own.get((names.get(kind), code), 0.0 if kind in names else np.nan) for code in codes]
        )
        for column, kind in SAVINGS.items()
    }


def _suppliers(footprints: xr.Dataset, codes: list[str]) -> np.ndarray:
    """Positions (region, `SUPPLIERS`) of the other regions that emit most for a region's
    consumption, -1 without emissions.
    """
    flows = values_of(pairs(footprints), origin=codes, destination=codes).T.copy()
    np.fill_diagonal(flows, 0.0)
    order = np.argsort(-flows, axis=1, kind="stable")[:, :SUPPLIERS]
    found = np.full((len(codes), SUPPLIERS), -1)
    found[:, : order.shape[1]] = np.where(np.take_along_axis(flows, order, axis=1) > 0, order, -1)
    return found


def _supplied(footprints: xr.Dataset, codes: list[str], suppliers: np.ndarray) -> np.ndarray:
    """What `suppliers` (region, `SUPPLIERS`) emit for the consumption of each region, Mt CO2; NaN
    where there is none.
    """
    flows = values_of(pairs(footprints), origin=codes, destination=codes)
    amounts = flows[suppliers, np.arange(len(codes))[:, None]] * MT
    return np.where(suppliers >= 0, amounts, np.nan)


@plain_text()
@one_blas_thread
def run_members(
    context: Context, members: Iterable[int], watch: Callable[[int, Estimate], None] | None = None
) -> tuple[xr.Dataset, pd.DataFrame, xr.Dataset]:
    """Run members of the ensemble; member 0 is the estimate itself, nothing drawn. `watch` is shown
    every estimate.

    Draws that contradict what is kept exactly (a province's table, its totals) have no estimate:
    such a member is left out, logged and counted (`REJECTED`), so that the ensemble is one of draws
    that are possible. Its draws are kept, and where it failed.

    Returns
    -------
    regions
        dims member, region: the columns `REGION` (blank where a member is left out); `quintile` and
        `super_emitter` as positions in `CODES`; `SUPPLIER`, `MAIN_SUPPLIER` and `SUPPLIED` (dim
        rank); draws by region.
    numbers
        member, quantity, value, unit; draws of parameters as quantities `draw: <name>`; of members
        left out only these, `REJECTED`, and `REASON` with the place.
    accounts
        What statistics would show of every member with an estimate
        (:func:`.observable.observable`), with dim member; empty without any.
    """
    parts, rows, accounts = dict[int, xr.Dataset](), [], dict[int, xr.Dataset]()
    members = [*members]
    for place, member in enumerate(members, 1):
        began = time.monotonic()
        parts[member], numbers, observed = _run(context, member, watch)
        took = time.monotonic() - began
        LOG.info(
            "Member %d (%d of %d)  %.1f s", member, place, len(members), took
        )  # for the terminal
        rows.append(numbers.assign(member=member))
        if observed is not None:
            accounts[member] = observed
    numbers = pd.concat(rows, ignore_index=True)[["member", "quantity", "value", "unit"]]
    return _joined(parts), numbers, _joined(accounts) if accounts else xr.Dataset()


def _joined(parts: Mapping[int, xr.Dataset]) -> xr.Dataset:
    """Datasets of members as one."""
    return xr.concat([*parts.values()], pd.Index([*parts], name="member"))


def _nothing(dataset: DatasetFolder) -> pd.DataFrame:
    """Columns of regions without an estimate."""
    codes: dict[Any, Any] = {"region": dataset.tables["regions"]["region"]}
    blank = dict.fromkeys([*REGION, SAME_STRUCTURE], np.nan) | dict.fromkeys(CODES, "")
    return pd.DataFrame(codes | blank | dict.fromkeys(range(SUPPLIERS), -1))


def _run(
    context: Context, member: int, watch: Callable[[int, Estimate], None] | None
) -> tuple[xr.Dataset, pd.DataFrame, xr.Dataset | None]:
    """One member of :func:`run_members`; its estimate is gone before the next one is made."""
    config = context.config
    drawn = draw(context.dataset, context.uncertainty, member, context.rows) if member else None
    observed = supplied = None
    try:
        result = _estimate(context, drawn)
    except (BalanceError, CertificateError, InfeasibleError) as error:
        if drawn is None:
            raise
        LOG.warning("member %d is left out, its draws have no estimate: %s", member, error)
        places = [REJECTED, f"{REASON}{error.where or type(error).__name__}"]
        regions = _nothing(context.dataset)
        numbers = pd.DataFrame({"quantity": places, "value": 1.0, "unit": "members"})
    else:
        dataset = drawn.dataset if drawn else context.dataset
        settings = member_config(config, {}, drawn.scenarios) if drawn else config
        regions, numbers = kept(result, dataset, settings, context.structure, context.targets)
        observed = observable(result)
        codes = dataset.tables["regions"]["region"].tolist()
        supplied = _supplied(result.footprints, codes, context.suppliers)
        if watch:
            watch(member, result)
    by_region = drawn.by_region | context.indices(drawn) if drawn else None
    drawn_numbers = drawn.numbers if drawn else {}
    extra = {
        "quantity": [f"draw: {n}" for n in drawn_numbers],
        "value": [*drawn_numbers.values()],
        "unit": "",
    }
    return (
        _labelled(regions, by_region, context.suppliers, supplied),
        pd.concat([numbers, pd.DataFrame(extra)], ignore_index=True),
        observed,
    )


def _estimate(context: Context, drawn: Draw | None) -> Estimate:
    """The chain with the inputs of a member (None: nothing drawn)."""
    if drawn is None:
        known = {"provincial": context.provincial, "keep_category": False}
        return estimate(context.dataset, member_config(context.config, {}), context.mrio, **known)
    settings, factors = member_config(context.config, drawn.cities), drawn.factors
    given: dict[str, Any] = {"mrio": context.mrio, "system": context.system}
    if context.system is not None and context.mrio.attrs.get("trade") != GIVEN:
        provinces = settings.provinces.model_copy(update=drawn.provinces)
        settings = settings.model_copy(update={"provinces": provinces})
        hauling = factors["hauling"] * context.hauling[0]
        system = drawn_system(
            context.system, hauling, factors["province_demand"], provinces.trade_cap
        )
        given = {"system": system, "trade_factors": factors["flows"]}
    rates = context.rates if settings.cities.totals_enter_outputs else (None, None)
    known = known_of(drawn.dataset, settings, intensities=rates[0], **given)
    given = run_steps(known, "system", "mrio", "priors")
    given |= {"provincial": context.expected, "intensities": rates[1]}
    given["keep_category"] = False  # no number of a member tells flows by category
    if rates[1] is not None:
        own = drawn.dataset.tables
        people = own["inventory_sectors"], own["regions"]
        given["intensities"] = rates[1].assign(
            households_of_cities(context.expected.sum("fuel"), *people)
        )
    if given["priors"] is not None:
        given["priors"] = member_priors(given["priors"], drawn.errors, drawn.scales)
    given["inventory_draw"] = drawn.inventories
    return estimate(drawn.dataset, settings, **given, factors=factors)


def _labelled(
    regions: pd.DataFrame,
    by_region: Mapping[str, np.ndarray] | None,
    suppliers: np.ndarray,
    supplied: np.ndarray | None,
) -> xr.Dataset:
    ranked = ("region", "rank")
    data = {
        **{
            name: array(regions[name].to_numpy(float), ("region",), unit, name)
            for name, unit in REGION.items()
        },
        SAME_STRUCTURE: array(
            regions[SAME_STRUCTURE].to_numpy(float),
            ("region",),
            "1",
            "1: the main estimate's structure",
        ),
        **{
            name: array(
                [values.index(v) for v in regions[name]], ("region",), "1", f"position in {values}"
            )
            for name, values in CODES.items()
        },
        SUPPLIER: array(
            regions[[*range(SUPPLIERS)]].to_numpy(np.int32),
            ranked,
            "1",
            "regions that emit most for its consumption, as positions; -1: none",
        ),
        MAIN_SUPPLIER: array(
            suppliers.astype(np.int32),
            ranked,
            "1",
            "the same by the ensemble's method without draws",
        ),
        SUPPLIED: array(
            np.full(suppliers.shape, np.nan) if supplied is None else supplied,
            ranked,
            "Mt CO2",
            "what the main estimate's largest suppliers emit for its consumption",
        ),
    }
    for name in inputs.region_columns():
        drawn = np.zeros(len(regions)) if by_region is None else by_region[name]
        data[f"draw_{name}"] = array(drawn, ("region",), "1", f"draw of {name}")
    return xr.Dataset(data, coords={"region": regions["region"].tolist()})


def observable(result: Estimate) -> xr.Dataset:
    """Accounts of all cities as statistics would show them, in single precision (a draw has no more
    than three digits).

    Returns
    -------
    Dataset
        Money: ``output``, ``value_added``, ``exports``, ``final_products`` (final demand by
        product, without stock changes) (region, sector); ``final_demand`` (region, category),
        imports included, stock changes 0; ``imports`` (region). t CO2: ``emissions`` (region,
        sector), ``emissions_row`` (region, inventory_sector), ``emissions_total`` (region),
        households' own included.
    """
    footprints, inventory, accounts = result.footprints, result.inventory, result.accounts.values()
    unit, regions = footprints["output"].attrs["units"], footprints["region"].values
    sectors, uses = footprints["sector"].values, next(iter(accounts))["use"].values
    stocks = [category for category, role in result.nested.roles.items() if role == "stock_changes"]
    use = footprints["final_demand_total"]
    total = (
        inventory["emissions"].sum("sector")
        + inventory["orphan"].sum("sector")
        + inventory["household_emissions"]
    )
    found = {
        "output": (footprints["output"], unit, "output"),
        "value_added": (footprints["value_added"], unit, "value added"),
        "exports": (
            join_regions(accounts, "exports", sector=sectors).sel(region=regions),
            unit,
            "exports abroad",
        ),
        "final_products": (
            join_regions(accounts, "final_demand", sector=sectors).sel(region=regions),
            unit,
            "final demand by product, without stock changes",
        ),
        "final_demand": (
            use.where(~use["category"].isin(stocks), 0.0),
            unit,
            "final demand by category, imports included",
        ),
        "imports": (
            join_regions(accounts, "imports", use=uses).sum("use").sel(region=regions),
            unit,
            "imports from abroad",
        ),
        "emissions": (
            inventory["emissions"].sel(region=regions, sector=sectors),
            EMISSIONS,
            "emissions of sectors",
        ),
        "emissions_row": (
            inventory["emissions_inventory"].sel(region=regions),
            EMISSIONS,
            "emissions by row of the inventory",
        ),
        "emissions_total": (
            total.sel(region=regions),
            EMISSIONS,
            "emissions, households' own included",
        ),
    }
    data = {
        name: array(values.values.astype(np.float32), tuple(map(str, values.dims)), units, title)
        for name, (values, units, title) in found.items()
    }
    rows, categories = inventory["inventory_sector"].values, footprints["category"].values
    return xr.Dataset(
        data,
        {"region": regions, "sector": sectors, "category": categories, "inventory_sector": rows},
    )
