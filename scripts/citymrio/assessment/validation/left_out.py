"""CO2 totals and values added of cities, left out fold by fold and predicted by the run's own chain
(docs/validation.md).
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from ...analysis.affluence import is_city
from ...base.errors import BalanceError, CertificateError, InfeasibleError
from ...chain.steps import TO_ACCOUNTS, known_of, run_steps
from ...config.models import Config
from ...dataset.contract.tables import measures
from ...dataset.dataset import DatasetFolder
from ...emissions.inventory import InventoryDraw
from ..ensemble.inputs import Draw, draw, lognormal
from ..ensemble.member import member_priors, shares_of_rows, spreads_of
from . import ALL, COLUMNS, GDP_HIDDEN, GDP_TOLD, OTHER_YEARS, PER_HEAD, RUN, SOME, TOTAL

LOG = logging.getLogger(__name__)
#: What is kept of the accounts.
KEPT = ["output", "value_added", "final_prior"]
#: What rows of a datum begin with.
VALUES = ["fold", "printed", "told", "predicted"]


@dataclass(frozen=True)
class Left:
    """A dataset whose data are left out in turn, and what the chain needs to predict them.

    Attributes
    ----------
    dataset
        Without extra observations.
    config
        Of the run, `cities` by the ensemble's method.
    mrio
        provinces/mrio.nc.
    """

    dataset: DatasetFolder
    config: Config
    mrio: xr.Dataset

    @property
    def regions(self) -> pd.DataFrame:
        """regions.csv."""
        return self.dataset.tables["regions"]

    @cached_property
    def priors(self) -> pd.DataFrame | None:
        """Priors of the provinces, which nothing that is left out of cities changes."""
        return run_steps(known_of(self.dataset, self.config.in_memory, mrio=self.mrio), "priors")[
            "priors"
        ]

    def accounts(self, dataset: DatasetFolder, drawn: Draw | None = None) -> xr.Dataset:
        """Outputs and values added (region, sector) and final demand (region, sector, category) of
        all regions of a dataset.

        With the factors and the priors of a draw.
        """
        priors, factors = self.priors, None
        if drawn is not None:
            priors, factors = (
                None if priors is None else member_priors(priors, drawn.errors, drawn.scales),
                drawn.factors,
            )
        known = known_of(
            dataset, self.config.in_memory, mrio=self.mrio, priors=priors, factors=factors
        )
        parts = run_steps(known, "accounts", steps=TO_ACCOUNTS)["accounts"].values()
        return xr.concat([part[KEPT] for part in parts], dim="region")

    @cached_property
    def main(self) -> xr.Dataset:
        """The accounts with everything told."""
        return self.accounts(self.dataset)

    def totals(
        self, dataset: DatasetFolder, accounts: xr.Dataset, drawn: InventoryDraw | None = None
    ) -> pd.Series:
        """CO2 totals of all regions, t CO2, households' emissions among them."""
        return (
            self.inventory(dataset, accounts, drawn)["emissions_inventory"]
            .sum("inventory_sector")
            .to_series()
        )

    def inventory(
        self, dataset: DatasetFolder, accounts: xr.Dataset, drawn: InventoryDraw | None = None
    ) -> xr.Dataset:
        """footprint/emissions.nc of a dataset with these accounts."""
        return run_steps(
            known_of(dataset, self.config.in_memory, nested=accounts, inventory_draw=drawn),
            "inventory",
        )["inventory"]

    def by_industry(self, accounts: xr.Dataset) -> pd.DataFrame:
        """Values added (region x industry), money."""
        added: pd.DataFrame = accounts["value_added"].transpose("region", "sector").to_pandas()
        industry = self.dataset.tables["sectors"].set_index("sector")["industry"]
        return added.T.groupby(industry.reindex(added.columns), sort=False).sum().T

    def folds(self, known: Iterable[str]) -> dict[int, list[str]]:
        """Regions of every fold."""
        dealt = deal_folds(
            self.regions, [*known], self.config.validation.folds, self.config.uncertainty.seed
        )
        return {
            number: [code for code, one in dealt.items() if one == number]
            for number in sorted(set(dealt.values()))
        }

    def rows(
        self, quantity: str, industry: str, method: str, known: Iterable[str], values: pd.DataFrame
    ) -> pd.DataFrame:
        """Rows of left_out.csv: `values` has fold, printed, told, predicted by region."""
        about = self.regions.set_index("region")[["name", "province"]]
        near = neighbours(self.regions, [*known])
        table = values.join(about).rename_axis("region").reset_index()
        table = table.assign(
            quantity=quantity,
            industry=industry,
            method=method,
            neighbours=table["region"].map(near),
        )
        return table[[*COLUMNS]]


