"""Tables of the cities by simple rules of the literature, as arrays Z and F of the whole system.

A city's use of a product is the province's technology times its output (final demand: the province's ratio rule). Rules differ in
the share g of what the province supplies itself that comes from the city itself; the rest of it comes from the other cities in
proportion to their supply; what the province takes from outside is the same share everywhere:

    no_intra_trade  g = 1                          parent  the cities are one pool: g = the city's part of the province's supply
    slq             g = min(1, SLQ_i)              cilq    g = min(1, SLQ_i / SLQ_j), SLQ_i on the diagonal and for final demand
    flq             g = min(1, CILQ_ij [log2(1 + x^s / x)]^0.25)                    (Flegg and Webber 1997; Flegg and Tohmo 2013)
    ras             the pool, with the table of each city brought to its true input and row totals by RAS (told more than others)

SLQ_i = (x_i^s / x^s) / (x_i / x) (Miller and Blair 2009, chapter 8). Rows need not balance: such rules do not promise it.
"""

from __future__ import annotations

import numpy as np

from ...base.tolerances import TINY
from .table import KnownTable

BASELINES = ("no_intra_trade", "parent", "slq", "cilq", "flq", "ras")
FLQ_DELTA = 0.25


def simple_table(table: KnownTable, rule: str) -> tuple[np.ndarray, np.ndarray]:
    """Z (region, sector, region, sector) and F (region, sector, region, category) by one of the rules above."""
    cells = np.concatenate([table.z, table.f], axis=3)
    estimate = cells.copy()  # outside regions keep their table; rows and columns of cities are written over
    width = len(table.sectors)
    provinces = [np.flatnonzero(table.regions["province"].eq(p)) for p in dict.fromkeys(table.regions["province"])]
    inside = [members for members in provinces if table.is_city[members[0]]]
    use = {}
    for members in inside:
        for r, own in zip(members, _city_use(table, cells, members, rule), strict=True):
            use[int(r)] = own
    supply = {}
    for members in inside:
        sold = np.maximum(table.output[members] - table.exports[members] - table.error[members], 0.0)
        total = sold.sum(axis=0)
        supply[int(members[0])] = np.divide(sold, total, out=np.full_like(sold, 1 / len(members)), where=total > 0)
    for home in inside:
        block = cells[:, :, home].sum(axis=2)  # (origin region, i, c)
        total = block.sum(axis=0)
        own_share = supply[int(home[0])]
        for n, s in enumerate(home):
            column = use[int(s)]
            for origin in provinces:
                part = block[origin].sum(axis=0)
                share = np.divide(part, total, out=np.zeros_like(part), where=total != 0)
                if origin[0] == home[0]:
                    flows = _inside(table, home, n, own_share, share * column, rule, width)
                elif table.is_city[origin[0]]:
                    flows = supply[int(origin[0])][:, :, None] * (share * column)[None]
                else:
                    flows = (share * column)[None]
                estimate[origin, :, s] = flows
        for origin in provinces:
            if not table.is_city[origin[0]]:
                sold = cells[np.ix_(home, range(width), origin)].sum(axis=0)  # (i, one region, c)
                for n, r in enumerate(home):
                    estimate[r, :, origin[0]] = own_share[n][:, None] * sold[:, 0]
    return estimate[..., :width], estimate[..., width:]


def _city_use(table: KnownTable, cells: np.ndarray, members: np.ndarray, rule: str) -> np.ndarray:
    """Use of product i in column c of every city, all origins together, shape (city, i, c)."""
    width = len(table.sectors)
    total = cells[:, :, members].sum(axis=(0, 2))
    output = table.output[members]
    share = np.divide(output, output.sum(axis=0), out=np.zeros_like(output), where=output.sum(axis=0) > 0)
    industry = total[None, :, :width] * share[:, None, :]
    intermediate = industry.sum(axis=2)
    size = np.maximum(table.value_added[members].sum(axis=1), 0.0)
    whole = intermediate.sum(axis=0)
    ratio = np.where(whole > 0, intermediate / np.where(whole > 0, whole, 1.0), (size / size.sum())[:, None])
    final = ratio[:, :, None] * total[None, :, width:]
    stock = list(table.categories).index("inventory")
    made = np.where(output.sum(axis=0) > 0, share, (size / size.sum())[:, None])
    final[:, :, stock] = made * total[:, width + stock]
    if rule == "ras":
        true = cells[:, :, members].sum(axis=0).transpose(1, 0, 2)
        for n in range(len(members)):
            industry[n] = ras(industry[n], true[n, :, :width].sum(axis=1), true[n, :, :width].sum(axis=0))
            keep = [k for k in range(len(table.categories)) if k != stock]
            have, want = final[n][:, keep].sum(axis=1), true[n][:, width:][:, keep].sum(axis=1)
            final[n][:, keep] *= np.divide(want, have, out=np.zeros_like(have), where=have > 0)[:, None]
    return np.concatenate([industry, final], axis=2)


def ras(prior: np.ndarray, rows: np.ndarray, columns: np.ndarray, *, steps: int = 2000, tolerance: float = 1e-9) -> np.ndarray:
    """Biproportional scaling of a matrix to row and column sums (Stone 1961), as near as `steps` rounds come."""
    result = prior.copy()
    scale = max(rows.sum(), TINY)
    for _ in range(steps):
        have = result.sum(axis=1)
        result *= np.divide(rows, have, out=np.zeros_like(have), where=have > 0)[:, None]
        have = result.sum(axis=0)
        result *= np.divide(columns, have, out=np.zeros_like(have), where=have > 0)
        if np.abs(result.sum(axis=1) - rows).sum() <= tolerance * scale:
            break
    return result


def _inside(table, home, n, own_share, local, rule, width) -> np.ndarray:
    """Flows from the cities `home` to city n of what the province supplies itself, shape (city, i, c)."""
    g = _own_part(table, home, n, own_share, local.shape[1], rule, width)
    stock = width + list(table.categories).index("inventory")
    g[:, stock] = 1.0
    others = own_share.copy()
    others[n] = 0.0
    rest = others.sum(axis=0)
    spread = np.divide(others, rest, out=np.zeros_like(others), where=rest > 0)
    g = np.where((rest > 0)[:, None], g, 1.0)  # nobody else makes it
    flows = spread[:, :, None] * ((1 - g) * local)[None]
    flows[n] = g * local
    return flows


def _own_part(table, home, n, own_share, columns, rule, width) -> np.ndarray:
    if rule == "no_intra_trade":
        return np.ones((width, columns))
    if rule in ("parent", "ras"):
        return np.repeat(own_share[n][:, None], columns, axis=1)
    x, total = table.output[home[n]], table.output[home].sum(axis=0)
    size = x.sum() / total.sum()
    slq = np.where(total > 0, x / np.where(total > 0, total, 1.0), 0.0) / (size if size > 0 else 1.0)
    quotient = np.repeat(slq[:, None], columns, axis=1)
    if rule in ("cilq", "flq"):
        cross = np.where(slq[None] > 0, slq[:, None] / np.where(slq[None] > 0, slq[None], 1.0), 0.0)
        np.fill_diagonal(cross, slq)
        quotient[:, :width] = cross
    if rule == "flq":
        quotient = quotient * np.log2(1 + size) ** FLQ_DELTA
    return np.where(quotient < 1.0, quotient, 1.0)
