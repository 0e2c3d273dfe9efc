"""What a step of the estimation reports about itself: the rows of provinces/trade.csv and
cities/<p>/diagnostics.csv.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = ["step", "quantity", "region", "sector", "value", "limit", "flag", "note"]


@dataclass(frozen=True)
class Diagnostics:
    """Rows that one step of the estimation adds to while it works."""

    step: str
    rows: list[dict[str, Any] | Callable[[], Iterable[dict[str, Any]]]] = field(
        default_factory=list
    )

    def add(self, quantity: str, value: float, **columns: Any) -> None:
        """One more row; `columns`: region, sector, limit, flag, note."""
        self.rows.append({"quantity": quantity, "value": value, **columns})

    def add_all(self, rows: Callable[[], Iterable[dict[str, Any]]]) -> None:
        """Many more rows, which are not made before they are read: an ensemble reads none."""
        self.rows.append(rows)

    @property
    def every(self) -> list[dict[str, Any]]:
        """All rows."""
        return [row for part in self.rows for row in (part() if callable(part) else (part,))]

    def add_certificate(
        self, certificate: Any, names: Iterable[str], limit: float = np.nan
    ) -> None:
        """Numbers of a certificate of the solver; `limit` is that of the residual."""
        for name in names:
            self.add(
                name,
                float(getattr(certificate, name)),
                limit=limit if name == "residual" else np.nan,
            )

    def table(self) -> pd.DataFrame:
        """The rows: step, quantity, region, sector, value, limit, flag, note."""
        rows, blank = self.every, dict.fromkeys(("region", "sector", "flag", "note"), "")
        columns = {
            name: [row.get(name, blank.get(name, np.nan)) for row in rows] for name in COLUMNS
        }
        columns |= {"step": [self.step] * len(rows)} | {
            name: pd.Series(columns[name], dtype=object) for name in blank
        }
        return pd.DataFrame(columns) if rows else pd.DataFrame(columns=COLUMNS, dtype=object)
