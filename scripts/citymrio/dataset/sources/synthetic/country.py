"""Provinces and cities of the synthetic country: where they lie, how many people live there, what
they live from.

Sizes of cities are lognormal with a larger capital (close to Zipf in the upper tail); income rises
towards the coast and differs by structure type; one province has a capital so dominant that
condition (H) of method section 3 binds there. Names are of syllables that no real gazetteer holds.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from ....base.errors import DataError
from ....base.geography import distances_km, own_distance_km
from ...contract.boundaries import area_km2
from . import geography
from .parameters import Parameters

ONSET = (
    "V",
    "Br",
    "K",
    "T",
    "M",
    "Dr",
    "L",
    "S",
    "N",
    "Pr",
    "R",
    "F",
    "G",
    "Th",
    "B",
    "Gl",
    "Tr",
    "H",
    "J",
    "Kv",
)
VOWEL = ("a", "e", "i", "o", "u", "ae", "ei", "ou", "ia")
MIDDLE = (
    "l",
    "r",
    "n",
    "lv",
    "rd",
    "nt",
    "sk",
    "m",
    "rth",
    "ld",
    "v",
    "z",
    "str",
    "mb",
    "ks",
    "rn",
)
CITY_END = (
    "a",
    "en",
    "is",
    "or",
    "um",
    "eth",
    "avar",
    "ond",
    "ik",
    "osta",
    "elle",
    "urn",
    "ast",
    "iva",
    "oth",
)
PROVINCE_END = ("ia", "avia", "oria", "unde", "esk", "altia", "enor", "ovia", "andis")
LOCAL = str.maketrans(
    {"a": "á", "e": "ě", "i": "î", "o": "ø", "u": "ů", "s": "š", "n": "ñ", "t": "ŧ"}
)


def invent(count: int, rng: np.random.Generator, *, province: bool = False) -> list[str]:
    """`count` different names."""
    names: dict[str, None] = {}
    ends = PROVINCE_END if province else CITY_END
    while len(names) < count:
        parts = [
            ONSET[rng.integers(len(ONSET))],
            VOWEL[rng.integers(len(VOWEL))],
            MIDDLE[rng.integers(len(MIDDLE))],
        ]
        if rng.random() < 0.35:
            parts += [VOWEL[rng.integers(5)], MIDDLE[rng.integers(5)]]
        names["".join(parts) + ends[rng.integers(len(ends))]] = None
    return [*names]


def local(name: str) -> str:
    """The name in the country's own spelling."""
    return name[0] + name[1:].translate(LOCAL)


@dataclass(frozen=True)
class Plan:
    """How many regions of which kind, and the macro level that the country follows
    approximately.

    Attributes
    ----------
    cities
        Cities of each split province.
    municipalities
        Provinces that are one city.
    unsplit
        Provinces kept as one region of kind `province`.
    population
        Persons.
    gdp
        10^4 CNY.
    cells
        Cells of the land's mosaic.
    scale
        Size of the land relative to the full country.
    closed
        Provinces that send nothing to other provinces.
    kinds
        Kinds of the provinces, in order; none: by their place.
    dominant
        Whether one of more than three split provinces has a dominant capital.
    """

    cities: tuple[int, ...]
    municipalities: int
    unsplit: int
    population: float
    gdp: float
    cells: int
    scale: float = 1.0
    closed: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    dominant: bool = True


PLANS = {
    "full": Plan(
        cities=(
            19,
            18,
            17,
            17,
            16,
            15,
            15,
            15,
            14,
            14,
            14,
            14,
            13,
            13,
            13,
            13,
            12,
            12,
            11,
            11,
            8,
            6,
            5,
        ),
        municipalities=4,
        unsplit=4,
        population=1.33e9,
        gdp=53e8,
        cells=11_000,
    ),
    "tiny": Plan(
        cities=(2, 4, 6),
        municipalities=2,
        unsplit=0,
        population=5.0e7,
        gdp=2.0e8,
        cells=500,
        scale=0.35,
        closed=("P05",),
        kinds=("municipality", "split", "split", "split", "municipality"),
    ),
}


