"""Trade as tables print it, brought to the four columns of the contract: exports, imports, outflow,
inflow.

Tables print foreign and domestic trade apart, in one column for each direction (`outflow_total`,
`inflow_total`), or one column of a pair only. Re-exports (`re_exports`) may have a column of their
own. What no source says is modelled, and is marked so (docs/bring-your-own-data.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import CityMRIOError, DataError, first_names, gather_faults, warn
from ..base.labels import array
from ..base.projections import capped_proportional

#: Pairs of trade columns. A source may leave out one as a whole (all NaN in the contract): the net
#: is in the other pair then.
PAIRS = (("exports", "imports"), ("outflow", "inflow"))
#: Column for both kinds of trade in one direction -> foreign and domestic.
TOTALS = {"outflow_total": ("exports", "outflow"), "inflow_total": ("imports", "inflow")}
RE_EXPORTS = "re_exports"
#: Columns that a table has until its trade is settled.
UNSETTLED = (*TOTALS, RE_EXPORTS)
#: How a column enters its row: use + sum of these = output.
SIGNS = {
    **dict.fromkeys(("exports", "outflow", "outflow_total", RE_EXPORTS, "error"), 1.0)
} | dict.fromkeys(("imports", "inflow", "inflow_total"), -1.0)
#: Attribute of a column that says how it came about, where it is not printed.
NOTE = "note"


def net_of(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """What the columns of trade and errors add to the use of a product."""
    added = (SIGNS[name] * values for name, values in columns.items() if name in SIGNS)
    return sum(added, np.zeros(()))


def settle(
    use: np.ndarray,
    columns: Mapping[str, np.ndarray],
    sectors: list[str],
    allowed: np.ndarray | float,
    where: str,
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The columns of one table without re-exports and without a pair of which one column is
    missing.

    Re-exports are foreign goods that are sold abroad again: they are taken from imports (beyond
    these, from inflow), and from exports where the rows add up only if exports include them. Of a
    pair of which a table prints one column, that column is the net where the rows add up with it as
    it is; otherwise the other column is what closes the rows.

    Parameters
    ----------
    use
        (sector,) total use.
    columns
        `output` and the printed columns of trade and errors, each (sector,).
    allowed
        Gap of a row that printing explains.

    Returns
    -------
    columns, notes
        Columns anew; what is to be said of a column, by its name.

    Raises
    ------
    DataError
        Re-exports exceed imports and inflow, or exports that include them.
    """
    found, notes = dict(columns), dict[str, str]()
    if RE_EXPORTS in found:
        _net(found, use, sectors, where, notes)
    for one, other in (*PAIRS, tuple(TOTALS)):
        if (one in found) == (other in found):
            continue
        given, lacking = (one, other) if one in found else (other, one)
        rest = found["output"] - use - net_of({n: v for n, v in found.items() if n != given})
        signed = SIGNS[given] * found[given]
        implied = found[given] - SIGNS[given] * rest
        if (np.abs(rest - signed) <= allowed).all() or (implied < -np.asarray(allowed)).any():
            found[one], found[other] = (
                np.where(signed > 0, signed, 0.0),
                np.where(signed < 0, -signed, 0.0),
            )
            notes[lacking] = f"not printed: {given} is the net, split by its sign"
        else:
            found[lacking] = np.where(implied > 0, implied, 0.0)
            notes[lacking] = "not printed: what closes the rows, which therefore cannot be checked"
    return found, notes


def settle_table(table: xr.Dataset, allowed: np.ndarray, where: str) -> xr.Dataset:
    """A table of the contract with its columns settled; those that are NaN throughout are not
    printed. Errors as `settle`.
    """
    names = [str(name) for name in table.data_vars if name == "output" or name in SIGNS]
    columns = {name: values for name in names if (values := _printed(table, name)) is not None}
    use = table["total_use"].sum("use").values
    settled, notes = settle(use, columns, [*map(str, table["sector"].values)], allowed, where)
    say(notes, where)
    table = table.drop_vars([name for name in names if name not in settled and name in UNSETTLED])
    for name in [name for name in settled if settled[name] is not columns.get(name)]:
        table[name] = array(
            settled[name], ("sector",), str(table["output"].attrs.get("units", "")), name
        )
        table[name].attrs |= {NOTE: notes[name]} if name in notes else {}
    return table


def say(notes: Mapping[str, str], where: str) -> None:
    """Warn of columns that are not used as they are printed, and those that are not printed."""
    for name, note in notes.items():
        warn(
            where=where,
            what=f"trade column '{name}'",
            value=note,
            expectation="exports, imports, outflow and inflow in columns of their own, without "
            "re-exports",
            effect="The column is used as it is described here. Fix: check the columns of "
            "trade, if they should say more.",
        )


