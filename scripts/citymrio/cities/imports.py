"""Imports of cities by the column that uses them (method 1d, mode B), and what observed imports change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..base.errors import DataError
from ..config.models import Cities
from .totals import Total


def import_rows(row, output, total, prior, uses, names, category, inventory, final, size, import_share) -> np.ndarray:
    """Imports of each column (region, use): in proportion to the column (method 1d, mode B); inventories by size."""
    result = np.zeros((output.shape[0], len(uses)))
    result[:, uses.get_indexer(names)] = output * import_share
    use = prior.sum(axis=1)
    for position, k in enumerate(final):
        column = use[:, position]
        result[:, k] = row[k] * (column / column.sum() if column.sum() > 0 else size)
    for k in uses.get_indexer(inventory):
        result[:, k] = row[k] * size
    return result


def product_mix(import_table: np.ndarray | None, data: list[Total], sectors: list[str], width: int, place: str) -> list[Total]:
    """Data on imported products as data on columns: a column imports the mix of products that it imports in its province.

    Parameters
    ----------
    import_table
        Imports of the province (sector, use); needed unless every datum is on all sectors.
    width
        Number of uses.

    Raises
    ------
    DataError
        Imports of some products are observed, and the province's imports are known by column only.
    """
    partial = [datum for datum in data if not datum.weights.all()]
    if partial and import_table is None:
        raise DataError(
            f"imports of {partial[0].name} are observed, but the provincial MRIO has no imports by product",
            where=place,
            fix="give imports of all sectors together (leave column 'sectors' blank).",
        )
    result = []
    for datum in data:
        if datum.weights.all():
            weights = np.ones(width)
        else:
            total = import_table.sum(axis=0)
            part = datum.weights @ import_table
            weights = np.divide(part, total, out=np.zeros(width), where=total != 0)
        result.append(replace(datum, weights=weights))
    return result


def observed_imports(
    prior: np.ndarray,
    row: np.ndarray,
    data: list[Total],
    output: np.ndarray,
    value_added: np.ndarray,
    industry: np.ndarray,
    inventory: np.ndarray,
    size: np.ndarray,
    uses: list[str],
    config: Cities,
    meet: Callable,
) -> np.ndarray:
    """Imports (region, use) that meet what is observed of cities; inventories stay as they are.

    An industry imports at most what value added leaves of its output, less `va_delta` of its share of domestic inputs, so that
    its column can still be filled.
    """
    keep = np.setdiff1d(np.arange(prior.shape[1]), inventory)
    total = output.sum(axis=0)
    left = np.divide(total - value_added.sum(axis=0) - row[industry], total, out=np.zeros_like(total), where=total > 0)
    cap = np.full(prior.shape, np.inf)
    cap[:, industry] = output - value_added - config.va_delta * np.maximum(left, 0.0) * output
    # every city could be at its prior: round-off of value added must not put a cap below it
    cap[:, industry] = np.maximum(cap[:, industry], prior[:, industry])
    stored = row[inventory]
    data = [
        replace(d, weights=d.weights[keep], value=d.value - size[d.city] * float(stored @ d.weights[inventory])) for d in data
    ]
    result = prior.copy()
    result[:, keep] = meet(
        prior[:, keep], row[keep], data, what="imports", columns=[uses[k] for k in keep], cap=np.minimum(cap[:, keep], row[keep])
    )
    return result


def bought_at_home(
    intermediate: np.ndarray,
    imports: np.ndarray,
    output: np.ndarray,
    value_added: np.ndarray,
    coefficients: np.ndarray,
    import_share: np.ndarray,
    industry: np.ndarray,
) -> np.ndarray:
    """Intermediate demand for domestic products (region, sector) of cities that import more, or less, than their province.

    An industry's domestic inputs shrink with what value added and imports leave, g_j^r = (x - v - imp) / (x - v - imp0); the
    demand for a product moves with them and keeps its sum over the cities.
    """
    before = output - value_added - output * import_share
    after = output - value_added - imports[:, industry]
    factor = np.divide(after, before, out=np.ones_like(before), where=before > 0)
    usual, now = output @ coefficients.T, (output * factor) @ coefficients.T
    moved = intermediate * np.divide(now, usual, out=np.ones_like(usual), where=usual > 0)
    total, reached = intermediate.sum(axis=0), moved.sum(axis=0)
    return moved * np.divide(total, reached, out=np.ones_like(reached), where=reached > 0)
