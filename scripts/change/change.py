"""Change of footprints between two finished runs: decomposition, groups, inequality, two figures
(docs/change.md).

In: files of both runs (dataset.json, sectors.csv, regions.csv, mrio.nc, emissions.nc,
footprints.nc), the concordance of both.
Out: change.csv, change_groups.csv, inequality.csv, in_one_run.csv, change.json,
figures with captions.
"""

import pandas as pd

from citymrio.workflow.job import adapter
from citymrio.analysis.change_tables import Run, change_tables
from citymrio.base.concordance import read_pairs
from citymrio.base.labels import read_table, write_json, write_outputs
from citymrio.config.models import Figures
from citymrio.report.figures.change import CAPTIONS, draw
from citymrio.report.figures.style import save_stamped, speaking
from citymrio.report.language import word

with adapter(snakemake) as (files, out, params):
    deflator, language = params.deflator, params.language
    if isinstance(deflator, str):
        deflator = read_table(deflator)
    earlier, later = Run.read(params.earlier), Run.read(params.later)
    regions = pd.concat([later.regions, earlier.regions]).drop_duplicates("region")
    run = speaking(earlier.info, language, regions)
    tables, about = change_tables(
        earlier,
        later,
        read_pairs(params.concordance, sides=params.sides),
        deflator,
    )
    write_outputs(out, **tables)
    # figures are drawn from what stands in the files
    written = {name: read_table(out[name]) for name in tables}
    data = [*files.runs, *files.concordance, *([files.deflator] if files.deflator else [])]
    config = Figures(**params.figures)
    for name in CAPTIONS:
        figure = draw(name, written, config, synthetic=about["synthetic"], run=run | about)
        save_stamped(figure, out[f"{name}_png"], data, params.figures, config.formats)
    captions = {name: word(said, language) for name, said in CAPTIONS.items()}
    write_json(about | {"captions": captions}, out.about)
