# Raw files or a seed -> the dataset contract. A checkpoint: what lies below is compared by content, file by file.


checkpoint dataset:
    message:
        "Making the dataset ({params.dataset[kind]})"
    input:
        code=code("dataset.py", f"citymrio.datasets.{CONFIG.dataset.kind}"),
        raw=raw_files(),
    output:
        folder=directory(DATASET),
    params:
        dataset=section("dataset"),
    log:
        f"{RESULTS}/logs/dataset.log",
    benchmark:
        f"{RESULTS}/benchmarks/dataset.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    script:
        "../scripts/dataset.py"
