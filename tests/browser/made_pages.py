"""A small country with awkward names, from its raw tables to its explorer: the workflow's own
rules, nothing made up here.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import toy_run
from checkout import Checkout

#: What must be shown as it is written: markup, quotes, an entity; and what would run if it were
#: taken for markup.
CITY, LOCAL, PROVINCE = '<b>"&', "</script><i>&amp;", '<img src=x onerror="window.broken = 1">'
#: Where the page in Chinese is kept, beside the results.
CHINESE = "../toy_chinese"
TARGETS = (
    "explorer/index.html",
    "tables/scenarios.csv",
    "tables/deficits.csv",
    "tables/flows_groups.csv",
    "footprint/footprints.nc",
)


def awkward(tables: toy_run.Tables) -> None:
    """Names that are markup, of the largest city and of its province."""
    head, *rows = tables["regions"]
    at = {name: head.index(name) for name in head}
    for row in rows:
        if row[at["region"]] == "S1":
            row[at["name"]], row[at["name_local"]] = CITY, LOCAL
        if row[at["province"]] == "SO":
            row[at["province_name"]] = PROVINCE


def make(folder: Path) -> Path:
    """Results of the country, up to its explorer; the same explorer in Chinese is in `CHINESE` of
    them.
    """
    checkout = Checkout.make(folder / "checkout")
    toy_run.write_folder(checkout.folder / "country", awkward)
    settings = [
        "groups: {clusters: 3}",
        "scenarios: {key_sectors: [electricity, iron_steel, coal]}",
        "variants: {calibrated: {method: calibrated}}",
    ]
    text = (
        "\n".join(["run: toy", "dataset: {kind: user, raw_dir: country, year: 2020}", *settings])
        + "\n"
    )
    targets = [f"results/toy/{target}" for target in TARGETS]
    made = checkout.folder / targets[0]
    for name, more in (("chinese", "report: {language: zh}\n"), ("toy", "")):
        (checkout.folder / f"{name}.yaml").write_text(text + more, encoding="utf-8")
        code, said = checkout.run(*targets, config=f"{name}.yaml")
        assert code == 0, said
        if more:
            kept = checkout.results("toy") / CHINESE / "explorer"
            kept.mkdir(parents=True)
            shutil.copy2(made, kept)
    return checkout.results("toy")
