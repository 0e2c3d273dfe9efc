"""Step 4: the tables of all cities of a province at once, layer by layer, adding up to the province
cell by cell (method 4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce
from operator import add, sub

import numpy as np
import xarray as xr

from ..base import roundoff
from ..base.diagnostics import Diagnostics
from ..base.errors import BalanceError, CertificateError, DataError, InfeasibleError
from ..base.labels import array
from ..base.projections import log_or_zero, ratio
from ..base.solvers import DIRECT, DUAL
from ..base.threads import one_blas_thread
from ..base.tolerances import SOLVED
from ..entropy import Certificate, EntropyModel, Labels, LinearRows, Solution
from ..entropy.scaling import certificate, proves_infeasible, solve_fixed_point
from .province import CityStep, Province, report_given_way

#: Diagnostic of a province whose column totals had to become soft.
SOFTENED = "hard column totals in conflict"
#: Weight of a city's modelled demand for a product, where it gives way: that of a modelled cell,
#: below all that is observed.
MODELLED = 1.0
#: Weight of the cities' totals of intermediate inputs where they conflict with the provincial
#: cells, with `split: paper`.
TOTALS_OF_INPUTS = 100.0


@dataclass(frozen=True)
class Targets:
    """What the tables of a province must add up to.

    Attributes
    ----------
    layers
        Where products come from: self, intra (or both as local), rest and, in mode `by_product`,
        abroad.
    columns
        Industries, then categories of final demand, without stock changes.
    margin
        L, I, M (and im): what a city takes of a product from a layer (layer, region, sector).
    cells
        The province's cells (sector, column): own products (self and intra together), those of
        other provinces (, of abroad).
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

    @property
    def local(self) -> slice:
        """The layers that add up to the province's own products."""
        return slice(len(self.layers) - len(self.cells) + 1)

    def groups(self) -> list[tuple[slice, np.ndarray]]:
        """Layers, and the province's cells that they add up to."""
        start = self.local.stop
        return [
            (self.local, self.cells[0]),
            *((slice(n, n + 1), self.cells[n - start + 1]) for n in range(start, len(self.layers))),
        ]

    def closed(self) -> Targets:
        """The same with rows that add up to the cells to the last digit: the largest row of a
        product takes the difference.

        Rows and cells of a product tell of one total twice. Where they differ by round-off of the
        total, that may be more than the tolerance of the smallest city's row.
        """
        margin = self.margin.copy()
        for layers, cells in self.groups():
            rows = margin[layers].reshape(-1, len(cells))
            gaps = map(sub, map(math.fsum, cells.tolist()), map(math.fsum, rows.T.tolist()))
            rows[rows.argmax(axis=0), np.arange(len(cells))] += [*gaps]
        return replace(self, margin=margin)


def city_tables(
    province: Province, accounts: xr.Dataset, split: xr.Dataset
) -> tuple[xr.Dataset, Diagnostics]:
    """Layered cross-entropy tables of the cities of one province.

    Variables y_ic^{s,l} >= 0 with l in {self, intra, rest (, abroad)}; prior q = (share of layer l
    in city s's demand for i) times (a_ij^p x_j^s | f_ik^s). min KL(y | q) subject to

        (C1) sum_s (y^self + y^intra)_ic = Y_ic^pp
        (C2) sum_s y^rest_ic = sum_{p' != p} Y_ic^p'p
        (C3) sum_s y^abroad_ic = IM_ic^p (imports by product)
        (C4) sum_c y_ic^{s,l} = L_i^s | I_i^s | M_i^s | im_i^s
        (C5) sum_{i,l} y_ij^{s,l} = x_j^s - v_j^s - imp_j^s
        (C6) sum_{i,l} y_ik^{s,l} = F_k^s of 2b if observed (soft)

    C1-C4 are hard, and so is C5. Where the solver shows a conflict, C5 becomes soft with `split:
    paper`, and a report: value added takes the difference (:func:`~citymrio.cities.chain.link`;
    attribute `softened` of the result). With `split: joint`, and where no value added would be
    left, nothing is softened: the caller lets modelled demand give way (:func:`demand_gives_way`).
    Without the exogenous column of stock changes, which is split by output shares.

    Returns
    -------
    tables
        cities/<p>/tables.nc: table(layer, region, sector, use).
    report
        Diagnostics: certificate, softened columns.

    Raises
    ------
    InfeasibleError, CertificateError
        Hard constraints in conflict.
    """
    step, kept, names = province.step("city_tables", "tables"), province.kept, province.names
    layers, cells = _layers(province)
    if len(province.codes) == 1:
        table = np.stack([cells[0], np.zeros_like(cells[0]), *cells[1:]])[:, None]
    else:
        table = _solve(province, accounts, _targets(province, accounts, split, step), step)
    full = np.zeros((len(layers), len(province.codes), len(names), len(province.uses)))
    full[..., kept] = table
    dims, title = (
        ("layer", "region", "sector", "use"),
        "use of product by column, by layer of source",
    )
    return province.dataset(
        {"table": array(full, dims, province.unit, title)},
        *dims,
        layers=layers,
        **province.attributes,
        softened=int(any(row["quantity"] == SOFTENED for row in step.report.every)),
    ), step.report


