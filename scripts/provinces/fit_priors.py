"""Fit distance, border and demand terms on the provinces, or adopt a table of priors (method
section 17).

In: provinces/{mrio,intensities}.nc, dataset/{regions,sectors,final_demand}.csv.
Out: provinces/priors.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_dataset, read_table, write_table
from citymrio.config.models import Config
from citymrio.provinces.priors import run_priors

with adapter(snakemake) as (files, out, params):
    tables = {name: read_table(files[name]) for name in ("regions", "sectors", "final_demand")}
    config = Config.model_validate(
        {
            "cities": dict(params.cities),
            "provinces": {"concordance": params.concordance},
        }
    )
    intensities = read_dataset(files.intensities) if files.intensities else None
    write_table(run_priors(read_dataset(files.mrio), tables, config, intensities), out.priors)
