"""Figure 4: carbon quota set free by mitigation in super-emitters, against the deficits of lifting less affluent cities."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ...analysis.scenarios.technology import CAPPED
from ...dataset.benchmarks import DEFICIT_TARGET
from . import style

EXISTING = "#bdbdbd"
#: Rows of scenarios.csv that are no measure of their own.
TOGETHER = ("sum", "joint")
DEFICIT = "#009e73"
#: A target that benchmarks.csv gives.
GIVEN = "from benchmarks.csv"
#: A quota below this, Mt, is drawn in Mt.
SMALL = 100.0


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """Waterfalls of the quota on the left, savings against deficits on the right."""
    scenarios = style.table(
        tables, "scenarios", ["scenario", "side", "depth", "mode", "saving_mt", "saving_share_percent", "headline"]
    )
    savings = scenarios[scenarios["headline"].astype(bool)].set_index(["side", "depth"])
    capped = scenarios[scenarios["mode"].eq(CAPPED)].set_index(["side", "depth"])["saving_mt"]
    savings = savings.assign(hollow_mt=(savings["saving_mt"] - capped.reindex(savings.index)).fillna(0.0))
    sides = [side for side in dict.fromkeys(scenarios["side"]) if side not in TOGETHER]
    colours = style.colours_of(sides, style.TYPE_COLOURS)
    quota = style.table(tables, "quota", ["scenario", "existing_mt", "new_mt", "increase_of_existing_percent"]).set_index(
        "scenario"
    )
    deficits = style.table(tables, "deficits", ["target", "cities", "population", "target_usd", "deficit_mt"])
    figure = style.new_figure(style.DOUBLE, 3.3)
    left, right = figure.subplots(1, 2, width_ratios=(1.6, 1))
    if savings.empty:
        style.panel(left, "a", "Carbon quota")
        style.note(left, "No scenarios: they are switched off (scenarios.run),\nor no city is a super-emitter.")
    else:
        _waterfall(left, savings, colours, quota, config)
    _balance(right, savings, colours, deficits, config)
    return figure


def _value(savings: pd.DataFrame, side: str, depth: str, column: str = "saving_mt") -> float:
    return float(savings.at[(side, depth), column]) if (side, depth) in savings.index else float("nan")


def _waterfall(axes: Axes, savings: pd.DataFrame, colours: dict[str, str], quota: pd.DataFrame, config) -> None:
    """For each depth the existing quota, one step for each measure, and the sum."""
    size = style.sizes(config)["small"]
    existing = float(quota["existing_mt"].iloc[0])
    unit, scale = ("Gt", 1000.0) if not abs(existing) < SMALL else ("Mt", 1.0)
    existing /= scale
    style.panel(axes, "a", "Carbon quota")
    if not np.isfinite(existing):
        style.note(axes, "No quota: the dataset gives no emissions\nat the carbon peak (peak_emissions of benchmarks.csv).")
        return
    axes.bar(0, existing, width=0.62, color=EXISTING)
    axes.text(0, existing, _level(existing, unit), ha="center", va="bottom", size=size)
    names, places = ["Existing\nquota"], [0.0]
    top = existing
    for block, depth in enumerate(("light", "deep")):
        start = 1.3 + (len(colours) + 1.45) * block
        last = start + len(colours)
        base = existing
        for k, (side, colour) in enumerate(colours.items()):
            step = _value(savings, side, depth) / scale
            if not np.isfinite(step):
                continue
            hollow = _value(savings, side, depth, "hollow_mt") / scale
            axes.bar(start + k, step - hollow, bottom=base, width=0.62, color=colour)
            if hollow > 0:
                axes.bar(start + k, hollow, bottom=base + step - hollow, width=0.62, **_hollow(colour))
            axes.plot(
                [start + k - 1.3 if k == 0 else start + k - 1, start + k],
                [base, base],
                color=style.MUTED,
                linewidth=0.5,
                zorder=0,
            )
            axes.text(start + k, base + step, _step(step, unit), ha="center", va="bottom", size=size)
            base += step
            # every other name a line lower: they would touch
            names.append("\n" * (k % 2) + style.readable(side, style.TYPE_NAMES))
            places.append(start + k)
        row = savings.at[("sum", depth), "scenario"] if ("sum", depth) in savings.index else None
        if row is not None and row in quota.index:
            new = float(quota.at[row, "new_mt"]) / scale
            axes.bar(last, existing, width=0.62, color=EXISTING)
            axes.bar(
                last,
                new - existing,
                bottom=existing,
                width=0.62,
                color="white",
                edgecolor=style.INK,
                hatch="////",
                linewidth=0.5,
            )
            axes.plot([last - 1, last], [new, new], color=style.MUTED, linewidth=0.5, zorder=0)
            increase = float(quota.at[row, "increase_of_existing_percent"])
            percent = f"\n(+{increase:.0f}%)" if np.isfinite(increase) else ""
            axes.text(last, new, f"{_level(new, unit)}{percent}", ha="center", va="bottom", size=size)
            joint = _value(savings, "joint", depth) / scale
            if np.isfinite(joint):
                axes.plot(
                    [last - 0.38, last + 0.38], [existing + joint] * 2, color=style.INK, linewidth=1.6, solid_capstyle="butt"
                )
            names.append("Sum")
            places.append(last)
            top = max(top, new)
        axes.text(
            (start + last) / 2,
            -0.19,
            depth.capitalize() + " mitigation",
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="center",
            weight="bold",
        )
    axes.set_xticks(places, names)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.55, max(places) + 0.55)
    axes.set_ylim(min(0.0, existing), top * 1.17)
    axes.set_ylabel(f"Carbon quota up to the peak ({unit} CO₂)")


def _hollow(colour: str) -> dict:
    """Look of the part of a saving that lies above plausible intensities."""
    return {"facecolor": "white", "edgecolor": colour, "linewidth": 0.8}


def _level(value: float, unit: str) -> str:
    return f"{value:.2f}" if unit == "Gt" else style.amount(value)


def _step(value: float, unit: str) -> str:
    """A saving with its sign; in words what would print as 0.00."""
    if abs(value) < 0.005:
        return style.amount(value)
    digits = f"{value:+.2f}" if unit == "Gt" else f"{'+' if value > 0 else ''}{style.amount(value)}"
    return digits.replace("-", "\N{MINUS SIGN}")


def _balance(axes: Axes, savings: pd.DataFrame, colours: dict[str, str], deficits: pd.DataFrame, config) -> None:
    """Horizontal bars: savings of both depths, then the deficit of each lifting target."""
    size = style.sizes(config)["small"]
    names, ends = [], []
    for depth in () if savings.empty else ("light", "deep"):
        place, base, far = len(names), 0.0, 0.0
        joint = _value(savings, "joint", depth)
        for side, colour in colours.items():
            step = _value(savings, side, depth)
            if not np.isfinite(step):
                continue
            hollow = _value(savings, side, depth, "hollow_mt")
            axes.barh(place, step - hollow, left=base, height=0.62, color=colour)
            if hollow > 0:
                axes.barh(place, hollow, left=base + step - hollow, height=0.62, **_hollow(colour))
            percent = _value(savings, side, depth, "saving_share_percent")
            low, high = base, base + step
            if low < joint < high:  # beside the tick of both measures at once
                low, high = max((low, joint), (joint, high), key=lambda part: part[1] - part[0])
            ends.append((place, (low + high) / 2, f"{percent:.1f}%", high - low))
            base += step
            far = max(far, base)
        total = _value(savings, "sum", depth)
        if np.isfinite(total):
            ends.append((place, max(total, far), style.amount(total), None))  # a measure may raise emissions
        if np.isfinite(joint):
            axes.plot([joint, joint], [place - 0.38, place + 0.38], color=style.INK, linewidth=1.6, solid_capstyle="butt")
        names.append(f"Saving,\n{depth} mitigation")
    for _, row in deficits.iterrows():
        place, target = len(names), str(row["target"])
        target = GIVEN if target.startswith(DEFICIT_TARGET) else target
        if not np.isfinite(row["target_usd"]):
            names.append(f"Deficit to the {target}:\nno city in that quintile")
            continue
        axes.barh(place, row["deficit_mt"], height=0.62, color=DEFICIT)
        ends.append((place, row["deficit_mt"], style.amount(row["deficit_mt"]), None))
        people = f"{row['population'] / 1e6:,.0f}" if row["population"] >= 1e7 else f"{row['population'] / 1e6:.1f}"
        names.append(
            f"Deficit, {row['cities']:.0f} cities\n({people} million people)\nto US${row['target_usd']:,.0f} per capita\n"
            f"({target})"
        )
    right = max([end for _, end, _, step in ends if step is None] + [style.NO_WIDTH]) * 1.16
    for place, x, text, step in ends:
        if step is None:
            axes.text(x + 0.012 * right, place, text, ha="left", va="center", size=size)
        elif step > 0.09 * right:
            axes.text(x, place, text, ha="center", va="center", size=size, color="white")
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.45, -0.6)
    axes.set_xlim(0, right)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))
    axes.set_xlabel("Emissions (Mt CO₂)")
    style.panel(axes, "b", "Savings against deficits")
    handles = [style.swatch(colour, style.readable(side, style.TYPE_NAMES) + " side") for side, colour in colours.items()]
    handles += [Line2D([], [], color=style.INK, linewidth=1.6, label="Both at once")] if handles else []
    if (savings["hollow_mt"] > 0).any():
        handles.append(style.swatch("white", "Above plausible intensities", edgecolor=style.INK, linewidth=0.8))
    handles.append(style.swatch(DEFICIT, "Deficit"))
    axes.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.24, -0.2),
        ncols=len(handles) if len(handles) < 5 else 3,
        handlelength=1.1,
        columnspacing=0.9,
    )
