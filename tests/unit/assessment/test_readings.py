"""Readings of the paper: entries, which of them is in use, what the others need, and what remains
outside all of them.
"""

import importlib.util
import inspect
from pathlib import Path
from types import SimpleNamespace

import evidence
import figure_tables
import numpy as np
import pandas as pd
import pytest
from thorough import THOROUGH

from citymrio.assessment.paper.readings import numbers
from citymrio.assessment.paper.readings.chains import (
    CHAINS,
    MAIN,
    estimate_of,
    proposal,
    variants_read,
    with_settings,
)
from citymrio.assessment.paper.readings.joint import (
    DEFINITIONS,
    NUMBERS,
    SETTINGS,
    Run,
    all_readings,
    readings,
)
from citymrio.assessment.paper.readings.numbers import ALONE, HOUSEHOLDS, Number, Reading
from citymrio.assessment.paper.readings.table import (
    COLUMNS,
    DATA,
    DECIDED,
    JOINT,
    comparable_results,
    count_met,
    numbers_met,
    others,
)
from citymrio.assessment.paper.results import COMPUTED, Missing, Results, is_within_tolerance
from citymrio.base.labels import read_table
from citymrio.chain.estimate import estimate
from citymrio.config.models import Config, Dataset, Figures
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.synthetic import build as synthetic
from citymrio.report.summary import paper_lines

TARGETS = read_table(Path(__file__).parents[3] / "config/paper_targets.csv")
#: Targets whose text or note leaves a definition open.
AMBIGUOUS = (
    *(
        "T013",
        "T023",
        "T025",
        "T026",
        "T027",
        "T028",
        "T029",
        "T030",
        "T031",
        "T032",
        "T033",
        "T035",
        "T037",
        "T041",
        "T045",
    ),
    *(
        "T061",
        "T064",
        "T068",
        "T069",
        "T073",
        "T074",
        "T146",
        "T147",
        "T149",
        "T161",
        "T163",
        "T164",
        "T165",
        "T167",
        "T168",
    ),
    *(
        "T176",
        "T178",
        "T180",
        "T182",
        "T184",
        "T189",
        "T191",
        "T193",
        "T196",
        "T197",
        "T200",
        "T201",
    ),
)


def test_every_entry_is_a_number_of_the_paper_and_says_its_passages():
    ids = [number.target for number in NUMBERS]
    assert len(set(ids)) == len(ids) and set(ids) <= set(TARGETS["id"])
    for number in NUMBERS:
        texts = [reading.text for reading in number.readings]
        assert len(set(texts)) == len(texts) and all(texts), number.target
        assert number.datum
        for reading in number.readings:
            section, _, quotation = reading.words.partition(": ")
            assert section[0].isalnum() and quotation.count('"') >= 2, reading
        assert all(number.target in COMPUTED or reading.value for reading in number.readings)


def test_what_the_text_leaves_open_has_two_readings_at_least():
    found = {number.target: len(number.readings) for number in NUMBERS}
    assert all(found.get(target, 0) >= 2 for target in AMBIGUOUS)


def test_every_setting_of_an_entry_is_one_of_the_configuration():
    config = Config()
    for number in NUMBERS:
        for reading in number.readings:
            assert with_settings(config, number.settings(reading)) is not None
            assert set(reading.settings) <= set(number.base), (number.target, reading.text)


def test_a_method_brings_its_keys_and_a_key_its_value():
    config = with_settings(Config(), {"method": "calibrated", "groups.affluence": "gdp"})
    assert (
        config.method == "calibrated"
        and config.cities.trade_prior == "border"
        and config.groups.affluence == "gdp"
    )
    assert with_settings(Config(), {"method": "paper"}).model_dump() == Config().model_dump()


def test_an_estimate_is_found_by_its_settings_and_not_by_its_name():
    config = Config(
        variants={
            "mine": {"emissions": {"control_total": "national"}},
            "calibrated": {"cities": {"theta": 2.0}},
        }
    )
    assert estimate_of(config, with_settings(config, {"groups.affluence": "gdp"})) == MAIN
    assert (
        estimate_of(config, with_settings(config, {"emissions.include_households": True})) == MAIN
    )
    assert estimate_of(config, with_settings(config, CHAINS["national_emissions"])) == "mine"
    assert estimate_of(config, with_settings(config, CHAINS["calibrated"])) is None
    assert variants_read(config) == ["mine"]


