"""The solvers of entropy problems: what each is called, which package it needs, how it is told a tolerance, and what it reaches.

One entry of `SOLVERS` is one solver: a new cvxpy solver is one entry here and its name in ``config.Solver.name``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any


@dataclass(frozen=True)
class Backend:
    """A solver of entropy problems.

    Attributes
    ----------
    reach
        The smallest tolerance of a certificate that it meets; where it was seen is said in docs/entropy.md.
    options
        (tolerance of the certificate, most iterations) -> options of ``cvxpy.Problem.solve``.
    package
        The Python package it needs, where that is none of this project's own.
    """

    reach: float
    options: Callable[[float, int], dict[str, Any]]
    package: str | None = None

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        return self.package is None or find_spec(self.package) is not None


#: How far the rows of a solution may be open: they are the margins of the next step, which contradict each other beyond.
BEARABLE = 2e-11


def _own(tol: float, most: int) -> dict[str, Any]:
    # Newton's last steps cost next to nothing: a loose tolerance is one of the certificate, not of the rows
    return {"tol": tol if tol <= BEARABLE else 1e-12, "max_iterations": most}


def _clarabel(tol: float, most: int) -> dict[str, Any]:
    aim = 0.1 * tol  # its tolerances are relative to norms of the whole problem, a certificate's to each row
    return {"tol_gap_abs": aim, "tol_gap_rel": aim, "tol_feas": aim, "max_iter": most}


def _scs(tol: float, most: int) -> dict[str, Any]:
    aim = 0.01 * tol
    return {"eps_abs": aim, "eps_rel": aim, "max_iters": most}


def _mosek(tol: float, most: int) -> dict[str, Any]:
    names = ("REL_GAP", "PFEAS", "DFEAS")
    tolerances = {f"MSK_DPAR_INTPNT_CO_TOL_{name}": 0.1 * tol for name in names}
    return {"mosek_params": {**tolerances, "MSK_IPAR_INTPNT_MAX_ITERATIONS": most}}


SOLVERS = {
    "ENTROPY_DUAL": Backend(1e-13, _own),
    "ENTROPY_DIRECT": Backend(1e-13, _own),
    "CLARABEL": Backend(1e-9, _clarabel, "clarabel"),
    "SCS": Backend(1e-6, _scs, "scs"),
    "MOSEK": Backend(1e-8, _mosek, "mosek"),
}
#: The tables of cities (step 4) are solved to this part of `solver.tol_outer`.
TABLES = 1e-2


def refusal(name: str, tol_inner: float, tol_outer: float) -> str | None:
    """Why a run cannot use a solver, and what to do about it; None where it can."""
    backend = SOLVERS[name]
    if not backend.installed:
        return f"name is {name}, whose package '{backend.package}' is not installed. Fix: install it, or set name: ENTROPY_DUAL"
    wanted = {"tol_inner": backend.reach, "tol_outer": backend.reach / TABLES}
    below = [
        f"{key} is {value:g}"
        for key, value in (("tol_inner", tol_inner), ("tol_outer", tol_outer))
        if value < 0.999 * wanted[key]
    ]
    if not below:
        return None
    fix = " and ".join(f"{key}: {value:g} or more" for key, value in wanted.items())
    other = "" if name == "ENTROPY_DUAL" else ", or name: ENTROPY_DUAL"
    return f"{' and '.join(below)}, which {name} does not reach. Fix: set {fix}{other}"
