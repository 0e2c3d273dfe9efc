"""Fits of distance, border and demand terms on a system one level above the one that is estimated.

Trade:   E T_i^rs = exp(a_i^r + b_i^s + border_i [r = s]) d_rs^-theta_i     (doubly constrained
gravity; effects of origin and destination are parameters, so that only the pattern of trade speaks;
d_rr is the region's own distance, so that border_i, the border effect, is what geometry does not
explain). Estimated by Poisson pseudo-maximum likelihood, each sector by itself, then drawn towards
the mean of goods or services by its standard error (`shrink_to_group`).

Where flows between regions are known only in sums (Chinese provinces print what they use of their
own, what flows out, what flows in), the sums are the sufficient statistics of border given theta:
border is estimated exactly, theta is not in the data and has to be given. Flows that this workflow
itself estimated are never used: they would return their own prior.

Demand:  D_i^r ~ R_i^r (S_i^r / R_i^r)^tilt_i, tilt_i = h_i^kappa, with R by the ratio rule, supply
S and home share h.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.linalg import lapack
from scipy.optimize import brentq, minimize_scalar

from ...base.errors import DataError
from ...base.labels import values_of
from ...base.vocabulary import SET
from .poisson import find_separated, log_linear, poisson_fit
from .table import BORDER, prior_rows, shrink_to_group

LOG = logging.getLogger(__name__)

#: Range of logarithms below which own supply and demand differ nowhere: there is no tilt to fit.
ALIKE = 1e-9
#: Share of the largest singular value below which a direction is not identified: its variance is
#: left out.
RANK = 1e-13
#: Reciprocal condition number from which Newton's equations are solved by Cholesky's factors.
REGULAR = 1e-12
#: Where the exponent kappa of the tilt is looked for, how far around the least found by values its
#: slope is looked at, and how exactly it is found.
BOUNDS, ASIDE, EXPONENT = (0.0, 50.0), 1e-3, 1e-14


def gravity_design(count: int, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Indicator columns of origins and (all but the first) destinations for pairs (rows,
    columns).
    """
    design = np.zeros((len(rows), 2 * count - 1))
    design[np.arange(len(rows)), rows] = 1.0
    later = columns > 0
    design[np.flatnonzero(later), count + columns[later] - 1] = 1.0
    return design


def fit_gravity(
    flows: np.ndarray, distance: np.ndarray, what: str = "gravity fit"
) -> dict[str, float]:
    """theta and border of one sector from flows (region, region), home supply on the diagonal.

    Returns
    -------
    dict
        theta, theta_se, border, border_se, n; NaN where the flows cannot tell (no trade between
        regions, fewer than four, no more flows than parameters once those are left out that some
        parameter fits as 0 whatever the others are).
    """
    positive = np.where(flows > 0, flows, 0.0)
    keep = np.flatnonzero((positive.sum(axis=1) > 0) & (positive.sum(axis=0) > 0))
    t, d = flows[np.ix_(keep, keep)], distance[np.ix_(keep, keep)]
    result = {"theta": np.nan, "theta_se": np.nan, "border": np.nan, "border_se": np.nan, "n": 0}
    off = ~np.eye(len(keep), dtype=bool)
    if len(keep) < 4 or not (t[off] > 0).any() or not (np.diag(t) > 0).any():
        return result
    r, s = np.nonzero(t >= 0)  # a negative flow is no trade: it does not enter
    x = np.column_stack([gravity_design(len(keep), r, s), -np.log(d[r, s]), (r == s).astype(float)])
    told = ~find_separated(t[r, s], x)
    r, s, x = r[told], s[told], x[told]
    effects = np.linalg.matrix_rank(x[:, :-2])
    if not np.linalg.matrix_rank(x) == effects + 2 < len(x):
        return result
    try:
        fit = poisson_fit(t[r, s], x, what=what)
    except DataError as error:
        LOG.warning("%s", error)
        return result
    se = fit.standard_errors
    return {
        "theta": float(fit.coefficients[-2]),
        "theta_se": float(se[-2]),
        "border": float(fit.coefficients[-1]),
        "border_se": float(se[-1]),
        "n": len(r),
    }


