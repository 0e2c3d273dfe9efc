"""The first page of a run, "Start here": headline numbers, eight figures, what is known and how,
and where to go on.
"""

import base64
import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from ..assessment.headline import INSIDE, KNOWN, MEDIAN, MEMBERS, SPREAD
from .figures.registry import BESIDE_PAPER, CHOICE, ENSEMBLE, FIGURES, alt, caption
from .figures.registry import KNOWN as BESIDE_TABLE
from .look import document, marked
from .pages import MOST_BYTES, SHOWN, amount, number
from .plain import few

#: How many figures of `CHOICE` the page has.
MOST = 8
#: Pixels of an inlined figure's width, the first with which the page stays below `MOST_BYTES`, and
#: colours.
WIDTHS, COLOURS = (1300, 1100, 900, 700), 64


@dataclass(frozen=True)
class Run:
    """What the page is about.

    Attributes
    ----------
    info
        dataset.json.
    method
        Of the estimate; "" where the table was given.
    members
        Of the ensemble; 0: there is none.
    members_by
        Its method, which need not be that of the run.
    level
        Probability of its intervals.
    digest
        SHA-256 of provenance.json.
    tables
        Names of the tables that have a page.
    made_by, steps
        The method in a few words, and what ran, in paragraphs (:mod:`.method`).
    """

    info: Mapping[str, Any]
    method: str
    members: int
    members_by: str
    level: float
    digest: str
    tables: Sequence[str]
    made_by: str
    steps: Sequence[str]

    @property
    def synthetic(self) -> bool:
        """Whether its numbers are invented."""
        return bool(self.info["synthetic"])

    @property
    def title(self) -> str:
        """Name and year; the year once."""
        name, year = str(self.info["name"]), str(self.info["year"])
        return name if year in name.replace(",", " ").split() else f"{name}, {year}"


def start_page(
    run: Run,
    tables: Mapping[str, pd.DataFrame],
    warnings: pd.DataFrame,
    figures: Mapping[str, str | Path],
) -> str:
    """The page, as HTML.

    Parameters
    ----------
    tables
        headline, identified and read of the run, benchmarks of its dataset.
    warnings
        warnings.csv.
    figures
        Name -> PNG file of the figures that the run has.
    """
    chosen = [name for name in CHOICE if name in figures][:MOST]
    drawn = next(
        found
        for width in WIDTHS
        if sum(map(len, found := [_figure(name, Path(figures[name]), width) for name in chosen]))
        < MOST_BYTES
        or width == WIDTHS[-1]
    )
    parts = [
        _introduction(run, tables["headline"]),
        _headlines(run, tables["headline"]),
        _warnings(run, tables["headline"], warnings),
        "<h2>Figures</h2>\n",
        *drawn,
        _known(run, tables),
        _further(run),
    ]
    return document(
        f"Start here: {run.title}", "".join(parts), synthetic=run.synthetic, scripts=("links.js",)
    )


def _introduction(run: Run, headline: pd.DataFrame) -> str:
    _, comma, differs = run.made_by.partition(",")
    changed = comma + differs
    made = (
        f"Estimated by <code>method: {run.method}</code>{html.escape(changed)}."
        if run.method
        else "The table was given; this run estimates no trade and no demand. It analyses what "
        "stands in the table."
    )
    steps = "".join(f"<p>{html.escape(step)}</p>\n" for step in run.steps)
    ensemble = (
        f" An ensemble of {run.members} members by <code>method: {run.members_by}</code> gives "
        f"{run.level:.0%} intervals of what "
        f"the data leave open. {_few(run, headline)}"
        if run.members
        else " No ensemble has run: no interval of these numbers is known."
    )
    money = f"{run.info['unit']}, {run.info['price_basis']}"
    links = '<a href="../explorer/index.html">Explore the run: explorer/index.html</a>'
    return (
        f"<p>{made}{ensemble} Money is in {html.escape(money)}.</p>\n"
        f"<details>\n<summary>What ran</summary>\n{steps}</details>\n<p>{links}</p>\n"
    )