def _layers(province: Province) -> tuple[list[str], list[np.ndarray]]:
    """Where products come from, and the province's cells: own products, those of other provinces (,
    of abroad).
    """
    block, kept = province.block, province.kept
    if province.by_product:
        cells = [block.local[:, kept], block.rest[:, kept], province.import_table[:, kept]]
        return ["self", "intra", "rest", "abroad"], cells
    return ["self", "intra", "rest"], [block.local[:, kept], block.rest[:, kept]]


def _targets(
    province: Province, accounts: xr.Dataset, split: xr.Dataset, step: CityStep
) -> Targets:
    """What the tables must add up to: the province's cells, the split by source, the accounts."""
    layers, cells = _layers(province)
    columns = [province.uses[k] for k in province.kept]
    home = [split.variables[name].values for name in ("self", "in_intra", "in_rest")]
    margin = np.stack(
        [*home, *([accounts.variables["imports_product"].values] if province.by_product else [])]
    )
    final = accounts.variables["final_total"].values[:, province.final_places]
    return Targets(layers, columns, margin, cells, _inputs(province, accounts, step), final)


def demand_gives_way(
    province: Province, accounts: xr.Dataset, split: xr.Dataset, conflict: Exception
) -> tuple[xr.Dataset, Diagnostics]:
    """Accounts whose demand agrees with the inputs of the cities and the province's cells, where
    the modelled demand does not.

    What a city's sectors buy in all is output less value added and imports, most often observed;
    what it takes of every product is modelled, by technology, the rule for final demand and the
    split by source. Where city tables cannot meet both, the second gives way: min KL(y | q) with
    C1-C3 and C5 of :func:`city_tables`, own and other cities' products together, and

        C4 soft: sum_c y_ic^{s,l} -> L_i^s + I_i^s | M_i^s | im_i^s, with the weight of a modelled
        cell.

    It always has a solution: y_ij = Y_ij times the city's share in the inputs of sector j meets all
    that is hard.

    Returns
    -------
    accounts
        The accounts with demand by product of this solution, and `demand_rest`, the part from other
        provinces, which the split keeps.
    report
        Diagnostics: the conflict, the demand that gave way by city and product, the certificate.
    """
    step, names = province.step("demand_gives_way", "tables"), province.names
    given = _targets(province, accounts, split, step)
    margin = np.concatenate([given.margin[:2].sum(axis=0, keepdims=True), given.margin[2:]])
    targets = replace(given, layers=["local", *given.layers[2:]], margin=margin)
    whole = reduce(add, targets.cells)
    layer = ratio(np.stack(targets.cells), whole)
    prior = layer[:, None] * use_prior(province, accounts, whole)[None]
    prior[..., : len(names)] *= (targets.inputs > 0)[None, :, None, :]
    rows = prior.sum(axis=3)
    # what the model took for none has a prior at least: nothing but the province's cells says that
    # it is none
    targets = replace(targets, margin=np.where(targets.margin > 0, targets.margin, rows))
    scaled = _solve_by_factors(province, accounts, targets, MODELLED)
    if scaled is None:
        solution = _solve_model(_model(prior, targets, province, rows=MODELLED), province)
        scaled = solution["table"], solution.certificate
    table, certificate = scaled
    step.report.add("demand in conflict", 1.0, note=str(conflict)[:300])
    step.report.add_certificate(certificate, ("iterations", "residual", "relative_gap", "entropy"))
    taken, use = table.sum(axis=3), table.sum(axis=0)
    home = slice(len(taken) - 1) if province.by_product else slice(None)
    made = {
        "demand": taken[home].sum(axis=0),
        "demand_rest": taken[1],
        "intermediate_demand": use[..., : len(names)].sum(axis=2),
        "final_demand": use[..., len(names) :].sum(axis=2),
    }
    if province.by_product:
        made["imports_product"] = taken[2]
    report_given_way(
        step, "modelled demand", accounts.variables["demand"].values, made["demand"], names
    )
    final = accounts.variables["final_prior"].values.copy()
    final[:, :, province.final_places] = use[..., len(names) :]
    data = {str(name): accounts.variables[name] for name in accounts.data_vars} | {
        name: accounts.variables["demand" if name == "demand_rest" else name].copy(data=values)
        for name, values in {**made, "final_prior": final}.items()
    }
    return province.dataset(data, *map(str, accounts.coords), **accounts.attrs), step.report


