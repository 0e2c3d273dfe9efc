"""What is worth collecting, for people: its figure, and its page in plain words."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ..assessment.ensemble.kinds import KINDS
from ..config.models import Figures
from .figures import ensemble
from .language import word
from .pages import number
from .uncertainty import counted, origin_of
from .words import in_words

OUTCOMES = {
    "cba_mt": "Footprints",
    "pba_mt": "Production emissions",
    "intercity_share": "The inter-city share",
}
#: Kind -> what the codes of its data are codes of.
GRAIN = {
    kind.name: {"row": "inventory_sector", "category": "category"}.get(kind.grain, "sector")
    for kind in KINDS
}
#: Standard errors above which a fall is told from none: the largest of a dozen falls is above two
#: of them by chance.
TOLD = 3
#: Kinds, parts of a kind, and cities that a paragraph names.
NAMED = 3


def page(
    tables: Mapping[str, pd.DataFrame], run: Mapping[str, Any], level: float, method: str
) -> str:
    """The page "What is worth collecting?".

    Parameters
    ----------
    tables
        value_of_data and numbers of uncertainty/, sectors, inventory_sectors and final_demand of
        the dataset.
    run
        dataset.json.
    level, method
        Probability of the intervals, and method of the ensemble.
    """
    table = _filled(tables["value_of_data"])
    kinds = table[table["region"].eq("") & table["sectors"].eq("") & table["category"].eq("")]
    labels = {
        name: dict(zip(tables[f"{name}s"][name], tables[f"{name}s"]["name"], strict=True))
        for name in ("sector", "inventory_sector")
    }
    labels["category"] = dict(
        zip(tables["final_demand"]["category"], tables["final_demand"]["name"], strict=True)
    )
    parts = [
        (head, _ranked(kinds[kinds["target"].eq(target)])) for target, head in OUTCOMES.items()
    ]
    parts += [
        ("One sector or category", _single(table, labels)),
        ("Cities", _cities(table)),
        ("Already there", _there(kinds)),
    ]
    note = (
        f"{origin_of(run)}; widths of {level:.0%} intervals of "
        f"{counted(tables['numbers'], method)}. A fall is what is expected "
        "before the datum is known, with its usual error; the number behind ± is a standard "
        "error, from the number of members. "
        "Kinds of data overlap: their falls do not add up."
    )
    return in_words("What is worth collecting?", note, parts, synthetic=bool(run["synthetic"]))


def figure(
    tables: Mapping[str, pd.DataFrame],
    run: Mapping[str, Any],
    level: float,
    method: str,
    config: Figures,
) -> Figure:
    """Its figure; parameters as of :func:`page`."""
    language = run.get("language", "en")
    basis = counted(tables["numbers"], method, language)
    said = {**run, "modelled": word(ensemble.NOTES["value_of_data"], language, level, basis)}
    return ensemble.value_of_data(tables, None, config, synthetic=bool(run["synthetic"]), run=said)


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    return table.fillna({"region": "", "sectors": "", "category": "", "name": ""})


def _fall(row: Any) -> str:
    return f"{row.fall_pct:.0f}% (±{row.se_pct:.0f})"


def _ranked(kinds: pd.DataFrame) -> str:
    """The kinds that narrow an outcome most, and what the members cannot tell: the first from the
    second, the rest from none.
    """
    if kinds.empty:
        return ""
    order = kinds.sort_values("rank")
    told = order[order["fall_pct"] >= TOLD * order["se_pct"].clip(lower=0.5)]
    if told.empty:
        first = next(order.itertuples())
        most = f"first is {first.words}, {_fall(first)}"
        return (
            "No kind of data narrows the interval by more than these members can tell from "
            f"none; {most}."
        )
    head, *more = told.head(NAMED).itertuples()
    text = (
        f"If every city that lacks it gave its {head.words}, the interval would fall by "
        f"{_fall(head)}"
    )
    text = "; ".join([text, *(f"with {row.words} by {_fall(row)}" for row in more)]) + "."
    if more and head.fall_pct - more[0].fall_pct < head.se_pct + more[0].se_pct:
        text += " The members are too few to tell the first two apart."
    if rest := len(order) - len(told):
        most = order.loc[order.index.difference(told.index), "fall_pct"].max()
        text += f" The falls by {rest} other kinds, at most {most:.0f}%, cannot be told from none."
    return text


def _single(table: pd.DataFrame, labels: Mapping[str, Mapping[str, str]]) -> str:
    """The sectors, or categories, of which one datum a city tells most about footprints and
    production.
    """
    one = table[table["region"].eq("") & (table["sectors"].ne("") | table["category"].ne(""))]
    said = []
    for target, words in (("cba_mt", "footprints"), ("pba_mt", "production emissions")):
        for kind, group in one[one["target"].eq(target)].groupby("kind", sort=False):
            names = labels[GRAIN[kind]]
            top = group.sort_values("rank").head(NAMED)
            found = [
                f"{names[row.sectors or row.category]} {_fall(row)}" for row in top.itertuples()
            ]
            said.append(f"{group['words'].iloc[0]}, for {words}: {', '.join(found)}")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _cities(table: pd.DataFrame) -> str:
    """Where one kind of data of a single city narrows its own footprint most."""
    own = table[
        table["region"].ne("")
        & table["sectors"].eq("")
        & table["category"].eq("")
        & table["target"].eq("cba_mt")
    ]
    if own.empty:
        return ""
    best = (
        own.assign(fall=own["width"] - own["expected"])
        .sort_values("fall", ascending=False)
        .drop_duplicates("region")
    )
    said = [
        f"{row.words} of {row.name}: {number(row.width)} to {number(row.expected)} Mt"
        for row in best.head(2 * NAMED)[["words", "name", "width", "expected"]].itertuples(
            index=False
        )
    ]
    return (
        "Where one kind of data of a single city narrows the interval of its footprint "
        f"most: {'; '.join(said)}."
    )


def _there(kinds: pd.DataFrame) -> str:
    """What every city has, and what some still lack."""
    have = [kind.words for kind in KINDS if kind.name not in set(kinds["kind"])]
    most = kinds["lacking"].max() if len(kinds) else 0
    some = kinds[kinds["target"].eq("cba_mt") & kinds["lacking"].lt(most)]
    text = f"Every city has {', '.join(have)}. " if have else ""
    lacks = [f"{row.words} ({row.lacking})" for row in some.itertuples()]
    return text + (f"Lacked by fewer cities than the others: {', '.join(lacks)}." if lacks else "")
