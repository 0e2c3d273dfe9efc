"""Rewrites every page that is generated from the code: ``citymrio documents``, or ``make config``.

Tests fail when one of them is out of date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..assessment.ensemble import kinds
from ..base import solvers
from ..base.labels import write_atomic
from ..config.documents import tables, with_generated
from ..config.models import json_schema
from ..dataset.contract.document import rewritten
from . import tables_page

#: Page -> its text from what it is now.
GENERATED: dict[str, Callable[[str], str]] = {
    "config/schema.json": lambda text: json_schema(),
    "config/README.md": lambda text: with_generated(text, tables()),
    "docs/contracts.md": rewritten,
    "docs/entropy.md": lambda text: with_generated(text, solvers.table()),
    "docs/value-of-data.md": lambda text: with_generated(text, kinds.markdown()),
    "docs/tables.md": lambda text: tables_page.document(),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Rewrite the generated pages of the clone that the library is in."""
    argparse.ArgumentParser(prog="citymrio documents", description=main.__doc__).parse_args(arguments)
    root = Path(__file__).parents[3]
    if lacking := [name for name in GENERATED if not (root / name).is_file()]:
        print(f"{root / lacking[0]}: is not there; pages belong to a clone. Fix: run it in a clone.", file=sys.stderr)
        return 1
    for name, made in GENERATED.items():
        text = made((root / name).read_text(encoding="utf-8"))
        write_atomic(root / name, lambda target, text=text: Path(target).write_text(text, encoding="utf-8"))
    return 0
