"""What a reading is: words, the passage that supports them, and settings or a function that give
its value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ....base.units import MT
from ....config.models import Config
from ....dataset.dataset import DatasetFolder
from ...analysed import Estimated
from ..results import COMPUTED, Missing, Results

#: Definitions that several numbers share in other words (:attr:`Reading.option`).
HOUSEHOLDS = "emissions.include_households"
OWN_INVENTORY = "national emissions are those of the nation's own inventory"
#: A definition that no joint reading can take: it contradicts that of another number, or takes a
#: printed result as given.
ALONE = "for this number alone"


@dataclass(frozen=True, kw_only=True)
class Case(Estimated):
    """One estimate analysed under one configuration, as functions of readings see it.

    Attributes
    ----------
    results
        The tables and the sums of the paper's comparison.
    dataset, config
        The dataset, and the configuration of this case.
    targets
        config/paper_targets.csv.
    """

    results: Results
    dataset: DatasetFolder
    config: Config
    targets: pd.DataFrame

    @property
    def cities(self) -> pd.DataFrame:
        """Rows of regions.csv that are cities."""
        return self.results.cities

    def printed(self, target: str) -> float:
        """The paper's value of a target."""
        return float(self.targets.set_index("id").at[target, "value"])

    def ours(self, target: str) -> float:
        """The value of a target in the tables of this case."""
        return float(COMPUTED[target][0](self.results))

    @property
    def national_inventory(self) -> float:
        """Emissions of the nation's own inventory, Mt."""
        if self.dataset.inventory_national is None:
            raise Missing("the dataset has no inventory of the nation")
        return float(self.dataset.inventory_national["emissions"].sum()) * MT


@dataclass(frozen=True)
class Reading:
    """One definition of a number.

    Attributes
    ----------
    text
        The definition in words.
    words
        The passage that supports it, with its section.
    settings
        Dotted keys of the configuration that differ from :attr:`Number.base`.
    value
        A function of the case; without one, the function of the comparison with the paper.
    option
        What `value` decides, where another number decides the same in other words; its text where
        it is blank; :data:`HOUSEHOLDS`, where it does for this number what this setting does for
        others; or :data:`ALONE`.
    """

    text: str
    words: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    value: Callable[[Case], float] | None = None
    option: str = ""

    @property
    def definition(self) -> str:
        """Name of the definition that `value` is; blank without one."""
        return (self.option or self.text) if self.value else ""


@dataclass(frozen=True)
class Number:
    """A printed number and its readings.

    Attributes
    ----------
    target
        Its id in config/paper_targets.csv.
    readings
        All definitions that the text allows.
    datum
        The datum that would decide it, if no reading does.
    base
        Settings of a reading that says nothing else, for every key that some reading changes.
    """

    target: str
    readings: tuple[Reading, ...]
    datum: str
    base: Mapping[str, Any] = field(default_factory=dict)

    def settings(self, reading: Reading) -> dict[str, Any]:
        """All settings that a reading fixes."""
        return {**self.base, **reading.settings}
