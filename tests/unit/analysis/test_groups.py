import numpy as np
import pandas as pd
import pytest
import xarray as xr
from sklearn.metrics import adjusted_rand_score

from citymrio.analysis.affluence import (
    affluence,
    affluence_column,
    affluence_words,
    per_capita,
    quintile_cuts,
    quintiles,
)
from citymrio.analysis.features import Features
from citymrio.analysis.structures import (
    centroid_table,
    cluster,
    cluster_table,
    value_added_shares,
    warn_of_quality,
)
from citymrio.analysis.super_emitters import super_emitter_types, super_emitters, thresholds
from citymrio.assessment.paper import PAPER_SIZES
from citymrio.base import errors
from citymrio.base.errors import ConfigError, DataError
from citymrio.config.models import Groups, load_config


def cities(count, seed=1):
    values = np.random.default_rng(seed).lognormal(8, 0.6, count)
    return pd.Series(values, index=[f"{i:06d}" for i in range(count)])


def sizes(groups):
    return [int((groups == q).sum()) for q in ("Q1", "Q2", "Q3", "Q4", "Q5")]


def test_rank_quintiles_of_309_cities_are_62_62_62_62_61():
    assert sizes(quintiles(cities(309), Groups())) == [62, 62, 62, 62, 61]


def test_paper_sizes_of_309_cities_are_the_papers():
    assert sizes(quintiles(cities(309), Groups(quintile_sizes=PAPER_SIZES))) == [
        63,
        61,
        62,
        62,
        61,
    ]


def test_paper_sizes_of_another_number_of_cities_add_up():
    assert sum(sizes(quintiles(cities(301), Groups(quintile_sizes=PAPER_SIZES)))) == 301


def test_every_city_of_a_richer_quintile_is_richer():
    values = cities(309)
    groups = quintiles(values, Groups())
    for rich, poor in zip(("Q1", "Q2", "Q3", "Q4"), ("Q2", "Q3", "Q4", "Q5"), strict=True):
        assert values[groups == rich].min() >= values[groups == poor].max()


def test_quintiles_do_not_depend_on_the_order_of_cities():
    values = cities(57).round(-3)  # many ties
    shuffled = values.sample(frac=1, random_state=3)
    pd.testing.assert_series_equal(
        quintiles(values, Groups()), quintiles(shuffled, Groups())[values.index]
    )


def test_a_city_exactly_at_the_threshold_is_not_in_the_richer_group():
    groups = quintiles(
        pd.Series({"a": 7000.0, "b": 7000.1, "c": 1999.0}),
        Groups(thresholds_usd=(7000, 4500, 3000, 2000)),
    )
    assert [*groups] == ["Q2", "Q1", "Q5"]


def test_the_paper_s_dollars_are_no_thresholds_of_another_country():
    assert load_config({}).groups.thresholds_usd == ()
    with pytest.raises(ConfigError, match=r"thresholds_usd is \[7000.0\], expected four falling"):
        load_config({"groups": {"thresholds_usd": [7000.0]}})


def test_rising_thresholds_are_refused():
    with pytest.raises(ConfigError, match="falling"):
        load_config({"groups": {"thresholds_usd": [1.0, 2.0, 3.0, 4.0]}})


def test_cuts_are_the_lowest_affluence_of_the_groups():
    values = cities(10)
    found = quintile_cuts(values, quintiles(values, Groups()))
    ranked = np.sort(values)[::-1]
    assert [*found.values()] == [ranked[1], ranked[3], ranked[5], ranked[7]]


def test_every_measure_of_affluence_counts_what_its_name_says():
    regions = pd.DataFrame({"region": ["a"], "population": [1000.0], "gdp": [500.0]})
    roles = {"hh": "household", "gov": "government", "cap": "capital", "sto": "stock_changes"}
    labels = {"region": ["a"], "category": [*roles]}
    whole = xr.DataArray([[10.0, 4.0, 6.0, -1.0]], labels, ("region", "category"))
    own = xr.DataArray([[7.0, 4.0, 5.0, -2.0]], labels, ("region", "category"))
    categories = pd.DataFrame({"category": [*roles], "role": [*roles.values()]})
    bought = {"all": whole, "domestic": own}
    found = affluence(
        regions=regions, demand=bought, final_demand=categories, usd_rate=5.0, unit="10^4 XTS"
    ).iloc[0]
    expected = {
        ("final_demand", "all"): 19,
        ("private_demand", "all"): 15,
        ("household_capital", "all"): 16,
        ("final_demand", "domestic"): 14,
        ("private_demand", "domestic"): 10,
        ("household_capital", "domestic"): 12,
        ("gdp", "all"): 500,
    }
    for (measure, products), amount in expected.items():
        config = Groups(affluence=measure, affluence_products=products)
        assert found[affluence_column(config)] == pytest.approx(amount * 1e4 / 5 / 1000), (
            measure,
            products,
        )
    assert len(
        {affluence_words(Groups(affluence=m, affluence_products=p)) for m, p in expected}
    ) == len(expected)


