"""The provincial system of one member of the ensemble: what the balance of the provinces leaves
open, closed anew.
"""

from typing import Any

import numpy as np
import xarray as xr

from ..base.errors import BalanceError
from ..base.projections import log_or_zero, ratio
from ..base.vocabulary import SOURCES
from . import steps
from .dispersion import posterior_variance, split_deviations

#: Attribute `calibrate` of the system of a provincial MRIO that was supplied: its trade is data.
SUPPLIED = "supplied"


def is_open(system: xr.Dataset) -> bool:
    """Whether the system leaves anything open: not where the MRIO was supplied, nor where use is
    printed by source.
    """
    return system.attrs.get("calibrate") != SUPPLIED and not any(name in system for name in SOURCES)


def drawn_system(
    system: xr.Dataset, hauling: xr.DataArray, final: xr.DataArray, cap: float
) -> xr.Dataset:
    """The balanced system with drawn final demand and cross-hauling.

    Output, value added, intermediate use, exports and the error account stay, and so do the
    nation's final demand and imports of every product. Demand moves between provinces and
    categories (cells of a product times their factors, brought to the same sum); imports follow
    use. With supply S = X - EX - ERR and demand D = U - IM, M = min(S, D) is what a province can
    make for itself and c = min(OUT, INF) / M the part of it that is cross-hauled instead. The odds
    c / (1 - c) are multiplied by their factor, so that 0 <= c <= 1 needs no bound, and

        OUT = c M + max(S - D, 0),   INF = c M + max(D - S, 0),   LOC = (1 - c) M:

    rows, columns and the nation close for every c. A system that leaves nothing open
    (:func:`is_open`) stays.

    Parameters
    ----------
    hauling
        Factors (province, sector) on the odds of cross-hauling, with median 1.
    final
        Factors (province, use) on categories of final demand.
    cap
        `provinces.trade_cap`: the most of its use that a province can import.

    Raises
    ------
    BalanceError
        The drawn demand of the provinces cannot hold the nation's imports of a product.
    """
    if not is_open(system):
        return system
    parts, use = _accounts(system)
    order = {name: parts.pop(name) for name in ("outflow", "inflow", "transit")}
    share, _ = hauled_share(system)
    factor = (
        hauling.sel(province=system["province"], sector=system["sector"])
        .transpose("province", "sector")
        .values
    )
    share = share * factor / (1 - share + share * factor)
    moved = _moved_demand(use, system, final)
    imports = _imports(
        parts["imports"], use.sum(axis=2), moved.sum(axis=2), cap, system["sector"].values
    )
    supply, demand = steps.supply_demand({**parts, "use": moved, "imports": imports})
    net = steps.without_untraded(
        supply - demand, order["outflow"], order["inflow"], supply + demand
    )
    hauled = share * np.minimum(supply, demand)
    found = {
        "imports": imports,
        "outflow": hauled + np.maximum(net, 0.0),
        "inflow": hauled + np.maximum(-net, 0.0),
        "local": np.minimum(supply, demand) - hauled,
    }
    transit = order["transit"].copy()
    steps.remove_cross_hauling(found, transit)
    dims = ("province", "sector")
    changed: dict[str, tuple[tuple[str, ...], np.ndarray, dict[Any, Any]]] = {
        name: (dims, values, system[name].attrs)
        for name, values in {**found, "transit": transit}.items()
    }
    changed["total_use"] = (("province", "sector", "use"), moved, system["total_use"].attrs)
    return system.assign(changed)


def _accounts(system: xr.Dataset) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Accounts of the provinces (province, sector), and their use (province, sector, use)."""
    names = ("output", "exports", "imports", "error", "outflow", "inflow", "transit")
    parts = {name: system[name].transpose("province", "sector").values for name in names}
    return parts, system["total_use"].transpose("province", "sector", "use").values


def hauled_share(system: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """What is cross-hauled of what a province can make for itself, and that (province, sector)."""
    parts, use = _accounts(system)
    supply, demand = steps.supply_demand({**parts, "use": use})
    room = np.minimum(supply, demand)
    # above 1 by round-off only
    return np.minimum(ratio(np.minimum(parts["outflow"], parts["inflow"]), room), 1.0), room


def shrink_hauling(system: xr.Dataset, sd: float) -> tuple[xr.DataArray, float]:
    """Factors (province, sector) on printed odds of cross-hauling that give what is expected of the
    true ones, which differ less between provinces of a size; and the log standard deviation of
    errors that is left.

    As :func:`~.dispersion.shrink_inventories`, by province alone, around a line on the log of what
    a province can make for itself: large provinces cross-haul less of it.

    Parameters
    ----------
    sd
        Log standard deviation of the errors of a province.
    """
    labels = {name: system[name] for name in ("province", "sector")}
    factors = np.ones([len(of) for of in labels.values()])
    if not is_open(system):
        return xr.DataArray(factors, labels), sd
    share, room = hauled_share(system)
    hauled = (share * room).sum(axis=0)
    odds = ratio(share, 1 - share) * room  # 0 where all is cross-hauled, which has no odds
    level, around = split_deviations(odds, ratio(hauled, room.sum(axis=0) - hauled) * room)
    known = np.isfinite(around).any(axis=1)
    if known.sum() > 1:
        size = log_or_zero(room[known].sum(axis=1))
        line = np.column_stack([np.ones_like(size), size - size.mean()])
        slope, _, rank, _ = np.linalg.lstsq(line, level[known])
        around, freedom = level[known] - line @ slope, known.sum() - rank
        seen = max(around @ around / max(freedom, 1) - sd**2, 0.0)
        error = sd**2 / (sd**2 + posterior_variance("province_hauling_sd", seen, freedom))
        factors[known] = np.exp(-error * around)[:, None]
        sd = float(sd * np.sqrt(1 - error))
    return xr.DataArray(factors, labels), sd


def _moved_demand(use: np.ndarray, system: xr.Dataset, final: xr.DataArray) -> np.ndarray:
    """Use with final demand moved between provinces and categories: what is above 0 of a product,
    its sum kept.
    """
    moved, places = use.copy(), system.indexes["use"].get_indexer(final["use"].values)
    cells = use[:, :, places]
    before = np.maximum(cells, 0.0)
    factor = final.sel(province=system["province"]).transpose("province", "use").values
    after = before * factor[:, None, :]
    total = after.sum(axis=(0, 2))
    scale = np.divide(before.sum(axis=(0, 2)), total, out=np.ones_like(total), where=total > 0)
    moved[:, :, places] = cells - before + after * scale[:, None]
    return moved


def _imports(
    imports: np.ndarray, before: np.ndarray, after: np.ndarray, cap: float, sectors: np.ndarray
) -> np.ndarray:
    """Imports (province, sector) that follow use, with the nation's total of every product kept."""
    if (after == before).all():
        return imports
    share = np.divide(imports, before, out=np.zeros_like(imports), where=before > 0)
    result = np.zeros_like(imports)
    for i, sector in enumerate(sectors):
        if (after[:, i] < 0).any():
            raise BalanceError(
                "the fall of stocks exceeds all other use after the draw",
                where=f"sector {sector}",
                fix="a smaller spread.",
            )
        result[:, i], _ = steps.capped_total(
            share[:, i] * after[:, i],
            float(imports[:, i].sum()),
            np.maximum(cap, share[:, i]) * after[:, i],
            what="imports",
            where=f"drawn provinces, sector {sector}",
        )
    return result
