"""What may change in a finished run of the tiny country, and exactly the jobs that each change must
run.

The expected jobs are written down by hand from what depends on what; nothing here asks the
workflow. `make test-rebuild` prints the table.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from checkout import Checkout
from matplotlib import get_data_path

FIGURES = {
    *(f"fig{n}" for n in range(1, 5)),
    *(f"figS{n}" for n in range(1, 9)),
    "supply_chains",
    "emissions_trends",
    "readings",
}
#: What ends every run whose figures, or tables, are new.
DRAWN = {"provenance", "summary", "start_page"}
END = {*DRAWN, "headline", "table_pages", "explorer"}
#: What reads intervals, and what an ensemble adds to a run.
INTERVALS = {"collect_warnings", "fig1", "fig2", "fig3", "fig4", *END}
ENSEMBLE = {"uncertainty", "uncertainty_report", "interval_coverage", *INTERVALS}
VARIANTS = {"variant_footprints/joint_gravity", "variant_footprints/demand_proxy"}
#: What reads footprints, directly or through others.
BELOW_FOOTPRINT = {
    *(
        "groups",
        "parameters",
        "super_emitters",
        "scenarios",
        "paper_comparison",
        "supply_paths",
        "audit",
        "pass_audit",
        "variants",
        "trends",
    ),
    *("paper_readings", "known_truth", "collect_warnings", "mrio_table", *FIGURES, *END),
}

#: Every job.
ALL = {
    *(
        "dataset",
        "balance_provinces",
        "province_trade",
        "province_mrio",
        "nest",
        "emissions",
        "footprint",
        "true_footprints",
    ),
    *(f"cities/P0{n}" for n in range(1, 6)),
    *(
        f"{rule}/{name}"
        for rule in ("variant", "variant_footprints")
        for name in ("joint_gravity", "demand_proxy")
    ),
    *("identified", "observations_use", "region_chains"),
    *BELOW_FOOTPRINT,
}


@dataclass(frozen=True)
class Change:
    """One change to a finished run."""

    name: str
    make: Callable[[Checkout], dict | None]
    """Changes the checkout; may return options of `Checkout.start`."""
    jobs: frozenset[str]
    """Jobs that must run, as rule or rule/wildcard."""


def touch_everything(checkout: Checkout) -> None:
    for path in checkout.folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path)


def switch_branch_and_back(checkout: Checkout) -> None:
    """A git repository of the checkout; on another branch, code, rules and configuration differ."""

    def git(*words: str) -> None:
        identity = (
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@example.org",
            "-c",
            "core.autocrlf=false",
        )
        subprocess.run(
            ["git", *identity, *words], cwd=checkout.folder, check=True, capture_output=True
        )

    git("init", "-q", "-b", "main")
    (checkout.folder / ".git/info/exclude").write_text(
        "results/\n.snakemake/\n__pycache__/\n", encoding="utf-8"
    )
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    git("switch", "-q", "-c", "other")
    for name in (
        "scripts/citymrio/base/labels.py",
        "scripts/citymrio/report/figures/fig1.py",
        "rules/cities.smk",
        "config/tiny.yaml",
    ):
        append(checkout, name, "# another branch\n")
    (checkout.folder / "scripts/citymrio/footprints/footprint.py").unlink()
    git("commit", "-q", "-a", "-m", "two")
    git("switch", "-q", "main")
    shutil.rmtree(checkout.folder / ".git")


def append(checkout: Checkout, name: str, text: str) -> None:
    path = checkout.folder / name
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def comment(name: str) -> Callable[[Checkout], None]:
    return lambda checkout: append(checkout, name, "# a comment\n")


def comment_in_plumbing(checkout: Checkout) -> None:
    for name in (
        "config/loading.py",
        "workflow/interrupt.py",
        "workflow/forks.py",
        "workflow/last_words.py",
    ):
        append(checkout, f"scripts/citymrio/{name}", "# a comment\n")


def configure(line: str) -> Callable[[Checkout], None]:
    """A section of the configuration, in place of the one before."""
    section = line.split(":")[0]

    def make(checkout: Checkout) -> None:
        path = checkout.folder / "config/tiny.yaml"
        text = re.sub(rf"^{section}: .*\n", "", path.read_text(encoding="utf-8"), flags=re.M)
        path.write_text(f"{text}{line}\n", encoding="utf-8")

    return make


def ensemble(members: int) -> Callable[[Checkout], None]:
    return configure(f"uncertainty: {{members: {members}}}")


def own_font(name: str, more: str = "") -> Callable[[Checkout], None]:
    """A font of matplotlib's as a file of the user's, and keys of the configuration that name it."""

    def make(checkout: Checkout) -> None:
        shutil.copyfile(Path(get_data_path()) / "fonts/ttf" / name, checkout.folder / "mine.ttf")
        append(checkout, "config/tiny.yaml", more)

    return make


def another_lock(checkout: Checkout) -> None:
    path = checkout.folder / "envs/run.lock"
    text, count = re.subn(
        r"^matplotlib==\S+", "matplotlib==99.0", path.read_text(encoding="utf-8"), flags=re.M
    )
    assert count == 1
    path.write_text(text, encoding="utf-8")


def another_matplotlib(checkout: Checkout) -> dict:
    """Python finds the metadata of matplotlib 99.0 before that of the one installed."""
    folder: Path = checkout.folder / "elsewhere/matplotlib-99.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: matplotlib\nVersion: 99.0\n", encoding="utf-8"
    )
    return {"path": folder.parent}


def rows(*changes: tuple[str, Callable, set[str]]) -> list[Change]:
    return [Change(name, make, frozenset(jobs)) for name, make, jobs in changes]


#: Changes that are made in the day too: of each kind the one that runs least.
DAY = {
    "nothing",
    "touch of every file",
    "git branch switched and back",
    "another line in run.lock",
    "comments in plumbing that no job loads",
    "comment in a figure's module",
    "scenario parameter (scenarios.demand_mode)",
}
#: In this order: each change stays, and the next one is made on top of it.
CHANGES = rows(
    ("nothing", lambda checkout: None, set()),
    ("touch of every file", touch_everything, set()),
    ("git branch switched and back", switch_branch_and_back, set()),
    ("another line in run.lock", another_lock, set()),
    ("comments in plumbing that no job loads", comment_in_plumbing, set()),
    (
        "comment in the models of the configuration",
        comment("scripts/citymrio/config/models.py"),
        ALL,
    ),
    (
        "comment in a figure's module",
        comment("scripts/citymrio/report/figures/fig3.py"),
        {"fig3", *DRAWN},
    ),
    (
        "look of figures",
        own_font("DejaVuSans.ttf", "figures: {dpi: 150, formats: [svg], font: mine.ttf}\n"),
        {*FIGURES, *DRAWN},
    ),
    ("a font that is replaced", own_font("STIXGeneral.ttf"), {*FIGURES, *DRAWN}),
    (
        "scenario parameter (scenarios.demand_mode)",
        configure("scenarios: {demand_mode: cut}"),
        {
            "scenarios",
            "collect_warnings",
            "paper_comparison",
            "paper_readings",
            "readings",
            "fig4",
            *END,
        },
    ),
    (
        "target of a scenario (scenarios.capital_target)",
        configure("scenarios: {demand_mode: cut, capital_target: 0.3}"),
        {
            "parameters",
            "scenarios",
            "collect_warnings",
            "paper_comparison",
            "paper_readings",
            "readings",
            *("fig3", "fig4", "figS1", "figS8"),
            *END,
        },
    ),
    (
        "an ensemble of 10 members",
        ensemble(10),
        {"uncertainty_members/0", "uncertainty_members/1", *ENSEMBLE},
    ),
    (
        "the ensemble grown to 20 members",
        ensemble(20),
        {"uncertainty_members/2", *ENSEMBLE},
    ),
    ("the ensemble shrunk to 10 members", ensemble(10), ENSEMBLE),
    ("the ensemble turned off", ensemble(0), INTERVALS),
    (
        "comment in the footprint module",
        comment("scripts/citymrio/footprints/footprint.py"),
        {"footprint", *VARIANTS, "true_footprints", *BELOW_FOOTPRINT, "identified"},
    ),
    ("another version of matplotlib installed", another_matplotlib, {*FIGURES, *DRAWN}),
)
