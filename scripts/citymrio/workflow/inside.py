"""Where the workflow uses the inside of Snakemake, which no version promises to keep.

Where that is not as expected, the run goes on as Snakemake alone would do it, and says in one line
what it does without.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any

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
    called = re.match(r"([\w.]+)\(\) .*argument", str(error))
    return called is not None and _has(called[1])


def _has(name: str) -> bool:
    """Whether a function of this qualified name is Snakemake's; among the names of its modules are
    those of our rules, too.
    """
    modules: list[Any] = [kept for key, kept in sys.modules.items() if key.startswith("snakemake")]
    for module in modules:
        found = reduce(lambda owner, part: getattr(owner, part, None), name.split("."), module)
        code = getattr(found, "__code__", None)
        if code and (found.__module__ or "").startswith("snakemake"):
            return not code.co_filename.endswith((".smk", "Snakefile"))
    return False


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
