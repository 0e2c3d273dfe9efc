# What became of the data, how far an estimate depends on choices, how sure it is, how near it is to the paper and to a known truth.
# A table that was given (rules/given.smk) is no estimate: none of these rules is there for it.

from citymrio.report.figures.registry import ENSEMBLE as ENSEMBLE_FIGURES, VALUE


rule observations_use:
    """The table of what became of every observation of a city."""
    input:
        code=code("assessment/observations_use.py"),
        used=per_province(f"{CITY}/observations.csv"),
        inventory=rules.emissions.output.inventory,
        report=rules.emissions.output.inventory_report,
    output:
        table=shown("observations_use"),
    log:
        log_of("observations_use"),
    benchmark:
        benchmark_of("observations_use")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    message:
        "What the run made of every observation"
    script:
        "../scripts/assessment/observations_use.py"


rule paper_comparison:
    """Every number that the paper prints beside that of the run."""
    input:
        code=code("assessment/paper_comparison.py"),
        targets=in_sources([shipped("config/paper_targets.csv")])[0],
        run=dataset("dataset.json"),
        groups=[rules.groups.output[table] for table in GROUP_TABLES],
        tables=[
            f"{TABLES}/{table}.csv"
            for table in (
                "parameters",
                "intensities",
                "scenarios",
                "quota",
                "deficits",
                "emissions_trends",
            )
        ],
        dataset=datasets(["sectors", "fuels", "inventory_sectors"]),
    output:
        comparison=shown("paper_comparison"),
    log:
        log_of("paper_comparison"),
    benchmark:
        benchmark_of("paper_comparison")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    message:
        "Setting the run beside the paper's numbers"
    script:
        "../scripts/assessment/paper_comparison.py"


rule paper_readings:
    """The paper's numbers by every definition that its text allows, and headline numbers by method."""
    input:
        code=code("assessment/paper_readings.py"),
        targets=in_sources([shipped("config/paper_targets.csv")])[0],
        dataset=datasets(
            [
                "regions",
                "sectors",
                "final_demand",
                "inventory_sectors",
                "bridge",
                "fuels",
                "benchmarks",
            ]
        ),
        national=dataset("inventory_national.csv", optional=True),
        run=dataset("dataset.json"),
        mrio=PROVINCE_MRIO,
        nested=[rules.nest.output.nested, *of_variants("nested")],
        inventories=[rules.emissions.output.inventory, *of_variants("emissions")],
        footprints=[rules.footprint.output.footprints, *of_variants("footprints")],
    output:
        readings=shown("readings"),
        methods=shown("methods"),
    log:
        log_of("paper_readings"),
    benchmark:
        benchmark_of("paper_readings")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(2000),
        runtime=10,
    params:
        sections={
            name: section(name)
            for name in ("provinces", "cities", "solver", "emissions", "groups", "scenarios")
        },
        method=CONFIG.method,
        settings={
            name: variant.model_dump(mode="json") for name, variant in CONFIG.variants.items()
        },
        variants=READ_VARIANTS,
    message:
        "Reading the paper's text in every way that it allows; headline numbers under both methods"
    script:
        "../scripts/assessment/paper_readings.py"


rule known_trade:
    """Trade and footprints beside those of a known table of the same regions."""
    input:
        code=code("assessment/known_trade.py"),
        known=as_they_are([CONFIG.assessment.known_table]) if CONFIG.assessment.known_table else [],
        corrections=as_they_are(
            corrections_beside(CONFIG.assessment.known_table)
            if CONFIG.assessment.known_table
            else []
        ),
        labels=(
            as_they_are([CONFIG.assessment.known_labels]) if CONFIG.assessment.known_labels else []
        ),
        nested=NESTED,
        inventory=rules.emissions.output.inventory,
        footprints=rules.footprint.output.footprints,
        dataset=datasets(["regions", "sectors", "final_demand"]),
    output:
        table=shown("known_trade"),
        flows=f"{TABLES}/known_flows.csv",
        warnings=f"{RESULTS}/warnings/known_trade.csv",
    log:
        log_of("known_trade"),
    benchmark:
        benchmark_of("known_trade")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1500),
        runtime=10,
    message:
        "Setting the run beside a known table of its regions"
    script:
        "../scripts/assessment/known_trade.py"


rule true_footprints:
    """Footprints of the true table that a synthetic country is made from."""
    input:
        code=code("assessment/true_footprints.py"),
        truth=dataset("truth/truth.nc"),
        emissions=dataset("truth/emissions.csv"),
    output:
        footprints=f"{RESULTS}/validation/true_footprints.nc",
    log:
        log_of("true_footprints"),
    benchmark:
        benchmark_of("true_footprints")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1000),
        runtime=20,
    message:
        "Footprints of the true table"
    script:
        "../scripts/assessment/true_footprints.py"


