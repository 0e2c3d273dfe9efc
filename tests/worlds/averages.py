"""How far cities differ more than the provinces that average over them."""

import numpy as np
import pandas as pd

from citymrio.provinces.dispersion import effective_cities


def power_of_averages(table: pd.DataFrame, place: pd.Series) -> float:
    """p by which shares of columns differ n^p times as much between cities, around their province,
    as between provinces, around the nation; n: effective cities of a province.

    `table`: amounts by city; `place`: their provinces.
    """
    whole = table.groupby(place).sum()
    size = pd.DataFrame({"province": place, "gdp": table.sum(axis=1), "population": 1.0})
    shares = [amounts.div(amounts.sum(axis=1), axis=0) for amounts in (table, whole)]
    own = whole.loc[place].to_numpy()
    inside = np.log(shares[0] / shares[1].loc[place].to_numpy())
    between = np.log(shares[1] / (whole.sum() / whole.to_numpy().sum()))
    sds = [
        np.sqrt((log**2 * weight).sum() / (weight * (1 - part)).sum())
        for log, weight, part in (
            (inside, table, table / own),
            (between, whole, whole / whole.sum()),
        )
    ]
    return float(np.log(sds[0] / sds[1]).mean() / np.log(effective_cities(size)))
