"""What is known of each city: value added of three industries, people, and the name its CO2 total
goes by.
"""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ....base.errors import CityMRIOError, DataError, gather_faults, raise_faults
from ...cells import read_text
from ...contract.corrections import NONE, FileCorrections
from ...own_years import own_years
from ...workbook import LISTED, Sheet, Workbook
from .extras import read_columns

YUAN_10_8 = 1e4  #: 10^8 yuan in 10^4 CNY
INDUSTRIES = ("primary", "secondary", "tertiary")
#: Columns of the city panel, by how their headings begin.
PANEL = {
    "year": "年度标识",
    "name_local": "城市名称",
    "code": "城市代码",
    "gdp": "gdp",
    "primary": "第一产业增加值",
    "secondary": "第二产业增加值",
    "tertiary": "第三产业增加值",
}
#: Endings of place names that other files leave out.
ENDINGS = ("地区", "自治州", "林区", "市", "盟", "州", "县")


def read_value_added(
    path: str | Path,
    *,
    year: int,
    nested_units: pd.DataFrame,
    corrections: FileCorrections = NONE,
) -> pd.DataFrame:
    """GDP and value added by industry of the city panel in a year, 10^4 CNY, one row per code.

    Units that the statistics of another contain (`nested_units`: region, contains, first_year,
    last_year) are taken out of it, so that nothing counts twice.

    Raises
    ------
    DataError
        No sheet has the panel's columns, or the year is missing; every code that appears twice,
        every value that is not a number or below zero.
    """
    sheet, columns = _panel(path, corrections)
    records, faults = [], list[CityMRIOError]()
    for index, row in enumerate(sheet.rows[1:], 1):
        if row[columns["year"]] is None or int(sheet.number(index, columns["year"])) != year:
            continue
        record: dict[str, Any] = {
            "region": str(int(sheet.number(index, columns["code"]))),
            "name_local": str(row[columns["name_local"]]).strip(),
        }
        for name in ("gdp", *INDUSTRIES):
            with gather_faults(faults):
                record[name] = YUAN_10_8 * corrections.amount(
                    sheet, index, columns[name], f"{PANEL[name]} is {{}}", positive=name == "gdp"
                )
        records.append(record)
    table = pd.DataFrame(records)
    if table.empty:
        raise DataError(
            f"there is nothing for {year}",
            where=sheet.where(),
            fix="choose a year the panel covers.",
        )
    twice = table.region[table.region.duplicated()]
    faults += [
        DataError(f"code {code} appears twice in {year}", where=sheet.where(), fix=LISTED)
        for code in twice.unique()
    ]
    raise_faults(faults)
    table = table.sort_values("region", ignore_index=True).set_index("region")
    holds = (nested_units.first_year.fillna(year) <= year) & (
        nested_units.last_year.fillna(year) >= year
    )
    for region, contained in nested_units[holds].groupby("region").contains:
        present = [unit for unit in contained if unit in table.index]
        if region in table.index and present:
            own = (
                table.loc[region, ["gdp", *INDUSTRIES]]
                - table.loc[present, ["gdp", *INDUSTRIES]].sum()
            )
            if (own.astype(float) <= 0).any():
                raise DataError(
                    f"{region} is smaller than the units it contains ({', '.join(present)})",
                    where=sheet.where(),
                    fix="correct nested_units.csv of the classification.",
                )
            table.loc[region, ["gdp", *INDUSTRIES]] = own
    return table.reset_index()


def read_other_years(path: str | Path) -> pd.DataFrame:
    """The panel in all its years: year, region, name_local, value added by industry, 10^4 CNY; rows
    that hold no such numbers are left out.
    """
    sheet, columns = _panel(path, NONE)
    records = []
    for index in range(1, len(sheet.rows)):
        try:
            year, code = (int(sheet.number(index, columns[name])) for name in ("year", "code"))
            added = [sheet.number(index, columns[name]) for name in INDUSTRIES]
        except DataError:
            continue
        name = str(sheet.rows[index][columns["name_local"]]).strip()
        if min(added) >= 0:
            records.append((year, str(code), name, *(value * YUAN_10_8 for value in added)))
    return pd.DataFrame(records, columns=["year", "region", "name_local", *INDUSTRIES])


