"""All warnings of a run in one table, and what the run read: the dataset's, those that steps gave,
and what their reports show.

A step reports numbers in its own tables (provinces/balance.csv, cities/<p>/diagnostics.csv,
footprint/emissions.csv, ...). What is unusual in them becomes a warning here: one per kind, with
how many cells it is, the worst of them and where they are.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..base.errors import as_table, collect_notices, first_names, warn
from ..dataset.benchmarks import FAR_OFF

#: A balanced cell counts as changed beyond this factor, if the change weighs this share of the
#: province's output.
CHANGED, WEIGHT = 3.0, 0.01
#: City totals scaled to their province by more; inventories against their prior by more.
SCALED, AGAINST_PRIOR = 1.5, 10.0
#: Emissions of sectors without output, as a share of the region's.
ORPHANS = 0.01
#: Key sectors of a city below this share of its emissions are too small to be worth a word.
SHARE = 0.01
#: What a flag of a diagnostics.csv means for the results.
FLAGS = {
    "softened": "These data contradict each other or their province: they are met as closely as "
    "possible, not exactly.",
    "imputed": "Filled in, as the note says; not observed.",
    "capped": "Held at the limit; the rest went to the other cities or sectors.",
    "gave way": "The model made it, what was told of the cities contradicts it: the model gave "
    "way, what was told is kept.",
}
#: What a flag counts, where that is no data.
COUNTED = {"gave way": "modelled amounts that gave way"}
#: What a flag would not have been met with, where that is not data that agree.
EXPECTED = {
    "imputed": "data for every region",
    "gave way": "a model that agrees with what is told of the cities",
}
#: How many places one warning names.
NAMED = 5

#: Smallest factor whose logarithm is compared: a factor may be 0.
SMALLEST_FACTOR = 1e-12


def run_warnings(
    *,
    given: Sequence[pd.DataFrame],
    diagnostics: Mapping[str, pd.DataFrame],
    trade: pd.DataFrame | None,
    balance: pd.DataFrame | None,
    inventory: pd.DataFrame,
    intensities: pd.DataFrame,
) -> pd.DataFrame:
    """warnings.csv of a run.

    Parameters
    ----------
    given
        Tables of warnings as they are: of the dataset, and of every step that gave some.
    diagnostics
        cities/<p>/diagnostics.csv by province.
    trade, balance
        provinces/trade.csv, provinces/balance.csv; None where the table was given and nothing was
        estimated.
    inventory
        footprint/emissions.csv.
    intensities
        analysis/key_intensities.csv.
    """
    with collect_notices() as notices:
        if balance is not None and trade is not None:
            _of_balance(balance)
            _of_diagnostics({"": trade, **diagnostics})
        _of_inventory(inventory)
        _of_intensities(intensities, inventory)
    tables = [table for table in given if len(table)] or [as_table([])]
    said = _joined(pd.concat(tables, ignore_index=True).drop_duplicates(ignore_index=True))
    return pd.concat([said, as_table(notices)], ignore_index=True) if notices else said


def _joined(table: pd.DataFrame) -> pd.DataFrame:
    """The same said of more than `NAMED` places becomes one row, where the first stood; each stands
    in the table it came from.
    """
    parts = [
        part
        if len(part) <= NAMED
        else part.head(1).assign(
            where=_joined_places(part["where"]),
            value=f"{len(part)} places: {_some(part['value'])}",
        )
        for _, part in table.groupby(["what", "expectation", "effect"], sort=False)
    ]
    return pd.concat([table.head(0), *parts]).sort_index().reset_index(drop=True)


def run_reading(
    read: pd.DataFrame, diagnostics: Mapping[str, pd.DataFrame], inventory: pd.DataFrame
) -> pd.DataFrame:
    """read.csv of a run: what the dataset was read from, then how many data the estimate softened,
    capped or imputed.

    Parameters
    ----------
    read
        read.csv of the dataset.
    """
    flagged = [flag for table in diagnostics.values() for flag in _flagged(table)["flag"]]
    rows = [
        (
            COUNTED.get(flag, f"data {flag}"),
            "cities/*/diagnostics.csv",
            flagged.count(flag),
            f"of {len(diagnostics)} provinces",
        )
        for flag in sorted({*FLAGS, *flagged})
        if diagnostics  # a given table has none
    ] + [
        (f"inventories of regions, {of}", "footprint/emissions.csv", int(count), str(status))
        for column, of in (("status", "totals"), ("split_status", "split by sector"))
        for status, count in inventory[column].value_counts().sort_index().items()
    ]
    return pd.concat([read.fillna(""), pd.DataFrame(rows, columns=read.columns)], ignore_index=True)


def _flagged(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a diagnostics.csv that have a flag; rows of amounts capped above 0 have the flag
    `capped`.
    """
    columns = ["step", "quantity", "region", "sector", "value", "limit", "flag", "note"]
    rows = table.reindex(columns=columns)
    text = ["quantity", "region", "sector", "flag", "note"]
    rows[text] = rows[text].astype(object).where(rows[text].notna(), "").astype(str)
    rows["value"] = pd.to_numeric(rows["value"], errors="coerce")
    capped = rows["quantity"].str.startswith("capped") & (rows["value"] > 0) & (rows["flag"] == "")
    rows.loc[capped, "flag"] = "capped"
    return rows[rows["flag"] != ""]


