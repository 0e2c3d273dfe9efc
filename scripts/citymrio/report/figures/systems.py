"""Every method on every system of known truth: four scores, one panel each, one marker a system."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from . import style

#: Methods from the simplest to ours, with the names that people read.
METHODS = {
    "no_intra_trade": "No trade between cities",
    "cba_equals_pba": "CBA = PBA",
    "parent": "One pool of all cities",
    "slq": "SLQ",
    "cilq": "CILQ",
    "flq": "FLQ",
    "ras": "RAS, also told the row totals",
    "joint_uniform": "Joint, uniform",
    "joint_gravity": "Joint, gravity",
    "paper": "Paper",
    "calibrated": "Calibrated",
}
#: Score -> title of its panel, what the axis says, the value of an exact estimate, whether the axis is logarithmic.
PANELS = {
    "flows_wape": ("Flows between cities", "WAPE", None, True),
    "home_share_bias": ("Home share", "Estimate less truth", 0.0, False),
    "intercity_share_ratio": ("Inter-city share", "Estimate over truth", 1.0, True),
    "cba_error_median": ("Footprints", "Median relative error", None, True),
}
MARKERS = "osD^vP"
#: A logarithmic axis begins here: what is smaller, 0 included, stands at its edge, as the footer says.
LEAST = 0.02
TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
FOOTER = f"Known truth. Markers at the left edge of a logarithmic axis: below {LEAST}"


def draw(tables, boundaries, config, *, synthetic: bool, run) -> Figure:
    """The figure of systems.csv; a system whose truth is itself an estimate has hollow markers and says so."""
    return _draw(tables, boundaries, config, synthetic=synthetic, run={**run, "name": FOOTER, "year": ""})


@style.styled
def _draw(tables, boundaries, config, run) -> Figure:
    table = style.table(tables, "systems", ["system", "title", "basis", "method", *PANELS])
    systems = table.drop_duplicates("system")
    colours = style.colours_of(systems["system"], {})
    methods = [name for name in METHODS if name in set(table["method"])][::-1]
    figure = style.new_figure(style.DOUBLE, 1.1 + 0.24 * len(methods))
    offset = np.linspace(0.27, -0.27, len(systems)) if len(systems) > 1 else [0.0]
    for n, (axes, (score, (title, label, exact, log))) in enumerate(
        zip(figure.subplots(1, len(PANELS), sharey=True), PANELS.items(), strict=True)
    ):
        style.panel(axes, "abcd"[n], title)
        for k, row in enumerate(systems.itertuples()):
            values = table[table["system"].eq(row.system)].set_index("method")[score].reindex(methods)
            _points(axes, values, offset[k], colours[row.system], MARKERS[k % len(MARKERS)], row.basis == "estimated", log)
        if exact is not None:
            axes.axvline(exact, color=style.MUTED, linewidth=0.6, zorder=1)
        for place in range(0, len(methods), 2):
            axes.axhspan(place - 0.5, place + 0.5, color="#f4f4f4", linewidth=0, zorder=0)
        if log:
            axes.set_xscale("log")
            low, high = axes.get_xlim()
            steps = TICKS if high / low < 100 else TICKS[::2]
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


def _points(axes, values: pd.Series, offset: float, colour: str, marker: str, hollow: bool, log: bool) -> None:
    """One system's scores; on a logarithmic axis what is below `LEAST` stands at the edge."""
    axes.plot(
        (values.clip(lower=LEAST) if log else values).to_numpy(float),
        np.arange(len(values)) + offset,
        linestyle="none",
        marker=marker,
        markersize=3.6,
        markeredgewidth=0.9,
        color=colour,
        markerfacecolor="white" if hollow else colour,
        zorder=3,
    )
