"""Every solver that the configuration names: its options, the tolerance it reaches, and what is
refused before a run starts.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from citymrio.base import solvers
from citymrio.base.diagnostics import Diagnostics
from citymrio.base.errors import ConfigError
from citymrio.base.solvers import SOLVERS, TABLES
from citymrio.config.models import Solver, load_config
from citymrio.entropy import EntropyModel, certify
from citymrio.trade.flows import zero_diagonal_trade

INSTALLED = [name for name, backend in SOLVERS.items() if backend.installed]


def table(spread: float, size: int = 12) -> tuple[EntropyModel, np.ndarray, np.ndarray]:
    """A feasible table with given row and column sums, the unit of money that of the data."""
    generator = np.random.default_rng(12)
    prior = 1e4 * np.exp(spread * generator.normal(size=(size, size)))
    truth = prior * np.exp(0.3 * generator.normal(size=(size, size)))
    model = EntropyModel("a table of 12 x 12")
    cells = model.variable("cells", prior)
    model.equal("rows", cells.sum_over(1), truth.sum(axis=1))
    model.equal("columns", cells.sum_over(0), truth.sum(axis=0))
    return model, truth.sum(axis=1), truth.sum(axis=0)


@pytest.mark.parametrize("spread", [0.3, 1.5])
@pytest.mark.parametrize("name", INSTALLED)
def test_every_solver_reaches_what_it_claims_and_its_rows_close(name, spread):
    model, rows, columns = table(spread)
    solution = model.solve(name, tol=SOLVERS[name].reach)
    assert solution.certificate.passes(SOLVERS[name].reach)
    np.testing.assert_allclose(solution["cells"].sum(axis=1), rows, rtol=1e-11)
    np.testing.assert_allclose(solution["cells"].sum(axis=0), columns, rtol=1e-11)
    own = table(spread)[0].solve()["cells"]
    # an objective within `reach` of the best is a table within its root of it
    np.testing.assert_allclose(solution["cells"], own, rtol=10 * np.sqrt(SOLVERS[name].reach))


#: Adds a solver to the registry before anything else is imported, and prints what each place says
#: of it.
NEW_SOLVER = """
import json, sys
sys.path[:0] = [sys.argv[1] + "/scripts", sys.argv[1] + "/docs"]
from citymrio.base import solvers
solvers.SOLVERS["FAKE"] = solvers.Backend(1e-3, lambda tol, most: {"precision": tol}, "yaml")
import documents
from citymrio.config import models
from citymrio.workflow import versions
name = models.load_config({"solver": {"name": "FAKE", "tol_inner": 1e-3, "tol_outer": 0.1}}).solver.name
schema = json.loads(documents.schema())["$defs"]["Solver"]["properties"]["name"]["enum"]
stamps = versions.stamps(["cvxpy"], {"solver": {"name": "FAKE"}})
print(json.dumps([name, schema, documents.tables(), documents.solver_table(), [stamp.name for stamp in stamps]]))
"""


@pytest.mark.slow
def test_one_entry_of_the_registry_makes_a_solver_known_everywhere(root, tmp_path):
    variables = {**os.environ, "PYTHONPATH": str(root / "scripts")}
    program = [sys.executable, "-P", "-c", NEW_SOLVER, str(root)]
    done = subprocess.run(
        program, cwd=tmp_path, env=variables, capture_output=True, text=True, check=True
    )
    name, schema, readme, documented, packages = json.loads(done.stdout)
    assert name == "FAKE" and schema == [*SOLVERS, "FAKE"]
    assert ", `FAKE` | The cvxpy solver" in readme
    assert "| `FAKE` | 1e-3 | 1e-3, 1e-1 | yaml | `precision` |" in documented
    assert "yaml" in packages


def test_no_module_but_the_registry_names_a_solver_of_others(root):
    others = [name for name, backend in SOLVERS.items() if backend.package]
    files = [path for path in (root / "scripts").rglob("*.py") if path.name != "solvers.py"]
    quoted = [
        (path.name, name)
        for path in files
        for name in others
        if f'"{name}"' in path.read_text(encoding="utf-8")
    ]
    assert quoted == []


@pytest.mark.parametrize("name", INSTALLED)
def test_a_solver_is_accepted_at_its_reach_and_refused_below_it(name):
    reach = SOLVERS[name].reach
    assert Solver(name=name, tol_inner=reach, tol_outer=reach / TABLES).name == name
    for key, least in (("tol_inner", reach), ("tol_outer", reach / TABLES)):
        tolerances = {"tol_inner": reach, "tol_outer": reach / TABLES, key: 0.5 * least}
        with pytest.raises(
            ConfigError,
            match=rf"'solver': {key} is .*, which {name} does not reach. Fix: set tol_inner",
        ):
            load_config({"solver": {"name": name, **tolerances}})


@pytest.mark.parametrize("name", ["CLARABEL", "SCS"])
def test_the_defaults_are_refused_for_solvers_that_cannot_meet_them(name):
    with pytest.raises(ConfigError, match=f"{name} does not reach. Fix: .* or name: ENTROPY_DUAL"):
        load_config({"solver": {"name": name}})


def test_a_solver_that_is_not_installed_is_refused_before_anything_starts(monkeypatch):
    monkeypatch.setattr(solvers, "find_spec", lambda package: None)
    with pytest.raises(
        ConfigError, match="SCS, whose package 'scs' is not installed. Fix: install it"
    ):
        load_config({"solver": {"name": "SCS", "tol_inner": 1e-4, "tol_outer": 1e-2}})
    with pytest.raises(ConfigError, match="CLARABEL is not installed"):
        table(0.3)[0].solve("CLARABEL", tol=1e-6)


def test_margins_that_a_looser_tolerance_left_open_still_make_a_star():
    """One city sells and buys all but 4e-12 of what it must: nothing but the star is left, at a
    tolerance of 1e-11.
    """
    outflow, inflow = (
        np.array([[10.0], [6.0], [4.0]]),
        np.array([[10.0 - 8e-11], [7.0], [3.0 + 8e-11]]),
    )
    trade = zero_diagonal_trade(
        outflow,
        inflow,
        np.ones((3, 3)),
        regions=list("abc"),
        sectors=["s"],
        name="trade",
        solver=Solver(tol_inner=1e-11),
        report=Diagnostics("trade"),
    )
    np.testing.assert_allclose(trade[0], [[0, 7, 3], [6, 0, 0], [4, 0, 0]], atol=1e-9)


def test_the_certificate_measures_a_trace_that_the_dual_puts_below_the_smallest_number():
    one = certify(
        np.array([1.0, 1e-12]),
        np.array([0.0, -900.0]),
        prior=np.ones(2),
        weight=np.ones(2),
        matrix=np.eye(2),
        target=np.array([1.0, 0.0]),
        equality=np.ones(2, dtype=bool),
    )
    expected = 1e-12 * (np.log(1e-12) + 900.0 - 1.0) + 900.0 * -1e-12
    assert one.relative_gap == pytest.approx(abs(expected) / 1.0, rel=1e-6)
