"""The features of K-means: shares of groups of sectors in value added, and how they and the
structures after them are called.

A country's groups are those of its sectors.csv: this table says which column holds them, and how
those of the study are printed (any other group is printed as it is called, in sentence case).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd


class Features(NamedTuple):
    """What K-means compares cities by.

    Attributes
    ----------
    mapping
        Map of sectors to groups, of `MAPPINGS`.
    scale
        `shares` as they are, or `standardised`: every group with mean 0 and standard deviation 1
        over the cities.
    """

    mapping: str
    scale: str


#: Map of sectors to groups (`groups.cluster_map`) -> column of sectors.csv, and the industry whose
#: sectors belong to no group ("": none). All are clustered.
MAPPINGS = {"a": ("group_a", ""), "b": ("group_b", ""), "no_services": ("group_b", "tertiary")}
#: Scales of the features (`groups.cluster_features`).
SCALES = ("shares", "standardised")
#: Maps whose structures stand in regions.csv beside the configured ones -> the column.
BESIDE = {"a": "structure_a", "b": "structure_b"}
#: Group of the study -> printed name, in the order of figures.
LABELS = {
    "agriculture": "Agriculture",
    "energy": "Energy",
    "light": "Light manufacturing",
    "heavy": "Heavy manufacturing",
    "high_tech": "High-tech",
    "services": "Services",
}
#: The structure whose cities of the first quintile the study adds to deep demand measures.
STUDY_STRUCTURE = "high_tech"
#: Columns of regions.csv with the features of the configured map, and of quintiles.csv with cities
#: by structure.
SHARE, COUNT = "va_share_", "structure_"


def groups_of(sectors: pd.DataFrame, mapping: str) -> pd.Series:
    """The group of every sector that a map gives one (index: sector, in the order of
    sectors.csv).
    """
    column, left_out = MAPPINGS[mapping]
    table = sectors[sectors["industry"].ne(left_out)] if left_out else sectors
    return table.set_index("sector")[column]
