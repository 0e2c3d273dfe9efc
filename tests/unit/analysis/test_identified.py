"""What data identify: statuses from sums, ranks measured on an estimate, warnings where numbers are
the province's.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from citymrio.analysis.identified import Quantity, identification_table, warn_of_identification
from citymrio.analysis.status import (
    Evidence,
    incidence,
    intensity_status,
    is_determined,
    region_statuses,
)
from citymrio.base.errors import collect_notices

CODES = ["01", "02", "03"]
SECTORS = pd.DataFrame(
    {
        "sector": CODES,
        "industry": ["primary", "secondary", "secondary"],
        "group_a": ["farms", "energy", "heavy"],
    }
)
DEMAND = pd.DataFrame(
    {"category": ["h", "c", "s"], "role": ["household", "capital", "stock_changes"]}
)
REGIONS = pd.DataFrame({"region": ["a1", "a2", "a3", "b1"], "province": ["a", "a", "a", "b"]})
ROWS = [
    ("a1", "value_added", "01", "", "observed"),
    ("a1", "value_added", "02;03", "", "observed"),
    ("a2", "value_added", "", "", "observed"),
    ("a2", "value_added", "01", "", "imputed"),
    ("a2", "value_added", "02", "", "imputed"),
    ("a2", "output", "02", "", "observed"),
    ("a2", "emissions", "p", "", "observed"),
    ("a2", "final_demand", "", "h", "observed"),
    ("a2", "final_demand", "", "c", "imputed"),
    ("a3", "final_demand", "02", "h", "observed"),
]


def evidence(rows=ROWS, split=("modelled", "modelled", "modelled", "observed")):
    used = pd.DataFrame(
        rows, columns=["region", "quantity", "sectors", "category", "status"]
    ).assign(use="used")
    inventory = xr.Dataset(
        {"sector_status": (("region", "inventory_sector"), [[one, one] for one in split])},
        {"region": REGIONS["region"], "inventory_sector": ["p", "q"]},
    )
    return Evidence.of(used, REGIONS, inventory)


def test_a_sum_follows_from_others_and_a_part_of_a_sum_does_not():
    data = incidence(["", "01"], CODES)
    assert data.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert is_determined(data, incidence(["02;03"], CODES))
    assert not is_determined(data, incidence(["02"], CODES))
    assert not is_determined(np.zeros((0, 3)), data)


def test_statuses_say_what_data_give_what_was_filled_in_and_what_the_model_makes():
    found = region_statuses(evidence(), REGIONS, SECTORS, DEMAND, "a")
    assert found.loc["a1"].tolist() == ["observed", "modelled", "modelled", "modelled"]
    assert found.loc["a2"].tolist() == ["imputed", "imputed", "modelled", "imputed"]
    assert found.loc["a3"].tolist() == ["modelled"] * 4
    assert found.loc["b1"].tolist() == ["observed"] * 4  # alone in its province: its table


def test_final_demand_told_by_product_is_observed_where_its_products_make_up_the_category():
    told = [("a1", "final_demand", code, "h", "observed") for code in CODES]
    told += [("a1", "final_demand", code, "c", "observed") for code in ("01;02", "03")]
    told += [("a2", *row[1:]) for row in told[:-1]]  # one product of c is not told
    found = region_statuses(evidence(told), REGIONS, SECTORS, DEMAND, "a")["demand_status"]
    assert found[:2].tolist() == ["observed", "modelled"]
    told[0] = (*told[0][:4], "imputed")
    found = region_statuses(evidence(told), REGIONS, SECTORS, DEMAND, "a")["demand_status"]
    assert found["a1"] == "imputed"


def test_data_on_what_a_city_does_not_have_are_no_more_data_than_there_are_numbers():
    values = pd.DataFrame(
        [[3.0, 0.0, 2.0, 1.0, 0.0, 4.0]] * 4,
        index=REGIONS["region"],
        columns=[f"{category}|{code}" for category in "hc" for code in CODES],
    )
    groups = pd.Series([*"hhhccc"], index=values.columns)
    told = [
        ("a1", "final_demand", code, category, "observed") for category in "hc" for code in CODES
    ]
    told.append(("a1", "final_demand", "", "", "observed"))  # the sum of the others
    quantity = Quantity(
        "final demand", values, groups, ("final_demand",), CODES, values, ["h", "c"]
    )
    (row,) = identification_table([quantity], evidence(told), REGIONS).itertuples()
    assert row.numbers == 4.0 and row.data_observed == pytest.approx(4 / 3)


def test_a_given_table_has_nothing_that_is_modelled():
    found = region_statuses(
        replace(evidence(), alone=frozenset(REGIONS["region"])), REGIONS, SECTORS, DEMAND, "a"
    )
    assert found.eq("observed").all(axis=None)


def test_an_intensity_is_as_well_known_as_the_worse_of_emissions_and_output():
    keys = pd.DataFrame({"region": ["a1", "a2", "a3", "b1"], "key_sector": "power"})
    rows = pd.DataFrame({"inventory_sector": ["p", "q"], "key": ["power", ""]})
    bridge = pd.DataFrame({"inventory_sector": ["p", "q"], "sector": ["02", "01"]})
    found = intensity_status(evidence(), keys, bridge, rows, SECTORS)
    assert found.tolist() == ["modelled", "observed", "modelled", "observed"]
    spread = intensity_status(evidence(split=["modelled"] * 4), keys, bridge, rows, SECTORS)
    assert spread[3] == "modelled"  # alone in its province, which has no inventory
    total = [
        row if row[1] != "emissions" else ("a2", "emissions", "", "", "observed") for row in ROWS
    ]
    assert intensity_status(evidence(total), keys, bridge, rows, SECTORS)[1] == "modelled"
    assert (
        intensity_status(
            evidence(total, ("modelled", "observed", "modelled", "observed")),
            keys,
            bridge,
            rows,
            SECTORS,
        )[1]
        == "observed"
    )


def made(mix):
    """Three cities of a province and one alone; two industries of two sectors, whose mix is `mix`
    (city, sector).
    """
    sizes = np.array([[1.0, 2.0], [3.0, 1.0], [2.0, 5.0], [4.0, 4.0]])
    return pd.DataFrame(
        np.repeat(sizes, 2, axis=1) * mix, index=REGIONS["region"], columns=["01", "02", "03", "04"]
    )


INDUSTRY = pd.Series({"01": "x", "02": "x", "03": "y", "04": "y"})


def counted(values, groups=INDUSTRY, rows=ROWS):
    quantity = Quantity(
        "output by sector", values, groups, ("output", "value_added"), [*values.columns], values
    )
    (row,) = identification_table([quantity], evidence(rows), REGIONS).itertuples()
    return row


def test_the_same_mix_in_all_cities_has_the_rank_of_the_industries_and_is_said():
    row = counted(made(np.array([0.3, 0.7, 0.6, 0.4])))
    assert (row.numbers, row.rank, row.rank_limit, row.cities, row.provinces) == (
        4.0,
        2.0,
        3.0,
        3,
        1,
    )
    assert row.spread < 1e-15 and row.degenerate
    assert row.data_observed == pytest.approx(
        (2 + 2 + 0) / 3
    ) and row.data_imputed == pytest.approx(1 / 3)
    with collect_notices() as notices:
        warn_of_identification(
            pd.DataFrame([row])[
                ["quantity", "numbers", "rank", "spread", "correlation", "degenerate"]
            ]
        )
    assert (
        len(notices) == 1
        and "output by sector (4 numbers, rank 2)" in notices[0].value
        and "Fix: " in notices[0].effect
    )


def test_a_mix_that_was_observed_shows_as_rank_and_spread():
    mix = np.array(
        [[0.3, 0.7, 0.6, 0.4], [0.5, 0.5, 0.6, 0.4], [0.3, 0.7, 0.6, 0.4], [0.3, 0.7, 0.6, 0.4]]
    )
    row = counted(made(mix))
    assert row.rank == 3.0 and not row.degenerate
    assert row.spread == pytest.approx(np.std([0.3, 0.5, 0.3]) / 2)


@pytest.mark.parametrize(("own", "degenerate"), [(1.0, True), (3.0, False)])
def test_intensities_that_one_factor_moves_are_one_number(own, degenerate):
    level = np.array([[1.0], [2.0], [4.0], [1.0]])
    values = pd.DataFrame(
        level * [5.0, 1.0], index=REGIONS["region"], columns=["electricity", "coal"]
    )
    values.iloc[1, 0] *= own
    quantity = Quantity(
        "intensities of key sectors", values, None, ("emissions",), ["p", "q"], values
    )
    table = identification_table([quantity], evidence(), REGIONS)
    assert table["rank"].tolist() == [1.0 if degenerate else 2.0] and table[
        "degenerate"
    ].tolist() == [degenerate]
    assert bool(table.at[0, "correlation"] == pytest.approx(1.0)) == degenerate
    with collect_notices() as notices:
        warn_of_identification(table)
    assert ["move as one" in notice.what for notice in notices] == [True] * degenerate
