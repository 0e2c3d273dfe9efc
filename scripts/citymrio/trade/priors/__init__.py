"""Calibrated priors: distance, border and demand terms per sector, fitted one level above the cities."""

from .fit import fit_flows, fit_margins, fit_provinces, fit_tilt
from .kernel import border_kernel, home_shares, relative_distance
from .table import PARAMETERS, check_priors, discount, fitted, pooled, require_columns

__all__ = [
    "PARAMETERS",
    "border_kernel",
    "check_priors",
    "discount",
    "fit_flows",
    "fit_margins",
    "fit_provinces",
    "fit_tilt",
    "fitted",
    "home_shares",
    "pooled",
    "require_columns",
    "relative_distance",
]
