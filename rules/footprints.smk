# Emissions of cities -> who causes them.


rule inventory:
    """Emissions of every city by sector of the table."""
    input:
        code=code("footprints/inventory.py"),
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
    output:
        inventory=f"{RESULTS}/footprint/inventory.nc",
        inventory_report=f"{RESULTS}/footprint/inventory.csv",
        warnings=f"{RESULTS}/warnings/inventory.csv",
    log:
        log_of("inventory"),
    benchmark:
        benchmark_of("inventory")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory_of_table(1000),
        runtime=10,
    params:
        inventory=section("inventory"),
        solver=section("solver"),
    message:
        "Emission inventories of all cities"
    script:
        "../scripts/footprints/inventory.py"


rule footprint:
    """Footprints of every region, and flows of carbon and value added between cities."""
    input:
        code=code("footprints/footprint.py"),
        nested=NESTED,
        inventory=rules.inventory.output.inventory,
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
        inventory=section("inventory"),
    message:
        "Footprints: production, consumption, flows of carbon and value added"
    script:
        "../scripts/footprints/footprint.py"
