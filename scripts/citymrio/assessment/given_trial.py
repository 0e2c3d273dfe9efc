"""A run on a given table tried in memory: the table against its lists, and the analysis where the table is small."""

from __future__ import annotations

from pathlib import Path

from ..analysis.scenarios.possible import possible
from ..base.labels import read_json, read_table
from ..base.notices import collecting
from ..chain.estimate import Estimate
from ..config.models import Config
from ..dataset.dataset import TABLES, DatasetFolder
from ..dataset.sources.mrio.form import Lists
from ..dataset.sources.mrio.given import read_given
from ..emissions.given import given_inventory
from ..emissions.inventory import EmissionTables, frame_of
from ..footprints.footprint import footprints
from ..nested import NestedMRIO
from ..nested.given import given_nested
from .analysed import analysis_tables
from .audit import audit
from .trial import Trial
from .verdict import audit_verdict

#: Rows of the largest table whose footprints are tried.
ROWS = 3000


def trial_of_given(folder: str | Path, config: Config) -> Trial:
    """Try a run on sound lists.

    Parameters
    ----------
    folder
        The dataset that was made from the lists.
    """
    folder = Path(folder)
    tables, info = {name: read_table(folder / f"{name}.csv") for name in TABLES}, read_json(folder / "dataset.json")
    dataset = DatasetFolder(tables, {}, None, {}, {}, None, None, info)
    tried, accounts = Trial(dataset, config), folder / "accounts.csv"
    lists = Lists.of(
        *(tables[name] for name in ("regions", "sectors", "final_demand")), read_table(accounts) if accounts.exists() else None
    )
    with collecting() as notices, tried.keeping():
        table = read_given(str(config.dataset.mrio), lists, info["unit"], config.provinces.err_tol)
        if len(lists.regions) * len(lists.sectors) > ROWS:
            tried.untried.append(f"footprints and scenarios: the table has more than {ROWS} rows")
        else:
            roles = dict(zip(lists.categories, tables["final_demand"]["role"], strict=True))
            labels = {"regions": lists.regions, "sectors": lists.sectors}
            nested = NestedMRIO.from_dataset(given_nested(table.cells, table.accounts, **labels, roles=roles, unit=info["unit"]))
            _analysis(tried, nested, folder)
    tried.warnings = list(notices)
    return tried


def _analysis(tried: Trial, nested: NestedMRIO, folder: Path) -> None:
    """Inventories, footprints, audit, groups and scenarios."""
    tables, config = tried.dataset.tables, tried.config
    parts = {name: tables[name] for name in ("regions", "sectors", "inventory_sectors", "bridge", "fuels")}
    frame = frame_of(EmissionTables(**parts, provincial={}), nested.dataset["output"])
    inventory, _ = given_inventory(read_table(folder / "emissions.csv"), frame, tables["regions"])
    result = footprints(nested, inventory, config.inventory)
    audit_verdict(audit(nested, footprints=result, tolerance=config.audit.tolerance), "tables/audit.csv")
    scenarios = possible(config.scenarios, inventory, tables["benchmarks"], tables["inventory_sectors"])
    estimate = Estimate(mrio=None, nested=nested, inventory=inventory, accounts={}, system=None, footprints=result)
    analysis_tables(estimate, tried.dataset, config.model_copy(update={"scenarios": scenarios}))
