"""Exports: pymrio reads the folder and finds our footprints; the long form and the single-region
table lose nothing.
"""

from __future__ import annotations

import json
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pymrio
import pytest
import xarray as xr
from nested_worlds import MONEY, inventory_of, make_world

from citymrio.base.errors import DataError
from citymrio.footprints.footprint import footprints
from citymrio.nested import export


@pytest.fixture(scope="module")
def world():
    return make_world(11, cities=(1, 2, 3), sectors=5)


@pytest.fixture(scope="module")
def nested(world):
    return world.nested


@pytest.fixture(scope="module")
def population(nested):
    return xr.DataArray(
        np.arange(1.0, nested.regions.size + 1) * 1e6, {"region": nested.regions}, ("region",)
    )


@pytest.fixture(scope="module")
def folder(world, nested, population, tmp_path_factory):
    target = tmp_path_factory.mktemp("mrio")
    export.write_pymrio(
        nested, target, inventory_of(world, orphan=7.0), population, block_bytes=6000
    )
    return target


@pytest.fixture(scope="module")
def loaded(folder):
    return pymrio.load_all(folder).calc_all()


def test_pymrio_finds_our_cba(world, nested, loaded):
    ours = footprints(nested, inventory_of(world, orphan=7.0))["cba"].sum("category").values
    theirs = loaded.emissions.D_cba_reg.loc["CO2", nested.regions].to_numpy()
    np.testing.assert_allclose(theirs, ours, rtol=1e-9)


def test_pymrio_finds_our_multipliers(world, nested, loaded):
    ours = nested.multipliers(world.emissions).values.ravel()
    np.testing.assert_allclose(loaded.emissions.M.loc["CO2"].to_numpy(), ours, rtol=1e-9)


def test_pymrio_finds_emissions_embodied_in_exports(world, nested, loaded):
    ours = footprints(nested, inventory_of(world))
    outside = loaded.emissions.D_cba_reg.loc["CO2", ["abroad", "statistical error"]].to_numpy()
    np.testing.assert_allclose(
        outside, [float(ours["exports"].sum()), float(ours["error"].sum())], rtol=1e-9
    )


def test_output_recomputed_by_pymrio_is_ours(loaded, folder):
    recomputed = pymrio.calc_x(loaded.Z, loaded.Y)["indout"]
    np.testing.assert_allclose(
        recomputed.to_numpy(),
        pd.read_parquet(folder / "x.parquet")["indout"].to_numpy(),
        rtol=1e-12,
        atol=1e-12,
    )


def test_factor_inputs_close_the_columns(loaded):
    total = loaded.Z.sum(axis=0) + loaded.factor_inputs.F.sum(axis=0)
    np.testing.assert_allclose(
        total.to_numpy(), loaded.x["indout"].to_numpy(), rtol=1e-12, atol=1e-12
    )


def test_imports_of_final_demand_are_in_f_y(nested, loaded):
    theirs = loaded.factor_inputs.F_Y.loc["imports"].drop(["abroad", "statistical error"])
    np.testing.assert_allclose(
        theirs.to_numpy(), nested.dataset["imports"].sel(use=nested.categories).values.ravel()
    )


def test_orphan_and_household_emissions_stay_in_the_total(world, loaded):
    inventory = inventory_of(world, orphan=7.0)
    everything = float(
        inventory["emissions"].sum()
        + inventory["orphan"].sum()
        + inventory["household_emissions"].sum()
    )
    exported = loaded.emissions.F.to_numpy().sum() + loaded.emissions.F_Y.to_numpy().sum()
    assert exported == pytest.approx(everything, rel=1e-12)


def test_labels_units_and_population_come_back(nested, loaded, population):
    assert loaded.Z.index.names == ["region", "sector"]
    assert loaded.Y.columns.names == ["region", "category"]
    assert list(loaded.get_sectors()) == list(nested.sectors)
    assert set(loaded.unit["unit"]) == {MONEY}
    assert set(loaded.emissions.unit["unit"]) == {"t CO2"}
    np.testing.assert_array_equal(
        loaded.population.loc["population", nested.regions].to_numpy(), population.values
    )


def test_block_size_does_not_change_what_is_read(nested, folder, tmp_path):
    export.write_pymrio(nested, tmp_path)
    for name in ("Z", "Y"):
        pd.testing.assert_frame_equal(
            pd.read_parquet(tmp_path / f"{name}.parquet"),
            pd.read_parquet(folder / f"{name}.parquet"),
        )


def test_without_inventory_there_is_no_emission_extension(nested, tmp_path):
    export.write_pymrio(nested, tmp_path)
    assert not (tmp_path / "emissions").exists()
    assert sorted(json.loads((tmp_path / "file_parameters.json").read_text())["files"]) == [
        "Y",
        "Z",
        "unit",
        "x",
    ]