def test_gdp_has_no_domestic_products():
    with pytest.raises(ConfigError, match="affluence_products is 'domestic', expected 'all'"):
        load_config({"groups": {"affluence": "gdp", "affluence_products": "domestic"}})


def test_weighted_and_unweighted_means_differ_when_the_big_city_differs():
    unweighted, weighted = per_capita(pd.Series([10.0, 90.0]), pd.Series([10.0, 10.0 * 9]))
    assert (unweighted, weighted) == (1.0, 1.0)
    unweighted, weighted = per_capita(pd.Series([10.0, 270.0]), pd.Series([10.0, 90.0]))
    assert (unweighted, weighted) == (2.0, 2.8)


def structures(per_type=20, seed=0):
    """Five clear types around the corners of the simplex."""
    rng = np.random.default_rng(seed)
    groups = ["agriculture", "energy", "heavy", "high_tech", "light"]
    alpha = np.ones((5, 5)) + 40 * np.eye(5)
    points = np.vstack([rng.dirichlet(a, per_type) for a in alpha])
    names = np.repeat(groups, per_type)
    index = [f"{i:03d}" for i in range(len(points))]
    return pd.DataFrame(points, index=index, columns=groups), pd.Series(names, index=index)


def test_kmeans_finds_and_names_five_clear_types():
    shares, truth = structures()
    found = cluster(shares, Groups())
    assert (found.labels == truth).all()
    assert found.ari_seeds_min == pytest.approx(1.0)
    assert found.names.min() > 1 and not found.residual
    assert found.ari_bootstrap >= found.ari_bootstrap_low > 0.9


def test_a_name_that_only_says_what_is_left_over_has_a_low_score():
    shares, _ = structures()
    shares["light"] = 0.1  # the same everywhere, yet some cluster must take the name
    found = cluster(shares, Groups(), stability=False)
    assert found.names["light"] == 0.0 and found.residual == ["light"]


def test_weak_unstable_and_residual_structures_are_said_with_their_numbers():
    rng = np.random.default_rng(4)
    shares = pd.DataFrame(
        rng.dirichlet([8.0] * 4, 40), columns=["energy", "heavy", "light", "services"]
    )  # no types at all
    shares["high_tech"] = 0.2
    found = cluster(shares, Groups())
    with errors.collect_notices() as kept:
        warn_of_quality(found)
    assert [notice.where for notice in kept] == [
        "clusters.csv, column silhouette",
        "clusters.csv, column ari_bootstrap",
        "centroids.csv, structure high_tech",
    ]
    assert (
        kept[1].value.startswith(f"adjusted Rand index {found.ari_bootstrap:.2f}")
        and "Fix: " in kept[1].effect
    )


def test_clear_structures_are_not_warned_of():
    with errors.collect_notices() as kept:
        warn_of_quality(cluster(structures()[0], Groups()))
    assert not kept


def test_standardised_shares_find_types_that_one_large_group_hides():
    rng = np.random.default_rng(2)
    light = np.repeat([0.01, 0.05], 20) + rng.normal(0, 0.002, 40)
    large = rng.permutation(np.linspace(0.2, 0.6, 40))
    shares = pd.DataFrame(
        {"light": light, "energy": 0.06 - light, "high_tech": large, "heavy": 0.94 - large}
    )
    types = np.repeat([0, 1], 20)
    plain, scaled = (
        cluster(shares, Groups(clusters=2, cluster_features=f), stability=False)
        for f in ("shares", "standardised")
    )
    assert (
        adjusted_rand_score(types, scaled.labels) > adjusted_rand_score(types, plain.labels) + 0.5
    )
    assert scaled.centroids.sum(axis=1).to_numpy() == pytest.approx(
        1.0
    )  # printed as shares all the same


def test_scores_are_standard_deviations_above_the_mean_city():
    shares, _ = structures()
    found = cluster(shares, Groups(), stability=False)
    cities = shares[found.labels == "energy"]
    by_hand = (cities["heavy"].mean() - shares["heavy"].mean()) / shares["heavy"].std(ddof=0)
    assert found.scores.at["energy", "heavy"] == pytest.approx(by_hand)


def test_structure_names_do_not_depend_on_the_seed():
    shares, _ = structures()
    one = cluster(shares, Groups(), seed=1, stability=False)
    two = cluster(shares, Groups(), seed=99, stability=False)
    pd.testing.assert_series_equal(one.labels, two.labels)


