"""From members to what is quoted: intervals, probabilities, shares of the variance."""

from statistics import NormalDist

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import rankdata

from ...analysis.affluence import is_city
from ...base.errors import DataError, warn
from ...base.tolerances import SUMS
from ..headline import CENTRAL, INSIDE, MEDIAN, adds_up
from .convergence import (
    convergence,
    effective_members,
    probability_inside,
    quantile,
    quantile_error,
)
from .inputs import causes
from .intervals import cell_table, is_cell
from .layout import (
    CODES,
    MAIN_SUPPLIER,
    REASON,
    REGION,
    REJECTED,
    REST,
    SAME_STRUCTURE,
    SAVINGS,
    SUPPLIED,
    SUPPLIER,
    with_estimate,
)

#: Standard deviation, over members, that the log-odds of having an estimate have a priori.
#: Declared: 1 lets one member in forty have odds of being left out that are seven times the usual
#: ones, and calls nothing certain.
ODDS_SD = 1.0


def summarise(
    members: xr.Dataset, numbers: pd.DataFrame, regions: pd.DataFrame, level: float
) -> dict[str, pd.DataFrame]:
    """Tables of the ensemble.

    Parameters
    ----------
    members
        dims member, region, of all chunks; member 0 is the estimate without draws.
    numbers
        member, quantity, value, unit.
    regions
        regions.csv of the dataset.
    level
        Probability of the intervals.

    Returns
    -------
    dict
        regions: region, cba_mt, cba_low, cba_high, pba_... (sums without draws; savings and the
        rank as medians of the draws), probability of super-emitter types, quintiles and of the main
        estimate's structure, main input; numbers: quantity, unit, value,
        reported, low, high, estimate, median, mean, sd, members, low_se, high_se: what is reported,
        and whether it is the estimate without draws or the median (:func:`..headline.adds_up`);
        both; standard errors of the interval's ends, since members are few; cells: the same of
        cells of tables (:mod:`.intervals`); suppliers: as of :func:`suppliers`; variance: quantity,
        input, share; convergence: as of :func:`.convergence.convergence`; weights: member, weight
        (:func:`.weights`; 0 where it is left out); left_out_draws: as of
        :func:`.left_out.draw_shifts`.

    Warns of members that are left out, and of sums that lie outside their interval.

    Raises
    ------
    DataError
        Fewer than two members with draws.
    """
    everyone = members.sortby("member")
    members = with_estimate(everyone)
    drawn = members.sel(member=members["member"] > 0)
    tail = (1 - level) / 2
    left_out = set(numbers.loc[numbers["quantity"].eq(REJECTED), "member"])
    reasons = numbers.loc[numbers["quantity"].str.startswith(REASON), "quantity"].value_counts()
    every_draw = _wide(numbers[numbers["quantity"].str.startswith("draw: ")])
    numbers = numbers[~numbers["member"].isin(left_out)]
    if len(drawn["member"]) < 2:
        raise DataError(
            f"{len(drawn['member'])} members to summarise, {len(left_out)} are left out; at "
            "least 2 are needed",
            where="uncertainty/members",
            fix="more members (uncertainty.members) or smaller spreads of what is drawn; the "
            "logs say what the draws contradict.",
        )
    wide = _wide(numbers)
    scalars = wide.loc[wide.index > 0, [c for c in wide if c.startswith("draw: ")]]
    results = wide.loc[wide.index > 0, [c for c in wide if not c.startswith("draw: ")]].dropna(
        axis=1
    )
    every = everyone.sel(member=everyone["member"] > 0)
    means, extremes = _of_nation(
        every, every_draw.reindex(every["member"].values), members.sel(member=0)
    )
    estimated = ~np.isin(every["member"].values, [*left_out])
    units = numbers.drop_duplicates("quantity").set_index("quantity")["unit"]
    weight = weights(means.join(extremes), estimated)
    own = weight[estimated]
    found = _numbers(wide, units, tail, own)
    cell = is_cell(found["quantity"])
    places = _regions(members, drawn, scalars, regions, tail, own)
    shippers = suppliers(members, regions, own, tail)
    _warn(weight, reasons, found[~cell], places, shippers)
    return {
        "regions": places,
        "numbers": pd.concat(
            [found[~cell], _counts(len(own), len(left_out), reasons, level)], ignore_index=True
        ),
        "cells": cell_table(found[cell].reset_index(drop=True)),
        "suppliers": shippers,
        "variance": _variance(
            drawn, wide.loc[:, ~is_cell(wide.columns)], scalars, regions, members.sel(member=0)
        ),
        "convergence": convergence(results.loc[:, ~is_cell(results.columns)], level, own),
        "weights": pd.DataFrame({"member": every["member"].values, "weight": weight}),
        "left_out_draws": draw_shifts(means.join(extremes), estimated),
    }


