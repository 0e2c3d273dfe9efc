"""`make check-data` goes to the end of a run: what a run stops at, the check says beforehand, in
the same words, all at once.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import catalogue
import damage
import pandas as pd
import pytest
import yaml
from case import Case
from thorough import sampled

from citymrio.assessment.analysed import analysis_tables
from citymrio.assessment.check import main, modelled_parts, trial, try_run
from citymrio.base.errors import CityMRIOError
from citymrio.chain.estimate import estimate
from citymrio.config.models import Dataset, load_config
from citymrio.dataset.check import check_run
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.user import build
from citymrio.provinces.supplied import supplied_mrio

pytestmark = pytest.mark.slow

KEYS = {"key_sectors": ["electricity", "iron_steel", "coal"]}


def printed(name, *changes):
    """Add amounts to cells (row, column, amount) of a table."""

    def change(rows):
        for row, column, amount in changes:
            place = rows.header.index(column)
            rows.rows[row][place] = repr(float(rows.rows[row][place] or 0) + amount)

    return damage.table(name, change)


def sound(folder: Path) -> None:
    """Nothing is damaged: the configuration asks for what is not there."""


#: What a run of a dataset without faults of its own stops at: what is broken (folder, sections),
#: the message.
RUNS = [
    (
        Case(
            "deep",
            "a structure that the country lacks",
            sound,
            "'scenarios.deep_structure' is 'light'; expected one of",
        ),
        {"scenarios": {**KEYS, "deep_structure": "light"}},
    ),
    (
        Case(
            "keys", "the study's key sectors", sound, "no inventory sector has the key 'chemicals'"
        ),
        {"scenarios": {"key_sectors": ["chemicals", "coal"]}},
    ),
    (
        Case(
            "benchmark",
            "a key without its benchmark",
            damage.without_row("benchmarks", 1),
            "no parameter 'global_intensity.coal'",
        ),
        {},
    ),
    (
        Case(
            "megacities",
            "no megacity",
            damage.without_row("benchmarks", 3),
            "no parameter 'megacity_capital_share",
        ),
        {},
    ),
    (
        Case(
            "targets",
            "no targets of deficits",
            sound,
            "deficit_targets is 'benchmarks' but .* 'deficit_target.to_q3' is not there",
        ),
        {"scenarios": {**KEYS, "deficit_targets": "benchmarks"}},
    ),
    (
        Case(
            "average",
            "no inventory to be the benchmark",
            sound,
            "light_benchmark is 'national_inventory' but the dataset has no",
        ),
        {"scenarios": {**KEYS, "light_benchmark": "national_inventory"}},
    ),
    (
        Case(
            "national",
            "no national table",
            damage.removed("national.csv"),
            "the dataset has no national table",
        ),
        {},
    ),
    (
        Case(
            "margins",
            "outflow that no one takes in",
            printed("provinces/NO", (2, "outflow", 400_000), (2, "capital", -400_000)),
            "miss balance by more than err_tol",
        ),
        {"provinces": {"calibrate": "none"}},
    ),
    (
        Case("total", "no national inventory", sound, "no national inventory"),
        {"emissions": {"control_total": "national"}},
    ),
    (
        Case("cap", "value added above what the cap leaves", sound, "value added .* exceeds"),
        {"cities": {"va_delta": 0.9}},
    ),
    (
        Case("supplied", "a supplied MRIO that is none", sound, "not an Excel workbook"),
        {"dataset": {"mrio": "regions.csv"}},
    ),
]


def run_stops_at(folder: Path, out: Path, sections: dict) -> str:
    """The message of the run, in memory."""
    build(Dataset(kind="user", raw_dir=str(folder), year=2020), out)
    data, config = DatasetFolder.read(out), load_config(sections)
    with pytest.raises(CityMRIOError) as error:
        mrio = None
        if config.dataset.mrio:
            tables = [data.tables[name] for name in ("regions", "sectors", "final_demand")]
            mrio = supplied_mrio(
                config.dataset.mrio, *tables, config.provinces.err_tol, data.info["unit"]
            )
        analysis_tables(estimate(data, config, mrio), data, config)
    return str(error.value)


def configured(folder: Path, tmp_path: Path, sections: dict) -> Path:
    path = tmp_path / "config.yaml"
    dataset = {"kind": "user", "raw_dir": str(folder), "year": 2020, **sections.get("dataset", {})}
    path.write_text(yaml.safe_dump({**sections, "dataset": dataset}), encoding="utf-8")
    return path


@pytest.mark.parametrize(("case", "sections"), sampled(RUNS, 3), ids=[c.name for c, _ in RUNS])
def test_what_stops_a_run_fails_the_check_with_the_same_message(case, sections, copy_of, tmp_path):
    folder = copy_of("folder")
    case.damage(folder)
    sections = {"scenarios": KEYS, **sections}
    if "dataset" in sections:
        sections["dataset"] = {"mrio": str(folder / sections["dataset"]["mrio"])}
    message = run_stops_at(folder, tmp_path / "out", sections)
    assert re.search(case.expect, message), message
    checked = check_run(configured(folder, tmp_path, sections), try_run)
    found = [str(fault) for fault in checked.faults]
    assert message in found, found


@pytest.mark.parametrize("case", catalogue.CHAIN, ids=[case.name for case in catalogue.CHAIN])
def test_what_the_data_cannot_serve_fails_the_check(case, copy_of, tmp_path):
    folder, sections = copy_of("folder"), {"scenarios": KEYS} | dict(case.damage)
    if "national" in sections:
        del sections["national"]
        damage.removed("national.csv")(folder)
    checked = check_run(configured(folder, tmp_path, sections), try_run)
    found = [str(fault) for fault in checked.faults]
    # a run of this configuration refuses a file that is not there before any step reads it
    expected = (
        "nowhere.csv: there is no such file" if case.name == "priors-missing" else case.expect
    )
    assert any(re.search(expected, text) for text in found), found


def test_all_faults_are_said_at_once_with_the_variant_that_meets_them(copy_of, tmp_path, capsys):
    folder = copy_of("folder")
    damage.without_row("benchmarks", 3)(folder)
    sections = {
        "scenarios": {"key_sectors": ["peat", "coal"], "deep_structure": "light"},
        "variants": {"strict": {"cities": {"va_delta": 0.9}}},
    }
    assert main([str(configured(folder, tmp_path, sections))]) == 1
    text = capsys.readouterr().out
    expected = (
        "no inventory sector has the key 'peat'",
        "'scenarios.deep_structure' is 'light'",
        "no parameter 'megacity_capital_share.<city>'",
        "variant 'strict', city_accounts, province NO, sector SER: 1 fault",
        "variant 'strict', city_accounts, province SO, sector SER: 1 fault",
        "5 faults in",
    )
    assert [part for part in expected if part not in text] == [], text


def test_a_sound_dataset_passes_and_the_report_says_what_is_modelled(copy_of, tmp_path, capsys):
    begun = time.process_time()
    assert (
        main(
            [
                str(
                    configured(
                        copy_of("folder"),
                        tmp_path,
                        {"scenarios": KEYS, "uncertainty": {"members": 2}},
                    )
                )
            ]
        )
        == 0
    )
    assert time.process_time() - begun < 60
    text = capsys.readouterr().out
    assert "no fault" in text and "Read:" in text and "Not tried" not in text
    assert "Modelled:\n  trade between provinces: who sells to whom, by entropy" in text
    assert re.search(r"final demand of \d cities of \d: by the rule `ratio`", text)
    assert re.search(r"emissions by sector of \d cities of \d: by output, whatever the total", text)


def test_a_total_in_an_inventory_of_a_citys_own_is_not_modelled(toys):
    dataset, config = DatasetFolder.read(toys["contract"]), load_config({})
    one, other = dataset.tables["regions"]["region"][:2]
    nothing = {code: rows[:0] for code, rows in dataset.observations.items()}

    def said(case):
        city = pd.DataFrame({"region": [one, other], "case": [case, 2.0]})
        changed = replace(dataset, observations=nothing, inventory_city=city)
        return next(
            line for line in modelled_parts(changed, config) if line.startswith("emissions of")
        )

    without, own = (int(re.findall(r"\d+", said(case))[0]) for case in (2.0, 1.0))
    assert own == without - 1


def test_what_there_is_no_time_for_is_said(toys):
    tried = trial(DatasetFolder.read(toys["contract"]), load_config({"scenarios": KEYS}), seconds=0)
    assert not tried.faults
    steps = [
        "balance_provinces",
        "province_trade",
        "province_mrio",
        "cities",
        "nest",
        "emissions",
        "footprint",
    ]
    steps += ["audit", "groups and scenarios"]
    assert tried.untried == [f"{', '.join(steps)}: no time left (0 s of one processor)"]
