"""Random nested tables that keep every identity exactly: flows first, then x = row sums and v =
column residual.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import xarray as xr

from citymrio.base.labels import array
from citymrio.nested import NestedMRIO

#: Of a currency that is none, so that a unit put in by hand is seen.
MONEY = "10^4 XTS"
CATEGORIES = {
    "households": "household",
    "government": "government",
    "capital": "capital",
    "stock_changes": "stock_changes",
}


@dataclass
class World:
    """A provincial MRIO, the linked tables of its provinces, the provincial system, the accounts
    and a stressor.
    """

    mrio: xr.Dataset
    linked: dict[str, xr.Dataset]
    system: xr.Dataset
    accounts: dict[str, xr.Dataset]
    emissions: xr.DataArray

    @property
    def nested(self) -> NestedMRIO:
        return NestedMRIO.from_parts(self.mrio, self.linked)


def make_world(
    seed: int = 1,
    cities: tuple[int, ...] = (1, 2, 4, 1, 3),
    sectors: int = 5,
    zero_outputs: int = 2,
    domestic: float = 0.75,
    sparsity: float = 0.2,
    autarkic: int | None = None,
) -> World:
    """Draw a world; `autarkic` is the position of a province that delivers nothing to others."""
    rng = np.random.default_rng(seed)
    count, n, names = len(cities), sectors, list(CATEGORIES)
    k, stock = len(names), n + names.index("stock_changes")
    codes = [f"{11 + p}" for p in range(count)]
    sector = [f"{i + 1:02d}" for i in range(n)]
    owner = np.repeat(np.arange(count), cities)
    regions = np.array(
        [f"{codes[p]}{r:02d}00" for p in range(count) for r in range(1, cities[p] + 1)]
    )
    total = regions.size
    size = rng.lognormal(0, 0.8, total)
    alive = np.ones((total, n), dtype=bool)
    crowded = [r for r in range(total) if cities[owner[r]] > 2]
    for r in crowded[:zero_outputs]:
        alive[r, rng.integers(n)] = False

    def draw(*shape):
        values = rng.gamma(1.0, 1.0, shape)
        return values * (rng.random(shape) > sparsity)

    own = draw(total, n, n + k) * size[:, None, None] * 5
    intra = draw(total, n, n + k) * size[:, None, None]
    own[:, :, stock], intra[:, :, stock] = rng.normal(0, 0.3, (total, n)) * size[:, None], 0.0
    between = draw(count, n, count, n + k) + 0.05
    between[:, :, :, stock] = rng.normal(0, 0.2, (count, n, count))
    between[np.arange(count), :, np.arange(count)] = 0.0
    if autarkic is not None:
        between[autarkic] = 0.0
    trade_share, out_share, weight, share = (
        [],
        np.zeros((total, n)),
        np.zeros((total, n)),
        np.zeros((total, n, n + k)),
    )
    column_alive = np.concatenate([alive, np.ones((total, k), dtype=bool)], axis=1)
    own *= alive[:, :, None] * column_alive[:, None, :]
    for p in range(count):
        mine = owner == p
        weights = rng.gamma(2.0, 1.0, (n, cities[p], cities[p])) * alive[mine].T[:, :, None]
        weights[:, np.arange(cities[p]), np.arange(cities[p])] = 0.0
        sums = weights.sum(axis=1, keepdims=True)
        trade_share.append(np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0))
        intra[mine] *= (sums[:, 0].T > 0)[:, :, None] * column_alive[mine][:, None, :]
        for target in (out_share, weight):
            draws = rng.gamma(2.0, 1.0, (cities[p], n)) * alive[mine]
            target[mine] = draws / draws.sum(axis=0)
        draws = (
            rng.gamma(2.0, 1.0, (cities[p], n, n + k)) * size[mine][:, None, None]
        ) * column_alive[mine][:, None, :]
        share[mine] = draws / draws.sum(axis=0)
    share[:, :, stock] = weight
    exports, error = draw(total, n) * alive * size[:, None], rng.normal(0, 0.02, (total, n)) * alive

    def rows_and_columns():
        rest = np.zeros((total, n, n + k))
        rows = own.sum(axis=2) + exports + error
        for p in range(count):
            mine = owner == p
            rest[mine] = between[:, :, p].sum(axis=0)[None] * share[mine]
            rows[mine] += np.einsum("irs,sic->ri", trade_share[p], intra[mine])
            leaving = between[p].copy()
            rows[mine] += out_share[mine] * np.delete(leaving, stock, axis=2).sum(
                axis=(1, 2)
            ) + weight[mine] * leaving[:, :, stock].sum(axis=1)
        return rows, rest, (own + intra + rest)[:, :, :n].sum(axis=1)

    for _ in range(400):
        output, rest, inputs = rows_and_columns()
        low = alive & (output < 0.02 * size[:, None])
        own[:, :, n] += np.where(low, size[:, None], 0.0)
        factor = np.where(
            inputs > domestic * output, domestic * output / np.where(inputs > 0, inputs, 1.0), 1.0
        )
        if not low.any() and (factor > 1 - 1e-6).all():
            break
        factor = np.clip(factor, 0.3, 1.0)
        own[:, :, :n] *= factor[:, None, :]
        intra[:, :, :n] *= factor[:, None, :]
        for q in range(count):
            mine = owner == q
            scaled = share[mine][:, :, :n] * factor[mine][:, None, :]
            kept = scaled.sum(axis=0)
            between[:, :, q, :n] *= kept[None]
            share[np.ix_(mine, np.arange(n), np.arange(n))] = scaled / kept[None]
    else:
        raise AssertionError("the world did not become productive")
    output, rest, inputs = rows_and_columns()
    output = np.where(alive, output, 0.0)
    abroad = np.concatenate(
        [
            0.3 * rng.random((total, n)) * np.maximum(output - inputs, 0),
            rng.random((total, k)) * size[:, None],
        ],
        axis=1,
    )
    value_added = output - inputs - abroad[:, :n]

    table = between.copy()
    linked, accounts = {}, {}
    uses = [*sector, *names]
    for p, code in enumerate(codes):
        mine = owner == p
        table[p, :, p] = (own[mine] + intra[mine]).sum(axis=0)
        bought = intra[mine].sum(axis=2).T
        layers = np.stack([own[mine], intra[mine], rest[mine]])
        layers[2][:, :, stock] = 0.0
        leaving = np.delete(between[p], stock, axis=2).sum(axis=(1, 2))
        region_sector = {
            "output": output,
            "value_added": value_added,
            "exports": exports,
            "error": error,
        }
        coords = {"region": regions[mine], "sector": sector, "use": uses}
        data = {
            name: array(values[mine], ("region", "sector"), MONEY, name)
            for name, values in region_sector.items()
        }
        data["imports"] = array(abroad[mine], ("region", "use"), MONEY, "imports")
        accounts[code] = xr.Dataset(dict(data), coords)
        data["table"] = array(layers, ("layer", "region", "sector", "use"), MONEY, "table")
        data["trade"] = array(
            trade_share[p] * bought[:, None, :], ("sector", "origin", "destination"), MONEY, "trade"
        )
        data["out_rest"] = array(out_share[mine] * leaving, ("region", "sector"), MONEY, "outflow")
        data["stock_changes_share"] = array(weight[mine], ("region", "sector"), "1", "share")
        linked[code] = xr.Dataset(
            data,
            {
                **coords,
                "layer": ["self", "intra", "rest"],
                "origin": regions[mine],
                "destination": regions[mine],
            },
        )

    def by_province(values):
        return np.stack([values[owner == p].sum(axis=0) for p in range(count)])

    inner = table[np.arange(count), :, np.arange(count)]
    flat = {"output": output, "exports": exports, "error": error}
    money = {
        name: array(by_province(values), ("province", "sector"), MONEY, name)
        for name, values in flat.items()
    }
    mrio = xr.Dataset(
        {
            "table": array(table, ("origin", "sector", "destination", "use"), MONEY, "cells"),
            "imports": array(by_province(abroad), ("province", "use"), MONEY, "imports"),
            "value_added": array(
                by_province(value_added), ("province", "sector"), MONEY, "value added"
            ),
            "transit": array(np.zeros((count, n)), ("province", "sector"), MONEY, "transit"),
            **money,
        },
        {"origin": codes, "destination": codes, "province": codes, "sector": sector, "use": uses},
        {"final_demand": json.dumps(CATEGORIES)},
    )
    # the source reports use including imports and inflows; imports by product follow the imports by
    # use
    domestic_use = table.sum(axis=0).transpose(1, 0, 2)
    mix = domestic_use * (domestic_use > 0)
    mix[np.broadcast_to(mix.sum(axis=1, keepdims=True) == 0, mix.shape)] = 1.0
    mix = mix / mix.sum(axis=1, keepdims=True)
    foreign = mix * by_province(abroad)[:, None, :]
    system = xr.Dataset(
        {
            "total_use": array(domestic_use + foreign, ("province", "sector", "use"), MONEY, "use"),
            "value_added": array(
                by_province(value_added)[:, None, :],
                ("province", "item", "sector"),
                MONEY,
                "value added",
            ),
            "imports": array(foreign.sum(axis=2), ("province", "sector"), MONEY, "imports"),
            "outflow": array(
                table.sum(axis=(2, 3)) - inner.sum(axis=2), ("province", "sector"), MONEY, "outflow"
            ),
            "inflow": array(
                domestic_use.sum(axis=2) - inner.sum(axis=2),
                ("province", "sector"),
                MONEY,
                "inflow",
            ),
            "transit": array(np.zeros((count, n)), ("province", "sector"), MONEY, "transit"),
            **money,
        },
        {"province": codes, "sector": sector, "use": uses, "item": ["value_added"]},
    )
    emissions = xr.DataArray(
        rng.lognormal(0, 1, (total, n)) * output,
        {"region": regions, "sector": sector},
        ("region", "sector"),
        attrs={"units": "t CO2"},
    )
    return World(mrio, linked, system, accounts, emissions)


def inventory_of(world: World, orphan: float = 0.0) -> xr.Dataset:
    """Emissions of a world as an inventory: 4% more by households, `orphan` lost in one sector."""
    lost = xr.zeros_like(world.emissions)
    lost[1, 0] = orphan
    household = world.emissions.sum("sector") * 0.04
    return xr.Dataset(
        {"emissions": world.emissions, "orphan": lost, "household_emissions": household}
    )


def output_footprints(nested: NestedMRIO) -> xr.Dataset:
    """Footprints of a table whose stressor is the output of every sector."""
    output = nested.dataset["output"]
    traced = nested.trace(output)
    cba = traced["flows_category"].sum("origin").rename(destination="region")
    found = {
        "pba": output.sum("sector"),
        "cba": cba.transpose("region", "category"),
        **{name: traced[name].rename(origin="region") for name in ("exports", "error")},
        "orphan": xr.zeros_like(output).sum("sector"),
        **{name: traced[name] for name in ("flows_category", "multiplier")},
    }
    return xr.Dataset(found)
