"""Files of a known table: what is out of order is one message with its place, or booked and said."""

import io

import numpy as np
import pandas as pd
import pytest
from known_world import CITIES, NAMES, OUTSIDE, invented, write

from citymrio.base.errors import DataError, collect_notices
from citymrio.base.methods import METHODS
from citymrio.base.vocabulary import SET
from citymrio.config.models import Config
from known_truth.as_dataset import System as Told
from known_truth.report import experiment, priors_for, truth_files
from known_truth.run import (
    NEED_PRIORS,
    ORDER,
    OWN_FIT,
    accuracy,
    method_table,
    outside_priors,
    own_priors,
)
from known_truth.systems import System
from known_truth.table import read_known_table

LAST = CITIES + OUTSIDE - 1
CODES = [f"S{n:02d}" for n in range(len(NAMES))]


def saved(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def plain(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "world.npz: is empty. Fix: write it with numpy.savez"),
        (saved(), r"array Z, F, x, va, sectors, countries is missing \(the file holds no array\)"),
        (
            saved(Z=np.ones((2, 2)), x=np.ones(2)),
            r"array F, va, sectors, countries is missing \(there are: Z, x\)",
        ),
        (
            saved(**{**invented()[0], "countries": np.array([], dtype=str)}),
            r"countries: shape \(0,\), expected a list of names",
        ),
        (
            saved(**{**invented()[0], "va": invented()[0]["va"].astype(str)}),
            "va: holds <U32, expected numbers",
        ),
        (
            saved(**{**invented()[0], "sectors": np.array([*NAMES[:-1], NAMES[0]])}),
            "sector Farming occurs twice",
        ),
        (
            saved(**{**invented()[0], "x": np.zeros((CITIES + OUTSIDE) * len(NAMES))}),
            "no sector has an output",
        ),
        (saved(**invented()[0])[:2000], "cannot be read as .npz"),
        (b"region,lon\n", "cannot be read as .npz"),
        (plain(np.ones(3)), "cannot be read as .npz"),
    ],
    ids=[
        "empty",
        "no arrays",
        "few arrays",
        "no regions",
        "text",
        "sector twice",
        "no output",
        "cut",
        "text file",
        "one array",
    ],
)
def test_a_file_that_is_no_table_is_one_message(tmp_path, content, message):
    path = tmp_path / "world.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_known_table(path, invented()[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.drop(index=[0, 1]), "region C0, C1 has no row. Fix: one row per region"),
        (lambda r: pd.concat([r, r.iloc[[2]]]), "region C2 occurs twice. Fix: one row per region"),
        (
            lambda r: r.replace({"region": {"C3": "Elsewhere"}}),
            "region C3 has no row; region Elsewhere is not in world.npz",
        ),
        (lambda r: r.iloc[:0], "region C0, C1, .* has no row"),
    ],
    ids=["missing", "twice", "other name", "empty"],
)
def test_a_table_of_regions_that_does_not_fit_is_one_message(tmp_path, change, message):
    arrays, regions = invented()
    with pytest.raises(DataError, match=message) as error:
        read_known_table(write(tmp_path, arrays), change(regions))
    assert str(error.value).count("Fix:") == 1


def closed(arrays):
    """The arrays with output and value added that follow from the cells."""
    arrays["x"] = arrays["Z"].sum(axis=1) + arrays["F"].sum(axis=1)
    arrays["va"] = arrays["x"] - arrays["Z"].sum(axis=0)
    return arrays


def with_output(value):
    """The invented table whose last sector makes nothing and is sold `value` in all; it buys a
    hundredth of that.
    """
    arrays, regions = invented()
    arrays["Z"][-1], arrays["F"][-1], arrays["Z"][:, -1] = 0.0, 0.0, 0.0
    arrays["F"][-1, -1], arrays["Z"][3, -1] = value, abs(value) / 100
    return closed(arrays), regions


def test_a_negative_output_is_refused_with_its_place(tmp_path):
    arrays, regions = with_output(-0.5)
    with pytest.raises(
        DataError,
        match=r"world.npz: region O5, sector Public services: output is -0.5.*expected at least 0",
    ):
        read_known_table(write(tmp_path, arrays), regions)


