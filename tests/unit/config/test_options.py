"""Every option of the configuration, run to the audit: choices pairwise, numbers at both ends,
analysis and publishing once each.

Values come from the models: a new key, or a new value of a choice, is run (or must be named in
`ELSEWHERE`) by itself.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import figure_tables
import numpy as np
import pytest
from pydantic import BaseModel
from small_countries import audited, failed, tiny, toy
from thorough import sampled

from citymrio.analysis.affluence import affluence_column, is_city
from citymrio.analysis.scenarios.deficits import deficit_targets, deficits, quota
from citymrio.analysis.scenarios.measure import Inputs
from citymrio.analysis.scenarios.run import run_scenarios
from citymrio.analysis.super_emitters import super_emitter_codes
from citymrio.analysis.tables import GroupInputs, group_tables, parameter_table
from citymrio.base.errors import CertificateError, CityMRIOError
from citymrio.base.solvers import SOLVERS, TABLES
from citymrio.config.models import Config, Figures, Groups, Publish, Scenarios, load_config
from citymrio.emissions.activity import national_inventory
from citymrio.emissions.key_sectors import key_intensities
from citymrio.nested.export import write_pymrio, write_spreadsheets
from citymrio.report.figures import registry

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[2]
CHAIN = ("provinces", "cities", "solver", "emissions")
ANALYSIS = ("groups", "scenarios", "figures", "publish")
#: Keys that no run in memory on a small country reads, and the tests that do.
ELSEWHERE = {
    "run": "workflow/test_tiny.py",
    "variants": "workflow/test_tiny.py",
    "assessment": "workflow/test_tables_run.py::test_finland_stands_beside_its_own_trade",
    "audit": "unit/assessment/test_audit.py::test_tolerance_decides",
    "dataset": "workflow/test_tiny.py",
    "uncertainty": "unit/assessment/test_uncertainty.py::test_parameters_stay_in_their_ranges_and_reach_the_estimate",
    "validation": "workflow/test_validation.py::test_a_validation_adds_its_tables_and_changes_no_other",
    "analysis": "unit/analysis/test_of_stressor.py::test_groups_and_scenarios_of_water_are_those_of_its_own_footprints",
    "report": "unit/report/test_explorer_messages.py::test_a_page_speaks_the_language_of_the_run",
    "provinces.trade_known": "unit/provinces/test_provinces.py::"
    "test_trade_is_exact_when_the_true_trade_is_the_known_one_in_any_unit",
    "provinces.concordance": "unit/provinces/test_provinces.py::"
    "test_a_known_trade_of_another_classification_is_joined_by_name_or_refused",
    "cities.extras": "workflow/test_extras_rebuild.py::test_a_change_of_extras_runs_the_estimation_of_cities_and_what_is_below",
    "figures.font": "unit/report/test_figure_settings.py::"
    "test_a_font_of_ones_own_is_named_by_its_files_and_stands_in_the_stamp_by_their_content",
    "figures.formats": "unit/report/test_figure_settings.py::test_every_format_has_its_stamp_and_two_draws_give_the_same_bytes",
    "cities.distances": "unit/trade/test_distances.py::test_a_table_of_distances_replaces_places_inside_provinces_and_in_the_fit",
    "emissions.control_total_sd": "unit/emissions/test_inventory.py::test_both_control_totals_are_weighed_by_their_variances",
    "cities.priors": "unit/provinces/test_supplied.py::test_a_table_of_priors_from_elsewhere_replaces_the_fit",
}
#: Values of keys whose type does not say what can be run.
GIVEN: dict[str, list[Any]] = {
    "groups.quintile_sizes": [(2.0, 1.0, 1.0, 1.0, 1.0)],
    "groups.thresholds_usd": [(9000.0, 7000.0, 5000.0, 3000.0)],
    "groups.clusters": [2, 4],
    "groups.super_share": [0.0, 0.05, 1.0],
    "scenarios.key_sectors": [("electricity", "coal")],
    "scenarios.deep_structure": ["heavy"],
    "scenarios.capital_target": [0.1, 0.9],
    "scenarios.peak_emissions_gt": [0.5],
    "publish.spreadsheets": [(), ("P0101",)],
}


def fields(section: str) -> dict[str, Any]:
    model = Config.model_fields[section].default
    return {
        name: field
        for name, field in type(model).model_fields.items()
        if f"{section}.{name}" not in ELSEWHERE
    }


def choices(field) -> list[Any]:
    """All values of a choice; nothing for a number or a text."""
    if field.annotation is bool:
        return [False, True]
    return list(get_args(field.annotation)) if get_origin(field.annotation) is Literal else []


def numbers(field) -> list[Any]:
    """Values of a number at, or near, both ends of its range."""
    if field.annotation not in (int, float):
        return []
    bound = {
        name: getattr(part, name)
        for part in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if hasattr(part, name)
    }
    step = 1 if field.annotation is int else 1e-3
    low = bound.get("ge", bound["gt"] + step if "gt" in bound else field.default - 100 * step)
    high = bound.get("le", bound["lt"] - step if "lt" in bound else (field.default or 1) * 50)
    return [field.annotation(low), field.annotation(high)]


def values_of(section: str, name: str, field) -> list[Any]:
    values = GIVEN.get(f"{section}.{name}") or choices(field) or numbers(field)
    assert values, (
        f"no value of {section}.{name} is run: add it to GIVEN, or name its test in ELSEWHERE"
    )
    return values


def test_every_key_is_run_here_or_has_its_test():
    for name, field in Config.model_fields.items():
        if name in (*CHAIN, *ANALYSIS):
            assert all(values_of(name, key, inner) for key, inner in fields(name).items())
        else:
            assert name == "method" or name in ELSEWHERE, name
            assert name == "method" or not isinstance(field.default, BaseModel) or name in ELSEWHERE
    for place in ELSEWHERE.values():
        path, _, test = place.partition("::")
        text = (TESTS / path).read_text(encoding="utf-8")
        assert not test or re.search(rf"def {test}\b", text), place


def pairwise(options: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Rows that hold every pair of values of two options at least once: greedy, from the pair least
    covered.
    """
    names = list(options)
    left = {
        (a, x, b, y) for a, b in combinations(names, 2) for x, y in product(options[a], options[b])
    }
    rows = []
    while left:
        a, x, b, y = min(left, key=repr)
        row = {a: x, b: y}
        for name in names:
            if name not in row:
                row[name] = max(
                    options[name],
                    key=lambda value, name=name, row=row: sum(
                        (o, w, name, value) in left or (name, value, o, w) in left
                        for o, w in row.items()
                    ),
                )
        rows.append(row)
        left -= {(a, row[a], b, row[b]) for a, b in combinations(names, 2)}
    return rows