def _panel(path: str | Path, corrections: FileCorrections) -> tuple[Sheet, dict[str, int]]:
    """The sheet of the city panel and its columns."""
    for sheet in Workbook(path).sheets():
        header = [str(v or "").strip().lower() for v in (sheet.rows[0] if sheet.rows else [])]
        found = {
            name: [k for k, text in enumerate(header) if text.startswith(start)][:1]
            for name, start in PANEL.items()
        }
        if all(found.values()):
            return corrections.sheet(sheet), {name: at[0] for name, at in found.items()}
    raise DataError(
        f"no sheet has the columns {', '.join(PANEL.values())}", where=str(path), fix=LISTED
    )


def read_census(path: str | Path) -> pd.DataFrame:
    """Population of two or more censuses: region, province, then (census, total | urban) columns;
    persons, NaN where blank.

    Raises
    ------
    DataError
        A column is missing, a code appears twice, fewer than two censuses.
    """
    header = read_text(path, ["city_code"], LISTED).columns
    years = sorted(int(m[1]) for m in (re.fullmatch(r"popu_(\d{4})", name) for name in header) if m)
    if len(years) < 2:
        raise DataError(
            "columns popu_<year> of two censuses are missing", where=str(path), fix=LISTED
        )
    numbers = [f"{stem}_{y}" for y in years for stem in ("popu", "popu_urban", "popu_rural")]
    table = read_columns(path, {name: name for name in ("city_code", *numbers)}, numbers)
    twice = table.city_code[table.city_code.duplicated()]
    raise_faults(
        [
            DataError(f"code {code} appears twice", where=str(path), fix=LISTED)
            for code in twice.unique()
        ]
    )
    table = table.set_index(table.city_code.rename("region"))[numbers].sort_index()
    result, faults = pd.DataFrame(index=table.index), []
    for year in years:
        total, urban, rural = (
            table[f"{stem}_{year}"] for stem in ("popu", "popu_urban", "popu_rural")
        )
        bad = (total < 0) | (urban < 0) | (rural < 0)
        fix = "move people in population_corrections.csv, or list another file."
        faults += [
            DataError(f"population of {code} in {year} is negative", where=str(path), fix=fix)
            for code in bad.index[bad]
        ]
        result[year, "total"] = total.where(total > 0)
        result[year, "urban_share"] = urban / (urban + rural).where(urban + rural > 0)
    raise_faults(faults)
    result.columns = pd.MultiIndex.from_tuples(result.columns)
    return result


