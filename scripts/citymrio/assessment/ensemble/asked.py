"""How many members `make value-of-data` uses where none are given: ``citymrio members CONFIG``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ...base.labels import read_table
from ...config.loading import read_config
from .layout import REJECTED

#: Members to which a smaller ensemble grows.
USUAL = 100


def members_asked(config: Path, results: Path = Path("results")) -> int:
    """Members of the ensemble that the run has, or the configuration asks for, `USUAL` at least."""
    chosen = read_config(config)
    known, table = (
        [USUAL, chosen.uncertainty.members],
        results / chosen.run / "uncertainty" / "numbers.csv",
    )
    if table.is_file():
        numbers = read_table(table).set_index("quantity")
        if REJECTED in numbers.index:
            known.append(int(numbers.at[REJECTED, "members"]))
    return max(known)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the number."""
    parser = argparse.ArgumentParser(prog="citymrio members", description=__doc__)
    parser.add_argument("config", type=Path, help="configuration file")
    print(members_asked(parser.parse_args(arguments).config))
    return 0
