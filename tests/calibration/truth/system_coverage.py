"""How many intervals of an ensemble hold the truth on a system whose truth is known
(docs/accuracy.md).

In: a known table (.npz or the files of a run), the tables of its regions and sectors, what the
calibrated method is fitted on, the spreads measured on the other systems.
Out: coverage.csv of the system, warnings.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_table, write_table
from known_truth.intervals import coverage_of, pool_spreads
from known_truth.report import priors_for, read_system
from known_truth.systems import System

with adapter(snakemake) as (files, out, params):
    system = System(**params.system)
    table = read_system(system)
    priors, _ = priors_for(table, system.fit)
    uncertainty = pool_spreads([read_table(path) for path in files.spreads], params.members)
    coverage = coverage_of(table, priors, uncertainty)
    coverage = coverage.assign(
        system=system.system,
        basis=table.basis,
        cities=int(table.is_city.sum()),
        title=system.title,
    )
    write_table(coverage[["system", *coverage.columns.drop("system")]], out.coverage)
