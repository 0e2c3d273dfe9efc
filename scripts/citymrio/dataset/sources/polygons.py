"""Polygons of regions: what the sources of a country share."""

import json
from collections.abc import Collection
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...base.labels import write_text
from ..contract.boundaries import area_km2, areas

#: Simplification in degrees (about 1 km), decimals kept (about 10 m).
TOLERANCE, DECIMALS = 0.01, 4


def measures(shapes: gpd.GeoSeries) -> pd.DataFrame:
    """lon, lat (a point inside the region's largest polygon) and area_km2 (on the ellipsoid) by
    region.
    """
    rows = []
    for shape in shapes:
        largest = max(shapely.get_parts(shape), key=lambda part: part.area)
        inside = (
            largest.centroid
            if largest.contains(largest.centroid)
            else largest.representative_point()
        )
        rows.append((round(inside.x, 6), round(inside.y, 6), area_km2(shape)))
    return pd.DataFrame(rows, columns=["lon", "lat", "area_km2"], index=shapes.index)


def simplify(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Fewer points, with shared borders kept shared; coordinates rounded. A region that would
    vanish keeps its full shape.
    """
    simple = shapely.coverage_simplify(np.asarray(shapes.values), TOLERANCE)
    rounded = shapely.set_precision(simple, 10.0**-DECIMALS)
    whole = [
        areas(new) if not new.is_empty else old for new, old in zip(rounded, shapes, strict=True)
    ]
    return gpd.GeoSeries(whole, index=shapes.index, crs=shapes.crs)


def write_geojson(shapes: gpd.GeoSeries, path: Path, uncovered: Collection[str] = ()) -> None:
    """GeoJSON with the property `region`, null for polygons in `uncovered`, compact and
    deterministic.
    """
    features = []
    for region, shape in shapes.sort_index().items():
        text = shapely.to_geojson(shapely.normalize(shape))
        geometry = json.loads(text, parse_float=lambda digits: round(float(digits), DECIMALS))
        code = None if region in uncovered else region
        features.append({"type": "Feature", "properties": {"region": code}, "geometry": geometry})
    lines = ",\n".join(json.dumps(feature, separators=(",", ":")) for feature in features)
    write_text('{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n", path)
