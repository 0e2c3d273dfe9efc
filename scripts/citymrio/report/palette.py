"""One colour, one meaning: the colours and plain names of groups, types, sectors and demand, for figures and pages alike.

Nothing heavy is imported.
"""

from __future__ import annotations

from ..analysis.features import LABELS

INK, MUTED, FAINT, EMPTY = "#222222", "#666666", "#d9d9d9", "#eeeeee"

QUINTILES = ("Q1", "Q2", "Q3", "Q4", "Q5")
#: Sequential (viridis): Q1, the most affluent, is darkest.
QUINTILE_COLOURS = dict(zip(QUINTILES, ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"), strict=True))
QUINTILE_MARKERS = dict(zip(QUINTILES, "osD^v", strict=True))
QUINTILE_NAMES = {"Q1": "Q1 (most affluent)", "Q5": "Q5 (least affluent)"}

#: Okabe and Ito's palette, distinct for readers with any common colour vision.
STRUCTURE_COLOURS = {
    "agriculture": "#009e73",
    "energy": "#d55e00",
    "light": "#56b4e9",
    "heavy": "#e69f00",
    "high_tech": "#0072b2",
    "services": "#cc79a7",
}
STRUCTURE_NAMES = LABELS
#: For structures and key sectors of other names than those above: Tol's muted palette.
SPARE_COLOURS = ("#332288", "#117733", "#cc6677", "#88ccee", "#999933", "#aa4499", "#44aa99", "#882255", "#ddcc77")
TYPE_COLOURS = {"demand": "#0072b2", "hybrid": "#cc79a7", "technology": "#d55e00"}
TYPE_INKS = {"demand": "#005a91", "hybrid": "#8c3a68", "technology": "#a84a00"}  # darker, for text
TYPE_NAMES = {"demand": "Demand", "hybrid": "Hybrid", "technology": "Technology"}
KEY_COLOURS = {
    "electricity": "#e69f00",
    "iron_steel": "#0072b2",
    "petroleum_coking": "#000000",
    "coal": "#d55e00",
    "non_metal": "#56b4e9",
    "chemicals": "#009e73",
}
KEY_NAMES = {
    "electricity": "Electricity and heat",
    "iron_steel": "Iron and steel",
    "petroleum_coking": "Petroleum and coking",
    "coal": "Coal mining",
    "non_metal": "Non-metal products",
    "chemicals": "Chemicals",
}
