"""The picture of the rules (docs/architecture.md) shows the rules that there are."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
from checkout import Checkout
from matplotlib.transforms import Bbox
from PIL import Image

from citymrio.chain.estimate import METHOD


@pytest.fixture
def rules(root):
    spec = importlib.util.spec_from_file_location("rules", root / "docs/rules.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_arrow_reaches_its_box(rules, tmp_path):
    """From the first box to the last of a row there is no gap: no white between an arrow and the
    edge that it points at.
    """
    rules.draw({("a", "b"), ("b", "long_name_of_a_rule")}, tmp_path / "rules.png")
    with Image.open(tmp_path / "rules.png") as picture:
        row = np.asarray(picture.convert("RGB"), dtype=int)[picture.height // 2]
    edges = np.flatnonzero(np.abs(row - (0x2F, 0x6F, 0xAE)).sum(axis=1) < 40)
    assert len(edges) >= 6
    assert not (row[edges[0] : edges[-1]] == 255).all(axis=1).any()


@pytest.mark.parametrize("start", [(0.0, 0.0), (4.0, 5.0), (5.0, -3.0), (9.0, 1.0)])
def test_an_arrow_ends_at_the_edge_of_its_box(rules, start):
    box, centre = Bbox([[4.0, 0.0], [6.0, 2.0]]), (5.0, 1.0)
    x, y = rules.touching(box, start, centre)
    assert max(abs(x - centre[0]), abs(y - centre[1])) == pytest.approx(
        rules.INSIDE
    )  # half the box is 1


@pytest.mark.slow
def test_every_rule_of_a_given_table_is_read(tmp_path):
    run = Checkout.make(tmp_path / "checkout")
    (run.folder / "given/table").mkdir(parents=True)
    dataset = "{kind: mrio, raw_dir: given, mrio: given/table, year: 2020}"
    (run.folder / "given.yaml").write_text(f"run: given\ndataset: {dataset}\n", encoding="utf-8")
    code, text = run.run("--list-rules", config="given.yaml")
    assert code == 0, text
    named = {line.split()[0] for line in text.splitlines() if line.strip()}
    assert {"dataset", "footprints", "explorer", "headline"} <= named
    assert not {"cities", "nest", "variant_analysis", "uncertainty"} & named


@pytest.mark.slow
def test_the_picture_of_the_rules_is_up_to_date(finished, rules, tmp_path):
    code, graph = finished.run("all", "--rulegraph")
    assert code == 0, graph
    edges = rules.arrows(graph)
    assert {("province_mrio", "cities"), ("cities", "nest"), ("footprint", "audit")} <= edges
    with Image.open(rules.PICTURE) as picture:
        assert {tuple(edge) for edge in json.loads(picture.text[rules.KEY])} == edges, (
            "Fix: make tiny rule-graph"
        )
    rules.draw(edges, tmp_path / "again.png")
    with Image.open(tmp_path / "again.png") as again:
        assert again.text[rules.KEY] == json.dumps(sorted(edges))


@pytest.mark.slow
def test_files_go_from_rule_to_rule_as_the_list_of_steps_says(finished):
    code, summary = finished.run("all", "--detailed-summary")
    assert code == 0, summary
    rows = [line.split("\t") for line in summary.splitlines() if line.startswith("results/")]
    maker = {output: rule for output, _, rule, *_ in rows}
    steps = [step for step in METHOD if not step.when]  # this run has no priors
    for rule in {step.rule for step in steps}:
        names = {name for step in steps if step.rule == rule for name in step.reads}
        if rule == "emissions":  # accounts move intensities where `emissions_enter` is `both`
            names -= {"accounts"}
        above = {step.rule for step in steps if names & {*step.makes}}
        read = {maker.get(file) for row in rows if row[2] == rule for file in row[4].split(",")}
        assert read & {step.rule for step in steps} == above - {rule}, rule
