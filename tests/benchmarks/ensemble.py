"""Benchmark of members of the ensemble: seconds, CPU seconds by part and memory, of this state of
the code and of an earlier one.

``python tests/benchmarks/ensemble.py --before e3cd9d4 --run results/china2012`` needs the finished
run, and `--run-before` one of the same data where the earlier state reads other files. Each state is a process of its own with one thread of BLAS; member by member they take turns,
so that a busy machine slows both alike. CPU seconds are those of the steps of the chain, of the
draw and of what is kept of an estimate; the entropy kernel is a part of these. Writes and prints
``results/benchmarks/ensemble.csv``, draws ``ensemble.png``, and says how far the numbers of the two states differ.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

import numpy as np
import pandas as pd

KERNEL, WHOLE = "entropy kernel (in the above)", "a member"
IMPORTS, BLOCK = "imports, once", "a block and its first member, once"
#: Members of a block, and most members of the curve.
MEMBERS, MOST = 10, 1000


class Clock:
    """CPU seconds by part; a part within a part counts for the inner one alone, but for the kernel,
    which counts for both.
    """

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()

    def timed(self, function: Callable, part: Callable[..., str]) -> Callable:
        """`function`, its CPU seconds added to the part that its arguments name."""

        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.spent[part(*args)] += time.process_time() - began

        return run


def work(run: Path) -> None:
    """Members as their numbers come, one line of what each took; their numbers go to a file."""
    from citymrio.assessment.ensemble import member
    from citymrio.base.labels import read_dataset, read_table
    from citymrio.chain.steps import Step
    from citymrio.config.loading import read_config
    from citymrio.dataset.dataset import DatasetFolder
    from citymrio.entropy import kernel

    imports = time.process_time()
    own = Path(f"config/{run.name}.yaml")  # the default run has another name than its file
    # the inventory of states before 2026-11-28 has its earlier name
    emissions = [
        path
        for name in ("emissions", "inventory")
        if (path := run / f"footprint/{name}.nc").is_file()
    ]
    chosen, clock = read_config(own if own.is_file() else Path("config/config.yaml")), Clock()
    context = member.Context.of(
        DatasetFolder.read(run / "dataset", chosen.cities.extras),
        chosen,
        *(
            read_dataset(run / name)
            for name in (
                "provinces/mrio.nc",
                "provinces/system.nc",
                "footprint/footprints.nc",
                *(path.relative_to(run) for path in emissions),
            )
        ),
        read_table("config/paper_targets.csv"),
    )
    member.run_members(context, [1])  # what is made once a process
    block = time.process_time() - imports
    Step.do = clock.timed(Step.do, lambda step, *_: step.rule)
    member.draw = clock.timed(member.draw, lambda *_: "draw")
    member.kept = clock.timed(member.kept, lambda *_: "analysis, headline numbers")
    kernel.solve = clock.timed(kernel.solve, lambda *_: KERNEL)
    print(json.dumps([imports, block]), flush=True)
    for line in sys.stdin:
        number, target = json.loads(line)
        clock.spent.clear()
        began, cpu = time.perf_counter(), time.process_time()
        regions, numbers, _ = member.run_members(context, [number])
        clock.spent[WHOLE] = time.process_time() - cpu
        seconds = time.perf_counter() - began
        columns = [regions[name].values.ravel() for name in ("pba_mt", "cba_mt", "per_capita_t")]
        labels = numbers["quantity"].to_numpy(str)
        np.savez(target, labels=labels, values=np.concatenate([numbers["value"], *columns]))
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([seconds, megabytes, clock.spent]), flush=True)


def difference(first: Path, second: Path) -> float:
    """Largest relative difference of the numbers of a member; infinite where they are others."""
    with np.load(first) as a, np.load(second) as b:
        if not np.array_equal(a["labels"], b["labels"]):
            return np.inf
        one, two = a["values"], b["values"]
        if not np.array_equal(np.isfinite(one), np.isfinite(two)):
            return np.inf
        gap, size = np.abs(one - two), np.maximum(np.abs(one), np.abs(two))
        return float(np.max(gap[size > 0] / size[size > 0], initial=0.0))


def compare(states: dict[str, Path], runs: dict[str, Path], members: int) -> pd.DataFrame:
    """Let the states take turns, each with its run and the configuration that has its name; seconds,
    MB and CPU seconds by part of every member.
    """
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    variables |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    words = {
        name: [sys.executable, __file__, "--work", "--run", str(run)] for name, run in runs.items()
    }
    rows = []
    with tempfile.TemporaryDirectory() as base, open(os.devnull, "w") as nowhere:
        workers = {
            name: subprocess.Popen(
                words[name],
                cwd=folder,
                env=variables | {"PYTHONPATH": str(folder / "scripts")},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=nowhere,
                text=True,
            )
            for name, folder in states.items()
        }
        for name, worker in workers.items():
            if not (answer := worker.stdout.readline()):
                raise SystemExit(
                    f"state '{name}' did not begin. Fix: run {' '.join(words[name])} in {states[name]} to see why."
                )
            imports, block = json.loads(answer)
            rows += [(name, 0, IMPORTS, imports), (name, 0, BLOCK, block)]
        for number in range(1, members + 1):
            files = {name: Path(base) / f"{name}{number}.npz" for name in workers}
            for name, worker in workers.items():
                print(json.dumps([number, str(files[name])]), file=worker.stdin, flush=True)
                answer = worker.stdout.readline()
                if not answer:
                    raise SystemExit(
                        f"member {number} of state '{name}' ended. Fix: run {' '.join(words[name])} in "
                        f"{states[name]} to see why; the run must be of a state that both can read."
                    )
                seconds, megabytes, parts = json.loads(answer)
                rows += [(name, number, part, spent) for part, spent in parts.items()]
                rows += [
                    (name, number, "seconds", seconds),
                    (name, number, "MB at most", megabytes),
                ]
            gap = difference(*files.values()) if len(files) == 2 else 0.0
            rows.append(("after", number, "largest relative difference", gap))
        for worker in workers.values():
            worker.stdin.close()
            worker.wait()
    return pd.DataFrame(rows, columns=["state", "member", "part", "value"])


def draw(found: pd.DataFrame, states: list[str], target: Path) -> None:
    """CPU seconds of a member by part, and of an ensemble on two cores by its members, added up."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (bars, curve) = plt.subplots(1, 2, figsize=(7.2, 3.2), layout="constrained")
    parts = found.drop([WHOLE, KERNEL, "seconds", "MB at most", IMPORTS, BLOCK], errors="ignore")
    parts = parts.drop("largest relative difference").fillna(0.0).sort_values("after")
    members, colours = np.arange(MEMBERS, MOST + 1, MEMBERS), ("#e69f00", "#0072b2")
    for k, (state, colour) in enumerate(zip(states, colours[-len(states) :], strict=True)):
        places = np.arange(len(parts)) - 0.4 * k
        bars.barh(places, parts[state], 0.4, color=colour, label=state)
        fixed = found.loc[BLOCK, state] - found.loc[WHOLE, state]
        whole = members * (found.loc[WHOLE, state] + fixed / MEMBERS) + found.loc[IMPORTS, state]
        curve.plot(members, whole / 2, color=colour, label=state)
    bars.set_yticks(np.arange(len(parts)) - 0.2 * (len(states) - 1), parts.index, fontsize=7)
    bars.set(xlabel="CPU seconds of a member")
    curve.set(xlabel="members", ylabel="seconds on two cores, added up")
    for axis in (bars, curve):
        axis.grid(True, color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    curve.legend(frameon=False)
    figure.savefig(target, dpi=200, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Run both states, write and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", help="commit of the earlier state; without it this one alone")
    parser.add_argument("--run", default="results/china2012", help="folder of a finished run")
    parser.add_argument("--run-before", help="the same for the earlier state (that of --run)")
    parser.add_argument("--members", type=int, default=20)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    run = Path(given.run).resolve()
    if given.work:
        work(run)
        return
    runs = {"before": Path(given.run_before or run).resolve(), "after": run}
    for folder in runs.values():
        if not (folder / "footprint/footprints.nc").is_file():
            raise SystemExit(
                f"{folder} is no finished run. Fix: run make china2012 first, or name one (--run)."
            )
    sys.path[:0] = [str(ROOT / "scripts"), str(Path(__file__).parent)]
    from run import checkout

    from citymrio.base.labels import write_table

    with tempfile.TemporaryDirectory() as base:
        states = {"before": checkout(Path(base), given.before)} if given.before else {}
        table = compare(states | {"after": ROOT}, runs, given.members)
    groups = table.groupby(["part", "state"], sort=False)["value"]
    # a part that a member does not need took it no time
    found, most = (groups.sum() / given.members).unstack(), groups.max().unstack()
    once = ("MB at most", "largest relative difference", IMPORTS, BLOCK)
    worst = [name for name in found.index if name in once]
    found.loc[worst] = most.loc[worst]
    found = found.reindex(columns=[*states, "after"])
    if given.before:
        found["ratio"] = found["after"] / found["before"]
    target = ROOT / "results/benchmarks"
    target.mkdir(parents=True, exist_ok=True)
    write_table(found.reset_index(), target / "ensemble.csv")
    draw(found, [*states, "after"], target / "ensemble.png")
    print(f"Means of {given.members} members, CPU seconds by part:")
    print(found.to_string(float_format="{:.3g}".format))


if __name__ == "__main__":
    main()
