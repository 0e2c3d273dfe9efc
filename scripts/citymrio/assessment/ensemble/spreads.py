"""The scale of the spreads between cities, as their CO2 totals show it (method section 17).

A city's CO2 total differs from what its province's intensities give its outputs by as much as both
vary, and its own error. The spreads of priors.csv say how much that is; the gaps of all totals say
by which factor cities differ more, or less:

    scale^2 | gaps ~ (F s0^2 + sum gap^2 / variance) / chi^2(F + n),    n the totals less one for
    each province.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ...base.labels import stack_named
from ...chain.steps import TO_GAPS, known_of, make
from ...config.models import Config, Uncertainty
from ...dataset.dataset import DatasetFolder
from ...trade.priors.table import SPREADS
from .inputs import with_spreads

#: Prior of the scale: s0 and its degrees of freedom (log standard deviation 0.29): the spreads of
#: priors.csv are those of cities, as far as is known. Declared.
BEFORE, FREEDOM = 1.0, 6.0


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
    whole = FREEDOM + freedom
    return ((FREEDOM * BEFORE**2 + squares) / whole) ** 0.5, (2 * whole) ** -0.5


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
    made = make(known_of(dataset, config, mrio=mrio, **given), "priors", "gaps", steps=TO_GAPS)
    gaps = stack_named(made["gaps"], "province")
    return with_spreads(
        config.uncertainty,
        made["priors"],
        scale_between_cities(gaps.astype({"value": float, "limit": float})),
    )


def member_priors(
    priors: pd.DataFrame,
    errors: Mapping[str, float | Mapping[str, float]],
    scales: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Priors of a member: parameters moved by `errors` of their standard errors (theta has one only
    where it was fitted).

    The spread of demand has the standard error of its logarithm. `scales`: factors on the spreads
    of outputs and of intensities.
    """
    moved, label = priors.copy(), priors["sector"]
    scale = {parameter: (scales or {}).get(of, 1.0) for parameter, of in SPREADS.items()}
    moved["prior"] *= moved["parameter"].map(scale).fillna(1.0)
    shift = pd.Series(0.0, priors.index)
    for parameter, z in errors.items():
        rows = priors["parameter"].eq(parameter)
        shift[rows] = (label[rows].map(z) if isinstance(z, Mapping) else z) * priors.loc[
            rows, "se"
        ].astype(float)
    shift, spread = shift.fillna(0.0), priors["parameter"].eq("demand_sd")
    moved["prior"] = (moved["prior"] + shift).where(
        ~spread, moved["prior"] * np.exp(shift.where(spread, 0.0))
    )
    positive = moved["parameter"].isin(["theta", "kappa", "elasticity"])
    moved.loc[positive, "prior"] = moved.loc[positive, "prior"].where(
        moved.loc[positive, "prior"] > 0, 0.0
    )
    return moved