def _joined_places(places: Sequence[str]) -> str:
    """Places of one kind named once: ``inventory, provinces 13, 14 and 3 more``."""
    found = (re.fullmatch(r"(.*\b(?:province|region|sector)) ([^ ,]+)", place) for place in places)
    parts = [part for part in found if part]
    if len(parts) < len(places) or len({part[1] for part in parts}) > 1:
        return _some(places)
    return f"{parts[0][1]}s {_some([part[2] for part in parts])}"


def _some(places: Sequence[str]) -> str:
    """The first places, and how many more there are."""
    return first_names([*dict.fromkeys(filter(None, places))], NAMED)


def _of_balance(balance: pd.DataFrame) -> None:
    """Cells of the provincial tables that balancing changed beyond recognition, and flows that were
    imputed.
    """
    where = "provinces/balance.csv"
    output = balance[balance["item"] == "output"].groupby("province")["balanced"].sum()
    cells = balance[balance["raw"].notna() & (balance["raw"] != 0) & balance["balanced"].notna()]
    ratio = cells["balanced"] / cells["raw"]
    weight = (cells["balanced"] - cells["raw"]).abs() / output.reindex(cells["province"]).to_numpy(
        float
    )
    changed = cells.assign(ratio=ratio, weight=weight)[
        ~ratio.between(1 / CHANGED, CHANGED) & (weight > WEIGHT)
    ]
    for item, rows in changed.groupby("item", sort=True):
        worst = rows.loc[rows["weight"].idxmax()]
        warn(
            where=f"{where}, provinces {_some(rows['province'])}",
            what=f"{item} of provincial tables changed by more than a factor of {CHANGED:g}",
            value=f"{len(rows)} cells; the largest: province {worst['province']}, sector "
            f"{worst['sector']}, "
            f"{worst['raw']:.6g} to {worst['balanced']:.6g}",
            expectation=f"changes below a factor of {CHANGED:g} where they exceed {WEIGHT:.0%} "
            "of the province's output",
            effect="The balanced numbers are used. Fix: look at these sectors of the tables "
            "(transit, re-exports?).",
        )
    shares = balance[balance["item"].astype(str).str.contains("share of trade")]
    if len(shares):
        warn(
            where=f"{where}, provinces {_some(shares['province'])}",
            what=f"imputed: {', '.join(sorted(set(shares['item'])))}",
            value=f"{shares['sector'].nunique()} sectors of {shares['province'].nunique()} "
            "provinces",
            expectation="exports, imports, outflow and inflow in every provincial table",
            effect="Split in the proportions of the neighbours (column note); foreign trade of "
            "these provinces is not observed.",
        )


def _of_diagnostics(diagnostics: Mapping[str, pd.DataFrame]) -> None:
    """Data softened or capped, a model that gave way (a warning per kind and province), data
    imputed (one of all).
    """
    flagged = {province: _flagged(table) for province, table in diagnostics.items()}
    every = pd.concat(flagged.values(), ignore_index=True)
    imputed = every[every["flag"] == "imputed"]
    if len(imputed):
        _flag_warning(
            "cities/*/diagnostics.csv",
            "imputed",
            ", ".join(sorted(set(imputed["quantity"]))),
            imputed,
        )
    for province, table in flagged.items():
        where = f"cities/{province}/diagnostics.csv" if province else "provinces/trade.csv"
        rows = table[~table["quantity"].str.endswith("not used")]  # the step says so itself
        for (flag, quantity), part in rows[rows["flag"] != "imputed"].groupby(
            ["flag", "quantity"], sort=True
        ):
            _flag_warning(where, flag, quantity, part)


def _flag_warning(where: str, flag: str, quantity: str, part: pd.DataFrame) -> None:
    """One warning for all rows of a flag: how many, the largest, where, and what the step noted
    beside it.
    """
    size = part["value"].abs()
    worst = part.loc[size.idxmax()] if size.notna().any() else part.iloc[0]
    at = ", ".join(f"{name} {worst[name]}" for name in ("region", "sector") if worst[name])
    regions = _some(part["region"])
    number = f"{worst['value']:.4g}{f' ({at})' if at else ''}"
    warn(
        where=f"{where}, regions {regions}" if regions else where,
        what=quantity if quantity.startswith(flag) else f"{flag}: {quantity}",
        value=number if len(part) == 1 else f"{len(part)} of them, the largest {number}",
        expectation=EXPECTED.get(flag, "data that agree with each other and with their province"),
        effect=" ".join(
            filter(None, [FLAGS.get(flag, ""), f"Noted: {worst['note']}." if worst["note"] else ""])
        )
        or "It is used.",
    )


