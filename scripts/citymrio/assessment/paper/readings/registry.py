"""All numbers with readings, in the order of the paper's comparison; a further one is one entry in its module."""

from __future__ import annotations

from . import emitters, flows, groups, scenarios
from .entry import Number

NUMBERS: tuple[Number, ...] = tuple(
    sorted((n for part in (groups, flows, emitters, scenarios) for n in part.NUMBERS), key=lambda number: number.target)
)
