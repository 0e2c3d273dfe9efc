"""Entropy estimation: one problem class, one interface, one solver, one certificate
(docs/entropy.md).
"""

from typing import TYPE_CHECKING, Any

from ..base.errors import CertificateError, InfeasibleError
from ..base.projections import capped_proportional
from .certificate import Certificate, certify
from .expressions import Labels, LinearRows, Variable
from .problem import EntropyModel, Solution

if TYPE_CHECKING:
    from .solver import EntropyDual, NotEntropyProblem

__all__ = [
    "Certificate",
    "CertificateError",
    "EntropyDual",
    "EntropyModel",
    "InfeasibleError",
    "Labels",
    "LinearRows",
    "NotEntropyProblem",
    "Solution",
    "Variable",
    "capped_proportional",
    "certify",
]


def __getattr__(name: str) -> Any:
    """The solver of cvxpy when it is asked for: importing cvxpy takes longer than everything
    else.
    """
    if name not in ("EntropyDual", "NotEntropyProblem"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import solver

    return getattr(solver, name)
