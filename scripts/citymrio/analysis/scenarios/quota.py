"""The carbon quota up to the country's carbon peak, and what scenarios add to it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...base.notices import warn
from ...config.models import Scenarios
from ...dataset.benchmarks import PEAK
from ...dataset.benchmarks import peak_emissions as given_peak


def peak_emissions(benchmarks: pd.DataFrame, config: Scenarios) -> float:
    """Emissions at the carbon peak, Mt: the configured ones, or those of benchmarks.csv; NaN where neither gives any."""
    peak = config.peak_emissions_gt if config.peak_emissions_gt is not None else given_peak(benchmarks)
    return float("nan") if peak is None else 1000 * peak


def quota(scenarios: pd.DataFrame, emissions_mt: float, peak_mt: float) -> pd.DataFrame:
    """Carbon quota up to the peak, and what the headline scenarios add to it (quota.csv).

    ``existing = peak - emissions``, ``new = existing + saving``; the increase is given on both bases, existing and new (blank
    where the base is not above 0). Without a peak there is no quota: its columns are blank, with a warning.

    Parameters
    ----------
    emissions_mt, peak_mt
        Emissions of the year and at the carbon peak, Mt; NaN for a peak that is not known (:func:`peak_emissions`).
    """
    existing = peak_mt - emissions_mt
    if np.isnan(peak_mt):
        warn(
            where="benchmarks.csv",
            what=f"no parameter '{PEAK}'",
            value="none",
            expectation="the country's emissions at its carbon peak, in Gt CO2 (or scenarios.peak_emissions_gt)",
            effect="No quota is computed: its columns of quota.csv are blank, and figure 4a says so.",
        )
    elif existing <= 0:
        warn(
            where="quota.csv",
            what="the emissions of the year are not below those at the carbon peak",
            value=f"{emissions_mt:.6g} Mt, at the peak {peak_mt:.6g} Mt",
            expectation="a peak above the emissions of the year",
            effect="There is no quota left: increases in percent of it are blank.",
        )
    chosen = scenarios.loc[scenarios["headline"], ["scenario", "saving_mt"]]
    table = pd.concat([pd.DataFrame({"scenario": ["existing"], "saving_mt": [0.0]}), chosen], ignore_index=True)
    table.insert(1, "existing_mt", existing)
    table["new_mt"] = existing + table["saving_mt"]
    for base in ("existing", "new"):
        left = table[f"{base}_mt"]
        table[f"increase_of_{base}_percent"] = 100 * table["saving_mt"] / left.where(left > 0)
    return table
