# Raw files or a seed -> the dataset contract. A checkpoint: what lies below is compared by content, file by file.

import csv

from citymrio.datasets.user import files as user_files

RAW = f"{RESULTS}/raw.csv"


def raw_files():
    """Raw files of kind `china` that `raw_dir` already holds: an altered one is noticed."""
    if CONFIG.dataset.raw_dir is None:
        return []
    with open(shipped(CONFIG.dataset.sources), encoding="utf-8", newline="") as table:
        names = [name for row in csv.DictReader(table) for name in [row["file"], *row.get("found_at", "").split(";")] if name]
    return [str(path) for name in names if (path := Path(CONFIG.dataset.raw_dir) / name).is_file()]


def dataset_sources():
    """What the dataset is made from, by kind."""
    if CONFIG.dataset.kind == "china":
        folder = Path(shipped(CONFIG.dataset.classification))
        lists = [*folder.glob("*.csv"), *(folder.parent / "china").glob("*.csv")]
        return {"raw": RAW, "sources": shipped(CONFIG.dataset.sources), "lists": sorted(map(str, lists))}
    if CONFIG.dataset.kind == "user" and CONFIG.dataset.raw_dir:
        return {"files": [str(path) for path in user_files(CONFIG.dataset.raw_dir)]}
    return {}


def dataset_params(*names):
    """The dataset section with its paths found, and of the named keys only."""
    values = section("dataset")
    values["sources"], values["classification"] = shipped(values["sources"]), shipped(values["classification"])
    return {name: values[name] for name in names} if names else values


rule retrieve:
    input:
        code=code("retrieve.py"),
        sources=shipped(CONFIG.dataset.sources),
        raw=raw_files() if CONFIG.dataset.kind == "china" else [],
    output:
        manifest=RAW,
    log:
        f"{RESULTS}/logs/retrieve.log",
    benchmark:
        f"{RESULTS}/benchmarks/retrieve.tsv"
    threads: 1
    resources:
        mem_mb=500,
        runtime=60,
    params:
        dataset=dataset_params("sources", "raw_dir"),
        downloads=CONFIG.dataset.downloads,
    message:
        "Taking the raw files from raw_dir, or downloading them"
    script:
        "../scripts/retrieve.py"


checkpoint dataset:
    input:
        **dataset_sources(),
        code=code("dataset.py", f"citymrio.datasets.{CONFIG.dataset.kind}"),
    output:
        folder=directory(DATASET),
    log:
        f"{RESULTS}/logs/dataset.log",
    benchmark:
        f"{RESULTS}/benchmarks/dataset.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        dataset={key: value for key, value in dataset_params().items() if key not in ("raw_dir", "downloads")},
        raw_dir=CONFIG.dataset.downloads if CONFIG.dataset.kind == "china" else CONFIG.dataset.raw_dir,
    message:
        "Making the dataset"
    script:
        "../scripts/dataset.py"
