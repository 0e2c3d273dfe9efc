"""The table of `make test-rebuild`: change, jobs expected, jobs run."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

HEADER = ("change", "jobs expected", "jobs run", "note")


def _short(jobs: Iterable[str]) -> str:
    jobs = sorted(jobs)
    return f"{len(jobs)}: {' '.join(jobs)}" if jobs else "0"


@dataclass
class Rebuilds:
    """Rows of the table, in the order in which they were found."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, change: str, expected: Iterable[str], ran: Iterable[str], note: str = "") -> None:
        """One change: the jobs that had to run and those that did."""
        expected, ran = set(expected), set(ran)
        wrong = [f"not run: {job}" for job in sorted(expected - ran)] + [
            f"too much: {job}" for job in sorted(ran - expected)
        ]
        self.rows.append(
            (
                change,
                _short(expected),
                _short(ran),
                "; ".join(filter(None, [*wrong, note])) or "as expected",
            )
        )

    def remark(self, what: str, value: str) -> None:
        """A row that is measured, or that could not be made here."""
        self.rows.append((what, "", "", value))

    def text(self) -> str:
        """The table for reading: the numbers of jobs in columns, the jobs below them."""
        lines = [f"{'change':<52}{'expected':>9}{'run':>6}  result"]
        for change, expected, ran, note in self.rows:
            lines.append(f"{change:<52}{expected.split(':')[0]:>9}{ran.split(':')[0]:>6}  {note}")
            if ": " in ran:
                lines.append(f"    {ran.split(': ')[1]}")
        return "\n".join(lines)

    def write(self, path: str | Path) -> None:
        """The table as CSV."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as target:
            csv.writer(target, lineterminator="\n").writerows([HEADER, *self.rows])
