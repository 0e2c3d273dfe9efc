"""Footprints on the nested table: production- and consumption-based accounts, flows of carbon and
value added.

    G^{rs} = sum_i e_i^r [(I - A)^-1 F^s]_i^r ,   CBA^s = sum_r G^{rs} ,
    PBA^r = sum_s G^{rs} + EXP^r + ERR^r + orphan^r

with F^s the domestic final use of region s, stock changes included; exports and the statistical
error are consumers outside the regions, so sum PBA = sum CBA + sum EXP + sum ERR + sum orphan.
A footprint is emitted in the consuming city itself, in another city of its province, or in another
province (R12). Source: Miller and Blair (2009), chapters 2 and 13; method.md 9.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from ..base.concordance import classification_attribute, mark_classification
from ..base.errors import DataError
from ..base.labels import EMISSIONS, array, refuse_nan, values_of
from ..base.money import unit_in
from ..base.threads import one_blas_thread
from ..base.units import TONNES_PER_MT
from ..config.models import Emissions
from ..nested import NestedMRIO
from ..nested.flows import Flows, in_blocks, trace_blocks

SCOPES = ("same_city", "same_province", "other_province")


def scope_masks(
    origins: Sequence[str] | np.ndarray,
    destinations: Sequence[str] | np.ndarray,
    province: Mapping[str, str],
) -> dict[str, np.ndarray]:
    """Scope -> which pairs (origins, destinations) belong to it, bool; every pair belongs to
    exactly one.

    Parameters
    ----------
    origins, destinations
        Codes of regions.
    province
        Region -> province.

    Raises
    ------
    DataError
        A region without a province.
    """
    codes = [np.asarray(side).astype(str) for side in (origins, destinations)]
    unknown = [
        name for name in dict.fromkeys(np.concatenate(codes).tolist()) if name not in province
    ]
    if unknown:
        raise DataError(
            f"regions without a province: {unknown[:5]}",
            where="regions.csv",
            fix="give every region of the table a row.",
        )
    owner = [[province[name] for name in side.tolist()] for side in codes]
    numbers = [pd.factorize(np.concatenate(sides))[0] for sides in (codes, owner)]
    same, inside = (
        number[: len(codes[0]), None] == number[None, len(codes[0]) :] for number in numbers
    )
    return dict(zip(SCOPES, (same, inside & ~same, ~inside), strict=True))


def intercity(result: xr.Dataset, regions: pd.DataFrame) -> pd.DataFrame:
    """Consumption-based emissions by where they were emitted (intercity.csv): component, mt, share
    of the total.

    Components: :data:`SCOPES`. `result` holds the flows (footprints.nc); `regions` region and
    province.
    """
    province = dict(
        zip(regions["region"].astype(str), regions["province"].astype(str), strict=True)
    )
    codes = result["origin"].values
    amounts = np.zeros(len(SCOPES))
    for index, values in Flows.of(result).into():
        masks = scope_masks(codes, codes[index], province).values()
        amounts += [np.where(mask, values, 0.0).sum(axis=0).sum() for mask in masks]
    amounts /= TONNES_PER_MT
    return pd.DataFrame({"component": SCOPES, "mt": amounts, "share": amounts / amounts.sum()})


@one_blas_thread
def footprints(
    nested: NestedMRIO,
    inventory: xr.Dataset,
    config: Emissions | None = None,
    keep_category: bool = True,
) -> xr.Dataset:
    """All footprints of a run (footprints.nc of docs/contracts.md).

    Parameters
    ----------
    nested
        The nested table.
    inventory
        ``emissions`` and ``orphan`` (region, sector), ``household_emissions`` (region), in t, or in
        the unit that ``emissions`` has.
    config
        Whether households' direct emissions count in ``pba_total`` and ``cba_total`` (both sides
        alike); ``pba`` and ``cba`` never contain them.
    keep_category
        Whether flows are found by category as well (``flows_category``): columns of every category
        instead of one a region.

    Returns
    -------
    xarray.Dataset
        ``pba``, ``exports``, ``error``, ``orphan``, ``household``, ``pba_total``, ``cba_total``
        (region), ``cba``, ``final_demand``, ``final_demand_total`` (region, category),
        ``multiplier``, ``value_added``, ``output`` (region, sector), ``flows`` and ``va_flows``
        (origin, destination), ``flows_category`` (origin, destination, category); of many regions
        the same by block (:func:`..nested.flows.trace_blocks`). Attribute ``residual``: the
        largest relative residual of the solves behind it.

    Raises
    ------
    DataError
        Values that are not finite, unknown regions, or emissions in a sector without output outside
        the orphan account.
    """
    config = config or Emissions()
    refuse_nan(inventory, "footprint/emissions.nc")
    emissions = nested.align(inventory["emissions"], "emissions")
    units = emissions.attrs["units"] = inventory["emissions"].attrs.get("units", EMISSIONS)
    orphan = nested.align(inventory["orphan"], "orphan").sum("sector").values
    household = nested.align(
        inventory["household_emissions"], "household_emissions", ("region",)
    ).values
    value_added = nested.dataset["value_added"]
    unit = unit_in(nested.dataset)
    traced = _by_block if in_blocks(nested) else partial(_whole, keep_category=keep_category)
    carbon, flows = traced(nested, emissions, value_added, unit)
    cba = carbon["cba"]
    pba = emissions.sum("sector").values + orphan
    domestic = nested.demand_array_transposed(np.ones((*emissions.shape, 1)))[:, :, 0]
    imported = nested.dataset["imports"].sel(use=nested.categories).values
    region = ("region",)
    data = {
        "pba": array(pba, region, units, "production-based emissions, orphan emissions included"),
        "cba": array(
            cba,
            ("region", "category"),
            units,
            "consumption-based emissions by final-demand category",
        ),
        "exports": array(
            carbon["exports"],
            region,
            units,
            "emissions of the region embodied in exports abroad",
        ),
        "error": array(
            carbon["error"],
            region,
            units,
            "emissions of the region embodied in the error column",
        ),
        "orphan": array(orphan, region, units, "emissions of sectors without output"),
        "household": array(household, region, units, "households' direct emissions"),
        "pba_total": array(
            pba, region, units, "headline PBA, households as the configuration says"
        ),
        "cba_total": array(
            cba.sum(axis=1), region, units, "headline CBA, households as the configuration says"
        ),
        **flows.variables,
        "multiplier": array(
            carbon["multiplier"],
            ("region", "sector"),
            f"{units} per {unit}",
            "carbon multiplier",
        ),
        "final_demand": array(
            domestic, ("region", "category"), unit, "final use of domestic products"
        ),
        "final_demand_total": array(
            domestic + imported, ("region", "category"), unit, "final use, imports included"
        ),
        "value_added": array(value_added.values, ("region", "sector"), unit, "value added"),
        "output": array(nested.dataset["output"].values, ("region", "sector"), unit, "output"),
    }
    coords = {
        "region": nested.regions,
        "sector": nested.sectors,
        "category": nested.categories,
        "origin": nested.regions,
        "destination": nested.regions,
    }
    made = mark_classification(
        xr.Dataset(data, coords, flows.attrs), classification_attribute(nested.dataset)
    )
    return with_households(made, config.include_households)


def _whole(
    nested: NestedMRIO,
    emissions: xr.DataArray,
    value_added: xr.DataArray,
    unit: str,
    *,
    keep_category: bool,
) -> tuple[dict[str, np.ndarray], xr.Dataset]:
    """What emissions are embodied in (`cba`, `exports`, `error`, `multiplier`), and the flows of
    all pairs of regions.
    """
    carbon, money = nested.traces([(emissions, keep_category), (value_added, False)])
    found = {name: carbon[name].values for name in ("exports", "error", "multiplier")}
    pair, by_category = ("origin", "destination"), {}
    if keep_category:
        flows = carbon["flows_category"]
        by_category["flows_category"] = flows.variable
        found["cba"] = flows.sum("origin").transpose("destination", "category").values
        flows = flows.sum("category")
    else:
        flows = carbon["flows"]
        found["cba"] = nested.product_footprints(carbon["multiplier"]).sum("sector").values
    data = {
        "flows": array(
            flows.values, pair, emissions.attrs["units"], "emissions by emitter and consumer"
        ),
        **by_category,
        "va_flows": array(money["flows"].values, pair, unit, "value added by earner and consumer"),
    }
    residual = max(carbon.attrs["residual"], money.attrs["residual"])
    return found, xr.Dataset(data, attrs={"residual": residual})


def _by_block(
    nested: NestedMRIO, emissions: xr.DataArray, value_added: xr.DataArray, unit: str
) -> tuple[dict[str, np.ndarray], xr.Dataset]:
    """The same of many regions: flows by block, footprints by the adjoint route."""
    value_added = value_added.assign_attrs(units=unit)
    flows, leaving = trace_blocks(nested, {"flows": emissions, "va_flows": value_added})
    multiplier = nested.multipliers(emissions)
    found = dict(zip(("exports", "error"), leaving[0], strict=True))
    found["multiplier"] = multiplier.values
    found["cba"] = nested.product_footprints(multiplier).sum("sector").values
    residual = max(part.attrs["residual"] for part in (flows, multiplier))
    return found, flows.assign_attrs(residual=residual)


def with_households(result: xr.Dataset, include: bool) -> xr.Dataset:
    """The same footprints with households' direct emissions in ``pba_total`` and ``cba_total``, or
    in neither.
    """
    counted = result["household"].values * float(include)
    totals = {"pba_total": result["pba"].values, "cba_total": result["cba"].values.sum(axis=1)}
    changed = {name: result[name].copy(data=values + counted) for name, values in totals.items()}
    return result.assign(changed).assign_attrs(include_households=int(include))


@one_blas_thread
def cba_with(
    nested: NestedMRIO,
    *,
    intensity: xr.DataArray | None = None,
    multiplier: xr.DataArray | None = None,
    weights: xr.DataArray | None = None,
) -> xr.DataArray:
    """CBA (region, category[, more]) with changed intensities or changed final demand; nothing is
    factorised anew.

    Parameters
    ----------
    intensity, multiplier
        Emissions per unit of output (region, sector[, more]), or the multiplier of a run
        (footprints.nc). Give one of them.
    weights
        Factor on the final demand of a region's category (region, category), the product mix
        unchanged; see :func:`shift_weights` and :func:`cut_weights`.

    Notes
    -----
    CBA^s_k = g_k^s sum_i sum_r m_i^r F_ik^{rs}. With unchanged intensities `weights` act on the
    flows alike: ``flows_category * weights.rename(region="destination")`` are the flows of the
    scenario.
    """
    if (intensity is None) == (multiplier is None):
        raise ValueError("give either intensity or multiplier")
    prices = nested.multipliers(intensity=intensity) if multiplier is None else multiplier
    prices = nested.align(prices, "multiplier")
    shape, more = (nested.regions.size, nested.sectors.size, -1), prices.shape[2:]
    values = nested.demand_array_transposed(prices.values.reshape(shape))
    labels = {"region": nested.regions, "category": nested.categories}
    result = xr.DataArray(
        values.reshape(*values.shape[:2], *more), labels, (*labels, *prices.dims[2:])
    )
    if weights is not None:
        result = result * nested.align(weights, "weights", ("region", "category"))
    units = str(prices.attrs.get("units", ""))  # of the stressor, or of a multiplier of it
    result.attrs["units"] = units.removesuffix(f" per {unit_in(nested.dataset)}")
    return result


def shift_weights(
    final_demand: xr.DataArray, amount: xr.DataArray, source: Sequence[str], target: Sequence[str]
) -> xr.DataArray:
    """Weights (region, category) that move `amount` (region) of money from `source` to `target`
    categories, total unchanged.

    Within each group money moves in proportion, so every category keeps its product mix.
    `final_demand` (region, category) is the table the amount refers to (``final_demand_total``,
    imports included).

    Raises
    ------
    DataError
        An amount that exceeds the source, or a target without any demand to take the mix from.
    """
    weights = cut_weights(final_demand, amount, source)
    moved, base, gaining = _spent(final_demand, amount, target)
    lacking = (moved != 0) & (base <= 0)
    if lacking.any():
        where = f"region {str(final_demand['region'].values[int(np.argmax(lacking))])}"
        raise DataError(
            f"nothing is spent on {', '.join(target)}, so there is no product mix to shift to",
            where=where,
            fix="name other categories.",
        )
    gain = (moved / np.where(base > 0, base, 1.0))[:, None] * gaining
    return weights.copy(data=weights.values + gain)


def cut_weights(
    final_demand: xr.DataArray, amount: xr.DataArray, source: Sequence[str]
) -> xr.DataArray:
    """Weights (region, category) that remove `amount` (region) of money from the `source`
    categories in proportion.
    """
    taken, base, losing = _spent(final_demand, amount, source)
    wrong = ~((taken >= 0) & (taken <= base))
    if wrong.any():
        k = int(np.argmax(wrong))
        raise DataError(
            f"cannot take {float(taken[k]):.6g} from {', '.join(source)} of {float(base[k]):.6g}",
            where=f"region {str(final_demand['region'].values[k])}",
            fix="take at least 0 and at most what is spent.",
        )
    loss = (taken / np.where(base > 0, base, 1.0))[:, None] * losing
    labels = {dim: final_demand[dim].values for dim in ("region", "category")}
    return xr.DataArray(1.0 - loss, labels, (*labels,))


def _spent(
    final_demand: xr.DataArray, amount: xr.DataArray, chosen: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of every region the amount and what is spent on the chosen categories; of every category
    whether it is one of them.
    """
    codes, names = (final_demand[dim].values.tolist() for dim in ("region", "category"))
    known = dict(zip(amount["region"].values.tolist(), amount.values.tolist(), strict=True))
    mine = np.isin(names, [*chosen])
    spent = values_of(final_demand, region=codes, category=names)[:, mine].sum(axis=1)
    return np.array([known.get(code, np.nan) for code in codes]), spent, mine
