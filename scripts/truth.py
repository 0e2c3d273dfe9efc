"""Accuracy of every method on a known multi-regional table whose regions play cities (docs/accuracy.md).

In: a known table (.npz), the table of its regions, optionally that of its sectors and what to fit on.
Out: accuracy.csv, the priors, what both rest on, warnings.csv.
"""

from citymrio.assessment.known_table.report import experiment
from citymrio.base.labels import write_json, write_table
from citymrio.workflow.job import adapter

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    accuracy, priors, about = experiment(
        files.truth, files.regions, params.fit, params.fit_regions, params.sectors, params.fit_sectors
    )
    write_table(priors, out.priors)
    write_json(about, out.about)
    write_table(accuracy, out.accuracy)
