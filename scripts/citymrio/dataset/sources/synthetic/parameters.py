"""What a synthetic country is drawn with: spreads, elasticities, borders, errors of its statistics.

The defaults are those of the default and of the tiny country. Other values make other countries
(:mod:`citymrio.assessment.evidence`, where they are drawn).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Parameters:
    """Numbers behind a synthetic country. Spreads (`_sd`) are of logs; pairs are (between
    provinces, between cities).
    """

    size_sd: float = 0.48
    """Population of a city."""
    income_sd: float = 0.30
    """GDP per person of a city around what place and structure make."""

    inputs_sd: tuple[float, float] = (0.20, 0.14)
    """Mix of inputs of a sector."""
    value_added_sd: tuple[float, float] = (0.09, 0.09)
    """Odds of value added in output."""
    profile_sd: float = 0.22
    """Value added of a group of sectors around the structure type."""
    spread: float = 1.0
    """Factor on the spread of single sectors between cities (column `spread` of technology.csv)."""
    openness_sd: float = 0.3
    """Odds of exports in output and of imports in use, both between provinces and between cities.
    """

    rural: float = 0.45
    """Elasticity of final demand per person to GDP per person: rural households; then those of
    other categories.
    """
    urban: float = 0.75
    household: float = 0.7
    government: float = 0.6
    capital: float = 0.95
    earned: bool = False
    """Whether demand follows the GDP that cities have in the end, not the one they are planned
    with.
    """
    taste_sd: float = 0.10
    """A category of final demand around its elasticity."""
    investment_sd: float = 0.16
    """The same of capital, besides."""
    products_sd: tuple[float, float] = (0.10, 0.10)
    """Mix of products in a category."""

    trade: Literal["gravity", "opportunities"] = "gravity"
    """Model of trade (:mod:`.gravity`)."""
    home: float = 2.4
    """Log home bias of every product beyond the border term of the technology table."""
    province: float = 0.9
    """Log bias towards the own province. With `home` provinces use about 70% of what they need from
    themselves, cities 60%.
    """
    distance: float = 1.0
    """Factor on the distance exponents of the technology table; with `opportunities` five times it
    is the decay.
    """
    hub: float = 0.0
    """Log preference for trade that a capital takes part in."""
    pair_sd: float = 0.0
    """Trade of a pair of regions in one product around that."""

    intensity_sd: tuple[float, float] = (0.28, 0.24)
    """Intensity of a row of the inventory."""
    together_sd: float = 0.46
    """Added to it between cities where several rows share a sector of the table."""
    level_sd: float = 0.0
    """Level of all intensities of a city."""

    overstated: float = 0.02
    """Provinces overstate their level, on average, by this share (as provincial statistics did)."""
    table_sd: float = 0.03
    """Level of a sector in a provincial table against the truth."""
    statistics_sd: float = 0.05
    """City statistics."""
    totals_sd: float = 0.08
    """CO2 totals of cities."""
    offset: tuple[float, float] = (0.06, 0.10)
    """Mean and spread of the level of a province's CO2 totals."""
    national_row_sd: float = 0.05
    """Rows of the national inventory."""
    inventory_sd: float = 0.0
    """Level of all provincial inventories together."""
    province_inventory_sd: float = 0.0
    """Level of a province's inventory."""
    province_row_sd: float = 0.0
    """Rows of a province's inventory."""
    population_sd: float = 0.0
    """Printed population of a city."""
    covered: float = 244 / 309
    """Share of the cities (regions that are not a whole province) with a CO2 total."""
    covered_power: float = 0.5
    """Odds of having one rise with population to this power."""
    silent: int = 5
    """Cities without value added by industry."""
    unreported: tuple[int, int] = (2, 1)
    """Provinces that do not report their trade with the nation, and abroad."""
    detail: bool = True
    """Whether some cities know more: output of large sectors, exports, capital formation,
    inventories of their own by sector.
    """
