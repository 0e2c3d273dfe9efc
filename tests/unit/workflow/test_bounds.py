"""What an edit reruns: packages that no result of a stage depends on are not behind its adapters."""

from __future__ import annotations

from pathlib import Path

import pytest

from citymrio.workflow.code import closure

ROOT = Path(__file__).parents[3]
LIBRARY = ROOT / "scripts/citymrio"

#: Packages that estimate, that know raw formats, and that come after the estimate.
ESTIMATE = {"entropy", "trade", "provinces", "cities", "chain"}
INTAKE = {"dataset/sources", "dataset/contract"}
AFTER = {"footprints", "analysis", "assessment", "report"}
#: Stage, the folder of its adapters -> packages behind none of them.
APART = {
    "data": ESTIMATE | AFTER | {"nested", "emissions"},
    "given": ESTIMATE | AFTER | {"emissions", "dataset/contract"},
    "provinces": AFTER | INTAKE | {"cities", "nested", "chain"},
    "cities": AFTER | INTAKE | {"provinces", "emissions", "chain"},
    "footprints": (ESTIMATE - {"entropy"}) | {"dataset", "analysis", "assessment", "report"},
    "analysis": ESTIMATE | INTAKE | {"assessment", "report"},
    "audit": ESTIMATE | {"dataset", "emissions", "footprints", "analysis", "report"},
    "assessment": ESTIMATE | INTAKE | {"report/explorer"},
    "validation": ESTIMATE | INTAKE | {"report/explorer"},
    "change": ESTIMATE | INTAKE | {"emissions", "assessment", "report/explorer"},
    "compare": ESTIMATE | {"emissions", "dataset/contract", "report/explorer"},
    "report": ESTIMATE | INTAKE,
}
#: Adapter -> packages that are behind it all the same, since its result depends on them.
CHAIN = ESTIMATE
BESIDE = {
    # the whole chain: drawn, with other choices, with data left out
    **dict.fromkeys(("uncertainty_members", "variant"), CHAIN),
    "known_trade": {"dataset/contract"},  # corrects cells of the known table
    **dict.fromkeys(("left_out", "left_out_draws"), CHAIN | {"dataset/contract"}),
    # what its draws of priors were drawn from; home shares are solved
    "uncertainty": {"trade", "entropy"},
    "supplied_mrio": INTAKE,  # reads a table that somebody else made
    **dict.fromkeys(("given_table", "compare"), {"dataset/contract"}),  # and corrects its cells
}

#: Folders of scripts/ that are packages, not stages.
PACKAGES = {"citymrio", "snakemake_logger_plugin_citymrio"}
ADAPTERS = {
    path.stem: path
    for path in sorted((ROOT / "scripts").glob("*/*.py"))
    if path.parent.name not in PACKAGES
}


def behind(path: Path) -> set[str]:
    """Modules of the library behind a script, as `code()` in rules/start.smk finds them."""
    found = [
        file.relative_to(LIBRARY)
        for file in closure(path, ROOT / "scripts")
        if file.is_relative_to(LIBRARY)
    ]
    return {str(file) for file in found if file.suffix == ".py" and file != path}


def of(package: str, modules: set[str]) -> set[str]:
    return {name for name in modules if name.startswith(f"{package}/")}


def test_every_stage_has_its_rule_and_every_package_is_one():
    assert {path.parent.name for path in ADAPTERS.values()} == APART.keys()
    assert BESIDE.keys() <= ADAPTERS.keys()
    named = set().union(*APART.values(), *BESIDE.values())
    assert [package for package in named if not (LIBRARY / package).is_dir()] == []


@pytest.mark.parametrize("script", ADAPTERS)
def test_an_adapter_reaches_no_package_that_its_result_does_not_depend_on(script):
    found = behind(ADAPTERS[script])
    assert found
    apart = APART[ADAPTERS[script].parent.name] - BESIDE.get(script, set())
    assert {package: sorted(of(package, found)) for package in apart if of(package, found)} == {}


@pytest.mark.parametrize("script", BESIDE)
def test_an_exception_is_used(script):
    found = behind(ADAPTERS[script])
    assert [package for package in BESIDE[script] if not of(package, found)] == []


def test_what_every_job_loads_counts_for_every_job():
    """A property of a section, the writer of warnings, the writer of the record: an edit of each
    can change results.
    """
    every = [behind(path) for path in ADAPTERS.values()]
    assert {
        f"workflow/{name}.py" for name in ("job", "loaded", "lock", "manifest")
    } <= set.intersection(*every)
    shared = of("workflow", set.intersection(*every)) | {"workflow/provenance.py"}
    assert of("workflow", set.union(*every)) == shared  # not the terminal, not the forks
    assert "workflow/provenance.py" in behind(ADAPTERS["provenance"])
    assert "config/models.py" in behind(ADAPTERS["cities"])
    assert "config/unused.py" not in set.union(
        *every
    )  # what is said of a configuration moves no result


def test_an_edit_of_the_footprint_reruns_no_estimation():
    for script in (
        "dataset",
        "balance_provinces",
        "fit_priors",
        "cities",
        "nest",
        "emissions",
        "variant",
    ):
        assert "footprints/footprint.py" not in behind(ADAPTERS[script]), script
    for script in ("footprint", "variant_footprints", "uncertainty_members"):
        assert "footprints/footprint.py" in behind(ADAPTERS[script]), script


def test_what_needs_a_distance_a_prior_or_a_bridge_does_not_depend_on_how_another_step_estimates():
    assert not {"trade/priors/fit.py", "trade/priors/poisson.py"} & behind(ADAPTERS["cities"])
    assert not of("entropy", behind(ADAPTERS["fit_priors"]))
    for script in ("balance_provinces", "province_trade"):
        found = behind(ADAPTERS[script])
        assert not of("dataset", found) | of("trade/priors", found), script
    for script in ("province_intensities", "super_emitters", "groups"):
        assert not {"emissions/inventory.py", "emissions/calibration.py"} & behind(
            ADAPTERS[script]
        ), script