def left_out_emissions(left: Left) -> pd.DataFrame:
    """CO2 totals of cities, left out fold by fold: rows of left_out.csv, t CO2."""
    printed = printed_totals(left.dataset)
    told = left.totals(left.dataset, left.main)
    parts = []
    for number, codes in left.folds(printed.index).items():
        dataset = leave_out(left.dataset, codes, "emissions")
        # accounts that depend on CO2 totals are made without those of the fold
        enter = left.config.cities.totals_enter_outputs
        predicted = left.totals(dataset, left.accounts(dataset) if enter else left.main)
        three = printed[codes], told[codes], predicted[codes]
        parts.append(pd.DataFrame(dict(zip(VALUES, (number, *three), strict=True))))
    values = pd.concat(parts) if parts else pd.DataFrame(columns=VALUES)
    return left.rows("emissions", "", RUN, printed.index, values)


def left_out_value_added(left: Left) -> pd.DataFrame:
    """Values added of cities, all industries of a city left out together: rows of left_out.csv,
    money.
    """
    printed = printed_value_added(left.dataset)
    told, people = left.by_industry(left.main), left.regions.set_index("region")["population"]
    province = left.regions.set_index("region")["province"]
    found: dict[str, list[pd.DataFrame]] = {GDP_TOLD: [], GDP_HIDDEN: [], PER_HEAD: []}
    for number, codes in left.folds(printed.index).items():
        dataset = leave_out(left.dataset, codes, "value_added")
        for method, reduced in ((GDP_TOLD, dataset), (GDP_HIDDEN, leave_out_gdp(dataset, codes))):
            found[method].append(
                left.by_industry(left.accounts(reduced)).loc[codes].assign(fold=number)
            )
        others = printed.drop(index=codes)
        of = province[others.index]
        per_head = (
            others.groupby(of.to_numpy())
            .sum()
            .div(people[others.index].groupby(of.to_numpy()).sum(), axis=0)
        )
        guess = per_head.reindex(province[codes]).set_axis(codes, axis=0).mul(people[codes], axis=0)
        found[PER_HEAD].append(guess.dropna().assign(fold=number))
    parts = []
    for method, folds in found.items():
        table = pd.concat(folds) if folds else pd.DataFrame(columns=[*printed.columns, "fold"])
        fold, codes = table.pop("fold"), table.index
        for industry in [*printed.columns, TOTAL]:
            sums = [
                t.loc[codes].sum(axis=1) if industry == TOTAL else t.loc[codes, industry]
                for t in (printed, told[printed.columns], table[printed.columns])
            ]
            values = pd.DataFrame(
                dict(zip(("printed", "told", "predicted"), sums, strict=True))
            ).assign(fold=fold)
            parts.append(left.rows("value_added", industry, method, printed.index, values))
    return pd.concat(parts, ignore_index=True)


def between_years(left: Left, history: pd.DataFrame | None) -> pd.DataFrame:
    """CO2 totals beside the geometric mean of the years before and after, as printed: how much
    noise a total has at least.
    """
    values = pd.DataFrame(columns=VALUES)
    if history is not None:
        year = left.dataset.info["year"]
        wide = np.log(
            history.pivot(index="region", columns="year", values="emissions").reindex(
                columns=[year - 1, year, year + 1]
            )
        ).dropna()
        around = np.exp(wide[[year - 1, year + 1]].mean(axis=1))
        values = pd.DataFrame(
            {"fold": 0, "printed": np.exp(wide[year]), "told": np.nan, "predicted": around}
        )
        values = values[values.index.isin(left.regions["region"])]
    return left.rows("emissions", "", OTHER_YEARS, printed_totals(left.dataset).index, values)


def draws_of_totals(left: Left, members: Iterable[int]) -> pd.DataFrame:
    """Left-out CO2 totals as the ensemble draws them, the error of a printed total in them: member,
    region, emissions (t CO2).

    A member draws the emissions of every fold without the totals of the fold. Where totals enter
    accounts and spreads, these are made without them too, fold by fold; else the accounts are drawn
    once. Draws that contradict the accounts are left out.
    """
    config, folds = left.config.uncertainty, left.folds(printed_totals(left.dataset).index)
    reduced = {
        number: leave_out(left.dataset, codes, "emissions") for number, codes in folds.items()
    }
    spreads = {
        number: spreads_of(dataset, left.config.in_memory, left.mrio, adopted=left.priors)
        for number, dataset in reduced.items()
    }
    rows = shares_of_rows(left.dataset, left.mrio)
    kinds = {"member": int, "region": str, "emissions": float}
    parts = [pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})]
    for member in members:
        noise = np.random.default_rng([config.seed, member])
        try:
            if not left.config.cities.totals_enter_outputs:
                drawn = draw(left.dataset, config, member, rows)
                accounts = left.accounts(drawn.dataset, drawn)
            for number, codes in folds.items():
                drawn = draw(reduced[number], spreads[number], member, rows)
                if left.config.cities.totals_enter_outputs:
                    accounts = left.accounts(drawn.dataset, drawn)
                totals = left.totals(drawn.dataset, accounts, drawn.inventories)[codes]
                values = totals.to_numpy() * lognormal(
                    noise.standard_normal(len(codes)), config.emissions_sd
                )
                parts.append(pd.DataFrame({"member": member, "region": codes, "emissions": values}))
        except (BalanceError, CertificateError, InfeasibleError) as error:
            LOG.warning("draw %d is left out, it contradicts the accounts: %s", member, error)
            parts = [part[part["member"] != member] for part in parts]
    return pd.concat(parts, ignore_index=True)


