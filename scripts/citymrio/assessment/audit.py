"""The balance audit: the invariants I1-I16 of method.md sections 7.2 and 9, each computed anew from
the tables, and whether a run passes.

An error is relative to the quantity that the description of its row names; where that is 0, any
error fails.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import BalanceError
from ..base.labels import with_carried
from ..base.money import PRINTED_RELATIVE, printed_gaps
from ..base.threads import one_blas_thread
from ..nested import NestedMRIO
from ..nested.flows import Flows
from ..nested.nest import VARIABLES


def audit_verdict(
    audit: pd.DataFrame, where: str, diagnostics: Mapping[str, pd.DataFrame] | None = None
) -> dict[str, float | int]:
    """How many invariants hold.

    Parameters
    ----------
    diagnostics
        cities/<p>/diagnostics.csv by their paths: what had to be softened there is said when an
        invariant fails.

    Raises
    ------
    BalanceError
        One or more fail: each with its largest relative error and the place.
    """
    failed = audit[~audit["passed"].astype(bool)]
    if audit.empty or len(failed):
        faults = "; ".join(
            f"{row.invariant} ({row.description}) is off by {row.max_rel:.3g} at {row.where}"
            for row in failed.itertuples()
        )
        softened = [
            text for path, table in (diagnostics or {}).items() if (text := _softened(path, table))
        ]
        said = f". Constraints in conflict were softened: {'; '.join(softened)}" if softened else ""
        place = (
            "the data named in the files of diagnostics" if softened else "the data of the place"
        )
        raise BalanceError(
            f"{len(failed)} of {len(audit)} invariants fail: "
            f"{faults or 'nothing was audited'}{said}.",
            where=where,
            fix=f"correct {place}; a larger audit.tolerance would only hide the fault.",
        )
    return {
        "invariants": len(audit),
        "largest_relative_error": float(audit["max_rel"].max()),
        "tolerance": float(audit["tolerance"].max()),
    }


def _softened(path: str, diagnostics: pd.DataFrame) -> str:
    """What was softened in a province: file, number of rows, the largest of them, and the reason
    where there is one.
    """
    rows = diagnostics[diagnostics["flag"].eq("softened").fillna(False).astype(bool)]
    placed = rows[rows["region"].fillna("").ne("")]
    if rows.empty:
        return ""
    text = f"{path} has {len(rows)} rows with the flag softened"
    if len(placed):
        row = placed.loc[placed["value"].abs().idxmax()]
        sector = (
            f", sector {row['sector']}" if isinstance(row["sector"], str) and row["sector"] else ""
        )
        text += (
            f", the largest '{row['quantity']}' by {row['value']:.6g} at city "
            f"{row['region']}{sector}"
        )
    reasons = rows.loc[rows["region"].fillna("").eq(""), "note"].dropna()
    return text + (f" (reason: {reasons.iloc[0]})" if len(reasons) else "")


#: Variables of a nested table that are shares or labels: a change of the money unit does not touch
#: them.
SHARES = ("intra_share", "out_share", "stock_changes_share", "region_province")
#: Invariants that set a table beside what it was estimated from.
OF_ESTIMATES = ("I3", "I4", "I10")
#: Invariants that need a second table in memory, and the bytes of its cells from which they are
#: left out (13,146 dense rows).
OF_TWO_TABLES, LARGE = ("I8", "I9"), 2**30
UNIT_FACTOR = 0.37
SCALE = 1.37


@dataclass(frozen=True)
class Check:
    """One comparison: gap and margin of equal shape, labelled."""

    gap: xr.DataArray
    margin: xr.DataArray | float
    label: str = ""

    def worst(self) -> tuple[float, float, str]:
        """Largest absolute gap, largest relative gap, and the place of the latter."""
        gap = abs(self.gap)
        if not gap.size:
            return 0.0, 0.0, "nothing to compare"
        gap, margin = xr.broadcast(gap, xr.zeros_like(gap, dtype=float) + self.margin)
        sizes, scales = np.atleast_1d(gap.values, abs(margin.transpose(*gap.dims)).values)
        relative = np.divide(sizes, scales, out=np.full(sizes.shape, np.inf), where=scales != 0)
        relative[(sizes == 0)] = 0.0
        relative[~np.isfinite(sizes)] = np.inf
        place = np.unravel_index(int(np.argmax(relative)), sizes.shape)
        names = [
            f"{dim} {gap[dim].values[k]}"
            for dim, k in zip(gap.dims, place, strict=False)
            if dim in gap.coords
        ]
        where = ", ".join([self.label, *names] if self.label else names)
        return (
            float(np.max(np.where(np.isfinite(sizes), sizes, np.inf))),
            float(relative[place]),
            where,
        )


@one_blas_thread
def audit(
    nested: NestedMRIO,
    province_mrio: xr.Dataset | None,
    system: xr.Dataset | None,
    accounts: Mapping[str, xr.Dataset],
    footprints: xr.Dataset,
    tolerance: float = 1e-8,
) -> pd.DataFrame:
    """Audit a nested table against the provincial accounts it must reproduce, where it was
    estimated from any.

    Parameters
    ----------
    nested
        The table.
    province_mrio, system
        provinces/mrio.nc and provinces/system.nc; None of a table that was given.
    accounts
        cities/<p>/accounts.nc by province; empty of a table that was given.
    footprints
        footprint/footprints.nc.
    tolerance
        Largest relative error.

    Returns
    -------
    pandas.DataFrame
        invariant, description, max_abs, max_rel, where, tolerance, passed; one row an invariant
        that applies: a table that was given has no provincial accounts (`OF_ESTIMATES`); negative
        deliveries between industries, which only a given table can have, make negative flows (I13,
        which leaves out categories with cells below 0, and looks at the flows from each province
        where flows are kept by block); of a table of a gigabyte no second
        one is made (`OF_TWO_TABLES`). Failed rows are returned, not raised: the
        caller decides.
    """
    names = ["output", "value_added", "exports", "error", "imports"]
    if any(part.attrs.get("import_mode") == "by_product" for part in accounts.values()):
        names.append("imports_product")
    parts = [accounts[p][names] for p in sorted(accounts)]
    accounts_of = xr.concat(parts, dim="region", join="exact") if parts else xr.Dataset()
    view = _View(
        nested, province_mrio or xr.Dataset(), system or xr.Dataset(), accounts_of, footprints
    )
    left_out = OF_ESTIMATES if system is None else ()
    industry = nested.parts["industry"][1]
    if any((cells < 0).any() for cells in (*industry.own, *industry.source)):
        left_out = (*left_out, "I13")
    if max(nested.dataset[name].nbytes for name in ("province_table", "intra_share")) >= LARGE:
        left_out = (*left_out, *OF_TWO_TABLES)
    rows = []
    for invariant, description, checks in (one for one in _INVARIANTS if one[0] not in left_out):
        found = [check.worst() for check in checks(view)]
        largest = max(found, key=lambda item: item[1])
        rows.append(
            {
                "invariant": invariant,
                "description": description,
                "max_abs": max(item[0] for item in found),
                "max_rel": largest[1],
                "where": largest[2],
                "tolerance": tolerance,
                "passed": bool(largest[1] <= tolerance),
            }
        )
    return pd.DataFrame(rows)


class _View:
    """What the invariants look at, with what several of them share; empty where it is not given."""

    def __init__(
        self,
        nested: NestedMRIO,
        mrio: xr.Dataset,
        system: xr.Dataset,
        accounts: xr.Dataset,
        footprints: xr.Dataset,
    ) -> None:
        self.nested, self.mrio, self.system = nested, mrio, system
        self.accounts, self.data = accounts, nested.dataset
        self.output, self.uses = nested.dataset["output"], nested.dataset["use"].values.astype(str)
        self.purchases, self.deliveries = nested.purchases(), nested.deliveries()
        self.footprints = footprints
        absolute = abs(self.footprints["cba"]).sum("category")
        self.cba, self.cba_size = self.footprints["cba"].transpose("region", "category"), absolute

    @cached_property
    def provincial_table(self) -> xr.DataArray:
        """The provincial table (origin, sector, destination, use) in the order of the nested
        one.
        """
        labels = {
            "origin": self.nested.provinces,
            "sector": self.nested.sectors,
            "destination": self.nested.provinces,
        }
        return with_carried(self.mrio).sel({**labels, "use": self.uses}).transpose(*labels, "use")

    def by_province(self, values: xr.DataArray) -> xr.DataArray:
        """Sums over the regions of every province."""
        first = values.transpose("region", ...)
        sums = np.stack([first.values[index].sum(axis=0) for index in self.nested.members])
        rest = {dim: first.coords[dim] for dim in first.dims[1:]}
        return xr.DataArray(
            sums, {"province": self.nested.provinces, **rest}, ("province", *first.dims[1:])
        )

    def industries(self, values: xr.DataArray) -> xr.DataArray:
        """The industry columns of an array with dim `use`, as sectors."""
        return values.sel(use=self.nested.sectors).rename(use="sector")

    def imports(self, group: np.ndarray) -> xr.DataArray:
        """Imports by region, over the columns `group`."""
        return self.data["imports"].sel(use=group).sum("use")

    def cba_of(self, nested: NestedMRIO, emissions: xr.DataArray) -> xr.DataArray:
        """CBA (region, category) of a table by the adjoint route, in the order of the audited
        table.
        """
        by_product = nested.product_footprints(nested.multipliers(emissions)).sum("sector")
        return by_product.sel(region=self.nested.regions, category=self.nested.categories)

    @cached_property
    def flows(self) -> xr.DataArray:
        """Flows (origin, destination, category) of the footprints; where they are kept by block,
        those from each province together.
        """
        if "flows_category" in self.footprints:
            return self.footprints["flows_category"]
        nested, e = self.nested, self.intensity.values
        of_province = np.arange(nested.provinces.size) == nested.province_of[:, None]
        emitted = nested.leontief.solve_transposed(e[:, :, None] * of_province[:, None])
        labels = (nested.provinces, nested.regions, nested.categories)
        return xr.DataArray(
            nested.demand_array_transposed(emitted).transpose(2, 0, 1),
            dict(zip(("origin", "destination", "category"), labels, strict=True)),
        )

    @cached_property
    def intensity(self) -> xr.DataArray:
        """Intensities behind the footprints, recovered from the multipliers: e = (I - A)' m."""
        multiplier = self.nested.align(self.footprints["multiplier"], "multiplier")
        flat = multiplier.values.ravel()
        return multiplier.copy(data=(flat - self.nested.A.rmatvec(flat)).reshape(multiplier.shape))

    @cached_property
    def emissions(self) -> xr.DataArray:
        """Emissions behind the footprints, but for those of sectors without output."""
        return self.intensity * self.output

    @cached_property
    def cba_again(self) -> xr.DataArray:
        """CBA (region, category) from these emissions."""
        return self.cba_of(self.nested, self.emissions)


