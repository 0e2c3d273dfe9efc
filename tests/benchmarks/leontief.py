"""Benchmark of the Leontief solve: all footprints by category and the full origin x destination
matrix, engine against engine.

``python tests/benchmarks/leontief.py`` writes and prints ``results/benchmarks/leontief.csv`` and
draws the cost curve. Same data for all engines, each engine in a fresh process, peak memory by the
operating system's account. Engines:

- NestedMRIO: this project; from the labelled table in memory, factorisation included.
- dense LU: scipy, I - A in place, one transposed solve with one right-hand side per region.
- pymrio: ``calc_all`` (inverts I - A) and the same two results from its L.
- footprint stage: this project's stage as a run has it, reading and writing included (carbon and
  value added).
- export, pymrio on the export: the largest table written in pymrio's layout, then ``load_all``
  (read_seconds) and ``calc_all`` (seconds) on what was written; difference of every region's
  footprint to ours.

Column ``load`` is the load average before the run: on a busy machine trust cpu_seconds (all
threads) more than seconds.

Last comes county scale, 2,900 regions (121,800 rows): the full-size table with every city split
into counties; checked by the residual of its solves and against the cities' flows, since the dense
matrix would need 119 GB. ``--no-county`` leaves it out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "worlds")]

import numpy as np
import pandas as pd
import xarray as xr

SECTORS = 42
SIZES = (24, 60, 120, 313)
COUNTY = 2900
ENGINES = ("NestedMRIO", "dense LU", "pymrio", "footprint stage")
EXPORT = ("export", "pymrio on the export")
# Memory needed, in copies of Z.
DOUBLES = {
    "NestedMRIO": 0.5,
    "footprint stage": 0.5,
    "dense LU": 1.6,
    "pymrio": 8.0,
    EXPORT[0]: 0.9,
    EXPORT[1]: 11.5,
}
COLUMNS = [
    "engine",
    "regions",
    "rows",
    "seconds",
    "cpu_seconds",
    "load",
    "read_seconds",
    "peak_gib",
    "max_relative_difference",
    "residual",
    "note",
]


# --- data: written once per size, by a process of its own
# --------------------------------------------------------------


def cities_of(regions: int) -> tuple[int, ...]:
    """Regions per province: every fourth province is one region, the others share the rest
    unevenly; 31 provinces at 313.
    """
    provinces = max(4, regions * 31 // 313)
    single = provinces // 4
    weights = 1.0 + np.arange(provinces - single) % 5
    counts = np.floor(weights / weights.sum() * (regions - single)).astype(int)
    counts[: regions - single - counts.sum()] += 1
    return (*counts.tolist(), *[1] * single)


def prepare(regions: int, folder: Path, dense: bool) -> None:
    """Write one size's table (and, for the peers, its dense Z and Y)."""
    from nested_worlds import make_world

    from citymrio.base.labels import write_dataset
    from citymrio.nested.dense import row_block

    world = make_world(seed=regions, cities=cities_of(regions), sectors=SECTORS)
    nested = world.nested
    write_dataset(nested.to_dataset(), folder / "mrio.nc")
    write_dataset(_inventory(world.emissions), folder / "emissions.nc")
    if dense:
        size, uses, n = nested.shape[0], regions * nested.categories.size, SECTORS
        z = np.lib.format.open_memmap(folder / "Z.npy", mode="w+", dtype=float, shape=(size, size))
        y = np.lib.format.open_memmap(folder / "Y.npy", mode="w+", dtype=float, shape=(size, uses))
        for start in range(0, regions, 8):
            origins = np.arange(start, min(start + 8, regions))
            cells = row_block(nested, origins)
            rows = slice(start * n, (start + origins.size) * n)
            z[rows], y[rows] = cells[..., :n].reshape(-1, size), cells[..., n:].reshape(-1, uses)


