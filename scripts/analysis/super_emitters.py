"""Intensities of the key sectors in every region, and the table of the super-emitters' (method
section 11a).

In: footprint/emissions.nc, footprint/footprints.nc (output), tables/regions.csv, tables of the
dataset, tables/observations_use.csv (where there is something to estimate).
Out: analysis/key_intensities.csv, tables/intensities.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.status import Evidence, intensity_status
from citymrio.base.labels import read_dataset, read_table, write_outputs
from citymrio.emissions.key_sectors import intensity_table, key_intensities

with adapter(snakemake) as (files, out, params):
    inventory, bridge, rows = (
        read_dataset(files.inventory),
        read_table(files.bridge),
        read_table(files.inventory_sectors),
    )
    intensities = key_intensities(
        inventory=inventory,
        output=read_dataset(files.footprints)["output"],
        bridge=bridge,
        inventory_sectors=rows,
        benchmarks=read_table(files.benchmarks),
        key_sectors=params.key_sectors,
    )
    evidence = Evidence.of(
        read_table(files.used) if files.used else None, read_table(files.all_regions), inventory
    )
    intensities["intensity_status"] = intensity_status(
        evidence, intensities, bridge, rows, read_table(files.sectors)
    )
    shown = intensity_table(intensities, read_table(files.regions))
    write_outputs(out, all=intensities, intensities=shown)
