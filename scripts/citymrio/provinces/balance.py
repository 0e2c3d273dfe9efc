"""Balancing the provincial tables into one system (method sections 0.2 and 16 R1-R4).

Identities after balancing, all exact to round-off, per province p and sector:

    (row)     sum_c U_ic + EX_i + OUT_i + ERR_i = X_i + IM_i + INF_i
    (column)  sum_i U_ij + V_j = X_j
    (nation)  sum_p OUT_i = sum_p INF_i

A table may print the use of imports and of inflow cell by cell (docs/contracts.md). What of both is
in no use passes on. Balancing changes total use U and the margins of the sources M = (LOC, INF,
IM); the printed shares are then the reference of

    min KL(Y | share U)   s.t.  sum_l Y_lic = U_ic,  sum_c Y_lic = M_li,

a RAS of three layers for every product. Without change it gives back what is printed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import xarray as xr

from ..base import roundoff
from ..base.concordance import classification_attribute
from ..base.errors import BalanceError, DataError, warn
from ..base.geography import neighbours, province_centres
from ..base.labels import array
from ..base.money import printed_gaps, rounding, unit_in_all
from ..base.tolerances import SOLVED, TINY
from ..base.vocabulary import CARRIED, SOURCES
from ..config.models import Provinces, Solver
from ..entropy import Certificate, EntropyModel
from . import steps
from .steps import gras_scale

#: What is printed -> its account, and where products that are not used go first and second.
PRINTED = {
    "imports_use": ("imports", "exports", "outflow"),
    "inflow_use": ("inflow", "outflow", "exports"),
}


@dataclass(frozen=True)
class PrintedSources:
    """Use by source as the tables print it.

    Attributes
    ----------
    codes, sectors, uses
        Labels: provinces, products, columns.
    use
        Total use (province, sector, use).
    parts
        `imports_use`, `inflow_use` in the same shape; NaN in provinces that do not print it.
    """

    codes: Sequence[str]
    sectors: Sequence[str]
    uses: Sequence[str]
    use: np.ndarray
    parts: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, provinces: Mapping[str, xr.Dataset]) -> PrintedSources | None:
        """The use by source of all provinces; None where none prints any. Some provinces only is
        said (a notice).
        """
        codes = sorted(provinces)
        if not any(name in provinces[code] for code in codes for name in PRINTED):
            return None
        first = provinces[codes[0]]
        labels = {"sector": first["sector"].values.tolist(), "use": first["use"].values.tolist()}

        def cells(code: str, name: str) -> np.ndarray:
            table = provinces[code]
            absent = np.full((len(labels["sector"]), len(labels["use"])), np.nan)
            return (
                table[name].transpose("sector", "use").sel(labels).values
                if name in table
                else absent
            )

        stacked = {
            name: np.stack([cells(code, name) for code in codes])
            for name in ("total_use", *PRINTED)
        }
        for name, (account, *_) in PRINTED.items():
            without = [code for code in codes if name not in provinces[code]]
            if without:
                warn(
                    where="provinces.balance",
                    what=f"use of {account} by product and column is not printed everywhere",
                    value=f"not in {len(without)} of {len(codes)} provinces: "
                    f"{', '.join(without[:10])}",
                    expectation="every province or none",
                    effect="There every column draws a product from each source in the same "
                    "proportions, elsewhere as printed.",
                )
        return cls(codes, labels["sector"], labels["use"], stacked.pop("total_use"), stacked)

    def pass_on(self, raw: dict[str, np.ndarray], rows: list[dict]) -> np.ndarray:
        """Take what passes on out of the accounts of trade (in place): (province, sector), as the
        account `transit` books it.

        Imports that nobody uses were sold abroad again (exports fall), and what exports cannot take
        went to other provinces; unused inflow went to other provinces, and what outflow cannot take
        abroad. Rounding of printed sums is left alone.
        """
        near = np.stack([printed_gaps(output) for output in raw["output"]])
        transit = np.zeros_like(near)
        for name, (account, first, second) in PRINTED.items():
            left = raw[account] - self.parts[name].sum(axis=2)
            left = np.where(left > near, left, 0.0)  # NaN where a province does not print it
            directly = np.minimum(left, np.maximum(raw[first], 0.0))
            besides = np.minimum(left - directly, np.maximum(raw[second], 0.0))
            for amounts, to in ((directly, first), (besides, second)):
                raw[account], raw[to], transit = (
                    raw[account] - amounts,
                    raw[to] - amounts,
                    transit + amounts,
                )
                for n, j in np.argwhere(amounts > 0):
                    note = f"{account} that nobody uses, netted against {to}"
                    place = {
                        "province": self.codes[n],
                        "sector": self.sectors[j],
                        "item": f"{account} that pass on",
                    }
                    rows.append({**place, "raw": amounts[n, j], "balanced": 0.0, "note": note})
        return transit

    def split(
        self, parts: dict[str, np.ndarray], stocks: np.ndarray, solver: Solver, rows: list[dict]
    ) -> dict[str, np.ndarray]:
        """Balanced use by source: `SOURCES`, each (province, sector, use).

        Parameters
        ----------
        parts
            Balanced `use`, and `local`, `inflow`, `imports` (province, sector).
        stocks
            Positions of the columns of stock changes: exogenous, brought to their total by GRAS.
        """
        margins = np.stack([parts[account] for account in SOURCES.values()])
        layers = np.zeros((3, *parts["use"].shape))
        for n, code in enumerate(self.codes):
            have = [name for name in PRINTED if not np.isnan(self.parts[name][n]).all()]
            layers[:, n], odd = self._of_province(n, parts["use"][n], margins[:, n], stocks, solver)
            note = (
                f"{' and '.join(have)} as printed, brought to the balanced margins"
                if have
                else "in proportion"
            )
            rows.append({"province": code, "item": "use by source", "note": note})
            for j in odd:
                note = "the printed use by source cannot give the balanced margins: in proportion"
                rows.append(
                    {
                        "province": code,
                        "sector": self.sectors[j],
                        "item": "use by source",
                        "note": note,
                    }
                )
        return dict(zip(SOURCES, layers, strict=True))

    def _of_province(
        self, n: int, use: np.ndarray, margin: np.ndarray, stocks: np.ndarray, solver: Solver
    ) -> tuple[np.ndarray, Sequence[int] | np.ndarray]:
        """Layers (source, sector, use) of a province, and the products that could only be split in
        proportion.
        """
        total = margin.sum(axis=0)
        even = np.divide(margin, total, out=np.zeros_like(margin), where=total != 0)
        layers = even[:, :, None] * use
        if (
            np.isnan(self.parts["imports_use"][n]).all()
            and np.isnan(self.parts["inflow_use"][n]).all()
        ):
            return layers, []
        printed = self._printed(n, margin)
        kept = np.setdiff1d(np.arange(use.shape[1]), stocks)
        proportional = layers.copy()
        for c in stocks:
            for j in range(use.shape[0]):
                layers[:, j, c] = gras_scale(printed[:, j, c], use[j, c], even[:, j])
        rest = margin - layers[:, :, stocks].sum(axis=2)
        odd = (roundoff.difference(rest, np.abs(margin).sum(axis=0)) < 0).any(axis=0)
        layers[:, odd] = proportional[:, odd]
        rest = roundoff.difference(
            margin - layers[:, :, stocks].sum(axis=2), np.abs(margin).sum(axis=0)
        )
        cells, before = use[:, kept], printed[:, :, kept]
        sold = before.sum(axis=0)
        share = np.where(
            sold > 0,
            np.divide(before, sold, out=np.zeros_like(before), where=sold > 0),
            even[:, :, None],
        )
        prior = np.where(rest[:, :, None] > 0, share * cells, 0.0)
        rest = rest * np.divide(
            cells.sum(axis=1),
            rest.sum(axis=0),
            out=np.zeros_like(total),
            where=rest.sum(axis=0) > 0,
        )
        odd |= ~_feasible(prior, cells, rest)
        layers[:, odd] = proportional[:, odd]
        good = np.flatnonzero(~odd & (rest.sum(axis=0) > 0))
        layers[np.ix_(np.arange(3), good, kept)] = self._fitted(
            n, prior[:, good], cells[good], rest[:, good], good, solver
        )
        return layers, np.flatnonzero(odd)

    def _printed(self, n: int, margin: np.ndarray) -> np.ndarray:
        """Printed layers (source, sector, use); a source that is not printed has its proportion of
        what the other leaves.
        """
        use, abroad, elsewhere = (
            self.use[n],
            self.parts["imports_use"][n],
            self.parts["inflow_use"][n],
        )
        local, inflow, imports = margin

        def share(part: np.ndarray) -> np.ndarray:
            return np.divide(part, local + part, out=np.zeros_like(part), where=local + part > 0)[
                :, None
            ]

        if np.isnan(abroad).all():
            abroad = (use - elsewhere) * share(imports)
        elif np.isnan(elsewhere).all():
            elsewhere = (use - abroad) * share(inflow)
        home = use - abroad - elsewhere
        # printed parts exceed their sum by rounding, which the contract allows
        home = np.where(
            (home < 0) & (use >= 0) & (home >= -printed_gaps(use.sum(axis=1))[:, None]), 0.0, home
        )
        return np.stack([home, elsewhere, abroad])

    def _fitted(
        self,
        n: int,
        prior: np.ndarray,
        cells: np.ndarray,
        rest: np.ndarray,
        good: np.ndarray,
        solver: Solver,
    ) -> np.ndarray:
        """The entropy problem of a province; printed cells that have the margins already stay as
        they are.
        """
        if not len(good):
            return prior
        if (np.abs(prior.sum(axis=2) - rest) > roundoff.SHARE * rest.sum(axis=0)).any():
            names = [self.sectors[j] for j in good]
            model = EntropyModel(f"use by source of province {self.codes[n]}")
            variable = model.variable("Y", prior=prior)
            columns = [f"{i} used by column {c}" for i in names for c in range(cells.shape[1])]
            model.equal("total use", variable.sum_over(0), cells.ravel(), labels=columns)
            margins = [f"{source} of {i}" for source in SOURCES for i in names]
            model.equal("margin of a source", variable.sum_over(2), rest.ravel(), labels=margins)
            prior = model.solve(
                solver=solver.name, tol=solver.tol_inner, max_iterations=solver.max_iterations
            )["Y"]
        size = prior.sum(axis=0)
        return prior * np.divide(cells, size, out=np.zeros_like(cells), where=size > 0)


def _feasible(prior: np.ndarray, cells: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Whether cells where `prior` is not 0 can have both margins, by product: no group of sources
    needs more than it reaches.

    A group that needs all of it leaves nothing to the others there; that is feasible only where
    they have no prior.
    """
    sound = np.ones(cells.shape[0], dtype=bool)
    for size in (1, 2):
        for group in map(list, combinations(range(3), size)):
            others = [k for k in range(3) if k not in group]
            reached = (prior[group] > 0).any(axis=0)
            room, need = (cells * reached).sum(axis=1), rest[group].sum(axis=0)
            full = need >= room * (1 - SOLVED)
            shared = (reached & (prior[others] > 0).any(axis=0) & (cells > 0)).any(axis=1)
            sound &= ~full | ((need <= room * (1 + SOLVED)) & ~shared) | (need == 0)
    return sound


