"""The solvers of entropy problems: what each is called, which package it needs, how it is told a
tolerance, and what it reaches.

One entry of `SOLVERS` is one solver: the choices of ``solver.name`` with their schema, the table of
docs/entropy.md and the stamps of packages follow from it.
"""

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
        The smallest relative tolerance of a certificate that it meets; where it was seen is said in
        docs/entropy.md.
    options
        (tolerance of the certificate, most iterations) -> options of ``cvxpy.Problem.solve``.
    package
        The Python package it needs, where that is none of this project's own.
    direct
        The solver that gives the same arrays without cvxpy's compilation, for many solves in a row;
        None where there is none.
    """

    reach: float
    options: Callable[[float, int], dict[str, Any]]
    package: str | None = None
    direct: str | None = None

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        return self.package is None or find_spec(self.package) is not None


#: The project's own solver, and the same on the model's own arrays: cvxpy's compilation, which only
#: returns these, is left out.
DUAL, DIRECT = "ENTROPY_DUAL", "ENTROPY_DIRECT"

#: The tolerance of a solve where none is given: what the own solvers reach on every table of the
#: model, with a digit to spare.
TOLERANCE = 1e-12
#: How far the rows of a solution may be open: they are the margins of the next step, which
#: contradict each other beyond.
BEARABLE = 2e-11


def _own(tol: float, most: int) -> dict[str, Any]:
    # Newton's last steps cost next to nothing: a loose tolerance is one of the certificate, not of
    # the rows
    return {"tol": tol if tol <= BEARABLE else TOLERANCE, "max_iterations": most}


def _clarabel(tol: float, most: int) -> dict[str, Any]:
    # its tolerances are relative to norms of the whole problem, a certificate's to each row
    return {
        **dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 0.1 * tol),
        "max_iter": most,
    }


def _scs(tol: float, most: int) -> dict[str, Any]:
    return {**dict.fromkeys(("eps_abs", "eps_rel"), 0.01 * tol), "max_iters": most}


SOLVERS = {
    DUAL: Backend(1e-13, _own, direct=DIRECT),
    DIRECT: Backend(1e-13, _own),
    "CLARABEL": Backend(1e-9, _clarabel, "clarabel"),
    "SCS": Backend(1e-6, _scs, "scs"),
}
#: The tables of cities (step 4) are solved to this part of `solver.tol_outer`.
TABLES = 1e-2


def refusal(name: str, tol_inner: float, tol_outer: float) -> str | None:
    """Why a run cannot use a solver, and what to do about it; None where it can.

    Examples
    --------
    >>> refusal("SCS", tol_inner=1e-6, tol_outer=1e-9).partition(" Fix: ")[0]
    'tol_outer is 1e-09, which SCS does not reach.'
    >>> refusal("SCS", tol_inner=1e-6, tol_outer=1e-4) is None
    True
    """
    backend = SOLVERS[name]
    if not backend.installed:
        return (
            f"name is {name}, whose package '{backend.package}' is not installed. Fix: "
            f"install it, or set name: {DUAL}"
        )
    wanted = {"tol_inner": backend.reach, "tol_outer": backend.reach / TABLES}
    below = [
        f"{key} is {value:g}"
        for key, value in (("tol_inner", tol_inner), ("tol_outer", tol_outer))
        if value < 0.999 * wanted[key]
    ]
    if not below:
        return None
    fix = " and ".join(f"{key}: {value:g} or more" for key, value in wanted.items())
    other = "" if name == DUAL else f", or name: {DUAL}"
    return f"{' and '.join(below)}, which {name} does not reach. Fix: set {fix}{other}"
