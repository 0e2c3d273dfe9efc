"""Carbon intensities of the key sectors of cities, at the level of the inventory (method sections 8
and 11a).

The 42 sectors do not tell iron and steel from other metals; the inventory does. An intensity is the
emissions of an inventory row over the output of the sectors it belongs to.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError
from ..base.labels import values_of
from ..base.tolerances import SUMS
from ..base.units import MT
from ..base.vocabulary import GIVEN
from ..dataset.benchmarks import INTENSITY, PLAUSIBLE, of_kind
from .bridge import bridge_matrix, bridge_shares

#: Columns of key_intensities.csv.
COLUMNS = (
    "region",
    "key_sector",
    "emissions_t",
    "output",
    "intensity",
    "national",
    "global",
    "plausible",
)


def key_intensities(
    *,
    inventory: xr.Dataset,
    output: xr.DataArray,
    bridge: pd.DataFrame,
    inventory_sectors: pd.DataFrame,
    benchmarks: pd.DataFrame,
    key_sectors: Sequence[str],
) -> pd.DataFrame:
    """Intensity of every region in every key sector, with the national mean and the global
    benchmark.

    Parameters
    ----------
    inventory
        emissions.nc: `emissions_inventory` (region, inventory_sector), t.
    output
        (region, sector), money.
    benchmarks
        parameter, value; ``global_intensity.<key>`` and ``plausible_intensity.<key>`` in t per unit
        of money.
    key_sectors
        Key names of inventory_sectors.csv, or none: all that it has. Of a given table, those that
        it does not have are left out (`feasible_scenarios` says so).

    Returns
    -------
    pandas.DataFrame
        region, key_sector, emissions_t, output (money), intensity (t per unit of it; NaN without
        output), national (``sum E / sum x`` over all regions with output), global (NaN without a
        benchmark), plausible (bound; NaN without).

    Raises
    ------
    DataError
        A key sector that inventory_sectors.csv does not name.
    """
    codes, names = inventory["region"].values, inventory_sectors["inventory_sector"].tolist()
    emissions = values_of(inventory["emissions_inventory"], region=codes, inventory_sector=names)
    x = values_of(output, region=codes, sector=output["sector"].values)
    matrix = bridge_matrix(
        bridge, inventory_sectors, pd.DataFrame({"sector": output["sector"].values})
    )
    reference, bounds = (of_kind(benchmarks, kind) for kind in (INTENSITY, PLAUSIBLE))
    key_sectors = key_sectors or keys_of(inventory_sectors)
    if inventory.attrs.get("control_total") == GIVEN:
        key_sectors = [key for key in key_sectors if key in set(inventory_sectors["key"])]
    parts = []
    for key in key_sectors:
        places = [names.index(row) for row in rows_of_key(inventory_sectors, key)]
        size = x @ matrix[places].max(axis=0)
        amount = emissions[:, places].sum(axis=1)
        counted = np.where(size > 0, amount, 0.0)
        parts.append(
            pd.DataFrame(
                {
                    "region": codes,
                    "key_sector": key,
                    "emissions_t": amount,
                    "output": size,
                    "intensity": np.divide(
                        amount, size, out=np.full(len(size), np.nan), where=size > 0
                    ),
                    "national": counted.sum() / size.sum() if size.sum() > 0 else np.nan,
                    "global": reference.get(key, np.nan),
                    "plausible": bounds.get(key, np.nan),
                }
            )
        )
    if not parts:  # a given table without key sectors
        numbers = dict.fromkeys(COLUMNS[2:], float)
        return pd.DataFrame(columns=COLUMNS).astype({"region": str, "key_sector": str, **numbers})
    return pd.concat(parts, ignore_index=True)[[*COLUMNS]]


def keys_of(inventory_sectors: pd.DataFrame) -> list[str]:
    """The key sectors that a dataset has, in the order of its list."""
    return [*dict.fromkeys(filter(None, inventory_sectors["key"].fillna("")))]


def rows_of_key(inventory_sectors: pd.DataFrame, key: str) -> list[str]:
    """Inventory sectors of a key sector.

    Raises
    ------
    DataError
        There is none.
    """
    if rows := inventory_sectors.loc[inventory_sectors["key"].eq(key), "inventory_sector"].tolist():
        return rows
    there = keys_of(inventory_sectors)
    fix = f"set scenarios.key_sectors: [{', '.join(there)}], the keys that there are"
    fix = f"{fix}, or give a sector this one." if there else "give it to a sector, column key."
    message = f"no inventory sector has the key '{key}' of scenarios.key_sectors"
    raise DataError(message, where="inventory_sectors.csv", fix=fix)


def emissions_after(
    emissions: xr.DataArray,
    savings: pd.DataFrame,
    output: xr.DataArray,
    bridge: pd.DataFrame,
    inventory_sectors: pd.DataFrame,
) -> xr.DataArray:
    """Emissions by sector after savings in key sectors of the inventory, taken through the bridge.

    Parameters
    ----------
    emissions
        (region, sector), t.
    savings
        region, key_sector, saving_t.

    Raises
    ------
    DataError
        A saving above the emissions of the sector.
    """
    codes, sectors = emissions["region"].values, emissions["sector"].values
    x = values_of(output, region=codes, sector=sectors)
    matrix = bridge_matrix(bridge, inventory_sectors, pd.DataFrame({"sector": sectors}))
    before = values_of(emissions, region=codes, sector=sectors)
    place, after = {code: r for r, code in enumerate(codes.tolist())}, before.copy()
    regions, keys, saved = (
        savings[name].to_numpy() for name in ("region", "key_sector", "saving_t")
    )
    places, key_of = (
        np.array([place[code] for code in regions], int),
        np.array(inventory_sectors["key"], object),
    )
    for key in sorted(set(keys)):
        mine = keys == key
        share = bridge_shares(matrix[key_of == key].max(axis=0)[None], x[places[mine]])[:, 0]
        after[places[mine]] -= share * saved[mine][:, None]
    excess = np.argwhere(after < -SUMS * before)
    if len(excess):
        r, i = excess[0]
        raise DataError(
            f"saving exceeds the emissions by {-float(after[r, i]):.6g} t",
            where=f"region {codes[r]}, sector {sectors[i]}",
            fix="inventory and bridge do not belong together.",
        )
    labels = {"region": codes, "sector": sectors}
    return xr.DataArray(after, labels, (*labels,), attrs=emissions.attrs)


def intensity_table(intensities: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """intensities.csv: every super-emitter and key sector, with the sector's share in the region's
    production emissions.

    Parameters
    ----------
    regions
        Rows of regions.csv: region, name, super_emitter, pba_mt.
    """
    chosen = regions.loc[
        ~regions["super_emitter"].isin(["none", ""]), ["region", "name", "super_emitter", "pba_mt"]
    ]
    table = chosen.merge(intensities, on="region", how="left", sort=False)
    table["emissions_mt"] = table["emissions_t"] * MT
    table["percent"] = 100 * table["emissions_mt"] / table["pba_mt"]
    if "intensity_status" not in table:
        table["intensity_status"] = ""
    levels = ["intensity", "national", "global", "plausible", "intensity_status"]
    return table[
        ["region", "name", "super_emitter", "key_sector", *levels, "emissions_mt", "percent"]
    ]
