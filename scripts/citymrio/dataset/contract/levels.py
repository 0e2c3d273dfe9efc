"""Units and levels: two amounts that tell of the same thing, from how far apart they are warned of
and refused.

What is compared, and from which factor, stands in one table (`BANDS`, printed in
docs/contracts.md): sound statistics of one country differ by a tenth or two, a wrong unit by powers
of ten. What no place on Earth shows per capita is refused too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ...base.errors import DataError, warn
from ...base.money import rounding, scale_of
from .folder import InputFolder
from .inventories import (
    by_sector,
    emissions_by_province,
    level_known,
    national_total,
    tonnes,
    without_inventory,
)
from .tables import Table, measures


@dataclass(frozen=True)
class Band:
    """How far apart two amounts may be.

    Attributes
    ----------
    compared
        What is compared, in words.
    warn, refuse
        Factors from which a difference is worth a warning, and is a fault; infinite: never.
    why
        What sound data show.
    effect
        What a run does with a difference that is warned of.
    """

    compared: str
    warn: float
    refuse: float
    why: str
    effect: str = ""


NEVER = float("inf")
CHECK = "Fix: check the cell and its unit; if it is right, nothing is to be done."
SCALED = f"The data are brought to the level of the province. {CHECK}"
#: Every comparison of two amounts, by the name that the checks use.
BANDS = {
    "table": Band(
        *("value added of a provincial table against the GDP of its regions", 1.2, 3.0),
        "cities' GDP over that of the table is 0.93 to 1.15",
        "The table counts; GDP per capita of the regions does not fit it. Fix: check that both "
        "are of this province, year and "
        "unit.",
    ),
    "nation": Band(
        *("value added of the national table against that of all provinces", 1.15, 3.0),
        "the provinces have 1.09 times the nation's",
        "Provincial tables are scaled to the nation's where `provinces.calibrate` is national. "
        "Fix: check that both are of one "
        "year.",
    ),
    "region": Band(
        *("value added of a region, all sectors together, against its GDP", 1.15, 3.0),
        "0.95 to 1.14, in one province",
        f"Value added counts; GDP per capita does not fit it. {CHECK}",
    ),
    "industry": Band(
        *("one datum on a region's value added against its GDP", NEVER, 3.0),
        "a part is below its whole",
    ),
    "cities": Band(
        *("data of cities added up against the account of their province (no more than)", 1.2, 3.0),
        "value added in total 0.93 to 1.15, by industry up to 1.26",
        SCALED,
    ),
    "emissions": Band(
        *(
            "CO2 totals of cities added up against the inventory of their province (no more than)",
            1.5,
            3.0,
        ),
        "up to 1.46",
        SCALED,
    ),
    "inventories": Band(
        *("inventories of cities added up against that of their province (no more than)", 1.5, 3.0),
        "as CO2 totals",
        SCALED,
    ),
    "national inventory": Band(
        *("the national inventory against those of all provinces", 1.2, 3.0),
        "the provinces have 1.07 times the nation's",
        f"`emissions.control_total` says which of them counts. {CHECK}",
    ),
    "intensity": Band(
        *("CO2 of a city against its GDP at its province's intensity", NEVER, 100.0),
        "Chinese cities: 0.2 to 10; a power plant may be more",
    ),
    "part": Band(
        *(
            "one region's datum against the account of its whole province (no more than)",
            1.05,
            NEVER,
        ),
        "a part is below its whole; two sources may differ",
        f"The datum is brought to the level of the province. {CHECK}",
    ),
    "year": Band(
        *(
            "a CO2 total of the dataset's year in emissions_history against the one that is "
            "observed",
            1.05,
            NEVER,
        ),
        "the same datum, unless one of them is revised",
        "The estimate takes the observation, emissions_trends.csv this one. Fix: take both from "
        "one source.",
    ),
    "series": Band(
        *("a CO2 total of a year against the years before and after, both", 2.0, NEVER),
        "Chinese cities, 1997 to 2019: 2 of 6,792 years exceed it; at the ends of a series (one "
        "year beside it, a factor of 3) 2",
        f"emissions_trends.csv and its figure show it. {CHECK}",
    ),
    "area": Band(
        *("the area of a polygon against `area_km2`", 1.2, NEVER),
        "drawn coasts and waters change it by a tenth",
        "Maps take the polygon, distances within a region the area. Fix: check longitude and "
        "latitude of the polygons "
        "(exchanged? another projection?), whether they hold waters, and the unit of area_km2.",
    ),
}
#: USD per capita, t CO2 per capita, persons per km2: outside of this no region lies.
GDP_PER_CAPITA, EMISSIONS_PER_CAPITA, DENSITY = (30.0, 2e6), (1e-3, 2e3), (1e-3, 1e6)
#: Rounding of sums of emissions, t; of money: `citymrio.base.money.rounding`.
ROUNDING = 2.0
#: All provinces without an inventory together, where there is a national one.
NATION = "the nation"
UNITS = (
    "check units (money in the `unit` of the dataset, t CO2, persons, km2), and whether two "
    "columns are exchanged."
)

#: Makes the fault of a place from message and fix.
Place = Callable[[str, str], DataError]


def _outside(
    place: Place,
    what: str,
    value: float,
    unit: str,
    limits: tuple[float, float],
    fix: str = UNITS,
) -> list[DataError]:
    """The fault of an amount per capita (or per km2) out of its range; `what`: it and its value."""
    low, high = limits
    message = f"{what}, that is {value:.4g} {unit}; expected {low:g} to {high:g}"
    return [] if low <= value <= high else [place(message, fix)]


@dataclass(frozen=True)
class Pair:
    """Two amounts that tell of the same thing.

    Attributes
    ----------
    place, what, value
        Where the first amount is, what it is in words ("... is", "... add up to"), and its value.
    other, reference
        The second in the same way.
    kind
        "same": neither is more than so many times the other; "part": the first is at most so many
        times the second, to `rounding`.
    band
        Key of `BANDS`: how many times is worth a warning, and is a fault.
    """

    place: Place
    what: str
    value: float
    other: str
    reference: float
    band: str
    kind: str = "same"
    rounding: float = ROUNDING

    def outside(self, factor: float) -> bool:
        """Whether they are further apart than a factor."""
        if self.kind == "part":
            return self.value > factor * self.reference + self.rounding
        return not (
            self.reference > 0
            and self.reference <= self.value * factor
            and self.value <= self.reference * factor
        )

    def expected(self, factor: float) -> str:
        """In words, what a factor allows."""
        return (
            f"at most {factor:g} times as much"
            if self.kind == "part"
            else f"the same within a factor of {factor:g}"
        )

    @property
    def found(self) -> str:
        """Both amounts in words."""
        return f"{self.what} {self.value:.6g}, {self.other} {self.reference:.6g}"

    def faults(self) -> Iterator[DataError]:
        """The fault, where there is one."""
        if (factor := BANDS[self.band].refuse) < NEVER and self.outside(factor):
            yield self.place(f"{self.found}; expected {self.expected(factor)}", UNITS)

    def warn(self) -> None:
        """Warn, where they are further apart than sound data are."""
        band, place = BANDS[self.band], self.place("", "")
        if band.warn < NEVER and self.outside(band.warn):
            warn(
                where=", ".join(filter(None, [place.where, place.message.rstrip(", ")])),
                what=band.compared.removesuffix(" (no more than)"),
                value=self.found,
                expectation=self.expected(band.warn),
                effect=band.effect,
            )


def level_faults(data: InputFolder) -> Iterator[DataError]:
    """Every implausible level of a dataset whose tables are sound in form."""
    yield from _ratios(data)
    for pair in pairs(data):
        yield from pair.faults()
    if not level_known(data):
        yield DataError(
            "there is no emission inventory by sector; expected one of provinces (inventory), of "
            "the nation (inventory_national) or of cities (inventory_city, case 1)",
            where=str(data.folder),
            fix="give at least one.",
        )


def pairs(data: InputFolder) -> Iterator[Pair]:
    """Every two amounts of a dataset that tell of the same thing."""
    yield from (*_tables(data), *_observations(data), *_emissions(data))


def account(data: InputFolder, province: str, quantity: str, sectors: str, category: str) -> float:
    """What the province's tables say of an observed quantity; NaN where they say nothing."""
    if quantity == "emissions":
        return float(emissions_by_province(data, sectors).get(province, np.nan))
    table = data.provinces[province]
    chosen = [part for part in sectors.split(";") if part] or [*map(str, table["sector"].values)]
    if quantity == "final_demand":
        every = data.tables["final_demand"].frame
        uses = (
            [category]
            if category
            else every.loc[every["role"] != "stock_changes", "category"].tolist()
        )
        return float(table["total_use"].sel(use=uses, sector=chosen).sum())
    places = [table.indexes["sector"].get_loc(code) for code in chosen]
    values = table[quantity].transpose(..., "sector").values[..., places]
    return float(np.nansum(values)) if not np.isnan(values).all() else np.nan


