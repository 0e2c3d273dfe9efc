"""City-level multi-regional input-output tables by entropy, nested in a provincial MRIO, and the
carbon they carry.

``import citymrio as cm``; then ``cm.open_run``, ``cm.estimate_cities`` and the other names of
`PUBLIC` (docs/api.md).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import MRIO, ProvinceTable, Release, Run, estimate_cities, open_release, open_run
    from .assessment.analysed import analysis_tables
    from .base.errors import CityMRIOError
    from .chain.estimate import estimate
    from .config.loading import read_config
    from .dataset.dataset import DatasetFolder
    from .entropy import EntropyDual, EntropyModel
    from .nested import NestedMRIO

__version__ = "0.1.0"

#: Public name -> the module that has it, which is imported when the name is first used.
PUBLIC = {
    "open_run": "api",
    "open_release": "api",
    "Run": "api",
    "Release": "api",
    "MRIO": "api",
    "estimate_cities": "api",
    "ProvinceTable": "api",
    "NestedMRIO": "nested",
    "EntropyModel": "entropy",
    "EntropyDual": "entropy",
    "read_config": "config.loading",
    "DatasetFolder": "dataset.dataset",
    "estimate": "chain.estimate",
    "analysis_tables": "assessment.analysed",
    "CityMRIOError": "base.errors",
}
__all__ = [
    "MRIO",
    "CityMRIOError",
    "DatasetFolder",
    "EntropyDual",
    "EntropyModel",
    "NestedMRIO",
    "ProvinceTable",
    "Release",
    "Run",
    "analysis_tables",
    "estimate",
    "estimate_cities",
    "open_release",
    "open_run",
    "read_config",
]


def __getattr__(name: str) -> Any:
    """A public name from its module."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'citymrio' has no attribute {name!r}")
    return getattr(import_module(f"citymrio.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    """What completion offers: the public names."""
    return [*__all__, "__version__"]
