"""Where a footprint is emitted: in the consuming city itself, in another city of its province, or
in another province (R12).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError
from ..base.units import TONNES_PER_MT
from ..nested.flows import Flows

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
