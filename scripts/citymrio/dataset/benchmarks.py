"""What a run reads of benchmarks.csv: the names of all parameters are here, any other is refused
(`nearest_parameters`).
"""

import difflib
from collections.abc import Iterable

import pandas as pd

#: Gt CO2 at the country's carbon peak; share of all footprints or emissions that makes a city a
#: super-emitter.
PEAK, SUPER = "peak_emissions", "super_share"
#: By key sector, t CO2 per unit of money: the world's; what no region can well exceed.
INTENSITY, PLAUSIBLE = "global_intensity.", "plausible_intensity."
#: By city, share of capital in final demand; by `REFERENCES`, t CO2 per person.
MEGACITY, PER_CAPITA = "megacity_capital_share.", "per_capita."
#: Parameters in t CO2 per money.
INTENSITIES = (INTENSITY, PLAUSIBLE)
#: By case, USD per capita that less affluent cities are lifted to; the cases.
DEFICIT_TARGET, DEFICIT_CASES = "deficit_target.", ("to_q3", "to_q2")
#: An intensity this many times another one (the nation's, the benchmark) is said to be far off.
FAR_OFF = 10.0
#: Whose footprint per capita figure 1 shows: end of the parameter -> name.
REFERENCES = {"us": "United States", "eu": "European Union", "global": "World"}


def _values(benchmarks: pd.DataFrame) -> pd.Series:
    return benchmarks.set_index("parameter")["value"].astype(float)


def of_kind(benchmarks: pd.DataFrame, kind: str) -> pd.Series:
    """Values of the parameters of a kind (`INTENSITY`, `MEGACITY`, ...), by what their names have
    behind it.
    """
    values = _values(benchmarks)
    return values[values.index.str.startswith(kind)].rename(lambda name: name.removeprefix(kind))


def value_of(benchmarks: pd.DataFrame, parameter: str) -> float | None:
    """Value of one parameter (`PEAK`, `SUPER`); None where it is not given."""
    values = _values(benchmarks)
    return float(values[parameter]) if parameter in values else None


def per_capita(benchmarks: pd.DataFrame) -> dict[str, float]:
    """``per_capita.us``, ``.eu``, ``.global``: t CO2 per person, by name."""
    found = of_kind(benchmarks, PER_CAPITA)
    return {name: float(found[key]) for key, name in REFERENCES.items() if key in found}


def assumed_parameters(benchmarks: pd.DataFrame) -> set[str]:
    """Parameters whose source says that the value is assumed."""
    return set(
        benchmarks.loc[
            benchmarks["source"].astype(str).str.lower().str.startswith("assumed"), "parameter"
        ]
    )


def assumed_references(benchmarks: pd.DataFrame) -> set[str]:
    """Names of :func:`per_capita` whose value is assumed."""
    return {
        name
        for key, name in REFERENCES.items()
        if PER_CAPITA + key in assumed_parameters(benchmarks)
    }


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


def known_parameters(keys: Iterable[str]) -> list[str]:
    """Every parameter that is read; `keys` are the key sectors of inventory_sectors.csv."""
    return [
        PEAK,
        SUPER,
        *(PER_CAPITA + name for name in REFERENCES),
        *(DEFICIT_TARGET + case for case in DEFICIT_CASES),
        *(kind + key for kind in INTENSITIES for key in keys),
        MEGACITY + "<city>",
    ]


def nearest_parameters(parameter: str, keys: Iterable[str]) -> str | None:
    """The parameters that are nearest to one that nothing reads, in words; None for one that is
    read.
    """
    names = known_parameters([*keys])
    if parameter in names[:-1] or (parameter.startswith(MEGACITY) and parameter != MEGACITY):
        return None
    near = difflib.get_close_matches(parameter, names, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(names)}"
