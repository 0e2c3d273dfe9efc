"""Coverage of intervals on every system of known truth, in one table and one figure
(docs/accuracy.md).

In: coverage.csv of every system.
Out: coverage.csv of all, coverage.pdf and coverage.png.
"""

import pandas as pd

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_table, write_table
from citymrio.config.models import Figures
from citymrio.report.figures.style import save_stamped
from known_truth.figures import COVERAGE, systems_coverage

with adapter(snakemake) as (files, out, _):
    write_table(
        pd.concat([read_table(path) for path in files.coverage], ignore_index=True), out.table
    )
    tables = {"coverage": read_table(out.table)}
    figure = systems_coverage(tables, None, Figures(), synthetic=False, run=COVERAGE)
    save_stamped(figure, out.png, files.coverage, {}, above=0)
