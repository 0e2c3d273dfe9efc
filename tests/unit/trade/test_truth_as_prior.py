"""Every step of the estimation is exact when the truth is its prior: where the data agree with it,
nothing moves.
"""

import numpy as np
import pytest
from province_worlds import balanced_world, province_of

from citymrio.cities import split, tables
from citymrio.cities.accounts import city_accounts
from citymrio.cities.chain import city_trade

CITIES = {"11": 1, "13": 4, "14": 6}
PROVINCE = "14"


@pytest.fixture(scope="module")
def world():
    return balanced_world(CITIES)


def accounts_of(world):
    return city_accounts(province_of(world, PROVINCE))[0]


def distance(found, truth):
    return np.abs(found - truth).sum() / np.abs(truth).sum()


def test_trade_among_cities(world, monkeypatch):
    accounts, plain = accounts_of(world), province_of(world, PROVINCE)
    known, _ = split.split_supply_demand(plain, accounts)
    other, _ = city_trade(province_of(world, PROVINCE, trade_prior="power", theta=3.0), known)
    truth = other["trade"].transpose("sector", "origin", "destination").values

    def flows():
        return city_trade(plain, known)[0]["trade"].values

    assert distance(flows(), truth) > 0.01
    monkeypatch.setitem(vars(plain), "reference", truth)
    assert distance(flows(), truth) < 1e-10


def test_split_of_supply_and_demand(world, monkeypatch):
    accounts = accounts_of(world)
    joint = province_of(world, PROVINCE, split="joint", trade_prior="power", theta=3.0)
    other, _ = split.split_supply_demand(joint, accounts)
    truth = {name: other[name].values for name in split.PARTS}
    solve = split._solve_paper

    def gap():
        found, _ = split.split_supply_demand(province_of(world, PROVINCE), accounts)
        return max(distance(found[name].values, truth[name]) for name in split.PARTS)

    assert gap() > 0.01
    monkeypatch.setattr(split, "_solve_paper", lambda m, prior, *rest: solve(m, truth, *rest))
    assert gap() < 1e-9


def test_tables_of_the_cities(world, monkeypatch):
    accounts, plain = accounts_of(world), province_of(world, PROVINCE)
    known, _ = split.split_supply_demand(plain, accounts)
    model, generator, priors = tables._model, np.random.default_rng(1), []

    def table():
        found, _ = tables.city_tables(plain, accounts, known)
        assert not found.attrs["softened"]
        return found["table"].values

    def elsewhere(prior, *rest, **weights):
        priors.append(prior * generator.lognormal(0, 1, prior.shape))
        return model(priors[-1], *rest, **weights)

    before = table()
    monkeypatch.setattr(tables, "_model", elsewhere)
    truth = table()
    assert distance(before, truth) > 0.01
    columns = priors[0].shape[-1]
    monkeypatch.setattr(
        tables, "_model", lambda prior, *rest, **w: model(truth[..., :columns], *rest, **w)
    )
    assert distance(table(), truth) < 1e-10
