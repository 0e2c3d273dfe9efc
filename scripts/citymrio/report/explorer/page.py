"""The page from its parts: HTML, style, scripts, libraries and blocks of data, in one file that
asks nothing of any host.
"""

import json
from collections.abc import Mapping
from functools import partial
from html import escape
from math import nan
from string import Template
from typing import Any

from ... import __version__
from ...base.stamp import PAGE_KEY, digest_of
from ...base.words import title_of
from .. import look
from ..language import gap, known, say, span
from ..pages import format_amount, format_number
from .blocks import Block, json_block
from .payload import Material, blocks, describe, fitted, headline

#: Regions listed.
LISTED = 20

#: Largest page, bytes.
LIMIT = 3_000_000

#: Vendored libraries (data/vendor, with licences and checksums), and our scripts (data/js), in the
#: order in which they run.
LIBRARIES = ("d3.min.js", "plot.umd.min.js")
SCRIPTS = (
    "base.js",
    "words.js",
    "format.js",
    "data.js",
    "estimates.js",
    "state.js",
    "screens.js",
    "download.js",
    "tips.js",
    "measures.js",
    "widgets.js",
    "finder.js",
    "table.js",
    "engine.js",
    "map.js",
    "arcs.js",
    "charts.js",
    "headline.js",
    "overview.js",
    "partners.js",
    "savings.js",
    "answer.js",
    "ledger.js",
    "flows.js",
    "categories.js",
    "chains.js",
    "beside.js",
    "accounts.js",
    "facts.js",
    "book.js",
    "card.js",
    "city.js",
    "compare.js",
    "levers.js",
    "scenarios.js",
    "groups.js",
    "method.js",
    "main.js",
)
STYLES = ("base.css", "screens.css", "analysis.css")


#: The text of a part of the page.
part = partial(look.part, package=__package__)


def bare(script: str) -> str:
    """One of our scripts without its comments and indents, a fifth of its size."""
    lines = [line.strip() for line in script.splitlines()]
    return "\n".join(line for line in lines if not line.startswith(("//", "/*", "* ", "*/")))


def page(
    title: str,
    description: str,
    blocks: Mapping[str, Block],
    without_script: str,
    stamp: str = "{}",
    language: str = "en",
) -> str:
    """The page.

    Parameters
    ----------
    title, description
        Texts, escaped here.
    blocks
        Its data (:func:`.payload.blocks`).
    without_script
        What a reader without JavaScript sees, as HTML.
    stamp
        What the page was made from, as JSON, escaped here.
    language
        Of its words, `en` or `zh`.
    """
    ours = (
        '"use strict";\n(() => {\n'
        + "\n".join(bare(part(f"js/{name}")) for name in SCRIPTS)
        + "\n})();\n"
    )
    scripts = [*(part(f"vendor/{name}") for name in LIBRARIES), ours]
    if any("</script" in script.lower() for script in scripts):
        raise ValueError("a script of the page holds the end of its own element")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; "
        "img-src data: blob:; "
        f"script-src {' '.join(map(look.hashed, scripts))}"
    )
    return Template(part("page.html")).substitute(
        title=escape(title),
        description=escape(description),
        key=PAGE_KEY,
        stamp=escape(stamp),
        policy=escape(policy),
        licences=licences(),
        language=language,
        locale={"en": "en_GB", "zh": "zh_CN"}[language],
        style="\n".join(part(f"css/{name}") for name in STYLES),
        without=without_script,
        **{key: say(f"without.{key}", language) for key in ("skip", "views", "loading")},
        blocks="\n".join(block.element(name) for name, block in blocks.items()),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )


def explorer(
    material: Material, stamp: Mapping[str, Any], settings: Mapping[str, Any], **more: Block
) -> str:
    """The page of a run, below `LIMIT` bytes: what does not fit is left out, and named in its block
    ``about``.

    Parameters
    ----------
    material
        What it is made from.
    stamp
        What it was made from (:func:`citymrio.base.stamp.figure_stamp`).
    settings
        The run's configuration as far as the page shows it.
    more
        Blocks that are made elsewhere.
    """
    run = material.run
    digest = digest_of(stamp)
    about = {
        "digest": digest,
        "version": __version__,
        "commit": None,
        "configuration": dict(settings),
        "inputs": stamp["inputs"],
    }
    frame = {
        "title": run["name"],
        "description": say("without.description", material.language, run=title_of(run)),
        "without_script": without_script(material),
        "stamp": json.dumps({"digest": digest, **stamp}, sort_keys=True),
        "language": material.language,
    }
    made = blocks(material, **more)
    empty = page(
        **frame,
        blocks={
            "about": json_block({**about, "left_out": describe(list(made), material.language)})
        },
    )
    kept, left_out = fitted(made, LIMIT - len(empty.encode()))
    return page(
        **frame,
        blocks={
            **kept,
            "about": json_block({**about, "left_out": describe(left_out, material.language)}),
        },
    )


def without_script(material: Material) -> str:
    """The content of ``<noscript>``, as HTML."""
    regions, language = material.tables["regions"], material.language
    total, people = regions["cba_mt"].sum(), regions["population"].sum()

    def said(key: str, **values: object) -> str:
        return escape(say(f"without.{key}", language, **values))

    def tile_amount(tile: Mapping[str, Any], name: str) -> str | None:
        return None if tile[name] is None else format_amount(tile[name], tile["unit"])

    return look.rendered(
        "without.html",
        said=said,
        say=say,
        word=known,
        language=language,
        gap=gap(language),
        run=material.run,
        title=title_of(material.run),
        facts=[
            said("regions", count=len(regions), cities=int(regions["kind"].ne("province").sum())),
            said(
                "cba", value=format_number(total, 1), person=format_number(total * 1e6 / people, 2)
            ),
            said("pba", value=format_number(regions["pba_mt"].sum(), 1)),
        ],
        tiles=headline(material.tables),
        amount=format_amount,
        tile_amount=tile_amount,
        largest=regions.nlargest(LISTED, "cba_mt", keep="all").head(LISTED).to_dict("records"),
        cell=lambda row, name: format_number(row.get(name, nan), 2),
        ends=partial(_ends, material),
        intervals=material.intervals,
    )


def _ends(material: Material, own: str | None, low: str | None, high: str | None) -> str:
    """An interval in brackets, blank where there is none; of another method than the run's with the
    number by that method (`own`).
    """
    if not material.intervals or not low or not high:
        return ""
    language, method = material.language, material.intervals["method"]
    of = (
        say("without.of", language, method=known(f"method.of.{method}", language, method), own=own)
        if method != material.method and own
        else ""
    )
    return say("without.brackets", language, of=of, ends=span(low, high, language))


def packages() -> list[dict[str, Any]]:
    """Libraries of others (data/vendor/vendor.json): package, version, licence and files, as `make
    vendor` fetches them.
    """
    return json.loads(part("vendor/vendor.json"))


def licences() -> str:
    """The licence texts of all packages, one after the other."""
    found = []
    for package in packages():
        inside = f", inside {package['inside']}" if "inside" in package else ""
        name = next(one["file"] for one in package["files"] if one["file"].endswith("LICENSE.txt"))
        found.append(
            f"{package['package']} {package['version']} "
            f"({package['licence']}){inside}\n\n{part(f'vendor/{name}').strip()}"
        )
    return "\n\n\n".join(found)
