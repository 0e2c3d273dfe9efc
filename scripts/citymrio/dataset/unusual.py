"""What looks wrong in a sound dataset and can be used all the same: warnings, where `levels` would
be too strict to refuse.

Every check says one thing of one place. Two amounts that tell of the same thing are compared by the
bands of `levels`; here is what needs more than two amounts: factors that sound data of one country
hardly reach, columns that look exchanged, coordinates that can hardly be right: longitude and
latitude exchanged, another projection, a centre far from polygon or province.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from shapely.geometry import shape

from ..base.errors import GAP, first_names, warn
from ..base.money import rounding, scale_of
from ..base.vocabulary import CARRIED
from .benchmarks import FAR_OFF
from .cells import looks
from .contract.boundaries import area_km2
from .contract.folder import InputFolder
from .contract.inventories import by_sector, emissions_by_province, national_total, tonnes
from .contract.levels import BANDS, CHECK, observed, pairs, whole_emissions
from .contract.tables import measures

#: A part above its whole by more than this share is not a matter of rounding or of two sources.
ABOVE = BANDS["part"].warn - 1
#: What is said of a single sector weighs at least this much: of the flows, of the emissions of a
#: province.
TRADE_WEIGHT, EMISSION_WEIGHT = 0.001, 0.005
#: Amounts per capita against the median region, and against the next region in order.
PER_PERSON = 5.0, 4.0
#: Persons per km2 in the same way: Alaska has a quarter of the next state's, an area in hectares a
#: hundredth.
DENSITY = 10.0, 8.0
#: Stressors per GDP in the same way: which sectors a province has makes them differ widely.
STRESSORS = 100.0, 4.0
#: Benchmarks other than intensities: t CO2 per person, as of the country itself; shares; the peak
#: in units of the run's own emissions.
PER_CAPITA, SHARE, PEAK = (0.1, 100.0), (0.01, 0.9), (0.1, 20.0)
#: Tables that fit the cities of another province: own misfit at least, and how much smaller it is
#: with the other (log points).
MISFIT, BETTER = np.log(1.1), 0.3
#: Usual shares of roles in the final demand of a nation, stock changes apart, and of stock changes
#: beside it. The runs that ship have 34, 13 and 53%, and 52, 27 and 21%; hardly a country is
#: outside, oil states apart.
ROLES = {
    "household": (0.3, 0.85),
    "government": (0.05, 0.35),
    "capital": (0.1, 0.55),
    "stock_changes": (-0.1, 0.1),
}
#: A share of a role this far from the other provinces' (log points) may be another role's.
ROLE = np.log(1.5)
#: Years between neighbours of a series, at most; how many times a year at its end may be the next
#: one.
NEIGHBOURS, SERIES_END = 3, 3.0

#: Share of a province from which its cities are all of it: round-off.
ALL = 1 - 1e-9
#: USD per person of a country. The ends are a factor of 1,000 apart: whatever lies between them, a
#: thousand times more or less does not.
USD_PER_PERSON = (150.0, 150e3)
#: How far beyond the frame of its polygon a centre may lie, as a share of the frame, and in
#: degrees.
MARGIN, MARGIN_DEGREES = 0.1, 0.05
#: Largest factor between the area of a polygon and `area_km2`.
AREA = BANDS["area"].warn
#: A region this many times as far from the others' middle as the farthest of them: of the country,
#: of its province.
FAR = 3.0


def warn_of_unusual(data: InputFolder) -> None:
    """Say what is unusual in a dataset without faults; of a given table's, what does not compare it
    with tables of provinces.
    """
    for pair in () if data.given else pairs(data):
        pair.warn()
    of_provinces = (
        _exchanged,
        _roles,
        _trade,
        _swapped,
        _per_capita,
        _stressors,
        _inventory_cells,
        _cases,
        _sources,
        _unbridged,
        _shares,
        _intensities,
        _benchmarks,
        _prices,
        _series,
    )
    for check in (
        *((_prices,) if data.given else of_provinces),
        _names,
        _rural,
        _keys,
        _dollars,
        _places,
    ):
        check(data)


def _cases(data: InputFolder) -> None:
    """Cities' own inventories of case 2, whose amounts are not read."""
    table = data.tables.get("inventory_city")
    if table is None or not (second := table.frame["case"].eq(2)).any():
        return
    cities = table.frame.loc[second, "region"].unique()
    warn(
        where=data.place("inventory_city"),
        what="amounts of case 2 are not read",
        value=f"{len(cities)} in all; the first is {cities[0]}",
        expectation="case 1 where amounts by sector are a city's own",
        effect="The province's inventory is scaled down to these cities. Fix: set case 1 to use "
        "the amounts, or leave the rows out.",
    )


