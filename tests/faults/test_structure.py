"""Countries of any structure: tables without rows, provinces without data, one city, no city.
Served to the audit, or refused.

What is refused is refused by the check and by the run in the same words.
"""

from __future__ import annotations

import json
import shutil

import damage
import numpy as np
import pytest
from thorough import crossed, sampled

from citymrio.analysis.tables import GroupInputs, group_tables
from citymrio.assessment.audit import audit
from citymrio.assessment.ensemble.inputs import draw
from citymrio.base.errors import DataError, collect_notices
from citymrio.chain.estimate import estimate
from citymrio.config.models import Dataset, load_config
from citymrio.dataset.check import check_run
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.user import build

pytestmark = pytest.mark.slow

NORTH, SOUTH = ("N1", "N2"), ("S1", "S2", "S3")
OPTIONS = (
    {},
    {"cities": {"split": "joint", "trade_prior": "power"}},
    {"cities": {"emissions_enter": "output"}},
    {"provinces": {"calibrate": "none"}},
)


def only(name, keep):
    """Rows of a table that are kept: a test on the row as a dict."""

    def change(rows):
        rows.rows = [row for row in rows.rows if keep(dict(zip(rows.header, row, strict=False)))]

    return damage.table(name, change)


def nothing(name):
    return only(name, lambda row: False)


def joined(codes, code, kind):
    """The cities of a province as one region without observations."""

    def change(rows):
        place = {name: k for k, name in enumerate(rows.header)}
        members = [row for row in rows.rows if row[place["region"]] in codes]
        whole = list(members[0])
        for name in ("population", "population_rural", "gdp", "area_km2"):
            whole[place[name]] = repr(sum(float(row[place[name]]) for row in members))
        whole[place["region"]], whole[place["kind"]] = code, kind
        rows.rows = sorted(
            [*(row for row in rows.rows if row not in members), whole],
            key=lambda row: row[place["province"]],
        )

    def shapes(folder):
        path = folder / "boundaries.geojson"
        content = json.loads(path.read_text(encoding="utf-8"))
        content["features"] = [
            f for f in content["features"] if f["properties"]["region"] not in codes[1:]
        ]
        for feature in content["features"]:
            if feature["properties"]["region"] == codes[0]:
                feature["properties"]["region"] = code
        path.write_text(json.dumps(content), encoding="utf-8")

    return damage.several(
        damage.table("regions", change),
        only("observations", lambda row: row["region"] not in codes),
        shapes,
    )


def one_province(folder):
    """All five cities in one province, whose table is the nation's."""

    def of_the_south(rows):
        for row in rows.rows:
            for name, value in (("province", "SO"), ("province_name", "South")):
                row[rows.header.index(name)] = value

    def closed(rows):
        place = rows.header.index("error")
        for row in [rows.header, *rows.rows]:
            if len(row) > place:
                row[place:place] = ["outflow", "inflow"] if row is rows.header else ["0", "0"]

    damage.table("regions", of_the_south)(folder)
    only("inventory", lambda row: row["province"] == "SO")(folder)
    (folder / "provinces/NO.csv").unlink()
    shutil.copy2(folder / "national.csv", folder / "provinces/SO.csv")
    damage.table("provinces/SO", closed)(folder)
    only("observations", lambda row: row["quantity"] != "emissions")(folder)


def bare_province(folder):
    """The same without columns of trade between provinces."""
    one_province(folder)
    for column in ("outflow", "inflow"):
        damage.without_column("provinces/SO", column)(folder)


def nation_alone(folder):
    """The same with the national table alone."""
    one_province(folder)
    (folder / "provinces/SO.csv").unlink()


def without_nation(folder):
    """The same with the table of the province alone."""
    bare_province(folder)
    (folder / "national.csv").unlink()


def rounded_nation(folder):
    """A national table whose row of manufacturing, and whose column of services, is open by one
    unit: it is printed so.
    """

    def change(rows):
        for row, column in ((2, "households"), (4, "SER")):
            place = rows.header.index(column)
            rows.rows[row][place] = repr(float(rows.rows[row][place]) + 1)

    damage.table("national", change)(folder)


def without_inputs(folder):
    """Services buy nothing: what they bought, households do; value added is output."""

    def change(rows):
        services, households = rows.header.index("SER"), rows.header.index("households")
        for row in rows.rows[:4]:
            row[households], row[services] = (
                repr(float(row[households]) + float(row[services])),
                "0",
            )
        output = float(rows.rows[3][rows.header.index("output")])
        for row, value in zip(rows.rows[4:], (output, 0.0, 0.0), strict=True):
            row[services] = repr(value)

    for name in ("provinces/NO", "provinces/SO", "national"):
        damage.table(name, change)(folder)


