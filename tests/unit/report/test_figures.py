"""Figures: each draws from tables of full size, is marked when synthetic, keeps its texts apart,
and repeats its bytes.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings
from multiprocessing.pool import ThreadPool
from pathlib import Path

import figure_tables
import numpy as np
import pandas as pd
import pytest
from figure_texts import box_of as _box
from figure_texts import texts_of as _texts
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from thorough import times

from citymrio.config.models import Figures
from citymrio.report.figures import fig3, maps, registry, style
from citymrio.report.language import catalogue
from citymrio.report.shapes import equal_area

NAMES = list(registry.FIGURES)
CONFIG = Figures(dpi=72)
FEW = Figures(dpi=72)
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def made():
    return figure_tables.make()


@pytest.fixture(scope="module")
def small():
    return figure_tables.make(seed=7, cities=40, unsplit=1)


def _draw(
    made, name: str, *, synthetic: bool = True, boundaries: bool = True, config: Figures = CONFIG
) -> Figure:
    inputs = registry.FIGURES[name]
    tables = {
        table: made.tables[table] for table in (*inputs.tables, *inputs.dataset)
    }  # nothing else may be read
    shapes = made.boundaries if boundaries and inputs.needs_map else None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return figure_tables.draw(name, tables, shapes, config, synthetic=synthetic, run=made.run)


@pytest.fixture(scope="module")
def drawn(made):
    return {name: _draw(made, name) for name in NAMES}


def _words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in _texts(figure))


@pytest.mark.parametrize("name", NAMES)
def test_draws_from_its_tables_without_a_warning(drawn, name):
    assert drawn[name].get_axes()
    assert round(drawn[name].get_figwidth() * 25.4) in (89, 183)


@pytest.mark.parametrize("name", NAMES)
def test_says_synthetic_data_on_a_synthetic_run(drawn, name):
    assert "synthetic data" in _words(drawn[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_adds_numbers_of_the_run_to_its_sentence_and_names_its_data(drawn, name):
    figure = drawn[name]
    head, said, data = (
        registry.alt(name),
        figure.citymrio_said,
        "Data: made-up country, 2012, synthetic data.",
    )
    assert figure.citymrio_alt == " ".join([head, *said, data])
    assert any(sign.isdigit() for text in said for sign in text)
    assert all(text.endswith(".") for text in said)


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_smaller_than_six_points(drawn, name):
    assert min(text.get_fontsize() for text in _texts(drawn[name])) >= style.SMALL


@pytest.mark.parametrize("name", NAMES)
def test_no_text_leaves_the_page(drawn, name):
    figure = drawn[name]
    page = figure.bbox
    for text in _texts(figure):
        box = text.get_window_extent()
        inside = (
            page.x0 - 1 <= box.x0
            and box.x1 <= page.x1 + 1
            and page.y0 - 1 <= box.y0
            and box.y1 <= page.y1 + 1
        )
        assert inside, text.get_text()


@pytest.mark.parametrize("name", NAMES)
def test_no_two_texts_overlap(drawn, name):
    texts = _texts(drawn[name])
    boxes = [_box(text) for text in texts]
    pairs = [
        (a.get_text(), b.get_text())
        for i, a in enumerate(texts)
        for j, b in enumerate(texts[:i])
        if boxes[i].intersects(boxes[j])
    ]
    assert not pairs


#: Draws every figure in an order of its own, with the heap in a state of its own; prints the digest
#: of every file and the places of its axes to the last bit (one that differs flips a number of the
#: file only where it lies between two printed ones).
SHUFFLED = """
import random, sys
random.seed(sys.argv[1])
kept = [bytearray(random.randrange(10, 5000)) for _ in range(random.randrange(20_000))]
from hashlib import sha256
import figure_tables, test_ensemble_figures as ensemble
from citymrio.config.models import Figures
from citymrio.report import uncertainty, value_of_data
from citymrio.report.figures import registry, style
made, config, tables = figure_tables.make(seed=7, cities=40, unsplit=1), Figures(dpi=72), ensemble.made_up()
value = value_of_data.figures
about = (ensemble.RUN, 0.9, "calibrated", config)
def figure(name):
    entry = registry.FIGURES[name]
    shapes = made.boundaries if entry.needs_map else None
    return figure_tables.draw(name, made.tables, shapes, config, synthetic=True, run=made.run)
