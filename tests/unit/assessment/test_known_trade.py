"""A run beside a known table of its regions: its own table is met exactly, another one by what
differs.
"""

from __future__ import annotations

import figure_tables
import numpy as np
import pandas as pd
import pytest
from nested_worlds import CATEGORIES, inventory_of, make_world

from citymrio.assessment.known_trade import beside_known_table
from citymrio.base.errors import DataError, collect_notices
from citymrio.config.models import Figures
from citymrio.footprints.footprint import footprints

NAMES = ("Farming", "Coal mining", "Steel", "Power stations", "Trade", "Education")


@pytest.fixture(scope="module")
def run():
    world = make_world(seed=3)
    nested, inventory = world.nested, inventory_of(world)
    return nested, inventory, footprints(nested, inventory)


@pytest.fixture(scope="module")
def tables(run):
    sectors = run[0].sectors
    kind = ["goods" if k < len(sectors) // 2 else "services" for k in range(len(sectors))]
    return {
        "sectors": pd.DataFrame(
            {"sector": sectors, "name": [*NAMES[: len(sectors)]], "kind": kind}
        ),
        "final_demand": pd.DataFrame({"category": [*CATEGORIES], "role": [*CATEGORIES.values()]}),
    }


def saved(run, path, *, change=None, **renamed):
    """The run's own dense table as a known table, with a rest of the world that takes exports and
    gives imports.
    """
    nested = run[0]
    dense = nested.to_dense()
    z, y = dense["Z"].values.copy(), dense["Y"].values.copy()
    if change:
        change(z, y)
    count, n, k = z.shape[0], z.shape[1], y.shape[3]
    size, far = count * n, n
    big_z, big_f = np.zeros((size + far, size + far)), np.zeros((size + far, (count + 1) * k))
    big_z[:size, :size], big_f[:size, : count * k] = (
        z.reshape(size, size),
        y.reshape(size, count * k),
    )
    x = nested.dataset["output"].values
    big_f[:size, count * k] = (x - z.sum(axis=(2, 3)) - y.sum(axis=(2, 3))).reshape(
        size
    )  # exports and the error account
    big_f[size:, -1] = 1.0
    imports = x - z.sum(axis=(0, 1)) - nested.dataset["value_added"].values
    big_z[size, :size] = imports.reshape(size)
    output = np.concatenate([x.reshape(size), big_z[size:].sum(axis=1) + big_f[size:].sum(axis=1)])
    arrays = {
        "Z": big_z,
        "F": big_f,
        "x": output,
        "va": output - big_z.sum(axis=0),
        "countries": np.array([*renamed.get("regions", nested.regions), "RoW"]),
        "sectors": np.array(renamed.get("names", NAMES[: len(nested.sectors)])),
        "codes": np.array(nested.sectors),
        "categories": np.array([*CATEGORIES]),
    }
    np.savez(path, **arrays)
    return str(path)


def only(table, quantity, group="all"):
    rows = table[(table["quantity"] == quantity) & (table["group"] == group)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_run_meets_its_own_table(run, tables, tmp_path):
    table, flows = beside_known_table(*run, tables, saved(run, tmp_path / "own.npz"))
    assert only(table, "trade between regions")["value"] == pytest.approx(0, abs=1e-9)
    assert only(table, "footprint wape", "regions")["value"] == pytest.approx(0, abs=1e-6)
    assert only(table, "footprint rank correlation", "regions")["value"] == pytest.approx(1)
    assert only(table, "footprint wape, CBA = PBA", "regions")["value"] > 0.01
    homes = table[(table["quantity"] == "home share") & (table["group"] == "region")]
    assert len(homes) == run[0].regions.size
    shares = table.loc[table["quantity"] == "home share", "note"]
    assert shares.str.contains("stock changes left out").all()
    np.testing.assert_allclose(homes["estimate"], homes["known"], rtol=1e-9)
    assert len(flows) == run[0].regions.size * (run[0].regions.size - 1)
    np.testing.assert_allclose(flows["estimate"], flows["known"], rtol=1e-9, atol=1e-9)


def test_trade_that_stays_at_home_is_seen(run, tables, tmp_path):
    def at_home(z, y):  # half of what region 1 buys from region 0 is made in region 1
        for cells in (z, y):
            half = cells[0, :, 1] / 2
            cells[0, :, 1] -= half
            cells[1, :, 1] += half

    table, flows = beside_known_table(
        *run, tables, saved(run, tmp_path / "other.npz", change=at_home)
    )
    pair = flows.iloc[0]
    assert pair["estimate"] == pytest.approx(2 * pair["known"])
    trade = only(table, "trade between pairs")
    assert trade["value"] == pytest.approx(pair["known"] / trade["known"])
    inside, across = (only(table, f"trade {where} provinces") for where in ("inside", "across"))
    assert inside["estimate"] + across["estimate"] == pytest.approx(trade["estimate"])
    together = any({0, 1} <= set(np.asarray(members).tolist()) for members in run[0].members)
    there, other = (inside, across) if together else (across, inside)
    assert there["estimate"] == pytest.approx(there["known"] + pair["known"]) and other[
        "value"
    ] == pytest.approx(0, abs=1e-9)
    homes = table[(table["quantity"] == "home share") & (table["group"] == "region")].set_index(
        "region"
    )["value"]
    assert homes.iloc[1] < 0 and homes.drop(homes.index[1]).abs().max() < 1e-12
    assert 0 < only(table, "footprint wape", "regions")["value"] < 0.5


def test_regions_of_other_names_are_matched_by_a_list(run, tables, tmp_path):
    path = saved(run, tmp_path / "other.npz", regions=[f"{name} town" for name in run[0].regions])
    with pytest.raises(DataError, match="there is no region"):
        beside_known_table(*run, tables, path)
    labels = tmp_path / "labels.csv"
    pd.DataFrame(
        {"kind": "region", "run": run[0].regions, "known": [f"{r} town" for r in run[0].regions]}
    ).to_csv(labels)
    table, _ = beside_known_table(*run, tables, path, str(labels))
    assert only(table, "trade between regions")["value"] == pytest.approx(0, abs=1e-9)
    pd.DataFrame({"kind": "sector", "run": run[0].sectors, "known": run[0].sectors}).to_csv(
        labels
    )  # codes such as 01
    own = saved(run, tmp_path / "own.npz")
    assert (
        only(beside_known_table(*run, tables, own, str(labels))[0], "footprint wape", "regions")[
            "value"
        ]
        < 1e-6
    )
    pd.DataFrame({"kind": ["region"], "run": ["Nowhere"], "known": ["x"]}).to_csv(labels)
    with pytest.raises(DataError, match="the run has no region 'Nowhere'"):
        beside_known_table(*run, tables, path, str(labels))


def test_a_sector_is_the_one_of_its_name_whatever_its_code(run, tables, tmp_path):
    nested = run[0]
    names = [*tables["sectors"]["name"]]
    path = saved(run, tmp_path / "own.npz")
    with np.load(path) as arrays:
        held = dict(arrays)
    # the same table under the codes of a classification that counts from the second sector
    held["codes"] = np.array([*nested.sectors[1:], nested.sectors[0]])
    np.savez(path, **held)
    table, _ = beside_known_table(*run, tables, path)
    assert only(table, "trade between regions")["value"] == pytest.approx(0, abs=1e-9)
    other = saved(run, tmp_path / "other.npz", names=["Zoo", *names[1:]])
    with pytest.raises(DataError, match=f"no sector '{nested.sectors[0]} Farming'.*known_labels"):
        beside_known_table(*run, tables, other)
    bare = saved(run, tmp_path / "bare.npz", names=[*nested.sectors])
    with collect_notices() as notices:
        beside_known_table(*run, tables, bare)
    assert [notice.what for notice in notices] == ["sector codes are taken at their word"]


def test_another_unit_is_refused(run, tables, tmp_path):
    path = saved(run, tmp_path / "other.npz")
    with np.load(path) as arrays:
        scaled = {
            name: arrays[name] * (1000 if arrays[name].dtype.kind == "f" else 1)
            if name in "ZFxva"
            else arrays[name]
            for name in arrays
        }
    np.savez(path, **scaled)
    with pytest.raises(
        DataError, match=r"its output is 1000 times the run's, which is in 10\^4 XTS"
    ):
        beside_known_table(*run, tables, path)


def test_the_figure_draws_from_its_tables(run, tables, tmp_path):
    table, flows = beside_known_table(*run, tables, saved(run, tmp_path / "own.npz"))
    regions = pd.DataFrame(
        {"region": run[0].regions, "name": [f"Town {r}" for r in run[0].regions]}
    )
    given = {"known_trade": table, "known_flows": flows, "regions": regions}
    about = {"name": "Tablia", "year": 2014, "unit": "10^4 XTS", "currency": "XTS"}
    figure = figure_tables.draw(
        "known_table", given, None, Figures(dpi=72), synthetic=False, run=about
    )
    assert [len(axes.collections[0].get_offsets()) for axes in figure.axes][1:] == [
        len(regions)
    ] * 2
    assert "WAPE 0.00" in "\n".join(text.get_text() for text in figure.axes[0].texts)
