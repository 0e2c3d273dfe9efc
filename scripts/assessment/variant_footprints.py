"""Footprints of a variant: headline numbers, footprints of cities, and how near they are to the
truth where it is known.

In: variants/<name>/{nested,emissions}.nc, dataset/{regions,sectors}.csv, the truth and its
footprints.
Out: variants/<name>/{headline,regions}.csv, footprints.nc, and accuracy.csv where the truth is
known.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.truth import accuracy
from citymrio.assessment.variants import city_table, headline
from citymrio.base.labels import read_dataset, read_table, write_outputs, write_table
from citymrio.config.models import Emissions
from citymrio.footprints.footprint import footprints
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, params):
    nested, regions = NestedMRIO.from_dataset(read_dataset(files.nested)), read_table(files.regions)
    result = footprints(nested, read_dataset(files.inventory), Emissions(**params.emissions))
    write_outputs(
        out,
        headline=headline(result, regions, nested.roles),
        regions=city_table(result, regions, params.net_balance),
        footprints=result,
    )
    if files.truth:
        truth = NestedMRIO.from_dataset(read_dataset(files.truth))
        table = accuracy(
            truth,
            read_dataset(files.true_footprints),
            nested,
            result,
            regions,
            read_table(files.sectors),
        )
        write_table(table, out.accuracy)
