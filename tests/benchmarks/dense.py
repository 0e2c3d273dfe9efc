"""Benchmark of a table given cell by cell: the nested table of a finished run, written out dense.

``python tests/benchmarks/dense.py`` writes and prints ``results/benchmarks/dense.csv``: seconds,
CPU seconds (all threads) and the peak memory of one process that opens the table and computes on
it, step by step, and the largest difference to the run's own footprints. Column ``load`` is the
load average: on a busy machine trust cpu_seconds more than seconds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "worlds"), str(Path(__file__).parent)]

import numpy as np
import pandas as pd
from leontief import peak_gib

from citymrio.base.labels import read_dataset, write_dataset, write_table
from citymrio.footprints.footprint import footprints
from citymrio.footprints.supply_chains import PathSearch
from citymrio.nested import NestedMRIO

#: Files of a finished run that are read.
FILES = (
    "nested/mrio.nc",
    "footprint/emissions.nc",
    "footprint/footprints.nc",
    "dataset/regions.csv",
)


def prepare(run: Path, target: Path) -> None:
    """Write the run's nested table cell by cell."""
    from given_world import given

    write_dataset(given(NestedMRIO.from_dataset(read_dataset(run / "nested" / "mrio.nc"))), target)


def measure(run: Path, dense: Path) -> pd.DataFrame:
    """Every step on the dense table: step, seconds, cpu_seconds, peak_gib, note."""
    rows = []

    def step(name, function, note=lambda result: ""):
        wall, cpu = time.perf_counter(), time.process_time()
        result = function()
        rows.append(
            (
                name,
                time.perf_counter() - wall,
                time.process_time() - cpu,
                os.getloadavg()[0],
                peak_gib(),
                note(result),
            )
        )
        return result

    inventory, known = (
        read_dataset(run / "footprint" / "emissions.nc"),
        read_dataset(run / "footprint" / "footprints.nc"),
    )
    data = step("read", lambda: read_dataset(dense))
    nested = step(
        "open, balance, productivity",
        lambda: NestedMRIO.from_dataset(data),
        lambda table: f"{table.shape[0]} rows",
    )
    step("factors of I - A", lambda: nested.leontief)

    def differences(found):
        names = ("cba", "flows_category", "va_flows", "exports", "multiplier")
        worst = max(
            float(abs(found[name] - known[name]).max() / abs(known[name]).max()) for name in names
        )
        return (
            f"residual {found.attrs['residual']:.0e}; largest difference to the factored "
            f"table {worst:.0e}"
        )

    found = step(
        "footprints, carbon and value added", lambda: footprints(nested, inventory), differences
    )
    table_seconds, table_cpu = (sum(row[k] for row in rows) for k in (1, 2))
    rows.append(("all of these", table_seconds, table_cpu, os.getloadavg()[0], peak_gib(), ""))
    step("product_footprints", lambda: nested.product_footprints(found["multiplier"]))
    step("forward solve, one column", lambda: nested.solve(nested.demand()))
    owner = (
        pd.read_csv(run / "dataset" / "regions.csv", dtype=str)
        .set_index("region")["province"]
        .to_dict()
    )
    groups = {region: owner[region] for region in nested.regions}
    step(
        "aggregate to provinces",
        lambda: nested.aggregate(regions=groups),
        lambda part: f"{part.sizes['region']} groups",
    )
    intensity = nested.intensity(inventory["emissions"])
    largest = str(nested.regions[int(np.argmax(found["cba"].sum("category").values))])

    def chains():
        search = PathSearch(nested, intensity)
        return search.largest(largest), search.layers(largest)

    step("supply chains of the largest footprint", chains)
    step("flows by emitting sector", lambda: nested.flows(inventory["emissions"], "sector"))
    return pd.DataFrame(
        rows, columns=["step", "seconds", "cpu_seconds", "load", "peak_gib", "note"]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--run", type=Path, default=ROOT / "results" / "synthetic", help="a finished run"
    )
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)  # a process of its own
    given = parser.parse_args()
    if lacking := [name for name in FILES if not (given.run / name).is_file()]:
        raise SystemExit(
            f"{given.run} is no finished run: {lacking[0]} is missing. Fix: run make first, or name "
            "one (RUN=results/...)."
        )
    if given.measure:
        table = measure(given.run, given.measure)
        write_table(table, ROOT / "results" / "benchmarks" / "dense.csv")
        print(table.round(2).to_string(index=False))
        return
    with tempfile.TemporaryDirectory() as folder:
        prepare(given.run, Path(folder, "mrio.nc"))
        subprocess.run(
            [sys.executable, __file__, "--run", given.run, "--measure", Path(folder, "mrio.nc")],
            check=True,
        )


if __name__ == "__main__":
    main()
