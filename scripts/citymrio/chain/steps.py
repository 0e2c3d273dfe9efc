"""The method as one list of steps, and the chain in memory that follows it.

A step is a rule of the workflow: both call the same function, the rule on its files, the chain on
what it has in memory. The last step, the footprints, stands in :mod:`.estimate`: what needs none
does not depend on how they are computed.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from ..cities.chain import calc_accounts, estimate_cities, gaps_of_totals
from ..config.models import Config
from ..dataset.dataset import DatasetFolder
from ..emissions.intensities import province_intensities
from ..emissions.inventory import city_inventories
from ..nested import NestedMRIO
from ..provinces.balance import balance
from ..provinces.mrio import province_mrio
from ..provinces.priors import run_priors
from ..provinces.trade import province_trade


@dataclass(frozen=True)
class Step:
    """One step of the method.

    Attributes
    ----------
    rule
        The rule that does the same with files.
    inputs
        What the function takes, in order: tables of the dataset, results of steps above,
        `config.<section>`; `a+b` is one argument, a dictionary of both.
    function
        Returns the outputs, in order, or an object that has them as attributes.
    outputs
        What it makes.
    each
        The input by province of a step that is done once for every province; its function also
        takes the code (`province`).
    when
        The key of the configuration on which it depends whether the step is done; else its outputs
        are None.
    """

    rule: str
    inputs: str
    function: Callable[..., Any]
    outputs: str
    each: str = ""
    when: str = ""

    @property
    def reads(self) -> set[str]:
        """Names of all inputs."""
        return {name.partition(".")[0] for name in self.inputs.replace("+", " ").split()} - {
            "province"
        }

    @property
    def makes(self) -> list[str]:
        """Names of all outputs."""
        return self.outputs.split()

    def is_done(self, known: Mapping[str, Any]) -> bool:
        """Whether the configuration asks for the step."""
        return not self.when or bool(_value(known, self.when))

    def jobs(self, known: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """What every job of the step is given: one job, or one for each province; none where the
        step is not done.
        """
        if not self.is_done(known):
            return {}
        if not self.each:
            return {"": known}
        return {
            code: {**known, "province": code, self.each: own}
            for code, own in known[self.each].items()
        }

    def do(self, known: Mapping[str, Any], kept: Container[str]) -> dict[str, Any]:
        """The outputs of one job that are `kept`."""
        made = self.function(*(_argument(known, names) for names in self.inputs.split()))
        if isinstance(made, tuple) or len(self.makes) == 1:
            made = SimpleNamespace(
                **dict(zip(self.makes, made if isinstance(made, tuple) else (made,), strict=True))
            )
        return {name: getattr(made, name) for name in self.makes if name in kept}

    def do_all(self, parts: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """The outputs of all jobs: those of a step for each province by province."""
        if not self.each:
            return parts[""] if parts else dict.fromkeys(self.makes)
        names = {name for part in parts.values() for name in part}
        return {name: {code: part[name] for code, part in parts.items()} for name in names}


def _argument(known: Mapping[str, Any], names: str) -> Any:
    """What an input of a step stands for."""
    if "+" in names:
        return {name: known[name] for name in names.split("+")}
    return _value(known, names)


def _value(known: Mapping[str, Any], name: str) -> Any:
    head, _, key = name.partition(".")
    return attrgetter(key)(known[head]) if key else known[head]


LISTS = "regions+sectors+final_demand"
EMITTERS = "sectors+inventory_sectors+bridge+fuels"

STEPS = (
    Step(
        "balance_provinces",
        "provinces national regions final_demand config.provinces config.solver",
        balance,
        "system balance",
    ),
    Step(
        "province_trade",
        "system regions config.provinces config.solver sectors trade_factors",
        province_trade,
        "province_trade province_trade_report",
    ),
    Step("province_mrio", "system province_trade", province_mrio, "mrio"),
    Step(
        "province_intensities",
        f"mrio provincial inventory_city {EMITTERS} regions",
        province_intensities,
        "intensities",
        when="config.cities.totals_enter_outputs",
    ),
    Step(
        "fit_priors",
        f"mrio {LISTS} config intensities adopted",
        run_priors,
        "priors",
        when="config.cities.needs_priors",
    ),
    Step(
        "cities",
        f"mrio province {LISTS} observations config.cities config.solver intensities priors "
        "factors",
        estimate_cities,
        "accounts split tables trade linked diagnostics used",
        each="observations",
    ),
    Step("nest", "mrio linked final_demand", NestedMRIO.from_parts, "nested"),
    Step(
        "emissions",
        f"regions+{EMITTERS} nested+accounts+intensities provincial inventory_city"
        " inventory_national observations config.emissions config.solver inventory_draw",
        city_inventories,
        "inventory inventory_report",
    ),
)
#: As far as the accounts of cities, without their tables.
TO_ACCOUNTS = (
    *STEPS[:5],
    replace(STEPS[5], function=calc_accounts, outputs="accounts"),
)
#: As far as the priors of outputs, which CO2 totals are held against.
TO_GAPS = (*STEPS[:5], replace(STEPS[5], function=gaps_of_totals, outputs="gaps"))


def known_of(dataset: DatasetFolder, config: Config, **given: Any) -> dict[str, Any]:
    """What the steps begin with.

    Parameters
    ----------
    given
        In place of what the steps or the dataset have: `mrio` (provinces/mrio.nc), `priors`
        (priors.csv), `provincial` (the provincial inventories as an array, the same for every
        member of an ensemble) ... Beside them: `adopted`, priors of another system;
        `trade_factors`, `factors` and `inventory_draw`, one draw of the ensemble: factors on trade
        between provinces (sector, origin, destination), on outputs and exports (region, sector),
        and what changes of the inventories; `keep_category`, False where no flows by category are
        wanted.
    """
    return {
        **dataset.tables,
        "dataset": dataset,
        "config": config,
        "provinces": dataset.provinces,
        "national": dataset.national,
        "observations": {code: dataset.observations[code] for code in dataset.codes},
        "provincial": dataset.inventory,
        "inventory_city": dataset.inventory_city,
        "inventory_national": dataset.inventory_national,
        "keep_category": True,
        **dict.fromkeys(("adopted", "trade_factors", "factors", "inventory_draw")),
        **given,
    }


def plan(
    known: Mapping[str, Any], wanted: Iterable[str], steps: Sequence[Step]
) -> tuple[list[Step], set[str]]:
    """The steps that lead from what is known to what is wanted, and the names of all that these
    need.
    """
    chosen: list[Step] = []
    needed = {*wanted}
    missing = needed - known.keys()
    for step in reversed(steps):
        if missing & {*step.makes}:
            chosen.insert(0, step)
            needed |= step.reads
            missing = missing - {*step.makes} | step.reads - known.keys()
    return chosen, needed


def run_steps(
    known: Mapping[str, Any], *wanted: str, steps: Sequence[Step] = STEPS
) -> dict[str, Any]:
    """Do the steps that lead from what is known to what is wanted, and no other; the results by
    name.
    """
    found = dict(known)
    chosen, needed = plan(known, wanted, steps)
    for step in chosen:
        found |= step.do_all({code: step.do(job, needed) for code, job in step.jobs(found).items()})
    return {name: found[name] for name in wanted}
