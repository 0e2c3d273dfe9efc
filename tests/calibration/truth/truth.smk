# Known truth: real multi-regional tables whose regions play the cities of a province (docs/accuracy.md). A workflow of its own, on
# one system or on a list of them:
#   make truth TRUTH=file.npz REGIONS=file.csv [SECTORS=file.csv] [GROUPS=5] [FIT=priors.csv]
#   make systems SYSTEMS=list.csv [TRUTH_DIR=folder] [TRADE_DIR=folder]
#   make interval-coverage SYSTEMS=list.csv [TRUTH_DIR=folder] [TRADE_DIR=folder] [MEMBERS=100]


include: "../../../rules/start.smk"


from dataclasses import asdict, replace

from citymrio.base.errors import CityMRIOError
from citymrio.config.models import Config, load_config
from known_truth.systems import FILES, System, read_systems
from known_truth.table import true_tables

HERE = BASE / "tests/calibration/truth"


def proof(script):
    """As `code`, of a script of this folder, which imports modules beside it and the library."""
    beside = closure(HERE / script, HERE, known=IMPORTS)
    library = {file for one in beside for file in closure(one, SCRIPTS, known=IMPORTS)[1:]}
    used = stamps(packages(library, SCRIPTS, IMPORTS), config)
    IMPORTS.save()
    return in_sources([*from_here([*beside, *sorted(library)]), *used])


USAGE = "make truth TRUTH=file.npz REGIONS=file.csv [SECTORS=file.csv] [GROUPS=5] [FIT=priors.csv]"
LIST = config.get("systems")
WORDS = {name: name.upper() for name in ("truth", "provinces", "groups", "seed", *FILES)}


def one_system():
    """The system that the command line names."""
    given = {name: str(config[name]) for name in WORDS if config.get(name)}
    if "truth" not in given:
        raise WorkflowError(f"TRUTH=file is missing. Usage: {USAGE}")
    system = System(Path(given["truth"]).stem, **given)
    for name in ("truth", *FILES):
        if name in given and not Path(given[name]).exists():
            raise WorkflowError(
                f"{WORDS[name]}={given[name]}: there is no such file. Usage: {USAGE}"
            )
    if not system.is_run and not system.regions:
        raise WorkflowError(f"REGIONS=file is missing. Usage: {USAGE}")
    if text := next(system.faults(), ""):
        raise WorkflowError(f"{text}. Usage: {USAGE}")
    return system


try:
    MEMBERS = config.get("members", "")
    if MEMBERS == 0:
        raise WorkflowError("MEMBERS=0: no interval is without members. Fix: give at least 2.")
    ENSEMBLE = load_config(
        {"uncertainty": {"members": 100 if MEMBERS == "" else MEMBERS}}, source="MEMBERS"
    )
    NAMED = (
        read_systems(LIST, *(config.get(name) or "" for name in ("truth_dir", "trade_dir")))
        if LIST
        else [one_system()]
    )
    FOUND = [system for system in NAMED if not system.is_absent]
    TRUTHS = {s.system: true_tables(s) for s in FOUND}
except (CityMRIOError, ValueError) as fault:
    raise WorkflowError(str(fault)) from None

ABSENT = ", ".join(system.system for system in NAMED if system.is_absent)
LEFT_OUT = (
    f"; left out, since their files are not here: {ABSENT} (TRADE_DIR=folder)" if ABSENT else ""
)
if not FOUND:
    raise WorkflowError(f"{LIST}: no system is here{LEFT_OUT}")
RESULTS = f"results/truth/{Path(str(LIST)).stem if LIST else FOUND[0].system}"
EACH = f"{RESULTS}/{{system}}" if LIST else RESULTS
for system in FOUND:
    named = {name: getattr(system, name) for name in ("truth", *FILES) if getattr(system, name)}
    refuse_clashes(
        {
            f"{name} of {system.system}" if LIST else WORDS[name]: path
            for name, path in named.items()
        },
        RESULTS,
    )
if LIST:
    refuse_clashes({"SYSTEMS": LIST}, RESULTS)
# A system that is fitted on another one takes its table of priors.
SYSTEMS = {
    s.system: replace(
        s, fit=EACH.format(system=s.fit) + "/priors.csv" if s.fit in TRUTHS else s.fit
    )
    for s in FOUND
}
# Systems of observed trade: no table, and no ensemble on it.
OF_TRADE = [system.system for system in FOUND if system.is_trade]
# The first system of every truth: the others of a list are the same table in other provinces.
FIRST = {s.truth: s.system for s in reversed(FOUND)}


include: "../../../rules/run.smk"


def system_of(wildcards):
    """The system of a job; there is one only where the command line names it."""
    return SYSTEMS[wildcards.system if LIST else FOUND[0].system]


