"""Headline numbers as people read them, alike in the summary and on the first page."""

from __future__ import annotations

from ..base.methods import METHODS
from .pages import number


def amount(value: float, unit: str) -> str:
    """A headline number; its unit says how many decimals."""
    if unit in ("cities", "regions"):
        return number(value, 0)
    return number(value, 0 if unit == "Mt CO2" and abs(value) >= 100 else 1)


def other(method: str) -> str:
    """The method that a run does not use."""
    return next(name for name in METHODS if name != method)
