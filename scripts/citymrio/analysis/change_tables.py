"""Tables of the change between two runs: by region, by group, inequality of both years."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import xarray as xr

from ..base.concordance import Pairs, classification_of, common_labels, unnamed_sectors
from ..base.errors import DataError
from ..base.labels import read_dataset, read_json, read_table
from ..base.money import scale_of
from ..base.units import MT
from ..footprints.change import EFFECTS, Side, decompose, price_index
from ..nested import NestedMRIO
from .affluence import QUINTILES, is_city
from .inequality import inequality

#: Columns of change.csv and change_groups.csv that add up: the published change is the sum of the
#: others.
PARTS = (*(f"{name}_mt" for name in EFFECTS), "coverage_mt", "classification_mt")
#: Largest part of output in sectors of one run only: beyond it too little is common.
MOST = 0.5
#: What the runs have left of a province whose regions differ, as one region.
LEFT = "{}: regions of one run only"


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
    folder
        Of the run, as it was given.
    """

    info: Mapping
    regions: pd.DataFrame
    sectors: pd.DataFrame
    nested: NestedMRIO
    inventory: xr.Dataset
    footprints: xr.Dataset
    folder: str = ""

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
    def read(cls, folder: str | Path) -> Self:
        """Read a run folder, ``results/<run>``."""
        folder = Path(folder)
        return cls(
            info=read_json(folder / cls.FILES[0]),
            sectors=read_table(folder / cls.FILES[1]),
            regions=read_table(folder / cls.FILES[2]),
            nested=NestedMRIO.from_dataset(read_dataset(folder / cls.FILES[3])),
            inventory=read_dataset(folder / cls.FILES[4]),
            footprints=read_dataset(folder / cls.FILES[5]),
            folder=str(folder),
        )

    @property
    def about(self) -> dict[str, object]:
        """Name, year and prices, and the classification of sectors with its version."""
        named = {key: self.info[key] for key in ("name", "year", "price_basis")}
        return {**named, "classification": classification_of(self.info, self.sectors)}


def change_tables(
    earlier: Run,
    later: Run,
    pairs: Pairs,
    deflator: float | pd.DataFrame | None = None,
) -> tuple[dict[str, pd.DataFrame], dict]:
    """All tables of the change from one run to another.

    Parameters
    ----------
    pairs
        The concordance of both runs: names of sectors, codes of regions (:mod:`.base.concordance`).
    deflator
        See :func:`citymrio.footprints.change.price_index`.

    Returns
    -------
    tables
        `change`, `change_groups`, `inequality`, `in_one_run` (docs/change.md).
    about
        Both runs, prices, common sectors and regions, checks.

    Raises
    ------
    DataError
        The runs differ in currency, unit or order in time, a pair names a sector that there is not,
        or the sectors of both have too little in common.
    """
    for key in ("currency", "unit", "emission_unit"):
        if earlier.info[key] != later.info[key]:
            raise DataError(
                f"{key} is {earlier.info[key]} in one run and {later.info[key]} in the other",
                where="change",
                fix="compare runs in the same units.",
            )
    years = [run.info["year"] for run in (earlier, later)]
    if years[0] >= years[1]:
        raise DataError(
            f"FROM is of {years[0]} and TO of {years[1]}; expected a later year",
            where="change",
            fix="swap FROM and TO; `make compare` sets two runs of one year side by side.",
        )
    runs = (earlier, later)
    name_maps, only_sectors = _sector_groups(runs, pairs["sector"])
    region_maps, only_regions = _region_groups(runs, pairs["region"])
    common, places = (
        list(dict.fromkeys(maps[k][label] for k in (1, 0) for label in own[k]))
        for maps, own in (
            (name_maps, [run.sectors["name"].astype(str) for run in runs]),
            (region_maps, [run.nested.regions for run in runs]),
        )
    )
    prices = price_index(common, deflator)
    sector_maps = [
        {
            code: names_of[name]
            for code, name in zip(run.sectors["sector"], run.sectors["name"], strict=True)
        }
        for run, names_of in zip(runs, name_maps, strict=True)
    ]
    sides = [
        Side(
            nested=run.nested,
            emissions=run.inventory["emissions"],
            demand=run.footprints["final_demand_total"].sum("category"),
            people=run.regions.set_index("region")["population"].astype(float).to_xarray(),
            sector_of=sector_of,
            region_of=region_of,
            sectors=common,
            regions=places,
            prices=index,
        )
        for run, sector_of, region_of, index in zip(
            runs, sector_maps, region_maps, (np.ones(len(common)), prices), strict=True
        )
    ]
    result, checks = decompose(*sides)
    alone = _in_one_run(runs, only_sectors, only_regions)
    table = _by_region(earlier, later, sides, result, region_maps)
    about = {
        "earlier": earlier.about,
        "later": later.about,
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
        "in_one_run": {
            f"{kind}s": sorted(part["label"]) for kind, part in alone.groupby("kind", sort=False)
        },
        "checks": checks,
        "synthetic": bool(earlier.info["synthetic"] or later.info["synthetic"]),
    }
    tables = {
        "change": table,
        "change_groups": _by_group(table),
        "in_one_run": alone,
        "inequality": pd.concat([_inequality(run) for run in (earlier, later)], ignore_index=True),
    }
    return tables, about


