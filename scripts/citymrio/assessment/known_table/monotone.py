"""What every kind of observation is worth on known truth, and whether it ever makes matters worse (docs/accuracy.md).

A system is estimated from little, then with one kind of observation of all its cities added: exact, and with noise. Errors are
measured before and after, of what the observation speaks of and of the table that follows from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ...base.methods import METHODS
from ...config.models import Cities
from ..measures import wape
from .run import cells_of, estimate_system
from .scores import embodied
from .table import KnownTable
from .told import BASE, KINDS, Kind, told

#: An account of less than this part of all output is none: its observation would speak of round-off.
LEAST = 1e-4


def reliability(noise: float, prior: float) -> float:
    """Reliability of a datum with an error of the log standard deviation `noise`, where without it the error is `prior`.

    It is the weight of the datum in the mean of both that has the least variance, prior^2 / (prior^2 + noise^2); 1 if exact.
    """
    return prior**2 / (prior**2 + noise**2) if noise else 1.0


def estimated(table: KnownTable, config: Cities, known: dict[str, pd.DataFrame], priors: pd.DataFrame | None) -> KnownTable:
    """The table that is estimated from `known`, in the form of the known one."""
    nested = estimate_system(table, config, known, priors)
    z, f = cells_of(nested, table)
    at = {"region": table.regions["region"].tolist(), "sector": table.sectors["sector"].tolist()}
    account = {name: nested.dataset[name].sel(at).values for name in ("output", "value_added", "exports")}
    imports = nested.dataset["imports"].sel(region=at["region"], use=at["sector"]).values
    return replace(table, z=z, f=f, imports=imports, **account)


def errors(guess: KnownTable, truth: KnownTable) -> dict[str, float]:
    """Errors of an estimate: WAPE of every account of the cities, of Z and of flows between cities; median error of CBA.

    `output`, `value_added` and `exports` are by city and sector, `demand_category` and `demand_product` by city and category or
    product, `*_total` by city. Footprints are those of value added, each system with its own.
    """
    found, true = _parts(guess), _parts(truth)
    result = {name: wape(found[name], true[name]) for name in true if name != "cba"}
    return {**result, "cba": float(np.median(np.abs(found["cba"] / true["cba"] - 1)))}


def _parts(table: KnownTable) -> dict[str, np.ndarray]:
    city, final = np.flatnonzero(table.is_city), table.final
    demand = table.f.sum(axis=0)[:, city][..., final]  # (product, city, category)
    trade = table.trade()[:, city][:, :, city]
    return {
        "output": table.output[city],
        "output_total": table.output[city].sum(axis=1),
        "value_added": table.value_added[city],
        "exports": table.exports[city],
        "exports_total": table.exports[city].sum(axis=1),
        "imports_total": table.imports[city].sum(axis=1),
        "demand_category": demand.sum(axis=0),
        "demand_product": demand.sum(axis=2),
        "demand_total": demand.sum(axis=(0, 2)),
        "z": table.z[:, :, city].sum(axis=0),
        "flows": trade[:, ~np.eye(len(city), dtype=bool)],
        "cba": embodied(table, table.z, table.f)[:, :, city].sum(axis=(0, 1)),
    }


def prior_sd(guess: KnownTable, truth: KnownTable, kind: Kind) -> float:
    """Log standard deviation of the error that an estimate makes of the data of a kind, weighted by their size."""
    pairs = np.array([(a[-1], b[-1]) for a, b in zip(kind.rows(guess), kind.rows(truth), strict=True)])
    pairs = pairs[(pairs > 0).all(axis=1)]
    return float(np.sqrt(np.average(np.log(pairs[:, 0] / pairs[:, 1]) ** 2, weights=pairs[:, 1])))


def kinds_of(table: KnownTable) -> dict[str, Kind]:
    """The kinds of observation that the table has something to say about."""
    least = LEAST * table.output[table.is_city].sum()
    return {name: kind for name, kind in KINDS.items() if sum(abs(row[-1]) for row in kind.rows(table)) > least}


def monotone(
    table: KnownTable,
    priors: pd.DataFrame | None,
    method: str = "calibrated",
    noise: float = 0.2,
    draws: int = 3,
    kinds: Sequence[str] = (),
) -> pd.DataFrame:
    """Errors before and after every kind of observation.

    Parameters
    ----------
    noise
        Log standard deviation of the noisy data. Their reliability follows from it and from the error of what was known before
        (:func:`reliability`): who gives data a higher one makes matters worse, whatever the method.
    draws
        Noisy data are drawn so many times, by seeds 1, 2, ...; errors are means over the draws.
    kinds
        Names out of `KINDS`; none: all that the table has something to say about.

    Returns
    -------
    pandas.DataFrame
        kind, noise (0: exact), reliability, quantity, about (whether the kind speaks of it), before, after.
    """
    config, rows = Cities(**METHODS[method]), []
    first = {alone: estimated(table, config, told(table, [] if alone else [BASE]), priors) for alone in (True, False)}
    before = {alone: errors(guess, table) for alone, guess in first.items()}
    for name, kind in kinds_of(table).items():
        if kinds and name not in kinds:
            continue
        data = [kind] if kind.alone else [BASE, kind]
        trust = reliability(noise, prior_sd(first[kind.alone], table, kind))
        exact = [told(table, data)]
        noisy = [told(table, data, noise, trust, seed) for seed in range(1, draws + 1)]
        for sd, drawn in ((0.0, exact), (noise, noisy)):
            found = pd.DataFrame([errors(estimated(table, config, known, priors), table) for known in drawn]).mean()
            rows += [
                (name, sd, trust if sd else 1.0, q, q in kind.about, before[kind.alone][q], value) for q, value in found.items()
            ]
    return pd.DataFrame(rows, columns=["kind", "noise", "reliability", "quantity", "about", "before", "after"])
