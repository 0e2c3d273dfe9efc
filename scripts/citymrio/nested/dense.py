"""Blocks, dense tables, aggregation and derived flows of a nested table."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from ..base.errors import DataError
from ..base.labels import array
from ..base.money import unit_in
from .factored import FactoredTable


def _position(nested: FactoredTable, region: str) -> int:
    found = np.flatnonzero(nested.regions == region)
    if not found.size:
        raise DataError(f"unknown region {region!r}", where="nested table")
    return int(found[0])


def province_block(
    nested: FactoredTable, p: int, q: int, origins: np.ndarray | None = None
) -> np.ndarray:
    """Cells from regions of province p (all, or the positions `origins`) to all columns of province
    q: (len, n, R_q, C).
    """
    rows, columns = nested.members[p] if origins is None else origins, nested.members[q]
    if nested.is_dense:
        return nested.dataset["province_table"].values[rows][:, :, columns]
    n = nested.sectors.size
    result = np.empty((rows.size, n, columns.size, n + nested.categories.size))
    for where, part in nested.parts.values():
        if p == q:
            cells = part.dense_within(q).reshape(columns.size, part.count, columns.size, n)[
                :, :, np.searchsorted(columns, rows)
            ]
            result[:, :, :, where] = cells.transpose(2, 3, 0, 1)
        else:
            result[:, :, :, where] = part.dense_between(rows, p, q)
    return result


def row_block(nested: FactoredTable, origins: np.ndarray) -> np.ndarray:
    """All cells delivered by the regions at the positions `origins`: (len, n, R, C)."""
    if nested.is_dense:
        return nested.dataset["province_table"].values[origins]
    result = np.empty(
        (origins.size, nested.sectors.size, nested.regions.size, nested.dataset.sizes["use"])
    )
    for p in np.unique(nested.province_of[origins]):
        mine = np.flatnonzero(nested.province_of[origins] == p)
        for q, columns in enumerate(nested.members):
            cells = province_block(nested, int(p), q, origins[mine])
            result[mine[:, None], :, columns[None, :]] = cells.transpose(0, 2, 1, 3)
    return result


def block(nested: FactoredTable, origin: str, destination: str) -> xr.DataArray:
    """Cells from one region to the columns of another: (sector, use)."""
    r, s = _position(nested, origin), _position(nested, destination)
    q = nested.province_of[s]
    cells = province_block(nested, nested.province_of[r], q, np.array([r]))
    values = cells[0, :, int(np.searchsorted(nested.members[q], s))]
    unit = unit_in(nested.dataset)
    coords = {"sector": nested.sectors, "use": nested.dataset["use"].values.astype(str)}
    return xr.DataArray(values, coords, ("sector", "use"), attrs={"units": unit})


def to_dense(nested: FactoredTable) -> xr.Dataset:
    """Z (origin, sector, destination, use_sector) and Y (origin, sector, destination, category)."""
    count, n, k = nested.regions.size, nested.sectors.size, nested.categories.size
    z, y = np.empty((count, n, count, n)), np.empty((count, n, count, k))
    for rows in nested.members:
        cells = row_block(nested, rows)
        z[rows], y[rows] = cells[..., :n], cells[..., n:]
    unit = unit_in(nested.dataset)
    coords = {"origin": nested.regions, "sector": nested.sectors, "destination": nested.regions}
    return xr.Dataset(
        {
            "Z": array(
                z, ("origin", "sector", "destination", "use_sector"), unit, "intermediate flows"
            ),
            "Y": array(y, ("origin", "sector", "destination", "category"), unit, "final demand"),
        },
        {**coords, "use_sector": nested.sectors, "category": nested.categories},
    )


def _blocks(nested: FactoredTable) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The table block by block: positions of origins and destinations, and their cells (origins, n,
    destinations, C).
    """
    for p, rows in enumerate(nested.members):
        if nested.is_dense:
            yield rows, np.arange(nested.regions.size), row_block(nested, rows)
            continue
        for q, columns in enumerate(nested.members):
            yield rows, columns, province_block(nested, p, q)


def _groups(
    labels: np.ndarray, mapping: Mapping[str, str] | None, what: str
) -> tuple[list[str], np.ndarray]:
    """Group names in order of first appearance, and the 0/1 matrix groups x labels."""
    if mapping is not None:
        every, given = {*labels.tolist()}, {*mapping}
        for of, fault in ((every - given, "without a group"), (given - every, "that do not exist")):
            if of:
                some = ", ".join(map(str, sorted(of, key=str)[:5]))
                fix = f"give every one of the {len(every)} {what} its group: a mapping of codes."
                raise DataError(f"{len(of)} {what} {fault}: {some}", where="aggregation", fix=fix)
    target = [str(label if mapping is None else mapping[label]) for label in labels]
    names = list(dict.fromkeys(target))
    matrix = np.zeros((len(names), labels.size))
    matrix[[names.index(name) for name in target], np.arange(labels.size)] = 1.0
    return names, matrix


def aggregate(
    nested: FactoredTable, regions: Mapping[str, str] | None, sectors: Mapping[str, str] | None
) -> xr.Dataset:
    """Add regions and sectors up to groups: every cell, output, value added, exports, error and
    imports, exact.

    Returns ``table`` (origin, sector, destination, use) and the accounts by (region, sector); use =
    sector groups, then categories. Work: one block at a time.
    """
    places, region_matrix = _groups(nested.regions, regions, "regions")
    names, sector_matrix = _groups(nested.sectors, sectors, "sectors")
    k = nested.categories.size
    use_matrix = np.zeros((len(names) + k, nested.sectors.size + k))
    (
        use_matrix[: len(names), : nested.sectors.size],
        use_matrix[len(names) :, nested.sectors.size :],
    ) = sector_matrix, np.eye(k)
    table = np.zeros((len(places), len(names), len(places), len(names) + k))
    for rows, columns, cells in _blocks(nested):
        above, below = (
            np.flatnonzero(region_matrix[:, part].any(axis=1)) for part in (rows, columns)
        )
        cells = np.einsum("gr,risc->gisc", region_matrix[np.ix_(above, rows)], cells, optimize=True)
        cells = np.einsum(
            "gisc,hs->gihc", cells, region_matrix[np.ix_(below, columns)], optimize=True
        )
        cells = np.einsum("ai,gihc->gahc", sector_matrix, cells, optimize=True)
        table[np.ix_(above, np.arange(len(names)), below)] += np.einsum(
            "gahc,uc->gahu", cells, use_matrix, optimize=True
        )
    unit = unit_in(nested.dataset)
    data = {
        "table": array(table, ("origin", "sector", "destination", "use"), unit, "domestic cells")
    }
    for name in ("output", "value_added", "exports", "error"):
        source = nested.dataset[name]
        values = region_matrix @ source.values @ sector_matrix.T
        data[name] = array(values, ("region", "sector"), unit, source.attrs.get("long_name", name))
    data["imports"] = array(
        region_matrix @ nested.dataset["imports"].values @ use_matrix.T,
        ("region", "use"),
        unit,
        "imports, by use",
    )
    coords = {
        "origin": places,
        "destination": places,
        "region": places,
        "sector": names,
        "use": [*names, *nested.categories],
    }
    return xr.Dataset(data, coords)
