"""What became of the cities' emissions after the year of the run.

In: tables/regions.csv, emissions_history.csv of the dataset where it has one, dataset.json.
Out: tables/emissions_trends.csv (without a row where there is no history).
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.trends import emissions_trends
from citymrio.base.labels import read_json, read_table, write_table

with adapter(snakemake) as (files, out, _):
    history = read_table(files.history) if files.history else None
    table = emissions_trends(read_table(files.regions), history, read_json(files.run)["year"])
    write_table(table, out.trends)
