"""Polygons without a region: land that a table does not cover."""

from __future__ import annotations

import json

from citymrio.dataset.contract.boundaries import boundary_faults

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
BOW = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}


def _faults(tmp_path, *polygons: tuple[str | None, dict]) -> list[str]:
    features = [
        {"type": "Feature", "properties": {"region": region}, "geometry": shape}
        for region, shape in polygons
    ]
    path = tmp_path / "boundaries.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8"
    )
    return [str(fault) for fault in boundary_faults(path, ["a"])]


def test_any_number_of_polygons_may_have_no_region(tmp_path):
    assert _faults(tmp_path, ("a", SQUARE), (None, SQUARE), (None, SQUARE)) == []


def test_they_have_to_be_sound_and_stand_for_no_region(tmp_path):
    assert (
        "polygon without a region (null) is not valid"
        in _faults(tmp_path, ("a", SQUARE), (None, BOW))[0]
    )
    assert "1 region has no polygon, the first is 'a'" in _faults(tmp_path, (None, SQUARE))[0]
