"""Taxes on products as a row of value added: in GDP, in no structure of industries."""

from __future__ import annotations

import numpy as np
import pytest
import toy_run
from small_countries import audit_of, failed

from citymrio.analysis.structures import value_added_shares
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder

TAXES = {"AGR": 0.0, "ENE": 0.3, "MAN": 0.05, "SER": 0.1}


def with_taxes(tables: toy_run.Tables) -> None:
    """A row `product_taxes` that takes a share of wages in every table, named in the table
    `dataset`.
    """
    for name in [name for name in tables if name.startswith("provinces/") or name == "national"]:
        rows = tables[name]
        wages = next(row for row in rows if row[0] == "wages")
        taken = [
            round(TAXES[code] * value) for code, value in zip(rows[0][1:5], wages[1:5], strict=True)
        ]
        wages[1:5] = [value - tax for value, tax in zip(wages[1:5], taken, strict=True)]
        rows.append(["product_taxes", *taken])
    if "national" in tables:  # whole numbers add up
        rows = tables["national"]
        for row in rows[5:]:
            row[1:5] = [
                sum(int(part) for part in parts)
                for parts in zip(*(_items(tables, row[0])), strict=True)
            ]
    tables["dataset"].append(["product_taxes", "product_taxes"])


def _items(tables, item):
    return [
        next(row for row in tables[f"provinces/{p}"] if row[0] == item)[1:5] for p in ("NO", "SO")
    ]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return [
        toy_run.run(tmp_path_factory.mktemp(name), change)
        for name, change in (("plain", _plain), ("taxed", with_taxes))
    ]


def _plain(tables: toy_run.Tables) -> None:
    """The toy country as it is."""


@pytest.mark.slow
def test_gdp_and_every_balance_are_as_without_the_row(runs):
    plain, taxed = runs
    assert not failed(audit_of(taxed.estimate, taxed.config))
    for name in ("cba", "pba", "value_added", "output"):
        one, two = (run.estimate.footprints[name].values for run in runs)
        np.testing.assert_allclose(two, one, rtol=1e-9, atol=1e-6 * np.abs(one).max())
    assert "product_taxes" not in plain.estimate.mrio and "product_taxes" in taxed.estimate.mrio


@pytest.mark.slow
def test_structures_are_shares_of_value_added_at_basic_prices(runs):
    plain, taxed = runs
    mrio, made = taxed.estimate.mrio, taxed.estimate.footprints["value_added"]
    sectors, regions = taxed.tables["sectors"], taxed.tables["regions"].set_index("region")
    share = (mrio["product_taxes"] / mrio["value_added"]).to_pandas()
    assert share["ENE"].min() > 0.05 and share["AGR"].abs().max() == 0.0
    columns = [f"va_share_{group}" for group in dict.fromkeys(sectors["group_a"])]
    for region in regions.index:
        basic = made.sel(region=region).to_series() * (
            1 - share.loc[regions.at[region, "province"]]
        )
        expected = basic.groupby(sectors.set_index("sector")["group_a"]).sum() / basic.sum()
        for column in columns:
            assert regions.at[region, column] == pytest.approx(
                expected[column.removeprefix("va_share_")], rel=1e-9
            )
    before = value_added_shares(made, sectors, "a")
    energy = "energy" if "energy" in before else before.columns[1]
    assert (regions[f"va_share_{energy}"] < before[energy] - 1e-4).any()


def test_a_row_that_is_not_there_is_refused(tmp_path):
    folder = toy_run.write_folder(
        tmp_path, lambda tables: tables["dataset"].append(["product_taxes", "VAT"])
    )
    found = [str(fault) for fault in faults_of(read_folder(folder))]
    assert found and all(
        "key 'product_taxes' names 'VAT'; expected an item of value added" in fault
        for fault in found
    )
