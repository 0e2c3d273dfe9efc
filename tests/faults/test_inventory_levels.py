"""Inventories of any level: of the nation alone, of some provinces, of cities alone: served and
marked, or refused.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import damage
import pytest

from citymrio.assessment.audit import audit
from citymrio.base.errors import CityMRIOError
from citymrio.chain.estimate import estimate
from citymrio.config.models import Dataset, load_config
from citymrio.dataset.check import check_run
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.user import build

CITIES = {"NO": ["N1", "N2"], "SO": ["S1", "S2", "S3"]}
#: t CO2 by inventory sector; the toy country's own inventories add up to about 37 Mt.
NATION = {"1": 4e5, "2": 6e5, "3": 19e6, "4": 8e6, "5": 5e6, "6": 1.5e6, "7": 1.2e6}


def rows(name, header, *lines):
    """A table with these rows."""
    text = "\n".join([header, *(",".join(map(str, line)) for line in lines)]) + "\n"
    return damage.content(f"{name}.csv", text.encode())


def only(name, column, values):
    """The rows whose column holds one of these values."""

    def change(table):
        place = table.header.index(column)
        table.rows = [row for row in table.rows if row[place] in values]

    return damage.table(name, change)


def totals_only(regions):
    """No observation of emissions but those of these regions."""

    def change(table):
        quantity, region = table.header.index("quantity"), table.header.index("region")
        table.rows = [
            row for row in table.rows if row[quantity] != "emissions" or row[region] in regions
        ]

    return damage.table("observations", change)


NO_INVENTORY = damage.removed("inventory.csv")
NATIONAL = rows("inventory_national", "inventory_sector,emissions", *NATION.items())
#: A quarter and an eighth of the nation; N1 leaves its households out.
OF_CITIES = [
    *(("N1", code, value / 4, 1) for code, value in NATION.items() if code != "7"),
    *(("S2", code, value / 8, 1) for code, value in NATION.items()),
]
BY_CITIES = rows("inventory_city", "region,inventory_sector,emissions,case", *OF_CITIES)


@pytest.fixture
def estimated(toys, tmp_path):
    """The estimate of the toy country after changes; it passes its audit."""

    def run(*changes, **options):
        place = Path(tempfile.mkdtemp(dir=tmp_path))
        folder = shutil.copytree(toys["folder"], place / "data")
        damage.several(*changes)(folder)
        build(Dataset(kind="user", raw_dir=str(folder), year=2020), place / "out")
        data, config = DatasetFolder.read(place / "out"), load_config(options)
        result = estimate(data, config)
        report = audit(
            result.nested, result.mrio, result.system, result.accounts, result.footprints
        )
        assert report["passed"].all(), report[~report["passed"]]
        return data, result.inventory

    return run


def by_sector(inventory, regions=None):
    table = inventory["emissions_inventory"]
    return (
        (table if regions is None else table.sel(region=regions))
        .sum("region")
        .to_series()
        .to_dict()
    )


def status(inventory):
    return dict(
        zip(inventory["region"].values.tolist(), inventory["status"].values.tolist(), strict=True)
    )


def exact(found, expected):
    assert found == pytest.approx(expected, rel=1e-11)


@pytest.mark.slow
def test_a_national_inventory_alone_is_spread_by_output_and_people_and_marked(estimated):
    data, inventory = estimated(
        NO_INVENTORY, damage.removed("fuels.csv"), NATIONAL, totals_only([])
    )
    exact(by_sector(inventory), NATION)
    assert set(status(inventory).values()) == {"modelled"} and set(inventory["basis"].values) == {
        "nation"
    }
    people = data.tables["regions"].set_index("region")["population"]
    exact(
        inventory["household_emissions"].to_series().to_dict(),
        (NATION["7"] * people / people.sum()).to_dict(),
    )


@pytest.mark.slow
def test_observed_totals_move_emissions_between_provinces_without_an_inventory(estimated):
    _, free = estimated(NO_INVENTORY, NATIONAL, totals_only([]))
    _, tied = estimated(NO_INVENTORY, NATIONAL, totals_only(["N1", "N2", "S1", "S2"]))
    exact(by_sector(tied), NATION)
    total = {
        name: found["emissions_inventory"].sum("inventory_sector").to_series()
        for name, found in (("free", free), ("tied", tied))
    }
    observed = {"N1": 8.2, "N2": 8.6, "S1": 9.4, "S2": 7.0}
    ratio = [total["tied"][code] / value for code, value in observed.items()]
    assert max(ratio) == pytest.approx(
        min(ratio), rel=1e-9
    )  # one factor brings them to the level of the nation
    assert total["tied"]["S3"] == pytest.approx(total["free"]["S3"], rel=1e-9)
    assert abs(total["tied"]["N1"] / total["free"]["N1"] - 1) > 0.02
    assert {code: status(tied)[code] for code in ("N1", "S3")} == {
        "N1": "observed",
        "S3": "modelled",
    }


@pytest.mark.slow
def test_a_province_without_an_inventory_gets_what_the_nation_leaves(estimated):
    _, alone = estimated(only("inventory", "province", ["NO"]), totals_only([]))
    north = by_sector(alone, CITIES["NO"])
    nation = {code: value + 5e6 for code, value in north.items()}
    national = rows("inventory_national", "inventory_sector,emissions", *nation.items())
    _, inventory = estimated(only("inventory", "province", ["NO"]), totals_only([]), national)
    exact(by_sector(inventory, CITIES["NO"]), north)
    exact(by_sector(inventory, CITIES["SO"]), dict.fromkeys(north, 5e6))
    basis = dict(zip(inventory["region"].values, inventory["basis"].values, strict=True))
    assert basis == {
        "N1": "province",
        "N2": "province",
        "S1": "nation",
        "S2": "nation",
        "S3": "nation",
    }


@pytest.mark.slow
def test_inventories_of_cities_alone_are_kept_and_lend_the_others_their_intensities(estimated):
    data, inventory = estimated(NO_INVENTORY, BY_CITIES, totals_only([]))
    table = inventory["emissions_inventory"].to_pandas()
    for code in NATION:
        assert table.loc["S2", code] == pytest.approx(NATION[code] / 8, rel=1e-10)
        if code != "7":
            assert table.loc["N1", code] == pytest.approx(NATION[code] / 4, rel=1e-10)
    people = data.tables["regions"].set_index("region")["population"]
    for city in ("N1", "N2", "S1", "S3"):  # households of S2 are the only ones known
        assert table.loc[city, "7"] / people[city] == pytest.approx(
            table.loc["S2", "7"] / people["S2"], rel=1e-9
        )
    assert status(inventory) == {
        "N1": "observed",
        "N2": "modelled",
        "S1": "modelled",
        "S2": "observed",
        "S3": "modelled",
    }


@pytest.mark.slow
def test_inventories_of_cities_and_of_the_nation_meet_in_the_nation(estimated):
    _, inventory = estimated(
        NO_INVENTORY, NATIONAL, BY_CITIES, totals_only([]), emissions={"missing": "residual"}
    )
    exact(by_sector(inventory), NATION)
    assert float(inventory["emissions_inventory"].sel(region="S2").sum()) == pytest.approx(
        sum(NATION.values()) / 8, rel=1e-9
    )


@pytest.mark.slow
def test_a_national_control_total_changes_nothing_where_the_nation_is_spread(estimated, tmp_path):
    _, inventory = estimated(
        NO_INVENTORY, NATIONAL, totals_only([]), emissions={"control_total": "national"}
    )
    exact(by_sector(inventory), NATION)


def national_by_fuel(*lines):
    return damage.several(
        NO_INVENTORY, rows("inventory_national", "inventory_sector,fuel,activity,emissions", *lines)
    )


REFUSED = {
    "all fuels and by fuel": (
        damage.with_row("inventory", "NO", "1", "", "", "5"),
        "fuel 'coal' of inventory sector '1', which has a row of all fuels together",
    ),
    "activity and emissions disagree": (
        damage.cell("inventory", 0, "emissions", "7"),
        "activity x emission factor of coal is 180000 t, the emissions beside it are 7 t",
    ),
    "the same of a city": (
        rows(
            "inventory_city",
            "region,inventory_sector,fuel,activity,emissions,case",
            ("N1", "3", "coal", 10, 50, 1),
        ),
        "activity x emission factor of coal is 20 t, the emissions beside it are 50 t",
    ),
    "the same of the nation": (
        national_by_fuel(*((code, "coal", 10, value) for code, value in NATION.items())),
        "activity x emission factor of coal is 20 t",
    ),
    "a nation that lacks a row": (
        damage.several(
            NO_INVENTORY, rows("inventory_national", "inventory_sector,emissions", ("3", 19e6))
        ),
        "inventory sector '1' has no row; expected all of them, since province 'NO' has no "
        "inventory",
    ),
    "a nation below its provinces": (
        damage.several(
            only("inventory", "province", ["NO"]),
            rows(
                "inventory_national", "inventory_sector,emissions", *(NATION | {"2": 1e5}).items()
            ),
        ),
        "inventory sector '2' has 100000 t, less than the 500000 t of the provinces",
    ),
    "a national inventory in kg": (
        damage.several(
            NO_INVENTORY,
            rows(
                "inventory_national",
                "inventory_sector,emissions",
                *((code, value * 1e4) for code, value in NATION.items()),
            ),
        ),
        "the national inventory adds up to 3.57e+11 t, that is",
    ),
    "cities' totals in kt beside a nation": (
        damage.several(
            NO_INVENTORY, NATIONAL, damage.scaled("observations", None, "value", 1e-3, "emissions")
        ),
        "its GDP at the intensity of the nation gives",
    ),
    "totals alone": (
        NO_INVENTORY,
        "there is no emission inventory by sector; expected one of provinces",
    ),
}


@pytest.mark.parametrize(("change", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_contradicts_itself_is_refused_on_entry(copy_of, tmp_path, change, words):
    folder = copy_of("folder")
    change(folder)
    path = tmp_path / "config.yaml"
    path.write_text(f"dataset: {{kind: user, raw_dir: '{folder}', year: 2020}}\n", encoding="utf-8")
    found = [str(fault) for fault in check_run(path).faults]
    assert any(words in fault for fault in found), found
    with pytest.raises(CityMRIOError):
        build(Dataset(kind="user", raw_dir=str(folder), year=2020), tmp_path / "out")
    assert not (tmp_path / "out").exists()
