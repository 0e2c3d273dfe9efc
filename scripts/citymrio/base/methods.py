"""The two published ways of estimating, as values of the configuration."""

from typing import Any

#: Keys of `cities` that `method` sets; a key that is written in the configuration stays as written.
METHODS: dict[str, dict[str, Any]] = {
    "paper": {
        "split": "paper",
        "trade_prior": "uniform",
        "demand": "ratio",
        "demand_tilt": False,
        "emissions_enter": "intensity",
    },
    "calibrated": {
        "split": "joint",
        "trade_prior": "border",
        "demand": "consumption",
        "demand_tilt": True,
        "emissions_enter": "both",
    },
}
