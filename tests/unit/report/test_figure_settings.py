"""Settings of all figures: fonts, formats, the line below, and the tables of an ensemble."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import figure_tables
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.text import Text

from citymrio.base.errors import ConfigError
from citymrio.config.models import Figures, load_config
from citymrio.report.figures import fonts, names, registry, style
from citymrio.workflow.provenance import read_stamp

SURE = Figures(dpi=72, font="DejaVu Sans")


@pytest.fixture(scope="module")
def made():
    return figure_tables.make(seed=7, cities=40, unsplit=1)


def _draw(made, config: Figures, *, synthetic: bool = False, name: str = "figS5", **run):
    return registry.draw(name, made.tables, None, config, synthetic=synthetic, run=made.run | run)


def _words(figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text))


def test_png_is_always_among_the_formats_and_each_stands_once():
    assert Figures().formats == ("pdf", "png")
    assert Figures(formats=("svg", "svg")).formats == ("png", "svg")
    with pytest.raises(ConfigError, match=r"figures\.formats"):
        load_config({"figures": {"formats": ["jpg"]}})


def test_every_format_has_its_stamp_and_two_draws_give_the_same_bytes(made, tmp_path):
    formats = ("pdf", "png", "svg")
    stamp = {"citymrio": "0", "figure": "figS5", "inputs": {}, "packages": {}, "settings": {}}
    first = style.save(_draw(made, SURE), tmp_path / "first", stamp, formats)
    second = style.save(_draw(made, SURE), tmp_path / "second", stamp, formats)
    assert [path.suffix for path in first] == [".pdf", ".png", ".svg"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert read_stamp(one)["figure"] == "figS5"
    text = first[2].read_text(encoding="utf-8")
    assert "DejaVu Sans" in text and not re.search(r"<dc:date|<dc:creator", text)
    assert "most affluent" in "".join(ElementTree.fromstring(text.encode()).itertext())  # text stays text


def test_text_is_set_in_the_first_font_that_is_installed(made):
    assert fonts.families(["No Such Font", "DejaVu Sans"])[0] == "DejaVu Sans"
    figure = _draw(made, Figures(dpi=72, font=["No Such Font", "DejaVu Sans"]))
    assert {text.get_fontfamily()[0] for text in figure.findobj(Text)} == {"DejaVu Sans"}
    used = fonts.used(figure)
    assert list(used) == ["DejaVu Sans"] and re.fullmatch("[0-9a-f]{64}", used["DejaVu Sans"])


def test_letters_that_the_font_lacks_come_from_another_which_the_stamp_names(made):
    figure = _draw(made, Figures(dpi=72, font=["STIXSizeOneSym", "DejaVu Sans"]))  # a font of brackets: it comes with matplotlib
    assert "DejaVu Sans" in fonts.used(figure)
    with pytest.raises(ValueError, match="No Such Font"):
        findfont(FontProperties(family=["No Such Font"]), fallback_to_default=False)


def test_fonts_of_which_none_is_installed_are_refused_with_names_of_others(made):
    with pytest.raises(ConfigError, match=r"figures\.font.*not installed: No Such Font.*Fix:.*DejaVu Sans"):
        _draw(made, Figures(font="No Such Font"))
    with pytest.raises(ConfigError, match="No Such Font"):
        fonts.check(["No Such Font"])
    fonts.check(["No Such Font", fonts.SHIPPED])


def test_the_line_below_can_go_and_the_mark_of_synthetic_data_stays(made):
    with_line = _words(_draw(made, SURE, modelled="emissions modelled"))
    assert "made-up country, 2012" in with_line and "emissions modelled" in with_line
    bare = Figures(dpi=72, font="DejaVu Sans", footer=False)
    assert "made-up country" not in _words(_draw(made, bare, modelled="emissions modelled"))
    assert "emissions modelled" not in _words(_draw(made, bare, modelled="emissions modelled"))
    assert "synthetic data" in _words(_draw(made, bare, synthetic=True))
    low = [_draw(made, config).axes[0].get_tightbbox().y0 for config in (SURE, bare)]
    assert low[1] < low[0]  # its room goes to the figure


def test_a_figure_is_drawn_once_for_each_of_its_files(made, tmp_path, monkeypatch):
    figure, drawn = _draw(made, SURE), []
    monkeypatch.setattr(Figure, "draw", lambda self, renderer, plain=Figure.draw: (drawn.append(renderer), plain(self, renderer)))
    style.save(figure, tmp_path / "one", None, ("png", "pdf"))
    assert len(drawn) == 2


def test_dollar_signs_are_found_in_every_kind_of_text():
    texts = pd.Series(["a$", None, "b"])
    table = pd.DataFrame({"s": texts, "o": texts.astype(object), "c": texts.astype("category"), "n": [1, 2.5, 3], "b": True})
    escaped = style.literal(table)
    assert [escaped[name].iloc[0] for name in "soc"] == [r"a\$"] * 3
    assert escaped[["n", "b"]].equals(table[["n", "b"]])


def test_places_of_names_are_those_without_what_is_remembered_of_pairs():
    rng = np.random.default_rng(3)
    points, frame = rng.uniform(0, 120, (14, 2)), np.array([0.0, 0.0, 120.0, 120.0])
    spots = np.concatenate([points, rng.uniform(0, 120, (60, 2))])
    places = [names._places(at, np.array([24.0, 6.0])) for at in points]
    own = [names._own_cost(place, at, spots, np.empty((0, 4)), frame) for place, at in zip(places, points, strict=True)]
    chosen = names._descend(places, points, own)
    for i in range(len(points)):  # where it ends, no name is better off elsewhere, all pairs counted anew
        costs = own[i].copy()
        for j in set(range(len(points))) - {i}:
            costs += names._beside(places[i], points[i], [part[chosen[j]] for part in places[j]], points[j])
        assert costs[chosen[i]] <= costs.min() + names.NO_GAIN
    assert len({*chosen}) > 1


def test_intervals_are_there_only_with_an_ensemble():
    table = figure_tables.make(cities=8, unsplit=0).tables["regions"]
    assert style.intervals({"regions": table}, "regions") is None
    assert style.intervals({"uncertainty/regions": table}, "regions") is table
    assert style.interval_words({"level": 0.9}) == "90% interval"


def test_a_note_on_emissions_says_the_total_and_the_split_apart():
    known, apart = pd.Series(["observed", "observed", "modelled"]), pd.Series(["observed", "modelled", "modelled"])
    assert style.modelled(known, apart) == "emissions modelled, not observed, in 1 of 3 regions; by sector in 2"
    assert style.modelled(known[:2], apart[:2]) == "emissions by sector modelled, not observed, in 1 of 2 regions"
    assert style.modelled(apart, apart) == "emissions modelled, not observed, in 2 of 3 regions"
    assert style.modelled(known[:1], apart[:1]) == ""
