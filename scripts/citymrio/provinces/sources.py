"""Use by source: which columns buy at home, from other provinces and from abroad, where provincial
tables print it.

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
import xarray as xr

from ..base import roundoff
from ..base.money import printed_gaps
from ..base.notices import warn
from ..base.tolerances import SOLVED
from ..base.vocabulary import SOURCES
from ..config.models import Solver
from ..entropy import EntropyModel
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
    ):
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
        layers[np.ix_(range(3), good, kept)] = self._fitted(
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
    ):
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
