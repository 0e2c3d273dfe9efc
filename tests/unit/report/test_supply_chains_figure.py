"""The figure of supply chains: rows of the super-emitters, shares that fill the bar, marked when
synthetic.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from nested_worlds import make_world

from citymrio.config.models import Figures
from citymrio.footprints.supply_chains import supply_paths
from citymrio.report.figures import style, supply_chains


@pytest.fixture(scope="module")
def tables():
    world = make_world(17, cities=(1, 3, 2), sectors=5)
    nested = world.nested
    chosen = list(nested.regions[[0, 2, 5]])
    paths, layers = supply_paths(
        nested, nested.intensity(world.emissions), chosen, (None, "capital"), count=4
    )
    regions = pd.DataFrame(
        {"region": nested.regions, "name": [f"City {k}" for k in range(nested.regions.size)]}
    )
    sectors = pd.DataFrame(
        {
            "sector": nested.sectors,
            "name": [
                "Farming",
                "Mining",
                "Manufacturing of all things, other",
                "Power",
                "Services",
            ],
        }
    )
    return {
        "supply_chains": paths,
        "production_layers": layers,
        "regions": regions,
        "sectors": sectors,
    }


def _draw(tables):
    return supply_chains.draw(
        tables, None, Figures(dpi=72), synthetic=True, run={"name": "test", "year": 2012}
    )


def _texts(figure):
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


def test_bars_of_layers_fill_the_footprint(tables):
    axes = _draw(tables).axes[0]
    ends = [patch.get_x() + patch.get_width() for patch in axes.patches]
    assert max(ends) == pytest.approx(100)
    assert len(axes.patches) == 3 * (supply_chains.LAYERS + 1)


def test_rows_are_the_emitters_by_footprint(tables):
    labels = [label.get_text() for label in _draw(tables).axes[0].get_yticklabels()]
    totals = (
        tables["production_layers"]
        .query("kind == 'total' and category == ''")
        .sort_values("value", ascending=False)
    )
    names = tables["regions"].set_index("region")["name"]
    assert [label.split("\n")[0] for label in labels] == [
        names[region] for region in totals["region"]
    ]


def test_the_three_largest_chains_are_drawn_with_their_shares(tables):
    axes = _draw(tables).axes[1]
    best = (
        tables["supply_chains"]
        .query("kind == 'path' and rank <= 3 and category == ''")["share"]
        .to_numpy()
        * 100
    )
    np.testing.assert_allclose(sorted(patch.get_width() for patch in axes.patches), sorted(best))


def test_a_chain_names_every_sector_and_every_region_where_it_changes(tables):
    words = _texts(_draw(tables))
    names = tables["regions"].set_index("region")["name"]
    for chain in (
        tables["supply_chains"]
        .query("kind == 'path' and rank <= 3 and category == ''")
        .itertuples()
    ):
        said = supply_chains.route(chain.path, tables["sectors"].set_index("sector")["name"], names)
        assert any(said in text for text in words)
        assert said.count(supply_chains.ARROW) == chain.order
        places = [step.strip().split("/")[0] for step in chain.path.split(">")]
        changes = sum(a != b for a, b in zip([None, *places], places, strict=False))
        assert said.count(": ") == changes


def test_a_long_chain_is_shortened_in_its_names_not_in_its_steps():
    long = pd.Series({str(k): f"Manufacture of very many things of kind {k}" for k in range(6)})
    path = " > ".join(f"R{k}/{k}" for k in range(6))
    said = supply_chains.route(path, long, pd.Series({f"R{k}": f"Town {k}" for k in range(6)}))
    assert said.count(supply_chains.ARROW) == 5 and all(f"Town {k}: M" in said for k in range(6))


def test_a_synthetic_run_says_so(tables):
    assert "synthetic data" in _texts(_draw(tables))


def test_without_super_emitters_the_figure_says_so(tables):
    empty = {
        **tables,
        "supply_chains": tables["supply_chains"].iloc[:0],
        "production_layers": tables["production_layers"].iloc[:0],
    }
    assert supply_chains.NOBODY in _texts(_draw(empty))


@pytest.mark.slow
def test_drawing_twice_gives_the_same_bytes(tables, tmp_path):
    for name in ("first", "second"):
        style.save(_draw(tables), tmp_path / name)
    assert (tmp_path / "first.pdf").read_bytes() == (tmp_path / "second.pdf").read_bytes()
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()
