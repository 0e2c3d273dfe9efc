"""One colour, one meaning: the colours and plain names of quintiles, structures, types, sectors,
demand and flows.

Figures and pages take them from here alike; nothing heavy is imported. No colour is in two
palettes. Within a palette every two colours are told apart with any common colour vision, and no
colour of one palette is near one of another (tests/unit/report/test_palette.py measures both).
"""

from ..analysis.features import LABELS

INK, MUTED, FAINT, EMPTY = "#222222", "#666666", "#d9d9d9", "#eeeeee"

QUINTILES = ("Q1", "Q2", "Q3", "Q4", "Q5")
#: Sequential (purple): Q1, the most affluent, is darkest.
QUINTILE_COLOURS = dict(
    zip(QUINTILES, ("#240a50", "#533688", "#7d64b0", "#a493cf", "#ccbdea"), strict=True)
)
QUINTILE_MARKERS = dict(zip(QUINTILES, "osD^v", strict=True))
QUINTILE_NAMES = {"Q1": "Q1 (most affluent)", "Q5": "Q5 (least affluent)"}

#: Near Okabe and Ito's palette; each colour resembles what it stands for.
STRUCTURE_COLOURS = {
    "agriculture": "#309c6c",
    "energy": "#d95f04",
    "light": "#55bbff",
    "heavy": "#e9a10f",
    "high_tech": "#1a69ab",
    "services": "#c37cba",
}
STRUCTURE_NAMES = LABELS
#: For structures and key sectors of other names than those here.
SPARE_COLOURS = (
    "#5454c0", "#e48460", "#54e4fc", "#6c486c", "#f0c09c", "#b44824", "#90789c", "#489cfc", "#48186c", "#78180c",
)  # fmt: skip
TYPE_COLOURS = {"demand": "#056d78", "hybrid": "#997d0f", "technology": "#a11838"}
#: The same, darker for text and lighter for areas behind points.
TYPE_INKS = {"demand": "#04565f", "hybrid": "#6f5a08", "technology": "#86102c"}
TYPE_SHADES = {"demand": "#e3f0f1", "hybrid": "#f5f0dc", "technology": "#f8e4e8"}
TYPE_NAMES = {"demand": "Demand", "hybrid": "Hybrid", "technology": "Technology"}
KEY_COLOURS = {
    "electricity": "#f9cf31",
    "iron_steel": "#5e7a94",
    "petroleum_coking": "#3b2a21",
    "coal": "#8a5a44",
    "non_metal": "#bad1c1",
    "chemicals": "#7eb78e",
}
KEY_NAMES = {
    "electricity": "Electricity and heat",
    "iron_steel": "Iron and steel",
    "petroleum_coking": "Petroleum and coking",
    "coal": "Coal mining",
    "non_metal": "Non-metal products",
    "chemicals": "Chemicals",
}
#: Final demand by role (column `role` of final_demand.csv); `other` takes what has none of these.
DEMAND_COLOURS = {
    "household": "#e79d93",
    "government": "#7086d6",
    "capital": "#a86211",
    "stock_changes": "#cdd05b",
    "other": "#aa8379",
}
DEMAND_NAMES = {
    "household": "Households",
    "government": "Government",
    "capital": "Capital formation",
    "stock_changes": "Stock changes",
    "other": "Other final demand",
}
#: Which way a flow goes, and where what a place uses was made.
FLOW_COLOURS = {
    "inflow": "#1cb9c4",
    "outflow": "#d5448d",
    "home": "#3e7f1d",
    "province": "#99d26b",
    "elsewhere": "#3e497f",
}
FLOW_NAMES = {
    "inflow": "Inflow",
    "outflow": "Outflow",
    "home": "Own region",
    "province": "Other regions of the province",
    "elsewhere": "Other provinces",
}
