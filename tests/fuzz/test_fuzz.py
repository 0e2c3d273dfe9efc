"""A small number of random mutations in every run of the tests; `make fuzz N=2000` for many."""

from __future__ import annotations

import collections
import contextlib
import random
import shutil

import fuzz
import netcdf
import pytest
import structure
import workbooks
from thorough import times

from citymrio.base.errors import DataError

pytestmark = pytest.mark.slow


def test_random_mutations_end_in_a_message_or_a_correct_audit():
    number = times(20, 60)
    outcomes = fuzz.fuzz("toy", range(number), seed=1)
    assert [outcome for outcome in outcomes if outcome.kind == "unexplained"] == []
    counts = collections.Counter(outcome.kind for outcome in outcomes)
    assert counts["refused"] >= number / 3
    assert counts["audited"] >= number / 20


def test_a_failed_balance_or_a_bare_error_counts_as_unexplained(tmp_path):
    sound, text = fuzz.country("toy", tmp_path), fuzz.CONFIG.format(year=2020)

    def broken(*_):
        raise KeyError("x")

    assert fuzz.one(sound, text, 1, 1, tmp_path / "work", chain=broken).kind == "unexplained"
    assert (
        fuzz.one(sound, text, 1, 1, tmp_path / "work", chain=lambda *_: "audit: I1").kind
        == "unexplained"
    )
    assert fuzz.one(sound, text, 1, 1, tmp_path / "work", chain=lambda *_: "").kind == "audited"


def test_a_mutation_depends_on_seed_and_number_alone(tmp_path):
    sound, text = fuzz.country("toy", tmp_path), fuzz.CONFIG.format(year=2020)
    ends = [
        fuzz.one(sound, text, 7, 3, tmp_path / name, chain=lambda *_: "").mutation
        for name in ("a", "b")
    ]
    assert ends[0] == ends[1]


def test_damage_without_harm_must_not_be_refused(tmp_path, monkeypatch):
    forms, text = fuzz.country("toy", tmp_path), fuzz.CONFIG.format(year=2020)
    monkeypatch.setattr(fuzz, "mutate", lambda *_: f"nothing{fuzz.HARMLESS}")

    def refuse(*_):
        raise DataError("no", where="x", fix="y")

    assert fuzz.one(forms, text, 1, 1, tmp_path / "work", chain=refuse).kind == "unexplained"
    assert fuzz.one(forms, text, 1, 1, tmp_path / "work").kind == "audited"


@pytest.mark.parametrize("module", [structure, workbooks, netcdf])
def test_every_way_of_damage_finds_something_to_damage(module, tmp_path):
    """Each of them changes a file of one of the forms at least, and says what."""
    forms, done = fuzz.country("toy", tmp_path), set()
    for number in range(40):
        for k, form in enumerate(forms):
            folder = tmp_path / "work" / f"{number}{k}"
            shutil.copytree(form, folder)
            with contextlib.suppress(IndexError, FileNotFoundError):
                done.add(module.damage(folder, folder, random.Random(f"{number}/{k}")))
    assert len(done - {""}) > 20
