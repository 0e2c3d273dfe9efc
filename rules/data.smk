# Raw files or a seed -> the dataset contract. A checkpoint: what lies below is compared by content, file by file.

refuse_downloads()


rule retrieve:
    """The list of raw files with their checksums, after taking them from `raw_dir` or downloading them."""
    input:
        code=code("data/retrieve.py"),
        sources=[local(path) for path in sources_lists()],
        raw=raw_files(),
    output:
        manifest=RAW,
    log:
        log_of("retrieve"),
    benchmark:
        benchmark_of("retrieve")
    localrule: True  # nodes of a cluster seldom have a way out
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(800),
        runtime=60,
    params:
        dataset=dataset_params(
            "sources", "raw_dir", "downloads", "extras", "extras_sources", "extras_dir"
        ),
    message:
        "Taking the raw files from raw_dir, or downloading them"
    script:
        "../scripts/data/retrieve.py"


checkpoint dataset:
    """The dataset of the run, in the tables of the contract (docs/contracts.md) whatever the country."""
    input:
        **dataset_sources(),
        code=code("data/dataset.py", SOURCES[CONFIG.dataset.kind]),
    output:
        folder=directory(DATASET),
    log:
        log_of("dataset"),
    benchmark:
        benchmark_of("dataset")
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory(1000),
        runtime=20,
    params:
        dataset=dataset_params(),
    message:
        "Making the dataset"
    script:
        "../scripts/data/dataset.py"
