"""A country of four regions in three provinces whose trade is known, printed as kind `tables` reads
it: blocks and lists.
"""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import numpy as np

from citymrio.config.models import Dataset

YEAR = 2014
REGIONS = {"Ala": "A", "Aho": "A", "Bor": "B", "Cee": "C"}
SECTORS, CATEGORIES = ["farm", "mill", "help"], ["households", "capital", "stock_changes"]
NAMES = {"farm": "01 Maatalous", "mill": "10 Teollisuus", "help": "97 Kotitaloustyö"}
USES = {"households": "P3 Kulutus", "capital": "P5 Pääoma", "stock_changes": "P52 Varastot"}
ITEMS = {"wages": "Palkat", "surplus": "Ylijäämä"}
FILES = {"home": "home.csv", "regions": "other.csv", "abroad": "world.csv"}


class World:
    """The truth: trade (product, origin, destination), its uses, what others export, imports and
    re-exports.

    Attributes
    ----------
    trade
        (sector, region, region): products made in the row and used in the column, own use on the
        diagonal.
    via
        (sector, region, region): products made in the row that the column exports; zero on the
        diagonal.
    """

    def __init__(self, seed: int = 1):
        rng = np.random.default_rng(seed)
        n, k = len(REGIONS), len(SECTORS)
        apart = np.abs(np.subtract.outer(range(n), range(n))) + np.eye(
            n
        )  # the regions lie in a row
        sizes = rng.uniform(3, 6, (2, k, n))
        self.trade = sizes[0][:, :, None] * sizes[1][:, None, :] / apart + 150 * np.eye(n)
        self.via = rng.uniform(1, 4, (k, n, n)) * (1 - np.eye(n))
        share = rng.uniform(0.5, 1.5, (k, n, k + 2))
        share[:, :, :k] *= 0.2
        share[:, :, 2] = 0.0  # help buys nothing
        self.share = share / share.sum(axis=2, keepdims=True)
        self.imports = rng.uniform(1, 5, (k, n, k + 2)) * (share > 0)
        self.stocks = rng.uniform(-3, 3, (k, n))
        self.exports, self.reexports = rng.uniform(10, 30, (k, n)), rng.uniform(2, 9, (k, n))
        self.via[2] = self.exports[2] = self.reexports[2] = self.imports[2] = self.stocks[2] = 0.0
        self.print_sums()

    def print_sums(self) -> None:
        """What the files print of it."""
        n, k = len(REGIONS), len(SECTORS)
        self.home = np.einsum("irr,irc->irc", self.trade, self.share)
        others = self.trade * (1 - np.eye(n))
        self.regions = np.einsum("irs,isc->isc", others, self.share)
        self.deliveries = (others + self.via).sum(axis=2)
        self.output = self.home.sum(axis=2) + self.stocks + self.exports + self.deliveries
        inputs = (self.home + self.regions + self.imports)[:, :, :k].sum(axis=0).T
        self.value_added = self.output - inputs
        assert (self.value_added > 0).all()

    def cells(self, block: str) -> list[tuple[str, str, str, float]]:
        """Region, row, column, value of a file."""
        uses = {"home": self.home, "regions": self.regions, "abroad": self.imports}[block]
        sold = {"home": self.exports, "regions": self.via.sum(axis=1), "abroad": self.reexports}[
            block
        ]
        rows = []
        for r, region in enumerate(REGIONS):
            for i, product in enumerate(SECTORS):
                named = zip([*SECTORS, *CATEGORIES[:2]], uses[i, r], strict=True)
                rows += [
                    (region, NAMES[product], NAMES.get(use) or USES[use], value)
                    for use, value in named
                ]
                rows.append((region, NAMES[product], "P6 Vienti", sold[i, r]))
                if block == "home":
                    rows.append((region, NAMES[product], USES["stock_changes"], self.stocks[i, r]))
                    rows.append((region, NAMES[product], "Kotimaahan", self.deliveries[i, r]))
                    rows.append((region, "Palkat", NAMES[product], 0.6 * self.value_added[i, r]))
                    rows.append((region, "Ylijäämä", NAMES[product], 0.4 * self.value_added[i, r]))
                    rows.append((region, "Tuotos", NAMES[product], self.output[i, r]))
        return rows


def _write(path: Path, rows: list, delimiter: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, delimiter=delimiter, lineterminator="\n").writerows(rows)


