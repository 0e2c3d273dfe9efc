# What every workflow of this folder begins with: where the library is, interruptions, the code that a script depends on.

from snakemake.utils import min_version

min_version("9.18.1")

import gc
import importlib.metadata
import importlib.util
import inspect
import os
import shlex
import sys
import tomllib
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod

# The workflow's own folder. `workflow.basedir` would be that of the workflow that uses this one as a module.
BASE = Path(os.path.abspath(inspect.currentframe().f_code.co_filename)).parent.parent
SCRIPTS = BASE / "scripts"
# A Snakefile that comes from a repository (`module: github(...)`, snakedeploy) takes the library from its package: a folder that
# holds the package alone, so that jobs with an environment of their own find it, and nothing else of this one.
PACKAGED = not SCRIPTS.is_dir()
if PACKAGED:
    SCRIPTS, package = Path(".snakemake/citymrio/scripts").absolute(), importlib.util.find_spec(
        "citymrio"
    )
    if package is None:
        raise WorkflowError(
            "The library citymrio is not installed. Fix: pip install 'citymrio[workflow]', of the same version."
        )
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    link, target = SCRIPTS / "citymrio", Path(package.origin).resolve().parent
    if link.resolve() != target:
        link.unlink(missing_ok=True)
        link.symlink_to(target)
# Snakemake puts the folders of Snakefiles before Python's own: a file random.py there would be taken for Python's module.
ours = {os.path.realpath(BASE), os.path.realpath(BASE / "rules")}
sys.path.sort(key=lambda folder: os.path.realpath(folder) in ours)
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))
# Jobs import the library from here, whatever else is installed, and nothing from the folder in which they are started.
os.environ.update(
    PYTHONPATH=os.pathsep.join([str(SCRIPTS), *filter(None, [os.environ.get("PYTHONPATH")])])
)
os.environ.update(PYTHONSAFEPATH="1")

from citymrio.workflow.versions import stamp_of_conda, stamps
from citymrio.base.errors import CityMRIOError
from citymrio.config import places
from citymrio.workflow import manifest
from citymrio.workflow.code import KNOWN, ParsedImports, closure, packages
from citymrio.workflow.forks import environment, fork_scripts
from citymrio.workflow.inside import inside
from citymrio.workflow.interrupt import handle_interrupts
from citymrio.workflow.verify import made_by, refuse_unfinished

# Whether this is a workflow of our own, not one which imports it; and the process that the user started.
OURS = OWN_RUN = False
with inside("Ctrl-C is Snakemake's: it waits for jobs"):
    OURS = Path(workflow.main_snakefile).resolve().is_relative_to(BASE.resolve())
    OWN_RUN = OURS and workflow.is_main_process


def interrupted():
    """Said at Ctrl-C and SIGTERM."""
    text = "Interrupted: results are kept; the same command resumes the run."
    logger.error(text, extra={"citymrio": "interrupted"})


if OWN_RUN:
    handle_interrupts(interrupted)
    # Ctrl-C goes to every process of the terminal: jobs leave it to us, and are ended by us without a word.
    shell.prefix("set -euo pipefail; trap '' INT; ")
if fault := not PACKAGED and places.path_fault("the folder of citymrio", BASE):
    raise WorkflowError(str(fault))
os.environ.update(environment())
# Snakemake starts Python by its path without quotes, which a blank or an apostrophe in that path breaks.
sys.executable = shlex.quote(sys.executable)
fork_scripts(SCRIPTS, BASE / "tests/calibration")
IMPORTS = ParsedImports(KNOWN)
# Whether jobs run in an environment that conda makes, apart from the one that runs Snakemake.
CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
# Snakemake's modules stay until the end: Python need not look through them for garbage while jobs are found.
gc.freeze()


def as_they_are(paths):
    """Files that the workflow does not make: the `prefix` of a module that uses this one is not put before them."""
    return [local(str(path)) for path in paths]


def fonts_of(figures):
    """Font files that the section `figures` names: inputs of what is drawn, so that a font that is replaced draws it anew."""
    if lacking := [path for path in figures.font if not Path(path).is_file()]:
        raise WorkflowError(
            f"'figures.font' is {lacking[0]}: there is no such file. Fix: name the file of a font (.ttf, .otf)."
        )
    return as_they_are(figures.font)


def spoken_by(figures, language):
    """The language of pictures: that of the pages, where a font of the section `figures` has its letters, else English."""
    if language == "en":
        return language
    from citymrio.report.figures import fonts  # imports matplotlib

    if not (letters := fonts.lacking(figures.font, language)):
        return language
    if workflow.is_main_process:
        logger.warning(
            f"'report.language' is {language}, but no font has its letters ({letters[:8]} ...): pictures of figures stay in "
            "English. Fix: name the file of a font that has them in 'figures.font' (Noto Sans CJK SC, say; "
            "docs/bring-your-own-data.md)."
        )
    return "en"


