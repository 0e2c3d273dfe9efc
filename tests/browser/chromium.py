"""The system's Chromium, driven by Playwright, and a page of the explorer opened in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Names that it goes by, the first found is taken.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: ms after which a page hangs: a machine that is busy may take so long for a click or for axe.
PATIENCE = 60_000
#: ms between two files: Chromium refuses the eleventh in a short time.
PAUSE = 250
WIDE, TABLET, NARROW = (1400, 1000), (820, 1180), (390, 844)
ROOT = Path(__file__).parents[2]


def runs() -> list[Path]:
    """The finished runs to look at: those that RESULTS names, else all of results/ that have an
    explorer.
    """
    if named := os.environ.get("RESULTS", "").split():
        return [ROOT / name for name in named if name != "toy"]
    return sorted(path.parents[1] for path in (ROOT / "results").glob("*/explorer/index.html"))


def missing() -> str:
    """What is not there of what drives a browser, or nothing."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "playwright (make test-browser installs it from envs/browser.lock)"
    if not any(map(shutil.which, PROGRAMS)):
        return (
            f"a Chromium: none of {', '.join(PROGRAMS)} is on the path (on Debian: apt-get "
            "install chromium fonts-noto-cjk)"
        )
    return ""


@contextmanager
def launched() -> Iterator[Any]:
    """A browser. Chromium's own sandbox refuses to work for root, in a container say; the pages are
    our own.
    """
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, PROGRAMS)))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page in a context of its own, and what it asked for and said."""

    page: Any
    url: str
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @classmethod
    def open(
        cls,
        browser: Any,
        path: Path,
        choices: str = "",
        *,
        size: tuple[int, int] = WIDE,
        **options: Any,
    ) -> Opened:
        """Open a file, with what stands behind # in its address, and wait until it is ready (where
        scripts run at all).
        """
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, accept_downloads=True, **options
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        opened = cls(page, path.resolve().as_uri())
        page.on("request", lambda request: opened.requests.append(request.url))
        page.on("console", lambda message: opened.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: opened.said.append(f"error: {error}"))
        page.goto(opened.url + (f"#{choices}" if choices else ""))
        if options.get("java_script_enabled", True):
            page.evaluate("async () => { await window.explorer?.ready; }")
        return opened

    def close(self) -> None:
        self.page.context.close()

    @property
    def hash(self) -> str:
        """What stands behind # in the address."""
        return self.page.url.partition("#")[2]

    def state(self) -> dict[str, Any]:
        """What the reader has chosen."""
        return self.page.evaluate("explorer.state.get()")

    def set(self, **choices: Any) -> list[str]:
        """Choose without a hand; what the page refuses comes back."""
        return self.page.evaluate("choices => explorer.state.set(choices)", choices)

    def tabs(self) -> list[str]:
        """The screens of this run."""
        found = self.page.get_by_role("tablist", name="Views").get_by_role("tab").all()
        return [tab.get_attribute("id").removeprefix("tab-") for tab in found]

    def go(self, tab: str) -> None:
        """Click a tab."""
        self.page.click(f"#tab-{tab}")

    def panel(self) -> Any:
        """The screen in sight."""
        return self.page.locator('main [role="tabpanel"]:not([hidden])')

    def text(self) -> str:
        """What the screen in sight says."""
        return self.panel().inner_text()

    def download(self, button: Any) -> tuple[str, bytes]:
        """Name and bytes of what a button saves."""
        with self.page.expect_download() as waiting:
            button.click()
        self.page.wait_for_timeout(PAUSE)
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()
