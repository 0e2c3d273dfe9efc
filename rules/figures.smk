# The paper's figures, one rule each, drawn from tables only.

from citymrio.report.figures import INPUTS as FIGURES
from citymrio.report.figures import TITLES

for figure, reads in FIGURES.items():

    rule:
        name:
            figure
        input:
            code=code("figure.py", f"citymrio.report.figures.{figure}"),
            tables=[f"{TABLES}/{table}.csv" for table in reads.tables],
            dataset=datasets(reads.dataset),
            boundaries=dataset("boundaries.geojson", optional=True) if reads.needs_map else [],
            run=dataset("dataset.json"),
        output:
            pdf=f"{RESULTS}/figures/{figure}.pdf",
            png=report(
                f"{RESULTS}/figures/{figure}.png",
                caption=f"../scripts/citymrio/report/captions/figures/{figure}.rst",
                category="Figures",
                subcategory=figure_group(figure),
                labels={"figure": figure.removeprefix("fig").removeprefix("supply_"), "shows": TITLES[figure]},
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
            figures=section("figures"),
        message:
            "Drawing {rule}"
        script:
            "../scripts/figure.py"
