"""A mutation fuzzer: one thing of a sound dataset is damaged at random, then everything runs that a
user would run.

    PYTHONPATH=scripts python tests/fuzz/fuzz.py --number 2000 --seed 1 --country toy

What may come of it: `refused` (a message of the library), `audited` (the estimate runs and every
balance holds), never `unexplained` (any other error, a hang, a failed balance, a number that is not
finite). Every mutation depends on the seed and its number alone: `--only 1234` repeats one.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import hashlib
import json
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import netcdf
import numpy as np
import structure
import workbooks
from structure import HARMLESS, WRONG, rows_of, save

from citymrio.assessment.audit import audit
from citymrio.base.errors import CityMRIOError, collect_notices
from citymrio.chain.estimate import estimate
from citymrio.config.loading import read_config
from citymrio.config.models import Config, Dataset
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.synthetic import build as synthetic
from citymrio.dataset.sources.template import write_template
from citymrio.dataset.sources.user import build

#: What came of datasets and configurations already estimated: damage that changes neither need not
#: be run again.
KNOWN: dict[tuple[str, str], str] = {}
LIMIT = 120  #: Seconds of CPU time after which a run hangs.
WAITING = 20  #: Times as many seconds by the clock: a loaded machine is slow, a run that only waits hangs too.
CELLS = [
    "",
    " ",
    "0",
    "-1",
    "1e999",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "N/A",
    "None",
    "null",
    "TRUE",
    "1,234",
    "1 234",
    "12,5",
    "50%",
    "\uff11\uff12",
    "\u0663",
    "1e308",
    "1e-308",
    "-0.0",
    "0x10",
    "1_000",
    "=1+1",
    "@x",
    "#REF!",
    "'",
    '"',
    ";",
    "a;b",
    "../x",
    "a/b",
    "\\",
    "\u5317\u4eac",
    "\u041c",
    "\U0001f600",
    "\u200b",
    "\t",
    "line\nbreak",
    "x" * 5000,
    "2012-03-04",
    "1.2.3",
    "--1",
    "+5",
    ".5",
    "5.",
    "1e5",
    "true",
    "yes",
    "{}",
    "\u0000",
]
VALUES = [
    "",
    "null",
    "true",
    "-1",
    "0",
    "1",
    "2",
    "1e9",
    ".nan",
    ".inf",
    "text",
    "[]",
    "[1, 2]",
    "{}",
    "{a: 1}",
    "'1'",
    "1.5",
    "0.5",
    "!!python/object/apply:os.getcwd []",
    "&a [*a]",
    "2012",
    "joint",
    "paper",
    "border",
    "1_000",
    "0x10",
    "0o17",
    "017",
    "1:30",
    "1e-2",
    "1.e2",
    "+.5",
    "yes",
    "off",
    "2012-03-04",
    "<<",
]


@dataclass(frozen=True)
class Outcome:
    """What came of one mutation."""

    kind: str
    mutation: str
    text: str = ""


def country(name: str, folder: Path) -> list[Path]:
    """A sound country in its forms: the toy example as CSV files, as a workbook and as the contract
    has it; the tiny one.
    """
    if name == "toy":
        write_template(folder / "toy")
        forms = [folder / "toy/example", folder / "toy/example_workbook", folder / "toy/contract"]
        build(Dataset(kind="user", raw_dir=str(forms[0]), year=2020), forms[2])
        return forms
    synthetic.build(Dataset(kind="synthetic", size="tiny"), folder / "tiny")
    shutil.rmtree(folder / "tiny/truth", ignore_errors=True)
    return [folder / "tiny"]


def mutate(folder: Path, config: Path, rng: random.Random) -> str:
    """Damage one thing; what was done, in words."""
    kinds = [
        (_cell, 30),
        (_number, 30),
        (_row, 12),
        (_column, 10),
        (_file, 8),
        (_config, 15),
        (_bytes, 6),
        (structure.damage, 45),
        (workbooks.damage, 240),
        (netcdf.damage, 120),
    ]
    while True:
        (change,) = rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])
        try:
            done = change(folder, config, rng)
        except (IndexError, FileNotFoundError):  # nothing of that kind is there
            continue
        if done:
            return done


def _pick(folder: Path, pattern: str, rng: random.Random) -> Path:
    return rng.choice(sorted(path for path in folder.rglob(pattern) if path.is_file()))


def _cell(folder: Path, _: Path, rng: random.Random) -> str:
    path = _pick(folder, "*.csv", rng)
    rows, top = rows_of(path)
    row = rng.randrange(top, len(rows))
    column = rng.randrange(len(rows[row]))
    old, new = rows[row][column], rng.choice(CELLS)
    rows[row][column] = new
    save(path, rows)
    return (
        f"{path.relative_to(folder)} row {row + 1} column "
        f"{rows[top][min(column, len(rows[top]) - 1)]}: {old!r} -> {new[:20]!r}"
    )


def _number(folder: Path, _: Path, rng: random.Random) -> str:
    path = _pick(folder, "*.csv", rng)
    rows, top = rows_of(path)
    places = []
    for k in range(top + 1, len(rows)):
        for c, value in enumerate(rows[k]):
            try:
                float(value)
                places.append((k, c))
            except ValueError:
                pass
    if not places:
        return ""
    row, column = rng.choice(places)
    old, value = rows[row][column], float(rows[row][column])
    new = rng.choice(
        [
            value * 10 ** rng.uniform(-6, 6),
            value * rng.uniform(0.5, 2),
            -value,
            0.0,
            value + rng.choice([-1, 1, 1e-3, 5]),
            value * rng.choice([1e-4, 1e-3, 1e3, 1e4, 100]),
        ]
    )
    rows[row][column] = repr(new)
    save(path, rows)
    return (
        f"{path.relative_to(folder)} row {row + 1} column "
        f"{rows[top][min(column, len(rows[top]) - 1)]}: {old} -> {new!r}"
    )


def _row(folder: Path, _: Path, rng: random.Random) -> str:
    path = _pick(folder, "*.csv", rng)
    rows, top = rows_of(path)
    row = rng.randrange(top, len(rows))
    what = rng.choice(["drop", "double", "swap", "blank", "cut", "longer", "append to end"])
    if what == "drop":
        del rows[row]
    elif what == "double":
        rows.insert(row, list(rows[row]))
    elif what == "swap":
        other = rng.randrange(top, len(rows))
        rows[row], rows[other] = rows[other], rows[row]
    elif what == "blank":
        rows[row] = [""] * len(rows[row])
    elif what == "cut":
        rows[row] = rows[row][: rng.randrange(len(rows[row]))]
    elif what == "longer":
        rows[row] = [*rows[row], rng.choice(CELLS)]
    else:
        rows.append(rows.pop(row))
    save(path, rows)
    return f"{path.relative_to(folder)}: {what} row {row + 1}"


def _column(folder: Path, _: Path, rng: random.Random) -> str:
    path = _pick(folder, "*.csv", rng)
    rows, top = rows_of(path)
    column = rng.randrange(len(rows[top]))
    what = rng.choice(["drop", "double", "swap", "blank", "rename", "scale"])
    other, factor = rng.randrange(len(rows[top])), rng.choice([1e-4, 1e-3, 1e3, 1e4, -1, 0])
    name = rows[top][column]
    for k in range(top, len(rows)):
        line = rows[k]
        if max(column, other) >= len(line):
            continue
        if what == "drop":
            del line[column]
        elif what == "double":
            line.insert(column, line[column])
        elif what == "swap":
            line[column], line[other] = line[other], line[column]
        elif what == "blank" and k > top:
            line[column] = ""
        elif what == "rename" and k == top:
            line[column] = rng.choice([name + "s", name.upper(), "x", "", name[:-1]])
        elif what == "scale" and k > top:
            with contextlib.suppress(ValueError):
                line[column] = repr(float(line[column]) * factor)
    save(path, rows)
    return (
        f"{path.relative_to(folder)}: {what} column "
        f"{name}{f' by {factor:g}' if what == 'scale' else ''}"
    )


def _file(folder: Path, _: Path, rng: random.Random) -> str:
    path = _pick(folder, "*", rng)
    what = rng.choice(["remove", "empty", "cut", "copy another", "rename"])
    if what == "remove":
        path.unlink()
    elif what == "empty":
        path.write_bytes(b"")
    elif what == "cut":
        data = path.read_bytes()
        path.write_bytes(data[: rng.randrange(len(data))])
    elif what == "copy another":
        path.write_bytes(_pick(folder, "*" + path.suffix, rng).read_bytes())
    else:
        path.rename(
            path.with_name(rng.choice(["X", "x y", "\u5317", "NO", "P01", "regions"]) + path.suffix)
        )
    return f"{path.relative_to(folder)}: {what}"


def _bytes(folder: Path, config: Path, rng: random.Random) -> str:
    path = rng.choice([_pick(folder, "*", rng), config])
    data = bytearray(path.read_bytes())
    if not data:
        return ""
    place = rng.randrange(len(data))
    old, data[place] = data[place], rng.randrange(256)
    path.write_bytes(bytes(data))
    return f"{path.name}: byte {place} {old} -> {data[place]}"


def _config(_: Path, config: Path, rng: random.Random) -> str:
    lines = config.read_text(encoding="utf-8").splitlines()
    leaves = [k for k, line in enumerate(lines) if ":" in line and line.split(":", 1)[1].strip()]
    what = rng.choice(["value", "key", "double", "drop", "indent"])
    k = rng.choice(leaves)
    if what == "value":
        lines[k] = f"{lines[k].split(':', 1)[0]}: {rng.choice(VALUES)}"
    elif what == "key":
        key, rest = lines[k].split(":", 1)
        place = rng.randrange(len(key))
        lines[k] = f"{key[:place]}{rng.choice('aexz_-. ')}{key[place + 1 :]}:{rest}"
    elif what == "double":
        lines.insert(k, lines[k])
    elif what == "drop":
        del lines[k]
    else:
        lines[k] = f" {lines[k]}"
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return f"config: {what} of line {k + 1}: {lines[min(k, len(lines) - 1)]!r}"


def run(folder: Path, config_path: Path, out: Path) -> str:
    """Check, estimate, trace and audit; "" or what is wrong although nothing was raised."""
    config = read_config(config_path)
    dataset = config.dataset.model_copy(update={"raw_dir": str(folder)})
    build(dataset, out)
    key = (str(_bytes_of(out)), config.model_dump_json(exclude={"dataset": {"raw_dir"}}))
    if key not in KNOWN:
        KNOWN[key] = _audit(out, config)
    return KNOWN[key]


def _audit(out: Path, config: Config) -> str:
    data = DatasetFolder.read(out)
    found = estimate(data, config)
    for name, variable in found.footprints.data_vars.items():
        if variable.dtype.kind == "f" and not np.isfinite(variable.values).all():
            return f"{name} is not finite"
    report = audit(
        found.nested,
        found.mrio,
        found.system,
        found.accounts,
        found.footprints,
        config.audit.tolerance,
    )
    failed = report.loc[~report["passed"]]
    return "" if failed.empty else f"audit: {failed.iloc[0].to_dict()}"


class Hang(BaseException):
    """No end: nothing may catch it as a fault of a file."""


def _hang(*_: object) -> None:
    raise Hang(f"no end after {LIMIT} s of CPU time or {LIMIT * WAITING} s")


def one(
    forms: list[Path],
    text: str,
    number: int,
    seed: int,
    work: Path,
    chain: Callable[[Path, Path, Path], str] = run,
) -> Outcome:
    """Mutation `number`: damage a copy, run, judge."""
    rng = random.Random(f"{seed}/{number}")
    folder, config = work / "data", work / "config.yaml"
    shutil.rmtree(work, ignore_errors=True)
    sound = rng.choice(forms)
    shutil.copytree(sound, folder)
    config.write_text(text, encoding="utf-8")
    done = mutate(folder, config, rng)
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, _hang)
    signal.alarm(LIMIT * WAITING)
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        with warnings.catch_warnings(), collect_notices():
            warnings.simplefilter("ignore")
            problem = chain(folder, config, work / "out")
    except CityMRIOError as error:
        if not error.message or not str(error).strip():
            return Outcome("unexplained", done, "a message without text")
        if (work / "out").exists() and not (work / "out/dataset.json").exists():
            return Outcome("unexplained", done, "half a dataset was written")
        return Outcome("unexplained" if done.endswith(HARMLESS) else "refused", done, str(error))
    except (Exception, Hang):
        return Outcome("unexplained", done, traceback.format_exc())
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
    if not problem and done.endswith(WRONG) and chain is run:
        problem = "was used, although it must be refused"
    if not problem and done.endswith(HARMLESS) and chain is run:
        year = int(re.search(r"year: (\d+)", text)[1])
        build(Dataset(kind="user", raw_dir=str(sound), year=year), work / "expected")
        problem = (
            ""
            if _bytes_of(work / "out") == _bytes_of(work / "expected")
            else "the dataset is not that of the sound country"
        )
    return Outcome("unexplained", done, problem) if problem else Outcome("audited", done)


def _bytes_of(folder: Path) -> list[tuple[str, str]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        (str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in files
    ]


CONFIG = """\
run: fuzz
dataset:
  kind: user
  raw_dir: data
  year: {year}
