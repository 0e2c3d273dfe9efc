"""The balance audit: invariants of the nested table and of the footprints, each computed anew (method section 7.2).

In: nested/mrio.nc, provinces/{mrio,system}.nc, cities/<p>/accounts.nc, footprint/footprints.nc.  Out: tables/audit.csv.
"""

from citymrio.assessment.audit import audit
from citymrio.base.labels import read_dataset, write_table
from citymrio.config.models import Audit
from citymrio.nested import NestedMRIO
from citymrio.workflow.job import adapter, by_folder

with adapter(snakemake):
    files = snakemake.input
    table = audit(
        NestedMRIO.from_dataset(read_dataset(files.nested)),
        read_dataset(files.mrio),
        read_dataset(files.system),
        {code: read_dataset(path) for code, path in by_folder(files.accounts).items()},
        read_dataset(files.footprints),
        Audit(**snakemake.params.audit).tolerance,
    )
    write_table(table, snakemake.output.audit)
