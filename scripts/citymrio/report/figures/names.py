"""Names beside points: near their points, off other points, names, lines and edges, with short
leaders that do not cross.

Every name has a fixed set of places (directions x distances). A name is put where it costs least
beside the others, in turn, until no name moves (Christensen, Marks and Shieber 1995, point-feature
labelling by discrete descent). No randomness, no clock: the same points give the same places on
every machine. By hand for that: libraries that place labels push them about from random or drawn
positions.
"""

import functools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from numpy.typing import ArrayLike

DISTANCES = (
    2.5,
    5.0,
    9.0,
    14.0,
    20.0,
    28.0,
    38.0,
    50.0,
)  # points between marker's centre and name, marker's radius apart
ANGLES = np.deg2rad(np.arange(0.0, 360.0, 15.0))
RADIUS = 3.0  # of a marker, points
AIR = 1.2  # around a name, points
LEADER_FROM = 7.0  # distance at which a leader is drawn, points
SWEEPS = 40
# What a name's place costs, in points of distance:
OUTSIDE, ON_NAME, ON_POINT = 5000.0, 600.0, 200.0
LEADER_ON_NAME, LEADER_ON_LEADER, LEADER_ON_POINT = 150.0, 80.0, 60.0
NEARER, CLEARLY = (
    120.0,
    1.3,
)  # another point is as near as its own, or not clearly further off (times as far)

Box = tuple[float, float, float, float]
#: Centres, boxes, ends of leaders and distances of all places of a name (:func:`_places`).
Places = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
#: Gain below which another place is not better: round-off.
NO_GAIN = 1e-9


def place(
    axes: Axes,
    points: np.ndarray,
    names: list[str],
    *,
    others: np.ndarray,
    within: Sequence[Box] = (),
    keep_off: Sequence[Box] = (),
    size: float,
    colour: str,
    leader: str,
) -> list[Text]:
    """Write `names` beside `points` and join distant ones by leaders.

    Parameters
    ----------
    axes
        Axes at their final position (`style.settle`); the texts it holds already are avoided.
    points
        Points to name, data coordinates (n, 2).
    names
        Their names (n).
    others
        All points drawn, named or not, data coordinates (m, 2).
    within
        For every name the box that it should lie in (west, south, east, north, data coordinates);
        by default that of the axes.
    keep_off
        Boxes that no name should lie on, data coordinates.
    size
        Size of the text, points.
    colour, leader
        Colours of text and leaders.
    """
    if not names:
        return []
    scale = 72 / axes.figure.dpi  # pixels -> points

    def to_points(xy: ArrayLike) -> np.ndarray:
        return axes.transData.transform(np.asarray(xy, dtype=float).reshape(-1, 2)) * scale

    anchor, spots = to_points(points), to_points(others)
    extents = [text.get_window_extent() for text in axes.texts if text.get_text().strip()]
    fixed = np.array([[box.x0, box.y0, box.x1, box.y1] for box in extents]).reshape(-1, 4) * scale
    fixed = np.concatenate([fixed, to_points(keep_off).reshape(-1, 4)])
    halo = [withStroke(linewidth=1.6, foreground="white", alpha=0.85)]
    texts = [
        axes.text(x, y, name, size=size, color=colour, zorder=5)
        for (x, y), name in zip(points, names, strict=True)
    ]
    sizes = (
        np.array([[box.width, box.height] for box in (text.get_window_extent() for text in texts)])
        * scale
        * 1.05
    )
    west, south, width, height = axes.bbox.bounds
    frame = np.array([west, south, west + width, south + height]) * scale
    frames = to_points(within).reshape(-1, 4) if len(within) else np.tile(frame, (len(names), 1))
    places = [_places(anchor[i], sizes[i]) for i in range(len(names))]
    own = [_own_cost(places[i], anchor[i], spots, fixed, frames[i]) for i in range(len(names))]
    chosen = _descend(places, anchor, own)
    back = axes.transData.inverted()
    for i, (text, (centre, boxes, ends, distance), pick, at) in enumerate(
        zip(texts, places, chosen, points, strict=True)
    ):
        middle, end = back.transform(np.array([centre[pick], ends[pick]]) / scale)
        text.set(position=middle, ha="center", va="center", path_effects=halo)
        if distance[pick] >= LEADER_FROM or _nearer(boxes[pick][None], anchor[i], spots)[0]:
            axes.annotate(
                "",
                xy=at,
                xytext=end,
                arrowprops={
                    "arrowstyle": "-",
                    "color": leader,
                    "linewidth": 0.4,
                    "shrinkA": 0,
                    "shrinkB": 2,
                    "zorder": 2,
                },
            )
    return texts


def _places(at: np.ndarray, size: np.ndarray) -> Places:
    """Centres (k, 2), boxes (k, 4) with air, ends of leaders at the name (k, 2) and distances (k)
    of all places of a name.
    """
    unit = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
    corner = unit / np.abs(unit).max(axis=1, keepdims=True)
    distance = np.repeat(DISTANCES, len(ANGLES))
    centre = (
        at
        + (RADIUS + distance)[:, None] * np.tile(unit, (len(DISTANCES), 1))
        + np.tile(corner, (len(DISTANCES), 1)) * size / 2
    )
    boxes = np.concatenate([centre - size / 2 - AIR, centre + size / 2 + AIR], axis=1)
    return centre, boxes, np.clip(at, centre - size / 2, centre + size / 2), distance


