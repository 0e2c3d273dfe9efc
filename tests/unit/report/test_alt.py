"""Every figure says what it shows to readers who do not see it: a sentence that pages can use, and
numbers of the run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import figure_tables
from PIL import Image

from citymrio.config.models import Figures
from citymrio.report.figures import change, compare, registry, style

ROOT = Path(__file__).parents[3]
GROUPS = ("FIGURES", "BESIDE_PAPER", "KNOWN", "ENSEMBLE", "VALUE", "VALIDATION")
NAMES = {name for group in GROUPS for name in getattr(registry, group)} | {
    *change.FIGURES,
    *compare.FIGURES,
}


def test_every_figure_has_a_sentence_of_its_own_and_no_other_has_one():
    assert registry.ALT.keys() == NAMES
    said = [registry.alt(name) for name in NAMES]
    assert len(set(said)) == len(said)
    assert all(text.endswith(".") and 5 <= len(text.split()) <= 40 for text in said)


def test_sentences_can_be_had_without_a_plotting_library():
    script = (
        "import sys; from citymrio.report.figures.registry import alt; print('matplotlib' "
        "in sys.modules, alt('fig1'))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        env={"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
    )
    assert result.stdout.startswith("False ")


def test_its_files_hold_what_a_figure_says(tmp_path):
    made = figure_tables.make(seed=3, cities=40, unsplit=1)
    tables = {table: made.tables[table] for table in ("quintiles",)}
    run = made.run | {"name": "Land of 5$ and CO₂"}
    figure = figure_tables.draw("figS5", tables, None, Figures(dpi=72), synthetic=False, run=run)
    pdf, png, svg = style.save(
        figure, tmp_path / "figS5", {"figure": "figS5"}, ("pdf", "png", "svg")
    )
    assert "Land of 5$ and CO₂, 2012." in figure.citymrio_alt
    with Image.open(png) as image:
        assert image.text["Description"] == figure.citymrio_alt
    assert (
        ElementTree.parse(svg).getroot().findtext("{http://www.w3.org/2000/svg}title")
        == figure.citymrio_alt
    )
    assert b"/Subject" in pdf.read_bytes() and "CO₂".encode("utf-16-be") in pdf.read_bytes()
