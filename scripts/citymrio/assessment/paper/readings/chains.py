"""Readings that need the chain again: which settings they change, and which estimate of a run has
them (cheap to import).
"""

from collections.abc import Mapping
from typing import Any

from ....base.methods import METHODS
from ....config.models import Config

#: Name of the variant that a message proposes -> its settings, as dotted keys of the configuration.
CHAINS: dict[str, dict[str, Any]] = {
    "calibrated": {"method": "calibrated"},
    "demand_proxy": {"cities.demand": "proxy"},
    "national_emissions": {"emissions.control_total": "national"},
    "cities_raw": {"emissions.control_total": "cities_raw"},
    "outputs_by_emissions": {"cities.emissions_enter": "output"},
    "power_plants": {"cities.extras": ("power_plants",)},
}

#: The main estimate among the names of variants.
MAIN = "main"


def with_settings(config: Config, settings: Mapping[str, Any]) -> Config:
    """The configuration with dotted keys (``groups.affluence``, ``method``) in place; `method`
    brings its keys of `cities`.
    """
    sections: dict[str, dict[str, Any]] = {}
    top: dict[str, Any] = {}
    for key, value in settings.items():
        section, _, name = key.partition(".")
        if name:
            sections.setdefault(section, {})[name] = value
        elif value != getattr(config, key):
            top[key] = value
            sections["cities"] = METHODS[value] | sections.get("cities", {})
    for section, changed in sections.items():
        model = getattr(config, section)
        top[section] = type(model).model_validate(model.model_dump() | changed)
    return config.model_copy(update=top)


def estimate_of(config: Config, wanted: Config) -> str | None:
    """The estimate of a run that has the tables and emissions of another configuration: ``main``, a
    variant, or none.
    """
    names = {MAIN: config, **{name: config.with_variant(name) for name in config.variants}}
    return next((name for name, own in names.items() if _chain(own) == _chain(wanted)), None)


def variants_read(config: Config) -> list[str]:
    """Variants of a configuration that some reading is computed from."""
    found = [
        estimate_of(config, with_settings(config, settings))
        for settings in (*CHAINS.values(), {"method": "paper"})
    ]
    return [name for name in dict.fromkeys(found) if name not in (None, MAIN)]


def other_method(config: Config) -> str | None:
    """The variant of a run that is the estimate by the method which the run does not use; none: it
    has no such variant.
    """
    (method,) = {*METHODS} - {config.method}
    found = estimate_of(config, with_settings(config, {"method": method}))
    return None if found == MAIN else found


def proposal(settings: Mapping[str, Any]) -> str:
    """What to add to a configuration whose estimates lack a reading's settings: the variant by its
    name and keys.
    """
    name = next((name for name, keys in CHAINS.items() if keys.items() <= settings.items()), None)
    chosen = (
        CHAINS[name] if name else {key: value for key, value in settings.items() if is_chain(key)}
    )
    keys = ", ".join(f"{key}: {_shown(value)}" for key, value in chosen.items())
    return f"variant {name} ({keys})" if name else f"variant ({keys})"


def is_chain(key: str) -> bool:
    """Whether a setting changes the estimated tables or emissions, not only what is made of
    them.
    """
    return (
        key == "method"
        or key.startswith("cities.")
        or key in ("emissions.control_total", "emissions.missing")
    )


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)


def _chain(config: Config) -> tuple[dict[str, Any], ...]:
    sections = (config.cities, config.provinces, config.emissions)
    return tuple(section.model_dump(exclude={"include_households"}) for section in sections)
