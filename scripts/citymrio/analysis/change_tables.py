"""Tables of the change between two runs: by region, by group, inequality of both years."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError
from ..base.files import file_fault
from ..base.labels import read_dataset, read_json, read_table
from ..base.money import scale_of
from ..base.units import MT
from ..footprints.change import EFFECTS, Side, common_labels, decompose, price_index
from ..nested import NestedMRIO
from .affluence import QUINTILES, is_city
from .inequality import inequality

#: Columns of change.csv and change_groups.csv that add up: the published change is the sum of the
#: others.
PARTS = (*(f"{name}_mt" for name in EFFECTS), "classification_mt")


@dataclass(frozen=True)
class Run:
    """What the change needs of a run.

    Attributes
    ----------
    info
        dataset.json.
    regions
        tables/regions.csv.
    sectors
        dataset/sectors.csv.
    nested, inventory, footprints
        nested/mrio.nc, footprint/emissions.nc, footprint/footprints.nc.
    """

    info: Mapping
    regions: pd.DataFrame
    sectors: pd.DataFrame
    nested: NestedMRIO
    inventory: xr.Dataset
    footprints: xr.Dataset

    #: Files of a run folder that are read.
    FILES = (
        "dataset/dataset.json",
        "dataset/sectors.csv",
        "tables/regions.csv",
        "nested/mrio.nc",
        "footprint/emissions.nc",
        "footprint/footprints.nc",
    )

    @classmethod
    def read(cls, folder: str | Path) -> Run:
        """Read a run folder, ``results/<run>``."""
        folder = Path(folder)
        return cls(
            info=read_json(folder / cls.FILES[0]),
            sectors=read_table(folder / cls.FILES[1]),
            regions=read_table(folder / cls.FILES[2]),
            nested=NestedMRIO.from_dataset(read_dataset(folder / cls.FILES[3])),
            inventory=read_dataset(folder / cls.FILES[4]),
            footprints=read_dataset(folder / cls.FILES[5]),
        )

    def side(
        self,
        sector_of: Mapping[str, str],
        region_of: Mapping[str, str],
        sectors: list[str],
        regions: list[str],
        prices: np.ndarray,
    ) -> Side:
        """The run on common labels."""
        return Side(
            nested=self.nested,
            emissions=self.inventory["emissions"],
            demand=self.footprints["final_demand_total"].sum("category"),
            people=self.regions.set_index("region")["population"].astype(float).to_xarray(),
            sector_of=sector_of,
            region_of=region_of,
            sectors=sectors,
            regions=regions,
            prices=prices,
        )


def concordance(path: str | Path | None, label: str) -> dict[str, str]:
    """Label -> common label from a table with the columns `label` and `common`; empty without a
    file.
    """
    if path is None or not os.path.lexists(path):
        return {}
    if (fault := file_fault(path)) is not None:
        raise fault
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    lacking = [name for name in (label, "common") if name not in table]
    if lacking:
        raise DataError(
            f"column '{lacking[0]}' is missing",
            where=str(path),
            fix=f"columns are {label}, common, note.",
        )
    return dict(zip(table[label], table["common"], strict=True))


def change(
    earlier: Run,
    later: Run,
    *,
    sectors: Mapping[str, str],
    regions: Mapping[str, str],
    deflator: float | pd.DataFrame | None = None,
) -> tuple[dict[str, pd.DataFrame], dict]:
    """All tables of the change from one run to another.

    Parameters
    ----------
    sectors, regions
        Concordances: name of a sector, code of a region -> common one, for those that only one of
        the runs has.
    deflator
        See :func:`citymrio.footprints.change.price_index`.

    Returns
    -------
    tables
        `change`, `change_groups`, `inequality` (docs/change.md).
    about
        Both runs, prices, common sectors and regions, checks.

    Raises
    ------
    DataError
        The runs differ in currency, unit or order in time, or labels have no partner.
    """
    for key in ("currency", "unit", "emission_unit"):
        if earlier.info[key] != later.info[key]:
            raise DataError(
                f"{key} is {earlier.info[key]} in one run and {later.info[key]} in the other",
                where="change",
                fix="compare runs in the same units.",
            )
    names = [run.sectors["name"].astype(str).tolist() for run in (earlier, later)]
    codes = [run.nested.regions.tolist() for run in (earlier, later)]
    name_maps = common_labels(names[0], names[1], sectors, "sectors")
    region_maps = common_labels(codes[0], codes[1], regions, "regions")
    common = list(dict.fromkeys(name_maps[1][name] for name in names[1]))
    places = list(dict.fromkeys(region_maps[1][code] for code in codes[1]))
    prices = price_index(common, deflator)
    sides = []
    for run, names_of, region_of, index in (
        (earlier, name_maps[0], region_maps[0], np.ones(len(common))),
        (later, name_maps[1], region_maps[1], prices),
    ):
        sector_of = {
            code: names_of[name]
            for code, name in zip(run.sectors["sector"], run.sectors["name"], strict=True)
        }
        sides.append(run.side(sector_of, region_of, common, places, index))
    result, checks = decompose(*sides)
    table = _by_region(earlier, later, sides, result, region_maps)
    about = {
        "earlier": {key: earlier.info[key] for key in ("name", "year", "price_basis")},
        "later": {key: later.info[key] for key in ("name", "year", "price_basis")},
        "prices": "current prices of each year: inflation raises the level and lowers intensities"
        if deflator is None
        else f"prices of {earlier.info['year']}",
        "sectors": len(common),
        "regions": len(places),
        "merged_sectors": sorted(
            {label for m in name_maps for name, label in m.items() if name != label}
        ),
        "merged_regions": sorted(
            {
                f"{code} -> {label}"
                for m in region_maps
                for code, label in m.items()
                if code != label
            }
        ),
        "checks": checks,
        "synthetic": bool(earlier.info["synthetic"] or later.info["synthetic"]),
    }
    tables = {
        "change": table,
        "change_groups": _by_group(table),
        "inequality": pd.concat([_inequality(run) for run in (earlier, later)], ignore_index=True),
    }
    return tables, about


def _published(run: Run, side: Side) -> np.ndarray:
    """Footprints of final demand as the run published them, by common region, Mt."""
    cba = run.footprints["cba"].sum("category").sel(region=run.nested.regions).values
    return side.by_region(cba) * MT


def _by_region(
    earlier: Run,
    later: Run,
    sides: Sequence[Side],
    result: xr.Dataset,
    region_maps: Sequence[Mapping[str, str]],
) -> pd.DataFrame:
    places = sides[1].regions
    labels = later.regions.assign(
        common=later.regions["region"].map(region_maps[1])
    ).drop_duplicates("common")
    labels = labels.set_index("common").loc[places]
    first = earlier.regions.assign(
        common=earlier.regions["region"].map(region_maps[0])
    ).drop_duplicates("common")
    quintile = first.set_index("common")["quintile"].reindex(places)
    published = [_published(run, side) for run, side in zip((earlier, later), sides, strict=True)]
    values = {name: result[name].values * MT for name in ("earlier", "later", *EFFECTS)}
    scale = scale_of(later.info["unit"])  # of both: `change` compares runs in one unit
    level = [side.final_demand / side.population * scale for side in sides]
    moved = published[1] - published[0]
    table = {
        "region": places,
        "name": labels["name"].to_numpy(),
        "province": labels["province"].to_numpy(),
        "kind": labels["kind"].to_numpy(),
        "quintile_earlier": quintile.fillna("").to_numpy(),
        "quintile_later": labels["quintile"].fillna("").to_numpy(),
        "population_earlier": sides[0].population,
        "population_later": sides[1].population,
        "demand_per_capita_earlier": level[0],
        "demand_per_capita_later": level[1],
        "cba_earlier_mt": published[0],
        "cba_later_mt": published[1],
        "change_mt": moved,
        **{f"{name}_mt": values[name] for name in EFFECTS},
        "classification_mt": (published[1] - values["later"]) - (published[0] - values["earlier"]),
        "change_percent": moved / published[0] * 100,
    }
    return pd.DataFrame(table)


def _by_group(table: pd.DataFrame) -> pd.DataFrame:
    """Sums over all regions, all cities, and cities by quintile of the earlier year; parts also in
    percent of the earlier CBA.
    """
    city = is_city(table)
    groups = {"all": pd.Series(True, index=table.index), "cities": city}
    groups |= {q: city & table["quintile_earlier"].eq(q) for q in QUINTILES}
    rows = []
    for name, chosen in groups.items():
        part = table[chosen]
        columns = [
            "population_earlier",
            "population_later",
            "cba_earlier_mt",
            "cba_later_mt",
            "change_mt",
            *PARTS,
        ]
        sums = part[columns].sum()
        percent = {
            f"{c.removesuffix('_mt')}_percent": sums[c] / sums["cba_earlier_mt"] * 100
            for c in ("change_mt", *PARTS)
        }
        head = {
            f"per_capita_{when}_t": sums[f"cba_{when}_mt"] / MT / sums[f"population_{when}"]
            for when in ("earlier", "later")
        }
        rows.append({"group": name, "regions": len(part), **sums, **head, **percent})
    return pd.DataFrame(rows)


def _inequality(run: Run) -> pd.DataFrame:
    cities = run.regions[is_city(run.regions)].set_index("region")
    people = cities["population"].astype(float)
    quantities = {
        "footprint per capita": cities["cba_demand_mt"] / MT / people,
        "final demand per capita": cities["affluence_usd"].astype(float),
    }
    parts = [
        inequality(values, people, cities["province"]).assign(
            run=run.info["name"], year=run.info["year"], quantity=name
        )
        for name, values in quantities.items()
    ]
    return pd.concat(parts, ignore_index=True)[
        ["run", "year", "quantity", "measure", "component", "value"]
    ]
