"""A run tried in memory: what it would stop at beyond the dataset's own checks, all of it at once (`make check-data`).

The steps are the run's own functions. A step whose ground is missing is left out; one that is independent of it is tried all the
same. Nothing is written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pandas as pd
import xarray as xr

from ..analysis.demand_shares import capital_target
from ..analysis.features import SHARE, groups_of
from ..analysis.scenarios.deficits import deficit_targets
from ..analysis.scenarios.demand import deep_structure
from ..analysis.scenarios.technology import national_emissions_of
from ..base.errors import CityMRIOError, DataErrors
from ..base.notices import Notice, collecting
from ..chain.estimate import Estimate
from ..chain.tables import city_inventories, known_of_provinces, provincial_tables
from ..cities.accounts import city_accounts
from ..cities.chain import ProvinceEstimate, estimate_province
from ..cities.province import Province
from ..config.models import Config
from ..dataset.dataset import DatasetFolder
from ..emissions.activity import national_inventory, provincial_emissions
from ..emissions.key_sectors import rows_of_key
from ..footprints.footprint import footprints
from ..nested import NestedMRIO
from ..provinces.given import system_of, trade_of
from ..provinces.mrio import province_mrio
from ..provinces.supplied import supplied_mrio
from .analysed import analysis_tables
from .audit import audit
from .ensemble.inputs import draw, output_sds
from .ensemble.member import member_config
from .verdict import audit_verdict

Result = TypeVar("Result")
#: Seconds of processor time after which no further step begins.
SECONDS = 60.0


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
    """

    dataset: DatasetFolder
    config: Config
    seconds: float = SECONDS
    faults: list[CityMRIOError] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    untried: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.process_time)

    @contextmanager
    def keeping(self, variant: str = "") -> Iterator[None]:
        """Keep the faults of a block, and go on after it."""
        try:
            yield
        except CityMRIOError as error:
            for fault in error.faults if isinstance(error, DataErrors) else [error]:
                if variant and str(fault) not in map(str, self.faults):
                    fault = type(fault)(fault.message, where=f"variant '{variant}', {fault.where}", fix=fault.fix)
                if str(fault) not in map(str, self.faults):
                    self.faults.append(fault)

    def late(self, step: str) -> bool:
        """Whether there is no time left for a step, which is then noted."""
        if over := time.process_time() - self.begun > self.seconds:
            self.untried.append(f"{step}: no time left ({self.seconds:g} s of one processor)")
        return over

    def as_run(self, step: Callable[[Config], Result]) -> Result:
        """A step with the fast solver; where that fails, with the configured one, whose message is the run's."""
        try:
            return step(self.config.in_memory)
        except CityMRIOError:
            return step(self.config)


def trial(dataset: DatasetFolder, config: Config, seconds: float = SECONDS) -> Trial:
    """Try a run on a sound dataset.

    Parameters
    ----------
    seconds
        Of processor time. No step begins later: on a large country the last ones are left to the run, and `untried` says which.
    """
    tried = Trial(dataset, config, seconds)
    with collecting() as notices:
        for one in (config, *(config.with_sensitivity(name) for name in config.sensitivity)):
            _configured(replace(tried, config=one))
        found: tuple[xr.Dataset, xr.Dataset] | None = None
        with tried.keeping():
            found = _provinces(tried)
        if found is None:
            tried.untried.append("cities, emissions, scenarios: there is no provincial MRIO")
        else:
            parts = _cities(tried, found[1])
            if parts is not None and not tried.late("emissions and scenarios"):
                _rest(tried, *found, parts)
            _variants(tried, found[1])
    tried.warnings = list(notices)
    return tried


