# What people look at: warnings, figures, pages, the summary printed at the end of the run, its provenance, and the nested table
# for others (on request).

from dataclasses import astuple

from citymrio.config.unused import unused_keys
from citymrio.report.figures.registry import (
    BESIDE_PAPER,
    CHOICE,
    ENSEMBLE as ENSEMBLE_FIGURES,
    FIGURES,
    KNOWN,
    caption_file,
)

DRAWN = {
    **FIGURES,
    **(BESIDE_PAPER if PAPER else {}),
    **(KNOWN if CONFIG.assessment.known_table else {}),
}

ALL_TABLES = [
    *GROUP_TABLES,
    "parameters",
    "emissions_trends",
    "intercity",
    "intensities",
    "identified",
    "scenarios",
    "scenario_cities",
    "quota",
    "deficits",
    "supply_chains",
    "production_layers",
    *STRESSOR_TABLES,
    *(["methods", "paper_comparison", "readings"] if PAPER else []),
    "headline",
    "audit",
    "warnings",
    "read",
    *([] if GIVEN else ["observations_use"]),
    *(["variants", "variants_regions"] if CONFIG.variants else []),
    *(["accuracy"] if TRUTH else []),
    *(["known_trade", "known_flows"] if CONFIG.assessment.known_table else []),
]


# The table of further stressors is made where the dataset has them: as it was last made, where it is there.
has_stressors = not Path(DATASET).is_dir() or Path(DATASET, "stressors.csv").exists()
MADE.update(
    tables=[*ALL_TABLES, *(["stressors"] if has_stressors else [])], variants=CONFIG.variants
)

FIGURE_FILES = expand(
    f"{RESULTS}/figures/{{figure}}.{{kind}}", figure=DRAWN, kind=CONFIG.figures.formats
)
EXPLORER = f"{RESULTS}/explorer/index.html"


# Steps that lead to the nested table: their warnings, and their files with a stamp.
if GIVEN:
    MADE_BY, ESTIMATED = [rules.given_table.output.warnings], []
else:
    MADE_BY = [
        *(
            [rules.supplied_mrio.output.warnings]
            if CONFIG.dataset.mrio
            else [rules.balance_provinces.output.warnings, rules.province_trade.output.warnings]
        ),
        *([rules.fit_priors.output.warnings] if CONFIG.cities.needs_priors else []),
    ]
    ESTIMATED = [SYSTEM, PROVINCE_TRADE, PROVINCE_MRIO]


rule collect_warnings:
    """The table of all warnings, and the table of what was read."""
    input:
        code=code("report/collect_warnings.py"),
        dataset=dataset("warnings.csv"),
        read=dataset("read.csv"),
        run=dataset("dataset.json"),
        lists=datasets(["regions", "sectors", "final_demand", "inventory_sectors"]),
        steps=[
            *MADE_BY,
            rules.emissions.output.warnings,
            rules.groups.output.warnings,
            rules.parameters.output.warnings,
            rules.scenarios.output.warnings,
            rules.identified.output.warnings,
            *([rules.uncertainty.output.warnings] if CONFIG.uncertainty.members else []),
            *([rules.known_trade.output.warnings] if CONFIG.assessment.known_table else []),
            *([rules.stressor_groups.output.warnings] if STRESSOR_TABLES else []),
        ],
        cities=[] if GIVEN else per_province(f"{RESULTS}/warnings/cities/{{province}}.csv"),
        diagnostics=[] if GIVEN else per_province(f"{CITY}/diagnostics.csv"),
        stressors=if_stressors(rules.stressors.output.warnings),
        trade=[] if GIVEN else PROVINCE_TRADE_REPORT,
        balance=[] if GIVEN else BALANCE,
        inventory=rules.emissions.output.inventory_report,
        intensities=rules.super_emitters.output.all,
    output:
        table=shown("warnings"),
        read=shown("read"),
    log:
        log_of("collect_warnings"),
    benchmark:
        benchmark_of("collect_warnings")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    params:
        unused=[astuple(notice) for notice in unused_keys(CONFIG)],
    message:
        "Gathering what looks wrong, and what was read"
    script:
        "../scripts/report/collect_warnings.py"


