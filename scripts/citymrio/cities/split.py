"""Step 3: supply and demand of each city split into self, the province's other cities, other
provinces (method section 3).
"""

import numpy as np
import scipy.sparse as sp
import xarray as xr

from ..base import roundoff
from ..base.diagnostics import Diagnostics
from ..base.errors import BalanceError
from ..base.labels import array
from ..base.projections import ratio
from ..base.solvers import DIRECT
from ..base.tolerances import SOLVED, TINY
from ..entropy import Certificate, EntropyModel, Labels, Solution
from ..entropy.scaling import solve_biproportional
from ..trade.flows import dominance_excess
from .province import CityStep, Province

#: Parts of supply and demand: what they are.
PARTS = {
    "self": "supplied to itself (L)",
    "out_intra": "to other cities of the province (O)",
    "out_rest": "to other provinces (E)",
    "in_intra": "from other cities of the province (I)",
    "in_rest": "from other provinces (M)",
}
#: Gap of the home market and of inflow that the city tables can bear (half of their tolerance),
#: relative to its smallest part.
OPEN = 5e-12
#: Share of a product's trade by which condition (H) may be missed before it is imposed: round-off
#: of the solve.
RETURNED = 1e-10


def margins(province: Province, accounts: xr.Dataset) -> dict[str, np.ndarray]:
    """S, D (region, sector), LOC, OUT, INF (sector) without exogenous columns; closed to round-off.

    Where demand had to give way, M (region, sector) as well: what a city takes from other provinces
    is then known.

    Raises
    ------
    BalanceError
        sum S differs from LOC + OUT, or sum D from LOC + INF.
    """
    block, keep = province.block, province.kept
    result = {
        "S": accounts.variables["supply"].values,
        "D": accounts.variables["demand"].values,
        "LOC": block.local[:, keep].sum(axis=1),
        "OUT": block.outgoing[:, keep].sum(axis=1),
        "INF": block.rest[:, keep].sum(axis=1),
    }
    for side, parts in (("S", ("LOC", "OUT")), ("D", ("LOC", "INF"))):
        total, wanted = result[side].sum(axis=0), sum(result[name] for name in parts)
        gap = np.abs(total - wanted)
        scale = np.maximum(np.maximum(total, wanted), SOLVED * np.maximum(block.output, TINY))
        if (gap > SOLVED * scale).any():
            j = int(np.argmax(gap / scale))
            raise BalanceError(
                f"{'supply' if side == 'S' else 'demand'} of the cities sums to "
                f"{total[j]:.10g}, the province needs "
                f"{parts[0]} {result[parts[0]][j]:.10g} + {parts[1]} {result[parts[1]][j]:.10g}",
                where=f"{province.place('split_supply_demand')}, sector {province.names[j]}",
                fix="rows and columns of the provincial MRIO must balance (B1, B2).",
            )
        # closed exactly: the cities' sum is the margin, its provincial parts keep their proportion
        factor = np.divide(wanted, total, out=np.ones_like(total), where=total > 0)
        result[side] = result[side] * np.where(wanted > 0, factor, 0.0)
    if "demand_rest" in accounts:
        taken = accounts.variables["demand_rest"].values
        total = taken.sum(axis=0)
        result["M"] = taken * np.divide(
            result["INF"], total, out=np.zeros_like(total), where=total > 0
        )
    return result


