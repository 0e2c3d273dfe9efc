"""The picture of the rules (docs/images/rules.png): ``make rule-graph``, after a run of the tiny
country.

It reads the graph that Snakemake prints, draws the figures as one box, and leaves out arrows that a
longer path implies. The arrows that it stands for are kept in the file, so that a test sees when it
is out of date.
"""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

PICTURE = Path(__file__).parent / "images/rules.png"
#: Rules that read nearly everything: most arrows to them say nothing. Those from these rules are
#: drawn.
READ_ALL = {
    "explorer": ("region_chains", "paper_comparison", "variants"),
    "headline": ("collect_warnings", "paper_comparison"),
    "provenance": ("figures", "explorer"),
    "start_page": ("provenance",),
    "table_pages": ("headline",),
}
KEY = "citymrio_rules"
GREY = "#9aa7b5"
#: How far from the centre of a box to its edge an arrow ends: just inside, under the box.
INSIDE = 0.93
Edges = set[tuple[str, str]]
Point = tuple[float, float]


def arrows(graph: str) -> Edges:
    """Arrows to draw (from, to), of a graph in the language of dot."""
    names = dict(re.findall(r'^\s*(\d+)\[label = "(\w+)', graph, flags=re.M))
    drawn = ("supply_chains", "emissions_trends", "readings")
    names = {
        key: "figures" if name.startswith("fig") or name in drawn else name
        for key, name in names.items()
    }
    edges = {(names[a], names[b]) for a, b in re.findall(r"^\s*(\d+) -> (\d+)", graph, flags=re.M)}
    edges = {(a, b) for a, b in edges if a != b}
    # after its run, Snakemake's graph has the files of the checkpoint `dataset`, but not the rule
    edges |= {("dataset", a) for a, _ in edges if a != "dataset" and all(b != a for _, b in edges)}
    below = {a: {b for x, b in edges if x == a} for a, _ in edges}

    @cache
    def reached(name: str) -> frozenset[str]:
        return frozenset().union(*({b} | reached(b) for b in below.get(name, ())))

    if not edges:
        sys.exit(
            "no graph of rules was read. Fix: snakemake all --rulegraph --configfile "
            "config/tiny.yaml | python docs/rules.py"
        )
    kept = {(a, b) for a, b in edges if not any(b in reached(c) for c in below[a] if c != b)}
    return {(a, b) for a, b in kept if a in READ_ALL.get(b, [a])}


def layout(edges: Edges) -> tuple[dict, dict[tuple[str, str], list]]:
    """Places of all boxes, and the places between two boxes that an arrow over several columns
    bends at.

    Columns follow the longest path from a rule without input. Within a column, rules and bends are
    ordered so that neighbours are side by side (barycentres, Sugiyama et al. 1981).
    """
    names = sorted({name for edge in edges for name in edge})

    @cache
    def column(name: str) -> int:
        return max((column(a) + 1 for a, b in edges if b == name), default=0)

    bends = {(a, b): [(a, b, k) for k in range(column(a) + 1, column(b))] for a, b in edges}
    columns: list[list] = [
        [n for n in names if column(n) == k] for k in range(max(map(column, names)) + 1)
    ]
    near: dict = {}
    for (a, b), path in sorted(bends.items()):
        for bend in path:
            columns[bend[2]].append(bend)
        whole = [a, *path, b]
        for x, y in zip(whole, whole[1:], strict=False):
            near.setdefault(x, []).append(y)
            near.setdefault(y, []).append(x)
    row = {node: i - (len(group) - 1) / 2 for group in columns for i, node in enumerate(group)}
    for turn in range(60):
        for group in columns if turn % 2 else columns[::-1]:
            group.sort(
                key=lambda node: (
                    sum(row[other] for other in near[node]) / len(near[node]),
                    str(node),
                )
            )
            row.update({node: i - (len(group) - 1) / 2 for i, node in enumerate(group)})
    at = {node: (float(k), -row[node]) for k, group in enumerate(columns) for node in group}
    return {name: at[name] for name in names}, {
        edge: [at[bend] for bend in path] for edge, path in bends.items()
    }


def touching(box: Bbox, start: Point, centre: Point) -> Point:
    """Where the way from `start` to the centre of a box reaches its edge, and a little further: the
    box covers the very tip.
    """
    dx, dy = start[0] - centre[0], start[1] - centre[1]
    part = min(
        (half / abs(d) for half, d in ((box.width / 2, dx), (box.height / 2, dy)) if d), default=0.0
    )
    return centre[0] + INSIDE * part * dx, centre[1] + INSIDE * part * dy


def draw(edges: Edges, path: Path) -> None:
    """Write the picture, with its arrows in a text chunk."""
    at, bends = layout(edges)
    points = [*at.values(), *(point for bend in bends.values() for point in bend)]
    (left, right), (low, high) = (
        (min(p[i] for p in points), max(p[i] for p in points)) for i in (0, 1)
    )
    figure = Figure(figsize=(0.98 * (right - left + 1), 0.62 * (high - low + 1)), dpi=110)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(left - 0.5, right + 0.5), ylim=(low - 0.6, high + 0.6))
    axes.axis("off")
    boxes = {}
    for name, (x, y) in at.items():
        fill = {"dataset": "#fff6d9", "figures": "#e6f4ea"}.get(name, "#eaf3fb")
        look = {
            "boxstyle": "round,pad=0.35",
            "facecolor": fill,
            "edgecolor": "#2f6fae",
            "linewidth": 1.1,
        }
        boxes[name] = axes.text(
            x,
            y,
            name.replace("_", "\n"),
            ha="center",
            va="center",
            fontsize=7.5,
            bbox=look,
            zorder=3,
        )
    FigureCanvasAgg(figure).draw()
    to_data = axes.transData.inverted()
    edges_of = {
        name: box.get_bbox_patch().get_window_extent().transformed(to_data)
        for name, box in boxes.items()
    }
    for a, b in sorted(edges):
        whole = [at[a], *bends[a, b], at[b]]
        axes.plot(
            *zip(*whole[:-1], strict=True),
            color=GREY,
            linewidth=1.0,
            zorder=1,
            solid_joinstyle="round",
        )
        look = {
            "arrowstyle": "-|>,head_width=0.25,head_length=0.5",
            "color": GREY,
            "linewidth": 1.0,
            "shrinkA": 0,
            "shrinkB": 0,
        }
        axes.annotate(
            "", touching(edges_of[b], whole[-2], at[b]), whole[-2], arrowprops=look, zorder=2
        )
    figure.savefig(path, metadata={"Software": None, KEY: json.dumps(sorted(edges))})


if __name__ == "__main__":
    draw(arrows(sys.stdin.read()), PICTURE)
