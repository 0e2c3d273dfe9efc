# The supply chains behind the footprints of the super-emitters.


rule supply_paths:
    input:
        code=code("supply_paths.py"),
        nested=rules.nest.output.nested,
        inventory=rules.inventory.output.inventory,
        regions=rules.groups.output.regions,
        # Not read: after the checkpoint, Snakemake looks anew only at jobs with an input function.
        dataset=dataset("regions.csv"),
    output:
        chains=shown("supply_chains"),
        layers=f"{TABLES}/production_layers.csv",
    log:
        f"{RESULTS}/logs/supply_paths.log",
    benchmark:
        f"{RESULTS}/benchmarks/supply_paths.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=15,
    message:
        "Supply chains of the super-emitters"
    script:
        "../scripts/supply_paths.py"
