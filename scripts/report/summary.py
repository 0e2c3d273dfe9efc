"""The text printed at the end of a run: headline numbers, what was made and where.

In: dataset/dataset.json, tables, figures, audit_passed.json.
Out: summary.txt.
"""

from citymrio.workflow.job import adapter
from citymrio.base.errors import read_warnings
from citymrio.base.files import by_stem
from citymrio.base.labels import read_json, read_table, write_text
from citymrio.base.words import of_run
from citymrio.report.columns import codes
from citymrio.report.method import heading
from citymrio.report.summary import summary

#: Tables of a run that stands beside the paper.
PAPER = ("paper_comparison", "readings")

with adapter(snakemake) as (files, out, params):
    paths = by_stem(files.tables)
    about = {"made_by": heading(params.method, params.settings), "level": params.level}
    text = summary(
        run={**of_run(read_json(files.run)), **about},
        regions=read_table(paths["regions"]),
        headline=read_table(paths["headline"], text=codes("headline")),
        method=params.method,
        verdict=read_json(files.verdict),
        accuracy=read_table(paths["accuracy"]) if "accuracy" in paths else None,
        warnings=read_warnings(paths["warnings"]),
        paper={name: read_table(paths[name]) for name in PAPER} if "readings" in paths else None,
        outputs=params.pages
        | {
            "tables": [*files.tables, *([files.stressors] if files.stressors else [])],
            "figures": files.figures,
            "provenance": [files.provenance],
        },
    )
    write_text(text, out.summary)
