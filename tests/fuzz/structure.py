"""Damage to the structure of a country: tables without rows, provinces of one city or of none,
files that are links or pipes.

What ends in :data:`HARMLESS` must give the same dataset as the sound country, byte for byte; what
ends in :data:`WRONG` must be refused.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

HARMLESS, WRONG = " (harmless)", " (must be refused)"


def rows_of(path: Path) -> tuple[list[list[str]], int]:
    """Rows of a CSV file, and where its header is."""
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    return rows, next(k for k, row in enumerate(rows) if not row[0].startswith("#"))


def save(path: Path, rows: list[list[str]]) -> None:
    """Write a CSV file."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    path.write_text(buffer.getvalue(), encoding="utf-8")


def tables(folder: Path) -> list[Path]:
    """CSV files, sorted."""
    return sorted(path for path in folder.rglob("*.csv") if path.is_file())


def _keep(folder: Path, column: str, keep: Callable[[str], bool], names: Iterable[str]) -> None:
    """Leave rows of the named tables out whose `column` is not wanted."""
    for path in tables(folder):
        if path.stem in names or path.parent.name in names:
            rows, top = rows_of(path)
            if column in rows[top]:
                place = rows[top].index(column)
                save(path, rows[: top + 1] + [row for row in rows[top + 1 :] if keep(row[place])])


def _regions(folder: Path) -> list[dict[str, str]]:
    rows, top = rows_of(folder / "regions.csv")
    return [dict(zip(rows[top], row, strict=True)) for row in rows[top + 1 :]]


def _write_regions(folder: Path, regions: list[dict[str, str]]) -> None:
    rows, top = rows_of(folder / "regions.csv")
    save(
        folder / "regions.csv",
        rows[: top + 1] + [[row[name] for name in rows[top]] for row in regions],
    )


def _polygons(folder: Path, keep: Callable[[str], bool]) -> None:
    path = folder / "boundaries.geojson"
    if path.exists():
        content = json.loads(path.read_text(encoding="utf-8"))
        content["features"] = [f for f in content["features"] if keep(f["properties"]["region"])]
        path.write_text(json.dumps(content), encoding="utf-8")


def _empty(folder: Path, rng: random.Random) -> str:
    path = rng.choice(tables(folder))
    rows, top = rows_of(path)
    save(path, rows[: top + 1])
    return f"{path.relative_to(folder)}: no rows"


def _without_rows(folder: Path, rng: random.Random) -> str:
    name = rng.choice(["observations", "inventory", "inventory_city"])
    province = rng.choice(sorted({row["province"] for row in _regions(folder)}))
    members = {row["region"] for row in _regions(folder) if row["province"] == province}
    if (folder / name).is_dir():
        path = folder / name / f"{province}.csv"
        if not path.exists():
            return ""
        rows, top = rows_of(path)
        save(path, rows[: top + 1])
    else:
        _keep(folder, "region", lambda value: value not in members, [name])
        _keep(folder, "province", lambda value: value != province, [name])
    return f"{name}: no rows of province {province}"


def _without_cities(folder: Path, rng: random.Random) -> str:
    """Some cities go; in each province that lost one the rest takes over people and product."""
    regions = _regions(folder)
    gone = set(rng.sample([row["region"] for row in regions], rng.randint(1, len(regions) - 1)))
    left = [row for row in regions if row["region"] not in gone]
    for row in left:
        members = [other for other in regions if other["province"] == row["province"]]
        for name in ("population", "population_rural", "gdp"):
            row[f"_{name}"] = repr(
                sum(float(other[name]) for other in members)
                / sum(o["province"] == row["province"] for o in left)
            )
    for row in left:
        row |= {name: row[f"_{name}"] for name in ("population", "population_rural", "gdp")}
    _write_regions(folder, left)
    _keep(folder, "region", lambda value: value not in gone, ["observations", "inventory_city"])
    _polygons(folder, lambda region: region not in gone)
    whole = {row["province"] for row in regions} - {row["province"] for row in left}
    if rng.random() < 0.8:  # with their tables, or without
        for province in whole:
            for path in folder.rglob(f"{province}.*"):
                path.unlink()
        _keep(folder, "province", lambda value: value not in whole, ["inventory"])
        if whole and (folder / "national.csv").exists():
            (folder / "national.csv").unlink()
        if whole and (folder / "national.nc").exists():
            (folder / "national.nc").unlink()
    return f"without the cities {', '.join(sorted(gone))}"


