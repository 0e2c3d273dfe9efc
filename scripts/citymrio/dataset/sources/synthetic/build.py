"""The synthetic country: an invented nation with a known true MRIO, written as the dataset
contract.

`build` draws, from one seed, an invented geography and its cities, a balanced true economy in the
nested, factored form of the method, and its emissions; then it writes what statistics would show of
them (distorted provincial tables, noisy and missing city data) beside the truth. Nothing in it
stands for a real place.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
import xarray as xr

from citymrio.base.labels import EMISSIONS, array, write_files, write_json, write_text
from citymrio.base.threads import one_blas_thread
from citymrio.config.models import Dataset

from . import country, economy, emissions, observed
from .blueprint import CURRENCY, MONEY, Blueprint
from .country import PLANS, Country, Plan, local, plan_of
from .economy import Economy
from .parameters import Parameters

NOTES = (
    "Everything in this dataset is invented: names, places and numbers. Only the macro level "
    "follows published aggregates.",
    "Truth: a gravity economy with distance decay and a bias towards home; the true table is "
    "nested and factored exactly.",
    "The national table is the exact sum of the true provinces. Provincial tables are balanced "
    "but distorted: each sector's "
    "level and each demand category by a lognormal factor (mean 1.02, sd 0.03); outflow and "
    "inflow take the difference.",
    "Some provinces do not report outflow and inflow: their total trade is in exports and "
    "imports; one reports no foreign "
    "trade: it is in outflow and inflow. One province's outflow and inflow include re-exports "
    "of some goods.",
    "City data carry lognormal noise of 5%; a few cities lack value added by industry. City CO2 "
    "totals (households "
    "included) carry noise of 8% and a level offset by province.",
    "City inventories exist for four fifths of the cities: case 1 by sector and fuel, case 2 by "
    "sector with services and "
    "households by provincial intensity, case 3 the city's total spread by provincial intensities.",
    "One region has emissions in a sector without output (an orphan). Some provincial "
    "inventories give totals by sector only.",
    "The national inventory differs from the provincial sum by a factor per row (sd 5%), as "
    "real ones do.",
    "CO2 totals of later years are invented: random growth with noise of 8%, and years without "
    "a total.",
    "Benchmarks are assumed values.",
)


def build(config: Dataset, out_dir: str | Path) -> None:
    """Write the synthetic dataset of `config.size` and `config.seed` into `out_dir`
    (docs/contracts.md, dataset/).

    The same seed gives the same bytes (linear algebra runs on one thread here).
    """
    size, parameters = config.size, Parameters()
    if isinstance(size, str):
        write(config, Blueprint.load(size), PLANS[size], parameters, out_dir)
        return
    like = "full" if size.sectors >= 42 else "tiny"
    plan = plan_of(size.provinces, size.cities, PLANS[like])
    if len(plan.cities) < 8:
        parameters = replace(parameters, unreported=(0, 0), silent=0)
    write(config, Blueprint.load(like).split(size.sectors), plan, parameters, out_dir)


@one_blas_thread
def write(
    config: Dataset, blueprint: Blueprint, plan: Plan, parameters: Parameters, out: str | Path
) -> tuple[country.Country, emissions.Emissions]:
    """Write the country of a plan, of these parameters and of the seed of `config`.

    Returns
    -------
    country, emissions
        What no file of the dataset holds: true populations; true emissions by row of the inventory,
        households' included.

    Raises
    ------
    BalanceError, DataError
        No economy balances with what was drawn, or a province has too little land for its cities.
    """

    def stream(number: int) -> np.random.Generator:
        return np.random.default_rng([config.seed, number])

    land = country.draw_country(plan, stream(1), parameters)
    flows = economy.draw_economy(blueprint, land, plan, parameters, stream(2))
    truth = nest(blueprint, land, flows, year=config.year)
    output = truth["output"].values
    gdp = (output - flows.use[:, :, : output.shape[1]].sum(axis=1)).sum(axis=1)
    carbon = emissions.draw_emissions(blueprint, land, output, gdp, parameters, stream(3))
    known = emissions.covered(land, parameters, stream(4))

    provinces, missing = _provinces(blueprint, land, truth, flows, parameters, stream(5))
    final = flows.use[:, :, len(blueprint.sector) :].sum(axis=1)
    totals = np.where(known, carbon.by_inventory_sector.sum(axis=1), np.nan)
    data = observed.observations(blueprint, land, truth, final, totals, parameters, stream(6))
    people = np.exp(stream(10).normal(0, parameters.population_sd, len(land.regions)))
    province = data["region"].map(land.regions.set_index("region")["province"])
    streams, rng = (stream(8), stream(11)), stream(12)
    stressors = [
        emissions.draw_stressor(name, blueprint, land, output, rng) for name in config.stressors
    ]
    out = Path(out)
    files = {
        "truth/truth": truth,
        "truth/emissions": emissions.long(
            pd.DataFrame(carbon.bridged, land.regions["region"], blueprint.sector),
            "region",
            "emissions",
        ),
        **_classification(blueprint),
        **provinces,
        "regions": _regions(land, people, observed.reported_gdp(data, truth, land, stream(7))),
        **{f"observations/{code}": data[province == code] for code in land.provinces["province"]},
        "emissions_history": observed.history(data, config.year, stream(9)),
        **_inventories(blueprint, land, carbon, output, known, parameters, streams),
        "benchmarks": _benchmarks(blueprint, carbon, output),
        "stressors": pd.concat(stressors, ignore_index=True) if stressors else None,
    }
    write_files(files, out)
    _write_boundaries(land, out)
    _write_description(config, land, data, known, missing, out)
    return land, carbon


def _classification(blueprint: Blueprint) -> dict[str, pd.DataFrame]:
    """Lists of sectors, categories, inventory sectors and fuels."""
    bridge = [
        (row.inventory_sector, code)
        for row in blueprint.inventory.itertuples()
        for code in row.sectors.split(";")
        if code
    ]
    rows = ["inventory_sector", "name", "kind", "residence", "key"]
    return {
        "sectors": blueprint.sectors,
        "final_demand": blueprint.final_demand[["category", "name", "role", "residence"]],
        "inventory_sectors": blueprint.inventory[rows],
        "bridge": pd.DataFrame(bridge, columns=["inventory_sector", "sector"]),
        "fuels": blueprint.fuels,
    }


def _provinces(
    blueprint: Blueprint,
    land: Country,
    truth: xr.Dataset,
    flows: Economy,
    parameters: Parameters,
    rng: np.random.Generator,
) -> tuple[dict[str, xr.Dataset], dict[str, str]]:
    """Provincial tables and the national one by file; and what each province leaves out."""
    accounts = observed.provincial_truth(blueprint, land, truth, flows)
    table = land.provinces
    if blueprint.size == "tiny":
        missing = {"P03": "domestic", "P02": "foreign"}
        port = "P04"
    else:
        ordinary = table["province"][(table["kind"] == "split") & ~table["dominant"]].tolist()
        domestic, foreign = parameters.unreported
        drawn = rng.choice(ordinary, domestic + foreign + 1, replace=False)
        missing = dict(zip(drawn, ["domestic"] * domestic + ["foreign"] * foreign, strict=False))
        port = drawn[-1]
    goods = (blueprint.sectors["kind"] == "goods").to_numpy() & (
        blueprint.technology_column("exports") >= 0.1
    )
    files = {}
    # streams of their own: without these errors a country is the same
    common, *own = rng.spawn(1)[0].standard_normal(1 + len(accounts))
    for code, account, z in zip(table["province"], accounts, own, strict=True):
        hauling = parameters.hauling_sd * common + parameters.province_hauling_sd * z
        transit = np.where(
            goods & (code == port), rng.uniform(*parameters.reexports, len(goods)), 0.0
        )
        seen = observed.distort(
            account, parameters, rng, transit=transit, hauling=float(np.exp(hauling))
        )
        if code in missing:
            seen = observed.unreported(seen, missing[code])
        items = observed.value_added_items(blueprint, seen["value_added"], rng)
        files[f"provinces/{code}"] = observed.label(blueprint, seen, items)
    nation = observed.nation(accounts)
    items = observed.value_added_items(blueprint, nation["value_added"], rng)
    files["national"] = observed.label(blueprint, nation, items, nation=True)
    return files, missing


def _regions(land: Country, people: np.ndarray, gdp: np.ndarray) -> pd.DataFrame:
    """regions.csv."""
    columns = [
        "region",
        "name",
        "name_local",
        "province",
        "province_name",
        "kind",
        "population",
        "population_rural",
    ]
    printed = {
        name: np.round(land.regions[name] * people) for name in ("population", "population_rural")
    }
    places = land.regions[["lon", "lat", "area_km2"]]
    return land.regions[columns].assign(**printed, gdp=gdp).join(places)


def _inventories(
    blueprint: Blueprint,
    land: Country,
    carbon: emissions.Emissions,
    output: np.ndarray,
    known: np.ndarray,
    parameters: Parameters,
    streams: tuple[np.random.Generator, ...],
) -> dict[str, pd.DataFrame]:
    """Inventories of provinces, of cities and of the nation by file."""
    rng, errors_rng = streams
    owner, codes = land.province_index, list(land.provinces["province"])
    coarse = set(codes[-2:-1])
    errors = observed.inventory_errors(len(codes), len(blueprint.inventory), parameters, errors_rng)
    files = {}
    for place, code in enumerate(codes):
        total = carbon.by_fuel[owner == place].sum(axis=0) * errors[place][:, None]
        rows = emissions.sector_rows if code in coarse else emissions.activity_rows
        files[f"inventory/{code}"] = rows(blueprint, total)
    cities = emissions.city_inventories(blueprint, land, output, carbon, known, rng)
    province = cities["region"].map(land.regions.set_index("region")["province"])
    if parameters.detail:
        files |= {f"inventory_city/{code}": table for code, table in cities.groupby(province)}
    national = carbon.by_inventory_sector.sum(axis=0) * rng.lognormal(
        0, parameters.national_row_sd, len(blueprint.inventory)
    )
    files["inventory_national"] = pd.DataFrame(
        {"inventory_sector": blueprint.inventory["inventory_sector"], "emissions": national}
    )
    return files


def _benchmarks(
    blueprint: Blueprint, carbon: emissions.Emissions, output: np.ndarray
) -> pd.DataFrame:
    """Assumed benchmarks: intensities as multiples of the synthetic nation's, capital shares of
    invented world cities.
    """
    assumed, unit = "assumed, synthetic", f"{EMISSIONS} per {MONEY}"
    driver = (output @ blueprint.bridge.T).sum(axis=0)
    shares = {
        "electricity": 0.62,
        "iron_steel": 0.55,
        "petroleum_coking": 0.80,
        "coal": 0.60,
        "non_metal": 0.65,
        "chemicals": 0.70,
    }
    bounds = {"electricity": 2.5, "iron_steel": 4.0}
    nation = zip(
        blueprint.inventory["key"], carbon.by_inventory_sector.sum(axis=0), driver, strict=True
    )
    rows: list[tuple[str, float, str, str]] = [
        (f"{kind}_intensity.{key}", float(f"{of[key] * total / size:.2g}"), unit, assumed + more)
        for key, total, size in nation
        for kind, of, more in (
            ("global", shares, ""),
            ("plausible", bounds, f": {bounds.get(key, 0):g} times the nation's"),
        )
        if key and key in of
    ]
    cities = (
        ("Orbel", 0.18),
        ("Nuvaston", 0.21),
        ("Tessaly Bay", 0.24),
        ("Port Ormund", 0.20),
        ("Kelvarra", 0.26),
    )
    rows += [(f"megacity_capital_share.{city}", share, "1", assumed) for city, share in cities]
    rows += [
        (f"per_capita.{name}", value, "t CO2 per person", assumed)
        for name, value in (("global", 5.0), ("us", 17.0), ("eu", 7.5))
    ]
    # emissions at the carbon peak are a quarter above those of the year
    peak = float(f"{1.25 * carbon.by_inventory_sector.sum() / 1e9:.2g}")
    rows += [("peak_emissions", peak, "Gt CO2", assumed), ("super_share", 0.01, "1", assumed)]
    return pd.DataFrame(rows, columns=["parameter", "value", "unit", "source"])


def _write_boundaries(land: Country, out: Path) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"region": code},
            "geometry": shapely.geometry.mapping(shape),
        }
        for code, shape in zip(land.regions["region"], land.outlines, strict=True)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))
    write_text(f"{text}\n", out / "boundaries.geojson")


def _write_description(
    config: Dataset,
    land: Country,
    data: pd.DataFrame,
    known: np.ndarray,
    missing: Mapping[str, str],
    out: Path,
) -> None:
    kinds = land.regions["kind"].value_counts()
    observed_va = data.loc[data["quantity"] == "value_added", "region"].nunique()
    detail = [
        f"Province {code} does not report "
        f"{'outflow and inflow' if what == 'domestic' else 'exports and imports'}."
        for code, what in sorted(missing.items())
    ]
    write_json(
        {
            "name": f"synthetic country ({config.size}, seed {config.seed})",
            "name_local": f"虚构国家（{config.size}，种子 {config.seed}）",
            "provinces_local": {
                code: local(name)
                for code, name in zip(
                    land.provinces["province"], land.provinces["name"], strict=True
                )
            },
            "year": config.year,
            "currency": CURRENCY,
            "unit": MONEY,
            "emission_unit": EMISSIONS,
            "price_basis": "producers' prices, current",
            "usd_rate": 6.3125,
            "synthetic": True,
            "import_mode": "total",
            "sources": [],
            "notes": [*NOTES, *detail],
            "counts": {
                "provinces": len(land.provinces),
                "regions": len(land.regions),
                "cities": int(kinds.get("city", 0) + kinds.get("municipality", 0)),
                "unsplit_provinces": int(kinds.get("province", 0)),
                "regions_value_added_observed": int(observed_va),
                "regions_value_added_modelled": int(len(land.regions) - observed_va),
                "cities_inventory_observed": int(known.sum()),
                "cities_inventory_modelled": int(
                    (~known & (land.regions["kind"] != "province")).sum()
                ),
                "observations": int(len(data)),
            },
            "has_truth": True,
        },
        out / "dataset.json",
    )


def _share(part: np.ndarray, total: np.ndarray) -> np.ndarray:
    return np.divide(
        part, total, out=np.zeros(np.broadcast_shapes(part.shape, total.shape)), where=total != 0
    )


def nest(blueprint: Blueprint, country: Country, economy: Economy, *, year: int) -> xr.Dataset:
    """The true table, variables as in nested/mrio.nc (docs/contracts.md), in 10^4 CNY.

    Sources of a city's use of a product are the same shares for all columns: self, other cities of
    the province, other provinces (Chenery-Moses). Provincial cells are Y_ic^pq = t_i^pq sum_s
    use_rest_ic^s with t the province's share in what q receives. Output is the sum of deliveries
    and value added what output leaves after inputs and imports, so that the row and column
    identities (I1, I2) and the nesting (I3) hold to round-off.
    """
    owner, provinces, count = country.province_index, len(country.provinces), len(blueprint.sector)
    regions, member = len(owner), np.eye(provinces)[owner].T
    same = owner[:, None] == owner[None]
    trade, diagonal = economy.trade, np.einsum("iss->si", economy.trade)
    received = trade.sum(axis=1).T
    within = np.where(same, trade, 0.0).sum(axis=1).T - diagonal
    within = np.where((member @ np.ones(regions))[owner][:, None] > 1, np.maximum(within, 0.0), 0.0)
    domestic = (1 - economy.import_share)[:, :, None] * economy.use
    outside, no_stock = np.where(same, 0.0, trade), np.zeros((regions, count, 1))
    use_self, use_intra, use_rest = (
        np.concatenate([_share(part, received)[:, :, None] * domestic, no_stock], axis=2)
        for part in (diagonal, within, outside.sum(axis=1).T)
    )

    pairs = (owner[:, None] * provinces + owner).ravel()
    between = np.stack(
        [np.bincount(pairs, flows.ravel(), provinces**2).reshape(provinces, -1) for flows in trade],
        axis=1,
    )
    between[np.arange(provinces), :, np.arange(provinces)] = 0.0
    origin = _share(between, between.sum(axis=0)[None])
    table = origin[:, :, :, None] * np.einsum("qs,sic->iqc", member, use_rest)[None]
    own = np.einsum("ps,sic->pic", member, use_self + use_intra)
    table[np.arange(provinces), :, np.arange(provinces), :] = own

    w, cells = economy.stock_changes_share, economy.stock_changes_cells
    stock_own = cells[np.arange(provinces), :, np.arange(provinces)]
    stock_in = cells.sum(axis=0).T - stock_own
    use_self[:, :, -1] = w * stock_own[owner]
    use_rest[:, :, -1] = w * stock_in[owner]
    table[:, :, :, -1] = cells
    leaving = outside.sum(axis=2).T
    out_share = _share(leaving, (member @ leaving)[owner])

    pair = np.argwhere(same & ~np.eye(regions, dtype=bool))
    tau = _share(trade[:, pair[:, 0], pair[:, 1]].T, within[pair[:, 1]])
    imports = np.concatenate(
        [np.einsum("si,sic->sc", economy.import_share, economy.use), np.zeros((regions, 1))], axis=1
    )
    # A province's imported stock changes are spread like the rest of that column, by output
    # shares.
    imports[:, -1] = (w * economy.stock_changes_imports[owner]).sum(axis=1)
    use = use_self + use_intra + use_rest
    delivered = _delivered(owner, pair, tau, use_self, use_intra, out_share, w, table)
    output = delivered + economy.exports + economy.error
    value_added = output - use[:, :, :count].sum(axis=1) - imports[:, :count]
    return _label(
        blueprint,
        country,
        year,
        pair,
        {
            "use_self": use_self,
            "use_intra": use_intra,
            "use_rest": use_rest,
            "intra_share": tau,
            "out_share": out_share,
            "stock_changes_share": w,
            "province_table": table,
            "exports": economy.exports,
            "error": economy.error,
            "output": output,
            "value_added": value_added,
            "imports": imports,
        },
    )


def _delivered(
    owner: np.ndarray,
    pair: np.ndarray,
    tau: np.ndarray,
    use_self: np.ndarray,
    use_intra: np.ndarray,
    out_share: np.ndarray,
    w: np.ndarray,
    table: np.ndarray,
) -> np.ndarray:
    """Domestic deliveries of each region by product, summed from the factored cells (region,
    sector).
    """
    provinces = table.shape[0]
    own = use_self.sum(axis=2)
    partner = np.zeros_like(own)
    np.add.at(partner, pair[:, 0], tau * use_intra.sum(axis=2)[pair[:, 1]])
    others = table.copy()
    others[np.arange(provinces), :, np.arange(provinces), :] = 0.0
    sent = others.sum(axis=2)
    return (
        own + partner + out_share * sent[owner][:, :, :-1].sum(axis=2) + w * sent[owner][:, :, -1]
    )


_DIMS = {
    "use_self": (("region", "sector", "use"), MONEY, "use of own products"),
    "use_intra": (
        ("region", "sector", "use"),
        MONEY,
        "use of products of other regions of the province",
    ),
    "use_rest": (("region", "sector", "use"), MONEY, "use of products of other provinces"),
    "intra_share": (
        ("pair", "sector"),
        "1",
        "share of an origin in what a region receives from its province",
    ),
    "out_share": (("region", "sector"), "1", "share of a region in its province's outflow"),
    "stock_changes_share": (
        ("region", "sector"),
        "1",
        "share of a region in the stock changes of its province",
    ),
    "province_table": (
        ("origin_province", "sector", "province", "use"),
        MONEY,
        "domestic cells between provinces",
    ),
    "exports": (("region", "sector"), MONEY, "exports"),
    "error": (("region", "sector"), MONEY, "statistical error"),
    "output": (("region", "sector"), MONEY, "gross output"),
    "value_added": (("region", "sector"), MONEY, "value added"),
    "imports": (("region", "use"), MONEY, "imports by using column"),
}


def _label(
    blueprint: Blueprint, country: Country, year: int, pair: np.ndarray, values: dict
) -> xr.Dataset:
    codes, regions = (
        list(country.provinces["province"]),
        np.array(country.regions["region"], dtype=str),
    )
    data = {name: array(value, *_DIMS[name]) for name, value in values.items()}
    data["region_province"] = array(
        np.array(country.regions["province"], dtype=str), ("region",), "1", "province of a region"
    )
    roles = dict(zip(blueprint.category, blueprint.final_demand["role"], strict=True))
    return xr.Dataset(
        data,
        coords={
            "region": regions,
            "sector": blueprint.sector,
            "use": blueprint.sector + blueprint.category,
            "province": codes,
            "origin_province": codes,
            "pair": np.arange(len(pair)),
            "pair_origin": ("pair", regions[pair[:, 0]] if len(pair) else np.array([], dtype=str)),
            "pair_destination": (
                "pair",
                regions[pair[:, 1]] if len(pair) else np.array([], dtype=str),
            ),
        },
        attrs={"final_demand": json.dumps(roles), "unit": MONEY, "year": year},
    )
