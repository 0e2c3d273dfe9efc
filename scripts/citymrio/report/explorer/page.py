"""The page from its parts: HTML, style, scripts, libraries and blocks of data, in one file that asks nothing of any host."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Mapping
from importlib.resources import files
from string import Template

from .blocks import Block

#: Vendored libraries (data/vendor, with licences and checksums), and our scripts (data/js), in the order in which they run.
LIBRARIES = ("d3.min.js", "plot.umd.min.js")
SCRIPTS = (
    "base.js",
    "format.js",
    "data.js",
    "state.js",
    "screens.js",
    "download.js",
    "widgets.js",
    "engine.js",
    "map.js",
    "charts.js",
    "overview.js",
    "city.js",
    "compare.js",
    "scenarios.js",
    "groups.js",
    "method.js",
    "main.js",
)
STYLES = ("base.css", "screens.css")


def part(name: str) -> str:
    """The text of a part of the page."""
    return files(__package__).joinpath("data", *name.split("/")).read_text(encoding="utf-8")


def hashed(script: str) -> str:
    """What a content-security policy calls a script that may run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def page(title: str, description: str, blocks: Mapping[str, Block], without_script: str) -> str:
    """The page.

    Parameters
    ----------
    title, description
        Texts, escaped here.
    blocks
        Its data (:func:`.payload.blocks`).
    without_script
        What a reader without JavaScript sees, as HTML.
    """
    libraries = [part(f"vendor/{name}") for name in LIBRARIES]
    ours = '"use strict";\n(() => {\n' + "\n".join(part(f"js/{name}") for name in SCRIPTS) + "\n})();\n"
    scripts = [*libraries, ours]
    if any("</script" in script.lower() for script in scripts):
        raise ValueError("a script of the page holds the end of its own element")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; img-src data: blob:; "
        f"script-src {' '.join(map(hashed, scripts))}"
    )
    return Template(part("page.html")).substitute(
        title=html.escape(title),
        description=html.escape(description),
        policy=html.escape(policy),
        style="\n".join(part(f"css/{name}") for name in STYLES),
        without=without_script,
        blocks="\n".join(block.element(name) for name, block in blocks.items()),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )
