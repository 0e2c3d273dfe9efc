"""The table of fitted priors: one row per sector and parameter, with standard error, number of
observations and source.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files

import numpy as np
import pandas as pd

from ...base.errors import DataError, warn
from ...base.labels import needs_columns, read_table
from ...base.vocabulary import ADOPTED, SET
from ...config.models import Cities

#: Log preference for home beyond what own distance explains (the "border effect" of the literature,
#: home bias).
BORDER = "border_effect"
#: theta: distance exponent; kappa: the demand of a city leans towards its own supply by (home
#: share)^kappa. `tilt` rows say what kappa was fitted on.
PARAMETERS = ("theta", BORDER, "kappa")
#: Border effect of goods where nothing but distance and home lies between regions: means over
#: products in the United States (.8 between 132 zones and between their states, four foods, FAF5
#: 2017; .9 between states and 1.2 between nine divisions, 12 industries, CFS 2002 to 2012). What a
#: nation's provinces have beyond it may be a barrier between provinces.
OPEN_BORDER = 1.0
#: Log standard deviations between cities: of outputs within an industry, of output for value added,
#: of the level of a city's intensities, of one of its sectors, of the inventory rows that share a
#: sector around it, of final demand by product; and what they are a spread of.
SPREAD_PARAMETERS = {
    "output_sd": "output",
    "productivity_sd": "output",
    "intensity_sd": "intensity",
    "intensity_sector_sd": "intensity",
    "intensity_row_sd": "intensity",
    "demand_product_sd": "demand",
}
#: By sector: how far the outputs of a city follow what it uses (0: not at all, 1: in proportion).
FOLLOWS = "follows_use"
#: By category of final demand: elasticity of a consumption function, and the spread around it (log
#: standard deviation).
CONSUMPTION = ("elasticity", "demand_sd")
#: Provinces, or regions of a known table, that can be fitted on.
LEAST = 4
KNOWN = (*PARAMETERS, "tilt", FOLLOWS, *SPREAD_PARAMETERS, *CONSUMPTION)
#: Kind of the rows of final demand, whose `sector` is a category.
DEMAND = "demand"
NEEDED = ("sector", "kind", "parameter", "prior")
COLUMNS = ["sector", "kind", "parameter", "estimate", "se", "n", "prior", "source", "note"]


def check_priors(
    table: pd.DataFrame,
    sectors: list[str],
    where: str = "priors.csv",
    categories: Sequence[str] = (),
) -> pd.DataFrame:
    """The table with exactly one finite value of every parameter for every sector, and for every
    category of final demand.

    Raises
    ------
    DataError
        A missing column, an unknown parameter, a sector without a value, a spread that is none.
    """
    needs_columns(table, NEEDED, where)
    unknown = sorted(set(table["parameter"]) - set(KNOWN))
    if unknown:
        old = (
            "; `border` was relative to a typical distance, not to own distances: fit the table "
            "anew"
            if "border" in unknown
            else ""
        )
        raise DataError(
            f"parameter '{unknown[0]}' is unknown",
            where=where,
            fix=f"known: {', '.join(KNOWN)}{old}.",
        )
    parameters, places, priors = (
        table[name].to_numpy(object) for name in ("parameter", "sector", "prior")
    )
    # what the table lacks of these is fitted
    told = tuple(name for name in (FOLLOWS, *SPREAD_PARAMETERS) if name in parameters)
    every = {"sector": (PARAMETERS + told, sectors), "category": (CONSUMPTION, categories)}
    for what, (names, labels) in every.items():
        for name in names if len(labels) else ():
            rows = parameters == name
            values = dict.fromkeys(labels, np.nan) | dict(
                zip(places[rows], priors[rows], strict=True)
            )
            if len({*places[rows]}) < rows.sum():
                repeated = next(p for k, p in enumerate(places[rows]) if p in places[rows][:k])
                raise DataError(
                    f"two values of {name}", where=f"{where}, {what} {repeated}", fix="keep one."
                )
            lost = [label for label in labels if not np.isfinite(float(values[label]))]
            if lost:
                needed = f"{', '.join(names[:-1])} and {names[-1]}"
                fix = (
                    f"every {what} needs {needed}"
                    + f" (column `sector`, kind `{DEMAND}`)" * (what == "category")
                    + "."
                )
                raise DataError(f"no value of {name}", where=f"{where}, {what} {lost[0]}", fix=fix)
            low, high, words = {
                FOLLOWS: (0.0, 1.0, "from 0 to 1"),
                "kappa": (0.0, np.inf, "of 0 or more"),
            }.get(name, (np.nextafter(0.0, 1.0), np.inf, "above 0"))
            bounded = name in told or name == "kappa"
            wrong = [label for label in labels if bounded and not low <= values[label] <= high]
            if wrong:
                left_out = f", or leave out all rows of {name}: it is fitted then" * (name in told)
                raise DataError(
                    f"{name} is {values[wrong[0]]:g}, expected a number {words}",
                    where=f"{where}, {what} {wrong[0]}",
                    fix=f"correct it{left_out}.",
                )
            one = name in SPREAD_PARAMETERS and name != "output_sd"
            differ = [k for k in labels if one and not np.isclose(values[k], values[labels[0]])]
            if differ:
                raise DataError(
                    f"{name} is {values[differ[0]]:g}, but {values[labels[0]]:g} of "
                    f"{labels[0]}; expected one number for all",
                    where=f"{where}, {what} {differ[0]}",
                    fix="give every sector the same.",
                )
    return table


def by_parameter(table: pd.DataFrame | None) -> dict[str, dict[str, float]] | None:
    """Prior values of every parameter by sector (or category of final demand), where there is a
    table of priors.
    """
    if table is None:
        return None
    needs_columns(table, ("sector", "parameter", "prior"), "priors")
    found: dict[str, dict[str, float]] = {}
    columns = (table[column].tolist() for column in ("parameter", "sector", "prior"))
    for name, label, value in zip(*columns, strict=True):
        found.setdefault(name, {})[label] = value
    return found


def prior_values(
    priors: Mapping[str, Mapping[str, float]] | None, name: str, sectors: list[str], where: str
) -> np.ndarray:
    """Prior values of one parameter in the order of `sectors` (or of categories of final demand).

    Raises
    ------
    DataError
        There is no table of priors, or no row in it.
    """
    if priors is None:
        raise DataError(
            f"the estimate needs {name}, but no priors are given",
            where=where,
            fix="give a table of priors, or choose another trade_prior, demand or demand_tilt.",
        )
    values = priors.get(name, {})
    if lost := [sector for sector in sectors if sector not in values]:
        raise DataError(
            f"the priors have no {name} of {lost[0]}",
            where=where,
            fix="give them a row of it, or take a table that was fitted with it (method "
            "calibrated).",
        )
    return np.array([values[sector] for sector in sectors], float)


def shrink_to_group(estimate: np.ndarray, se: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Estimates drawn towards the mean of their group as far as their standard errors say
    (empirical Bayes).

    With true values b_i ~ N(m, t^2) and estimates N(b_i, s_i^2): (t^2 b_i + s_i^2 m) / (t^2 +
    s_i^2), m the weighted mean and t^2 by the method of moments (DerSimonian and Laird 1986).
    Sectors that cannot be fitted (NaN) get m.
    """
    result = np.array(estimate, float)
    for name in np.unique(group):
        members = np.flatnonzero(group == name)
        known = members[
            np.isfinite(estimate[members]) & np.isfinite(se[members]) & (se[members] > 0)
        ]
        if not len(known):
            known_any = np.flatnonzero(np.isfinite(estimate))
            if len(known_any):
                result[members] = np.where(
                    np.isfinite(result[members]), result[members], np.mean(estimate[known_any])
                )
            continue
        y, v = estimate[known], se[known] ** 2
        w = 1 / v
        m = (w * y).sum() / w.sum()
        q = (w * (y - m) ** 2).sum()
        scatter = w.sum() - (w**2).sum() / w.sum()
        t2 = max(0.0, (q - (len(y) - 1)) / scatter) if scatter > 0 else 0.0
        w = 1 / (v + t2)
        m = (w * y).sum() / w.sum()
        result[members] = m
        result[known] = (t2 * y + v * m) / (t2 + v)
    return result


