"""The nested table: city tables inside the provincial MRIO, factored, labelled, with an exact
Leontief solve.
"""

from .table import NestedMRIO

__all__ = ["NestedMRIO"]