def observed(data: InputFolder) -> pd.DataFrame:
    """Observed amounts (shares in physical measures have no level) with the province of their
    region.
    """
    table = data.tables["observations"].frame
    table = table[measures(table) == "amount"]
    return table.assign(province=table["region"].map(data.owner))


def whole_emissions(observations: pd.DataFrame) -> pd.DataFrame:
    """Observed CO2 totals of whole regions."""
    return observations[observations["quantity"].eq("emissions") & observations["sectors"].eq("")]


def _row(table: Table, row: Any) -> Place:
    return partial(table.fault, int(row))


def _file(where: str) -> Place:
    return lambda message, fix: DataError(message, where=where, fix=fix)


def _ratios(data: InputFolder) -> Iterator[DataError]:
    """Faults of amounts per capita and per km2 of regions, of observed emissions, of provincial
    inventories.
    """
    table, observations = data.tables["regions"], data.tables["observations"]
    people_of = table.frame.set_index("region")["population"]
    people_in = table.frame.groupby("province")["population"].sum()
    for row, (people, gdp, area) in enumerate(
        table.frame[["population", "gdp", "area_km2"]].itertuples(index=False)
    ):
        usd = gdp * scale_of(data.info["unit"]) / data.info["usd_rate"] / people
        for what, value, unit, limits in (
            (f"column 'gdp' is {gdp:.10g}", usd, "USD per capita", GDP_PER_CAPITA),
            (f"column 'population' is {people:.10g}", people / area, "persons per km2", DENSITY),
        ):
            yield from _outside(_row(table, row), what, value, unit, limits)
    emitted: list[tuple[Place, str, float, float, str]] = [
        (
            _row(observations, row),
            f"emissions are {value:.6g} t",
            value,
            people_of[region],
            UNITS if value > 0 else "leave the row out if the total is not known.",
        )
        for row, region, value in whole_emissions(observations.frame)[
            ["region", "value"]
        ].itertuples()
    ]
    if history := data.tables.get("emissions_history"):
        emitted += [
            (
                _row(history, row),
                f"emissions of {year:.0f} are {value:.6g} t",
                value,
                people_of[region],
                UNITS,
            )
            for row, region, year, value in history.frame[
                ["region", "year", "emissions"]
            ].itertuples()
        ]
    emitted += [
        (
            _row(
                data.tables["inventory"],
                np.argmax(data.tables["inventory"].frame["province"] == code),
            ),
            f"emissions of province '{code}' add up to {total:.6g} t",
            total,
            people_in[code],
            UNITS,
        )
        for code, total in emissions_by_province(data).items()
    ]
    nation = by_sector(data, "inventory_national")
    if len(nation):
        total = float(nation.to_numpy().sum())
        emitted.append(
            (
                _file(data.place("inventory_national")),
                f"the national inventory adds up to {total:.6g} t",
                total,
                people_in.sum(),
                UNITS,
            )
        )
    for place, what, total, people, fix in emitted:
        yield from _outside(place, what, total / people, "t per capita", EMISSIONS_PER_CAPITA, fix)


