"""The typed configuration: what it accepts, what it refuses and how it says so, and the files
generated from it.
"""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from citymrio.base.errors import ConfigError
from citymrio.base.methods import METHODS
from citymrio.config.models import Config, load_config


def read(root, name):
    return yaml.safe_load((root / "config" / name).read_text(encoding="utf-8"))


def test_an_empty_configuration_is_the_synthetic_country():
    config = load_config({})
    assert (config.run, config.dataset.kind, config.cities.split) == (
        "synthetic",
        "synthetic",
        "paper",
    )


def test_every_shipped_configuration_is_valid_for_the_models_and_for_the_schema(root):
    schema = json.loads((root / "config/schema.json").read_text(encoding="utf-8"))
    names = sorted(path.name for path in (root / "config").glob("*.yaml"))
    assert {"config.yaml", "tiny.yaml"} <= set(names)
    for name in names:
        values = read(root, name)
        jsonschema.validate(values, schema)
        assert load_config(values, source=name).run


def test_runs_of_shipped_configurations_do_not_overwrite_each_other(root):
    runs = [read(root, path.name)["run"] for path in (root / "config").glob("*.yaml")]
    assert len(set(runs)) == len(runs)


def test_every_key_has_a_description():
    def keys(model, prefix=""):
        for name, field in model.model_fields.items():
            yield prefix + name, field.description
            if hasattr(field.annotation, "model_fields"):
                yield from keys(field.annotation, f"{prefix}{name}.")

    assert [key for key, description in keys(Config) if not description] == []


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        ({"citis": {}}, "unknown key 'citis': did you mean 'cities'?"),
        ({"cities": {"spilt": "joint"}}, "unknown key 'cities.spilt': did you mean 'split'?"),
        (
            {"variants": {"a": {"city": {}}}},
            "unknown key 'variants.a.city': did you mean 'cities'?",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(values, hint):
    with pytest.raises(ConfigError, match=hint.replace("?", r"\?").replace(".", r"\.")):
        load_config(values)


def test_an_unknown_key_far_from_any_other_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="known keys: .*tolerance"):
        load_config({"audit": {"zzz": 1}})


def test_a_value_out_of_range_is_named_with_key_and_value():
    with pytest.raises(
        ConfigError, match=r"'cities.demand_weight' is 1\.5: .*less than or equal to 1"
    ):
        load_config({"cities": {"demand_weight": 1.5}})


@pytest.mark.parametrize("section", ["dataset", "uncertainty"])
def test_a_seed_below_0_is_refused_before_anything_is_drawn(section):
    with pytest.raises(ConfigError, match=rf"'{section}\.seed' is -5: .*equal to 0"):
        load_config({section: {"seed": -5}})


def test_all_faults_are_reported_at_once():
    with pytest.raises(ConfigError, match="(?s)'cities.theta'.*'solver.name'"):
        load_config({"cities": {"theta": -1}, "solver": {"name": "SIMPLEX"}})


def test_a_run_name_cannot_leave_the_results_folder():
    with pytest.raises(ConfigError, match="'run'"):
        load_config({"run": "../elsewhere"})


def test_a_variant_changes_only_the_keys_it_names():
    config = load_config({"variants": {"joint": {"cities": {"split": "joint"}}}})
    changed = config.with_variant("joint")
    assert changed.cities.split == "joint"
    assert changed.model_copy(update={"cities": config.cities}) == config


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ({"scenarioz": 3}, "unknown key 'scenarioz'. Fix: one of: run, method, .*scenarios"),
        (
            {"scenarios": {"capital_target": 0.3}},
            r"'scenarios' is a mapping. Fix: give a section: `.scenarios.model_copy\(update",
        ),
    ],
)
def test_a_copy_takes_known_keys_and_whole_sections(update, said):
    """The one had no effect, the other ended in an AttributeError."""
    with pytest.raises(ConfigError, match=said):
        load_config({}).model_copy(update=update)


def test_an_ensemble_has_the_cities_keys_of_its_own_method():
    config = load_config({"method": "paper"})
    assert config.of_ensemble.cities == config.cities.model_copy(update=METHODS["calibrated"])
    assert config.of_ensemble.model_copy(update={"cities": config.cities}) == config
    main = load_config({"method": "paper", "uncertainty": {"method": "main"}})
    assert main.of_ensemble == main


def test_the_variant_of_the_ensemble_differs_in_its_method_alone():
    another = {"method": "calibrated", "emissions": {"control_total": "national"}}
    alike = {"another": another, "same": {"method": "calibrated"}}
    ensemble = {"uncertainty": {"method": "calibrated"}}
    assert load_config({**ensemble, "variants": alike}).variant_of_ensemble == "same"
    assert load_config({**ensemble, "variants": {"another": another}}).variant_of_ensemble is None
    own = {**ensemble, "method": "calibrated", "variants": alike}
    assert load_config(own).variant_of_ensemble is None


@pytest.mark.parametrize("cities", [[], 0, False, ""])
def test_a_section_that_is_none_is_refused_beside_a_method_too(cities):
    with pytest.raises(ConfigError, match="'cities'"):
        load_config({"method": "calibrated", "cities": cities})


def test_a_variant_with_an_unknown_key_is_refused_when_the_configuration_is_read():
    with pytest.raises(ConfigError, match="spilt"):
        load_config({"variants": {"joint": {"cities": {"spilt": "joint"}}}})


def test_a_variant_with_a_wrong_value_is_refused_when_the_configuration_is_read():
    with pytest.raises(ConfigError, match="split"):
        load_config({"variants": {"joint": {"cities": {"split": "jiont"}}}})
