"""What is not installed is said with the command that installs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, requires

from .errors import CityMRIOError
from .software import DISTRIBUTIONS


@contextmanager
def optional_packages() -> Iterator[None]:
    """Name the extra of the wheel that brings a package which the block imports and cannot find.

    Raises
    ------
    CityMRIOError
        A package of an extra is missing. What no extra brings is passed on as it is.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if (extra := extra_of(DISTRIBUTIONS.get(package, package))) is None:
            raise
        raise CityMRIOError(
            f"the package {package} is not installed", where="citymrio", fix=f"pip install citymrio[{extra}]"
        ) from error


def extra_of(distribution: str) -> str | None:
    """The first extra of the wheel that requires a distribution; None where none does, or citymrio itself is not installed."""
    try:
        lines = requires("citymrio") or []
    except PackageNotFoundError:
        return None
    found = (re.match(r"([\w.-]+).*\bextra == ['\"](\w+)['\"]", line) for line in lines)
    return next((match[2] for match in found if match and match[1].lower() == distribution.lower()), None)
