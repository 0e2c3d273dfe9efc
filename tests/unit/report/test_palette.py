"""One colour, one meaning: colours of a palette are told apart with any colour vision, and no two
palettes share one.

Colour vision: Machado, Oliveira and Fernandes (2009), severity 1. Distances: OKLab (Ottosson 2020),
times 100; about 2 are just seen side by side.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from citymrio.base.vocabulary import ROLES
from citymrio.report import palette

PALETTES = {
    "quintile": list(palette.QUINTILE_COLOURS.values()),
    "structure": list(palette.STRUCTURE_COLOURS.values()),
    "type": list(palette.TYPE_COLOURS.values()),
    "key sector": list(palette.KEY_COLOURS.values()),
    "demand": list(palette.DEMAND_COLOURS.values()),
    "flow": list(palette.FLOW_COLOURS.values()),
    "spare": list(palette.SPARE_COLOURS),
}
INKS = [palette.INK, palette.MUTED, palette.FAINT, palette.EMPTY, "#ffffff"]
APART, ACROSS, FROM_INK = 10.0, 6.0, 4.5
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
OPPONENTS = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def _linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def _seen(colour: str, vision: str = "normal") -> np.ndarray:
    """Lightness and two opponent channels (OKLab), times 100."""
    light = np.clip(np.array(VISIONS[vision]) @ _linear(colour), 0, 1)
    return 100 * np.array(OPPONENTS) @ np.cbrt(np.array(CONES) @ light)


def _distance(one: str, other: str, vision: str = "normal") -> float:
    return float(np.linalg.norm(_seen(one, vision) - _seen(other, vision)))


def _contrast(one: str, other: str) -> float:
    low, high = sorted(float(_linear(colour) @ (0.2126, 0.7152, 0.0722)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_distances_are_those_of_the_colour_space():
    assert _seen("#ffffff") == pytest.approx([100, 0, 0], abs=1e-3)
    assert _seen("#ff0000") == pytest.approx([62.796, 22.486, 12.585], abs=1e-2)
    assert _distance("#d62728", "#2ca02c", "deuteranopia") < 0.5 * _distance(
        "#d62728", "#2ca02c"
    )  # red and green draw near


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("name", PALETTES)
def test_colours_of_a_palette_are_told_apart_with_every_colour_vision(name, vision):
    near = [
        pair
        for pair in itertools.combinations(PALETTES[name], 2)
        if _distance(*pair, vision) < APART
    ]
    assert not near


def test_no_colour_of_a_palette_is_near_one_of_another():
    near = [
        (first, one, second, other)
        for (first, ours), (second, theirs) in itertools.combinations(PALETTES.items(), 2)
        for one, other in itertools.product(ours, theirs)
        if _distance(one, other) < ACROSS
    ]
    assert not near


def test_no_colour_is_near_those_of_text_frames_and_paper():
    colours = [colour for group in PALETTES.values() for colour in group]
    assert not [pair for pair in itertools.product(colours, INKS) if _distance(*pair) < FROM_INK]


def test_quintiles_darken_with_affluence():
    lightness = [_seen(colour)[0] for colour in palette.QUINTILE_COLOURS.values()]
    assert lightness == sorted(lightness)


def test_inks_of_types_read_on_paper_and_on_their_shades():
    for kind, ink in palette.TYPE_INKS.items():
        assert _contrast(ink, "#ffffff") >= 4.5 and _contrast(ink, palette.TYPE_SHADES[kind]) >= 4.5
        assert (
            min(palette.TYPE_COLOURS, key=lambda other: _distance(ink, palette.TYPE_COLOURS[other]))
            == kind
        )


def test_every_role_of_final_demand_has_a_colour_and_every_colour_a_name():
    assert set(palette.DEMAND_COLOURS) == {*ROLES, "other"}
    for name in ("STRUCTURE", "TYPE", "KEY", "DEMAND", "FLOW"):
        assert set(getattr(palette, f"{name}_COLOURS")) <= set(getattr(palette, f"{name}_NAMES"))


def test_palette_imports_no_plotting_library():
    heavy = ("matplotlib", "geopandas")
    script = f"import sys, citymrio.report.palette; print([m for m in {heavy} if m in sys.modules])"
    environment = {"PYTHONPATH": str(Path(__file__).parents[3] / "scripts")}
    result = subprocess.run(
        [sys.executable, "-c", script], check=True, env=environment, capture_output=True, text=True
    )
    assert result.stdout.strip() == "[]"
