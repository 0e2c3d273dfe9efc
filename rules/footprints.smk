# Emissions of cities -> who causes them.


# Where CO2 totals enter outputs and intensities by their variances, the accounts say how far.
MOVED = not GIVEN and CONFIG.cities.emissions_enter == "both"


rule emissions:
    """Emissions of every city by sector of the table."""
    input:
        code=code("footprints/emissions.py"),
        nested=NESTED,
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        inventory_sectors=dataset("inventory_sectors.csv"),
        bridge=dataset("bridge.csv"),
        fuels=dataset("fuels.csv"),
        provincial=each_province("inventory/{province}.csv"),
        inventory_city=each_province("inventory_city/{province}.csv"),
        inventory_national=dataset("inventory_national.csv", optional=True),
        observations=each_province("observations/{province}.csv"),
        emissions=dataset("emissions.csv") if GIVEN else [],
        accounts=per_province(f"{CITY}/accounts.nc") if MOVED else [],
        intensities=(
            rules.province_intensities.output.intensities
            if not GIVEN and CONFIG.cities.totals_enter_outputs
            else []
        ),
    output:
        inventory=f"{RESULTS}/footprint/emissions.nc",
        inventory_report=f"{RESULTS}/footprint/emissions.csv",
        warnings=f"{RESULTS}/warnings/emissions.csv",
    log:
        log_of("emissions"),
    benchmark:
        benchmark_of("emissions")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory_of_table(1000),
        runtime=10,
    params:
        emissions=section("emissions"),
        solver=section("solver"),
    message:
        "Emission inventories of all cities"
    script:
        "../scripts/footprints/emissions.py"


rule footprint:
    """Footprints of every region, and flows of carbon and value added between cities."""
    input:
        code=code("footprints/footprint.py"),
        nested=NESTED,
        inventory=rules.emissions.output.inventory,
        regions=dataset("regions.csv"),
    output:
        footprints=f"{RESULTS}/footprint/footprints.nc",
        intercity=shown("intercity"),
    log:
        log_of("footprint"),
    benchmark:
        benchmark_of("footprint")
    conda:
        ENVIRONMENT
    threads: THREADS_OF_TABLE
    resources:
        mem_mb=memory_of_table(1000),
        runtime=20,
    params:
        emissions=section("emissions"),
    message:
        "Footprints: production, consumption, flows of carbon and value added"
    script:
        "../scripts/footprints/footprint.py"


rule stressors:
    """Accounts of further stressors by region, beside those of CO2, where the dataset has a table of them."""
    input:
        code=code("footprints/stressors.py"),
        nested=NESTED,
        stressors=dataset("stressors.csv"),
        lists=datasets(["regions", "sectors", "inventory_sectors", "bridge", "fuels"]),
        inventory=rules.emissions.output.inventory,
        footprints=rules.footprint.output.footprints,
    output:
        accounts=f"{RESULTS}/footprint/stressors.nc",
        table=shown("stressors"),
        warnings=f"{RESULTS}/warnings/stressors.csv",
    log:
        log_of("stressors"),
    benchmark:
        benchmark_of("stressors")
    conda:
        ENVIRONMENT
    threads: THREADS_OF_TABLE
    resources:
        mem_mb=memory_of_table(1000),
        runtime=20,
    params:
        emissions=section("emissions"),
    message:
        "Accounts of all stressors: production, consumption, what trade embodies"
    script:
        "../scripts/footprints/stressors.py"
