"""Symmetric tables from supply and use tables: published numbers, identities, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from citymrio.base.errors import DataError, collect_notices
from citymrio.dataset.supply_use import MODELS, SupplyUse, symmetric, transformation

#: The example of pySUT (Pauliuk, Majeau-Bettez, Mutel, Steubing and Stadler 2015, Journal of
#: Industrial Ecology 19(6); pysut/pySUT_UnitTest.py at commit 0283612): supply (products by
#: industries) and use.
SUPPLY = np.array(
    [[30, 1, 1, 0, 0], [1, 5, 1, 0, 0], [2, 0, 3, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 8]], float
)
USE = np.array(
    [[12, 4, 5, 0, 0], [1, 1, 1, 0, 0], [0, 1, 1, 0, 0], [1, 0, 0, 0, 0], [0, 1, 1, 0, 0]], float
)
#: Its coefficients: commodity technology (models A and C) and industry technology (B and D).
PUBLISHED = {
    "A": [
        [0.287015945, 0.742596811, 1.323462415, 0, 0],
        [0.009111617, 0.198177677, 0.264236902, 0, 0],
        [-0.025056948, 0.20501139, 0.273348519, 0, 0],
        [0.034168565, -0.006833713, -0.009111617, 0, 0],
        [-0.025056948, 0.20501139, 0.273348519, 0, 0],
    ],
    "B": [
        [0.387784091, 0.647186147, 0.645454545, 0.416666667, 0],
        [0.038825758, 0.147186147, 0.112121212, 0.083333333, 0],
        [0.010416667, 0.142857143, 0.1, 0.083333333, 0],
        [0.028409091, 0.004329004, 0.012121212, 0, 0],
        [0.010416667, 0.142857143, 0.1, 0.083333333, 0],
    ],
    "C": [
        [0.403189066, 0.664009112, 0.851936219, 0, 0],
        [0.031476496, 0.125284738, 0.123006834, 0, 0],
        [-0.048871402, 0.25284738, 0.230068337, 0, 0],
        [0.038448264, -0.04214123, -0.038344723, 0, 0],
        [0, 0.166666667, 0.166666667, 0, 0],
    ],
    "D": [
        [0.345238095, 0.71547619, 0.87172619, 0, 0],
        [0.033008658, 0.139880952, 0.145089286, 0, 0],
        [0.030844156, 0.144642857, 0.14985119, 0, 0],
        [0.015151515, 0, 0, 0, 0],
        [0, 0.166666667, 0.166666667, 0, 0],
    ],
}


def tables(supply, use, final=None, products="pqrst", industries="abcde") -> SupplyUse:
    """Supply and use with what closes rows (one category, exports, imports) and columns (two
    items).
    """
    products, industries = [*products[: supply.shape[0]]], [*industries[: supply.shape[1]]]
    left = supply.sum(axis=1) - use.sum(axis=1)
    final = np.abs(left) + 2.0 if final is None else final
    trade = left - final
    added = supply.sum(axis=0) - use.sum(axis=0)
    money = {"units": "10^6 EUR"}
    return SupplyUse(
        supply=xr.DataArray(
            supply,
            {"product": products, "industry": industries},
            ("product", "industry"),
            attrs=money,
        ),
        use=xr.DataArray(
            np.column_stack([use, final]),
            {"product": products, "use": [*industries, "households"]},
            ("product", "use"),
            attrs=money,
        ),
        value_added=xr.DataArray(
            np.stack([0.7 * added, 0.3 * added]),
            {"item": ["wages", "surplus"], "industry": industries},
            ("item", "industry"),
        ),
        accounts={
            "exports": xr.DataArray(np.maximum(trade, 0.0), {"product": products}, ("product",)),
            "imports": xr.DataArray(np.maximum(-trade, 0.0), {"product": products}, ("product",)),
        },
        categories=["households"],
        where="province 1",
    )


@pytest.mark.parametrize("model", MODELS)
def test_coefficients_are_those_published(model):
    supply = xr.DataArray(
        SUPPLY, {"product": [*"pqrst"], "industry": [*"abcde"]}, ("product", "industry")
    )
    t = transformation(supply, model).transpose("industry", "product").values
    flows, output = (
        (USE @ t, SUPPLY.sum(axis=1)) if model in "AB" else (t @ USE, SUPPLY.sum(axis=0))
    )
    np.testing.assert_allclose(flows / output, PUBLISHED[model], atol=6e-10)


#: Two commodities and two industries, after Miller and Blair (2009, section 5.3); coefficients
#: worked by hand.
MAKE, ABSORPTION = np.array([[90.0, 10.0], [0.0, 100.0]]), np.array([[12.0, 8.0], [10.0, 7.0]])


def test_commodity_and_industry_technology_by_hand():
    closed = tables(MAKE, ABSORPTION, np.array([80.0, 83.0]))
    by_product = {
        model: symmetric(closed, model)["total_use"].values[:, :2] / 100 for model in "AB"
    }
    np.testing.assert_allclose(by_product["A"], [[0.1333, 0.0667], [0.1111, 0.0589]], atol=5e-5)
    np.testing.assert_allclose(by_product["B"], [[0.1273, 0.0727], [0.1064, 0.0636]], atol=5e-5)


@pytest.mark.parametrize("model", ["B", "D"])
def test_rows_and_columns_stay_closed_and_totals_are_kept(model):
    rng = np.random.default_rng(3)
    supply = np.diag(rng.uniform(50, 90, 5)) + rng.uniform(0, 4, (5, 5))
    use = rng.uniform(1, 8, (5, 5))
    given = tables(supply, use)
    made = symmetric(given, model)
    rows = made["total_use"].sum("use") + made["exports"] - made["imports"]
    np.testing.assert_allclose(rows, made["output"], rtol=1e-12)
    columns = (
        made["total_use"].sel(use=made["sector"].values).sum("sector").values
        + made["value_added"].sum("item").values
    )
    np.testing.assert_allclose(columns, made["output"], rtol=1e-12)
    for name, before in (
        ("value_added", given.value_added),
        ("exports", given.accounts["exports"]),
        ("output", given.supply),
    ):
        assert float(made[name].sum()) == pytest.approx(float(before.sum()))
    assert float(made["total_use"].sel(use="households").sum()) == pytest.approx(
        float(given.use.sel(use="households").sum())
    )
    assert made["output"].attrs["units"] == "10^6 EUR" and (made["total_use"] >= 0).all()


@pytest.mark.parametrize("model", MODELS)
def test_without_secondary_output_every_model_gives_the_use_table_back(model):
    rng = np.random.default_rng(4)
    given = tables(np.diag(rng.uniform(50, 90, 4)), rng.uniform(1, 8, (4, 4)))
    np.testing.assert_allclose(symmetric(given, model)["total_use"], given.use, rtol=1e-12)


@pytest.mark.parametrize("model", ["B", "D"])
def test_more_products_than_industries(model):
    rng = np.random.default_rng(6)
    given = tables(rng.uniform(5, 20, (5, 3)), rng.uniform(1, 3, (5, 3)))
    made = symmetric(given, model)
    assert made.sizes["sector"] == (5 if model == "B" else 3)
    rows = made["total_use"].sum("use") + made["exports"] - made["imports"]
    np.testing.assert_allclose(rows, made["output"], rtol=1e-12)


@pytest.mark.parametrize(
    ("model", "cell"), [("A", "negative cells, the largest"), ("C", "negative cells, the largest")]
)
def test_negative_cells_are_refused_by_name_and_never_clipped(model, cell):
    with pytest.raises(DataError, match=cell) as error:
        symmetric(tables(SUPPLY, USE), model)
    assert "choose model" in error.value.fix and "province 1" in str(error.value)


def test_tables_that_are_not_square_or_have_no_inverse_are_refused():
    given = tables(np.ones((4, 3)), np.full((4, 3), 0.1))
    for model in "AC":
        with pytest.raises(DataError, match="4 products and 3 industries"):
            symmetric(given, model)
        with pytest.raises(DataError, match="has no inverse"):
            symmetric(tables(np.ones((3, 3)), np.full((3, 3), 0.1)), model)


def test_a_product_that_is_only_bought_elsewhere_belongs_to_the_industry_of_its_code():
    supply = np.diag([50.0, 60.0, 0.0])
    given = tables(
        supply, np.array([[3.0, 2.0, 0.0], [1.0, 4.0, 0.0], [5.0, 6.0, 0.0]]), industries="pqr"
    )
    for model in MODELS:
        made = symmetric(given, model).sel(sector="r")
        assert float(made["output"]) == 0.0 and float(made["imports"]) > 0
        assert float(made["total_use"].sum()) == pytest.approx(float(made["imports"]))
    with collect_notices() as said:
        made = symmetric(tables(supply, np.full((3, 3), 0.5)), "D")
    assert ["r" in notice.value for notice in said] == [True]
    np.testing.assert_allclose(made["output"], [50, 60, 0])  # no output changes
