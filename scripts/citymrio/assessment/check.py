"""The check before a run: the dataset's own checks, then the run tried in memory
(docs/bring-your-own-data.md, section 4).

``citymrio check config/mine.yaml``, or ``make check-data CONFIG=config/mine.yaml``.

The run is tried as far as it would stop at more than the dataset's own checks, all of it at once:
the steps are the run's own (:data:`.chain.estimate.METHOD`), then the audit, groups and scenarios.
A step whose ground is missing is left out; one that is independent of it is tried all the same.
Nothing is written.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..analysis.affluence import is_city
from ..analysis.demand_shares import capital_target
from ..analysis.features import SHARE, groups_of
from ..analysis.scenarios.deficits import deficit_targets
from ..analysis.scenarios.demand import deep_structure
from ..analysis.scenarios.possible import feasible_scenarios
from ..analysis.scenarios.technology import national_emissions_of
from ..base.errors import CityMRIOError, Notice, collect_notices, first_names
from ..base.labels import read_json, read_table
from ..chain.estimate import METHOD
from ..chain.steps import EMITTERS, LISTS, TO_ACCOUNTS, Step, known_of, plan
from ..config.kinds import GIVEN
from ..config.models import Config
from ..dataset import check as dataset_check
from ..dataset.check import Checked
from ..dataset.contract.corrections import NAME, Corrections
from ..dataset.dataset import TABLES, DatasetFolder
from ..dataset.raw_table import Lists
from ..dataset.sources.mrio.given import read_given
from ..emissions.activity import national_inventory
from ..emissions.inventory import given_emissions
from ..emissions.key_sectors import keys_of, rows_of_key
from ..nested import NestedMRIO
from ..nested.nest import given_nested
from ..provinces.supplied import supplied_mrio, system_of
from .analysed import Estimated, analysis_tables
from .audit import audit, audit_verdict
from .ensemble.inputs import draw, output_sds
from .ensemble.member import member_config

#: Seconds of processor time after which no further step begins.
SECONDS = 60.0
#: Rows of the largest given table whose footprints are tried.
ROWS = 3000


def _supplied(
    path: str,
    tables: dict[str, pd.DataFrame],
    err_tol: float,
    info: dict,
    folder: Path | None,
    lists: Path | None,
) -> tuple[xr.Dataset, xr.Dataset]:
    """provinces/system.nc and provinces/mrio.nc of a provincial MRIO that is supplied."""
    lines = Corrections.of_lists(folder / NAME if folder else "", lists or "")
    regions, sectors, demand = (tables[name] for name in ("regions", "sectors", "final_demand"))
    mrio = supplied_mrio(path, regions, sectors, demand, err_tol, info["unit"], lines)
    return system_of(mrio), mrio


def _audited(diagnostics: dict[str, pd.DataFrame], *parts: Any) -> pd.DataFrame:
    """tables/audit.csv, refused as the run refuses it."""
    table = audit(*parts)
    audit_verdict(
        table,
        "tables/audit.csv",
        {f"cities/{code}/diagnostics.csv": part for code, part in diagnostics.items()},
    )
    return table


def _analysed(dataset: DatasetFolder, config: Config, *parts: Any) -> dict[str, pd.DataFrame]:
    """The tables of the analysis; of a given table with the scenarios that its data allow."""
    estimate, tables = Estimated(*parts), dataset.tables
    if not dataset.provinces:
        scenarios = feasible_scenarios(
            config.scenarios, estimate.inventory, tables["benchmarks"], tables["inventory_sectors"]
        )
        config = config.model_copy(update={"scenarios": scenarios})
    return analysis_tables(estimate, dataset, config)


SUPPLIED = Step(
    "supplied_mrio",
    f"config.dataset.mrio {LISTS} config.provinces.err_tol dataset.info dataset.folder "
    "config.dataset.raw_dir",
    _supplied,
    "system mrio",
)
GIVEN_EMISSIONS = Step(
    "emissions",
    f"regions+{EMITTERS} nested emissions",
    given_emissions,
    "inventory inventory_report",
)
JUDGED = (
    Step(
        "audit",
        "diagnostics nested mrio system accounts footprints config.audit.tolerance",
        _audited,
        "audit",
    ),
    Step(
        "groups and scenarios",
        "dataset config mrio nested inventory footprints",
        _analysed,
        "analysed",
    ),
)


def _with(own: Step, rule: str) -> list[Step]:
    """The method with another step in the place of a rule's."""
    return [own if step.rule == rule else step for step in METHOD]


