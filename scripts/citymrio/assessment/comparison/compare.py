"""Numbers of a comparison: cells by block, flows between cities, home shares, accounts, footprints
(docs/compare.md).

A is the estimate in question, B what it is set beside; WAPE is relative to B. Footprints of B are
its own where it has emissions. A bare table has none: it is given A's intensities (emissions over
output by region and sector), so that the footprints differ by trade and demand alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ...analysis.affluence import is_city
from ...analysis.change_tables import Run
from ...base.concordance import Pairs, classification_of, unnamed_sectors
from ...base.errors import DataError, warn
from ...base.labels import EMISSIONS, read_dataset, read_json, read_table
from ...base.money import parse_money
from ...base.printed_names import match_codes
from ...base.units import MT
from ...dataset.contract.corrections import NAME, Corrections
from ...dataset.raw_table import Lists
from ...dataset.sources.mrio.given import read_given
from ...footprints.footprint import SCOPES, scope_masks
from ...nested import NestedMRIO
from ...nested.dense import row_block
from ...nested.nest import given_nested
from ..known_trade import COLUMNS, UNIT_FACTOR, footprint_rows, sum_row, trade_rows, value_row
from ..measures import correlation, share_of_whole, spearman, wape
from ..truth import true_footprints

#: Files of a synthetic run that hold its truth.
TRUTH_FILES = ("dataset/truth/truth.nc", "dataset/truth/emissions.csv")
#: Lists that a bare table needs, and those that it may have.
LISTS, MORE_LISTS = (
    ("regions.csv", "sectors.csv", "final_demand.csv"),
    ("accounts.csv", "dataset.json", "dataset.csv", NAME),
)

#: Kinds of labels: the attribute of a table that holds them, and the name of one.
KINDS = {"regions": "region", "sectors": "sector", "categories": "category"}


@dataclass(frozen=True)
class Matched:
    """Labels of one kind.

    Attributes
    ----------
    labels
        Common labels, as A has them and in its order.
    a, b
        Their positions in either table.
    only
        Name of a table ("a", "b") -> labels that the other does not have.
    """

    labels: list[str]
    a: np.ndarray
    b: np.ndarray
    only: dict[str, list[str]] = field(default_factory=dict)


def labels_of(pairs: Pairs, a: Run, b: Run | Bare) -> dict[str, dict[str, str]]:
    """Labels of A -> labels of B by kind, for those that differ: as they are listed, and sectors of
    two classifications by their names, blank where B has none; codes alone say nothing then.

    Parameters
    ----------
    pairs
        A list (kind, a, b): one to one.

    Raises
    ------
    DataError
        A label stands twice.
    """
    found: dict[str, dict[str, str]] = {}
    for kind, listed in pairs.items():
        for place, side in enumerate("ab"):
            labels = pd.Series([pair[place] for pair in listed], dtype=str)
            if labels.duplicated().any():
                raise DataError(
                    f"{kind} '{labels[labels.duplicated()].iloc[0]}' stands twice in column {side}",
                    where="list of labels",
                    fix="match one to one.",
                )
        found[kind] = dict(listed)
    if classification_of(a.info, a.sectors) != classification_of(b.info, b.sectors):
        names = b.sectors[["sector", "name"]].to_numpy(object)
        silent = {*found["sector"].values()} | unnamed_sectors(b.sectors)
        printed = {
            str(code): [str(name)] for code, name in names if silent.isdisjoint({code, name})
        }
        known = match_codes(printed, a.sectors, str(b.info["name"]))
        mine = {own: code for code, own in known.items()}
        by_name = {str(code): mine.get(str(code), "") for code in a.sectors["sector"]}
        found["sector"] = by_name | found["sector"]
    return found


def match_labels(
    a: NestedMRIO, b: NestedMRIO, labels: Mapping[str, Mapping[str, str]]
) -> dict[str, Matched]:
    """Common regions, sectors and categories (keys of :data:`KINDS`).

    Raises
    ------
    DataError
        The list names a label that a table does not have, or nothing is common.
    """
    result = {}
    for name, kind in KINDS.items():
        mine, theirs = (getattr(table, name).astype(str).tolist() for table in (a, b))
        _refuse_unknown(labels[kind], mine, theirs, kind)
        wanted = [labels[kind].get(label, label) for label in mine]
        places = pd.Index(theirs).get_indexer(wanted)
        common = [label for label, place in zip(mine, places, strict=True) if place >= 0]
        if not common:
            raise DataError(
                f"no common {kind}: A has {', '.join(mine[:4])}; B has {', '.join(theirs[:4])}",
                where="compare",
                fix=f"name the {name} that are the same in a list with the columns kind, a, b.",
            )
        only = {
            side: [label for label in labels if label not in known]
            for side, labels, known in (("a", mine, {*common}), ("b", theirs, {*wanted}))
        }
        result[name] = Matched(common, np.flatnonzero(places >= 0), places[places >= 0], only)
    return result


def _refuse_unknown(
    listed: Mapping[str, str], mine: Sequence[str], theirs: Sequence[str], kind: str
) -> None:
    for side, names, there in (
        ("A", listed.keys(), set(mine)),
        ("B", filter(None, listed.values()), set(theirs)),
    ):
        if unknown := [name for name in names if name not in there]:
            raise DataError(
                f"{side} has no {kind} '{unknown[0]}'",
                where="list of labels",
                fix="correct the row.",
            )


def money_factor(a: str, b: str) -> float:
    """What an amount of B is multiplied by to be in the unit of A; powers of ten of one currency
    only.

    Raises
    ------
    DataError
        The currencies differ, or a text names no unit of money.

    Examples
    --------
    >>> money_factor("10^4 CNY", "10^6 CNY")
    100.0
    """
    mine, other = parse_money(a), parse_money(b)
    if mine is None or other is None:
        raise DataError(
            f"'{a if mine is None else b}' is no unit of money",
            where="compare",
            fix="give it as 10^6 EUR or million EUR.",
        )
    if mine.currency != other.currency:
        raise DataError(
            f"A is in {mine}, B in {other}",
            where="compare",
            fix="compare tables of one currency: nothing is converted but 10^n.",
        )
    return float(10.0 ** (other.power - mine.power))


def left_out(common: Mapping[str, Matched], sides: Mapping[str, NestedMRIO]) -> pd.DataFrame:
    """kind, table, label of everything that only one of the tables has, and its part of the
    output of that table (blank for a category of final demand).
    """
    rows = []
    for name, found in common.items():
        for side, labels in found.only.items():
            output = sides[side].dataset["output"]
            axis = {KINDS[name]} & {*output.dims}
            part = 100 * output.sum({*output.dims} - axis) / output.sum()
            rows += [
                (KINDS[name], side.upper(), label, part.sel(dict.fromkeys(axis, label)).item())
                if axis
                else (KINDS[name], side.upper(), label, np.nan)
                for label in labels
            ]
    return pd.DataFrame(rows, columns=["kind", "table", "label", "output_percent"])


def true_side(folder: str | Path) -> Run:
    """The true table of a synthetic run as a run of its own: its footprints are those of the true
    emissions.
    """
    folder, run = Path(folder), Run.read(folder)
    truth = NestedMRIO.from_dataset(read_dataset(folder / TRUTH_FILES[0]))
    prints = true_footprints(truth, read_table(folder / TRUTH_FILES[1]))
    return replace(
        run,
        info={**run.info, "name": f"truth of {run.info['name']}"},
        nested=truth,
        footprints=prints,
    )


@dataclass(frozen=True)
class Bare:
    """A bare table, of the file or folder `folder`: a run without an inventory and without
    footprints.
    """

    info: Mapping[str, str]
    sectors: pd.DataFrame
    nested: NestedMRIO
    folder: str
    footprints: None = None


def given_side(path: str | Path, lists: str | Path, unit: str, tolerance: float) -> Bare:
    """A bare table: a pymrio folder or a MATLAB file.

    Parameters
    ----------
    lists
        Folder with regions.csv, sectors.csv, final_demand.csv as for `dataset.kind: mrio`;
        accounts.csv and the unit of dataset.json or dataset.csv where they are there.
    unit
        Unit of money where the lists name none.
    tolerance
        Largest gap of a row or column that is booked, as a share of its output.
    """
    folder = Path(lists)
    regions, sectors, final_demand = (read_table(folder / name) for name in LISTS)
    accounts = read_table(folder / MORE_LISTS[0]) if (folder / MORE_LISTS[0]).is_file() else None
    named = _info(folder)
    unit = str(named.get("unit") or unit)
    order = Lists.of(regions, sectors, final_demand, accounts)
    table = read_given(path, order, unit, tolerance, Corrections.of_lists(folder / NAME, folder))
    nested = NestedMRIO.from_dataset(given_nested(**table.labelled(order, final_demand, unit)))
    info = {"name": str(named.get("name") or Path(path).name), "unit": unit}
    return Bare(named | info, sectors, nested, str(path))


def _info(folder: Path) -> dict:
    """What the lists say of the table: its name and its unit of money."""
    if (folder / MORE_LISTS[1]).is_file():
        return read_json(folder / MORE_LISTS[1])
    if (folder / MORE_LISTS[2]).is_file():
        rows = read_table(folder / MORE_LISTS[2], text=("key", "value"))
        return dict(zip(rows["key"], rows["value"], strict=True))
    return {}


#: Regions of origin that are taken at a time.
BLOCK = 4
#: Largest differences that are listed.
LARGEST = 20
#: Columns of the list of cells.
CELLS = ("origin", "sector", "destination", "use", "a", "b", "difference")

#: Columns of comparison.csv: those of known_trade.csv, with A as the estimate and B as what is
#: known.
NUMBERS = tuple({"estimate": "a", "known": "b"}.get(column, column) for column in COLUMNS)
#: What B's footprints rest on, in words.
CARRIED = "A's emission intensities on B's output and flows"


@dataclass(frozen=True)
class Pair:
    """Two tables on common labels.

    Attributes
    ----------
    a, b
        The runs, or a bare table for B.
    common
        Labels by kind.
    factor
        What amounts of B are multiplied by.
    """

    a: Run
    b: Run | Bare
    common: dict[str, Matched]
    factor: float

    def both(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """An account (region, sector) of either table on common labels, in the unit of A."""
        at = self.common["regions"], self.common["sectors"]
        mine = self.a.nested.dataset[name].values[np.ix_(at[0].a, at[1].a)]
        return mine, self.b.nested.dataset[name].values[np.ix_(at[0].b, at[1].b)] * self.factor


def compare(
    a: Run,
    b: Run | Bare,
    pairs: Pairs,
    intervals: pd.DataFrame | None = None,
) -> tuple[dict[str, pd.DataFrame], dict]:
    """Two tables side by side.

    Parameters
    ----------
    a, b
        The runs, or a bare table for B.
    pairs
        Labels of A and of B by kind, for those that differ (:func:`..base.concordance.read_pairs`).
    intervals
        uncertainty/regions.csv of A, where it has an ensemble.

    Returns
    -------
    tuple
        Tables ``comparison``, ``cities``, ``cells``, ``left_out``, and what is said of the whole.

    Raises
    ------
    DataError
        No common regions or sectors, another currency, or levels that show another unit.
    """
    factor = money_factor(str(a.info["unit"]), str(b.info["unit"]))
    pair = Pair(a, b, match_labels(a.nested, b.nested, labels_of(pairs, a, b)), factor)
    regions = pair.common["regions"]
    level = [float(values.sum()) for values in pair.both("output")]
    if not 1 / UNIT_FACTOR < level[1] / level[0] < UNIT_FACTOR:
        raise DataError(
            f"output of the common regions is {level[1]:.4g} in B and {level[0]:.4g} in A, both "
            f"in {a.info['unit']}",
            where="compare",
            fix="check the unit of money of B.",
        )
    known = a.regions.set_index("region").loc[regions.labels]
    masks = scope_masks(regions.labels, regions.labels, known["province"].to_dict())
    sums, flows, largest = side_by_side(a.nested, b.nested, pair.common, masks, factor)
    kind = a.sectors.set_index("sector")["kind"].loc[pair.common["sectors"].labels]
    carbon = _carbon(pair)
    city = is_city(known).to_numpy()
    found, true = (values[city] for values in carbon["cba"])
    ends = _ends(pair, carbon, intervals)
    years = [side.info.get("year") for side in (a, b)]
    if None not in years and years[0] != years[1]:
        warn(
            where="compare",
            what="A and B are of two years",
            value=f"{years[0]} and {years[1]}",
            expectation="one year",
            effect="Differences include what changed between them; `make change` decomposes that.",
        )
    rows = [
        *_cell_rows(sums, pair.common["categories"].labels),
        *_account_rows(pair),
        *trade_rows(flows, kind.to_numpy(), regions.labels),
        *_flow_rows(flows, masks),
        *footprint_rows(found, true, carbon["pba"][0][city], known.index[city]),
        *_error_rows(carbon, city),
        *_inside_rows(carbon, ends, city),
    ]
    table = pd.DataFrame(rows, columns=list(NUMBERS))
    tables = {
        "comparison": table[table["group"] != "region"].drop(columns="region"),
        "cities": _cities(pair, known, carbon, table, ends),
        "cells": largest,
        "left_out": left_out(pair.common, {"a": a.nested, "b": b.nested}),
    }
    about = {
        "a": _about(a),
        "b": _about(b),
        "synthetic": bool(a.info.get("synthetic")),
        "unit": str(a.info["unit"]),
        "money_factor": factor,
        "common": {name: len(found.labels) for name, found in pair.common.items()},
        "footprints_of_b": "its own" if b.footprints is not None else CARRIED,
        "emissions_without_intensity": carbon["lost"],
    }
    return tables, about


def _about(run: Run | Bare) -> dict:
    shape = run.nested.regions.size, run.nested.sectors.size, run.nested.categories.size
    return {
        "folder": run.folder,
        "name": str(run.info["name"]),
        "year": run.info.get("year"),
        "unit": str(run.info["unit"]),
        "classification": classification_of(run.info, run.sectors),
        **dict(zip(("regions", "sectors", "categories"), shape, strict=True)),
    }


def _cell_rows(sums: np.ndarray, categories: list[str]) -> list[tuple]:
    """WAPE of cells by column group and block."""
    final, note = sums[:, 1:].sum(axis=1), "WAPE cell by cell"
    return [
        (f"cells, {scope}", group, "", mine, other, share_of_whole(gap, abs(other)), note)
        for group, own in zip(
            ["intermediate", *categories, "final demand", "all"],
            [*sums.transpose(1, 0, 2), final, sums.sum(axis=1)],
            strict=True,
        )
        for scope, (gap, mine, other) in zip([*SCOPES, "all"], [*own, own.sum(axis=0)], strict=True)
    ]


def _account_rows(pair: Pair) -> Iterator[tuple]:
    """WAPE of accounts by region and sector."""
    for name in ("output", "value_added", "exports"):
        yield sum_row(name.replace("_", " "), "all", pair.both(name), "WAPE by region and sector")
    regions = pair.common["regions"]
    imports = (
        pair.a.nested.dataset["imports"].values.sum(axis=1)[regions.a],
        pair.b.nested.dataset["imports"].values.sum(axis=1)[regions.b] * pair.factor,
    )
    yield sum_row("imports", "all", imports, "WAPE by region")


def _flow_rows(
    flows: tuple[np.ndarray, np.ndarray], masks: Mapping[str, np.ndarray]
) -> Iterator[tuple]:
    """Trade between two regions, products together: WAPE by block, and its correlation."""
    mine, other = (flow.sum(axis=0) for flow in flows)
    for scope in SCOPES[1:]:
        values = mine[masks[scope]], other[masks[scope]]
        yield sum_row("trade between pairs", scope, values, "WAPE, products together")
    off = ~masks[SCOPES[0]]
    alike = correlation(pd.Series(mine[off]), pd.Series(other[off]))
    note = "Pearson, products together"
    yield value_row("trade between pairs, correlation", alike, note, group="all")


def _carbon(pair: Pair) -> dict:
    """Footprints and production emissions of the common regions in both tables, Mt, without
    households' direct emissions.
    """
    regions = pair.common["regions"]
    mine, own = pair.a.footprints, pair.b.footprints
    other, lost = _carried(pair) if own is None else (own, 0.0)
    sides = [(mine, pair.a.nested.regions[regions.a]), (other, pair.b.nested.regions[regions.b])]
    return {
        "cba": [
            prints["cba"].sum("category").sel(region=labels).values * MT for prints, labels in sides
        ],
        "pba": [prints["pba"].sel(region=labels).values * MT for prints, labels in sides],
        "lost": lost,
    }


def _carried(pair: Pair) -> tuple[xr.Dataset, float]:
    """Footprints of a bare table with A's intensities; and the part of its output that has none in
    A.
    """
    at, table = (pair.common["regions"], pair.common["sectors"]), pair.b.nested
    emitted = pair.a.nested.align(pair.a.inventory["emissions"], "emissions").values[
        np.ix_(at[0].a, at[1].a)
    ]
    mine, _ = pair.both("output")
    intensity = np.zeros(table.dataset["output"].shape)
    intensity[np.ix_(at[0].b, at[1].b)] = (
        np.divide(emitted, mine, out=np.zeros_like(emitted), where=mine > 0) * pair.factor
    )
    output = table.dataset["output"].values
    labelled = table.label(intensity, units=EMISSIONS)
    cba = table.product_footprints(table.multipliers(intensity=labelled)).sum("sector")
    pba = (labelled * table.dataset["output"]).sum("sector")
    return xr.Dataset({"cba": cba, "pba": pba}), share_of_whole(
        output[intensity == 0].sum(), output.sum()
    )


def _error_rows(carbon: dict, city: np.ndarray) -> Iterator[tuple]:
    """Production emissions of the cities, and relative errors of both accounts."""
    name = "production emissions"
    mine, other = (values[city] for values in carbon["pba"])
    relative, note = (
        share_of_whole(mine.sum(), other.sum()) - 1,
        "Mt CO2; value: relative difference",
    )
    yield from _errors("footprint", *(values[city] for values in carbon["cba"]))
    yield name, "all", "", mine.sum(), other.sum(), relative, note
    yield value_row(f"{name} wape", wape(mine, other), "sum of differences over sum")
    yield value_row(f"{name} rank correlation", spearman(mine, other), "Spearman")
    yield from _errors(name, mine, other)


def _errors(name: str, mine: np.ndarray, other: np.ndarray) -> Iterator[tuple]:
    """Relative errors of an account: the middle, and what a tenth of the cities exceed."""
    error = np.abs(mine[other > 0] / other[other > 0] - 1)
    for label, share in (("median error", 0.5), ("90th percentile of the error", 0.9)):
        value = float(np.quantile(error, share)) if error.size else np.nan
        yield value_row(f"{name} {label}", value, "relative")


def _ends(pair: Pair, carbon: dict, intervals: pd.DataFrame | None) -> dict[str, np.ndarray]:
    """Ends of A's intervals of the common regions, Mt, as columns of cities.csv; none without an
    ensemble, or where its footprints hold households' direct emissions, which are left out here.
    """
    if intervals is None:
        return {}
    labels = pair.a.nested.regions[pair.common["regions"].a]
    own = pair.a.regions.set_index("region").reindex(labels)
    if not np.allclose(own["pba_mt"], carbon["pba"][0], rtol=1e-9):
        return {}
    table = intervals.set_index("region").reindex(labels)
    return {
        f"{key}_a_{end}_mt": table[f"{key}_mt_{end}"].to_numpy(float)
        for key in ("cba", "pba")
        for end in ("low", "high")
    }


def _inside_rows(carbon: dict, ends: Mapping[str, np.ndarray], city: np.ndarray) -> Iterator[tuple]:
    """The part of the cities whose account in B lies in A's interval."""
    for name, key in (("footprint", "cba"), ("production emissions", "pba")):
        if ends and city.any():
            low, high = (ends[f"{key}_a_{end}_mt"][city] for end in ("low", "high"))
            inside = ((carbon[key][1][city] >= low) & (carbon[key][1][city] <= high)).mean()
            note = "part of the cities whose B lies in the interval of A"
            yield value_row(f"{name} inside", float(inside), note)


