"""Step 4: the tables of all cities of a province at once, layer by layer, adding up to the province cell by cell (method 4)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp
import xarray as xr

from ..base import roundoff
from ..base.errors import BalanceError, CertificateError, InfeasibleError
from ..base.labels import array
from ..base.money import unit_in
from ..base.solvers import DIRECT, DUAL
from ..base.tolerances import SOLVED
from ..config.models import Cities, Solver
from ..entropy import EntropyModel
from ..trade.flows import diagnostics
from .accounts import province_block

#: Diagnostic of a province whose column totals had to become soft.
SOFTENED = "hard column totals in conflict"


def city_tables(
    accounts: xr.Dataset, split: xr.Dataset, mrio: xr.Dataset, config: Cities, solver: Solver
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Layered cross-entropy tables of the cities of one province.

    Variables y_ic^{s,l} >= 0 with l in {self, intra, rest (, abroad)}; prior q = (share of layer l in city s's demand for i)
    times (a_ij^p x_j^s | f_ik^s). min KL(y | q) subject to

        (C1) sum_s (y^self + y^intra)_ic = Y_ic^pp                     (C4) sum_c y_ic^{s,l} = L_i^s | I_i^s | M_i^s | im_i^s
        (C2) sum_s y^rest_ic = sum_{p' != p} Y_ic^p'p                  (C5) sum_{i,l} y_ij^{s,l} = x_j^s - v_j^s - imp_j^s
        (C3) sum_s y^abroad_ic = IM_ic^p (imports by product)          (C6) sum_{i,l} y_ik^{s,l} = F_k^s of 2b if observed (soft)

    C1-C4 are hard; C5 is hard unless the solver shows a conflict, then soft with weight `rho_column`, reported, and value added
    takes the difference (:func:`~citymrio.cities.link.link`; attribute `softened` of the result). Without
    the exogenous inventory column, which is split by output shares.

    Returns
    -------
    tables
        cities/<p>/tables.nc: table(layer, region, sector, use).
    report
        Diagnostics: certificate, softened columns.

    Raises
    ------
    InfeasibleError
        Hard constraints in conflict.
    """
    province = accounts.attrs["province"]
    codes, names = accounts["region"].values.tolist(), accounts["sector"].values.tolist()
    uses = accounts.indexes["use"]
    inventory = [c for c in accounts.attrs["inventory"].split(";") if c]
    columns = [c for c in uses if c not in inventory]
    at = uses.get_indexer(columns)
    block = province_block(mrio, province)
    local, rest = block["local"][:, at], block["rest"][:, at]
    layers = ["self", "intra", "rest"]
    margin = [split["self"].values, split["in_intra"].values, split["in_rest"].values]
    if accounts.attrs["import_mode"] == "by_product":
        layers.append("abroad")
        margin.append(accounts["imports_product"].values)
    margin = np.stack(margin)
    rows: list[dict] = []
    if len(codes) == 1:
        parts = [local, np.zeros_like(local), rest]
        if "abroad" in layers:
            parts.append(block["import_table"][:, at])
        table = np.stack(parts)[:, None]
    else:
        cells = [local, rest] + ([block["import_table"][:, at]] if "abroad" in layers else [])
        table = _solve(accounts, margin, cells, codes, names, columns, layers, province, config, solver, rows)
    full = np.zeros((len(layers), len(codes), len(names), len(uses)))
    full[..., at] = table
    unit = unit_in(accounts)
    result = xr.Dataset(
        {"table": array(full, ("layer", "region", "sector", "use"), unit, "use of product by column, by layer of source")},
        coords={"layer": layers, "region": codes, "sector": names, "use": uses},
        attrs={"province": province, "inventory": ";".join(inventory)},
    )
    result.attrs["softened"] = int(any(row["quantity"] == SOFTENED for row in rows))
    return result, diagnostics("tables", rows)


def use_prior(accounts: xr.Dataset, cells: np.ndarray, columns: list[str]) -> np.ndarray:
    """Use of product i in column c of city s before the layers: a_ij^p x_j^s and f_ik^s, shape (region, sector, column)."""
    names = accounts["sector"].values.tolist()
    output = accounts["output"].values
    total = output.sum(axis=0)
    share = np.divide(output, total, out=np.zeros_like(output), where=total > 0)
    industry = cells[None, :, : len(names)] * share[:, None, :]
    final = accounts["final_prior"].sel(category=columns[len(names) :]).values
    return np.concatenate([industry, final], axis=2)


