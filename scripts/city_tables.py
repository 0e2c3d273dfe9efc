"""Tables of all cities of a province at once, by layered cross entropy (method section 4).

In: cities/<p>/{accounts,split}.nc, provinces/mrio.nc.  Out: cities/<p>/tables.nc and its diagnostics.
"""

from citymrio.cities.tables import city_tables
from citymrio.config import Cities, Solver
from citymrio.labels import read_dataset, write_dataset, write_table
from citymrio.workflow import adapter

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    tables, diagnostics = city_tables(
        read_dataset(files.accounts),
        read_dataset(files.split),
        read_dataset(files.mrio),
        Cities(**params.cities),
        Solver(**params.solver),
    )
    write_dataset(tables, out.tables)
    write_table(diagnostics, out.diagnostics)