def test_a_variant_that_is_not_configured_is_proposed_with_its_keys():
    settings = {"emissions.control_total": "cities_raw", "groups.affluence": "gdp"}
    assert proposal(settings) == "variant cities_raw (emissions.control_total: cities_raw)"
    assert proposal({"cities.demand": "ratio"}) == "variant (cities.demand: ratio)"


class _Told(Run):
    """A run whose tables are one number: the footprint, told for each control total."""

    def case(self, settings):
        wanted = with_settings(self.config, settings)
        name = estimate_of(self.config, wanted)
        if name is None:
            raise Missing(proposal(settings))
        counted = 400.0 if wanted.emissions.include_households else 0.0
        return SimpleNamespace(
            results=SimpleNamespace(footprint=(7300.0 if name == MAIN else 6800.0) + counted)
        )


def _told(**config):
    return _Told(None, Config(**config), {}, TARGETS)


FOOTPRINT = Number(
    "T022",
    (
        Reading("of demand", '1: "a"', {"emissions.include_households": False}),
        Reading("with households", '1: "b"', {"emissions.include_households": True}),
        Reading("national", '1: "c"', {"emissions.control_total": "national"}),
        Reading("a hundred more", '1: "d"', value=lambda case: case.results.footprint + 100),
        Reading("unknown", '1: "e"', value=lambda case: np.nan),
    ),
    "their inventories",
    {"emissions.include_households": False, "emissions.control_total": "provinces"},
)


def test_the_reading_in_use_follows_the_configuration_and_the_values_stay():
    plain = readings(_told(), [FOOTPRINT]).set_index("reading")
    counted = readings(_told(emissions={"include_households": True}), [FOOTPRINT]).set_index(
        "reading"
    )
    assert [*plain.index[plain["used"]]] == ["of demand"] and [*counted.index[counted["used"]]] == [
        "with households"
    ]
    assert plain.at["with households", "value"] == counted.at["with households", "value"] == 7700
    assert plain.at["of demand", "value"] == counted.at["of demand", "value"] == 7300
    assert plain.at["with households", "needs"] == "emissions.include_households: True"
    assert plain.at["of demand", "needs"] == "nothing" == counted.at["with households", "needs"]


def test_what_a_run_lacks_is_named_and_its_value_blank():
    table = readings(_told(), [FOOTPRINT]).set_index("reading")
    assert table.loc[["national", "unknown", DECIDED], "value"].isna().all()
    assert (
        table.at["national", "needs"]
        == "variant national_emissions (emissions.control_total: national)"
    )
    assert (
        table.at["unknown", "needs"].startswith(DATA)
        and table.at[DECIDED, "needs"] == DATA + "their inventories"
    )
    national = _told(variants={"mine": {"emissions": {"control_total": "national"}}})
    row = readings(national, [FOOTPRINT]).set_index("reading").loc["national"]
    assert row["value"] == 6800 and row["needs"] == "variant mine" and not row["used"]


def test_a_configuration_that_no_entry_describes_has_a_row_of_its_own():
    run = _told(emissions={"control_total": "cities_raw"})
    table = readings(run, [FOOTPRINT])
    assert table["used"].sum() == 1 and table["reading"].iloc[0].startswith(
        "as this run is configured"
    )
    assert table["value"].iloc[0] == 7300


def _table(*rows):
    names = ["number", "reading", "value", "within", "needs"]
    table = pd.DataFrame(rows, columns=names).assign(quantity="q", unit="Mt", paper=10.0)
    return table.assign(ratio=table["value"] / table["paper"])


TABLE = _table(
    ("T1", "a", 12.0, "false", "nothing"),
    ("T1", "b", 9.0, "false", "nothing"),
    ("T1", DECIDED, np.nan, "", "data: theirs"),
    ("T2", "a", 12.0, "false", "nothing"),
    ("T2", "b", 10.0, "true", "nothing"),
    ("T3", "a", 12.0, "", "nothing"),
    ("T4", "a", np.nan, "", "variant x"),
)


