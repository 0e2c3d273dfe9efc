# Does it add up?


rule audit:
    input:
        code=code("audit/audit.py"),
        nested=NESTED,
        mrio=[] if GIVEN else rules.province_mrio.output.mrio,
        system=[] if GIVEN else rules.balance_provinces.output.system,
        accounts=[] if GIVEN else per_province(f"{CITY}/accounts.nc"),
        footprints=rules.footprint.output.footprints,
        corrections=dataset("corrections.csv", optional=True),
        corrected=corrected_tables,
    output:
        audit=shown("audit"),
    log:
        f"{RESULTS}/logs/audit.log",
    benchmark:
        f"{RESULTS}/benchmarks/audit.tsv"
    conda:
        "../envs/environment.yaml"
    threads: THREADS_OF_TABLE
    resources:
        mem_mb=memory_of_table(1500),
        runtime=20,
    params:
        audit=section("audit"),
    message:
        "Auditing every balance"
    script:
        "../scripts/audit/audit.py"


rule pass_audit:
    input:
        code=code("audit/pass_audit.py"),
        audit=rules.audit.output.audit,
        # Read when an invariant fails. After the checkpoint, Snakemake looks anew only at jobs with an input function.
        diagnostics=[] if GIVEN else per_province(f"{CITY}/diagnostics.csv"),
        run=dataset("dataset.json") if GIVEN else [],
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
        "../scripts/audit/pass_audit.py"
