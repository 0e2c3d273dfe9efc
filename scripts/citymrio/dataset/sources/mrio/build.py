"""The lists of a given multi-regional table become the dataset; the table itself is read by the
rule given_table (`given`).
"""

from __future__ import annotations

from pathlib import Path

from ....base.errors import DataError, raise_faults
from ....config.models import Dataset
from ...contract.checks import faults_of
from ...contract.folder import read_folder
from ..user import write_contract


def build(config: Dataset, out_dir: str | Path) -> None:
    """Turn the lists of the folder `config.raw_dir` into the dataset in `out_dir`; nothing is
    written unless all are sound.

    Raises
    ------
    DataError
        No folder is named, or every fault of its files at once.
    """
    if config.raw_dir is None:
        raise DataError(
            "dataset.raw_dir is not given",
            where="config",
            fix="name the folder that holds the lists of your table.",
        )
    data = read_folder(config.raw_dir, given=True, others=[config.mrio])
    raise_faults(faults_of(data, year=config.year))
    write_contract(data, out_dir)
