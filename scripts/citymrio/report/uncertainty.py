"""What people look at of an ensemble: its figures, and its page in plain words, "How sure are the
results?". Its words are messages of the catalogue (`results.`, :mod:`.language`).
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ..assessment.ensemble.convergence import effective_members
from ..assessment.ensemble.layout import REASON, REJECTED, REST
from ..assessment.headline import INSIDE
from ..assessment.paper.readings.table import comparable_results, others
from ..config.models import Figures
from .figures import ensemble
from .figures.registry import ENSEMBLE, Entry
from .language import gap, in_country_words, known, say, span
from .language import word as word_in
from .look import document, rendered
from .pages import format_number, word_of
from .plain import DEPTHS, SIDES, few, scenario_name

#: Half the width of an interval, as a share of the number: up to which the page lists numbers
#: together, with the message that says so.
WIDTHS = {0.05: "narrow", 0.15: "middle", float("inf"): "wide"}
#: Quantities of numbers.csv that the page names; messages have their names in a sentence.
NAMED = (
    "sum of city footprints (CBA)",
    "sum of city production emissions (PBA)",
    "share of capital in city footprints",
    "embodied flows: other province",
    "embodied flows: same city",
    "embodied flows: same province",
    "embodied flows: inter-city share",
    "per capita: Q1",
    "per capita: Q5",
)
SAVING = "saving: "
CITY = {
    "cba_mt": "footprint of a city (mean over cities)",
    "pba_mt": "emissions of a city (mean over cities)",
}
#: Around a text of the run in a page that is not in English.
BEGIN, END = "\ue000", "\ue001"


def run_text(text: str, language: str) -> str:
    """A text of the run, which has no words in other languages: marked where the page has one."""
    return text if language == "en" else f"{BEGIN}{text}{END}"


def table_word(family: str, word: str, language: str) -> str:
    """A word of a table: as it is in English, by a message in other languages."""
    if language == "en":
        return in_country_words(word)
    return known(f"{family}.{word}", language, "") or run_text(word, language)


def _html(text: str) -> str:
    return html.escape(text).replace(BEGIN, '<span lang="en">').replace(END, "</span>")


def basis_of(
    run: Mapping[str, Any], numbers: pd.DataFrame, level: float, method: str, language: str
) -> dict[str, str]:
    """Country and year of an ensemble, whether its numbers are invented, level of its intervals,
    members and method, as a note says them.

    Parameters
    ----------
    run
        dataset.json.
    numbers
        numbers.csv by quantity.
    """
    dropped, invented = numbers.loc[REJECTED], ", synthetic data" if run["synthetic"] else ""
    return {
        "origin": run_text(f"{run['name']}, {run['year']}{invented}", language),
        "level": f"{level:.0%}",
        "members": f"{dropped['members'] - dropped['mean']:.0f}",
        "method": table_word("method.of", method, language),
    }


def page(
    tables: Mapping[str, pd.DataFrame],
    run: Mapping[str, Any],
    level: float,
    method: str,
    language: str = "en",
) -> str:
    """The page "How sure are the results?".

    Parameters
    ----------
    tables
        uncertainty/{regions,numbers,variance,weights,left_out_draws}.csv and, where the paper's
        numbers stand beside the run, paper_comparison.csv.
    run
        dataset.json.
    level
        Probability of the intervals.
    method
        Of the ensemble.
    language
        Of its words.
    """

    def said(key: str, **values: object) -> str:
        return say(f"results.{key}", language, **values)

    numbers, regions = tables["numbers"].set_index("quantity"), tables["regions"]
    parts = [
        ("open", _cause(tables["variance"], language)),
        ("cities", _cities(regions, tables["variance"], language)),
        ("groups", _types(regions, language)),
    ]
    if outside := [
        name
        for name in NAMED
        if name in numbers.index
        and not numbers.loc[name, "low"] <= numbers.loc[name, "value"] <= numbers.loc[name, "high"]
    ]:
        names = said("semicolon").join(said(f"named.{name}") for name in outside)
        parts.append(("outside", said("outside.text", names=names)))
    parts += [
        ("left", _left_out(numbers, tables["weights"], tables["left_out_draws"], language)),
        ("more", _converged(numbers, level, language)),
    ]
    if "paper_comparison" in tables:
        parts.append(("paper", _paper(tables["paper_comparison"], language)))
    return in_words(
        said("title"),
        said("note", **basis_of(run, numbers, level, method, language)),
        [(said(key), text) for key, text in parts],
        tables=[_widths(numbers, language), _savings(numbers, language)],
        synthetic=bool(run["synthetic"]),
        language=language,
    )


def _widths(numbers: pd.DataFrame, language: str) -> dict[str, Any]:
    """The named numbers with their intervals, those with the narrowest first."""
    groups = [
        (
            WIDTHS[limit],
            [
                (
                    say(f"results.named.{name}", language),
                    numbers.at[name, "unit"],
                    [
                        format_number(numbers.at[name, "value"]),
                        _interval(numbers.loc[name], language),
                    ],
                )
                for name in names
            ],
        )
        for limit, names in by_width(numbers).items()
    ]
    heads = ("number", "unit", "reported", "interval")
    return {"title": "widths", "heads": heads, "groups": groups}


def _interval(row: pd.Series, language: str) -> str:
    return span(format_number(row["low"]), format_number(row["high"]), language)


def _paper(comparison: pd.DataFrame, language: str) -> str:
    """How many of the paper's results lie inside our interval, and what is not counted; nothing of
    a run that is not the paper's country.
    """
    inside = comparable_results(comparison)["inside"].astype(str).str.lower()
    hits, count = (inside == "true").sum(), inside.isin(["true", "false"]).sum()
    if not count:
        return ""
    text = say("results.paper.text", language, hits=hits, known=count)
    rest = say("list.comma", language).join(
        say(f"results.other.{name}", language, count=count)
        for name, count in others(comparison).items()
    )
    return text + (gap(language) + say("results.others", language, list=rest) if rest else "")


def in_words(
    title: str,
    note: str,
    parts: Sequence[tuple[str, str]],
    *,
    tables: Sequence[Mapping[str, Any]] = (),
    synthetic: bool = False,
    language: str = "en",
) -> str:
    """A page of HTML: a title, a note below it, tables, paragraphs with their heads; one without
    text is left out.

    A table has keys of messages of its `title`, perhaps of a `text` below it, and of its `heads`,
    and rows (words, unit, numbers as texts) by `groups`, with the key of what that is called.
    """
    said = {"note": note, "tables": tables, "parts": parts, "language": language}
    body = rendered("results.html", **said, text=_html, say=say, word=table_word)
    return document(title, body, synthetic=synthetic, language=language)


def by_width(numbers: pd.DataFrame) -> dict[float, list[str]]:
    """The quantities of `NAMED` by the width of their interval (`WIDTHS`).

    Parameters
    ----------
    numbers
        numbers.csv by quantity.
    """
    found: dict[float, list[str]] = {limit: [] for limit in WIDTHS}
    for name in NAMED:
        if name in numbers.index:
            row = numbers.loc[name]
            half, size = (row["high"] - row["low"]) / 2, abs(row["value"])
            found[
                next(limit for limit in WIDTHS if half <= limit * size or limit == float("inf"))
            ].append(name)
    return found


def _savings(numbers: pd.DataFrame, language: str) -> dict[str, Any]:
    """The savings: as they are reported, with their interval, and without draws."""
    rows = numbers[numbers.index.str.startswith(SAVING)]
    if rows.empty:
        return {"title": "savings", "text": "savings.none"}
    order = [f"{SAVING}{side}_{depth}" for side in SIDES for depth in DEPTHS]
    place = {name: n for n, name in enumerate(order)}
    rows = rows.loc[
        sorted(
            rows.index,
            key=lambda name: (place.get("_".join(str(name).split("_")[:2]), len(order)), name),
        )
    ]
    body = [
        (
            _scenario(str(name).removeprefix(SAVING), language),
            row["unit"],
            [format_number(row["value"]), _interval(row, language), format_number(row["estimate"])],
        )
        for name, row in rows.iterrows()
    ]
    heads = ("saving", "unit", "median", "interval", "without")
    return {"title": "savings", "text": "savings.text", "heads": heads, "groups": [("", body)]}


def _scenario(code: str, language: str) -> str:
    name = scenario_name(code)
    return name if language == "en" else word_of(code, language) or run_text(name, language)


def _left_out(
    numbers: pd.DataFrame, weights: pd.DataFrame, draws: pd.DataFrame, language: str
) -> str:
    """How many members are left out, where, by which draws, and what the others weigh for it."""
    count, every = int(numbers.at[REJECTED, "mean"]), int(numbers.at[REJECTED, "members"])
    if not count:
        return say("results.left.none", language, every=every)
    places = numbers[numbers.index.str.startswith(REASON)].sort_values(
        "mean", ascending=False, kind="stable"
    )
    where = ""
    if len(places):
        where = say(
            "results.left.where",
            language,
            count=f"{places['mean'].iloc[0]:.0f}",
            place=run_text(places.index[0].removeprefix(REASON), language),
        )
    first, kept = draws.iloc[0], weights.loc[weights["weight"] > 0, "weight"].to_numpy()
    sentences = (
        say("results.left.count", language, count=count, every=every, where=where),
        say(
            "results.left.draws",
            language,
            draw=run_text(first["draw"], language),
            difference=f"{first['difference']:+.2f}",
            se=f"{first['se']:.2f}",
        ),
        say("results.left.chance", language, count=len(draws), chance=f"{first['chance']:.1f}"),
        say("results.left.weights", language, low=f"{kept.min():.2f}", high=f"{kept.max():.2f}"),
        say("results.left.worth", language, count=f"{effective_members(kept):.0f}"),
    )
    return gap(language).join(sentences)


def _converged(numbers: pd.DataFrame, level: float, language: str) -> str:
    """How far the ends of intervals may move with more members."""
    own = numbers[
        numbers["low_se"].notna()
        & (numbers["high"] > numbers["low"])
        & ~numbers.index.str.startswith("paper: ")
    ]
    if own.empty:
        return say("results.more.none", language)
    part = own[["low_se", "high_se"]].max(axis=1) / (own["high"] - own["low"])
    share = ""
    if (name := "embodied flows: inter-city share") in own.index:
        row = own.loc[name]
        share = say(
            "results.more.share",
            language,
            unit=row["unit"],
            low=f"{row['low_se']:.2g}",
            high=f"{row['high_se']:.2g}",
        )
    said = {"percent": f"{part.median():.0%}", "count": len(own), "share": share}
    worth = numbers.loc[INSIDE]
    warned = few(worth["members"], worth["mean"], level, language)
    return say("results.more.text", language, **said) + gap(language) + warned


def _largest(variance: pd.DataFrame, quantity: str) -> tuple[str, str] | None:
    """The input with the largest share of the variance, and the share, where the members are enough
    to tell.
    """
    shares = (
        variance[variance["quantity"].eq(quantity) & variance["input"].ne(REST)]
        .set_index("input")["share"]
        .dropna()
    )
    if not len(shares) or shares.max() <= 0:
        return None
    return str(shares.idxmax()), f"{shares.max():.0%}"


def _cause(variance: pd.DataFrame, language: str) -> str:
    found = _largest(variance, "embodied flows: inter-city share")
    if found is None:
        return ""
    return say(
        "results.cause", language, input=table_word("cause", found[0], language), share=found[1]
    )


def _cities(regions: pd.DataFrame, variance: pd.DataFrame, language: str) -> str:
    cities = regions[regions["p_super_emitter"].notna()]
    said = []
    for name, quantity in CITY.items():
        emitting = cities[cities[name] > 0]
        half = ((emitting[f"{name}_high"] - emitting[f"{name}_low"]) / 2 / emitting[name]).median()
        cause = ""
        if found := _largest(variance, quantity):
            cause = say(
                "results.city.cause",
                language,
                share=found[1],
                input=table_word("cause", found[0], language),
            )
        said.append(say(f"results.city.{name}", language, half=f"{half:.0%}", cause=cause))
    return gap(language).join(said)


def _types(regions: pd.DataFrame, language: str) -> str:
    cities = regions[regions["p_super_emitter"].notna()]
    chance = cities["p_super_emitter"]
    sure = cities[[f"p_q{k}" for k in range(1, 6)]].max(axis=1)
    return say(
        "results.groups.text",
        language,
        certain=(chance > 0.95).sum(),
        doubtful=chance.between(0.05, 0.95).sum(),
        kept=(sure > 0.9).sum(),
        count=len(cities),
    )


def figures(
    tables: Mapping[str, pd.DataFrame],
    run: Mapping[str, Any],
    level: float,
    method: str,
    config: Figures,
    entries: Mapping[str, Entry] = ENSEMBLE,
) -> dict[str, Figure]:
    """The figures by name; parameters as of :func:`page`, and the settings of figures."""
    language, found = run.get("language", "en"), {}
    left_out = tables["numbers"].set_index("quantity").loc[REJECTED]
    count = left_out["members"] - left_out["mean"]
    basis = word_in("{:.0f} members, method {}", language, count, word_in(method, language))
    for name in entries:
        said = {**run, "modelled": word_in(ensemble.NOTES[name], language, level, basis)}
        found[name] = getattr(ensemble, name)(
            tables, None, config, synthetic=bool(run["synthetic"]), run=said
        )
    return found
