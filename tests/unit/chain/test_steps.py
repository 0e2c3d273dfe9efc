"""The list of steps, the rules of the workflow and their adapters say the same."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from operator import attrgetter
from types import SimpleNamespace

import pytest
from small_countries import tiny

from citymrio.base.errors import DataError
from citymrio.chain.estimate import METHOD, estimate
from citymrio.chain.steps import TO_ACCOUNTS, known_of, plan, run_steps
from citymrio.config.models import Config, load_config

#: What only estimates in memory are given.
IN_MEMORY = {"config", "adopted", "trade_factors", "factors", "inventory_draw", "keep_category"}
#: Inputs of rules beside those of the list: files that the configuration names, and what stands in
#: the place of a step.
BESIDE = {"code", "known", "given", "distances", "extras", "emissions"}
RULES = dict.fromkeys(step.rule for step in METHOD)


def block(root, rule: str, name: str) -> str:
    """A directive of a rule."""
    text = "".join(path.read_text() for path in (root / "rules").glob("*.smk"))
    return re.search(rf"^ *rule {rule}:\n.*?^ +{name}:\n(.*?)^ +\w+:\n", text, re.M | re.S)[1]


def directive(root, rule: str, name: str) -> set[str]:
    """Keywords of a directive of a rule."""
    return {*re.findall(r"^ +(\w+)=", block(root, rule, name), flags=re.M)}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_reads_and_makes_what_its_steps_do(root, rule):
    steps = [step for step in METHOD if step.rule == rule]
    made = {name for step in steps for name in step.makes}
    read = {name for step in steps for name in step.reads} - made - IN_MEMORY
    after_the_checkpoint = (
        {"regions"} if rule == "province_mrio" else set()
    )  # an input that is not read
    assert directive(root, rule, "input") - BESIDE == read | after_the_checkpoint
    assert directive(root, rule, "output") - {"warnings"} == made


@pytest.mark.parametrize("method", ["paper", "calibrated"])
@pytest.mark.parametrize("enter", ["intensity", "output", "both"])
def test_a_rule_reads_what_a_step_makes_where_the_step_is_done(root, method, enter):
    config = load_config({"method": method, "cities": {"emissions_enter": enter}})
    done = {name: step.when for step in METHOD if step.when for name in step.makes}
    for rule, name in {(step.rule, name) for step in METHOD for name in step.reads & {*done}}:
        given = rf"^ +{name}=\(?\s*rules\.\w+\.output\.\w+\s+if (.*?)\s+else"
        (condition,) = re.findall(given, block(root, rule, "input"), flags=re.M)
        read = eval(condition, {"CONFIG": config, "GIVEN": False})
        assert read == attrgetter(done[name])(SimpleNamespace(config=config)), (rule, name)


@pytest.mark.parametrize("rule", RULES)
def test_an_adapter_calls_the_functions_of_its_steps(adapters, rule):
    tree = ast.parse(adapters[rule].read_text())
    found = {
        (node.module, name.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for step in METHOD:
        if step.rule == rule:
            name = step.function.__qualname__
            place = step.function.__module__ if "." not in name else "citymrio.nested"
            assert (place, name.partition(".")[0]) in found and name in called, name


def test_every_step_reads_what_the_dataset_has_or_a_step_above_makes():
    known = {*known_of(tiny(), Config())}
    for step in METHOD:
        assert step.reads <= known, step.rule
        assert not known & {*step.makes}, step.rule
        known |= {*step.makes}


def test_what_is_given_is_not_made():
    def rules(*wanted, steps=METHOD, **given):
        return [step.rule for step in plan(known_of(tiny(), Config(), **given), wanted, steps)[0]]

    assert rules("footprints") == list(RULES)
    assert rules("priors", mrio=None) == ["province_intensities", "fit_priors"]
    assert rules("inventory", nested=None, accounts={}, intensities=None) == ["emissions"]
    assert rules("accounts", steps=TO_ACCOUNTS, mrio=None, intensities=None, priors=None) == [
        "cities"
    ]


def test_a_step_that_the_configuration_does_without_makes_nothing():
    fit = replace(
        next(step for step in METHOD if step.rule == "fit_priors"), function=lambda *_: "fitted"
    )
    for config, made in ((Config(), None), (load_config({"method": "calibrated"}), "fitted")):
        known = known_of(tiny(), config, mrio=None, intensities=None)
        assert run_steps(known, "priors", steps=[fit]) == {"priors": made}


@pytest.mark.parametrize(
    "given", [{"priors": 1}, {"mrio": None, "trade_factors": 1}, {"adopted": 1}, {"prior": 1}]
)
def test_what_no_step_of_the_estimate_reads_is_refused(given):
    if "mrio" in given:
        given["mrio"] = run_steps(known_of(tiny(), Config()), "mrio")["mrio"]
    with pytest.raises(DataError, match=f"{[*given][-1]} has no effect"):
        estimate(tiny(), Config(), **given)


@pytest.mark.parametrize(
    "changed, message",
    [
        (lambda mrio: mrio.isel(sector=slice(None, None, -1)), "sector has another order"),
        (lambda mrio: mrio.isel(origin=slice(1, None)), "origin has other labels: "),
        (lambda mrio: mrio.drop_vars("use"), "use has other labels: "),
        (lambda mrio: mrio.drop_vars("exports"), "no variable exports"),
        (lambda mrio: mrio["table"], "no variable table, imports"),
    ],
)
def test_an_mrio_of_another_dataset_is_refused(changed, message):
    mrio = run_steps(known_of(tiny(), Config()), "mrio")["mrio"]
    with pytest.raises(DataError, match=message):
        estimate(tiny(), Config(), changed(mrio))
