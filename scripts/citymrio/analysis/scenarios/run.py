"""All scenarios: every measure alone, all measures added up, and all of them at once."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add, mul
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ...base.errors import warn
from ...base.labels import values_of
from ...base.units import MT
from ...config.models import Scenarios
from ...footprints.footprint import cba_with
from ..super_emitters import TYPES, households_count, national_emissions
from .measure import Inputs, Measure
from .registry import DEPTHS, MEASURES

#: Columns of scenarios.csv and scenario_cities.csv.
COLUMNS = (
    *(
        "scenario",
        "side",
        "depth",
        "mode",
        "cities",
        "saving_mt",
        "saving_share_percent",
        "saving_share_national_percent",
    ),
    *("saving_cba_mt", "interaction_mt", "basis", "headline", "note"),
)
OF_CITIES = ("scenario", "region", "saving_mt")


def run_scenarios(
    inputs: Inputs, config: Scenarios, taken: Mapping[str, ModuleType] = MEASURES
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All scenarios of the registered measures, or of those that are `taken`; a measure alone is
    not added up.

    Savings are tonnes of the whole country's emissions avoided: by lower intensities ``sum (e - e')
    x`` in the changed cities (exports included), by changed demand ``sum_s CBA^s(e, F) - CBA^s(e,
    F')``, by both together ``sum (e - e') x + sum_s CBA^s(e', F) - CBA^s(e', F')``, hence
    interaction = sum - joint = the demand saving at old minus that at new intensities.

    Returns
    -------
    scenarios
        scenarios.csv; shares refer to the footprint of all cities and to national emissions, both
        with or without households' direct emissions (`emissions.include_households`).
        `saving_cba_mt` is the fall of the cities' footprints, `interaction_mt` (joint rows) the
        part of the plain sum that does not exist.
    scenario_cities
        scenario, region, saving_mt.
    """
    table = _Table(inputs, config)
    acting = inputs.regions["super_emitter"].isin(TYPES[1:]).any()
    if config.run and not acting:
        warn(
            where="scenarios.csv",
            what="no city is a super-emitter",
            value="0",
            expectation="cities above the threshold (super_share of benchmarks.csv, "
            "groups.super_emitters)",
            effect="There are no scenarios: their tables have no rows.",
        )
    by_depth = {
        depth: {side: module.measures(inputs, depth, config) for side, module in taken.items()}
        for depth in (DEPTHS if config.run and acting else ())
    }
    every = [
        own for sides in by_depth.values() for modes in sides.values() for own in modes.values()
    ]
    table.solve([(measure,) for measure in every if measure.emissions])
    for depth, by_mode in by_depth.items():
        alone = {
            (side, mode): table.effect([measure])
            for side, measures in by_mode.items()
            for mode, measure in measures.items()
        }
        modes = dict.fromkeys(mode for measures in by_mode.values() for mode in measures if mode)
        for mode in ["", *modes]:
            for side, measures in by_mode.items():
                if mode in measures:
                    table.add(
                        (side, depth, mode),
                        [measures[mode]],
                        *alone[side, mode],
                        note=measures[mode].note,
                    )
            if (
                len(taken) > 1
                and (mode or not modes)
                and all(mode in measures or "" in measures for measures in by_mode.values())
            ):  # else a mode of one measure alone
                table.add_together(depth, mode, by_mode, alone)
    if not table.rows:
        numbers = {
            name: float
            for name in COLUMNS
            if name == "cities" or name.endswith(("_mt", "_percent"))
        }
        none = pd.DataFrame(columns=COLUMNS).astype({**numbers, "headline": bool})
        return none, pd.DataFrame(columns=OF_CITIES).astype({"saving_mt": float})
    parts = [np.concatenate(values) for values in zip(*table.parts, strict=True)]
    return pd.DataFrame(table.rows), pd.DataFrame(dict(zip(OF_CITIES, parts, strict=True)))


