"""The toy country of the template: its tables, and the codes that tests need."""

from __future__ import annotations

import json

from citymrio.dataset.sources.template import EXAMPLE, HEADERS, example_tables

_TABLES = example_tables()
INFO, SECTORS = _TABLES["dataset"][1:], _TABLES["sectors"][1:]
CODES = [row[0] for row in SECTORS]
CATEGORIES = [row[0] for row in _TABLES["final_demand"][1:]]
PROVINCES = {row[3]: row[4] for row in _TABLES["regions"][1:]}

__all__ = [
    "CATEGORIES",
    "CODES",
    "HEADERS",
    "INFO",
    "PROVINCES",
    "SECTORS",
    "example_boundaries",
    "example_tables",
]


def example_boundaries() -> dict:
    """GeoJSON: a square of one degree around every city."""
    return json.loads((EXAMPLE / "boundaries.geojson").read_text(encoding="utf-8"))
