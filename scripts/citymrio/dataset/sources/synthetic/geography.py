"""An invented country on the map: coast, provinces and regions grown on a fine mosaic of cells.

The land is the set of cells of a relaxed Voronoi mosaic where a smooth random field is above sea
level. Provinces, then the regions inside each province, are grown from seeds by shortest paths over
the graph of neighbouring cells (edges of random length), so that every region is connected,
neighbours share their border exactly, and borders look grown, not ruled. The country lies in the
empty Pacific: no polygon can be taken for a real place.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import Voronoi

from ....base.errors import DataError
from ....base.tolerances import TINY

#: Centre of the country (degrees) and half of its width and height.
CENTRE = (-138.0, 6.0)
HALF = (25.0, 17.0)


@dataclass(frozen=True)
class Mosaic:
    """Land cells: centres in unit coordinates (cell, 2), corners in unit coordinates, neighbours as
    a weighted graph.
    """

    centre: np.ndarray
    corners: list[np.ndarray]
    graph: csr_matrix
    coastal: np.ndarray


def _field(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A smooth random field: sums of waves of falling length."""
    value = np.zeros(len(points))
    for octave in range(5):
        for _ in range(5):
            wave = rng.normal(0, 1, 2) * 2.1 * 1.9**octave
            value += 0.22 * 0.66**octave * np.sin(points @ wave + rng.uniform(0, 2 * np.pi))
    return value


def mosaic(cells: int, least: int, rng: np.random.Generator) -> Mosaic:
    """The land as a mosaic of about `cells` cells; islands of fewer than `cells` / 400 cells are
    left to the sea.

    Unit coordinates run from -1 to 1; x points to the rich coast.

    Raises
    ------
    DataError
        Fewer than `least` cells rise above the sea.
    """
    total = int(cells / 0.42)
    points = rng.uniform(-1.25, 1.25, (total, 2))
    for _ in range(2):
        points = _relax(points)
    diagram = Voronoi(points)
    inner = np.all(np.abs(points) < 1.2, axis=1)
    radius = np.hypot(points[:, 0] / 0.95, points[:, 1] / 0.9)
    land = inner & (0.62 - radius**2.2 + _field(points, rng) > 0)
    ridges = diagram.ridge_points[land[diagram.ridge_points].all(axis=1)]
    graph = coo_matrix(
        (np.ones(len(ridges)), (ridges[:, 0], ridges[:, 1])), shape=(total, total)
    ).tocsr()
    _, label = connected_components(graph, directed=False)
    sizes = np.bincount(label[land], minlength=1)
    main = int(np.argmax(sizes))
    keep = np.flatnonzero(
        land & ((label == main) | (sizes[np.minimum(label, len(sizes) - 1)] >= cells / 400))
    )
    if len(keep) < least:
        fault = f"{len(keep)} cells of land are to have {least} provinces"
        raise DataError(fault, where="synthetic country", fix="take another seed.")
    beach = np.zeros(total, dtype=bool)
    shore = diagram.ridge_points[land[diagram.ridge_points].sum(axis=1) == 1]
    beach[shore[land[shore]]] = True
    corners = [diagram.vertices[diagram.regions[diagram.point_region[cell]]] for cell in keep]
    return Mosaic(
        points[keep], corners, _neighbours(points, ridges, keep, label, main, rng), beach[keep]
    )


def _relax(points: np.ndarray) -> np.ndarray:
    """One step towards equal cells: each point to the mean of its cell's corners (points at the rim
    stay).
    """
    diagram = Voronoi(points)
    rings = [diagram.regions[region] for region in diagram.point_region]
    count = np.array([len(ring) for ring in rings])
    corner, cell = np.concatenate(rings).astype(int), np.repeat(np.arange(len(points)), count)
    place = diagram.vertices[corner]
    rim = (corner < 0) | ~np.all(np.abs(place) < 1.3, axis=1)
    moves = (count > 0) & (np.bincount(cell, weights=rim, minlength=len(points)) == 0)
    total = np.stack(
        [np.bincount(cell, weights=place[:, k], minlength=len(points)) for k in (0, 1)], axis=1
    )
    return np.where(moves[:, None], total / np.maximum(count, 1)[:, None], points)


def _neighbours(
    points: np.ndarray,
    ridges: np.ndarray,
    keep: np.ndarray,
    label: np.ndarray,
    main: int,
    rng: np.random.Generator,
) -> csr_matrix:
    """Neighbour graph of the kept cells; every island hangs on its nearest cell of the main
    land.
    """
    place = np.full(len(points), -1)
    place[keep] = np.arange(len(keep))
    pairs = place[ridges]
    pairs = pairs[(pairs >= 0).all(axis=1)]
    bridges = []
    shore = keep[label[keep] == main]
    for island in np.setdiff1d(label[keep], main):
        cells = keep[label[keep] == island]
        gap = np.hypot(*(points[cells][:, None] - points[shore][None]).transpose(2, 0, 1))
        a, b = np.unravel_index(int(np.argmin(gap)), gap.shape)
        bridges.append((place[cells[a]], place[shore[b]]))
    pairs = np.vstack([pairs, np.array(bridges, dtype=int).reshape(-1, 2)])
    centre = points[keep]
    length = np.hypot(*(centre[pairs[:, 0]] - centre[pairs[:, 1]]).T) * rng.uniform(
        0.6, 1.6, len(pairs)
    )
    graph = coo_matrix((length, (pairs[:, 0], pairs[:, 1])), shape=(len(keep), len(keep)))
    return (graph + graph.T).tocsr()


def grow(graph: csr_matrix, seeds: np.ndarray, delay: np.ndarray | float = 0.0) -> np.ndarray:
    """Index of the seed that reaches each cell first (a partition into connected parts); `delay`
    holds a seed back.
    """
    return np.argmin(dijkstra(graph, indices=seeds) + np.reshape(delay, (-1, 1)), axis=0)


def spread(
    centre: np.ndarray, weight: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """`count` cells spread over the land in proportion to `weight` (weighted Lloyd iteration), as
    cell numbers.
    """
    seeds = centre[rng.choice(len(centre), count, replace=False, p=weight / weight.sum())]
    for _ in range(12):
        nearest = np.argmin(((centre[:, None] - seeds[None]) ** 2).sum(axis=2), axis=1)
        mass = np.bincount(nearest, weights=weight, minlength=count)
        moved = np.stack(
            [np.bincount(nearest, weights=weight * centre[:, k], minlength=count) for k in (0, 1)],
            axis=1,
        )
        seeds = np.where(mass[:, None] > 0, moved / np.maximum(mass, TINY)[:, None], seeds)
    chosen: list[int] = []
    for seed in seeds:
        order = np.argsort(((centre - seed) ** 2).sum(axis=1), kind="stable")
        chosen.append(int(next(cell for cell in order if cell not in chosen)))
    return np.array(chosen)


def outlines(land: Mosaic, region: np.ndarray, count: int, scale: float) -> list[shapely.Geometry]:
    """One polygon (or multipolygon) per region: the union of its cells, in degrees."""
    cell = np.repeat(np.arange(len(land.corners)), [len(ring) for ring in land.corners])
    polygon = shapely.polygons(
        shapely.linearrings(to_degrees(np.concatenate(land.corners), scale), indices=cell)
    )
    return [
        shapely.normalize(shapely.union_all(polygon[region == number])) for number in range(count)
    ]


def to_degrees(points: np.ndarray, scale: float) -> np.ndarray:
    """Unit coordinates (n, 2) as longitude and latitude, four decimals."""
    return np.round(np.array(CENTRE) + points * np.array(HALF) * scale, 4)
