"""Figure S6: industrial structure of the cities of each quintile."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ...analysis.features import COUNT
from . import known, style
from .figS5 import shares


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """One stacked bar per quintile."""
    table = tables["quintiles"].set_index("quintile")
    columns = {name: name.removeprefix(COUNT) for name in table.columns if name.startswith(COUNT)}
    quintiles = style.present(table.index.to_series(), style.QUINTILES)
    counts = table.loc[quintiles, list(columns)].rename(columns=columns).T
    structures = [
        s
        for s in style.present(counts.index.to_series(), list(style.STRUCTURE_NAMES))
        if counts.loc[s].sum() > 0
    ]
    figure = shares(
        counts.loc[structures],
        {q: style.QUINTILE_NAMES.get(q, q) for q in quintiles},
        style.colours_of(structures, style.STRUCTURE_COLOURS),
        {s: style.readable(s, style.STRUCTURE_NAMES) for s in structures},
        title=style.word("Industrial structure by quintile"),
        label=style.word("Number of cities"),
        legend=style.word("Industrial structure"),
        pattern="{:.0f}",
    )
    figure.axes[0].xaxis.set_major_locator(MaxNLocator(integer=True))
    known.panel(figure.axes[0], "", style.word("Industrial structure by quintile"), tables)
    if structures:
        largest = counts.sum(axis=1).idxmax()
        name = style.readable(largest, style.STRUCTURE_NAMES).lower()
        count, every = counts.loc[largest].sum(), counts.to_numpy().sum()
        style.say(
            figure,
            style.word(
                "The most common structure is {}, with {:.0f} of {:.0f} cities.", name, count, every
            ),
        )
    return figure