def _row_identity(view: _View) -> Iterator[Check]:
    gap = view.deliveries + view.data["exports"] + view.data["error"] - view.output
    yield Check(gap, view.output)


def _column_identity(view: _View) -> Iterator[Check]:
    paid = (
        view.industries(view.data["imports"]) + view.data["value_added"] + view.nested.column_error
    )
    yield Check(view.industries(view.purchases) + paid - view.output, view.output)


def _city_cells(view: _View) -> Iterator[Check]:
    """Sums over the cities of both provinces, from the factors: (sum_r o_i^r) Y_ic^{pq} (sum_s
    m_ic^s), own blocks apart.
    """
    nested = view.nested
    table = view.provincial_table
    ones = np.ones((nested.regions.size, nested.sectors.size, 1))
    for where, part in nested.parts.values():
        sent = part.gather(ones)[:, :, 0].T
        for q, province in enumerate(nested.provinces):
            index = part.regions[q]
            cells = (
                sent[:, :, None]
                * part.source[q].transpose(1, 0, 2)
                * part.share[q].sum(axis=2).T[None]
            )
            size = abs(cells)
            own = part.own[q] + np.einsum("irs,sic->sic", part.tau[q], part.intra[q])
            cells[q] += own.sum(axis=0)
            size[q] += abs(part.own[q]).sum(axis=0) + abs(part.intra[q]).sum(axis=0)
            expected = table.sel(destination=province).isel(use=where)
            gap = expected.copy(data=cells - expected.values)
            margin = expected.copy(data=np.maximum(size, abs(expected.values)))
            yield Check(gap, margin, f"destination {province} ({index.size} regions)")


