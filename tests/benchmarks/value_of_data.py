"""Expected and realised fall of intervals: data are really added to a synthetic country, and its
ensemble is run again.

    python tests/benchmarks/value_of_data.py [--size tiny|full] [--members 60] [--kinds
    output_sector,emissions_total]

Every city that lacks a kind of data gets the true value times the stated error. The table goes to
results/benchmarks/value_of_data.csv.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "worlds")]

import pandas as pd
from collected_data import World, compare

from citymrio.assessment.ensemble.kinds import KINDS
from citymrio.base.labels import write_table
from citymrio.config.models import load_config
from citymrio.dataset.sources.synthetic import build as synthetic


def main() -> None:
    """Read the words of the command line, compare, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="tiny", choices=["tiny", "full"])
    parser.add_argument("--members", type=int, default=60)
    parser.add_argument("--kinds", default=",".join(kind.name for kind in KINDS))
    given = parser.parse_args()
    kinds = {kind.name: kind for kind in KINDS}
    if unknown := sorted({*given.kinds.split(",")} - {*kinds}):
        parser.error(f"--kinds {given.kinds}: {unknown} unknown; there are: {[*kinds]}")
    config = load_config({"dataset": {"kind": "synthetic", "size": given.size}})
    with tempfile.TemporaryDirectory() as folder:
        synthetic.build(config.dataset, Path(folder))
        world = World.of(Path(folder), config)
        rows = []
        for row in compare(world, [kinds[name] for name in given.kinds.split(",")], given.members):
            print(row, flush=True)
            rows.append(row)
    write_table(
        pd.DataFrame([row._asdict() for row in rows]), ROOT / "results/benchmarks/value_of_data.csv"
    )


if __name__ == "__main__":
    main()
