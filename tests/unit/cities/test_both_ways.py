"""The same bytes through cvxpy, as in the main estimate, and by the model's own arrays, as in
variants and the ensemble.
"""

import numpy as np
import pytest
from small_countries import tiny

from citymrio.base.notices import collecting
from citymrio.base.solvers import DIRECT, DUAL
from citymrio.chain.estimate import estimate
from citymrio.chain.steps import known_of, make
from citymrio.cities.chain import estimate_province
from citymrio.cities.province import Province
from citymrio.config.models import load_config

FILES = ("accounts", "split", "tables", "trade", "linked")
METHODS = {
    "paper": {},
    "calibrated": {"method": "calibrated"},
    "joint": {"cities": {"split": "joint", "trade_prior": "power", "theta": 1.5}},
    "output": {"cities": {"emissions_enter": "output"}},
    "blend": {"cities": {"demand": "blend", "demand_weight": 0.4}},
    "as printed": {"provinces": {"calibrate": "none"}},
    "residual": {"emissions": {"missing": "residual"}},
}
#: Those that `make test` tries; the slow tests try the others.
QUICK = ("paper", "calibrated")


def same(one, other):
    """Variables, in bytes."""
    assert {*one.variables} == {*other.variables} and one.attrs == other.attrs
    for name in one.variables:
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=str(name))


@pytest.mark.parametrize(
    "method",
    [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK)) for name in METHODS],
)
def test_both_ways_give_the_same_bytes(method):
    dataset, config = tiny(), load_config(METHODS[method])
    assert (config.solver.name, config.in_memory.solver.name) == (DUAL, DIRECT)
    with collecting():
        made, direct = (
            make(known_of(dataset, one), "system", "mrio") for one in (config, config.in_memory)
        )
        same(made["system"], direct["system"])
        same(mrio := made["mrio"], direct["mrio"])
        result = estimate(dataset, config, mrio)
        known = make(known_of(dataset, config, mrio=mrio), "intensities", "priors").values()
        for code in dataset.codes:
            parts = mrio, code, dataset.tables, dataset.observations[code], config.cities
            compiled, arrays = (
                estimate_province(Province.of(*parts, solver, *known))
                for solver in (config.solver, config.solver.direct)
            )
            for file in FILES:
                same(getattr(compiled, file), getattr(arrays, file))
            same(compiled.accounts, result.accounts[code])
        same(
            make(known_of(dataset, config, nested=result.nested), "inventory")["inventory"],
            result.inventory,
        )


def test_what_becomes_of_data_and_the_diagnostics_are_the_same_both_ways():
    dataset, config = tiny(), load_config({})
    with collecting():
        mrio = make(known_of(dataset, config), "mrio")["mrio"]
        code = dataset.tables["regions"]["province"].value_counts().idxmax()
        parts = mrio, code, dataset.tables, dataset.observations[code], config.cities
        one, other = (
            estimate_province(Province.of(*parts, solver))
            for solver in (config.solver, config.solver.direct)
        )
    assert len(one.diagnostics) > 10 and one.diagnostics.equals(other.diagnostics)
    assert len(one.used) == len(dataset.observations[code]) and one.used.equals(other.used)


def test_a_solver_without_a_direct_form_is_kept():
    config = load_config({"solver": {"name": "CLARABEL", "tol_inner": 1e-8, "tol_outer": 1e-6}})
    assert config.in_memory.solver == config.solver