def test_outside_every_reading_is_what_none_meets_with_the_datum_that_would_decide_it():
    found = evidence.outside(TABLE)
    assert [*found["number"]] == ["T1"]
    row = found.iloc[0]
    assert (row["nearest"], row["datum"]) == (9.0, "theirs")
    assert numbers_met(TABLE) == {"T2"}


def test_only_results_are_counted_and_the_others_are_named():
    comparison = pd.DataFrame(
        [
            ("T1", "result", "true", "false"),
            ("T2", "result", "true", "false"),
            ("T5", "result", "true", "true"),
            ("T6", "result", "true", ""),
            ("T7", "setting", "true", "true"),
            ("T8", "figure", "true", "true"),
            ("T9", "result", "false", "true"),
        ],
        columns=["id", "counts_as", "comparable", "within"],
    )
    assert count_met(comparison, TABLE) == (3, 1, None, 2)
    joint = pd.DataFrame(
        [("T1", "true", JOINT), ("T5", "false", JOINT)], columns=["number", "within", "needs"]
    )
    assert count_met(comparison, pd.concat([TABLE, joint])) == (3, 1, 1, 2)
    assert [*comparable_results(comparison)["id"]] == ["T1", "T2", "T5", "T6"]
    assert others(comparison) == {"setting": 1, "figure": 1}


class _Joint(Run):
    """A run of the paper's case whose numbers are told by the control total."""

    def case(self, settings):
        wanted = with_settings(self.config, settings)
        if estimate_of(self.config, wanted) is None:
            raise Missing(proposal(settings))
        national = wanted.emissions.control_total == "national"
        values = {
            "T022": 7000.0 if national else 7300.0,
            "T024": 1263.0 if national else 1000.0,
            "T036": 4000.0,
        }
        return SimpleNamespace(
            results=SimpleNamespace(other_case="", ours=values, footprint=values["T022"])
        )


TOLD = {
    target: (lambda r, target=target: r.ours[target], "") for target in ("T022", "T024", "T036")
}


@pytest.fixture
def joint(monkeypatch):
    """Judged values under a joint reading, of numbers with further readings, and the rows of
    readings.csv.
    """
    monkeypatch.setattr("citymrio.assessment.paper.readings.joint.COMPUTED", TOLD)
    monkeypatch.setattr("citymrio.assessment.paper.readings.joint.COMPUTED", TOLD)
    run = _Joint(
        None,
        Config(variants={"national_emissions": {"emissions": {"control_total": "national"}}}),
        {},
        TARGETS,
    )

    def of(settings, definitions=(), **more):
        base = {"emissions.control_total": "provinces"}
        numbers = [Number(target, more.get(target, ()), "d", base) for target in TOLD]
        monkeypatch.setattr("citymrio.assessment.paper.readings.joint.SETTINGS", settings)
        monkeypatch.setattr("citymrio.assessment.paper.readings.joint.DEFINITIONS", definitions)
        rows = all_readings(run, numbers)
        rows = rows[rows["needs"].eq(JOINT)]
        return rows.set_index("number"), next(iter(rows["words"]), "")

    return of


def _definition(text, value, option=""):
    return Reading(text, '1: "a"', value=lambda case: value, option=option)


def test_a_joint_reading_makes_one_choice_for_all_numbers(joint):
    rows, words = joint({"emissions.control_total": "national"})
    assert words == "emissions.control_total: national"
    assert rows["within"].to_dict() == {
        "T022": "false",
        "T024": "true",
        "T036": "false",
    }  # what one wins another loses
    assert joint({})[0]["within"].to_dict() == {"T022": "true", "T024": "false", "T036": "false"}
    assert (
        len(joint({"emissions.control_total": "cities_raw"})[0]) == 0
    )  # no estimate of the run has it


def test_a_definition_that_is_adopted_holds_for_every_number_that_has_it(joint):
    more = {
        "T036": (_definition("won", 4721.0, "shared"),),
        "T022": (_definition("lost", 1.0, "shared"),),
    }
    rows, words = joint({}, ("shared",), **more)
    assert words == "shared" and rows["within"].to_dict() == {
        "T022": "false",
        "T024": "false",
        "T036": "true",
    }
    assert rows["value"].to_dict() == {"T022": 1.0, "T024": 1000.0, "T036": 4721.0}


