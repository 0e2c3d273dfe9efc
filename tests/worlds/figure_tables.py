"""Tables of full size (309 cities, 4 unsplit provinces) with the columns of docs/contracts.md, for
tests of the figures.

Numbers are random from an explicit seed, of the orders of magnitude of a large country; names are
invented.
"""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from citymrio.report.figures.registry import BESIDE_PAPER, FIGURES, KNOWN

QUINTILES = ("Q1", "Q2", "Q3", "Q4", "Q5")
STRUCTURES = ("agriculture", "energy", "light", "heavy", "high_tech")
KEYS = ("electricity", "iron_steel", "petroleum_coking", "coal", "non_metal", "chemicals")
CATEGORIES = ("household", "government", "capital", "stock_changes")
NATIONAL = dict(zip(KEYS, (6.2, 2.1, 0.9, 1.4, 1.8, 0.35), strict=True))
GLOBAL = dict(zip(KEYS, (3.1, 1.2, 0.5, 0.6, 1.1, 0.2), strict=True))


def _names(rng: np.random.Generator, count: int) -> list[str]:
    onset, vowel, coda = (
        list("bdfghklmnprstvz"),
        ["a", "e", "i", "o", "u", "ai", "ou"],
        ["", "n", "r", "s", "ng"],
    )
    names: dict[str, None] = {}
    while len(names) < count:
        syllables = [
            rng.choice(onset) + rng.choice(vowel) + rng.choice(coda)
            for _ in range(int(rng.integers(2, 4)))
        ]
        names["".join(syllables).capitalize()] = None
    return list(names)


