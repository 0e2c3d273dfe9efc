# One chain per province, in parallel: accounts -> split -> tables -> trade -> link.

CITY = f"{RESULTS}/cities/{{province}}"


rule city_accounts:
    input:
        code=code("city_accounts.py"),
        mrio=rules.province_mrio.output.mrio,
        regions=dataset("regions.csv"),
        observations=dataset("observations/{province}.csv"),
        sectors=dataset("sectors.csv"),
        final_demand=dataset("final_demand.csv"),
    output:
        accounts=f"{CITY}/accounts.nc",
        diagnostics=f"{CITY}/diagnostics/accounts.csv",
    log:
        f"{RESULTS}/logs/city_accounts/{{province}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/city_accounts/{{province}}.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        cities=section("cities"),
        solver=section("solver"),
    message:
        "Province {wildcards.province}: accounts of its cities"
    script:
        "../scripts/city_accounts.py"


rule split_supply_demand:
    input:
        code=code("split_supply_demand.py"),
        accounts=rules.city_accounts.output.accounts,
        mrio=rules.province_mrio.output.mrio,
        regions=dataset("regions.csv"),
    output:
        split=f"{CITY}/split.nc",
        diagnostics=f"{CITY}/diagnostics/split.csv",
    log:
        f"{RESULTS}/logs/split_supply_demand/{{province}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/split_supply_demand/{{province}}.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        cities=section("cities"),
        solver=section("solver"),
    message:
        "Province {wildcards.province}: supply and demand of its cities parted into own city, province, rest of the country"
    script:
        "../scripts/split_supply_demand.py"


rule city_tables:
    input:
        code=code("city_tables.py"),
        accounts=rules.city_accounts.output.accounts,
        split=rules.split_supply_demand.output.split,
        mrio=rules.province_mrio.output.mrio,
    output:
        tables=f"{CITY}/tables.nc",
        diagnostics=f"{CITY}/diagnostics/tables.csv",
    log:
        f"{RESULTS}/logs/city_tables/{{province}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/city_tables/{{province}}.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=15,
    params:
        cities=section("cities"),
        solver=section("solver"),
    message:
        "Province {wildcards.province}: tables of its cities"
    script:
        "../scripts/city_tables.py"


rule city_trade:
    input:
        code=code("city_trade.py"),
        split=rules.split_supply_demand.output.split,
        regions=dataset("regions.csv"),
    output:
        trade=f"{CITY}/trade.nc",
        diagnostics=f"{CITY}/diagnostics/trade.csv",
    log:
        f"{RESULTS}/logs/city_trade/{{province}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/city_trade/{{province}}.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        cities=section("cities"),
        solver=section("solver"),
    message:
        "Province {wildcards.province}: trade between its cities"
    script:
        "../scripts/city_trade.py"


rule link:
    input:
        code=code("link.py"),
        accounts=rules.city_accounts.output.accounts,
        split=rules.split_supply_demand.output.split,
        tables=rules.city_tables.output.tables,
        trade=rules.city_trade.output.trade,
        mrio=rules.province_mrio.output.mrio,
        diagnostics=[
            rules.city_accounts.output.diagnostics,
            rules.split_supply_demand.output.diagnostics,
            rules.city_tables.output.diagnostics,
            rules.city_trade.output.diagnostics,
        ],
    output:
        linked=f"{CITY}/linked.nc",
        diagnostics=f"{CITY}/diagnostics.csv",
    log:
        f"{RESULTS}/logs/link/{{province}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/link/{{province}}.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Province {wildcards.province}: linking its cities"
    script:
        "../scripts/link.py"