def _warn(
    weight: np.ndarray,
    reasons: pd.Series,
    numbers: pd.DataFrame,
    regions: pd.DataFrame,
    shippers: pd.DataFrame,
) -> None:
    """Say how many members are left out, and which sums lie outside their interval."""
    if not weight.all():
        kept, places = (
            weight[weight > 0],
            ", ".join(f"{count} at {name.removeprefix(REASON)}" for name, count in reasons.items()),
        )
        warn(
            where="uncertainty/weights.csv",
            what="draws of members contradict what is kept exactly, and have no estimate",
            value=f"{(weight == 0).sum()} of {len(weight)} members ({places})",
            expectation="an estimate of every draw",
            effect=f"Members with draws like theirs weigh more, {kept.min():.2g} to "
            f"{kept.max():.2g}; all count as "
            f"{effective_members(kept):.0f}. left_out_draws.csv says which draws differ.",
        )
    sums = numbers[numbers["reported"].eq(CENTRAL)]
    out = sums[(sums["estimate"] < sums["low"]) | (sums["estimate"] > sums["high"])]
    named = [
        f"{row.quantity} {row.estimate:.4g} ({row.low:.4g} to {row.high:.4g})"
        for row in out.itertuples()
    ]
    columns = ((regions, "cba_mt", "regions"), (regions, "pba_mt", "regions"))
    for table, name, rows in (*columns, (shippers, "mt", "rows of suppliers.csv")):
        low, high = (table[f"{name}_{end}"] for end in ("low", "high"))
        if count := int(((table[name] < low) | (table[name] > high)).sum()):
            named.append(f"{name} of {count} of {len(table)} {rows}")
    if named:
        warn(
            where="uncertainty/numbers.csv, regions.csv, suppliers.csv",
            what="what adds up is reported without draws, and lies outside its interval",
            value="; ".join(named),
            expectation="the draws around the estimate",
            effect="The draws are not centred on the estimate there. The interval says where "
            "the draws lie.",
        )


def suppliers(
    members: xr.Dataset, regions: pd.DataFrame, weight: np.ndarray, tail: float
) -> pd.DataFrame:
    """suppliers.csv: for each city the regions that emit most for its consumption, itself left out.

    Returns
    -------
    pandas.DataFrame
        region, name, supplier, supplier_name, p_supplier (part of the members in which it is among
        the `SUPPLIERS` largest), p_largest (in which it is the largest); by city so many as are
        kept of a member, the likeliest first, then others that are among the largest by the
        ensemble's method without draws. Of these mt (what it emits for the city by it), mt_low,
        mt_high; blank for others.
    """
    codes, names = members["region"].values, regions.set_index("region")["name"]
    drawn = members.sel(member=members["member"] > 0)
    kept = drawn[SUPPLIER].transpose("region", "member", "rank").values.astype(int)
    main = members[MAIN_SUPPLIER].sel(member=0).transpose("region", "rank").values.astype(int)
    central = members[SUPPLIED].sel(member=0).transpose("region", "rank").values
    amounts = drawn[SUPPLIED].transpose("member", "region", "rank").values
    ends = np.moveaxis(quantile(amounts, [tail, 1 - tail], weight), 0, -1)
    rows, whole = [], weight.sum()
    for code, own, largest, value, spread in zip(codes, kept, main, central, ends, strict=True):
        if (own < 0).all():
            continue
        amount = dict(zip(largest.tolist(), np.column_stack([value, spread]), strict=True))
        among = (
            np.bincount(
                own[own >= 0], np.repeat(weight, own.shape[1])[own.ravel() >= 0], len(codes)
            )
            / whole
        )
        first = np.bincount(own[:, 0].clip(min=0), weight * (own[:, 0] >= 0), len(codes)) / whole
        order = np.lexsort((-first, -among))
        likeliest = [k for k in order[: own.shape[1]].tolist() if among[k] > 0]
        also = [k for k in order.tolist() if k in amount and k not in likeliest]
        rows += [
            (code, names[code], codes[k], names[codes[k]], among[k], first[k])
            + tuple(amount.get(k, (np.nan,) * 3))
            for k in [*likeliest, *also]
        ]
    columns = ["region", "name", "supplier", "supplier_name", "p_supplier", "p_largest"]
    return pd.DataFrame(rows, columns=[*columns, "mt", "mt_low", "mt_high"])