def _city_sums(view: _View) -> Iterator[Check]:
    items = {"value_added": view.system["value_added"].sum("item"), "imports": None}
    items |= {name: view.system[name] for name in ("output", "exports", "error")}
    output = view.by_province(view.output)
    column = xr.concat(
        [output.rename(sector="use"), view.by_province(_final_totals(view))], dim="use"
    )
    for name, in_system in items.items():
        found = view.by_province(view.data[name])
        margin = column if name == "imports" else output
        for source, expected in (("mrio.nc", view.mrio[name]), ("system.nc", in_system)):
            if expected is not None:
                yield Check(
                    found - expected.transpose(*found.dims).sel({d: found[d] for d in found.dims}),
                    margin,
                    f"{name} in {source}",
                )
        margin = (
            xr.concat([view.output.rename(sector="use"), _final_totals(view)], dim="use")
            if name == "imports"
            else view.output
        )
        ours, theirs = view.data[name], view.accounts[name].sel(region=view.nested.regions)
        if name == "imports" and "imports_product" in view.accounts:
            yield from _imports_by_product(view, ours, theirs, margin)
            continue
        yield Check(ours - theirs, margin, f"{name} in accounts.nc")


def _imports_by_product(
    view: _View, ours: xr.DataArray, by_column: xr.DataArray, margin: xr.DataArray
) -> Iterator[Check]:
    """Mode ``by_product``: accounts fix a city's imports of each product, and its table (step 4)
    says which columns use them.

    A nested table has no imports by product, so that the sum over products and columns is compared;
    stock changes by column.
    """
    stored = ours["use"] == view.nested.stock_changes
    planned = view.accounts["imports_product"].sel(region=view.nested.regions).sum("sector")
    yield Check(
        ours.where(~stored, 0.0).sum("use") - planned,
        margin.sum("use"),
        "sum of imports in accounts.nc",
    )
    yield Check(
        (ours - by_column).where(stored, 0.0), margin, "imports of stock changes in accounts.nc"
    )


