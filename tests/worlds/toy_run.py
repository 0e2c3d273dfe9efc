"""The toy country of the dataset template, changed at will, through the whole chain in memory:
dataset, analysis, figures.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import figure_tables
import geopandas
import pandas as pd
import toy
from matplotlib.figure import Figure

from citymrio.analysis.super_emitters import super_emitter_codes
from citymrio.analysis.trends import emissions_trends
from citymrio.assessment.analysed import analysis_tables
from citymrio.base.labels import read_table
from citymrio.chain.estimate import Estimate, estimate
from citymrio.config.models import Config
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources import user
from citymrio.footprints.footprint import intercity
from citymrio.footprints.supply_chains import supply_paths
from citymrio.report.figures import registry, style

Tables = dict[str, list[list]]
SETTINGS = {
    "groups": {"clusters": 3},
    "scenarios": {"key_sectors": ["electricity", "iron_steel", "coal"]},
}


def nineteen(tables: Tables) -> None:
    """Nineteen cities in place of five: as many as Finland has regions, none much larger than
    another.
    """
    head, *rows = tables["regions"]
    at = {name: head.index(name) for name in head}
    regions, observations = [head], [tables["observations"][0]]
    added = [row for row in tables["observations"][1:] if row[1] == "value_added"]
    for row in rows:
        count = 4 if row[at["region"]] != "S3" else 3
        for k in range(count):
            part = [*row]
            part[at["region"]], part[at["name"]] = (
                f"{row[at['region']]}{k}",
                f"{row[at['name']]} {k}",
            )
            for name in ("population", "population_rural", "gdp"):
                part[at[name]] = row[at[name]] // count
            part[at["lon"]] = row[at["lon"]] + 0.1 * k
            regions.append(part)
            for place, datum in enumerate(
                datum for datum in added if datum[0] == row[at["region"]]
            ):
                share = (1 + (0.3 if place == k % 3 else 0.0)) / (
                    count + 0.3 * len([j for j in range(count) if j % 3 == place])
                )
                observations.append(
                    [part[at["region"]], *datum[1:4], round(datum[4] * share), *datum[5:]]
                )
    tables["regions"], tables["observations"] = regions, observations


@dataclass
class ToyRun:
    """A run of the toy country: its dataset folder, the estimate, and its tables by name (those of
    the dataset as well).
    """

    folder: Path
    config: Config
    dataset: DatasetFolder
    estimate: Estimate
    tables: dict[str, pd.DataFrame]

    def figure(self, name: str) -> Figure:
        """A figure of the run, from the tables that it names."""
        inputs = registry.FIGURES[name]
        tables = {table: self.tables[table] for table in (*inputs.tables, *inputs.dataset)}
        path = self.folder / "boundaries.geojson"
        shapes = geopandas.read_file(path) if inputs.needs_map and path.exists() else None
        inventory = self.estimate.inventory
        said = (
            {
                "modelled": style.modelled(
                    *(pd.Series(inventory[name].values) for name in ("status", "split_status"))
                )
            }
            if inputs.emissions
            else {}
        )
        return figure_tables.draw(
            name, tables, shapes, self.config.figures, synthetic=False, run=self.dataset.info | said
        )


def write_folder(folder: Path, change: Callable[[Tables], None] = lambda tables: None) -> Path:
    """The toy country as a user writes it: CSV tables and boundaries."""
    tables = toy.example_tables()
    change(tables)
    for name, rows in tables.items():
        path = folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as target:
            csv.writer(target).writerows(rows)
    codes = {row[0] for row in tables["regions"][1:]}
    shapes = toy.example_boundaries()
    shapes["features"] = [
        shape for shape in shapes["features"] if shape["properties"]["region"] in codes
    ]
    if shapes["features"]:
        (folder / "boundaries.geojson").write_text(json.dumps(shapes), encoding="utf-8")
    return folder


def run(
    folder: Path,
    change: Callable[[Tables], None] = lambda tables: None,
    *,
    checked: bool = True,
    **settings: dict,
) -> ToyRun:
    """Build the dataset from the changed tables, checked or as it stands, and run everything up to
    the tables of figures.
    """
    raw = write_folder(folder / "raw", change)
    sections = {
        name: SETTINGS.get(name, {}) | settings.get(name, {}) for name in {*SETTINGS, *settings}
    }
    config = Config.model_validate(
        {"dataset": {"kind": "user", "raw_dir": str(raw), "year": 2020}, **sections}
    )
    if checked:
        user.build(config.dataset, folder / "dataset")
    else:
        user.write_contract(read_folder(raw), folder / "dataset")
    dataset = DatasetFolder.read(folder / "dataset")
    result, own = estimate(dataset, config), dataset.tables
    tables = own | analysis_tables(result, dataset, config)
    regions = tables["regions"]
    tables["intercity"] = intercity(result.footprints, own["regions"])
    path = folder / "dataset" / "emissions_history.csv"
    history = read_table(path) if path.exists() else None
    tables["emissions_trends"] = emissions_trends(regions, history, dataset.info["year"])
    intensity = result.nested.intensity(result.inventory["emissions"])
    tables["supply_chains"], tables["production_layers"] = supply_paths(
        result.nested, intensity, super_emitter_codes(regions)
    )
    return ToyRun(folder / "dataset", config, dataset, result, tables)
