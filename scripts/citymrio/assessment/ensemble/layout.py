"""What is kept of every member, in members/*.nc and *.csv."""

from __future__ import annotations

#: Quantity of a member whose draws no table can meet.
REJECTED = "members left out: draws that contradict the accounts"
#: Fewest members with draws from which the value of data is told.
FEWEST = 20
#: Cities that the value of data lists for a kind, and for one datum of a kind. Whoever names so many cities by the best kind of
#: each finds them all among those of the kinds.
TOP, TOP_SINGLE = 25, 10

#: Numbers of a region: column of regions.csv -> unit.
REGION = {"cba_mt": "Mt CO2", "pba_mt": "Mt CO2", "per_capita_t": "t CO2", "cba_capital_mt": "Mt CO2", "net_balance_mt": "Mt CO2"}
#: Whether a city has the structure that it has in the main estimate, kept beside them.
SAME_STRUCTURE = "same_structure"
#: Classes of a region, kept as positions in these.
CODES = {"quintile": ("", "Q1", "Q2", "Q3", "Q4", "Q5"), "super_emitter": ("", "none", "demand", "technology", "hybrid")}
