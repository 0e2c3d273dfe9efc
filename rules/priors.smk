# Priors one level up: distance, home and demand terms by sector, fitted on the provinces (used by method: calibrated).


rule fit_priors:
    input:
        code=code("fit_priors.py"),
        mrio=rules.province_mrio.output.mrio,
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        given=local(CONFIG.cities.priors) if CONFIG.cities.priors else [],
    output:
        priors=f"{RESULTS}/provinces/priors.csv",
    log:
        f"{RESULTS}/logs/fit_priors.log",
    benchmark:
        f"{RESULTS}/benchmarks/fit_priors.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=10,
    params:
        cities={key: section("cities")[key] for key in ("theta", "priors")},
    message:
        "Fitting priors of trade and demand on the provinces"
    script:
        "../scripts/fit_priors.py"
