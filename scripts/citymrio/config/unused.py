"""Keys of a configuration that are written down and have no effect beside its other keys: whoever
wrote them expects one.
"""

from collections.abc import Callable, Iterator

from ..base.errors import Notice
from . import kinds
from .models import Config, Section

Condition = tuple[Callable[[Config], bool], str]

NATIONAL: Condition = (
    lambda c: c.provinces.calibrate == "national",
    "provinces.calibrate: national",
)
BORDERS: Condition = (lambda c: c.cities.trade_prior == "border", "cities.trade_prior: border")


#: An ensemble draws around the ratio rule or proxies: consumption functions have spreads of their
#: own.
OTHER_RULE: Condition = (
    lambda c: c.uncertainty.members > 0 and c.of_ensemble.cities.demand != "consumption",
    "uncertainty.members above 0 and a method with another cities.demand than consumption",
)


def _of_kind(key: str) -> Condition:
    """A key that only some kinds of a dataset read, `downloads` only where the files must be
    fetched.
    """
    fetched = key == "downloads"
    words = f"dataset.kind: {' or '.join(kinds.readers(key))}{', no raw_dir' if fetched else ''}"
    return (
        lambda c: (
            kinds.reads(c.dataset.kind, key) and not (fetched and c.dataset.raw_dir is not None)
        )
    ), words


#: Sections of the estimate, of which a given table needs none.
ESTIMATING = ("provinces", "cities", "solver", "emissions")
#: Keys of sections that estimate which a given table reads all the same.
READ_OF_GIVEN = ("provinces.err_tol", "emissions.include_households")
#: Key -> when it has an effect, and how to say that. Keys that are not here have one in every run.
CONDITIONS: dict[str, Condition] = {
    **{f"dataset.{key}": _of_kind(key) for keys in kinds.KEYS.values() for key in keys},
    "dataset.extras_sources": (lambda c: bool(c.dataset.extras), "dataset.extras"),
    "dataset.extras_dir": (lambda c: bool(c.dataset.extras), "dataset.extras"),
    "assessment.known_labels": (
        lambda c: c.assessment.known_table is not None,
        "assessment.known_table",
    ),
    "provinces.concordance": (
        lambda c: c.provinces.trade_known is not None or c.cities.priors is not None,
        "provinces.trade_known or cities.priors",
    ),
    "provinces.va_cap": NATIONAL,
    "provinces.trade_cap": NATIONAL,
    "provinces.stock_cap": NATIONAL,
    "emissions.control_total_sd": (
        lambda c: c.emissions.control_total == "both" or c.uncertainty.members > 0,
        "emissions.control_total: both, or uncertainty.members above 0",
    ),
    "cities.demand_weight": (lambda c: c.cities.demand == "blend", "cities.demand: blend"),
    "cities.theta": (
        lambda c: c.cities.trade_prior in ("power", "border"),
        "cities.trade_prior: power or border",
    ),
    "cities.border_change": BORDERS,
    "cities.border_barrier": BORDERS,
    "cities.distances": (
        lambda c: c.cities.trade_prior != "uniform" or c.cities.needs_priors,
        "cities.trade_prior: power or border",
    ),
    "cities.priors": (
        lambda c: c.cities.needs_priors,
        "cities.trade_prior: border, cities.demand: consumption, or cities.demand_tilt: true",
    ),
    "groups.quintile_sizes": (
        lambda c: not c.groups.thresholds_usd,
        "groups.thresholds_usd left out",
    ),
    # `output_sd_sectors` is a property of a country: its configuration has it with an ensemble or
    # without
    **{
        f"uncertainty.{name}": (lambda c: c.uncertainty.members > 0, "uncertainty.members above 0")
        for name in type(Config().uncertainty).model_fields
        if name not in ("members", "output_sd_sectors")
    },
    **dict.fromkeys(("uncertainty.demand_sd", "uncertainty.demand_weight_range"), OTHER_RULE),
}


def _condition(config: Config, key: str) -> Condition:
    """When a key has an effect."""
    estimates = key.partition(".")[0] in ESTIMATING
    if config.dataset.kind == kinds.GIVEN and estimates and key not in READ_OF_GIVEN:
        return (
            lambda c: False,
            "another dataset.kind than mrio: nothing is estimated from a given table",
        )
    return CONDITIONS.get(key, (lambda c: True, ""))


def unused_keys(config: Config) -> list[Notice]:
    """Keys that were given and have no effect.

    A key of the main configuration counts where the main estimate, a variant without a value of its
    own or the ensemble uses it, a key of a variant in that variant.
    """

    def takes(name: str, key: str) -> bool:
        """Whether a variant takes a key of the main configuration as it stands."""
        section, _, short = key.partition(".")
        return short not in getattr(config.variants[name], section, {})

    variants = {name: config.with_variant(name) for name in sorted(config.variants)}
    drawn = config.uncertainty.members > 0  # members use the keys of `cities` of another method
    asked = [
        (
            "configuration",
            key,
            value,
            (config, *(changed for name, changed in variants.items() if takes(name, key))),
        )
        for key, value in _given(config)
        if not (drawn and key.startswith("cities."))
    ]
    asked += [
        (f"configuration, variant {name}", f"{section}.{key}", value, (changed,))
        for name, changed in variants.items()
        for section in ("cities", "provinces", "emissions")
        for key, value in getattr(config.variants[name], section).items()
    ]
    notices = []
    for where, key, value, configs in asked:
        used, condition = _condition(config, key)
        if not any(map(used, configs)):
            notices.append(
                Notice(
                    where=where,
                    what=f"'{key}' has no effect",
                    value=str(value),
                    expectation=condition,
                    effect="It is ignored. Fix: set what it needs, or remove it.",
                )
            )
    return notices


def _given(config: Config) -> Iterator[tuple[str, object]]:
    for name in type(config).model_fields:
        section = getattr(config, name)
        if isinstance(section, Section):
            for short in type(section).model_fields:
                if short in section.model_fields_set:
                    yield f"{name}.{short}", getattr(section, short)
