"""Step 1 and 2 of a province: outputs, value added, trade and demand of its cities (method sections
1 and 2, 16 R5, R6, R8).

Whatever is known about a city enters as a linear observation on its sectors; what is not known
follows the province. All totals of the province are kept exactly.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from ..base import roundoff
from ..base.diagnostics import Diagnostics
from ..base.errors import BalanceError, DataError
from ..base.labels import INTENSITY_CHANGE, array
from ..base.projections import ratio
from ..base.tolerances import SOLVED, SUMS, TINY
from ..entropy import capped_proportional
from ..trade.priors.kernel import home_shares
from ..trade.priors.table import prior_values
from .demand import (
    final_demand_account,
    final_demand_prior,
    observed_categories,
    redistribute,
    redistribute_within_categories,
    tilt_factor,
)
from .observations import Datum, gather_observations
from .outputs import output_account
from .province import CityStep, Province, report_given_way
from .totals import (
    Account,
    bring_to_level,
    report_data,
    solve_account,
    solve_accounts,
    solve_exactly,
)


def industry_imports(
    province: Province, output: np.ndarray, value_added: np.ndarray, step: CityStep
) -> np.ndarray:
    """Imports of each industry (region, sector): in proportion to its output (method 1d, mode B).

    Where they give way, an industry imports at most what value added leaves of its output, less
    `va_delta` of the province's share of domestic inputs; the other cities import the rest.
    """
    usual = output * province.import_share
    result = usual.copy()
    if province.gives_way and not province.by_product:
        total = output.sum(axis=0)
        left = np.divide(value_added.sum(axis=0), total, out=np.ones_like(total), where=total > 0)
        least = step.config.va_delta * np.maximum(1 - province.import_share - left, 0.0)
        most = np.maximum(output * (1 - least) - value_added, 0.0)
        for j in np.flatnonzero((result > most * (1 + SOLVED)).any(axis=0)):
            amount = min(float(result[:, j].sum()), float(most[:, j].sum()))
            result[:, j], _, _ = capped_proportional(usual[:, j], amount, most[:, j])
        report_given_way(step, "modelled imports", usual, result, province.names)
    return result


def import_rows(
    province: Province, by_industry: np.ndarray, final: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Imports of each column (region, use): of industries as given, others in proportion to the
    column; of stock changes by size.

    Parameters
    ----------
    by_industry
        Of :func:`industry_imports`.
    final
        Final demand (region, sector, category).
    size
        Share of each city in the province's output (region,).
    """
    row = province.block.imports
    result = np.zeros((len(by_industry), len(province.uses)))
    result[:, province.industry] = by_industry
    use = final.sum(axis=1)
    for position, k in enumerate(province.final):
        column = use[:, position]
        result[:, k] = row[k] * (column / column.sum() if column.sum() > 0 else size)
    for k in province.stocks:
        result[:, k] = row[k] * size
    return result


def product_mix(
    import_table: np.ndarray | None, data: list[Datum], width: int, place: str
) -> list[Datum]:
    """Data on imported products as data on columns: a column imports the mix of products that it
    imports in its province.

    Parameters
    ----------
    import_table
        Imports of the province (sector, use); needed unless every datum is on all sectors.
    width
        Number of uses.

    Raises
    ------
    DataError
        Imports of some products are observed, and the province's imports are known by column only.
    """
    partial = [datum for datum in data if not datum.weights.all()]
    if partial and import_table is None:
        raise DataError(
            f"imports of {partial[0].name} are observed, but the province's imports are not known "
            "by product",
            where=place,
            fix="give imports of all sectors together.",
        )
    result = []
    for datum in data:
        if import_table is None or datum.weights.all():
            weights = np.ones(width)
        else:
            total = import_table.sum(axis=0)
            part = datum.weights @ import_table
            weights = np.divide(part, total, out=np.zeros(width), where=total != 0)
        result.append(datum._replace(weights=weights))
    return result


