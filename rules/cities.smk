# One chain per province, in parallel: accounts -> split -> tables -> trade -> link. One job does the five steps, since each
# takes a fraction of the time that starting Python and its libraries takes; what every step makes is kept.


rule cities:
    """Accounts, tables and trade of the cities of one province, linked to it."""
    input:
        code=code("cities/cities.py"),
        mrio=PROVINCE_MRIO,
        regions=dataset("regions.csv"),
        observations=dataset("observations/{province}.csv"),
        extras=extra_observations if CONFIG.cities.extras else [],
        sectors=dataset("sectors.csv"),
        final_demand=dataset("final_demand.csv"),
        priors=rules.fit_priors.output.priors if CONFIG.cities.needs_priors else [],
        distances=local(CONFIG.cities.distances) if CONFIG.cities.distances else [],
        intensities=(
            rules.province_intensities.output.intensities
            if CONFIG.cities.totals_enter_outputs
            else []
        ),
    output:
        accounts=f"{CITY}/accounts.nc",
        split=f"{CITY}/split.nc",
        tables=f"{CITY}/tables.nc",
        trade=f"{CITY}/trade.nc",
        linked=f"{CITY}/linked.nc",
        diagnostics=f"{CITY}/diagnostics.csv",
        used=f"{CITY}/observations.csv",
        warnings=f"{RESULTS}/warnings/cities/{{province}}.csv",
    log:
        log_of("cities/{province}"),
    benchmark:
        benchmark_of("cities/{province}")
    group:
        "cities"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1000),
        runtime=5,
        in_turn=1,
    params:
        cities=section("cities"),
        solver=section("solver"),
    message:
        "Province {wildcards.province}: accounts, split, tables, trade and linking of its cities"
    script:
        "../scripts/cities/cities.py"


rule nest:
    """The nested table: all cities in the place of their provinces in the provincial MRIO."""
    input:
        code=code("cities/nest.py"),
        mrio=PROVINCE_MRIO,
        linked=per_province(f"{CITY}/linked.nc"),
        final_demand=dataset("final_demand.csv"),
    output:
        nested=NESTED,
    log:
        log_of("nest"),
    benchmark:
        benchmark_of("nest")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1000),
        runtime=15,
    message:
        "Nesting the cities in the provincial MRIO"
    script:
        "../scripts/cities/nest.py"