def prior_rows(
    sectors: pd.DataFrame,
    name: str,
    estimate: np.ndarray,
    se: np.ndarray,
    n: np.ndarray,
    prior: np.ndarray,
    source: str,
    note: str,
) -> pd.DataFrame:
    """Rows of priors.csv for one parameter."""
    values = name, estimate, se, n, prior, source, note
    labels = sectors["sector"].array, sectors["kind"].array
    return pd.DataFrame(dict(zip(COLUMNS, (*labels, *values), strict=True)))


def learned_priors(sectors: pd.DataFrame, theta: float) -> pd.DataFrame:
    """Rows `theta` (as set), `border_effect` and `kappa` where provinces are too few to be fitted
    on: means over the systems of data/learned.csv, by goods and services.

    Its columns `se` and `n` are the spread between the systems and how many there are.
    """
    learned = read_table(str(files(__package__).joinpath("data/learned.csv")))
    every = np.ones(len(sectors))
    note = "no province to fit on; as set"
    parts = [
        prior_rows(
            sectors, "theta", every * np.nan, every * np.nan, 0 * every, theta * every, SET, note
        )
    ]
    for name in (BORDER, "kappa"):
        rows = learned[learned["parameter"] == name]
        of = {kind: rows[rows["kind"].str.contains(kind)] for kind in set(sectors["kind"])}
        mean, spread, count = (
            sectors["kind"].map({kind: tell(part["value"]) for kind, part in of.items()}).to_numpy()
            for tell in (pd.Series.mean, pd.Series.std, pd.Series.count)
        )
        source = f"{ADOPTED}: learned on {'; '.join(rows['system'])}"
        note = "mean over systems; se: their spread"
        parts.append(prior_rows(sectors, name, mean, spread, count, mean, source, note))
        warn(
            where="priors.csv",
            what=f"{name} is learned on other systems",
            value="; ".join(
                f"{kind} {part['value'].mean():.2f} ({part['value'].min():g} to "
                f"{part['value'].max():g} in {len(part)} systems)"
                for kind, part in sorted(of.items())
            ),
            expectation=f"at least {LEAST} provinces to fit it on",
            effect="Who trades with whom among cities rests on these means. Fix: name a table of "
            "priors of a like country (cities.priors).",
        )
    return pd.concat(parts, ignore_index=True)


def barrier(table: pd.DataFrame) -> float:
    """What the border effect of the nation's provinces has beyond :data:`OPEN_BORDER`, mean over
    goods (products without any).

    One number for all products: services differ from goods in themselves (public ones are used
    where they are made, in Austria too), so that only the level of goods can be set beside observed
    trade.
    """
    rows = table["parameter"].to_numpy(object) == BORDER
    goods = table["kind"].to_numpy(object)[rows] == "goods"
    border = table["prior"].to_numpy(float)[rows][goods if goods.any() else ~goods]
    return max(0.0, float(border.mean()) - OPEN_BORDER)


def carried_border(
    table: pd.DataFrame | None, sectors: list[str], config: Cities, where: str
) -> np.ndarray:
    """Border effect between the cities of a province, by sector: that of the provinces, changed as
    the configuration says.

    border_city = border_province + border_change - border_barrier * barrier: the part
    `border_barrier` of what the provinces have beyond observed trade is a barrier between
    provinces, which cities of one province do not face.

    Raises
    ------
    DataError
        There is no table of priors.
    """
    border = prior_values(by_parameter(table), BORDER, sectors, where)
    return border + config.border_change - config.border_barrier * barrier(table)
