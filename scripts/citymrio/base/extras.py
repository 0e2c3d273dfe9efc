"""What is not installed is said with the command that installs it."""

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import CityMRIOError


@contextmanager
def optional_packages(extra: str) -> Iterator[None]:
    """Where the block imports a package that is not there, name the extra of the wheel that brings
    it.

    Raises
    ------
    CityMRIOError
        A package is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package == "citymrio":  # a fault of this project
            raise
        fix = f"pip install citymrio[{extra}]"
        raise CityMRIOError(
            f"the package {package} is not installed", where="citymrio", fix=fix
        ) from error
