"""Supply chains of every region: the largest paths behind its footprint, and emissions by
production layer (method section 15 e).

In: nested/mrio.nc, footprint/emissions.nc.
Out: analysis/region_chains.csv, analysis/region_layers.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_dataset, write_outputs
from citymrio.footprints.supply_chains import all_paths
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, _):
    nested = NestedMRIO.from_dataset(read_dataset(files.nested))
    chains, layers = all_paths(nested, nested.intensity(read_dataset(files.inventory)["emissions"]))
    write_outputs(out, chains=chains, layers=layers)
