"""Balance the provincial tables into one system (method 0.2; rules R1-R4).

In: dataset/provinces/<p>.nc, national.nc, regions.csv, final_demand.csv.
Out: provinces/system.nc, provinces/balance.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.files import by_stem
from citymrio.base.labels import read_dataset, read_table, write_outputs
from citymrio.config.models import Provinces, Solver
from citymrio.provinces.balance import balance

with adapter(snakemake) as (files, out, params):
    system, report = balance(
        {code: read_dataset(path) for code, path in by_stem(files.provinces).items()},
        read_dataset(files.national) if files.national else None,
        read_table(files.regions),
        read_table(files.final_demand),
        Provinces(**params.provinces),
        Solver(**params.solver),
    )
    write_outputs(out, system=system, balance=report)
