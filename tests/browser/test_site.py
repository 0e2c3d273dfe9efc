"""The documentation site, opened from disk: it asks nobody, and its search finds a page."""

from __future__ import annotations

import pytest
from built_site import build
from chromium import Opened


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(tmp_path_factory.mktemp("documentation") / "site")


def test_search_works_from_disk_and_nothing_is_loaded_from_elsewhere(browser, site):
    opened = Opened.open(browser, site / "index.html")
    try:
        page = opened.page
        page.get_by_role("textbox", name="Search").fill("gross fixed capital formation")
        found = page.locator(".md-search-result__item a").first
        found.wait_for()
        found.click()
        page.wait_for_url(lambda url: "index.html" not in url)
        assert "capital formation" in page.locator("article").inner_text().lower()
        assert all(url.startswith(("file:", "data:", "blob:")) for url in opened.requests)
        assert not [line for line in opened.said if line.startswith("error")]
    finally:
        opened.close()
