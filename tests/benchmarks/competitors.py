"""Seconds and memory of every method of `make systems`, each in a process of its own.

    python tests/benchmarks/competitors.py [--systems config/systems.csv] [--truth-dir folder]
    [--only system ...]

Seconds are CPU seconds of one estimate of the headline case; memory is what the process holds at
most beyond what it held before, in MB. Scores are not part of either. The table goes to
results/benchmarks/competitors.csv.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import resource
import sys
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests/calibration/truth")]

import pandas as pd

from citymrio.base.errors import CityMRIOError
from citymrio.base.labels import write_table
from citymrio.config.models import Config
from known_truth.as_dataset import System
from known_truth.competitors import Facts, best_delta, competitor
from known_truth.report import priors_for, read_system
from known_truth.run import OURS, adopt_priors, method_table, methods_of
from known_truth.systems import read_systems


def measured(system: System, method: str, queue) -> None:
    """Estimate by a method, and say what that took."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    if method in OURS:
        method_table(system, method)
    else:
        given = Facts.of(system)
        competitor(
            system.table, given, method, best_delta(system.table, given) if method == "flq" else 0.0
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    queue.put((time.process_time() - start, (peak - before) / 1024))


def main() -> None:
    """Read the words of the command line, measure, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", default=str(ROOT / "config/systems.csv"))
    parser.add_argument("--truth-dir", default="")
    parser.add_argument("--only", nargs="*", default=[])
    words = parser.parse_args()
    logging.disable(logging.WARNING)
    try:
        listed, rows, fits = read_systems(words.systems, words.truth_dir), [], {}
    except CityMRIOError as fault:
        raise SystemExit(str(fault)) from None
    context = multiprocessing.get_context("fork")
    for entry in listed:
        if entry.is_trade:  # no table
            continue
        table = read_system(entry)
        other = fits.get(entry.fit)
        fits[entry.system] = priors_for(table, entry.fit)[0] if other is None else other
        if words.only and entry.system not in words.only:
            continue
        priors = fits[entry.system] if other is None else adopt_priors(other, table, entry.fit)
        system = System.of(table, priors, Config())
        for method in methods_of(table, priors):
            if method != "cba_equals_pba":  # a sum
                queue = context.Queue()
                process = context.Process(target=measured, args=(system, method, queue))
                process.start()
                seconds, megabytes = queue.get()
                process.join()
                rows.append(
                    (
                        entry.system,
                        method,
                        len(table.regions),
                        len(table.sectors),
                        round(seconds, 2),
                        round(megabytes),
                    )
                )
                print(*rows[-1], flush=True)
    columns = ["system", "method", "regions", "sectors", "seconds", "mb"]
    write_table(pd.DataFrame(rows, columns=columns), ROOT / "results/benchmarks/competitors.csv")


if __name__ == "__main__":
    main()
