"""Step 1 and 2 of a province: outputs, value added, trade and demand of its cities (method sections 1 and 2, 16 R5, R6, R8).

Whatever is known about a city enters as a linear observation on its sectors; what is not known follows the province.
All totals of the province are kept exactly.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import scipy.sparse as sp
import xarray as xr

from ..base import roundoff
from ..base.errors import BalanceError, DataError
from ..base.labels import array
from ..base.money import unit_in
from ..base.notices import GAP, warn, warn_level
from ..base.tolerances import SOLVED, SUMS, TINY
from ..config.models import Cities, Solver
from ..entropy import EntropyModel, capped_proportional
from ..trade.flows import diagnostics
from ..trade.priors import fitted, home_shares
from .demand import final_demand_prior, redistribute, tilt_factor
from .imports import bought_at_home, import_rows, observed_imports, product_mix
from .observations import gather, sets_of
from .observed_demand import final_demand_goals, meet_final_demand
from .outputs import outputs_from_emissions
from .reference import reference
from .totals import meet_totals, totals_by_sector


def province_block(mrio: xr.Dataset, province: str) -> dict[str, np.ndarray]:
    """The province's own part of the MRIO: local (i, c), rest (i, c) from other provinces, imports, accounts by sector."""
    table = mrio["table"].sel(destination=province).transpose("origin", "sector", "use").values
    own = mrio.indexes["origin"].get_loc(province)
    outgoing = mrio["table"].sel(origin=province).transpose("destination", "sector", "use").values
    block = {
        "local": table[own],
        "rest": np.delete(table, own, axis=0).sum(axis=0),
        "outgoing": np.delete(outgoing, own, axis=0).sum(axis=0),
        "imports": mrio["imports"].sel(province=province).values,
        "import_table": mrio["import_table"].sel(province=province).values if "import_table" in mrio else None,
    }
    for name in ("output", "exports", "error", "value_added"):
        block[name] = mrio[name].sel(province=province).values
    return block


