"""Readings evaluated on a run, each for its own number (tables/readings.csv); its headline numbers
under both methods (tables/methods.csv); one consistent set of readings for all of the paper's
numbers, beside the union of readings.

A joint reading takes one value of every setting, and adopts or leaves every definition, for all
numbers alike: a definition that is adopted holds for every number that has it, and no number takes
two. The union counts a number that any reading meets, so that it may take one measure of affluence
for quintiles and another one for deficits.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ....analysis.tables import group_tables, structures
from ....base.errors import DataError
from ....base.methods import METHODS
from ....config.models import Config
from ....dataset.dataset import DatasetFolder
from ....footprints.footprint import with_households
from ....nested import NestedMRIO
from ...analysed import Estimated, further_tables, group_inputs, intensities_of, scenario_tables
from ..results import COMPUTED, Missing, Results, is_within_tolerance
from .chains import MAIN, estimate_of, is_chain, proposal, with_settings
from .numbers import ALONE, HOUSEHOLDS, NUMBERS, OWN_INVENTORY, Case, Number, Reading
from .table import COLUMNS, DATA, DECIDED, JOINT, NOTHING, RESULT


@dataclass(frozen=True)
class Run:
    """What readings are computed from.

    Attributes
    ----------
    dataset, config
        Of the run; of the dataset tables, dataset.json and the nation's inventory.
    estimates
        The main estimate (``main``) and variants.
    targets
        Rows of config/paper_targets.csv.
    """

    dataset: DatasetFolder
    config: Config
    estimates: Mapping[str, Estimated]
    targets: pd.DataFrame
    _cases: dict[tuple, Case] = field(default_factory=dict, repr=False)
    _shared: dict[tuple, Any] = field(default_factory=dict, repr=False)

    def case(self, settings: Mapping[str, Any]) -> Case:
        """The run under other settings; each distinct configuration is analysed once.

        Raises
        ------
        Missing
            No estimate of the run has the tables or emissions that the settings ask for.
        """
        config = with_settings(self.config, settings)
        name = estimate_of(self.config, config)
        if name is None or name not in self.estimates:
            raise Missing(proposal(settings))
        key = (
            name,
            *(
                getattr(config, part).model_dump_json()
                for part in ("emissions", "groups", "scenarios")
            ),
        )
        if key not in self._cases:
            try:
                self._cases[key] = self._analysed(name, config)
            except DataError as lacking:  # a benchmark or inventory that the dataset does not have
                raise Missing(f"{DATA}{lacking}") from None
        return self._cases[key]

    def _analysed(self, name: str, config: Config) -> Case:
        found, own, groups = self.estimates[name], self.dataset.tables, config.groups
        households = config.emissions.include_households
        counted = with_households(found.footprints, households)
        result = Estimated(found.mrio, found.nested, found.inventory, counted)
        inputs = group_inputs(result, self.dataset)
        made = inputs.value_added
        clustered = (made.to_numpy().tobytes(), groups.cluster_map, groups.clusters)
        clusters = self._once(
            clustered, lambda: structures(made, own["regions"], own["sectors"], groups)
        )
        grouped = ("groups", name, households, groups.model_dump_json())
        tables = self._once(grouped, lambda: group_tables(inputs, groups, clusters))
        regions = tables["regions"]
        wanted = ("intensities", name, *config.scenarios.key_sectors)
        intensities = self._once(wanted, lambda: intensities_of(result, self.dataset, config))
        tables = tables | further_tables(result, self.dataset, config, regions, intensities)
        solved = self._once(("solved", name), dict)

        def scenarios() -> dict[str, pd.DataFrame]:
            made = scenario_tables(result, self.dataset, config, tables, intensities, solved)
            if (
                result.nested is not self.estimates[MAIN].nested
            ):  # few readings solve with a variant: memory for the others
                vars(result.nested).pop("leontief", None)
            return made

        results = Results(tables=_Later(tables, scenarios), info=self.dataset.info)
        return Case(
            **vars(result),
            results=results,
            dataset=self.dataset,
            config=config,
            targets=self.targets,
        )

    def _once(self, key: tuple, make: Callable[[], Any]) -> Any:
        """What several configurations share, made for the first of them."""
        if key not in self._shared:
            self._shared[key] = make()
        return self._shared[key]


def tables_of(datasets: Iterable[xr.Dataset]) -> list[NestedMRIO]:
    """Nested tables of estimates (nested/mrio.nc); those that differ in emissions alone share one,
    with its factorisation.
    """
    found: list[tuple[xr.Dataset, NestedMRIO]] = []
    for dataset in datasets:
        same = (table for known, table in found if known.equals(dataset))
        found.append((dataset, next(same, None) or NestedMRIO.from_dataset(dataset)))
    return [table for _, table in found]


class _Later(dict[str, pd.DataFrame]):
    """Tables of a case; those of scenarios are made when one is first asked for: most readings ask
    for none.
    """

    def __init__(
        self, tables: Mapping[str, pd.DataFrame], make: Callable[[], Mapping[str, pd.DataFrame]]
    ):
        super().__init__(tables)
        self._make = make

    def __missing__(self, name: str) -> pd.DataFrame:
        try:
            made = self._make()
        except DataError as lacking:  # a benchmark or inventory that the dataset does not have
            raise Missing(str(lacking)) from None
        self.update(made)
        return made[name]


def readings(run: Run, numbers: Iterable[Number]) -> pd.DataFrame:
    """Every reading of every number beside the paper's value.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`. `value` is blank where the run lacks what the reading needs; `used`
        marks the reading of the main tables, one for every number that they hold; `within` says
        whether the value lies within the target's tolerance; `needs` says what the reading takes
        beside the run: ``nothing``, settings, a variant, or ``data: ...``. The last row of a number
        names the datum that would decide it.
    """
    targets = run.targets.set_index("id")
    rows = []
    for number in numbers:
        target = targets.loc[number.target]
        found = [
            _row(run, number.settings(reading), reading, number.target)
            for reading in number.readings
        ]
        if not any(row["used"] for row in found) and number.target in COMPUTED:
            found.insert(0, _row(run, {}, _as_configured(run.config, number), number.target))
        found.append(
            {
                "reading": DECIDED,
                "words": "",
                "value": np.nan,
                "used": False,
                "needs": DATA + number.datum,
            }
        )
        rows += [row | _beside(target, row["value"]) for row in found]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def _beside(target: pd.Series, value: float) -> dict[str, Any]:
    """A value (NaN: none) beside that of the paper: columns of readings.csv."""
    paper = float(target["value"])
    return {
        "number": target.name,
        "quantity": target["quantity"],
        "unit": target["unit"],
        "paper": paper,
        "ratio": value / paper if paper else np.nan,
        "within": is_within_tolerance(value, paper, target["tolerance"])
        if np.isfinite(value)
        else "",
    }


def _row(run: Run, settings: Mapping[str, Any], reading: Reading, target: str) -> dict[str, Any]:
    """One reading: text, words, value, used, needs."""
    wanted = with_settings(run.config, settings)
    used = reading.value is None and wanted.model_dump() == run.config.model_dump()
    row: dict[str, Any] = {
        "reading": reading.text,
        "words": reading.words,
        "value": np.nan,
        "used": used,
    }
    try:
        case = run.case(settings)
    except Missing as lacking:
        return row | {"needs": str(lacking)}
    try:
        value = float(reading.value(case) if reading.value else COMPUTED[target][0](case.results))
    except Missing as reason:
        return row | {"needs": f"{DATA}{reason}"}
    if not np.isfinite(value):
        return row | {"needs": f"{DATA}no number in this run (empty group or no flow)"}
    return row | {"value": value, "needs": _needs(run.config, wanted, settings)}


def _needs(config: Config, wanted: Config, settings: Mapping[str, Any]) -> str:
    """What a reading takes that the main tables do not have: a variant, settings, or nothing."""
    name = estimate_of(config, wanted)
    changed = [
        key
        for key in settings
        if setting(config, key) != setting(wanted, key) and not is_chain(key)
    ]
    parts = [f"variant {name}"] if name != MAIN else []
    return "; ".join([*parts, *(f"{key}: {setting(wanted, key)}" for key in changed)]) or NOTHING


def setting(config: Config, key: str) -> Any:
    """The value of a dotted key."""
    section, _, name = key.partition(".")
    return getattr(getattr(config, section), name) if name else getattr(config, section)


def _as_configured(config: Config, number: Number) -> Reading:
    """The reading of a configuration that no entry of the registry describes."""
    keys = dict.fromkeys(key for reading in number.readings for key in number.settings(reading))
    words = ", ".join(f"{key} {setting(config, key)}" for key in keys)
    return Reading(
        f"as this run is configured ({words})", "a setting of this run, not the paper's words"
    )


#: Number of the paper -> what a run calls it.
HEADLINES: dict[str, str] = {
    "T022": "footprints of the cities",
    "T037": "capital formation in footprints",
    "T025": "the ten largest cities in footprints",
    "T028": "the first quintile in footprints",
    "T035": "the last quintile in footprints",
    "T046": "per capita, first quintile",
    "T047": "per capita, second quintile",
    "T048": "per capita, last quintile",
    "T061": "footprints emitted in other cities",
    "T146": "net producers",
    "T147": "net consumers",
    "T149": "super-emitters, of any type",
    "T156": "super-emitters, demand",
    "T157": "super-emitters, technology",
    "T158": "super-emitters, hybrid",
    "T176": "saving, technology, light",
    "T178": "saving, technology, deep",
    "T180": "saving, demand, light",
    "T182": "saving, demand, deep",
    "T184": "saving, both sides added up, light",
    "T185": "saving, both sides added up, deep",
    "T193": "deficit, poorest two quintiles",
    "T197": "deficit, poorest three quintiles",
}


def methods(run: Run) -> pd.DataFrame:
    """methods.csv: every headline number under every method.

    Returns
    -------
    pandas.DataFrame
        Columns number (id of config/paper_targets.csv), quantity, unit, printed (the
        paper's), and one a method. Blank where the run has no estimate by the method (neither the
        main one nor a variant), or no such number.
    """
    targets = run.targets.set_index("id")
    rows = [
        {
            "number": number,
            "quantity": words,
            "unit": targets.at[number, "unit"],
            "printed": float(targets.at[number, "value"]),
            **{method: _value(run, method, number) for method in METHODS},
        }
        for number, words in HEADLINES.items()
    ]
    return pd.DataFrame(rows, columns=["number", "quantity", "unit", "printed", *METHODS])


def _value(run: Run, method: str, number: str) -> float:
    try:
        return float(COMPUTED[number][0](run.case({"method": method}).results))
    except Missing:
        return float(np.nan)


#: The joint reading that brings most results of China 2012 within tolerance, of the ends of the
#: ascents of tests/benchmarks/joint_reading.py: no change of one setting brings more.
SETTINGS: dict[str, Any] = {
    "groups.affluence": "private_demand",
    "cities.emissions_enter": "output",
    "scenarios.light_benchmark": "national_inventory",
    "scenarios.consumption": "households_government",
    "scenarios.capital_target": 0.19,
}
DEFINITIONS: tuple[str, ...] = (
    "weighted by people",
    "of what it earns through other quintiles",
    "of households' and capital demand",
    "fall of the cities' footprints",
    "the 23 cities with the largest footprints",
    OWN_INVENTORY,
)


def all_readings(run: Run, numbers: Iterable[Number] = NUMBERS) -> pd.DataFrame:
    """readings.csv: the readings of every number, and what the joint reading makes of every result
    with a tolerance.

    Returns
    -------
    pandas.DataFrame
        :func:`readings` and one row for every result; there, `reading` and `needs` are
        :data:`.table.JOINT`, and `words` are the choices. No such rows where the run is not the
        paper's case, or lacks the estimate.
    """
    known = {number.target: number for number in numbers}
    table = readings(run, known.values())
    words = "; ".join([*(f"{key}: {value}" for key, value in SETTINGS.items()), *DEFINITIONS])
    said = {"reading": JOINT, "words": words, "used": False, "needs": JOINT}
    found, targets = (
        adopted_values(values_under(run, known, SETTINGS), DEFINITIONS),
        judged_targets(run),
    )
    rows = [
        said | {"value": value} | _beside(targets.loc[target], value)
        for target, value in found.items()
    ]
    return (
        pd.concat([table, pd.DataFrame(rows, columns=[*COLUMNS])], ignore_index=True)
        if rows
        else table
    )


def judged_targets(run: Run) -> pd.DataFrame:
    """Targets that are results with a tolerance and can be computed, by id."""
    targets = run.targets.set_index("id")
    return targets[
        targets["counts_as"].eq(RESULT)
        & targets["tolerance"].notna()
        & targets.index.isin([*COMPUTED])
    ]


def values_under(
    run: Run, numbers: Mapping[str, Number], settings: Mapping[str, Any]
) -> dict[str, dict[str, float]]:
    """Every judged number under settings, by definition ("": that of the comparison with the
    paper).

    Nothing where the run is not the paper's case, where no estimate of it has the settings, or
    where they exclude each other.
    """
    try:
        case = run.case(settings)
    except (Missing, ValueError):
        return {}
    if case.results.other_case:
        return {}
    counted = with_settings(run.config, settings).emissions.include_households
    found: dict[str, dict[str, float]] = {}
    for target in judged_targets(run).index:
        functions: dict[str, Callable[[Case], float]] = {
            "": partial(lambda target, case: COMPUTED[target][0](case.results), target)
        }
        for reading in numbers[target].readings if target in numbers else ():
            if reading.definition == HOUSEHOLDS and reading.value and counted:
                functions[""] = reading.value
            elif reading.definition not in (*functions, HOUSEHOLDS, ALONE) and reading.value:
                functions[reading.definition] = reading.value
        for definition, function in functions.items():
            try:
                value = float(function(case))
            except Missing:
                continue
            if np.isfinite(value):
                found.setdefault(target, {})[definition] = value
    return found


def adopted_values(
    values: Mapping[str, Mapping[str, float]], adopted: Sequence[str]
) -> dict[str, float]:
    """The value of every number: by the definition that is adopted, else by that of the comparison
    with the paper.
    """
    chosen = {
        target: [own[name] for name in (*adopted, "") if name in own]
        for target, own in values.items()
    }
    return {target: own[0] for target, own in chosen.items() if own}
