"""How what a figure shows is known: observed solid, imputed light, modelled hatched; and how much
industrial structures say.
"""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

from . import style

#: Letters of a line.
WIDTH = 100

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
        return {
            "facecolor": "white",
            "edgecolor": colour,
            "hatch": HATCH,
            "hatchcolor": colour,
            "linewidth": 0.4,
        }
    return {"facecolor": colour, "edgecolor": colour, "linewidth": 0.4}


def lighter(colour: str) -> str:
    """The colour mixed with white."""
    return to_hex((LIGHT + (1 - LIGHT) * np.array(to_rgb(colour))).tolist())


def shares(statuses: pd.Series) -> list[tuple[str, float]]:
    """Statuses that occur and their shares, in the order of `NAMES`; one part of no status where
    none is known.
    """
    counts = statuses.value_counts()
    found = [(status, counts[status] / len(statuses)) for status in NAMES if counts.get(status, 0)]
    return found or [("", 1.0)]


def legend(statuses: Sequence[str], colour: str = GREY) -> list[style.Patch]:
    """Entries for the statuses that occur, in the colour of what is shown."""
    return [
        style.patch(NAMES[status], **look(status, colour))
        for status in NAMES
        if status in set(statuses)
    ]


def line(tables: Mapping[str, pd.DataFrame]) -> str:
    """Silhouette, stability and residual structures of the clusters in use ("" where there is
    nothing to tell apart).
    """
    clusters = tables["clusters"]
    used = clusters[clusters["used"].astype(bool)].iloc[0]
    scores = {"silhouette": "silhouette {:.2f}", "ari_bootstrap": "bootstrap ARI {:.2f}"}
    text = style.word(", ").join(
        style.word(said, used[name]) for name, said in scores.items() if pd.notna(used[name])
    )
    centroids = tables["centroids"]
    own = centroids[
        centroids["mapping"].eq(used["mapping"]) & centroids["features"].eq(used["features"])
    ]
    shares = own[own["structure"].eq(own["group"])].set_index("structure")["share"]
    left = filter(None, str(used["residual"] if pd.notna(used["residual"]) else "").split(";"))
    names = [
        style.readable(name, style.STRUCTURE_NAMES)
        + (style.word(" ({:.1f}% of value added)", 100 * shares[name]) if name in shares else "")
        for name in left
    ]
    text += style.word("; residual: {}", style.word(", ").join(names)) if names else ""
    return "\n".join(textwrap.wrap(style.word("Clusters: {}", text), WIDTH)) if text else ""


def panel(axes: Axes, letter: str, title: str, tables: Mapping[str, pd.DataFrame]) -> None:
    """Title of a panel, with :func:`line` below it."""
    said = line(tables)
    style.panel(axes, letter, title, pad=6 + 1.4 * style.SMALL * len(said.splitlines()))
    axes.annotate(
        said,
        (0, 1),
        (0, 4),
        xycoords="axes fraction",
        textcoords="offset points",
        size=style.SMALL,
        color=style.MUTED,
    )
