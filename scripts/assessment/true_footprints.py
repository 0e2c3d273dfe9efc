"""Footprints of the true table that a synthetic country is made from.

In: dataset/truth/truth.nc, dataset/truth/emissions.csv.
Out: validation/true_footprints.nc.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.truth import true_footprints
from citymrio.base.labels import read_dataset, read_table, write_dataset
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, _):
    truth = NestedMRIO.from_dataset(read_dataset(files.truth))
    write_dataset(true_footprints(truth, read_table(files.emissions)), out.footprints)
