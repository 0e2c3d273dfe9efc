"""An entropy model as plain arrays: what the kernel, the certificate and the explanation of a
failure use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .expressions import LinearRows, Variable

#: How the totals of a soft constraint are called among the variables, before its name.
SOFT = "soft: "


@dataclass
class Block:
    """One named constraint: rows, targets, labels, soft weights (None: hard)."""

    name: str
    rows: LinearRows
    target: np.ndarray
    labels: Sequence
    equality: bool
    soft: np.ndarray | None = None


class Arrays:
    """A model as arrays: prior, weight, linear (n); matrix (m x n), target, equality (m); and who
    is who.
    """

    def __init__(
        self,
        variables: Mapping[str, Variable],
        blocks: Sequence[Block],
        costs: Sequence[tuple[LinearRows, np.ndarray]],
    ):
        priors, weights, at = [], [], 0
        self.columns: dict[str, slice] = {}
        for name, variable in variables.items():
            if variable.count:
                self.columns[name] = slice(at, at + variable.count)
                at += variable.count
                priors.append(variable.magnitude)
                weights.append(variable.support_weight)
        for block in blocks:
            if block.soft is not None:
                self.columns[SOFT + block.name] = slice(at, at + len(block.target))
                at += len(block.target)
                priors.append(block.target)
                weights.append(block.soft)
        self.count = at
        self.prior = np.concatenate(priors) if priors else np.zeros(0)
        self.weight = np.concatenate(weights) if weights else np.zeros(0)
        matrices, targets, equality, row = [], [], [], 0
        self.row_slices: dict[str, slice] = {}
        self.blocks = blocks
        for block in blocks:
            rows, target = block.rows, block.target
            if block.soft is not None:
                rows = rows + LinearRows(
                    len(target), {SOFT + block.name: -sp.eye_array(len(target), format="csr")}
                )
                target = np.zeros_like(target)
            matrices.append(rows.stacked(self.columns, at))
            targets.append(target)
            equality.append(np.full(len(target), block.equality))
            self.row_slices[block.name] = slice(row, row + len(target))
            row += len(target)
        self.matrix = sp.vstack(matrices, format="csr") if matrices else sp.csr_array((0, at))
        self.target = np.concatenate(targets) if targets else np.zeros(0)
        self.equality = np.concatenate(equality) if equality else np.zeros(0, dtype=bool)
        present = [
            block for block in blocks if any(name in self.columns for name in block.rows.parts)
        ]
        order = [
            self.row_slices[b.name]
            for equal in (True, False)
            for b in present
            if b.equality == equal
        ]
        #: The model's row of each row of the cone program: equalities, then inequalities.
        self.order = (
            np.concatenate([np.arange(s.start, s.stop) for s in order])
            if order
            else np.zeros(0, dtype=int)
        )
        self.linear = np.zeros(at)
        for rows, coefficients in costs:
            self.linear += rows.stacked(self.columns, at).T @ coefficients

    def describe(self, row: int) -> tuple[str, str]:
        """Name of the constraint and label of a row."""
        for block in self.blocks:
            where = self.row_slices[block.name]
            if where.start <= row < where.stop:
                label = block.labels[row - where.start]
                return block.name, " ".join(map(str, label)) if isinstance(
                    label, tuple | list
                ) else str(label)
        return "", ""
