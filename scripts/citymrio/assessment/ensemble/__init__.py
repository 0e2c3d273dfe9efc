"""Monte Carlo ensemble of the whole chain: what is drawn, one member, the summary of all."""

from .draws import Draw, draw
from .member import Context, run_members
from .summary import compare_with_intervals, coverage, summarise, with_intervals

__all__ = ["Context", "Draw", "compare_with_intervals", "coverage", "draw", "run_members", "summarise", "with_intervals"]
