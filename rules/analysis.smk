# Footprints -> groups -> super-emitters -> scenarios; the supply chains behind the footprints of the super-emitters.

# What was observed of cities, and what became of it; nothing is estimated of a given table.
USED = [] if GIVEN else f"{TABLES}/observations_use.csv"

GROUP_TABLES = [
    "regions",
    "quintiles",
    "structures",
    "flows_groups",
    "va_per_emission",
    "va_dependence",
    "intercity_cities",
    "clusters",
    "centroids",
]


rule groups:
    """Tables of the cities by quintile and by industrial structure, and which of them are super-emitters."""
    input:
        code=code("analysis/groups.py"),
        footprints=rules.footprint.output.footprints,
        inventory=rules.emissions.output.inventory,
        mrio=[] if GIVEN else PROVINCE_MRIO,
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        final_demand=dataset("final_demand.csv"),
        benchmarks=dataset("benchmarks.csv"),
        run=dataset("dataset.json"),
        used=USED,
    output:
        **{table: shown(table) for table in GROUP_TABLES},
        warnings=f"{RESULTS}/warnings/groups.csv",
    log:
        log_of("groups"),
    benchmark:
        benchmark_of("groups")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=10,
    params:
        groups=section("groups"),
    message:
        "Quintiles, structures and super-emitters"
    script:
        "../scripts/analysis/groups.py"


rule parameters:
    """The table of thresholds and targets that figures and scenarios quote."""
    input:
        code=code("analysis/parameters.py"),
        footprints=rules.footprint.output.footprints,
        inventory=rules.emissions.output.inventory,
        regions=rules.groups.output.regions,
        benchmarks=dataset("benchmarks.csv"),
    output:
        parameters=shown("parameters"),
        warnings=f"{RESULTS}/warnings/parameters.csv",
    log:
        log_of("parameters"),
    benchmark:
        benchmark_of("parameters")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    params:
        groups=section("groups"),
        # only what the table quotes
        scenarios={
            key: section("scenarios")[key]
            for key in ("run", "capital_target", "peak_emissions_gt")
        },
    message:
        "Thresholds and targets that figures and scenarios quote"
    script:
        "../scripts/analysis/parameters.py"


rule trends:
    """The table of the cities' emissions after the year of the run."""
    input:
        code=code("analysis/trends.py"),
        regions=rules.groups.output.regions,
        history=dataset("emissions_history.csv", optional=True),
        run=dataset("dataset.json"),
    output:
        trends=shown("emissions_trends"),
    log:
        log_of("trends"),
    benchmark:
        benchmark_of("trends")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=5,
    message:
        "What became of the cities' emissions"
    script:
        "../scripts/analysis/trends.py"


rule super_emitters:
    """Emission intensities of the key sectors in every region, and the table of the super-emitters'."""
    input:
        code=code("analysis/super_emitters.py"),
        inventory=rules.emissions.output.inventory,
        footprints=rules.footprint.output.footprints,
        regions=rules.groups.output.regions,
        bridge=dataset("bridge.csv"),
        inventory_sectors=dataset("inventory_sectors.csv"),
        benchmarks=dataset("benchmarks.csv"),
        all_regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        used=USED,
    output:
        all=f"{RESULTS}/analysis/key_intensities.csv",
        intensities=shown("intensities"),
    log:
        log_of("super_emitters"),
    benchmark:
        benchmark_of("super_emitters")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=10,
    params:
        key_sectors=section("scenarios")["key_sectors"],
    message:
        "Intensities of the key sectors, and those of the super-emitters"
    script:
        "../scripts/analysis/super_emitters.py"


rule identified:
    """The table of how many numbers of the cities the data identify."""
    input:
        code=code("analysis/identified.py"),
        nested=NESTED,
        footprints=rules.footprint.output.footprints,
        inventory=rules.emissions.output.inventory,
        intensities=rules.super_emitters.output.all,
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        inventory_sectors=dataset("inventory_sectors.csv"),
        final_demand=dataset("final_demand.csv"),
        used=USED,
    output:
        table=shown("identified"),
        warnings=f"{RESULTS}/warnings/identified.csv",
    log:
        log_of("identified"),
    benchmark:
        benchmark_of("identified")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1000),
        runtime=10,
    message:
        "How many numbers of the cities the data identify"
    script:
        "../scripts/analysis/identified.py"


