"""Systems of known truth: a list that names them, a run as a known table, all systems side by side."""

import numpy as np
import pytest
from known_world import invented, write

from citymrio.base.errors import DataError, DataErrors
from citymrio.base.labels import read_dataset, write_dataset
from citymrio.base.vocabulary import GIVEN
from citymrio.config.models import Config, Dataset
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.synthetic import build as synthetic
from citymrio.nested import NestedMRIO
from citymrio.provinces.balance import balance
from citymrio.provinces.mrio import province_mrio
from citymrio.provinces.trade import province_trade
from known_truth.report import experiment
from known_truth.run import ORDER, OWN_FIT
from known_truth.scores import side_by_side
from known_truth.systems import System, read_systems
from known_truth.table import known_run, run_files


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """results/tiny as far as its dataset."""
    folder = tmp_path_factory.mktemp("results") / "tiny"
    synthetic.build(Dataset(size="tiny"), folder / "dataset")
    return folder


@pytest.fixture(scope="module")
def nation(run, tmp_path_factory):
    """The same run without its true table, as far as its provincial MRIO."""
    folder = tmp_path_factory.mktemp("results") / "nation"
    folder.mkdir()
    (folder / "dataset").mkdir()
    for name in ("regions", "sectors", "final_demand"):
        (folder / f"dataset/{name}.csv").write_bytes((run / f"dataset/{name}.csv").read_bytes())
    data, config = DatasetFolder.read(run / "dataset"), Config()
    tables = data.tables
    system, _ = balance(
        data.provinces,
        data.national,
        tables["regions"],
        tables["final_demand"],
        config.provinces,
        config.solver,
    )
    trade, _ = province_trade(system, tables["regions"], config.provinces, config.solver)
    write_dataset(province_mrio(system, trade), folder / "provinces/mrio.nc")
    return folder


def adds_up(table):
    rows = table.z.sum(axis=(2, 3)) + table.f.sum(axis=(2, 3)) + table.exports + table.error
    np.testing.assert_allclose(rows, table.output, rtol=1e-9, atol=1e-9 * table.output.mean())
    columns = table.z.sum(axis=(0, 1)) + table.value_added + table.imports
    np.testing.assert_allclose(columns, table.output, rtol=1e-9, atol=1e-9 * table.output.mean())


def test_cities_of_the_true_table_are_judged_in_their_provinces(run):
    table = known_run(run)
    adds_up(table)
    regions = table.regions
    assert (table.basis, table.is_city.sum(), len(regions)) == ("invented", 12, 14)
    assert set(regions.loc[table.is_city, "province"]) == {
        "province P02",
        "province P03",
        "province P04",
    }
    assert regions.loc[~table.is_city, "province"].tolist() == ["outside P01", "outside P05"]
    dense = NestedMRIO.from_dataset(read_dataset(run / "dataset/truth/truth.nc")).to_dense()
    own = dense["Z"].sel(origin="P0201", destination="P0302").values
    at = regions.set_index("region").index
    assert table.z[at.get_loc("P0201"), :, at.get_loc("P0302")] == pytest.approx(own, rel=1e-12)
    assert table.z.sum() == pytest.approx(float(dense["Z"].sum()), rel=1e-12)


def test_provinces_that_are_not_named_are_one_region_outside(run):
    whole, some = known_run(run), known_run(run, "P02;P04")
    adds_up(some)
    assert some.is_city.sum() == 8
    assert some.regions.loc[~some.is_city, "region"].tolist() == [
        "province P01",
        "province P03",
        "province P05",
    ]
    member = whole.regions["region"].str.startswith("P03").to_numpy()
    outside = some.regions["region"].eq("province P03").to_numpy()
    assert some.output[outside][0] == pytest.approx(whole.output[member].sum(axis=0), rel=1e-12)


def test_provinces_of_a_run_are_the_cities_of_the_nation_and_their_truth_is_said_to_be_an_estimate(
    nation,
):
    table = known_run(nation)
    adds_up(table)
    assert table.basis == "estimated" and "itself an estimate" in table.notes[0]
    assert table.is_city.all() and set(table.regions["province"]) == {"province nation"}
    mrio = read_dataset(nation / "provinces/mrio.nc")
    assert table.output.sum() == pytest.approx(float(mrio["output"].sum()), rel=1e-12)
    mrio.attrs["trade"] = GIVEN
    write_dataset(mrio, nation / "provinces/mrio.nc")
    assert known_run(nation).basis == "published"
    del mrio.attrs["trade"]
    write_dataset(mrio, nation / "provinces/mrio.nc")


