"""The first page of a run, "Start here": findings in sentences, figures, headline numbers, what is
known and how, and where to go on.

Its words are messages of the catalogue (`start.`, :mod:`.language`).
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
from ..base.words import title_of
from .figures.registry import CHOICE, ENSEMBLE, alt, caption
from .language import gap, known, listed, say, span
from .look import document, marked
from .pages import MOST_BYTES, SHOWN, amount, cell_html, notes_in, number
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
    parts = [
        _findings(run, tables["headline"]),
        *([f"<h2>{run.say('figures')}</h2>\n", _of_figures(run)] if drawn else []),
        *drawn,
        _headlines(run, tables["headline"]),
        _warnings(run, tables["headline"], warnings),
        _known(run, tables),
        _made(run, tables["headline"]),
        _further(run),
    ]
    return document(
        say("start.title", run.language, run=title_of(run.info)),
        "".join(parts),
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


def _findings(run: Run, headline: pd.DataFrame) -> str:
    """The findings in sentences, each number with its range, and where to see more."""
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
    method = run.say("find.method", method=run.method_name(told)) if told else run.say("find.given")
    ranges = (
        run.say("find.ranges", level=f"{100 * run.level:.0f}", members=_members(run, headline))
        if run.members
        else run.say("find.noranges")
    )
    link = f'<a href="../explorer/index.html">{run.say("explore")}</a>'
    return (
        "".join(f'<p class="finding">{sentence}</p>\n' for sentence in said.values())
        + f'<p class="note">{method}{gap(run.language)}{ranges}</p>\n<p>{link}</p>\n'
    )


def _value(run: Run, row: pd.Series, method: str) -> str:
    """A number by a method with its unit, and its range where it has one by this method."""

    def said(value: float) -> str:
        return run.say(f"amount.{row['unit']}", value=amount(value, row["unit"]))

    own = pd.isna(row["other_method"]) or method == run.method
    text = f"<strong>{said(row['value'] if own else row['other_method'])}</strong>"
    if pd.isna(row["low"]) or row["interval_of"] != method:
        return text
    low, high = (amount(row[end], row["unit"]) for end in ("low", "high"))
    form = run.say(f"amount.{row['unit']}", value="{}")
    ends = span(low, high, run.language, form)
    if row["central"] < row["low"] or row["central"] > row["high"]:
        return text + run.say("find.beside", ends=ends, central=said(row["central"]))
    return text + run.say("find.range", ends=ends)


def _made(run: Run, headline: pd.DataFrame) -> str:
    """How the numbers were made, for those who ask."""
    steps = "".join(f"<p>{html.escape(step)}</p>\n" for step in run.steps)
    parts = [run.say("made", by=html.escape(run.made_by)) if run.method else run.say("made.given")]
    if run.members:
        about = {"members": _members(run, headline), "method": run.method_name(run.members_by)}
        parts.append(run.say("ensemble", level=f"{100 * run.level:.0f}", **about))
        worth = headline[headline["group"].eq(SPREAD)].set_index("quantity")["value"]
        if len(worth):
            parts.append(html.escape(few(worth[MEMBERS], worth[INSIDE], run.level, run.language)))
    else:
        parts.append(run.say("ensemble.none"))
    money = cell_html(f"{run.info['unit']}, {run.info['price_basis']}", run.language)
    parts.append(run.say("money", money=money))
    text = gap(run.language).join(filter(None, parts))
    return (
        f"<h2>{run.say('made.head')}</h2>\n<p>{text}</p>\n"
        f"<details>\n<summary>{run.say('made.steps')}</summary>\n{steps}</details>\n"
    )


def _members(run: Run, headline: pd.DataFrame) -> int:
    """Draws that intervals are over: those that were made, without the ones that contradict what is
    kept.
    """
    kept = headline.loc[headline["quantity"].eq(MEMBERS), "value"]
    return round(kept.iloc[0]) if len(kept) else run.members


def _cell(text: str, kind: str = "number") -> str:
    return f'<td class="{kind}">{text}</td>'


def _headlines(run: Run, headline: pd.DataFrame) -> str:
    """The table of headline numbers; a column that no row has is left out."""
    rows = headline[headline["value"].notna() & ~headline["group"].isin([KNOWN, SPREAD])]
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
            [_places(str(text), run.language) for text in rows["warnings"].fillna("")],
        ),
    ]
    heads = [(head, cells) for head, cells in heads if any(cells)]
    body = []
    for group, part in groupby(enumerate(rows.itertuples()), key=lambda placed: placed[1].group):
        body.append(
            f'<tr><th scope="rowgroup" colspan="{2 + len(heads)}">'
            f"<strong>{run.named('group', group)}</strong></th></tr>"
        )
        for place, row in part:
            cells = "".join(_cell(cells[place]) for _, cells in heads)
            unit = html.escape(known(f"unit.{row.unit}", run.language, row.unit))
            body.append(
                f'<tr><th scope="row">{run.named("row", row.quantity)}</th>'
                f"{_cell(unit, 'unit')}{cells}</tr>"
            )
    titles = "".join(f'<th scope="col" class="number">{head}</th>' for head, _ in heads)
    name, reported = run.say("headline"), rows["reported"].eq(MEDIAN).any()
    how = gap(run.language) + run.say("reported") if reported else ""
    return (
        f'<h2>{name}</h2>\n<div class="scroll" tabindex="0" role="region" '
        f'aria-label="{name}">\n<table>\n'
        f"<caption>{run.say('headline.caption')}{how}</caption>\n"
        f'<thead><tr><th scope="col">{run.say("number")}</th>'
        f'<th scope="col">{run.say("unit")}</th>{titles}</tr></thead>\n'
        f"<tbody>\n{chr(10).join(body)}\n</tbody>\n</table>\n</div>\n"
    )


def _amounts(values: pd.Series, units: pd.Series) -> list[str]:
    return [amount(value, unit) for value, unit in zip(values, units, strict=True)]


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


def _warnings(run: Run, headline: pd.DataFrame, warnings: pd.DataFrame) -> str:
    """The warnings that bear on single numbers, and how many bear on all."""
    if warnings.empty:
        return f"<p>{run.say('warnings.none')}</p>\n"
    own = sorted({int(n) for text in headline["warnings"].fillna("") for n in str(text).split()})
    of, stop = (say(f"page.{mark}", run.language) for mark in ("of", "stop"))
    parts = warnings[["where", "what", "value"]].map(cell_html, language=run.language)
    items = [
        f'<li id="w{n}" value="{n}">{of.join(row)}{stop}</li>'
        for n, row in enumerate(parts.itertuples(index=False), 1)
        if n in own
    ]
    rest = len(warnings) - len(items)
    others = run.say("warnings.rest" if items else "warnings.all", count=rest) if rest else ""
    shown = (
        f"<details>\n<summary>{run.say('warnings.those', count=len(items))}</summary>\n"
        f"<ol>\n{chr(10).join(items)}\n</ol>\n</details>\n"
        if items
        else ""
    )
    link = f'<a href="warnings.html">{run.say("warnings.page")}</a>'
    text = gap(run.language).join(
        filter(None, [run.say("warnings.count", count=len(warnings), link=link), others])
    )
    return f"<h2>{run.say('warnings')}</h2>\n<p>{text}</p>\n{shown}"


def _of_figures(run: Run) -> str:
    """By which methods figures are, where these are two."""
    if not (run.method and run.members) or run.members_by == run.method:
        return ""
    own, drawn = run.method_name(run.method), run.method_name(run.members_by)
    return f'<p class="note">{run.say("figures.method", method=own, members=drawn)}</p>\n'


def _figure(run: Run, name: str, path: Path, most: int) -> str:
    data, width, height = inlined(path, most)
    folder = "../uncertainty/figures" if name in ENSEMBLE else "../figures"
    stop = "." if run.language == "en" else "。"
    title = run.named("figure", name)
    file = f'<a href="{folder}/{name}.png">{run.say("file")}</a>'
    return (
        f'<figure id="{name}">\n<img src="{data}" alt="{html.escape(alt(name, run.language))}" '
        f'width="{width}" height="{height}">\n'
        f"<figcaption><strong>{title[:1].upper()}{title[1:]}{stop}</strong> "
        f"<span>{marked(caption(name, run.language))}</span> "
        f'<span class="note">{file}</span></figcaption>\n</figure>\n'
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
        # a legend fills few pixels: colours far apart are kept, not frequent ones
        held = io.BytesIO()
        few = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, 1, dither=Image.Dither.NONE)
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
        (
            row.quantity,
            f"<li>{run.say('known.count', what=run.named('row', row.quantity), count=amount(row.value, row.unit))}</li>\n",  # noqa: E501
        )
        for row in counts.itertuples()
    ]
    seen = "".join(line for name, line in lines if "observed" in name)
    unseen = "".join(line for name, line in lines if "observed" not in name)
    benchmarks = tables["benchmarks"]
    assumed = benchmarks[benchmarks["source"].astype(str).str.startswith("assumed")]
    of, stop = (say(f"page.{mark}", run.language) for mark in ("of", "then"))
    english = "" if run.language == "en" else ' lang="en"'
    held = "".join(
        f"<li><code{english}>{html.escape(row.parameter)}</code>{of}{number(row.value)}"
        f"{'' if str(row.unit) == '1' else ' ' + cell_html(str(row.unit), run.language)}{stop}"
        f"{cell_html(re.sub('^assumed[:,;] *', '', row.source), run.language)}</li>\n"
        for row in assumed.itertuples()
    )
    listed_ = (
        f"<details>\n<summary>{run.say('assumed.count', count=len(assumed))}</summary>\n"
        f"<ul>\n{held}</ul>\n</details>"
        if held
        else f"<p>{run.say('assumed.none')}</p>"
    )
    provinces = _of_provinces(run, tables["read"])
    read = f"<ul>\n{provinces}</ul>\n" if provinces else ""
    return (
        f"<h2>{run.say('known.head')}</h2>\n"
        f"<h3>{run.say('known.observed')}</h3>\n<ul>\n{seen}</ul>\n"
        f'<p><a href="read.html">{run.say("known.read")}</a></p>\n'
        f"<h3>{run.say('known.assumed')}</h3>\n{listed_}\n"
        f"<h3>{run.say('known.modelled')}</h3>\n<ul>\n{unseen}</ul>\n{read}"
        f"{_modelled(run, tables['identified'])}{_notes(run, tables['regions'])}"
    )


def _of_provinces(run: Run, read: pd.DataFrame) -> str:
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
        which = html.escape(", ".join(codes)) if len(codes) < tables else run.say("known.all")
        line = run.say(
            "known.trade",
            note=cell_html(note, run.language),
            count=len(codes),
            all=tables,
            which=which,
        )
        lines.append(f"<li>{line}</li>\n")
    return "".join(lines)


def _modelled(run: Run, identified: pd.DataFrame) -> str:
    """How many numbers of a city the data give, and how many the model."""
    if not run.method:
        return f"<p>{run.say('modelled.given')}</p>\n"
    if not identified["cities"].gt(0).any():
        return f"<p>{run.say('modelled.none')}</p>\n"
    body = "".join(
        f'<tr><th scope="row">{run.named("identified", row.quantity)}</th>'
        f"{_cell(number(row.numbers))}{_cell(number(row.data_observed))}"
        f"{_cell(number(row.data_imputed))}</tr>\n"
        for row in identified.itertuples()
    )
    heads = "".join(
        f'<th scope="col" class="number">{run.say(f"modelled.{key}")}</th>'
        for key in ("numbers", "observed", "imputed")
    )
    return (
        f"<p>{run.say('modelled')}</p>\n"
        f'<div class="scroll" tabindex="0" role="region" '
        f'aria-label="{run.say("modelled.label")}">\n<table>\n'
        f'<thead><tr><th scope="col">{run.say("modelled.quantity")}</th>{heads}</tr></thead>\n'
        f"<tbody>\n{body}</tbody>\n</table>\n</div>\n"
    )


def _notes(run: Run, regions: pd.DataFrame) -> str:
    notes = "".join(
        f"<li>{cell_html(note, run.language)}</li>\n"
        for note in notes_in(run.info, regions, run.language)
    )
    return (
        f"<details>\n<summary>{run.say('notes')}</summary>\n<ul>\n{notes}</ul>\n</details>\n"
        if notes
        else ""
    )


def _further(run: Run) -> str:
    """Where to go on."""

    def link(name: str) -> str:
        return f'<a href="{name}.html">{run.named("page", SHOWN[name].title)}</a>'

    pages = "".join(
        f"<li>{run.say('further.group', group=run.named('pages', group), pages=listed(map(link, names), run.language))}</li>\n"  # noqa: E501
        for group, names in groupby(run.tables, key=lambda name: SHOWN[name].group)
    )
    sure = (
        f'<li><a href="../uncertainty/results.html">{run.say("further.sure")}</a></li>\n'
        if run.members
        else ""
    )
    glossary = (
        f'<li><a href="glossary.html">{run.say("further.glossary")}</a></li>\n'
        if run.language != "en"
        else ""
    )
    explorer = f'<a href="../explorer/index.html">{run.say("further.explorer.name")}</a>'
    return (
        f"<h2>{run.say('further')}</h2>\n<ul>\n"
        f"<li>{run.say('further.explorer', link=explorer)}</li>\n{sure}{glossary}"
        f"<li>{run.say('further.tables')}\n<ul>\n{pages}</ul></li>\n"
        f"<li>{run.say('further.figures')}</li>\n"
        f"<li>{run.say('further.provenance', digest=f'<code>{run.digest}</code>')}</li>\n</ul>\n"
    )
