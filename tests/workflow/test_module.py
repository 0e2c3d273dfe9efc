"""Another workflow imports this one from a folder of its own: the page docs/use-as-module.md, word
for word.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from checkout import environment
from forked import snakemake

from citymrio.base.labels import read_table

pytestmark = pytest.mark.slow


def files_of(page: Path) -> dict[str, str]:
    """Name -> text of the files that a page shows: a name in backquotes and a colon, then a fenced
    block.
    """
    return dict(
        re.findall(
            r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$",
            page.read_text(encoding="utf-8"),
            flags=re.M | re.S,
        )
    )


class Importing:
    """The workflow of the page, in a folder beside a clone of citymrio."""

    def __init__(self, folder: Path, page: Path, checkout):
        self.clone = checkout(folder / "citymrio").folder
        self.folder = folder / "mine"
        for name, text in files_of(page).items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """What Snakemake prints; it must succeed."""
        words = ["--cores", "2", *arguments]
        code, text = snakemake(words, str(self.folder), environment())
        assert code == 0, text
        return text

    def planned(self, *arguments: str) -> set[str]:
        """Rules that would run."""
        text = self.run("--dry-run", *arguments)
        table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", text, flags=re.M | re.S)
        return {line.split()[0] for line in table[1].splitlines()} if table else set()


@pytest.fixture(scope="module")
def importing(tmp_path_factory, root, checkout) -> Importing:
    workflow = Importing(
        tmp_path_factory.mktemp("module"), root / "docs/use-as-module.md", checkout
    )
    workflow.run()
    return workflow


def test_the_importing_workflow_gets_the_tables(importing):
    regions = read_table(importing.folder / "accounts/results/tiny/tables/regions.csv")
    heaviest = read_table(importing.folder / "heaviest.csv")
    assert len(heaviest) == 10
    assert list(heaviest["region"]) == list(
        regions.sort_values("per_capita_t", ascending=False)["region"][:10]
    )


def test_everything_stays_behind_the_prefix_and_nothing_is_written_to_the_clone(importing):
    made = {path.name for path in importing.folder.iterdir()}
    assert made == {
        "Snakefile",
        "config.yaml",
        "profiles",
        "accounts",
        "heaviest.csv",
        ".snakemake",
    }
    assert not (importing.clone / "results").exists()
    assert not (importing.clone / ".snakemake").exists()


def test_the_tables_are_those_of_a_run_of_its_own_byte_by_byte(importing, finished):
    for name in ("tables/regions.csv", "nested/mrio.nc", "footprint/footprints.nc"):
        assert (importing.folder / "accounts/results/tiny" / name).read_bytes() == (
            finished.results() / name
        ).read_bytes()


def test_with_the_profile_of_the_page_a_touch_of_the_clone_runs_nothing_and_an_edit_runs_what_uses_it(
    importing,
):
    for path in importing.clone.rglob("*"):
        os.utime(path)
    assert importing.planned() == set()
    module = importing.clone / "scripts/citymrio/footprints/footprint.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text + "# a comment\n", encoding="utf-8")
    planned = importing.planned()
    module.write_text(text, encoding="utf-8")
    assert "citymrio_footprint" in planned
    assert not {rule.removeprefix("citymrio_") for rule in planned} & {
        "dataset",
        "balance_provinces",
        "cities",
        "nest",
        "emissions",
    }


def test_a_table_that_was_altered_behind_the_prefix_is_made_again(importing):
    path = importing.folder / "accounts/results/tiny/tables/regions.csv"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"1", b"2", 1))
    planned, text = importing.planned(), importing.run("--dry-run")
    path.write_bytes(whole)
    assert "citymrio_groups" in planned
    assert text.count("accounts/results/tiny: tables/regions.csv: is not what its job wrote.") == 1
    assert importing.planned() == set()


def test_the_whole_run_can_be_asked_for_and_every_path_gets_the_prefix_once(importing):
    planned = importing.planned("citymrio_all", "citymrio_mrio_table")
    assert {
        "citymrio_scenarios",
        "citymrio_fig1",
        "citymrio_summary",
        "citymrio_mrio_table",
    } <= planned
    assert "accounts/accounts" not in importing.run(
        "--dry-run", "citymrio_all", "citymrio_mrio_table"
    )


@pytest.mark.night
def test_from_a_repository_the_library_is_that_of_the_package_module_by_module(
    checkout, finished, root, tmp_path
):
    """As `module: github(...)`, from a repository on this disk."""
    repository, folder = checkout(tmp_path / "repository").folder, tmp_path / "mine"
    shutil.copy2(root / "pyproject.toml", repository)
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for words in (
        ["init", "--quiet"],
        ["add", "--force", "."],
        ["commit", "--quiet", "--message", "all"],
    ):
        subprocess.run([*git, *words], check=True)
    commit = subprocess.run(
        [*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    shutil.rmtree(repository / "scripts/citymrio")
    folder.mkdir()
    (folder / "Snakefile").write_text(
        f'module citymrio:\n    snakefile:\n        gitfile("{repository}", '
        f'path="workflow/Snakefile", commit="{commit}")\n'
        '    config:\n        {"run": "tiny", "dataset": {"kind": "synthetic", "size": '
        '"tiny"}}\n\n\n'
        "use rule * from citymrio as citymrio_*\n"
    )
    words = ["results/tiny/provinces/mrio.nc", "--cores", "1"]
    words += ["--rerun-triggers", "mtime", "params", "input", "--max-checksum-file-size", "100G"]

    def run(*more):
        return snakemake([*words, *more], str(folder), environment())

    code, text = run()
    assert code == 0, text
    made, whole = (
        folder / "results/tiny/provinces/mrio.nc",
        finished.results() / "provinces/mrio.nc",
    )
    assert made.read_bytes() == whole.read_bytes()
    library = json.loads((folder / "results/tiny/manifest/province_mrio.json").read_text())[
        "external"
    ]
    assert ".snakemake/citymrio/scripts/citymrio/provinces/mrio.py" in library
    assert all(not Path(name).is_absolute() for name in library)
    code, text = run("--dry-run")
    assert code == 0 and "Nothing to be done" in text, text


def test_a_wrong_key_of_the_modules_configuration_is_refused_with_its_name(importing):
    words = ["--cores", "1", "--dry-run", "--config", "citymrio={sice: tiny}"]
    code, text = snakemake(words, str(importing.folder), environment())
    assert code != 0
    assert "'sice'" in text
