"""Step 1 and 2 of a province: outputs, value added, trade and demand of its cities (method sections 1 and 2, 16 R5, R6, R8).

Whatever is known about a city enters as a linear observation on its sectors; what is not known follows the province.
All totals of the province are kept exactly.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from ..base import roundoff
from ..base.errors import BalanceError, DataError
from ..base.labels import array
from ..base.tolerances import SOLVED, TINY
from ..entropy import capped_proportional
from ..trade.priors.kernel import home_shares
from ..trade.priors.table import fitted
from .demand import final_demand_prior, redistribute, tilt_factor
from .imports import bought_at_home, import_rows, observed_imports, product_mix
from .observations import Observations, gather
from .observed_demand import final_demand_goals, meet_final_demand
from .outputs import city_outputs, outputs_from_emissions
from .province import Province, Step
from .reference import reference
from .totals import Total, meet_totals, totals_by_sector
from .value_added import city_value_added


def city_accounts(province: Province) -> tuple[xr.Dataset, pd.DataFrame]:
    """Accounts of the cities of one province.

    Returns
    -------
    accounts
        cities/<p>/accounts.nc (region, sector, use, category), money in the unit of the dataset.
    report
        Diagnostics: level gaps, imputed, capped and softened items, certificates.

    Raises
    ------
    BalanceError
        A cap lies below its total (exports above output, value added above (1 - va_delta) of output).
    DataError
        An observation cannot be used.
    """
    step, block, config = province.step("city_accounts", "accounts"), province.block, province.config
    codes, names, final = province.codes, province.names, province.final
    if province.by_product and block.import_table is None:
        raise DataError(
            "cities.import_mode is 'by_product', but the provincial MRIO has no imports by product",
            where=step.place,
            fix="set cities.import_mode: by_use.",
        )
    data = gather(province, step)
    known = {quantity: totals_by_sector(table, codes, names) for quantity, table in data.totals.items()}
    output = city_outputs(province, data, step)
    if config.emissions_enter == "output" and len(codes) > 1:
        output = outputs_from_emissions(province, output, data.emissions, step)
    output = meet_totals(step, "output", output, block.output, known["output"], names)
    total = block.output
    share = np.divide(output, total, out=np.zeros_like(output), where=total > 0)
    whole = output.sum()
    size = output.sum(axis=1) / whole if whole > 0 else np.full(len(codes), 1 / len(codes))
    stock_share = np.where(total[None] > 0, share, size[:, None])
    value_added = city_value_added(province, output, data, step)

    intermediate = output @ province.coefficients.T
    prior = final_demand_prior(province, intermediate, value_added)
    if province.factors is not None:
        prior = redistribute(prior, province.factor("demand"))
    stocks = block.local[:, province.stocks].sum(axis=1) + block.outgoing[:, province.stocks].sum(axis=1)
    room = share * (total - stocks - block.error)
    exports = _exports(province, room, data, step)
    exports = meet_totals(step, "exports", exports, block.exports, known["exports"], names, cap=room)
    supply = roundoff.difference(room - exports, output)
    supply = np.where(supply > 0, supply, 0.0)
    if config.demand_tilt and len(codes) > 1:
        factor = _tilt(province, intermediate + prior.sum(axis=2), supply, step)
        intermediate, prior = intermediate * factor, prior * factor[:, :, None]
    categories = [str(name) for name in province.uses[final]]
    seen = data.final_demand.reindex(index=codes, columns=categories).to_numpy()
    goal = final_demand_goals(step, seen, prior, block.imports[final] * (not province.by_product), categories)
    prior = meet_final_demand(step, prior, goal, products=names, categories=categories)
    imports = import_rows(province, output, prior, size)
    if known["imports"] and not province.by_product:
        mix = product_mix(block.import_table, known["imports"], len(province.uses), step.place)
        imports = observed_imports(province, step, imports, mix, output, value_added, size)
        intermediate = bought_at_home(province, intermediate, imports, output, value_added)
    demand = intermediate + prior.sum(axis=2)
    imports_product = np.zeros_like(demand)
    if province.by_product:
        imports_product = _imports_by_product(province, demand, known["imports"], size, step)
        demand = roundoff.difference(demand - imports_product, demand)
        demand = np.where(demand > 0, demand, 0.0)
    by_sector = {
        "output": (output, "total output x"),
        "value_added": (value_added, "value added v"),
        "exports": (exports, "exports abroad"),
        "error": (stock_share * block.error, "share of the provincial error account"),
        "imports": (imports, "imports used by each column"),
        "imports_product": (imports_product, "imports by product (mode by_product)"),
        "supply": (supply, "supply to the nation, without exogenous columns"),
        "demand": (demand, "demand for products of the nation, without exogenous columns"),
        "inventory_share": (stock_share, "share of a city in the exogenous cells"),
        "intermediate_demand": (intermediate, "intermediate demand by product"),
        "final_demand": (prior.sum(axis=2), "final demand by product, without inventories"),
    }
    return _labelled(province, by_sector, prior, goal), step.report.table()


def _labelled(
    province: Province, by_sector: dict[str, tuple[np.ndarray, str]], final: np.ndarray, observed: np.ndarray
) -> xr.Dataset:
    """cities/<p>/accounts.nc; final demand (region, sector, category) and what is observed of it get all categories."""
    category, unit = province.category, province.unit
    at = [category.index(province.uses[k]) for k in province.final]
    by_category = np.zeros((*final.shape[:2], len(category)))
    by_category[:, :, at] = final
    total = np.full((len(final), len(category)), np.nan)
    total[:, at] = np.where(np.isfinite(observed), final.sum(axis=1), np.nan)
    dims = {"imports": ("region", "use")}
    units = {"inventory_share": "1"}
    title = "final demand where it is observed, as step 2 keeps it; NaN elsewhere"
    return xr.Dataset(
        {
            **{
                name: array(values, dims.get(name, ("region", "sector")), units.get(name, unit), title)
                for name, (values, title) in by_sector.items()
            },
            "final_prior": array(by_category, ("region", "sector", "category"), unit, "final demand by product and category"),
            "final_total": array(total, ("region", "category"), unit, title),
        },
        coords={"region": province.codes, "sector": province.names, "use": province.uses, "category": category},
        attrs={**province.attributes, "import_mode": province.config.import_mode},
    )


def _tilt(province: Province, by_ratio: np.ndarray, supply: np.ndarray, step: Step) -> np.ndarray:
    """Factor on demand (region, sector) that lets it lean towards the city's own supply (method section 17)."""
    names = province.names
    ends = [part[:, province.kept].sum(axis=1) for part in (province.block.outgoing, province.block.rest)]
    home = home_shares(supply, by_ratio, *ends, reference(province, step.place))
    for sector, share in zip(names, home, strict=True):
        step.report.add("home share of the demand tilt", share, sector=sector)
    return tilt_factor(by_ratio, supply, home ** fitted(province.priors, "kappa", names, step.place))