def test_writing_twice_gives_the_same_bytes(nested, world, tmp_path):
    for name in ("first", "second"):
        export.write_pymrio(nested, tmp_path / name, inventory_of(world))
        export.write_long(nested, tmp_path / name / "long.parquet")
        export.write_spreadsheet(nested, nested.regions[1], tmp_path / name / "table.xlsx")
    files = [path for path in (tmp_path / "first").rglob("*") if path.is_file()]
    assert len(files) == 17
    for path in files:
        assert (
            path.read_bytes()
            == (tmp_path / "second" / path.relative_to(tmp_path / "first")).read_bytes()
        ), path.name


def test_the_folder_explains_exports_and_imports(folder):
    text = (folder / "README.md").read_text()
    assert "region `abroad`" in text and "row `imports`" in text


def test_long_form_holds_every_cell_but_zeros(nested, tmp_path):
    export.write_long(nested, tmp_path / "long.parquet")
    table = pd.read_parquet(tmp_path / "long.parquet")
    dense = nested.to_dense()
    values = np.concatenate([dense["Z"].values, dense["Y"].values], axis=3)
    assert len(table) == np.count_nonzero(values)
    place = [pd.Index(labels).get_indexer(table[name]) for name, labels in _labels(nested).items()]
    np.testing.assert_array_equal(table["value"].to_numpy(), values[tuple(place)])


def _labels(nested):
    return {
        "origin": nested.regions,
        "sector": nested.sectors,
        "destination": nested.regions,
        "use": nested.dataset["use"].values,
    }


@pytest.mark.parametrize("position", [0, 3, 5])
def test_single_region_table_balances(nested, position):
    region = nested.regions[position]
    table = export.single_region(nested, region)
    own, output = table.loc["own"], nested.dataset["output"].sel(region=region).values
    np.testing.assert_allclose(own.drop(columns="output").sum(axis=1), output, rtol=1e-12)
    np.testing.assert_allclose(
        table.drop(index="output", level=0)[list(nested.sectors)].sum(axis=0), output, rtol=1e-12
    )


def test_single_region_purchases_are_those_of_the_table(nested):
    region = nested.regions[4]
    bought = export.single_region(nested, region)[list(nested.categories)].drop(
        index=["imports", "value added", "output"], level=0
    )
    np.testing.assert_allclose(
        bought.sum(axis=0),
        nested.purchases().sel(region=region, use=nested.categories).values,
        rtol=1e-12,
    )


def test_spreadsheet_reads_back(nested, tmp_path):
    region = nested.regions[2]
    export.write_spreadsheet(
        nested,
        region,
        tmp_path / "table.xlsx",
        {region: "Springfield", "01": "Farming", "capital": "Capital"},
    )
    sheet = openpyxl.load_workbook(tmp_path / "table.xlsx").active
    rows = list(sheet.iter_rows(values_only=True))
    table = export.single_region(nested, region)
    assert "Springfield" in rows[0][0]
    assert rows[3][:3] == ("own", "01", "Farming")
    values = np.array(
        [[np.nan if value is None else value for value in row[3:]] for row in rows[3:]], dtype=float
    )
    np.testing.assert_allclose(values, table.to_numpy(), rtol=1e-15)


def test_spreadsheet_holds_no_time_of_day(nested, tmp_path):
    export.write_spreadsheet(nested, nested.regions[0], tmp_path / "table.xlsx")
    with zipfile.ZipFile(tmp_path / "table.xlsx") as archive:
        assert {member.date_time for member in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}
        assert b"dcterms" not in archive.read("docProps/core.xml").split(b">", 2)[2]


def test_unknown_region_is_refused(nested):
    with pytest.raises(DataError, match="unknown region '999999'"):
        export.single_region(nested, "999999")


def test_pymrio_test_system_gives_the_same_footprints_through_our_engine():
    """pymrio's own test table, each country a province of one region: our footprints equal
    pymrio's.
    """
    from pymrio_world import nested_from_pymrio

    system = pymrio.load_test().calc_all()
    nested, stressor = nested_from_pymrio(system, ("emission_type1", "air"))
    ours = nested.flows(stressor, by="category").sum(["origin", "category"]).values
    theirs = system.emissions.D_cba_reg.loc[("emission_type1", "air")].to_numpy()
    direct = (
        system.emissions.F_Y.loc[("emission_type1", "air")]
        .groupby(level="region", sort=False)
        .sum()
        .to_numpy()
    )
    np.testing.assert_allclose(ours, theirs - direct, rtol=1e-9)


def test_spreadsheets_of_named_regions_and_of_no_others(nested, tmp_path):
    chosen = [str(nested.regions[3]), str(nested.regions[1]), str(nested.regions[3])]
    export.write_spreadsheets(nested, chosen, tmp_path, {chosen[1]: "Springfield"})
    assert {path.name for path in tmp_path.iterdir()} == {f"{code}.xlsx" for code in chosen}
    assert (
        "Springfield" in openpyxl.load_workbook(tmp_path / f"{chosen[1]}.xlsx").active["A1"].value
    )


def test_an_unknown_region_stops_spreadsheets_before_the_first_is_written(nested, tmp_path):
    with pytest.raises(DataError, match="unknown region '999999'"):
        export.write_spreadsheets(nested, [str(nested.regions[0]), "999999"], tmp_path, {})
    assert list(tmp_path.iterdir()) == []
