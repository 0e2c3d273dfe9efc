"""Scores of an estimated system against the known one (docs/accuracy.md): quantities
<what>_<measure>.

    z           tables of the cities (product x industry, all origins together)
    output      outputs of the cities by sector
    demand      their final demand by product, all origins together, stock changes left out
    own_use     what a city uses of its own products, T_i^ss
    flows       deliveries T_i^rs between different cities, stock changes left out
    embodied    emissions of region r in the final demand of region s, r != s
    *_inside    of these, between cities of one province
    *_across    between regions of different provinces, of which at least one is a city
    pattern_*   flows with the estimate brought to the level of the truth: a WAPE alone favours
                estimates that are too small
    footprint   emissions in the final demand of a city, of all origins
    production  emissions of its own sectors

    wape        sum |estimate - truth| / sum truth
    level       sum of the estimate / sum of the truth: 1 is exact; its error is the distance from 1
    median      median over cities of |estimate / truth - 1|

Groups: the product (z, output, demand, own use, flows), the sector that emits (embodied flows,
footprints, production). skill = 1 - error / smallest error of the competitors; a level has none.

`difference` is the error of `calibrated` less that of the method. `low` and `high` hold 90% of what
it is when cities are drawn anew, with replacement (a pair of cities counts as often as both
together). Only where both have the same sign is one better.
"""

from collections.abc import Collection, Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from citymrio.assessment.known_table import embodied_flows

from .table import KnownTable

BOTH = ("wape", "level")
#: What is scored, and by which measures.
MEASURES: dict[str, tuple[str, ...]] = {
    "flows_inside": BOTH,
    "pattern_inside": ("wape",),
    "flows_across": BOTH,
    "own_use": BOTH,
    "demand": ("wape",),
    "footprint": ("median", *BOTH),
    "production": BOTH,
    "embodied_inside": BOTH,
    "embodied_across": BOTH,
    "flows": BOTH,
    "embodied": BOTH,
    "output": ("wape",),
    "z": ("wape",),
}
QUANTITIES = tuple(
    f"{what}_{measure}" for what, measures in MEASURES.items() for measure in measures
)
GROUPS = ("all", "goods", "services")
#: The method that is compared with every other one.
OURS = "calibrated"
#: Draws of cities, their seed, and how much of them an interval holds.
DRAWS, SEED, PROBABILITY = 1000, 1, 0.9
#: An error of less is round-off: no skill is measured against it.
EXACT = 1e-9
COLUMNS = ["method", "quantity", "group", "value", "skill", "difference", "low", "high"]

#: Of a quantity in a group: absolute errors, estimate and truth by city, or by pair of regions.
Piece = tuple[np.ndarray, ...]


def parts_of(table: KnownTable, stressor: np.ndarray) -> dict[str, np.ndarray]:
    """What is scored of a table, by sector: (sector, ..., region), flows and embodied (sector,
    origin, destination).
    """
    trade = table.trade()
    return {
        "z": table.z.sum(axis=0).transpose(0, 2, 1),
        "output": table.output.T,
        "demand": table.f[..., table.final].sum(axis=(0, 3)),
        "own_use": np.einsum("iss->is", trade),
        "flows": trade,
        "embodied": embodied_flows(table.output, table.z, table.f, stressor),
        "production": stressor.T,
    }


def equal_accounts(stressor: np.ndarray, level: float = 1.0) -> dict[str, np.ndarray]:
    """The same of the assumption that a region causes what it emits: CBA = PBA. It says nothing
    about tables and deliveries.

    `level` is what the provinces cause for what they emit, which their tables tell: exports leave,
    imports come.
    """
    own = np.zeros((stressor.shape[1], len(stressor), len(stressor)))
    n = np.arange(len(stressor))
    own[:, n, n] = stressor.T * level
    return {"embodied": own, "production": stressor.T}