def _names(data: InputFolder) -> None:
    """Regions of one province, or provinces, that nobody can tell apart by their names."""
    regions = data.tables["regions"].frame
    for code, name, within in (
        ("region", "name", ["province"]),
        ("province", "province_name", []),
    ):
        first = regions.groupby([*within, regions[name].map(looks)])[code].transform("first")
        _say(
            data,
            np.flatnonzero(regions[code] != first).tolist(),
            [
                f"'{called}' is the name of {code} {other} and of {code} {own}"
                for own, called, other in zip(regions[code], regions[name], first, strict=True)
            ],
            what="two places with the same name",
            expectation="names that differ",
            effect="Figures and pages cannot tell them apart. Fix: remove a row that is there "
            "twice, or give each its own name (city, county).",
        )


def _rural(data: InputFolder) -> None:
    """Rural people in percent, beside people in persons."""
    rural = data.tables["regions"].frame["population_rural"]
    if rural.any() and rural.max() <= 100:
        _say(
            data,
            [*range(len(rural))],
            [f"{people:.6g}" for people in rural],
            what="population_rural looks like a percentage",
            expectation="persons, as in the column population",
            effect="Demand and emissions of rural households are split by it. Fix: give persons.",
        )


def _keys(data: InputFolder) -> None:
    """Say where the flag `key` of sectors is not what the inventory's key sectors make of it: those
    alone are read.
    """
    rows = data.tables["inventory_sectors"].frame
    keyed = set(rows.loc[rows["key"].fillna("") != "", "inventory_sector"])
    bridge, flags = data.tables["bridge"].frame, data.tables["sectors"].frame
    reached = set(bridge.loc[bridge["inventory_sector"].isin(keyed), "sector"])
    odd = [
        sector
        for sector, key in zip(flags["sector"], flags["key"], strict=True)
        if bool(key) != (sector in reached)
    ]
    if odd:
        warn(
            where=data.place("sectors"),
            what="column 'key' differs from the key sectors of inventory_sectors",
            value=", ".join(odd),
            expectation="true for the sectors that the bridge gives to inventory sectors with a "
            "key, and for no other",
            effect="The column has no effect: technology acts on the key sectors of "
            "inventory_sectors.",
        )


def _dollars(data: InputFolder) -> None:
    """GDP per person of all regions together that no country has."""
    regions, rate = data.tables["regions"].frame, data.info["usd_rate"]
    money = regions["gdp"].sum() * scale_of(data.info["unit"])
    mean = float(money / rate / regions["population"].sum())
    low, high = USD_PER_PERSON
    if not low <= mean <= high:
        warn(
            where=data.info_place,
            what="GDP per person of all regions together is that of no country",
            value=f"{mean:.4g} USD per person (usd_rate is {rate:.6g} {data.info['currency']} "
            "per USD)",
            expectation=f"{low:g} to {high:g} USD per person",
            effect="All amounts in dollars follow it. Fix: check usd_rate, the unit of money, and "
            "the columns gdp and population of regions.",
        )


def _prices(data: InputFolder) -> None:
    """Purchasers' prices, and prices that nobody states."""
    basis = str(data.info["price_basis"])
    effects = {
        "purchasers' prices": "Trade and transport margins stand in the rows of the goods, not "
        "in those of trade and transport: "
        "who buys a good seems to buy its margin from the maker, so that emissions of trade and "
        "transport are misplaced. "
        "Fix: move the margins to the rows of trade and transport (basic prices), if the source "
        "has them.",
        "not stated": "Nothing else changes. Fix: say it in the table `dataset`, key price_basis.",
    }
    for prices, effect in effects.items():
        if basis.replace("’", "'").startswith(prices):
            warn(
                where=data.info_place,
                what="prices of the input-output tables",
                value=basis,
                expectation="basic prices, or producers' prices",
                effect=effect,
            )


def _emitted(rows: pd.DataFrame) -> pd.DataFrame:
    """Observed emissions by region: region, province, value; of several sources their mean."""
    return (
        whole_emissions(rows)
        .groupby(["region", "province"], as_index=False, sort=False)["value"]
        .mean()
    )


