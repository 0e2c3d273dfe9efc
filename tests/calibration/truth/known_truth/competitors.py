"""Competitors of the literature: tables of the cities by rules that are told exactly what the
methods are told.

A city has a share of its province's output in every sector: in the output that is told, else in the
value added of the industry that is told. It has the same share of the province's exports, imports
and error account. Its industries use the province's technology; its final demand follows its
intermediate use (the ratio rule of the study's source); what it takes from other provinces and
sells to them is in proportion. Rules differ in what a city takes from whom inside its province.
Rows need not balance: such rules do not promise it.

    zeros        nothing is traded between cities of a province
    slq          a city supplies min(1, SLQ_i) of what it needs, SLQ_i = (x_i^s / x^s) / (x_i / x)
                 (Miller and Blair 2009, Input-Output Analysis, chapter 8)
    flq          min(1, SLQ_i / SLQ_j log2(1 + x^s / x)^delta), SLQ_i on the diagonal and for final
    demand (Flegg and Webber 1997,
                 Regional Studies 31; Flegg and Tohmo 2013, Regional Studies 47). delta is the best
                 one on the system that is judged: an upper bound for the rule
    charm        cross-hauling in proportion to supply and demand (Kronenberg 2009, International
    Regional Science Review 32), as
                 far as both reach (Többen and Kronenberg 2015, Economic Systems Research 27)
    borrowed     home shares of the other provinces gravity_ras  distance and border fitted one
    level up, scaled to supply and demand by RAS (Stone 1961) mr_gras      the cities as one pool,
    scaled to totals of rows, columns and provincial cells by MR-GRAS (Temurshoev, Miller and
                 Bouwmeester 2013, Economic Systems Research 25; Temurshoev, Oosterhaven and
                 Cardenete 2021, Spatial Economic Analysis 16)
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np
import pandas as pd

from citymrio.assessment.known_table import embodied_flows
from citymrio.base.tolerances import TINY
from citymrio.trade.distances import region_distances
from citymrio.trade.priors.kernel import border_kernel
from citymrio.trade.priors.table import BORDER, by_parameter, prior_values

from .as_dataset import System
from .table import KnownTable

#: Exponents of FLQ out of which the best is taken.
DELTAS = tuple(np.linspace(0.0, 1.0, 21).round(2).tolist())


@dataclass(frozen=True)
class Facts:
    """What a rule is told, as arrays; nothing else of the truth.

    Attributes
    ----------
    cells
        Table of the provinces (province, sector, province, use), sectors before categories of final
        demand.
    place
        (region,): position of its province.
    share
        (region, sector): its part of the province's output.
    use
        (region, sector, use): its part of what the province uses.
    output, sold, bought
        (region, sector): output; what the system of all regions buys of it, and sells to it
        (without imports and value added).
    emissions
        (region, sector).
    stock
        Position of stock changes among the uses.
    regions
        region, lon, lat.
    theta, border
        (sector,): distance exponent and preference for home one level up; NaN without priors.
    """

    cells: np.ndarray
    place: np.ndarray
    share: np.ndarray
    use: np.ndarray
    output: np.ndarray
    sold: np.ndarray
    bought: np.ndarray
    emissions: np.ndarray
    stock: int
    regions: pd.DataFrame
    theta: np.ndarray
    border: np.ndarray

    @classmethod
    def of(cls, system: System) -> Self:
        """Read what a system tells: its provinces' tables and its observations."""
        mrio, table, sectors = system.mrio, system.table, system.table.sectors["sector"].tolist()
        codes = mrio["province"].values.tolist()
        place = np.array([codes.index(p) for p in table.regions["province"]])
        account = {
            n: mrio[n].transpose("province", "sector").values
            for n in ("output", "exports", "error", "value_added")
        }
        cells = mrio["table"].transpose("origin", "sector", "destination", "use").values
        imports = mrio["imports"].transpose("province", "use").values[:, : len(sectors)]
        told = pd.concat(system.dataset.observations.values(), ignore_index=True)
        names = table.regions["region"].tolist()
        added, output = (
            _told(told, "value_added", names, sectors),
            _told(told, "output", names, sectors),
        )
        size = np.where(
            table.is_city,
            np.nansum(_told(told, "value_added", names, sectors, spread=True), axis=1),
            1.0,
        )
        share = _shares(
            np.where(np.isfinite(output), output, np.where(np.isfinite(added), added, 0.0)),
            size,
            place,
        )
        # value added of a sector is known where it alone is told, else in proportion to output
        alone = _told(told[~told["sectors"].str.contains(";")], "value_added", names, sectors)
        known = np.where(
            np.isfinite(alone) & np.isfinite(output), alone, account["value_added"][place] * share
        )
        priors = [
            np.full(len(sectors), np.nan)
            if system.priors is None
            else prior_values(by_parameter(system.priors), n, sectors, table.name)
            for n in ("theta", BORDER)
        ]
        x = account["output"][place] * share
        return cls(
            cells,
            place,
            share,
            _uses(
                cells,
                place,
                share,
                size,
                len(sectors) + list(table.categories).index("stock_changes"),
            ),
            x,
            (account["output"] - account["exports"] - account["error"])[place] * share,
            x - known - imports[place] * share,
            _emissions(system, told, codes, place, share),
            len(sectors) + list(table.categories).index("stock_changes"),
            table.regions,
            *priors,
        )

    @property
    def provinces(self) -> list[np.ndarray]:
        """Positions of the regions of every province that has several."""
        groups = [np.flatnonzero(self.place == p) for p in range(len(self.cells))]
        return [members for members in groups if len(members) > 1]

    def local(self, members: np.ndarray) -> np.ndarray:
        """What cities of a province take of its own products (sector, city, use)."""
        p = self.place[members[0]]
        return self.cells[p, :, p][:, None] * self.use[members].transpose(1, 0, 2)

    def trade(self, amounts: np.ndarray) -> np.ndarray:
        """Sum over all uses but stock changes, the last axis."""
        return amounts.sum(axis=-1) - amounts[..., self.stock]