def _wide(numbers: pd.DataFrame) -> pd.DataFrame:
    """Numbers by member (rows) and quantity (columns)."""
    return numbers.pivot(index="member", columns="quantity", values="value").sort_index()


def _regions(
    members: xr.Dataset,
    drawn: xr.Dataset,
    scalars: pd.DataFrame,
    regions: pd.DataFrame,
    tail: float,
    weight: np.ndarray,
) -> pd.DataFrame:
    codes = members["region"].values
    names = regions.set_index("region")
    table = pd.DataFrame({"region": codes, "name": names["name"].reindex(codes).to_numpy()})
    central = members.sel(member=0)
    for name in REGION:
        values = drawn[name].transpose("member", "region").values
        low, median, high = quantile(values, [tail, 0.5, 1 - tail], weight)
        # what a city saves does not add up (:mod:`..headline`)
        table[name] = median if name in SAVINGS else central[name].values
        table[f"{name}_low"], table[f"{name}_high"] = low, high
    ranks = rankdata(-drawn["cba_mt"].transpose("member", "region").values, "min", axis=1)
    low, median, high = quantile(ranks, [tail, 0.5, 1 - tail], weight)
    table = table.assign(
        cba_rank=np.floor(median + 0.5).astype(int),  # a rank, as a count
        cba_rank_low=np.floor(low).astype(int),
        cba_rank_high=np.ceil(high).astype(int),
    )
    city = is_city(names.loc[codes].reset_index()).to_numpy()
    for name in ("super_emitter", "quintile"):
        values = drawn[name].transpose("member", "region").values
        for position, label in enumerate(CODES[name]):
            if label and label != "none":
                share = np.average(values == position, axis=0, weights=weight)
                table[f"p_{label.lower()}"] = np.where(city, share, np.nan)
    table["p_super_emitter"] = table[
        [f"p_{label}" for label in ("demand", "technology", "hybrid")]
    ].sum(axis=1, min_count=3)
    table["p_structure"] = np.where(
        city,
        np.average(
            drawn[SAME_STRUCTURE].transpose("member", "region").values, axis=0, weights=weight
        ),
        np.nan,
    )
    cba = drawn["cba_mt"].transpose("member", "region").values
    shares = np.array(
        [[*_shares(cba[:, n], _inputs(drawn, scalars, n)).values()] for n in range(len(codes))]
    )
    labels = np.array([*causes()])
    shares = shares[:, : len(labels)]
    told = np.isfinite(shares).all(axis=1)
    return table.assign(
        main_input=np.where(told, labels[shares.argmax(axis=1)], ""),
        main_input_share=shares.max(axis=1),
    )