def _tables(data: InputFolder) -> Iterator[Pair]:
    """Value added of the tables against the GDP of the regions, and of the nation against its
    provinces.
    """
    gdp = data.tables["regions"].frame.groupby("province")["gdp"].sum()
    added = {
        code: float(table["value_added"].sum()) for code, table in sorted(data.provinces.items())
    }
    for code, value in added.items():
        yield Pair(
            _file(data.io_places[code]),
            "value added of the table is",
            value,
            "the GDP of the province's regions is",
            gdp[code],
            "table",
        )
    if data.national is not None:
        yield Pair(
            _file(data.io_places[""]),
            "value added of the national table is",
            float(data.national["value_added"].sum()),
            "that of all provinces",
            sum(added.values()),
            "nation",
        )


def _observations(data: InputFolder) -> Iterator[Pair]:
    """Value added of cities against their GDP, and all data of cities, one by one where there are
    several and added up, against the accounts of their province.
    """
    table, rows = data.tables["observations"], observed(data)
    gdp = data.tables["regions"].frame.set_index("region")["gdp"]
    alone = data.tables["regions"].frame["province"].drop_duplicates(keep=False).tolist()
    near = rounding(gdp.to_numpy(float))
    added = rows[rows["quantity"] == "value_added"]
    for row, region, value in added[["region", "value"]].itertuples():
        yield Pair(
            _row(table, row),
            "value added is",
            value,
            f"the GDP of region '{region}' is",
            gdp[region],
            "industry",
            "part",
            near,
        )
    every = set(data.column("sectors", "sector"))
    for region, mine in added.groupby("region"):
        covered = (
            {code for text in mine["sectors"] for code in text.split(";")}
            if mine["sectors"].ne("").all()
            else every
        )
        if covered >= every:
            whole = mine[mine["sectors"].eq("")]
            value = float(
                whole["value"].mean()
                if len(whole)
                else mine.groupby("source")["value"].sum().mean()
            )
            yield Pair(
                _row(table, mine.index[0]),
                f"value added of region '{region}' adds up to",
                value,
                "its GDP is",
                gdp[region],
                "region",
            )
    key = ["province", "quantity", "sectors", "category", "source"]
    for (code, quantity, sectors, category, _), mine in rows.groupby(key, sort=True):
        given = account(data, code, quantity, sectors, category)
        if not np.isnan(
            given
        ):  # a province may report the net of foreign trade in its trade with the nation, or no inventory  # noqa: E501
            of = f" ({category})" if category else f", sectors {sectors}," if sectors else ""
            name, emitted = quantity.replace("_", " "), quantity == "emissions"
            low = ROUNDING if emitted else near
            yield Pair(
                _row(table, mine.index[0]),
                f"{name} of the cities of province '{code}'{of} add up to",
                float(mine["value"].sum()),
                "those of its inventory to" if emitted else "those of the province to",
                given,
                "emissions" if emitted else "cities",
                "part",
                low,
            )
            for row, region, value in (
                mine[["region", "value"]].itertuples() if code not in alone else ()
            ):
                what = f"{name} of region '{region}'{of.rstrip(',')}:"
                whole = f"all of province '{code}':"
                yield Pair(_row(table, row), what, value, whole, given, "part", "part", low)