def observed_imports(
    province: Province,
    step: CityStep,
    prior: np.ndarray,
    data: list[Datum],
    output: np.ndarray,
    value_added: np.ndarray,
    size: np.ndarray,
) -> np.ndarray:
    """Imports (region, use) that meet what is observed of cities; those of stock changes stay as
    they are.

    An industry imports at most what value added leaves of its output, less `va_delta` of its share
    of domestic inputs, so that its column can still be filled.
    """
    row, industry, keep = province.block.imports, province.industry, province.kept
    total = output.sum(axis=0)
    left = np.divide(
        total - value_added.sum(axis=0) - row[industry],
        total,
        out=np.zeros_like(total),
        where=total > 0,
    )
    cap = np.full(prior.shape, np.inf)
    cap[:, industry] = output - value_added - step.config.va_delta * np.maximum(left, 0.0) * output
    # every city could be at its prior: round-off of value added must not put a cap below it
    cap[:, industry] = np.maximum(cap[:, industry], prior[:, industry])
    stored = row[province.stocks]
    goal = [
        d.minus(size[d.city] * float(stored @ d.weights[province.stocks]))._replace(
            weights=d.weights[keep]
        )
        for d in data
    ]
    result, columns = prior.copy(), [province.uses[k] for k in keep]
    known = bring_to_level(step, "imports", prior[:, keep], row[keep], goal)
    account = Account(
        "imports",
        prior[:, keep],
        row[keep],
        known,
        columns,
        cap=np.minimum(cap[:, keep], row[keep]),
    )
    result[:, keep] = solve_account(step, account)
    report_data(step, account, result[:, keep])
    return result


def intermediate_demand(
    province: Province, output: np.ndarray, value_added: np.ndarray, by_industry: np.ndarray
) -> np.ndarray:
    """Intermediate demand (region, sector) that adds up to what the city's industries buy, x - v -
    imp, in the province's mix.

    Step 4 keeps these sums: demand by provincial technology alone leaves what value added changes
    of them to final demand.
    """
    left = roundoff.difference(
        output - value_added - (0.0 if province.by_product else by_industry), output
    )
    cells = province.domestic[:, province.industry]
    total = cells.sum(axis=0)
    return (
        np.where(left > 0, left, 0.0)
        @ np.divide(cells, total, out=np.zeros_like(cells), where=total > 0).T
    )


def domestic_intermediate_demand(
    province: Province,
    intermediate: np.ndarray,
    usual: np.ndarray,
    imports: np.ndarray,
    output: np.ndarray,
    value_added: np.ndarray,
) -> np.ndarray:
    """Intermediate demand for domestic products (region, sector) of cities that import more, or
    less, than `usual` (region, use).

    An industry's domestic inputs shrink with what value added and imports leave, g_j^r = (x - v -
    imp) / (x - v - imp0); the demand for a product moves with them and keeps its sum over the
    cities.
    """
    before = output - value_added - usual[:, province.industry]
    after = output - value_added - imports[:, province.industry]
    factor = np.divide(after, before, out=np.ones_like(before), where=before > 0)
    coefficients = province.coefficients
    plain, now = output @ coefficients.T, (output * factor) @ coefficients.T
    moved = intermediate * np.divide(now, plain, out=np.ones_like(plain), where=plain > 0)
    total, reached = intermediate.sum(axis=0), moved.sum(axis=0)
    return moved * np.divide(total, reached, out=np.ones_like(reached), where=reached > 0)


def value_added_account(
    province: Province, output: np.ndarray, data: Sequence[Datum], step: CityStep
) -> Account:
    """Value added v (region, sector): provincial ratios, and what is observed (method 1b).

    v_j^r = x_j^r in sectors without any inputs (`province.bare`). Imports enter a column in
    proportion to its size (mode B): the ceiling of value added is what they leave, unless they give
    way (:func:`industry_imports`).

    Raises
    ------
    BalanceError
        Value added of the province exceeds (1 - va_delta) of its output.
    """
    provincial, total, bare = province.block.value_added, province.block.output, province.bare
    delta = step.config.va_delta
    over = ~bare & (provincial > (1 - delta) * total * (1 + SUMS))
    if over.any():
        j = int(np.argmax(np.where(over, provincial - (1 - delta) * total, -np.inf)))
        raise BalanceError(
            f"value added {provincial[j]:.6g} exceeds (1 - va_delta) of output {total[j]:.6g}",
            where=f"{step.place}, sector {province.names[j]}",
            fix="correct value added or output of the province, or set va_delta of cities to 0.",
        )
    earned = np.divide(provincial, total, out=np.zeros_like(total), where=total > 0)
    prior = output * np.where(bare, 1.0, earned)
    known = bring_to_level(step, "value added", prior, provincial, data)
    # every city keeps at least va_delta of the province's share of domestic inputs, so that its
    # column can be filled
    moves = ~bare & (earned > 0)
    inputs = np.where(moves, 1 - province.import_share - earned, 0.0)
    imported = 0.0 if province.gives_way else province.import_share
    ceiling = np.where(moves, 1 - imported - delta * inputs, 0.0)
    return Account(
        "value added",
        prior,
        provincial,
        known,
        province.names,
        ceiling,
        output * ceiling,
        fixed=~moves,
        exact=False,
    )


