"""A dataset on its way in: made, checked, and written down what was read of it and what is unusual
(docs/contracts.md).
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ..base.concordance import CLASSIFICATION, classification_of
from ..base.errors import Notice, collect_notices, raise_faults
from ..base.files import why_no_data
from ..base.labels import read_dataset, read_json, write_dataset, write_json
from ..config.kinds import GIVEN
from ..config.models import Dataset
from .benchmarks import INTENSITY, of_kind
from .contract.checks import faults_of
from .contract.folder import InputFolder, read_folder
from .contract.inventories import level_known, without_inventory
from .contract.io_tables import BLOCKS
from .printed_trade import NOTE, PAIRS
from .sources import source
from .unusual import warn_of_unusual

#: Columns of read.csv.
READ = ("table", "file", "rows", "note")
#: What messages call the folder of a dataset, which has another name while it is filled.
CALLED = "dataset"
ABSENT, NO_DATA = "not there (optional)", "no data"
MODELLED = "not there: emissions are modelled from"


def make_dataset(config: Dataset, folder: str | Path) -> tuple[pd.DataFrame, list[Notice]]:
    """Make the dataset of a run in `folder` and check it; what was read, and what looks wrong.

    Raises
    ------
    CityMRIOError
        Every fault, as the reader of the kind and `schemas` find them.
    """
    with collect_notices() as notices:
        brought = source(config.kind).build(config, folder)
        made = read_folder(folder, own=True, given=config.kind == GIVEN)
        raise_faults(faults_of(made))
        read_from = made if brought is None else brought
        warn_of_unusual(read_from)
    _say_classification(made)
    read = what_was_read(read_from)
    if config.kind == "tables":
        from .sources.tables.lists import read_lists

        lists = _files(read_lists(config.classification), (), "classification/")
        read = pd.concat([read, pd.DataFrame(lists, columns=list(READ))], ignore_index=True)
    read["file"] = [place.replace(str(folder), CALLED) for place in read["file"]]
    return read, [
        replace(notice, where=notice.where.replace(str(folder), CALLED)) for notice in notices
    ]


def _say_classification(made: InputFolder) -> None:
    """Write into dataset.json, and into every labelled table, of which classification the sectors
    are: tables that are made of them say it, too.
    """
    place, info = made.folder / "dataset.json", read_json(made.folder / "dataset.json")
    said = {CLASSIFICATION: classification_of(info, made.tables["sectors"].frame)}
    write_json(info | said, place)
    for path in [*made.folder.glob("provinces/*.nc"), *made.folder.glob("national.nc")]:
        write_dataset(read_dataset(path).assign_attrs(said), path)


def what_was_read(data: InputFolder) -> pd.DataFrame:
    """Every table of a dataset folder: file or sheet, rows, and what of it is absent or imputed."""
    found: list[tuple[str, str, float, str]] = []
    for name in data.schemas:
        if name not in data.tables:
            found += (
                [(name, "", 0, ABSENT)] if name not in ("inventory", "extras", "stressors") else []
            )  # few datasets have the last two
            continue
        table = data.tables[name]
        places = [where for where, _ in table.places]
        found += [
            (name, str(place), len(frame), _note(data, name, frame))
            for place, frame in table.frame.groupby(pd.Index(places), sort=False)
        ]
        if not table.places:
            found.append((name, data.place(name), 0, "no rows"))
    found += [
        ("inventory", "", 0, f"province {code}: {MODELLED} {level_known(data)}")
        for code in (() if data.given else without_inventory(data))
    ]
    for code, flows in data.io.items():
        lacking = [
            *(
                f"{one} and {other} not reported (the net stands in the other pair)"
                for one, other in PAIRS
                if one in flows and np.isnan(flows[one].values).all()
            ),
            *(f"{BLOCKS[block]} by use" for block in BLOCKS if block in flows),
            *(
                f"{flow}: {flows[flow].attrs[NOTE]}"
                for flow in map(str, flows.data_vars)
                if NOTE in flows[flow].attrs
            ),
        ]
        name, rows = f"provinces/{code}" if code else "national", flows.sizes["sector"]
        found.append((name, data.io_places[code], rows, "; ".join(lacking)))
    if data.national is None and not data.given:
        found.append(("national", "", 0, ABSENT))
    found.append(
        ("boundaries", "", 0, f"{ABSENT}: no maps")
        if data.boundaries is None
        else ("boundaries", str(data.boundaries), len(data.column("regions", "region")), "")
    )
    found += _files(data, {place for _, place, _, _ in found})
    return pd.DataFrame(found, columns=list(READ)).astype({"rows": "int64"})


def _files(
    data: InputFolder, named: Iterable[str], folder: str = ""
) -> list[tuple[str, str, float, str]]:
    """A row for every file of the folder that has none, by its place or that of a sheet of it."""
    named = {place.partition(", sheet '")[0] for place in named}
    return [
        (
            NO_DATA
            if why_no_data(path.name)
            else folder + path.relative_to(data.folder).with_suffix("").as_posix(),
            str(path),
            *found,
        )
        for path, found in sorted(data.files.items())
        if str(path) not in named
    ]


def _note(data: InputFolder, name: str, frame: pd.DataFrame) -> str:
    """What of the rows is imputed or unused, or blank."""
    if name == "benchmarks":
        told = {*of_kind(frame, INTENSITY).index}
        keys = {*data.column("inventory_sectors", "key")} - {""}
        return _listed(
            {
                "nothing in inventory_sectors has the key": told - keys,
                "no benchmark for the key": keys - told,
            }
        )
    if name == "fuels":
        burnt = {*data.column("inventory", "fuel"), *data.column("inventory_city", "fuel")}
        return _listed({"in no inventory": set(frame["fuel"]) - burnt})
    if name == "stressors":
        return ", ".join(
            f"{code} ({unit})"
            for code, unit in dict(zip(frame["stressor"], frame["unit"], strict=True)).items()
        )
    if name == "emissions":
        return "; ".join(
            f"{count} {status}"
            for status, count in frame["status"].value_counts().sort_index().items()
        )
    if name in ("observations", "extras"):
        kinds = frame["quantity"].value_counts().sort_index()
        imputed = int((frame["status"] == "imputed").sum())
        parts = [f"{count} of {quantity}" for quantity, count in kinds.items()]
        return "; ".join([*parts, *([f"{imputed} imputed"] if imputed else [])])
    if name in ("inventory", "inventory_city"):
        given = int((frame["activity"].notna() & frame["emissions"].notna()).sum())
        return (
            f"{given} rows have activity and emissions: the activity counts, with its factor"
            if given
            else ""
        )
    return ""


def _listed(groups: dict[str, set[str]]) -> str:
    return "; ".join(
        f"{what}: {', '.join(sorted(names))}" for what, names in groups.items() if names
    )
