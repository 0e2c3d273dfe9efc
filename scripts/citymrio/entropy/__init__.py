"""Entropy estimation: one problem class, one interface, one solver, one certificate (docs/entropy.md)."""

from ..base.errors import CertificateError, InfeasibleError
from ..base.projections import capped_proportional
from .certificate import Certificate, certify
from .expressions import LinearRows, Variable
from .problem import EntropyModel, Solution
from .solver import EntropyDual, NotEntropyProblem

__all__ = [
    "Certificate",
    "CertificateError",
    "EntropyDual",
    "EntropyModel",
    "InfeasibleError",
    "LinearRows",
    "NotEntropyProblem",
    "Solution",
    "Variable",
    "capped_proportional",
    "certify",
]
