"""What an edit reruns: how many modules of the library stand behind each adapter, and which of them do not."""

from __future__ import annotations

import pytest

from citymrio.workflow.code import closure

#: Adapter -> most modules of the library that its result may depend on.
BOUNDS = {
    "audit": 28,
    "balance_provinces": 40,
    "change": 43,
    "cities": 64,
    "collect_warnings": 13,
    "compare": 69,
    "dataset": 44,
    "explorer": 64,
    "figure": 19,
    "fit_priors": 26,
    "footprint": 28,
    "given_table": 31,
    "groups": 30,
    "headline": 15,
    "identified": 13,
    "interval_coverage": 18,
    "inventory": 39,
    "known_trade": 31,
    "known_truth": 33,
    "left_out": 112,
    "left_out_draws": 110,
    "mrio_table": 28,
    "nest": 23,
    "observations_use": 11,
    "paper_comparison": 14,
    "paper_readings": 70,
    "pass_audit": 11,
    "provenance": 9,
    "province_intensities": 13,
    "province_mrio": 14,
    "province_trade": 43,
    "provinces_as_cities": 67,
    "region_chains": 25,
    "retrieve": 15,
    "scenarios": 47,
    "sensitivity": 58,
    "start_page": 25,
    "summary": 25,
    "super_emitters": 20,
    "supplied_mrio": 31,
    "supply_paths": 27,
    "system_coverage": 151,
    "system_spreads": 151,
    "systems": 26,
    "systems_coverage": 20,
    "table_pages": 18,
    "trends": 12,
    "true_footprints": 29,
    "truth": 151,
    "uncertainty": 31,
    "uncertainty_members": 135,
    "uncertainty_report": 33,
    "validation": 24,
    "value_of_data": 24,
    "value_of_data_report": 41,
    "variant": 97,
    "variant_footprints": 37,
    "variants": 21,
}


#: What hands jobs their inputs and settings stands behind all of them, and counts apart.
SHARED = ("config/", "workflow/")


@pytest.fixture
def modules(root, adapters):
    """Modules behind an adapter, as `code()` in rules/start.smk finds them, relative to scripts/citymrio."""

    def found(script: str) -> set[str]:
        files = closure(adapters[script], root / "scripts")
        return {str(path.relative_to(root / "scripts/citymrio")) for path in files[1:] if path.suffix == ".py"}

    return found


def test_every_adapter_has_a_bound(adapters):
    assert adapters.keys() == BOUNDS.keys()


@pytest.mark.parametrize("script", BOUNDS)
def test_an_adapter_depends_on_few_modules(modules, script):
    found = {name for name in modules(script) if not name.startswith(SHARED)}
    assert 0 < len(found) <= BOUNDS[script], sorted(found)


def test_what_every_job_loads_counts_for_every_job(modules):
    """A property of a section, the writer of warnings, the writer of the record: an edit of each can change results."""
    for script in BOUNDS:
        shared = {name for name in modules(script) if name.startswith(SHARED)}
        plumbing = {
            "workflow/__init__.py",
            *(f"workflow/{name}.py" for name in ("code", "job", "loaded", "lock", "manifest", "versions")),
        }
        assert (
            plumbing
            <= shared
            <= plumbing
            | {
                "workflow/provenance.py",
                *(f"config/{n}.py" for n in ("__init__", "models", "kinds", "loading", "places", "spreads")),
            }
        ), (script, sorted(shared))
    assert "config/models.py" in modules("cities")
    assert "workflow/provenance.py" in modules("provenance")


def test_an_edit_of_the_footprint_reruns_no_estimation(modules):
    for script in ("dataset", "balance_provinces", "fit_priors", "cities", "nest", "inventory", "variant"):
        assert "footprints/footprint.py" not in modules(script), script
    for script in ("footprint", "variant_footprints", "uncertainty_members"):
        assert "footprints/footprint.py" in modules(script), script


def test_what_needs_a_distance_a_prior_or_a_bridge_does_not_depend_on_how_another_step_estimates(modules):
    assert not {"trade/priors/fit.py", "trade/priors/poisson.py"} & modules("cities")
    assert not [name for name in modules("fit_priors") if name.startswith("entropy/")]
    for script in ("balance_provinces", "province_trade"):
        assert not [name for name in modules(script) if name.startswith(("dataset/", "trade/priors/"))], script
    for script in ("province_intensities", "super_emitters", "groups"):
        assert not {"emissions/inventory.py", "emissions/calibration.py"} & modules(script), script
