# Provincial tables -> one balanced system -> trade between provinces -> the provincial MRIO.


if CONFIG.dataset.mrio:

    rule supplied_mrio:
        input:
            code=code("provinces/supplied_mrio.py"),
            mrio=local(CONFIG.dataset.mrio),
            regions=dataset("regions.csv"),
            sectors=dataset("sectors.csv"),
            final_demand=dataset("final_demand.csv"),
            run=dataset("dataset.json"),
        output:
            mrio=f"{RESULTS}/provinces/supplied.nc",
            warnings=f"{RESULTS}/warnings/supplied_mrio.csv",
        log:
            f"{RESULTS}/logs/supplied_mrio.log",
        benchmark:
            f"{RESULTS}/benchmarks/supplied_mrio.tsv"
        conda:
            "../envs/environment.yaml"
        threads: 1
        resources:
            mem_mb=memory(2000),
            runtime=15,
        params:
            err_tol=section("provinces")["err_tol"],
        message:
            "Reading the supplied provincial MRIO {input.mrio}"
        script:
            "../scripts/provinces/supplied_mrio.py"


# Where the user supplies an MRIO, the steps below take their part from it instead of estimating it.
SUPPLIED = f"{RESULTS}/provinces/supplied.nc" if CONFIG.dataset.mrio else []


rule balance_provinces:
    input:
        code=code("provinces/balance_provinces.py"),
        provinces=each_province("provinces/{province}.nc"),
        national=dataset("national.nc", optional=True),
        regions=dataset("regions.csv"),
        final_demand=dataset("final_demand.csv"),
        supplied=SUPPLIED,
    output:
        system=f"{RESULTS}/provinces/system.nc",
        report=f"{RESULTS}/provinces/balance.csv",
        warnings=f"{RESULTS}/warnings/balance_provinces.csv",
    log:
        f"{RESULTS}/logs/balance_provinces.log",
    benchmark:
        f"{RESULTS}/benchmarks/balance_provinces.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=10,
    params:
        provinces=section("provinces"),
        solver=section("solver"),
        neighbours=section("dataset")["neighbours"],
    message:
        "Balancing the provincial tables into one system"
    script:
        "../scripts/provinces/balance_provinces.py"


rule province_trade:
    input:
        code=code("provinces/province_trade.py"),
        system=rules.balance_provinces.output.system,
        regions=dataset("regions.csv"),
        supplied=SUPPLIED,
        known=local(CONFIG.provinces.trade_known) if CONFIG.provinces.trade_known else [],
        sectors=dataset("sectors.csv") if CONFIG.provinces.trade_known else [],
    output:
        trade=f"{RESULTS}/provinces/trade.nc",
        diagnostics=f"{RESULTS}/provinces/trade.csv",
        warnings=f"{RESULTS}/warnings/province_trade.csv",
    log:
        f"{RESULTS}/logs/province_trade.log",
    benchmark:
        f"{RESULTS}/benchmarks/province_trade.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=10,
    params:
        provinces=section("provinces"),
        solver=section("solver"),
    message:
        "Estimating trade between provinces"
    script:
        "../scripts/provinces/province_trade.py"


rule province_mrio:
    input:
        code=code("provinces/province_mrio.py"),
        system=rules.balance_provinces.output.system,
        trade=rules.province_trade.output.trade,
        # Not read: after the checkpoint, Snakemake looks anew only at jobs with an input function.
        regions=dataset("regions.csv"),
        supplied=SUPPLIED,
    output:
        mrio=f"{RESULTS}/provinces/mrio.nc",
    log:
        f"{RESULTS}/logs/province_mrio.log",
    benchmark:
        f"{RESULTS}/benchmarks/province_mrio.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=10,
    message:
        "Building the provincial MRIO"
    script:
        "../scripts/provinces/province_mrio.py"


rule province_intensities:
    input:
        code=code("provinces/province_intensities.py"),
        mrio=rules.province_mrio.output.mrio,
        inventory=each_province("inventory/{province}.csv"),
        city=each_province("inventory_city/{province}.csv"),
        inventory_sectors=dataset("inventory_sectors.csv"),
        bridge=dataset("bridge.csv"),
        fuels=dataset("fuels.csv"),
        sectors=dataset("sectors.csv"),
    output:
        intensities=f"{RESULTS}/provinces/intensities.nc",
    log:
        f"{RESULTS}/logs/province_intensities.log",
    benchmark:
        f"{RESULTS}/benchmarks/province_intensities.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=10,
    message:
        "Emission intensities of the provinces, for CO2 totals of cities that change their outputs"
    script:
        "../scripts/provinces/province_intensities.py"


# Priors one level up: distance and home terms by sector, demand by category, fitted on the provinces (method: calibrated).
rule fit_priors:
    input:
        code=code("provinces/fit_priors.py"),
        mrio=rules.province_mrio.output.mrio,
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        intensities=rules.province_intensities.output.intensities if CONFIG.cities.emissions_enter == "both" else [],
        final_demand=dataset("final_demand.csv"),
        given=local(CONFIG.cities.priors) if CONFIG.cities.priors else [],
        distances=local(CONFIG.cities.distances) if CONFIG.cities.distances else [],
    output:
        priors=f"{RESULTS}/provinces/priors.csv",
        warnings=f"{RESULTS}/warnings/fit_priors.csv",
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
        cities={key: section("cities")[key] for key in ("theta", "priors", "demand", "distances")},
    message:
        "Fitting priors of trade and demand on the provinces"
    script:
        "../scripts/provinces/fit_priors.py"