def prepare_county(source: Path, folder: Path, count: int) -> None:
    """Split the regions of `source` into `count` counties; write their table and the regions' own
    flows.
    """
    from leontief_worlds import split_regions

    from citymrio.base.labels import read_dataset, write_dataset
    from citymrio.nested import NestedMRIO

    cities, inventory = (
        NestedMRIO.from_dataset(read_dataset(source / "mrio.nc")),
        read_dataset(source / "emissions.nc"),
    )
    shares = np.full(cities.regions.size, count // cities.regions.size)
    shares[: count - shares.sum()] += 1
    counties, owner, emissions = split_regions(
        cities, inventory["emissions"], dict(zip(cities.regions, shares, strict=True))
    )
    write_dataset(counties.to_dataset(), folder / "mrio.nc")
    write_dataset(_inventory(emissions), folder / "emissions.nc")
    np.savez(
        folder / "cities.npz",
        owner=owner,
        flows=cities.trace(inventory["emissions"])["flows_category"].values,
    )


def _inventory(emissions: xr.DataArray) -> xr.Dataset:
    emissions = emissions.assign_attrs(units="t CO2")
    household = emissions.sum("sector", keep_attrs=True) * 0.05
    return xr.Dataset(
        {
            "emissions": emissions,
            "orphan": xr.zeros_like(emissions),
            "household_emissions": household.assign_attrs(units="t CO2"),
        }
    )


# --- engines: each returns flows (R, R, K) and what it has to say
# -------------------------------------------------------


def read_nested(folder: Path):
    from citymrio.base.labels import read_dataset
    from citymrio.nested import NestedMRIO

    return (
        NestedMRIO,
        read_dataset(folder / "mrio.nc"),
        read_dataset(folder / "emissions.nc")["emissions"],
    )


def run_nested(kind, dataset, emissions):
    traced = kind.from_dataset(dataset, threads=os.cpu_count() or 1).trace(emissions)
    return traced["flows_category"].values, {"residual": traced.attrs["residual"]}


def read_stage(folder: Path):
    import citymrio.footprints.footprint  # noqa: F401  (imports are not part of the stage)

    return (folder,)


def stage(folder: Path):
    """The footprint stage as a run has it, reading and writing included."""
    from citymrio.base.labels import read_dataset, write_dataset
    from citymrio.footprints.footprint import footprints
    from citymrio.nested import NestedMRIO

    nested = NestedMRIO.from_dataset(read_dataset(folder / "mrio.nc"), threads=os.cpu_count() or 1)
    result = footprints(nested, read_dataset(folder / "emissions.nc"))
    write_dataset(result, folder / "footprints.nc")
    return result


def run_stage(folder: Path):
    result = stage(folder)
    return result["flows_category"].values, {"residual": result.attrs["residual"]}


def read_dense(folder: Path):
    _, dataset, emissions = read_nested(folder)
    return (
        np.load(folder / "Z.npy"),
        np.load(folder / "Y.npy"),
        dataset["output"].values,
        emissions.values,
    )


def run_dense(z, y, x, emissions):
    from scipy.linalg import lu_factor, lu_solve

    regions, n = x.shape
    flat = x.ravel()
    intensity = np.divide(emissions, x, out=np.zeros_like(x), where=x > 0)
    emitted = np.zeros((regions, n, regions))
    emitted[np.arange(regions), :, np.arange(regions)] = intensity
    z *= np.divide(-1.0, flat, out=np.zeros_like(flat), where=flat > 0)
    z[np.diag_indices_from(z)] += 1.0
    factors = lu_factor(z.T, overwrite_a=True, check_finite=False)
    multipliers = lu_solve(
        factors, emitted.reshape(flat.size, regions), overwrite_b=True, check_finite=False
    )
    return (multipliers.T @ y).reshape(regions, regions, -1), {}


def read_pymrio(folder: Path):
    import pymrio

    z, y, x, emissions = read_dense(folder)
    _, dataset, _ = read_nested(folder)
    regions, sectors = dataset["region"].values.astype(str), dataset["sector"].values.astype(str)
    categories = dataset["use"].values.astype(str)[sectors.size :]
    rows = pd.MultiIndex.from_product([regions, sectors], names=["region", "sector"])
    columns = pd.MultiIndex.from_product([regions, categories], names=["region", "category"])
    stressor = pd.DataFrame(
        emissions.reshape(1, -1), index=pd.Index(["CO2"], name="stressor"), columns=rows
    )
    extension = pymrio.Extension(
        "emissions", F=stressor, unit=pd.DataFrame({"unit": ["t"]}, index=stressor.index)
    )
    output = pd.DataFrame({"indout": x.ravel()}, index=rows)
    system = pymrio.IOSystem(
        Z=pd.DataFrame(z, rows, rows, copy=False),
        Y=pd.DataFrame(y, rows, columns, copy=False),
        x=output,
    )
    system.emissions = extension
    return system, x.shape


def run_pymrio(system, shape):
    start = time.perf_counter()
    system.calc_all()
    seconds = time.perf_counter() - start
    regions, n = shape
    inverse, intensity = system.L.to_numpy(), system.emissions.S.to_numpy().ravel()
    by_origin = np.stack(
        [intensity[r * n : (r + 1) * n] @ inverse[r * n : (r + 1) * n] for r in range(regions)]
    )
    return (by_origin @ system.Y.to_numpy()).reshape(regions, regions, -1), {
        "note": f"calc_all alone {seconds:.2f} s"
    }


def read_export(folder: Path):
    from citymrio.base.labels import read_dataset
    from citymrio.footprints.footprint import footprints

    kind, dataset, _ = read_nested(folder)
    nested, inventory = kind.from_dataset(dataset), read_dataset(folder / "emissions.nc")
    population = xr.DataArray(
        np.ones(nested.regions.size), coords={"region": nested.regions}, attrs={"units": "person"}
    )
    return (
        nested,
        folder,
        inventory,
        population,
        footprints(nested, inventory)["cba"].sum("category").values,
    )


def run_export(nested, folder, inventory, population, cba):
    from citymrio.nested.export import write_pymrio

    write_pymrio(nested, folder / "mrio", inventory, population)
    size = sum(file.stat().st_size for file in (folder / "mrio").rglob("*") if file.is_file())
    np.save(folder / "regions.npy", nested.regions.astype(str))
    return cba, {"note": f"{size / 2**30:.2f} GiB written"}


def read_exported(folder: Path):
    import pymrio

    return pymrio.load_all(folder / "mrio"), np.load(folder / "regions.npy")


def run_exported(system, regions):
    system.calc_all()
    return system.emissions.D_cba_reg.loc["CO2", regions].to_numpy(), {
        "note": "load_all is read_seconds, calc_all seconds"
    }


RUNS = {
    EXPORT[0]: (read_export, run_export),
    EXPORT[1]: (read_exported, run_exported),
    "NestedMRIO": (read_nested, run_nested),
    "dense LU": (read_dense, run_dense),
    "pymrio": (read_pymrio, run_pymrio),
    "footprint stage": (read_stage, run_stage),
}


def peak_gib() -> float:
    """Largest resident set of this process, from the operating system."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**20
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**30 if sys.platform == "darwin" else 2**20)


def child(engine: str, folder: Path) -> None:
    """Run one engine here and leave its flows and its account in `folder`."""
    read, run = RUNS[engine]
    start = time.perf_counter()
    data = read(folder)
    loaded, worked = time.perf_counter(), time.process_time()
    flows, report = run(*data)
    done, work = time.perf_counter(), time.process_time() - worked
    peak = peak_gib()
    np.save(folder / "flows.npy", flows)
    report |= {
        "seconds": done - loaded,
        "cpu_seconds": work,
        "read_seconds": loaded - start,
        "peak_gib": peak,
    }
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")


def available_gib() -> float:
    """Memory that can be had without swapping."""
    info = Path("/proc/meminfo")
    if not info.exists():
        return float("inf")
    line = next(line for line in info.read_text().splitlines() if line.startswith("MemAvailable"))
    return int(line.split()[1]) / 2**20


def call(*arguments: str, script: str = __file__) -> bool:
    """Run this file, or another, in a fresh process; whether it ended well."""
    return subprocess.run([sys.executable, script, *arguments], check=False).returncode == 0


def difference(flows: np.ndarray, reference: np.ndarray) -> float:
    """Largest difference of a flow, relative to the footprint of its destination."""
    return float(
        (np.abs(flows - reference).max(axis=(0, 2)) / np.abs(reference).sum(axis=(0, 2))).max()
    )


def measure(
    engine: str, regions: int, folder: Path, reference: np.ndarray | None
) -> tuple[dict, np.ndarray | None]:
    """One row of the table, and the flows found (None when the engine did not run)."""
    row = {
        "engine": engine,
        "regions": regions,
        "rows": regions * SECTORS,
        "load": os.getloadavg()[0],
        "note": "",
    }
    needed, free = DOUBLES[engine] * (regions * SECTORS) ** 2 * 8 / 2**30, available_gib()
    if regions != COUNTY and free < needed * 1.1:
        return row | {
            "note": f"not run: needs about {needed:.1f} GiB, {free:.1f} GiB are free"
        }, None
    if not call("--child", engine, "--work", str(folder)):
        return row | {"note": "failed (see the messages above)"}, None
    row |= json.loads((folder / "report.json").read_text(encoding="utf-8"))
    flows = np.load(folder / "flows.npy")
    if reference is not None:
        row["max_relative_difference"] = difference(flows, reference)
    return row, flows


def benchmark(
    sizes: list[int], engines: list[str], county: bool, repeats: int, output: Path
) -> pd.DataFrame:
    """Run everything; the table is written after every row, so that a broken run leaves what it
    found.
    """
    rows: list[dict] = []

    def keep(row: dict) -> None:
        rows.append(row)
        table = pd.DataFrame(rows, columns=COLUMNS)
        table.to_csv(output / "leontief.csv", index=False, lineterminator="\n", float_format="%.6g")
        print(
            pd.DataFrame([row], columns=COLUMNS).to_string(index=False, header=len(rows) == 1),
            flush=True,
        )

    order = [engine for engine in ("dense LU", *ENGINES) if engine in engines]
    for regions in sizes:
        with tempfile.TemporaryDirectory(prefix="leontief-") as work:
            folder = Path(work)
            peers = any(engine in engines for engine in ("dense LU", "pymrio"))
            if not call("--prepare", str(regions), "--work", work, *(["--dense"] if peers else [])):
                raise SystemExit(f"the data of {regions} regions could not be made")
            reference = None
            for engine in dict.fromkeys(order):
                best = None
                for _ in range(repeats):
                    row, flows = measure(engine, regions, folder, reference)
                    if best is None or row.get("seconds", np.inf) < best["seconds"]:
                        best = row
                if engine == "dense LU":
                    reference = flows
                keep(best)
            if regions == max(sizes) and "pymrio" in engines:
                for row in export_rows(regions, folder):
                    keep(row)
            if county and regions == max(sizes):
                for name in ("Z.npy", "Y.npy"):
                    (folder / name).unlink(missing_ok=True)
                keep(county_row(folder))
    return pd.DataFrame(rows, columns=COLUMNS)


def export_rows(regions: int, folder: Path) -> list[dict]:
    """The table written in pymrio's layout, and pymrio's footprints from it against ours."""
    rows, ours = [], None
    for name in EXPORT:
        row, footprints = measure(name, regions, folder, None)
        rows.append(row)
        if footprints is None:
            break
        if ours is not None:
            row["max_relative_difference"] = float((np.abs(footprints - ours) / ours).max())
        ours = footprints
    return rows


def county_row(source: Path) -> dict:
    """County scale: time, memory, residual, and the counties' flows added up against the cities'."""
    with tempfile.TemporaryDirectory(prefix="leontief-county-") as work:
        folder = Path(work)
        if not call("--prepare-county", str(source), "--work", work):
            raise SystemExit("the county table could not be made")
        row, flows = measure("NestedMRIO", COUNTY, folder, None)
        if flows is not None:
            row["max_relative_difference"] = added_up(flows, folder)
            row["note"] = "difference: counties added up, against the cities' flows"
        return row


def added_up(flows: np.ndarray, folder: Path) -> float:
    """Largest difference of the counties' flows, added up, to the cities' flows."""
    cities = np.load(folder / "cities.npz")
    added = np.zeros((flows.shape[0], *cities["flows"].shape[1:]))
    np.add.at(added, (slice(None), cities["owner"]), flows)
    total = np.zeros_like(cities["flows"])
    np.add.at(total, cities["owner"], added)
    return difference(total, cities["flows"])


def draw(table: pd.DataFrame, output: Path) -> str:
    """The cost curve, seconds and GiB against regions, and its explanation in two sentences."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.2), layout="constrained")
    styles = {
        "NestedMRIO": ("#0072b2", "o"),
        "dense LU": ("#e69f00", "s"),
        "pymrio": ("#d55e00", "^"),
    }
    for axis, column, label in zip(
        axes, ("seconds", "peak_gib"), ("seconds", "peak memory, GiB"), strict=True
    ):
        for engine, (colour, marker) in styles.items():
            part = table[(table["engine"] == engine) & table[column].notna()].sort_values("regions")
            axis.loglog(part["regions"], part[column], marker=marker, color=colour, label=engine)
        axis.set_xticks(
            sorted(set(table["regions"])),
            [f"{regions:,}" for regions in sorted(set(table["regions"]))],
        )
        axis.minorticks_off()
        axis.set(xlabel="regions (42 sectors each)", ylabel=label)
        axis.grid(True, which="major", color="#dddddd", linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False)
    for suffix in ("png", "pdf"):
        figure.savefig(
            output / f"leontief.{suffix}",
            dpi=200,
            metadata={"Software": None} if suffix == "png" else {"CreationDate": None},
        )
    plt.close(figure)
    return (
        "The dense engines factor one matrix of all regions, so their time grows with the cube "
        "of the number of regions and "
        "their memory with its square. NestedMRIO factors one block per province and one matrix "
        "between them: with P provinces "
        "its time is about 1/P^2 and its memory 1/P of the dense one, under a fixed part (P "
        "sectors)^3 that rules small tables."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of regions"
    )
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=ENGINES)
    parser.add_argument(
        "--county",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="2,900 regions at the end (half a minute, 2 GiB)",
    )
    parser.add_argument(
        "--repeats", type=int, default=1, help="runs of every engine; the fastest counts"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "results" / "benchmarks")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--prepare", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--dense", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--prepare-county", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--counties", type=int, default=COUNTY, help=argparse.SUPPRESS)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare is not None:
        prepare(options.prepare, options.work, options.dense)
    elif options.prepare_county is not None:
        prepare_county(options.prepare_county, options.work, options.counties)
    elif options.child is not None:
        child(options.child, options.work)
    else:
        options.output.mkdir(parents=True, exist_ok=True)
        table = benchmark(
            options.sizes, options.engines, options.county, options.repeats, options.output
        )
        text = draw(table, options.output)
        print(
            f"\n{table.to_string(index=False)}\n\n{text}\nWritten: "
            f"{options.output / 'leontief.csv'}, leontief.png, leontief.pdf"
        )


if __name__ == "__main__":
    main()
