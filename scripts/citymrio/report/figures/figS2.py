"""Figure S2: cities by industrial structure."""

import numpy as np
from matplotlib.figure import Figure

from . import known, maps, style


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """One map, or ranking, of the clusters."""
    regions = tables["regions"]
    shapes = maps.ground(boundaries, regions, "cba_mt", style.word("footprint, Mt CO₂"))
    figure, axes = maps.page(
        shapes, head=maps.HEAD + 0.13 * len(known.line(tables).splitlines()), foot=0.6
    )
    counts = style.cities(regions)["structure"].replace("", np.nan).value_counts()
    parts = [
        f"{style.readable(name, style.STRUCTURE_NAMES).lower()} {count}"
        for name, count in counts.items()
    ]
    listed = style.word(", ").join(parts) or style.word("none, 0")
    style.say(figure, style.word("Cities by structure: {}.", listed))
    known.panel(axes, "", style.word("Industrial structure"), tables)
    values, unsplit = maps.by_region(regions, "structure")
    found = style.present(values, list(style.STRUCTURE_NAMES))
    maps.categories(
        axes,
        shapes,
        values,
        style.colours_of(found, style.STRUCTURE_COLOURS),
        {structure: style.readable(structure, style.STRUCTURE_NAMES) for structure in found},
        title=style.word("Cluster of the shares in value added"),
        unsplit=unsplit,
        rows=2,
        status=maps.by_region(regions, "structure_status")[0],
    )
    return figure
