"""Small random countries in the layout of the dataset contract, balanced by construction, for tests
of the estimation.
"""

import numpy as np
import pandas as pd
import xarray as xr

from citymrio.base.labels import array
from citymrio.cities.province import Province
from citymrio.config.models import Cities, Provinces, Solver
from citymrio.provinces.balance import balance
from citymrio.provinces.mrio import province_mrio
from citymrio.provinces.trade import province_trade

MONEY = "10^4 XTS"
SECTORS = ["01", "02", "03", "04", "05"]
FINAL = ["households", "capital", "stock_changes"]
USES = SECTORS + FINAL


def final_demand() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "category": FINAL,
            "name": FINAL,
            "role": ["household", "capital", "stock_changes"],
            "residence": ["all", "all", "all"],
        }
    )


def sectors() -> pd.DataFrame:
    industry = ["primary", "secondary", "secondary", "tertiary", "tertiary"]
    return pd.DataFrame(
        {
            "sector": SECTORS,
            "name": SECTORS,
            "industry": industry,
            "kind": ["goods"] * 3 + ["services"] * 2,
        }
    )


def regions(cities: dict[str, int], seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for number, (province, count) in enumerate(sorted(cities.items())):
        for city in range(count):
            rows.append(
                {
                    "region": f"{province}{city + 1:02d}",
                    "name": f"City {province}{city + 1:02d}",
                    "province": province,
                    "province_name": f"Province {province}",
                    "kind": "city" if count > 1 else "municipality",
                    "population": float(rng.uniform(5e5, 5e6)),
                    "gdp": float(rng.uniform(1e6, 1e7)),
                    "lon": 100 + 4 * number + rng.uniform(0, 3),
                    "lat": 30 + rng.uniform(0, 5),
                    "area_km2": float(rng.uniform(2e3, 3e4)),
                }
            )
    table = pd.DataFrame(rows)
    table["population_rural"] = table["population"] * rng.uniform(0.3, 0.7, len(table))
    return table


def country(cities: dict[str, int], seed: int = 0) -> tuple[dict[str, xr.Dataset], xr.Dataset]:
    """Provincial tables (rows and columns balanced, outflow = inflow) and the national table, their
    exact sum.
    """
    rng = np.random.default_rng(seed)
    codes, n, width = sorted(cities), len(SECTORS), len(USES)
    size = np.array([cities[p] for p in codes], float) * rng.uniform(0.7, 1.4, len(codes))
    flows = (
        rng.uniform(0.2, 1.0, (len(codes), n, len(codes)))
        * size[:, None, None]
        * size[None, None, :]
        * 300
    )
    for k in range(len(codes)):
        flows[k, :, k] *= 6
    exports = flows.sum(axis=2) * rng.uniform(0.02, 0.2, (len(codes), n))
    rate = rng.uniform(
        -0.005, 0.005, n
    )  # the same share of output everywhere, as the national calibration spreads it
    output = (flows.sum(axis=2) + exports) / (1 - rate)
    error = rate * output
    imports = flows.sum(axis=0).T * rng.uniform(0.02, 0.15, (len(codes), n))
    supply = flows.sum(axis=0).T + imports
    coefficients = rng.uniform(0.02, 0.14, (n, n))
    use = np.zeros((len(codes), n, width))
    use[:, :, :n] = (
        coefficients[None] * output[:, None, :] * rng.uniform(0.7, 1.3, (len(codes), n, n))
    )
    over = np.minimum(0.7 * supply / use[:, :, :n].sum(axis=2), 1.0)
    use[:, :, :n] *= over[:, :, None]
    final = supply - use[:, :, :n].sum(axis=2)
    share = rng.uniform(0.3, 0.7, (len(codes), n))
    use[:, :, n + 2] = final * rng.uniform(-0.04, 0.06, (len(codes), n))
    rest = final - use[:, :, n + 2]
    use[:, :, n], use[:, :, n + 1] = rest * share, rest * (1 - share)
    value_added = output - use[:, :, :n].sum(axis=1)
    assert (value_added > 0).all()
    outflow = flows.sum(axis=2) - np.stack([flows[k, :, k] for k in range(len(codes))])
    inflow = flows.sum(axis=0).T - np.stack([flows[k, :, k] for k in range(len(codes))])

    def dataset(part) -> xr.Dataset:
        data = {
            "total_use": array(part(use), ("sector", "use"), MONEY),
            "value_added": array(part(value_added)[None], ("item", "sector"), MONEY),
            "output": array(part(output), ("sector",), MONEY),
            "exports": array(part(exports), ("sector",), MONEY),
            "imports": array(part(imports), ("sector",), MONEY),
            "outflow": array(part(outflow), ("sector",), MONEY),
            "inflow": array(part(inflow), ("sector",), MONEY),
            "error": array(part(error), ("sector",), MONEY),
        }
        return xr.Dataset(data, coords={"sector": SECTORS, "use": USES, "item": ["total"]})

    provinces = {p: dataset(lambda a, k=k: a[k]) for k, p in enumerate(codes)}
    national = dataset(lambda a: a.sum(axis=0)).drop_vars(["outflow", "inflow"])
    return provinces, national


def observations(regions: pd.DataFrame, seed: int = 3) -> dict[str, pd.DataFrame]:
    """Value added of three industries of every city, by province."""
    rng = np.random.default_rng(seed)
    table = sectors()
    rows = []
    for city in regions.itertuples():
        for industry, group in table.groupby("industry"):
            rows.append(
                {
                    "region": city.region,
                    "quantity": "value_added",
                    "sectors": ";".join(group["sector"]),
                    "category": "",
                    "value": float(rng.lognormal(3 if industry == "primary" else 5, 0.8)),
                    "unit": MONEY,
                    "source": "random",
                    "status": "observed",
                    "reliability": 1.0,
                }
            )
    frame = pd.DataFrame(rows)
    return {
        p: frame[frame["region"].str.startswith(p)].reset_index(drop=True)
        for p in sorted(regions["province"].unique())
    }


def balanced_world(cities: dict[str, int]) -> dict:
    """The provincial MRIO of a country, its tables and its observations, ready for the chain of a
    province.
    """
    raw, national = country(cities)
    table = regions(cities)
    system, _ = balance(raw, national, table, final_demand(), Provinces(), Solver())
    trade, _ = province_trade(system, table, Provinces(), Solver())
    return {
        "mrio": province_mrio(system, trade),
        "dataset": {"regions": table, "sectors": sectors(), "final_demand": final_demand()},
        "observations": observations(table),
    }


def province_of(
    world: dict,
    code: str,
    observed: pd.DataFrame | None = None,
    *,
    solver=None,
    intensities=None,
    **options,
) -> Province:
    """A province of a world, ready for its chain; `options` are those of ``cities``."""
    known = world["observations"][code] if observed is None else observed
    config = Cities(**options)
    emissions = None
    if intensities is not None:
        regions, rows = [*world["dataset"]["regions"]["region"]], intensities["inventory_sector"]
        nobody = np.full((len(regions), len(SECTORS)), np.nan)
        emissions = intensities.to_dataset(name="intensity").assign_coords(region=regions)
        emissions["emitted"] = ("region", "sector"), nobody
        emissions["household"] = ("region", "inventory_sector"), np.zeros((len(regions), len(rows)))
    return Province.of(
        world["mrio"],
        code,
        world["dataset"],
        known,
        config,
        solver or Solver(),
        emissions=emissions,
    )


#: Cities of every province of the country that `balanced` and `mrio_of` are about.
COUNTRY = {"11": 1, "12": 2, "13": 4, "14": 6, "15": 1}


def balanced(raw, national, **options):
    """The balanced system, and what the balance changed."""
    return balance(raw, national, regions(COUNTRY), final_demand(), Provinces(**options), Solver())


def mrio_of(system):
    """Its provincial MRIO."""
    trade, _ = province_trade(system, regions(COUNTRY), Provinces(), Solver())
    return province_mrio(system, trade)


def assert_identities(mrio):
    """Rows and columns of a provincial MRIO close."""
    use = mrio["table"]
    row = (
        use.sum(["destination", "use"]).rename(origin="province") + mrio["exports"] + mrio["error"]
    )
    np.testing.assert_allclose(row.transpose("province", "sector"), mrio["output"], rtol=1e-9)
    sectors = mrio["sector"].values
    column = (
        use.sum(["origin", "sector"]).sel(use=sectors).rename(destination="province", use="sector")
    )
    column = column + mrio["imports"].sel(use=sectors).rename(use="sector") + mrio["value_added"]
    np.testing.assert_allclose(column.transpose("province", "sector"), mrio["output"], rtol=1e-9)
