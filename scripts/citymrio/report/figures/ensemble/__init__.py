"""Figures of an ensemble: one module for each with its caption beside it (``ENSEMBLE`` of the registry lists them).

A module has ``draw(tables, *, synthetic, note)`` and ``NOTE``, which is printed below it with the level and basis of intervals.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from ..style import MUTED

#: Cities that a figure names.
TOP = 40


def finish(figure: Figure, synthetic: bool, note: str) -> Figure:
    """The figure with its note below, and that its numbers are invented where they are."""
    figure.get_layout_engine().set(rect=(0, 0.16 / figure.get_figheight(), 1, 1 - 0.16 / figure.get_figheight()))  # room for it
    text = f"{note}. Synthetic country: invented numbers." if synthetic else note
    figure.text(0.99, 0.005, text, ha="right", va="bottom", fontsize=6, color=MUTED)
    return figure
