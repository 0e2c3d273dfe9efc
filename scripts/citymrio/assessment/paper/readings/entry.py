"""What a reading is: words, the passage that supports them, and settings or a function that give its value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
import xarray as xr

from ....base.units import MT
from ....config.models import Config
from ....dataset.dataset import DatasetFolder
from ....nested import NestedMRIO
from ..results import COMPUTED, Missing, Results

SCOPE = 'Introduction: "the carbon emissions driven by both household consumption and capital investment activities"'
DEMANDS = '2.2: "F is the total final demand (aggregating household consumption, government consumption, capital formation, ...)"'
ACTIVITIES = '2.2: "final demands (namely household expenditure, capital formation, and inventory changes)"'
RICHEST = '2.1: "the top quintile representing the richest cities (>$7000/capita)"'
QUINTILE = '2.1: "We categorised all 309 cities into five quintile groups according to affluence and economic structure"'
SIXTY_THREE = '3.1: "The most affluent 63 cities (the top quintile)"'
TERRITORY = '2.3: "administrative-territorial (scope 1) emissions ... compiled using 47 socioeconomic sectors"'
NATIONAL = '3.1: "309 Chinese cities lead to 7324 Mt carbon emissions, accounting for 81% of national emissions"'
ACCOUNTS = '2.3: "consistent with our national and provincial emission accounts"'
EXISTING = '3.3: "estimated to reach 12.2 Gt when achieving a carbon peak, and the existing carbon quota from 2012 is 3.2 Gt"'
TEN = '3.1: "The 10 cities with the largest carbon footprints generated 17% (1263 Mt) of the national carbon footprint"'
POPULATION = '3.1: "25.6% of the total population of China but produces 46.3% of total GDP"'
POORER = '3.1: "roughly 60% of China\'s population ... living in cities where the per capita demand is less than US$5300"'
CAPITAL = '3.1: "carbon footprints are dominated by capital investments, these account for 65% of the total footprint"'
HALF = '3.1: "Roughly 50% of carbon footprints are found in the top quintile cities (2266 Mt)"'
PER_CAPITA = '3.1: "153 cities with per capita carbon footprints larger than the global average (4.4 t/capita)"'
MEAN = '3.1: "Top quintile cities show an average of 12.6 t/capita, nearly twice that of second quintile cities (6.7 t/capita)"'
INTERCITY = '3.2: "Some 80% of the total carbon footprint (about 5800 Mt ...) is embodied in these supply chains"'
CALIBRATED = '2.1: "The collected city-level data are then calibrated with provincial data and national data"'
ENTROPY = '2.1: "We use the maximum entropy model again to estimate the inter-city trade flow"'
LARGEST_FLOWS = '3.2: "16% of total inter-city carbon flows (915 Mt) take place between top quintile cities"'
OUTSOURCED = '3.2: "half the carbon footprints of rich cities are outsourced from others (2728 Mt)"'
MARKET = '3.2: "45% of the value-added of bottom quintile cities are generated through trade with top quintile cities"'
BENEFIT = '3.2: "high-tech cities of the richest group may get 9.4 billion Yuan from the trade" (figure 2b: light manufactory)'
BALANCE = '3.3: "their emissions embodied in exports are larger than those in imports"'
AMONG = '3.3: "net producers and consumers among the 309 Chinese cities studied"'
ONE_PERCENT = 'Introduction: ">1% of total national emissions"; figure 3: ">1% of total emissions"'
EIGHTEEN = '3.3: "18 cities with technology and hybrid strategies ... account for 27% of total carbon emissions"'
SIX = '3.3: "six key sectors that together account for 95% of the carbon emissions of super-emitters following technology-based"'
MULTIPLIER = '4: "carbon emissions embodied in supply chains per unit of spending for consumption purposes"'
MEGACITIES = "3.3: \"In China's megacities, about 55% of the city's total demands are from capital formation\""
NATIONAL_AVERAGE = '2.5: "reducing the carbon intensity of key sectors to match the national average"'
GLOBAL_AVERAGE = '2.5: "deep mitigation denotes reducing carbon intensity to match the global average"'
ABOVE = '2.5: "The carbon intensity of a sector is kept when it is lower than the benchmark"'
SAVED = '3.3: "the potential carbon quota from technological mitigation is 459.9 Mt (6.3% of total carbon footprint)"'
OUTPUTS = '2.3: "estimated based on the carbon intensity from the province they belong to and their sectoral outputs"'
SHIFT = '3.3: "shifting the drivers of growth from investment to consumption"'
REDUCED = (
    '2.5: "the share of capital formation of 23 super-emitters ... is reduced to the average level of the global megacities"'
)
RANGE = '3.3: "the shares of global megacities are below 30%, ranging from 17% for Osaka to 27% for Seoul"'
TWENTY_THREE = '2.5: "23 Cities (demand-side and hybrid strategy cities ...) adopt demand-based solutions"'
INCREASE = '3.3: "can increase by more than 30% of the current carbon quota from 3.2 to 4.7 Gt"'
ABSTRACT_INCREASE = (
    'Abstract: "up to 1.4 Gt carbon quota can be created, raising 30% of the projected carbon quota to carbon peak"'
)
NAMED = '4: "Tangshan (Q2 city, from 280 to 413 Mt), Wenzhou (Q3, from 34 to 47 Mt), Xuzhou (Q4, ...), and Xuancheng (Q5, ...)"'
LIFTED = '3.3: "lifting the least affluent cities ... to the US$3600/capita (the average levels of quintile 3)"'
LIFTED_TWO = '3.3: "lifting 185 cities ... to $5300/capita (the average levels of quintile 2)"'
DEMAND_RULE = '2.1: "We estimate supply and demand for the cities by sector in a given province"'

#: Definitions that several numbers share in other words (:attr:`Reading.option`).
HOUSEHOLDS = "inventory.include_households"
OWN_INVENTORY = "national emissions are those of the nation's own inventory"
#: A definition that no joint reading can take: it contradicts that of another number, or takes a printed result as given.
ALONE = "for this number alone"
DOMESTIC = "intensities of domestic products alone"
SINGLE = "extremes of single cities"


@dataclass(frozen=True)
class Case:
    """One estimate analysed under one configuration, as functions of readings see it.

    Attributes
    ----------
    results
        The tables and the sums of the paper's comparison.
    nested, footprints, inventory
        The nested table, footprints.nc and inventory.nc of the estimate.
    dataset, config
        The dataset, and the configuration of this case.
    targets
        config/paper_targets.csv.
    """

    results: Results
    nested: NestedMRIO
    footprints: xr.Dataset
    inventory: xr.Dataset
    dataset: DatasetFolder
    config: Config
    targets: pd.DataFrame

    @property
    def cities(self) -> pd.DataFrame:
        """Rows of regions.csv that are cities."""
        return self.results.cities

    @cached_property
    def roles(self) -> dict[str, str]:
        """Category of final demand -> role."""
        table = self.dataset.tables["final_demand"]
        return dict(zip(table["category"], table["role"], strict=True))

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
        What `value` decides, where another number decides the same in other words; its text where it is blank;
        :data:`HOUSEHOLDS`, where it does for this number what this setting does for others; or :data:`ALONE`.
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
