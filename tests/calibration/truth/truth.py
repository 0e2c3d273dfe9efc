"""Accuracy of every method on a system of known truth whose regions play cities (docs/accuracy.md).

In: a known table (.npz or the files of a run), the table of its regions, optionally that of its
sectors and what to fit on.
Out: accuracy.csv, the priors, what both rest on, warnings.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import write_json, write_table
from known_truth.report import experiment
from known_truth.systems import System

with adapter(snakemake) as (_, out, params):
    accuracy, priors, about = experiment(System(**params.system))
    write_table(priors, out.priors)
    write_json(about, out.about)
    write_table(accuracy, out.accuracy)
