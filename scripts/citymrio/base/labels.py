"""Labelled arrays and tables on disk: the only place that reads and writes them.

netCDF (xarray, dims and units in the file) for tables of the model, CSV for what people read.
Writing is atomic (a temporary file in the same folder, brought to the disk, then a rename) and
deterministic (the same content gives the same bytes).
"""

import json
import os
import shutil
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ContextDecorator, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .errors import DataError, reason
from .files import PART, by_stem, refuse_no_file, short_of_memory
from .stamp import add_stamp, without_stamp
from .vocabulary import CARRIED

EMISSIONS = "t CO2"
#: Factor by which CO2 totals move intensities of a city (region, sector), in accounts.nc.
INTENSITY_CHANGE = "intensity_change"
#: Bytes by which a file must be able to grow; otherwise the disk is full.
FULL = 65536

#: Columns that hold codes: read as text, so that leading zeros stay.
CODE_COLUMNS = (
    "province",
    "region",
    "sector",
    "inventory_sector",
    "fuel",
    "origin",
    "destination",
    "category",
    "id",
    "sectors",
    "extra",
    "use",
    "item",
    "code",
    "name",
    "name_local",
    "province_name",
)


#: A block, or function, in which pandas keeps text as Python's own objects: tables of some hundred
#: rows are compared and picked from in a fraction of the time that its own text takes.
plain_text: Callable[[], ContextDecorator] = partial(
    pd.option_context, "future.infer_string", False
)


