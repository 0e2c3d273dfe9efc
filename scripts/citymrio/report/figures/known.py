"""How what a figure shows is known: observed solid, imputed light, modelled hatched, alike in all figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Patch

#: Status -> its name in legends, in the order of bars.
NAMES = {"observed": "Observed", "imputed": "Imputed", "modelled": "Modelled"}
#: Hatch of what is modelled, and the part of white in what is imputed.
HATCH, LIGHT = "//////", 0.55
#: Grey of the legend's entries.
GREY = "#8c8c8c"


def look(status: str, colour: str) -> dict:
    """Fill, hatch and edge of an area; a status that is not known looks as an observed one."""
    if status == "imputed":
        return {"facecolor": lighter(colour), "edgecolor": colour, "linewidth": 0.4}
    if status == "modelled":
        return {"facecolor": "white", "edgecolor": colour, "hatch": HATCH, "hatchcolor": colour, "linewidth": 0.4}
    return {"facecolor": colour, "edgecolor": colour, "linewidth": 0.4}


def lighter(colour: str) -> str:
    """The colour mixed with white."""
    return to_hex(LIGHT + (1 - LIGHT) * np.array(to_rgb(colour)))


def shares(statuses: pd.Series) -> list[tuple[str, float]]:
    """Statuses that occur and their shares, in the order of `NAMES`; one part of no status where none is known."""
    counts = statuses.value_counts()
    found = [(status, counts[status] / len(statuses)) for status in NAMES if counts.get(status, 0)]
    return found or [("", 1.0)]


def legend(statuses: Sequence[str]) -> list[Patch]:
    """Entries for the statuses that occur."""
    return [Patch(label=NAMES[status], **look(status, GREY)) for status in NAMES if status in set(statuses)]
