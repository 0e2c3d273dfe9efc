"""What ``nested/mrio.nc`` must hold (docs/contracts.md), and how it is made: from the stages'
results (method.md section 7), or of a given table, every region of which is a province of its own.
"""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from ..base.concordance import classification_attribute, mark_classification
from ..base.errors import DataError, first_names
from ..base.labels import array, refuse_nan, values_of, with_carried
from ..base.money import unit_in
from ..base.vocabulary import CARRIED

#: Variables of a nested table and their dims (docs/contracts.md).
VARIABLES = {
    "use_self": ("region", "sector", "use"),
    "use_intra": ("region", "sector", "use"),
    "use_rest": ("region", "sector", "use"),
    "intra_share": ("pair", "sector"),
    "out_share": ("region", "sector"),
    "stock_changes_share": ("region", "sector"),
    "province_table": ("origin_province", "sector", "province", "use"),
    "exports": ("region", "sector"),
    "error": ("region", "sector"),
    "output": ("region", "sector"),
    "value_added": ("region", "sector"),
    "imports": ("region", "use"),
    "region_province": ("region",),
}
#: Of given tables only (region, sector): inputs + imports + value added + column_error = output.
COLUMN_ERROR = "column_error"


def roles_of(
    final_demand: pd.DataFrame | Mapping[str, str] | None, *sources: xr.Dataset
) -> dict[str, str]:
    """Final-demand roles by category: given, or from the attribute ``final_demand`` (JSON) of the
    first dataset that has it.
    """
    if isinstance(final_demand, pd.DataFrame):
        return dict(zip(final_demand["category"], final_demand["role"], strict=True))
    if final_demand is not None:
        return dict(final_demand)
    for source in sources:
        if "final_demand" in source.attrs:
            return dict(json.loads(source.attrs["final_demand"]))
    raise DataError(
        "the roles of the final-demand categories are unknown",
        where="nested table",
        fix="pass final_demand.csv, or set the attribute 'final_demand' (JSON: category -> "
        "role) on the provincial MRIO.",
    )


def stock_category(
    roles: Mapping[str, str], categories: list[str], where: str = "nested table"
) -> str | None:
    """The one category of role `stock_changes`, or None when the table has none."""
    unknown = [category for category in categories if category not in roles]
    stocks = [category for category in categories if roles.get(category) == "stock_changes"]
    for wrong, message, fix in (
        (not categories, "there is no category of final demand", "add one."),
        (
            unknown,
            f"no role of category {first_names(unknown)}",
            "give the role of every category.",
        ),
        (
            len(stocks) > 1,
            f"several categories have the role stock_changes: {first_names(stocks)}; expected at "
            "most one",
            "add them up into one category.",
        ),
    ):
        if wrong:
            raise DataError(message, where=where, fix=fix)
    return stocks[0] if stocks else None


def check_layout(dataset: xr.Dataset) -> None:
    """Stop unless every variable is there with its dims, all values are finite, and labels agree.

    Raises
    ------
    DataError
        With the variable, the place and the value.
    """
    for name, dims in VARIABLES.items():
        if name not in dataset:
            raise DataError(
                f"variable '{name}' is missing",
                where="nested table",
                fix="see docs/contracts.md, nested/mrio.nc.",
            )
        if set(dataset[name].dims) != set(dims):
            raise DataError(
                f"'{name}' has dims {dataset[name].dims}, expected {dims}", where="nested table"
            )
    refuse_nan(dataset, "nested table")
    for dim in ("region", "sector", "use", "province"):
        names = dataset[dim].values.astype(str)
        if np.unique(names).size != names.size:
            raise DataError(f"a label of '{dim}' occurs twice", where="nested table")
    unknown = sorted(
        set(dataset["region_province"].values.astype(str))
        - set(dataset["province"].values.astype(str))
    )
    absent = sorted(
        set(dataset["sector"].values.astype(str)) - set(dataset["use"].values.astype(str))
    )
    if unknown or absent:
        raise DataError(
            f"unknown provinces of regions: {unknown}; sectors without a use column: {absent}",
            where="nested table",
        )


def reorder(dataset: xr.Dataset, **labels: np.ndarray) -> xr.Dataset:
    """The dataset with `labels` in this order; a dim that is in order already is not copied."""
    moved = {
        dim: names
        for dim, names in labels.items()
        if np.asarray(dataset.get_index(dim)).tolist() != names.tolist()
    }
    return dataset.sel(moved) if moved else dataset


