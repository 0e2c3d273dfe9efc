"""Imports of cities by the column that uses them (method 1d, mode B), and what observed imports
change.
"""

import numpy as np

from ..base import roundoff
from ..base.errors import DataError
from ..base.tolerances import SOLVED
from ..entropy import capped_proportional
from .observations import Datum
from .province import Province, Step, gave_way
from .totals import Account, levelled, report_data, solve_account


def industry_imports(
    province: Province, output: np.ndarray, value_added: np.ndarray, step: Step
) -> np.ndarray:
    """Imports of each industry (region, sector): in proportion to its output (method 1d, mode B).

    Where they give way, an industry imports at most what value added leaves of its output, less
    `va_delta` of the province's share of domestic inputs; the other cities import the rest.
    """
    result = output * province.import_share
    if province.gives_way and not province.by_product:
        total = output.sum(axis=0)
        left = np.divide(value_added.sum(axis=0), total, out=np.ones_like(total), where=total > 0)
        least = step.config.va_delta * np.maximum(1 - province.import_share - left, 0.0)
        most = np.maximum(output * (1 - least) - value_added, 0.0)
        for j in np.flatnonzero((result > most * (1 + SOLVED)).any(axis=0)):
            amount = min(float(result[:, j].sum()), float(most[:, j].sum()))
            moved, _, _ = capped_proportional(result[:, j], amount, most[:, j])
            gave_way(step, "modelled imports", result[:, j], moved, province.names[j])
            result[:, j] = moved
    return result


def import_rows(
    province: Province, by_industry: np.ndarray, final: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Imports of each column (region, use): of industries as given, others in proportion to the
    column; of stock changes by size.

    Parameters
    ----------
    by_industry
        Of :func:`industry_imports`.
    final
        Final demand (region, sector, category).
    size
        Share of each city in the province's output (region,).
    """
    row = province.block.imports
    result = np.zeros((len(by_industry), len(province.uses)))
    result[:, province.industry] = by_industry
    use = final.sum(axis=1)
    for position, k in enumerate(province.final):
        column = use[:, position]
        result[:, k] = row[k] * (column / column.sum() if column.sum() > 0 else size)
    for k in province.stocks:
        result[:, k] = row[k] * size
    return result


def product_mix(
    import_table: np.ndarray | None, data: list[Datum], width: int, place: str
) -> list[Datum]:
    """Data on imported products as data on columns: a column imports the mix of products that it
    imports in its province.

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
            f"imports of {partial[0].name} are observed, but the provincial MRIO has no imports "
            "by product",
            where=place,
            fix="give imports of all sectors together (leave column 'sectors' blank).",
        )
    result = []
    for datum in data:
        if import_table is None or datum.weights.all():
            weights = np.ones(width)
        else:
            total = import_table.sum(axis=0)
            part = datum.weights @ import_table
            weights = np.divide(part, total, out=np.zeros(width), where=total != 0)
        result.append(datum._replace(weights=weights))
    return result


def observed_imports(
    province: Province,
    step: Step,
    prior: np.ndarray,
    data: list[Datum],
    output: np.ndarray,
    value_added: np.ndarray,
    size: np.ndarray,
) -> np.ndarray:
    """Imports (region, use) that meet what is observed of cities; those of stock changes stay as
    they are.

    An industry imports at most what value added leaves of its output, less `va_delta` of its share
    of domestic inputs, so that its column can still be filled.
    """
    row, industry, keep = province.block.imports, province.industry, province.kept
    total = output.sum(axis=0)
    left = np.divide(
        total - value_added.sum(axis=0) - row[industry],
        total,
        out=np.zeros_like(total),
        where=total > 0,
    )
    cap = np.full(prior.shape, np.inf)
    cap[:, industry] = output - value_added - step.config.va_delta * np.maximum(left, 0.0) * output
    # every city could be at its prior: round-off of value added must not put a cap below it
    cap[:, industry] = np.maximum(cap[:, industry], prior[:, industry])
    stored = row[province.stocks]
    goal = [
        d.less(size[d.city] * float(stored @ d.weights[province.stocks]))._replace(
            weights=d.weights[keep]
        )
        for d in data
    ]
    result, columns = prior.copy(), [province.uses[k] for k in keep]
    known = levelled(step, "imports", prior[:, keep], row[keep], goal)
    account = Account(
        "imports",
        prior[:, keep],
        row[keep],
        known,
        columns,
        cap=np.minimum(cap[:, keep], row[keep]),
    )
    result[:, keep] = solve_account(step, account)
    report_data(step, account, result[:, keep])
    return result


def bought(
    province: Province, output: np.ndarray, value_added: np.ndarray, by_industry: np.ndarray
) -> np.ndarray:
    """Intermediate demand (region, sector) that adds up to what the city's industries buy, x - v -
    imp, in the province's mix.

    Step 4 keeps these sums: demand by provincial technology alone leaves what value added changes
    of them to final demand.
    """
    left = roundoff.difference(
        output - value_added - (0.0 if province.by_product else by_industry), output
    )
    cells = province.domestic[:, province.industry]
    total = cells.sum(axis=0)
    return (
        np.where(left > 0, left, 0.0)
        @ np.divide(cells, total, out=np.zeros_like(cells), where=total > 0).T
    )


def bought_at_home(
    province: Province,
    intermediate: np.ndarray,
    usual: np.ndarray,
    imports: np.ndarray,
    output: np.ndarray,
    value_added: np.ndarray,
) -> np.ndarray:
    """Intermediate demand for domestic products (region, sector) of cities that import more, or
    less, than `usual` (region, use).

    An industry's domestic inputs shrink with what value added and imports leave, g_j^r = (x - v -
    imp) / (x - v - imp0); the demand for a product moves with them and keeps its sum over the
    cities.
    """
    before = output - value_added - usual[:, province.industry]
    after = output - value_added - imports[:, province.industry]
    factor = np.divide(after, before, out=np.ones_like(before), where=before > 0)
    coefficients = province.coefficients
    plain, now = output @ coefficients.T, (output * factor) @ coefficients.T
    moved = intermediate * np.divide(now, plain, out=np.ones_like(plain), where=plain > 0)
    total, reached = intermediate.sum(axis=0), moved.sum(axis=0)
    return moved * np.divide(total, reached, out=np.ones_like(reached), where=reached > 0)
