"""Sound data that a configuration cannot serve, awkward data that must be served, and disks that
refuse.
"""

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
import numpy as np
import pytest
import xarray as xr

from citymrio.workflow.job import message
from citymrio.assessment.audit import audit
from citymrio.assessment.check import main
from citymrio.base.errors import CityMRIOError, DataError
from citymrio.base.labels import write_dataset, write_json, write_table
from citymrio.chain.estimate import estimate
from citymrio.cities.chain import estimate_province
from citymrio.cities.province import Province
from citymrio.config.models import Config, Dataset, load_config
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.user import build
from citymrio.provinces.balance import balance

pytestmark = pytest.mark.slow


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
        for name in (
            "sectors",
            "bridge",
            "observations",
            "provinces/NO",
            "provinces/SO",
            "national",
        ):
            path = folder / f"{name}.csv"
            path.write_text(
                re.sub(r"\bAGR\b", "NA", path.read_text(encoding="utf-8")), encoding="utf-8"
            )

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


def audited(result, system, accounts):
    report = audit(result.nested, result.mrio, system, accounts, result.footprints)
    assert report["passed"].all(), report[~report["passed"]]


def estimated(folder, out, **sections):
    """Everything of a run that the audit looks at."""
    build(Dataset(kind="user", raw_dir=str(folder), year=2020), out)
    data, config = DatasetFolder.read(out), load_config(sections)
    tables = data.tables
    system, _ = balance(
        data.provinces,
        data.national,
        tables["regions"],
        tables["final_demand"],
        config.provinces,
        config.solver,
    )
    accounts = {}
    result = estimate(data, config)
    for p in data.codes:
        province = Province.of(
            result.mrio, p, tables, data.observations[p], config.cities, config.solver
        )
        accounts[p] = estimate_province(province).accounts
    audited(result, system, accounts)
    return result


def no_farming(folder):
    """The north makes no farm products: its column is empty, its uses come from elsewhere; its
    inventory burns coal.
    """

    def change(rows):
        farm, households = rows.header.index("AGR"), rows.header.index("households")
        for row in rows.rows[:4]:  # what farming no longer buys, households do
            row[households], row[farm] = repr(float(row[households]) + float(row[farm])), "0"
        for row in rows.rows[4:]:
            row[farm] = "0"
        farming = dict(zip(rows.header, rows.rows[0], strict=True))
        uses = sum(float(farming[name]) for name in rows.header[1 : rows.header.index("exports")])
        farming |= dict.fromkeys(("exports", "outflow", "output"), "0") | {
            "inflow": repr(uses - float(farming["imports"]))
        }
        rows.rows[0] = list(farming.values())

    damage.table("provinces/NO", change)(folder)
    for row in (0, 4):
        damage.cell("observations", row, "value", "0")(folder)


def test_emissions_of_a_sector_without_output_in_the_province_stand_in_their_own_account(
    copy_of, tmp_path
):
    folder = copy_of("folder")
    no_farming(folder)
    result = estimated(folder, tmp_path / "out")
    inventory = result.inventory
    north = ["N1", "N2"]
    assert float(inventory["emissions"].sel(region=north, sector="AGR").sum()) == 0.0
    lost = float(inventory["orphan"].sel(region=north).sum())
    assert lost > 0
    produced = float(
        (inventory["emissions"] + inventory["orphan"]).sum()
        + inventory["household_emissions"].sum()
    )
    assert produced == pytest.approx(float(inventory["province_emissions"].sum()), rel=1e-12)
    assert float(result.footprints["orphan"].sel(region=north).sum()) == pytest.approx(lost)


def test_emissions_of_a_sector_that_one_city_does_not_have_stand_in_their_own_account(
    copy_of, tmp_path
):
    folder = copy_of("folder")
    damage.with_row(
        "observations", "N1", "output", "ENE", "", "0", "10^4 XTS", "x", "observed", "1"
    )(folder)
    damage.content(
        "inventory_city.csv",
        b"region,inventory_sector,fuel,activity,emissions,case\nN1,3,coal,,4000000,1\n"
        b"N1,7,coal,,200000,1\nN1,4,coal,,3000000,1\n",
    )(folder)
    result = estimated(folder, tmp_path / "out")
    assert float(result.nested.dataset["output"].sel(region="N1", sector="ENE")) == 0.0
    assert float(result.inventory["orphan"].sel(region="N1", sector="ENE")) > 0
    assert float(result.inventory["orphan"].drop_sel(region="N1").sum()) == 0.0


