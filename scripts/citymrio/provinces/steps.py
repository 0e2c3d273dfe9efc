"""Scaling steps of the provincial balance: national calibration, net trade, transit, cross-hauling
(method 16 R1, R3, R4).
"""

from collections.abc import Callable

import numpy as np

from ..base import roundoff
from ..base.errors import BalanceError, DataError
from ..base.tolerances import SOLVED, SUMS, TINY
from ..config.models import Solver
from ..entropy import Certificate, EntropyModel, capped_proportional


def scale_to(values: np.ndarray, total: np.ndarray, fallback: np.ndarray) -> np.ndarray:
    """Scale `values` (provinces first) to `total` over the provinces; where all are 0, spread by
    `fallback` shares.
    """
    present = values.sum(axis=0)
    factor = np.divide(total, present, out=np.zeros_like(total), where=present != 0)
    spread = np.where(present == 0, total, 0.0)
    return values * factor + fallback * spread


def gras_scale(values: np.ndarray, total: float, fallback: np.ndarray) -> np.ndarray:
    """One signed row brought to a total: positive parts times f, negative parts divided by f.

    f = (t + sqrt(t^2 + 4 P N)) / (2 P) with P, N the sums of positive and negative parts; P = 0: f
    = -N/t for t < 0 (Junius and Oosterhaven 2003; Temurshoev, Miller and Bouwmeester 2013). Where
    no signed scaling reaches the total (a total of a sign the row does not have) the missing amount
    is spread by `fallback` shares.
    """
    positive, negative = np.where(values > 0, values, 0.0), np.where(values < 0, -values, 0.0)
    p, n = positive.sum(), negative.sum()
    if p > 0 and (n > 0 or total > 0):
        root = np.sqrt(total**2 + 4 * p * n)
        f = (total + root) / (2 * p) if total >= 0 or n == 0 else 2 * n / (root - total)
        return positive * f - (negative / f if n > 0 else 0.0)
    if p == 0 and n > 0 and total < 0:
        return -negative * (-total / n)
    return fallback * total


def bounded_gras_scale(
    values: np.ndarray, total: float, fallback: np.ndarray, floor: np.ndarray
) -> np.ndarray:
    """:func:`gras_scale` with every entry at least ``-floor``: min KL of the magnitudes subject to
    the total and the bounds.

    An entry that falls below its bound stays there, and the others are scaled anew to what is left.
    The others then fall further, never less, so that the entries held are the solution's and the
    loop ends after at most as many rounds as entries.

    Parameters
    ----------
    values, fallback
        As for :func:`gras_scale`.
    floor
        Largest fall of every entry, >= 0.

    Raises
    ------
    ValueError
        The total lies below the sum of all bounds.
    """
    result = gras_scale(values, total, fallback)
    held = np.zeros(len(values), dtype=bool)
    while (result < -floor).any():
        held |= result < -floor
        if total < -floor.sum() * (1 + SUMS):
            raise ValueError(
                f"a total of {total:.6g} lies below the sum of the bounds, {-floor.sum():.6g}"
            )
        free, left = ~held, total + floor[held].sum()
        if (values[free] == 0).all() and left < 0:
            fall, _, _ = capped_proportional(
                np.where(free, floor, 0.0), -left, np.where(free, floor, 0.0)
            )
            return np.where(free, -fall, -floor)
        weights = np.where(free, fallback, 0.0)
        rest = gras_scale(
            np.where(free, values, 0.0),
            left,
            weights / weights.sum() if weights.sum() > 0 else weights,
        )
        result = np.where(free, rest, -floor)
    return result


def calibrate_value_added(
    value_added: np.ndarray,
    output: np.ndarray,
    total: np.ndarray,
    cap: float,
    place: Callable[[int], str],
) -> np.ndarray:
    """Value added (provinces, sectors) brought to national totals, at most `cap` times output,
    negatives by the same factor.

    Raises
    ------
    BalanceError
        The national value added exceeds the cap times national output.
    """
    result = np.zeros_like(value_added)
    for j in range(value_added.shape[1]):
        negative = np.minimum(value_added[:, j], 0.0)
        target = total[j] - negative.sum()
        ceiling = cap * output[:, j]
        if target > ceiling.sum() * (1 + SUMS):
            raise BalanceError(
                f"value added of {total[j]:.6g} exceeds {cap:g} times output "
                f"{output[:, j].sum():.6g}",
                where=place(j),
                fix="correct the national table or raise provinces.va_cap.",
            )
        prior = np.where(value_added[:, j] > 0, value_added[:, j], 0.0)
        if prior.sum() == 0 and target > 0:
            prior = output[:, j]
        positive, _, _ = capped_proportional(prior, target, ceiling)
        result[:, j] = np.where(negative < 0, negative, positive)
    return result


