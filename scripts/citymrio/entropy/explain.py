"""Infeasibility in the words of the model: constraints, labels, amounts."""

import logging
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..base.errors import InfeasibleError, first_names
from .arrays import Arrays
from .infeasible import Conflict, find_conflict
from .kernel import KernelResult, Signs, structural_zeros

_MOST = 6

log = logging.getLogger(__name__)


class Engine(Protocol):
    """Whatever keeps the result of its last solve."""

    @property
    def result(self) -> KernelResult | None:
        """That result, None before the first solve."""


@dataclass(frozen=True)
class Found:
    """A result on its own."""

    result: KernelResult


def refuse_contradictions(title: str, arrays: Arrays) -> None:
    """Stop at rows that no variable can satisfy (a positive target over an all-zero prior, a
    negative total).

    Raises
    ------
    InfeasibleError
        With every such row; attribute `conflict` as (constraint, label, factor).
    """
    _, wrong, _ = structural_zeros(
        Signs(arrays.matrix), arrays.target, arrays.equality, arrays.prior > 0
    )
    if len(wrong):
        raise unreached_error(title, arrays, wrong)


def unreached_error(title: str, arrays: Arrays, wrong: np.ndarray) -> InfeasibleError:
    """The error for rows (positions `wrong`) that no variable can satisfy."""
    named = [arrays.describe(i) for i in wrong]
    rows = [
        f"'{name}' at {label} (target {arrays.target[i]:.10g})"
        for i, (name, label) in zip(wrong, named, strict=True)
    ]
    error = InfeasibleError(
        f"no variable can reach the target: {first_names(rows, _MOST, '; ')}. All cells of such a "
        "row have prior 0, are forced to 0 by other rows with target 0, or have the other sign",
        where=title,
        fix="give the cells a prior, or correct the target.",
    )
    error.conflict = [
        (name, label, float(np.sign(arrays.target[i])))
        for i, (name, label) in zip(wrong, named, strict=True)
    ]
    error.amount = float(np.abs(arrays.target[wrong]).max())
    return error


def refuse(title: str, arrays: Arrays, engine: Engine | None = None) -> None:
    """Raise InfeasibleError if a contradiction between rows can be shown; return if there is none
    to show.

    `engine` is the solver that failed: its own finding comes first.

    Raises
    ------
    InfeasibleError
        Constraints in conflict by name and label, and the amount; attributes `conflict`, `amount`.
    """
    alive, _, _ = structural_zeros(
        Signs(arrays.matrix), arrays.target, arrays.equality, arrays.prior > 0
    )
    proven = None
    if engine is not None and engine.result is not None:
        if engine.result.conflict is None:
            return
        rows, factors = engine.result.conflict
        proven = np.zeros(len(arrays.target))
        proven[arrays.order[rows]] = factors
    conflict = find_conflict(arrays.matrix, arrays.target, arrays.equality, alive, proven=proven)
    if conflict is not None:
        raise conflict_error(title, arrays, conflict)


def conflict_error(title: str, arrays: Arrays, conflict: Conflict) -> InfeasibleError:
    """The error for a contradiction: what is asked on one side, what is there on the other, and the
    difference.
    """
    named = [arrays.describe(i) for i in conflict.rows]
    weighted = arrays.target[conflict.rows] * conflict.factors
    ask, have = float(weighted[weighted > 0].sum()), float(-weighted[weighted < 0].sum())
    sides = []
    for sign in (1, -1):
        groups: dict[str, list[str]] = {}
        for (name, label), factor in zip(named, conflict.factors, strict=True):
            if np.sign(factor) == sign:
                groups.setdefault(name, []).append(label)
        sides.append(
            "; ".join(
                f"'{name}' at {first_names(labels, _MOST)}" for name, labels in groups.items()
            )
            or "nothing"
        )
    error = InfeasibleError(
        f"the constraints contradict each other by {conflict.amount:.10g} (relative "
        f"{conflict.relative:.2g}): "
        f"{sides[0]} ask for {ask:.12g}, against {sides[1]} with {have:.12g}",
        where=title,
        fix="correct one of these totals or caps, or make one of the constraints soft.",
    )
    error.conflict = [
        (name, label, float(f)) for (name, label), f in zip(named, conflict.factors, strict=True)
    ]
    error.amount = conflict.amount
    return error


def report_boundary(title: str, forced: dict[str, np.ndarray], action: str) -> None:
    """Log the cells that the constraints force to 0 together, or raise InfeasibleError if `action`
    is ``error``.
    """
    parts = []
    for name, mask in forced.items():
        cells = [f"[{', '.join(map(str, cell))}]" for cell in np.argwhere(mask)]
        if cells:
            parts.append(f"'{name}' at {first_names(cells, _MOST)}")
    text = f"every solution has zeros where the prior is positive: {'; '.join(parts)}"
    if action == "error":
        error = InfeasibleError(
            text,
            where=title,
            fix="set the prior of these cells to 0, or loosen the totals that leave no room.",
        )
        error.forced = forced
        raise error
    log.info("%s: %s", title, text)
