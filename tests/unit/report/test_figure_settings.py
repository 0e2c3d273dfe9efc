"""Settings of all figures: fonts, formats, the line below, and the tables of an ensemble."""

from __future__ import annotations

import os
import re
from pathlib import Path
from xml.etree import ElementTree

import figure_tables
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager, get_data_path
from matplotlib.figure import Figure
from matplotlib.text import Text

from citymrio.base.errors import CityMRIOError, ConfigError, DataError
from citymrio.base.files import sha256_of
from citymrio.base.stamp import figure_stamp
from citymrio.config import places
from citymrio.config.models import Figures, load_config
from citymrio.report.figures import fonts, names, style
from citymrio.workflow.code import data_files
from citymrio.workflow.provenance import read_stamp

SURE = Figures(dpi=72)
DEJAVU = Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"


@pytest.fixture(scope="module")
def made():
    return figure_tables.make(seed=7, cities=40, unsplit=1)


def _draw(made, config: Figures, *, synthetic: bool = False, name: str = "figS5", **run):
    return figure_tables.draw(
        name, made.tables, None, config, synthetic=synthetic, run=made.run | run
    )


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
    assert "Liberation Sans" in text and not re.search(r"<dc:date|<dc:creator", text)
    assert "most affluent" in "".join(
        ElementTree.fromstring(text.encode()).itertext()
    )  # text stays text


def test_text_is_set_in_the_font_that_ships_whatever_is_installed(made, monkeypatch):
    """matplotlib's list of installed fonts decided, one for each folder of caches: here it is
    empty, or wrong.
    """
    wrong = [
        font_manager.FontEntry(fname=str(DEJAVU), name=name)
        for name in ("Liberation Sans", "Helvetica", "DejaVu Sans")
    ]
    for listed in ([], wrong):
        monkeypatch.setattr(font_manager.fontManager, "ttflist", listed)
        fonts.families.cache_clear()
        figure = _draw(made, Figures(dpi=72))
        assert list(fonts.used(figure)) == [Path(path).name for path in fonts.SHIPPED]
        for text in figure.findobj(Text):
            found = font_manager.findfont(text.get_fontproperties(), fallback_to_default=False)
            assert str(found) in map(os.path.realpath, fonts.SHIPPED)


