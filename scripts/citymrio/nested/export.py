"""The nested table for others: pymrio's folder layout, a long form, and one region's single-region
table.

pymrio layout. Z and Y as usual, index levels region / sector / category. Final demand that belongs
to no region is in two more column regions of Y, so that the footprints of the regions are theirs
alone: region ``abroad``, category ``exports``, and region ``statistical error``, category
``error``. Imports are a factor input (row ``imports`` of F and F_Y), since the table describes
domestic products. Emissions of sectors without output have no carrier in Z: they are in F_Y of
their region, row ``orphan``.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr
from openpyxl import Workbook

from ..base.concordance import CLASSIFICATION
from ..base.errors import DataError
from ..base.labels import EMISSIONS, write_atomic, write_json
from ..base.money import unit_in
from ..base.threads import one_blas_thread
from . import NestedMRIO
from .dense import province_block, row_block

OUTSIDE = (("abroad", "exports"), ("statistical error", "error"))
README = """# {name}: nested city-level MRIO table in pymrio's folder layout

`pymrio.load_all("<this folder>")`, then `.calc_all()`. Unit of money {unit}, of emissions {emissions}; year {year}.

- Z: intermediate deliveries of domestic products, {regions} regions x {sectors} sectors (classification {classification}). Y: final demand by region and category.
- Exports and the statistical error belong to no region: they are the last two columns of Y (region `abroad`, category `exports`;
  region `statistical error`, category `error`). D_cba of a region therefore never contains them; D_cba of `abroad` are the
  emissions embodied in exports.
- Imports are not in Z or Y (domestic products only): row `imports` of the factor inputs, by industry (F) and category (F_Y).
- emissions: row `CO2` are the emissions of sectors with output (F). Row `CO2 of sectors without output` and row `CO2 of
  households` are outside the Leontief model and therefore only in F_Y, at the first category of their region.
