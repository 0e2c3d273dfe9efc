"""Every kind of observation helps on known truth: what it speaks of is never nearer without it,
exact or with noise.
"""

import pandas as pd
import pytest
from monotone import BASE, KINDS, kinds_of, monotone, reliability, told_of

from citymrio.base.errors import collect_notices
from citymrio.base.labels import read_table
from citymrio.config.models import Dataset
from citymrio.dataset.sources.synthetic import build as synthetic
from known_truth.run import adopt_priors, outside_priors
from known_truth.table import known_run, read_known_table

#: By so much of itself, or of the whole, an error may rise: solves stop at a tolerance, and other
#: data move with the one added.
RELATIVE, ABSOLUTE = 0.02, 0.001
#: What exact data of a kind leave at most of the error of what they speak of.
LEFT = {
    "value added by sector": 0.6,
    "output by sector": 0.01,
    "output by sector, as shares": 0.01,
    "output of all sectors": 0.1,
    "final demand by category": 0.5,
    "final demand in all": 0.5,
    "final demand by product": 0.5,
    "exports by sector": 0.01,
    "exports of all sectors": 0.01,
    "imports in all": 0.01,
}
NOISE = 0.2


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "tiny"
    synthetic.build(Dataset(size="tiny"), folder / "dataset")
    return known_run(folder)


def judge(found: pd.DataFrame) -> None:
    spoken = found[found["about"]]
    limit = spoken["before"] * (1 + RELATIVE) + ABSOLUTE
    worse = spoken[spoken["after"] > limit]
    assert worse.empty, worse.to_string()
    exact = spoken[spoken["noise"].eq(0) & spoken["kind"].isin(LEFT)]
    left = exact["before"] * exact["kind"].map(LEFT) + ABSOLUTE
    assert (exact["after"] <= left).all(), exact[exact["after"] > left].to_string()


def test_reliability_is_the_weight_of_least_variance():
    assert reliability(0.0, 0.3) == 1.0
    assert reliability(0.1, 0.3) == pytest.approx(0.9)
    assert reliability(0.3, 0.3) == pytest.approx(0.5)


def test_noise_is_drawn_by_its_seed_for_the_last_kind_alone(tiny):
    kinds = [BASE, KINDS["output by sector"]]
    one, two, other = (told_of(tiny, kinds, 0.2, 0.7, seed)["province P03"] for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, two)
    first = one["quantity"].eq("value_added")
    assert (
        one.loc[first, "value"].equals(other.loc[first, "value"])
        and (one.loc[first, "reliability"] == 1).all()
    )
    assert (
        not one.loc[~first, "value"].equals(other.loc[~first, "value"])
        and (one.loc[~first, "reliability"] == 0.7).all()
    )


def test_value_added_by_sector_places_output_in_the_synthetic_country(tiny):
    with collect_notices():
        found = monotone(tiny, None, "paper", draws=1, kinds=["value added by sector"])
    judge(found)
    exact = found[found["noise"].eq(0)].set_index("quantity")
    assert exact.loc["output", "after"] < 0.3 * exact.loc["output", "before"]


@pytest.mark.slow
def test_every_kind_helps_in_the_synthetic_country(tiny):
    assert set(kinds_of(tiny)) == set(KINDS)
    with collect_notices():
        judge(monotone(tiny, None, "paper", NOISE, draws=2))


@pytest.mark.slow
def test_noisy_value_added_of_sets_does_not_replace_better_gdp(tiny):
    with collect_notices():
        found = monotone(tiny, None, "paper", NOISE, draws=2, kinds=["value added of all sectors"])
    spoken = found[found["about"] & found["noise"].gt(0)]
    assert (spoken["after"] <= spoken["before"] * (1 + RELATIVE) + ABSOLUTE).all()


@pytest.fixture(scope="module")
def lrwiod(shared, root):
    path = shared / "data/truth/lrwiod_2000.npz"
    if not path.exists():
        pytest.skip("the known table (lrwiod_2000.npz) is not here")
    return read_known_table(path, read_table(root / "tests/data/regions_lrwiod_2000.csv"))


@pytest.mark.slow
@pytest.mark.night
def test_every_kind_helps_on_members_of_the_eu(lrwiod):
    with collect_notices():
        judge(monotone(lrwiod, outside_priors(lrwiod), "calibrated", NOISE, draws=1))


@pytest.mark.slow
def test_every_kind_helps_on_regions_of_finland(lrwiod, shared, root):
    folder = shared / "data/truth"
    kinds = read_table(root / "tests/data/sectors_finland_2014.csv")
    table = read_known_table(
        folder / "finland_2014.npz", read_table(folder / "finland_2014_regions.csv"), kinds
    )
    with collect_notices():
        judge(
            monotone(
                table,
                adopt_priors(outside_priors(lrwiod), table, "LR-WIOD"),
                "calibrated",
                NOISE,
                draws=1,
            )
        )


@pytest.mark.slow
@pytest.mark.night
def test_every_kind_helps_on_provinces_of_china(lrwiod, root):
    folder = root / "results/china2012"
    if not (folder / "provinces/mrio.nc").exists():
        pytest.skip("needs the run results/china2012 as far as its provincial MRIO")
    table = known_run(folder)
    with collect_notices():
        judge(
            monotone(
                table,
                adopt_priors(outside_priors(lrwiod), table, "LR-WIOD"),
                "calibrated",
                NOISE,
                draws=1,
            )
        )
