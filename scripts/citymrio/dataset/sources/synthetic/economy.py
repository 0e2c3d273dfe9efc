"""The true economy of the synthetic country: technology, outputs, final demand and trade, all in
balance.

Trade: flows of one product between all regions, with distance decay and a bias towards home.

Notation: region s, product i, using sector j, category k. A city's total use is u_ij = a_ij^s x_j^s
and u_ik = F_ik^s; the share m_i^s of it is imported. Outputs x_i^s = sigma_i^s X_i are shares of
national outputs, which solve

    X_i = sum_s (1 - m_i^s) (sum_j a_ij^s sigma_j^s X_j + F_i^s) + stocks_i + sum_s (xi_i^s +
    epsilon_i^s) sigma_i^s X_i

(exports xi and statistical error epsilon as shares of output), so that national supply equals
demand for every product before trade is drawn. Trade of each product is then gravity with a home
term, scaled to the cities' supply and demand.
"""

from dataclasses import dataclass

import numpy as np

from citymrio.base.errors import BalanceError

from ....base.tolerances import SOLVED, SUMS, TINY
from .blueprint import Blueprint
from .country import Country, Plan
from .parameters import Parameters

#: Largest relative gap of a row sum.
MISSED = 1e-10


def kernel(
    distance: np.ndarray,
    province: np.ndarray,
    *,
    theta: float,
    border: float,
    province_border: float,
) -> np.ndarray:
    """Gravity kernel q_rs = exp(border [r = s] + province_border [same province]) d_rs^-theta
    (region, region), own distances on the diagonal, relative to their mean.
    """
    home, same = np.eye(len(distance)), province[:, None] == province[None]
    relative = distance / np.diag(distance).mean()
    return np.exp(border * home + province_border * same) * relative**-theta


def opportunities(
    distance: np.ndarray,
    province: np.ndarray,
    supply: np.ndarray,
    *,
    decay: float,
    border: float,
    province_border: float,
) -> np.ndarray:
    """Intervening opportunities: exp(-decay S_rs) in place of the distance of :func:`kernel`
    (region, region).

    S_rs is the share of national supply nearer to the buyer s than r is: not kilometres deter, but
    sellers on the way.
    """
    nearer = distance.T[:, None, :] < distance.T[:, :, None]  # (buyer, seller, another seller)
    nearer = nearer & ~np.eye(len(distance), dtype=bool)[:, None, :]
    passed = (nearer * supply).sum(axis=2).T / max(supply.sum(), TINY)
    same = province[:, None] == province[None]
    return np.exp(border * np.eye(len(distance)) + province_border * same - decay * passed)


def balance(
    prior: np.ndarray,
    supply: np.ndarray,
    demand: np.ndarray,
    *,
    where: str,
    tolerance: float = 1e-13,
) -> np.ndarray:
    """Flows T = diag(a) prior diag(b) with row sums `supply` and column sums `demand` (matrix
    scaling).

    Scaling steps, then Newton steps on the concave dual (log a, log b), which converge where
    scaling creeps (strong home bias); last, columns are scaled once, so column sums are exact and
    row sums hold to `tolerance`.

    Raises
    ------
    BalanceError
        Totals differ, or no flows on the prior's support have these margins.
    """
    if not np.isclose(supply.sum(), demand.sum(), rtol=SOLVED, atol=0):
        raise BalanceError(
            f"supply {supply.sum():.6g} differs from demand {demand.sum():.6g}", where=where
        )
    rows, columns = supply > 0, demand > 0
    flows = np.zeros_like(prior)
    if not rows.any():
        return flows
    s, d = supply[rows], demand[columns] * (supply.sum() / demand.sum())
    q = prior[np.ix_(rows, columns)] * s[:, None] * d[None]
    a, b = np.ones(len(s)), d / q.sum(axis=0)
    for _ in range(100):
        a = s / (q @ b)
        b = d / (a @ q)
    for _ in range(60):
        t = a[:, None] * q * b[None]
        row, column = t.sum(axis=1), t.sum(axis=0)
        gap = max(np.abs(row - s).max() / s.mean(), np.abs(column - d).max() / d.mean())
        if gap < tolerance:
            break
        try:
            a, b = _newton(q, t, a, b, s, d)
        except np.linalg.LinAlgError:
            break
        b = d / (a @ q)
    missed = float(np.abs((a[:, None] * q * b[None]).sum(axis=1) / s - 1).max())
    if not missed < MISSED:
        raise BalanceError(f"margins missed by {missed:.3g} (relative)", where=where)
    t = a[:, None] * q * b[None]
    flows[np.ix_(rows, columns)] = t * (d / t.sum(axis=0))[None]
    return flows


