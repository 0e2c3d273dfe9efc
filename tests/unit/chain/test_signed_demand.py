"""Final demand below 0 (sales of used goods, scrap) from the tables to footprints: kept, never
clipped.
"""

from __future__ import annotations

import pytest
import toy_run

from citymrio.assessment.audit import audit

PARTS = ("use_self", "use_intra", "use_rest")


def sold(tables: toy_run.Tables) -> None:
    """Capital sells used products of the farms for 14,000 in sum, households buy them."""
    for name in ("provinces/NO", "national"):
        head, row = tables[name][:2]
        for category, change in (("capital", -24_000), ("households", 24_000)):
            row[head.index(category)] += change
    assert tables["provinces/NO"][1][7] == -14_000


def of_farms(made: toy_run.ToyRun):
    """What the cities of the north use of the farms' product, in all, by column."""
    data, regions = made.estimate.nested.dataset, made.tables["regions"]
    north = regions.loc[regions["province"] == "NO", "region"].tolist()
    return sum(data[name].sel(region=north, sector="AGR").sum("region") for name in PARTS)


@pytest.mark.slow
def test_cells_below_zero_reach_the_nested_table_with_their_sign(tmp_path):
    plain, signed = (
        toy_run.run(tmp_path / change.__name__, change) for change in (lambda tables: None, sold)
    )
    before, after = of_farms(plain), of_farms(signed)
    assert float(after.sel(use="capital")) == pytest.approx(-14_000, rel=1e-9)
    # imports of stock changes are those of 5,000 less 14,000: below 0
    stocks = float(after.sel(use="stock_changes"))
    assert 5000 <= stocks < 9500 and 0 < float(before.sel(use="stock_changes")) <= 5000
    assert float(after.sum()) == pytest.approx(float(before.sum()), rel=1e-6)
    e = signed.estimate
    table = audit(e.nested, e.mrio, e.system, e.accounts, e.footprints)
    assert table["passed"].all() and {"I3", "I13"} < {*table["invariant"]}
    caused, emitted = (signed.tables["regions"][name].sum() for name in ("cba_mt", "pba_mt"))
    assert 0 < caused < emitted