def _emissions(data: InputFolder) -> Iterator[Pair]:
    """Emissions of cities and of the nation against the inventories of the provinces, t CO2."""
    regions, totals = data.tables["regions"].frame.set_index("region"), emissions_by_province(data)
    table, silent = data.tables["observations"], without_inventory(data)
    pool = regions["province"].where(~regions["province"].isin(silent), NATION)
    told = whole_emissions(observed(data)).groupby("region")["value"].mean()
    if history := data.tables.get("emissions_history"):
        for row, region, year, value in history.frame[["region", "year", "emissions"]].itertuples():
            if year == data.info["year"] and region in told:
                what, other = f"emissions (t) of region '{region}' are", "observations have"
                yield Pair(_row(history, row), what, value, other, told[region], "year")
    levels = {**totals, **({NATION: national_total(data) - float(totals.sum())} if silent else {})}
    product = regions["gdp"].groupby(pool).sum()
    for row, region, value in whole_emissions(observed(data))[["region", "value"]].itertuples():
        low, high = EMISSIONS_PER_CAPITA
        level, code = levels.get(pool[region], 0.0), regions["province"][region]
        if level > 0 and low <= value / regions["population"][region] <= high:
            usual = level * regions["gdp"][region] / product[pool[region]]
            yield Pair(
                _row(table, row),
                f"emissions (t) of region '{region}' are",
                value,
                "its GDP at the intensity of "
                f"{'the nation' if code in silent else 'its province'} gives",
                usual,
                "intensity",
            )
    if "inventory_city" in data.tables:
        city = data.tables["inventory_city"]
        owner = city.frame["region"].map(pool)
        for code, total in tonnes(data, "inventory_city").groupby(owner).sum().items():
            if levels.get(code, 0.0) > 0:
                of = "provinces without an inventory" if code == NATION else f"province '{code}'"
                yield Pair(
                    _row(city, int(np.argmax(owner == code))),
                    f"inventories (t) of the cities of {of} add up to",
                    total,
                    "the nation leaves them" if code == NATION else "its own to",
                    levels[code],
                    "inventories",
                    "part",
                )
    nation = by_sector(data, "inventory_national")
    if len(nation) and not silent:
        yield Pair(
            _file(data.place("inventory_national")),
            "the national inventory (t) adds up to",
            float(nation.to_numpy().sum()),
            "those of the provinces to",
            float(totals.sum()),
            "national inventory",
        )