def _cities(
    pair: Pair,
    known: pd.DataFrame,
    carbon: dict,
    table: pd.DataFrame,
    ends: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """Common regions, those first whose footprints differ most; with an ensemble A's intervals."""
    home = (
        table[(table["quantity"] == "home share") & (table["group"] == "region")]
        .set_index("region")
        .reindex(known.index)
    )
    output = [values.sum(axis=1) for values in pair.both("output")]
    mine, other = carbon["cba"]
    frame = pd.DataFrame(
        {
            "region": known.index,
            **{name: known[name].to_numpy() for name in ("name", "province", "kind")},
            "cba_a_mt": mine,
            **{name: end for name, end in ends.items() if name.startswith("cba")},
            "cba_b_mt": other,
            "cba_difference_mt": mine - other,
            "cba_ratio": np.divide(mine, other, out=np.full(mine.shape, np.nan), where=other > 0),
            "pba_a_mt": carbon["pba"][0],
            **{name: end for name, end in ends.items() if name.startswith("pba")},
            "pba_b_mt": carbon["pba"][1],
            "output_a": output[0],
            "output_b": output[1],
            "home_share_a": home["a"].to_numpy(),
            "home_share_b": home["b"].to_numpy(),
        }
    )
    return frame.iloc[np.argsort(-np.abs(mine - other), kind="stable")].reset_index(drop=True)


def side_by_side(
    a: NestedMRIO,
    b: NestedMRIO,
    common: dict[str, Matched],
    masks: dict[str, np.ndarray],
    factor: float,
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], pd.DataFrame]:
    """Compare all cells between common regions, sectors and columns, in one pass through both
    tables.

    Parameters
    ----------
    masks
        Scope -> (R, R) pairs of common regions that belong to it.
    factor
        What amounts of B are multiplied by.

    Returns
    -------
    tuple
        Sums (scope, column group, 3) of |A - B|, of A, of B, groups being `intermediate` and the
        common categories; flows of either table (n, R, R), deliveries of product i from r to s to
        all uses but stock changes; the cells that differ most (:data:`CELLS`). Amounts are in the
        unit of A.
    """
    regions, sectors, categories = (common[name] for name in ("regions", "sectors", "categories"))
    count, n = len(regions.labels), len(sectors.labels)
    uses = [
        np.concatenate([own, table.sectors.size + final])
        for table, own, final in ((a, sectors.a, categories.a), (b, sectors.b, categories.b))
    ]
    kept = np.array([True] * n + [label != a.stock_changes for label in categories.labels])
    sums = np.zeros((len(SCOPES), 1 + len(categories.labels), 3))
    flows = np.zeros((n, count, count)), np.zeros((n, count, count))
    found: list[tuple] = []
    for start in range(0, count, BLOCK):
        rows = slice(start, min(start + BLOCK, count))
        pair = [
            row_block(table, places[rows])[:, products][:, :, places][..., use] * scale
            for table, places, products, use, scale in (
                (a, regions.a, sectors.a, uses[0], 1.0),
                (b, regions.b, sectors.b, uses[1], factor),
            )
        ]
        for flow, cells in zip(flows, pair, strict=True):
            flow[:, rows] = cells[..., kept].sum(axis=3).transpose(1, 0, 2)
        gap = np.abs(pair[0] - pair[1])
        for k, values in enumerate((gap, *pair)):
            by_use = values.sum(axis=1)
            grouped = np.concatenate(
                [by_use[..., :n].sum(axis=2, keepdims=True), by_use[..., n:]], axis=2
            )
            for m, scope in enumerate(SCOPES):
                sums[m, :, k] += grouped[masks[scope][rows]].sum(axis=0)
        found += _largest(gap, pair, start)
    found = sorted(found, key=lambda cell: (-cell[0], cell[1:5]))[:LARGEST]
    columns = [*sectors.labels, *categories.labels]
    table = pd.DataFrame(
        [
            (
                regions.labels[r],
                sectors.labels[i],
                regions.labels[s],
                columns[c],
                mine,
                other,
                mine - other,
            )
            for _, r, i, s, c, mine, other in found
        ],
        columns=list(CELLS),
    )
    return sums, flows, table


def _largest(gap: np.ndarray, pair: list[np.ndarray], start: int) -> list[tuple]:
    """The cells of a block that differ most: size, their four positions, both values."""
    flat = gap.ravel()
    chosen = (
        np.argpartition(flat, -LARGEST)[-LARGEST:] if flat.size > LARGEST else np.arange(flat.size)
    )
    places = np.array(np.unravel_index(chosen[flat[chosen] > 0], gap.shape)).T
    return [
        (float(gap[*p]), start + int(p[0]), *map(int, p[1:]), *(float(cells[*p]) for cells in pair))
        for p in places
    ]
