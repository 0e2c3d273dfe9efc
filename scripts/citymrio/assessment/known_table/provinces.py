"""The provinces of a run as the cities of the nation: a test on real single-region tables
(tables/accuracy_provinces.csv).

The nation is the sum of its balanced provinces; every province's table (use of products of all
origins), its output, value added, exports, imports and home supply are known. The estimation gets
the nation and, by province,

    output_value_added   output and value added by sector
    row_totals           in addition what a province uses of each product, all uses together

Scores: WAPE of Z and of final demand (stock changes apart) over all provinces; home share of
domestic demand (L / D): bias and error. Priors are fitted on all provinces, and with the province
that is judged left out of the fit (`leave_one_out`). Borders are on their own level: unchanged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from ...base.labels import array
from ...base.methods import METHODS
from ...base.money import unit_in
from ...chain.steps import STEPS, make
from ...cities.chain import split_and_tables
from ...cities.province import Province
from ...config.models import Cities, Config, Solver
from ...provinces.consumption import consumption_rows
from ...trade.distances import region_distances
from ...trade.priors.fit import fit_margins, fit_tilt, ratio_rule
from ...trade.priors.table import BORDER, LEAST, fitted
from ..measures import wape

NATION = "nation"
#: Columns of accuracy_provinces.csv.
SCORES = ["method", "told", "quantity", "group", "value"]
TOLD = ("output_value_added", "row_totals")
#: Keys of `cities` by method: borders between provinces are on their own level, unchanged.
PROVINCIAL_METHODS: dict[str, dict] = {
    "paper": METHODS["paper"],
    "joint_uniform": {"split": "joint"},
    "joint_gravity": {"split": "joint", "trade_prior": "power", "theta": 2.0},
    "calibrated": {**METHODS["calibrated"], "border_change": 0.0, "border_barrier": 0.0},
}


def nation_mrio(system: xr.Dataset) -> xr.Dataset:
    """provinces/mrio.nc with the nation as the only province: domestic cells, imports by product,
    accounts.
    """
    total = system["total_use"].transpose("province", "sector", "use").values
    product = system["imports"].transpose("province", "sector").values
    use = total.sum(axis=0)
    imports = product.sum(axis=0)
    share = np.divide(
        imports, use.sum(axis=1), out=np.zeros_like(imports), where=use.sum(axis=1) != 0
    )
    abroad = use * share[:, None]
    sectors, uses = system["sector"].values, system["use"].values
    account = {
        n: system[n].transpose("province", "sector").values.sum(axis=0)[None]
        for n in ("output", "exports", "error")
    }
    account["value_added"] = (
        system["value_added"].sum("item").transpose("province", "sector").values.sum(axis=0)[None]
    )
    unit = unit_in(system)
    dims = ("province", "sector")
    return xr.Dataset(
        {
            "table": array(
                (use - abroad)[None, :, None],
                ("origin", "sector", "destination", "use"),
                unit,
                "domestic cells",
            ),
            "imports": array(
                abroad.sum(axis=0)[None], ("province", "use"), unit, "imports used by each column"
            ),
            "import_table": array(
                abroad[None], ("province", "sector", "use"), unit, "imports by product and column"
            ),
            **{name: array(value, dims, unit, name) for name, value in account.items()},
        },
        coords={
            "origin": [NATION],
            "destination": [NATION],
            "province": [NATION],
            "sector": sectors,
            "use": uses,
        },
    )


@dataclass(frozen=True)
class Experiment:
    """The provinces of one run, as the cities of the nation.

    Attributes
    ----------
    system
        provinces/system.nc.
    centres
        One row per province: region (= province), lon, lat, area_km2, population, population_rural,
        gdp.
    sectors, final_demand
        Tables of the dataset.
    theta
        Distance exponent of the prior of trade.
    """

    system: xr.Dataset
    centres: pd.DataFrame
    sectors: pd.DataFrame
    final_demand: pd.DataFrame
    solver: Solver
    theta: float = 1.0

    @cached_property
    def mrio(self) -> xr.Dataset:
        """provinces/mrio.nc with the nation as the only province."""
        return nation_mrio(self.system)

    @cached_property
    def truth(self) -> dict[str, np.ndarray]:
        """Tables `z` (province, sector, use), home supply `home` and domestic demand `demand`
        (province, sector).
        """
        sectors = self.system["sector"].values
        local = self.system["local"].transpose("province", "sector").values
        return {
            "z": self.system["total_use"]
            .transpose("province", "sector", "use")
            .sel(use=sectors)
            .values,
            "home": local,
            "demand": local + self.system["inflow"].transpose("province", "sector").values,
        }

    @cached_property
    def final_use(self) -> xr.DataArray:
        """Final demand but stock changes, products of all origins (province, category)."""
        final = self.final_demand.loc[
            self.final_demand["role"] != "stock_changes", "category"
        ].tolist()
        return self.system["total_use"].sel(use=final).sum("sector").transpose("province", "use")

    @cached_property
    def known(self) -> pd.DataFrame:
        """What the estimation is told: output and value added by sector."""
        accounts = {
            "output": self.system["output"],
            "value_added": self.system["value_added"].sum("item"),
        }
        said = {
            "unit": unit_in(self.system),
            "source": "balanced provinces",
            "status": "observed",
            "reliability": 1.0,
        }
        return pd.DataFrame(
            [
                {
                    "region": p,
                    "quantity": name,
                    "sectors": j,
                    "category": "",
                    "value": value,
                    **said,
                }
                for p in self.system["province"].values
                for j in self.system["sector"].values
                for name, account in accounts.items()
                if (value := float(account.sel(province=p, sector=j))) >= 0
            ]
        )

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables of the dataset of the experiment: the provinces are the cities of one province."""
        regions = self.centres.assign(province=NATION, kind="city")
        return {"regions": regions, "sectors": self.sectors, "final_demand": self.final_demand}

    @cached_property
    def groups(self) -> dict[str, np.ndarray]:
        """Groups of products that are scored: name -> which sectors."""
        kinds = {kind: self.sectors["kind"].eq(kind).to_numpy() for kind in ("goods", "services")}
        return {"all": np.ones(len(self.sectors), bool), **kinds}

    def priors(self, without: str | None = None) -> pd.DataFrame:
        """Priors fitted on the balanced provinces, one of them left out if it is named."""
        system, sectors = self.system, self.sectors
        codes = [p for p in self.centres["region"] if p != without]
        distance = region_distances(self.centres[self.centres["region"].isin(codes)])
        part = {
            n: system[n].rename(province="region").sel(region=codes)
            for n in ("local", "outflow", "inflow", "output")
        }
        source = "provinces" if without is None else f"provinces without {without}"
        rows = fit_margins(
            part["local"],
            part["outflow"],
            part["inflow"],
            distance,
            sectors,
            np.asarray(self.theta),
            source,
            "given",
        )
        names = sectors["sector"].tolist()
        use = (
            system["total_use"]
            .transpose("province", "sector", "use")
            .sel(province=codes, sector=names, use=names)
            .values
        )
        output = part["output"].transpose("region", "sector").sel(sector=names)
        ratio = output.copy(data=ratio_rule(use, output.values))
        demand, supply = part["local"] + part["inflow"], part["local"] + part["outflow"]
        home = part["local"].sum("region") / demand.sum("region")
        tilt = fit_tilt(demand, ratio, supply, home.fillna(0.0), sectors, source)
        final = self.final_demand[self.final_demand["role"] != "stock_changes"]
        used = self.final_use.sel(province=codes).values
        gdp = system["value_added"].sum(["item", "sector"]).sel(province=codes).values
        consumption = consumption_rows(
            used, gdp, self.centres.set_index("region").loc[codes], final, source
        )
        return pd.concat([rows, tilt, consumption], ignore_index=True)

    def estimate(self, config: Cities, priors: pd.DataFrame) -> list[xr.Dataset]:
        """Accounts of the provinces, what each supplies itself, buys and sells, and their tables
        (cities/<p>/accounts.nc, split.nc and tables.nc), by the chain of a province.
        """
        known = {
            **self.tables,
            "mrio": self.mrio,
            "observations": {NATION: self.known},
            "config": Config(cities=config, solver=self.solver),
            "priors": priors,
            "intensities": None,
            "factors": None,
        }
        names = ("accounts", "split", "tables")
        made = make(known, *names, steps=[step for step in STEPS if step.rule == "cities"])
        return [made[name][NATION] for name in names]

    def with_row_totals(
        self, accounts: xr.Dataset, config: Cities, priors: pd.DataFrame
    ) -> list[xr.Dataset]:
        """The same, given what every province uses of each product in all."""
        nation = Province.of(
            self.mrio, NATION, self.tables, self.known, config, self.solver, priors=priors
        )
        told = with_row_totals(accounts, self.system, nation.stock_changes)
        return list(split_and_tables(nation, told)[:3])

    def demand_error(self, demand: np.ndarray) -> float:
        """WAPE of the provinces' final demand (province,)."""
        return wape(demand, self.final_use.sum("use").values)

    def left_out(self, config: Cities) -> tuple[np.ndarray, np.ndarray]:
        """Home supply (province, sector) and final demand (province,) of every province with priors
        fitted on all the others.
        """
        own, demand = np.zeros_like(self.truth["home"]), np.zeros(len(self.truth["home"]))
        for n, province in enumerate(self.system["province"].values.tolist()):
            priors = self.priors(without=province)
            fitted(priors, BORDER, self.sectors["sector"].tolist(), province)
            accounts, split, _ = self.estimate(config, priors)
            own[n] = split["self"].sel(region=province).values
            demand[n] = float(accounts["final_demand"].sel(region=province).sum())
        return own, demand