@pytest.mark.parametrize("option", [ALONE, HOUSEHOLDS])
def test_a_definition_for_one_number_alone_or_of_a_setting_is_no_choice_of_its_own(joint, option):
    rows, _ = joint({}, (option,), T036=(_definition("own", 4721.0, option),))
    assert rows.at["T036", "value"] == 4000.0


def test_what_a_setting_does_for_others_its_definition_does_for_a_number(joint):
    rows, _ = joint(
        {"emissions.include_households": True}, (), T036=(_definition("own", 4721.0, HOUSEHOLDS),)
    )
    assert rows.at["T036", "value"] == 4721.0


def test_a_run_of_another_case_has_no_joint_reading(joint, monkeypatch):
    other = SimpleNamespace(
        results=SimpleNamespace(
            other_case="synthetic data", footprint=1.0, ours=dict.fromkeys(TOLD, 1.0)
        )
    )
    monkeypatch.setattr(_Joint, "case", lambda self, settings: other)
    assert joint({})[1] == "" and len(joint({})[0]) == 0


def test_the_declared_joint_reading_contradicts_itself_nowhere():
    adopted = {*DEFINITIONS}
    assert not adopted & {ALONE, HOUSEHOLDS}
    own = {
        number.target: {reading.definition for reading in number.readings} & adopted
        for number in NUMBERS
    }
    assert {target: names for target, names in own.items() if len(names) > 1} == {}
    assert adopted == set().union(*own.values())  # every definition is one of some number
    assert with_settings(Config(), SETTINGS) is not None


@pytest.mark.slow
def test_no_change_of_one_setting_of_the_joint_reading_meets_more():
    """On the finished run of China in results/ (.ci/nightly makes it)."""
    root = Path(__file__).parents[3]
    if not THOROUGH:
        pytest.skip("some minutes, for the night: THOROUGH=yes")
    if not (root / "results/china2012/summary.txt").is_file():
        pytest.skip("results/china2012 is not there: finish the run (make china2012)")
    spec = importlib.util.spec_from_file_location(
        "joint_reading", root / "tests/benchmarks/joint_reading.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    search = module.Search(module.run_of(root / "results/china2012"))
    met, settings, definitions = search.best(dict(SETTINGS))
    assert {*definitions} == {*DEFINITIONS}
    assert max(search.best(other)[0] for other in search.neighbours(settings)) <= met


def test_a_tolerance_is_exact_relative_or_in_the_unit():
    assert [is_within_tolerance(10.1, 10, t) for t in ("exact", "2%", "0.05", "", np.nan)] == [
        "false",
        "true",
        "false",
        "",
        "",
    ]


def test_tables_of_a_page_show_what_is_in_use_the_others_and_what_would_decide():
    table = TABLE.assign(used=TABLE["reading"].eq("a"))
    table.loc[1, "needs"] = "variant x"
    assert evidence.readings_of(table, ["T1"]).splitlines()[-1] == "| q, Mt (T1) | 10 | 12 | b 9* |"
    comparison = pd.DataFrame({"id": ["T1"], "counts_as": ["result"], "comparable": ["true"]})
    assert evidence.outside_of(table, comparison).splitlines()[2:] == [
        "| q, Mt (T1) | 10 | 9 | theirs |"
    ]
    assert (
        len(evidence.outside_of(table, comparison.assign(counts_as="duplicate")).splitlines()) == 2
    )


def _drawn(table):
    comparison = TARGETS[["id", "place", "counts_as", "tolerance"]].assign(
        comparable="true", within=""
    )
    comparison.loc[comparison["id"].eq("T022"), "within"] = "true"
    tables = {"readings": table, "paper_comparison": comparison}
    return figure_tables.draw(
        "readings", tables, None, Figures(dpi=72), synthetic=True, run={"name": "x", "year": 2012}
    )


def test_the_figure_has_a_line_for_every_result_with_a_value_and_none_for_other_numbers():
    table = readings(_told(), [FOOTPRINT])
    table = pd.concat(
        [table, table.assign(number="T155", quantity="a duplicate")]
    )  # counts as no result
    axes = _drawn(table).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "Inequality of footprints (3.1)",
        "Total footprint of the 309 cities",
    ]
    points = np.concatenate([part.get_offsets() for part in axes.collections])
    known = table[table["number"].eq("T022") & table["value"].notna()]
    assert sorted(points[:, 0]) == pytest.approx(sorted(known["value"] / 7324))


