"""Scores of an estimated system against the known one (docs/accuracy.md).

    z_wape                sum |Z - Z*| / sum Z* over the tables of the cities (product x industry, all origins together)
    flows_wape            the same over deliveries T_i^rs between different cities, stock changes left out
    embodied_flows_wape   the same over value added of city r in the final demand of city s, r != s
    home_share_bias       sum T_i^ss / sum D_i^s, estimate less truth (D: demand for products of all regions)
    home_share_error      sum over s, i of D* |h - h*| / sum D*,  h_i^s = T_i^ss / D_i^s
    intercity_share_ratio part of the cities' embodied value added that comes from other cities, estimate over truth
    multiplier_error      mean over s, j of |m / m* - 1| weighted by output, m the column sums of (I - A^ss)^-1
    cba_error_median/p90  over cities |CBA / CBA* - 1|, CBA of value added: by all sectors, or by goods or service sectors

Groups: the product (Z, flows, home share), the sector where the value added arises (embodied flows, CBA), the industry
(multipliers). skill = 1 - error / smallest error of the baselines no_intra_trade, cba_equals_pba and parent (error of a bias: its
size, of a ratio: its distance from 1).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..measures import wape
from .table import KnownTable

QUANTITIES = (
    "z_wape",
    "flows_wape",
    "embodied_flows_wape",
    "home_share_bias",
    "home_share_error",
    "intercity_share_ratio",
    "multiplier_error",
    "cba_error_median",
    "cba_error_p90",
)
GROUPS = ("all", "goods", "services")
REFERENCES = ("no_intra_trade", "cba_equals_pba", "parent")


def embodied(table: KnownTable, z: np.ndarray, f: np.ndarray, stressor: np.ndarray | None = None) -> np.ndarray:
    """What final demand embodies, shape (sector of origin, origin, destination): v_i^r [L F^s]_i^r.

    `stressor` (region, sector) is value added where it is not given.
    """
    count, width = table.output.shape
    size = count * width
    x = table.output.reshape(size)
    inverse = np.divide(1.0, x, out=np.zeros(size), where=x > 0)
    a = z.reshape(size, size) * inverse
    produced = np.linalg.solve(np.eye(size) - a, f.sum(axis=3).reshape(size, count))
    v = (table.value_added if stressor is None else stressor).reshape(size) * inverse
    return (v[:, None] * produced).reshape(count, width, count).transpose(1, 0, 2)


def local_multipliers(table: KnownTable, z: np.ndarray) -> np.ndarray:
    """Column sums of (I - A^ss)^-1 of every city, shape (city, sector)."""
    result = []
    for s in np.flatnonzero(table.is_city):
        x = table.output[s]
        a = z[s, :, s] * np.divide(1.0, x, out=np.zeros_like(x), where=x > 0)
        result.append(np.linalg.solve(np.eye(len(x)) - a.T, np.ones(len(x))))
    return np.array(result)


class Scores:
    """Scores of estimates against one known table; what depends on the truth alone is computed once."""

    def __init__(self, table: KnownTable):
        self.table = table
        self.city = np.flatnonzero(table.is_city)
        self.groups = {"all": np.ones(len(table.sectors), bool), "goods": table.goods, "services": ~table.goods}
        self.truth = self._parts(table.z, table.f)

    def _parts(self, z: np.ndarray, f: np.ndarray) -> dict[str, np.ndarray]:
        city, final = self.city, self.table.final
        trade = z[:, :, city].sum(axis=3) + f[:, :, city][..., final].sum(axis=3)  # (origin, i, city)
        return {
            "z": z[:, :, city].sum(axis=0),  # (i, city, j)
            "trade": trade[city].transpose(1, 0, 2),  # (i, city, city)
            "demand": trade.sum(axis=0),  # (i, city)
            "embodied": embodied(self.table, z, f)[:, :, city],  # (sector, origin, city)
            "multipliers": local_multipliers(self.table, z),
        }

    def of_table(self, z: np.ndarray, f: np.ndarray) -> pd.DataFrame:
        """quantity, group, value of an estimated system."""
        estimate = self._parts(z, f)
        return self._score(estimate)

    def of_equal_accounts(self) -> pd.DataFrame:
        """quantity, group, value of the assumption that a city consumes what it makes: CBA = PBA."""
        own = np.zeros_like(self.truth["embodied"])
        for n, r in enumerate(self.city):
            own[:, r, n] = np.maximum(self.table.value_added[r], 0.0)
        rows = self._embodied_rows({"embodied": own})
        table = pd.DataFrame(rows, columns=["quantity", "group", "value"])
        full = pd.MultiIndex.from_product([QUANTITIES, GROUPS], names=["quantity", "group"])
        return table.set_index(["quantity", "group"]).reindex(full).reset_index()

    def _embodied_rows(self, estimate) -> list[tuple]:
        rows, off = [], ~np.eye(len(self.city), dtype=bool)
        for group, chosen in self.groups.items():
            guess, true = (part["embodied"][chosen].sum(axis=0) for part in (estimate, self.truth))
            pair, pair_true = guess[self.city][off], true[self.city][off]
            rows.append(("embodied_flows_wape", group, wape(pair, pair_true)))
            share, share_true = part(pair.sum(), guess.sum()), part(pair_true.sum(), true.sum())
            rows.append(("intercity_share_ratio", group, part(share, share_true)))
            used = true.sum(axis=0) > 0
            error = np.abs(guess.sum(axis=0)[used] / true.sum(axis=0)[used] - 1)
            rows.append(("cba_error_median", group, np.median(error) if used.any() else np.nan))
            rows.append(("cba_error_p90", group, np.quantile(error, 0.9) if used.any() else np.nan))
        return rows

    def _score(self, estimate) -> pd.DataFrame:
        truth, off = self.truth, ~np.eye(len(self.city), dtype=bool)
        rows = self._embodied_rows(estimate)
        own = [np.einsum("iss->is", part["trade"]) for part in (estimate, truth)]
        home = [
            np.divide(o, p["demand"], out=np.zeros_like(o), where=p["demand"] > 0)
            for o, p in zip(own, (estimate, truth), strict=True)
        ]
        x = self.table.output[self.city]
        gap = np.abs(estimate["multipliers"] / truth["multipliers"] - 1)
        for group, chosen in self.groups.items():
            rows.append(("z_wape", group, wape(estimate["z"][chosen], truth["z"][chosen])))
            rows.append(("flows_wape", group, wape(estimate["trade"][chosen][:, off], truth["trade"][chosen][:, off])))
            shares = [part(o[chosen].sum(), p["demand"][chosen].sum()) for o, p in zip(own, (estimate, truth), strict=True)]
            rows.append(("home_share_bias", group, shares[0] - shares[1]))
            weight = truth["demand"][chosen]
            rows.append(("home_share_error", group, part((weight * np.abs(home[0] - home[1])[chosen]).sum(), weight.sum())))
            rows.append(("multiplier_error", group, part((gap * x)[:, chosen].sum(), x[:, chosen].sum())))
        table = pd.DataFrame(rows, columns=["quantity", "group", "value"]).set_index(["quantity", "group"])
        return table.loc[[(q, g) for q in QUANTITIES for g in GROUPS]].reset_index()


def part(amount: float, whole: float) -> float:
    """amount / whole; NaN where there is no whole (a group without sectors, cities without trade)."""
    return float(amount / whole) if whole != 0 else float("nan")


def with_skill(table: pd.DataFrame) -> pd.DataFrame:
    """Add the column skill to rows method, quantity, group, value."""
    error = table["value"].where(table["quantity"] != "intercity_share_ratio", table["value"] - 1).abs()
    keys = [table["quantity"], table["group"]]
    best = error.where(table["method"].isin(REFERENCES)).groupby(keys).transform("min")
    return table.assign(skill=1 - error / best)