# Tables that the headline numbers are read from, and the variant that is the estimate by the other method.
HEADLINED = [
    *("regions", "quintiles", "intercity", "intercity_cities", "scenarios", "deficits"),
    *(["paper_comparison", "methods"] if PAPER else []),
    *(["variants"] if CONFIG.variants else []),
]


rule headline:
    """The headline numbers, with intervals, the paper's numbers and warnings where there are any."""
    input:
        code=code("report/headline.py"),
        tables=[f"{TABLES}/{table}.csv" for table in HEADLINED],
        numbers=[rules.uncertainty.output.numbers] if CONFIG.uncertainty.members else [],
        warnings=rules.collect_warnings.output.table,
        run=dataset("dataset.json"),
    output:
        headline=shown("headline"),
    log:
        log_of("headline"),
    benchmark:
        benchmark_of("headline")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    params:
        method=CONFIG.method,
        other=OTHER_METHOD or "",
        drawn_by=ENSEMBLE_METHOD if CONFIG.uncertainty.members else "",
    message:
        "Headline numbers"
    script:
        "../scripts/report/headline.py"


for figure, entry in DRAWN.items():
    # Tables of the ensemble that it reads, none where the run has no ensemble.
    spread = (
        [f"{ENSEMBLE}/{table}.csv" for table in entry.intervals]
        if CONFIG.uncertainty.members
        else []
    )

    rule:
        """One figure of the run, in every format that the configuration names."""
        name:
            figure
        input:
            code=code("report/figure.py", entry.module),
            fonts=fonts_of(CONFIG.figures),
            tables=[f"{TABLES}/{table}.csv" for table in entry.tables],
            dataset=datasets(entry.dataset),
            intervals=spread,
            boundaries=dataset("boundaries.geojson", optional=True) if entry.needs_map else [],
            regions=f"{TABLES}/regions.csv" if entry.emissions else [],
            names=LOCAL,
            run=dataset("dataset.json"),
        output:
            vector=[f"{RESULTS}/figures/{figure}.{kind}" for kind in VECTOR],
            png=report(
                f"{RESULTS}/figures/{figure}.png",
                caption=caption_of(f"figures/{figure}"),
                category=REPORT["figures"],
                subcategory=spoken(entry.group),
                labels=labelled(
                    figure=figure.removeprefix("fig").removeprefix("supply_"),
                    shows=spoken(figure, "start.figure"),
                ),
            ),
        log:
            log_of(figure),
        benchmark:
            benchmark_of(figure)
        group:
            "figures"
        conda:
            ENVIRONMENT
        resources:
            mem_mb=memory(800),
            runtime=5,
            in_turn=1,
        params:
            module=entry.module,
            figures=section("figures"),
            language=DRAWN_IN,
            level=CONFIG.uncertainty.level if spread else None,
            method=ENSEMBLE_METHOD if spread and ENSEMBLE_METHOD != CONFIG.method else None,
        message:
            "Drawing {rule}"
        script:
            "../scripts/report/figure.py"


rule provenance:
    """The record of where the run comes from: configuration, versions, commit, checksums."""
    input:
        code=code("report/provenance.py"),
        dataset=dataset_files,
        history=rules.trends.input.history,
        brought=dataset("stressors.csv", optional=True),
        run=dataset("dataset.json"),
        tables=[f"{TABLES}/{table}.csv" for table in ALL_TABLES],
        stamped=[
            *ESTIMATED,
            NESTED,
            rules.emissions.output.inventory,
            rules.footprint.output.footprints,
            *FIGURE_FILES,
            EXPLORER,
        ],
        linked=[] if GIVEN else per_province(f"{CITY}/linked.nc"),
        stressors=if_stressors(rules.stressors.output.table),
    output:
        provenance=f"{RESULTS}/provenance.json",
    log:
        log_of("provenance"),
    benchmark:
        benchmark_of("provenance")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1000),
        runtime=5,
    params:
        config=CONFIG.model_dump(mode="json"),
    message:
        "Writing down where the run comes from"
    script:
        "../scripts/report/provenance.py"


