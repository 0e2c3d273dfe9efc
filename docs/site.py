"""What the site shows besides this folder: pages of the repository's top level, notebooks, and the
library, a page a package.

A hook of MkDocs (mkdocs.yml). Links keep the form that works where the files lie; here they are led
to the pages of the site.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
#: Page of the site -> file of the repository.
PAGES = {
    "configuration.md": "config/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "notebook.md": "docs/notebooks/read_results.ipynb",
    "notebook-city.md": "docs/notebooks/a_city.ipynb",
    "notebook-flows.md": "docs/notebooks/flows_of_all_partners.ipynb",
}
#: Runs of a release (docs/publish.py), whose pages lie in the folder `runs` of the site.
RUNS = os.environ.get("RELEASED_RUNS", "").split()
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<path>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")


def packages() -> dict[str, list[str]]:
    """Package of the library -> its modules by their full names."""
    library = ROOT / "scripts/citymrio"
    found: dict[str, list[str]] = {}
    for path in sorted(library.rglob("*.py")):
        parts = path.relative_to(library).with_suffix("").parts
        if any(part.startswith("_") for part in parts if part != "__init__") or parts == (
            "__init__",
        ):
            continue
        name = ".".join(part for part in ("citymrio", *parts) if part != "__init__")
        found.setdefault(parts[0], []).append(name)
    return found


def api_page(package: str, modules: list[str]) -> str:
    """Markdown of a page: every module with its public functions and classes."""
    return "\n\n".join([f"# {package}", *(f"::: {module}" for module in modules)]) + "\n"


def runs_page() -> str:
    """Markdown of the page that leads to the pages of runs. Its links are HTML: MkDocs, which does
    not know their targets, checks those of Markdown.
    """
    text = (
        "Finished runs. The start page has the findings, figures and tables, the explorer every "
        "city. Tables are in the folder `data` of the release; [what columns mean](tables.md)."
    )
    rows = [
        f'- `{run}`: <a href="runs/{run}/report/start.html">start page</a>, '
        f'<a href="runs/{run}/explorer/index.html">explorer</a>'
        for run in RUNS
    ]
    return "\n".join(["# Runs", "", text, "", *rows]) + "\n"


def content(file: str) -> str:
    """Markdown of a file of the repository; cells of code of a notebook become blocks of it, with
    what they say below.
    """
    text = (ROOT / file).read_text(encoding="utf-8")
    if not file.endswith(".ipynb"):
        return text
    blocks = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        blocks.append(f"```python\n{source}\n```" if cell["cell_type"] == "code" else source)
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            if picture := shown.get("image/png"):
                blocks.append(
                    f'<img alt="what the cell draws" src="data:image/png;base64,{picture}">'
                )
            if printed := "".join(output.get("text", shown.get("text/plain", []))).rstrip():
                blocks.append(f"```text\n{printed}\n```")
    return "\n\n".join(blocks) + "\n"


def led(text: str, page: str) -> str:
    """`text` of a page with every link to a file of the repository led to the page that shows it.

    What the site does not show keeps its words, without a link.
    """
    source = PAGES.get(page, f"docs/{page}")
    shown = {file: name for name, file in PAGES.items()}

    def lead(link: re.Match) -> str:
        if not link["path"] or "://" in link["path"]:
            return link[0]
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
        target = shown.get(file) or (
            file.removeprefix("docs/") if file.startswith("docs/") else None
        )
        if target is None:
            return link["text"]
        path = posixpath.relpath(target, posixpath.dirname(page) or ".")
        return f"{link['image']}[{link['text']}]({path}{link['anchor'] or ''})"

    return LINK.sub(lead, text)


def on_config(config):
    """Put the packages into the navigation."""
    develop = next(section["Develop"] for section in config.nav if "Develop" in section)
    next(entry for entry in develop if "API" in entry)["API"] = [
        {name: f"api/{name}.md"} for name in packages()
    ]
    if RUNS:
        config.nav.insert(1, {"Runs": "runs.md"})
    return config


def on_files(files, config):
    """Add the pages that are not in this folder."""
    for page, file in PAGES.items():
        files.append(File.generated(config, page, content=content(file)))
    if RUNS:
        files.append(File.generated(config, "runs.md", content=runs_page()))
    for name, modules in packages().items():
        files.append(File.generated(config, f"api/{name}.md", content=api_page(name, modules)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Lead the links of a page; write its numbered lists as MkDocs reads them: indented by four, a
    blank line before an item.
    """
    lists = re.sub(r"^ {3}(?=\S)", "    ", markdown, flags=re.M)
    return led(re.sub(r"^( {4}.*\n)(?=\d+\. )", r"\1\n", lists, flags=re.M), page.file.src_uri)
