"""The accuracy table: zero error for the truth itself, known errors for a known change, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from given_world import given
from nested_worlds import make_world

from citymrio.assessment.measures import wape
from citymrio.assessment.truth import accuracy, true_footprints
from citymrio.base.errors import DataError
from citymrio.base.labels import read_dataset, read_table
from citymrio.config.models import Dataset
from citymrio.dataset.sources.synthetic import build as synthetic
from citymrio.nested import NestedMRIO


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    synthetic.build(Dataset(size="tiny"), folder)
    truth = NestedMRIO.from_dataset(read_dataset(folder / "truth/truth.nc"))
    emissions = read_table(folder / "truth/emissions.csv")
    return truth, emissions, read_table(folder / "regions.csv"), read_table(folder / "sectors.csv")


def value(table: pd.DataFrame, quantity: str, group: str) -> float:
    row = table[(table["quantity"] == quantity) & (table["group"] == group)]
    assert len(row) == 1, (quantity, group)
    return float(row["value"].iloc[0])


@pytest.fixture(scope="module")
def perfect(world):
    truth, emissions, regions, sectors = world
    result = true_footprints(truth, emissions)
    return accuracy(truth, result, truth, result, regions, sectors)


def test_wape_of_zeros_is_one():
    assert wape(np.zeros(3), np.array([1.0, -2.0, 3.0])) == 1.0


def test_wape_without_truth_is_not_a_number():
    assert np.isnan(wape(np.ones(2), np.zeros(2)))


def test_truth_against_itself_has_no_error_anywhere(perfect):
    exact = perfect["quantity"].str.contains(r"wape|median|p90|bias") & ~perfect[
        "quantity"
    ].str.contains("naive")
    assert exact.sum() > 50
    assert perfect.loc[exact, "value"].abs().max() == 0


def test_every_row_of_the_table_is_one_quantity_and_group(perfect):
    assert not perfect.duplicated(["quantity", "group"]).any()


def test_shares_of_embodied_carbon_by_scope_add_up_to_one(perfect):
    scopes = ("same_city", "same_province", "other_province")
    assert sum(
        value(perfect, "embodied carbon share true", scope) for scope in scopes
    ) == pytest.approx(1, abs=1e-12)


def test_home_share_agrees_with_the_table_itself(world, perfect):
    truth = world[0]
    dense = truth.to_dense()
    flows = dense["Z"].sum("use_sector").values + dense["Y"].sum("category").values
    assert value(perfect, "home share true", "all") == pytest.approx(
        np.einsum("rir->", flows) / flows.sum(), rel=1e-12
    )


def test_emissions_of_sectors_without_output_are_orphans_and_counted_in_pba(world):
    truth, emissions, *_ = world
    result = true_footprints(truth, emissions)
    assert float(result["orphan"].sum()) > 0
    assert float(result["pba"].sum()) == pytest.approx(emissions["emissions"].sum(), rel=1e-12)


def shifted(truth: NestedMRIO, share: float) -> NestedMRIO:
    """The truth with `share` of every region's own use of domestic final products bought inside its
    province instead.

    Deliveries change, so exports are changed to keep outputs.
    """
    data = truth.to_dataset()
    category = truth.categories[0]
    cities = np.isin(data["region_province"].values, ["P02", "P03", "P04"])
    moved = data["use_self"].sel(use=category).values * share * cities[:, None]
    moved = np.where(data["use_intra"].sel(use=category).values > 0, moved, 0.0)
    column = list(data["use"].values).index(category)
    before = truth.deliveries().values
    data["use_self"].values[:, :, column] -= moved
    data["use_intra"].values[:, :, column] += moved
    tau = data["intra_share"].values
    place = {code: k for k, code in enumerate(truth.regions)}
    origin = [place[code] for code in data["pair_origin"].values]
    destination = [place[code] for code in data["pair_destination"].values]
    change = -moved
    np.add.at(change, origin, tau * moved[destination])
    data["exports"].values[...] -= change
    result = NestedMRIO.from_dataset(data)
    assert not np.allclose(result.deliveries().values, before)
    return result


def test_a_shift_from_home_to_the_province_shows_as_negative_home_bias(world):
    truth, emissions, regions, sectors = world
    other = shifted(truth, 0.2)
    found = accuracy(
        truth,
        true_footprints(truth, emissions),
        other,
        true_footprints(other, emissions),
        regions,
        sectors,
    )
    assert value(found, "home share bias", "all") < -0.005
    assert value(found, "inter-city flows wape", "all, same_province") > 0.05
    assert value(found, "inter-city flows wape", "all, other_province") == 0
    assert value(found, "final demand wape", "other_province") == 0
    assert value(found, "Z wape", "all") == 0


@pytest.mark.parametrize(
    "form",
    [lambda nested: nested, lambda nested: NestedMRIO.from_dataset(given(nested))],
    ids=["factored", "given"],
)
def test_errors_of_cells_and_of_flows_are_those_of_the_dense_tables(form):
    worlds = [make_world(seed=seed, cities=(9, 1, 12, 6, 1, 8), sectors=6) for seed in (5, 6)]
    tables = [form(world.nested) for world in worlds]
    codes, sectors = tables[0].regions, tables[0].sectors
    regions = pd.DataFrame({"region": codes, "kind": "city"})
    kinds = pd.DataFrame({"sector": sectors, "kind": ["goods", "services"] * 3})
    emissions = [
        pd.DataFrame(
            {
                "region": np.repeat(codes, 6),
                "sector": np.tile(sectors, codes.size),
                "emissions": w.emissions.values.ravel(),
            }
        )
        for w in worlds
    ]
    prints = [true_footprints(*pair) for pair in zip(tables, emissions, strict=True)]
    found = accuracy(tables[0], prints[0], tables[1], prints[1], regions, kinds)
    dense = [table.to_dense() for table in tables]
    z, y = ([d[name].values for d in dense] for name in "ZY")
    province = tables[0].provinces[tables[0].province_of]
    same, inside = np.eye(codes.size, dtype=bool), province[:, None] == province[None]
    flows = [a.sum(axis=3) + b.sum(axis=3) for a, b in zip(z, y, strict=True)]
    for scope, mask in {
        "same_city": same,
        "same_province": inside & ~same,
        "other_province": ~inside,
    }.items():
        for name, (true, other) in (("Z", z), ("final demand", y)):
            gap, size = (np.abs(part).sum(axis=(1, 3))[mask].sum() for part in (other - true, true))
            assert value(found, f"{name} wape", scope) == pytest.approx(
                gap / size if size else np.nan, rel=1e-12, nan_ok=True
            )
        if scope != "same_city":
            goods = [flow[:, ::2].transpose(0, 2, 1)[mask] for flow in flows]
            expected = wape(goods[1], goods[0])
            got = value(found, "inter-city flows wape", f"goods, {scope}")
            assert got == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_more_emissions_everywhere_show_as_bias_of_both_accounts(world):
    truth, emissions, regions, sectors = world
    more = emissions.assign(emissions=emissions["emissions"] * 1.1)
    found = accuracy(
        truth,
        true_footprints(truth, emissions),
        truth,
        true_footprints(truth, more),
        regions,
        sectors,
    )
    for account in ("CBA", "PBA"):
        assert value(found, f"{account} bias", "cities") == pytest.approx(0.1, rel=1e-9)
        assert value(found, f"{account} median", "cities") == pytest.approx(0.1, rel=1e-9)
        assert value(found, f"{account} rank correlation", "cities") == pytest.approx(1)


def test_a_missing_row_of_true_emissions_is_named(world):
    truth, emissions, *_ = world
    with pytest.raises(DataError, match="no emissions for region P0101, sector 01"):
        true_footprints(truth, emissions.iloc[1:])
