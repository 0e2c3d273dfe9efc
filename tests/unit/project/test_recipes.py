"""Recipes of CONTRIBUTING.md, each made in a copy of the library, which must then know what is new."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import Checkout

pytestmark = pytest.mark.slow


class Copy:
    """The workflow in a folder of its own."""

    def __init__(self, root: Path, folder: Path):
        self.checkout, self.worlds = Checkout.make(folder), root / "tests/worlds"
        self.scripts = folder / "scripts"

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that appears once in a file of the library."""
        path = self.scripts / "citymrio" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} has {text.count(old)} times {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def add(self, name: str, text: str) -> None:
        (self.scripts / "citymrio" / name).write_text(text, encoding="utf-8")

    def run(self, program: str) -> str:
        """What a program prints that imports the copy and the small countries of the tests."""
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(self.scripts), str(self.worlds)]),
        }
        command = [sys.executable, "-c", program]
        done = subprocess.run(
            command, cwd=self.checkout.folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def copy(root, tmp_path) -> Copy:
    return Copy(root, tmp_path / "checkout")


def test_a_role_of_final_demand(copy):
    copy.edit("base/vocabulary.py", 'ROLES = ("household", ', 'ROLES = ("household", "nonprofit", ')
    out = copy.run("""
from pathlib import Path
import toy_run

def change(tables):
    row = next(row for row in tables["final_demand"] if row[0] == "government")
    row[2] = "nonprofit"

regions = toy_run.run(Path("toy"), change).tables["regions"]
roles = ("household", "nonprofit", "government", "capital", "stock_changes")
total = sum(regions[f"cba_{role}_mt"] for role in roles)
assert abs(total - regions["cba_demand_mt"]).max() < 1e-9 * regions["cba_demand_mt"].max()
assert (regions["cba_government_mt"] == 0).all()
print((regions["cba_nonprofit_mt"] > 0).all())
""")
    assert out == "True\n"


def test_a_raw_format(copy):
    copy.edit(
        "dataset/sources/__init__.py",
        "SOURCES = {",
        'SOURCES = {\n    "mine": "citymrio.dataset.sources.mine",',
    )
    copy.edit(
        "config/kinds.py", '    "user": ("raw_dir",),', '    "user": ("raw_dir",),\n    "mine": (),'
    )
    copy.add(
        "dataset/sources/mine.py",
        "from . import template, user\n\n\ndef build(config, folder):\n    "
        "template.write_template('raw')\n"
        "    user.build(config.model_copy(update={'kind': 'user', 'raw_dir': 'raw/example'}), "
        "folder)\n",
    )
    out = copy.run("""
from citymrio.config.models import load_config
from citymrio.dataset.reading import make_dataset

config = load_config({"run": "a", "dataset": {"kind": "mine", "year": 2020}})
read, _ = make_dataset(config.dataset, "dataset")
print(dict(zip(read["table"], read["rows"]))["regions"])
""")
    assert out == "5\n"


def test_a_solver(copy, root):
    shutil.copy2(root / "docs/documents.py", copy.checkout.folder)
    copy.edit(
        "base/solvers.py",
        "SOLVERS = {",
        'SOLVERS = {\n    "MINE": Backend(1e-6, _scs, "a_package_of_mine"),',
    )
    out = copy.run("""
from citymrio.base.errors import ConfigError
from citymrio.config.models import load_config

from documents import schema, tables

assert "`MINE`" in tables() and '"MINE"' in schema()
try:
    load_config({"run": "a", "solver": {"name": "MINE"}})
except ConfigError as error:
    print(error)
""")
    assert "name is MINE, whose package 'a_package_of_mine' is not installed" in out


def test_a_balance_of_the_audit(copy):
    copy.edit(
        "assessment/audit.py",
        '    ("I16", ',
        '    ("I99", "mine", lambda given: iter([Check(given.output, given.output)])),\n    '
        '("I16", ',
    )
    out = copy.run("""
from pathlib import Path
import toy_run
from citymrio.assessment.audit import audit

result = toy_run.run(Path("toy")).estimate
table = audit(result.nested, result.mrio, result.system, result.accounts, result.footprints).set_index("invariant")
print(table.loc["I99", "passed"], table.drop("I99")["passed"].all())
""")
    assert out == "False True\n"


@pytest.mark.night
def test_a_figure(copy):
    copy.add(
        "report/figures/mine.py",
        "from . import style\n\n\n@style.styled\ndef draw(tables, boundaries, run):\n"
        "    figure = style.new_figure(4, 3)\n"
        "    figure.subplots().bar(tables['quintiles']['quintile'], "
        "tables['quintiles']['cba_mt'])\n    return figure\n",
    )
    copy.add("report/figures/mine.rst", "Footprints by quintile.\n")
    copy.edit(
        "report/figures/alt.py",
        "ALT = {",
        'ALT = {\n    "mine": "Bars of the footprints by quintile.",',
    )
    copy.edit(
        "report/figures/registry.py",
        "FIGURES = {",
        'FIGURES = {\n    "mine": Entry("citymrio.report.figures.mine", MAIN, ("quintiles",)),',
    )
    copy.edit(
        "report/language/data/messages.json",
        '{\n "list.clause"',
        '{"start.figure.mine": {"en": "Footprints", "zh": "碳足迹"},\n "list.clause"',
    )
    out = copy.run("""
from pathlib import Path
import toy_run

figure = toy_run.run(Path("toy")).figure("mine")
print(len(figure.axes[0].patches))
""")
    assert out == "5\n"
    code, text = copy.checkout.run(
        "--dry-run", "results/tiny/figures/mine.png", "results/tiny/report/regions.html"
    )
    assert code == 0 and "Drawing mine" in text, text


@pytest.mark.night
def test_an_uncertain_input(copy):
    program = """
from pathlib import Path
import toy_run
from citymrio.assessment.ensemble import inputs
from citymrio.config.models import Uncertainty

dataset = toy_run.run(Path("toy")).dataset
drawn = inputs.draw(dataset, Uncertainty(members=2), 1)
print(drawn.factors["output"].values.tolist(), sorted(drawn.numbers.items()))
print({name: list(values) for name, values in drawn.by_region.items() if name not in ("mine", "member")})
print("the cause of mine" in inputs.causes() and "mine" in drawn.by_region and "`mine`" in inputs.markdown())
"""
    *before, known = copy.run(program).splitlines()
    assert known == "False"
    copy.edit(
        "assessment/ensemble/inputs.py",
        "INPUTS: tuple[Input, ...] = (",
        "def _mine(drawn, z, config):\n    return drawn.noted('mine', config.exports_sd * z)\n\n\n"
        "INPUTS: tuple[Input, ...] = (\n"
        "    Input('mine', 'the cause of mine', 'mine', ('exports_sd',), ('region',), "
        "_mine),",
    )
    *after, known = copy.run(program).splitlines()
    assert known == "True"
    assert after == before


def test_a_scenario(copy):
    copy.add(
        "analysis/scenarios/mine.py",
        "from .measure import Measure\n\nBASIS = 'consumption'\n\n\ndef measures(inputs, depth, "
        "config):\n"
        "    demand = inputs.footprints['final_demand_total']\n"
        "    return {'': Measure(inputs.cities, weights=0.9 + 0.0 * demand, note='a tenth less "
        "of everything')}\n",
    )
    copy.edit(
        "analysis/scenarios/registry.py",
        "from . import demand, technology",
        "from . import demand, mine, technology",
    )
    copy.edit(
        "analysis/scenarios/registry.py", '"demand": demand}', '"demand": demand, "mine": mine}'
    )
    out = copy.run("""
from pathlib import Path
import toy_run

run = toy_run.run(Path("toy"))
mine = run.tables["scenarios"].set_index("side").loc["mine"]
cities = run.dataset.tables["regions"].query("kind == 'city'")["region"].tolist()
tenth = 0.1 * run.estimate.footprints["cba"].sel(region=cities).sum() / 1e6
assert abs(mine["saving_mt"] / float(tenth) - 1).max() < 1e-9, (mine["saving_mt"], tenth)
run.figure("fig4")
print(mine["depth"].tolist())
""")
    assert out == "['light', 'deep']\n"


@pytest.mark.night
def test_a_trade_model(copy):
    copy.edit(
        "config/models.py",
        '"power", "border"] = "uniform"',
        '"power", "border", "mine"] = "uniform"',
    )
    copy.edit(
        "trade/distances.py",
        "    log = -theta * np.log(distance)\n",
        "    if prior == 'mine':\n        return (1 + distance / 200) ** -theta\n"
        "    log = -theta * np.log(distance)\n",
    )
    copy.edit(
        "report/language/data/messages.json",
        '"ran.trade.power": {',
        '"ran.trade.mine": {"en": "Trade is mine.", "zh": "贸易归我。"}, "ran.trade.power": {',
    )
    out = copy.run("""
from pathlib import Path
import toy_run
from citymrio.report.language import say

flows = [
    toy_run.run(Path(prior), cities={"split": "joint", "trade_prior": prior}).estimate.footprints["flows"]
    for prior in ("uniform", "mine")
]
print(say("ran.trade.mine", "en"), float(abs(flows[0] - flows[1]).max()) > 1)
""")
    assert out == "Trade is mine. True\n"


def test_features_of_k_means(copy):
    out = copy.run("""
from pathlib import Path
import toy_run

def change(tables):
    at = tables["sectors"][0].index("group_a")
    for row in tables["sectors"][1:]:
        row[at] = {"agriculture": "soil"}.get(row[at], row[at])

regions = toy_run.run(Path("toy"), change).tables["regions"]
print("va_share_soil" in regions, "va_share_agriculture" in regions)
""")
    assert out == "True False\n"