def fit_flows(
    flows: xr.DataArray, distance: np.ndarray, sectors: pd.DataFrame, source: str
) -> pd.DataFrame:
    """theta and border of every sector from known flows.

    Parameters
    ----------
    flows
        (sector, origin, destination), home supply on the diagonal, in any unit of money.
    distance
        (origin, destination) in the order of the flows, own distances on the diagonal.
    sectors
        sector, kind {goods, services}.

    Returns
    -------
    DataFrame
        Rows `theta` and `border_effect` of priors.csv.
    """
    names, count = sectors["sector"].tolist(), len(distance)
    values = flows.transpose("sector", "origin", "destination").sel(sector=names).values
    fits = pd.DataFrame(
        [
            fit_gravity(values[i], distance, f"{source}, sector {name}")
            for i, name in enumerate(names)
        ]
    )
    kind = sectors["kind"].to_numpy(str)
    rows = []
    for name, short in (("theta", "theta"), (BORDER, "border")):
        estimate, se = fits[short].to_numpy(float), fits[f"{short}_se"].to_numpy(float)
        rows.append(
            prior_rows(
                sectors,
                name,
                estimate,
                se,
                fits["n"].to_numpy(),
                shrink_to_group(estimate, se, kind),
                source,
                f"Poisson pseudo-maximum likelihood on the flows of {count} regions",
            )
        )
    return pd.concat(rows, ignore_index=True)


@dataclass(frozen=True)
class _Sums:
    """Effects of origins, of all destinations but the first, and of what stays (`own`: origin,
    destination), on means (origin, destination), without the indicators of every pair.
    """

    own: np.ndarray

    def predict(self, b: np.ndarray) -> np.ndarray:
        """Logarithms of means without offset (origin, destination)."""
        origin, destination = b[: len(self.own), None], np.append(0.0, b[len(self.own) : -1])
        return origin + destination + self.own * b[-1]

    def sums(self, mean: np.ndarray) -> np.ndarray:
        """What is sent, received (but by the first) and kept."""
        kept = (mean * self.own).sum()
        return np.concatenate([mean.sum(axis=1), mean.sum(axis=0)[1:], [kept]])

    def information(self, mean: np.ndarray) -> np.ndarray:
        """(effect, effect)."""
        found, kept, count = np.diag(self.sums(mean)), mean * self.own, len(mean)
        across = np.column_stack([mean[:, 1:], kept.sum(axis=1)])
        found[:count, count:], found[count:, :count] = across, across.T
        found[count:-1, -1] = found[-1, count:-1] = kept.sum(axis=0)[1:]
        return found

    def direction(self, mean: np.ndarray, score: np.ndarray) -> np.ndarray:
        """d with the information times d = score; of least norm where it does not tell one."""
        return _least_norm(self.information(mean), score)


def _least_norm(information: np.ndarray, score: np.ndarray) -> np.ndarray:
    """d with the information times d = score; of least norm where it does not tell one."""
    factor, failed = lapack.dpotrf(information)
    if not failed and lapack.dpocon(factor, np.abs(information).sum(axis=0).max())[0] > REGULAR:
        return lapack.dpotrs(factor, score)[0]
    return np.linalg.lstsq(information, score, rcond=RANK)[0]


