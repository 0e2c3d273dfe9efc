"""What is worth collecting, for people: its figure, and its page in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ..assessment.ensemble.kinds import KINDS
from .figures.ensemble import value_of_data as drawing
from .pages import number
from .uncertainty import counted, origin_of
from .words import in_words

OUTCOMES = {
    "cba_mt": "Footprints",
    "pba_mt": "Production emissions",
    "intercity_share": "The inter-city share",
}
#: Kinds, parts of a kind, and cities that a paragraph names.
NAMED = 3


def page(tables: Mapping[str, pd.DataFrame], run: Mapping[str, Any], level: float, method: str) -> str:
    """The page "What is worth collecting?".

    Parameters
    ----------
    tables
        value_of_data and numbers of uncertainty/, sectors and final_demand of the dataset.
    run
        dataset.json.
    level, method
        Probability of the intervals, and method of the ensemble.
    """
    table = _filled(tables["value_of_data"])
    kinds = table[table["region"].eq("") & table["sectors"].eq("") & table["category"].eq("")]
    names = dict(zip(tables["sectors"]["sector"], tables["sectors"]["name"], strict=True))
    names |= dict(zip(tables["final_demand"]["category"], tables["final_demand"]["name"], strict=True))
    parts = [(head, _ranked(kinds[kinds["target"].eq(target)])) for target, head in OUTCOMES.items()]
    parts += [("One sector or category", _single(table, names)), ("Cities", _cities(table)), ("Already there", _there(kinds))]
    note = (
        f"{origin_of(run)}; widths of {level:.0%} intervals of {counted(tables['numbers'], method)}. A fall is what is expected "
        "before the datum is known, with its usual error; the number behind ± is a standard error, from the number of members. "
        "Kinds of data overlap: their falls do not add up."
    )
    return in_words("What is worth collecting?", note, [(head, text) for head, text in parts if text])


def figure(tables: Mapping[str, pd.DataFrame], run: Mapping[str, Any], level: float, method: str) -> Figure:
    """Its figure; parameters as of :func:`page`."""
    note = drawing.NOTE.format(level=level, basis=counted(tables["numbers"], method))
    return drawing.draw(tables, synthetic=bool(run["synthetic"]), note=note)


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    return table.fillna({"region": "", "sectors": "", "category": "", "name": ""})


def _fall(row) -> str:
    return f"{number(row.fall_pct, 0)}% (±{number(row.se_pct, 0)})"


def _ranked(kinds: pd.DataFrame) -> str:
    """The kinds that narrow an outcome most, those that say nothing, and whether the members can tell the first two apart."""
    if kinds.empty:
        return ""
    order = kinds.sort_values("rank")
    first = order.iloc[0]
    said = [
        f"If every city that lacks it gave its {row.words}, the interval would fall by {_fall(row)}"
        if k == 0
        else f"with {row.words} by {_fall(row)}"
        for k, row in enumerate(order.head(NAMED).itertuples())
    ]
    text = "; ".join(said) + "."
    if len(order) > 1 and first["fall_pct"] - order.iloc[1]["fall_pct"] < first["se_pct"] + order.iloc[1]["se_pct"]:
        text += " The members are too few to tell the first two apart."
    nothing = order[order["fall_pct"] < 2 * order["se_pct"].clip(lower=0.5)]
    if len(nothing):
        text += f" No fall that the members can tell from none: {', '.join(nothing['words'])}."
    return text


def _single(table: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The sectors, or categories, of which one datum a city tells most about footprints and production."""
    one = table[table["region"].eq("") & (table["sectors"].ne("") | table["category"].ne(""))]
    said = []
    for target, words in (("cba_mt", "footprints"), ("pba_mt", "production emissions")):
        for _, group in one[one["target"].eq(target)].groupby("kind", sort=False):
            top = group.sort_values("rank").head(NAMED)
            found = [f"{names.get(row.sectors or row.category, row.sectors)} {_fall(row)}" for row in top.itertuples()]
            said.append(f"{group['words'].iloc[0]}, for {words}: {', '.join(found)}")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _cities(table: pd.DataFrame) -> str:
    """Where one kind of data of a single city narrows its own footprint most."""
    own = table[table["region"].ne("") & table["sectors"].eq("") & table["category"].eq("") & table["target"].eq("cba_mt")]
    if own.empty:
        return ""
    best = own.assign(fall=own["width"] - own["expected"]).sort_values("fall", ascending=False).drop_duplicates("region")
    said = [
        f"{row.words} of {row.name}: {number(row.width)} to {number(row.expected)} Mt"
        for row in best.head(2 * NAMED)[["words", "name", "width", "expected"]].itertuples(index=False)
    ]
    return f"Where one kind of data of a single city narrows the interval of its footprint most: {'; '.join(said)}."


def _there(kinds: pd.DataFrame) -> str:
    """What every city has, and what some still lack."""
    have = [kind.words for kind in KINDS if kind.name not in set(kinds["kind"])]
    most = kinds["lacking"].max() if len(kinds) else 0
    some = kinds[kinds["target"].eq("cba_mt") & kinds["lacking"].lt(most)]
    text = f"Every city has {', '.join(have)}. " if have else ""
    lacks = [f"{row.words} ({row.lacking} lack it)" for row in some.itertuples()]
    return text + (f"Some cities have {', '.join(lacks)}." if lacks else "")
