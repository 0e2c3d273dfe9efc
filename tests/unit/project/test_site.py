"""The documentation site: links work where a file lies and on the site; every package of the library has a page."""

from __future__ import annotations

import importlib.util

import pytest
import yaml


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
        ("method.md", "[keys](../config/README.md), [page](accuracy.md)", "[keys](configuration.md), [page](accuracy.md)"),
        ("configuration.md", "[contracts](../docs/contracts.md)", "[contracts](contracts.md)"),
        ("method.md", "[above](#frame) and [doi](https://doi.org/10.1)", "[above](#frame) and [doi](https://doi.org/10.1)"),
    ],
)
def test_a_link_leads_to_the_page_of_the_site(site, page, text, expected):
    assert site.led(text, page) == expected


def test_every_package_has_a_page_with_its_modules(site, root):
    pages = site.packages()
    folders = {path.parent.name for path in (root / "scripts/citymrio").glob("*/__init__.py")}
    assert folders | {"chain"} == set(pages)
    assert "citymrio.entropy.solver" in pages["entropy"] and "citymrio.dataset.contract.tables" in pages["dataset"]
    assert "::: citymrio.entropy.solver\n" in site.api_page("entropy", pages["entropy"])


def test_every_page_of_docs_stands_in_the_navigation(root, site):
    def pages(entry):
        if isinstance(entry, str):
            return {entry}
        return set().union(*(pages(part) for part in (entry.values() if isinstance(entry, dict) else entry)))

    shown = pages(yaml.safe_load((root / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    assert shown - {"api"} == {path.name for path in (root / "docs").glob("*.md")} | set(site.PAGES)
