# Two tables side by side (docs/compare.md). A workflow of its own:
#   make compare A=results/x B=results/y|truth [NAMES=file.csv]


include: "../start.smk"


from citymrio.analysis.change_tables import Run
from citymrio.assessment.comparison.compare import LISTS, MORE_LISTS, TRUTH_FILES
from citymrio.base.errors import ConfigError
from citymrio.base.files import files_below
from citymrio.config.models import load_config
from citymrio.dataset.sources.mrio.pymrio_folder import PARAMETERS

USAGE = "make compare A=results/<run> B=results/<other run>|truth|<pymrio folder or .mat> [LISTS=folder [ERR_TOL=0.05]] [NAMES=file.csv]"
#: Key of the command line -> word of the make target.
WORDS = {"estimate": "A", "beside": "B", "lists": "LISTS", "labels": "NAMES"}
KEYS = {*WORDS, "figures", "err_tol"}
TRUTH = "truth"
unknown = sorted(set(config) - KEYS)
if unknown:
    raise WorkflowError(
        f"unknown key '{unknown[0]}': known keys are {', '.join(sorted(KEYS))}. Usage: {USAGE}"
    )
try:
    settings = {"figures": config.get("figures") or {}}
    settings["provinces"] = {"err_tol": config["err_tol"]} if "err_tol" in config else {}
    SETTINGS = load_config(settings, source="--config")
except ConfigError as fault:
    raise WorkflowError(str(fault)) from None


def run_of(key, also=()):
    """The folder of a finished run, and its files that are read."""
    folder = finished(WORDS[key], config.get(key), USAGE, Run.FILES, also)
    return folder, [str(folder / name) for name in (*Run.FILES, *also)]


def drawn(folder):
    """The intervals of a finished run: their file, probability and method; nothing where its last run had no ensemble."""
    about, file = made_by(folder) or {}, folder / "uncertainty/regions.csv"
    asked = about.get("uncertainty", {})
    if not asked.get("members") or not file.is_file():
        return [], {}
    method = about["method"] if asked["method"] == "main" else asked["method"]
    return [str(file)], {"level": asked["level"], "method": method}


def given_of(path, lists):
    """A table that somebody else made, and its files with those of its lists."""
    lacking = [name for name in LISTS if not (lists / name).is_file()]
    if lacking:
        raise WorkflowError(
            f"there is no {lacking[0]} in '{lists}' (LISTS), which describe the table {path}. Usage: {USAGE}"
        )
    files, faults = files_below(path)[:2] if path.is_dir() else ([path], [])
    if faults:
        raise WorkflowError(str(faults[0]))
    lists_there = [lists / name for name in (*LISTS, *MORE_LISTS) if (lists / name).is_file()]
    return path, [str(file) for file in (*files, *lists_there)]


B = Path(str(config.get("beside") or ""))
LABELS, LISTED = (str(config.get(key) or "") for key in ("labels", "lists"))
if LABELS and not Path(LABELS).is_file():
    raise WorkflowError(f"NAMES: there is no file {LABELS}. Usage: {USAGE}")
WITH_TRUTH, BARE = str(B) == TRUTH, B.suffix.lower() == ".mat" or (B / PARAMETERS).is_file()
if BARE and not B.exists():
    raise WorkflowError(f"there is no file {B} (B). Usage: {USAGE}")
if LISTED and not BARE:
    raise WorkflowError(f"LISTS={LISTED} describes a bare table, and B={B} is none. Usage: {USAGE}")
A, FILES = run_of("estimate", TRUTH_FILES if WITH_TRUTH else ())
OTHERS = [] if WITH_TRUTH else (given_of(B, Path(LISTED)) if BARE else run_of("beside"))[1]
SPREAD, SPREAD_OF = drawn(A)
FIGURES, LANGUAGE = as_in(A, SETTINGS.figures)
VECTOR = [kind for kind in FIGURES.formats if kind != "png"]
RESULTS = f"results/compare/{A.name}-{B.stem if BARE else B.name}"
given = {"A": str(A), "B": "" if WITH_TRUTH else str(B), "NAMES": LABELS, "LISTS": LISTED}
refuse_clashes({word: path for word, path in given.items() if path}, RESULTS)


include: "../run.smk"


rule compare:
    """Two tables side by side, in tables and figures."""
    input:
        code=code("compare/compare.py"),
        fonts=fonts_of(FIGURES),
        tables=[*FILES, *OTHERS],
        labels=[LABELS] if LABELS else [],
        intervals=SPREAD,
        boundaries=[str(path) for path in [A / "dataset/boundaries.geojson"] if path.is_file()],
    output:
        comparison=f"{RESULTS}/tables/comparison.csv",
        cities=f"{RESULTS}/tables/cities.csv",
        cells=f"{RESULTS}/tables/cells.csv",
        left_out=f"{RESULTS}/tables/left_out.csv",
        about=f"{RESULTS}/compare.json",
        summary=f"{RESULTS}/summary.txt",
        warnings=f"{RESULTS}/warnings.csv",
        vector=[
            f"{RESULTS}/figures/compare_{what}.{kind}"
            for what in ("scatter", "map")
            for kind in VECTOR
        ],
        compare_scatter_png=f"{RESULTS}/figures/compare_scatter.png",
        compare_map_png=f"{RESULTS}/figures/compare_map.png",
    log:
        f"{RESULTS}/compare.log",
    benchmark:
        f"{RESULTS}/compare.tsv"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        a=str(A),
        b=str(B),
        truth=WITH_TRUTH,
        labels=LABELS,
        lists=LISTED,
        err_tol=SETTINGS.provinces.err_tol,
        intervals_of=SPREAD_OF,
        figures=FIGURES.model_dump(mode="json"),
        language=LANGUAGE,
    message:
        f"{A} beside {B}"
    script:
        "../../scripts/compare/compare.py"