def border_from_sums(
    local: np.ndarray,
    outflow: np.ndarray,
    inflow: np.ndarray,
    distance: np.ndarray,
    theta: float,
    what: str = "border fit",
) -> tuple[float, float, int]:
    """border of one sector from what regions use of their own, send out and take in (region,),
    given theta.

    sum_s mu_rs = LOC_r + OUT_r, sum_r mu_rs = LOC_s + INF_s, sum_r mu_rr = sum_r LOC_r: the score
    of the Poisson likelihood, for which the flows themselves are not needed. Standard error: the
    spread of LOC_r - mu_rr over regions.

    Returns
    -------
    border, standard error, regions used
        NaN where nothing is traded, or nothing used at home.
    """
    if outflow.sum() > 0 and inflow.sum() > 0:
        # of a part of a system the two differ: both are brought to their geometric mean,
        # proportions stay
        level = np.sqrt(outflow.sum() * inflow.sum())
        outflow, inflow = outflow * (level / outflow.sum()), inflow * (level / inflow.sum())
    supply, demand = local + outflow, local + inflow
    r_all, s_all = np.flatnonzero(supply > 0), np.flatnonzero(demand > 0)
    if (
        len(r_all) < 3
        or len(s_all) < 3
        or local.sum() <= 0
        or outflow.sum() <= 0
        or inflow.sum() <= 0
    ):
        return np.nan, np.nan, 0
    total = supply.sum()
    design = _Sums(r_all[:, None] == s_all)
    statistics = np.concatenate([supply[r_all], demand[s_all[1:]], [local.sum()]]) / total
    level = (supply[r_all] / total)[:, None] * (demand[s_all] / demand.sum())
    offset = np.log(level) - theta * np.log(distance[np.ix_(r_all, s_all)])
    for axis in (0, 1):  # means of about the size of what they fit, whatever the unit of length
        wanted, found = (of.sum(axis=axis, keepdims=True) for of in (level, np.exp(offset)))
        offset = offset + np.log(wanted / found)
    try:
        b, _ = log_linear(statistics, design, offset, np.zeros(len(statistics)), what)
    except DataError as error:
        LOG.warning("%s", error)
        return np.nan, np.nan, 0
    mu = np.exp(design.predict(b) + offset)
    hessian = design.information(mu)
    # what the effects leave of `own`, not a difference of sums: it would lose five digits
    left = design.predict(np.append(-_least_norm(hessian[:-1, :-1], hessian[:-1, -1]), 1.0))
    information = (mu * left**2).sum()
    residual = local / total
    residual[r_all] -= (mu * design.own).sum(axis=1)
    used = int((local > 0).sum())
    se = np.sqrt((residual**2).sum() * used / max(used - 1, 1)) / information
    return float(b[-1]), float(se), used


def fit_margins(
    local: xr.DataArray,
    outflow: xr.DataArray,
    inflow: xr.DataArray,
    distance: np.ndarray,
    sectors: pd.DataFrame,
    theta: np.ndarray | float,
    source: str,
    theta_source: str,
) -> pd.DataFrame:
    """border of every sector given theta, from sums alone (region, sector), all in the order of
    `distance`.

    Returns
    -------
    DataFrame
        Rows `theta` (as given, no standard error) and `border_effect` of priors.csv.
    """
    names = sectors["sector"].tolist()
    parts = [
        part.transpose("region", "sector").sel(sector=names).values
        for part in (local, outflow, inflow)
    ]
    theta = np.broadcast_to(np.asarray(theta, float), (len(names),))
    fits = [
        border_from_sums(
            parts[0][:, i],
            parts[1][:, i],
            parts[2][:, i],
            distance,
            theta[i],
            f"{source}, sector {n}",
        )
        for i, n in enumerate(names)
    ]
    border, se, used = (np.array(values, float) for values in zip(*fits, strict=True))
    nothing = np.full(len(names), np.nan)
    prior = shrink_to_group(border, se, sectors["kind"].to_numpy(str))
    theta_rows = prior_rows(
        sectors,
        "theta",
        nothing,
        nothing,
        np.zeros(len(names), int),
        theta,
        theta_source,
        "given: flows by destination are not known",
    )
    known = prior_rows(
        sectors,
        BORDER,
        border,
        se,
        used.astype(int),
        prior,
        source,
        "Poisson likelihood, from own use, outflow and inflow",
    )
    return pd.concat([theta_rows, known], ignore_index=True)