rule scenarios:
    """Emissions under better technology, other demand and both; the quota they set free, and the deficits of lifting."""
    input:
        code=code("analysis/scenarios.py"),
        nested=NESTED,
        footprints=rules.footprint.output.footprints,
        inventory=rules.emissions.output.inventory,
        intensities=rules.super_emitters.output.all,
        regions=rules.groups.output.regions,
        parameters=rules.parameters.output.parameters,
        bridge=dataset("bridge.csv"),
        inventory_sectors=dataset("inventory_sectors.csv"),
        benchmarks=dataset("benchmarks.csv"),
        fuels=dataset("fuels.csv"),
        national=dataset("inventory_national.csv", optional=True),
    output:
        scenarios=shown("scenarios"),
        cities=f"{TABLES}/scenario_cities.csv",
        quota=shown("quota"),
        deficits=shown("deficits"),
        warnings=f"{RESULTS}/warnings/scenarios.csv",
    log:
        log_of("scenarios"),
    benchmark:
        benchmark_of("scenarios")
    conda:
        ENVIRONMENT
    threads: THREADS_OF_TABLE
    resources:
        mem_mb=memory_of_table(1000),
        runtime=20,
    params:
        scenarios=section("scenarios"),
        groups=section("groups"),
    message:
        "Scenarios: technology, demand, both; quota and deficits"
    script:
        "../scripts/analysis/scenarios.py"


rule supply_paths:
    """The largest supply chains behind the super-emitters' footprints, and emissions by production layer."""
    input:
        code=code("analysis/supply_paths.py"),
        nested=NESTED,
        inventory=rules.emissions.output.inventory,
        regions=rules.groups.output.regions,
        # Not read: after the checkpoint, Snakemake looks anew only at jobs with an input function.
        dataset=dataset("regions.csv"),
    output:
        chains=shown("supply_chains"),
        layers=f"{TABLES}/production_layers.csv",
    log:
        log_of("supply_paths"),
    benchmark:
        benchmark_of("supply_paths")
    conda:
        ENVIRONMENT
    threads: THREADS_OF_TABLE
    resources:
        mem_mb=memory_of_table(1000),
        runtime=15,
    message:
        "Supply chains of the super-emitters"
    script:
        "../scripts/analysis/supply_paths.py"


rule region_chains:
    """The largest supply chains behind every region's footprint, and emissions by production layer (for the explorer)."""
    input:
        code=code("analysis/region_chains.py"),
        nested=NESTED,
        inventory=rules.emissions.output.inventory,
        # Not read: after the checkpoint, Snakemake looks anew only at jobs with an input function.
        dataset=dataset("regions.csv"),
    output:
        chains=f"{RESULTS}/analysis/region_chains.csv",
        layers=f"{RESULTS}/analysis/region_layers.csv",
    log:
        log_of("region_chains"),
    benchmark:
        benchmark_of("region_chains")
    conda:
        ENVIRONMENT
    threads: THREADS_OF_TABLE
    resources:
        mem_mb=memory_of_table(1000),
        runtime=60,
    message:
        "Supply chains of all regions"
    script:
        "../scripts/analysis/region_chains.py"


# Groups of another stressor than CO2, where the configuration names one.
STRESSOR_TABLES = [
    "stressor_regions",
    "stressor_quintiles",
    "stressor_structures",
    "stressor_flows_groups",
    "stressor_intercity",
    "stressor_scenarios",
    "stressor_deficits",
]
if CONFIG.analysis.stressor == CO2:
    STRESSOR_TABLES = []
else:

    rule stressor_groups:
        """Tables of the groups, of those above the threshold and of demand scenarios for the stressor that the configuration names."""
        input:
            code=code("analysis/stressor_groups.py"),
            nested=NESTED,
            accounts=if_named(rules.stressors.output.accounts),
            regions=rules.groups.output.regions,
            lists=datasets(["sectors", "inventory_sectors", "bridge", "benchmarks"]),
        output:
            tables=[shown(table) for table in STRESSOR_TABLES],
            warnings=f"{RESULTS}/warnings/stressor_groups.csv",
        log:
            log_of("stressor_groups"),
        benchmark:
            benchmark_of("stressor_groups")
        conda:
            ENVIRONMENT
        threads: THREADS_OF_TABLE
        resources:
            mem_mb=memory_of_table(1000),
            runtime=20,
        params:
            stressor=CONFIG.analysis.stressor,
            groups=section("groups"),
            scenarios=section("scenarios"),
            emissions=section("emissions"),
        message:
            "Groups and demand scenarios of {params.stressor}"
        script:
            "../scripts/analysis/stressor_groups.py"
