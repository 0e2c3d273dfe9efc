"""Experiments on known truth: a real MRIO whose regions play the cities of a province (docs/accuracy.md)."""

from .run import accuracy, baselines, entropy_estimates
from .table import KnownTable, read_known_table

__all__ = ["KnownTable", "accuracy", "baselines", "entropy_estimates", "read_known_table"]