def _newton(
    q: np.ndarray, t: np.ndarray, a: np.ndarray, b: np.ndarray, s: np.ndarray, d: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One damped Newton step of max s'u + d'v - sum q exp(u + v), with the columns' unknowns
    eliminated.
    """
    row, column = t.sum(axis=1), t.sum(axis=0)
    schur = np.diag(row) - (t / column[None]) @ t.T
    right = (s - row) - t @ ((d - column) / column)
    scale = np.sqrt(row)
    system = schur / scale[:, None] / scale[None]
    flat = scale / np.linalg.norm(scale)
    step = np.linalg.solve(system + np.outer(flat, flat), right / scale) / scale
    follow = (d - column - t.T @ step) / column
    size = min(1.0, 2.0 / max(np.abs(step).max(), np.abs(follow).max(), TINY))

    def dual(u: np.ndarray, v: np.ndarray) -> float:
        return float(s @ u + d @ v - np.exp(u) @ (q @ np.exp(v)))

    u, v = np.log(a), np.log(b)
    start = dual(u, v)
    while dual(u + size * step, v + size * follow) < start - SUMS * abs(start) and size > 1e-4:
        size /= 2
    return np.exp(u + size * step), np.exp(v + size * follow)


#: 10^4 CNY in a trillion CNY.
TRILLION = 1e8

#: Value added of a structure type by group, as a share (rows: `Parameters.types`).
PROFILE = {
    #               agriculture, energy, light, heavy, high_tech goods, services
    "agriculture": (0.46, 0.03, 0.09, 0.10, 0.04, 0.28),
    "energy": (0.06, 0.52, 0.04, 0.12, 0.03, 0.23),
    "light": (0.06, 0.03, 0.46, 0.10, 0.08, 0.27),
    "heavy": (0.06, 0.06, 0.05, 0.50, 0.07, 0.26),
    "high_tech": (0.025, 0.04, 0.05, 0.12, 0.27, 0.50),
}
GROUPS = ("agriculture", "energy", "light", "heavy", "high_tech", "services")


@dataclass(frozen=True)
class Economy:
    """Everything before trade is nested; arrays (region, sector, ...) in 10^4 CNY.

    Attributes
    ----------
    use
        Total use without stock changes, imports included (region, sector, sector + category - 1).
    stock_changes_share
        w: share of each region in its province's output (region, sector).
    stock_changes_cells
        Y_i,inv^pq, domestic (origin province, sector, province).
    stock_changes_imports
        Imported part of the provinces' stock changes (province, sector).
    trade
        Flows but stock changes (sector, origin region, destination region), diagonal = own use.
    """

    output: np.ndarray
    use: np.ndarray
    import_share: np.ndarray
    exports: np.ndarray
    error: np.ndarray
    stock_changes_share: np.ndarray
    stock_changes_cells: np.ndarray
    stock_changes_imports: np.ndarray
    trade: np.ndarray


def _technology(
    blueprint: Blueprint, country: Country, parameters: Parameters, rng: np.random.Generator
) -> np.ndarray:
    """a_ij^s with imports (region, sector, sector): province and city differ from the nation in mix
    and value added.
    """
    owner, count = country.province_index, len(blueprint.sector)
    regions, provinces = len(owner), len(country.provinces)
    between, inside = parameters.inputs_sd
    mix = rng.normal(0, between, (provinces, count, count))[owner] + rng.normal(
        0, inside, (regions, count, count)
    )
    shares = blueprint.inputs[None] * np.exp(mix)
    shares /= shares.sum(axis=1, keepdims=True)
    ratio = blueprint.technology_column("value_added")
    logit = np.log(ratio / (1 - ratio))
    between, inside = parameters.value_added_sd
    logit = (
        logit
        + rng.normal(0, between, (provinces, count))[owner]
        + rng.normal(0, inside, (regions, count))
    )
    return shares * (1 / (1 + np.exp(logit)))[:, None, :]


def _presence(blueprint: Blueprint, country: Country, rng: np.random.Generator) -> np.ndarray:
    """Which region produces what (region, sector): mines where there are deposits; the remote
    province lacks much.
    """
    chance = blueprint.technology_column("presence")
    size = np.clip(country.regions["population"].to_numpy() / 4e6, 0.6, 3.0)[:, None]
    kind = (country.regions["type"].to_numpy() == "energy")[:, None] & (
        blueprint.sectors["group_a"] == "energy"
    ).to_numpy()[None]
    present = rng.random((len(country.regions), len(chance))) < np.where(
        kind, chance[None] ** 0.3, chance[None] ** (1 / size)
    )
    remote = country.provinces["remote"].to_numpy()[country.province_index]
    absent = (blueprint.technology_column("spread") >= 0.6) & (
        blueprint.sectors["kind"] == "goods"
    ).to_numpy()
    present[np.ix_(remote, absent & (blueprint.technology_column("exports") >= 0.1))] = False
    for i in np.flatnonzero(~present.any(axis=0)):
        present[int(np.argmax(country.regions["population"])), i] = True
    if blueprint.size == "tiny":
        present[:, :] = True
        present[list(country.regions["region"]).index("P0402"), 1] = False
        present[list(country.regions["region"]).index("P0101"), 1] = False
    return present


def _location(
    blueprint: Blueprint,
    country: Country,
    present: np.ndarray,
    parameters: Parameters,
    rng: np.random.Generator,
) -> np.ndarray:
    """Shares of the regions in national output by sector, from structure types (region, sector),
    columns sum to 1.
    """
    group = [GROUPS.index(name) for name in blueprint.sectors["group_b"]]
    profile = np.array([PROFILE[name] for name in country.regions["type"]])
    around, noise = (
        country.scatter(rng, width, parameters.shared) for width in (len(GROUPS), len(group))
    )
    profile = profile**parameters.type_power * np.exp(parameters.profile_sd * around)
    gdp = (country.regions["income"] * country.regions["population"]).to_numpy()
    spread = blueprint.technology_column("spread") * parameters.spread
    weight = gdp[:, None] * profile[:, group] * np.exp(noise * spread[None]) * present
    return weight / weight.sum(axis=0)


def _elasticities(blueprint: Blueprint, parameters: Parameters) -> list[float]:
    """Of final demand per person to GDP per person, by category."""
    known = {"rural": parameters.rural, "urban": parameters.urban}
    known |= {"government": parameters.government, "capital": parameters.capital}
    return [
        known.get(row.residence if row.role == "household" else row.role, parameters.household)
        for row in blueprint.final_demand.itertuples()
    ]


def _spent(even: np.ndarray, elasticities: list[float], earned: np.ndarray) -> np.ndarray:
    """Final demand (region, sector, category) of cities by what they earn per person (region,),
    from that of cities which earn alike; sums of categories stay.
    """
    spent = even * earned[:, None, None] ** np.array(elasticities[:-1])
    return spent * (even.sum(axis=(0, 1)) / spent.sum(axis=(0, 1)))


def _final_demand(
    blueprint: Blueprint, country: Country, parameters: Parameters, rng: np.random.Generator
) -> np.ndarray:
    """F_ik^s without stock changes, imports included (region, sector, category - 1), if all cities
    earned the same per person.
    """
    table, regions = blueprint.final_demand, country.regions
    people, rural = regions["population"].to_numpy(), regions["population_rural"].to_numpy()
    urban = people - rural
    owner, count, totals = country.province_index, len(people), []

    def scatter(spreads: tuple[float, float]) -> np.ndarray:
        between, inside = spreads
        alike = rng.normal(0, between, len(country.provinces))[owner] if between else 0.0
        return np.exp(alike + rng.normal(0, inside, count))

    for category in table.itertuples():
        taste = scatter(parameters.taste_sd)
        lives = {"rural": rural, "urban": urban}.get(category.residence, rural * 0.3 + urban)
        base = lives if category.role == "household" else people
        if category.role == "capital":
            base = base * scatter(parameters.investment_sd)
        totals.append(base * taste / (base * taste).sum() * category.total_trn * TRILLION)
    between, inside = parameters.products_sd
    mix = np.exp(rng.normal(0, between, (len(country.provinces), *blueprint.products.shape))[owner])
    mix = (
        blueprint.products[None]
        * mix
        * np.exp(rng.normal(0, inside, (count, *blueprint.products.shape)))
    )
    mix = mix[:, :, :-1] / mix[:, :, :-1].sum(axis=1, keepdims=True)
    return mix * np.array(totals).T[:, None, :-1]


def _shares(
    blueprint: Blueprint, country: Country, sd: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Import shares of use, export shares of output, error shares of output (region, sector)."""
    owner, east = country.province_index, country.regions["east"].to_numpy()[:, None]
    shape = (len(owner), len(blueprint.sector))
    provinces = len(country.provinces)

    def spread(mean: np.ndarray, coast: float) -> np.ndarray:
        noise = rng.normal(0, sd, (provinces, shape[1]))[owner] + rng.normal(0, sd, shape)
        odds = mean / (1 - mean) * np.exp(coast * (east - 0.75) + noise)
        return odds / (1 + odds)

    imports = spread(blueprint.technology_column("imports"), 1.2)
    exports = spread(blueprint.technology_column("exports"), 2.2)
    rate = np.where(rng.random(provinces) < 0.27, rng.normal(0, 0.006, provinces), 0.0)
    rate[-1] = 0.004 if not rate.any() else rate[-1]
    error = rate[owner][:, None] * np.exp(rng.normal(0, 0.5, (provinces, shape[1])))[owner]
    return imports, exports, error


def draw_economy(
    blueprint: Blueprint,
    country: Country,
    plan: Plan,
    parameters: Parameters,
    rng: np.random.Generator,
) -> Economy:
    """Draw and balance the economy."""
    owner = country.province_index
    provinces, count = len(country.provinces), len(blueprint.sector)
    a = _technology(blueprint, country, parameters, rng)
    present = _presence(blueprint, country, rng)
    typed = _location(blueprint, country, present, parameters, rng)
    even = _final_demand(blueprint, country, parameters, rng)
    elasticities = _elasticities(blueprint, parameters)
    people, income = (country.regions[name].to_numpy() for name in ("population", "income"))
    final = _spent(even, elasticities, income)
    m, xi, epsilon = _shares(blueprint, country, parameters.openness_sd, rng)
    member = np.eye(provinces)[owner].T
    x = _outputs(a, m, xi + epsilon, typed, final, np.zeros(count))
    change = _stock_changes(blueprint, member @ x, rng)
    closed = country.provinces["province"].isin(plan.closed).to_numpy()[:, None] | (
        country.provinces["remote"].to_numpy()[:, None]
        & (blueprint.technology_column("local") >= 0.9)[None]
    )
    local, sigma, cap = (
        blueprint.technology_column("local")[None],
        typed,
        np.ones((provinces, count)),
    )
    for turn in range(40):
        part = member @ sigma
        w = sigma / np.where(part > 0, part, 1.0)[owner]
        stock = np.where(part > 0, change, 0.0)
        stock_changes_imports = (member @ (w * m)) * stock
        # a closed province lives on transfers: else it would earn and spend ever less
        earned = (x * (1 - a.sum(axis=1))).sum(axis=1) / people
        if (earned < 0).any():
            raise BalanceError(
                "a region earns less than nothing: stocks give more of a product than is used",
                where=f"synthetic country, region {country.regions['region'][earned.argmin()]}",
                fix="take another seed.",
            )
        final = _spent(even, elasticities, np.where(closed.all(axis=1)[owner], income, earned))
        x = _outputs(a, m, xi + epsilon, sigma, final, (stock - stock_changes_imports).sum(axis=0))
        use = np.concatenate([a * x[:, None, :], final], axis=2)
        demand = (1 - m) * use.sum(axis=2)
        cells = _stock_changes_cells(country, member, part, stock - stock_changes_imports, closed)
        supply = x * (1 - xi - epsilon) - w * cells.sum(axis=2)[owner]
        supplied, used = member @ supply, member @ demand
        over = closed & (supplied > 0.85 * used)
        if turn >= 6 and not over.any():
            break
        cap = cap * np.where(over, 0.8 * used / np.where(over, supplied, 1.0), 1.0)
        near = present * demand / (present * demand).sum(axis=0)
        sigma = ((1 - local) * typed + local * near) * cap[owner]
        sigma /= sigma.sum(axis=0)
    else:
        raise BalanceError(
            "a closed province supplies more than it uses",
            where="synthetic country",
            fix="take another seed.",
        )
    _check(supply, x, blueprint, country)
    trade = _trade(blueprint, country, parameters, supply, demand, closed, rng)
    return Economy(x, use, m, xi * x, epsilon * x, w, cells, stock_changes_imports, trade)


def _outputs(
    a: np.ndarray,
    m: np.ndarray,
    out_share: np.ndarray,
    sigma: np.ndarray,
    final: np.ndarray,
    stock: np.ndarray,
) -> np.ndarray:
    """x_i^s = sigma_i^s X_i with X from the national balance (module docstring)."""
    home = 1 - m
    use = np.einsum("si,sij,sj->ij", home, a, sigma)
    system = np.diag(1 - (out_share * sigma).sum(axis=0)) - use
    return sigma * np.linalg.solve(system, (home * final.sum(axis=2)).sum(axis=0) + stock)[None]


def _stock_changes(
    blueprint: Blueprint, output: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Signed stock changes of each province by product, imports included, from provincial output
    (province, sector).
    """
    goods = (blueprint.sectors["kind"] == "goods").to_numpy(float)
    total = float(blueprint.final_demand["total_trn"].iloc[-1]) * TRILLION
    weight = output * goods * np.exp(rng.normal(0, 0.5, output.shape))
    sign = np.where(rng.random(output.shape) < 0.18, -0.7, 1.0)
    return weight * sign / (weight * sign).sum() * total


def _stock_changes_cells(
    country: Country, member: np.ndarray, part: np.ndarray, stock: np.ndarray, closed: np.ndarray
) -> np.ndarray:
    """Domestic cells of stock changes (origin province, sector, province): stocks grow by 75% own
    products, and fall by own ones.
    """
    provinces = len(stock)
    own = np.where(part > 0, np.where(stock < 0, 1.0, 0.75), 0.0)
    seat = (member * country.regions["capital"].to_numpy()).argmax(axis=1)
    distance = country.distance[np.ix_(seat, seat)] + 100.0
    weight = (
        np.where(closed, 0.0, part)[:, :, None]
        / distance[:, None, :]
        * (1 - np.eye(provinces))[:, None, :]
    )
    weight = weight / weight.sum(axis=0)
    cells = weight * ((1 - own) * stock).T[None]
    cells[np.arange(provinces), :, np.arange(provinces)] = own * stock
    return cells


def _check(supply: np.ndarray, output: np.ndarray, blueprint: Blueprint, country: Country) -> None:
    """Stop if a region must deliver less than nothing."""
    bad = np.argwhere((supply < 0) | ((output > 0) & (supply <= 0)))
    if len(bad):
        s, i = bad[0]
        raise BalanceError(
            f"supply left for domestic use is {supply[s, i]:.6g} of an output of "
            f"{output[s, i]:.6g}",
            where=f"synthetic country, region {country.regions['region'][s]}, sector "
            f"{blueprint.sector[i]}",
            fix="take another seed.",
        )


def _trade(
    blueprint: Blueprint,
    country: Country,
    parameters: Parameters,
    supply: np.ndarray,
    demand: np.ndarray,
    closed: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Balanced flows of every product (sector, origin, destination)."""
    owner, flows = country.province_index, []
    seat = country.regions["capital"].to_numpy()
    hubs = np.exp(parameters.hub * (seat[:, None] | seat[None]) * ~np.eye(len(seat), dtype=bool))
    theta, border = blueprint.technology_column("theta"), blueprint.technology_column("border")
    alike = hubs
    if parameters.alike_sd > 0:
        # pairs have mean 1, for a region buys from many at once; of its own use there is one
        own = np.eye(len(seat), dtype=bool)
        scatter = rng.normal(0, np.where(own, parameters.own_sd, parameters.alike_sd))
        alike = hubs * np.exp(scatter - np.where(own, 0.0, 0.5 * parameters.alike_sd**2))
    if parameters.home_sd > 0:
        of_province = rng.normal(0, parameters.home_sd, len(country.provinces))
        alike = alike * np.exp(np.diag(of_province[owner]))
    for i, code in enumerate(blueprint.sector):
        biases = {"border": border[i] + parameters.home, "province_border": parameters.province}
        decay = theta[i] * parameters.distance
        if parameters.trade == "gravity":
            prior = kernel(country.distance, owner, theta=decay, **biases)
        else:
            prior = opportunities(country.distance, owner, supply[:, i], decay=5 * decay, **biases)
        if parameters.pair_sd > 0:
            prior = prior * np.exp(rng.normal(0, parameters.pair_sd, prior.shape))
        prior = prior * alike
        prior = np.where(closed[owner, i][:, None] & (owner[:, None] != owner[None]), 0.0, prior)
        flows.append(
            balance(prior, supply[:, i], demand[:, i], where=f"synthetic country, sector {code}")
        )
    return np.array(flows)
