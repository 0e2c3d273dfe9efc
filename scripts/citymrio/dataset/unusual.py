"""What looks wrong in a sound dataset and can be used all the same: warnings, where `levels` would be too strict to refuse.

Every check says one thing of one place. `levels` refuses what differs by orders of magnitude; here are factors that sound data of
one country hardly reach, and amounts that exceed the whole they are part of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from ..base.money import rounding
from ..base.notices import warn
from .benchmarks import FAR_OFF
from .contract.folder import InputFolder
from .contract.inventories import by_sector, emissions_by_province, national_total, tonnes
from .contract.levels import account, observed, whole_emissions
from .contract.tables import Table

#: A part above its whole by more than this share is not a matter of rounding or of two sources; a province of one region is the
#: same thing twice.
ABOVE, ABOVE_SAME = 0.05, 1.0
#: What is said of a single sector weighs at least this much: of the flows, of the emissions of a province.
TRADE_WEIGHT, EMISSION_WEIGHT = 0.001, 0.005
#: Sums of cities against their province, tables against GDP: two sources of the same (`levels` refuses from 3 on).
SOURCES = 1.5
#: Amounts per capita against the median region, and against the next region in order.
PER_PERSON, PER_PERSON_NEXT = 5.0, 4.0
#: Benchmarks other than intensities: t CO2 per person; shares; the peak in units of the run's own emissions.
PER_CAPITA, SHARE, PEAK = (0.1, 100.0), (0.01, 0.9), (0.1, 20.0)
#: Tables that fit the cities of another province: own misfit at least, and how much smaller it is with the other (log points).
MISFIT, BETTER = np.log(1.1), 0.3
CHECK = "Fix: check the cell and its unit; if it is right, nothing is to be done."

#: Share of a province from which its cities are all of it: round-off.
ALL = 1 - 1e-9


def warn_of_unusual(data: InputFolder) -> None:
    """Say what is unusual in a dataset without faults; of a given table's, what does not compare it with tables of provinces."""
    checks = (
        _parts_above_whole,
        _sums_of_cities,
        _trade,
        _swapped,
        _per_capita,
        _inventory_cells,
        _intensities,
        _benchmarks,
        _prices,
        _history,
    )
    for check in (_prices,) if data.given else checks:
        check(data)


