"""Every quantity that may be observed has an effect: another number changes the result, or a
warning says why not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from thorough import sampled

from citymrio.assessment.audit import audit
from citymrio.base.errors import collect_notices
from citymrio.base.vocabulary import QUANTITIES
from citymrio.chain.estimate import estimate
from citymrio.config.models import load_config
from citymrio.dataset.dataset import DatasetFolder

pytestmark = pytest.mark.slow

#: For quantities that the toy country does not observe: city, category, share of the province's
#: final demand.
DEMAND = ("S2", "households", 0.25)


@pytest.fixture(scope="module")
def toy(toys):
    """The toy country with an observation of every quantity."""
    data = DatasetFolder.read(toys["contract"])
    known = data.observations["SO"]
    total = float(data.provinces["SO"]["total_use"].sel(use=DEMAND[1]).sum())
    row = known.iloc[0].to_dict() | {
        "region": DEMAND[0],
        "quantity": "final_demand",
        "sectors": "",
        "category": DEMAND[1],
        "value": DEMAND[2] * total,
    }
    known = pd.concat([known, pd.DataFrame([row])], ignore_index=True)
    return replace(data, observations=data.observations | {"SO": known})


def changed(data, chosen, factor):
    """The dataset with the chosen observations (a test on the table) times a factor."""
    tables = {
        p: t.assign(value=t["value"].where(~chosen(t), t["value"] * factor))
        for p, t in data.observations.items()
    }
    return replace(data, observations=tables)


def outcome(data):
    with collect_notices() as notices:
        result = estimate(data, load_config({}))
    report = audit(result.nested, result.mrio, result.system, result.accounts, result.footprints)
    assert report["passed"].all(), report[~report["passed"]]
    parts = [
        result.footprints["cba"],
        result.footprints["pba"],
        *(result.nested.dataset[n] for n in ("output", "value_added")),
    ]
    return np.concatenate([part.values.ravel() for part in parts]), notices, result


@pytest.fixture(scope="module")
def before(toy):
    return outcome(toy)


def moved(values, other):
    return float((np.abs(values - other) / np.maximum(np.abs(other), 1.0)).max())


def test_the_toy_country_as_it_is_gives_no_warning(before):
    assert before[1] == []


@pytest.mark.parametrize("factor", sampled([1.2, 0.8], 2))
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_datum_that_is_another_number_changes_the_result_or_is_said(
    toy, before, quantity, factor
):
    rows = [
        (p, k)
        for p, table in toy.observations.items()
        for k in table.index[table["quantity"] == quantity]
    ]
    assert rows, f"nothing of {quantity} is observed"
    for province, row in rows:
        one = toy.observations[province].loc[[row]].index

        def chosen(table, one=one, province=province):
            return table.index.isin(one) & table["region"].isin(
                toy.observations[province]["region"]
            )

        values, notices, _ = outcome(changed(toy, chosen, factor))
        assert moved(values, before[0]) > 1e-3 or notices, toy.observations[province].loc[row]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_all_data_of_a_quantity_at_another_level_change_the_result_or_are_said(
    toy, before, quantity
):
    values, notices, _ = outcome(changed(toy, lambda table: table["quantity"] == quantity, 1.2))
    assert moved(values, before[0]) > 1e-3 or notices


def test_twice_the_final_demand_of_a_city_raises_its_footprint(toy, before):
    """By 1.6 at least: the datum has ten times the weight of the estimate without it, the rest of
    the province gives way.
    """
    city, category, _ = DEMAND
    _, notices, result = outcome(
        changed(toy, lambda table: table["quantity"] == "final_demand", 2.0)
    )

    def part(name, of):
        return float(of.footprints[name].sel(region=city, category=category))

    assert part("final_demand_total", result) / part("final_demand_total", before[2]) > 1.6
    assert part("cba", result) / part("cba", before[2]) > 1.5
    demand = [float(r.accounts["SO"]["demand"].sel(region=city).sum()) for r in (result, before[2])]
    assert demand[0] > 1.1 * demand[1]
    kept = [float(r.mrio["table"].sum()) for r in (result, before[2])]
    assert kept[0] == pytest.approx(kept[1], rel=1e-12) and not notices
