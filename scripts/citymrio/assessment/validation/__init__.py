"""What the run predicts of data that it is not told: CO2 totals and values added left out, extra
observations kept apart.
"""

#: How a datum is predicted: by the run; of values added, with the city's GDP told or hidden, or by
#: people times the value added per head of the other cities of its province (what a dataset gives
#: as `imputed`); of CO2 totals, by the years before and after.
RUN, GDP_TOLD, GDP_HIDDEN, PER_HEAD, OTHER_YEARS = (
    "run",
    "gdp_told",
    "gdp_hidden",
    "per_head",
    "other_years",
)
#: All industries of a city together.
TOTAL = "all"
#: Whether the other cities of a left-out city's province all report the same, or some do not.
ALL, SOME = "all", "some"
#: Columns of left_out.csv.
COLUMNS = (
    "quantity",
    "industry",
    "method",
    "region",
    "name",
    "province",
    "fold",
    "neighbours",
    "printed",
    "told",
    "predicted",
)
