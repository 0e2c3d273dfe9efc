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

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ..base.errors import CityMRIOError, DataError, DataErrors
from ..base.labels import array
from ..base.notices import warn
from .cells import Cells, looks, number_of, odd_letter, text_fault, text_of
from .printed_trade import RE_EXPORTS, TOTALS, net_of
from .sums import Sums, printed_step, reconcile
from .supply_use import MODELS, SupplyUse, symmetric

Propose = Callable[[list[tuple[str, str, object, object, str]]], str]
ACCOUNTS = ("exports", "imports", "outflow", "inflow", "error", "output")
#: Columns of trade that a table may have instead of, or beside those of ACCOUNTS.
OTHER_ACCOUNTS = (*TOTALS, RE_EXPORTS)
LAYOUT = "see docs/bring-your-own-data.md for the layout of a provincial table."


@dataclass
class Grid:
    """A sheet whose rows and columns are found by their names.

    Attributes
    ----------
    cells
        As read.
    columns, rows
        Position by name: of the header (but for the first column), and of the first column.
    faults
        What is wrong with it; reading cells adds to it.
    """

    cells: Cells
    columns: dict[str, int]
    rows: dict[str, int]
    faults: list[DataError]

    @classmethod
    def of(cls, cells: Cells) -> Grid:
        """The names of a sheet; rows without a name, or named twice, are faults."""
        grid = cls(
            cells, {name: k for k, name in enumerate(cells.header) if k}, {}, list(cells.faults)
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
                grid.fault(f"row {number}, the code '{name}' {problem}")
            else:
                grid.rows[name] = k
        return grid

    def fault(self, message: str, fix: str = LAYOUT) -> None:
        """Add a fault of the sheet."""
        self.faults.append(DataError(message, where=self.cells.where, fix=fix))

    def lacks(self, rows: Sequence[str], columns: Sequence[str], others: Sequence[str]) -> bool:
        """Whether rows or columns are missing; columns that are neither wanted nor among `others`
        are faults as well.
        """
        for name in columns:
            if name not in self.columns:
                self.fault(
                    f"column '{name}' is missing{_near(name, set(self.columns) - set(columns))}"
                )
        for name in rows:
            if name not in self.rows:
                self.fault(
                    f"the row of sector '{name}' is "
                    f"missing{_near(name, set(self.rows) - set(rows))}"
                )
        for name in self.columns:
            if (
                name
                and name not in columns
                and name not in others
                and name.lower() not in ("name", "note")
            ):
                self.fault(
                    f"column '{name}' is unknown; expected a sector, a category or "
                    f"{', '.join(others)}"
                )
        return any(name not in self.columns for name in columns) or any(
            name not in self.rows for name in rows
        )

    def read(self, row: str, column: str, blank: float = 0.0) -> float:
        """The number of a cell; `blank` for an empty one."""
        try:
            value = number_of(self.cells.rows[self.rows[row]][self.columns[column]])
        except ValueError as fault:
            self.fault(
                f"row {self.cells.numbers[self.rows[row]]}, column '{column}' {fault}",
                "correct the cell.",
            )
            return 0.0
        return blank if np.isnan(value) else value

    def account(self, rows: Sequence[str], name: str, absent: float = np.nan) -> np.ndarray:
        """A column of numbers, blanks 0; `absent` throughout where it is not there or has no number
        at all.
        """
        if name not in self.columns:
            return np.full(len(rows), absent)
        values = np.array([self.read(row, name, np.nan) for row in rows])
        return (
            np.full(len(rows), absent) if np.isnan(values).all() else np.nan_to_num(values, nan=0.0)
        )


def province_from_cells(
    cells: Cells, sectors: list[str], categories: list[str], unit: str
) -> tuple[xr.Dataset | None, list[DataError]]:
    """The table of docs/contracts.md, provinces/<p>.nc, from cells; None where rows or columns are
    missing.

    The first column holds codes of products, then one row per item of value added. Columns are
    found by their names. `unit` is the dataset's unit of money.
    """
    grid, wanted = Grid.of(cells), [*sectors, *categories]
    items = [name for name in grid.rows if name not in sectors]
    lacking = grid.lacks(sectors, [*wanted, "output"], ACCOUNTS + OTHER_ACCOUNTS)
    if not items:
        grid.fault("there is no row of value added below the products")
    if lacking or not items:
        return None, grid.faults
    use = np.array([[grid.read(i, c) for c in wanted] for i in sectors])
    added = np.array([[grid.read(item, j) for j in sectors] for item in items])
    parts = {
        "total_use": array(use, ("sector", "use"), unit, "total use"),
        "value_added": array(added, ("item", "sector"), unit, "value added"),
    }
    output = np.array([grid.read(i, "output", np.nan) for i in sectors])
    for name in ACCOUNTS:
        values = (
            grid.account(sectors, name, 0.0 if name == "error" else np.nan)
            if name != "output"
            else np.nan_to_num(output)
        )
        parts[name] = array(values, ("sector",), unit, name)
    for name in (name for name in OTHER_ACCOUNTS if name in grid.columns):
        parts[name] = array(grid.account(sectors, name), ("sector",), unit, name)
    gaps = [i for i, value in zip(sectors, output, strict=True) if np.isnan(value)]
    if len(gaps) == len(sectors):
        grid.fault("column 'output' is empty; expected numbers", "fill it in.")
    else:
        for i in gaps:
            number = cells.numbers[grid.rows[i]]
            grid.fault(f"row {number}, column 'output' is empty; expected a number", "fill it in.")
    return xr.Dataset(parts, coords={"sector": sectors, "use": wanted, "item": items}), grid.faults


def _near(name: str, others: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(others), n=1, cutoff=0.6)
    same = [other for other in others if other.lstrip("0") == name.lstrip("0")]
    alike = [other for other in others if looks(other) == looks(name)]
    if alike:
        return (
            f" (there is '{alike[0]}', which only looks like it: "
            f"{odd_letter(alike[0]) or 'letters of another alphabet'})"
        )
    return f" (there is '{(same or near)[0]}')" if same or near else ""


#: Block -> variable of docs/contracts.md, and its name there.
BLOCKS = {
    "imports": ("imports_use", "use of products from abroad"),
    "inflow": ("inflow_use", "use of products of other provinces"),
}
#: Where products of a block may go instead of being used.
ONWARD = ("exports", "outflow")


def with_blocks(
    table: xr.Dataset, blocks: Mapping[str, Cells], *, home: bool, nation: bool, where: str
) -> tuple[xr.Dataset | None, list[DataError]]:
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
    """
    faults: list[DataError] = []
    expected = [name for name in BLOCKS if not (nation and name == "inflow")]
    if home and (lacking := [name for name in expected if name not in blocks]):
        message = (
            "the table gives home products (import_mode: home), but there is no table of "
            f"its {lacking[0]}"
        )
        faults.append(
            DataError(
                f"{message}; expected one",
                where=where,
                fix="add it, or give total use and import_mode: total.",
            )
        )
    sectors, uses = [*map(str, table["sector"].values)], [*map(str, table["use"].values)]
    unit = table["output"].attrs["units"]
    result = table.copy()
    for name, cells in blocks.items():
        grid = Grid.of(cells)
        if grid.lacks(sectors, uses, ONWARD):
            faults += grid.faults
            continue
        for other in sorted(set(grid.rows) - set(sectors)):
            grid.fault(f"row '{other}' is not a product of the table; expected its products only")
        use = np.array([[grid.read(i, c) for c in uses] for i in sectors])
        onward = {account: grid.account(sectors, account, 0.0) for account in ONWARD}
        faults += grid.faults
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
            result["total_use"] = result["total_use"] + use
            for account in ONWARD:
                if onward[account].any():
                    result[account] = result[account].fillna(0.0) + onward[account]
    if home:
        for name in ("total_use", *ONWARD):
            result[name].attrs = table[name].attrs
    if faults:  # a table of total use is judged by itself
        return (None if home else table), faults
    return result, faults


#: Names of the two tables.
TABLES = ("supply", "use")
FREE = ("name", "note")


def from_supply_and_use(
    cells: dict[str, Cells],
    sectors: list[str],
    categories: list[str],
    unit: str,
    model: str | None,
    propose: Propose,
) -> tuple[xr.Dataset | None, list[CityMRIOError]]:
    """The symmetric table of a province from its supply and use tables, and every fault of the two.

    Parameters
    ----------
    cells
        `supply` and `use`, one of which may be missing (a fault).
    sectors
        Those of the dataset: products in models A and B, industries in C and D.
    model
        A, B, C or D (table `dataset`, key supply_use_model).
    propose
        Lines of corrections.csv for cells of the use table (`FileCorrections.proposal`).
    """
    where = next(iter(cells.values())).where
    if lacking := [name for name in TABLES if name not in cells]:
        return None, [
            DataError(
                f"there is no {lacking[0]} table beside it; expected both", where=where, fix=LAYOUT
            )
        ]
    if model not in MODELS:
        said = f"is '{model}'" if model else "is not given"
        choices = "; ".join(f"{name}: {words}" for name, words in MODELS.items())
        message = (
            f"the model that converts it (key 'supply_use_model') {said}; expected one of {choices}"
        )
        return None, [DataError(message, where=where, fix="name it in the table `dataset`.")]
    supply, use = Grid.of(cells["supply"]), Grid.of(cells["use"])
    products = [*supply.rows]
    industries = (
        sectors
        if model in "CD"
        else [name for name in supply.columns if name and name.lower() not in FREE]
    )
    short = supply.lacks(sectors if model in "AB" else [], industries, ())
    if model in "AB":
        for name in [name for name in products if name not in sectors]:
            supply.fault(
                f"row '{name}' is no sector; expected the products of sectors.csv, as model "
                f"{model} makes them sectors"
            )
        products = [*sectors]
    items = [name for name in use.rows if name not in products]
    if not items:
        use.fault("there is no row of value added below the products")
    if (
        use.lacks(products, [*industries, *categories], ACCOUNTS)
        or short
        or supply.faults
        or use.faults
    ):
        return None, [*supply.faults, *use.faults]
    made = np.array([[supply.read(i, j) for j in industries] for i in products])
    bought = np.array([[use.read(i, c) for c in [*industries, *categories]] for i in products])
    added = np.array([[use.read(item, j) for j in industries] for item in items])
    accounts = {
        name: use.account(products, name, 0.0 if name == "error" else np.nan)
        for name in ACCOUNTS
        if name != "output"
    }
    if supply.faults or use.faults:
        return None, [*supply.faults, *use.faults]
    try:
        _close(use, products, industries, made, bought, added, accounts, propose)
    except DataError as error:
        return None, [*error.faults] if isinstance(error, DataErrors) else [error]
    _as_by_products(made, bought[:, : len(industries)], use.cells.where)
    columns, money = [*industries, *categories], {"units": unit}
    given = SupplyUse(
        supply=xr.DataArray(
            made,
            {"product": products, "industry": industries},
            ("product", "industry"),
            attrs=money,
        ),
        use=xr.DataArray(
            bought, {"product": products, "use": columns}, ("product", "use"), attrs=money
        ),
        value_added=xr.DataArray(
            added, {"item": items, "industry": industries}, ("item", "industry"), attrs=money
        ),
        accounts={
            name: xr.DataArray(values, {"product": products}, ("product",))
            for name, values in accounts.items()
        },
        categories=categories,
        where=use.cells.where,
    )
    try:
        return symmetric(given, model), []
    except DataError as error:
        return None, [error]


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
    propose: Propose,
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
    inputs = bought[:, : len(industries)]
    rows = (bought.sum(axis=1) + net_of(trade), made.sum(axis=1), sum(made.shape) + len(trade))
    columns = (inputs.sum(axis=0) + added.sum(axis=0), made.sum(axis=0), len(made) + len(bought))
    largest = np.abs(added).argmax(axis=0)
    items = [name for name in use.rows if name not in products]

    place = next((c for c in ("error", "exports") if c in use.columns), "")

    def mend(cell: tuple[str, str], side: str, gap: float) -> str:
        if not cell[1]:
            return LAYOUT
        value = use.cells.rows[use.rows[cell[0]]][use.columns[cell[1]]]
        used = f"{use.read(*cell) + gap:.15g}"
        return propose([(*cell, value, used, f"the {side} does not add up")])

    def sums(
        what: str, side: str, names: list[str], cells: list, account: str, parts: tuple
    ) -> Sums:
        total, printed, count = parts
        return Sums(
            what,
            total,
            printed,
            count,
            lambda k: f"the {side} of {what} '{names[k]}'",
            lambda k, gap: mend(cells[k], side, gap),
            account=account,
            called="its supply",
        )

    ends = [(product, place) for product in products]
    feet = [(items[k], name) for k, name in zip(largest, industries, strict=True)]
    item = "the largest item of value added"
    both = [
        sums("product", "row", products, ends, "the account error", rows),
        sums("industry", "column", industries, feet, item, columns),
    ]
    if reconcile(both, printed_step(inputs, made), use.cells.where):
        accounts["error"] = trade["error"] + both[0].gap
        added[largest, np.arange(len(industries))] += both[1].gap
