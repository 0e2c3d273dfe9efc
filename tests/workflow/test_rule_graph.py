"""The picture of the rules (docs/architecture.md) shows the rules that there are."""

from __future__ import annotations

import importlib.util
import json

import pytest
from PIL import Image


@pytest.mark.slow
def test_the_picture_of_the_rules_is_up_to_date(finished, root, tmp_path):
    spec = importlib.util.spec_from_file_location("rules", root / "docs/rules.py")
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    code, graph = finished.run("all", "--rulegraph")
    assert code == 0, graph
    edges = rules.arrows(graph)
    assert {("province_mrio", "cities"), ("cities", "nest"), ("footprint", "audit")} <= edges
    with Image.open(rules.PICTURE) as picture:
        assert {tuple(edge) for edge in json.loads(picture.text[rules.KEY])} == edges, "Fix: make tiny rule-graph"
    rules.draw(edges, tmp_path / "again.png")
    with Image.open(tmp_path / "again.png") as again:
        assert again.text[rules.KEY] == json.dumps(sorted(edges))