def _prices(data: InputFolder) -> None:
    """Purchasers' prices, and prices that nobody states."""
    basis = str(data.info["price_basis"])
    effects = {
        "purchasers' prices": "Trade and transport margins stand in the rows of the goods, not in those of trade and transport: "
        "who buys a good seems to buy its margin from the maker, so that emissions of trade and transport are misplaced. "
        "Fix: move the margins to the rows of trade and transport (basic prices), if the source has them.",
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


def _history(data: InputFolder) -> None:
    """CO2 totals of the dataset's year that are not those observed."""
    if (table := data.tables.get("emissions_history")) is None:
        return
    known = {str(region): group["value"] for region, group in _emitted(_observed(data)).groupby("region")}
    now = table.frame[table.frame["year"] == data.info["year"]]
    for row, region, value in now[["region", "emissions"]].itertuples():
        if region in known and ((known[region] / value - 1).abs() > ABOVE).all():
            warn(
                where=_place(table, row),
                what="a CO2 total of the dataset's year is not the one that is observed",
                value=f"{value:.6g} t of region {region}",
                expectation=f"{known[region].iloc[0]:.6g} t, as in observations",
                effect="The estimate takes the observation, emissions_trends.csv this one. Fix: take both from one source.",
            )


def _place(table: Table, row: int) -> str:
    where, number = table.places[row]
    return f"{where}, row {number}"


def _observed(data: InputFolder) -> pd.DataFrame:
    """Observations with the province of their region, and how many regions it has."""
    rows = observed(data)
    return rows.assign(members=rows["province"].map(data.tables["regions"].frame["province"].value_counts()))


def _rounding(data: InputFolder) -> float:
    """Rounding of printed sums of the country."""
    return rounding(data.tables["regions"].frame["gdp"].to_numpy(float))


def _amounts(rows: pd.DataFrame) -> Iterator[tuple[tuple[str, str, str, str], pd.DataFrame]]:
    """What one source tells of the cities of a province, all of the same quantity, sectors and category."""
    key = ["province", "quantity", "sectors", "category"]
    return ((tuple(of[:-1]), part) for of, part in rows.groupby([*key, "source"], sort=True))


def _emitted(observed: pd.DataFrame) -> pd.DataFrame:
    """Observed emissions by region: region, province, value; of several sources their mean."""
    return whole_emissions(observed).groupby(["region", "province"], as_index=False, sort=False)["value"].mean()


def _name(quantity: str, sectors: str, category: str) -> str:
    codes = sectors.split(";") if sectors else []
    of = f" of sectors {codes[0]} to {codes[-1]}" if len(codes) > 3 else f" of {', '.join(codes)}" if codes else ""
    return f"{quantity}{f' ({category})' if category else ''}{of}"


def _parts_above_whole(data: InputFolder) -> None:
    """One city's observation above the account of its province."""
    table, near = data.tables["observations"], _rounding(data)
    for (province, quantity, sectors, category), rows in _amounts(_observed(data)):
        whole = account(data, province, quantity, sectors, category)
        for row, value, members in zip(rows.index, rows["value"], rows["members"], strict=True):
            if value > (1 + (ABOVE if members > 1 else ABOVE_SAME)) * whole + near:
                warn(
                    where=_place(table, row),
                    what=f"{_name(quantity, sectors, category)}: one region has more than its whole province",
                    value=f"{value:.6g} in region {rows['region'][row]}",
                    expectation=f"at most {whole:.6g}, the account of province {province}",
                    effect=f"The datum is brought to the level of the province. {CHECK}",
                )


def _sums_of_cities(data: InputFolder) -> None:
    """The cities of a province together against its account, and its GDP against its table."""
    table = data.tables["observations"]
    for (province, quantity, sectors, category), rows in _amounts(_observed(data)):
        whole, total = account(data, province, quantity, sectors, category), float(rows["value"].sum())
        if len(rows) > 1 and total > SOURCES * whole + _rounding(data):
            warn(
                where=_place(table, int(rows.index[0])),
                what=f"{_name(quantity, sectors, category)}: the cities together have more than their province",
                value=f"{total:.6g} in {len(rows)} cities of province {province}",
                expectation=f"about {whole:.6g}, the account of the province (at most {SOURCES:g} times)",
                effect=f"The data are brought to the level of the province. {CHECK}",
            )
    gdp = data.tables["regions"].frame.groupby("province")["gdp"].sum()
    for code, table_of in sorted(data.provinces.items()):
        added = float(table_of["value_added"].sum())
        if not 1 / SOURCES <= added / gdp[code] <= SOURCES:
            warn(
                where=data.io_places[code],
                what="value added of the table against the GDP of the province's regions",
                value=f"{added:.6g} against {gdp[code]:.6g}",
                expectation=f"the same within a factor of {SOURCES:g}",
                effect="The table counts; GDP per capita of the regions does not fit it. Fix: check that both are of this "
                "province, year and unit.",
            )


def _trade(data: InputFolder) -> None:
    """Exports above output, imports above what is used at home: re-exports, or a wrong column."""
    tables = {**data.provinces, **({"": data.national} if data.national is not None else {})}
    for code, table in sorted(tables.items()):
        home, near = table["total_use"].sum("use"), rounding(table["output"].values)
        for flow, whole, name in (("exports", table["output"], "output"), ("imports", home, "use at home")):
            over = (table[flow] - whole).where(table[flow] > (1 + ABOVE) * whole + near).to_series().dropna()
            if over.sum() > TRADE_WEIGHT * float(table[flow].sum()):
                worst, count = over.idxmax(), f"{len(over)} {'sector' if len(over) == 1 else 'sectors'}"
                warn(
                    where=data.io_places[code],
                    what=f"{flow} above {name}",
                    value=f"{over.sum():.6g} above it in {count}; most in sector {worst}: "
                    f"{float(table[flow].sel(sector=worst)):.6g}",
                    expectation=f"at most {name}, {float(whole.sel(sector=worst)):.6g} in sector {worst}",
                    effect="What exceeds it passes through the province (transit, re-exports). Fix: check the columns of trade, "
                    "unless such trade is known.",
                )


def _swapped(data: InputFolder) -> None:
    """Provincial tables that fit the cities of another province, and theirs fit this one."""
    codes = data.codes
    if len(codes) < 2:
        return
    gdp = data.tables["regions"].frame.groupby("province")["gdp"].sum()
    observed = _observed(data)
    added = observed[(observed["quantity"] == "value_added") & (observed["sectors"] != "")]
    sums = added.groupby(["province", "sectors"])["value"].sum().unstack()
    whole = sums.columns[sums.notna().all()] if len(sums) == len(codes) else []
    own = np.column_stack([gdp[codes], *(sums.loc[codes, group] for group in whole)])
    groups = [[*map(str, data.provinces[codes[0]]["sector"].values)], *(group.split(";") for group in whole)]
    given = np.array([[float(data.provinces[c]["value_added"].sel(sector=g).sum()) for g in groups] for c in codes])
    least = _rounding(data)  # of an industry that a province does not have
    with np.errstate(divide="ignore"):
        gaps = np.log(np.maximum(given, least))[:, None] - np.log(np.maximum(own, least))[None, :]
    misfit = np.sqrt((gaps**2).mean(axis=2))
    _, best = linear_sum_assignment(misfit)
    for k in np.flatnonzero(best != np.arange(len(codes))):
        cycle = _cycle(best, k)
        before, after = misfit[cycle, cycle], misfit[cycle, best[cycle]]
        if k == min(cycle) and before.min() > MISFIT and after.sum() < BETTER * before.sum():
            pairs = "; ".join(f"the table of {codes[c]} fits the cities of {codes[best[c]]}" for c in cycle)
            warn(
                where=", ".join(data.io_places[codes[c]] for c in cycle),
                what="provincial tables that look swapped",
                value=f"{pairs} (value added is off by {np.expm1(before.mean()):.0%} as the tables stand, "
                f"by {np.expm1(after.mean()):.0%} the other way round)",
                expectation="a table whose value added is that of its own province's cities",
                effect="The tables are used as they are named: cities are scaled to another province. Fix: exchange the tables "
                "if their titles say so.",
            )


def _cycle(order: Sequence[int], start: int) -> list[int]:
    found = [int(start)]
    while order[found[-1]] != start:
        found.append(int(order[found[-1]]))
    return found


def _per_capita(data: InputFolder) -> None:
    """GDP and observed emissions per capita far outside the country's own range: a population, or the amount, is wrong."""
    table = data.tables["regions"]
    regions = table.frame.set_index("region")
    emitted = _emitted(_observed(data)).set_index("region")["value"]
    amounts = {"GDP": (regions["gdp"], data.info["unit"]), "observed emissions": (emitted, "t CO2")}
    for name, (amount, unit) in amounts.items():
        heads = regions["population"].reindex(amount.index)
        for region, value, expected in _outliers(amount / heads):
            row = list(regions.index).index(region)
            warn(
                where=_place(table, row),
                what=f"{name} per capita of a region far from the others'",
                value=f"{value:.4g} {unit} with {heads[region]:,.0f} persons",
                expectation=f"within {expected[0]:.4g} to {expected[1]:.4g}, the range of the other regions",
                effect=f"Affluence and per-capita results of the region follow it. {CHECK}",
            )
    people = regions.groupby("province")["population"].sum()
    totals = emissions_by_province(data)
    for province, value, expected in _outliers(totals / people.reindex(totals.index)):
        row = int(np.argmax(data.tables["inventory"].frame["province"] == province))
        warn(
            where=_place(data.tables["inventory"], row),
            what="emissions per capita of a province far from the others'",
            value=f"{value:.4g} t CO2 with {people[province]:,.0f} persons",
            expectation=f"within {expected[0]:.4g} to {expected[1]:.4g}, the range of the other provinces",
            effect=f"Either the inventory or the population of province {province} is off. {CHECK}",
        )


def _outliers(values: pd.Series) -> list[tuple[str, float, tuple[float, float]]]:
    """Values beyond `PER_PERSON` times the median and `PER_PERSON_NEXT` times apart from all others, with the others' range."""
    values = values[values > 0].dropna()
    numbers, found = values.to_numpy(float), []
    for k, (label, value) in enumerate(values.items() if len(values) > 2 else ()):
        others = np.delete(numbers, k)
        low, high, middle = float(others.min()), float(others.max()), float(np.median(others))
        if value > max(PER_PERSON * middle, PER_PERSON_NEXT * high) or value < min(middle / PER_PERSON, low / PER_PERSON_NEXT):
            found.append((str(label), float(value), (low, high)))
    return found


def _inventory_cells(data: InputFolder) -> None:
    """A cell of a provincial inventory above the observed totals of all its cities, one of a city above its own total."""
    regions, totals = data.tables["regions"].frame, _emitted(_observed(data))
    gdp = regions.set_index("region")["gdp"]
    known = totals.groupby("province")["value"].sum()
    covered = gdp[totals["region"]].groupby(totals["province"].to_numpy()).sum() / regions.groupby("province")["gdp"].sum()
    limits = {
        "inventory": (known / covered.reindex(known.index), "province"),
        "inventory_city": (totals.set_index("region")["value"], "region"),
    }
    for name, (limit, key) in limits.items():
        if name not in data.tables:
            continue
        table, amount = data.tables[name], tonnes(data, name)
        most = limit.reindex(table.frame[key]).to_numpy(float)
        over = amount > most * (1 + ABOVE)
        for owner, rows in amount[over].groupby(table.frame.loc[over, key], sort=True):
            row = int(rows.idxmax())
            cell = table.frame.iloc[row]
            what = "the observed totals of the province's cities" if key == "province" else "the observed total of its city"
            warn(
                where=_place(table, row),
                what=f"a cell of an inventory outweighs {what}",
                value=f"{rows[row]:.6g} t in inventory sector {cell['inventory_sector']}, fuel {cell['fuel'] or 'all'}"
                + (f", and {len(rows) - 1} more cells" if len(rows) > 1 else ""),
                expectation=f"less than {most[row]:.6g} t, the observed total of {key} {owner}"
                + (" (scaled to all its cities by GDP)" if key == "province" and covered[owner] < ALL else ""),
                effect=f"The inventory counts; the cities' totals are scaled to it. {CHECK}",
            )


def _intensities(data: InputFolder) -> None:
    """Intensities of inventory sectors by province against the nation's, and the nation's against the benchmarks."""
    listed, bridge = data.tables["inventory_sectors"].frame, data.tables["bridge"].frame
    emitted = by_sector(data, "inventory")
    if emitted.empty:
        return
    amounts, frame = tonnes(data, "inventory"), data.tables["inventory"].frame
    output = pd.DataFrame({code: data.provinces[code]["output"].to_series() for code in emitted.index}).T
    targets = bridge.groupby("inventory_sector")["sector"].apply(list)
    names, total = dict(zip(listed["inventory_sector"], listed["name"], strict=True)), emitted.sum(axis=1).to_numpy(float)
    for code in [code for code in targets.index if code in emitted]:
        x, e = output[[*targets[code]]].sum(axis=1).to_numpy(float), emitted[code].to_numpy(float)
        if x.sum() <= 0 or len(x) < 2:
            continue
        for k in np.flatnonzero((x > 0) & (e > 0)):
            province, rest = emitted.index[k], np.arange(len(x)) != k
            usual = e[rest].sum() / x[rest].sum() if x[rest].sum() > 0 else 0.0
            weight = e[k] / total[k]
            if usual > 0 and e[k] / x[k] > FAR_OFF * usual and weight > EMISSION_WEIGHT:
                rows = np.flatnonzero((frame["province"] == province) & (frame["inventory_sector"] == code))
                warn(
                    where=_place(data.tables["inventory"], int(rows[np.argmax(amounts.iloc[rows])])),
                    what=f"emission intensity of inventory sector {code} ({names[code]}) more than ten times the national one",
                    value=f"{e[k] / x[k]:.4g} t per {data.info['unit']} in province {province} "
                    f"({e[k]:.6g} t over output of {x[k]:.6g})",
                    expectation=f"about {usual:.4g}, the other provinces together",
                    effect=f"It is used: {weight:.1%} of the province's emissions. {CHECK}",
                )
    reference = data.tables["benchmarks"].frame
    for row, (parameter, value) in enumerate(zip(reference["parameter"], reference["value"], strict=True)):
        if not parameter.startswith("global_intensity."):
            continue
        codes = [c for c in listed.loc[listed["key"] == parameter.split(".", 1)[1], "inventory_sector"] if c in emitted]
        sectors = sorted({sector for c in codes for sector in targets.get(c, [])})
        x = float(output[sectors].sum().sum()) if sectors else 0.0
        own = float(emitted[codes].sum().sum()) / x if x > 0 else 0.0
        if own > 0 and not value / FAR_OFF <= own <= value * FAR_OFF:
            warn(
                where=_place(data.tables["benchmarks"], row),
                what=f"{parameter} is of another order than the nation's own intensity",
                value=f"{value:.4g} {reference['unit'][row]}",
                expectation=f"the nation's {own:.4g} within a factor of {FAR_OFF:g}",
                effect="The technology scenario lowers intensities to it. Fix: check its value and its unit.",
            )


def _benchmarks(data: InputFolder) -> None:
    """Benchmarks other than intensities, of another order than such parameters are."""
    table = data.tables["benchmarks"]
    emissions = national_total(data) / 1e9
    low, high = (factor * emissions for factor in PEAK)
    ranges = {
        "megacity_capital_share": (*SHARE, ""),
        "per_capita": (*PER_CAPITA, "t CO2 per person"),
        "peak_emissions": (low, high, f"Gt CO2 (the run's own emissions are {emissions:.4g})"),
    }
    for row, (parameter, value, unit) in enumerate(table.frame[["parameter", "value", "unit"]].itertuples(index=False)):
        kind = parameter.split(".", 1)[0]
        if kind in ranges and not ranges[kind][0] <= value <= ranges[kind][1]:
            low, high, of = ranges[kind]
            warn(
                where=_place(table, row),
                what=f"{parameter} is of another order than such benchmarks",
                value=f"{value:.6g} {unit}",
                expectation=" ".join(filter(None, [f"{low:.3g} to {high:.3g}", of])),
                effect="It stands beside the run's results as it is. Fix: check its unit.",
            )
