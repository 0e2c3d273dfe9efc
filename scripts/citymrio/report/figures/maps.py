"""Maps of regions in an equal-area projection that suits their extent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from ..shapes import Shapes, equal_area, project
from . import known, style

if TYPE_CHECKING:
    import geopandas

__all__ = ["NO_BOUNDARIES", "UNSPLIT", "Shapes", "by_region", "categories", "equal_area", "project", "quantity"]

NO_BOUNDARIES = "No map: this run has no boundaries\n(dataset/boundaries.geojson)."
UNSPLIT = "Province not split"
INSET = 0.3  # height of an inset, share of the map's


def categories(
    axes: Axes,
    shapes: Shapes,
    values: pd.Series,
    colours: Mapping[str, str],
    names: Mapping[str, str],
    *,
    title: str,
    unsplit: Sequence[str] = (),
    rows: int | None = None,
    status: pd.Series | None = None,
) -> None:
    """A map of named classes.

    Parameters
    ----------
    shapes
        Boundaries from `project`.
    values
        Class by region (index: region code); regions without one stay grey.
    colours, names
        Colour and printed name of each class, in the order of the legend.
    title
        Title of the legend, with the unit.
    unsplit
        Regions drawn hatched: provinces kept whole.
    rows
        Rows of the legend; by default one.
    status
        How the class of a region is known (index: region code): observed solid, imputed light, modelled hatched in white.
    """
    regions = shapes.regions
    classes = regions["region"].map(values).where(lambda v: v.isin(list(colours)))
    outside = regions["region"].isin(list(unsplit)) & classes.isna()
    entries = [style.swatch(colour, names.get(key, key)) for key, colour in colours.items()]
    if outside.any():
        entries.append(style.swatch(style.EMPTY, UNSPLIT, hatch="//////", edgecolor="#aaaaaa", linewidth=0.3))
    if (classes.isna() & ~outside).any():
        entries.append(style.swatch(style.EMPTY, "No value", edgecolor="#aaaaaa", linewidth=0.3))
    _paint(axes, regions, classes, colours, outside, shapes.frame)
    if status is not None:
        of = regions["region"].map(status).where(classes.notna(), "")
        light, modelled = of.eq("imputed"), of.eq("modelled")
        if light.any():
            fill = [known.lighter(colour) for colour in classes[light].map(dict(colours))]
            regions[light].plot(ax=axes, color=fill, edgecolor="#999999", linewidth=0.15, aspect=None)
        if modelled.any():
            regions[modelled].plot(ax=axes, facecolor="none", edgecolor="none", hatch="////", hatchcolor="white", aspect=None)
        entries += known.legend(of[~modelled])
        if modelled.any():
            entries.append(style.swatch(known.GREY, known.NAMES["modelled"], hatch=known.HATCH, hatchcolor="white"))
    if shapes.far is not None:
        _inset(axes, shapes, classes, colours, outside)
    axes.set_axis_off()
    columns = int(np.ceil(len(entries) / (rows or 1)))
    axes.legend(
        handles=entries,
        title=title,
        ncols=columns,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        alignment="center",
        handlelength=1.1,
        handleheight=0.9,
        columnspacing=0.9,
        handletextpad=0.4,
        borderaxespad=0.2,
    )


def _paint(
    axes: Axes, regions: geopandas.GeoDataFrame, classes: pd.Series, colours: Mapping[str, str], outside: pd.Series, frame
) -> None:
    fill = classes.map(dict(colours)).fillna(style.EMPTY)
    regions.plot(ax=axes, color=list(fill), edgecolor="#999999", linewidth=0.15, aspect=None)
    if outside.any():
        regions[outside].plot(ax=axes, facecolor=style.EMPTY, edgecolor="#aaaaaa", hatch="//////", linewidth=0.3, aspect=None)
    axes.set(xlim=(frame[0], frame[2]), ylim=(frame[1], frame[3]), aspect="equal")


def _inset(axes: Axes, shapes: Shapes, classes: pd.Series, colours: Mapping[str, str], outside: pd.Series) -> None:
    """Far parts in a framed inset beside the map, at its lower right."""
    west, south, east, north = shapes.frame
    height = INSET
    width = height * (north - south) / (east - west) * (shapes.far[2] - shapes.far[0]) / (shapes.far[3] - shapes.far[1])
    inset = axes.inset_axes((1.02, 0.0, min(width, INSET), height), anchor="SW")
    west, south, east, north = shapes.far
    there = shapes.regions.cx[west:east, south:north]
    _paint(inset, there, classes.loc[there.index], colours, outside.loc[there.index], shapes.far)
    inset.set(xticks=[], yticks=[], xlabel="", ylabel="")
    for spine in inset.spines.values():
        spine.set(visible=True, linewidth=0.5, color=style.MUTED)


def quantity(
    axes: Axes,
    shapes: Shapes,
    values: pd.Series,
    *,
    title: str,
    unsplit: Sequence[str] = (),
    rows: int | None = None,
) -> None:
    """A map of a quantity in classes with round limits; arguments as in `categories`."""
    breaks = style.round_breaks(values)
    names = style.class_names(breaks)
    shades = style.sequential(len(names))
    keys = [str(i) for i in range(len(names))]
    numbers = values[np.isfinite(values.astype(float))]
    classes = pd.Series([keys[i] for i in np.digitize(numbers, breaks)], index=numbers.index, dtype=object)
    colours = {key: to_hex(shades(i)) for i, key in enumerate(keys)}
    categories(axes, shapes, classes, colours, dict(zip(keys, names, strict=True)), title=title, unsplit=unsplit, rows=rows)


def by_region(regions: pd.DataFrame, column: str) -> tuple[pd.Series, list[str]]:
    """A column of the cities by region code, and the codes of provinces kept whole."""
    cities = style.cities(regions)
    return cities.set_index("region")[column], list(regions.loc[regions["kind"] == "province", "region"])