@dataclass
class Trial:
    """What came of a trial.

    Attributes
    ----------
    faults
        What the run would stop at, each once.
    warnings
        What its steps would say.
    untried
        Steps that were left out, and why.
    variant
        Whose faults these are.
    """

    dataset: DatasetFolder
    config: Config
    seconds: float = SECONDS
    faults: list[CityMRIOError] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    untried: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.process_time)
    variant: str = ""

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep the faults of a block, and go on after it."""
        try:
            yield
        except CityMRIOError as error:
            for fault in error.faults:
                if self.variant and str(fault) not in map(str, self.faults):
                    fault = type(fault)(
                        fault.message,
                        where=f"variant '{self.variant}', {fault.where}",
                        fix=fault.fix,
                    )
                if str(fault) not in map(str, self.faults):
                    self.faults.append(fault)

    def try_steps(self, steps: Sequence[Step], *wanted: str, **given: Any) -> dict[str, Any]:
        """Try the steps that lead to what is wanted; what is known after them, by name."""
        known = known_of(self.dataset, self.config.in_memory, **given)
        steps, needed = plan(known, wanted, steps)
        lost: dict[str, str] = {}
        left: dict[str, list[str]] = {}
        for step in steps:
            jobs, done = step.jobs(known), {}
            why = next((lost[name] for name in step.reads if jobs and name in lost), "")
            for code, job in jobs.items():
                if not why and time.process_time() - self.begun > self.seconds:
                    why = f"no time left ({self.seconds:g} s of one processor)"
                if why:
                    break
                with self.keeping():
                    done[code] = self._as_run(step, job, needed)
            if why:
                left.setdefault(why, []).append(step.rule)
            elif failed := sorted(jobs.keys() - done.keys()):
                why = f"no result of {step.rule} {', '.join(failed)}".strip()
            if why:
                lost |= dict.fromkeys(step.makes, why)
            else:
                known |= step.do_all(done)
        of = f"variant '{self.variant}', " if self.variant else ""
        self.untried += [f"{of}{', '.join(rules)}: {why}" for why, rules in left.items()]
        return known

    def _as_run(self, step: Step, job: Mapping[str, Any], needed: set[str]) -> dict[str, Any]:
        """A job with the fast solver; where that fails, with the configured one, whose message is
        the run's.
        """
        try:
            return step.do(job, needed)
        except CityMRIOError:
            if "config.solver" not in step.inputs.split():
                raise
            return step.do({**job, "config": self.config}, needed)


def trial(dataset: DatasetFolder, config: Config, seconds: float = SECONDS) -> Trial:
    """Try a run on a sound dataset.

    Parameters
    ----------
    seconds
        Of processor time. No step begins later: on a large country the last ones are left to the
        run, and `untried` says which.
    """
    tried = Trial(dataset, config, seconds)
    with collect_notices() as notices:
        _configured(tried)
        steps = _with(SUPPLIED, "province_mrio") if config.dataset.mrio else METHOD
        known = tried.try_steps([*steps, *JUDGED], "audit", "analysed")
        for name in config.variants if "mrio" in known else ():
            own = replace(tried, config=config.with_variant(name), variant=name)
            given = {"mrio": known["mrio"]} if own.config.provinces == config.provinces else {}
            own.try_steps(TO_ACCOUNTS, "accounts", **given)
    tried.warnings = list(notices)
    return tried


def trial_of_given(folder: str | Path, config: Config) -> Trial:
    """Try a run on a given table: the table against its sound lists, and the rest where the table
    is small.

    Parameters
    ----------
    folder
        The dataset that was made from the lists.
    """
    folder = Path(folder)
    tables, info = (
        {name: read_table(folder / f"{name}.csv") for name in TABLES},
        read_json(folder / "dataset.json"),
    )
    tried = Trial(DatasetFolder(tables, {}, None, {}, {}, None, None, info), config)
    accounts = folder / "accounts.csv"
    told = read_table(accounts) if accounts.exists() else None
    lists = Lists.of(tables["regions"], tables["sectors"], tables["final_demand"], told)
    with collect_notices() as notices, tried.keeping():
        lines = Corrections.of_lists(folder / NAME, str(config.dataset.raw_dir))
        table = read_given(
            str(config.dataset.mrio), lists, info["unit"], config.provinces.err_tol, lines
        )
        if len(lists.regions) * len(lists.sectors) > ROWS:
            tried.untried.append(f"footprints and scenarios: the table has more than {ROWS} rows")
        else:
            labelled = table.labelled(lists, tables["final_demand"], info["unit"])
            given = {
                "nested": NestedMRIO.from_dataset(given_nested(**labelled)),
                "emissions": read_table(folder / "emissions.csv"),
                "mrio": None,
                "system": None,
                "accounts": {},
                "diagnostics": {},
            }
            tried.try_steps(
                [*_with(GIVEN_EMISSIONS, "emissions"), *JUDGED], "audit", "analysed", **given
            )
    tried.warnings = list(notices)
    return tried


def _configured(tried: Trial) -> None:
    """What the configuration asks of the tables of the dataset, whatever the estimate."""
    config, tables = tried.config, tried.dataset.tables
    for key in config.scenarios.key_sectors:
        with tried.keeping():
            rows_of_key(tables["inventory_sectors"], key)
    if config.scenarios.run:
        with tried.keeping():
            groups = groups_of(tables["sectors"], config.groups.cluster_map).unique()
            shares = [f"{SHARE}{group}" for group in sorted(groups)]
            deep_structure(pd.DataFrame(columns=shares), config.scenarios)
        with tried.keeping():
            capital_target(tables["benchmarks"], config.scenarios)
        with tried.keeping():
            deficit_targets(tables["benchmarks"], config.scenarios)
    if config.scenarios.light_benchmark == "national_inventory":
        nation = national_inventory(tried.dataset.inventory_national, tables["fuels"])
        with tried.keeping():
            keys = config.scenarios.key_sectors or keys_of(tables["inventory_sectors"])
            national_emissions_of(keys, nation, tables["inventory_sectors"])
    with tried.keeping():
        output_sds(tried.dataset, config.uncertainty)
    if config.uncertainty.members:
        with tried.keeping():
            member_config(config, draw(tried.dataset, config.uncertainty, 1).cities)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; exit status 1 where there is a fault."""
    return dataset_check.main(arguments, try_run)


