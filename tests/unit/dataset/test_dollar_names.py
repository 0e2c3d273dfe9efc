"""Names with dollar signs are printed as they stand in figures of change and of ensembles, never
read as mathematics.

The other figures: `tests/unit/report/test_awkward_names.py`.
"""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.text import Text

from citymrio.config.models import Figures
from citymrio.report.figures import change
from citymrio.report.figures.ensemble import intervals, membership
from citymrio.report.figures.style import save

pytestmark = pytest.mark.slow
NAME = r"Cost $5 & $x_1$ \frac$"
CONFIG = Figures(dpi=72)


def printed(figure) -> list[str]:
    """What the figure shows; a text that is read as mathematics has lost its dollar signs."""
    return [text.get_text() for text in figure.findobj(Text) if not text.get_parse_math()]


@pytest.mark.parametrize("name", sorted(change.CAPTIONS))
def test_a_figure_of_change(name, tmp_path):
    parts = {
        f"{part}_{unit}": [1.0, -2.0]
        for part in (*change.PARTS, "change")
        for unit in ("mt", "percent")
    }
    table = pd.DataFrame(
        {
            "kind": "city",
            "name": [f"{NAME} a", f"{NAME} b"],
            "region": ["a", "b"],
            "province": "P",
            **parts,
            "cba_earlier_mt": 9.0,
            "cba_later_mt": 10.0,
            "group": ["all", "cities"],
            "regions": 2,
        }
    )
    table["change_mt"] = [1.0, -1.0]
    run = {
        "prices": "current prices",
        "earlier": {"name": NAME, "year": 2012},
        "later": {"name": NAME, "year": 2017},
    }
    figure = change.draw(
        name, {"change": table, "change_groups": table}, CONFIG, synthetic=True, run=run
    )
    save(figure, tmp_path / name)
    assert f"{NAME} (current prices)" in " ".join(printed(figure))
    if name == "change_cities":
        assert f"{NAME} a" in printed(figure)


def test_figures_of_an_ensemble(tmp_path):
    cities = pd.DataFrame({"name": [f"{NAME} a", f"{NAME} b"], "p_super_emitter": [0.5, 0.6]})
    for name in (
        "cba_mt",
        "cba_mt_low",
        "cba_mt_high",
        "pba_mt",
        "pba_mt_low",
        "pba_mt_high",
        "p_technology",
        "p_hybrid",
        "p_demand",
        "p_q1",
        "p_q2",
        "p_q3",
        "p_q4",
        "p_q5",
    ):
        cities[name] = 0.2
    tables = {"regions": cities}
    for draw in (intervals, membership):
        figure = draw(tables, None, CONFIG, synthetic=True, run={"modelled": NAME})
        save(figure, tmp_path / "figure")
        shown = printed(figure)
        assert f"{NAME} a" in shown
        assert NAME in shown and "synthetic data" in shown
