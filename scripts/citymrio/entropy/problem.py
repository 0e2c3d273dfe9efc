"""EntropyModel: entropy problems written with labels, solved through cvxpy.

An estimation step names its variables (arrays with a prior), its constraints (rows with labels) and
solves; what comes back is arrays, duals by constraint, slacks of soft rows, and a certificate.
Infeasibility is reported in those names.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from ..base.errors import CertificateError, ConfigError
from ..base.solvers import DIRECT, DUAL, SOLVERS, TOLERANCE
from . import explain, kernel
from .arrays import SOFT, Arrays, Block
from .certificate import Certificate, certify
from .dual import INFEASIBLE, OPTIMAL
from .expressions import LinearRows, Variable, numbers_of

if TYPE_CHECKING:
    import cvxpy as cp
    from cvxpy.reductions.solvers.conic_solvers.conic_solver import ConicSolver

log = logging.getLogger(__name__)


@dataclass
class Solution:
    """What a solve returns.

    Attributes
    ----------
    certificate
        See :class:`Certificate`.
    slack
        s - b of every soft constraint.
    dual
        Dual values by constraint, in the order of labels: the change of the optimum per unit of
        target (cvxpy's sign reversed: positive where a larger target costs more).
    forced
        By variable, cells with a positive prior that every feasible point has at 0 (all-False
        arrays when there are none).
    """

    values: dict[str, np.ndarray]
    certificate: Certificate
    slack: dict[str, np.ndarray] = field(default_factory=dict)
    dual: dict[str, np.ndarray] = field(default_factory=dict)
    forced: dict[str, np.ndarray] = field(default_factory=dict)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]


class EntropyModel:
    """An entropy problem: min sum of w KL(x|q) over named variables, subject to named linear
    constraints.

    Parameters
    ----------
    title
        What is estimated and where ("split of supply and demand, province 13"): every error starts
        with it.

    Examples
    --------
    Flows between two towns, from their totals and a prior without preference:

    >>> import numpy as np
    >>> model = EntropyModel("flows between two towns")
    >>> flows = model.variable("flows", np.ones((2, 2)))
    >>> model.equal("sales", flows.sum_over(1), np.array([30.0, 10.0]), labels=["north", "south"])
    >>> model.equal("purchases", flows.sum_over(0), np.array([24.0, 16.0]), labels=["north", "south"])
    >>> solution = model.solve()
    >>> solution["flows"].round(6)
    array([[18., 12.],
           [ 6.,  4.]])
    >>> solution.certificate.passes(1e-12)
    True
    """  # noqa: E501

    def __init__(self, title: str):
        self.title = title
        self.variables: dict[str, Variable] = {}
        self.blocks: list[Block] = []
        self.costs: list[tuple[LinearRows, np.ndarray]] = []

    def variable(self, name: str, prior: np.ndarray, weight: float | np.ndarray = 1.0) -> Variable:
        """Non-negative variables in an array of the prior's shape; where the prior is 0 they are 0.

        Parameters
        ----------
        name
            Name in messages and in the solution.
        prior
            Reference q >= 0, any shape, in the unit of the targets.
        weight
            w > 0 of the variables' divergence, a number or an array of that shape.

        Raises
        ------
        ValueError
            A prior that is negative or not finite, a weight that is not positive, a name that
            exists already.
        """
        prior = numbers_of(prior, None, f"{self.title}: prior of '{name}'")
        if not np.all(np.isfinite(prior)) or np.any(prior < 0):
            raise ValueError(
                f"{self.title}: prior of '{name}' must be finite and >= 0 (signed priors: "
                "signed_variable)"
            )
        return self._add(name, prior, weight)

    def signed_variable(
        self, name: str, prior: np.ndarray, weight: float | np.ndarray = 1.0
    ) -> Variable:
        """Variables that keep the sign of their prior (GRAS): KL on magnitudes, rows on signed
        values.
        """
        prior = numbers_of(prior, None, f"{self.title}: prior of '{name}'")
        if not np.all(np.isfinite(prior)):
            raise ValueError(f"{self.title}: prior of '{name}' must be finite")
        return self._add(name, prior, weight)

    def _add(self, name: str, prior: np.ndarray, weight: float | np.ndarray) -> Variable:
        if name in self.variables:
            raise ValueError(f"{self.title}: variable '{name}' exists already")
        weight = numbers_of(weight, prior.shape, f"{self.title}: weights of '{name}'")
        if np.any(weight <= 0) or not np.all(np.isfinite(weight)):
            raise ValueError(f"{self.title}: weights of '{name}' must be positive")
        self.variables[name] = Variable(name, prior, weight)
        return self.variables[name]

    def equal(
        self,
        name: str,
        rows: LinearRows,
        target: float | np.ndarray,
        labels: Sequence | None = None,
        soft: float | np.ndarray | None = None,
    ) -> None:
        """Rows equal to targets.

        Parameters
        ----------
        name
            Name in messages, duals and slacks.
        rows
            m rows over variables (:meth:`Variable.sum_over`, :meth:`Variable.dot` and sums of
            them).
        target
            Their values, a number or (m,), in the unit of the priors.
        labels
            What the rows are called in messages; their numbers when not given.
        soft
            rho > 0, a number or (m,): the penalty rho KL(s|target), s the row's value, in place of
            the equality.

        Raises
        ------
        ValueError
            Shapes that differ, a target that is not finite (or is negative, for soft rows), a name
            that exists already.
        """
        block = self._block(name, rows, target, labels, True)
        if soft is not None:
            what = f"{self.title}: weights of soft constraint '{name}'"
            block.soft = numbers_of(soft, block.target.shape, what).copy()
            if np.any(block.soft <= 0) or np.any(block.target < 0):
                raise ValueError(
                    f"{self.title}: soft constraint '{name}' needs positive weights and targets "
                    ">= 0"
                )

    def at_most(
        self, name: str, rows: LinearRows, cap: float | np.ndarray, labels: Sequence | None = None
    ) -> None:
        """Rows at most `cap`."""
        self._block(name, rows, cap, labels, False)

    def linear(self, rows: LinearRows, coefficients: float | np.ndarray = 1.0) -> None:
        """Add the linear term sum(coefficients * rows) to the objective."""
        what = f"{self.title}: coefficients of a linear term"
        self.costs.append((rows, numbers_of(coefficients, (rows.count,), what).copy()))

    def _block(
        self,
        name: str,
        rows: LinearRows,
        target: float | np.ndarray,
        labels: Sequence | None,
        equality: bool,
    ) -> Block:
        if any(block.name == name for block in self.blocks):
            raise ValueError(f"{self.title}: constraint '{name}' exists already")
        what = f"{self.title}: constraint '{name}'"
        if not isinstance(rows, LinearRows):
            raise ValueError(f"{what} needs rows of a variable (sum_over, each, dot), not {rows!r}")
        target = numbers_of(numbers_of(target, None, what).ravel(), (rows.count,), what).copy()
        if not np.all(np.isfinite(target)):
            raise ValueError(f"{self.title}: constraint '{name}' has a target that is not finite")
        labels = range(rows.count) if labels is None else labels
        if len(labels) != rows.count:
            raise ValueError(
                f"{self.title}: constraint '{name}' has {rows.count} rows but {len(labels)} labels"
            )
        block = Block(name, rows, target, labels, equality)
        self.blocks.append(block)
        return block

    def arrays(self) -> Arrays:
        """The problem as plain arrays (what the certificate and the diagnosis use)."""
        return Arrays(self.variables, self.blocks, self.costs)

    def problem(self) -> tuple[cp.Problem, dict[str, cp.Constraint], dict[str, cp.Variable]]:
        """The cvxpy problem, its constraints by name, and the totals of soft rows by name."""
        import cvxpy as cp

        objective, constraints, soft = [], {}, {}
        for variable in self.variables.values():
            if not variable.count:
                continue
            x, q, w = variable.cvxpy, variable.magnitude, variable.support_weight
            divergence = cp.kl_div(x, q)
            same = np.all(w == w[0])
            objective.append(float(w[0]) * cp.sum(divergence) if same else w @ divergence)
        for block in self.blocks:
            expression = block.rows.cvxpy(self.variables)
            if expression is None:
                continue
            if block.soft is not None:
                total = cp.Variable(len(block.target), name=f"total of {block.name}")
                objective.append(block.soft @ cp.kl_div(total, block.target))
                soft[block.name] = total
                constraints[block.name] = expression - total == 0
            elif block.equality:
                constraints[block.name] = expression == block.target
            else:
                constraints[block.name] = expression <= block.target
        for rows, coefficients in self.costs:
            expression = rows.cvxpy(self.variables)
            if expression is not None:
                objective.append(coefficients @ expression)
        return (
            cp.Problem(cp.Minimize(sum(objective)), list(constraints.values())),
            constraints,
            soft,
        )

    def solve(
        self,
        solver: str | ConicSolver = DUAL,
        tol: float = TOLERANCE,
        max_iterations: int = 100_000,
        boundary: str = "zero",
        diagnose: bool = True,
        **options: Any,
    ) -> Solution:
        """Solve, certify, and return the solution.

        Parameters
        ----------
        solver
            ``ENTROPY_DUAL``, the name of another cvxpy solver (CLARABEL, SCS), a cvxpy solver
            object, or ``ENTROPY_DIRECT``: ENTROPY_DUAL without cvxpy's compilation, for many solves
            in a row (the ensemble).
        tol
            Largest relative residual, violation and gap of the certificate. What another solver
            returns is moved onto the rows after it was certified, to `TOLERANCE`.
        max_iterations
            Most iterations.
        options
            Options of the solver besides, or in place of, those that `citymrio.base.solvers`
            derives from `tol` and `max_iterations`.
        boundary
            What to do when every feasible point has zeros where the prior is positive: ``zero``
            fixes them (they are in ``Solution.forced``, and logged), ``error`` raises.
        diagnose
            False, with ``ENTROPY_DIRECT``: do not look for the constraints in conflict when no
            solution is found (linear programs, up to a minute), for a caller that goes on without
            an answer; a CertificateError is raised then.

        Raises
        ------
        InfeasibleError
            No solution: names of the constraints in conflict, their labels and the amount.
        CertificateError
            The solution misses `tol`.
        """
        clock = time.perf_counter()
        arrays = self.arrays()
        if solver == DIRECT and arrays.count:
            limits = SOLVERS[DIRECT].options(tol, max_iterations)
            return self._solve_arrays(arrays, tol, limits, boundary, diagnose, clock)
        explain.refuse_contradictions(self.title, arrays)
        if not arrays.count:
            return self._empty(arrays)
        from cvxpy.error import SolverError
        from cvxpy.settings import SOLUTION_PRESENT

        from .solver import EntropyDual, NotEntropyProblem

        problem, constraints, soft = self.problem()
        engine = EntropyDual() if solver == DUAL else solver
        own = engine if isinstance(engine, EntropyDual) else None
        backend = SOLVERS.get(str(engine) if own is None else own.name())
        if backend is not None:
            if not backend.installed:
                raise ConfigError(
                    f"solver {engine} is not installed",
                    where=self.title,
                    fix=f"install it, or use {DUAL}.",
                )
            options = backend.options(tol, max_iterations) | options
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings(
                    "ignore", message="Solution may be inaccurate"
                )  # the certificate says it
                problem.solve(solver=engine, **options)
        except SolverError as error:
            if isinstance(error, NotEntropyProblem):
                raise
            explain.refuse(self.title, arrays, own)
            raise CertificateError(
                f"{solver} gave no solution ({error})", where=self.title, fix="use another solver."
            ) from error
        seconds = time.perf_counter() - clock
        if problem.status not in SOLUTION_PRESENT:
            explain.refuse(self.title, arrays, own)
            raise CertificateError(
                f"{solver} ended with status '{problem.status}'",
                where=self.title,
                fix="use another solver, or more iterations.",
            )
        certificate, x, y = self.certificate(arrays, problem, constraints, soft, seconds)
        zeros = (
            {
                name: own.forced.get(v.cvxpy.id, _NONE)[: v.count]
                for name, v in self.variables.items()
            }
            if own
            else {}
        )
        return self._collect(arrays, certificate, x, y, zeros, tol, boundary, own)

    def _solve_arrays(
        self,
        arrays: Arrays,
        tol: float,
        options: dict[str, Any],
        boundary: str,
        diagnose: bool,
        clock: float,
    ) -> Solution:
        """The kernel on the model's arrays, rows in the order of the cone program (equalities, then
        inequalities).
        """
        order, start = arrays.order, time.perf_counter()
        matrix = (
            arrays.matrix
            if np.array_equal(order, np.arange(len(arrays.target)))
            else sp.csr_array(arrays.matrix[order])
        )
        matrix.eliminate_zeros()
        linear = arrays.linear if arrays.linear.any() else None
        result = kernel.solve(
            arrays.prior,
            arrays.weight,
            matrix,
            arrays.target[order],
            arrays.equality[order],
            linear,
            **options,
            diagnose=diagnose,
        )
        own = explain.Found(result)
        if result.status == INFEASIBLE:
            explain.refuse_contradictions(self.title, arrays)
            explain.refuse(self.title, arrays, own)
            raise CertificateError(
                f"{DIRECT} found that nothing is feasible",
                where=self.title,
                fix=f"use solver {DUAL}, which names the conflict.",
            )
        x, y = result.x, np.zeros(len(arrays.target))
        y[order] = result.y
        end = time.perf_counter()
        certificate = certify(
            x,
            y,
            prior=arrays.prior,
            weight=arrays.weight,
            matrix=arrays.matrix,
            target=arrays.target,
            equality=arrays.equality,
            linear=arrays.linear,
            iterations=result.newton,
            seconds=end - start,
            build_seconds=start - clock,
            status=result.status,
        )
        zeros = (
            {name: result.forced[where] for name, where in arrays.columns.items()}
            if result.status == OPTIMAL
            else {}
        )
        return self._collect(arrays, certificate, x, y, zeros, tol, boundary, own)

    def certificate(
        self,
        arrays: Arrays,
        problem: cp.Problem,
        constraints: dict[str, cp.Constraint],
        soft: dict[str, cp.Variable],
        seconds: float,
    ) -> tuple[Certificate, np.ndarray, np.ndarray]:
        """Certificate of a solved cvxpy problem (what :meth:`problem` gave), with its primal x and
        dual y.

        `seconds` is all the time taken: what the solver did not report as its own is the build.
        """
        x, y = np.zeros(arrays.count), np.zeros(len(arrays.target))
        for name, where in arrays.columns.items():
            source = (
                self.variables[name].cvxpy
                if name in self.variables
                else soft[name.removeprefix(SOFT)]
            )
            x[where] = source.value
        for name, where in arrays.row_slices.items():
            if name in constraints and constraints[name].dual_value is not None:
                y[where] = -np.atleast_1d(constraints[name].dual_value)
        stats = problem.solver_stats
        own = float(stats.solve_time or 0.0) + float(stats.setup_time or 0.0)
        certificate = certify(
            x,
            y,
            prior=arrays.prior,
            weight=arrays.weight,
            matrix=arrays.matrix,
            target=arrays.target,
            equality=arrays.equality,
            linear=arrays.linear,
            iterations=int(stats.num_iters or 0),
            seconds=own,
            build_seconds=seconds - own,
            status=problem.status,
        )
        return certificate, x, y

    def _collect(
        self,
        arrays: Arrays,
        certificate: Certificate,
        x: np.ndarray,
        y: np.ndarray,
        zeros: dict[str, np.ndarray],
        tol: float,
        boundary: str,
        own: explain.Engine | None,
    ) -> Solution:
        if not certificate.passes(tol):
            explain.refuse(self.title, arrays, own)
            name, label = arrays.describe(certificate.worst)
            raise CertificateError(
                f"the solution misses the tolerance {tol:g}: residual "
                f"{certificate.residual:.2g}, violation "
                f"{certificate.violation:.2g}, relative gap {certificate.relative_gap:.2g} "
                "(solver status "
                f"'{certificate.status}', {certificate.iterations} iterations); worst "
                f"constraint '{name}' at {label}",
                where=self.title,
                fix=f"raise max_iterations, use solver {DUAL}, or check that the data do not "
                "contradict.",
            )
        if own is None:
            x = self._closed(arrays, x)
        values, forced, slack, dual = {}, {}, {}, {}
        for name, variable in self.variables.items():
            part = x[arrays.columns[name]] if name in arrays.columns else np.zeros(0)
            values[name] = variable.spread(variable.sign * part)
            part = zeros.get(name, _NONE)
            forced[name] = variable.spread(part if len(part) else np.zeros(variable.count)) > 0
        for block in self.blocks:
            dual[block.name] = y[arrays.row_slices[block.name]]
            if block.soft is not None:
                slack[block.name] = x[arrays.columns[SOFT + block.name]] - block.target
        if own is not None and own.result is not None and own.result.boundary.any():
            explain.report_boundary(self.title, forced, boundary)
        return Solution(values, certificate, slack, dual, forced)

    def _closed(self, arrays: Arrays, x: np.ndarray) -> np.ndarray:
        """The solution of another solver on its rows: a step's totals are the margins of the next
        and must close beyond `tol`.

        The point of the rows nearest to `x` in relative entropy; the certificate, which is taken
        before, says how far `x` was.
        """
        result = kernel.solve(
            x,
            arrays.weight,
            arrays.matrix,
            arrays.target,
            arrays.equality,
            tol=TOLERANCE,
            max_iterations=1000,
            diagnose=False,
        )
        if result.status != OPTIMAL:
            log.warning("%s: the rows stay open within the tolerance of the solution", self.title)
            return x
        return result.x

    def _empty(self, arrays: Arrays) -> Solution:
        certificate = certify(
            np.zeros(0),
            np.zeros(len(arrays.target)),
            prior=arrays.prior,
            weight=arrays.weight,
            matrix=arrays.matrix,
            target=arrays.target,
            equality=arrays.equality,
            status="optimal",
        )
        return Solution(
            {name: np.zeros(v.shape) for name, v in self.variables.items()},
            certificate,
            dual={b.name: np.zeros(len(b.target)) for b in self.blocks},
            forced={name: np.zeros(v.shape, dtype=bool) for name, v in self.variables.items()},
        )


_NONE = np.zeros(0, dtype=bool)
