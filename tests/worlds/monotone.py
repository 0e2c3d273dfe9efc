"""What every kind of observation is worth on known truth, and whether it ever makes matters worse
(docs/accuracy.md).

A system is estimated from little, then with one kind of observation of all its cities added: exact,
and with noise. Errors are measured before and after, of what the observation speaks of and of the
table that follows from it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from citymrio.assessment.known_table import embodied_flows
from citymrio.assessment.measures import wape
from citymrio.base.methods import METHODS
from citymrio.chain.steps import run_steps
from citymrio.config.models import Cities, Config
from known_truth.as_dataset import (
    Row,
    account,
    final_demand_table,
    parent_mrio,
    regions_table,
    told,
)
from known_truth.intervals import LEAST
from known_truth.run import as_known
from known_truth.table import KnownTable


@dataclass(frozen=True)
class Kind:
    """A kind of observation: its data, quantities of :func:`errors` that it speaks of, amount or
    share, whether it stands alone instead of beside `BASE`.
    """

    rows: Callable[[KnownTable], Iterator[Row]]
    about: tuple[str, ...]
    measure: str = ""
    alone: bool = False


def demand(by: str) -> Callable[[KnownTable], Iterator[Row]]:
    """Data of final demand, products of all origins together: by category, in all, or by product."""

    def rows(table: KnownTable) -> Iterator[Row]:
        use, codes = (
            table.f.sum(axis=0),
            table.sectors["sector"].tolist(),
        )  # (product, region, category)
        final = np.flatnonzero(table.final)
        for r in np.flatnonzero(table.is_city):
            if by == "category":
                yield from (
                    (int(r), "final_demand", "", table.categories[k], float(use[:, r, k].sum()))
                    for k in final
                )
            elif by == "all":
                yield int(r), "final_demand", "", "", float(use[:, r, final].sum())
            else:
                yield from (
                    (int(r), "final_demand", code, "", float(use[i, r, final].sum()))
                    for i, code in enumerate(codes)
                )

    return rows


#: What a system is first told, as a country with city statistics knows it: value added of every
#: industry.
BASE = Kind(account("value_added", "set"), ("value_added", "output"), alone=True)
#: Kinds of observation by name.
KINDS = {
    "value added of industries": BASE,
    "value added of all sectors": Kind(account("value_added", "all"), ("value_added",), alone=True),
    "value added by sector": Kind(account("value_added", "sector"), ("value_added", "output")),
    "output of industries": Kind(account("output", "set"), ("output",)),
    "output of all sectors": Kind(account("output", "all"), ("output_total",)),
    "output by sector": Kind(account("output", "sector"), ("output",)),
    "output by sector, as shares": Kind(account("output", "sector"), ("output",), measure="share"),
    "final demand by category": Kind(demand("category"), ("demand_category",)),
    "final demand in all": Kind(demand("all"), ("demand_total",)),
    "final demand by product": Kind(demand("product"), ("demand_product",)),
    "exports by sector": Kind(account("exports", "sector"), ("exports",)),
    "exports of all sectors": Kind(account("exports", "all"), ("exports_total",)),
    "imports in all": Kind(account("imports", "all"), ("imports_total",)),
}


def told_of(table: KnownTable, kinds: Sequence[Kind], *noise) -> dict[str, pd.DataFrame]:
    """As :func:`told`; one that stands as shares is the last."""
    found = told(table, [kind.rows for kind in kinds], *noise)
    if not (kinds and kinds[-1].measure):
        return found
    before = told(table, [kind.rows for kind in kinds[:-1]])
    return {
        province: rows.assign(
            measure=np.where(np.arange(len(rows)) < len(before[province]), "", kinds[-1].measure)
        )
        for province, rows in found.items()
    }


def estimate_told(
    table: KnownTable, config: Cities, known: dict[str, pd.DataFrame], priors: pd.DataFrame | None
) -> KnownTable:
    """The table that is estimated from its provinces and from `known`, in the form of the known
    one.
    """
    begun = {
        "regions": regions_table(table),
        "sectors": table.sectors,
        "final_demand": final_demand_table(table),
    }
    begun |= {
        "mrio": parent_mrio(table),
        "observations": known,
        "config": Config(cities=config).in_memory,
    }
    nested = run_steps(begun | {"intensities": None, "priors": priors, "factors": None}, "nested")[
        "nested"
    ]
    at = {"region": table.regions["region"].tolist(), "sector": table.sectors["sector"].tolist()}
    accounts = {
        name: nested.dataset[name].sel(at).values for name in ("output", "value_added", "exports")
    }
    imports = nested.dataset["imports"].sel(region=at["region"], use=at["sector"]).values
    return replace(as_known(nested, table), imports=imports, **accounts)


def reliability(noise: float, prior: float) -> float:
    """Reliability of a datum with an error of the log standard deviation `noise`, where without it
    the error is `prior`.

    It is the weight of the datum in the mean of both that has the least variance, prior^2 /
    (prior^2 + noise^2); 1 if exact.
    """
    return prior**2 / (prior**2 + noise**2) if noise else 1.0


def errors(guess: KnownTable, truth: KnownTable) -> dict[str, float]:
    """Errors of an estimate: WAPE of every account of the cities, of Z and of flows between cities;
    median error of CBA.

    `output`, `value_added` and `exports` are by city and sector, `demand_category` and
    `demand_product` by city and category or product, `*_total` by city. Footprints are those of
    value added, each system with its own.
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
        "cba": embodied_flows(table.output, table.z, table.f, table.value_added)[:, :, city].sum(
            axis=(0, 1)
        ),
    }