def sections(row: dict[str, Any]) -> dict[str, Any]:
    """`{"cities.split": "joint"}` as a configuration; a solver gets the tolerance that it reaches."""
    result: dict[str, Any] = {}
    for key, value in row.items():
        section, name = key.split(".")
        result.setdefault(section, {})[name] = value
    if "solver" in result:
        reach = max(SOLVERS[result["solver"]["name"]].reach, 1e-12)
        result["solver"] |= {"tol_inner": reach, "tol_outer": max(1e-9, reach / TABLES)}
    return result


def chain_choices() -> dict[str, list[Any]]:
    found = {
        f"{s}.{name}": choices(field)
        for s in CHAIN
        for name, field in fields(s).items()
        if choices(field)
    }
    found["solver.name"] = [name for name in found["solver.name"] if SOLVERS[name].installed]
    return found


ROWS = pairwise(chain_choices())


def test_the_rows_hold_every_pair_of_choices():
    options = chain_choices()
    for a, b in combinations(options, 2):
        assert {(row[a], row[b]) for row in ROWS} == set(product(options[a], options[b]))


@pytest.mark.parametrize("row", sampled(ROWS, 2), ids=lambda row: "-".join(map(str, row.values())))
def test_choices_are_run_to_the_audit_pairwise(row):
    row = {"provinces.err_tol": 1.0, **row}
    try:
        _, table = audited(tiny(), **sections(row))
    except CertificateError:  # a general solver may miss its tolerance on a hard problem, and then says so (docs/entropy.md)
        assert not row["solver.name"].startswith("ENTROPY_")
        return
    assert not failed(table)


@pytest.mark.parametrize("name", chain_choices()["solver.name"])
def test_every_solver_makes_a_country(name):
    _, table = audited(toy(), **sections({"solver.name": name}))
    assert not failed(table)


@pytest.mark.parametrize("method", get_args(Config.model_fields["method"].annotation))
def test_methods_are_run_to_the_audit(method):
    _, table = audited(tiny(), method=method)
    assert not failed(table)


NUMBERS = [
    (s, name, value) for s in CHAIN for name, field in fields(s).items() for value in numbers(field)
]


@pytest.mark.parametrize(
    ("section", "name", "value"), sampled(NUMBERS, 2), ids=lambda part: str(part)
)
def test_numbers_are_run_at_both_ends_or_refused_in_words(section, name, value):
    """What a number allows ends in an audit that passes; what it makes impossible in one message
    with its place.
    """
    extra = {
        "theta": {"trade_prior": "power"},
        "demand_weight": {"demand": "blend"},
    }
    more = extra.get(name, {}) if section == "cities" else {}
    method = {"method": "calibrated"} if name.startswith("border_") else {}
    try:
        _, table = audited(toy(), **{section: {name: value, **more}}, **method)
    except CityMRIOError as error:
        assert error.message and (error.fix or error.where)
        return
    assert not failed(table)