SERVED = {
    "a sector without inputs": without_inputs,
    "a province without observations": only("observations", lambda row: row["region"] not in NORTH),
    "no observation at all": nothing("observations"),
    "value added alone": only("observations", lambda row: row["quantity"] == "value_added"),
    "CO2 totals alone": only("observations", lambda row: row["quantity"] == "emissions"),
    "no value added": only("observations", lambda row: row["quantity"] != "value_added"),
    "one output": only("observations", lambda row: row["quantity"] == "output"),
    "an empty table of city inventories": damage.content(
        "inventory_city.csv", b"region,inventory_sector,fuel,activity,emissions,case\n"
    ),
    "an empty national inventory": damage.content(
        "inventory_national.csv", b"inventory_sector,emissions\n"
    ),
    "no benchmarks": nothing("benchmarks"),
    "an unsplit province": joined(NORTH, "NO", "province"),
    "a municipality": joined(NORTH, "NO", "municipality"),
    "one city in a province": joined(NORTH, "NO", "city"),
    "one city in every province": damage.several(
        joined(NORTH, "NO", "city"), joined(SOUTH, "SO", "city")
    ),
    "a single city in the country": damage.several(
        joined(NORTH, "NO", "province"), joined(SOUTH, "SO", "city")
    ),
    "a single province": one_province,
    "a single province without trade columns": bare_province,
    "a single province whose trade is round-off": damage.several(
        one_province,
        *(
            damage.cell("provinces/SO", row, flow, text)
            for row, flow, text in ((0, "outflow", "-9e-10"), (1, "inflow", "9e-10"))
        ),
    ),
    "one national table and no other": nation_alone,
    "two cities": damage.several(nation_alone, joined(SOUTH, "S", "city")),
    "a single region": damage.several(nation_alone, joined((*NORTH, *SOUTH), "SO", "municipality")),
    "a single city": damage.several(bare_province, joined((*NORTH, *SOUTH), "SO", "city")),
    "a national table printed with rounding": rounded_nation,
}


@pytest.fixture
def estimated(copy_of, tmp_path):
    """Dataset, configuration and estimate of the toy country after a change; the estimate passes
    its audit.
    """

    def run(change, options):
        folder = copy_of("folder")
        change(folder)
        build(Dataset(kind="user", raw_dir=str(folder), year=2020), tmp_path / "out")
        data, config = DatasetFolder.read(tmp_path / "out"), load_config(options)
        result = estimate(data, config)
        report = audit(
            result.nested, result.mrio, result.system, result.accounts, result.footprints
        )
        assert report["passed"].all(), report[~report["passed"]]
        return data, config, result

    return run


@pytest.mark.parametrize(("name", "options"), sampled(crossed([*SERVED], OPTIONS), 3), ids=str)
def test_a_structure_is_served_to_the_audit(estimated, name, options):
    data, _, result = estimated(SERVED[name], options)
    regions = data.tables["regions"]
    assert list(result.nested.regions) == regions["region"].tolist()
    assert (result.footprints["cba"].sum("category") > 0).all()


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (bare_province, {}),
        (SERVED["a single region"], {}),
        (without_nation, {"provinces": {"calibrate": "none"}}),
    ],
)
def test_a_single_province_trades_with_no_other(estimated, change, options):
    _, _, result = estimated(change, options)
    for flow in ("outflow", "inflow", "transit"):
        assert (result.system[flow] == 0).all()


def test_a_province_without_an_inventory_takes_the_others_intensities(estimated):
    _, _, result = estimated(only("inventory", lambda row: row["province"] == "NO"), {})
    south = result.inventory["emissions"].sel(region=list(SOUTH))
    assert (south.sum("sector") > 0).all() and set(result.inventory["status"].values) == {
        "observed",
        "modelled",
    }


def test_a_province_without_an_inventory_has_no_intensities_for_outputs(copy_of, tmp_path):
    folder = copy_of("folder")
    only("inventory", lambda row: row["province"] == "NO")(folder)
    build(Dataset(kind="user", raw_dir=str(folder), year=2020), tmp_path / "out")
    with pytest.raises(DataError, match="province SO: .*has no emission inventory"):
        estimate(
            DatasetFolder.read(tmp_path / "out"),
            load_config({"cities": {"emissions_enter": "output"}}),
        )


