"""Whether a run passes its balance audit."""

from collections.abc import Mapping

import pandas as pd

from ..base.errors import BalanceError


def audit_verdict(
    audit: pd.DataFrame, where: str, diagnostics: Mapping[str, pd.DataFrame] | None = None
) -> dict[str, float | int]:
    """How many invariants hold.

    Parameters
    ----------
    diagnostics
        cities/<p>/diagnostics.csv by their paths: what had to be softened there is said when an
        invariant fails.

    Raises
    ------
    BalanceError
        One or more fail: each with its largest relative error and the place.
    """
    failed = audit[~audit["passed"].astype(bool)]
    if audit.empty or len(failed):
        faults = "; ".join(
            f"{row.invariant} ({row.description}) is off by {row.max_rel:.3g} at {row.where}"
            for row in failed.itertuples()
        )
        softened = [
            text for path, table in (diagnostics or {}).items() if (text := _softened(path, table))
        ]
        said = f". Constraints in conflict were softened: {'; '.join(softened)}" if softened else ""
        place = (
            "the data named in the files of diagnostics" if softened else "the data of the place"
        )
        raise BalanceError(
            f"{len(failed)} of {len(audit)} invariants fail: "
            f"{faults or 'nothing was audited'}{said}.",
            where=where,
            fix=f"correct {place}; a larger audit.tolerance would only hide the fault.",
        )
    return {
        "invariants": len(audit),
        "largest_relative_error": float(audit["max_rel"].max()),
        "tolerance": float(audit["tolerance"].max()),
    }


def _softened(path: str, diagnostics: pd.DataFrame) -> str:
    """What was softened in a province: file, number of rows, the largest of them, and the reason
    where there is one.
    """
    rows = diagnostics[diagnostics["flag"].eq("softened").fillna(False).astype(bool)]
    placed = rows[rows["region"].fillna("").ne("")]
    if rows.empty:
        return ""
    text = f"{path} has {len(rows)} rows with the flag softened"
    if len(placed):
        row = placed.loc[placed["value"].abs().idxmax()]
        sector = (
            f", sector {row['sector']}" if isinstance(row["sector"], str) and row["sector"] else ""
        )
        text += (
            f", the largest '{row['quantity']}' by {row['value']:.6g} at city "
            f"{row['region']}{sector}"
        )
    reasons = rows.loc[rows["region"].fillna("").eq(""), "note"].dropna()
    return text + (f" (reason: {reasons.iloc[0]})" if len(reasons) else "")
