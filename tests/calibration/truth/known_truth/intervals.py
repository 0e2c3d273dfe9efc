"""Intervals of the ensemble on a known table: how many of them hold the truth (docs/accuracy.md,
coverage.csv); and how far the estimate is from the truth in what the ensemble draws (spreads.csv).

The calibrated estimate, told the exact value added of three industries, is set beside the truth. A
spread is the root mean square of a log residual. The default spreads of `uncertainty` are such root
mean squares over the systems together; a system is judged with those of the other systems, so that
no interval is as wide as its own error.

    output_sd             output of goods within their industry     services_sd  the same of
    services productivity_sd       output of an industry, given its value added city_trade_sd
    trade between two cities, less effects of origin and destination own_trade_sd          trade of
    a city with itself, less the effects that its trade with other cities has openness_sd
    odds of the rest of the nation against the cities, on either side (each side counts alike)

Effects of origin and destination are what balancing adds: what is left of trade is what a draw puts
on its reference.

Those of trade are less their mean over the cities of a province, which border and distance exponent
are drawn for; a system whose trade is the work of a model (column `trade` of a list of systems) has
none.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from citymrio.assessment.ensemble.inputs import draw
from citymrio.assessment.ensemble.member import member_config, member_priors
from citymrio.assessment.known_table import embodied_flows
from citymrio.base.errors import BalanceError, CertificateError, InfeasibleError
from citymrio.base.methods import METHODS
from citymrio.base.projections import ratio, value_added_rates
from citymrio.chain.estimate import estimate
from citymrio.config.models import Config, Uncertainty
from citymrio.nested.flows import pairs
from citymrio.provinces.dispersion import LEAST_SHOWN

from .as_dataset import System
from .run import OWN_FIT, as_known, methods_of, own_priors
from .table import KnownTable

LOG = logging.getLogger(__name__)

#: Probabilities of the intervals that are judged.
LEVELS = (0.5, 0.8, 0.9)
#: What is known of provinces is exact: nothing of it is drawn. (Their trade and demand are a table,
#: which no draw enters.)
EXACT = {"inventory_sd": 0.0, "province_inventory_sd": 0.0, "province_row_sd": 0.0}
#: Methods whose intervals are judged -> keys of `uncertainty`: a run that fits its own priors fits
#: these spreads, too.
JUDGED: dict[str, dict[str, Any]] = {
    "calibrated": {},
    "calibrated_own": {"output_sd": None, "productivity_sd": None, "output_sd_sectors": {}},
    "paper": {},
}
#: What is judged: quantities of coverage.csv.
QUANTITIES = (
    "footprint of a city",
    "production emissions (total told)",
    "production emissions (total not told)",
    "home share of a city",
    "inter-city share",
    "deliveries inside a province",
    "deliveries across provinces",
    "embodied flows inside a province",
    "embodied flows across provinces",
    "output of a city",
    "output by sector",
    "final demand of a city",
    "final demand by product",
)


def judged(
    table: KnownTable, flows: np.ndarray, emissions: np.ndarray, has_total: np.ndarray
) -> dict[str, np.ndarray]:
    """The values that are judged, of a known or of an estimated table.

    Parameters
    ----------
    flows
        Embodied emissions (origin, destination).
    emissions
        Of production, (region,).
    has_total
        (region,): whether a city is told its emissions in all.
    """
    city, off = np.flatnonzero(table.is_city), ~np.eye(int(table.is_city.sum()), dtype=bool)
    place = table.regions["province"].to_numpy()[city]
    same = place[:, None] == place
    trade = table.trade()[:, :, city]  # (product, origin, city)
    use = table.f.sum(axis=0)[:, city][..., table.final].sum(axis=2).T  # (city, product)
    among, footprint = flows[np.ix_(city, city)], flows[:, city].sum(axis=0)
    values = (
        footprint,
        emissions[table.is_city & has_total],
        emissions[table.is_city & ~has_total],
        np.einsum("iss->s", trade[:, city]) / trade.sum(axis=(0, 1)),
        np.array([among[off].sum() / footprint.sum()]),
        *(
            values[pairs]
            for values in (trade[:, city].sum(axis=0), among)
            for pairs in (off & same, ~same)
        ),
        table.output[city].sum(axis=1),
        table.output[city].ravel(),
        use.sum(axis=1),
        use.ravel(),
    )
    return dict(zip(QUANTITIES, values, strict=True))


def truth_of(system: System) -> dict[str, np.ndarray]:
    """The true values of :func:`judged`."""
    table, stressor = system.table, system.stressor
    flows = embodied_flows(table.output, table.z, table.f, stressor).sum(axis=0)
    return judged(table, flows, stressor.sum(axis=1), system.has_total)


def estimated(system: System, number: int) -> tuple[KnownTable, xr.Dataset]:
    """The table of one member in the form of the known one, and its footprints; 0 is the estimate,
    nothing drawn.
    """
    drawn = draw(system.dataset, system.uncertainty, number) if number else None
    settings = member_config(system.config, drawn.cities if drawn else {})
    priors = system.priors if settings.cities.needs_priors else None
    factors = {}
    if drawn:
        factors = {"factors": drawn.factors, "inventory_draw": drawn.inventories}
    if drawn and priors is not None:
        priors = member_priors(priors, drawn.errors, drawn.scales)
    dataset = drawn.dataset if drawn else system.dataset
    result = estimate(
        dataset, settings, system.mrio, adopted=priors, provincial=system.provincial, **factors
    )
    return as_known(result.nested, system.table), result.footprints


def member(system: System, number: int) -> dict[str, np.ndarray]:
    """The values of :func:`judged` of one member; 0 is the estimate, nothing drawn."""
    table, footprints = estimated(system, number)
    order = table.regions["region"].tolist()
    flows = (
        pairs(footprints)
        .transpose("origin", "destination")
        .sel(origin=order, destination=order)
        .values
    )
    return judged(table, flows, footprints["pba"].sel(region=order).values, system.has_total)


def counted(
    members: np.ndarray, truth: np.ndarray, level: float, estimate: np.ndarray
) -> dict[str, float]:
    """How many intervals hold the truth.

    Parameters
    ----------
    members
        (member, value).
    truth, estimate
        (value,): the truth, and the estimate without draws.
    level
        Probability of the intervals.

    Returns
    -------
    dict
        values (how many), inside (their share), inside_by_size (weighted by the true size),
        truth_below, truth_above (shares), width (median, relative to the truth where it is not 0),
        error (of the estimate, likewise).
    """
    low, high = np.quantile(members, [(1 - level) / 2, (1 + level) / 2], axis=0)
    below, above, size = truth < low, truth > high, np.abs(truth)
    inside, some = ~(below | above), size > 0
    return {
        "values": len(truth),
        "inside": float(inside.mean()),
        "inside_by_size": float(size[inside].sum() / size.sum()) if some.any() else np.nan,
        "truth_below": float(below.mean()),
        "truth_above": float(above.mean()),
        "width": float(np.median((high - low)[some] / size[some])) if some.any() else np.nan,
        "error": float(np.median(np.abs(estimate - truth)[some] / size[some]))
        if some.any()
        else np.nan,
    }


def run_intervals(system: System, members: int) -> tuple[pd.DataFrame, int]:
    """How many intervals hold the truth, and how many members are left out since their draws
    contradict what is kept exactly.

    Returns
    -------
    coverage
        quantity, level, and the columns of :func:`counted`.
    left_out
        Members without an estimate.
    """
    found, left_out = [], 0
    for number in range(1, members + 1):
        try:
            found.append(member(system, number))
        except (BalanceError, CertificateError, InfeasibleError) as error:
            LOG.warning("member %d is left out, its draws have no estimate: %s", number, error)
            left_out += 1
    truth, central = truth_of(system), member(system, 0)
    drawn = {quantity: np.array([values[quantity] for values in found]) for quantity in truth}
    rows = [
        {
            "quantity": quantity,
            "level": level,
            **counted(drawn[quantity], true, level, central[quantity]),
        }
        for quantity, true in truth.items()
        if len(true)
        for level in LEVELS
    ]
    return pd.DataFrame(rows), left_out


def coverage_of(
    table: KnownTable,
    priors: pd.DataFrame | None,
    uncertainty: Uncertainty,
) -> pd.DataFrame:
    """coverage.csv of a system: by method, quantity and level how many intervals hold the truth.

    Parameters
    ----------
    priors
        Of the calibrated method; without any, it is left out.
    uncertainty
        How many members, and what they draw.

    Returns
    -------
    DataFrame
        method, the columns of :func:`run_intervals`, members (with an estimate), left_out,
        stressor, the spreads that were given (blank: fitted by the run).
    """
    parts = []
    possible = methods_of(table, priors)
    for method in (one for one in JUDGED if one in possible):
        name = "paper" if method == "paper" else "calibrated"
        drawn = uncertainty.model_copy(update={"method": name, **EXACT, **JUDGED[method]})
        config = Config(cities=METHODS[name], uncertainty=drawn)
        system = System.of(table, priors, config)
        if method in OWN_FIT:
            system = replace(system, priors=own_priors(system, config))
        rows, left_out = run_intervals(system, uncertainty.members)
        about = {
            "members": uncertainty.members - left_out,
            "left_out": left_out,
            "stressor": system.words,
            **{name: getattr(drawn, name) for name in SPREADS},
            "services_sd": drawn.output_sd_sectors.get("services"),
        }
        parts.append(rows.assign(method=method, **about)[["method", *rows, *about]])
    return pd.concat(parts, ignore_index=True)


#: An account of less than this part of all output is none: its observation would speak of
#: round-off.
LEAST = 1e-4

#: Spreads that are keys of `uncertainty`; that of services is one of `output_sd_sectors`.
SPREADS = ("output_sd", "productivity_sd", "city_trade_sd", "own_trade_sd", "openness_sd")
TRADE = {
    "city_trade_sd": ("pair of cities",),
    "own_trade_sd": ("home",),
    "openness_sd": ("sold outside", "bought outside"),
}
#: Fewest cities of a province whose trade has residuals.
CITIES = 3


def spreads(
    table: KnownTable, priors: pd.DataFrame | None, *, modelled_trade: bool = False
) -> pd.DataFrame:
    """Spreads of a system: spread, part, sd, values (how many residuals); no row without priors of
    the calibrated method.

    `modelled_trade`: who sells to whom is the work of a model, so that trade has no residuals.
    """
    if priors is None:
        return as_rows(())
    told = {"method": "calibrated", "observed_sd": 0.0, "emissions_sd": 0.0, **EXACT}
    system = System.of(table, priors, Config(cities=METHODS["calibrated"], uncertainty=told))
    found, _ = estimated(system, 0)
    trade = () if modelled_trade else trade_residuals(_among(found, system.table))
    return as_rows([*_outputs(found, system.table), *trade])


def as_rows(residuals: Iterable[tuple[str, str, np.ndarray]]) -> pd.DataFrame:
    """spread, part, sd, values of the residuals of every part that has any."""
    rows = [
        (spread, part, float(np.sqrt(np.mean(np.square(r)))), len(r))
        for spread, part, r in residuals
        if len(r)
    ]
    return pd.DataFrame(rows, columns=["spread", "part", "sd", "values"])


def _outputs(guess: KnownTable, true: KnownTable) -> Iterator[tuple[str, str, np.ndarray]]:
    """Residuals of outputs: by sector within the value added of its industry (cells of at least
    `LEAST` of a city's output), and of industries. What that sum holds of a sector is given back,
    as if all varied alike: draws meet it, too.
    """
    city, industries = true.is_city, true.sectors["industry"].to_numpy()
    worth = value_added_rates(true.value_added[city].sum(axis=0), true.output[city].sum(axis=0))
    levels, mix = [], np.full(true.output[city].shape, np.nan)
    for industry in np.unique(industries):
        own = industries == industry
        x, y = ((table.output[city] * worth)[:, own] for table in (guess, true))
        some = (x.sum(axis=1) > 0) & (y.sum(axis=1) > 0)
        level = np.log(y[some].sum(axis=1) / x[some].sum(axis=1))
        levels.append(level)
        if own.sum() > 1:
            made = true.output[city]
            large = (made[:, own] > LEAST * made.sum(axis=1, keepdims=True)) & (x > 0)
            residual = np.full(x.shape, np.nan)
            residual[large] = np.log(y[large] / x[large])
            residual[some] -= level[:, None]
            share = ratio(x, x.sum(axis=1, keepdims=True))
            left = 1 - 2 * share + np.vecdot(share, share)[:, None]
            mix[:, own] = residual / np.sqrt(np.maximum(left, LEAST_SHOWN))
    for spread, chosen in (("output_sd", true.goods), ("services_sd", ~true.goods)):
        values = mix[:, chosen]
        yield spread, "within its industry", values[np.isfinite(values)]
    yield "productivity_sd", "given value added", np.concatenate(levels)


def _among(guess: KnownTable, true: KnownTable) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Truth and estimate of the trade among the cities of a province and with the regions outside,
    which come last together.
    """
    places, outside = true.regions["province"].to_numpy(), np.flatnonzero(~true.is_city)
    both = [table.trade().sum(axis=0) for table in (true, guess)]  # (origin, destination)
    for province in np.unique(places[true.is_city]):
        own = np.flatnonzero(places == province)
        truth, estimate = (
            np.block(
                [
                    [t[np.ix_(own, own)], t[np.ix_(own, outside)].sum(axis=1)[:, None]],
                    [t[np.ix_(outside, own)].sum(axis=0), np.zeros(1)],
                ]
            )
            for t in both
        )
        yield truth, estimate


def trade_residuals(
    provinces: Iterable[tuple[np.ndarray, np.ndarray]],
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Residuals of trade, all products together: spread, part, residuals.

    Parameters
    ----------
    provinces
        By province, truth and estimate of the trade among its cities and with the rest of the
        nation, which comes last.
    """
    parts: dict[str, list[np.ndarray]] = {name: [] for names in TRADE.values() for name in names}
    chance = 0.0
    for both in provinces:
        count = len(both[0]) - 1
        if count < CITIES:
            continue
        pair, home, noise = _interplay(_logs(*(t[:count, :count] for t in both)))
        parts["pair of cities"].append(pair)
        parts["home"].append(home)
        chance += noise
        parts["sold outside"].append(
            _around_mean(_logs(*(t[:count, -1] / t[:count, :count].sum(axis=1) for t in both)))
        )
        parts["bought outside"].append(
            _around_mean(_logs(*(t[-1, :count] / t[:count, :count].sum(axis=0) for t in both)))
        )
    for spread, names in TRADE.items():
        for name in names:
            found = np.concatenate(parts[name]) if parts[name] else np.empty(0)
            if name == "home" and found.any():
                found = found * np.sqrt(max(1 - chance / (found**2).sum(), 0.0))
            yield spread, name, found


def _logs(true: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """log(true / guess), NaN where one is not above 0."""
    known = (true > 0) & (guess > 0)
    return np.log(np.where(known, true, np.nan) / np.where(known, guess, 1.0))


def _around_mean(log: np.ndarray) -> np.ndarray:
    """Known values less their mean, scaled to the degrees of freedom."""
    known = log[np.isfinite(log)]
    return (
        (known - known.mean()) * np.sqrt(len(known) / (len(known) - 1))
        if len(known) > 1
        else np.empty(0)
    )


def _interplay(log: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """What the effects of origin and destination that pairs tell leave of a matrix with gaps: of
    pairs, of cities with themselves (less their mean), both scaled to the degrees of freedom; and
    how much of the squares of the latter is chance of these effects.
    """
    known = np.isfinite(log)
    origin, destination = np.nonzero(known)
    design = np.zeros((len(origin), 2 * len(log)))
    design[np.arange(len(origin)), origin] = design[
        np.arange(len(origin)), len(log) + destination
    ] = 1.0
    pair = origin != destination
    rank = np.linalg.matrix_rank(design[pair])
    if pair.sum() <= rank:
        return np.empty(0), np.empty(0), 0.0
    effects = np.linalg.pinv(design[pair])
    left = log[known] - design @ (effects @ log[known][pair])
    pairs = left[pair] * np.sqrt(pair.sum() / (pair.sum() - rank))
    # a city that trades with few others may have effects that they do not tell
    told = ~pair & np.isclose(design @ effects @ design[pair], design).all(axis=1)
    if not len(own := _around_mean(left[told])):
        return pairs, own, 0.0
    weights = design[told] @ effects
    chance = np.square(weights - weights.mean(axis=0)).sum() * np.square(pairs).mean()
    return pairs, own, float(chance * len(own) / (len(own) - 1))


def pool_spreads(systems: Sequence[pd.DataFrame], members: int) -> Uncertainty:
    """The ensemble with the spreads of some systems together: every system, and in it every part,
    counts alike.

    Parameters
    ----------
    systems
        Tables of :func:`spreads` with the column `basis`; invented countries do not count. A spread
        that none of them has is that of the configuration's default.
    """
    real = [table[table["basis"].ne("invented")] for table in systems]
    whole = (
        pd.concat([table.assign(square=table["sd"].astype(float) ** 2) for table in real])
        if real
        else pd.DataFrame()
    )
    if whole.empty:
        return Uncertainty(members=members)
    by_system = whole.groupby(["system", "spread"])["square"].mean()
    sd = (by_system.groupby("spread").mean() ** 0.5).to_dict()
    spreads = {name: float(sd[name]) for name in SPREADS if name in sd}
    services = (
        {"output_sd_sectors": {"services": float(sd["services_sd"])}} if "services_sd" in sd else {}
    )
    return Uncertainty(members=members, **spreads, **services)
