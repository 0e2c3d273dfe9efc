"""What alternative estimates say: the band around the main estimate (method 16 R8, R12)."""

import numpy as np
import pandas as pd
import xarray as xr

from ..analysis.affluence import is_city
from ..analysis.inequality import gini
from ..analysis.tables import BALANCES, balances, roles_by_balance
from ..base.labels import values_of
from ..base.units import MT
from ..footprints.footprint import intercity


def headline(
    result: xr.Dataset,
    regions: pd.DataFrame,
    roles: dict[str, str],
    parts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Headline numbers of one estimate: quantity, value, unit. Cities only (unsplit provinces are
    regions, not cities).

    Parameters
    ----------
    result
        footprints.nc.
    roles
        Final-demand category -> role.
    parts
        Of :func:`~citymrio.footprints.footprint.intercity`, where it is there.
    """
    city = is_city(regions).to_numpy()
    codes = regions["region"].to_numpy()[city]
    population = regions["population"].to_numpy(float)[city]
    if not codes.size:
        return pd.DataFrame(columns=["quantity", "value", "unit"])
    categories = result["category"].values
    cba = values_of(result["cba"], region=codes, category=categories)
    total, role_of = cba.sum(axis=1), np.array([roles[category] for category in categories])
    parts = intercity(result, regions) if parts is None else parts
    per_capita = total / population
    rows = [
        ("sum of city footprints (CBA)", total.sum() * MT, "Mt CO2"),
        *(
            (
                f"share of {role} in city footprints",
                float(cba[:, role_of == role].sum()) / total.sum() * 100,
                "%",
            )
            for role in sorted({*roles.values()})
        ),
        *(
            (f"embodied flows: {name.replace('_', ' ')}", float(value) * 100, "%")
            for name, value in zip(parts["component"], parts["share"], strict=True)
        ),
        ("Gini of footprints per capita", gini(per_capita, population), "1"),
        ("highest footprint per capita", float(per_capita.max()), "t CO2"),
        ("lowest footprint per capita", float(per_capita.min()), "t CO2"),
        (
            "cities above 1% of the sum of footprints",
            float((total > 0.01 * total.sum()).sum()),
            "cities",
        ),
        (
            "sum of city production emissions (PBA)",
            float(values_of(result["pba"], region=codes).sum()) * MT,
            "Mt CO2",
        ),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value", "unit"])


def city_table(result: xr.Dataset, regions: pd.DataFrame, net_balance: str) -> pd.DataFrame:
    """Every region of one estimate, as in regions.csv: region, cba_mt, pba_mt, balance_mt (of
    `BALANCES`), role.
    """
    codes = regions["region"].tolist()
    cba, pba = (result[name].sel(region=codes).values * MT for name in ("cba_total", "pba_total"))
    balance = balances(result, regions)[BALANCES[net_balance]]
    return pd.DataFrame(
        {
            "region": codes,
            "cba_mt": cba,
            "pba_mt": pba,
            "balance_mt": balance,
            "role": roles_by_balance(balance),
        }
    )


def combine(
    parts: dict[str, tuple[pd.DataFrame, pd.DataFrame]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """tables/variants.csv and tables/variants_regions.csv from the headline and city tables of
    every variant.

    Adds, per variant, the rank correlation (Spearman) of footprints with the main estimate and the
    median relative difference of a city's footprint.
    """
    main = parts["main"][1].set_index("region")["cba_mt"]
    headlines, cities = [], []
    for name, (numbers, table) in parts.items():
        cba = table.set_index("region")["cba_mt"].loc[main.index]
        extra = pd.DataFrame(
            [
                (
                    "rank correlation of footprints with the main estimate",
                    float(cba.rank().corr(main.rank())),
                    "1",
                ),
                (
                    "median difference of a footprint from the main estimate",
                    float(((cba - main).abs() / main).median() * 100),
                    "%",
                ),
            ],
            columns=["quantity", "value", "unit"],
        )
        headlines.append(pd.concat([numbers, extra], ignore_index=True).assign(variant=name))
        cities.append(table.assign(variant=name))
    order = ["variant", "quantity", "value", "unit"]
    return pd.concat(headlines, ignore_index=True)[order], pd.concat(cities, ignore_index=True)[
        ["variant", *parts["main"][1].columns]
    ]
