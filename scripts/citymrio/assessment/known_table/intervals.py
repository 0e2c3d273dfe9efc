"""Intervals of the ensemble on a known table: how many of them hold the truth (docs/accuracy.md,
coverage.csv).
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from ...base.errors import BalanceError, CertificateError, InfeasibleError
from ...base.methods import METHODS
from ...chain.estimate import estimate
from ...config.models import Config, Uncertainty
from ...emissions.inventory import InventoryDraw
from ...nested.flows import pairs
from ..ensemble.coverage import LEVELS, counted
from ..ensemble.inputs import draw
from ..ensemble.member import member_config
from ..ensemble.spreads import member_priors
from .as_dataset import System
from .run import cells_of
from .scores import embodied
from .table import KnownTable

LOG = logging.getLogger(__name__)

#: What is known of provinces is exact: nothing of it is drawn. (Their trade and demand are a table,
#: which no draw enters.)
EXACT = {"inventory_sd": 0.0, "province_inventory_sd": 0.0, "province_row_sd": 0.0}
#: What is judged: quantity of coverage.csv -> whether its values are many cells of very different
#: size.
QUANTITIES = {
    "footprint of a city": False,
    "production emissions (total told)": False,
    "production emissions (total not told)": False,
    "home share of a city": False,
    "inter-city share": False,
    "deliveries inside a province": True,
    "deliveries across provinces": True,
    "embodied flows inside a province": True,
    "embodied flows across provinces": True,
    "output of a city": False,
    "output by sector": True,
    "final demand of a city": False,
    "final demand by product": True,
}


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
    flows = embodied(table, table.z, table.f, stressor).sum(axis=0)
    return judged(table, flows, stressor.sum(axis=1), system.has_total)


def estimated(system: System, number: int) -> tuple[KnownTable, xr.Dataset]:
    """The table of one member in the form of the known one, and its footprints; 0 is the estimate,
    nothing drawn.
    """
    drawn = draw(system.dataset, system.uncertainty, number) if number else None
    settings, priors, factors = (
        member_config(system.config, drawn.cities if drawn else {}),
        system.priors,
        {},
    )
    if drawn:
        own = InventoryDraw(drawn.factors["intensity"], drawn.factors["inventory"])
        factors = {"factors": drawn.factors, "inventory_draw": own}
        priors = (
            member_priors(priors, drawn.errors, drawn.scales)
            if settings.cities.needs_priors
            else None
        )
    dataset, table = drawn.dataset if drawn else system.dataset, system.table
    result = estimate(
        dataset, settings, system.mrio, adopted=priors, provincial=system.provincial, **factors
    )
    order, sectors = table.regions["region"].tolist(), table.sectors["sector"].tolist()
    z, f = cells_of(result.nested, table)
    output = (
        result.nested.dataset["output"]
        .transpose("region", "sector")
        .sel(region=order, sector=sectors)
        .values
    )
    return replace(table, z=z, f=f, output=output), result.footprints


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


def run_intervals(system: System, members: int) -> tuple[pd.DataFrame, int]:
    """How many intervals hold the truth, and how many members are left out since their draws
    contradict what is kept exactly.

    Returns
    -------
    coverage
        quantity, level, and the columns of :func:`.counted`.
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
    rows = []
    for quantity, true in truth.items():
        if len(true):
            drawn = np.array([values[quantity] for values in found])
            rows += [
                {
                    "quantity": quantity,
                    "level": level,
                    **counted(drawn, true, level, central[quantity]),
                }
                for level in LEVELS
            ]
    return pd.DataFrame(rows), left_out


def coverage_of(
    table: KnownTable,
    priors: pd.DataFrame | None,
    uncertainty: Uncertainty,
    methods: Sequence[str] = ("calibrated", "paper"),
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
        stressor.
    """
    parts = []
    for method in methods:
        config = Config(
            cities=METHODS[method],
            uncertainty=uncertainty.model_copy(update={"method": method, **EXACT}),
        )
        if config.cities.needs_priors and priors is None:
            continue
        system = System.of(table, priors, config)
        rows, left_out = run_intervals(system, uncertainty.members)
        about = {
            "members": uncertainty.members - left_out,
            "left_out": left_out,
            "stressor": system.words,
        }
        parts.append(rows.assign(method=method, **about)[["method", *rows, *about]])
    return pd.concat(parts, ignore_index=True)
