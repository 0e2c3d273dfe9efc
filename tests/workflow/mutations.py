"""Change files that a run opens, at random, and compare what a finished run makes anew with a run
from scratch.

`make test-mutations N=60 SEED=1`, or `python tests/workflow/mutations.py --number 60 --seed 1`.
Nothing here asks the workflow what it depends on: an audit hook of this test's own notes every file
of the checkout that a process of the run opens. One of them is chosen, and in it a number, a
comparison, a sign or a word is changed. A finished run that then differs from a run from scratch
holds a stale file.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

from checkout import Checkout, whole_outputs

from citymrio.base.software import DISTRIBUTIONS
from citymrio.workflow.manifest import read_records
from citymrio.workflow.versions import ENGINES, stamped

#: What other packages import where it is there and nothing here computes with (numpy.f2py, pyarrow,
#: pandera, joblib), and the library itself; Snakemake hands jobs their names.
BESIDE = {
    "charset_normalizer",
    "citymrio",
    "cloudpickle",
    "hypothesis",
    "psutil",
    "rich",
    "setuptools",
    "sortedcontainers",
}
TARGETS = ("all", "mrio_table")
#: Folder of a checkout in which its processes write down what they open.
NOTES = "notes"
#: Files changed at once: where nothing is stale, one comparison answers for all of them.
BATCH = 3
#: Writes the name of every file that a Python process opens into a file of its own, and at its end
#: what it has imported.
HOOK = """
import atexit, os, sys
def say():
    tops = {{name.partition(".")[0] for name in sys.modules}}
    with open({notes!r} + "/" + str(os.getpid()) + ".loaded", "w") as file:
        print(os.path.basename(sys.argv[0]), *sorted(tops), file=file)