def _net(
    found: dict[str, np.ndarray],
    use: np.ndarray,
    sectors: list[str],
    where: str,
    notes: dict[str, str],
) -> None:
    """Take re-exports out of imports and inflow, and out of exports that include them."""
    again = found.pop(RE_EXPORTS)
    out, into = (
        ("exports", "imports") if "exports" in found or "imports" in found else tuple(TOTALS)
    )
    open_rows = found["output"] - use - net_of(found)
    inside = np.abs(open_rows).sum() <= np.abs(open_rows - again).sum()
    zero = np.zeros(len(use))
    foreign = np.minimum(again, np.maximum(found.get(into, zero), 0.0))
    domestic = np.minimum(again - foreign, np.maximum(found.get("inflow", zero), 0.0))
    left = again - foreign - domestic
    short = left if not inside else np.maximum(left, again - found.get(out, zero))
    if (again < 0).any() or (short > 0).any():
        bad = [sectors[k] for k in np.flatnonzero((again < 0) | (short > 0))]
        k = sectors.index(bad[0])
        raise DataError(
            f"re-exports are {again[k]:.6g} in sector {bad[0]}{_more(bad)}; expected 0 or more, "
            "and at most imports and inflow"
            + (" (and exports, which include them here)" if inside else ""),
            where=where,
            fix="correct the column, or leave it out: exports above output then pass through as "
            "transit.",
        )
    amounts = ((into, foreign), ("inflow", domestic), (out, again if inside else zero))
    found |= {name: found[name] - amount for name, amount in amounts if name in found}
    said = f"without re-exports of {again.sum():.6g}"
    notes.update(
        {
            out: said
            if inside
            else f"re-exports of {again.sum():.6g} are in a column of their own, left out",
            into: said,
        }
    )


@dataclass
class Completed:
    """Tables with the four columns of the contract, what the notes of the dataset say of them, and
    faults.
    """

    tables: dict[str, xr.Dataset]
    notes: list[str] = field(default_factory=list)
    faults: list[CityMRIOError] = field(default_factory=list)


def complete_trade(
    tables: Mapping[str, xr.Dataset],
    national: xr.Dataset | None,
    known: pd.DataFrame | None,
    places: Mapping[str, str],
    trade_place: str = "foreign_trade.csv",
) -> Completed:
    """Foreign and domestic trade apart in every provincial table.

    A column for both (`outflow_total`, `inflow_total`) less the printed one is the other. Where
    neither is printed, foreign trade is what `known` says of the province, otherwise the nation's
    share of the product: its exports (imports) in all that provinces sell (buy) beyond their
    borders. Where all provinces print totals only, they add up to the nation. Where no province
    prints a pair, or `known` has the province, the other pair is the total. A country of one
    province has no trade with others.

    Parameters
    ----------
    tables, national
        Datasets of docs/contracts.md; provinces may hold the totals, and lack pairs.
    known
        Columns province, sector (blank: all products), exports, imports; NaN: not known.
    places
        What messages call the tables, by province.
    """
    done = Completed({code: table.copy() for code, table in tables.items()})
    known = (
        pd.DataFrame(columns=["province", "sector", "exports", "imports"])
        if known is None
        else known
    )
    for total, (foreign, domestic) in TOTALS.items():
        with gather_faults(done.faults):
            _direction(done, national, known, (total, foreign, domestic), places, trade_place)
    if note := _re_exported(done.tables):
        done.notes.append(note)
    return done


def _re_exported(tables: Mapping[str, xr.Dataset]) -> str:
    """What is exported beyond output, for the notes; nothing where there is none."""
    over = {
        code: amount
        for code, table in tables.items()
        if "exports" in table
        and (amount := float((table["exports"] - table["output"]).clip(min=0).sum())) > 0
    }
    if not over:
        return ""
    most = max(over, key=lambda code: over[code])
    return (
        f"Exports above output (re-exports): {sum(over.values()):.6g} in {len(over)} provinces, "
        f"most in {most} "
        f"({over[most]:.6g}). Where the provinces are calibrated to the nation, exports are held "
        "below output and the rest goes to provinces with room; else it passes through (account "
        "transit)."
    )