# An ensemble brings the paper's comparison with intervals as a table of its own; those of regions are joined on the page.
PAGES = {table: f"{TABLES}/{table}.csv" for table in SHOWN if table in ALL_TABLES}
if CONFIG.uncertainty.members and PAPER:
    PAGES["paper_comparison"] = f"{ENSEMBLE}/paper_comparison.csv"


rule table_pages:
    """The main tables as pages of the report."""
    input:
        code=code("report/table_pages.py"),
        run=dataset("dataset.json"),
        tables=list(PAGES.values()),
        captions=in_sources(
            from_here([pages.caption_file(name, CONFIG.report.language) for name in PAGES])
        ),
        intervals=(
            [rules.uncertainty.output[name] for name in ("regions", "cells", "numbers")]
            if CONFIG.uncertainty.members
            else []
        ),
    output:
        pages=[in_report(f"{RESULTS}/report/{table}.html", table, "page") for table in PAGES],
    log:
        log_of("table_pages"),
    benchmark:
        benchmark_of("table_pages")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    params:
        stressor=CONFIG.analysis.stressor,
        language=CONFIG.report.language,
    message:
        "Main tables as pages for the report"
    script:
        "../scripts/report/table_pages.py"


# What the pages say of the method: sections of the configuration that ran, and whether the provincial table was given.
SETTINGS = {name: section(name) for name in ("groups", "scenarios", "emissions")}
if not GIVEN:
    SETTINGS |= {name: section(name) for name in ("provinces", "cities")} | {
        "dataset": {"mrio": CONFIG.dataset.mrio is not None}
    }


# What was fitted, where a step did: the pages tell it from there.
PRIORS = [] if GIVEN or not CONFIG.cities.needs_priors else rules.fit_priors.output.priors

# Tables that the explorer holds, where the run has them.
EXPLORED = [
    "regions",
    "headline",
    "quintiles",
    "structures",
    "flows_groups",
    "va_per_emission",
    "scenarios",
    "scenario_cities",
    "quota",
    "deficits",
    "parameters",
    "intercity",
    "identified",
    "audit",
    "methods",
    "paper_comparison",
    "variants",
    "variants_regions",
    "supply_chains",
    "production_layers",
    "warnings",
    "emissions_trends",
]


rule explorer:
    """The explorer: one page to look around in, which needs no server."""
    input:
        code=code("report/explorer.py"),
        tables=[f"{TABLES}/{table}.csv" for table in EXPLORED if table in ALL_TABLES],
        stressors=if_stressors(rules.stressors.output.table),
        footprints=rules.footprint.output.footprints,
        chains=rules.region_chains.output.chains,
        layers=rules.region_chains.output.layers,
        inventory=rules.emissions.output.inventory,
        intensities=rules.super_emitters.output.all,
        lists=datasets(["sectors", "benchmarks", "final_demand", "inventory_sectors", "fuels"]),
        national=dataset("inventory_national.csv", optional=True),
        boundaries=dataset("boundaries.geojson", optional=True),
        variants=[f"{RESULTS}/variants/{name}/footprints.nc" for name in CONFIG.variants],
        analysed=rules.variant_analysis.output.tables if OTHER_METHOD else [],
        intervals=rules.uncertainty.output.regions if CONFIG.uncertainty.members else [],
        numbers=(
            [rules.uncertainty.output[name] for name in ("numbers", "suppliers", "cells")]
            if CONFIG.uncertainty.members
            else []
        ),
        run=dataset("dataset.json"),
        priors=rules.fit_priors.output.priors if OTHER_METHOD and not GIVEN else PRIORS,
        # no page to look around in of a run whose audit fails; pages of its tables, the audit's among them, show what failed
        verdict=rules.pass_audit.output.verdict,
    output:
        page=EXPLORER,
    log:
        log_of("explorer"),
    benchmark:
        benchmark_of("explorer")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1000),
        runtime=10,
    params:
        method="" if GIVEN else CONFIG.method,
        other=OTHER_METHOD or "",
        variants={
            name: variant.model_dump(mode="json") for name, variant in CONFIG.variants.items()
        },
        ensemble=(
            {
                "level": CONFIG.uncertainty.level,
                "method": ENSEMBLE_METHOD,
            }
            if CONFIG.uncertainty.members
            else None
        ),
        settings=SETTINGS,
        language=CONFIG.report.language,
    message:
        "A page to look around in"
    script:
        "../scripts/report/explorer.py"