def test_cities_without_observations_follow_their_province(estimated):
    """Outputs by GDP, the province's ratios: nothing else is known."""
    data, _, result = estimated(only("observations", lambda row: row["region"] not in NORTH), {})
    accounts, gdp = result.accounts["NO"], data.tables["regions"].set_index("region")["gdp"]
    share = accounts["output"] / accounts["output"].sum("region")
    np.testing.assert_allclose(
        share.sel(region="N1"), gdp["N1"] / (gdp["N1"] + gdp["N2"]), rtol=1e-12
    )
    ratio = accounts["value_added"] / accounts["output"]
    np.testing.assert_allclose(ratio.sel(region="N1"), ratio.sel(region="N2"), rtol=1e-9)


def check_data(folder, tmp_path, groups=""):
    path = tmp_path / "config.yaml"
    path.write_text(
        f"dataset: {{kind: user, raw_dir: '{folder}', year: 2020}}\n{groups}", encoding="utf-8"
    )
    return [str(fault) for fault in check_run(path).faults]


REFUSED = {
    "no city": (
        damage.several(joined(NORTH, "NO", "province"), joined(SOUTH, "SO", "province")),
        "no region is a city",
    ),
    "no region": (nothing("regions"), "there is no region"),
    "a table of a province without a region": (
        damage.several(
            joined(NORTH, "NO", "city"), only("regions", lambda row: row["province"] != "NO")
        ),
        "province 'NO', which has no region",
    ),
    "no inventory": (nothing("inventory"), "there is no emission inventory by sector"),
    "no fuels": (nothing("fuels"), "column 'fuel' is 'coal'; expected a code of fuels"),
    "no sectors": (nothing("sectors"), "sectors.csv: there is no row"),
    "no final demand": (nothing("final_demand"), "final_demand.csv: there is no row"),
    "no bridge": (nothing("bridge"), "has no sector in the bridge"),
    "a single province that sells to others": (
        damage.several(
            one_province,
            damage.cell("provinces/SO", 0, "outflow", "10"),
            damage.cell("provinces/SO", 0, "inflow", "10"),
        ),
        "outflow adds up to 10, and there is no other province",
    ),
}


@pytest.mark.parametrize(("change", "words"), sampled(REFUSED.values(), 2), ids=REFUSED.keys())
def test_a_structure_without_sense_is_refused_by_the_check_and_by_the_run_alike(
    copy_of, tmp_path, change, words
):
    folder = copy_of("folder")
    change(folder)
    found = check_data(folder, tmp_path)
    assert any(words in fault for fault in found), found
    with pytest.raises(DataError) as error:
        build(Dataset(kind="user", raw_dir=str(folder), year=2020), tmp_path / "out")
    assert words in str(error.value)
    assert not (tmp_path / "out").exists()


def grouped(data, config, result):
    own = data.tables
    return group_tables(
        GroupInputs(
            regions=own["regions"],
            sectors=own["sectors"],
            final_demand=own["final_demand"],
            benchmarks=own["benchmarks"],
            footprints=result.footprints,
            inventory=result.inventory,
            usd_rate=2.0,
        ),
        config.groups,
    )


@pytest.mark.parametrize(
    "groups",
    [
        {},
        {"thresholds_usd": [7e3, 4500, 3e3, 2e3], "clusters": 4},
        {"clusters": 3},
    ],
    ids=str,
)
def test_fewer_cities_than_groups_are_accepted_with_a_warning_each(estimated, tmp_path, groups):
    data, config, result = estimated(joined(NORTH, "NO", "province"), {"groups": groups})
    assert not check_data(tmp_path / "data", tmp_path, json.dumps({"groups": groups})[1:-1])
    with collect_notices() as notices:
        tables = grouped(data, config, result)
    expected = [
        "clusters.csv",
        *["quintiles.csv"] * ("thresholds_usd" not in groups),
        "regions.csv, column super_emitter",
    ]
    assert sorted({notice.where for notice in notices}) == expected
    assert (
        all(notice.value == "3" for notice in notices if "super" not in notice.where)
        and tables["quintiles"]["cities"].sum() == 3
    )


def test_cities_that_differ_by_round_off_are_one_structure(estimated):
    with collect_notices() as notices:
        tables = grouped(*estimated(nothing("observations"), {}))
    assert tables["clusters"]["k"].tolist() == [2, 2]
    assert [notice.value for notice in notices if notice.where == "clusters.csv"] == ["2"]


@pytest.mark.parametrize(
    "name",
    [
        "no observation at all",
        "an unsplit province",
        "a single city in the country",
        "a single province",
    ],
)
def test_a_member_of_the_ensemble_can_be_drawn(estimated, name):
    data, config, _ = estimated(SERVED[name], {})
    drawn = draw(data, config.uncertainty, 1)
    given = {"factors": drawn.factors, "inventory_draw": drawn.inventories}
    result = estimate(drawn.dataset, config, **given)
    assert (result.footprints["cba"].sum("category") > 0).all()
