"""spreads.csv: every default has a unit and says where it is from; the models and the reference
follow from it.
"""

from __future__ import annotations

import pytest

from citymrio.config.models import Uncertainty
from citymrio.config.spreads import SPREADS, Spread


@pytest.mark.parametrize("spread", SPREADS, ids=lambda spread: spread.name)
def test_a_spread_says_its_unit_its_basis_and_its_source(spread):
    assert spread.unit and spread.what and spread.seen and spread.reason
    assert spread.basis in ("fitted", "measured", "declared")
    assert spread.source or spread.basis == "declared", "a measured spread names its data"
    assert spread.value or spread.basis == "fitted" or spread.without_priors


def test_the_models_have_a_key_for_every_row_with_its_default_and_its_words():
    fields, config = Uncertainty.model_fields, Uncertainty()
    for spread in SPREADS:
        assert fields[spread.name].description == spread.description
        assert getattr(config, spread.name) == (
            {} if spread.name.endswith("_sectors") else spread.default
        )
    assert (
        config.imputed_sd == 0.6 and config.output_sd is None and config.theta_range == (0.5, 2.0)
    )


def test_a_description_says_what_is_taken_without_priors():
    row = dict.fromkeys(Spread._fields, "") | {
        "what": "Width",
        "basis": "fitted",
        "without_priors": "0.5",
    }
    assert Spread(**row).description == "Width. Fitted; 0.5 without priors."
    assert Spread(**{**row, "without_priors": "0"}).description == "Width. Fitted."


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"theta_range": (2.0, 0.5)}, "the first must not exceed the second"),
        ({"theta_range": (-1.0, 0.5)}, "greater than or equal to 0"),
        ({"border_barrier_range": (0.0, 1.5)}, "less than or equal to 1"),
        ({"members": 1}, "an interval needs at least 2"),
        ({"flows_sd": -0.1}, "greater than or equal to 0"),
    ],
)
def test_a_spread_that_cannot_be_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        Uncertainty(**given)
