"""What a finished tiny run gives away: supply chains that add up, the long form, spreadsheets,
pymrio's folder.
"""

from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pymrio
import pytest

from citymrio.base.labels import read_dataset, read_table


@pytest.fixture(scope="module")
def supers(finished):
    regions = read_table(finished.results() / "tables/regions.csv")
    return set(regions.loc[~regions["super_emitter"].isin(["none", ""]), "region"])


@pytest.mark.parametrize(
    ("table", "part"), [("supply_chains", "path"), ("production_layers", "layer")]
)
def test_parts_and_remainder_make_the_footprint_of_every_super_emitter(
    finished, supers, table, part
):
    rows = read_table(finished.results() / f"tables/{table}.csv")
    assert set(rows["region"]) == supers != set()
    sums = rows[rows["kind"].isin([part, "remainder"])].groupby("region")["value"].sum()
    footprints = (
        read_dataset(finished.results() / "footprint/footprints.nc")["cba"]
        .sum("category")
        .to_series()
    )
    np.testing.assert_allclose(sums, footprints[sums.index], rtol=1e-9)


def test_every_super_emitter_has_a_spreadsheet_of_its_own_table(finished, supers):
    folder = finished.results() / "mrio/spreadsheets"
    assert {path.stem for path in folder.iterdir()} == supers
    region = min(supers)
    rows = list(
        openpyxl.load_workbook(folder / f"{region}.xlsx", read_only=True).active.iter_rows(
            values_only=True
        )
    )
    output = read_dataset(finished.results() / "nested/mrio.nc")["output"].sel(region=region).values
    last = next(row for row in rows if row[0] == "output")
    np.testing.assert_allclose(np.array(last[3 : 3 + output.size], dtype=float), output, rtol=1e-12)


def test_long_form_adds_up_to_the_wide_one(finished):
    folder = finished.results() / "mrio"
    long = (
        pd.read_parquet(folder / "long.parquet")
        .groupby(["origin", "sector"], observed=True)["value"]
        .sum()
    )
    outside = ["abroad", "statistical error"]
    y = pd.read_parquet(folder / "Y.parquet")
    wide = pd.read_parquet(folder / "Z.parquet").sum(axis=1) + y.drop(
        columns=outside, level="region"
    ).sum(axis=1)
    expected = wide[wide != 0].rename_axis(["origin", "sector"])
    assert len(long) == len(expected)
    np.testing.assert_allclose(long[expected.index], expected, rtol=1e-9, atol=1e-9)


def test_multipliers_and_production_of_the_folder_are_those_of_the_run(finished):
    system = pymrio.load_all(finished.results() / "mrio").calc_all()
    ours = read_dataset(finished.results() / "footprint/footprints.nc")
    np.testing.assert_allclose(
        system.emissions.M.loc["CO2"].to_numpy(),
        ours["multiplier"].transpose("region", "sector").values.ravel(),
        rtol=1e-9,
    )
    orphans = system.emissions.F_Y.loc["CO2 of sectors without output"].sum()
    assert system.emissions.F.loc["CO2"].sum() + orphans == pytest.approx(
        float(ours["pba"].sum()), rel=1e-9
    )
