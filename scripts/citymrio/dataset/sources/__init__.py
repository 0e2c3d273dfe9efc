"""Where a dataset comes from: one module for each kind, and one entry here (`dataset.kind` of the
configuration).

A source has a function ``build(config, folder)`` that writes the dataset contract into a folder,
and returns what it read of a folder that somebody brought. It is imported by name when it is
needed, so that a run depends on the code of its own source only.
"""

from importlib import import_module
from types import ModuleType

#: Kind of a dataset -> the module that makes it; the keys of the configuration that it reads:
#: `config.kinds`.
SOURCES = {
    "china": "citymrio.dataset.sources.china.build",
    "mrio": "citymrio.dataset.sources.user",
    "synthetic": "citymrio.dataset.sources.synthetic.build",
    "tables": "citymrio.dataset.sources.tables.build",
    "user": "citymrio.dataset.sources.user",
}


def source(kind: str) -> ModuleType:
    """The module behind a kind of dataset."""
    return import_module(SOURCES[kind])