def calibrate_intermediate(
    use: np.ndarray,
    national: np.ndarray,
    inputs: np.ndarray,
    output: np.ndarray,
    *,
    codes: list[str],
    sectors: list[str],
    solver: Solver,
) -> tuple[np.ndarray, Certificate]:
    """Intermediate use (provinces, i, j) brought to national cells Z_ij and to the provinces' input
    totals X_j - V_j.

    Column by column a two-way cross-entropy problem (RAS): min KL(Z | Z0), sum_p Z_ij^p = Z_ij,
    sum_i Z_ij^p = X_j^p - V_j^p. Cells that are 0 in every province but not in the nation take the
    national input structure as prior.
    """
    inputs = roundoff.difference(inputs, output)
    # a sector without inputs (households as employers): neither the nation's nor a province's
    # column is to be filled
    national = np.where(
        roundoff.difference(national.sum(axis=0), output.sum(axis=0)) > 0, national, 0.0
    )
    structure = national[None] * np.where(
        output.sum(axis=0) > 0, 1 / np.where(output.sum(axis=0) > 0, output.sum(axis=0), 1), 0
    )
    filler = structure * output[:, None, :]
    absent = (use.sum(axis=0) == 0) & (national > 0)
    prior = np.where(absent[None], filler, use) * (national > 0)[None] * (inputs > 0)[:, None, :]
    # a province whose sector has no recorded input at all takes the national structure
    empty = (prior.sum(axis=1) == 0) & (inputs > 0)
    prior = np.where(empty[:, None, :], filler, prior)
    model = EntropyModel("calibration of intermediate use to the national table")
    cells = model.variable("Z", prior=prior)
    model.equal(
        "national cell",
        cells.sum_over(0),
        national.ravel(),
        labels=[f"{i} used by {j}" for i in sectors for j in sectors],
    )
    model.equal(
        "province inputs",
        cells.sum_over(1),
        inputs.ravel(),
        labels=[f"province {p} sector {j}" for p in codes for j in sectors],
    )
    solution = model.solve(
        solver=solver.name, tol=solver.tol_inner, max_iterations=solver.max_iterations
    )
    return solution["Z"], solution.certificate


def capped_total(
    prior: np.ndarray, total: float, cap: np.ndarray, *, what: str, where: str
) -> tuple[np.ndarray, int]:
    """Capped proportional projection of one product; with an all-zero prior the caps are the prior.

    Raises
    ------
    BalanceError
        The total exceeds the sum of the caps.
    """
    if total == 0:
        return np.zeros_like(prior), 0
    room = cap[prior > 0].sum() if (prior > 0).any() else 0.0
    if room < total:
        prior = np.where(prior > 0, prior, 0.0) + (prior.sum() or 1.0) * cap / max(cap.sum(), TINY)
    if cap.sum() < total:
        raise BalanceError(
            f"{what} of {total:.6g} exceed what the regions can give, {cap.sum():.6g}",
            where=where,
            fix="correct the totals, or raise the cap.",
        )
    values, _, capped = capped_proportional(prior, total, cap)
    return values, int(np.sum(capped))


