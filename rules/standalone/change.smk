# Change between two finished runs (docs/change.md). A workflow of its own:
#   make change [FROM=results/china2012] [TO=results/china2017] [CONCORDANCE=list.csv] [DEFLATOR=1.09 | DEFLATOR=file.csv]


include: "../start.smk"


from citymrio.analysis.change_tables import Run
from citymrio.base.errors import ConfigError
from citymrio.base.labels import read_json
from citymrio.config.models import load_config
from citymrio.dataset.cells import number_of

USAGE = (
    "make change FROM=results/<earlier run> TO=results/<later run> [CONCORDANCE=list.csv] "
    "[DEFLATOR=number or file.csv]"
)
KEYS = {"earlier", "later", "concordance", "deflator", "figures"}
unknown = sorted(set(config) - KEYS)
if unknown:
    raise WorkflowError(
        f"unknown key '{unknown[0]}': known keys are {', '.join(sorted(KEYS))}. Usage: {USAGE}"
    )
try:
    FIGURES = load_config({"figures": config.get("figures") or {}}, source="--config").figures
except ConfigError as fault:
    raise WorkflowError(str(fault)) from None
FOLDERS = {
    key: str(finished(key, config.get(key), USAGE, Run.FILES)) for key in ("earlier", "later")
}
FIGURES, LANGUAGE = as_in(FOLDERS["later"], FIGURES)
DEFLATOR = config.get("deflator") or None
if isinstance(DEFLATOR, str) and not Path(DEFLATOR).is_file():
    try:
        DEFLATOR = number_of(DEFLATOR)
    except ValueError:
        raise WorkflowError(
            f"DEFLATOR={DEFLATOR} is neither a number nor a file. Usage: {USAGE}"
        ) from None
# a list of the pair's own: named, else the shipped one of both classifications, either way round
CONCORDANCE, SIDES = config.get("concordance") or None, ("a", "b")
if CONCORDANCE and not Path(str(CONCORDANCE)).is_file():
    raise WorkflowError(f"concordance: there is no file {CONCORDANCE}. Usage: {USAGE}")
NAMES = [
    read_json(f"{FOLDERS[key]}/dataset/dataset.json").get("classification", "").partition("@")[0]
    for key in ("earlier", "later")
]
for pair, sides in ((NAMES, ("a", "b")), (NAMES[::-1], ("b", "a"))):
    shipped = BASE / "config" / "concordance" / f"{'-'.join(pair)}.csv"
    if not CONCORDANCE and shipped.is_file():
        CONCORDANCE, SIDES = str(shipped), sides

VECTOR = [kind for kind in FIGURES.formats if kind != "png"]
RESULTS = f"results/change/{Path(FOLDERS['earlier']).name}-{Path(FOLDERS['later']).name}"
given = {
    f"'{key}'": config[key]
    for key in ("earlier", "later", "concordance", "deflator")
    if config.get(key)
}
refuse_clashes({word: path for word, path in given.items() if Path(str(path)).exists()}, RESULTS)


include: "../run.smk"


rule change:
    """Change of footprints between two runs, in tables and figures."""
    input:
        code=code("change/change.py"),
        fonts=fonts_of(FIGURES),
        runs=[f"{folder}/{name}" for folder in FOLDERS.values() for name in Run.FILES],
        concordance=[CONCORDANCE] if CONCORDANCE else [],
        deflator=DEFLATOR if isinstance(DEFLATOR, str) else [],
    output:
        change=f"{RESULTS}/tables/change.csv",
        change_groups=f"{RESULTS}/tables/change_groups.csv",
        inequality=f"{RESULTS}/tables/inequality.csv",
        in_one_run=f"{RESULTS}/tables/in_one_run.csv",
        about=f"{RESULTS}/change.json",
        vector=[
            f"{RESULTS}/figures/change_{what}.{kind}"
            for what in ("groups", "cities")
            for kind in VECTOR
        ],
        change_groups_png=f"{RESULTS}/figures/change_groups.png",
        change_cities_png=f"{RESULTS}/figures/change_cities.png",
    log:
        f"{RESULTS}/change.log",
    benchmark:
        f"{RESULTS}/change.tsv"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        concordance=CONCORDANCE,
        sides=SIDES,
        earlier=FOLDERS["earlier"],
        later=FOLDERS["later"],
        deflator=DEFLATOR,
        figures=FIGURES.model_dump(mode="json"),
        language=LANGUAGE,
    message:
        f"Change from {FOLDERS['earlier']} to {FOLDERS['later']}"
    script:
        "../../scripts/change/change.py"
