"""Which joint reading of the paper brings most of its results within tolerance: a search on a
finished run of China.

    PYTHONPATH=scripts python tests/benchmarks/joint_reading.py [results/china2012]

An ascent gives one setting after the other the value that brings most results within tolerance,
with the best definitions, until no change of one setting brings more. Ascents begin from every
estimate of the run and every measure of affluence; the best end is declared in
citymrio/assessment/paper/readings/joint.py. Half an hour.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any

import yaml

from citymrio.assessment.analysed import Estimated
from citymrio.assessment.paper.readings.chains import CHAINS, MAIN, variants_read
from citymrio.assessment.paper.readings.joint import (
    NUMBERS,
    Run,
    adopted_values,
    judged_targets,
    setting,
    tables_of,
    values_under,
)
from citymrio.assessment.paper.readings.numbers import ALONE, HOUSEHOLDS, Number
from citymrio.assessment.paper.results import is_within_tolerance
from citymrio.base.errors import CityMRIOError
from citymrio.base.labels import read_dataset, read_json, read_table
from citymrio.config.models import Config
from citymrio.dataset.dataset import DatasetFolder

ROOT = Path(__file__).parents[2]
DATASET = (
    "regions",
    "sectors",
    "final_demand",
    "inventory_sectors",
    "bridge",
    "fuels",
    "benchmarks",
)
PARTS = {
    "nested": "nested/mrio.nc",
    "emissions": "footprint/emissions.nc",
    "footprints": "footprint/footprints.nc",
}

Values = Mapping[str, Mapping[str, float]]
#: How many are met, settings, definitions.
End = tuple[int, dict[str, Any], list[str]]


def run_of(folder: Path) -> Run:
    """A finished run, as rule paper_readings reads it."""
    config = Config.model_validate(
        yaml.safe_load((ROOT / "config/china2012.yaml").read_text(encoding="utf-8"))
    )
    names = variants_read(config)
    mrio = read_dataset(folder / "provinces/mrio.nc")
    read = {
        part: [
            read_dataset(folder / path),
            *(read_dataset(folder / "variants" / name / f"{part}.nc") for name in names),
        ]
        for part, path in PARTS.items()
    }
    parts = zip(
        [MAIN, *names],
        tables_of(read["nested"]),
        read["emissions"],
        read["footprints"],
        strict=True,
    )
    tables = {name: read_table(folder / "dataset" / f"{name}.csv") for name in DATASET}
    national = read_table(folder / "dataset/inventory_national.csv")
    dataset = DatasetFolder(
        tables, {}, None, {}, {}, None, national, read_json(folder / "dataset/dataset.json")
    )
    estimates = {name: Estimated(mrio, *part) for name, *part in parts}
    return Run(dataset, config, estimates, read_table(ROOT / "config/paper_targets.csv"))


def families(numbers: Iterable[Number]) -> list[tuple[set[str], list[str]]]:
    """Numbers that share definitions, directly or through others, with these definitions."""
    found: list[tuple[set[str], list[str]]] = []
    for number in numbers:
        targets, own = (
            {number.target},
            [reading.definition for reading in number.readings if reading.value],
        )
        definitions = [name for name in dict.fromkeys(own) if name not in (HOUSEHOLDS, ALONE)]
        for other in [family for family in found if not {*family[1]}.isdisjoint(definitions)]:
            found.remove(other)
            targets, definitions = targets | other[0], [*dict.fromkeys([*other[1], *definitions])]
        if definitions:
            found.append((targets, definitions))
    return found


def agree(adopted: Sequence[str], values: Values) -> bool:
    """Whether no number has two of the definitions."""
    return all(sum(name in own for name in adopted) < 2 for own in values.values())


class Search:
    """Ascents over settings; values under settings are computed once."""

    def __init__(self, run: Run, numbers: Iterable[Number] = NUMBERS):
        self.run, self.targets = run, judged_targets(run)
        self.numbers = {
            number.target: number for number in numbers if number.target in self.targets.index
        }
        self.families = families(self.numbers.values())
        self.ways: dict[str, list[Any]] = {}
        for number in self.numbers.values():
            for reading in number.readings:
                for key, value in number.settings(reading).items():
                    known = self.ways.setdefault(key, [setting(run.config, key)])
                    known += [value] if value not in known else []
        self._known: dict[str, End] = {}

    def best(self, settings: dict[str, Any]) -> End:
        """The best definitions under some settings."""
        name = repr(sorted(settings.items(), key=str))
        if name not in self._known:
            values = values_under(self.run, self.numbers, settings)
            adopted: list[str] = []
            for targets, definitions in self.families:
                own = {target: values[target] for target in values if target in targets}
                ways = [
                    way
                    for n in range(len(definitions) + 1)
                    for way in combinations(definitions, n)
                    if agree(way, own)
                ]
                adopted += max(ways, key=lambda way, own=own: (self.met(own, way), -len(way)))
            self._known[name] = self.met(values, adopted) if values else -1, settings, adopted
            self.run._cases.clear()
        return self._known[name]

    def met(self, values: Values, adopted: Sequence[str]) -> int:
        """How many numbers lie within their tolerances."""
        told = {target: self.targets.loc[target] for target in values}
        return sum(
            is_within_tolerance(value, float(told[target]["value"]), told[target]["tolerance"])
            == "true"
            for target, value in adopted_values(values, adopted).items()
        )

    def neighbours(self, settings: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """Settings that differ in one."""
        for key, values in self.ways.items():
            for value in values:
                if value != settings.get(key, values[0]):
                    rest = {name: chosen for name, chosen in settings.items() if name != key}
                    yield rest if value == values[0] else rest | {key: value}

    def ascent(self, start: dict[str, Any]) -> End:
        """Where no change of one setting brings more within tolerance."""
        current, before = self.best(start), None
        while current[1] != before:
            before = current[1]
            current = max(
                (current, *map(self.best, self.neighbours(before))),
                key=lambda end: (end[0], -len(end[1])),
            )
        return current


def main(folder: str = "results/china2012") -> None:
    """Print every end that is better than those before it."""
    logging.disable(logging.WARNING)
    search, best = Search(run_of(Path(folder))), 0
    measures = [one.settings for n in NUMBERS if n.target == "T013" for one in n.readings]
    for chain, affluence in product(({}, *CHAINS.values()), measures):
        own = {
            key: value
            for key, value in affluence.items()
            if value != setting(search.run.config, key)
        }
        met, settings, definitions = search.ascent(dict(chain) | own)
        if met > best:
            best = met
            print(f"{met} of {len(search.targets)}: {settings}; {definitions}", flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except CityMRIOError as fault:
        raise SystemExit(str(fault)) from None