def _few(run: Run, headline: pd.DataFrame) -> str:
    """What to know of intervals of few members."""
    worth = headline[headline["group"].eq(SPREAD)].set_index("quantity")["value"]
    text = few(worth[MEMBERS], worth[INSIDE], run.level) if len(worth) else ""
    return marked(text.replace("`", "``"))


def _cell(text: str, kind: str = "number") -> str:
    return f'<td class="{kind}">{text}</td>'


#: Method -> what its column of headline numbers is for.
MEANT = {"calibrated": "For statements<br>about cities", "paper": "To set beside<br>the paper"}


def _headlines(run: Run, headline: pd.DataFrame) -> str:
    """The table of headline numbers; a column that no row has is left out."""
    rows = headline[headline["value"].notna() & ~headline["group"].isin([KNOWN, SPREAD])]
    by = {run.method: rows["value"]}
    if rows["other_method"].notna().any():
        by = {method: by.get(method, rows["other_method"]) for method in MEANT}
    heads = []
    for method, values in by.items():
        words = "This run" if len(by) == 1 else MEANT[method]
        heads.append(
            (
                f"{words}<br>(<code>{method}</code>)" if method else words,
                _amounts(values, rows["unit"]),
            )
        )
        own = rows["low"].where(rows["interval_of"].eq(method))
        ends = zip(_amounts(own, rows["unit"]), _amounts(rows["high"], rows["unit"]), strict=True)
        heads.append(
            (
                f"{run.level:.0%} interval<br>(<code>{method}</code>)",
                [f"{low} to {high}" if low else "" for low, high in ends],
            )
        )
    printed = "Printed in<br>the paper" + ("<br>(of another country)" if run.synthetic else "")
    heads += [
        (printed, _amounts(rows["printed"], rows["unit"])),
        ("Warnings", [_places(str(text)) for text in rows["warnings"].fillna("")]),
    ]
    heads = [(head, cells) for head, cells in heads if any(cells)]
    body, place = [], 0
    for group, part in groupby(rows.itertuples(), key=lambda row: row.group):
        body.append(
            '<tr><th scope="rowgroup" '
            f'colspan="{2 + len(heads)}"><strong>{group}</strong></th></tr>'
        )
        for row in part:
            cells = "".join(_cell(cells[place]) for _, cells in heads)
            body.append(
                "<tr><th "
                f'scope="row">{html.escape(row.quantity)}</th>{_cell(row.unit, "unit")}{cells}</tr>'
            )
            place += 1
    titles = "".join(f'<th scope="col" class="number">{head}</th>' for head, _ in heads)
    return (
        '<h2>Headline numbers</h2>\n<div class="scroll" tabindex="0" role="region" '
        'aria-label="Headline numbers">\n<table>\n'
        "<caption>From tables/headline.csv, as the summary at the end of the run prints "
        f"them.{_reported(rows)}</caption>\n"
        f'<thead><tr><th scope="col">Number</th><th scope="col">Unit</th>{titles}</tr></thead>\n'
        f"<tbody>\n{chr(10).join(body)}\n</tbody>\n</table>\n</div>\n"
    )


def _amounts(values: pd.Series, units: pd.Series) -> list[str]:
    return [amount(value, unit) for value, unit in zip(values, units, strict=True)]


def _reported(rows: pd.DataFrame) -> str:
    """How numbers with an interval are reported."""
    if not rows["reported"].eq(MEDIAN).any():
        return ""
    return (
        " What adds up is reported without draws; savings, counts and what is made of quintiles "
        "as the median over the draws of "
        "the ensemble."
    )


def _places(text: str) -> str:
    """Rows of warnings.csv, neighbours as a range, with a link to the first: 17 to 25, 29."""
    runs: list[list[int]] = []
    for n in map(int, text.split()):
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return ", ".join(
        f'<a href="#w{run[0]}">{run[0]}</a>' + (f" to {run[-1]}" if len(run) > 1 else "")
        for run in runs
    )


