"""Final demand that is observed of cities, of any products and categories: it scales step 2b (method 2b)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .observations import Datum
from .province import Province, Step
from .totals import Account, levelled


def final_demand_account(province: Province, prior: np.ndarray, data: Sequence[Datum], step: Step) -> Account:
    """Final demand of cities (region, product x category): the rule's, and what is observed (soft).

    What is observed holds imports; they leave in the province's proportions of product and category (of the category, where its
    imports are not known by product), unless the prior contains them (mode `by_product`).

    Parameters
    ----------
    prior
        f0, shape (region, sector, category), without stock changes.
    """
    flat = prior.reshape(len(prior), -1)
    totals = flat.sum(axis=0)
    domestic, table = prior.sum(axis=0), province.block.import_table
    if province.by_product:
        imported = np.zeros_like(domestic)
    elif table is not None:
        imported = table[:, province.final]
    else:
        whole = domestic.sum(axis=0)
        share = np.divide(province.block.imports[province.final], whole, out=np.zeros_like(whole), where=whole > 0)
        imported = domestic * share
    used_in_all = (domestic + imported).ravel()
    known = []
    for datum in data:
        home, used = float(totals @ datum.weights), float(used_in_all @ datum.weights)
        known.append(datum._replace(value=datum.value * (home / used if used > 0 else 1.0)))
    categories = [str(province.uses[k]) for k in province.final]
    columns = [f"{category} of product {name}" for name in province.names for category in categories]
    return Account("final demand", flat, totals, levelled(step, "final demand", flat, totals, known), columns, exact=False)


def told(account: Account, shape: tuple[int, ...]) -> np.ndarray:
    """Where something is observed of a city's category (region, category)."""
    result = np.zeros((shape[0], shape[2]), bool)
    for datum in account.data:
        result[datum.city] |= (datum.weights.reshape(shape[1:]) > 0).any(axis=0)
    return result
