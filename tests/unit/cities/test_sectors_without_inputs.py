"""Sectors that buy nothing (households as employers): value added is output, in a province and in
its cities.
"""

import numpy as np
import pandas as pd
import pytest
from province_worlds import (
    SECTORS,
    country,
    final_demand,
    observations,
    province_of,
    regions,
    sectors,
)

from citymrio.cities.chain import estimate_province
from citymrio.config.models import Provinces, Solver
from citymrio.provinces.balance import balance
from citymrio.provinces.mrio import province_mrio
from citymrio.provinces.trade import province_trade

CITIES = {"11": 1, "12": 2, "14": 4}
BARE = "05"


def without_inputs(table):
    """The same table with a sector whose inputs are bought by households instead."""
    table = table.copy(deep=True)
    moved = table["total_use"].sel(use=BARE).values.copy()
    table["total_use"].loc[{"use": "households"}] += moved
    table["total_use"].loc[{"use": BARE}] = 0.0
    table["value_added"].loc[{"sector": BARE}] = table["output"].sel(sector=BARE).values
    return table


@pytest.fixture(scope="module", params=["national", "none"])
def world(request):
    raw, national = country(CITIES)
    raw, national = {p: without_inputs(table) for p, table in raw.items()}, without_inputs(national)
    table, config = regions(CITIES), Provinces(calibrate=request.param, err_tol=1)
    system, _ = balance(raw, national, table, final_demand(), config, Solver())
    trade, _ = province_trade(system, table, config, Solver())
    return {
        "mrio": province_mrio(system, trade),
        "dataset": {"regions": table, "sectors": sectors(), "final_demand": final_demand()},
        "observations": observations(table),
    }


def test_value_added_of_the_provinces_is_output(world):
    mrio = world["mrio"].sel(sector=BARE)
    np.testing.assert_allclose(mrio["value_added"], mrio["output"], rtol=1e-12)
    assert (world["mrio"]["table"].sel(use=BARE) == 0).all()


@pytest.mark.parametrize(
    "options",
    [{}, {"split": "joint"}, {"import_mode": "by_product"}, {"demand": "proxy"}, {"va_delta": 0.3}],
    ids=str,
)
@pytest.mark.parametrize("province", sorted(CITIES))
def test_value_added_of_the_cities_is_output_and_their_tables_balance(world, province, options):
    known = world["observations"][province]
    result = estimate_province(province_of(world, province, known, **options))
    linked, accounts = result.linked, result.accounts
    bare = linked.sel(sector=BARE)
    np.testing.assert_allclose(bare["value_added"], bare["output"], rtol=1e-12)
    assert float(linked["table"].sel(use=BARE).sum()) == 0.0 and (bare["output"] > 0).all()
    inputs = linked["table"].sum(["layer", "sector"]).sel(use=SECTORS) + linked["imports"].sel(
        use=SECTORS
    )
    total = inputs.rename(use="sector") + linked["value_added"]
    np.testing.assert_allclose(total.transpose("region", "sector"), linked["output"], rtol=1e-8)
    local = linked["table"].sel(layer=["self", "intra"]).sum(["layer", "region"])
    np.testing.assert_allclose(
        local, world["mrio"]["table"].sel(origin=province, destination=province), rtol=1e-8
    )
    np.testing.assert_allclose(
        accounts["value_added"].sum("region"),
        world["mrio"]["value_added"].sel(province=province),
        rtol=1e-9,
    )


def test_observed_value_added_of_an_industry_moves_the_sectors_that_buy(world):
    known = world["observations"]["14"].copy()
    tertiary = (known["region"] == "1401") & (known["sectors"] == "04;05")
    base = estimate_province(province_of(world, "14", known)).linked
    own = float(base["value_added"].sel(region="1401", sector="04"))
    row = known[tertiary].assign(sectors="04", value=0.8 * own)
    known = pd.concat([known, row], ignore_index=True)
    linked = estimate_province(province_of(world, "14", known, rho_gdp=1e3)).linked
    assert float(linked["value_added"].sel(region="1401", sector="04")) < 0.95 * own
    np.testing.assert_allclose(
        linked["value_added"].sel(sector=BARE), linked["output"].sel(sector=BARE), rtol=1e-12
    )


def test_observed_value_added_of_a_sector_without_inputs_is_its_output(world):
    known = world["observations"]["14"]
    base = estimate_province(province_of(world, "14", known)).linked["output"].sel(sector=BARE)
    row = known.iloc[[0]].assign(
        sectors=BARE, value=0.5 * float(base.sel(region="1401")), reliability=0.9
    )
    result = estimate_province(
        province_of(world, "14", pd.concat([known, row], ignore_index=True))
    ).linked
    output = result["output"].sel(sector=BARE)
    assert float(output.sel(region="1401")) < 0.7 * float(base.sel(region="1401"))
    np.testing.assert_allclose(result["value_added"].sel(sector=BARE), output, rtol=1e-12)
