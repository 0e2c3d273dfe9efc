"""EntropyDual: the dual Newton method as a cvxpy solver.

``problem.solve(solver=EntropyDual())`` solves any cvxpy problem of the class

    minimise  sum of weighted ``kl_div(x, q)``, ``rel_entr(x, q)``, ``-entr(x)`` with constant q, plus linear terms
    subject to  linear equalities and inequalities,

and refuses every other problem, naming the term. It reads the canonical cone program: an entropy term is an exponential
cone (t, x, q): x ln(x/q) <= -t whose t appears nowhere but in the objective.
"""

from __future__ import annotations

import re
import time

import cvxpy.settings as s
import numpy as np
import scipy.sparse as sp
from cvxpy.constraints import PSD, SOC, ExpCone, NonNeg, PowCone3D, PowConeND, Zero
from cvxpy.error import SolverError
from cvxpy.reductions.solution import Solution, failure_solution
from cvxpy.reductions.solvers import utilities
from cvxpy.reductions.solvers.conic_solvers.conic_solver import ConicSolver

from . import kernel
from .newton import OPTIMAL

NAME = "ENTROPY_DUAL"

_CONES = {
    SOC: "a second-order cone (norm, square, quadratic form)",
    PSD: "a semidefinite constraint",
    PowCone3D: "a power cone (power, geometric mean)",
    PowConeND: "a power cone (power, geometric mean)",
}


class NotEntropyProblem(SolverError):
    """The problem has a term outside the class that EntropyDual solves; the message names it."""


