"""Figures of an ensemble: one module for each with its caption beside it (``ENSEMBLE`` of the registry lists them).

A module has ``draw(tables, boundaries, config, run)`` as all figures have, and ``NOTE``, which is printed below it with the level
and basis of intervals where others say how many emissions are modelled.
"""

#: Cities that a figure names.
TOP = 40
#: A line of a figure that lists cities, scenarios or sectors, inch.
LINE = 0.155