def city_accounts(
    province: Province, step: CityStep | None = None
) -> tuple[xr.Dataset, Diagnostics]:
    """Accounts of the cities of one province.

    Parameters
    ----------
    step
        What the step reports of itself and its data is added to it.

    Returns
    -------
    accounts
        cities/<p>/accounts.nc (region, sector, use, category), money in the unit of the dataset.
    report
        Diagnostics: level gaps, imputed, capped and softened items, certificates.

    Raises
    ------
    BalanceError
        A cap lies below its total (exports above output, value added above (1 - va_delta) of
        output).
    DataError
        An observation cannot be used.
    """
    step, block = step or accounts_step(province), province.block
    codes = province.codes
    data = gather_observations(province, step)
    (output, value_added, exports, room), moved = _calc_production(province, data, step)
    whole = output.sum()
    size = output.sum(axis=1) / whole if whole > 0 else np.full(len(codes), 1 / len(codes))
    stock_share, room = _stock_shares(province, output, exports, room, size, step)

    supply = roundoff.difference(room - exports, output)
    supply = np.where(supply > 0, supply, 0.0)
    by_industry = industry_imports(province, output, value_added, step)
    intermediate, prior = _calc_demand(province, output, value_added, by_industry, supply, step)
    demanded = final_demand_account(province, prior, data["final_demand"], step)
    reached = solve_account(step, demanded)
    report_data(step, demanded, reached)
    prior = reached.reshape(prior.shape)
    imports = import_rows(province, by_industry, prior, size)
    if data["imports"] and not province.by_product:
        mix = product_mix(block.import_table, data["imports"], len(province.uses), step.place)
        usual, imports = (
            imports,
            observed_imports(province, step, imports, mix, output, value_added, size),
        )
        intermediate = domestic_intermediate_demand(
            province, intermediate, usual, imports, output, value_added
        )
    demand = intermediate + prior.sum(axis=2)
    imports_product = np.zeros_like(demand)
    if province.by_product:
        imports_product = _imports_by_product(province, demand, data["imports"], size, step)
        demand = roundoff.difference(demand - imports_product, demand)
        demand = np.where(demand > 0, demand, 0.0)
    by_sector = {
        "output": (output, "total output x"),
        "value_added": (value_added, "value added v"),
        "exports": (exports, "exports abroad"),
        "error": (stock_share * block.error, "share of the provincial error account"),
        "imports": (imports, "imports used by each column"),
        "imports_product": (imports_product, "imports by product (mode by_product)"),
        "supply": (supply, "supply to the nation, without exogenous columns"),
        "demand": (demand, "demand for products of the nation, without exogenous columns"),
        "stock_changes_share": (stock_share, "share of a city in the exogenous cells"),
        "intermediate_demand": (intermediate, "intermediate demand by product"),
        "final_demand": (prior.sum(axis=2), "final demand by product, without stock changes"),
    }
    if province.config.emissions_enter == "both":
        by_sector[INTENSITY_CHANGE] = moved, "factor by which CO2 totals move intensities"
    return _label_accounts(
        province, by_sector, prior, observed_categories(demanded, prior.shape)
    ), step.report


def accounts_step(province: Province) -> CityStep:
    """The step of the accounts, with nothing reported yet."""
    return province.step("city_accounts", "accounts")


def _label_accounts(
    province: Province,
    by_sector: dict[str, tuple[np.ndarray, str]],
    final: np.ndarray,
    observed: np.ndarray,
) -> xr.Dataset:
    """cities/<p>/accounts.nc; final demand (region, sector, category) and what is observed of it
    get all categories.
    """
    category, unit = province.category, province.unit
    by_category = np.zeros((*final.shape[:2], len(category)))
    by_category[:, :, province.final_places] = final
    total = np.full((len(final), len(category)), np.nan)
    total[:, province.final_places] = np.where(observed, final.sum(axis=1), np.nan)
    dims = {"imports": ("region", "use")}
    units = {"stock_changes_share": "1", INTENSITY_CHANGE: "1"}
    title = "final demand where it is observed, as step 2 keeps it; NaN elsewhere"
    return province.dataset(
        {
            **{
                name: array(
                    values, dims.get(name, ("region", "sector")), units.get(name, unit), title
                )
                for name, (values, title) in by_sector.items()
            },
            "final_prior": array(
                by_category,
                ("region", "sector", "category"),
                unit,
                "final demand by product and category",
            ),
            "final_total": array(total, ("region", "category"), unit, title),
        },
        *("region", "sector", "use", "category"),
        **province.attributes,
        import_mode=province.config.import_mode,
    )