def _exchanged(data: InputFolder) -> None:
    """Population and GDP of regions in each other's column: value added, or the table of the
    province, fits the population.
    """
    table, observations = data.tables["regions"], observed(data)
    regions = table.frame.set_index("region")
    added = observations[
        observations["quantity"].eq("value_added") & observations["sectors"].ne("")
    ]
    told = added.groupby(["region", "source"])["value"].sum().groupby("region").max()
    gdp, people, known = regions["gdp"], regions["population"], told.reindex(regions.index)
    # where nothing is observed of a region, the table of its province tells
    of_tables = {code: float(of["value_added"].sum()) for code, of in data.provinces.items()}
    rest = (gdp.groupby(regions["province"]).transform("sum") - gdp).where(known.isna(), 0.0)
    known = known.fillna(regions["province"].map(of_tables))
    before, after = (
        np.log(known.where(known > 0) / (rest + amount)).abs().fillna(0.0)
        for amount in (gdp, people)
    )
    odd = (before > np.log(BANDS["table"].warn)) & (after < BETTER * before)
    for row in np.flatnonzero(odd)[:1]:
        own, others = regions.iloc[row], rest.iloc[row]
        _say(
            data,
            np.flatnonzero(odd).tolist(),
            {row: f"population {own['population']:.6g}, gdp {own['gdp']:.6g}"},
            what="population and GDP of a region look exchanged",
            expectation=f"what fits value added of {known.iloc[row]:.6g}: "
            f"{others + own['gdp']:.6g} does not, exchanged {others + own['population']:.6g} does",
            effect="Everything per capita follows it. Fix: exchange the two cells.",
        )


def _roles(data: InputFolder) -> None:
    """Roles of final demand against usual shares, and those of a province that are another role's
    in all others.
    """
    of = data.tables["final_demand"].frame.groupby("role")["category"].agg(list)
    printed = {  # what stock changes carry is their category's
        code: table["total_use"] + table.get(CARRIED, 0.0) for code, table in data.provinces.items()
    }
    amounts = pd.DataFrame(
        {
            code: {role: float(use.sel(use=categories).sum()) for role, categories in of.items()}
            for code, use in printed.items()
        }
    ).T
    main = amounts[[role for role in ROLES if role in amounts and role != "stock_changes"]]
    nation = amounts.sum() / main.to_numpy().sum()
    for role in [role for role in ROLES if role in of and len(main.columns) > 2]:
        low, high = ROLES[role]
        if not low <= nation[role] <= high:
            warn(
                where=data.place("final_demand"),
                what=f"the share of a role in final demand is unusual: {role}",
                value=f"{nation[role]:.1%} in all provinces together",
                expectation=f"{low:.0%} to {high:.0%}",
                effect="Footprints by role, capital formation among them, follow it. Fix: check "
                "which columns of the tables are "
                "which category, and the roles of final_demand.",
            )
    if len(main) < 3 or (main <= 0).any(axis=None):
        return
    shares = np.log(main.div(main.sum(axis=1), axis=0))
    for code, own in shares.iterrows():
        usual = shares.drop(index=code).median()
        before = np.sqrt(((own - usual) ** 2).mean())
        for one, other in combinations(main.columns, 2):
            turned = own.rename({one: other, other: one})
            after = np.sqrt(((turned - usual) ** 2).mean())
            if before > ROLE and after < BETTER * before:
                warn(
                    where=data.io_places[str(code)],
                    what="roles of final demand that look exchanged",
                    value=f"{one} {np.exp(own[one]):.1%}, {other} {np.exp(own[other]):.1%} of "
                    f"province {code}",
                    expectation=f"about {np.exp(usual[one]):.1%} and "
                    f"{np.exp(usual[other]):.1%}, as in the other provinces",
                    effect="Footprints by role follow it. Fix: exchange the two columns of the "
                    "table if their titles say so.",
                )


