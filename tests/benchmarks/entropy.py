"""Benchmark of the entropy engine: EntropyDual, Clarabel, SCS and (margin-only problems) ipfn on
the same problems.

    python tests/benchmarks/entropy.py [--problems TEXT] [--solvers LIST] [--timeout SECONDS]
    [--output CSV] python tests/benchmarks/entropy.py --estimate results/china2012 --config
    config/china2012.yaml

The second form estimates a finished run once more in memory, and prints the CPU time of all its
entropy solves.

Every (problem, solver) runs in its own process, so that peak memory is its own and a slow one can
be stopped: a solver that needs more than the limit (300 s of CPU time) is recorded as such.
build_seconds and solve_seconds are wall time, cpu_seconds is both in CPU time (what counts on a
shared machine); a problem that takes less than a second is built and solved five times, as a whole,
and the fastest counts. Writes and prints results/benchmarks/entropy.csv; residual and gap are those
of `citymrio.entropy.certify`, for every solver alike.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(Path(__file__).resolve().parent)]

COLUMNS = [
    "problem",
    "variables",
    "constraints",
    "solver",
    "build_seconds",
    "solve_seconds",
    "cpu_seconds",
    "status",
]
COLUMNS += ["max_relative_residual", "relative_gap", "iterations", "peak_gib"]
SOLVERS = ["ENTROPY_DUAL", "CLARABEL", "SCS", "IPFN"]


def run(problem: str, solver: str) -> dict | None:
    """One solve in this process; None where the solver does not apply."""
    from entropy_problems import PROBLEMS

    if solver == "IPFN":
        return _run_ipfn(*PROBLEMS[problem]())
    model, _ = PROBLEMS[problem]()
    row = _solve(model, solver)
    for _ in range(4 if row["cpu_seconds"] < 1.0 else 0):
        row = min(row, _solve(model, solver), key=lambda one: one["cpu_seconds"])
    return row


def _solve(model, solver: str) -> dict:
    """One build and solve through cvxpy, with the certificate of its solution."""
    import cvxpy as cp

    from citymrio.entropy import EntropyDual

    clock, cpu = time.perf_counter(), time.process_time()
    arrays = model.arrays()
    program, constraints, soft = model.problem()
    options = {"SCS": {"eps_abs": 1e-9, "eps_rel": 1e-9, "max_iters": 1_000_000}}.get(solver, {})
    engine = EntropyDual() if solver == "ENTROPY_DUAL" else solver
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            program.solve(solver=engine, **options)
        except cp.error.SolverError as error:
            return _row(
                arrays, time.perf_counter() - clock, None, cpu, f"no solution ({str(error)[:60]})"
            )
    seconds = time.perf_counter() - clock
    if program.status not in cp.settings.SOLUTION_PRESENT:
        return _row(arrays, seconds, None, cpu, program.status)
    row = _row(arrays, 0.0, 0.0, cpu, program.status)
    certificate, _, _ = model.certificate(arrays, program, constraints, soft, seconds)
    row["build_seconds"], row["solve_seconds"] = certificate.build_seconds, certificate.seconds
    row["max_relative_residual"] = max(certificate.residual, certificate.violation)
    row["relative_gap"], row["iterations"] = certificate.relative_gap, certificate.iterations
    return row


def _row(arrays, build, solve, cpu, status) -> dict:
    cpu = time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    sizes = {"variables": arrays.count, "constraints": len(arrays.target)}
    return sizes | {
        "build_seconds": build,
        "solve_seconds": solve,
        "cpu_seconds": cpu,
        "status": status,
        "peak_gib": peak,
    }


def _run_ipfn(model, margins) -> dict | None:
    """Scaling by ipfn; margin-only problems. It has no dual, so that its gap stays empty."""
    if margins is None:
        return None
    import numpy as np
    from ipfn import ipfn

    prior, parts = margins
    aggregates, dimensions = [m for m, _ in parts], [list(axes) for _, axes in parts]
    clock, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        scaler = ipfn.ipfn(
            prior.copy(),
            aggregates,
            dimensions,
            convergence_rate=1e-13,
            rate_tolerance=0,
            max_iteration=20000,
        )
        table = scaler.iteration()
    seconds = time.perf_counter() - clock
    row = _row(model.arrays(), 0.0, seconds, cpu, "returned")
    arrays = model.arrays()
    x = table.ravel()[prior.ravel() > 0]
    residual = np.abs(arrays.matrix @ x - arrays.target) / np.abs(arrays.target)
    return row | {"max_relative_residual": float(np.max(residual))}


def _estimate(results: Path, config: str) -> str:
    """Estimate a run from its dataset in memory, and time every entropy solve with its build."""
    from citymrio.chain.estimate import estimate
    from citymrio.config.loading import read_config
    from citymrio.dataset.dataset import DatasetFolder
    from citymrio.entropy import EntropyModel

    solve, taken = EntropyModel.solve, []

    def timed(model, *options, **named):
        start = time.process_time()
        solution = solve(model, *options, **named)
        taken.append(
            (
                time.process_time() - start,
                max(solution.certificate.residual, solution.certificate.violation),
            )
        )
        return solution

    EntropyModel.solve = timed
    start = time.process_time()
    estimate(DatasetFolder.read(results / "dataset"), read_config(config))
    whole = time.process_time() - start
    seconds, residuals = zip(*taken, strict=True)
    return (
        f"{len(taken)} entropy solves: {sum(seconds):.2f} s CPU of {whole:.2f} s, largest "
        f"residual {max(residuals):.1e}"
    )


def main() -> None:
    """Run all, print and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--problems", default="", help="only problems whose name contains this text"
    )
    parser.add_argument("--solvers", default=",".join(SOLVERS), help="comma-separated")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds for each solve")
    parser.add_argument("--output", default=str(ROOT / "results" / "benchmarks" / "entropy.csv"))
    parser.add_argument("--run", nargs=2, metavar=("PROBLEM", "SOLVER"), help="one solve, as JSON")
    parser.add_argument("--limit", type=int, help="with --run: most seconds of CPU time")
    parser.add_argument(
        "--estimate",
        metavar="RESULTS",
        help="folder of a finished run; its entropy solves in CPU seconds",
    )
    parser.add_argument("--config", help="with --estimate: the configuration of that run")
    arguments = parser.parse_args()
    if bool(arguments.estimate) != bool(arguments.config):
        parser.error(
            "--estimate and --config: give both, the folder of a run and its configuration"
        )
    if arguments.estimate:
        from citymrio.base.errors import CityMRIOError

        try:
            print(_estimate(Path(arguments.estimate), arguments.config))
        except CityMRIOError as fault:
            raise SystemExit(str(fault)) from None
        return
    if arguments.run:
        if arguments.limit:
            resource.setrlimit(resource.RLIMIT_CPU, (arguments.limit, arguments.limit + 10))
        print(json.dumps(run(*arguments.run)))
        return
    from entropy_problems import PROBLEMS

    wanted, solvers = [name for name in PROBLEMS if arguments.problems in name], arguments.solvers
    if not wanted:
        parser.error(f"--problems {arguments.problems}: no such problem; there are: {[*PROBLEMS]}")
    if unknown := sorted({*solvers.split(",")} - {*SOLVERS}):
        parser.error(f"--solvers {solvers}: {unknown} unknown; there are: {SOLVERS}")
    rows = []
    for problem in wanted:
        sizes = {}
        for solver in solvers.split(","):
            row = _in_process(problem, solver, arguments.timeout)
            if row is not None:
                sizes |= {name: row[name] for name in ("variables", "constraints") if name in row}
                rows.append(
                    {"problem": problem, "solver": solver} | sizes | row
                )  # a stopped solver reports no sizes
                print(_line(rows[-1]), flush=True)
    import pandas as pd

    from citymrio.base.labels import write_table

    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    write_table(table, arguments.output)
    print(table.to_string(index=False, float_format=lambda v: f"{v:.3g}", na_rep=""))


def _in_process(problem: str, solver: str, limit: float) -> dict | None:
    command = [sys.executable, __file__, "--limit", str(int(limit)), "--run", problem, solver]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=6 * limit, check=False
        )
    except subprocess.TimeoutExpired:
        return {"status": f"more than {limit:g} s"}
    if done.returncode == -signal.SIGXCPU:
        return {"status": f"more than {limit:g} s"}
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return {"status": f"failed: {lines[-1][:80] if lines else done.returncode}"}
    return json.loads(done.stdout.splitlines()[-1])


def _line(row: dict) -> str:
    numbers = [f"{key} {row[key]:.3g}" for key in COLUMNS[4:] if isinstance(row.get(key), float)]
    return f"{row['problem']}: {row['solver']} {row['status']}, {', '.join(numbers)}"


if __name__ == "__main__":
    main()
