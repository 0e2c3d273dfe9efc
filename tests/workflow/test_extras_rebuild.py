"""Extra observations in a run: none is read unless it is asked for, and a change of `cities.extras`
runs what depends on it.
"""

from __future__ import annotations

import pytest

from citymrio.base.labels import read_table, write_table

pytestmark = pytest.mark.slow

ESTIMATION = {
    "nest",
    "emissions",
    "footprint",
    "groups",
    "parameters",
    "super_emitters",
    "identified",
    "scenarios",
    "supply_paths",
    "audit",
    "pass_audit",
    "trends",
}
ESTIMATION |= {"collect_warnings", "observations_use", "headline"}


@pytest.mark.night
def test_a_change_of_extras_runs_the_estimation_of_cities_and_what_is_below(own_tables, rebuilds):
    """Two extras of province P04 (target `tables`). Naming one that the dataset lacks runs nothing."""
    country, options = own_tables.folder / "country", {"config": "mine.yaml", "run": "mine"}
    regions = read_table(country / "regions.csv").query("province == 'P04'")["region"].tolist()
    sectors = read_table(country / "sectors.csv")["sector"].tolist()
    rows = read_table(country / "observations/P04.csv").head(2 * len(regions))
    rows = rows.assign(
        region=regions * 2,
        quantity="output",
        sectors=[sectors[1]] * len(regions) + [sectors[2]] * len(regions),
        category="",
        value=[10.0 * (k + 1) for k in range(2 * len(regions))],
        unit="MWh",
        source="invented",
        status="observed",
        reliability=0.7,
        measure="share",
        extra=["power_plants"] * len(regions) + ["mines"] * len(regions),
    )
    unused = own_tables.jobs("tables", **options)
    write_table(rows, country / "extras/P04.csv")
    before = own_tables.results("mine") / "cities/P04/accounts.nc"
    accounts = before.read_bytes()

    ran = own_tables.jobs("tables", **options)
    rebuilds.add(
        "extra observations that no estimate uses (target: tables)",
        {"dataset", "collect_warnings", "headline"},
        ran,
    )
    assert unused == set() and ran == {
        "dataset",
        "collect_warnings",
        "headline",
    }  # tables/read.csv counts them

    one = ("--config", "cities={extras: [power_plants]}")
    expected = {*(f"cities/P0{k}" for k in range(1, 6)), *ESTIMATION}
    ran = own_tables.jobs("tables", *one, **options)
    rebuilds.add("cities.extras (target: tables)", expected, ran)
    assert ran == expected
    used = before.read_bytes()
    assert used != accounts
    assert own_tables.jobs("tables", *one, **options) == set()

    code, text = own_tables.run(
        "tables", "--config", "cities={extras: [power_plant]}", config="mine.yaml"
    )
    assert (
        code != 0
        and "'cities.extras' names 'power_plant'; the dataset has mines, power_plants" in text
    )

    own_tables.jobs("tables", **options)
    assert before.read_bytes() == accounts