rule variant:
    """The nested table and the emissions that one variant of the configuration gives."""
    input:
        code=code("assessment/variant.py"),
        dataset=dataset_files,
        given=given_tables(),
        mrio=PROVINCE_MRIO,
    output:
        nested=f"{RESULTS}/variants/{{variant}}/nested.nc",
        inventory=f"{RESULTS}/variants/{{variant}}/emissions.nc",
    log:
        log_of("variant/{variant}"),
    benchmark:
        benchmark_of("variant/{variant}")
    group:
        "variants"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1200),
        runtime=15,
    params:
        sections=variant_params,
        same_provinces=lambda wildcards: variant_params(wildcards)["provinces"]
        == section("provinces"),
    message:
        "Variant {wildcards.variant}: the whole chain with other choices"
    script:
        "../scripts/assessment/variant.py"


rule variant_footprints:
    """Headline numbers and footprints of one variant, and its accuracy where the truth is known."""
    input:
        code=code("assessment/variant_footprints.py"),
        nested=rules.variant.output.nested,
        inventory=rules.variant.output.inventory,
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        truth=dataset("truth/truth.nc") if TRUTH else [],
        true_footprints=rules.true_footprints.output.footprints if TRUTH else [],
    output:
        headline=f"{RESULTS}/variants/{{variant}}/headline.csv",
        regions=f"{RESULTS}/variants/{{variant}}/regions.csv",
        footprints=f"{RESULTS}/variants/{{variant}}/footprints.nc",
        accuracy=f"{RESULTS}/variants/{{variant}}/accuracy.csv" if TRUTH else [],
    log:
        log_of("variant_footprints/{variant}"),
    benchmark:
        benchmark_of("variant_footprints/{variant}")
    group:
        "variants"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1200),
        runtime=10,
    params:
        emissions=lambda wildcards: variant_params(wildcards)["emissions"],
        net_balance=CONFIG.groups.net_balance,
    message:
        "Variant {wildcards.variant}: footprints"
    script:
        "../scripts/assessment/variant_footprints.py"


rule variants:
    """Headline numbers and footprints of every variant beside those of the run."""
    input:
        code=code("assessment/variants.py"),
        footprints=rules.footprint.output.footprints,
        regions=dataset("regions.csv"),
        final_demand=dataset("final_demand.csv"),
        headlines=each_variant("headline.csv"),
        tables=each_variant("regions.csv"),
    output:
        variants=shown("variants"),
        regions=f"{TABLES}/variants_regions.csv",
    log:
        log_of("variants"),
    benchmark:
        benchmark_of("variants")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    params:
        net_balance=CONFIG.groups.net_balance,
    message:
        "Comparing the variants with the main estimate"
    script:
        "../scripts/assessment/variants.py"


# Groups, scenarios and supply chains of the variant that is the estimate by the other method, which readers can choose in the
# explorer.
ANALYSED = [
    "regions",
    "parameters",
    "flows_groups",
    "va_per_emission",
    "key_intensities",
    "scenarios",
    "scenario_cities",
    "region_chains",
    "region_layers",
]
if OTHER_METHOD:

    rule variant_analysis:
        """Groups, scenarios and supply chains of the variant that is the estimate by the other method."""
        input:
            code=code("assessment/variant_analysis.py"),
            mrio=PROVINCE_MRIO,
            nested=f"{RESULTS}/variants/{OTHER_METHOD}/nested.nc",
            inventory=f"{RESULTS}/variants/{OTHER_METHOD}/emissions.nc",
            footprints=f"{RESULTS}/variants/{OTHER_METHOD}/footprints.nc",
            dataset=datasets(
                [
                    "regions",
                    "sectors",
                    "final_demand",
                    "inventory_sectors",
                    "bridge",
                    "fuels",
                    "benchmarks",
                ]
            ),
            national=dataset("inventory_national.csv", optional=True),
            run=dataset("dataset.json"),
        output:
            tables=[f"{RESULTS}/variants/{OTHER_METHOD}/analysis/{table}.csv" for table in ANALYSED],
        log:
            log_of("variant_analysis"),
        benchmark:
            benchmark_of("variant_analysis")
        conda:
            ENVIRONMENT
        threads: THREADS_OF_TABLE
        resources:
            mem_mb=memory_of_table(1000),
            runtime=60,
        params:
            sections={name: section(name) for name in ("groups", "scenarios")},
        message:
            "Groups, scenarios and supply chains by the other method"
        script:
            "../scripts/assessment/variant_analysis.py"


