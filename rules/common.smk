# Helpers only: the typed configuration, paths, files of the dataset.

import csv
import json
import re
import shutil
from copy import copy
from functools import cache

from citymrio.assessment.ensemble.layout import FEWEST, blocks
from citymrio.assessment.paper import stands_beside_the_paper
from citymrio.assessment.paper.readings.chains import other_method, variants_read
from citymrio.base.errors import CityMRIOError, DataErrors
from citymrio.base.files import corrections_beside, files_below
from citymrio.base.vocabulary import CO2
from citymrio.base.words import in_country_words, set_words
from citymrio.config import kinds
from citymrio.config.kinds import reads
from citymrio.config.loading import merged, read_configs, read_yaml
from citymrio.config.models import load_config
from citymrio.dataset.named import check_stressor
from citymrio.dataset.sources import SOURCES
from citymrio.report import pages
from citymrio.report.language import known
from citymrio.report.pages import SHOWN

# The configuration of a run for which the command line names none.
DEFAULT = "config/config.yaml"


def configuration():
    """The configuration, read by the reader of `make check-data`; that of a module is what the importing workflow gives."""
    if not OURS:
        given = workflow.modifier.skip_configfile or workflow.overwrite_configfiles
        return load_config(
            config if given else merged([read_yaml(DEFAULT), config]), source="config of the module"
        )
    given, here = workflow.config_settings, Path.cwd()
    files = given.configfiles or ([] if given.replace_workflow_config else [Path(DEFAULT)])
    names = [path.relative_to(here) if path.is_relative_to(here) else path for path in files]
    return read_configs(names, given.config_args or (), by_snakemake=bool(given.configfiles))


CONFIG = None
try:
    with inside("the configuration cannot be read"):
        CONFIG = configuration()
    if CONFIG is None:
        raise WorkflowError(
            "stopped, as the line above says. Fix: install the Snakemake of envs/run.lock."
        )
    with inside("inputs that lie among the results are not refused"):
        if workflow.is_main_process:
            prefixed = workflow.modifier.path_modifier.modify(
                f"results/{CONFIG.run}"
            )  # where a module has a prefix
            places.check(CONFIG, BASE, str(prefixed))
except CityMRIOError as fault:
    raise WorkflowError(str(fault)) from None

# Names of the cluster that nobody has filled in: said once here, not by every submission.
asked = []
with inside("placeholders in the names of a cluster are not looked for"):
    settings = workflow.resource_settings
    asked = [settings.default_resources or {}, *(settings.overwrite_resources or {}).values()]
values = [
    (name, str(getattr(value, "raw", value))) for given in asked for name, value in given.items()
]
placeholders = [f"{name}: {value}" for name, value in values if re.search(r"<\w+>", value)]
if placeholders:
    raise WorkflowError(
        f"{', '.join(placeholders)} is a placeholder. Put your cluster's name in its place (profiles/slurm/config.yaml, or the "
        "command line), or leave the line out for the cluster's default; see docs/cluster.md."
    )

RESULTS = f"results/{CONFIG.run}"
DATASET = f"{RESULTS}/dataset"
TABLES = f"{RESULTS}/tables"
NESTED = f"{RESULTS}/nested/mrio.nc"
RAW = f"{RESULTS}/raw.csv"
CITY = f"{RESULTS}/cities/{{province}}"
# The language of pictures.
DRAWN_IN = spoken_by(CONFIG.figures, CONFIG.report.language)
# Formats of figures besides PNG, which the report shows.
VECTOR = [kind for kind in CONFIG.figures.formats if kind != "png"]
# A multi-regional table that is given takes the place of provinces, cities and nesting.
GIVEN = CONFIG.dataset.kind == kinds.GIVEN
# The variant that is the estimate by the other method; a given table has none.
OTHER_METHOD = None if GIVEN else other_method(CONFIG)
# A dataset that brings the truth is one that was made from it.
TRUTH = CONFIG.dataset.kind == "synthetic"
# The paper's numbers stand beside a run only where that makes sense.
PAPER = stands_beside_the_paper(CONFIG.dataset.kind, CONFIG.dataset.year)
# A reading of the paper's text that needs other tables or emissions takes those of a variant, where one has them.
READ_VARIANTS = variants_read(CONFIG) if PAPER else []
VARIANT_SECTIONS = ("provinces", "cities", "solver", "emissions")


# What rules run under where conda makes the environment (--sdm conda), seen from rules/.
ENVIRONMENT = "../envs/run.yaml"


def log_of(job):
    """The log of a job: the name of its rule, with its wildcards as `rule/{wildcard}`."""
    return f"{RESULTS}/logs/{job}.log"


def benchmark_of(job):
    """The times and memory of a job, named as for `log_of`."""
    return f"{RESULTS}/benchmarks/{job}.tsv"


