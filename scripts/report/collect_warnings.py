"""All warnings of a run, and what it read.

In: warnings.csv, read.csv, dataset.json and lists of the dataset, warnings of the steps, their
reports; keys without effect (params).
Out: tables/{warnings,read}.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.errors import Notice, as_table, read_warnings
from citymrio.base.files import by_folder
from citymrio.base.labels import read_json, read_table, write_table
from citymrio.base.words import in_country_words, names_in, set_words
from citymrio.report.run_warnings import run_reading, run_warnings

with adapter(snakemake) as (files, out, params):
    diagnostics = {
        province: read_table(path) for province, path in by_folder(files.diagnostics).items()
    }
    inventory = read_table(files.inventory)
    given = [files.dataset, *files.steps, *files.cities, *filter(None, [files.stressors])]
    unused = as_table([Notice(*row) for row in params.unused])
    warnings = run_warnings(
        given=[
            unused,
            *(read_warnings(path) for path in given),
        ],
        diagnostics=diagnostics,
        trade=read_table(files.trade) if files.trade else None,
        balance=read_table(files.balance) if files.balance else None,
        inventory=inventory,
        intensities=read_table(files.intensities),
    )
    set_words(read_json(files.run), names_in(*(read_table(path) for path in files.lists)))
    reading = run_reading(read_table(files.read), diagnostics, inventory)
    for table, path in ((warnings, out.table), (reading, out.read)):
        said = table.map(lambda cell: in_country_words(cell) if isinstance(cell, str) else cell)
        write_table(said, path)