rule known_truth:
    """The accuracy of the estimate and of every variant where the truth is known."""
    input:
        code=code("assessment/known_truth.py"),
        nested=NESTED,
        footprints=rules.footprint.output.footprints,
        truth=dataset("truth/truth.nc"),
        true_footprints=rules.true_footprints.output.footprints,
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        variants=each_variant("accuracy.csv") if TRUTH else [],
    output:
        accuracy=shown("accuracy"),
    log:
        log_of("known_truth"),
    benchmark:
        benchmark_of("known_truth")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1500),
        runtime=20,
    message:
        "Comparing the estimates with the known truth"
    script:
        "../scripts/assessment/known_truth.py"


# How sure: a Monte Carlo ensemble of the whole chain, where uncertainty.members asks for one. A job runs a block of ten members, and
# knows nothing of how many are asked for: an ensemble grows by blocks, and keeps those that it has.

ENSEMBLE = f"{RESULTS}/uncertainty"
MEMBER_SECTIONS = (
    "provinces",
    "cities",
    "solver",
    "emissions",
    "groups",
    "scenarios",
    "uncertainty",
)
LEFT_OUT = ("weights", "left_out_draws")
ENSEMBLE_METHOD = (
    CONFIG.method if CONFIG.uncertainty.method == "main" else CONFIG.uncertainty.method
)
# By the method of the run, an ensemble is that of the run, whatever its other keys of `cities`: its intervals stand in one row with it.
OF_THE_RUN = {"method": "main"} if ENSEMBLE_METHOD == CONFIG.method else {}
# What the run asks of its members, and no member depends on.
OF_ALL_MEMBERS = ("members", "level")
DRAWN_BY = {
    key: value for key, value in section("uncertainty").items() if key not in OF_ALL_MEMBERS
}
DRAWN_BY |= OF_THE_RUN


rule uncertainty_members:
    """One block of the ensemble: ten members, each the whole chain with drawn inputs; block 0 is the estimate without draws."""
    input:
        code=code("assessment/uncertainty_members.py"),
        dataset=dataset_files,
        given=given_tables(),
        mrio=PROVINCE_MRIO,
        system=SYSTEM,
        known=TRADE_KNOWN,
        footprints=rules.footprint.output.footprints,
        suppliers=of_ensemble("footprints.nc", rules.footprint.output.footprints),
        inventory=rules.emissions.output.inventory,
        targets=in_sources([shipped("config/paper_targets.csv")]) if PAPER else [],
    output:
        regions=f"{ENSEMBLE}/members/{{block}}.nc",
        numbers=f"{ENSEMBLE}/members/{{block}}.csv",
        accounts=f"{ENSEMBLE}/accounts/{{block}}.nc",
    log:
        log_of("uncertainty_members/{block}"),
    benchmark:
        benchmark_of("uncertainty_members/{block}")
    group:
        "members"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1500),
        runtime=60,
        in_turn=1,
    params:
        sections={name: section(name) for name in MEMBER_SECTIONS} | {"uncertainty": DRAWN_BY},
    message:
        "Ensemble, block {wildcards.block}"
    script:
        "../scripts/assessment/uncertainty_members.py"


rule uncertainty:
    """Intervals of every city and number, and what they come from, from all members of the ensemble."""
    input:
        code=code("assessment/uncertainty.py"),
        members=each_block(f"{ENSEMBLE}/members/{{block}}.nc"),
        numbers=each_block(f"{ENSEMBLE}/members/{{block}}.csv"),
        regions=dataset("regions.csv"),
        comparison=[rules.paper_comparison.output.comparison] if PAPER else [],
    output:
        regions=ensemble_table(f"{ENSEMBLE}/regions.csv", "regions", "intervals of every region"),
        numbers=f"{ENSEMBLE}/numbers.csv",
        variance=f"{ENSEMBLE}/variance.csv",
        convergence=f"{ENSEMBLE}/convergence.csv",
        cells=f"{ENSEMBLE}/cells.csv",
        suppliers=report(
            f"{ENSEMBLE}/suppliers.csv",
            caption=caption_of("captions/uncertainty/suppliers"),
            category=REPORT["uncertainty"],
            labels=labelled(
                figure="suppliers (CSV)",
                shows="largest suppliers of every city, with probabilities",
            ),
        ),
        weights=f"{ENSEMBLE}/weights.csv",
        left_out_draws=f"{ENSEMBLE}/left_out_draws.csv",
        warnings=f"{RESULTS}/warnings/uncertainty.csv",
        comparison=(
            [
                ensemble_table(
                    f"{ENSEMBLE}/paper_comparison.csv",
                    "paper_comparison",
                    "intervals beside the paper",
                )
            ]
            if PAPER
            else []
        ),
    log:
        log_of("uncertainty"),
    benchmark:
        benchmark_of("uncertainty")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(2500),
        runtime=20,
    params:
        **{key: section("uncertainty")[key] for key in OF_ALL_MEMBERS},
    message:
        "Intervals and probabilities of every city and number"
    script:
        "../scripts/assessment/uncertainty.py"