def test_an_output_below_zero_by_round_off_is_booked_and_said(tmp_path):
    arrays, regions = with_output(-1e-9)
    with collect_notices() as notices:
        table = read_known_table(write(tmp_path, arrays), regions)
    assert [notice.what for notice in notices] == ["outputs below 0 from stock changes alone"]
    assert "region O5, sector Public services: output is -1e-09" in notices[0].value
    assert (
        (table.output >= 0).all()
        and table.output[LAST, -1] == 0
        and table.value_added[LAST, -1] == 0
    )
    stock = table.categories.index("stock_changes")
    before = arrays["F"].reshape(CITIES + OUTSIDE, len(NAMES), CITIES + OUTSIDE, 4)
    assert table.f[0, 3, LAST, stock] - before[0, 3, LAST, 3] == pytest.approx(1e-11, rel=1e-3)
    rows = table.z.sum(axis=(2, 3)) + table.f.sum(axis=(2, 3)) + table.exports + table.error
    np.testing.assert_allclose(rows, table.output, rtol=1e-12, atol=1e-15)
    columns = table.z.sum(axis=(0, 1)) + table.value_added + table.imports
    np.testing.assert_allclose(columns, table.output, rtol=1e-12, atol=1e-15)


def unnamed():
    arrays, regions = invented()
    arrays["sectors"] = np.array(CODES)
    return arrays, regions


def test_sectors_of_no_known_classification_are_said(tmp_path):
    arrays, regions = unnamed()
    with collect_notices() as notices:
        table = read_known_table(write(tmp_path, arrays), regions)
    assert table.goods.all() and len(notices) == 1
    assert (
        notices[0].value.startswith("6 count as goods, 0 as services")
        and "not told apart" in notices[0].effect
    )
    assert any("all count as goods" in note for note in table.notes)
    arrays["sectors"] = np.array([*CODES[:-1], "Wholesale trade"])
    with collect_notices() as notices:
        table = read_known_table(write(tmp_path, arrays), regions)
    assert table.goods.sum() == 5 and "rest on that guess" in notices[0].effect


def test_a_table_of_sectors_tells_goods_from_services(tmp_path):
    arrays, regions = unnamed()
    kinds = ["goods"] * 2 + ["services"] * 4
    table = pd.DataFrame({"sector": CODES, "kind": kinds}).iloc[::-1]
    with collect_notices() as notices:
        known = read_known_table(write(tmp_path, arrays), regions, table)
    assert known.sectors["kind"].tolist() == kinds and not notices
    assert "goods and services as the table of sectors says" in known.notes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="kind"), "column kind is missing"),
        (lambda t: t.iloc[1:], "sector S00 has no row"),
        (lambda t: pd.concat([t, t.iloc[[1]]]), "sector S01 occurs twice"),
        (
            lambda t: t.replace("S03", "S99"),
            "sector S03 has no row; sector S99 is not in world.npz",
        ),
        (lambda t: t.replace("services", "service"), "kind of S02 is 'service'"),
    ],
)
def test_a_table_of_sectors_that_does_not_fit_is_one_message(tmp_path, change, message):
    arrays, regions = unnamed()
    table = change(pd.DataFrame({"sector": CODES, "kind": ["goods"] * 2 + ["services"] * 4}))
    with pytest.raises(DataError, match=f"table of sectors: {message}"):
        read_known_table(write(tmp_path, arrays), regions, table)


def test_a_known_table_is_no_table_of_priors(tmp_path):
    path = write(tmp_path, invented()[0])
    table = read_known_table(path, invented()[1])
    with pytest.raises(
        DataError, match=r"is a known table; expected a table of priors.*priors\.csv"
    ):
        priors_for(table, str(path))


def test_without_regions_to_fit_on_the_calibrated_method_is_left_out_and_it_is_said(tmp_path):
    arrays, regions = invented()
    regions.loc[CITIES:, "lon"] = np.nan
    table = read_known_table(write(tmp_path, arrays), regions)
    with collect_notices() as notices:
        priors, source = priors_for(table)
    assert priors is None and source.startswith("nothing: 0 outside regions")
    assert [notice.what for notice in notices] == [
        "the method `calibrated` is left out: its priors cannot be fitted on this table"
    ]
    found, _ = accuracy(table, priors)
    assert list(dict.fromkeys(found["method"])) == [
        name for name in ORDER if name not in (*NEED_PRIORS, *OWN_FIT)
    ]
    assert found[["difference", "low", "high"]].isna().all(axis=None)


def test_by_its_own_fit_a_table_has_what_a_run_fits_and_no_priors_from_elsewhere(tmp_path):
    arrays, regions = invented(home=4000.0)  # borders beyond those of observed trade
    regions.loc[LAST, "lon"] = np.nan  # has no place on the map
    table = read_known_table(write(tmp_path, arrays), regions)
    alone, told = (Told.of(table, priors, Config()) for priors in (None, outside_priors(table)))
    fitted = own_priors(alone, Config(cities=METHODS["calibrated"]))
    source = fitted.groupby("parameter")["source"].agg(set)
    assert source["theta"] == {SET}  # trade is known in sums alone
    assert source["border_effect"] == {"provinces of the nation"}
    fits = fitted[fitted["parameter"].isin(["border_effect", "output_sd", "productivity_sd"])]
    assert fits["n"].eq(OUTSIDE).all()  # and P, not LAST
    inside = {}
    for method in OWN_FIT:
        own, other = (method_table(system, method)[0].trade() for system in (alone, told))
        np.testing.assert_array_equal(own, other)
        between = own[:, :CITIES, :CITIES] * ~np.eye(CITIES, dtype=bool)
        inside[method] = between.sum()
    assert (
        inside["calibrated_own_closed"] < inside["calibrated_own"] < inside["calibrated_own_open"]
    )


