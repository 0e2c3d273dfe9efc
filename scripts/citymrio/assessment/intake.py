"""`citymrio intake FOLDER`: the lists of a dataset from published tables, then the check of it
(docs/bring-your-own-data.md).
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..base.errors import DataError, DataErrors
from ..dataset.check import report, report_warnings
from ..dataset.sources.intake import guesses
from ..dataset.sources.intake.folder import intake
from ..dataset.sources.intake.found import Asked, Found
from ..dataset.sources.intake.sheets import TOTAL
from .check import main as check

SEVERAL = {"nargs": "+", "default": []}
#: What a column may be.
MEANINGS = (*guesses.ACCOUNTS, *guesses.CATEGORIES, TOTAL)
#: Words of the command.
WORDS: dict[str, dict[str, Any]] = {
    "folder": {"type": Path, "help": "tables of regions, a pymrio folder, a .mat file"},
    "--to": {"type": Path, "required": True, "help": "a new folder for the lists"},
    "--without": {"metavar": "FILE", "help": "FILE or FILE!SHEET to leave out", **SEVERAL},
    "--year": {"type": int, "help": "year of the tables"},
    "--unit": {"default": "", "help": "their unit of money, such as '10^6 EUR'"},
    "--usd-rate": {"type": float, "help": "units of the currency per US dollar"},
    "--co2": {"metavar": "ROW", "help": "'EXTENSION: ROW' that is CO2", **SEVERAL},
    "--stressor": {"metavar": "ROW", "help": "'EXTENSION: ROW' to be traced", **SEVERAL},
    "--column": {
        "metavar": "HEADING=MEANING",
        "help": "what a column is; SHEET=imports: a sheet of imported products",
        **SEVERAL,
    },
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the lists, say what was guessed, and check; exit status 1 where there is a fault."""
    parser = argparse.ArgumentParser(
        prog="citymrio intake",
        description="The lists of a dataset from a folder of published tables, and its check.",
    )
    for word, settings in WORDS.items():
        parser.add_argument(word, **settings)
    options = parser.parse_args(arguments)
    asked = Asked(
        options.without,
        options.year,
        options.unit,
        options.usd_rate,
        options.co2,
        _columns(options.column),
        options.stressor,
    )
    try:
        found = intake(options.folder, options.to, asked)
    except DataErrors as error:  # all of them: there is no dataset yet that a check could read
        print(f"{report(error.faults)}\n\nNothing is written.", file=sys.stderr)
        return 1
    print(_report(found, options.to))
    if found.notices:
        print(f"\n{report_warnings(found.notices)}")
    if found.faults:
        print(f"\nWhat a run would stop at in the table:\n{report(found.faults)}")
    config = options.to / "config.yaml"
    print(f"\nThe check of it (again: citymrio check {shlex.quote(str(config))}):\n", flush=True)
    return check([str(config)]) or bool(found.faults)


def _columns(words: Sequence[str]) -> dict[str, str]:
    told = {}
    for word in words:
        heading, mark, meaning = word.rpartition("=")
        if not mark or meaning not in MEANINGS:
            raise DataError(
                f"'{word}' does not say what a column is",
                where="--column",
                fix=f"write HEADING=MEANING, one of {', '.join(MEANINGS)}.",
            )
        told[heading] = meaning
    return told


#: What is said of a category without a role, by the kind of the dataset.
UNKNOWN = {
    "user": "role unknown: fill it in (final_demand.csv), or say what the column is with --column",
    "mrio": "role unknown: fill it in (final_demand.csv); of sales to outside of the table, move "
    "the name to accounts.csv, with the role exports",
}


def _report(found: Found, target: Path) -> str:
    """What was found and guessed, in lines."""
    tables = found.tables
    lines = [
        f"{target}: config.yaml, sources.csv ({len(found.used)} files), guesses.csv "
        f"({len(found.guesses)}), lists/ for kind '{found.kind}'",
        f"  {found.info['year']}, {found.info['unit']}; {len(tables['regions'])} regions, "
        f"{len(tables['sectors'])} sectors, {len(tables['final_demand'])} categories of final "
        "demand" + (f", {len(found.cells)} tables" if found.cells else ""),
        "To confirm:",
        *(f"  {line}" for line in found.said),
        *(
            f"  final demand {code} ({name}): {role or UNKNOWN[found.kind]}"
            for code, name, role in tables["final_demand"][["category", "name", "role"]].to_numpy()
        ),
        "  industry, kind and groups of sectors.csv; kind and province of regions.csv",
        "  pages say city, province, country: the row `words` of dataset.csv has other words "
        "(region: state / states)",
    ]
    accounts = dict.fromkeys(
        f"{says or place} = {meaning}"
        for _, place, says, meaning in found.guesses
        if place.startswith("column") and (meaning in guesses.ACCOUNTS or guesses.account([says]))
    )
    if accounts:
        lines.append(f"  columns of accounts: {'; '.join(accounts)}")
    return "\n".join(lines)