@cache
def estimated():
    result, table = audited(tiny())
    assert not failed(table)
    return result


def analysed(groups: Groups, scenarios: Scenarios):
    """Groups, super-emitters, scenarios, quota and deficits of the tiny country."""
    result, tables, country = estimated(), tiny().tables, tiny()
    shared = {name: tables[name] for name in ("regions", "sectors", "final_demand", "benchmarks")}
    made = group_tables(
        GroupInputs(
            **shared,
            footprints=result.footprints,
            inventory=result.inventory,
            usd_rate=country.info["usd_rate"],
        ),
        groups,
    )
    intensities = key_intensities(
        inventory=result.inventory,
        output=result.footprints["output"],
        bridge=tables["bridge"],
        inventory_sectors=tables["inventory_sectors"],
        benchmarks=tables["benchmarks"],
        key_sectors=scenarios.key_sectors,
    )
    regions = made["regions"]
    inputs = Inputs(
        nested=result.nested,
        footprints=result.footprints,
        inventory=result.inventory,
        intensities=intensities,
        bridge=tables["bridge"],
        inventory_sectors=tables["inventory_sectors"],
        regions=regions,
        benchmarks=tables["benchmarks"],
        national_inventory=national_inventory(country.inventory_national, tables["fuels"]),
    )
    table, cities = run_scenarios(inputs, scenarios)
    made["parameters"] = parameter_table(
        regions, result.footprints, result.inventory, tables["benchmarks"], groups, scenarios
    )
    values = made["parameters"].set_index("parameter")["value"]
    targets = deficit_targets(tables["benchmarks"], scenarios)
    lifted = deficits(regions[is_city(regions)], affluence_column(groups), targets)
    return made, table, quota(table, values["emissions"], values["peak_emissions"]), lifted


SINGLE = [
    (s, name, value)
    for s in ("groups", "scenarios")
    for name, field in fields(s).items()
    for value in values_of(s, name, field)
]


@pytest.mark.parametrize(
    ("section", "name", "value"), sampled(SINGLE, 3), ids=lambda part: str(part)
)
def test_options_of_the_analysis_are_run_once_each(section, name, value):
    config = load_config({section: {name: value}})
    try:
        made, table, shares, lifted = analysed(config.groups, config.scenarios)
    except CityMRIOError as error:
        assert (
            name in ("super_share", "capital_target", "clusters", "deficit_targets")
            and error.message
        )
        return
    cities = made["regions"][is_city(made["regions"])]
    assert made["quintiles"]["cities"].sum() == len(cities)
    assert np.isfinite(table["saving_mt"]).all() and len(shares) and len(lifted)


FIGURES = [
    (name, value)
    for name, field in fields("figures").items()
    for value in values_of("figures", name, field)
]


@pytest.mark.parametrize(("name", "value"), sampled(FIGURES, 2), ids=lambda part: str(part))
def test_options_of_the_figures_are_drawn(name, value, tmp_path):
    made = figure_tables.make(seed=7, cities=40, unsplit=1)
    inputs = registry.FIGURES["fig3"]
    tables = {table: made.tables[table] for table in (*inputs.tables, *inputs.dataset)}
    figure = figure_tables.draw(
        "fig3", tables, None, Figures(**{"dpi": 72, name: value}), synthetic=True, run=made.run
    )
    figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


PUBLISH = [
    (name, value)
    for name, field in fields("publish").items()
    for value in values_of("publish", name, field)
]


@pytest.mark.parametrize(("name", "value"), PUBLISH, ids=lambda part: str(part))
def test_options_of_publishing_are_written(name, value, tmp_path):
    options, result, country = Publish(**{name: value}), estimated(), tiny()
    regions = analysed(Groups(), Scenarios())[0]["regions"]
    write_pymrio(
        result.nested,
        tmp_path,
        result.inventory,
        regions.set_index("region")["population"].to_xarray(),
        name="tiny",
        year=2012,
    )
    chosen = super_emitter_codes(regions) if options.spreadsheets is None else options.spreadsheets
    names = dict(zip(regions["region"], regions["name"], strict=True))
    names |= {
        code: code
        for key, table in (("sector", "sectors"), ("category", "final_demand"))
        for code in country.tables[table][key]
    }
    written = write_spreadsheets(result.nested, chosen, tmp_path / "spreadsheets", names)
    assert len(written) == len(chosen)