def _inputs(province: Province, accounts: xr.Dataset, step: CityStep) -> np.ndarray:
    """Intermediate inputs of every city and sector that the table distributes: output less value
    added and, by use, imports.
    """
    output = accounts.variables["output"].values
    inputs = output - accounts.variables["value_added"].values
    if not province.by_product:
        inputs = inputs - accounts.variables["imports"].values[:, province.industry]
    inputs = roundoff.difference(inputs, output)
    if (inputs < -SOLVED * output).any():
        s, j = np.unravel_index(int(np.argmin(inputs)), inputs.shape)
        raise BalanceError(
            f"value added and imports exceed output {output[s, j]:.6g} by {-inputs[s, j]:.6g}",
            where=f"{step.place}, city {province.codes[s]}, sector {province.names[j]}",
            fix="correct the city's value added.",
        )
    return np.where(inputs > 0, inputs, 0.0)


def use_prior(province: Province, accounts: xr.Dataset, cells: np.ndarray) -> np.ndarray:
    """Use of product i in column c of city s before the layers: a_ij^p x_j^s and f_ik^s, shape
    (region, sector, column).
    """
    output, final = (accounts.variables[name].values for name in ("output", "final_prior"))
    share = ratio(output, output.sum(axis=0))
    industry = cells[None, :, : len(province.names)] * share[:, None, :]
    return np.concatenate([industry, final[:, :, province.final_places]], axis=2)


def _solve(
    province: Province, accounts: xr.Dataset, targets: Targets, step: CityStep
) -> np.ndarray:
    """The table (layer, region, sector, column), its columns softened only where hard ones are in
    conflict.
    """
    names, margin, cells, inputs, solver = (
        province.names,
        targets.margin,
        targets.cells,
        targets.inputs,
        province.solver,
    )
    paper, closed = step.config.split == "paper", targets.closed()
    scaled = None if paper else _solve_by_factors(province, accounts, closed)
    if scaled is not None:
        return scaled[0]
    use = use_prior(province, accounts, reduce(add, cells))
    demand = margin.sum(axis=0)
    share = np.divide(margin, demand, out=np.zeros_like(margin), where=demand > 0)
    prior = share[:, :, :, None] * use[None]
    # a cell that the province does not have in a layer is a structural zero
    available = [cells[0] > 0, *[cell > 0 for cell in cells]]
    prior *= np.stack(available)[:, None]
    prior[..., : len(names)] *= (inputs > 0)[None, :, None, :]
    _check_support(prior, targets, province, step)
    # with `split: paper` rows stay as they are as long as they can
    attempts = [(None, targets), (TOTALS_OF_INPUTS, targets)] if paper else []
    for soft, wanted in [*attempts, (None, closed)]:
        try:
            solution = _solve_model(
                _model(prior, wanted, province, columns=soft), province, reason=soft is not None
            )
        except (InfeasibleError, CertificateError) as error:
            missed = isinstance(error, CertificateError) and solver.name not in (DUAL, DIRECT)
            if missed or wanted is closed:
                raise  # what another solver misses is no conflict of the columns
            if paper and soft is None and wanted is targets:
                step.report.add(SOFTENED, 1.0, flag="softened", note=str(error)[:300])
            continue
        if soft is not None:
            _report_softened(
                np.asarray(solution.slack["column"]).reshape(inputs.shape),
                inputs,
                accounts,
                province,
                step,
            )
        numbers = ("variables", "constraints", "iterations", "residual", "relative_gap", "entropy")
        step.report.add_certificate(solution.certificate, numbers)
        return solution["table"]
    raise AssertionError("the last attempt returns or raises")


