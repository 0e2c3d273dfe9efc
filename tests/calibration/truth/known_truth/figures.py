"""Every method on every system of known truth, and how many intervals hold it: one panel a number,
one marker a system.
"""

import itertools
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator
from numpy.typing import ArrayLike

from citymrio.report.figures import style

#: Quantities that have a panel, with what its title says. Those of many cells of very different
#: size count by their size.
COVERED = {
    "footprint of a city": "Footprint of a city",
    "production emissions (total told)": "Production emissions",
    "home share of a city": "Home share",
    "deliveries inside a province": "Deliveries\nin a province",
    "deliveries across provinces": "Deliveries\nacross provinces",
    "embodied flows inside a province": "Embodied flows\nin a province",
    "embodied flows across provinces": "Embodied flows\nacross provinces",
    "output of a city": "Output of a city",
    "output by sector": "Output by sector",
    "final demand of a city": "Final demand\nof a city",
    "final demand by product": "Final demand\nby product",
}
ACROSS = 4
METHOD = "calibrated"
#: What 90% intervals should hold at least and at most.
GOAL = (0.85, 0.95)
COVERAGE = {
    "name": "Known truth. Markers: every value counts alike; lines: by its true size. Grey: 85 to "
    "95% where 90% should",
    "year": "",
}

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
    "calibrated_own": "Calibrated, own fit",
}
#: Rules of trade between zones, observed trade alone.
RULES = {
    "joint_uniform": "Joint, uniform",
    "discount": "Constant at home, discount 1",
    "border_carried": "Border effect as fitted",
    "border_open": "No barrier inside provinces",
    "calibrated": "Calibrated",
    "road": "Calibrated, road miles",
}
#: Case that is shown -> its methods; score -> title of its panel, what the axis says, the value of
#: an exact estimate; the footer.
CASES = {
    "three_industries": (
        METHODS,
        {
            "flows_inside_wape": ("Deliveries\nin a province", "WAPE", None),
            "flows_inside_level": ("Their level", "Estimate / truth", 1.0),
            "flows_across_wape": ("Deliveries\nacross provinces", "WAPE", None),
            "own_use_level": ("Own use", "Estimate / truth", 1.0),
            "footprint_median": ("Footprints", "Median error", None),
        },
        "Cities are told value added of three industries and CO₂ totals. Markers at the left "
        "edge: below {least}",
    ),
    "supply_and_use": (
        RULES,
        {
            "flows_inside_wape": ("Between zones\nof one state", "WAPE", None),
            "flows_inside_level": ("Their level", "Estimate / truth", 1.0),
            "own_use_wape": ("Own use", "WAPE", None),
            "own_use_level": ("Its level", "Estimate / truth", 1.0),
        },
        "Zones are told supply and use by product. Fitted between the other states, or on other "
        "systems",
    ),
}
MARKERS = "osD^vP"
#: The axes are logarithmic and begin here: what is smaller, 0 included, stands at the edge, as the
#: footer says.
LEAST = 0.02
#: Ticks by how many times the range of an axis is at most.
TICKS = {
    20.0: (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20),
    100.0: (0.05, 0.2, 1, 5, 20),
    np.inf: (0.02, 0.1, 1, 10),
}


def draw(
    tables: style.Tables,
    boundaries: style.Boundaries,
    config: style.Figures,
    *,
    synthetic: bool,
    run: style.Run,
) -> Figure:
    """The figure of systems.csv, of the case `run["case"]`; without one, of the first that the
    table has.

    A system whose truth is itself an estimate, or whose trade is the work of a model, has hollow
    markers and says so.
    """
    case = run.get("case") or next(
        case for case in CASES if tables["systems"]["case"].eq(case).any()
    )
    footer = CASES[case][2].format(least=LEAST)
    return _draw(
        tables,
        boundaries,
        config,
        synthetic=synthetic,
        run={**run, "case": case, "name": footer, "year": ""},
    )


