# Does it add up, what looks wrong, and how far does it depend on choices? On the synthetic country: how near is it to the truth?

from dataclasses import astuple

from citymrio.config.unused import unused


rule audit:
    input:
        code=code("audit.py"),
        nested=rules.nest.output.nested,
        mrio=rules.province_mrio.output.mrio,
        system=rules.balance_provinces.output.system,
        accounts=per_province(rules.cities.output.accounts),
        footprints=rules.footprint.output.footprints,
    output:
        audit=shown("audit"),
    log:
        f"{RESULTS}/logs/audit.log",
    benchmark:
        f"{RESULTS}/benchmarks/audit.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=20,
    params:
        audit=section("audit"),
    message:
        "Auditing every balance"
    script:
        "../scripts/audit.py"


rule pass_audit:
    input:
        code=code("pass_audit.py"),
        audit=rules.audit.output.audit,
        # Read when an invariant fails. After the checkpoint, Snakemake looks anew only at jobs with an input function.
        diagnostics=per_province(rules.cities.output.diagnostics),
    output:
        verdict=f"{RESULTS}/audit_passed.json",
    log:
        f"{RESULTS}/logs/pass_audit.log",
    benchmark:
        f"{RESULTS}/benchmarks/pass_audit.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=5,
    message:
        "Stopping if an invariant fails"
    script:
        "../scripts/pass_audit.py"


rule collect_warnings:
    input:
        code=code("collect_warnings.py"),
        dataset=dataset("warnings.csv"),
        read=dataset("read.csv"),
        steps=[
            *([rules.supplied_mrio.output.warnings] if CONFIG.dataset.mrio else []),
            rules.balance_provinces.output.warnings,
            rules.province_trade.output.warnings,
            rules.inventory.output.warnings,
            rules.groups.output.warnings,
            rules.scenarios.output.warnings,
        ],
        cities=per_province(rules.cities.output.warnings),
        diagnostics=per_province(rules.cities.output.diagnostics),
        trade=rules.province_trade.output.diagnostics,
        balance=rules.balance_provinces.output.report,
        inventory=rules.inventory.output.report,
        intensities=rules.super_emitters.output.all,
    output:
        table=shown("warnings"),
        read=shown("read"),
    log:
        f"{RESULTS}/logs/collect_warnings.log",
    benchmark:
        f"{RESULTS}/benchmarks/collect_warnings.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=5,
    params:
        unused=[astuple(notice) for notice in unused(CONFIG)],
    message:
        "Gathering what looks wrong, and what was read"
    script:
        "../scripts/collect_warnings.py"


rule true_footprints:
    input:
        code=code("true_footprints.py"),
        truth=dataset("truth/truth.nc"),
        emissions=dataset("truth/emissions.csv"),
    output:
        footprints=f"{RESULTS}/validation/true_footprints.nc",
    log:
        f"{RESULTS}/logs/true_footprints.log",
    benchmark:
        f"{RESULTS}/benchmarks/true_footprints.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=20,
    message:
        "Footprints of the true table"
    script:
        "../scripts/true_footprints.py"


rule variant:
    input:
        code=code("variant.py"),
        dataset=dataset_files,
        mrio=rules.province_mrio.output.mrio,
        truth=dataset("truth/truth.nc") if TRUTH else [],
        true_footprints=rules.true_footprints.output.footprints if TRUTH else [],
    output:
        headline=f"{RESULTS}/variants/{{variant}}/headline.csv",
        regions=f"{RESULTS}/variants/{{variant}}/regions.csv",
        accuracy=f"{RESULTS}/variants/{{variant}}/accuracy.csv" if TRUTH else [],
    log:
        f"{RESULTS}/logs/variant/{{variant}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/variant/{{variant}}.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=30,
    params:
        sections=variant_params,
        neighbours=section("dataset")["neighbours"],
        same_provinces=lambda wildcards: variant_params(wildcards)["provinces"] == section("provinces"),
    message:
        "Variant {wildcards.variant}: the whole chain with other choices"
    script:
        "../scripts/variant.py"


rule variants:
    input:
        code=code("variants.py"),
        footprints=rules.footprint.output.footprints,
        regions=dataset("regions.csv"),
        final_demand=dataset("final_demand.csv"),
        headlines=expand(rules.variant.output.headline, variant=sorted(CONFIG.variants)),
        tables=expand(rules.variant.output.regions, variant=sorted(CONFIG.variants)),
    output:
        variants=shown("variants"),
        regions=f"{TABLES}/variants_regions.csv",
    log:
        f"{RESULTS}/logs/variants.log",
    benchmark:
        f"{RESULTS}/benchmarks/variants.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=5,
    message:
        "Comparing the variants with the main estimate"
    script:
        "../scripts/variants.py"


rule known_truth:
    input:
        code=code("known_truth.py"),
        nested=rules.nest.output.nested,
        footprints=rules.footprint.output.footprints,
        truth=dataset("truth/truth.nc"),
        true_footprints=rules.true_footprints.output.footprints,
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        variants=expand(f"{RESULTS}/variants/{{variant}}/accuracy.csv", variant=sorted(CONFIG.variants)),
    output:
        accuracy=shown("accuracy"),
    log:
        f"{RESULTS}/logs/known_truth.log",
    benchmark:
        f"{RESULTS}/benchmarks/known_truth.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=20,
    message:
        "Comparing the estimates with the known truth"
    script:
        "../scripts/known_truth.py"
