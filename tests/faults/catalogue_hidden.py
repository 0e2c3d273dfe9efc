"""Catalogue: what cannot be seen or has no end: characters, nesting, numbers, types inside of
netCDF and GeoJSON.
"""

from __future__ import annotations

import json

import netCDF4
import numpy as np
from case import Case
from damage import cell, content, geometry, info, netcdf, several, text

ZERO_WIDTH, CYRILLIC_A, SOFT_HYPHEN, NO_BREAK = "\u200b", "\u0410", "\u00ad", "\u00a0"


def _square(*points):
    return {"type": "Polygon", "coordinates": [[[10, 50], *points, [10, 50]]]}


def _key(name, value):
    """Write a key beside the features of the boundaries."""

    def damage(folder):
        path = folder / "boundaries.geojson"
        path.write_text(
            json.dumps(json.loads(path.read_text(encoding="utf-8")) | {name: value}),
            encoding="utf-8",
        )

    return damage


def _deep_property(folder):
    path = folder / "boundaries.geojson"
    nested = "[" * 5000 + "]" * 5000
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            '"region": "N1"', f'"region": "N1", "x": {nested}'
        ),
        encoding="utf-8",
    )


def _edited(name, change):
    """Change a netCDF file in place, as a program that knows nothing of units and labels would."""

    def damage(folder):
        with netCDF4.Dataset(folder / name, "a") as data:
            change(data)

    return damage


def _text_variable(data):
    values = data["output"].values.astype(str)
    return data.assign(output=("sector", values, data["output"].attrs))


def _extra(data):
    variable = data.createVariable("employment", "f8", ("sector",))
    variable[:] = 1.0