@style.styled
def _draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    names, panels, _ = CASES[run["case"]]
    table = tables["systems"]
    table = table[table["case"].eq(run["case"])]
    modelled, guessed = table["trade"].eq("modelled"), table["basis"].eq("estimated")
    why = np.select([modelled, guessed], ["trade is modelled", "an estimate"], "")
    looks, handles = _systems(table, why)
    methods = [name for name in names if name in set(table["method"])][::-1]
    figure = style.new_figure(style.DOUBLE, 1.1 + 0.24 * len(methods))
    offset = np.linspace(0.27, -0.27, len(looks)) if len(looks) > 1 else [0.0]
    for n, (axes, (score, (title, label, exact))) in enumerate(
        zip(figure.subplots(1, len(panels), sharey=True), panels.items(), strict=True)
    ):
        style.panel(axes, "abcde"[n], title)
        for shift, (system, look) in zip(offset, looks.items(), strict=True):
            own = table[table["system"].eq(system)].set_index("method")[score].reindex(methods)
            places = np.arange(len(methods)) + shift
            axes.plot(own.clip(lower=LEAST).to_numpy(float), places, markersize=3.6, **look)
        if exact is not None:
            axes.axvline(exact, color=style.MUTED, linewidth=0.6, zorder=1)
        for place in range(0, len(methods), 2):
            axes.axhspan(place - 0.5, place + 0.5, color="#f4f4f4", linewidth=0, zorder=0)
        axes.set_xscale("log")
        low, high = axes.get_xlim()
        steps = next(steps for widest, steps in TICKS.items() if high / low <= widest)
        style.ticks(
            axes.xaxis,
            FixedLocator([value for value in steps if low <= value <= high]),
            lambda value: style.number(round(value, 6)).replace("-", "\u2212"),
        )
        axes.minorticks_off()
        axes.set_xlabel(label)
        axes.tick_params(axis="y", length=0)
    axes.set(
        yticks=range(len(methods)),
        yticklabels=[names[name] for name in methods],
        ylim=(-0.5, len(methods) - 0.5),
    )
    figure.legend(handles=handles, loc="outside upper left", ncols=min(len(handles), 2))
    # for readers who do not see it, as :mod:`citymrio.report.figures.alt`
    style.say(figure, "Dot plots of five scores of every method on every system of known truth.")
    return figure


def _systems(table: pd.DataFrame, why: ArrayLike) -> tuple[dict[str, dict[str, Any]], list[Artist]]:
    """Look of the markers of every system, and the entries of the legend: hollow, and said, where
    there is a reason `why` (by row) its truth is no observation.
    """
    systems = table.assign(why=why).drop_duplicates("system")
    colours = style.colours_of(systems["system"], {})
    looks, handles = {}, list[Artist]()
    for row, marker in zip(systems.itertuples(), itertools.cycle(MARKERS), strict=False):
        colour, said = colours[row.system], row.why
        face, label = ("white", f"{row.title} ({said})") if said else (colour, row.title)
        look = {"marker": marker, "color": colour, "markerfacecolor": face, "markeredgewidth": 0.9}
        looks[row.system] = look | {"linestyle": "none", "zorder": 3}
        handles.append(style.dot(face, label, marker, edge=colour))
    return looks, handles


@style.styled
def systems_coverage(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """The figure of coverage.csv, for the calibrated method; `run` is :data:`COVERAGE`."""
    table = tables["coverage"]
    if METHOD in set(table["method"]):
        table = table[table["method"].eq(METHOD)]
    guessed = table["basis"].eq("estimated")
    looks, handles = _systems(table, np.where(guessed, "the truth is itself an estimate", ""))
    rows = -(-len(COVERED) // ACROSS)
    figure = style.new_figure(style.DOUBLE, 0.7 + 1.9 * rows)
    levels = sorted(table["level"].unique())
    grid = list(figure.subplots(rows, ACROSS, sharex=True, sharey=True).flat)
    for axes in grid[len(COVERED) :]:
        axes.remove()
    for n, (axes, (quantity, title)) in enumerate(zip(grid, COVERED.items(), strict=False)):
        style.panel(axes, ascii_lowercase[n], title)
        axes.plot([0, 100], [0, 100], color=style.MUTED, linewidth=0.6, zorder=1)
        axes.vlines(90, *(100 * goal for goal in GOAL), color="#c8c8c8", linewidth=6, zorder=0)
        for system, look in looks.items():
            own = table[table["system"].eq(system) & table["quantity"].eq(quantity)]
            own = 100 * own.set_index("level")[["inside", "inside_by_size"]].reindex(levels)
            nominal = 100 * own.index.to_numpy(float)
            axes.plot(nominal, own["inside_by_size"], color=look["color"], linewidth=0.9, zorder=2)
            axes.plot(nominal, own["inside"], markersize=4, clip_on=False, **look)
        axes.set(
            xlim=(45, 95),
            ylim=(0, 103),
            xticks=[round(100 * level) for level in levels],
            yticks=[0, 25, 50, 75, 100],
        )
        if n % ACROSS == 0:
            axes.set_ylabel("Hold the truth (%)")
        if n >= len(COVERED) - ACROSS:
            axes.set_xlabel("Should hold it (%)")
            axes.tick_params(labelbottom=True)
    handles.append(Line2D([], [], color=style.MUTED, linewidth=0.6, label="As many as should"))
    figure.legend(handles=handles, loc="outside upper left", ncols=2)
    style.say(
        figure,
        f"{len(COVERED)} panels of how many intervals hold the truth against how many should, on "
        "every system of known truth.",
    )
    return figure