def _calc_demand(
    province: Province,
    output: np.ndarray,
    value_added: np.ndarray,
    by_industry: np.ndarray,
    supply: np.ndarray,
    step: CityStep,
) -> tuple[np.ndarray, np.ndarray]:
    """Intermediate demand (region, sector) and the prior of final demand (region, sector, category)
    (method 2a, 2b).

    What a consumption function says of a city's category stays: intermediate demand adds up to what
    the city's industries buy, and what is drawn of products, and the lean towards own supply, move
    mixes alone.
    """
    config, mix = province.config, province.factor("demand")
    levels, several = config.demand == "consumption", len(province.codes) > 1
    intermediate = (
        intermediate_demand(province, output, value_added, by_industry)
        if levels
        else output @ province.coefficients.T
    )
    prior = final_demand_prior(province, intermediate, value_added)
    if province.factors is not None and not levels:
        prior = redistribute(prior, mix)
    if config.demand_tilt and several:
        factor = _tilt_demand(province, intermediate + prior.sum(axis=2), supply, step)
        if not levels:
            return intermediate * factor, prior * factor[:, :, None]
        intermediate, mix = (
            redistribute_within_categories(intermediate[:, :, None], factor, province, step.place)[
                :, :, 0
            ],
            mix * factor,
        )
    if levels and several and (mix != 1).any():
        prior = redistribute_within_categories(prior, mix, province, step.place)
    return intermediate, prior


def _tilt_demand(
    province: Province, by_ratio: np.ndarray, supply: np.ndarray, step: CityStep
) -> np.ndarray:
    """Factor on demand (region, sector) that lets it lean towards the city's own supply (method
    section 17).
    """
    names = province.names
    outflow, inflow = (
        part[:, province.kept].sum(axis=1)
        for part in (province.block.outgoing, province.block.rest)
    )
    kappa, factor = (
        prior_values(province.parameters, "kappa", names, step.place),
        np.ones_like(by_ratio),
    )
    domestic = by_ratio
    if province.by_product:  # what is bought abroad has no home: cities import alike
        domestic = by_ratio * ratio(supply.sum(axis=0) + inflow - outflow, by_ratio.sum(axis=0))
    # kappa was fitted on home shares of demand that leans: the second round has those
    for _ in range(2):
        home = home_shares(supply, domestic * factor, outflow, inflow, province.reference)
        factor = tilt_factor(by_ratio, supply, home**kappa)
    for sector, share in zip(names, home, strict=True):
        step.report.add("home share of the demand tilt", share, sector=sector)
    return factor


def _imports_by_product(
    province: Province, demand: np.ndarray, data: list[Datum], size: np.ndarray, step: CityStep
) -> np.ndarray:
    """Imports of cities by product (region, sector): in proportion to demand, or as they are
    observed (method 1d, mode A).
    """
    table = province.import_table[:, np.concatenate([province.industry, province.final])]
    result = np.zeros_like(demand)
    for i, name in enumerate(province.names):
        result[:, i], _, _ = capped_proportional(demand[:, i], float(table[i].sum()), demand[:, i])
        step.report.add("imports by product", float(table[i].sum()), sector=name)
    if not data:
        return result
    stored = province.import_table[:, province.stocks].sum(axis=1)
    left = [d.minus(size[d.city] * float(stored @ d.weights)) for d in data]
    totals = table.sum(axis=1)
    account = Account(
        "imports",
        result,
        totals,
        bring_to_level(step, "imports", result, totals, left),
        province.names,
        cap=demand,
    )
    met = solve_account(step, account)
    report_data(step, account, met)
    return met


