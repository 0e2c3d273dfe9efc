"""Monte Carlo ensemble of the whole chain: what is drawn, one member, the summary of all."""

from .draws import Draw, draw
from .member import Context, run_members
from .summary import summarise

__all__ = ["Context", "Draw", "draw", "run_members", "summarise"]