def split_missing_trade(
    foreign: np.ndarray,
    domestic: np.ndarray,
    names: tuple[str, str],
    codes: list[str],
    neighbours: dict[str, list[str]],
    sectors: list[str],
) -> tuple[np.ndarray, np.ndarray, list[dict]]:
    """Provinces that report only the sum of foreign and domestic trade: split by the foreign share
    of their `neighbours`, which report both (R3).

    Parameters
    ----------
    foreign, domestic
        Exports and outflow, or imports and inflow, shape (provinces, sectors); NaN rows where not
        reported.
    names
        Of the two.

    Raises
    ------
    DataError
        The neighbours of such a province have no trade, or no province reports both.
    """
    foreign, domestic, rows = foreign.copy(), domestic.copy(), []
    unknown_foreign, unknown_domestic = (
        np.isnan(foreign).all(axis=1),
        np.isnan(domestic).all(axis=1),
    )
    known = ~(unknown_foreign | unknown_domestic)
    for index in np.flatnonzero(~known):
        near = [codes.index(code) for code in neighbours[codes[index]]]
        f, d = foreign[near].sum(axis=0), domestic[near].sum(axis=0)
        if f.sum() + d.sum() == 0:
            raise DataError(
                f"{names[0]} and {names[1]} are not both printed, and no neighbour has trade of "
                "which both are; expected a province whose shares can be taken",
                where=f"province {codes[index]}",
                fix=f"print {names[0]} and {names[1]} in the table of one province at least.",
            )
        overall = f.sum() / (f.sum() + d.sum())
        share = np.where(f + d > 0, f / np.where(f + d > 0, f + d, 1.0), overall)
        total = domestic[index] if unknown_foreign[index] else foreign[index]
        if unknown_foreign[index] and unknown_domestic[index]:
            total = np.zeros(len(sectors))
        foreign[index], domestic[index] = share * total, (1 - share) * total
        for j, sector in enumerate(sectors):
            rows.append(
                {
                    "province": codes[index],
                    "sector": sector,
                    "item": f"{names[0]}: foreign share of trade",
                    "balanced": share[j],
                    "note": f"not reported; neighbours {';'.join(codes[k] for k in near)}",
                }
            )
    return foreign, domestic, rows


