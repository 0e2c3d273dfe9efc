"""Predictions beside the data that were left out, in numbers and in a figure.

In: validation/left_out.csv, draws/*.csv, apart.csv, apart_scores.csv, dataset.json.
Out: validation/scores.csv, validation.png, and in the other formats of figures.formats.
"""

from importlib import import_module

import pandas as pd

from citymrio.workflow.job import adapter
from citymrio.assessment.validation.scores import scores
from citymrio.base.labels import read_json, read_table, read_tables, write_table
from citymrio.config.models import Figures, Uncertainty
from citymrio.report.figures.registry import VALIDATION
from citymrio.report.figures.style import save_stamped

with adapter(snakemake) as (files, out, params):
    tables = read_tables(files.tables)
    draws = pd.concat([read_table(path) for path in files.draws], ignore_index=True)
    tables["scores"] = scores(
        tables["left_out"], draws, Uncertainty.model_validate(params.uncertainty)
    )
    write_table(tables["scores"], out.scores)
    run, config = read_json(files.run) | {"language": params.language}, Figures(**params.figures)
    figure = import_module(VALIDATION["validation"].module).draw(
        tables, None, config, synthetic=run["synthetic"], run=run
    )
    save_stamped(figure, out.png, [*files.tables, files.run], params.figures, config.formats)