def test_the_fonts_that_ship_are_those_of_their_list_with_their_licence():
    folder = Path(fonts.SHIPPED[0]).parent
    listed = dict(line.split()[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert (
        listed
        == {path.name: sha256_of(path) for path in folder.glob("*.ttf")}
        == {Path(f).name: sha256_of(f) for f in fonts.SHIPPED}
    )
    assert "SIL OPEN FONT LICENSE" in (folder / "LiberationSans.LICENSE.txt").read_text()
    assert set(folder.iterdir()) <= set(
        data_files(folder.parent / "__init__.py")
    )  # inputs of the rules that draw


def test_a_font_of_ones_own_is_named_by_its_files_and_stands_in_the_stamp_by_their_content(
    made, tmp_path
):
    mine = tmp_path / "mine.ttf"
    mine.write_bytes(DEJAVU.with_name("STIXGeneral.ttf").read_bytes())
    figure = _draw(made, Figures(dpi=72, font=str(mine)))
    stamp = figure_stamp("figS5", [], {"dpi": 72, "font": [str(mine)]}, tmp_path)
    (file,) = style.save(figure, tmp_path / "one", stamp, ("png",))
    found = read_stamp(file)
    assert found["fonts"] == {"mine.ttf": sha256_of(mine)}
    assert found["settings"] == {"dpi": 72} and str(tmp_path).encode() not in file.read_bytes()
    assert (
        file.read_bytes()
        != style.save(_draw(made, Figures(dpi=72)), tmp_path / "two", stamp, ("png",))[
            0
        ].read_bytes()
    )


def test_letters_that_the_font_lacks_come_from_those_behind_it(made):
    brackets = DEJAVU.with_name("STIXSizOneSymReg.ttf")  # a font of brackets
    assert "LiberationSans-Regular.ttf" in fonts.used(
        _draw(made, Figures(dpi=72, font=str(brackets)))
    )
    assert "DejaVuSans.ttf" in fonts.used(
        _draw(made, Figures(dpi=72), name="figS3")
    )  # a diagonal of dots


def test_a_letter_that_no_font_has_is_refused_with_its_text(made):
    """It was drawn as a box."""
    with pytest.raises(
        DataError, match=r"figures\.font: no font has the letters '京北' of '北京, 2012'\. Fix: "
    ):
        figure_tables.draw(
            "figS5", made.tables, None, SURE, synthetic=False, run={"name": "北京", "year": 2012}
        )


def test_what_is_no_font_is_refused(made, tmp_path):
    (tmp_path / "text.ttf").write_text("no font")
    for path in (tmp_path / "text.ttf", tmp_path / "none.ttf"):
        with pytest.raises(
            ConfigError,
            match=rf"figures\.font: {path} is no font that can be read.*Fix: name the file of a "
            r"font",
        ):
            _draw(made, Figures(font=str(path)))
    with pytest.raises(CityMRIOError, match=r"'figures\.font' is Helvetica: there is no such file"):
        places.check(
            load_config({"figures": {"font": "Helvetica"}, "dataset": {"kind": "synthetic"}})
        )


def test_the_line_below_can_go_and_the_mark_of_synthetic_data_stays(made):
    with_line = _words(_draw(made, SURE, modelled="emissions modelled"))
    assert "made-up country, 2012" in with_line and "emissions modelled" in with_line
    bare = Figures(dpi=72, footer=False)
    assert "made-up country" not in _words(_draw(made, bare, modelled="emissions modelled"))
    assert "emissions modelled" not in _words(_draw(made, bare, modelled="emissions modelled"))
    assert "synthetic data" in _words(_draw(made, bare, synthetic=True))
    low = [_draw(made, config).axes[0].get_tightbbox().y0 for config in (SURE, bare)]
    assert low[1] < low[0]  # its room goes to the figure


def test_a_figure_is_drawn_once_for_each_of_its_files(made, tmp_path, monkeypatch):
    figure, drawn = _draw(made, SURE), []
    monkeypatch.setattr(
        Figure,
        "draw",
        lambda self, renderer, plain=Figure.draw: (drawn.append(renderer), plain(self, renderer)),
    )
    style.save(figure, tmp_path / "one", None, ("png", "pdf"))
    assert len(drawn) == 2


def test_places_of_names_are_those_without_what_is_remembered_of_pairs():
    rng = np.random.default_rng(3)
    points, frame = rng.uniform(0, 120, (14, 2)), np.array([0.0, 0.0, 120.0, 120.0])
    spots = np.concatenate([points, rng.uniform(0, 120, (60, 2))])
    places = [names._places(at, np.array([24.0, 6.0])) for at in points]
    own = [
        names._own_cost(place, at, spots, np.empty((0, 4)), frame)
        for place, at in zip(places, points, strict=True)
    ]
    chosen = names._descend(places, points, own)
    for i in range(
        len(points)
    ):  # where it ends, no name is better off elsewhere, all pairs counted anew
        costs = own[i].copy()
        for j in set(range(len(points))) - {i}:
            costs += names._beside(
                places[i], points[i], [part[chosen[j]] for part in places[j]], points[j]
            )
        assert costs[chosen[i]] <= costs.min() + names.NO_GAIN
    assert len({*chosen}) > 1


#: Demand-side super-emitters of China 2012 (production and consumption, Mt): Changchun's name stood
#: on Harbin's marker.
CROWD = {
    "Shenyang": (47.6, 82.8),
    "Dalian": (55.8, 87.4),
    "Changchun": (72.3, 80.3),
    "Harbin": (63.8, 75.3),
    "Daqing": (41.9, 75.6),
    "Qingdao": (58.8, 88.9),
    "Zhengzhou": (57.9, 89.3),
    "Changsha": (27.4, 79.8),
    "Shenzhen": (24.8, 83.9),
    "Chengdu": (32.7, 89.4),
    "Xi'an": (17.7, 79.1),
}


@pytest.mark.parametrize("size", [6.0, 7.0, 8.0])
def test_a_name_without_a_leader_stands_nearest_to_its_own_marker(size):
    figure = Figure(figsize=(4.05, 4.05))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xscale="log", yscale="log", xlim=(13.6, 320), ylim=(12.2, 287))
    points = np.array(list(CROWD.values()))
    within = [(13.6, 72.4, 72.4, 287)] * len(points)
    texts = names.place(
        axes,
        points,
        list(CROWD),
        others=points,
        within=within,
        size=size,
        colour="black",
        leader="grey",
    )
    led = {tuple(text.xy) for text in axes.texts if text.get_text() == ""}
    pixels = axes.transData.transform(points)
    for text, point, own in zip(texts, points, pixels, strict=True):
        box = text.get_window_extent()
        corners = np.array([[box.x0, box.y0, box.x1, box.y1]])
        gaps, mine = names._gaps(corners, pixels)[0], names._gaps(corners, own[None])[0, 0]
        assert gaps.min() > 0, text.get_text()  # on no marker
        assert tuple(point) in led or mine == gaps.min(), text.get_text()


def test_an_interval_is_called_by_its_level():
    assert style.interval_words({"level": 0.9}) == "90% interval"


def test_a_note_on_emissions_says_the_total_and_the_split_apart():
    known, apart = (
        pd.Series(["observed", "observed", "modelled"]),
        pd.Series(["observed", "modelled", "modelled"]),
    )
    assert (
        style.modelled(known, apart)
        == "emissions modelled, not observed, in 1 of 3 regions; by sector in 2"
    )
    assert (
        style.modelled(known[:2], apart[:2])
        == "emissions by sector modelled, not observed, in 1 of 2 regions"
    )
    assert style.modelled(apart, apart) == "emissions modelled, not observed, in 2 of 3 regions"
    assert style.modelled(known[:1], apart[:1]) == ""


#: The font that docs/bring-your-own-data.md names for Chinese, by Debian's package fonts-noto-cjk.
NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


@pytest.mark.skipif(not NOTO.is_file(), reason="needs the package fonts-noto-cjk")
def test_a_chinese_figure_takes_its_letters_from_the_font_that_the_docs_name():
    documented = Path(__file__).parents[3] / "docs/bring-your-own-data.md"
    assert str(NOTO) in documented.read_text(encoding="utf-8")
    figure = Figure()
    figure.text(0.5, 0.5, "乌鲁木齐市的碳足迹", fontfamily=list(fonts.families((str(NOTO),))))
    assert NOTO.name in fonts.used(figure)
    bare = Figure()
    bare.text(0.5, 0.5, "乌鲁木齐市", fontfamily=list(fonts.families()))
    with pytest.raises(DataError, match="乌"):
        fonts.used(bare)
