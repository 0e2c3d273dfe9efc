"""The map of the explorer: every region drawn where it lies, borders of provinces, insets, a scale
that is true.
"""

from __future__ import annotations

import re

import geopandas
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box

from citymrio.report import shapes
from citymrio.report.explorer.map_block import SIZE, map_block


def polygons(path: str) -> list[Polygon]:
    """A path of relative steps, as a browser reads it."""
    found = []
    for part in re.findall(r"M([^M]*)z", path):
        x, y = map(int, re.match(r"(-?\d+) (-?\d+)", part).groups())
        steps = list(map(int, re.findall(r"-?\d+", part.split("l")[1])))
        points = [(x, y)]
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            points.append((points[-1][0] + dx, points[-1][1] + dy))
        found.append(Polygon(points))
    return found


def lines(path: str) -> float:
    """Length of a path."""
    total = 0.0
    for part in re.findall(r"M([^M]*)", path):
        steps = list(map(int, re.findall(r"-?\d+", part.split("l")[1])))
        total += sum((dx**2 + dy**2) ** 0.5 for dx, dy in zip(steps[::2], steps[1::2], strict=True))
    return total


def world(land, provinces, kinds=None) -> tuple[geopandas.GeoDataFrame, pd.DataFrame]:
    codes = [f"R{i}" for i in range(len(land))]
    kinds = kinds or ["city"] * len(land)
    regions = pd.DataFrame(
        {
            "region": codes,
            "name": [f"Name {code}" for code in codes],
            "province": provinces,
            "kind": kinds,
        }
    )
    return geopandas.GeoDataFrame({"region": codes}, geometry=land, crs="EPSG:4326"), regions


@pytest.fixture
def squares():
    """Four squares of one degree in a row, two in each province, the last one a province that is
    not split.
    """
    return world(
        [box(100 + i, 30, 101 + i, 31) for i in range(4)],
        ["A", "A", "B", "B"],
        ["city", "city", "city", "province"],
    )


def test_regions_keep_their_areas_places_and_shared_borders(squares):
    drawn = map_block(*squares)
    assert max(drawn["width"], drawn["height"]) == SIZE
    areas = {
        code: sum(part.area for part in polygons(path)) for code, path in drawn["regions"].items()
    }
    assert set(areas) == {"R0", "R1", "R2", "R3"}
    assert max(areas.values()) == pytest.approx(min(areas.values()), rel=0.01)
    for code, (x, y) in drawn["points"].items():
        assert any(part.contains(Point(x, y)) for part in polygons(drawn["regions"][code]))
    xs = [drawn["points"][f"R{i}"][0] for i in range(4)]
    assert xs == sorted(xs)
    whole = polygons("".join(drawn["regions"].values()))
    union = whole[0].union(whole[1]).union(whole[2]).union(whole[3])
    assert union.area == pytest.approx(sum(areas.values()))  # no gap, no overlap
    assert union.geom_type == "Polygon"
    assert drawn["unsplit"] == ["R3"]
    assert drawn["inset"] is None
    assert drawn["outside"] == ""


def test_only_the_border_between_provinces_is_a_border(squares):
    drawn = map_block(*squares)
    x = [point[0] for ring in polygons(drawn["regions"]["R1"]) for point in ring.exterior.coords]
    start = int(re.match(r"M(-?\d+)", drawn["provinces"])[1])
    assert start == pytest.approx(max(x), abs=4)
    assert lines(drawn["provinces"]) == pytest.approx(drawn["height"], rel=0.05)
    table, regions = squares
    assert map_block(table, regions.assign(province="A"))["provinces"] == ""


def test_the_scale_is_that_of_the_projection(squares):
    table, regions = squares
    drawn = map_block(table, regions)
    frame = shapes.place(table).frame
    per_unit = (frame[2] - frame[0]) / drawn["width"] / 1000
    assert drawn["scale"]["length"] * per_unit == pytest.approx(drawn["scale"]["km"], rel=0.01)
    assert str(drawn["scale"]["km"])[0] in "125"
    assert drawn["scale"]["length"] <= 0.2 * drawn["width"]


def test_far_parts_are_drawn_in_an_inset_only():
    land = [box(100 + i, 30, 101 + i, 38) for i in range(10)]
    land[9] = MultiPolygon([land[9], box(112.0, 5.0, 112.2, 5.2)])
    drawn = map_block(*world(land, ["A"] * 10))
    assert list(drawn["inset"]["regions"]) == ["R9"]
    assert drawn["inset"]["names"] == ["R9"] and drawn["inset"]["more"] is False
    left, top, wide, high = drawn["inset"]["frame"]
    for part in polygons(drawn["inset"]["regions"]["R9"]):
        assert box(left, top, left + wide, top + high).contains(part)
    assert len(polygons(drawn["regions"]["R9"])) == 1
    assert left + wide <= drawn["width"]
    on_land = any(
        part.intersects(box(left, top, left + wide, top + high))
        for part in polygons("".join(drawn["regions"].values()))
    )
    assert not on_land


def test_a_region_smaller_than_a_unit_is_still_there():
    land = [box(100, 30, 110, 40), box(110.5, 35, 110.5001, 35.0001)]
    drawn = map_block(*world(land, ["A", "A"]))
    assert drawn["regions"]["R1"].startswith("M")
    assert polygons(drawn["regions"]["R1"])[0].area == 1


def test_land_without_a_region_is_outside(squares):
    table, regions = squares
    table.loc[3, "region"] = None
    drawn = map_block(table, regions[:3])
    assert list(drawn["regions"]) == ["R0", "R1", "R2"] and list(drawn["points"]) == [
        "R0",
        "R1",
        "R2",
    ]
    assert polygons(drawn["outside"])[0].area == pytest.approx(
        polygons(drawn["regions"]["R0"])[0].area, rel=0.01
    )


def test_what_regions_enclose_and_none_covers_is_outside():
    hole = box(102, 32, 104, 34)
    drawn = map_block(*world([box(100, 30, 106, 36).difference(hole)], ["A"]))
    ring = polygons(drawn["outside"])
    assert len(ring) == 1
    share = ring[0].area / sum(part.area for part in polygons(drawn["regions"]["R0"])[:1])
    assert share == pytest.approx(4 / 36, rel=0.05)