class Scores:
    """Scores of estimates against one known table; what depends on the truth alone is computed
    once.

    Parameters
    ----------
    table, stressor
        The known table, and its emissions (region, sector).
    """

    def __init__(self, table: KnownTable, stressor: np.ndarray):
        self.is_city = table.is_city
        self.groups = {
            "all": np.ones(len(table.sectors), bool),
            "goods": table.goods,
            "services": ~table.goods,
        }
        place, count = table.regions["province"].to_numpy(), int(table.is_city.sum())
        both, either = self.is_city[:, None] & self.is_city, self.is_city[:, None] | self.is_city
        same, off = place[:, None] == place, ~np.eye(len(place), dtype=bool)
        self.pairs = {"": both & off, "_inside": both & off & same, "_across": either & ~same}
        self.truth = parts_of(table, stressor)
        self.weights = np.ones((DRAWS + 1, len(place)))  # the first is the sample itself
        self.weights[1:, self.is_city] = np.random.default_rng(SEED).multinomial(
            count, np.full(count, 1 / count), DRAWS
        )

    def pieces(self, parts: Mapping[str, np.ndarray]) -> dict[tuple[str, str], Piece]:
        """Pieces of an estimate (:func:`parts_of`, :func:`equal_accounts`), by quantity and
        group.
        """
        found: dict[tuple[str, str], Piece] = {}
        for group, chosen in self.groups.items():
            guess, true = (
                {name: part[name][chosen] for name in parts} for part in (parts, self.truth)
            )
            for part in (guess, true):  # sectors together
                part["footprint"] = part["embodied"].sum(axis=(0, 1))[None]
                part["embodied"], part["production"] = (
                    part[name].sum(axis=0)[None] for name in ("embodied", "production")
                )
            for name, values in guess.items():
                two = true[name]
                axes = tuple(range(values.ndim - (2 if name in ("flows", "embodied") else 1)))
                piece = (
                    np.abs(values - two).sum(axis=axes),
                    values.sum(axis=axes),
                    two.sum(axis=axes),
                )
                if name == "flows" and (level := (values * self.pairs["_inside"]).sum()) > 0:
                    scaled = values * ((two * self.pairs["_inside"]).sum() / level)
                    wrong = np.abs(scaled - two).sum(axis=0), scaled.sum(axis=0), two.sum(axis=0)
                    found["pattern_inside", group] = tuple(
                        np.where(self.pairs["_inside"], amount, 0.0) for amount in wrong
                    )
                if name in ("flows", "embodied"):
                    for where, pairs in self.pairs.items():
                        found[f"{name}{where}", group] = tuple(
                            np.where(pairs, amount, 0.0) for amount in piece
                        )
                else:
                    found[name, group] = tuple(amount[self.is_city] for amount in piece)
        return found

    def table(
        self, methods: Mapping[str, Mapping[tuple[str, str], Piece]], competitors: Collection[str]
    ) -> pd.DataFrame:
        """Rows of accuracy.csv: `COLUMNS`, by method in their order; `competitors` are what skill
        is measured against.
        """
        rows: list[tuple] = []
        for quantity in QUANTITIES:
            what, measure = quantity.rsplit("_", 1)
            for group in GROUPS:
                drawn = {
                    name: self._measured(found.get((what, group)), measure)
                    for name, found in methods.items()
                }
                error = {
                    name: np.abs(values - 1) if measure == "level" else values
                    for name, values in drawn.items()
                }
                best = min(
                    (
                        error[name][0]
                        for name in competitors
                        if np.isfinite(error.get(name, [np.nan])[0])
                    ),
                    default=np.nan,
                )
                best = best if best > EXACT and measure != "level" else np.nan
                for name, values in drawn.items():
                    gap = (
                        error[OURS] - error[name]
                        if OURS in error and name != OURS
                        else np.full(len(values), np.nan)
                    )
                    ends = np.full(2, np.nan)
                    if np.isfinite(gap[0]):
                        ends = np.nanquantile(gap, [(1 - PROBABILITY) / 2, (1 + PROBABILITY) / 2])
                    rows.append(
                        (name, quantity, group, values[0], 1 - error[name][0] / best, gap[0], *ends)
                    )
        order = {name: n for n, name in enumerate(methods)}
        table = pd.DataFrame(rows, columns=COLUMNS)
        return table.sort_values(
            "method", key=lambda column: column.map(order), kind="stable", ignore_index=True
        )

    def _measured(self, piece: Piece | None, measure: str) -> np.ndarray:
        """The measure of the sample, then of every draw of cities; NaN where the method says
        nothing, or there is nothing.
        """
        if piece is None:
            return np.full(len(self.weights), np.nan)
        wrong, guess, true = piece
        if measure == "median":
            some = true > 0
            return weighted_median(
                np.abs(guess[some] / true[some] - 1), self.weights[:, self.is_city][:, some]
            )
        amount, whole = self._total(wrong if measure == "wape" else guess), self._total(true)
        return np.divide(amount, whole, out=np.full(len(whole), np.nan), where=whole > 0)

    def _total(self, values: np.ndarray) -> np.ndarray:
        """Sum over cities (city,) or pairs of regions (region, region) by draw."""
        if values.ndim == 1:
            return self.weights[:, self.is_city] @ values
        return np.einsum("bs,bs->b", self.weights @ values, self.weights)


def weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Median of values (value,) that count as often as weights (draw, value) say; NaN where none
    counts.
    """
    if not len(values):
        return np.full(len(weights), np.nan)
    order = np.argsort(values)
    reached = np.cumsum(weights[:, order], axis=1)
    half = reached[:, -1:] / 2
    middle = (
        values[order][(reached >= half).argmax(axis=1)]
        + values[order][(reached > half).argmax(axis=1)]
    ) / 2
    return np.where(half[:, 0] > 0, middle, np.nan)


#: Quantities that modelled trade is no truth of.
OF_TRADE = ("flows", "pattern", "own_use", "embodied")
#: Name of all systems together in differences.csv.
TOGETHER = "all systems"


def side_by_side(
    systems: Mapping[str, tuple[pd.DataFrame, Mapping[str, Any]]], fits: Mapping[str, str]
) -> pd.DataFrame:
    """systems.csv: every method on every system, the scores of all products in columns.

    Parameters
    ----------
    systems
        By code of the system: its accuracy and what it rests on, as :func:`.report.experiment`
        returns them.
    fits
        By code of the system: what the calibrated method is fitted on, as the list says it; blank:
        its own outside regions.

    Returns
    -------
    pandas.DataFrame
        system, case, method, one column a quantity of accuracy.csv, title, basis (a key of
        :data:`.table.BASES`), trade (a key of :data:`.systems.TRUTHS`), cities, provinces, sectors,
        fit.
    """
    parts = []
    for code, (scores, about) in systems.items():
        keys = ["case", "method"]
        wide = scores[scores["group"].eq("all")].pivot(
            index=keys, columns="quantity", values="value"
        )
        order = pd.MultiIndex.from_frame(scores[keys].drop_duplicates())
        wide = wide.loc[order, scores["quantity"].drop_duplicates()].reset_index()
        about_it = {
            "title": about["title"],
            "basis": about["basis"],
            "trade": about["trade"],
            "cities": len(about["cities"]),
            "provinces": len(about["provinces"]),
            "sectors": sum(about["sectors"].values()),
            "fit": fits[code] or about.get("fit", "own outside regions"),
        }
        parts.append(wide.assign(**about_it).assign(system=code))
    table = pd.concat(parts, ignore_index=True)
    return table[["system", *table.columns.drop("system")]]


def differences(systems: Mapping[str, tuple[pd.DataFrame, Mapping[str, Any]]]) -> pd.DataFrame:
    """differences.csv: by how much the error of `calibrated` is smaller (negative) or larger than
    that of another method.

    All systems together, but those whose truth is itself an estimate (of trade: the work of a
    model): the mean of their differences, every table counting alike in however many groups. Its
    interval draws tables anew, with replacement, one of the systems of each, and the difference in
    it from a normal distribution as wide as the interval that drawing its cities gave.

    Parameters
    ----------
    systems
        As of :func:`side_by_side`.

    Returns
    -------
    pandas.DataFrame
        system, case, method, quantity (of all products), difference, low, high.
    """
    keys, values = ["case", "method", "quantity"], ["difference", "low", "high"]
    rows = pd.concat(
        [
            scores[scores["group"].eq("all")].assign(system=code)
            for code, (scores, _) in systems.items()
        ]
    )
    known = rows["system"].map(
        {code: about["basis"] != "estimated" for code, (_, about) in systems.items()}
    )
    modelled = rows["system"].map(
        {code: about["trade"] == "modelled" for code, (_, about) in systems.items()}
    )
    known &= ~(modelled & rows["quantity"].str.startswith(OF_TRADE))
    truth = rows["system"].map({code: about["table"] for code, (_, about) in systems.items()})
    rows = rows.assign(known=known, truth=truth).dropna(subset=values)
    rng, wide = np.random.default_rng(SEED), 2 * NormalDist().inv_cdf((1 + PROBABILITY) / 2)
    pooled = []
    for key, group in rows[rows["known"]].groupby(keys, sort=False):
        group = group.sort_values("truth", kind="stable")
        sizes = group.groupby("truth").size().to_numpy()
        if len(sizes) > 1:
            which = rng.integers(len(sizes), size=(DRAWS, len(sizes)))
            chosen = (np.cumsum(sizes) - sizes)[which] + rng.integers(sizes[which])
            centre, sd = (
                group["difference"].to_numpy(),
                (group["high"] - group["low"]).to_numpy() / wide,
            )
            drawn = rng.normal(centre[chosen], sd[chosen]).mean(axis=1)
            ends = np.quantile(drawn, [(1 - PROBABILITY) / 2, (1 + PROBABILITY) / 2])
            pooled.append(
                (TOGETHER, *key, group.groupby("truth")["difference"].mean().mean(), *ends)
            )
    rows = rows[["system", *keys, *values]]
    return pd.concat([rows, pd.DataFrame(pooled, columns=rows.columns)], ignore_index=True)
