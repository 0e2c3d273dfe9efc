"""Benchmark of an intake: a world table of 7,000 rows as a pymrio folder, from its files to lists, a
check and footprints.

``python tests/benchmarks/intake.py`` prints seconds, CPU seconds and peak memory of each step;
``--text`` writes the folder as text in place of parquet, ``--regions`` and ``--sectors`` set the
size.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(Path(__file__).parent)]

import numpy as np
import pandas as pd
import xarray as xr
from leontief import peak_gib

CATEGORIES = ["Households", "Government", "Gross fixed capital formation", "Changes in inventories"]


def write(folder: Path, regions: int, sectors: int, *, text: bool) -> None:
    """An invented table whose rows and columns close, with value added and CO2."""
    import pymrio

    rng = np.random.default_rng(1)
    codes = [f"r{k:03d}" for k in range(regions)]
    rows = pd.MultiIndex.from_product([codes, [f"s{k:02d}" for k in range(sectors)]])
    rows.names = ["region", "sector"]
    users = pd.MultiIndex.from_product([codes, CATEGORIES], names=["region", "category"])
    deliveries = rng.exponential(1.0, (len(rows), len(rows)))
    demand = rng.exponential(20.0, (len(rows), len(users)))
    demand[:, 3::4] *= 0.01
    output = deliveries.sum(axis=1) + demand.sum(axis=1)
    deliveries *= 0.4 * output[None, :] / deliveries.sum(axis=0)
    output = deliveries.sum(axis=1) + demand.sum(axis=1)
    added = output - deliveries.sum(axis=0)
    system = pymrio.IOSystem(
        Z=pd.DataFrame(deliveries, rows, rows), Y=pd.DataFrame(demand, rows, users)
    )
    system.x = pd.DataFrame({"indout": output}, index=rows)
    system.unit = pd.DataFrame({"unit": "Mill USD"}, index=rows)
    for name, label, values, unit in (
        ("factor_inputs", "Value added", added, "Mill USD"),
        ("air", "CO2", rng.exponential(1.0, len(rows)), "Gg"),
    ):
        frame = pd.DataFrame(values[None], index=pd.Index([label], name="row"), columns=rows)
        units = pd.DataFrame({"unit": [unit]}, index=frame.index)
        setattr(system, name, pymrio.Extension(name=name, F=frame, unit=units))
    system.save_all(folder, table_format="txt" if text else "parquet")
    places = pd.DataFrame({"region": codes, "population": 1e6, "population_rural": 1e5})
    places = places.assign(lon=10, lat=50, area_km2=1e5)
    places.to_csv(folder / "regions.csv", index=False)


def step(name: str, folder: Path, new: Path) -> None:
    """One step in this process: intake with its check, or the table to footprints."""
    wall, cpu = time.perf_counter(), time.process_time()
    if name == "intake":
        from citymrio.__main__ import main

        status = main(["intake", str(folder), "--to", str(new), "--year", "2011"])
        assert status == 0
    else:
        from citymrio.base.labels import read_table
        from citymrio.dataset.raw_table import Lists
        from citymrio.dataset.sources.mrio.given import read_given
        from citymrio.nested import NestedMRIO
        from citymrio.nested.nest import given_nested

        told = {k: read_table(new / f"lists/{k}.csv") for k in ("regions", "sectors", "accounts")}
        demand = read_table(new / "lists/final_demand.csv")
        lists = Lists.of(told["regions"], told["sectors"], demand, told["accounts"])
        table = read_given(folder, lists, "10^6 USD", 0.05)
        roles = dict(zip(lists.categories, demand["role"], strict=True))
        nested = NestedMRIO.from_dataset(
            given_nested(
                table.cells,
                table.accounts,
                regions=lists.regions,
                sectors=lists.sectors,
                roles=roles,
                unit="10^6 USD",
            )
        )
        emitted = read_table(new / "lists/emissions.csv").pivot(
            index="region", columns="sector", values="emissions"
        )
        emitted = emitted.loc[lists.regions, lists.sectors]
        labels = {"region": lists.regions, "sector": lists.sectors}
        stressor = xr.DataArray(emitted.to_numpy(), labels, ("region", "sector"))
        found = nested.trace(stressor, keep_category=False)
        print(f"emissions {emitted.to_numpy().sum():.6g}; {[*found.data_vars]}")
    seconds, used = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{name}: {seconds:.1f} s, {used:.1f} CPU seconds, peak {peak_gib():.2f} GiB")


def main() -> None:
    """Write the folder, and run both steps, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regions", type=int, default=140)
    parser.add_argument("--sectors", type=int, default=50)
    parser.add_argument("--text", action="store_true")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        step(given.step[0], Path(given.step[1]), Path(given.step[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        table, new = Path(folder) / "table", Path(folder) / "new"
        write(table, given.regions, given.sectors, text=given.text)
        for name in ("intake", "footprints"):
            command = [sys.executable, __file__, "--step", name, str(table), str(new)]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
