"""Accounts of all stressors of a dataset: CO2, and what stressors.csv brings, traced together by
the same solves.

Of each stressor PBA^r = own^r + outflow^r + EXP^r + ERR^r + orphan^r and CBA^s = own^s + inflow^s,
so that sum PBA = sum CBA + sum EXP + sum ERR + sum orphan; direct use of households on both sides
where the run counts it. Source: as `footprint`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..base.concordance import classification_attribute, mark_classification
from ..base.labels import EMISSIONS, array
from ..base.money import unit_in
from ..base.threads import one_blas_thread
from ..base.vocabulary import CO2
from ..config.models import Emissions
from ..nested import NestedMRIO
from ..nested.flows import Flows, in_blocks, trace_blocks

#: Accounts by region of the table, in its order.
ACCOUNTS = ("own", "outflow", "inflow", "exports", "error", "orphan", "household")
#: How the amounts of a region are known.
KNOWN = ("status", "split_status", "basis")


@one_blas_thread
def stressor_accounts(nested: NestedMRIO, inventories: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Accounts of the stressors (footprint/stressors.nc of docs/contracts.md).

    Parameters
    ----------
    nested
        The nested table.
    inventories
        Stressor -> its amounts
        (:func:`~citymrio.emissions.stressors.stressor_inventories`).

    Returns
    -------
    xarray.Dataset
        `amount`, `orphan`, `intensity` and `multiplier` (stressor, region, sector), `cba`
        (stressor, region, category), `pba`, `exports`, `error`, `own`, `outflow`, `inflow`,
        `household`, `status`, `split_status` and `basis` (stressor, region), `unit` (stressor):
        amounts in the unit of the stressor, intensities per unit of money. Attribute `residual`:
        the largest relative residual of the solves.

    Raises
    ------
    DataError
        Values that are not finite, unknown regions, or amounts in a sector without output outside
        the orphan account.
    """
    amounts = {
        name: nested.align(one["emissions"], name).assign_attrs(one["emissions"].attrs)
        for name, one in inventories.items()
    }
    traced, residual = _trace_stressors(nested, amounts)
    by_sector, region = ("stressor", "region", "sector"), ("stressor", "region")
    orphan = np.stack([nested.align(one["orphan"], "orphan") for one in inventories.values()])
    amount = np.stack([one.values for one in amounts.values()])
    intensity = np.stack([nested.intensity(one).values for one in amounts.values()])
    unit, money = "unit of the stressor", unit_in(nested.dataset)
    household = [
        nested.align(one["household_emissions"], "household_emissions", ("region",)).values
        for one in inventories.values()
    ]
    data = {
        "amount": array(amount, by_sector, unit, "production"),
        "orphan": array(orphan, by_sector, unit, "sectors without output"),
        "intensity": array(intensity, by_sector, f"{unit} per {money}", "per unit of output"),
        "pba": array((amount + orphan).sum(axis=2), region, unit, "production, orphans included"),
        "household": array(np.stack(household), region, unit, "direct use of households"),
    }
    dims = {"cba": (*region, "category"), "multiplier": by_sector}
    for name in ("cba", "multiplier", "exports", "error", "own", "outflow", "inflow"):
        values = np.stack([one[name] for one in traced])
        data[name] = array(values, dims.get(name, region), unit, name)
    for name in KNOWN:
        values = np.stack([one[name].sel(region=nested.regions) for one in inventories.values()])
        data[name] = array(values, region, "", "how the amounts are known")
    units = [one.attrs["units"] for one in amounts.values()]
    data["unit"] = array(np.array(units), ("stressor",), "", "unit")
    coords = {
        "stressor": [*inventories],
        "region": nested.regions,
        "sector": nested.sectors,
        "category": nested.categories,
    }
    made = xr.Dataset(data, coords, {"residual": residual})
    return mark_classification(made, classification_attribute(nested.dataset))


