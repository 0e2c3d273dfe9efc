"""K-means with all restarts at once, beside scikit-learn's, which takes them one after the other."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from citymrio.analysis.kmeans import agreement, nearest, partitions, silhouette


def shares(count, seed, groups=5):
    return np.random.default_rng(seed).dirichlet(np.ones(groups), count)


def reference(points, k, restarts, seed):
    return KMeans(n_clusters=k, n_init=restarts, random_state=seed, algorithm="lloyd").fit(points)


@pytest.mark.parametrize("count, k, restarts", [(309, 5, 20), (40, 6, 3), (12, 2, 10), (7, 6, 5), (5, 5, 4)])
def test_every_partition_is_that_of_scikit_learn(count, k, restarts):
    seeds = [3, 2012]
    points = np.array([shares(count, seed) for seed in seeds])
    labels, centres = partitions(points, k, restarts, seeds)
    for n, seed in enumerate(seeds):
        theirs = reference(points[n], k, restarts, seed)
        assert (labels[n] == theirs.labels_).all()
        assert centres[n] == pytest.approx(theirs.cluster_centers_, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("seed", range(20))
def test_cities_drawn_several_times_and_emptied_clusters_are_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    points = shares(25, seed, 3)
    sample = points[rng.integers(25, size=25)]
    theirs = reference(sample, 8, 4, seed)
    labels, centres = partitions(sample[None], 8, 4, [seed])
    assert agreement(labels[0], theirs.labels_) == 1.0
    assert agreement(nearest(points[None], centres)[0], theirs.predict(points)) == 1.0


def test_a_cluster_without_a_point_takes_the_farthest_one():
    from citymrio.analysis.kmeans import _lloyd

    points = np.array([[0.0], [0.1], [0.2], [5.0], [9.0]])
    starts = np.array([[0.1], [7.0], [100.0]])
    theirs = KMeans(n_clusters=3, init=starts, n_init=1, tol=0, algorithm="lloyd").fit(points)
    labels, centres = _lloyd(points[None], starts[None], np.zeros(1))
    assert labels[0].tolist() == theirs.labels_.tolist()
    assert centres[0] == pytest.approx(theirs.cluster_centers_)


@pytest.mark.parametrize("seed", range(5))
def test_agreement_and_silhouette_are_those_of_scikit_learn(seed):
    rng, points = np.random.default_rng(seed), shares(60, seed)
    points[10:20] = points[0]  # cities with their province's mix
    one, other = rng.integers(4, size=60), rng.integers(3, size=60)
    one[one == 3] = 2
    one[7] = 3  # a cluster of one city
    assert agreement(one, other) == adjusted_rand_score(one, other)
    assert agreement(one, one) == 1.0
    assert silhouette(points, one) == pytest.approx(silhouette_score(points, one), rel=1e-13)
