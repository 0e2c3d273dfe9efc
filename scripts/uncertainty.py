"""Intervals, probabilities and shares of the variance from all members of the ensemble.

In: uncertainty/members/*, tables and dataset.json of the dataset, tables/{regions,paper_comparison}.csv, provinces/priors.csv.
Out: uncertainty/*.csv, results.html, the figures, and with intervals beside their numbers tables/{regions,paper_comparison}.csv.
"""

from pathlib import Path

import pandas as pd
import xarray as xr

from citymrio.assessment.ensemble.intervals import compare_with_intervals, with_intervals
from citymrio.assessment.ensemble.summary import summarise
from citymrio.base.labels import read_dataset, read_json, read_table, write_atomic, write_table
from citymrio.base.stamp import figure_stamp
from citymrio.report.figures import ensemble
from citymrio.report.figures.style import save
from citymrio.report.words import results_page
from citymrio.workflow.job import adapter

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    members = xr.concat([read_dataset(path) for path in files.members], dim="member")
    numbers = pd.concat([table for table in map(read_table, files.numbers) if len(table)], ignore_index=True)
    tables = summarise(members, numbers, read_table(files.regions), params.uncertainty["level"])
    for name in ("regions", "numbers", "variance"):
        write_table(tables[name], out[name])
    write_table(with_intervals(read_table(files.main), tables["regions"]), out.regions_intervals)
    comparison = compare_with_intervals(read_table(files.comparison[0]), tables["numbers"]) if files.comparison else None
    if comparison is not None:
        write_table(comparison, out.comparison[0])
    run = read_json(files.run)
    basis = f"{members.sizes['member'] - 1} members, method {params.method}"
    origin = f"{run['name']}, {run['year']}" + (", synthetic data" if run["synthetic"] else "")
    page = results_page(tables, comparison, origin=origin, basis=f"{params.uncertainty['level']:.0%} intervals of {basis}")
    write_atomic(out.page, lambda target: Path(target).write_text(page, encoding="utf-8"))
    look = {"synthetic": bool(run["synthetic"])}
    look["note"] = f"{params.uncertainty['level']:.0%} intervals of {basis}"
    drawn = {
        out.intervals: ensemble.intervals(tables["regions"], **look),
        out.membership: ensemble.membership(tables["regions"], **look | {"note": f"Shares of {basis}"}),
        out.intercity: ensemble.intercity_share(tables["numbers"], **look),
        out.scenarios: ensemble.scenario_savings(tables["numbers"], **look),
    }
    look["note"] = "fitted on the provinces"
    drawn[out.fits] = ensemble.priors_figure(read_table(files.priors), read_table(files.sectors), **look)
    data = [*files.members, *files.numbers, files.regions, files.sectors, files.run, files.priors]
    for pdf, figure in drawn.items():
        stem = Path(pdf).with_suffix("")
        save(figure, stem, figure_stamp(stem.name, data, params.uncertainty, stem.parents[2]))