def _series(data: InputFolder) -> None:
    """A year of emissions_history far above, or far below, the years before and after it."""
    if (table := data.tables.get("emissions_history")) is None:
        return
    if data.info["year"] not in (years := sorted(table.frame["year"].unique())):
        warn(
            where=data.place("emissions_history"),
            what="the year of the dataset is missing",
            value=first_names([f"{year:.0f}" for year in years]),
            expectation=f"totals of {data.info['year']} as well",
            effect="No change since that year can be told in emissions_trends. "
            "Fix: add its totals.",
        )
    most = np.log(BANDS["series"].warn)
    for region, rows in table.frame.sort_values("year").groupby("region"):
        year, value = (
            rows["year"].to_numpy(int),
            np.log(rows["emissions"].where(rows["emissions"] > 0).to_numpy(float)),
        )
        for k in range(len(rows) if len(rows) > 2 else 0):
            near = [
                j
                for j in (k - 1, k + 1)
                if 0 <= j < len(rows) and abs(year[j] - year[k]) <= NEIGHBOURS
            ]
            gaps = value[k] - value[near]
            alone = np.log(SERIES_END) if len(near) == 1 else most
            if len(near) and (abs(gaps) > alone).all() and abs(np.sign(gaps).sum()) == len(near):
                others = ", ".join(f"{np.exp(value[j]):.6g} t in {year[j]}" for j in near)
                warn(
                    where=table.place(int(rows.index[k])),
                    what="a CO2 total that leaves its own series",
                    value=f"{np.exp(value[k]):.6g} t of region {region} in {year[k]}",
                    expectation=f"within a factor of {np.exp(alone):g} of the years beside it: "
                    f"{others}",
                    effect=BANDS["series"].effect,
                )


def _trade(data: InputFolder) -> None:
    """Exports above output, imports above what is used at home: re-exports, or a wrong column."""
    for code, table in sorted(data.io.items()):
        home, near = table["total_use"].sum("use"), rounding(table["output"].values)
        for flow, whole, name in (
            ("exports", table["output"], "output"),
            ("imports", home, "use at home"),
        ):
            over = (
                (table[flow] - whole)
                .where(table[flow] > (1 + ABOVE) * whole + near)
                .to_series()
                .dropna()
            )
            if over.sum() > TRADE_WEIGHT * float(abs(table[flow]).sum()):
                worst, count = (
                    over.idxmax(),
                    f"{len(over)} {'sector' if len(over) == 1 else 'sectors'}",
                )
                warn(
                    where=data.io_places[code],
                    what=f"{flow} above {name}",
                    value=f"{over.sum():.6g} above it in {count}; most in sector {worst}: "
                    f"{float(table[flow].sel(sector=worst)):.6g}",
                    expectation=f"at most {name}, {float(whole.sel(sector=worst)):.6g} in "
                    f"sector {worst}",
                    effect="What exceeds it passes through the province (transit, re-exports). "
                    "Fix: check the columns of trade, "
                    "unless such trade is known.",
                )


def _swapped(data: InputFolder) -> None:
    """Two provincial tables that fit each other's cities better than their own."""
    codes = data.codes
    regions = data.tables["regions"].frame
    gdp = regions.groupby("province")["gdp"].sum()
    rows = observed(data)
    added = rows[(rows["quantity"] == "value_added") & (rows["sectors"] != "")]
    sums = added.groupby(["province", "sectors"])["value"].sum().unstack()
    whole = sums.columns[sums.notna().all()] if len(sums) == len(codes) else []
    own = np.column_stack([gdp[codes], *(sums.loc[codes, group] for group in whole)])
    groups = [
        [*map(str, data.provinces[codes[0]]["sector"].values)],
        *(group.split(";") for group in whole),
    ]
    given = np.array(
        [
            [float(data.provinces[c]["value_added"].sel(sector=g).sum()) for g in groups]
            for c in codes
        ]
    )
    least = rounding(regions["gdp"].to_numpy(float))  # of an industry that a province does not have
    with np.errstate(divide="ignore"):
        gaps = np.log(np.maximum(given, least))[:, None] - np.log(np.maximum(own, least))[None, :]
    misfit = np.sqrt((gaps**2).mean(axis=2))
    for k, j in combinations(range(len(codes)), 2):
        before, after = misfit[[k, j], [k, j]], misfit[[k, j], [j, k]]
        if before.min() > MISFIT and after.sum() < BETTER * before.sum():
            one, other = codes[k], codes[j]
            warn(
                where=f"{data.io_places[one]}, {data.io_places[other]}",
                what="provincial tables that look swapped",
                value=f"the table of {one} fits the cities of {other}; the table of {other} fits "
                f"the cities of {one} (value added is off by {np.expm1(before.mean()):.0%} as the "
                f"tables stand, by {np.expm1(after.mean()):.0%} the other way round)",
                expectation="a table whose value added is that of its own province's cities",
                effect="The tables are used as they are named: cities are scaled to another "
                "province. Fix: exchange the tables "
                "if their titles say so.",
            )


