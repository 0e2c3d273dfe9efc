"""Nest the linked tables of all cities in the provincial MRIO (method section 7).

In: provinces/mrio.nc, cities/<p>/linked.nc, dataset/final_demand.csv.
Out: nested/mrio.nc.
"""

from citymrio.workflow.job import adapter
from citymrio.base.files import by_folder
from citymrio.base.labels import read_dataset, read_table, write_dataset
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, _):
    linked = {code: read_dataset(path) for code, path in by_folder(files.linked).items()}
    nested = NestedMRIO.from_parts(read_dataset(files.mrio), linked, read_table(files.final_demand))
    write_dataset(nested.to_dataset(), out.nested)