def _exports(province: Province, room: np.ndarray, step: CityStep) -> np.ndarray:
    """Exports of cities by what they supply, the prior of the estimate (method 1c)."""
    total, by_supply = province.block.exports, room * province.factor("exports")
    whole = np.maximum(by_supply.sum(axis=0), TINY)
    result = by_supply / whole * total
    ends = (result > room).any(axis=0) | (total > room.sum(axis=0))
    for i in np.flatnonzero(ends):  # where a city's room ends
        name = province.names[i]
        cap, amount = room[:, i], float(total[i])
        available = float(cap.sum())
        if amount > available * (1 + SOLVED):
            raise BalanceError(
                f"exports {amount:.6g} exceed what the cities can supply, {available:.6g}, by "
                f"{amount - available:.6g}",
                where=f"{step.place}, sector {name}",
                fix="correct exports, stock changes or output of the province.",
            )
        result[:, i], factor, capped = capped_proportional(
            result[:, i], min(amount, available), cap
        )
        if np.any(capped) and np.sum(capped) < len(cap):
            step.report.add(
                "capped exports", float(np.sum(capped)), sector=name, note=f"factor {factor:.6g}"
            )
    return result


def _stock_shares(
    province: Province,
    output: np.ndarray,
    exports: np.ndarray,
    room: np.ndarray,
    size: np.ndarray,
    step: CityStep,
) -> tuple[np.ndarray, np.ndarray]:
    """Share of a city in its province's stock changes and error account (region, sector), and the
    room for exports.

    They are split by output (of sectors without output by `size`). Where they give way, a city has
    no more of them than its exports leave of its output; the other cities have the rest.
    """
    total = province.block.output
    share = np.divide(output, total, out=np.zeros_like(output), where=total > 0)
    share, room = np.where(total[None] > 0, share, size[:, None]), room.copy()
    if not province.gives_way:
        return share, room
    stored, usual = province.stored + province.block.error, share.copy()
    for i in np.flatnonzero((exports > room * (1 + SOLVED)).any(axis=0) & (stored > 0)):
        cap = np.maximum(output[:, i] - exports[:, i], 0.0) / stored[i]
        moved, _, _ = capped_proportional(
            share[:, i], min(1.0, float(cap[share[:, i] > 0].sum())), cap
        )
        moved = moved / moved.sum()
        share[:, i], room[:, i] = moved, output[:, i] - moved * stored[i]
    report_given_way(step, "modelled stock changes", usual * stored, share * stored, province.names)
    return share, room


def _calc_production(
    province: Province, data: dict[str, list[Datum]], step: CityStep
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Outputs, value added, exports and the room for exports, all (region, sector), with what is
    observed of them; and the factors by which CO2 totals move intensities.

    As long as no cap holds a datum back, every account alone is the solution of all of them. Where
    one does, they are estimated together, with caps that are shares of output: the city makes more
    of what it earns or sells more of.
    """
    block, names = province.block, province.names
    free = block.output - province.stored - block.error
    left = np.divide(free, block.output, out=np.zeros_like(block.output), where=block.output > 0)
    most = np.where(left > 0, np.maximum(left, 1.0), left) if province.gives_way else left
    made, moved_intensity = output_account(province, data, step)
    output = solve_account(step, made)
    earned = value_added_account(province, output, data["value_added"], step)
    sold = Account(
        "exports",
        _exports(province, output * left, step),
        block.exports,
        [],
        names,
        most,
        output * most,
    )
    sold = replace(
        sold, data=bring_to_level(step, "exports", sold.prior, sold.totals, data["exports"])
    )
    result = {
        account.what: found
        for account in (earned, sold)
        if (found := solve_exactly(step, account)) is not None
    }
    if len(result) < 2:
        result = solve_accounts(step, [made, earned, sold])
        moved = np.divide(result["output"], output, out=np.ones_like(output), where=output > 0)
        for account in (earned, sold):
            result[account.what] = np.where(
                account.free, result[account.what], account.prior * moved
            )
        output = result["output"]
        step.report.add(
            "outputs moved by value added or exports",
            float(np.abs(moved - 1).max()),
            note="largest relative change",
        )
    report_data(step, made, output)
    without_data = province.gdp_shares[:, None] * province.block.value_added
    report_data(step, earned, result["value added"], without_data)
    report_data(step, sold, result["exports"])
    over = earned.full(result["value added"], SOLVED) & earned.free
    step.report.add("capped value added", float(over.sum()))
    return (output, result["value added"], result["exports"], output * left), moved_intensity