def prior_sd(guess: KnownTable, truth: KnownTable, kind: Kind) -> float:
    """Log standard deviation of the error that an estimate makes of the data of a kind, weighted by
    their size.
    """
    pairs = np.array(
        [(a[-1], b[-1]) for a, b in zip(kind.rows(guess), kind.rows(truth), strict=True)]
    )
    pairs = pairs[(pairs > 0).all(axis=1)]
    return float(np.sqrt(np.average(np.log(pairs[:, 0] / pairs[:, 1]) ** 2, weights=pairs[:, 1])))


def kinds_of(table: KnownTable) -> dict[str, Kind]:
    """The kinds of observation that the table has something to say about."""
    least = LEAST * table.output[table.is_city].sum()
    return {
        name: kind
        for name, kind in KINDS.items()
        if sum(abs(row[-1]) for row in kind.rows(table)) > least
    }


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
        Log standard deviation of the noisy data. Their reliability follows from it and from the
        error of what was known before (:func:`reliability`): who gives data a higher one makes
        matters worse, whatever the method.
    draws
        Noisy data are drawn so many times, by seeds 1, 2, ...; errors are means over the draws.
    kinds
        Names out of `KINDS`; none: all that the table has something to say about.

    Returns
    -------
    pandas.DataFrame
        kind, noise (0: exact), reliability, quantity, about (whether the kind speaks of it),
        before, after.
    """
    config, rows = Cities(**METHODS[method]), []
    first = {
        alone: estimate_told(table, config, told_of(table, [] if alone else [BASE]), priors)
        for alone in (True, False)
    }
    before = {alone: errors(guess, table) for alone, guess in first.items()}
    for name, kind in kinds_of(table).items():
        if kinds and name not in kinds:
            continue
        data = [kind] if kind.alone else [BASE, kind]
        trust = reliability(noise, prior_sd(first[kind.alone], table, kind))
        exact = [told_of(table, data)]
        noisy = [told_of(table, data, noise, trust, seed) for seed in range(1, draws + 1)]
        for sd, drawn in ((0.0, exact), (noise, noisy)):
            found = pd.DataFrame(
                [errors(estimate_told(table, config, known, priors), table) for known in drawn]
            ).mean()
            rows += [
                (name, sd, trust if sd else 1.0, q, q in kind.about, before[kind.alone][q], value)
                for q, value in found.items()
            ]
    return pd.DataFrame(
        rows, columns=["kind", "noise", "reliability", "quantity", "about", "before", "after"]
    )