def test_a_run_that_does_not_fit_is_one_message(run, nation, tmp_path):
    with pytest.raises(DataError, match="the run has no provinces/mrio.nc, dataset/regions.csv"):
        run_files(tmp_path)
    with pytest.raises(
        DataError,
        match="province P01, P9 has no cities to judge. Fix: name provinces of .*: P02, P03",
    ):
        known_run(run, "P01;P02;P9")
    with pytest.raises(DataError, match="no true table of its cities"):
        known_run(nation, "P02")


def listed(folder, text):
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_list_names_systems_and_finds_their_files_in_another_folder(tmp_path, run):
    data = tmp_path / "data"
    data.mkdir()
    arrays, regions = invented()
    write(data, arrays)
    regions.to_csv(data / "world.csv", index=False)
    text = (
        '# comment\nsystem,title,truth,regions,fit\nworld,"One, '
        f'two",world.npz,world.csv,\ntiny,,{run},,world\n'
    )
    one, two = read_systems(listed(tmp_path, text), data)
    assert one == System("world", str(data / "world.npz"), "One, two", str(data / "world.csv"))
    assert (two.truth, two.title, two.fit, two.is_run) == (str(run), "tiny", "world", True)


def test_every_fault_of_a_list_is_said_at_once(tmp_path, run):
    text = (
        "system,truth,regions,fit,provinces\n"
        f"a b,{run},,,\n"
        "one,nothing.npz,,,\n"
        f"one,{run},list.csv,two,\n"
        "two,list.csv,,one,P1\n"
        "wide,list.csv,,one,P1,more\n"
    )
    path = listed(tmp_path, text)
    with pytest.raises(DataErrors) as error:
        read_systems(path, tmp_path)
    texts = [str(fault) for fault in error.value.faults]
    expected = (
        "row 2, system is 'a b'",
        "row 3, truth is 'nothing.npz': there is no such file",
        "row 4, system 'one' appears twice; expected once",
        "row 4, fit is 'two': there is no such file",
        "row 4, regions is given, but the truth is a run",
        "row 5, regions is blank: observed trade needs",
        "row 5, provinces is given, but the truth is no run",
        "row 6 has 6 cells; expected 5",
    )
    assert [part for part in expected if not any(part in found for found in texts)] == [], texts
    for text, message in (
        ("system,truth\n", "names no system"),
        ("system,fits\na,b\n", "column 'truth' is missing"),
    ):
        with pytest.raises((DataError, DataErrors), match=message):
            read_systems(listed(tmp_path, text))


@pytest.mark.slow
def test_systems_stand_side_by_side(run, nation, tmp_path):
    arrays, regions = invented()
    write(tmp_path, arrays)
    regions.to_csv(tmp_path / "world.csv", index=False)
    world = System(
        "world", str(tmp_path / "world.npz"), "World", regions=str(tmp_path / "world.csv")
    )
    scores, priors, about = experiment(world)
    priors.to_csv(tmp_path / "priors.csv", index=False)
    found = {"world": (scores, about)}
    for code, folder in (("cities", run), ("provinces", nation)):
        scores, _, about = experiment(System(code, str(folder), fit=str(tmp_path / "priors.csv")))
        assert len(about["sha256"]) == 5  # four files of the run, and the priors
        found[code] = scores, about
    table = side_by_side(found, {"world": "", "cities": "world", "provinces": "world"})
    table = table[table["case"].eq("all_sectors")]
    assert table["system"].drop_duplicates().tolist() == list(found)
    tried = table.groupby("system")["method"].apply(tuple).to_dict()
    without = tuple(name for name in ORDER if name not in OWN_FIT)  # the nation is one province
    assert tried == {"world": ORDER, "cities": ORDER, "provinces": without}
    basis = table.drop_duplicates("system").set_index("system")[["basis", "fit"]]
    assert basis["basis"].to_dict() == {
        "world": "published",
        "cities": "invented",
        "provinces": "estimated",
    }
    assert basis["fit"].tolist() == ["own outside regions", "world", "world"]
    value = table.set_index(["system", "method"])["flows_wape"]
    assert value["cities", "calibrated"] < value["cities", "paper"]
    given = found["world"][0].set_index(["case", "method", "quantity", "group"])["value"]
    assert value["world", "slq"] == given["all_sectors", "slq", "flows_wape", "all"]