def test_the_figure_fits_on_the_page_of_a_journal_and_cuts_no_name():
    one = readings(_told(), [FOOTPRINT])
    name = "population in cities below USD 5300 per-capita demand"
    results = TARGETS.loc[TARGETS["counts_as"].eq("result"), "id"]
    many = pd.concat([one.assign(number=number, quantity=name) for number in results])
    figure = _drawn(many)
    assert figure.get_figheight() * 25.4 <= 240
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(labels) > 60 and name[1:] in {label[1:] for label in labels}
    boxes = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert all(above.y0 >= below.y1 for above, below in zip(boxes[:-1], boxes[1:], strict=True))


def test_the_figure_says_so_where_a_run_gives_no_number():
    table = readings(_told(), [FOOTPRINT]).assign(value=np.nan, ratio=np.nan)
    assert "No number" in _drawn(table).axes[0].texts[0].get_text()


def test_the_summary_counts_results_as_used_jointly_and_in_some_reading():
    comparison = pd.DataFrame(
        {"id": ["T1", "T2"], "counts_as": "result", "comparable": "true", "within": "false"}
    )
    joint = pd.DataFrame(
        [("T1", "true", JOINT), ("T2", "true", JOINT)], columns=["number", "within", "needs"]
    )
    words = paper_lines(comparison, pd.concat([TABLE, joint]))
    assert [line.split()[-3:] for line in words] == [
        ["0", "of", "2"],
        ["2", "of", "2"],
        ["1", "of", "2"],
    ]
    assert paper_lines(comparison.assign(comparable="false"), TABLE) == []


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readings")
    synthetic.build(Dataset(size="tiny"), folder)
    config = Config(variants={"proxies": {"cities": {"demand": "proxy"}}})
    dataset = DatasetFolder.read(folder)
    main = estimate(dataset, config)
    return Run(
        dataset,
        config,
        {MAIN: main, "proxies": estimate(dataset, config.with_variant("proxies"), main.mrio)},
        TARGETS,
    )


@pytest.mark.slow
def test_every_entry_gives_a_number_or_says_what_it_needs(tiny):
    table = readings(tiny, NUMBERS)
    assert [*table.columns] == [*COLUMNS]
    blank = table["value"].isna()
    assert (
        table.loc[blank, "needs"].str.match("data: |variant ").all()
        and not table.loc[~blank, "needs"].str.match(DATA).any()
    )
    used = table.groupby("number")["used"].sum()
    assert (used == used.index.isin(list(COMPUTED)).astype(int)).all()
    rows = table[table["used"] & ~blank].set_index("number")
    ours = {target: COMPUTED[target][0](tiny.case({}).results) for target in rows.index}
    assert rows["value"].to_dict() == pytest.approx(ours)
    assert len(rows) > 40 and (~blank).sum() > 200


@pytest.mark.slow
def test_readings_by_settings_equal_a_run_with_these_settings(tiny):
    settings = {
        "groups.affluence": "gdp",
        "emissions.include_households": True,
        "scenarios.demand_mode": "cut",
    }
    other = Run(tiny.dataset, with_settings(tiny.config, settings), tiny.estimates, TARGETS)
    chosen = [
        number for number in NUMBERS if number.target in ("T026", "T033", "T041", "T180", "T193")
    ]
    ours, theirs = readings(tiny, chosen), readings(other, chosen)
    switched = {
        "T033": "unweighted mean of GDP",
        "T041": "and households' direct emissions",
        "T193": "to the mean of the quintile, GDP",
    }
    for number, text in switched.items():
        mine = ours[ours["number"].eq(number) & ours["reading"].eq(text)].iloc[0]
        row = theirs[theirs["number"].eq(number) & theirs["reading"].eq(text)].iloc[0]
        assert row["used"] and not mine["used"] and mine["value"] == pytest.approx(row["value"])
        assert row["value"] == pytest.approx(COMPUTED[number][0](other.case({}).results))


