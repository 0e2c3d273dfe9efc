"""Intervals, probabilities and shares of the variance from all members of the ensemble.

In: uncertainty/members/*, dataset/regions.csv, tables/paper_comparison.csv.
Out: uncertainty/{regions,numbers,cells,suppliers,variance,convergence,weights,left_out_draws}.csv,
paper_comparison.csv with our intervals, warnings.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.ensemble.blocks import read_members, read_numbers
from citymrio.assessment.ensemble.intervals import compare_with_intervals
from citymrio.assessment.ensemble.summary import summarise
from citymrio.base.labels import read_table, write_outputs, write_table

with adapter(snakemake) as (files, out, params):
    members = read_members(files.members, params.members)
    numbers = read_numbers(files.numbers, params.members)
    tables = summarise(members, numbers, read_table(files.regions), params.level)
    write_outputs(out, **tables)
    for comparison, path in zip(files.comparison, out.comparison, strict=True):
        write_table(compare_with_intervals(read_table(comparison), tables["numbers"]), path)
