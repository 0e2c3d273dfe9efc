"""Tables and figures of the change between two runs, and the workflow's refusals."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from forked import snakemake
from nested_worlds import make_world

from citymrio.analysis.change_tables import PARTS, Run, change_tables
from citymrio.base.concordance import read_pairs
from citymrio.base.errors import DataError
from citymrio.config.models import Figures
from citymrio.footprints.footprint import footprints
from citymrio.nested.table import NestedMRIO
from citymrio.report.figures.change import CAPTIONS, draw
from citymrio.report.figures.style import save

NAMES = (["A", "B", "C1", "C2", "D"], ["A", "B", "C", "D1", "D2"])
PAIRS = {"sector": [("C1", "C"), ("C2", "C"), ("D", "D1"), ("D", "D2")], "region": []}
NONE: dict[str, list] = {"sector": [], "region": []}


def make_run(seed: int, names: list[str], year: int, cities=(1, 2, 4, 1, 3)) -> Run:
    world = make_world(seed=seed, cities=cities, zero_outputs=0)
    nested = world.nested
    zeros = xr.zeros_like(world.emissions)
    inventory = xr.Dataset(
        {"emissions": world.emissions, "orphan": zeros, "household_emissions": zeros.sum("sector")}
    )
    inventory = inventory.assign(
        {name: v.assign_attrs(units="t CO2") for name, v in inventory.data_vars.items()}
    )
    result = footprints(nested, inventory)
    rng = np.random.default_rng(seed)
    cba = result["cba"].sum("category").values
    count = nested.regions.size
    table = pd.DataFrame(
        {
            "region": nested.regions,
            "name": [f"City {code}" for code in nested.regions],
            "province": [code[:2] for code in nested.regions],
            "province_name": [f"Province {code[:2]}" for code in nested.regions],
            "kind": "city",
            "population": rng.uniform(1e5, 9e5, count),
            "cba_demand_mt": cba / 1e6,
            "affluence_usd": rng.uniform(2e3, 9e3, count),
            "quintile": np.resize(["Q1", "Q2", "Q3", "Q4", "Q5"], count),
        }
    )
    table.loc[0, ["kind", "quintile"]] = ["province", ""]
    sectors = pd.DataFrame({"sector": nested.sectors, "name": names})
    info = {
        "name": f"Utopia {year}",
        "year": year,
        "currency": "CNY",
        "unit": "10^4 CNY",
        "emission_unit": "t CO2",
        "price_basis": f"prices of {year}",
        "synthetic": True,
    }
    return Run(info, table, sectors, nested, inventory, result)


@pytest.fixture(scope="module")
def runs():
    return make_run(3, NAMES[0], 2012), make_run(8, NAMES[1], 2017)


@pytest.fixture(scope="module")
def result(runs):
    return change_tables(*runs, pairs=PAIRS)


def test_parts_and_classification_sum_to_the_published_change_of_every_region(runs, result):
    table = result[0]["change"].set_index("region")
    for column, run in zip(("cba_earlier_mt", "cba_later_mt"), runs, strict=True):
        assert table[column].to_numpy() == pytest.approx(
            run.footprints["cba"].sum("category").values / 1e6, rel=1e-12
        )
    assert table[[*PARTS]].sum(axis=1).to_numpy() == pytest.approx(
        table["change_mt"].to_numpy(), rel=1e-9
    )
    assert (table["classification_mt"].abs() > 0).any()


def test_groups_are_sums_of_their_regions(result):
    table, groups = result[0]["change"], result[0]["change_groups"].set_index("group")
    assert groups.loc["all", "change_mt"] == pytest.approx(table["change_mt"].sum())
    assert groups.loc["cities", "regions"] == (table["kind"] == "city").sum()
    quintiles = groups.loc[["Q1", "Q2", "Q3", "Q4", "Q5"]]
    for column in ("change_mt", *PARTS):
        assert quintiles[column].sum() == pytest.approx(groups.loc["cities", column])
    parts = [c.replace("_mt", "_percent") for c in PARTS]
    assert groups[parts].sum(axis=1).to_numpy() == pytest.approx(
        groups["change_percent"].to_numpy()
    )


def test_sectors_that_share_codes_alone_are_refused_between_two_classifications(runs):
    bare = [replace(run, sectors=run.sectors.assign(name=run.sectors["sector"])) for run in runs]
    with pytest.raises(DataError, match="by its code alone.*concordance of the two"):
        change_tables(*bare, pairs=NONE)
    said = [replace(run, info=run.info | {"classification": "nace2"}) for run in bare]
    _, about = change_tables(*said, pairs=NONE)
    assert about["sectors"] == len(runs[0].sectors)
    assert about["earlier"]["classification"] == about["later"]["classification"]
    codes = [(code, code) for code in bare[0].sectors["sector"]]
    assert change_tables(*bare, pairs={**NONE, "sector": codes})[1]["sectors"] == len(codes)


def test_without_merging_nothing_is_left_to_the_classification():
    same = [make_run(seed, NAMES[0], year) for seed, year in ((3, 2012), (8, 2017))]
    table = change_tables(*same, pairs=NONE)[0]["change"]
    assert table["classification_mt"].to_numpy() == pytest.approx(
        0.0, abs=1e-9 * table["cba_later_mt"].abs().max()
    )


def test_a_price_index_above_one_lowers_the_effect_of_the_level_and_raises_that_of_intensity(
    runs, result
):
    deflated = change_tables(*runs, pairs=PAIRS, deflator=1.25)[0]["change"]
    current = result[0]["change"]
    assert deflated["change_mt"].to_numpy() == pytest.approx(current["change_mt"].to_numpy())
    assert deflated["demand_per_capita_later"].to_numpy() == pytest.approx(
        current["demand_per_capita_later"].to_numpy() / 1.25
    )
    assert (deflated["level_mt"] < current["level_mt"]).all()
    assert (deflated["intensity_mt"] > current["intensity_mt"]).all()


def test_both_years_have_all_measures_of_inequality(result):
    table = result[0]["inequality"]
    assert table.groupby(["year", "quantity"]).size().to_dict() == {
        (year, name): 9
        for year in (2012, 2017)
        for name in ("footprint per capita", "final demand per capita")
    }
    assert not table["value"].isna().any()


def test_runs_in_different_money_are_refused(runs):
    other = Run(
        **{
            **{name: getattr(runs[1], name) for name in Run.__dataclass_fields__},
            "info": {**runs[1].info, "currency": "EUR"},
        }
    )
    with pytest.raises(DataError, match="currency is CNY in one run and EUR in the other"):
        change_tables(runs[0], other, pairs=PAIRS)


def test_a_change_goes_from_a_year_to_a_later_one(runs):
    for order, years in (((1, 0), "2017 and TO of 2012"), ((0, 0), "2012 and TO of 2012")):
        with pytest.raises(DataError, match=f"FROM is of {years}; expected a later.*Fix: swap"):
            change_tables(*(runs[k] for k in order), pairs=PAIRS)


def test_a_concordance_without_its_columns_is_refused(tmp_path):
    path = tmp_path / "sectors.csv"
    path.write_text("kind,a\nsector,x\n")
    with pytest.raises(DataError, match="column b is missing"):
        read_pairs(path)


def test_sectors_without_a_concordance_are_one_group_with_its_size(runs):
    tables, about = change_tables(*runs, pairs=PAIRS | {"sector": PAIRS["sector"][:2]})
    alone = tables["in_one_run"]
    assert about["sectors"] == 4
    assert alone.groupby("run")["label"].agg(list).to_dict() == {
        "Utopia 2012": ["D"],
        "Utopia 2017": ["D1", "D2"],
    }
    assert set(alone["group"]) == {"sectors of one run only"}
    output = runs[0].nested.dataset["output"]
    part = output.isel(sector=4).sum() / output.sum() * 100
    assert alone.loc[alone["run"].eq("Utopia 2012"), "output_percent"].sum() == pytest.approx(
        float(part)
    )
    table = tables["change"]
    assert (table["coverage_mt"] == 0).all()  # either run has the group
    assert table[[*PARTS]].sum(axis=1).to_numpy() == pytest.approx(
        table["change_mt"].to_numpy(), rel=1e-9
    )


def test_tables_with_too_little_in_common_are_refused_in_one_message(runs):
    other = replace(runs[1], sectors=runs[1].sectors.assign(name=[*"VWXYZ"]))
    with pytest.raises(DataError, match="100% of the output of Utopia 2012.*A, B, C1, C2, D.*Fix"):
        change_tables(runs[0], other, pairs=NONE)
    with pytest.raises(DataError, match="Utopia 2017 has no sector 'E'"):
        change_tables(*runs, pairs={"sector": [("C1", "E")], "region": []})


def test_a_province_that_one_year_lacks_is_compared_as_coverage(runs):
    later = make_run(8, NAMES[1], 2017, cities=(1, 2, 4, 1, 3, 1))
    tables, about = change_tables(runs[0], later, pairs=PAIRS)
    (new,) = set(later.nested.regions) - set(runs[0].nested.regions)
    row = tables["change"].set_index("region").loc[new]
    assert row["cba_earlier_mt"] == 0 and row["cba_later_mt"] > 0
    assert row["name"] == f"City {new}" and row["quintile_earlier"] == ""
    assert row["coverage_mt"] == pytest.approx(row["change_mt"] - row["classification_mt"])
    assert about["in_one_run"] == {"regions": [new]}
    size = tables["in_one_run"].iloc[0]
    assert (size["run"], size["label"], size["group"]) == ("Utopia 2017", new, new)
    assert 0 < size["output_percent"] < 100 and 0 < size["emissions_percent"] < 100
    others = tables["change"]
    assert others[[*PARTS]].sum(axis=1).to_numpy() == pytest.approx(
        others["change_mt"].to_numpy(), rel=1e-9
    )


def test_what_is_left_of_a_province_in_either_run_is_named_after_it(runs):
    code = str(runs[1].nested.regions[-1])

    def moved(data):
        named = [name for name, one in data.variables.items() if code in one.values.astype(str)]
        return data.assign({name: data[name].str.replace(code, "159900") for name in named})

    later = replace(
        runs[1],
        regions=runs[1].regions.replace({"region": {code: "159900"}}),
        nested=NestedMRIO(moved(runs[1].nested.dataset)),
        inventory=moved(runs[1].inventory),
        footprints=moved(runs[1].footprints),
    )
    table = change_tables(runs[0], later, pairs=PAIRS)[0]["change"].set_index("region")
    assert table.at["15: regions of one run only", "name"] == "Province 15: regions of one run only"
    assert table["name"].str.startswith("City ").sum() == len(table) - 1


def overlaps(texts) -> int:
    """Number of pairs of texts whose boxes overlap on paper."""
    boxes = [
        text.get_window_extent() for text in texts if text.get_text().strip() and text.get_visible()
    ]
    return sum(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CAPTIONS))
def test_figures_are_drawn_alike_twice_without_overlapping_texts(name, result, tmp_path):
    tables, about = result
    files = []
    for k in range(2):
        figure = draw(name, tables, Figures(), synthetic=True, run=about)
        files.append(save(figure, tmp_path / f"{k}"))
    assert [p.read_bytes() for p in files[0]] == [p.read_bytes() for p in files[1]]
    figure.draw_without_rendering()
    texts = [text for axes in figure.axes for text in [*axes.texts, *axes.get_yticklabels()]]
    for axes in figure.axes:
        low, high = axes.get_xlim()
        texts += [text for text in axes.get_xticklabels() if low <= text.get_position()[0] <= high]
    assert overlaps(texts) == 0


def test_a_city_that_rose_is_not_among_those_that_fell_most(result):
    tables, about = result
    table = tables["change"].assign(change_mt=lambda t: t["change_mt"].abs())
    figure = draw(
        "change_cities",
        tables | {"change": table},
        Figures(),
        synthetic=True,
        run=about,
    )
    risen, fallen = (axes.get_yticklabels() for axes in figure.axes)
    assert len(risen) == (table["kind"] == "city").sum()
    assert len(fallen) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["earlier=nowhere", "later=nowhere"], "there is no run in 'nowhere'"),
        (["earlier=.", "later=."], "is not finished: dataset/dataset.json is missing"),
        (["earlier=.", "later=.", "deflater=2"], "unknown key 'deflater'"),
    ],
)
def test_the_workflow_says_what_is_wrong_with_its_two_runs(root, tmp_path, options, message):
    workflow = root / "rules/standalone/change.smk"
    words = ["--cores", "1", "-n", "--snakefile", str(workflow), "--config", *options]
    code, text = snakemake(words, str(tmp_path), {**os.environ})
    assert code != 0
    assert message in text