def _final_totals(view: _View) -> xr.DataArray:
    """Size of the final use of a region's category (region, use): absolute cells, and imports."""
    final = {"use": view.nested.categories}
    layers = sum(
        abs(view.data[name].sel(final)).sum("sector")
        for name in ("use_self", "use_intra", "use_rest")
    )
    return layers + abs(view.data["imports"].sel(final))


def _gdp(view: _View) -> Iterator[Check]:
    nested, data = view.nested, view.data
    own = data["use_self"].sum(["sector", "use"])
    outflow = view.deliveries.sum("sector") - own
    inflow = view.purchases.sum("use") - own
    final = view.purchases.sel(use=nested.categories).sum("use") + view.imports(nested.categories)
    foreign = data["exports"].sum("sector") - view.imports(view.uses)
    value_added = data["value_added"].sum("sector")
    error = (data["error"] - nested.column_error).sum("sector")
    yield Check(value_added - (final + foreign + outflow - inflow + error), abs(value_added))
    if not (system := view.system):
        return
    use = next(
        value
        for value in system.data_vars.values()
        if set(value.dims) == {"province", "sector", "use"}
    )
    final = use.sel(use=nested.categories).sum(["use", "sector"])
    net = (
        system["exports"]
        - system["imports"]
        + system["outflow"]
        - system["inflow"]
        + system["error"]
    ).sum("sector")
    value_added = view.by_province(data["value_added"]).sum("sector")
    yield Check(
        value_added - (final + net).sel(province=nested.provinces), abs(value_added), "system.nc"
    )


