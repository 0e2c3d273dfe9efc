"""Benchmark of scale: footprints from 30 to 10,000 regions, whole estimates by regions and sectors.

``python tests/benchmarks/scale.py`` writes and prints ``results/benchmarks/scale.csv`` (seconds,
peak memory, residual), draws the cost curves, and measures the limit of the machine
(``machine.csv``). Every size runs in a fresh process. Engines:

- footprints: the stage of a run, from nested/mrio.nc to footprint/footprints.nc; beyond 313 regions
  the cities of that table are split into counties, and what the counties add up to is compared with
  the cities' flows.
- estimate: the whole chain in memory, from the dataset of a synthetic country to footprints.

Column ``load`` is the load average before the run: on a busy machine trust cpu_seconds (all
threads) more than seconds.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
import time
from pathlib import Path

import leontief  # puts the library and the worlds on the path
import numpy as np
import pandas as pd
from leontief import ROOT, SECTORS, cities_of, peak_gib

NESTED = (30, 60, 120, 313, 1000, 2817, 10000)
#: Cities and sectors of the synthetic countries, of 31 provinces, that are estimated.
ESTIMATED = ((300, 42), (300, 83), (300, 200), (1000, 42), (2800, 42))
#: The largest nested table that is drawn; larger ones are split from it.
DRAWN = 313
COLUMNS = [
    "engine",
    "regions",
    "sectors",
    "seconds",
    "cpu_seconds",
    "load",
    "peak_gib",
    "residual",
    "max_relative_difference",
    "note",
]
STYLES = {
    "footprints": ("#0072b2", "o", "footprints, from a nested table"),
    "estimate": ("#e69f00", "s", "whole estimate, from a dataset"),
}


def threads() -> int:
    """Threads of every engine."""
    return os.cpu_count() or 1


# --- engines: import, then run; what they report
# ---------------------------------


def run_footprints(folder: Path):
    import citymrio.footprints.footprint  # noqa: F401  (imports are not part of the stage)

    return lambda: {"residual": leontief.stage(folder).attrs["residual"]}


def run_estimate(folder: Path):
    from citymrio.chain.estimate import estimate
    from citymrio.config.models import Config
    from citymrio.dataset.dataset import DatasetFolder

    dataset = DatasetFolder.read(folder, ())
    return lambda: {"residual": estimate(dataset, Config()).footprints.attrs["residual"]}


ENGINES = {"footprints": run_footprints, "estimate": run_estimate}


def child(engine: str, folder: Path) -> None:
    """Run one engine here and leave its account in `folder`."""
    run = ENGINES[engine](folder)
    start, worked = time.perf_counter(), time.process_time()
    report = run() | {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - worked,
        "peak_gib": peak_gib(),
    }
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")


def measure(engine: str, regions: int, sectors: int, folder: Path) -> dict:
    """One row of the table."""
    row = {
        "engine": engine,
        "regions": regions,
        "sectors": sectors,
        "load": os.getloadavg()[0],
        "note": "",
    }
    if not leontief.call("--child", engine, "--work", str(folder), script=__file__):
        return row | {"note": "failed (see the messages above)"}
    return row | json.loads((folder / "report.json").read_text(encoding="utf-8"))


# --- the table at every size
# ---------------------------------------------------------------------------------------


def nested_rows(sizes: list[int]):
    """Rows of the nested table; those beyond `DRAWN` are split from it."""
    with tempfile.TemporaryDirectory(prefix="scale-") as work:
        base = Path(work)
        for regions in sizes:
            folder = base / str(regions)
            folder.mkdir()
            if regions <= DRAWN:
                made = leontief.call("--prepare", str(regions), "--work", str(folder))
            else:
                drawn = base / "drawn"
                if not drawn.exists():
                    drawn.mkdir()
                    leontief.call("--prepare", str(DRAWN), "--work", str(drawn))
                made = leontief.call(
                    "--prepare-county",
                    str(drawn),
                    "--counties",
                    str(regions),
                    "--work",
                    str(folder),
                )
            if not made:
                raise SystemExit(f"the data of {regions} regions could not be made")
            row = measure("footprints", regions, SECTORS, folder)
            if regions > DRAWN and "seconds" in row:
                row["max_relative_difference"] = added_up(folder)
                row["note"] = "difference: counties added up, against the cities' flows"
            yield row
            for file in folder.iterdir():
                file.unlink()


def added_up(folder: Path) -> float:
    """Largest difference of the counties' flows, added up, to the cities' flows."""
    from citymrio.base.labels import read_dataset
    from citymrio.nested.flows import Flows

    cities = np.load(folder / "cities.npz")
    of = (np.arange(len(cities["flows"]))[:, None] == cities["owner"]).astype(float)
    flows = Flows.of(read_dataset(folder / "footprints.nc"))
    added = sum(of @ values @ of[:, index].T for index, values in flows.into())
    return leontief.difference(added[:, :, None], cities["flows"].sum(axis=2)[:, :, None])


def estimate_rows(sizes: list[tuple[int, int]]):
    """Rows of whole estimates of synthetic countries of 31 provinces."""
    from citymrio.config.models import Dataset
    from citymrio.dataset.sources.synthetic.build import build

    for cities, sectors in sizes:
        with tempfile.TemporaryDirectory(prefix="scale-") as work:
            size = {"provinces": 31, "cities": cities, "sectors": sectors}
            build(Dataset(size=size), work)
            yield measure("estimate", cities, sectors, Path(work))


def machine() -> pd.DataFrame:
    """GFlop/s of one thread in products, factorisations and solves, and what the direct county
    solve would need of them.
    """
    from scipy.linalg import lu_factor, lu_solve

    from citymrio.base.threads import blas_threads

    size, right = 2500, 1500
    rng = np.random.default_rng(0)
    matrix, many = (
        np.asfortranarray(rng.random((size, size)) + size * np.eye(size)),
        np.asfortranarray(rng.random((size, right))),
    )
    factors = lu_factor(matrix)
    work = {
        "matrix product (dgemm)": (2 * size**2 * right, lambda: matrix @ many),
        "factorisation (dgetrf)": (2 * size**3 / 3, lambda: lu_factor(matrix, check_finite=False)),
        "solve (dgetrs)": (
            2 * size**2 * right,
            lambda: lu_solve(factors, many, check_finite=False),
        ),
    }
    counties = SECTORS * np.array(cities_of(DRAWN)) * NESTED[-1] / DRAWN
    direct = (2 * counties**3 / 3).sum(), (2 * counties**2 * NESTED[-1]).sum()
    rows = []
    with blas_threads(1):
        for name, (operations, run) in work.items():
            run()
            start = time.process_time()
            run()
            rows.append(
                {
                    "operation": name,
                    "gflops_one_thread": operations / (time.process_time() - start) / 1e9,
                }
            )
    speed = rows[0]["gflops_one_thread"] * 1e9 * threads()
    note = (
        f"LU of every province {direct[0] / 1e12:.1f} TFlop, solves {direct[1] / 1e12:.1f} "
        "TFlop, all at dgemm's speed"
    )
    rows.append(
        {
            "operation": f"{NESTED[-1]} counties, direct",
            "seconds_at_best": sum(direct) / speed,
            "note": note,
        }
    )
    return pd.DataFrame(rows)


def draw(found: pd.DataFrame, output: Path) -> None:
    """The cost curves: CPU seconds and GiB against regions."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.9), layout="constrained")
    ticks = (30, 100, 300, 1000, 3000, 10000)
    for axis, column, label in zip(
        axes,
        ("cpu_seconds", "peak_gib"),
        ("CPU seconds, all threads", "peak memory, GiB"),
        strict=True,
    ):
        for engine, (colour, marker, name) in STYLES.items():
            part = found[
                (found["engine"] == engine) & (found["sectors"] == SECTORS) & found[column].notna()
            ].sort_values("regions")
            axis.loglog(
                part["regions"], part[column], marker=marker, markersize=4, color=colour, label=name
            )
        heights = (0.1, 1, 10, 100, 1000) if column == "cpu_seconds" else (0.2, 0.5, 1, 2, 4, 8)
        axis.set_yticks(heights, [f"{height:g}" for height in heights])
        axis.set_xticks(ticks, [f"{regions:,}" for regions in ticks])
        axis.minorticks_off()
        axis.set(xlabel="regions (42 sectors each)", ylabel=label)
        axis.grid(True, which="major", color="#dddddd", linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    for suffix in ("png", "pdf"):
        figure.savefig(
            output / f"scale.{suffix}",
            dpi=200,
            metadata={"Software": None} if suffix == "png" else {"CreationDate": None},
        )
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--nested",
        type=int,
        nargs="*",
        default=list(NESTED),
        help="numbers of regions in provinces",
    )
    parser.add_argument(
        "--estimated",
        nargs="*",
        default=[f"{cities}x{sectors}" for cities, sectors in ESTIMATED],
        help="cities x sectors of the countries that are estimated",
    )
    parser.add_argument("--output", type=Path, default=ROOT / "results" / "benchmarks")
    parser.add_argument("--child", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.work)
        return
    options.output.mkdir(parents=True, exist_ok=True)
    limit = machine()
    limit.to_csv(
        options.output / "machine.csv", index=False, lineterminator="\n", float_format="%.4g"
    )
    print(limit.to_string(index=False), flush=True)
    rows: list[dict] = []
    sizes = [tuple(map(int, size.split("x"))) for size in options.estimated]
    for row in itertools.chain(nested_rows(options.nested), estimate_rows(sizes)):
        rows.append(row)
        found = pd.DataFrame(rows, columns=COLUMNS)
        found.to_csv(
            options.output / "scale.csv", index=False, lineterminator="\n", float_format="%.6g"
        )
        print(
            pd.DataFrame([row], columns=COLUMNS).to_string(index=False, header=len(rows) == 1),
            flush=True,
        )
    draw(found, options.output)
    print(f"Written: {options.output}: scale.csv, scale.png, scale.pdf, machine.csv")


if __name__ == "__main__":
    main()
