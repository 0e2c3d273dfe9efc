"""Figure S3: layout of the nested city-level MRIO table, with the run's own numbers."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import style

#: Of greys and browns: no colour that means a group, type or sector.
BLOCKS = {
    "Z": "#dde1e6",
    "own": "#4a545f",
    "Y": "#eee6da",
    "own_y": "#8a7558",
    "column": "#efefef",
    "row": "#e6e6e6",
}


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """A schematic: proportions are not to scale, the printed counts are the run's."""
    regions = style.table(tables, "regions", ["region", "name", "kind"])
    sectors = style.table(tables, "sectors", ["sector"])
    demand = style.table(tables, "final_demand", ["category", "name"])
    figure = style.new_figure(style.DOUBLE, 4.6)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set(xlim=(-2.9, 13.6), ylim=(8.6, -1.75))
    _blocks(axes, config)
    _labels(axes, regions, sectors, demand, config)
    cities = style.cities(regions)
    whole = len(regions) - len(cities)
    summary = f"{len(regions)} regions ({len(cities)} cities" + (
        f" and {whole} provinces not split)" if whole else ")"
    )
    style.say(
        figure,
        f"It has {summary}, {len(sectors)} sectors and {len(demand)} categories of final demand.",
    )
    style.panel(
        axes,
        "",
        f"Nested MRIO table: {summary}, {len(sectors)} sectors, {len(demand)} categories of "
        "final demand",
    )
    return figure


def _box(
    axes: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    colour: str,
    text: str = "",
    **options,
) -> None:
    axes.add_patch(
        Rectangle((x, y), width, height, facecolor=colour, edgecolor="white", linewidth=0.8)
    )
    if text:
        axes.text(
            x + width / 2, y + height / 2, text, **{"ha": "center", "va": "center", **options}
        )


def _blocks(axes: Axes, config) -> None:
    size = style.sizes(config)
    side, step = 5.0, 1.25
    for i in range(4):
        for j in range(4):
            own = i == j
            label = "⋯" if 2 in (i, j) and i != j else ("⋱" if i == j == 2 else "")
            _box(
                axes,
                j * step,
                i * step,
                step,
                step,
                BLOCKS["own" if own else "Z"],
                label,
                color="white" if own else style.MUTED,
            )
            _box(
                axes,
                5.5 + j * step,
                i * step,
                step,
                step,
                BLOCKS["own_y" if own else "Y"],
                label,
                color="white" if own else style.MUTED,
            )
    for k, name in enumerate(("Exports", "Error")):
        _box(
            axes,
            10.9 + 0.6 * k,
            0,
            0.55,
            side,
            BLOCKS["column"],
            name,
            rotation=90,
            size=size["small"],
        )
    _box(axes, 12.35, 0, 0.75, side, BLOCKS["column"], "Output x", rotation=90, size=size["text"])
    for k, name in enumerate(("Imports", "Value added")):
        _box(axes, 0, 5.3 + 0.7 * k, side, 0.62, BLOCKS["row"], name, size=size["text"])
    _box(axes, 5.5, 5.3, side, 0.62, BLOCKS["row"], "Imports for final demand", size=size["text"])
    _box(axes, 0, 6.7, side, 0.62, BLOCKS["column"], "Input x", size=size["text"])
    _box(
        axes,
        0,
        7.5,
        side,
        0.62,
        BLOCKS["row"],
        "CO₂ emissions by region and sector",
        size=size["text"],
    )


def _labels(axes: Axes, regions, sectors, demand, config) -> None:
    size = style.sizes(config)["small"]
    count = len(regions)
    names = ["Region 1", "Region 2", "⋮", f"Region {count}"]
    for k, name in enumerate(names):
        axes.text(-0.12, (k + 0.5) * 1.25, name, ha="right", va="center", size=size)
        axes.text(
            (k + 0.5) * 1.25, -0.12, name if k != 2 else "⋯", ha="center", va="bottom", size=size
        )
        axes.text(
            5.5 + (k + 0.5) * 1.25,
            -0.12,
            name if k != 2 else "⋯",
            ha="center",
            va="bottom",
            size=size,
        )
    axes.text(
        -2.45, 2.5, f"Products\n({len(sectors)} per region)", ha="center", va="center", rotation=90
    )
    rows = count * len(sectors)
    used = f"Intermediate use, Z: {rows:,} × {rows:,}\n({len(sectors)} sectors per region)"
    bought = (
        f"Final demand, Y: {rows:,} × {count * len(demand):,}\n({len(demand)} categories "
        "per region)"
    )
    axes.text(2.5, -0.85, used, ha="center", va="bottom")
    axes.text(8.0, -0.85, bought, ha="center", va="bottom")
    listed = "\n".join(f"{k}  {name}" for k, name in enumerate(demand["name"], start=1))
    axes.text(
        5.6, 6.35, "Categories of final demand", ha="left", va="top", size=size, weight="bold"
    )
    axes.text(5.6, 6.75, listed, ha="left", va="top", size=size, linespacing=1.25)
    axes.text(9.6, 6.35, "Shades", ha="left", va="top", size=size, weight="bold")
    for k, (colour, text) in enumerate(
        (
            (BLOCKS["own"], "intermediate, own products"),
            (BLOCKS["Z"], "intermediate, from others"),
            (BLOCKS["own_y"], "final, own products"),
            (BLOCKS["Y"], "final, from others"),
        )
    ):
        y = 6.9 + 0.42 * k
        axes.add_patch(Rectangle((9.6, y - 0.14), 0.3, 0.28, facecolor=colour, edgecolor="none"))
        axes.text(10.05, y, text, ha="left", va="center", size=size)