def _per_capita(data: InputFolder) -> None:
    """GDP and observed emissions per capita far outside the country's own range: a population, or
    the amount, is wrong; and emissions per capita of the country.
    """
    regions = data.tables["regions"].frame.set_index("region")
    emitted = _emitted(observed(data)).set_index("region")["value"]
    people, unit = regions["population"], data.info["unit"]
    follows = "Affluence and per-capita results of the region follow it."
    of_region = "of a region", "regions", "region", "the range of the other regions"
    of_province = "of a province", "inventory", "province", "the range of the other provinces"
    tonnes_by = "{:.4g} t CO2 with {:,.0f} persons"
    heads = people.groupby(regions["province"]).sum()
    for (whose, listed, key, others), what, shown, amount, by, times, effect in (
        (
            of_region,
            "GDP per capita",
            f"{{:.4g}} {unit} with {{:,.0f}} persons",
            regions["gdp"],
            people,
            PER_PERSON,
            follows,
        ),
        (
            of_region,
            "observed emissions per capita",
            tonnes_by,
            emitted,
            people,
            PER_PERSON,
            follows,
        ),
        (
            of_region,
            "the density",
            "{:.4g} persons per km2 with {:.6g} km2",
            people,
            regions["area_km2"],
            DENSITY,
            "Distances within the region follow its area.",
        ),
        (
            of_province,
            "emissions per capita",
            tonnes_by,
            emissions_by_province(data),
            heads,
            PER_PERSON,
            "Either the inventory or the population of province {} is off.",
        ),
    ):
        for code, value, expected in _outliers(amount / by.reindex(amount.index), times):
            table = data.tables[listed]
            warn(
                where=table.place(int(np.argmax(table.frame[key] == code))),
                what=f"{what} {whose} far from the others'",
                value=shown.format(value, by[code]),
                expectation=f"within {expected[0]:.4g} to {expected[1]:.4g}, {others}",
                effect=f"{effect.format(code)} {CHECK}",
            )
    mean, (low, high) = national_total(data) / float(people.sum()), PER_CAPITA
    if mean > 0 and not low <= mean <= high:
        provincial = len(emissions_by_province(data))
        warn(
            where=data.place("inventory" if provincial else "inventory_national"),
            what="emissions per person of all regions together are those of hardly any country",
            value=f"{mean:.4g} t CO2 per person",
            expectation=f"{low:g} to {high:g} t CO2 per person",
            effect="All emissions follow it. Fix: check the unit of the inventories (t CO2), and "
            "the column population of regions.",
        )


def _outliers(
    values: pd.Series, times: tuple[float, float]
) -> list[tuple[str, float, tuple[float, float]]]:
    """Values so many times beyond the median and so many times apart from all others, with the
    others' range.
    """
    values = values[values > 0].dropna()
    numbers, found = values.to_numpy(float), []
    for k, (label, value) in enumerate(values.items() if len(values) > 2 else ()):
        others = np.delete(numbers, k)
        low, high, middle = float(others.min()), float(others.max()), float(np.median(others))
        if value > max(times[0] * middle, times[1] * high) or value < min(
            middle / times[0], low / times[1]
        ):
            found.append((str(label), float(value), (low, high)))
    return found


def _stressors(data: InputFolder) -> None:
    """Stressors per GDP of a province, or of a region with its own rows, far from the others'."""
    if (table := data.tables.get("stressors")) is None:
        return
    regions, names = data.tables["regions"].frame, ["region", "province"]
    gdp = pd.concat([regions.groupby(name)["gdp"].sum().add_prefix(f"{name} ") for name in names])
    texts = table.frame.reindex(columns=[*names, "sector", "inventory_sector"]).fillna("")
    place = ("region " + texts["region"]).where(
        texts["region"].ne(""), "province " + texts["province"]
    )
    total = (texts["sector"] + texts["inventory_sector"]).eq("")
    for stressor, own in table.frame.groupby("stressor", sort=False):
        # where a region has its total beside rows by sector, these are scaled to it
        sums = own.groupby([place, total])["value"].sum().groupby(level=0).last()
        for label, value, expected in _outliers(sums / gdp.reindex(sums.index), STRESSORS):
            row = int(own.index[place[own.index] == label][-1])
            warn(
                where=table.place(row),
                what=f"stressor {stressor} per unit of GDP far from the others'",
                value=f"{value:.4g} {own['unit'].iloc[0]} per {data.info['unit']} in {label}",
                expectation=f"within {expected[0]:.4g} to {expected[1]:.4g}, the range of the "
                "others",
                effect=f"It is used. {CHECK}",
            )


