"""What is worth collecting: how far a further datum would narrow the intervals (value_of_data.csv,
docs/value-of-data.md).

A member is a possible country, and its accounts say what statistics would show there. With Y the
outcome (log of a footprint) and D the datum (log of an account, with its observation error e), both
over the members, a normal Y of which D is known keeps the variance

    Var(Y | D) = Var(Y) (1 - R^2) ,   R^2 = Cov(Y, D) [Var(D) + Var(e)]^-1 Cov(D, Y) / Var(Y) ,

whatever D turns out to be: the interval falls to sqrt(1 - R^2) of its width. That is the expected
value of sample information with a linear regression for the conditional expectation (Strong, Oakley
and Brennan 2014); the error of the datum is known and enters as the penalty of a ridge regression,
so that nothing has to be tuned. What chance alone would explain is subtracted.

Data of many parts enter as a few numbers a city: means of their logs, weighted by the emissions of
their sectors, by the carbon in the inputs of these, and by the carbon in final demand for their
products; and the heaviest parts themselves, as many as the members can bear. What they tell is a
lower bound of what all parts tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
import xarray as xr

from ...base.errors import DataError
from ...base.tolerances import SUMS
from ...config.models import Uncertainty
from ...dataset.dataset import DatasetFolder
from ...nested.flows import pairs
from .convergence import quantile
from .kinds import KINDS, Kind, Part, amounts, lacks_datum, parts
from .layout import FEWEST, TOP, TOP_SINGLE, with_estimate

#: Groups of members that are left out in turn for a standard error.
GROUPS = 10
#: Relative size below which an eigenvalue of a covariance is round-off.
ROUND = 1e-9
#: Members for each number of a city that a regression holds.
EACH = 4
SHARE = "embodied flows: inter-city share"
#: Outcome -> its unit: a city's two numbers, and one of the nation.
TARGETS = {"cba_mt": "Mt CO2", "pba_mt": "Mt CO2", "intercity_share": "%"}


@dataclass(frozen=True)
class Outcomes:
    """What the data are to narrow, over the members, and what weighs cities.

    Attributes
    ----------
    city
        Log of CBA and PBA by target, (member, region).
    share
        The inter-city share, (member,), %.
    width
        Width of the interval by target, (region,); of the share one number.
    partners
        By target, (region, region): weights of the other cities in what a region learns from them.
        For a footprint the emissions it draws from them, for production their emissions, where they
        are in the same province.
    size
        CBA and PBA of the regions (region, 2).
    """

    city: dict[str, np.ndarray]
    share: np.ndarray
    width: dict[str, np.ndarray]
    partners: dict[str, np.ndarray]
    size: np.ndarray

    @classmethod
    def of(
        cls,
        members: xr.Dataset,
        numbers: pd.DataFrame,
        footprints: xr.Dataset,
        regions: pd.DataFrame,
        weights: pd.DataFrame,
        level: float,
    ) -> Self:
        """From uncertainty/members/* (all members), footprints.nc of the main estimate, and
        uncertainty/weights.csv.

        Raises
        ------
        DataError
            Fewer than `FEWEST` members with draws.
        """
        members = with_estimate(members).sortby("member")
        drawn = members.sel(member=members["member"] > 0)
        if (count := len(drawn["member"])) < FEWEST:
            raise DataError(
                f"{count} members with draws say too little about the value of data; at least "
                f"{FEWEST} are needed",
                where="uncertainty/members",
                fix="more members: make value-of-data MEMBERS=100, or uncertainty.members of "
                "the configuration.",
            )
        shares = numbers[
            numbers["quantity"].eq(SHARE) & numbers["member"].astype(int).gt(0)
        ].sort_values("member")
        share = shares["value"].to_numpy(float)
        tail = [(1 - level) / 2, (1 + level) / 2]
        values = {
            name: drawn[name].transpose("member", "region").values for name in ("cba_mt", "pba_mt")
        }
        weight = weights.set_index("member")["weight"][drawn["member"].values].to_numpy(float)
        width = {
            name: np.diff(quantile(table, tail, weight), axis=0)[0]
            for name, table in values.items()
        }
        flows = pairs(footprints).transpose("destination", "origin").values.clip(min=0)
        same = regions["province"].to_numpy()[:, None] == regions["province"].to_numpy()[None]
        pba = footprints["pba"].values.clip(min=0)
        others = 1 - np.eye(len(regions))
        return cls(
            city={name: _logs(table) for name, table in values.items()},
            share=share,
            width=width | {"intercity_share": np.diff(quantile(share, tail, weight))},
            partners={"cba_mt": flows * others, "pba_mt": same * pba[None] * others},
            size=np.column_stack([footprints["cba"].sum("category").values.clip(min=0), pba]),
        )


@dataclass(frozen=True)
class Candidate:
    """A kind of data, or one part of it, as the cities that lack it would give it.

    Attributes
    ----------
    kind, part
        What it is; `part` None: the whole kind.
    lacks
        (region,): cities that lack it.
    index
        What it would show, a few numbers a city: (member, region, number); 0 where it is not
        lacking.
    noise
        Covariance of its observation error, (region, number, number).
    means
        The first so many numbers are means over parts, which are comparable between cities.
    error
        Log standard deviation of one datum.
    """

    kind: Kind
    part: Part | None
    lacks: np.ndarray
    index: np.ndarray
    noise: np.ndarray
    means: int
    error: float


def _logs(values: np.ndarray) -> np.ndarray:
    """Logs over members (first axis), around their mean; 0 where an amount is not above 0 in every
    member.
    """
    positive = (values > 0).all(axis=0)
    logs = np.log(np.where(positive, values, 1.0))
    return logs - logs.mean(axis=0)


def _weights(
    kind: Kind, wanted: list[Part], central: xr.Dataset, footprints: xr.Dataset
) -> np.ndarray:
    """What the data of a kind weigh in a city, (region, part, mean): emissions, carbon of their
    inputs, of their final demand.
    """
    if kind.grain == "total":
        return np.ones((footprints.sizes["region"], 1, 1))
    if kind.grain == "category":
        cba = (
            footprints["cba"]
            .sel(category=[part.category for part in wanted])
            .transpose("region", "category")
            .values
        )
        return cba[:, :, None].clip(min=0)
    if kind.grain == "row":
        return amounts(kind, central, wanted)[:, :, None].clip(min=0)
    carried = (footprints["multiplier"] * central[name] for name in ("output", "final_products"))
    output, final = (table.transpose("region", "sector") for table in carried)
    emissions = central["emissions"].transpose("region", "sector")
    tables = (emissions, output - emissions, final)
    return np.stack(
        [
            np.stack([t.sel(sector=list(p.sectors)).sum("sector").values for p in wanted], axis=-1)
            for t in tables
        ],
        axis=-1,
    ).clip(min=0)


def _numbers(weight: np.ndarray, new: np.ndarray, members: int) -> tuple[np.ndarray, int]:
    """Weights of the numbers by which a city's data enter, (region, part, number), and how many of
    them are means.

    Parameters
    ----------
    weight
        Of :func:`_weights`.
    new
        (region, part): what is lacking.
    """
    means = (weight + SUMS) * new[:, :, None]
    total = means.sum(axis=1, keepdims=True)
    means = np.divide(means, total, out=np.zeros_like(means), where=total > 0)
    if new.shape[1] == 1:  # the same number several times
        return means[:, :, :1], 1
    count = min(max(members // EACH - 2 * means.shape[2], 0), new.shape[1])
    order = np.argsort(-means.max(axis=2), axis=1, kind="stable")[:, :count]
    heaviest = np.zeros((*new.shape, count))
    np.put_along_axis(heaviest, order[:, None, :], 1.0, axis=1)
    return np.concatenate([means, heaviest * new[:, :, None]], axis=2), means.shape[2]


def collectable(
    accounts: xr.Dataset, dataset: DatasetFolder, footprints: xr.Dataset, config: Uncertainty
) -> Iterator[Candidate]:
    """What cities could collect: every kind that some lack, then its data one by one where the kind
    has a name for them.

    Parameters
    ----------
    accounts
        uncertainty/accounts/*, all members.
    footprints
        footprints.nc of the main estimate.
    """
    accounts = accounts.sortby("member")
    central = accounts.sel(member=0).astype(float)
    drawn = accounts.sel(member=accounts["member"] > 0)
    for kind in KINDS:
        wanted, error = parts(kind, dataset.tables), float(getattr(config, kind.error))
        missing = lacks_datum(kind, dataset, wanted, central)
        logs, weight = (
            _logs(amounts(kind, drawn, wanted)),
            _weights(kind, wanted, central, footprints),
        )
        choices: list[tuple[Part | None, slice]] = [(None, slice(None))]
        if kind.singly:
            choices += [(part, slice(k, k + 1)) for k, part in enumerate(wanted)]
        for part, chosen in choices:
            new = missing[:, chosen]
            if new.any():
                own, means = _numbers(weight[:, chosen], new, len(logs))
                index = np.einsum("mrp,rpk->mrk", logs[:, :, chosen], own)
                noise = error**2 * np.einsum("rpk,rpl->rkl", own, own)
                yield Candidate(kind, part, np.asarray(new.any(axis=1)), index, noise, means, error)


def explained_variance(outcome: np.ndarray, index: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Share of the variance that data take away in expectation, (region,): R^2 less what chance
    alone would explain.

    Parameters
    ----------
    outcome
        (member, region).
    index, noise
        What the data show without error (member, region, number), and the covariance of their error
        (region, number, number).

    Returns
    -------
    ndarray
        May be slightly below 0 where the data say nothing: only then do means over cities have no
        bias. 0 where the outcome does not vary.
    """
    count = len(outcome) - 1
    y, x = outcome - outcome.mean(axis=0), index - index.mean(axis=0)
    variance = np.einsum("mr,mr->r", y, y) / count
    spread = np.einsum("mrk,mrl->rkl", x, x) / count
    joint = np.einsum("mrk,mr->rk", x, y) / count
    inverse = np.linalg.pinv(spread + noise, rcond=ROUND, hermitian=True)
    plain = np.linalg.pinv(spread, rcond=ROUND, hermitian=True)
    varies = variance > SUMS**2
    scale = np.where(varies, variance, 1.0)
    gain = np.einsum("rk,rkl,rl->r", joint, inverse, joint) / scale
    numbers = np.linalg.matrix_rank(spread, rtol=ROUND, hermitian=True)
    left = (
        (1 - np.einsum("rk,rkl,rl->r", joint, plain, joint) / scale).clip(min=0)
        * count
        / np.maximum(count - numbers, 1)
    )
    chance = left * np.einsum("rkl,rlk->r", inverse, spread) / count
    return np.where(varies, gain - chance, 0.0)


def shrink_gains(gain: np.ndarray, members: int, numbers: int) -> tuple[np.ndarray, np.ndarray]:
    """Gains of cities drawn towards their mean by what sampling alone makes them differ, and their
    standard errors.

    The largest of many noisy numbers is too large; so drawn (empirical Bayes), a ranking of cities
    is not led by chance.
    """
    known = gain.clip(0, 1)
    sampling = 4 * known * (1 - known) ** 2 / members + 2 * numbers / members**2
    between = max(float(gain.var() - sampling.mean()), 0.0)
    kept = between / (between + sampling)
    result = gain.mean() + kept * (gain - gain.mean())
    return result.clip(0, 1), np.sqrt(kept * sampling)


def _total_gain(datum: Candidate, outcomes: Outcomes, target: str, chosen: np.ndarray) -> float:
    """Fall of the interval, summed over cities, when every city that lacks the datum gives it;
    `chosen`: members.

    Gains enter as they are, below 0 as well: in the sum chance cancels, and wide intervals may be
    those that data narrow most.
    """
    index, noise, few = datum.index[chosen], datum.noise, slice(datum.means)
    means, blur = index[:, :, few], noise[:, few, few]
    if target == "intercity_share":
        weight = outcomes.size * datum.lacks[:, None]
        weight = weight / np.maximum(weight.sum(axis=0), SUMS)
        both = np.einsum("mrk,rq->mkq", means, weight).reshape(len(index), 1, -1)
        size = datum.means * weight.shape[1]
        error = np.einsum("rkl,rq,rs->kqls", blur, weight, weight).reshape(1, size, size)
        gain = explained_variance(outcomes.share[chosen, None], both, error)
    else:
        weight = outcomes.partners[target] * datum.lacks[None]
        total = weight.sum(axis=1, keepdims=True)
        weight = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
        others, own = np.einsum("rs,msk->mrk", weight, means, optimize=True), noise.shape[1]
        error = np.zeros((len(noise), own + datum.means, own + datum.means))
        error[:, :own, :own] = noise
        error[:, own:, own:] = np.einsum("rs,skl->rkl", weight**2, blur)
        gain = explained_variance(
            outcomes.city[target][chosen], np.concatenate([index, others], axis=2), error
        )
    width = outcomes.width[target]
    return float((width * (1 - np.sqrt(1 - gain.clip(max=1)))).sum() / width.sum())


def _nation(datum: Candidate, outcomes: Outcomes, target: str) -> tuple[float, float]:
    """Fall when all cities that lack the datum give it, and its standard error (jackknife over
    groups of members).
    """
    members = np.arange(len(outcomes.share))
    fall = _total_gain(datum, outcomes, target, members >= 0)
    without = [
        _total_gain(datum, outcomes, target, members % GROUPS != group) for group in range(GROUPS)
    ]
    return fall, float(np.sqrt((GROUPS - 1) * np.var(without)))


def _cities(
    datum: Candidate, outcomes: Outcomes, target: str, regions: pd.DataFrame
) -> list[tuple[tuple[str, str], float, float, float]]:
    """The cities that gain most, in Mt, each by its own datum alone: code and name, width now,
    fall, its standard error.
    """
    own, members = np.flatnonzero(datum.lacks), len(outcomes.share)
    gain = explained_variance(outcomes.city[target][:, own], datum.index[:, own], datum.noise[own])
    gain, error = shrink_gains(gain, members, datum.noise.shape[1])
    left, width = np.sqrt(1 - gain), outcomes.width[target][own]
    best = np.argsort(-width * (1 - left), kind="stable")[: TOP_SINGLE if datum.part else TOP]
    return [
        (
            tuple(regions[["region", "name"]].iloc[own[k]]),
            float(width[k]),
            float(1 - left[k]),
            float(error[k] / (2 * max(left[k], SUMS))),
        )
        for k in best
    ]


def value_of_data(
    outcomes: Outcomes, data: Iterator[Candidate], regions: pd.DataFrame
) -> pd.DataFrame:
    """The table value_of_data.csv.

    Parameters
    ----------
    data
        Of :func:`collectable`.
    regions
        regions.csv of the dataset.

    Returns
    -------
    DataFrame
        target, unit, kind, words, sectors, category, region (blank: every city that lacks it gives
        it), name, lacking (cities that lack it), error (log standard deviation), width (now;
        without region the sum over cities), expected, fall_pct, se_pct, rank: of kinds by fall; of
        the data of a kind, one by one, by fall; of the listed cities of a kind by fall in Mt.
    """
    found = []
    for datum in data:
        part = datum.part or Part()
        words = datum.kind.singly if datum.part else datum.kind.words
        head, tail = (
            (datum.kind.name, words, part.label, part.category),
            (int(datum.lacks.sum()), datum.error),
        )
        for target, unit in TARGETS.items():
            width = float(outcomes.width[target].sum())
            rows = [(("", ""), width, *_nation(datum, outcomes, target))]
            if target != "intercity_share":
                rows += _cities(datum, outcomes, target, regions)
            found += [(target, unit, *head, *place, *tail, *sizes) for place, *sizes in rows]
    names = [
        "target",
        "unit",
        "kind",
        "words",
        "sectors",
        "category",
        "region",
        "name",
        "lacking",
        "error",
    ]
    table = pd.DataFrame(found, columns=[*names, "width", "fall", "se"])
    table["expected"] = table["width"] * (1 - table["fall"])
    table["fall_pct"], table["se_pct"] = 100 * table.pop("fall"), 100 * table.pop("se")
    whole, single = table["region"].eq(""), table["sectors"].ne("") | table["category"].ne("")
    fall = table["width"] - table["expected"]
    table["rank"] = 0
    for chosen, keys in (
        (whole & ~single, ["target"]),
        (whole & single, ["target", "kind"]),
        (~whole, ["target", "kind", "sectors", "category"]),
    ):
        ranks = (
            fall[chosen]
            .groupby([table.loc[chosen, key] for key in keys])
            .rank(ascending=False, method="first")
        )
        table.loc[chosen, "rank"] = ranks.astype(int)
    return table