def provinces_as_cities(experiment: Experiment) -> pd.DataFrame:
    """Estimate the provinces from the nation and score them: method, told, quantity, group,
    value.
    """
    rows: list[tuple] = []
    if experiment.system.sizes["province"] <= LEAST:  # one is left out of each fit
        return pd.DataFrame(rows, columns=SCORES)
    truth, groups, priors = experiment.truth, experiment.groups, experiment.priors()
    for name, keys in PROVINCIAL_METHODS.items():
        config = Cities(**keys, import_mode="by_product")
        first = experiment.estimate(config, priors)
        error = experiment.demand_error(first[0]["final_demand"].sum("sector").values)
        rows.append((name, TOLD[0], "demand_wape", "all", error))
        second = experiment.with_row_totals(first[0], config, priors)
        for told, (_, split, tables) in zip(TOLD, (first, second), strict=True):
            codes = experiment.sectors["sector"].tolist()
            z = (
                tables["table"]
                .sum("layer")
                .sel(use=codes)
                .transpose("region", "sector", "use")
                .values
            )
            rows += [
                (name, told, "z_wape", group, wape(z[:, chosen], truth["z"][:, chosen]))
                for group, chosen in groups.items()
            ]
            rows += _home_rows(name, told, split["self"].values, truth, groups)
    own, demand = experiment.left_out(
        Cities(**PROVINCIAL_METHODS["calibrated"], import_mode="by_product")
    )
    rows.append(
        ("calibrated", "leave_one_out", "demand_wape", "all", experiment.demand_error(demand))
    )
    rows += _home_rows("calibrated", "leave_one_out", own, truth, groups)
    return pd.DataFrame(rows, columns=SCORES)