def scale_items(items: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Value-added items (provinces, item, sector) scaled to new totals, by the national item mix
    where a total was 0.
    """
    mix = items.sum(axis=(0, 2)) / items.sum()
    factor = np.divide(after, before, out=np.zeros_like(after), where=before != 0)
    return np.where(
        (before != 0)[:, None, :],
        items * factor[:, None, :],
        mix[None, :, None] * after[:, None, :],
    )


def close_net_trade(
    outflow: np.ndarray, inflow: np.ndarray, net: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """OUT = OF f, INF = IF / f with OF f - IF / f = N: the nearest pair with the given net outflow
    (R1, closed form).

    f = (N + sqrt(N^2 + 4 OF IF)) / (2 OF); where OF or IF is 0 the net flow stands alone.
    """
    root = np.sqrt(net**2 + 4 * outflow * inflow)
    # the two roots of t^2 - N t - OF IF = 0, each in the form without cancellation
    product = outflow * inflow
    big = (np.abs(net) + root) / 2
    small = np.divide(product, big, out=np.zeros_like(big), where=big > 0)
    return np.where(net >= 0, big, small), np.where(net >= 0, small, big)


def without_untraded(
    net: np.ndarray, outflow: np.ndarray, inflow: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """The net outflow, 0 in a product that no province is known to trade and whose nets are
    round-off of `scale` everywhere.

    Such a product has no trade: of round-off, what flows out is not what flows in. A single
    province trades no product.
    """
    idle = (outflow * inflow == 0).all(axis=0) & (roundoff.difference(net, scale) == 0).all(axis=0)
    return np.where(idle, 0.0, net)


def close_single_province(raw: dict[str, np.ndarray]) -> None:
    """A single province trades with no other: what it does not report is 0, and a pair that stands
    alone is foreign trade.
    """
    for foreign, domestic in (("exports", "outflow"), ("imports", "inflow")):
        if np.isnan(raw[foreign]).all() and not np.isnan(raw[domestic]).all():
            raw[foreign], raw[domestic] = raw[domestic], np.zeros_like(raw[domestic])
        for name in (foreign, domestic):
            raw[name] = np.zeros_like(raw[name]) if np.isnan(raw[name]).all() else raw[name]


def supply_demand(parts: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Supply to the nation S = X - EX - ERR and demand on the nation D = U - IM, both (provinces,
    sectors).
    """
    use = parts["use"].sum(axis=2)
    supply = roundoff.difference(
        parts["output"] - parts["exports"] - parts["error"], parts["output"]
    )
    return supply, roundoff.difference(use - parts["imports"], use)


def local_supply(parts: dict[str, np.ndarray], codes: list[str], sectors: list[str]) -> np.ndarray:
    """LOC = S - OUT = D - INF, taken from the pair that cancels less; negative only where outflow
    passes through.

    Raises
    ------
    BalanceError
        LOC < 0 without inflow that could pass through.
    """
    supply, demand = supply_demand(parts)
    local = np.where(
        parts["outflow"] >= parts["inflow"], demand - parts["inflow"], supply - parts["outflow"]
    )
    stuck = (local < -SOLVED * np.maximum(parts["output"], TINY)) & ~(
        (parts["inflow"] > 0) & (demand >= 0) & (supply >= 0)
    )
    if stuck.any():
        n, j = np.unravel_index(int(np.argmin(np.where(stuck, local, 0))), local.shape)
        raise BalanceError(
            f"local supply LOC is {local[n, j]:.6g}: output {parts['output'][n, j]:.6g} - "
            f"exports {parts['exports'][n, j]:.6g} "
            f"- error {parts['error'][n, j]:.6g} - outflow {parts['outflow'][n, j]:.6g}, demand "
            f"{demand[n, j]:.6g}",
            where=f"provinces.balance, province {codes[n]}, sector {sectors[j]}",
            fix="exports and outflow exceed output without inflow to pass through: correct the "
            "province's table.",
        )
    return local


def remove_reexports(parts: dict[str, np.ndarray]) -> np.ndarray:
    """Exports beyond what a province has to sell, and imports beyond what it uses, pass through;
    returns what does.

    With S = X - EX - ERR and D = U - IM: where both are negative, imports are sold abroad again (EX
    and IM fall); where only S is, goods of other provinces are (EX and INF fall); where only D is,
    imports go on to other provinces (IM and OUT fall). A sector without output exports nothing of
    its own.
    """
    exports, imports = parts["exports"], parts["imports"]
    supply, demand = supply_demand(parts)
    abroad = np.minimum(
        np.minimum(np.maximum(-supply, 0), np.maximum(-demand, 0)), np.minimum(exports, imports)
    )
    beyond = np.where(parts["output"] == 0, np.inf, np.maximum(-(supply + abroad), 0.0))
    outward = np.minimum(beyond, exports - abroad)
    onward = np.minimum(np.maximum(-(demand + abroad), 0.0), imports - abroad)
    parts["exports"], parts["imports"] = exports - abroad - outward, imports - abroad - onward
    parts["inflow"] = np.maximum(parts["inflow"] - outward, 0.0)
    parts["outflow"] = np.maximum(parts["outflow"] - onward, 0.0)
    return abroad + outward + onward


def calc_factors(wanted: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Factors that bring `present` to `wanted`; 1 where nothing is present, and where they agree to
    round-off.
    """
    factor = np.divide(wanted, present, out=np.ones_like(present), where=present > 0)
    return np.where(np.abs(factor - 1) <= roundoff.SHARE, 1.0, factor)


def remove_transit(parts: dict[str, np.ndarray]) -> np.ndarray:
    """R4: outflow beyond what the province makes passes through; own goods and inflow are pooled.

    Where OUT >= S (LOC <= 0): LOC = S D / (S + INF), OUT = S - LOC, INF = D - LOC. What is taken
    from OUT and INF alike is the transit account; national sums stay closed. A sector without
    output (S = 0) only passes goods on.
    """
    supply, demand = supply_demand(parts)
    outflow, inflow = parts["outflow"], parts["inflow"]
    through = (parts["local"] <= 0) & (inflow > 0) & (outflow > 0) & (demand >= 0) & (supply >= 0)
    pool = np.where(through, supply + inflow, 1.0)
    # S - LOC = S OUT / (S + INF) and D - LOC = D INF_own / (S + INF), forms without cancellation (S
    # + INF - D = OUT)
    parts |= {
        "outflow": np.where(through, supply * outflow / pool, outflow),
        "inflow": np.where(through, demand * inflow / pool, inflow),
        "local": np.where(through, supply * demand / pool, parts["local"]),
    }
    return np.where(through, outflow * inflow / pool, 0.0)


def remove_cross_hauling(parts: dict[str, np.ndarray], transit: np.ndarray) -> None:
    """A province whose outflow and inflow together exceed all outflow would have to trade with
    itself: the excess is local.

    Condition (H) of method section 3, one level up. The excess moves from OUT and INF into the home
    market and is booked in the transit account; at most one province per sector can be concerned.
    """
    excess = parts["outflow"] + parts["inflow"] - parts["outflow"].sum(axis=0)
    # the excess is at most the smaller of both, as no inflow exceeds all outflow; round-off of the
    # sums can say otherwise
    moved = np.where(
        excess > 0, np.minimum(excess, np.minimum(parts["outflow"], parts["inflow"])), 0.0
    )
    for name in ("outflow", "inflow"):
        parts[name] = roundoff.difference(parts[name] - moved, parts[name])
    parts["local"] = parts["local"] + moved
    transit += moved
