# All provinces' cities -> the nested table (factored, never dense).


rule nest:
    input:
        code=code("nest.py"),
        mrio=rules.province_mrio.output.mrio,
        linked=per_province(rules.cities.output.linked),
        final_demand=dataset("final_demand.csv"),
    output:
        nested=f"{RESULTS}/nested/mrio.nc",
    log:
        f"{RESULTS}/logs/nest.log",
    benchmark:
        f"{RESULTS}/benchmarks/nest.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=15,
    message:
        "Nesting the cities in the provincial MRIO"
    script:
        "../scripts/nest.py"
