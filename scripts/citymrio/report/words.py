"""What an ensemble says in plain words: the page "How sure are the results?" of the report."""

import html
from collections.abc import Sequence

import pandas as pd

from ..assessment.ensemble.convergence import effective
from ..assessment.ensemble.layout import REASON, REJECTED, REST
from ..assessment.headline import INSIDE
from ..assessment.paper.readings.table import comparable_results, others_in_words
from .look import document
from .pages import number
from .plain import DEPTHS, SIDES, few, scenario_name

#: Half the width of an interval, as a share of the number: up to which the page lists numbers
#: together, with its words.
WIDTHS = {
    0.05: "Half the interval is at most 5% of the number",
    0.15: "5 to 15%",
    float("inf"): "More than 15%",
}
#: Quantities of numbers.csv that the page names, with their names in a sentence.
NAMED = {
    "sum of city footprints (CBA)": "the sum of the cities' footprints",
    "sum of city production emissions (PBA)": "the sum of their production emissions",
    "share of capital in city footprints": "the share of capital in footprints",
    "embodied flows: other province": "the part of footprints that comes from other provinces",
    "embodied flows: same city": "what a city's footprint draws from the city itself",
    "embodied flows: same province": "what comes from other cities of its province",
    "embodied flows: inter-city share": "the inter-city share",
    "per capita: Q1": "the footprint per capita of the first quintile",
    "per capita: Q5": "the footprint per capita of the last quintile",
}
SAVING = "saving: "
CITY = {
    "cba_mt": ("footprint", "footprint of a city (mean over cities)"),
    "pba_mt": ("production emissions", "emissions of a city (mean over cities)"),
}


def results_page(
    tables: dict[str, pd.DataFrame],
    comparison: pd.DataFrame | None,
    *,
    origin: str,
    basis: str,
    level: float,
    synthetic: bool,
) -> str:
    """A page of HTML from the tables of `summarise` and, where there is one, paper_comparison.csv
    with its intervals.

    `origin` says which country and year, `basis` how many members and which method.
    """
    numbers, regions = tables["numbers"].set_index("quantity"), tables["regions"]
    classes = by_width(numbers)
    parts = [
        ("What is open", _cause(tables["variance"])),
        (
            "Not in public data",
            "Output by sector and city, and final demand by city. "
            f"{_cities(regions, tables['variance'])}",
        ),
        ("Groups", _types(regions)),
    ]
    if outside := [
        name for name in NAMED if name in numbers.index and not _inside(numbers.loc[name])
    ]:
        text = "The draws are not centred on the estimate, from which these sums are reported: "
        parts.append(
            ("Outside their own interval", text + "; ".join(NAMED[name] for name in outside) + ".")
        )
    parts += [
        ("Members left out", _left_out(numbers, tables["weights"], tables["left_out_draws"])),
        ("More members", _converged(numbers, level)),
    ]
    if comparison is not None:
        parts.append(("The paper", _paper(comparison)))
    note = (
        f"{origin}; {basis}. They cover what the data leave open within the method, not all "
        "possible errors."
    )
    return document(
        "How sure are the results?",
        "<p "
        f'class="note">{html.escape(note)}</p>\n{_widths(numbers, classes)}{_savings(numbers)}{_paragraphs(parts)}',  # noqa: E501
        synthetic=synthetic,
    )


def _widths(numbers: pd.DataFrame, classes: dict[float, list[str]]) -> str:
    """The named numbers with their intervals, those with the narrowest first."""
    body = []
    for limit, names in classes.items():
        body.append(
            f'<tr><th scope="rowgroup" colspan="4"><strong>{WIDTHS[limit]}</strong></th></tr>'
        )
        for name in names:
            row = numbers.loc[name]
            body.append(_row(NAMED[name], row["unit"], [number(row["value"]), _interval(row)]))
        if not names:
            body.append('<tr><td colspan="4">none of the numbers named here</td></tr>')
    return "<h2>Numbers and their intervals</h2>\n" + _table(
        ("Number", "Unit", "Reported", "Interval"), body
    )


def _interval(row: pd.Series) -> str:
    return f"{number(row['low'])} to {number(row['high'])}"


def _row(words: str, unit: str, cells: Sequence[str]) -> str:
    numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
    return (
        f'<tr><th scope="row">{html.escape(words)}</th><td '
        f'class="unit">{html.escape(unit)}</td>{numbers}</tr>'
    )


def _table(heads: Sequence[str], body: Sequence[str]) -> str:
    """A table whose columns from the third on hold numbers."""
    cells = "".join(
        f'<th scope="col"{" class=number" if n > 1 else ""}>{head}</th>'
        for n, head in enumerate(heads)
    )
    rows = "\n".join(body)
    return (
        '<div class="scroll" tabindex="0" role="region" '
        f'aria-label="{heads[0]}">\n<table>\n<thead><tr>{cells}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>\n</div>\n"
    )


def _paragraphs(parts: Sequence[tuple[str, str]]) -> str:
    return "".join(
        f"<h2>{html.escape(head)}</h2>\n<p>{html.escape(text)}</p>\n"
        for head, text in parts
        if text
    )


def _paper(comparison: pd.DataFrame) -> str:
    """How many of the paper's results lie inside our interval, and what is not counted."""
    inside = comparable_results(comparison)["inside"].astype(str).str.lower()
    hits, known = (inside == "true").sum(), inside.isin(["true", "false"]).sum()
    text = f"{hits} of its {known} results that can be compared lie inside our interval."
    others = others_in_words(comparison)
    return text + (f" Not counted: {others}." if others else "")


def in_words(
    title: str, note: str, parts: Sequence[tuple[str, str]], *, synthetic: bool = False
) -> str:
    """A page of HTML: a title, a note below it, paragraphs with their heads."""
    return document(
        title, f'<p class="note">{html.escape(note)}</p>\n{_paragraphs(parts)}', synthetic=synthetic
    )


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


