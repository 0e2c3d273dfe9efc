# Provincial tables -> one balanced system -> trade between provinces -> the provincial MRIO.

SYSTEM, BALANCE = f"{RESULTS}/provinces/system.nc", f"{RESULTS}/provinces/balance.csv"
PROVINCE_TRADE, PROVINCE_TRADE_REPORT = multiext(f"{RESULTS}/provinces/trade", ".nc", ".csv")
PROVINCE_MRIO = f"{RESULTS}/provinces/mrio.nc"
TRADE_KNOWN = from_elsewhere(CONFIG.provinces.trade_known)


if CONFIG.dataset.mrio:

    rule supplied_mrio:
        """The provincial MRIO that the user supplies, in the place of the estimated one."""
        input:
            code=code("provinces/supplied_mrio.py"),
            mrio=local(CONFIG.dataset.mrio),
            regions=dataset("regions.csv"),
            sectors=dataset("sectors.csv"),
            final_demand=dataset("final_demand.csv"),
            corrections=dataset("corrections.csv", optional=True),
            run=dataset("dataset.json"),
        output:
            system=SYSTEM,
            balance=BALANCE,
            province_trade=PROVINCE_TRADE,
            province_trade_report=PROVINCE_TRADE_REPORT,
            mrio=PROVINCE_MRIO,
            warnings=f"{RESULTS}/warnings/supplied_mrio.csv",
        log:
            log_of("supplied_mrio"),
        benchmark:
            benchmark_of("supplied_mrio")
        conda:
            ENVIRONMENT
        resources:
            mem_mb=memory(2000),
            runtime=15,
        params:
            err_tol=section("provinces")["err_tol"],
            lists=CONFIG.dataset.raw_dir or "",
        message:
            "Reading the supplied provincial MRIO {input.mrio}"
        script:
            "../scripts/provinces/supplied_mrio.py"

else:

    rule balance_provinces:
        """Provincial tables that agree with each other and with the national table."""
        input:
            code=code("provinces/balance_provinces.py"),
            provinces=each_province("provinces/{province}.nc"),
            national=dataset("national.nc", optional=True),
            regions=dataset("regions.csv"),
            final_demand=dataset("final_demand.csv"),
        output:
            system=SYSTEM,
            balance=BALANCE,
            warnings=f"{RESULTS}/warnings/balance_provinces.csv",
        log:
            log_of("balance_provinces"),
        benchmark:
            benchmark_of("balance_provinces")
        conda:
            ENVIRONMENT
        resources:
            mem_mb=memory(1000),
            runtime=10,
        params:
            provinces=section("provinces"),
            solver=section("solver"),
        message:
            "Balancing the provincial tables into one system"
        script:
            "../scripts/provinces/balance_provinces.py"

    rule province_trade:
        """Trade between provinces by sector, estimated by entropy."""
        input:
            code=code("provinces/province_trade.py"),
            system=SYSTEM,
            regions=dataset("regions.csv"),
            known=TRADE_KNOWN,
            sectors=dataset("sectors.csv") if CONFIG.provinces.trade_known else [],
        output:
            province_trade=PROVINCE_TRADE,
            province_trade_report=PROVINCE_TRADE_REPORT,
            warnings=f"{RESULTS}/warnings/province_trade.csv",
        log:
            log_of("province_trade"),
        benchmark:
            benchmark_of("province_trade")
        conda:
            ENVIRONMENT
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
        """The provincial MRIO: the balanced tables joined by the trade between provinces."""
        input:
            code=code("provinces/province_mrio.py"),
            system=SYSTEM,
            province_trade=PROVINCE_TRADE,
            # Not read: after the checkpoint, Snakemake looks anew only at jobs with an input function.
            regions=dataset("regions.csv"),
        output:
            mrio=PROVINCE_MRIO,
        log:
            log_of("province_mrio"),
        benchmark:
            benchmark_of("province_mrio")
        conda:
            ENVIRONMENT
        resources:
            mem_mb=memory(800),
            runtime=10,
        message:
            "Building the provincial MRIO"
        script:
            "../scripts/provinces/province_mrio.py"


rule province_intensities:
    """Emissions per unit of output of every province and sector."""
    input:
        code=code("provinces/province_intensities.py"),
        mrio=PROVINCE_MRIO,
        provincial=each_province("inventory/{province}.csv"),
        inventory_city=each_province("inventory_city/{province}.csv"),
        inventory_sectors=dataset("inventory_sectors.csv"),
        bridge=dataset("bridge.csv"),
        fuels=dataset("fuels.csv"),
        sectors=dataset("sectors.csv"),
        regions=dataset("regions.csv"),
    output:
        intensities=f"{RESULTS}/provinces/intensities.nc",
    log:
        log_of("province_intensities"),
    benchmark:
        benchmark_of("province_intensities")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=10,
    message:
        "Emission intensities of the provinces, for CO2 totals of cities that change their outputs"
    script:
        "../scripts/provinces/province_intensities.py"


rule fit_priors:
    """Priors of cities by sector and by category of demand, fitted on the provinces, or given (method: calibrated)."""
    input:
        code=code("provinces/fit_priors.py"),
        mrio=PROVINCE_MRIO,
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        intensities=(
            rules.province_intensities.output.intensities
            if CONFIG.cities.totals_enter_outputs
            else []
        ),
        final_demand=dataset("final_demand.csv"),
        given=from_elsewhere(CONFIG.cities.priors),
        distances=local(CONFIG.cities.distances) if CONFIG.cities.distances else [],
    output:
        priors=f"{RESULTS}/provinces/priors.csv",
        warnings=f"{RESULTS}/warnings/fit_priors.csv",
    log:
        log_of("fit_priors"),
    benchmark:
        benchmark_of("fit_priors")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1000),
        runtime=10,
    params:
        cities={key: section("cities")[key] for key in ("theta", "priors", "demand", "distances")},
        concordance=section("provinces")["concordance"],
    message:
        "Fitting priors of trade and demand on the provinces"
    script:
        "../scripts/provinces/fit_priors.py"
