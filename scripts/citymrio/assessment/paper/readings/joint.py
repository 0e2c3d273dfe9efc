"""One consistent set of readings for all of the paper's numbers, beside the union of readings, each for its own number.

A joint reading takes one value of every setting, and adopts or leaves every definition, for all numbers alike: a definition that
is adopted holds for every number that has it, and no number takes two. The union counts a number that any reading meets, so that
it may take one measure of affluence for quintiles and another one for deficits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd

from ..comparison import within
from ..counted import RESULT
from ..results import COMPUTED, Missing
from .chains import with_settings
from .entry import ALONE, HOUSEHOLDS, Number
from .evaluate import Run, readings, setting
from .registry import NUMBERS
from .table import AS_USED, COLUMNS, JOINT

#: Number -> definition ("": that of the comparison with the paper) -> value.
Values = Mapping[str, Mapping[str, float]]


def all_readings(run: Run, numbers: Iterable[Number] = NUMBERS) -> pd.DataFrame:
    """readings.csv: the readings of every number, and what the best joint reading makes of every result with a tolerance.

    Tried are all combinations of those settings that each bring more numbers within tolerance than those in use, with the best
    definitions of both. Combinations that no estimate of the run has cannot be tried. Of equally good ones the first with the
    fewest changes is taken.

    Returns
    -------
    pandas.DataFrame
        :func:`.evaluate.readings` and one row for every result; there, `reading` and `needs` are :data:`.table.JOINT`, and
        `words` are the choices. No such rows where the run is not the paper's case.
    """
    numbers = tuple(numbers)
    table = readings(run, numbers)
    if run.case({}).results.other_case:
        return table
    return pd.concat([table, _Search(run, {number.target: number for number in numbers}).table()], ignore_index=True)


class _Search:
    """What settings and definitions make of every result that has a tolerance."""

    def __init__(self, run: Run, numbers: Mapping[str, Number]):
        targets = run.targets.set_index("id")
        chosen = targets["counts_as"].eq(RESULT) & targets["tolerance"].notna() & targets.index.isin([*COMPUTED])
        self.run, self.targets = run, targets[chosen]
        self.numbers = {target: number for target, number in numbers.items() if target in self.targets.index}
        self.families = _families(self.numbers.values())
        self.used = self._met(self._best({})[2])

    def table(self) -> pd.DataFrame:
        """The rows of the best joint reading."""
        tried = [self._best(settings) for settings in self._settings()]
        settings, adopted, values = min(tried, key=lambda one: (-self._met(one[2]), len(one[0]) + len(one[1])))
        words = "; ".join([*(f"{key}: {value}" for key, value in settings.items()), *adopted]) or AS_USED
        rows = []
        for target, value in values.items():
            told = self.targets.loc[target]
            paper = float(told["value"])
            row = {"number": target, "quantity": told["quantity"], "unit": told["unit"], "paper": paper, "reading": JOINT}
            row |= {"words": words, "value": value, "ratio": value / paper if paper else np.nan}
            rows.append(row | {"within": within(value, paper, told["tolerance"]), "used": False, "needs": JOINT})
        return pd.DataFrame(rows, columns=[*COLUMNS])

    def _settings(self) -> list[dict[str, Any]]:
        """Combinations of settings that matter; the first changes nothing."""
        ways: dict[str, list[dict[str, Any]]] = {}
        for number in self.numbers.values():
            for reading in number.readings:
                for key, value in number.settings(reading).items():
                    known = ways.setdefault(key, [{}])
                    if {key: value} not in known and value != setting(self.run.config, key):
                        known.append({key: value})
        helpful = [[own for own in known if not own or self._met(self._best(own)[2]) > self.used] for known in ways.values()]
        return [dict(pair for own in chosen for pair in own.items()) for chosen in product(*helpful)]

    def _best(self, settings: dict[str, Any]) -> tuple[dict[str, Any], list[str], dict[str, float]]:
        """Settings, the definitions that are best under them, and the value of every number."""
        found = self._values(settings)
        adopted: list[str] = []
        for targets, definitions in self.families:
            own = {target: found[target] for target in found if target in targets}
            ways = [way for n in range(len(definitions) + 1) for way in combinations(definitions, n) if _agree(way, own)]
            adopted += max(ways, key=lambda way, own=own: (self._met(_taken(own, way)), -len(way)))
        return settings, adopted, _taken(found, adopted)

    def _met(self, values: Mapping[str, float]) -> int:
        return sum(self._within(target, value) for target, value in values.items())

    def _within(self, target: str, value: float) -> bool:
        told = self.targets.loc[target]
        return within(value, float(told["value"]), told["tolerance"]) == "true"

    def _values(self, settings: Mapping[str, Any]) -> Values:
        """Every number by definition; none where no estimate of the run has the settings, or they exclude each other."""
        try:
            case = self.run.case(settings)
        except (Missing, ValueError):
            return {}
        counted = with_settings(self.run.config, settings).inventory.include_households
        found: dict[str, dict[str, float]] = {}
        for target in self.targets.index:
            functions = {"": lambda case, target=target: COMPUTED[target][0](case.results)}
            for reading in self.numbers[target].readings if target in self.numbers else ():
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


def _families(numbers: Iterable[Number]) -> list[tuple[set[str], list[str]]]:
    """Numbers that share definitions, directly or through others, with these definitions."""
    families: list[tuple[set[str], list[str]]] = []
    for number in numbers:
        targets, own = {number.target}, [reading.definition for reading in number.readings if reading.value]
        definitions = [name for name in dict.fromkeys(own) if name not in (HOUSEHOLDS, ALONE)]
        for other in [family for family in families if not {*family[1]}.isdisjoint(definitions)]:
            families.remove(other)
            targets, definitions = targets | other[0], [*dict.fromkeys([*other[1], *definitions])]
        if definitions:
            families.append((targets, definitions))
    return families


def _agree(adopted: Sequence[str], values: Values) -> bool:
    """Whether no number has two of the definitions."""
    return all(sum(name in own for name in adopted) < 2 for own in values.values())


def _taken(values: Values, adopted: Collection[str]) -> dict[str, float]:
    """The value of every number: by the definition that is adopted, else by that of the comparison with the paper."""
    taken = {target: [own[name] for name in (*adopted, "") if name in own] for target, own in values.items()}
    return {target: own[0] for target, own in taken.items() if own}
