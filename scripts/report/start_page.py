"""The first page of a run, "Start here": headline numbers, figures with captions, what is known and
how, and where to go on.

In: tables/headline.csv, identified.csv, regions.csv, warnings.csv, read.csv, figures,
benchmarks.csv, provinces/priors.csv, dataset.json, provenance.json.
Out: report/start.html; report/glossary.html in a run whose language is not English.
"""

from citymrio.workflow.job import adapter
from citymrio.base.errors import read_warnings
from citymrio.base.files import by_stem, sha256_of
from citymrio.base.labels import read_json, read_table, read_tables, write_text
from citymrio.base.words import names_in, of_run
from citymrio.report.columns import codes
from citymrio.report.glossary import glossary_page
from citymrio.report.language import named
from citymrio.report.method import heading, what_ran
from citymrio.report.start import Run, start_page

with adapter(snakemake):
    files, params = snakemake.input, snakemake.params
    tables = read_tables([*files.tables, files.benchmarks, files.read], text=codes("headline"))
    method = params.about["method"]
    run = Run(
        named(of_run(read_json(files.run), names_in(tables["regions"])), params.about["language"]),
        **params.about,
        digest=sha256_of(files.provenance),
        made_by=heading(method, params.settings, params.about["language"]),
        steps=what_ran(
            method,
            params.settings,
            tables["regions"],
            read_table(files.priors) if files.priors else None,
            params.about["language"],
        ),
    )
    text = start_page(run, tables, read_warnings(files.warnings), by_stem(files.figures))
    write_text(text, snakemake.output.page)
    if snakemake.output.glossary:
        write_text(glossary_page(run.language), snakemake.output.glossary)