def deal_folds(
    regions: pd.DataFrame, known: Collection[str], count: int, seed: int
) -> dict[str, int]:
    """Fold (1 to `count`) of every region that reports something and can be left out.

    The cities of a province are dealt out in random order, one province after the other, so that
    every fold has as many of a province as any other, give or take one.

    Parameters
    ----------
    regions
        regions.csv.
    known
        Regions that report what is left out.
    """
    # of a city alone in its province, the province's own tables tell
    several = regions.groupby("province")["region"].transform("size").gt(1)
    chosen = regions[regions["region"].isin([*known]) & is_city(regions) & several]
    result: dict[str, int] = {}
    for number, (_, members) in enumerate(chosen.groupby("province", sort=True)):
        for code in np.random.default_rng([seed, number]).permutation(members["region"].to_numpy()):
            result[str(code)] = 1 + len(result) % count
    return result


def neighbours(regions: pd.DataFrame, known: Collection[str]) -> dict[str, str]:
    """Whether all other cities of a region's province report the same (`ALL`), or some do not
    (`SOME`).
    """
    reports = regions["region"].isin([*known])
    silent = (~reports).groupby(regions["province"]).transform("sum") - (~reports)
    return dict(zip(regions["region"], np.where(silent > 0, SOME, ALL), strict=True))


def leave_out(dataset: DatasetFolder, regions: Collection[str], quantity: str) -> DatasetFolder:
    """The dataset without what some regions report of a quantity; of emissions, without their own
    inventories too.
    """
    out = set(regions)
    rows = {
        p: table[~(table["region"].isin(out) & table["quantity"].eq(quantity))].reset_index(
            drop=True
        )
        for p, table in dataset.observations.items()
    }
    city = dataset.inventory_city
    if quantity == "emissions" and city is not None:
        left = city[~city["region"].isin(out)].reset_index(drop=True)
        city = left if len(left) else None
    return replace(dataset, observations=rows, inventory_city=city)


def leave_out_gdp(dataset: DatasetFolder, regions: Collection[str]) -> DatasetFolder:
    """The dataset with the GDP of some regions by people: GDP per head of the others of their
    province, else the nation.
    """
    table = dataset.tables["regions"]
    out = table["region"].isin([*regions])
    told = table[~out]
    per_head = told.groupby("province")["gdp"].sum() / told.groupby("province")["population"].sum()
    nation = told["gdp"].sum() / told["population"].sum()
    guess = table["population"] * table["province"].map(per_head).fillna(nation)
    tables = dataset.tables | {"regions": table.assign(gdp=table["gdp"].where(~out, guess))}
    return replace(dataset, tables=tables)


def printed_totals(dataset: DatasetFolder) -> pd.Series:
    """CO2 totals of whole regions as printed, t CO2 (several sources: their mean), by region."""
    table = _told(dataset, "emissions")
    return table[table["sectors"].eq("")].groupby("region")["value"].mean()


def printed_value_added(dataset: DatasetFolder) -> pd.DataFrame:
    """Values added of industries as printed (region x industry), of the regions that report every
    industry.

    A region reports an industry where the sets of sectors that it reports inside it cover each of
    its sectors once.
    """
    industries = {
        name: {*group["sector"]}
        for name, group in dataset.tables["sectors"].groupby("industry", sort=False)
    }
    table = _told(dataset, "value_added")
    found: dict[str, dict[str, float]] = {}
    for region, rows in table.groupby("region"):
        sets = [
            (set(filter(None, codes.split(";"))), value)
            for codes, value in zip(rows["sectors"], rows["value"], strict=True)
        ]
        for name, sectors in industries.items():
            inside = [(codes, value) for codes, value in sets if codes and codes <= sectors]
            codes = [code for part, _ in inside for code in part]
            if len(codes) == len(set(codes)) and set(codes) == sectors:
                found.setdefault(str(region), {})[name] = sum(value for _, value in inside)
    return (
        pd.DataFrame.from_dict(found, orient="index", columns=[*industries])
        .dropna()
        .rename_axis("region")
    )


def _told(dataset: DatasetFolder, quantity: str) -> pd.DataFrame:
    """Amounts of a quantity that are observed and trusted."""
    table = pd.concat([dataset.observations[p] for p in dataset.codes], ignore_index=True)
    table = table.assign(sectors=table["sectors"].fillna(""), measure=measures(table))
    kept = (
        table["quantity"].eq(quantity) & table["status"].eq("observed") & table["reliability"].gt(0)
    )
    return table[kept & table["measure"].eq("amount")]