def _unsplit(folder: Path, rng: random.Random) -> str:
    """Some provinces are one region each, of kind province or municipality."""
    regions = _regions(folder)
    provinces = sorted({row["province"] for row in regions})
    chosen = set(rng.sample(provinces, rng.randint(1, len(provinces))))
    kind, kept = rng.choice(["province", "municipality", "city"]), {}
    for row in regions:
        key = row["province"] if row["province"] in chosen else row["region"]
        if key in kept:
            for name in ("population", "population_rural", "gdp", "area_km2"):
                kept[key][name] = repr(float(kept[key][name]) + float(row[name]))
        else:
            kept[key] = row | ({"kind": kind} if row["province"] in chosen else {})
    gone = {row["region"] for row in regions} - {row["region"] for row in kept.values()}
    _write_regions(folder, list(kept.values()))
    if rng.random() < 0.5:
        _keep(folder, "region", lambda value: value not in gone, ["observations", "inventory_city"])
    else:
        lost = {row["region"] for row in regions if row["province"] in chosen}
        _keep(folder, "region", lambda value: value not in lost, ["observations", "inventory_city"])
    _polygons(folder, lambda region: region not in gone)
    return f"provinces {', '.join(sorted(chosen))} as one region of kind {kind}"


def _removed(folder: Path, rng: random.Random) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    gone = rng.sample(files, rng.randint(1, min(4, len(files))))
    for path in gone:
        path.unlink()
    return f"without {', '.join(str(path.relative_to(folder)) for path in gone)}"


def _subset(folder: Path, rng: random.Random) -> str:
    """Only some quantities, sectors or categories are observed."""
    rows = [
        row
        for path in tables(folder)
        if "observations" in str(path.relative_to(folder))
        for row in [rows_of(path)]
    ]
    if not rows:
        return ""
    column = rng.choice(["quantity", "sectors", "category", "status", "region"])
    found = sorted(
        {row[lines[top].index(column)] for lines, top in rows for row in lines[top + 1 :]}
    )
    if not found:
        return ""
    chosen = set(rng.sample(found, rng.randint(1, len(found))))
    _keep(folder, column, lambda value: value not in chosen, ["observations"])
    return f"observations without {column} {', '.join(sorted(chosen))}"


def _shuffled(folder: Path, rng: random.Random) -> str:
    path = rng.choice(tables(folder))
    rows, top = rows_of(path)
    body = rows[top + 1 :]
    rng.shuffle(body)
    save(path, rows[: top + 1] + body)
    return f"{path.relative_to(folder)}: rows in another order"


def _linked(folder: Path, rng: random.Random) -> str:
    """A file or folder stands elsewhere, behind a link."""
    path = rng.choice(sorted(folder.rglob("*")))
    place = folder.parent / "elsewhere" / path.name
    place.parent.mkdir(exist_ok=True)
    shutil.move(path, place)
    path.symlink_to(place)
    return f"{path.relative_to(folder)} is a link{HARMLESS}"


def _in_place(folder: Path, rng: random.Random) -> str:
    """Something else stands where a file or folder was, or where an optional one might be."""
    found = sorted(folder.rglob("*"))
    path = rng.choice(
        [
            *found,
            folder / "inventory_city.csv",
            folder / "inventory_national.csv",
            folder / "inventory_city",
        ]
    )
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    what = rng.choice(
        [
            "link to nothing",
            "folder",
            "pipe",
            "endless file",
            "link to itself",
            "link to the folder above",
        ]
    )
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    else:
        targets = {
            "link to nothing": "gone",
            "endless file": "/dev/zero",
            "link to itself": path.name,
        }
        path.symlink_to(targets.get(what, ".."))
    return f"{path.relative_to(folder)} is a {what}"


def _json(folder: Path, rng: random.Random) -> str:
    """One value of a JSON file becomes another."""
    files = sorted([*folder.glob("*.json"), *folder.glob("*.geojson")])
    if not files:
        return ""
    path = rng.choice(files)
    content = json.loads(path.read_text(encoding="utf-8"))
    place, steps = content, []
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return ""
        key = rng.choice(keys)
        steps.append(str(key))
        if not isinstance(place[key], dict | list) or rng.random() < 0.15:
            break
        place = place[key]
    deep: list = []
    for _ in range(300):
        deep = [deep]
    values = [
        None,
        True,
        "",
        "x",
        "10",
        -1,
        0,
        1e300,
        10**400,
        [],
        {},
        [[]],
        {"a": 1},
        deep,
        float("nan"),
        float("inf"),
        "\ud800",
        "a\nb",
        "$x$",
        [1, 2],
        [1, 2, 3, 4],
        1.5,
        "\u200b",
        "\0",
    ]
    if rng.random() < 0.2:
        del place[key]
        new = "nothing"
    else:
        new = place[key] = rng.choice(values)
    path.write_text(json.dumps(content), encoding="utf-8")
    return f"{path.name} {'/'.join(steps)} -> {str(new)[:20]!r}"