HIDDEN = [
    Case(
        "code-zero-width",
        "a zero-width space in a code",
        cell("regions", 0, "region", f"N{ZERO_WIDTH}1"),
        r"whose character 2 is ZERO WIDTH SPACE .U\+200B., which cannot be seen",
        True,
    ),
    Case(
        "code-soft-hyphen",
        "a soft hyphen in a code",
        cell("sectors", 0, "sector", f"AG{SOFT_HYPHEN}R"),
        r"whose character 3 is SOFT HYPHEN .U\+00AD., which cannot be seen",
        True,
    ),
    Case(
        "code-no-break",
        "a no-break space in a code",
        cell("fuels", 0, "fuel", f"co{NO_BREAK}al"),
        r"whose character 3 is NO-BREAK SPACE .U\+00A0., which looks like a blank",
        True,
    ),
    Case(
        "code-cyrillic",
        "a Cyrillic letter among Latin ones",
        cell("sectors", 0, "sector", f"{CYRILLIC_A}GR"),
        r"whose character 1 is CYRILLIC CAPITAL LETTER A .U\+0410., which looks like the Latin "
        r"letter A",
        True,
    ),
    Case(
        "code-reference-cyrillic",
        "a Cyrillic letter in the code of a datum",
        cell("observations", 0, "sectors", f"{CYRILLIC_A}GR"),
        r"expected a code of sectors .did you mean 'AGR'. character 1 is CYRILLIC CAPITAL LETTER A",
    ),
    Case(
        "code-reference-invisible",
        "an invisible character in the code of a datum",
        cell("inventory", 0, "fuel", f"coal{ZERO_WIDTH}"),
        r"did you mean 'coal'. character 5 is ZERO WIDTH SPACE",
    ),
    Case(
        "code-table-invisible",
        "an invisible character in the header of a provincial table",
        text("provinces/NO.csv", "sector,AGR", f"sector,AGR{ZERO_WIDTH}"),
        r"column 'AGR' is missing .there is 'AGR.', which only looks like it: character 4 is "
        r"ZERO WIDTH SPACE",
        True,
    ),
    Case(
        "code-alike",
        "two codes that look the same",
        several(cell("fuels", 0, "fuel", "COH"), cell("fuels", 1, "fuel", "\u0421\u041e\u041d")),
        "which looks like 'COH'; expected codes that can be told apart",
        True,
    ),
    Case(
        "label-invisible",
        "an invisible character in the name of a group",
        cell("sectors", 0, "group_a", f"agriculture{ZERO_WIDTH}"),
        r"column 'group_a' is .* whose character 12 is ZERO WIDTH SPACE",
    ),
    Case(
        "code-colon",
        "a colon in the code of a region: no sheet may be called so",
        cell("regions", 0, "region", "N:1"),
        r"is 'N:1'; expected no blanks, quotes, slashes, commas, semicolons or : \* \? \[ \] < "
        r"> \|",
        True,
    ),
    Case(
        "code-long",
        "a code of 5,000 letters",
        cell("sectors", 0, "sector", "x" * 5000),
        "5000 characters; expected at most 64",
        True,
    ),
    Case(
        "rate-overflow",
        "a rate too large for any",
        info("usd_rate", "1e400"),
        "key 'usd_rate' is '1e400'; expected",
    ),
    Case(
        "rate-underscore",
        "a rate as Python has numbers",
        info("usd_rate", "1_0"),
        "key 'usd_rate' is '1_0'; expected",
    ),
    Case(
        "rate-full-width",
        "a rate in full-width digits",
        info("usd_rate", "\uff11"),
        "key 'usd_rate' is '\uff11'; expected",
    ),
    Case(
        "number-overflow",
        "a number too large for any",
        cell("observations", 0, "value", "1e400"),
        "not a finite number",
    ),
    Case(
        "number-underscore",
        "an underscore in a number",
        cell("observations", 0, "value", "1_0"),
        "is '1_0', text; expected a number",
    ),
    Case(
        "json-deep",
        "deeply nested JSON",
        content("dataset.json", b"[" * 200_000),
        "dataset.json: cannot be read as JSON",
        True,
    ),
    Case(
        "geojson-deep",
        "deeply nested boundaries",
        content("boundaries.geojson", b'{"type":' + b"[" * 200_000),
        r"boundaries\.geojson: not GeoJSON",
    ),
    Case(
        "geojson-deep-property",
        "a deeply nested property",
        _deep_property,
        "cannot be read for the maps .*nested",
    ),
    Case(
        "geojson-text",
        "coordinates as text",
        geometry("N1", _square(["11", "50"], ["11", "51"])),
        "polygon of region 'N1' cannot be read .a coordinate is '11', a number was expected",
    ),
    Case(
        "geojson-nan",
        "NaN as a coordinate",
        geometry("N1", _square([float("nan"), 50], [11, 51])),
        "not GeoJSON .NaN is not a number",
    ),
    Case(
        "geojson-nested",
        "coordinates nested too deep",
        geometry("N1", {"type": "Polygon", "coordinates": [[[[[[10, 50]]]]]]}),
        "a coordinate is a list, a number was expected",
    ),
    Case(
        "geojson-open",
        "a ring that is not closed",
        geometry("N1", {"type": "Polygon", "coordinates": [[[10, 50], [11, 50], [11, 51]]]}),
        "a ring does not end where it begins",
    ),
    Case(
        "geojson-type",
        "boundaries of another type",
        _key("type", "Topology"),
        "'type' is 'Topology'; expected 'FeatureCollection'",
    ),
    Case(
        "geojson-crs",
        "boundaries in another coordinate system",
        _key("crs", {"type": "name", "properties": {"name": "EPSG:3857"}}),
        "the key 'crs' names WGS 84 / Pseudo-Mercator; expected longitude and latitude",
    ),
]

HIDDEN_CONTRACT = [
    Case(
        "nc-no-units",
        "a variable without units",
        _edited("provinces/NO.nc", lambda data: data["output"].delncattr("units")),
        "variable 'output' has no attribute 'units'",
    ),
    Case(
        "nc-extra",
        "a variable that nobody knows, without units",
        _edited("provinces/NO.nc", _extra),
        "variable 'employment' is unknown; expected total_use",
    ),
    Case(
        "nc-text",
        "text for numbers",
        netcdf("provinces/NO.nc", _text_variable),
        "variable 'output' holds .*; expected numbers",
    ),
    Case(
        "nc-units-number",
        "units that are numbers",
        _edited(
            "provinces/NO.nc", lambda data: data["output"].setncattr("units", np.array([1.0, 2.0]))
        ),
        "variable 'output' is in '.1. 2..'; expected",
    ),
    Case(
        "nc-time",
        "units that are a calendar",
        _edited(
            "provinces/NO.nc",
            lambda data: data["output"].setncattr("units", "days since the flood"),
        ),
        r"NO\.nc: cannot be read as netCDF|variable 'output'",
    ),
]
