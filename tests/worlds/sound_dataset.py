"""A whole dataset folder against the contract (docs/contracts.md)."""

from citymrio.base.errors import raise_faults
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder


def check_dataset(folder, *, levels=True):
    """Raise all faults (`DataErrors` where there are several); `levels` as of `faults_of`."""
    raise_faults(faults_of(read_folder(folder), levels=levels))