def _of_nation(
    members: xr.Dataset, scalars: pd.DataFrame, central: xr.Dataset
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draws by member as numbers of the nation: parameters, means over regions weighted by
    emissions; the largest of a region.
    """
    means = {name.removeprefix("draw: "): scalars[name].to_numpy() for name in scalars}
    extremes = {}
    weight = (
        sum(central[name].values / central[name].values.sum() for name in ("cba_mt", "pba_mt")) / 2
    )
    for variable in (name for name in members if str(name).startswith("draw_")):
        values, name = (
            members[variable].transpose("member", "region").values,
            str(variable).removeprefix("draw_"),
        )
        means[f"{name}: mean"] = values @ weight
        spread = values.std(axis=0)
        scaled = np.divide(
            values - values.mean(axis=0), spread, out=np.zeros_like(values), where=spread > 0
        )
        extremes[f"{name}: most extreme region"] = np.abs(scaled).max(axis=1)
    return pd.DataFrame(means), pd.DataFrame(extremes)


def _numbers(wide: pd.DataFrame, units: pd.Series, tail: float, weight: np.ndarray) -> pd.DataFrame:
    """numbers.csv of all that members have."""
    drawn = wide[wide.index > 0]
    rows = []
    for quantity in sorted(c for c in wide if not c.startswith("draw: ")):
        known = drawn[quantity].notna().to_numpy()
        values, own = drawn[quantity].to_numpy()[known], weight[known]
        estimate = wide.loc[0, quantity] if 0 in wide.index else np.nan
        # a number that no member has (a class without cities, say) has an estimate and no interval
        low, median, high, mean, sd, *errors = (np.nan,) * 7
        if len(values):
            low, median, high = quantile(values, [tail, 0.5, 1 - tail], own)
            if (values == np.round(values)).all():  # a count, also between two of its values
                median = np.floor(median + 0.5)
            mean = np.average(values, weights=own)
            errors = [float(quantile_error(values, end, own)) for end in (tail, 1 - tail)]
        if len(values) > 1:
            sd = np.sqrt(
                np.average((values - mean) ** 2, weights=own) / (1 - 1 / effective_members(own))
            )
        reported = CENTRAL if adds_up(quantity) or not len(values) else MEDIAN
        value = estimate if reported == CENTRAL else median
        rows.append(
            (
                quantity,
                units[quantity],
                value,
                reported,
                low,
                high,
                estimate,
                median,
                mean,
                sd,
                len(values),
                *errors,
            )
        )
    return pd.DataFrame(rows, columns=NUMBERS)


#: Columns of numbers.csv.
NUMBERS = [
    *(
        "quantity",
        "unit",
        "value",
        "reported",
        "low",
        "high",
        "estimate",
        "median",
        "mean",
        "sd",
        "members",
    ),
    *("low_se", "high_se"),
]


def _counts(kept: int, left_out: int, reasons: pd.Series, level: float) -> pd.DataFrame:
    """Rows of numbers.csv that say how many members were left out, and where (`reasons`); and what
    an interval of those kept is worth.
    """
    rows = {"quantity": [REJECTED, *reasons.index], "mean": [float(left_out), *map(float, reasons)]}
    counted = pd.DataFrame(rows).assign(unit="members", members=kept + left_out)
    worth = {
        "quantity": INSIDE,
        "mean": 100 * probability_inside(level, kept),
        "unit": "%",
        "members": kept,
    }
    return (
        pd.concat([counted, pd.DataFrame([worth])], ignore_index=True)
        .assign(reported="")
        .reindex(columns=NUMBERS)
    )


def _inputs(
    drawn: xr.Dataset, scalars: pd.DataFrame, region: int | None, central: xr.Dataset | None = None
) -> dict[str, np.ndarray]:
    """Draws by input, (member, draws): of a region, or (`region` None) their means over regions,
    weighted by CBA and by PBA.
    """
    result = {}
    weights = (
        None
        if central is None
        else np.column_stack([central[name].values for name in ("cba_mt", "pba_mt")])
    )
    for name, parts in causes().items():
        columns = []
        for part in parts:
            if part.startswith("draw: "):
                if part in scalars:
                    columns.append(scalars[part].to_numpy())
            elif part in drawn:
                values = drawn[part].transpose("member", "region").values
                columns += (
                    [values[:, region]]
                    if weights is None
                    else [*(values @ (weights / weights.sum(axis=0))).T]
                )
        result[name] = np.column_stack(columns) if columns else np.zeros((len(scalars), 0))
    return result


def _shares(values: np.ndarray, inputs: dict[str, np.ndarray]) -> dict[str, float]:
    """Shares of the variance by input: first-order, from a linear regression on the draws
    (independent inputs).

    share_k = variance of what the draws of input k explain, less what chance alone would (one
    residual variance per draw); what is left is interplay, and what the one number per region that
    stands for its draws by sector does not hold. NaN where there are fewer than two members a draw:
    chance would decide which input is the largest.
    """
    deviation = values - values.mean()
    total = float(deviation @ deviation)
    result = dict.fromkeys([*inputs, REST], 0.0)
    if (
        total <= len(values) * (SUMS * values.mean()) ** 2
    ):  # kept exactly by every member: round-off has no cause
        return result
    columns, owner = [], []
    for name, block in inputs.items():
        for column in block.T:
            spread = column.std()
            if spread > 0:
                columns.append((column - column.mean()) / spread)
                owner.append(name)
    if len(values) < 2 * len(columns) + 2:
        return dict.fromkeys(result, np.nan)
    if columns:
        x = np.column_stack(columns)
        coefficient = np.linalg.lstsq(x, deviation, rcond=None)[0]
        residual = deviation - x @ coefficient
        noise = float(residual @ residual) / (len(values) - len(columns) - 1)
        for name in dict.fromkeys(owner):
            own = [k for k, other in enumerate(owner) if other == name]
            fitted = x[:, own] @ coefficient[own]
            result[name] = max(
                (float(fitted @ fitted) - noise * np.linalg.matrix_rank(x[:, own])) / total, 0.0
            )
    result[REST] = max(1.0 - sum(result.values()), 0.0)
    whole = sum(result.values())
    return {name: share / whole for name, share in result.items()}


def _variance(
    drawn: xr.Dataset,
    wide: pd.DataFrame,
    scalars: pd.DataFrame,
    regions: pd.DataFrame,
    central: xr.Dataset,
) -> pd.DataFrame:
    rows = []
    inputs = _inputs(drawn, scalars, None, central)
    for quantity in sorted(c for c in wide if not c.startswith(("draw: ", "paper: "))):
        values = wide.loc[wide.index > 0, quantity].to_numpy(float)
        if np.isfinite(values).all():
            rows += [(quantity, name, share) for name, share in _shares(values, inputs).items()]
    codes = drawn["region"].values
    city = is_city(regions.set_index("region").loc[codes].reset_index()).to_numpy()
    for variable, title in (
        ("cba_mt", "footprint of a city (mean over cities)"),
        ("pba_mt", "emissions of a city (mean over cities)"),
    ):
        values = drawn[variable].transpose("member", "region").values
        shares = [
            _shares(values[:, n], _inputs(drawn, scalars, n)) for n in np.flatnonzero(city).tolist()
        ]
        rows += [(title, name, float(np.mean([s[name] for s in shares]))) for name in shares[0]]
    return pd.DataFrame(rows, columns=["quantity", "input", "share"])


def draw_shifts(draws: pd.DataFrame, estimated: np.ndarray) -> pd.DataFrame:
    """How the draws of members that are left out differ (left_out_draws.csv).

    Parameters
    ----------
    draws
        One row a member, one column a draw; those of the nation are means over cities.
    estimated
        (member,): whether it has an estimate.

    Returns
    -------
    DataFrame
        draw, kept (mean of the members with an estimate), left_out (of those without; both in
        standard deviations of all members from the mean of all), difference (left_out - kept), se,
        chance (size of difference / se that the largest of so many draws exceeds in every second
        ensemble by chance alone); ordered by the size of difference / se. Without members left out,
        no row.
    """
    names = ["draw", "kept", "left_out", "difference", "se", "chance"]
    if estimated.all() or not estimated.any():
        return pd.DataFrame(columns=names)
    values = draws.to_numpy(float)
    spread = values.std(axis=0)
    varies = spread > 0
    z = (values[:, varies] - values[:, varies].mean(axis=0)) / spread[varies]
    kept, out = z[estimated].mean(axis=0), z[~estimated].mean(axis=0)
    # of members that are left out by chance: drawn from all without replacement, each with variance
    # 1
    error = np.full(len(kept), np.sqrt(1 / estimated.sum() + 1 / (~estimated).sum()))
    chance = NormalDist().inv_cdf((1 + 0.5 ** (1 / max(len(kept), 1))) / 2)
    table = pd.DataFrame(
        dict(
            zip(
                names, ([*draws.columns[varies]], kept, out, out - kept, error, chance), strict=True
            )
        )
    )
    order = (
        (table["difference"].abs() / table["se"]).sort_values(ascending=False, kind="stable").index
    )
    return table.loc[order].reset_index(drop=True)


def weights(draws: pd.DataFrame, estimated: np.ndarray) -> np.ndarray:
    """What every member weighs (member,): those with an estimate as many draws as they stand for, 1
    in the mean; the others 0.

    A member with an estimate whose draws are such that only a part p of their like has one stands
    for 1/p of them (inverse-probability weights; Robins, Rotnitzky and Zhao 1994, Journal of the
    American Statistical Association 89). p comes from a logistic regression on the draws. A priori
    its coefficients are normal, and so wide that the log-odds of members differ by a standard
    deviation of `ODDS_SD`: with as many draws as members the data alone would tell the two kinds
    apart at once.

    Parameters
    ----------
    draws, estimated
        As of :func:`draw_shifts`.
    """
    result = estimated.astype(float)
    x = draws.to_numpy(float)
    spread = x.std(axis=0)
    if result.min() == 1 or result.max() == 0 or not spread.any():
        return result
    from sklearn.linear_model import LogisticRegression  # slow to import

    z = (x[:, spread > 0] - x[:, spread > 0].mean(axis=0)) / spread[spread > 0]
    fitted = LogisticRegression(C=ODDS_SD**2 / z.shape[1]).fit(z, estimated)
    result = result / fitted.predict_proba(z)[:, 1]
    return result * estimated.sum() / result.sum()
