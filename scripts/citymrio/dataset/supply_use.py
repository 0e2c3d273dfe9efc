"""Symmetric input-output tables from supply and use tables: the four models of Eurostat (2008,
chapter 11).

With the supply table S (product, industry), output of products q = S 1 and of industries g = S'1,
use U (product, industry), final use Y (product, category) and value added W (item, industry):

    A  product by product, product technology        T = S^-1 q^   U T, W T, Y   (square)
    B  product by product, industry technology       T = g^-1 S'   U T, W T, Y
    C  industry by industry, fixed industry sales    T = g^ S^-1   T U, W, T Y   (square)
    D  industry by industry, fixed product sales     T = S' q^-1   T U, W, T Y

(^: on the diagonal. Cells of the square ones, A and C, may be negative.) Trade and the error
account are columns of final use. Rows and columns stay closed under each model.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from ..base.errors import DataError, warn
from ..base.labels import array

#: Model -> what it assumes.
MODELS = {
    "A": "product by product, product technology",
    "B": "product by product, industry technology",
    "C": "industry by industry, fixed industry sales structure",
    "D": "industry by industry, fixed product sales structure",
}
#: Condition of a supply table above which it has no inverse to speak of.
SINGULAR = 1e12
#: Negative cells that are round-off of the inverse, relative to output.
ROUND_OFF = 1e-12


@dataclass(frozen=True)
class SupplyUse:
    """Supply and use of a province, money in one unit.

    Attributes
    ----------
    supply
        Output at basic prices (product, industry).
    use
        Use of products by industries and categories (product, use).
    value_added
        (item, industry).
    accounts
        exports, imports, outflow, inflow, error by name, each (product,).
    categories
        Final-demand categories in order.
    where
        Place, for messages.
    """

    supply: xr.DataArray
    use: xr.DataArray
    value_added: xr.DataArray
    accounts: dict[str, xr.DataArray]
    categories: list[str]
    where: str


def transformation(supply: xr.DataArray, model: str, where: str = "supply table") -> xr.DataArray:
    """The matrix T of a model: (industry, product).

    In models C and D, a product that is not made here (bought from elsewhere only) belongs to the
    industry of its code, in model D without one to all industries as their outputs do (used goods,
    imports that compete with nothing); in A and C, an industry and a product of one code without
    output stand for each other.

    Raises
    ------
    DataError
        The table is not square or has no inverse (A, C).
    """
    s = supply.transpose("product", "industry")
    values = s.values.astype(float)
    products, industries = [*map(str, s["product"].values)], [*map(str, s["industry"].values)]
    q, g = values.sum(axis=1), values.sum(axis=0)
    if model in "AC":
        inverse, idle = _inverse(values, products, industries, model, where)
        matrix = inverse * (q[None, :] if model == "A" else g[:, None])
        # bought elsewhere only: its use belongs to the industry of its code
        for k, j in idle if model == "C" else ():
            matrix[j, k] = 1.0
    elif model == "B":
        matrix = np.divide(values.T, g[:, None], out=np.zeros_like(values.T), where=g[:, None] != 0)
    else:
        matrix = np.divide(values.T, q[None, :], out=np.zeros_like(values.T), where=q[None, :] != 0)
        nobody = [k for k in np.flatnonzero(q == 0).tolist() if products[k] not in industries]
        for k in np.flatnonzero(q == 0).tolist():
            if k in nobody:
                matrix[:, k] = g / g.sum()
            else:
                matrix[industries.index(products[k]), k] = 1.0
        if nobody:
            warn(
                where=where,
                what="products that nobody makes and no industry has the code of",
                value=", ".join(products[k] for k in nobody),
                expectation="products that are made here, or the code of an industry",
                effect="Their use, which imports and sales of used goods outweigh, goes to all "
                "industries as their outputs do: no output changes.",
            )
    return xr.DataArray(
        matrix, {"industry": industries, "product": products}, ("industry", "product")
    )


def _inverse(
    values: np.ndarray, products: list[str], industries: list[str], model: str, where: str
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """The inverse of a square supply table (industry, product), and pairs (product, industry) of
    one code without output.
    """
    if len(products) != len(industries):
        raise DataError(
            f"{len(products)} products and {len(industries)} industries; model {model} expects "
            "as many of both",
            where=where,
            fix="choose model B or D, which need no square table.",
        )
    filled, idle = values.copy(), []
    for k in np.flatnonzero(values.sum(axis=1) == 0).tolist():
        j = industries.index(products[k]) if products[k] in industries else -1
        if j >= 0 and (values[:, j] == 0).all():
            filled[k, j] = 1.0
            idle.append((k, j))
    if (
        not (filled.any(axis=0).all() and filled.any(axis=1).all())
        or np.linalg.cond(filled) > SINGULAR
    ):
        raise DataError(
            f"the supply table has no inverse, which model {model} needs (two industries that "
            "make the same mix, or one nothing)",
            where=where,
            fix="choose model B or D.",
        )
    return np.linalg.inv(filled), idle


def symmetric(tables: SupplyUse, model: str) -> xr.Dataset:
    """The symmetric table in the form of docs/contracts.md (provinces/<p>.nc): sectors are products
    (A, B) or industries (C, D).

    Raises
    ------
    DataError
        `transformation` is not possible, or models A and C give negative use: the first cell and
        their number.
    """
    unit = str(tables.use.attrs["units"])
    t = transformation(tables.supply, model, tables.where)
    industries = [*map(str, tables.supply["industry"].values)]
    inputs = tables.use.sel(use=industries).rename(use="industry")
    final, added, accounts = (
        tables.use.sel(use=tables.categories),
        tables.value_added,
        tables.accounts,
    )
    if model in "AB":
        side, other = "product", "industry"
        between, added = inputs.rename(product="row") @ t, added @ t
    else:
        side, other = "industry", "product"
        between, final = t.rename(industry="row") @ inputs, t @ final
        accounts = {name: t @ values for name, values in accounts.items()}
    sectors, z = [*map(str, tables.supply[side].values)], between.transpose("row", side).values
    output = tables.supply.sum(other).values
    if model in "AC":
        z = _without_negatives(z, inputs.values, output, sectors, model, tables.where)
    use = np.concatenate([z, final.transpose(side, "use").values], axis=1)
    data = {
        "total_use": array(use, ("sector", "use"), unit, "total use"),
        "value_added": array(
            added.transpose("item", side).values, ("item", "sector"), unit, "value added"
        ),
        "output": array(output, ("sector",), unit, "output"),
        **{
            name: array(values.values, ("sector",), unit, name) for name, values in accounts.items()
        },
    }
    return xr.Dataset(
        data,
        coords={
            "sector": sectors,
            "use": [*sectors, *tables.categories],
            "item": tables.value_added["item"].values,
        },
    )


def _without_negatives(
    z: np.ndarray, given: np.ndarray, output: np.ndarray, sectors: list[str], model: str, where: str
) -> np.ndarray:
    """Intermediate use of models A and C as it is, with exact zeros for round-off.

    Raises
    ------
    DataError
        A cell is negative: what an assumption cannot explain is never clipped.
    """
    scale = np.maximum(np.abs(output)[None, :], np.abs(given).max())
    z = np.where(np.abs(z) <= ROUND_OFF * scale, 0.0, z)
    bad = np.argwhere(z < 0)
    if len(bad):
        i, j = min(bad.tolist(), key=lambda cell: z[cell[0], cell[1]])
        raise DataError(
            f"model {model} ({MODELS[model]}) gives {len(bad)} negative cells, the largest "
            f"{z[i, j]:.6g}: {sectors[i]} used by "
            f"{sectors[j]}",
            where=where,
            fix=f"choose model {'B' if model == 'A' else 'D'}, which gives none, or correct "
            "secondary output in the supply.",
        )
    return z
