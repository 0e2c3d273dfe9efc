"""Sound data that a configuration cannot serve, awkward data that must be served, and disks that refuse."""

from __future__ import annotations

import errno
import os
import re
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import catalogue
import damage
import pytest

from citymrio.check_data import main
from citymrio.config import Config, Dataset, load_config
from citymrio.dataset import DatasetFolder
from citymrio.datasets.user import build
from citymrio.errors import CityMRIOError
from citymrio.labels import write_json, write_table
from citymrio.variants import estimate
from citymrio.workflow import message


@pytest.mark.parametrize("case", catalogue.CHAIN, ids=[case.name for case in catalogue.CHAIN])
def test_what_the_data_cannot_serve_is_refused(case, toys):
    data, values = DatasetFolder.read(toys["contract"]), dict(case.damage)
    if "national" in values:
        data = replace(data, national=values.pop("national"))
    with pytest.raises(CityMRIOError) as error:
        estimate(data, load_config(values))
    assert re.search(case.expect, str(error.value)), str(error.value)


def served(copy_of, tmp_path, change):
    folder = copy_of("folder")
    change(folder)
    build(Dataset(kind="user", raw_dir=str(folder), year=2020), tmp_path / "out")
    return estimate(DatasetFolder.read(tmp_path / "out"), Config())


def test_names_in_any_script_and_with_quotes_are_served(copy_of, tmp_path):
    def change(folder):
        for row, name in enumerate(("北京", "Київ", "L'Île-d'Or", 'Port "A"', "القاهرة")):
            damage.cell("regions", row, "name", name)(folder)
        damage.cell("sectors", 0, "name", "农业; ловля, 50%")(folder)

    result = served(copy_of, tmp_path, change)
    assert result.footprints["cba"].sizes["region"] == 5
    assert "Київ" in (tmp_path / "out/regions.csv").read_text(encoding="utf-8")


def test_codes_called_NA_and_None_are_served(copy_of, tmp_path):
    def change(folder):
        for name in ("sectors", "bridge", "observations", "provinces/NO", "provinces/SO", "national"):
            path = folder / f"{name}.csv"
            path.write_text(re.sub(r"\bAGR\b", "NA", path.read_text(encoding="utf-8")), encoding="utf-8")

    result = served(copy_of, tmp_path, change)
    assert "NA" in result.nested.sectors


def test_a_single_city_that_holds_nearly_everything_is_served(copy_of, tmp_path):
    def change(folder):
        for row in (4, 5, 6):
            damage.scaled("observations", row, "value", 0.02)(folder)
        damage.scaled("regions", 1, "gdp", 0.02)(folder)
        damage.scaled("observations", 7, "value", 0.02)(folder)

    result = served(copy_of, tmp_path, change)
    output = result.nested.dataset["output"].sum("sector")
    assert float(output.sel(region="N1")) > 20 * float(output.sel(region="N2"))


def planted(folder):
    """Twelve problems in nine files."""
    damage.several(
        damage.cell("regions", 0, "gdp", "1,417,950"),
        damage.cell("regions", 2, "lat", "95"),
        damage.cell("fuels", 1, "emission_factor", "20%"),
        damage.cell("observations", 0, "sectors", "AGX"),
        damage.cell("observations", 1, "value", "-5"),
        damage.cell("inventory", 0, "fuel", "peat"),
        damage.without_row("bridge", 0),
        damage.cell("provinces/NO", 0, "exports", "11000"),
        damage.cell("provinces/SO", 2, "sector", "MAM"),
        damage.info("currency", "dollars"),
        damage.cell("benchmarks", 0, "value", ""),
        damage.geometry("N1", catalogue.BOW),
    )(folder)


PLANTED = (
    "column 'gdp' is '1,417,950', with thousands separators",
    "column 'lat' is 95; expected at most 90",
    "column 'emission_factor' is '20%', a percentage",
    "column 'sectors' is 'AGX'; expected a code of sectors (did you mean 'AGR'?)",
    "column 'value' is -5; expected at least 0",
    "column 'fuel' is 'peat'; expected a code of fuels",
    "inventory sector '1' has no sector in the bridge",
    "the row of sector AGR adds up to 501000, its output is 500000",
    "the row of sector 'MAN' is missing (there is 'MAM')",
    "key 'currency' is 'dollars'; expected a code of three letters",
    "column 'value' is empty; expected a value",
    "polygon of region 'N1' is not valid",
)


def test_check_data_lists_all_planted_problems_of_a_damaged_folder_in_one_go(copy_of, tmp_path, capsys):
    folder, config = copy_of("folder"), tmp_path / "config.yaml"
    config.write_text(f"dataset: {{kind: user, raw_dir: '{folder}', year: 2020}}\n", encoding="utf-8")
    assert main([str(config)]) == 0
    assert "no fault" in capsys.readouterr().out
    planted(folder)
    assert main([str(config)]) == 1
    text = capsys.readouterr().out
    assert [part for part in PLANTED if part not in text] == []
    assert f"{len(PLANTED)} faults in" in text
    heads = [line for line in text.splitlines() if re.search(r": \d+ faults?$", line)]
    assert len(heads) == len({line.split(": ")[0] for line in heads}) == 10  # grouped by file


def job(tmp_path):
    return SimpleNamespace(rule="dataset", wildcards={}, log=[str(tmp_path / "log")])


def test_a_full_disk_leaves_no_half_file_and_one_message(tmp_path):
    """A child process whose files may not grow beyond 4 kB stands for a full disk."""
    code = (
        "import pandas as pd; from citymrio.labels import write_table;"
        f"write_table(pd.DataFrame({{'a': range(100000)}}), {str(tmp_path / 'out/table.csv')!r})"
    )

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    scripts = Path(__file__).parents[2] / "scripts"
    child = subprocess.run(
        [sys.executable, "-B", "-c", code],
        env={**os.environ, "PYTHONPATH": str(scripts)},
        preexec_fn=limit,
        capture_output=True,
        text=True,
    )
    assert child.returncode != 0
    assert "File too large" in child.stderr
    assert list((tmp_path / "out").iterdir()) == []
    text = message(OSError(errno.ENOSPC, "No space left on device", "results/x.csv"), job(tmp_path))
    assert text.startswith("rule dataset: No space left on device 'results/x.csv'. Mend: check space and permissions")


def test_a_results_folder_that_cannot_be_written_gives_one_message(tmp_path):
    (tmp_path / "results").write_text("a file", encoding="utf-8")
    with pytest.raises(OSError) as error:
        write_json({}, tmp_path / "results/x/dataset.json")
    assert "Mend: check space and permissions" in message(error.value, job(tmp_path))
    assert (tmp_path / "results").read_text(encoding="utf-8") == "a file"


def test_a_write_that_fails_keeps_what_was_there(tmp_path):
    import pandas as pd

    path = tmp_path / "table.csv"
    write_table(pd.DataFrame({"a": [1]}), path)
    before = path.read_bytes()

    class Broken(pd.DataFrame):
        def to_csv(self, target, **_):
            Path(target).write_text("half", encoding="utf-8")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_table(Broken({"a": [2]}), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
