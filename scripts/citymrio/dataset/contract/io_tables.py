"""Input-output tables of the contract: what they hold, and their faults (docs/contracts.md).

Labels, units, finite cells, signs, rows and columns that add up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ...base.errors import DataError
from ...base.money import printed_gaps
from ...base.units import conversion_factor
from ...base.vocabulary import CARRIED
from ..printed_trade import PAIRS, SIGNS, UNSETTLED, net_of
from ..signs import warn_of_signs
from ..sums import Sums, both_sides, cell_faults, printed_step, reconcile
from .corrections import FileCorrections


@dataclass(frozen=True)
class Variable:
    """What the contract says of one variable of an input-output table; all are money.

    Attributes
    ----------
    dims
        In any order.
    meaning
        For docs/contracts.md.
    low
        Where no cell may be below 0: everywhere, in the columns of final demand that are not
        changes in stocks, or nowhere.
    nation
        Whether the national table has it.
    optional
        Whether a table may lack it.
    """

    dims: tuple[str, ...]
    meaning: str
    low: str = "may be negative"
    nation: bool = True
    optional: bool = False


#: The netCDF tables of the contract. pandera's own schemas for xarray (0.35) name neither the label
#: nor the value of a cell that breaks a rule, and take six seconds to import; the units and labels
#: expected here are those of the dataset itself.
VARIABLES = {
    "total_use": Variable(
        ("sector", "use"),
        "total use, imports and inflows included",
        "at least 0 but in categories of role `stock_changes`",
    ),
    "value_added": Variable(("item", "sector"), "not above output in sum"),
    "output": Variable(("sector",), "gross output", "at least 0"),
    "exports": Variable(("sector",), "sales to other countries"),
    "imports": Variable(("sector",), "purchases from other countries"),
    "outflow": Variable(("sector",), "sales to other provinces", nation=False),
    "inflow": Variable(("sector",), "purchases from other provinces", nation=False),
    "error": Variable(("sector",), "what the source leaves unexplained"),
    "imports_use": Variable(
        ("sector", "use"),
        "part of total_use from abroad; the rest of `imports` passes on to `exports` or `outflow`",
        "at least 0 but in categories of role `stock_changes`",
        optional=True,
    ),
    "inflow_use": Variable(
        ("sector", "use"),
        "part of total_use from other provinces; the rest of `inflow` passes on likewise",
        "at least 0 but in categories of role `stock_changes`",
        nation=False,
        optional=True,
    ),
    CARRIED: Variable(
        ("sector", "use"),
        "what `stock_changes` carries of other categories through the estimate (below 0 there, "
        "the opposite in `stock_changes`), to be added to total_use",
        nation=False,
        optional=True,
    ),
}
#: Parts of total use by source, with the account that each belongs to.
BLOCKS = {"imports_use": "imports", "inflow_use": "inflow"}
#: An error account below this part of the unit is what arithmetic leaves behind.
ROUND_OFF = 5e-7
IDENTITIES = (
    "sum over `use` of total_use + exports - imports + outflow - inflow + error = output",
    "sum over `sector` of total_use in the column of a sector + sum over `item` of value_added "
    "= output",
)


def table_faults(
    table: xr.Dataset,
    sectors: list[str],
    categories: list[str],
    signed: list[str],
    where: str,
    *,
    unit: str | None,
    nation: bool = False,
    lines: FileCorrections | None = None,
) -> list[DataError]:
    """Every fault of a provincial (or the national) table.

    Rows and columns keep `IDENTITIES` to the rounding of printed tables (rule R2). Every variable
    is in `unit` (None: the dataset names none, which is a fault of its own). Categories `signed`
    may be negative. Messages propose `lines` of corrections.csv.
    """
    needed = [
        name
        for name, variable in VARIABLES.items()
        if (variable.nation or not nation) and not variable.optional
    ]
    # a trade variable that the nation need not have is looked at where it is there
    known = [*needed, *(name for name in VARIABLES if name in table and name not in needed)]
    dims = {name: VARIABLES[name].dims for name in known}
    unsettled = {name: VARIABLES["output"].dims for name in UNSETTLED if name in table}
    faults = [
        DataError(
            f"variable '{name}' is unknown; expected {', '.join(needed)}",
            where=where,
            fix="remove it.",
        )
        for name in sorted(set(map(str, table.data_vars)) - {*dims, *unsettled})
    ]
    faults += form_faults(table, dims | unsettled, unit, where)
    if "item" not in table.coords and "value_added" in table:
        faults.append(
            DataError(
                "dimension 'item' has no labels; expected the items of value added",
                where=where,
                fix="name the items.",
            )
        )
    faults += label_faults(table, {"sector": sectors, "use": [*sectors, *categories]}, where)
    if faults or unsettled:  # what keeps its trade from being settled is another fault
        return faults
    missing = {
        name
        for pair in PAIRS
        for name in pair
        if name in table and np.isnan(table[name].values.astype(float)).all()
    }
    parts = {}
    for name in [*needed, *(name for name in BLOCKS if name in table)]:
        values = table[name].transpose(*VARIABLES[name].dims)
        cells = values.values.astype(float)
        parts[name] = np.zeros(cells.shape) if name in missing else cells
        faults += _cells(
            name,
            values,
            parts[name],
            ~np.isfinite(parts[name]),
            "a finite number",
            where,
        )
    faults += [
        DataError(
            f"{absent} is not reported, but {given} is; expected both or neither",
            where=where,
            fix="leave both blank, or give both (0 is a number).",
        )
        for pair in PAIRS
        for absent, given in (pair, pair[::-1])
        if absent in missing and given not in missing
    ]
    return faults or _amount_faults(
        table, parts, sectors, signed, where, nation=nation, lines=lines
    )


def _amount_faults(
    table: xr.Dataset,
    parts: dict[str, np.ndarray],
    sectors: list[str],
    signed: list[str],
    where: str,
    *,
    nation: bool,
    lines: FileCorrections | None,
) -> list[DataError]:
    """Signs and sums of a table that is sound in form."""
    faults: list[DataError] = []
    use, output = parts["total_use"], parts["output"]
    if not nation and not (output > 0).any():
        faults.append(
            DataError(
                "output is 0 in every sector; expected some output",
                where=where,
                fix="give the output.",
            )
        )
    faults += _cells("output", table["output"], output, output < 0, "at least 0", where)
    kept = [k for k, name in enumerate(map(str, table["use"].values)) if name not in signed]
    labels = table["total_use"].transpose("sector", "use").isel(use=kept)
    free = use[:, kept]
    found = [*_cells("total_use", labels, free, free < 0, "at least 0", where)]
    if found and lines is not None and lines.names:
        found = [*found[:-1], _with_lines(found[-1], table, sectors, lines)]
    faults += found
    faults += _block_faults(labels, parts, kept, where)
    sums, step = table_sums(table, lines)
    return [*faults, *(fault for one in sums for fault in one.faults(step, where))]


def lines_at_zero(
    use: np.ndarray,
    added: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    items: Sequence[str],
) -> list[tuple[str, str, str, str, str]]:
    """Lines of corrections.csv for cells of `use` (rows x columns) below 0: they are 0, and the
    largest item of value added (items x columns) closes their columns.
    """
    less, why = np.minimum(use, 0.0), "inputs below 0 are read as 0"
    cells = [
        (rows[i], columns[j], f"{use[i, j]:.15g}", "0", "intermediate use below 0")
        for i, j in np.argwhere(less < 0).tolist()
    ]
    for j in np.flatnonzero(less.any(axis=0)).tolist():
        k = int(np.abs(added[:, j]).argmax())
        used = f"{added[k, j] + less[:, j].sum():.15g}"
        cells.append((items[k], columns[j], f"{added[k, j]:.15g}", used, why))
    return cells


def _with_lines(
    fault: DataError, table: xr.Dataset, sectors: list[str], lines: FileCorrections
) -> DataError:
    """The last fault of cells below 0, with the lines of corrections.csv for all of them; the error
    account closes their rows.
    """
    use = table["total_use"].transpose("sector", "use").values[:, : len(sectors)]
    added = table["value_added"].transpose("item", "sector")
    cells = lines_at_zero(use, added.values, sectors, sectors, [*map(str, added["item"].values)])
    less, error = np.minimum(use, 0.0).sum(axis=1), np.nan_to_num(table["error"].values)
    for i in np.flatnonzero(less):
        used = f"{error[i] + less[i]:.15g}"
        cells.append((sectors[i], "error", f"{error[i]:.15g}", used, "closes the row"))
    fix = lines.proposal(cells) if cells else fault.fix
    return DataError(fault.message, where=fault.where, fix=fix)


def table_sums(table: xr.Dataset, lines: FileCorrections | None = None) -> tuple[list[Sums], float]:
    """Rows and columns of an input-output table against its output, and the unit of the last digit
    it is printed to. Trade that is not reported counts as 0.
    """
    sectors, output = [*map(str, table["sector"].values)], table["output"].values.astype(float)
    use = table["total_use"].transpose("sector", "use").values
    added = table["value_added"].transpose("item", "sector").values
    trade = {n: np.nan_to_num(table[n].values) for n in map(str, table.data_vars) if n in SIGNS}
    inputs = use[:, : len(sectors)]
    largest = table["item"].values[np.abs(added).argmax(axis=0)] if added.size else []

    def mend(side: str, k: int, gap: float) -> str:
        for name in [n for n in trade if SIGNS[n] < 0 and (trade[n] <= 0).all()]:
            if side == "row" and abs(gap - 2 * trade[name][k]) < abs(gap):
                return f"column '{name}' is subtracted, yet below 0 throughout: turn its signs."
        if lines is None or not lines.names:
            return "rows and columns must add up to output; book what is unexplained in `error`."
        error = np.nan_to_num(table["error"].values)[k]
        item = added[:, k][np.abs(added[:, k]).argmax()]
        cell = (
            (sectors[k], "error", error) if side == "row" else (str(largest[k]), sectors[k], item)
        )
        return lines.proposal([(*cell, f"{cell[2] + gap:.15g}", f"the {side} does not add up")])

    sums = both_sides(
        (use.sum(axis=1) + net_of(trade), use.shape[1] + len(trade)),
        (inputs.sum(axis=0) + added.sum(axis=0), len(sectors) + len(added)),
        output,
        lambda side, k: f"the {side} of sector {sectors[k]}",
        mend,
    )
    return sums, printed_step(inputs)


def closed_table(table: xr.Dataset, where: str, step: float | None = None) -> xr.Dataset:
    """The table with what its rows miss in `error`, and what its columns miss in their largest item
    of value added; as it is where nothing is more than round-off.

    `step`: unit of the last printed digit, where the table does not show it any more.

    Raises
    ------
    DataError
        Every row and column that misses by more than printing explains.
    """
    sums, seen = table_sums(table)
    if not reconcile(sums, seen if step is None else step, where):
        return table
    use, output = table["total_use"].transpose("sector", "use").values, table["output"].values
    others = {n: np.nan_to_num(table[n].values) for n in SIGNS if n in table and n != "error"}
    error = output - use.sum(axis=1) - net_of(others)
    added = table["value_added"].transpose("item", "sector").values.copy()
    gap = output - use[:, : len(output)].sum(axis=0) - added.sum(axis=0)
    largest = np.abs(added).argmax(axis=0), np.arange(len(output))
    added[largest] += np.where(output > 0, gap, 0.0)
    error = np.where(np.abs(error) < ROUND_OFF, 0.0, error)
    closed = {"error": ("sector", error), "value_added": (("item", "sector"), added)}
    return table.assign({name: (*values, table[name].attrs) for name, values in closed.items()})


def with_signs_in_stocks(
    table: xr.Dataset, stock: str, where: str, carried: xr.DataArray | None = None
) -> xr.Dataset:
    """The table with final demand below 0 (sales of used goods and scrap, returns) in the category
    of stock changes, whose cells keep their sign through every estimate; `CARRIED` of a province
    says what the nested table adds back to its category.

    Products, and so footprints of all final demand together, are as they were. Of the nation is
    moved what was `carried` in its provinces (sector, use; at most 0), where others make up for it
    in its sum: else the two would contradict each other. What a province does not make stays in
    stock changes: no region of it could sell it.
    """
    uses, sectors = [*map(str, table["use"].values)], [*map(str, table["sector"].values)]
    place = uses.index(stock)
    final = [k for k in range(len(sectors), len(uses)) if k != place]
    use = table["total_use"].transpose("sector", "use").values
    below = use[:, final] < 0
    whole = np.minimum(use, 0.0)
    if carried is not None:
        known = carried.reindex_like(table["total_use"], fill_value=0.0)
        whole = np.minimum(whole, known.transpose("sector", "use").values)
    whole = whole[:, final]
    if not (whole < 0).any():
        return table
    share = np.divide(whole, use[:, final], out=np.zeros_like(whole), where=use[:, final] != 0)
    data = {}
    for name in ["total_use", *(name for name in BLOCKS if name in table)]:
        cells = table[name].transpose("sector", "use").values.copy()
        moved = whole if name == "total_use" else share * cells[:, final]
        cells[:, place] += moved.sum(axis=1)
        cells[:, final] -= moved
        data[name] = (("sector", "use"), cells, table[name].attrs)
    made = (table["output"].values > 0)[:, None]
    if carried is None:
        back = np.zeros(use.shape)
        back[:, final] = whole * made
        back[:, place] = np.abs(back).sum(axis=1)
        data[CARRIED] = (("sector", "use"), back, table["total_use"].attrs)
    if below.any():
        worst, column = np.unravel_index(int(np.argmin(use[:, final])), below.shape)
        largest = f"{sectors[worst]} in {uses[final[column]]}"
        warn_of_signs(whole, (whole * ~made).sum(), largest, stock, where)
    return table.assign(data)


def _block_faults(
    labels: xr.DataArray, parts: dict[str, np.ndarray], kept: list[int], where: str
) -> list[DataError]:
    """Use by source against total use cell by cell, and against the accounts of trade product by
    product.

    `labels` is total use in the columns `kept`, those that are not changes in stocks.
    """
    blocks = [name for name in BLOCKS if name in parts]
    if not blocks:
        return []
    sectors, near = [*map(str, labels["sector"].values)], printed_gaps(parts["output"])
    faults, onward = list[DataError](), np.zeros(len(sectors))
    for name in blocks:
        block, account = parts[name], parts[BLOCKS[name]]
        free = block[:, kept]
        faults += _cells(name, labels, free, free < 0, "at least 0", where)
        left = account - block.sum(axis=1)
        faults += [
            DataError(
                f"{name} of product {sectors[k]} adds up to {block[k].sum():.10g}, "
                f"{BLOCKS[name]} are {account[k]:.10g}; expected at most as much",
                where=where,
                fix=f"{BLOCKS[name]} are what is used here, and what passes on to exports or "
                "outflow.",
            )
            for k in np.flatnonzero(left < -near)
        ]
        onward += np.maximum(left, 0.0)
    total = np.sum([parts[name][:, kept] for name in blocks], axis=0)
    above = total > parts["total_use"][:, kept] + near[:, None]
    faults += _cells(" and ".join(blocks), labels, total, above, "at most total_use", where)
    sold = np.maximum(parts["exports"], 0.0) + np.maximum(
        parts.get("outflow", np.zeros(len(sectors))), 0.0
    )
    return faults + [
        DataError(
            f"{' and '.join(BLOCKS[name] for name in blocks)} of product {sectors[k]} "
            f"exceed their use by {onward[k]:.10g}, exports and outflow are {sold[k]:.10g}; "
            "expected at least as much, as goods that pass on",
            where=where,
            fix="give the use of all imports and inflow by sector and category.",
        )
        for k in np.flatnonzero(onward > sold + near * len(blocks))
    ]


def _cells(
    name: str,
    labelled: xr.DataArray,
    values: np.ndarray,
    bad: np.ndarray,
    expected: str,
    where: str,
) -> Iterator[DataError]:
    """Every bad cell of a variable, with its labels."""
    yield from cell_faults(
        name,
        [(str(dim), [*map(str, labelled[dim].values)]) for dim in labelled.dims],
        values,
        bad,
        expected,
        where,
    )


def form_faults(
    table: xr.Dataset, expected_dims: Mapping[str, Sequence[str]], expected: str | None, where: str
) -> Iterator[DataError]:
    """Variables that are missing, are in another unit than `expected`, have other dimensions, or
    hold no numbers.
    """
    for name, dims in expected_dims.items():
        if name not in table:
            yield DataError(
                f"variable '{name}' is missing; expected {', '.join(expected_dims)}",
                where=where,
                fix="see docs/contracts.md.",
            )
            continue
        variable = table[name]
        unit, right = variable.attrs.get("units"), {*map(str, variable.dims)} == {*dims}
        for wrong, message, fix in (
            (
                unit is None,
                f"has no attribute 'units'; expected '{expected or 'its unit'}'",
                "state the unit of every variable.",
            ),
            (
                unit is not None
                and expected
                and unit != expected  # the same text that is no unit is one fault, of the dataset
                and conversion_factor(str(unit), expected) != 1,
                f"is in '{unit}'; expected '{expected}'",
                "convert it.",
            ),
            (
                not right,
                f"has dims {', '.join(map(str, variable.dims))}; expected "
                f"{', '.join(sorted(dims))}",
                "see docs/contracts.md.",
            ),
            (
                right and variable.dtype.kind not in "fiu",
                f"holds {variable.dtype}; expected numbers",
                "write numbers.",
            ),
        ):
            if wrong:
                yield DataError(f"variable '{name}' {message}", where=where, fix=fix)


def label_faults(table: xr.Dataset, lists: dict[str, list[str]], where: str) -> Iterator[DataError]:
    """Labels that are not the codes of the dataset's lists in their order."""
    for dim, expected in lists.items():
        labels = [*map(str, table[dim].values)] if dim in table.coords else []
        if labels != expected:
            wrong = next(
                (
                    f"'{a}' where the lists have '{b}'"
                    for a, b in zip(labels, expected, strict=False)
                    if a != b
                ),
                f"{len(labels)} labels",
            )
            yield DataError(
                f"dimension '{dim}' has {wrong}; expected the {len(expected)} codes of the "
                "lists in order",
                where=where,
                fix="regions.csv, sectors.csv and final_demand.csv give labels and order.",
            )
