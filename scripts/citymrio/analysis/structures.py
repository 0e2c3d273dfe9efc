"""Industrial structures: K-means on value-added shares of groups of sectors, and how much they say
(method section 10, R13).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

from ..base.errors import DataError, warn
from ..base.labels import values_of
from ..config.models import Groups
from .features import SCALES, Features, groups_of

#: Restarts and seed of K-means, and other seeds the stability is measured over.
N_INIT = 100
SEED = 2012
SEEDS = 4
#: Bootstrap samples of the cities, restarts of K-means on each, and the quantile that is reported
#: beside the mean.
RESAMPLES, RESAMPLE_INIT, LOW = 100, 4, 0.1
#: Silhouette up to which the structure is weak and could be artificial, and up to which there is
#: none (Kaufman and Rousseeuw 1990, Finding Groups in Data, table 4).
WEAK, NONE = 0.50, 0.25
#: Adjusted Rand index below which two partitions agree poorly (Steinley 2004, Psychological Methods
#: 9: 386-396).
POOR = 0.65
#: Score below which a name says less than a small effect (Cohen 1988, Statistical Power Analysis):
#: the cluster is what is left.
RESIDUAL = 0.2

#: Standard deviation of a share below which a group does not tell cities apart.
SPREAD = 1e-12


@dataclass(frozen=True)
class Clusters:
    """A labelled partition of cities.

    Attributes
    ----------
    labels
        region -> structure name.
    centroids, scores
        structure x group: mean shares of value added, and ``(centroid - mean) / sd`` over the
        cities (0 where no city differs).
    names
        structure -> score in the group it is named after; below `RESIDUAL` a name says what is left
        over, not what the cities are strong in.
    inertia, silhouette
        Sum of squared distances to the centroids; mean silhouette coefficient (NaN with as many
        clusters as cities).
    ari_seeds_min
        Lowest adjusted Rand index between this partition and those of the next seeds; NaN where it
        was not asked for.
    ari_bootstrap, ari_bootstrap_low
        Mean and `LOW` quantile of the adjusted Rand index between this partition and those that
        K-means on cities drawn with replacement gives all cities; NaN where it was not asked for.
    """

    labels: pd.Series
    centroids: pd.DataFrame
    scores: pd.DataFrame
    names: pd.Series
    inertia: float
    silhouette: float
    ari_seeds_min: float = float("nan")
    ari_bootstrap: float = float("nan")
    ari_bootstrap_low: float = float("nan")

    @property
    def residual(self) -> list[str]:
        """Structures that are called after a group they are hardly stronger in than the mean
        city.
        """
        return [*self.names.index[self.names < RESIDUAL]]


def at_basic_prices(
    value_added: xr.DataArray, mrio: xr.Dataset | None, regions: pd.DataFrame
) -> xr.DataArray:
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
    kept = xr.DataArray(
        1 - values_of(share, province=owner, sector=share["sector"].values),
        {"region": codes},
        ("region", "sector"),
    )
    return value_added * kept.assign_coords(sector=share["sector"].values)


def value_added_shares(
    value_added: xr.DataArray, sectors: pd.DataFrame, mapping: str
) -> pd.DataFrame:
    """Shares of groups of sectors in the value added of each region.

    Parameters
    ----------
    value_added
        (region, sector), money.
    sectors
        sector, industry, group_a, group_b.
    mapping
        ``a`` (services with high technology), ``b`` (services apart) or ``no_services`` (of the
        value added of other sectors).

    Returns
    -------
    pandas.DataFrame
        region x group (sorted by name); rows sum to 1.

    Raises
    ------
    DataError
        A region without value added in sectors of the map.
    """
    groups = groups_of(sectors, mapping)
    index = value_added.indexes["region"]
    table = pd.DataFrame(values_of(value_added, sector=groups.index, region=index), columns=index)
    grouped = table.groupby(groups.to_numpy(object)).sum().T.sort_index(axis=1)
    total = grouped.sum(axis=1)
    if not (total > 0).all():
        region = total.index[~(total > 0)][0]
        what = f"value added is {total[region]:.6g} in the sectors of map {mapping}"
        raise DataError(
            what,
            where=f"region {region}",
            fix="give the region's value added, or choose another groups.cluster_map.",
        )
    return grouped.div(total, axis=0)


def cluster(
    shares: pd.DataFrame, config: Groups, *, seed: int = SEED, stability: bool = True
) -> Clusters:
    """K-means (Euclidean, 100 restarts) on shares of value added, each cluster named after a group.

    Shares are taken as they are or standardised (`groups.cluster_features`). A country with fewer
    distinct cities than clusters gets as many clusters as it has, with a warning.

    Names: the assignment of clusters to groups that maximises the sum of ``(centroid - mean) / sd``
    (Hungarian method), so that a name does not depend on the numbering of the clusters. With more
    clusters than groups the rest are called ``<group>_2``...

    Parameters
    ----------
    shares
        region x group.
    stability
        Whether the agreement with other seeds and with bootstrap samples is measured.
    """
    values = shares.to_numpy(float)
    points = values if config.cluster_features == SCALES[0] else _standardise(values, values)
    k = _number_of_clusters(points, config.clusters)
    if k < 2:  # nothing to tell apart
        return _one_cluster(shares)
    numbers = _kmeans(points, k, seed)
    centroids = np.array([values[numbers == n].mean(axis=0) for n in range(k)])
    score = _standardise(centroids, values)
    names, of_name = _names(score, [*shares.columns])
    index = pd.Index(names, name="structure")
    means = np.array([points[numbers == n].mean(axis=0) for n in range(k)])
    stable = {}
    if stability:
        seeds = [
            adjusted_rand_score(numbers, _kmeans(points, k, seed + step))
            for step in range(1, SEEDS)
        ]
        again = _bootstrap(points, numbers, k, seed)
        stable = {
            "ari_seeds_min": float(min(seeds)),
            "ari_bootstrap": float(again.mean()),
            "ari_bootstrap_low": float(np.quantile(again, LOW)),
        }
    return Clusters(
        labels=pd.Series([names[n] for n in numbers], index=shares.index, name="structure"),
        centroids=pd.DataFrame(centroids, index=index, columns=shares.columns).sort_index(),
        scores=pd.DataFrame(score, index=index, columns=shares.columns).sort_index(),
        names=pd.Series(of_name, index=index, dtype=float).sort_index(),
        inertia=float(((points - means[numbers]) ** 2).sum()),
        silhouette=float(silhouette_score(points, numbers)) if k < len(points) else float("nan"),
        **stable,
    )


def _standardise(values: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Values (row, group) in standard deviations from the mean of the shares; 0 in a group whose
    share no city differs in (the spread of equal shares is round-off, and says nothing).
    """
    sd = shares.std(axis=0)
    return np.divide(values - shares.mean(axis=0), sd, out=np.zeros_like(values), where=sd > SPREAD)


