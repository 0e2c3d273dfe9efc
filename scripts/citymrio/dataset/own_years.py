"""Gaps of a year, filled from the nearest year that the same region has."""

from collections.abc import Sequence

import pandas as pd

from ..base.errors import warn


def own_years(
    table: pd.DataFrame,
    year: int,
    who: str,
    what: Sequence[str],
    where: str,
    apart: Sequence[str] = (),
) -> pd.DataFrame:
    """Rows of the year; of those of `who` (and of one `what`) that have none, the rows of the
    nearest of their own years (of two, the earlier), which is said.

    Parameters
    ----------
    table
        Columns `who`, `what`, `apart`, year (number) and value (number or text).
    what
        Columns that tell one quantity from another; none: rows of a unit belong together.
    apart
        Columns, such as the unit, by which values of one quantity are not to be compared: growth is
        of rows that are alike in them.

    Returns
    -------
    pandas.DataFrame
        With the columns away, the years between, and growth: what brings the rows to the prices and
        the level of the year, by the sum of all units that have both years; 1 where none has.
    """
    key, away, alike = [who, *what], (table["year"] - year).abs(), [*what, *apart]
    far = away + 0.5 * (table["year"] > year)
    table = table.assign(away=away, growth=1.0)
    numbers = table.assign(value=pd.to_numeric(table["value"], errors="coerce"))
    by_year = numbers.groupby([*key, *apart, "year"])[
        "value"
    ]  # several sources may tell one quantity
    sums = (by_year.mean() if what else by_year.sum(min_count=1)).unstack("year")
    chosen = table[far == far.groupby([table[name] for name in key]).transform("min")].copy()
    for other in sorted({*chosen["year"]} - {year} if year in sums else ()):
        both = sums[[year, other]].dropna()
        totals = both.groupby(alike).sum() if what else both.sum().to_frame().T
        growth = (totals[year] / totals[other]).where(totals.min(axis=1) > 0)
        rows = chosen["year"] == other
        found = chosen.loc[rows, alike].join(growth.rename("found"), on=alike) if what else None
        chosen.loc[rows, "growth"] = growth.iloc[0] if found is None else found["found"]
    chosen["growth"] = chosen["growth"].fillna(1.0)
    filled = chosen[chosen["away"] > 0].drop_duplicates(key)
    if len(filled):
        warn(
            where=where,
            what=f"regions that the file lacks in {year} and has in other years",
            value="; ".join(
                f"{' '.join(str(row[name]) for name in key if row[name])}: {row['year']:.0f} "
                f"(x {row['growth']:.4g})"
                for row in filled.to_dict("records")
            ),
            expectation="every region in the year",
            effect="They enter with the nearest of their own years times the growth of all regions "
            "that have both (in brackets), at the prices of the year therefore; where it is 1 for "
            "lack of such regions, at the prices of their own. Their observations are imputed.",
        )
    return chosen
