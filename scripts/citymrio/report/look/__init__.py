"""One look for every page of a run: a file of HTML that asks nothing of any host, under a policy
that lets only its parts run.
"""

import base64
import hashlib
import html
import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..language import say


def part(name: str, package: str = __name__) -> str:
    """The text of a part of the pages (folder data of a package)."""
    return files(package).joinpath("data", *name.split("/")).read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    """The templates of pages. What they are filled with is HTML already, but for texts that they
    pass through `attribute`.
    """
    made = Environment(
        loader=PackageLoader(__name__, "data"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,
    )
    made.filters["attribute"] = html.escape
    return made


def rendered(template: str, **values: Any) -> str:
    """A template of the folder data, filled in."""
    return _templates().get_template(template).render(values)


def hashed(text: str) -> str:
    """What a content-security policy calls a script or a style that it allows."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def marked(text: str) -> str:
    """Text of a caption as HTML: escaped, with ``code``, **strong** and *emphasis*."""
    found = html.escape(text, quote=False)
    for mark, element in (
        (r"``(.+?)``", "code"),
        (r"\*\*(.+?)\*\*", "strong"),
        (r"\*(.+?)\*", "em"),
    ):
        found = re.sub(mark, rf"<{element}>\1</{element}>", found)
    return found


def _filled(script: str, language: str) -> str:
    """A script with what it says, by the keys of messages that stand in it: {{ page.filter }}."""
    counts = {"count": "${count}", "rows": "${rows.length}"}
    return re.sub(r"\{\{ (\S+) \}\}", lambda found: say(found[1], language, **counts), script)


def document(
    title: str,
    body: str,
    *,
    synthetic: bool = False,
    style: str = "",
    scripts: tuple[str, ...] = (),
    language: str = "en",
) -> str:
    """A page of HTML.

    Parameters
    ----------
    title
        Its name, as text.
    body
        What stands below the heading, as HTML.
    synthetic
        Whether "Synthetic data" stands beside the heading.
    style
        Rules of this page beside those of all.
    scripts
        Parts that run at its end.
    language
        Of its words.
    """
    css, code = part("look.css") + style, [_filled(part(name), language) for name in scripts]
    allowed = " ".join(map(hashed, code)) or "'none'"
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src {hashed(css)}; script-src {allowed}"
    )
    return rendered(
        "document.html",
        title=title,
        body=body,
        synthetic=synthetic,
        css=css,
        scripts=code,
        policy=policy,
        language=language,
        say=say,
    )