Groups = tuple[dict[str, str], dict[str, str]]


def _sector_groups(
    runs: tuple[Run, Run], pairs: Sequence[tuple[str, str]]
) -> tuple[Groups, dict[str, str]]:
    """Name of a sector -> common name, of both runs; and name -> group of what only one run has.

    All sectors together are the whole economy in both runs: what is left of one has its counterpart
    in what is left of the other, so that both are one group.
    """
    names = [run.sectors["name"].astype(str).tolist() for run in runs]
    for place, have in enumerate(names):
        if unknown := [pair[place] for pair in pairs if pair[place] not in have]:
            raise DataError(
                f"{runs[place].info['name']} has no sector '{unknown[0]}'",
                where="concordance",
                fix="correct the row: sectors go by the names of dataset/sectors.csv, those of the "
                "earlier run in column a.",
            )
    one = len({run.about["classification"] for run in runs}) == 1
    silent = set() if one else unnamed_sectors(runs[0].sectors) | unnamed_sectors(runs[1].sectors)
    found = common_labels(names[0], names[1], pairs, silent)
    for run, labels in zip(runs, found.only, strict=True):
        own = run.sectors.loc[run.sectors["name"].isin(labels), "sector"]
        output = run.nested.dataset["output"]
        part = float(output.sel(sector=[*own]).sum() / output.sum())
        if part > MOST:
            raise DataError(
                f"{part:.0%} of the output of {run.info['name']} is in sectors that the other run "
                f"does not have, or has by its code alone: {', '.join(labels[:8])}"
                f"{' ...' if len(labels) > 8 else ''}",
                where="concordance",
                fix="give a concordance of the two classifications (CONCORDANCE=list.csv with the "
                "columns kind, a, b).",
            )
    rest = {name: "sectors of one run only" for labels in found.only for name in labels}
    return (
        found.a | {name: rest[name] for name in found.only[0]},
        found.b | {name: rest[name] for name in found.only[1]},
    ), rest


