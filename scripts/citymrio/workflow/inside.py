"""Where the workflow uses the inside of Snakemake, which no version promises to keep.

Where that is not as expected, the run goes on as Snakemake alone would do it, and says in one line
what it does without.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..base.software import version

_said: set[str] = set()


def _is_snakemakes(error: Exception) -> bool:
    """Whether an error says that something of Snakemake is not there, or is called otherwise;
    errors of our own stay errors.
    """
    if isinstance(error, AttributeError):
        owner = error.obj if isinstance(error.obj, type) else type(error.obj)
        return error.obj is None or owner.__module__.startswith(("snakemake", "logging"))
    if isinstance(error, ImportError):
        return (error.name or "").startswith("snakemake")
    return isinstance(error, TypeError) and "argument" in str(error)


@contextmanager
def inside(without: str) -> Iterator[None]:
    """A block that uses the inside of Snakemake: where that is another one, the block ends early,
    and one line says `without`.
    """
    try:
        yield
    except (AttributeError, ImportError, TypeError) as error:
        if not _is_snakemakes(error):
            raise
        if without not in _said:
            _said.add(without)
            print(
                f"Snakemake {version('snakemake')} is not one this workflow knows ({error}): "
                f"{without}.",
                file=sys.stderr,
            )