def given_nested(
    cells: np.ndarray,
    accounts: Mapping[str, np.ndarray],
    *,
    regions: Sequence[str],
    sectors: Sequence[str],
    roles: Mapping[str, str],
    unit: str,
) -> xr.Dataset:
    """The variables of nested/mrio.nc.

    Parameters
    ----------
    cells
        (R, n, R, n + K), money: what sector i of region r delivers to column c of region s. It is
        not copied.
    accounts
        exports, error, output, value_added, column_error (R, n), imports (R, n + K), money.
    roles
        Final-demand category -> role, in the order of the columns.

    Returns
    -------
    xr.Dataset
        With the variable `column_error`, which nested tables of estimates do not have.
    """
    count, n = len(regions), len(sectors)
    own = np.stack([cells[r, :, r] for r in range(count)])
    rest = np.empty_like(own)
    for s in range(count):
        others = np.arange(count) != s
        rest[s] = cells[:, :, s][others].sum(axis=0)
    sold = accounts["output"] != 0
    for r, i in np.argwhere(~sold):
        sold[r, i] = (cells[r, i] != 0).any()
    use = ("region", "sector", "use")
    of_rows = {
        "exports": "sales outside of the table",
        "error": "what the rows leave unexplained",
        "output": "gross output",
        "value_added": "value added",
        COLUMN_ERROR: "what the columns leave unexplained",
    }
    data = {
        "use_self": array(own, use, unit, "purchases from the region itself"),
        "use_intra": array(
            np.zeros_like(own), use, unit, "purchases from other regions of the province: none"
        ),
        "use_rest": array(rest, use, unit, "purchases from other regions"),
        "intra_share": array(
            np.zeros((0, n)), ("pair", "sector"), "1", "shares of trade inside provinces: none"
        ),
        "out_share": array(
            sold.astype(float), ("region", "sector"), "1", "share in the deliveries of the province"
        ),
        "stock_changes_share": array(
            np.ones((count, n)), ("region", "sector"), "1", "share in stock changes of the province"
        ),
        "province_table": array(
            cells, ("origin_province", "sector", "province", "use"), unit, "the given table"
        ),
        **{
            name: array(accounts[name], ("region", "sector"), unit, text)
            for name, text in of_rows.items()
        },
        "imports": array(accounts["imports"], ("region", "use"), unit, "imports"),
        "region_province": array(
            np.array(regions, dtype=str), ("region",), "1", "every region is a province of its own"
        ),
    }
    none = ("pair", np.array([], dtype="<U1"))
    labels = {
        "region": [*regions],
        "sector": [*sectors],
        "use": [*sectors, *roles],
        "province": [*regions],
    }
    coords = {
        **labels,
        "origin_province": [*regions],
        "pair_origin": none,
        "pair_destination": none,
    }
    return xr.Dataset(data, coords, {"final_demand": json.dumps(dict(roles)), "given": "yes"})


#: Variables that come from the linked tables, and what they are; those of them that are shares.
NAMES = {
    "use_self": "purchases from the region itself",
    "use_intra": "purchases from other regions of the province",
    "use_rest": "purchases from other provinces",
    "out_share": "share of the region in the province's outflow",
    "stock_changes_share": "share of the region in stock changes traded by provinces",
    "exports": "exports abroad",
    "error": "statistical error",
    "output": "total output",
    "value_added": "value added",
    "imports": "imports from abroad, by use",
    "intra_share": "share of the origin in purchases",
}
SHARES = ("out_share", "stock_changes_share", "intra_share")
#: Variables of a province's linked tables by region, with their dims.
LINKED = {
    **dict.fromkeys(
        ("out_rest", "stock_changes_share", "exports", "error", "output", "value_added"),
        ("region", "sector"),
    ),
    "imports": ("region", "use"),
}


def nest(
    province_mrio: xr.Dataset,
    linked: Mapping[str, xr.Dataset],
    final_demand: pd.DataFrame | Mapping[str, str] | None = None,
) -> xr.Dataset:
    """The nested table's dataset from the provincial MRIO and the linked tables of every province
    (method.md section 7).

    Shares: tau_i^rs = T_i^rs / sum_r T_i^rs; e_i^r = E_i^r / sum_{R_p} E_i^r; stock
    changes of other provinces are spread by output shares w on both sides, and what stock changes
    carry of other categories stands there again, by w, as sales of a city to itself. Returns the
    variables of ``nested/mrio.nc``.

    Raises
    ------
    DataError
        A province without linked tables, labels that differ, or a share without a base (flow where
        no trade, outflow or output can carry it).
    """
    provinces = [str(code) for code in province_mrio["origin"].values]
    missing, extra = sorted(set(provinces) - set(linked)), sorted(set(linked) - set(provinces))
    if missing or extra:
        raise DataError(
            f"provinces without linked tables: {missing}; linked but not in the MRIO: {extra}",
            where="nested table",
        )
    roles = roles_of(final_demand, province_mrio, *linked.values())
    sectors = province_mrio["sector"].values.astype(str)
    categories = [str(use) for use in province_mrio["use"].values if str(use) not in set(sectors)]
    uses = np.array([*sectors, *categories])
    stock = stock_category(roles, categories)
    cells = reorder(
        with_carried(province_mrio).to_dataset(name="table"),
        origin=np.array(provinces),
        sector=sectors,
        destination=np.array(provinces),
        use=uses,
    )
    table = cells["table"].transpose("origin", "sector", "destination", "use").values
    column = None if stock is None else [*uses].index(stock)
    parts: dict[str, list[np.ndarray]] = {}
    for k, p in enumerate(provinces):
        refuse_nan(linked[p], f"linked tables of province {p}")
        own = _province_part(
            reorder(linked[p], sector=sectors, use=uses), p, table[k], table[:, :, k], k, column
        )
        if CARRIED in province_mrio:
            back = values_of(province_mrio[CARRIED].sel(province=p), sector=sectors, use=uses)
            share = own["stock_changes_share"]
            whole = share.sum(axis=0)[:, None]
            _need_base(
                whole,
                back,
                p,
                sectors,
                uses,
                "is below 0 in a city's stock changes, which have no share",
            )
            own["use_self"] = own["use_self"] + share[:, :, None] * back
        for name, values in own.items():
            parts.setdefault(name, []).append(values)
    found = {name: np.concatenate(values) for name, values in parts.items()}
    unit = unit_in(province_mrio)
    data = {
        **{
            name: array(found[name], VARIABLES[name], "1" if name in SHARES else unit, text)
            for name, text in NAMES.items()
        },
        "province_table": array(
            table, VARIABLES["province_table"], unit, "domestic cells of the provincial MRIO"
        ),
        "region_province": array(
            np.repeat(provinces, [part.size for part in parts["region"]]),
            ("region",),
            "1",
            "province",
        ),
    }
    coords = {
        "region": found["region"],
        "sector": sectors,
        "use": uses,
        "province": np.array(provinces),
        "origin_province": np.array(provinces),
        "pair_origin": ("pair", found["pair_origin"]),
        "pair_destination": ("pair", found["pair_destination"]),
    }
    said = {"final_demand": json.dumps({c: roles[c] for c in categories})}
    return mark_classification(
        xr.Dataset(data, coords, said), classification_attribute(province_mrio)
    )


