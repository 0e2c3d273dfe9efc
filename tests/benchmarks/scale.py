"""Benchmark of scale: from 30 regions to counties in provinces, and to 3,000 regions of one level.

``python tests/benchmarks/scale.py`` writes and prints ``results/benchmarks/scale.csv`` (seconds, peak memory, residual), draws
the cost curves, and measures the limit of the machine (``machine.csv``). Every engine runs in a fresh process, with 42 sectors:

- nested: footprints by category and all flows of regions in provinces (`NestedMRIO`); beyond 313 regions the cities of the table
  of 313 are split into counties, and what the counties add up to is compared with the cities' flows.
- one level: footprints of one stressor by region and category (`OneLevelMRIO`), from the table in memory, its checks included.
- one level, 64 origins: the flows of 64 regions on the same table, the rows of a block of the origin x destination matrix.
- one level, dense LU: the same footprints by one LU of I - A; `max_relative_difference` is that of `one level` to it.
- one level, trade: the trade step of an estimate, 42 matrices from a reference with borders; its residual is the largest of the
  certificates (of rows and columns, relative to each).

Column ``load`` is the load average before the run: on a busy machine trust cpu_seconds (all threads) more than seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import leontief  # puts the library and the worlds on the path
import numpy as np
import pandas as pd
import xarray as xr
from leontief import ROOT, SECTORS, cities_of, peak_gib

NESTED = (30, 60, 120, 313, 1000, 2900)
#: The largest nested table that is drawn; larger ones are split from it.
DRAWN = 313
ONE_LEVEL = (30, 100, 300, 1000, 3000)
DENSE = 300
ORIGINS = 64
COLUMNS = [
    "engine",
    "regions",
    "rows",
    "seconds",
    "cpu_seconds",
    "load",
    "peak_gib",
    "residual",
    "max_relative_difference",
    "note",
]
STYLES = {
    "nested": ("#0072b2", "o", "in provinces: footprints and all flows"),
    "one level": ("#009e73", "s", "one level: footprints"),
    "one level, 64 origins": ("#56b4e9", "D", "one level: flows of 64 origins"),
    "one level, dense LU": ("#d55e00", "^", "one level: footprints by dense LU"),
    "one level, trade": ("#cc79a7", "v", "one level: trade step of an estimate"),
}


def threads() -> int:
    """Threads of every engine."""
    return os.cpu_count() or 1


# --- engines: read, then run; what they give is compared, and what they say is reported ---------------------------------


def run_nested(folder: Path, regions: int):
    data = leontief.read_nested(folder)
    return lambda: leontief.run_nested(*data)


def world(regions: int):
    from one_level_world import make_one_level

    return make_one_level(seed=regions, regions=regions, sectors=SECTORS)


def run_trade(folder: Path, regions: int):
    from citymrio.trade.one_level import one_level_trade

    made = world(regions)

    def run():
        names = {"regions": made.regions, "sectors": made.sectors, "threads": threads(), "tol": 1e-10}
        shares, found = one_level_trade(made.outflow, made.inflow, made.reference(1.5), **names, shares=True)
        worst = max(max(certificate.residual, certificate.relative_gap) for certificate in found)
        steps = max(certificate.iterations for certificate in found)
        return shares, {"residual": worst, "note": f"at most {steps} steps a sector, certificate {worst:.0e}"}

    return run


def table(folder: Path, regions: int):
    from citymrio.nested.one_level import OneLevelMRIO

    made = world(regions)
    labels = {"sector": made.sectors, "origin": made.regions, "destination": made.regions}
    trade = xr.DataArray(np.load(folder / "one level, trade.npy"), labels, tuple(labels))
    return made, lambda: OneLevelMRIO(made.use, trade, made.output, exports=made.exports, threads=threads())


def run_one_level(folder: Path, regions: int):
    made, opened = table(folder, regions)

    def run():
        found = opened().footprints(made.emissions)
        return found["cba"].values, {"residual": found.attrs["residual"]}

    return run


def run_origins(folder: Path, regions: int):
    made, opened = table(folder, regions)
    mrio = opened()

    def run():
        found = mrio.flows(made.emissions, origins=made.regions[:ORIGINS])
        return found.values, {"residual": found.attrs["residual"]}

    return run


def run_dense(folder: Path, regions: int):
    from scipy.linalg import lu_factor, lu_solve

    made, trade = world(regions), np.load(folder / "one level, trade.npy")
    use, x, n, size = made.use.values, made.output.values, SECTORS, regions * SECTORS

    def run():
        cells = np.einsum("irs,sij->sjri", trade, use[:, :, :n] / x[:, None, :]).reshape(size, size)  # (I - A)' as it lies
        np.negative(cells, out=cells)
        cells[np.diag_indices_from(cells)] += 1.0
        right = (made.emissions.values / x).reshape(size)
        multiplier = lu_solve(lu_factor(cells.T, overwrite_a=True, check_finite=False), right, trans=1, check_finite=False)
        prices = np.einsum("irs,ri->si", trade, multiplier.reshape(regions, n))
        return np.einsum("si,sik->sk", prices, use[:, :, n:]), {}

    return run


ENGINES = {
    "nested": run_nested,
    "one level, trade": run_trade,
    "one level": run_one_level,
    "one level, 64 origins": run_origins,
    "one level, dense LU": run_dense,
}


def child(engine: str, regions: int, folder: Path) -> None:
    """Run one engine here and leave what it found and its account in `folder`."""
    run = ENGINES[engine](folder, regions)
    start, worked = time.perf_counter(), time.process_time()
    found, report = run()
    report |= {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - worked, "peak_gib": peak_gib()}
    np.save(folder / f"{engine}.npy", found)
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")


def measure(engine: str, regions: int, folder: Path) -> dict:
    """One row of the table."""
    row = {"engine": engine, "regions": regions, "rows": regions * SECTORS, "load": os.getloadavg()[0], "note": ""}
    if not leontief.call("--child", engine, "--regions", str(regions), "--work", str(folder), script=__file__):
        return row | {"note": "failed (see the messages above)"}
    return row | json.loads((folder / "report.json").read_text(encoding="utf-8"))


# --- the two tables at every size ---------------------------------------------------------------------------------------


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
                made = leontief.call("--prepare-county", str(drawn), "--counties", str(regions), "--work", str(folder))
            if not made:
                raise SystemExit(f"the data of {regions} regions could not be made")
            row = measure("nested", regions, folder)
            if regions > DRAWN and "seconds" in row:
                row["max_relative_difference"] = leontief.added_up(np.load(folder / "nested.npy", mmap_mode="r"), folder)
                row["note"] = "difference: counties added up, against the cities' flows"
            yield row
            for file in folder.iterdir():
                file.unlink()


def one_level_rows(sizes: list[int]):
    """Rows of the table of one level: trade first, then what is computed on it."""
    for regions in sizes:
        with tempfile.TemporaryDirectory(prefix="scale-") as work:
            folder = Path(work)
            yield measure("one level, trade", regions, folder)
            ours = measure("one level", regions, folder)
            if regions <= DENSE:
                yield measure("one level, dense LU", regions, folder)
                found, dense = (np.load(folder / f"{name}.npy") for name in ("one level", "one level, dense LU"))
                ours["max_relative_difference"] = float((np.abs(found - dense).max(axis=1) / dense.sum(axis=1)).max())
            yield ours
            if regions > ORIGINS:
                yield measure("one level, 64 origins", regions, folder)


def machine() -> pd.DataFrame:
    """GFlop/s of one thread in products, factorisations and solves, and what the direct county solve would need of them."""
    from scipy.linalg import lu_factor, lu_solve

    from citymrio.base.threads import blas_threads

    size, right = 2500, 1500
    rng = np.random.default_rng(0)
    matrix, many = np.asfortranarray(rng.random((size, size)) + size * np.eye(size)), np.asfortranarray(rng.random((size, right)))
    factors = lu_factor(matrix)
    work = {
        "matrix product (dgemm)": (2 * size**2 * right, lambda: matrix @ many),
        "factorisation (dgetrf)": (2 * size**3 / 3, lambda: lu_factor(matrix, check_finite=False)),
        "solve (dgetrs)": (2 * size**2 * right, lambda: lu_solve(factors, many, check_finite=False)),
    }
    counties = SECTORS * np.array(cities_of(DRAWN)) * NESTED[-1] / DRAWN
    direct = (2 * counties**3 / 3).sum(), (2 * counties**2 * NESTED[-1]).sum()
    rows = []
    with blas_threads(1):
        for name, (operations, run) in work.items():
            run()
            start = time.process_time()
            run()
            rows.append({"operation": name, "gflops_one_thread": operations / (time.process_time() - start) / 1e9})
    speed = rows[0]["gflops_one_thread"] * 1e9 * threads()
    note = f"LU of every province {direct[0] / 1e12:.1f} TFlop, solves {direct[1] / 1e12:.1f} TFlop, all at dgemm's speed"
    rows.append({"operation": f"{NESTED[-1]} counties, direct", "seconds_at_best": sum(direct) / speed, "note": note})
    return pd.DataFrame(rows)


def draw(found: pd.DataFrame, output: Path) -> None:
    """The cost curves: CPU seconds and GiB against regions."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.9), layout="constrained")
    ticks = (30, 100, 300, 1000, 3000)
    for axis, column, label in zip(
        axes, ("cpu_seconds", "peak_gib"), ("CPU seconds, all threads", "peak memory, GiB"), strict=True
    ):
        for engine, (colour, marker, name) in STYLES.items():
            part = found[(found["engine"] == engine) & found[column].notna()].sort_values("regions")
            axis.loglog(part["regions"], part[column], marker=marker, markersize=4, color=colour, label=name)
        heights = (0.1, 1, 10, 100) if column == "cpu_seconds" else (0.2, 0.5, 1, 2, 4)
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
            output / f"scale.{suffix}", dpi=200, metadata={"Software": None} if suffix == "png" else {"CreationDate": None}
        )
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nested", type=int, nargs="*", default=list(NESTED), help="numbers of regions in provinces")
    parser.add_argument("--one-level", type=int, nargs="*", default=list(ONE_LEVEL), help="numbers of regions of one level")
    parser.add_argument("--output", type=Path, default=ROOT / "results" / "benchmarks")
    parser.add_argument("--child", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--regions", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.regions, options.work)
        return
    options.output.mkdir(parents=True, exist_ok=True)
    limit = machine()
    limit.to_csv(options.output / "machine.csv", index=False, lineterminator="\n", float_format="%.4g")
    print(limit.to_string(index=False), flush=True)
    rows: list[dict] = []
    for part in (nested_rows(options.nested), one_level_rows(options.one_level)):
        for row in part:
            rows.append(row)
            found = pd.DataFrame(rows, columns=COLUMNS)
            found.to_csv(options.output / "scale.csv", index=False, lineterminator="\n", float_format="%.6g")
            print(pd.DataFrame([row], columns=COLUMNS).to_string(index=False, header=len(rows) == 1), flush=True)
    draw(found, options.output)
    print(f"Written: {options.output}: scale.csv, scale.png, scale.pdf, machine.csv")


if __name__ == "__main__":
    main()