rule uncertainty_report:
    """The figures of the ensemble, and its page in plain words."""
    input:
        code=code("assessment/uncertainty_report.py", "citymrio.report.uncertainty"),
        fonts=fonts_of(CONFIG.figures),
        tables=[
            *(
                rules.uncertainty.output[name]
                for name in ("regions", "numbers", "variance", *LEFT_OUT)
            ),
            *rules.uncertainty.output.comparison,
        ],
        labels=[],
        names=LOCAL,
        run=dataset("dataset.json"),
    output:
        page=start_here(f"{ENSEMBLE}/results.html", "How sure are the results?"),
        vector=[f"{ENSEMBLE}/figures/{name}.{kind}" for name in ENSEMBLE_FIGURES for kind in VECTOR],
        png=[
            report(
                f"{ENSEMBLE}/figures/{name}.png",
                caption=caption_of(f"figures/{name}"),
                category=REPORT["uncertainty"],
                labels=labelled(figure=name.replace("_", " "), shows=spoken(name, "start.figure")),
            )
            for name, entry in ENSEMBLE_FIGURES.items()
        ],
    log:
        log_of("uncertainty_report"),
    benchmark:
        benchmark_of("uncertainty_report")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1000),
        runtime=10,
    params:
        module="citymrio.report.uncertainty",
        uncertainty=section("uncertainty"),
        method=ENSEMBLE_METHOD,
        figures=section("figures"),
        language=CONFIG.report.language,
        drawn_in=DRAWN_IN,
    message:
        "The ensemble in figures and in words"
    script:
        "../scripts/assessment/uncertainty_report.py"


rule interval_coverage:
    """How many cities' intervals hold the known truth."""
    input:
        code=code("assessment/interval_coverage.py"),
        regions=rules.uncertainty.output.regions,
        cities=dataset("regions.csv"),
        true_footprints=rules.true_footprints.output.footprints,
    output:
        coverage=f"{ENSEMBLE}/coverage.csv",
    log:
        log_of("interval_coverage"),
    benchmark:
        benchmark_of("interval_coverage")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    message:
        "How many cities' intervals hold the known truth"
    script:
        "../scripts/assessment/interval_coverage.py"


rule value_of_data:
    """How far each kind of data that cities lack would narrow the intervals (make value-of-data)."""
    input:
        enough_members,
        code=code("assessment/value_of_data.py"),
        members=each_block(f"{ENSEMBLE}/members/{{block}}.nc"),
        numbers=each_block(f"{ENSEMBLE}/members/{{block}}.csv"),
        accounts=each_block(f"{ENSEMBLE}/accounts/{{block}}.nc"),
        weights=rules.uncertainty.output.weights,
        footprints=rules.footprint.output.footprints,
        dataset=dataset_files,
    output:
        table=report(
            f"{ENSEMBLE}/value_of_data.csv",
            caption=caption_of("captions/uncertainty/value_of_data"),
            category=REPORT["uncertainty"],
            labels=labelled(figure="value of data (CSV)", shows="What is worth collecting?"),
        ),
    log:
        log_of("value_of_data"),
    benchmark:
        benchmark_of("value_of_data")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(2500),
        runtime=30,
    params:
        uncertainty=section("uncertainty"),
    message:
        "What is worth collecting: the value of every kind of data"
    script:
        "../scripts/assessment/value_of_data.py"


rule value_of_data_report:
    """The figure of what is worth collecting, and its page in plain words."""
    input:
        code=code("assessment/uncertainty_report.py", "citymrio.report.value_of_data"),
        fonts=fonts_of(CONFIG.figures),
        tables=[rules.value_of_data.output.table, rules.uncertainty.output.numbers],
        labels=datasets(["sectors", "inventory_sectors", "final_demand"]),
        names=LOCAL,
        run=dataset("dataset.json"),
    output:
        page=start_here(f"{ENSEMBLE}/value_of_data.html", "What is worth collecting?"),
        vector=[f"{ENSEMBLE}/figures/value_of_data.{kind}" for kind in VECTOR],
        png=report(
            f"{ENSEMBLE}/figures/value_of_data.png",
            caption=caption_of("figures/value_of_data"),
            category=REPORT["uncertainty"],
            labels=labelled(figure="value of data", shows=spoken("value_of_data", "start.figure")),
        ),
    log:
        log_of("value_of_data_report"),
    benchmark:
        benchmark_of("value_of_data_report")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1000),
        runtime=10,
    params:
        module="citymrio.report.value_of_data",
        uncertainty=section("uncertainty"),
        method=ENSEMBLE_METHOD,
        figures=section("figures"),
        language=CONFIG.report.language,
        drawn_in=DRAWN_IN,
    message:
        "What is worth collecting, in a figure and in words"
    script:
        "../scripts/assessment/uncertainty_report.py"
