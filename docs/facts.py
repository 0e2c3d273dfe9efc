"""Numbers that stand in several places of README and docs: one table, docs/facts.csv, and where the
pages hold them.

A page writes such a number as ``<!--=name-->value<!--=-->``. ``python docs/facts.py`` (part of
`make config`) writes the values of the table into the pages; with a folder of finished runs (`make
facts`) it first takes the values anew from what is there.

Columns of the table: name; value, as it is printed; source, a file or folder below the runs (else
of the repository), or the command, where a number is the result of a longer measurement; row, which
rows of the source (of a text: a pattern, whose group is the number); column, and how its rows
become one number (``bytes:sum``; ``difference:interval``: a difference with its interval); form,
how it is printed.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from snakemake_logger_plugin_citymrio.words import duration

from citymrio.base.labels import read_table, write_atomic
from citymrio.workflow.verify import refuse_unfinished

TABLE = ROOT / "docs/facts.csv"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
SPAN = re.compile(r"<!--=(?P<name>[\w.]+)-->(?P<value>[^<]*)<!--=-->")
FORMS = {
    "duration": duration,
    "MB": lambda value: f"{value / 1e6:.0f} MB",
    "GB": lambda value: f"{value / 1e9:.1f} GB",
    "MB as GB": lambda value: f"{value / 1e3:.1f} GB",
}


def facts() -> list[dict[str, str]]:
    """The rows of the table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def taken(fact: dict[str, str], runs: Path) -> str | None:
    """The value as its source has it now; None where the source, or a number in it, is not
    there.
    """
    path = next(
        (folder / fact["source"] for folder in (runs, ROOT) if (folder / fact["source"]).exists()),
        None,
    )
    if path is None:
        return None
    if path.is_dir():
        value = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    elif path.suffix == ".txt":
        value = float(re.search(fact["row"], path.read_text(encoding="utf-8"))[1])
    else:
        column, how = fact["column"].split(":")
        rows = read_table(path).query(fact["row"])
        if rows.empty:
            raise SystemExit(
                f"docs/facts.csv, {fact['name']}: {path} has no row {fact['row']}. Fix: correct "
                "`row`, or make the run."
            )
        if how == "interval":
            return "{:+.2f} ({:+.2f} to {:+.2f})".format(
                *rows[["difference", "low", "high"]].iloc[0]
            )
        value = getattr(rows[column], how)()
        if value != value:  # a blank cell
            return None
    return FORMS.get(fact["form"], lambda number: format(number, fact["form"]))(value)


def filled(text: str, values: dict[str, str]) -> str:
    """A page with the values of the table in it."""
    return SPAN.sub(lambda span: f"<!--={span['name']}-->{values[span['name']]}<!--=-->", text)


def write(path: Path, text: str) -> None:
    """Write a file whole, if it is another one."""
    if path.read_text(encoding="utf-8") != text:
        write_atomic(path, lambda target: Path(target).write_text(text, encoding="utf-8"))
        print(path.relative_to(ROOT))


def main(folders: list[str]) -> None:
    """Take the values anew where a folder of runs is named; write the pages, and say which have
    changed.
    """
    rows = facts()
    for runs in map(Path, folders):
        for run in sorted({fact["source"].partition("/")[0] for fact in rows}):
            refuse_unfinished(runs / run, ["summary.txt"])
        rows = [fact | {"value": taken(fact, runs) or fact["value"]} for fact in rows]
    lines = [",".join(rows[0]), *(",".join(map(quoted, fact.values())) for fact in rows)]
    write(TABLE, "\n".join(lines) + "\n")
    for page in PAGES:
        write(
            page,
            filled(
                page.read_text(encoding="utf-8"), {fact["name"]: fact["value"] for fact in rows}
            ),
        )


def quoted(cell: str) -> str:
    """A cell of a CSV file."""
    return '"' + cell.replace('"', '""') + '"' if re.search(r'[",\n]', cell) else cell


if __name__ == "__main__":
    main(sys.argv[1:])