def _renamed(folder: Path, rng: random.Random) -> str:
    """A file has capitals elsewhere, or another ending; or a copy of it stands beside it so."""
    path = rng.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
    stem, ending = path.stem, path.suffix
    names = [
        stem + ending.upper(),
        stem.title() + ending,
        stem.lower() + ending,
        stem.upper() + ending,
    ]
    names += [path.name + more for more in (".txt", ".gz", ".bak", "~", ".ods")] + [
        stem + ".ods",
        stem + ".tsv",
    ]
    books = [
        name for name in names if ending == ".xlsx" and name.endswith(".xlsx")
    ]  # a workbook has any name
    place = path.with_name(rng.choice([name for name in names if name not in (path.name, *books)]))
    if place.exists():  # a file system without capitals
        return ""
    copied = rng.random() < 0.4
    shutil.copyfile(path, place) if copied else path.rename(place)
    return (
        f"{path.relative_to(folder)} {'is copied to' if copied else 'is called'} "
        f"{place.name}{WRONG}"
    )


def _aside(folder: Path, rng: random.Random) -> str:
    """Something that is no data by its name, anywhere in the folder."""
    name = rng.choice(
        [
            "note.csv",
            "Notes.xlsx",
            "#regions.csv",
            "README.md",
            ".DS_Store",
            "Thumbs.db",
            "~$dataset.xlsx",
            ".git/x",
        ]
    )
    place = (
        rng.choice([folder, *(path for path in sorted(folder.rglob("*")) if path.is_dir())]) / name
    )
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(rng.randbytes(20))
    return f"{place.relative_to(folder)} is there{HARMLESS}"


def _doubled(folder: Path, rng: random.Random) -> str:
    """A row is there twice, somewhere below its first place."""
    path = rng.choice(tables(folder))
    rows, top = rows_of(path)
    row = rng.randrange(top + 1, len(rows))
    rows.insert(rng.randint(row, len(rows)), [*rows[row]])
    save(path, rows)
    return f"{path.relative_to(folder)}: row {row + 1} twice{WRONG}"


def _unit(folder: Path, rng: random.Random) -> str:
    """An amount is in another unit of its dimension, or in something else."""
    with_units = [(path, *rows_of(path)) for path in tables(folder)]
    path, rows, top = rng.choice(
        [
            (path, rows, top)
            for path, rows, top in with_units
            if "unit" in rows[top] and len(rows) > top + 1
        ]
    )
    row, column = rng.randrange(top + 1, len(rows)), rows[top].index("unit")
    if rng.random() < 0.5:
        new, end = (
            rng.choice(["banana", "km2", "10^4", "t C", "USD per t", "degrees", "1.5 t"]),
            WRONG,
        )
    else:
        units = [
            "t",
            "kt CO2",
            "Mt",
            "Gt CO2",
            "%",
            "1",
            "million XTS",
            "EUR",
            "t CO2 per XTS",
            "kg CO2/capita",
            "TJ",
            "m3",
            "GWh",
        ]
        new, end = rng.choice(units), ""
    old, rows[row][column] = rows[row][column], new
    save(path, rows)
    return f"{path.relative_to(folder)} row {row + 1} unit: {old!r} -> {new!r}{end}"


#: Ways and their weights.
KINDS = [
    (_renamed, 14),
    (_aside, 5),
    (_doubled, 14),
    (_unit, 14),
    (_empty, 6),
    (_without_rows, 8),
    (_without_cities, 12),
    (_unsplit, 12),
    (_removed, 8),
    (_subset, 12),
    (_shuffled, 6),
    (_linked, 5),
    (_in_place, 8),
    (_json, 14),
]


def damage(folder: Path, _: Path, rng: random.Random) -> str:
    """Damage the structure in one way; "" where that way does not exist."""
    (change,) = rng.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS])
    return change(folder, rng)
