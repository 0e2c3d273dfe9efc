"""The hand-written tables behind a synthetic country: sectors, technology, final demand, inventory
sectors, fuels.

They lie beside this module in ``data/<size>/`` and are invented round numbers: which products a
sector mostly buys, how much of its output it exports, how far its product travels. Only the macro
level (trillions of CNY, megatonnes of CO2) follows published aggregates, approximately.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files

import numpy as np
import pandas as pd

from citymrio.base.money import Money

#: Money of the synthetic country, whose macro level is that of a real one.
CURRENCY = "CNY"
MONEY = str(Money(4, CURRENCY))

#: Weight of the inputs every sector buys (electricity, trade, transport, finance, ...) beside its
#: own recipe.
GENERAL_WEIGHT = 0.30

#: Share of value added by item in an average sector.
VALUE_ADDED_ITEMS = {
    "compensation_of_employees": 0.49,
    "net_taxes_on_production": 0.13,
    "depreciation": 0.14,
    "operating_surplus": 0.24,
}


def _read(path: str) -> pd.DataFrame:
    text = (
        "sector",
        "sectors",
        "inventory_sector",
        "inputs",
        "products",
        "fuels",
        "residence",
        "key",
    )
    kinds = {name: str for name in text if not (path.endswith("sectors.csv") and name == "key")}
    with files(__package__).joinpath("data", *path.split("/")).open(encoding="utf-8") as source:
        table = pd.read_csv(source, dtype=kinds)
    return table.fillna({name: "" for name in table.columns if table[name].dtype.kind not in "fib"})


def _weights(text: str) -> dict[str, float]:
    """``"01:33;06:22"`` as {"01": 33.0, "06": 22.0}."""
    return {part.split(":")[0]: float(part.split(":")[1]) for part in text.split(";") if part}


def _matrix(recipes: pd.Series, rows: list[str]) -> np.ndarray:
    """Recipes as columns of shares (rows, recipes), each column with a recipe summing to 1."""
    columns = [
        pd.Series(_weights(recipe), dtype=float).reindex(rows, fill_value=0.0).to_numpy()
        for recipe in recipes
    ]
    matrix = np.array(columns).T
    totals = matrix.sum(axis=0)
    return np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)


@dataclass(frozen=True)
class Blueprint:
    """Tables of one size of synthetic country (`full` or `tiny`)."""

    size: str
    sectors: pd.DataFrame
    technology: pd.DataFrame
    final_demand: pd.DataFrame
    inventory: pd.DataFrame
    fuels: pd.DataFrame
    general: pd.DataFrame

    @classmethod
    def load(cls, size: str) -> Blueprint:
        """Read the tables of `size`."""
        names = ("sectors", "technology", "final_demand", "inventory_sectors")
        sectors, technology, final, inventory = (_read(f"{size}/{name}.csv") for name in names)
        return cls(
            size,
            sectors,
            technology,
            final,
            inventory,
            _read("fuels.csv"),
            _read(f"{size}/general_inputs.csv"),
        )

    def split(self, count: int) -> Blueprint:
        """The same country with `count` sectors: each of these in equal parts, which buy and are
        bought alike.
        """
        whole, more = divmod(count, len(self.sector))
        number = whole + (np.arange(len(self.sector)) < more)
        parts = {
            code: [code] if k == 1 else [f"{code}-{part + 1:02d}" for part in range(k)]
            for code, k in zip(self.sector, number.tolist(), strict=True)
        }

        def recipes(texts: pd.Series) -> list[str]:
            shares = [
                [
                    f"{part}:{weight / len(parts[code])!r}"
                    for code, weight in _weights(text).items()
                    for part in parts[code]
                ]
                for text in texts
            ]
            return [";".join(share) for share in shares]

        def rows(table: pd.DataFrame) -> pd.DataFrame:
            codes = table["sector"].map(parts)
            repeated = table.loc[table.index.repeat(codes.map(len))].reset_index(drop=True)
            return repeated.assign(sector=np.concatenate(codes.tolist()))

        technology, general = rows(self.technology), rows(self.general)
        sectors, inventory = rows(self.sectors), self.inventory["sectors"].str.split(";")
        for name, word in (("name", ", part {}"), ("name_local", "（{}）")):
            sectors[name] += [
                "" if k == 1 else word.format(part + 1) for k in number for part in range(k)
            ]
        bridged = [
            ";".join(part for code in codes if code for part in parts[code]) for codes in inventory
        ]
        general["weight"] /= general["sector"].map(
            {part: len(codes) for codes in parts.values() for part in codes}
        )
        return replace(
            self,
            size=f"{count} sectors",
            sectors=sectors,
            technology=technology.assign(inputs=recipes(technology["inputs"])),
            final_demand=self.final_demand.assign(products=recipes(self.final_demand["products"])),
            inventory=self.inventory.assign(sectors=bridged),
            general=general,
        )

    @cached_property
    def sector(self) -> list[str]:
        """Codes of the sectors, in order."""
        return list(self.sectors["sector"])

    @cached_property
    def category(self) -> list[str]:
        """Final-demand categories, in order; the last is stock changes, which are signed."""
        return list(self.final_demand["category"])

    @cached_property
    def inputs(self) -> np.ndarray:
        """Shares of product i in the intermediate inputs of sector j (sector, sector); columns sum
        to 1.
        """
        recipe = _matrix(self.technology["inputs"], self.sector)
        general = (
            self.general.set_index("sector")["weight"]
            .reindex(self.sector, fill_value=0.0)
            .to_numpy()
        )
        return (1 - GENERAL_WEIGHT) * recipe + GENERAL_WEIGHT * (general / general.sum())[:, None]

    @cached_property
    def products(self) -> np.ndarray:
        """Shares of product i in final-demand category k (sector, category); stock changes
        is 0.
        """
        return _matrix(self.final_demand["products"], self.sector)

    @cached_property
    def fuel_shares(self) -> np.ndarray:
        """Shares of the fuels, then of process emissions, in the emissions of an inventory sector
        (row, fuel + 1).
        """
        process = self.inventory["process_share"].to_numpy(float)[:, None]
        fuel = _matrix(self.inventory["fuels"], list(self.fuels["fuel"])).T
        return np.hstack([(1 - process) * fuel, process])

    @cached_property
    def bridge(self) -> np.ndarray:
        """1 where an inventory sector's emissions belong to a sector (inventory_sector, sector);
        households have no 1.
        """
        return np.array(
            [[code in row.split(";") for code in self.sector] for row in self.inventory["sectors"]],
            dtype=float,
        )

    def technology_column(self, name: str) -> np.ndarray:
        """One column of the technology table, by sector."""
        return self.technology[name].to_numpy(float)
