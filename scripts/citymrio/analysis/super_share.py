"""The share of all emissions that makes a city a super-emitter."""

import pandas as pd

from ..config.models import Groups
from ..dataset.benchmarks import SUPER, value_of

#: The study's threshold, for a country that gives none.
STUDY_SHARE = 0.01


def super_share(benchmarks: pd.DataFrame, config: Groups) -> float:
    """The share of the configuration, of benchmarks.csv, or the study's; NaN where super-emitters
    are switched off.
    """
    if not config.super_emitters:
        return float("nan")
    share = config.super_share if config.super_share is not None else value_of(benchmarks, SUPER)
    return STUDY_SHARE if share is None else share
