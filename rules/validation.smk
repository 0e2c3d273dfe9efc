# What the run predicts of data that it is not told (make validation): no part of `all`, and nothing else reads it.

from citymrio.report.figures.registry import VALIDATION as VALIDATION_FIGURES

VALIDATION_FIGURE = VALIDATION_FIGURES["validation"]
VALIDATION = f"{RESULTS}/validation"


scattergather:
    left_out=4,


rule left_out:
    """What the run predicts of CO2 totals, values added and extra observations that it is not told."""
    input:
        code=code("validation/left_out.py"),
        dataset=dataset_files,
        given=given_tables(),
        mrio=PROVINCE_MRIO,
        history=dataset("emissions_history.csv", optional=True),
        extras=each_province("extras/{province}.csv"),
    output:
        left_out=f"{VALIDATION}/left_out.csv",
        apart=f"{VALIDATION}/apart.csv",
        apart_scores=f"{VALIDATION}/apart_scores.csv",
    log:
        log_of("left_out"),
    benchmark:
        benchmark_of("left_out")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1500),
        runtime=60,
    params:
        sections=left_out_params,
    message:
        "Leaving data out, and predicting them"
    script:
        "../scripts/validation/left_out.py"


rule left_out_draws:
    """One part of the draws of CO2 totals that are left out."""
    input:
        code=code("validation/left_out_draws.py"),
        dataset=dataset_files,
        given=given_tables(),
        mrio=PROVINCE_MRIO,
    output:
        draws=f"{VALIDATION}/draws/{{scatteritem}}.csv",
    log:
        log_of("left_out_draws/{scatteritem}"),
    benchmark:
        benchmark_of("left_out_draws/{scatteritem}")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1500),
        runtime=120,
    params:
        sections=left_out_params,
        members=every_nth_draw,
    message:
        "Draws of left-out CO2 totals, part {wildcards.scatteritem}"
    script:
        "../scripts/validation/left_out_draws.py"


rule validation:
    """Predictions beside the data that were left out (results/<run>/validation/scores.csv)."""
    input:
        code=code("validation/validation.py", VALIDATION_FIGURE.module),
        fonts=fonts_of(CONFIG.figures),
        tables=list(rules.left_out.output),
        draws=gather.left_out(f"{VALIDATION}/draws/{{scatteritem}}.csv"),
        run=dataset("dataset.json"),
    output:
        scores=f"{VALIDATION}/scores.csv",
        vector=[f"{VALIDATION}/validation.{kind}" for kind in VECTOR],
        png=report(
            f"{VALIDATION}/validation.png",
            caption=caption_of("figures/validation"),
            category=spoken(VALIDATION_FIGURE.group),
            labels=labelled(figure="validation", shows=spoken("validation", "start.figure")),
        ),
    log:
        log_of("validation"),
    benchmark:
        benchmark_of("validation")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1000),
        runtime=10,
    params:
        uncertainty=section("uncertainty"),
        figures=section("figures"),
        language=DRAWN_IN,
    message:
        "Predictions beside the data that were left out"
    script:
        "../scripts/validation/validation.py"