def _of_inventory(inventory: pd.DataFrame) -> None:
    """Totals of cities scaled far to their province, inventories far from their prior, emissions
    without output.
    """
    where, regions = "footprint/emissions.csv", inventory.set_index("region")
    scale = regions["target_scale"].dropna()
    scale = scale[~scale.between(1 / SCALED, SCALED)]
    for province, rows in scale.groupby(
        regions["province"].reindex(scale.index).astype(str), sort=True
    ):
        warn(
            where=f"{where}, province {province}",
            what="observed totals of cities scaled to the inventory of their province",
            value=f"by {rows.iloc[0]:.3g} ({len(rows)} "
            f"{'region' if len(rows) == 1 else 'regions'})",
            expectation=f"within a factor of {SCALED:g}",
            effect="The provincial inventory is used. Fix: check that both are of one year and "
            "scope (households, processes).",
        )
    lists = (
        (
            "factor",
            ~regions["factor"].between(1 / AGAINST_PRIOR, AGAINST_PRIOR)
            & regions["factor"].notna(),
            "emissions of a region against its own inventory or its province's intensities",
            f"a factor within {AGAINST_PRIOR:g}",
            "The total is used; the inventory gives only its distribution over sectors.",
        ),
        (
            "orphan_mt",
            regions["orphan_mt"] > ORPHANS * regions["total_mt"],
            "emissions of sectors without output",
            f"at most {ORPHANS:.0%} of the region's emissions",
            "They count in its production-based emissions, but in no footprint. Fix: check "
            "bridge.csv and the inventory.",
        ),
    )
    for column, odd, what, expectation, effect in lists:
        if odd.any():
            value = regions.loc[odd, column].astype(float)
            size = (
                np.abs(np.log(value.clip(lower=SMALLEST_FACTOR))) if column == "factor" else value
            )
            worst = size.idxmax()
            warn(
                where=f"{where}, regions {_some(value.index)}",
                what=what,
                value=f"{len(value)} {'region' if len(value) == 1 else 'regions'}; the largest "
                f"in region {worst}: {value[worst]:.4g}",
                expectation=expectation,
                effect=effect,
            )


def _of_intensities(intensities: pd.DataFrame, inventory: pd.DataFrame) -> None:
    """Key sectors of cities whose intensity is above what is plausible, or more than ten times the
    nation's or the benchmark.

    One warning per sector and kind.
    """
    for key, rows in intensities[intensities["intensity"] > intensities["plausible"]].groupby(
        "key_sector", sort=True
    ):
        worst = rows.loc[rows["intensity"].idxmax()]
        excess = ((rows["intensity"] - rows["plausible"]) * rows["output"]).sum() / 1e6
        warn(
            where=f"analysis/key_intensities.csv, regions {_some(rows['region'])}",
            what=f"emission intensity of {key} above what is plausible",
            value=f"{len(rows)} of {intensities['region'].nunique()} regions, {excess:.4g} Mt "
            "above it; most in region "
            f"{worst['region']}: {worst['intensity']:.4g} t per unit of money",
            expectation=f"at most {worst['plausible']:.4g} (benchmarks.csv)",
            effect="It is used: the estimated output is too small there, or the emissions are "
            "too large. "
            "Fix: observe output or value added of the sector (power plants, statistics of firms).",
        )
    total = intensities["region"].map(inventory.set_index("region")["total_mt"]) * 1e6
    big = intensities[intensities["emissions_t"] > SHARE * total]
    for column, name in (("national", "the national one"), ("global", "the benchmark")):
        ratio = big["intensity"] / big[column].where(big[column] > 0)
        for key, rows in big.assign(ratio=ratio)[ratio > FAR_OFF].groupby("key_sector", sort=True):
            worst = rows.loc[rows["ratio"].idxmax()]
            warn(
                where=f"analysis/key_intensities.csv, regions {_some(rows['region'])}",
                what=f"emission intensity of {key} more than ten times {name}",
                value=f"{len(rows)} {'region' if len(rows) == 1 else 'regions'}; most in region "
                f"{worst['region']}: "
                f"{worst['intensity']:.4g} t per unit of money",
                expectation=f"about {worst[column]:.4g}",
                effect="It is used: output of the sector there is small beside its emissions. "
                "Savings of the technology scenario "
                "follow it. Fix: check the city's output and inventory.",
            )
