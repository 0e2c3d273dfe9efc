"""A country that has too few provinces to fit on: `calibrated` runs there, and says on what."""

from __future__ import annotations

import numpy as np
import pytest
import toy_run

from citymrio.assessment.ensemble.member import member_priors
from citymrio.base.errors import collect_notices
from citymrio.base.methods import METHODS
from citymrio.provinces.priors import run_priors
from citymrio.report.method import what_ran
from citymrio.trade.priors.table import BORDER, learned_priors


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learned")
    made = toy_run.run(folder, cities=METHODS["calibrated"])
    with collect_notices() as notices:
        priors = run_priors(made.estimate.mrio, made.dataset.tables, made.config)
    return made, priors, notices


def test_the_toy_country_of_two_provinces_is_calibrated_with_priors_of_other_systems(calibrated):
    made, priors, notices = calibrated
    priors = priors.set_index(["parameter", "sector"])
    assert priors.loc[(BORDER, "MAN"), "prior"] == pytest.approx(np.mean([0.88, 2.67, 2.9]))
    assert priors.loc[(BORDER, "MAN"), "se"] == pytest.approx(np.std([0.88, 2.67, 2.9], ddof=1))
    assert priors.loc[(BORDER, "SER"), "n"] == 2
    assert "regions of Finland" in priors.loc[("kappa", "SER"), "source"]
    said = {notice.what: notice.value for notice in notices}
    assert said["kappa is learned on other systems"].startswith("goods 2.95 (2.38 to 3.89 in 4")
    table = made.estimate.nested.dataset
    assert np.isfinite(table["output"].values).all()


def test_pages_say_that_nothing_of_trade_was_fitted(calibrated):
    made, priors, _ = calibrated
    settings = {
        name: getattr(made.config, name).model_dump()
        for name in ("provinces", "cities", "emissions", "groups")
    } | {"dataset": {"mrio": None}}
    regions = made.tables["regions"]
    text = " ".join(what_ran("calibrated", settings, regions, priors))
    assert "of trade and of that lean are those of another table" in text


def test_every_sector_has_the_values_of_its_kind(calibrated):
    sectors = calibrated[0].tables["sectors"]
    priors = learned_priors(sectors, 1.5)
    assert priors.groupby("parameter").size().to_dict() == dict.fromkeys(
        ("theta", BORDER, "kappa"), len(sectors)
    )
    assert {*priors.loc[priors["parameter"] == "theta", "prior"]} == {1.5}
    by_kind = priors[priors["parameter"] == BORDER].groupby("kind")["prior"].nunique()
    assert by_kind.to_dict() == {"goods": 1, "services": 1}


def test_draws_move_by_the_spread_between_systems(calibrated):
    priors = learned_priors(calibrated[0].tables["sectors"], 1.5)
    moved = member_priors(priors, {BORDER: 1.0, "theta": 1.0})["prior"] - priors["prior"]
    of = {name: moved[priors["parameter"] == name] for name in (BORDER, "theta")}
    goods = np.std([0.88, 2.67, 2.9], ddof=1)
    assert of[BORDER][priors["kind"] == "goods"].to_numpy() == pytest.approx(goods)
    assert (of["theta"] == 0).all()
