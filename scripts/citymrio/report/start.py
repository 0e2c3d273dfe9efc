"""The first page of a run, "Start here": findings in sentences, figures, headline numbers, what is
known and how, and where to go on.

Its words are messages of the catalogue (`start.`, :mod:`.language`); how it is set is the template
look/data/start.html.
"""

import base64
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from ..assessment.headline import INSIDE, KNOWN, MEDIAN, MEMBERS, SPREAD
from ..base.words import title_of
from .figures.registry import CHOICE, ENSEMBLE, alt, caption
from .language import gap, known, listed, say, span
from .look import document, marked, rendered
from .pages import MOST_BYTES, SHOWN, cell_html, format_amount, format_number, notes_in
from .plain import few

#: How many figures of `CHOICE` the page has.
MOST = 8
#: Pixels of an inlined figure's width, the first with which the page stays below `MOST_BYTES`, and
#: colours.
WIDTHS, COLOURS = (1300, 1100, 900, 700), 256


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
    language
        Of the page: `en` or `zh`.
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
    language: str = "en"

    def say(self, key: str, **values: object) -> str:
        """A message of this page, as HTML; values are HTML already."""
        return say(f"start.{key}", self.language, **values)

    def named(self, kind: str, word: str) -> str:
        """What the page calls a word of a table, as HTML."""
        return html.escape(known(f"start.{kind}.{word}", self.language, word), quote=False)

    def method_name(self, method: str) -> str:
        """A method in the middle of a sentence, as HTML."""
        return html.escape(known(f"method.of.{method}", self.language, method))


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
        headline, identified, read and regions of the run, benchmarks of its dataset.
    warnings
        warnings.csv.
    figures
        Name -> PNG file of the figures that the run has.
    """
    chosen = [name for name in CHOICE if name in figures][:MOST]
    drawn = next(
        found
        for width in WIDTHS
        if sum(
            map(len, found := [_figure(run, name, Path(figures[name]), width) for name in chosen])
        )
        < MOST_BYTES
        or width == WIDTHS[-1]
    )
    headline = tables["headline"].copy()
    headline["warnings"] = headline["warnings"].fillna("").astype(str)
    rows = headline[headline["value"].notna()]
    shown = rows[~rows["group"].isin([KNOWN, SPREAD])]
    worth = rows[rows["group"].eq(SPREAD)].set_index("quantity")["value"]
    bearing = {int(number) for text in headline["warnings"] for number in text.split()}
    body = rendered(
        "start.html",
        run=run,
        say=run.say,
        cell=partial(cell_html, language=run.language),
        amount=format_amount,
        number=format_number,
        unit=lambda unit: html.escape(known(f"unit.{unit}", run.language, unit)),
        mark=lambda mark: say(f"page.{mark}", run.language),
        of=say("page.of", run.language),
        gap=gap(run.language),
        figures=drawn,
        **_findings(run, headline),
        rows=[*shown.itertuples()],
        heads=_heads(run, shown),
        reported=shown["reported"].eq(MEDIAN).any(),
        warnings=len(warnings),
        bearing=[
            (place, row) for place, row in enumerate(warnings.itertuples(), 1) if place in bearing
        ],
        counts=[*rows[rows["group"].eq(KNOWN)].itertuples()],
        **_known(run, tables),
        level=f"{100 * run.level:.0f}",
        # draws that intervals are over: without those that contradict what is kept
        members=round(worth.get(MEMBERS, run.members)),
        few=few(worth[MEMBERS], worth[INSIDE], run.level, run.language) if len(worth) else "",
        pages=_pages(run),
    )
    return document(
        say("start.title", run.language, run=title_of(run.info)),
        body,
        synthetic=bool(run.info["synthetic"]),
        scripts=("links.js",),
        language=run.language,
    )


#: Findings -> the quantities that their sentence needs, whatever they are called.
FINDINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "footprint": {
        "value": ("footprints of the cities",),
        "person": ("footprint per person",),
    },
    "regions": {
        "value": ("footprints of the regions",),
        "person": ("footprint per person",),
    },
    "demand": {
        "capital": ("capital formation in footprints",),
        "first": ("share of the first quintile",),
        "last": ("share of the last quintile",),
    },
    "trade": {
        "share": ("emitted outside the consuming city", "emitted outside the consuming region"),
        "more": ("net producers",),
    },
    "types": {
        "count": ("of any type",),
        "demand": ("by demand",),
        "technology": ("by technology",),
        "hybrid": ("by both (hybrid)",),
    },
    "savings": {
        "technology": ("technology side, light",),
        "technology_deep": ("technology side, deep",),
        "demand": ("demand side, light",),
        "demand_deep": ("demand side, deep",),
    },
    "capital": {"capital": ("capital formation in footprints",)},
    "outside": {
        "share": ("emitted outside the consuming city", "emitted outside the consuming region")
    },
    "known": {
        "observed": ("total emissions observed",),
        "modelled": ("total emissions modelled",),
        "split": ("emissions by sector modelled",),
    },
}
#: Sentences of less that stand in for one whose numbers a run lacks, and how many there are at
#: most.
INSTEAD, SENTENCES = {"regions": "footprint", "capital": "demand", "outside": "trade"}, 5


def _findings(run: Run, headline: pd.DataFrame) -> dict[str, Any]:
    """The findings in sentences, each number with its range, and the method that they are by."""
    rows = headline[headline["value"].notna()]
    # by the calibrated method where the run has it
    told = "calibrated" if rows["other_method"].notna().any() else run.method
    by_name = rows.set_index("quantity")
    said: dict[str, str] = {}
    for name, needed in FINDINGS.items():
        found = {
            key: [one for one in names if one in by_name.index] for key, names in needed.items()
        }
        if len(said) < SENTENCES and all(found.values()) and INSTEAD.get(name) not in said:
            values = {key: _value(run, by_name.loc[one[0]], told) for key, one in found.items()}
            said[name] = run.say(f"find.{name}", year=run.info["year"], **values)
            if "share" in values and told and run.members:
                said[name] += gap(run.language) + run.say("find.modelled")
    return {"findings": [*said.values()], "told": told}


def _value(run: Run, row: pd.Series, method: str) -> str:
    """A number by a method with its unit, and its range where it has one by this method."""

    def said(value: float) -> str:
        return run.say(f"amount.{row['unit']}", value=format_amount(value, row["unit"]))

    own = pd.isna(row["other_method"]) or method == run.method
    text = f"<strong>{said(row['value'] if own else row['other_method'])}</strong>"
    if pd.isna(row["low"]) or row["interval_of"] != method:
        return text
    low, high = (format_amount(row[end], row["unit"]) for end in ("low", "high"))
    form = run.say(f"amount.{row['unit']}", value="{}")
    ends = span(low, high, run.language, form)
    if row["central"] < row["low"] or row["central"] > row["high"]:
        return text + run.say("find.beside", ends=ends, central=said(row["central"]))
    return text + run.say("find.range", ends=ends)


def _heads(run: Run, rows: pd.DataFrame) -> list[tuple[str, list[str]]]:
    """Columns of the table of headline numbers, but for those that no row has: head and cells."""
    by = {run.method: rows["value"]}
    if rows["other_method"].notna().any():
        by = {method: by.get(method, rows["other_method"]) for method in ("calibrated", "paper")}
    heads = []
    for method, values in by.items():
        meant = method if method != "paper" or rows["printed"].notna().any() else "published"
        words = run.say("this.run" if len(by) == 1 else f"meant.{meant}")
        of = run.say("of", method=run.method_name(method)) if method else ""
        heads.append((words + of, _amounts(values, rows["unit"])))
        own = rows["low"].where(rows["interval_of"].eq(method))
        ends = zip(_amounts(own, rows["unit"]), _amounts(rows["high"], rows["unit"]), strict=True)
        heads.append(
            (
                run.say("interval", level=f"{100 * run.level:.0f}") + of,
                [span(low, high, run.language) if low else "" for low, high in ends],
            )
        )
    heads += [
        (
            run.say("printed.elsewhere" if run.info["synthetic"] else "printed"),
            _amounts(rows["printed"], rows["unit"]),
        ),
        (
            run.say("warnings.column"),
            [_places(text, run.language) for text in rows["warnings"]],
        ),
    ]
    return [(head, cells) for head, cells in heads if any(cells)]


def _amounts(values: pd.Series, units: pd.Series) -> list[str]:
    return [format_amount(value, unit) for value, unit in zip(values, units, strict=True)]


def _places(text: str, language: str) -> str:
    """Rows of warnings.csv, neighbours as a range, with a link to the first: 17 to 25, 29."""
    numbered = enumerate(map(int, text.split()))
    # Neighbours grow as their places do: their difference stays.
    runs = [[n for _, n in part] for _, part in groupby(numbered, key=lambda at: at[1] - at[0])]
    links = [
        link if len(run) == 1 else say("from.to", language, low=link, high=run[-1])
        for run in runs
        for link in [f'<a href="#w{run[0]}">{run[0]}</a>']
    ]
    return say("list.comma", language).join(links)


def _figure(run: Run, name: str, path: Path, most: int) -> str:
    data, width, height = inlined(path, most)
    folder = "../uncertainty/figures" if name in ENSEMBLE else "../figures"
    said = {"alt": alt(name, run.language), "caption": marked(caption(name, run.language))}
    about = {"data": data, "width": width, "height": height, "folder": folder}
    return rendered("figure.html", run=run, name=name, **about, **said)


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
        # a legend fills few pixels: colours far apart are kept, not frequent ones
        held = io.BytesIO()
        few = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, 1, dither=Image.Dither.NONE)
        few.save(held, "PNG", optimize=True)
    return (
        f"data:image/png;base64,{base64.b64encode(held.getvalue()).decode()}",
        picture.width,
        picture.height,
    )


def _known(run: Run, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """What is assumed, what the tables of provinces do not report or was modelled of their trade
    (as read.csv has it: which provinces), how many numbers of a city the data give, and notes.
    """
    benchmarks, read, identified = tables["benchmarks"], tables["read"], tables["identified"]
    source = benchmarks["source"].astype(str)
    bare = benchmarks.assign(source=source.str.replace("^assumed[:,;] *", "", regex=True))
    tables_of = read[read["table"].str.startswith("provinces/")]
    codes = tables_of["table"].str.removeprefix("provinces/")
    notes = tables_of["note"].dropna().str.split("; ").explode()
    notes = notes[notes.str.contains("not reported|modelled|not printed")]
    return {
        "assumed": [*bare[source.str.startswith("assumed")].itertuples()],
        "provinces": len(tables_of),
        "trade": [
            (note, codes.reindex(part.index).tolist())
            for note, part in notes.groupby(notes, sort=False)
        ],
        "identified": [*identified.itertuples()] if identified["cities"].gt(0).any() else [],
        "notes": notes_in(run.info, tables["regions"], run.language),
    }


def _pages(run: Run) -> list[tuple[str, str]]:
    """Groups of the pages of tables, and the links to these."""

    def link(name: str) -> str:
        return f'<a href="{name}.html">{run.named("page", SHOWN[name].title)}</a>'

    groups = groupby(run.tables, key=lambda name: SHOWN[name].group)
    return [(group, listed(map(link, names), run.language)) for group, names in groups]
