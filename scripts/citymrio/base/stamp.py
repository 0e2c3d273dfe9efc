"""The stamp of a file: what it was made from, inside the file itself, and a digest that
`provenance.json` lists too.

A stamp is a pure function of what a job reads, never of time, machine, folder or commit: two
checkouts give the same bytes, and a new commit redraws nothing (docs/provenance.md says why).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from .files import sha256_of
from .software import version as version_of

if TYPE_CHECKING:
    import xarray as xr

#: Packages whose versions stand in netCDF files, figures and the explorer: those behind every job
#: that writes one, so that a job is done again when one of them changes
#: (citymrio/workflow/versions.py). The others are in provenance.json.
NUMBERS = ("netCDF4", "numpy", "pandas", "xarray")
DRAWING = ("geopandas", "matplotlib", "numpy", "pandas")
EXPLORING = ("geopandas", "numpy", "pandas", "xarray")

VERSION, PACKAGES, DIGEST = "citymrio_version", "citymrio_packages", "citymrio_digest"
PNG_KEY = "citymrio"
PDF_KEY = "citymrio "  # before the digest and the stamp, in the keywords
PAGE_KEY = "citymrio"  # name of the element <meta> of a page


def _canonical(value: Any) -> str:
    """JSON with one spelling per value, whether it was just made or comes back from netCDF."""

    def plain(item: Any) -> Any:
        if isinstance(item, np.ndarray | np.generic):
            item = item.tolist()
        if isinstance(item, list | tuple):
            return plain(item[0]) if len(item) == 1 else [plain(part) for part in item]
        return item

    return json.dumps(
        {str(name): plain(item) for name, item in value.items()},
        sort_keys=True,
        separators=(",", ":"),
    )


def content_digest(dataset: xr.Dataset) -> str:
    """SHA-256 of what a labelled dataset says: variables and coordinates with dims, units and
    values, and its attributes.

    It does not depend on the order of variables, on compression or on how netCDF stores text.
    Attributes of a stamp are left out.
    """
    found = hashlib.sha256()
    found.update(_canonical(without_stamp(dataset.attrs)).encode())
    for name in sorted(map(str, dataset.variables)):
        variable = dataset.variables[name]
        values = np.asarray(variable.values)
        if values.dtype.kind in "OUS":
            kind, data = "text", json.dumps(values.astype(str).ravel().tolist()).encode()
        else:
            values = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
            kind, data = values.dtype.str, values.tobytes()
        head = [
            name,
            list(map(str, variable.dims)),
            list(values.shape),
            kind,
            _canonical(variable.attrs),
        ]
        found.update(json.dumps(head).encode())
        found.update(data)
    return found.hexdigest()


def add_stamp(dataset: xr.Dataset) -> xr.Dataset:
    """The dataset with its stamp: version of citymrio, packages, digest of the content."""
    packages = ", ".join(f"{name} {version_of(name)}" for name in NUMBERS)
    return dataset.assign_attrs(
        {VERSION: __version__, PACKAGES: packages, DIGEST: content_digest(dataset)}
    )


def without_stamp(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a dataset as they were before :func:`add_stamp`."""
    return {
        name: value for name, value in attributes.items() if name not in (VERSION, PACKAGES, DIGEST)
    }


def digest_of(stamp: Mapping[str, Any]) -> str:
    """The digest of a figure's stamp."""
    return hashlib.sha256(
        json.dumps(stamp, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def figure_stamp(
    figure: str,
    inputs: Iterable[str | Path],
    settings: Mapping[str, Any],
    folder: str | Path,
    packages: Iterable[str] = DRAWING,
) -> dict[str, Any]:
    """What a figure, or the explorer, is made from.

    Parameters
    ----------
    figure
        Its name.
    inputs
        The data files it reads (not the code: an edit that leaves the picture as it is leaves the
        file as it is).
    settings
        The part of the configuration that it reads; fonts are left out, which stand with their
        content.
    folder
        The run's folder; inputs are named relative to it, others by their last folders (no folder
        of the machine).
    packages
        Those whose versions are named.
    """
    files = {_name(Path(path), Path(folder)): sha256_of(path) for path in sorted(map(str, inputs))}
    versions = {name: version_of(name) for name in packages}
    kept = {
        key: value for key, value in settings.items() if key != "font"
    }  # a path would name a folder of the machine
    return {
        "citymrio": __version__,
        "figure": figure,
        "inputs": files,
        "packages": versions,
        "settings": kept,
    }


def _name(path: Path, folder: Path) -> str:
    return (
        path.relative_to(folder).as_posix()
        if path.is_relative_to(folder)
        else "/".join(path.parts[-3:])
    )


def png_metadata(stamp: Mapping[str, Any] | None, alt: str = "") -> dict[str, str | None]:
    """Text chunks of a PNG file: the stamp with its digest, what the figure shows; no date and no
    name of a program.
    """
    text = (
        {PNG_KEY: json.dumps({"digest": digest_of(stamp), **stamp}, sort_keys=True)}
        if stamp
        else {}
    )
    return {"Software": None, **text, **({"Description": alt} if alt else {})}


def svg_metadata(stamp: Mapping[str, Any] | None, alt: str = "") -> dict[str, str | None]:
    """Entries of an SVG file's metadata (Dublin Core): the stamp as description, its digest as
    identifier; no date.

    What the figure shows is the title, which Matplotlib writes as the drawing's ``<title>`` too.
    """
    text = (
        {"Description": json.dumps(stamp, sort_keys=True), "Identifier": digest_of(stamp)}
        if stamp
        else {}
    )
    return {"Date": None, "Creator": None, **text, **({"Title": alt} if alt else {})}


def pdf_metadata(stamp: Mapping[str, Any] | None, alt: str = "") -> dict[str, str | None]:
    """Entries of a PDF file's information dictionary: what it shows as subject, digest and stamp as
    keywords; no date.
    """
    text = (
        {"Keywords": f"{PDF_KEY}{digest_of(stamp)} {json.dumps(stamp, sort_keys=True)}"}
        if stamp
        else {}
    )
    return {
        "CreationDate": None,
        "Creator": None,
        "Producer": None,
        **text,
        **({"Subject": alt} if alt else {}),
    }