def footprint_level(facts: Facts, is_city: np.ndarray, emissions: np.ndarray) -> float:
    """What the provinces of the cities cause for what they emit, by the provinces' table;
    `emissions` (region, sector).
    """
    count, width = len(facts.cells), facts.output.shape[1]
    output, emitted = np.zeros((2, count, width))
    np.add.at(output, facts.place, facts.output)
    np.add.at(emitted, facts.place, emissions)
    flows = embodied_flows(output, facts.cells[..., :width], facts.cells[..., width:], emitted).sum(
        axis=0
    )
    own = np.unique(facts.place[is_city])
    return float(flows[:, own].sum() / max(emitted[own].sum(), TINY))


def _told(
    told: pd.DataFrame, quantity: str, names: list[str], sectors: list[str], spread: bool = False
) -> np.ndarray:
    """A quantity that is told (region, sector), the sum of a set at each of its sectors (`spread`:
    divided); NaN: not told.
    """
    values = np.full((len(names), len(sectors)), np.nan)
    for row in told[told["quantity"].eq(quantity)].itertuples():
        members = [sectors.index(code) for code in row.sectors.split(";")]
        values[names.index(row.region), members] = row.value / (len(members) if spread else 1)
    return values


def _shares(values: np.ndarray, size: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Parts of the province (region, ...): of values, where the province has any, else of size."""
    size = size.reshape(-1, *[1] * (values.ndim - 1))
    total, whole = (
        np.zeros((place.max() + 1, *values.shape[1:])),
        np.zeros((place.max() + 1, *size.shape[1:])),
    )
    np.add.at(total, place, values)
    np.add.at(whole, place, size)
    total, whole = total[place], whole[place]
    return np.divide(
        values,
        total,
        out=np.broadcast_to(size / np.maximum(whole, TINY), values.shape).copy(),
        where=total > 0,
    )


def _uses(
    cells: np.ndarray, place: np.ndarray, share: np.ndarray, size: np.ndarray, stock: int
) -> np.ndarray:
    """Part of every region in what its province uses (region, sector, use)."""
    width = share.shape[1]
    total = cells.sum(axis=0).transpose(1, 0, 2)[place]  # (region, sector, use)
    need = np.einsum("rij,rj->ri", total[:, :, :width], share)
    use = np.repeat(_shares(need, size, place)[:, :, None], total.shape[2], axis=2)
    use[:, :, :width], use[:, :, stock] = share[:, None], share
    return use


def _emissions(
    system: System, told: pd.DataFrame, codes: list[str], place: np.ndarray, share: np.ndarray
) -> np.ndarray:
    """The provinces' emissions by sector in proportion to output, scaled by RAS to the totals that
    cities are told.
    """
    own = (
        system.provincial.sum("fuel")
        .transpose("province", "inventory_sector")
        .sel(province=codes)
        .values[place]
        * share
    )
    total = told[told["quantity"].eq("emissions")].set_index("region")["value"]
    rows = system.table.regions["region"].map(total).to_numpy(float)
    rows = np.where(np.isfinite(rows), rows, own.sum(axis=1))
    for p in np.unique(place):
        members = place == p
        wanted = rows[members] * (own[members].sum() / max(rows[members].sum(), TINY))
        own[members] = ras(own[members], wanted, own[members].sum(axis=0))
    return own


def ras(
    prior: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    *,
    steps: int = 2000,
    tolerance: float = 1e-9,
) -> np.ndarray:
    """Biproportional scaling of matrices (..., r, s) to sums (..., r) and (..., s), as near as
    `steps` rounds come.
    """
    result, scale = prior.copy(), max(rows.sum(), TINY)
    for _ in range(steps):
        have = result.sum(axis=-1)
        result *= np.divide(rows, have, out=np.zeros_like(have), where=have > 0)[..., None]
        have = result.sum(axis=-2)
        result *= np.divide(columns, have, out=np.zeros_like(have), where=have > 0)[..., None, :]
        if np.abs(result.sum(axis=-1) - rows).sum() <= tolerance * scale:
            break
    return result


def mr_gras(
    prior: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    blocks: np.ndarray,
    place: np.ndarray,
    *,
    steps: int = 500,
    tolerance: float = 1e-9,
) -> np.ndarray:
    """MR-GRAS: a multi-regional table with entries of both signs scaled to totals of rows, columns
    and blocks.

    Every total u is met in turn: of what is positive and negative in it, P and N, it leaves l P - N
    / l = u, that is l = (u + sqrt(u^2 + 4 P N)) / (2 P), or -N / u where nothing is positive. Signs
    are kept. Where totals contradict one another it goes on until nothing moves.

    Parameters
    ----------
    prior
        (region, sector, region, use).
    rows, columns
        (region, sector) and (region, use); NaN: not known.
    blocks
        (province, sector, province, use).
    place
        (region,): position of its province.
    """
    order = np.argsort(place, kind="stable")
    starts, back = np.searchsorted(place[order], np.arange(len(blocks))), np.argsort(order)
    plus = np.maximum(prior, 0.0)[order][:, :, order]
    minus = (
        np.maximum(-prior, 0.0)[order][:, :, order] if (prior < 0).any() else np.zeros((1, 1, 1, 1))
    )
    counts = np.diff([*starts, len(place)])
    scale = max(np.abs(blocks).sum(), TINY)

    def by_block(values: np.ndarray) -> np.ndarray:
        return (
            np.add.reduceat(np.add.reduceat(values, starts, axis=0), starts, axis=2)
            if values.size > 1
            else values
        )

    def spread(factor: np.ndarray) -> np.ndarray:
        return np.repeat(np.repeat(factor, counts, axis=0), counts, axis=2)

    families: list[tuple[Callable, Callable, np.ndarray]] = [
        (lambda v: v.sum(axis=(2, 3)), lambda factor: factor[:, :, None, None], rows[order]),
        (lambda v: v.sum(axis=(0, 1)), lambda factor: factor[None, None], columns[order]),
        (by_block, spread, blocks),
    ]
    gap = np.inf
    for _ in range(steps):
        before, gap = gap, 0.0
        for total, along, wanted in families:
            p, n = total(plus), np.broadcast_to(total(minus), wanted.shape)
            known = np.isfinite(wanted)
            gap = max(gap, float(np.abs(p - n - wanted)[known].sum()))
            u = np.where(known, wanted, 0.0)
            root = np.divide(u + np.sqrt(u**2 + 4 * p * n), 2 * p, out=np.ones_like(p), where=p > 0)
            alone = np.divide(-n, u, out=np.ones_like(p), where=(p == 0) & (u < 0))
            factor = np.where(known, np.where(p > 0, root, alone), 1.0)
            plus *= along(factor)
            if minus.size > 1:
                minus *= along(np.divide(1.0, factor, out=np.zeros_like(factor), where=factor > 0))
        if gap <= tolerance * scale or abs(before - gap) <= tolerance * scale:
            break
    return (plus - minus)[back][:, :, back]


def pool(facts: Facts) -> np.ndarray:
    """The proportional prior (region, sector, region, use): every cell of the provinces split by
    supply and by use.
    """
    cells = facts.cells[facts.place][:, :, facts.place]
    return cells * facts.share[:, :, None, None] * facts.use.transpose(1, 0, 2)[None]


def by_origin(own: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Where cities of a province take its products from, shares (origin, sector, city, use).

    Parameters
    ----------
    own
        (sector, city, use): the part that is its own. The rest is from the others in proportion to
        `weight`; where nobody else has any, all is its own.
    weight
        (origin, sector), or (origin, sector, city).
    """
    count = own.shape[1]
    others = np.repeat(weight[:, :, None], count, axis=2) if weight.ndim == 2 else weight.copy()
    n = np.arange(count)
    others[n, :, n] = 0.0
    rest = others.sum(axis=0)
    spread = np.divide(others, rest, out=np.zeros_like(others), where=rest > 0)
    own = np.where((rest > 0)[..., None], np.clip(own, 0.0, 1.0), 1.0)
    shares = spread[..., None] * (1 - own)[None]
    shares[n, :, n] = own.transpose(1, 0, 2)
    return shares


def placed(facts: Facts, inside: Callable[[Facts, np.ndarray], np.ndarray]) -> np.ndarray:
    """The pool with what cities of a province take from whom written anew by a rule; stock changes
    are a city's own.
    """
    table = pool(facts)
    for members in facts.provinces:
        local, n = facts.local(members), np.arange(len(members))
        flows = inside(facts, members) * local[None]
        flows[..., facts.stock] = 0.0
        flows[n, :, n, facts.stock] = local[..., facts.stock].T
        table[np.ix_(members, np.arange(local.shape[0]), members)] = flows
    return table


def zeros(facts: Facts, members: np.ndarray) -> np.ndarray:
    """All from the city itself."""
    return by_origin(np.ones((facts.share.shape[1], len(members), 1)), facts.share[members])


def slq_of(facts: Facts, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Simple location quotients (sector, city), and size of the cities (city,)."""
    x = facts.output[members]
    size, share = (
        x.sum(axis=1) / max(x.sum(), TINY),
        np.where(x.sum(axis=0) > 0, facts.share[members], 0.0),
    )
    return np.divide(
        share, size[:, None], out=np.zeros_like(share), where=size[:, None] > 0
    ).T, size


def slq(facts: Facts, members: np.ndarray) -> np.ndarray:
    """Simple location quotient."""
    return by_origin(slq_of(facts, members)[0][..., None], facts.share[members])


def flq(facts: Facts, members: np.ndarray, delta: float) -> np.ndarray:
    """Flegg's location quotient with an exponent delta."""
    simple, size = slq_of(facts, members)
    width, count = simple.shape
    own = np.repeat(simple[..., None], facts.use.shape[2], axis=2)
    cross = np.divide(
        simple[:, :, None],
        simple.T[None],
        out=np.zeros((width, count, width)),
        where=simple.T[None] > 0,
    )
    cross[np.arange(width), :, np.arange(width)] = simple
    own[..., :width] = cross
    return by_origin(own * (np.log2(1 + size) ** delta)[None, :, None], facts.share[members])


def best_delta(table: KnownTable, facts: Facts) -> float:
    """The exponent of FLQ with the smallest error of deliveries inside provinces: no other rule may
    look at the truth.
    """
    true, errors = table.trade(), dict.fromkeys(DELTAS, 0.0)
    for members in facts.provinces:
        local, off = facts.local(members), ~np.eye(len(members), dtype=bool)
        known = true[:, members][:, :, members]
        for delta in DELTAS:
            flows = facts.trade(flq(facts, members, delta) * local[None]).transpose(1, 0, 2)
            errors[delta] += float(np.abs(flows - known)[:, off].sum())
    return min(errors, key=lambda delta: errors[delta])


def heterogeneity(facts: Facts) -> np.ndarray:
    """Cross-hauling of the provinces as a share of supply and demand (sector,): h = q / (S + D), q
    = 2 min(outflow, inflow).
    """
    flows = facts.trade(facts.cells)  # (origin, sector, destination)
    home = np.einsum("pip->pi", flows)
    supply, demand = flows.sum(axis=2), flows.sum(axis=0).T
    crossed = 2 * np.minimum(supply - home, demand - home).sum(axis=0)
    whole = (supply + demand).sum(axis=0)
    return np.divide(crossed, whole, out=np.zeros_like(whole), where=whole > 0)


def charm(facts: Facts, members: np.ndarray) -> np.ndarray:
    """A city with supply S and demand D uses min(S, D) - q / 2 of its own, where q = h (S + D), at
    most 2 min(S, D).
    """
    p = facts.place[members[0]]
    sales = facts.trade(facts.cells[p]).sum(axis=1)  # (sector,)
    supply = facts.share[members].T * sales[:, None]
    demand = facts.trade(
        facts.cells[:, :, p].sum(axis=0)[:, None] * facts.use[members].transpose(1, 0, 2)
    )
    least = np.minimum(supply, demand)
    own = np.maximum(least - heterogeneity(facts)[:, None] * (supply + demand) / 2, 0.0)
    local = facts.trade(facts.local(members))
    part = np.divide(own, local, out=np.zeros_like(own), where=local > 0)
    return by_origin(part[..., None], (supply - own).T)


def borrowed(facts: Facts, members: np.ndarray) -> np.ndarray:
    """The city's home share of demand is that of all other provinces together; where there is none,
    that of its own province.
    """
    flows, p = facts.trade(facts.cells), facts.place[members[0]]
    home, demand = np.einsum("pip->pi", flows), flows.sum(axis=0).T
    others = np.arange(len(flows)) != p
    whole = demand[others].sum(axis=0)
    own = np.divide(home[p], demand[p], out=np.ones_like(home[p]), where=demand[p] > 0)
    lent = np.divide(home[others].sum(axis=0), whole, out=own.copy(), where=whole > 0)
    part = np.divide(lent, own, out=np.ones_like(own), where=own > 0)
    return by_origin(np.repeat(part[:, None, None], len(members), axis=1), facts.share[members])


def gravity_ras(facts: Facts, members: np.ndarray) -> np.ndarray:
    """exp(border [r = s]) d^-theta, scaled to what cities supply to their province and take from
    it.
    """
    demand = facts.trade(facts.local(members))
    supply = facts.share[members].T * demand.sum(axis=1, keepdims=True)
    prior = border_kernel(region_distances(facts.regions.iloc[members]), facts.theta, facts.border)
    flows = ras(prior * (supply > 0)[..., None] * (demand > 0)[:, None], supply, demand)
    own = np.einsum("iss->is", flows)
    whole = flows.sum(axis=1)
    return by_origin(
        np.divide(own, whole, out=np.zeros_like(own), where=whole > 0)[..., None],
        flows.transpose(1, 0, 2),
    )


def scaled_pool(facts: Facts) -> np.ndarray:
    """MR-GRAS from the pool: to what regions sell and what their industries buy, and to the
    provinces' cells.
    """
    columns = np.full((len(facts.place), facts.use.shape[2]), np.nan)
    columns[:, : facts.bought.shape[1]] = facts.bought
    return mr_gras(pool(facts), facts.sold, columns, facts.cells, facts.place)


#: Rules that say what a city takes from whom inside its province.
RULES: dict[str, Callable[[Facts, np.ndarray], np.ndarray]] = {
    "zeros": zeros,
    "slq": slq,
    "charm": charm,
    "borrowed": borrowed,
    "gravity_ras": gravity_ras,
}


def competitor(table: KnownTable, facts: Facts, name: str, delta: float) -> KnownTable:
    """The table of a rule in the form of the known one; `delta` is the exponent of FLQ."""
    rule = partial(flq, delta=delta) if name == "flq" else RULES.get(name)
    cells, width = placed(facts, rule) if rule else scaled_pool(facts), facts.output.shape[1]
    return replace(table, z=cells[..., :width], f=cells[..., width:], output=facts.output)