def _direction(
    done: Completed,
    national: xr.Dataset | None,
    known: pd.DataFrame,
    names: tuple[str, str, str],
    places: Mapping[str, str],
    trade_place: str,
) -> None:
    """One direction of trade: exports and outflow, or imports and inflow."""
    total, foreign, domestic = names
    tables, single = done.tables, len(done.tables) == 1
    given: dict[str, dict[str, Any]] = {
        code: {n: _printed(table, n) for n in names} for code, table in tables.items()
    }
    told = set(known.loc[known[foreign].notna(), "province"])
    nowhere = not any(
        part[foreign] is not None and part[domestic] is not None for part in given.values()
    )
    never = all(value is None for part in given.values() for value in part.values())
    open_totals: dict[str, np.ndarray] = {}
    for code, part in given.items():
        both, away, home = (part[n] for n in names)
        one = away if away is not None else home
        if both is not None and one is not None:
            done.faults += _apart(tables[code], part, names, places[code])
        elif single and (both is not None or (away is not None and home is None)):
            whole = away if both is None else both
            _write(tables[code], names, whole, np.zeros_like(whole), "")
        elif single and home is not None and away is None:
            done.faults.append(
                DataError(
                    f"{domestic} is printed, {foreign} is not",
                    where=places[code],
                    fix=f"a country of one province trades with abroad only: call the column "
                    f"{foreign}.",
                )
            )
        elif both is not None:
            open_totals[code] = both
        elif (away is None) != (home is None) and (nowhere or code in told):
            open_totals[code] = one
        elif never:
            zero = np.zeros(tables[code].sizes["sector"])
            _write(tables[code], names, zero, zero, "printed nowhere: 0")
    if idle := sorted(told - set(open_totals)):
        warn(
            where=trade_place,
            what=f"{foreign} of provinces whose tables print them apart",
            value=f"provinces {first_names(idle)}",
            expectation="rows of provinces that print foreign and domestic trade in one column, "
            "or leave a pair blank",
            effect="The rows are not used: the tables count.",
        )
    if open_totals:
        nation = None if national is None else _printed(national, foreign)
        # what all provinces sell (buy) beyond their borders, abroad included; amounts below 0 apart
        shown = [
            [part[total]] if part[total] is not None else [part[foreign], part[domestic]]
            for part in given.values()
        ]
        gross = np.sum([np.maximum(v, 0.0) for of in shown for v in of if v is not None], axis=0)
        _open(done, open_totals, gross, nation, known, names, places, trade_place)


def _printed(table: xr.Dataset, name: str) -> np.ndarray | None:
    """A column, None where it is not there or not reported."""
    if name not in table:
        return None
    values = table[name].values.astype(float)
    return None if np.isnan(values).all() else values


def _apart(
    table: xr.Dataset, part: Mapping, names: tuple[str, str, str], where: str
) -> list[CityMRIOError]:
    """A total beside one of its parts: the other is the difference."""
    total, foreign, domestic = names
    both, away, home = (part[n] for n in names)
    lacking, printed = (domestic, foreign) if away is not None else (foreign, domestic)
    rest = both - part[printed]
    bad = [str(table["sector"].values[k]) for k in np.flatnonzero(rest < 0)]
    if away is not None and home is not None:
        problem, fix = f"{total} stands beside {foreign} and {domestic}", f"leave {total} out."
    elif bad:
        problem, fix = (
            f"{printed} is above {total} by {-rest[rest < 0][0]:.6g} in sector "
            f"{bad[0]}{_more(bad)}; expected a part of it",
            "correct the columns.",
        )
    else:
        first, second = (away, rest) if away is not None else (rest, home)
        _write(table, names, first, second, f"{lacking}: {total} less {printed}")
        return []
    return [DataError(problem, where=where, fix=fix)]


def _open(
    done: Completed,
    totals: Mapping[str, np.ndarray],
    gross: np.ndarray,
    nation: np.ndarray | None,
    known: pd.DataFrame,
    names: tuple[str, str, str],
    places: Mapping[str, str],
    trade_place: str,
) -> None:
    """Split totals by what is known of provinces, by the nation's shares where nothing is."""
    _, foreign, domestic = names
    rows = known[known[foreign].notna()]
    untold = sorted(set(totals) - set(rows["province"]))
    if nation is None and untold:
        done.faults += [
            DataError(
                f"{foreign} and {domestic} stand in one column, and nothing says how much of it "
                f"is {foreign}",
                where=places[code],
                fix=f"give a national table, or a row for every such province in {trade_place}.",
            )
            for code in untold
        ]
        return
    sectors = [*map(str, next(iter(done.tables.values()))["sector"].values)]
    if nation is not None and (nation < 0).any():
        k = int(np.argmin(nation))
        raise DataError(
            f"{foreign} are {nation[k]:.6g} in sector {sectors[k]}; expected 0 or more, as the "
            "provinces' are split by them",
            where="national table",
            fix="correct the column.",
        )
    wanted = gross if nation is None else nation
    share = np.minimum(np.divide(wanted, gross, out=np.zeros_like(gross), where=gross > 0), 1.0)
    for code, both in totals.items():
        # an amount below 0 stays in domestic trade, where the balance says so
        room = np.maximum(both, 0.0)
        mine = rows[rows["province"] == code]
        by = f"{trade_place}" if len(mine) else "the nation's shares by product"
        try:
            away = _told(mine, foreign, room, share, sectors) if len(mine) else share * room
        except DataError as error:
            done.faults.append(
                DataError(f"province {code}: {error.message}", where=trade_place, fix=error.fix)
            )
            continue
        _write(
            done.tables[code],
            names,
            away,
            both - away,
            f"{foreign} and {domestic} in one column, split by {by} (modelled)",
        )
    _say(
        done, totals, wanted if untold and nation is not None else None, gross, sectors, names, rows
    )


