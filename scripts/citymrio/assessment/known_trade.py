"""A finished run beside a known table of its regions: trade, home shares, footprints
(tables/known_trade.csv, known_flows.csv).

The estimate was made without the known table; only regions that both have are compared. Footprints
of the known table are those of the run's own intensities (emissions over output by region and
sector) on the known flows, so that they differ by trade alone.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..base.concordance import read_pairs
from ..base.errors import DataError, warn
from ..base.money import unit_in
from ..base.printed_names import match_codes
from ..base.units import MT
from ..nested import NestedMRIO
from ..nested.dense import row_block
from .known_table import Cells, embodied_flows, read_cells
from .measures import share_of_whole, spearman, wape

COLUMNS = ("quantity", "group", "region", "estimate", "known", "value", "note")
FLOWS = ("origin", "destination", "estimate", "known")
#: Largest factor between the outputs of both: beyond it they are in different units.
UNIT_FACTOR = 5.0
LABELS = ("run", "known")


def beside_known_table(
    nested: NestedMRIO,
    inventory: xr.Dataset,
    footprints: xr.Dataset,
    tables: dict[str, pd.DataFrame],
    path: str,
    labels: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare a run with a known table.

    Parameters
    ----------
    nested, inventory, footprints
        nested/mrio.nc, footprint/emissions.nc, footprint/footprints.nc of the run.
    tables
        regions, sectors, final_demand of the dataset.
    path
        The known table (docs/accuracy.md), in the run's unit of money. It may have other regions
        beside the run's.
    labels
        A list (kind, run, known) of regions and sectors that have another name in the known table;
        kind is region or sector.

    Returns
    -------
    tuple
        known_trade.csv and known_flows.csv (trade between two regions, all products together).

    Raises
    ------
    DataError
        A region or sector of the run that the known table does not have; levels that show another
        unit.
    """
    known, arrays = read_cells(path)
    places, titles = ([*map(str, arrays[name])] for name in ("regions", "sectors"))
    codes = [*map(str, arrays.get("codes", titles))]
    names = read_pairs(labels, sides=LABELS)
    for kind, own in (("region", nested.regions), ("sector", nested.sectors)):
        if unknown := [label for label, _ in names[kind] if label not in own]:
            raise DataError(
                f"the run has no {kind} '{unknown[0]}'", where=str(labels), fix="correct the row."
            )
    called = _by_name(path, codes, titles, tables["sectors"]) | dict(names["sector"])
    place = _positions(
        [dict(names["region"]).get(r, r) for r in nested.regions], places, "region", path
    )
    product = _positions([called[s] for s in nested.sectors], codes, "sector", path)
    if len(product) != len(codes):
        lacking = [code for k, code in enumerate(codes) if k not in set(product)]
        raise DataError(
            f"the run has no sector for {', '.join(lacking)}",
            where=path,
            fix="compare tables of the same sectors.",
        )
    level = known.output[np.ix_(place, product)].sum() / nested.dataset["output"].values.sum()
    if not 1 / UNIT_FACTOR < level < UNIT_FACTOR:
        unit = unit_in(nested.dataset)
        raise DataError(
            f"its output is {level:.4g} times the run's, which is in {unit}",
            where=path,
            fix=f"bring it to {unit}.",
        )
    stocks = (
        tables["final_demand"]
        .loc[tables["final_demand"]["role"] == "stock_changes", "category"]
        .tolist()
    )
    flows = _estimated(nested, stocks), known.trade()[np.ix_(product, place, place)]
    kind = tables["sectors"].set_index("sector")["kind"].reindex(nested.sectors).to_numpy()
    total = nested.dataset["output"].values.sum(), known.output[place].sum()
    rows = [
        ("output", "all", "", *total, np.nan, "sum of all regions"),
        *trade_rows(flows, kind, nested.regions.tolist(), nested.province_of),
        *_footprints(nested, inventory, footprints, known, place, product),
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    pairs = [
        (origin, destination, flows[0][:, r, s].sum(), flows[1][:, r, s].sum())
        for r, origin in enumerate(nested.regions)
        for s, destination in enumerate(nested.regions)
        if r != s
    ]
    return table, pd.DataFrame(pairs, columns=list(FLOWS))


def _by_name(
    path: str, codes: list[str], titles: list[str], sectors: pd.DataFrame
) -> dict[str, str]:
    """Sector of the run -> code of the known table that has its name (itself with its name where
    there is none); a warning where the known table has no names beside its codes.
    """
    own = {str(code): f"{code} {name}" for code, name in sectors[["sector", "name"]].to_numpy()}
    coded = all(title.endswith(code) for title, code in zip(titles, codes, strict=True))
    if coded and not {*titles} & {*sectors["name"]}:  # 01, or S01
        warn(
            where=Path(path).name,
            what="sector codes are taken at their word",
            value=f"{len(codes)} codes without names",
            expectation="an array `sectors` of names beside `codes`",
            effect="The same codes of another classification may mean other sectors, and nothing "
            "would tell. Fix: add the names, or name the run's own in assessment.known_labels.",
        )
        return {code: code for code in own}
    printed = {code: [name] for code, name in zip(codes, titles, strict=True)}
    found = match_codes(printed, sectors, Path(path).name)
    return own | {mine: code for code, mine in found.items() if mine}


def _positions(wanted: list[str], there: list[str], kind: str, path: str) -> np.ndarray:
    if lacking := [name for name in wanted if name not in there]:
        raise DataError(
            f"there is no {kind} {', '.join(map(repr, lacking[:8]))} (there are: "
            f"{', '.join(there[:6])} ...)",
            where=Path(path).name,
            fix="name it in the list assessment.known_labels (kind, run, known).",
        )
    return np.array([there.index(name) for name in wanted])


def _estimated(nested: NestedMRIO, stocks: list[str]) -> np.ndarray:
    """Deliveries (sector, origin, destination) to all uses but stock changes."""
    kept = ~np.isin(nested.dataset["use"].values.astype(str), stocks)
    sold = np.empty((nested.regions.size, nested.sectors.size, nested.regions.size))
    for rows in nested.members:
        sold[rows] = row_block(nested, rows)[..., kept].sum(axis=3)
    return np.ascontiguousarray(sold.transpose(1, 0, 2))


def sum_row(quantity: str, group: str, pair: tuple[np.ndarray, np.ndarray], note: str) -> tuple:
    """A row of sums of both sides, and of how far their values lie apart."""
    found, true = pair
    return quantity, group, "", found.sum(), true.sum(), wape(found, true), note


def value_row(quantity: str, value: float, note: str, group: str = "regions") -> tuple:
    """A row of one value, without sums."""
    return quantity, group, "", np.nan, np.nan, value, note


def trade_rows(
    flows: tuple[np.ndarray, np.ndarray],
    kind: np.ndarray,
    regions: Sequence[str],
    province: np.ndarray | None = None,
) -> Iterator[tuple]:
    """Trade between regions by product, by pair alone, inside and across provinces, and home shares
    in all and by region.

    Parameters
    ----------
    flows
        Estimate and known (sector, origin, destination).
    kind
        (n,) `goods` or `services`.
    province
        (region,): its province; None: trade inside and across provinces is not told apart.
    """
    groups = {
        "all": np.ones(kind.size, dtype=bool),
        "goods": kind == "goods",
        "services": kind == "services",
    }
    found, true = flows
    off, cell = ~np.eye(len(regions), dtype=bool), "WAPE by product and pair"
    for group, chosen in groups.items():
        pair = found[chosen][:, off], true[chosen][:, off]
        yield sum_row("trade between regions", group, pair, cell)
    pair = found.sum(axis=0)[off], true.sum(axis=0)[off]
    yield sum_row("trade between pairs", "all", pair, "WAPE, products together")
    if province is not None:
        same = province[:, None] == province
        for where, pairs in (("inside", off & same), ("across", off & ~same)):
            pair = found[:, pairs], true[:, pairs]
            yield sum_row(f"trade {where} provinces", "all", pair, cell)
    note = (
        "part of domestic products used where they are made; stock changes left out; "
        "value: estimate less known"
    )
    for group, chosen in groups.items():
        shares = [
            share_of_whole(np.einsum("irr->", flow[chosen]), flow[chosen].sum()) for flow in flows
        ]
        yield "home share", group, "", *shares, shares[0] - shares[1], note
    note = "of the domestic products it uses; stock changes left out"
    for r, region in enumerate(regions):
        shares = [share_of_whole(flow[:, r, r].sum(), flow[:, :, r].sum()) for flow in flows]
        yield "home share", "region", region, *shares, shares[0] - shares[1], note


def _footprints(
    nested: NestedMRIO,
    inventory: xr.Dataset,
    footprints: xr.Dataset,
    known: Cells,
    place: np.ndarray,
    product: np.ndarray,
) -> Iterator[tuple]:
    """Footprints of the run beside those of its intensities on the known table, Mt."""
    emitted = nested.align(inventory["emissions"], "emissions").values
    output = nested.dataset["output"].values
    intensity = np.zeros_like(known.output)
    intensity[np.ix_(place, product)] = np.divide(
        emitted, output, out=np.zeros_like(emitted), where=output > 0
    )
    flows = embodied_flows(known.output, known.z, known.f, intensity * known.output)
    true = flows.sum(axis=(0, 1))[place] * MT
    found = footprints["cba"].sum("category").sel(region=nested.regions).values * MT
    own = footprints["pba"].sel(region=nested.regions).values
    return footprint_rows(found, true, own, nested.regions.tolist())


def footprint_rows(
    found: np.ndarray, true: np.ndarray, own: np.ndarray, regions: Sequence[str]
) -> Iterator[tuple]:
    """Footprints beside the known ones, Mt, in all and by region, and beside those of CBA = PBA
    (production emissions `own`).
    """
    naive = own * (true.sum() / own.sum())
    note = "Mt CO2, without households; value: relative difference"
    yield "footprint", "all", "", found.sum(), true.sum(), found.sum() / true.sum() - 1, note
    yield value_row("footprint wape", wape(found, true), "sum of differences over sum")
    scaled = "production emissions, scaled to the sum"
    yield value_row("footprint wape, CBA = PBA", wape(naive, true), scaled)
    yield value_row("footprint rank correlation", spearman(found, true), "Spearman")
    yield value_row("footprint rank correlation, CBA = PBA", spearman(naive, true), "Spearman")
    for region, mine, other in zip(regions, found, true, strict=True):
        difference = mine / other - 1 if other else np.nan
        yield "footprint", "region", region, mine, other, difference, note
