"""What a run can be set beside: its own truth, or a table that somebody else made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...analysis.change_tables import Run
from ...base.labels import read_dataset, read_json, read_table
from ...dataset.sources.mrio.form import Lists
from ...dataset.sources.mrio.given import read_given
from ...nested import NestedMRIO
from ...nested.given import given_nested
from ..true_footprints import true_footprints

#: Files of a synthetic run that hold its truth.
TRUTH_FILES = ("dataset/truth/truth.nc", "dataset/truth/emissions.csv")
#: Lists that a bare table needs, and those that it may have.
LISTS, MORE_LISTS = ("regions.csv", "sectors.csv", "final_demand.csv"), ("accounts.csv", "dataset.json", "dataset.csv")


def true_side(folder: str | Path) -> Run:
    """The true table of a synthetic run as a run of its own: its footprints are those of the true emissions."""
    folder, run = Path(folder), Run.read(folder)
    truth = NestedMRIO.from_dataset(read_dataset(folder / TRUTH_FILES[0]))
    prints = true_footprints(truth, read_table(folder / TRUTH_FILES[1]))
    return replace(run, info={**run.info, "name": f"truth of {run.info['name']}"}, nested=truth, footprints=prints)


def given_side(path: str | Path, lists: str | Path, unit: str, tolerance: float) -> Run:
    """A bare table (a pymrio folder or a MATLAB file) as a run without an inventory and without footprints.

    Parameters
    ----------
    lists
        Folder with regions.csv, sectors.csv, final_demand.csv as for `dataset.kind: mrio`; accounts.csv
        and the unit of dataset.json or dataset.csv where they are there.
    unit
        Unit of money where the lists name none.
    tolerance
        Largest gap of a row or column that is booked, as a share of its output.
    """
    folder = Path(lists)
    regions, sectors, final_demand = (read_table(folder / name) for name in LISTS)
    accounts = read_table(folder / MORE_LISTS[0]) if (folder / MORE_LISTS[0]).is_file() else None
    named = _info(folder)
    unit = str(named.get("unit") or unit)
    order = Lists.of(regions, sectors, final_demand, accounts)
    table = read_given(path, order, unit, tolerance)
    labels = {"regions": order.regions, "sectors": order.sectors}
    roles = dict(zip(order.categories, final_demand["role"], strict=True))
    nested = NestedMRIO.from_dataset(given_nested(table.cells, table.accounts, **labels, roles=roles, unit=unit))
    info = {"name": str(named.get("name") or Path(path).name), "unit": unit}
    return Run(info=info, regions=regions, sectors=sectors, nested=nested, inventory=None, footprints=None)


def _info(folder: Path) -> dict:
    """What the lists say of the table: its name and its unit of money."""
    if (folder / MORE_LISTS[1]).is_file():
        return read_json(folder / MORE_LISTS[1])
    if (folder / MORE_LISTS[2]).is_file():
        rows = read_table(folder / MORE_LISTS[2], text=("key", "value"))
        return dict(zip(rows["key"], rows["value"], strict=True))
    return {}
