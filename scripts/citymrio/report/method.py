"""What ran, in words: made from what the steps wrote and from the settings they ran with, never
from the name of a method. What was fitted is what provinces/priors.csv says was fitted.

The words are messages of the catalogue (:mod:`.language`), by section, key and value of the
configuration: `ran.trade.power` is what `cities.trade_prior: power` does. Their order is that of
the template look/data/ran.txt: a line for each sentence, an empty one between levels.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from ..base.methods import METHODS
from ..base.vocabulary import ADOPTED, SET
from .language import gap, listed, say
from .look import rendered


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
    # of a table that was given (no method), settings hold `groups` alone
    sizes, cities = regions["province"].value_counts(), settings.get("cities", {})
    total, whole = (regions["emissions_status"].eq(one).sum() for one in ("observed", "province"))
    used = {
        "trade": cities.get("trade_prior") == "border",
        "demand": cities.get("demand") == "consumption",
        "tilt": cities.get("demand_tilt"),
        "spreads": cities.get("emissions_enter") == "both",
    }
    text = rendered(
        "ran.txt",
        **settings,
        method=method,
        tell=partial(say, language=language),
        count=len(sizes),
        alone=sizes.eq(1).sum(),
        fitted=_fitted([name for name, is_used in used.items() if is_used], priors, language),
        regions=len(regions),
        total=total,
        whole=whole,
        split=regions["emissions_split_status"].eq("observed").sum(),
        grouped=regions["kind"].ne("province").any(),
    )
    paragraphs = text.rstrip("\n").split("\n\n")
    return [gap(language).join(sentences.split("\n")) for sentences in paragraphs]


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