draws = {name: lambda name=name: {name: figure(name)} for name in registry.FIGURES}
draws |= {"ensemble": lambda: uncertainty.figures(tables, *about), "value": lambda: value(tables, *about)}
for name in random.sample(list(draws), len(draws)):
    for each, drawn in draws[name]().items():
        for path in style.save(drawn, f"{sys.argv[2]}/{each}"):
            content = path.read_bytes()
            assert b"CreationDate" not in content
            print(path.name, sha256(content).hexdigest())
        print(each, *(value.hex() for axes in drawn.axes for value in axes.get_position().bounds))
"""


@pytest.mark.slow
@pytest.mark.night
def test_every_figure_has_the_same_bytes_in_shuffled_processes(tmp_path):
    """One number of the layout flipped in 8 of 21 draws of emissions_trends: the place in memory
    decided its last bits.
    """
    draws = times(2, 16)
    folders = [ROOT / "scripts", ROOT / "tests/worlds", Path(__file__).parent]
    environment = {"PYTHONPATH": ":".join(map(str, folders)), "HOME": str(tmp_path)}

    def draw(seed: int) -> list[str]:
        folder = tmp_path / str(seed)
        folder.mkdir()
        command = [sys.executable, "-c", SHUFFLED, str(seed), str(folder)]
        return subprocess.run(
            command,
            env={**environment, "PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.splitlines()

    first, *others = ThreadPool(2).map(draw, range(draws))
    assert len(first) == 3 * (len(NAMES) + len(registry.ENSEMBLE) + len(registry.VALUE))
    assert [sorted(set(first) ^ set(other)) for other in others] == [[]] * (draws - 1)


@pytest.mark.parametrize("name", [name for name in NAMES if registry.FIGURES[name].needs_map])
def test_without_boundaries_bars_of_the_cities_in_order_take_the_place_of_the_map(made, name):
    drawn = _draw(made, name, boundaries=False)
    bars = [axes for axes in drawn.findobj(Axes) if axes.patches and axes.get_yticklabels()]
    names = [label.get_text() for axes in bars for label in axes.get_yticklabels()]
    sizes = [[bar.get_width() for bar in axes.patches] for axes in bars]
    assert sizes and all(each == sorted(each, reverse=True) for each in sizes)
    cities = style.cities(made.tables["regions"]).set_index("name")["cba_mt"]
    assert names[0] == cities.idxmax() and set(names) <= {*cities.index}


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_a_title_a_group_and_a_caption_beside_its_module(name):
    entry = registry.FIGURES[name]
    assert f"start.figure.{name}" in catalogue() and entry.group
    module = importlib.import_module(entry.module)
    assert Path(module.__file__).with_name(f"{name}.rst").is_file()
    assert registry.caption(name).endswith(".")
    assert len(registry.caption(name).split()) > 10


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_small_country_without_super_emitters_or_some_quintiles_draws(name):
    tiny = figure_tables.make(seed=5, cities=8, unsplit=1)
    regions = tiny.tables["regions"]
    regions["super_emitter"] = "none"
    for name_of_table in ("intensities", "production_layers", "supply_chains"):
        tiny.tables[name_of_table] = tiny.tables[name_of_table].iloc[:0]
    tiny.tables["benchmarks"] = tiny.tables["benchmarks"].iloc[:0]
    figure = _draw(tiny, name)
    assert "synthetic data" in _words(figure)


@pytest.mark.slow
def test_figure_2_has_the_interval_of_every_cell_where_the_run_has_an_ensemble(made, drawn):
    flows, benefit = made.tables["flows_groups"], made.tables["va_per_emission"]
    keys = ["producer_quintile", "producer_structure", "consumer_quintile"]
    cells = [
        table.assign(
            table=name,
            row=table[keys].agg("/".join, axis=1),
            column=column,
            low=0.8 * table[column],
            high=3 * table[column],
        )[["table", "row", "column", "low", "high"]]
        for name, table, column in (
            ("flows_groups", flows, "percent"),
            ("va_per_emission", benefit, "ratio"),
        )
    ]
    inputs = registry.FIGURES["fig2"]
    tables = {table: made.tables[table] for table in inputs.tables}
    run = made.run | {"level": 0.9, "method": "calibrated"}
    spread = {"uncertainty/cells": pd.concat(cells)}
    figure = figure_tables.draw("fig2", tables | spread, None, CONFIG, synthetic=True, run=run)
    words, largest = _words(figure), flows["percent"].max()
    digits = 0 if 3 * largest >= 10 else 1
    assert f"{0.8 * largest:.{digits}f}–{3 * largest:.{digits}f}" in words
    assert "90% interval, calibrated method" in words
    plain = drawn["fig2"]
    assert len(_texts(figure)) > len(_texts(plain)) and "interval" not in _words(plain)
    boxes = [_box(text) for text in _texts(figure)]
    assert not any(a.intersects(b) for n, a in enumerate(boxes) for b in boxes[:n])
    assert figure.get_figheight() * 25.4 <= 240


def test_figure_2_prints_the_tables_numbers_and_totals(made, drawn):
    words = [text.get_text() for text in drawn["fig2"].get_axes()[0].texts]
    flows = made.tables["flows_groups"]
    column = flows[flows.consumer_quintile == "Q1"].percent.sum()
    row = flows[
        (flows.producer_quintile == "Q1") & (flows.producer_structure == "high_tech")
    ].percent.sum()
    block = flows[
        (flows.producer_quintile == "Q2") & (flows.consumer_quintile == "Q3")
    ].percent.sum()
    assert {f"{column:.1f}", f"{row:.1f}", f"{block:.1f}", "100.0", "All of Q2"} <= set(words)
    shown = flows[flows.mt > 0].percent
    expected = sorted(f"{value:.1f}" if value >= 0.05 else "<0.1" for value in shown)
    assert not [value for value in expected if value not in words]


def test_margins_of_value_added_per_emissions_are_ratios_of_sums(made, drawn):
    words = [text.get_text() for text in drawn["fig2"].get_axes()[1].texts]
    benefit = made.tables["va_per_emission"]
    own = benefit[benefit.producer_quintile == "Q3"]
    assert f"{own.value_added.sum() / own.mt.sum():.1f}" in words
    assert (
        f"{benefit.value_added.sum() / benefit.mt.sum():.1f}"
        == [word for word in words if word != "no city"][-1]
    )


def test_figure_2_has_a_colour_bar_for_each_matrix_and_says_what_is_rounded(drawn):
    labels = [axes.get_xlabel() for axes in drawn["fig2"].get_axes()[2:]]
    assert labels == ["% of all inter-city flows", "10⁹ XTS per Mt CO₂"]
    assert "unrounded" in _words(drawn["fig2"])


def test_figure_2_says_which_groups_have_no_cities_and_hatches_what_is_modelled_alone(made, drawn):
    """Hatching meant both."""
    quintiles = made.tables["quintiles"]
    empty = int((quintiles.filter(like="structure_") == 0).sum().sum())
    assert empty > 0
    for axes in drawn["fig2"].get_axes()[:2]:
        assert [text.get_text() for text in axes.texts].count("no city") == empty
        assert all(patch.get_x() < 0 for patch in axes.patches if patch.get_hatch())


def test_the_note_of_figure_2_ends_above_the_legend(drawn):
    left = drawn["fig2"].get_axes()[0]
    (note,) = (text for text in left.texts if "unrounded" in text.get_text())
    assert left.get_legend().get_window_extent().y1 < note.get_window_extent().y0


def test_figure_2_shows_beside_each_row_how_its_cities_are_known(made, drawn):
    """A strip of one cell's part: as wide in every row that has cities, hatched as far as their
    structure is modelled.
    """
    regions = made.tables["regions"]
    left = drawn["fig2"].get_axes()[0]
    strip = [patch for patch in left.patches if patch.get_x() < 0]
    rows = regions[regions["structure"].ne("")].groupby(["quintile", "structure"])[
        "structure_status"
    ]
    width = sum(patch.get_width() for patch in strip) / rows.ngroups
    hatched = sum(patch.get_width() for patch in strip if patch.get_hatch()) / width
    assert hatched == pytest.approx(sum(status.eq("modelled").mean() for _, status in rows))


def test_figure_3_names_the_largest_super_emitters_up_to_the_limit(made, drawn, monkeypatch):
    regions = made.tables["regions"]
    supers = regions[regions.super_emitter != "none"].assign(
        size=lambda t: t[["pba_mt", "cba_mt"]].max(axis=1)
    )
    monkeypatch.setattr(fig3, "NAMED", 5)
    limited = _words(_draw(made, "fig3"))
    ranked = list(supers.sort_values("size", ascending=False)["name"])
    assert all(name in limited for name in ranked[:5])
    assert not any(name in limited for name in ranked[5:])
    words = _words(drawn["fig3"])
    assert all(name in words for name in ranked)


def test_figure_3_has_equal_scales_and_names_inside_the_quadrant_of_their_type(made, drawn):
    left, right = drawn["fig3"].get_axes()[:2]
    for axes in (left, right):
        (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
        box = axes.get_window_extent()
        assert box.width / np.log(x1 / x0) == pytest.approx(box.height / np.log(y1 / y0), rel=1e-6)
    threshold = made.tables["parameters"].set_index("parameter").at["super_threshold", "value"]
    types = made.tables["regions"].set_index("name")["super_emitter"]
    named = [text for text in right.texts if text.get_text() in types.index]
    assert len(named) == (types != "none").sum()
    for text in named:
        (x0, y0), (x1, y1) = right.transData.inverted().transform(
            text.get_window_extent().get_points()
        )
        kind = types[text.get_text()]
        assert x1 < threshold if kind == "demand" else x0 > threshold, text.get_text()
        assert y1 < threshold if kind == "technology" else y0 > threshold, text.get_text()


def test_figure_3_names_cities_far_from_equal_emissions(made, drawn):
    regions = made.tables["regions"]
    rest = regions[(regions.kind != "province") & regions.super_emitter.eq("none")]
    furthest = rest.assign(off=np.log(rest.cba_mt / rest.pba_mt).abs()).nlargest(6, "off")["name"]
    assert {
        text.get_text() for text in drawn["fig3"].get_axes()[0].texts if text.get_text()
    } == set(furthest)


def _with_ensemble(made, name: str) -> Figure:
    regions = made.tables["regions"]
    ends = {
        f"{axis}_{end}": regions[axis] * k
        for axis in ("cba_mt", "pba_mt")
        for end, k in (("low", 0.8), ("high", 1.3))
    } | {axis: regions[axis] * 1.1 for axis in ("cba_mt", "pba_mt")}
    numbers = pd.DataFrame(
        {
            "quantity": ["per capita: Q1", "per capita: Q5"],
            "low": [1.0, 0.5],
            "high": [300.0, 5.0],
            "median": 2.5,
        }
    )
    tables = made.tables | {
        "uncertainty/regions": regions[["region"]].assign(**ends),
        "uncertainty/numbers": numbers,
    }
    run = made.run | {"level": 0.9, "method": "calibrated"}
    return figure_tables.draw(name, tables, None, CONFIG, synthetic=True, run=run)


@pytest.mark.slow
def test_figure_3_draws_the_intervals_of_super_emitters(small):
    figure = _with_ensemble(small, "fig3")
    supers = small.tables["regions"].query("super_emitter != 'none'")
    right = figure.get_axes()[1]
    lines = [
        segment
        for part in right.collections
        if hasattr(part, "get_segments")
        for segment in part.get_segments()
    ]
    across = sorted(float(line[1, 0]) for line in lines if line[0, 1] == line[1, 1])
    assert across == pytest.approx(sorted(1.3 * supers.pba_mt)) and len(lines) == 2 * len(supers)
    ticks = {
        tuple(float(of) for of in offset)
        for part in right.collections
        if isinstance(part, PathCollection)
        for offset in np.round(part.get_offsets(), 6)
    }
    both = supers[["pba_mt", "cba_mt"]].to_numpy()
    for factors in ((1.1, 1.0), (1.0, 1.1)):
        assert {*map(tuple, np.round(both * factors, 6).tolist())} <= ticks, "by the other method"
    assert (
        right.get_xlim()[0] < 0.8 * supers.pba_mt.min()
        and right.get_xlim()[1] > 1.3 * supers.pba_mt.max()
    )
    assert "90% interval,\ncalibrated method" in _words_of_legends(figure)
    legends = [part for axes in figure.get_axes() for part in axes.findobj(Legend)]
    ends = [
        part.get_window_extent().x1
        for part in legends
        if "interval" in " ".join(text.get_text() for text in part.texts)
    ]
    assert ends and max(ends) < min(
        label.get_window_extent().x0 for label in [right.yaxis.label, *right.get_yticklabels()]
    )
    assert "interval" not in _words_of_legends(_draw(small, "fig3", config=FEW))


def test_figure_1_draws_every_city_and_the_intervals_of_quintiles(small):
    figure = _with_ensemble(small, "fig1")
    below = figure.get_axes()[2]
    cities = small.tables["regions"].query("kind != 'province'")
    points = [part for part in below.collections if isinstance(part, PathCollection)]
    grouped = cities["quintile"].ne("").sum() + cities["structure"].ne("").sum()
    assert sum(len(part.get_offsets()) for part in points) == grouped
    assert below.get_ylim()[0] < 0.5 and below.get_ylim()[1] > 300
    dashes = [line for line in below.lines if line.get_marker() == "_"]
    assert [float(line.get_ydata()[0]) for line in dashes] == [2.5, 2.5], "medians of the draws"
    assert "90% interval, calibrated method" in _words_of_legends(figure)


def _words_of_legends(figure: Figure) -> str:
    return "\n".join(
        text.get_text()
        for axes in figure.get_axes()
        for part in axes.findobj(Legend)
        for text in part.texts
    )


def test_figure_s7_of_a_run_without_key_sectors_says_so(small):
    table = small.tables["intensities"].drop_duplicates("region")
    none = dict.fromkeys(("key_sector", "intensity", "national", "global", "percent"), np.nan)
    tables = small.tables | {"intensities": table.assign(**none)}
    figure = figure_tables.draw("figS7", tables, None, CONFIG, synthetic=True, run=small.run)
    assert "No super-emitter has emissions in a key sector." in _words(figure)


def test_figure_s7_explains_the_colours_of_its_cells(drawn):
    cells = {patch.get_facecolor() for patch in drawn["figS7"].get_axes()[1].patches}
    (legend,) = drawn["figS7"].get_axes()[1].findobj(Legend)
    shown = {
        text.get_text(): patch
        for text, patch in zip(legend.texts, legend.get_patches(), strict=True)
    }
    assert shown["Above the national mean"].get_facecolor() in cells
    assert shown["Observed"].get_facecolor() in cells


def test_figure_1_dashes_only_what_is_assumed(small):
    benchmarks = small.tables["benchmarks"].copy()
    benchmarks.loc[benchmarks.parameter.eq("per_capita.eu"), "source"] = "a paper"
    figure = figure_tables.draw(
        "fig1",
        small.tables | {"benchmarks": benchmarks},
        None,
        CONFIG,
        synthetic=True,
        run=small.run,
    )
    values = benchmarks.set_index("parameter")["value"]
    solid = {
        line.get_ydata()[0]: line.get_linestyle() == "-"
        for line in figure.get_axes()[2].lines
        if len(line.get_ydata()) == 2
    }
    assert (
        solid[values["per_capita.eu"]]
        and not solid[values["per_capita.us"]]
        and not solid[values["per_capita.global"]]
    )
    assert "Assumed" in _words_of_legends(figure)


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_fits_on_the_page_of_a_journal(drawn, name):
    assert drawn[name].get_figheight() * 25.4 <= 240


def test_figure_1_says_which_mean_is_printed_and_that_a_group_is_modelled(drawn):
    """Beside "emissions modelled in 49 of 313 regions", nearly all cities were "modelled"."""
    assert "Mean over cities" in [
        text.get_text().strip() for text in drawn["fig1"].get_axes()[2].texts
    ]
    assert "City, its group modelled" in _words_of_legends(drawn["fig1"])


def test_texts_of_figure_4_end_within_the_axis(drawn):
    for axes in drawn["fig4"].get_axes():
        ends = [text.get_window_extent().x1 for text in axes.texts]
        assert (
            axes.bbox.x0 + 0.9 * axes.bbox.width < max(ends) <= axes.bbox.x1 + 0.5
        )  # and the axis is no longer than that


def test_figure_4_takes_only_headline_scenarios(made, drawn):
    scenarios = made.tables["scenarios"]
    headline = scenarios[
        scenarios.headline & (scenarios.side == "demand") & (scenarios.depth == "light")
    ].saving_mt.item()
    other = scenarios[
        ~scenarios.headline & (scenarios.side == "demand") & (scenarios.depth == "light")
    ].saving_mt.item()
    words = _words(drawn["fig4"])
    assert f"+{headline / 1000:.2f}" in words
    assert f"+{other / 1000:.2f}" not in words


def test_the_steps_of_figure_4_add_up_to_the_quota_of_all_measures_at_once(made, drawn):
    """Technology, demand and what is counted twice, one after the other, end where the new quota
    ends.
    """
    quota = made.tables["quota"].set_index("scenario")
    bars = [bar for bar in drawn["fig4"].get_axes()[0].patches if bar.get_width()]
    ends = [bar.get_x() + bar.get_width() for bar in bars]
    for depth in ("light", "deep"):
        new = quota.loc[f"joint_{depth}_shift", "new_mt"] / 1000
        assert sum(abs(end - new) < 1e-9 for end in ends) == 2  # the overlap and the new quota
    words = _words(drawn["fig4"])
    assert "Overlap, counted once" in words and "% of the footprints of all cities" in words


def _edges(axes) -> list:
    return [bar for bar in axes.patches if bar.get_linestyle() not in ("-", "solid")]


@pytest.mark.slow
def test_what_is_assumed_is_dashed_and_hollow(made, small, drawn):
    """All sources of the made-up benchmarks say "assumed": deep technology, global intensities,
    megacities.
    """
    assert (
        len(_edges(drawn["fig4"].get_axes()[1])) == 3
    )  # technology, its part above plausible intensities, both sides
    assert (
        len(_edges(drawn["figS7"].get_axes()[1]))
        == made.tables["intensities"]["key_sector"].nunique()
    )
    assert len(_edges(drawn["figS8"].get_axes()[0])) == 5
    sourced = small.tables["benchmarks"].assign(source="a statistical office")
    for name, place in (("fig4", 1), ("figS7", 1), ("figS8", 0)):
        tables = small.tables | {"benchmarks": sourced}
        figure = figure_tables.draw(name, tables, None, CONFIG, synthetic=True, run=small.run)
        assert not _edges(figure.get_axes()[place])
        assert "ssumed" not in _words(figure)


def test_savings_have_intervals_where_the_run_has_an_ensemble(made):
    scenarios = made.tables["scenarios"]
    numbers = pd.DataFrame(
        {"quantity": "saving: " + scenarios.scenario, "median": 1.1 * scenarios.saving_mt}
    )
    numbers = numbers.assign(low=0.9 * scenarios.saving_mt, high=1.3 * scenarios.saving_mt)
    inputs = registry.FIGURES["fig4"]
    tables = {table: made.tables[table] for table in (*inputs.tables, *inputs.dataset)} | {
        "uncertainty/numbers": numbers
    }
    figure = figure_tables.draw(
        "fig4", tables, None, CONFIG, synthetic=True, run=made.run | {"level": 0.9}
    )
    lines = [line for line in figure.get_axes()[1].lines if len(line.get_xdata()) == 2]
    headline = scenarios[scenarios.headline & (scenarios.side != "sum")].saving_mt
    assert sorted(line.get_xdata()[0] for line in lines) == pytest.approx(sorted(0.9 * headline))
    assert "90% interval" in _words(figure)
    shown = {
        round(float(patch.get_width() + patch.get_x()), 6) for patch in figure.get_axes()[1].patches
    }
    assert {round(float(value), 6) for value in 1.1 * headline} <= shown, (
        "draws of the run: their median"
    )
    other = figure_tables.draw(
        "fig4",
        tables,
        None,
        CONFIG,
        synthetic=True,
        run=made.run | {"level": 0.9, "method": "calibrated"},
    )
    shown = {
        round(float(patch.get_width() + patch.get_x()), 6) for patch in other.get_axes()[1].patches
    }
    assert {round(float(value), 6) for value in headline} <= shown, (
        "draws by another method: the run's own"
    )


def test_a_saving_of_the_draws_alone_is_a_share_of_the_same_footprints(made):
    scenarios = made.tables["scenarios"].copy()
    other = scenarios[scenarios.saving_mt.ne(0)].iloc[0]
    one = scenarios.index[scenarios.scenario.eq("technology_light")]
    scenarios.loc[one, ["saving_mt", "saving_share_percent"]] = 0.0
    numbers = pd.DataFrame(
        {"quantity": "saving: " + scenarios.scenario, "median": scenarios.saving_mt}
    ).assign(low=0.0, high=other.saving_mt)
    numbers.loc[one, "median"] = other.saving_mt
    inputs = registry.FIGURES["fig4"]
    tables = {table: made.tables[table] for table in (*inputs.tables, *inputs.dataset)} | {
        "scenarios": scenarios,
        "uncertainty/numbers": numbers,
    }
    figure = figure_tables.draw(
        "fig4", tables, None, CONFIG, synthetic=True, run=made.run | {"level": 0.9}
    )
    assert f"({other.saving_share_percent:.1f}%)" in _words(figure)
    assert "(0.0%)" not in _words(figure)


def test_no_point_of_figure_s4_hides_another(drawn):
    from matplotlib.collections import PathCollection

    axes = drawn["figS4"].get_axes()[0]
    dots = [
        part
        for part in axes.collections
        if isinstance(part, PathCollection) and len(part.get_offsets())
    ]
    places = np.concatenate([axes.transData.transform(part.get_offsets()) for part in dots])
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)) + 1e9 * np.eye(
        len(places)
    )
    assert len(places) > 100
    assert apart.min() * 72 / axes.figure.dpi > 1.5  # points of paper


def test_numbers_of_figure_s7_end_at_one_place_and_have_one_number_of_decimals_in_a_column(drawn):
    axes = drawn["figS7"].get_axes()[1]
    columns: dict[float, set[int]] = {}
    for text in axes.texts:
        digits = text.get_text().removeprefix("<")
        if digits.replace(".", "").isdigit():
            assert text.get_horizontalalignment() == "right"
            columns.setdefault(text.get_position()[0], set()).add(len(digits.partition(".")[2]))
    assert len(columns) == 6
    assert all(len(decimals) == 1 for decimals in columns.values())


def test_no_text_lies_on_the_diagonal_of_figure_s3(drawn):
    axes = drawn["figS3"].get_axes()[0]
    dark = [
        patch
        for patch in axes.patches
        if patch.get_height() > 1 and style.ink_on(patch.get_facecolor()) == "white"
    ]
    assert len(dark) == 8
    for text in axes.texts:
        box = text.get_window_extent()
        inside = [patch for patch in dark if patch.get_window_extent().overlaps(box)]
        assert len(inside) <= (text.get_text() == "⋱"), text.get_text()


def test_projection_keeps_areas():
    import geopandas
    from pyproj import Geod
    from shapely import segmentize
    from shapely.geometry import box

    squares = [segmentize(box(100, 44, 101, 45), 0.05), segmentize(box(110, 22, 111, 23), 0.05)]
    table = geopandas.GeoDataFrame({"region": ["n", "s"]}, geometry=squares, crs="EPSG:4326")
    true = [Geod(ellps="WGS84").geometry_area_perimeter(square)[0] for square in squares]
    assert table.to_crs(equal_area(*table.total_bounds)).area.to_numpy() == pytest.approx(
        np.abs(true), rel=1e-4
    )
    assert maps.project(table).regions.area.to_numpy() == pytest.approx(
        np.abs(true), rel=5e-3
    )  # simplified


def test_projection_near_the_equator_is_cylindrical():
    assert "+proj=cea" in equal_area(10.0, -5.0, 30.0, 6.0)
    assert "+proj=aea" in equal_area(75.0, 18.0, 135.0, 54.0)


def test_small_far_parts_go_into_an_inset():
    import geopandas
    from shapely.geometry import box
    from shapely.ops import unary_union

    land = [box(100 + i, 30, 101 + i, 38) for i in range(10)]
    island = box(112.0, 5.0, 112.2, 5.2)
    whole = geopandas.GeoDataFrame(
        {"region": [str(i) for i in range(10)]}, geometry=land, crs="EPSG:4326"
    )
    assert maps.project(whole).far is None
    land[9] = unary_union([land[9], island])
    apart = maps.project(
        geopandas.GeoDataFrame({"region": whole.region}, geometry=land, crs="EPSG:4326")
    )
    assert apart.far is not None
    assert apart.far[3] < apart.frame[1]


def test_an_inset_and_the_scale_bar_lie_on_no_region():
    import geopandas
    from shapely.geometry import box

    land = [box(100 + i, 30, 101 + i, 38) for i in range(10)]  # fills its frame: no corner is free
    island = box(112.0, 5.0, 112.2, 5.2)
    table = geopandas.GeoDataFrame(
        {"region": [*map(str, range(10)), "x"]}, geometry=[*land, island], crs="EPSG:4326"
    )
    names = pd.DataFrame({"region": table.region, "name": "Land", "province": "p"}).replace(
        {"name": {"Land": "Isle"}}
    )
    shapes = maps.project(table, names)
    main = shapes.regions[shapes.regions.region.ne("x")].geometry.union_all()
    assert not main.intersects(box(*shapes.inset)) and shapes.far_name == "Far parts of Isle"
    assert shapes.inset[2] <= shapes.frame[2] and shapes.bar != shapes.inset
    free = [box(100, 30, 103, 33), box(103, 30, 110, 38)]  # an L: the upper left corner is free
    shapes = maps.project(
        geopandas.GeoDataFrame({"region": ["a", "b"]}, geometry=free, crs="EPSG:4326")
    )
    assert (
        shapes.far is None
        and not shapes.regions.geometry.union_all().intersection(box(*shapes.bar)).area
    )


def test_land_without_a_region_is_not_covered():
    import geopandas
    from matplotlib.figure import Figure
    from shapely.geometry import box

    cells = [box(100 + x, 30, 101 + x, 31) for x in range(4)]
    table = geopandas.GeoDataFrame(
        {"region": ["a", "b", "c", None]}, geometry=cells, crs="EPSG:4326"
    )
    regions = pd.DataFrame(
        {"region": ["a", "b", "c"], "name": ["A", "B", "C"], "province": ["p", "p", "q"]}
    )
    shapes = maps.project(table, regions)
    assert len(shapes.regions) == 4 and len(shapes.provinces) == 2
    axes = Figure().subplots()
    maps.categories(
        axes, shapes, pd.Series("x", index=["a", "b", "c"]), {"x": "#123456"}, {}, title=""
    )
    assert [text.get_text() for text in axes.get_legend().texts] == [
        "x",
        "Not covered",
        "Province border",
    ]
    dotted = [part for part in axes.collections if part.get_hatch() == maps.DOTTED["hatch"]]
    assert [len(part.get_paths()) for part in dotted] == [1]


def test_borders_of_provinces_and_gaps_are_drawn_and_told():
    import geopandas
    from matplotlib.figure import Figure
    from shapely.geometry import box

    hole = box(101.2, 31.2, 101.8, 31.8)
    cells = [box(100 + x, 30 + y, 101 + x, 31 + y) for x in range(4) for y in range(3)]
    cells = [cell.difference(hole) for cell in cells]
    codes = [f"{x}{y}" for x in range(4) for y in range(3)]
    regions = pd.DataFrame(
        {
            "region": codes,
            "name": codes,
            "province": [code[0] for code in codes],
            "kind": "city",
            "v": 1.0,
        }
    )
    shapes = maps.project(
        geopandas.GeoDataFrame({"region": codes}, geometry=cells, crs="EPSG:4326"), regions
    )
    assert len(shapes.provinces) == 4 and len(shapes.gaps) == 1
    assert shapes.provinces.area.sum() == pytest.approx(shapes.regions.area.sum())
    axes = Figure().subplots()
    maps.categories(
        axes, shapes, pd.Series("a", index=codes[1:]), {"a": "#123456"}, {}, title="", unsplit=()
    )
    assert [text.get_text() for text in axes.get_legend().texts] == [
        "a",
        "Not covered",
        "Province border",
    ]
    alone = maps.project(geopandas.GeoDataFrame({"region": codes}, geometry=cells, crs="EPSG:4326"))
    assert not len(alone.provinces)


def test_classes_go_on_above_the_bulk_of_values():
    values = pd.Series([*np.linspace(1.5, 12, 300), 25.0, 60.0])
    assert style.round_breaks(values) == [2, 5, 10, 20, 50]
    assert style.round_breaks(values[values < 12]) == [2, 5, 10]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1, 3, 8, 30, 90, 300], [2, 5, 10, 20, 50]), ([], []), ([0.0, -1.0], []), ([3.0, 3.0], [])],
)
def test_class_limits_are_round_and_within_the_values(values, expected):
    limits = style.round_breaks(pd.Series(values, dtype=float))
    if expected:
        assert limits == sorted(limits)
        assert len(limits) <= 5
        assert all(
            f"{limit:e}"[0] in "125" and min(values) <= limit <= max(values) for limit in limits
        )
    else:
        assert limits == []


def test_values_close_to_one_another_are_parted_by_equal_steps():
    assert style.round_breaks(pd.Series([5.6, 5.8, 6.1, 6.6, 7.2])) == [6.0, 6.5, 7.0]
    assert style.round_breaks(pd.Series([40.1, 41.0, 43.0, 44.5])) == [41.0, 42.0, 43.0, 44.0]


def test_names_of_classes_cover_the_line():
    assert style.class_names([1.0, 2.0, 1000.0]) == ["< 1", "1–2", "2–1,000", "≥ 1,000"]
    assert style.class_names([]) == ["all"]


def test_text_on_colours_keeps_contrast():
    def luminance(colour: str) -> float:
        from matplotlib.colors import to_rgb

        channels = np.array(to_rgb(colour))
        return float(
            np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
            @ (0.2126, 0.7152, 0.0722)
        )

    for colour in (*style.QUINTILE_COLOURS.values(), *style.STRUCTURE_COLOURS.values()):
        light, dark = sorted((luminance(colour), luminance(style.ink_on(colour))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3.5, colour


def test_list_of_figures_imports_no_plotting_library():
    heavy = ("matplotlib", "geopandas", "pandas", "numpy", "xarray")
    script = (
        f"import sys, citymrio.report.figures.registry; print([m for m in {heavy} if m in "
        "sys.modules])"
    )
    environment = {"PYTHONPATH": str(ROOT / "scripts")}
    result = subprocess.run(
        [sys.executable, "-c", script], check=True, env=environment, capture_output=True, text=True
    )
    assert result.stdout.strip() == "[]"


def test_every_caption_in_the_folder_of_figures_belongs_to_one_of_them():
    folder = Path(registry.__file__).parent
    groups = ("FIGURES", "BESIDE_PAPER", "KNOWN", "ENSEMBLE", "VALUE", "VALIDATION")
    names = [name for group in groups for name in getattr(registry, group)]
    beside = {registry.caption_file(name, language) for name in names for language in ("en", "zh")}
    assert set(folder.rglob("*.rst")) == beside
    assert all(path.read_text(encoding="utf-8").rstrip().endswith((".", "。")) for path in beside)
