"""The balance audit: invariants of the nested table and of the footprints, each computed anew
(method section 7.2).

In: nested/mrio.nc, footprint/footprints.nc; of an estimate provinces/{mrio,system}.nc and
cities/<p>/accounts.nc; where printed cells were corrected, corrections.csv and the provincial
tables of the dataset.
Out: tables/audit.csv.
"""

from pathlib import Path

import pandas as pd

from citymrio.workflow.job import adapter
from citymrio.assessment.audit import audit, corrected_row
from citymrio.base.files import by_folder
from citymrio.base.labels import read_dataset, read_table, write_table
from citymrio.config.models import Audit
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, params):
    table = audit(
        NestedMRIO.from_dataset(read_dataset(files.nested)),
        *(read_dataset(path) if path else None for path in (files.mrio, files.system)),
        {code: read_dataset(path) for code, path in by_folder(files.accounts).items()},
        read_dataset(files.footprints),
        Audit(**params.audit).tolerance,
    )
    lines = read_table(files.corrections) if files.corrections else None
    corrected = corrected_row(
        lines, {Path(path).stem: read_dataset(path) for path in files.corrected}
    )
    write_table(pd.concat([table, corrected], ignore_index=True), out.audit)