def city_accounts(
    mrio: xr.Dataset,
    province: str,
    regions: pd.DataFrame,
    observations: pd.DataFrame,
    sectors: pd.DataFrame,
    final_demand: pd.DataFrame,
    config: Cities,
    solver: Solver,
    emission_intensity: xr.DataArray | None = None,
    priors: pd.DataFrame | None = None,
    factors: xr.Dataset | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Accounts of the cities of one province.

    Parameters
    ----------
    mrio
        provinces/mrio.nc.
    regions, observations, sectors, final_demand
        Tables of the dataset (docs/contracts.md); observations of this province.
    emission_intensity
        Provincial t CO2 per 10^4 of the currency by sector: needed for ``emissions_enter: output`` only.
    priors
        priors/priors.csv: needed for ``demand_tilt`` only.
    factors
        One draw of the ensemble: factors `output`, `exports` and `demand` (region, sector) on what is not observed.

    Returns
    -------
    accounts
        cities/<p>/accounts.nc (region, sector, use, category), money in 10^4 of the currency.
    report
        Diagnostics: level gaps, imputed, capped and softened items, certificates.

    Raises
    ------
    BalanceError
        A cap lies below its total (exports above output, value added above (1 - va_delta) of output).
    DataError
        An observation cannot be used.
    """
    block = province_block(mrio, province)
    cities = regions.loc[regions["province"] == province].reset_index(drop=True)
    codes, names = cities["region"].tolist(), sectors["sector"].tolist()
    uses = mrio.indexes["use"]
    industry, category = uses.get_indexer(names), [c for c in uses if c not in set(names)]
    inventory = final_demand.loc[final_demand["role"] == "inventory", "category"].tolist()
    place = f"city_accounts, province {province}"
    rows: list[dict] = []
    data = gather(observations, cities, sectors, rows)

    output = _outputs(block["output"], data, cities, sectors, rows, place, _factor(factors, "output", codes, names))
    if config.emissions_enter == "output" and len(codes) > 1:
        output = outputs_from_emissions(
            output, block["output"], emission_intensity, data, cities, sectors, config, solver, rows, place
        )
    meet = partial(meet_totals, codes=codes, place=place, rho=config.rho_gdp, solver=solver, rows=rows)
    known = {quantity: totals_by_sector(table, codes, names) for quantity, table in data.totals.items()}
    output = meet(output, block["output"], known["output"], what="output", columns=names)
    total = block["output"]
    share = np.divide(output, total, out=np.zeros_like(output), where=total > 0)
    whole = output.sum()
    size = output.sum(axis=1) / whole if whole > 0 else np.full(len(codes), 1 / len(codes))
    inventory_share = np.where(total[None] > 0, share, size[:, None])

    import_row = block["imports"]
    by_product = config.import_mode == "by_product"
    if by_product and block["import_table"] is None:
        raise DataError(
            "cities.import_mode is 'by_product', but the provincial MRIO has no imports by product",
            where=place,
            fix="set cities.import_mode: by_use.",
        )
    # imports enter a column in proportion to its size (mode B): the ceiling of value added is what is left
    import_share = np.divide(import_row[industry], total, out=np.zeros_like(total), where=total > 0)
    # a sector that buys nothing (households as employers): value added is output
    bare = (total > 0) & ((block["local"] + block["rest"])[:, industry] == 0).all(axis=0) & (import_row[industry] == 0)
    value_added = _value_added(
        output, block["value_added"], total, import_share, bare, data, sectors, config, solver, rows, place, codes
    )

    domestic = block["local"] + block["rest"] + (block["import_table"] if by_product else 0.0)
    coefficients = np.divide(domestic[:, industry], total, out=np.zeros((len(names), len(names))), where=total > 0)
    intermediate = output @ coefficients.T
    final = uses.get_indexer([c for c in category if c not in inventory])
    prior = final_demand_prior(
        intermediate,
        domestic[:, industry].sum(axis=1),
        domestic[:, final],
        value_added,
        cities,
        sectors,
        final_demand.set_index("category").loc[uses[final]],
        config,
    )
    if factors is not None:
        prior = redistribute(prior, _factor(factors, "demand", codes, names))
    store = uses.get_indexer(inventory)
    inventory_out = block["local"][:, store].sum(axis=1) + block["outgoing"][:, store].sum(axis=1)
    error = inventory_share * block["error"]
    room = share * (total - inventory_out - block["error"])
    exports = _exports(block["exports"], room, data, names, rows, place, _factor(factors, "exports", codes, names))
    exports = meet(exports, block["exports"], known["exports"], what="exports", columns=names, cap=room)
    supply = roundoff.difference(room - exports, output)
    supply = np.where(supply > 0, supply, 0.0)
    if config.demand_tilt and len(codes) > 1:
        keep = np.setdiff1d(np.arange(len(uses)), store)
        ends = [block[name][:, keep].sum(axis=1) for name in ("outgoing", "rest")]
        by_ratio = intermediate + prior.sum(axis=2)
        home = home_shares(supply, by_ratio, *ends, reference(cities, names, config, priors, place))
        factor = tilt_factor(by_ratio, supply, home ** fitted(priors, "kappa", names, place))
        rows += [{"sector": i, "quantity": "home share of the demand tilt", "value": h} for i, h in zip(names, home, strict=True)]
        intermediate, prior = intermediate * factor, prior * factor[:, :, None]
    finals = {"codes": codes, "categories": [str(name) for name in uses[final]], "place": place, "rows": rows}
    seen = data.final_demand.reindex(index=codes, columns=finals["categories"]).to_numpy()
    observed_final = final_demand_goals(seen, prior, import_row[final] * (not by_product), **finals)
    prior = meet_final_demand(prior, observed_final, products=names, rho=config.rho_gdp, solver=solver, **finals)
    final_use = prior.sum(axis=2)
    imports = import_rows(import_row, output, total, prior, uses, names, category, inventory, final, size, import_share)
    if known["imports"] and not by_product:
        mix = product_mix(block["import_table"], known["imports"], names, len(uses), place)
        imports = observed_imports(imports, import_row, mix, output, value_added, industry, store, size, uses, config, meet)
        intermediate = bought_at_home(intermediate, imports, output, value_added, coefficients, import_share, industry)
    demand = intermediate + final_use
    imports_product = np.zeros_like(demand)
    if by_product:
        table = block["import_table"][:, np.concatenate([industry, final])]
        for i, name in enumerate(names):
            imports_product[:, i], _, _ = capped_proportional(demand[:, i], float(table[i].sum()), demand[:, i])
            rows.append({"sector": name, "quantity": "imports by product", "value": float(table[i].sum())})
        if known["imports"]:
            stored = block["import_table"][:, store].sum(axis=1)
            goal = [replace(d, value=d.value - size[d.city] * float(stored @ d.weights)) for d in known["imports"]]
            imports_product = meet(imports_product, table.sum(axis=1), goal, what="imports", columns=names, cap=demand)
        demand = roundoff.difference(demand - imports_product, demand)
        demand = np.where(demand > 0, demand, 0.0)

    unit = unit_in(mrio)
    accounts = xr.Dataset(
        {
            "output": array(output, ("region", "sector"), unit, "total output x"),
            "value_added": array(value_added, ("region", "sector"), unit, "value added v"),
            "exports": array(exports, ("region", "sector"), unit, "exports abroad"),
            "error": array(error, ("region", "sector"), unit, "share of the provincial error account"),
            "imports": array(imports, ("region", "use"), unit, "imports used by each column"),
            "imports_product": array(imports_product, ("region", "sector"), unit, "imports by product (mode by_product)"),
            "supply": array(supply, ("region", "sector"), unit, "supply to the nation, without exogenous columns"),
            "demand": array(demand, ("region", "sector"), unit, "demand for products of the nation, without exogenous columns"),
            "inventory_share": array(inventory_share, ("region", "sector"), "1", "share of a city in the exogenous cells"),
            "intermediate_demand": array(intermediate, ("region", "sector"), unit, "intermediate demand by product"),
            "final_demand": array(final_use, ("region", "sector"), unit, "final demand by product, without inventories"),
            "final_prior": array(
                _by_category(prior, uses, final, category),
                ("region", "sector", "category"),
                unit,
                "final demand by product and category",
            ),
            "final_total": array(
                _observed_totals(observed_final, prior, uses, final, category),
                ("region", "category"),
                unit,
                "final demand where it is observed, as step 2 keeps it; NaN elsewhere",
            ),
        },
        coords={"region": codes, "sector": names, "use": uses, "category": category},
        attrs={"province": province, "inventory": ";".join(inventory), "import_mode": config.import_mode},
    )
    return accounts, diagnostics("accounts", rows)


def _factor(factors: xr.Dataset | None, name: str, codes: list[str], sectors: list[str]) -> np.ndarray:
    if factors is None:
        return np.ones((len(codes), len(sectors)))
    return factors[name].sel(region=codes, sector=sectors).transpose("region", "sector").values


def _outputs(total, data, cities, sectors, rows, place, factor) -> np.ndarray:
    """Outputs x (region, sector): observed ones, else the province's output by the city's share of the industry (R5)."""
    shares = data.industry_share.loc[cities["region"], sectors["industry"].tolist()].to_numpy()
    prior = total * shares
    observed = data.output.reindex(index=cities["region"], columns=sectors["sector"]).to_numpy()
    level = np.where(np.isnan(observed), _within_industries(prior, factor, sectors), observed)
    result = np.zeros_like(prior)
    for j, sector in enumerate(sectors["sector"]):
        if total[j] == 0:
            lost = float(np.nansum(observed[:, j]))
            if lost > 0:
                rows.append({"sector": sector, "quantity": "lost output", "value": lost, "note": "the province makes none"})
                warn(
                    where=f"{place}, sector {sector}",
                    what="the observed output of cities is not used",
                    value=f"{lost:.6g}",
                    expectation="0: the province makes none",
                    effect="The cities make none either.",
                )
            continue
        z = level[:, j]
        if z.sum() <= 0:
            if not np.isnan(observed[:, j]).any():
                raise DataError(
                    f"all cities report output 0, the province makes {total[j]:.6g}",
                    where=f"{place}, sector {sector}",
                    fix="leave the zero observations of at least one city out.",
                )
            z = np.where(np.isnan(observed[:, j]), cities["gdp"].to_numpy() / cities["gdp"].sum() * total[j], observed[:, j])
        if np.isfinite(observed[:, j]).all():
            warn_level(f"output of sector {sector}", float(z.sum() / total[j]), place)
        result[:, j] = z * (total[j] / z.sum())
        if not np.isnan(observed[:, j]).all():
            rows.append(
                {
                    "sector": sector,
                    "quantity": "output level gap",
                    "value": float(z.sum() / total[j]),
                    "note": f"{int(np.isfinite(observed[:, j]).sum())} of {len(z)} cities observed",
                }
            )
    return result


def _within_industries(prior: np.ndarray, factor: np.ndarray, sectors: pd.DataFrame) -> np.ndarray:
    """Prior outputs times factors, with the total of every city and industry kept: only the mix of sectors changes."""
    drawn = prior * factor
    for industry in sectors["industry"].unique():
        member = (sectors["industry"] == industry).to_numpy()
        before, after = prior[:, member].sum(axis=1), drawn[:, member].sum(axis=1)
        drawn[:, member] *= np.divide(before, after, out=np.ones_like(after), where=after > 0)[:, None]
    return drawn


def _value_added(output, provincial, total, import_share, bare, data, sectors, config, solver, rows, place, codes) -> np.ndarray:
    """Value added v (region, sector): provincial ratios, column totals hard, observed sums of a city soft (method 1b).

    min KL(v | v0) + rho KL(s | b)  s.t.  sum_r v_j^r = V_j,  v_j^r <= cap_j^r,  s = sum of the observed set of sectors;
    v_j^r = x_j^r in sectors without any inputs (`bare`).
    """
    delta = config.va_delta if config.repair == "stop" else 0.0
    over = ~bare & (provincial > (1 - delta) * total * (1 + SUMS))
    if over.any():
        j = int(np.argmax(np.where(over, provincial - (1 - delta) * total, -np.inf)))
        raise BalanceError(
            f"value added {provincial[j]:.6g} exceeds (1 - va_delta) of output {total[j]:.6g}",
            where=f"{place}, sector {sectors['sector'].iloc[j]}",
            fix="correct value added or output of the province, or set cities.repair: relax_cap.",
        )
    ratio = np.divide(provincial, total, out=np.zeros_like(total), where=total > 0)
    prior = output * np.where(bare, 1.0, ratio)
    positive = ratio > 0
    names = sectors["sector"].tolist()
    industries = frozenset(tuple(sorted(group)) for _, group in sectors.groupby("industry")["sector"])
    found = sets_of(data.value_added, codes, names, np.where(positive, provincial, 0.0), prior, industries, place)
    if len(codes) == 1:
        return prior
    positive &= ~bare
    labels, targets, matrix = _less_bare(*found, np.where(bare, output, 0.0), place, codes, names)
    # every city keeps at least va_delta of the province's share of domestic inputs, so that its column can be filled
    inputs = np.where(positive, 1 - import_share - ratio, 0.0)
    cap = output * np.where(positive, 1 - import_share - delta * inputs, 0.0)
    model = EntropyModel(f"value added, {place}")
    v = model.variable("value_added", prior=np.where(positive, prior, 0.0))
    model.equal("provincial value added", v.sum_over(0), np.where(positive, provincial, 0.0), labels=names)
    if labels:
        model.equal("observed value added", v.rows(matrix), targets, labels=labels, soft=config.rho_gdp)
    model.at_most("value added below output", v.each(), cap.ravel(), labels=[f"{r} {j}" for r in codes for j in names])
    solution = model.solve(solver=solver.name, tol=solver.tol_inner, max_iterations=solver.max_iterations)
    result = solution["value_added"]
    if labels:
        slack = np.asarray(solution.slack["observed value added"]) / np.where(targets > 0, targets, 1.0)
        worst = int(np.argmax(np.abs(slack)))
        rows.append(
            {
                "quantity": "largest softened observation of value added",
                "value": float(slack[worst]),
                "note": labels[worst],
                "region": labels[worst].split(" ")[0],
            }
        )
    rows.append({"quantity": "capped value added", "value": float(((result >= cap * (1 - SOLVED)) & (cap > 0)).sum())})
    _certificate(rows, solution, solver.tol_inner)
    return np.where(positive[None], result, prior)


def _less_bare(labels, targets, matrix, fixed, place, codes, names) -> tuple[list[str], np.ndarray, sp.csr_matrix]:
    """Observed sums without the sectors whose value added is their output (`fixed`); a datum that leaves nothing is not used."""
    part = matrix @ fixed.ravel()
    if not part.any():
        return labels, targets, matrix
    free = matrix.copy()
    free.data = np.where(fixed.ravel()[free.indices] > 0, 0.0, free.data)
    free.eliminate_zeros()
    some, left = np.diff(free.indptr) > 0, targets - part
    for k in np.flatnonzero(np.where(some, left <= 0, np.abs(left) > GAP * part)):
        warn(
            where=f"{place}, {labels[k]}",
            what="observed value added does not fit sectors without inputs",
            value=f"{targets[k]:.6g}",
            expectation=f"{'more than' if some[k] else 'about'} {part[k]:.6g}, the output of the sectors without inputs",
            effect="The datum is not used: value added of these sectors is their output.",
        )
    keep = np.flatnonzero(some & (left > 0))
    return [labels[k] for k in keep], left[keep], free[keep]


def _certificate(rows, solution, limit) -> None:
    certificate = solution.certificate
    for name in ("iterations", "residual", "relative_gap", "entropy"):
        rows.append(
            {"quantity": name, "value": float(getattr(certificate, name)), "limit": limit if name == "residual" else np.nan}
        )


def _exports(total, room, data, names, rows, place, drawn) -> np.ndarray:
    """Exports of cities: observed or by output share, at most what the city supplies (method 1c)."""
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
                where=f"{place}, sector {name}",
                fix="correct exports, inventories or output of the province.",
            )
        amount = min(amount, available)
        if prior[cap > 0].sum() <= 0 or cap[prior > 0].sum() < amount:
            prior = prior + amount * cap / available
            rows.append(
                {
                    "sector": name,
                    "quantity": "exports spread by supply",
                    "value": amount,
                    "note": "reported exporters cannot supply it",
                }
            )
        result[:, i], factor, capped = capped_proportional(prior, amount, cap)
        if np.any(capped) and np.sum(capped) < len(cap):
            rows.append(
                {"sector": name, "quantity": "capped exports", "value": float(np.sum(capped)), "note": f"factor {factor:.6g}"}
            )
    return result


def _by_category(prior, uses, final, category) -> np.ndarray:
    """The prior with all categories (region, sector, category), 0 for inventories."""
    result = np.zeros((*prior.shape[:2], len(category)))
    result[:, :, [category.index(uses[k]) for k in final]] = prior
    return result


def _observed_totals(observed, prior, uses, final, category) -> np.ndarray:
    """Totals of the categories that are observed of a city (region, category): step 4 holds on to them."""
    result = np.full((len(prior), len(category)), np.nan)
    result[:, [category.index(uses[k]) for k in final]] = np.where(np.isfinite(observed), prior.sum(axis=1), np.nan)
    return result
