"""What ran, in words: made from what the steps wrote and from the settings they ran with, never
from the name of a method. What was fitted is what provinces/priors.csv says was fitted.

The words are messages of the catalogue (:mod:`.language`), by section, key and value of the
configuration: `ran.trade.power` is what `cities.trade_prior: power` does.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from ..base.methods import METHODS
from ..base.vocabulary import ADOPTED, SET
from .language import gap, listed, say


def heading(method: str, settings: Mapping[str, Mapping[str, Any]], language: str = "en") -> str:
    """Name of the method, and the keys of `cities` that are not its own.

    Parameters
    ----------
    method
        Of the run; "" where the table was given.
    settings
        Sections of the configuration.
    language
        Of the words.

    Examples
    --------
    >>> heading("paper", {"cities": {**METHODS["paper"], "trade_prior": "power"}})
    "The paper's method, but cities.trade_prior: power"
    """
    own = METHODS.get(method, {})
    changed = [
        f"cities.{key}: {value}" for key in own if (value := settings["cities"][key]) != own[key]
    ]
    name = say(f"ran.name.{method or 'given'}", language)
    return name + (say("ran.but", language, keys=", ".join(changed)) if changed else "")


def what_ran(
    method: str,
    settings: Mapping[str, Mapping[str, Any]],
    regions: pd.DataFrame,
    priors: pd.DataFrame | None = None,
    language: str = "en",
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
    language
        Of the words.
    """
    affluence = say(f"ran.affluence.{settings['groups']['affluence']}", language)
    grouped = [say("ran.groups", language, affluence=affluence)] * int(
        regions["kind"].ne("province").any()
    )
    if not method:
        return [*(say(f"ran.given.{part}", language) for part in ("table", "leontief")), *grouped]
    sizes = regions["province"].value_counts()
    paragraphs = [
        _provinces(settings, len(sizes), language),
        _cities(settings, sizes, priors, language),
        _emissions(settings["emissions"], regions, language),
        [say("ran.leontief", language), *grouped],
    ]
    return [gap(language).join(sentences) for sentences in paragraphs]


def _provinces(settings: Mapping[str, Mapping[str, Any]], count: int, language: str) -> list[str]:
    """Tables of the provinces and the trade between them."""
    provinces = settings["provinces"]
    if settings["dataset"]["mrio"]:
        return [say("ran.provinces.given", language)]
    tables = say(f"ran.balance.{provinces['calibrate']}", language)
    if count == 1:
        return [tables, say("ran.provinces.one", language)]
    start = "known" if provinces["trade_known"] else "gravity"
    from_what = say(f"ran.start.{start}", language, theta=f"{provinces['theta']:g}")
    return [tables, say("ran.provinces.trade", language, start=from_what)]


def _cities(
    settings: Mapping[str, Mapping[str, Any]],
    sizes: pd.Series,
    priors: pd.DataFrame | None,
    language: str,
) -> list[str]:
    """What was estimated of cities, and what was fitted for it."""
    cities, alone = settings["cities"], int(sizes.eq(1).sum())
    if alone == len(sizes):
        return [say("ran.cities.none", language)]
    weight, enter = cities["demand_weight"], cities["emissions_enter"]
    shares = {"ratio": f"{weight:.0%}", "proxies": f"{1 - weight:.0%}"}
    said = [
        say("ran.cities", language),
        *([say(f"ran.enter.{enter}", language)] if enter != "intensity" else []),
        say(f"ran.demand.{cities['demand']}", language, **shares),
        say(f"ran.split.{cities['split']}", language),
        say(f"ran.trade.{cities['trade_prior']}", language, theta=f"{cities['theta']:g}"),
    ]
    if cities["demand_tilt"]:
        said.append(say("ran.tilt", language))
    used = {
        "trade": cities["trade_prior"] == "border",
        "demand": cities["demand"] == "consumption",
        "tilt": cities["demand_tilt"],
        "spreads": enter == "both",
    }
    said += _fitted([name for name, is_used in used.items() if is_used], priors, language)
    said.append(say("ran.kept", language))
    if alone:
        said.append(say("ran.alone", language, count=alone, all=len(sizes)))
    return said


#: Parameters of priors.csv by what they are of.
PARAMETERS_OF = {
    "trade": ("theta", "border_effect"),
    "demand": ("elasticity", "demand_sd"),
    "tilt": ("kappa",),
    "spreads": (
        "follows_use",
        "output_sd",
        "productivity_sd",
        "intensity_sd",
        "intensity_sector_sd",
        "intensity_row_sd",
        "demand_product_sd",
    ),
}


def _fitted(used: list[str], priors: pd.DataFrame | None, language: str) -> list[str]:
    """What of the parameters in use was fitted, what was taken from another table, what was set."""
    rows = pd.DataFrame(columns=["parameter", "source", "n", "prior"]) if priors is None else priors
    source = rows["source"].fillna("").astype(str)
    adopted, fitted = source.str.startswith(ADOPTED), rows["n"].fillna(0).gt(0)
    tell = partial(say, language=language)

    def of(chosen: pd.Series) -> str:
        found = {*rows.loc[chosen, "parameter"]}
        return listed(
            [tell(f"ran.of.{name}") for name in used if found & {*PARAMETERS_OF[name]}], language
        )

    here, elsewhere = of(fitted & ~adopted), of(adopted)
    given = rows.loc[rows["parameter"].eq("theta") & source.eq(SET), "prior"]
    said = []
    if here:
        apart = (
            tell("ran.fitted.set", theta=f"{given.iloc[0]:g}")
            if len(given) and "trade" in used
            else ""
        )
        said.append(tell("ran.fitted", parameters=here, apart=apart))
    if elsewhere:
        none = "" if here else tell("ran.adopted.only")
        said.append(tell("ran.adopted", parameters=elsewhere, none=none))
    return said or [tell("ran.fitted.none")]


def _emissions(settings: Mapping[str, Any], regions: pd.DataFrame, language: str) -> list[str]:
    """How the emissions of regions are known."""
    total, whole = (
        int(regions["emissions_status"].eq(one).sum()) for one in ("observed", "province")
    )
    province = say("ran.emissions.province", language, count=whole) if whole else ""
    split = int(regions["emissions_split_status"].eq("observed").sum())
    rest = [say(f"ran.missing.{settings['missing']}", language)]
    return [
        say(
            "ran.emissions",
            language,
            total=total,
            count=len(regions),
            province=province,
            split=split,
        ),
        *(rest if min(total + whole, split) < len(regions) else []),
        say(f"ran.level.{settings['control_total']}", language),
    ]
