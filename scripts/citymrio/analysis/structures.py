"""Industrial structures: K-means on value-added shares of groups of sectors (method section 10, R13)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

from ..base.errors import DataError
from ..base.notices import warn
from ..config.models import Groups
from .features import MAPPINGS

#: Restarts of K-means, and seeds the stability is measured over.
N_INIT = 100
SEEDS = 10

#: Standard deviation of a share below which a group does not tell cities apart.
SPREAD = 1e-12


@dataclass(frozen=True)
class Clusters:
    """A labelled partition of cities.

    Attributes
    ----------
    labels
        region -> structure name.
    centroids
        structure x group, mean shares of value added.
    inertia, silhouette
        Sum of squared distances to the centroids; mean silhouette coefficient (NaN with as many clusters as cities).
    ari_seeds_min
        Lowest adjusted Rand index between this partition and those of the next seeds.
    name_score_min
        Lowest ``(centroid - mean) / sd`` of a cluster in the group it is named after; at or below 0 a name says what is left
        over, not what the cities are strong in.
    """

    labels: pd.Series
    centroids: pd.DataFrame
    inertia: float
    silhouette: float
    ari_seeds_min: float
    name_score_min: float


def at_basic_prices(value_added: xr.DataArray, mrio: xr.Dataset | None, regions: pd.DataFrame) -> xr.DataArray:
    """Value added (region, sector) without the province's share of taxes on products.

    Parameters
    ----------
    value_added
        (region, sector), money, taxes on products included where tables have them.
    mrio
        provinces/mrio.nc; without `product_taxes`, or None, value added is as it is.
    regions
        region, province.
    """
    if mrio is None or "product_taxes" not in mrio:
        return value_added
    total = mrio["value_added"]
    share = xr.where(total != 0, mrio["product_taxes"] / total.where(total != 0, 1.0), 0.0)
    codes = value_added["region"].values
    owner = regions.set_index("region")["province"].reindex(codes).tolist()
    return value_added * (1 - share.sel(province=owner).rename(province="region").assign_coords(region=codes))


def value_added_shares(value_added: xr.DataArray, sectors: pd.DataFrame, mapping: str) -> pd.DataFrame:
    """Shares of groups of sectors in the value added of each region.

    Parameters
    ----------
    value_added
        (region, sector), money.
    sectors
        sector, group_a, group_b.
    mapping
        ``a`` (services with high technology) or ``b`` (services apart).

    Returns
    -------
    pandas.DataFrame
        region x group (sorted by name); rows sum to 1.

    Raises
    ------
    DataError
        A region without value added.
    """
    groups = sectors.set_index("sector")[MAPPINGS[mapping].column]
    table = value_added.transpose("region", "sector").to_pandas()
    grouped = table.T.groupby(groups.reindex(table.columns)).sum().T.sort_index(axis=1)
    total = grouped.sum(axis=1)
    if not (total > 0).all():
        region = total.index[~(total > 0)][0]
        raise DataError(f"value added is {total[region]:.6g}", where=f"region {region}", fix="give the region's value added.")
    return grouped.div(total, axis=0)


def cluster(shares: pd.DataFrame, config: Groups, *, seed: int | None = None, stability: bool = True) -> Clusters:
    """K-means (Euclidean, unscaled, 100 restarts) on shares of value added, each cluster named after a group.

    A country with fewer distinct cities than clusters gets as many clusters as it has, with a warning.

    Names: the assignment of clusters to groups that maximises the sum of ``(centroid - mean) / sd`` (Hungarian method), so that
    a name does not depend on the numbering of the clusters. With more clusters than groups the rest are called ``<group>_2``...

    Parameters
    ----------
    shares
        region x group.
    """
    points, k = shares.to_numpy(float), config.clusters
    distinct = len(np.unique(points.round(9), axis=0))  # cities with their province's mix differ by round-off alone
    if distinct < k:
        warn(
            where="clusters.csv",
            what="fewer cities with different value-added shares than structures",
            value=distinct,
            expectation=f"at least {k} (groups.clusters)",
            effect=f"There are {distinct} structures.",
        )
        k = distinct
    elif len(points) < 2 * k:
        warn(
            where="clusters.csv",
            what="hardly more cities than structures",
            value=len(points),
            expectation=f"at least {2 * k}, two for each of {k} structures (groups.clusters)",
            effect="Structures of a single city describe that city. Fix: set groups.clusters lower.",
        )
    if k < 2:  # nothing to tell apart
        return _undivided(shares)
    seed = config.cluster_seed if seed is None else seed
    numbers = _kmeans(points, k, seed)
    centroids = np.array([points[numbers == n].mean(axis=0) for n in range(k)])
    names, scores = _names(centroids, points, [*shares.columns])
    inertia = float(((points - centroids[numbers]) ** 2).sum())
    silhouette = float(silhouette_score(points, numbers)) if k < len(points) else float("nan")
    lowest = 1.0
    if stability:
        lowest = min(adjusted_rand_score(numbers, _kmeans(points, k, seed + step)) for step in range(1, SEEDS))
    return Clusters(
        labels=pd.Series([names[n] for n in numbers], index=shares.index, name="structure"),
        centroids=pd.DataFrame(centroids, index=pd.Index(names, name="structure"), columns=shares.columns).sort_index(),
        inertia=inertia,
        silhouette=silhouette,
        ari_seeds_min=float(lowest),
        name_score_min=float(min(scores)),
    )


def _undivided(shares: pd.DataFrame) -> Clusters:
    """One cluster of all cities, named after the group with the largest share; none without a city."""
    mean = shares.mean()
    names = [str(mean.idxmax())] if len(shares) else []
    centroids = pd.DataFrame([mean.to_numpy()] * len(names), index=pd.Index(names, name="structure"), columns=shares.columns)
    labels = pd.Series(names * len(shares), index=shares.index, name="structure", dtype=str)
    return Clusters(labels, centroids, 0.0, float("nan"), 1.0, float("nan"))


def _kmeans(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    with threadpool_limits(1):  # sums in one order, whatever the machine
        return KMeans(n_clusters=k, n_init=N_INIT, random_state=seed, algorithm="lloyd").fit(points).labels_


def _names(centroids: np.ndarray, points: np.ndarray, groups: list[str]) -> tuple[list[str], list[float]]:
    sd = points.std(axis=0)
    varies = sd > SPREAD  # the spread of equal shares is round-off, and says nothing
    score = np.divide(centroids - points.mean(axis=0), sd, out=np.zeros_like(centroids), where=varies)
    names, scores = [""] * len(centroids), [0.0] * len(centroids)
    left, turn = list(range(len(centroids))), 1
    while left:
        rows, columns = linear_sum_assignment(score[left], maximize=True)
        for row, column in zip(rows, columns, strict=True):
            names[left[row]] = groups[column] if turn == 1 else f"{groups[column]}_{turn}"
            scores[left[row]] = score[left[row], column]
        left = [n for n in left if not names[n]]
        turn += 1
    return names, scores


def cluster_table(results: dict[str, Clusters]) -> pd.DataFrame:
    """clusters.csv: quality of each mapping's partition, and the adjusted Rand index between the first mapping and each."""
    first = next(iter(results.values()))
    return pd.DataFrame(
        [
            {
                "mapping": mapping,
                "k": len(found.centroids),
                "inertia": found.inertia,
                "silhouette": found.silhouette,
                "ari_seeds_min": found.ari_seeds_min,
                "name_score_min": found.name_score_min,
                "ari_mappings": float(adjusted_rand_score(first.labels, found.labels.reindex(first.labels.index))),
            }
            for mapping, found in results.items()
        ]
    )


def centroid_table(results: dict[str, Clusters]) -> pd.DataFrame:
    """centroids.csv: mapping, structure, group, cities, share (mean share of the group in value added)."""
    rows = []
    for mapping, found in results.items():
        counts = found.labels.value_counts()
        for structure, shares in found.centroids.iterrows():
            rows += [
                {"mapping": mapping, "structure": structure, "group": group, "cities": int(counts[structure]), "share": share}
                for group, share in shares.items()
            ]
    return pd.DataFrame(rows)
