"""The band around the main estimate: headline numbers and footprints of every variant beside it
(method section 16, R8, R12).

In: footprint/footprints.nc, variants/<name>/*.csv.
Out: tables/variants.csv, tables/variants_regions.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.variants import city_table, combine, headline
from citymrio.base.files import by_folder
from citymrio.base.labels import read_dataset, read_table, write_outputs

with adapter(snakemake) as (files, out, params):
    main, regions, final_demand = (
        read_dataset(files.footprints),
        read_table(files.regions),
        read_table(files.final_demand),
    )
    roles = dict(zip(final_demand["category"], final_demand["role"], strict=True))
    tables = by_folder(files.tables)
    parts = {
        "main": (
            headline(main, regions, roles),
            city_table(main, regions, params.net_balance),
        ),
        **{
            name: (read_table(path), read_table(tables[name]))
            for name, path in by_folder(files.headlines).items()
        },
    }
    variants, cities = combine(parts)
    write_outputs(out, variants=variants, regions=cities)