def _income(view: _View) -> Iterator[Check]:
    nested, data = view.nested, view.data
    paid = (
        data["value_added"].sum() + view.imports(nested.sectors).sum() + nested.column_error.sum()
    )
    spent = (
        view.purchases.sel(use=nested.categories).sum()
        + data["exports"].sum()
        + data["error"].sum()
    )
    yield Check(paid - spent, abs(paid), "whole table")


def _purchase_shares(view: _View) -> Iterator[Check]:
    data = view.data
    recorded = data["use_self"] + data["use_intra"] + data["use_rest"]
    margin = abs(data["use_self"]) + abs(data["use_intra"])
    outside = np.empty(recorded.shape)
    for positions, part in view.nested.parts.values():
        for q, index in enumerate(view.nested.members):
            size = (
                np.abs(part.share[q].transpose(2, 1, 0)) * np.abs(part.source[q]).sum(axis=1)[None]
            )
            outside[np.ix_(index, np.arange(size.shape[1]), positions)] = size
    ones = view.output.copy(data=np.ones(view.output.shape))
    industry, final = (
        view.nested.parts["industry"][1].by_product(ones.values),
        view.nested.product_footprints(ones).values,
    )
    paid = recorded.copy(data=np.concatenate([industry, final], axis=2))
    yield Check(paid - recorded, margin + recorded.copy(data=outside))


def _unit_change(view: _View) -> Iterator[Check]:
    nested = view.nested
    table = nested.to_dataset()
    scaled = table.assign({n: table[n] * UNIT_FACTOR for n in VARIABLES if n not in SHARES})
    other = type(nested).from_dataset(scaled, tolerance=np.inf)
    vector = np.linspace(0.5, 1.5, nested.shape[0])
    both = [
        view.output.copy(data=table.A.matvec(vector).reshape(view.output.shape))
        for table in (other, nested)
    ]
    yield Check(both[0] - both[1], abs(both[1]), "A x")
    yield Check(view.cba_of(other, view.emissions) - view.cba_again, view.cba_size, "CBA")


def _permutation(view: _View) -> Iterator[Check]:
    nested, rng = view.nested, np.random.default_rng(9)
    regions, sectors = rng.permutation(nested.regions), rng.permutation(nested.sectors)
    moved = type(nested).from_dataset(
        nested.to_dataset().sel(region=regions, sector=sectors), tolerance=np.inf
    )
    yield Check(view.cba_of(moved, view.emissions) - view.cba_again, view.cba_size, "CBA")
    gap = moved.deliveries().sel(region=nested.regions, sector=nested.sectors) - view.deliveries
    yield Check(gap, view.output, "deliveries")


def _single_regions(view: _View) -> Iterator[Check]:
    nested = view.nested
    single = {
        p: nested.regions[index[0]] for p, index in enumerate(nested.members) if index.size == 1
    }
    table = view.provincial_table.values
    for p, origin in single.items():
        for q, destination in single.items():
            cells, expected = nested.block(origin, destination), table[p, :, q]
            yield Check(
                cells - expected, cells.copy(data=np.abs(expected)), f"{origin} -> {destination}"
            )
    if not single:
        yield Check(xr.DataArray(np.zeros(0), dims="pair"), 1.0)


def _finite_and_zero(view: _View) -> Iterator[Check]:
    sources = {
        "mrio.nc": view.mrio,
        "system.nc": view.system,
        "accounts.nc": view.accounts,
        "footprints.nc": view.footprints,
    }
    for name, source in {"nested/mrio.nc": view.data, **sources}.items():
        if source:
            bad = sum(
                int((~np.isfinite(v.values)).sum())
                for v in source.data_vars.values()
                if v.dtype.kind == "f"
            )
            yield Check(xr.DataArray(float(bad)), 0.0, f"values that are not finite in {name}")
    nested, data = view.nested, view.data
    idle = view.output == 0
    rows = abs(data["use_self"]).sum("use") + abs(data["exports"]) + abs(data["error"])
    for _, part in nested.parts.values():
        leaving = sum(np.abs(source).sum(axis=2) for source in part.source)
        delivered = np.abs(part.origin) * leaving.T[nested.province_of]
        for q, index in enumerate(part.regions):
            delivered[index] += np.einsum(
                "irs,si->ri", part.tau[q], np.abs(part.intra[q]).sum(axis=2)
            )
        rows += delivered
    columns = xr.zeros_like(rows) + nested.column_magnitude()
    columns = columns + abs(data["value_added"]) + abs(view.industries(data["imports"]))
    yield Check(rows.where(idle, 0.0), 0.0, "row of a sector without output")
    yield Check(columns.where(idle, 0.0), 0.0, "column of a sector without output")


