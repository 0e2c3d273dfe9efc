"""How near an estimate is to a known truth (tables/accuracy.csv): cells, flows between cities,
footprints, shares; how many intervals hold it (uncertainty/coverage.csv).

A relative error of a footprint is |estimate - truth| / truth of one city; wape: see
:func:`.measures.wape`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
import xarray as xr

from ..analysis.affluence import is_city
from ..analysis.super_emitters import super_emitter_types
from ..base.errors import DataError
from ..base.labels import EMISSIONS, array
from ..base.units import MT
from ..footprints.footprint import SCOPES, footprints, scope_masks
from ..nested import NestedMRIO
from ..nested.dense import province_block
from ..nested.flows import pairs
from .measures import share_of_whole, spearman, wape

COLUMNS = ("quantity", "group", "value", "note")
Row = tuple[str, str, float, str]


def accuracy(
    truth: NestedMRIO,
    truth_footprints: xr.Dataset,
    estimate: NestedMRIO,
    estimate_footprints: xr.Dataset,
    regions: pd.DataFrame,
    sectors: pd.DataFrame,
) -> pd.DataFrame:
    """Compare an estimate with the truth.

    Parameters
    ----------
    truth, estimate
        Nested tables of the same regions and sectors.
    truth_footprints, estimate_footprints
        Their footprints (footprints.nc; the truth's from :func:`true_footprints`).
    regions, sectors
        regions.csv (which regions are cities) and sectors.csv (goods and services).

    Returns
    -------
    pandas.DataFrame
        quantity, group, value, note. Quantities end in ``wape``, ``bias`` (estimate minus truth),
        ``median`` or ``p90`` (relative errors over cities), ``true`` or ``estimate`` (both levels,
        for shares and counts).
    """
    of = sectors.set_index("sector")["kind"].reindex(truth.sectors).to_numpy()
    products = {"all": of != "", "goods": of == "goods", "services": of == "services"}
    cells, flows = _side_by_side(truth, estimate, [*products.values()])
    city = is_city(regions.set_index("region").loc[truth.regions]).to_numpy()
    province = dict(zip(truth.regions, truth.provinces[truth.province_of], strict=True))
    masks = scope_masks(truth.regions.tolist(), truth.regions.tolist(), province)
    prints = truth_footprints, estimate_footprints
    rows = [
        *_cells(cells, masks),
        *_accounts(truth, estimate),
        *_trade(dict(zip(products, flows, strict=True)), masks),
        *_embodied(masks, *prints, "flows", "embodied carbon"),
        *_embodied(masks, *prints, "va_flows", "embodied value added"),
        *_footprints(*prints, city),
        *_super_emitters(*prints, city),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _side_by_side(
    truth: NestedMRIO, estimate: NestedMRIO, products: Sequence[np.ndarray]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Sums of absolute errors and of absolute true cells by table, (2, origin, destination); and of
    each group of products the absolute errors and sizes of flows of a product,
    the true flows and the estimated ones, (group, 4, origin, destination).

    Works through both tables by pairs of provinces: they are never held whole.
    """
    count, width = truth.regions.size, truth.sectors.size
    tables = {"Z": slice(width), "final demand": slice(width, None)}
    sums = {name: np.zeros((2, count, count)) for name in tables}
    flows = np.zeros((len(products), 4, count, count))
    for (p, rows), (q, columns) in product(enumerate(truth.members), repeat=2):
        true, found = (province_block(table, p, q) for table in (truth, estimate))
        at = np.ix_(rows, columns)
        for name, uses in tables.items():
            for values, cells in zip(sums[name], (found - true, true), strict=True):
                values[at] = np.abs(cells[..., uses]).sum(axis=(1, 3))
        sold, guess = true.sum(axis=3), found.sum(axis=3)
        for own, chosen in zip(flows, products, strict=True):
            for values, flow in zip(
                own, (np.abs(guess - sold), np.abs(sold), sold, guess), strict=True
            ):
                values[at] = flow[:, chosen].sum(axis=1)
    return sums, flows


def _cells(sums: Mapping[str, np.ndarray], masks: Mapping[str, np.ndarray]) -> Iterator[Row]:
    """WAPE of Z and of final demand cell by cell."""
    for table, (gap, size) in sums.items():
        for scope, mask in masks.items():
            yield f"{table} wape", scope, share_of_whole(gap[mask].sum(), size[mask].sum()), ""
        yield (
            f"{table} wape",
            "all",
            share_of_whole(gap.sum(), size.sum()),
            "cell by cell, all blocks",
        )


def _accounts(truth: NestedMRIO, estimate: NestedMRIO) -> Iterator[Row]:
    """WAPE of output, value added and exports by region and sector, and of final demand by region
    and category.
    """
    for name in ("output", "value_added", "exports"):
        true, found = (table.dataset[name].values for table in (truth, estimate))
        yield f"{name} wape", "region x sector", wape(found, true), ""
    true, found = (
        (table.purchases().values + table.dataset["imports"].values)[:, truth.sectors.size :]
        for table in (truth, estimate)
    )
    yield "final demand total wape", "region x category", wape(found, true), "imports included"


def _shares(name: str, group: str, note: str, shares: Iterable[float]) -> Iterator[Row]:
    """A share in the truth, in the estimate, and what lies between."""
    true, found = map(float, shares)
    yield f"{name} true", group, true, note
    yield f"{name} estimate", group, found, ""
    yield f"{name} bias", group, found - true, "estimate minus truth"


def _trade(flows: Mapping[str, np.ndarray], masks: Mapping[str, np.ndarray]) -> Iterator[Row]:
    """Flows between cities by product, and the share of its needs that a city supplies itself."""
    scopes = {"": ~masks["same_city"], **{f", {scope}": masks[scope] for scope in SCOPES[1:]}}
    note = "part of domestic products used where they are made"
    for name, (gap, size, true, found) in flows.items():
        for scope, mask in scopes.items():
            value = share_of_whole(gap[mask].sum(), size[mask].sum())
            yield "inter-city flows wape", name + scope, value, "by product, origin and destination"
        shares = (np.trace(flow) / flow.sum() for flow in (true, found))
        yield from _shares("home share", name, note, shares)


def _embodied(
    masks: Mapping[str, np.ndarray], true: xr.Dataset, found: xr.Dataset, variable: str, name: str
) -> Iterator[Row]:
    """Embodied flows between regions, and their shares by where they come from."""
    flows = [
        pairs(result, variable).transpose("origin", "destination").values
        for result in (true, found)
    ]
    for group, mask in {"inter-city": ~masks["same_city"], **masks}.items():
        error = wape(flows[1][mask], flows[0][mask])
        yield f"{name} wape", group, error, "by origin and destination"
        shares = (flow[mask].sum() / flow.sum() for flow in flows)
        yield from _shares(f"{name} share", group, "of all footprints", shares)


def _footprints(true: xr.Dataset, found: xr.Dataset, city: np.ndarray) -> Iterator[Row]:
    """Errors of CBA and PBA over the cities, beside the naive footprint CBA = PBA scaled to the
    same total.
    """
    cba = [result["cba"].sum("category").values[city] for result in (true, found)]
    pba = [result["pba"].values[city] for result in (true, found)]
    naive = pba[1] * (cba[1].sum() / pba[1].sum())
    for name, (truth, estimate) in (("CBA", cba), ("PBA", pba), ("CBA naive", (cba[0], naive))):
        relative = np.abs(estimate / truth - 1)[truth > 0]
        note = "baseline: every city's CBA is its PBA, scaled" if name == "CBA naive" else ""
        bias = float(estimate.sum() / truth.sum() - 1)
        yield f"{name} wape", "cities", wape(estimate, truth), note
        yield f"{name} median", "cities", float(np.median(relative)), "relative error"
        yield f"{name} p90", "cities", float(np.quantile(relative, 0.9)), "relative error"
        yield f"{name} bias", "cities", bias, "of the total, relative"
        yield f"{name} rank correlation", "cities", spearman(truth, estimate), "Spearman"
    for category in true["category"].values:
        one, other = (result["cba"].sel(category=category).values[city] for result in (found, true))
        yield "CBA wape", str(category), wape(one, other), ""


def _super_emitters(
    true: xr.Dataset, found: xr.Dataset, city: np.ndarray, share: float = 0.01
) -> Iterator[Row]:
    """Super-emitters in truth and estimate, from a share of the cities' footprints up, and how many
    cities are called by their true type.
    """
    named = []
    for result in (true, found):
        cba = pd.Series(result["cba"].sum("category").values[city])
        named.append(
            super_emitter_types(
                pd.Series(result["pba"].values[city]), cba, share * float(cba.sum())
            )
        )
    is_super, called = (kinds != "none" for kinds in named)
    right = (named[0] == named[1]) & is_super
    of = f"above {share:.0%} of the cities' footprints"
    yield "super-emitters true", "cities", float(is_super.sum()), of
    yield "super-emitters estimate", "cities", float(called.sum()), ""
    yield "super-emitters in both", "cities", float((is_super & called).sum()), ""
    yield "super-emitters of the true type", "cities", float(right.sum()), ""


def coverage(summary: pd.DataFrame, truth: xr.Dataset, regions: pd.DataFrame) -> pd.DataFrame:
    """Share of cities whose interval holds the truth.

    Columns: quantity, cities, inside, truth_below, truth_above, width (median over cities,
    relative).

    Parameters
    ----------
    summary
        uncertainty/regions.csv; households' direct emissions must not be part of it, as the truth
        does not hold them.
    truth
        Footprints of the true table.
    regions
        regions.csv of the dataset: cities only are counted.
    """
    codes = regions.loc[is_city(regions).to_numpy(), "region"].tolist()
    table = summary.set_index("region").loc[codes]
    true = {
        "cba_mt": truth["cba"].sum("category").sel(region=codes).values,
        "pba_mt": truth["pba"].sel(region=codes).values,
    }
    rows = []
    for name, values in true.items():
        low, high, value = (
            table[f"{name}_low"].to_numpy(),
            table[f"{name}_high"].to_numpy(),
            values * MT,
        )
        below, above = value < low, value > high
        width = np.median((high - low) / table[name].to_numpy())
        rows.append(
            (name, len(codes), 1 - (below | above).mean(), below.mean(), above.mean(), width)
        )
    return pd.DataFrame(
        rows, columns=["quantity", "cities", "inside", "truth_below", "truth_above", "width"]
    )


def true_footprints(truth: NestedMRIO, emissions: pd.DataFrame) -> xr.Dataset:
    """Footprints of the true table (variables of footprints.nc) from truth/emissions.csv.

    Parameters
    ----------
    emissions
        region, sector, emissions (t); emissions of a sector without output are its orphans.
        Households' direct emissions are not part of the file, and so not of the result.

    Raises
    ------
    DataError
        A region and sector of the truth has no row.
    """
    table = emissions.pivot(index="region", columns="sector", values="emissions")
    table = table.reindex(index=truth.regions, columns=truth.sectors)
    if table.isna().to_numpy().any():
        region, sector = np.argwhere(table.isna().to_numpy())[0]
        raise DataError(
            f"no emissions for region {truth.regions[region]}, sector {truth.sectors[sector]}",
            where="truth/emissions.csv",
            fix="give one row per region and sector, 0 where nothing is emitted.",
        )
    values, active = table.to_numpy(), truth.dataset["output"].values > 0
    dims = ("region", "sector")
    inventory = xr.Dataset(
        {
            "emissions": array(np.where(active, values, 0.0), dims, EMISSIONS, "emissions"),
            "orphan": array(
                np.where(active, 0.0, values),
                dims,
                EMISSIONS,
                "emissions of sectors without output",
            ),
            "household_emissions": array(
                np.zeros(truth.regions.size), ("region",), EMISSIONS, "not in the truth"
            ),
        },
        coords={"region": truth.regions, "sector": truth.sectors},
    )
    return footprints(truth, inventory)
