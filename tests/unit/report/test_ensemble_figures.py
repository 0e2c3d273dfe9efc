"""Figures of an ensemble look and speak as all others: names for readers, texts of six points that
stay apart and on the page.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_texts import box_of, texts_of

from citymrio.config.models import Figures
from citymrio.report import uncertainty, value_of_data
from citymrio.report.figures import registry, style
from citymrio.report.language import say
from citymrio.report.plain import DEPTHS, MODES, scenario_name

RUN = {"name": "made-up country", "year": 2012, "synthetic": True}
SCENARIOS = [
    f"{side}_{depth}{mode}"
    for depth in ("light", "deep")
    for side, modes in {
        "technology": ("", "_capped"),
        "demand": ("_shift", "_cut"),
        "joint": ("_shift",),
        "sum": ("_cut",),
    }.items()
    for mode in modes
]


def _numbers() -> pd.DataFrame:
    quantities = {f"saving: {name}": "Mt CO2" for name in SCENARIOS}
    quantities |= {
        f"embodied flows: {part}": "%"
        for part in ("same city", "same province", "other province", "inter-city share")
    }
    table = pd.DataFrame(
        {"quantity": list(quantities), "unit": list(quantities.values()), "members": 50}
    )
    middle = 20.0 + 2 * np.arange(len(table))
    table = table.assign(
        estimate=middle, value=middle, median=middle + 1, low=middle - 6, high=middle + 7
    )
    left_out = {"quantity": uncertainty.REJECTED, "unit": "count", "members": 50, "mean": 2.0}
    return pd.concat([table, pd.DataFrame([left_out])], ignore_index=True)


def _regions() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    names = [f"Town of the river {k}" for k in range(45)]
    table = pd.DataFrame({"region": [str(k) for k in range(45)], "name": names})
    for name in ("cba_mt", "pba_mt"):
        middle = 10 ** rng.normal(1.4, 0.3, 45)
        table = table.assign(
            **{name: middle, f"{name}_low": 0.8 * middle, f"{name}_high": 1.3 * middle}
        )
    types = rng.dirichlet((1, 1, 1, 1), 45)
    table = table.assign(
        **{f"p_{name}": types[:, k] for k, name in enumerate(("technology", "hybrid", "demand"))}
    )
    table["p_super_emitter"] = types[:, :3].sum(axis=1)
    quintiles = rng.dirichlet((1,) * 5, 45)
    return table.assign(**{f"p_q{k + 1}": quintiles[:, k] for k in range(5)})


def made_up() -> dict[str, pd.DataFrame]:
    """Tables of an ensemble."""
    sectors = pd.DataFrame(
        {
            "sector": [f"{k:02d}" for k in range(12)],
            "name": [f"Making of things, kind {k}" for k in range(12)],
        }
    )
    kinds = [(f"kind_{k}", f"final demand of kind {k}") for k in range(6)]
    value = pd.DataFrame(
        [
            (
                region,
                f"Town {region}" if region else "",
                target,
                kind,
                words,
                40,
                5.0 + 3 * k,
                1.0,
                8.0,
                6.0 - 0.5 * k,
            )
            for region in ("", "1", "2")
            for target in ("cba_mt", "pba_mt")
            for k, (kind, words) in enumerate(kinds)
        ],
        columns=[
            "region",
            "name",
            "target",
            "kind",
            "words",
            "lacking",
            "fall_pct",
            "se_pct",
            "width",
            "expected",
        ],
    )
    return {
        "numbers": _numbers(),
        "regions": _regions(),
        "sectors": sectors,
        "value_of_data": value.assign(sectors="", category=""),
    }


@pytest.fixture(scope="module")
def tables():
    return made_up()


@pytest.fixture(scope="module")
def drawn(tables):
    config = Figures(dpi=72)
    found = uncertainty.figures(tables, RUN, 0.9, "calibrated", config)
    return found | value_of_data.figures(tables, RUN, 0.9, "calibrated", config)


NAMES = [*registry.ENSEMBLE, *registry.VALUE]


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_large_enough_apart_and_on_the_page(drawn, name):
    figure = drawn[name]
    texts = texts_of(figure)
    assert min(text.get_fontsize() for text in texts) >= style.SMALL
    assert round(figure.get_figwidth() * 25.4) == 183 and figure.get_figheight() * 25.4 <= 240
    boxes, page = [box_of(text) for text in texts], figure.bbox
    for text, box in zip(texts, boxes, strict=True):
        assert box.bounds[0] >= -1 and box.bounds[2] <= page.x1 + 1, text.get_text()
    pairs = [
        (texts[i].get_text(), texts[j].get_text())
        for i in range(len(texts))
        for j in range(i)
        if boxes[i].intersects(boxes[j])
    ]
    assert not pairs


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_finds_words_and_no_codes(drawn, name):
    for text in texts_of(drawn[name]):
        assert "_" not in text.get_text()
        assert "CO2" not in text.get_text()
    words = "\n".join(text.get_text() for text in texts_of(drawn[name]))
    assert "synthetic data" in words
    assert "48 members, method calibrated" in words
    for axes in drawn[name].get_axes():
        for label in (
            axes.get_xlabel(),
            axes.get_ylabel(),
            axes.get_title(loc="left").split("  ")[-1],
        ):
            assert label[:1] == label[:1].upper()
    assert drawn[name].citymrio_alt.startswith(registry.alt(name))


@pytest.mark.parametrize("name", NAMES)
def test_titles_of_the_report_are_in_sentence_case(name):
    title = say(f"start.figure.{name}", "en")
    assert title[:1].isupper()


def test_every_scenario_has_a_name_that_tells_it_from_the_others():
    names = [scenario_name(scenario) for scenario in SCENARIOS]
    assert len(set(names)) == len(names)
    assert not any("_" in name or "shift" in name or "capped" in name for name in names)


def test_names_cover_what_the_scenarios_of_a_run_are_made_of():
    from citymrio.analysis.scenarios import registry as measures
    from citymrio.analysis.scenarios.technology import CAPPED
    from citymrio.report.plain import SIDES

    assert DEPTHS.keys() == set(measures.DEPTHS)
    assert {*measures.MEASURES, "sum", "joint"} == SIDES.keys()
    assert {"", CAPPED} <= MODES.keys()
