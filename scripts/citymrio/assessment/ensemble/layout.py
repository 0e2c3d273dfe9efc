"""What is kept of every member, in members/*.nc and *.csv, and which members are kept together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...base.vocabulary import ROLES

if TYPE_CHECKING:
    import xarray as xr

#: Members of a block, which one job runs. Block 0 is the estimate itself, without draws.
BLOCK = 10
#: Quantity of a member whose draws no table can meet, and how that of the place begins where they
#: met their contradiction.
REJECTED = "members left out: draws that contradict the accounts"
REASON = "left out: "
#: Number of members below which they are few.
FEW = 100
#: Input of variance.csv for what is left.
REST = "interplay and what one number does not hold"
#: Fewest members with draws from which the value of data is told.
FEWEST = 20
#: Cities that the value of data lists for a kind, and for one datum of a kind. Whoever names so
#: many cities by the best kind of each finds them all among those of the kinds.
TOP, TOP_SINGLE = 25, 10

#: What a city saves by a side of the scenarios and a depth, by both sides added up, or by both at
#: once: column -> side and depth.
SAVINGS = {
    f"saving_{side}_{depth}_mt": (side, depth)
    for side in ("technology", "demand", "sum", "joint")
    for depth in ("light", "deep")
}
#: What production emissions and the footprint of a region are made of: columns of regions.csv.
PARTS = (
    *("own_mt", "for_cities_mt", "for_provinces_mt", "exports_mt", "household_direct_mt"),
    *("from_cities_mt", "from_provinces_mt"),
    *(f"cba_{role}_mt" for role in ROLES),
)
#: Numbers of a region that have an interval in uncertainty/regions.csv: column of regions.csv, or
#: of `SAVINGS` -> unit.
REGION = {
    "cba_mt": "Mt CO2",
    "pba_mt": "Mt CO2",
    "per_capita_t": "t CO2",
    "net_balance_mt": "Mt CO2",
    "net_balance_cities_mt": "Mt CO2",
    "net_balance_with_exports_mt": "Mt CO2",
    **dict.fromkeys((*PARTS, *SAVINGS), "Mt CO2"),
}
#: The regions that emit most for a region's consumption, as positions, and how many are kept of a
#: member (-1: no more).
SUPPLIER, SUPPLIERS = "supplier", 10
#: The same by the ensemble's method without draws, and what they emit for it in the member.
MAIN_SUPPLIER, SUPPLIED = "main_supplier", "supplied_mt"
#: Whether a city has the structure that it has in the main estimate, kept beside them.
SAME_STRUCTURE = "same_structure"
#: Classes of a region, kept as positions in these.
CODES = {
    "quintile": ("", "Q1", "Q2", "Q3", "Q4", "Q5"),
    "super_emitter": ("", "none", "demand", "technology", "hybrid"),
}


def blocks(members: int) -> range:
    """Blocks of an ensemble of so many members; the last may hold more than are asked for."""
    return range(-(-members // BLOCK) + 1)


def members_of(block: int) -> range:
    """Members of a block, however many the ensemble has."""
    return range(BLOCK * (block - 1) + 1, BLOCK * block + 1) if block else range(1)


def with_estimate(members: xr.Dataset) -> xr.Dataset:
    """The members that have an estimate; of those left out only the draws are kept, their amounts
    are blank.
    """
    return members.sel(member=members["cba_mt"].notnull().any("region"))
