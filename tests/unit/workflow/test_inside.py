"""What uses the inside of Snakemake does without where that is another one, says so once, and hides
no error of our own.
"""

from __future__ import annotations

import pytest
from snakemake.settings import types
from snakemake.settings.types import OutputSettings

from citymrio.workflow import inside as module
from citymrio.workflow.inside import inside


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    monkeypatch.setattr(module, "_said", set())


def of_an_object():
    return OutputSettings().no_such_setting


def of_a_class():
    return OutputSettings.no_such_setting


def of_a_module():
    from snakemake.settings.types import NoSuchSettings

    return NoSuchSettings


def of_a_call():
    return OutputSettings(no_such_setting=1)


def of_a_method():
    return OutputSettings().__post_init__(1)


@pytest.mark.parametrize("ours", [of_an_object, of_a_class, of_a_module, of_a_call, of_a_method])
def test_a_block_ends_where_snakemake_is_another_one_and_one_line_says_so(capsys, ours):
    for _ in range(2):
        with inside("jobs take longer"):
            ours()
            raise AssertionError
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Snakemake ") and line.endswith(": jobs take longer.")


def test_a_wrong_call_of_a_function_of_the_rules_stays_one(monkeypatch):
    """Rules are no module: another error, of a name that is None, hid it."""

    def begin():
        """A function as the rules have it."""

    begin.__module__ = None
    monkeypatch.setattr(types, "begin", begin, raising=False)
    with pytest.raises(TypeError, match="missing 1 required"), inside("jobs take longer"):
        raise TypeError("begin() missing 1 required positional argument: 'run'")


@pytest.mark.parametrize(
    "error",
    [
        AttributeError("x", name="x", obj=module),
        TypeError("unsupported operand"),
        ImportError("x", name="h5py"),
    ],
)
def test_an_error_of_our_own_stays_one(error):
    with pytest.raises(type(error)), inside("nothing"):
        raise error


def ours_with_one(first):
    return first


def test_a_wrong_call_of_our_own_stays_an_error(monkeypatch):
    rules = {"__name__": types.__name__}
    exec(compile("def of_a_rule(first): ...", "rules/run.smk", "exec"), rules)
    monkeypatch.setattr(types, "of_a_rule", rules["of_a_rule"], raising=False)
    for call in (ours_with_one, types.of_a_rule, int.from_bytes):
        with pytest.raises(TypeError, match="argument"), inside("nothing"):
            call()