# Figures of the first page; an ensemble brings its own.
STARTS = [name for name in CHOICE if name in DRAWN]
STARTS_ENSEMBLE = (
    [name for name in CHOICE if name in ENSEMBLE_FIGURES] if CONFIG.uncertainty.members else []
)


rule start_page:
    """The first page of the report: headline numbers, figures, what is known and how."""
    input:
        code=code("report/start_page.py"),
        captions=as_they_are(
            from_here(
                [
                    caption_file(name, CONFIG.report.language)
                    for name in [*STARTS, *STARTS_ENSEMBLE]
                ]
            )
        ),
        tables=[f"{TABLES}/headline.csv", f"{TABLES}/identified.csv", f"{TABLES}/regions.csv"],
        benchmarks=dataset("benchmarks.csv"),
        warnings=rules.collect_warnings.output.table,
        read=rules.collect_warnings.output.read,
        priors=PRIORS,
        figures=[
            *(f"{RESULTS}/figures/{name}.png" for name in STARTS),
            *(f"{ENSEMBLE}/figures/{name}.png" for name in STARTS_ENSEMBLE),
        ],
        run=dataset("dataset.json"),
        provenance=rules.provenance.output.provenance,
        verdict=rules.pass_audit.output.verdict,
    output:
        page=start_here(f"{RESULTS}/report/start.html", "The run in one page"),
        glossary=f"{RESULTS}/report/glossary.html" if CONFIG.report.language != "en" else [],
    log:
        log_of("start_page"),
    benchmark:
        benchmark_of("start_page")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    params:
        about={
            "method": "" if GIVEN else CONFIG.method,
            "members": CONFIG.uncertainty.members,
            "members_by": ENSEMBLE_METHOD if CONFIG.uncertainty.members else "",
            "level": CONFIG.uncertainty.level,
            "tables": list(PAGES),
            "language": CONFIG.report.language,
        },
        settings=SETTINGS,
    message:
        "The first page of the report"
    script:
        "../scripts/report/start_page.py"


rule summary:
    """The text that the run prints at its end."""
    input:
        code=code("report/summary.py"),
        run=dataset("dataset.json"),
        verdict=rules.pass_audit.output.verdict,
        tables=[f"{TABLES}/{table}.csv" for table in ALL_TABLES],
        stressors=if_stressors(rules.stressors.output.table),
        figures=FIGURE_FILES,
        provenance=rules.provenance.output.provenance,
    output:
        summary=f"{RESULTS}/summary.txt",
    log:
        log_of("summary"),
    benchmark:
        benchmark_of("summary")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    params:
        method="" if GIVEN else CONFIG.method,
        level=CONFIG.uncertainty.level,
        pages={"start here": [str(rules.start_page.output.page)], "explorer": [EXPLORER]},
        settings=SETTINGS,
    message:
        "Summing up"
    script:
        "../scripts/report/summary.py"


rule mrio_table:
    """The nested table for others: pymrio's layout, long form, spreadsheets (on request: it is large)."""
    input:
        code=code("report/mrio_table.py"),
        nested=NESTED,
        inventory=rules.emissions.output.inventory,
        stressors=if_stressors(rules.stressors.output.accounts),
        regions=rules.groups.output.regions,
        sectors=dataset("sectors.csv"),
        final_demand=dataset("final_demand.csv"),
        run=dataset("dataset.json"),
    output:
        folder=directory(f"{RESULTS}/mrio"),
    log:
        log_of("mrio_table"),
    benchmark:
        benchmark_of("mrio_table")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        publish=section("publish"),
    message:
        "Writing the nested table in pymrio's layout, the long form and spreadsheets"
    script:
        "../scripts/report/mrio_table.py"
