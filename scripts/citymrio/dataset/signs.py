"""Final demand below 0 (sales of used goods and scrap, returns): stock changes, whose cells keep
their sign, carry it through every estimate.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ..base.errors import raise_faults, warn
from ..base.labels import array
from ..base.money import unit_in
from ..base.vocabulary import CARRIED
from .sums import cell_faults


def signs_in_stocks(mrio: xr.Dataset, stocks: Sequence[str], where: str) -> xr.Dataset:
    """A provincial MRIO (docs/contracts.md, provinces/mrio.nc) with final demand below 0 in the
    category of stock changes, as in tables of provinces (:func:`.io_tables.with_signs_in_stocks`);
    the nested table adds own products back.

    Raises
    ------
    DataError
        There is such demand, and not one category of `stocks` to carry it.
    """
    axes = [(str(dim), [*map(str, mrio[dim].values)]) for dim in mrio["table"].dims]
    (_, origins), (_, sectors), _, (_, uses) = axes
    categories = uses[len(sectors) :]
    carries = np.isin(categories, stocks)
    below = np.where(carries, 0.0, np.minimum(mrio["table"].values[..., len(sectors) :], 0.0))
    if not below.any():
        return mrio
    if carries.sum() != 1:
        expected = "at least 0, or one category of stock changes to carry it"
        fix = "give one category the role stock_changes, or correct the table."
        axes[-1] = ("use", categories)
        faults = cell_faults("final demand", axes, below, below < 0, expected, where, fix)
        raise_faults([*faults])
    moved = np.zeros(mrio["table"].shape)
    moved[..., len(sectors) :] = below - carries * below.sum(axis=-1, keepdims=True)
    own = np.diagonal(moved, axis1=0, axis2=2).transpose(2, 0, 1)
    o, i, _, c = np.unravel_index(int(np.argmin(below)), below.shape)
    largest = f"{sectors[i]} of {origins[o]} in {categories[c]}"
    elsewhere = below.sum() - own[..., len(sectors) :][..., ~carries].sum()
    warn_of_signs(below, elsewhere, largest, categories[int(np.argmax(carries))], where)
    carried = array(own, ("province", "sector", "use"), unit_in(mrio), "what stock changes carry")
    return mrio.assign({"table": mrio["table"] - moved, CARRIED: carried})


def warn_of_signs(
    below: np.ndarray, elsewhere: float, largest: str, stock: str, where: str
) -> None:
    """Say which final demand below 0 stock changes carry; `elsewhere` is what stays there."""
    stays = f"; {elsewhere:.6g} of products from elsewhere" if elsewhere else ""
    warn(
        where=where,
        what="final demand below 0",
        value=f"{np.count_nonzero(below)} cells, {below.sum():.6g} in sum; the largest: "
        f"{below.min():.6g} of {largest}{stays}",
        expectation=f"cells of at least 0 in all categories but {stock}",
        effect=f"They are carried in {stock} through the estimate. In the nested table and its "
        "footprints they stand in their own category again, but for products from elsewhere.",
    )