def _inventory_cells(data: InputFolder) -> None:
    """A cell of a provincial inventory above the observed totals of all its cities, one of a city
    above its own total.
    """
    regions, totals = data.tables["regions"].frame, _emitted(observed(data))
    gdp = regions.set_index("region")["gdp"]
    known = totals.groupby("province")["value"].sum()
    covered = (
        gdp[totals["region"]].groupby(totals["province"].to_numpy()).sum()
        / regions.groupby("province")["gdp"].sum()
    )
    limits = {
        "inventory": (known / covered.reindex(known.index), "province"),
        "inventory_city": (totals.set_index("region")["value"], "region"),
    }
    for name in [name for name in limits if name in data.tables]:
        limit, key = limits[name]
        table, amount = data.tables[name], tonnes(data, name)
        most = limit.reindex(table.frame[key]).to_numpy(float)
        over = amount > most * (1 + ABOVE)
        for owner, rows in amount[over].groupby(table.frame.loc[over, key], sort=True):
            row = int(rows.idxmax())
            cell = table.frame.iloc[row]
            what = (
                "the observed totals of the province's cities"
                if key == "province"
                else "the observed total of its city"
            )
            warn(
                where=table.place(row),
                what=f"a cell of an inventory outweighs {what}",
                value=f"{rows[row]:.6g} t in inventory sector {cell['inventory_sector']}, fuel "
                f"{cell['fuel'] or 'all'}"
                + (f", and {len(rows) - 1} more cells" if len(rows) > 1 else ""),
                expectation=f"less than {most[row]:.6g} t, the observed total of {key} {owner}"
                + (
                    " (scaled to all its cities by GDP)"
                    if key == "province" and covered[owner] < ALL
                    else ""
                ),
                effect=f"The inventory counts; the cities' totals are scaled to it. {CHECK}",
            )


def _sources(data: InputFolder) -> None:
    """Sources that tell different things of the same emissions of a region."""
    table = data.tables["observations"]
    rows = table.frame.sort_values("value", kind="stable")
    counts = rows["status"].eq("observed") & rows["reliability"].gt(0)
    rows = rows[counts & rows["quantity"].eq("emissions")]
    for (region, _), told in rows.groupby(["region", "sectors"]):
        low, high = told.iloc[0], told.iloc[-1]
        if low["value"] < (1 - GAP) * high["value"]:
            warn(
                where=table.place(int(told.index[-1])),
                what=f"sources contradict each other on emissions of {region}",
                value=f"{low['value']:.6g} ({low['source']}), {high['value']:.6g} "
                f"({high['source']})",
                expectation=f"the same within {GAP:.0%}",
                effect="Both are used, each with the weight of its reliability.",
            )


def _shares(data: InputFolder) -> None:
    """Shares in percent of all cities of a province that are not 100 together."""
    table, count = data.tables["observations"], pd.Series(data.owner).value_counts()
    rows = table.frame.assign(province=table.frame["region"].map(data.owner))
    rows = rows[measures(rows).eq("share") & rows["unit"].eq("%")]
    key = ["province", "quantity", "sectors", "category", "source"]
    for (code, quantity, *_), told in rows.groupby(key):
        total = told["value"].sum()
        # printed to the unit, each may be half a unit off
        if len(told) == count[code] and abs(total - 100) > len(told) / 2:
            warn(
                where=table.place(int(told.index[0])),
                what="shares of all cities of a province do not add up to 100%",
                value=f"{quantity} of province {code}: {total:.6g}%",
                expectation="100%, but for rounding",
                effect="Only their proportions are used. Fix: check each share.",
            )


def _unbridged(data: InputFolder) -> None:
    """Sectors with output to which the bridge gives no emissions."""
    output = {code: table["output"].to_series() for code, table in data.provinces.items()}
    made = pd.DataFrame(output).sum(axis=1)
    bridged = data.column("bridge", "sector")
    if silent := [code for code in made.index[made > 0] if code not in bridged]:
        warn(
            where=data.place("bridge"),
            what="sectors with output that have no row",
            value=first_names(silent),
            expectation="a row for every sector that emits",
            effect="They emit nothing.",
        )


