"""Main tables as pages for the report.

In: tables/*.csv, dataset/dataset.json; with an ensemble its intervals.
Out: report/<table>.html.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.ensemble.intervals import with_intervals
from citymrio.base.files import by_stem
from citymrio.base.labels import read_json, read_table, write_text
from citymrio.base.words import of_run
from citymrio.report.columns import codes, described, joined
from citymrio.report.language import named, say
from citymrio.report.pages import (
    SHOWN,
    agreement,
    caption,
    local_names,
    page_name,
    table_page,
    word_of,
)

with adapter(snakemake) as (files, out, params):
    language = params.language
    tables = {
        name: read_table(path, text=codes(name)) for name, path in by_stem(files.tables).items()
    }
    run = named(of_run(read_json(files.run)), language)
    if files.intervals:
        intervals = [read_table(path) for path in files.intervals]
        tables = {name: with_intervals(name, table, *intervals) for name, table in tables.items()}
    local = run.get("provinces_local", {})
    names_of = local_names(tables["regions"], local) if language != "en" else {}
    money = f"{run['unit']}, {run['price_basis']}"
    origin = {"run": run["name"], "year": run["year"], "money": word_of(money, language) or money}
    for name, page in by_stem(out.pages).items():
        table = tables[name]
        columns = (joined if files.intervals else described)(name, table.columns, run)
        met = ""
        if name in ("paper_comparison", "readings"):
            met = agreement(tables["paper_comparison"], tables["readings"], language)
        text = table_page(
            table,
            page_name(SHOWN[name].title, language),
            met + caption(name, params.stressor, language),
            columns,
            source=say("page.source", language, **origin, file=f"tables/{name}.csv"),
            synthetic=bool(run["synthetic"]),
            language=language,
            names_of=names_of,
        )
        write_text(text, page)
