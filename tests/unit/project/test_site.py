"""The documentation site: links work where a file lies and on the site; every package has a page;
no page asks another host.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re

import pytest
import yaml
from built_site import build, elsewhere

#: A line of a list or of a table, in a paragraph.
LOST = re.compile(r"\n\s*(?:- |\d{1,2}\. |\|)")


@pytest.fixture(scope="module")
def site(root):
    spec = importlib.util.spec_from_file_location("site_hook", root / "docs/site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("page", "text", "expected"),
    [
        ("changelog.md", "[method](docs/method.md#7-nesting)", "[method](method.md#7-nesting)"),
        ("contributing.md", "![Rules](docs/images/rules.png)", "![Rules](images/rules.png)"),
        ("index.md", "[how to cite](../CITATION.cff)", "how to cite"),
        (
            "method.md",
            "[keys](../config/README.md), [page](accuracy.md)",
            "[keys](configuration.md), [page](accuracy.md)",
        ),
        ("configuration.md", "[contracts](../docs/contracts.md)", "[contracts](contracts.md)"),
        (
            "method.md",
            "[above](#frame) and [doi](https://doi.org/10.1)",
            "[above](#frame) and [doi](https://doi.org/10.1)",
        ),
    ],
)
def test_a_link_leads_to_the_page_of_the_site(site, page, text, expected):
    assert site.led(text, page) == expected


def test_every_package_has_a_page_with_its_modules(site, root):
    pages = site.packages()
    folders = {path.parent.name for path in (root / "scripts/citymrio").glob("*/__init__.py")}
    assert folders | {"api"} == set(pages)
    assert (
        "citymrio.entropy.solver" in pages["entropy"]
        and "citymrio.dataset.contract.tables" in pages["dataset"]
    )
    assert "::: citymrio.entropy.solver\n" in site.api_page("entropy", pages["entropy"])


def test_every_page_of_docs_stands_in_the_navigation(root, site):
    def pages(entry):
        if isinstance(entry, str):
            return {entry}
        return set().union(
            *(pages(part) for part in (entry.values() if isinstance(entry, dict) else entry))
        )

    shown = pages(yaml.safe_load((root / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    assert shown - {"api"} == {path.name for path in (root / "docs").glob("*.md")} | set(site.PAGES)


def test_a_release_has_a_page_that_leads_to_its_runs(site, monkeypatch):
    monkeypatch.setattr(site, "RUNS", ["china2012", "tiny"])
    page = site.runs_page()
    for run in site.RUNS:
        for target in ("report/start.html", "explorer/index.html"):
            assert f'href="runs/{run}/{target}"' in page


def test_a_notebook_is_shown_with_what_its_cells_say(site):
    page = site.content("docs/notebooks/read_results.ipynb")
    assert page.count("```text\n") >= 3 and page.count('<img alt="') == 3
    assert "Glulelven: 18.04 Mt CO2" in page


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("documentation") / "site")


@pytest.mark.slow
def test_no_page_loads_anything_from_another_host(built):
    assert len(list(built.rglob("*.html"))) > 50
    assert elsewhere(built) == {}


@pytest.mark.slow
def test_no_list_or_table_is_shown_as_a_paragraph(built):
    found = {
        path.name: [
            text
            for text in re.findall(r"<p>(.*?)</p>", path.read_text(encoding="utf-8"), flags=re.S)
            if LOST.search(text)
        ]
        for path in built.glob("*.html")
    }
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://other.host/shim"></script>',
        '<link rel="stylesheet" href="//other.host/a.css">',
        '<img src="a.png" srcset="https://other.host/b.png 2x">',
        "<style>@font-face { src: url(https://other.host/f.woff2) }</style>",
        '<p style="background: url(&quot;https://other.host/b.png&quot;)">',
        '<pre class="mermaid">graph</pre>',
    ],
)
def test_a_page_that_would_ask_another_host_is_found(page, tmp_path):
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    (tmp_path / "b.html").write_text(
        '<a href="https://doi.org/10.1">10.1</a><img src="b.png">', encoding="utf-8"
    )
    assert list(elsewhere(tmp_path)) == ["a.html"]


def test_the_script_of_the_search_is_the_one_of_its_list(root):
    folder = root / "docs/vendor"
    (package,) = json.loads((folder / "vendor.json").read_text(encoding="utf-8"))
    there = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "vendor.json"
    }
    assert there == {part["file"]: part["sha256"] for part in package["files"]}
    assert "Copyright" in (folder / "iframe-worker.LICENSE.txt").read_text(encoding="utf-8")