def _intensities(data: InputFolder) -> None:
    """Intensities of inventory sectors by province against the nation's, and the nation's against
    the benchmarks.
    """
    listed, bridge = data.tables["inventory_sectors"].frame, data.tables["bridge"].frame
    emitted = by_sector(data, "inventory")
    if emitted.empty:
        return
    amounts, frame = tonnes(data, "inventory"), data.tables["inventory"].frame
    output = pd.DataFrame(
        {code: data.provinces[code]["output"].to_series() for code in emitted.index}
    ).T
    targets = bridge.groupby("inventory_sector")["sector"].apply(list)
    names, total = (
        dict(zip(listed["inventory_sector"], listed["name"], strict=True)),
        emitted.sum(axis=1).to_numpy(float),
    )
    for code in [code for code in targets.index if code in emitted]:
        x, e = output[[*targets[code]]].sum(axis=1).to_numpy(float), emitted[code].to_numpy(float)
        for k in np.flatnonzero((x > 0) & (e > 0)):
            province, rest = emitted.index[k], np.arange(len(x)) != k
            usual = e[rest].sum() / x[rest].sum() if x[rest].sum() > 0 else 0.0
            weight = e[k] / total[k]
            if usual > 0 and e[k] / x[k] > FAR_OFF * usual and weight > EMISSION_WEIGHT:
                rows = np.flatnonzero(
                    (frame["province"] == province) & (frame["inventory_sector"] == code)
                )
                warn(
                    where=data.tables["inventory"].place(int(rows[np.argmax(amounts.iloc[rows])])),
                    what=f"emission intensity of inventory sector {code} ({names[code]}) more "
                    "than ten times the national one",
                    value=f"{e[k] / x[k]:.4g} t per {data.info['unit']} in province {province} "
                    f"({e[k]:.6g} t over output of {x[k]:.6g})",
                    expectation=f"about {usual:.4g}, the other provinces together",
                    effect=f"It is used: {weight:.1%} of the province's emissions. {CHECK}",
                )
    reference = data.tables["benchmarks"].frame
    for row, (parameter, value) in enumerate(
        zip(reference["parameter"], reference["value"], strict=True)
    ):
        if not parameter.startswith("global_intensity."):
            continue
        codes = [
            c
            for c in listed.loc[listed["key"] == parameter.split(".", 1)[1], "inventory_sector"]
            if c in emitted
        ]
        sectors = sorted({sector for c in codes for sector in targets.get(c, [])})
        x = float(output[sectors].sum().sum()) if sectors else 0.0
        own = float(emitted[codes].sum().sum()) / x if x > 0 else 0.0
        if own > 0 and not value / FAR_OFF <= own <= value * FAR_OFF:
            warn(
                where=data.tables["benchmarks"].place(row),
                what=f"{parameter} is of another order than the nation's own intensity",
                value=f"{value:.4g} {reference['unit'][row]}",
                expectation=f"the nation's {own:.4g} within a factor of {FAR_OFF:g}",
                effect="The technology scenario lowers intensities to it. Fix: check its value "
                "and its unit.",
            )


def _benchmarks(data: InputFolder) -> None:
    """Benchmarks other than intensities, of another order than such parameters are."""
    table = data.tables["benchmarks"]
    emissions = national_total(data) / 1e9
    low, high = (factor * emissions for factor in PEAK)
    of_peak = f"Gt CO2 (the run's own emissions are {emissions:.4g})"
    ranges = {
        "megacity_capital_share": (*SHARE, "", "The demand scenario takes their mean as target."),
        "per_capita": (
            *PER_CAPITA,
            "t CO2 per person",
            "It stands beside the run's results as it is.",
        ),
        "peak_emissions": (
            low,
            high,
            of_peak,
            "The quota is what the run's emissions leave of it.",
        ),
    }
    for row, (parameter, value, unit) in enumerate(
        table.frame[["parameter", "value", "unit"]].itertuples(index=False)
    ):
        kind = parameter.split(".", 1)[0]
        if kind in ranges and not ranges[kind][0] <= value <= ranges[kind][1]:
            low, high, of, follows = ranges[kind]
            warn(
                where=table.place(row),
                what=f"{parameter} is of another order than such benchmarks",
                value=f"{value:.6g} {unit}".removesuffix(" 1"),
                expectation=" ".join(filter(None, [f"{low:.3g} to {high:.3g}", of])),
                effect=follows + " Fix: check its unit.",
            )
    year = table.frame["year"]
    other = table.frame[year.notna() & year.ne(data.info["year"])]
    if len(other):
        named = [f"{row.parameter} ({row.year:.0f})" for row in other.itertuples()]
        warn(
            where=table.place(other.index[0]),
            what="benchmarks of another year",
            value=", ".join(named),
            expectation=f"benchmarks of {data.info['year']}, the year of the dataset",
            effect="They are used as they are: what changed between the years, prices above all, "
            "counts as a difference from the benchmark. Fix: give those of the year.",
        )


