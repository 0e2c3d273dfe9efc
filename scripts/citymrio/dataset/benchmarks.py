"""What a run reads of benchmarks.csv, all of it here: a parameter that no function below reads is
refused (`unread`).
"""

import difflib
from collections.abc import Iterable

import pandas as pd

PEAK, SUPER = "peak_emissions", "super_share"
INTENSITY, MEGACITY, PER_CAPITA = "global_intensity.", "megacity_capital_share.", "per_capita."
PLAUSIBLE = "plausible_intensity."
#: Parameters in t CO2 per money.
INTENSITIES = (INTENSITY, PLAUSIBLE)
#: Beginning of the targets of the deficits, and their cases.
DEFICIT_TARGET, DEFICIT_CASES = "deficit_target.", ("to_q3", "to_q2")
#: An intensity this many times another one (the nation's, the benchmark) is said to be far off.
FAR_OFF = 10.0
#: Whose footprint per capita figure 1 shows: end of the parameter -> name.
REFERENCES = {"us": "United States", "eu": "European Union", "global": "World"}


def _values(benchmarks: pd.DataFrame) -> pd.Series:
    return benchmarks.set_index("parameter")["value"].astype(float)


def _beginning(benchmarks: pd.DataFrame, prefix: str) -> pd.Series:
    values = _values(benchmarks)
    found = values[values.index.str.startswith(prefix)]
    return found.rename(index=lambda name: name.removeprefix(prefix))


def global_intensities(benchmarks: pd.DataFrame) -> pd.Series:
    """``global_intensity.<key>``: t CO2 per unit of money, by key sector."""
    return _beginning(benchmarks, INTENSITY)


def plausible_intensities(benchmarks: pd.DataFrame) -> pd.Series:
    """``plausible_intensity.<key>``: t CO2 per unit of money that no region's key sector can well
    exceed, by key sector.
    """
    return _beginning(benchmarks, PLAUSIBLE)


def megacity_shares(benchmarks: pd.DataFrame) -> pd.Series:
    """``megacity_capital_share.<city>``: share of capital in final demand, by city."""
    return _beginning(benchmarks, MEGACITY)


def per_capita(benchmarks: pd.DataFrame) -> dict[str, float]:
    """``per_capita.us``, ``.eu``, ``.global``: t CO2 per person, by name."""
    found = _beginning(benchmarks, PER_CAPITA)
    return {name: float(found[key]) for key, name in REFERENCES.items() if key in found}


def assumed(benchmarks: pd.DataFrame) -> set[str]:
    """Parameters whose source says that the value is assumed."""
    return set(
        benchmarks.loc[
            benchmarks["source"].astype(str).str.lower().str.startswith("assumed"), "parameter"
        ]
    )


def assumed_references(benchmarks: pd.DataFrame) -> set[str]:
    """Names of :func:`per_capita` whose value is assumed."""
    return {name for key, name in REFERENCES.items() if PER_CAPITA + key in assumed(benchmarks)}


def peak_emissions(benchmarks: pd.DataFrame) -> float | None:
    """``peak_emissions``: Gt CO2 at the country's carbon peak; None where it is not given."""
    values = _values(benchmarks)
    return float(values[PEAK]) if PEAK in values else None


def deficit_targets(benchmarks: pd.DataFrame) -> pd.Series:
    """``deficit_target.to_q3``, ``.to_q2``: USD per capita that less affluent cities are lifted to,
    by case.
    """
    return _beginning(benchmarks, DEFICIT_TARGET)


def super_share(benchmarks: pd.DataFrame) -> float | None:
    """``super_share``: share of all emissions that makes a city a super-emitter; None where it is
    not given.
    """
    values = _values(benchmarks)
    return float(values[SUPER]) if SUPER in values else None


def unit_of(parameter: str, money: str) -> str:
    """The unit in which a parameter is used, `money` being the dataset's; "" of one that nothing
    reads.
    """
    units = {
        PEAK: "Gt CO2",
        SUPER: "1",
        MEGACITY: "1",
        PER_CAPITA: "t CO2 per person",
        DEFICIT_TARGET: "USD per person",
    }
    units |= dict.fromkeys(INTENSITIES, f"t CO2 per {money}" if money else "")
    return next((unit for name, unit in units.items() if parameter.startswith(name)), "")


def known(keys: Iterable[str]) -> list[str]:
    """Every parameter that is read; `keys` are the key sectors of inventory_sectors.csv."""
    named = [
        *(PER_CAPITA + name for name in REFERENCES),
        *(DEFICIT_TARGET + case for case in DEFICIT_CASES),
    ]
    return [
        PEAK,
        SUPER,
        *named,
        *(kind + key for kind in INTENSITIES for key in keys),
        MEGACITY + "<city>",
    ]


def unread(parameter: str, keys: Iterable[str]) -> str | None:
    """The parameters that are nearest to one that nothing reads, in words; None for one that is
    read.
    """
    names = known([*keys])
    if parameter in names[:-1] or (parameter.startswith(MEGACITY) and parameter != MEGACITY):
        return None
    near = difflib.get_close_matches(parameter, names, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(names)}"