if LIST:

    rule systems:
        """Accuracy of every method on every system of the list, in tables and a figure."""
        input:
            code=proof("systems.py"),
            accuracy=expand(f"{EACH}/accuracy.csv", system=SYSTEMS),
            about=expand(f"{EACH}/accuracy.json", system=SYSTEMS),
        output:
            table=f"{RESULTS}/systems.csv",
            differences=f"{RESULTS}/differences.csv",
            pdf=f"{RESULTS}/systems.pdf",
            png=f"{RESULTS}/systems.png",
            trade=(
                [f"{RESULTS}/systems_trade.{form}" for form in ("pdf", "png")]
                if 0 < len(OF_TRADE) < len(FOUND)
                else []
            ),
        log:
            f"{RESULTS}/systems.log",
        benchmark:
            f"{RESULTS}/systems.tsv"
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            fits={system.system: system.fit for system in FOUND},
        message:
            f"Known truth: {len(SYSTEMS)} systems side by side{LEFT_OUT}"
        script:
            "systems.py"

    rule system_spreads:
        """Spreads of what an ensemble draws, measured on one system."""
        input:
            code=proof("system_spreads.py"),
            truth=lambda wildcards: TRUTHS[wildcards.system],
            others=lambda wildcards: [
                path for name in FILES if (path := getattr(SYSTEMS[wildcards.system], name))
            ],
        output:
            spreads=f"{EACH}/spreads.csv",
        log:
            f"{EACH}/spreads.log",
        benchmark:
            f"{EACH}/spreads.tsv"
        resources:
            mem_mb=4000,
            runtime=10,
        params:
            system=lambda wildcards: asdict(SYSTEMS[wildcards.system]),
            # not read: the chain rests on these values
            defaults=Config().model_dump(mode="json", include={"cities", "solver", "emissions"}),
        message:
            "Known truth: spreads of what is drawn, {params.system[title]}"
        script:
            "system_spreads.py"

    rule system_coverage:
        """How many intervals of an ensemble hold the truth of one system."""
        input:
            code=proof("system_coverage.py"),
            truth=lambda wildcards: TRUTHS[wildcards.system],
            others=lambda wildcards: [
                path for name in FILES if (path := getattr(SYSTEMS[wildcards.system], name))
            ],
            spreads=lambda wildcards: [
                f"{RESULTS}/{other}/spreads.csv"
                for truth, other in FIRST.items()
                if truth != SYSTEMS[wildcards.system].truth
            ],
        output:
            coverage=f"{EACH}/coverage.csv",
            warnings=f"{EACH}/warnings_coverage.csv",
        log:
            f"{EACH}/coverage.log",
        benchmark:
            f"{EACH}/coverage.tsv"
        resources:
            mem_mb=4000,
            runtime=120,
        params:
            system=lambda wildcards: asdict(SYSTEMS[wildcards.system]),
            members=ENSEMBLE.uncertainty.members,
            # not read: the chain rests on these values
            defaults=ENSEMBLE.model_dump(
                mode="json", include={"cities", "solver", "emissions", "uncertainty"}
            ),
        message:
            "Known truth: {params.members} members on {params.system[title]}"
        script:
            "system_coverage.py"

    rule systems_coverage:
        """Coverage of intervals on every system of the list, in a table and a figure."""
        input:
            code=proof("systems_coverage.py"),
            coverage=expand(
                rules.system_coverage.output.coverage,
                system=[code for code in SYSTEMS if code not in OF_TRADE],
            ),
        output:
            table=f"{RESULTS}/coverage.csv",
            pdf=f"{RESULTS}/coverage.pdf",
            png=f"{RESULTS}/coverage.png",
        log:
            f"{RESULTS}/coverage.log",
        benchmark:
            f"{RESULTS}/coverage.tsv"
        resources:
            mem_mb=1000,
            runtime=10,
        message:
            f"Known truth: coverage of intervals on {len(SYSTEMS)- len(OF_TRADE)} systems{LEFT_OUT}"
        script:
            "systems_coverage.py"


rule truth:
    """Accuracy of every method on one system of known truth, and the priors fitted on it."""
    input:
        code=proof("truth.py"),
        truth=lambda wildcards: TRUTHS[system_of(wildcards).system],
        others=lambda wildcards: [
            path for name in FILES if (path := getattr(system_of(wildcards), name))
        ],
    output:
        accuracy=f"{EACH}/accuracy.csv",
        priors=f"{EACH}/priors.csv",
        about=f"{EACH}/accuracy.json",
        warnings=f"{EACH}/warnings.csv",
    log:
        f"{EACH}/truth.log",
    benchmark:
        f"{EACH}/truth.tsv"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        system=lambda wildcards: asdict(system_of(wildcards)),
        # not read: the methods that are tried, and the errors of what is told, rest on these values
        defaults=Config().model_dump(
            mode="json", include={"cities", "solver", "emissions", "uncertainty"}
        ),
    message:
        "Known truth: every method on {params.system[title]}"
    script:
        "truth.py"
