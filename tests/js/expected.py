"""What the tests of the explorer's scripts read: pages, and the tables that the library computes
for the same settings.

python tests/js/expected.py FOLDER [RUN ...]: the two small runs of `tests/worlds/scenario_runs.py`,
and finished runs; the world once more as the other method's in a page of other numbers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from scenario_runs import CHOICES, Run, of_folder, of_given_table, of_world, page, twisted

from citymrio.analysis.affluence import affluence_column, is_city
from citymrio.analysis.scenarios.deficits import LIFTED, deficits
from citymrio.base.labels import write_table
from citymrio.nested.flows import Flows
from citymrio.report.explorer.blocks import columns, largest_block, log_block

TABLES = ("scenarios", "scenario_cities", "quota", "deficits")
TYPES = [
    "region",
    "quintile",
    "super_emitter",
    "super_emitter_sum_cba",
    "super_emitter_national",
    "super_margin",
]
#: Settings beside CHOICES that scale benchmarks: of light technology, of deep technology.
SCALES = [(1.3, 0.8), (0.5, 1.2)]

Case = tuple[str, dict[str, Any], dict[str, pd.DataFrame]]


def cases(run: Run) -> Iterator[Case]:
    """Name, what the reader chooses in the page, and the tables of a run with these settings."""
    regions = run.tables["regions"]
    cities = regions[is_city(regions)]
    yield (
        "the run's own",
        {},
        {name: run.tables[name] for name in TABLES} | {"regions": cities[TYPES]},
    )
    for name, (parameters, groups, scenarios) in CHOICES.items():
        if name == "national inventory" and run.inputs.national_inventory is None:
            continue
        if name == "other structure" and "va_share_heavy" not in regions:
            continue
        yield (
            name,
            parameters,
            run.expected(
                run.groups.model_copy(update=groups), run.scenarios.model_copy(update=scenarios)
            ),
        )
    table = run.inputs.intensities
    for light, deep in SCALES if len(table) else ():
        key = table["key_sector"].iloc[0]
        moved = table.assign(
            **{"national": table["national"] * light, "global": table["global"] * deep}
        )
        moved.loc[table["key_sector"].eq(key), "global"] = 0.123
        parameters = {"light_scale": light, "deep_scale": deep, "deep": {key: 0.123}}
        yield (
            f"benchmarks {light}, {deep}",
            parameters,
            run.expected(run.groups, run.scenarios, replace(run.inputs, intensities=moved)),
        )
    with patch.dict(LIFTED, to_q3=("Q1", LIFTED["to_q3"][1])):
        means = run.expected(
            run.groups, run.scenarios.model_copy(update={"deficit_targets": "quintile_means"})
        )
    yield (
        "other quintiles",
        {"deficit_targets": {"to_q3": "Q1", "to_q2": "Q2"}},
        {"deficits": means["deficits"]},
    )
    amounts = {"to_q3": 3600.0, "to_q2": 5300.0}
    yield (
        "amounts",
        {"deficit_targets": amounts},
        {"deficits": deficits(cities, affluence_column(run.groups), amounts)},
    )


def written(run: Run, folder: Path, text: str) -> None:
    """A page, and what is expected of the run in it."""
    folder.mkdir(parents=True)
    (folder / "page.html").write_text(text, encoding="utf-8")
    made = [
        {
            "name": name,
            "parameters": parameters,
            "tables": {of: columns(table) for of, table in tables.items()},
        }
        for name, parameters, tables in cases(run)
    ]
    (folder / "cases.json").write_text(json.dumps(made, allow_nan=False), encoding="utf-8")
    flows = run.inputs.footprints["flows"].transpose("origin", "destination").values
    (folder / "flows.json").write_text(json.dumps(flows.tolist()), encoding="utf-8")
    write_table(run.tables["regions"], folder / "regions.csv")


def blocks(folder: Path) -> None:
    """Numbers, and the elements that hold them in every form."""
    numbers = np.random.default_rng(5).lognormal(0, 4, (9, 9))
    numbers[2, 3], numbers[4] = 0.0, -numbers[4]
    flows = np.abs(numbers)
    made = {"log": log_block(numbers), "largest": largest_block(Flows.whole(flows), 3)}
    elements = {form: block.element(form) for form, block in made.items()}
    text = json.dumps({"numbers": numbers.tolist(), "flows": flows.tolist(), "elements": elements})
    (folder / "blocks.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("runs", nargs="*", type=Path)
    arguments = parser.parse_args()
    world = of_world()
    runs = {
        "world": world,
        "given": of_given_table(),
        **{p.name: of_folder(p) for p in arguments.runs},
    }
    for name, made in runs.items():
        written(made, arguments.folder / "runs" / name, page(made))
    written(world, arguments.folder / "runs" / "method", page(twisted(world), world))
    blocks(arguments.folder)
