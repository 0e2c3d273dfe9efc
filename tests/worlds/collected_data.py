"""Data that are really collected: a synthetic country with further true data, and its ensemble
before and after.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from citymrio.assessment.ensemble.inputs import draw
from citymrio.assessment.ensemble.kinds import Kind, Part, amounts, lacks_datum, parts
from citymrio.assessment.ensemble.member import Context, _estimate, observable
from citymrio.assessment.ensemble.value import SHARE, Outcomes, collectable, value_of_data
from citymrio.base.errors import BalanceError, CertificateError, InfeasibleError
from citymrio.base.labels import read_dataset, read_table
from citymrio.base.units import MT
from citymrio.base.vocabulary import OBSERVATION
from citymrio.chain.estimate import estimate
from citymrio.config.models import Config
from citymrio.dataset.dataset import DatasetFolder
from citymrio.footprints.footprint import intercity


def rows(
    kind: Kind, values: np.ndarray, regions: list[str], wanted: list[Part], unit: str
) -> pd.DataFrame:
    """Rows of observations.csv that give these data (region, part)."""
    found = [
        (
            region,
            kind.quantity,
            part.label,
            part.category,
            float(value),
            unit,
            "value of data",
            "observed",
            0.9,  # that of a datum with its usual error
        )
        for region, data in zip(regions, values, strict=True)
        for part, value in zip(wanted, data, strict=True)
    ]
    return pd.DataFrame(found, columns=[*OBSERVATION])


@dataclasses.dataclass(frozen=True)
class World:
    """A synthetic country: its dataset, what its statistics would show if they were complete (but
    CO2 by row), its estimate.
    """

    dataset: DatasetFolder
    truth: xr.Dataset
    context: Context
    footprints: xr.Dataset
    main: xr.Dataset

    @classmethod
    def of(cls, folder: Path, config: Config) -> World:
        """From a dataset folder with a truth."""
        dataset = DatasetFolder.read(folder)
        result = estimate(dataset, config)
        true, final = read_dataset(folder / "truth/truth.nc"), dataset.tables["final_demand"]
        emissions = read_table(folder / "truth/emissions.csv").pivot(
            index="region", columns="sector", values="emissions"
        )
        use = sum(true[name] for name in ("use_self", "use_intra", "use_rest")).sel(
            use=final["category"].tolist()
        )
        use, imports = (
            use.rename(use="category"),
            true["imports"].sel(use=final["category"].tolist()).rename(use="category"),
        )
        categories = final.loc[final["role"] != "stock_changes", "category"].tolist()
        produced = xr.DataArray(
            emissions.reindex(index=true["region"].values, columns=true["sector"].values),
            {"region": true["region"].values, "sector": true["sector"].values},
            ("region", "sector"),
        )
        shown = xr.Dataset(
            {
                **{name: true[name] for name in ("output", "value_added", "exports")},
                "final_products": use.sel(category=categories).sum("category"),
                "final_demand": (use.sum("sector") + imports).where(
                    use["category"].isin(categories), 0.0
                ),
                "imports": true["imports"].sum("use"),
                "emissions": produced,
                "emissions_total": produced.sum("sector") + result.inventory["household_emissions"],
            }
        ).sel(region=dataset.tables["regions"]["region"].tolist())
        context = Context.of(
            dataset, config, result.mrio, result.system, result.footprints, result.inventory
        )
        return cls(dataset, shown, context, result.footprints, observable(result))

    def with_data(self, kind: Kind, seed: int = 1, cities: tuple[str, ...] = ()) -> DatasetFolder:
        """The dataset with the true data of a kind, with their error, of the cities that lack them
        (or of some of these).
        """
        config, tables = self.context.config.uncertainty, self.dataset.tables
        wanted, codes = parts(kind, tables), tables["regions"]["region"].tolist()
        values = amounts(kind, self.truth, wanted)
        missing = lacks_datum(kind, self.dataset, wanted, self.main)
        if cities:
            missing &= np.isin(codes, cities)[:, None]
        error = np.exp(
            getattr(config, kind.error) * np.random.default_rng(seed).standard_normal(values.shape)
        )
        unit = "t CO2" if kind.quantity == "emissions" else self.dataset.info["unit"]
        table = rows(kind, values * error, codes, wanted, unit)[missing.ravel()]
        province = tables["regions"].set_index("region")["province"]
        found = {
            code: pd.concat([own, table[table["region"].map(province).eq(code)]], ignore_index=True)
            for code, own in self.dataset.observations.items()
        }
        return dataclasses.replace(self.dataset, observations=found)

    def members(self, dataset: DatasetFolder, count: int) -> tuple[Outcomes, xr.Dataset, int]:
        """The ensemble of a dataset: its outcomes, the accounts of its members, and how many are
        left out.
        """
        context, regions = (
            dataclasses.replace(self.context, dataset=dataset),
            dataset.tables["regions"],
        )
        found, accounts, shares = [], [], []
        for number in range(count + 1):
            drawn = draw(dataset, context.config.uncertainty, number) if number else None
            try:
                result = _estimate(context, drawn)
            except (BalanceError, CertificateError, InfeasibleError):
                continue
            cba, pba = result.footprints["cba"].sum("category") * MT, result.footprints["pba"] * MT
            found.append(xr.Dataset({"cba_mt": cba, "pba_mt": pba}).expand_dims(member=[number]))
            accounts.append(observable(result).expand_dims(member=[number]))
            same = (
                intercity(result.footprints, regions)
                .set_index("component")
                .at["same_city", "share"]
            )
            shares.append((number, SHARE, 100 * (1 - float(same))))
        numbers = pd.DataFrame(shares, columns=["member", "quantity", "value"])
        members, level = xr.concat(found, "member"), context.config.uncertainty.level
        # those that are left out are few here: the others weigh alike
        weights = pd.DataFrame({"member": members["member"].values, "weight": 1.0})
        outcomes = Outcomes.of(members, numbers, self.footprints, regions, weights, level)
        return outcomes, xr.concat(accounts, "member"), count + 1 - len(found)


def _spread(outcomes: Outcomes, target: str) -> float:
    """Mean standard deviation of the cities' logs, which fewer members tell than an interval; of
    the share its own.
    """
    return float(
        outcomes.share.std()
        if target == "intercity_share"
        else outcomes.city[target].std(axis=0).mean()
    )


class Compared(NamedTuple):
    """Fall of the sum of the cities' intervals by one kind of data, %: expected, its standard
    error, realised; by spreads too.
    """

    kind: str
    target: str
    lacking: int
    expected_pct: float
    se_pct: float
    realised_pct: float
    realised_sd_pct: float
    left_out: int


def compare(world: World, kinds: list[Kind], count: int) -> Iterator[Compared]:
    """Expected and realised falls, kind by kind, of those that some cities lack and the truth
    holds.
    """
    before, accounts, _ = world.members(world.dataset, count)
    data = collectable(accounts, world.dataset, world.footprints, world.context.config.uncertainty)
    table = value_of_data(before, data, world.dataset.tables["regions"])
    nation = table[
        table["region"].eq("") & table["sectors"].eq("") & table["category"].eq("")
    ].set_index(["kind", "target"])
    for kind in kinds:
        if (
            kind.name not in nation.index.get_level_values("kind")
            or kind.variable not in world.truth
        ):
            continue
        after, _, left_out = world.members(world.with_data(kind), count)
        for target, width in before.width.items():
            expected = nation.loc[(kind.name, target)]
            realised = 100 * (1 - after.width[target].sum() / width.sum())
            spread = 100 * (1 - _spread(after, target) / _spread(before, target))
            yield Compared(
                kind.name,
                target,
                *expected[["lacking", "fall_pct", "se_pct"]],
                realised,
                spread,
                left_out,
            )
