# Emissions of cities -> who causes them.


rule inventory:
    input:
        code=code("footprints/inventory.py"),
        nested=NESTED,
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        inventory_sectors=dataset("inventory_sectors.csv"),
        bridge=dataset("bridge.csv"),
        fuels=dataset("fuels.csv"),
        provincial=each_province("inventory/{province}.csv"),
        city=each_province("inventory_city/{province}.csv"),
        national=dataset("inventory_national.csv", optional=True),
        observations=each_province("observations/{province}.csv"),
        given=dataset("emissions.csv") if GIVEN else [],
    output:
        inventory=f"{RESULTS}/footprint/inventory.nc",
        report=f"{RESULTS}/footprint/inventory.csv",
        warnings=f"{RESULTS}/warnings/inventory.csv",
    log:
        f"{RESULTS}/logs/inventory.log",
    benchmark:
        f"{RESULTS}/benchmarks/inventory.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
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
    input:
        code=code("footprints/footprint.py"),
        nested=NESTED,
        inventory=rules.inventory.output.inventory,
        regions=dataset("regions.csv"),
    output:
        footprints=f"{RESULTS}/footprint/footprints.nc",
        intercity=shown("intercity"),
    log:
        f"{RESULTS}/logs/footprint.log",
    benchmark:
        f"{RESULTS}/benchmarks/footprint.tsv"
    conda:
        "../envs/environment.yaml"
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
