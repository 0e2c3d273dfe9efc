"""The spreads of the ensemble: defaults of `uncertainty`, where they come from, and what was seen
when they were chosen.

``data/spreads.csv`` has a row for each. The models of the configuration, their reference in
config/README.md, what the ensemble takes without fitted priors, and the table in docs/evidence.md
follow from it.
"""

import csv
from importlib.resources import files
from typing import Any, NamedTuple


class Spread(NamedTuple):
    """A row of spreads.csv.

    Attributes
    ----------
    name
        Key of `uncertainty`: a standard deviation (`*_sd`, by word of a kind or key sector
        `*_sectors`) or a range (`*_range`).
    value
        Default: a number, the two ends of a range joined by ";", or blank where the run fits it.
    without_priors
        What the ensemble takes where neither the configuration nor priors.csv has it; declared.
    basis
        `fitted`, `measured` or `declared`, as in docs/evidence.md.
    seen
        Which cases were known when it was chosen.
    """

    name: str
    value: str
    without_priors: str
    unit: str
    what: str
    basis: str
    source: str
    seen: str
    reason: str

    @property
    def default(self) -> Any:
        """The default as a number, as a pair of numbers, or None."""
        numbers = tuple(map(float, filter(None, self.value.split(";"))))
        return numbers if len(numbers) == 2 else next(iter(numbers), None)

    @property
    def description(self) -> str:
        """What it is, and the basis of its default; docs/evidence.md has source and reason."""
        instead = (
            f"; {self.without_priors} without priors" if self.without_priors.strip("0") else ""
        )
        return f"{self.what}. {self.basis.capitalize()}{instead}."


SPREADS = tuple(
    Spread(**row)
    for row in csv.DictReader(
        files(__package__).joinpath("data/spreads.csv").read_text(encoding="utf-8").splitlines()
    )
)