class EntropyDual(ConicSolver):
    """A cvxpy solver for entropy problems (see the module).

    Options of ``problem.solve``: ``tol`` (largest relative residual and gap, 1e-12), ``max_iterations`` (100000).
    After a solve, ``problem.solver_stats`` has the number of Newton steps, the solve time (of the method alone, as with
    cvxpy's other solvers: reading the cone program and writing it back is not in it) and, in ``extra_stats``, the
    conjugate-residual iterations, sweeps, residual, gap, the forced zeros and the rows of a conflict; the same result
    stays in the attribute ``result``, and the forced zeros by variable id in ``forced``.
    """

    MIP_CAPABLE = False
    SUPPORTED_CONSTRAINTS = [Zero, NonNeg, ExpCone, SOC, PSD, PowCone3D, PowConeND]
    EXP_CONE_ORDER = [0, 1, 2]
    REQUIRES_CONSTR = False

    def __init__(self) -> None:
        super().__init__()
        self.result: kernel.KernelResult | None = None
        self.forced: dict[int, np.ndarray] = {}

    def name(self) -> str:
        """Name of the solver."""
        return NAME

    def import_solver(self) -> None:
        """Nothing to import."""

    def is_installed(self) -> bool:
        """Always."""
        return True

    def cite(self, data) -> str:
        """Reference of the method."""
        return (
            "@book{fang1997entropy, author={Fang, S.-C. and Rajasekera, J. R. and Tsao, H.-S. J.}, "
            "title={Entropy Optimization and Mathematical Programming}, publisher={Kluwer}, year={1997}}"
        )

    def apply(self, problem):
        """Read the cone program (unformatted: rows A v + b in cone, arguments of a cone stacked)."""
        data, inverse = {}, {self.VAR_ID: problem.x.id}
        data[s.PARAM_PROB], data[self.DIMS] = problem, problem.cone_dims
        constraints = problem.constr_map
        inverse[self.DIMS] = problem.cone_dims
        inverse[self.EQ_CONSTR] = constraints[Zero]
        inverse[self.NEQ_CONSTR] = constraints[NonNeg] + constraints[ExpCone]
        for kind, words in _CONES.items():
            for constraint in constraints.get(kind, []):
                raise NotEntropyProblem(
                    f"{NAME} solves entropy problems only: {words} over {_names(constraint.variables(), problem)}."
                )
        if problem.P is not None:
            raise NotEntropyProblem(f"{NAME} solves entropy problems only: the objective has a quadratic term.")
        c, offset, matrix, b = problem.apply_parameters()
        inverse[s.OFFSET] = offset
        data[s.C], data[s.A], data[s.B] = c, sp.csr_array(matrix), b
        data["names"] = _Names(problem)
        return data, inverse

    def solve_via_data(self, data, warm_start, verbose, solver_opts, solver_cache=None):
        """Solve and return primal, duals of all rows in cvxpy's order, status and statistics."""
        options = dict(solver_opts)
        tol = float(options.pop("tol", 1e-12))
        most = int(options.pop("max_iterations", 100_000))
        options.pop("use_quad_obj", None)
        if options:
            raise NotEntropyProblem(f"{NAME} has no option {', '.join(sorted(options))}; it has tol and max_iterations.")
        program = _Program(data)
        clock = time.perf_counter()
        result = kernel.solve(
            program.prior, program.weight, program.matrix, program.target, program.equality, tol=tol, max_iterations=most
        )
        seconds = time.perf_counter() - clock
        self.result = result
        forced = np.zeros(len(data[s.C]), dtype=bool)
        if result.status == OPTIMAL:
            forced[program.columns] = result.forced[: program.count]
        self.forced = {ident: forced[start:] for ident, start in data[s.PARAM_PROB].var_id_to_col.items()}
        program.finish(result)
        if verbose:
            print(
                f"{NAME}: {result.status}, {len(program.prior)} variables, {len(program.target)} rows, "
                f"{result.newton} Newton steps, {result.inner} inner iterations, residual {result.residual:.1e}, "
                f"gap {result.gap:.1e}"
            )
        return {"program": program, "result": result, "seconds": seconds}

    def invert(self, solution, inverse_data):
        """Back to cvxpy: status, value, primal and dual values."""
        result, program = solution["result"], solution["program"]
        extra = {
            "inner_iterations": result.inner,
            "sweeps": result.sweeps,
            "residual": result.residual,
            "relative_gap": result.gap,
            "forced_zeros": int(result.forced.sum()),
            "conflict": result.conflict,
        }
        attributes = {s.SOLVE_TIME: solution["seconds"], s.NUM_ITERS: result.newton, s.EXTRA_STATS: extra}
        status = {OPTIMAL: s.OPTIMAL, kernel.INFEASIBLE: s.INFEASIBLE}.get(result.status, s.USER_LIMIT)
        if status == s.USER_LIMIT and result.residual < 1e-6:
            status = s.OPTIMAL_INACCURATE
        if status not in s.SOLUTION_PRESENT:
            return failure_solution(status, attributes)
        zero = inverse_data[self.DIMS].zero
        duals = utilities.get_dual_values(program.dual[:zero], utilities.extract_dual_value, inverse_data[self.EQ_CONSTR])
        duals |= utilities.get_dual_values(program.dual[zero:], utilities.extract_dual_value, inverse_data[self.NEQ_CONSTR])
        value = program.value + inverse_data[s.OFFSET]
        return Solution(status, value, {inverse_data[self.VAR_ID]: program.vector}, duals, attributes)


class _Names:
    """Names of the cone program's variables by column, for messages."""

    def __init__(self, problem) -> None:
        self.starts = sorted((start, ident) for ident, start in problem.var_id_to_col.items())
        self.names = {variable.id: variable.name() for variable in problem.variables}

    def __call__(self, columns) -> str:
        found = []
        for column in np.unique(columns):
            name = next(self.names.get(ident, str(ident)) for start, ident in reversed(self.starts) if column >= start)
            if name not in found:
                found.append(name)
        named = [name for name in found if not re.fullmatch(r"var\d+", name)] or found  # cvxpy's own auxiliaries: var<number>
        return "variable " + ", ".join(f"'{name}'" for name in named[:5]) + (" and others" if len(named) > 5 else "")


def _names(variables, problem) -> str:
    names = _Names(problem)
    if variables and all(v.id in problem.var_id_to_col for v in variables):
        return names([problem.var_id_to_col[v.id] for v in variables])
    return names(sorted(problem.var_id_to_col.values()))


