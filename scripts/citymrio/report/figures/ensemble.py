"""Figures of the ensemble: intervals of cities, probabilities of types, the inter-city share, scenarios, fitted priors."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from .style import DOUBLE, INK, MUTED, QUINTILE_COLOURS, SINGLE, TYPE_COLOURS, TYPE_NAMES, literal_texts

TOP = 40
PARTS = {"same city": "#21918c", "same province": "#fde725", "other province": "#440154"}
KINDS = {"goods": "#d55e00", "services": "#0072b2"}


def _finish(figure: Figure, synthetic: bool, note: str) -> Figure:
    figure.get_layout_engine().set(rect=(0, 0.16 / figure.get_figheight(), 1, 1 - 0.16 / figure.get_figheight()))  # room for it
    text = f"{note}. Synthetic country: invented numbers." if synthetic else note
    figure.text(0.99, 0.005, text, ha="right", va="bottom", fontsize=6, color=MUTED)
    return figure


@literal_texts
def intervals(regions: pd.DataFrame, *, synthetic: bool, note: str) -> Figure:
    """Footprints and production emissions of the 40 cities with the largest footprints, with intervals."""
    top = regions[regions["p_super_emitter"].notna()].nlargest(TOP, "cba_mt").iloc[::-1]
    figure = Figure(figsize=(DOUBLE, DOUBLE * 1.05), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(top))
    for name, colour, shift, label in (
        ("cba_mt", "#0072b2", 0.16, "footprint (CBA)"),
        ("pba_mt", "#d55e00", -0.16, "production (PBA)"),
    ):
        low, high = top[f"{name}_low"], top[f"{name}_high"]
        axes.hlines(place + shift, low, high, color=colour, lw=2.2, alpha=0.55)
        axes.plot(top[name], place + shift, "o", ms=3, color=colour, label=label)
    axes.set_yticks(place, top["name"], fontsize=6.5)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("Mt CO₂")
    axes.set_ylim(-1, len(top))
    axes.grid(axis="x", lw=0.3)
    axes.legend(loc="lower right", frameon=False)
    return _finish(figure, synthetic, note)


@literal_texts
def membership(regions: pd.DataFrame, *, synthetic: bool, note: str) -> Figure:
    """Probability of each super-emitter type and of each quintile, cities in doubt and super-emitters first."""
    cities = regions[regions["p_super_emitter"].notna()]
    chosen = cities[cities["p_super_emitter"] > 0.02].nlargest(TOP, ["p_super_emitter", "cba_mt"]).iloc[::-1]
    figure = Figure(figsize=(DOUBLE, max(2.5, 0.17 * len(chosen) + 1)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    place = np.arange(len(chosen))
    for axes, names, colours, labels in (
        (left, ("technology", "hybrid", "demand"), TYPE_COLOURS, TYPE_NAMES),
        (right, ("Q1", "Q2", "Q3", "Q4", "Q5"), QUINTILE_COLOURS, {}),
    ):
        start = np.zeros(len(chosen))
        for name in names:
            width = chosen[f"p_{name.lower()}"].to_numpy()
            axes.barh(place, width, left=start, color=colours[name], height=0.75, label=labels.get(name, name))
            start += width
        axes.set_xlim(0, 1)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, frameon=False, fontsize=6, handlelength=1)
    left.set_ylim(-0.8, len(chosen) - 0.2)
    left.set_yticks(place, chosen["name"], fontsize=6.5)
    left.set_xlabel("probability of being a super-emitter, by type")
    right.set_xlabel("probability of each quintile of affluence")
    return _finish(figure, synthetic, note)


@literal_texts
def intercity_share(numbers: pd.DataFrame, *, synthetic: bool, note: str) -> Figure:
    """Where the emissions embodied in cities' demand arise: estimate and interval of each part."""
    table = numbers.set_index("quantity")
    figure = Figure(figsize=(SINGLE * 1.4, SINGLE * 0.8), layout="constrained")
    axes = figure.subplots()
    rows = [*PARTS, "inter-city share"]
    for place, name in enumerate(rows[::-1]):
        row = table.loc[f"embodied flows: {name}"]
        colour = PARTS.get(name, "#9a9a9a")
        axes.barh(place, row["estimate"], color=colour, height=0.55, alpha=0.85)
        axes.hlines(place, row["low"], row["high"], color=INK, lw=2)
        axes.text(
            max(row["estimate"], row["high"]) + 1.5,
            place,
            f"{row['estimate']:.0f} ({row['low']:.0f}-{row['high']:.0f})",
            va="center",
            fontsize=7,
        )
    axes.set_yticks(range(len(rows)), rows[::-1])
    axes.set_xlim(0, 115)
    axes.set_xlabel("% of emissions embodied in the regions' demand")
    return _finish(figure, synthetic, note)


@literal_texts
def scenario_savings(numbers: pd.DataFrame, *, synthetic: bool, note: str) -> Figure:
    """Savings of every scenario with intervals."""
    table = numbers[numbers["quantity"].str.startswith("saving: ")].copy()
    table["name"] = table["quantity"].str.removeprefix("saving: ").str.replace("_", " ")
    table = table.iloc[::-1]
    figure = Figure(figsize=(SINGLE * 1.5, 0.2 * len(table) + 0.9), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(table))
    axes.barh(place, table["estimate"], color="#56b4e9", height=0.6, label="main estimate")
    axes.hlines(place, table["low"], table["high"], color=INK, lw=1.6, label="interval")
    axes.plot(table["mean"], place, "o", ms=3.5, color=INK, label="mean of members")
    axes.set_yticks(place, table["name"], fontsize=7)
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3, frameon=False, fontsize=6, handlelength=1.2)
    axes.set_xlabel("Saving (Mt CO₂)")
    return _finish(figure, synthetic, note)


@literal_texts
def priors_figure(priors: pd.DataFrame, sectors: pd.DataFrame, *, synthetic: bool, note: str) -> Figure:
    """Fitted border and demand tilt by sector: estimate with two standard errors, and the value used."""
    figure = Figure(figsize=(DOUBLE, 0.155 * len(sectors) + 1), layout="constrained")
    columns = figure.subplots(1, 2, sharey=True)
    order = sectors["sector"].tolist()[::-1]
    place = np.arange(len(order))
    names = sectors.set_index("sector")["name"].reindex(order)
    for axes, parameter, title in zip(
        columns, ("border", "tilt"), ("preference for home, log", "demand tilt to own supply"), strict=True
    ):
        rows = priors[priors["parameter"].eq(parameter)].set_index("sector").reindex(order)
        colours = [KINDS[kind] for kind in rows["kind"]]
        axes.hlines(place, rows["estimate"] - 2 * rows["se"], rows["estimate"] + 2 * rows["se"], color=colours, lw=1.2)
        axes.scatter(rows["estimate"], place, c=colours, s=9, zorder=3, label="estimate, 2 standard errors")
        axes.scatter(rows["prior"], place, marker="|", c=INK, s=45, zorder=4, label="used")
        axes.set_xlabel(title)
        axes.grid(axis="x", lw=0.3)
    columns[0].set_yticks(place, [str(name)[:42] for name in names], fontsize=6)
    columns[0].set_ylim(-1, len(order))
    columns[1].legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, fontsize=6)
    return _finish(figure, synthetic, note)