def plan_of(provinces: int, cities: int, like: Plan) -> Plan:
    """The plan of a country of any size; the macro level is that of another plan."""
    apart = round(provinces * 4 / 31)
    split = provinces - 2 * apart
    weight = np.linspace(19, 5, split)
    more = np.cumsum(weight) / weight.sum() * (cities - apart - 2 * split)
    counts = 2 + np.diff(np.round(more).astype(int), prepend=0)
    cells = max(2000, 60 * (cities + apart))
    return Plan(tuple(counts.tolist()), apart, apart, like.population, like.gdp, cells, like.scale)


@dataclass(frozen=True)
class Country:
    """Provinces, regions (in code order), their outlines and the distances between them.

    Attributes
    ----------
    provinces
        province, name, kind, dominant (bool), remote (bool).
    regions
        Columns of regions.csv and: type, capital (bool), east (0-1), income (relative GDP per
        capita).
    distance
        Great-circle distances between the regions' seats, and the mean one inside a region, km
        (region, region).
    """

    provinces: pd.DataFrame
    regions: pd.DataFrame
    outlines: list[shapely.Geometry]
    distance: np.ndarray

    @property
    def province_index(self) -> np.ndarray:
        """Rank of each region's province (region,)."""
        return self.provinces["province"].searchsorted(self.regions["province"])

    def scatter(self, rng: np.random.Generator, columns: int, shared: float) -> np.ndarray:
        """Standard normal numbers (region, column), and `shared` times others that all regions of a
        province have in common.
        """
        found, owner = rng.normal(0, 1, (len(self.regions), columns)), self.province_index
        if shared:
            found += shared * rng.normal(0, 1, (len(self.provinces), columns))[owner]
        return found


def _province_kinds(plan: Plan, centre: np.ndarray, coastal: np.ndarray) -> list[str]:
    """Kinds by place: municipalities on the rich coast, unsplit provinces farthest from it."""
    if plan.kinds:
        return list(plan.kinds)
    east = np.argsort(-centre[:, 0], kind="stable")
    kinds = ["split"] * len(centre)
    for place in east[::-1][: plan.unsplit]:
        kinds[place] = "unsplit"
    left = (place for place in east if kinds[place] == "split")
    for place in sorted(left, key=lambda place: not coastal[place])[: 2 * plan.municipalities : 2]:
        kinds[place] = "municipality"
    return kinds


def _city_counts(plan: Plan, kinds: list[str], weight: np.ndarray) -> np.ndarray:
    """Regions of each province; the larger the settled area, the more cities."""
    counts = np.ones(len(kinds), dtype=int)
    split = [place for place, kind in enumerate(kinds) if kind == "split"]
    if len(split) == 3:
        counts[split] = plan.cities
        return counts
    order = sorted(split, key=lambda place: -weight[place])
    counts[order] = sorted(plan.cities, reverse=True)
    return counts


