"""Accuracy of the main estimate and of every variant against the known truth (method sections 15c
and 17).

In: nested/mrio.nc, footprint/footprints.nc, the truth and its footprints,
variants/<name>/accuracy.csv.
Out: tables/accuracy.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.truth import accuracy
from citymrio.base.files import by_folder
from citymrio.base.labels import read_dataset, read_table, stack_named, write_table
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, _):
    main = accuracy(
        NestedMRIO.from_dataset(read_dataset(files.truth)),
        read_dataset(files.true_footprints),
        NestedMRIO.from_dataset(read_dataset(files.nested)),
        read_dataset(files.footprints),
        read_table(files.regions),
        read_table(files.sectors),
    )
    variants = {name: read_table(path) for name, path in by_folder(files.variants).items()}
    write_table(stack_named({"main": main, **variants}, "variant"), out.accuracy)
