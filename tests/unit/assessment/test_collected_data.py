"""Data that are really collected narrow the intervals by about what was expected of them."""

from __future__ import annotations

import pytest
from collected_data import World, compare

from citymrio.assessment.ensemble.kinds import KINDS
from citymrio.config.models import load_config
from citymrio.dataset.sources.synthetic import build as synthetic

pytestmark = pytest.mark.slow

#: Percentage points between the expected and the realised fall: 40 members tell the widths of 12 cities to about 5%.
TOLERANCE = 15


def test_the_fall_that_is_expected_is_the_one_that_comes(tmp_path):
    config = load_config({"dataset": {"kind": "synthetic", "size": "tiny"}})
    synthetic.build(config.dataset, tmp_path)
    wanted = [kind for kind in KINDS if kind.name in ("final_demand_category", "emissions_total")]
    found = {(row.kind, row.target): row for row in compare(World.of(tmp_path, config), wanted, 40)}
    for place, row in found.items():
        if row.target != "intercity_share":
            assert row.realised_pct == pytest.approx(row.expected_pct, abs=TOLERANCE), place
    demand, emissions = (found[kind.name, target] for kind, target in zip(wanted, ("cba_mt", "pba_mt"), strict=True))
    assert demand.expected_pct > 25 and demand.realised_pct > 15
    assert emissions.expected_pct > 15 and emissions.realised_pct > 10
