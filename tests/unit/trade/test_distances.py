"""Distances between regions: from places and areas, or from a table of one's own."""

import numpy as np
import pandas as pd
import pytest
from small_countries import tiny

from citymrio.base.errors import DataError, collect_notices
from citymrio.base.geography import own_distance_km
from citymrio.chain.estimate import estimate
from citymrio.chain.steps import known_of, run_steps
from citymrio.config.models import load_config
from citymrio.provinces.priors import run_priors
from citymrio.trade.distances import province_distances, region_distances
from known_truth.table import area_of_own_distance

CALIBRATED = {"split": "joint", "trade_prior": "border", "demand_tilt": True}


def travel_times(
    regions: pd.DataFrame, places: str = "nation", factor: float = 1 / 60
) -> pd.DataFrame:
    """Minutes as the crow flies between all regions, or those of one province only."""
    distance = region_distances(regions) * factor
    rows = [
        (a.region, b.region, distance[i, j])
        for i, a in enumerate(regions.itertuples())
        for j, b in enumerate(regions.itertuples())
        if places == "nation" or a.province == b.province
    ]
    return pd.DataFrame(rows, columns=["origin", "destination", "value"])


@pytest.fixture
def regions():
    return tiny().tables["regions"]


def written(table: pd.DataFrame, folder, name: str = "distances.csv") -> str:
    table.to_csv(folder / name, index=False)
    return str(folder / name)


def test_own_distances_stand_on_the_diagonal(regions):
    distance = region_distances(regions)
    assert np.diag(distance) == pytest.approx(own_distance_km(regions["area_km2"]))
    assert own_distance_km(area_of_own_distance(np.array([7.0, 90.0]))) == pytest.approx(
        [7.0, 90.0]
    )


def test_a_table_of_distances_replaces_places_inside_provinces_and_in_the_fit(regions, tmp_path):
    """Times in proportion to km change nothing; other times change trade, and the fit between
    provinces with them.
    """
    country = tiny()
    plain = load_config({"cities": CALIBRATED})
    mrio = run_steps(known_of(country, plain), "mrio")["mrio"]

    def trade(table: pd.DataFrame, name: str) -> np.ndarray:
        config = load_config(
            {"cities": {**CALIBRATED, "distances": written(table, tmp_path, name)}}
        )
        priors = run_priors(
            mrio, {n: country.tables[n] for n in ("regions", "sectors", "final_demand")}, plain
        )
        return estimate(country, config, mrio, priors=priors).nested.to_dense()["Z"].values

    same = trade(travel_times(regions), "same.csv")
    assert same == pytest.approx(
        estimate(country, plain, mrio).nested.to_dense()["Z"].values, rel=1e-6, abs=1e-9
    )
    far = travel_times(regions)
    first = regions["region"][1]  # a city among others of its province
    far.loc[far["origin"].eq(first) ^ far["destination"].eq(first), "value"] *= 3
    moved = trade(far, "far.csv")
    assert np.abs(moved - same).sum() > 1e-3 * same.sum()
    codes, apart = province_distances(regions, written(far, tmp_path, "far.csv"))
    _, near = province_distances(regions, written(travel_times(regions), tmp_path, "near.csv"))
    home = codes.index(regions["province"][1])
    assert (np.delete(apart[home], home) > np.delete(near[home], home)).all()
    others = np.delete(np.arange(len(codes)), home)
    assert apart[np.ix_(others, others)] == pytest.approx(near[np.ix_(others, others)])


def test_the_power_of_distance_takes_the_table_too(regions, tmp_path):
    config = {"split": "joint", "trade_prior": "power", "theta": 2.0}
    table = travel_times(regions, "province", factor=5.0)
    own = load_config({"cities": {**config, "distances": written(table, tmp_path)}})
    found, plain = (
        estimate(tiny(), c).nested.to_dense()["Z"].values
        for c in (own, load_config({"cities": config}))
    )
    assert found == pytest.approx(plain, rel=1e-6, abs=1e-9)


def test_a_table_of_single_provinces_leaves_the_fit_in_km_and_says_so(regions, tmp_path):
    path = written(travel_times(regions, "province"), tmp_path)
    with collect_notices() as notices:
        _, distance = province_distances(regions, path)
    assert distance == pytest.approx(province_distances(regions)[1])
    assert any("with distances in km" in notice.what for notice in notices)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="value"), "column value is missing"),
        (
            lambda t: t.assign(value=t["value"].where(t.index != 3, 0.0)),
            r"row 5: .* is not a number above 0 \(0",
        ),
        (lambda t: pd.concat([t, t.iloc[:1]]), "is given twice"),
        (lambda t: t.iloc[1:], "is not known.*own distance included"),
    ],
)
def test_a_table_with_faults_is_refused_with_its_place(regions, tmp_path, change, message):
    path = written(change(travel_times(regions, "province")), tmp_path)
    with pytest.raises(DataError, match=f"distances.csv.*{message}"):
        region_distances(regions[regions["province"].eq(regions["province"][0])], path)


def test_a_region_without_an_area_is_refused_by_name(regions):
    area = regions["area_km2"].where(regions.index != 2)
    with pytest.raises(
        DataError,
        match=f"from {regions['region'][2]} to {regions['region'][2]} is not known.*Fix: "
        ".*area_km2",
    ):
        region_distances(regions.assign(area_km2=area))
