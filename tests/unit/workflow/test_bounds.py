"""What an edit reruns: how many modules of the library stand behind each adapter, and which of them do not."""

from __future__ import annotations

import pytest

from citymrio.dataset.sources import SOURCES
from citymrio.workflow.code import closure

#: Adapter -> most modules of the library that its result may depend on.
BOUNDS = {
    "audit": 23,
    "balance_provinces": 38,
    "change": 40,
    "cities": 60,
    "collect_warnings": 24,
    "compare": 68,
    "dataset": 40,
    "explorer": 65,
    "figure": 15,
    "fit_priors": 22,
    "footprint": 24,
    "given_table": 29,
    "groups": 27,
    "headline": 15,
    "identified": 15,
    "interval_coverage": 15,
    "inventory": 39,
    "known_trade": 30,
    "known_truth": 30,
    "left_out": 108,
    "left_out_draws": 106,
    "mrio_table": 23,
    "nest": 20,
    "observations_use": 11,
    "paper_comparison": 13,
    "paper_readings": 72,
    "pass_audit": 14,
    "provenance": 7,
    "province_intensities": 11,
    "province_mrio": 11,
    "province_trade": 39,
    "provinces_as_cities": 61,
    "region_chains": 22,
    "retrieve": 11,
    "scenarios": 46,
    "sensitivity": 60,
    "start_page": 25,
    "summary": 24,
    "super_emitters": 18,
    "supplied_mrio": 30,
    "supply_paths": 24,
    "system_coverage": 144,
    "system_spreads": 144,
    "systems": 19,
    "systems_coverage": 18,
    "table_pages": 14,
    "trends": 12,
    "true_footprints": 24,
    "truth": 85,
    "uncertainty": 23,
    "uncertainty_members": 129,
    "uncertainty_report": 37,
    "validation": 21,
    "value_of_data": 20,
    "value_of_data_report": 44,
    "variant": 91,
    "variant_footprints": 33,
    "variants": 17,
}


def modules(root, script: str, *also: str) -> set[str]:
    """Modules behind an adapter, as `code()` in rules/start.smk finds them, relative to scripts/citymrio."""
    files = closure(root / f"scripts/{script}.py", root / "scripts", also=also)
    return {str(path.relative_to(root / "scripts/citymrio")) for path in files[1:] if path.suffix == ".py"}


def test_every_adapter_has_a_bound(root):
    assert {path.stem for path in (root / "scripts").glob("*.py")} == BOUNDS.keys()


@pytest.mark.parametrize("script", BOUNDS)
def test_an_adapter_depends_on_few_modules(root, script):
    found = modules(root, script)
    assert 0 < len(found) <= BOUNDS[script], sorted(found)


def test_an_edit_of_configuration_or_plumbing_reruns_nothing(root):
    for script in BOUNDS:
        also = SOURCES.values() if script == "dataset" else ()
        found = modules(root, script, *also)
        assert not [name for name in found if name.startswith(("config/", "workflow/"))], script


def test_an_edit_of_the_footprint_reruns_no_estimation(root):
    for script in ("dataset", "balance_provinces", "fit_priors", "cities", "nest", "inventory", "variant"):
        assert "footprints/footprint.py" not in modules(root, script), script
    for script in ("footprint", "variant_footprints", "uncertainty_members"):
        assert "footprints/footprint.py" in modules(root, script), script


def test_what_needs_a_distance_a_prior_or_a_bridge_does_not_depend_on_how_another_step_estimates(root):
    assert not {"trade/priors/fit.py", "trade/priors/poisson.py"} & modules(root, "cities")
    assert not [name for name in modules(root, "fit_priors") if name.startswith("entropy/")]
    for script in ("balance_provinces", "province_trade"):
        assert not [name for name in modules(root, script) if name.startswith(("dataset/", "trade/priors/"))], script
    for script in ("province_intensities", "super_emitters", "groups"):
        assert not {"emissions/inventory.py", "emissions/calibration.py"} & modules(root, script), script
