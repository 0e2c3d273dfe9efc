"""Figure S8: share of capital formation in final demand, super-emitters with high consumption
against megacities abroad.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from ...dataset.benchmarks import MEGACITY, assumed_parameters, of_kind
from . import style

ABROAD = "#7f7f7f"
#: Room between two groups, in bars.
GAP = 0.6


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """Horizontal bars in three groups, the largest share of each first."""
    regions = style.cities(tables["regions"])
    benchmarks = tables["benchmarks"]
    target = style.parameter(tables["parameters"], "capital_target")
    groups: list[tuple[str, str, pd.Series, set[str]]] = []
    for kind in ("demand", "hybrid"):
        part = regions[(regions["super_emitter"] == kind) & regions["capital_share"].notna()]
        part = part.sort_values(["capital_share", "region"], ascending=[False, True])
        shares = pd.Series(part["capital_share"].to_numpy(dtype=float), index=part["name"])
        groups.append(
            (
                style.word("{} super-emitters", style.word(style.TYPE_NAMES[kind])),
                style.TYPE_COLOURS[kind],
                shares,
                set(),
            )
        )
    abroad = of_kind(benchmarks, MEGACITY).sort_index().sort_values(ascending=False, kind="stable")
    groups.append(
        (
            style.word("Megacities abroad"),
            ABROAD,
            abroad,
            {city for city in abroad.index if MEGACITY + city in assumed_parameters(benchmarks)},
        )
    )
    groups = [group for group in groups if len(group[2])]
    count = sum(len(shares) for _, _, shares, _ in groups)
    figure, (axes,) = style.panels(1.0 + 0.16 * (count + 2), ["Capital formation in final demand"])
    if not groups:
        return style.noted(
            figure,
            style.word(
                "Neither super-emitters with high consumption nor megacities abroad are in this "
                "run."
            ),
        )
    place, ticks, handles = 0.0, {}, list[Artist]()
    for name, colour, shares, doubtful in groups:
        for city, share in shares.items():
            look = style.assumed_look(colour) if city in doubtful else {"color": colour}
            axes.barh(place, 100 * share, height=0.72, **look)
            axes.text(
                100 * share + 0.6,
                place,
                f"{100 * share:.0f}",
                ha="left",
                va="center",
                size=style.SMALL,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
                zorder=4,
            )
            ticks[place] = (
                style.word(str(city).replace("_", " ").title()) if colour == ABROAD else city
            )
            place += 1
        place += GAP
        if set(shares.index) - doubtful:
            handles.append(style.patch(name, facecolor=colour))
        if doubtful & set(shares.index):
            handles.append(
                style.patch(
                    style.word("{}: {}", name, style.word(style.ASSUMED).lower()),
                    **style.assumed_look(colour),
                )
            )
    if np.isfinite(target):
        line: dict[str, Any] = {"color": style.INK, "linewidth": 0.8, "linestyle": (0, (4, 2))}
        axes.axvline(100 * target, **line, zorder=3)
        handles.append(
            style.line(style.word("Target of the demand scenarios ({:.0f}%)", 100 * target), **line)
        )
    style.names(axes, [*ticks], [*ticks.values()], ylim=(max(ticks) + 0.7, -0.7))
    top = 100 * max(
        [*(shares.max() for _, _, shares, _ in groups), target if np.isfinite(target) else 0]
    )
    axes.set(xlim=(0, top * 1.06), xlabel=style.word("Share of final demand (%)"))
    own = pd.concat(
        [shares for _, colour, shares, _ in groups if colour != ABROAD] or [pd.Series(dtype=float)]
    )
    if len(own):
        goal = style.word("; the target is {:.0f}%", 100 * target) if np.isfinite(target) else ""
        style.say(
            figure,
            style.word(
                "In super-emitters the share is {:.0f} to {:.0f}%{}.",
                100 * own.min(),
                100 * own.max(),
                goal,
            ),
        )
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    return figure
