"""Step 4: the tables of all cities of a province at once, layer by layer, adding up to the province cell by cell (method 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from ..base import roundoff
from ..base.diagnostics import Diagnostics
from ..base.errors import BalanceError, CertificateError, InfeasibleError
from ..base.labels import array
from ..base.solvers import DIRECT, DUAL
from ..base.tolerances import SOLVED
from ..entropy import EntropyModel, LinearRows
from .province import Province, Step

#: Diagnostic of a province whose column totals had to become soft.
SOFTENED = "hard column totals in conflict"


@dataclass(frozen=True)
class Targets:
    """What the tables of a province must add up to.

    Attributes
    ----------
    layers
        Where products come from: self, intra, rest and, in mode `by_product`, abroad.
    columns
        Industries, then categories of final demand, without stock changes.
    margin
        L, I, M (and im): what a city takes of a product from a layer (layer, region, sector).
    cells
        The province's cells (sector, column): own products (self and intra together), those of other provinces (, of abroad).
    inputs
        Intermediate inputs of a city's sector, layers together (region, sector).
    final
        Observed final demand (region, category), NaN where not observed.
    """

    layers: list[str]
    columns: list[str]
    margin: np.ndarray
    cells: list[np.ndarray]
    inputs: np.ndarray
    final: np.ndarray


def city_tables(province: Province, accounts: xr.Dataset, split: xr.Dataset) -> tuple[xr.Dataset, Diagnostics]:
    """Layered cross-entropy tables of the cities of one province.

    Variables y_ic^{s,l} >= 0 with l in {self, intra, rest (, abroad)}; prior q = (share of layer l in city s's demand for i)
    times (a_ij^p x_j^s | f_ik^s). min KL(y | q) subject to

        (C1) sum_s (y^self + y^intra)_ic = Y_ic^pp                     (C4) sum_c y_ic^{s,l} = L_i^s | I_i^s | M_i^s | im_i^s
        (C2) sum_s y^rest_ic = sum_{p' != p} Y_ic^p'p                  (C5) sum_{i,l} y_ij^{s,l} = x_j^s - v_j^s - imp_j^s
        (C3) sum_s y^abroad_ic = IM_ic^p (imports by product)          (C6) sum_{i,l} y_ik^{s,l} = F_k^s of 2b if observed (soft)

    C1-C4 are hard; C5 is hard unless the solver shows a conflict, then soft with weight `rho_column`, reported, and value added
    takes the difference (:func:`~citymrio.cities.link.link`; attribute `softened` of the result). Without
    the exogenous column of stock changes, which is split by output shares.

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
    step, block, kept, names = province.step("city_tables", "tables"), province.block, province.kept, province.names
    layers = ["self", "intra", "rest", *(["abroad"] if province.by_product else [])]
    cells = [block.local[:, kept], block.rest[:, kept], *([block.import_table[:, kept]] if province.by_product else [])]
    if len(province.codes) == 1:
        table = np.stack([cells[0], np.zeros_like(cells[0]), *cells[1:]])[:, None]
    else:
        columns = [province.uses[k] for k in kept]
        margin = [split[name].values for name in ("self", "in_intra", "in_rest")]
        margin = np.stack([*margin, *([accounts["imports_product"].values] if province.by_product else [])])
        final = accounts["final_total"].sel(category=columns[len(names) :]).values
        targets = Targets(layers, columns, margin, cells, _inputs(province, accounts, step), final)
        table = _solve(province, accounts, targets, step)
    full = np.zeros((len(layers), len(province.codes), len(names), len(province.uses)))
    full[..., kept] = table
    dims = ("layer", "region", "sector", "use")
    result = xr.Dataset(
        {"table": array(full, dims, province.unit, "use of product by column, by layer of source")},
        coords={"layer": layers, **province.labels("region", "sector", "use")},
        attrs=province.attributes,
    )
    result.attrs["softened"] = int(any(row["quantity"] == SOFTENED for row in step.report.rows))
    return result, step.report


def _inputs(province: Province, accounts: xr.Dataset, step: Step) -> np.ndarray:
    """Intermediate inputs of every city and sector that the table distributes: output less value added and, by use, imports."""
    output = accounts["output"].values
    inputs = output - accounts["value_added"].values
    if not province.by_product:
        inputs = inputs - accounts["imports"].values[:, province.industry]
    inputs = roundoff.difference(inputs, output)
    if (inputs < -SOLVED * output).any():
        s, j = np.unravel_index(int(np.argmin(inputs)), inputs.shape)
        raise BalanceError(
            f"value added and imports exceed output {output[s, j]:.6g} by {-inputs[s, j]:.6g}",
            where=f"{step.place}, city {province.codes[s]}, sector {province.names[j]}",
            fix="correct the city's value added.",
        )
    return np.where(inputs > 0, inputs, 0.0)


def use_prior(accounts: xr.Dataset, cells: np.ndarray, columns: list[str]) -> np.ndarray:
    """Use of product i in column c of city s before the layers: a_ij^p x_j^s and f_ik^s, shape (region, sector, column)."""
    names = accounts["sector"].values.tolist()
    output = accounts["output"].values
    total = output.sum(axis=0)
    share = np.divide(output, total, out=np.zeros_like(output), where=total > 0)
    industry = cells[None, :, : len(names)] * share[:, None, :]
    final = accounts["final_prior"].sel(category=columns[len(names) :]).values
    return np.concatenate([industry, final], axis=2)


def _solve(province: Province, accounts: xr.Dataset, targets: Targets, step: Step) -> np.ndarray:
    """The table (layer, region, sector, column), its columns softened only where hard ones are in conflict."""
    names, margin, cells, inputs, solver = province.names, targets.margin, targets.cells, targets.inputs, province.solver
    use = use_prior(accounts, sum(cells), targets.columns)
    demand = margin.sum(axis=0)
    share = np.divide(margin, demand, out=np.zeros_like(margin), where=demand > 0)
    prior = share[:, :, :, None] * use[None]
    # a cell that the province does not have in a layer is a structural zero
    available = [cells[0] > 0, *[cell > 0 for cell in cells]]
    prior *= np.stack(available)[:, None]
    prior[..., : len(names)] *= (inputs > 0)[None, :, None, :]
    _check_support(prior, targets, province, step)
    last: Exception | None = None
    for soft in (None, step.config.rho_column):
        model = _model(prior, targets, province, soft)
        try:
            # an ensemble goes on without the reason why the columns had to be softened: finding it takes longer than the member
            reason = soft is not None or solver.name != DIRECT
            solution = model.solve(solver.name, solver.tol_tables, solver.max_iterations, diagnose=reason)
        except (InfeasibleError, CertificateError) as error:
            if isinstance(error, CertificateError) and solver.name not in (DUAL, DIRECT):
                raise  # what another solver misses is no conflict of the columns
            last = error
            step.report.add(SOFTENED, 1.0, flag="softened", note=str(error)[:300])
            continue
        if soft is not None:
            slack = np.asarray(solution.slack["column"]).reshape(inputs.shape)
            relative = np.divide(slack, inputs, out=np.zeros_like(slack), where=inputs > 0)
            for s, j in np.argwhere(np.abs(relative) > SOLVED):
                step.report.add(
                    "softened inputs",
                    float(slack[s, j]),
                    region=province.codes[s],
                    sector=names[j],
                    flag="softened",
                    note=f"{inputs[s, j]:.6g} planned, {inputs[s, j] + slack[s, j]:.6g} kept",
                )
        numbers = ("variables", "constraints", "iterations", "residual", "relative_gap", "entropy")
        step.report.add_certificate(solution.certificate, numbers)
        return solution["table"]
    raise last


def _model(prior: np.ndarray, targets: Targets, province: Province, soft: float | None) -> EntropyModel:
    """The problem of :func:`city_tables`: the prior (layer, region, sector, column) and its targets; `soft`: weight of C5."""
    codes, names, layers, columns, cells = province.codes, province.names, targets.layers, targets.columns, targets.cells
    model = EntropyModel(province.place("city tables"))
    y = model.variable("table", prior=prior)
    shape = prior.shape

    def sums(number: np.ndarray, *axes: int, layers: slice = slice(None)) -> LinearRows:
        """Sums over cells: `number` along `axes` of (layer, region, sector, column) is the row of a cell, -1 of none."""
        row = np.full(shape, -1)
        row[layers] = np.expand_dims(number, [axis for axis in range(4) if axis not in axes])
        return y.sums(row, int(number.max()) + 1)

    cell = np.arange(shape[2] * shape[3]).reshape(shape[2:])
    names_cell = [f"product {i} column {c}" for i in names for c in columns]
    model.equal("provincial local cell", sums(cell, 2, 3, layers=slice(2)), cells[0].ravel(), labels=names_cell)
    for n, title in enumerate(layers[2:], start=2):
        rows = sums(cell, 2, 3, layers=slice(n, n + 1))
        model.equal(f"provincial {title} cell", rows, cells[n - 1].ravel(), labels=names_cell)
    model.equal(
        "row of a city",
        y.sum_over(3),
        targets.margin.ravel(),
        labels=[f"layer {layer} city {r} product {i}" for layer in layers for r in codes for i in names],
    )
    column = np.full((shape[1], shape[3]), -1)
    column[:, : len(names)] = np.arange(targets.inputs.size).reshape(targets.inputs.shape)
    labels = [f"city {r} sector {j}" for r in codes for j in names]
    model.equal("column", sums(column, 1, 3), targets.inputs.ravel(), labels=labels, soft=soft)
    known = np.argwhere(np.isfinite(targets.final))
    if len(known):
        final = np.full((shape[1], shape[3]), -1)
        final[known[:, 0], len(names) + known[:, 1]] = np.arange(len(known))
        model.equal(
            "observed final demand",
            sums(final, 1, 3),
            targets.final[known[:, 0], known[:, 1]],
            labels=[f"city {codes[s]} category {columns[len(names) + k]}" for s, k in known],
            soft=province.config.rho_gdp,
        )
    return model


def _check_support(prior: np.ndarray, targets: Targets, province: Province, step: Step) -> None:
    """A positive target over an all-zero prior has no solution: named before the solver meets it (mlfit #75)."""
    names, layers, cells, margin = province.names, targets.layers, targets.cells, targets.margin
    groups = [("local", prior[:2].sum(axis=(0, 1)), cells[0])]
    groups += [(layer, prior[n].sum(axis=0), cells[n - 1]) for n, layer in enumerate(layers[2:], start=2)]
    for title, have, want in groups:
        bad = (have == 0) & (want > 0)
        if bad.any():
            i, c = np.unravel_index(int(np.argmax(np.where(bad, want, 0))), want.shape)
            raise InfeasibleError(
                f"the province uses {want[i, c]:.6g} of product {names[i]} in column {targets.columns[c]} from '{title}', "
                "no city can",
                where=step.place,
                fix="check outputs and demand of the cities for that product.",
            )
    rows = prior.sum(axis=3)
    bad = (rows == 0) & (margin > 0)
    if bad.any():
        n, s, i = np.unravel_index(int(np.argmax(np.where(bad, margin, 0))), margin.shape)
        raise InfeasibleError(
            f"city {province.codes[s]} must take {margin[n, s, i]:.6g} of product {names[i]} from '{layers[n]}', "
            "but no column uses it",
            where=step.place,
            fix="check the city's demand for that product.",
        )
