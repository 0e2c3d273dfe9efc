"""What became of the cities' emissions after the year of the run, from their printed totals
(emissions_trends.csv).
"""

import numpy as np
import pandas as pd

from ..base.units import MT

#: Cities that the paper names (section 4), one of each quintile.
EXAMPLES = ("Shanghai", "Tangshan", "Wenzhou", "Xuzhou", "Xuancheng")
#: Columns of emissions_trends.csv before those of the years.
COLUMNS = (
    "region",
    "name",
    "quintile",
    "structure",
    "example",
    "first_year",
    "first_mt",
    "last_year",
    "last_mt",
    "change_percent",
)


def emissions_trends(
    regions: pd.DataFrame, history: pd.DataFrame | None, year: int
) -> pd.DataFrame:
    """Printed CO2 totals of every city from the year of the run to the last year with any.

    A year without a total is blank: nothing is filled in, scaled or smoothed.

    Parameters
    ----------
    regions
        tables/regions.csv.
    history
        emissions_history.csv of the dataset (region, year, emissions in t CO2); None where it has
        none.
    year
        The year of the run.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, then `emissions_<year>_mt` for every year, Mt CO2; one row a city, none without a
        history. `example` marks the cities that the paper names, where the run has them all, else
        the one of each quintile that emitted most in `year`. The change is that of the last year
        with a total against `year`.
    """
    if history is None:
        return pd.DataFrame(columns=[*COLUMNS])
    cities = regions.loc[
        regions["kind"].ne("province"), ["region", "name", "quintile", "structure"]
    ].reset_index(drop=True)
    later = history[history["year"] >= year].astype({"year": int})
    years = [*range(year, later["year"].max() + 1)] if len(later) else [year]
    totals = (
        later.pivot(index="region", columns="year", values="emissions").reindex(
            index=cities["region"], columns=years
        )
        * MT
    )
    known = totals.notna()
    table = cities.assign(
        first_year=np.where(known[year], float(year), np.nan),
        first_mt=totals[year].to_numpy(),
        last_year=known.mul(years).max(axis=1).where(known.any(axis=1)).to_numpy(float),
        last_mt=totals.ffill(axis=1).iloc[:, -1].to_numpy(),
    )
    moved = table["last_year"] > table["first_year"]
    table["change_percent"] = (100 * (table["last_mt"] / table["first_mt"] - 1)).where(moved)
    table["example"] = _examples(table)
    by_year = totals.set_axis([f"emissions_{one}_mt" for one in years], axis=1).reset_index(
        drop=True
    )
    return pd.concat([table[[*COLUMNS]], by_year], axis=1)


def _examples(table: pd.DataFrame) -> pd.Series:
    """Which cities stand out in the figure."""
    named = table["name"].isin(EXAMPLES)
    if set(table["name"][named]) == {*EXAMPLES} and named.sum() == len(EXAMPLES):
        return named
    largest = table[table["first_mt"].notna()].groupby("quintile")["first_mt"].idxmax()
    return pd.Series(table.index.isin(largest), index=table.index)