def try_run(folder: str, config: Config, checked: Checked) -> None:
    """Try the run on the dataset in `folder`."""
    if config.dataset.kind == GIVEN:
        tried = trial_of_given(folder, config)
    else:
        dataset = DatasetFolder.read(folder)
        checked.modelled = list(modelled_parts(dataset, config))
        tried = trial(dataset, config)
    checked.faults += tried.faults
    checked.warnings += [notice for notice in tried.warnings if notice not in checked.warnings]
    checked.untried = tried.untried


def modelled_parts(dataset: DatasetFolder, config: Config) -> Iterator[str]:
    """What the run estimates for want of data, one line each."""
    regions, known = (
        dataset.tables["regions"],
        pd.concat(dataset.observations.values(), ignore_index=True),
    )
    cities = set(regions.loc[is_city(regions), "region"])
    if dataset.national is None:
        yield "national totals: those of the provinces, for want of a national table"
    if config.dataset.mrio is None and len(dataset.codes) > 1:
        given = (
            "as `provinces.trade_known` has it where it is known"
            if config.provinces.trade_known
            else "by entropy"
        )
        yield f"trade between provinces: who sells to whom, {given}"
        for names in (("exports", "imports"), ("outflow", "inflow")):
            lacking = [
                code
                for code in dataset.codes
                if any(np.isnan(dataset.provinces[code][name]).all() for name in names)
            ]
            if lacking:
                yield (
                    f"{' and '.join(names)} of {first_names(lacking)}: the net of the other pair, "
                    "split as neighbours split it"
                )
    several = (
        set(regions.loc[regions["province"].map(regions["province"].value_counts()) > 1, "region"])
        & cities
    )
    own = dataset.inventory_city
    case = {} if own is None else dict(zip(own["region"], own["case"], strict=True))
    for quantity, rule in (
        ("output", "shares in value added"),
        ("value_added", "the province's ratios to output"),
        ("exports", "the supply of cities"),
        ("imports", "the use of cities"),
        ("final_demand", f"the rule `{config.cities.demand}`"),
        ("emissions", "the province's intensities"),
    ):
        told = (
            set(
                known.loc[known["quantity"].eq(quantity) & known["status"].eq("observed"), "region"]
            )
            & several
        )
        if quantity == "emissions":
            told |= {region for region, of in case.items() if of != 2}
        if several - told:
            yield (
                f"{quantity.replace('_', ' ')} of {_counted(len(several - told))} of "
                f"{len(several)}: by {rule}"
            )
    by_sector = {region for region, of in case.items() if of == 1}
    if several - by_sector:
        yield (
            f"emissions by sector of {_counted(len(several - by_sector))} of {len(several)}: "
            "by output, whatever the total"
        )
    for quantity, rows in known[known["status"].ne("observed")].groupby("quantity"):
        yield (
            f"{quantity.replace('_', ' ')}: {len(rows)} data are imputed or modelled already "
            "in the dataset"
        )
    if several:
        yield "tables of cities, and trade between cities: by entropy"


def _counted(count: int) -> str:
    return f"{count} {'city' if count == 1 else 'cities'}"
