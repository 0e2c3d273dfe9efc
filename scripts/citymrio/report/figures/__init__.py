"""The figures of a run: one module per figure, drawn from tables already written.

``INPUTS`` says what each figure reads and is cheap to import (no matplotlib), so that a workflow can build its rules from
it; ``draw`` imports the figure's module when it is needed.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import geopandas
    import pandas as pd
    from matplotlib.figure import Figure

    from ...config.models import Figures


class Inputs(NamedTuple):
    """What a figure reads: names of tables (files ``<name>.csv``) and whether it draws a map."""

    tables: tuple[str, ...]
    """Tables of ``results/<run>/tables/``."""
    dataset: tuple[str, ...] = ()
    """Tables of ``results/<run>/dataset/``."""
    needs_map: bool = False
    """Whether ``results/<run>/dataset/boundaries.geojson`` is drawn (a note takes its place when there is none)."""


#: What each figure reads.
INPUTS: dict[str, Inputs] = {
    "fig1": Inputs(("regions", "quintiles", "structures"), ("benchmarks",), needs_map=True),
    "fig2": Inputs(("quintiles", "flows_groups", "va_per_emission")),
    "fig3": Inputs(("regions", "parameters")),
    "fig4": Inputs(("scenarios", "quota", "deficits")),
    "figS1": Inputs(("regions", "parameters"), needs_map=True),
    "figS2": Inputs(("regions",), needs_map=True),
    "figS3": Inputs(("regions",), ("sectors", "final_demand")),
    "figS4": Inputs(("intensities",)),
    "figS5": Inputs(("quintiles",)),
    "figS6": Inputs(("quintiles",)),
    "figS7": Inputs(("intensities",)),
    "figS8": Inputs(("regions", "parameters"), ("benchmarks",)),
    "supply_chains": Inputs(("production_layers", "supply_chains", "regions"), ("sectors",)),
}

#: What each figure shows, in a few words.
TITLES: dict[str, str] = {
    "fig1": "Footprints of cities",
    "fig2": "Flows between groups of cities",
    "fig3": "Key emitters",
    "fig4": "Scenarios of the quota",
    "figS1": "Cities by affluence",
    "figS2": "Cities by structure",
    "figS3": "Layout of the nested table",
    "figS4": "Benchmarks of technology",
    "figS5": "Shares of the quintiles",
    "figS6": "Structures of the quintiles",
    "figS7": "Key sectors of super-emitters",
    "figS8": "Capital formation of super-emitters",
    "supply_chains": "Supply chains of super-emitters",
}

#: Captions, as the report of a run shows them: ``<name>.rst``.
CAPTIONS = Path(__file__).parents[1] / "captions" / "figures"


def draw(
    name: str,
    tables: Mapping[str, pd.DataFrame],
    boundaries: geopandas.GeoDataFrame | None,
    config: Figures,
    *,
    synthetic: bool,
    run: Mapping[str, Any],
) -> Figure:
    """Draw one figure by its name (a key of ``INPUTS``)."""
    module = importlib.import_module(f".{name}", __name__)
    return module.draw(tables, boundaries, config, synthetic=synthetic, run=run)


def caption(name: str) -> str:
    """The caption of one figure (captions/figures/<name>.rst)."""
    return " ".join((CAPTIONS / f"{name}.rst").read_text(encoding="utf-8").split())
