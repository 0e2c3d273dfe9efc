# What leaves the run: the summary printed at its end, its provenance, and the table for others (on request).

ALL_TABLES = [
    *GROUP_TABLES,
    "intercity",
    "intensities",
    "scenarios",
    "scenario_cities",
    "quota",
    "deficits",
    "supply_chains",
    "production_layers",
    *(["paper_comparison"] if PAPER else []),
    "audit",
    "warnings",
    "read",
    *(["variants", "variants_regions"] if CONFIG.variants else []),
    *(["accuracy"] if TRUTH else []),
]


MADE.update(tables=ALL_TABLES, variants=CONFIG.variants)

FIGURE_FILES = expand(f"{RESULTS}/figures/{{figure}}.{{kind}}", figure=FIGURES, kind=["pdf", "png"])


rule provenance:
    input:
        code=code("provenance.py"),
        dataset=dataset_files,
        run=dataset("dataset.json"),
        tables=[f"{TABLES}/{table}.csv" for table in ALL_TABLES],
        stamped=[
            rules.balance_provinces.output.system,
            rules.province_trade.output.trade,
            rules.province_mrio.output.mrio,
            rules.nest.output.nested,
            rules.inventory.output.inventory,
            rules.footprint.output.footprints,
            *FIGURE_FILES,
        ],
        linked=per_province(rules.cities.output.linked),
    output:
        provenance=f"{RESULTS}/provenance.json",
    log:
        f"{RESULTS}/logs/provenance.log",
    benchmark:
        f"{RESULTS}/benchmarks/provenance.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=5,
    params:
        config=CONFIG.model_dump(mode="json"),
    message:
        "Writing down where the run comes from"
    script:
        "../scripts/provenance.py"


PAGES = [table for table in SHOWN if table in ALL_TABLES]


rule table_pages:
    input:
        code=code("table_pages.py"),
        run=dataset("dataset.json"),
        tables=[f"{TABLES}/{table}.csv" for table in PAGES],
    output:
        pages=[in_report(f"{RESULTS}/report/{table}.html", table, "page") for table in PAGES],
    log:
        f"{RESULTS}/logs/table_pages.log",
    benchmark:
        f"{RESULTS}/benchmarks/table_pages.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=5,
    message:
        "Main tables as pages for the report"
    script:
        "../scripts/table_pages.py"


rule summary:
    input:
        code=code("summary.py"),
        run=dataset("dataset.json"),
        verdict=rules.pass_audit.output.verdict,
        tables=[f"{TABLES}/{table}.csv" for table in ALL_TABLES],
        figures=FIGURE_FILES,
        provenance=rules.provenance.output.provenance,
    output:
        summary=f"{RESULTS}/summary.txt",
    log:
        f"{RESULTS}/logs/summary.log",
    benchmark:
        f"{RESULTS}/benchmarks/summary.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=5,
    message:
        "Summing up"
    script:
        "../scripts/summary.py"


rule mrio_table:
    input:
        code=code("mrio_table.py"),
        nested=rules.nest.output.nested,
        inventory=rules.inventory.output.inventory,
        regions=rules.groups.output.regions,
        sectors=dataset("sectors.csv"),
        final_demand=dataset("final_demand.csv"),
        run=dataset("dataset.json"),
    output:
        folder=directory(f"{RESULTS}/mrio"),
    log:
        f"{RESULTS}/logs/mrio_table.log",
    benchmark:
        f"{RESULTS}/benchmarks/mrio_table.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        publish=section("publish"),
    message:
        "Writing the nested table in pymrio's layout, the long form and spreadsheets"
    script:
        "../scripts/mrio_table.py"
