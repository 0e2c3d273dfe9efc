"""The documentation site as `make docs` builds it, and what a page of it loads."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Relations of a link that a browser follows by itself.
FOLLOWED = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "modulepreload",
    "manifest",
}


def build(folder: Path) -> Path:
    """Build the whole site into `folder`; every warning is an error, as in mkdocs.yml."""
    os.environ["NO_MKDOCS_2_WARNING"] = "1"
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder))
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    return folder


class Loads(HTMLParser):
    """Collects the addresses that a page has a browser load, and the classes of its elements."""

    def __init__(self):
        super().__init__()
        self.addresses: list[str] = []
        self.classes: set[str] = set()
        self.opened = ""

    def handle_starttag(self, tag, attrs):
        self.opened, given = tag, {name: value or "" for name, value in attrs}
        self.classes |= set(given.get("class", "").split())
        if tag != "a":
            followed = tag != "link" or FOLLOWED & set(given.get("rel", "").split())
            named = [
                given[name] for name in ("src", "data", "poster") if name in given
            ] + given.get("srcset", "").split()
            self.addresses += (
                named
                + ([given["href"]] if followed and "href" in given else [])
                + styled(given.get("style", ""))
            )

    def handle_data(self, data):
        if self.opened == "style":
            self.addresses += styled(data)


def styled(text: str) -> list[str]:
    """Addresses in a style sheet."""
    return re.findall(r"""(?:url\(|@import)\s*["']?([^"')\s]+)""", text)


def elsewhere(site: Path) -> dict[str, list[str]]:
    """File of the site -> addresses of other hosts that it loads; files that load none are left
    out.
    """
    found = {}
    for path in sorted(site.rglob("*")):
        if path.suffix == ".html":
            page = Loads()
            page.feed(path.read_text(encoding="utf-8"))
            # The theme draws a diagram of this class with a script that it asks another host for.
            addresses = page.addresses + ["mermaid"] * ("mermaid" in page.classes)
        elif path.suffix == ".css":
            addresses = styled(path.read_text(encoding="utf-8"))
        else:
            continue
        if named := [text for text in addresses if re.match(r"(?:\w+:)?//|mermaid$", text)]:
            found[str(path.relative_to(site))] = named
    return found
