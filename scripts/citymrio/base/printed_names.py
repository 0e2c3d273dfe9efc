"""Names printed beside the codes of a table: whether they are those of the lists, or of another
classification.

Codes of two classifications look alike (`01` to `42`) and mean different sectors; the names beside
them tell. Spelling does not matter: a name counts as another's only where it is nearer to the name
of another code than to that of its own.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import pandas as pd

from .concordance import CLASSIFICATION, version_of
from .errors import DataError, first_names, warn

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


def differing_names(
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
        latin = {name.isascii() for name in own}  # names in different scripts cannot be compared
        shown = [
            (text, plain)
            for text in texts
            if (plain := _plain(text)) and not plain.isdigit() and plain.isascii() in latin
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
                if _plain(name).isascii() == _plain(text or shown[0][0]).isascii()
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
    if not (odd := differing_names(printed, names)):
        return False
    said = [f"{code} is '{text}', {listed_in} says '{name}'" for code, (text, name) in odd.items()]
    warn(
        where=where,
        what="names beside the codes are not those of the list",
        value=f"{len(odd)} of {len(printed)}: {first_names(said, 3, '; ')}",
        expectation=f"the names of {listed_in} (spelling does not matter)",
        effect="The codes (or their order) are believed: of another classification, numbers go "
        "to the wrong place. "
        "Fix: use the lists that belong to the table.",
    )
    return True


#: Column of a table from elsewhere: which sector its code means.
SECTOR_NAME = "sector_name"


def with_classification(table: pd.DataFrame, sectors: pd.DataFrame) -> pd.DataFrame:
    """A table with codes in the column `sector`, and what they mean: `sector_name` (blank for what
    is no sector) and `classification`.
    """
    names = table["sector"].map(dict(zip(sectors["sector"], sectors["name"], strict=True)))
    labels = {SECTOR_NAME: names.fillna(""), CLASSIFICATION: f"@{version_of(sectors)}"}
    return table.assign(**labels)


def match_codes(
    printed: Mapping[str, Sequence[str]], sectors: pd.DataFrame, where: str
) -> dict[str, str]:
    """Codes of another table -> codes of `sectors` that mean the same, blank where none does: the
    same code where its name is alike (said where it is not the same), else the code of the sector
    that is called so.

    Parameters
    ----------
    printed
        Code of the other table -> its names.
    sectors
        sector, name, and perhaps name_local.
    """
    names = {
        str(row["sector"]): [row[n] for n in ("name", "name_local") if row.get(n)]
        for row in sectors.to_dict("records")
    }
    odd = differing_names(printed, names)
    called = {_plain(name): code for code, own in names.items() for name in own}

    def own_code(code: str, texts: Sequence[str]) -> str:
        pairs = [(_plain(text), _plain(name)) for text in texts for name in names.get(code, ())]
        alike = code not in odd and any(_likeness(*pair) >= NEAR for pair in pairs)
        return code if alike else called.get(_plain(texts[0]), "")

    found = {code: own_code(code, texts) for code, texts in printed.items()}
    spelt = [
        f"{code} is '{texts[0]}', here '{names[code][0]}'"
        for code, texts in printed.items()
        if found[code] == code and not {*map(_plain, texts)} & {*map(_plain, names[code])}
    ]
    if spelt:
        warn(
            where=where,
            what="names of sectors are alike, not the same",
            value=f"{len(spelt)} of {len(printed)}: {first_names(spelt, 3, '; ')}",
            expectation="the names of sectors.csv",
            effect="They are taken for the same sectors, since their codes are the same. "
            "Fix: name those that are not in a list of labels, or give them their names.",
        )
    return found


def to_own_sectors(
    table: pd.DataFrame,
    sectors: pd.DataFrame,
    where: str,
    pairs: Sequence[tuple[str, str]] = (),
) -> pd.DataFrame:
    """A table from elsewhere with the sector codes of the dataset: its codes where it is of the
    dataset's classification or a name says that they mean the same, else those of its names.

    Parameters
    ----------
    table
        Column `sector`, and `sector_name` or `classification`.
    sectors
        sectors.csv of the dataset.
    pairs
        The concordance: names in the table, and names of sectors of the dataset that they mean. A
        name with several has a row for each.

    Raises
    ------
    DataError
        Codes without a name in a table of another classification, or of none; names that are no
        sector's. All at once.
    """
    version = version_of(sectors)
    of = {*table[CLASSIFICATION].astype(str)} if CLASSIFICATION in table else set()
    if of and {text.rpartition("@")[2] for text in of} == {version}:
        return table
    column = table[SECTOR_NAME] if SECTOR_NAME in table else pd.Series("", index=table.index)
    column = column.fillna("").astype(str)
    texts = column.groupby(table["sector"]).unique()
    printed = {str(code): [text for text in own if text] for code, own in texts.items()}
    if unnamed := [code for code, own in printed.items() if not own]:
        raise DataError(
            f"{len(unnamed)} of {len(printed)} sector codes have no name beside them, and the "
            f"table is of {' and '.join(sorted(of)) or 'no named'} classification: the same codes "
            "may mean other sectors than in the dataset",
            where=where,
            fix=f"add the column {SECTOR_NAME}, whose names go before codes; or the column "
            f"{CLASSIFICATION} with @{version} where all codes are those of the dataset.",
        )
    if pairs:
        means = pd.DataFrame(pairs, columns=["name", "own"]).groupby("name")["own"].agg(list)
        code = dict(zip(sectors["name"], sectors["sector"], strict=True))
        if lost := [own for _, own in pairs if own not in code]:
            raise DataError(
                f"the dataset has no sector '{lost[0]}'",
                where="provinces.concordance",
                fix="correct column b: names of sectors.csv.",
            )
        named = column.isin(means.index)
        listed = table[named].assign(sector=column[named].map(means)).explode("sector")
        listed["sector"] = listed["sector"].map(code)
        rest = to_own_sectors(table[~named], sectors, where)
        return pd.concat([listed, rest]).sort_index(kind="stable")
    target = match_codes(printed, sectors, where)
    shown = [f"{code} is '{printed[code][0]}'" for code, own in target.items() if own != code]
    first = "; ".join(shown[:3]) + ("; ..." if len(shown) > 3 else "")
    if lost := [f"{code} '{printed[code][0]}'" for code, own in target.items() if not own]:
        raise DataError(
            f"{len(shown)} of {len(printed)} sector codes mean other sectors than in the dataset "
            f"({first}), and no sector of the dataset has the name of {', '.join(lost)}",
            where=f"{where}, column {SECTOR_NAME}",
            fix="name what they mean in a list provinces.concordance: kind (sector), a (the name "
            "here), b (the name in the dataset).",
        )
    if shown:
        warn(
            where=where,
            what="sectors are joined by name",
            value=f"{len(shown)} of {len(printed)} codes mean other sectors than in the dataset: "
            f"{first}",
            expectation="the codes of the dataset",
            effect="Every row counts for the sector of its name.",
        )
    return table.assign(sector=table["sector"].astype(str).map(target))
