"""Pictures of every screen of explorers at three widths, the page as it prints, and two screens side
by side as README shows them (`make explorer-pictures`).
"""

import io
import sys
from pathlib import Path

from chromium import NARROW, TABLET, WIDE, Opened, launched, missing, runs
from PIL import Image

#: What is side by side, the size of its windows, and pixels of paper for one of the screen.
BESIDE, WINDOW, SCALE = ("overview", "city"), (1050, 1120), 0.77


def take(browser, results: Path, folder: Path) -> None:
    """The pictures of one run."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, size in {"wide": WIDE, "tablet": TABLET, "narrow": NARROW}.items():
        explorer = Opened.open(browser, results / "explorer/index.html", size=size)
        for tab in explorer.tabs():
            explorer.go(tab)
            explorer.page.wait_for_timeout(300)
            explorer.page.screenshot(path=folder / f"{tab}_{name}.png", full_page=True)
        if name == "wide":
            for tab in ("overview", "city"):
                explorer.go(tab)
                explorer.page.pdf(path=folder / f"{tab}.pdf", format="A4", print_background=True)
                explorer.page.emulate_media(media="print")
                explorer.page.set_viewport_size(
                    {"width": 720, "height": 1000}
                )  # A4 between its margins
                explorer.page.wait_for_timeout(300)
                explorer.page.screenshot(path=folder / f"{tab}_printed.png", full_page=True)
                explorer.page.emulate_media(media="screen")
                explorer.page.set_viewport_size({"width": size[0], "height": size[1]})
        for line in explorer.said:
            print(f"{results.name}: {line}")
        explorer.close()


def beside(browser, results: Path, path: Path) -> None:
    """The overview and the city that it opens first, side by side."""
    explorer = Opened.open(
        browser, results / "explorer/index.html", size=WINDOW, device_scale_factor=SCALE
    )
    shown = []
    for tab in BESIDE:
        explorer.go(tab)
        explorer.page.wait_for_timeout(300)
        shown.append(Image.open(io.BytesIO(explorer.page.screenshot())).convert("RGB"))
    explorer.close()
    both = Image.new("RGB", (sum(one.width for one in shown), shown[0].height))
    for n, one in enumerate(shown):
        both.paste(one, (n * one.width, 0))
    both.quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    if lacking := missing():
        sys.exit(f"pictures of the explorer need {lacking}")
    with launched() as browser:
        for results in runs():
            take(browser, results, Path(sys.argv[1]) / results.name)
            beside(browser, results, Path(sys.argv[1]) / results.name / "beside.png")
            print(Path(sys.argv[1]) / results.name)
