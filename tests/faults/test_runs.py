"""Bad inputs through Snakemake: exit status, the one message, nothing half-written, the next
correct run unharmed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from checkout import environment
from damage import cell
from forked import snakemake

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TARGET = "results/mine/dataset"
ONE = ("Snakefile", "workflow", "config", "profiles", "rules", "scripts", "envs")


@pytest.fixture
def checkout(toys, tmp_path):
    """The workflow in a folder with a blank, quotes and Chinese characters in its name, and the toy
    country in another.
    """
    folder = tmp_path / "my 'own' 城市"
    folder.mkdir()
    for part in ONE:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)
    shutil.copytree(toys["folder"], folder / "данные 1")
    text = 'run: mine\ndataset: {kind: user, raw_dir: "данные 1", year: 2020}\n'
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return folder


def run(checkout: Path) -> tuple[int, str]:
    words = [TARGET, "--cores", "1", "--configfile", "mine.yaml"]
    return snakemake(words, str(checkout), environment())


def left_over(checkout: Path) -> list[str]:
    return sorted(
        str(path.relative_to(checkout))
        for path in checkout.glob("results/mine/dataset/**/*")
        if path.is_file()
    )


def test_a_damaged_country_is_refused_and_the_mended_one_runs_in_a_folder_with_an_awkward_name(
    checkout,
):
    table = checkout / "данные 1/regions.csv"
    sound = table.read_bytes()
    cell("regions", 0, "gdp", "1,417,950")(table.parent)
    code, text = run(checkout)
    assert code != 0
    assert "Traceback" not in text
    messages = [line for line in text.splitlines() if line.startswith("  rule dataset: ")]
    assert len(messages) == 1, text
    assert (
        "regions.csv: row 15, column 'gdp' is '1,417,950', with thousands separators" in messages[0]
    )
    assert left_over(checkout) == []
    table.write_bytes(sound)
    code, text = run(checkout)
    assert code == 0, text
    assert "results/mine/dataset/provinces/NO.nc" in left_over(checkout)


def test_a_configuration_that_would_run_a_program_is_refused_and_runs_nothing(checkout):
    (checkout / "mine.yaml").write_text(
        'run: !!python/object/apply:os.system ["touch ran"]\n', encoding="utf-8"
    )
    code, text = run(checkout)
    assert code != 0
    assert (
        "Config file is not valid JSON or YAML" in text
    )  # Snakemake reads it first; make check-data says where and why
    assert "Traceback" not in text
    assert not (checkout / "ran").exists()


def test_results_that_cannot_be_written_are_refused(checkout):
    (checkout / "results").write_text("a file\n", encoding="utf-8")
    code, text = run(checkout)
    assert code != 0
    assert "results" in text
    assert (checkout / "results").read_text(encoding="utf-8") == "a file\n"