def _warnings(run: Run, headline: pd.DataFrame, warnings: pd.DataFrame) -> str:
    """The warnings that bear on single numbers, and how many bear on all."""
    if warnings.empty:
        return "<p>Nothing looked wrong in the data: there are no warnings.</p>\n"
    own = sorted({int(n) for text in headline["warnings"].fillna("") for n in str(text).split()})
    items = [
        f'<li id="w{n}" value="{n}">{html.escape(row["where"])}: {html.escape(row["what"])}: '
        f"{html.escape(row['value'])}.</li>"
        for n, (_, row) in enumerate(warnings.iterrows(), 1)
        if n in own
    ]
    rest = len(warnings) - len(items)
    others = f" {rest} more concern the data behind every number." if items and rest else ""
    if not items:
        others = f" {rest} concern the data behind every number."
    shown = f"<ol>\n{chr(10).join(items)}\n</ol>\n" if items else ""
    link = '<a href="warnings.html">report/warnings.html</a>'
    text = (
        f"<p>{len(warnings)} warnings: {link} has them all, with what each means for the "
        f"results.{others}</p>\n"
    )
    return f"<h2>Warnings that bear on these numbers</h2>\n{text}{shown}"


def _figure(name: str, path: Path, most: int) -> str:
    entry = {**FIGURES, **BESIDE_PAPER, **BESIDE_TABLE, **ENSEMBLE}[name]
    data, width, height = inlined(path, most)
    folder = "../uncertainty/figures" if name in ENSEMBLE else "../figures"
    title = f"<strong>{html.escape(entry.title[:1].upper() + entry.title[1:])}.</strong>"
    file = f'<a href="{folder}/{name}.png">{folder.removeprefix("../")}/{name}.png</a>'
    return (
        f'<figure id="{name}">\n<img src="{data}" alt="{html.escape(alt(name))}" '
        f'width="{width}" height="{height}">\n'
        f"<figcaption>{title} {marked(caption(name))} <span "
        f'class="note">{file}</span></figcaption>\n</figure>\n'
    )


def inlined(path: Path, most: int) -> tuple[str, int, int]:
    """A PNG file as an address that holds it, at most so many pixels wide and in few colours; its
    width and height.
    """
    with Image.open(path) as image:
        picture = image.convert("RGB")
        if picture.width > most:
            picture = picture.resize(
                (most, round(picture.height * most / picture.width)), Image.Resampling.LANCZOS
            )
        few, held = picture.quantize(COLOURS, dither=Image.Dither.NONE), io.BytesIO()
        few.save(held, "PNG", optimize=True)
    return (
        f"data:image/png;base64,{base64.b64encode(held.getvalue()).decode()}",
        picture.width,
        picture.height,
    )


def _known(run: Run, tables: Mapping[str, pd.DataFrame]) -> str:
    """What is observed, assumed and modelled."""
    rows = tables["headline"]
    counts = rows[rows["group"].eq(KNOWN) & rows["value"].notna()]
    lines = [
        f"<li>{html.escape(row.quantity)}: {amount(row.value, row.unit)} regions</li>\n"
        for row in counts.itertuples()
    ]
    seen = "".join(line for line in lines if "observed" in line)
    unseen = "".join(line for line in lines if "observed" not in line) + _of_provinces(
        tables["read"]
    )
    benchmarks = tables["benchmarks"]
    assumed = benchmarks[benchmarks["source"].astype(str).str.startswith("assumed")]
    held = "".join(
        f"<li><code>{html.escape(row.parameter)}</code>: {number(row.value)} "
        f"{html.escape(str(row.unit))}. "
        f"{html.escape(re.sub('^assumed[:,;] *', '', row.source))}</li>\n"
        for row in assumed.itertuples()
    )
    return (
        "<h2>What is observed, assumed and modelled</h2>\n"
        f"<h3>Observed</h3>\n<ul>\n{seen}</ul>\n<p><code>tables/read.csv</code> lists every "
        "table that was read.</p>\n"
        f"<h3>Assumed</h3>\n{f'<ul>{chr(10)}{held}</ul>' if held else '<p>No benchmark is assumed.</p>'}\n"  # noqa: E501
        "<h3>Modelled and filled "
        f"in</h3>\n<ul>\n{unseen}</ul>\n{_modelled(run, tables['identified'])}{_notes(run)}"
    )


