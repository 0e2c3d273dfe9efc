"""Every method on every system of known truth, told what cities have: five scores, one panel each, one marker a system."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from . import style

#: Methods from the simplest to ours, with the names that people read.
METHODS = {
    "zeros": "No trade in a province",
    "cba_equals_pba": "CBA = PBA",
    "slq": "SLQ",
    "flq": "FLQ, best delta",
    "charm": "CHARM",
    "borrowed": "Borrowed home shares",
    "gravity_ras": "Gravity, border, RAS",
    "mr_gras": "MR-GRAS",
    "paper": "Paper",
    "calibrated": "Calibrated",
}
#: The case that is shown.
CASE = "three_industries"
#: Score -> title of its panel, what the axis says, the value of an exact estimate.
PANELS = {
    "flows_inside_wape": ("Deliveries\nin a province", "WAPE", None),
    "flows_inside_level": ("Their level", "Estimate / truth", 1.0),
    "flows_across_wape": ("Deliveries\nacross provinces", "WAPE", None),
    "own_use_level": ("Own use", "Estimate / truth", 1.0),
    "footprint_median": ("Footprints", "Median error", None),
}
MARKERS = "osD^vP"
#: The axes are logarithmic and begin here: what is smaller, 0 included, stands at the edge, as the footer says.
LEAST = 0.02
#: Ticks by how many times the range of an axis is at most.
TICKS = {15.0: (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20), 100.0: (0.05, 0.2, 1, 5, 20), np.inf: (0.02, 0.1, 1, 10)}
FOOTER = f"Cities are told value added of three industries and CO₂ totals. Markers at the left edge: below {LEAST}"


def draw(tables, boundaries, config, *, synthetic: bool, run) -> Figure:
    """The figure of systems.csv; a system whose truth is itself an estimate has hollow markers and says so."""
    return _draw(tables, boundaries, config, synthetic=synthetic, run={**run, "name": FOOTER, "year": ""})


@style.styled
def _draw(tables, boundaries, config, run) -> Figure:
    table = style.table(tables, "systems", ["system", "title", "basis", "case", "method", *PANELS])
    table = table[table["case"].eq(CASE)]
    systems = table.drop_duplicates("system")
    colours = style.colours_of(systems["system"], {})
    methods = [name for name in METHODS if name in set(table["method"])][::-1]
    figure = style.new_figure(style.DOUBLE, 1.1 + 0.24 * len(methods))
    offset = np.linspace(0.27, -0.27, len(systems)) if len(systems) > 1 else [0.0]
    for n, (axes, (score, (title, label, exact))) in enumerate(
        zip(figure.subplots(1, len(PANELS), sharey=True), PANELS.items(), strict=True)
    ):
        style.panel(axes, "abcde"[n], title)
        for k, row in enumerate(systems.itertuples()):
            values = table[table["system"].eq(row.system)].set_index("method")[score].reindex(methods)
            _points(axes, values, offset[k], colours[row.system], MARKERS[k % len(MARKERS)], row.basis == "estimated")
        if exact is not None:
            axes.axvline(exact, color=style.MUTED, linewidth=0.6, zorder=1)
        for place in range(0, len(methods), 2):
            axes.axhspan(place - 0.5, place + 0.5, color="#f4f4f4", linewidth=0, zorder=0)
        axes.set_xscale("log")
        low, high = axes.get_xlim()
        steps = next(steps for widest, steps in TICKS.items() if high / low <= widest)
        axes.xaxis.set_major_locator(FixedLocator([value for value in steps if low <= value <= high]))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(round(value, 6)).replace("-", "\u2212")))
        axes.set_xlabel(label)
        axes.tick_params(axis="y", length=0)
    axes.set_yticks(range(len(methods)), [METHODS[name] for name in methods])
    axes.set_ylim(-0.5, len(methods) - 0.5)
    handles = []
    for k, row in enumerate(systems.itertuples()):
        colour, marker, hollow = colours[row.system], MARKERS[k % len(MARKERS)], row.basis == "estimated"
        label = f"{row.title} (the truth is itself an estimate)" if hollow else row.title
        handles.append(style.dot("white" if hollow else colour, label, marker, edge=colour))
    figure.legend(handles=handles, loc="outside upper left", ncols=min(len(handles), 2))
    return figure


def _points(axes, values: pd.Series, offset: float, colour: str, marker: str, hollow: bool) -> None:
    """One system's scores; what is below `LEAST` stands at the edge."""
    axes.plot(
        values.clip(lower=LEAST).to_numpy(float),
        np.arange(len(values)) + offset,
        linestyle="none",
        marker=marker,
        markersize=3.6,
        markeredgewidth=0.9,
        color=colour,
        markerfacecolor="white" if hollow else colour,
        zorder=3,
    )
