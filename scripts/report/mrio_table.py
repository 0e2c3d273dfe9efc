"""Write the nested table for others (only on request: the dense table is large): pymrio's layout,
long form, spreadsheets.

In: nested/mrio.nc, footprint/emissions.nc, tables/regions.csv,
dataset/{dataset.json,sectors.csv,final_demand.csv}.
Out: mrio/ (pymrio's files, long.parquet, spreadsheets/<region>.xlsx).
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.super_emitters import super_emitter_codes
from citymrio.base.labels import read_dataset, read_json, read_table, whole_folder
from citymrio.config.models import Publish
from citymrio.nested import NestedMRIO
from citymrio.nested.export import write_long, write_pymrio, write_spreadsheets

with adapter(snakemake) as (files, out, params):
    publish = Publish(**params.publish)
    nested = NestedMRIO.from_dataset(read_dataset(files.nested))
    run, regions = read_json(files.run), read_table(files.regions)
    chosen = super_emitter_codes(regions) if publish.spreadsheets is None else publish.spreadsheets
    labels = {
        "region": regions,
        "sector": read_table(files.sectors),
        "category": read_table(files.final_demand),
    }
    names = {
        code: name
        for key, table in labels.items()
        for code, name in zip(table[key], table["name"], strict=True)
    }
    with whole_folder(out.folder) as folder:
        population = regions.set_index("region")["population"].to_xarray()
        write_pymrio(
            nested,
            folder,
            read_dataset(files.inventory),
            population,
            name=run["name"],
            year=run["year"],
            stressors=read_dataset(files.stressors) if files.stressors else None,
        )
        write_long(nested, folder / "long.parquet")
        write_spreadsheets(nested, chosen, folder / "spreadsheets", names)
