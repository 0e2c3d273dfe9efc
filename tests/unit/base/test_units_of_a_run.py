"""The toy country told in other units of money and another currency: the same emissions, and money
in its own unit.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest
import toy_run
from matplotlib.text import Text

from citymrio.base.money import scale_of

#: Columns of tables in the unit of money, and those per unit of it.
MONEY = {
    "regions": [
        "gdp",
        "demand_household",
        "demand_government",
        "demand_capital",
        "demand_stock_changes",
    ],
    "quintiles": ["gdp"],
}
PER_MONEY = {"intensities": ["intensity", "national", "global"]}


def told_in(unit: str):
    """Change the tables of the toy country to the same amounts in another unit; benchmarks stay per
    10^4, as their unit says.
    """
    factor = 1e4 / scale_of(unit)
    currency = unit.split()[-1]

    def scaled(row: list, first: int) -> list:
        return [
            cell if k < first or cell == "" else float(cell) * factor for k, cell in enumerate(row)
        ]

    def change(tables: toy_run.Tables) -> None:
        tables["dataset"] = [
            [key, {"unit": unit, "currency": currency}.get(key, value)]
            for key, value in tables["dataset"]
        ]
        for name in [
            name for name in tables if name.startswith("provinces/") or name == "national"
        ]:
            tables[name] = [tables[name][0], *(scaled(row, 1) for row in tables[name][1:])]
        head = tables["regions"][0]
        for row in tables["regions"][1:]:
            row[head.index("gdp")] *= factor
        head = tables["observations"][0]
        for row in tables["observations"][1:]:
            if row[head.index("quantity")] != "emissions":
                row[head.index("value")] *= factor
                row[head.index("unit")] = unit
        tables["benchmarks"] = [
            [str(c).replace("XTS", currency) if k == 2 else c for k, c in enumerate(row)]
            for row in tables["benchmarks"]
        ]

    return change


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return toy_run.run(tmp_path_factory.mktemp("plain"))


@pytest.fixture(
    scope="module",
    params=[
        "million EUR",
        *(pytest.param(unit, marks=pytest.mark.slow) for unit in ("EUR", "10^9 USD")),
    ],
)
def told(request, tmp_path_factory):
    if "USD" not in request.param:
        return request.param, toy_run.run(tmp_path_factory.mktemp("told"), told_in(request.param))
    with (
        pytest.MonkeyPatch.context() as patch
    ):  # one dollar is a dollar: the toy country's rate is 2
        tables = toy_run.toy.example_tables()
        tables["dataset"] = [
            [key, 1 if key == "usd_rate" else value] for key, value in tables["dataset"]
        ]
        patch.setattr(toy_run.toy, "example_tables", lambda: copy.deepcopy(tables))
        return request.param, toy_run.run(tmp_path_factory.mktemp("told"), told_in(request.param))


@pytest.mark.slow
def test_emissions_are_the_same_and_money_is_scaled(plain, told):
    unit, other = told
    factor = 1e4 / scale_of(unit)
    for name in ("pba", "cba", "flows", "exports", "error"):
        one, two = (run.estimate.footprints[name].values for run in (plain, other))
        np.testing.assert_allclose(two, one, rtol=1e-9, atol=1e-9 * np.abs(one).max())
    for name in ("output", "value_added", "final_demand", "va_flows"):
        one, two = (run.estimate.footprints[name].values for run in (plain, other))
        np.testing.assert_allclose(
            two, one * factor, rtol=1e-9, atol=1e-9 * np.abs(one).max() * factor
        )
        assert scale_of(other.estimate.footprints[name].attrs["units"]) == scale_of(unit)


def test_tables_and_figures_follow(plain, told):
    unit, other = told
    factor, dollars = 1e4 / scale_of(unit), 2.0 if "USD" in unit else 1.0
    for name in (
        "regions",
        "quintiles",
        "va_per_emission",
        "va_dependence",
        "intercity",
        "intensities",
        "scenarios",
        "quota",
    ):
        one, two = plain.tables[name], other.tables[name]
        assert list(one) == list(two)
        for column in one.select_dtypes("number"):
            by = (
                factor
                if column in MONEY.get(name, [])
                else 1 / factor
                if column in PER_MONEY.get(name, [])
                else 1.0
            )
            by *= dollars if column.endswith(("_usd", "_usd_mean")) else 1.0
            values = one[column].to_numpy(float) * by
            scale = (
                1e-9 * np.nanmax(np.abs(values))
                if len(values) and not np.isnan(values).all()
                else 0.0
            )
            np.testing.assert_allclose(
                two[column].to_numpy(float),
                values,
                rtol=1e-8,
                atol=scale,
                err_msg=f"{name}.{column}",
            )
    texts = " ".join(text.get_text() for text in other.figure("figS4").findobj(Text))
    assert {"million EUR": "per 10⁶ EUR", "EUR": "per EUR", "10^9 USD": "per 10⁹ USD"}[
        unit
    ] in texts