def _inside(row: pd.Series) -> bool:
    return bool(row["low"] <= row["value"] <= row["high"])


def _savings(numbers: pd.DataFrame) -> str:
    """The savings: as they are reported, with their interval, and without draws."""
    rows = numbers[numbers.index.str.startswith(SAVING)]
    if rows.empty:
        return "<h2>Savings</h2>\n<p>There are no scenarios.</p>\n"
    order = [f"{SAVING}{side}_{depth}" for side in SIDES for depth in DEPTHS]
    place = {name: n for n, name in enumerate(order)}
    rows = rows.loc[
        sorted(
            rows.index,
            key=lambda name: (place.get("_".join(str(name).split("_")[:2]), len(order)), name),
        )
    ]
    body = [
        _row(
            scenario_name(str(name).removeprefix(SAVING)),
            row["unit"],
            [number(row["value"]), _interval(row), number(row["estimate"])],
        )
        for name, row in rows.iterrows()
    ]
    heads = ("Saving", "Unit", "Median of the draws", "Interval", "Without draws")
    return (
        "<h2>Savings</h2>\n<p>A saving counts only what exceeds a benchmark, so that the saving "
        "of the mean country is not "
        "the mean of the savings. The median over the draws is what is reported.</p>\n"
        + _table(heads, body)
    )


def _left_out(numbers: pd.DataFrame, weights: pd.DataFrame, draws: pd.DataFrame) -> str:
    """How many members are left out, where, by which draws, and what the others weigh for it."""
    count, every = int(numbers.at[REJECTED, "mean"]), int(numbers.at[REJECTED, "members"])
    if not count:
        return f"None of {every}: every draw has an estimate."
    places = numbers[numbers.index.str.startswith(REASON)].sort_values(
        "mean", ascending=False, kind="stable"
    )
    text = f"{count} of {every}: their draws contradict what is kept exactly"
    if len(places):
        text += f", {places['mean'].iloc[0]:.0f} of them at {places.index[0].removeprefix(REASON)}"
    first = draws.iloc[0]
    text += (
        f". Their draws differ most in {first['draw']}, by {first['difference']:+.2f} "
        "standard deviations "
    )
    text += (
        f"(standard error {first['se']:.2f}). By chance alone the largest of {len(draws)} "
        f"differences is {first['chance']:.1f} "
    )
    text += "standard errors. "
    kept = weights.loc[weights["weight"] > 0, "weight"].to_numpy()
    text += (
        "Members with draws like theirs weigh more in all intervals, medians and "
        f"probabilities: {kept.min():.2f} to "
    )
    return (
        text
        + f"{kept.max():.2f}. Together they tell as much as {effective(kept):.0f} equal members."
    )


def _converged(numbers: pd.DataFrame, level: float) -> str:
    """How far the ends of intervals may move with more members."""
    own = numbers[
        numbers["low_se"].notna()
        & (numbers["high"] > numbers["low"])
        & ~numbers.index.str.startswith("paper: ")
    ]
    if own.empty:
        return "No number varies between members."
    part = own[["low_se", "high_se"]].max(axis=1) / (own["high"] - own["low"])
    text = (
        f"The ends of an interval have a standard error of {part.median():.0%} of its width "
        f"(median over {len(own)} numbers)"
    )
    if (name := "embodied flows: inter-city share") in own.index:
        row = own.loc[name]
        text += (
            f"; those of the inter-city share {row['low_se']:.2g} and {row['high_se']:.2g} "
            f"{row['unit']}"
        )
    worth = numbers.loc[INSIDE]
    text += ". Twice that is how far they may move with more members. "
    return text + few(worth["members"], worth["mean"], level).replace("`", "")


def _largest(variance: pd.DataFrame, quantity: str) -> tuple[str, float] | None:
    """The input with the largest share of the variance, where the members are enough to tell."""
    shares = (
        variance[variance["quantity"].eq(quantity) & variance["input"].ne(REST)]
        .set_index("input")["share"]
        .dropna()
    )
    return (str(shares.idxmax()), float(shares.max())) if len(shares) and shares.max() > 0 else None


def _cause(variance: pd.DataFrame) -> str:
    found = _largest(variance, "embodied flows: inter-city share")
    return "" if found is None else f"The main cause of its variance: {found[0]} ({found[1]:.0%})."


def _cities(regions: pd.DataFrame, variance: pd.DataFrame) -> str:
    cities = regions[regions["p_super_emitter"].notna()]
    said = []
    for name, (words, quantity) in CITY.items():
        emitting = cities[cities[name] > 0]
        half = ((emitting[f"{name}_high"] - emitting[f"{name}_low"]) / 2 / emitting[name]).median()
        found = _largest(variance, quantity)
        cause = (
            ""
            if found is None
            else f"; {found[1]:.0%} of its variance is due to {found[0]} (mean over cities)"
        )
        said.append(f"Half the interval of a city's {words} is {half:.0%} of it (median){cause}.")
    return " ".join(said)


def _types(regions: pd.DataFrame) -> str:
    cities = regions[regions["p_super_emitter"].notna()]
    chance = cities["p_super_emitter"]
    sure = cities[[f"p_q{k}" for k in range(1, 6)]].max(axis=1)
    certain, doubtful, kept = (
        (chance > 0.95).sum(),
        chance.between(0.05, 0.95).sum(),
        (sure > 0.9).sum(),
    )
    return (
        f"{certain} cities are super-emitters in more than 95% of the members, {doubtful} more "
        "in 5 to 95%. "
        f"{kept} of {len(cities)} cities are in the same quintile in more than 90% of the members."
    )
