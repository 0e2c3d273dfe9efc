"""Supply chains of the super-emitters: how far up the chain their footprints arise, and the largest single chain."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from . import style

SHOWN = 4  # layers drawn apart; the others are one part


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """One row per super-emitter, the largest footprint first."""
    layers = style.table(tables, "production_layers", ["region", "category", "kind", "layer", "value", "share"])
    paths = style.table(tables, "supply_chains", ["region", "category", "kind", "rank", "share", "origin", "path"])
    layers, paths = (table[table["category"].fillna("") == ""] for table in (layers, paths))
    names = style.table(tables, "regions", ["region", "name"]).set_index("region")["name"]
    sectors = style.table(tables, "sectors", ["sector", "name"]).set_index("sector")["name"]
    totals = layers[layers["kind"] == "total"].set_index("region")["value"].sort_values(ascending=False, kind="stable")
    rows = list(totals.index)
    figure = style.new_figure(style.DOUBLE, 1.1 + 0.17 * max(len(rows), 3))
    figure.get_layout_engine().set(w_pad=0.1)  # names at the edge: text is a little wider in print than when it is laid out
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25), sharey=True)
    style.panel(left, "a", "Production layers", pad=17)
    style.panel(right, "b", "Largest single chain", pad=17)
    if not rows:
        style.note(left, "no super-emitter")
        style.note(right, "no super-emitter")
        return figure
    handles = _layers(left, layers, rows)
    _chains(right, paths, rows, sectors, names, style.sizes(config))
    left.set_yticks(range(len(rows)), [f"{names.get(region, region)} ({totals[region] / 1e6:.4g} Mt)" for region in rows])
    left.tick_params(axis="y", length=0)
    right.tick_params(axis="y", length=0, labelleft=False)
    left.set_ylim(len(rows) - 0.5, -0.5)
    left.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(handles), columnspacing=0.9, handlelength=1.0
    )
    return figure


def _layers(axes, layers: pd.DataFrame, rows: list[str]) -> list:
    """Stacked bars of the shares by layer; returns the handles of the legend."""
    single = layers[layers["kind"] == "layer"].pivot(index="region", columns="layer", values="share").loc[rows] * 100
    parts = {f"{layer:.0f}": single[layer] for layer in sorted(single)[:SHOWN]}
    parts[f"{SHOWN} and above"] = 100 - sum(parts.values())
    colours = style.sequential(len(parts)).colors
    start = pd.Series(0.0, index=rows)
    for (label, share), colour in zip(parts.items(), colours, strict=True):
        axes.barh(range(len(rows)), share, left=start, height=0.72, color=colour, label=label, edgecolor="white", linewidth=0.3)
        start = start + share
    axes.set_xlim(0, 100)
    axes.set_xlabel("Share of the footprint (%)")
    return [style.swatch(colour, label) for label, colour in zip(parts, colours, strict=True)]


def _chains(axes, paths: pd.DataFrame, rows: list[str], sectors: pd.Series, names: pd.Series, size) -> None:
    """Share of the largest path of each region, with its chain in words beside the bar."""
    best = paths[(paths["kind"] == "path") & (paths["rank"] == 1)].set_index("region").reindex(rows)
    shares = best["share"] * 100
    axes.barh(range(len(rows)), shares, height=0.72, color="#56759b")
    widest = float(shares.max())
    axes.set_xlim(0, widest * 4.2 if widest > 0 else 1)
    for row, (share, path, origin, region) in enumerate(zip(shares, best["path"], best["origin"], rows, strict=True)):
        if pd.isna(share):
            continue
        chain = [sectors.get(step.split("/")[1], step.split("/")[1]) for step in path.split(" > ")]
        place = "" if origin == region else f" ({names.get(origin, origin)})"
        steps = [_short(chain[0]) + place, *(_short(step) for step in chain[1:])]
        text = " > ".join(steps) if len(steps) < 4 else " > ".join([steps[0], "...", steps[-1]])
        axes.text(share + widest * 0.05, row, text, va="center", size=size["small"])
    axes.set_xlabel("Share of the footprint (%)")


def _short(name: str, most: int = 26) -> str:
    """The first part of a long sector name."""
    return name if len(name) <= most else name[: most - 1].rsplit(" ", 1)[0].rstrip(",") + "…"
