"""A dataset's currency reaches every table, figure, caption and export; no other country's stands
beside its numbers.
"""

from __future__ import annotations

import json
from pathlib import Path

import pymrio
import pytest
import toy_run
from matplotlib.text import Text
from openpyxl import load_workbook

from citymrio.base.errors import DataError
from citymrio.base.labels import read_dataset, read_json, write_dataset, write_table
from citymrio.base.money import unit_in, unit_in_all
from citymrio.cities.chain import city_trade
from citymrio.cities.province import Province
from citymrio.cities.split import split_supply_demand
from citymrio.cities.tables import city_tables
from citymrio.config.models import Dataset
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.sources.synthetic.build import build as build_synthetic
from citymrio.nested.export import write_pymrio, write_spreadsheets
from citymrio.report import pages
from citymrio.report.figures import registry

EURO = "10^4 EUR"


def in_euros(tables: toy_run.Tables) -> None:
    """The toy country with another currency in all its tables."""
    for name, rows in tables.items():
        tables[name] = [
            [cell.replace("XTS", "EUR") if isinstance(cell, str) else cell for cell in row]
            for row in rows
        ]


@pytest.fixture(scope="module")
def euros(tmp_path_factory):
    return toy_run.run(tmp_path_factory.mktemp("euros"), in_euros)


def money_of(dataset) -> set[str]:
    """Units with money in them."""
    units = (variable.attrs.get("units", "") for variable in dataset.data_vars.values())
    return {unit for unit in units if "10^4" in unit or "CNY" in unit or "money" in unit.lower()}


def test_labelled_tables_of_every_stage_are_in_the_dataset_s_money(euros):
    made, regions = euros.estimate, euros.dataset.tables["regions"]
    labelled = {
        "system": made.system,
        "mrio": made.mrio,
        "nested": made.nested.dataset,
        "footprints": made.footprints,
    }
    labelled |= {
        "dense": made.nested.to_dense(),
        "aggregate": made.nested.aggregate(regions=dict.fromkeys(regions["region"], "all")),
    }
    for path in (euros.folder / "national.nc", *(euros.folder / "provinces").glob("*.nc")):
        labelled[path.name] = read_dataset(path)
    config, data = euros.config, euros.dataset
    for code, accounts in made.accounts.items():
        province = Province.of(
            made.mrio, code, data.tables, data.observations[code], config.cities, config.solver
        )
        split, _ = split_supply_demand(province, accounts)
        tables, _ = city_tables(province, accounts, split)
        trade, _ = city_trade(province, split)
        stages = {"accounts": accounts, "split": split, "tables": tables, "trade": trade}
        labelled |= {f"{code} {name}": stage for name, stage in stages.items()}
    assert len(labelled) == 6 + 3 + 8
    for name, dataset in labelled.items():
        assert money_of(dataset) <= {EURO, f"t CO2 per {EURO}"}, name
        assert EURO in money_of(dataset), name
    assert made.footprints["multiplier"].attrs["units"] == f"t CO2 per {EURO}"
    assert made.nested.block("N1", "S1").attrs["units"] == EURO


@pytest.mark.parametrize("name", registry.FIGURES)
def test_no_figure_of_a_country_in_euros_speaks_of_another_currency(euros, name):
    texts = [text.get_text() for text in euros.figure(name).findobj(Text)]
    assert not [text for text in texts if "CNY" in text or "XTS" in text or "yuan" in text.lower()]
    if name in ("fig2", "figS4", "figS7"):
        assert any("EUR" in text for text in texts)


def test_figures_print_the_unit_of_their_money(euros):
    texts = {
        name: " ".join(text.get_text() for text in euros.figure(name).findobj(Text))
        for name in ("fig2", "figS4", "figS7")
    }
    assert "10⁹ EUR per Mt CO₂" in texts["fig2"]
    assert "(t CO₂ per 10⁴ EUR of output)" in texts["figS4"]
    assert "(t CO₂ per 10⁴ EUR)" in texts["figS7"]


def test_no_caption_names_the_currency_of_one_country():
    folder = Path(pages.__file__).parent
    captions = {
        path.name: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.rst"))
    }
    assert len(captions) >= len(registry.FIGURES) + len(pages.SHOWN)
    assert not [name for name, text in captions.items() if "CNY" in text or "yuan" in text]


def test_no_table_of_a_country_in_euros_speaks_of_another_currency(euros, tmp_path):
    for name, table in euros.tables.items():
        write_table(table, tmp_path / f"{name}.csv")
        text = (tmp_path / f"{name}.csv").read_text(encoding="utf-8")
        assert "CNY" not in text and "XTS" not in text, name


def test_the_export_names_the_country_its_year_and_its_money(euros, tmp_path):
    info, made = euros.dataset.info, euros.estimate
    write_pymrio(made.nested, tmp_path, made.inventory, name=info["name"], year=info["year"])
    write_spreadsheets(made.nested, ["N1"], tmp_path / "spreadsheets", {})
    read = pymrio.load_all(tmp_path)
    assert (read.meta.name, read.meta.version) == ("Toyland", "2020")
    assert set(read.unit["unit"]) == set(read.factor_inputs.unit["unit"]) == {EURO}
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert (
        text.startswith("# Toyland:")
        and f"Unit of money {EURO}, of emissions t CO2; year 2020." in text
    )
    assert load_workbook(tmp_path / "spreadsheets/N1.xlsx").active["A1"].value.endswith(EURO)
    for path in (path for path in tmp_path.rglob("*") if path.suffix in (".json", ".md")):
        assert "CNY" not in path.read_text(encoding="utf-8"), path.name


def test_the_synthetic_country_keeps_its_own_money(tmp_path):
    build_synthetic(Dataset(size="tiny"), tmp_path)
    assert read_json(tmp_path / "dataset.json")["unit"] == "10^4 CNY"
    assert money_of(read_dataset(tmp_path / "national.nc")) == {"10^4 CNY"}


def test_a_provincial_table_in_another_money_than_the_dataset_s_is_refused(tmp_path):
    """A netCDF table in the money of China used to pass in any country."""
    folder = toy_run.write_folder(tmp_path / "raw", in_euros)
    (folder / "provinces/NO.csv").unlink()
    euros = toy_run.run(tmp_path / "euros", in_euros)
    table = read_dataset(euros.folder / "provinces/NO.nc")
    for variable in table.data_vars.values():
        variable.attrs["units"] = "10^4 CNY"
    write_dataset(table, folder / "provinces/NO.nc")
    faults = [str(fault) for fault in faults_of(read_folder(folder))]
    assert faults and all("is in '10^4 CNY'; expected '10^4 EUR'" in fault for fault in faults)


def test_tables_of_different_money_are_not_put_together(euros):
    tables = list(euros.dataset.provinces.values())
    other = tables[0].copy(deep=True)
    other["output"].attrs["units"] = "10^4 CNY"
    with pytest.raises(DataError, match=r"money is in 10\^4 CNY and in 10\^4 EUR"):
        unit_in_all([*tables, other])
    del other["output"].attrs["units"]
    with pytest.raises(DataError, match="'output' has no units"):
        unit_in(other)


def test_what_a_run_says_of_its_dataset_names_one_currency(euros):
    assert "CNY" not in json.dumps(euros.dataset.info)
