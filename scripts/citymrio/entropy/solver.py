"""EntropyDual: the dual Newton method as a cvxpy solver.

``problem.solve(solver=EntropyDual())`` solves any cvxpy problem of the class

    minimise  sum of weighted ``kl_div(x, q)``, ``rel_entr(x, q)``, ``-entr(x)`` with constant q,
    plus linear terms subject to  linear equalities and inequalities,

and refuses every other problem, naming the term. It reads the canonical cone program: an entropy
term is an exponential cone (`cone.py`).
"""

import time
from typing import Any

import cvxpy.settings as s
import numpy as np
import scipy.sparse as sp
from cvxpy.constraints import PSD, SOC, ExpCone, NonNeg, PowCone3D, PowConeND, Zero
from cvxpy.reductions.dcp2cone.cone_matrix_stuffing import ParamConeProg
from cvxpy.reductions.solution import Solution, failure_solution
from cvxpy.reductions.solvers import utilities
from cvxpy.reductions.solvers.conic_solvers.conic_solver import ConicSolver

from ..base.solvers import DUAL, TOLERANCE
from . import kernel
from .cone import ONLY, ConeProgram, Names, NotEntropyProblem, names_of
from .dual import INFEASIBLE, OPTIMAL

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
