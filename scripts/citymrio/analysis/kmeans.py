"""K-means with restarts, all of them at once, and how far partitions agree and hold together.

Lloyd's algorithm from starts by greedy k-means++ (Arthur and Vassilvitskii 2007), as scikit-learn's `KMeans` runs it, with the
same random numbers: a test holds both side by side. By hand, since one restart after the other takes three times as long.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..base.threads import one_blas_thread

#: Rounds of Lloyd's algorithm at most, and the movement of centres, over the mean variance of the features, at which it stops.
ROUNDS, STILL = 300, 1e-4


@one_blas_thread
def partitions(points: np.ndarray, k: int, restarts: int, seeds: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The best of `restarts` partitions of every set of points.

    Parameters
    ----------
    points
        (set, point, feature); at least `k` points of a set differ.
    seeds
        (set,): seeds of the random numbers.

    Returns
    -------
    labels
        (set, point): 0..k-1.
    centres
        (set, cluster, feature).
    """
    mean = points.mean(axis=1, keepdims=True)
    around = points - mean  # more exact distances
    tolerance = STILL * points.var(axis=1).mean(axis=1)
    trials = 2 + int(np.log(k))
    numbers = np.stack([np.random.RandomState(seed).random_sample((restarts, 1 + (k - 1) * trials)) for seed in seeds])
    runs = np.repeat(around, restarts, axis=0)
    starts = _starts(runs, k, numbers.reshape(len(runs), -1), trials)
    labels, centres = _lloyd(runs, starts, np.repeat(tolerance, restarts))
    of_run = np.take_along_axis(centres, labels[:, :, None], axis=1)
    inertia = ((runs - of_run) ** 2).sum(axis=(1, 2)).reshape(len(points), restarts)
    best = inertia.argmin(axis=1) + restarts * np.arange(len(points))
    return labels[best], centres[best] + mean


def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(run, point): the nearest of the centres (run, cluster, feature), the first of several."""
    far = (centres**2).sum(axis=2)[:, :, None] / 2 - centres @ points.transpose(0, 2, 1)
    labels, least = np.zeros((len(far), points.shape[1]), np.int32), far[:, 0]
    for cluster in range(1, far.shape[1]):  # faster than argmin over few clusters
        np.putmask(labels, far[:, cluster] < least, cluster)
        least = np.minimum(least, far[:, cluster])
    return labels


def _starts(points: np.ndarray, k: int, numbers: np.ndarray, trials: int) -> np.ndarray:
    """Centres (run, k, feature): one point at random, then of a few drawn by squared distance the one that serves best."""
    runs, count = np.arange(len(points)), points.shape[1]
    norms = (points**2).sum(axis=2)
    even = np.full(count, 1 / count).cumsum()
    chosen = np.empty((len(points), k), int)
    chosen[:, 0] = np.searchsorted(even / even[-1], numbers[:, 0], side="right")

    def distances(candidates: np.ndarray) -> np.ndarray:
        """Squared, (run, candidate, point)."""
        own = points[runs[:, None], candidates]
        found = norms[runs[:, None], candidates][:, :, None] - 2 * (own @ points.transpose(0, 2, 1)) + norms[:, None]
        return np.maximum(found, 0.0)

    closest = distances(chosen[:, :1])[:, 0]
    for c in range(1, k):
        drawn = numbers[:, 1 + (c - 1) * trials : 1 + c * trials] * closest.sum(axis=1)[:, None]
        below = closest.cumsum(axis=1)[:, None] < drawn[:, :, None]
        candidates = np.minimum(below.sum(axis=2), count - 1)
        after = np.minimum(closest[:, None], distances(candidates))
        best = after.sum(axis=2).argmin(axis=1)
        chosen[:, c], closest = candidates[runs, best], after[runs, best]
    return points[runs[:, None], chosen]


def _lloyd(points: np.ndarray, centres: np.ndarray, tolerance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels (run, point) and centres (run, cluster, feature) of every run; those that stand still are left alone."""
    centres, labels, moving = centres.copy(), np.full(points.shape[:2], -1, np.int32), np.arange(len(points))
    for _ in range(ROUNDS):
        own, before = points[moving], centres[moving]
        now = nearest(own, before)
        centres[moving] = after = _means(own, now, before)
        still = (now == labels[moving]).all(axis=1)
        labels[moving] = now
        near = ~still & (((after - before) ** 2).sum(axis=(1, 2)) <= tolerance[moving])
        labels[moving[near]] = nearest(own[near], after[near])
        moving = moving[~still & ~near]
        if not moving.size:
            return labels, centres
    labels[moving] = nearest(points[moving], centres[moving])
    return labels, centres


def _means(points: np.ndarray, labels: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Means (run, cluster, feature) of the clusters; one without a point takes the point that is farthest from its own centre."""
    member = (labels[:, None] == np.arange(before.shape[1], dtype=np.int32)[:, None]).astype(float)
    sums, size = member @ points, member.sum(axis=2)
    for run in np.flatnonzero((size == 0).any(axis=1)):
        empty = np.flatnonzero(size[run] == 0)
        away = ((points[run] - before[run, labels[run]]) ** 2).sum(axis=1)
        for cluster, point in zip(empty, np.argpartition(away, -len(empty))[: -len(empty) - 1 : -1], strict=True):
            old = labels[run, point]
            sums[run, old] -= points[run, point]
            sums[run, cluster] = points[run, point]
            size[run, old], size[run, cluster] = size[run, old] - 1, 1
    return sums / np.maximum(size, 1)[:, :, None]


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Adjusted Rand index of two partitions of the same points (Hubert and Arabie 1985): 1 if they are equal, 0 by chance."""
    rows, columns = np.unique(one, return_inverse=True)[1], np.unique(other, return_inverse=True)[1]
    table = np.zeros((rows.max() + 1, columns.max() + 1), int)
    np.add.at(table, (rows, columns), 1)
    squares, count = int((table**2).sum()), len(rows)
    together = squares - count
    first = int((table @ table.sum(axis=0)).sum()) - squares
    second = int((table.T @ table.sum(axis=1)).sum()) - squares
    apart = count**2 - first - second - squares
    if first == second == 0:
        return 1.0
    return (
        2.0
        * (together * apart - second * first)
        / ((together + second) * (second + apart) + (together + first) * (first + apart))
    )


@one_blas_thread
def silhouette(points: np.ndarray, labels: np.ndarray) -> float:
    """Mean silhouette coefficient (Rousseeuw 1987) of a partition into 0..k-1; a cluster of one point counts as 0."""
    norms = np.einsum("ij,ij->i", points, points)
    distance = np.maximum(-2 * (points @ points.T) + norms[:, None] + norms[None], 0.0)
    np.fill_diagonal(distance, 0.0)
    member = labels[:, None] == np.arange(labels.max() + 1)
    sums, size, point = np.sqrt(distance) @ member, member.sum(axis=0), np.arange(len(labels))
    inside = sums[point, labels] / np.maximum(size[labels] - 1, 1)
    outside = np.where(member, np.inf, sums / size).min(axis=1)
    larger = np.maximum(inside, outside)
    some = (size[labels] > 1) & (larger > 0)
    return float(np.divide(outside - inside, larger, out=np.zeros_like(larger), where=some).mean())