def _solve(accounts, margin, cells, codes, names, columns, layers, province, config, solver, rows) -> np.ndarray:
    provincial = sum(cells)
    use = use_prior(accounts, provincial, columns)
    demand = margin.sum(axis=0)
    share = np.divide(margin, demand, out=np.zeros_like(margin), where=demand > 0)
    prior = share[:, :, :, None] * use[None]
    # a cell that the province does not have in a layer is a structural zero
    available = [cells[0] > 0, cells[0] > 0, *[cell > 0 for cell in cells[1:]]]
    prior *= np.stack(available)[:, None]
    inputs = accounts["output"].values - accounts["value_added"].values
    if "abroad" not in layers:
        inputs = inputs - accounts["imports"].sel(use=names).values
    inputs = roundoff.difference(inputs, accounts["output"].values)
    prior[..., : len(names)] *= (inputs > 0)[None, :, None, :]
    if (inputs < -SOLVED * accounts["output"].values).any():
        s, j = np.unravel_index(int(np.argmin(inputs)), inputs.shape)
        raise BalanceError(
            f"value added and imports exceed output {accounts['output'].values[s, j]:.6g} by {-inputs[s, j]:.6g}",
            where=f"city_tables, province {province}, city {codes[s]}, sector {names[j]}",
            fix="correct the city's value added.",
        )
    inputs = np.where(inputs > 0, inputs, 0.0)
    _check_support(prior, cells, margin, layers, codes, names, columns, province)
    last: Exception | None = None
    for soft in (None, config.rho_column):
        model, y = _model(prior, cells, margin, inputs, accounts, codes, names, columns, layers, province, config, soft)
        try:
            # an ensemble goes on without the reason why the columns had to be softened: finding it takes longer than the member
            reason = soft is not None or solver.name != DIRECT
            solution = model.solve(solver.name, solver.tol_tables, solver.max_iterations, diagnose=reason)
        except (InfeasibleError, CertificateError) as error:
            if isinstance(error, CertificateError) and solver.name not in (DUAL, DIRECT):
                raise  # what another solver misses is no conflict of the columns
            last = error
            rows.append({"quantity": SOFTENED, "value": 1.0, "flag": "softened", "note": str(error)[:300]})
            continue
        if soft is not None:
            slack = np.asarray(solution.slack["column"]).reshape(inputs.shape)
            relative = np.divide(slack, inputs, out=np.zeros_like(slack), where=inputs > 0)
            for s, j in np.argwhere(np.abs(relative) > SOLVED):
                rows.append(
                    {
                        "region": codes[s],
                        "sector": names[j],
                        "quantity": "softened inputs",
                        "value": float(slack[s, j]),
                        "flag": "softened",
                        "note": f"{inputs[s, j]:.6g} planned, {inputs[s, j] + slack[s, j]:.6g} kept",
                    }
                )
        certificate = solution.certificate
        for name in ("variables", "constraints", "iterations", "residual", "relative_gap", "entropy"):
            rows.append({"quantity": name, "value": float(getattr(certificate, name))})
        return solution["table"]
    raise last


def _model(prior, cells, margin, inputs, accounts, codes, names, columns, layers, province, config, soft):
    model = EntropyModel(f"city tables, province {province}")
    y = model.variable("table", prior=prior)
    shape = prior.shape
    of = np.arange(prior.size).reshape(shape)

    def ones(*groups: np.ndarray) -> sp.csr_matrix:
        """Rows that sum cells: one array of flat indices (row, members) per group of rows."""
        index = np.concatenate([group.reshape(group.shape[0], -1).ravel() for group in groups])
        length = np.concatenate([np.full(group.shape[0], group[0].size) for group in groups])
        start = np.concatenate([[0], np.cumsum(length)])
        return sp.csr_matrix((np.ones(len(index)), index, start), shape=(len(length), prior.size))

    # layer, region, sector, column -> cells (sector, column) first
    cell = np.moveaxis(of, (2, 3), (0, 1)).reshape(shape[2] * shape[3], shape[0], shape[1])
    names_cell = [f"product {i} column {c}" for i in names for c in columns]
    model.equal("provincial local cell", y.rows(ones(cell[:, :2])), cells[0].ravel(), labels=names_cell)
    for position, title in enumerate(layers[2:], start=2):
        model.equal(f"provincial {title} cell", y.rows(ones(cell[:, position])), cells[position - 1].ravel(), labels=names_cell)
    model.equal(
        "row of a city",
        y.rows(ones(of.reshape(-1, shape[3]))),
        margin.ravel(),
        labels=[f"layer {layer} city {r} product {i}" for layer in layers for r in codes for i in names],
    )
    column = np.moveaxis(of, (1, 3), (0, 1))[:, : len(names)].reshape(len(codes) * len(names), -1)
    labels = [f"city {r} sector {j}" for r in codes for j in names]
    model.equal("column", y.rows(ones(column)), inputs.ravel(), labels=labels, soft=soft)
    totals = accounts["final_total"].sel(category=columns[len(names) :]).values
    known = np.argwhere(np.isfinite(totals))
    if len(known):
        final = np.moveaxis(of, (1, 3), (0, 1))[:, len(names) :]
        chosen = final[known[:, 0], known[:, 1]].reshape(len(known), -1)
        model.equal(
            "observed final demand",
            y.rows(ones(chosen)),
            totals[known[:, 0], known[:, 1]],
            labels=[f"city {codes[s]} category {columns[len(names) + k]}" for s, k in known],
            soft=config.rho_gdp,
        )
    return model, y


def _check_support(prior, cells, margin, layers, codes, names, columns, province) -> None:
    """A positive target over an all-zero prior has no solution: named before the solver meets it (mlfit #75)."""
    groups = [("local", prior[:2].sum(axis=(0, 1)), cells[0])]
    groups += [(layer, prior[n].sum(axis=0), cells[n - 1]) for n, layer in enumerate(layers[2:], start=2)]
    for title, have, want in groups:
        bad = (have == 0) & (want > 0)
        if bad.any():
            i, c = np.unravel_index(int(np.argmax(np.where(bad, want, 0))), want.shape)
            raise InfeasibleError(
                f"the province uses {want[i, c]:.6g} of product {names[i]} in column {columns[c]} from '{title}', no city can",
                where=f"city_tables, province {province}",
                fix="check outputs and demand of the cities for that product.",
            )
    rows = prior.sum(axis=3)
    bad = (rows == 0) & (margin > 0)
    if bad.any():
        n, s, i = np.unravel_index(int(np.argmax(np.where(bad, margin, 0))), margin.shape)
        raise InfeasibleError(
            f"city {codes[s]} must take {margin[n, s, i]:.6g} of product {names[i]} from '{layers[n]}', but no column uses it",
            where=f"city_tables, province {province}",
            fix="check the city's demand for that product.",
        )
