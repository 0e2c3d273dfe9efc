# How sure: a Monte Carlo ensemble of the whole chain, spread over jobs, where uncertainty.members asks for one.
# More or fewer jobs: --set-scatter members=16.

ENSEMBLE = f"{RESULTS}/uncertainty"
ENSEMBLE_FIGURES = {
    "intervals": "footprints and production emissions of the top 40 cities, with intervals",
    "membership": "probabilities of types and quintiles",
    "intercity_share": "the inter-city share and its parts, with intervals",
    "scenarios": "savings of every scenario, with intervals",
    "priors": "priors fitted on the provinces",
}
# Without an ensemble these two tables are published as they are, and nobody asks for them here.
WITH_INTERVALS = TABLES if CONFIG.uncertainty.members else ENSEMBLE


scattergather:
    members=8,


rule uncertainty_members:
    input:
        code=code("uncertainty_members.py"),
        dataset=dataset_files,
        mrio=rules.province_mrio.output.mrio,
        footprints=rules.footprint.output.footprints,
        inventory=rules.inventory.output.inventory,
        targets=[local(shipped("config/paper_targets.csv"))] if PAPER else [],
    output:
        regions=f"{ENSEMBLE}/members/{{scatteritem}}.nc",
        numbers=f"{ENSEMBLE}/members/{{scatteritem}}.csv",
    log:
        f"{RESULTS}/logs/uncertainty_members/{{scatteritem}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/uncertainty_members/{{scatteritem}}.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2500),
        runtime=120,
    params:
        sections={name: section(name) for name in ("cities", "solver", "inventory", "groups", "scenarios", "uncertainty")},
        neighbours=section("dataset")["neighbours"],
        members=members_of,
    message:
        "Ensemble, part {wildcards.scatteritem}"
    script:
        "../scripts/uncertainty_members.py"


rule provinces_as_cities:
    input:
        code=code("provinces_as_cities.py"),
        system=rules.balance_provinces.output.system,
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        final_demand=dataset("final_demand.csv"),
    output:
        accuracy=f"{ENSEMBLE}/accuracy_provinces.csv",
    log:
        f"{RESULTS}/logs/provinces_as_cities.log",
    benchmark:
        f"{RESULTS}/benchmarks/provinces_as_cities.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2500),
        runtime=60,
    params:
        solver=section("solver"),
        theta=section("cities")["theta"],
    message:
        "The provinces as cities of the nation: accuracy on real tables"
    script:
        "../scripts/provinces_as_cities.py"


rule uncertainty:
    input:
        code=code("uncertainty.py"),
        members=gather.members(f"{ENSEMBLE}/members/{{scatteritem}}.nc"),
        numbers=gather.members(f"{ENSEMBLE}/members/{{scatteritem}}.csv"),
        regions=dataset("regions.csv"),
        sectors=dataset("sectors.csv"),
        run=dataset("dataset.json"),
        main=rules.groups.output.regions,
        comparison=[rules.paper_comparison.output.comparison] if PAPER else [],
        priors=rules.fit_priors.output.priors,
        provinces=rules.provinces_as_cities.output.accuracy,
    output:
        regions=f"{ENSEMBLE}/regions.csv",
        numbers=f"{ENSEMBLE}/numbers.csv",
        variance=f"{ENSEMBLE}/variance.csv",
        regions_intervals=shown("regions" if CONFIG.uncertainty.members else "regions_intervals", WITH_INTERVALS),
        comparison=[shown("paper_comparison", WITH_INTERVALS)] if PAPER else [],
        intervals=f"{ENSEMBLE}/figures/intervals.pdf",
        membership=f"{ENSEMBLE}/figures/membership.pdf",
        intercity=f"{ENSEMBLE}/figures/intercity_share.pdf",
        scenarios=f"{ENSEMBLE}/figures/scenarios.pdf",
        fits=f"{ENSEMBLE}/figures/priors.pdf",
        page=report(
            f"{ENSEMBLE}/results.html",
            caption="../scripts/citymrio/report/captions/uncertainty/results.rst",
            category="Uncertainty",
            labels={"figure": "in words", "shows": "How sure are the results?"},
        ),
        png=[
            report(
                f"{ENSEMBLE}/figures/{name}.png",
                caption=f"../scripts/citymrio/report/captions/uncertainty/{name}.rst",
                category="Uncertainty",
                labels={"figure": name.replace("_", " "), "shows": title},
            )
            for name, title in ENSEMBLE_FIGURES.items()
        ],
    log:
        f"{RESULTS}/logs/uncertainty.log",
    benchmark:
        f"{RESULTS}/benchmarks/uncertainty.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(2500),
        runtime=20,
    params:
        uncertainty=section("uncertainty"),
        method=CONFIG.method if CONFIG.uncertainty.method == "main" else CONFIG.uncertainty.method,
    message:
        "Intervals and probabilities of every city and number"
    script:
        "../scripts/uncertainty.py"


rule coverage:
    input:
        code=code("coverage.py"),
        regions=rules.uncertainty.output.regions,
        cities=dataset("regions.csv"),
        true_footprints=rules.true_footprints.output.footprints,
    output:
        coverage=f"{ENSEMBLE}/coverage.csv",
    log:
        f"{RESULTS}/logs/coverage.log",
    benchmark:
        f"{RESULTS}/benchmarks/coverage.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=5,
    message:
        "How many cities' intervals hold the known truth"
    script:
        "../scripts/coverage.py"
