"""Set the run beside a known table of its regions: trade between them, home shares, footprints.

In: the known table, nested/mrio.nc, footprint/{emissions,footprints}.nc, tables of the dataset.
Out: tables/known_trade.csv, tables/known_flows.csv, warnings/known_trade.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.known_trade import beside_known_table
from citymrio.base.labels import read_dataset, read_tables, write_outputs
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, _):
    table, flows = beside_known_table(
        NestedMRIO.from_dataset(read_dataset(files.nested)),
        read_dataset(files.inventory),
        read_dataset(files.footprints),
        read_tables(files.dataset),
        str(files.known),
        str(files.labels) if files.labels else None,
    )
    write_outputs(out, table=table, flows=flows)