def memory(megabytes):
    """Resource function: memory of a job in MB, as much again with every further attempt (a cluster kills what takes more).

    What a job takes is measured (results/<run>/benchmarks); on a cluster, the Snakemake processes that start it come on top.
    """
    return lambda wildcards, attempt: megabytes * attempt


def memory_of_table(megabytes):
    """The same for jobs that hold the nested table: a table that is given may be dense, of 13,146 rows."""
    return memory(4000 if GIVEN else megabytes)


# Threads of jobs that solve with the nested table: the factorisation of a large dense one takes two (citymrio.nested.leontief).
THREADS_OF_TABLE = 2 if GIVEN else 1


def of_variants(name):
    """One file of every variant that readings are computed from."""
    return [f"{RESULTS}/variants/{variant}/{name}.nc" for variant in READ_VARIANTS]


def section(name):
    """One section of the configuration with every default filled in, to be the only part of it that a job sees."""
    return dict(sorted(getattr(CONFIG, name).model_dump(mode="json").items()))


def shipped(path):
    """A file named in the configuration: in the working folder, else beside the Snakefile."""
    if PACKAGED and not Path(path).exists():
        return str(in_repository(path))
    return places.find_shipped(path, BASE)


# Captions and titles of the report are in the words of the country, once its dataset is there.
try:
    about = json.loads(Path(DATASET, "dataset.json").read_text(encoding="utf-8"))
except (OSError, ValueError):  # not there yet, or damaged, which the run finds
    about = {}
set_words(about if isinstance(about, dict) else {})


def spoken(text, begins="report"):
    """Words of the report in the language of the pages (`report.language`)."""
    return known(f"{begins}.{text}", CONFIG.report.language, in_country_words(text))


def labelled(**labels):
    """Labels of a file in the report, in the language of the pages."""
    return {spoken(name): spoken(text) for name, text in labels.items()}


def caption_of(name):
    """A caption of the library, in the language of the pages (`<name>.<language>.rst`); where the country has words of its own a copy
    in these, beside Snakemake's files."""
    language = CONFIG.report.language
    name = f"{name}.rst" if language == "en" else f"{name}.{language}.rst"
    text = (SCRIPTS / "citymrio/report" / name).read_text(encoding="utf-8")
    if (said := in_country_words(text, language)) == text:
        return f"../scripts/citymrio/report/{name}"
    copy = Path(f".snakemake/citymrio/captions/{CONFIG.run}/{name}").absolute()
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(said, encoding="utf-8")
    return str(copy)


# Categories of the report. Snakemake sorts them, and what is in them, by the alphabet: the numbers keep the order.
REPORT = {
    key: f"{n} {spoken(name)}"
    for n, (key, name) in enumerate(
        {
            "start": "Start here",
            "figures": "Figures",
            "tables": "Tables",
            "uncertainty": "Uncertainty",
        }.items(),
        1,
    )
}
GROUPS = {
    group: f"{n} {spoken(group, 'start.pages')}"
    for n, group in enumerate(dict.fromkeys(entry.group for entry in SHOWN.values()), 1)
}
PLACES = {table: f"{n:02}" for n, table in enumerate(SHOWN, 1)}
# Pages of the first category, in their order.
FIRST_PAGES = ("The run in one page", "How sure are the results?", "What is worth collecting?")


def in_report(path, table, form):
    """The path of a table, or of its page, with its place in the report of the run."""
    title = pages.page_name(SHOWN[table].title, CONFIG.report.language)
    return report(
        path,
        caption=caption_of(f"captions/tables/{table}"),
        category=REPORT["tables"],
        subcategory=GROUPS[SHOWN[table].group],
        labels=labelled(**{"no.": PLACES[table], "table": title, "as": form}),
    )


def start_here(path, title):
    """The path of a page that the report begins with; its caption has its name."""
    return report(
        path,
        caption=caption_of(f"captions/{Path(path).parent.name}/{Path(path).stem}"),
        category=REPORT["start"],
        labels=labelled(**{"no.": str(FIRST_PAGES.index(title) + 1), "page": title}),
    )


def ensemble_table(path, table, shows):
    """The path of a table of the ensemble, with its place in the report among the ensemble's figures."""
    return report(
        path,
        caption=caption_of(f"captions/tables/{table}"),
        category=REPORT["uncertainty"],
        labels=labelled(figure=f"{table} (CSV)", shows=shows),
    )


def shown(table):
    """The path of a table of the run, with its place in the report where it has one."""
    path = f"{TABLES}/{table}.csv"
    return in_report(path, table, "spreadsheet (CSV)") if table in SHOWN else path


def dataset_folder():
    """The folder of the dataset, known once the checkpoint has run."""
    folder = checkpoints.dataset.get().output.folder
    with inside("a dataset in a storage cannot be read"):
        return from_storage(folder) if folder.is_storage else Path(folder)
    return Path(folder)