def _places(data: InputFolder) -> None:
    """Say which coordinates of a sound dataset can hardly be right."""
    regions = data.tables["regions"].frame
    polygons = _polygons(data)
    exchanged, outside = list[int](), list[int]()
    for row, (region, lon, lat) in enumerate(
        regions[["region", "lon", "lat"]].itertuples(index=False)
    ):
        if region in polygons:
            frame = polygons[region].bounds
            if not _inside(frame, lon, lat):
                (exchanged if _inside(frame, lat, lon) else outside).append(row)
    far, turned = _far(regions)
    exchanged += [row for row in turned if row not in exchanged]
    shown = [
        f"lon {lon:.6g}, lat {lat:.6g}"
        for lon, lat in regions[["lon", "lat"]].itertuples(index=False)
    ]
    _say(
        data,
        exchanged,
        shown,
        what="longitude and latitude look exchanged",
        expectation="a centre inside its polygon, near the other regions",
        effect="Distances and maps take it as it stands. Fix: exchange the columns lon and lat "
        "of the row.",
    )
    _say(
        data,
        outside,
        shown,
        what="the centre of a region lies outside its polygon",
        expectation="a centre inside the polygon of boundaries.geojson",
        effect="Distances take the centre, maps the polygon. Fix: check that both are longitude "
        "and latitude (WGS 84).",
    )
    _say(
        data,
        [row for row in far if row not in {*exchanged, *outside} and not data.given],
        shown,
        what="a region far from the rest of its province or country",
        expectation="a centre near the other regions",
        effect="Its trade costs follow the distance. Fix: check lon and lat.",
    )
    given = regions["area_km2"]
    drawn = pd.Series(
        {
            row: area_km2(polygons[code])
            for row, code in enumerate(regions["region"])
            if code in polygons
        },
        dtype=float,
    )
    ratio = drawn / given.reindex(drawn.index)
    _say(
        data,
        [int(row) for row in ratio.index[~ratio.between(1 / AREA, AREA)]],
        {
            row: f"{area:.4g} km2 on the map, area_km2 is {given[row]:.4g}"
            for row, area in drawn.items()
        },
        what="the area of a polygon is not the area of its region",
        expectation=f"area_km2 within a factor of {AREA:g}",
        effect=BANDS["area"].effect,
    )


def _say(
    data: InputFolder,
    rows: Sequence[int],
    shown: Mapping[int, str] | Sequence[str],
    *,
    what: str,
    expectation: str,
    effect: str,
) -> None:
    """One warning for all rows of one kind: the first with its value, and how many."""
    if not rows:
        return
    table = data.tables["regions"]
    more = f"; {len(rows)} of {len(table.frame)} regions" if len(rows) > 1 else ""
    warn(
        where=table.place(rows[0]),
        what=what,
        value=f"region {table.frame['region'].iloc[rows[0]]}: {shown[rows[0]]}{more}",
        expectation=expectation,
        effect=effect,
    )


def _polygons(data: InputFolder) -> dict:
    """Polygons by region; empty without boundaries."""
    if data.boundaries is None:
        return {}
    features = json.loads(data.boundaries.read_text(encoding="utf-8"))["features"]
    of = ((feature["properties"]["region"], feature["geometry"]) for feature in features)
    return {str(region): shape(geometry) for region, geometry in of if region is not None}


def _inside(frame: tuple[float, float, float, float], lon: float, lat: float) -> bool:
    west, south, east, north = frame
    dx, dy = (MARGIN * size + MARGIN_DEGREES for size in (east - west, north - south))
    return west - dx <= lon <= east + dx and south - dy <= lat <= north + dy


def _points(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Points on the unit sphere (n, 3)."""
    x, y = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])


def _far(regions: pd.DataFrame) -> tuple[list[int], list[int]]:
    """Rows far from the rest of their country or province, and rows that would be near with lon and
    lat exchanged.
    """
    lon, lat = regions["lon"].to_numpy(), regions["lat"].to_numpy()
    here, there = _points(lon, lat), _points(lat, lon)
    far, turned = [], []
    groups = [np.arange(len(regions)), *regions.groupby("province").indices.values()]
    for members in [members for members in groups if len(members) > 3]:
        for row in members:
            others = here[members[members != row]]
            middle = np.median(others, axis=0)
            spread = np.linalg.norm(others - middle, axis=1).max()
            if np.linalg.norm(here[row] - middle) > FAR * spread and row not in far:
                far.append(int(row))
                if np.linalg.norm(there[row] - middle) <= FAR * spread:
                    turned.append(int(row))
    return far, turned