TRADE = ("exports", "imports", "outflow", "inflow")


def _stack(provinces: dict[str, xr.Dataset]) -> xr.Dataset:
    codes = sorted(provinces)
    accounts = [provinces[p].drop_vars([*PRINTED, CARRIED], errors="ignore") for p in codes]
    stacked = xr.concat(accounts, dim="province", coords="minimal", compat="override", join="exact")
    return stacked.assign_coords(province=codes)


def balance(
    provinces: dict[str, xr.Dataset],
    national: xr.Dataset | None,
    regions: pd.DataFrame,
    final_demand: pd.DataFrame,
    config: Provinces,
    solver: Solver,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Balance the provincial tables into one system that closes by row, by column and over the
    nation.

    Parameters
    ----------
    provinces
        One dataset per province code (docs/contracts.md, provinces/<p>.nc), money in one unit:
        finite, rows and columns closed to the rounding of printed tables (R2). A dataset is checked
        for it as a whole; it is not checked again.
    national
        The national table; needed for ``calibrate: national``.
    regions, final_demand
        The tables of the dataset.

    Returns
    -------
    system
        provinces/system.nc of docs/contracts.md.
    report
        provinces/balance.csv: province, sector, item, raw, balanced, factor, note.

    Raises
    ------
    DataError
        There is no national table although ``calibrate`` needs it, or the nation makes what no
        province makes.
    BalanceError
        A total exceeds its cap, or a gap exceeds ``err_tol``.
    """
    stacked = _stack(provinces).transpose("province", "sector", "use", "item", ...)
    codes, sectors, uses = (
        stacked["province"].values.tolist(),
        stacked["sector"].values.tolist(),
        stacked.indexes["use"],
    )
    stock_changes = final_demand.loc[final_demand["role"] == "stock_changes", "category"].tolist()
    final = [c for c in final_demand["category"] if c not in stock_changes]
    columns = {
        "Z": uses.get_indexer(sectors),
        "F": uses.get_indexer(final),
        "stocks": uses.get_indexer(stock_changes),
    }
    rows: list[dict] = []
    raw, printed = (
        _raw(stacked, province_centres(regions, codes), rows),
        PrintedSources.of(provinces),
    )
    onward = printed.pass_on(raw, rows) if printed else 0.0
    if config.calibrate == "national":
        if national is None:
            raise DataError(
                "provinces.calibrate is 'national', but the dataset has no national table",
                where="dataset/national.nc",
                fix="add it, or set provinces.calibrate: none.",
            )
        parts, certificate = _to_national(
            raw,
            national.transpose("sector", "use", "item", ...),
            columns,
            codes,
            sectors,
            config,
            solver,
        )
        rows.append(
            {
                "item": "residual of the Z calibration",
                "balanced": certificate.residual,
                "note": "relative to its own margin",
            }
        )
    else:
        parts = _as_printed(raw, columns["Z"], codes, sectors, config, rows)
        parts["transit"] = parts["transit"] + onward
    parts["local"] = steps.local_supply(parts, codes, sectors)
    parts["transit"] = steps.remove_transit(parts) + parts.pop("transit", 0.0)
    steps.remove_cross_hauling(parts, parts["transit"])
    if printed:
        parts |= printed.split(parts, columns["stocks"], solver, rows)
    system = _system(stacked, parts, unit_in_all(provinces.values()), config.calibrate)
    system["value_added"].attrs |= {
        k: v for k, v in stacked["value_added"].attrs.items() if k == "product_taxes"
    }
    system.attrs |= classification_attribute(provinces[codes[0]])
    if any(CARRIED in provinces[code] for code in codes):
        zero = xr.zeros_like(stacked["total_use"])
        system[CARRIED] = zero + xr.concat(
            [provinces[p].get(CARRIED, zero.sel(province=p, drop=True)) for p in codes],
            zero["province"],
            join="exact",
        )
        system[CARRIED].attrs = system["total_use"].attrs | {
            "long_name": "what stock changes carry of other categories"
        }
    return system, _report(raw, parts, codes, sectors, rows)


def _raw(stacked: xr.Dataset, centres: pd.DataFrame, rows: list[dict]) -> dict[str, np.ndarray]:
    """The printed tables as arrays, provinces first; trade that a province does not report is split
    as its neighbours' is.
    """
    codes, sectors = stacked["province"].values.tolist(), stacked["sector"].values.tolist()
    raw = {name: stacked[name].values.copy() for name in ("output", "error", *TRADE)}
    raw["use"] = stacked["total_use"].values.copy()
    raw["value_added"] = (
        stacked["value_added"].transpose("province", "item", "sector").values.copy()
    )
    if len(codes) == 1:
        steps.close_single_province(raw)
    for foreign, domestic in (("exports", "outflow"), ("imports", "inflow")):
        unknown = np.isnan(raw[foreign]).all(axis=1) | np.isnan(raw[domestic]).all(axis=1)
        near = neighbours(
            centres,
            among={code for code, bad in zip(codes, unknown, strict=True) if not bad},
        )
        raw[foreign], raw[domestic], notes = steps.split_missing_trade(
            raw[foreign], raw[domestic], (foreign, domestic), codes, near, sectors
        )
        rows += notes
    _warn_of_negative_trade(raw, codes, sectors)
    return raw


def _warn_of_negative_trade(
    raw: dict[str, np.ndarray], codes: list[str], sectors: list[str]
) -> None:
    """Say of each kind of trade which printed amount lies furthest below 0: balancing leaves no
    negative trade.
    """
    for name in TRADE:
        values = raw[name]
        if (values < 0).any():
            n, j = np.unravel_index(int(np.argmin(values)), values.shape)
            warn(
                where=f"province {codes[n]}, sector {sectors[j]}",
                what=f"negative {name} (amounts below 0 in all provinces: "
                f"{int((values < 0).sum())})",
                value=f"{values[n, j]:.6g}",
                expectation="amounts of at least 0",
                effect="The balanced table holds no negative trade; provinces/balance.csv has "
                "every amount before and after.",
            )


def _report(
    raw: dict[str, np.ndarray],
    parts: dict[str, np.ndarray],
    codes: list[str],
    sectors: list[str],
    rows: list[dict],
) -> pd.DataFrame:
    """provinces/balance.csv: what was noted, then every account before and after."""
    rows += [
        {
            "province": code,
            "sector": sector,
            "item": name,
            "raw": before,
            "balanced": after,
            "factor": after / before if before else np.nan,
        }
        for name in ("output", "exports", "imports", "outflow", "inflow", "error")
        for code, *both in zip(codes, raw[name].tolist(), parts[name].tolist(), strict=True)
        for sector, before, after in zip(sectors, *both, strict=True)
    ]
    report = pd.DataFrame(
        rows, columns=["province", "sector", "item", "raw", "balanced", "factor", "note"]
    )
    report[["province", "sector", "note"]] = (
        report[["province", "sector", "note"]].astype(object).fillna("")
    )
    return report


def _system(
    stacked: xr.Dataset, parts: dict[str, np.ndarray], unit: str, calibrate: str
) -> xr.Dataset:
    """provinces/system.nc."""
    dims = ("province", "sector")
    return xr.Dataset(
        {
            "total_use": array(
                parts["use"],
                ("province", "sector", "use"),
                unit,
                "total use, imports and inflows included",
            ),
            "value_added": array(
                parts["value_added"], ("province", "item", "sector"), unit, "value added"
            ),
            **{name: array(parts[name], dims, unit, name) for name in ("output", *TRADE, "error")},
            "local": array(parts["local"], dims, unit, "own products used at home"),
            "transit": array(
                parts["transit"],
                dims,
                unit,
                "goods that only pass through, taken from outflow and inflow",
            ),
            **{
                name: array(
                    parts[name], ("province", "sector", "use"), unit, f"use by source, {account}"
                )
                for name, account in SOURCES.items()
                if name in parts
            },
        },
        coords={
            "province": stacked["province"].values.tolist(),
            "sector": stacked["sector"].values.tolist(),
            "use": stacked.indexes["use"],
            "item": stacked["item"].values,
        },
        attrs={"calibrate": calibrate},
    )


def _to_national(
    raw: dict[str, np.ndarray],
    national: xr.Dataset,
    columns: Mapping[str, np.ndarray],
    codes: list[str],
    sectors: list[str],
    config: Provinces,
    solver: Solver,
) -> tuple[dict[str, np.ndarray], Certificate]:
    """R1: output, value added, Z, final demand, foreign trade brought to the national table; net
    trade follows.
    """
    x0, v0_items = raw["output"], raw["value_added"]
    trade = {
        name: np.maximum(raw[name], 0) for name in TRADE
    }  # a negative amount has no share; `_raw` has said so
    v0 = v0_items.sum(axis=1)
    total, nation_use, nation_v = _of_the_nation(national, columns)
    if ((x0.sum(axis=0) == 0) & (total["output"] > 0)).any():
        j = int(np.argmax((x0.sum(axis=0) == 0) & (total["output"] > 0)))
        raise DataError(
            f"the nation makes {total['output'][j]:.6g}, no province makes any",
            where=f"dataset/national.nc, sector {sectors[j]}",
            fix="correct the national or the provincial tables.",
        )
    x = steps.scale_to(x0, total["output"], np.zeros_like(x0))
    share = np.divide(x, x.sum(axis=0), out=np.zeros_like(x), where=x.sum(axis=0) > 0)
    # a sector that buys nothing (households as employers): value added is output, which no cap can
    # be below
    bare = (total["output"] > 0) & (nation_use[:, columns["Z"]] == 0).all(axis=0)
    v = steps.calibrate_value_added(
        np.where(x > 0, v0, 0.0),
        x,
        np.where(bare, 0.0, nation_v),
        config.va_cap,
        lambda j: f"provinces.balance, value added, sector {sectors[j]}",
    )
    v = np.where(bare, x, v)
    z0 = raw["use"][:, :, columns["Z"]]
    z, certificate = steps.calibrate_intermediate(
        z0, nation_use[:, columns["Z"]], x - v, x, codes=codes, sectors=sectors, solver=solver
    )
    use = np.zeros_like(raw["use"])
    use[:, :, columns["Z"]] = z
    size = raw["use"].sum(
        axis=1
    )  # of a column by province: its shares are the fallback of empty products
    weight = np.divide(size, size.sum(axis=0), out=np.zeros_like(size), where=size.sum(axis=0) != 0)
    for c in columns["F"]:
        use[:, :, c] = steps.scale_to(
            raw["use"][:, :, c], nation_use[:, c], weight[:, [c]] * np.ones_like(x)
        )
    (c,) = columns["stocks"]
    for i in range(len(sectors)):
        use[:, i, c] = _stock_changes(
            use[:, i], raw["use"][:, i, c], nation_use[i, c], share[:, i], config, sectors[i]
        )
    error = share * total["error"]
    exports, imports = np.zeros_like(x), np.zeros_like(x)
    for i, sector in enumerate(sectors):
        cap = config.trade_cap * (x[:, i] - np.maximum(error[:, i], 0))
        exports[:, i], _ = steps.capped_total(
            np.where(x[:, i] > 0, trade["exports"][:, i], 0),
            total["exports"][i],
            cap,
            what="exports",
            where=f"provinces.balance, sector {sector}",
        )
        domestic_use = use[:, i].sum(axis=1)
        if (domestic_use < 0).any():
            n = int(np.argmin(domestic_use))
            raise BalanceError(
                f"total use is {domestic_use[n]:.6g}: the fall of stocks exceeds all other use",
                where=f"province {codes[n]}, sector {sector}",
                fix="correct the column of stock changes of the province or of the nation.",
            )
        imports[:, i], _ = steps.capped_total(
            trade["imports"][:, i],
            total["imports"][i],
            config.trade_cap * domestic_use,
            what="imports",
            where=f"provinces.balance, sector {sector}",
        )
    used = use.sum(axis=2)
    net = x - used - exports + imports - error
    net = steps.without_untraded(net, trade["outflow"], trade["inflow"], x + used)
    outflow, inflow = steps.close_net_trade(trade["outflow"], trade["inflow"], net)
    items = steps.scale_items(v0_items, v0, v)
    parts = {
        "use": use,
        "value_added": items,
        "output": x,
        "exports": exports,
        "imports": imports,
        "outflow": outflow,
        "inflow": inflow,
        "error": error,
    }
    return parts, certificate


def _of_the_nation(
    national: xr.Dataset, columns: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Accounts, use and value added of the national table, closed: it is printed with rounding
    (R2).

    The error account takes what is open of a row, value added what is open of a column.
    """
    total = {name: national[name].values for name in ("output", "exports", "imports", "error")}
    use = national["total_use"].values
    added = national["value_added"].transpose("item", "sector").values.sum(axis=0)
    row = total["output"] - use.sum(axis=1) - total["exports"] + total["imports"] - total["error"]
    column = total["output"] - use[:, columns["Z"]].sum(axis=0) - added
    total["error"] = total["error"] + roundoff.difference(row, total["output"])
    return total, use, added + roundoff.difference(column, total["output"])


def _stock_changes(
    other_use: np.ndarray,
    values: np.ndarray,
    total: float,
    share: np.ndarray,
    config: Provinces,
    sector: str,
) -> np.ndarray:
    """Stock changes of one product brought to the national total; a fall is at most `stock_cap` of
    all other use.
    """
    try:
        return steps.bounded_gras_scale(
            values, total, share, config.stock_cap * other_use.sum(axis=1)
        )
    except ValueError as error:
        raise BalanceError(
            f"stocks fall by more than {config.stock_cap:g} of all other use: {error}",
            where=f"provinces.balance, sector {sector}",
            fix="correct the column of stock changes of the national table, or raise "
            "provinces.stock_cap.",
        ) from error


def _as_printed(
    raw: dict[str, np.ndarray],
    industry: np.ndarray,
    codes: list[str],
    sectors: list[str],
    config: Provinces,
    rows: list[dict],
) -> dict[str, np.ndarray]:
    """Variant `none`: X, V and use as printed; trade closes over the nation, and what does not fit
    goes to the error account.

    What a province exports beyond its output, or imports beyond its use, passes through (account
    `transit`). Then every product's supply to the nation, S = X - EX - ERR, is brought to the
    nation's demand, D = U - IM, by one factor; the difference is error, and gross flows follow from
    the net outflow S - D.
    """
    parts = {name: value.copy() for name, value in raw.items()}
    demand = parts["use"].sum(axis=2)
    if (demand < 0).any():
        n, j = np.unravel_index(int(np.argmin(demand)), demand.shape)
        raise BalanceError(
            f"total use is {demand[n, j]:.6g}: the fall of stocks exceeds all other use",
            where=f"province {codes[n]}, sector {sectors[j]}",
            fix="correct the column of stock changes of the province, or set "
            "provinces.calibrate: national.",
        )
    parts["transit"] = steps.remove_reexports(parts)
    supply, demand = steps.supply_demand(parts)
    # a sector without output has nothing to sell, nor has one whose printed error exceeds what it
    # makes: ERR then falls
    supply = np.where((supply > 0) & (parts["output"] > 0), supply, 0.0)
    for i, sector in enumerate(sectors):
        if supply[:, i].sum() == 0 and demand[:, i].sum() > 0:
            raise BalanceError(
                f"the provinces use {demand[:, i].sum():.6g} of the product beyond their "
                "imports, and none has any to sell "
                "(output less exports and error)",
                where=f"provinces.balance, sector {sector}",
                fix="correct output, exports or imports of the product; as printed it cannot be "
                "balanced.",
            )
    # columns are printed with rounding (R2): value added takes it, as there is no error account of
    # a column
    added, inputs = parts["value_added"].sum(axis=1), parts["use"][:, :, industry].sum(axis=1)
    rest = roundoff.difference(parts["output"] - inputs - added, parts["output"])
    parts["value_added"] = np.where(
        (rest != 0)[:, None],
        steps.scale_items(parts["value_added"], added, added + rest),
        parts["value_added"],
    )
    rows += [
        {
            "province": codes[n],
            "sector": sectors[j],
            "item": "value_added",
            "raw": added[n, j],
            "balanced": added[n, j] + rest[n, j],
            "note": "the printed column is rounded",
        }
        for n, j in np.argwhere(rest != 0)
    ]
    factor = steps.calc_factors(demand.sum(axis=0), supply.sum(axis=0))
    supply = supply * factor
    error = parts["output"] - parts["exports"] - supply
    gap, limit = (
        np.abs(error - raw["error"]),
        config.err_tol * np.maximum(parts["output"], parts["output"] - error),
    )
    limit = limit + rounding(parts["output"])
    if (gap > limit).any():
        n, j = np.unravel_index(int(np.argmax(gap - limit)), gap.shape)
        raise BalanceError(
            f"{int((gap > limit).sum())} of {gap.size} rows of the provincial system miss "
            "balance by more than err_tol "
            f"{config.err_tol:g} of output; the largest gap is {gap[n, j]:.6g} at output "
            f"{parts['output'][n, j]:.6g} (over the "
            f"provinces, demand for the product is {factor[j]:.3g} times its supply)",
            where=f"province {codes[n]}, sector {sectors[j]}",
            fix="set provinces.calibrate: national, raise provinces.err_tol (1 books every gap "
            "of trade), or correct the tables.",
        )
    if np.abs(factor - 1).max() > 0.01:
        worst = int(np.argmax(np.abs(np.log(np.maximum(factor, TINY)))))
        warn(
            where="provinces.balance, provinces.calibrate: none",
            what="the provinces' trade does not close over the nation",
            value=f"demand is {factor[worst]:.3g} times supply (sector {sectors[worst]})",
            expectation="products of which the provinces buy what they sell",
            effect="The error account takes the difference, "
            f"{gap.sum() / parts['output'].sum():.2%} of output; what is emitted "
            "for it is in no footprint.",
        )
    net = steps.without_untraded(
        supply - demand, parts["outflow"], parts["inflow"], parts["output"] + demand
    )
    parts["outflow"], parts["inflow"] = steps.close_net_trade(
        parts["outflow"], parts["inflow"], net
    )
    parts["error"] = error
    return parts