def _configured(tried: Trial) -> None:
    """What the configuration asks of the tables of the dataset, whatever the estimate."""
    config, tables = tried.config, tried.dataset.tables
    for key in config.scenarios.key_sectors:
        with tried.keeping():
            rows_of_key(tables["inventory_sectors"], key)
    with tried.keeping():
        groups = groups_of(tables["sectors"], config.groups.cluster_map).unique()
        deep_structure(pd.DataFrame(columns=[f"{SHARE}{group}" for group in sorted(groups)]), config.scenarios)
    with tried.keeping():
        capital_target(tables["benchmarks"], config.scenarios)
    with tried.keeping():
        deficit_targets(tables["benchmarks"], config.scenarios)
    if config.scenarios.light_benchmark == "national_inventory":
        nation = national_inventory(tried.dataset.inventory_national, tables["fuels"])
        with tried.keeping():
            national_emissions_of(config.scenarios.key_sectors, nation, tables["inventory_sectors"])
    with tried.keeping():
        output_sds(tried.dataset, config.uncertainty)
    with tried.keeping():
        provincial_emissions(tried.dataset.inventory, tables["inventory_sectors"], tables["fuels"])
    if config.uncertainty.members:
        with tried.keeping():
            member_config(config, draw(tried.dataset, config.uncertainty, 1).cities)


def _provinces(tried: Trial) -> tuple[xr.Dataset, xr.Dataset]:
    """provinces/system.nc and provinces/mrio.nc, estimated or supplied."""
    dataset, config = tried.dataset, tried.config
    if not config.dataset.mrio:
        return tried.as_run(lambda settings: provincial_tables(dataset, settings))
    tables = [dataset.tables[name] for name in ("regions", "sectors", "final_demand")]
    supplied = supplied_mrio(config.dataset.mrio, *tables, config.provinces.err_tol, dataset.info["unit"])
    system = system_of(supplied)
    mrio = province_mrio(system, trade_of(supplied)[0])
    mrio.attrs.update(supplied.attrs)
    return system, mrio


def _cities(tried: Trial, mrio: xr.Dataset) -> dict[str, ProvinceEstimate] | None:
    """The cities of every province; None where one of them has no estimate."""
    dataset, config = tried.dataset, tried.config.in_memory
    known: dict | None = None
    with tried.keeping():
        known = known_of_provinces(dataset, config, mrio)
    if known is None:
        tried.untried.append("cities, emissions, scenarios: what the method knows of the provinces is missing")
        return None
    parts = {}
    for n, code in enumerate(dataset.codes):
        if tried.late(f"cities of {len(dataset.codes) - n} provinces, emissions, scenarios"):
            return None

        def estimate(settings: Config, code: str = code) -> ProvinceEstimate:
            data = (dataset.tables, dataset.observations[code])
            return estimate_province(Province.of(mrio, code, *data, settings.cities, settings.solver, **known))

        with tried.keeping():
            parts[code] = tried.as_run(estimate)
    if lost := [code for code in dataset.codes if code not in parts]:
        tried.untried.append(f"emissions and scenarios: there are no cities of {', '.join(lost)}")
        return None
    return parts


def _rest(tried: Trial, system: xr.Dataset, mrio: xr.Dataset, parts: dict[str, ProvinceEstimate]) -> None:
    """Nesting, inventories, footprints, audit, groups and scenarios."""
    dataset, config = tried.dataset, tried.config.in_memory
    with tried.keeping():
        linked = {code: part.linked for code, part in parts.items()}
        nested = NestedMRIO.from_parts(mrio, linked, dataset.tables["final_demand"])
        inventory = city_inventories(dataset, config, nested.dataset)
        result = footprints(nested, inventory, config.inventory)
        accounts = {code: part.accounts for code, part in parts.items()}
        if not tried.late("the balance audit"):
            diagnostics = {f"cities/{code}/diagnostics.csv": part.diagnostics for code, part in parts.items()}
            with tried.keeping():
                audit_verdict(
                    audit(nested, mrio, system, accounts, result, config.audit.tolerance), "tables/audit.csv", diagnostics
                )
        if not tried.late("groups and scenarios"):
            analysis_tables(Estimate(mrio, nested, inventory, accounts, system, result), dataset, config)


def _variants(tried: Trial, mrio: xr.Dataset) -> None:
    """The provinces and the accounts of cities under every variant that changes them."""
    main = tried.config.in_memory
    for name in main.variants:
        if tried.late(f"variant '{name}'"):
            continue
        config = main.with_variant(name)
        with tried.keeping(name):
            own = mrio if config.provinces == main.provinces else provincial_tables(tried.dataset, config)[1]
            known = known_of_provinces(tried.dataset, config, own)
            for code in tried.dataset.codes:
                with tried.keeping(name):
                    data = (tried.dataset.tables, tried.dataset.observations[code])
                    city_accounts(Province.of(own, code, *data, config.cities, config.solver, **known))