def _number_of_clusters(points: np.ndarray, wanted: int) -> int:
    """As many clusters as wanted, or as cities differ; a word where that is few."""
    distinct = len(
        np.unique(points.round(9), axis=0)
    )  # cities with their province's mix differ by round-off alone
    if distinct < wanted:
        warn(
            where="clusters.csv",
            what="fewer cities with different value-added shares than structures",
            value=distinct,
            expectation=f"at least {wanted} (groups.clusters)",
            effect=f"There are {distinct} structures.",
        )
    elif len(points) < 2 * wanted:
        warn(
            where="clusters.csv",
            what="hardly more cities than structures",
            value=len(points),
            expectation=f"at least {2 * wanted}, two for each of {wanted} structures "
            "(groups.clusters)",
            effect="Structures of a single city describe that city. Fix: set groups.clusters "
            "lower.",
        )
    return min(distinct, wanted)


def _one_cluster(shares: pd.DataFrame) -> Clusters:
    """One cluster of all cities, named after the group with the largest share; none without a
    city.
    """
    mean = shares.mean()
    names = [str(mean.idxmax())] if len(shares) else []
    index = pd.Index(names, name="structure")
    centroids = pd.DataFrame([mean.to_numpy()] * len(names), index=index, columns=shares.columns)
    labels = pd.Series(names * len(shares), index=shares.index, name="structure", dtype=str)
    none = pd.Series(np.nan, index=index)  # nothing to be stronger in than others
    return Clusters(labels, centroids, centroids * 0.0, none, 0.0, float("nan"), 1.0)