def test_inertia_is_the_sum_of_squares_to_the_centroids():
    shares, _ = structures()
    found = cluster(shares, Groups(), stability=False)
    gap = shares - found.centroids.loc[found.labels].set_axis(shares.index)
    by_hand = (gap**2).to_numpy().sum()
    assert found.inertia == pytest.approx(by_hand, rel=1e-12)


def test_more_clusters_than_groups_get_distinct_names():
    shares, _ = structures()
    found = cluster(shares, Groups(clusters=7), stability=False)
    assert found.labels.nunique() == 7
    assert {name.removesuffix("_2") for name in found.labels} == set(shares.columns)


def test_as_many_clusters_as_distinct_structures_are_made_and_it_is_said():
    shares, _ = structures()
    few = shares.iloc[[0, 0, 1]].set_axis(["a", "b", "c"])
    with errors.collect_notices() as kept:
        found = cluster(few, Groups(clusters=5))
    assert len(found.centroids) == 2 and found.labels["a"] == found.labels["b"] != found.labels["c"]
    assert [(notice.where, notice.value) for notice in kept] == [("clusters.csv", "2")]


def test_value_added_shares_sum_to_one_and_follow_the_map():
    va = xr.DataArray(
        [[1.0, 2.0, 3.0, 4.0]],
        {"region": ["a"], "sector": ["01", "02", "03", "04"]},
        ("region", "sector"),
    )
    sectors = pd.DataFrame(
        {
            "sector": ["01", "02", "03", "04"],
            "industry": ["primary", "secondary", "secondary", "tertiary"],
            "group_a": ["agriculture", "energy", "high_tech", "high_tech"],
            "group_b": ["agriculture", "energy", "high_tech", "services"],
        }
    )
    expected = {"agriculture": 0.1, "energy": 0.2, "high_tech": 0.7}
    assert value_added_shares(va, sectors, "a").loc["a"].to_dict() == pytest.approx(expected)
    assert value_added_shares(va, sectors, "b").loc["a", "services"] == pytest.approx(0.4)
    without = {"agriculture": 1 / 6, "energy": 2 / 6, "high_tech": 3 / 6}
    assert value_added_shares(va, sectors, "no_services").loc["a"].to_dict() == pytest.approx(
        without
    )


def test_region_without_value_added_is_refused():
    va = xr.DataArray([[0.0]], {"region": ["a"], "sector": ["01"]}, ("region", "sector"))
    with pytest.raises(DataError, match="region a"):
        value_added_shares(va, pd.DataFrame({"sector": ["01"], "group_a": ["energy"]}), "a")


def test_cluster_table_reports_the_agreement_of_the_variants():
    shares, _ = structures()
    found = cluster(shares, Groups(), stability=False)
    other = cluster(shares.iloc[:, :4], Groups(clusters=4), stability=False)
    table = cluster_table({Features("a", "shares"): found, Features("b", "shares"): other})
    assert table["used"].tolist() == [True, False]
    assert table["ari_used"].tolist()[0] == 1.0
    assert table["ari_used"].tolist()[1] < 1.0
    centroids = centroid_table({Features("a", "shares"): found})
    assert centroids.groupby("structure")["share"].sum().to_numpy() == pytest.approx(1.0)


def test_types_on_the_four_quadrants():
    cba, pba = pd.Series([2.0, 0.0, 2.0, 0.0]), pd.Series([0.0, 2.0, 2.0, 0.0])
    assert [*super_emitter_types(pba, cba, 1.0)] == ["demand", "technology", "hybrid", "none"]


def test_a_city_exactly_at_the_threshold_is_no_super_emitter():
    assert [*super_emitter_types(pd.Series([1.0]), pd.Series([1.0]), 1.0)] == ["none"]


def test_both_bases_are_reported_and_the_chosen_one_is_used():
    cba, pba = pd.Series([60.0, 40.0], index=["a", "b"]), pd.Series([10.0, 90.0], index=["a", "b"])
    config = Groups(super_share=0.5, super_base="national")
    assert thresholds(cba, 160.0, 0.5) == {"sum_cba": 50.0, "national": 80.0}
    found = super_emitters(pba, cba, 160.0, config.super_share, config.super_base)
    assert [*found["super_emitter_sum_cba"]] == ["demand", "technology"]
    assert [*found["super_emitter"]] == [*found["super_emitter_national"]] == ["none", "technology"]
    assert [*found["super_margin"]] == [0.75, 1.125]


def test_demand_types_are_net_consumers_and_technology_types_net_producers():
    rng = np.random.default_rng(4)
    cba, pba = pd.Series(rng.lognormal(0, 1, 200)), pd.Series(rng.lognormal(0, 1, 200))
    found = super_emitter_types(pba, cba, 1.5)
    assert (cba > pba)[found == "demand"].all()
    assert (pba > cba)[found == "technology"].all()
    assert set(found) == {"none", "demand", "technology", "hybrid"}
