"""Accounts of regions and provinces from the blocks of their tables (docs/tables-of-regions.md).

A block of other regions' products says what a region buys in its country, not where; a column of
deliveries what it sells, not to whom. Which of it stays inside a province, and which region made
the products that another one exports, is estimated: trade between the regions by doubly constrained
entropy with a gravity reference (method section 5), from those printed margins.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ....base.diagnostics import Diagnostics
from ....base.errors import DataError, raise_faults
from ....config.models import Provinces, Solver
from ....trade.distances import kernel
from ....trade.flows import zero_diagonal_trade
from ...printed_trade import RE_EXPORTS, say, settle
from .blocks import Blocks
from .lists import BLOCKS


@dataclass(frozen=True)
class Accounts:
    """Accounts of the regions, shapes (region, sector) and (region, sector, use).

    Attributes
    ----------
    total_use
        Home, other regions' and foreign products together; re-exports and products that pass
        through left out.
    imports_use, inflow_use
        The parts from other countries and from other regions; None where a file prints all uses
        together.
    exports, imports
        Of own products to, and for own use from, other countries.
    moved
        Part of `exports` that other regions print as exports of products which they bought here.
    sales, purchases
        Trade with other regions without what passes through.
    trade
        Estimated trade, shape (sector, region, region): its rows are `sales`, its columns
        `purchases`; None where nothing needed it.
    error
        What rows leave open.
    reexports, transit, gap
        Sums for the notes: foreign products sold abroad again, other regions' products sold abroad,
        and the absolute difference between what regions sell to and buy from one another.
    """

    total_use: np.ndarray
    imports_use: np.ndarray | None
    inflow_use: np.ndarray | None
    exports: np.ndarray
    imports: np.ndarray
    moved: np.ndarray
    sales: np.ndarray
    purchases: np.ndarray
    trade: np.ndarray | None
    error: np.ndarray
    reexports: float
    transit: float
    gap: float


def accounts(blocks: Blocks, regions: pd.DataFrame, where: str) -> Accounts:
    """Accounts of every region.

    Sales between regions are brought to purchases, product by product (the printed ones differ);
    `error` takes the difference.

    Parameters
    ----------
    regions
        region, province, lon, lat, area_km2, in the order of `blocks.regions`.

    Raises
    ------
    DataError
        Purchases from other regions without deliveries to them, or the other way round.
    BalanceError
        Sales and purchases of a region exceed all trade of a product.
    """
    nothing = np.zeros_like(blocks.output)
    uses = {
        name: blocks.uses.get(
            name, np.zeros((*nothing.shape, nothing.shape[1] + len(blocks.categories)))
        )
        for name in BLOCKS
    }
    passing = blocks.sold("regions", "exports")
    printed = blocks.sold("home", "outflow") + blocks.sold("total", "outflow")
    purchases = uses["regions"].sum(axis=2) + passing + blocks.sold("total", "inflow")
    sold, bought = printed.sum(axis=0), purchases.sum(axis=0)
    raise_faults(
        [
            DataError(
                f"regions sell {sold[j]:.6g} of product {blocks.sectors[j]} to one another and "
                f"buy {bought[j]:.6g}",
                where=where,
                fix="give both: deliveries to other regions (outflow), and the block of other "
                "regions' products (or inflow).",
            )
            for j in np.flatnonzero((sold > 0) != (bought > 0))
        ]
    )
    sales = printed * np.divide(bought, sold, out=np.zeros_like(bought), where=sold > 0)
    several = regions["province"].duplicated().any()
    trade, moved = None, nothing
    if several or passing.any():
        trade = zero_diagonal_trade(
            sales,
            purchases,
            kernel(regions, prior="power", theta=Provinces().theta),  # as between provinces
            regions=regions["region"].tolist(),
            sectors=blocks.sectors,
            name="trade between regions",
            solver=Solver(),
            report=Diagnostics("trade between regions"),
        )
        kept = 1 - np.divide(passing, purchases, out=np.zeros_like(passing), where=purchases > 0)
        moved = (trade * (1 - kept.T)[:, None, :]).sum(axis=2).T
        trade = trade * kept.T[:, None, :]
        sales, purchases = trade.sum(axis=2).T, trade.sum(axis=1).T
    total = sum(uses.values(), np.zeros(()))
    exports = blocks.sold("home", "exports") + blocks.sold("total", "exports") + moved
    imports = uses["abroad"].sum(axis=2) + blocks.sold("total", "imports")
    again = sum((blocks.sold(block, RE_EXPORTS) for block in BLOCKS), nothing)
    if again.any():
        columns = {"exports": exports, "imports": imports, RE_EXPORTS: again}
        printed = {name: v.ravel() for name, v in (columns | {"output": blocks.output}).items()}
        places = [f"{sector} of {region}" for region in blocks.regions for sector in blocks.sectors]
        use = (total.sum(axis=2) + sales - purchases).ravel()
        settled, notes = settle(use, printed, places, 0.0, where)
        exports, imports = (settled[n].reshape(again.shape) for n in ("exports", "imports"))
        say(notes, where)
    apart = "total" not in blocks.uses
    return Accounts(
        total_use=total,
        imports_use=uses["abroad"] if apart else None,
        inflow_use=uses["regions"] if apart else None,
        exports=exports,
        imports=imports,
        moved=moved,
        sales=sales,
        purchases=purchases,
        trade=trade,
        error=blocks.output - total.sum(axis=2) - exports + imports - sales + purchases,
        reexports=float((blocks.sold("abroad", "exports") + again).sum()),
        transit=float(passing.sum()),
        gap=float(np.abs(sold - bought).sum()),
    )


def provincial(found: Accounts, members: np.ndarray) -> dict[str, np.ndarray]:
    """Accounts of a province: sums over its regions (positions `members`), without their trade with
    one another.
    """
    parts = {
        name: getattr(found, name)[members].sum(axis=0)
        for name in ("total_use", "exports", "imports", "error")
    }
    sales, purchases = found.sales[members], found.purchases[members]
    if found.trade is not None:
        others = np.setdiff1d(np.arange(len(found.exports)), members)
        sales = found.trade[:, members[:, None], others].sum(axis=2).T
        purchases = found.trade[:, others[:, None], members].sum(axis=1).T
    parts |= {"outflow": sales.sum(axis=0), "inflow": purchases.sum(axis=0)}
    if found.imports_use is not None and found.inflow_use is not None:
        own = found.inflow_use[members]
        bought = own.sum(axis=2)
        share = np.divide(
            purchases, bought, out=np.zeros_like(bought), where=bought > 0
        )  # from outside the province
        parts |= {
            "imports_use": found.imports_use[members].sum(axis=0),
            "inflow_use": (own * share[:, :, None]).sum(axis=0),
        }
    return parts