def fit_tilt(
    demand: xr.DataArray,
    by_ratio: xr.DataArray,
    supply: xr.DataArray,
    home: xr.DataArray,
    sectors: pd.DataFrame,
    source: str,
) -> pd.DataFrame:
    """How far demand for a product follows the region's own supply of it, and how that depends on
    the home share.

    Per sector, over the regions that make and use the product (Poisson pseudo-maximum likelihood):

        E D^r = exp(c) R^r (S^r / R^r)^tilt    (0: the ratio rule; 1: in proportion to supply)

    Across sectors tilt_i = h_i^kappa with the home share h_i: what is bought at home is bought
    where it is made. kappa, one number, is what is carried to the cities, which have home shares of
    their own; it is fitted by least squares with the weights 1 / (se_i^2 + t^2), t^2 the spread
    that standard errors do not explain.

    Parameters
    ----------
    demand, by_ratio, supply
        (region, sector): demand for products of the system and the rest; demand as the ratio rule
        gives it; supply. Only the proportions between regions matter.
    home
        Home share (sector) of these regions.

    Returns
    -------
    DataFrame
        Rows `tilt` (prior: h^kappa on this level) and `kappa` of priors.csv.
    """
    names = sectors["sector"].tolist()
    d, q, s = (
        part.transpose("region", "sector").sel(sector=names).values
        for part in (demand, by_ratio, supply)
    )
    estimate, se, used = (
        np.full(len(names), np.nan),
        np.full(len(names), np.nan),
        np.zeros(len(names), int),
    )
    for i, name in enumerate(names):
        keep = (d[:, i] >= 0) & (q[:, i] > 0) & (s[:, i] > 0)
        if keep.sum() < 4 or d[keep, i].sum() <= 0:
            continue
        log_q, log_s = np.log(q[keep, i] / q[keep, i].sum()), np.log(s[keep, i] / s[keep, i].sum())
        if np.ptp(log_s - log_q) < ALIKE:
            continue
        x = np.column_stack([np.ones(keep.sum()), log_s - log_q])
        try:
            fit = poisson_fit(d[keep, i], x, log_q, what=f"{source}, tilt of sector {name}")
        except DataError as error:
            LOG.warning("%s", error)
            continue
        estimate[i], se[i], used[i] = fit.coefficients[1], fit.standard_errors[1], keep.sum()
    h = home.sel(sector=names).values
    kappa, kappa_se, count = home_exponent(estimate, se, h)
    every = np.ones(len(names))
    tilt = prior_rows(
        sectors,
        "tilt",
        estimate,
        se,
        used,
        h**kappa,
        source,
        "demand against the ratio rule; prior: h^kappa",
    )
    rule = prior_rows(
        sectors,
        "kappa",
        kappa * every,
        kappa_se * every,
        (count * every).astype(int),
        kappa * every,
        source,
        "tilt = home share^kappa over all sectors",
    )
    return pd.concat([tilt, rule], ignore_index=True)


