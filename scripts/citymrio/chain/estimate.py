"""The whole method in memory, from a dataset to footprints."""

from dataclasses import dataclass, fields
from typing import Any

import xarray as xr

from ..config.models import Config
from ..dataset.dataset import DatasetFolder, check_read
from ..footprints.footprint import footprints, intercity
from ..nested import NestedMRIO
from .steps import STEPS, Step, known_of, run_steps

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
        `dataset` or `config` is a path or a dict instead of what was read.
    """
    check_read(dataset, config)
    if mrio is not None:
        given = {"system": None, "mrio": mrio, **given}
    wanted = [field.name for field in fields(Estimate)]
    return Estimate(
        **run_steps(known_of(dataset, config.in_memory, **given), *wanted, steps=METHOD)
    )