def _imports_by_product(province: Province, demand: np.ndarray, known: list[Total], size: np.ndarray, step: Step) -> np.ndarray:
    """Imports of cities by product (region, sector): in proportion to demand, or as they are observed (method 1d, mode A)."""
    table = province.block.import_table[:, np.concatenate([province.industry, province.final])]
    result = np.zeros_like(demand)
    for i, name in enumerate(province.names):
        result[:, i], _, _ = capped_proportional(demand[:, i], float(table[i].sum()), demand[:, i])
        step.report.add("imports by product", float(table[i].sum()), sector=name)
    if not known:
        return result
    stored = province.block.import_table[:, province.stocks].sum(axis=1)
    goal = [replace(d, value=d.value - size[d.city] * float(stored @ d.weights)) for d in known]
    return meet_totals(step, "imports", result, table.sum(axis=1), goal, province.names, cap=demand)


def _exports(province: Province, room: np.ndarray, data: Observations, step: Step) -> np.ndarray:
    """Exports of cities: observed or by output share, at most what the city supplies (method 1c)."""
    total, names, drawn = province.block.exports, province.names, province.factor("exports")
    result = np.zeros_like(room)
    observed = data.exports.reindex(columns=names).to_numpy()
    for i, name in enumerate(names):
        if total[i] == 0:
            continue
        by_supply = room[:, i] * drawn[:, i]
        prior = np.where(np.isnan(observed[:, i]), by_supply / max(by_supply.sum(), TINY) * total[i], observed[:, i])
        cap, amount = room[:, i], float(total[i])
        available = float(cap.sum())
        if amount > available * (1 + SOLVED):
            raise BalanceError(
                f"exports {amount:.6g} exceed what the cities can supply, {available:.6g}, by {amount - available:.6g}",
                where=f"{step.place}, sector {name}",
                fix="correct exports, stock changes or output of the province.",
            )
        amount = min(amount, available)
        if prior[cap > 0].sum() <= 0 or cap[prior > 0].sum() < amount:
            prior = prior + amount * cap / available
            step.report.add("exports spread by supply", amount, sector=name, note="reported exporters cannot supply it")
        result[:, i], factor, capped = capped_proportional(prior, amount, cap)
        if np.any(capped) and np.sum(capped) < len(cap):
            step.report.add("capped exports", float(np.sum(capped)), sector=name, note=f"factor {factor:.6g}")
    return result