def _account_totals(view: _View) -> Iterator[Check]:
    prints = view.footprints
    if "flows_category" in prints:
        passed_on = view.flows.sum(["destination", "category"]).rename(origin="region")
    else:
        flows, every = Flows.of(prints), np.ones(view.nested.regions.size, dtype=bool)
        passed_on = prints["pba"].copy(data=flows.by_origin(every))
        into = view.cba.sum("category") - flows.by_destination(every)
        yield Check(into, view.cba_size, "by consumer")
    outside = prints["exports"] + prints["error"] + prints["orphan"]
    yield Check(prints["pba"] - passed_on - outside, abs(prints["pba"]), "by region")
    yield Check(
        prints["pba"].sum() - prints["cba"].sum() - outside.sum(),
        abs(prints["pba"]).sum(),
        "sum over regions",
    )


def _positive_flows(view: _View) -> Iterator[Check]:
    """Of categories of final demand other than stock changes without a cell below 0."""
    unsigned = []
    if "final" in view.nested.parts:
        places, part = view.nested.parts["final"]
        below = [(cells < 0).any(axis=(0, 1)) for cells in (*part.own, *part.source)]
        unsigned = [*view.uses[places[~np.any(below, axis=0)]]]
    flows = view.flows.sel(category=unsigned)
    yield Check((-flows).clip(min=0.0).max("origin"), view.cba_size.rename(region="destination"))


def _adjoint(view: _View) -> Iterator[Check]:
    prints, nested = view.footprints, view.nested
    by_product = nested.product_footprints(nested.align(prints["multiplier"], "multiplier")).sum(
        "sector"
    )
    yield Check(by_product - view.cba, view.cba_size, "m F against CBA")
    flows = view.flows.sum("origin").rename(destination="region")
    yield Check(by_product - flows, view.cba_size, "m F against the flows")
    carried = view.emissions.sum("sector")
    through = (prints["multiplier"] * view.output).sum(
        "sector"
    )  # the scale of round-off where nothing is emitted
    size = abs(prints["pba"]).where(prints["pba"] != 0, through)
    yield Check(carried + prints["orphan"] - prints["pba"], size, "emissions behind m against PBA")


