"""Damage to a netCDF file: variables, attributes, dimensions, types, values, bytes."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import xarray as xr

from citymrio.base.labels import read_dataset


def damage(folder: Path, _: Path, rng: random.Random) -> str:
    """Damage one file in one way; "" where there is none."""
    files = sorted(path for path in folder.rglob("*.nc") if path.is_file())
    if not files:
        return ""
    path = rng.choice(files)
    if rng.random() < 0.15:
        return f"{path.relative_to(folder)}: {_bytes(path, rng)}"
    data = read_dataset(path)
    (change,) = rng.choices(
        [_value, _variable, _attribute, _dimension, _type, _labels], [20, 15, 12, 15, 15, 15]
    )
    data, done = change(data, rng)
    for variable in data.variables.values():
        variable.encoding.clear()
    part = path.with_suffix(".part")
    try:
        data.to_netcdf(part, engine="netcdf4")
    except Exception:  # xarray refuses to write some of it
        part.unlink(missing_ok=True)
        return ""
    part.replace(path)
    return f"{path.relative_to(folder)}: {done}"


def _bytes(path: Path, rng: random.Random) -> str:
    data = bytearray(path.read_bytes())
    place, what = rng.randrange(len(data)), rng.choice(["bit", "cut", "zeros"])
    if what == "bit":
        data[place] ^= 1 << rng.randrange(8)
    elif what == "cut":
        del data[place:]
    else:
        data[place : place + 64] = bytes(len(data[place : place + 64]))
    path.write_bytes(data)
    return f"{what} at byte {place}"


def _name(data: xr.Dataset, rng: random.Random) -> str:
    return rng.choice(sorted(map(str, data.data_vars)))


def _value(data: xr.Dataset, rng: random.Random) -> tuple[xr.Dataset, str]:
    name = _name(data, rng)
    values = data[name].values
    if not values.size:
        return data, "nothing"
    place = tuple(rng.randrange(size) for size in values.shape)
    where = place if rng.random() < 0.6 else (place[0],) if rng.random() < 0.5 else ...
    old = float(values[place])
    new = rng.choice(
        [
            old * 10 ** rng.uniform(-6, 6),
            old + rng.choice([-3, 1, 1e6]),
            -old,
            0.0,
            np.nan,
            np.inf,
            old * 1.5,
            1e308,
        ]
    )
    values[where] = new
    return data, f"{name}{'' if where is ... else where} -> {new:.6g}"


def _variable(data: xr.Dataset, rng: random.Random) -> tuple[xr.Dataset, str]:
    name, what = _name(data, rng), rng.choice(["drop", "rename", "extra", "swap", "coordinate"])
    if what == "drop":
        return data.drop_vars(name), f"without {name}"
    if what == "rename":
        return data.rename({name: f"{name}s"}), f"{name} renamed"
    if what == "extra":
        return data.assign(extra=data[name] * 1.0), "an extra variable"
    if what == "coordinate":
        return data.assign_coords(year=2020), "an extra coordinate"
    other = _name(data, rng)
    return data.rename({name: "_", other: name}).rename(
        {"_": other}
    ) if other != name else data, f"{name} and {other} exchanged"


def _attribute(data: xr.Dataset, rng: random.Random) -> tuple[xr.Dataset, str]:
    name = rng.choice([_name(data, rng), "sector", "use", "item", ""])
    attributes = data.attrs if not name or name not in data.variables else data[name].attrs
    key = rng.choice(
        [
            "units",
            "units",
            "long_name",
            "_FillValue",
            "scale_factor",
            "calendar",
            "dtype",
            "coordinates",
            "missing_value",
        ]
    )
    if key in attributes and rng.random() < 0.4:
        del attributes[key]
        return data, f"{name}: no {key}"
    value = rng.choice(
        ["", "10^4 CNY", "days since 2000-01-01", "days", 1.0, 2, np.array([1.0, 2.0]), "x"]
    )
    try:  # xarray itself refuses to write some of them
        attributes[key] = value
        data.to_netcdf()
    except Exception:
        del attributes[key]
        return data, f"{name}: {key} cannot be {value!r}"
    return data, f"{name}: {key} = {value!r}"


def _dimension(data: xr.Dataset, rng: random.Random) -> tuple[xr.Dataset, str]:
    name = _name(data, rng)
    dim = rng.choice(sorted(map(str, data.sizes)))
    what = rng.choice(
        ["transpose", "reverse", "none", "first", "double", "expand", "sum", "rename", "shuffle"]
    )
    if what == "transpose":
        return data.transpose(*reversed(list(data.sizes))), "transposed"
    if what == "expand":
        return data.assign(
            {name: data[name].expand_dims(year=[1])}
        ), f"{name} has a dimension too many"
    if what == "sum":
        dim = data[name].dims[0]
        return data.assign(
            {name: data[name].sum(dim, keep_attrs=True)}
        ), f"{name} summed over {dim}"
    if what == "rename":
        return data.rename({dim: f"{dim}s"}), f"{dim} renamed"
    size = data.sizes[dim]
    order = {
        "reverse": list(range(size))[::-1],
        "none": [],
        "first": [0],
        "double": [*range(size), 0],
        "shuffle": rng.sample(range(size), size),
    }[what]
    return data.isel({dim: order}), f"{dim}: {what}"


def _type(data: xr.Dataset, rng: random.Random) -> tuple[xr.Dataset, str]:
    name, kind = (
        _name(data, rng),
        rng.choice(["float32", "int64", "int8", "bool", "str", "object", "datetime64[ns]", "S"]),
    )
    values = data[name].fillna(0) if kind in ("int64", "int8", "bool") else data[name]
    with np.errstate(all="ignore"):
        values = values.astype(str).astype(object) if kind == "object" else values.astype(kind)
    if kind.startswith("datetime"):
        values.attrs.pop("units", None)
    return data.assign({name: values}), f"{name} as {kind}"


def _labels(data: xr.Dataset, rng: random.Random) -> tuple[xr.Dataset, str]:
    dim = rng.choice([name for name in ("sector", "use", "item") if name in data.coords] or [""])
    what = rng.choice(["none", "numbers", "double", "odd", "blank", "upper"])
    if not dim:
        return data, "nothing"
    old = [str(label) for label in data[dim].values]
    if what == "none":
        return data.drop_vars(dim), f"{dim} without labels"
    place = rng.randrange(len(old))
    before, after = old[:place], old[place + 1 :]
    new = {
        "numbers": list(range(len(old))),
        "double": [*old[:-1], old[0]],
        "blank": [*before, "", *after],
        "odd": [*before, f"{old[place]}\u200b", *after],
        "upper": [label.upper() for label in old],
    }[what]
    return data.assign_coords({dim: new}), f"labels of {dim}: {what}"
