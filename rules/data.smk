# Raw files or a seed -> the dataset contract. A checkpoint: what lies below is compared by content, file by file.


rule retrieve:
    input:
        code=code("data/retrieve.py"),
        sources=[local(path) for path in sources_lists()],
        raw=raw_files(),
    output:
        manifest=RAW,
    log:
        f"{RESULTS}/logs/retrieve.log",
    benchmark:
        f"{RESULTS}/benchmarks/retrieve.tsv"
    localrule: True  # nodes of a cluster seldom have a way out
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(800),
        runtime=60,
    params:
        dataset=dataset_params("sources", "raw_dir", "downloads", "extras", "extras_sources", "extras_dir"),
    message:
        "Taking the raw files from raw_dir, or downloading them"
    script:
        "../scripts/data/retrieve.py"


checkpoint dataset:
    input:
        **dataset_sources(),
        code=code("data/dataset.py", SOURCES[CONFIG.dataset.kind]),
    output:
        folder=directory(DATASET),
    log:
        f"{RESULTS}/logs/dataset.log",
    benchmark:
        f"{RESULTS}/benchmarks/dataset.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=20,
    params:
        dataset=dataset_params(),
    message:
        "Making the dataset"
    script:
        "../scripts/data/dataset.py"