def _kmeans(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    with threadpool_limits(1):  # sums in one order, whatever the machine
        return (
            KMeans(n_clusters=k, n_init=N_INIT, random_state=seed, algorithm="lloyd")
            .fit(points)
            .labels_
        )


def _bootstrap(points: np.ndarray, numbers: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Agreement (`RESAMPLES`,) of a partition with those that K-means on resampled cities gives all
    cities.

    The bootstrap of Hennig (2007, Computational Statistics and Data Analysis 52: 258-271) with the
    adjusted Rand index of the whole partition. A sample with fewer different cities than clusters
    is drawn anew.
    """
    rng = np.random.default_rng(seed)
    found: list[float] = []
    with threadpool_limits(1):
        while len(found) < RESAMPLES:
            sample = points[rng.integers(len(points), size=len(points))]
            if len(np.unique(sample, axis=0)) < k:
                continue
            drawn = KMeans(
                n_clusters=k,
                n_init=RESAMPLE_INIT,
                random_state=int(rng.integers(2**31)),
                algorithm="lloyd",
            )
            found.append(adjusted_rand_score(numbers, drawn.fit(sample).predict(points)))
    return np.array(found)


def _names(score: np.ndarray, groups: list[str]) -> tuple[list[str], list[float]]:
    """Names of the clusters from the scores (cluster, group) of their centroids, and each one's
    score in its own group.
    """
    names, scores = [""] * len(score), [0.0] * len(score)
    left, turn = list(range(len(score))), 1
    while left:
        rows, columns = linear_sum_assignment(score[left], maximize=True)
        for row, column in zip(rows, columns, strict=True):
            names[left[row]] = groups[column] if turn == 1 else f"{groups[column]}_{turn}"
            scores[left[row]] = float(score[left[row], column])
        left = [n for n in left if not names[n]]
        turn += 1
    return names, scores


def warn_of_quality(found: Clusters) -> None:
    """Say where the configured structures are weak, unstable, or called after what is left over."""
    other = (
        "Fix: compare the variants in clusters.csv (groups.cluster_map, cluster_features, "
        "clusters)."
    )
    if found.silhouette <= WEAK:
        grade = (
            "no substantial structure"
            if found.silhouette <= NONE
            else "a weak structure, which could be artificial"
        )
        warn(
            where="clusters.csv, column silhouette",
            what="the industrial structures are hardly apart",
            value=f"{found.silhouette:.2f}: {grade}",
            expectation=f"above {WEAK:g} (Kaufman and Rousseeuw 1990)",
            effect=f"Cities at the edge of a structure could as well be in another. {other}",
        )
    if found.ari_bootstrap < POOR:
        low = f"{found.ari_bootstrap_low:.2f} in one of ten"
        warn(
            where="clusters.csv, column ari_bootstrap",
            what="the industrial structures depend on which cities are in the sample",
            value=f"adjusted Rand index {found.ari_bootstrap:.2f} over bootstrap samples, {low}",
            expectation=f"at least {POOR:g} (Steinley 2004)",
            effect="The partition is reproducible, not stable: do not read much into the "
            f"structure of one city. {other}",
        )
    for structure in found.residual:
        group = found.scores.loc[structure].idxmax()
        warn(
            where=f"centroids.csv, structure {structure}",
            what="a structure is what the others leave over",
            value=f"{found.names[structure]:.2f} standard deviations above the mean city in the "
            "group it is named after",
            expectation=f"at least {RESIDUAL:g}",
            effect=f"Its name says little of its cities, which are strongest in {group}. {other}",
        )


def cluster_table(results: Mapping[Features, Clusters]) -> pd.DataFrame:
    """clusters.csv: quality of each variant's partition, the first one's in use, and the agreement
    of the others with it.
    """
    used = next(iter(results))
    first = results[used].labels
    return pd.DataFrame(
        [
            {
                "mapping": features.mapping,
                "features": features.scale,
                "used": features == used,
                "k": len(found.centroids),
                "inertia": found.inertia,
                "silhouette": found.silhouette,
                "ari_seeds_min": found.ari_seeds_min,
                "ari_bootstrap": found.ari_bootstrap,
                "ari_bootstrap_low": found.ari_bootstrap_low,
                "name_score_min": float(found.names.min()),
                "residual": ";".join(found.residual),
                "ari_used": 1.0
                if features == used
                else float(adjusted_rand_score(first, found.labels.reindex(first.index))),
            }
            for features, found in results.items()
        ]
    )


def centroid_table(results: Mapping[Features, Clusters]) -> pd.DataFrame:
    """centroids.csv: mapping, features, structure, group, cities, share (mean share of the group in
    value added), score.
    """
    return pd.DataFrame(
        [
            {
                "mapping": features.mapping,
                "features": features.scale,
                "structure": structure,
                "group": group,
                "cities": cities,
                "share": share,
                "score": score,
            }
            for features, found in results.items()
            for structure, shares, scores in zip(
                found.centroids.index,
                found.centroids.to_numpy(),
                found.scores.to_numpy(),
                strict=True,
            )
            for cities in [int(found.labels.eq(structure).sum())]
            for group, share, score in zip(found.centroids, shares, scores, strict=True)
        ],
        columns=["mapping", "features", "structure", "group", "cities", "share", "score"],
    )