atexit.register(say)
def note(event, arguments, seen=set()):
    if event == "open" and isinstance(arguments[0], str) and (path := os.path.realpath(arguments[0])) not in seen:
        seen.add(path)
        if path.startswith({folder!r}) and not path.startswith({notes!r}):
            handle = os.open({notes!r} + "/" + str(os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.write(handle, path.encode() + b"\\n")
            os.close(handle)
sys.addaudithook(note)
"""
OPPOSITE = {
    "<": ">=",
    ">": "<=",
    "<=": ">",
    ">=": "<",
    "==": "!=",
    "!=": "==",
    "+": "-",
    "-": "+",
    "*": "/",
}


@dataclass(frozen=True)
class Mutation:
    """A change of one file."""

    name: str
    """Of the file, from the checkout."""
    content: str
    """After the change."""
    what: str


@dataclass
class Comparison:
    """What became of some mutations."""

    mutations: list[Mutation]
    changed: int
    """Outputs that differ from those of the unchanged workflow, or -1 where the run from scratch
    failed.
    """
    stale: list[str]
    """Outputs of the run that went on which differ from those of the run from scratch."""


def hook(checkout: Checkout) -> dict:
    """Options of a run by which all its processes write down what they open."""
    notes = checkout.folder / NOTES
    notes.mkdir()
    (notes / "sitecustomize.py").write_text(
        HOOK.format(folder=f"{checkout.folder}/", notes=str(notes)), encoding="utf-8"
    )
    return {"path": notes, "forks": False}


def opened(checkout: Checkout) -> list[str]:
    """Files of a checkout that its run has opened (`hook`), in whatever process; its results and
    Snakemake's records apart.
    """
    notes = checkout.folder / NOTES
    assert (unknown := unstamped(checkout, notes)) == {}, unknown
    names = {
        line
        for path in notes.iterdir()
        if path.is_file() and not path.suffix
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    found = {Path(name).relative_to(checkout.folder) for name in names if Path(name).is_file()}
    apart = ("results", ".snakemake")
    return sorted(
        str(path)
        for path in found
        if path.parts[0] not in apart and path.suffix != ".pyc" and ".part-" not in str(path)
    )


def unstamped(checkout: Checkout, notes: Path) -> dict[str, set[str]]:
    """Script -> packages that its jobs have imported, at whatever moment, and whose version their
    records do not hold.
    """
    brought = packages_distributions()

    def simple(name: str) -> str:
        return name.replace("-", "_").lower()

    known: dict[str, set[str]] = {}
    for record in read_records(checkout.results()).values():
        script = next(
            Path(name).name for name in record.external if Path(name).parts[-3:-2] == ("scripts",)
        )
        known.setdefault(script, set()).update(
            simple(DISTRIBUTIONS.get(name, name)) for name in stamped(record.external)
        )
    found: dict[str, set[str]] = {}
    for path in notes.glob("*.loaded"):
        name, *tops = path.read_text(encoding="utf-8").split()
        if (script := name.partition(".")[2]) in known:
            loaded = {simple(one) for top in tops for one in brought.get(top, ())}
            loaded -= {simple(engine) for engine in ENGINES}  # cvxpy imports those of all solvers
            if more := {
                one for one in loaded - known[script] - BESIDE if not one.startswith("snakemake")
            }:
                found.setdefault(script, set()).update(more)
    return found


def _larger(number: str) -> str:
    return str(float(number) * 1.25) if "." in number else str(int(number) + 1)


def _places(name: str, text: str) -> list[tuple[int, int, str]]:
    """Where a file can be changed: begin, end, and what stands there afterwards."""
    if not name.endswith(".py"):
        numbers = re.finditer(r"(?<![\w.#])\d+(?:\.\d+)?(?![\w.])", text)
        words = re.finditer(r"\b[a-z]{5,}\b", text)
        return [(*one.span(), _larger(one[0])) for one in numbers] + [
            (*one.span(), one[0][::-1]) for one in words
        ]
    lines = [0]
    for line in text.encode().splitlines(keepends=True):
        lines.append(lines[-1] + len(line))

    def at(row: int, column: int) -> int:
        return len(text.encode()[: lines[row - 1] + column].decode())

    places = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            value = node.value * 1.25 if isinstance(node.value, float) else node.value + 1
            places.append(
                (
                    at(node.lineno, node.col_offset),
                    at(node.end_lineno, node.end_col_offset),
                    repr(value),
                )
            )
            continue
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            left, right = node.left, node.comparators[0]
        elif isinstance(node, ast.BinOp):
            left, right = node.left, node.right
        else:
            continue
        begin, end = at(left.end_lineno, left.end_col_offset), at(right.lineno, right.col_offset)
        if (sign := text[begin:end].strip()) in OPPOSITE:
            places.append((begin, end, f" {OPPOSITE[sign]} "))
    return places


def mutations(checkout: Checkout, names: list[str], chance: random.Random) -> Iterator[Mutation]:
    """Random mutations of these files, without end; every file is as likely as any other."""
    while True:
        name = chance.choice(names)
        with open(
            checkout.folder / name, encoding="utf-8", errors="surrogateescape", newline=""
        ) as file:
            text = file.read()
        places = _places(name, text)
        if places:
            begin, end, instead = chance.choice(places)
            where = f"line {text.count(chr(10), 0, begin) + 1}"
            yield Mutation(
                name,
                text[:begin] + instead + text[end:],
                f"{where}: {text[begin:end][:40]} -> {instead[:40]}",
            )


def _apply(checkout: Checkout, some: list[Mutation]) -> None:
    for mutation in some:
        with open(
            checkout.folder / mutation.name,
            "w",
            encoding="utf-8",
            errors="surrogateescape",
            newline="",
        ) as file:
            file.write(mutation.content)


def compare(
    finished: Checkout, some: list[Mutation], folder: Path, say: Callable[[str], object] = print
) -> list[Comparison]:
    """Go on with a copy of a finished run after some mutations, and run from scratch; one by one
    where the scratch run fails.
    """
    on, scratch = finished.copy(folder / "on"), Checkout.make(folder / "scratch")
    for checkout in (on, scratch):
        _apply(checkout, some)
    (failed, _), (scratch_failed, _) = on.run(*TARGETS), scratch.run(*TARGETS)
    went_on, fresh, before = (whole_outputs(one.results()) for one in (on, scratch, finished))
    shutil.rmtree(folder)
    if scratch_failed and len(some) > 1:
        return [result for one in some for result in compare(finished, [one], folder, say)]
    if scratch_failed:
        result = Comparison(
            some,
            -1,
            [] if failed else ["the run from scratch fails, the one that went on does not"],
        )
    else:
        names = sorted(fresh.keys() | went_on.keys())
        stale = (
            ["the run that went on fails"]
            if failed
            else [name for name in names if fresh.get(name) != went_on.get(name)]
        )
        result = Comparison(some, sum(fresh[name] != before.get(name) for name in fresh), stale)
    for mutation in some:
        say(f"  {mutation.name}, {mutation.what}")
    said = (
        "the run from scratch fails" if result.changed < 0 else f"{result.changed} outputs changed"
    )
    say(f"{said}, stale: {', '.join(result.stale[:5]) or 'none'}")
    return [result]


def run(
    finished: Checkout,
    names: list[str],
    number: int,
    seed: int,
    folder: Path,
    say: Callable[[str], object] = print,
) -> list[Comparison]:
    """Compare `number` mutations of the files that the tiny country's run opens."""
    chance = random.Random(seed)
    say(f"{len(names)} files of the checkout are opened")
    found, results = mutations(finished, names, chance), []
    while number > 0:
        some: dict[str, Mutation] = {}
        while len(some) < min(BATCH, number):
            mutation = next(found)
            some.setdefault(mutation.name, mutation)
        number -= len(some)
        results += compare(finished, [*some.values()], folder / "mutated", say)
    return results


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--number", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        finished = Checkout.make(folder / "finished")
        code, text = finished.run(*TARGETS, **hook(finished))
        if code:
            print(text, file=sys.stderr)
            return 1
        names, say = opened(finished), lambda text: print(text, flush=True)
        results = run(finished, names, options.number, options.seed, folder, say)
    count = sum(len(result.mutations) for result in results)
    effect = sum(len(result.mutations) for result in results if result.changed)
    stale = [result for result in results if result.stale]
    print(
        f"{count} mutations, {effect} in batches that changed an output or failed: "
        f"{len(stale) or 'no'} stale"
    )
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