def split_supply_demand(province: Province, accounts: xr.Dataset) -> tuple[xr.Dataset, Diagnostics]:
    """Split supply S and demand D of the cities of one province.

    Mode ``paper`` (self-supply L counted on both sides; O to and I from other cities, E to and M
    from other provinces):

        min 2 KL(L|qL) + KL(O|qO) + KL(E|qE) + KL(I|qI) + KL(M|qM)
        s.t. L + O + E = S,  L + I + M = D,  sum E = OUT,  sum M = INF,
             (H) O_r + I_r <= sum_s O_s   for every city r.

    Mode ``joint``: one bordered matrix (cities + rest) x (cities + rest) with a zero corner, min
    KL(T|q), rows (S, INF), columns (D, OUT); the split is its diagonal, off-diagonal and border
    sums.

    Returns
    -------
    split
        cities/<p>/split.nc; mode joint includes ``trade``.
    report
        Diagnostics: certificate, sectors where (H) binds.
    """
    m, step = margins(province, accounts), province.step("split_supply_demand", "split")
    trade = None
    if len(province.codes) == 1:
        zero = np.zeros_like(m["S"])
        parts = {
            "self": m["LOC"][None],
            "out_intra": zero,
            "out_rest": m["OUT"][None],
            "in_intra": zero,
            "in_rest": m["INF"][None],
        }
    elif step.config.split == "paper":
        parts = _split_paper(province, m, step)
    else:
        parts, trade = _split_joint(province, m, step)
    parts["in_intra"] = _close_margins(parts["out_intra"], parts["in_intra"], step)
    if _close_home(parts, m, step) and trade is not None:
        trade = (
            trade
            * (parts["out_intra"].sum(axis=0) / np.maximum(trade.sum(axis=(1, 2)), TINY))[
                :, None, None
            ]
        )
    unit, labels = province.unit, ["region", "sector"]
    data = {
        name: array(parts[name], ("region", "sector"), unit, title) for name, title in PARTS.items()
    }
    if trade is not None:
        labels += ["origin", "destination"]
        data["trade"] = array(
            trade, ("sector", "origin", "destination"), unit, "trade between cities"
        )
    attributes = {"province": province.code, "mode": step.config.split}
    return province.dataset(data, *labels, **attributes), step.report


def _close_margins(outgoing: np.ndarray, incoming: np.ndarray, step: CityStep) -> np.ndarray:
    """Incoming trade with the sums of outgoing trade per sector, which the solver meets to its
    tolerance: exact for step 5.
    """
    total = incoming.sum(axis=0)
    factor = np.divide(outgoing.sum(axis=0), total, out=np.ones_like(total), where=total > 0)
    step.report.add("closing of trade inside the province", float(np.abs(factor - 1).max()))
    return incoming * factor


def _close_home(parts: dict[str, np.ndarray], m: dict[str, np.ndarray], step: CityStep) -> bool:
    """Bring what stays at home to LOC and what comes in to INF where they miss it by more than
    OPEN; whether anything was.

    The solver meets supply and demand; where the home market is a thousandth of them, its own
    relative gap is a thousand times larger, and step 4 would be asked for rows and provincial cells
    that contradict each other. Where a city supplies itself with nearly all of the home market, the
    gap is left to the little that others buy of it. Supply and demand then hold to the same small
    part.
    """
    changed = False
    for names, margin in (
        (("self", "in_intra"), "LOC"),
        (("in_rest",), "INF"),
        (("out_rest",), "OUT"),
    ):
        sums = np.array([parts[name].sum(axis=0) for name in names])
        total, least = sums.sum(axis=0), np.where(sums > 0, sums, np.inf).min(axis=0)
        factor = np.divide(m[margin], total, out=np.ones_like(total), where=total > 0)
        factor = np.where(np.abs(m[margin] - total) > OPEN * least, factor, 1.0)
        if (factor != 1).any():
            for name in (*names, *(("out_intra",) if margin == "LOC" else ())):
                parts[name] = parts[name] * factor
            step.report.add(f"closing of {margin}", float(np.abs(factor - 1).max()))
            changed = changed or margin == "LOC"
    return changed


