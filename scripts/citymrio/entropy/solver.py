"""EntropyDual: the dual Newton method as a cvxpy solver.

``problem.solve(solver=EntropyDual())`` solves any cvxpy problem of the class

    minimise  sum of weighted ``kl_div(x, q)``, ``rel_entr(x, q)``, ``-entr(x)`` with constant q,
    plus linear terms subject to  linear equalities and inequalities,

and refuses every other problem, naming the term. It reads the canonical cone program, in which
cvxpy writes an entropy term as an exponential cone (t, x, q): x ln(x/q) <= -t, where t appears
nowhere but in the objective. The rows of the cone program are A v + b, first equalities, then
``>=`` rows, then the cones.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import cvxpy.settings as s
import numpy as np
import scipy.sparse as sp
from cvxpy.constraints import PSD, SOC, ExpCone, NonNeg, PowCone3D, PowConeND, Zero
from cvxpy.error import SolverError
from cvxpy.reductions.dcp2cone.cone_matrix_stuffing import ParamConeProg
from cvxpy.reductions.solution import Solution, failure_solution
from cvxpy.reductions.solvers import utilities
from cvxpy.reductions.solvers.conic_solvers.conic_solver import ConicSolver

from ..base.solvers import DUAL, TOLERANCE
from . import kernel
from .dual import INFEASIBLE, OPTIMAL

#: How the refusal of a problem begins.
ONLY = f"{DUAL} solves entropy problems only:"


class NotEntropyProblem(SolverError):
    """The problem has a term outside the class that EntropyDual solves; the message names it."""


class Names:
    """Names of the cone program's variables by column, for messages."""

    def __init__(self, problem: ParamConeProg) -> None:
        self.starts = sorted((start, ident) for ident, start in problem.var_id_to_col.items())
        self.names = {variable.id: variable.name() for variable in problem.variables}

    def __call__(self, columns: np.ndarray | Sequence[int]) -> str:
        """The names of the variables of some columns: at most five."""
        found: list[str] = []
        for column in np.unique(columns):
            name = next(
                self.names.get(ident, str(ident))
                for start, ident in reversed(self.starts)
                if column >= start
            )
            if name not in found:
                found.append(name)
        named = [
            name for name in found if not re.fullmatch(r"var\d+", name)
        ] or found  # cvxpy's own auxiliaries: var<number>
        return (
            "variable "
            + ", ".join(f"'{name}'" for name in named[:5])
            + (" and others" if len(named) > 5 else "")
        )


def names_of(variables: Sequence[cp.Variable], problem: ParamConeProg) -> str:
    """The names of variables; of all, where cvxpy made some of them on the way."""
    names = Names(problem)
    if variables and all(v.id in problem.var_id_to_col for v in variables):
        return names([problem.var_id_to_col[v.id] for v in variables])
    return names(sorted(problem.var_id_to_col.values()))


def _beside(matrix: sp.csr_array, columns: np.ndarray, names: Names) -> str:
    """', here next to ...': the variables that share a row with cvxpy's own auxiliary variables."""
    if not re.fullmatch(r"variable '(var\d+)'(, 'var\d+')*( and others)?", names(columns)):
        return ""
    rows = np.unique(matrix[:, columns].nonzero()[0])
    return f", here next to {names(matrix[rows].indices)}" if len(rows) else ""


@dataclass(frozen=True)
class _Terms:
    """The entropy terms of a cone program, one number a term.

    Attributes
    ----------
    x_rows
        Row of the term's argument x.
    column, factor, shift
        The bound t of the term: its column, and t = factor v + shift.
    weight, prior
        w and q of w x ln(x / q).
    plain
        Whether x is one variable times a positive number, without a constant.
    coefficient, variable
        Where it is: that number, and the variable's column.
    """

    x_rows: np.ndarray
    column: np.ndarray
    factor: np.ndarray
    shift: np.ndarray
    weight: np.ndarray
    prior: np.ndarray
    plain: np.ndarray
    coefficient: np.ndarray
    variable: np.ndarray