def as_in(run, figures):
    """The section `figures` and the language of pictures of what is made from a finished run: fonts and language as its record has."""
    made = made_by(Path(run)) or {}
    if not figures.font:
        font = made.get("figures", {}).get("font", [])
        there = tuple(path for path in font if Path(path).is_file())
        if workflow.is_main_process and (gone := [path for path in font if path not in there]):
            logger.warning(
                f"{run} was drawn with the font {gone[0]}, which is not there: figures go without it. Fix: put the file back."
            )
        figures = figures.model_copy(update={"font": there})
    return figures, spoken_by(figures, made.get("report", {}).get("language", "en"))


def in_sources(paths):
    """Files of the workflow itself: as they are, too, but a job that finds them among its sources need not run here.

    Without a shared file system, Snakemake runs every job with a `local` input on the machine that it was started on.
    """
    with inside("jobs on nodes without a shared file system run here"):
        from snakemake.io import flag
        from snakemake.path_modifier import PATH_MODIFIER_FLAG

        return [flag(str(path), PATH_MODIFIER_FLAG) for path in paths]
    return as_they_are(paths)


def in_repository(name):
    """A file beside the library; where only its package is here, a copy of what the repository has, at a place that stays the same."""
    if not PACKAGED:
        return BASE / name
    content, here = Path(workflow.source_path(f"../{name}")).read_bytes(), SCRIPTS.parent / name
    if not here.is_file() or here.read_bytes() != content:
        here.parent.mkdir(parents=True, exist_ok=True)
        here.write_bytes(content)
    return here


if PACKAGED:
    said = tomllib.loads(in_repository("pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]
    if said != (have := importlib.metadata.version("citymrio")):
        raise WorkflowError(
            f"The workflow is citymrio {said}, the library here is {have}. Fix: install the library of {said}."
        )


def code(script, *also):
    """A script and every library module it imports, however indirectly, so that an edit of one of them makes the jobs run anew.

    Versions of the packages that the files import count as well, and of those that these require.
    """
    files = closure(in_repository(f"scripts/{script}"), SCRIPTS, also=also, known=IMPORTS)
    used = packages(files, SCRIPTS, IMPORTS)
    IMPORTS.save()
    return in_sources(
        [*from_here(files), *([stamp_of_environment()] if CONDA else stamps(used, config))]
    )


def stamp_of_environment():
    """What is installed in the environment that conda has made for the jobs."""
    prefix = workflow.deployment_settings.conda_prefix or ".snakemake/conda"
    return stamp_of_conda(prefix, in_repository("envs/run.yaml"))


def from_here(paths):
    """Paths as seen from the working folder, so that records name no folder of the machine."""
    inside = f"{Path.cwd()}{os.sep}"
    return [Path(str(path).removeprefix(inside)) for path in paths]


def finished(word, given, usage, names, also=()):
    """The folder of a finished run that a word of the command line gives, with the files that are read of it as its jobs wrote them."""
    folder, names = Path(str(given or "")), [*names, *also]
    if not given or not folder.is_dir():
        raise WorkflowError(
            f"there is no run in '{given or ''}' ({word}): run it first. Usage: {usage}"
        )
    if workflow.is_main_process:
        try:
            refuse_unfinished(folder, [*names, "audit_passed.json", "provenance.json"])
        except CityMRIOError as fault:
            raise WorkflowError(f"{word}: {fault}") from None
    if lacking := [name for name in (*names, "audit_passed.json") if not (folder / name).is_file()]:
        what, fix = "is not finished", "Fix: run the command that makes it first."
        if lacking[0] in also:
            what, fix = "has no truth", f"Usage: {usage}"
        raise WorkflowError(f"{folder} {what}: {lacking[0]} is missing ({word}). {fix}")
    if workflow.is_main_process:
        for kind, unlike in manifest.unlike_records(folder, names).items():
            said = f"{folder}: {manifest.list_some(unlike)}: {manifest.KINDS[kind]} ({word})."
            if kind == "altered":
                raise WorkflowError(
                    f"{said} Fix: the command that made the run makes this again; `make verify CONFIG=...` names all that is altered."
                )
            logger.warning(f"{said} It is used as it is.")
    return folder


def refuse_clashes(files, results):
    """Stop if a file that the command line names (its word -> the file) lies among the results, or these in it."""
    for word, file in files.items():
        if fault := places.path_fault(word, file):
            raise WorkflowError(str(fault))
        if how := places.clash(Path(file), Path(results), f"the results of this run ({results})"):
            raise WorkflowError(str(places.refusal(word, file, how)))