@cache
def from_storage(folder):
    """A copy of a folder that a storage plugin keeps, to be read here: Snakemake removes its own copies as jobs end."""
    here, kept = Path(f".snakemake/citymrio/{folder}"), copy(folder.storage_object)
    shutil.rmtree(here, ignore_errors=True)
    here.parent.mkdir(parents=True, exist_ok=True)
    kept.set_local_path(here)
    kept.retrieve_object()
    return here


def dataset(name, optional=False):
    """Input function: a file of the dataset, known once the checkpoint has run. Content decides what runs anew."""

    def path(wildcards):
        folder = dataset_folder()
        file = name.format(**wildcards)
        return f"{DATASET}/{file}" if (folder / file).exists() or not optional else []

    return path


# Where figures in another language take the local names of regions from.
LOCAL = [] if DRAWN_IN == "en" else dataset("regions.csv")


def if_stressors(path):
    """Input function: a file on further stressors, none where the dataset has no table of them."""
    return lambda wildcards: path if dataset("stressors.csv", optional=True)(wildcards) else []


def if_named(accounts):
    """Input function: the accounts of all stressors; refused where the dataset lacks the one that the configuration names."""

    def path(wildcards):
        try:
            check_stressor(CONFIG.analysis.stressor, dataset_folder())
        except CityMRIOError as fault:
            raise WorkflowError(str(fault)) from None
        return accounts

    return path


def datasets(names):
    """Input function: several tables of the dataset."""
    return lambda wildcards: [dataset(f"{name}.csv")(wildcards) for name in names]


def province_codes():
    """Codes of the provinces, in the order of regions.csv."""
    with open(dataset_folder() / "regions.csv", encoding="utf-8", newline="") as table:
        return list(dict.fromkeys(row["province"] for row in csv.DictReader(table)))


def per_province(pattern):
    """Input function: `pattern` for every province."""

    def paths(wildcards):
        return [pattern.format(province=province) for province in province_codes()]

    return paths


@cache
def names_of_extras():
    """Names of the extra observations that the dataset has."""
    found = set()
    for path in dataset_folder().glob("extras/*.csv"):
        with open(path, encoding="utf-8", newline="") as table:
            found |= {row["extra"] for row in csv.DictReader(table)}
    return sorted(found)


def extra_observations(wildcards):
    """Input function: the extra observations of a province, none where it has none; names that the dataset lacks are refused."""
    path = dataset("extras/{province}.csv", optional=True)(wildcards)
    if lacking := [name for name in CONFIG.cities.extras if name not in names_of_extras()]:
        has = ", ".join(names_of_extras()) or "no extra observations"
        raise WorkflowError(
            f"'cities.extras' names '{lacking[0]}'; the dataset has {has}. Fix: correct the name."
        )
    return path


def each_variant(name):
    """A file of every variant."""
    return [f"{RESULTS}/variants/{variant}/{name}" for variant in sorted(CONFIG.variants)]


def of_ensemble(name, own):
    """A file of the variant that is the method of the ensemble; the run's own where no variant is."""
    variant = CONFIG.variant_of_ensemble
    return own if variant is None else f"{RESULTS}/variants/{variant}/{name}"


def each_province(name):
    """Input function: a file of the dataset for every province that has it."""

    def paths(wildcards):
        folder = dataset_folder()
        files = [name.format(province=province) for province in province_codes()]
        return [f"{DATASET}/{file}" for file in files if (folder / file).exists()]

    return paths


def corrected_tables(wildcards):
    """Input function: the provincial tables of a dataset with corrected cells, none without them."""
    corrected = dataset("corrections.csv", optional=True)(wildcards)
    return each_province("provinces/{province}.nc")(wildcards) if corrected else []


def dataset_files(wildcards):
    """Input function: every file of the dataset that an estimate reads.

    Not the truth, other years or further stressors, nor what is said of it.
    """
    folder = dataset_folder()
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    apart = ("warnings.csv", "read.csv", "emissions_history.csv", "stressors.csv")
    said = {folder / name for name in apart}
    return sorted(
        f"{DATASET}/{path.relative_to(folder)}"
        for path in files
        if path.parent.name != "truth" and path not in said
    )


def given_tables():
    """Tables of priors, distances and meanings that the configuration names, for jobs that make a whole estimate, of variants too."""
    every = [CONFIG, *(CONFIG.with_variant(name) for name in CONFIG.variants)]
    return as_they_are(
        sorted(
            {
                path
                for c in every
                for path in (c.cities.priors, c.cities.distances, c.provinces.concordance)
                if path
            }
        )
    )


