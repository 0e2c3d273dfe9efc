"""What is worth collecting, for people: its figure, and its page in plain words."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from ..assessment.ensemble.kinds import KINDS
from . import uncertainty
from .figures.registry import VALUE
from .language import gap, say
from .pages import format_number
from .uncertainty import basis_of, in_words, run_text, table_word

#: Kind -> what the codes of its data are codes of.
GRAIN = {
    kind.name: {"row": "inventory_sector", "category": "category"}.get(kind.grain, "sector")
    for kind in KINDS
}
#: What codes are codes of -> the list that names them.
LISTS = {
    "sector": "sectors",
    "inventory_sector": "inventory_sectors",
    "category": "final_demand",
}
#: Standard errors above which a fall is told from none: the largest of a dozen falls is above two
#: of them by chance.
TOLD = 3
#: Kinds, parts of a kind, and cities that a paragraph names.
NAMED = 3


def page(
    tables: Mapping[str, pd.DataFrame],
    run: Mapping[str, Any],
    level: float,
    method: str,
    language: str = "en",
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
    language
        Of its words.
    """
    table = tables["value_of_data"].fillna(
        {"region": "", "sectors": "", "category": "", "name": ""}
    )
    kinds = table[table["region"].eq("") & table["sectors"].eq("") & table["category"].eq("")]
    labels = {
        name: dict(zip(tables[of][name], tables[of]["name"], strict=True))
        for name, of in LISTS.items()
    }
    parts = [
        *(
            (f"head.{target}", _ranked(kinds[kinds["target"].eq(target)], language))
            for target in ("cba_mt", "pba_mt", "intercity_share")
        ),
        ("head.single", _single(table, labels, language)),
        ("head.cities", _cities(table, language)),
        ("head.there", _there(kinds, language)),
    ]
    return in_words(
        say("results.worth", language),
        say(
            "results.worth.note",
            language,
            **basis_of(run, tables["numbers"].set_index("quantity"), level, method, language),
        ),
        [(say(f"results.worth.{key}", language), text) for key, text in parts],
        synthetic=bool(run["synthetic"]),
        language=language,
    )


#: Its figure by name; parameters as of :func:`page`, and the settings of figures.
figures = partial(uncertainty.figures, entries=VALUE)


def _fall(row: Any) -> str:
    return f"{row.fall_pct:.0f}% (±{row.se_pct:.0f})"


def _ranked(kinds: pd.DataFrame, language: str) -> str:
    """The kinds that narrow an outcome most, and what the members cannot tell: the first from the
    second, the rest from none.
    """
    if kinds.empty:
        return ""
    order = kinds.sort_values("rank")
    told = order[order["fall_pct"] >= TOLD * order["se_pct"].clip(lower=0.5)]
    if told.empty:
        first = next(order.itertuples())
        words = table_word("results.kind", first.words, language)
        return say("results.worth.no", language, words=words, fall=_fall(first))
    head, *more = told.head(NAMED).itertuples()
    words = table_word("results.kind", head.words, language)
    falls = [say("results.worth.first", language, words=words, fall=_fall(head))] + [
        say(
            "results.worth.next",
            language,
            words=table_word("results.kind", row.words, language),
            fall=_fall(row),
        )
        for row in more
    ]
    said = [say("results.sentence", language, text=_joined(falls, language))]
    if more and head.fall_pct - more[0].fall_pct < head.se_pct + more[0].se_pct:
        said.append(say("results.worth.close", language))
    if rest := len(order) - len(told):
        most = f"{order.loc[order.index.difference(told.index), 'fall_pct'].max():.0f}"
        said.append(say("results.worth.rest", language, count=rest, most=most))
    return gap(language).join(said)


def _joined(parts: Sequence[str], language: str) -> str:
    return say("results.semicolon", language).join(parts)


def _single(table: pd.DataFrame, labels: Mapping[str, Mapping[str, str]], language: str) -> str:
    """The sectors, or categories, of which one datum a city tells most about footprints and
    production.
    """
    one = table[table["region"].eq("") & (table["sectors"].ne("") | table["category"].ne(""))]
    said = []
    for target in ("cba_mt", "pba_mt"):
        for kind, group in one[one["target"].eq(target)].groupby("kind", sort=False):
            names = labels[GRAIN[kind]]
            top = group.sort_values("rank").head(NAMED)
            found = [
                f"{run_text(names[row.sectors or row.category], language)} {_fall(row)}"
                for row in top.itertuples()
            ]
            said.append(
                say(
                    f"results.worth.{target}",
                    language,
                    words=table_word("results.kind", group["words"].iloc[0], language),
                    list=say("list.comma", language).join(found),
                )
            )
    text = _joined(said, language)
    return say("results.sentence", language, text=text[:1].upper() + text[1:]) if text else ""


def _cities(table: pd.DataFrame, language: str) -> str:
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
        say(
            "results.worth.city",
            language,
            words=table_word("results.kind", row.words, language),
            name=run_text(row.name, language),
            width=format_number(row.width),
            expected=format_number(row.expected),
        )
        for row in best.head(2 * NAMED)[["words", "name", "width", "expected"]].itertuples(
            index=False
        )
    ]
    return say("results.worth.cities", language, list=_joined(said, language))


def _there(kinds: pd.DataFrame, language: str) -> str:
    """What every city has, and what some still lack."""

    def listed(key: str, words: Sequence[str]) -> list[str]:
        parts = say("list.comma", language).join(words)
        return [say(f"results.worth.{key}", language, list=parts)] if words else []

    have = [kind.words for kind in KINDS if kind.name not in set(kinds["kind"])]
    most = kinds["lacking"].max() if len(kinds) else 0
    some = kinds[kinds["target"].eq("cba_mt") & kinds["lacking"].lt(most)]
    lacks = [
        say(
            "results.worth.lack",
            language,
            words=table_word("results.kind", row.words, language),
            count=row.lacking,
        )
        for row in some.itertuples()
    ]
    named = [table_word("results.kind", words, language) for words in have]
    return "".join(
        [*(one + gap(language) for one in listed("have", named)), *listed("lacks", lacks)]
    )
