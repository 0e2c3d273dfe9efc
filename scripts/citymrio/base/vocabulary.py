"""Words of the dataset contract that several stages know by name (docs/contracts.md)."""

#: Roles of final-demand categories: who buys (``final_demand.csv``, column `role`).
ROLES = ("household", "government", "capital", "stock_changes")
#: Use by source in provinces/system.nc -> the account that is its margin.
SOURCES = {"home_use": "local", "inflow_use": "inflow", "imports_use": "imports"}
#: Variable of tables of provinces: what stock changes carry of other categories through the
#: estimate (below 0 there, the opposite in stock changes), which the nested table adds back.
CARRIED = "carried"
#: Place of the provinces without an inventory that only the national inventory speaks for. (No code
#: of a province is blank.)
NATION = ""
#: Prices of a table, as the beginning of dataset.json's `price_basis`.
PRICES = ("basic prices", "producers' prices", "purchasers' prices", "not stated")
#: What a city's observation can be of (``observations/<province>.csv``, column `quantity`).
QUANTITIES = ("value_added", "output", "exports", "imports", "final_demand", "emissions")
#: Columns of observations that every table of them has.
OBSERVATION = (
    "region",
    "quantity",
    "sectors",
    "category",
    "value",
    "unit",
    "source",
    "status",
    "reliability",
)
#: How an observation is given (column `measure`); blank is an amount.
MEASURES = ("", "amount", "share")
#: What a sector makes (column `kind` of sectors.csv).
KINDS = ("goods", "services")
#: What footprint/emissions.nc says of its control total, and provinces/mrio.nc of its trade, where
#: they belong to a table that was given.
GIVEN = "given"

#: Measure of affluence -> what it counts, per capita.
AFFLUENCE = {
    "final_demand": "final demand",
    "private_demand": "final demand without government consumption",
    "household_capital": "households' consumption and capital formation",
    "gdp": "GDP",
}

#: Sources in priors.csv of a value that was not fitted: set in the configuration, or taken from a
#: table (the beginning).
SET, ADOPTED = "cities.theta", "cities.priors"
#: Sector that is none of the table's: what households emit or use themselves.
HOUSEHOLDS = "households"
#: The stressor of the emission inventories, which every dataset has.
CO2 = "CO2"