def _province_part(
    link: xr.Dataset,
    p: str,
    outgoing: np.ndarray,
    incoming: np.ndarray,
    place: int,
    stock: int | None,
) -> dict[str, np.ndarray]:
    """One province: its part of the variables in `NAMES`, its regions, and its pairs of regions
    (those of `intra_share`).

    Parameters
    ----------
    outgoing, incoming
        What it sells (sector, destination, use) and buys (origin, sector, use), itself included.
    place, stock
        Positions of the province, and of the column of stock changes.
    """
    regions, sectors = (link.variables[dim].values.astype(str) for dim in ("region", "sector"))
    linked = {name: link.variables[name].transpose(*dims).values for name, dims in LINKED.items()}
    trade = values_of(link, "trade", sector=sectors, origin=regions, destination=regions)
    diagonal = np.einsum("irr->ir", trade)
    if np.any(diagonal != 0):
        i, r = np.argwhere(diagonal != 0)[0]
        raise DataError(
            f"trade of {regions[r]} with itself is {diagonal[i, r]:.6g}",
            where=f"province {p}, sector {sectors[i]}",
        )
    layers = [str(layer) for layer in link.get_index("layer")]
    use = link.variables["table"].transpose("layer", "region", "sector", "use").values
    own, intra, rest = (use[layers.index(layer)] for layer in ("self", "intra", "rest"))
    bought = trade.sum(axis=1)
    _need_base(
        bought,
        np.abs(intra).sum(axis=2).T,
        p,
        sectors,
        regions,
        "buys from its province, but has no trade",
    )
    tau = np.divide(
        trade, bought[:, None, :], out=np.zeros_like(trade), where=bought[:, None, :] != 0
    )
    outflow, weight = linked["out_rest"], linked["stock_changes_share"]
    final = np.abs(outgoing)
    final[:, place] = 0.0
    moving = np.zeros(len(sectors))
    if stock is not None:
        moving += final[:, :, stock].sum(axis=1)
        final[:, :, stock] = 0.0
    total = np.ascontiguousarray(outflow.T).sum(axis=1)
    _need_base(
        total[:, None],
        final.sum(axis=(1, 2))[:, None],
        p,
        sectors,
        [p],
        "has outflows, but no city's out_rest",
    )
    if stock is not None:
        arriving = incoming[:, :, stock].copy()
        arriving[place] = 0.0
        moving += np.abs(arriving).sum(axis=0)
        _need_base(
            weight.sum(axis=0)[:, None],
            moving[:, None],
            p,
            sectors,
            [p],
            "trades stock changes, but no city's stock_changes_share",
        )
        rest = rest.copy()
        rest[:, :, stock] = weight * arriving.sum(axis=0)[None]
    first, second = np.nonzero(~np.eye(regions.size, dtype=bool))
    return {
        **linked,
        "use_self": own,
        "use_intra": intra,
        "use_rest": rest,
        "out_share": np.divide(outflow, total, out=np.zeros_like(outflow), where=total != 0),
        "intra_share": tau[:, first, second].T,
        "region": regions,
        "pair_origin": regions[first],
        "pair_destination": regions[second],
    }


def _need_base(
    base: np.ndarray,
    flow: np.ndarray,
    p: str,
    sectors: np.ndarray,
    regions: np.ndarray | list[str],
    what: str,
) -> None:
    bad = (base == 0) & (flow != 0)
    if bad.any():
        i, r = np.argwhere(bad)[0]
        raise DataError(
            f"{regions[r]} {what} to share {flow[i, r]:.6g} by ({int(bad.sum())} such cases)",
            where=f"province {p}, sector {sectors[i]}",
        )