- stressors, where the dataset has further ones: the same three rows of each, in its own unit.
- Beside pymrio's files, where asked for: `long.parquet` (one row a cell: origin, sector, destination, use, value; zeros left out)
  and `spreadsheets/<region>.xlsx` (a region's single-region table, deliveries and purchases elsewhere included).
- Population is in persons; the two outside columns have none.
"""


@one_blas_thread
def write_pymrio(
    nested: NestedMRIO,
    folder: str | Path,
    inventory: xr.Dataset | None = None,
    population: xr.DataArray | None = None,
    *,
    stressors: xr.Dataset | None = None,
    name: str = "citymrio",
    year: int | str = "not given",
    block_bytes: int = 200_000_000,
) -> None:
    """Write the table so that ``pymrio.load_all(folder).calc_all()`` gives the footprints of this
    project.

    Parameters
    ----------
    nested
        The table.
    folder
        Where to write; files of the same names are replaced.
    inventory
        ``emissions``, ``orphan`` (region, sector) and ``household_emissions`` (region), t; without
        it no extension of emissions.
    population
        Persons (region).
    stressors
        ``amount`` and ``orphan`` (stressor, region, sector), ``household`` (stressor, region) and
        ``unit`` (stressor): the extension ``stressors`` (footprint/stressors.nc).
    name, year
        What the table describes, for the reader of the folder (dataset.json); pymrio shows the year
        as `version`.
    block_bytes
        Rows are computed and written in blocks of about this size: the dense table is never held
        whole.
    """
    folder, year, unit = Path(folder), str(year), unit_in(nested.dataset)
    rows = pd.MultiIndex.from_product([nested.regions, nested.sectors], names=["region", "sector"])
    final = pd.MultiIndex.from_product(
        [nested.regions, nested.categories], names=["region", "category"]
    )
    everyone = pd.MultiIndex.from_tuples([*final, *OUTSIDE], names=["region", "category"])
    n, outside = nested.sectors.size, [nested.dataset[name].values for name in ("exports", "error")]
    _write_wide(folder / "Z.parquet", rows, rows, lambda block: block[..., :n], nested, block_bytes)
    _write_wide(
        folder / "Y.parquet",
        rows,
        everyone,
        lambda block: block[..., n:],
        nested,
        block_bytes,
        outside,
    )
    _write_frame(
        folder / "x.parquet",
        pd.DataFrame({"indout": nested.dataset["output"].values.ravel()}, index=rows),
    )
    _write_frame(folder / "unit.parquet", pd.DataFrame({"unit": unit}, index=rows))
    core = {"Z": (2, 2), "Y": (2, 2), "x": (2, 1), "unit": (2, 1)}
    if population is not None:
        persons = nested.align(population, "population", ("region",)).values
        columns = pd.Index([*nested.regions, *(region for region, _ in OUTSIDE)])
        _write_frame(
            folder / "population.parquet",
            pd.DataFrame([[*persons, np.nan, np.nan]], columns=columns, index=["population"]),
        )
        core["population"] = (1, 1)
    _write_parameters(folder, core, {"systemtype": "IOSystem"})
    imports = nested.dataset["imports"].values
    factors = {
        "value added": (nested.dataset["value_added"].values, None),
        "imports": (imports[:, :n], imports[:, n:]),
    }
    if nested.column_error.any():
        factors["column error"] = (nested.column_error.values, None)
    _write_extension(folder / "factor_inputs", "Factor inputs", factors, unit, rows, everyone)
    if inventory is not None:
        _write_extension(
            folder / "emissions",
            "Emissions",
            _rows_of(
                nested,
                "CO2",
                *(inventory[name] for name in ("emissions", "orphan", "household_emissions")),
            ),
            EMISSIONS,
            rows,
            everyone,
        )
    if stressors is not None:
        _write_stressors(nested, folder / "stressors", stressors, rows, everyone)
    classification = nested.dataset.attrs.get(CLASSIFICATION, "not named")
    meta = {
        "description": "Nested city-level MRIO table; see README.md for exports, imports and "
        f"orphan emissions; sectors of the classification {classification}",
        "name": name,
        "system": "pxp",
        "version": year,
        "history": [],
    }
    write_json(meta, folder / "metadata.json")
    sizes = {
        "regions": nested.regions.size,
        "sectors": n,
        "classification": classification,
        "unit": unit,
        "emissions": EMISSIONS,
        "year": year,
    }
    text = README.format(name=name, **sizes)
    write_atomic(
        folder / "README.md", lambda target: Path(target).write_text(text, encoding="utf-8")
    )


def _rows_of(
    nested: NestedMRIO,
    name: str,
    amount: xr.DataArray,
    orphan: xr.DataArray,
    household: xr.DataArray,
) -> dict[str, tuple]:
    """The three rows of a stressor: of sectors with output (F), of those without and of households
    (F_Y).
    """
    first = np.zeros((nested.regions.size, nested.categories.size))
    idle, direct = first.copy(), first.copy()
    idle[:, 0] = nested.align(orphan, "orphan").sum("sector").values
    direct[:, 0] = nested.align(household, "household", ("region",)).values
    return {
        name: (nested.align(amount, name).values, None),
        f"{name} of sectors without output": (None, idle),
        f"{name} of households": (None, direct),
    }


def _write_stressors(
    nested: NestedMRIO,
    folder: Path,
    stressors: xr.Dataset,
    rows: pd.MultiIndex,
    everyone: pd.MultiIndex,
) -> None:
    """The extension of further stressors, three rows each."""
    found: dict[str, tuple] = {}
    units = []
    for name in stressors["stressor"].values.tolist():
        one = stressors.sel(stressor=name, drop=True)
        own = _rows_of(nested, name, one["amount"], one["orphan"], one["household"])
        found |= own
        units += [str(one["unit"].values)] * len(own)
    _write_extension(folder, "Stressors", found, units, rows, everyone)


def _write_extension(
    folder: Path,
    name: str,
    stressors: dict[str, tuple],
    unit: str | list[str],
    rows: pd.MultiIndex,
    everyone: pd.MultiIndex,
) -> None:
    names = pd.Index(list(stressors), name="stressor")
    production = [np.zeros(len(rows)) if f is None else f.ravel() for f, _ in stressors.values()]
    final = [
        np.zeros(len(everyone)) if y is None else np.concatenate([y.ravel(), [0.0, 0.0]])
        for _, y in stressors.values()
    ]
    _write_frame(
        folder / "F.parquet", pd.DataFrame(np.array(production), index=names, columns=rows)
    )
    _write_frame(
        folder / "F_Y.parquet", pd.DataFrame(np.array(final), index=names, columns=everyone)
    )
    _write_frame(folder / "unit.parquet", pd.DataFrame({"unit": unit}, index=names))
    _write_parameters(
        folder,
        {"F": (1, 2), "F_Y": (1, 2), "unit": (1, 1)},
        {"systemtype": "Extension", "name": name},
    )


def _write_parameters(
    folder: Path, files: dict[str, tuple[int, int]], more: dict[str, Any]
) -> None:
    listed = {
        key: {"name": f"{key}.parquet", "nr_index_col": str(i), "nr_header": str(h)}
        for key, (i, h) in files.items()
    }
    write_json({"files": listed, **more}, folder / "file_parameters.json")


def _write_frame(path: Path, frame: pd.DataFrame) -> None:
    write_atomic(path, lambda target: frame.to_parquet(target))


def _write_wide(
    path: Path,
    rows: pd.MultiIndex,
    columns: pd.MultiIndex,
    part: Callable[[np.ndarray], np.ndarray],
    nested: NestedMRIO,
    block_bytes: int,
    outside: list[np.ndarray] | None = None,
) -> None:
    """Write a wide table row block by row block, with pandas' own metadata so that index and column
    levels come back.
    """
    schema = pa.Schema.from_pandas(
        pd.DataFrame(np.zeros((1, len(columns))), index=rows[:1], columns=columns)
    )
    n, width = nested.sectors.size, nested.regions.size * nested.dataset.sizes["use"]
    step = max(1, int(block_bytes / (8 * n * width)))

    def write(target: str) -> None:
        with pq.ParquetWriter(
            target, schema, compression="zstd", use_dictionary=["region", "sector"]
        ) as writer:
            for start in range(0, nested.regions.size, step):
                origins = np.arange(start, min(start + step, nested.regions.size))
                cells = part(row_block(nested, origins)).reshape(origins.size * n, -1)
                values = list(np.ascontiguousarray(cells.T))
                if outside is not None:
                    values += [np.ascontiguousarray(extra[origins].ravel()) for extra in outside]
                labels = rows[start * n : (start + origins.size) * n]
                arrays = [pa.array(column) for column in values]
                arrays += [
                    pa.array(labels.get_level_values(level), type=schema.field(level).type)
                    for level in ("region", "sector")
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))

    write_atomic(path, write)


@one_blas_thread
def write_long(nested: NestedMRIO, path: str | Path) -> None:
    """Write every cell that is not 0 as a row (origin, sector, destination, use, value) in parquet,
    by province pair.
    """
    text = pa.dictionary(pa.int32(), pa.string())
    names = ("origin", "sector", "destination", "use")
    schema = pa.schema([*((name, text) for name in names), ("value", pa.float64())])
    labels = [
        nested.regions,
        nested.sectors,
        nested.regions,
        nested.dataset["use"].values.astype(str),
    ]

    def blocks() -> Iterator[pa.Table]:
        for p, origins in enumerate(nested.members):
            for q, destinations in enumerate(nested.members):
                cells = province_block(nested, p, q)
                found = np.nonzero(cells)
                codes = [origins[found[0]], found[1], destinations[found[2]], found[3]]
                arrays = [
                    pa.DictionaryArray.from_arrays(
                        pa.array(code.astype(np.int32)), pa.array(list(label))
                    )
                    for code, label in zip(codes, labels, strict=True)
                ]
                yield pa.Table.from_arrays([*arrays, pa.array(cells[found])], schema=schema)

    def write(target: str) -> None:
        with pq.ParquetWriter(
            target, schema, compression="zstd", use_dictionary=list(names)
        ) as writer:
            for block in blocks():
                writer.write_table(block)

    write_atomic(path, write)


def _known(nested: NestedMRIO, region: str) -> None:
    if region not in set(nested.regions):
        raise DataError(
            f"unknown region {region!r}",
            where="single-region table",
            fix="codes are in regions.csv.",
        )


def single_region(nested: NestedMRIO, region: str) -> pd.DataFrame:
    """One region's table (money of the dataset): rows (source, product), columns the uses, then
    deliveries elsewhere and output.

    Sources: ``own`` products, ``province`` (other regions of it), ``other provinces``, then the
    rows imports, value added, output. Own rows end in output (uses + to the province + to other
    provinces + exports + error); industry columns end in output (all sources + imports + value
    added).
    """
    _known(nested, region)
    data = nested.dataset.sel(region=region)
    uses = [str(use) for use in data["use"].values]
    r = int(np.flatnonzero(nested.regions == region)[0])
    sold = row_block(nested, np.array([r]))[0].sum(axis=2)
    inside = nested.province_of == nested.province_of[r]
    own = sold[:, r]
    to_province, to_others = sold[:, inside].sum(axis=1) - own, sold[:, ~inside].sum(axis=1)
    parts = {}
    for source, name in {
        "own": "use_self",
        "province": "use_intra",
        "other provinces": "use_rest",
    }.items():
        parts[source] = pd.DataFrame(
            data[name].transpose("sector", "use").values, index=nested.sectors, columns=uses
        )
    table = pd.concat(parts, names=["source", "product"])
    elsewhere = {"to the province": to_province, "to other provinces": to_others}
    for name, values in {
        **elsewhere,
        **{key: data[key].values for key in ("exports", "error", "output")},
    }.items():
        table[name] = pd.Series(
            values, index=pd.MultiIndex.from_product([["own"], nested.sectors])
        ).reindex(table.index)
    n = nested.sectors.size
    bottom = {
        "imports": data["imports"].sel(use=uses).values,
        "value added": data["value_added"].values,
        "output": data["output"].values,
    }
    last = pd.DataFrame.from_dict(
        {(name, ""): values[:n] for name, values in bottom.items()},
        orient="index",
        columns=uses[:n],
    )
    last[uses[n:]] = np.nan
    last.loc[last.index[:1], uses[n:]] = bottom["imports"][n:]
    last.index = pd.MultiIndex.from_tuples(last.index, names=table.index.names)
    return pd.concat([table, last])


def write_spreadsheet(
    nested: NestedMRIO, region: str, path: str | Path, names: dict[str, str] | None = None
) -> None:
    """Write :func:`single_region` as a spreadsheet; `names` gives sectors and categories their
    names. Same input, same bytes.
    """
    table, names = single_region(nested, region), names or {}
    book = Workbook()
    sheet = book.active
    sheet.title = region
    sheet.append(
        [
            f"Single-region input-output table of {names.get(region, region)} ({region}), "
            f"{unit_in(nested.dataset)}"
        ]
    )
    sheet.append(["source", "product", "name", *table.columns])
    sheet.append(["", "", "", *(names.get(str(column), "") for column in table.columns)])
    for (source, product), row in zip(table.index, table.to_numpy(), strict=True):
        sheet.append(
            [
                source,
                product,
                names.get(product, ""),
                *(None if np.isnan(value) else float(value) for value in row),
            ]
        )
    sheet.freeze_panes = "D4"
    write_atomic(path, lambda target: _save_workbook(book, target))


def write_spreadsheets(
    nested: NestedMRIO, regions: Iterable[str], folder: str | Path, names: dict[str, str]
) -> list[Path]:
    """Write :func:`single_region` of several regions to ``<folder>/<region>.xlsx``; an unknown code
    stops before the first.
    """
    regions = list(dict.fromkeys(regions))
    for region in regions:
        _known(nested, region)
    paths = [Path(folder) / f"{region}.xlsx" for region in regions]
    for region, path in zip(regions, paths, strict=True):
        write_spreadsheet(nested, region, path, names)
    return paths


def _save_workbook(book: Workbook, target: str) -> None:
    """Save without the time of day: the archive is packed again with a fixed date and without the
    creation stamps.
    """
    book.save(target)
    with zipfile.ZipFile(target) as source:
        members = {name: source.read(name) for name in sorted(source.namelist())}
    members["docProps/core.xml"] = _without_times(members["docProps/core.xml"].decode()).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(
                zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED
            )


def _without_times(xml: str) -> str:
    for tag in ("dcterms:created", "dcterms:modified"):
        start, end = xml.find(f"<{tag}"), xml.find(f"</{tag}>")
        if start >= 0:
            xml = xml[:start] + xml[end + len(tag) + 3 :]
    return xml
