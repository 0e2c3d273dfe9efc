"""The text printed at the end of a run: headline numbers, what was made and where.

In: dataset/dataset.json, tables, figures, audit_passed.json.  Out: summary.txt.
"""

from pathlib import Path

from citymrio.base.labels import read_json, read_table, write_atomic
from citymrio.base.notices import read_warnings
from citymrio.report.summary import summary
from citymrio.workflow.job import adapter, by_stem

with adapter(snakemake):
    files, out = snakemake.input, snakemake.output
    paths = by_stem(files.tables)
    text = summary(
        run=read_json(files.run),
        regions=read_table(paths["regions"]),
        intercity=read_table(paths["intercity"]),
        scenarios=read_table(paths["scenarios"]),
        verdict=read_json(files.verdict),
        accuracy=read_table(paths["accuracy"]) if "accuracy" in paths else None,
        warnings=read_warnings(paths["warnings"]),
        paper=(read_table(paths["paper_comparison"]), read_table(paths["readings"])) if "readings" in paths else None,
        outputs={"tables": files.tables, "figures": files.figures, "provenance": [files.provenance]},
    )
    write_atomic(out.summary, lambda target: Path(target).write_text(text, encoding="utf-8"))