def test_margins_of_provinces_that_disagree_are_refused_where_no_national_table_settles_them(
    copy_of, tmp_path
):
    """The north sends out what no one takes in; its own row still adds up."""
    folder = copy_of("folder")

    def change(rows):
        row, outflow, capital = (
            rows.rows[2],
            rows.header.index("outflow"),
            rows.header.index("capital"),
        )
        row[outflow], row[capital] = (
            repr(float(row[outflow]) + 400_000),
            repr(float(row[capital]) - 400_000),
        )

    damage.table("provinces/NO", change)(folder)
    build(Dataset(kind="user", raw_dir=str(folder), year=2020), tmp_path / "out")
    with pytest.raises(
        CityMRIOError, match="miss balance by more than err_tol .*province|province .*err_tol"
    ):
        estimate(
            DatasetFolder.read(tmp_path / "out"), load_config({"provinces": {"calibrate": "none"}})
        )


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
        damage.geometry("N1", catalogue.FLAT),
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
    "polygon of region 'N1' holds no area",
)


def test_check_data_lists_all_planted_problems_of_a_damaged_folder_in_one_go(
    copy_of, tmp_path, capsys
):
    folder, config = copy_of("folder"), tmp_path / "config.yaml"
    keys = "scenarios: {key_sectors: [electricity, iron_steel, coal]}\n"
    config.write_text(
        f"dataset: {{kind: user, raw_dir: '{folder}', year: 2020}}\n{keys}", encoding="utf-8"
    )
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
        "import pandas as pd; from citymrio.base.labels import write_table;"
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
    assert text.startswith(
        "rule dataset: No space left on device 'results/x.csv'. Fix: check space and permissions"
    )


def test_a_results_folder_that_cannot_be_written_gives_one_message(tmp_path):
    (tmp_path / "results").write_text("a file", encoding="utf-8")
    with pytest.raises(OSError) as error:
        write_json({}, tmp_path / "results/x/dataset.json")
    assert "Fix: check space and permissions" in message(error.value, job(tmp_path))
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


def limited(kind: int, most: int, code: str) -> subprocess.CompletedProcess:
    """Run Python code with a limit (`ulimit`) that it sets itself, at the word HERE, when
    everything is imported.
    """
    code = (
        f"import resource\n{code.replace('HERE', f'resource.setrlimit({kind}, ({most}, {most}))')}"
    )
    scripts = Path(__file__).parents[2] / "scripts"
    variables = {**os.environ, "PYTHONPATH": str(scripts)}
    return subprocess.run(
        [sys.executable, "-B", "-c", code], env=variables, capture_output=True, text=True
    )


def test_a_netcdf_file_beyond_the_limit_of_file_sizes_is_said_to_be_too_large(tmp_path):
    """The library that writes it says "HDF error"."""
    done = limited(
        resource.RLIMIT_FSIZE,
        20_000,
        "import numpy, xarray; from citymrio.base.labels import write_dataset\n"
        "data = xarray.Dataset({'a': ('x', numpy.ones(100_000), {'units': '1'})})\nHERE\n"
        f"write_dataset(data, {str(tmp_path / 'out/table.nc')!r})",
    )
    assert done.returncode == 1
    assert f"File too large: '{tmp_path}/out/table.nc'" in done.stderr.splitlines()[-1]
    assert list((tmp_path / "out").iterdir()) == []


#: What the address space of a process is when everything is imported; a little more is left to it.
SCANT = """
from types import SimpleNamespace
from citymrio.base.labels import read_dataset
from citymrio.workflow.job import message
from pathlib import Path
read_dataset(PATH)
used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (LEFT << 20), used + (LEFT << 20)))
try:
    held = bytearray((LEFT - 1) << 20)
except MemoryError:
    pass
try:
    read_dataset(PATH)
except BaseException as error:
    print(type(error).__name__, message(error, SimpleNamespace(rule='dataset', wildcards={}, log=[])))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and a limit of the address space")
def test_a_sound_file_that_memory_does_not_suffice_for_is_not_called_damaged(tmp_path):
    path = tmp_path / "national.nc"
    values = np.ones(3_000_000)
    write_dataset(xr.Dataset({"a": ("x", values, {"units": "1"})}), path)
    code = SCANT.replace("PATH", repr(str(path))).replace("LEFT", "20")
    done = limited(resource.RLIMIT_CORE, 0, code)
    kind, _, text = done.stdout.partition(" ")
    assert kind == "MemoryError", done
    assert text.startswith("rule dataset: out of memory. Fix: run fewer jobs at once")


def test_whatever_fails_where_hardly_any_memory_is_left_is_said_to_fail_for_that(
    tmp_path, monkeypatch
):
    damaged = DataError(
        "cannot be read for the maps (failed to map segment)", where="boundaries.geojson"
    )
    assert "boundaries.geojson" in message(damaged, job(tmp_path))
    monkeypatch.setattr("citymrio.workflow.job.short_of_memory", lambda: True)
    assert message(damaged, job(tmp_path)).startswith("rule dataset: out of memory. Fix: ")
