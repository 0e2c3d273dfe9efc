"""Names printed beside the codes of a table: whether they are those of the lists, or of another
classification.

Codes of two classifications look alike (`01` to `42`) and mean different sectors; the names beside
them tell. Spelling does not matter: a name counts as another's only where it is nearer to the name
of another code than to that of its own.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

import pandas as pd

from .errors import DataError
from .notices import warn

#: How much nearer another code's name must be (of 1), and how near at least; below `UNLIKE` a name
#: is like no name of its code.
NEARER, NEAR, UNLIKE = 0.15, 0.6, 0.2


def _plain(name: object) -> str:
    """Letters and digits alone, in lower case, full-width forms as plain ones."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", str(name)).casefold())


@lru_cache(maxsize=65536)
def _likeness(one: str, other: str) -> float:
    """From 0 to 1; a name that holds the whole of the other is as near as if the rest were half as
    long.
    """
    if one == other:
        return 1.0
    ratio = difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
    short, long = sorted((one, other), key=len)
    return (
        max(ratio, 2 * len(short) / (1.5 * len(short) + 0.5 * len(long)))
        if len(short) > 1 and short in long
        else ratio
    )


def _script(name: str) -> str:
    """`latin`, or `other` scripts: names in different ones cannot be compared."""
    return "latin" if name.isascii() else "other"


def differing(
    printed: Mapping[str, Iterable[object]], names: Mapping[str, Iterable[object]]
) -> dict[str, tuple[str, str]]:
    """Codes whose printed name is that of another code, or like no name of their own: code ->
    (printed, own name).

    Parameters
    ----------
    printed
        Texts beside a code in the table: its name, perhaps a heading of several.
    names
        Names of a code in the lists, in any languages.
    """
    known = {
        code: [plain for name in own if (plain := _plain(name))] for code, own in names.items()
    }
    found = {}
    for code, texts in printed.items():
        own = known.get(code)
        if not own:
            continue
        scripts = {_script(name) for name in own}
        shown = [
            (text, plain)
            for text in texts
            if (plain := _plain(text)) and not plain.isdigit() and _script(plain) in scripts
        ]
        if not shown:
            continue
        mine = max(_likeness(plain, name) for _, plain in shown for name in own)
        other, text = max(
            (
                (_likeness(plain, name), text)
                for text, plain in shown
                for c, ns in known.items()
                if c != code
                for name in ns
            ),
            default=(0.0, ""),
        )
        if (other >= NEAR and other > mine + NEARER) or (mine < UNLIKE and len(shown) == 1):
            title = next(
                str(name)
                for name in names[code]
                if _script(_plain(name)) == _script(_plain(text or shown[0][0]))
            )
            found[code] = (" ".join(str(text if other >= NEAR else shown[0][0]).split()), title)
    return found


def warn_of_names(
    where: str,
    printed: Mapping[str, Iterable[object]],
    names: Mapping[str, Iterable[object]],
    listed_in: str,
) -> bool:
    """One warning for a table whose printed names are not those of the lists; whether there was
    one.
    """
    odd = differing(printed, names)
    if not odd:
        return False
    first = "; ".join(
        f"{code} is '{text}', {listed_in} says '{name}'"
        for code, (text, name) in list(odd.items())[:3]
    )
    warn(
        where=where,
        what="names beside the codes are not those of the list",
        value=f"{len(odd)} of {len(printed)}: {first}" + ("; ..." if len(odd) > 3 else ""),
        expectation=f"the names of {listed_in} (spelling does not matter)",
        effect="The codes (or their order) are believed: of another classification, numbers go "
        "to the wrong place. "
        "Fix: use the lists that belong to the table.",
    )
    return True


#: Column of a table from elsewhere that says which sector its code means.
SECTOR_NAME = "sector_name"


def check_sector_names(table: pd.DataFrame, sectors: pd.DataFrame, where: str) -> None:
    """Whether the sector codes of a table from elsewhere mean the dataset's sectors, by their
    names; a warning where none tell.

    Parameters
    ----------
    table
        Column `sector`, and `sector_name` where it has names.
    sectors
        sectors.csv of the dataset.

    Raises
    ------
    DataError
        Codes whose name is that of another sector, or of none.
    """
    names = {
        row["sector"]: [row[n] for n in ("name", "name_local") if row.get(n)]
        for row in sectors.to_dict("records")
    }
    column = table[SECTOR_NAME] if SECTOR_NAME in table else pd.Series("", index=table.index)
    printed = column.fillna("").astype(str).groupby(table["sector"]).unique().to_dict()
    odd = differing(printed, names)
    if odd:
        first = "; ".join(
            f"{code} is '{text}', in the dataset '{name}'"
            for code, (text, name) in [*odd.items()][:3]
        )
        more = "; ..." if len(odd) > 3 else ""
        raise DataError(
            f"{len(odd)} of {len(printed)} sector codes mean other sectors than in the dataset: "
            f"{first}{more}",
            where=f"{where}, column {SECTOR_NAME}",
            fix="bring the table to the dataset's sectors first (by a concordance), or correct "
            "the names.",
        )
    if unnamed := [code for code, texts in printed.items() if not any(texts)]:
        warn(
            where=where,
            what="sector codes are taken at their word",
            value=f"{len(unnamed)} of {len(printed)} codes have no name beside them",
            expectation=f"a column {SECTOR_NAME}, which is compared with the names of sectors.csv",
            effect="The same codes of another year's classification may mean other sectors, and "
            "nothing would tell. "
            f"Fix: add the column {SECTOR_NAME}.",
        )
