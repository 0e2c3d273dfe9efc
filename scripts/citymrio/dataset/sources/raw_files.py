"""The files of a sources list by what they are."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ...base.errors import DataError
from ..contract.corrections import NONE, Corrections, FileCorrections


@dataclass(frozen=True)
class RawFiles:
    """The files of a sources list: where they lie (`retrieve.verify`), and the corrections of their
    cells.
    """

    sources: pd.DataFrame
    paths: dict[str, Path]
    corrections: Corrections = field(default_factory=lambda: NONE.whole)

    def path(self, role: str, province: str = "") -> Path:
        """The one file of a role (and province).

        Raises
        ------
        DataError
            The sources list has none, or several.
        """
        rows = self._rows(role, province)
        if len(rows) != 1:
            what = f"role '{role}'" + (f" and province '{province}'" if province else "")
            raise DataError(
                f"{len(rows)} files have the {what}; expected one",
                where="sources list",
                fix="correct its columns role, province.",
            )
        return self.paths[rows.iloc[0]]

    def optional(self, role: str) -> Path | None:
        """The one file of a role, None where there is none."""
        return self.path(role) if len(self._rows(role, "")) else None

    def of(self, role: str, province: str = "") -> FileCorrections:
        """Corrections of that file, under its name or the code of its province."""
        return self.corrections.of(*filter(None, [province, *self._rows(role, province)]))

    def _rows(self, role: str, province: str) -> pd.Series:
        return self.sources.file[(self.sources.role == role) & (self.sources.province == province)]


def as_listed(sources: pd.DataFrame) -> list[dict[str, str]]:
    """The sources as dataset.json names them."""
    return sources[["file", "sha256", "url", "terms"]].to_dict("records")