def home_exponent(tilt: np.ndarray, se: np.ndarray, home: np.ndarray) -> tuple[float, float, int]:
    """kappa of tilt_i = h_i^kappa by weighted least squares, its standard error, and the number of
    sectors used.

    Raises
    ------
    DataError
        Fewer than three sectors with an estimate and a home share between 0 and 1.
    """
    keep = np.isfinite(tilt) & np.isfinite(se) & (home > 0) & (home < 1)
    if keep.sum() < 3:
        raise DataError(
            f"{int(keep.sum())} sectors tell how demand follows supply, at least 3 are needed",
            where="fit of the demand tilt",
            fix="give a table of priors (cities.priors), or choose method: paper, which needs "
            "none.",
        )
    a, v, log_h = tilt[keep], se[keep] ** 2, np.log(home[keep])
    t2 = 1.0
    for _ in range(2):
        w = 1 / (v + t2)
        near = minimize_scalar(
            lambda k, w=w: (w * (a - np.exp(k * log_h)) ** 2).sum(), bounds=BOUNDS, method="bounded"
        ).x

        def slope_at(k: float, w: np.ndarray = w) -> float:
            """Of the sum of squares, but for its factor of -2."""
            return float((w * (a - np.exp(k * log_h)) * log_h * np.exp(k * log_h)).sum())

        # A sum of squares is flat at its least: only its slope tells the place to more than half of
        # the digits.
        around = np.clip((near - ASIDE, near + ASIDE), *BOUNDS)
        kappa = (
            brentq(slope_at, *around, xtol=EXPONENT)
            if slope_at(around[0]) * slope_at(around[1]) < 0
            else near
        )
        residual = a - np.exp(kappa * log_h)
        t2 = max(float(np.mean(residual**2 - v)), 1e-4)
    w = 1 / (v + t2)
    slope = log_h * np.exp(kappa * log_h)
    information = (w * slope**2).sum()
    return (
        kappa,
        float(np.sqrt((w**2 * slope**2 * residual**2).sum()) / information),
        int(keep.sum()),
    )


def ratio_rule(use: np.ndarray, output: np.ndarray) -> np.ndarray:
    """z_i^r = sum_j A_ij x_j^r with the coefficients of all regions together, shape (region,
    sector).

    Parameters
    ----------
    use
        Intermediate use (region, product i, industry j); output (region, sector).
    """
    total = output.sum(axis=0)
    coefficients = np.divide(use.sum(axis=0), total, out=np.zeros(use.shape[1:]), where=total > 0)
    return output @ coefficients.T


def fit_provinces(
    mrio: xr.Dataset,
    codes: list[str],
    distance: np.ndarray,
    sectors: pd.DataFrame,
    theta: float,
    *,
    trade_known: bool = False,
) -> pd.DataFrame:
    """priors.csv of a run, fitted on the provinces of the nation: nothing of a city enters.

    Parameters
    ----------
    mrio
        provinces/mrio.nc.
    codes, distance
        Provinces, and their distances with own ones on the diagonal
        (:func:`~citymrio.trade.distances.province_distances`).
    sectors
        sector, kind.
    theta
        Distance exponent where trade between provinces is not known by destination.
    trade_known
        Whether trade between provinces was given by a source. Estimated trade must not be fitted:
        it returns its own prior.
    """
    names, uses = sectors["sector"].tolist(), mrio.indexes["use"].tolist()
    labels = {"origin": codes, "destination": codes, "sector": names, "use": uses}
    cells = values_of(mrio["table"], **labels)
    flows = xr.DataArray(
        cells.sum(axis=3).transpose(2, 0, 1),
        {"sector": names, "origin": codes, "destination": codes},
        ("sector", "origin", "destination"),
    )
    local = xr.DataArray(
        np.einsum("irr->ri", flows.values), {"region": codes, "sector": names}, ("region", "sector")
    )
    supply = flows.sum("destination").rename(origin="region").transpose("region", "sector")
    demand = flows.sum("origin").rename(destination="region").transpose("region", "sector")
    home = local.sum("region") / demand.sum("region")
    source = "provinces of the nation"
    if trade_known:
        rows = fit_flows(flows, distance, sectors, source)
    else:
        rows = fit_margins(
            local, supply - local, demand - local, distance, sectors, theta, source, SET
        )
    use = cells.sum(axis=0)[..., [uses.index(name) for name in names]]
    output = (
        mrio["output"]
        .rename(province="region")
        .transpose("region", "sector")
        .sel(region=codes, sector=names)
    )
    by_ratio = output.copy(data=ratio_rule(use, output.values))
    return pd.concat(
        [rows, fit_tilt(demand, by_ratio, supply, home, sectors, source)], ignore_index=True
    )