def _types(
    types: tuple[str, ...],
    east: np.ndarray,
    capital: np.ndarray,
    kind: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Structure type of each region, drawn with odds that depend on its place."""
    chosen = []
    for place in range(len(east)):
        e = east[place]
        odds = np.array(
            [0.38 - 0.26 * e, 0.30 - 0.24 * e, 0.10 + 0.14 * e, 0.24 + 0.06 * e, 0.03 + 0.16 * e]
        )
        if capital[place]:
            odds = np.array([0.02, 0.10 - 0.08 * e, 0.08, 0.35, 0.25 + 0.5 * e])
        if kind[place] == "municipality":
            odds = np.array([0.0, 0.0, 0.0, 0.15, 0.85])
        chosen.append(types[rng.choice(len(types), p=odds / odds.sum())])
    return np.array(chosen)


def draw_country(plan: Plan, rng: np.random.Generator, parameters: Parameters) -> Country:
    """Draw the country of a plan."""
    count = len(plan.cities) + plan.municipalities + plan.unsplit
    land = geography.mosaic(plan.cells, count, rng)
    settled = np.exp(1.7 * land.centre[:, 0]) * np.exp(-0.5 * land.centre[:, 1] ** 2)
    seat = geography.spread(land.centre, settled**0.8, count, rng)
    seat = seat[np.lexsort((land.centre[seat, 0], -np.round(land.centre[seat, 1] * 3.2)))]
    first = geography.grow(land.graph, seat)
    coastal = np.array([land.coastal[first == place].any() for place in range(count)])
    kinds = _province_kinds(plan, land.centre[seat], coastal)
    if not plan.kinds:
        seat = _move_to_coast(land, seat, first, kinds)
    gap = dijkstra(land.graph, indices=seat)[:, seat]  # shortest paths between the seats
    nearest = np.where(np.eye(len(seat), dtype=bool), np.inf, gap).min(axis=1)
    delay = np.array([0.5 if kind == "municipality" else 0.0 for kind in kinds]) * nearest
    province = geography.grow(land.graph, seat, delay)
    counts = _city_counts(plan, kinds, np.bincount(province, weights=settled**0.7, minlength=count))
    region, seats = _grow_regions(land, province, seat, counts, settled, rng)
    outlines = geography.outlines(land, region, int(counts.sum()), plan.scale)
    provinces = _provinces(plan, kinds, counts, land, seat, rng)
    regions = _regions(plan, parameters, provinces, counts, land, seats, outlines, rng)
    distance = distances_km(regions["lon"].to_numpy(), regions["lat"].to_numpy())
    np.fill_diagonal(distance, own_distance_km(regions["area_km2"].to_numpy()))
    return Country(provinces, regions, outlines, distance)


def _move_to_coast(
    land: geography.Mosaic, seat: np.ndarray, province: np.ndarray, kinds: list[str]
) -> np.ndarray:
    """Seats of municipalities moved to the nearest beach of their own province."""
    moved = seat.copy()
    for place, kind in enumerate(kinds):
        beach = np.flatnonzero(land.coastal & (province == place))
        if kind == "municipality" and len(beach):
            gap = ((land.centre[beach] - land.centre[seat[place]]) ** 2).sum(axis=1)
            moved[place] = beach[int(np.argmin(gap))]
    return moved


def _grow_regions(
    land: geography.Mosaic,
    province: np.ndarray,
    seat: np.ndarray,
    counts: np.ndarray,
    settled: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Regions inside each province; the province's seat is its first region's."""
    region = np.full(len(province), -1)
    seats: list[int] = []
    for place, number in enumerate(counts):
        cells = np.flatnonzero(province == place)
        if number > len(cells):
            fault = f"a province of {len(cells)} cells of land is to have {number} cities"
            raise DataError(fault, where="synthetic country", fix="take another seed.")
        if number == 1:
            chosen = np.flatnonzero(cells == seat[place])
        else:
            chosen = geography.spread(land.centre[cells], settled[cells] ** 0.6, int(number), rng)
            nearest = int(
                np.argmin(
                    ((land.centre[cells][chosen] - land.centre[seat[place]]) ** 2).sum(axis=1)
                )
            )
            chosen = np.concatenate([chosen[nearest : nearest + 1], np.delete(chosen, nearest)])
        region[cells] = len(seats) + geography.grow(land.graph[cells][:, cells], chosen)
        seats.extend(cells[chosen])
    return region, np.array(seats)


def _provinces(
    plan: Plan,
    kinds: list[str],
    counts: np.ndarray,
    land: geography.Mosaic,
    seat: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    width = max(2, len(str(len(kinds))))
    code = [f"P{number + 1:0{width}d}" for number in range(len(kinds))]
    split = [place for place, kind in enumerate(kinds) if kind == "split"]
    smallest = (
        sorted(split, key=lambda place: (abs(counts[place] - 5), place))[0]
        if len(split) > 3 and plan.dominant
        else -1
    )
    unsplit = [place for place, kind in enumerate(kinds) if kind == "unsplit"]
    remote = min(unsplit, key=lambda place: land.centre[seat[place], 0]) if unsplit else -1
    return pd.DataFrame(
        {
            "province": code,
            "name": invent(len(kinds), rng, province=True),
            "kind": kinds,
            "cities": counts,
            "dominant": [place == smallest for place in range(len(kinds))],
            "remote": [place == remote for place in range(len(kinds))],
        }
    )


def _population(
    provinces: pd.DataFrame,
    owner: np.ndarray,
    capital: np.ndarray,
    size_sd: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Relative population: lognormal cities, capitals larger, municipalities megacities."""
    weight = np.exp(rng.normal(0, size_sd, len(owner))) * np.where(capital, 1.5, 1.0)
    weight *= np.exp(rng.normal(0, 0.15, len(provinces)))[owner]
    kind = provinces["kind"].to_numpy()[owner]
    mega = np.linspace(5.0, 3.4, max(int((kind == "municipality").sum()), 1))
    weight[kind == "municipality"] = mega[: (kind == "municipality").sum()]
    vast = np.geomspace(
        10.0, 0.8, max(int((kind == "province").sum() + (kind == "unsplit").sum()), 1)
    )
    weight[kind == "unsplit"] = rng.permutation(vast[: (kind == "unsplit").sum()])
    weight[provinces["remote"].to_numpy()[owner]] = 0.8
    dominant = provinces["dominant"].to_numpy()[owner]
    weight[dominant] = np.where(capital[dominant], 2.6, 0.42)
    return weight


def _regions(
    plan: Plan,
    parameters: Parameters,
    provinces: pd.DataFrame,
    counts: np.ndarray,
    land: geography.Mosaic,
    seats: np.ndarray,
    outlines: list,
    rng: np.random.Generator,
) -> pd.DataFrame:
    owner = np.repeat(np.arange(len(counts)), counts)
    rank = np.concatenate([np.arange(number) for number in counts])
    capital = rank == 0
    kind = provinces["kind"].to_numpy()[owner]
    centre = land.centre[seats]
    east = (centre[:, 0] - land.centre[:, 0].min()) / np.ptp(land.centre[:, 0])
    population = _population(provinces, owner, capital, parameters.size_sd, rng)
    population = np.round(population / population.sum() * plan.population)
    types = _types(parameters.types, east, capital & (counts[owner] > 1), kind, rng)
    effect = dict(zip(parameters.types, (-0.42, 0.18, 0.0, 0.12, 0.48), strict=True))
    income = (
        0.95 * east
        + np.array([effect[name] for name in types])
        + 0.2 * capital
        + rng.normal(0, parameters.income_sd, len(owner))
    )
    income = np.exp(income + 0.3 * provinces["dominant"].to_numpy()[owner] * capital)
    income *= plan.gdp / (income * population).sum()
    urban = 1 / (1 + np.exp(-(np.log(income / 3.4) * 1.3 + 0.05 + rng.normal(0, 0.2, len(owner)))))
    degrees = geography.to_degrees(centre, plan.scale)
    width = max(2, len(str(counts.max())))
    city = invent(len(owner), rng)
    return pd.DataFrame(
        {
            "region": [
                f"{provinces['province'][p]}{r + 1:0{width}d}"
                for p, r in zip(owner, rank, strict=True)
            ],
            "name": np.where(kind == "unsplit", provinces["name"].to_numpy()[owner], city),
            "province": provinces["province"].to_numpy()[owner],
            "province_name": provinces["name"].to_numpy()[owner],
            "kind": [{"split": "city", "unsplit": "province"}.get(name, name) for name in kind],
            "population": population,
            "population_rural": np.round(population * (1 - urban)),
            "lon": degrees[:, 0],
            "lat": degrees[:, 1],
            "area_km2": np.round([*map(area_km2, outlines)], 1),
            "type": types,
            "capital": capital,
            "east": east,
            "income": income,
        }
    ).assign(name_local=lambda table: [local(name) for name in table["name"]])