def _beside(matrix, columns, names) -> str:
    """', here next to ...': the variables that share a row with cvxpy's own auxiliary variables."""
    if not re.fullmatch(r"variable '(var\d+)'(, 'var\d+')*( and others)?", names(columns)):
        return ""
    rows = np.unique(matrix[:, columns].nonzero()[0])
    return f", here next to {names(matrix[rows].indices)}" if len(rows) else ""


class _Program:
    """The entropy problem found in a cone program: prior, weight, rows; and the way back.

    Kernel variables are the columns with an entropy term of their own, then one auxiliary variable for every entropy term
    of an affine expression (s = a'v + const, one more row each).
    """

    def __init__(self, data) -> None:
        self.c, matrix, self.b, dims = data[s.C], data[s.A], data[s.B], data[ConicSolver.DIMS]
        names = data["names"]
        constraints = data[s.PARAM_PROB].constraints
        self.linear_rows = dims.zero + dims.nonneg
        n = len(self.c)
        parts = [[], [], []]
        at = self.linear_rows
        for constraint in constraints:
            if isinstance(constraint, ExpCone):
                size = constraint.args[0].size
                for k in range(3):
                    parts[k].append(np.arange(at + k * size, at + (k + 1) * size))
                at += 3 * size
        t_rows, x_rows, q_rows = (np.concatenate(p) if p else np.zeros(0, dtype=int) for p in parts)
        counts = np.diff(matrix.indptr)
        if np.any(counts[q_rows] > 0):
            position = int(np.argmax(counts[q_rows] > 0))
            raise NotEntropyProblem(
                f"{NAME} solves entropy problems only: an exponential or logarithm, or a rel_entr / kl_div whose second "
                f"argument is not constant, over {names(matrix[[r[position] for r in (t_rows, x_rows, q_rows)]].indices)}."
            )
        self.t_column, self.t_factor = self._single(matrix, counts, t_rows, names)
        terms = len(t_rows)
        used = np.bincount(matrix.indices, minlength=n)
        odd = np.flatnonzero(used[self.t_column] != 1)
        if len(odd):
            raise NotEntropyProblem(
                f"{NAME} solves entropy problems only: an entropy term inside a constraint or another term over "
                f"{names(matrix[x_rows[odd[:1]]].indices)}."
            )
        weight = -self.c[self.t_column] / self.t_factor
        if np.any(weight <= 0):
            raise NotEntropyProblem(
                f"{NAME} solves entropy problems only: an entropy term with weight {weight.min():g}; weights must be positive, "
                f"over {names(matrix[x_rows[np.argmin(weight)]].indices)}."
            )
        prior = self.b[q_rows]
        if np.any(prior < 0) or not np.all(np.isfinite(prior)):
            raise NotEntropyProblem(
                f"{NAME}: a reference value (second argument of rel_entr / kl_div) is {prior.min():g}; it must be >= 0."
            )
        self.t_shift, self.term_weight, self.term_prior = self.b[t_rows], weight, prior

        plain = (counts[x_rows] == 1) & (self.b[x_rows] == 0)
        first = matrix.indptr[x_rows]
        coefficient, column = np.ones(terms), np.full(terms, -1)
        coefficient[plain], column[plain] = matrix.data[first[plain]], matrix.indices[first[plain]]
        plain &= coefficient > 0
        is_t = np.zeros(n, dtype=bool)
        is_t[self.t_column] = True
        own = np.zeros(n, dtype=bool)
        own[column[plain]] = True
        lost = np.flatnonzero(~own & ~is_t)
        if len(lost):
            raise NotEntropyProblem(
                f"{NAME} solves entropy problems only: no entropy term (kl_div, rel_entr, -entr) for {names(lost)}; every "
                f"variable needs its own (abs, max, norm1 and others bring variables without{_beside(matrix, lost, names)})."
            )
        self.columns = np.flatnonzero(own)
        place = np.full(n, -1, dtype=matrix.indices.dtype)
        place[self.columns] = np.arange(len(self.columns))
        composite = np.flatnonzero(~plain)
        self.count, extra = len(self.columns), len(composite)
        fixed = np.zeros(self.count, dtype=bool)
        index, a = place[column[plain]], coefficient[plain]
        w, q = weight[plain] * a, prior[plain] / a
        fixed[index[q == 0]] = True
        total_weight = np.bincount(index, w, self.count)
        log_prior = np.bincount(index, w * np.log(np.where(q > 0, q, 1.0)), self.count)
        cost = self.c[self.columns]
        log_q = (log_prior - cost) / total_weight - 1.0
        single = np.bincount(index, minlength=self.count) == 1
        direct = np.zeros(self.count)
        direct[index] = q
        exact = single & (cost == -total_weight)
        own_prior = np.where(fixed, 0.0, np.where(exact, direct, np.exp(log_q)))
        self.weight = np.concatenate((total_weight, weight[composite]))
        self.prior = np.concatenate((own_prior, prior[composite] * np.exp(-1.0)))
        sign = np.where(np.arange(self.linear_rows) < dims.zero, 1.0, -1.0)
        filled = matrix.indptr[self.linear_rows]  # the columns of entropy bounds have no entry in these rows
        factors = matrix.data[:filled] * np.repeat(sign, counts[: self.linear_rows])
        indices, indptr = place[matrix.indices[:filled]], matrix.indptr[: self.linear_rows + 1].copy()
        rows = sp.csr_array((factors, indices, indptr), shape=(self.linear_rows, self.count))
        target = -sign * self.b[: self.linear_rows]
        equality = np.arange(self.linear_rows) < dims.zero
        if extra:
            affine = matrix[x_rows[composite]][:, self.columns]
            rows = sp.vstack(
                (
                    sp.hstack((rows, sp.csr_array((self.linear_rows, extra)))),
                    sp.hstack((-affine, sp.eye_array(extra))),
                )
            )
            target = np.concatenate((target, self.b[x_rows[composite]]))
            equality = np.concatenate((equality, np.ones(extra, dtype=bool)))
        self.matrix, self.target, self.equality = sp.csr_array(rows), target, equality
        self.matrix.eliminate_zeros()
        self.plain, self.coefficient, self.column = plain, coefficient[plain], column[plain]
        self.argument = matrix[x_rows[composite]], self.b[x_rows[composite]]

    @staticmethod
    def _single(matrix, counts, t_rows, names):
        if np.any(counts[t_rows] != 1):
            row = t_rows[np.argmax(counts[t_rows] != 1)]
            raise NotEntropyProblem(
                f"{NAME} solves entropy problems only: a bound on an entropy or exponential of {names(matrix[[row]].indices)}."
            )
        first = matrix.indptr[t_rows]
        factor = matrix.data[first]
        if np.any(factor <= 0):
            raise NotEntropyProblem(f"{NAME} solves entropy problems only: a negative entropy bound.")
        return matrix.indices[first], factor

    def finish(self, result: kernel.KernelResult) -> None:
        """Vector of the cone program, duals of its rows (cvxpy's sign and order), objective value."""
        vector = np.zeros(len(self.c))
        vector[self.columns] = result.x[: self.count]
        matrix, shift = self.argument
        x = np.empty(len(self.plain))
        x[self.plain] = self.coefficient * vector[self.column]
        x[~self.plain] = np.maximum(matrix @ vector + shift, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(x > 0, np.log(self.term_prior / np.where(x > 0, x, 1.0)), 0.0)
        t = np.where(x > 0, x * ratio, 0.0)
        vector[self.t_column] = (t - self.t_shift) / self.t_factor
        self.vector = vector
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(self.term_prior > 0, x / np.where(self.term_prior > 0, self.term_prior, 1.0), 0.0)
        cone = np.stack((-self.term_weight, self.term_weight * (ratio - 1.0), self.term_weight * slope), axis=1)
        self.dual = np.concatenate((0.0 - result.y[: self.linear_rows], cone.ravel()))
        self.value = float(np.sum(self.c * vector))