def _region_groups(
    runs: tuple[Run, Run], pairs: Sequence[tuple[str, str]]
) -> tuple[Groups, dict[str, str]]:
    """Code of a region -> common code, of both runs; and code -> group of what only one run has.

    In a province that both runs have, what is left of one has its counterpart in what is left of
    the other; a region whose run alone has something left stays by itself.
    """
    codes = [run.nested.regions.tolist() for run in runs]
    found = common_labels(codes[0], codes[1], pairs)
    left: dict[str, tuple[list[str], list[str]]] = {}
    for place, (run, labels) in enumerate(zip(runs, found.only, strict=True)):
        province = dict(zip(run.regions["region"], run.regions["province"], strict=True))
        for code in labels:
            left.setdefault(str(province[code]), ([], []))[place].append(code)
    rest = {
        code: LEFT.format(province) if all(both) else code
        for province, both in left.items()
        for labels in both
        for code in labels
    }
    return (
        found.a | {code: rest[code] for code in found.only[0]},
        found.b | {code: rest[code] for code in found.only[1]},
    ), rest


def _in_one_run(
    runs: tuple[Run, Run], sectors: Mapping[str, str], regions: Mapping[str, str]
) -> pd.DataFrame:
    """in_one_run.csv: sectors and regions that only one run has, with their size there."""
    rows = []
    for run in runs:
        names = run.sectors.set_index("sector")["name"].astype(str)
        for kind, groups, labels in (
            ("sector", sectors, names),
            ("region", regions, pd.Series(run.nested.regions, run.nested.regions)),
        ):
            parts = [
                (100 * values.sum({"region", "sector"} - {kind}) / values.sum()).to_series()
                for values in (run.nested.dataset["output"], run.inventory["emissions"])
            ]
            rows += [
                (kind, run.info["name"], label, groups[label], *(part[code] for part in parts))
                for code, label in labels.items()
                if label in groups
            ]
    return pd.DataFrame(
        rows, columns=["kind", "run", "label", "group", "output_percent", "emissions_percent"]
    )


def _by_region(
    earlier: Run,
    later: Run,
    sides: Sequence[Side],
    result: xr.Dataset,
    region_maps: Sequence[Mapping[str, str]],
) -> pd.DataFrame:
    places = sides[1].regions
    first, labels = (
        run.regions.assign(common=run.regions["region"].map(common))
        .drop_duplicates("common")
        .set_index("common")
        for run, common in zip((earlier, later), region_maps, strict=True)
    )
    quintile = first["quintile"].reindex(places)
    late = labels["quintile"].reindex(places)
    labels = labels.combine_first(first[[*labels]]).loc[places]
    merged = labels.index == labels["province"].map(LEFT.format)
    names = labels["name"].where(~merged, labels["province_name"].map(LEFT.format))
    published = [  # by the runs themselves, in the common regions
        MT
        * side.by_region(
            run.footprints["cba"].sum("category").sel(region=run.nested.regions).values
        )
        for run, side in zip((earlier, later), sides, strict=True)
    ]
    values = {name: result[name].values * MT for name in ("earlier", "later", *EFFECTS, "coverage")}
    scale = scale_of(later.info["unit"])  # of both: `change` compares runs in one unit
    level = [
        side.final_demand / np.where(side.population > 0, side.population, np.nan) * scale
        for side in sides
    ]
    moved = published[1] - published[0]
    table = {
        "region": places,
        "name": names.to_numpy(),
        "province": labels["province"].to_numpy(),
        "kind": labels["kind"].to_numpy(),
        "quintile_earlier": quintile.fillna("").to_numpy(),
        "quintile_later": late.fillna("").to_numpy(),
        "population_earlier": sides[0].population,
        "population_later": sides[1].population,
        "demand_per_capita_earlier": level[0],
        "demand_per_capita_later": level[1],
        "cba_earlier_mt": published[0],
        "cba_later_mt": published[1],
        "change_mt": moved,
        **{f"{name}_mt": values[name] for name in (*EFFECTS, "coverage")},
        "classification_mt": (published[1] - values["later"]) - (published[0] - values["earlier"]),
        "change_percent": moved / np.where(published[0] != 0, published[0], np.nan) * 100,
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
    columns = [
        *("population_earlier", "population_later", "cba_earlier_mt", "cba_later_mt", "change_mt"),
        *PARTS,
    ]
    for name, chosen in groups.items():
        part = table[chosen]
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