def _home_rows(
    name: str,
    told: str,
    own: np.ndarray,
    truth: Mapping[str, np.ndarray],
    groups: Mapping[str, np.ndarray],
) -> list[tuple]:
    demand = truth["demand"]
    estimate, true = (
        np.divide(home, demand, out=np.zeros_like(own), where=demand > 0)
        for home in (own, truth["home"])
    )
    scores = {
        "home_share_bias": demand * (estimate - true),
        "home_share_error": demand * np.abs(estimate - true),
    }
    return [
        (name, told, score, group, float(gap[:, chosen].sum() / demand[:, chosen].sum()))
        for group, chosen in groups.items()
        for score, gap in scores.items()
    ]


def with_row_totals(
    accounts: xr.Dataset, system: xr.Dataset, stock_changes: list[str]
) -> xr.Dataset:
    """The accounts with the true use of every product in every province: domestic demand and
    imports by product.
    """
    codes = accounts["region"].values
    use = system["total_use"].sel(province=codes).transpose("province", "sector", "use")
    wanted = use.sum("use").values - use.sel(use=stock_changes).sum("use").values
    before = (accounts["demand"] + accounts["imports_product"]).values
    factor = np.divide(wanted, before, out=np.ones_like(before), where=before > 0)
    # the nation's totals stay: a product whose provinces' uses are known exactly needs no rounding
    factor *= np.divide(
        before.sum(axis=0),
        (before * factor).sum(axis=0),
        out=np.ones(before.shape[1]),
        where=(before * factor).sum(axis=0) > 0,
    )
    result = accounts.copy()
    for name in ("demand", "imports_product", "intermediate_demand", "final_demand"):
        result[name] = accounts[name] * factor
        result[name].attrs = accounts[name].attrs
    # imports by product keep their own national total
    for name, total in (
        ("imports_product", accounts["imports_product"].values.sum(axis=0)),
        ("demand", accounts["demand"].values.sum(axis=0)),
    ):
        have = result[name].values.sum(axis=0)
        result[name] = result[name] * np.divide(total, have, out=np.ones_like(have), where=have > 0)
        result[name].attrs = accounts[name].attrs
    result["final_prior"] = accounts["final_prior"] * xr.DataArray(
        factor, dims=("region", "sector")
    )
    result["final_prior"].attrs = accounts["final_prior"].attrs
    return result