def _trace_stressors(
    nested: NestedMRIO, amounts: Mapping[str, xr.DataArray]
) -> tuple[list[dict[str, np.ndarray]], float]:
    """Of every stressor `cba` (region, category), `exports`, `error`, `own` and so on (region) and
    `multiplier`, and the largest residual.
    """
    if not in_blocks(nested):
        traces = nested.traces([(amount, True) for amount in amounts.values()])
        return [_whole(one) for one in traces], max(one.attrs["residual"] for one in traces)
    blocks, leaving = trace_blocks(nested, amounts)
    residuals, found = [blocks.attrs["residual"]], []
    for (name, amount), outside in zip(amounts.items(), leaving, strict=True):
        multiplier = nested.multipliers(amount)
        residuals.append(multiplier.attrs["residual"])
        found.append(
            {
                "cba": nested.product_footprints(multiplier).sum("sector").values,
                "multiplier": multiplier.values,
                **_trade_accounts(Flows.of(blocks, name)),
                **dict(zip(("exports", "error"), outside, strict=True)),
            }
        )
    return found, max(residuals)


def _whole(trace: xr.Dataset) -> dict[str, np.ndarray]:
    by_category = trace["flows_category"]
    flows = by_category.sum("category").transpose("origin", "destination").values
    return {
        "cba": by_category.sum("origin").transpose("destination", "category").values,
        **_trade_accounts(Flows.whole(flows)),
        **{name: trace[name].values for name in ("exports", "error", "multiplier")},
    }


def _trade_accounts(flows: Flows) -> dict[str, np.ndarray]:
    """What regions have for themselves (`own`), for others (`outflow`), from others (`inflow`)."""
    outflow, inflow = np.zeros(flows.count), np.empty(flows.count)
    for index, values in flows.to_others():
        outflow += values.sum(axis=1)
        inflow[index] = values.sum(axis=0)
    return {"own": flows.own, "outflow": outflow, "inflow": inflow}


def stressor_table(
    accounts: xr.Dataset,
    footprints: xr.Dataset,
    inventory: xr.Dataset,
    regions: pd.DataFrame,
    config: Emissions,
) -> pd.DataFrame:
    """tables/stressors.csv: one row for each stressor and region, CO2 first.

    Parameters
    ----------
    accounts
        Of :func:`stressor_accounts`.
    footprints, inventory
        footprints.nc and emissions.nc of CO2.
    regions
        regions.csv of the dataset.
    config
        Whether direct use of households counts in `pba` and `cba`.
    """
    names = regions.set_index("region")["name"]
    carbon = xr.Dataset({name: inventory[name] for name in KNOWN}).reindex_like(footprints["pba"])
    same = ("pba", "cba", "exports", "error", "orphan", "household")
    found: dict[str, Any] = {name: footprints[name] for name in same}
    found |= {name: ("region", one) for name, one in _trade_accounts(Flows.of(footprints)).items()}
    carbon = carbon.assign({**found, "unit": EMISSIONS})
    parts = [(CO2, carbon), *_each(accounts)]
    return pd.concat(
        [_rows(name, one, names, config.include_households) for name, one in parts],
        ignore_index=True,
    )


def _each(accounts: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    for name in accounts["stressor"].values.tolist():
        one = accounts.sel(stressor=name)
        yield name, one.assign(orphan=one["orphan"].sum("sector"))


def _rows(name: str, one: xr.Dataset, names: pd.Series, households: bool) -> pd.DataFrame:
    codes, counted = one["region"].values.astype(str), one["household"].values * float(households)
    return pd.DataFrame(
        {
            "stressor": name,
            "unit": str(one["unit"].values),
            "region": codes,
            "name": names.reindex(codes).to_numpy(),
            "pba": one["pba"].values + counted,
            "cba": one["cba"].sum("category").values + counted,
            **{account: one[account].values for account in ACCOUNTS},
            **{known: one[known].values.astype(str) for known in KNOWN},
        }
    )