def test_sectors_without_inputs_are_scored(tmp_path):
    """Households as employers in every region: the last sector buys nothing."""
    arrays, regions = invented()
    width = len(NAMES)
    bare = np.arange(width - 1, (CITIES + OUTSIDE) * width, width)
    for column in bare:  # what it bought, households of the region buy
        arrays["F"][:, column // width * 4] += arrays["Z"][:, column]
    arrays["Z"][:, bare] = 0.0
    write(tmp_path, closed(arrays))
    regions.to_csv(tmp_path / "regions.csv", index=False)
    found, priors, _ = experiment(
        System("world", str(tmp_path / "world.npz"), regions=str(tmp_path / "regions.csv"))
    )
    value = found.set_index(["case", "method", "quantity", "group"])["value"]
    assert (
        value["all_sectors", "calibrated", "flows_wape", "all"]
        < value["all_sectors", "paper", "flows_wape", "all"]
    )
    assert set(found["method"]) == set(ORDER) and len(priors)


def test_a_real_table_with_a_sector_without_inputs(shared):
    """Finland 2014: households as employers (97-98), a rest of the world without inputs, no region
    outside to fit on.
    """
    folder = shared / "data/truth"
    if not (folder / "finland_2014.npz").exists():
        pytest.skip("the real table (finland_2014.npz) is not here")
    with collect_notices() as notices:
        found, _, about = experiment(
            System(
                "finland",
                str(folder / "finland_2014.npz"),
                regions=str(folder / "finland_2014_regions.csv"),
            )
        )
    value = found.set_index(["case", "method", "quantity", "group"])["value"]["all_sectors"]
    assert value["paper", "flows_wape", "all"] == pytest.approx(1.37, abs=0.02)
    assert value["slq", "flows_wape", "all"] == pytest.approx(0.56, abs=0.01)
    assert about["flq_delta"].keys() == about["told"].keys() == {"three_industries", "all_sectors"}
    assert {"the sectors are of no known classification"} < {notice.what for notice in notices}
    assert about["sectors"] == {"goods": 30, "services": 0}


def test_cells_of_a_known_table_are_corrected_by_lines_beside_it(tmp_path):
    arrays, regions = invented()
    path = write(tmp_path, arrays)
    sound = read_known_table(path, regions)
    wrong = {name: arrays[name].copy() for name in arrays}
    wrong["x"][0] *= 10  # a digit too many
    wrong["F"][1, 4] += 50.0
    write(tmp_path, wrong)
    with pytest.raises(DataError) as error:
        read_known_table(path, regions)
    proposed = [line for line in str(error.value).splitlines() if line.startswith("world.npz,")]
    assert proposed and str(tmp_path / "world.corrections.csv") in str(error.value)
    head = "file,row,column,printed,used,source,reason"
    lines = [
        f"world.npz,C0/Farming,output,{float(wrong['x'][0])!r},{float(arrays['x'][0])!r},yearbook,a digit",
        f"table,C0/Mining,C1/households,{float(wrong['F'][1, 4])!r},{float(arrays['F'][1, 4])!r},yearbook,a slip",
    ]
    file = tmp_path / "world.corrections.csv"
    file.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    with collect_notices() as notices:
        found = read_known_table(path, regions)
    np.testing.assert_array_equal(found.z, sound.z)
    np.testing.assert_array_equal(found.f, sound.f)
    np.testing.assert_array_equal(found.output, sound.output)
    assert "2 cells are corrected (world.corrections.csv)" in found.notes
    assert [notice.what for notice in notices] == ["corrected cells (1)", "corrected cells (1)"]
    system = System("world", truth=str(path), regions="regions.csv")
    assert truth_files(system) == [str(path), str(file), "regions.csv"]
    for line, message in (
        ("world.npz,C0/Farming,exports,0,1,yearbook,no", "world.npz has no exports"),
        ("other.npz,C0/Farming,output,0,1,yearbook,no", "of which nothing is read"),
        ("table,C0/Nothing,output,0,1,yearbook,no", "is no region/sector"),
    ):
        file.write_text("\n".join([head, lines[0], lines[1], line]) + "\n", encoding="utf-8")
        with pytest.raises(DataError, match=message):
            read_known_table(path, regions)
