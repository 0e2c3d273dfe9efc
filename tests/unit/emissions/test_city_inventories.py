"""Inventories of many cities read as one table, beside the method stated city by city and row by
row.
"""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from citymrio.emissions.activity import (
    ALL_FUELS,
    PROCESS,
    city_emissions,
    own_sectors,
    provincial_emissions,
)

ROWS, HOUSEHOLD = [*"123456"], ["5", "6"]
INVENTORY_SECTORS = pd.DataFrame({"inventory_sector": ROWS})
FUELS = pd.DataFrame(
    {"fuel": ["coal", "gas", "oil"], "unit": "t", "emission_factor": [2.0, 21.0, 3.1]}
)
FACTORS = dict(zip(FUELS["fuel"], FUELS["emission_factor"], strict=True))
CITIES = {
    "c3": ("p2", 3),
    "c1": ("p1", 1),
    "c4": ("p1", 3),
    "c2": ("p1", 2),
    "c5": ("p2", 1),
    "c6": ("p2", 1),
}


def inventories(seed):
    """Two provinces and six cities of all cases: duplicates, negative entries, blanks, a city
    without households.
    """
    rng = np.random.default_rng(seed)

    def rows(sectors, count, **labels):
        table = pd.DataFrame({"inventory_sector": rng.choice(sectors, count), **labels})
        table["fuel"] = rng.choice([*FACTORS, PROCESS, ""], count)
        amount = rng.lognormal(3, 1, count) * rng.choice(
            [1.0, 1.0, 1.0, -0.1], count
        )  # carbon that is captured, say
        by_activity = table["fuel"].isin(FACTORS) & (rng.random(count) < 0.6)
        table["activity"] = np.where(by_activity, amount, np.nan)
        table["emissions"] = np.where(by_activity | (rng.random(count) < 0.1), np.nan, amount)
        return table

    provincial = {p: rows(ROWS, 60) for p in ("p2", "p1")}
    every = pd.DataFrame(
        {"inventory_sector": ROWS, "fuel": "coal", "activity": 5.0, "emissions": np.nan}
    )
    provincial["p1"] = pd.concat([provincial["p1"], every], ignore_index=True)
    parts = []
    for city, (_, case) in CITIES.items():
        sectors = [*"1234"] if city == "c5" else ROWS
        part = rows(sectors, 25, region=city, case=case)
        if case == 3:
            part = part[part["fuel"].isin(["coal", "gas", ""])].copy()
            part.loc[part.index[: len(part) // 2], "inventory_sector"] = ""
            part[["activity", "emissions"]] = part[["activity", "emissions"]].abs()
        parts.append(part)
    city = pd.concat(parts, ignore_index=True).sample(frac=1, random_state=seed, ignore_index=True)
    shares = rng.random((len(CITIES), len(ROWS)))
    proxy = xr.DataArray(
        shares, {"region": [*CITIES], "inventory_sector": ROWS}, ("region", "inventory_sector")
    )
    return provincial, city, proxy


def tonnes(row):
    """CE = AD x EF where activity is given, the printed emissions else (NaN: a row without data)."""
    return row.activity * FACTORS[row.fuel] if np.isfinite(row.activity) else row.emissions


def row_by_row(rows):
    """(sector, fuel) -> t CO2; rows of one cell add up."""
    found = {}
    for row in rows.itertuples():
        if np.isfinite(tonnes(row)):
            cell = row.inventory_sector, row.fuel or ALL_FUELS
            found[cell] = found.get(cell, 0.0) + tonnes(row)
    return found


def stated(rows, case, province, share):
    """A city's inventory, t CO2 by inventory sector, as method section 8 says it."""
    of_province = {
        name: sum(value for (row, _), value in province.items() if row == name) for name in ROWS
    }
    scaled = {name: of_province[name] * float(share.sel(inventory_sector=name)) for name in ROWS}
    if case == 2:
        return scaled
    if case == 1:
        own = row_by_row(rows)
        found = {
            name: sum(value for (row, _), value in own.items() if row == name) for name in ROWS
        }
        households = any(row in HOUSEHOLD for row, _ in own)
        return found if households else found | {name: scaled[name] for name in HOUSEHOLD}
    found = dict.fromkeys(ROWS, 0.0)
    for row in rows.itertuples():
        total = tonnes(row)
        if not np.isfinite(total):
            continue
        if row.inventory_sector:
            found[row.inventory_sector] += total
            continue
        pattern = scaled
        if row.fuel:
            pattern = {
                n: province.get((n, row.fuel), 0.0) * float(share.sel(inventory_sector=n))
                for n in ROWS
            }
        for name in ROWS:
            found[name] += total * pattern[name] / sum(pattern.values())
    return found


def made(provincial, city, proxy):
    emissions = provincial_emissions(provincial, INVENTORY_SECTORS, FUELS)
    province_of = {name: province for name, (province, _) in CITIES.items()}
    return city_emissions(
        city,
        emissions=emissions,
        proxy=proxy,
        province_of=province_of,
        fuels=FUELS,
        household=HOUSEHOLD,
    )


@pytest.mark.parametrize("seed", range(5))
def test_cities_together_have_the_inventories_of_the_method_row_by_row(seed):
    provincial, city, proxy = inventories(seed)
    assert (
        city.duplicated(["region", "inventory_sector", "fuel"]).any()
        and (city["activity"] < 0).any()
    )
    found, totals, cases = made(provincial, city, proxy)
    assert [*found] == sorted(CITIES) and cases == {
        name: case for name, (_, case) in sorted(CITIES.items())
    }
    for name, (province, case) in CITIES.items():
        rows = city[city["region"].eq(name)]
        wanted = stated(rows, case, row_by_row(provincial[province]), proxy.sel(region=name))
        np.testing.assert_allclose(found[name], [*wanted.values()], rtol=1e-12, atol=1e-12)
        assert (name in totals) == (case != 2)
        assert case == 2 or totals[name] == pytest.approx(sum(wanted.values()), rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_a_city_has_the_same_bytes_alone_and_among_others(seed):
    provincial, city, proxy = inventories(seed)
    found = made(provincial, city, proxy)[0]
    for name in CITIES:
        alone = made(provincial, city[city["region"].eq(name)], proxy)[0]
        assert [*alone] == [name]
        np.testing.assert_array_equal(alone[name], found[name])


def test_a_city_without_any_row_has_no_inventory():
    provincial, city, proxy = inventories(0)
    found, totals, cases = made(provincial, city[city["region"].ne("c4")], proxy)
    assert (
        "c4" not in found
        and "c4" not in totals
        and "c4" not in cases
        and len(found) == len(CITIES) - 1
    )


@pytest.mark.parametrize("seed", range(3))
def test_provinces_have_the_cells_of_their_rows_and_those_without_data_are_not_there(seed):
    provincial, _, _ = inventories(seed)
    blank = pd.DataFrame(
        {"inventory_sector": ["1"], "fuel": ["coal"], "activity": [np.nan], "emissions": [np.nan]}
    )
    table = provincial_emissions(
        provincial | {"p0": blank, "p3": blank[:0]}, INVENTORY_SECTORS, FUELS
    )
    assert table["province"].values.tolist() == ["p1", "p2"]
    for province in ("p1", "p2"):
        for (sector, fuel), value in row_by_row(provincial[province]).items():
            cell = table.sel(province=province, inventory_sector=sector, fuel=fuel)
            assert float(cell) == pytest.approx(value, rel=1e-12, abs=1e-12)
        total = sum(row_by_row(provincial[province]).values())
        assert float(table.sel(province=province).sum()) == pytest.approx(total, rel=1e-12)
    assert provincial_emissions({}, INVENTORY_SECTORS, FUELS).shape == (0, 6, 5)


def test_own_inventories_say_which_households_are_not_known():
    _, city, _ = inventories(1)
    found = own_sectors(city[city["case"].eq(1)], FUELS, ROWS, HOUSEHOLD)
    assert [*found] == ["c1", "c5", "c6"]
    assert (
        np.isnan(found["c5"][4:]).all()
        and np.isfinite(found["c5"][:4]).all()
        and np.isfinite(found["c6"]).all()
    )
    wanted = row_by_row(city[city["region"].eq("c6")])
    np.testing.assert_allclose(
        found["c6"],
        [sum(v for (row, _), v in wanted.items() if row == n) for n in ROWS],
        rtol=1e-12,
    )
