"""Writes pymrio's test table and its lists into the folder `given` (docs/given-tables.md)."""

from pathlib import Path

import pandas as pd
import pymrio

folder = Path("given")
table = pymrio.load_test()
table.save_all(folder / "table")

names = [*table.get_regions()]
money = table.Z.sum(axis=1) + table.Y.sum(axis=1) - table.Z.sum()  # output less inputs
regions = pd.DataFrame({"region": names, "name": names, "province": ["north"] * 3 + ["south"] * 3})
regions = regions.assign(
    name_local="",
    province_name=regions["province"],
    kind="city",
    population=table.population.loc["Population"][names].to_numpy(),
    population_rural=0,
    gdp=money.groupby("region").sum()[names].to_numpy(),
    lon=range(0, 60, 10),
    lat=[40, 50, 60, -10, -20, -30],
    area_km2=1e6,
)

sectors = pd.DataFrame({"sector": [*table.get_sectors()]})
services = sectors["sector"].isin(["trade", "transport", "other"])
sectors = sectors.assign(
    name=sectors["sector"], industry="secondary", kind="goods", group_a="heavy"
)
sectors.loc[services, ["industry", "kind", "group_a"]] = "tertiary", "services", "services"
sectors.loc[sectors["sector"] == "food", ["industry", "group_a"]] = "primary", "agriculture"
sectors = sectors.assign(group_b=sectors["group_a"], key=sectors["sector"] == "electricity")

demand = pd.DataFrame(
    {
        "category": ["households", "npish", "government", "capital", "stocks", "valuables"],
        "name": [*table.get_Y_categories()][:6],
        "role": ["household", "household", "government", "capital", "stock_changes", "capital"],
        "residence": "all",
    }
)

air, of = ("emission_type1", "air"), table.emissions
made = of.F.loc[air].rename("emissions").reset_index()
direct = of.F_Y.loc[air].groupby("region").sum().rename("emissions").reset_index()
emissions = pd.concat([made, direct.assign(sector="households")])
emissions["emissions"] /= 1000  # kg to t

about = {"name": "pymrio's test table", "year": 2000, "currency": "USD", "unit": "10^6 USD"}
about = pd.Series(about | {"usd_rate": 1}).rename_axis("key").reset_index(name="value")
lists = {
    "regions": regions,
    "sectors": sectors,
    "final_demand": demand,
    "emissions": emissions,
    "accounts": pd.DataFrame({"name": ["Value Added", "Export"], "role": ["unused", "exports"]}),
    "dataset": about,
}
(folder / "lists").mkdir(exist_ok=True)
for name, rows in lists.items():
    rows.to_csv(folder / "lists" / f"{name}.csv", index=False)
