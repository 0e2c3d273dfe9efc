"""Exact data that are the truth never stop an estimate: regions of known tables in random
provinces, any of it told.

`PARTITIONS=100 pytest -m slow tests/unit/assessment/test_told.py` is the full run: 100 partitions
of each known table.
"""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from known_world import invented, write
from partitions import ANY, TOLD, in_provinces, observed, provinces_of
from thorough import sampled

from citymrio.base.labels import read_table
from citymrio.base.methods import METHODS
from citymrio.base.tolerances import SOLVED
from citymrio.cities import tables
from citymrio.cities.chain import ProvinceEstimate, estimate_province
from citymrio.cities.province import GAVE_WAY
from citymrio.config.models import Cities
from known_truth.run import adopt_priors, outside_priors
from known_truth.table import read_known_table

ROOT = Path(__file__).parents[3]
TRUTH = Path(os.environ.get("TRUTH_DIR", ROOT / "../shared/data/truth"))
PARTITIONS = int(os.environ.get("PARTITIONS", "5"))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Twelve cities whose technology and demand have little in common, so that what the model makes
    is far from the truth.
    """
    arrays, regions = invented(2, cities=12, spread=1.8)
    return read_known_table(write(tmp_path_factory.mktemp("truth"), arrays), regions)


@cache
def known(code):
    def read(name, regions):
        sectors = read_table(ROOT / f"tests/data/sectors_{name}.csv")
        return read_known_table(TRUTH / f"{name}.npz", read_table(regions), sectors)

    eu = read("lrwiod_2000", ROOT / "tests/data/regions_lrwiod_2000.csv")
    if code == "lrwiod_2000":
        return eu, outside_priors(eu)
    table = read(code, TRUTH / f"{code}_regions.csv")
    return table, adopt_priors(outside_priors(eu), table, "lrwiod_2000")


def estimates(table, priors, method, what, seed) -> list[ProvinceEstimate]:
    config, placed = Cities(**METHODS[method]), in_provinces(table, seed)
    given = provinces_of(
        placed, config, observed(placed, what, seed), priors if config.needs_priors else None
    )
    return [estimate_province(province) for province in given]


def balanced(result: ProvinceEstimate) -> None:
    """Rows and columns of the linked tables hold, provincial cells are kept, no value added became
    negative.
    """
    linked, block = result.linked, result.province.block
    names = result.province.names
    scale = linked["output"].values + linked["output"].values.mean()
    table = linked["table"]
    columns = (
        table.sel(use=names).sum(["layer", "sector"]).values
        + linked["imports"].sel(use=names).values
    )
    assert (
        np.abs(columns + linked["value_added"].values - linked["output"].values).max()
        < SOLVED * scale.max()
    )
    assert (
        np.abs(columns + linked["value_added"].values - linked["output"].values) < 1e-8 * scale
    ).all()
    own = table.sel(layer=["self", "intra"]).sum(["layer", "region"]).values
    assert np.abs(own - block.local).max() < SOLVED * scale.max()
    told = result.accounts["value_added"].values
    assert (linked["value_added"].values >= -SOLVED * scale)[told >= 0].all()


def checked(table, priors, method, what, partitions) -> None:
    for seed in range(partitions):
        for result in estimates(table, priors, method, what, seed):
            balanced(result)


@pytest.mark.parametrize(
    ("method", "what", "partitions"),
    [
        ("paper", ANY, 2),
        ("calibrated", ANY, 2),
        ("calibrated", "experiment", 1),
        ("calibrated", "value added", 3),
    ],
)
def test_the_truth_stops_no_estimate(world, method, what, partitions):
    checked(world, outside_priors(world), method, what, partitions)


@pytest.mark.slow
@pytest.mark.parametrize("what", sampled([*TOLD, ANY], 4))
@pytest.mark.parametrize("method", METHODS)
def test_the_truth_of_a_small_table_stops_no_estimate(world, method, what):
    checked(world, outside_priors(world), method, what, PARTITIONS)


def test_what_the_model_made_gives_way_and_says_so(world):
    """It stopped: 'the city's output, value added and demand contradict the province's table',
    where all of these are true.
    """
    result = next(
        r
        for r in estimates(world, outside_priors(world), "calibrated", "value added", 0)
        if "C8" in r.province.codes
    )
    rows = result.diagnostics[result.diagnostics["flag"] == GAVE_WAY]
    assert set(rows["quantity"]) == {"modelled demand"} and set(rows["region"]) == set(
        result.province.codes
    )
    observed = result.used
    gap = observed["estimate"] / observed["observed"] - 1
    assert len(observed) and np.abs(gap).max() < 0.01
    np.testing.assert_allclose(
        result.linked["value_added"], result.accounts["value_added"], rtol=1e-9
    )


@pytest.mark.parametrize("seed", range(3))
def test_what_gives_way_is_the_same_by_factors_and_in_general(world, monkeypatch, seed):
    """Factors alone find most contradictions, and what is kept of modelled demand."""
    given = [
        replace(r.province, solver=r.province.solver.direct)
        for r in estimates(world, outside_priors(world), "calibrated", "value added", seed)
        if (r.diagnostics["quantity"] == "demand in conflict").any()
    ]
    asked, general = [], tables._solve_model
    monkeypatch.setattr(
        tables, "_solve_model", lambda *of, **how: asked.append(of) or general(*of, **how)
    )
    found = [estimate_province(province) for province in given]
    assert len(asked) < len(given)  # each has a contradiction and its resolution
    monkeypatch.setattr(tables, "solve_fixed_point", lambda *_: None)
    for one, province in zip(found, given, strict=True):
        other = estimate_province(province)
        for name in ("table", "trade", "imports", "value_added"):
            expected = other.linked[name].values
            np.testing.assert_allclose(
                one.linked[name].values, expected, rtol=1e-9, atol=1e-12 * expected.max()
            )


@pytest.mark.slow
@pytest.mark.skipif(not TRUTH.is_dir(), reason=f"no known tables in {TRUTH} (TRUTH_DIR)")
@pytest.mark.parametrize(
    "what", sampled(["experiment", "industries", "value added", "everything", ANY], 3)
)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("code", ["lrwiod_2000", "finland_2014"])
def test_the_truth_of_a_known_table_stops_no_estimate(code, method, what):
    checked(*known(code), method, what, PARTITIONS)