def _own_cost(
    places: Places, at: np.ndarray, spots: np.ndarray, fixed: np.ndarray, frame: np.ndarray
) -> np.ndarray:
    """What each place of one name costs beside everything that does not move (k)."""
    _, boxes, ends, distance = places
    cost = distance.copy()
    cost += OUTSIDE * (
        (boxes[:, :2] < frame[:2]).any(axis=1) | (boxes[:, 2:] > frame[2:]).any(axis=1)
    )
    cost += ON_NAME * _overlap(boxes, fixed).sum(axis=1)
    markers = np.concatenate([spots - RADIUS, spots + RADIUS], axis=1)
    cost += ON_POINT * _overlap(boxes, markers).sum(axis=1)
    strangers = spots[np.hypot(*(spots - at).T) > 1e-6]
    near = np.concatenate([strangers - 0.8 * RADIUS, strangers + 0.8 * RADIUS], axis=1)
    led = distance >= LEADER_FROM
    cost += NEARER * (~led & _nearer(boxes, at, spots))
    cost += LEADER_ON_POINT * (led[:, None] & _through(at, ends, near)).sum(axis=1)
    cost += LEADER_ON_NAME * (led[:, None] & _through(at, ends, fixed)).sum(axis=1)
    return cost


def _descend(places: Sequence[Places], anchor: np.ndarray, own: Sequence[np.ndarray]) -> list[int]:
    """The place of every name, best first start, then sweeps until nothing moves; the crowded names
    choose first.
    """
    crowd = [
        np.argsort([-np.median(cost) for cost in own], kind="stable"),
        np.arange(len(own)),
        np.arange(len(own))[::-1],
    ]
    beside = functools.cache(
        lambda i, j, pick: _beside(
            places[i], anchor[i], [part[pick] for part in places[j]], anchor[j]
        )
    )

    def costs_of(i: int, chosen: list[int]) -> np.ndarray:
        """What each place of name i costs beside the chosen places of the others (k)."""
        others = [beside(i, j, pick) for j, pick in enumerate(chosen) if j != i and pick >= 0]
        return np.sum(others, axis=0) if others else np.zeros(len(own[i]))

    best: tuple[float, list[int]] = np.inf, []
    for order in crowd:
        chosen = [-1] * len(own)
        for _ in range(SWEEPS):
            before = list(chosen)
            for i in order:
                costs = own[i] + costs_of(i, chosen)
                if chosen[i] < 0 or costs.min() < costs[chosen[i]] - NO_GAIN:
                    chosen[i] = int(np.argmin(costs))
            if chosen == before:
                break
        total = sum(
            own[i][chosen[i]] + 0.5 * costs_of(i, chosen)[chosen[i]] for i in range(len(own))
        )
        if total < best[0] - NO_GAIN:
            best = total, chosen
    return best[1]


def _beside(
    mine: Places, at: np.ndarray, theirs: Sequence[np.ndarray], there: np.ndarray
) -> np.ndarray:
    """What each place of a name at one point costs beside a place of another name at its point
    (k).
    """
    (_, boxes, ends, distance), (_, other, tips, far) = mine, theirs
    led = distance >= LEADER_FROM
    cost = ON_NAME * _overlap(boxes, other[None])[:, 0]
    cost += LEADER_ON_NAME * (led & _through(at, ends, other[None])[:, 0])
    if far >= LEADER_FROM:
        cost += LEADER_ON_NAME * _through(there, tips[None], boxes)[0]
        cost += LEADER_ON_LEADER * (led & _crosses(at, ends, there, tips))
    return cost


def _nearer(boxes: np.ndarray, at: np.ndarray, spots: np.ndarray) -> np.ndarray:
    """Whether another of the points is about as near to boxes (k, 4) as their own (2): the name
    would be taken for its (k).
    """
    strangers = spots[np.hypot(*(spots - at).T) > 1e-6]
    return (
        _gaps(boxes, strangers).min(axis=1, initial=np.inf)
        <= CLEARLY * _gaps(boxes, at[None])[:, 0] + AIR
    )


def _gaps(boxes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """How far points (m, 2) lie from boxes (k, 4); 0 inside (k, m)."""
    return np.hypot(
        *np.maximum(
            np.maximum(boxes[:, None, :2] - points, points - boxes[:, None, 2:]), 0.0
        ).transpose(2, 0, 1)
    )


def _overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether boxes a (k, 4) and b (m, 4) overlap (k, m)."""
    return np.all((a[:, None, :2] < b[None, :, 2:]) & (a[:, None, 2:] > b[None, :, :2]), axis=2)


def _through(start: np.ndarray, ends: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Whether the segments from start (2) to ends (k, 2) pass through boxes (m, 4): slabs (k,
    m).
    """
    step = (ends - start)[:, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (boxes[None, :, :2] - start) / step, (boxes[None, :, 2:] - start) / step
    low, high = np.fmin(first, second), np.fmax(first, second)
    return np.maximum(low.max(axis=2), 0.0) < np.minimum(high.min(axis=2), 1.0)


def _crosses(a: np.ndarray, ends: np.ndarray, b: np.ndarray, tip: np.ndarray) -> np.ndarray:
    """Whether the segments from a (2) to ends (k, 2) cross the segment from b to tip (k)."""

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (
            r[..., 0] - p[..., 0]
        )

    return (side(b, tip, a) * side(b, tip, ends) < 0) & (side(a, ends, b) * side(a, ends, tip) < 0)
