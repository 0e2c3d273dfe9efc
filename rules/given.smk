# A multi-regional table that somebody else made, in the place of provinces, cities and nesting (dataset.kind: mrio).


def given_files():
    """The files of the table: those of a pymrio folder, or the one MATLAB file."""
    path = Path(CONFIG.dataset.mrio)
    files, faults = files_below(path)[:2] if path.is_dir() else ([path], [])
    if faults:
        raise WorkflowError(str(DataErrors(faults)))
    return as_they_are(files)


rule given_table:
    """The nested table from a multi-regional table that somebody else made."""
    input:
        code=code("given/given_table.py"),
        files=given_files(),
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        final_demand=dataset("final_demand.csv"),
        accounts=dataset("accounts.csv", optional=True),
        corrections=dataset("corrections.csv", optional=True),
        run=dataset("dataset.json"),
    output:
        nested=NESTED,
        warnings=f"{RESULTS}/warnings/given_table.csv",
    log:
        log_of("given_table"),
    benchmark:
        benchmark_of("given_table")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        mrio=CONFIG.dataset.mrio,
        lists=CONFIG.dataset.raw_dir,
        err_tol=section("provinces")["err_tol"],
    message:
        "Reading the given multi-regional table {params.mrio}"
    script:
        "../scripts/given/given_table.py"
