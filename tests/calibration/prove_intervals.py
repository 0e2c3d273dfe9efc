"""The command behind `make evidence`: small countries with drawn parameters, and whether the
intervals hold their truths.

``python tests/calibration/prove_intervals.py --number 200 --seed 1``. Every country has a file of
its own, named by seed and number, below a folder that is named by the code of the library: a run
that was stopped goes on, and changed code begins anew.
"""

import argparse
import hashlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd
from calibration_figure import RUN, draw
from calibration_tables import RANKED, bias, coverage, pooled, ranks, uneven, verdict
from drawn_countries import COLUMNS, run_country
from threadpoolctl import threadpool_limits

import citymrio
from citymrio.base.labels import read_json, write_json, write_table
from citymrio.config.models import Figures
from citymrio.report.figures.style import save_stamped

#: Packages of the library whose code changes no estimate.
OTHERS = {"report", "workflow"}


def code_digest() -> str:
    """Digest of the code that an estimate and its draws rest on."""
    root, own, found = Path(citymrio.__file__).parent, Path(__file__).parent, hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in (".py", ".csv") and path.relative_to(root).parts[0] not in OTHERS:
            found.update(str(path.relative_to(root)).encode() + path.read_bytes())
    for path in sorted(own.glob("*.py")):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:12]


def one_country(seed: int, number: int, members: int, file: Path) -> dict:
    """Run a country and keep it in its file, unless it is there; what is said of it."""
    if not file.is_file():
        with threadpool_limits(limits=1):
            result = run_country(seed, number, members)
        write_json({"about": result.about, "table": result.table.to_dict(orient="list")}, file)
    return read_json(file)


def end_with_parent() -> None:
    """Have this process end when the one that started it does: a pool's processes outlive one that
    is killed.
    """
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()


def spread(
    function: Callable[..., Any], calls: Sequence[tuple], cores: int
) -> Iterator[tuple[int, Any]]:
    """Number and result of every call, as they come, from so many processes (1: this one)."""
    if cores == 1:
        yield from ((k, function(*call)) for k, call in enumerate(calls))
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, context, initializer=end_with_parent) as pool:
        jobs = {pool.submit(function, *call): k for k, call in enumerate(calls)}
        yield from ((jobs[job], job.result()) for job in as_completed(jobs))


def collect(
    number: int, seed: int, members: int, cores: int, folder: Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All countries: their tables with number and family, and what is said of each."""
    place, start = folder / "countries" / f"{code_digest()}-{members}", time.perf_counter()
    place.mkdir(parents=True, exist_ok=True)
    found: dict[int, dict] = {}
    for k, result in spread(
        one_country, [(seed, k, members, place / f"{seed}-{k}.json") for k in range(number)], cores
    ):
        found[k] = result
        if len(found) % 10 == 0:
            print(
                f"{len(found)} of {number} countries, {time.perf_counter() - start:.0f} s",
                flush=True,
            )
    about = pd.DataFrame([found[k]["about"] for k in range(number)])
    parts = [
        pd.DataFrame(found[k]["table"], columns=[*COLUMNS]).assign(number=k) for k in range(number)
    ]
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return table.merge(about[["number", "family"]], on="number"), about


def report(table: pd.DataFrame, about: pd.DataFrame, folder: Path) -> list[str]:
    """Write the tables and the figure; what fails, in words."""
    cover, ranked, together = coverage(table), ranks(table), pooled(table)
    failed = verdict(cover, ranked, together, about)
    made = {"coverage": cover, "ranks": ranked, "bias": bias(table), "countries": about}
    for name, rows in made.items():
        write_table(rows, folder / f"{name}.csv")
    tried = about["members"].sum() + about["left_out"].sum()
    summary: dict[str, Any] = {
        "countries": len(about),
        "seed": int(about["seed"].iloc[0]),
        "members": int(about[["members", "left_out"]].sum(axis=1).max()),
        "redrawn": int(about["redrawn"].sum()),
        "stopped": int(about["stopped"].ne("").sum()),
        "left_out": float(about["left_out"].sum() / max(tried, 1)),
        **{f"headline_{name}": value for name, value in together.items()},
        "passes": not failed,
        "failed": failed,
    }
    write_json(summary, folder / "evidence.json")
    figure = draw({"coverage": cover, "ranks": ranked}, None, Figures(), synthetic=False, run=RUN)
    data = [folder / "coverage.csv", folder / "ranks.csv"]
    save_stamped(figure, folder / "evidence.png", data, {}, above=0)
    print(
        f"{summary['countries']} countries of {summary['members']} members; "
        f"{summary['redrawn']} could not be built and were "
        f"drawn anew, {summary['stopped']} have no estimate; {100 * summary['left_out']:.1f}% "
        "of the members are left out."
    )
    print(
        f"90% intervals of all numbers of headline.csv hold {100 * together['cover90']:.1f}% of "
        "the truths "
        f"(allowed: {100 * together['low']:.1f} to {100 * together['high']:.1f}%)."
    )
    for text in uneven(ranked) if len(about) < RANKED else ():
        print(f"told only, with fewer than {RANKED} countries: {text}")
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the countries, write the tables; exit code 1 where intervals hold too few or too many
    truths.
    """
    parser = argparse.ArgumentParser(prog="make evidence", description=__doc__)
    parser.add_argument("--number", type=int, default=200, help="countries (200)")
    parser.add_argument("--seed", type=int, default=1, help="seed of all that is drawn (1)")
    parser.add_argument(
        "--members", type=int, default=12, help="members of the ensemble of each country (12)"
    )
    parser.add_argument("--cores", default="all", help="processes (all)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("results/evidence"),
        help="where the tables go (results/evidence)",
    )
    options = parser.parse_args(arguments)
    cores = str(os.cpu_count() or 1) if options.cores == "all" else options.cores
    cores = int(cores) if cores.isdecimal() else 0
    if min(options.number, options.members) < 2 or options.seed < 0 or cores < 1:
        parser.error(
            "N (--number) and MEMBERS (--members) must be at least 2, SEED (--seed) at least 0, "
            "CORES (--cores) at least 1, or all"
        )
    failed = report(
        *collect(options.number, options.seed, options.members, cores, options.folder),
        options.folder,
    )
    for text in failed:
        print(f"fails: {text}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