class ConeProgram:
    """The entropy problem found in a cone program: prior, weight, rows; and the way back.

    Kernel variables are the columns with an entropy term of their own, then one auxiliary variable
    for every entropy term of an affine expression (s = a'v + const, one more row each).

    Parameters
    ----------
    data
        What :meth:`EntropyDual.apply` gives cvxpy: c, A, b, cones, and the names of variables.

    Raises
    ------
    NotEntropyProblem
        A term outside the class, by the names of its variables.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.c, self.b, matrix, dims = data[s.C], data[s.B], data[s.A], data[ConicSolver.DIMS]
        self.names: Names = data["names"]
        self.linear_rows = dims.zero + dims.nonneg
        self.terms = terms = self._read_terms(matrix, data[s.PARAM_PROB].constraints)
        self.columns = self._own_columns(matrix)
        self.count = len(self.columns)
        place = np.full(len(self.c), -1, dtype=matrix.indices.dtype)
        place[self.columns] = np.arange(self.count)
        total_weight, own_prior = self._own_variables(place)
        composite = ~terms.plain
        self.weight = np.concatenate((total_weight, terms.weight[composite]))
        self.prior = np.concatenate((own_prior, terms.prior[composite] * np.exp(-1.0)))
        rows, target, equality = self._linear_rows(matrix, dims.zero, place)
        self.argument = matrix[terms.x_rows[composite]], self.b[terms.x_rows[composite]]
        if extra := int(composite.sum()):
            affine = self.argument[0][:, self.columns]
            rows = sp.vstack(
                (
                    sp.hstack((rows, sp.csr_array((self.linear_rows, extra)))),
                    sp.hstack((-affine, sp.eye_array(extra))),
                )
            )
            target = np.concatenate((target, self.argument[1]))
            equality = np.concatenate((equality, np.ones(extra, dtype=bool)))
        self.matrix, self.target, self.equality = sp.csr_array(rows), target, equality
        self.matrix.eliminate_zeros()

    def _read_terms(self, matrix: sp.csr_array, constraints: Sequence[cp.Constraint]) -> _Terms:
        t_rows, x_rows, q_rows = _cone_rows(constraints, self.linear_rows)
        counts, names = np.diff(matrix.indptr), self.names
        if np.any(counts[q_rows] > 0):
            position = int(np.argmax(counts[q_rows] > 0))
            raise NotEntropyProblem(
                f"{ONLY} an exponential or logarithm, or a rel_entr / kl_div whose second "
                "argument is not constant, over "
                f"{names(matrix[[r[position] for r in (t_rows, x_rows, q_rows)]].indices)}."
            )
        column, factor = self._bounds(matrix, counts, t_rows)
        used = np.bincount(matrix.indices, minlength=len(self.c))
        odd = np.flatnonzero(used[column] != 1)
        if len(odd):
            raise NotEntropyProblem(
                f"{ONLY} an entropy term inside a constraint or another term over "
                f"{names(matrix[x_rows[odd[:1]]].indices)}."
            )
        weight = -self.c[column] / factor
        if np.any(weight <= 0):
            raise NotEntropyProblem(
                f"{ONLY} an entropy term with weight {weight.min():g}; weights must be positive, "
                f"over {names(matrix[x_rows[np.argmin(weight)]].indices)}."
            )
        prior = self.b[q_rows]
        if np.any(prior < 0) or not np.all(np.isfinite(prior)):
            raise NotEntropyProblem(
                f"{DUAL}: a reference value (second argument of rel_entr / kl_div) is "
                f"{prior.min():g}; it must be >= 0."
            )
        plain = (counts[x_rows] == 1) & (self.b[x_rows] == 0)
        first = matrix.indptr[x_rows]
        coefficient, variable = np.ones(len(t_rows)), np.full(len(t_rows), -1)
        coefficient[plain], variable[plain] = (
            matrix.data[first[plain]],
            matrix.indices[first[plain]],
        )
        plain &= coefficient > 0
        return _Terms(
            x_rows,
            column,
            factor,
            self.b[t_rows],
            weight,
            prior,
            plain,
            coefficient[plain],
            variable[plain],
        )

    def _bounds(
        self, matrix: sp.csr_array, counts: np.ndarray, t_rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Columns and factors of the bounds t, each of which must be one variable times a positive
        number.
        """
        if np.any(counts[t_rows] != 1):
            row = t_rows[np.argmax(counts[t_rows] != 1)]
            raise NotEntropyProblem(
                f"{ONLY} a bound on an entropy or exponential of "
                f"{self.names(matrix[[row]].indices)}."
            )
        first = matrix.indptr[t_rows]
        factor = matrix.data[first]
        if np.any(factor <= 0):
            raise NotEntropyProblem(f"{ONLY} a negative entropy bound.")
        return matrix.indices[first], factor

    def _own_columns(self, matrix: sp.csr_array) -> np.ndarray:
        """Columns with an entropy term of their own; every other one must be the bound of a
        term.
        """
        is_t, own = np.zeros(len(self.c), dtype=bool), np.zeros(len(self.c), dtype=bool)
        is_t[self.terms.column] = True
        own[self.terms.variable] = True
        lost = np.flatnonzero(~own & ~is_t)
        if len(lost):
            raise NotEntropyProblem(
                f"{ONLY} no entropy term (kl_div, rel_entr, -entr) for {self.names(lost)}; "
                "every variable needs its own "
                "(abs, max, norm1 and others bring variables "
                f"without{_beside(matrix, lost, self.names)})."
            )
        return np.flatnonzero(own)

    def _own_variables(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weight and prior of every column of :meth:`_own_columns`: its terms and its linear cost
        in one.
        """
        terms, count = self.terms, self.count
        fixed = np.zeros(count, dtype=bool)
        index, a = place[terms.variable], terms.coefficient
        w, q = terms.weight[terms.plain] * a, terms.prior[terms.plain] / a
        fixed[index[q == 0]] = True
        total_weight = np.bincount(index, w, count)
        log_prior = np.bincount(index, w * np.log(np.where(q > 0, q, 1.0)), count)
        cost = self.c[self.columns]
        log_q = (log_prior - cost) / total_weight - 1.0
        single = np.bincount(index, minlength=count) == 1
        direct = np.zeros(count)
        direct[index] = q
        exact = single & (cost == -total_weight)
        return total_weight, np.where(fixed, 0.0, np.where(exact, direct, np.exp(log_q)))

    def _linear_rows(
        self, matrix: sp.csr_array, equalities: int, place: np.ndarray
    ) -> tuple[sp.csr_array, np.ndarray, np.ndarray]:
        """Rows over the own columns, their targets, and which are equalities (the others are
        ``<=``).
        """
        count = self.linear_rows
        equality = np.arange(count) < equalities
        sign = np.where(equality, 1.0, -1.0)
        filled = matrix.indptr[count]  # the columns of entropy bounds have no entry in these rows
        factors = matrix.data[:filled] * np.repeat(sign, np.diff(matrix.indptr[: count + 1]))
        indices, indptr = place[matrix.indices[:filled]], matrix.indptr[: count + 1].copy()
        return (
            sp.csr_array((factors, indices, indptr), shape=(count, self.count)),
            -sign * self.b[:count],
            equality,
        )

    def finish(self, result: kernel.KernelResult) -> None:
        """Set `vector` of the cone program, `dual` of its rows (cvxpy's sign and order) and `value`
        of the objective.
        """
        terms, (matrix, shift) = self.terms, self.argument
        vector = np.zeros(len(self.c))
        vector[self.columns] = result.x[: self.count]
        x = np.empty(len(terms.plain))
        x[terms.plain] = terms.coefficient * vector[terms.variable]
        x[~terms.plain] = np.maximum(matrix @ vector + shift, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            from_prior = np.where(x > 0, np.log(terms.prior / np.where(x > 0, x, 1.0)), 0.0)
        t = np.where(x > 0, x * from_prior, 0.0)
        vector[terms.column] = (t - terms.shift) / terms.factor
        self.vector = vector
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(terms.prior > 0, x / np.where(terms.prior > 0, terms.prior, 1.0), 0.0)
        cone = np.stack(
            (-terms.weight, terms.weight * (from_prior - 1.0), terms.weight * slope), axis=1
        )
        self.dual = np.concatenate((0.0 - result.y[: self.linear_rows], cone.ravel()))
        self.value = float(np.sum(self.c * vector))


def _cone_rows(
    constraints: Sequence[cp.Constraint], at: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of t, x and q of all exponential cones, the first of which begins at row `at`."""
    parts: list[list[np.ndarray]] = [[], [], []]
    for constraint in constraints:
        if isinstance(constraint, ExpCone):
            size = constraint.args[0].size
            for k in range(3):
                parts[k].append(np.arange(at + k * size, at + (k + 1) * size))
            at += 3 * size
    t, x, q = (np.concatenate(part) if part else np.zeros(0, dtype=int) for part in parts)
    return t, x, q


_CONES = {
    SOC: "a second-order cone (norm, square, quadratic form)",
    PSD: "a semidefinite constraint",
    PowCone3D: "a power cone (power, geometric mean)",
    PowConeND: "a power cone (power, geometric mean)",
}


class EntropyDual(ConicSolver):
    """A cvxpy solver for entropy problems (see the module).

    Options of ``problem.solve``: ``tol`` (largest relative residual and gap, 1e-12),
    ``max_iterations`` (100000). After a solve, ``problem.solver_stats`` has the number of Newton
    steps, the solve time (of the method alone, as with cvxpy's other solvers: reading the cone
    program and writing it back is not in it) and, in ``extra_stats``, the conjugate-residual
    iterations, sweeps, residual, gap, the forced zeros and the rows of a conflict; the same result
    stays in the attribute ``result``, and the forced zeros by variable id in ``forced``.
    """

    MIP_CAPABLE = False
    SUPPORTED_CONSTRAINTS = [Zero, NonNeg, ExpCone, SOC, PSD, PowCone3D, PowConeND]  # type: ignore[list-item]  # cvxpy's own cones
    EXP_CONE_ORDER: list[int] = [0, 1, 2]  # type: ignore[assignment]  # cvxpy's base class has None
    REQUIRES_CONSTR = False

    def __init__(self) -> None:
        super().__init__()
        self.result: kernel.KernelResult | None = None
        self.forced: dict[int, np.ndarray] = {}

    def name(self) -> str:
        """Name of the solver."""
        return DUAL

    def import_solver(self) -> None:
        """Nothing to import."""

    def is_installed(self) -> bool:
        """Always."""
        return True

    def cite(self, data: dict[str, Any]) -> str:
        """Reference of the method."""
        return (
            "@book{fang1997entropy, author={Fang, S.-C. and Rajasekera, J. R. and Tsao, H.-S. J.}, "
            "title={Entropy Optimization and Mathematical Programming}, publisher={Kluwer}, "
            "year={1997}}"
        )

    def apply(self, problem: ParamConeProg) -> tuple[dict[str, Any], dict[str, Any]]:
        """Read the cone program (unformatted: rows A v + b in cone, arguments of a cone
        stacked).
        """
        data: dict[str, Any] = {s.PARAM_PROB: problem, self.DIMS: problem.cone_dims}
        inverse: dict[str, Any] = {self.VAR_ID: problem.x.id}
        constraints = problem.constr_map
        inverse[self.DIMS] = problem.cone_dims
        inverse[self.EQ_CONSTR] = constraints[Zero]
        inverse[self.NEQ_CONSTR] = constraints[NonNeg] + constraints[ExpCone]
        for kind, words in _CONES.items():
            for constraint in constraints.get(kind, []):
                raise NotEntropyProblem(
                    f"{ONLY} {words} over {names_of(constraint.variables(), problem)}."
                )
        if problem.P is not None:
            raise NotEntropyProblem(f"{ONLY} the objective has a quadratic term.")
        c, offset, matrix, b = problem.apply_parameters()
        inverse[s.OFFSET] = offset
        data[s.C], data[s.A], data[s.B] = c, sp.csr_array(matrix), b
        data["names"] = Names(problem)
        return data, inverse

    def solve_via_data(
        self,
        data: dict[str, Any],
        warm_start: bool,
        verbose: bool,
        solver_opts: dict[str, Any],
        solver_cache: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Solve and return primal, duals of all rows in cvxpy's order, status and statistics."""
        options = dict(solver_opts)
        tol = float(options.pop("tol", TOLERANCE))
        most = int(options.pop("max_iterations", 100_000))
        options.pop("use_quad_obj", None)
        if options:
            raise NotEntropyProblem(
                f"{DUAL} has no option {', '.join(sorted(options))}; it has tol and max_iterations."
            )
        program = ConeProgram(data)
        clock = time.perf_counter()
        result = kernel.solve(
            program.prior,
            program.weight,
            program.matrix,
            program.target,
            program.equality,
            tol=tol,
            max_iterations=most,
        )
        seconds = time.perf_counter() - clock
        self.result = result
        forced = np.zeros(len(data[s.C]), dtype=bool)
        if result.status == OPTIMAL:
            forced[program.columns] = result.forced[: program.count]
        self.forced = {
            ident: forced[start:] for ident, start in data[s.PARAM_PROB].var_id_to_col.items()
        }
        program.finish(result)
        if verbose:
            print(
                f"{DUAL}: {result.status}, {len(program.prior)} variables, "
                f"{len(program.target)} rows, "
                f"{result.newton} Newton steps, {result.inner} inner iterations, residual "
                f"{result.residual:.1e}, "
                f"gap {result.gap:.1e}"
            )
        return {"program": program, "result": result, "seconds": seconds}

    def invert(self, solution: dict[str, Any], inverse_data: dict[str, Any]) -> Solution:
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
        attributes = {
            s.SOLVE_TIME: solution["seconds"],
            s.NUM_ITERS: result.newton,
            s.EXTRA_STATS: extra,
        }
        status = {OPTIMAL: s.OPTIMAL, INFEASIBLE: s.INFEASIBLE}.get(result.status, s.USER_LIMIT)
        if status == s.USER_LIMIT and result.residual < kernel.INACCURATE:
            status = s.OPTIMAL_INACCURATE
        if status not in s.SOLUTION_PRESENT:
            return failure_solution(status, attributes)
        zero = inverse_data[self.DIMS].zero
        duals = utilities.get_dual_values(
            program.dual[:zero], utilities.extract_dual_value, inverse_data[self.EQ_CONSTR]
        )
        duals |= utilities.get_dual_values(
            program.dual[zero:], utilities.extract_dual_value, inverse_data[self.NEQ_CONSTR]
        )
        value = program.value + inverse_data[s.OFFSET]
        return Solution(
            status, value, {inverse_data[self.VAR_ID]: program.vector}, duals, attributes
        )
