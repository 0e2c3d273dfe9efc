"""How much of what repeats itself is tried: a part in `make test-slow`, all with `make test-slow
THOROUGH=yes` (at night).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import pytest

night = pytest.mark.night
THOROUGH = os.environ.get("THOROUGH") == "yes"


def crossed(rows: Sequence, options: Sequence) -> list[tuple]:
    """Every row with every option; in a part, with the first option and with one of the others in
    turn.
    """
    if THOROUGH:
        return [(row, option) for row in rows for option in options]
    others = options[1:]
    return [
        (row, option)
        for k, row in enumerate(rows)
        for option in (options[0], others[k % len(others)])
    ]


def times(few: int, many: int) -> int:
    """How often something that differs from time to time is done again."""
    return many if THOROUGH else few


def sampled(rows: Iterable, every: int) -> list:
    """Rows of `parametrize`: one in so many of them is tried in `make test-slow` too, beginning
    with the first.
    """
    return [
        pytest.param(*(row if isinstance(row, tuple) else (row,)), marks=[night] * (k % every > 0))
        for k, row in enumerate(rows)
    ]