class _Scaling:
    """City tables as a prior times factors of cells, rows and columns.

    Industries' use is a product of factors alone, a_ij^p x_j^s and all, so that sums over cells are
    products of small matrices. Layers that add up to the same cells of the province are found
    together: their rows have one prior, and divide it as their totals do. A soft sum moves its
    factor a part of the way: `parts` of rows and of observed final demand. The prior is by
    `output` (region, sector) and `final` demand (region, sector, category).
    """

    def __init__(
        self,
        output: np.ndarray,
        final: np.ndarray,
        targets: Targets,
        parts: tuple[float, float],
        where: str,
    ):
        self.where, self.parts = where, parts
        size, groups = targets.inputs.shape[1], targets.groups()
        margin = np.stack([targets.margin[layers].sum(axis=0) for layers, _ in groups])
        cells = np.stack([cells for _, cells in groups])
        # regions last: rows of all groups are one matrix
        self.margin = np.ascontiguousarray(margin.swapaxes(1, 2))
        self.inputs, self.known = targets.inputs.T.copy(), np.isfinite(targets.final)
        self.own = cells[:, :, :size].reshape(-1, size)
        self.bought = cells[:, :, size:].transpose(1, 0, 2)
        self.final = np.ascontiguousarray(final.transpose(1, 0, 2))
        self.observed = targets.final[self.known]
        self.has_row, self.has_column = self.margin > 0, self.inputs > 0
        # 1 where a target is 0, and with it all that it is divided by
        self.no_row, self.no_column, self.no_own, self.no_bought = (
            (of == 0).astype(float) for of in (self.margin, self.inputs, self.own, self.bought)
        )
        rows = log_or_zero(ratio(self.margin, self.margin.sum(axis=0)))
        columns = log_or_zero(ratio(output, output.sum(axis=0))).T
        self.modelled = self.final.sum(axis=0)[self.known]
        bought = log_or_zero(ratio(self.observed, self.modelled))
        self.start = np.concatenate([rows.ravel(), columns.ravel(), bought])

    def _split(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What belongs to rows (group, sector, region), to columns (sector, region) and to final
        demand that is observed.
        """
        first, last = self.margin.size, self.margin.size + self.inputs.size
        rows, columns = place[:first], place[first:last]
        return rows.reshape(self.margin.shape), columns.reshape(self.inputs.shape), place[last:]

    def factors(self, place: np.ndarray) -> tuple[np.ndarray, ...]:
        """Of cells (group and sector, sector), of final demand (sector, group, category), of rows,
        of columns and of final demand that is observed, from the logarithms of the last three;
        and final demand (sector, region, category) times the last.
        """
        rows, columns, bought = self._split(np.exp(place))
        rows, columns, final = rows * self.has_row, columns * self.has_column, self.final
        if bought.size:
            final = final.copy()
            final[:, self.known] *= bought
        every = rows.reshape(-1, rows.shape[2])
        cells = self.own / (every @ columns.T + self.no_own)
        demand = self.bought / (rows.swapaxes(0, 1) @ final + self.no_bought)
        return cells, demand, rows, columns, bought, final

    def round_of(self, place: np.ndarray) -> np.ndarray:
        """Logarithms of factors after a round."""
        cells, demand, _, columns, _, final = self.factors(place)
        sums = (cells @ columns).reshape(self.margin.shape)
        sums += (demand @ final.swapaxes(1, 2)).swapaxes(0, 1)
        rows = (self.margin / (sums + self.no_row)) ** self.parts[0]
        columns = self.inputs / (cells.T @ rows.reshape(len(cells), -1) + self.no_column)
        after = np.empty_like(place)
        of_rows, of_columns, of_bought = self._split(after)
        np.log(rows + self.no_row, out=of_rows)
        np.log(columns + self.no_column, out=of_columns)
        if of_bought.size:
            buying = (rows.transpose(1, 2, 0) @ demand * self.final).sum(axis=0)[self.known]
            of_bought[:] = self.parts[1] * np.log(self.observed / buying)
        return after

    def refuse(self, change: np.ndarray) -> None:
        """Raise where changes of logarithms, as multipliers, prove that nothing is feasible: those
        of cells are the largest that let none grow; observed final demand, which is soft, has none.
        """
        rows, columns, _ = self._split(change)
        above = np.where(self.has_row, rows, -np.inf)
        beside = np.where(self.has_column, columns, -np.inf)
        every = zip(above.reshape(len(self.own), -1).T, beside.T, strict=True)
        largest = reduce(np.maximum, (row[:, None] + column for row, column in every))
        cells = np.where(self.own > 0, largest, 0.0)
        buying = np.where(self.final[:, None] > 0, above.swapaxes(0, 1)[..., None], -np.inf)
        demand = np.where(self.bought > 0, buying.max(axis=2), 0.0)
        terms = self.margin * rows, self.inputs * columns, -self.own * cells, -self.bought * demand
        if proves_infeasible(*terms):
            raise InfeasibleError(
                f"{DIRECT} found that nothing is feasible",
                where=self.where,
                fix=f"use solver {DUAL}, which names the conflict.",
            )


@one_blas_thread
def _solve_by_factors(
    province: Province, accounts: xr.Dataset, targets: Targets, soft: float | None = None
) -> tuple[np.ndarray, Certificate] | None:
    """The table (layer, region, sector, column) by the factors of its cells, rows and columns, and
    its certificate; None where the general solver has to decide (final demand observed as 0, or
    where the prior has none).

    `soft`: weight of the rows, None where they are hard.

    Raises
    ------
    InfeasibleError
        The direction along which the factors drift proves that nothing is feasible.
    """
    if province.solver.name != DIRECT:
        return None
    size, weight = targets.inputs.shape[1], province.config.rho_gdp
    parts = (1.0 if soft is None else soft / (1 + soft), weight / (1 + weight))
    output, final = (accounts.variables[name].values for name in ("output", "final_prior"))
    final = final[:, :, province.final_places]
    scaling = _Scaling(output, final, targets, parts, province.place("city tables"))
    if not ((scaling.observed > 0) & (scaling.modelled > 0)).all():
        return None
    refuse = scaling.refuse if soft is None else None
    place = solve_fixed_point(scaling.round_of, scaling.start, refuse)
    if place is None:
        return None
    cells, demand, rows, columns, bought, final = scaling.factors(place)
    cells, own = (of.reshape(-1, size, size) for of in (cells, scaling.own))
    rows, margin, columns = rows.swapaxes(1, 2), scaling.margin.swapaxes(1, 2), columns.T
    industry = cells[:, None] * columns[:, None]
    final = demand.transpose(1, 0, 2)[:, None] * final.transpose(1, 0, 2)
    table = rows[..., None] * np.concatenate([industry, final], axis=3)
    reached, use = table.sum(axis=1), table.sum(axis=(0, 2))
    goal = margin if soft is None else margin * np.exp(-log_or_zero(rows) / soft)
    proof = certificate(
        (goal, table.sum(axis=3), rows),
        (targets.inputs, use[:, :size], columns),
        (own, reached[..., :size], cells),
        (scaling.bought, reached[..., size:].transpose(1, 0, 2), demand),
        (
            scaling.observed * np.exp(-log_or_zero(bought) / weight),
            use[:, size:][scaling.known],
            bought,
        ),
    )
    if not proof.passes(province.solver.tol_tables):
        return None
    table_of = [
        ratio(targets.margin[layers], whole)[..., None] * found
        for (layers, _), whole, found in zip(targets.groups(), margin, table, strict=True)
    ]
    return np.concatenate(table_of), proof


def _solve_model(model: EntropyModel, province: Province, *, reason: bool = True) -> Solution:
    """The solution of a model of this step.

    An ensemble goes on without the reason of a conflict (`reason` is off): finding it takes longer
    than the member.
    """
    solver = province.solver
    return model.solve(
        solver.name,
        solver.tol_tables,
        solver.max_iterations,
        diagnose=reason or solver.name != DIRECT,
    )


def _report_softened(
    slack: np.ndarray, inputs: np.ndarray, accounts: xr.Dataset, province: Province, step: CityStep
) -> None:
    """Say which inputs (region, sector) were softened; refuse what leaves a city less than no value
    added (round-off apart).
    """
    relative = np.divide(slack, inputs, out=np.zeros_like(slack), where=inputs > 0)
    for s, j in np.argwhere(np.abs(relative) > SOLVED):
        place = {"region": province.codes[s], "sector": province.names[j]}
        note = f"{inputs[s, j]:.6g} planned, {inputs[s, j] + slack[s, j]:.6g} kept"
        step.report.add("softened inputs", float(slack[s, j]), **place, flag="softened", note=note)
    before = accounts.variables["value_added"].values
    added = before - slack
    wrong = (added < -SOLVED * np.maximum(np.abs(before), before.mean())) & (before >= 0)
    if wrong.any():
        s, j = np.argwhere(wrong)[0]
        raise InfeasibleError(
            f"inputs exceed output by {-added[s, j]:.6g}, value added is {before[s, j]:.6g}",
            where=f"{step.place}, city {province.codes[s]}, sector {province.names[j]}",
            fix="the cities' inputs contradict their modelled demand: observe more of them, or "
            "correct the province's table.",
        )


def _model(
    prior: np.ndarray,
    targets: Targets,
    province: Province,
    *,
    columns: float | None = None,
    rows: float | None = None,
) -> EntropyModel:
    """The problem of :func:`city_tables`: the prior (layer, region, sector, column) and its
    targets.

    `columns` and `rows` are the weights of C5 and C4, None where they are hard.
    """
    codes, names, layers, uses = province.codes, province.names, targets.layers, targets.columns
    model = EntropyModel(province.place("city tables"))
    y = model.variable("table", prior=prior)
    shape = prior.shape

    def sums(number: np.ndarray, *axes: int, layers: slice = slice(None)) -> LinearRows:
        """Sums over cells: `number` along `axes` of (layer, region, sector, column) is the row of a
        cell, -1 of none.
        """
        row = np.full(shape, -1)
        row[layers] = np.expand_dims(number, [axis for axis in range(4) if axis not in axes])
        return y.sums(row, int(number.max()) + 1)

    cell = np.arange(shape[2] * shape[3]).reshape(shape[2:])
    of_cells = Labels("product {} column {}", names, uses)
    for (part, cells), title in zip(
        targets.groups(), ["local", *layers[targets.local.stop :]], strict=True
    ):
        model.equal(
            f"provincial {title} cell",
            sums(cell, 2, 3, layers=part),
            cells.ravel(),
            labels=of_cells,
        )
    model.equal(
        "row of a city",
        y.sum_over(3),
        targets.margin.ravel(),
        labels=Labels("layer {} city {} product {}", layers, codes, names),
        soft=rows,
    )
    column = np.full((shape[1], shape[3]), -1)
    column[:, : len(names)] = np.arange(targets.inputs.size).reshape(targets.inputs.shape)
    labels = Labels("city {} sector {}", codes, names)
    model.equal("column", sums(column, 1, 3), targets.inputs.ravel(), labels=labels, soft=columns)
    known = np.argwhere(np.isfinite(targets.final))
    if len(known):
        final = np.full((shape[1], shape[3]), -1)
        final[known[:, 0], len(names) + known[:, 1]] = np.arange(len(known))
        model.equal(
            "observed final demand",
            sums(final, 1, 3),
            targets.final[known[:, 0], known[:, 1]],
            labels=[f"city {codes[s]} category {uses[len(names) + k]}" for s, k in known],
            soft=province.config.rho_gdp,
        )
    return model


def _check_support(prior: np.ndarray, targets: Targets, province: Province, step: CityStep) -> None:
    """A positive target over an all-zero prior has no solution, and a prior below 0 is none: named
    before the solver meets it (mlfit #75).
    """
    names, layers, cells, margin = province.names, targets.layers, targets.cells, targets.margin
    if (prior < 0).any():
        whole = reduce(add, cells)
        i, c = np.unravel_index(int(np.argmin(whole)), whole.shape)
        raise DataError(
            f"the province uses {whole[i, c]:.6g} of product {names[i]} in column "
            f"{targets.columns[c]}; expected at least 0",
            where=step.place,
            fix="correct the province's table.",
        )
    groups = [("local", prior[:2].sum(axis=(0, 1)), cells[0])]
    groups += [
        (layer, prior[n].sum(axis=0), cells[n - 1]) for n, layer in enumerate(layers[2:], start=2)
    ]
    for title, have, want in groups:
        bad = (have == 0) & (want > 0)
        if bad.any():
            i, c = np.unravel_index(int(np.argmax(np.where(bad, want, 0))), want.shape)
            raise InfeasibleError(
                f"the province uses {want[i, c]:.6g} of product {names[i]} in column "
                f"{targets.columns[c]} from '{title}', "
                "no city can",
                where=step.place,
                fix="check outputs and demand of the cities for that product.",
            )
    rows = prior.sum(axis=3)
    bad = (rows == 0) & (margin > 0)
    if bad.any():
        n, s, i = np.unravel_index(int(np.argmax(np.where(bad, margin, 0))), margin.shape)
        raise InfeasibleError(
            f"city {province.codes[s]} must take {margin[n, s, i]:.6g} of product {names[i]} "
            f"from '{layers[n]}', "
            "but no column uses it",
            where=step.place,
            fix="check the city's demand for that product.",
        )
