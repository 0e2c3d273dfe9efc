"""Use by source where tables print it: kept cell by cell, brought to balanced margins, carried to
the audit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import toy
import toy_blocks
import toy_run
import xarray as xr
from small_countries import audited, failed, tiny

from citymrio.base.errors import collect_notices
from citymrio.base.vocabulary import SOURCES
from citymrio.config.models import Solver, load_config
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources import user
from citymrio.provinces.balance import PrintedSources, balance

NONE = {"calibrate": "none"}
BLOCKS = ["imports_use", "inflow_use"]


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """The toy country with use by source in both provinces."""
    folder = tmp_path_factory.mktemp("blocks")
    raw = toy_run.write_folder(folder / "raw", toy_blocks.add_blocks)
    user.write_contract(read_folder(raw), folder / "dataset")
    return DatasetFolder.read(folder / "dataset")


def changed(country, change):
    """The country with its provincial tables changed by `change(code, table)`."""
    return replace(
        country,
        provinces={
            code: change(code, table.copy(deep=True)) for code, table in country.provinces.items()
        },
    )


def layers(result, province: str) -> dict[str, np.ndarray]:
    """Imports, inflow and home use of a province in the provincial MRIO, (product, use)."""
    mrio = result.mrio
    table = mrio["table"].sel(destination=province)
    inside = table.sel(origin=province).transpose("sector", "use").values
    abroad = mrio["import_table"].sel(province=province).transpose("sector", "use").values
    return {
        "imports_use": abroad,
        "inflow_use": table.sum("origin").transpose("sector", "use").values - inside,
        "home": inside,
    }


def margins_close(result) -> None:
    """Cells add up to total use, margins to the accounts."""
    system = result.system
    for p in system["province"].values:
        found, own = layers(result, p), system.sel(province=p)
        use = own["total_use"].transpose("sector", "use").values
        np.testing.assert_allclose(sum(found.values()), use, rtol=1e-9, atol=1e-7)
        for name, account in (
            ("imports_use", "imports"),
            ("inflow_use", "inflow"),
            ("home", "local"),
        ):
            np.testing.assert_allclose(
                found[name].sum(axis=1), own[account].values, rtol=1e-9, atol=1e-6
            )
            signed = [k for k, c in enumerate(system["use"].values) if c != "stock_changes"]
            assert (found[name][:, signed] >= 0).all()


@pytest.mark.parametrize("mode", ["by_use", "by_product"])
@pytest.mark.parametrize("calibrate", ["national", "none"])
def test_blocks_are_carried_to_the_audit(country, calibrate, mode):
    result, table = audited(
        country, provinces={"calibrate": calibrate}, cities={"import_mode": mode}
    )
    assert not failed(table)
    margins_close(result)


def test_tables_that_need_no_balancing_keep_every_printed_cell(country):
    """The toy country closes over the nation as printed."""
    result, _ = audited(country, provinces=NONE)
    for p in toy.PROVINCES:
        for name in BLOCKS:
            printed = country.provinces[p][name].transpose("sector", "use").values
            np.testing.assert_allclose(layers(result, p)[name], printed, rtol=1e-9, atol=1e-6)


def test_without_blocks_every_column_draws_in_the_same_proportions(country):
    """What the blocks change: imports of MAN by use differ from the plain shares by a factor of two
    and more.
    """
    plain = changed(country, lambda code, table: table.drop_vars(BLOCKS))
    with_blocks, without = (audited(data, provinces=NONE)[0] for data in (country, plain))
    assert "imports_use" not in without.system and "imports_use" in with_blocks.system
    share = without.mrio["import_table"] / without.system["total_use"]
    spread = share.max("use") - share.min("use")
    assert float(spread.max()) < 1e-12
    ratio = with_blocks.mrio["import_table"].sel(sector="MAN") / without.mrio["import_table"].sel(
        sector="MAN"
    )
    assert float(ratio.max()) > 1.5 and float(ratio.where(ratio > 0).min()) < 0.6


@pytest.mark.parametrize("calibrate", ["national", "none"])
def test_provinces_without_blocks_are_split_in_proportion_and_it_is_said(country, calibrate):
    some = changed(country, lambda code, table: table if code == "NO" else table.drop_vars(BLOCKS))
    with collect_notices() as kept:
        result, table = audited(some, provinces={"calibrate": calibrate})
    assert not failed(table)
    margins_close(result)
    said = [notice for notice in kept if "not printed everywhere" in notice.what]
    assert [notice.value for notice in said] == ["not in 1 of 2 provinces: SO"] * 2
    use = result.system["total_use"].sel(province="SO")
    share = (result.mrio["import_table"].sel(province="SO") / use).where(use > 0)
    assert float((share.max("use") - share.min("use")).max()) < 1e-12


@pytest.mark.parametrize("block", BLOCKS)
def test_one_block_is_kept_and_the_rest_is_split_in_proportion(country, block):
    other = next(name for name in BLOCKS if name != block)
    one = changed(country, lambda code, table: table.drop_vars(other))
    result, table = audited(one, provinces=NONE)
    assert not failed(table)
    margins_close(result)
    for p in toy.PROVINCES:
        found, printed = (
            layers(result, p),
            country.provinces[p][block].transpose("sector", "use").values,
        )
        np.testing.assert_allclose(found[block], printed, rtol=1e-9, atol=1e-6)
        rest = found["home"] + found[other]
        share = np.divide(found[other], rest, out=np.full_like(rest, np.nan), where=rest > 1e-6)
        assert np.nanmax(np.nanmax(share, axis=1) - np.nanmin(share, axis=1)) < 1e-9


def test_what_passes_on_is_netted_and_booked_as_transit(country):
    """7,000 of MAN are imported and sold abroad again, 3,000 of inflow go on to the other province."""

    def change(code, table):
        if code == "NO":
            for name, amount in (
                ("imports", 7_000.0),
                ("exports", 7_000.0),
                ("inflow", 3_000.0),
                ("outflow", 3_000.0),
            ):
                table[name].loc[{"sector": "MAN"}] += amount
        return table

    plain, netted = (
        audited(data, provinces=NONE)[0].system for data in (country, changed(country, change))
    )
    moved = float(
        netted["transit"].sel(province="NO", sector="MAN")
        - plain["transit"].sel(province="NO", sector="MAN")
    )
    assert moved == pytest.approx(10_000)
    xr.testing.assert_allclose(
        netted.drop_vars("transit"), plain.drop_vars("transit"), rtol=1e-9, atol=1e-6
    )


def balanced(country, **settings):
    """System and report of the balance alone."""
    own, config = country.tables, load_config({"provinces": settings})
    return balance(
        country.provinces,
        country.national,
        own["regions"],
        own["final_demand"],
        config.provinces,
        config.solver,
    )


def test_margins_that_the_printed_cells_cannot_give_are_split_in_proportion():
    """Imports of a product are printed for one small column only; the nation imports more than that
    column uses.
    """
    world = tiny()
    code = world.codes[0]
    first = world.provinces[code]
    uses = first["total_use"].transpose("sector", "use")
    sector = (first["imports"] / uses.sum("use")).idxmax().item()
    of = uses.sel(sector=sector).to_series()
    column = of[of > 0].idxmin()

    def change(name, table):
        if name == code:
            use = table["total_use"].transpose("sector", "use")
            share = np.minimum(table["imports"] / use.where(use > 0).sum("use"), 0.9)
            block = (use * share).where(use > 0, 0.0)
            block.loc[{"sector": sector}] = 0.0
            block.loc[{"sector": sector, "use": column}] = min(
                of[column], float(table["imports"].sel(sector=sector))
            )
            table["imports_use"] = block.assign_attrs(use.attrs)
        return table

    world = changed(world, change)
    _, report = balanced(world)
    odd = report[report["note"].str.contains("cannot give the balanced margins")]
    assert odd[["province", "sector"]].values.tolist() == [[code, sector]]
    result, table = audited(world)
    assert not failed(table)
    margins_close(result)


def test_the_balance_says_what_is_printed_of_every_province(country):
    some = changed(
        country, lambda code, table: table.drop_vars(BLOCKS if code == "SO" else BLOCKS[1:])
    )
    _, report = balanced(some)
    notes = report.loc[report["item"] == "use by source"].set_index("province")["note"]
    assert notes.to_dict() == {
        "NO": "imports_use as printed, brought to the balanced margins",
        "SO": "in proportion",
    }


def test_balanced_cells_are_printed_shares_scaled_by_source_and_column():
    """The solution of the entropy problem: Y = a_l b_c (share U), so that cross ratios of Y are
    those of the reference.
    """
    rng = np.random.default_rng(5)
    use = rng.uniform(10, 100, (1, 3, 6))
    part = {name: use * rng.uniform(0.1, 0.4, use.shape) for name in BLOCKS}
    after = use * rng.uniform(0.8, 1.3, use.shape)
    share = rng.dirichlet((6, 3, 3), 3)
    margin = {
        name: share[:, k] * after[0].sum(axis=1)
        for k, name in enumerate(("local", "inflow", "imports"))
    }
    printed = PrintedSources(["1"], ["a", "b", "c"], [*"uvwxyz"], use, part)
    rows = []
    found = printed.split(
        {"use": after, **{k: v[None] for k, v in margin.items()}}, np.array([], int), Solver(), rows
    )
    reference = {
        "inflow_use": part["inflow_use"] / use * after,
        "imports_use": part["imports_use"] / use * after,
    }
    reference["home_use"] = after - reference["inflow_use"] - reference["imports_use"]
    for name in BLOCKS:
        factor = (found[name] / found["home_use"]) / (reference[name] / reference["home_use"])
        np.testing.assert_allclose(
            factor, np.broadcast_to(factor[:, :, :1], factor.shape), rtol=1e-8
        )
    for name, account in SOURCES.items():
        np.testing.assert_allclose(found[name][0].sum(axis=1), margin[account], rtol=1e-9)


def test_stock_changes_keep_their_source(country):
    """Falling stocks are of home products where the table says so: no import of a fall in stocks."""
    result, _ = audited(country)
    for p in toy.PROVINCES:
        stocks = layers(result, p)
        column = [str(c) for c in result.system["use"].values].index("stock_changes")
        assert (
            np.abs(stocks["imports_use"][:, column]).max()
            == 0.0
            == np.abs(stocks["inflow_use"][:, column]).max()
        )