def correct_census(census: pd.DataFrame, corrections: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """Move people to the boundaries of the reference year (rule R14), census by census.

    Each correction adds `persons` to `region` and takes them from `taken_from` (blank: they have no
    row in the file). A blank number of persons keeps the unit's share of the row it is taken from,
    as in its first census. People moved have the urban share of the row they are taken from, or of
    the region they join, unless `urban` says otherwise.

    Raises
    ------
    DataError
        A correction names a census or a row that the file does not have, or more people than a row
        holds.
    """
    people = {
        year: pd.DataFrame({"total": of["total"], "urban": of["total"] * of["urban_share"]})
        for year, of in ((year, census[year]) for year in sorted(census.columns.levels[0]))
    }
    applies = corrections[corrections.last_year.isna() | (corrections.last_year >= year)]
    shares: dict[tuple[str, str], float] = {}
    for row in applies.sort_values(["census", "region", "taken_from"], kind="stable").itertuples():
        where = f"population_corrections.csv, row {row.Index + 2} ({row.unit})"
        source, count = row.taken_from or None, int(row.census)
        if count not in people or (source and source not in census.index):
            raise DataError(
                f"the census file has no {source if count in people else f'census of {count}'}",
                where=where,
                fix="correct the row, or drop it for a census file that needs no such correction.",
            )
        part, original = people[count], census.at[source, (count, "total")] if source else np.nan
        key = (row.unit, row.region)
        persons = row.persons if np.isfinite(row.persons) else shares.get(key, np.nan) * original
        if not persons > 0 or (source and not persons < part.at[source, "total"]):
            raise DataError(
                f"{persons:.0f} persons are to be moved out of {original:.0f}",
                where=where,
                fix="state the persons of each census.",
            )
        shares.setdefault(key, persons / original)
        model = source or row.region
        share = census.at[model, (count, "urban_share")] if model in census.index else np.nan
        urban = row.urban if np.isfinite(row.urban) else persons * share
        moved = pd.Series({"total": persons, "urban": urban})
        counted = part["total"].get(row.region, np.nan) > 0
        part.loc[row.region] = moved + (part.loc[row.region] if counted else 0.0)
        if source:
            part.loc[source] -= moved
    by_year = {
        year: part.assign(urban_share=part["urban"] / part["total"])[["total", "urban_share"]]
        for year, part in people.items()
    }
    return pd.concat(by_year, axis=1).sort_index().rename_axis("region")


def population(census: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """Population in the reference year by straight lines between two censuses: total and rural
    (persons), and status.

    The two censuses around the year are used. Before the first and after the last, the rate of
    growth of the nearest two goes on, and the urban share moves on the log-odds scale, so that no
    count falls below zero. A unit counted in one census only keeps that count. An urban share known
    in one census only moves with its province, on the log-odds scale; one known in neither is the
    province's. `status` is `observed` (interpolated from full counts) or `imputed`.
    """
    years = sorted(census.columns.levels[0])
    first = max([y for y in years[:-1] if y <= year], default=years[0])
    second = years[years.index(first) + 1]
    weights = {first: (second - year) / (second - first), second: (year - first) / (second - first)}
    province = census.index.str[:2]
    totals, own, common = {}, {}, {}
    for y in weights:
        share, totals[y] = census[y, "urban_share"], census[y, "total"]
        counted = totals[y].where(share.notna())
        average = (counted * share).groupby(province).sum() / counted.groupby(province).sum()
        with np.errstate(divide="ignore"):
            own[y] = np.log(share / (1 - share))
            common[y] = pd.Series(
                np.log(average / (1 - average)).reindex(province).values, index=census.index
            )
    full = totals[first].notna() & totals[second].notna() & own[first].notna() & own[second].notna()
    drift = common[second] - common[first]
    odds = {
        first: own[first].fillna(own[second] - drift).fillna(common[first]),
        second: own[second].fillna(own[first] + drift).fillna(common[second]),
    }
    count = {
        first: totals[first].fillna(totals[second]),
        second: totals[second].fillna(totals[first]),
    }
    if min(weights.values()) >= 0:
        urban = sum(weights[y] * count[y] / (1 + np.exp(-odds[y])) for y in weights)
        rural = sum(weights[y] * count[y] / (1 + np.exp(odds[y])) for y in weights)
    else:
        people = np.exp(sum(weights[y] * np.log(count[y]) for y in weights))
        nearest = max(weights, key=lambda year: weights[year])
        with np.errstate(invalid="ignore"):  # a share of 0 or 1 stays what it is
            later = sum(weights[y] * odds[y] for y in weights).where(
                np.isfinite(odds[first]) & np.isfinite(odds[second])
            )
        later = later.fillna(odds[nearest])
        urban, rural = people / (1 + np.exp(-later)), people / (1 + np.exp(later))
    return pd.DataFrame(
        {
            "population": urban + rural,
            "population_rural": rural,
            "status": np.where(full, "observed", "imputed"),
        }
    )


def impute_value_added(known: pd.DataFrame, people: pd.Series, added: pd.DataFrame) -> pd.DataFrame:
    """Value added of units without statistics: people times value added per capita of their
    province's cities, by industry.
    """
    province = known.region.str[:2]
    heads = people.reindex(known.region).values
    per_capita = (
        known[list(INDUSTRIES)]
        .groupby(province.values)
        .sum()
        .div(pd.Series(heads).groupby(province.values).sum(), axis=0)
    )
    values = [per_capita.loc[code[:2]] * people[code] for code in added.region]
    rows = [
        {"region": unit.region, "name_local": unit.name_local, "gdp": own.sum(), **own.to_dict()}
        for unit, own in zip(added.itertuples(), values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["region", "name_local", "gdp", *INDUSTRIES])


def value_added_of_other_years(
    known: pd.DataFrame, panel: pd.DataFrame, units: Collection[str], *, year: int
) -> pd.DataFrame:
    """Value added in a year of units that the panel has in other years alone: of the nearest of
    these, times the growth of the industry in the units of its province that have both.

    Parameters
    ----------
    known
        The panel of the year.
    panel
        The panel of all years (:func:`read_other_years`).

    Returns
    -------
    pandas.DataFrame
        Columns as `known`, and `years`: the one that was used.
    """
    both = pd.concat([known.assign(year=year), panel[panel["year"] != year]])
    both = both[both["region"].isin({*known["region"], *units})]
    both["province"] = both["region"].str[:2]
    rows = both.melt(["region", "name_local", "province", "year"], [*INDUSTRIES], "industry")
    place = "the city panel (value_added_cities)"
    found = own_years(rows, year, "region", ["province", "industry"], place)
    found = found[found["away"] > 0].assign(value=lambda t: t["value"] * t["growth"])
    values = found.pivot(index="region", columns="industry", values="value")
    values = values.reindex(columns=[*INDUSTRIES])
    about = found.drop_duplicates("region").set_index("region")
    values = values.assign(name_local=about["name_local"], gdp=values.sum(axis=1))
    values["years"] = about["year"].astype(int).astype(str)
    return values.reset_index()[["region", "name_local", "gdp", *INDUSTRIES, "years"]]


def stem(name: str) -> str:
    """A place name without its ending and blanks: `恩施州` and `恩施市` are both `恩施`."""
    name = re.sub(r"\s", "", name)
    fits = (end for end in ENDINGS if name.endswith(end) and len(name) > len(end) + 1)
    return name.removesuffix(next(fits, ""))


def places_of(
    name: str, places: pd.DataFrame, provinces: pd.DataFrame, aliases: dict[str, str]
) -> set[str]:
    """Codes of all places that a name may mean; arguments as of :func:`match_names`."""
    if name in aliases:
        return {aliases[name]}
    stems = {
        region: stem(local) for region, local in zip(places.region, places.name_local, strict=True)
    }
    fits: set[str] = set()
    for province, short in zip(provinces.province, provinces.name_local, strict=True):
        if name == short and f"{province}0000" in stems:
            fits.add(f"{province}0000")
        if name.startswith(short) and name != short:
            rest = stem(name.removeprefix(short))
            inside = {
                region: own
                for region, own in stems.items()
                if region.startswith(province) and own.startswith(rest)
            }
            exact = {region for region, own in inside.items() if own == rest}
            fits |= exact or set(inside)
    return fits


def match_names(
    names: pd.DataFrame, places: pd.DataFrame, provinces: pd.DataFrame, aliases: dict[str, str]
) -> pd.Series:
    """Codes of cities whose names carry their province as a prefix and lack their ending.

    Parameters
    ----------
    names
        name, where: names as printed, such as `吉林延边`.
    places
        region, name_local: all places a name may mean, such as `延边朝鲜族自治州`.
    provinces
        province, name_local: short names of the provinces.
    aliases
        Codes of names that follow no rule.

    Raises
    ------
    DataError
        A name fits no place, or more than one: all such names at once, with their rows.
    """
    fits = [sorted(places_of(name, places, provinces, aliases)) for name in names.name]
    faults = [
        f"{name} ({where}) fits {', '.join(of) or 'no place'}"
        for name, where, of in zip(names.name, names["where"], fits, strict=True)
        if len(of) != 1
    ]
    codes = [of[0] if len(of) == 1 else "" for of in fits]
    doubled = sorted({code for code in codes if code and codes.count(code) > 1})
    faults += [
        f"{', '.join(n for n, c in zip(names.name, codes, strict=True) if c == code)} all mean "
        f"{code}"
        for code in doubled
    ]
    if faults:
        raise DataError(
            "; ".join(faults),
            where="city CO2 totals",
            fix="correct the name, or add it to city_aliases.csv.",
        )
    return pd.Series(codes, index=names.index, dtype=str)