def write_lists(folder: Path, form: str = "long") -> None:
    """The classification folder."""
    long = ["REG", "COM", "IND", "value"] if form == "long" else ["", "row", "", ""]
    tables = {
        "files": [
            ["role", "form", "delimiter", "region", "row", "column", "value", "factor", "absent"],
            *([block, form, ";", *long, "", ""] for block in FILES),
            ["boundaries", "polygons", "", "nimi", "", "", "", "", ""],
        ],
        "layout": [
            ["block", "axis", "printed", "as", "code"],
            *(["", "", name, "sector", code] for code, name in NAMES.items()),
            *(["", "column", USES[code], "category", code] for code in CATEGORIES),
            ["", "column", "P6 Vienti", "exports", ""],
            ["home", "column", "Kotimaahan", "outflow", ""],
            *(["home", "row", name, "item", code] for code, name in ITEMS.items()),
            ["home", "row", "Tuotos", "output", ""],
        ],
        "regions": [
            [
                "printed",
                "polygon",
                "region",
                "name",
                "name_local",
                "province",
                "province_name",
                "population",
                "population_rural",
            ],
            *(
                [name, f"{name} maa", name, name, "", province, province, 20_000, 0]
                for name, province in REGIONS.items()
            ),
        ],
        "dataset": [
            ["key", "value"],
            *(
                ["name", "Tablia"],
                ["year", YEAR],
                ["currency", "EUR"],
                ["unit", "10^4 EUR"],
                ["usd_rate", 0.75],
            ),
        ],
        "sectors": [
            ["sector", "name", "industry", "kind", "group_a", "group_b", "key"],
            ["farm", "Farms", "primary", "goods", "agriculture", "agriculture", "false"],
            ["mill", "Mills", "secondary", "goods", "heavy", "heavy", "true"],
            ["help", "Help", "tertiary", "services", "high_tech", "services", "false"],
        ],
        "final_demand": [
            ["category", "name", "role", "residence"],
            *([c, c, c, "all"] for c in CATEGORIES),
        ],
        "inventory_sectors": [
            ["inventory_sector", "name", "kind", "residence", "key"],
            ["mills", "Mills", "production", "", "electricity"],
            ["homes", "Homes", "household", "", ""],
        ],
        "bridge": [["inventory_sector", "sector"], ["mills", "mill"]],
        "fuels": [["fuel", "name", "unit", "emission_factor"], ["coal", "Coal", "t", 2]],
        "benchmarks": [
            ["parameter", "value", "unit", "source"],
            ["megacity_capital_share.Elsewhere", 0.2, "share", "invented"],
        ],
        "inventory": [
            ["province", "inventory_sector", "fuel", "activity", "emissions"],
            *([p, s, "", "", 90_000] for p in ("A", "B", "C") for s in ("mills", "homes")),
        ],
    }
    tables["final_demand"][1][2] = "household"
    for name, rows in tables.items():
        if name == "sectors":
            rows[0].insert(2, "name_local")
            rows[1:] = [[*row[:2], "", *row[2:]] for row in rows[1:]]
        _write(folder / f"{name}.csv", rows)


def write_boundaries(path: Path) -> None:
    """Four squares side by side, as TopoJSON with shared arcs in steps of a hundredth of a degree."""
    arcs = [[[100 * k, 0], [0, 100]] for k in range(5)]  # the walls between the squares
    arcs += [[[100 * k, 100], [100, 0]] for k in range(4)]  # north
    arcs += [[[100 * k, 0], [100, 0]] for k in range(4)]  # south
    squares = [
        {
            "type": "Polygon",
            "arcs": [[k, 5 + k, ~(k + 1), ~(9 + k)]],
            "properties": {"nimi": f"{name} maa"},
        }
        for k, name in enumerate(REGIONS)
    ]
    content = {
        "type": "Topology",
        "transform": {"scale": [0.01, 0.01], "translate": [20.0, 60.0]},
        "arcs": arcs,
        "objects": {"regions": {"type": "GeometryCollection", "geometries": squares}},
    }
    path.write_text(json.dumps(content), encoding="utf-8")


def write_sources(folder: Path, roles: dict[str, tuple[str, str]]) -> Path:
    """The sources list of the files in `folder`/raw: name -> (role, province)."""
    rows = [["file", "role", "province", "bytes", "sha256", "content", "url", "terms"]]
    for name, (role, province) in roles.items():
        content = (folder / "raw" / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        rows.append(
            [
                name,
                role,
                province,
                len(content),
                digest,
                "invented",
                f"https://example.org/{name}",
                "free",
            ]
        )
    _write(folder / "sources.csv", rows)
    return folder / "sources.csv"


def write_world(
    folder: Path, *, world: World | None = None, form: str = "long", edit=None, **keys
) -> Dataset:
    """Raw files, lists and sources in `folder`, and the section `dataset` that reads them.

    Parameters
    ----------
    edit
        ``edit(block, cells)`` changes the cells (region, row, column, value) of a file before it is
        written.
    keys
        Of the section `dataset`.
    """
    world = world or World()
    write_lists(folder / "lists", form)
    roles = {}
    for block, name in FILES.items():
        cells = world.cells(block)
        cells = edit(block, cells) if edit else cells
        if form == "long":
            _write(folder / "raw" / name, [["REG", "COM", "IND", "value"], *cells], ";")
            roles[name] = (block, "")
            continue
        for region in REGIONS:
            mine = {(row, column): value for place, row, column, value in cells if place == region}
            rows, columns = [list(dict.fromkeys(key[k] for key in mine)) for k in (0, 1)]
            lines = [
                ["row", *columns],
                *([row, *(mine.get((row, column), "") for column in columns)] for row in rows),
            ]
            _write(folder / "raw" / f"{region}_{name}", lines, ";")
            roles[f"{region}_{name}"] = (block, region)
    write_boundaries(folder / "raw" / "map.json")
    roles["map.json"] = ("boundaries", "")
    return Dataset(
        kind="tables",
        year=YEAR,
        raw_dir=str(folder / "raw"),
        sources=str(write_sources(folder, roles)),
        classification=str(folder / "lists"),
        **keys,
    )
