"""Polygons without a region: land that a table does not cover."""

from __future__ import annotations

import json

import pytest
import shapely
from shapely.geometry import shape as polygon_of

from citymrio.base.errors import collect_notices
from citymrio.dataset.contract.boundaries import boundary_faults, write_boundaries

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
BOW = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
FLAT = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0], [0, 0]]]}
#: Islands on both sides of the antimeridian as one ring that jumps, and as one that goes on.
JUMPING = {
    "type": "Polygon",
    "coordinates": [[[172, 52], [-178, 52], [-178, 54], [172, 54], [172, 52]]],
}
BEYOND = {
    "type": "Polygon",
    "coordinates": [[[172, 52], [182, 52], [182, 54], [172, 54], [172, 52]]],
}


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
        "polygon without a region (null) holds no area"
        in _faults(tmp_path, ("a", SQUARE), (None, FLAT))[0]
    )
    assert "1 region has no polygon, the first is 'a'" in _faults(tmp_path, (None, SQUARE))[0]


@pytest.mark.parametrize(
    ("geometry", "area"),
    [(BOW, 0.5), (JUMPING, 20.0), (BEYOND, 20.0)],
    ids=["bow", "jump", "beyond"],
)
def test_polygons_that_cross_themselves_or_the_antimeridian_are_repaired_and_said(
    tmp_path, geometry, area
):
    """They were refused: the islands of Alaska."""
    assert _faults(tmp_path, ("a", geometry)) == []
    source, target = tmp_path / "boundaries.geojson", tmp_path / "written.geojson"
    with collect_notices() as said:
        write_boundaries(source, target)
    assert [notice.value for notice in said] == ["a"]
    (feature,) = json.loads(target.read_text(encoding="utf-8"))["features"]
    made = polygon_of(feature["geometry"])
    assert made.is_valid and made.area == pytest.approx(area)
    west, _, east, _ = made.bounds
    assert west >= -180 and east <= 180
    if geometry is not BOW:
        assert shapely.area(shapely.intersection(made, shapely.box(-180, 52, -178, 54))) == 4.0


def test_sound_polygons_are_copied_as_they_are(tmp_path):
    assert _faults(tmp_path, ("a", SQUARE)) == []
    with collect_notices() as said:
        write_boundaries(tmp_path / "boundaries.geojson", tmp_path / "written.geojson")
    assert said == []
    written, given = (tmp_path / f"{name}.geojson" for name in ("written", "boundaries"))
    assert written.read_bytes() == given.read_bytes()
