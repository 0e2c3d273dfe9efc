"""What people look at of an ensemble: its figures, and its page in plain words."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ..assessment.ensemble.layout import REJECTED
from ..config.models import Figures
from .figures import ensemble
from .figures.registry import ENSEMBLE, Entry
from .language import word
from .words import results_page


def counted(numbers: pd.DataFrame, method: str, language: str = "en") -> str:
    """How many members an ensemble counts, and by which method."""
    left_out = numbers.set_index("quantity").loc[REJECTED]
    count = left_out["members"] - left_out["mean"]
    return word("{:.0f} members, method {}", language, count, word(method, language))


def origin_of(run: Mapping[str, Any]) -> str:
    """Which country and year, and whether its numbers are invented; `run` is dataset.json."""
    return f"{run['name']}, {run['year']}" + (", synthetic data" if run["synthetic"] else "")


def page(
    tables: Mapping[str, pd.DataFrame],
    run: Mapping[str, Any],
    level: float,
    method: str,
    language: str = "en",
) -> str:
    """The page "How sure are the results?".

    Parameters
    ----------
    tables
        uncertainty/{regions,numbers,variance}.csv and, where the paper's numbers stand beside the
        run, paper_comparison.csv.
    run
        dataset.json.
    level
        Probability of the intervals.
    method
        Of the ensemble.
    language
        Of its words.
    """
    return results_page(
        dict(tables),
        tables.get("paper_comparison"),
        origin=origin_of(run),
        method=method,
        level=level,
        synthetic=bool(run["synthetic"]),
        language=language,
    )


def figures(
    tables: Mapping[str, pd.DataFrame],
    run: Mapping[str, Any],
    level: float,
    method: str,
    config: Figures,
    entries: Mapping[str, Entry] = ENSEMBLE,
) -> dict[str, Figure]:
    """The figures by name; parameters as of :func:`page`, `tables` with provinces/priors.csv and
    sectors.csv.
    """
    language, found = run.get("language", "en"), {}
    basis = counted(tables["numbers"], method, language)
    for name, entry in entries.items():
        read = {table: tables[table] for table in (*entry.tables, *entry.dataset)}
        said = {**run, "modelled": word(ensemble.NOTES[name], language, level, basis)}
        found[name] = getattr(ensemble, name)(
            read, None, config, synthetic=bool(run["synthetic"]), run=said
        )
    return found