class _Table:
    """Rows of both tables as they are computed; savings are arrays over all cities, 0 where a city
    does nothing.
    """

    def __init__(self, inputs: Inputs, config: Scenarios) -> None:
        self.inputs, self.config = inputs, config
        cba = inputs.footprints["cba"]
        self.labels = {dim: cba[dim].values.tolist() for dim in ("region", "category")}
        self.cba = values_of(cba, **self.labels)
        self.codes = np.array(inputs.cities, object)
        self.places = [*map(cba.get_index("region").get_loc, inputs.cities)]
        self.total = float(inputs.footprints["cba_total"].values[self.places].sum()) * MT
        self.national = (
            national_emissions(inputs.inventory, households_count(inputs.footprints)) * MT
        )
        self.after: dict[tuple[Measure, ...], np.ndarray] = {(): self.cba}
        self.rows: list[dict] = []
        self.parts: list[tuple[np.ndarray, ...]] = []

    def effect(self, measures: Sequence[Measure]) -> tuple[np.ndarray, float]:
        """Savings by city and the fall of the cities' footprints when these measures are carried
        out together, t.
        """
        lowering = tuple(measure for measure in measures if measure.emissions is not None)
        changing = [measure for measure in measures if measure.weights.ndim]
        if lowering not in self.after:
            self.solve([lowering])
        after = self.after[lowering]
        parts = [
            measure.saved.reindex(self.codes, fill_value=0.0).to_numpy() for measure in lowering
        ]
        if not changing:
            return reduce(add, parts), self._of_cities(self.cba - after)
        weights = reduce(mul, [values_of(measure.weights, **self.labels) for measure in changing])
        fall = np.where(
            self.acting(changing), (after * (1 - weights))[self.places].sum(axis=1), 0.0
        )
        saving = reduce(add, [*parts, fall])
        whole = (
            self._of_cities(self.cba - after * weights)
            if lowering
            else float(saving[self.acting(measures)].sum())
        )
        return saving, whole

    def add(
        self,
        name: tuple[str, str, str],
        measures: Sequence[Measure],
        saving: np.ndarray,
        fall: float,
        **more: Any,
    ) -> None:
        """One scenario (side, depth, mode): its row, and those of the cities that carry out one of
        its measures.
        """
        (side, depth, mode), acting = name, self.acting(measures)
        scenario, saving = "_".join(filter(None, name)), saving[acting]
        amount = float(saving.sum()) * MT
        self.rows.append(
            {
                "scenario": scenario,
                "side": side,
                "depth": depth,
                "mode": mode,
                "cities": len(saving),
                "saving_mt": amount,
                "saving_share_percent": 100 * amount / self.total if self.total else np.nan,
                "saving_share_national_percent": 100 * amount / self.national,
                "saving_cba_mt": fall * MT,
                "interaction_mt": np.nan,
                "basis": MEASURES[side].BASIS if side in MEASURES else "both",
                "headline": mode in ("", self.config.demand_mode),
                "note": "",
                **more,
            }
        )
        self.parts.append((np.full(len(saving), scenario, object), self.codes[acting], saving * MT))

    def add_together(
        self, depth: str, mode: str, by_mode: Mapping[str, Mapping[str, Measure]], alone: Mapping
    ) -> None:
        """The rows of all measures added up and at once; a measure without this mode takes part in
        its only one.
        """
        taken = {side: mode if mode in measures else "" for side, measures in by_mode.items()}
        measures = [by_mode[side][mode] for side, mode in taken.items() if mode in by_mode[side]]
        effects = [alone[key] for key in taken.items() if key in alone]
        plain = reduce(add, [saving for saving, _ in effects])
        self.add(("sum", depth, mode), measures, plain, reduce(add, [fall for _, fall in effects]))
        joint, fall = self.effect(measures)
        acting = self.acting(measures)
        interaction = float(plain[acting].sum() - joint[acting].sum()) * MT
        self.add(("joint", depth, mode), measures, joint, fall, interaction_mt=interaction)

    def solve(self, sets: Sequence[tuple[Measure, ...]]) -> None:
        """Find the footprints (region, category) after sets of measures that lower intensities, in
        one solve of those that are not known yet.
        """
        nested, solved = self.inputs.nested, self.inputs.solved
        before, keys, new = self.inputs.inventory["emissions"], {}, {}
        labels = {dim: before[dim].values for dim in ("region", "sector")}
        for measures in sets:
            emissions = before
            for measure in measures:
                emissions = measure.emissions(emissions) if measure.emissions else emissions
            values = values_of(emissions, **labels)
            keys[measures] = key = values.tobytes()
            if key not in solved:
                new[key] = values
        if new:
            stacked = xr.DataArray(np.stack([*new.values()], 2), labels, (*labels, "measures"))
            after = cba_with(nested, intensity=nested.intensity(stacked))
            solved.update((key, after[..., k]) for k, key in enumerate(new))
        for measures, key in keys.items():
            self.after[measures] = values_of(solved[key], **self.labels)

    def acting(self, measures: Sequence[Measure]) -> np.ndarray:
        """(city,) whether it carries out one of the measures."""
        chosen = {region for measure in measures for region in measure.cities}
        return np.array([region in chosen for region in self.inputs.cities], bool)

    def _of_cities(self, values: np.ndarray) -> float:
        return float(values[self.places].sum())
