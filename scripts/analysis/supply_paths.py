"""Supply chains of the super-emitters: the largest paths, and emissions by production layer (method
section 15 e).

In: nested/mrio.nc, footprint/emissions.nc, tables/regions.csv.
Out: tables/supply_chains.csv, tables/production_layers.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.super_emitters import super_emitter_codes
from citymrio.base.labels import read_dataset, read_table, write_outputs
from citymrio.footprints.supply_chains import supply_paths
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, _):
    nested = NestedMRIO.from_dataset(read_dataset(files.nested))
    intensity = nested.intensity(read_dataset(files.inventory)["emissions"])
    chains, layers = supply_paths(nested, intensity, super_emitter_codes(read_table(files.regions)))
    write_outputs(out, chains=chains, layers=layers)
