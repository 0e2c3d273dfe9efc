"""Check a configuration and its dataset without running anything.

Every fault is said at once, grouped by file; of a sound dataset what looks wrong (warnings), and
what was read. What a run would stop at beyond the dataset is looked for in
:mod:`citymrio.assessment.check`, which is the command.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..base.errors import CityMRIOError, ConfigError, Notice, gather_faults, merge_faults
from ..base.labels import read_table
from ..base.words import in_country_words
from ..config import places
from ..config.kinds import GIVEN, reads
from ..config.loading import read_config
from ..config.models import Config
from ..config.unused import unused_keys
from .extras import check_names
from .named import check_stressor
from .reading import NO_DATA, make_dataset

#: Folder of the Snakefile: files that the project ships are found there.
BASE = Path(__file__).parents[3]


@dataclass
class Checked:
    """What a check found.

    Attributes
    ----------
    what
        What was checked, in words.
    faults
        Every fault; with one, nothing else was looked at.
    warnings, read
        Of a dataset without faults: what looks wrong, and read.csv.
    modelled, untried
        What the run estimates for want of data; which of its steps could not be tried, and why.
    """

    what: str
    faults: list[CityMRIOError] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    read: pd.DataFrame | None = None
    modelled: list[str] = field(default_factory=list)
    untried: list[str] = field(default_factory=list)


#: What goes on with a sound dataset: its folder, the configuration, and what was found so far,
#: which it adds to.
Further = Callable[[str, Config, Checked], None]


def check_run(path: str | Path, further: Further | None = None) -> Checked:
    """Check a configuration file and the dataset it names; then what `further` looks at."""
    try:
        config = read_config(path)
    except CityMRIOError as error:
        return Checked(str(path), error.faults)
    if misplaced := places.faults(config, BASE):
        return Checked(str(path), misplaced)
    checked = Checked(f"{path} and the dataset of kind '{config.dataset.kind}'")
    if config.dataset.kind in ("user", GIVEN):
        checked.what = f"{path} and {config.dataset.raw_dir}"
    _make(config, checked, further)
    if not checked.faults:
        checked.warnings = [*unused_keys(config), *checked.warnings]
    return checked


def _make(config: Config, checked: Checked, further: Further | None) -> None:
    """Make the dataset in a folder that goes away, with its faults, or with what was read and looks
    wrong; and go further.
    """
    downloaded = config.dataset.raw_dir or config.dataset.raw_folder.is_dir()
    if reads(config.dataset.kind, "downloads") and not downloaded:
        checked.faults = [
            ConfigError(
                "dataset.raw_dir is not given, so the raw files would have to be downloaded",
                where="dataset",
                fix="name the folder of the raw files, or start the run.",
            )
        ]
        return
    with tempfile.TemporaryDirectory() as folder:
        with gather_faults(checked.faults):
            checked.read, checked.warnings = make_dataset(config.dataset, folder)
            tables = [read_table(path) for path in sorted(Path(folder).glob("extras/*.csv"))]
            for one in (config, *(config.with_variant(name) for name in config.variants)):
                check_names(one.cities.extras, tables, "configuration")
            check_stressor(config.analysis.stressor, folder)
        if further and not checked.faults:
            further(folder, config, checked)


def _by_file(
    items: Iterable[tuple[str, Any]], called: str, lines_of: Callable[[str, list[Any]], list[str]]
) -> str:
    """Items under their files, in the order in which files were first named."""
    groups: dict[str, list[Any]] = {}
    for where, item in items:
        groups.setdefault(where, []).append(item)
    return in_country_words(
        "\n".join(
            "\n".join([f"{where}: {_counted(len(members), called)}", *lines_of(where, members)])
            for where, members in groups.items()
        )
    )


def report(faults: Sequence[CityMRIOError]) -> str:
    """All faults, grouped by file, in the words of the dataset."""

    def lines(_: str, members: list[CityMRIOError]) -> list[str]:
        return [
            f"  - {f.message}" + (f"\n    fix: {f.fix}" if f.fix else "")
            for f in merge_faults(members)
        ]

    return _by_file(((fault.where or "dataset", fault) for fault in faults), "fault", lines)


def report_warnings(warnings: Sequence[Notice]) -> str:
    """All warnings, grouped by file, in the words of the dataset."""

    def lines(where: str, members: list[Notice]) -> list[str]:
        places = [n.where.removeprefix(where).removeprefix(", ") for n in members]
        return [
            f"  - {f'{place}: ' if place else ''}{n.what}: {n.value}; expected {n.expectation}\n"
            f"    {n.effect}"
            for place, n in zip(places, members, strict=True)
        ]

    return _by_file(((n.where.rsplit(", row ", 1)[0], n) for n in warnings), "warning", lines)


def report_reading(read: pd.DataFrame) -> str:
    """What was read: rows of every table and what is absent; tables by province in one line."""
    lines = ["Read:"]
    for table, rows in read.groupby(read["table"].str.split("/").str[0], sort=False):
        absent = rows[rows["file"] == ""]
        if str(rows["table"].iloc[0]) == NO_DATA:
            lines += [
                f"  not read: {file} ({note})"
                for file, note in zip(rows["file"], rows["note"], strict=True)
            ]
            continue
        count, files = int(rows["rows"].sum()), len(rows) - len(absent)
        notes = list(dict.fromkeys(filter(None, rows["note"])))
        note = (
            notes[0]
            if len(rows) == 1 and notes
            else f"{_counted(len(absent), 'province')} without"
            if len(absent)
            else ""
        )
        note += "".join(
            f" ({text.split(': ', 2)[2]})"
            for text in notes[:1]
            if "modelled" in text and text != note
        )
        shown = (
            f"{_counted(count, 'row')}" + (f" in {files} files" if files > 1 else "")
            if files
            else ""
        )
        comma = ", " if shown and note and not note.startswith(" ") else ""
        lines.append(f"  {table}: " + in_country_words(shown + comma + note))
    return "\n".join(lines)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def report_modelled(checked: Checked) -> str:
    """What is modelled, and what could not be tried."""
    modelled = [f"  {in_country_words(line)}" for line in checked.modelled]
    lines = ["Modelled:", *modelled] if modelled else []
    return "\n".join([*lines, *(f"Not tried: {line}" for line in checked.untried)])


def main(arguments: Sequence[str] | None = None, further: Further | None = None) -> int:
    """Print the report; exit status 1 where there is a fault."""
    parser = argparse.ArgumentParser(
        prog="citymrio check", description="Every fault of a configuration and its dataset at once."
    )
    parser.add_argument("config", help="the configuration file")
    checked = check_run(parser.parse_args(arguments).config, further)
    if checked.faults:
        print(report(checked.faults))
        if checked.untried:
            print("\n".join(f"Not tried: {line}" for line in checked.untried))
        print(f"\n{_counted(len(checked.faults), 'fault')} in {checked.what}.")
        return 1
    print("\n".join(filter(None, [report_reading(checked.read), report_modelled(checked)])))
    if checked.warnings:
        print(f"\n{report_warnings(checked.warnings)}\n")
    said = f", {_counted(len(checked.warnings), 'warning')}" if checked.warnings else ""
    print(f"{checked.what}: no fault{said}.")
    return 0
