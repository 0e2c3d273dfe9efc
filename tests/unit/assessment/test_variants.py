"""Alternative estimates side by side: headline numbers and their combination."""

import analysis_world
import numpy as np
import pandas as pd
import pytest

from citymrio.analysis.inequality import gini
from citymrio.analysis.tables import BALANCES
from citymrio.assessment.variants import city_table, combine


def test_gini_is_zero_for_equal_values_and_weights_count_people():
    assert gini(np.array([2.0, 2.0, 2.0]), np.array([1.0, 5.0, 2.0])) == pytest.approx(0, abs=1e-15)
    split = gini(np.array([1.0, 3.0]), np.array([2.0, 1.0]))
    assert split == pytest.approx(gini(np.array([1.0, 1.0, 3.0]), np.ones(3)))


def test_gini_of_everything_in_one_hand_is_one_minus_its_share_of_people():
    assert gini(np.array([0.0, 0.0, 0.0, 8.0]), np.ones(4)) == pytest.approx(0.75)


def test_variants_are_compared_with_the_main_estimate():
    numbers = pd.DataFrame({"quantity": ["a"], "value": [1.0], "unit": ["1"]})
    main = pd.DataFrame(
        {"region": ["r1", "r2", "r3"], "cba_mt": [1.0, 2.0, 4.0], "pba_mt": [1.0, 1.0, 1.0]}
    )
    other = main.assign(cba_mt=[4.0, 2.0, 1.0])
    table, cities = combine({"main": (numbers, main), "other": (numbers, other)})
    rank = table.loc[
        (table["variant"] == "other") & table["quantity"].str.contains("rank"), "value"
    ].item()
    assert rank == pytest.approx(-1)
    assert len(cities) == 6


@pytest.mark.parametrize("setting", [*BALANCES])
def test_a_region_of_a_variant_has_the_balance_and_the_role_of_the_table_of_regions(setting):
    world = analysis_world.make(
        groups=analysis_world.GROUPS.model_copy(update={"net_balance": setting})
    )
    table, regions = city_table(world.footprints, world.regions, setting), world.tables["regions"]
    for column, same in {
        "cba_mt": "cba_mt",
        "pba_mt": "pba_mt",
        "balance_mt": BALANCES[setting],
        "role": "role",
    }.items():
        np.testing.assert_array_equal(table[column], regions[same])