def sources_lists():
    """Sources lists that the run reads, and the folder that holds the files of each (None: they are downloaded)."""
    if not reads(CONFIG.dataset.kind, "sources"):
        return {}
    parts = [CONFIG.dataset, *([CONFIG.dataset.of_extras] if CONFIG.dataset.extras else [])]
    return {shipped(part.sources): part.raw_dir for part in parts}


def raw_files():
    """Raw files that a folder already holds: an altered one is noticed."""
    found = []
    for path, folder in sources_lists().items():
        if folder is not None:
            with open(path, encoding="utf-8", newline="") as table:
                rows = list(csv.DictReader(table))
            names = [
                name
                for row in rows
                for name in [row["file"], *row.get("found_at", "").split(";")]
                if name
            ]
            found += [place for name in names if (place := Path(folder) / name).is_file()]
    return as_they_are(found)


def refuse_downloads():
    """Refuse, before anything runs, to download what the run has taken from a folder that is not named this time.

    Where a download fails, the results have lost the list of raw files, and so their pages.
    """
    if None in sources_lists().values() and Path(RAW).is_file():
        # a damaged list is made again, not read
        with open(RAW, encoding="utf-8", errors="replace", newline="") as table:
            taken = [Path(row.get("path") or "") for row in csv.DictReader(table)]
        named = [CONFIG.dataset.downloads, *filter(None, sources_lists().values())]
        left = [
            path for path in taken if path.is_file() and not any(map(path.is_relative_to, named))
        ]
        if left:
            raise WorkflowError(
                f"{RESULTS} was made from raw files such as {left[0]}; without raw_dir they would be downloaded. "
                f"Fix: name the folder again (make ... RAW_DIR=..., or --config 'dataset={{raw_dir: ...}}'), or remove {RAW} to download them."
            )


def dataset_sources():
    """What the dataset is made from, by kind."""
    if reads(CONFIG.dataset.kind, "sources"):
        folder = Path(shipped(CONFIG.dataset.classification))
        lists = {
            *files_below(folder)[0],
            *folder.glob("*.csv"),
            *(folder.parent / "china").glob("*.csv"),
        }
        return {
            "raw": RAW,
            "sources": [local(path) for path in sources_lists()],
            "lists": as_they_are(sorted(lists)),
        }
    if reads(CONFIG.dataset.kind, "raw_dir") and CONFIG.dataset.raw_dir:
        files, faults, _ = files_below(CONFIG.dataset.raw_dir)
        if faults:
            raise WorkflowError(str(DataErrors(faults)))
        return {"files": as_they_are(files)}
    return {}


def dataset_params(*names):
    """The dataset section with its paths found, and of the named keys only."""
    values = section("dataset")
    values |= {
        name: shipped(values[name]) for name in ("sources", "classification", "extras_sources")
    }
    return {name: values[name] for name in names} if names else values


def variant_params(wildcards):
    """The sections of the configuration that an estimate reads, with the keys of the variant in place."""
    changed = CONFIG.with_variant(wildcards.variant)
    return {
        name: dict(sorted(getattr(changed, name).model_dump(mode="json").items()))
        for name in VARIANT_SECTIONS
    }


def from_elsewhere(table):
    """A table that the configuration names, and the list of what its sectors mean here."""
    return as_they_are(filter(None, (table, table and CONFIG.provinces.concordance)))


def enough_members(wildcards):
    """Input function without a file: refuses, before anything runs, an ensemble too small to tell the value of data."""
    if 0 < CONFIG.uncertainty.members < FEWEST:
        raise WorkflowError(
            f"uncertainty.members is {CONFIG.uncertainty.members}: too few to tell the value of data, which needs at least {FEWEST}. "
            "Fix: set it, such as make value-of-data MEMBERS=100."
        )
    return []


def left_out_params(wildcards):
    """The sections of the configuration that a prediction of left-out data reads, those of `cities` by the ensemble's method.

    Extra observations are kept apart.
    """
    sections = {
        name: section(name) for name in ("solver", "emissions", "uncertainty", "validation")
    }
    cities = CONFIG.of_ensemble.cities.model_dump(mode="json") | {"extras": []}
    return {**sections, "cities": dict(sorted(cities.items()))}


def every_nth_draw(wildcards):
    """Draws of one part of the validation: every n-th from 1 to the last."""
    part, parts = map(int, wildcards.scatteritem.split("-of-"))
    return list(range(part, CONFIG.validation.members + 1, parts))


def each_block(pattern):
    """Input function: `pattern` for every block of the ensemble; without members there is none."""

    def paths(wildcards):
        if not CONFIG.uncertainty.members:
            raise WorkflowError(
                "uncertainty.members is 0: no ensemble. Fix: set it, such as make uncertainty MEMBERS=200."
            )
        return [pattern.format(block=block) for block in blocks(CONFIG.uncertainty.members)]

    return paths