def _told(
    rows: pd.DataFrame, foreign: str, room: np.ndarray, share: np.ndarray, sectors: list[str]
) -> np.ndarray:
    """Foreign trade of a province whose amounts are known, in all or by product (0 for products
    that are not listed then).
    """
    values = dict(
        zip(rows["sector"].fillna("").astype(str), rows[foreign].astype(float), strict=True)
    )
    if set(values) != {""}:
        away = np.array([values.get(sector, 0.0) for sector in sectors])
        over = [sectors[k] for k in np.flatnonzero(away > room * (1 + 1e-9))]
        if "" in values or over:
            k = sectors.index(over[0]) if over else 0
            raise DataError(
                "there are rows by product and a row for all products; expected one or the other"
                if "" in values
                else f"{foreign} of {away[k]:.6g} in sector {over[0]}{_more(over)} exceed the "
                f"column of both, {room[k]:.6g}",
                fix="correct the rows (the unit?), or the table of the province.",
            )
        return np.minimum(away, room)
    wanted, prior = values[""], share * room
    if wanted > room.sum() * (1 + 1e-9):
        raise DataError(
            f"{foreign} of {wanted:.6g} exceed the column of both, {room.sum():.6g}",
            fix="correct the row (the unit?), or the table of the province.",
        )
    if room[prior > 0].sum() < wanted:  # products that the nation does not trade have to join
        prior = prior + room * (max(prior.sum(), 1.0) / room.sum())
    return capped_proportional(prior, min(wanted, room.sum()), room)[0]


def _write(
    table: xr.Dataset, names: tuple[str, str, str], away: np.ndarray, home: np.ndarray, note: str
) -> None:
    """The two columns of a direction in the place of the total."""
    total, *pair = names
    unit = str(table["output"].attrs.get("units", ""))
    for name, values in zip(pair, (away, home), strict=True):
        table[name] = array(values, ("sector",), unit, name)
        if note:
            table[name].attrs |= {NOTE: note} | (
                {"status": "modelled"} if "modelled" in note else {}
            )
    if total in table:
        del table[total]


def _say(
    done: Completed,
    totals: Mapping[str, np.ndarray],
    nation: np.ndarray | None,
    gross: np.ndarray,
    sectors: list[str],
    names: tuple[str, str, str],
    rows: pd.DataFrame,
) -> None:
    """What is modelled, in the notes and in a warning, and what of the nation's trade finds no
    place in the provinces'.
    """
    _, foreign, domestic = names
    amount = sum(
        float(done.tables[code][foreign].sum()) for code in totals if foreign in done.tables[code]
    )
    both = sum(float(values.sum()) for values in totals.values())
    listed = len(set(totals) & set(rows["province"]))
    by = [
        *([f"known amounts ({listed})"] if listed else []),
        *(["the nation's shares by product"] if listed < len(totals) else []),
    ]
    done.notes.append(
        f"Modelled: {len(totals)} of {len(done.tables)} provinces print {foreign} and "
        f"{domestic} in one column; {amount:.6g} of "
        f"{both:.6g} is taken for {foreign}, by {' and '.join(by)}."
    )
    warn(
        where="provincial tables",
        what=f"{foreign} and {domestic} in one column",
        value=f"{len(totals)} of {len(done.tables)} provinces: {first_names(sorted(totals))}",
        expectation="foreign trade apart from trade with other provinces",
        effect=f"The column is split by {' and '.join(by)}: {amount:.6g} of {both:.6g} is "
        f"{foreign}. Both are modelled.",
    )
    if nation is None:
        return
    over = np.flatnonzero(nation > gross * (1 + 1e-9))
    if len(over):
        rest = float((nation - gross)[over].sum())
        done.notes.append(
            f"The nation's {foreign} exceed all that provinces sell or buy beyond their borders "
            f"by {rest:.6g}, in sectors "
            f"{first_names([sectors[k] for k in over])}: all of it is {foreign} there, the rest is "
            "in no province."
        )
        warn(
            where="national table",
            what=f"{foreign} above what the provinces' columns hold",
            value=f"{rest:.6g} in sectors {first_names([sectors[k] for k in over])}",
            expectation="at most the provinces' columns for both kinds of trade together",
            effect=f"The whole column is {foreign} in these sectors. A balance that is "
            "calibrated to the nation still brings the "
            "sum to the nation's.",
        )


def _more(names: list[str]) -> str:
    return f" (and in {first_names(names[1:])})" if len(names) > 1 else ""
