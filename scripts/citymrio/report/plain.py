"""Plain names of scenarios and of their parts, for figures and pages alike (those of groups, types
and sectors: :mod:`.palette`).

Nothing heavy is imported.
"""

from ..assessment.ensemble.layout import FEW
from .language import say

#: Who acts (column side of scenarios.csv) -> its name; `sum` and `joint` are all measures together.
SIDES = {
    "technology": "Technology side",
    "demand": "Demand side",
    "sum": "Both sides, added up",
    "joint": "Both sides at once",
}
#: How far the measures go (column depth).
DEPTHS = {"light": "light", "deep": "deep"}
#: How a measure is carried out (column mode); the usual way has no words of its own.
MODES = {
    "": "",
    "capped": "intensities no higher than plausible",
    "shift": "capital spending moved to consumption",
    "cut": "capital spending cut",
}


def few(members: float, inside: float, level: float, language: str) -> str:
    """What to know of intervals of few members; blank where they are many.

    Parameters
    ----------
    members
        With an estimate.
    inside
        Probability (%) that a further draw lies inside an interval.
    level
        Probability that the intervals are called by.
    language
        Of the sentence.

    Examples
    --------
    >>> few(20, 81.43, 0.9, "en")
    '20 members are few: a further draw lies inside such a 90% interval with a probability of 81%.'
    >>> few(200, 89.1, 0.9, "en")
    ''
    """
    said = {"members": f"{members:.0f}", "inside": f"{inside:.0f}", "level": f"{100 * level:.0f}"}
    return say("few", language, **said) if members < FEW else ""


def side_name(side: str) -> str:
    """The name of a side, or the word itself in sentence case with "side" behind it."""
    return SIDES.get(side, f"{str(side).replace('_', ' ').capitalize()} side")


def scenario_name(scenario: str) -> str:
    """A scenario of scenarios.csv in words.

    Examples
    --------
    >>> scenario_name("demand_deep_shift")
    'Demand side, deep: capital spending moved to consumption'
    >>> scenario_name("technology_light")
    'Technology side, light'
    """
    words = str(scenario).split("_")
    place = next(k for k, word in enumerate(words) if word in DEPTHS)
    mode = "_".join(words[place + 1 :])
    name = f"{side_name('_'.join(words[:place]))}, {DEPTHS[words[place]]}"
    return f"{name}: {MODES.get(mode, mode.replace('_', ' '))}" if mode else name
