"""What the emission inventories of a dataset say, row by row and level by level: nation, provinces,
cities.

An inventory may be of any level. What is known of a higher level only is spread later
(`citymrio.emissions.calibration`); here is what cannot be: rows that contradict themselves, and
levels that contradict one another.
"""

from collections.abc import Iterator

import pandas as pd

from ...base.errors import DataError
from .folder import InputFolder

#: Tables of inventories, and the columns that name whose an inventory is.
OWNERS = {"inventory": ["province"], "inventory_city": ["region"], "inventory_national": []}
#: Largest relative difference between printed emissions and activity x factor (printed numbers are
#: rounded), and in t CO2.
PRINTED_MARGIN, SMALLEST = 0.01, 1.0


def tonnes(data: InputFolder, name: str) -> pd.Series:
    """Emissions of every row of an inventory, t CO2."""
    frame = data.tables[name].frame
    return frame["emissions"].fillna(_computed(data, frame)).fillna(0.0)


def _computed(data: InputFolder, frame: pd.DataFrame) -> pd.Series:
    """Activity x emission factor of every row, t CO2; NaN where one of them is not known."""
    factors = data.tables["fuels"].frame.set_index("fuel")["emission_factor"]
    return frame["activity"] * factors.reindex(frame["fuel"]).to_numpy(float)


def by_sector(data: InputFolder, name: str) -> pd.DataFrame:
    """Emissions of a table of inventories, t CO2: whose (province, region, or ``nation``) x
    inventory sector.
    """
    if name not in data.tables or not len(data.tables[name].frame):
        return pd.DataFrame(
            columns=data.column("inventory_sectors", "inventory_sector"), dtype=float
        )
    frame = data.tables[name].frame
    owner = frame[OWNERS[name][0]] if OWNERS[name] else pd.Series("nation", index=frame.index)
    return (
        tonnes(data, name).groupby([owner, frame["inventory_sector"]]).sum().unstack(fill_value=0.0)
    )


def emissions_by_province(data: InputFolder, sectors: str = "") -> pd.Series:
    """Emissions of the provincial inventories, t CO2, of inventory sectors joined by ``;`` (all
    where blank).
    """
    table = by_sector(data, "inventory")
    chosen = [code for code in sectors.split(";") if code] or [*table.columns]
    return table.reindex(columns=chosen, fill_value=0.0).sum(axis=1)


def without_inventory(data: InputFolder) -> list[str]:
    """Provinces without an inventory of their own."""
    known = {*data.column("inventory", "province")}
    return [code for code in data.codes if code not in known]


def level_known(data: InputFolder) -> str:
    """Where the emissions of provinces without an inventory are taken from, in words; blank where
    nothing is known.
    """
    if len(by_sector(data, "inventory_national")):
        return "what the national inventory leaves, by output and people"
    city = data.tables.get("inventory_city")
    if len(by_sector(data, "inventory")) or (city is not None and city.frame["case"].eq(1).any()):
        return "the mean intensities of the regions with an inventory"
    return ""


def national_total(data: InputFolder) -> float:
    """Emissions of the country as far as inventories tell, t CO2: of the provinces, or of the
    nation where one has none.
    """
    provinces, nation = emissions_by_province(data), by_sector(data, "inventory_national")
    return float(
        nation.to_numpy().sum() if len(nation) and without_inventory(data) else provinces.sum()
    )


def inventory_faults(data: InputFolder) -> list[DataError]:
    """Rows that contradict themselves, and a nation that leaves nothing to provinces without an
    inventory.
    """
    found: list[DataError] = []
    for name in OWNERS:
        if (
            name in data.tables
            and data.whole(name)
            and data.whole("fuels")
            and data.tables["fuels"].frame["fuel"].is_unique
        ):
            found += [*_disagreeing(data, name), *_counted_twice(data, name)]
    return found if found else [*_of_the_nation(data)]


def _disagreeing(data: InputFolder, name: str) -> list[DataError]:
    """Emissions beside activity that are not activity x factor."""
    table = data.tables[name]
    computed, printed = _computed(data, table.frame), table.frame["emissions"]
    return table.faults(
        (computed - printed).abs() > PRINTED_MARGIN * printed.abs().clip(lower=SMALLEST),
        "activity x emission factor of {fuel} is {computed:.6g} t, the emissions beside it are "
        f"{{emissions:.6g}} t; expected the same within {PRINTED_MARGIN:.0%}",
        "leave one of the two blank.",
        computed=computed,
    )


def _counted_twice(data: InputFolder, name: str) -> list[DataError]:
    """Rows by fuel of an inventory sector that has a row of all fuels."""
    table = data.tables[name]
    frame = table.frame[tonnes(data, name) > 0]
    keys = pd.MultiIndex.from_frame(frame[[*OWNERS[name], "inventory_sector"]])
    total = keys[frame["fuel"].eq("").to_numpy()]
    twice = frame.index[keys.isin(total) & ~frame["fuel"].isin(["", "process"]).to_numpy()]
    return table.faults(
        table.frame.index.isin(twice),
        "fuel '{fuel}' of inventory sector '{inventory_sector}', which has a row of all fuels "
        "together (blank) as well; expected one or the other",
        "leave the row without a fuel out, or those by fuel.",
    )


def _of_the_nation(data: InputFolder) -> Iterator[DataError]:
    """A national inventory that cannot be spread over the provinces without one: it lacks a row, or
    the others have more.
    """
    nation = by_sector(data, "inventory_national")
    silent, codes = without_inventory(data), data.column("inventory_sectors", "inventory_sector")
    if not len(nation) or not silent or not data.whole("inventory_sectors"):
        return
    where = data.place("inventory_national")
    if missing := [code for code in codes if code not in nation]:
        yield DataError(
            f"inventory sector '{missing[0]}' has no row; expected all of them, since province "
            f"'{silent[0]}' has no inventory "
            "and takes part in this one",
            where=where,
            fix="add the row, with 0 t where nothing is emitted.",
        )
        return
    table = data.tables["inventory_national"]
    code = table.frame["inventory_sector"]
    has = code.map(nation.loc["nation"])
    have = code.map(by_sector(data, "inventory").reindex(columns=codes, fill_value=0.0).sum())
    yield from table.faults(
        ~code.duplicated() & (have > has * (1 + 1e-9)),
        "inventory sector '{inventory_sector}' has {has:.6g} t, less than the {have:.6g} t of the "
        f"provinces with an inventory, while province '{silent[0]}' has none; expected at least "
        "as much",
        "correct one of them, or remove inventory_national: the others' intensities then stand in "
        "for the province.",
        has=has,
        have=have,
    )
