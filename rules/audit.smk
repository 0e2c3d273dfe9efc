# Does it add up?


rule audit:
    """The table of invariants: every balance of the nested table and the footprints, computed anew."""
    input:
        code=code("audit/audit.py"),
        nested=NESTED,
        mrio=[] if GIVEN else PROVINCE_MRIO,
        system=[] if GIVEN else SYSTEM,
        accounts=[] if GIVEN else per_province(f"{CITY}/accounts.nc"),
        footprints=rules.footprint.output.footprints,
        corrections=dataset("corrections.csv", optional=True),
        corrected=corrected_tables,
    output:
        audit=shown("audit"),
    log:
        log_of("audit"),
    benchmark:
        benchmark_of("audit")
    conda:
        ENVIRONMENT
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
    """The verdict of the audit; an invariant that fails stops the run."""
    input:
        code=code("audit/pass_audit.py"),
        audit=rules.audit.output.audit,
        # Read when an invariant fails. After the checkpoint, Snakemake looks anew only at jobs with an input function.
        diagnostics=[] if GIVEN else per_province(f"{CITY}/diagnostics.csv"),
        run=dataset("dataset.json") if GIVEN else [],
    output:
        verdict=f"{RESULTS}/audit_passed.json",
    log:
        log_of("pass_audit"),
    benchmark:
        benchmark_of("pass_audit")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    message:
        "Stopping if an invariant fails"
    script:
        "../scripts/audit/pass_audit.py"
