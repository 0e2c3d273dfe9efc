"""What a run says of itself: how long jobs of its rules took; at its end which pages to open, how
many warnings there are.
"""

import csv
from contextlib import suppress
from pathlib import Path

from .manifest import read_records

#: Pages of a run to open first.
PAGES = ("report/start.html", "explorer/index.html")


def seconds_of_rules(run: Path) -> dict[str, float]:
    """Rule -> mean seconds of its jobs when they last ran."""
    found: dict[str, list[float]] = {}
    for record in read_records(run).values():
        with suppress(OSError, ValueError, KeyError):  # a job without a benchmark
            benchmark = run / "benchmarks" / f"{record.job}.tsv"
            (row, *_) = csv.DictReader(
                benchmark.read_text(encoding="utf-8").splitlines(), delimiter="\t"
            )
            found.setdefault(record.rule, []).append(float(row["s"]))
    return {rule: sum(each) / len(each) for rule, each in found.items()}


def last_words(results: str | Path, since: float) -> list[str]:
    """Where the results are, which pages to open first, and how many warnings there are, of files
    made after `since`.
    """

    def made(path: Path) -> bool:
        return path.is_file() and path.stat().st_mtime >= since

    *pages, path = (Path(results) / name for name in (*PAGES, "tables/warnings.csv"))
    lines = [f"Results: {results}"]
    if new := [str(page) for page in pages if made(page)]:
        lines.append(f"Open first: {' and '.join(new)}")
    if made(path):
        with path.open(encoding="utf-8", newline="") as table:
            count = sum(1 for _ in csv.DictReader(table))
        if count:
            warnings = f"{count} {'warning' if count == 1 else 'warnings'}"
            lines.append(f"{warnings}: {path} lists what looks wrong but was used")
    return lines
