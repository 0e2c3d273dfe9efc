"""An input-output table as a spreadsheet: one province (or the nation), products by uses, with the
accounts around it.

    sector | 01 .. n | final-demand categories | exports | imports | outflow | inflow | error |
    output 01..n  |         |                         |         |         |         |        |
    | items  |         (value added, one row an item)

Use is total use, imports and inflows included; rows: sum of uses + exports - imports + outflow -
inflow + error = output; columns: sum of inputs + value added = output. A pair of trade columns may
be left out (not reported), `error` as well (0). `outflow_total` and `inflow_total` hold foreign and
domestic trade in one column, `re_exports` foreign goods that are sold abroad again
(`printed_trade`).

Beside it may stand its use by source: products from abroad (`imports`) and from other provinces
(`inflow`).

    sector | 01 .. n | final-demand categories | exports | outflow
    01..n  |         |                         |         |

A block has the products and the columns of its table. `exports` and `outflow` (may be left out) are
goods that pass on: sold abroad again, or to other provinces. The table itself gives total use, or
home products only (dataset.csv, `import_mode: home`).

In place of a symmetric table may stand supply and use tables (`supply_use` has the models that
convert them):

supply:  product | industries                        use:  product | industries | categories |
exports .. error
         p1..pk  |                                         p1..pk  |            |            |
                                                           items   |            (value added)
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import xarray as xr

from ...base.errors import CityMRIOError, DataError, raise_faults, warn
from ...base.labels import array
from ...base.money import printed_gaps
from ..cells import Cells, difference, nearest, odd_letter, text_fault, text_of
from ..printed_trade import RE_EXPORTS, UNSETTLED, net_of, say, settle
from ..sums import Sums, printed_step, reconcile
from ..supply_use import MODELS, SupplyUse, symmetric
from .corrections import NONE, FileCorrections
from .grid import Grid

ACCOUNTS = ("exports", "imports", "outflow", "inflow", "error", "output")
LAYOUT = "see docs/bring-your-own-data.md for the layout of a provincial table."


def grid_of(cells: Cells, lines: FileCorrections = NONE) -> Grid:
    """A sheet whose rows and columns are found by their names (the header but for the first column,
    and the first column); rows without a name, or named twice, are faults.
    """
    grid = Grid(
        cells.where,
        cells.rows,
        {},
        {name: k for k, name in enumerate(cells.header) if k},
        lambda row, column: f"row {cells.numbers[row]}, column '{cells.header[column]}'",
        lines,
        faults=[*cells.faults],
    )
    for k, (row, number) in enumerate(zip(cells.rows, cells.numbers, strict=True)):
        name = text_of(row[0]).strip()
        problem = (
            "is blank"
            if not name
            else "appears twice; expected once"
            if name in grid.rows
            else text_fault(name)
        )
        if problem:
            grid.fault(f"row {number}, the code '{name}' {problem}", LAYOUT)
        else:
            grid.rows[name] = k
    return grid


def lacks(grid: Grid, rows: Sequence[str], columns: Sequence[str], others: Sequence[str]) -> bool:
    """Whether rows or columns are missing; columns that are neither wanted nor among `others` are
    faults as well.
    """
    missing = [
        f"{what.format(name)} is missing{_near(name, {*there} - {*wanted})}"
        for what, wanted, there in (
            ("column '{}'", columns, grid.columns),
            ("the row of sector '{}'", rows, grid.rows),
        )
        for name in wanted
        if name not in there
    ]
    unknown = [
        f"column '{name}' is unknown; expected a sector, a category or {', '.join(others)}"
        for name in grid.columns
        if name and name not in {*columns, *others} and name.lower() not in FREE
    ]
    for message in [*missing, *unknown]:
        grid.fault(message, LAYOUT)
    return bool(missing)


def province_from_cells(
    cells: Cells, sectors: list[str], categories: list[str], unit: str, lines: FileCorrections
) -> xr.Dataset:
    """The table of docs/contracts.md, provinces/<p>.nc, from cells.

    The first column holds codes of products, then one row per item of value added. Columns are
    found by their names. `unit` is the dataset's unit of money; messages propose `lines` of
    corrections.csv.

    Raises
    ------
    DataError
        Every row or column that is missing or unknown; every cell that holds no number.
    """
    grid, wanted = grid_of(cells, lines), [*sectors, *categories]
    items = [name for name in grid.rows if name not in sectors]
    lacking = lacks(grid, sectors, [*wanted, "output"], ACCOUNTS + UNSETTLED)
    if not items:
        grid.fault("there is no row of value added below the products", LAYOUT)
    if lacking or not items:
        raise_faults(grid.faults)
    use, added = grid.block(sectors, wanted), grid.block(items, sectors)
    parts = {
        "total_use": array(use, ("sector", "use"), unit, "total use"),
        "value_added": array(added, ("item", "sector"), unit, "value added"),
    }
    for name in (*ACCOUNTS, *(name for name in UNSETTLED if name in grid.columns)):
        values = grid.account(sectors, name, 0.0 if name == "error" else np.nan)
        parts[name] = array(values, ("sector",), unit, name)
    gaps = [i for i in sectors if np.isnan(grid.value(i, "output", np.nan))]
    if len(gaps) == len(sectors):
        grid.fault("column 'output' is empty; expected numbers", "fill it in.")
    else:
        for i in gaps:
            grid.fault(f"{grid.at(i, 'output')} is empty; expected a number", "fill it in.")
    raise_faults(grid.faults)
    grid.say_blank()
    return xr.Dataset(parts, coords={"sector": sectors, "use": wanted, "item": items})


def _near(name: str, others: Iterable[str]) -> str:
    near = nearest(name, sorted(others))
    if near and (why := difference(name, near)):
        why = odd_letter(near) or why
        return f" (there is '{near}', which only looks like it: {why})"
    return f" (there is '{near}')" if near else ""


#: Block -> variable of docs/contracts.md, and its name there.
BLOCKS = {
    "imports": ("imports_use", "use of products from abroad"),
    "inflow": ("inflow_use", "use of products of other provinces"),
}
#: Where products of a block may go instead of being used.
ONWARD = ("exports", "outflow")


def with_blocks(
    table: xr.Dataset, blocks: Mapping[str, Cells], *, home: bool, nation: bool, where: str
) -> xr.Dataset:
    """A provincial table with its use by source, and with total use where it gave home products
    only.

    Parameters
    ----------
    table
        As `io_cells.province_from_cells` reads it.
    blocks
        `imports`, `inflow`: cells of those that are there.
    home
        Whether the table gives home products only: use, exports and outflow. Blocks are added to
        them then.
    nation
        Whether it is the national table, which has no inflow.
    where
        Place of the table.

    Raises
    ------
    DataError
        A block that is needed is missing; every cell that cannot be used; rows that miss their
        account.
    """
    faults: list[CityMRIOError] = []
    expected = [name for name in BLOCKS if not (nation and name == "inflow")]
    if home and (lacking := [name for name in expected if name not in blocks]):
        faults.append(
            DataError(
                "the table gives home products (import_mode: home), but there is no table of its "
                f"{lacking[0]}; expected one",
                where=where,
                fix="add it, or give total use and import_mode: total.",
            )
        )
    sectors, uses = [*map(str, table["sector"].values)], [*map(str, table["use"].values)]
    unit = table["output"].attrs["units"]
    result = table.copy()
    for name, cells in blocks.items():
        grid = grid_of(cells)
        lacking_some = lacks(grid, sectors, uses, ONWARD)
        for other in sorted(set(grid.rows) - set(sectors)):
            grid.fault(
                f"row '{other}' is not a product of the table; expected its products only", LAYOUT
            )
        if lacking_some:
            faults += grid.faults
            continue
        use = grid.block(sectors, uses)
        onward = {account: grid.account(sectors, account, 0.0) for account in ONWARD}
        faults += grid.faults
        grid.say_blank()
        variable, words = BLOCKS[name]
        result[variable] = array(use, ("sector", "use"), unit, words)
        bought, given = use.sum(axis=1) + sum(onward.values()), result[name].values
        if np.isnan(given).all():
            result[name] = result[name].copy(data=bought)
        elif home or any(amount.any() for amount in onward.values()):
            check = Sums(
                "row",
                bought,
                given,
                use.shape[1] + len(onward),
                lambda k: f"the row of product '{sectors[k]}'",
                lambda k, gap: LAYOUT,
                called=f"column '{name}' of {where}",
            )
            faults += check.faults(printed_step(use), cells.where)
        if home:
            result["total_use"] = result["total_use"].copy(data=result["total_use"].values + use)
            for account in ONWARD:
                if onward[account].any():
                    known = np.nan_to_num(result[account].values)
                    result[account] = result[account].copy(data=known + onward[account])
    raise_faults(faults)
    return result


#: Names of the two tables.
TABLES = ("supply", "use")
FREE = ("name", "note")


def from_supply_and_use(
    cells: dict[str, Cells],
    sectors: list[str],
    categories: list[str],
    unit: str,
    model: str | None,
    lines: FileCorrections,
) -> xr.Dataset:
    """The symmetric table of a province from its supply and use tables.

    Parameters
    ----------
    cells
        `supply` and `use`, one of which may be missing (a fault).
    sectors
        Those of the dataset: products in models A and B, industries in C and D.
    model
        A, B, C or D (table `dataset`, key supply_use_model).
    lines
        Those of corrections.csv for the use table.

    Raises
    ------
    DataError
        Every fault of the two; sums that printing does not explain.
    """
    if lacking := [name for name in TABLES if name not in cells]:
        raise DataError(
            f"there is no {lacking[0]} table beside it; expected both",
            where=next(iter(cells.values())).where,
            fix=LAYOUT,
        )
    if model not in MODELS:
        said = f"is '{model}'" if model else "is not given"
        choices = "; ".join(f"{name}: {words}" for name, words in MODELS.items())
        raise DataError(
            f"the model that converts it (key 'supply_use_model') {said}; expected one of "
            f"{choices}",
            where=next(iter(cells.values())).where,
            fix="name it in the table `dataset`.",
        )
    supply, use, by_product = grid_of(cells["supply"]), grid_of(cells["use"], lines), model in "AB"
    products = sectors if by_product else [*supply.rows]
    industries = [name for name in supply.columns if name and name.lower() not in FREE]
    industries = industries if by_product else sectors
    lacks(supply, sectors if by_product else [], industries, ())
    for name in [name for name in supply.rows if name not in products]:
        supply.fault(
            f"row '{name}' is no sector; expected the products of sectors.csv, as model "
            f"{model} makes them sectors",
            LAYOUT,
        )
    items = [name for name in use.rows if name not in products]
    if not items:
        use.fault("there is no row of value added below the products", LAYOUT)
    columns = [*industries, *categories]
    lacks(use, products, columns, (*ACCOUNTS, RE_EXPORTS))
    raise_faults([*supply.faults, *use.faults])
    made, bought = supply.block(products, industries), use.block(products, columns)
    added = use.block(items, industries)
    accounts = {
        name: use.account(products, name, 0.0 if name == "error" else np.nan)
        for name in ACCOUNTS
        if name != "output"
    }
    raise_faults([*supply.faults, *use.faults])
    supply.say_blank()
    use.say_blank()
    if RE_EXPORTS in use.columns:
        again = {RE_EXPORTS: use.account(products, RE_EXPORTS, 0.0), "output": made.sum(axis=1)}
        printed = {name: values for name, values in accounts.items() if not np.isnan(values).all()}
        uses, gap = bought.sum(axis=1), printed_gaps(again["output"])
        settled, notes = settle(uses, printed | again, products, gap, use.where)
        accounts |= {name: settled[name] for name in accounts if name in settled}
        say(notes, use.where)
    _close(use, products, industries, made, bought, added, accounts)
    _as_by_products(made, bought[:, : len(industries)], use.where)

    def labelled(values: np.ndarray, **axes: list[str]) -> xr.DataArray:
        return xr.DataArray(values, axes, [*axes], attrs={"units": unit})

    given = SupplyUse(
        labelled(made, product=products, industry=industries),
        labelled(bought, product=products, use=columns),
        labelled(added, item=items, industry=industries),
        {name: labelled(values, product=products) for name, values in accounts.items()},
        categories,
        use.where,
    )
    return symmetric(given, model)


def _as_by_products(made: np.ndarray, bought: np.ndarray, where: str) -> None:
    """Turn (in place) input below 0 into output of the product, and output below 0 into input: what
    an industry sells of a product that it does not count as made, such as scrap.

    Both arrays (product, industry); rows and columns stay closed.
    """
    sold, used = np.maximum(-bought, 0.0), np.maximum(-made, 0.0)
    if not (sold.any() or used.any()):
        return
    made += sold + used
    bought += sold + used
    warn(
        where=where,
        what="cells below 0 between products and industries",
        value=f"{np.count_nonzero(sold)} of use, {sold.sum():.6g}; {np.count_nonzero(used)} of "
        f"supply, {used.sum():.6g}",
        expectation="supply and use of at least 0",
        effect="Use below 0 is output of the product by that industry (scrap, used goods), and "
        "supply below 0 its input: outputs are larger by both.",
    )


def _close(
    use: Grid,
    products: list[str],
    industries: list[str],
    made: np.ndarray,
    bought: np.ndarray,
    added: np.ndarray,
    accounts: dict[str, np.ndarray],
) -> None:
    """Book (in place) what printing explains: of products in `error`, of industries in their
    largest item of value added.

    Raises
    ------
    DataError
        Products that are not used as they are supplied, industries whose costs are not their
        output, by more.
    """
    trade = {name: np.nan_to_num(values) for name, values in accounts.items()}
    inputs, largest = bought[:, : len(industries)], np.abs(added).argmax(axis=0)
    items = [name for name in use.rows if name not in products]
    end = next((c for c in ("error", "exports") if c in use.columns), "")

    ends = [(product, end) for product in products]
    feet = [(items[k], name) for k, name in zip(largest, industries, strict=True)]

    def mend(cells: list[tuple[str, str]], side: str, k: int, gap: float) -> str:
        if not cells[k][1]:
            return LAYOUT
        used = f"{use.value(*cells[k]) + gap:.15g}"
        line = (*cells[k], use.cell(*cells[k]), used, f"the {side} does not add up")
        return use.lines.proposal([line])

    both = [
        Sums(
            "product",
            bought.sum(axis=1) + net_of(trade),
            made.sum(axis=1),
            sum(made.shape) + len(trade),
            lambda k: f"the row of product '{products[k]}'",
            partial(mend, ends, "row"),
            account="the account error",
            called="its supply",
        ),
        Sums(
            "industry column",
            inputs.sum(axis=0) + added.sum(axis=0),
            made.sum(axis=0),
            len(made) + len(bought),
            lambda k: f"the column of industry '{industries[k]}'",
            partial(mend, feet, "column"),
            account="the largest item of value added",
            called="its supply",
        ),
    ]
    if reconcile(both, printed_step(inputs, made), use.where):
        accounts["error"] = trade["error"] + both[0].gap
        added[largest, np.arange(len(industries))] += both[1].gap