provinces:
  calibrate: national
  err_tol: 0.05
cities:
  split: paper
  trade_prior: uniform
  va_delta: 0.01
  rho_gdp: 10
emissions:
  missing: provincial_intensity
  control_total: provinces
"""


def fuzz(name: str, numbers: range | list[int], seed: int, show: bool = False) -> list[Outcome]:
    """Outcomes of the mutations `numbers` of a country."""
    outcomes = []
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        sound = country(name, base)
        text = CONFIG.format(year=2020 if name == "toy" else 2012)
        for number in numbers:
            outcome = one(sound, text, number, seed, base / "work")
            outcomes.append(outcome)
            if show and outcome.kind == "unexplained":
                print(f"--- {number}: {outcome.mutation}\n{outcome.text}", flush=True)
    return outcomes


def main() -> int:
    """Print counts; exit status 1 where an outcome is unexplained."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--number", type=int, default=200, help="how many mutations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="number of the first mutation")
    parser.add_argument("--country", choices=("toy", "tiny"), default="toy")
    parser.add_argument("--only", type=int, help="repeat one mutation and print its message")
    arguments = parser.parse_args()
    numbers = (
        range(arguments.start, arguments.start + arguments.number)
        if arguments.only is None
        else [arguments.only]
    )
    begin = time.monotonic()
    outcomes = fuzz(arguments.country, numbers, arguments.seed, show=True)
    counts = collections.Counter(outcome.kind for outcome in outcomes)
    if arguments.only is not None:
        print(json.dumps([vars(outcome) for outcome in outcomes], ensure_ascii=False, indent=1))
    seconds = time.monotonic() - begin
    print(
        f"{len(outcomes)} mutations of the {arguments.country} country in {seconds:.0f} s (seed "
        f"{arguments.seed}): "
        + ", ".join(f"{counts[kind]} {kind}" for kind in ("refused", "audited", "unexplained"))
    )
    return 1 if counts["unexplained"] else 0


if __name__ == "__main__":
    sys.exit(main())
