"""Kill a run of the tiny country at random moments, go on with the same command, and compare every
byte.

`make test-kill N=20 SEED=1`, or `python tests/workflow/kill_points.py --number 20 --seed 1`. One
kill is one of

- group: Snakemake and all its jobs at once (a closed terminal, a power failure),
- snakemake: Snakemake alone, so that its jobs live on while the next run begins,
- job: one job, chosen at random, under a Snakemake that goes on (the out-of-memory killer).

After each kill every output that stands under its own name must already be whole: the bytes of an
undisturbed run. The same command then goes on, is killed again, and so forth until it gets through;
then all outputs must be there with the same bytes.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from checkout import Checkout, whole_outputs

MODES = ("group", "snakemake", "job")
TARGETS = ("all", "mrio_table")


@dataclass
class Kill:
    """One kill point."""

    mode: str
    after: float
    """Seconds after the start of Snakemake."""
    outputs: int
    """Outputs that stood under their own names."""


class Mismatch(AssertionError):
    """A run that was killed differs from one that was not."""


def compare(checkout: Checkout, reference: dict[str, bytes], *, complete: bool) -> int:
    """Number of outputs, all of them whole; `complete` also wants every output, and no part-file
    left over.
    """
    found = whole_outputs(checkout.results())
    wrong = [name for name, content in found.items() if reference.get(name) != content]
    if wrong:
        raise Mismatch(f"{wrong[0]} differs from the undisturbed run ({len(wrong)} such files)")
    if complete:
        missing = sorted(reference.keys() - found.keys())
        parts = list(checkout.results().rglob(".part-*"))
        if missing or parts:
            raise Mismatch(f"missing: {missing[:3]}, left over: {parts[:3]}")
    return len(found)


def _children(process) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _kill(process, mode: str, chance: random.Random) -> bool:
    """Whether something was killed (a run may have got through before)."""
    if process.poll() is not None:
        return False
    if mode == "group":
        os.killpg(process.pid, signal.SIGKILL)
    elif mode == "snakemake":
        os.kill(process.pid, signal.SIGKILL)
    else:
        while not (jobs := _children(process)):
            if process.poll() is not None:
                return False
            time.sleep(0.01)
        try:
            chance.choice(jobs).kill()
        except psutil.NoSuchProcess:
            return False
    return True


def kill_run(
    checkout: Checkout,
    reference: dict[str, bytes],
    number: int,
    seed: int,
    *,
    targets: tuple[str, ...] = TARGETS,
    cores: int = 2,
    longest: float = 12.0,
) -> Iterator[Kill]:
    """Kill runs at `number` random moments, yielding each; every run goes on by the same command
    until it gets through.

    Raises
    ------
    Mismatch
        An output is not whole, or the end differs from `reference`.
    """
    chance = random.Random(seed)
    killed = 0
    while killed < number:
        mode = MODES[killed % len(MODES)]
        moment = chance.uniform(0.5, longest)
        with open(checkout.folder / "output.txt", "w+", encoding="utf-8") as output:
            process = checkout.start(*targets, cores=cores, start_new_session=True, stdout=output)
            begin = time.monotonic()
            while process.poll() is None and time.monotonic() - begin < moment:
                time.sleep(0.01)
            hit = _kill(process, mode, chance)
            process.wait()
            output.seek(0)
            text = output.read()
        if hit:
            killed += 1
            yield Kill(mode, moment, compare(checkout, reference, complete=False))
            if mode == "job" and process.returncode and "was killed (SIGKILL)" not in text:
                raise Mismatch(f"the summary does not name the killed job:\n{text}")
        elif process.returncode == 0:
            compare(checkout, reference, complete=True)
            _start_again(checkout)
        else:
            raise Mismatch(f"a run that was not killed failed:\n{text}")
    code, text = checkout.run(*targets, cores=cores)
    if code:
        raise Mismatch(f"the last run failed:\n{text}")
    compare(checkout, reference, complete=True)


def _start_again(checkout: Checkout) -> None:
    """Forget everything: the next run begins from nothing."""
    shutil.rmtree(checkout.results())
    shutil.rmtree(checkout.folder / ".snakemake")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--number", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        quiet = Checkout.make(Path(folder) / "undisturbed")
        code, text = quiet.run(*TARGETS, cores=options.cores)
        if code:
            print(text, file=sys.stderr)
            return 1
        reference = whole_outputs(quiet.results())
        print(f"undisturbed run: {len(reference)} outputs")
        counts: Counter[str] = Counter()
        try:
            for kill in kill_run(
                Checkout.make(Path(folder) / "killed"),
                reference,
                options.number,
                options.seed,
                cores=options.cores,
            ):
                counts[kill.mode] += 1
                print(
                    f"{sum(counts.values()):3} {kill.mode:<10} after {kill.after:5.2f} s, "
                    f"{kill.outputs:3} whole outputs",
                    flush=True,
                )
        except Mismatch as error:
            print(error, file=sys.stderr)
            return 1
    print(
        f"{sum(counts.values())} kills "
        f"({', '.join(f'{n} {mode}' for mode, n in counts.items())}): the same bytes every time"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
