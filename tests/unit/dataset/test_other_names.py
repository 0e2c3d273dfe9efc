"""A country whose structures, roles and key sectors are called otherwise loses nothing in
scenarios.

Its figures: `tests/unit/report/test_awkward_names.py`.
"""

from __future__ import annotations

import numpy as np
import pytest
import toy_run
from matplotlib.colors import to_hex

from citymrio.analysis.scenarios.demand import cities, deep_structure
from citymrio.base import errors
from citymrio.base.errors import ConfigError
from citymrio.config.models import Scenarios
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.unusual import warn_of_unusual
from citymrio.report.figures import style

RENAMED = {
    "agriculture": "farms",
    "energy": "mines",
    "heavy": "works",
    "high_tech": "offices",
    "services": "offices",
}
KEYS = {"electricity": "power", "iron_steel": "smelters", "coal": "pits"}


def renamed(tables: toy_run.Tables) -> None:
    """The toy country with other names of groups and of key sectors."""
    columns = [tables["sectors"][0].index(name) for name in ("group_a", "group_b")]
    for row in tables["sectors"][1:]:
        for column in columns:
            row[column] = RENAMED[row[column]]
    key = tables["inventory_sectors"][0].index("key")
    tables["inventory_sectors"] = [
        [*row[:key], KEYS.get(row[key], row[key])] for row in tables["inventory_sectors"]
    ]
    for row in tables["benchmarks"]:
        start, dot, name = row[0].partition(".")
        row[0] = start + dot + KEYS.get(name, name)


OTHER_KEYS = {"key_sectors": ["power", "smelters", "pits"]}


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return toy_run.run(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    scenarios = OTHER_KEYS | {"deep_structure": "offices"}
    return toy_run.run(tmp_path_factory.mktemp("other"), renamed, scenarios=scenarios)


@pytest.mark.slow
def test_scenarios_do_not_depend_on_names(usual, other):
    """Deep demand used to know the name `high_tech` alone: with any other it equalled light, in
    silence.
    """
    numbers = ["cities", "saving_mt", "saving_cba_mt", "interaction_mt"]
    np.testing.assert_allclose(
        other.tables["scenarios"][numbers], usual.tables["scenarios"][numbers], rtol=1e-12
    )


def test_deep_demand_adds_the_cities_of_the_structure_that_is_configured(other):
    regions = other.tables["regions"].assign(super_emitter="none", quintile="Q1")
    regions["structure"] = ["farms", "offices", "works", "offices_2", "mines"]
    assert cities(regions, "light", other.config.scenarios) == []
    assert cities(regions, "deep", other.config.scenarios) == [*regions["region"].iloc[[1, 3]]]


def test_a_country_without_the_study_s_structure_is_warned(other):
    with errors.collect_notices() as kept:
        assert deep_structure(other.tables["regions"], Scenarios()) is None
    (notice,) = kept
    assert (
        "no group of sectors is called 'high_tech'" in notice.what
        and notice.value == "farms, mines, offices, works"
    )
    assert "equal the light ones" in notice.effect


def test_the_study_s_structure_is_taken_without_a_word(usual):
    with errors.collect_notices() as kept:
        assert deep_structure(usual.tables["regions"], Scenarios()) == "high_tech"
    assert not kept


def test_a_structure_that_the_country_lacks_is_refused(usual):
    with pytest.raises(
        ConfigError,
        match="'scenarios.deep_structure' is 'offices'; expected one of agriculture, energy",
    ):
        deep_structure(usual.tables["regions"], Scenarios(deep_structure="offices"))


def test_a_key_flag_of_sectors_without_effect_is_told(tmp_path):
    def flag(tables):
        column = tables["sectors"][0].index("key")
        for row in tables["sectors"][1:]:
            row[column] = {"AGR": "true", "ENE": "false"}.get(row[0], row[column])

    for name, change, odd in (("toy", lambda tables: None, []), ("flagged", flag, ["AGR, ENE"])):
        folder = read_folder(toy_run.write_folder(tmp_path / name, change))
        assert not faults_of(folder)
        with errors.collect_notices() as kept:
            warn_of_unusual(folder)
        assert [notice.value for notice in kept if "column 'key'" in notice.what] == odd


def test_structures_and_key_sectors_of_other_names_are_told_apart_by_colour(other):
    labels = ["farms", "energy", "works", "mines", "high_tech_2"]
    colours = style.colours_of(labels, style.STRUCTURE_COLOURS)
    assert list(colours) == labels and len({to_hex(colour) for colour in colours.values()}) == len(
        labels
    )
    assert colours["energy"] == style.STRUCTURE_COLOURS["energy"]
    known = {
        to_hex(c) for group in (style.STRUCTURE_COLOURS, style.KEY_COLOURS) for c in group.values()
    }
    assert not known & {to_hex(c) for c in style.SPARE_COLOURS}
    legend = other.figure("figS7").axes[0].get_legend()
    found = {
        text.get_text(): to_hex(patch.get_facecolor())
        for text, patch in zip(legend.texts, legend.get_patches(), strict=True)
    }
    assert set(found) == {"Power", "Smelters", "Pits"} and len(set(found.values())) == 3
