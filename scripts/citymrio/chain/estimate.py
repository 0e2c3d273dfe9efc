"""The whole method in memory, from a dataset to footprints."""

from dataclasses import dataclass, fields
from typing import Any

import xarray as xr

from ..base.errors import DataError, first_names
from ..config.models import Config
from ..dataset.dataset import DatasetFolder, check_read
from ..footprints.footprint import footprints, intercity
from ..nested import NestedMRIO
from .steps import STEPS, Step, known_of, plan, run_steps

METHOD = (
    *STEPS,
    Step("footprint", "nested inventory config.emissions keep_category", footprints, "footprints"),
    Step("footprint", "footprints regions", intercity, "intercity"),
)


@dataclass(frozen=True)
class Estimate:
    """One estimate: the provincial MRIO, the nested table, the inventory and the footprints.

    `accounts` are the cities' accounts by province; `system` is the balanced provincial system,
    None where the MRIO was given.
    """

    mrio: xr.Dataset
    nested: NestedMRIO
    inventory: xr.Dataset
    footprints: xr.Dataset
    accounts: dict[str, xr.Dataset]
    system: xr.Dataset | None


def estimate(
    dataset: DatasetFolder, config: Config, mrio: xr.Dataset | None = None, **given: Any
) -> Estimate:
    """Run the whole chain in memory, without cvxpy's compilation (:attr:`.Config.in_memory`).

    Parameters
    ----------
    mrio
        provinces/mrio.nc, when the provincial step is the same as in the main estimate.
    given
        Of :func:`.steps.known_of`.

    Raises
    ------
    CityMRIOError
        `dataset` or `config` is a path or a dict instead of what was read; `mrio` is of other
        regions or sectors; something in `given` that no step of this estimate reads.
    """
    check_read(dataset, config)
    if mrio is not None:
        _check_mrio(mrio, dataset)
        given = {"system": None, "mrio": mrio, **given}
    wanted = [field.name for field in fields(Estimate)]
    known = known_of(dataset, config.in_memory, **given)
    chosen, _ = plan(known, wanted, METHOD)
    left_out = [step for step in METHOD if not step.is_done(known)]
    read = {*wanted}.union(*(step.reads for step in chosen if step not in left_out))
    read -= {name for step in left_out for name in step.makes}
    if idle := [name for name, of in given.items() if of is not None and name not in read]:
        raise DataError(
            f"{first_names(idle)} has no effect: no step of this estimate reads it",
            where="estimate",
            fix="leave it out, correct the name, or take a configuration that needs it.",
        )
    return Estimate(**run_steps(known, *wanted, steps=METHOD))


def _check_mrio(mrio: xr.Dataset, dataset: DatasetFolder) -> None:
    """Refuse a provincial MRIO whose labels are not those of the dataset's lists; the chain reads
    sectors and uses by their places.
    """
    where, fix = "mrio", "give provinces/mrio.nc of a run of this dataset (docs/contracts.md)."
    variables = mrio.data_vars if isinstance(mrio, xr.Dataset) else ()
    needed = ("table", "imports", "exports", "error", "output", "value_added")
    if lost := [name for name in needed if name not in variables]:
        raise DataError(f"has no variable {first_names(lost)}", where=where, fix=fix)
    sectors = dataset.tables["sectors"]["sector"].tolist()
    uses = [*sectors, *dataset.tables["final_demand"]["category"]]
    places = dict.fromkeys(("province", "origin", "destination"), sorted(dataset.codes))
    for dim, labels in (*places.items(), ("sector", sectors), ("use", uses)):
        found = mrio.indexes[dim].tolist() if dim in mrio.indexes else []
        found = sorted(found) if dim in places else found  # provinces are found by their labels
        if found != labels:
            other = [*{*found} ^ {*labels}]
            what = f"other labels: {first_names(sorted(other))}" if other else "another order"
            raise DataError(
                f"{dim} has {what}; expected those of the dataset", where=where, fix=fix
            )