def test_a_scenario_that_a_run_does_not_have_is_missing_not_a_crash():
    columns = {"side": ["demand"], "depth": ["light"], "headline": [True], "saving_mt": [3.0]}
    quota = pd.DataFrame({"scenario": ["today"], "saving_mt": [0.0]})  # as without scenarios
    results = Results({"scenarios": pd.DataFrame(columns), "quota": quota}, {"synthetic": False})
    with pytest.raises(Missing, match=r"quota\.csv has no scenario sum_deep"):
        results.quota("sum_deep", "saving_mt")
    assert results.scenario("demand", "light", "saving_mt") == 3.0
    with pytest.raises(Missing, match="no headline of deep technology mitigation"):
        results.scenario("technology", "deep", "saving_mt")


def _named(**columns):
    """Results of a run with the named cities of the paper, in two provinces."""
    names = ["Shanghai", "Tangshan", "Ordos", "Bazhong", "Elsewhere"]
    regions = pd.DataFrame(
        {"name": names, "region": list("abcde"), "kind": "city", "province": [*"11122"]}
    )
    given = {
        "cba_mt": 1.0,
        "cba_demand_mt": 1.0,
        "affluence_usd": [9.0, 8.0, 7.0, 2.0, 1.0],
        "quintile": ["Q1", "Q3", "Q2", "Q5", "Q4"],
    }
    given |= {
        "pba_mt": [200.0, 250.0, 150.0, 4.0, 3.0],
        "household_direct_mt": [10.0, 3.0, 2.0, 1.0, 1.0],
    }
    given |= {
        "super_emitter": ["hybrid", "technology", "none", "none", "none"],
        "structure": "high_tech",
    }
    return Results(
        {"regions": regions.assign(**given | columns)},
        {"synthetic": False, "name": "China", "year": 2012},
    )


def test_named_cities_are_compared_by_the_value_of_the_run_and_not_by_the_raw_input():
    found = {
        target: COMPUTED[target][0](_named())
        for target in ("T202", "T212", "T213", "T218", "T219", "T222")
    }
    assert found == {"T202": 253.0, "T212": 1, "T213": 3, "T218": 5, "T219": 2, "T222": 1}
    # with households' direct emissions in both accounts they are not counted twice
    counted = _named(pba_mt=[210.0, 253.0, 152.0, 5.0, 4.0], cba_mt=[11.0, 4.0, 3.0, 2.0, 2.0])
    assert COMPUTED["T202"][0](counted) == 253.0
    with pytest.raises(Missing, match="no city named Wenzhou"):
        COMPUTED["T204"][0](_named())


def test_every_statement_about_a_named_city_is_a_result_that_is_judged():
    named = TARGETS[
        TARGETS["quantity"].str.contains("Tangshan|Wenzhou|Xuzhou|Xuancheng|Ordos|Bazhong|Anshun")
    ]
    own = named[~named["quantity"].str.contains("later year|Ordos share")]
    assert own["counts_as"].eq("result").all() and own["tolerance"].notna().all() and len(own) >= 12
    assert set(own["id"]) <= set(COMPUTED)


def test_a_reading_of_a_quintile_without_cities_is_missing_not_a_crash():
    results = _named(quintile="Q1")
    case = SimpleNamespace(results=results, footprints=None)
    for target in ("T069", "T070", "T071"):
        (number,) = (number for number in NUMBERS if number.target == target)
        for reading in number.readings:
            if reading.value and reading.definition not in ("of all its value added",):
                with pytest.raises(Missing, match="no city in Q5"):
                    reading.value(case)


def test_the_table_of_readings_names_functions_with_their_options_and_numbers_that_are_listed():
    for number in NUMBERS:
        for reading in number.readings:
            if reading.value is not None:
                inspect.signature(reading.value).bind(None)
    listed = {number for row in numbers._table("readings") for number in row["numbers"].split()}
    assert listed == {number.target for number in NUMBERS}
