"""Where a footprint is emitted: in the consuming city itself, in another city of its province, or
in another province (R12).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError
from ..base.units import TONNES_PER_MT

SCOPES = ("same_city", "same_province", "other_province")


def scope_masks(
    origins: Sequence[str], destinations: Sequence[str], province: Mapping[str, str]
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
    owner = [np.array([province[name] for name in side], dtype=object) for side in codes]
    same, inside = codes[0][:, None] == codes[1][None], owner[0][:, None] == owner[1][None]
    return dict(zip(SCOPES, (same, inside & ~same, ~inside), strict=True))


def intercity(result: xr.Dataset, regions: pd.DataFrame) -> pd.DataFrame:
    """Consumption-based emissions by where they were emitted (intercity.csv): component, mt, share
    of the total.

    Components: :data:`SCOPES`. `result` holds ``flows`` (origin, destination), t; `regions` region
    and province.
    """
    province = dict(
        zip(regions["region"].astype(str), regions["province"].astype(str), strict=True)
    )
    flows = result["flows"]
    masks = scope_masks(flows["origin"].values, flows["destination"].values, province)
    parts = [
        flows.where(xr.DataArray(mask, dims=("origin", "destination")), 0.0).sum("origin").sum()
        for mask in masks.values()
    ]
    amounts = np.array([float(part) for part in parts]) / TONNES_PER_MT
    return pd.DataFrame({"component": list(masks), "mt": amounts, "share": amounts / amounts.sum()})