def write_atomic(path: str | Path, write: Callable[[str], Any]) -> None:
    """Call ``write(temporary)`` and move the result to `path`, so that `path` is whole or absent.

    Raises
    ------
    OSError
        With `path` as its file name; a full disk, or a limit of file sizes, is always one of these,
        whatever the writing library made of it.
    """
    path = Path(path)
    temporary = path.with_name(f"{PART}{path.stem}.{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(str(temporary))
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    except BaseException as error:
        full = _no_room(temporary) if isinstance(error, Exception) else None
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.errno is not None:
            error.filename = str(path)
        elif full:
            raise OSError(full.errno, full.strerror, str(path)) from error
        raise


def _no_room(path: Path) -> OSError | None:
    """Why a file cannot grow (a full disk, a quota, a limit of file sizes), None where it can."""
    try:
        with open(path, "ab") as file:
            file.write(bytes(FULL))
    except OSError as error:
        return error
    return None


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """A folder to fill, which becomes `path` at the end of the block, so that `path` is whole or
    absent.
    """
    path = Path(path)
    part = path.parent / f"{PART}{path.name}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
        for folder, _, names in os.walk(part):
            for name in names:
                sync(Path(folder, name))
            sync(folder)
        shutil.rmtree(path, ignore_errors=True)
        os.replace(part, path)
        sync(path.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def sync(path: str | Path) -> None:
    """Bring a file, or the names in a folder, to the disk: only then does a rename outlive a power
    failure.

    Raises
    ------
    OSError
        The content of a file cannot be brought to the disk; folders are left alone where the system
        cannot do it.
    """
    ignored = [OSError] if os.path.isdir(path) else []
    with suppress(*ignored):
        handle = os.open(path, os.O_RDONLY if ignored else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_dataset(dataset: xr.Dataset, path: str | Path) -> None:
    """Write a labelled dataset with its stamp as netCDF-4; every variable must carry `units`.

    Nothing is compressed: the digits of estimates leave little to gain (a third), and compressing
    takes ten times as long as writing.
    """
    for name, variable in dataset.data_vars.items():
        if "units" not in variable.attrs:
            raise ValueError(f"{path}: variable '{name}' has no units")
    encoding = {
        name: {"zlib": False}
        for name, variable in dataset.data_vars.items()
        if variable.dtype.kind in "fiub"
    }
    write_atomic(
        path,
        lambda target: add_stamp(dataset).to_netcdf(target, engine="netcdf4", encoding=encoding),
    )


def read_dataset(path: str | Path) -> xr.Dataset:
    """Read a labelled dataset whole into memory, without its stamp (text labels as `str`)."""
    refuse_no_file(path)
    try:
        with xr.open_dataset(path, engine="netcdf4") as source:
            dataset = source.load()
        dataset.attrs = without_stamp(dataset.attrs)
    except Exception as error:  # xarray raises whatever a malformed attribute makes Python raise
        if short_of_memory():
            raise MemoryError(f"{path} was not read") from error
        raise DataError(
            f"cannot be read as netCDF ({reason(error)})",
            where=str(path),
            fix="rebuild or replace the file.",
        ) from error
    return dataset.assign_coords(
        {
            name: labels.astype(str)
            for name, labels in dataset.coords.items()
            if labels.dtype == object
        }
    )


def decimals(value: float) -> str:
    """The shortest decimals that are read back as the same number: 47.7, not 47.700000000000003; 5,
    not 5.0.

    Examples
    --------
    >>> decimals(47.7), decimals(5.0), decimals(1 / 3), decimals(1e-20)
    ('47.7', '5', '0.3333333333333333', '1e-20')
    """
    return repr(float(value)).removesuffix(".0")


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    r"""Write a table as CSV (UTF-8, ``\n``, shortest exact decimals, no index)."""
    write_atomic(
        path,
        lambda target: table.to_csv(
            target, index=False, lineterminator="\n", float_format=decimals
        ),
    )


@plain_text()
def read_table(path: str | Path, *, text: Collection[str] = (), **options: Any) -> pd.DataFrame:
    """Read a CSV table; columns of codes and names, and those in `text`, stay text, blank text is
    ``""``.

    Raises
    ------
    DataError
        The file is missing, empty or no CSV.
    """
    refuse_no_file(path)
    try:
        header = pd.read_csv(path, nrows=0)
        codes = {name: str for name in header.columns if name in CODE_COLUMNS or name in text}
        # A code may be called NA or None: only numbers know missing values.
        missing = {name: ["", "NaN", "nan"] for name in header.columns if name not in codes}
        table = pd.read_csv(
            path,
            dtype=codes,
            keep_default_na=False,
            na_values=missing,
            float_precision="round_trip",
            **options,
        )
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise DataError(
            f"cannot be read as CSV ({reason(error)})",
            where=str(path),
            fix="see docs/contracts.md.",
        ) from error
    return table.fillna(dict.fromkeys(codes, ""))


def needs_columns(table: pd.DataFrame, columns: Iterable[str], where: str | Path) -> None:
    """Refuse a table that lacks one of its columns."""
    if lacking := [name for name in columns if name not in table]:
        many = len(lacking) > 1
        raise DataError(
            f"column{'s' * many} {', '.join(lacking)} {'are' if many else 'is'} missing",
            where=str(where),
            fix=f"it needs {', '.join(columns)}.",
        )


def read_tables(
    paths: Iterable[str | Path], *, text: Collection[str] = ()
) -> dict[str, pd.DataFrame]:
    """Tables by the names of their files, read as by :func:`read_table`."""
    return {name: read_table(path, text=text) for name, path in by_stem(paths).items()}


def keyed_values(
    table: pd.DataFrame, keys: Sequence[str], *, zero: bool, name: str, where: str, fix: str
) -> np.ndarray:
    """Column `value` as numbers above 0 (`zero`: or 0), one for every combination of keys.

    Parameters
    ----------
    name
        What a row says, to be filled in by its columns ("the distance from {origin} to
        {destination}").

    Raises
    ------
    DataError
        Another value, or a combination given twice.
    """
    value = pd.to_numeric(table["value"], errors="coerce").to_numpy(float)
    wrong = np.flatnonzero(~(np.isfinite(value) & ((value >= 0) if zero else (value > 0))))
    double = np.flatnonzero(table.duplicated([*keys]))
    for rows, fault in (
        (wrong, f"is not a number {'>= 0' if zero else 'above 0'}"),
        (double, "is given twice"),
    ):
        if len(rows):
            row = table.iloc[rows[0]]
            raise DataError(
                f"{name.format_map(row)} {fault} ({row['value']})",
                where=f"{where}, row {rows[0] + 2}",
                fix=fix,
            )
    return value


def write_text(text: str, path: str | Path) -> None:
    """Write a text in UTF-8."""
    write_atomic(path, lambda target: Path(target).write_text(text, encoding="utf-8"))


def write_json(value: Mapping, path: str | Path) -> None:
    """Write sorted, indented JSON."""
    write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", path)


def write_outputs(out: Any, **made: pd.DataFrame | xr.Dataset) -> None:
    """Write tables and labelled datasets to the outputs of a job that have their names.

    Parameters
    ----------
    out
        Path by name, as ``snakemake.output``.
    """
    for name, value in made.items():
        _write(value, out[name])


def write_files(files: Mapping[str, pd.DataFrame | xr.Dataset | None], folder: str | Path) -> None:
    """Write tables (``.csv``) and labelled datasets (``.nc``) to a folder.

    Parameters
    ----------
    files
        What each file holds, by its path in the folder without the ending; None: there is none.
    """
    for name, value in files.items():
        if value is not None:
            kind = "csv" if isinstance(value, pd.DataFrame) else "nc"
            _write(value, f"{folder}/{name}.{kind}")


def _write(value: pd.DataFrame | xr.Dataset, path: str | Path) -> None:
    if isinstance(value, pd.DataFrame):
        write_table(value, path)
    else:
        write_dataset(value, path)


def read_json(path: str | Path) -> dict:
    """Read JSON."""
    refuse_no_file(path)
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"cannot be read as JSON ({reason(error)})",
            where=str(path),
            fix="rebuild or replace the file.",
        ) from error


def array(
    values: Any, dims: tuple[str, ...], units: str, long_name: str = "", **attrs: Any
) -> xr.Variable:
    """A variable with its units, for ``xr.Dataset(data_vars=...)``."""
    return xr.Variable(dims, np.asarray(values), {"units": units, "long_name": long_name, **attrs})


def values_of(
    values: xr.DataArray | xr.Dataset, name: str = "", /, **labels: Sequence[str] | np.ndarray
) -> np.ndarray:
    """The values, or those of the variable `name`, as an array with an axis for each of `labels`,
    in their order; dimension=labels that are wanted of it.

    C-contiguous, so that sums do not depend on how the values were made.

    Raises
    ------
    KeyError
        A label that is not there.
    """
    of = values.variables[name] if isinstance(values, xr.Dataset) else values.variable
    result = of.values.transpose([of.dims.index(dim) for dim in labels])
    for axis, (dim, names) in enumerate(labels.items()):
        index = values.get_index(dim)
        wanted = names if isinstance(names, list) else np.asarray(names).tolist()
        if len(index) != len(wanted) or index.tolist() != wanted:
            result = np.take(result, [*map(index.get_loc, wanted)], axis)
    return np.ascontiguousarray(result)


def join_regions(
    parts: Collection[xr.Dataset], name: str, **labels: Sequence[str] | np.ndarray
) -> xr.DataArray:
    """The variable `name` (region, ...) of datasets of different regions as one; `labels` of the
    other dimensions.
    """
    regions = [code for part in parts for code in part.get_index("region")]
    values = [values_of(part, name, region=part.get_index("region"), **labels) for part in parts]
    return xr.DataArray(np.concatenate(values), {"region": regions, **labels}, ("region", *labels))


def refuse_nan(dataset: xr.Dataset, where: str) -> None:
    """Stop at the first value that is not finite, naming variable and labels.

    Raises
    ------
    DataError
        With the place of the value.
    """
    for name in dataset.data_vars:
        variable = dataset.variables[name]
        if variable.dtype.kind == "f" and (bad := ~np.isfinite(variable.values)).any():
            place = np.unravel_index(int(np.argmax(bad)), bad.shape)
            labels = ", ".join(
                f"{dim} {dataset[dim].values[i] if dim in dataset.coords else i}"
                for dim, i in zip(variable.dims, place, strict=True)
            )
            raise DataError(
                f"{name} is {variable.values[place]} at {labels} ({int(bad.sum())} such values)",
                where=where,
                fix="every cell must be a finite number; correct the source or leave the "
                "observation out.",
            )


def stack(tables: Iterable[pd.DataFrame]) -> pd.DataFrame | None:
    """Tables of the same columns under one another, None when there is none; tables without rows
    leave no trace in the types.
    """
    tables = list(tables)
    filled = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(filled, ignore_index=True) if filled else None


def stack_named(tables: Mapping[str, pd.DataFrame], column: str) -> pd.DataFrame:
    """Tables under one another, with the name of each in a first column."""
    return pd.concat(
        [
            table.assign(**{column: name})[[column, *table.columns]]
            for name, table in tables.items()
        ],
        ignore_index=True,
    )


def with_carried(mrio: xr.Dataset) -> xr.DataArray:
    """Cells of provinces/mrio.nc, with what stock changes carry of other categories in these: own
    products of the province.
    """
    table = mrio["table"]
    if CARRIED not in mrio:
        return table
    own = table["origin"] == table["destination"]
    return table + own * mrio[CARRIED].rename(province="destination")
