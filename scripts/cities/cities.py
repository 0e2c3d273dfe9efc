"""The chain of one province: accounts, split, tables, trade and linking of its cities (method
sections 1-6).

In: provinces/mrio.nc, provinces/priors.csv (calibrated),
dataset/{regions,sectors,final_demand}.csv, observations/<p>.csv, extras/<p>.csv (where
`cities.extras` asks for it).
Out: cities/<p>/{accounts,split,tables,trade,linked}.nc, cities/<p>/{diagnostics,observations}.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_dataset, read_table, write_outputs
from citymrio.cities.chain import estimate_cities
from citymrio.config.models import Cities, Solver
from citymrio.dataset.extras import with_extras

with adapter(snakemake) as (files, out, params):
    config = Cities(**params.cities)
    result = estimate_cities(
        read_dataset(files.mrio),
        snakemake.wildcards.province,
        {name: read_table(files[name]) for name in ("regions", "sectors", "final_demand")},
        with_extras(
            read_table(files.observations),
            read_table(files.extras) if files.extras else None,
            config.extras,
        ),
        config,
        Solver(**params.solver),
        read_dataset(files.intensities) if files.intensities else None,
        read_table(files.priors) if files.priors else None,
    )
    made = ("accounts", "split", "tables", "trade", "linked", "diagnostics", "used")
    write_outputs(out, **{name: getattr(result, name) for name in made})
