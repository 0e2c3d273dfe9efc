"""One entry of the catalogue of bad inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """One entry: identifier, what is broken, the message as a regular expression."""

    name: str
    broken: str
    damage: Any
    expect: str
    more: bool = False
