"""What the run made of every observation of a city.

In: cities/<p>/observations.csv, footprint/emissions.{nc,csv}.
Out: tables/observations_use.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.observations import observations_use
from citymrio.base.labels import read_dataset, read_table, write_table

with adapter(snakemake) as (files, out, _):
    used = [read_table(path) for path in files.used]
    table = observations_use(used, read_dataset(files.inventory), read_table(files.report))
    write_table(table, out.table)
