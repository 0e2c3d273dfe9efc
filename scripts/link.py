"""Link the tables of the cities of a province by their trade (method section 6).

In: cities/<p>/{accounts,split,tables,trade}.nc, provinces/mrio.nc, the diagnostics of the steps before.
Out: cities/<p>/linked.nc, cities/<p>/diagnostics.csv.
"""

from citymrio.cities.link import link
from citymrio.labels import read_dataset, read_table, write_dataset, write_table
from citymrio.workflow import adapter, stack

with adapter(snakemake):
    files, out = snakemake.input, snakemake.output
    linked = link(
        read_dataset(files.accounts),
        read_dataset(files.split),
        read_dataset(files.tables),
        read_dataset(files.trade),
        read_dataset(files.mrio),
    )
    write_dataset(linked, out.linked)
    write_table(stack(read_table(path) for path in files.diagnostics), out.diagnostics)
