# Known truth: a real multi-regional table whose regions play the cities of a province (docs/accuracy.md). A workflow of its own:
#   make truth TRUTH=file.npz REGIONS=file.csv [SECTORS=file.csv] [FIT=priors.csv | FIT=other.npz FIT_REGIONS=other.csv]


include: "../start.smk"


from citymrio.config.models import Config

USAGE = "make truth TRUTH=file.npz REGIONS=file.csv [SECTORS=file.csv] [FIT=file [FIT_REGIONS=file.csv] [FIT_SECTORS=file.csv]]"
OPTIONAL = ("sectors", "fit", "fit_regions", "fit_sectors")
for key in ("truth", "regions"):
    if not config.get(key):
        raise WorkflowError(f"{key.upper()}=file is missing. Usage: {USAGE}")
for key in ("truth", "regions", *OPTIONAL):
    if config.get(key) and not Path(str(config[key])).is_file():
        raise WorkflowError(f"{key.upper()}={config[key]}: there is no such file. Usage: {USAGE}")

NAME = Path(str(config["truth"])).stem
RESULTS = f"results/truth/{NAME}"
refuse_clashes({key.upper(): config[key] for key in ("truth", "regions", *OPTIONAL) if config.get(key)}, RESULTS)


include: "../run.smk"


rule truth:
    input:
        code=code("truth.py"),
        truth=config["truth"],
        regions=config["regions"],
        others=[config[key] for key in OPTIONAL if config.get(key)],
    output:
        accuracy=f"{RESULTS}/accuracy.csv",
        priors=f"{RESULTS}/priors.csv",
        about=f"{RESULTS}/accuracy.json",
        warnings=f"{RESULTS}/warnings.csv",
    log:
        f"{RESULTS}/truth.log",
    benchmark:
        f"{RESULTS}/truth.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        **{key: config.get(key) or None for key in OPTIONAL},
        # not read: the methods that are tried rest on these values
        defaults=Config().model_dump(mode="json", include={"cities", "solver"}),
    message:
        f"Known truth: every method on {NAME}"
    script:
        "../../scripts/truth.py"
