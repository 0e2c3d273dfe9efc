"""What ran, in words: made from what the steps wrote and from the settings they ran with, never
from the name of a method. What was fitted is what provinces/priors.csv says was fitted.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..base.methods import METHODS
from ..base.vocabulary import ADOPTED, AFFLUENCE, SET

#: Names of the methods, and of a table that was given.
NAMES = {"paper": "The paper's method", "calibrated": "The calibrated method", "": "A given table"}
#: Values of `cities.demand`, `cities.split`, `cities.trade_prior` and `emissions.control_total` ->
#: what they make.
DEMAND = {
    "ratio": "Final demand for a product stands to intermediate demand as in the province.",
    "consumption": "Final demand per head follows GDP per head, by category, as it does between "
    "provinces.",
    "proxy": "Final demand follows people and GDP.",
    "blend": "Final demand follows people and GDP ({proxies:.0%}) and the province's ratio to "
    "intermediate demand ({ratio:.0%}).",
}
SPLIT = {
    "paper": "Supply and demand of a city are split into its own, its province's and other "
    "provinces' in two steps.",
    "joint": "Supply and demand of a city are split into its own, its province's and other "
    "provinces' in one table.",
}
TRADE = {
    "uniform": "Trade among cities prefers no partner; distance plays no part.",
    "power": "Trade among cities falls with distance, by an exponent that is set ({theta:g}).",
    "exp": "Trade among cities falls with distance, on a scale that is set ({scale:g} km).",
    "border": "Trade among cities starts from a preference for home and an exponent of distance "
    "by sector.",
}
LEVEL = {
    "provinces": "All are brought to the inventories of the provinces, where there are any.",
    "national": "All are brought to the national inventory by sector.",
    "both": "All are brought to the mean, by variance, of the provinces' inventories and the "
    "national one.",
    "cities_raw": "Totals of cities count as they are printed, whatever their provinces report.",
}
GIVEN = (
    "The multi-regional input-output table and its emissions were given: nothing of it was "
    "estimated here.",
    "A Leontief model follows emissions from the sector that emits to the final demand that "
    "causes them. Production-based "
    "emissions (PBA) are what a region emits; consumption-based emissions (CBA) are what is "
    "emitted anywhere in the table for "
    "its final demand. Exports and the statistical error are consumers outside the regions, so "
    "that nothing is counted twice.",
)


def heading(method: str, settings: Mapping[str, Mapping[str, Any]]) -> str:
    """Name of the method, and the keys of `cities` that are not its own.

    Parameters
    ----------
    method
        Of the run; "" where the table was given.
    settings
        Sections of the configuration.

    Examples
    --------
    >>> heading("paper", {"cities": {**METHODS["paper"], "trade_prior": "power"}})
    "The paper's method, but cities.trade_prior: power"
    """
    own = METHODS.get(method, {})
    changed = [
        f"cities.{key}: {value}" for key in own if (value := settings["cities"][key]) != own[key]
    ]
    return NAMES[method] + (f", but {', '.join(changed)}" if changed else "")


def what_ran(
    method: str,
    settings: Mapping[str, Mapping[str, Any]],
    regions: pd.DataFrame,
    priors: pd.DataFrame | None = None,
) -> list[str]:
    """What the run did, a paragraph for each level.

    Parameters
    ----------
    method, settings
        As of :func:`heading`: `provinces`, `cities`, `emissions` and `groups`, and of `dataset` the
        key `mrio`.
    regions
        regions.csv of the run.
    priors
        provinces/priors.csv; None where no step made it.
    """
    affluence = (
        f"by affluence (quintiles of {AFFLUENCE[settings['groups']['affluence']]} per capita)"
    )
    grouped = [f"Cities are grouped {affluence} and by what they produce (K-means)."] * int(
        regions["kind"].ne("province").any()
    )
    if not method:
        return [*GIVEN, *grouped]
    sizes = regions["province"].value_counts()
    leontief = (
        "A Leontief model then follows emissions from the sector that emits to the final "
        "demand that causes them."
    )
    return [
        _provinces(settings, len(sizes)),
        _cities(settings, sizes, priors),
        _emissions(settings["emissions"], regions),
        " ".join([leontief, *grouped]),
    ]


def _provinces(settings: Mapping[str, Mapping[str, Any]], count: int) -> str:
    """Tables of the provinces and the trade between them."""
    provinces = settings["provinces"]
    if settings["dataset"]["mrio"]:
        return (
            "The input-output tables of the provinces and the trade between them were given, "
            "and are used as they are."
        )
    tables = {
        "national": "Provincial input-output tables are brought in line with the national one.",
        "none": "Provincial input-output tables are used as they are printed; gaps stand in an "
        "account of errors.",
    }[provinces["calibrate"]]
    if count == 1:
        return f"{tables} There is one province, so that there is no trade between provinces."
    start = {
        "gravity": f"distance, by an exponent that is set ({provinces['theta']:g})",
        "uniform": "no preference for any partner",
    }
    known = (
        "trade known from another table" if provinces["trade_known"] else start[provinces["prior"]]
    )
    return (
        f"{tables} Trade between provinces is estimated by entropy from the outflow and "
        f"inflow of each, starting from {known}."
    )


#: `cities.emissions_enter` in words: what CO2 totals of cities change beside their intensities.
EMISSIONS = {
    "intensity": [],
    "output": ["CO2 totals of cities change their output by sector."],
    "both": [
        "CO2 totals of cities change their outputs and their intensities, each by how far it "
        "varies."
    ],
}


def _cities(
    settings: Mapping[str, Mapping[str, Any]], sizes: pd.Series, priors: pd.DataFrame | None
) -> str:
    """What was estimated of cities, and what was fitted for it."""
    cities, alone = settings["cities"], int(sizes.eq(1).sum())
    if alone == len(sizes):
        return (
            "Every province is one region, whose table is the province's: nothing of a city "
            "was estimated, nothing fitted."
        )
    weight = cities["demand_weight"]
    said = [
        "Within a province, entropy optimisation splits every account among its cities. Value "
        "added and output follow the "
        "cities' statistics; where these say nothing, the split is as even as the constraints "
        "allow.",
        *EMISSIONS[cities["emissions_enter"]],
        DEMAND[cities["demand"]].format(ratio=weight, proxies=1 - weight),
        SPLIT[cities["split"]],
        TRADE[cities["trade_prior"]].format(theta=cities["theta"], scale=cities["distance_scale"]),
    ]
    if cities["demand_tilt"]:
        said.append("Demand for a product leans towards the cities that make it.")
    used = {
        "of trade": cities["trade_prior"] == "border",
        "of demand": cities["demand"] == "consumption",
        "of that lean": cities["demand_tilt"],
        "of how outputs and intensities vary": cities["emissions_enter"] == "both",
    }
    said += _fitted([name for name, is_used in used.items() if is_used], priors)
    said.append("Summed over cities, every cell of the provincial table is kept.")
    if alone:
        said.append(
            f"{alone} of {len(sizes)} provinces are one region each, with the table of the "
            "province."
        )
    return " ".join(said)


#: Parameters of priors.csv by what they are of.
PARAMETERS_OF = {
    "of trade": ("theta", "border_effect"),
    "of demand": ("elasticity", "demand_sd"),
    "of that lean": ("kappa",),
    "of how outputs and intensities vary": (
        "output_sd",
        "productivity_sd",
        "intensity_sd",
        "intensity_sector_sd",
    ),
}


def _fitted(used: list[str], priors: pd.DataFrame | None) -> list[str]:
    """What of the parameters in use was fitted, what was taken from another table, what was set."""
    rows = pd.DataFrame(columns=["parameter", "source", "n", "prior"]) if priors is None else priors
    source = rows["source"].fillna("").astype(str)
    adopted, fitted = source.str.startswith(ADOPTED), rows["n"].fillna(0).gt(0)

    def of(chosen: pd.Series) -> str:
        found = {*rows.loc[chosen, "parameter"]}
        *first, last = [name for name in used if found & {*PARAMETERS_OF[name]}] or [""]
        return f"{', '.join(first)} and {last}" if first else last

    here, elsewhere = of(fitted & ~adopted), of(adopted)
    given = rows.loc[rows["parameter"].eq("theta") & source.eq(SET), "prior"]
    said = []
    if here:
        apart = (
            f"; the exponent of distance is set ({given.iloc[0]:g}), since trade between provinces "
            "is itself an estimate"
            if len(given) and "of trade" in used
            else ""
        )
        said.append(f"The parameters {here} were fitted one level up, on the provinces{apart}.")
    if elsewhere:
        none = "" if here else ": none was fitted here"
        said.append(f"The parameters {elsewhere} are those of another table{none}.")
    return said or ["No parameter was fitted."]


def _emissions(settings: Mapping[str, Any], regions: pd.DataFrame) -> str:
    """How the emissions of regions are known."""
    total = int(regions["emissions_status"].isin(["observed", "province"]).sum())
    split = int(regions["emissions_split_status"].eq("observed").sum())
    rest = {
        "provincial_intensity": "Elsewhere emissions are spread by output and people.",
        "residual": "Elsewhere emissions are what the known cities leave, spread by output and "
        "people.",
    }[settings["missing"]]
    known = (
        f"The total of emissions is observed in {total} of {len(regions)} regions, their "
        f"split by sector in {split}."
    )
    return " ".join(
        [
            known,
            *([rest] if min(total, split) < len(regions) else []),
            LEVEL[settings["control_total"]],
        ]
    )
