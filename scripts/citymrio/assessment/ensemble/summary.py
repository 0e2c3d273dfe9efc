"""From members to what is quoted: intervals, probabilities, shares of the variance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ...analysis.affluence import is_city
from ...base.errors import DataError
from ...base.tolerances import SUMS
from .inputs import causes
from .layout import CODES, REJECTED, SAME_STRUCTURE

REST = "interplay and what one number does not hold"


def summarise(members: xr.Dataset, numbers: pd.DataFrame, regions: pd.DataFrame, level: float) -> dict[str, pd.DataFrame]:
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
        regions: region, cba_mt, cba_low, cba_high, pba_..., probability of super-emitter types,
        quintiles and of the main estimate's structure, main input;
        numbers: quantity, unit, estimate, mean, low, high, sd, members; variance: quantity, input, share.

    Raises
    ------
    DataError
        Fewer than two members with draws.
    """
    members = members.sortby("member")
    drawn = members.sel(member=members["member"] > 0)
    tail = (1 - level) / 2
    numbers = numbers.astype({"member": int, "value": float})  # text where a job had no member
    rejected = numbers["quantity"].eq(REJECTED)
    left_out, numbers = int(rejected.sum()), numbers[~rejected]
    if len(drawn["member"]) < 2:
        raise DataError(
            f"{len(drawn['member'])} members to summarise, {left_out} are left out; at least 2 are needed",
            where="uncertainty/members",
            fix="more members (uncertainty.members) or smaller spreads of what is drawn; the logs say what the draws contradict.",
        )
    wide = numbers.pivot(index="member", columns="quantity", values="value").sort_index()
    scalars = wide.loc[wide.index > 0, [c for c in wide if c.startswith("draw: ")]]
    return {
        "regions": _regions(members, drawn, scalars, regions, tail),
        "numbers": _numbers(wide, numbers, tail, left_out),
        "variance": _variance(drawn, wide, scalars, regions, members.sel(member=0)),
    }


def _regions(members, drawn, scalars, regions, tail) -> pd.DataFrame:
    codes = members["region"].values
    names = regions.set_index("region")
    table = pd.DataFrame({"region": codes, "name": names["name"].reindex(codes).to_numpy()})
    central = members.sel(member=0)
    for name in ("cba_mt", "pba_mt", "per_capita_t", "net_balance_mt"):
        values = drawn[name].transpose("member", "region").values
        table[name] = central[name].values
        table[f"{name}_low"], table[f"{name}_high"] = np.quantile(values, [tail, 1 - tail], axis=0)
    city = is_city(names.loc[codes].reset_index()).to_numpy()
    for name in ("super_emitter", "quintile"):
        values = drawn[name].transpose("member", "region").values
        for position, label in enumerate(CODES[name]):
            if label and label != "none":
                share = (values == position).mean(axis=0)
                table[f"p_{label.lower()}"] = np.where(city, share, np.nan)
    table["p_super_emitter"] = table[[f"p_{label}" for label in ("demand", "technology", "hybrid")]].sum(axis=1, min_count=3)
    table["p_structure"] = np.where(city, drawn[SAME_STRUCTURE].mean("member").values, np.nan)
    cba = drawn["cba_mt"].transpose("member", "region").values
    shares = np.array([[*_shares(cba[:, n], _inputs(drawn, scalars, n)).values()] for n in range(len(codes))])
    labels = [*causes()]
    shares = shares[:, : len(labels)]
    told = np.isfinite(shares).all(axis=1)
    table["main_input"] = [labels[k] if known else "" for k, known in zip(shares.argmax(axis=1), told, strict=True)]
    table["main_input_share"] = shares.max(axis=1)
    return table


def _numbers(wide: pd.DataFrame, numbers: pd.DataFrame, tail: float, left_out: int) -> pd.DataFrame:
    units = numbers.drop_duplicates("quantity").set_index("quantity")["unit"]
    drawn = wide[wide.index > 0]
    rows = []
    for quantity in sorted(c for c in wide if not c.startswith("draw: ")):
        values = drawn[quantity].dropna()
        # a number that no member has (a class without cities, say) has an estimate and no interval
        low, high = np.quantile(values, [tail, 1 - tail]) if len(values) else (np.nan, np.nan)
        estimate = wide.loc[0, quantity] if 0 in wide.index else np.nan
        rows.append((quantity, units[quantity], estimate, values.mean(), low, high, values.std(ddof=1), len(values)))
    rows.append((REJECTED, "members", np.nan, float(left_out), np.nan, np.nan, np.nan, len(drawn) + left_out))
    return pd.DataFrame(rows, columns=["quantity", "unit", "estimate", "mean", "low", "high", "sd", "members"])


def _inputs(
    drawn: xr.Dataset, scalars: pd.DataFrame, region: int | None, central: xr.Dataset | None = None
) -> dict[str, np.ndarray]:
    """Draws by input, (member, draws): of a region, or (`region` None) their means over regions, weighted by CBA and by PBA."""
    result = {}
    weights = None if central is None else np.column_stack([central[name].values for name in ("cba_mt", "pba_mt")])
    for name, parts in causes().items():
        columns = []
        for part in parts:
            if part.startswith("draw: "):
                if part in scalars:
                    columns.append(scalars[part].to_numpy())
            elif part in drawn:
                values = drawn[part].transpose("member", "region").values
                columns += [values[:, region]] if region is not None else [*(values @ (weights / weights.sum(axis=0))).T]
        result[name] = np.column_stack(columns) if columns else np.zeros((len(scalars), 0))
    return result


def _shares(values: np.ndarray, inputs: dict[str, np.ndarray]) -> dict[str, float]:
    """Shares of the variance by input: first-order, from a linear regression on the draws (independent inputs).

    share_k = variance of what the draws of input k explain, less what chance alone would (one residual variance per draw);
    what is left is interplay, and what the one number per region that stands for its draws by sector does not hold. NaN where
    there are too few members to tell.
    """
    deviation = values - values.mean()
    total = float(deviation @ deviation)
    result = dict.fromkeys([*inputs, REST], 0.0)
    if total <= len(values) * (SUMS * values.mean()) ** 2:  # kept exactly by every member: round-off has no cause
        return result
    columns, owner = [], []
    for name, block in inputs.items():
        for column in block.T:
            spread = column.std()
            if spread > 0:
                columns.append((column - column.mean()) / spread)
                owner.append(name)
    if len(values) <= len(columns) + 2:
        return dict.fromkeys(result, np.nan)
    if columns:
        x = np.column_stack(columns)
        coefficient = np.linalg.lstsq(x, deviation, rcond=None)[0]
        residual = deviation - x @ coefficient
        noise = float(residual @ residual) / (len(values) - len(columns) - 1)
        for name in dict.fromkeys(owner):
            own = [k for k, other in enumerate(owner) if other == name]
            fitted = x[:, own] @ coefficient[own]
            result[name] = max((float(fitted @ fitted) - noise * np.linalg.matrix_rank(x[:, own])) / total, 0.0)
    explained = sum(result.values())
    result[REST] = max(1.0 - explained, 0.0)
    whole = sum(result.values())
    return {name: share / whole for name, share in result.items()}


def _variance(drawn, wide, scalars, regions, central) -> pd.DataFrame:
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
        shares = [_shares(values[:, n], _inputs(drawn, scalars, n)) for n in np.flatnonzero(city)]
        rows += [(title, name, float(np.mean([s[name] for s in shares]))) for name in shares[0]]
    return pd.DataFrame(rows, columns=["quantity", "input", "share"])
