"""Kind `mrio`: the tiny country's own table, given in every form, has the results of the run; the
documented example runs.
"""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
import yaml
from checkout import ROOT, Checkout
from given_files import struct_of, write_lists, write_matlab5, write_matlab73

from citymrio.base.labels import read_dataset, read_table
from citymrio.nested import NestedMRIO

pytestmark = pytest.mark.slow

#: Largest difference, as a share of the largest value.
SAME = 1e-9
#: A given table says of each sector how it is known; the run that made it estimated the split of
#: totals.
SPLIT = "cba_split_modelled_share"
#: Tables of numbers that the analysis makes of the estimate and of the given table alike.
TABLES = (
    *(
        "regions",
        "quintiles",
        "structures",
        "flows_groups",
        "va_per_emission",
        "intercity_cities",
        "clusters",
        "centroids",
    ),
    *("intensities", "scenarios", "quota", "deficits", "supply_chains", "production_layers"),
)


def same(one, other, what):
    """Two arrays of numbers that agree."""
    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    assert one.shape == other.shape, what
    assert (np.isnan(one) == np.isnan(other)).all(), what
    assert np.nanmax(np.abs(one - other), initial=0.0) <= SAME * max(
        np.nanmax(np.abs(one), initial=0.0), 1.0
    ), what


def prepared(finished, folder, form):
    """A checkout with the table of the finished run in a form, its lists, and a configuration."""
    checkout, results = Checkout.make(folder), finished.results()
    lists = write_lists(results, checkout.folder / "lists")
    if form == "pymrio":
        table = results / "mrio"
    else:
        fields = struct_of(NestedMRIO.from_dataset(read_dataset(results / "nested/mrio.nc")))
        write = {"matlab5": write_matlab5, "matlab73": write_matlab73}[form]
        table = write(checkout.folder / "table.mat", fields)
    config = {
        "run": "given",
        "dataset": {"kind": "mrio", "mrio": str(table), "raw_dir": str(lists)},
    }
    (checkout.folder / "given.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return checkout


@pytest.mark.parametrize(
    ("form", "target"), [("pymrio", "all"), ("matlab73", "tables"), ("matlab5", "footprints")]
)
@pytest.mark.night
def test_a_given_table_has_the_results_of_the_run_that_made_it(finished, tmp_path, form, target):
    checkout = prepared(finished, tmp_path / "checkout", form)
    code, text = checkout.run(target, config="given.yaml")
    assert code == 0, text
    ours, run = checkout.results("given"), finished.results()
    one, other = (read_dataset(folder / "footprint/footprints.nc") for folder in (run, ours))
    assert set(one.data_vars) == set(other.data_vars)
    for name, values in one.data_vars.items():
        same(values, other[name].transpose(*values.dims), name)
    inventories = [read_dataset(folder / "footprint/emissions.nc") for folder in (run, ours)]
    for name in ("emissions", "emissions_inventory", "orphan", "household_emissions"):
        same(inventories[0][name], inventories[1][name], name)
    assert not (ours / "provinces").exists() and not (ours / "cities").exists()
    if target == "footprints":
        return
    audit = read_table(ours / "tables/audit.csv")
    assert audit["passed"].all() and len(audit) == 13
    for name in TABLES:
        tables = [read_table(folder / f"tables/{name}.csv") for folder in (run, ours)]
        assert [*tables[0].columns] == [*tables[1].columns], name
        for column in tables[0].select_dtypes("number").columns.difference([SPLIT]):
            same(tables[0][column], tables[1][column], f"{name}.{column}")
    for column in ("structure", "quintile", "super_emitter"):
        both = [
            read_table(folder / "tables/regions.csv").set_index("region")[column]
            for folder in (run, ours)
        ]
        assert both[0].equals(both[1]), column
    if target == "all":
        assert (ours / "figures/fig1.png").is_file() and "footprints of the cities" in (
            ours / "summary.txt"
        ).read_text("utf-8")
        verified = subprocess.run(
            [sys.executable, "-m", "citymrio", "verify", "given.yaml"],
            cwd=checkout.folder,
            env={"PYTHONPATH": "scripts", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_documented_example_runs_and_has_the_documented_numbers(tmp_path):
    checkout = Checkout.make(tmp_path / "checkout")
    page = (ROOT / "docs/given-tables.md").read_text(encoding="utf-8")
    config = re.findall(r"^```yaml\n(.*?)^```", page, flags=re.M | re.S)[-1]
    script = ["-P", str(ROOT / "docs/pymrio_lists.py")]
    subprocess.run([sys.executable, *script], cwd=checkout.folder, check=True)
    (checkout.folder / "given/config.yaml").write_text(config, encoding="utf-8")
    check = [sys.executable, "-m", "citymrio", "check", "given/config.yaml"]
    said = subprocess.run(
        check, cwd=checkout.folder, env={"PYTHONPATH": "scripts"}, capture_output=True, text=True
    )
    assert said.returncode == 0 and "no fault" in said.stdout, said.stdout + said.stderr
    done, text = checkout.run(config="given/config.yaml")
    assert done == 0, text
    results = checkout.results("pymrio_test")
    regions = read_table(results / "tables/regions.csv").set_index("region")
    scopes = read_table(results / "tables/intercity_cities.csv").set_index("component")["share"]
    assert (
        f"footprints are {regions['cba_mt'].sum():.2f} Mt CO2, "
        f"{100 * (1 - scopes['same_city']):.1f}% of them" in page
    )
    assert regions.index[regions["super_emitter"] == "hybrid"].tolist() == ["reg3", "reg6"]
    assert regions.index[regions["super_emitter"] == "technology"].tolist() == ["reg5"]
    warnings = read_table(results / "tables/warnings.csv")
    assert "the given table lacks what scenarios need" in set(warnings["what"])
    assert read_table(results / "tables/scenarios.csv").empty
    # without accounts.csv the test table's own row of value added counts, and does not fit
    (checkout.folder / "given/lists/accounts.csv").unlink()
    said = subprocess.run(
        check, cwd=checkout.folder, env={"PYTHONPATH": "scripts"}, capture_output=True, text=True
    )
    assert said.returncode == 1 and "Export" in said.stdout, said.stdout + said.stderr