def _scaled_demand(view: _View) -> Iterator[Check]:
    nested = view.nested
    total = view.cba.sum("category")
    order = np.argsort(total.values, kind="stable")
    for s in [int(order[k]) for k in sorted({0, order.size // 2, order.size - 1})]:
        weights = xr.zeros_like(view.cba)
        weights[s] = SCALE
        found = (view.intensity * nested.solve(nested.demand(weights))).sum()
        yield Check(found - SCALE * total[s], abs(view.cba_size[s]), f"region {nested.regions[s]}")


def _leontief(view: _View) -> Iterator[Check]:
    demand = view.nested.demand() + view.data["exports"] + view.data["error"]
    yield Check(view.nested.solve(demand) - view.output, view.output)


_INVARIANTS: list[tuple[str, str, Callable[[_View], Iterator[Check]]]] = [
    ("I1", "row: deliveries + exports + error = output (relative to output)", _row_identity),
    (
        "I2",
        "column: purchases + imports + value added = output (relative to output)",
        _column_identity,
    ),
    (
        "I3",
        "cities add up to every provincial cell (relative to the sum of their absolute cells)",
        _city_cells,
    ),
    (
        "I4",
        "cities add up to provincial accounts and equal their own (relative to output or to the "
        "column)",
        _city_sums,
    ),
    (
        "I5",
        "GDP = final use + net exports + net outflow + error, by region and province (relative "
        "to GDP)",
        _gdp,
    ),
    (
        "I6",
        "value added + imports of industries = final use + exports + error (relative to the sum)",
        _income,
    ),
    (
        "I7",
        "purchases over all origins = recorded purchases: shares sum to 1 (relative to absolute "
        "purchases)",
        _purchase_shares,
    ),
    (
        "I8",
        f"money unit times {UNIT_FACTOR}: coefficients and footprints unchanged (relative to "
        "themselves)",
        _unit_change,
    ),
    (
        "I9",
        "regions and sectors permuted: the same footprints and deliveries (relative to themselves)",
        _permutation,
    ),
    (
        "I10",
        "provinces of one region keep their provincial blocks (relative to the cell)",
        _single_regions,
    ),
    (
        "I11",
        "every value finite; sectors without output have zero rows and columns (exact)",
        _finite_and_zero,
    ),
    (
        "I12",
        "PBA = flows + exports + error + orphan by region, and CBA in sum (relative to PBA)",
        _account_totals,
    ),
    (
        "I13",
        "no negative flow apart from categories with cells below 0 (relative to the consumer's "
        "CBA)",
        _positive_flows,
    ),
    (
        "I14",
        "multipliers times final demand = CBA = flows; emissions behind them = PBA (relative to "
        "CBA, PBA)",
        _adjoint,
    ),
    (
        "I15",
        f"a region's final demand times {SCALE}: its CBA times {SCALE}, by a forward solve "
        "(relative to CBA)",
        _scaled_demand,
    ),
    ("I16", "(I - A)^-1 (final use + exports + error) = output (relative to output)", _leontief),
]


INVARIANT = "C1"


def corrected_row(lines: pd.DataFrame | None, tables: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """One row of audit.csv, none without corrections.

    Parameters
    ----------
    lines
        corrections.csv of the dataset.
    tables
        Input-output tables of the dataset by province; their rows and columns are added up anew.

    Returns
    -------
    pandas.DataFrame
        As `audit.audit`. The tolerance is that of printed tables (rule R2).
    """
    if lines is None or lines.empty or not tables:  # a given table is closed cell by cell
        return pd.DataFrame()
    printed = pd.to_numeric(lines["printed"], errors="coerce").fillna(0.0)
    size = float((lines["used"] - printed).abs().sum())
    worst = (0.0, 0.0, "nothing to compare")
    for province, table in tables.items():
        output = table["output"].values
        for what, gap in zip(("row", "column"), _gaps(table), strict=True):
            relative = np.abs(gap) / printed_gaps(output) * PRINTED_RELATIVE
            k = int(np.argmax(relative))
            place = f"province {province}, {what} {table['sector'].values[k]}"
            worst = max(worst, (float(relative[k]), float(np.abs(gap).max()), place))
    files = lines["file"].nunique()
    corrected = (
        f"{len(lines)} corrected cells in {files} {'file' if files == 1 else 'files'}, "
        f"{size:.6g} in sum without sign"
    )
    return pd.DataFrame(
        [
            {
                "invariant": INVARIANT,
                "description": f"{corrected} (dataset/corrections.csv): every provincial table "
                "adds up (relative to output)",
                "max_abs": worst[1],
                "max_rel": worst[0],
                "where": worst[2],
                "tolerance": PRINTED_RELATIVE,
                "passed": worst[0] <= PRINTED_RELATIVE,
            }
        ]
    )


def _gaps(table: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """What rows and columns of a provincial table miss of output, by sector; trade that is not
    reported counts as 0.
    """
    zero = xr.zeros_like(table["output"])
    out, into = (table.get(name, zero).fillna(0.0) for name in ("exports", "imports"))
    sold, bought = (table.get(name, zero).fillna(0.0) for name in ("outflow", "inflow"))
    rows = (
        table["total_use"].sum("use")
        + out
        - into
        + sold
        - bought
        + table["error"]
        - table["output"]
    )
    inputs = table["total_use"].sel(use=table["sector"].values).sum("sector").values
    columns = inputs + table["value_added"].sum("item").values - table["output"].values
    return rows.transpose("sector").values, columns