def _regions(rng: np.random.Generator, cities: int, unsplit: int) -> pd.DataFrame:
    count = cities + unsplit
    provinces = [f"{11 + i:02d}" for i in range(31)]
    single = provinces[:4] + provinces[-unsplit:] if unsplit else provinces[:4]
    home = sorted(rng.choice(provinces[4:27], size=cities - 4)) + list(single)
    table = pd.DataFrame({"province": sorted(home)})
    table["region"] = table.province + [f"{i:04d}" for i in range(100, 100 + count)]
    table["name"] = _names(rng, count)
    table["name_local"] = ""
    table["kind"] = "city"
    table.loc[table.province.isin(provinces[:4]), "kind"] = "municipality"
    table.loc[table.province.isin(provinces[-unsplit:] if unsplit else []), "kind"] = "province"
    population = np.exp(rng.normal(15.0, 0.7, count))
    income = np.exp(rng.normal(0.0, 0.62, count) + 0.25 * (np.log(population) - 15))
    table["population"] = population.round()
    table["affluence_usd"] = 3600 * income
    table["affluence_private_usd"] = 0.86 * table.affluence_usd
    table["gdp_usd"] = 1.05 * table.affluence_usd * np.exp(rng.normal(0, 0.15, count))
    table["gdp"] = table.gdp_usd * 6.3125 * population / 1e4
    table["cba_mt"] = population * 4.6e-6 * income**0.95 * np.exp(rng.normal(0, 0.3, count))
    table["pba_mt"] = table.cba_mt * np.exp(rng.normal(-0.1, 0.55, count))
    shares = rng.dirichlet((26, 8, 60, 6), count)
    for k, category in enumerate(CATEGORIES):
        table[f"cba_{category}_mt"] = table.cba_mt * shares[:, k]
        table[f"demand_{category}"] = (
            table.affluence_usd
            * 6.3125
            * population
            / 1e4
            * rng.dirichlet((36, 12, 48, 4), count)[:, k]
        )
    table["exports_mt"] = 0.18 * table.pba_mt
    table["error_mt"], table["orphan_mt"], table["household_direct_mt"] = (
        0.0,
        0.0,
        0.04 * table.cba_mt,
    )
    table["per_capita_t"] = table.cba_mt * 1e6 / population
    city = table.kind != "province"
    ranks = table.affluence_usd[city].rank(ascending=False, method="first")
    table["quintile"] = ""
    table.loc[city, "quintile"] = [f"Q{1 + int((r - 1) * 5 // city.sum())}" for r in ranks]
    odds = {
        "Q1": (0, 2, 1, 2, 9),
        "Q2": (1, 3, 2, 5, 4),
        "Q3": (3, 3, 3, 4, 0),
        "Q4": (5, 2, 3, 3, 1),
        "Q5": (8, 1, 0, 2, 1),
    }
    table["structure"] = [
        rng.choice(STRUCTURES, p=np.array(odds[q]) / sum(odds[q])) if q else ""
        for q in table["quintile"]
    ]
    table["structure_b"] = table.structure
    table["net_balance_mt"] = table.pba_mt - table.exports_mt - table.cba_mt
    table["net_balance_with_exports_mt"] = table.pba_mt - table.cba_mt
    table["role"] = np.where(table.net_balance_mt > 0, "net producer", "net consumer")
    threshold = 0.01 * table.cba_mt[city].sum()
    high_cba, high_pba = city & (table.cba_mt > threshold), city & (table.pba_mt > threshold)
    table["super_emitter"] = np.select(
        [high_cba & high_pba, high_cba, high_pba],
        ["hybrid", "demand", "technology"],
        default="none",
    )
    table["capital_share"] = table.demand_capital / table[
        [f"demand_{c}" for c in CATEGORIES[:3]]
    ].sum(axis=1)
    value_added = rng.dirichlet((2, 2, 2, 3, 6), count)
    for k, group in enumerate(STRUCTURES):
        table[f"va_share_{group}"] = value_added[:, k]
    table["emissions_status"] = rng.choice(["observed", "modelled"], size=count, p=[0.8, 0.2])
    for name in ("value_added", "structure", "output", "demand"):
        table[f"{name}_status"] = rng.choice(
            ["observed", "imputed", "modelled"], size=count, p=[0.3, 0.1, 0.6]
        )
    columns = int(np.ceil(np.sqrt(1.4 * count)))
    place = np.arange(count)
    table["lon"], table["lat"] = 75.0 + 2.6 * (place % columns), 48.0 - 1.9 * (place // columns)
    return table


def _groups(cities: pd.DataFrame, by: str, labels: tuple[str, ...]) -> pd.DataFrame:
    rows = []
    for label in labels:
        part = cities[cities[by] == label]
        row = {by: label, "cities": len(part)}
        for quantity in ("population", "gdp", "cba_mt", "cba_capital_mt"):
            row[quantity] = part[quantity].sum()
            row[quantity.removesuffix("_mt") + "_percent"] = (
                100 * part[quantity].sum() / cities[quantity].sum()
            )
        row["per_capita_unweighted"] = part.per_capita_t.mean()
        row["per_capita_weighted"] = (
            1e6 * part.cba_mt.sum() / part.population.sum() if len(part) else np.nan
        )
        row["affluence_min_usd"], row["affluence_mean_usd"] = (
            part.affluence_usd.min(),
            part.affluence_usd.mean(),
        )
        if by == "quintile":
            row |= {"affluence": "final demand per capita"}
            row |= {f"structure_{s}": int((part.structure == s).sum()) for s in STRUCTURES}
        rows.append(row)
    return pd.DataFrame(rows)


def _flows(rng: np.random.Generator, quintiles: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    base = dict(zip(STRUCTURES, (4.2, 1.9, 6.0, 3.2, 5.6), strict=True))
    rows = []
    for _, producer in quintiles.iterrows():
        for structure in STRUCTURES:
            for consumer in QUINTILES:
                cities = producer[f"structure_{structure}"]
                weight = cities * producer.cba_mt * quintiles.set_index("quintile").cba_mt[consumer]
                rows.append(
                    (
                        producer.quintile,
                        structure,
                        consumer,
                        weight * np.exp(rng.normal(0, 0.3)) if cities else 0.0,
                    )
                )
    flows = pd.DataFrame(
        rows, columns=["producer_quintile", "producer_structure", "consumer_quintile", "mt"]
    )
    flows["mt"] *= 5800 / flows.mt.sum()
    flows["percent"] = 100 * flows.mt / flows.mt.sum()
    benefit = flows.drop(columns="percent").copy()
    ratio = benefit.producer_structure.map(base) * np.exp(rng.normal(0, 0.15, len(benefit)))
    benefit["value_added"] = ratio * benefit.mt
    benefit["ratio"] = np.where(benefit.mt > 0, ratio, np.nan)
    return flows, benefit


def _scenarios(cities: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    total = cities.cba_mt.sum()
    saving = {
        ("technology", "light"): 0.063,
        ("technology", "deep"): 0.141,
        ("demand", "light"): 0.053,
        ("demand", "deep"): 0.061,
        ("sum", "light"): 0.116,
        ("sum", "deep"): 0.202,
        ("joint", "light"): 0.109,
        ("joint", "deep"): 0.186,
    }
    count = {"technology": 18, "demand": 23, "sum": 32, "joint": 32}
    rows = []
    for (side, depth), share in saving.items():
        for mode in ("shift", "cut") if side != "technology" else ("",):
            factor = 1.6 if mode == "cut" else 1.0
            rows.append(
                {
                    "scenario": "_".join(filter(None, (side, depth, mode))),
                    "side": side,
                    "depth": depth,
                    "mode": mode,
                    "cities": count[side] + 17 * (side != "technology" and depth == "deep"),
                    "saving_mt": factor * share * total,
                    "saving_share_percent": 100 * factor * share,
                    "basis": "production" if side == "technology" else "consumption",
                    "headline": mode != "cut",
                    "note": "",
                }
            )
    scenarios = pd.DataFrame(rows)
    capped = scenarios[scenarios.side.eq("technology")].assign(mode="capped", headline=False)
    capped = capped.assign(saving_mt=0.85 * capped.saving_mt, scenario=capped.scenario + "_capped")
    scenarios = pd.concat([scenarios, capped], ignore_index=True)
    existing = 12_200 - 9_000.0
    quota = scenarios.loc[scenarios.headline, ["scenario", "saving_mt"]]
    quota = pd.concat(
        [pd.DataFrame({"scenario": ["existing"], "saving_mt": [0.0]}), quota], ignore_index=True
    )
    quota["existing_mt"], quota["new_mt"] = existing, existing + quota.saving_mt
    quota["increase_of_existing_percent"] = 100 * quota.saving_mt / existing
    quota["increase_of_new_percent"] = 100 * quota.saving_mt / quota.new_mt
    return scenarios, quota


def _intensities(rng: np.random.Generator, cities: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for _, city in cities[cities.super_emitter != "none"].iterrows():
        shares = rng.dirichlet((9, 6, 2, 1.5, 1.5, 1.5, 3))
        for k, key in enumerate(KEYS):
            rows.append(
                {
                    "region": city.region,
                    "name": city["name"],
                    "super_emitter": city.super_emitter,
                    "key_sector": key,
                    "intensity": NATIONAL[key] * np.exp(rng.normal(0.3, 0.6)),
                    "national": NATIONAL[key],
                    "global": GLOBAL[key],
                    "intensity_status": rng.choice(["observed", "imputed", "modelled"]),
                    "emissions_mt": shares[k] * city.pba_mt,
                    "percent": 100 * shares[k],
                }
            )
    return pd.DataFrame(rows)


def _benchmarks() -> pd.DataFrame:
    rows = [
        ("per_capita.global", 4.4, "t"),
        ("per_capita.us", 18.0, "t"),
        ("per_capita.eu", 8.3, "t"),
        ("peak_emissions", 12.2, "Gt"),
    ]
    rows += [(f"global_intensity.{key}", value, "t per 10^4 XTS") for key, value in GLOBAL.items()]
    shares = {"osaka": 0.17, "tokyo": 0.20, "paris": 0.22, "new_york": 0.19, "seoul": 0.27}
    rows += [(f"megacity_capital_share.{city}", value, "share") for city, value in shares.items()]
    return pd.DataFrame(rows, columns=["parameter", "value", "unit"]).assign(source="assumed")


def _clusters(cities: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Quality of the structures, of which `light` is a residual, and their centroids."""
    of = {"mapping": "a", "features": "shares"}
    quality = of | {
        "used": True,
        "k": 5,
        "silhouette": 0.27,
        "ari_bootstrap": 0.57,
        "residual": "light",
    }
    means = cities.groupby("structure")[[f"va_share_{group}" for group in STRUCTURES]].mean()
    rows = [
        of | {"structure": s, "group": g, "share": means.at[s, f"va_share_{g}"]}
        for s in means.index
        for g in STRUCTURES
    ]
    return {"clusters": pd.DataFrame([quality]), "centroids": pd.DataFrame(rows)}


def _sectors() -> pd.DataFrame:
    group = ["agriculture"] + ["energy"] * 5 + ["light"] * 6 + ["heavy"] * 10 + ["high_tech"] * 20
    return pd.DataFrame(
        {
            "sector": [f"{i:02d}" for i in range(1, 43)],
            "name": [f"Product {i}" for i in range(1, 43)],
            "group_a": group,
        }
    )


def _supply(rng: np.random.Generator, cities: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Production layers and largest chains of the super-emitters, from a city to itself or to its
    neighbour in the table.
    """
    layers, chains, supers = [], [], cities[cities.super_emitter != "none"]
    for k, (_, city) in enumerate(supers.iterrows()):
        total, shares = 1e6 * city.cba_mt, rng.dirichlet((2, 5, 4, 3, 2, 2, 3))
        kinds = [("layer", layer) for layer in range(6)] + [("remainder", np.nan)]
        layers += [
            (city.region, "", kind, layer, s * total, s)
            for (kind, layer), s in zip(kinds, shares, strict=True)
        ]
        layers.append((city.region, "", "total", np.nan, total, 1.0))
        origin = supers.region.iloc[k - 1] if k % 5 == 4 else city.region
        share = float(rng.uniform(0.004, 0.06))
        path = f"{origin}/25 > {city.region}/28" if k % 3 else f"{origin}/25"
        for kind, rank, part in (
            ("path", 1.0, share),
            ("remainder", np.nan, 1 - share),
            ("total", np.nan, 1.0),
        ):
            chains.append(
                (
                    city.region,
                    "",
                    kind,
                    rank,
                    part,
                    origin if kind == "path" else "",
                    path if kind == "path" else "",
                )
            )
    return {
        "production_layers": pd.DataFrame(
            layers, columns=["region", "category", "kind", "layer", "value", "share"]
        ),
        "supply_chains": pd.DataFrame(
            chains, columns=["region", "category", "kind", "rank", "share", "origin", "path"]
        ),
    }


def _trends(rng: np.random.Generator, cities: pd.DataFrame) -> pd.DataFrame:
    """Totals of eight years with gaps; the largest city of each quintile stands out."""
    years = range(2012, 2020)
    totals = cities.pba_mt.to_numpy()[:, None] * np.exp(
        np.cumsum(rng.normal(0.02, 0.15, (len(cities), len(years))), axis=1)
    )
    totals[rng.random(totals.shape) < 0.2] = np.nan
    wide = pd.DataFrame(
        totals, columns=[f"emissions_{year}_mt" for year in years], index=cities.index
    )
    last = wide.ffill(axis=1).iloc[:, -1]
    table = cities[["region", "name", "quintile", "structure"]].assign(
        example=cities.index.isin(cities.groupby("quintile").pba_mt.idxmax()),
        first_year=2012.0,
        first_mt=wide.iloc[:, 0],
        last_year=wide.notna().to_numpy() @ np.ones(len(years)) + 2011,
        last_mt=last,
        change_percent=100 * (last / wide.iloc[:, 0] - 1),
    )
    return pd.concat([table, wide], axis=1)


def make(seed: int = 309, cities: int = 309, unsplit: int = 4) -> SimpleNamespace:
    """Tables by name (as `draw` takes them), boundaries (one square a region) and dataset.json of a
    made-up run.
    """
    rng = np.random.default_rng(seed)
    regions = _regions(rng, cities, unsplit)
    city = regions[regions.kind != "province"]
    quintiles = _groups(city, "quintile", QUINTILES)
    flows, benefit = _flows(rng, quintiles)
    scenarios, quota = _scenarios(city)
    total = city.cba_mt.sum()
    cuts = {
        f"affluence_cut.{q}": v
        for q, v in zip(QUINTILES[:4], quintiles.affluence_min_usd, strict=False)
    }
    parameters = {
        "super_threshold": 0.01 * total,
        "super_threshold.sum_cba": 0.01 * total,
        "super_threshold.national": 90.0,
    }
    parameters |= {"capital_target": 0.21, "peak_emissions": 12_200.0, "emissions": 9_000.0} | cuts
    poor = [city[city.quintile.isin(q)] for q in (("Q4", "Q5"), ("Q3", "Q4", "Q5"))]
    tables = {
        "regions": regions,
        "quintiles": quintiles,
        "structures": _groups(city, "structure", STRUCTURES).drop(
            columns=["affluence_min_usd", "affluence_mean_usd"]
        ),
        "flows_groups": flows,
        "va_per_emission": benefit,
        "scenarios": scenarios,
        "quota": quota,
        "deficits": pd.DataFrame(
            {
                "case": ["to_q3", "to_q2"],
                "target": ["mean of Q3", "mean of Q2"],
                "cities": [len(p) for p in poor],
                "population": [p.population.sum() for p in poor],
                "target_usd": [3600.0, 5300.0],
                "deficit_mt": [443.9, 1459.1],
            }
        ),
        "parameters": pd.DataFrame(
            {
                "parameter": list(parameters),
                "value": list(parameters.values()),
                "unit": "",
                "source": "",
            }
        ),
        "intensities": _intensities(rng, city),
        **_supply(rng, city),
        "emissions_trends": _trends(rng, city),
        **_clusters(city),
        "benchmarks": _benchmarks(),
        "sectors": _sectors(),
        "final_demand": pd.DataFrame(
            {
                "category": [
                    "rural_households",
                    "urban_households",
                    "government",
                    "capital",
                    "stock_changes",
                ],
                "name": [
                    "Rural households",
                    "Urban households",
                    "Government",
                    "Gross fixed capital formation",
                    "Changes in inventories",
                ],
                "role": ["household", "household", "government", "capital", "stock_changes"],
                "residence": ["rural", "urban", "all", "all", "all"],
            }
        ),
    }
    counts = {"regions": len(regions), "cities": len(city)}
    run = {
        "name": "made-up country",
        "year": 2012,
        "currency": "XTS",
        "unit": "10^4 XTS",
        "synthetic": True,
        "counts": counts,
    }
    return SimpleNamespace(tables=tables, run=run, boundaries=_boundaries(regions))


def _boundaries(regions: pd.DataFrame):
    import geopandas
    from shapely.geometry import box

    cells = [
        box(x - 1.3, y - 0.95, x + 1.3, y + 0.95)
        for x, y in zip(regions.lon, regions.lat, strict=True)
    ]
    return geopandas.GeoDataFrame({"region": regions.region}, geometry=cells, crs="EPSG:4326")


def draw(name: str, tables, boundaries, config, *, synthetic: bool, run) -> Figure:
    """Draw a figure by its name, as scripts/report/figure.py does."""
    module = import_module((FIGURES | BESIDE_PAPER | KNOWN)[name].module)
    return module.draw(tables, boundaries, config, synthetic=synthetic, run=run)