def supports(m: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Structural zeros of the split: which parts can be positive at all, boolean (region, sector).

    A part is 0 where its margin is 0; a city trades inside the province only if another city is on
    the other side.
    """
    s, d = m["S"] > 0, m["D"] > 0
    local = (m["LOC"] > 0)[None]
    return {
        "self": s & d & local,
        "out_intra": s & local & (d.sum(axis=0) - d > 0),
        "in_intra": d & local & (s.sum(axis=0) - s > 0),
        "out_rest": s & (m["OUT"] > 0)[None],
        "in_rest": d & (m["INF"] > 0)[None],
    }


def _split_paper(
    province: Province, m: dict[str, np.ndarray], step: CityStep
) -> dict[str, np.ndarray]:
    """Parts of supply and demand in mode ``paper``; where a city dominates a sector, (H) becomes an
    equation of a new solve.
    """
    allowed, names = supports(m), province.names
    count = len(step.codes)
    size = (m["S"].sum(axis=0) + m["D"].sum(axis=0)) / (2 * count)
    prior = {name: allowed[name] * size[None] for name in PARTS}
    # (H) holds with equality for both cities of a pair: O_1 = I_2, O_2 = I_1
    binding = dict.fromkeys(range(len(names)), 0) if count == 2 else {}
    for _ in range(3):
        result, certificate = _solve_paper(m, prior, binding, province, step)
        excess = dominance_excess(result["out_intra"], result["in_intra"])
        worst = excess.argmax(axis=0)
        over = excess.max(axis=0) > RETURNED * np.maximum(result["out_intra"].sum(axis=0), TINY)
        new = {
            j: int(worst[j])
            for j in np.flatnonzero(over & (result["out_intra"].sum(axis=0) > 0)).tolist()
            if j not in binding
        }
        if not new:
            break
        binding |= new
    if count > 2:
        for j, h in sorted(binding.items()):
            step.report.add("condition (H) binds", 1.0, region=step.codes[h], sector=names[j])
    step.report.add_certificate(
        certificate, ("iterations", "residual", "relative_gap", "entropy"), step.solver.tol_inner
    )
    return result


def _solve_paper(
    m: dict[str, np.ndarray],
    prior: dict[str, np.ndarray],
    binding: dict[int, int],
    province: Province,
    step: CityStep,
) -> tuple[dict[str, np.ndarray], Certificate]:
    """One solve of mode ``paper``; `binding`: sector -> the city for which (H) holds with equality,
    as positions.
    """
    codes, names = province.codes, province.names
    model = EntropyModel(province.place("split of supply and demand"))
    v = {
        name: model.variable(name, prior=prior[name], weight=2.0 if name == "self" else 1.0)
        for name in PARTS
    }
    labels = [f"sector {j} city {r}" for r in codes for j in names]
    model.equal(
        "supply",
        v["self"].each() + v["out_intra"].each() + v["out_rest"].each(),
        m["S"].ravel(),
        labels=labels,
    )
    model.equal(
        "demand",
        v["self"].each() + v["in_intra"].each() + v["in_rest"].each(),
        m["D"].ravel(),
        labels=labels,
    )
    model.equal(
        "outflow", v["out_rest"].sum_over(0), m["OUT"], labels=[f"sector {j}" for j in names]
    )
    model.equal("inflow", v["in_rest"].sum_over(0), m["INF"], labels=[f"sector {j}" for j in names])
    if "M" in m:
        model.equal("from other provinces", v["in_rest"].each(), m["M"].ravel(), labels=labels)
    if binding:
        # O_h = sum over the other cities of I, for the city h that dominates sector j
        count, width = len(codes), len(names)
        order = sorted(binding)
        own = sp.csr_matrix(
            (np.ones(len(order)), (range(len(order)), [binding[j] * width + j for j in order])),
            (len(order), count * width),
        )
        others = [
            (n, r * width + j) for n, j in enumerate(order) for r in range(count) if r != binding[j]
        ]
        rest = sp.csr_matrix(
            (np.ones(len(others)), tuple(zip(*others, strict=True))), (len(order), count * width)
        )
        labels = [f"sector {names[j]} city {codes[binding[j]]}" for j in order]
        model.equal(
            "condition (H)",
            v["out_intra"].rows(own) - v["in_intra"].rows(rest),
            np.zeros(len(order)),
            labels=labels,
        )
    solution = step.solve(model)
    return {name: solution[name] for name in PARTS}, solution.certificate


def _split_joint(
    province: Province, m: dict[str, np.ndarray], step: CityStep
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Parts of supply and demand in mode ``joint``, and trade between cities (sector, region,
    region), its diagonal 0.
    """
    count, q = len(province.codes), province.reference
    size = (m["S"].sum(axis=0) + m["D"].sum(axis=0)) / (2 * count)
    s, d = (m["S"] > 0).T, (m["D"] > 0).T
    prior = (
        (m["LOC"] > 0)[:, None, None]
        * s[:, :, None]
        * d[:, None, :]
        * q
        * size[:, None, None]
        / count
    )
    outside = (
        (s * (m["OUT"] > 0)[:, None]) * size[:, None],
        (d * (m["INF"] > 0)[:, None]) * size[:, None],
    )
    solution = None
    if step.solver.name == DIRECT:
        solution = _solve_bordered(prior, *outside, m, step.solver.tol_inner)
    if solution is None:
        solution = step.solve(_joint_model(province, prior, *outside, m))
    trade = solution["trade"].copy()
    index = np.arange(count)
    own = trade[:, index, index].copy()
    trade[:, index, index] = 0.0
    parts = {
        "self": own.T,
        "out_intra": trade.sum(axis=2).T,
        "in_intra": trade.sum(axis=1).T,
        "out_rest": solution["out_rest"].T,
        "in_rest": solution["in_rest"].T,
    }
    step.report.add_certificate(
        solution.certificate, ("iterations", "residual", "relative_gap"), step.solver.tol_inner
    )
    return parts, trade


def _joint_model(
    province: Province,
    prior: np.ndarray,
    outgoing: np.ndarray,
    incoming: np.ndarray,
    m: dict[str, np.ndarray],
) -> EntropyModel:
    """The problem of mode ``joint``, from priors of trade (sector, region, region) and of supply to
    and from other provinces (sector, region).
    """
    codes, names = province.codes, province.names
    model = EntropyModel(province.place("joint split and trade"))
    t = model.variable("trade", prior=prior)
    e = model.variable("out_rest", prior=outgoing)
    g = model.variable("in_rest", prior=incoming)
    labels = Labels("sector {} city {}", names, codes)
    model.equal("supply", t.sum_over(2) + e.each(), m["S"].T.ravel(), labels=labels)
    model.equal("demand", t.sum_over(1) + g.each(), m["D"].T.ravel(), labels=labels)
    model.equal("outflow", e.sum_over(1), m["OUT"], labels=[f"sector {j}" for j in names])
    model.equal("inflow", g.sum_over(1), m["INF"], labels=[f"sector {j}" for j in names])
    if "M" in m:
        model.equal("from other provinces", g.each(), m["M"].T.ravel(), labels=labels)
    return model


def _solve_bordered(
    prior: np.ndarray,
    outgoing: np.ndarray,
    incoming: np.ndarray,
    m: dict[str, np.ndarray],
    tol: float,
) -> Solution | None:
    """Its solution by the factors of the bordered matrix, the rest's row and column last; what is
    known to come from other provinces leaves it.
    """
    known = m.get("M", np.zeros_like(m["D"]))
    left, inflow = roundoff.difference(m["D"] - known, m["D"]), m["INF"] * ("M" not in m)
    if "M" in m:  # closed: beside what comes in, what is left may be little more than round-off
        left = left * ratio(m["LOC"], left.sum(axis=0))
    matrix = np.pad(prior, ((0, 0), (0, 1), (0, 1)))
    matrix[:, :-1, -1], matrix[:, -1, :-1] = outgoing, incoming
    found = solve_biproportional(
        matrix, np.vstack([m["S"], inflow]).T, np.vstack([left, m["OUT"]]).T, tol
    )
    if found is None:
        return None
    table, certificate = found
    values = {
        "trade": table[:, :-1, :-1],
        "out_rest": table[:, :-1, -1],
        "in_rest": table[:, -1, :-1] + known.T,
    }
    return Solution(values, certificate)
