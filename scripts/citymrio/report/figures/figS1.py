"""Figure S1: cities by quintile of affluence."""

import numpy as np
from matplotlib.figure import Figure

from . import maps, style


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """One map, or ranking, of five classes."""
    regions = tables["regions"]
    words = style.word(str(tables["quintiles"]["affluence"].iloc[0]))
    shapes = maps.ground(boundaries, regions, "cba_mt", style.word("footprint, Mt CO₂"))
    figure, axes = maps.page(shapes, foot=0.42)
    style.say(figure, style.word("It shows {} cities.", len(style.cities(regions))))
    style.panel(axes, "", style.word("Quintiles of affluence"))
    values, unsplit = maps.by_region(regions, "quintile")
    found = style.present(values, style.QUINTILES)
    cuts = {name: style.parameter(tables["parameters"], f"affluence_cut.{name}") for name in found}
    names = {
        name: style.word("{} (from {:,.0f})", name, cut) if np.isfinite(cut) else name
        for name, cut in cuts.items()
    }
    if found and found[-1] not in (found[0], "Q1") and names[found[-1]] == found[-1]:
        names[found[-1]] = style.word("{} (below)", found[-1])
    maps.categories(
        axes,
        shapes,
        values,
        style.colours_of(found, style.QUINTILE_COLOURS),
        names,
        title=style.word("{} (US$)", words[:1].upper() + words[1:]),
        unsplit=unsplit,
    )
    return figure
