"""Read a multi-regional table that is given (`dataset.kind: mrio`), book what does not add up, and
write it as a nested table.

In: the table (a pymrio folder or a MATLAB file),
dataset/{regions,sectors,final_demand,accounts,corrections}.csv, dataset.json.
Out: nested/mrio.nc, every region a province of its own.
"""

from citymrio.workflow.job import adapter
from citymrio.base.concordance import CLASSIFICATION, mark_classification
from citymrio.base.labels import read_json, read_table, write_dataset
from citymrio.dataset.contract.corrections import Corrections
from citymrio.dataset.raw_table import Lists
from citymrio.dataset.sources.mrio.given import read_given
from citymrio.nested.nest import given_nested

with adapter(snakemake) as (files, out, params):
    final_demand, run = read_table(files.final_demand), read_json(files.run)
    unit = run["unit"]
    accounts = read_table(files.accounts) if files.accounts else None
    lists = Lists.of(read_table(files.regions), read_table(files.sectors), final_demand, accounts)
    corrections = Corrections.of_lists(files.corrections, params.lists)
    table = read_given(params.mrio, lists, unit, params.err_tol, corrections)
    nested = given_nested(**table.labelled(lists, final_demand, unit))
    write_dataset(mark_classification(nested, {CLASSIFICATION: run[CLASSIFICATION]}), out.nested)
