"""Faults of an input-output table: labels, units, finite cells, signs, rows and columns that add up (docs/contracts.md)."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ...base.errors import DataError

#: Trade columns of a provincial table that a source may leave out as a whole (all NaN).
OPTIONAL_PAIRS = (("exports", "imports"), ("outflow", "inflow"))
OPTIONAL = tuple(name for pair in OPTIONAL_PAIRS for name in pair)
#: Rounding of printed tables (rule R2): absolute, in the table's unit, and relative to output.
PRINTED, PRINTED_RELATIVE = 2.0, 1e-6
DIMS = {"total_use": {"sector", "use"}, "value_added": {"item", "sector"}}


def table_faults(
    table: xr.Dataset,
    sectors: list[str],
    categories: list[str],
    signed: list[str],
    where: str,
    *,
    unit: str | None,
    nation: bool = False,
) -> list[DataError]:
    """Every fault of a provincial (or the national) table.

    Row: sum_c use_ic + exports - imports + outflow - inflow + error = output; column: sum_i use_ij + sum value added = output,
    to the rounding of printed tables (rule R2). Every variable is in `unit` (None: the dataset names
    none, which is a fault of its own). No negative cells but in the categories `signed`, value added and `error`.
    """
    needed = ["total_use", "value_added", "output", "exports", "imports", "error"] + ([] if nation else ["outflow", "inflow"])
    faults = _form_faults(table, needed, sectors, [*sectors, *categories], unit, where)
    if faults:
        return faults
    parts = {}
    for name in needed:
        values = table[name].transpose(..., "sector") if name == "value_added" else table[name]
        if name == "total_use":
            values = values.transpose("sector", "use")
        cells = values.values.astype(float)
        parts[name] = np.zeros(cells.shape) if name in OPTIONAL and np.isnan(cells).all() else cells
        faults += _cells(name, values, parts[name], np.argwhere(~np.isfinite(parts[name])), "a finite number", where)
    for one, other in OPTIONAL_PAIRS:
        missing = [name for name in (one, other) if name in table and np.isnan(table[name].values.astype(float)).all()]
        if len(missing) == 1:
            given = one if missing[0] == other else other
            faults.append(
                DataError(
                    f"{missing[0]} is not reported, but {given} is; expected both or neither",
                    where=where,
                    fix="leave both blank, or give both (0 is a number).",
                )
            )
    if len(faults):
        return faults
    use, output = parts["total_use"], parts["output"]
    if not nation and not (output > 0).any():
        faults.append(DataError("output is 0 in every sector; expected some output", where=where, fix="give the output."))
    faults += _cells("output", table["output"], output, np.argwhere(output < 0), "at least 0", where)
    kept = [k for k, name in enumerate([*sectors, *categories]) if name not in signed]
    labels = table["total_use"].transpose("sector", "use").isel(use=kept)
    faults += _cells("total_use", labels, use[:, kept], np.argwhere(use[:, kept] < 0), "at least 0", where)
    added = parts["value_added"].sum(axis=0)
    above = np.flatnonzero(added > output + np.maximum(PRINTED, PRINTED_RELATIVE * np.abs(output)))
    for j in above:
        faults.append(
            DataError(
                f"value added of sector {sectors[j]} is {added[j]:.10g}, above its output {output[j]:.10g}; "
                "expected at most output",
                where=where,
                fix="value added + inputs = output in every column.",
            )
        )
    rows = use.sum(axis=1) + parts["exports"] - parts["imports"] + parts["error"]
    if not nation:
        rows = rows + parts["outflow"] - parts["inflow"]
    columns = use[:, : len(sectors)].sum(axis=0) + added
    limit = np.maximum(PRINTED, PRINTED_RELATIVE * np.abs(output))
    for what, total in (("row", rows), ("column", columns)):
        for k in np.flatnonzero(np.abs(total - output) > limit):
            if what == "column" and k in above:
                continue
            faults.append(
                DataError(
                    f"the {what} of sector {sectors[k]} adds up to {total[k]:.10g}, its output is {output[k]:.10g}; "
                    "expected the same",
                    where=where,
                    fix="rows and columns must add up to output; book what is unexplained in `error`.",
                )
            )
    return faults


def _cells(name: str, labelled: xr.DataArray, values: np.ndarray, bad: np.ndarray, expected: str, where: str) -> list[DataError]:
    """One fault for the first bad cell of a variable, with the number of the others."""
    if not len(bad):
        return []
    places = ", ".join(f"{dim} {labelled[dim].values[i]}" for dim, i in zip(labelled.dims, bad[0], strict=True))
    more = f" ({len(bad)} such cells)" if len(bad) > 1 else ""
    return [
        DataError(
            f"{name} is {values[tuple(bad[0])]:.10g} at {places}; expected {expected}{more}",
            where=where,
            fix="correct the cell.",
        )
    ]


def _form_faults(
    table: xr.Dataset, needed: list[str], sectors: list[str], uses: list[str], expected: str | None, where: str
) -> list[DataError]:
    faults = []
    accounts = [*needed, *(name for name in OPTIONAL if name in table and name not in needed)]
    for name in sorted(set(map(str, table.data_vars)) - set(accounts)):
        faults.append(DataError(f"variable '{name}' is unknown; expected {', '.join(needed)}", where=where, fix="remove it."))
    for name in accounts:
        if name not in table:
            faults.append(
                DataError(
                    f"variable '{name}' is missing; expected {', '.join(needed)}", where=where, fix="see docs/contracts.md."
                )
            )
            continue
        variable, dims = table[name], DIMS.get(name, {"sector"})
        unit = variable.attrs.get("units")
        unit = None if unit is None else str(unit)
        if unit is None:
            faults.append(
                DataError(
                    f"variable '{name}' has no attribute 'units'; expected '{expected or 'its unit'}'",
                    where=where,
                    fix="state the unit of every variable.",
                )
            )
        elif expected and unit != expected:
            faults.append(DataError(f"variable '{name}' is in '{unit}'; expected '{expected}'", where=where, fix="convert it."))
        if set(map(str, variable.dims)) != dims:
            faults.append(
                DataError(
                    f"variable '{name}' has dims {', '.join(map(str, variable.dims))}; expected {', '.join(sorted(dims))}",
                    where=where,
                    fix="see docs/contracts.md.",
                )
            )
        elif variable.dtype.kind not in "fiu":
            faults.append(
                DataError(f"variable '{name}' holds {variable.dtype}; expected numbers", where=where, fix="write numbers.")
            )
    for dim, expected in (("sector", sectors), ("use", uses)):
        labels = [*map(str, table[dim].values)] if dim in table.coords else []
        if labels != expected:
            wrong = next(
                (f"'{a}' where '{b}' stands in the lists" for a, b in zip(labels, expected, strict=False) if a != b),
                f"{len(labels)} labels",
            )
            faults.append(
                DataError(
                    f"dimension '{dim}' has {wrong}; expected the {len(expected)} codes of the lists in order",
                    where=where,
                    fix="sectors.csv and final_demand.csv give labels and order.",
                )
            )
    if "item" not in table.coords and "value_added" in table:
        faults.append(
            DataError("dimension 'item' has no labels; expected the items of value added", where=where, fix="name the items.")
        )
    return faults
