"""What a synthetic country is drawn with: spreads, elasticities, borders, errors of its statistics.

The defaults are those of the default and of the tiny country. Other values make other countries
(`tests/calibration`, where they are drawn).
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Parameters:
    """Numbers behind a synthetic country. Spreads (`_sd`) are of logs; pairs are (between
    provinces, between cities).

    Attributes
    ----------
    types
        Structure types, from poor and inland to rich and coastal.
    type_power
        Power of what a structure type has of groups of sectors: 1 as in `economy.PROFILE`, 0 none.
    size_sd
        Population of a city.
    income_sd
        GDP per person of a city around what place and structure make.
    inputs_sd
        Mix of inputs of a sector.
    value_added_sd
        Odds of value added in output.
    profile_sd
        Value added of a group of sectors around the structure type.
    spread
        Factor on the spread of single sectors between cities (column `spread` of technology.csv).
    shared
        Scatter of both, and of the level of intensities, that the cities of a province share, over
        that of one city.
    openness_sd
        Odds of exports in output and of imports in use, both between provinces and between cities.
    rural, urban, household, government, capital
        Elasticity of final demand per person to GDP per person: rural households; then those of
        other categories.
    taste_sd
        A category of final demand around its elasticity.
    investment_sd
        The same of capital, besides.
    products_sd
        Mix of products in a category.
    trade
        Model of trade (:mod:`.gravity`).
    home
        Log home bias of every product beyond the border term of the technology table.
    province
        Log bias towards the own province. With `home` provinces use about 70% of what they need
        from themselves, cities 60%.
    distance
        Factor on the distance exponents of the technology table; with `opportunities` five times it
        is the decay.
    hub
        Log preference for trade that a capital takes part in.
    pair_sd
        Trade of a pair of regions in one product around that.
    alike_sd
        Trade of a pair in all products alike.
    own_sd
        Trade of a region with itself in all products alike, where pairs have a scatter.
    home_sd
        `home` of a province.
    intensity_sd
        Intensity of a row of the inventory.
    together_sd
        Added to it between cities where several rows share a sector of the table.
    level_sd
        Level of all intensities of a city.
    fuel
        Elasticity of households' emissions per person to income.
    overstated
        Provinces overstate their level, on average, by this share (as provincial statistics did).
    table_sd
        Level of a sector in a provincial table against the truth.
    hauling_sd, province_hauling_sd
        Odds of cross-hauling in the provincial tables (sending and receiving a product) against the
        truth, in all of them and in one.
    reexports
        Goods that a port passes on, counted in its outflow and inflow, as a share of its output: by
        product, between these.
    statistics_sd
        City statistics.
    totals_sd
        CO2 totals of cities.
    offset
        Mean and spread of the level of a province's CO2 totals.
    national_row_sd
        Rows of the national inventory.
    inventory_sd
        Level of all provincial inventories together.
    province_inventory_sd
        Level of a province's inventory.
    province_row_sd
        Rows of a province's inventory.
    population_sd
        Printed population of a city.
    covered
        Share of the cities (regions that are not a whole province) with a CO2 total.
    covered_power
        Odds of having one rise with population to this power.
    silent
        Cities without value added by industry.
    unreported
        Provinces that do not report their trade with the nation, and abroad.
    detail
        Whether some cities know more: output of large sectors, exports, capital formation,
        inventories of their own by sector.
    """

    types: tuple[str, ...] = ("agriculture", "energy", "light", "heavy", "high_tech")
    type_power: float = 1.0
    size_sd: float = 0.48
    income_sd: float = 0.30

    inputs_sd: tuple[float, float] = (0.20, 0.14)
    value_added_sd: tuple[float, float] = (0.09, 0.09)
    profile_sd: float = 0.22
    spread: float = 1.0
    shared: float = 0.0
    openness_sd: float = 0.3

    rural: float = 0.45
    urban: float = 0.75
    household: float = 0.7
    government: float = 0.6
    capital: float = 0.95
    taste_sd: tuple[float, float] = (0.0, 0.10)
    investment_sd: tuple[float, float] = (0.0, 0.16)
    products_sd: tuple[float, float] = (0.10, 0.10)

    trade: Literal["gravity", "opportunities"] = "gravity"
    home: float = 1.7
    province: float = 0.9
    distance: float = 1.0
    hub: float = 0.0
    pair_sd: float = 0.0
    alike_sd: float = 0.0
    own_sd: float = 0.0
    home_sd: float = 0.0

    intensity_sd: tuple[float, float] = (0.28, 0.24)
    together_sd: float = 0.46
    level_sd: float = 0.0
    fuel: float = 0.4

    overstated: float = 0.02
    table_sd: float = 0.03
    reexports: tuple[float, float] = (0.1, 0.6)
    hauling_sd: float = 0.0
    province_hauling_sd: float = 0.0
    statistics_sd: float = 0.05
    totals_sd: float = 0.08
    offset: tuple[float, float] = (0.06, 0.10)
    national_row_sd: float = 0.05
    inventory_sd: float = 0.0
    province_inventory_sd: float = 0.0
    province_row_sd: float = 0.0
    population_sd: float = 0.0
    covered: float = 244 / 309
    covered_power: float = 0.5
    silent: int = 5
    unreported: tuple[int, int] = (2, 1)
    detail: bool = True
