"""Spreads of what the ensemble draws, measured on a system whose truth is known (docs/accuracy.md).

In: a known table (.npz or the files of a run), the tables of its regions and sectors, what the
calibrated method is fitted on.
Out: spreads.csv of the system.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import write_table
from known_truth.intervals import as_rows, spreads
from known_truth.observed_trade import (
    is_own_use,
    read_observed_trade,
    trade_spreads,
)
from known_truth.report import priors_for, read_system
from known_truth.systems import System

with adapter(snakemake) as (_, out, params):
    system = System(**params.system)
    modelled, basis = system.trade == "modelled", "published"
    if system.is_trade:
        found = (
            as_rows(())
            if modelled or is_own_use(system)
            else trade_spreads(read_observed_trade(system))
        )
    else:
        table = read_system(system)
        priors, _ = priors_for(table, system.fit)
        found, basis = spreads(table, priors, modelled_trade=modelled), table.basis
    write_table(
        found.assign(system=system.system, basis=basis)[["system", "basis", *found]],
        out.spreads,
    )
