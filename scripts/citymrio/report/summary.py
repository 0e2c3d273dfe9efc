"""What a run says at its end: headline numbers, what was made and where, and whether every balance holds."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from ..analysis.affluence import is_city
from ..analysis.super_emitters import most
from ..assessment.paper.readings.table import counts

WIDTH = 78
#: Warnings that the summary prints; the others are in warnings.csv.
PRINTED_WARNINGS = 5


def _line(label: str, value: str) -> str:
    return f"  {label:<46}{value:>{WIDTH - 48}}"


def _cities(regions: pd.DataFrame) -> list[str]:
    cities = regions[is_city(regions)]
    if cities.empty:
        return [_line("cities, and regions in all", f"0, {len(regions)}")]
    total = cities["cba_mt"].sum()
    capital = cities["cba_capital_mt"].sum() / cities["cba_demand_mt"].sum()
    first = cities.loc[cities["quintile"].eq("Q1"), "cba_mt"].sum()
    kinds = cities["super_emitter"].value_counts()
    emitters = [f"{kinds.get(kind, 0)} {kind}" for kind in ("demand", "technology", "hybrid")]
    return [
        _line("cities, and regions in all", f"{len(cities)}, {len(regions)}"),
        _line("footprints of the cities (CBA)", f"{total:,.1f} Mt CO2"),
        _line("their production emissions (PBA)", f"{cities['pba_mt'].sum():,.1f} Mt CO2"),
        _line("footprint per capita", f"{total * 1e6 / cities['population'].sum():.2f} t CO2"),
        _line("capital formation in footprints", f"{capital:.1%}"),
        _line("the first quintile of cities in footprints", f"{first / total:.1%}"),
        _line("super-emitters", ", ".join(emitters) + (f" of {len(cities)}" if most(cities["super_emitter"]) else "")),
    ]


def summary(
    *,
    run: Mapping,
    regions: pd.DataFrame,
    intercity: pd.DataFrame,
    scenarios: pd.DataFrame,
    verdict: Mapping,
    accuracy: pd.DataFrame | None,
    warnings: pd.DataFrame,
    outputs: Mapping[str, Sequence[str]],
    paper: tuple[pd.DataFrame, pd.DataFrame] | None = None,
) -> str:
    """The text printed at the end of a run.

    Parameters
    ----------
    run
        dataset.json.
    regions, intercity, scenarios, accuracy
        Tables of the run (accuracy: only where the truth is known).
    verdict
        Of :func:`audit_verdict`.
    warnings
        warnings.csv: the first are printed, and how many there are.
    outputs
        Kind of output -> paths.
    paper
        paper_comparison.csv and readings.csv, where the run stands beside the paper.
    """
    share = intercity.set_index("component")["share"]
    money = f"{run['unit']}, {run['price_basis']}"
    chosen = scenarios[scenarios["headline"].astype(bool)]
    lines = [
        "=" * WIDTH,
        _heading(run) + (": synthetic data; no place in it is real" if run["synthetic"] else ""),
        "",
        *_cities(regions),
        _line("money", money if len(money) <= WIDTH - 49 else run["unit"]),
        _line("footprints emitted outside the consuming city", f"{1 - share['same_city']:.1%}"),
    ]
    if count := int(regions["inventory_status"].eq("modelled").sum()):
        lines.append(_line("regions whose emissions are modelled", f"{count} of {len(regions)}"))
    lines += [_line(f"scenario {row.side}, {row.depth}", _saved(row.saving_mt)) for row in chosen.itertuples()]
    lines.append(
        _line(
            "balances that hold",
            f"{verdict['invariants']} of {verdict['invariants']}, to {verdict['largest_relative_error']:.1e}",
        )
    )
    if accuracy is not None:
        lines.append(_line("estimate against the known truth", f"{len(accuracy)} measures in accuracy.csv"))
    if paper is not None:
        lines += paper_lines(*paper)
    lines.append(_line("warnings", f"{len(warnings)} in warnings.csv" if len(warnings) else "none"))
    for row in warnings.head(PRINTED_WARNINGS).itertuples():
        lines += textwrap.wrap(
            f"{row.where}: {row.what}: {row.value}",
            WIDTH,
            initial_indent="  - ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    if len(warnings) > PRINTED_WARNINGS:
        lines.append(f"    ... and {len(warnings) - PRINTED_WARNINGS} more: tables/warnings.csv explains each of them")
    lines.append("")
    for kind, paths in outputs.items():
        folder = Path(paths[0]).parent
        lines.append(f"  {kind:<12}{folder}/: " + _names(paths))
    return "\n".join([*lines, "=" * WIDTH, ""])


def paper_lines(comparison: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """How many of the paper's results the run meets, as used and in some reading; nothing where they cannot be compared."""
    total, used, some = counts(comparison, table)
    if not total:
        return []
    return [
        _line("the paper's results within tolerance, as used", f"{used} of {total}"),
        _line("... in at least one reading of its text", f"{some} of {total}"),
    ]


def _saved(amount: float) -> str:
    """A saving in Mt, with the digits that a small one needs."""
    if amount == 0:
        return "nothing to save"
    return f"{amount:,.1f} Mt CO2 saved" if abs(amount) >= 0.05 else f"{amount * 1e3:,.2g} kt CO2 saved"


def _heading(run) -> str:
    """Name and year; the year once."""
    name, year = str(run["name"]), str(run["year"])
    return name if year in name.split() else f"{name}, {year}"


def _names(paths: Sequence[str]) -> str:
    names = sorted({Path(path).stem for path in paths})
    return f"{', '.join(names[:6])}{f' and {len(names) - 6} more' if len(names) > 6 else ''}"