def _of_provinces(read: pd.DataFrame) -> str:
    """What the tables of provinces do not report or was modelled of their trade, as read.csv has
    it: how many provinces, and which.
    """
    rows = read[read["table"].str.startswith("provinces/") & read["note"].notna()]
    notes = rows["note"].str.split("; ").explode()
    notes = notes[notes.str.contains("not reported|modelled|not printed")]
    tables = read["table"].str.startswith("provinces/").sum()
    lines = []
    for note, part in notes.groupby(notes, sort=False):
        codes = [name.removeprefix("provinces/") for name in rows["table"].reindex(part.index)]
        which = ", ".join(codes) if len(codes) < tables else "all"
        lines.append(
            f"<li>trade of provinces: {html.escape(note)}: {len(codes)} of {tables} provinces "
            f"({html.escape(which)})</li>\n"
        )
    return "".join(lines)


def _modelled(run: Run, identified: pd.DataFrame) -> str:
    """How many numbers of a city the data give, and how many the model."""
    if not run.method:
        return (
            "<p>Intensities and inventories where the table gives none. Everything else "
            "stands in the given table.</p>\n"
        )
    if not identified["cities"].gt(0).any():
        return (
            "<p>No city was estimated: every region is a whole province, with the table and "
            "the trade of its province.</p>\n"
        )
    body = "".join(
        "<tr><th "
        f'scope="row">{html.escape(row.quantity)}</th>{_cell(number(row.numbers))}{_cell(number(row.data_observed))}'
        f"{_cell(number(row.data_imputed))}</tr>\n"
        for row in identified.itertuples()
    )
    return (
        "<p>Everything else about a city: output by sector, final demand, trade. Of the numbers "
        "that a city has, the data "
        "give so many (means over cities, tables/identified.csv):</p>\n"
        '<div class="scroll" tabindex="0" role="region" aria-label="Numbers of a city that the '
        'data give">\n<table>\n'
        '<thead><tr><th scope="col">Quantity</th><th scope="col" class="number">numbers of a '
        "city</th>"
        '<th scope="col" class="number">data, observed</th><th scope="col" class="number">data, '
        "filled in</th></tr></thead>\n"
        f"<tbody>\n{body}</tbody>\n</table>\n</div>\n"
    )


def _notes(run: Run) -> str:
    notes = "".join(f"<li>{html.escape(note)}</li>\n" for note in run.info.get("notes", ()))
    return (
        "<details>\n<summary>What the dataset says of "
        f"itself</summary>\n<ul>\n{notes}</ul>\n</details>\n"
        if notes
        else ""
    )


def _further(run: Run) -> str:
    """Where to go on."""
    pages = "".join(
        f"<li>{group}: "
        f"{', '.join(f'<a href={chr(34)}{name}.html{chr(34)}>{SHOWN[name].title}</a>' for name in names)}</li>\n"  # noqa: E501
        for group, found in groupby(run.tables, key=lambda name: SHOWN[name].group)
        for names in [list(found)]
    )
    sure = (
        '<li><a href="../uncertainty/results.html">How sure are the results?</a> '
        "(uncertainty/results.html)</li>\n"
    )
    return (
        "<h2>Where to go on</h2>\n<ul>\n"
        '<li><a href="../explorer/index.html">The explorer</a> (explorer/index.html): every '
        "city, its suppliers, scenarios</li>\n"
        f"{sure if run.members else ''}"
        f"<li>Tables as pages (report/) and as files (tables/):\n<ul>\n{pages}</ul></li>\n"
        "<li>All figures as files: figures/</li>\n"
        "<li>Where the run comes from: provenance.json (configuration, versions, checksums, "
        "commit), SHA-256 "
        f"<code>{run.digest}</code></li>\n</ul>\n"
    )
