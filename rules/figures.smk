# The paper's figures, one rule each, drawn from tables only.

from citymrio.report.figures.registry import FIGURES

for figure, entry in FIGURES.items():

    rule:
        name:
            figure
        input:
            code=code("figure.py", entry.module),
            tables=[f"{TABLES}/{table}.csv" for table in entry.tables],
            dataset=datasets(entry.dataset),
            boundaries=dataset("boundaries.geojson", optional=True) if entry.needs_map else [],
            run=dataset("dataset.json"),
        output:
            pdf=f"{RESULTS}/figures/{figure}.pdf",
            png=report(
                f"{RESULTS}/figures/{figure}.png",
                caption=f"../scripts/citymrio/report/figures/{figure}.rst",
                category="Figures",
                subcategory=entry.group,
                labels={"figure": figure.removeprefix("fig").removeprefix("supply_"), "shows": entry.title},
            ),
        log:
            f"{RESULTS}/logs/{figure}.log",
        benchmark:
            f"{RESULTS}/benchmarks/{figure}.tsv"
        conda:
            "../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=memory(800),
            runtime=10,
        params:
            module=entry.module,
            figures=section("figures"),
        message:
            "Drawing {rule}"
        script:
            "../scripts/figure.py"
